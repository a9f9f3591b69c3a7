/* test_parity.c -- each fused operation against the same thing from small ones: values and gradients. */
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUTS = 3 };

/* The sizes of one comparison. Attention: q (B,T,C), k and v (B,S,C); elsewhere rows B x T of C channels. */
typedef struct Sizes {
    int batch, time, keys, heads, channels, vocab;
    bool causal;
    const int *ids; /* lengths or targets */
} Sizes;

typedef Tensor *Form(Graph *g, const Sizes *s, Tensor **in);

/* ---- attention from small operations --------------------------------------------------------- */

static Tensor *split_heads(Graph *g, const Sizes *s, Tensor *x) /* (B,T,C) -> (B,H,T,C/H) */
{
    return nn_transpose(g, nn_reshape(g, x, s->batch, x->shape[1], s->heads, s->channels / s->heads), 1, 2);
}

/* 1 where key s counts for sequence b: (B,H,T,S) */
static Tensor *allowed_keys(Graph *g, const Sizes *s)
{
    Tensor *allowed = nn_input(g, s->batch, s->heads, s->time, s->keys);
    size_t of_sequence = allowed->size / (size_t)s->batch;
    for (size_t i = 0; i < allowed->size; i++)
        allowed->data[i] = (int)(i % (size_t)s->keys) < s->ids[i / of_sequence];
    return allowed;
}

static Tensor *attention_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    Tensor *q = split_heads(g, s, in[0]), *k = split_heads(g, s, in[1]), *v = split_heads(g, s, in[2]);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)s->channels / (float)s->heads));
    if (s->causal)
        score = nn_causal_mask(g, score);
    if (s->ids)
        score = nn_mask(g, score, allowed_keys(g, s));
    Tensor *out = nn_transpose(g, nn_matmul(g, nn_softmax(g, score), v), 1, 2); /* (B,T,H,C/H) */
    return nn_reshape(g, out, s->batch, s->time, s->channels);
}

static Tensor *attention_fused(Graph *g, const Sizes *s, Tensor **in)
{
    return nn_attention(g, in[0], in[1], in[2], s->heads, s->causal, s->ids);
}

/* ---- the same with masks, biases, groups: `vocab` says which --------------------------------- */

enum { WINDOW = 1, PREFIX = 2, SLOPES = 4, GROUPED = 8 };

static bool sees(const Sizes *s, int b, int t, int key)
{
    bool inside = !(s->vocab & WINDOW) || key >= t - 40 - 60 * b;
    return inside && (!(s->vocab & PREFIX) || key <= t || key < 50) &&
           (!s->causal || key <= t + s->keys - s->time);
}

static float slope(const Sizes *s, int head, int t, int key)
{
    return s->vocab & SLOPES ? -0.02f * (float)(head + 1) * fabsf((float)(t - key)) : 0;
}

/* (B,S,C/2) -> (B,S,C): each head twice */
static Tensor *doubled_heads(Graph *g, const Sizes *s, Tensor *x)
{
    int dim = s->channels / s->heads, kv_heads = s->heads / 2;
    x = nn_reshape(g, x, s->batch * s->keys * kv_heads, dim);
    return nn_reshape(g, nn_concat(g, x, x, 1), s->batch, s->keys, s->channels);
}

static Tensor *attention_with_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    bool grouped = s->vocab & GROUPED;
    Tensor *k = grouped ? doubled_heads(g, s, in[1]) : in[1],
           *v = grouped ? doubled_heads(g, s, in[2]) : in[2];
    Tensor *allowed = nn_input(g, s->batch, s->heads, s->time, s->keys);
    Tensor *bias = nn_input(g, s->batch, s->heads, s->time, s->keys);
    for (int i = 0; i < (int)allowed->size; i++) {
        int key = i % s->keys, t = i / s->keys % s->time, head = i / s->keys / s->time % s->heads;
        allowed->data[i] = sees(s, i / s->keys / s->time / s->heads, t, key);
        bias->data[i] = slope(s, head, t, key);
    }
    Tensor *score = nn_matmul_nt(g, split_heads(g, s, in[0]), split_heads(g, s, k));
    score = nn_add(g, nn_scale(g, score, 1 / sqrtf((float)s->channels / (float)s->heads)), bias);
    Tensor *out = nn_matmul(g, nn_softmax(g, nn_mask(g, score, allowed)), split_heads(g, s, v));
    return nn_reshape(g, nn_transpose(g, out, 1, 2), s->batch, s->time, s->channels);
}

