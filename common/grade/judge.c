/* judge.c -- runs the tests of one exercise and writes one record for each.
 *
 *     judge --list ex1                        the names of its tests
 *     judge --exercise ex1 --worker FILE ...  a JSON object a line on the descriptor --results
 *
 * Every test runs through Check on its own, in this process: the code that may
 * crash is in the worker, behind a socket (judge_call.c). A worker that crashed is
 * replaced before the next test; after a time-out the remaining tests are not run. The
 * limit counts the processor time of all workers together, so that a busy machine fails nobody;
 * who waits without computing is late after four times as long. */
#include "common/grade/judge.h"

#include "common/base/base.h"
#include "common/grade/judge_call.h"
#include "common/grade/sandbox.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TESTS = 256, MOST_SLIPS = 32, SHORT = 64, LONG = 256 };

typedef struct OneTest {
    const char *exercise, *name;
    const TTest *test;
} OneTest;

struct GradeSuite {
    OneTest tests[MOST_TESTS];
    int count;
};

/* What is said of a test that failed. */
typedef struct Finding {
    char outcome[SHORT]; /* wrong, crash, time-out */
    char what[LONG], expected[SHORT], got[SHORT], where[SHORT], cause[LONG];
} Finding;

typedef struct Settings {
    const char *exercise, *list, *call;
    CallSettings calls;
    int results;
    uint64_t seed;
} Settings;

/* The judge's state; Check's test functions take no argument that could carry it. */
static struct {
    Settings settings;
    Rng rng;
    Arena *arena;
    Finding finding;
    long printed_from; /* how much had been printed before this test */
    bool call_kept;
} judge;

/* ---- how a test fails -------------------------------------------------------------------------------- */

static noreturn void give_verdict(const char *outcome)
{
    snprintf(judge.finding.outcome, SHORT, "%s", outcome);
    ck_abort_msg("%s", judge.finding.what);
    abort(); /* Check does not return */
}

void grade_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(judge.finding.what, LONG, format, args);
    va_end(args);
    give_verdict("wrong");
}

void judge_verdict(const char *outcome, const char *cause, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(judge.finding.what, LONG, format, args);
    va_end(args);
    snprintf(judge.finding.cause, LONG, "%s", cause);
    give_verdict(outcome);
}

/* ---- inputs -------------------------------------------------------------------------------------------- */

Rng *grade_rng(void)
{
    return &judge.rng;
}

Arena *grade_arena(void)
{
    return judge.arena;
}

void grade_sizes_draw(int least, int most, int count, int *const *sizes)
{
    if (most - least + 1 < count)
        FATAL("grade_sizes: %d different sizes do not fit into %d .. %d", count, least, most);
    for (int i = 0; i < count; i++) {
        bool taken = true;
        while (taken) {
            *sizes[i] = least + rng_below(&judge.rng, most - least + 1);
            taken = false;
            for (int j = 0; j < i; j++)
                taken = taken || *sizes[j] == *sizes[i];
        }
    }
}

Tensor *grade_normal_make(float deviation, int rank, const int *shape)
{
    Tensor *t = tensor_make(judge.arena, rank, shape);
    tensor_normal(t, deviation, &judge.rng);
    return t;
}

Tensor *grade_copy(const Tensor *t)
{
    Tensor *copy = tensor_make(judge.arena, t->rank, t->shape);
    tensor_copy(copy, t->data);
    return copy;
}

/* ---- arguments ----------------------------------------------------------------------------------- */

GradeArg grade_tensor(const Tensor *t)
{
    return (GradeArg){.kind = GRADE_TENSOR, .tensor = t};
}

GradeArg grade_int(int value)
{
    return (GradeArg){.kind = GRADE_INT, .whole = value};
}

GradeArg grade_float(float value)
{
    return (GradeArg){.kind = GRADE_FLOAT, .number = value};
}

GradeArg grade_ints(const int *values, int count)
{
    return (GradeArg){.kind = GRADE_INTS, .ints = values, .whole = count};
}

/* ---- the comparison ------------------------------------------------------------------------------ */

static bool close_enough(float got, float want, float tolerance)
{
    return fabsf(got - want) <= tolerance * (1 + fabsf(want)) || got == want; /* false for NaN */
}

static size_t first_difference(const Tensor *got, const Tensor *want, float tolerance)
{
    size_t i = 0;
    while (i < want->size && close_enough(got->data[i], want->data[i], tolerance))
        i++;
    return i;
}

