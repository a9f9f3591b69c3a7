/* test_scripts.c -- layers.sh and dead.sh find what they are there for, in a small common of their own; boilerplate.sh
 * counts and bench_busy.sh judges as said. */
#include "common/base/base.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64], printed[4096];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_scripts.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
    ck_assert_int_eq(system("mkdir -p $D/common/base $D/common/nn $D/common/tests/base $D/ch03 $D/book &&"
                            "cp common/layers.mk $D/common/"),
                     0);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FileWriter *w = file_create(path, NULL);
    file_write(w, text, strlen(text));
    ck_assert(file_commit(w, NULL));
}

static int run(const char *command)
{
    FILE *p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    return WEXITSTATUS(pclose(p));
}

/* A call from a program is a caller; a call from a test, a comment and a text are none. */
START_TEST(functions_that_nobody_calls)
{
    static const struct {
        const char *where, *text;
        int status;
    } cases[] = {
        {"ch03/demo.c", "int main(void)\n{\n    return base_add(1, 2);\n}\n", 0},
        {"common/base/b.c", "static int twice(int x)\n{\n    return base_add(x, x);\n}\n", 0},
        {"common/tests/base/test.c", "int main(void)\n{\n    return base_add(1, 2);\n}\n", 1},
        {"ch03/demo.c", "/* base_add(1, 2) */\nint main(void)\n{\n    puts(\"base_add\");\n}\n", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run("rm -f $D/common/*/*.[ch] $D/common/tests/*/*.c $D/ch03/*"), 0);
        put("common/base/a.h", "/* a.h -- sums. */\nint base_add(int a, int b);\n");
        put("common/base/a.c", "int base_add(int a, int b)\n{\n    return a + b;\n}\n");
        put(cases[i].where, cases[i].text);
        ck_assert_msg(run("common/tools/dead.sh $D") == cases[i].status, "%s: %s", cases[i].text, printed);
        ck_assert(!cases[i].status || strstr(printed, "common/base/a.h: nobody calls base_add"));
    }
}
END_TEST

START_TEST(includes_that_point_upwards_or_inside)
{
    static const struct {
        const char *where, *text, *said;
    } cases[] = {
        {"common/nn/n.c", "#include \"common/base/a.h\"\n", NULL},
        {"common/base/b.c", "#include \"common/nn/n.h\"\n", "base does not use nn"},
        {"common/nn/n.c", "#include \"common/base/parts.h\"\n", "which is inside of base"},
    };
    put("common/base/a.h", "/* a.h -- sums. */\n");
    put("common/base/parts.h", "/* parts.h (inside) -- halves. */\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run("rm -f $D/common/*/*.c"), 0);
        put(cases[i].where, cases[i].text);
        ck_assert_msg(run("common/tools/layers.sh $D 2>&1") == (cases[i].said != NULL), "%s", printed);
        ck_assert(!cases[i].said || strstr(printed, cases[i].said));
    }
}
END_TEST

/* 14 lines of code. Not the idea: an include, all 4 lines of a function two of which show something, and all 6 of main.
 * By statements only 2 of the 4. */
START_TEST(boilerplate_by_hand)
{
    put("ch03/sum_demo.c", "/* A comment. */\n#include <stdio.h>\n\n"
                           "static int sum(int a, int b)\n{\n    return a + b; }\n"
                           "static void show(int x)\n{\n    puts(\"x\");\n    printf(\"%d\", x); }\n"
                           "int main(int argc, char **argv)\n{\n    Demo d = {\n        .seed = 1};\n"
                           "    return demo_end(&d);\n}\n");
    ck_assert_int_eq(run("cd $D && \"$OLDPWD\"/common/tools/boilerplate.sh --sums ch03/sum_demo.c"), 0);
    ck_assert_msg(strstr(printed, "ch03 demos (1)") != NULL, "%s", printed);
    ck_assert_msg(strstr(printed, "16     14 ") != NULL, "%s", printed);
    ck_assert_msg(strstr(printed, " 78.6%, by statements 64.3%") != NULL, "%s", printed);
}
END_TEST

/* A step that takes 20 ms with one thread and so many as it chooses. */
START_TEST(busy_bars)
{
    static const struct {
        const char *chosen;
        int status;
        const char *said;
    } cases[] = {{"12", 0, "12.0 ms,      20.0 ms: 0.60 of it, at most 1.00: yes"},
                 {"22", 1, "22.0 ms,      20.0 ms: 1.10 of it, at most 1.00: NO"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "#!/bin/sh\n[ \"$OMP_NUM_THREADS\" = 1 ] && echo 20 || echo %s\n",
                 cases[i].chosen);
        put("bench", text);
        ck_assert_int_eq(run("chmod +x $D/bench"), 0);
        ck_assert_msg(run("ROUNDS=1 common/tools/bench_busy.sh $D/bench") == cases[i].status, "%s",
                      printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s", printed);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scripts");
    TCase *t = tcase_create("scripts");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, functions_that_nobody_calls);
    tcase_add_test(t, includes_that_point_upwards_or_inside);
    tcase_add_test(t, boilerplate_by_hand);
    tcase_add_test(t, busy_bars);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
