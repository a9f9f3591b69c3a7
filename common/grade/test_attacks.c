/* test_attacks.c -- hostile submissions: all score 0, harm nothing, and hide no other exercise.
 *
 * Every file of attacks/ takes the place of exercise 1 of chapter 3; its first
 * line says in brackets what the grader must answer. Exercise 2 beside it is the solution
 * and must keep its points. What was not allowed is tried once more with the looks at the
 * source and the object switched off, so that the sandbox has to hold alone. */
#include "common/base/base.h"
#include "common/grade/grading.h"

#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, LIMIT = 1 };

static Book book;
static Grader grader;
static Exercise attacked; /* exercise 1, with a shorter limit */
static char student[64], exercises[128], target[256];
static glob_t attacks;

/* ---- a submission ----------------------------------------------------------------------------------- */

static char *read_whole(const char *path)
{
    size_t size;
    Error e = {""};
    char *text = file_read(path, &size, &e);
    ck_assert_msg(text != NULL, "%s", e.text);
    return text;
}

static void put(const char *path, const char *text, size_t size)
{
    FileWriter *w = file_create(path, NULL);
    ck_assert_ptr_nonnull(w);
    file_write(w, text, size);
    ck_assert(file_commit(w, NULL));
}

static void make_student(void)
{
    char path[512];
    snprintf(student, sizeof student, "/tmp/test_attacks.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(student));
    snprintf(exercises, sizeof exercises, "%s/ch03/exercises", student);
    ck_assert(file_make_directory(exercises, NULL));
    snprintf(target, sizeof target, "%s/%s.c", exercises, book.items[0].name);
    snprintf(path, sizeof path, "%s/%s.c", exercises, book.items[1].name);
    char *solution = read_whole("ch03/exercises/solutions/ex2_attention.c");
    put(path, solution, strlen(solution));
    free(solution);
}

static void remove_student(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", student);
    ck_assert_int_eq(system(command), 0);
}

/* ---- what must hold --------------------------------------------------------------------------------- */

/* Processes called "worker" on this machine; a grading must leave none of its own behind. */
static int workers(void)
{
    int count = 0;
    glob_t found;
    if (glob("/proc/[0-9]*/comm", 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[64] = "";
        FILE *f = fopen(found.gl_pathv[i], "r");
        if (f && fgets(name, sizeof name, f))
            count += strcmp(name, "worker\n") == 0;
        if (f)
            fclose(f);
    }
    globfree(&found);
    return count;
}

static Outcome attack(const Grader *g)
{
    Outcome o = grade_folder(g, &attacked, student);
    ck_assert_msg(o.points == 0 && o.status != STATUS_PASSED, "the attack scored");
    ck_assert_msg(o.status != STATUS_GRADER_ERROR || g->unguarded, "the grader failed: %s", o.message);
    return o;
}

static void assert_other_exercise_stands(const char *name)
{
    Outcome o = grade_folder(&grader, &book.items[1], student);
    ck_assert_msg(o.points == book.items[1].points, "after %s: exercise 2 lost its points: %s", name,
                  o.message);
    outcome_free(&o);
}

static void use_attack(const char *path)
{
    char *text = read_whole(path);
    put(target, text, strlen(text));
    free(text);
}

/* The answer in the brackets of the first line. */
static bool is_expected(const char *path, Status status)
{
    char expected[64];
    char *text = read_whole(path);
    snprintf(expected, sizeof expected, "[%s]", status_name(status));
    char *end = strchr(text, '\n');
    *end = '\0';
    bool same = strstr(text, expected) != NULL;
    free(text);
    return same;
}

static void run_attack(int i, bool unguarded)
{
    const char *path = attacks.gl_pathv[i];
    Grader g = grader;
    double start = clock_seconds();
    g.unguarded = unguarded;
    use_attack(path);
    Outcome o = attack(&g);
    if (!unguarded)
        ck_assert_msg(is_expected(path, o.status), "%s: %s: %s", path, status_name(o.status), o.message);
    ck_assert_msg(clock_seconds() - start < 60, "%s took too long", path);
    outcome_free(&o);
}

START_TEST(attacks_score_nothing)
{
    run_attack(_i, false);
}
END_TEST

START_TEST(the_sandbox_holds_alone)
{
    const struct timespec pause = {0, 100000000};
    if (!is_expected(attacks.gl_pathv[_i], STATUS_REFUSED))
        return; /* it has met the sandbox already */
    run_attack(_i, true);
    for (int tries = 0; workers() > 0 && tries < 100; tries++) /* the kernel takes a moment to end them */
        nanosleep(&pause, NULL);
    ck_assert_int_eq(workers(), 0);
}
END_TEST

START_TEST(other_exercises_stand)
{
    static const char *const names[] = {"exit_0",     "fork_bomb",  "endless_loop",
                                        "macro_bomb", "smash_heap", "edit_checks"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        Grader g = grader;
        snprintf(path, sizeof path, "common/grade/attacks/%s.c", names[i]);
        g.unguarded = true;
        use_attack(path);
        Outcome o = attack(&g);
        outcome_free(&o);
        assert_other_exercise_stands(names[i]);
    }
}
END_TEST

/* ---- files that are not what they seem ----------------------------------------------------------- */

static void assert_status(Status status)
{
    Outcome o = attack(&grader);
    ck_assert_msg(o.status == status, "%s, not %s: %s", status_name(o.status), status_name(status),
                  o.message);
    outcome_free(&o);
}

START_TEST(files_that_are_not_plain)
{
    char path[256], solutions[MOST];
    ck_assert_ptr_nonnull(realpath("ch03/exercises/solutions", solutions));
    snprintf(path, sizeof path, "%.180s/ex1_scaled_softmax.c", solutions);
    ck_assert_int_eq(symlink(path, target), 0);
    assert_status(STATUS_REFUSED);
    unlink(target);
    ck_assert_int_eq(symlink("/dev/zero", target), 0);
    assert_status(STATUS_REFUSED);
    unlink(target);
    ck_assert_int_eq(mkfifo(target, 0644), 0); /* a plain open would wait for ever */
    assert_status(STATUS_REFUSED);
    unlink(target);
    ck_assert_int_eq(mkdir(target, 0755), 0);
    assert_status(STATUS_REFUSED);
    rmdir(target);
    assert_status(STATUS_MISSING);
}
END_TEST

START_TEST(a_folder_that_is_a_link)
{
    char command[MOST], solutions[MOST];
    ck_assert_ptr_nonnull(realpath("ch03/exercises/solutions", solutions));
    snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s/ch03 && ln -s %.2000s %s", exercises,
             student, solutions, exercises);
    ck_assert_int_eq(system(command), 0);
    assert_status(STATUS_REFUSED);
}
END_TEST

START_TEST(files_that_are_too_large_or_not_text)
{
    put(target, "int x;\0int y;\n", 14);
    assert_status(STATUS_REFUSED);
    put(target, "", 0);
    assert_status(STATUS_REFUSED); /* the function is missing */
    put(target, "\xff\xfe\x80\n", 4);
    assert_status(STATUS_COMPILE_ERROR);
    ck_assert_int_eq(truncate(target, (off_t)1 << 30), 0);
    assert_status(STATUS_REFUSED);
}
END_TEST

/* What was handed in beside the exercise counts for nothing. */
START_TEST(checks_of_the_submission_are_ignored)
{
    char path[256];
    static const char *const names[] = {"check_ch03.c", "exercises.tsv", "exercises.h", "kit", "judge"};
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", exercises, names[i]);
        put(path, "#error forged\n", 14);
    }
    use_attack("common/grade/attacks/all_nan.c");
    assert_status(STATUS_WRONG);
    assert_other_exercise_stands("forged checks");
}
END_TEST

