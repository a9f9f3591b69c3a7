/* lm.h -- a language model in a few calls: a folder goes in, text comes out.
 *
 *     Error e = {""};
 *     Lm *lm = lm_open("ch05/models/book_gpt", QUANT_NONE, &e);
 *     char *text = lm ? lm_continue(lm, "Tim likes", NULL, &e) : NULL;
 *     if (!text)
 *         error_exit(&e);
 *     puts(text);
 *
 * Below it are the model as it runs (run.h), its session (session.h), the sampler (sample.h) and the
 * tokenizer. An Lm keeps a session between calls, so one thread at a time uses it; others wrap the same
 * model again with lm_of. */
#ifndef MODEL_LM_H
#define MODEL_LM_H

#include "common/base/options.h"
#include "common/model/run.h"
#include "common/model/sample.h"
#include "common/model/session.h"
#include "common/tokenizer/tokenizer.h"

typedef struct Lm Lm;

/* Opens a folder as on Hugging Face (folder.h); its matrices are quantised as kind says. A folder without
 * tokenizer.json serves for what works with ids. NULL and *e. lm_close frees it. */
Lm *lm_open(const char *folder, QuantKind kind, Error *e);

/* A model and a tokenizer (or NULL) that are in memory and outlive it; `name` stands for the folder in
 * messages. */
Lm *lm_of(const ModelRun *model, const Tokenizer *tokenizer, const char *name);
void lm_close(Lm *lm); /* lm may be NULL */

const ModelRun *lm_model(const Lm *lm);

/* NULL and *e, which may be NULL, if there is none. */
const Tokenizer *lm_tokenizer(const Lm *lm, Error *e);

/* How keys and values of the texts are kept from now on (session.h); in float32 at first. */
void lm_cache(Lm *lm, ModelCacheKind kind);

/* Whether the model can continue a text; a bert cannot, and *e says so. */
bool lm_writes(const Lm *lm, Error *e);

/* The sampling that the folder's generation_config.json recommends. False if it recommends none; *s
 * stays. */
bool lm_sampling(const Lm *lm, ModelSampling *s);

/* ---- tokens -------------------------------------------------------------------------------------- */

/* Appends the ids of a text; `special`: with what the tokenizer's template adds. Characters without a
 * token may be left out (tokenizer_complete). False and *e also where a token has no row in the model,
 * which happens when tokens were added to a tokenizer alone. */
bool lm_encode(const Lm *lm, const char *text, bool special, TokenList *ids, Error *e);

/* Appends the ids that a text begins with when there is no prompt: those of the template (BOS); else the
 * token that ends texts, as training put it between them; else a line break; else token 0. */
void lm_start(const Lm *lm, TokenList *ids);

/* ---- continue ------------------------------------------------------------------------------------ */

/* Is told each new token: its id, and the text that can be shown now, which is "" while a character or
 * perhaps a stop text is unfinished. A last call with id -1 brings what was held back, if anything was.
 * False ends the text. */
typedef bool LmShow(void *user, int id, const char *text);

typedef struct LmOptions {
    ModelSampling sampling; /* temperature 0: always the most probable token */
    int max;                /* new tokens at most */
    int context;          /* tokens that the cache holds; 0: what is needed, at most the model's context */
    int beams;            /* above 1: the most probable text that so many beams find (beam.h) */
    float length_penalty; /* of beams: alpha */
    const char *const *stops; /* (stop_count) the text ends before any of these, of which one may */
    int stop_count;           /* be a special token */
    bool ignore_ends;         /* go on after a token that ends a text */
    uint64_t seed;
    LmShow *show; /* or NULL */
    void *user;
} LmOptions;

/* At most 200 tokens, greedy; no beams, no stops, seed 1. */
LmOptions lm_options(void);

/* The options of programs that continue texts: --n, --temperature, --top-k, --top-p, --min-p, --repetition-penalty,
 * --beams, --length-penalty, --stop, --ignore-end, --context, --seed. stops gets what --stop names. */
typedef struct LmOptionGroup {
    Option items[13];
} LmOptionGroup;
LmOptionGroup lm_option_group(LmOptions *o, OptionList *stops);

/* After they were read: false and *e if a stop is empty, or if beams are to draw, too: if sampling or context is not
 * as `usual` has it. */
bool lm_options_check(const LmOptions *o, const OptionList *stops, const ModelSampling *usual, Error *e);

/* What continues the prompt: the new text alone, up to a stop or to a token that ends a text. o may be
 * NULL for lm_options(). When the context is full, the last half of it is read anew and the text goes
 * on; with beams it ends there. NULL and *e if the model is a bert, the prompt has no token, or it is
 * longer than the model's context. The caller frees it. */
char *lm_continue(Lm *lm, const char *prompt, const LmOptions *o, Error *e);

/* The same with ids: appends the new tokens, an ending one included. Needs no tokenizer unless there are
 * stops. */
bool lm_continue_ids(Lm *lm, TokenList *ids, const LmOptions *o, Error *e);

/* Several texts at once (any number), one token of each in every pass: texts (count), each of which the caller frees.
 * Text i draws with seed + i, as if it were alone. o->show and o->beams are not used. On an error no
 * text is there. */
bool lm_continue_all(Lm *lm, const char *const *prompts, int count, const LmOptions *o, char **texts,
                     Error *e);

/* ---- score and embed ----------------------------------------------------------------------------- */

typedef struct LmScore {
    double log_probability; /* the sum of ln p over the tokens */
    int tokens;             /* that were scored */
    size_t bytes;           /* of text that they stand for */
} LmScore;

/* How probable a continuation is after a prompt, which may be "": then the first token of a text without
 * BOS is not scored, for nothing predicts it. Both are cut into tokens together, and scored is what lies
 * after the tokens that the prompt alone has, too. Of a text longer than the context every token sees
 * at least half a context before it. each: NULL, or room for ln p of every scored token, of which there
 * are at most as many as bytes in both texts. */
bool lm_score(Lm *lm, const char *prompt, const char *continuation, LmScore *score, double *each, Error *e);

/* The hidden states after the last norm: (n,C), n in *count; the caller frees them. Of a bert and of a
 * decoder. NULL and *e if the text has no token or more than the context. */
float *lm_hidden(Lm *lm, const char *text, int *count, Error *e);

typedef enum LmPooling {
    LM_POOLING_MEAN,  /* of all hidden states */
    LM_POOLING_FIRST, /* the first: [CLS] of a bert */
    LM_POOLING_LAST   /* the last: the only one that a decoder lets see all of the text */
} LmPooling;

/* A text as one vector of length 1, so that the product of two is their cosine: embedding (C). */
bool lm_embed(Lm *lm, const char *text, LmPooling pooling, float *embedding, Error *e);

#endif
