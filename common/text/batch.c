/* batch.c -- padding and labels. */
#include "common/text/batch.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <stdlib.h>

TextBatch text_batch_new(int max_rows, int max_time)
{
    size_t size = sizeof(int) * (size_t)max_rows * (size_t)max_time;
    return (TextBatch){.ids = memory_new(size),
                       .labels = memory_new(size),
                       .lengths = memory_new(sizeof(int) * (size_t)max_rows),
                       .max_rows = max_rows,
                       .max_time = max_time};
}

void text_batch_free(TextBatch *b)
{
    free(b->ids);
    free(b->labels);
    free(b->lengths);
    *b = (TextBatch){0};
}

void text_batch_fill(TextBatch *b, const int *const *texts, const int *counts, int rows, int pad)
{
    if (rows < 1 || rows > b->max_rows)
        FATAL("text_batch_fill: %d rows; expected 1 to %d", rows, b->max_rows);
    b->rows = rows;
    b->pad = pad;
    b->time = 1;
    for (int r = 0; r < rows; r++) {
        b->lengths[r] = counts[r] < b->max_time ? counts[r] : b->max_time;
        b->time = b->lengths[r] > b->time ? b->lengths[r] : b->time;
    }
    for (int i = 0; i < rows * b->time; i++) {
        int r = i / b->time, t = i % b->time;
        b->ids[i] = t < b->lengths[r] ? texts[r][t] : pad;
    }
}

void text_batch_predict_next(TextBatch *b, const int *from, int ignore)
{
    int time = b->time > 1 ? b->time - 1 : 1;
    for (int r = 0; r < b->rows; r++) {
        const int *text = b->ids + r * b->time;
        int *to = b->ids + r * time, *label = b->labels + r * time, first = from ? from[r] - 1 : 0;
        b->lengths[r] = b->lengths[r] > 0 ? b->lengths[r] - 1 : 0;
        for (int t = 0; t < time; t++) { /* rows move forwards, never past what is still to be read */
            label[t] = t < b->lengths[r] && t >= first ? text[t + 1] : ignore;
            to[t] = t < b->lengths[r] ? text[t] : b->pad;
        }
    }
    b->time = time;
}
