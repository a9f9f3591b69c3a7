/* test_block.c -- the block in all its forms against the same from small operations, and against differences. */
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, TIME = 5, KEYS = 7, CHANNELS = 12, HEADS = 4 };

typedef struct Form {
    const char *about;
    NnBlockConfig config;
    bool causal, rotary, memory, keys;
    size_t parameters; /* numbers in all of them */
} Form;

static const Form forms[] = {
    {"GPT-2", {.packed = true}, .causal = true, .parameters = 1884},
    {"BERT",
     {.post_norm = true, .eps = 1e-3f, .activation = NN_GELU_ERF, .hidden = 20},
     .parameters = 1184},
    {"Llama",
     {.head_dim = 4,
      .kv_heads = 2,
      .hidden = 20,
      .norm = NN_RMS_NORM,
      .eps = 1e-6f,
      .activation = NN_SILU,
      .gated = true,
      .no_qkv_bias = true,
      .no_out_bias = true,
      .no_mlp_bias = true},
     .causal = true,
     .rotary = true,
     .parameters = 1320},
    {"Qwen, packed",
     {.head_dim = 4,
      .kv_heads = 2,
      .hidden = 20,
      .norm = NN_RMS_NORM,
      .activation = NN_SILU,
      .gated = true,
      .packed = true,
      .no_out_bias = true,
      .no_mlp_bias = true},
     .causal = true,
     .rotary = true,
     .parameters = 1352},
    {"Gemma",
     {.head_dim = 4,
      .kv_heads = 2,
      .hidden = 20,
      .sandwich = true,
      .norm = NN_RMS_NORM,
      .qk_norm = true,
      .gated = true,
      .gain_offset = 1,
      .no_qkv_bias = true,
      .no_out_bias = true,
      .no_mlp_bias = true},
     .causal = true,
     .rotary = true,
     .parameters = 1352},
    {"norms of queries and keys",
     {.head_dim = 4, .kv_heads = 1, .qk_norm = true, .packed = true, .hidden = 8, .activation = NN_RELU},
     .causal = true,
     .rotary = true,
     .parameters = 784},
    {"decoder", {.cross = true, .activation = NN_RELU}, .causal = true, .memory = true, .parameters = 2532},
    {"decoder of 2017",
     {.cross = true, .post_norm = true, .activation = NN_RELU},
     .causal = true,
     .memory = true,
     .parameters = 2532},
    {"two streams", {.hidden = 8}, .keys = true, .parameters = 884},
    {"two streams, packed", {.hidden = 8, .packed = true}, .keys = true, .parameters = 884}};
enum { FORMS = sizeof forms / sizeof *forms };

typedef struct Bench {
    Graph *g;
    Params params;
    NnBlock block;
    NnBlockCall call;
    Tensor *x, *keys, *memory;
    Rng rng;
} Bench;

static Bench bench_new(const Form *f)
{
    Bench b = {.g = nn_graph_new(), .rng = rng_new(7)};
    NnBlockConfig c = f->config;
    c.channels = CHANNELS;
    c.heads = HEADS;
    b.block = nn_block_new(&b.params, &c, 3, &b.rng);
    for (int i = 0; i < b.params.count; i++) /* norms and biases that are not 1 and 0 */
        tensor_uniform(b.params.items[i].tensor, 0.2f, 0.7f, &b.rng);
    for (int i = 0; i < b.params.count; i++) {
        Tensor *t = b.params.items[i].tensor;
        for (size_t k = 0; k < t->size; k++)
            t->data[k] = t->rank == 2 && rng_below(&b.rng, 2) ? -t->data[k] : t->data[k];
    }
    b.x = nn_parameter(BATCH, TIME, CHANNELS);
    b.memory = nn_parameter(BATCH, KEYS, CHANNELS);
    b.keys = nn_parameter(BATCH, TIME, CHANNELS);
    tensor_normal(b.x, 1, &b.rng);
    tensor_normal(b.memory, 1, &b.rng);
    tensor_normal(b.keys, 1, &b.rng);
    b.call.attention.causal = f->causal;
    b.call.memory = f->memory ? b.memory : NULL;
    b.call.keys = f->keys ? b.keys : NULL;
    return b;
}

/* Angles live in the graph, so each pass makes its own. */
static Tensor *fused(Bench *b, const Form *f)
{
    NnPositions p = {.kind = NN_ROTARY, .rotary = {.theta = 100, .factor = 1}};
    b->call.angles = f->rotary ? nn_positions_angles(b->g, &p, b->block.config.head_dim, NULL, TIME) : NULL;
    return nn_block(b->g, &b->block, b->x, &b->call);
}

