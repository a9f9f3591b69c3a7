/* lm.c -- a folder is opened, texts become ids, and a session is kept for the calls that need one. */
#include "common/model/lm_parts.h"

#include "common/base/arena.h"
#include "common/model/folder.h"

#include <stdlib.h>
#include <string.h>

Lm *lm_of(const ModelRun *model, const Tokenizer *tokenizer, const char *name)
{
    Lm *lm = memory_zero(1, sizeof *lm);
    lm->model = model;
    lm->tokenizer = tokenizer;
    lm->name = memory_string(name);
    error_set(&lm->no_tokenizer, "%s: there is no tokenizer", name);
    return lm;
}

Lm *lm_open(const char *folder, QuantKind kind, Error *e)
{
    Error none = {""};
    ModelSampling sampling = model_sampling_plain();
    bool samples = false;
    ModelRun *model =
        model_folder_sampling(folder, &sampling, &samples, e) ? model_run_load(folder, kind, e) : NULL;
    if (!model)
        return NULL;
    Tokenizer *tokenizer = model_folder_tokenizer(folder, model->config.vocab, NULL, &none);
    Lm *lm = lm_of(model, tokenizer, folder);
    lm->own_model = model;
    lm->own_tokenizer = tokenizer;
    lm->sampling = sampling;
    lm->samples = samples;
    if (!tokenizer)
        lm->no_tokenizer = none;
    return lm;
}

void lm_close(Lm *lm)
{
    if (!lm)
        return;
    model_session_free(lm->session);
    tokenizer_free(lm->own_tokenizer);
    model_run_free(lm->own_model);
    free(lm->name);
    free(lm);
}

const ModelRun *lm_model(const Lm *lm)
{
    return lm->model;
}

const Tokenizer *lm_tokenizer(const Lm *lm, Error *e)
{
    if (!lm->tokenizer)
        error_set(e, "%s", lm->no_tokenizer.text);
    return lm->tokenizer;
}

bool lm_writes(const Lm *lm, Error *e)
{
    return lm->model->config.family != MODEL_BERT ||
           error_set(e, "%s: a bert fills gaps in a text and does not continue it", lm->name);
}

bool lm_sampling(const Lm *lm, ModelSampling *s)
{
    if (lm->samples)
        *s = lm->sampling;
    return lm->samples;
}

bool lm_encode(const Lm *lm, const char *text, bool special, TokenList *ids, Error *e)
{
    size_t before = ids->count;
    if (!lm_tokenizer(lm, e) || !tokenizer_encode(lm->tokenizer, text, strlen(text), special, ids, e))
        return false;
    for (size_t i = before; i < ids->count; i++) {
        if (ids->ids[i] >= lm->model->config.vocab)
            return error_set(e, "%s: the token '%.60s' has the number %d, but the model has %d tokens",
                             lm->name, tokenizer_token(lm->tokenizer, ids->ids[i]), ids->ids[i],
                             lm->model->config.vocab);
    }
    return true;
}

/* Appends the ids of a text that has all its tokens; false if it has none. */
static bool add_ids(const Lm *lm, const char *text, bool special, TokenList *ids)
{
    Error ignored = {""};
    TokenList list = {0};
    bool good = lm->tokenizer && lm_encode(lm, text, special, &list, &ignored) &&
                tokenizer_complete(&list, &ignored) && list.count > 0;
    for (size_t i = 0; good && i < list.count; i++)
        tokenizer_tokens_add(ids, list.ids[i], 0);
    tokenizer_tokens_free(&list);
    return good;
}

void lm_start(const Lm *lm, TokenList *ids)
{
    const ModelConfig *c = &lm->model->config;
    if (add_ids(lm, "", true, ids))
        return;
    if (c->end_count > 0 && c->ends[0] >= 0 && c->ends[0] < c->vocab)
        tokenizer_tokens_add(ids, c->ends[0], 0);
    else if (!add_ids(lm, "\n", false, ids))
        tokenizer_tokens_add(ids, 0, 0);
}

void lm_cache(Lm *lm, ModelCacheKind kind)
{
    model_session_free(lm->session);
    lm->session = NULL;
    lm->cache = kind;
}

bool model_lm_session(Lm *lm, int lanes, long tokens, int limit, Error *e)
{
    if (!lm_writes(lm, e))
        return false;
    int wanted = tokens < limit ? (int)tokens : limit;
    int held = lm->session && lm->lanes == lanes ? model_session_capacity(lm->session) : 0;
    if (held < wanted || (held > wanted && tokens > limit)) { /* a longer cache would be full later */
        model_session_free(lm->session);
        lm->session = model_session_new_in(lm->model, lanes, wanted, lm->cache);
        lm->lanes = lanes;
    }
    for (int i = 0; i < lanes; i++)
        model_session_rewind(lm->session, i, 0);
    return true;
}
