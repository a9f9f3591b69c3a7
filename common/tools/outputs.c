/* outputs.c -- runs the commands in expected-output files and compares what they print.
 *
 *     outputs check FILE...     outputs write FILE...
 *
 * A file starts with header lines, then the command, then what it prints:
 *
 *     # tolerance REL [ABS]              numbers may differ by ABS + REL * |expected|
 *     # line /REGEX/ tolerance REL [ABS] the same, on lines that match (the first such header counts)
 *     # skip /REGEX/                     lines that match are not compared (timings); on both sides
 *     # ignore /REGEX/                   what matches is cut out of a line before it is compared
 *     # last /REGEX/                     nothing after a line that matches is compared (free text)
 *     # limit SECONDS                    the command's time; 60 if not given
 *     # needs PROGRAM                    where it is not installed the file is skipped, and that is said
 *     $ ./ch03/mha_demo --heads 8
 *     ...
 *
 * Text is compared exactly, except that a run of blanks counts as one, because a
 * number may change its width. Without a tolerance header numbers are compared
 * as values, so 1.0 equals 1.00. NaN equals nothing, itself included. `write`
 * keeps the headers and the command, and replaces the rest. */
#include "common/base/base.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RULES = 32, MAX_SHOWN = 10 };

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

typedef struct Tolerance {
    double relative, absolute;
} Tolerance;

typedef enum RuleKind { RULE_LINE, RULE_SKIP, RULE_IGNORE, RULE_LAST } RuleKind;

typedef struct Rule {
    regex_t pattern;
    RuleKind kind;
    Tolerance tolerance; /* of RULE_LINE */
} Rule;

typedef struct Expected {
    const char *path;
    char *bytes;         /* the file, cut into lines by the parser */
    char *text;          /* in bytes: what the command prints */
    const char *command; /* in bytes */
    size_t head;         /* bytes of the headers and the command line */
    int first_line;      /* line number of text */
    Tolerance tolerance;
    Rule rules[MAX_RULES];
    int rule_count;
    double limit;      /* seconds */
    const char *needs; /* in bytes: a program, or NULL */
} Expected;

/* ---- the file ------------------------------------------------------------------------------------- */

static bool parse_tolerance(const char *text, Tolerance *t)
{
    char *end;
    *t = (Tolerance){0, 0};
    t->relative = strtod(text, &end);
    if (end == text || !(t->relative >= 0 && t->relative < INFINITY))
        return false;
    if (*end == '\0')
        return true;
    text = end;
    t->absolute = strtod(text, &end);
    return end != text && *end == '\0' && t->absolute >= 0 && t->absolute < INFINITY;
}

/* "/REGEX/ rest": adds a rule; *rest points after the second slash. The last
 * slash of the line ends the expression, so it may hold slashes itself. */
static bool parse_rule(Expected *x, RuleKind kind, char *text, const char **rest)
{
    char *end = strrchr(text, '/');
    if (text[0] != '/' || end == text || x->rule_count == MAX_RULES)
        return false;
    *end = '\0';
    if (regcomp(&x->rules[x->rule_count].pattern, text + 1, REG_EXTENDED) != 0)
        return false;
    x->rules[x->rule_count++].kind = kind;
    *rest = end + 1;
    return true;
}

static bool parse_header(Expected *x, char *line)
{
    const char *rest = "";
    if (strncmp(line, "# tolerance ", 12) == 0)
        return parse_tolerance(line + 12, &x->tolerance);
    if (strncmp(line, "# skip ", 7) == 0)
        return parse_rule(x, RULE_SKIP, line + 7, &rest) && *rest == '\0';
    if (strncmp(line, "# ignore ", 9) == 0)
        return parse_rule(x, RULE_IGNORE, line + 9, &rest) && *rest == '\0';
    if (strncmp(line, "# last ", 7) == 0)
        return parse_rule(x, RULE_LAST, line + 7, &rest) && *rest == '\0';
    if (strncmp(line, "# line ", 7) == 0)
        return parse_rule(x, RULE_LINE, line + 7, &rest) && strncmp(rest, " tolerance ", 11) == 0 &&
               parse_tolerance(rest + 11, &x->rules[x->rule_count - 1].tolerance);
    if (strncmp(line, "# limit ", 8) == 0) {
        char *end;
        x->limit = strtod(line + 8, &end);
        return *end == '\0' && x->limit > 0 && x->limit <= 86400;
    }
    if (strncmp(line, "# needs ", 8) == 0) {
        x->needs = line + 8;
        return *x->needs && strspn(x->needs, NAME_LETTERS) == strlen(x->needs);
    }
    return false;
}