static void bench_free(Bench *b)
{
    tensor_free(b->x);
    tensor_free(b->keys);
    tensor_free(b->memory);
    nn_params_free(&b->params);
    nn_graph_free(b->g);
}

/* ---- from small operations ----------------------------------------------------------------------- */

static Tensor *norm(Graph *g, const Norm *n, Tensor *x)
{
    float eps = n->eps != 0 ? n->eps : 1e-5f;
    return n->bias ? nn_layer_norm_with(g, x, n->weight, n->bias, eps)
                   : nn_rms_norm_with(g, x, n->weight, eps);
}

static Tensor *affine(Graph *g, const Linear *l, Tensor *x)
{
    Tensor *y = nn_matmul_nt(g, x, l->weight);
    return l->bias ? nn_add(g, y, l->bias) : y;
}

/* Rows first .. first+count of a layer, as a layer. */
static Linear part(Graph *g, const Linear *l, int first, int count)
{
    return (Linear){.weight = nn_slice(g, l->weight, 0, first, count),
                    .bias = l->bias ? nn_slice(g, l->bias, 0, first, count) : NULL};
}

/* (B,K,S,D) -> (B,H,S,D): each head as often as it is shared */
static Tensor *shared(Graph *g, Tensor *x, int times)
{
    int batch = x->shape[0], heads = x->shape[1], keys = x->shape[2], dim = x->shape[3];
    Tensor *one = nn_reshape(g, x, batch * heads, 1, keys * dim), *all = one;
    for (int i = 1; i < times; i++)
        all = nn_concat(g, all, one, 1);
    return nn_reshape(g, all, batch, heads * times, keys, dim);
}

/* x of HD channels (B,T,HD), turned pair by pair: cos and sin as masks of numbers. */
static Tensor *turned(Graph *g, Tensor *x, int dim)
{
    int time = x->shape[2], half = dim / 2; /* x (B,H,T,D) */
    Tensor *c = nn_input(g, time, dim), *s = nn_input(g, time, dim);
    for (int i = 0; i < time * dim; i++) {
        double angle = i / dim * pow(100, -2.0 * (i % dim % half) / dim);
        c->data[i] = (float)cos(angle);
        s->data[i] = (float)(i % dim < half ? -sin(angle) : sin(angle));
    }
    Tensor *swapped = nn_concat(g, nn_slice(g, x, 3, half, half), nn_slice(g, x, 3, 0, half), 3);
    return nn_add(g, nn_mul(g, x, c), nn_mul(g, swapped, s));
}

static Tensor *attend(Graph *g, Tensor *q, Tensor *k, Tensor *v, bool causal)
{
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)q->shape[3]));
    return nn_join_heads(g, nn_matmul(g, nn_softmax(g, causal ? nn_causal_mask(g, score) : score), v));
}

static Tensor *attention_in_parts(Bench *b, const Form *f, Tensor *x, Tensor *keys)
{
    Graph *g = b->g;
    const NnBlock *m = &b->block;
    const NnBlockConfig *c = &m->config;
    int width = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim, times = c->heads / c->kv_heads;
    Linear q = c->packed ? part(g, &m->qkv, 0, width) : m->q;
    Linear k = c->packed ? part(g, &m->qkv, width, kv) : m->k;
    Linear v = c->packed ? part(g, &m->qkv, width + kv, kv) : m->v;
    Tensor *qs = nn_split_heads(g, affine(g, &q, x), c->heads);
    Tensor *ks = nn_split_heads(g, affine(g, &k, keys), c->kv_heads);
    Tensor *vs = nn_split_heads(g, affine(g, &v, keys), c->kv_heads);
    if (c->qk_norm) {
        qs = norm(g, &m->q_norm, qs);
        ks = norm(g, &m->k_norm, ks);
    }
    if (f->rotary) {
        qs = turned(g, qs, c->head_dim);
        ks = turned(g, ks, c->head_dim);
    }
    return affine(g, &m->out, attend(g, qs, shared(g, ks, times), shared(g, vs, times), f->causal));
}

static Tensor *cross_in_parts(Bench *b, Tensor *x)
{
    const Mha *m = &b->block.cross;
    Tensor *q = nn_split_heads(b->g, affine(b->g, &m->q, x), HEADS);
    Tensor *k = nn_split_heads(b->g, affine(b->g, &m->k, b->memory), HEADS);
    Tensor *v = nn_split_heads(b->g, affine(b->g, &m->v, b->memory), HEADS);
    return affine(b->g, &m->out, attend(b->g, q, k, v, false));
}

