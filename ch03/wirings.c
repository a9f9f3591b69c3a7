/* wirings.c -- the same block as an encoder, a decoder, and both. */
#include "ch03/wirings.h"

#include <math.h>

enum { LAYERS = WIRING_LAYERS, HEADS = 4, CHANNELS = WIRING_CHANNELS };

Model model_new(Wiring wiring, int vocab, Rng *rng)
{
    Model m = {.wiring = wiring};
    const NnBlockConfig first = {
        .channels = CHANNELS, .heads = HEADS, .activation = NN_RELU, .prefix = "first.%d"};
    NnBlockConfig second = first;
    second.cross = true;
    second.prefix = "second.%d";
    m.table = nn_embedding_new(&m.params, "words", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < LAYERS; i++) {
        m.first[i] = nn_block_new(&m.params, &first, i, rng);
        if (wiring == ENCODER_DECODER)
            m.second[i] = nn_block_new(&m.params, &second, i, rng);
    }
    m.norm_first = nn_norm_new(&m.params, "norm_first", CHANNELS);
    if (wiring == ENCODER_DECODER)
        m.norm_second = nn_norm_new(&m.params, "norm_second", CHANNELS);
    return m;
}

//> wirings
static Tensor *stack(Graph *g, const NnBlock *blocks, Tensor *x, const NnBlockCall *call)
{
    for (int i = 0; i < LAYERS; i++)
        x = nn_block(g, &blocks[i], x, call);
    return x;
}

static Tensor *embed(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, batch, time), sqrtf(CHANNELS));
    return nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
}

/* -> (B,T,C), of the text. *memory (B,S,C): what an encoder-decoder made of the source. */
Tensor *run(Graph *g, const Model *m, const Batch *b, Tensor **memory)
{
    Tensor *text = embed(g, m, b->text, b->size, b->time);
    NnBlockCall call = {.attention = {.causal = m->wiring != ENCODER, .lengths = b->lengths}};
    if (m->wiring != ENCODER_DECODER)
        return nn_norm(g, &m->norm_first, stack(g, m->first, text, &call));
    Tensor *source = embed(g, m, b->source, b->size, b->source_time);
    source = stack(g, m->first, source, &(NnBlockCall){.attention = {.lengths = b->source_lengths}});
    *memory = nn_norm(g, &m->norm_first, source);
    call.memory = *memory;
    call.cross.lengths = b->source_lengths;
    text = stack(g, m->second, text, &call);
    return nn_norm(g, &m->norm_second, text);
}
//< wirings
