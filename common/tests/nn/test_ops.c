/* test_ops.c -- the value and the gradient of every operation.
 *
 * Each row of the table is one operation on one choice of shapes. Its value is
 * compared with the formula in plain.h, and its gradient, for every index of
 * every input, with differences of that formula (in double, sharp) and with
 * differences of the operation itself (which needs no second opinion). */
#include "common/tests/plain.h"

#include "common/base/file.h"
#include "common/nn/layers.h"

#include <check.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- functions of one number ------------------------------------------------------------------------ */

static double relu(double x)
{
    return x > 0 ? x : 0;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static double gelu(double x)
{
    return x / 2 * (1 + tanh(sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
}

static double gelu_erf(double x)
{
    return x / 2 * erfc(-x / sqrt(2));
}

static double softplus(double x)
{
    return log(1 + exp(x));
}

/* The limits lie where no input is: see fill_input. */
static double at_least(double x)
{
    return x < -0.1 ? -0.1 : x;
}

static double at_most(double x)
{
    return x > 0.1 ? 0.1 : x;
}

static double same(double x)
{
    return x;
}

static double times_three_quarters(double x)
{
    return -0.75 * x;
}

/* ---- how the operations are called that take more than tensors -------------------------------------- */

static Tensor *build_scale(const Case *c, Graph *g, Tensor **in)
{
    (void)c;
    return nn_scale(g, in[0], -0.75f);
}

static Tensor *build_dropout(const Case *c, Graph *g, Tensor **in)
{
    (void)c;
    *nn_graph_rng(g) = rng_new(7);
    return nn_dropout(g, in[0], 0.3f);
}

static Tensor *build_affine(const Case *c, Graph *g, Tensor **in)
{
    return nn_affine(g, in[0], in[1], c->inputs > 2 ? in[2] : NULL);
}

static Tensor *build_affine_quant(const Case *c, Graph *g, Tensor **in)
{
    int rows = c->shape[1][0], cols = c->shape[0][1];
    Quant *q = quant_new(nn_arena(g), QUANT_INT4, rows, cols);
    for (int r = 0; r < rows; r++) {
        float row[16];
        for (int i = 0; i < cols; i++)
            row[i] = (float)quant_weight(r, i);
        quant_set_row(q, r, row);
    }
    return nn_affine_quant(g, in[0], q, in[1]);
}

/* y is what nobody else needs: a product. */
static Tensor *build_add_low_rank(const Case *c, Graph *g, Tensor **in)
{
    (void)c;
    return nn_add_low_rank(g, nn_scale(g, in[0], 1), in[1], in[2], in[3], 0.75f);
}

static Tensor *build_reshape(const Case *c, Graph *g, Tensor **in)
{
    (void)c;
    return nn_reshape(g, nn_reshape(g, in[0], 4, 3, 2), 6, 4);
}

static Tensor *build_transpose(const Case *c, Graph *g, Tensor **in)
{
    return nn_transpose(g, in[0], c->ints[0], c->ints[1]);
}

static Tensor *build_concat(const Case *c, Graph *g, Tensor **in)
{
    return nn_concat(g, in[0], in[1], c->ints[0]);
}

static Tensor *build_slice(const Case *c, Graph *g, Tensor **in)
{
    return nn_slice(g, in[0], c->ints[0], c->ints[1], c->ints[2]);
}

static Tensor *build_clamp(const Case *c, Graph *g, Tensor **in)
{
    return c->function == at_least ? nn_clamp(g, in[0], -0.1f, 3) : nn_clamp(g, in[0], -3, 0.1f);
}

static Tensor *build_along_axis(const Case *c, Graph *g, Tensor **in)
{
    return c->ints[1] ? nn_mean_axis(g, in[0], c->ints[0]) : nn_sum_axis(g, in[0], c->ints[0]);
}

static Tensor *build_select_rows(const Case *c, Graph *g, Tensor **in)
{
    return nn_select_rows(g, in[0], c->ids, c->ints[0]);
}

static Tensor *build_gather(const Case *c, Graph *g, Tensor **in)
{
    return nn_gather(g, in[0], c->ids);
}

static Tensor *build_token_log_probs(const Case *c, Graph *g, Tensor **in)
{
    return nn_token_log_probs(g, in[0], c->ids, c->ints[0]);
}

static Tensor *build_rotary(const Case *c, Graph *g, Tensor **in)
{
    const TensorRotary r = {.theta = 10, .factor = 1};
    int rows = in[0]->shape[1] * (c->ids ? in[0]->shape[0] : 1);
    return nn_rotary(g, in[0], c->ints[0], nn_rotary_angles(nn_arena(g), &r, c->ints[1], c->ids, rows));
}

static Tensor *build_layer_norm(const Case *c, Graph *g, Tensor **in)
{
    return nn_layer_norm(g, in[0], in[1], c->inputs > 2 ? in[2] : NULL);
}

/* ints[1]: one over epsilon */
static Tensor *build_layer_norm_with(const Case *c, Graph *g, Tensor **in)
{
    return nn_layer_norm_with(g, in[0], in[1], in[2], 1 / (float)c->ints[1]);
}

static Tensor *build_rms_norm_with(const Case *c, Graph *g, Tensor **in)
{
    return nn_rms_norm_with(g, in[0], in[1], 1 / (float)c->ints[1]);
}

static Tensor *build_causal(const Case *c, Graph *g, Tensor **in)
{
    (void)c;
    return nn_softmax(g, nn_causal_mask(g, in[0]));
}

/* ints: how many numbers of ids, and into how many rows they go */
static Tensor *build_mask(const Case *c, Graph *g, Tensor **in)
{
    int rows = c->ints[1], columns = c->ints[0] / rows;
    Tensor *allowed = rows > 1 ? nn_input(g, rows, columns) : nn_input(g, columns);
    for (int i = 0; i < c->ints[0]; i++)
        allowed->data[i] = (float)c->ids[i];
    return nn_softmax(g, nn_mask(g, in[0], allowed));
}

static Tensor *build_embedding(const Case *c, Graph *g, Tensor **in)
{
    return nn_embedding(g, in[0], c->ids, c->ints[0], c->ints[1]);
}

static Tensor *build_cross_entropy(const Case *c, Graph *g, Tensor **in)
{
    return nn_cross_entropy(g, in[0], c->ids, c->ints[0]);
}

static Tensor *build_affine_cross_entropy(const Case *c, Graph *g, Tensor **in)
{
    return nn_affine_cross_entropy(g, in[0], in[1], c->ids, c->ints[0]);
}

static Tensor *build_affine_cross_entropy_z(const Case *c, Graph *g, Tensor **in)
{
    return nn_affine_cross_entropy_z(g, in[0], in[1], c->ids, c->ints[0], 0.1f * (float)c->ints[1]);
}

static Tensor *build_attention(const Case *c, Graph *g, Tensor **in)
{
    Tensor *k = in[c->inputs > 1 ? 1 : 0], *v = in[c->inputs - 1];
    return nn_attention(g, in[0], k, v, c->ints[0], c->ints[1], c->ids);
}

static Tensor *build_attention_to_itself(const Case *c, Graph *g, Tensor **in)
{
    return nn_attention(g, in[0], in[0], in[1], c->ints[0], c->ints[1], c->ids);
}

static Tensor *build_self_attention(const Case *c, Graph *g, Tensor **in)
{
    return nn_self_attention(g, in[0], c->ints[0], c->ints[1], c->ids);
}

/* What ints[2] says, as tensors: see extras_of. */
static NnAttention attention_of(const Case *c, Graph *g, int batch, int time, int keys, int kv_heads)
{
    int what = c->ints[2], heads = c->ints[0];
    NnAttention a = {.heads = heads, .kv_heads = kv_heads, .causal = c->ints[1], .lengths = c->ids};
    Tensor *mask = what & MASK ? nn_input(g, batch, time, keys) : nn_input(g, time, keys);
    Tensor *bias = what & BIAS_FULL ? nn_input(g, batch, heads, time, keys)
                   : what & BIAS    ? nn_input(g, heads, time, keys)
                                    : nn_input(g, time, keys);
    int *first = arena_alloc(nn_arena(g), (size_t)(batch * time) * sizeof *first);
    for (int i = 0; i < (int)mask->size; i++)
        mask->data[i] = mask_at(i / keys / time, i / keys % time, i % keys);
    for (int i = 0; i < (int)bias->size; i++)
        bias->data[i] =
            (float)bias_at(i / keys / time / heads, i / keys / time % heads, i / keys % time, i % keys);
    for (int i = 0; i < batch * time; i++)
        first[i] = first_at(i / time, i % time) + (what & FIRST_LATE ? 2 : 0);
    a.mask = what & (MASK | MASK_OF_ALL) ? mask : NULL;
    a.bias = what & (BIAS | BIAS_OF_ALL | BIAS_FULL) ? bias : NULL;
    a.first = what & (FIRST | FIRST_LATE) ? first : NULL;
    return a;
}

static Tensor *build_attention_with(const Case *c, Graph *g, Tensor **in)
{
    int dim = in[0]->shape[2] / c->ints[0];
    NnAttention a =
        attention_of(c, g, in[0]->shape[0], in[0]->shape[1], in[1]->shape[1], in[1]->shape[2] / dim);
    return nn_attention_with(g, in[0], in[1], in[2], &a);
}

static Tensor *build_grouped_self_attention(const Case *c, Graph *g, Tensor **in)
{
    NnAttention a = attention_of(c, g, in[0]->shape[0], in[0]->shape[1], in[0]->shape[1], c->ints[0] / 2);
    return nn_self_attention_with(g, in[0], &a);
}

static Tensor *call(const Case *c, Graph *g, Tensor **in)
{
    return c->one ? c->one(g, in[0]) : c->two ? c->two(g, in[0], in[1]) : c->build(c, g, in);
}

/* ---- the table --------------------------------------------------------------------------------------- */

static const int tokens[] = {3, 0, 3, 5, 3, 1}, targets[] = {2, -1, 0, 4, -1, 2}, nothing[] = {-1, -1};
static const int three_rows[] = {5, 0, 5}, one_each[] = {2, 0, 4, 4, 1, 3},
                 scattered[] = {7, 0, 3, 3, 1, 9};
static const int three_classes[] = {2, 0, 1, 0};
static const int row_mask[] = {1, 0, 1, 1}, full_mask[] = {1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1};
static const int lengths[] = {3, 5}, with_empty[] = {0, 9}, short_lengths[] = {2, 4};

static const Case cases[] = {
    {"nn_add", "equal shapes", .two = nn_add, .plain = plain_add, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 4}}},
    {"nn_add", "a bias", .two = nn_add, .plain = plain_add, .inputs = 2, .shape = {{2, 3, 4}, {4}}},
    {"nn_add", "a matrix", .two = nn_add, .plain = plain_add, .inputs = 2, .shape = {{5, 3, 4}, {3, 4}}},
    {"nn_add", "one number", .two = nn_add, .plain = plain_add, .inputs = 2, .shape = {{3, 4}, {0}}},
    {"nn_sub", "equal shapes", .two = nn_sub, .plain = plain_sub, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 4}}},
    {"nn_sub", "a bias", .two = nn_sub, .plain = plain_sub, .inputs = 2, .shape = {{2, 3, 4}, {4}}},
    {"nn_sub", "a matrix", .two = nn_sub, .plain = plain_sub, .inputs = 2, .shape = {{5, 3, 4}, {3, 4}}},
    {"nn_mul", "equal shapes", .two = nn_mul, .plain = plain_mul, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 4}}},
    {"nn_mul", "a gain", .two = nn_mul, .plain = plain_mul, .inputs = 2, .shape = {{2, 3, 4}, {4}}},
    {"nn_mul", "a matrix", .two = nn_mul, .plain = plain_mul, .inputs = 2, .shape = {{5, 3, 4}, {3, 4}}},
    {"nn_mul", "one number", .two = nn_mul, .plain = plain_mul, .inputs = 2, .shape = {{3, 4}, {0}}},
    {"nn_minimum", "equal shapes", .two = nn_minimum, .plain = plain_minimum, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 4}}},
    {"nn_minimum", "a limit for each", .two = nn_minimum, .plain = plain_minimum, .inputs = 2,
     .shape = {{2, 3}, {3}}},
    {"nn_maximum", "equal shapes", .two = nn_maximum, .plain = plain_maximum, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 4}}},
    {"nn_maximum", "one number", .two = nn_maximum, .plain = plain_maximum, .inputs = 2,
     .shape = {{3, 4}, {0}}},
    {"nn_clamp", "from below", .build = build_clamp, .plain = plain_each, .function = at_least, .inputs = 1,
     .shape = {{23}}},
    {"nn_clamp", "from above", .build = build_clamp, .plain = plain_each, .function = at_most, .inputs = 1,
     .shape = {{23}}},
    {"nn_scale", "", .build = build_scale, .plain = plain_each, .function = times_three_quarters,
     .inputs = 1, .shape = {{3, 5}}},
    {"nn_relu", "", .one = nn_relu, .plain = plain_each, .function = relu, .inputs = 1, .shape = {{3, 7}}},
    {"nn_tanh", "", .one = nn_tanh, .plain = plain_each, .function = tanh, .inputs = 1, .shape = {{3, 7}}},
    {"nn_sigmoid", "", .one = nn_sigmoid, .plain = plain_each, .function = sigmoid, .inputs = 1,
     .shape = {{19}}},
    {"nn_silu", "", .one = nn_silu, .plain = plain_each, .function = silu, .inputs = 1, .shape = {{19}}},
    {"nn_exp", "", .one = nn_exp, .plain = plain_each, .function = exp, .inputs = 1, .shape = {{19}}},
    {"nn_log", "", .one = nn_log, .plain = plain_each, .function = log, .inputs = 1, .shape = {{19}},
     .positive = true},
    {"nn_sqrt", "", .one = nn_sqrt, .plain = plain_each, .function = sqrt, .inputs = 1, .shape = {{19}},
     .positive = true},
    {"nn_softplus", "", .one = nn_softplus, .plain = plain_each, .function = softplus, .inputs = 1,
     .shape = {{19}}},
    {"nn_gelu", "", .one = nn_gelu, .plain = plain_each, .function = gelu, .inputs = 1,
     .shape = {{2, 3, 7}}},
    {"nn_gelu_erf", "", .one = nn_gelu_erf, .plain = plain_each, .function = gelu_erf, .inputs = 1,
     .shape = {{2, 3, 7}}},
    {"nn_gelu_erf", "one number", .one = nn_gelu_erf, .plain = plain_each, .function = gelu_erf,
     .inputs = 1, .shape = {{0}}},
    {"nn_gelu", "one number", .one = nn_gelu, .plain = plain_each, .function = gelu, .inputs = 1,
     .shape = {{0}}},
    {"nn_dropout", "", .build = build_dropout, .plain = plain_dropout, .inputs = 1, .shape = {{5, 11}}},
    {"nn_matmul", "two matrices", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{3, 5}, {5, 4}}},
    {"nn_matmul", "a batch", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{2, 3, 2, 5}, {2, 3, 5, 4}}},
    {"nn_matmul", "one for all", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{2, 3, 5}, {5, 4}}},
    {"nn_matmul", "rows and columns", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{1, 7}, {7, 1}}},
    {"nn_matmul", "outer product", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{3, 1}, {1, 4}}},
    {"nn_matmul_nt", "two matrices", .two = nn_matmul_nt, .plain = plain_matmul, .inputs = 2,
     .shape = {{3, 5}, {4, 5}}, .ints = {1}},
    {"nn_matmul_nt", "a batch", .two = nn_matmul_nt, .plain = plain_matmul, .inputs = 2,
     .shape = {{2, 3, 2, 5}, {2, 3, 4, 5}}, .ints = {1}},
    {"nn_matmul_nt", "one for all", .two = nn_matmul_nt, .plain = plain_matmul, .inputs = 2,
     .shape = {{2, 3, 5}, {4, 5}}, .ints = {1}},
    {"nn_affine", "with a bias", .build = build_affine, .plain = plain_affine, .inputs = 3,
     .shape = {{2, 3, 5}, {4, 5}, {4}}},
    {"nn_affine", "without", .build = build_affine, .plain = plain_affine, .inputs = 2,
     .shape = {{2, 3, 5}, {4, 5}}},
    {"nn_affine", "one row", .build = build_affine, .plain = plain_affine, .inputs = 3,
     .shape = {{5}, {4, 5}, {4}}},
    {"nn_affine_quant", "int4", .build = build_affine_quant, .plain = plain_affine_quant, .inputs = 2,
     .shape = {{3, 16}, {5}}},
    {"nn_affine_quant", "several turns", .build = build_affine_quant, .plain = plain_affine_quant,
     .inputs = 2, .shape = {{2, 16}, {131}}},
    {"nn_add_low_rank", "", .build = build_add_low_rank, .plain = plain_add_low_rank, .inputs = 4,
     .shape = {{2, 3, 7}, {2, 3, 5}, {4, 5}, {7, 4}}},
    {"nn_view", "twice", .build = build_reshape, .plain = plain_each, .function = same, .inputs = 1,
     .shape = {{2, 3, 4}}},
    {"nn_transpose", "a matrix", .build = build_transpose, .plain = plain_transpose, .inputs = 1,
     .shape = {{3, 5}}, .ints = {0, 1}},
    {"nn_transpose", "heads", .build = build_transpose, .plain = plain_transpose, .inputs = 1,
     .shape = {{2, 3, 4, 5}}, .ints = {1, 2}},
    {"nn_transpose", "the last two", .build = build_transpose, .plain = plain_transpose, .inputs = 1,
     .shape = {{2, 3, 4, 5}}, .ints = {-1, -2}},
    {"nn_transpose", "outer and inner", .build = build_transpose, .plain = plain_transpose, .inputs = 1,
     .shape = {{2, 3, 2, 4, 3}}, .ints = {1, 4}},
    {"nn_transpose", "one with itself", .build = build_transpose, .plain = plain_each, .function = same,
     .inputs = 1, .shape = {{2, 3}}, .ints = {1, -1}},
    {"nn_concat", "first axis", .build = build_concat, .plain = plain_concat, .inputs = 2,
     .shape = {{2, 3, 4}, {5, 3, 4}}, .ints = {0}},
    {"nn_concat", "second axis", .build = build_concat, .plain = plain_concat, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 1, 4}}, .ints = {1}},
    {"nn_concat", "last axis", .build = build_concat, .plain = plain_concat, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 3, 5}}, .ints = {-1}},
    {"nn_slice", "first axis", .build = build_slice, .plain = plain_slice, .inputs = 1,
     .shape = {{5, 3, 4}}, .ints = {0, 1, 3}},
    {"nn_slice", "second axis", .build = build_slice, .plain = plain_slice, .inputs = 1,
     .shape = {{2, 5, 4}}, .ints = {1, 3, 2}},
    {"nn_slice", "last axis", .build = build_slice, .plain = plain_slice, .inputs = 1, .shape = {{2, 3, 7}},
     .ints = {-1, 0, 4}},
    {"nn_slice", "all of it", .build = build_slice, .plain = plain_slice, .inputs = 1, .shape = {{2, 3}},
     .ints = {0, 0, 2}},
    {"nn_softmax", "", .one = nn_softmax, .plain = plain_softmax, .inputs = 1, .shape = {{2, 3, 7}}},
    {"nn_softmax", "rows of one", .one = nn_softmax, .plain = plain_softmax, .inputs = 1,
     .shape = {{4, 1}}},
    {"nn_log_softmax", "", .one = nn_log_softmax, .plain = plain_log_softmax, .inputs = 1,
     .shape = {{2, 3, 7}}},
    {"nn_sum", "", .one = nn_sum, .plain = plain_sum, .inputs = 1, .shape = {{3, 5}}},
    {"nn_mean", "", .one = nn_mean, .plain = plain_mean, .inputs = 1, .shape = {{2, 3, 5}}},
    {"nn_sum_axis", "the first", .build = build_along_axis, .plain = plain_along_axis, .inputs = 1,
     .shape = {{3, 4, 5}}, .ints = {0, 0}},
    {"nn_sum_axis", "the middle", .build = build_along_axis, .plain = plain_along_axis, .inputs = 1,
     .shape = {{3, 4, 5}}, .ints = {-2, 0}},
    {"nn_mean_axis", "the last", .build = build_along_axis, .plain = plain_along_axis, .inputs = 1,
     .shape = {{3, 4, 5}}, .ints = {-1, 1}},
    {"nn_mean_axis", "the only one", .build = build_along_axis, .plain = plain_along_axis, .inputs = 1,
     .shape = {{7}}, .ints = {0, 1}},
    {"nn_layer_norm", "with a bias", .build = build_layer_norm, .plain = plain_norm, .inputs = 3,
     .shape = {{2, 3, 7}, {7}, {7}}, .ints = {1}},
    {"nn_layer_norm", "without", .build = build_layer_norm, .plain = plain_norm, .inputs = 2,
     .shape = {{5, 7}, {7}}, .ints = {1}},
    {"nn_layer_norm", "many rows", .build = build_layer_norm, .plain = plain_norm, .inputs = 3,
     .shape = {{71, 5}, {5}, {5}}, .ints = {1}},
    {"nn_layer_norm_with", "a large epsilon", .build = build_layer_norm_with, .plain = plain_norm,
     .inputs = 3, .shape = {{2, 3, 7}, {7}, {7}}, .ints = {1, 4}},
    {"nn_rms_norm", "", .two = nn_rms_norm, .plain = plain_norm, .inputs = 2, .shape = {{2, 3, 7}, {7}}},
    {"nn_rms_norm_with", "a large epsilon", .build = build_rms_norm_with, .plain = plain_norm, .inputs = 2,
     .shape = {{2, 3, 7}, {7}}, .ints = {0, 4}},
    {"nn_rms_norm", "many rows", .two = nn_rms_norm, .plain = plain_norm, .inputs = 2,
     .shape = {{71, 5}, {5}}},
    {"nn_causal_mask", "square", .build = build_causal, .plain = plain_causal, .inputs = 1,
     .shape = {{2, 4, 4}}},
    {"nn_causal_mask", "keys before the queries", .build = build_causal, .plain = plain_causal, .inputs = 1,
     .shape = {{2, 3, 5}}},
    {"nn_causal_mask", "queries that see nothing", .build = build_causal, .plain = plain_causal,
     .inputs = 1, .shape = {{2, 5, 3}}},
    {"nn_mask", "for each key", .build = build_mask, .plain = plain_mask, .inputs = 1, .shape = {{2, 3, 4}},
     .ids = row_mask, .ints = {4, 1}},
    {"nn_mask", "for each pair", .build = build_mask, .plain = plain_mask, .inputs = 1,
     .shape = {{2, 3, 4}}, .ids = full_mask, .ints = {12, 3}},
    {"nn_embedding", "a token more than once", .build = build_embedding, .plain = plain_embedding,
     .inputs = 1, .shape = {{7, 4}}, .ids = tokens, .ints = {2, 3}},
    {"nn_select_rows", "a row twice", .build = build_select_rows, .plain = plain_select_rows, .inputs = 1,
     .shape = {{2, 3, 4}}, .ids = three_rows, .ints = {3}},
    {"nn_gather", "one of each row", .build = build_gather, .plain = plain_gather, .inputs = 1,
     .shape = {{2, 3, 5}}, .ids = one_each},
    {"nn_token_log_probs", "some ignored", .build = build_token_log_probs, .plain = plain_token_log_probs,
     .inputs = 1, .shape = {{2, 3, 5}}, .ids = targets, .ints = {-1}},
    {"nn_cross_entropy", "some ignored", .build = build_cross_entropy, .plain = plain_cross_entropy,
     .inputs = 1, .shape = {{2, 3, 5}}, .ids = targets, .ints = {-1}},
    {"nn_cross_entropy", "class 0 ignored", .build = build_cross_entropy, .plain = plain_cross_entropy,
     .inputs = 1, .shape = {{4, 3}}, .ids = three_classes, .ints = {0}},
    {"nn_cross_entropy", "all ignored", .build = build_cross_entropy, .plain = plain_cross_entropy,
     .inputs = 1, .shape = {{2, 5}}, .ids = nothing, .ints = {-1}},
    {"nn_mse", "", .two = nn_mse, .plain = plain_mse, .inputs = 2, .shape = {{3, 5}, {3, 5}}},
    {"nn_affine_cross_entropy", "some ignored", .build = build_affine_cross_entropy,
     .plain = plain_affine_cross_entropy, .inputs = 2, .shape = {{2, 3, 4}, {5, 4}}, .ids = targets,
     .ints = {-1}},
    {"nn_affine_cross_entropy", "all ignored", .build = build_affine_cross_entropy,
     .plain = plain_affine_cross_entropy, .inputs = 2, .shape = {{2, 4}, {5, 4}}, .ids = nothing,
     .ints = {-1}},
    {"nn_affine_cross_entropy_z", "z-loss", .build = build_affine_cross_entropy_z,
     .plain = plain_affine_cross_entropy_z, .inputs = 2, .shape = {{2, 3, 4}, {5, 4}}, .ids = targets,
     .ints = {-1, 3}},
    {"nn_attention", "one head", .build = build_attention, .plain = plain_attention, .inputs = 3,
     .shape = {{2, 4, 3}, {2, 4, 3}, {2, 4, 3}}, .ints = {1, 0}},
    {"nn_attention", "causal heads", .build = build_attention, .plain = plain_attention, .inputs = 3,
     .shape = {{2, 5, 6}, {2, 5, 6}, {2, 5, 6}}, .ints = {3, 1}},
    {"nn_attention", "more keys than queries", .build = build_attention, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}}, .ints = {2, 1}},
    {"nn_attention", "fewer keys than queries", .build = build_attention, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 5, 4}, {2, 3, 4}, {2, 3, 4}}, .ints = {2, 1}},
    {"nn_attention", "lengths", .build = build_attention, .plain = plain_attention, .inputs = 3,
     .shape = {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}}, .ints = {2, 0}, .ids = lengths},
    {"nn_attention", "lengths and causal", .build = build_attention, .plain = plain_attention, .inputs = 3,
     .shape = {{2, 6, 4}, {2, 6, 4}, {2, 6, 4}}, .ints = {2, 1}, .ids = short_lengths},
    {"nn_attention", "nothing to see", .build = build_attention, .plain = plain_attention, .inputs = 3,
     .shape = {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}}, .ints = {2, 0}, .ids = with_empty},
    {"nn_attention", "k is v", .build = build_attention, .plain = plain_attention, .inputs = 2,
     .shape = {{2, 3, 4}, {2, 5, 4}}, .ints = {2, 0}},
    {"nn_attention", "q is k", .build = build_attention_to_itself, .plain = plain_attention_to_itself,
     .inputs = 2, .shape = {{2, 5, 4}, {2, 5, 4}}, .ints = {2, 1}},
    {"nn_attention", "q is k is v", .build = build_attention, .plain = plain_attention, .inputs = 1,
     .shape = {{2, 5, 4}}, .ints = {2, 1}},
    {"nn_attention_with", "grouped heads", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 3, 8}, {2, 5, 4}, {2, 5, 4}}, .ints = {4, 0}},
    {"nn_attention_with", "grouped heads, causal", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 5, 6}, {2, 5, 2}, {2, 5, 2}}, .ints = {3, 1}},
    {"nn_attention_with", "a mask for each sequence", .build = build_attention_with,
     .plain = plain_attention, .inputs = 3, .shape = {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}},
     .ints = {2, 0, MASK}},
    {"nn_attention_with", "a mask for all, causal, lengths", .build = build_attention_with,
     .plain = plain_attention, .inputs = 3, .shape = {{2, 6, 4}, {2, 6, 4}, {2, 6, 4}},
     .ints = {2, 1, MASK_OF_ALL}, .ids = short_lengths},
    {"nn_attention_with", "a bias for each head, causal", .build = build_attention_with,
     .plain = plain_attention, .inputs = 3, .shape = {{2, 5, 6}, {2, 5, 6}, {2, 5, 6}},
     .ints = {3, 1, BIAS}},
    {"nn_attention_with", "a bias for all, a mask", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}}, .ints = {2, 0, BIAS_OF_ALL | MASK}},
    {"nn_attention_with", "a bias of its own for each, grouped", .build = build_attention_with,
     .plain = plain_attention, .inputs = 3, .shape = {{2, 3, 8}, {2, 5, 4}, {2, 5, 4}},
     .ints = {4, 0, BIAS_FULL}},
    {"nn_attention_with", "first keys, causal", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 7, 4}, {2, 7, 4}, {2, 7, 4}}, .ints = {2, 1, FIRST}},
    {"nn_attention_with", "keys that nobody sees", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 3, 4}, {2, 7, 2}, {2, 7, 2}}, .ints = {2, 0, FIRST_LATE}},
    {"nn_attention_with", "first keys after all", .build = build_attention_with, .plain = plain_attention,
     .inputs = 3, .shape = {{2, 7, 4}, {2, 3, 4}, {2, 3, 4}}, .ints = {2, 0, FIRST}},
    {"nn_self_attention_with", "grouped heads, all of it", .build = build_grouped_self_attention,
     .plain = plain_grouped_self_attention, .inputs = 1, .shape = {{2, 5, 16}},
     .ints = {4, 1, FIRST | MASK | BIAS}, .ids = lengths},
    {"nn_rotary", "queries and keys turn, values do not", .build = build_rotary, .plain = plain_rotary,
     .inputs = 1, .shape = {{2, 3, 12}}, .ints = {2, 4}},
    {"nn_rotary", "positions of its own", .build = build_rotary, .plain = plain_rotary, .inputs = 1,
     .shape = {{2, 3, 12}}, .ints = {2, 6}, .ids = scattered},
    {"nn_self_attention", "causal heads", .build = build_self_attention, .plain = plain_self_attention,
     .inputs = 1, .shape = {{2, 5, 12}}, .ints = {2, 1}},
    {"nn_self_attention", "lengths", .build = build_self_attention, .plain = plain_self_attention,
     .inputs = 1, .shape = {{2, 5, 18}}, .ints = {3, 0}, .ids = lengths},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Past the sizes from which the loops are threaded, and across their blocks. */
