/* test_plot.c -- pictures come out well-formed, the same each time, with texts that can be read and never meet, in
 * colours that colour-blind readers tell apart on light and on dark pages; and hostile texts stay texts. */
#include "common/plot/plot.h"

#include "common/base/file.h"

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], picture[128], chinese[128];
static const PlotText NONE = {NULL, NULL};
static const float X[] = {1, 10, 100, 1000}, Y[] = {4, 2, 1, 0.5f};

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_plot.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(picture, sizeof picture, "%s/out/a.svg", folder);
    snprintf(chinese, sizeof chinese, "%s/out/a.zh.svg", folder);
}

static int files_in(const char *path)
{
    int count = 0;
    DIR *d = opendir(path);
    for (struct dirent *f; d && (f = readdir(d));)
        count += f->d_name[0] != '.';
    if (d)
        closedir(d);
    return count;
}

static void remove_folder(void)
{
    char out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    unlink(picture);
    unlink(chinese);
    rmdir(out);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static bool have_gnuplot(void)
{
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

/* Saves, and returns the picture's text; the caller frees it. */
static char *saved(Plot *p)
{
    Error e = {""};
    size_t size;
    ck_assert_msg(plot_save(p, &e), "%s", e.text);
    char *svg = file_read(picture, &size, &e);
    ck_assert_msg(svg != NULL, "%s", e.text);
    ck_assert_uint_eq(strlen(svg), size);
    ck_assert_ptr_nonnull(strstr(svg, "<svg"));
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    return svg;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

/* An English picture; most tests need no other. */
static Plot *english(PlotText title)
{
    return plot_new(picture, PLOT_EN, title);
}

static Plot *two_curves(void)
{
    Plot *p = english(plot_text("Loss", "损失"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss", "损失"));
    plot_line(p, plot_text("training", "训练"), X, Y, 4);
    plot_points(p, plot_text("validation", "验证"), NULL, Y, 4);
    return p;
}

static void assert_texts(const char *svg, const char *const *texts)
{
    for (int i = 0; texts[i]; i++) {
        char element[256];
        snprintf(element, sizeof element, "<text>%s</text>", texts[i]);
        ck_assert_msg(strstr(svg, element) != NULL, "%s is missing", texts[i]);
    }
}

/* ---- what stands where --------------------------------------------------------------------------- */

typedef struct Label {
    char text[128];
    double left, right, top, bottom, size;
    bool rotated;
} Label;

/* Widths as narrow and as wide fonts have them lie on both sides of this. */
static double width_of(const char *text)
{
    double em = 0;
    for (; *text; text++)
        em += (*text & 0xc0) == 0x80 ? 0.25 : 0.58;
    return em;
}

/* Reads all texts of a picture; their number. */
static int labels_of(const char *svg, Label *label, int room)
{
    int n = 0;
    for (const char *g = svg; (g = strstr(g, "<g transform=\"translate(")) != NULL; g++) {
        const char *text = strstr(g, "<text"), *anchor = strstr(g, "text-anchor=\""),
                   *size = strstr(g, "font-size=\"");
        Label *l = &label[n++];
        double x, y;
        ck_assert_int_le(n, room);
        ck_assert_int_eq(sscanf(g, "<g transform=\"translate(%lf,%lf)", &x, &y), 2);
        ck_assert_int_eq(sscanf(size, "font-size=\"%lf", &l->size), 1);
        ck_assert_int_eq(sscanf(strchr(text, '>'), ">%127[^<]", l->text), 1);
        l->rotated = strncmp(strchr(g, ')'), ") rotate", 8) == 0;
        double width = width_of(l->text) * l->size;
        l->left = anchor[13] == 's' ? x : anchor[13] == 'e' ? x - width : x - width / 2;
        l->right = l->left + width;
        l->bottom = y;
        l->top = y - 0.75 * l->size;
    }
    return n;
}

/* All of a picture's texts lie within it, none meets another, and the smallest is 9 pixels on a small telephone. */
static void assert_readable(const char *svg)
{
    static Label label[1500];
    double width, height;
    int n = labels_of(svg, label, 1500);
    const char *head = strstr(svg, "viewBox=\"0 0 ");
    ck_assert_int_eq(sscanf(head, "viewBox=\"0 0 %lf %lf", &width, &height), 2);
    for (int i = 0; i < n; i++) {
        const Label *a = &label[i];
        ck_assert_msg(a->size * 340 / width >= 9, "'%s' is too small", a->text);
        if (a->rotated)
            continue;
        ck_assert_msg(a->left >= 0 && a->right <= width && a->top >= 0 && a->bottom <= height,
                      "'%s' is cut off", a->text);
        for (int k = 0; k < i; k++) {
            const Label *b = &label[k];
            bool meet =
                a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
            ck_assert_msg(!meet || b->rotated, "'%s' meets '%s'", a->text, b->text);
        }
    }
}

/* ---- series -------------------------------------------------------------------------------------- */

START_TEST(lines_and_points)
{
    char *svg = saved(two_curves());
    assert_texts(svg, (const char *const[]){"Loss", "step", "loss", "training", "validation", NULL});
    ck_assert_ptr_nonnull(strstr(svg, "#0a66c2"));
    ck_assert_ptr_nonnull(strstr(svg, "#e0580a"));
    ck_assert_ptr_nonnull(strstr(svg, "<title>Loss</title>"));
    ck_assert_ptr_null(strstr(svg, "gnuplot_plot"));
    assert_readable(svg);
    free(svg);
}
END_TEST

/* One run draws both languages; each picture has its own texts only. */
START_TEST(two_languages)
{
    Plot *p = plot_new(picture, PLOT_BOTH, plot_text("Loss", "损失"));
    plot_axes(p, plot_text("step", "步"), plot_same("x"));
    plot_line(p, plot_text("training", "训练"), X, Y, 4);
    char *en = saved(p), *zh = file_read(chinese, &(size_t){0}, NULL);
    ck_assert_ptr_nonnull(zh);
    assert_texts(en, (const char *const[]){"Loss", "step", "training", "x", NULL});
    assert_texts(zh, (const char *const[]){"损失", "步", "训练", "x", NULL});
    ck_assert_ptr_null(strstr(en, "训练"));
    ck_assert_ptr_null(strstr(zh, "training"));
    free(en);
    free(zh);
}
END_TEST

START_TEST(one_language)
{
    Plot *p = plot_new(picture, PLOT_ZH, plot_text("Loss", "损失"));
    plot_line(p, NONE, X, Y, 4);
    ck_assert(plot_save(p, NULL));
    ck_assert_int_eq(access(chinese, F_OK), 0);
    ck_assert_int_ne(access(picture, F_OK), 0);
}
END_TEST

START_TEST(the_option)
{
    int language = PLOT_BOTH;
    const Option options[] = {plot_option(&language), OPTION_END};
    char *argv[] = {"test", "--language", "zh", NULL};
    options_parse(3, argv, "test", options);
    ck_assert_int_eq(language, PLOT_ZH);
}
END_TEST

START_TEST(same_calls_same_bytes)
{
    char *first = saved(two_curves()), *second = saved(two_curves());
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

/* The points of the first curve of a colour; their number. */
static int curve(const char *svg, const char *colour, double *x, double *y, int room)
{
    char begin[64];
    snprintf(begin, sizeof begin, "<path stroke='%s'", colour);
    const char *path = strstr(svg, begin);
    while (path && strncmp(strstr(path, " d='"), " d='M", 5) == 0 && !strchr(strstr(path, " d='"), 'L'))
        path = strstr(path + 1, begin);
    ck_assert_ptr_nonnull(path);
    int n = 0, used;
    for (path = strstr(path, " d='") + 5; n < room && sscanf(path, "%lf,%lf%n", &x[n], &y[n], &used) == 2;
         n++)
        path += used + (int)strcspn(path + used, "L'") + 1;
    return n;
}

/* On two logarithmic axes a power law is a straight line: three equal steps. */
START_TEST(log_axes)
{
    static const float power[] = {1000, 100, 10, 1};
    double x[4], y[4];
    Plot *p = english(NONE);
    plot_line(p, NONE, X, power, 4);
    plot_log_axes(p, true, true);
    char *svg = saved(p);
    ck_assert_int_eq(curve(svg, "#0a66c2", x, y, 4), 4);
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq_tol(x[i + 1] - x[i], x[i + 2] - x[i + 1], 0.05);
        ck_assert_double_eq_tol(y[i + 1] - y[i], y[i + 2] - y[i + 1], 0.05);
    }
    ck_assert_double_gt(x[1] - x[0], 10);
    assert_texts(svg, (const char *const[]){"1", "10", "100", "1000", NULL});
    free(svg);
}
END_TEST

START_TEST(gaps)
{
    const float y[] = {1, NAN, 3, INFINITY, -INFINITY, 2};
    Plot *p = english(plot_same("gaps"));
    plot_line(p, plot_same("loss"), NULL, y, 6);
    char *svg = saved(p);
    ck_assert_ptr_null(strcasestr(svg, "nan"));
    free(svg);
}
END_TEST

/* Ticks at round numbers, written as short as they go. */
START_TEST(ticks)
{
    static const struct {
        float x[3];
        bool log;
        const char *texts[6];
    } cases[] = {
        {{0, 1000, 2000}, false, {"0", "500", "1000", "1500", "2000"}},
        {{0, 1, 0.4f}, false, {"0.2", "0.4", "0.8"}},
        {{0, 50000, 200000}, false, {"50k", "100k", "200k"}},
        {{0, 2e-5f, 4e-5f}, false, {"10⁻⁵", "2×10⁻⁵"}},
        {{-1, 0, 1}, false, {"−1.0", "−0.5", "0"}},
        {{4, 16, 64}, true, {"4", "16", "64"}},
        {{1e-7f, 1e-5f, 0.1f}, true, {"10⁻⁶", "10⁻²"}},
        {{1e5f, 2e6f, 1e7f}, true, {"10⁵", "2×10⁶", "10⁷"}},
    };
    Plot *p = english(NONE);
    plot_axes(p, plot_same("x"), plot_same("y"));
    plot_log_axes(p, cases[_i].log, false);
    plot_line(p, NONE, cases[_i].x, Y, 3);
    char *svg = saved(p);
    assert_texts(svg, cases[_i].texts);
    assert_readable(svg);
    free(svg);
}
END_TEST

/* Two seeds: the mean runs in the middle of a band of the same colour. */
START_TEST(band_over_seeds)
{
    static const float runs[] = {1, 2, 3, 4, 3, 4, 5, 8};
    double x[4], y[4], corner[8][2];
    Plot *p = english(NONE);
    plot_seeds(p, plot_same("held out"), X, runs, 2, 4);
    char *svg = saved(p), *band = strstr(svg, "fill-opacity='0.22'  points = '");
    ck_assert_ptr_nonnull(band);
    band = strchr(band, '=') + 1;
    band = strstr(band, "points = '") + 10;
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(sscanf(band, "%lf,%lf", &corner[i][0], &corner[i][1]), 2);
        band = strchr(band, ' ') + 1;
    }
    char *curves = strstr(svg, "fill-opacity='0.22'  points");
    ck_assert_int_eq(curve(curves, "#0a66c2", x, y, 4), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(corner[i][0], x[i], 0.02);
        ck_assert_double_eq_tol((corner[i][1] + corner[7 - i][1]) / 2, y[i], 0.02);
        ck_assert_double_gt(fabs(corner[i][1] - corner[7 - i][1]), 20);
    }
    free(svg);
}
END_TEST

/* Panels with the same labels share their axes; with other labels each has its own. */
START_TEST(shared_axes)
{
    static const float small[] = {1, 2}, large[] = {800, 900};
    for (int shared = 0; shared < 2; shared++) {
        Plot *p = english(NONE);
        plot_panel(p, plot_same("first"));
        plot_axes(p, plot_same("step"), plot_same("loss"));
        plot_line(p, plot_same("model"), NULL, small, 2);
        plot_panel(p, plot_same("second"));
        if (!shared)
            plot_axes(p, plot_same("step"), plot_same("gradient norm"));
        plot_line(p, plot_same("model"), NULL, large, 2);
        char *svg = saved(p);
        ck_assert_int_eq(count(svg, "<text>500</text>"), shared ? 2 : 0);
        ck_assert_int_eq(count(svg, "<text>model</text>"), 1);
        assert_readable(svg);
        free(svg);
    }
}
END_TEST

START_TEST(limits)
{
    static const float accuracy[] = {0.52f, 0.61f, 0.7f};
    Plot *p = english(NONE);
    plot_limits(p, NAN, NAN, 0, 1);
    plot_intervals(p, plot_same("accuracy"), NULL, accuracy, (float[]){0.4f, 0.5f, 0.6f},
                   (float[]){0.6f, 0.7f, 0.8f}, 3);
    plot_reference(p, plot_same("chance"), NULL, (float[]){0.5f, 0.5f, 0.5f}, 3);
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"0", "0.2", "1.0", "chance", NULL});
    assert_readable(svg);
    free(svg);
}
END_TEST

/* Words keep out of each other's way; of many at one point few have room. */
START_TEST(words_beside_points)
{
    static const float x[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 1}, y[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 1};
    static const char *const names[] = {"king",  "queen", "man",   "woman",  "国王", "女王",
                                        "uncle", "aunt",  "niece", "nephew", "far"};
    Plot *p = english(NONE);
    plot_words(p, NONE, x, y, names, 11);
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"king", "queen", "far", NULL});
    assert_readable(svg);
    free(svg);
}
END_TEST

