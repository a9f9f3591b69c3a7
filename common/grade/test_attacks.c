/* test_attacks.c -- hostile submissions: all score 0, harm nothing, and hide no other exercise.
 *
 * Every file of attacks/ is handed in as the exercise that its first lines name in brackets, or exercise 1 of
 * chapter 3, in every tier of the sandbox that works here; another bracket says what the grader must answer.
 * Exercise 2 beside it is the solution and must keep its points. What was not allowed is tried once
 * more with the looks at the source and the object switched off, so that the sandbox has to hold
 * alone. The files of honest/ are work that must be graded as the bracket says.
 *
 *     test_attacks BUILD [PATTERN]     all, or the files with such names: test_attacks build 'forge_*' */
#include "common/base/base.h"
#include "common/grade/grading.h"

#include <check.h>
#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, LIMIT = 1, TIERS = 3, MOST_JOBS = 16 };

static Book book;
static const Exercise *attacked,
    *beside; /* of chapter 3: what attacks hand in, and what stands beside it */
static Grader grader;
static char student[64], exercises[128], target[256];
static glob_t attacks, honest;
static bool some;       /* not all of the files */
static int share, jobs; /* this process takes every jobs-th file, beginning with this one */

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

static void use_exercise(const Exercise *x)
{
    snprintf(exercises, sizeof exercises, "%s/%s/exercises", student, x->chapter);
    ck_assert(file_make_directory(exercises, NULL));
    snprintf(target, sizeof target, "%s/%s.c", exercises, x->name);
}

