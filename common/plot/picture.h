/* picture.h -- what a picture holds and how its parts lie; for the files of common/plot only.
 *
 *     plot.c     keeps what the program describes
 *     text.c     texts: their width, their lines, gnuplot's strings
 *     scale.c    axes: range, ticks, labels
 *     layout.c   where everything stands, in units of the picture
 *     heat.c     heatmaps
 *     crowd.c    room for words and notes beside their points
 *     script.c   the gnuplot script of frame, legend and axes; series.c: of what stands in the panels
 *     svg.c      what gnuplot wrote, made small and fit for dark pages
 *     save.c     runs gnuplot and saves the picture */
#ifndef PLOT_PICTURE_H
#define PLOT_PICTURE_H

#include "common/base/arena.h"
#include "common/plot/plot.h"

#include <stdio.h>
#include <stddef.h>

enum {
    WIDTH = 520,      /* of every picture */
    TEXT_SIZE = 14,   /* at 380 pixels: 10.2 */
    BOLD_TEXT = 16,   /* the size of plain text that is as wide as bold text of size 14, */
    BOLD_TITLE = 18,  /* and of 16 */
    LINE_HEIGHT = 20, /* from one line of text to the next */
    GAP = 16,         /* between panels, and between entries of the legend */
    EDGE = 10,        /* free all around */
    SWATCH = 26,      /* a sample in the legend */
    ENTRY_ROOM = WIDTH - 2 * EDGE - SWATCH - 6, /* for a name in the legend */
    TICK_HALF = 8,                              /* half of the height of a tick's label */
    FEW_CELLS = 8,                              /* rows or columns of a heatmap that may carry numbers */
    MAX_TICKS = 12
};

/* ---- what is drawn --------------------------------------------------------------------------------- */

typedef enum SeriesKind {
    LINE,
    POINTS,
    BAND,
    INTERVALS,
    REFERENCE,
    WORDS,
    HISTOGRAM,
    BARS,
    BLOCK,
    NOTE
} SeriesKind;

typedef struct Series {
    SeriesKind kind;
    PlotText name; /* of a note: the note */
    int colour;    /* counts through the picture; series of one name share it */
    int n;
    float *x;          /* (n); a histogram's edges (n+1); a block's begin and end (2); bars have none */
    float *y;          /* (n); a block's row (1) */
    float *low, *high; /* (n) or NULL */
    char **words;      /* (n); a block's label (1) or NULL */
} Series;

typedef struct Panel {
    PlotText title, x, y;
    bool log_x, log_y;
    float limits[4]; /* x_min x_max y_min y_max, or NAN */
    Series *series;
    int count, room;
    PlotText *names; /* (name_count) of bars or rows of blocks */
    int name_count;
    float *cells; /* (rows, cols) of a heatmap, or NULL */
    int rows, cols;
    char **row_names, **col_names; /* or NULL */
} Panel;

struct Plot {
    Arena *memory; /* of all arrays and texts below */
    char *path;
    int language;
    PlotText title;
    Panel *panels;
    int count, room;
    int colours; /* given away so far */
};

/* ---- texts ------------------------------------------------------------------------------------------- */

const char *text_in(PlotText text, PlotLanguage language); /* "" if there is none */
bool text_same(PlotText a, PlotText b);

/* The width that a text will have, on the large side; fonts differ from reader to reader. */
double text_width(const char *text, double size);

/* The first bytes of text that fit in room; at least one word or Chinese character. */
size_t text_fit(const char *text, double size, double room);

/* How many lines that makes. */
int text_lines(const char *text, double size, double room);

/* Writes a gnuplot string in which nothing of the text has a meaning. */
void text_quote(FILE *f, const char *text);

/* Writes the text as XML has it. */
void text_xml(FILE *f, const char *text);

/* ---- axes -------------------------------------------------------------------------------------------- */

typedef struct Extent { /* what an axis must show */
    double min, max;    /* min > max: nothing yet */
    bool fixed_min, fixed_max;
    int distinct; /* values, as long as they are few; MAX_TICKS: too many */
    double value[MAX_TICKS];
} Extent;

typedef struct Axis {
    double min, max;
    bool log;
    int ticks;
    double at[MAX_TICKS];
    char label[MAX_TICKS][24];
} Axis;

void extent_add(Extent *e, double value);
Axis axis_make(const Extent *e, bool log, int wanted);
double axis_position(const Axis *a, double value); /* 0 at min, 1 at max */

/* ---- where everything stands --------------------------------------------------------------------- */

typedef struct Box {
    double left, top, right, bottom; /* from the upper left of the picture */
} Box;

typedef struct Entry { /* of the legend */
    PlotText name;
    SeriesKind kind;
    int colour;
    bool marks;
    double x, y; /* left end of its sample, middle of its line */
} Entry;

