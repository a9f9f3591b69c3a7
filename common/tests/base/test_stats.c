/* test_stats.c -- statistics against known values, tables to the character, bands and curves. */
#include "common/base/base.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_to(double found, double expected, double tolerance)
{
    ck_assert_msg(fabs(found - expected) <= tolerance, "%.9g, expected %.9g", found, expected);
}

/* ---- statistics: values of R, numpy and the formulas of the papers ------------------------------- */

static const double losses[] = {1.52, 1.49, 1.55, 1.50, 1.53};

START_TEST(mean_and_standard_deviation)
{
    close_to(stats_mean(losses, 5), 1.518, 1e-12);
    close_to(stats_std(losses, 5), 0.02387467, 1e-8);
    ck_assert(isnan(stats_std(losses, 1)));
}
END_TEST

START_TEST(quantiles)
{
    const double x[] = {4, 1, 3, 2};
    close_to(stats_quantile(x, 4, 0), 1, 0);
    close_to(stats_quantile(x, 4, 0.25), 1.75, 1e-12);
    close_to(stats_quantile(x, 4, 0.5), 2.5, 1e-12);
    close_to(stats_quantile(x, 4, 1), 4, 0);
    close_to(stats_quantile(x, 1, 0.3), 4, 0);
    close_to(x[0], 4, 0); /* left as it was */
}
END_TEST

START_TEST(quantiles_of_distributions)
{
    close_to(stats_normal_quantile(0.975), 1.959963985, 1e-8);
    close_to(stats_normal_quantile(0.01), -2.326347874, 1e-8);
    close_to(stats_student_quantile(0.975, 1), 12.70620474, 1e-6);
    close_to(stats_student_quantile(0.975, 2), 4.30265273, 1e-7);
    close_to(stats_student_quantile(0.975, 4), 2.776445105, 1e-8);
    close_to(stats_student_quantile(0.995, 7), 3.499483297, 1e-8);
    close_to(stats_student_quantile(0.05, 30), -1.697260887, 1e-8);
}
END_TEST

START_TEST(intervals_of_a_mean)
{
    Rng rng = rng_new(1);
    StatsInterval t = stats_mean_interval(losses, 5, 0.95),
                  b = stats_bootstrap(losses, 5, 0.95, 4000, &rng);
    close_to(t.low, 1.488356, 1e-6);
    close_to(t.high, 1.547644, 1e-6);
    ck_assert(b.low > 1.495 && b.low < 1.505 && b.high > 1.531 && b.high < 1.541);
}
END_TEST

/* Of many samples the interval holds the true mean as often as it says. */
START_TEST(intervals_hold_the_mean)
{
    Rng rng = rng_new(2);
    int held = 0, held_by_bootstrap = 0;
    for (int round = 0; round < 1000; round++) {
        double x[25];
        for (int i = 0; i < 25; i++)
            x[i] = 3 + (double)rng_normal(&rng);
        StatsInterval t = stats_mean_interval(x, 25, 0.9), b = stats_bootstrap(x, 25, 0.9, 200, &rng);
        held += t.low <= 3 && 3 <= t.high;
        held_by_bootstrap += b.low <= 3 && 3 <= b.high;
    }
    ck_assert_msg(held > 870 && held < 930, "%d of 1000", held);
    ck_assert_msg(held_by_bootstrap > 840 && held_by_bootstrap < 930, "%d of 1000", held_by_bootstrap);
}
END_TEST

START_TEST(proportions)
{
    StatsInterval some = stats_wilson(83, 100, 0.95), none = stats_wilson(0, 10, 0.95);
    StatsInterval all = stats_wilson(10, 10, 0.95);
    close_to(some.low, 0.7445200, 1e-6);
    close_to(some.high, 0.8910643, 1e-6);
    close_to(none.low, 0, 0);
    close_to(none.high, 0.2775328, 1e-6);
    close_to(all.low, 1 - 0.2775328, 1e-6);
    close_to(all.high, 1, 0);
}
END_TEST

START_TEST(pairs)
{
    const double a[] = {5, 6, 7, 8, 9}, b[] = {4, 5, 6.5, 7, 8}, mixed[] = {5.5, 5.5, 7.5, 7.5, 9};
    Rng rng = rng_new(1);
    StatsPaired p = stats_paired(a, b, 5, 0, &rng);
    close_to(p.difference, 0.9, 1e-12);
    close_to(p.p, 2.0 / 32, 1e-12); /* all five the same way: + and - of all */
    close_to(stats_paired(a, mixed, 5, 0, &rng).p, 1, 1e-12);
    close_to(stats_paired(a, a, 5, 0, &rng).p, 1, 1e-12);
}
END_TEST

