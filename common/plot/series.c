/* series.c -- what stands in the frame of a panel: curves, points, bars, blocks, cells, and the words beside them. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

/* ---- colours ------------------------------------------------------------------------------------- */

const char INK[] = "#24292f", GREY[] = "#656d76", GRID[] = "#dfe3e8";

/* Found by search: readers with any kind of colour vision tell any two of them apart, here and on dark pages. */
static const char *const COLOURS[] = {"#0a66c2", "#e0580a", "#0f9d68", "#8d6fa3", "#7d1212", "#2b12b5"};
enum { COLOUR_COUNT = sizeof COLOURS / sizeof *COLOURS };

const char *colour_of(int colour)
{
    return colour < 0 ? GREY : COLOURS[colour % COLOUR_COUNT];
}

/* The alpha byte of a filled area; gnuplot counts from 00, opaque. */
const char *opacity_of(SeriesKind kind)
{
    return kind == BAND ? "c8" : kind == BARS ? "40" : "90";
}

void series_style(char *style, size_t room, SeriesKind kind, int colour, bool marks)
{
    static const char *const dashes[] = {"solid",  "(9,4)",         "(3,3)", "(12,3,3,3)",
                                         "(18,5)", "(6,2,2,2,2,2)", "(2,6)"};
    if (kind == REFERENCE)
        snprintf(style, room, "lw 1.5 dt (5,4) lc rgb '%s'", GREY);
    else
        snprintf(style, room, "lw 2 dt %s lc rgb '%s'", marks ? "solid" : dashes[colour % 7],
                 colour_of(colour));
}

void marks_style(char *style, size_t room, int colour)
{
    static const int shapes[] = {7, 5, 9, 13, 11, 15};
    snprintf(style, room, "pt %d ps 0.75 lc rgb '%s'", shapes[colour % 6], colour_of(colour));
}

/* ---- data ---------------------------------------------------------------------------------------- */

static void number(FILE *f, float x)
{
    if (isfinite(x))
        fprintf(f, "%.7g ", (double)x);
    else
        fputs("NaN ", f);
}

/* $dK: x y low high; a histogram's bins and a block as boxes: left right row-or-height. */
static void write_data(FILE *f, const Series *s, int k)
{
    fprintf(f, "$d%d << EOD\n", k);
    for (int i = 0; i < s->n; i++) {
        number(f, s->x ? s->x[i] : (float)i);
        number(f, s->y[i]);
        if (s->kind == HISTOGRAM || s->kind == BLOCK)
            number(f, s->x[i + 1]);
        if (s->low) {
            number(f, s->low[i]);
            number(f, s->high[i]);
        }
        putc('\n', f);
    }
    fputs("EOD\n", f);
}

/* ---- one series: a part of the plot command ------------------------------------------------------ */

static void begin(FILE *f, int *parts)
{
    fputs((*parts)++ ? ", \\\n  " : "plot ", f);
}

static void write_line(FILE *f, const Series *s, int k, int *parts)
{
    char style[128];
    bool marks = series_has_marks(s) && s->kind != REFERENCE;
    if (s->kind == BAND) {
        begin(f, parts);
        fprintf(f, "$d%d using 1:3:4 with filledcurves fc rgb '#%s%s' notitle", k, opacity_of(BAND),
                colour_of(s->colour) + 1);
    }
    begin(f, parts);
    series_style(style, sizeof style, s->kind, s->colour, marks || !s->name.en);
    fprintf(f, "$d%d using 1:2 with lines %s notitle", k, style);
    if (!marks)
        return;
    begin(f, parts);
    marks_style(style, sizeof style, s->colour);
    fprintf(f, "$d%d using 1:2 with points %s notitle", k, style);
}

static void write_points(FILE *f, const Series *s, int k, int *parts)
{
    char style[128];
    if (s->kind == INTERVALS) {
        begin(f, parts);
        fprintf(f, "$d%d using 1:3:(0):($4-$3) with vectors nohead lw 2 lc rgb '%s' notitle", k,
                colour_of(s->colour));
    }
    begin(f, parts);
    marks_style(style, sizeof style, s->colour);
    fprintf(f, "$d%d using 1:2 with points %s notitle", k, style);
}

