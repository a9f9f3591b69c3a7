/* watch.c -- grades again whenever an exercise is saved.
 *
 * One screen: the exercise, what is wrong with it, the keys. The files are looked at
 * five times a second, which every system and every editor's way of saving allows. The
 * screen is drawn anew when a file or the size of the terminal changes, with as much of
 * the compiler's messages as fits. Without a terminal it prints each result and ends
 * with its input. */
#include "common/grade/learner.h"

#include "common/base/base.h"
#include "common/grade/progress.h"
#include "common/grade/report.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PAUSE_MS = 200, FULL_PATH = 2 * EXERCISE_PATH, FRAME_LINES = 21, LEAST_LINES = 3 };

static struct termios kept; /* the terminal as it was, for the signal handler too */
static volatile sig_atomic_t resized;

typedef struct Watch {
    const Grader *g;
    const Book *b;
    const Exercise *shown;
    Outcome outcome;
    struct timespec saved[EXERCISE_MOST]; /* when each file was saved last */
    bool terminal, hints;
} Watch;

/* ---- the terminal ----------------------------------------------------------------------------------- */

static void leave_screen(void)
{
    static const char back[] = "\033[?25h\033[?1049l";
    if (write(STDOUT_FILENO, back, sizeof back - 1) < 0)
        return;
    tcsetattr(STDIN_FILENO, TCSANOW, &kept);
}

static void on_end(int number)
{
    leave_screen();
    _exit(128 + number);
}

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

/* A screen of its own, no cursor; keys come at once and unseen. */
static void enter_screen(void)
{
    struct termios raw;
    tcgetattr(STDIN_FILENO, &kept);
    raw = kept;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    signal(SIGINT, on_end);
    signal(SIGTERM, on_end);
    signal(SIGHUP, on_end);
    signal(SIGWINCH, on_resize);
    fputs("\033[?1049h\033[?25l", stdout);
}

static int rows(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 ? w.ws_row : 24;
}

/* ---- the picture ------------------------------------------------------------------------------------ */

static void draw_head(const Watch *w)
{
    int passed = 0;
    for (int i = 0; i < w->b->count; i++)
        passed += progress_read(w->g->root, &w->b->items[i]).status == STATUS_PASSED;
    printf("%s%s%s  %d %s %d %s   %sq %s  n %s  s %s  h %s  r %s%s\n\n", colour(BOLD),
           in_words("watching", "监视中"), colour(PLAIN), passed, in_words("of", "/"), w->b->count,
           in_words("exercises", "题"), colour(DIM), in_words("quit", "退出"), in_words("next", "下一题"),
           in_words("skip", "跳过"), in_words("hint", "提示"), in_words("again", "重评"), colour(PLAIN));
}

static void draw_hints(const Watch *w)
{
    int language = exercise_language(), seen = progress_read(w->g->root, w->shown).hints;
    for (int i = 0; i < seen && i < w->shown->hint_count[language]; i++)
        report_wrapped(stdout, 2, (char[]){(char)('1' + i), '\0'}, 2, w->shown->hints[language][i]);
}

static void draw(const Watch *w)
{
    int lines = rows() - FRAME_LINES;
    if (w->terminal) {
        fputs("\033[H\033[2J", stdout);
        draw_head(w);
    }
    if (w->shown)
        learner_show(w->g, &w->outcome, lines > LEAST_LINES ? lines : LEAST_LINES);
    else
        puts(in_words("  Every exercise has passed.", "  全部练习都通过了。"));
    if (w->shown && w->hints)
        draw_hints(w);
    fflush(stdout);
}

/* ---- grading ---------------------------------------------------------------------------------------- */

static struct timespec time_of(const Watch *w, int i)
{
    char path[EXERCISE_PATH], full[FULL_PATH];
    struct stat s;
    snprintf(full, sizeof full, "%s/%s", w->g->root, exercise_path(&w->b->items[i], path));
    return stat(full, &s) == 0 ? s.st_mtim : (struct timespec){0, 0};
}

/* The exercise whose file was saved since the last look; NULL if none was. */
static const Exercise *saved_one(Watch *w)
{
    const Exercise *found = NULL;
    for (int i = 0; i < w->b->count; i++) {
        struct timespec now = time_of(w, i), *before = &w->saved[i];
        if (now.tv_sec != before->tv_sec || now.tv_nsec != before->tv_nsec)
            found = &w->b->items[i];
        *before = now;
    }
    return found;
}

static void show(Watch *w, const Exercise *x)
{
    if (w->shown)
        outcome_free(&w->outcome);
    w->hints = w->hints && w->shown == x;
    w->shown = x;
    if (x && w->terminal) {
        printf("\033[H\033[2J%s %s/%s ...\n", in_words("grading", "评分中"), x->chapter, x->id);
        fflush(stdout);
    }
    if (x)
        w->outcome = learner_grade(w->g, x);
    draw(w);
}

static void one_more_hint(Watch *w)
{
    Error e = {""};
    ExerciseProgress p = progress_read(w->g->root, w->shown);
    p.hints += w->hints && p.hints < w->shown->hint_count[exercise_language()];
    p.hints += p.hints == 0;
    w->hints = true;
    if (progress_write(w->g->root, w->shown, p, &e))
        draw(w);
}

/* The next key, or 0 after the pause; 'q' when the input ends. */
static char next_key(void)
{
    char key;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, PAUSE_MS) <= 0)
        return 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

static void on_key(Watch *w, char key)
{
    if (key == 's' && w->shown)
        learner_set_skipped(w->g, w->shown, true);
    if (key == 'n' || key == 's')
        show(w, learner_first_open(w->g, w->b));
    else if (key == 'r')
        show(w, w->shown);
    else if (key == 'h' && w->shown)
        one_more_hint(w);
}

int learner_watch(const Grader *g, const Book *b)
{
    Watch w = {.g = g, .b = b, .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    if (w.terminal)
        enter_screen();
    saved_one(&w);
    show(&w, learner_first_open(g, b));
    for (char key = 0; key != 'q'; key = next_key()) {
        const Exercise *saved = saved_one(&w);
        if (saved) {
            learner_set_skipped(g, saved, false);
            show(&w, saved);
        } else if (key) {
            on_key(&w, key);
        } else if (resized && w.terminal) {
            draw(&w);
        }
        resized = 0;
    }
    if (w.shown)
        outcome_free(&w.outcome);
    if (w.terminal)
        leave_screen();
    return 0;
}