static int big_targets[151];
static const Case big_cases[] = {
    {"nn_add", "equal shapes", .two = nn_add, .plain = plain_add, .inputs = 2,
     .shape = {{131, 257}, {131, 257}}},
    {"nn_add", "a bias", .two = nn_add, .plain = plain_add, .inputs = 2, .shape = {{131, 257}, {257}}},
    {"nn_sub", "a wide bias", .two = nn_sub, .plain = plain_sub, .inputs = 2,
     .shape = {{3, 20011}, {20011}}},
    {"nn_mul", "a gain", .two = nn_mul, .plain = plain_mul, .inputs = 2, .shape = {{131, 257}, {257}}},
    {"nn_scale", "", .build = build_scale, .plain = plain_each, .function = times_three_quarters,
     .inputs = 1, .shape = {{33333}}},
    {"nn_relu", "", .one = nn_relu, .plain = plain_each, .function = relu, .inputs = 1, .shape = {{33333}}},
    {"nn_gelu", "", .one = nn_gelu, .plain = plain_each, .function = gelu, .inputs = 1, .shape = {{33333}}},
    {"nn_gelu_erf", "", .one = nn_gelu_erf, .plain = plain_each, .function = gelu_erf, .inputs = 1,
     .shape = {{33333}}},
    {"nn_silu", "", .one = nn_silu, .plain = plain_each, .function = silu, .inputs = 1, .shape = {{8193}}},
    {"nn_dropout", "", .build = build_dropout, .plain = plain_dropout, .inputs = 1, .shape = {{33333}}},
    {"nn_matmul", "a batch", .two = nn_matmul, .plain = plain_matmul, .inputs = 2,
     .shape = {{5, 67, 19}, {5, 19, 71}}},
    {"nn_matmul_nt", "one for all", .two = nn_matmul_nt, .plain = plain_matmul, .inputs = 2,
     .shape = {{3, 67, 17}, {523, 17}}, .ints = {1}},
    {"nn_affine", "across blocks", .build = build_affine, .plain = plain_affine, .inputs = 3,
     .shape = {{71, 19}, {1031, 19}, {1031}}},
    {"nn_transpose", "", .build = build_transpose, .plain = plain_transpose, .inputs = 1,
     .shape = {{3, 41, 7, 43}}, .ints = {1, 2}},
    {"nn_softmax", "", .one = nn_softmax, .plain = plain_softmax, .inputs = 1, .shape = {{151, 223}}},
    {"nn_log_softmax", "", .one = nn_log_softmax, .plain = plain_log_softmax, .inputs = 1,
     .shape = {{151, 223}}},
    {"nn_mean", "", .one = nn_mean, .plain = plain_mean, .inputs = 1, .shape = {{3, 70001}}},
    {"nn_sum_axis", "", .build = build_along_axis, .plain = plain_along_axis, .inputs = 1,
     .shape = {{3, 151, 131}}, .ints = {1, 0}},
    {"nn_maximum", "", .two = nn_maximum, .plain = plain_maximum, .inputs = 2,
     .shape = {{131, 257}, {257}}},
    {"nn_clamp", "", .build = build_clamp, .plain = plain_each, .function = at_most, .inputs = 1,
     .shape = {{33333}}},
    {"nn_softplus", "", .one = nn_softplus, .plain = plain_each, .function = softplus, .inputs = 1,
     .shape = {{33333}}},
    {"nn_layer_norm", "", .build = build_layer_norm, .plain = plain_norm, .inputs = 3,
     .shape = {{151, 223}, {223}, {223}}, .ints = {1}},
    {"nn_rms_norm", "", .two = nn_rms_norm, .plain = plain_norm, .inputs = 2, .shape = {{151, 223}, {223}}},
    {"nn_cross_entropy", "", .build = build_cross_entropy, .plain = plain_cross_entropy, .inputs = 1,
     .shape = {{151, 223}}, .ids = big_targets, .ints = {-1}},
};
enum { BIG_CASES = sizeof big_cases / sizeof *big_cases };

