/* minhash.c -- shingles are hashed once, by xxHash; the k functions then only multiply, add and shift. */
#include "ch04/minhash.h"
#include "ch04/units.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- shingles ------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void shingles_of_units(Shingles *s, const uint64_t *unit, size_t count, int width)
{
    size_t run = count < (size_t)width ? count : (size_t)width;
    s->count = run == 0 ? 0 : count - run + 1;
    if (s->room < s->count)
        s->hash = memory_resize(s->hash, (s->room = s->count) * sizeof *s->hash);
    for (size_t i = 0; i < s->count; i++)
        s->hash[i] = XXH3_64bits(unit + i, run * sizeof *unit);
}

//> shingles
void shingles_make(Shingles *s, const char *text, size_t size, int width)
{
    Units u = {0}; /* a hash for each word or Chinese character */
    size_t kept = 0;
    units_make(&u, text, size);
    if (width == 0)
        width = units_are_chinese(&u) ? SHINGLE_CHARACTERS : SHINGLE_WORDS;
    shingles_of_units(s, u.hash, u.count, width); /* a hash for each run of `width` of these */
    if (s->count > 1)
        qsort(s->hash, s->count, sizeof *s->hash, compare);
    for (size_t i = 0; i < s->count; i++) /* a set: each once */
        if (i == 0 || s->hash[i] != s->hash[kept - 1])
            s->hash[kept++] = s->hash[i];
    s->count = kept;
    units_free(&u);
}
//< shingles

void shingles_free(Shingles *s)
{
    free(s->hash);
    *s = (Shingles){0};
}

double shingles_jaccard(const Shingles *a, const Shingles *b)
{
    size_t i = 0, j = 0, both = 0;
    while (i < a->count && j < b->count) {
        both += a->hash[i] == b->hash[j];
        bool next_a = a->hash[i] <= b->hash[j], next_b = b->hash[j] <= a->hash[i];
        i += next_a;
        j += next_b;
    }
    size_t either = a->count + b->count - both;
    return either ? (double)both / (double)either : 1;
}

/* ---- signatures ----------------------------------------------------------------------------------------- */

MinHash minhash_new(int k, Rng *rng)
{
    if (k < 1 || k > MINHASH_MAX)
        FATAL("minhash_new: %d hash functions; expected 1 to %d", k, MINHASH_MAX);
    MinHash m = {.k = k};
    for (int i = 0; i < k; i++) {
        m.a[i] = rng_next(rng) | 1;
        m.b[i] = rng_next(rng);
    }
    return m;
}

//> signature
void minhash_signature(const MinHash *m, const uint64_t *x, size_t count, uint16_t *signature)
{
    uint32_t min[MINHASH_MAX];
    memset(min, 0xff, sizeof min);
    for (size_t n = 0; n < count; n++)
        for (int i = 0; i < m->k; i++) {
            uint32_t h = (uint32_t)((m->a[i] * x[n] + m->b[i]) >> 32);
            min[i] = h < min[i] ? h : min[i];
        }
    for (int i = 0; i < m->k; i++)
        signature[i] = (uint16_t)min[i];
}
//< signature

double minhash_estimate(const uint16_t *a, const uint16_t *b, int k)
{
    int same = 0;
    for (int i = 0; i < k; i++)
        same += a[i] == b[i];
    return (double)same / k;
}

double minhash_probability(double jaccard, int bands, int rows)
{
    return 1 - pow(1 - pow(jaccard, rows), bands);
}

/* ---- the index ------------------------------------------------------------------------------------------ */

LshIndex lsh_new(int bands, int rows, double threshold)
{
    return (LshIndex){.bands = bands, .rows = rows, .threshold = threshold};
}

void lsh_free(LshIndex *l)
{
    free(l->signatures);
    free(l->table);
    *l = (LshIndex){0};
}

static const uint16_t *signature_of(const LshIndex *l, size_t document)
{
    return l->signatures + document * (size_t)(l->bands * l->rows);
}

/* Where the search for the rows of a band begins; the next slots follow. */
static size_t first_slot(const LshIndex *l, const uint16_t *rows)
{
    return XXH3_64bits(rows, (size_t)l->rows * sizeof *rows) & (l->slots - 1);
}

//> find
long lsh_find(LshIndex *l, const uint16_t *signature)
{
    size_t band_bytes = (size_t)l->rows * sizeof *signature;
    for (int band = 0; band < l->bands && l->slots > 0; band++) {
        const uint16_t *rows = signature + band * l->rows;
        const uint32_t *table = l->table + (size_t)band * l->slots;
        for (size_t at = first_slot(l, rows); table[at]; at = (at + 1) & (l->slots - 1)) {
            const uint16_t *other = signature_of(l, table[at] - 1);
            if (memcmp(other + band * l->rows, rows, band_bytes) != 0)
                continue; /* of another bucket */
            l->candidates++;
            if (minhash_estimate(signature, other, l->bands * l->rows) >= l->threshold)
                return (long)table[at] - 1;
        }
    }
    return -1;
}
//< find

static void insert(LshIndex *l, size_t document)
{
    for (int band = 0; band < l->bands; band++) {
        uint32_t *table = l->table + (size_t)band * l->slots;
        size_t at = first_slot(l, signature_of(l, document) + band * l->rows);
        while (table[at])
            at = (at + 1) & (l->slots - 1);
        table[at] = (uint32_t)document + 1;
    }
}

static void grow(LshIndex *l)
{
    l->slots = l->slots ? 2 * l->slots : 1024;
    free(l->table);
    l->table = memory_zero(l->slots * (size_t)l->bands, sizeof *l->table);
    for (size_t i = 0; i < l->count; i++)
        insert(l, i);
}

void lsh_add(LshIndex *l, const uint16_t *signature)
{
    size_t size = (size_t)(l->bands * l->rows) * sizeof *signature;
    if (l->count >= UINT32_MAX - 1)
        FATAL("lsh_add: more than %zu documents", l->count);
    if (l->count == l->room)
        l->signatures = memory_resize(l->signatures, (l->room = l->room + l->room / 2 + 1024) * size);
    memcpy((char *)l->signatures + l->count * size, signature, size);
    l->count++;
    if (l->count > l->slots / 4 * 3)
        grow(l);
    else
        insert(l, l->count - 1);
}

size_t lsh_bytes(const LshIndex *l)
{
    return l->room * (size_t)(l->bands * l->rows) * sizeof *l->signatures +
           l->slots * (size_t)l->bands * sizeof *l->table;
}
