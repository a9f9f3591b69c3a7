/* layout.c -- where everything stands.
 *
 * From top to bottom: the title, the legend, then the panels in rows; a panel is its title, the label of its y axis,
 * the frame, the labels of its ticks or columns, and the label of its x axis. The widths of all texts are known (on
 * the large side) before gnuplot draws anything, so texts cannot meet. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

/* ---- what kind of panel -------------------------------------------------------------------------- */

bool panel_is(const Panel *panel, SeriesKind kind)
{
    return panel->count && panel->series[0].kind == kind;
}

bool has_y_axis(const Panel *panel)
{
    return !panel->cells && !panel_is(panel, BARS) && !panel_is(panel, BLOCK);
}

bool series_has_marks(const Series *s)
{
    return s->n <= 12;
}

/* ---- axes ---------------------------------------------------------------------------------------- */

static void add_all(Extent *e, const float *values, int n, bool log)
{
    for (int i = 0; values && i < n; i++) {
        if (!log || values[i] > 0)
            extent_add(e, (double)values[i]);
    }
}

static void add_horizontal(Extent *e, const Panel *panel)
{
    for (int k = 0; k < panel->count; k++) {
        const Series *s = &panel->series[k];
        if (s->kind == BARS) {
            extent_add(e, 0);
            add_all(e, s->y, s->n, false);
            add_all(e, s->low, s->n, false);
            add_all(e, s->high, s->n, false);
        } else {
            add_all(e, s->x, s->n + (s->kind == HISTOGRAM || s->kind == BLOCK), panel->log_x);
        }
    }
}

static void add_vertical(Extent *e, const Panel *panel)
{
    e->distinct = MAX_TICKS; /* y ticks are round numbers always */
    for (int k = 0; k < panel->count; k++) {
        const Series *s = &panel->series[k];
        if (s->kind == HISTOGRAM && !panel->log_y)
            extent_add(e, 0);
        add_all(e, s->y, s->n, panel->log_y);
        add_all(e, s->low, s->n, panel->log_y);
        add_all(e, s->high, s->n, panel->log_y);
    }
}

static void limit(Extent *e, float min, float max)
{
    if (!isnan(min)) {
        e->min = (double)min;
        e->fixed_min = true;
        e->max = fmax(e->max, e->min);
    }
    if (!isnan(max)) {
        e->max = (double)max;
        e->fixed_max = true;
        e->min = fmin(e->min, e->max);
    }
}

static bool shares_x(const Panel *a, const Panel *b)
{
    return text_same(a->x, b->x) && a->log_x == b->log_x && panel_is(a, BARS) == panel_is(b, BARS);
}

static bool shares_y(const Panel *a, const Panel *b)
{
    return has_y_axis(b) && text_same(a->y, b->y) && a->log_y == b->log_y;
}

static Axis horizontal_axis(const Plot *p, const Panel *panel, double width)
{
    Extent e = {.min = 1, .max = 0};
    for (int i = 0; i < p->count; i++) {
        if (shares_x(panel, &p->panels[i])) {
            add_horizontal(&e, &p->panels[i]);
            limit(&e, p->panels[i].limits[0], p->panels[i].limits[1]);
        }
    }
    if (panel_is(panel, BLOCK))
        e.fixed_min = e.fixed_max = true;
    return axis_make(&e, panel->log_x, (int)fmax(2, width / 65));
}

static Axis vertical_axis(const Plot *p, const Panel *panel)
{
    Extent e = {.min = 1, .max = 0};
    for (int i = 0; i < p->count; i++) {
        if (shares_y(panel, &p->panels[i])) {
            add_vertical(&e, &p->panels[i]);
            limit(&e, p->panels[i].limits[2], p->panels[i].limits[3]);
        }
    }
    return axis_make(&e, panel->log_y, p->count == 1 ? 6 : p->count == 2 ? 5 : 4);
}

double place_x(const Place *at, double value)
{
    return at->frame.left + axis_position(&at->x, value) * (at->frame.right - at->frame.left);
}

double place_y(const Place *at, double value)
{
    return at->frame.bottom - axis_position(&at->y, value) * (at->frame.bottom - at->frame.top);
}

double place_row(const Place *at, const Panel *panel, int row)
{
    return at->frame.top + (row + 0.5) * (at->frame.bottom - at->frame.top) / panel->name_count;
}