/* Many pairs: random signs. 60 of 100 coins one way have p = 0.057 two-sided. */
START_TEST(many_pairs)
{
    double a[100], b[100] = {0};
    Rng rng = rng_new(3);
    for (int i = 0; i < 100; i++)
        a[i] = i < 60 ? 1 : -1;
    StatsPaired p = stats_paired(a, b, 100, 20000, &rng);
    close_to(p.difference, 0.2, 1e-12);
    close_to(p.p, 0.0569, 0.006);
    for (int i = 0; i < 100; i++)
        a[i] = 1;
    ck_assert(stats_paired(a, b, 100, 999, &rng).p == 0.001); /* never 0 */
}
END_TEST

/* ---- what is printed ------------------------------------------------------------------------------------ */

/* Standard output of work, without a child. */
static void printed(void (*work)(void), char *text, size_t room)
{
    FILE *f = tmpfile();
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert(f && kept >= 0 && dup2(fileno(f), STDOUT_FILENO) >= 0);
    work();
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(f);
    text[fread(text, 1, room - 1, f)] = '\0';
    fclose(f);
}

static void print_models(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "model");
    tabular_numbers(t, "loss", "nats", 3, TABULAR_MIN);
    tabular_numbers(t, "seeds", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "speed", "tokens/s", 0, TABULAR_MAX);
    tabular_text(t, "RNN"), tabular_number(t, 2.3141), tabular_number(t, 3), tabular_number(t, 40120);
    tabular_text(t, "注意力"), tabular_seeds(t, (const double[]){2.0836, 2.1049, 2.1262}, 3),
        tabular_number(t, 3), tabular_number(t, 24210);
    tabular_text(t, "none"), tabular_number(t, (double)NAN), tabular_text(t, "?"),
        tabular_number(t, 40120.2);
    tabular_print(t);
}

START_TEST(a_table)
{
    char text[1024];
    printed(print_models, text, sizeof text);
    ck_assert_str_eq(text, "  model         loss (nats)   seeds   speed (tokens/s)\n"
                           "  RNN               2.314         3            40120 *\n"
                           "  注意力   2.105 +- 0.021 *       3            24210\n"
                           "  none                  -         ?            40120 *\n");
}
END_TEST

static void print_names(void)
{
    Tabular *t = tabular_new();
    tabular_numbers(t, "n", NULL, 1, TABULAR_MAX);
    tabular_column(t, "what");
    tabular_number(t, 10), tabular_text(t, "ten");
    tabular_number(t, -2.25), tabular_text(t, "less");
    tabular_print(t);
}

static void print_rows(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "network");
    tabular_numbers(t, "n = 1", NULL, -2, TABULAR_NONE);
    tabular_numbers(t, "per step", NULL, 2, TABULAR_NONE);
    tabular_row(t, "RNN", (const double[]){3.49e-26, 0.391});
    tabular_row(t, "attention", (const double[]){1, (double)NAN});
    tabular_row(t, "none", (const double[]){64, 0});
    tabular_print(t);
}

START_TEST(a_table_of_rows)
{
    char text[1024];
    printed(print_rows, text, sizeof text);
    ck_assert_str_eq(text, "  network       n = 1   per step\n"
                           "  RNN         3.5e-26       0.39\n"
                           "  attention       1.0          -\n"
                           "  none             64       0.00\n");
}
END_TEST

static void print_matrix(void)
{
    static const TabularColumn columns[] = {{"T", 0}, {"time (ms)", 2}};
    tabular_print_matrix("layer", (const char *const[]){"RNN", "attention"}, columns, 2,
                         (const double[]){64, 0.3, 2048, 10.1}, 2);
    tabular_print_seeds("", (const char *const[]){"seeds"}, columns, 2, (const double[]){1, 3, 0.25, 0.25},
                        1, 2);
    tabular_print_matrix(NULL, NULL, columns, 2, (const double[]){64, 0.3}, 1);
    tabular_print_seeds("layer", (const char *const[]){"RNN"}, columns, 2,
                        (const double[]){63, 65, 64, 0.25, 0.3, 0.35}, 1, 3);
}

START_TEST(a_table_at_once)
{
    char text[1024];
    printed(print_matrix, text, sizeof text);
    ck_assert_str_eq(text, "  layer          T   time (ms)\n"
                           "  RNN           64        0.30\n"
                           "  attention   2048       10.10\n"
                           "               T      time (ms)\n"
                           "  seeds   2 +- 1   0.25 +- 0.00\n"
                           "   T   time (ms)\n"
                           "  64        0.30\n"
                           "  layer         T      time (ms)\n"
                           "  RNN     64 +- 1   0.30 +- 0.05\n");
}
END_TEST

