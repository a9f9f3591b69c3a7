/* run.h -- what the trainers of this chapter share: the options of a run, its folder, its log, its end.
 *
 *     config.json, tokenizer.json    the same from the first step to the last
 *     model.safetensors              the model, which generate, fill_mask and others read
 *     training.safetensors           all that the run needs to continue: weights, moments, random state
 *     log.jsonl, loss.svg            what came of each step, and its picture
 *     loss_band.svg                  with --band: that beside what several seeds left
 *
 * Each of them is written beside and renamed, so that a kill at any moment leaves something whole. While
 * training, the two that change need not be of the same step: what must agree is in one file. */
#ifndef CH05_RUN_H
#define CH05_RUN_H

#include "common/base/base.h"
#include "common/model/log.h"
#include "common/model/resume.h"
#include "common/nn/nn.h"
#include "common/tokenizer/tokenizer.h"

/* ---- options ------------------------------------------------------------------------------------- */

typedef struct RunSettings {
    NnTraining training;
    LossBandSettings band;
    const char *out;
    int eval_every, save_every; /* steps; save_every 0: as eval_every */
    bool half, resume, quick;
    int language; /* of the picture */
} RunSettings;

/* --eval-every, --save-every, --resume, --out, --half, --quick, which says what `quick` says; then those of
 * nn/train.h, the band and the picture. */
typedef struct RunOptions {
    NnTrainingOptions training;
    LossBandOptions band;
    Option items[11];
} RunOptions;
void run_options(RunOptions *o, RunSettings *s, const char *quick);

/* Ends the program with one line if they do not go together. */
void run_check(RunSettings *s);

/* ---- a run --------------------------------------------------------------------------------------- */

/* Writes a model into a folder, with 16 bits a weight if half. */
typedef bool RunSave(const void *model, bool half, const char *folder, Error *e);

typedef struct Run {
    const RunSettings *settings;
    bool writes; /* the files: of several processes only the first does */
    const Tokenizer *tokenizer;
    const void *model;
    RunSave *save;
    ModelResume state;
    const char *notes; /* of run_notes */
    Graph *graph;
    ModelLog *log;
    Progress bar;
    double busy, tokens; /* seconds in steps since the start, and the tokens that went through */
} Run;

/* A line for each setting: those in `fixed` must be the same when a run is resumed, those in `more` and
 * the shared ones are told when they have changed. The caller frees it. */
char *run_notes(const RunSettings *s, const char *fixed, const char *more);

/* A number that tells token lists apart (FNV-1a; Fowler, Noll and Vo, 1991). */
uint64_t run_hash(const int *ids, size_t count);

/* Puts a new model in the folder, or reads the run that is there; opens the log. Ends the program with
 * one line if that cannot be, such as for an unwritable folder: before the work, not after it. */
void run_begin(Run *r);

/* Whether the run is at its end, or at a step that a multiple of `every` (0: none) counts. */
bool run_ended(const Run *r);
bool run_due(const Run *r, int every);

/* Saves the state, and the model, when that is due. */
void run_save(const Run *r);
bool run_save_due(const Run *r);

/* Counts a step: state.step grows, the log gets its line and the terminal its progress. */
void run_count_step(Run *r, float loss, float norm, double tokens, double seconds);

/* Notes the losses of an evaluation in the log, and of held-out data whether it is the lowest; `right`:
 * per cent, or -1 where that is not measured. */
void run_note_evaluation(Run *r, float train, float held_out, double right);

/* Tokens a second since the start. */
double run_speed(const Run *r);

/* What a loss or a gradient that is not finite ends the run with, and where that comes from; text (512). */
const char *run_non_finite(const Run *r, long step, const char *what, float value, char text[512]);

/* From now on Ctrl-C and SIGTERM ask to stop instead of killing; the signal that came, or 0. */
void run_catch_signals(void);
int run_signal(void);

/* Closes the log, draws it (titles in both languages) and, if the band is meant for this run, compares. */
void run_finish(Run *r, const char *title_en, const char *title_zh, const char *band, bool compare);

/* folder/name, where the folder is that of the settings. */
const char *run_path(const RunSettings *s, const char *name, char path[4096]);

/* ---- inside: run_folder.c ------------------------------------------------------------------------ */

void run_folder_begin(const Run *r);
void run_folder_resume(Run *r);

#endif