static Tensor *attention_with_fused(Graph *g, const Sizes *s, Tensor **in)
{
    NnAttention how = {.heads = s->heads, .causal = s->causal};
    how.kv_heads = s->vocab & GROUPED ? s->heads / 2 : 0;
    int *first = arena_alloc(nn_arena(g), (size_t)(s->batch * s->time) * sizeof *first);
    for (int i = 0; i < s->batch * s->time; i++) {
        int from = i % s->time - 40 - 60 * (i / s->time);
        first[i] = from < 0 ? 0 : from;
    }
    Tensor *mask = nn_input(g, s->batch, s->time, s->keys), *bias = nn_input(g, s->heads, s->time, s->keys);
    for (int i = 0; i < (int)mask->size; i++)
        mask->data[i] = i % s->keys <= i / s->keys % s->time || i % s->keys < 50;
    for (int i = 0; i < (int)bias->size; i++)
        bias->data[i] = slope(s, i / s->keys / s->time, i / s->keys % s->time, i % s->keys);
    how.first = s->vocab & WINDOW ? first : NULL;
    how.mask = s->vocab & PREFIX ? mask : NULL;
    how.bias = s->vocab & SLOPES ? bias : NULL;
    return nn_attention_with(g, in[0], in[1], in[2], &how);
}

static Tensor *self_attention_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    Tensor *part[3];
    for (int i = 0; i < 3; i++)
        part[i] = nn_slice(g, in[0], 2, i * s->channels, s->channels);
    return attention_in_parts(g, s, part);
}

static Tensor *self_attention_fused(Graph *g, const Sizes *s, Tensor **in)
{
    return nn_self_attention(g, in[0], s->heads, s->causal, s->ids);
}

/* ---- the others ------------------------------------------------------------------------------ */

static Tensor *constant(Graph *g, int rows, int columns, float value)
{
    Tensor *t = nn_input(g, rows, columns);
    tensor_fill(t, value);
    return t;
}

/* The mean over the last dimension, once for each channel: a product with a matrix of 1/C. */
static Tensor *row_means(Graph *g, Tensor *x)
{
    int channels = tensor_dim(x, -1);
    return nn_matmul(g, x, constant(g, channels, channels, 1 / (float)channels));
}

/* x / sqrt(mean of x^2 + 1e-5), with 1/sqrt(a) = e^(-log(a) / 2) */
static Tensor *divided_by_root(Graph *g, Tensor *x)
{
    Tensor *eps = nn_input(g, 1);
    tensor_fill(eps, 1e-5f);
    eps = tensor_view(nn_arena(g), eps, 0, NULL);
    Tensor *squares = nn_add(g, row_means(g, nn_mul(g, x, x)), eps);
    return nn_mul(g, x, nn_exp(g, nn_scale(g, nn_log(g, squares), -0.5f)));
}

static Tensor *layer_norm_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    Tensor *centred = nn_sub(g, in[0], row_means(g, in[0]));
    return nn_add(g, nn_mul(g, divided_by_root(g, centred), in[1]), in[2]);
}

static Tensor *layer_norm_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_layer_norm(g, in[0], in[1], in[2]);
}

static Tensor *rms_norm_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_mul(g, divided_by_root(g, in[0]), in[1]);
}

static Tensor *rms_norm_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_rms_norm(g, in[0], in[1]);
}

static Tensor *gelu_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    Tensor *x = in[0], *one = tensor_view(nn_arena(g), constant(g, 1, 1, 1), 0, NULL);
    Tensor *cube = nn_scale(g, nn_mul(g, x, nn_mul(g, x, x)), 0.044715f);
    Tensor *bent = nn_tanh(g, nn_scale(g, nn_add(g, x, cube), sqrtf(2 / 3.14159265f)));
    return nn_mul(g, nn_scale(g, x, 0.5f), nn_add(g, bent, one));
}

