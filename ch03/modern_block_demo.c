/* modern_block_demo.c -- the block of 2017 turned into the block of today, part by part, section 3.8.2.
 *
 * RMSNorm, SwiGLU, rotary positions, QK norm and grouped-query attention, each written out from primitive
 * operations. One decoder block has a switch for every part; models that differ in one part at a time are
 * trained side by side on the same stories, from three seeds, and then read texts longer than those of
 * their training. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/text/corpus.h"
#include "common/text/words.h"
#include "common/text/world.h"

#include <math.h>
#include <stdlib.h>

enum { LAYERS = 2, CHANNELS = 64, HEADS = 4, HEAD_DIM = CHANNELS / HEADS, WIDTH = 4 * CHANNELS };
enum { BATCH = 16, TIME = 32, LONG = 4 * TIME, SEEDS = 3, POINTS = 6, RATES = 2, MOST = 120000 };
static const float rates[RATES] = {0.003f, 0.03f};

//> parts
/* Which parts a block is made of. */
typedef struct Parts {
    const char *name;
    bool pre_norm, rms, gated, rotary, qk_norm, alibi;
    int kv_heads;
} Parts;

/* Each line exchanges one more part; the last one takes the positions of "today" away again. */
static const Parts STEPS[] = {
    {"2017: post-norm, LayerNorm, ReLU, sinusoids", .kv_heads = HEADS},
    {"+ pre-norm", true, .kv_heads = HEADS},
    {"+ RMSNorm, no biases", true, true, .kv_heads = HEADS},
    {"+ SwiGLU", true, true, true, .kv_heads = HEADS},
    {"+ RoPE", true, true, true, true, .kv_heads = HEADS},
    {"+ QK norm", true, true, true, true, true, .kv_heads = HEADS},
    {"+ 2 heads for keys and values = today", true, true, true, true, true, .kv_heads = 2},
    {"today with ALiBi in place of RoPE", true, true, true, false, true, true, .kv_heads = 2},
};
//< parts
enum {
    MODELS = sizeof STEPS / sizeof *STEPS,
    SINUSOIDS = MODELS - 5,
    TODAY = MODELS - 2,
    ALIBI = MODELS - 1
};

typedef struct Block {
    Norm norm_attention, norm_feed;
    Linear q, k, v, out;     /* (C,C), (Hkv D,C), (Hkv D,C), (C,C) */
    Tensor *q_gain, *k_gain; /* (D), of the QK norm */
    Linear gate, up, down;   /* (W,C), (W,C), (C,W); gate: of SwiGLU only */
} Block;

typedef struct Model {
    Params params;
    const Parts *parts;
    Tensor *table; /* (V,C): in and out */
    Block block[LAYERS];
    Norm last;
} Model;

//> rms
/* x / sqrt(mean of x^2) * gain over the last dimension C. A product with a matrix full of 1/C puts the mean
 * into every channel, and z^(-1/2) = exp(-log(z) / 2). */
static Tensor *rms_norm(Graph *g, Tensor *x, Tensor *gain)
{
    int channels = tensor_dim(x, -1);
    Tensor *average = nn_input(g, channels, channels), *epsilon = nn_input(g, channels);
    tensor_fill(average, 1.0f / (float)channels);
    tensor_fill(epsilon, 1e-5f);
    Tensor *square = nn_add(g, nn_matmul(g, nn_mul(g, x, x), average), epsilon);
    Tensor *inverse = nn_exp(g, nn_scale(g, nn_log(g, square), -0.5f));
    return nn_mul(g, nn_mul(g, x, inverse), gain);
}
//< rms

//> rope
/* Rotates channels i and i + D/2 of x (B,H,T,D), as a pair, by the angle t w_i, w_i = 10000^(-2i/D), where t
 * counts positions from `first` on:  (a, b) -> (a cos - b sin, b cos + a sin). */