START_TEST(notes)
{
    Plot *p = two_curves();
    plot_note(p, 100, 1, plot_text("warm-up ends", "预热结束"));
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"warm-up ends", NULL});
    assert_readable(svg);
    free(svg);
}
END_TEST

START_TEST(histograms)
{
    Plot *p = english(NONE);
    plot_axes(p, plot_same("score"), plot_same("count"));
    plot_histogram(p, plot_same("before"), (float[]){0, 1, 2, 3}, (float[]){5, 10, 5}, 3);
    plot_histogram(p, plot_same("after"), (float[]){0, 1, 2, 3}, (float[]){1, 2, 7}, 3);
    char *svg = saved(p);
    ck_assert_int_eq(count(svg, "fill = '#0a66c2' fill-opacity='0.44'"), 4); /* three bins and the legend */
    assert_texts(svg, (const char *const[]){"0", "10", "before", "after", NULL});
    assert_readable(svg);
    free(svg);
}
END_TEST

/* ---- bars and blocks ----------------------------------------------------------------------------- */

/* The width of the k-th rectangle of a colour. */
static double rectangle(const char *svg, const char *colour, int k)
{
    double from, y, to;
    for (const char *s = svg; (s = strstr(s, "<path fill = '")) != NULL; s++) {
        const char *d = strstr(s, " d='M");
        if (strncmp(s + 14, colour, 7) == 0 && k-- == 0 &&
            sscanf(d, " d='M%lf,%lfH%lf", &from, &y, &to) == 3)
            return to - from;
    }
    ck_abort_msg("too few rectangles of colour %s", colour);
    return 0;
}

