/* test_dist.c -- common/dist under 1, 2, 3 and 4 ranks: its calls by the program messages, its parallel forms by the
 * program training. Both start their own ranks. */
#include "common/base/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[1024]; /* of the programs that are run: that of this one */
static char printed[8192];

/* The exit status of a program of the folder; all that it said is in printed. */
static int run(const char *line)
{
    char command[2048];
    snprintf(command, sizeof command, "%s/%s 2>&1", folder, line);
    FILE *p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Several ranks; where there is no MPI the program says so, and nothing else can be held. False then. */
static bool has_ranks(void)
{
    if (run("messages --ranks 2") != 2 || !strstr(printed, "2 ranks need"))
        return true;
    printf("several ranks: skipped, %s", strstr(printed, "2 ranks need"));
    return false;
}

static void check_ranks(const char *program)
{
    char line[64], said[64];
    for (int ranks = 1; ranks <= 4; ranks++) {
        if (ranks == 2 && !has_ranks())
            break;
        snprintf(line, sizeof line, "%s --ranks %d", program, ranks);
        snprintf(said, sizeof said, "rank 0 of %d: everything holds\n", ranks);
        ck_assert_msg(run(line) == 0 && strcmp(printed, said) == 0, "%s: %s", line, printed);
    }
}

START_TEST(every_call_holds)
{
    check_ranks("messages");
}
END_TEST

/* Data parallelism, and ZeRO in all stages: the losses, weights and moments of one process. */
START_TEST(every_form_trains_as_one_process)
{
    check_ranks("training");
}
END_TEST

/* What is larger than one message of MPI can be goes in pieces. */
START_TEST(large_messages_go_in_pieces)
{
    if (!has_ranks())
        return;
    ck_assert_msg(run("messages --ranks 3 --pieces") == 0, "%s", printed);
}
END_TEST

/* --help and bad options end before mpirun begins: once, on one line. */
START_TEST(bad_options_are_one_line)
{
    ck_assert_int_eq(run("messages --ranks 3 --help"), 0);
    ck_assert_ptr_nonnull(strstr(printed, "--ranks"));
    ck_assert_int_eq(run("messages --ranks 3 --nonsense"), 2);
    ck_assert_ptr_eq(strchr(printed, '\n'), printed + strlen(printed) - 1);
    ck_assert_int_eq(run("messages --ranks 0"), 2);
}
END_TEST

/* Without mpirun in the PATH: one line and status 2. */
START_TEST(a_missing_mpirun_is_said)
{
    const char *old = getenv("PATH");
    char path[4096];
    snprintf(path, sizeof path, "%s", old ? old : "");
    setenv("PATH", "/nonexistent", 1);
    int status = run("messages --ranks 2");
    setenv("PATH", path, 1);
    ck_assert_int_eq(status, 2);
    ck_assert_ptr_nonnull(strstr(printed, "messages: 2 ranks need"));
    ck_assert_ptr_eq(strchr(printed, '\n'), printed + strlen(printed) - 1);
}
END_TEST

/* The others do not wait forever for a rank that ended. */
START_TEST(a_rank_that_ends_ends_all)
{
    if (!has_ranks())
        return;
    ck_assert_int_ne(run("messages --ranks 3 --fails 1"), 0); /* 3, or what mpirun makes of it */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dist");
    TCase *c = tcase_create("messages");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, every_call_holds);
    tcase_add_test(c, every_form_trains_as_one_process);
    tcase_add_test(c, large_messages_go_in_pieces);
    tcase_add_test(c, bad_options_are_one_line);
    tcase_add_test(c, a_missing_mpirun_is_said);
    tcase_add_test(c, a_rank_that_ends_ends_all);
    suite_add_tcase(s, c);
    return s;
}

int main(int argc, char **argv)
{
    (void)argc;
    snprintf(folder, sizeof folder, "%s", argv[0]);
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, sizeof folder - (slash ? (size_t)(slash - folder) : 0), "%s",
             slash ? "" : ".");
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