static bool all_equal(const Tensor *t, float value)
{
    for (size_t i = 0; i < t->size; i++) {
        if (t->data[i] != value)
            return false;
    }
    return true;
}

/* What can be said of any wrong answer. */
static const char *plain_cause(const Tensor *got, size_t at)
{
    const char *cause = call_cause_of(got->data[at]);
    if (cause)
        return cause;
    if (isnan(got->data[at]))
        return "NaN: exp overflows above 88, and where every exp is 0, so is their sum: 0/0?";
    if (isinf(got->data[at]))
        return "infinite: a division by zero, or exp of a large number?";
    if (all_equal(got, 0))
        return "all of it is 0: is anything written?";
    return "";
}

/* Of two mistakes that would have yielded the same, which small inputs allow, both: "a; or: b". Of more
 * nothing is said: another test will tell them apart. */
static void likely_cause(const Tensor *got, size_t at, float tolerance, const GradeCause *causes,
                         char text[LONG])
{
    const char *first = NULL, *second = NULL;
    bool more = false;
    for (const GradeCause *c = causes; c && c->cause; c++) {
        if (!tensor_same_shape(got, c->looks_like) ||
            first_difference(got, c->looks_like, tolerance) != got->size)
            continue;
        if (!first)
            first = c->cause;
        else if (!second && strcmp(first, c->cause) != 0)
            second = c->cause;
        else if (second && strcmp(first, c->cause) != 0 && strcmp(second, c->cause) != 0)
            more = true;
    }
    if (more)
        text[0] = '\0';
    else if (second && strlen(first) + strlen(second) + sizeof "; or: " < LONG)
        snprintf(text, LONG, "%s; or: %s", first, second);
    else
        snprintf(text, LONG, "%s", first ? first : plain_cause(got, at));
}

void grade_expect(const char *name, const Tensor *got, const Tensor *want, float tolerance,
                  const GradeCause *causes)
{
    Finding *f = &judge.finding;
    char shapes[2][TENSOR_SHAPE_TEXT];
    if (!tensor_same_shape(got, want)) {
        snprintf(f->what, LONG, "the shape of %s", name);
        snprintf(f->expected, SHORT, "%.60s", tensor_shape_text(want, shapes[0]));
        snprintf(f->got, SHORT, "%.60s", tensor_shape_text(got, shapes[1]));
        give_verdict("wrong");
    }
    size_t at = first_difference(got, want, tolerance);
    if (at == want->size)
        return;
    call_index_text(f->where, SHORT, name, want, at);
    snprintf(f->what, LONG, "%s", f->where);
    snprintf(f->expected, SHORT, "%.7g", (double)want->data[at]);
    if (isnan(got->data[at])) /* printf would show its sign */
        snprintf(f->got, SHORT, "NaN");
    else
        snprintf(f->got, SHORT, "%.7g", (double)got->data[at]);
    likely_cause(got, at, tolerance, causes, f->cause);
    give_verdict("wrong");
}

void grade_expect_output(const char *name, int output, GradeReference *reference, const void *context,
                         float tolerance, const GradeSlip *slips)
{
    GradeCause causes[MOST_SLIPS + 1] = {{NULL, NULL}};
    for (int i = 0; slips && slips[i].cause; i++) {
        if (i == MOST_SLIPS)
            FATAL("%s: more than %d slips", name, MOST_SLIPS);
        causes[i] = (GradeCause){reference(context, output, slips[i].slip), slips[i].cause};
    }
    grade_expect(name, grade_output(output), reference(context, output, 0), tolerance, causes);
}

Tensor *grade_gradient(double (*loss)(void *context), void *context, Tensor *x, float step)
{
    Tensor *gradient = tensor_make(judge.arena, x->rank, x->shape);
    for (size_t i = 0; i < x->size; i++) {
        float kept = x->data[i], up = kept + step, down = kept - step;
        x->data[i] = up;
        double above = loss(context);
        x->data[i] = down;
        double below = loss(context);
        x->data[i] = kept;
        gradient->data[i] = (float)((above - below) / ((double)up - (double)down));
    }
    return gradient;
}

/* ---- running ------------------------------------------------------------------------------------------- */

void grade_test_add(GradeSuite *s, const char *exercise, const char *name, const TTest *test)
{
    if (s->count == MOST_TESTS)
        FATAL("more than %d tests in a chapter", MOST_TESTS);
    s->tests[s->count++] = (OneTest){exercise, name, test};
}

