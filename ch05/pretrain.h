/* pretrain.h -- the parts of pretrain_gpt: what it is told, what it reads. What trainers share is in
 * run.h. */
#ifndef CH05_PRETRAIN_H
#define CH05_PRETRAIN_H

#include "ch05/run.h"
#include "common/model/decoder.h"

/* ---- settings: pretrain_settings.c --------------------------------------------------------------- */

#define SETTINGS_CORPUS "common/text/tinyshakespeare.txt" /* where --corpus is not given */

typedef struct Settings {
    RunSettings run;
    const char *corpus, *tokenizer, *apart;
    int layers, heads, channels, context, vocab;
    int accumulate, eval_batches, sample;
    float dropout;
    bool pack, align;
} Settings;

/* Ends the program with one line if an option is wrong. */
Settings settings_parse(int argc, char **argv);

/* ---- data: pretrain_data.c ----------------------------------------------------------------------- */

typedef struct Data {
    Tokenizer *tokenizer;
    int *ids;                      /* (count) */
    size_t count, train;           /* tokens in all; the first `train` are for training */
    size_t characters, documents;  /* of the text; documents is 0 where they are not told apart */
    size_t *starts[2], windows[2]; /* --align: where windows begin in either part, and how many there are */
    int end;                       /* the token after each document, or -1 */
} Data;

/* Reads the corpus and makes or reads the tokenizer; ends the program with one line if that fails. */
Data data_load(const Settings *s);
void data_free(Data *d);

/* What a resumed run must share with the one before, and what it should (run_notes). The caller frees
 * it. */
char *data_notes(const Settings *s, const Data *d, int processes);

#endif
