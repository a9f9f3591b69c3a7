/* test_adapter.c -- LoRA: nothing changes at first, then only what was attached; merged, unmerged, saved, read. */
#include "common/base/file.h"
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 2, TIME = 6, VOCAB = 11 };
static const int ids[BATCH * TIME] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1};
static const int targets[BATCH * TIME] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2};

static ModelDecoder *gpt_of(int layers, uint64_t seed)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = 8, .layers = layers, .heads = 2, .channels = 8});
    Rng rng = rng_new(seed);
    return model_decoder_new(&c, 0, &rng);
}

static ModelAdapter *adapter_new(ModelDecoder *m, const char *layers, int rank, float alpha)
{
    Error e = {""};
    Rng rng = rng_new(5);
    ModelAdapter *a = model_adapter_new(
        &m->params, &(ModelLora){.layers = layers, .rank = rank, .alpha = alpha}, &rng, &e);
    ck_assert_msg(a != NULL, "%s", e.text);
    return a;
}

/* Logits (B,T,V) as numbers. */
static void logits_of(const ModelDecoder *m, float *to)
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const Tensor *t = model_decoder_logits(g, m, ids, BATCH, TIME);
    memcpy(to, t->data, t->size * sizeof *to);
    nn_graph_free(g);
}

static float distance_of_logits(const ModelDecoder *m, const float *logits)
{
    float now[BATCH * TIME * VOCAB];
    logits_of(m, now);
    return tensor_distance(now, logits, BATCH * TIME * VOCAB);
}

static float train(const ModelDecoder *m, ModelAdapter *a, int steps)
{
    Graph *g = nn_graph_new();
    Optimizer *o = nn_adamw_new(model_adapter_params(a), 0.9f, 0.99f, 0);
    NnStep done = {0};
    for (int i = 0; i < steps; i++)
        done = nn_train_step(g, o, model_decoder_loss(g, m, ids, targets, BATCH, TIME), 0.02f, 1);
    nn_optimizer_free(o);
    nn_graph_free(g);
    return done.loss;
}

START_TEST(nothing_changes_at_first)
{
    float before[BATCH * TIME * VOCAB];
    ModelDecoder *m = gpt_of(2, 1);
    logits_of(m, before);
    ModelAdapter *a = adapter_new(m, "*", 2, 4);
    ck_assert(distance_of_logits(m, before) == 0);
    ck_assert_int_eq(model_adapter_params(a)->count, 2 * 4 * 2); /* A and B, four layers, two blocks */
    ck_assert_str_eq(model_adapter_params(a)->items[0].name, "h.0.attn.c_attn.lora_A.weight");
    ck_assert_str_eq(model_adapter_params(a)->items[15].name, "h.1.mlp.c_proj.lora_B.weight");
    model_adapter_free(a);
    model_decoder_free(m);
}
END_TEST

START_TEST(only_the_matrices_learn)
{
    float before[BATCH * TIME * VOCAB];
    ModelDecoder *m = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "*attn*", 2, 4);
    float *weights = memory_new(nn_param_total(&m->params) * sizeof *weights), *at = weights;
    for (int i = 0; i < m->params.count; at += m->params.items[i++].tensor->size)
        memcpy(at, m->params.items[i].tensor->data, m->params.items[i].tensor->size * sizeof *at);
    float first = train(m, a, 1), last = train(m, a, 150);
    ck_assert_msg(last < first - 0.1f, "%g, then %g", (double)first, (double)last);
    at = weights;
    for (int i = 0; i < m->params.count; at += m->params.items[i++].tensor->size) {
        const Tensor *t = m->params.items[i].tensor;
        ck_assert(!t->has_grad && memcmp(at, t->data, t->size * sizeof *at) == 0);
    }
    logits_of(m, before);
    model_adapter_free(a); /* and the old model is back */
    ck_assert(distance_of_logits(m, before) > 0.1f);
    ck_assert(m->params.items[0].tensor->wants_grad);
    ModelAdapter *again = adapter_new(m, "*attn*", 2, 4);
    ck_assert_ptr_nonnull(again);
    model_adapter_free(again);
    free(weights);
    model_decoder_free(m);
}
END_TEST

