/* pretrain.h -- the parts of pretrain_gpt: what it is told, what it reads, what it leaves. */
#ifndef CH05_PRETRAIN_H
#define CH05_PRETRAIN_H

#include "common/base/base.h"
#include "common/model/gpt.h"
#include "common/model/resume.h"
#include "common/nn/nn.h"
#include "common/tokenizer/tokenizer.h"

/* ---- settings: pretrain_settings.c ------------------------------------------------------------------ */

#define SETTINGS_CORPUS "common/text/tinyshakespeare.txt" /* where --corpus is not given */

typedef struct Settings {
    const char *corpus, *tokenizer, *apart, *out;
    int layers, heads, channels, context, vocab;
    NnTraining training;
    LossBandSettings band;
    int accumulate, eval_every, eval_batches, save_every, sample;
    float dropout;
    bool pack, align, half, quick, resume;
    int language; /* of the picture */
} Settings;

/* Ends the program with one line if an option is wrong. */
Settings settings_parse(int argc, char **argv);

/* ---- data: pretrain_data.c -------------------------------------------------------------------------- */

typedef struct Data {
    Tokenizer *tokenizer;
    int *ids;                      /* (count) */
    size_t count, train;           /* tokens in all; the first `train` are for training */
    size_t characters, documents;  /* of the text; documents is 0 where they are not told apart */
    size_t *starts[2], windows[2]; /* --align: where windows begin in either part, and how many there are */
    int end;                       /* the token behind each document, or -1 */
} Data;

/* Reads the corpus and makes or reads the tokenizer; ends the program with one line if that fails. */
Data data_load(const Settings *s);
void data_free(Data *d);

/* ---- the folder: pretrain_folder.c ------------------------------------------------------------------ */

/* What a resumed training must share with the one before, and what it should: a line each. The caller frees it. */
char *folder_notes(const Settings *s, const Data *d, int processes);

/* Puts a new model in the place of what is in the folder: all its files are written whole before the first
 * of them is renamed. Ends the program with one line if that fails. */
void folder_begin(const Settings *s, const ModelGpt *m, const Data *d, const ModelResume *t,
                  const char *notes);

/* Saves the state of the training and the model. */
void folder_save(const Settings *s, const ModelGpt *m, const ModelResume *t, const char *notes);

/* Reads the state again; says which settings have changed since, and ends the program if that cannot be. */
void folder_resume(const Settings *s, ModelResume *t, const char *notes);

/* folder/name, where the folder is that of the settings. */
const char *folder_path(const Settings *s, const char *name, char path[4096]);

#endif