static Tensor *rope(Graph *g, Tensor *x, int first)
{
    int time = x->shape[2], dim = x->shape[3], half = dim / 2;
    Tensor *cosine = nn_input(g, time, dim), *sine = nn_input(g, time, dim);
    for (int i = 0; i < time * dim; i++) {
        double angle = (first + i / dim) * pow(10000, -2.0 * (i % half) / dim);
        cosine->data[i] = (float)cos(angle);
        sine->data[i] = (float)sin(angle);
    }
    Tensor *a = nn_slice(g, x, 3, 0, half), *b = nn_slice(g, x, 3, half, half);
    Tensor *turned = nn_concat(g, nn_scale(g, b, -1), a, 3); /* (-b, a) */
    return nn_add(g, nn_mul(g, x, cosine), nn_mul(g, turned, sine));
}
//< rope

//> alibi
/* (H,T,T): -m_h (t - s), with m_h = 2^(-8h/H) for the heads h = 1 .. H. */
static Tensor *alibi(Graph *g, int heads, int time)
{
    Tensor *bias = nn_input(g, heads, time, time);
    for (int i = 0; i < heads * time * time; i++) {
        int h = i / (time * time), t = i / time % time, s = i % time;
        bias->data[i] = -exp2f(-8.0f * (float)(h + 1) / (float)heads) * (float)(t - s);
    }
    return bias;
}
//< alibi

//> gqa
/* (B,T,n D) -> (B,n,T,D) */
static Tensor *split(Graph *g, Tensor *x, int n)
{
    x = nn_reshape(g, x, x->shape[0], x->shape[1], n, tensor_dim(x, -1) / n);
    return nn_transpose(g, x, 1, 2);
}

/* Causal attention of x (B,T,C) to itself. With fewer heads for keys and values than for queries, the queries
 * of a group are stacked along time, so that one product serves them all and nothing is copied. */
static Tensor *attend(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    int batch = x->shape[0], time = x->shape[1], rows = HEADS / p->kv_heads * time;
    Tensor *q = split(g, nn_linear(g, &b->q, x), HEADS);       /* (B,H,T,D) */
    Tensor *k = split(g, nn_linear(g, &b->k, x), p->kv_heads); /* (B,Hkv,T,D) */
    Tensor *v = split(g, nn_linear(g, &b->v, x), p->kv_heads);
    if (p->qk_norm) {
        q = nn_rms_norm(g, q, b->q_gain);
        k = nn_rms_norm(g, k, b->k_gain);
    }
    if (p->rotary) {
        q = rope(g, q, 0);
        k = rope(g, k, 0);
    }
    q = nn_reshape(g, q, batch, p->kv_heads, rows, HEAD_DIM); /* (B,Hkv,H/Hkv T,D) */
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf(HEAD_DIM));
    score = nn_reshape(g, score, batch, HEADS, time, time);
    if (p->alibi)
        score = nn_add(g, score, alibi(g, HEADS, time));
    Tensor *weight = nn_softmax(g, nn_causal_mask(g, score));
    Tensor *mixed = nn_matmul(g, nn_reshape(g, weight, batch, p->kv_heads, rows, time), v);
    mixed = nn_transpose(g, nn_reshape(g, mixed, batch, HEADS, time, HEAD_DIM), 1, 2);
    return nn_linear(g, &b->out, nn_reshape(g, mixed, batch, time, CHANNELS));
}
//< gqa

//> block
static Tensor *norm(Graph *g, const Parts *p, const Norm *n, Tensor *x)
{
    return p->rms ? nn_rms_norm(g, x, n->weight) : nn_norm(g, n, x);
}

/* relu(x W1) W2, or (silu(x W1) * x W3) W2, whose hidden layer is two thirds as wide. */
static Tensor *feed_forward(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    Tensor *hidden = nn_linear(g, &b->up, x);
    hidden = p->gated ? nn_mul(g, nn_silu(g, nn_linear(g, &b->gate, x)), hidden) : nn_relu(g, hidden);
    return nn_linear(g, &b->down, hidden);
}

