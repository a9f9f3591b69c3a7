/* resume.c -- the state of a training run in and out of a safetensors file. */
#define NN_INSIDE
#include "common/model/resume.h"

#include "common/model/safetensors.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOMENTS = 2, MOMENT_NAME = PARAM_NAME + 16, NUMBER_TEXT = 80 };

static const char *moment_name(char name[MOMENT_NAME], int which, const Param *p)
{
    snprintf(name, MOMENT_NAME, "optimizer.%d.%s", which, p->name);
    return name;
}

/* ---- out -------------------------------------------------------------------------------------------- */

static void add_number(SafetensorsWriter *w, const char *key, long value)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%ld", value);
    model_safetensors_add_metadata(w, key, text);
}

static void add_numbers(SafetensorsWriter *w, const ModelResume *t)
{
    char text[NUMBER_TEXT];
    add_number(w, "step", t->step);
    add_number(w, "optimizer_steps", *nn_optimizer_steps(t->optimizer));
    add_number(w, "best_step", t->best_step);
    snprintf(text, sizeof text, "%.9g", (double)t->best);
    model_safetensors_add_metadata(w, "best", text);
    snprintf(text, sizeof text, "%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64, t->rng.state[0],
             t->rng.state[1], t->rng.state[2], t->rng.state[3]);
    model_safetensors_add_metadata(w, "rng", text);
}

//> save
bool model_resume_save(const ModelResume *t, const char *notes, const char *path, Error *e)
{
    char name[MOMENT_NAME];
    SafetensorsWriter *w = model_safetensors_create(path, e);
    if (!w)
        return false;
    model_safetensors_add_metadata(w, "format", "pt");
    model_safetensors_add_metadata(w, "notes", notes);
    add_numbers(w, t);
    for (int i = 0; i < t->params->count; i++) {
        const Param *p = &t->params->items[i];
        model_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data,
                              p->transposed);
        for (int k = 0; k < MOMENTS; k++) {
            const float *moment = nn_optimizer_moment(t->optimizer, i, k);
            if (moment)
                model_safetensors_add(w, moment_name(name, k, p), p->tensor->rank, p->tensor->shape, moment,
                                      p->transposed);
        }
    }
    return model_safetensors_finish(w, e);
}
//< save

/* ---- in --------------------------------------------------------------------------------------------- */

typedef struct Source {
    const char *path;
    const Safetensors *file;
    Error *e;
} Source;

static bool fault(const Source *s, const char *key, const char *expected)
{
    return error_set(s->e, "%s: %s: expected %s", s->path, key, expected);
}

static const char *text_of(const Source *s, const char *key)
{
    const char *text = model_safetensors_metadata(s->file, key);
    return text ? text : "";
}

/* What is counted on from there must not overflow. */
static const long MAX_STEPS = LONG_MAX / 1000;

static bool read_number(const Source *s, const char *key, long min, long *value)
{
    const char *text = text_of(s, key);
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (end == text || *end || errno || *value < min || *value > MAX_STEPS)
        return fault(s, key, "a whole number of steps");
    return true;
}

static bool read_best(const Source *s, float *best)
{
    const char *text = text_of(s, "best");
    char *end;
    *best = strtof(text, &end);
    if (end == text || *end || isnan(*best))
        return fault(s, "best", "a number");
    return true;
}

static bool read_rng(const Source *s, Rng *rng)
{
    const char *text = text_of(s, "rng");
    uint64_t all = 0;
    int read = 0;
    if (strlen(text) != 4 * 16 + 3 ||
        sscanf(text, "%16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %16" SCNx64 "%n", &rng->state[0],
               &rng->state[1], &rng->state[2], &rng->state[3], &read) != 4 ||
        read != 4 * 16 + 3)
        return fault(s, "rng", "four numbers of 16 hexadecimal digits");
    for (int i = 0; i < 4; i++)
        all |= rng->state[i];
    return all != 0 || fault(s, "rng", "numbers that are not all zero");
}

static bool read_tensors(const Source *s, ModelResume *t)
{
    char name[MOMENT_NAME];
    for (int i = 0; i < t->params->count; i++) {
        const Param *p = &t->params->items[i];
        const Tensor *w = p->tensor;
        if (!model_safetensors_read(s->file, p->name, w->rank, w->shape, w->data, p->transposed, s->e))
            return false;
        for (int k = 0; k < MOMENTS; k++) {
            float *moment = nn_optimizer_moment(t->optimizer, i, k);
            if (moment && !model_safetensors_read(s->file, moment_name(name, k, p), w->rank, w->shape,
                                                  moment, p->transposed, s->e))
                return false;
        }
    }
    return true;
}

char *model_resume_notes(const char *path, Error *e)
{
    Safetensors *file = model_safetensors_open(path, e);
    const char *found = file ? model_safetensors_metadata(file, "notes") : NULL;
    char *notes = found ? memory_string(found) : NULL;
    if (!notes)
        error_set(e, "%s: it is not the state of a training", path);
    model_safetensors_close(file);
    return notes;
}

bool model_resume_load(ModelResume *t, const char *path, Error *e)
{
    Safetensors *file = model_safetensors_open(path, e);
    const Source s = {path, file, e};
    bool good = file && read_number(&s, "step", 0, &t->step) &&
                read_number(&s, "optimizer_steps", 0, nn_optimizer_steps(t->optimizer)) &&
                read_number(&s, "best_step", -1, &t->best_step) && read_best(&s, &t->best) &&
                read_rng(&s, &t->rng) && read_tensors(&s, t);
    model_safetensors_close(file);
    return good;
}
