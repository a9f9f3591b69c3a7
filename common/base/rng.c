/* rng.c -- xoshiro256**. */
#include "common/base/rng.h"

#include "common/base/error.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

Rng rng_new(uint64_t seed)
{
    Rng r;
    for (int i = 0; i < 4; i++)
        r.state[i] = splitmix(&seed);
    return r;
}

uint64_t rng_next(Rng *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

float rng_uniform(Rng *r)
{
    return (float)(rng_next(r) >> 40) * 0x1p-24f;
}

float rng_normal(Rng *r)
{
    double u = (double)((rng_next(r) >> 11) + 1) * 0x1p-53; /* in (0, 1]: log is finite */
    double v = (double)(rng_next(r) >> 11) * 0x1p-53;
    return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}

int rng_below(Rng *r, int n)
{
    if (n < 1)
        FATAL("rng_below: n is %d; it must be at least 1", n);
    uint32_t range = (uint32_t)n;
    uint32_t reject = (uint32_t)-range % range; /* the first 2^32 mod n values would bias the result */
    for (;;) {
        uint64_t product = (rng_next(r) >> 32) * (uint64_t)range;
        if ((uint32_t)product >= reject)
            return (int)(product >> 32);
    }
}

void rng_shuffle(Rng *r, int *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, (int)i);
        int swap = v[i - 1];
        v[i - 1] = v[j];
        v[j] = swap;
    }
}
