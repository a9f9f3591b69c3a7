/* test_outputs.c -- the comparer of expected outputs, on files made here.
 *
 * The tool's source is included, its main under another name, so that these
 * tests need no tool built before them and run the very same code. */
#define main outputs_main
int outputs_main(int argc, char **argv);
#include "common/tools/outputs.c"
#undef main

#include <check.h>

static char folder[64], file[128], printed[8192];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_outputs.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/a.txt", folder);
}

static void remove_folder(void)
{
    unlink(file);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static void put(const char *text)
{
    FileWriter *w = file_create(file, NULL);
    file_printf(w, "%s", text);
    ck_assert(file_commit(w, NULL));
}

/* The tool's exit status; what it printed is in printed. */
static int tool(const char *verb, const char *path)
{
    char *argv[] = {"outputs", (char *)verb, (char *)path, NULL};
    FILE *out = tmpfile();
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(out), STDERR_FILENO);
        exit(outputs_main(verb ? (path ? 3 : 2) : 1, argv));
    }
    waitpid(child, &status, 0);
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = '\0';
    fclose(out);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* want and got as the only line, under a header. */
static bool same(const char *header, const char *want, const char *got)
{
    char text[1024];
    snprintf(text, sizeof text, "%s$ printf '%%s\\n' '%s'\n%s\n", header, got, want);
    put(text);
    int status = tool("check", file);
    ck_assert_msg(status == 0 || status == 1, "%s", printed);
    ck_assert_ptr_nonnull(
        strstr(printed, status ? "outputs: 0 passed, 1 failed" : "outputs: 1 passed, 0 failed"));
    return status == 0;
}

static const char PERCENT[] = "# tolerance 0.01\n";

