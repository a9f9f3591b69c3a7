/* test_golden.c -- the same numbers as PyTorch: single operations, and 20 steps of training.
 *
 * The files under fixtures/ were written by fixtures/make_fixtures.py. */
#include "common/base/file.h"
#include "common/nn/nn.h"
#include "common/model/decoder.h"
#include "common/model/safetensors.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"

enum { MAX_INPUTS = 3 };

/* ---- single operations --------------------------------------------------------------------------- */

typedef Tensor *Call(Graph *g, Tensor **in);

typedef struct Golden {
    const char *name; /* in operations.safetensors */
    Call *call;
    int inputs;
    double tolerance;
} Golden;

static Tensor *gelu(Graph *g, Tensor **in)
{
    return nn_gelu(g, in[0]);
}

static Tensor *gelu_erf(Graph *g, Tensor **in)
{
    return nn_gelu_erf(g, in[0]);
}

static Tensor *silu(Graph *g, Tensor **in)
{
    return nn_silu(g, in[0]);
}

static Tensor *tanh_of(Graph *g, Tensor **in)
{
    return nn_tanh(g, in[0]);
}

static Tensor *sigmoid(Graph *g, Tensor **in)
{
    return nn_sigmoid(g, in[0]);
}

static Tensor *relu(Graph *g, Tensor **in)
{
    return nn_relu(g, in[0]);
}

static Tensor *softmax(Graph *g, Tensor **in)
{
    return nn_softmax(g, in[0]);
}

static Tensor *log_softmax(Graph *g, Tensor **in)
{
    return nn_log_softmax(g, in[0]);
}

static Tensor *layer_norm(Graph *g, Tensor **in)
{
    return nn_layer_norm(g, in[0], in[1], in[2]);
}

static Tensor *rms_norm(Graph *g, Tensor **in)
{
    return nn_rms_norm(g, in[0], in[1]);
}

static Tensor *affine(Graph *g, Tensor **in)
{
    return nn_affine(g, in[0], in[1], in[2]);
}

static Tensor *matmul(Graph *g, Tensor **in)
{
    return nn_matmul(g, in[0], in[1]);
}

static Tensor *mse(Graph *g, Tensor **in)
{
    return nn_mse(g, in[0], in[1]);
}

static Tensor *cross_entropy(Graph *g, Tensor **in)
{
    static const int targets[] = {3, -1, 0, 12, 7, -1};
    return nn_cross_entropy(g, in[0], targets, -1);
}

static Tensor *embedding(Graph *g, Tensor **in)
{
    static const int ids[] = {3, 0, 3, 5, 3, 1};
    return nn_embedding(g, in[0], ids, 2, 3);
}

static Tensor *causal_attention(Graph *g, Tensor **in)
{
    return nn_attention(g, in[0], in[1], in[2], 3, true, NULL);
}

static Tensor *attention_with_lengths(Graph *g, Tensor **in)
{
    static const int lengths[] = {4, 11};
    return nn_attention(g, in[0], in[1], in[2], 2, false, lengths);
}

static Tensor *softplus(Graph *g, Tensor **in)
{
    return nn_softplus(g, in[0]);
}

static Tensor *root(Graph *g, Tensor **in)
{
    return nn_sqrt(g, in[0]);
}

static Tensor *minimum(Graph *g, Tensor **in)
{
    return nn_minimum(g, in[0], in[1]);
}

static Tensor *maximum(Graph *g, Tensor **in)
{
    return nn_maximum(g, in[0], in[1]);
}

static Tensor *clamp(Graph *g, Tensor **in)
{
    return nn_clamp(g, in[0], -0.5f, 0.75f);
}

static Tensor *sum_axis(Graph *g, Tensor **in)
{
    return nn_sum_axis(g, in[0], 1);
}

static Tensor *mean_axis(Graph *g, Tensor **in)
{
    return nn_mean_axis(g, in[0], -1);
}

static const int picked[] = {3, 0, 3, 12, 7, 1};

static Tensor *gather(Graph *g, Tensor **in)
{
    return nn_gather(g, in[0], picked);
}

static Tensor *token_log_probs(Graph *g, Tensor **in)
{
    return nn_token_log_probs(g, in[0], picked, -1);
}