static Tensor *feed_forward_in_parts(Bench *b, Tensor *x)
{
    const NnBlock *m = &b->block;
    Tensor *up = affine(b->g, &m->up, x);
    Tensor *gate = m->config.gated ? affine(b->g, &m->gate, x) : up;
    Tensor *bent = m->config.activation == NN_SILU       ? nn_mul(b->g, gate, nn_sigmoid(b->g, gate))
                   : m->config.activation == NN_RELU     ? nn_relu(b->g, gate)
                   : m->config.activation == NN_GELU_ERF ? nn_gelu_erf(b->g, gate)
                                                         : nn_gelu(b->g, gate);
    return affine(b->g, &m->down, m->config.gated ? nn_mul(b->g, bent, up) : bent);
}

static Tensor *in_parts(Bench *b, const Form *f)
{
    Graph *g = b->g;
    const NnBlock *m = &b->block;
    bool post = m->config.post_norm;
    Tensor *x = b->x, *h = post ? x : norm(g, &m->norm1, x);
    Tensor *keys = !f->keys ? h : post ? b->keys : norm(g, &m->norm1, b->keys);
    h = attention_in_parts(b, f, h, keys);
    x = nn_add(g, x, m->config.sandwich ? norm(g, &m->norm1_after, h) : h);
    x = post ? norm(g, &m->norm1, x) : x;
    if (f->memory) {
        x = nn_add(g, x, cross_in_parts(b, post ? x : norm(g, &m->norm_cross, x)));
        x = post ? norm(g, &m->norm_cross, x) : x;
    }
    h = feed_forward_in_parts(b, post ? x : norm(g, &m->norm2, x));
    x = nn_add(g, x, m->config.sandwich ? norm(g, &m->norm2_after, h) : h);
    return post ? norm(g, &m->norm2, x) : x;
}

/* ---- comparisons --------------------------------------------------------------------------------- */

static void check_close(const Form *f, const char *what, const float *a, const float *b, size_t n,
                        float room)
{
    for (size_t i = 0; i < n; i++) {
        if (!(fabsf(a[i] - b[i]) <= room * (1 + fabsf(b[i]))))
            ck_abort_msg("%s: %s %zu: %g and %g", f->about, what, i, (double)a[i], (double)b[i]);
    }
}

/* The gradients of all parameters and inputs, one after another; the caller frees them. */
static float *gradients(Bench *b, Tensor *out, size_t *count)
{
    Tensor *inputs[] = {b->x, b->keys, b->memory};
    Rng rng = rng_new(9);
    Tensor *direction = tensor_make(nn_arena(b->g), out->rank, out->shape);
    tensor_normal(direction, 1, &rng);
    nn_backward_from(b->g, out, direction->data);
    *count = nn_param_total(&b->params) + b->x->size + b->keys->size + b->memory->size;
    float *all = memory_zero(*count, sizeof *all), *to = all;
    for (int i = 0; i < b->params.count + 3; i++) {
        Tensor *t = i < b->params.count ? b->params.items[i].tensor : inputs[i - b->params.count];
        if (t->has_grad)
            memcpy(to, t->grad, t->size * sizeof *to);
        to += t->size;
        t->has_grad = false;
    }
    return all;
}

START_TEST(a_block_is_its_parts)
{
    const Form *f = &forms[_i];
    Bench b = bench_new(f);
    size_t count;
    ck_assert_uint_eq(nn_param_total(&b.params), f->parameters);
    Tensor *one = fused(&b, f), *other = in_parts(&b, f);
    check_close(f, "value", one->data, other->data, one->size, 2e-5f);
    float *ours = gradients(&b, one, &count), *theirs = gradients(&b, other, &count);
    check_close(f, "gradient", ours, theirs, count, 2e-4f);
    free(ours);
    free(theirs);
    bench_free(&b);
}
END_TEST

static double along(Bench *b, const Form *f, const float *direction)
{
    const Tensor *out = fused(b, f);
    double sum = 0;
    for (size_t i = 0; i < out->size; i++)
        sum += (double)direction[i] * (double)out->data[i];
    nn_graph_reset(b->g);
    return sum;
}

/* By differences of fourth order. */
static double slope_at(Bench *b, const Form *f, const float *direction, float *x)
{
    const float old = *x, step = 8e-3f, at[] = {-2, -1, 1, 2};
    const double weight[] = {1, -8, 8, -1};
    double slope = 0;
    for (int i = 0; i < 4; i++) {
        *x = old + at[i] * step;
        slope += weight[i] * along(b, f, direction) / (12 * (double)step);
    }
    *x = old;
    return slope;
}