static Tensor *gelu_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_gelu(g, in[0]);
}

static Tensor *silu_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_mul(g, in[0], nn_sigmoid(g, in[0]));
}

static Tensor *silu_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_silu(g, in[0]);
}

static Tensor *log_softmax_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_log(g, nn_softmax(g, in[0]));
}

static Tensor *log_softmax_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_log_softmax(g, in[0]);
}

static Tensor *affine_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_add(g, nn_matmul(g, in[0], nn_transpose(g, in[1], 0, 1)), in[2]);
}

static Tensor *affine_fused(Graph *g, const Sizes *s, Tensor **in)
{
    (void)s;
    return nn_affine(g, in[0], in[1], in[2]);
}

/* -(sum of log softmax where the target is) / how many count */
static Tensor *cross_entropy_of(Graph *g, const Sizes *s, Tensor *logits)
{
    Tensor *chosen = nn_input(g, s->batch, s->time, s->vocab);
    tensor_fill(chosen, 0);
    int counted = 0;
    for (int r = 0; r < s->batch * s->time; r++) {
        if (s->ids[r] < 0)
            continue;
        chosen->data[r * s->vocab + s->ids[r]] = 1;
        counted++;
    }
    return nn_scale(g, nn_sum(g, nn_mul(g, nn_log_softmax(g, logits), chosen)), -1 / (float)counted);
}

static Tensor *cross_entropy_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    return cross_entropy_of(g, s, nn_matmul_nt(g, in[0], in[1]));
}

static Tensor *cross_entropy_fused(Graph *g, const Sizes *s, Tensor **in)
{
    return nn_cross_entropy(g, nn_affine(g, in[0], in[1], NULL), s->ids, -1);
}

static Tensor *affine_cross_entropy_fused(Graph *g, const Sizes *s, Tensor **in)
{
    return nn_affine_cross_entropy(g, in[0], in[1], s->ids, -1);
}

/* ---- the comparison -------------------------------------------------------------------------- */

typedef struct Result {
    Tensor *out;
    float *grad[MAX_INPUTS]; /* copies */
} Result;

static Result run(Graph *g, Form *form, const Sizes *s, Tensor **in, int inputs)
{
    Result r = {0};
    Rng rng = rng_new(5);
    r.out = form(g, s, in);
    Tensor *direction = tensor_make(nn_arena(g), r.out->rank, r.out->shape);
    tensor_normal(direction, 1, &rng);
    nn_backward_from(g, r.out, direction->data);
    for (int i = 0; i < inputs; i++) {
        r.grad[i] = arena_alloc(nn_arena(g), in[i]->size * sizeof(float));
        memcpy(r.grad[i], in[i]->grad, in[i]->size * sizeof(float));
        in[i]->has_grad = false;
    }
    return r;
}

/* The largest |a - b| / (1 + |b|); NaN if there is one. */
static double difference(const float *a, const float *b, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]) / (1 + fabs((double)b[i]));
        if (!(d <= largest))
            largest = d;
        if (isnan(d))
            return d;
    }
    return largest;
}

/* rank and sizes of the inputs; a zero ends a shape */
typedef struct Inputs {
    int count, shape[MAX_INPUTS][4];
} Inputs;

static void compare(const char *name, Form *fused, Form *in_parts, const Sizes *s, const Inputs *shapes,
                    double tolerance)
{
    Graph *g = nn_graph_new();
    Tensor *in[MAX_INPUTS];
    Rng rng = rng_new(31);
    for (int i = 0; i < shapes->count; i++) {
        int rank = 0;
        while (shapes->shape[i][rank])
            rank++;
        in[i] = nn_parameter_make(rank, shapes->shape[i]);
        tensor_normal(in[i], 1, &rng);
    }
    Result a = run(g, fused, s, in, shapes->count), b = run(g, in_parts, s, in, shapes->count);
    ck_assert_msg(tensor_same_shape(a.out, b.out), "%s: another shape", name);
    double worst = difference(a.out->data, b.out->data, a.out->size);
    if (!(worst <= tolerance))
        ck_abort_msg("%s (T %d, S %d, H %d): values differ by %g", name, s->time, s->keys, s->heads, worst);
    for (int i = 0; i < shapes->count; i++) {
        worst = difference(a.grad[i], b.grad[i], in[i]->size);
        if (!(worst <= tolerance))
            ck_abort_msg("%s (T %d, S %d, H %d, causal %d): gradient of input %d differs by %g", name,
                         s->time, s->keys, s->heads, s->causal, i, worst);
        tensor_free(in[i]);
    }
    nn_graph_free(g);
}

