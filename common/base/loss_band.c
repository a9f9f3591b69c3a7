/* loss_band.c -- files of bands, and curves against them. */
#include "common/base/loss_band.h"

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/base/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LossBand band_new(int count, const char *command)
{
    size_t size = (size_t)count * sizeof(float), whole = (size_t)count * sizeof(int);
    return (LossBand){.count = count,
                      .first = memory_new(whole),
                      .last = memory_new(whole),
                      .step = memory_new(size),
                      .mean = memory_new(size),
                      .low = memory_new(size),
                      .high = memory_new(size),
                      .command = memory_string(command)};
}

void loss_band_free(LossBand *b)
{
    free(b->first);
    free(b->last);
    free(b->step);
    free(b->mean);
    free(b->low);
    free(b->high);
    free(b->command);
    *b = (LossBand){0};
}

/* ---- files ------------------------------------------------------------------------------------------------ */

static int lines_in(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* One line of the file as point i. */
static bool read_point(LossBand *b, int i, const char *line)
{
    int used = 0, *first = &b->first[i], *last = &b->last[i];
    if (sscanf(line, "%d\t%d\t%f\t%f\t%f%n", first, last, &b->mean[i], &b->low[i], &b->high[i], &used) != 5)
        return false;
    b->step[i] = (float)(*first + *last) / 2;
    return !line[used] && *first == (i > 0 ? b->last[i - 1] + 1 : 0) && *last >= *first &&
           b->low[i] <= b->high[i];
}

static bool read_points(LossBand *b, char *text, const char *path, Error *e)
{
    char *rest = text;
    strsep(&rest, "\n"); /* the command */
    const char *heading = strsep(&rest, "\n");
    if (!heading || strcmp(heading, "first\tlast\tmean\tlow\thigh") != 0)
        return error_set(e, "%s: line 2: expected first, last, mean, low, high with tabs between them",
                         path);
    for (const char *line; (line = strsep(&rest, "\n")) && *line; b->count++) {
        if (!read_point(b, b->count, line))
            return error_set(e, "%s: line %d: expected the steps that come next, a mean, and low <= high",
                             path, b->count + 3);
    }
    return b->count > 0 || error_set(e, "%s: no points; `make chNN-bands` measures them", path);
}

bool loss_band_read(const char *path, LossBand *b, Error *e)
{
    size_t size;
    char *text = file_read(path, &size, e);
    *b = (LossBand){0};
    if (!text)
        return false;
    size_t first = strcspn(text, "\n");
    bool good = strncmp(text, "$ ", 2) == 0 ||
                error_set(e, "%s: line 1: expected the command, as in $ ./ch05/pretrain_gpt --quick", path);
    if (good) {
        *b = band_new(lines_in(text) + 1, "");
        b->count = 0;
        free(b->command);
        b->command = memory_string(text + 2);
        b->command[first - 2] = '\0';
        good = read_points(b, text, path, e);
    }
    free(text);
    if (!good)
        loss_band_free(b);
    return good;
}

bool loss_band_for(const char *path, int n, LossBand *b, Error *e)
{
    if (!loss_band_read(path, b, e))
        return false;
    int steps = b->last[b->count - 1] + 1;
    if (steps == n)
        return true;
    loss_band_free(b);
    return error_set(e, "%s is of %d steps, and this run of %d", path, steps, n);
}

bool loss_band_write(const char *path, const LossBand *b, Error *e)
{
    FileWriter *w = file_create(path, e);
    if (!w)
        return false;
    file_printf(w, "$ %s\nfirst\tlast\tmean\tlow\thigh\n", b->command);
    for (int i = 0; i < b->count; i++)
        file_printf(w, "%d\t%d\t%.5g\t%.5g\t%.5g\n", b->first[i], b->last[i], (double)b->mean[i],
                    (double)b->low[i], (double)b->high[i]);
    return file_commit(w, e);
}

/* ---- points ----------------------------------------------------------------------------------------------- */

static double mean_between(const float *losses, int from, int to)
{
    double sum = 0;
    for (int i = from; i < to; i++)
        sum += (double)losses[i];
    return sum / (to - from);
}

/* The mean of one stretch over the seeds, and the variance of the seeds: losses (seeds, n). */
static void point_of(const float *losses, int seeds, int n, LossBand *b, int p, double *variance)
{
    double *means = memory_new(sizeof *means * (size_t)seeds);
    for (int s = 0; s < seeds; s++)
        means[s] = mean_between(losses + (size_t)s * (size_t)n, b->first[p], b->last[p] + 1);
    double std = seeds > 1 ? stats_std(means, seeds) : 0;
    b->mean[p] = (float)stats_mean(means, seeds);
    *variance = std * std;
    free(means);
}

LossBand loss_band_of(const float *losses, int seeds, int n, const char *command)
{
    int count = n < LOSS_BAND_POINTS ? n : LOSS_BAND_POINTS;
    double variance[LOSS_BAND_POINTS];
    LossBand b = band_new(count, command);
    for (int p = 0; p < count; p++) {
        b.first[p] = (int)((long)n * p / count);
        b.last[p] = (int)((long)n * (p + 1) / count) - 1;
        b.step[p] = (float)(b.first[p] + b.last[p]) / 2;
        point_of(losses, seeds, n, &b, p, &variance[p]);
    }
    for (int p = 0; p < count; p++) { /* few seeds say little about their own spread: neighbours help */
        int from = p < 2 ? 0 : p - 2, to = p + 3 > count ? count : p + 3;
        double sum = 0;
        for (int i = from; i < to; i++)
            sum += variance[i] / (to - from);
        b.low[p] = b.mean[p] - 3 * (float)sqrt(sum);
        b.high[p] = b.mean[p] + 3 * (float)sqrt(sum);
    }
    return b;
}

void loss_band_points(const LossBand *b, const float *losses, int n, float *at)
{
    for (int p = 0; p < b->count; p++)
        at[p] = b->last[p] < n ? (float)mean_between(losses, b->first[p], b->last[p] + 1) : NAN;
}

LossBandVerdict loss_band_check(const LossBand *b, const float *losses, int n)
{
    LossBandVerdict v = {.first = -1};
    float *at = memory_new(sizeof *at * (size_t)b->count);
    loss_band_points(b, losses, n, at);
    for (int p = 0; p < b->count; p++) {
        bool inside = at[p] >= b->low[p] && at[p] <= b->high[p];
        if (b->last[p] >= n)
            break; /* the run did not come so far; a loss that is not a number counts as outside */
        v.points++;
        v.inside += inside;
        v.above += at[p] > b->high[p];
        v.below += at[p] < b->low[p];
        v.first = !inside && v.first < 0 ? b->first[p] : v.first;
    }
    v.normal = v.points > 0 && v.points - v.inside <= 1 + v.points / 10;
    free(at);
    return v;
}

/* ---- on a terminal ---------------------------------------------------------------------------------------- */

enum { HIGH = 12 };

static void widen(float x, float *min, float *max)
{
    if (isfinite(x)) {
        *min = fminf(*min, x);
        *max = fmaxf(*max, x);
    }
}

/* What stands in a line for a point: the run, the band, or nothing. */
static char mark(const LossBand *b, int p, float run, float bottom, float top)
{
    if (run >= bottom && run < top)
        return run < b->low[p] || run > b->high[p] ? '!' : 'o';
    return b->high[p] >= bottom && b->low[p] < top ? ':' : ' ';
}

static void draw(const LossBand *b, const float *losses, int n)
{
    float min = INFINITY, max = -INFINITY, *at = memory_new(sizeof *at * (size_t)b->count);
    loss_band_points(b, losses, n, at);
    for (int p = 0; p < b->count; p++) {
        widen(b->low[p], &min, &max);
        widen(b->high[p], &min, &max);
        widen(at[p], &min, &max);
    }
    float height = (max - min) * 1.0001f / HIGH;
    for (int line = HIGH - 1; line >= 0; line--) {
        float bottom = min + (float)line * height;
        printf("  %8.3f |", (double)(bottom + height / 2));
        for (int p = 0; p < b->count; p++) {
            char c = mark(b, p, at[p], bottom, bottom + height);
            printf("%c%c", c, c);
        }
        putchar('\n');
    }
    printf("  step     %d to %d; o the run, ! the run outside, : the band of several seeds\n", b->first[0],
           b->last[b->count - 1]);
    free(at);
}

static void say(const LossBandVerdict *v, const char *model)
{
    printf("loss%s%s: %s, inside the band of several seeds at %d of %d points", model ? " of " : "",
           model ? model : "", v->normal ? "normal" : "NOT NORMAL", v->inside, v->points);
    if (!v->normal)
        printf("; from step %d on %d above, %d below", v->first, v->above, v->below);
    putchar('\n');
}

/* ---- a program's part ------------------------------------------------------------------------------------- */

LossBandOptions loss_band_options(LossBandSettings *s)
{
    return (LossBandOptions){
        {option_file("curve", &s->curve, "writes the loss of each step there, one a line"),
         option_flag("band", &s->draw, "draws the loss over the band of several seeds"), OPTION_END}};
}

static void write_curve(const char *path, const float *losses, int n)
{
    Error e = {""};
    FileWriter *w = file_create(path, &e);
    if (!w)
        error_exit(&e);
    for (int i = 0; i < n; i++)
        file_printf(w, "%.6g\n", (double)losses[i]);
    if (!file_commit(w, &e))
        error_exit(&e);
}

void loss_band_report(const LossBandSettings *s, const char *path, const float *losses, int n)
{
    LossBand b;
    Error e = {""};
    if (s->curve)
        write_curve(s->curve, losses, n);
    if (!loss_band_for(path, n, &b, &e)) {
        if (s->draw)
            printf("loss: no band to compare with: %s\n", e.text);
        return;
    }
    if (s->draw)
        draw(&b, losses, n);
    LossBandVerdict v = loss_band_check(&b, losses, n);
    say(&v, s->model);
    loss_band_free(&b);
}
