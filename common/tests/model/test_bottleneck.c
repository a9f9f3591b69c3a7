/* test_bottleneck.c -- adapters after the parts of blocks, weights kept in few bits, and what is trained by name. */
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, TIME = 6, VOCAB = 11, COUNT = BATCH * TIME * VOCAB };
static const int ids[BATCH * TIME] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1};
static const int targets[BATCH * TIME] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2};

static ModelDecoder *gpt_of(int channels)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = 8, .layers = 2, .heads = 2, .channels = channels});
    Rng rng = rng_new(1);
    return model_decoder_new(&c, 0, &rng);
}

static void logits_of(const ModelDecoder *m, float *to)
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const Tensor *t = model_decoder_logits(g, m, ids, BATCH, TIME);
    memcpy(to, t->data, t->size * sizeof *to);
    nn_graph_free(g);
}

/* The loss of the first step and of the last. */
static void train(const ModelDecoder *m, const Params *p, int steps, float loss[2])
{
    Graph *g = nn_graph_new();
    Optimizer *o = nn_adamw_new(p, 0.9f, 0.99f, 0);
    for (int i = 0; i < steps; i++) {
        NnStep done = nn_train_step(g, o, model_decoder_loss(g, m, ids, targets, BATCH, TIME), 0.02f, 1);
        loss[i > 0] = done.loss;
    }
    nn_optimizer_free(o);
    nn_graph_free(g);
}