int place_lines(const Place *at, const char *label)
{
    return text_lines(label, TEXT_SIZE, at->right - at->left);
}

/* Every second label goes where they would meet, until they do not. */
static void thin_labels(Place *at)
{
    Axis *a = &at->x;
    for (int step = 2, meet = 1; meet && step < 2 * MAX_TICKS; step *= 2) {
        double end = -1e9;
        meet = 0;
        for (int i = 0; i < a->ticks; i++) {
            double half = text_width(a->label[i], TEXT_SIZE) / 2, middle = place_x(at, a->at[i]);
            if (!*a->label[i])
                continue;
            meet = meet || middle - half < end + 4;
            end = middle + half;
        }
        for (int i = 0; meet && i < a->ticks; i++) {
            if (i % step)
                *a->label[i] = '\0';
        }
    }
}

/* ---- the legend ---------------------------------------------------------------------------------- */

static bool listed(const Layout *l, PlotText name)
{
    for (int i = 0; i < l->entries; i++) {
        if (text_same(l->entry[i].name, name))
            return true;
    }
    return false;
}

static void list_entries(const Plot *p, Layout *l)
{
    int max = 0;
    for (int i = 0; i < p->count; i++)
        max += p->panels[i].count;
    l->entry = arena_alloc(p->memory, sizeof *l->entry * (size_t)(max + 1));
    for (int i = 0; i < p->count; i++) {
        for (int k = 0; k < p->panels[i].count; k++) {
            const Series *s = &p->panels[i].series[k];
            if (s->kind != NOTE && *text_in(s->name, l->language) && !listed(l, s->name))
                l->entry[l->entries++] = (Entry){
                    .name = s->name, .kind = s->kind, .colour = s->colour, .marks = series_has_marks(s)};
        }
    }
}

/* Entries one after another, on new lines where a line is full; the y below them. */
static double place_entries(Layout *l, double y)
{
    double x = EDGE;
    for (int i = 0; i < l->entries; i++) {
        const char *name = text_in(l->entry[i].name, l->language);
        double width = SWATCH + 6 + text_width(name, TEXT_SIZE);
        int lines = text_lines(name, TEXT_SIZE, ENTRY_ROOM);
        if (x > EDGE && x + width > WIDTH - EDGE) {
            x = EDGE;
            y += LINE_HEIGHT;
        }
        l->entry[i].x = x;
        l->entry[i].y = y + LINE_HEIGHT / 2.0;
        y += (lines - 1) * LINE_HEIGHT;
        x += width + GAP;
    }
    return l->entries ? y + LINE_HEIGHT : y;
}

/* ---- the panels ---------------------------------------------------------------------------------- */

static double gutter_of(const Plot *p, const Panel *panel, PlotLanguage language, double width)
{
    double widest_label = 0;
    Axis y = vertical_axis(p, panel);
    for (int i = 0; has_y_axis(panel) && i < y.ticks; i++)
        widest_label = fmax(widest_label, text_width(y.label[i], TEXT_SIZE));
    for (int i = 0; !has_y_axis(panel) && i < panel->name_count; i++)
        widest_label = fmax(widest_label, text_width(text_in(panel->names[i], language), TEXT_SIZE));
    return fmin(widest_label, 0.42 * width) + 8;
}

/* Of bars or blocks: room for both the name and what stands beside it. */
static double row_height(const Panel *panel, const Layout *l)
{
    double height = panel_is(panel, BARS) ? panel->count * 16 + 16 : 34;
    for (int i = 0; i < panel->name_count; i++) {
        int lines = text_lines(text_in(panel->names[i], l->language), TEXT_SIZE, l->gutter - 7);
        height = fmax(height, lines * LINE_HEIGHT + 4);
    }
    return height;
}

static double frame_height(const Plot *p, const Panel *panel, const Layout *l, int across)
{
    if (panel->cells)
        return panel->rows * l->cell;
    if (panel->names)
        return panel->name_count * row_height(panel, l);
    return p->count == 1 ? 250 : across == 1 ? 160 : 150;
}

/* The frame's height, and what stands above and below it. */
static double above(const Panel *panel, const Place *at, const Layout *l)
{
    return (l->title_lines + place_lines(at, text_in(panel->y, l->language))) * LINE_HEIGHT +
           (has_y_axis(panel) ? TICK_HALF : 0) + 4;
}

