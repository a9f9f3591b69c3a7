/* rng.h -- random numbers from a seed, the same on every machine.
 *
 * The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through
 * splitmix64. Its whole state is the struct: copy it to save it. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct Rng {
    uint64_t state[4];
} Rng;

Rng rng_new(uint64_t seed);

uint64_t rng_next(Rng *r);                  /* 64 random bits */
float rng_uniform(Rng *r);                  /* in [0, 1), 24 bits */
float rng_normal(Rng *r);                   /* mean 0, variance 1 (Box and Muller, 1958) */
int rng_below(Rng *r, int n);               /* in 0 .. n-1, without bias; n >= 1 */
void rng_shuffle(Rng *r, int *v, size_t n); /* a uniform permutation (Fisher-Yates) */

#endif
