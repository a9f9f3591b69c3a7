/* folder.h -- a model's folder as on Hugging Face: what all that read one have in common.
 *
 *     config.json                     the shape of the model
 *     model.safetensors               its weights, or
 *     model.safetensors.index.json    in which of several files each weight is
 *     tokenizer.json                  the names of its tokens
 *     generation_config.json          the tokens that end a text, and how to sample; often missing
 *
 * Nothing in a folder is trusted: every number is checked for its type and range,
 * the product of the sizes too, and a family, an activation or a kind of positions
 * that is not known is an error that names it. */
#ifndef MODEL_FOLDER_H
#define MODEL_FOLDER_H

#include "common/base/error.h"
#include "common/model/run.h"
#include "common/model/sample.h"
#include "common/nn/layers.h"
#include "common/tokenizer/tokenizer.h"

enum { MODEL_FOLDER_PATH = 4096 };

/* path = folder/name; false and *e if it is too long. */
bool model_folder_path(char path[MODEL_FOLDER_PATH], const char *folder, const char *name, Error *e);

/* Reads folder/config.json. Which tokens end a text is taken from generation_config.json where that
 * names them. */
bool model_folder_config(const char *folder, ModelConfig *c, Error *e);

/* How generation_config.json recommends to sample: *samples and *sampling, when it says "do_sample" and
 * names a value. It stays false where there is no such file, and *sampling as it was. */
bool model_folder_sampling(const char *folder, ModelSampling *sampling, bool *samples, Error *e);

/* Writes folder/config.json, with the keys of transformers, and folder/model.safetensors: the parameters, half: as
 * F16. Makes the folder; each file is written beside its target and renamed over it. */
bool model_folder_save(const ModelConfig *c, const Params *params, bool half, const char *folder, Error *e);

/* ---- the weights, in one file or in several ------------------------------------------------------ */

typedef struct ModelFiles ModelFiles;

/* Opens model.safetensors or, if there is none, what the index names, and checks
 * that each weight is in the file that the index says and in no other. NULL and *e. */
ModelFiles *model_files_open(const char *folder, Error *e);
void model_files_close(ModelFiles *w); /* w may be NULL */

bool model_files_has(const ModelFiles *w, const char *name);

/* The name of the file that has a tensor, or should have it. */
const char *model_files_file(const ModelFiles *w, const char *name);

/* As model_safetensors_read. The size of the file bounds what it may claim, so look
 * with model_files_check, which reads nothing, before memory is taken. */
bool model_files_check(const ModelFiles *w, const char *name, int rank, const int *shape, bool transposed,
                       Error *e);
bool model_files_read(const ModelFiles *w, const char *name, int rank, const int *shape, float *out,
                      bool transposed, Error *e);

/* ---- the tokenizer ------------------------------------------------------------------------------- */

/* Reads folder/tokenizer.json, which must have all of `needed` (NULL-terminated, or NULL), each of them
 * below the model's `vocab`. It may have fewer tokens than the model has rows, or more: tokens that were
 * added to a tokenizer alone. So whoever encodes looks at the ids (lm_encode does). NULL and *e.
 * tokenizer_free frees it. */
Tokenizer *model_folder_tokenizer(const char *folder, int vocab, const char *const *needed, Error *e);

/* ---- the whole ----------------------------------------------------------------------------------- */

/* Reads a model, its matrices rounded as kind says. NULL and *e, which names the file
 * and what was expected. model_run_free frees it. */
ModelRun *model_run_load(const char *folder, QuantKind kind, Error *e);

#endif