/* Histograms stand on `ground`, blocks fill most of their row. */
static void write_boxes(FILE *f, const Series *s, int k, double ground, int *parts)
{
    begin(f, parts);
    fprintf(f, "$d%d using 1:2:1:3:", k);
    if (s->kind == HISTOGRAM)
        fprintf(f, "(%.9g):2", ground);
    else
        fputs("($2+0.12):($2+0.88)", f);
    fprintf(f, " with boxxyerror fs solid border lc rgb '%s' fc rgb '#%s%s' notitle", colour_of(s->colour),
            opacity_of(s->kind), colour_of(s->colour) + 1);
}

/* Bar k of `series` in each category: bars share 3/4 of a category's height. */
static void write_bars(FILE *f, const Series *s, int k, int series, int *parts)
{
    double thick = 0.76 / series, top = 0.12 + k * thick, middle = top + thick / 2;
    begin(f, parts);
    fprintf(f,
            "$d%d using 2:($1+%.4f):(0):2:($1+%.4f):($1+%.4f) with boxxyerror fs solid noborder fc rgb "
            "'#%s%s' notitle",
            k, middle, top, top + thick * 0.94, opacity_of(BARS), colour_of(s->colour) + 1);
    if (!s->low)
        return;
    begin(f, parts);
    fprintf(f, "$d%d using 3:($1+%.4f):($4-$3):(0) with vectors nohead lw 2 lc rgb '%s' notitle", k, middle,
            INK);
}

static void write_series(FILE *f, const Panel *panel, const Place *at, int k, int *parts)
{
    const Series *s = &panel->series[k];
    switch (s->kind) {
    case LINE:
    case BAND:
    case REFERENCE:
        write_line(f, s, k, parts);
        break;
    case POINTS:
    case INTERVALS:
    case WORDS:
        write_points(f, s, k, parts);
        break;
    case HISTOGRAM:
    case BLOCK:
        write_boxes(f, s, k, at->y.log ? at->y.min : 0, parts);
        break;
    case BARS:
        write_bars(f, s, k, panel->count, parts);
        break;
    case NOTE:
        break;
    }
}

/* ---- words, notes, numbers ----------------------------------------------------------------------- */

static Box around(double x, double y, double half)
{
    return (Box){x - half, y - half, x + half, y + half};
}

/* A curve as a row of small boxes, which notes avoid. */
static void add_curve(Crowd *c, Arena *memory, const Series *s, const Place *at)
{
    for (int i = 0; i + 1 < s->n; i++) {
        double x0 = place_x(at, (double)s->x[i]), y0 = place_y(at, (double)s->y[i]);
        double x1 = place_x(at, (double)s->x[i + 1]), y1 = place_y(at, (double)s->y[i + 1]);
        double length = hypot(x1 - x0, y1 - y0);
        for (double t = 0; isfinite(length) && t < length; t += 6)
            crowd_add(c, memory, around(x0 + (x1 - x0) * t / length, y0 + (y1 - y0) * t / length, 3));
    }
}

static Crowd crowd_of(const Plot *p, const Panel *panel, const Place *at)
{
    Crowd c = {.frame = at->frame};
    c.frame.right = at->right;
    for (int k = 0; k < panel->count; k++) {
        const Series *s = &panel->series[k];
        if (s->kind == LINE || s->kind == BAND || s->kind == REFERENCE)
            add_curve(&c, p->memory, s, at);
        for (int i = 0; (s->kind == WORDS || s->kind == POINTS || s->kind == INTERVALS) && i < s->n; i++)
            crowd_add(&c, p->memory, around(place_x(at, (double)s->x[i]), place_y(at, (double)s->y[i]), 3));
    }
    return c;
}

static void write_words(FILE *f, const Plot *p, const Series *s, const Place *at, Crowd *c)
{
    for (int i = 0; i < s->n && s->words; i++) {
        double x = place_x(at, (double)s->x[i]), y = place_y(at, (double)s->y[i]);
        double width = text_width(s->words[i], TEXT_SIZE);
        Box box;
        if (!isfinite(x + y) || crowd_beside(c, x, y, width, 5, &box) > 0)
            continue;
        crowd_add(c, p->memory, box);
        script_text(f, s->words[i], (box.left + box.right) / 2, (box.top + box.bottom) / 2, CENTER, PLAIN,
                    INK, 0);
    }
}

