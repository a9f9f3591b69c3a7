/* grading.c -- runs the judge, and counts a point only for a record that must be there and says "passed". */
#include "common/grade/grading.h"

#include "common/base/base.h"
#include "common/grade/build.h"
#include "common/grade/input.h"
#include "common/grade/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    PATHS = 2 * EXERCISE_PATH,
    MOST_RECORDS = 1 << 20,
    MOST_PRINTED = 1 << 20,
    RESULTS = 3,
    MOST_ARGS = 24
};

static const char *const NAMES[2][9] = {
    {"not started", "missing", "not allowed", "compile error", "wrong", "crash", "time-out", "passed",
     "grader error"},
    {"未开始", "缺文件", "有禁用内容", "编译失败", "答案不对", "崩溃", "超时", "通过", "评分器出错"}};

const char *status_name(Status s)
{
    return NAMES[0][s];
}

const char *status_text(Status s)
{
    return NAMES[exercise_language()][s];
}

/* ---- running the judge ------------------------------------------------------------------------------ */

static noreturn void become_judge(char *const *argv, int out, int descriptor)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    int nothing = open("/dev/null", O_RDONLY);
    setenv("OMP_NUM_THREADS", "1", 1); /* the tensors are small; waiting threads cost more than they give */
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, descriptor) < 0)
        _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

/* All that the judge writes to the descriptor until it ends; NULL when it fails or is late. */
static char *run_judge(char *const *argv, int descriptor, double deadline)
{
    int ends[2], status = -1;
    char *text = memory_zero(1, MOST_RECORDS + 1);
    size_t n = 0;
    bool open_still = true;
    if (pipe(ends) != 0)
        return NULL;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        become_judge(argv, ends[1], descriptor);
    close(ends[1]);
    while (open_still && child > 0 && clock_seconds() < deadline && n < MOST_RECORDS) {
        struct pollfd p = {.fd = ends[0], .events = POLLIN};
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t got = read(ends[0], text + n, MOST_RECORDS - n);
        open_still = got > 0 || (got < 0 && errno == EINTR);
        n += got > 0 ? (size_t)got : 0;
    }
    close(ends[0]);
    if (child > 0 && open_still)
        kill(child, SIGKILL);
    if (child > 0)
        waitpid(child, &status, 0);
    if (!open_still && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return text;
    free(text);
    return NULL;
}

static char *judge_path(const Grader *g, const Exercise *x, char path[PATHS])
{
    snprintf(path, PATHS, "%s/grade/%s/judge", g->build, x->chapter);
    return path;
}

/* The names of the tests, a line each. */
static char *list_tests(const Grader *g, const Exercise *x)
{
    char path[PATHS];
    char *const argv[] = {judge_path(g, x, path), "--list", (char *)x->id, NULL};
    return run_judge(argv, 1, clock_seconds() + 60);
}

static int count_lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static char *judge_worker(const Grader *g, const Exercise *x, const Scratch *s, int tests)
{
    char path[PATHS], worker[PATHS], printed[PATHS], call[PATHS], seconds[32], seed[32], tier[8];
    snprintf(seconds, sizeof seconds, "%g", x->seconds);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)g->seed);
    snprintf(tier, sizeof tier, "%d", (int)g->tier);
    char *const argv[] = {judge_path(g, x, path),
                          "--exercise",
                          (char *)x->id,
                          "--worker",
                          scratch_path(s, "run/worker", worker),
                          "--printed",
                          scratch_path(s, "printed", printed),
                          "--call",
                          scratch_path(s, "call", call),
                          "--root",
                          (char *)g->root,
                          "--build",
                          (char *)g->build,
                          "--seconds",
                          seconds,
                          "--seed",
                          seed,
                          "--tier",
                          tier,
                          "--results",
                          "3",
                          NULL};
    return run_judge(argv, RESULTS, clock_seconds() + 120 + 16 * x->seconds + 5 * tests);
}

/* ---- counting --------------------------------------------------------------------------------------- */

static const char *field(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

static json_t *failed_record(const char *test, const char *why)
{
    return json_pack("{ss ss ss ss ss ss ss}", "test", test, "outcome", "failed", "what", why, "where", "",
                     "expected", "", "got", "", "cause", "");
}

/* The record of a test, taken out of the array; one that is missing or doubled becomes a failure. */
static json_t *take_record(json_t *records, const char *test)
{
    json_t *found = NULL;
    int count = 0;
    for (size_t i = json_array_size(records); i-- > 0;) {
        json_t *record = json_array_get(records, i);
        if (strcmp(field(record, "test"), test) != 0)
            continue;
        json_decref(found);
        found = json_incref(record);
        json_array_remove(records, i);
        count++;
    }
    if (count == 1)
        return found;
    json_decref(found);
    return failed_record(test, count ? "the test reported more than once" : "not run");
}

static json_t *parse_records(const char *text)
{
    json_t *records = json_array();
    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');
        size_t n = end ? (size_t)(end - line) : strlen(line);
        json_t *record = json_loadb(line, n, 0, NULL);
        json_array_append_new(records, record ? record : failed_record("?", "a record cannot be read"));
        line += n + (end != NULL);
    }
    return records;
}

