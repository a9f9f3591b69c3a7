/* test_plot.c -- pictures come out well-formed, the same each time, and hostile texts stay texts. */
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

static char folder[64], picture[128];
static const float X[] = {1, 10, 100, 1000}, Y[] = {4, 2, 1, 0.5f};

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_plot.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(picture, sizeof picture, "%s/out/a.svg", folder);
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

static Plot *two_curves(void)
{
    Plot *p = plot_new(picture, "Loss 损失", "step", "loss");
    plot_line(p, "training", X, Y, 4);
    plot_points(p, "validation", NULL, Y, 4);
    return p;
}

START_TEST(lines_and_points)
{
    char *svg = saved(two_curves());
    static const char *const words[] = {"Loss 损失",          ">step<",     ">loss<",
                                        "training",           "validation", "rgb(  0, 114, 178)",
                                        "rgb(213,  94,   0)", "sans-serif"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(svg, words[i]) != NULL, "%s is missing", words[i]);
    free(svg);
}
END_TEST

/* A curve of large values on the right leaves the axis of the small ones alone. */
START_TEST(right_axis)
{
    const float large[] = {100, 3000, 200, 100};
    Plot *p = plot_new(picture, NULL, NULL, "loss");
    plot_line(p, "loss", X, Y, 4);
    char *alone = saved(p);
    p = plot_new(picture, NULL, NULL, "loss");
    plot_line(p, "loss", X, Y, 4);
    plot_right_axis(p, "length 长度");
    plot_line(p, "gradient", X, large, 4);
    char *both = saved(p);
    ck_assert_ptr_null(strstr(alone, "3000</text>"));
    ck_assert_ptr_nonnull(strstr(both, "3000</text>"));
    ck_assert_ptr_nonnull(strstr(both, "length 长度"));
    ck_assert_ptr_nonnull(strstr(both, "rgb(176, 176, 176)"));
    free(alone);
    free(both);
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

/* On two logarithmic axes a power law is a straight line: three equal steps. */
START_TEST(log_axes)
{
    static const float power[] = {1000, 100, 10, 1};
    Plot *p = plot_new(picture, NULL, NULL, NULL);
    plot_line(p, NULL, X, power, 4);
    plot_log_axes(p, true, true);
    char *svg = saved(p), *line = strstr(svg, "<g id=\"gnuplot_plot_1\"");
    ck_assert_ptr_nonnull(line);
    double x[4], y[4];
    line = strstr(line, " d='M");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line, " d='M%lf,%lf L%lf,%lf L%lf,%lf L%lf,%lf", &x[0], &y[0], &x[1], &y[1],
                            &x[2], &y[2], &x[3], &y[3]),
                     8);
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq_tol(x[i + 1] - x[i], x[i + 2] - x[i + 1], 0.05);
        ck_assert_double_eq_tol(y[i + 1] - y[i], y[i + 2] - y[i + 1], 0.05);
    }
    ck_assert_double_gt(x[1] - x[0], 10);
    free(svg);
}
END_TEST

START_TEST(gaps)
{
    const float y[] = {1, NAN, 3, INFINITY, -INFINITY, 2};
    Plot *p = plot_new(picture, "gaps", NULL, NULL);
    plot_line(p, "loss", NULL, y, 6);
    free(saved(p));
}
END_TEST

static const float CELLS[] = {0, 0.25f, 0.5f, 0.75f, 1, 0.125f};
static const char *const ROWS[] = {"the", "猫"}, *const COLS[] = {"a", "100%d", "longer"};

START_TEST(one_heatmap)
{
    Plot *p = plot_new(picture, "weights", "key", "query");
    plot_heatmap(p, CELLS, 2, 3, ROWS, COLS);
    char *svg = saved(p);
    static const char *const words[] = {">the<", ">猫<",   ">100%d<", ">longer<",
                                        ">key<", ">0.75<", ">0.12<"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(svg, words[i]) != NULL, "%s is missing", words[i]);
    free(svg);
}
END_TEST

