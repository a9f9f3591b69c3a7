/* resume.h -- a training run as one file, from which it continues exactly.
 *
 * The file is in the format of safetensors and holds what must agree: the weights under
 * their names, as in model.safetensors; the optimizer's moments as optimizer.0.NAME and
 * optimizer.1.NAME; and in its metadata the step, the random numbers, the best loss so far
 * and notes of the program. It is written beside its target and renamed over it, so at any
 * moment there is one whole state, the older or the newer.
 *
 *     ModelResume state = {.params = &model->params, .optimizer = optimizer, .rng = rng};
 *     if (resume && !model_resume_load(&state, "out/training.safetensors", &e))
 *         error_exit(&e);
 *     for (; state.step < steps; state.step++)
 *         train_step(&state.rng, ...);
 *     model_resume_save(&state, settings, "out/training.safetensors", &e); */
#ifndef MODEL_RESUME_H
#define MODEL_RESUME_H

#include "common/base/error.h"
#include "common/nn/optim.h"

typedef struct ModelResume {
    const Params *params;
    Optimizer *optimizer;
    long step; /* steps done */
    Rng rng;   /* what draws the batches */
    float best;
    long best_step; /* the lowest held-out loss and its step; -1 before the first */
} ModelResume;

/* Writes path. notes is any text, such as the settings that a later run must share. */
bool model_resume_save(const ModelResume *t, const char *notes, const char *path, Error *e);

/* The notes of a file, so that they can be looked at first. NULL and *e if it is not the
 * state of a training. The caller frees them. */
char *model_resume_notes(const char *path, Error *e);

/* Fills the weights and moments that t points to, and the rest of *t. False and *e, which
 * names the file and the tensor or the entry, if anything is missing, malformed or of
 * another shape; weights and moments may then be filled in part. */
bool model_resume_load(ModelResume *t, const char *path, Error *e);

#endif