START_TEST(a_bottleneck_learns_alone)
{
    float before[COUNT], after[COUNT], loss[2];
    Error e = {""};
    Rng rng = rng_new(2);
    ModelDecoder *m = gpt_of(8);
    logits_of(m, before);
    ModelBottleneck *b = model_bottleneck_new(&m->params, MODEL_LAST_OF_PARTS, 3, &rng, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    logits_of(m, after);
    ck_assert(tensor_distance(before, after, COUNT) == 0);
    const Params *p = model_bottleneck_params(b);
    ck_assert_int_eq(p->count, 2 * 2 * 4); /* two blocks, two parts, two matrices and two biases */
    ck_assert_uint_eq(nn_param_total(p), 2 * 2 * (2 * 3 * 8 + 8 + 3));
    ck_assert_str_eq(p->items[0].name, "h.0.attn.c_proj.adapter_down.weight");
    float weight = m->blocks[0].up.weight->data[5];
    train(m, p, 100, loss);
    ck_assert_msg(loss[1] < loss[0] - 0.1f, "%g, then %g", (double)loss[0], (double)loss[1]);
    ck_assert(m->blocks[0].up.weight->data[5] == weight);
    model_bottleneck_free(b);
    logits_of(m, after);
    ck_assert(tensor_distance(before, after, COUNT) == 0 && m->tokens->wants_grad);
    model_decoder_free(m);
}
END_TEST

/* y + up(gelu(down(y))) by hand, for one layer of 2 outputs and a bottleneck of 1. */
START_TEST(the_sum_by_hand)
{
    Params params = {0};
    Rng rng = rng_new(3);
    Graph *g = nn_graph_new();
    Linear l = nn_linear_new(&params, "layer", 3, 2, true, 1, &rng);
    Tensor *x = nn_input(g, 1, 3);
    tensor_normal(x, 1, &rng);
    const Tensor *plain = nn_linear(g, &l, x);
    ModelBottleneck *b = model_bottleneck_new(&params, "layer", 1, &rng, NULL);
    const Param *p = model_bottleneck_params(b)->items;
    tensor_copy(p[0].tensor, (const float[]){0.5f, -1});
    tensor_copy(p[1].tensor, (const float[]){0.25f});
    tensor_copy(p[2].tensor, (const float[]){2, -3});
    tensor_copy(p[3].tensor, (const float[]){0.125f, 1});
    double h = 0.5 * (double)plain->data[0] - (double)plain->data[1] + 0.25;
    double z = h / 2 * (1 + tanh(0.7978845608 * (h + 0.044715 * h * h * h)));
    const Tensor *y = nn_linear(g, &l, x);
    ck_assert_double_eq_tol((double)y->data[0], (double)plain->data[0] + 2 * z + 0.125, 1e-5);
    ck_assert_double_eq_tol((double)y->data[1], (double)plain->data[1] - 3 * z + 1, 1e-5);
    model_bottleneck_free(b);
    nn_params_free(&params);
    nn_graph_free(g);
}
END_TEST

START_TEST(what_cannot_be_attached)
{
    Rng rng = rng_new(1);
    ModelDecoder *m = gpt_of(8);
    Error e = {""};
    ck_assert_ptr_null(model_bottleneck_new(&m->params, "*query", 2, &rng, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "'*query': no linear layer"));
    e.text[0] = 0;
    ck_assert_ptr_null(model_bottleneck_new(&m->params, "*", 0, &rng, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "expected at least 1"));
    ModelBottleneck *b = model_bottleneck_new(&m->params, "h.0.*", 2, &rng, &e);
    e.text[0] = 0;
    ck_assert_ptr_null(model_bottleneck_new(&m->params, "*", 2, &rng, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "attached to it already"));
    model_bottleneck_free(b);
    model_decoder_free(m);
}
END_TEST

/* A quantised base says what a float base with the rounded weights says, and passes on the same gradients. */
START_TEST(a_quantised_base)
{
    float kept[COUNT], rounded[COUNT], exact[COUNT];
    Error e = {""};
    Rng rng = rng_new(4);
    ModelDecoder *m = gpt_of(40); /* not a multiple of the groups of 32 */
    logits_of(m, exact);
    ModelQuantised *q = model_quantise(&m->params, "h.*", QUANT_INT4, &e);
    ck_assert_msg(q != NULL, "%s", e.text);
    ck_assert_ptr_null(m->blocks[0].qkv.weight->data);
    ck_assert_uint_eq(model_quantised_float_bytes(q), 4u * 2 * 12 * 40 * 40);
    ck_assert(model_quantised_bytes(q) < model_quantised_float_bytes(q) / 3);
    ModelAdapter *a =
        model_adapter_new(&m->params, &(ModelLora){.layers = "h.*", .rank = 2, .alpha = 4}, &rng, &e);
    logits_of(m, kept);
    const Params *p = model_adapter_params(a);
    float *gradient[16];
    Graph *g = nn_graph_new();
    nn_backward(g, model_decoder_loss(g, m, ids, targets, BATCH, TIME));
    for (int i = 0; i < p->count; i++) {
        gradient[i] = memory_new(p->items[i].tensor->size * sizeof(float));
        memcpy(gradient[i], p->items[i].tensor->grad, p->items[i].tensor->size * sizeof(float));
        p->items[i].tensor->has_grad = false;
    }
    nn_graph_reset(g);
    model_quantised_free(q);
    nn_params_freeze(&m->params, true);
    logits_of(m, rounded);
    ck_assert(tensor_distance(kept, rounded, COUNT) < 1e-5f);
    ck_assert(tensor_distance(kept, exact, COUNT) > 1e-4f);
    nn_backward(g, model_decoder_loss(g, m, ids, targets, BATCH, TIME));
    for (int i = 0; i < p->count; i++) {
        ck_assert(tensor_distance(gradient[i], p->items[i].tensor->grad, p->items[i].tensor->size) < 1e-5f);
        free(gradient[i]);
    }
    nn_graph_free(g);
    model_adapter_free(a);
    model_decoder_free(m);
}
END_TEST

/* Only biases are left to train; the list for the optimizer borrows them. */
START_TEST(trained_by_name)
{
    ModelDecoder *m = gpt_of(8);
    nn_params_freeze(&m->params, true);
    int thawed = nn_params_thaw(&m->params, "*.bias");
    Params list = nn_params_trained(&m->params);
    ck_assert_int_eq(list.count, thawed);
    ck_assert_int_eq(thawed, 2 * 6 + 1);
    float before = m->blocks[1].up.weight->data[3], loss[2];
    train(m, &list, 60, loss);
    ck_assert(loss[1] < loss[0] && m->blocks[1].up.weight->data[3] == before);
    nn_params_part(&list);
    model_decoder_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bottleneck");
    TCase *t = tcase_create("bottleneck");
    tcase_add_test(t, a_bottleneck_learns_alone);
    tcase_add_test(t, the_sum_by_hand);
    tcase_add_test(t, what_cannot_be_attached);
    tcase_add_test(t, a_quantised_base);
    tcase_add_test(t, trained_by_name);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