/* A note stands nearby, where it covers the least, and a line leads to it. */
static void write_note(FILE *f, const Plot *p, const Series *s, const Layout *l, const Place *at, Crowd *c)
{
    const char *text = text_in(s->name, l->language);
    double x = place_x(at, (double)s->x[0]), y = place_y(at, (double)s->y[0]);
    double width = text_width(text, TEXT_SIZE);
    int fewest = -1;
    Box box = {0}, best = {0};
    for (double gap = 12; gap <= 60 && fewest != 0; gap += 8) {
        int covered = crowd_beside(c, x, y, width, gap, &box);
        if (covered <= c->count && (fewest < 0 || covered < fewest)) {
            fewest = covered;
            best = box;
        }
    }
    if (fewest < 0 || !*text)
        return;
    crowd_add(c, p->memory, best);
    double near_x = fmax(best.left, fmin(x, best.right)),
           near_y = fmax(best.top + 3, fmin(y, best.bottom - 3));
    char style[64];
    snprintf(style, sizeof style, "lw 1 lc rgb '%s' front", INK);
    script_line(f, x, y, near_x, near_y, style);
    script_text(f, text, (best.left + best.right) / 2, (best.top + best.bottom) / 2, CENTER, PLAIN, INK, 0);
}

static void write_bar_numbers(FILE *f, const Panel *panel, const Place *at)
{
    double row = (at->frame.bottom - at->frame.top) / panel->name_count;
    for (int k = 0; k < panel->count; k++) {
        const Series *s = &panel->series[k];
        for (int i = 0; i < s->n; i++) {
            char text[32];
            double end = s->high ? fmax((double)s->high[i], (double)s->y[i]) : (double)s->y[i];
            double y = at->frame.top + row * (i + 0.12 + 0.76 * (k + 0.5) / panel->count);
            snprintf(text, sizeof text, "%.3g", (double)s->y[i]);
            if (isfinite(s->y[i]))
                script_text(f, text, place_x(at, fmax(end, 0)) + 5, y, LEFT, PLAIN, INK, 0);
        }
    }
}

static void write_block_label(FILE *f, const Panel *panel, const Series *s, const Place *at)
{
    double begin_x = place_x(at, (double)s->x[0]), end_x = place_x(at, (double)s->x[1]);
    if (s->words && text_width(s->words[0], TEXT_SIZE) <= fabs(end_x - begin_x) - 2)
        script_text(f, s->words[0], (begin_x + end_x) / 2, place_row(at, panel, (int)s->y[0]), CENTER,
                    PLAIN, INK, 0);
}

static void write_texts(FILE *f, const Plot *p, const Panel *panel, const Layout *l, const Place *at)
{
    bool crowded = !panel_is(panel, BARS) && !panel_is(panel, BLOCK);
    Crowd c = crowded ? crowd_of(p, panel, at) : (Crowd){0};
    if (panel_is(panel, BARS))
        write_bar_numbers(f, panel, at);
    for (int k = 0; k < panel->count; k++) {
        const Series *s = &panel->series[k];
        if (s->kind == WORDS)
            write_words(f, p, s, at, &c);
        else if (s->kind == NOTE)
            write_note(f, p, s, l, at, &c);
        else if (s->kind == BLOCK)
            write_block_label(f, panel, s, at);
    }
}

void series_write(const Plot *p, const Panel *panel, const Layout *l, const Place *at, FILE *f)
{
    int parts = 0;
    if (panel->cells) {
        heat_write(f, panel, l, at);
        return;
    }
    for (int k = 0; k < panel->count; k++)
        write_data(f, &panel->series[k], k);
    write_texts(f, p, panel, l, at);
    for (int k = 0; k < panel->count; k++)
        write_series(f, panel, at, k, &parts);
    putc('\n', f);
}
