/* debug.c -- make debug: the failing call once more, outside of the sandbox, where it can be looked into.
 *
 * The exercise is built anew with the address and undefined-behaviour sanitizers around
 * the same driver (rules.mk: debug.o, the worker without its confinement) and gets the
 * call that the judge kept, so that it does the very thing that failed. Either it runs
 * and the sanitizers' report is put into one line, or gdb begins where the function does. */
#include "common/grade/learner.h"

#include "common/base/base.h"
#include "common/grade/message.h"
#include "common/grade/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATHS = 2 * EXERCISE_PATH, MOST_WORDS = 96, CHANNEL = 3, SECONDS = 10, LINES = 400 };

/* ---- building --------------------------------------------------------------------------------------- */

/* What the kit does to find out what the sanitizers see for themselves. */
static bool is_of_the_grader(const char *word)
{
    return strncmp(word, "-fsanitize", 10) == 0 || strncmp(word, "-ftrivial", 9) == 0 ||
           strncmp(word, "-Wl,--wrap", 10) == 0;
}

/* Adds the words of a line of the kit, split at spaces, to argv. */
static void add_words(char **argv, char *line, bool of_kit)
{
    int n = 0;
    while (argv[n])
        n++;
    for (char *rest = line, *word; n < MOST_WORDS - 1 && (word = strtok_r(rest, " ", &rest));) {
        if (!of_kit || !is_of_the_grader(word))
            argv[n++] = word;
    }
    argv[n] = NULL;
}

static int run_and_wait(char *const *argv)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Compiles and links the exercise into `program`; the compiler's messages go to the terminal. */
static bool build(const Grader *g, const Exercise *x, const char *program, Error *e)
{
    char kit_path[PATHS], debug[PATHS], source[PATHS], part[EXERCISE_PATH], *argv[MOST_WORDS] = {NULL};
    size_t size;
    snprintf(kit_path, sizeof kit_path, "%s/grade/%s/kit", g->build, x->chapter);
    snprintf(debug, sizeof debug, "%s/grade/%s/debug.o", g->build, x->chapter);
    snprintf(source, sizeof source, "%s", exercise_path(x, part));
    char *compile = file_read(kit_path, &size, e), *link = compile ? strchr(compile, '\n') : NULL;
    if (!link)
        return compile ? error_set(e, "%s: two lines were expected", kit_path) : false;
    *link++ = '\0';
    link[strcspn(link, "\n")] = '\0';
    char options[] = "-O0 -g3 -fsanitize=address,undefined -fno-omit-frame-pointer -w";
    add_words(argv, compile, true);
    add_words(argv, options, false);
    add_words(argv, source, false);
    add_words(argv, link, true);
    for (int i = 0; argv[i]; i++) {
        if (strstr(argv[i], "/driver.o"))
            argv[i] = debug;
    }
    char *output[] = {"-o", (char *)program, NULL};
    for (int i = 0, n = 0; output[i]; i++) {
        while (argv[n])
            n++;
        argv[n] = output[i];
        argv[n + 1] = NULL;
    }
    bool good = run_and_wait(argv) == 0;
    free(compile);
    return good || error_set(e, "%s: it cannot be built with the sanitizers", part);
}

/* ---- replaying -------------------------------------------------------------------------------------- */

/* Makes a socket's other end descriptor 3, with the call in it; a child feeds it, however large it is. */
static bool feed(const char *call, Error *e)
{
    int ends[2];
    size_t size;
    Message m = {.bytes = (unsigned char *)file_read(call, &size, e)};
    if (!m.bytes)
        return false;
    m.size = m.capacity = size;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return error_set(e, "no socket: %s", strerror(errno));
    if (fork() == 0) {
        char taken[4096];
        close(ends[1]);
        message_send(ends[0], &m, clock_seconds() + 3600);
        shutdown(ends[0], SHUT_WR);
        while (read(ends[0], taken, sizeof taken) > 0) { /* what it answers is not needed */
        }
        _exit(0);
    }
    close(ends[0]);
    if (ends[1] != CHANNEL) {
        dup2(ends[1], CHANNEL);
        close(ends[1]);
    }
    message_free(&m);
    return true;
}

int learner_replay(const char *call, const char *program)
{
    Error e = {""};
    if (!feed(call, &e))
        error_exit(&e);
    execl(program, program, (char *)NULL);
    error_exitf("%s: %s", program, strerror(errno));
}

