/* lm_score.c -- what a model thinks of a text: the probability of each token, and hidden states. */
#include "common/model/lm_parts.h"

#include "common/base/arena.h"
#include "common/model/encoder.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 }; /* tokens whose logits are there at once */

static double log_softmax_at(const float *z, int n, int id)
{
    double sum = 0, max = (double)z[0];
    for (int i = 1; i < n; i++)
        max = (double)z[i] > max ? (double)z[i] : max;
    for (int i = 0; i < n; i++)
        sum += exp((double)z[i] - max);
    return (double)z[id] - max - log(sum);
}

/* logs[i] (count): ln p of ids[i] after those before it, from the second token on. When the context is
 * full, its last half is read anew, so that each token has at least half a context before it. */
static void score_ids(Lm *lm, const int *ids, int count, double *logs)
{
    ModelSession *s = lm->session;
    int capacity = model_session_capacity(s), vocab = lm->model->config.vocab;
    float *logits = memory_new(sizeof *logits * CHUNK * (size_t)vocab);
    int known = 1; /* tokens that have their score, or need none */
    for (int start = 0; known < count; start += capacity / 2 + (capacity == 1)) {
        int end = start + capacity < count ? start + capacity : count;
        model_session_rewind(s, 0, 0);
        for (int at = start; at < end; at += CHUNK) {
            int n = end - at < CHUNK ? end - at : CHUNK;
            model_session_score(s, 0, ids + at, n, logits);
            for (int i = at; i < at + n && i + 1 < count; i++) {
                if (i + 1 == known)
                    logs[known++] =
                        log_softmax_at(logits + (size_t)(i - at) * (size_t)vocab, vocab, ids[i + 1]);
            }
        }
    }
    free(logits);
}

/* The bytes of text that ids stand for. */
static size_t text_size(const Lm *lm, const int *ids, size_t count)
{
    Error ignored = {""};
    size_t size = 0;
    char *text = tokenizer_decode(lm->tokenizer, ids, count, false, &size, &ignored);
    free(text);
    return text ? size : 0;
}

/* How many tokens at the beginning two lists share. */
static size_t shared(const TokenList *a, const TokenList *b)
{
    size_t n = 0;
    while (n < a->count && n < b->count && a->ids[n] == b->ids[n])
        n++;
    return n;
}

/* The tokens of both texts together and, in *first, which of them is the first to be scored. */
static bool encode_both(const Lm *lm, const char *prompt, const char *continuation, TokenList *whole,
                        size_t *first, Error *e)
{
    TokenList alone = {0};
    size_t size = strlen(prompt) + strlen(continuation) + 1;
    char *text = memory_new(size);
    snprintf(text, size, "%s%s", prompt, continuation);
    bool good = lm_encode(lm, text, true, whole, e) && lm_encode(lm, prompt, true, &alone, e);
    *first = shared(&alone, whole);
    tokenizer_tokens_free(&alone);
    free(text);
    return good;
}

bool lm_score(Lm *lm, const char *prompt, const char *continuation, LmScore *score, double *each, Error *e)
{
    TokenList ids = {0};
    size_t first = 0;
    *score = (LmScore){0, 0, 0};
    bool good = encode_both(lm, prompt, continuation, &ids, &first, e) &&
                model_lm_session(lm, 1, (long)ids.count, lm->model->config.context, e);
    if (good && ids.count > 1) {
        double *logs = memory_new(sizeof *logs * ids.count);
        first = first > 0 ? first : 1;
        score_ids(lm, ids.ids, (int)ids.count, logs);
        for (size_t i = first; i < ids.count; i++) {
            score->log_probability += logs[i];
            if (each)
                each[score->tokens] = logs[i];
            score->tokens++;
        }
        score->bytes = strlen(prompt) + strlen(continuation) - text_size(lm, ids.ids, first);
        free(logs);
    }
    tokenizer_tokens_free(&ids);
    return good;
}

/* ---- hidden states ------------------------------------------------------------------------------- */

static bool hidden_of(Lm *lm, const TokenList *ids, float *states, Error *e)
{
    const ModelConfig *c = &lm->model->config;
    if (c->family == MODEL_BERT)
        model_encode(lm->model, ids->ids, ids->types, (int)ids->count, states);
    else if (!model_lm_session(lm, 1, (long)ids->count, c->context, e))
        return false;
    else
        model_session_hidden(lm->session, 0, ids->ids, (int)ids->count, states);
    return true;
}

float *lm_hidden(Lm *lm, const char *text, int *count, Error *e)
{
    const ModelConfig *c = &lm->model->config;
    TokenList ids = {0};
    float *states = NULL;
    bool good = lm_encode(lm, text, true, &ids, e);
    if (good && (ids.count == 0 || ids.count > (size_t)c->context))
        good = error_set(e, "the text has %zu tokens; the model reads 1 to %d", ids.count, c->context);
    *count = (int)ids.count;
    if (good) {
        states = memory_new(sizeof *states * ids.count * (size_t)c->channels);
        good = hidden_of(lm, &ids, states, e);
    }
    tokenizer_tokens_free(&ids);
    if (good)
        return states;
    free(states);
    return NULL;
}

/* x (n) gets the length 1; a vector of zeros stays. */
static void normalise(float *x, int n)
{
    double squares = 0;
    for (int i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    for (int i = 0; i < n && squares > 0; i++)
        x[i] = (float)((double)x[i] / sqrt(squares));
}

bool lm_embed(Lm *lm, const char *text, LmPooling pooling, float *embedding, Error *e)
{
    int n, channels = lm->model->config.channels;
    float *states = lm_hidden(lm, text, &n, e);
    if (!states)
        return false;
    int from = pooling == LM_POOLING_LAST ? n - 1 : 0, to = pooling == LM_POOLING_FIRST ? 1 : n;
    for (int j = 0; j < channels; j++) {
        double sum = 0;
        for (int i = from; i < to; i++)
            sum += (double)states[(size_t)i * (size_t)channels + (size_t)j];
        embedding[j] = (float)(sum / (to - from));
    }
    normalise(embedding, channels);
    free(states);
    return true;
}