/* ---- one case: its inputs, a random direction, and the loss along it ----------------------------- */

typedef struct Bench {
    const Case *c;
    Graph *g;
    Tensor *in[MAX_INPUTS];
    double *exact[MAX_INPUTS]; /* the same numbers in double */
    size_t size;               /* of the output */
    float *direction;          /* (size); loss = direction . output */
    double *out;               /* (size), room for the formula */
} Bench;

/* Away from zero, where relu has a corner and a product no slope. */
static void fill_input(Tensor *t, bool positive, Rng *rng)
{
    for (size_t i = 0; i < t->size; i++) {
        float size = 0.2f + 1.5f * rng_uniform(rng);
        t->data[i] = positive || rng_below(rng, 2) ? size : -size;
    }
}

static Bench bench_new(const Case *c, uint64_t seed)
{
    Rng rng = rng_new(seed);
    Bench b = {.c = c, .g = nn_graph_new()};
    for (int k = 0; k < c->inputs; k++) {
        b.in[k] = nn_parameter_make(rank_of(c, k), c->shape[k]);
        fill_input(b.in[k], c->positive, &rng);
        b.exact[k] = memory_new(b.in[k]->size * sizeof(double));
        for (size_t i = 0; i < b.in[k]->size; i++)
            b.exact[k][i] = (double)b.in[k]->data[i];
    }
    b.size = call(c, b.g, b.in)->size;
    nn_graph_reset(b.g);
    b.out = memory_new(b.size * sizeof *b.out);
    b.direction = memory_new(b.size * sizeof *b.direction);
    for (size_t i = 0; i < b.size; i++)
        b.direction[i] = rng_normal(&rng);
    return b;
}

