/* teacher.c -- one submission, and a class of them.
 *
 * Every submission is graded against this tree: of what was handed in, only the
 * exercises' own files are read. The inputs come from a fresh seed that is kept
 * in the results, so that a grade can be explained, but not known beforehand. */
#include "common/grade/teacher.h"

#include "common/base/base.h"
#include "common/grade/progress.h"
#include "common/grade/report.h"
#include "common/grade/results.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_NAME = 256, MOST_STUDENTS = 20000, PATHS = 4096 };

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

/* ---- what was graded: a hash of files' names, sizes and times ---------------------------------------- */

static uint64_t mix_file(uint64_t h, const char *path)
{
    struct stat s;
    long long parts[3] = {0, 0, 0};
    if (lstat(path, &s) == 0) {
        parts[0] = (long long)s.st_size;
        parts[1] = (long long)s.st_mtime;
        parts[2] = (long long)s.st_ino;
    }
    return (h ^ progress_hash((const char *)parts, sizeof parts)) * 0x100000001b3u;
}

/* Of the submission's files and of the judges that grade them. */
static void fingerprint(const Grader *g, const Book *b, const char *submission, char text[32])
{
    char path[PATHS], part[EXERCISE_PATH];
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        snprintf(path, sizeof path, "%s/%s", submission, exercise_path(x, part));
        h = mix_file(h, path);
        snprintf(path, sizeof path, "%s/%s.c", submission, x->name);
        h = mix_file(h, path);
        snprintf(path, sizeof path, "%s/grade/%s/judge", g->build, x->chapter);
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

static void grade_one(const Grader *g, const Book *b, const char *submission, const char *out, bool print)
{
    Grader own = *g;
    Outcome *outcomes = memory_zero((size_t)b->count, sizeof *outcomes);
    double start = clock_seconds();
    own.seed = fresh_seed();
    for (int i = 0; i < b->count; i++) {
        outcomes[i] = grade_folder(&own, &b->items[i], submission);
        if (print) {
            report_line(&b->items[i], outcomes[i].status, outcomes[i].points);
            report_details(&outcomes[i], 6);
        }
    }
    Report r = {.submission = base_name(submission),
                .official = g->tier != SANDBOX_LIMITS,
                .tier = g->tier,
                .seed = own.seed,
                .seconds = clock_seconds() - start,
                .outcomes = outcomes,
                .count = b->count};
    fingerprint(g, b, submission, r.fingerprint);
    write_all(&r, out);
    if (print)
        printf("\n  %d of %d points, sandbox: %s, results in %s\n", report_points(&r),
               report_max_points(&r), sandbox_name(r.tier), out);
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

static int verdict(const Grader *g)
{
    if (g->tier != SANDBOX_LIMITS)
        return 0;
    fprintf(stderr, "grade: not official: neither bubblewrap nor namespaces work here, only limits\n");
    return 1;
}

int teacher_grade(const Grader *g, const Book *b, const char *submission, const char *out)
{
    need(submission, "SUBMISSION", "make grade SUBMISSION=DIR OUT=DIR");
    need(out, "OUT", "make grade SUBMISSION=DIR OUT=DIR");
    char *from = full_path(submission), *to = make_out(out);
    grade_one(g, b, from, to, true);
    free(from);
    free(to);
    return verdict(g);
}

/* ---- a class ------------------------------------------------------------------------------------------- */

/* results.json of a student, if it is whole and was made from the same files; else NULL. */
static json_t *read_results(const char *out, const char *name, const char *print)
{
    char path[PATHS];
    snprintf(path, sizeof path, "%s/%s/results.json", out, name);
    json_t *root = json_load_file(path, 0, NULL);
    const char *got = json_string_value(json_object_get(root, "fingerprint"));
    if (got && (!print || strcmp(got, print) == 0))
        return root;
    json_decref(root);
    return NULL;
}

static bool is_graded(const Grader *g, const Book *b, const char *from, const char *out, const char *name)
{
    char print[32], path[PATHS];
    snprintf(path, sizeof path, "%s/%s", from, name);
    fingerprint(g, b, path, print);
    json_t *root = read_results(out, name, print);
    json_decref(root);
    return root != NULL;
}

static void grade_student(const Grader *g, const Book *b, const char *from, const char *out,
                          const char *name)
{
    char submission[PATHS], place[PATHS];
    Error e = {""};
    snprintf(submission, sizeof submission, "%s/%s", from, name);
    snprintf(place, sizeof place, "%s/%s", out, name);
    if (!file_make_directory(place, &e))
        error_exit(&e);
    grade_one(g, b, submission, place, false);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folders in `from` (no links, no hidden ones), sorted; the caller frees them. */
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
        if (entry->d_name[0] != '.' && lstat(path, &s) == 0 && S_ISDIR(s.st_mode))
            names[count++] = memory_string(entry->d_name);
    }
    closedir(d);
    qsort(names, (size_t)count, sizeof *names, by_name);
    return count;
}

/* A field of the table; a name that a spreadsheet would take for a formula gets an apostrophe. */
static void write_field(FileWriter *w, const char *s)
{
    file_printf(w, "\"%s", s[0] && strchr("=+-@\t\r", s[0]) ? "'" : "");
    for (; *s; s++)
        file_printf(w, *s == '"' ? "\"\"" : "%c", *s);
    file_printf(w, "\"");
}

static void write_row(FileWriter *w, const json_t *root, const char *name)
{
    size_t i;
    json_t *exercise;
    write_field(w, name);
    json_array_foreach(json_object_get(root, "exercises"), i, exercise)
    {
        file_printf(w, ",%lld", (long long)json_integer_value(json_object_get(exercise, "points")));
    }
    file_printf(w, ",%lld,%lld,%s,%s\n", (long long)json_integer_value(json_object_get(root, "points")),
                (long long)json_integer_value(json_object_get(root, "max_points")),
                json_string_value(json_object_get(root, "sandbox")),
                json_is_true(json_object_get(root, "official")) ? "yes" : "no");
}

static int write_table(const Book *b, const char *out, char *const *names, int count)
{
    char path[PATHS];
    Error e = {""};
    int rows = 0;
    snprintf(path, sizeof path, "%s/grades.csv", out);
    FileWriter *w = file_create(path, &e);
    if (!w)
        error_exit(&e);
    file_printf(w, "submission");
    for (int i = 0; i < b->count; i++)
        file_printf(w, ",%s/%s", b->items[i].chapter, b->items[i].id);
    file_printf(w, ",points,max_points,sandbox,official\n");
    for (int i = 0; i < count; i++) {
        json_t *root = read_results(out, names[i], NULL);
        if (root)
            write_row(w, root, names[i]);
        rows += root != NULL;
        json_decref(root);
    }
    if (!file_commit(w, &e))
        error_exit(&e);
    return rows;
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

int teacher_grade_class(const Grader *g, const Book *b, const char *submissions, const char *out, int jobs)
{
    need(submissions, "SUBMISSIONS", "make grade-class SUBMISSIONS=DIR OUT=DIR");
    need(out, "OUT", "make grade-class SUBMISSIONS=DIR OUT=DIR");
    char *from = full_path(submissions), *to = make_out(out),
         **names = memory_zero(MOST_STUDENTS, sizeof *names);
    int count = list_students(from, names), running = 0, failed = 0, skipped = 0;
    Progress bar = progress_begin("grading", count);
    for (int i = 0; i < count; i++) {
        progress_update(&bar, i, "%s", names[i]);
        if (is_graded(g, b, from, to, names[i])) {
            skipped++;
            continue;
        }
        if (running == jobs)
            failed += !wait_for_one(&running);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            grade_student(g, b, from, to, names[i]);
            fflush(NULL);
            _exit(0);
        }
        running += child > 0;
        failed += child < 0;
    }
    while (running)
        failed += !wait_for_one(&running);
    progress_end(&bar);
    int rows = write_table(b, to, names, count);
    printf("%d submissions: %d graded now, %d before, %d failed; %s/grades.csv has %d rows\n", count,
           count - skipped - failed, skipped, failed, out, rows);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    free(from);
    free(to);
    return failed ? 1 : verdict(g);
}