static Status status_of(const Outcome *o)
{
    const json_t *failure = outcome_failure(o);
    if (!failure)
        return json_array_size(o->tests) ? STATUS_PASSED : STATUS_GRADER_ERROR;
    if (strcmp(field(failure, "outcome"), "crash") == 0)
        return STATUS_CRASH;
    return strcmp(field(failure, "outcome"), "time-out") == 0 ? STATUS_TIME_OUT : STATUS_WRONG;
}

/* Exactly the listed tests, each once: whatever else came counts as failed. */
static void count_records(Outcome *o, char *list, const char *text)
{
    json_t *records = parse_records(text);
    for (char *name = strtok(list, "\n"); name; name = strtok(NULL, "\n"))
        json_array_append_new(o->tests, take_record(records, name));
    for (size_t i = 0; i < json_array_size(records); i++)
        json_array_append_new(o->tests,
                              failed_record(field(json_array_get(records, i), "test"), "no such test"));
    for (size_t i = 0; i < json_array_size(o->tests); i++)
        o->passed += strcmp(field(json_array_get(o->tests, i), "outcome"), "passed") == 0;
    json_decref(records);
    o->status = status_of(o);
}

const json_t *outcome_failure(const Outcome *o)
{
    for (size_t i = 0; i < json_array_size(o->tests); i++) {
        const json_t *record = json_array_get(o->tests, i);
        if (strcmp(field(record, "outcome"), "passed") != 0)
            return record;
    }
    return NULL;
}

const char *tests_cause(const json_t *tests)
{
    const char *first = NULL;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *record = json_array_get(tests, i);
        const char *cause = field(record, "cause");
        if (strcmp(field(record, "outcome"), "passed") == 0)
            continue;
        if (cause[0] && !strstr(cause, "; or: "))
            return cause;
        first = first ? first : cause;
    }
    return first ? first : "";
}

/* ---- one exercise ----------------------------------------------------------------------------------- */

static void say(Outcome *o, Status status, const char *message)
{
    free(o->message);
    o->status = status;
    o->message = memory_string(message);
}

/* What the learner's code printed in the test that failed; all of it, where none did. The caller frees it. */
static char *printed_of(const Outcome *o, const Scratch *s)
{
    char path[PATHS];
    const json_t *failure = outcome_failure(o);
    char *text = read_printable(scratch_path(s, "printed", path), MOST_PRINTED);
    size_t size = strlen(text), from = (size_t)json_integer_value(json_object_get(failure, "printed_from")),
           to = (size_t)json_integer_value(json_object_get(failure, "printed_to"));
    if (!failure || from > to || to > size)
        return text;
    memmove(text, text + from, to - from);
    text[to - from] = '\0';
    return text;
}

static void keep_file(const Grader *g, const char *ending, const char *bytes, size_t size)
{
    char path[PATHS];
    snprintf(path, sizeof path, "%s.%s", g->kept, ending);
    if (!size) {
        unlink(path);
        return;
    }
    FileWriter *w = file_create(path, NULL);
    if (w) {
        file_write(w, bytes, size);
        file_commit(w, NULL);
    }
}

/* Shows the failing input, and keeps it where the learner's tools find it. */
static void keep_failure(Outcome *o, const Grader *g, const Scratch *s)
{
    char path[PATHS];
    size_t size = 0;
    const json_t *failure = outcome_failure(o);
    scratch_path(s, "call", path);
    free(o->printed);
    o->printed = printed_of(o, s);
    if (failure && !(g->teacher && json_is_true(json_object_get(failure, "hidden")))) {
        free(o->input);
        o->input = input_text(path, o->exercise);
    }
    if (!g->kept)
        return;
    char *call = failure ? file_read(path, &size, NULL) : NULL;
    keep_file(g, "call", call, call ? size : 0);
    keep_file(g, "printed", o->printed, strlen(o->printed));
    free(call);
}

/* Where a test's prints lie in a file that is gone is nobody's business. */
static void forget_places(Outcome *o)
{
    for (size_t i = 0; i < json_array_size(o->tests); i++) {
        json_object_del(json_array_get(o->tests, i), "printed_from");
        json_object_del(json_array_get(o->tests, i), "printed_to");
    }
}

