/* dataset.h -- the parts of dataset_build: what it is told, what becomes of a document, what is kept on the disk.
 *
 *     DIR/text-000000.txt    the documents that were kept, each followed by a line <|endoftext|>
 *     DIR/tokenizer.json     learnt from the first of these, or a copy of the one that was given
 *     DIR/tokens-000000.bin  their ids (common/text/shards.h), a file for each of the text's
 *     DIR/seen.log           hash and signature of each kept document, from which the hash tables are made again
 *     DIR/manifest.json      settings, inputs, counts, reasons of rejection, hashes; and where to continue
 *     DIR/report.md          the same for people
 *
 * The manifest is written anew, beside and renamed, whenever a shard is whole. Whatever is killed in between is done
 * again from there, to the same bytes. */
#ifndef CH04_DATASET_H
#define CH04_DATASET_H

#include "ch04/contamination.h"
#include "ch04/documents.h"
#include "ch04/hash_set.h"
#include "ch04/minhash.h"
#include "ch04/pii.h"
#include "ch04/quality.h"
#include "common/base/base.h"

#include <stdio.h>

#define END_OF_TEXT "<|endoftext|>"

/* ---- settings: dataset_settings.c ----------------------------------------------------------------------- */

typedef enum PersonalData { PERSONAL_MASK, PERSONAL_DROP, PERSONAL_KEEP } PersonalData;

typedef struct DatasetSettings {
    OptionList inputs;
    const char *out, *test, *tokenizer;
    int languages; /* 0: both, 1: Chinese, 2: English */
    int personal;  /* PersonalData */
    int shard_kb, context, vocab, bands, rows;
    float threshold, quality;
    bool resume, planted;
    bool sample; /* the book's own, as no --input is given */
    uint64_t seed;
    int language; /* of the picture */
} DatasetSettings;

/* Ends the program with one line if an option is wrong. */
DatasetSettings dataset_settings(int argc, char **argv);

/* ---- why a document is not kept ------------------------------------------------------------------------- */

typedef enum Reason {
    REASON_NOT_UTF8,
    REASON_NO_TEXT,
    REASON_EXACT,
    REASON_LANGUAGE,
    REASON_RULE, /* the first of QUALITY_RULES */
    REASON_CLASSIFIER = REASON_RULE + QUALITY_RULES,
    REASON_NEAR,
    REASON_TEST,
    REASON_PERSONAL,
    REASONS /* none: it is kept */
} Reason;

/* "exact copy"; "too few stop words (Gopher)". */
const char *reason_name(Reason r);

/* The stages of the funnel, in the order in which a document meets them. */
typedef enum Stage {
    STAGE_TEXT,
    STAGE_EXACT,
    STAGE_LANGUAGE,
    STAGE_RULES,
    STAGE_CLASSIFIER,
    STAGE_NEAR,
    STAGE_TEST,
    STAGE_PERSONAL,
    STAGES
} Stage;
Stage reason_stage(Reason r);

typedef struct Tally {
    long documents, bytes;
} Tally;

typedef struct DatasetCounts {
    Tally read;              /* bytes as they are in the files, uncompressed */
    Tally rejected[REASONS]; /* bytes of text */
    Tally kept[LANGUAGES];
    long lines_dropped, cut, personal[PII_KINDS];
} DatasetCounts;

/* ---- one document: dataset_prepare.c -------------------------------------------------------------------- */

/* What does not change while documents pass: threads share it. */
typedef struct Judges {
    const DatasetSettings *settings;
    LanguageModel *language;
    QualityClassifier *classifier;
    Contamination test;
    MinHash hash;
} Judges;

typedef struct Prepared {
    char *text;          /* cleaned; size bytes and a zero byte, or NULL */
    size_t size, before; /* before: of its text, as it was taken out of the page */
    Language language;
    Reason reason; /* as far as one document alone can tell */
    uint64_t hash;
    uint16_t signature[MINHASH_MAX];
    int lines_dropped;
    int personal[PII_KINDS];
} Prepared;

/* Takes the text out, cleans it, and judges it. */
Prepared dataset_prepare(const Judges *j, const Document *d);

/* ---- the state: dataset_state.c, dataset_manifest.c ----------------------------------------------------- */

typedef struct Shard {
    char name[24];
    long documents, bytes, tokens; /* of text; of ids: tokens alone */
    uint64_t hash;                 /* XXH3 of the file */
} Shard;

typedef struct ShardList {
    Shard *items;
    int count;
} ShardList;

enum { DATASET_FAULTS = 100 }; /* damaged files that are listed; all are counted */

typedef struct Dataset {
    const DatasetSettings *settings;
    Documents *documents;
    HashSet exact;
    LshIndex near;
    DatasetCounts counts;
    DocumentsPosition position; /* all before it are in shards or rejected */
    ShardList text, tokens;
    char *faults[DATASET_FAULTS];
    long fault_count;
    FILE *log; /* seen.log, at its end */
    long log_bytes;
    int *carry; /* ids of documents that do not fill a sequence yet */
    int carried;
    int vocab;     /* of the tokenizer, 0: there is none yet */
    bool complete; /* all is done */
} Dataset;

/* Opens the inputs and the folder: empty, or with --resume as the manifest has it. Ends the program with one line if
 * that fails. */
Dataset dataset_open(const DatasetSettings *s);
void dataset_free(Dataset *d); /* of what it has; one that was never opened has no log */

/* DIR/name. */
char *dataset_path(const Dataset *d, const char *name, char path[4096]);

/* Remembers a kept document. */
void dataset_remember(Dataset *d, const Prepared *p);

void shard_add(ShardList *l, Shard s);
uint64_t shard_hash(const char *bytes, size_t size);

/* Notes a file that is damaged: the rest of it is not read. */
void dataset_fault(Dataset *d, const char *what);

/* Writes seen.log and then the manifest to the disk: from now on the work continues here. */
bool dataset_save(Dataset *d, Error *e);

/* Reads a manifest that was made with these settings and inputs. False and *e if it was not, or is none. */
bool dataset_read_manifest(Dataset *d, const char *path, Error *e);
bool dataset_write_manifest(const Dataset *d, Error *e);

/* ---- tokens: dataset_tokens.c --------------------------------------------------------------------------- */

/* Learns or copies the tokenizer, and makes a shard of ids of each shard of text that has none yet. */
bool dataset_tokenize(Dataset *d, Error *e);

/* ---- for people: dataset_report.c ----------------------------------------------------------------------- */

void dataset_print(const Dataset *d);
bool dataset_report(const Dataset *d, Error *e);

/* Its picture, funnel.svg. */
void dataset_draw(const Dataset *d);

#endif