/* Every parameter, at its first and last index, by differences. */
START_TEST(gradients_are_slopes)
{
    Form form = forms[_i], *f = &form;
    if (form.config.activation == NN_RELU) /* a corner within a step has no slope */
        form.config.activation = NN_GELU;
    Bench b = bench_new(f);
    Rng rng = rng_new(9);
    float direction[BATCH * TIME * CHANNELS];
    for (int i = 0; i < BATCH * TIME * CHANNELS; i++)
        direction[i] = rng_normal(&rng);
    nn_backward_from(b.g, fused(&b, f), direction);
    nn_graph_reset(b.g);
    for (int p = 0; p < b.params.count; p++) {
        Tensor *t = b.params.items[p].tensor;
        for (size_t i = 0; i<t->size; i += t->size> 1 ? t->size - 1 : 1) {
            double slope = slope_at(&b, f, direction, &t->data[i]);
            if (!(fabs(slope - (double)t->grad[i]) <= 3e-2 * (1 + fabs(slope))))
                ck_abort_msg("%s: %s at %zu: %g, by differences %g", f->about, b.params.items[p].name, i,
                             (double)t->grad[i], slope);
        }
    }
    bench_free(&b);
}
END_TEST

START_TEST(told_nothing_everybody_sees_all)
{
    const Form f = {"plain", {.hidden = 8}, .parameters = 0};
    Bench b = bench_new(&f);
    const Tensor *one = nn_block(b.g, &b.block, b.x, NULL), *other = fused(&b, &f);
    ck_assert_int_eq(memcmp(one->data, other->data, one->size * sizeof(float)), 0);
    bench_free(&b);
}
END_TEST

START_TEST(dropout_falls_on_what_is_added)
{
    Form f = forms[0];
    f.config.dropout = 0.999f;
    Bench b = bench_new(&f);
    *nn_graph_rng(b.g) = rng_new(1);
    const Tensor *out = fused(&b, &f);
    int kept = 0;
    for (size_t i = 0; i < out->size; i++)
        kept += out->data[i] == b.x->data[i];
    ck_assert_int_gt(kept, BATCH * TIME * CHANNELS * 9 / 10);
    bench_free(&b);
}
END_TEST

/* ---- making one ---------------------------------------------------------------------------------- */

START_TEST(names_follow_a_format)
{
    static const NnBlockNames names = {.prefix = "model.layers.%d",
                                       .norm1 = "input_layernorm",
                                       .q = "self_attn.q_proj",
                                       .k = "self_attn.k_proj",
                                       .v = "self_attn.v_proj",
                                       .out = "self_attn.o_proj",
                                       .norm2 = "post_attention_layernorm",
                                       .gate = "mlp.gate_proj",
                                       .up = "mlp.up_proj",
                                       .down = "mlp.down_proj"};
    static const char *const expected[] = {
        "model.layers.11.input_layernorm.weight",  "model.layers.11.self_attn.q_proj.weight",
        "model.layers.11.self_attn.k_proj.weight", "model.layers.11.self_attn.v_proj.weight",
        "model.layers.11.self_attn.o_proj.weight", "model.layers.11.post_attention_layernorm.weight",
        "model.layers.11.mlp.gate_proj.weight",    "model.layers.11.mlp.up_proj.weight",
        "model.layers.11.mlp.down_proj.weight"};
    NnBlockConfig c = forms[2].config;
    Params p = {0};
    Rng rng = rng_new(1);
    c.channels = 16;
    c.heads = 4;
    c.names = &names;
    c.transposed = true;
    nn_block_new(&p, &c, 11, &rng);
    ck_assert_int_eq(p.count, 9);
    for (int i = 0; i < 9; i++) {
        ck_assert_str_eq(p.items[i].name, expected[i]);
        ck_assert_int_eq(p.items[i].transposed, p.items[i].tensor->rank == 2);
    }
    nn_params_free(&p);
}
END_TEST

static double spread_of(const Tensor *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->size; i++)
        sum += (double)t->data[i] * (double)t->data[i];
    return sqrt(sum / (double)t->size);
}

