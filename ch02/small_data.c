/* small_data.c -- draws spirals and clusters, and cuts figures out of the little world's pictures. */
#include "ch02/small_data.h"

#include "common/base/base.h"
#include "common/world/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

SmallData small_data_new(int count, int width, int classes)
{
    SmallData d = {.count = count, .width = width, .classes = classes};
    d.x = memory_new((size_t)(count * width) * sizeof *d.x);
    d.label = memory_new((size_t)count * sizeof *d.label);
    return d;
}

void small_free(SmallData *d)
{
    free(d->x);
    free(d->label);
}

SmallData small_spirals(int count, float turns, float noise, Rng *rng)
{
    const float circle = 6.2831853f;
    SmallData d = small_data_new(count, 2, 3);
    for (int i = 0; i < count; i++) {
        int arm = d.label[i] = i % 3;
        float radius = 0.1f + 0.9f * rng_uniform(rng);
        float angle = circle * (turns * radius + (float)arm / 3);
        d.x[2 * i] = radius * cosf(angle) + noise * rng_normal(rng);
        d.x[2 * i + 1] = radius * sinf(angle) + noise * rng_normal(rng);
    }
    return d;
}

SmallData small_clusters(int classes, int count, float noise, uint64_t centres, Rng *rng)
{
    enum { WIDTH = 16 };
    SmallData d = small_data_new(count, WIDTH, classes);
    float *centre = memory_new((size_t)(classes * WIDTH) * sizeof *centre);
    Rng fixed = rng_new(centres);
    for (int i = 0; i < classes * WIDTH; i++)
        centre[i] = rng_normal(&fixed);
    for (int i = 0; i < count; i++) {
        d.label[i] = rng_below(rng, classes);
        for (int k = 0; k < WIDTH; k++)
            d.x[i * WIDTH + k] = centre[d.label[i] * WIDTH + k] + noise * rng_normal(rng);
    }
    free(centre);
    return d;
}

enum { CELL = WORLD_PICTURE_SIDE / 2, SHIFT = 2 };

/* The cell of a picture that holds a figure, in grey, shifted by (down, right): x (16,16). */
static void cut_figure(const WorldPicture *p, int cell, int down, int right, float *x)
{
    int top = cell / 2 * CELL, left = cell % 2 * CELL;
    for (int i = 0; i < CELL * CELL; i++) {
        int row = (i / CELL + down + CELL) % CELL, col = (i % CELL + right + CELL) % CELL;
        const uint8_t *rgb = p->pixels[top + row][left + col];
        x[i] = (float)(rgb[0] + rgb[1] + rgb[2]) / 765;
    }
}

static void standardise(float *x, int n)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    double mean = sum / n, std = sqrt(squares / n - mean * mean);
    for (int i = 0; i < n; i++)
        x[i] = (float)(((double)x[i] - mean) / std);
}

SmallData small_figures(int count, float noise, Rng *rng)
{
    SmallData d = small_data_new(count, CELL * CELL, WORLD_PICTURE_FIGURES);
    for (int i = 0; i < count; i++) {
        WorldPicture p = world_picture_draw(WORLD_TRAIN, false, rng);
        int cell = rng_below(rng, WORLD_PICTURE_CELLS);
        while (p.cells[cell].figure < 0)
            cell = (cell + 1) % WORLD_PICTURE_CELLS;
        float *x = d.x + i * d.width;
        int down = rng_below(rng, 2 * SHIFT + 1) - SHIFT, right = rng_below(rng, 2 * SHIFT + 1) - SHIFT;
        cut_figure(&p, cell, down, right, x);
        for (int k = 0; k < d.width; k++)
            x[k] += noise * rng_normal(rng);
        d.label[i] = p.cells[cell].figure;
    }
    standardise(d.x, count * d.width);
    return d;
}

void small_batch(const SmallData *d, int batch, Rng *rng, float *x, int *label)
{
    for (int i = 0; i < batch; i++) {
        int at = rng_below(rng, d->count);
        memcpy(x + i * d->width, d->x + at * d->width, (size_t)d->width * sizeof *x);
        label[i] = d->label[at];
    }
}
