/* checkpoint.h -- a GPT or a BERT as a folder: config.json and model.safetensors, as on Hugging Face.
 *
 * Each file is written beside its target and renamed over it, so a training
 * that is killed leaves the last checkpoint whole. */
#ifndef MODEL_CHECKPOINT_H
#define MODEL_CHECKPOINT_H

#include "common/base/error.h"
#include "common/model/bert.h"
#include "common/model/gpt.h"

/* Writes folder/config.json and folder/model.safetensors; makes the folder. */
bool model_gpt_save(const ModelGpt *m, const char *folder, Error *e);

/* The same with each weight rounded to 16 bits (F16), which halves the file. */
bool model_gpt_save_half(const ModelGpt *m, const char *folder, Error *e);

/* Reads them back. NULL and *e, which names the file and what was expected,
 * if anything is missing, malformed or of another shape. model_gpt_free frees it. */
ModelGpt *model_gpt_load(const char *folder, Error *e);

/* The same for a BERT, as transformers' BertForMaskedLM reads and writes it. Loading also takes the folders of
 * others that have its masked language model, with or without "bert." in front of the names, and the names
 * that the first of them gave to norms (gamma and beta); what else a folder holds (a pooler) stays there. */
bool model_bert_save(const ModelBert *m, const char *folder, Error *e);
bool model_bert_save_half(const ModelBert *m, const char *folder, Error *e);
ModelBert *model_bert_load(const char *folder, Error *e);

#endif
