/* heat.c -- heatmaps: how many stand side by side, how large their cells are, what they look like.
 *
 * All of a picture's heatmaps have cells of one size and one scale of colours. A colour is the ground's where a value
 * is 0, and the more opaque the larger it is, so that it does for light and for dark pages. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

static const double MAX_CELL = 44;
static const double DIGITS_CELL = 38; /* has room for 0.25 */
static const double NAMED_CELL = 17;  /* has room for a name of its row */

enum { PLUS = 0x2274c4, MINUS = 0xc8641b };

/* ---- colours ------------------------------------------------------------------------------------- */

static double largest(const Layout *l)
{
    double max = fmax(l->max, -l->min);
    return max > 0 ? max : 1;
}

/* With gnuplot's alpha in the first byte, which counts from opaque. */
static unsigned colour_at(double value, double max, bool digits)
{
    double opacity = fmin(fabs(value) / max, 1) * (digits ? 0.75 : 1);
    return (unsigned)lround(255 * (1 - opacity)) << 24 | (value < 0 ? MINUS : PLUS);
}

bool heat_has_borders(const Panel *panel)
{
    return panel->rows * panel->cols <= 1024;
}

static bool has_digits(const Panel *panel, const Layout *l)
{
    return panel->rows <= FEW_CELLS && panel->cols <= FEW_CELLS && l->cell >= DIGITS_CELL;
}

/* ---- layout -------------------------------------------------------------------------------------- */

static double widest(char *const *names, int n)
{
    double width = 0;
    for (int i = 0; names && i < n; i++)
        width = fmax(width, text_width(names[i], TEXT_SIZE));
    return width;
}

static bool same_names(char *const *a, char *const *b, int n)
{
    for (int i = 0; a && b && i < n; i++) {
        if (strcmp(a[i], b[i]) != 0)
            return false;
    }
    return (a == NULL) == (b == NULL);
}

static bool all_rows_same(const Plot *p)
{
    const Panel *first = p->panels;
    for (int i = 1; i < p->count; i++) {
        const Panel *next = &p->panels[i];
        if (next->rows != first->rows || !same_names(first->row_names, next->row_names, first->rows))
            return false;
    }
    return true;
}

static bool all_cols_same(const Plot *p)
{
    const Panel *first = p->panels;
    for (int i = 1; i < p->count; i++) {
        const Panel *next = &p->panels[i];
        if (next->cols != first->cols || !same_names(first->col_names, next->col_names, first->cols))
            return false;
    }
    return true;
}

int heat_cols(const Plot *p)
{
    int max = 1;
    for (int i = 0; i < p->count; i++)
        max = p->panels[i].cols > max ? p->panels[i].cols : max;
    return max;
}

static double cell_across(const Plot *p, const Layout *l, int across)
{
    int gutters = all_rows_same(p) ? 1 : across;
    double room = WIDTH - 2 * EDGE - gutters * l->gutter - (across - 1) * GAP;
    return fmin(MAX_CELL, floor(100 * room / (across * heat_cols(p))) / 100);
}

/* Who sees whom: such cells are empty or full, and need no scale. */
static bool all_zeros_and_ones(const Plot *p)
{
    for (int i = 0; i < p->count; i++) {
        for (int k = 0; k < p->panels[i].rows * p->panels[i].cols; k++) {
            float x = p->panels[i].cells[k];
            if (isfinite(x) && x != 0 && x != 1)
                return false;
        }
    }
    return true;
}

static void span_colours(const Plot *p, Layout *l)
{
    for (int i = 0; i < p->count; i++) {
        for (int k = 0; p->panels[i].cells && k < p->panels[i].rows * p->panels[i].cols; k++) {
            double x = (double)p->panels[i].cells[k];
            l->min = isfinite(x) ? fmin(l->min, x) : l->min;
            l->max = isfinite(x) ? fmax(l->max, x) : l->max;
        }
    }
}

static void measure_names(const Plot *p, Layout *l)
{
    double longest = 0;
    for (int i = 0; i < p->count; i++)
        longest = fmax(longest, widest(p->panels[i].col_names, p->panels[i].cols));
    l->angle = longest <= l->cell - 3 ? 0 : l->cell >= 23 ? 45 : 90;
    l->names = l->angle == 0 ? LINE_HEIGHT : l->angle == 45 ? 0.71 * longest + 20 : longest + 8;
}

/* Where rows or columns have no names, some of them carry their number, from 0. */
static Axis index_axis(int count, double length)
{
    Extent e = {.min = 0, .max = count - 1, .fixed_min = true, .fixed_max = true};
    Axis a = axis_make(&e, false, (int)fmax(1, length / 60));
    a.min = 0;
    a.max = count;
    return a;
}

static double row_gutter(const Panel *panel)
{
    char last[16];
    snprintf(last, sizeof last, "%d", panel->rows - 1);
    return 6 + (panel->row_names ? widest(panel->row_names, panel->rows) : text_width(last, TEXT_SIZE));
}

int heat_layout(const Plot *p, Layout *l)
{
    bool named = p->panels[0].row_names || p->panels[0].col_names;
    double min = named ? NAMED_CELL : 110.0 / heat_cols(p);
    int best = 1;
    span_colours(p, l);
    for (int i = 0; i < p->count; i++)
        l->gutter = fmax(l->gutter, row_gutter(&p->panels[i]));
    for (int across = 2; across <= 4 && across <= p->count; across++) {
        bool full = p->count % across == 0 || p->count % best != 0;
        if (cell_across(p, l, across) >= min && full)
            best = across;
    }
    l->cell = cell_across(p, l, best);
    measure_names(p, l);
    if (l->angle == 45) { /* the first column's name reaches to the left */
        double reach = l->names - 20 - l->cell / 2 - EDGE / 2.0;
        l->gutter = fmax(l->gutter, reach);
        l->cell = cell_across(p, l, best);
        measure_names(p, l);
    }
    return best;
}