static void bench_free(Bench *b)
{
    for (int k = 0; k < b->c->inputs; k++) {
        tensor_free(b->in[k]);
        free(b->exact[k]);
    }
    free(b->out);
    free(b->direction);
    nn_graph_free(b->g);
}

static double loss_of_formula(const Bench *b)
{
    double loss = 0;
    b->c->plain(b->c, (const double *const *)b->exact, b->out);
    for (size_t i = 0; i < b->size; i++)
        loss += (double)b->direction[i] * b->out[i];
    return loss;
}

static double loss_of_operation(Bench *b)
{
    double loss = 0;
    const Tensor *out = call(b->c, b->g, b->in);
    for (size_t i = 0; i < b->size; i++)
        loss += (double)b->direction[i] * (double)out->data[i];
    nn_graph_reset(b->g);
    return loss;
}

static void backward(Bench *b)
{
    nn_backward_from(b->g, call(b->c, b->g, b->in), b->direction);
    nn_graph_reset(b->g);
}

/* d loss / d x by differences of fourth order: their error is of the order of step^4. */
static double slope_of_formula(Bench *b, double *x)
{
    const double old = *x, step = 1e-3, weight[] = {1, -8, 8, -1}, at[] = {-2, -1, 1, 2};
    double slope = 0;
    for (int i = 0; i < 4; i++) {
        *x = old + at[i] * step;
        slope += weight[i] * loss_of_formula(b) / (12 * step);
    }
    *x = old;
    return slope;
}

