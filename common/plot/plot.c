/* plot.c -- keeps what a program describes, until the picture is drawn. */
#include "common/plot/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Option plot_option(int *language)
{
    static const char *const choices[] = {
        [PLOT_BOTH] = "both", [PLOT_EN] = "en", [PLOT_ZH] = "zh", [PLOT_ZH + 1] = NULL};
    return option_choice("language", language, choices, "labels of the pictures, NAME.svg and NAME.zh.svg");
}

/* ---- copies -------------------------------------------------------------------------------------- */

static char *keep_string(Plot *p, const char *text)
{
    return text ? strcpy(arena_alloc(p->memory, strlen(text) + 1), text) : NULL;
}

static PlotText keep_text(Plot *p, PlotText text)
{
    return (PlotText){keep_string(p, text.en), keep_string(p, text.zh)};
}

static float *keep_floats(Plot *p, const float *x, int n)
{
    return x && n > 0 ? memcpy(arena_alloc(p->memory, sizeof *x * (size_t)n), x, sizeof *x * (size_t)n)
                      : NULL;
}

static char **keep_strings(Plot *p, const char *const *texts, int n)
{
    if (!texts || n < 1)
        return NULL;
    char **kept = arena_alloc(p->memory, sizeof *kept * (size_t)n);
    for (int i = 0; i < n; i++)
        kept[i] = keep_string(p, texts[i]);
    return kept;
}

static float *numbered(Plot *p, int n)
{
    float *x = arena_alloc(p->memory, sizeof *x * (size_t)(n > 0 ? n : 1));
    for (int i = 0; i < n; i++)
        x[i] = (float)i;
    return x;
}

/* Room for one more of size bytes in an array; it moves when it grows. */
static void *grow(Plot *p, void *array, int count, int *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 4;
    void *larger = arena_alloc(p->memory, size * (size_t)*room);
    if (count)
        memcpy(larger, array, size * (size_t)count);
    return larger;
}

/* ---- panels -------------------------------------------------------------------------------------- */

static Panel *last_panel(Plot *p)
{
    return &p->panels[p->count - 1];
}

static void add_panel(Plot *p)
{
    Panel next = {.limits = {NAN, NAN, NAN, NAN}};
    if (p->count) {
        const Panel *last = last_panel(p);
        next.x = last->x;
        next.y = last->y;
        next.log_x = last->log_x;
        next.log_y = last->log_y;
    }
    p->panels = grow(p, p->panels, p->count, &p->room, sizeof *p->panels);
    p->panels[p->count++] = next;
}

Plot *plot_new(const char *path, int language, PlotText title)
{
    size_t size = strlen(path);
    if (size < 5 || strcmp(path + size - 4, ".svg") != 0)
        FATAL("plot_new: '%s' does not end with .svg; pictures are SVG", path);
    Plot *p = memory_zero(1, sizeof *p);
    p->memory = arena_new();
    p->path = keep_string(p, path);
    p->language = language;
    p->title = keep_text(p, title);
    add_panel(p);
    return p;
}

void plot_free(Plot *p)
{
    if (!p)
        return;
    arena_free(p->memory);
    free(p);
}

void plot_panel(Plot *p, PlotText title)
{
    const Panel *last = last_panel(p);
    if (last->count || last->cells)
        add_panel(p);
    last_panel(p)->title = keep_text(p, title);
}

void plot_axes(Plot *p, PlotText x, PlotText y)
{
    last_panel(p)->x = keep_text(p, x);
    last_panel(p)->y = keep_text(p, y);
}

void plot_log_axes(Plot *p, bool x, bool y)
{
    last_panel(p)->log_x = x;
    last_panel(p)->log_y = y;
}

void plot_limits(Plot *p, float x_min, float x_max, float y_min, float y_max)
{
    memcpy(last_panel(p)->limits, (float[]){x_min, x_max, y_min, y_max}, sizeof last_panel(p)->limits);
}

/* ---- series -------------------------------------------------------------------------------------- */

