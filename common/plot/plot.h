/* plot.h -- pictures (SVG), drawn by gnuplot, that can be read on a telephone and on a dark page.
 *
 *     Plot *p = plot_new("ch05/out/loss.svg", language, plot_text("Loss while training", "训练中的损失"));
 *     plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
 *     plot_seeds(p, plot_text("held out", "留出"), steps, losses, 5, n);
 *     plot_finish(p, "picture");
 *
 * draws ch05/out/loss.svg, and ch05/out/loss.zh.svg with the Chinese texts, from one run of the program. A picture of
 * every kind, with the calls that draw it, is in common/tools/gallery.c (`make gallery`).
 *
 * A picture is 520 units wide, and no text in it is smaller than 14: on a screen 380 pixels wide that is more
 * than 9. Its ground is transparent; colours follow prefers-color-scheme, in an <img> as well as inline. The
 * title is on top, below it the legend, then the panels, each with the label of its y axis above it, so that no
 * text is rotated (but for the names of narrow columns) and none meets another. Series differ in colour (safe
 * for colour-blind readers) and in dashes or marks. Ticks stand at round numbers, or on a logarithmic axis
 * with at most 8 different x at these x.
 *
 * A panel holds series, or bars, or blocks, or one heatmap. Texts may hold any UTF-8; gnuplot's own notations
 * mean nothing in them. All arguments are copied. The same calls give the same bytes. */
#ifndef PLOT_PLOT_H
#define PLOT_PLOT_H

#include "common/base/error.h"
#include "common/base/loss_band.h"
#include "common/base/options.h"

typedef struct Plot Plot;

/* ---- texts in two languages ----------------------------------------------------------------------- */

typedef struct PlotText {
    const char *en, *zh; /* NULL: no text */
} PlotText;

PlotText plot_text(const char *en, const char *zh);
PlotText plot_same(const char *text); /* the same in both: a formula, the name of a model; NULL: no text */

/* PLOT_BOTH draws NAME.svg and NAME.zh.svg. */
typedef enum PlotLanguage { PLOT_BOTH, PLOT_EN, PLOT_ZH } PlotLanguage;

/* The option of every program that draws, --language both|en|zh:
 *
 *     int language = PLOT_BOTH;
 *     const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END}; */
Option plot_option(int *language);

/* ---- a picture and its panels ---------------------------------------------------------------------- */

/* An empty picture; path ends with .svg. plot_save and plot_finish free it; plot_free is for a picture that
 * nobody wants any more. */
Plot *plot_new(const char *path, int language, PlotText title);
void plot_free(Plot *p);

/* Begins the next of several panels (small multiples); what is called before the first belongs to a panel
 * without a title. Panels stand side by side where they fit. Those whose axes have the same labels share the
 * range of these axes; a series of the same name has the same colour in all of them; all heatmaps share one
 * scale of colours. */
void plot_panel(Plot *p, PlotText title);

/* Labels of the current panel's axes, with units. plot_panel hands them on to the next panel. */
void plot_axes(Plot *p, PlotText x, PlotText y);

/* Logarithmic axes for the current panel; values <= 0 leave a gap there. Handed on like the labels. */
void plot_log_axes(Plot *p, bool x, bool y);

/* The current panel's ranges, where those of the data are not what one wants: NAN leaves a limit to the data. */
void plot_limits(Plot *p, float x_min, float x_max, float y_min, float y_max);

/* ---- series ------------------------------------------------------------------------------------------ */

/* A curve through (x[i], y[i]), or separate points. x (n), y (n); x NULL stands for 0, 1, 2 ...; a name without
 * text is not in the legend. A value that is not finite leaves a gap. */
void plot_line(Plot *p, PlotText name, const float *x, const float *y, int n);
void plot_points(Plot *p, PlotText name, const float *x, const float *y, int n);

/* A curve with a band from low to high around it. */
void plot_band(Plot *p, PlotText name, const float *x, const float *y, const float *low, const float *high,
               int n);