static void print_verdicts(void)
{
    ck_assert(terminal_verdict(true, "%d heads", 4));
    ck_assert(!terminal_verdict(false, "100%%"));
}

START_TEST(a_verdict)
{
    char text[64];
    printed(print_verdicts, text, sizeof text);
    ck_assert_str_eq(text, "4 heads: yes\n100%: NO\n");
}
END_TEST

START_TEST(a_table_ends_without_spaces)
{
    char text[1024];
    printed(print_names, text, sizeof text);
    ck_assert_str_eq(text, "       n   what\n"
                           "  10.0 *   ten\n"
                           "  -2.2     less\n");
}
END_TEST

static void number_among_texts(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "what");
    tabular_number(t, 1);
}

static void half_a_row(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "what");
    tabular_column(t, "else");
    tabular_text(t, "one");
    tabular_print(t);
}

START_TEST(a_wrong_cell_ends_the_program)
{
    if (!freopen("/dev/null", "w", stderr))
        ck_abort();
    if (_i == 0)
        number_among_texts();
    else
        half_a_row();
}
END_TEST

/* ---- bands -------------------------------------------------------------------------------------------------- */

enum { SEEDS = 5, STEPS = 110 };

/* A loss that falls, with noise of its seed. */
static void curve_of(float *loss, uint64_t seed, float shift)
{
    Rng rng = rng_new(seed);
    for (int i = 0; i < STEPS; i++)
        loss[i] = shift + 1 + 2 * expf(-(float)i / 30) + 0.1f * rng_normal(&rng);
}

static LossBand band_of_seeds(void)
{
    float all[SEEDS * STEPS];
    for (int s = 0; s < SEEDS; s++)
        curve_of(all + s * STEPS, (uint64_t)s + 1, 0);
    return loss_band_of(all, SEEDS, STEPS, "./ch05/pretrain --quick");
}

START_TEST(points_of_a_band)
{
    const float all[] = {1, 2, 3, 5, 6, 7};
    LossBand b = loss_band_of(all, 2, 3, "x");
    ck_assert_int_eq(b.count, 3);
    ck_assert_int_eq(b.first[2], 2);
    ck_assert_int_eq(b.last[2], 2);
    close_to((double)b.mean[0], 3, 1e-6);
    close_to((double)b.high[0], 3 + 3 * sqrt(8), 1e-5); /* 1 and 5 have the standard deviation sqrt(8) */
    close_to((double)b.low[2], 5 - 3 * sqrt(8), 1e-5);
    loss_band_free(&b);
}
END_TEST

START_TEST(a_band_goes_through_its_file)
{
    char path[] = "/tmp/band_XXXXXX";
    Error e = {""};
    LossBand a = band_of_seeds(), b;
    close(mkstemp(path));
    ck_assert_msg(loss_band_write(path, &a, &e) && loss_band_read(path, &b, &e), "%s", e.text);
    ck_assert_str_eq(b.command, "./ch05/pretrain --quick");
    ck_assert_int_eq(b.count, LOSS_BAND_POINTS);
    ck_assert_int_eq(b.last[LOSS_BAND_POINTS - 1], STEPS - 1);
    for (int i = 0; i < b.count; i++) {
        close_to((double)b.low[i], (double)a.low[i], 1e-4);
        close_to((double)b.step[i], (double)a.step[i], 1e-4);
    }
    remove(path);
    loss_band_free(&a);
    loss_band_free(&b);
}
END_TEST

/* A new seed lies inside; a shifted one, one that stays where it is and one that is not a number do not. */
START_TEST(verdicts)
{
    float loss[STEPS];
    LossBand b = band_of_seeds();
    for (uint64_t seed = 100; seed < 110; seed++) {
        curve_of(loss, seed, 0);
        ck_assert(loss_band_check(&b, loss, STEPS).normal);
        ck_assert(loss_band_check(&b, loss, STEPS / 2).normal);
    }
    curve_of(loss, 100, 0.5f);
    LossBandVerdict v = loss_band_check(&b, loss, STEPS);
    ck_assert(!v.normal && v.above > 20 && v.below == 0);
    curve_of(loss, 100, -0.5f);
    ck_assert_int_gt(loss_band_check(&b, loss, STEPS).below, 20);
    curve_of(loss, 100, 0);
    for (int i = 40; i < STEPS; i++)
        loss[i] = NAN;
    v = loss_band_check(&b, loss, STEPS);
    ck_assert(!v.normal && v.first >= 35 && v.first <= 40 && v.points == LOSS_BAND_POINTS);
    ck_assert(!loss_band_check(&b, loss, 1).normal); /* nothing to go by */
    loss_band_free(&b);
}
END_TEST

