/* pretrain.h -- the parts of pretrain_gpt: what it is told, what it reads, what it trains. What trainers share
 * is in run.h. */
#ifndef CH05_PRETRAIN_H
#define CH05_PRETRAIN_H

#include "ch05/run.h"
#include "common/model/decoder.h"

/* ---- settings: pretrain_settings.c --------------------------------------------------------------- */

#define SETTINGS_CORPUS "common/text/tinyshakespeare.txt" /* where --corpus is not given */

typedef enum Form { FORM_GPT2, FORM_LLAMA } Form;

typedef struct Settings {
    RunSettings run;
    const char *corpus, *shards, *tokenizer,
        *apart; /* shards: a folder, or NULL; then `corpus` is it, too */
    int form;   /* Form */
    int layers, heads, kv_heads, channels, context, vocab;
    int accumulate, eval_batches, sample, ranks, zero;
    float dropout, z_loss;
    bool pack, align, document_mask, qk_norm;
} Settings;

/* Without options: a small model on SETTINGS_CORPUS. */
Settings settings_new(void);

/* Ends the program with one line if an option is wrong. */
Settings settings_parse(int argc, char **argv);

/* What they ask for: of gpt2 the sizes of GPT-2; of llama heads that share keys, a gated feed-forward network of as
 * many weights, and with normalised heads a qwen3. end: the token that ends texts, or -1. */
ModelConfig settings_model(const Settings *s, int vocab, int end);

/* The lines of run_notes that must be the same when a run is resumed: the model. */
void settings_note_model(const Settings *s, char *text, size_t size);

/* ---- data: pretrain_data.c ----------------------------------------------------------------------- */

typedef struct Data {
    Tokenizer *tokenizer;
    int *ids;            /* (count) */
    size_t count, train; /* tokens in all; the first `train` are for training */
    size_t characters,
        documents; /* of the text; characters is 0 of shards, documents where none are told apart */
    size_t *starts[2], windows[2]; /* --align: where windows begin in either part, and how many there are */
    int end;                       /* the token after each document, or -1 */
} Data;

/* Reads the corpus and makes or reads the tokenizer; ends the program with one line if that fails. */
Data data_load(const Settings *s);
void data_free(Data *d);

/* What a resumed run must share with the one before, and what it should (run_notes). The caller frees
 * it. */
char *data_notes(const Settings *s, const Data *d);

/* ---- batches: pretrain_batch.c ------------------------------------------------------------------- */

typedef struct Batch {
    const Settings *settings;
    int rows;   /* B */
    int *x, *y; /* (B,T) a batch, and the same one token later */
    int *first,
        *positions; /* (B,T) --document-mask: where documents begin (text_corpus_documents); else NULL */
} Batch;

/* With room for all rows of a step, --accumulate x --batch. */
Batch batch_new(const Settings *s);
void batch_free(Batch *b);

/* Some rows of a batch, as one that shares its memory: what goes through the model at once. */
Batch batch_rows(const Batch *b, int first, int rows);

/* Draws a batch from what is for training, or from what is held out. */
void batch_draw(Batch *b, const Data *d, bool held_out, Rng *rng);

/* Its mean cross-entropy; with z > 0 the z-loss is added. */
Tensor *batch_loss(Graph *g, const Batch *b, const ModelDecoder *m, float z);

/* Continues what a text begins with, under a title. */
void print_sample(const Settings *s, const Data *d, const ModelDecoder *m, const char *title, int count);

#endif