/* Row names stand before the first panel only, and column names below the last, if all have the same. */
double heat_place(const Plot *p, const Layout *l, int i, int across, double left)
{
    const Panel *panel = &p->panels[i];
    Place *at = &l->place[i];
    double width = heat_cols(p) * l->cell;
    at->row_names = i % across == 0 || !all_rows_same(p);
    at->col_names = i + across >= p->count || !all_cols_same(p);
    at->frame.left = left + (at->row_names ? l->gutter : 0);
    at->frame.right = at->frame.left + panel->cols * l->cell;
    at->x = index_axis(panel->cols, panel->cols * l->cell);
    at->y = index_axis(panel->rows, panel->rows * l->cell);
    at->left = at->frame.left;
    at->right = fmax(at->frame.left + width, p->count == 1 ? WIDTH - EDGE : 0);
    if (p->count == 1)
        at->left = fmin(at->left, left);
    return at->frame.left + width + GAP;
}

bool heat_needs_scale(const Plot *p, const Layout *l)
{
    return !has_digits(p->panels, l) && !all_zeros_and_ones(p);
}

/* ---- drawing ------------------------------------------------------------------------------------- */

/* 0.25; whole numbers as such. */
static const char *digit_format(const Panel *panel, double max)
{
    for (int i = 0; i < panel->rows * panel->cols; i++) {
        float x = panel->cells[i];
        if (isfinite(x) && x != floorf(x))
            return max < 10 ? "%.2f" : "%.3g";
    }
    return "%.3g";
}

static void write_digits(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    const char *format = digit_format(panel, largest(l));
    for (int i = 0; i < panel->rows * panel->cols; i++) {
        char text[32];
        double x = at->frame.left + (i % panel->cols + 0.5) * l->cell;
        double y = at->frame.top + (i / panel->cols + 0.5) * l->cell;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, format, (double)panel->cells[i]);
#pragma GCC diagnostic pop
        if (isfinite(panel->cells[i]))
            script_text(f, text, x, y, CENTER, PLAIN, INK, 0);
    }
}

void heat_write(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    bool digits = has_digits(panel, l);
    fputs("$d0 << EOD\n", f);
    for (int i = 0; i < panel->rows * panel->cols; i++) {
        double x = (double)panel->cells[i];
        if (isfinite(x))
            fprintf(f, "%d %d %u\n", i % panel->cols, i / panel->cols, colour_at(x, largest(l), digits));
    }
    fputs("-9 -9 0\nEOD\n", f); /* outside: a heatmap without values is an empty frame */
    if (digits)
        write_digits(f, panel, l, at);
    fputs("plot $d0 using ($1+0.5):($2+0.5):1:($1+1):2:($2+1):3 with boxxyerror fs solid ", f);
    if (heat_has_borders(panel))
        fprintf(f, "border lc rgb '%s' ", GRID);
    else
        fputs("noborder ", f);
    fputs("fc rgb variable notitle\n", f);
}

void heat_write_scale(FILE *f, const Layout *l)
{
    enum { STEPS = 32, STEP = 5 };
    char end[32], fill[64];
    double max = largest(l), min = l->min < 0 ? -max : 0;
    snprintf(end, sizeof end, "%s%.2g", min < 0 ? "−" : "", fabs(min));
    double x = EDGE + text_width(end, TEXT_SIZE) + 8, y = l->scale_y;
    script_text(f, end, EDGE, y, LEFT, PLAIN, INK, 0);
    for (int i = 0; i < STEPS; i++) {
        unsigned colour = colour_at(min + (max - min) * i / (STEPS - 1), max, false);
        snprintf(fill, sizeof fill, "fc rgb '#%08x' fs solid noborder", colour);
        script_box(f, (Box){x + i * STEP, y - 6, x + (i + 1) * STEP, y + 6}, fill);
    }
    snprintf(end, sizeof end, "%.2g", max);
    script_text(f, end, x + STEPS * STEP + 8, y, LEFT, PLAIN, INK, 0);
}

static void write_row_numbers(FILE *f, const Panel *panel, const Place *at)
{
    double row = (at->frame.bottom - at->frame.top) / panel->rows;
    for (int i = 0; i < at->y.ticks; i++)
        script_text(f, at->y.label[i], at->frame.left - 6, at->frame.top + (at->y.at[i] + 0.5) * row, RIGHT,
                    PLAIN, INK, 0);
}

static void write_column_names(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    double y = at->frame.bottom + (l->angle ? 8 : 12);
    for (int c = 0; c < panel->cols; c++)
        script_text(f, panel->col_names[c], at->frame.left + (c + 0.5) * l->cell, y,
                    l->angle ? RIGHT : CENTER, PLAIN, INK, l->angle);
}

static void write_row_names(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    for (int r = 0; r < panel->rows; r++)
        script_text(f, panel->row_names[r], at->frame.left - 6, at->frame.top + (r + 0.5) * l->cell, RIGHT,
                    PLAIN, INK, 0);
}

void heat_write_names(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    if (at->col_names && panel->col_names)
        write_column_names(f, panel, l, at);
    else if (at->col_names)
        script_ticks_below(f, at, 0.5);
    if (at->row_names && panel->row_names)
        write_row_names(f, panel, l, at);
    else if (at->row_names)
        write_row_numbers(f, panel, at);
}