START_TEST(bars)
{
    const PlotText names[] = {plot_same("full fine-tuning of all parameters of the model"),
                              plot_same("LoRA")};
    Plot *p = english(plot_same("Accuracy"));
    plot_axes(p, plot_same("accuracy (%)"), NONE);
    plot_bars(p, plot_same("seen"), names, (float[]){90, 45}, (float[]){85, 40}, (float[]){95, 50}, 2);
    plot_bars(p, plot_same("unseen"), names, (float[]){60, 30}, NULL, NULL, 2);
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"LoRA", "90", "45", "60", "30", "accuracy (%)", NULL});
    ck_assert_double_eq_tol(rectangle(svg, "#0a66c2", 1), 2 * rectangle(svg, "#0a66c2", 2), 0.3);
    ck_assert_double_eq_tol(rectangle(svg, "#0a66c2", 1), 1.5 * rectangle(svg, "#e0580a", 1), 0.3);
    assert_readable(svg);
    free(svg);
}
END_TEST

START_TEST(blocks)
{
    const PlotText rows[] = {plot_same("stage 1"), plot_same("stage 2")};
    Plot *p = english(plot_same("GPipe"));
    plot_axes(p, plot_same("time (ms)"), NONE);
    plot_rows(p, rows, 2);
    plot_block(p, plot_same("forward"), 0, 0, 1, "1");
    plot_block(p, plot_same("forward"), 1, 1, 2, "1");
    plot_block(p, plot_same("backward"), 1, 2, 4, "1");
    plot_block(p, plot_same("backward"), 0, 4, 6, "a label that does not fit into it");
    char *svg = saved(p);
    assert_texts(svg,
                 (const char *const[]){"stage 1", "stage 2", "forward", "backward", "time (ms)", NULL});
    ck_assert_ptr_null(strstr(svg, "does not fit"));
    ck_assert_double_eq_tol(rectangle(svg, "#e0580a", 1), 2 * rectangle(svg, "#0a66c2", 1), 0.3);
    assert_readable(svg);
    free(svg);
}
END_TEST