START_TEST(lines_that_agree)
{
    static const struct {
        const char *header, *want, *got;
    } cases[] = {
        {"", "loss 2.31", "loss 2.31"},
        {"", "loss 1.0", "loss 1.00"},
        {"", "x -0.5  猫", "x  -0.5 猫"},
        {PERCENT, "loss 2.31", "loss 2.32"},
        {PERCENT, "loss=2.31,", "loss=2.32,"},
        {PERCENT, "a -1e-3 b", "a -1.005e-3 b"},
        {PERCENT, "99.5%", "100.1%"},
        {PERCENT, "x 9.99", "x 10.01"},
        {PERCENT, "gpt2 at 3.00s", "gpt2 at 3.01s"},
        {"# tolerance 0 0.5\n", "x -0.2", "x 0.2"},
        {"# line /time/ tolerance 0.5\n", "time 2", "time 2.5"},
        {"# skip /took/\n", "took 3 s", "took three seconds"},
        {"# line /a/b/ tolerance 0.5\n", "a/b 2", "a/b 2.5"},
        {"# ignore /[0-9]+ tok.s/\n", "loss 2 | 31 tok/s", "loss 2 | 9 tok/s"},
        {"# ignore /[0-9]+ ms/\n", "10 ms and 20 ms", "1 ms and 2 ms"},
        {"# ignore /x*/\n", "loss", "loss"}, /* matches nothing everywhere, and ends */
        {"", "seed 18446744073709551615", "seed 18446744073709551615"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(same(cases[i].header, cases[i].want, cases[i].got), "%s", printed);
}
END_TEST

START_TEST(lines_that_differ)
{
    static const struct {
        const char *header, *want, *got;
    } cases[] = {
        {"", "loss 2.31", "loss 2.32"},
        {"", "heads", "head"},
        {"", "head", "heads"},
        {PERCENT, "loss 2.31", "loss 2.34"},
        {PERCENT, "x 1e3", "x 1e4"},
        {PERCENT, "x -1", "x 1"},
        {PERCENT, "x 1", "x"},
        {PERCENT, "99.5%", "99.5"},
        {PERCENT, "gpt200", "gpt201"},
        {PERCENT, "nan", "nan"},
        {PERCENT, "loss=-nan", "loss=-nan"},
        {PERCENT, "loss 1", "loss NaN"},
        {PERCENT, "loss nan", "loss 1"},
        {PERCENT, "loss 1", "loss inf"},
        {PERCENT, "loss 1", "loss 1e999"},
        {PERCENT, "1.5 2.5", "1.52.5"},
        {"# tolerance 0 0.5\n", "x -0.2", "x 0.4"},
        {"# line /time/ tolerance 0.5\n", "loss 2", "loss 2.5"},
        {"# skip /took/\n", "too 3 s", "too 4 s"},
        {"# ignore /[0-9]+ tok/\n", "loss 2 | 31 tok", "loss 3 | 31 tok"},
        {"", "seed 18446744073709551615", "seed 18446744073709551614"},
        {"", "", "more"},
        {"", "more", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(!same(cases[i].header, cases[i].want, cases[i].got), "%s", cases[i].want);
}
END_TEST

START_TEST(a_mismatch_is_shown)
{
    char where[160];
    put("# skip /time/\n$ printf 'a\\ntime 1\\nb\\n'\na\ntime 2\ntime 3\nc\n");
    ck_assert_int_eq(tool("check", file), 1);
    snprintf(where, sizeof where, "%s:6:\n  expected: c\n  got:      b\n", file);
    ck_assert_msg(strstr(printed, where) != NULL, "%s", printed);
    put("$ printf 'a\\nb\\n'\na\n");
    ck_assert_int_eq(tool("check", file), 1);
    ck_assert_msg(strstr(printed, "expected: (the end)\n  got:      b") != NULL, "%s", printed);
}
END_TEST

START_TEST(free_text_after_the_last_line)
{
    put("# last /^sample/\n$ printf 'a\\nsample\\nto be\\n'\na\nsample\nor not\nto be\n");
    ck_assert_msg(tool("check", file) == 0, "%s", printed);
    put("# last /^sample/\n$ printf 'a\\n'\na\nsample\n"); /* the line itself must be there */
    ck_assert_int_eq(tool("check", file), 1);
    put("# last /^sample/\n$ printf 'b\\nsample\\n'\na\nsample\n");
    ck_assert_int_eq(tool("check", file), 1);
}
END_TEST

START_TEST(a_failing_command_fails)
{
    static const char *const files[] = {"$ echo a; exit 3\na\n", "$ echo a; kill -9 $$\na\n",
                                        "$ /no/such/program\n"};
    static const char *const why[] = {"status 3", "signal 9", "status 127"};
    for (int i = 0; i < 3; i++) {
        put(files[i]);
        ck_assert_int_eq(tool("check", file), 1);
        ck_assert_msg(strstr(printed, why[i]) != NULL, "%s", printed);
    }
}
END_TEST

/* The limit ends what the command started, too, and standard input is empty. */
START_TEST(the_time_limit)
{
    double start = clock_seconds();
    put("# limit 0.3\n$ sleep 30; echo a\na\n");
    ck_assert_int_eq(tool("check", file), 1);
    ck_assert_msg(strstr(printed, "more than 0.3 s") != NULL, "%s", printed);
    put("$ cat; echo a\na\n");
    ck_assert_int_eq(tool("check", file), 0);
    ck_assert_double_lt(clock_seconds() - start, 10);
}
END_TEST

/* Where a program is missing nothing is run, nothing is compared, and the reason is said. */
START_TEST(a_needed_program)
{
    put("# needs no-such-program-here\n$ echo a\nb\n");
    ck_assert_int_eq(tool("check", file), 0);
    ck_assert_msg(strstr(printed, "skipped, no-such-program-here is not installed") != NULL, "%s", printed);
    put("# needs sh\n$ echo a\nb\n");
    ck_assert_int_eq(tool("check", file), 1);
    put("# needs sh\n$ echo a\na\n");
    ck_assert_int_eq(tool("check", file), 0);
    ck_assert_ptr_null(strstr(printed, "skipped"));
}
END_TEST

START_TEST(bad_files)
{
    static const char *const files[] = {"",
                                        "a\n",
                                        "# tolerance\n$ true\n",
                                        "# tolerance x\n$ true\n",
                                        "# tolerance nan\n$ true\n",
                                        "# tolerance -1\n$ true\n",
                                        "# tolerance 1 2 3\n$ true\n",
                                        "# skip /(/\n$ true\n",
                                        "# skip a\n$ true\n",
                                        "# skip /\n$ true\n",
                                        "# line /a/ 0.5\n$ true\n",
                                        "# limit 0\n$ true\n",
                                        "# limit nan\n$ true\n",
                                        "# needs \n$ true\n",
                                        "# needs a;b\n$ true\n",
                                        "# typo 3\n$ true\n",
                                        "# tolerance 1\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put(files[i]);
        ck_assert_msg(tool("check", file) == 1, "%s", files[i]);
        ck_assert_ptr_nonnull(strstr(printed, "FAIL "));
        ck_assert_ptr_nonnull(strstr(printed, file));
    }
    ck_assert_int_eq(tool("check", "/no/such/file"), 1);
}
END_TEST

static void assert_holds(const char *text)
{
    size_t size;
    char *bytes = file_read(file, &size, NULL);
    ck_assert_str_eq(bytes, text);
    free(bytes);
}

START_TEST(write_replaces_the_output)
{
    put("# tolerance 0.1\n# skip /x/\n$ printf 'b\\nx 1\\n'\nold\noutput\n");
    ck_assert_msg(tool("write", file) == 0, "%s", printed);
    assert_holds("# tolerance 0.1\n# skip /x/\n$ printf 'b\\nx 1\\n'\nb\nx 1\n");
    ck_assert_int_eq(tool("check", file), 0);
    put("$ echo a"); /* no line end: it is made */
    ck_assert_int_eq(tool("write", file), 0);
    assert_holds("$ echo a\na\n");
    put("$ echo b; false\nold\n"); /* a failing command leaves the file */
    ck_assert_int_eq(tool("write", file), 1);
    assert_holds("$ echo b; false\nold\n");
}
END_TEST

START_TEST(no_files_and_bad_usage)
{
    ck_assert_int_eq(tool("check", NULL), 0);
    ck_assert_ptr_nonnull(strstr(printed, "no files"));
    ck_assert_ptr_nonnull(strstr(printed, "outputs: 0 passed, 0 failed"));
    ck_assert_int_eq(tool("chekc", NULL), 2);
    ck_assert_int_eq(tool(NULL, NULL), 2);
    ck_assert_int_eq(tool("--help", NULL), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("outputs");
    TCase *t = tcase_create("outputs");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, lines_that_agree);
    tcase_add_test(t, lines_that_differ);
    tcase_add_test(t, a_mismatch_is_shown);
    tcase_add_test(t, free_text_after_the_last_line);
    tcase_add_test(t, a_failing_command_fails);
    tcase_add_test(t, the_time_limit);
    tcase_add_test(t, a_needed_program);
    tcase_add_test(t, bad_files);
    tcase_add_test(t, write_replaces_the_output);
    tcase_add_test(t, no_files_and_bad_usage);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
