/* run_folder.c -- the folder of a run, and what a resumed run must share with the one before.
 *
 * Only a new run in an old folder has several files to replace: all of them are written whole before the
 * first is renamed. */
#include "ch05/run.h"

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

const char *run_path(const RunSettings *s, const char *name, char path[4096])
{
    return path_in(s->out, name, path);
}

/* ---- notes --------------------------------------------------------------------------------------- */

uint64_t run_hash(const int *ids, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)ids[i]) * 0x100000001b3u;
    return hash;
}

/* Between the lines that must agree and the others stands an empty one. */
char *run_notes(const RunSettings *s, const char *fixed, const char *more)
{
    const NnTraining *t = &s->training;
    size_t size = strlen(fixed) + strlen(more) + 512;
    char *text = memory_new(size);
    snprintf(text, size,
             "%s--optimizer %s\n\n%s--batch %d\n--steps %d\n--schedule %s\n--warmup %d\n--decay %d\n--lr "
             "%g\n--min-lr %g\n"
             "--muon-lr %g\n--weight-decay %g\n--beta2 %g\n--clip %g\n--seed %" PRIu64
             "\nweights saved in %d bits\n",
             fixed, nn_optimizer_names[t->optimizer], more, t->batch, t->steps,
             nn_schedule_names[t->schedule], t->warmup, t->decay, (double)t->rate, (double)t->min_rate,
             (double)t->muon_rate, (double)t->weight_decay, (double)t->beta2, (double)t->clip, t->seed,
             s->half ? 16 : 32);
    return text;
}

/* Goes through both line by line. */
static void compare_notes(const char *before, const char *now, const char *path)
{
    for (bool fixed = true; *now;) {
        int old = (int)strcspn(before, "\n"), new = (int)strcspn(now, "\n");
        fixed = fixed && new > 0;
        if (old != new || memcmp(before, now, (size_t) new) != 0) {
            if (fixed)
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

/* ---- saving -------------------------------------------------------------------------------------- */

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

/* Weights that are not those of config.json and tokenizer.json must never be seen: where these two
 * change, the old weights go first, and the model comes last. */
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

void run_folder_begin(const Run *r)
{
    const RunSettings *s = r->settings;
    Error e = {""};
    char stage[MODEL_FOLDER_PATH], path[MODEL_FOLDER_PATH];
    path_in(s->out, "new.part", stage);
    if (!file_make_directory(s->out, &e))
        error_exit(&e);
    if (!r->save(r->model, s->half, stage, &e) ||
        !tokenizer_save(r->tokenizer, path_in(stage, "tokenizer.json", path), &e) ||
        !model_resume_save(&r->state, r->notes, path_in(stage, "training.safetensors", path), &e)) {
        remove_stage(stage);
        error_exit(&e);
    }
    put_in_place(stage, s->out);
}

void run_save(const Run *r)
{
    const RunSettings *s = r->settings;
    Error e = {""};
    char path[MODEL_FOLDER_PATH];
    /* The model first: a kill after it leaves steps to do, and they save it again. */
    if (r->writes &&
        (!r->save(r->model, s->half, s->out, &e) ||
         !model_resume_save(&r->state, r->notes, run_path(s, "training.safetensors", path), &e)))
        error_exit(&e);
}

void run_folder_resume(Run *r)
{
    Error e = {""};
    char path[MODEL_FOLDER_PATH];
    run_path(r->settings, "training.safetensors", path);
    char *before = model_resume_notes(path, &e);
    if (!before)
        error_exit(&e);
    compare_notes(before, r->notes, path);
    free(before);
    if (!model_resume_load(&r->state, path, &e))
        error_exit(&e);
}