/* What a panel may hold together. */
static int family(SeriesKind kind)
{
    return kind == BARS ? 1 : kind == BLOCK ? 2 : 0;
}

static int next_colour(Plot *p, PlotText name)
{
    for (int i = 0; i < p->count && name.en; i++) {
        for (int k = 0; k < p->panels[i].count; k++) {
            const Series *s = &p->panels[i].series[k];
            if (s->kind != NOTE && s->kind != REFERENCE && text_same(s->name, name))
                return s->colour;
        }
    }
    return p->colours++;
}

static Series *add_series(Plot *p, SeriesKind kind, PlotText name, int n)
{
    Panel *panel = last_panel(p);
    if (p->panels[0].cells)
        FATAL("plot: '%s' holds heatmaps; series, bars and blocks need a picture of their own", p->path);
    if (panel->count && family(panel->series[0].kind) != family(kind))
        FATAL("plot: a panel of '%s' holds series, bars or blocks, but not two of these", p->path);
    if (n < 0)
        FATAL("plot: %d values for '%s'; their number must not be negative", n, p->path);
    bool grey = kind == NOTE || kind == REFERENCE;
    Series s = {
        .kind = kind, .n = n, .colour = grey ? -1 : next_colour(p, name), .name = keep_text(p, name)};
    panel->series = grow(p, panel->series, panel->count, &panel->room, sizeof *panel->series);
    panel->series[panel->count] = s;
    return &panel->series[panel->count++];
}

static Series *add_points(Plot *p, SeriesKind kind, PlotText name, const float *x, const float *y, int n)
{
    Series *s = add_series(p, kind, name, n);
    s->x = x ? keep_floats(p, x, n) : numbered(p, n);
    s->y = keep_floats(p, y, n);
    return s;
}

static void add_bounds(Plot *p, Series *s, const float *low, const float *high)
{
    s->low = keep_floats(p, low, s->n);
    s->high = keep_floats(p, high, s->n);
}

void plot_line(Plot *p, PlotText name, const float *x, const float *y, int n)
{
    add_points(p, LINE, name, x, y, n);
}

void plot_points(Plot *p, PlotText name, const float *x, const float *y, int n)
{
    add_points(p, POINTS, name, x, y, n);
}

void plot_reference(Plot *p, PlotText name, const float *x, const float *y, int n)
{
    add_points(p, REFERENCE, name, x, y, n);
}

void plot_band(Plot *p, PlotText name, const float *x, const float *y, const float *low, const float *high,
               int n)
{
    add_bounds(p, add_points(p, BAND, name, x, y, n), low, high);
}

void plot_intervals(Plot *p, PlotText name, const float *x, const float *y, const float *low,
                    const float *high, int n)
{
    add_bounds(p, add_points(p, INTERVALS, name, x, y, n), low, high);
}

void plot_seeds(Plot *p, PlotText name, const float *x, const float *y, int seeds, int n)
{
    if (seeds < 1 || n < 0)
        FATAL("plot_seeds: %d seeds of %d values for '%s'; at least one seed", seeds, n, p->path);
    float *mean = numbered(p, n), *low = numbered(p, n), *high = numbered(p, n);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        low[i] = high[i] = y[i];
        for (int s = 0; s < seeds; s++) {
            float value = y[(size_t)s * (size_t)n + (size_t)i];
            sum += value;
            low[i] = fminf(low[i], value);
            high[i] = fmaxf(high[i], value);
        }
        mean[i] = (float)(sum / seeds);
    }
    plot_band(p, name, x, mean, low, high, n);
}

void plot_level(Plot *p, PlotText name, float y, float begin, float end, float where)
{
    plot_reference(p, plot_same(NULL), (const float[]){begin, end}, (const float[]){y, y}, 2);
    plot_note(p, begin + where * (end - begin), y, name);
}

void plot_words(Plot *p, PlotText name, const float *x, const float *y, const char *const *words, int n)
{
    add_points(p, WORDS, name, x, y, n)->words = keep_strings(p, words, n);
}