/* The sum by hand: y = W x + b + (alpha / r) B A x, with alpha / r once. */
START_TEST(the_sum_by_hand)
{
    Params params = {0};
    Rng rng = rng_new(3);
    Graph *g = nn_graph_new();
    Linear l = nn_linear_new(&params, "layer", 3, 2, true, 1, &rng);
    ModelAdapter *a =
        model_adapter_new(&params, &(ModelLora){.layers = "layer", .rank = 2, .alpha = 6}, &rng, NULL);
    Tensor *A = model_adapter_params(a)->items[0].tensor, *B = model_adapter_params(a)->items[1].tensor;
    Tensor *x = nn_input(g, 1, 3);
    tensor_normal(B, 1, &rng);
    tensor_normal(x, 1, &rng);
    const Tensor *y = nn_linear(g, &l, x);
    for (int o = 0; o < 2; o++) {
        double sum = (double)l.bias->data[o];
        for (int i = 0; i < 3; i++) {
            sum += (double)l.weight->data[o * 3 + i] * (double)x->data[i];
            for (int r = 0; r < 2; r++)
                sum += 3.0 * (double)B->data[o * 2 + r] * (double)A->data[r * 3 + i] * (double)x->data[i];
        }
        ck_assert_double_eq_tol((double)y->data[o], sum, 1e-5);
    }
    model_adapter_free(a);
    nn_params_free(&params);
    nn_graph_free(g);
}
END_TEST

START_TEST(merged_is_the_same)
{
    float before[BATCH * TIME * VOCAB], weight[3 * 8 * 8];
    ModelDecoder *m = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "*", 3, 5);
    train(m, a, 60);
    logits_of(m, before);
    memcpy(weight, m->blocks[0].qkv.weight->data, sizeof weight);
    model_adapter_merge(a);
    model_adapter_merge(a); /* once is enough */
    ck_assert(distance_of_logits(m, before) < 1e-5f);
    ck_assert(tensor_distance(weight, m->blocks[0].qkv.weight->data, 3 * 8 * 8) > 1e-3f);
    model_adapter_unmerge(a);
    model_adapter_unmerge(a);
    ck_assert(distance_of_logits(m, before) < 1e-5f);
    ck_assert(tensor_distance(weight, m->blocks[0].qkv.weight->data, 3 * 8 * 8) < 1e-6f);
    model_adapter_merge(a);
    model_adapter_free(a); /* what was merged stays */
    ck_assert(distance_of_logits(m, before) < 1e-5f);
    model_decoder_free(m);
}
END_TEST

/* Two adapters on one base: each alone, both, mixed, and back to the base. */
START_TEST(several_are_switched_and_mixed)
{
    enum { COUNT = BATCH * TIME * VOCAB };
    float base[COUNT], first[COUNT], second[COUNT];
    ModelDecoder *m = gpt_of(2, 1);
    logits_of(m, base);
    ModelAdapter *a = adapter_new(m, "*", 2, 4);
    train(m, a, 30);
    logits_of(m, first);
    model_adapter_weigh(a, 0);
    ck_assert(distance_of_logits(m, base) == 0);
    ModelAdapter *b = adapter_new(m, "*attn*", 3, 3);
    ck_assert(distance_of_logits(m, base) == 0);
    train(m, b, 20);
    logits_of(m, second);
    ck_assert(tensor_distance(first, second, COUNT) > 0.05f);
    model_adapter_weigh(a, 1);
    model_adapter_weigh(b, 0);
    ck_assert(distance_of_logits(m, first) == 0);
    model_adapter_weigh(a, 0.5f);
    model_adapter_weigh(b, 0.25f);
    float mixed[COUNT];
    logits_of(m, mixed);
    ck_assert(tensor_distance(mixed, first, COUNT) > 0.01f);
    model_adapter_merge(a); /* with the weights that they have */
    model_adapter_merge(b);
    ck_assert(distance_of_logits(m, mixed) < 1e-5f);
    model_adapter_weigh(a, 1); /* a merged one does not listen */
    ck_assert(distance_of_logits(m, mixed) < 1e-5f);
    model_adapter_unmerge(b);
    model_adapter_unmerge(a);
    model_adapter_weigh(b, 0);
    ck_assert(distance_of_logits(m, first) < 1e-5f);
    model_adapter_free(a); /* the first of the list; the second stays attached and the base frozen */
    ck_assert(!m->params.items[0].tensor->wants_grad);
    ck_assert(distance_of_logits(m, base) < 1e-5f);
    model_adapter_weigh(b, 1);
    ck_assert(distance_of_logits(m, second) < 1e-5f);
    model_adapter_free(b);
    ck_assert(m->params.items[0].tensor->wants_grad);
    ck_assert(distance_of_logits(m, base) < 1e-5f);
    model_decoder_free(m);
}
END_TEST

