/* learner.c -- check, ex, hint, reset, status, next, skip. Every command ends with the next step. */
#include "common/grade/learner.h"

#include "common/base/base.h"
#include "common/grade/progress.h"
#include "common/grade/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FULL_PATH = 2 * EXERCISE_PATH, BRIEF = 6, LONG = 16 };

static char *own_path(const Grader *g, const Exercise *x, char path[FULL_PATH])
{
    char part[EXERCISE_PATH];
    snprintf(path, FULL_PATH, "%s/%s", g->root, exercise_path(x, part));
    return path;
}

static uint64_t own_hash(const Grader *g, const Exercise *x)
{
    char path[FULL_PATH];
    size_t size;
    Error e = {""};
    char *text = file_read(own_path(g, x, path), &size, &e);
    uint64_t hash = text ? progress_hash(text, size) : 0;
    free(text);
    return hash;
}

char *learner_kept(const Grader *g, const Exercise *x, char path[FULL_PATH])
{
    snprintf(path, FULL_PATH, "%s/grade/last/%s-%s", g->build, x->chapter, x->id);
    return path;
}

const char *learner_short_path(const Grader *g, const char *path)
{
    size_t n = strlen(g->root);
    return strncmp(path, g->root, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

Outcome learner_grade(const Grader *g, const Exercise *x)
{
    char kept[FULL_PATH], folder[FULL_PATH];
    Error e = {""};
    Grader own = *g;
    snprintf(folder, sizeof folder, "%s/grade/last", g->build);
    if (file_make_directory(folder, &e))
        own.kept = learner_kept(g, x, kept);
    if (own.kept) { /* what is kept is of this grading, or of none */
        strcat(strcpy(folder, kept), ".call");
        unlink(folder);
        strcat(strcpy(folder, kept), ".printed");
        unlink(folder);
    }
    uint64_t hash = own_hash(g, x);
    Outcome o = grade_folder(&own, x, g->root);
    ExerciseProgress p = progress_read(g->root, x);
    p.text = hash;
    p.status = o.status;
    p.solved_before = p.solved_before || o.status == STATUS_PASSED;
    if (!progress_write(g->root, x, p, &e))
        fprintf(stderr, "%s\n", e.text);
    return o;
}

/* The status of an exercise; graded anew only if its file changed since the last time. */
static Status current_status(const Grader *g, const Exercise *x)
{
    ExerciseProgress p = progress_read(g->root, x);
    if (p.text && p.text == own_hash(g, x) && p.status != STATUS_GRADER_ERROR)
        return p.status;
    Outcome o = learner_grade(g, x);
    Status status = o.status;
    outcome_free(&o);
    return status;
}

const Exercise *learner_first_open(const Grader *g, const Book *b)
{
    const Exercise *skipped = NULL;
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        if (current_status(g, x) == STATUS_PASSED)
            continue;
        if (!progress_read(g->root, x).skipped)
            return x;
        skipped = skipped ? skipped : x;
    }
    return skipped;
}

void learner_set_skipped(const Grader *g, const Exercise *x, bool skipped)
{
    Error e = {""};
    ExerciseProgress p = progress_read(g->root, x);
    if (p.skipped == skipped)
        return;
    p.skipped = skipped;
    if (!progress_write(g->root, x, p, &e))
        error_exit(&e);
}

/* ---- the next step ---------------------------------------------------------------------------------- */

/* "  Check: make ex EX=ch03/ex1" */
static void say_step(const char *english, const char *chinese, const char *text)
{
    fputs("  ", stdout);
    terminal_print(in_words(english, chinese), exercise_language() ? 9 : 7);
    puts(text);
}

static void say_command(const char *english, const char *chinese, const char *verb, const Exercise *x)
{
    char command[64];
    snprintf(command, sizeof command, "make %s EX=%s/%s", verb, x->chapter, x->id);
    say_step(english, chinese, command);
}

static void say_hints(const Grader *g, const Exercise *x)
{
    char text[128];
    int left = x->hint_count[exercise_language()] - progress_read(g->root, x).hints;
    snprintf(text, sizeof text, "make hint EX=%s/%s   %s(%d %s)%s", x->chapter, x->id, colour(DIM), left,
             in_words(left == 1 ? "hint left" : "hints left", "条提示可看"), colour(PLAIN));
    if (left > 0)
        say_step("Stuck?", "卡住了？", text);
}

static void say_next(const Grader *g, const Exercise *x)
{
    char path[EXERCISE_PATH], kept[FULL_PATH];
    putchar('\n');
    say_step("Edit:", "编辑：", exercise_path(x, path));
    say_command("Check:", "检查：", "ex", x);
    strcat(learner_kept(g, x, kept), ".call");
    if (access(kept, R_OK) == 0)
        say_command("Debug:", "调试：", "debug", x);
    say_hints(g, x);
}

static void say_solution(const Grader *g, const Exercise *x)
{
    char path[EXERCISE_PATH], full[FULL_PATH];
    snprintf(full, sizeof full, "%s/%s", g->root, exercise_solution_path(x, path));
    putchar('\n');
    if (access(full, R_OK) == 0)
        say_step("Model:", "参考：", path);
    say_step("Go on:", "下一题：", "make next");
}

void learner_show(const Grader *g, const Outcome *o, int lines)
{
    const Exercise *x = o->exercise;
    char kept[FULL_PATH];
    strcat(learner_kept(g, x, kept), ".printed");
    report_line(stdout, x, o->status, o->points);
    report_details(stdout, o, lines, true);
    report_printed(stdout, o, lines, learner_short_path(g, kept));
    if (o->status == STATUS_PASSED)
        say_solution(g, x);
    else
        say_next(g, x);
}

/* ---- commands --------------------------------------------------------------------------------------- */

int learner_exercise(const Grader *g, const Book *b, const char *name)
{
    Error e = {""};
    const Exercise *x = book_find(b, name, &e);
    if (!x)
        error_exit(&e);
    learner_set_skipped(g, x, false);
    Outcome o = learner_grade(g, x);
    learner_show(g, &o, LONG);
    outcome_free(&o);
    return 0;
}

static int book_points(const Book *b)
{
    int sum = 0;
    for (int i = 0; i < b->count; i++)
        sum += b->items[i].points;
    return sum;
}

int learner_check(const Grader *g, const Book *b)
{
    int points = 0;
    const Exercise *next = NULL;
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        if (i == 0 || strcmp(x->chapter, b->items[i - 1].chapter) != 0)
            printf("%s%s%s\n", colour(BOLD), x->chapter, colour(PLAIN));
        Outcome o = learner_grade(g, x);
        report_line(stdout, x, o.status, o.points);
        report_details(stdout, &o, BRIEF, false);
        fflush(stdout);
        points += o.points;
        if (!next && o.status != STATUS_PASSED)
            next = x;
        outcome_free(&o);
    }
    printf("\n  %d %s %d %s\n", points, in_words("of", "/"), book_points(b), in_words("points", "分"));
    if (next)
        say_next(g, next);
    return 0;
}