static void replay_in_child(const char *call, const char *program, const char *said)
{
    static const char options[] =
        "detect_leaks=0:handle_abort=1:handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:color="
        "never:print_legend=0:allocator_may_return_null=1";
    int out = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0644), nothing = open("/dev/null", O_RDWR);
    setenv("ASAN_OPTIONS", options, 1);
    setenv("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1:color=never", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    if (out < 0 || nothing < 0)
        _exit(126);
    dup2(nothing, 0);
    dup2(nothing, 1);
    dup2(out, 2);
    _exit(learner_replay(call, program));
}

/* Runs it; what the sanitizers say is in the file `said`. One that does not end is aborted, which makes
 * them say where it was. */
static bool replay(const char *call, const char *program, const char *said)
{
    const struct timespec pause = {0, 20000000};
    double deadline = clock_seconds() + SECONDS;
    bool late = false;
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        replay_in_child(call, program, said);
    while (child > 0 && waitpid(child, &status, WNOHANG) == 0) {
        if (clock_seconds() > deadline + SECONDS)
            kill(child, SIGKILL);
        else if (clock_seconds() > deadline && !late)
            late = kill(child, SIGABRT) == 0;
        nanosleep(&pause, NULL);
    }
    return !late;
}

/* A call is made twice, once with every array ending where its memory ends and once beginning there, so that
 * both sides are watched: this is the other of the two (call.h). */
static void turn_round(const char *call)
{
    size_t size;
    char text[MESSAGE_TEXT];
    Message kept = {.bytes = (unsigned char *)file_read(call, &size, NULL)}, turned = {.at = 0};
    FileWriter *w = kept.bytes ? file_create(call, NULL) : NULL;
    if (w) {
        kept.size = kept.capacity = size;
        message_text(&kept, text);
        message_put_text(&turned, text);
        message_put_int(&turned, !message_int(&kept));
        file_write(w, turned.bytes, turned.size);
        file_write(w, kept.bytes + kept.at, kept.size - kept.at);
        file_commit(w, NULL);
    }
    message_free(&kept);
    message_free(&turned);
}

/* ---- what the sanitizers said ------------------------------------------------------------------------ */

typedef struct Kind {
    const char *pattern, *english, *chinese;
} Kind;

/* The first that is found in the report wins. */
static const Kind KINDS[] = {
    {"division by zero", "a division by zero", "除以零"},
    {"AddressSanitizer: FPE", "a division by zero", "除以零"},
    {"stack-overflow", "the stack is full: a recursion that does not end, or a very large local array",
     "栈满了：没有终点的递归，或者过大的局部数组"},
    {"AddressSanitizer: ABRT", "it is still running here: a loop that does not end?",
     "到这里仍在运行：循环没有终点？"},
    {"use-after-poison", "outside of an array that it was given", "越出了传入的数组"},
    {"stack-buffer", "outside of a local array", "越出了局部数组"},
    {"dynamic-stack-buffer", "outside of a local array", "越出了局部数组"},
    {"heap-buffer-overflow", "outside of what malloc gave", "越出了 malloc 分配的内存"},
    {"heap-use-after-free", "memory that was freed before", "用了已经释放的内存"},
    {"double-free", "freed twice", "释放了两次"},
    {"bad-free", "freed what malloc did not give", "释放了不是 malloc 分配的内存"},
    {"global-buffer-overflow", "outside of a static array", "越出了静态数组"},
    {"out of bounds", "an index outside of its array", "下标越出了数组"},
    {"null pointer", "a pointer that is NULL", "空指针"},
    {"zero page", "a pointer that is NULL", "空指针"},
    {"signed integer overflow", "a whole number became too large for int", "整数超出了 int 的范围"},
    {"AddressSanitizer: SEGV",
     "memory that is not the program's: outside of an array, or a pointer never set",
     "不属于程序的内存：越出了数组，或者指针没有赋值"},
    {"runtime error: ", "undefined behaviour", "未定义行为"},
    {"requested allocation size", "malloc was asked for far too much, or for a negative size",
     "malloc 要的内存太大，或者是负数"},
    {NULL, NULL, NULL}};

static const Kind *kind_of(const char *report)
{
    for (const Kind *k = KINDS; k->pattern; k++) {
        if (strstr(report, k->pattern))
            return k;
    }
    return NULL;
}

