/* training.c -- the parallel forms of common/dist against one process, under --ranks N: test_dist runs it.
 *
 * Every rank also trains the same model alone on the whole batch, so that it can compare by itself. */
#include "common/base/base.h"
#include "common/dist/ddp.h"
#include "common/dist/zero.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(d, what, ...)                                                              \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            fprintf(stderr, "rank %d of %d, line %d: ", (d)->rank, (d)->size, __LINE__); \
            fprintf(stderr, __VA_ARGS__);                                                \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

enum { BATCH = 12, TIME = 16, VOCAB = 23, MAX_STEPS = 20, PASSES = 2, LAYERS = 2 };

static const float RATE = 0.01f, CLIP = 0.5f, BETA2 = 0.99f, DECAY = 0.1f;

/* ---- a model ------------------------------------------------------------------------------------- */

/* With a parameter that no operation uses. */
static ModelDecoder *model_new(bool tied)
{
    Rng rng = rng_new(3);
    ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = TIME, .layers = LAYERS, .heads = 2, .channels = 20});
    c.tied = tied;
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    tensor_fill(nn_param(&m->params, "unused", 1, (const int[]){7}), 1);
    return m;
}

static int token(int step, int pass, int row, int t)
{
    return (row * row + 5 * t * (row % 3 + 1) + 3 * step + 11 * pass) % VOCAB;
}

/* The mean loss over rows [first, end) of a batch. */
static Tensor *loss_of(Graph *g, const ModelDecoder *m, int step, int pass, int first, int end)
{
    int x[BATCH * TIME], y[BATCH * TIME];
    int *ids = arena_alloc(nn_arena(g), sizeof x), *next = arena_alloc(nn_arena(g), sizeof y);
    for (int i = 0; i < (end - first) * TIME; i++) {
        ids[i] = token(step, pass, first + i / TIME, i % TIME);
        next[i] = token(step, pass, first + i / TIME, i % TIME + 1);
    }
    return model_decoder_loss(g, m, ids, next, end - first, TIME);
}

/* The same over a rank's part of the rows. */
static Tensor *own_loss(Graph *g, const ModelDecoder *m, int step, int pass, const Dist *d)
{
    return loss_of(g, m, step, pass, BATCH * d->rank / d->size, BATCH * (d->rank + 1) / d->size);
}

static Optimizer *optimizer_new(const Params *p)
{
    return nn_adamw_new(p, 0.9f, BETA2, DECAY);
}

/* ---- alone --------------------------------------------------------------------------------------- */

typedef struct Run {
    int steps;
    float loss[MAX_STEPS], norm[MAX_STEPS];
    ModelDecoder *model;
    Optimizer *optimizer;
} Run;

static void run_free(Run *r)
{
    nn_optimizer_free(r->optimizer);
    model_decoder_free(r->model);
}

static Run run_alone(bool tied, int passes)
{
    Run r = {.steps = tied || passes > 1 ? 5 : MAX_STEPS, .model = model_new(tied)};
    Graph *g = nn_graph_new();
    r.optimizer = optimizer_new(&r.model->params);
    for (int step = 0; step < r.steps; step++) {
        for (int pass = 0; pass < passes; pass++) {
            Tensor *loss = nn_scale(g, loss_of(g, r.model, step, pass, 0, BATCH), 1 / (float)passes);
            r.loss[step] += tensor_item(loss);
            nn_backward(g, loss);
            nn_graph_reset(g);
        }
        r.norm[step] = nn_optimizer_step_clipped(r.optimizer, RATE, CLIP);
    }
    nn_graph_free(g);
    return r;
}

/* ---- comparing ------------------------------------------------------------------------------------ */

static float mean_over_ranks(Dist *d, float x)
{
    dist_all_reduce(d, &x, 1);
    return x / (float)d->size;
}