/* Shapes that gnuplot's own matrix styles refuse, and values without a spread. */
START_TEST(heatmap_edges)
{
    static const struct {
        int rows, cols;
        float values[4];
    } cases[] = {
        {1, 1, {0.5f}}, {1, 4, {1, 2, 3, 4}},     {4, 1, {1, 2, 3, 4}},      {2, 2, {0, 0, 0, 0}},
        {2, 2, {NAN}},  {2, 2, {-1, -2, -3, -4}}, {2, 2, {1e30f, 1, -1, 0}}, {2, 2, {1e-30f, 0, 0, 0}},
    };
    Plot *p = plot_new(picture, NULL, NULL, NULL);
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
    Plot *p = plot_new(picture, NULL, NULL, NULL);
    plot_heatmap(p, values, SIDE, SIDE, NULL, NULL);
    free(values); /* plot keeps a copy */
    free(saved(p));
}
END_TEST

START_TEST(several_heatmaps)
{
    float values[5 * 6];
    static const char *const titles[] = {"head 1", "head 2.1", "1/2", "-3", "(5"};
    for (int i = 0; i < 30; i++)
        values[i] = (float)i / 30;
    Plot *p = plot_new(picture, "five heads", NULL, NULL);
    plot_multi(p, 5, titles, values, 2, 3, ROWS, COLS);
    char *svg = saved(p);
    for (int i = 0; i < 5; i++)
        ck_assert_ptr_nonnull(strstr(svg, titles[i]));
    ck_assert_int_eq(count(svg, ">longer<"), 5);
    ck_assert_int_eq(count(svg, ">five heads<"), 1);
    free(svg);
}
END_TEST

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
        Plot *p = plot_new(picture, text, text, text);
        plot_line(p, text, X, Y, 4);
        free(saved(p));
        p = plot_new(picture, text, text, text);
        plot_multi(p, 2, names, CELLS, 1, 2, names, names);
        free(saved(p));
        ck_assert_int_ne(access(hole, F_OK), 0);
    }
}
END_TEST

START_TEST(texts_stay_texts)
{
    Plot *p =
        plot_new(picture, "a_b^2 {x} 'it''s' </text><script>", "\xff\xfe \xe7\x8c cut \x01", "\\n %d \\");
    plot_line(p, "x_1 & <b>", X, Y, 4);
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
    snprintf(odd, sizeof odd, "%s/| touch 'x' `y` $z", folder);
    Error e = {""};
    Plot *p = plot_new(odd, NULL, NULL, NULL);
    plot_line(p, NULL, X, Y, 4);
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
    const float nothing[] = {NAN, NAN};
    assert_fails(plot_new(picture, NULL, NULL, NULL), "empty");
    Plot *p = plot_new(picture, NULL, NULL, NULL);
    plot_line(p, "loss", NULL, nothing, 2);
    assert_fails(p, "gnuplot: ");
    ck_assert_int_eq(files_in(folder), 0);
    plot_free(two_curves());
    plot_free(NULL);
}
END_TEST

START_TEST(old_picture_stays)
{
    char *old = saved(two_curves()), *now;
    const float nothing[] = {NAN, NAN};
    size_t size;
    Plot *p = plot_new(picture, NULL, NULL, NULL);
    plot_line(p, "loss", NULL, nothing, 2);
    assert_fails(p, "gnuplot: ");
    now = file_read(picture, &size, NULL);
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
    Plot *p = plot_new(path, NULL, NULL, NULL);
    plot_line(p, NULL, X, Y, 4);
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
    Plot *p = plot_new(picture, NULL, NULL, NULL);
    plot_heatmap(p, CELLS, 2, 3, NULL, NULL);
    plot_line(p, NULL, X, Y, 4);
}
END_TEST

static TCase *drawing(void)
{
    TCase *t = tcase_create("drawing");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, lines_and_points);
    tcase_add_test(t, right_axis);
    tcase_add_test(t, same_calls_same_bytes);
    tcase_add_test(t, log_axes);
    tcase_add_test(t, gaps);
    tcase_add_test(t, one_heatmap);
    tcase_add_loop_test(t, heatmap_edges, 0, 8);
    tcase_add_test(t, large_heatmap);
    tcase_add_test(t, several_heatmaps);
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