static double cpu_of_children(void)
{
    struct rusage r;
    getrusage(RUSAGE_CHILDREN, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* Processor time, so that a busy machine does not make it fail. */
START_TEST(a_grading_takes_under_two_seconds)
{
    double before = cpu_of_children();
    assert_other_exercise_stands("nothing");
    double took = cpu_of_children() - before;
    ck_assert_msg(took > 0 && took < 2, "%.2f s", took);
}
END_TEST

/* ---- the tree is as it was ----------------------------------------------------------------------- */

static uint64_t hash_of_tree(void)
{
    uint64_t h = 0xcbf29ce484222325u;
    glob_t found;
    if (glob("ch03/exercises/*.[cht]*", 0, NULL, &found) != 0 ||
        glob("ch03/exercises/*/*.c", GLOB_APPEND, NULL, &found) != 0)
        error_exitf("ch03/exercises: no files");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t size;
        char *text = file_read(found.gl_pathv[i], &size, NULL);
        for (const char *c = text; c && *c; c++)
            h = (h ^ (unsigned char)*c) * 0x100000001b3u;
        free(text);
    }
    globfree(&found);
    return h;
}

static Suite *attack_suite(void)
{
    Suite *s = suite_create("attacks");
    TCase *t = tcase_create("attacks");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, make_student, remove_student);
    tcase_add_loop_test(t, attacks_score_nothing, 0, (int)attacks.gl_pathc);
    tcase_add_loop_test(t, the_sandbox_holds_alone, 0, (int)attacks.gl_pathc);
    tcase_add_test(t, other_exercises_stand);
    tcase_add_test(t, files_that_are_not_plain);
    tcase_add_test(t, a_folder_that_is_a_link);
    tcase_add_test(t, files_that_are_too_large_or_not_text);
    tcase_add_test(t, checks_of_the_submission_are_ignored);
    tcase_add_test(t, a_grading_takes_under_two_seconds);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    Error e = {""};
    char root[MOST], build[MOST];
    error_program("test_attacks");
    if (!realpath(".", root) || !realpath(argc > 1 ? argv[1] : "build", build))
        error_exitf("run it in the repository: test_attacks BUILD");
    if (!book_read(&book, root, "ch03", &e))
        error_exit(&e);
    grader = (Grader){.root = root, .build = build, .tier = sandbox_best(), .seed = 1};
    attacked = book.items[0];
    attacked.seconds = LIMIT;
    if (glob("common/grade/attacks/*.c", 0, NULL, &attacks) != 0 || attacks.gl_pathc < 25)
        error_exitf("common/grade/attacks: 25 attacks or more were expected");
    uint64_t before = hash_of_tree();
    SRunner *r = srunner_create(attack_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    if (hash_of_tree() != before) {
        puts("FAIL: the attacks changed the exercises");
        failed++;
    }
    printf("%zu attacks, sandbox: %s\n", attacks.gl_pathc, sandbox_name(grader.tier));
    srunner_free(r);
    return failed != 0;
}