static double below(const Panel *panel, const Place *at, const Layout *l)
{
    bool has_label = !panel->cells || at->col_names;
    double ticks = panel->cells ? at->col_names ? l->names : 2 : LINE_HEIGHT + 2;
    return ticks + (has_label ? place_lines(at, text_in(panel->x, l->language)) * LINE_HEIGHT : 0);
}

/* On the right of a frame: half of the last tick's label, or the numbers of bars. */
static double overhang(const Panel *panel, const Axis *x)
{
    double half = x->ticks ? text_width(x->label[x->ticks - 1], TEXT_SIZE) / 2 : 0;
    return panel_is(panel, BARS) ? 48 : fmax(2, half - 4);
}

static void place_plain(const Plot *p, const Panel *panel, const Layout *l, Place *at, double left,
                        double width)
{
    at->left = left;
    at->right = left + width;
    at->x = horizontal_axis(p, panel, width - l->gutter);
    at->y = vertical_axis(p, panel);
    at->frame.left = left + l->gutter;
    at->frame.right = left + width - overhang(panel, &at->x);
}

/* From the left: panels of equal width; or heatmaps, whose row names stand before the first
 * only if all are the same. */
static double place_across(const Plot *p, const Layout *l, int i, int across, double left, double width)
{
    const Panel *panel = &p->panels[i];
    Place *at = &l->place[i];
    if (!panel->cells) {
        place_plain(p, panel, l, at, left, width);
        return left + width + GAP;
    }
    return heat_place(p, l, i, across, left);
}

/* One row of panels from y down; the y below it. */
static double place_down(const Plot *p, const Layout *l, int first, int across, double y)
{
    int last = first + across < p->count ? first + across : p->count;
    double top = 0, bottom = y;
    for (int i = first; i < last; i++)
        top = fmax(top, above(&p->panels[i], &l->place[i], l));
    for (int i = first; i < last; i++) {
        Box *frame = &l->place[i].frame;
        frame->top = y + top;
        frame->bottom = frame->top + frame_height(p, &p->panels[i], l, across);
        bottom = fmax(bottom, frame->bottom + below(&p->panels[i], &l->place[i], l));
        if (!p->panels[i].cells)
            thin_labels(&l->place[i]);
    }
    return bottom;
}

static void place_panels(const Plot *p, Layout *l, int across, double y)
{
    double width = (WIDTH - 2 * EDGE - (across - 1) * GAP) / across;
    for (int i = 0; i < p->count; i++) {
        const Panel *panel = &p->panels[i];
        double room = panel->cells ? heat_cols(p) * l->cell : width;
        int lines = text_lines(text_in(panel->title, l->language), BOLD_TEXT, room);
        l->title_lines = lines > l->title_lines ? lines : l->title_lines;
        if (!panel->cells)
            l->gutter = fmax(l->gutter, gutter_of(p, panel, l->language, width));
    }
    for (int first = 0; first < p->count; first += across) {
        double left = EDGE;
        for (int i = first; i < p->count && i < first + across; i++)
            left = place_across(p, l, i, across, left, width);
        y = place_down(p, l, first, across, y) + GAP / 2;
    }
    l->height = (int)ceil(y - GAP / 2 + EDGE);
}

Layout *layout_make(const Plot *p, PlotLanguage language)
{
    Layout *l = memset(arena_alloc(p->memory, sizeof *l), 0, sizeof *l);
    l->place = memset(arena_alloc(p->memory, sizeof *l->place * (size_t)p->count), 0,
                      sizeof *l->place * (size_t)p->count);
    l->language = language;
    bool maps = p->panels[0].cells != NULL;
    int across = maps ? heat_layout(p, l) : p->count > 2 ? 2 : 1;
    double y =
        EDGE + text_lines(text_in(p->title, language), BOLD_TITLE, WIDTH - 2 * EDGE) * (LINE_HEIGHT + 2);
    list_entries(p, l);
    y = place_entries(l, y);
    if (maps && heat_needs_scale(p, l)) {
        l->scale_y = y + LINE_HEIGHT / 2.0;
        y += LINE_HEIGHT + 4;
    }
    place_panels(p, l, across, y + (y > EDGE ? 2 : 0));
    return l;
}
