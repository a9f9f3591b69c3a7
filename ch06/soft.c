/* soft.c -- input vectors, and keys and values, directly or by a small network. */
#include "ch06/soft.h"

#include "common/base/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- prompts ------------------------------------------------------------------------------------- */

SoftPrompt *soft_prompt_new(int count, int channels, float std, SoftMaker maker, Rng *rng)
{
    SoftPrompt *p = memory_zero(1, sizeof *p);
    int states = channels / 2;
    p->maker = maker;
    p->table = nn_embedding_new(&p->params, "prompt", count, channels, std, rng);
    if (maker == SOFT_DIRECT)
        return p;
    p->forward =
        nn_linear_new(&p->params, "prompt.lstm.forward", channels + states, 4 * states, true, 0, rng);
    p->back = nn_linear_new(&p->params, "prompt.lstm.back", channels + states, 4 * states, true, 0, rng);
    p->middle = nn_linear_new(&p->params, "prompt.mlp.middle", 2 * states, channels, true, 0, rng);
    p->out = nn_linear_new(&p->params, "prompt.mlp.out", channels, channels, true, 0, rng);
    return p;
}

void soft_prompt_free(SoftPrompt *p)
{
    if (!p)
        return;
    nn_params_free(&p->params);
    free(p);
}

//> lstm
/* One step of an LSTM: x (1,C), state h and cell c (1,H). */
static void lstm_step(Graph *g, const Linear *gates, Tensor *x, Tensor **h, Tensor **c)
{
    int states = (*h)->shape[1];
    Tensor *all = nn_linear(g, gates, nn_concat(g, x, *h, 1)); /* (1,4H) */
    Tensor *open = nn_sigmoid(g, nn_slice(g, all, 1, 0, 3 * states));
    Tensor *in = nn_slice(g, open, 1, 0, states), *keep = nn_slice(g, open, 1, states, states);
    Tensor *show = nn_slice(g, open, 1, 2 * states, states);
    Tensor *candidate = nn_tanh(g, nn_slice(g, all, 1, 3 * states, states));
    *c = nn_add(g, nn_mul(g, keep, *c), nn_mul(g, in, candidate));
    *h = nn_mul(g, show, nn_tanh(g, *c));
}

/* The states (S,H) after each of the vectors x (S,C), from the first on or from the last. */
static Tensor *lstm(Graph *g, const Linear *gates, Tensor *x, bool backwards)
{
    int count = x->shape[0], states = gates->weight->shape[0] / 4;
    Tensor *h = nn_input(g, 1, states), *c = nn_input(g, 1, states), *all = NULL;
    tensor_fill(h, 0);
    tensor_fill(c, 0);
    for (int i = 0; i < count; i++) {
        lstm_step(g, gates, nn_slice(g, x, 0, backwards ? count - 1 - i : i, 1), &h, &c);
        all = i == 0 ? h : backwards ? nn_concat(g, h, all, 0) : nn_concat(g, all, h, 0);
    }
    return all;
}

/* P-tuning's prompt encoder: vector i = MLP(states of both directions at i). */
static Tensor *encoded(Graph *g, const SoftPrompt *p)
{
    Tensor *ahead = lstm(g, &p->forward, p->table, false), *back = lstm(g, &p->back, p->table, true);
    Tensor *both = nn_concat(g, ahead, back, 1); /* (S,2H) */
    return nn_linear(g, &p->out, nn_relu(g, nn_linear(g, &p->middle, both)));
}
//< lstm

Tensor *soft_prompt_vectors(Graph *g, const SoftPrompt *p)
{
    return p->maker == SOFT_LSTM ? encoded(g, p) : p->table;
}

//> embed
Tensor *soft_prompt_embed(Graph *g, Tensor *tokens, Tensor *vectors, const int *ids, int batch, int time)
{
    return nn_embedding(g, nn_concat(g, tokens, vectors, 0), ids, batch, time);
}
//< embed

Tensor *soft_prompt_hidden(Graph *g, const ModelBackbone *m, Tensor *vectors, const int *ids, int batch,
                           int time, const int *lengths)
{
    int count = vectors->shape[0];
    int *places = arena_alloc(nn_arena(g), sizeof *places * (size_t)batch * (size_t)count);
    int *longer = arena_alloc(nn_arena(g), sizeof *longer * (size_t)batch);
    for (int i = 0; i < batch * count; i++)
        places[i] = i % count;
    for (int i = 0; i < batch; i++)
        longer[i] = count + (lengths ? lengths[i] : time);
    Tensor *front = nn_embedding(g, vectors, places, batch, count); /* (B,S,C) */
    Tensor *x = nn_concat(g, front, nn_embedding(g, m->tokens, ids, batch, time), 1);
    return nn_slice(g, model_backbone_hidden_of(g, m, x, longer), 1, count, time);
}

/* ---- prefixes ------------------------------------------------------------------------------------ */

