/* test_backbone.c -- a bert and a decoder behind one handle: the same hidden states as their own functions give. */
#include "common/model/backbone.h"

#include "common/base/file.h"
#include "common/model/safetensors.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"
#define BOOK_BERT "ch05/models/book_bert"

enum { ROWS = 3, TIME = 6 };

static const char *const folders[] = {FIXTURES "bert",  FIXTURES "gpt2",    FIXTURES "llama",
                                      FIXTURES "qwen2", FIXTURES "qwen3",   FIXTURES "mistral",
                                      FIXTURES "phi3",  FIXTURES "bert_old"};
enum { FOLDERS = sizeof folders / sizeof *folders };
static const int lengths[ROWS] = {6, 2, 4};

static ModelBackbone *load(const char *folder)
{
    Error e = {""};
    ModelBackbone *m = model_backbone_load(folder, &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    return m;
}

static void draw_ids(const ModelBackbone *m, int ids[ROWS * TIME])
{
    Rng rng = rng_new(4);
    for (int i = 0; i < ROWS * TIME; i++)
        ids[i] = rng_below(&rng, m->config.vocab);
}

START_TEST(hidden_states_are_those_of_the_family)
{
    Error e = {""};
    int ids[ROWS * TIME];
    ModelBackbone *m = load(folders[_i]);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    Tensor *ours = model_backbone_hidden(g, m, ids, ROWS, TIME, NULL), *theirs;
    ModelBert *bert = m->bert ? model_bert_load(folders[_i], &e) : NULL;
    ModelDecoder *decoder = m->bert ? NULL : model_decoder_load(folders[_i], &e);
    ck_assert_msg(bert || decoder, "%s", e.text);
    const ModelBertBatch batch = {ROWS, TIME, ids, NULL, NULL};
    if (bert)
        theirs = model_bert_hidden(g, bert, &batch);
    else
        theirs = model_decoder_hidden(g, decoder, ids, ROWS, TIME, NULL, NULL);
    ck_assert(tensor_same_shape(ours, theirs));
    ck_assert(tensor_distance(ours->data, theirs->data, ours->size) == 0);
    nn_graph_free(g);
    model_bert_free(bert);
    model_decoder_free(decoder);
    model_backbone_free(m);
}
END_TEST

START_TEST(given_vectors_stand_for_tokens)
{
    int ids[ROWS * TIME];
    ModelBackbone *m = load(folders[_i]);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    Tensor *x = nn_embedding(g, m->tokens, ids, ROWS, TIME);
    Tensor *of_ids = model_backbone_hidden(g, m, ids, ROWS, TIME, lengths);
    Tensor *of_vectors = model_backbone_hidden_of(g, m, x, lengths);
    ck_assert(tensor_distance(of_ids->data, of_vectors->data, of_ids->size) == 0);
    x->data[0] += 1;
    of_vectors = model_backbone_hidden_of(g, m, x, lengths);
    ck_assert(tensor_distance(of_ids->data, of_vectors->data, of_ids->size) > 1e-3f);
    nn_graph_free(g);
    model_backbone_free(m);
}
END_TEST

/* Each row of a padded batch, and the state that stands for it, as if it were alone. */
START_TEST(padding_is_not_seen)
{
    int ids[ROWS * TIME];
    ModelBackbone *m = load(folders[_i]);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    int width = m->config.channels;
    Tensor *hidden = model_backbone_hidden(g, m, ids, ROWS, TIME, lengths);
    Tensor *pooled = model_backbone_pooled(g, m, hidden, lengths);
    ck_assert(pooled->rank == 2 && pooled->shape[0] == ROWS && pooled->shape[1] == width);
    for (int b = 0; b < ROWS; b++) {
        Tensor *alone = model_backbone_hidden(g, m, ids + b * TIME, 1, lengths[b], NULL);
        int at = m->bert ? 0 : lengths[b] - 1;
        ck_assert_float_le(tensor_distance(hidden->data + b * TIME * width, alone->data, alone->size),
                           1e-5f);
        ck_assert_float_le(
            tensor_distance(pooled->data + b * width, alone->data + at * width, (size_t)width), 1e-5f);
    }
    nn_graph_free(g);
    model_backbone_free(m);
}
END_TEST

/* The control has the same parameters with other values, as its generator draws them. */
START_TEST(the_newly_initialised_differs_in_values_alone)
{
    Error e = {""};
    Rng rng = rng_new(7), again = rng_new(7);
    ModelBackbone *m = load(folders[_i]);
    ModelBackbone *a = model_backbone_new(folders[_i], &rng, &e),
                  *b = model_backbone_new(folders[_i], &again, &e);
    ck_assert_msg(a && b, "%s", e.text);
    ck_assert_int_eq(a->params->count, m->params->count);
    for (int i = 0; i < m->params->count; i++) {
        const Param *p = &a->params->items[i], *q = &m->params->items[i];
        ck_assert_str_eq(p->name, q->name);
        ck_assert(tensor_same_shape(p->tensor, q->tensor));
        ck_assert(tensor_distance(p->tensor->data, b->params->items[i].tensor->data, p->tensor->size) == 0);
        ck_assert(p->tensor->rank < 2 ||
                  tensor_distance(p->tensor->data, q->tensor->data, p->tensor->size) > 0);
    }
    model_backbone_free(a);
    model_backbone_free(b);
    model_backbone_free(m);
}
END_TEST

START_TEST(gradients_reach_every_parameter)
{
    int ids[ROWS * TIME];
    ModelBackbone *m = load(folders[_i]);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    Tensor *x = nn_parameter(ROWS, TIME, m->config.channels);
    Rng rng = rng_new(3);
    tensor_normal(x, 1, &rng);
    Tensor *hidden = model_backbone_hidden_of(g, m, x, lengths);
    nn_backward(g, nn_mean(g, nn_mul(g, model_backbone_pooled(g, m, hidden, lengths),
                                     model_backbone_pooled(g, m, hidden, lengths))));
    ck_assert(x->has_grad);
    for (int i = 0; i < m->params->count; i++) {
        const Param *p = &m->params->items[i];
        ck_assert_msg(p->tensor->has_grad || p->tensor == m->tokens, "%s has no gradient", p->name);
    }
    tensor_free(x);
    nn_graph_free(g);
    model_backbone_free(m);
}
END_TEST

/* ---- text ---------------------------------------------------------------------------------------- */

START_TEST(texts_become_ids_and_long_ones_lose_their_end)
{
    Error e = {""};
    ModelBackbone *m = load(BOOK_BERT);
    char text[8000] = "";
    TokenList ids = {0};
    bool cut = true;
    int first = tokenizer_id(m->tokenizer, "[CLS]"), last = tokenizer_id(m->tokenizer, "[SEP]");
    ck_assert_int_eq(m->pad, tokenizer_id(m->tokenizer, "[PAD]"));
    ck_assert(model_backbone_encode(m, "the cat is big", &ids, &cut, &e));
    ck_assert(!cut && ids.count >= 6 && ids.ids[0] == first && ids.ids[ids.count - 1] == last);
    for (int i = 0; i < 1000; i++)
        strcat(text, "the cat ");
    ids.count = 0;
    ck_assert(model_backbone_encode(m, text, &ids, &cut, &e));
    ck_assert(cut && ids.count == (size_t)m->config.context && ids.ids[0] == first);
    ck_assert_int_eq(ids.ids[ids.count - 1], last);
    tokenizer_tokens_free(&ids);
    model_backbone_free(m);
}
END_TEST

START_TEST(a_text_without_a_token_is_one_of_padding)
{
    Error e = {""};
    ModelBackbone *m = load("ch05/models/book_gpt");
    TokenList ids = {0};
    bool cut;
    ck_assert(model_backbone_encode(m, "", &ids, &cut, &e));
    ck_assert(ids.count == 1 && ids.ids[0] == m->pad && m->pad == m->config.ends[0]);
    tokenizer_tokens_free(&ids);
    model_backbone_free(m);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    Error e = {""};
    TokenList ids = {0};
    Rng rng = rng_new(1);
    ModelBackbone *m = load(FIXTURES "bert");
    ck_assert(!model_backbone_encode(m, "the", &ids, NULL, &e));
    ck_assert_msg(strstr(e.text, "tokenizer.json"), "%s", e.text);
    e = (Error){""};
    ck_assert(!model_backbone_load("no/such/folder", &e) && strstr(e.text, "no/such/folder"));
    e = (Error){""};
    ck_assert(!model_backbone_new("no/such/folder", &rng, &e) && strstr(e.text, "no/such/folder"));
    model_backbone_free(m);
    model_backbone_free(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("backbone");
    TCase *of_families = tcase_create("families"), *text = tcase_create("text");
    tcase_add_loop_test(of_families, hidden_states_are_those_of_the_family, 0, FOLDERS);
    tcase_add_loop_test(of_families, given_vectors_stand_for_tokens, 0, FOLDERS);
    tcase_add_loop_test(of_families, padding_is_not_seen, 0, FOLDERS);
    tcase_add_loop_test(of_families, the_newly_initialised_differs_in_values_alone, 0, FOLDERS);
    tcase_add_loop_test(of_families, gradients_reach_every_parameter, 0, FOLDERS);
    tcase_add_test(text, texts_become_ids_and_long_ones_lose_their_end);
    tcase_add_test(text, a_text_without_a_token_is_one_of_padding);
    tcase_add_test(text, what_is_missing_is_named);
    tcase_set_timeout(text, 60);
    suite_add_tcase(s, of_families);
    suite_add_tcase(s, text);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