/* The seed and the test's name (FNV-1a) together, so that tests do not depend on their order. */
static uint64_t seed_of(const OneTest *t)
{
    uint64_t h = 0xcbf29ce484222325u ^ judge.settings.seed;
    for (const char *c = t->name; *c; c++)
        h = (h ^ (unsigned char)*c) * 0x100000001b3u;
    return h;
}

static bool check_passes(const OneTest *t)
{
    Suite *suite = suite_create(t->exercise);
    TCase *tcase = tcase_create(t->exercise);
    tcase_add_test(tcase, t->test);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    bool passed = srunner_ntests_run(runner) == 1 && srunner_ntests_failed(runner) == 0;
    if (!passed && !judge.finding.what[0]) {
        TestResult **results = srunner_failures(runner);
        snprintf(judge.finding.what, LONG, "%s", results[0] ? tr_msg(results[0]) : "failed");
        snprintf(judge.finding.outcome, SHORT, "wrong");
        free(results);
    }
    srunner_free(runner);
    return passed;
}

/* How many bytes the learner's code has printed so far. */
static long printed_bytes(void)
{
    struct stat s;
    return judge.settings.calls.printed && stat(judge.settings.calls.printed, &s) == 0 ? (long)s.st_size
                                                                                       : 0;
}

static void write_record(const OneTest *t, bool hidden)
{
    const Finding *f = &judge.finding;
    json_t *record = json_pack("{ss ss ss ss ss ss ss sb sI sI}", "test", t->name, "outcome", f->outcome,
                               "what", f->what, "where", f->where, "expected", f->expected, "got", f->got,
                               "cause", f->cause, "hidden", hidden, "printed_from",
                               (json_int_t)judge.printed_from, "printed_to", (json_int_t)printed_bytes());
    char *line = record ? json_dumps(record, JSON_ENSURE_ASCII) : NULL;
    if (!line || dprintf(judge.settings.results, "%s\n", line) < 0)
        error_exitf("cannot write the record of %s", t->name);
    free(line);
    json_decref(record);
}

/* true when the tests after this one may run. */
static bool run_test(const OneTest *t, bool hidden)
{
    judge.printed_from = printed_bytes();
    judge.finding = (Finding){.outcome = ""};
    judge.rng = rng_new(seed_of(t));
    if (check_passes(t))
        snprintf(judge.finding.outcome, SHORT, "passed");
    else if (judge.settings.call && !judge.call_kept)
        judge.call_kept = call_keep(judge.settings.call);
    write_record(t, hidden);
    arena_reset(judge.arena);
    return calls_go_on();
}

int main(int argc, char **argv)
{
    static GradeSuite suite;
    Settings *s = &judge.settings;
    *s = (Settings){.list = NULL, .results = 1, .calls = {.seconds = 3}, .seed = 1};
    const Option options[] = {
        option_string("list", &s->list, "print the names of this exercise's tests"),
        option_string("exercise", &s->exercise, "the exercise to judge"),
        option_file("worker", &s->calls.worker, "the program that holds the learner's code"),
        option_dir("root", &s->calls.root, "the repository, which it must not see"),
        option_dir("build", &s->calls.build, "the build folder, likewise"),
        option_file("call", &s->call, "where the call of the first test that fails is kept"),
        option_file("printed", &s->calls.printed, "the file for what the worker prints"),
        option_int("results", &s->results, 1, 1000, "the descriptor for the records"),
        option_int("tier", &s->calls.tier, SANDBOX_LIMITS, SANDBOX_BUBBLEWRAP, "of the sandbox"),
        option_float("seconds", &s->calls.seconds, 0.01, 600,
                     "of processor time for all calls; they may wait four times as long"),
        option_seed(&s->seed),
        OPTION_END};
    options_parse(argc, argv, "Judges one exercise; made for the grader, not for people.", options);
    grade_tests(&suite);
    int visible = suite.count;
    grade_hidden_tests(&suite);
    judge.arena = arena_new();
    calls_begin(&s->calls, judge.arena);
    bool goes_on = true;
    for (int i = 0; i < suite.count && goes_on; i++) {
        if (s->list && strcmp(suite.tests[i].exercise, s->list) == 0)
            puts(suite.tests[i].name);
        else if (s->exercise && strcmp(suite.tests[i].exercise, s->exercise) == 0)
            goes_on = run_test(&suite.tests[i], i >= visible);
    }
    calls_end();
    return error_finish();
}