/* ---- heatmaps ------------------------------------------------------------------------------------ */

static const float CELLS[] = {0, 0.25f, 0.5f, 0.75f, 1, 0.125f};
static const char *const ROWS[] = {"the", "猫"}, *const COLS[] = {"a", "100%d", "longer"};

START_TEST(one_heatmap)
{
    Plot *p = english(plot_same("weights"));
    plot_axes(p, plot_same("key"), plot_same("query"));
    plot_heatmap(p, CELLS, 2, 3, ROWS, COLS);
    char *svg = saved(p);
    static const char *const texts[] = {"猫",   "100%d", "longer", "key", "query",
                                        "0.75", "0.12",  "0.00",   NULL};
    assert_texts(svg, texts);
    assert_readable(svg);
    free(svg);
}
END_TEST

/* A masked cell is empty: no number, no rectangle. */
START_TEST(masked_cells)
{
    static const float causal[] = {1, NAN, NAN, 0.5f, 0.5f, NAN, 0.25f, 0.25f, 0.5f};
    Plot *p = english(NONE);
    plot_heatmap(p, causal, 3, 3, NULL, NULL);
    char *svg = saved(p);
    ck_assert_int_eq(count(svg, "<text>0.") + count(svg, "<text>1.00<"), 6);
    ck_assert_int_eq(count(svg, "<path fill = '#2274c4'"), 6);
    ck_assert_ptr_null(strcasestr(svg, ">nan<"));
    free(svg);
}
END_TEST