/* Section 6.3.3: at step 0 nothing flows to A, since B is zero, and B begins to learn. */
START_TEST(gradients_at_step_0)
{
    ModelDecoder *m = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "*", 2, 4);
    Graph *g = nn_graph_new();
    nn_backward(g, model_decoder_loss(g, m, ids, targets, BATCH, TIME));
    const Params *p = model_adapter_params(a);
    for (int i = 0; i < p->count; i++) {
        const Tensor *t = p->items[i].tensor;
        float max = 0;
        for (size_t k = 0; k < t->size; k++)
            max = fmaxf(max, fabsf(t->grad[k]));
        ck_assert(i % 2 == 0 ? max == 0 : max > 1e-6f);
    }
    nn_graph_free(g);
    model_adapter_free(a);
    model_decoder_free(m);
}
END_TEST

START_TEST(rank_stabilised)
{
    Params params = {0};
    Rng rng = rng_new(3);
    Graph *g = nn_graph_new();
    Linear l = nn_linear_new(&params, "layer", 5, 7, false, 1, &rng);
    tensor_fill(l.weight, 0);
    ModelAdapter *a = model_adapter_new(
        &params, &(ModelLora){.layers = "layer", .rank = 4, .alpha = 6, .rank_stabilised = true}, &rng,
        NULL);
    tensor_fill(model_adapter_params(a)->items[0].tensor, 1);
    tensor_fill(model_adapter_params(a)->items[1].tensor, 1);
    Tensor *x = nn_input(g, 1, 5);
    tensor_fill(x, 1);
    const Tensor *y = nn_linear(g, &l, x);
    ck_assert_double_eq_tol((double)y->data[6], 6.0 / 2 * 4 * 5, 1e-5); /* alpha / sqrt(r), r, in */
    model_adapter_merge(a);
    y = nn_linear(g, &l, x);
    ck_assert_double_eq_tol((double)y->data[6], 6.0 / 2 * 4 * 5, 1e-5);
    model_adapter_free(a);
    nn_params_free(&params);
    nn_graph_free(g);
}
END_TEST

/* ---- files --------------------------------------------------------------------------------------- */

