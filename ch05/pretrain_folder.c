/* pretrain_folder.c -- what a training leaves, so that a kill at any moment leaves something whole.
 *
 *     config.json, tokenizer.json    the same from the first step to the last
 *     model.safetensors              the model, which ch05/generate and others read
 *     training.safetensors           all that the training needs to go on: weights, moments, random state
 *     log.jsonl, loss.svg            what came of each step, and its picture
 *
 * Each of them is written beside and renamed. While training, the two that change need not be of the same step:
 * what must agree is in one file. Only a new training in an old folder has several files to replace. */
#include "ch05/pretrain.h"

#include "common/model/checkpoint.h"
#include "common/model/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *path_in(const char *folder, const char *name, char path[MODEL_FOLDER_PATH])
{
    Error e = {""};
    if (!model_folder_path(path, folder, name, &e))
        error_exit(&e);
    return path;
}

const char *folder_path(const Settings *s, const char *name, char path[4096])
{
    return path_in(s->out, name, path);
}

/* ---- notes ------------------------------------------------------------------------------------------ */

enum { MUST_AGREE = 7 }; /* the first lines of the notes */

/* FNV-1a (Fowler, Noll and Vo, 1991). */
static uint64_t hash_of(const int *ids, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)ids[i]) * 0x100000001b3u;
    return hash;
}

/* A tokenizer from a file is known by the tokens that it has made of the text, wherever the file lies now. */
static void note_tokenizer(const Settings *s, char *text, size_t size)
{
    if (strcmp(s->tokenizer, "bpe") == 0)
        snprintf(text, size, "--tokenizer bpe --vocab %d%s%.100s", s->vocab, s->apart ? " --apart " : "",
                 s->apart ? s->apart : "");
    else
        snprintf(text, size, "%s",
                 strcmp(s->tokenizer, "char") == 0 ? "--tokenizer char" : "a tokenizer from a file");
}

char *folder_notes(const Settings *s, const Data *d, int processes)
{
    char *text = memory_new(1024), tokenizer[160];
    note_tokenizer(s, tokenizer, sizeof tokenizer);
    snprintf(
        text, 1024,
        "--layers %d\n--heads %d\n--channels %d\n--context %d\n%s\n%d kinds of tokens\n"
        "%zu tokens of text (%016" PRIx64 ")\n"
        "--batch %d\nbatches a step: %d\n--steps %d\n--schedule %s\n--warmup %d\n--lr %g\n--min-lr %g\n"
        "--weight-decay %g\n--beta2 %g\n--clip %g\n--dropout %g\n--eval-batches %d\n--seed %" PRIu64
        "\nwindows that begin %s\n--decay %d\nweights saved in %d bits\n",
        s->layers, s->heads, s->channels, s->context, tokenizer, tokenizer_count(d->tokenizer), d->count,
        hash_of(d->ids, d->count), s->training.batch, s->accumulate * processes, s->training.steps,
        nn_schedule_names[s->training.schedule], s->training.warmup, (double)s->training.rate,
        (double)s->training.min_rate, (double)s->training.weight_decay, (double)s->training.beta2,
        (double)s->training.clip, (double)s->dropout, s->eval_batches, s->training.seed,
        s->align ? "with documents" : "anywhere", s->training.decay, s->half ? 16 : 32);
    return text;
}

/* Goes through both line by line. */
static void compare_notes(const char *before, const char *now, const char *path)
{
    for (int line = 0; *now; line++) {
        int old = (int)strcspn(before, "\n"), new = (int)strcspn(now, "\n");
        if (old != new || memcmp(before, now, (size_t) new) != 0) {
            if (line < MUST_AGREE)
                error_exitf("%s: this training has %.*s, which cannot become %.*s", path, old, before, new,
                            now);
            Error told = {""}; /* hides control characters */
            error_set(&told, "resumed with %.*s in place of %.*s", new, now, old, before);
            puts(told.text);
        }
        before += old + (before[old] != '\0');
        now += new + (now[new] != '\0');
    }
}

/* ---- saving ----------------------------------------------------------------------------------------- */

static const char *const files[] = {"config.json", "tokenizer.json", "training.safetensors",
                                    "model.safetensors"}; /* as they are put in their place */
enum { FILES = sizeof files / sizeof *files };

static bool same_bytes(const char *a_path, const char *b_path)
{
    size_t a_size = 0, b_size = 0;
    char *a = file_read(a_path, &a_size, NULL), *b = file_read(b_path, &b_size, NULL);
    bool same = a && b && a_size == b_size && memcmp(a, b, a_size) == 0;
    free(a);
    free(b);
    return same;
}

static void remove_stage(const char *stage)
{
    char path[MODEL_FOLDER_PATH];
    for (int i = 0; i < FILES; i++)
        unlink(path_in(stage, files[i], path));
    rmdir(stage);
}

/* Weights that are not those of config.json and tokenizer.json must never be seen: where these two change, the
 * old weights go first, and the model comes last. */
static void put_in_place(const char *stage, const char *folder)
{
    char from[MODEL_FOLDER_PATH], to[MODEL_FOLDER_PATH];
    bool same = true;
    for (int i = 0; i < 2; i++)
        same = same && same_bytes(path_in(stage, files[i], from), path_in(folder, files[i], to));
    for (int i = 2; i < FILES && !same; i++)
        unlink(path_in(folder, files[i], to));
    for (int i = 0; i < FILES; i++) {
        if (rename(path_in(stage, files[i], from), path_in(folder, files[i], to)) != 0)
            error_exitf("%s: cannot write: %s", to, strerror(errno));
    }
    rmdir(stage);
}

static bool save_model(const Settings *s, const ModelGpt *m, const char *folder, Error *e)
{
    return (s->half ? model_gpt_save_half : model_gpt_save)(m, folder, e);
}

void folder_begin(const Settings *s, const ModelGpt *m, const Data *d, const ModelResume *t,
                  const char *notes)
{
    Error e = {""};
    char stage[MODEL_FOLDER_PATH], path[MODEL_FOLDER_PATH];
    path_in(s->out, "new.part", stage);
    if (!file_make_directory(s->out, &e))
        error_exit(&e);
    if (!save_model(s, m, stage, &e) ||
        !tokenizer_save(d->tokenizer, path_in(stage, "tokenizer.json", path), &e) ||
        !model_resume_save(t, notes, path_in(stage, "training.safetensors", path), &e)) {
        remove_stage(stage);
        error_exit(&e);
    }
    put_in_place(stage, s->out);
}

void folder_save(const Settings *s, const ModelGpt *m, const ModelResume *t, const char *notes)
{
    Error e = {""};
    char path[MODEL_FOLDER_PATH];
    /* The model first: a kill behind it leaves steps to do, and they save it again. */
    if (!save_model(s, m, s->out, &e) ||
        !model_resume_save(t, notes, folder_path(s, "training.safetensors", path), &e))
        error_exit(&e);
}

void folder_resume(const Settings *s, ModelResume *t, const char *notes)
{
    Error e = {""};
    char path[MODEL_FOLDER_PATH];
    folder_path(s, "training.safetensors", path);
    char *before = model_resume_notes(path, &e);
    if (!before)
        error_exit(&e);
    compare_notes(before, notes, path);
    free(before);
    if (!model_resume_load(t, path, &e))
        error_exit(&e);
}
