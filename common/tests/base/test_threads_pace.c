/* test_threads_pace.c -- one thread while others keep the processors busy, all of them again after that.
 *
 * How many threads there are is settled before main, so each case is this program once more, with an environment of
 * its own, held to two processors. Nothing depends on how long a thing takes: a case waits until the choice is made,
 * and fails when it never is. */
#include "common/base/base.h"
#include "common/base/threads.h"

#include <check.h>
#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OTHERS = 6, NEVER = 30, SETTLED = 1 }; /* busy processes; seconds */

static pid_t others[OTHERS];

static void start_others(void)
{
    for (int i = 0; i < OTHERS; i++) {
        others[i] = fork();
        if (others[i] == 0)
            for (volatile int work = 0;; work = work + 1)
                ;
    }
}

static void stop_others(void)
{
    for (int i = 0; i < OTHERS; i++) {
        kill(others[i], SIGKILL);
        waitpid(others[i], NULL, 0);
    }
}

/* Computes and lets the choice be made until there are `threads`, or for some seconds. */
static bool reaches(int threads, double seconds)
{
    volatile double work = 0;
    for (double start = clock_seconds(); clock_seconds() < start + seconds;) {
        for (int i = 0; i < 1000000; i++)
            work = work + i;
        threads_pace();
        if (omp_get_max_threads() == threads)
            return true;
    }
    return false;
}

/* ---- the cases, each a process of its own -------------------------------------------------------- */

static bool two_then_one_then_two(void)
{
    bool good = omp_get_max_threads() == 2;
    start_others();
    good = good && reaches(1, NEVER);
    stop_others();
    return good && reaches(2, NEVER);
}

static bool what_the_user_chose_stays(void)
{
    start_others();
    bool changed = omp_get_max_threads() != 2 || reaches(1, SETTLED);
    stop_others();
    return !changed;
}

/* What the program sets for itself, as an experiment with one thread does, stays too. */
static bool what_the_program_chose_stays(void)
{
    omp_set_num_threads(3);
    start_others();
    bool changed = reaches(1, SETTLED) || omp_get_max_threads() != 3;
    stop_others();
    return !changed;
}

typedef struct PaceCase {
    const char *name, *threads; /* threads: OMP_NUM_THREADS, or NULL */
    bool (*holds)(void);
} PaceCase;

static const PaceCase cases[] = {{"busy", NULL, two_then_one_then_two},
                                 {"user", "2", what_the_user_chose_stays},
                                 {"program", NULL, what_the_program_chose_stays}};
enum { CASES = sizeof cases / sizeof *cases };

/* Holds the process to two of its processors; false if it has only one. */
static bool hold_to_two(void)
{
    cpu_set_t mine, two;
    CPU_ZERO(&two);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0)
        return false;
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; i++)
        if (CPU_ISSET(i, &mine))
            CPU_SET(i, &two);
    return CPU_COUNT(&two) == 2 && sched_setaffinity(0, sizeof two, &two) == 0;
}

/* What the test needs of a machine; NULL, or why it is skipped. */
static const char *missing(void)
{
    if (access("/proc/self/schedstat", R_OK) != 0)
        return "no /proc/self/schedstat here";
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        return "one processor alone";
    FILE *f = fopen("/proc/self/cgroup", "r");
    char groups[4096] = "";
    if (f) {
        groups[fread(groups, 1, sizeof groups - 1, f)] = '\0';
        fclose(f);
    }
    double quota = threads_quota(groups, "/sys/fs/cgroup");
    return quota > 0 && quota < 1.5 ? "a quota of one processor" : NULL;
}

START_TEST(the_choice_reacts)
{
    const PaceCase *c = &cases[_i];
    int status;
    if (missing()) {
        printf("skipped: %s\n", missing());
        return;
    }
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (c->threads)
            setenv("OMP_NUM_THREADS", c->threads, 1);
        else
            unsetenv("OMP_NUM_THREADS");
        if (!hold_to_two())
            _exit(3);
        execl("/proc/self/exe", "test_threads_pace", c->name, (char *)NULL);
        _exit(4);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "%s: ended by a signal", c->name);
    if (WEXITSTATUS(status) == 3)
        printf("skipped: one processor alone\n");
    else
        ck_assert_msg(WEXITSTATUS(status) == 0, "%s: status %d", c->name, WEXITSTATUS(status));
}
END_TEST

int main(int argc, char **argv)
{
    for (int i = 0; argc == 2 && i < CASES; i++)
        if (strcmp(argv[1], cases[i].name) == 0)
            return !cases[i].holds();
    Suite *s = suite_create("threads");
    TCase *t = tcase_create("pace");
    tcase_set_timeout(t, 2 * NEVER + 30);
    tcase_add_loop_test(t, the_choice_reacts, 0, CASES);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
