/* teacher.c -- one submission, and a class of them.
 *
 * Every submission is graded against this tree: of what was handed in, only the
 * exercises' own files are read, once. The inputs come from a fresh seed, one for a class,
 * that is kept in the results, so that a grade can be explained, but not known beforehand. */
#include "common/grade/teacher.h"

#include "common/base/base.h"
#include "common/grade/printable.h"
#include "common/grade/class.h"
#include "common/grade/progress.h"
#include "common/grade/report.h"
#include "common/grade/results.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_STUDENTS = 20000, PATHS = 4096 };

static void need(const char *value, const char *name, const char *example)
{
    if (!value || !value[0])
        error_exitf("%s is empty; write %s", name, example);
}

static uint64_t fresh_seed(void)
{
    uint64_t seed = 0;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &seed, sizeof seed) != sizeof seed)
        error_exitf("/dev/urandom: %s", strerror(errno));
    close(fd);
    return seed;
}

/* ---- what was graded: a hash of the texts, the checks and the points --------------------------------- */

static uint64_t mix(uint64_t h, const void *bytes, size_t size)
{
    return (h ^ progress_hash(bytes, size)) * 0x100000001b3u;
}

static uint64_t mix_file(uint64_t h, const char *path)
{
    size_t size = 0;
    char *bytes = file_read(path, &size, NULL);
    h = mix(h, bytes ? bytes : "", size);
    free(bytes);
    return h;
}

/* Of the texts that are graded and of what grades them. The submission was read before, and is what is
 * graded: a file that is corrected meanwhile has another fingerprint. */
static void fingerprint(const Grader *g, const Book *b, Submission *s, char text[32])
{
    char path[PATHS], why[256];
    uint64_t h = mix(0xcbf29ce484222325u, &g->partial, sizeof g->partial);
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        const SubmittedFile *f = submission_find(s, b, x, why);
        h = mix(h, &x->points, sizeof x->points);
        h = mix(h, f && f->text ? f->text : why, f && f->text ? f->size : strlen(why));
        if (i && strcmp(x->chapter, b->items[i - 1].chapter) == 0)
            continue;
        snprintf(path, sizeof path, "%s/grade/%s/judge", g->build, x->chapter);
        h = mix_file(h, path);
        snprintf(path, sizeof path, "%s/%s/exercises/exercises.tsv", g->root, x->chapter);
        h = mix_file(h, path);
    }
    snprintf(text, 32, "%016llx", (unsigned long long)h);
}

/* ---- one submission ---------------------------------------------------------------------------------- */