/* Digits stand only in maps of at most 8 x 8; larger ones have a scale of colours. */
START_TEST(few_digits)
{
    float values[81];
    for (int i = 0; i < 81; i++)
        values[i] = (float)i / 81 + 0.001f;
    for (int side = 8; side <= 9; side++) {
        Plot *p = english(NONE);
        plot_heatmap(p, values, side, side, NULL, NULL);
        char *svg = saved(p);
        ck_assert_int_eq(count(svg, "<text>0."), side == 8 ? 64 : 1); /* the one is the maximum */
        assert_readable(svg);
        free(svg);
    }
}
END_TEST

/* Shapes that gnuplot's own matrix styles refuse, and values without a spread. */
START_TEST(heatmap_edges)
{
    static const struct {
        int rows, cols;
        float values[4];
    } cases[] = {
        {1, 1, {0.5f}},
        {1, 4, {1, 2, 3, 4}},
        {4, 1, {1, 2, 3, 4}},
        {2, 2, {0, 0, 0, 0}},
        {2, 2, {NAN, NAN, NAN, NAN}},
        {2, 2, {-1, -2, -3, -4}},
        {2, 2, {1e30f, 1, -1, 0}},
        {2, 2, {1e-30f, 0, 0, 0}},
    };
    Plot *p = english(NONE);
    plot_heatmap(p, cases[_i].values, cases[_i].rows, cases[_i].cols, NULL, NULL);
    char *svg = saved(p);
    ck_assert_ptr_null(strcasestr(svg, ">nan<"));
    free(svg);
}
END_TEST

START_TEST(large_heatmap)
{
    enum { SIDE = 100 };
    float *values = calloc(SIDE * SIDE, sizeof *values);
    for (int i = 0; i < SIDE * SIDE; i++)
        values[i] = (float)(i % 7);
    Plot *p = english(NONE);
    plot_axes(p, plot_same("channel"), plot_same("position"));
    plot_heatmap(p, values, SIDE, SIDE, NULL, NULL);
    free(values); /* plot keeps a copy */
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"0", "20", "80", "channel", "position", NULL});
    assert_readable(svg);
    free(svg);
}
END_TEST

/* Heads of a layer: names once on the left and below, one scale of colours. */
START_TEST(several_heatmaps)
{
    float values[12 * 12];
    static const char *const words[] = {"the",    "animal",  "did", "not", "cross", "the",
                                        "street", "because", "it",  "was", "too",   "tired"};
    char title[16];
    for (int i = 0; i < 144; i++)
        values[i] = (float)i / 144;
    Plot *p = english(plot_same("four heads"));
    for (int head = 0; head < 4; head++) {
        snprintf(title, sizeof title, "head %d", head);
        plot_panel(p, plot_same(title));
        plot_heatmap(p, values, 12, 12, words, words);
    }
    char *svg = saved(p);
    assert_texts(svg, (const char *const[]){"head 0", "head 3", "four heads", NULL});
    ck_assert_int_eq(count(svg, "<text>animal<"), 4); /* two rows, two columns */
    assert_readable(svg);
    free(svg);
}
END_TEST

/* ---- colours ------------------------------------------------------------------------------------- */

enum { CURVES = 6 };