static double slope_of_operation(Bench *b, float *x)
{
    const float old = *x, step = 0.03125f, at[] = {-2, -1, 1, 2};
    const double weight[] = {1, -8, 8, -1};
    double slope = 0;
    for (int i = 0; i < 4; i++) {
        *x = old + at[i] * step;
        slope += weight[i] * loss_of_operation(b) / (12 * (double)step);
    }
    *x = old;
    return slope;
}

/* ---- what is checked --------------------------------------------------------------------------------- */

static void check_close(const Bench *b, const char *what, int input, size_t at, double found,
                        double expected, double tolerance)
{
    double room = tolerance * (1 + fabs(expected));
    if (!(fabs(found - expected) <= room))
        ck_abort_msg("%s (%s): %s, input %d, index %zu: %.8g, expected %.8g", b->c->operation, b->c->about,
                     what, input, at, found, expected);
}

START_TEST(value)
{
    Bench b = bench_new(&cases[_i], 11);
    const Tensor *out = call(b.c, b.g, b.in);
    loss_of_formula(&b);
    for (size_t i = 0; i < b.size; i++)
        check_close(&b, "value", 0, i, (double)out->data[i], b.out[i], 3e-6);
    bench_free(&b);
}
END_TEST

START_TEST(gradient)
{
    omp_set_num_threads(
        1); /* thousands of tiny steps: waiting for a second thread would be most of the time */
    Bench b = bench_new(&cases[_i], 12);
    backward(&b);
    for (int k = 0; k < b.c->inputs; k++) {
        ck_assert(b.in[k]->has_grad);
        for (size_t i = 0; i < b.in[k]->size; i++) {
            double found = (double)b.in[k]->grad[i];
            check_close(&b, "gradient", k, i, found, slope_of_formula(&b, &b.exact[k][i]), 2e-5);
            check_close(&b, "gradient by its own values", k, i, found,
                        slope_of_operation(&b, &b.in[k]->data[i]), 1e-3);
        }
    }
    bench_free(&b);
}
END_TEST