/* The same for runs with several seeds, y (seeds, n): their mean, and a band from minimum to maximum. */
void plot_seeds(Plot *p, PlotText name, const float *x, const float *y, int seeds, int n);

/* Several such curves from what tabular_print_seeds prints: values (rows, n, seeds), a curve for each of the n columns
 * over x (rows); names (n). */
void plot_columns(Plot *p, const PlotText *names, const float *x, const double *values, int rows, int n,
                  int seeds);

/* Points with intervals from low to high: accuracies with their confidence, a calibration diagram. */
void plot_intervals(Plot *p, PlotText name, const float *x, const float *y, const float *low,
                    const float *high, int n);

/* A thin grey line to compare with: a baseline, the diagonal of a calibration diagram. */
void plot_reference(Plot *p, PlotText name, const float *x, const float *y, int n);

/* Such a line at height y, from x = begin to end: what a guess reaches without a model. Its name is written on it at
 * `where`, 0 to 1 of the way. */
void plot_level(Plot *p, PlotText name, float y, float begin, float end, float where);

/* Points with a word beside each, such as embeddings after a PCA. A word that would cover another is left out,
 * so the more important ones come first. words (n). */
void plot_words(Plot *p, PlotText name, const float *x, const float *y, const char *const *words, int n);

/* counts (bins) over the bins between edges (bins + 1); several histograms in a panel show through. */
void plot_histogram(Plot *p, PlotText name, const float *edges, const float *counts, int bins);

/* A note at a point of the data, where there is room beside it. */
void plot_note(Plot *p, float x, float y, PlotText text);

/* ---- bars, blocks, heatmaps -------------------------------------------------------------------------- */

/* Horizontal bars from 0, one for each category, with intervals unless low and high are NULL. Several series in
 * a panel lie side by side and must have the same categories (n). */
void plot_bars(Plot *p, PlotText name, const PlotText *categories, const float *values, const float *low,
               const float *high, int n);

/* The rows of a panel of blocks, from top to bottom: pipeline stages, processes. */
void plot_rows(Plot *p, const PlotText *names, int n);

/* A rectangle in a row from x = begin to end, coloured by its kind, with a short label if it fits (or NULL). */
void plot_block(Plot *p, PlotText kind, int row, float begin, float end, const char *label);

/* A matrix as cells, row 0 on top: the page's own colour is 0, blue the maximum; orange stands for negative values.
 * values (rows, cols); names may be NULL. Up to 8 x 8 cells carry their numbers where these fit; otherwise a scale
 * stands in the legend, unless all values are 0 or 1. A value that is not finite (masked) leaves its cell empty,
 * without border and number. */
void plot_heatmap(Plot *p, const float *values, int rows, int cols, const char *const *row_names,
                  const char *const *col_names);

/* Square heatmaps over the same words, each in a panel of its own: the weights of several heads. values (n, side,
 * side), titles (n), words (side). A weight of exactly 0, as a mask leaves it, leaves its cell empty. */
void plot_heatmaps(Plot *p, const PlotText *titles, const float *values, int n, int side,
                   const char *const *words);

/* ---- the end ------------------------------------------------------------------------------------- */

/* Draws the picture: makes the directory of path, writes beside it and renames. Prints nothing. Fails, with *e,
 * when gnuplot is missing or cannot draw it (no data), or a file cannot be written; an old picture then stays.
 * Frees p. */
bool plot_save(Plot *p, Error *e);

/* The same for a program whose picture is an addition: prints "LABEL: PATH" (of the English picture, if both are
 * drawn), or "no picture: REASON" in its place, and the program goes on. */
void plot_finish(Plot *p, const char *label);

/* Is the loss normal? What loss_band_report does; and with --band also draws the picture `path`: the losses (n) of the
 * run, as means over the stretches of the band, in front of it. */
void plot_loss_report(const LossBandSettings *s, const char *band, const float *losses, int n,
                      const char *path, int language);

#endif
