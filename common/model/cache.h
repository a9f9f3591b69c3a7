/* cache.h (inside) -- the keys and values of a session, and the attention of single tokens to them.
 *
 * A row holds one token's keys, or values, of one layer: head after head, each padded with zeros to whole vectors.
 * One token that attends reads all of it once, and little else: its time is that of the memory. So the rows are read
 * from end to end, all heads of one row before the next (head after head would jump), SPAN positions by one thread.
 * What the spans found is joined as in FlashAttention (Dao et al., 2022): sums of e^(score - max) beside max. Spans
 * depend on positions alone, so that the number of threads does not show. */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include "common/model/session.h"

#include <stdint.h>

typedef struct Cache {
    ModelCacheKind kind;
    int heads, kv_heads, dim; /* dim: channels of a head */
    int padded;               /* dim, to whole vectors */
    int slots;
    size_t scales, row_bytes; /* in 8 bits, the scales of the heads come after their numbers */
    uint8_t *keys, *values;   /* (layers, slots) rows */
} Cache;

/* Room for `slots` tokens of every layer, in the arena. */
Cache cache_new(Arena *arena, const ModelConfig *c, ModelCacheKind kind, int slots);

/* key, value (K D) of a token into a slot of a layer. */
void cache_put(const Cache *c, int layer, int slot, const float *key, const float *value);

/* Head `kv` of the tokens in `count` slots as float32: keys, values (count,D). */
void cache_gather(const Cache *c, int layer, int kv, const int *slots, int count, float *keys,
                  float *values);

/* One token that attends: its queries (H D), the slots of the `seen` tokens that it sees, and out (H D). */
typedef struct CacheQuery {
    const float *q;
    const int *slots;
    int seen;
    float *out;
} CacheQuery;

/* Floats of room that cache_attend needs for `rows` tokens that see at most `seen` each. */
size_t cache_room(const Cache *c, int rows, int seen);

/* out = softmax(q k^T / sqrt(D)) v of each head, for n tokens. */
void cache_attend(const Cache *c, int layer, const CacheQuery *queries, int n, float *room);

#endif