void plot_histogram(Plot *p, PlotText name, const float *edges, const float *counts, int bins)
{
    Series *s = add_series(p, HISTOGRAM, name, bins);
    s->x = keep_floats(p, edges, bins + 1);
    s->y = keep_floats(p, counts, bins);
}

void plot_note(Plot *p, float x, float y, PlotText text)
{
    add_points(p, NOTE, text, &x, &y, 1);
}

/* ---- bars, blocks, heatmaps ---------------------------------------------------------------------- */

static void keep_names(Plot *p, Panel *panel, const PlotText *names, int n)
{
    panel->name_count = n;
    panel->names = arena_alloc(p->memory, sizeof *names * (size_t)(n > 0 ? n : 1));
    for (int i = 0; i < n; i++)
        panel->names[i] = keep_text(p, names[i]);
}

void plot_bars(Plot *p, PlotText name, const PlotText *categories, const float *values, const float *low,
               const float *high, int n)
{
    Panel *panel = last_panel(p);
    if (panel->count && panel->name_count != n)
        FATAL("plot_bars: %d categories beside %d in '%s'", n, panel->name_count, p->path);
    Series *s = add_series(p, BARS, name, n);
    s->y = keep_floats(p, values, n);
    add_bounds(p, s, low, high);
    keep_names(p, panel, categories, n);
}

void plot_rows(Plot *p, const PlotText *names, int n)
{
    keep_names(p, last_panel(p), names, n);
}

void plot_block(Plot *p, PlotText kind, int row, float begin, float end, const char *label)
{
    if (row < 0 || row >= last_panel(p)->name_count)
        FATAL("plot_block: row %d of %d in '%s'; plot_rows names them first", row,
              last_panel(p)->name_count, p->path);
    Series *s = add_series(p, BLOCK, kind, 1);
    s->x = keep_floats(p, (float[]){begin, end}, 2);
    s->y = keep_floats(p, (float[]){(float)row}, 1);
    s->words = label ? keep_strings(p, &label, 1) : NULL;
}

void plot_heatmap(Plot *p, const float *values, int rows, int cols, const char *const *row_names,
                  const char *const *col_names)
{
    Panel *panel = last_panel(p);
    if (p->panels[0].count)
        FATAL("plot: '%s' holds series, bars or blocks; heatmaps need a picture of their own", p->path);
    if (panel->cells)
        FATAL("plot: a panel of '%s' already holds a heatmap; begin another with plot_panel", p->path);
    if (rows < 1 || cols < 1)
        FATAL("plot: a heatmap of %d rows and %d columns in '%s'; each must be at least 1", rows, cols,
              p->path);
    panel->rows = rows;
    panel->cols = cols;
    panel->cells = keep_floats(p, values, rows * cols);
    panel->row_names = keep_strings(p, row_names, rows);
    panel->col_names = keep_strings(p, col_names, cols);
}

void plot_heatmaps(Plot *p, const PlotText *titles, const float *values, int n, int side,
                   const char *const *words)
{
    int cells = side * side;
    float *shown = arena_alloc(p->memory, sizeof *shown * (size_t)(n * cells));
    for (int i = 0; i < n * cells; i++)
        shown[i] = values[i] != 0 ? values[i] : NAN;
    for (int i = 0; i < n; i++) {
        plot_panel(p, titles[i]);
        plot_heatmap(p, shown + i * cells, side, side, words, words);
    }
}

void plot_columns(Plot *p, const PlotText *names, const float *x, const double *values, int rows, int n,
                  int seeds)
{
    for (int k = 0; k < n; k++) {
        float *y = arena_alloc(p->memory, sizeof *y * (size_t)(rows * seeds)); /* (seeds, rows) */
        for (int i = 0; i < rows * seeds; i++)
            y[i] = (float)values[(i % rows * n + k) * seeds + i / rows];
        plot_seeds(p, names[k], x, y, seeds, rows);
    }
}
