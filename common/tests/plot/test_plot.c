/* test_plot.c -- pictures are saved whole or not at all, in one language or both, and hostile texts stay texts. */
#include "common/tests/plot/drawn.h"

static const float CELLS[] = {0, 0.25f, 0.5f, 0.75f, 1, 0.125f};

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

START_TEST(same_calls_same_bytes)
{
    char *first = saved(two_curves()), *second = saved(two_curves());
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
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

int main(void)
{
    TCase *t = case_of("drawing");
    tcase_add_test(t, two_languages);
    tcase_add_test(t, one_language);
    tcase_add_test(t, same_calls_same_bytes);
    tcase_add_test(t, hostile_texts);
    tcase_add_test(t, texts_stay_texts);
    tcase_add_test(t, odd_paths);
    tcase_add_test(t, finishing);
    tcase_add_test(t, nothing_to_draw);
    tcase_add_test(t, old_picture_stays);
    tcase_add_test(t, folder_in_the_way);
    TCase *drawing = t;
    t = case_of("without gnuplot");
    tcase_add_test(t, no_gnuplot);
    tcase_add_test(t, finishing_without_gnuplot);
    tcase_add_test(t, the_option);
    return run_tests("plot", drawing, t);
}