static void print_hint(int number, int count, const char *text)
{
    char label[32];
    snprintf(label, sizeof label, "%d/%d", number, count);
    report_wrapped(stdout, 2, label, 5, text);
}

/* Where a check has failed: how to find out why, the short form of book/en/debugging.md. */
static void say_how_to_look(const Grader *g, const Exercise *x)
{
    char kept[FULL_PATH];
    strcat(learner_kept(g, x, kept), ".call");
    if (access(kept, R_OK) != 0)
        return;
    putchar('\n');
    report_wrapped(
        stdout, 2, "", 0,
        in_words(
            "Or look for yourself. Do the sizes of the failing input say something: is one of them 1, do "
            "two differ? Compute one of its numbers by hand; print the same in your function; let make "
            "debug name the line, or step through it with GDB=1. Change one thing at a time.",
            "也可以自己查：失败输入的大小有没有线索，是不是有一个为 1，或者两个不相等？手算其中一个数，"
            "在函数里打印同一个数；用 make debug 找出行号，或加 GDB=1 单步执行。一次只改一处。"));
    say_command("Debug:", "调试：", "debug", x);
}

int learner_hint(const Grader *g, const Book *b, const char *name)
{
    Error e = {""};
    int language = exercise_language();
    const Exercise *x = book_find(b, name, &e);
    if (!x)
        error_exit(&e);
    ExerciseProgress p = progress_read(g->root, x);
    int count = x->hint_count[language];
    p.hints = p.hints < count ? p.hints + 1 : count;
    printf("%s%s/%s %s%s\n", colour(BOLD), x->chapter, x->id, x->title[language], colour(PLAIN));
    for (int i = 0; i < p.hints; i++)
        print_hint(i + 1, count, x->hints[language][i]);
    if (!progress_write(g->root, x, p, &e))
        error_exit(&e);
    if (p.hints == count)
        printf("  %s\n", in_words("These are all the hints.", "提示就这些了。"));
    say_how_to_look(g, x);
    say_command("Check:", "检查：", "ex", x);
    return 0;
}

