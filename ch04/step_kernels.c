/* step_kernels.c -- the kernels of a training step, each run alone. */
#include "ch04/step_kernels.h"

#include "common/base/base.h"

#include <math.h>
#include <stdlib.h>

Step *step_new(uint64_t seed)
{
    Step *s = memory_zero(1, sizeof *s);
    s->g = nn_graph_new();
    s->arena = arena_new();
    s->rng = rng_new(seed);
    s->targets = arena_alloc(s->arena, ROWS * sizeof(int));
    for (int i = 0; i < ROWS; i++)
        s->targets[i] = rng_below(&s->rng, VOCAB);
    s->norm = nn_norm_new(&s->params, "norm", CHANNELS);
    nn_linear_new(&s->params, "weights", CHANNELS, 12 * CHANNELS, false, 0, &s->rng);
    s->adamw = nn_adamw_new(&s->params, 0.9f, 0.999f, 0.1f);
    return s;
}

void step_free(Step *s)
{
    nn_optimizer_free(s->adamw);
    nn_params_free(&s->params);
    nn_graph_free(s->g);
    arena_free(s->arena);
    free(s);
}

Tensor *step_tensor(Step *s, int rows, int cols)
{
    Tensor *t = tensor_new(s->arena, rows, cols);
    tensor_normal(t, 0.1f, &s->rng);
    return t;
}

static void run(Step *s, const Kernel *k)
{
    Graph *g = s->g;
    switch (k->kind) {
    case PRODUCT:
        nn_affine(g, k->in, k->weight, NULL);
        break;
    case ATTENTION:
        nn_self_attention(g, tensor_reshape(nn_arena(g), k->in, BATCH, TIME, 3 * CHANNELS), HEADS, true,
                          NULL);
        break;
    case SOFTMAX:
        nn_softmax(g, k->in);
        break;
    case LAYER_NORM:
        nn_norm(g, &s->norm, k->in);
        break;
    case GELU:
        nn_gelu(g, k->in);
        break;
    case ADD:
        nn_add(g, k->in, k->weight);
        break;
    case CROSS_ENTROPY:
        nn_cross_entropy(g, k->in, s->targets, -1);
        break;
    case ADAMW:
        nn_optimizer_step(s->adamw, 1e-4f);
        break;
    }
}

/* Gradients for AdamW to use; not timed. */
static void make_gradients(Step *s)
{
    nn_graph_record(s->g, true);
    nn_backward(s->g, nn_sum(s->g, nn_param_find(&s->params, "weights.weight")->tensor));
    nn_graph_reset(s->g);
    nn_graph_record(s->g, false);
}

static double measure(Step *s, const Kernel *k, TensorPrecision precision, Stream *stream)
{
    enum { TRIES = 4 };
    double best = INFINITY;
    nn_graph_multiply_in(s->g, precision);
    nn_graph_record(s->g, false);
    for (int i = 0; i < TRIES; i++) { /* the first finds no memory yet */
        if (k->kind == ADAMW)
            make_gradients(s);
        stream_through(stream);
        double start = clock_seconds();
        run(s, k);
        best = fmin(best, clock_seconds() - start);
        nn_graph_reset(s->g);
    }
    return best;
}

void step_measure(Step *s, Stream *stream)
{
    for (int i = 0; i < s->count; i++) {
        Kernel *k = &s->kernels[i];
        k->seconds = measure(s, k, TENSOR_F32, stream);
        k->seconds_bf16 = k->kind == PRODUCT ? measure(s, k, TENSOR_BF16, stream) : NAN;
    }
}
