/* checkpoint.h -- a GPT or a BERT as a folder: config.json and model.safetensors, as on Hugging Face.
 *
 * Each file is written beside its target and renamed over it, so a training
 * that is killed leaves the last checkpoint whole. */
#ifndef NN_CHECKPOINT_H
#define NN_CHECKPOINT_H

#include "common/base/error.h"
#include "common/nn/bert.h"
#include "common/nn/gpt.h"

/* Writes folder/config.json and folder/model.safetensors; makes the folder. */
bool nn_gpt_save(const Gpt *m, const char *folder, Error *e);

/* The same with each weight rounded to 16 bits (F16), which halves the file. */
bool nn_gpt_save_half(const Gpt *m, const char *folder, Error *e);

/* Reads them back. NULL and *e, which names the file and what was expected,
 * if anything is missing, malformed or of another shape. nn_gpt_free frees it. */
Gpt *nn_gpt_load(const char *folder, Error *e);

/* The same for a BERT, as transformers' BertForMaskedLM reads and writes it. Loading also takes the folders of
 * others that have its masked language model, with or without "bert." in front of the names, and the names
 * that the first of them gave to norms (gamma and beta); what else a folder holds (a pooler) stays there. */
bool nn_bert_save(const Bert *m, const char *folder, Error *e);
bool nn_bert_save_half(const Bert *m, const char *folder, Error *e);
Bert *nn_bert_load(const char *folder, Error *e);

#endif