/* ---- attention ------------------------------------------------------------------------------- */

/* T and S: single ones, around the block of 128 queries, over several blocks. */
static const int lengths_of_both[][2] = {{1, 1},     {1, 7},     {7, 1},     {5, 5},     {65, 65},
                                         {127, 128}, {128, 128}, {129, 129}, {300, 300}, {129, 300},
                                         {300, 129}, {256, 257}, {3, 130},   {130, 3}};
enum { PAIRS = sizeof lengths_of_both / sizeof *lengths_of_both };

START_TEST(attention)
{
    int time = lengths_of_both[_i][0], keys = lengths_of_both[_i][1];
    const int lengths[] = {keys, (keys + 1) / 2, 0}, channels[] = {5, 24, 32}, heads[] = {1, 3, 2};
    for (int form = 0; form < 12; form++) {
        int size = form / 4;
        Sizes s = {3, time, keys, heads[size], channels[size], 0, form % 2, form / 2 % 2 ? lengths : NULL};
        Inputs shapes = {3, {{3, time, s.channels}, {3, keys, s.channels}, {3, keys, s.channels}}};
        compare("nn_attention", attention_fused, attention_in_parts, &s, &shapes, 1e-5);
    }
}
END_TEST

/* All kinds together and apart, over several blocks of queries. */
START_TEST(attention_with)
{
    for (int form = 0; form < 4; form++) {
        int time = form % 2 ? 300 : 140, kv = _i & GROUPED ? 12 : 24;
        Sizes s = {2, time, time, 4, 24, _i, form / 2, NULL};
        Inputs shapes = {3, {{2, time, 24}, {2, time, kv}, {2, time, kv}}};
        compare("nn_attention_with", attention_with_fused, attention_with_in_parts, &s, &shapes, 1e-5);
    }
}
END_TEST

START_TEST(self_attention)
{
    const int times[] = {1, 2, 63, 65, 128, 129, 300}, time = times[_i], lengths[] = {time, time / 2};
    for (int form = 0; form < 8; form++) {
        int heads = form % 4 + 1, channels = 12 * (1 + form % 2);
        Sizes s = {2, time, time, heads, channels, 0, form % 2 == 0, form / 2 % 2 ? lengths : NULL};
        Inputs shapes = {1, {{2, time, 3 * channels}}};
        compare("nn_self_attention", self_attention_fused, self_attention_in_parts, &s, &shapes, 1e-5);
    }
}
END_TEST

/* Packed and unpacked are one kernel with other strides. */
START_TEST(packed_is_unpacked)
{
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *qkv = nn_parameter(2, 150, 36), *part[3];
    tensor_normal(qkv, 1, &rng);
    for (int i = 0; i < 3; i++)
        part[i] = nn_slice(g, qkv, 2, 12 * i, 12);
    const Tensor *a = nn_self_attention(g, qkv, 3, true, NULL);
    const Tensor *b = nn_attention(g, part[0], part[1], part[2], 3, true, NULL);
    ck_assert_double_eq_tol(difference(a->data, b->data, a->size), 0, 1e-7);
    tensor_free(qkv);
    nn_graph_free(g);
}
END_TEST

/* Scores of a thousand: softmax must not overflow, and nearly all weight goes to one key. */
START_TEST(attention_with_large_scores)
{
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *q = nn_parameter(1, 20, 8), *v = nn_parameter(1, 20, 8);
    tensor_normal(q, 40, &rng);
    tensor_normal(v, 1, &rng);
    Tensor *out = nn_attention(g, q, nn_scale(g, q, 1), v, 1, false, NULL);
    nn_backward(g, nn_sum(g, out));
    for (size_t i = 0; i < out->size; i++)
        ck_assert(isfinite(out->data[i]) && isfinite(q->grad[i]) && isfinite(v->grad[i]));
    tensor_free(q);
    tensor_free(v);
    nn_graph_free(g);
}
END_TEST