struct SoftPrefix {
    Params params;
    NnBlock *blocks;
    NnPrefix *of_block;       /* (L) */
    int count, layers, width; /* S, L, KD */
    Tensor *table; /* direct (S,2LKD): keys of block 0, its values, keys of block 1, ...; else (S,hidden) */
    Linear middle, out; /* (hidden,hidden), (2LKD,hidden) */
};

SoftPrefix *soft_prefix_new(NnBlock *blocks, int layers, const SoftPrefixForm *form, Rng *rng)
{
    SoftPrefix *p = memory_zero(1, sizeof *p);
    p->blocks = blocks;
    p->of_block = memory_zero((size_t)layers, sizeof *p->of_block);
    p->count = form->count;
    p->layers = layers;
    p->width = blocks[0].config.kv_heads * blocks[0].config.head_dim;
    int numbers = 2 * layers * p->width, hidden = form->hidden;
    p->table = nn_embedding_new(&p->params, "prefix", form->count, hidden ? hidden : numbers,
                                hidden ? 1 : 0.02f, rng);
    if (hidden) {
        p->middle = nn_linear_new(&p->params, "prefix.mlp.middle", hidden, hidden, true, 0, rng);
        p->out = nn_linear_new(&p->params, "prefix.mlp.out", hidden, numbers, true, 0, rng);
    }
    for (int i = 0; i < layers; i++)
        blocks[i].prefix = &p->of_block[i];
    return p;
}

void soft_prefix_free(SoftPrefix *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->layers; i++)
        p->blocks[i].prefix = NULL;
    nn_params_free(&p->params);
    free(p->of_block);
    free(p);
}

Params *soft_prefix_params(SoftPrefix *p)
{
    return &p->params;
}

size_t soft_prefix_kept(const SoftPrefix *p)
{
    return 2 * (size_t)p->count * (size_t)p->layers * (size_t)p->width;
}

//> prefix
void soft_prefix_make(Graph *g, SoftPrefix *p)
{
    Tensor *all = p->table; /* (S,2LKD) */
    if (p->out.weight)
        all = nn_linear(g, &p->out, nn_tanh(g, nn_linear(g, &p->middle, p->table)));
    for (int i = 0; i < p->layers; i++)
        p->of_block[i] = (NnPrefix){nn_slice(g, all, 1, 2 * i * p->width, p->width),
                                    nn_slice(g, all, 1, (2 * i + 1) * p->width, p->width)};
}
//< prefix

/* Block i's keys and values (1,S,KD) go to their columns of the table. */
static void put(SoftPrefix *p, int block, const NnPrefix *made)
{
    size_t width = (size_t)p->width, row = 2 * (size_t)p->layers * width;
    for (int s = 0; s < p->count; s++) {
        float *to = p->table->data + (size_t)s * row + 2 * (size_t)block * width;
        memcpy(to, made->keys->data + (size_t)s * width, width * sizeof *to);
        memcpy(to + width, made->values->data + (size_t)s * width, width * sizeof *to);
    }
}

void soft_prefix_begin_as(SoftPrefix *p, Graph *g, const ModelDecoder *m, const int *ids)
{
    bool recording = nn_graph_recording(g), rotary = m->positions.kind == NN_ROTARY;
    int *positions = memory_new((size_t)p->count * sizeof *positions);
    if (p->out.weight)
        FATAL("soft_prefix_begin_as: only a direct prefix can begin as a text");
    for (int i = 0; i < p->count; i++)
        positions[i] = rotary ? i - p->count : i; /* a table of positions has none before 0 */
    nn_graph_record(g, false);
    NnBlockCall call = {.attention = {.causal = true}};
    call.angles = nn_positions_angles(g, &m->positions, m->config.head_dim, positions, p->count);
    Tensor *x = nn_positions_add(g, &m->positions, nn_embedding(g, m->tokens, ids, 1, p->count), positions);
    for (int i = 0; i < p->layers; i++) {
        NnPrefix made = nn_block_keys(g, &m->blocks[i], x, &call);
        NnBlock alone = m->blocks[i];
        alone.prefix = NULL; /* it is being made */
        put(p, i, &made);
        x = nn_block(g, &alone, x, &call);
    }
    nn_graph_record(g, recording);
    free(positions);
}

void soft_prefix_into(const SoftPrefix *p, ModelSession *s, int lane)
{
    size_t each = (size_t)p->count * (size_t)p->width, size = each * sizeof(float);
    float *keys = memory_new((size_t)p->layers * size), *values = memory_new((size_t)p->layers * size);
    for (int i = 0; i < p->layers; i++) {
        memcpy(keys + (size_t)i * each, p->of_block[i].keys->data, size);
        memcpy(values + (size_t)i * each, p->of_block[i].values->data, size);
    }
    model_session_prefix(s, lane, keys, values, p->count);
    free(keys);
    free(values);
}