START_TEST(damaged_bands)
{
    static const struct {
        const char *text, *says;
    } cases[] = {{"step\n", "line 1: expected the command"},
                 {"$ x\nstep\n", "line 2: expected first"},
                 {"$ x\n", "line 2: expected first"},
                 {"$ x\nfirst\tlast\tmean\tlow\thigh\n", "no points"},
                 {"$ x\nfirst\tlast\tmean\tlow\thigh\n0\t1\t2\t1\t3\n3\t4\t2\t1\t3\n", "line 4"},
                 {"$ x\nfirst\tlast\tmean\tlow\thigh\n0\t1\t2\t3\t1\n", "line 3"},
                 {"$ x\nfirst\tlast\tmean\tlow\thigh\n0\t1\t2\tx\t1\n", "line 3"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/band_XXXXXX";
        Error e = {""};
        LossBand b;
        int file = mkstemp(path);
        ck_assert_int_eq(write(file, cases[i].text, strlen(cases[i].text)), (int)strlen(cases[i].text));
        close(file);
        ck_assert(!loss_band_read(path, &b, &e));
        ck_assert_msg(strstr(e.text, cases[i].says) && strstr(e.text, path), "%s", e.text);
        remove(path);
    }
}
END_TEST

static char band_path[] = "/tmp/band_XXXXXX", curve_path[] = "/tmp/curve_XXXXXX";

static void show_inside(void)
{
    float loss[STEPS];
    curve_of(loss, 100, 0);
    loss_band_report(&(LossBandSettings){curve_path, true, NULL}, band_path, loss, STEPS);
}

static void show_outside(void)
{
    float loss[STEPS];
    curve_of(loss, 100, 0.5f);
    loss_band_report(&(LossBandSettings){curve_path, true, NULL}, band_path, loss, STEPS);
}

static void show_named(void)
{
    float loss[STEPS];
    curve_of(loss, 100, 0);
    loss_band_report(&(LossBandSettings){.model = "model 1"}, band_path, loss, STEPS);
}

static void show_quietly(void)
{
    float loss[STEPS];
    curve_of(loss, 100, 0);
    loss_band_report(&(LossBandSettings){NULL, false, NULL}, band_path, loss, STEPS);
}

START_TEST(a_run_is_drawn)
{
    char text[4096];
    LossBand b = band_of_seeds();
    close(mkstemp(band_path));
    close(mkstemp(curve_path));
    ck_assert(loss_band_write(band_path, &b, NULL));
    printed(show_inside, text, sizeof text);
    ck_assert_ptr_nonnull(
        strstr(text, "loss: normal, inside the band of several seeds at 25 of 25 points\n"));
    ck_assert_ptr_nonnull(strstr(text, "oo"));
    ck_assert_ptr_null(strstr(text, "!!"));
    printed(show_named, text, sizeof text);
    ck_assert_str_eq(text,
                     "loss of model 1: normal, inside the band of several seeds at 25 of 25 points\n");
    printed(show_outside, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "loss: NOT NORMAL, inside the band"));
    ck_assert_ptr_nonnull(strstr(text, "!!"));
    size_t size;
    char *curve = file_read(curve_path, &size, NULL), *end;
    float first[STEPS];
    curve_of(first, 100, 0.5f);
    ck_assert_float_eq_tol(strtof(curve, &end), first[0], 1e-5f);
    ck_assert_float_eq_tol(strtof(end, NULL), first[1], 1e-5f);
    free(curve);
    remove(curve_path);
    remove(band_path);
    printed(show_inside, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "loss: no band to compare with: "));
    printed(show_quietly, text, sizeof text);
    ck_assert_str_eq(text, "");
    loss_band_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("stats");
    tcase_add_test(t, mean_and_standard_deviation);
    tcase_add_test(t, quantiles);
    tcase_add_test(t, quantiles_of_distributions);
    tcase_add_test(t, intervals_of_a_mean);
    tcase_add_test(t, intervals_hold_the_mean);
    tcase_add_test(t, proportions);
    tcase_add_test(t, pairs);
    tcase_add_test(t, many_pairs);
    tcase_add_test(t, a_table);
    tcase_add_test(t, a_table_of_rows);
    tcase_add_test(t, a_table_at_once);
    tcase_add_test(t, a_verdict);
    tcase_add_test(t, a_table_ends_without_spaces);
    tcase_add_loop_test_raise_signal(t, a_wrong_cell_ends_the_program, 6, 0, 2); /* SIGABRT */
    tcase_add_test(t, points_of_a_band);
    tcase_add_test(t, a_band_goes_through_its_file);
    tcase_add_test(t, verdicts);
    tcase_add_test(t, damaged_bands);
    tcase_add_test(t, a_run_is_drawn);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