START_TEST(weights_start_as_told)
{
    NnBlockConfig c = {.channels = 64, .heads = 2, .std = 0.1f, .residual_std = 0.02f};
    Params p = {0};
    Rng rng = rng_new(1);
    NnBlock b = nn_block_new(&p, &c, 0, &rng);
    ck_assert_double_eq_tol(spread_of(b.q.weight), 0.1, 0.005);
    ck_assert_double_eq_tol(spread_of(b.up.weight), 0.1, 0.005);
    ck_assert_double_eq_tol(spread_of(b.out.weight), 0.02, 0.001);
    ck_assert_double_eq_tol(spread_of(b.down.weight), 0.02, 0.001);
    c.residual_std = 0;
    c.std = 0;
    NnBlock plain = nn_block_new(&p, &c, 1, &rng);
    ck_assert_double_eq_tol(spread_of(plain.out.weight), 0.125, 0.006);
    ck_assert_double_eq_tol(spread_of(plain.down.weight), 0.0625, 0.003);
    nn_params_free(&p);
}
END_TEST

START_TEST(faults)
{
    static const struct {
        NnBlockConfig config;
        const char *says;
    } cases[] = {{{.channels = 12, .heads = 4}, NULL},
                 {{.channels = 12, .heads = 5}, "divide the channels"},
                 {{.channels = 12, .heads = 5, .head_dim = 3}, NULL},
                 {{.channels = 12, .heads = 4, .kv_heads = 3}, "divide the heads"},
                 {{.channels = 12}, "at least 1"},
                 {{.heads = 4}, "at least 1"},
                 {{.channels = 12, .heads = 4, .eps = NAN}, "epsilon"},
                 {{.channels = 12, .heads = 4, .sandwich = true}, NULL},
                 {{.channels = 12, .heads = 4, .sandwich = true, .post_norm = true}, "sandwich"},
                 {{.channels = 12, .heads = 4, .sandwich = true, .cross = true}, "sandwich"},
                 {{.channels = 12, .heads = 4, .dropout = 1}, "dropout"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fault = nn_block_config_fault(&cases[i].config);
        ck_assert_msg(!fault == !cases[i].says && (!fault || strstr(fault, cases[i].says)), "case %zu: %s",
                      i, fault ? fault : "no fault");
    }
}
END_TEST

/* ---- positions ----------------------------------------------------------------------------------- */

START_TEST(positions)
{
    static const int ids[] = {2, 0, 1, 1};
    Graph *g = nn_graph_new();
    Params params = {0};
    Rng rng = rng_new(3);
    Tensor *x = nn_input(g, 2, 2, 4), *s = nn_sinusoids(nn_arena(g), 3, 4);
    tensor_fill(x, 1);
    NnPositions none = nn_positions_new(&params, "none", NN_NO_POSITIONS, 3, 4, 1, &rng);
    NnPositions rotary = nn_positions_new(&params, "rotary", NN_ROTARY, 3, 4, 1, &rng);
    NnPositions sine = nn_positions_new(&params, "sine", NN_SINUSOIDAL, 3, 4, 1, &rng);
    ck_assert_int_eq(params.count, 0);
    NnPositions learned = nn_positions_new(&params, "wpe", NN_LEARNED, 3, 4, 1, &rng);
    ck_assert_str_eq(params.items[0].name, "wpe.weight");
    ck_assert_ptr_eq(nn_positions_add(g, &none, x, ids), x);
    ck_assert_ptr_eq(nn_positions_add(g, &rotary, x, NULL), x);
    ck_assert_ptr_null(nn_positions_angles(g, &learned, 4, NULL, 2));
    ck_assert_float_eq_tol(nn_positions_angles(g, &rotary, 4, ids, 4)->data[0], cosf(2), 1e-6f);
    for (int at = 0; at < 2; at++) { /* at first 0 and 1 for both, then as ids say */
        const Tensor *a = nn_positions_add(g, &sine, x, at ? ids : NULL);
        const Tensor *b = nn_positions_add(g, &learned, x, at ? ids : NULL);
        for (int i = 0; i < 16; i++) {
            int row = at ? ids[i / 4] : i / 4 % 2;
            ck_assert_float_eq_tol(a->data[i], 1 + s->data[row * 4 + i % 4], 1e-6f);
            ck_assert_float_eq_tol(b->data[i], 1 + learned.table->data[row * 4 + i % 4], 1e-6f);
        }
    }
    nn_params_free(&params);
    nn_graph_free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("block");
    TCase *t = tcase_create("block");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_block_is_its_parts, 0, FORMS);
    tcase_add_loop_test(t, gradients_are_slopes, 0, FORMS);
    tcase_add_test(t, told_nothing_everybody_sees_all);
    tcase_add_test(t, dropout_falls_on_what_is_added);
    tcase_add_test(t, names_follow_a_format);
    tcase_add_test(t, weights_start_as_told);
    tcase_add_test(t, faults);
    tcase_add_test(t, positions);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