/* x (B,T,C) -> (B,T,C) */
static Tensor *block(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    if (!p->pre_norm) {
        x = norm(g, p, &b->norm_attention, nn_add(g, x, attend(g, p, b, x)));
        return norm(g, p, &b->norm_feed, nn_add(g, x, feed_forward(g, p, b, x)));
    }
    x = nn_add(g, x, attend(g, p, b, norm(g, p, &b->norm_attention, x)));
    return nn_add(g, x, feed_forward(g, p, b, norm(g, p, &b->norm_feed, x)));
}
//< block

/* ids (B,T) -> (B,T,C): what the logits are made of. */
static Tensor *run(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    const Parts *p = m->parts;
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, batch, time), sqrtf(CHANNELS));
    if (!p->rotary && !p->alibi)
        x = nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
    for (int i = 0; i < LAYERS; i++)
        x = block(g, p, &m->block[i], x);
    return p->pre_norm ? norm(g, p, &m->last, x) : x;
}

static Tensor *gain_new(Params *p, const char *name, int n)
{
    Tensor *gain = nn_param(p, name, 1, &n);
    tensor_fill(gain, 1);
    return gain;
}

static Block block_new(Params *p, const Parts *parts, int i, Rng *rng)
{
    static const char *const names[] = {"q",    "k",     "v",     "out",    "gate",  "up",
                                        "down", "norm1", "norm2", "q_gain", "k_gain"};
    char n[11][PARAM_NAME];
    int kv = parts->kv_heads * HEAD_DIM, width = parts->gated ? WIDTH * 2 / 3 : WIDTH;
    bool bias = !parts->rms;
    for (int k = 0; k < 11; k++)
        snprintf(n[k], PARAM_NAME, "%d.%s", i, names[k]);
    Block b = {.q = nn_linear_new(p, n[0], CHANNELS, CHANNELS, bias, 0, rng)};
    b.k = nn_linear_new(p, n[1], CHANNELS, kv, bias, 0, rng);
    b.v = nn_linear_new(p, n[2], CHANNELS, kv, bias, 0, rng);
    b.out = nn_linear_new(p, n[3], CHANNELS, CHANNELS, bias, 0, rng);
    if (parts->gated)
        b.gate = nn_linear_new(p, n[4], CHANNELS, width, bias, 0, rng);
    b.up = nn_linear_new(p, n[5], CHANNELS, width, bias, 0, rng);
    b.down = nn_linear_new(p, n[6], width, CHANNELS, bias, 0, rng);
    Norm *norms[] = {&b.norm_attention, &b.norm_feed};
    for (int k = 0; k < 2; k++)
        *norms[k] = parts->rms ? (Norm){.weight = gain_new(p, n[7 + k], CHANNELS)}
                               : nn_norm_new(p, n[7 + k], CHANNELS);
    if (parts->qk_norm) {
        b.q_gain = gain_new(p, n[9], HEAD_DIM);
        b.k_gain = gain_new(p, n[10], HEAD_DIM);
    }
    return b;
}

static Model model_new(const Parts *parts, int vocab, Rng *rng)
{
    Model m = {.parts = parts};
    m.table = nn_table_new(&m.params, "table", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < LAYERS; i++)
        m.block[i] = block_new(&m.params, parts, i, rng);
    if (parts->pre_norm)
        m.last = parts->rms ? (Norm){.weight = gain_new(&m.params, "last", CHANNELS)}
                            : nn_norm_new(&m.params, "last", CHANNELS);
    return m;
}

/* ---- data and training ----------------------------------------------------------------------------------- */

typedef struct Data {
    int vocab, *ids[2];
    size_t count[2]; /* of TEXT_TRAIN and TEXT_TEST */
} Data;

