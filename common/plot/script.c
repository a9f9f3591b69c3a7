/* script.c -- the gnuplot script: title, legend, and around each panel its labels, ticks and grid.
 *
 * The script holds all data inline, so a picture needs one process and one pass. Every text stands at a place that
 * layout.c chose, so gnuplot places nothing by itself. Lengths are in units of the picture, from the upper left;
 * W and H in the script are its width and height. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

static const char *const FONTS[] = {
    [PLAIN] = "sans-serif,14", [BOLD] = "sans-serif:Bold,14", [HEADING] = "sans-serif:Bold,16"};

/* ---- lines and texts ----------------------------------------------------------------------------- */

void script_text(FILE *f, const char *text, double x, double y, Anchor anchor, Font font,
                 const char *colour, int angle)
{
    static const char *const anchors[] = {[LEFT] = "left", [CENTER] = "center", [RIGHT] = "right"};
    if (!*text)
        return;
    fputs("set label ", f);
    text_quote(f, text);
    fprintf(f, " at screen %.2f/W,1-%.2f/H %s font '%s' tc rgb '%s' front", x, y, anchors[anchor],
            FONTS[font], colour);
    if (angle)
        fprintf(f, " rotate by %d", angle);
    putc('\n', f);
}

void script_lines(FILE *f, const char *text, double x, double y, double room, Anchor anchor, Font font,
                  const char *colour)
{
    int size = font == HEADING ? BOLD_TITLE : font == BOLD ? BOLD_TEXT : TEXT_SIZE;
    while (*text) {
        char line[512];
        size_t bytes = text_fit(text, size, room);
        snprintf(line, sizeof line, "%.*s", (int)bytes, text);
        script_text(f, line, x, y, anchor, font, colour, 0);
        text += bytes;
        text += strspn(text, " ");
        y += font == HEADING ? LINE_HEIGHT + 2 : LINE_HEIGHT;
    }
}

void script_line(FILE *f, double x0, double y0, double x1, double y1, const char *style)
{
    fprintf(f, "set arrow from screen %.2f/W,1-%.2f/H to screen %.2f/W,1-%.2f/H nohead %s\n", x0, y0, x1,
            y1, style);
}

void script_box(FILE *f, Box b, const char *fill)
{
    fprintf(f, "set object rectangle from screen %.2f/W,1-%.2f/H to screen %.2f/W,1-%.2f/H %s\n", b.left,
            b.bottom, b.right, b.top, fill);
}

/* ---- the legend ---------------------------------------------------------------------------------- */

static void write_swatch(FILE *f, const Entry *e)
{
    char style[128] = "";
    Box box = {e->x, e->y - 6, e->x + SWATCH, e->y + 6};
    if (e->kind == BAND || e->kind == HISTOGRAM || e->kind == BARS || e->kind == BLOCK) {
        snprintf(style, sizeof style, "fc rgb '#%s%s' fs solid noborder", opacity_of(e->kind),
                 colour_of(e->colour) + 1);
        script_box(f, box, style);
    }
    if (e->kind == LINE || e->kind == BAND || e->kind == REFERENCE) {
        series_style(style, sizeof style, e->kind, e->colour, e->marks);
        script_line(f, box.left, e->y, box.right, e->y, style);
    }
    bool marked = e->kind == POINTS || e->kind == WORDS || e->kind == INTERVALS;
    if (marked || (e->marks && (e->kind == LINE || e->kind == BAND))) {
        marks_style(style, sizeof style, e->colour);
        fprintf(f, "set label \"\" at screen %.2f/W,1-%.2f/H point %s front\n", e->x + SWATCH / 2.0, e->y,
                style);
    }
}

static void write_legend(FILE *f, const Layout *l)
{
    for (int i = 0; i < l->entries; i++) {
        const Entry *e = &l->entry[i];
        write_swatch(f, e);
        script_lines(f, text_in(e->name, l->language), e->x + SWATCH + 6, e->y, ENTRY_ROOM, LEFT, PLAIN,
                     INK);
    }
}

/* ---- around a panel ------------------------------------------------------------------------------ */

static void write_names_left(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    for (int i = 0; i < panel->name_count; i++) {
        const char *name = text_in(panel->names[i], l->language);
        double room = l->gutter - 7, y = place_row(at, panel, i);
        int lines = text_lines(name, TEXT_SIZE, room);
        script_lines(f, name, at->left, y - (lines - 1) * LINE_HEIGHT / 2.0, room, LEFT, PLAIN, INK);
    }
}

void script_ticks_below(FILE *f, const Place *at, double shift)
{
    for (int i = 0; i < at->x.ticks; i++)
        script_text(f, at->x.label[i], place_x(at, at->x.at[i] + shift), at->frame.bottom + 13, CENTER,
                    PLAIN, INK, 0);
}

static void write_ticks_left(FILE *f, const Place *at)
{
    for (int i = 0; i < at->y.ticks; i++)
        script_text(f, at->y.label[i], at->frame.left - 6, place_y(at, at->y.at[i]), RIGHT, PLAIN, INK, 0);
}

