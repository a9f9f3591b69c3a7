/* test_demo.c -- what a demo is told, what it claims, and that a watched loss is held against its band. */
#include "common/demo/demo.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 50 };
static char folder[64], printed[4096];

/* The words of a command line, without the program's name. */
static void begin(Demo *d, const char *words, const Option *more)
{
    char *argv[16] = {"demo"}, *rest = strdup(words);
    int argc = 1;
    for (char *word = strtok(rest, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    demo_begin(d, argc, argv, more);
}

/* Runs a demo with what it prints going to `printed`; its status. */
static int run(int demo(void))
{
    char path[128];
    snprintf(path, sizeof path, "%s/printed", folder);
    fflush(stdout);
    int terminal = dup(1);
    ck_assert_ptr_nonnull(freopen(path, "w", stdout));
    int status = demo();
    fflush(stdout);
    dup2(terminal, 1);
    close(terminal);
    FILE *f = fopen(path, "r");
    printed[fread(printed, 1, sizeof printed - 1, f)] = '\0';
    fclose(f);
    return status;
}

START_TEST(options_by_field)
{
    float rate = 1;
    const Option more[] = {option_float("lr", &rate, 0, 10, "learning rate"), OPTION_END};
    Demo d = {.name = "ch09/x_demo", .about = "X.", .draws = true, .steps = 20, .min_steps = 10};
    begin(&d, "--steps 10 --lr 2 --language zh --seed 7", more);
    ck_assert_int_eq(d.steps, 10);
    ck_assert_float_eq(rate, 2);
    ck_assert_int_eq(d.language, PLOT_ZH);
    ck_assert_uint_eq(d.seed, 7);
    ck_assert_ptr_null(d.losses);
    ck_assert_int_eq(demo_end(&d), 0);
    Demo plain = {.name = "ch09/x_demo", .about = "X."};
    begin(&plain, "", NULL);
    ck_assert_uint_eq(plain.seed, 1);
}
END_TEST

/* What the fields do not ask for, and too few steps, end the program with 2. */
START_TEST(unknown_options)
{
    static const char *const words[] = {"--steps 10", "--language en", "--band", "--steps 4"};
    Demo d = {.name = "ch09/x_demo", .about = "X.", .steps = _i == 3 ? 20 : 0, .min_steps = 5};
    begin(&d, words[_i], NULL);
}
END_TEST

static int two_claims(void)
{
    Demo d = {.name = "ch09/x_demo", .about = "X."};
    begin(&d, "", NULL);
    demo_claim(&d, true, "%d and %d make 4", 2, 2);
    demo_claim(&d, false, "100%% of them");
    demo_claim(&d, true, "the last");
    return demo_end(&d);
}

START_TEST(claims)
{
    ck_assert_int_eq(run(two_claims), 1);
    ck_assert_str_eq(printed, "2 and 2 make 4: yes\n100% of them: NO\nthe last: yes\n");
}
END_TEST

/* The band of seeds around 1, and a run that is at `loss`. */
static int watched(float loss, const char *words)
{
    Demo d = {.name = "ch09/x_demo", .about = "X.", .draws = true, .steps = STEPS, .watched = "the first"};
    begin(&d, words, NULL);
    for (int i = 0; i < d.steps; i++)
        d.losses[i] = loss;
    return demo_end(&d);
}

static void make_band(void)
{
    Error e = {""};
    float losses[2 * STEPS];
    for (int i = 0; i < 2 * STEPS; i++)
        losses[i] = i < STEPS ? 0.9f : 1.1f;
    LossBand b = loss_band_of(losses, 2, STEPS, "./ch09/x_demo");
    ck_assert_msg(loss_band_write("ch09/expected/x_demo.band.tsv", &b, &e), "%s", e.text);
    loss_band_free(&b);
}

static int normal(void)
{
    return watched(1.05f, "");
}

static int too_high(void)
{
    return watched(3, "--band --language en");
}

static int another_length(void)
{
    return watched(1, "--steps 40 --band");
}

START_TEST(bands)
{
    make_band();
    ck_assert_int_eq(run(normal), 0);
    ck_assert_str_eq(printed,
                     "loss of the first: normal, inside the band of several seeds at 25 of 25 points\n");
    ck_assert_int_ne(access("ch09/out/x_demo.band.svg", F_OK), 0);
    ck_assert_int_eq(run(another_length), 0);
    ck_assert_ptr_nonnull(strstr(printed, "no band to compare with"));
    ck_assert_int_ne(access("ch09/out/x_demo.band.svg", F_OK), 0);
    ck_assert_int_eq(run(too_high), 0);
    ck_assert_ptr_nonnull(strstr(printed, "NOT NORMAL"));
    ck_assert_ptr_nonnull(strstr(printed, "picture: ch09/out/x_demo.band.svg\n"));
    ck_assert_int_eq(access("ch09/out/x_demo.band.svg", F_OK), 0);
}
END_TEST

static void enter(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_demo.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(system("mkdir -p ch09/expected"), 0);
}

static void leave(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

int main(void)
{
    Suite *s = suite_create("demo");
    TCase *c = tcase_create("demo");
    tcase_add_checked_fixture(c, enter, leave);
    tcase_add_test(c, options_by_field);
    tcase_add_loop_exit_test(c, unknown_options, 2, 0, 4);
    tcase_add_test(c, claims);
    tcase_add_test(c, bands);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