static Data data_new(void)
{
    static const int stories[2] = {2000, 400};
    Data d = {0};
    TextWords *words = text_words_new();
    Rng rng =
        rng_new(7); /* the same stories for every seed: seeds differ in the model and in the batches */
    for (int side = 0; side < 2; side++) {
        char *text = text_world_stories(TEXT_EN, (TextSide)side, stories[side], &rng);
        text_words_add(words, text);
        d.ids[side] = memory_new(sizeof(int) * MOST);
        d.count[side] = (size_t)text_words_encode(words, text, d.ids[side], MOST);
        free(text);
    }
    d.vocab = text_words_count(words);
    text_words_free(words);
    return d;
}

/* The loss in nats per token at positions first .. last-1 of windows of unseen stories, `last` tokens long. */
static double evaluate(Graph *g, const Model *m, const Data *d, int first, int last)
{
    enum { BATCHES = 4 };
    static int x[BATCH * LONG], y[BATCH * LONG];
    Rng rng = rng_new(99); /* the same windows for every model */
    double sum = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < BATCHES; i++) {
        text_corpus_batch(d->ids[TEXT_TEST], d->count[TEXT_TEST], BATCH, last, &rng, x, y);
        for (int k = 0; k < BATCH * last; k++)
            y[k] = k % last < first ? -1 : y[k];
        Tensor *out = run(g, m, x, BATCH, last);
        sum += tensor_item(nn_affine_cross_entropy(g, out, m->table, y, -1));
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum / BATCHES;
}

/* What training arrives at: the loss as it goes on, and at the end, at positions 1 .. T, T+1 .. 2T, 2T+1 .. 4T. */
typedef struct Run {
    float curve[POINTS];
    double loss[3];
    size_t parameters;
} Run;

static Run train(Graph *g, const Parts *parts, const Data *d, int steps, float rate, uint64_t seed)
{
    static int x[BATCH * TIME], y[BATCH * TIME];
    Rng rng = rng_new(seed),
        batches = rng_new(seed + 1000); /* a seed has the same batches for every model */
    Model m = model_new(parts, d->vocab, &rng);
    Optimizer *o = nn_adamw_new(&m.params, 0.9f, 0.98f, 0.01f);
    Run r = {.parameters = nn_param_total(&m.params)};
    for (int step = 0; step < steps; step++) {
        text_corpus_batch(d->ids[TEXT_TRAIN], d->count[TEXT_TRAIN], BATCH, TIME, &batches, x, y);
        nn_backward(g, nn_affine_cross_entropy(g, run(g, &m, x, BATCH, TIME), m.table, y, -1));
        nn_clip_gradients(o, 1);
        nn_optimizer_step(o, nn_cosine_rate(step, steps / 10, steps, rate, rate / 20));
        nn_graph_reset(g);
        if ((step + 1) * POINTS % steps < POINTS)
            r.curve[(step + 1) * POINTS / steps - 1] = (float)evaluate(g, &m, d, 0, TIME);
    }
    for (int i = 0; i < 3; i++)
        r.loss[i] = evaluate(g, &m, d, i ? TIME << (i - 1) : 0, TIME << i);
    nn_optimizer_free(o);
    nn_params_free(&m.params);
    return r;
}

/* ---- what is shown --------------------------------------------------------------------------------------- */

/* The parts do what their formulas say. */
static void show_parts(Graph *g, Rng *rng)
{
    Tensor *x = nn_input(g, 2, HEADS, TIME, HEAD_DIM), *gain = nn_input(g, HEAD_DIM);
    Tensor *y = nn_input(g, 2, HEADS, TIME, HEAD_DIM);
    tensor_normal(x, 1, rng);
    tensor_normal(y, 1, rng);
    tensor_normal(gain, 1, rng);
    float off = tensor_distance(rms_norm(g, x, gain)->data, nn_rms_norm(g, x, gain)->data, x->size);
    printf("RMSNorm from primitive operations equals nn_rms_norm to 1e-5: %s\n",
           off <= 1e-5f ? "yes" : "NO");
    Tensor *here = nn_matmul_nt(g, rope(g, x, 0), rope(g, y, 0));
    Tensor *there = nn_matmul_nt(g, rope(g, x, 1000), rope(g, y, 1000));
    off = tensor_distance(here->data, there->data, here->size);
    printf("RoPE: 1000 positions further on all scores are the same to 1e-3: %s\n\n",
           off <= 1e-3f ? "yes" : "NO");
    nn_graph_reset(g);
}