typedef struct Place {         /* of a panel */
    Box frame;                 /* between the axes */
    double left;               /* where the texts above the frame begin */
    double right;              /* where they must end */
    Axis x, y;                 /* of a heatmap: numbers of columns and rows; bars and blocks have no y */
    bool row_names, col_names; /* of a heatmap: drawn with this panel */
} Place;

typedef struct Layout {
    PlotLanguage language;
    int height;
    Entry *entry;
    int entries;
    double scale_y;  /* the line of the scale of colours; 0 if there is none */
    double cell;     /* of heatmaps: the side of a cell */
    double min, max; /* of heatmaps: what the colours span */
    double gutter;   /* left of the frames, for tick labels and names */
    double names;    /* height of the column names */
    int angle;       /* of the column names */
    int title_lines; /* of the panels */
    Place *place;    /* of each panel */
} Layout;

/* Lives in p's memory. */
Layout *layout_make(const Plot *p, PlotLanguage language);

double place_x(const Place *at, double value);
double place_y(const Place *at, double value);
double place_row(const Place *at, const Panel *panel, int row); /* the middle of a row of bars or blocks */

int place_lines(const Place *at, const char *label); /* lines that a label takes above or below the frame */

bool panel_is(const Panel *panel, SeriesKind kind);
bool has_y_axis(const Panel *panel);    /* with numbers, whose uppermost reaches above the frame */
bool series_has_marks(const Series *s); /* so few points that each has its mark */

/* ---- heatmaps ------------------------------------------------------------------------------------------- */

int heat_cols(const Plot *p);              /* of the widest one */
bool heat_has_borders(const Panel *panel); /* around its cells */

/* The size of their cells, and all that follows from it; how many stand side by side: as many as have cells large
 * enough, in full rows if possible. */
int heat_layout(const Plot *p, Layout *l);

/* Places panel i, from left; where the next one may begin. */
double heat_place(const Plot *p, const Layout *l, int i, int across, double left);

/* Whether the legend must say what the colours mean; it then has minimum, a strip of colours, maximum. */
bool heat_needs_scale(const Plot *p, const Layout *l);
void heat_write_scale(FILE *f, const Layout *l);

void heat_write_names(FILE *f, const Panel *panel, const Layout *l, const Place *at);
void heat_write(FILE *f, const Panel *panel, const Layout *l, const Place *at);

/* ---- room for words and notes -------------------------------------------------------------------- */

typedef struct Crowd { /* what may not be covered */
    Box frame;
    Box *box;
    int count, room;
} Crowd;

void crowd_add(Crowd *c, Arena *memory, Box box);

/* A box for a text of this width beside (x, y), `gap` away from it, inside the frame, that covers the fewest of
 * the crowd; how many it covers. */
int crowd_beside(const Crowd *c, double x, double y, double width, double gap, Box *found);

/* ---- drawing ------------------------------------------------------------------------------------- */

/* Colours of the light page; svg.c knows those of the dark one. */
extern const char INK[], GREY[], GRID[];
const char *colour_of(int colour);       /* grey for a negative one */
const char *opacity_of(SeriesKind kind); /* of a filled area: gnuplot's alpha, in hexadecimal */

typedef enum Anchor { LEFT, CENTER, RIGHT } Anchor;
typedef enum Font { PLAIN, BOLD, HEADING } Font;

/* Appends a label to the script; x, y: the middle of the text's height, at the anchor. */
void script_text(FILE *f, const char *text, double x, double y, Anchor anchor, Font font,
                 const char *colour, int angle);

/* The same for a text that may be too wide: in lines of at max `room`, downwards from y. */
void script_lines(FILE *f, const char *text, double x, double y, double room, Anchor anchor, Font font,
                  const char *colour);

/* A rectangle, with gnuplot's words for its filling. */
void script_box(FILE *f, Box b, const char *fill);

/* The labels of the x axis, shifted by so much of a unit. */
void script_ticks_below(FILE *f, const Place *at, double shift);

/* A line from one point of the picture to another. */
void script_line(FILE *f, double x0, double y0, double x1, double y1, const char *style);

/* A line's width, dashes and colour, and the marks of a series, in gnuplot's words. */
void series_style(char *style, size_t room, SeriesKind kind, int colour, bool marks);
void marks_style(char *style, size_t room, int colour);

void script_write(const Plot *p, const Layout *l, FILE *f);

/* From series.c: what stands in the frame of the panel. */
void series_write(const Plot *p, const Panel *panel, const Layout *l, const Place *at, FILE *f);

/* Copies what gnuplot drew, with a title and with colours for dark pages. */
void svg_finish(const char *drawn, const char *title, PlotLanguage language, int height, FILE *out);

#endif
