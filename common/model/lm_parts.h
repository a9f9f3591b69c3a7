/* lm_parts.h (inside) -- what an Lm is made of. Users include lm.h. */
#ifndef MODEL_LM_PARTS_H
#define MODEL_LM_PARTS_H

#include "common/model/lm.h"
#include "common/model/session.h"

struct Lm {
    const ModelRun *model;
    const Tokenizer *tokenizer; /* NULL: none */
    ModelRun *own_model;        /* what lm_close frees, or NULL */
    Tokenizer *own_tokenizer;
    ModelSession *session; /* of the last call, or NULL */
    int lanes;             /* of the session */
    ModelCacheKind cache;
    char *name;
    Error no_tokenizer; /* why there is none */
    bool samples;       /* generation_config.json recommends `sampling` */
    ModelSampling sampling;
};

/* An empty session in which each of `lanes` texts may hold `tokens`, at most `limit` of them at a time.
 * False and *e if the model is a bert. */
bool model_lm_session(Lm *lm, int lanes, long tokens, int limit, Error *e);

#endif