/* A query sees nothing of what comes after it: the future may change. */
START_TEST(attention_cannot_see_the_future)
{
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *qkv = nn_input(g, 1, 200, 24);
    tensor_normal(qkv, 1, &rng);
    const Tensor *before = nn_self_attention(g, qkv, 2, true, NULL);
    for (int cut = 1; cut < 200; cut += 33) {
        Tensor *changed = nn_input(g, 1, 200, 24);
        tensor_copy(changed, qkv->data);
        for (int i = cut * 24; i < 200 * 24; i++)
            changed->data[i] = 5 - changed->data[i];
        const Tensor *after = nn_self_attention(g, changed, 2, true, NULL);
        ck_assert_double_eq_tol(difference(after->data, before->data, (size_t)(cut * 8)), 0, 1e-6);
        ck_assert(difference(after->data + cut * 8, before->data + cut * 8, 8) > 1e-3);
    }
    nn_graph_free(g);
}
END_TEST

/* What lies after a sequence's length has no influence on its output. */
START_TEST(attention_ignores_padding)
{
    const int lengths[] = {3, 140};
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *q = nn_input(g, 2, 9, 8), *k = nn_input(g, 2, 150, 8), *v = nn_input(g, 2, 150, 8);
    tensor_normal(q, 1, &rng);
    tensor_normal(k, 1, &rng);
    tensor_normal(v, 1, &rng);
    const Tensor *before = nn_attention(g, q, k, v, 2, false, lengths);
    for (int b = 0; b < 2; b++) {
        for (int i = (b * 150 + lengths[b]) * 8; i < (b + 1) * 150 * 8; i++)
            k->data[i] = v->data[i] = 1e6f;
    }
    const Tensor *after = nn_attention(g, q, k, v, 2, false, lengths);
    ck_assert_int_eq(memcmp(before->data, after->data, before->size * sizeof(float)), 0);
    nn_graph_free(g);
}
END_TEST