static Tensor *attention_with_alibi(Graph *g, Tensor **in)
{
    Tensor *bias = nn_input(g, 4, 9, 9);
    for (int i = 0; i < 4 * 81; i++)
        bias->data[i] = -0.5f / (float)(1 << i / 81) * fabsf((float)(i / 9 % 9 - i % 9));
    return nn_attention_with(g, in[0], in[1], in[2], &(NnAttention){4, 2, true, .bias = bias});
}

static Tensor *attention_with_prefix(Graph *g, Tensor **in)
{
    Tensor *mask = nn_input(g, 9, 9);
    for (int i = 0; i < 81; i++)
        mask->data[i] = i % 9 <= i / 9 || i % 9 < 4;
    return nn_attention_with(g, in[0], in[1], in[2], &(NnAttention){.heads = 3, .mask = mask});
}

static Tensor *rotary(Graph *g, Tensor **in)
{
    const TensorRotary r = {.theta = 100, .factor = 1};
    return nn_rotary(g, in[0], 3, nn_rotary_angles(nn_arena(g), &r, 4, NULL, 5));
}

static const Golden operations[] = {
    {"nn_gelu", gelu, 1, 2e-6},
    {"nn_gelu_erf", gelu_erf, 1, 2e-6},
    {"nn_silu", silu, 1, 2e-6},
    {"nn_tanh", tanh_of, 1, 2e-6},
    {"nn_sigmoid", sigmoid, 1, 1e-6},
    {"nn_relu", relu, 1, 0},
    {"nn_softmax", softmax, 1, 1e-6},
    {"nn_log_softmax", log_softmax, 1, 2e-6},
    {"nn_layer_norm", layer_norm, 3, 5e-6},
    {"nn_rms_norm", rms_norm, 2, 5e-6},
    {"nn_affine", affine, 3, 2e-6},
    {"nn_matmul", matmul, 2, 2e-6},
    {"nn_mse", mse, 2, 2e-6},
    {"nn_cross_entropy", cross_entropy, 1, 2e-6},
    {"nn_embedding", embedding, 1, 1e-6},
    {"nn_attention", causal_attention, 3, 5e-6},
    {"nn_attention_lengths", attention_with_lengths, 3, 5e-6},
    {"nn_softplus", softplus, 1, 2e-6},
    {"nn_sqrt", root, 1, 1e-6},
    {"nn_minimum", minimum, 2, 0},
    {"nn_maximum", maximum, 2, 0},
    {"nn_clamp", clamp, 1, 0},
    {"nn_sum_axis", sum_axis, 1, 1e-6},
    {"nn_mean_axis", mean_axis, 1, 1e-6},
    {"nn_gather", gather, 1, 0},
    {"nn_token_log_probs", token_log_probs, 1, 2e-6},
    {"nn_attention_alibi", attention_with_alibi, 3, 5e-6},
    {"nn_attention_prefix", attention_with_prefix, 3, 5e-6},
    {"nn_rotary", rotary, 1, 2e-6},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* A tensor of the file; a parameter, so that it stands alone and can take a gradient. */
static Tensor *stored(const Safetensors *s, const char *operation, const char *part, int i)
{
    char name[96];
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    snprintf(name, sizeof name, i < 0 ? "%s.%s" : "%s.%s%d", operation, part, i);
    int rank = model_safetensors_shape(s, name, shape);
    ck_assert_msg(rank >= 0, "the fixture lacks %s", name);
    Tensor *t = nn_parameter_make(rank, shape);
    ck_assert_msg(model_safetensors_read(s, name, rank, shape, t->data, false, &e), "%s", e.text);
    return t;
}

static void check_same(const Golden *o, const char *what, int i, const float *found, const Tensor *expected)
{
    for (size_t at = 0; at < expected->size; at++) {
        double room = o->tolerance * (1 + fabs((double)expected->data[at]));
        if (!(fabs((double)found[at] - (double)expected->data[at]) <= room))
            ck_abort_msg("%s: %s %d at %zu: %.8g, PyTorch has %.8g", o->name, what, i, at,
                         (double)found[at], (double)expected->data[at]);
    }
}

START_TEST(operation)
{
    const Golden *o = &operations[_i];
    Error e = {""};
    Graph *g = nn_graph_new();
    Tensor *in[MAX_INPUTS];
    Safetensors *s = model_safetensors_open(FIXTURES "operations.safetensors", &e);
    ck_assert_msg(s != NULL, "%s (run from the top of the repository)", e.text);
    for (int i = 0; i < o->inputs; i++)
        in[i] = stored(s, o->name, "", i);
    Tensor *expected = stored(s, o->name, "out", -1), *up = stored(s, o->name, "up", -1);
    Tensor *out = o->call(g, in);
    ck_assert(tensor_same_shape(out, expected));
    check_same(o, "value", 0, out->data, expected);
    nn_backward_from(g, out, up->data);
    for (int i = 0; i < o->inputs; i++) {
        Tensor *grad = stored(s, o->name, "grad.", i);
        check_same(o, "gradient", i, in[i]->grad, grad);
        tensor_free(grad);
        tensor_free(in[i]);
    }
    tensor_free(expected);
    tensor_free(up);
    model_safetensors_close(s);
    nn_graph_free(g);
}
END_TEST

/* ---- training ------------------------------------------------------------------------------------ */

typedef struct Settings {
    int batch, time, steps, warmup;
    float rate, min_rate, beta1, beta2, decay, clip;
} Settings;

/* The next words of the text, as scanf would take them. */
static Settings read_settings(const char **at)
{
    Settings s;
    int used = 0;
    int fields = sscanf(
        *at, "batch %d time %d steps %d rate %f %f warmup %d betas %f %f decay %f clip %f%n", &s.batch,
        &s.time, &s.steps, &s.rate, &s.min_rate, &s.warmup, &s.beta1, &s.beta2, &s.decay, &s.clip, &used);
    ck_assert_int_eq(fields, 10);
    *at += used;
    return s;
}

static void read_ids(const char **at, const char *name, int *ids, int count)
{
    *at += strspn(*at, " \n");
    ck_assert_msg(strncmp(*at, name, strlen(name)) == 0, "expected %s at \"%.20s\"", name, *at);
    *at += strlen(name);
    for (int i = 0; i < count; i++) {
        char *end;
        ids[i] = (int)strtol(*at, &end, 10);
        ck_assert(end != *at);
        *at = end;
    }
}

static void train_as_in(const char *at, ModelDecoder *m)
{
    Graph *g = nn_graph_new();
    Settings s = read_settings(&at);
    Optimizer *o = nn_adamw_new(&m->params, s.beta1, s.beta2, s.decay);
    int count = s.batch * s.time, *ids = memory_new(sizeof *ids * 2 * (size_t)count),
        *targets = ids + count;
    for (int step = 0; step < s.steps; step++) {
        double loss, length;
        int used = 0;
        ck_assert_int_eq(sscanf(at, " loss %lf length %lf%n", &loss, &length, &used), 2);
        at += used;
        read_ids(&at, "ids", ids, count);
        read_ids(&at, "targets", targets, count);
        Tensor *found = model_decoder_loss(g, m, ids, targets, s.batch, s.time);
        double difference = (double)tensor_item(found) - loss;
        nn_backward(g, found);
        double longer = (double)nn_clip_gradients(o, s.clip) / length - 1;
        ck_assert_msg(fabs(difference) <= 1e-4, "step %d: the loss differs by %g", step, difference);
        ck_assert_msg(fabs(longer) <= 1e-3, "step %d: the gradient is longer by %g of it", step, longer);
        nn_optimizer_step(o, nn_cosine_rate(step, s.warmup, s.steps, s.rate, s.min_rate));
        nn_graph_reset(g);
    }
    free(ids);
    nn_optimizer_free(o);
    nn_graph_free(g);
}

START_TEST(training)
{
    Error e = {""};
    size_t size;
    ModelDecoder *m = model_decoder_load(FIXTURES "gpt", &e);
    ck_assert_msg(m != NULL, "%s (run from the top of the repository)", e.text);
    char *text = file_read(FIXTURES "training.txt", &size, &e);
    ck_assert_msg(text != NULL, "%s", e.text);
    train_as_in(text, m);
    free(text);
    model_decoder_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("golden");
    TCase *t = tcase_create("golden");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, operation, 0, OPERATIONS);
    tcase_add_test(t, training);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