static void write_all(const Report *r, const char *out)
{
    char path[PATHS];
    Error e = {""};
    snprintf(path, sizeof path, "%s/gradescope", out);
    bool good = file_make_directory(path, &e);
    snprintf(path, sizeof path, "%s/gradescope/results.json", out);
    good = good && results_write_gradescope(r, path, &e);
    snprintf(path, sizeof path, "%s/junit.xml", out);
    good = good && results_write_junit(r, path, &e);
    snprintf(path, sizeof path, "%s/feedback.txt", out);
    good = good && results_write_feedback(r, path, &e);
    snprintf(path, sizeof path, "%s/results.json", out); /* last: where it is, the others are */
    good = good && results_write(r, path, &e);
    if (!good)
        error_exit(&e);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void print_one(const Report *r, const char *out)
{
    for (int i = 0; i < r->count; i++) {
        report_line(stdout, r->outcomes[i].exercise, r->outcomes[i].status, r->outcomes[i].points);
        report_details(stdout, &r->outcomes[i], 6, false);
    }
    results_print_strays(stdout, r);
    printf(in_words("\n  %d of %d points, sandbox: %s, results in %s\n",
                    "\n  %d / %d 分，沙箱：%s，结果在 %s\n"),
           report_points(r), report_max_points(r), sandbox_name(r->tier), out);
}

/* g->seed is that of the inputs. */
static void grade_one(const Grader *g, const Book *b, Submission *s, const char *name, const char *out,
                      bool print)
{
    Grader own = *g;
    Outcome *outcomes = memory_zero((size_t)b->count, sizeof *outcomes);
    double start = clock_seconds();
    own.teacher = true;
    for (int i = 0; i < b->count; i++)
        outcomes[i] = grade_submitted(&own, b, &b->items[i], s);
    Report r = {.submission = name,
                .files = s,
                .official = g->tier != SANDBOX_LIMITS,
                .partial = g->partial,
                .tier = g->tier,
                .seed = own.seed,
                .seconds = clock_seconds() - start,
                .outcomes = outcomes,
                .count = b->count};
    fingerprint(g, b, s, r.fingerprint);
    write_all(&r, out);
    if (print)
        print_one(&r, out);
    for (int i = 0; i < b->count; i++)
        outcome_free(&outcomes[i]);
    free(outcomes);
}

static char *full_path(const char *path)
{
    char *full = realpath(path, NULL);
    if (!full)
        error_exitf("%s: %s", path, strerror(errno));
    return full;
}

static char *make_out(const char *out)
{
    Error e = {""};
    if (!file_make_directory(out, &e))
        error_exit(&e);
    return full_path(out);
}

/* Results beside or below what was handed in could be taken for it, and what was handed in for results. */
static void need_apart(const char *from, const char *out)
{
    size_t n = strlen(from);
    if (strncmp(out, from, n) == 0 && (out[n] == '/' || out[n] == '\0'))
        error_exitf("OUT is inside of what was handed in, %s: name another folder", from);
}

static int verdict(const Grader *g)
{
    if (g->tier != SANDBOX_LIMITS)
        return 0;
    fprintf(stderr, "grade: not official: neither bubblewrap nor namespaces work here, only limits\n");
    return 1;
}

int teacher_grade(const Grader *g, const Book *b, const char *submission, const char *out)
{
    Error e = {""};
    need(submission, "SUBMISSION", "make grade SUBMISSION=DIR OUT=DIR");
    need(out, "OUT", "make grade SUBMISSION=DIR OUT=DIR");
    char *from = full_path(submission), *to = make_out(out);
    need_apart(from, to);
    Submission *s = submission_read(from, &e);
    if (!s)
        error_exit(&e);
    Grader own = *g;
    own.seed = fresh_seed();
    grade_one(&own, b, s, base_name(from), to, true);
    submission_free(s);
    free(from);
    free(to);
    return verdict(g);
}

/* ---- a class ------------------------------------------------------------------------------------- */

/* One seed for all of a class, so that the same work gets the same points; it is kept in OUT/seed for those
 * who are graded later. */
static uint64_t class_seed(const char *out)
{
    char path[PATHS];
    size_t size;
    Error e = {""};
    snprintf(path, sizeof path, "%s/seed", out);
    char *kept = file_read(path, &size, NULL);
    uint64_t seed = kept ? strtoull(kept, NULL, 10) : 0;
    free(kept);
    if (seed)
        return seed;
    seed = fresh_seed();
    FileWriter *w = file_create(path, &e);
    if (w)
        file_printf(w, "%llu\n", (unsigned long long)seed);
    if (!w || !file_commit(w, &e))
        error_exit(&e);
    return seed;
}

static bool is_graded(const char *folder, const char *print)
{
    json_t *root = class_read_results(folder);
    const char *got = json_string_value(json_object_get(root, "fingerprint"));
    bool same = got && strcmp(got, print) == 0;
    json_decref(root);
    return same;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_zip(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".zip") == 0;
}

static bool is_chapter(const char *name)
{
    return strncmp(name, "ch", 2) == 0 && strlen(name) == 4 && strspn(name + 2, "0123456789") == 2;
}

static void say_left_out(const char *name)
{
    char *shown = printable_name(name);
    fprintf(stderr, "grade: left out, neither a folder nor a .zip file: %s\n", shown);
    free(shown);
}

/* The folders and zip files in `from` (no links, no hidden ones), sorted; the caller frees them. */
static int list_students(const char *from, char **names)
{
    DIR *d = opendir(from);
    int count = 0;
    if (!d)
        error_exitf("%s: %s", from, strerror(errno));
    for (struct dirent *entry; (entry = readdir(d)) && count < MOST_STUDENTS;) {
        char path[PATHS];
        struct stat s;
        snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
        if (entry->d_name[0] == '.' || lstat(path, &s) != 0)
            continue;
        if (is_chapter(entry->d_name))
            error_exitf("%s has a folder %s: it looks like one submission; write make grade SUBMISSION=DIR",
                        from, entry->d_name);
        if (S_ISDIR(s.st_mode) || (S_ISREG(s.st_mode) && is_zip(entry->d_name)))
            names[count++] = memory_string(entry->d_name);
        else
            say_left_out(entry->d_name);
    }
    closedir(d);
    qsort(names, (size_t)count, sizeof *names, by_name);
    return count;
}

/* Waits for one child; true if it graded its student. */
static bool wait_for_one(int *running)
{
    int status;
    if (wait(&status) < 0)
        return false;
    --*running;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

typedef struct Class {
    const Grader *g;
    const Book *b;
    const char *from, *out;
    int jobs, running, failed, skipped;
} Class;

/* Starts the grading of one student, unless nothing changed since the last time. */
static void grade_student(Class *c, const char *name)
{
    char path[PATHS], folder[PATHS], print[32];
    Error e = {""};
    snprintf(path, sizeof path, "%s/%s", c->from, name);
    snprintf(folder, sizeof folder, "%s/students/%s", c->out, name);
    Submission *s = submission_read(path, &e);
    if (!s || !file_make_directory(folder, &e)) {
        fprintf(stderr, "grade: %s\n", e.text);
        submission_free(s);
        c->failed++;
        return;
    }
    fingerprint(c->g, c->b, s, print);
    if (is_graded(folder, print)) {
        c->skipped++;
        submission_free(s);
        return;
    }
    if (c->running == c->jobs)
        c->failed += !wait_for_one(&c->running);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        grade_one(c->g, c->b, s, name, folder, false);
        fflush(NULL);
        _exit(0);
    }
    c->running += child > 0;
    c->failed += child < 0;
    submission_free(s);
}

static void grade_students(Class *c, char *const *names, int count)
{
    Progress bar = progress_begin("grading", count);
    for (int i = 0; i < count; i++) {
        char *shown = printable_name(names[i]);
        progress_update(&bar, i, "%s", shown);
        free(shown);
        grade_student(c, names[i]);
    }
    while (c->running)
        c->failed += !wait_for_one(&c->running);
    progress_end(&bar);
}

int teacher_grade_class(const Grader *g, const Book *b, const char *submissions, const char *out,
                        const ClassRules *rules)
{
    need(submissions, "SUBMISSIONS", "make grade-class SUBMISSIONS=DIR OUT=DIR");
    need(out, "OUT", "make grade-class SUBMISSIONS=DIR OUT=DIR");
    char *from = full_path(submissions), *to = make_out(out),
         **names = memory_zero(MOST_STUDENTS, sizeof *names);
    need_apart(from, to);
    if (rules->deadline && rules->deadline[0] && class_deadline(rules->deadline) == (time_t)-1)
        error_exitf("DEADLINE=%s: expected a day and a time, as \"2026-12-01 23:59\"", rules->deadline);
    Grader own = *g;
    own.seed = class_seed(to);
    Class c = {.g = &own, .b = b, .from = from, .out = to, .jobs = rules->jobs};
    int count = list_students(from, names);
    grade_students(&c, names, count);
    class_report(g, b, rules, from, to, names, count);
    printf(in_words("\n%d submissions: %d graded now, %d before, %d failed\n",
                    "\n%d 份提交：这次评 %d 份，先前已评 %d 份，失败 %d 份\n"),
           count, count - c.skipped - c.failed, c.skipped, c.failed);
    printf("%s: grades.csv, summary.txt, similarity.csv, students/NAME/feedback.txt\n", out);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    free(from);
    free(to);
    return c.failed ? 1 : verdict(g);
}
