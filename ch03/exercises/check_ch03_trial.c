/* check_ch03_trial.c -- what goes into a function that builds a graph, and what must come out of it. */
#include "ch03/exercises/check_ch03.h"

#include <stdio.h>

/* ---- what goes in -------------------------------------------------------------------------------- */

static Params params; /* of the latest trial: x, memory and the weights, in the order of the drivers */

static Graph *graph(void)
{
    static Graph *g;
    if (!g)
        g = nn_graph_new();
    return g;
}

Sizes trial_sizes(void)
{
    Sizes s = {.batch = 0};
    int channels;
    do {
        grade_sizes(2, 6, &s.batch, &s.time, &s.memory, &s.heads, &s.head_dim);
        channels = s.heads * s.head_dim;
    } while (channels == s.batch || channels == s.time || channels == s.memory);
    return s;
}

static Trial trial_new(const char *function, Sizes s, bool has_memory)
{
    int channels = s.heads * s.head_dim;
    Trial t = {.function = function, .heads = s.heads};
    nn_params_free(&params);
    nn_graph_reset(graph());
    t.x = nn_param(&params, "x", 3, (int[]){s.batch, s.time, channels});
    tensor_normal(t.x, 2, grade_rng());
    if (has_memory) {
        t.memory = nn_param(&params, "memory", 3, (int[]){s.batch, s.memory, channels});
        tensor_normal(t.memory, 1, grade_rng());
    }
    t.d_out = grade_normal(1, s.batch, s.time, channels);
    return t;
}

/* Biases that are 0 and gains that are 1 would hide that they are not used. */
static void shake_vectors(void)
{
    for (int i = 0; i < params.count; i++) {
        Tensor *t = params.items[i].tensor;
        for (int c = 0; t->rank == 1 && c < t->shape[0]; c++)
            t->data[c] += 0.4f * rng_normal(grade_rng());
    }
}

static void feed_forward_new(Linear *up, Linear *down, int channels)
{
    *up = nn_linear_new(&params, "up", channels, 4 * channels, true, 0, grade_rng());
    *down = nn_linear_new(&params, "down", 4 * channels, channels, true, 0, grade_rng());
}

Trial trial_of_attention(Sizes sizes, bool causal)
{
    Trial t = trial_new("multi_head_attention", sizes, false);
    t.causal = causal;
    t.mha = nn_mha_new(&params, "m", tensor_dim(t.x, -1), grade_rng());
    shake_vectors();
    return t;
}

Trial trial_of_encoder(Sizes sizes)
{
    Trial t = trial_new("encoder_block", sizes, false);
    int channels = tensor_dim(t.x, -1);
    t.encoder.norm1 = nn_norm_new(&params, "norm1", channels);
    t.encoder.norm2 = nn_norm_new(&params, "norm2", channels);
    t.encoder.attention = nn_mha_new(&params, "attention", channels, grade_rng());
    feed_forward_new(&t.encoder.up, &t.encoder.down, channels);
    shake_vectors();
    return t;
}

Trial trial_of_decoder(Sizes sizes)
{
    Trial t = trial_new("decoder_block", sizes, true);
    int channels = tensor_dim(t.x, -1);
    t.decoder.norm_self = nn_norm_new(&params, "norm_self", channels);
    t.decoder.norm_cross = nn_norm_new(&params, "norm_cross", channels);
    t.decoder.norm_feed = nn_norm_new(&params, "norm_feed", channels);
    t.decoder.self = nn_mha_new(&params, "self", channels, grade_rng());
    t.decoder.cross = nn_mha_new(&params, "cross", channels, grade_rng());
    feed_forward_new(&t.decoder.up, &t.decoder.down, channels);
    shake_vectors();
    return t;
}

void trial_silence(Linear *l)
{
    tensor_fill(l->weight, 0);
    tensor_fill(l->bias, 0);
}

Tensor *trial_call(const Trial *t)
{
    GradeArg args[40] = {grade_int(t->heads)};
    int n = 1;
    if (t->mha.q.weight)
        args[n++] = grade_int(t->causal);
    args[n++] = grade_tensor(t->d_out);
    for (int i = 0; i < params.count; i++)
        args[n++] = grade_tensor(params.items[i].tensor);
    args[n] = (GradeArg){.kind = GRADE_END};
    Tensor *out = grade_call_with(t->function, args);
    if (!tensor_same_shape(out, t->x)) /* then no test need look before it counts */
        grade_expect("out", out, t->x, 0, NULL);
    return out;
}

/* ---- what must come out -------------------------------------------------------------------------- */

typedef struct Expected {
    const Trial *trial;
    Forward *forward;
} Expected;

static Tensor *result(const void *context, int output, int slip)
{
    const Expected *e = context;
    (void)output;
    Tensor *out = grade_copy(e->forward(graph(), e->trial, slip));
    nn_graph_reset(graph());
    return out;
}

void trial_expect_output(const Trial *t, Forward *forward, const GradeSlip *slips)
{
    const Expected e = {t, forward};
    trial_call(t);
    grade_expect_output("out", 0, result, &e, 1e-4f, slips);
}

static Tensor *gradient_copy(const Tensor *parameter)
{
    Tensor *gradient = grade_copy(parameter);
    tensor_copy(gradient, parameter->grad);
    return gradient;
}

void trial_expect_gradients(const Trial *t, Forward *forward, const GradeSlip *slips)
{
    trial_expect_output(t, forward, slips);
    for (int i = 0; i < params.count; i++)
        params.items[i].tensor->has_grad = false;
    nn_backward_from(graph(), forward(graph(), t, 0), t->d_out->data);
    for (int i = 0; i < params.count; i++) {
        char name[PARAM_NAME + 8];
        const Tensor *want = gradient_copy(params.items[i].tensor);
        Tensor *nothing = grade_copy(want);
        tensor_fill(nothing, 0);
        const GradeCause causes[] = {
            {nothing, "no gradient arrives: the way from here to out must be all nn_ operations"},
            {NULL, NULL}};
        snprintf(name, sizeof name, "d %s", params.items[i].name);
        grade_expect(name, grade_output(1 + i), want, 1e-3f, causes);
    }
}
