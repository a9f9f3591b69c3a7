/* drawn.h -- for the tests of common/plot: a folder for pictures, and what can be read in a picture. */
#ifndef TESTS_DRAWN_H
#define TESTS_DRAWN_H

#include "common/base/file.h"
#include "common/plot/plot.h"

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
#define NONE ((PlotText){NULL, NULL}) /* no text */
/* Four points that most tests draw. */
static const float X[] = {1, 10, 100, 1000}, Y[] = {4, 2, 1, 0.5f};

static inline void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_plot.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(picture, sizeof picture, "%s/out/a.svg", folder);
    snprintf(chinese, sizeof chinese, "%s/out/a.zh.svg", folder);
}

static inline int files_in(const char *path)
{
    int count = 0;
    DIR *d = opendir(path);
    for (struct dirent *f; d && (f = readdir(d));)
        count += f->d_name[0] != '.';
    if (d)
        closedir(d);
    return count;
}

static inline void remove_folder(void)
{
    char out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    unlink(picture);
    unlink(chinese);
    rmdir(out);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static inline bool have_gnuplot(void)
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

static inline int count(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

/* An English picture; most tests need no other. */
static inline Plot *english(PlotText title)
{
    return plot_new(picture, PLOT_EN, title);
}

static inline Plot *two_curves(void)
{
    Plot *p = english(plot_text("Loss", "损失"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss", "损失"));
    plot_line(p, plot_text("training", "训练"), X, Y, 4);
    plot_points(p, plot_text("validation", "验证"), NULL, Y, 4);
    return p;
}

static inline void assert_texts(const char *svg, const char *const *texts)
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
static inline double width_of(const char *text)
{
    double em = 0;
    for (; *text; text++)
        em += (*text & 0xc0) == 0x80 ? 0.25 : 0.5;
    return em;
}

/* Reads all texts of a picture; their number. */
static inline int labels_of(const char *svg, Label *label, int room)
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
static inline void assert_readable(const char *svg)
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

/* The points of the first curve of a colour; their number. */
static inline int curve(const char *svg, const char *colour, double *x, double *y, int room)
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

/* The width of the k-th rectangle of a colour. */
static inline double rectangle(const char *svg, const char *colour, int k)
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

/* Runs the suite; cases that draw are for machines that have gnuplot. */
static inline int run_tests(const char *name, TCase *drawing, TCase *others)
{
    Suite *s = suite_create(name);
    if (have_gnuplot())
        suite_add_tcase(s, drawing);
    else
        puts("gnuplot is not here: what it draws was not tested");
    if (others)
        suite_add_tcase(s, others);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

/* A test case whose tests draw into a new folder, which they leave empty but for the picture. */
static inline TCase *case_of(const char *name)
{
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    return t;
}

#endif