/* Colours of the curves, light and dark, as linear RGB. */
static void linear(const char *hex, double *rgb)
{
    unsigned c[3];
    ck_assert_int_eq(sscanf(hex, "#%2x%2x%2x", &c[0], &c[1], &c[2]), 3);
    for (int i = 0; i < 3; i++)
        rgb[i] = c[i] <= 10 ? c[i] / 255.0 / 12.92 : pow((c[i] / 255.0 + 0.055) / 1.055, 2.4);
}

static double luminance(const char *hex)
{
    double c[3];
    linear(hex, c);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}

static double contrast(const char *a, const char *b)
{
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

/* As seen without one kind of cone (Machado, Oliveira and Fernandes, 2009, severity 1), in CIE L*a*b*. */
static void seen(const char *hex, int kind, double *lab)
{
    static const double cones[3][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
                                       {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216,
                                        -0.003882, -0.048116, 1.051998}, /* protan */
                                       {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413,
                                        -0.011820, 0.042940, 0.968881}}; /* deutan */
    static const double xyz[] = {0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505};
    static const double white[] = {0.9505, 1, 1.089};
    double c[3], s[3], f[3];
    linear(hex, c);
    for (int i = 0; i < 3; i++)
        s[i] = cones[kind][3 * i] * c[0] + cones[kind][3 * i + 1] * c[1] + cones[kind][3 * i + 2] * c[2];
    for (int i = 0; i < 3; i++) {
        double t = (xyz[3 * i] * s[0] + xyz[3 * i + 1] * s[1] + xyz[3 * i + 2] * s[2]) / white[i];
        f[i] = t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116.0;
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static char *six_curves(void)
{
    static const char *const names[CURVES] = {"a", "b", "c", "d", "e", "f"};
    Plot *p = english(plot_same("six"));
    for (int i = 0; i < CURVES; i++)
        plot_line(p, plot_same(names[i]), X, (float[]){(float)i, (float)i + 1}, 2);
    return saved(p);
}

/* The dark twin of a colour, as the picture's style says. */
static void twin(const char *svg, const char *light, char *dark)
{
    char rule[64];
    snprintf(rule, sizeof rule, "[stroke=\"%s\"] {stroke: ", light);
    const char *found = strstr(svg, rule);
    ck_assert_msg(found != NULL, "%s has no dark twin", light);
    ck_assert_int_eq(sscanf(found + strlen(rule), "%7s", dark), 1);
}

START_TEST(colour_blind_readers)
{
    char *svg = six_curves(), colour[2][CURVES][8];
    const char *s = strstr(svg, "</style>");
    for (int i = 0; i < CURVES;) { /* in the legend */
        s = strstr(s, "stroke-width=\"2.00\"");
        s = strstr(s, "<path stroke='#") + 14;
        ck_assert_int_eq(sscanf(s, "%7s", colour[0][i]), 1);
        twin(svg, colour[0][i], colour[1][i]);
        i += i == 0 || strcmp(colour[0][i], colour[0][i - 1]) != 0;
    }
    for (int k = 0; k < 2 * 3 * CURVES * CURVES; k++) {
        int page = k % 2, kind = k / 2 % 3, i = k / 6 % CURVES, other = k / 6 / CURVES;
        double a[3], b[3];
        seen(colour[page][i], kind, a);
        seen(colour[page][other], kind, b);
        double apart = sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                            (a[2] - b[2]) * (a[2] - b[2]));
        ck_assert_msg(i == other || apart > 15, "%s and %s look alike: %.1f (%d)", colour[page][i],
                      colour[page][other], apart, kind);
    }
    free(svg);
}
END_TEST

/* The ground is transparent, and each colour of the picture can be seen on a light and on a dark page. */
START_TEST(light_and_dark)
{
    char *svg = six_curves(), dark[8];
    ck_assert_ptr_nonnull(strstr(svg, "@media (prefers-color-scheme: dark)"));
    ck_assert_ptr_null(strstr(svg, "#ffffff"));
    ck_assert_ptr_null(strstr(svg, "<rect x=\"0\" y=\"0\""));
    for (const char *s = strstr(svg, "</style>"); (s = strchr(s, '#')) != NULL; s++) {
        char light[8] = "";
        if (sscanf(s, "%7[#0-9a-f]", light) != 1 || strlen(light) != 7)
            continue; /* gnuplot's name of a mark */
        twin(svg, light, dark);
        bool text = strncmp(s - 6, "fill=\"", 6) == 0, grid = strcmp(light, "#dfe3e8") == 0;
        double least = text ? 4.5 : grid ? 1.1 : 3;
        ck_assert_msg(contrast(light, "#ffffff") >= least, "%s on white: %.2f", light,
                      contrast(light, "#ffffff"));
        ck_assert_msg(contrast(dark, "#131416") >= least, "%s on black: %.2f", dark,
                      contrast(dark, "#131416"));
    }
    free(svg);
}
END_TEST

/* ---- hostile texts ------------------------------------------------------------------------------- */

/* Every text is an attempt to make gnuplot, or the shell behind it, create the file. */
START_TEST(hostile_texts)
{
    char hole[128], text[512];
    static const char *const forms[] = {
        "'; system('touch %s'); '",
        "\n!touch %s\n",
        "`touch %s`",
        "\"; !touch %s #",
        "\\'\n system('touch %s')",
        "\nEOD\nsystem('touch %s')\n",
        "@system('touch %s')",
        "' ; print system(\"touch %s\")",
        "$(touch %s)",
    };
    snprintf(hole, sizeof hole, "%s/hole", folder);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, forms[i], hole);
#pragma GCC diagnostic pop
        const char *const names[] = {text, text};
        PlotText same = plot_same(text);
        Plot *p = english(same);
        plot_axes(p, same, same);
        plot_line(p, same, X, Y, 4);
        plot_words(p, same, X, Y, names, 2);
        plot_note(p, 1, 1, same);
        free(saved(p));
        p = english(same);
        plot_panel(p, same);
        plot_heatmap(p, CELLS, 1, 2, names, names);
        plot_panel(p, same);
        plot_heatmap(p, CELLS, 1, 2, names, names);
        free(saved(p));
        ck_assert_int_ne(access(hole, F_OK), 0);
    }
}
END_TEST