START_TEST(attention_does_not_depend_on_threads)
{
    Result r[2];
    Sizes s = {2, 300, 300, 3, 24, 0, true, NULL};
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *qkv = nn_parameter(2, 300, 72);
    tensor_normal(qkv, 1, &rng);
    for (int i = 0; i < 2; i++) {
        omp_set_num_threads(1 + 2 * i);
        r[i] = run(g, self_attention_fused, &s, &qkv, 1);
    }
    ck_assert_int_eq(memcmp(r[0].out->data, r[1].out->data, r[0].out->size * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(r[0].grad[0], r[1].grad[0], qkv->size * sizeof(float)), 0);
    tensor_free(qkv);
    nn_graph_free(g);
}
END_TEST

START_TEST(grouped_attention_does_not_depend_on_threads)
{
    Result r[2];
    Sizes s = {2, 300, 300, 4, 24, WINDOW | GROUPED | SLOPES, true, NULL};
    Graph *g = nn_graph_new();
    Rng rng = rng_new(2);
    Tensor *in[] = {nn_parameter(2, 300, 24), nn_parameter(2, 300, 12), nn_parameter(2, 300, 12)};
    for (int i = 0; i < 3; i++)
        tensor_normal(in[i], 1, &rng);
    for (int i = 0; i < 2; i++) {
        omp_set_num_threads(1 + 2 * i);
        r[i] = run(g, attention_with_fused, &s, in, 3);
    }
    ck_assert_int_eq(memcmp(r[0].out->data, r[1].out->data, r[0].out->size * sizeof(float)), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(memcmp(r[0].grad[i], r[1].grad[i], in[i]->size * sizeof(float)), 0);
        tensor_free(in[i]);
    }
    nn_graph_free(g);
}
END_TEST

/* ---- rows ------------------------------------------------------------------------------------ */

START_TEST(rows)
{
    static const int widths[] = {1, 3, 16, 33, 129};
    int width = widths[_i];
    Sizes s = {.batch = 5, .time = 17, .channels = width};
    Inputs norm = {3, {{5, 17, width}, {width}, {width}}}, rms = {2, {{5, 17, width}, {width}}};
    Inputs one = {1, {{5, 17, width}}}, affine = {3, {{5, 17, width}, {23, width}, {23}}};
    if (width > 1) /* the norm of one number is 0 / sqrt(1e-5): differences are all rounding */
        compare("nn_layer_norm", layer_norm_fused, layer_norm_in_parts, &s, &norm, 2e-5);
    compare("nn_rms_norm", rms_norm_fused, rms_norm_in_parts, &s, &rms, 2e-5);
    compare("nn_gelu", gelu_fused, gelu_in_parts, &s, &one, 3e-6);
    compare("nn_silu", silu_fused, silu_in_parts, &s, &one, 3e-6);
    compare("nn_log_softmax", log_softmax_fused, log_softmax_in_parts, &s, &one, 2e-5);
    compare("nn_affine", affine_fused, affine_in_parts, &s, &affine, 1e-5);
}
END_TEST

START_TEST(losses)
{
    static const int vocabularies[] = {1, 2, 65, 513, 1031};
    int targets[21], vocab = vocabularies[_i];
    Rng rng = rng_new(9);
    for (int i = 0; i < 21; i++)
        targets[i] = i % 5 == 3 ? -1 : rng_below(&rng, vocab);
    Sizes s = {.batch = 3, .time = 7, .channels = 11, .vocab = vocab, .ids = targets};
    Inputs shapes = {2, {{3, 7, 11}, {vocab, 11}}};
    compare("nn_cross_entropy", cross_entropy_fused, cross_entropy_in_parts, &s, &shapes, 1e-5);
    compare("nn_affine_cross_entropy", affine_cross_entropy_fused, cross_entropy_in_parts, &s, &shapes,
            1e-5);
    compare("nn_affine_cross_entropy", affine_cross_entropy_fused, cross_entropy_fused, &s, &shapes, 1e-6);
}
END_TEST

static Tensor *mha_fused(Graph *g, const Sizes *s, Tensor **in)
{
    Linear l[4];
    for (int i = 0; i < 4; i++) /* the four weights are parts of one input, which gathers their gradients */
        l[i] = (Linear){.weight = nn_slice(g, in[2], 0, i * s->channels, s->channels)};
    Mha m = {l[0], l[1], l[2], l[3]};
    return nn_mha(g, &m, in[0], in[1], s->heads, s->causal, s->ids);
}

static Tensor *mha_in_parts(Graph *g, const Sizes *s, Tensor **in)
{
    Tensor *w[4], *qkv[3];
    for (int i = 0; i < 4; i++)
        w[i] = nn_slice(g, in[2], 0, i * s->channels, s->channels);
    for (int i = 0; i < 3; i++)
        qkv[i] = nn_matmul_nt(g, in[i ? 1 : 0], w[i]);
    return nn_matmul_nt(g, attention_in_parts(g, s, qkv), w[3]);
}

START_TEST(multi_head_attention)
{
    const int lengths[] = {9, 4};
    Sizes s = {2, 6, 9, 3, 12, 0, _i % 2, _i / 2 ? lengths : NULL};
    Inputs shapes = {3, {{2, 6, 12}, {2, 9, 12}, {48, 12}}};
    compare("nn_mha", mha_fused, mha_in_parts, &s, &shapes, 1e-4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parity");
    TCase *t = tcase_create("parity");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, attention, 0, PAIRS);
    tcase_add_loop_test(t, attention_with, 0, 16);
    tcase_add_loop_test(t, self_attention, 0, 7);
    tcase_add_test(t, packed_is_unpacked);
    tcase_add_test(t, attention_with_large_scores);
    tcase_add_test(t, attention_cannot_see_the_future);
    tcase_add_test(t, attention_ignores_padding);
    tcase_add_test(t, attention_does_not_depend_on_threads);
    tcase_add_test(t, grouped_attention_does_not_depend_on_threads);
    tcase_add_loop_test(t, rows, 0, 5);
    tcase_add_loop_test(t, losses, 0, 5);
    tcase_add_loop_test(t, multi_head_attention, 0, 4);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