static void compare_params(Dist *d, const char *what, const Params *a, const Params *b)
{
    for (int i = 0; i < a->count; i++) {
        const Tensor *x = a->items[i].tensor, *y = b->items[i].tensor;
        float distance = tensor_distance(x->data, y->data, x->size);
        /* What is not used decays, as its gradient counts as 0. The gradients of the keys' biases are 0 but for
         * rounding, since softmax does not change when all scores do, and Adam makes steps of that. */
        bool loose = strcmp(a->items[i].name, "unused") == 0 || strstr(a->items[i].name, "c_attn.bias");
        CHECK(d, loose || distance <= 3e-4f, "%s: %s differs by %g\n", what, a->items[i].name,
              (double)distance);
        float *first = memory_new(x->size * sizeof *first);
        memcpy(first, x->data, x->size * sizeof *first);
        dist_broadcast(d, 0, first, x->size * sizeof *first);
        CHECK(d, memcmp(first, x->data, x->size * sizeof *first) == 0, "%s: %s is not rank 0's\n", what,
              a->items[i].name);
        free(first);
    }
}

static void compare_losses(Dist *d, const char *what, const Run *run, const Run *alone)
{
    for (int step = 0; step < alone->steps; step++) {
        float loss = run->loss[step] - alone->loss[step], norm = run->norm[step] - alone->norm[step];
        CHECK(d, fabsf(loss) <= 1e-4f, "%s, step %d: loss off by %g\n", what, step, (double)loss);
        CHECK(d, fabsf(norm) <= 1e-3f, "%s, step %d: norm off by %g\n", what, step, (double)norm);
    }
    compare_params(d, what, &run->model->params, &alone->model->params);
}

/* ---- data parallelism ------------------------------------------------------------------------------ */

static void check_ddp(Dist *d, const Run *alone, bool tied, int passes, size_t bucket_bytes, bool overlap)
{
    Run r = {.model = model_new(tied)};
    if (d->rank > 0)
        tensor_fill(r.model->tokens, 9); /* rank 0's weights come over it */
    Graph *g = nn_graph_new();
    r.optimizer = optimizer_new(&r.model->params);
    DistDdp *p = dist_ddp_new(d, &r.model->params, bucket_bytes, overlap);
    int buckets;
    dist_ddp_buckets(p, &buckets);
    CHECK(d, bucket_bytes > 1 ? buckets == 1 : buckets == r.model->params.count, "%d buckets\n", buckets);
    size_t sent = dist_bytes_sent(d), numbers = 0;
    for (int step = 0; step < alone->steps; step++) {
        float total = 0;
        for (int pass = 0; pass < passes; pass++) {
            Tensor *loss = nn_scale(g, own_loss(g, r.model, step, pass, d), 1 / (float)passes);
            total += tensor_item(loss);
            if (pass + 1 < passes)
                nn_backward(g, loss);
            else
                dist_ddp_backward(p, g, loss);
            nn_graph_reset(g);
        }
        numbers += 2 * nn_param_total(&r.model->params) * (size_t)(d->size - 1) / (size_t)d->size;
        r.norm[step] = nn_optimizer_step_clipped(r.optimizer, RATE, CLIP);
        r.loss[step] = total;
    }
    sent = dist_bytes_sent(d) - sent;
    double off = (double)sent / (double)(numbers * sizeof(float) + 1);
    CHECK(d, d->size == 1 ? sent == 0 : fabs(off - 1) < 0.02, "sent %g of what the formula says\n", off);
    for (int step = 0; step < alone->steps; step++)
        r.loss[step] = mean_over_ranks(d, r.loss[step]);
    dist_ddp_free(p);
    compare_losses(d, overlap ? "ddp, overlapped" : "ddp", &r, alone);
    nn_graph_free(g);
    run_free(&r);
}

/* ---- ZeRO ------------------------------------------------------------------------------------------ */