static const char *folder_new(void)
{
    static char folder[] = "/tmp/adapter_XXXXXX";
    snprintf(folder, sizeof folder, "/tmp/adapter_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

static void folder_free(const char *folder)
{
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(files_hold_it_all)
{
    float before[BATCH * TIME * VOCAB];
    char path[256];
    Error e = {""};
    const char *folder = folder_new();
    ModelDecoder *m = gpt_of(2, 1), *other = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "h.1.*", 2, 3);
    train(m, a, 40);
    logits_of(m, before);
    ck_assert_msg(model_adapter_save(a, folder, &e), "%s", e.text);
    ModelAdapter *b = model_adapter_load(&other->params, folder, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    ck_assert(distance_of_logits(other, before) == 0);
    ck_assert_int_eq(model_adapter_params(b)->count, 8);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder);
    Safetensors *s = model_safetensors_open(path, &e);
    int shape[TENSOR_MAX_RANK];
    ck_assert_int_eq(
        model_safetensors_shape(s, "base_model.model.transformer.h.1.attn.c_attn.lora_B.weight", shape), 2);
    ck_assert(shape[0] == 24 && shape[1] == 2);
    snprintf(path, sizeof path, "%s/adapter_config.json", folder);
    size_t size;
    char *config = file_read(path, &size, &e);
    ck_assert_ptr_nonnull(strstr(config, "\"peft_type\": \"LORA\""));
    ck_assert_ptr_nonnull(strstr(config, "\"fan_in_fan_out\": true"));
    ck_assert_ptr_nonnull(strstr(config, "\"h.1.attn.c_attn\",\n"));
    free(config);
    model_safetensors_close(s);
    model_adapter_free(a);
    model_adapter_free(b);
    model_decoder_free(m);
    model_decoder_free(other);
    folder_free(folder);
}
END_TEST

/* What is trained beside the matrices goes into the file, whole: modules_to_save. */
START_TEST(a_head_is_saved_with_them)
{
    float before[BATCH * TIME * VOCAB];
    char path[256];
    Error e = {""};
    const char *folder = folder_new();
    ModelDecoder *m = gpt_of(2, 1), *other = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "h.0.*", 2, 3);
    train(m, a, 10);
    ck_assert_int_eq(nn_params_thaw(&m->params, "ln_f.*,nothing"), 2);
    tensor_fill(m->norm.weight, 1.5f);
    logits_of(m, before);
    ck_assert_msg(model_adapter_save(a, folder, &e), "%s", e.text);
    ModelAdapter *b = model_adapter_load(&other->params, folder, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    ck_assert(distance_of_logits(other, before) == 0);
    ck_assert(other->norm.weight->wants_grad && !other->tokens->wants_grad);
    snprintf(path, sizeof path, "%s/adapter_config.json", folder);
    size_t size;
    char *config = file_read(path, &size, &e);
    ck_assert_ptr_nonnull(strstr(config, "\"modules_to_save\": [\"ln_f\"],\n"));
    free(config);
    model_adapter_free(a);
    model_adapter_free(b);
    model_decoder_free(m);
    model_decoder_free(other);
    folder_free(folder);
}
END_TEST

static void logits_of_classifier(const ModelClassifier *m, float to[BATCH * 3])
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const Tensor *t = model_classifier_logits(g, m, ids, BATCH, TIME, NULL);
    memcpy(to, t->data, BATCH * 3 * sizeof *to);
    nn_graph_free(g);
}

/* As PEFT does for sequence classification: matrices, and the output layer whole, under the names of its object. */
START_TEST(a_classifier)
{
    static const char *const labels[] = {"a", "b", "c"};
    static const char base[] = "common/tests/fixtures/llama";
    float before[BATCH * 3], after[BATCH * 3];
    char path[256];
    Error e = {""};
    Rng rng = rng_new(6);
    const char *folder = folder_new();
    ModelClassifier *m[2];
    ModelAdapter *a[2] = {NULL, NULL};
    Params all[2];
    for (int i = 0; i < 2; i++) {
        ModelBackbone *b = model_backbone_load(base, &e);
        ck_assert_msg(b != NULL, "%s", e.text);
        m[i] = model_classifier_new(b, labels, 3, &rng);
        all[i] = nn_params_join(b->params, &m[i]->params);
    }
    a[0] = model_adapter_new(
        &all[0],
        &(ModelLora){.layers = "*.q_proj,*.v_proj", .rank = 2, .alpha = 5, .rank_stabilised = true}, &rng,
        &e);
    ck_assert_msg(a[0] != NULL, "%s", e.text);
    nn_params_freeze(&m[0]->params, false);
    for (int i = 0; i < model_adapter_params(a[0])->count; i++)
        tensor_normal(model_adapter_params(a[0])->items[i].tensor, 0.5f, &rng);
    logits_of_classifier(m[0], before);
    ck_assert_msg(model_adapter_save(a[0], folder, &e), "%s", e.text);
    a[1] = model_adapter_load(&all[1], folder, &e);
    ck_assert_msg(a[1] != NULL, "%s", e.text);
    logits_of_classifier(m[1], after);
    ck_assert(tensor_distance(before, after, BATCH * 3) == 0);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder);
    Safetensors *s = model_safetensors_open(path, &e);
    int shape[TENSOR_MAX_RANK];
    ck_assert_int_eq(model_safetensors_shape(s, "base_model.model.score.weight", shape), 2);
    ck_assert_int_eq(
        model_safetensors_shape(s, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", shape),
        2);
    model_safetensors_close(s);
    for (int i = 0; i < 2; i++) {
        model_adapter_free(a[i]);
        nn_params_part(&all[i]);
        model_classifier_free(m[i]);
    }
    folder_free(folder);
}
END_TEST

static void put_config(const char *folder, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/adapter_config.json", folder);
    FileWriter *w = file_create(path, NULL);
    file_write(w, text, strlen(text));
    ck_assert(file_commit(w, NULL));
}

START_TEST(files_that_do_not_fit)
{
    static const struct {
        const char *config, *says;
    } cases[] = {{"{}", "peft_type: expected \"LORA\""},
                 {"{\"peft_type\": \"IA3\"}", "peft_type: expected \"LORA\""},
                 {"{\"peft_type\": \"LORA\", \"lora_alpha\": 4}", "r: expected a number"},
                 {"{\"peft_type\": \"LORA\", \"r\": 2}", "lora_alpha: expected a number"},
                 {"{\"peft_type\": \"LORA\", \"r\": 0, \"lora_alpha\": 4}", "r: expected a number from 1"},
                 {"{\"peft_type\": \"LORA\", \"r\": 3, \"lora_alpha\": 4}", "lora_A"},
                 {"{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"use_dora\": true}", "use_dora"},
                 {"{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"bias\": \"all\"}", "bias"},
                 {"{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"rank_pattern\": {\"q\": 1}}",
                  "rank_pattern"},
                 {"[1]", "adapter_config.json"}};
    Error e = {""};
    const char *folder = folder_new();
    ModelDecoder *m = gpt_of(2, 1);
    ModelAdapter *a = adapter_new(m, "*c_attn", 2, 3);
    ck_assert(model_adapter_save(a, folder, &e));
    model_adapter_free(a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Error fault = {""};
        put_config(folder, cases[i].config);
        ck_assert_ptr_null(model_adapter_load(&m->params, folder, &fault));
        ck_assert_msg(strstr(fault.text, cases[i].says) != NULL, "case %zu: %s", i, fault.text);
    }
    ModelDecoder *smaller = gpt_of(1, 1); /* lacks block 1 */
    Error fault = {""};
    put_config(folder, "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4}");
    ck_assert_ptr_null(model_adapter_load(&smaller->params, folder, &fault));
    ck_assert_msg(strstr(fault.text, "4 tensors, of which 2 belong") != NULL, "%s", fault.text);
    ck_assert(m->params.items[0].tensor->wants_grad); /* nothing is left behind */
    model_decoder_free(smaller);
    model_decoder_free(m);
    folder_free(folder);
}
END_TEST

START_TEST(what_cannot_be_attached)
{
    static const struct {
        const char *layers;
        int rank;
        const char *says;
    } cases[] = {{"*q_proj", 2, "'*q_proj': no linear layer"},
                 {"wte", 2, "no linear layer"}, /* an embedding is none */
                 {"*", 0, "rank 0; expected 1 to 8"},
                 {"*", 9, "h.0.attn.c_attn.weight: rank 9; expected 1 to 8"}};
    ModelDecoder *m = gpt_of(2, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Error e = {""};
        Rng rng = rng_new(1);
        ck_assert_ptr_null(model_adapter_new(
            &m->params, &(ModelLora){.layers = cases[i].layers, .rank = cases[i].rank, .alpha = 1}, &rng,
            &e));
        ck_assert_msg(strstr(e.text, cases[i].says) != NULL, "%s", e.text);
    }
    Error e = {""};
    Rng rng = rng_new(1);
    ModelBottleneck *b = model_bottleneck_new(&m->params, "h.0.*c_proj", 2, &rng, &e);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_null(
        model_adapter_new(&m->params, &(ModelLora){.layers = "*", .rank = 1, .alpha = 1}, &rng, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "something else than LoRA is attached"));
    model_bottleneck_free(b);
    model_decoder_free(m);
}
END_TEST

/* Any linear layer: also of a BERT, whose files bear their own names. */
START_TEST(a_bert)
{
    Rng rng = rng_new(2);
    Error e = {""};
    ModelBert *m = model_bert_new(&(ModelBertConfig){VOCAB, 8, 1, 2, 8, 16, 2, 1e-12f, 0, false}, &rng);
    ModelAdapter *a = model_adapter_new(
        &m->params, &(ModelLora){.layers = "*.query", .rank = 2, .alpha = 2, .dropout = 0.5f}, &rng, &e);
    ck_assert_int_eq(model_adapter_params(a)->count, 2);
    Graph *g = nn_graph_new();
    static const int labels[BATCH * TIME] = {2, -1, -1, -1, -1, 3, -1, -1, -1, -1, -1, -1};
    ModelBertBatch b = {BATCH, TIME, ids, NULL, NULL};
    nn_backward(g, model_bert_loss(g, m, &b, labels));
    ck_assert(model_adapter_params(a)->items[1].tensor->has_grad && !m->tokens->has_grad);
    model_adapter_free(a);
    model_bert_free(m);
    nn_graph_free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adapter");
    TCase *t = tcase_create("adapter");
    tcase_add_test(t, nothing_changes_at_first);
    tcase_add_test(t, only_the_matrices_learn);
    tcase_add_test(t, the_sum_by_hand);
    tcase_add_test(t, merged_is_the_same);
    tcase_add_test(t, several_are_switched_and_mixed);
    tcase_add_test(t, gradients_at_step_0);
    tcase_add_test(t, rank_stabilised);
    tcase_add_test(t, files_hold_it_all);
    tcase_add_test(t, a_head_is_saved_with_them);
    tcase_add_test(t, a_classifier);
    tcase_add_test(t, files_that_do_not_fit);
    tcase_add_test(t, what_cannot_be_attached);
    tcase_add_test(t, a_bert);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