/* Upwards from the frame: the label of the y axis, the panel's title; downwards: the label of the x axis. */
static void write_labels(FILE *f, const Panel *panel, const Layout *l, const Place *at)
{
    bool first_column = !panel->cells || at->row_names, last_row = !panel->cells || at->col_names;
    const char *title = text_in(panel->title, l->language);
    const char *below = last_row ? text_in(panel->x, l->language) : "";
    const char *above = first_column ? text_in(panel->y, l->language) : "";
    double room = at->right - at->left,
           y = at->frame.top - LINE_HEIGHT / 2.0 - 2 - (has_y_axis(panel) ? TICK_HALF : 0);
    y -= (place_lines(at, text_in(panel->y, l->language)) - 1) * LINE_HEIGHT;
    script_lines(f, above, at->left, y, room, LEFT, PLAIN, GREY);
    y -= LINE_HEIGHT + (text_lines(title, BOLD_TEXT, room) - 1) * LINE_HEIGHT;
    script_lines(f, title, at->left, y, room, LEFT, BOLD, INK);
    double names = panel->cells ? l->names : LINE_HEIGHT + 2;
    double half = fmin(text_width(below, TEXT_SIZE), room) / 2;
    double middle = fmin((at->frame.left + at->frame.right) / 2, at->right - half);
    script_lines(f, below, fmax(at->left + half, middle), at->frame.bottom + names + LINE_HEIGHT / 2.0,
                 room, CENTER, PLAIN, GREY);
}

/* Lines of the grid, behind the data, at each tick. */
static void write_grid(FILE *f, const Panel *panel, const Place *at)
{
    char style[64];
    const Box *frame = &at->frame;
    snprintf(style, sizeof style, "back lw 1 lc rgb '%s'", GRID);
    for (int i = 0; i < at->x.ticks; i++)
        script_line(f, place_x(at, at->x.at[i]), frame->top, place_x(at, at->x.at[i]), frame->bottom,
                    style);
    for (int i = 0; has_y_axis(panel) && i < at->y.ticks; i++)
        script_line(f, frame->left, place_y(at, at->y.at[i]), frame->right, place_y(at, at->y.at[i]),
                    style);
}

static void write_range(FILE *f, char axis, double from, double to, bool log)
{
    fprintf(f, "set %crange [%.9g:%.9g]\n%s logscale %c\n", axis, from, to, log ? "set" : "unset", axis);
}

static void write_axes(FILE *f, const Panel *panel, const Place *at)
{
    if (panel->cells) {
        fprintf(f, "set border %d\n", heat_has_borders(panel) ? 0 : 15);
        write_range(f, 'x', 0, panel->cols, false);
        write_range(f, 'y', panel->rows, 0, false);
        return;
    }
    fputs("set border 3\n", f);
    write_grid(f, panel, at);
    write_range(f, 'x', at->x.min, at->x.max, at->x.log);
    if (has_y_axis(panel))
        write_range(f, 'y', at->y.min, at->y.max, at->y.log);
    else
        write_range(f, 'y', panel->name_count, 0, false);
}

static void write_panel(const Plot *p, const Layout *l, int i, FILE *f)
{
    const Panel *panel = &p->panels[i];
    const Place *at = &l->place[i];
    fprintf(f, "set lmargin at screen %.2f/W\nset rmargin at screen %.2f/W\n", at->frame.left,
            at->frame.right);
    fprintf(f, "set tmargin at screen 1-%.2f/H\nset bmargin at screen 1-%.2f/H\n", at->frame.top,
            at->frame.bottom);
    write_labels(f, panel, l, at);
    if (panel->cells) {
        heat_write_names(f, panel, l, at);
    } else {
        script_ticks_below(f, at, 0);
        if (has_y_axis(panel))
            write_ticks_left(f, at);
        else
            write_names_left(f, panel, l, at);
    }
    write_axes(f, panel, at);
    series_write(p, panel, l, at, f);
    fputs("unset label\nunset arrow\nunset object\n", f);
}

void script_write(const Plot *p, const Layout *l, FILE *f)
{
    fprintf(f,
            "set encoding utf8\n"
            "set terminal svg size %d,%d font 'sans-serif,%d' noenhanced\n"
            "W = %d.0\nH = %d.0\nunset key\nunset xtics\nunset ytics\n"
            "set border lc rgb '%s' lw 1\nset multiplot\n",
            WIDTH, l->height, TEXT_SIZE, WIDTH, l->height, GREY);
    script_lines(f, text_in(p->title, l->language), EDGE, EDGE + LINE_HEIGHT / 2.0, WIDTH - 2 * EDGE, LEFT,
                 HEADING, INK);
    write_legend(f, l);
    if (l->scale_y > 0)
        heat_write_scale(f, l);
    for (int i = 0; i < p->count; i++)
        write_panel(p, l, i, f);
    fputs("unset multiplot\n", f);
}
