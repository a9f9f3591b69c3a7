/* verify.c -- a list of files with what must become of each, graded a few at a time. */
#include "common/grade/verify.h"

#include "common/base/base.h"
#include "common/grade/progress.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_TASKS = 4096, FULL_PATH = 2 * EXERCISE_PATH };

typedef enum Kind { KIND_SKELETON, KIND_SOLUTION, KIND_MUTANT } Kind;

typedef struct Task {
    const Exercise *x;
    Kind kind;
    const char *kit; /* as in Grader */
    char path[FULL_PATH];
} Task;

typedef struct Tasks {
    Task *items;
    int count;
} Tasks;

static Task *add(Tasks *t, const Exercise *x, Kind kind, const char *path)
{
    if (t->count == MOST_TASKS)
        FATAL("more than %d files to grade", MOST_TASKS);
    t->items[t->count] = (Task){.x = x, .kind = kind};
    snprintf(t->items[t->count].path, FULL_PATH, "%s", path);
    return &t->items[t->count++];
}

static bool complain(const Task *t, const char *what, const char *why)
{
    printf("FAIL %s%s: %s%s%s\n", t->path, t->kit ? t->kit : "", what, why[0] ? ": " : "", why);
    return false;
}

/* ---- one file --------------------------------------------------------------------------------------- */

static bool outcome_fits(const Task *t, const Outcome *o)
{
    const json_t *failure = outcome_failure(o);
    const char *why = failure ? json_string_value(json_object_get(failure, "what")) : o->message;
    bool ran = o->status >= STATUS_WRONG && o->status <= STATUS_PASSED;
    why = why ? why : "";
    if (o->status == STATUS_GRADER_ERROR)
        return complain(t, "the grader failed", why);
    if (t->kind == KIND_SOLUTION)
        return o->status == STATUS_PASSED || complain(t, "the solution does not pass", why);
    if (!ran)
        return complain(t, "it does not compile", o->message);
    if (o->status == STATUS_PASSED)
        return complain(
            t, t->kind == KIND_MUTANT ? "a mutant passes: the checks are too weak" : "the skeleton passes",
            "");
    if (t->kind == KIND_SKELETON && o->passed > 0)
        return complain(t, "the skeleton passes some checks", "");
    return true;
}

static bool skeleton_is_current(const Grader *g, const Task *t, const char *text)
{
    Error e = {""};
    char *skeleton = exercise_skeleton(t->x, g->root, &e);
    bool same = skeleton && strcmp(skeleton, text) == 0;
    free(skeleton);
    return same ||
           complain(t, "differs from the skeleton of its solution; run make exercises-write", e.text);
}

/* The comment at the top says what the function may call, in both languages. */
static bool says_what_is_allowed(const Task *t, const char *text)
{
    char allowed[256];
    for (int language = 0; language < 2; language++) {
        if (!strstr(text, exercise_allowed(t->x, language, allowed)))
            return complain(t, "the comment at its top lacks a line", allowed);
    }
    return true;
}

static bool check_task(const Grader *g, const Task *t)
{
    size_t size;
    Error e = {""};
    Grader own = *g;
    char *text = file_read(t->path, &size, &e);
    if (!text)
        return complain(t, e.text, "");
    own.skeletons = true;
    own.strict = true;
    own.kit = t->kit;
    bool good = t->kind != KIND_SKELETON || skeleton_is_current(g, t, text);
    good = (t->kind != KIND_SOLUTION || says_what_is_allowed(t, text)) && good;
    Outcome o = grade_text(&own, t->x, text, size);
    good = outcome_fits(t, &o) && good;
    outcome_free(&o);
    free(text);
    return good;
}

/* ---- all of them ------------------------------------------------------------------------------------ */

static int add_mutants(Tasks *t, const Grader *g, const Exercise *x)
{
    char pattern[FULL_PATH];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/%s/exercises/mutants/%s.*.c", g->root, x->chapter, x->name);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    int count = (int)found.gl_pathc;
    for (int i = 0; i < count; i++)
        add(t, x, KIND_MUTANT, found.gl_pathv[i]);
    globfree(&found);
    return count;
}

/* The solution once more for each other way to compile that is here. */
static void add_other_kits(Tasks *t, const Grader *g, const Exercise *x, const char *path)
{
    static const char *const kits[] = {".fortify", ".other"};
    for (int i = 0; i < 2; i++) {
        char kit[FULL_PATH];
        snprintf(kit, sizeof kit, "%s/grade/%s/kit%s", g->build, x->chapter, kits[i]);
        if (access(kit, R_OK) == 0)
            add(t, x, KIND_SOLUTION, path)->kit = kits[i];
    }
}

static int count_other_kits(const Tasks *t)
{
    int count = 0;
    for (int i = 0; i < t->count; i++)
        count += t->items[i].kit != NULL;
    return count;
}

