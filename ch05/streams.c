/* streams.c -- two streams through the same blocks. */
#include "ch05/streams.h"

#include <string.h>

StreamModel stream_model_new(int vocab, int context, Rng *rng)
{
    StreamModel m = {.trunk = trunk_new(vocab, context, rng)};
    m.unknown = nn_embedding_new(&m.trunk.params, "unknown", 1, TRUNK_CHANNELS, 0.05f, rng);
    return m;
}

//> streams
/* The content h starts from word and position, the query g from the position alone. In each block both attend to
 * h: the content to earlier words of the order and to itself, the query to earlier words only. So g may predict
 * the word, which it has not seen. With `position_blind`, g does not even know which word it should predict. */
static Streams two_streams(Graph *g, const StreamModel *m, const int *ids, const int *positions,
                           const Tensor *before, const Tensor *with_itself, bool position_blind)
{
    int batch = before->shape[0], time = before->shape[1];
    int *zeros = arena_alloc(nn_arena(g), sizeof *zeros * (size_t)(batch * time));
    memset(zeros, 0, sizeof *zeros * (size_t)(batch * time));
    Tensor *h = trunk_embed(g, &m->trunk, ids, positions, batch, time);
    Tensor *q = nn_embedding(g, m->unknown, zeros, batch, time);
    if (!position_blind)
        q = nn_positions_add(g, &m->trunk.positions, q, positions);
    for (int i = 0; i < TRUNK_LAYERS; i++) {
        const NnBlock *b = &m->trunk.blocks[i];
        Tensor *next = nn_block(g, b, h, &(NnBlockCall){.attention = {.mask = with_itself}});
        q = nn_block(g, b, q, &(NnBlockCall){.attention = {.mask = before}, .keys = h});
        h = next;
    }
    return (Streams){nn_norm(g, &m->trunk.norm, h), nn_norm(g, &m->trunk.norm, q)};
}
//< streams

Streams streams_run(Graph *g, const StreamModel *m, const int *ids, const int *rank, int batch, int time,
                    bool blind)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)(batch * time));
    for (int i = 0; i < batch * time; i++)
        positions[i] = i % time;
    return two_streams(g, m, ids, positions, orders_mask(g, rank, batch, time, false),
                       orders_mask(g, rank, batch, time, true), blind);
}