static bool answers_yes(const char *path)
{
    char answer[16];
    printf("%s %s? [y/N] ", in_words("Put the skeleton back into", "把骨架放回"), path);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int learner_reset(const Grader *g, const Book *b, const char *name, bool yes)
{
    Error e = {""};
    char path[EXERCISE_PATH], full[FULL_PATH], backup[BACKUP_PATH];
    const Exercise *x = book_find(b, name, &e);
    char *skeleton = x ? exercise_skeleton(x, g->root, &e) : NULL;
    if (!skeleton)
        error_exit(&e);
    own_path(g, x, full);
    exercise_path(x, path);
    if (!yes && !answers_yes(path)) {
        puts(in_words("Nothing was changed.", "没有改动。"));
        free(skeleton);
        return 0;
    }
    FileWriter *w = backup_keep(full, backup, &e) ? file_create(full, &e) : NULL;
    if (w)
        file_printf(w, "%s", skeleton);
    free(skeleton);
    if (!w || !file_commit(w, &e))
        error_exit(&e);
    printf("  %s %s\n", in_words("Back at the start:", "已恢复："), path);
    if (backup[0])
        printf("  %s %s\n", in_words("Your version is kept:", "你的版本保存在："),
               backup + strlen(g->root) + 1);
    return 0;
}

/* ---- progress over the book ------------------------------------------------------------------------- */

static void print_bar(int points, int of)
{
    enum { CELLS = 20 };
    for (int i = 0; i < CELLS; i++)
        fputs(i * of < points * CELLS ? "█" : "░", stdout);
}

/* One line for the exercises first .. end-1, which are a chapter; returns their points. */
static int print_chapter(const Grader *g, const Book *b, int first, int end)
{
    int points = 0, of = 0, passed = 0, minutes = 0;
    for (int i = first; i < end; i++) {
        const Exercise *x = &b->items[i];
        bool good = current_status(g, x) == STATUS_PASSED;
        of += x->points;
        points += good ? x->points : 0;
        passed += good;
        minutes += good ? 0 : x->minutes;
    }
    printf("  %s  ", b->items[first].chapter);
    print_bar(points, of);
    printf("  %3d/%-3d %s   %2d/%-2d %s", points, of, in_words("points", "分"), passed, end - first,
           in_words("exercises", "题"));
    if (minutes)
        printf("  %s%d %s%s", colour(DIM), minutes, in_words("min left", "分钟"), colour(PLAIN));
    putchar('\n');
    return points;
}

int learner_status(const Grader *g, const Book *b)
{
    int points = 0;
    for (int first = 0, end; first < b->count; first = end) {
        for (end = first; end < b->count && strcmp(b->items[end].chapter, b->items[first].chapter) == 0;)
            end++;
        points += print_chapter(g, b, first, end);
    }
    printf("\n  %d %s %d %s\n", points, in_words("of", "/"), book_points(b), in_words("points", "分"));
    say_step("Go on:", "继续：", "make next");
    return 0;
}

int learner_next(const Grader *g, const Book *b)
{
    const Exercise *x = learner_first_open(g, b);
    if (!x) {
        puts(in_words("  Every exercise has passed.", "  全部练习都通过了。"));
        return 0;
    }
    printf("%s%s/%s %s%s   %s %s, %s %d %s, %d %s%s\n", colour(BOLD), x->chapter, x->id,
           x->title[exercise_language()], colour(PLAIN), in_words("section", "小节"), x->section,
           in_words("about", "约"), x->minutes, in_words("min", "分钟"), x->points,
           in_words("points", "分"),
           progress_read(g->root, x).skipped ? in_words(", skipped before", "，先前跳过") : "");
    say_next(g, x);
    say_step("Skip:", "跳过：", "make skip");
    return 0;
}

int learner_skip(const Grader *g, const Book *b, const char *name)
{
    Error e = {""};
    const Exercise *x = name && name[0] ? book_find(b, name, &e) : learner_first_open(g, b);
    if (e.text[0])
        error_exit(&e);
    if (x) {
        learner_set_skipped(g, x, true);
        printf("  %s %s/%s %s\n\n", in_words("Skipped:", "已跳过："), x->chapter, x->id,
               in_words("(it comes back after the others)", "（做完其他练习后会再出现）"));
    }
    return learner_next(g, b);
}