/* Four steps, from a nudge to nearly the answer, in both languages. */
static bool has_hints(const Task *t)
{
    return (t->x->hint_count[0] == 4 && t->x->hint_count[1] == 4) ||
           complain(t, "four hints in English and four in Chinese were expected", "");
}

static bool add_exercise(Tasks *t, const Grader *g, const Exercise *x)
{
    char path[EXERCISE_PATH], full[FULL_PATH];
    snprintf(full, sizeof full, "%s/%s", g->root, exercise_path(x, path));
    add(t, x, KIND_SKELETON, full);
    const Task *skeleton = &t->items[t->count - 1];
    snprintf(full, sizeof full, "%s/%s", g->root, exercise_solution_path(x, path));
    add(t, x, KIND_SOLUTION, full);
    add_other_kits(t, g, x, full);
    bool good = has_hints(skeleton);
    return (add_mutants(t, g, x) >= 2 || complain(skeleton, "fewer than two mutants", "")) && good;
}

/* Worker number `first` of `jobs` takes every jobs-th task; true if all held. */
static bool check_share(const Grader *g, const Tasks *t, int first, int jobs)
{
    bool good = true;
    for (int i = first; i < t->count; i += jobs)
        good = check_task(g, &t->items[i]) && good;
    return good;
}

static bool check_all(const Grader *g, const Tasks *t, int jobs)
{
    bool good = true;
    int status;
    fflush(NULL);
    for (int i = 0; i < jobs; i++) {
        pid_t child = fork();
        if (child == 0) {
            bool held = check_share(g, t, i, jobs);
            fflush(NULL);
            _exit(held ? 0 : 1);
        }
        good = good && child > 0;
    }
    while (wait(&status) > 0)
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return good;
}

int verify_exercises(const Grader *g, const Book *b, int jobs)
{
    Tasks t = {.items = memory_new(MOST_TASKS * sizeof(Task))};
    double start = clock_seconds();
    char path[EXERCISE_PATH], full[FULL_PATH];
    bool good = true;
    for (int i = 0; i < b->count; i++) {
        snprintf(full, sizeof full, "%s/%s", g->root, exercise_solution_path(&b->items[i], path));
        if (access(full, R_OK) == 0) /* a handout has none */
            good = add_exercise(&t, g, &b->items[i]) && good;
    }
    if (!t.count && good) {
        puts("exercises: there are no solutions here, so there is nothing to check");
        free(t.items);
        return 0;
    }
    good = check_all(g, &t, jobs) && good;
    printf("exercises: %d exercises, %d files graded in the sandbox '%s', %d of them compiled in another "
           "way: %s "
           "(%.1f s)\n",
           b->count, t.count, sandbox_name(g->tier), count_other_kits(&t),
           good ? "all as they must be" : "FAILED", clock_seconds() - start);
    free(t.items);
    return good ? 0 : 1;
}

/* Writes it; a file that is there and holds something else, a solution perhaps, is kept as PATH.bak. */
static void write_skeleton(const Grader *g, const Exercise *x, const char *path)
{
    Error e = {""};
    char *skeleton = exercise_skeleton(x, g->root, &e), backup[BACKUP_PATH] = "";
    size_t size;
    char *old = file_read(path, &size, NULL);
    bool same = old && skeleton && strcmp(old, skeleton) == 0;
    bool kept = !skeleton || same || backup_keep(path, backup, &e);
    FileWriter *w = skeleton && kept ? file_create(path, &e) : NULL;
    if (w)
        file_printf(w, "%s", skeleton);
    if (w && backup[0])
        printf("kept what was there: %s\n", backup);
    free(old);
    free(skeleton);
    if (!w || !file_commit(w, &e))
        error_exit(&e);
}

int verify_write_skeletons(const Grader *g, const Book *b)
{
    char path[EXERCISE_PATH], full[FULL_PATH];
    for (int i = 0; i < b->count; i++) {
        snprintf(full, sizeof full, "%s/%s", g->root, exercise_path(&b->items[i], path));
        write_skeleton(g, &b->items[i], full);
        printf("wrote %s\n", path);
    }
    return 0;
}

int verify_hand_out(const Grader *g, const Book *b, const char *out)
{
    char path[EXERCISE_PATH], full[FULL_PATH];
    Error e = {""};
    if (!out)
        error_exitf("--out is missing");
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        snprintf(full, sizeof full, "%s/%s", out, exercise_path(x, path));
        write_skeleton(g, x, full);
        snprintf(full, sizeof full, "%s/%s/exercises/skeletons", out, x->chapter);
        if (!file_make_directory(full, &e))
            error_exit(&e);
        snprintf(full, sizeof full, "%s/%s/exercises/skeletons/%s.c", out, x->chapter, x->name);
        write_skeleton(g, x, full);
    }
    return 0;
}