START_TEST(texts_stay_texts)
{
    Plot *p = english(plot_same("a_b^2 {x} 'it''s' </text><script>"));
    plot_axes(p, plot_same("\xff\xfe \xe7\x8c cut \x01"), plot_same("\\n %d \\"));
    plot_line(p, plot_same("x_1 & <b>"), X, Y, 4);
    char *svg = saved(p);
    ck_assert_ptr_nonnull(strstr(svg, "a_b^2 {x} 'it''s' "));
    ck_assert_ptr_null(strstr(svg, "<script>"));
    ck_assert_ptr_null(strstr(svg, "<b>"));
    ck_assert_ptr_null(strchr(svg, '\xff'));
    ck_assert_ptr_null(strchr(svg, '\x01'));
    ck_assert_ptr_nonnull(strstr(svg, ">?? ?? cut  <"));
    ck_assert_ptr_nonnull(strstr(svg, ">\\n %d \\<"));
    free(svg);
}
END_TEST

START_TEST(odd_paths)
{
    char odd[128];
    snprintf(odd, sizeof odd, "%s/| touch 'x' `y` $z.svg", folder);
    Error e = {""};
    Plot *p = plot_new(odd, PLOT_EN, NONE);
    plot_line(p, NONE, X, Y, 4);
    ck_assert_msg(plot_save(p, &e), "%s", e.text);
    ck_assert_int_eq(unlink(odd), 0);
}
END_TEST

static void assert_fails(Plot *p, const char *why)
{
    Error e = {""};
    ck_assert(!plot_save(p, &e));
    ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
    ck_assert_ptr_null(strchr(e.text, '\n'));
}

START_TEST(no_gnuplot)
{
    setenv("PATH", "/no/such/folder", 1);
    assert_fails(two_curves(), "make deps");
    ck_assert_int_eq(files_in(folder), 0);
}
END_TEST

/* What plot_finish prints; the caller frees it. */
static char *finished(Plot *p)
{
    char path[160];
    int out = dup(STDOUT_FILENO);
    snprintf(path, sizeof path, "%s/said", folder);
    fflush(stdout);
    ck_assert_ptr_nonnull(freopen(path, "w", stdout));
    plot_finish(p, "  picture");
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    char *said = file_read(path, &(size_t){0}, NULL);
    ck_assert_int_eq(unlink(path), 0);
    return said;
}

START_TEST(finishing_without_gnuplot)
{
    setenv("PATH", "/no/such/folder", 1);
    char *said = finished(two_curves());
    ck_assert_int_eq(strncmp(said, "  no picture: gnuplot: ", 23), 0);
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
    free(said);
}
END_TEST

START_TEST(finishing)
{
    char expected[200], *said = finished(two_curves());
    snprintf(expected, sizeof expected, "  picture: %s\n", picture);
    ck_assert_str_eq(said, expected);
    free(said);
}
END_TEST

