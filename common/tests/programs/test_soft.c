/* test_soft.c -- ch06/soft.c: vectors that are a text's own change nothing, prompts of several rows, detaching. */
#include "ch06/soft.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    VOCAB = 23,
    CONTEXT = 16,
    CHANNELS = 24,
    LAYERS = 2,
    HEADS = 4,
    ALL = 9,
    FRONT = 4,
    REST = ALL - FRONT
};

static const int text[ALL] = {3, 17, 5, 11, 22, 0, 9, 9, 14};

static void check_close(const char *what, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4f * (1 + fabsf(b[i]))))
            ck_abort_msg("%s %zu: %g and %g", what, i, (double)a[i], (double)b[i]);
}

/* Small models with random weights; a backbone borrows them. */
static ModelDecoder *decoder(ModelFamily family, Rng *rng)
{
    ModelConfig c = model_config_gpt2((ModelConfig){
        .vocab = VOCAB, .context = CONTEXT, .layers = LAYERS, .heads = HEADS, .channels = CHANNELS});
    c.family = family;
    c.rotary = (TensorRotary){.theta = 100, .factor = 1};
    return model_decoder_new(&c, 0, rng);
}

static ModelBackbone backbone_of(ModelBert *bert, ModelDecoder *d)
{
    return (ModelBackbone){.bert = bert,
                           .decoder = d,
                           .blocks = bert ? bert->blocks : d->blocks,
                           .tokens = bert ? bert->tokens : d->tokens};
}

/* Vectors that are the embeddings of the first tokens: the rest gets the states that it has in the whole text. */
static void check_prompt(const ModelBackbone *m)
{
    Graph *g = nn_graph_new();
    Tensor *vectors = nn_view(g, nn_embedding(g, m->tokens, text, 1, FRONT), 2, (int[]){FRONT, CHANNELS});
    int rows[2 * REST], lengths[2] = {REST, REST - 2}, whole_lengths[2] = {ALL, ALL - 2}, whole[2 * ALL];
    for (int i = 0; i < 2; i++) {
        memcpy(rows + i * REST, text + FRONT, sizeof(int) * REST);
        memcpy(whole + i * ALL, text, sizeof(int) * ALL);
    }
    const Tensor *got = soft_prompt_hidden(g, m, vectors, rows, 2, REST, lengths);
    const Tensor *want = model_backbone_hidden(g, m, whole, 2, ALL, whole_lengths);
    for (int i = 0; i < 2; i++)
        check_close("state", got->data + i * REST * CHANNELS, want->data + (i * ALL + FRONT) * CHANNELS,
                    (size_t)(lengths[i] * CHANNELS));
    nn_graph_free(g);
}

START_TEST(a_prompt_of_true_embeddings_is_the_text)
{
    Rng rng = rng_new(4);
    if (_i == 2) {
        const ModelBertConfig c = {VOCAB, CONTEXT, LAYERS, HEADS, CHANNELS, 40, 2, 1e-12f, 0, false};
        ModelBert *bert = model_bert_new(&c, &rng);
        ModelBackbone m = backbone_of(bert, NULL);
        check_prompt(&m);
        model_bert_free(bert);
        return;
    }
    ModelDecoder *d = decoder(_i ? MODEL_GPT2 : MODEL_QWEN3, &rng);
    ModelBackbone m = backbone_of(NULL, d);
    check_prompt(&m);
    model_decoder_free(d);
}
END_TEST

/* The same of keys and values, where positions are rotary. */
START_TEST(a_prefix_of_true_keys_is_the_text)
{
    Rng rng = rng_new(4);
    Graph *g = nn_graph_new();
    ModelDecoder *d = decoder(MODEL_QWEN3, &rng);
    const Tensor *want = model_decoder_hidden(g, d, text, 1, ALL, NULL, NULL);
    const Tensor *plain = model_decoder_hidden(g, d, text + FRONT, 1, REST, NULL, NULL);
    SoftPrefix *p = soft_prefix_new(d->blocks, LAYERS, &(SoftPrefixForm){.count = FRONT}, &rng);
    soft_prefix_begin_as(p, g, d, text);
    soft_prefix_make(g, p);
    const Tensor *got = model_decoder_hidden(g, d, text + FRONT, 1, REST, NULL, NULL);
    check_close("state", got->data, want->data + FRONT * CHANNELS, got->size);
    ck_assert_uint_eq(soft_prefix_kept(p), nn_param_total(soft_prefix_params(p)));
    soft_prefix_free(p); /* and the blocks are as before */
    const Tensor *after = model_decoder_hidden(g, d, text + FRONT, 1, REST, NULL, NULL);
    ck_assert_int_eq(memcmp(after->data, plain->data, plain->size * sizeof(float)), 0);
    model_decoder_free(d);
    nn_graph_free(g);
}
END_TEST