/* Every value, and the gradient at some of the many indices. */
START_TEST(large)
{
    Rng rng = rng_new(15);
    for (int i = 0; i < 151; i++)
        big_targets[i] = rng_below(&rng, 224) - 1;
    Bench b = bench_new(&big_cases[_i], 16);
    const Tensor *out = call(b.c, b.g, b.in);
    loss_of_formula(&b);
    for (size_t i = 0; i < b.size; i++)
        check_close(&b, "value", 0, i, (double)out->data[i], b.out[i], 1e-5);
    nn_graph_reset(b.g);
    backward(&b);
    for (int sample = 0; sample < 6 * b.c->inputs; sample++) {
        int k = sample % b.c->inputs, size = size_of(b.c, k);
        int i = sample < 2 * b.c->inputs ? sample % 2 * (size - 1) : rng_below(&rng, size);
        check_close(&b, "gradient", k, (size_t)i, (double)b.in[k]->grad[i],
                    slope_of_formula(&b, &b.exact[k][i]), 1e-4);
    }
    bench_free(&b);
}
END_TEST

/* A second backward pass before the optimizer's step adds to the first. */
START_TEST(gradient_adds_up)
{
    Bench b = bench_new(&cases[_i], 13);
    float *first[MAX_INPUTS];
    backward(&b);
    for (int k = 0; k < b.c->inputs; k++) {
        first[k] = memory_new(b.in[k]->size * sizeof(float));
        memcpy(first[k], b.in[k]->grad, b.in[k]->size * sizeof(float));
    }
    backward(&b);
    for (int k = 0; k < b.c->inputs; k++) {
        for (size_t i = 0; i < b.in[k]->size; i++)
            check_close(&b, "twice", k, i, (double)b.in[k]->grad[i], 2 * (double)first[k][i], 1e-5);
        free(first[k]);
    }
    bench_free(&b);
}
END_TEST

