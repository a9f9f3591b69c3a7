/* plot.h -- pictures (SVG), drawn by gnuplot.
 *
 *     Plot *p = plot_new("ch05/out/loss.svg", "Loss while training", "step", "loss");
 *     plot_line(p, "training", steps, losses, n);
 *     plot_finish(p, "picture");
 *
 * A picture holds either lines and points, or one heatmap, or a set of them.
 * Texts may hold any UTF-8; gnuplot's own notations mean nothing in them. The
 * same calls give the same bytes, whatever the user's gnuplot settings are. */
#ifndef PLOT_PLOT_H
#define PLOT_PLOT_H

#include "common/base/error.h"

typedef struct Plot Plot;

/* An empty picture, to be saved at path. A text may be NULL. Everything given
 * to plot_ functions is copied. plot_save frees it; plot_free is for a picture
 * that nobody wants any more. */
Plot *plot_new(const char *path, const char *title, const char *xlabel, const char *ylabel);
void plot_free(Plot *p);

/* A curve through (x[i], y[i]), or separate points. x (n), y (n); x NULL stands
 * for 0, 1, 2 ...; name is for the key and may be NULL. A value that is not
 * finite leaves a gap. */
void plot_line(Plot *p, const char *name, const float *x, const float *y, int n);
void plot_points(Plot *p, const char *name, const float *x, const float *y, int n);

/* What is added from here on is measured on an axis of its own on the right, which begins
 * at 0, and drawn thin and grey. */
void plot_right_axis(Plot *p, const char *label);

/* Logarithmic axes for lines and points; values <= 0 leave a gap there. */
void plot_log_axes(Plot *p, bool x, bool y);

/* A matrix as coloured cells, row 0 on top: white is 0, blue the largest value;
 * red stands for negative values, if there are any. values (rows, cols); names
 * may be NULL. Up to 12 x 12 cells carry their numbers. A value that is not
 * finite leaves its cell empty. */
void plot_heatmap(Plot *p, const float *values, int rows, int cols, const char *const *row_names,
                  const char *const *col_names);

/* Several heatmaps side by side, on one scale of colours, such as the heads of
 * a layer. values (panels, rows, cols); titles (panels) may be NULL. */
void plot_multi(Plot *p, int panels, const char *const *titles, const float *values, int rows, int cols,
                const char *const *row_names, const char *const *col_names);

/* Draws the picture: makes the directory of path, writes beside it and renames.
 * Prints nothing. Fails, with *e, when gnuplot is missing or cannot draw it (no
 * data), or the file cannot be written; an old picture then stays. Frees p. */
bool plot_save(Plot *p, Error *e);

/* The same for a program whose picture is an addition: prints "LABEL: PATH", or
 * "no picture: REASON" on the same place, and the program goes on. */
void plot_finish(Plot *p, const char *label);

#endif