static bool finds_something(const char *said)
{
    size_t size;
    char *report = file_read(said, &size, NULL);
    bool found = report && kind_of(report);
    free(report);
    return found;
}

/* The first line of the learner's file that the report names; 0 if none. */
static int line_of(const char *report, const char *source)
{
    const char *at = strstr(report, source);
    while (at && at[strlen(source)] != ':')
        at = strstr(at + 1, source);
    return at ? atoi(at + strlen(source) + 1) : 0;
}

static void print_source_line(const Grader *g, const char *source, int number)
{
    char path[PATHS];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", g->root, source);
    char *text = file_read(path, &size, NULL), *line = text;
    for (int i = 1; line && i < number; i++)
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
    if (line) {
        line[strcspn(line, "\n")] = '\0';
        line += strspn(line, " \t");
        printf("       %d | %.*s\n", number, REPORT_COLUMNS - 16, line);
    }
    free(text);
}

static void explain(const Grader *g, const Exercise *x, const char *said)
{
    char source[EXERCISE_PATH], sentence[512];
    size_t size;
    char *report = file_read(said, &size, NULL);
    const Kind *k = report ? kind_of(report) : NULL;
    exercise_path(x, source);
    int line = report ? line_of(report, source) : 0;
    if (!k) {
        report_wrapped(
            stdout, 2, "", 0,
            in_words(
                "With this input nothing crashes, and nothing outside of an array is read or "
                "written: the numbers alone are wrong. Step through it with gdb:",
                "用这个输入运行没有崩溃，也没有读写数组之外的内存：只是数值不对。可以用 gdb 单步执行："));
    } else {
        const char *way = strstr(report, "WRITE of size")  ? in_words("writes: ", "写：")
                          : strstr(report, "READ of size") ? in_words("reads: ", "读：")
                                                           : "";
        snprintf(sentence, sizeof sentence, "%s%s", way, in_words(k->english, k->chinese));
        printf("  %s%s:%d%s\n", colour(BOLD), source, line, colour(PLAIN));
        report_wrapped(stdout, 7, "", 0, sentence);
        if (line)
            print_source_line(g, source, line);
        printf("\n  %s %s\n", in_words("All that the sanitizers say:", "完整报告："),
               learner_short_path(g, said));
    }
    free(report);
}

/* ---- the command ------------------------------------------------------------------------------------ */

static int run_gdb(const Exercise *x, const char *call, const char *program)
{
    char wrapper[3 * PATHS], stop[128], self[PATHS];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        error_exitf("/proc/self/exe: %s", strerror(errno));
    self[n] = '\0';
    snprintf(wrapper, sizeof wrapper, "set exec-wrapper '%s' replay --call '%s' --program", self, call);
    snprintf(stop, sizeof stop, "break %s", x->function);
    setenv("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    char *const argv[] = {"gdb", "-q", "-ex", wrapper, "-ex", stop, "-ex", "run", (char *)program, NULL};
    fflush(NULL);
    execvp(argv[0], argv);
    error_exitf("gdb is not here; install it: sudo apt-get install gdb");
}

int learner_debug(const Grader *g, const Book *b, const char *name, bool gdb)
{
    char kept[PATHS], call[PATHS + 16], program[PATHS + 16], said[PATHS + 16];
    Error e = {""};
    const Exercise *x = book_find(b, name, &e);
    if (!x)
        error_exit(&e);
    Outcome o = learner_grade(g, x);
    report_line(stdout, x, o.status, o.points);
    report_details(stdout, &o, LINES, true);
    learner_kept(g, x, kept);
    snprintf(call, sizeof call, "%s.call", kept);
    snprintf(program, sizeof program, "%s.debug", kept);
    snprintf(said, sizeof said, "%s.sanitizers", kept);
    bool failed = outcome_failure(&o) != NULL;
    outcome_free(&o);
    putchar('\n');
    if (!failed || access(call, R_OK) != 0) {
        puts(in_words("  There is no failing check to look into.", "  没有未通过的检查可以调试。"));
        return 0;
    }
    if (!build(g, x, program, &e))
        error_exit(&e);
    if (gdb)
        return run_gdb(x, call, program);
    replay(call, program, said);
    if (!finds_something(said)) {
        turn_round(call);
        replay(call, program, said);
    }
    explain(g, x, said);
    printf("  %s make debug EX=%s/%s GDB=1\n", in_words("In gdb:", "用 gdb："), x->chapter, x->id);
    return 0;
}
