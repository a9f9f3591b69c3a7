/* main.c -- grade VERB [options]: the learner's loop and the teacher's commands, behind make. */
#include "common/base/base.h"
#include "common/grade/learner.h"
#include "common/grade/teacher.h"
#include "common/grade/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Settings {
    const char *root, *build, *chapter, *exercise, *submission, *out, *assignment, *call, *program;
    ClassRules rules;
    bool yes, partial, gdb;
    uint64_t seed;
} Settings;

typedef struct Verb {
    const char *name;
    int (*run)(const Grader *g, const Book *b, const Settings *s);
} Verb;

static int check(const Grader *g, const Book *b, const Settings *s)
{
    (void)s;
    return learner_check(g, b);
}

static int exercise(const Grader *g, const Book *b, const Settings *s)
{
    return learner_exercise(g, b, s->exercise);
}

static int hint(const Grader *g, const Book *b, const Settings *s)
{
    return learner_hint(g, b, s->exercise);
}

static int reset(const Grader *g, const Book *b, const Settings *s)
{
    return learner_reset(g, b, s->exercise, s->yes);
}

static int status(const Grader *g, const Book *b, const Settings *s)
{
    (void)s;
    return learner_status(g, b);
}

static int next(const Grader *g, const Book *b, const Settings *s)
{
    (void)s;
    return learner_next(g, b);
}

static int skip(const Grader *g, const Book *b, const Settings *s)
{
    return learner_skip(g, b, s->exercise);
}

static int debug(const Grader *g, const Book *b, const Settings *s)
{
    return learner_debug(g, b, s->exercise, s->gdb);
}

static int watch(const Grader *g, const Book *b, const Settings *s)
{
    (void)s;
    return learner_watch(g, b);
}

static int verify(const Grader *g, const Book *b, const Settings *s)
{
    return verify_exercises(g, b, s->rules.jobs);
}

static int write_skeletons(const Grader *g, const Book *b, const Settings *s)
{
    (void)s;
    return verify_write_skeletons(g, b);
}

static int skeletons(const Grader *g, const Book *b, const Settings *s)
{
    return verify_hand_out(g, b, s->out);
}

static int submission(const Grader *g, const Book *b, const Settings *s)
{
    return teacher_grade(g, b, s->submission, s->out);
}

static int class(const Grader *g, const Book *b, const Settings *s)
{
    return teacher_grade_class(g, b, s->submission, s->out, &s->rules);
}

/* What gdb starts: the program comes last on its command line. */
static int replay(const Grader *g, const Book *b, const Settings *s)
{
    (void)g;
    (void)b;
    return learner_replay(s->call ? s->call : "", s->program ? s->program : "");
}

static const Verb VERBS[] = {{"check", check},   {"ex", exercise},           {"hint", hint},
                             {"reset", reset},   {"status", status},         {"next", next},
                             {"skip", skip},     {"debug", debug},           {"watch", watch},
                             {"verify", verify}, {"write", write_skeletons}, {"submission", submission},
                             {"class", class},   {"skeletons", skeletons},   {"replay", replay},
                             {NULL, NULL}};

static const Verb *verb_of(const char *name)
{
    for (const Verb *v = VERBS; v->name; v++) {
        if (strcmp(v->name, name) == 0)
            return v;
    }
    return NULL;
}

static char *absolute(const char *path)
{
    char *full = realpath(path, NULL);
    if (!full)
        error_exitf("%s: no such folder", path);
    return full;
}

/* Leaves in the book what was asked for, or what this tree was handed out with. */
static void use_assignment(Book *b, const char *root, const char *asked)
{
    Error e = {""};
    char *own = asked && asked[0] ? NULL : book_assignment(root);
    const char *assignment = own ? own : asked;
    if (assignment && assignment[0] && !book_assign(b, assignment, &e))
        error_exit(&e);
    free(own);
}

int main(int argc, char **argv)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    Settings s = {.root = ".",
                  .build = "build",
                  .rules = {.jobs = cores < 1    ? 1
                                    : cores > 64 ? 64
                                                 : cores},
                  .seed = 1};
    const Option options[] = {
        option_dir("root", &s.root, "the repository"),
        option_dir("build", &s.build, "its build folder"),
        option_string("chapter", &s.chapter, "this chapter alone, as ch03"),
        option_string("exercise", &s.exercise, "as ch03/ex1"),
        option_dir("submission", &s.submission, "a learner's folder, or a folder of those"),
        option_dir("out", &s.out, "where the results go"),
        option_string("assignment", &s.assignment,
                      "which exercises, as \"ch03/ex1 ch03/ex2:15\" (15 points)"),
        option_flag("partial", &s.partial, "points for each check that passes, not all or none"),
        option_string("deadline", &s.rules.deadline, "as \"2026-12-01 23:59\""),
        option_float("late", &s.rules.late, 0, 100, "per cent of the points that a day after it costs"),
        option_int("jobs", &s.rules.jobs, 1, 64, "gradings at a time"),
        option_flag("gdb", &s.gdb, "debug in gdb"),
        option_file("call", &s.call, "replay: a kept call"),
        option_file("program", &s.program, "replay: the program that gets it"),
        option_flag("yes", &s.yes, "do not ask"),
        option_seed(&s.seed),
        OPTION_END};
    error_program("grade");
    const Verb *verb = argc > 1 ? verb_of(argv[1]) : NULL;
    bool help = argc > 1 && strcmp(argv[1], "--help") == 0;
    if (!verb && !help)
        error_exitf("%s: expected check, ex, hint, reset, status, next, skip, debug, watch, verify, write, "
                    "skeletons, "
                    "submission or class",
                    argc > 1 ? argv[1] : "no verb");
    options_parse(help ? argc : argc - 1, help ? argv : argv + 1,
                  "Grades exercises: grade VERB [options]; the Makefile shows how it is called.", options);
    error_program("grade");
    Error e = {""};
    Book *book = memory_zero(1, sizeof *book);
    char *root = absolute(s.root), *build = absolute(s.build);
    if (!book_read(book, root, s.chapter && s.chapter[0] ? s.chapter : NULL, &e))
        error_exit(&e);
    use_assignment(book, root, s.assignment);
    const Grader grader = {
        .root = root, .build = build, .tier = sandbox_best(), .seed = s.seed, .partial = s.partial};
    int result = verb->run(&grader, book, &s);
    book_free(book);
    free(book);
    free(root);
    free(build);
    error_finish();
    return result;
}