/* With exercise 2 of chapter 3 as it should be. */
static void make_student(void)
{
    char path[512];
    snprintf(student, sizeof student, "/tmp/test_attacks.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(student));
    use_exercise(attacked);
    snprintf(path, sizeof path, "%s/%s.c", exercises, beside->name);
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

/* ---- what its first lines say ------------------------------------------------------------------------ */

typedef struct Case {
    char *text; /* with this tree's path for @ROOT@ */
    Exercise exercise;
    char answer[64]; /* [passed] */
    const char *path;
} Case;

/* What stands in the next brackets of the first two lines; "" after the last. */
static const char *take_bracket(const char *at, char bracket[64])
{
    const char *end = strchr(at, '\n');
    end = end ? strchr(end + 1, '\n') : NULL;
    const char *open = strchr(at, '['), *close = open ? strchr(open, ']') : NULL;
    bracket[0] = '\0';
    if (!close || (end && close > end))
        return at;
    snprintf(bracket, 64, "%.*s", (int)(close - open - 1), open + 1);
    return close;
}

static char *with_root(char *text)
{
    size_t size = strlen(text) + 8 * strlen(grader.root) + 1;
    char *out = memory_zero(1, size), *from = text;
    for (char *mark; (mark = strstr(from, "@ROOT@")); from = mark + 6) {
        strncat(out, from, (size_t)(mark - from));
        strcat(out, grader.root);
    }
    strcat(out, from);
    free(text);
    return out;
}

static Case read_case(const char *path)
{
    Case c = {.text = with_root(read_whole(path)), .exercise = *attacked, .path = path};
    char bracket[64];
    Error e = {""};
    const char *at = c.text;
    for (at = take_bracket(at, bracket); bracket[0]; at = take_bracket(at, bracket)) {
        const Exercise *x = strncmp(bracket, "ch", 2) == 0 ? book_find(&book, bracket, &e) : NULL;
        if (x)
            c.exercise = *x;
        else if (!c.answer[0] && islower((unsigned char)bracket[0]))
            snprintf(c.answer, sizeof c.answer, "%s", bracket);
    }
    ck_assert_msg(c.answer[0] && !e.text[0], "%s: no answer is named, or no exercise: %s", path, e.text);
    return c;
}

static Outcome hand_in(const Case *c, const Grader *g)
{
    use_exercise(&c->exercise);
    put(target, c->text, strlen(c->text));
    return grade_folder(g, &c->exercise, student);
}

/* ---- what must hold --------------------------------------------------------------------------------- */

static bool shows(const Outcome *o, const char *text)
{
    char *tests = json_dumps(o->tests, 0);
    bool found = strstr(o->message, text) || strstr(o->printed, text) || strstr(tests, text);
    free(tests);
    return found;
}

/* Nothing that reaches the student may hold control characters, or what only the hidden checks and solutions say. */
static void assert_nothing_leaks(const Case *c, const Outcome *o)
{
    static const char *const never[] = {
        "\x1b",       "\xc2\x9b",       "\xe2\x80\xae",      "\xe2\x81\xa6",
        "START_TEST", "BEGIN SOLUTION", "hidden check asks", "grade_hidden_tests"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(!shows(o, never[i]), "%s: the report shows %s", c->path, never[i]);
}

/* "crash or time-out" is either. */
static bool is_answer(const Case *c, Status status)
{
    const char *name = status_name(status), *other = strstr(c->answer, " or ");
    size_t n = other ? (size_t)(other - c->answer) : strlen(c->answer);
    return (strlen(name) == n && strncmp(c->answer, name, n) == 0) ||
           (other && strcmp(other + 4, name) == 0);
}

static void run_attack(const Case *c, SandboxTier tier, bool unguarded)
{
    Grader g = grader;
    double start = clock_seconds();
    g.tier = tier;
    g.unguarded = unguarded;
    Case hurried = *c;
    hurried.exercise.seconds = LIMIT; /* honest work gets the time that its exercise gives */
    Outcome o = hand_in(&hurried, &g);
    const char *name = sandbox_name(tier);
    ck_assert_msg(o.points == 0 && o.status != STATUS_PASSED, "%s scored in %s", c->path, name);
    ck_assert_msg(o.status != STATUS_GRADER_ERROR, "%s: the grader failed in %s: %s", c->path, name,
                  o.message);
    if (!unguarded)
        ck_assert_msg(is_answer(c, o.status), "%s in %s: %s, not %s: %s", c->path, name,
                      status_name(o.status), c->answer, o.message);
    assert_nothing_leaks(c, &o);
    ck_assert_msg(clock_seconds() - start < 100, "%s took too long in %s", c->path, name);
    outcome_free(&o);
}

START_TEST(attacks_score_nothing)
{
    Case c = read_case(attacks.gl_pathv[_i]);
    for (int tier = 0; tier < TIERS && _i % jobs == share; tier++) {
        if (sandbox_tier_works((SandboxTier)tier))
            run_attack(&c, (SandboxTier)tier, false);
    }
    free(c.text);
}
END_TEST

/* Without Landlock the lowest tier hides no file, and only the looks keep a program from reading them. */
START_TEST(the_sandbox_holds_alone)
{
    Case c = read_case(attacks.gl_pathv[_i]);
    bool refused =
        strcmp(c.answer, status_name(STATUS_REFUSED)) == 0; /* else it has met the sandbox already */
    for (int tier = sandbox_limits_hide() ? 0 : 1; tier < TIERS && refused && _i % jobs == share; tier++) {
        if (sandbox_tier_works((SandboxTier)tier))
            run_attack(&c, (SandboxTier)tier, true);
    }
    free(c.text);
}
END_TEST

static void grade_honest(const Case *c, SandboxTier tier, const char *kit)
{
    Grader g = grader;
    g.tier = tier;
    g.kit = kit;
    Outcome o = hand_in(c, &g);
    char *tests = json_dumps(o.tests, 0);
    ck_assert_msg(is_answer(c, o.status), "%s in %s, kit%s: %s: %s %s", c->path, sandbox_name(tier),
                  kit ? kit : "", status_name(o.status), o.message, tests);
    free(tests);
    outcome_free(&o);
}

/* In every tier, and as every compiler compiles it that is here. */
START_TEST(honest_work_is_graded)
{
    static const char *const kits[] = {".fortify", ".other"};
    Case c = read_case(honest.gl_pathv[_i]);
    for (int tier = 0; tier < TIERS && _i % jobs == share; tier++) {
        if (sandbox_tier_works((SandboxTier)tier))
            grade_honest(&c, (SandboxTier)tier, NULL);
    }
    for (int k = 0; k < 2 && _i % jobs == share; k++) {
        char path[MOST];
        snprintf(path, sizeof path, "%.4000s/grade/ch03/kit%s", grader.build, kits[k]);
        for (int tier = 0; tier < TIERS && access(path, R_OK) == 0; tier++) {
            if (sandbox_tier_works((SandboxTier)tier))
                grade_honest(&c, (SandboxTier)tier, kits[k]);
        }
    }
    free(c.text);
}
END_TEST

static void assert_other_exercise_stands(const char *name)
{
    Outcome o = grade_folder(&grader, beside, student);
    ck_assert_msg(o.points == beside->points, "after %s: exercise 2 lost its points: %s", name, o.message);
    outcome_free(&o);
}

START_TEST(other_exercises_stand)
{
    static const char *const names[] = {"exit_0",     "fork_bomb",  "endless_loop",
                                        "macro_bomb", "smash_heap", "edit_checks"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        snprintf(path, sizeof path, "common/grade/attacks/%s.c", names[i]);
        Case c = read_case(path);
        run_attack(&c, grader.tier, true);
        assert_other_exercise_stands(names[i]);
        free(c.text);
    }
}
END_TEST

/* A copy of this tree below /usr, which every sandbox shows: the tree itself must not be seen. */
START_TEST(a_checkout_in_a_folder_of_the_system)
{
    char root[] = "/usr/local/lib/test_attacks.XXXXXX", command[MOST], build[64];
    if (geteuid() != 0 || !mkdtemp(root))
        return; /* it takes a superuser to put one there */
    snprintf(command, sizeof command,
             "chmod 755 %s && cp -r common ch03 %s && mkdir -p %s/build/grade && cp -r %s/grade/ch03 "
             "%s/build/grade "
             "&& cp -r %s/lib %s/build && sed -i 's|%s|%s|g' %s/build/grade/ch03/kit",
             root, root, root, grader.build, root, grader.build, root, grader.root, root, root);
    ck_assert_int_eq(system(command), 0);
    snprintf(build, sizeof build, "%s/build", root);
    const Grader kept = grader;
    for (int tier = sandbox_limits_hide() ? 0 : 1; tier < TIERS; tier++) {
        if (!sandbox_tier_works((SandboxTier)tier))
            continue;
        grader.root = root;
        grader.build = build;
        grader.tier = (SandboxTier)tier;
        Case c = read_case("common/grade/attacks/include_absolute.c");
        run_attack(&c, grader.tier, true);
        assert_other_exercise_stands("a look into /usr"); /* and honest work can be graded there */
        free(c.text);
    }
    grader = kept;
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* ---- files that are not what they seem ---------------------------------------------------------------- */

static void assert_status(Status status)
{
    Outcome o = grade_folder(&grader, attacked, student);
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
    char *text = read_whole("common/grade/attacks/all_nan.c");
    put(target, text, strlen(text));
    free(text);
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

/* Who crashes just before his time is over gets no fresh limit for the next test. */
START_TEST(time_is_limited_for_all_tests_together)
{
    Case c = read_case("common/grade/attacks/slow_crash.c");
    for (int tier = 0; tier < TIERS; tier++) {
        double before = cpu_of_children();
        if (sandbox_tier_works((SandboxTier)tier))
            run_attack(&c, (SandboxTier)tier, false);
        double took = cpu_of_children() - before;
        ck_assert_msg(took < LIMIT + 2, "%.2f s in %s", took, sandbox_name((SandboxTier)tier));
    }
    free(c.text);
}
END_TEST

static void trace_path(pid_t process, char path[64])
{
    snprintf(path, 64, "/dev/shm/__KMP_REGISTERED_LIB_%d_%d", (int)process, (int)getuid());
}

/* As processes of these numbers would leave them. */
static void leave_traces(pid_t first, int count, bool there)
{
    static const char text[1024] = "0x7f49c2d9a980-cafe1983-libomp.so.5";
    char path[64];
    for (pid_t p = first; p < first + count; p++) {
        trace_path(p, path);
        if (there)
            put(path, text, sizeof text);
        else
            unlink(path);
    }
}

/* A process of the same number, long dead, left what LLVM's OpenMP notes in /dev/shm: it is gone when the worker
 * begins. Numbers are given in turn, so the next hundred get such a trace. */
START_TEST(a_worker_finds_no_trace_of_the_dead)
{
    enum { TRACES = 100, TRIES = 20 };
    char test[] = "test ! -e /dev/shm/__KMP_REGISTERED_LIB_$$_$0", user[16];
    char *const argv[] = {"/bin/sh", "-c", test, user, NULL};
    const Sandbox s = {.tier = SANDBOX_LIMITS,
                       .work = "/usr",
                       .cpu_seconds = 5,
                       .memory = (size_t)1 << 30,
                       .file_size = 1 << 20,
                       .output = -1,
                       .channel = -1};
    bool met = false;
    snprintf(user, sizeof user, "%d", (int)getuid());
    for (int i = 0; i < TRIES && !met && access("/dev/shm", W_OK) == 0; i++) {
        pid_t before = fork();
        if (before == 0)
            _exit(0);
        waitpid(before, NULL, 0);
        leave_traces(before + 1, TRACES, true);
        pid_t child = sandbox_start(&s, argv);
        int status = sandbox_wait(child, clock_seconds() + 60);
        leave_traces(before + 1, TRACES, false);
        met = child > before && child <= before + TRACES;
        ck_assert_msg(!met || status == 0, "a worker of number %d met the trace of another", (int)child);
    }
}
END_TEST

/* ---- the tree is as it was ------------------------------------------------------------------------------ */

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

/* Workers of this build that still run, which none may after the grading is over. */
static int workers_left(void)
{
    int count = 0;
    glob_t found;
    if (glob("/proc/[0-9]*/cmdline", 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char command[MOST] = "";
        FILE *f = fopen(found.gl_pathv[i], "r");
        if (f && fgets(command, sizeof command, f))
            count +=
                strncmp(command, grader.build, strlen(grader.build)) == 0 && strstr(command, "/run/worker");
        if (f)
            fclose(f);
    }
    globfree(&found);
    return count;
}

static Suite *attack_suite(void)
{
    Suite *s = suite_create("attacks");
    TCase *t = tcase_create("attacks");
    tcase_set_timeout(t, 400);
    tcase_add_checked_fixture(t, make_student, remove_student);
    tcase_add_loop_test(t, attacks_score_nothing, 0, (int)attacks.gl_pathc);
    tcase_add_loop_test(t, the_sandbox_holds_alone, 0, (int)attacks.gl_pathc);
    tcase_add_loop_test(t, honest_work_is_graded, 0, (int)honest.gl_pathc);
    if (share == 0 && !some) {
        tcase_add_test(t, other_exercises_stand);
        tcase_add_test(t, a_checkout_in_a_folder_of_the_system);
        tcase_add_test(t, files_that_are_not_plain);
        tcase_add_test(t, a_folder_that_is_a_link);
        tcase_add_test(t, files_that_are_too_large_or_not_text);
        tcase_add_test(t, checks_of_the_submission_are_ignored);
        tcase_add_test(t, a_grading_takes_under_two_seconds);
        tcase_add_test(t, time_is_limited_for_all_tests_together);
    }
    suite_add_tcase(s, t);
    if (share == 0 && !some) {
        t = tcase_create("sandbox");
        tcase_set_timeout(t, 400);
        tcase_add_test(t, a_worker_finds_no_trace_of_the_dead);
        suite_add_tcase(s, t);
    }
    return s;
}

static int run_share(void)
{
    SRunner *r = srunner_create(attack_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed;
}

/* Each share in a process of its own; true if all passed. */
static bool run_shares(void)
{
    bool good = true;
    int status;
    fflush(NULL);
    for (share = 0; share < jobs; share++) {
        pid_t child = fork();
        if (child == 0) {
            int failed = run_share();
            fflush(NULL);
            _exit(failed != 0);
        }
        good = good && child > 0;
    }
    while (wait(&status) > 0)
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return good;
}

/* All files, or those whose names fit the pattern. */
static void find_files(const char *pattern)
{
    char path[2][MOST];
    some = pattern != NULL;
    snprintf(path[0], MOST, "common/grade/attacks/%.1000s.c", some ? pattern : "*");
    snprintf(path[1], MOST, "common/grade/honest/%.1000s.c", some ? pattern : "*");
    glob(path[0], 0, NULL, &attacks);
    glob(path[1], 0, NULL, &honest);
    if (!some && (attacks.gl_pathc < 100 || honest.gl_pathc < 10))
        error_exitf("common/grade/attacks: 100 attacks and 10 honest files or more were expected");
}

static bool nothing_runs_on(void)
{
    const struct timespec pause = {0, 100000000};
    for (int tries = 0; workers_left() > 0 && tries < 100;
         tries++) /* the kernel takes a moment to end them */
        nanosleep(&pause, NULL);
    return workers_left() == 0;
}

int main(int argc, char **argv)
{
    Error e = {""};
    char root[MOST], build[MOST];
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    double start = clock_seconds();
    error_program("test_attacks");
    if (!realpath(".", root) || !realpath(argc > 1 ? argv[1] : "build", build))
        error_exitf("run it in the repository: test_attacks BUILD [PATTERN]");
    if (!book_read(&book, root, NULL, &e) || !(attacked = book_find(&book, "ch03/ex1", &e)) ||
        !(beside = book_find(&book, "ch03/ex2", &e)))
        error_exit(&e);
    grader = (Grader){.root = root, .build = build, .tier = sandbox_best(), .seed = 1};
    find_files(argc > 2 ? argv[2] : NULL);
    jobs = cores < 1 ? 1 : cores > MOST_JOBS ? MOST_JOBS : cores;
    uint64_t before = hash_of_tree();
    bool good = run_shares();
    if (hash_of_tree() != before)
        good = puts("FAIL: the attacks changed the exercises") < 0;
    if (!nothing_runs_on())
        good = puts("FAIL: a worker runs on") < 0;
    printf("%zu attacks and %zu honest files, best sandbox: %s (%.0f s)\n", attacks.gl_pathc,
           honest.gl_pathc, sandbox_name(grader.tier), clock_seconds() - start);
    return !good;
}
