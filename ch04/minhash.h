/* minhash.h -- near-duplicates: shingles, MinHash signatures (Broder, 1997), and locality-sensitive hashing (Indyk and
 * Motwani, 1998), section 4.1.2.
 *
 *     J(A, B) = |A and B| / |A or B|               Jaccard similarity of two sets of shingles
 *     P(min h(A) = min h(B)) = J(A, B)             for a random hash function h
 *
 * A signature is the minima of k = b r hash functions: b bands of r rows each. Two documents that agree in all r rows
 * of at least one band are candidates, with probability 1 - (1 - J^r)^b. (Some papers exchange the letters.) Of each
 * minimum the lower 16 bits are kept (b-bit minwise hashing, Li and König, 2010): two different minima agree in them
 * once in 65,536 times. */
#ifndef CH04_MINHASH_H
#define CH04_MINHASH_H

#include "common/base/rng.h"

#include <stddef.h>
#include <stdint.h>

/* ---- shingles ------------------------------------------------------------------------------------------- */

/* A set of hashes, in ascending order. Starts as {0}. */
typedef struct Shingles {
    uint64_t *hash; /* (count) */
    size_t count, room;
} Shingles;

enum { SHINGLE_WORDS = 5, SHINGLE_CHARACTERS = 5 };

/* The hashes of all runs of `width` units of a text (UTF-8); a shorter text is one run. Units are words and
 * Chinese characters (units.h). Spaces and punctuation are none, so a copy may differ in them.
 * width 0: SHINGLE_CHARACTERS where half of the units are Chinese characters, else SHINGLE_WORDS. s is used again. */
void shingles_make(Shingles *s, const char *text, size_t size, int width);
void shingles_free(Shingles *s);

/* The same of units (count) that are at hand; in the order of the text, and not each once: enough for a signature. */
void shingles_of_units(Shingles *s, const uint64_t *unit, size_t count, int width);

double shingles_jaccard(const Shingles *a, const Shingles *b);

/* ---- signatures ----------------------------------------------------------------------------------------- */

enum { MINHASH_MAX = 256 };

/* k hash functions h_i(x) = (a_i x + b_i mod 2^64) >> 32 (multiply-shift; Dietzfelbinger et al., 1997), a_i odd. */
typedef struct MinHash {
    int k;
    uint64_t a[MINHASH_MAX], b[MINHASH_MAX];
} MinHash;

/* a_i and b_i drawn at random. k at most MINHASH_MAX. */
MinHash minhash_new(int k, Rng *rng);

/* signature (k): the lower 16 bits of min over x of h_i(x); of no shingles all 65535. */
void minhash_signature(const MinHash *m, const uint64_t *x, size_t count, uint16_t *signature);

/* The share of the k rows in which two signatures agree: an unbiased estimate of J with variance J (1 - J) / k, if the
 * hash functions are good. */
double minhash_estimate(const uint16_t *a, const uint16_t *b, int k);

/* 1 - (1 - J^r)^b. */
double minhash_probability(double jaccard, int bands, int rows);

/* ---- the index ------------------------------------------------------------------------------------------ */

/* For each band a hash table from its r rows to the documents that have them. A document takes 2 k bytes for the
 * signature and 5 to 11 bytes for each band. */
typedef struct LshIndex {
    int bands, rows;
    double threshold; /* candidates whose estimate is at least this are duplicates */
    size_t count, room;
    uint16_t *signatures; /* (count,k) */
    uint32_t *table;      /* (bands,slots): 1 + document, 0: empty */
    size_t slots;
    long candidates; /* compared so far */
} LshIndex;

LshIndex lsh_new(int bands, int rows, double threshold);
void lsh_free(LshIndex *l);

/* A document of the index whose signature agrees in a band and in at least `threshold` of all rows, or -1. */
long lsh_find(LshIndex *l, const uint16_t *signature);

/* Adds a document; the first is 0. */
void lsh_add(LshIndex *l, const uint16_t *signature);

size_t lsh_bytes(const LshIndex *l);

#endif