/* The first gradient overwrites whatever the memory held: here NaN. */
START_TEST(gradient_overwrites)
{
    Bench b = bench_new(&cases[_i], 13);
    backward(&b);
    for (int k = 0; k < b.c->inputs; k++) {
        Tensor *t = b.in[k];
        float *first = memory_new(t->size * sizeof *first);
        memcpy(first, t->grad, t->size * sizeof *first);
        for (size_t i = 0; i < t->size; i++)
            t->grad[i] = NAN;
        for (int j = 0; j < b.c->inputs; j++)
            b.in[j]->has_grad = false;
        backward(&b);
        for (size_t i = 0; i < t->size; i++)
            check_close(&b, "overwritten", k, i, (double)t->grad[i], (double)first[i], 1e-6);
        free(first);
    }
    bench_free(&b);
}
END_TEST

/* An input that wants no gradient gets none, and the others the same as before. */
START_TEST(gradient_of_some)
{
    Bench all = bench_new(&cases[_i], 14);
    backward(&all);
    for (int without = 0; without < all.c->inputs; without++) {
        Bench b = bench_new(&cases[_i], 14);
        b.in[without]->wants_grad = false;
        if (all.c->inputs > 1)
            backward(&b);
        ck_assert(!b.in[without]->has_grad);
        for (int k = 0; k < b.c->inputs; k++) {
            for (size_t i = 0; k != without && i < b.in[k]->size; i++)
                check_close(&b, "alone", k, i, (double)b.in[k]->grad[i], (double)all.in[k]->grad[i], 1e-6);
        }
        bench_free(&b);
    }
    bench_free(&all);
}
END_TEST

