/* test_series.c -- curves, bands, points, bars and blocks: where they stand, and that all texts can be read. */
#include "common/tests/plot/drawn.h"

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

/* plot_columns draws of (rows, n, seeds) what plot_seeds draws of each column. */
START_TEST(columns_of_a_table)
{
    static const double values[] = {1, 3, 5, 5, 2, 4, 6, 7, 3, 5, 4, 4, 4, 8, 3, 2}; /* (4,2,2) */
    static const float first[] = {1, 2, 3, 4, 3, 4, 5, 8}, second[] = {5, 6, 4, 3, 5, 7, 4, 2};
    static const PlotText names[] = {{"one", "一"}, {"two", "二"}};
    Plot *p = english(NONE), *each = english(NONE);
    plot_columns(p, names, X, values, 4, 2, 2);
    plot_seeds(each, names[0], X, first, 2, 4);
    plot_seeds(each, names[1], X, second, 2, 4);
    char *svg = saved(p), *wanted = saved(each);
    ck_assert_str_eq(svg, wanted);
    free(svg);
    free(wanted);
}
END_TEST

/* Panels with the same labels share their axes; with other labels each has its own. */
START_TEST(shared_axes)
{
    static const float small[] = {1, 2}, large[] = {800, 900}, far[] = {0, 40};
    for (int shared = 0; shared < 2; shared++) {
        Plot *p = english(NONE);
        plot_panel(p, plot_same("first"));
        plot_axes(p, plot_same("step"), plot_same("loss"));
        plot_line(p, plot_same("model"), NULL, small, 2);
        plot_panel(p, plot_same("second"));
        if (!shared)
            plot_axes(p, plot_same("token"), plot_same("gradient norm"));
        plot_line(p, plot_same("model"), far, large, 2);
        char *svg = saved(p);
        ck_assert_int_eq(count(svg, "<text>400</text>"), shared ? 2 : 0);
        ck_assert_int_eq(count(svg, "<text>40</text>"), shared ? 2 : 1);
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
    plot_axes(p, plot_same("size"), plot_same("accuracy (%)"));
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

/* Labels, names and titles that are too long for one line. */
START_TEST(long_texts)
{
    const PlotText text =
        plot_same("a text that says everything there is to say about this part of the picture, "
                  "which nobody would write, but somebody will");
    const PlotText rows[] = {text, text, text};
    for (int panels = 1; panels <= 4; panels++) {
        Plot *p = english(text);
        for (int i = 0; i < panels; i++) {
            plot_panel(p, text);
            plot_axes(p, text, text);
            plot_line(p, i ? text : plot_same("short"), X, Y, 4);
        }
        char *svg = saved(p);
        assert_readable(svg);
        free(svg);
    }
    Plot *p = english(text);
    plot_bars(p, text, rows, Y, NULL, NULL, 3);
    char *svg = saved(p);
    assert_readable(svg);
    free(svg);
}
END_TEST

int main(void)
{
    TCase *t = case_of("drawing");
    tcase_add_test(t, lines_and_points);
    tcase_add_test(t, log_axes);
    tcase_add_test(t, gaps);
    tcase_add_loop_test(t, ticks, 0, 8);
    tcase_add_test(t, band_over_seeds);
    tcase_add_test(t, columns_of_a_table);
    tcase_add_test(t, shared_axes);
    tcase_add_test(t, limits);
    tcase_add_test(t, words_beside_points);
    tcase_add_test(t, notes);
    tcase_add_test(t, histograms);
    tcase_add_test(t, bars);
    tcase_add_test(t, blocks);
    tcase_add_test(t, long_texts);
    TCase *drawing = t;
    t = tcase_create("mistakes");
    tcase_add_test_raise_signal(t, bars_among_lines_abort, SIGABRT);
    tcase_add_test_raise_signal(t, block_without_rows_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, other_format_aborts, SIGABRT);
    return run_tests("series", drawing, t);
}