static void judge_it(Outcome *o, const Grader *g, const Scratch *s)
{
    char *list = list_tests(g, o->exercise);
    char *text = list && list[0] ? judge_worker(g, o->exercise, s, count_lines(list)) : NULL;
    if (text)
        count_records(o, list, text);
    else
        say(o, STATUS_GRADER_ERROR, "the judge did not finish");
    keep_failure(o, g, s);
    forget_places(o);
    free(list);
    free(text);
}

static bool is_skeleton(const Grader *g, const Exercise *x, const char *text)
{
    Error e = {""};
    char *skeleton = exercise_skeleton(x, g->root, &e);
    bool same = skeleton && strcmp(skeleton, text) == 0;
    free(skeleton);
    return same;
}

static Outcome outcome_new(const Exercise *x)
{
    return (Outcome){.exercise = x,
                     .status = STATUS_MISSING,
                     .message = memory_string(""),
                     .printed = memory_string(""),
                     .input = memory_string(""),
                     .file = memory_string(""),
                     .tests = json_array()};
}

static int points_of(const Grader *g, const Outcome *o)
{
    int tests = (int)json_array_size(o->tests), points = o->exercise->points;
    if (o->status == STATUS_PASSED)
        return points;
    return g->partial && tests ? points * o->passed / tests : 0;
}

Outcome grade_text(const Grader *g, const Exercise *x, const char *text, size_t size)
{
    Outcome o = outcome_new(x);
    double start = clock_seconds();
    Scratch s;
    Error e = {""};
    if (!g->skeletons && is_skeleton(g, x, text)) {
        o.status = STATUS_NOT_STARTED;
    } else if (!scratch_make(&s, g->build, &e)) {
        say(&o, STATUS_GRADER_ERROR, e.text);
    } else {
        char *message = NULL;
        o.status = build_worker(g, x, &s, text, size, &message);
        free(o.message);
        o.message = message ? message : memory_string("");
        if (o.status == STATUS_PASSED)
            judge_it(&o, g, &s);
        scratch_remove(&s);
    }
    o.points = points_of(g, &o);
    o.seconds = clock_seconds() - start;
    return o;
}

void outcome_free(Outcome *o)
{
    free(o->message);
    free(o->printed);
    free(o->input);
    free(o->file);
    json_decref(o->tests);
    *o = (Outcome){.exercise = NULL};
}

/* ---- a submission ----------------------------------------------------------------------------------- */

/* Opens dir/PATH, one folder after another, none of them a symbolic link; -1 if that cannot be done. */
static int open_below(const char *dir, const char *path)
{
    char part[EXERCISE_PATH];
    int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 && *path) {
        size_t n = strcspn(path, "/");
        bool last = path[n] == '\0';
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        int next =
            openat(at, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
        close(at);
        at = next;
        path += n + !last;
    }
    return at;
}

/* The file's text, if it is a plain file of a sensible size. */
static char *read_source(int fd, size_t *size, const char **why)
{
    struct stat s;
    *why = "not a plain file";
    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
        return NULL;
    *why = "larger than 256 KB";
    if (s.st_size > SUBMISSION_SOURCE)
        return NULL;
    char *text = memory_zero(1, (size_t)s.st_size + 1);
    ssize_t n = read(fd, text, (size_t)s.st_size);
    *size = n > 0 ? (size_t)n : 0;
    return text;
}

static Outcome outcome_without_text(const Exercise *x, Status status, const char *why)
{
    Outcome o = outcome_new(x);
    say(&o, status, why);
    return o;
}

Outcome grade_folder(const Grader *g, const Exercise *x, const char *dir)
{
    char path[EXERCISE_PATH];
    size_t size;
    const char *why;
    int fd = open_below(dir, exercise_path(x, path));
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return outcome_without_text(x, STATUS_REFUSED, "symbolic links are not followed");
    if (fd < 0)
        return outcome_without_text(x, STATUS_MISSING, "");
    char *text = read_source(fd, &size, &why);
    close(fd);
    if (!text)
        return outcome_without_text(x, STATUS_REFUSED, why);
    Outcome o = grade_text(g, x, text, size);
    free(text);
    return o;
}

Outcome grade_submitted(const Grader *g, const Book *b, const Exercise *x, Submission *s)
{
    char why[256];
    const SubmittedFile *f = submission_find(s, b, x, why);
    if (!f)
        return outcome_without_text(x, STATUS_MISSING, why);
    Outcome o = f->text
                    ? grade_text(g, x, f->text, f->size)
                    : outcome_without_text(x, STATUS_REFUSED, f->refused ? f->refused : "it was not read");
    free(o.file);
    o.file = memory_string(f->path);
    return o;
}
