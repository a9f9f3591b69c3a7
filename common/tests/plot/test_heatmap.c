/* test_heatmap.c -- cells, masks, numbers and names of heatmaps. */
#include "common/tests/plot/drawn.h"

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
    for (int i = 0; i < 4; i++) {
        static const int shape[4][2] = {{8, 8}, {9, 9}, {9, 2}, {2, 9}};
        Plot *p = english(NONE);
        plot_heatmap(p, values, shape[i][0], shape[i][1], NULL, NULL);
        char *svg = saved(p);
        ck_assert_int_eq(count(svg, "<text>0."), i == 0 ? 64 : 1); /* the one is the maximum */
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

/* plot_heatmaps is the same as a panel for each, with the cells of weight 0 empty. */
START_TEST(heatmaps_at_once)
{
    static const float values[2 * 4] = {1, 0, 0.5f, 0.5f, 1, 0, 0.25f, 0.75f};
    static const char *const words[] = {"a", "b"};
    static const PlotText titles[] = {{"head 1", "头 1"}, {"head 2", "头 2"}};
    Plot *p = english(plot_same("heads")), *each = english(plot_same("heads"));
    plot_heatmaps(p, titles, values, 2, 2, words);
    for (int i = 0; i < 2; i++) {
        float cells[4] = {values[4 * i], NAN, values[4 * i + 2], values[4 * i + 3]};
        plot_panel(each, titles[i]);
        plot_heatmap(each, cells, 2, 2, words, words);
    }
    char *svg = saved(p), *wanted = saved(each);
    ck_assert_str_eq(svg, wanted);
    assert_texts(svg, (const char *const[]){"head 1", "head 2", NULL});
    free(svg);
    free(wanted);
}
END_TEST

/* Heads of a layer: names once on the left and below, one scale of colours. */
START_TEST(several_heatmaps)
{
    float values[12 * 12];
    static const char *const words[] = {"the",    "animal",  "did", "not", "cross", "the",
                                        "street", "because", "it",  "was", "too",   "tired"};
    char title[32];
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

int main(void)
{
    TCase *t = case_of("drawing");
    tcase_add_test(t, one_heatmap);
    tcase_add_test(t, masked_cells);
    tcase_add_test(t, few_digits);
    tcase_add_loop_test(t, heatmap_edges, 0, 8);
    tcase_add_test(t, large_heatmap);
    tcase_add_test(t, several_heatmaps);
    tcase_add_test(t, heatmaps_at_once);
    TCase *drawing = t;
    t = tcase_create("mistakes");
    tcase_add_test_raise_signal(t, heatmap_among_lines_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, line_on_heatmap_aborts, SIGABRT);
    return run_tests("heatmap", drawing, t);
}
