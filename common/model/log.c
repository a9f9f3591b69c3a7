/* log.c -- JSON lines: appended one by one, read back one by one. */
#include "common/model/log.h"

#include "common/base/arena.h"
#include "common/base/file.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ModelLog {
    char *path;
    FILE *file;
};

/* ---- reading ---------------------------------------------------------------------------------------- */

/* The next whole line as an object with a step; NULL at the end. The caller releases it. */
static json_t *next_line(FILE *f, char **line, size_t *room, long *step)
{
    ssize_t size;
    while ((size = getline(line, room, f)) > 0) {
        json_t *j = (*line)[size - 1] == '\n' ? json_loadb(*line, (size_t)size, 0, NULL) : NULL;
        const json_t *number = json_object_get(j, "step");
        if (json_is_integer(number)) {
            *step = (long)json_integer_value(number);
            return j;
        }
        json_decref(j);
    }
    return NULL;
}

/* How many lines have the field. */
static int count_lines(FILE *f, const char *field)
{
    char *line = NULL;
    size_t room = 0;
    long step;
    int count = 0;
    for (json_t *j; (j = next_line(f, &line, &room, &step)); json_decref(j))
        count += json_is_number(json_object_get(j, field));
    free(line);
    return count;
}

int model_log_curve(const char *path, const char *field, int max, float *x, float *y)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    int each = (count_lines(f, field) + max - 1) / max, seen = 0, points = 0;
    double steps = 0, values = 0;
    char *line = NULL;
    size_t room = 0;
    long step;
    rewind(f);
    for (json_t *j; (j = next_line(f, &line, &room, &step)); json_decref(j)) {
        const json_t *value = json_object_get(j, field);
        if (!json_is_number(value))
            continue;
        steps += (double)step;
        values += json_number_value(value);
        if (++seen < each)
            continue;
        x[points] = (float)(steps / seen);
        y[points++] = (float)(values / seen);
        steps = values = seen = 0;
    }
    free(line);
    fclose(f);
    return points;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

/* Copies the lines up to a step. */
static void keep_lines(FileWriter *w, const char *path, long last)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    long step;
    for (json_t *j; f && (j = next_line(f, &line, &room, &step)); json_decref(j)) {
        if (step <= last)
            file_write(w, line, strlen(line));
    }
    free(line);
    if (f)
        fclose(f);
}

ModelLog *model_log_open(const char *path, long step, Error *e)
{
    FileWriter *w = file_create(path, e);
    if (!w)
        return NULL;
    if (step >= 0)
        keep_lines(w, path, step);
    if (!file_commit(w, e))
        return NULL;
    FILE *f = fopen(path, "a");
    if (!f) {
        error_set(e, "%s: cannot write: %s", path, strerror(errno));
        return NULL;
    }
    ModelLog *l = memory_new(sizeof *l);
    *l = (ModelLog){memory_string(path), f};
    return l;
}

bool model_log_write(ModelLog *l, long step, const ModelLogField *fields, int count, Error *e)
{
    fprintf(l->file, "{\"step\": %ld", step);
    for (int i = 0; i < count; i++) {
        if (isfinite(fields[i].value))
            fprintf(l->file, ", \"%s\": %.9g", fields[i].name, fields[i].value);
        else
            fprintf(l->file, ", \"%s\": null", fields[i].name);
    }
    fputs("}\n", l->file);
    errno = 0;
    if (fflush(l->file) == 0 && !ferror(l->file))
        return true;
    return error_set(e, "%s: cannot write: %s", l->path, strerror(errno ? errno : EIO));
}

void model_log_close(ModelLog *l)
{
    if (!l)
        return;
    fclose(l->file);
    free(l->path);
    free(l);
}
