/* test_report_card.c -- code that a model writes is compiled and run: what passes, what fails, what is not tried. */
#include "ch05/card.h"
#include "common/base/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 200 };

static WorldSamples draw_code(void)
{
    Rng rng = rng_new(5);
    WorldRequest request = {WORLD_CODE, WORLD_EN, WORLD_TEST, MANY, 0, 0};
    WorldSamples s = world_samples(&request, &rng);
    int kept = 0;
    for (int i = 0; i < s.count; i++) {
        if (s.items[i].task == WORLD_COMPLETE)
            s.items[kept++] = s.items[i];
    }
    s.count = kept;
    return s;
}

/* Completed as they should be, all pass; some of them with another's body fail. */
START_TEST(right_functions_pass)
{
    WorldSamples s = draw_code();
    char *programs[MANY];
    bool passed[MANY];
    ck_assert_int_gt(s.count, MANY / 4);
    for (int i = 0; i < s.count; i++)
        programs[i] = world_code_program(&s.items[i], s.items[i].answer);
    card_run_code(programs, s.count, passed);
    for (int i = 0; i < s.count; i++) {
        ck_assert_msg(passed[i], "%s", programs[i]);
        free(programs[i]);
    }
    world_samples_free(&s);
}
END_TEST

static const char right[] =
    "int f(int x)\n{\n    return 2 * x + 1;\n}\nint main(void)\n{\n    return f(3) != 7;\n}\n";

/* One bad program spoils none of the others. */
START_TEST(wrong_functions_fail)
{
    static const char *const bodies[] = {
        "{\n    return 2 * x;\n}",                          /* wrong */
        "{\n    return 2 * y + 1;\n}",                      /* does not compile */
        "{\n    for (;;)\n        x = x + 1;\n}",           /* never ends */
        "{\n    return 2 * x + 1;\n",                       /* not closed */
        "{\n    exit(0);\n}",                               /* a call */
        "{\n    return f(x - 1);\n}",                       /* a call of its own */
        "{\n    int *p = 0;\n    return *p;\n}",            /* no memory of its own */
        "{\n#include \"/etc/passwd\"\n    return 0;\n}",    /* for the preprocessor */
        "{\n    return 2 * x + 1;\n}\n}\nint g(void)\n{\n", /* closes what it did not open */
        "{\n    return 2 * x + 1;\n}"};                     /* right */
    enum { BODIES = sizeof bodies / sizeof *bodies };
    char texts[BODIES + 2][512];
    char *programs[BODIES + 2];
    bool passed[BODIES + 2];
    for (int i = 0; i < BODIES; i++) {
        snprintf(texts[i], sizeof texts[i], "int f(int x)\n%s\n%s", bodies[i], strstr(right, "int main"));
        programs[i] = texts[i];
    }
    snprintf(texts[BODIES], sizeof texts[BODIES], "%s", right);
    programs[BODIES] = texts[BODIES];
    snprintf(texts[BODIES + 1], sizeof texts[0], "int g(int x)%s", strchr(right, '\n')); /* main calls f */
    programs[BODIES + 1] = texts[BODIES + 1];
    card_run_code(programs, BODIES + 2, passed);
    for (int i = 0; i < BODIES + 2; i++)
        ck_assert_msg(passed[i] == (i == BODIES - 1 || i == BODIES), "%d: %s", i, texts[i]);
}
END_TEST

/* Every difference is of two rows, and every row's id is its own. */
START_TEST(rows)
{
    for (int i = 0; i < card_difference_count; i++) {
        ck_assert_int_ge(card_find_row(card_differences[i].more), 0);
        ck_assert_int_ge(card_find_row(card_differences[i].less), 0);
    }
    for (int i = 0; i < card_row_count; i++)
        ck_assert_int_eq(card_find_row(card_rows[i].id), i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report card");
    TCase *c = tcase_create("card");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, right_functions_pass);
    tcase_add_test(c, wrong_functions_fail);
    tcase_add_test(c, rows);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