/* What a rank may hold between steps, in numbers: everything, or its shares of all units. */
static void check_bytes(Dist *d, const DistZero *z, Optimizer *o, int stage)
{
    size_t all = 0, own = 0;
    for (int i = 0; i < dist_zero_units(z); i++) {
        all += dist_zero_unit(z, i);
        own += dist_share(d, dist_zero_unit(z, i), d->rank).count;
    }
    DistZeroBytes b = dist_zero_bytes(z);
    CHECK(d, b.params == sizeof(float) * (stage >= 3 ? own : all), "stage %d: parameters %zu\n", stage,
          b.params);
    CHECK(d, b.grads == sizeof(float) * (stage >= 2 ? own : all), "stage %d: gradients %zu\n", stage,
          b.grads);
    size_t moments = dist_moment_bytes(o, dist_zero_pieces(z));
    CHECK(d, moments == 2 * sizeof(float) * (stage >= 1 ? own : all), "stage %d: moments %zu\n", stage,
          moments);
}

static float zero_step(Dist *d, DistZero *z, Optimizer *o, Graph *g, Run *r, int step, int passes)
{
    float total = 0;
    for (int pass = 0; pass < passes; pass++) {
        Tensor *loss = nn_scale(g, own_loss(g, r->model, step, pass, d), 1 / (float)passes);
        total += tensor_item(loss);
        dist_zero_backward(z, g, loss, pass + 1 == passes);
        nn_graph_reset(g);
    }
    r->norm[step] = dist_zero_step(z, o, RATE, CLIP);
    return total;
}

/* Steps 0 and 1 in one stage; then the moments go through an optimizer of the whole model to `then`. */
static void check_zero(Dist *d, const Run *alone, bool tied, int passes, int stage, int then)
{
    char what[64];
    snprintf(what, sizeof what, "stage %d, then %d%s, %d passes", stage, then, tied ? ", tied" : "",
             passes);
    Run r = {.model = model_new(tied)};
    Graph *g = nn_graph_new();
    Optimizer *whole = optimizer_new(&r.model->params);
    for (int step = 0; step < alone->steps;) {
        DistZero *z = dist_zero_new(d, &r.model->params, step == 0 ? stage : then);
        Optimizer *o = optimizer_new(dist_zero_pieces(z));
        dist_zero_watch(z, g);
        if (step > 0)
            dist_zero_spread(z, o, whole);
        for (int end = step == 0 ? 2 : alone->steps; step < end; step++) {
            r.loss[step] = mean_over_ranks(d, zero_step(d, z, o, g, &r, step, passes));
            check_bytes(d, z, o, step < 2 ? stage : then);
        }
        dist_zero_hold(z);
        CHECK(d, r.model->tokens->data != NULL, "%s: not held\n", what);
        dist_zero_release(z);
        dist_zero_collect(z, o, whole);
        nn_optimizer_free(o);
        dist_zero_free(z);
        nn_graph_hook(g, NULL);
    }
    r.optimizer = whole;
    compare_losses(d, what, &r, alone);
    for (int i = 0; i < r.model->params.count; i++) {
        size_t size = r.model->params.items[i].tensor->size;
        for (int which = 0; which < 2; which++) {
            float distance = tensor_distance(nn_optimizer_moment(whole, i, which),
                                             nn_optimizer_moment(alone->optimizer, i, which), size);
            CHECK(d, distance <= 1e-4f, "%s: moment %d of %s off by %g\n", what, which,
                  r.model->params.items[i].name, (double)distance);
        }
    }
    nn_graph_free(g);
    run_free(&r);
}

int main(int argc, char **argv)
{
    int ranks = 1;
    uint64_t seed = 1;
    const Option options[] = {option_int("ranks", &ranks, 1, 64, "processes"), option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv, "The parallel forms of common/dist against one process.", options);
    Dist *d = dist_start(argc, argv, ranks);
    for (int tied = 0; tied < 2; tied++) {
        for (int passes = 1; passes <= PASSES; passes++) {
            Run alone = run_alone(tied, passes);
            check_ddp(d, &alone, tied, passes, 1, true);
            check_ddp(d, &alone, tied, passes, 1, false);
            check_ddp(d, &alone, tied, passes, 1 << 24, true);
            for (int stage = 0; stage <= 3; stage++)
                check_zero(d, &alone, tied, passes, stage, 3 - stage);
            run_free(&alone);
        }
    }
    printf("rank %d of %d: everything holds\n", d->rank, d->size);
    dist_free(d);
    return error_finish();
}
