/* log.h -- what a training tells of its steps, as JSON lines:
 *
 *     {"step": 1, "loss": 4.2085166, "rate": 9.9009901e-06, "norm": 1.9283102}
 *
 * Every line is on the disk's way as soon as it is known, so a killed training leaves its
 * log; a last line that was cut off is left out when the log is read or continued. */
#ifndef MODEL_LOG_H
#define MODEL_LOG_H

#include "common/base/error.h"

typedef struct ModelLog ModelLog;

typedef struct ModelLogField {
    const char *name;
    double value; /* null in the file if it is not finite */
} ModelLogField;

/* Opens a log for more lines. It keeps those up to `step`, as the later ones will come
 * again; with a step of -1 it begins anew. NULL and *e. */
ModelLog *model_log_open(const char *path, long step, Error *e);

/* Adds a line. False and *e if it cannot be written (a full disk). */
bool model_log_write(ModelLog *l, long step, const ModelLogField *fields, int count, Error *e);

void model_log_close(ModelLog *l); /* l may be NULL */

/* A curve from a log: the values of a field over the steps, in at most `max` points, each
 * the mean of as many neighbours as it takes. Fills x and y (max) and returns how many
 * there are; 0 also if there is no such file. */
int model_log_curve(const char *path, const char *field, int max, float *x, float *y);

#endif