START_TEST(virtual_tokens_are_rows_below_the_table)
{
    Rng rng = rng_new(4);
    Graph *g = nn_graph_new();
    Tensor *tokens = nn_parameter(VOCAB, 3), *vectors = nn_parameter(2, 3);
    tensor_normal(tokens, 1, &rng);
    tensor_normal(vectors, 1, &rng);
    tokens->wants_grad = false;
    const int ids[] = {VOCAB + 1, 4, VOCAB + 1, VOCAB};
    Tensor *x = soft_prompt_embed(g, tokens, vectors, ids, 2, 2);
    check_close("virtual", x->data, vectors->data + 3, 3);
    check_close("real", x->data + 3, tokens->data + 4 * 3, 3);
    const float up[] = {1, 2, 3, 9, 9, 9, 10, 20, 30, 4, 5, 6}, sum[] = {4, 5, 6, 11, 22, 33};
    nn_backward_from(g, x, up);
    check_close("gradient", vectors->grad, sum, 6);
    tensor_free(tokens);
    tensor_free(vectors);
    nn_graph_free(g);
}
END_TEST

/* By differences, through the LSTM and through the network of a prefix. */
START_TEST(gradients_reach_what_makes_the_vectors)
{
    Rng rng = rng_new(6);
    Graph *g = nn_graph_new();
    ModelDecoder *d = decoder(MODEL_QWEN3, &rng);
    nn_params_freeze(&d->params, true);
    SoftPrompt *prompt = soft_prompt_new(3, CHANNELS, 1, SOFT_LSTM, &rng);
    SoftPrefix *prefix = soft_prefix_new(d->blocks, LAYERS, &(SoftPrefixForm){2, 5}, &rng);
    const int ids[] = {VOCAB, VOCAB + 1, 6, VOCAB + 2}, next[] = {-1, -1, 2, 7};
    Params all = nn_params_join(&prompt->params, soft_prefix_params(prefix));
    for (int p = -1; p < all.count; p++) {
        float *at = p < 0 ? NULL : &all.items[p].tensor->data[all.items[p].tensor->size - 1];
        double loss[2] = {0, 0};
        for (int side = 0; side < 2; side++) {
            if (at)
                *at += side ? -4e-3f : 2e-3f;
            soft_prefix_make(g, prefix);
            Tensor *x = soft_prompt_embed(g, d->tokens, soft_prompt_vectors(g, prompt), ids, 1, 4);
            Tensor *h = model_decoder_hidden_of(g, d, x, NULL, NULL);
            Tensor *l = nn_affine_cross_entropy(g, h, d->head, next, -1);
            loss[side] = (double)tensor_item(l);
            if (!at && side == 0)
                nn_backward(g, l);
            nn_graph_reset(g);
        }
        if (!at)
            continue;
        *at += 2e-3f;
        double slope = (loss[0] - loss[1]) / 4e-3,
               ours = (double)all.items[p].tensor->grad[all.items[p].tensor->size - 1];
        ck_assert_msg(fabs(slope - ours) <= 2e-3 + 0.05 * fabs(slope), "%s: %g, by differences %g",
                      all.items[p].name, ours, slope);
    }
    nn_params_part(&all);
    soft_prefix_free(prefix);
    soft_prompt_free(prompt);
    model_decoder_free(d);
    nn_graph_free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("soft");
    TCase *t = tcase_create("soft");
    tcase_add_loop_test(t, a_prompt_of_true_embeddings_is_the_text, 0, 3);
    tcase_add_test(t, a_prefix_of_true_keys_is_the_text);
    tcase_add_test(t, virtual_tokens_are_rows_below_the_table);
    tcase_add_test(t, gradients_reach_what_makes_the_vectors);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