/* "1.234 (1.225-1.245)": the mean over the seeds, the minimum and the maximum. */
static void print_loss(const Run runs[SEEDS], int part)
{
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (int s = 0; s < SEEDS; s++) {
        sum += runs[s].loss[part];
        low = fmin(low, runs[s].loss[part]);
        high = fmax(high, runs[s].loss[part]);
    }
    printf("   %.2f (%.2f-%.2f)", sum / SEEDS, low, high);
}

static void draw(Run runs[RATES][MODELS][SEEDS], int steps)
{
    Plot *p = plot_new("ch03/out/modern_block_demo.svg", "The block of 2017 and that of today", "step",
                       "loss on unseen stories (nats per token)");
    for (int i = 0; i < 2 * RATES; i++) {
        int model = i / RATES ? TODAY : 0, r = i % RATES;
        float x[POINTS], y[POINTS] = {0};
        char name[64];
        for (int k = 0; k < POINTS; k++) {
            x[k] = (float)(steps * (k + 1) / POINTS);
            for (int s = 0; s < SEEDS; s++)
                y[k] += runs[r][model][s].curve[k] / SEEDS;
        }
        snprintf(name, sizeof name, "%s, learning rate %g", i / RATES ? "today" : "2017", (double)rates[r]);
        plot_line(p, name, x, y, POINTS);
    }
    plot_finish(p, "picture");
}

static void show_runs(Run runs[RATES][MODELS][SEEDS], int steps)
{
    printf("Loss on unseen stories, nats per token, after %d steps: mean of %d seeds (minimum-maximum).\n"
           "Each line exchanges one more part.\n",
           steps, SEEDS);
    printf("%-45s   learning rate %-5g   learning rate %g   parameters\n", "", (double)rates[0],
           (double)rates[1]);
    for (int i = 0; i < MODELS; i++) {
        printf("  %-43s", STEPS[i].name);
        for (int r = 0; r < RATES; r++)
            print_loss(runs[r][i], 0);
        printf("   %10zu\n", runs[0][i][0].parameters);
    }
    static const int shown[] = {SINUSOIDS, TODAY, ALIBI};
    static const char *const names[] = {"sinusoids", "RoPE", "ALiBi"};
    printf("\nTrained on %d tokens, given %d: the loss at positions\n"
           "%-13s   %d-%-13d   %d-%-13d   %d-%d\n",
           TIME, LONG, "", 1, TIME, TIME + 1, 2 * TIME, 2 * TIME + 1, LONG);
    for (int i = 0; i < 3; i++) {
        printf("  %-11s", names[i]);
        for (int part = 0; part < 3; part++)
            print_loss(runs[1][shown[i]], part);
        putchar('\n');
    }
    putchar('\n');
    draw(runs, steps);
}

int main(int argc, char **argv)
{
    int steps = 150;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, POINTS, 100000, "training steps of each model"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "The block of 2017 turned into the block of today, section 3.8.2.", options);
    static Run runs[RATES][MODELS][SEEDS];
    Graph *g = nn_graph_new();
    Data d = data_new();
    Rng rng = rng_new(seed);
    show_parts(g, &rng);
    Progress bar = progress_begin("training", RATES * MODELS * SEEDS);
    for (int i = 0; i < RATES * MODELS * SEEDS; i++) {
        int r = i / SEEDS / MODELS, model = i / SEEDS % MODELS, s = i % SEEDS;
        runs[r][model][s] = train(g, &STEPS[model], &d, steps, rates[r], seed + (uint64_t)s);
        progress_update(&bar, i + 1, "%s", STEPS[model].name);
    }
    progress_end(&bar);
    show_runs(runs, steps);
    free(d.ids[0]);
    free(d.ids[1]);
    nn_graph_free(g);
    return error_finish();
}
