/* hash_set.h -- which 64-bit hashes were seen: exact duplicates (4.1.2) and n-grams of test questions (4.1.3).
 *
 * Two different texts have the same hash with probability 2^-64; among n texts some pair does with about n^2 / 2^65:
 * 3 in 100 for a billion documents. A set of n hashes takes 11 to 22 bytes for each. */
#ifndef CH04_HASH_SET_H
#define CH04_HASH_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct HashSet {
    uint64_t *slots; /* (room), 0: empty */
    size_t count, room;
    bool zero; /* whether it holds the hash 0 */
} HashSet;     /* starts as {0} */

/* Adds a hash; false if it was there. */
bool hash_set_add(HashSet *s, uint64_t hash);
bool hash_set_has(const HashSet *s, uint64_t hash);
size_t hash_set_bytes(const HashSet *s);
void hash_set_free(HashSet *s);

#endif