/* Cuts the line at *at, and moves *at to the next one; NULL at the end. */
static char *next_line(char **at)
{
    char *line = *at;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end)
        *end = '\0';
    *at = end ? end + 1 : line + strlen(line);
    return line;
}

static bool parse(Expected *x, Error *e)
{
    char *at = x->bytes, *line;
    x->first_line = 1;
    while ((line = next_line(&at))) {
        int number = x->first_line++;
        if (strncmp(line, "$ ", 2) == 0) {
            x->command = line + 2;
            x->text = at;
            x->head = (size_t)(at - x->bytes);
            return true;
        }
        if (!parse_header(x, line))
            return error_set(e, "%s:%d: '%s' is neither a header nor '$ command'", x->path, number, line);
    }
    return error_set(e, "%s: no line '$ command'", x->path);
}

static bool expected_read(Expected *x, const char *path, Error *e)
{
    size_t size;
    *x = (Expected){.path = path, .limit = 60};
    x->bytes = file_read(path, &size, e);
    if (!x->bytes)
        return false;
    if (strlen(x->bytes) != size)
        return error_set(e, "%s: byte %zu is zero; a text was expected", path, strlen(x->bytes));
    return parse(x, e);
}

static void expected_free(Expected *x)
{
    for (int i = 0; i < x->rule_count; i++)
        regfree(&x->rules[i].pattern);
    free(x->bytes);
}

/* ---- running -------------------------------------------------------------------------------------- */

/* The group of processes that runs now, for the signal handler. */
static volatile sig_atomic_t running;

static void stop_all(int signal_number)
{
    if (running)
        kill((pid_t)-running, SIGKILL);
    _exit(128 + signal_number);
}

static noreturn void become(const char *command, int out, int said)
{
    setpgid(0, 0); /* a group of its own, so that the time limit ends its children too */
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(said, STDERR_FILENO) < 0)
        _exit(126);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Waits for the child; false when the limit passed first, and it was ended. */
static bool wait_within(pid_t child, double limit, int *status)
{
    double start = clock_seconds();
    const struct timespec pause = {0, 2000000};
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR))
            return true;
        if (clock_seconds() - start > limit)
            break;
        nanosleep(&pause, NULL);
    }
    kill(-child, SIGKILL);
    waitpid(child, status, 0);
    return false;
}

static char *read_stream(FILE *f)
{
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    char *text = memory_new((size_t)(size > 0 ? size : 0) + 1);
    rewind(f);
    text[fread(text, 1, (size_t)(size > 0 ? size : 0), f)] = '\0';
    return text;
}

static void show(FILE *said)
{
    char *text = read_stream(said);
    fputs(text, stderr);
    free(text);
}

/* What the command prints on standard output, to be freed; NULL when it fails or takes too long, and then what it
 * said on standard error (its progress, its complaint) is shown. */