START_TEST(nothing_to_draw)
{
    assert_fails(english(NONE), "empty");
    Plot *p = two_curves();
    plot_panel(p, plot_same("second"));
    assert_fails(p, "empty");
    ck_assert_int_eq(files_in(folder), 0);
    plot_free(two_curves());
    plot_free(NULL);
}
END_TEST

START_TEST(old_picture_stays)
{
    char *old = saved(two_curves()), *now;
    assert_fails(english(NONE), "empty");
    now = file_read(picture, &(size_t){0}, NULL);
    ck_assert_str_eq(now, old);
    free(old);
    free(now);
}
END_TEST

START_TEST(folder_in_the_way)
{
    char out[128], path[160];
    snprintf(out, sizeof out, "%s/out", folder);
    mkdir(out, 0777);
    fclose(fopen(picture, "w"));
    snprintf(path, sizeof path, "%s/below.svg", picture); /* a file where a folder should be */
    Plot *p = plot_new(path, PLOT_EN, NONE);
    plot_line(p, NONE, X, Y, 4);
    assert_fails(p, "a.svg");
}
END_TEST

START_TEST(heatmap_among_lines_aborts)
{
    plot_heatmap(two_curves(), CELLS, 2, 3, NULL, NULL);
}
END_TEST

START_TEST(line_on_heatmap_aborts)
{
    Plot *p = english(NONE);
    plot_heatmap(p, CELLS, 2, 3, NULL, NULL);
    plot_panel(p, NONE);
    plot_line(p, NONE, X, Y, 4);
}
END_TEST

START_TEST(bars_among_lines_abort)
{
    plot_bars(two_curves(), NONE, &NONE, Y, NULL, NULL, 1);
}
END_TEST

START_TEST(block_without_rows_aborts)
{
    plot_block(english(NONE), NONE, 0, 0, 1, NULL);
}
END_TEST

START_TEST(other_format_aborts)
{
    plot_new("loss.png", PLOT_EN, NONE);
}
END_TEST

static TCase *drawing(void)
{
    TCase *t = tcase_create("drawing");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, lines_and_points);
    tcase_add_test(t, two_languages);
    tcase_add_test(t, one_language);
    tcase_add_test(t, same_calls_same_bytes);
    tcase_add_test(t, log_axes);
    tcase_add_test(t, gaps);
    tcase_add_loop_test(t, ticks, 0, 8);
    tcase_add_test(t, band_over_seeds);
    tcase_add_test(t, shared_axes);
    tcase_add_test(t, limits);
    tcase_add_test(t, words_beside_points);
    tcase_add_test(t, notes);
    tcase_add_test(t, histograms);
    tcase_add_test(t, bars);
    tcase_add_test(t, blocks);
    tcase_add_test(t, one_heatmap);
    tcase_add_test(t, masked_cells);
    tcase_add_test(t, few_digits);
    tcase_add_loop_test(t, heatmap_edges, 0, 8);
    tcase_add_test(t, large_heatmap);
    tcase_add_test(t, several_heatmaps);
    tcase_add_test(t, colour_blind_readers);
    tcase_add_test(t, light_and_dark);
    tcase_add_test(t, hostile_texts);
    tcase_add_test(t, texts_stay_texts);
    tcase_add_test(t, odd_paths);
    tcase_add_test(t, nothing_to_draw);
    tcase_add_test(t, finishing);
    tcase_add_test(t, old_picture_stays);
    return t;
}

static TCase *mistakes(void)
{
    TCase *t = tcase_create("mistakes");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, no_gnuplot);
    tcase_add_test(t, the_option);
    tcase_add_test(t, finishing_without_gnuplot);
    if (have_gnuplot())
        tcase_add_test(t, folder_in_the_way);
    return t;
}

static TCase *aborts(void)
{
    TCase *t = tcase_create("aborts");
    tcase_add_test_raise_signal(t, heatmap_among_lines_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, line_on_heatmap_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, bars_among_lines_abort, SIGABRT);
    tcase_add_test_raise_signal(t, block_without_rows_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, other_format_aborts, SIGABRT);
    return t;
}

int main(void)
{
    Suite *s = suite_create("plot");
    if (have_gnuplot())
        suite_add_tcase(s, drawing());
    else
        puts("gnuplot is not here: what it draws was not tested");
    suite_add_tcase(s, mistakes());
    suite_add_tcase(s, aborts());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