/* ---- nothing is left out ------------------------------------------------------------------------- */

static bool in_table(const char *name, size_t length)
{
    for (int i = 0; i < CASES; i++) {
        if (strlen(cases[i].operation) == length && strncmp(cases[i].operation, name, length) == 0)
            return true;
    }
    return false;
}

START_TEST(every_operation_has_a_case)
{
    Error e = {""};
    size_t size;
    int declared = 0;
    char *text = file_read("common/nn/ops.h", &size, &e);
    ck_assert_msg(text != NULL, "%s (run from the top of the repository)", e.text);
    for (const char *at = text; (at = strstr(at, "\nTensor *nn_")); at++) {
        const char *name = at + strlen("\nTensor *");
        size_t length = strcspn(name, "(");
        ck_assert_msg(in_table(name, length), "%.*s has no gradient check", (int)length, name);
        declared++;
    }
    ck_assert_int_ge(declared, 30);
    free(text);
}
END_TEST

/* And no case is left over from an operation that is gone. */
START_TEST(every_case_is_declared)
{
    size_t size;
    char declaration[64], *text = file_read("common/nn/ops.h", &size, NULL);
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < CASES; i++) {
        snprintf(declaration, sizeof declaration, "\nTensor *%s(", cases[i].operation);
        ck_assert_msg(strstr(text, declaration) != NULL, "ops.h declares no %s", cases[i].operation);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ops");
    TCase *t = tcase_create("ops");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, value, 0, CASES);
    tcase_add_loop_test(t, gradient, 0, CASES);
    tcase_add_loop_test(t, large, 0, BIG_CASES);
    tcase_add_loop_test(t, gradient_adds_up, 0, CASES);
    tcase_add_loop_test(t, gradient_overwrites, 0, CASES);
    tcase_add_loop_test(t, gradient_of_some, 0, CASES);
    tcase_add_test(t, every_operation_has_a_case);
    tcase_add_test(t, every_case_is_declared);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