static char *run(const Expected *x, Error *e)
{
    FILE *out = tmpfile(), *said = tmpfile();
    int status = 0;
    char *text = NULL;
    fflush(NULL);
    pid_t child = out && said ? fork() : -1;
    if (child == 0)
        become(x->command, fileno(out), fileno(said));
    if (child < 0) {
        error_set(e, "%s: cannot run: %s", x->path, strerror(errno));
    } else {
        setpgid(child, child); /* here too: whoever comes first */
        running = child;
        bool in_time = wait_within(child, x->limit, &status);
        running = 0;
        if (!in_time)
            error_set(e, "%s: `%s` took more than %g s", x->path, x->command, x->limit);
        else if (WIFSIGNALED(status))
            error_set(e, "%s: `%s` was ended by signal %d", x->path, x->command, WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
            error_set(e, "%s: `%s` ended with status %d", x->path, x->command, WEXITSTATUS(status));
        else
            text = read_stream(out);
        if (!text)
            show(said);
    }
    if (out)
        fclose(out);
    if (said)
        fclose(said);
    return text;
}

/* ---- comparing ------------------------------------------------------------------------------------ */

static const Rule *rule_for(const Expected *x, const char *line, RuleKind kind)
{
    for (int i = 0; i < x->rule_count; i++) {
        if (x->rules[i].kind == kind && regexec(&x->rules[i].pattern, line, 0, NULL, 0) == 0)
            return &x->rules[i];
    }
    return NULL;
}

static bool is_nan_word(const char *s)
{
    if (*s == '-' || *s == '+')
        s++;
    return strncasecmp(s, "nan", 3) == 0 && !isalnum((unsigned char)s[3]) && s[3] != '_';
}

/* Length of the decimal number at s (sign, digits, fraction, exponent), or 0. A
 * sign belongs to it only where a number may begin: in "3-4" it is text. */
static size_t number_at(const char *s, bool may_sign)
{
    size_t n = 0, digits = 0;
    if (may_sign && (s[0] == '-' || s[0] == '+'))
        n++;
    for (; isdigit((unsigned char)s[n]); n++)
        digits++;
    if (s[n] == '.' && isdigit((unsigned char)s[n + 1])) {
        for (n++; isdigit((unsigned char)s[n]); n++)
            digits++;
    }
    if (!digits)
        return 0;
    if (s[n] == 'e' || s[n] == 'E') {
        size_t sign = s[n + 1] == '-' || s[n + 1] == '+';
        if (isdigit((unsigned char)s[n + 1 + sign])) {
            for (n += 1 + sign; isdigit((unsigned char)s[n]); n++)
                ;
        }
    }
    return n;
}

/* Beyond 2^53 a double no longer tells whole numbers (seeds) apart; there equal means equal digits. */
static bool close_enough(const char *want, size_t want_size, const char *got, size_t got_size, Tolerance t)
{
    double a = strtod(want, NULL), b = strtod(got, NULL), room = t.absolute + t.relative * fabs(a);
    if (want_size == got_size && memcmp(want, got, got_size) == 0)
        return true;
    return fabs(a - b) <= room && (room > 0 || fabs(a) < 0x1p53);
}

/* Whether a word begins here: digits inside "gpt2" or "f32" are text, not numbers. */
static bool begins(const char *line, const char *at)
{
    return at == line || !(isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '.');
}

static bool same_line(const char *want, const char *got, Tolerance t)
{
    const char *w = want, *g = got;
    for (;;) {
        if (isblank((unsigned char)*w) && isblank((unsigned char)*g)) {
            w += strspn(w, " \t");
            g += strspn(g, " \t");
        }
        bool word = begins(want, w) && begins(got, g);
        if (word && (is_nan_word(w) || is_nan_word(g)))
            return false;
        size_t a = word ? number_at(w, true) : 0, b = word ? number_at(g, true) : 0;
        if (a && b) {
            if (!close_enough(w, a, g, b, t))
                return false;
            w += a;
            g += b;
        } else if (*w != *g) {
            return false;
        } else if (!*w) {
            return true;
        } else {
            w++;
            g++;
        }
    }
}

/* The next line that no skip header covers; *number counts all lines. NULL at the end. */
static char *next_compared(const Expected *x, char **at, int *number)
{
    char *line;
    do {
        line = next_line(at);
        *number += line != NULL;
    } while (line && rule_for(x, line, RULE_SKIP));
    return line;
}

/* Cuts out of a line whatever an ignore header matches. */
static void cut_ignored(const Expected *x, char *line)
{
    for (int i = 0; i < x->rule_count; i++) {
        regmatch_t m;
        for (char *at = line; x->rules[i].kind == RULE_IGNORE && *at &&
                              regexec(&x->rules[i].pattern, at, 1, &m, 0) == 0 && m.rm_eo > 0;) {
            memmove(at + m.rm_so, at + m.rm_eo, strlen(at + m.rm_eo) + 1);
            at += m.rm_so;
        }
    }
}

/* Cuts both texts up, and prints the lines that differ; returns how many do. */
static int compare(const Expected *x, char *got_text)
{
    char *want_at = x->text, *got_at = got_text;
    int number = x->first_line - 1, unused = 0, different = 0;
    for (;;) {
        char *want = next_compared(x, &want_at, &number), *got = next_compared(x, &got_at, &unused);
        if (!want && !got)
            return different;
        if (want)
            cut_ignored(x, want);
        if (got)
            cut_ignored(x, got);
        const Rule *rule = want ? rule_for(x, want, RULE_LINE) : NULL;
        bool same = want && got && same_line(want, got, rule ? rule->tolerance : x->tolerance);
        if (!same && different++ < MAX_SHOWN)
            printf("%s:%d:\n  expected: %s\n  got:      %s\n", x->path, want ? number : number + 1,
                   want ? want : "(the end)", got ? got : "(the end)");
        if (want && rule_for(x, want, RULE_LAST))
            return different;
    }
}

/* ---- the two commands ----------------------------------------------------------------------------- */

static bool check_file(Expected *x, Error *e)
{
    char *got = run(x, e);
    if (!got)
        return false;
    int different = compare(x, got);
    free(got);
    if (different > MAX_SHOWN)
        printf("%s: and %d more\n", x->path, different - MAX_SHOWN);
    return different == 0 ||
           error_set(e, "%s: %d line%s differ%s from what `%s` prints", x->path, different,
                     different == 1 ? "" : "s", different == 1 ? "s" : "", x->command);
}

static bool write_file(const Expected *x, Error *e)
{
    size_t size;
    char *got = run(x, e), *old = got ? file_read(x->path, &size, e) : NULL;
    FileWriter *w = old && size >= x->head ? file_create(x->path, e) : NULL;
    bool good = false;
    if (w) {
        bool ended = x->head > 0 && old[x->head - 1] == '\n';
        file_printf(w, "%.*s%s%s", (int)x->head, old, ended ? "" : "\n", got);
        good = file_commit(w, e);
    } else if (old) {
        error_set(e, "%s: changed while its command ran", x->path);
    }
    free(got);
    free(old);
    return good;
}

/* Whether a program that the file needs is not installed. */
static bool lacks_program(const Expected *x)
{
    char command[256];
    if (!x->needs)
        return false;
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", x->needs);
    return system(command) != 0;
}

static bool one_file(const char *path, bool check)
{
    Expected x;
    Error e = {""};
    bool read = expected_read(&x, path, &e), skipped = read && lacks_program(&x);
    bool good = skipped || (read && (check ? check_file(&x, &e) : write_file(&x, &e)));
    if (skipped)
        printf("ok   %s: skipped, %s is not installed\n", path, x.needs);
    else if (good)
        printf("ok   %s\n", path);
    else
        printf("FAIL %s\n", e.text);
    fflush(stdout);
    expected_free(&x);
    return good;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: outputs check FILE... | outputs write FILE...";
    error_program("outputs");
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        puts(usage);
        return error_finish();
    }
    bool check = argc >= 2 && strcmp(argv[1], "check") == 0;
    if (!check && (argc < 2 || strcmp(argv[1], "write") != 0))
        error_exitf("%s", usage);
    signal(SIGINT, stop_all);
    signal(SIGTERM, stop_all);
    int passed = 0;
    for (int i = 2; i < argc; i++)
        passed += one_file(argv[i], check);
    if (argc == 2)
        puts("outputs: no files were given, so nothing was run");
    printf("outputs: %d passed, %d failed\n", passed, argc - 2 - passed);
    int status = error_finish();
    return status ? status : passed != argc - 2;
}
