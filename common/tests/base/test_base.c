/* test_base.c -- errors, arenas, random numbers, options, files, the terminal. */
#include "common/base/base.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what a child process said -------------------------------------------------------------------- */

typedef struct Outcome {
    int status;          /* exit status, or -1 if a signal ended it */
    char out[4096];      /* standard output */
    char complaint[512]; /* standard error */
} Outcome;

static void read_all(FILE *f, char *text, size_t room)
{
    rewind(f);
    text[fread(text, 1, room - 1, f)] = '\0';
    fclose(f);
}

/* Runs work in a child, because what is tested here ends its process. */
static Outcome in_child(void (*work)(void *), void *argument)
{
    Outcome o = {.status = -1};
    int status;
    FILE *out = tmpfile(), *complaint = tmpfile();
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(complaint), STDERR_FILENO);
        work(argument);
        fflush(NULL);
        _exit(77); /* it came back */
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        o.status = WEXITSTATUS(status);
    read_all(out, o.out, sizeof o.out);
    read_all(complaint, o.complaint, sizeof o.complaint);
    return o;
}

static int lines_in(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* ---- arena ---------------------------------------------------------------------------------------- */

START_TEST(arena_pieces_are_aligned_and_apart)
{
    Arena *a = arena_new();
    unsigned char *pieces[50];
    for (int i = 0; i < 50; i++) {
        pieces[i] = arena_alloc(a, (size_t)(i * 37));
        ck_assert_uint_eq((uintptr_t)pieces[i] % 64, 0);
        memset(pieces[i], i, (size_t)(i * 37));
    }
    for (int i = 0; i < 50; i++) {
        for (int j = 0; j < i * 37; j++)
            ck_assert_uint_eq(pieces[i][j], i);
    }
    arena_free(a);
}
END_TEST

static void one_round(Arena *a)
{
    for (size_t i = 0; i < 40; i++)
        memset(arena_alloc(a, 300000 + 1000 * i), 1, 300000);
}

START_TEST(arena_second_round_asks_for_nothing)
{
    Arena *a = arena_new();
    one_round(a);
    size_t used = arena_used(a);
    arena_reset(a);
    ck_assert_uint_eq(arena_used(a), 0);
    size_t held = arena_held(a);
    ck_assert_uint_ge(held, used);
    for (int i = 0; i < 5; i++) {
        one_round(a);
        ck_assert_uint_eq(arena_used(a), used);
        ck_assert_uint_eq(arena_held(a), held);
        arena_reset(a);
    }
    arena_free(a);
}
END_TEST

START_TEST(arena_reset_gives_the_same_memory)
{
    Arena *a = arena_new();
    void *first = arena_alloc(a, 100);
    arena_reset(a);
    ck_assert_ptr_eq(arena_alloc(a, 100), first);
    arena_free(a);
}
END_TEST

START_TEST(arena_edges)
{
    Arena *a = arena_new();
    ck_assert_uint_eq(arena_held(a), 0);
    arena_reset(a); /* an empty arena may be reset */
    void *p = arena_alloc(a, 0), *q = arena_alloc(a, 0);
    ck_assert_ptr_ne(p, q);
    arena_free(a);
    arena_free(NULL);
}
END_TEST

static void ask_too_much(void *unused)
{
    static Arena *volatile kept; /* reachable, so that a leak checker stays silent at the exit */
    (void)unused;
    kept = arena_new();
    arena_alloc(kept, (size_t)1 << 60);
}

START_TEST(arena_exhausted_memory_is_one_line)
{
    Outcome o = in_child(ask_too_much, NULL);
    ck_assert_int_eq(o.status, 2);
    ck_assert_ptr_nonnull(strstr(o.complaint, "out of memory"));
    ck_assert_int_eq(lines_in(o.complaint), 1);
}
END_TEST

START_TEST(memory_copies)
{
    char *text = memory_string("head");
    text = memory_resize(text, 100);
    ck_assert_str_eq(text, "head");
    free(text);
    int *zero = memory_zero(10, sizeof *zero);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(zero[i], 0);
    free(zero);
}
END_TEST

/* ---- random numbers ------------------------------------------------------------------------------- */

/* The published vectors: splitmix64 from 1234567, and xoshiro256** from the state 1 2 3 4. */
START_TEST(rng_golden)
{
    static const uint64_t splitmix[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                        4593380528125082431u};
    static const uint64_t xoshiro[] = {11520,
                                       0,
                                       1509978240,
                                       1215971899390074240u,
                                       1216172134540287360u,
                                       607988272756665600u,
                                       16172922978634559625u,
                                       8476171486693032832u,
                                       10595114339597558777u,
                                       2904607092377533576u};
    Rng r = rng_new(1234567);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(r.state[i], splitmix[i]);
    r = (Rng){{1, 2, 3, 4}};
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(rng_next(&r), xoshiro[i]);
}
END_TEST

START_TEST(rng_same_seed_same_numbers)
{
    Rng a = rng_new(7), b = rng_new(7), c = rng_new(8);
    int different = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_next(&a);
        ck_assert_uint_eq(x, rng_next(&b));
        different += x != rng_next(&c);
    }
    ck_assert_int_eq(different, 100);
    Rng saved = a; /* the struct is the whole state */
    ck_assert_uint_eq(rng_next(&a), rng_next(&saved));
}
END_TEST

START_TEST(rng_uniform_bounds)
{
    Rng r = rng_new(1);
    double sum = 0, min = 1, max = 0;
    for (int i = 0; i < 200000; i++) {
        double x = (double)rng_uniform(&r);
        ck_assert(x >= 0 && x < 1);
        sum += x;
        min = x < min ? x : min;
        max = x > max ? x : max;
    }
    ck_assert_double_eq_tol(sum / 200000, 0.5, 0.005);
    ck_assert(min < 0.001 && max > 0.999);
}
END_TEST

START_TEST(rng_normal_moments)
{
    enum { COUNT = 200000 };
    Rng r = rng_new(2);
    double sum = 0, squares = 0, fourth = 0;
    for (int i = 0; i < COUNT; i++) {
        double x = (double)rng_normal(&r);
        ck_assert(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    ck_assert_double_eq_tol(sum / COUNT, 0, 0.015);
    ck_assert_double_eq_tol(squares / COUNT, 1, 0.02);
    ck_assert_double_eq_tol(fourth / COUNT, 3, 0.15); /* a uniform sum of variance 1 has less */
}
END_TEST

START_TEST(rng_below_is_even)
{
    Rng r = rng_new(3);
    int seen[7] = {0};
    for (int i = 0; i < 70000; i++) {
        int x = rng_below(&r, 7);
        ck_assert(x >= 0 && x < 7);
        seen[x]++;
    }
    double chi_square = 0;
    for (int i = 0; i < 7; i++)
        chi_square += (seen[i] - 10000.0) * (seen[i] - 10000.0) / 10000.0;
    ck_assert_double_lt(chi_square, 22.46); /* 6 degrees of freedom, p = 0.001 */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(rng_below(&r, 1), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_ge(rng_below(&r, 2147483647), 0);
}
END_TEST

START_TEST(rng_below_zero_aborts)
{
    Rng r = rng_new(1);
    rng_below(&r, 0);
}
END_TEST

START_TEST(rng_shuffle_permutes)
{
    Rng r = rng_new(4);
    int first[3] = {0};
    for (int round = 0; round < 3000; round++) {
        int v[3] = {0, 1, 2};
        rng_shuffle(&r, v, 3);
        ck_assert_int_eq(v[0] + v[1] + v[2], 3);
        ck_assert_int_eq(v[0] * v[1] * v[2], 0);
        first[v[0]]++;
    }
    for (int i = 0; i < 3; i++)
        ck_assert(first[i] > 850 && first[i] < 1150);
    rng_shuffle(&r, NULL, 0);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------------- */

START_TEST(error_first_wins_and_is_one_line)
{
    Error e = {""};
    ck_assert(!error_set(&e, "%s: byte %d", "a\nb\033[2J", 7));
    ck_assert_str_eq(e.text, "a?b?[2J: byte 7");
    ck_assert(!error_set(&e, "second"));
    ck_assert_str_eq(e.text, "a?b?[2J: byte 7");
    ck_assert(!error_set(NULL, "nobody asks"));
}
END_TEST

START_TEST(error_long_text_is_cut)
{
    Error e = {""};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(&e, "%s", text);
    ck_assert_uint_eq(strlen(e.text), sizeof e.text - 1);
}
END_TEST

static void fail_with_message(void *unused)
{
    (void)unused;
    error_program("mha_demo");
    error_exitf("%s: no such thing", "x\ny");
}

START_TEST(error_exit_status)
{
    Outcome o = in_child(fail_with_message, NULL);
    ck_assert_int_eq(o.status, 2);
    ck_assert_str_eq(o.complaint, "mha_demo: x?y: no such thing\n");
}
END_TEST

static void finish_on(void *path)
{
    int full = open(path, O_WRONLY);
    dup2(full, STDOUT_FILENO);
    printf("some output\n");
    _exit(error_finish());
}

START_TEST(error_finish_sees_a_full_disk)
{
    ck_assert_int_eq(in_child(finish_on, "/dev/null").status, 0);
    if (access("/dev/full", W_OK) == 0)
        ck_assert_int_eq(in_child(finish_on, "/dev/full").status, 2);
}
END_TEST

START_TEST(fatal_aborts)
{
    FATAL("shapes (%d) and (%d)", 2, 3);
}
END_TEST

/* ---- options -------------------------------------------------------------------------------------- */

/* A program with one option of every kind; prints what it was given. */
static void parse(void *line)
{
    char *argv[16] = {"build/some_demo"};
    int argc = 1;
    for (char *word = strtok(line, "|"); word; word = strtok(NULL, "|"))
        argv[argc++] = word;
    static const char *const shapes[] = {"line", "cosine", NULL};
    int heads = 4, letter = 3, shape = 1;
    float rate = 0.5f;
    const char *text = "none";
    bool fast = false;
    uint64_t seed = 1;
    const Option shared[] = {option_float("rate", &rate, 0, 1, "learning rate"),
                             option_string("text", &text, "the text"), OPTION_END};
    const Option options[] = {option_title("attention"),
                              option_int("heads", &heads, 1, 64, "number of heads"),
                              option_int("n", &letter, 0, 9, "a letter"),
                              option_group(shared),
                              option_title("the run"),
                              option_choice("shape", &shape, shapes, "schedule"),
                              option_flag("fast", &fast, "hurry"),
                              option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv, "A demo.", options);
    printf("%d %d %g %s %s %d %llu", heads, letter, (double)rate, text, shapes[shape], fast,
           (unsigned long long)seed);
    fflush(stdout);
    _exit(0);
}

/* A program that took a group which has one of its own options. */
START_TEST(options_twice)
{
    uint64_t seed = 1;
    char *argv[] = {"demo", NULL};
    const Option shared[] = {option_seed(&seed), OPTION_END};
    const Option options[] = {option_seed(&seed), option_group(shared), OPTION_END};
    options_parse(1, argv, "A demo.", options);
}
END_TEST

static Outcome parsed(const char *line)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", line);
    return in_child(parse, copy);
}

START_TEST(options_good)
{
    static const struct {
        const char *line, *result;
    } cases[] = {
        {"", "4 3 0.5 none cosine 0 1"},
        {"--heads|8", "8 3 0.5 none cosine 0 1"},
        {"--heads=64|-n|9", "64 9 0.5 none cosine 0 1"},
        {"-n7|--rate|0.25", "4 7 0.25 none cosine 0 1"},
        {"--text|two words|--shape|line", "4 3 0.5 two words line 0 1"},
        {"--fast|--seed|18446744073709551615", "4 3 0.5 none cosine 1 18446744073709551615"},
        {"--rate|1e-3", "4 3 0.001 none cosine 0 1"},
        {"--heads|1|-n|0|--rate|0|--seed|0", "1 0 0 none cosine 0 0"}, /* the limits themselves */
        {"--heads|64|-n|9|--rate|1", "64 9 1 none cosine 0 1"},
    };
    Outcome o = parsed(cases[_i].line);
    ck_assert_int_eq(o.status, 0);
    ck_assert_str_eq(o.out, cases[_i].result);
    ck_assert_str_eq(o.complaint, "");
}
END_TEST

/* Every one: exit status 2, one line that names the culprit, nothing on standard output. */
START_TEST(options_bad)
{
    static const struct {
        const char *line, *named;
    } cases[] = {
        {"--heads|0", "'0'"},
        {"--heads|65", "'65'"},
        {"--heads|4x", "'4x'"},
        {"--heads|4.5", "'4.5'"},
        {"--heads|", "--heads"},
        {"--heads|99999999999999999999", "--heads"},
        {"--rate|nan", "'nan'"},
        {"--rate|inf", "'inf'"},
        {"--rate|-0.1", "'-0.1'"},
        {"--seed|-1", "'-1'"},
        {"--seed|18446744073709551616", "--seed"},
        {"--shape|square", "line, cosine"},
        {"--nonsense", "--nonsense"},
        {"-z", "-z"},
        {"stray", "'stray'"},
        {"--fast=1", "--fast"},
        {"--text", "--text"},
    };
    Outcome o = parsed(cases[_i].line);
    ck_assert_int_eq(o.status, 2);
    ck_assert_str_eq(o.out, "");
    ck_assert_int_eq(lines_in(o.complaint), 1);
    ck_assert_msg(strncmp(o.complaint, "some_demo: ", 11) == 0, "%s", o.complaint);
    ck_assert_msg(strstr(o.complaint, cases[_i].named) != NULL, "%s", o.complaint);
}
END_TEST

START_TEST(options_help)
{
    Outcome o = parsed("--help");
    ck_assert_int_eq(o.status, 0);
    ck_assert_str_eq(o.complaint, "");
    static const char *const words[] = {"A demo.",
                                        "--heads N",
                                        "[4]",
                                        "-n N",
                                        "--rate X",
                                        "[0.5]",
                                        "--text",
                                        "--shape line|cosine",
                                        "--fast",
                                        "--seed N",
                                        "number of heads",
                                        "--help",
                                        "Usage: build/some_demo [options]\n\nattention:\n  --heads N",
                                        "\n\nthe run:\n  --shape"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(o.out, words[i]) != NULL, "%s is not in --help", words[i]);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------------- */

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_base.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *inside(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Files in the folder; they are removed if asked. */
static int count_files(bool clear)
{
    int count = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *f; (f = readdir(d));) {
        if (f->d_name[0] == '.')
            continue;
        count++;
        if (clear && unlink(inside(f->d_name)) != 0)
            rmdir(inside(f->d_name));
    }
    closedir(d);
    return count;
}

static void remove_folder(void)
{
    count_files(true);
    rmdir(folder);
}

static void put(const char *path, const char *text)
{
    Error e = {""};
    FileWriter *w = file_create(path, &e);
    ck_assert_msg(w != NULL, "%s", e.text);
    file_printf(w, "%s", text);
    ck_assert_msg(file_commit(w, &e), "%s", e.text);
}

static void assert_holds(const char *path, const char *text)
{
    Error e = {""};
    size_t size = 0;
    char *bytes = file_read(path, &size, &e);
    ck_assert_msg(bytes != NULL, "%s", e.text);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_str_eq(bytes, text);
    free(bytes);
}

START_TEST(file_round_trip)
{
    Error e = {""};
    const char *path = inside("a");
    FileWriter *w = file_create(path, &e);
    file_write(w, "x\0y", 3);
    ck_assert_int_ne(access(path, F_OK), 0); /* nothing of that name before the commit */
    ck_assert(file_commit(w, &e));
    size_t size;
    char *bytes = file_read(path, &size, &e);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(memcmp(bytes, "x\0y", 4), 0);
    free(bytes);
    ck_assert_int_eq(count_files(false), 1);
    put(path, "");
    assert_holds(path, "");
}
END_TEST

START_TEST(file_old_stays_until_commit)
{
    Error e = {""};
    const char *path = inside("a");
    put(path, "old");
    FileWriter *w = file_create(path, &e);
    file_printf(w, "new and longer");
    assert_holds(path, "old");
    file_abandon(w);
    assert_holds(path, "old");
    ck_assert_int_eq(count_files(false), 1);
    put(path, "new");
    assert_holds(path, "new");
}
END_TEST

/* The disk is full halfway: a limit on the size of a file does the same to the writer. */
START_TEST(file_full_disk_keeps_the_old)
{
    Error e = {""};
    const char *path = inside("a");
    put(path, "old");
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 20000;
    signal(SIGXFSZ, SIG_IGN);
    FileWriter *w = file_create(path, &e);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 10000; i++)
        file_printf(w, "line %d\n", i);
    bool good = file_commit(w, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(!good);
    ck_assert_ptr_nonnull(strstr(e.text, path));
    assert_holds(path, "old");
    ck_assert_int_eq(count_files(false), 1);
}
END_TEST

START_TEST(file_rename_fails)
{
    Error e = {""};
    const char *path = inside("taken");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    FileWriter *w = file_create(path, &e);
    file_printf(w, "text");
    ck_assert(!file_commit(w, &e));
    ck_assert_str_ne(e.text, "");
    ck_assert_int_eq(count_files(false), 1); /* the temporary file is gone */
}
END_TEST

/* A killed writer leaves its temporary file; the next one takes its place. */
START_TEST(file_left_by_a_killed_writer)
{
    FILE *left = fopen(inside("a.part"), "w");
    fputs("a long text that was never finished", left);
    fclose(left);
    put(inside("a"), "new");
    assert_holds(inside("a"), "new");
    ck_assert_int_eq(count_files(false), 1);
}
END_TEST

START_TEST(file_two_writers)
{
    Error e = {""};
    const char *path = inside("a");
    FileWriter *w = file_create(path, &e);
    file_printf(w, "first");
    ck_assert_ptr_null(file_create(path, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "another program is writing it"));
    e.text[0] = '\0';
    ck_assert(file_commit(w, &e));
    assert_holds(path, "first");
    put(path, "second");
    assert_holds(path, "second");
}
END_TEST

START_TEST(file_unwritable_folder)
{
    Error e = {""};
    ck_assert_ptr_null(file_create(inside("no/such/folder"), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "no/such/folder"));
    if (geteuid() == 0)
        return; /* nothing is unwritable to root */
    e.text[0] = '\0';
    chmod(folder, 0500);
    ck_assert_ptr_null(file_create(inside("a"), &e));
    chmod(folder, 0700);
    ck_assert_str_ne(e.text, "");
}
END_TEST

START_TEST(file_read_bad)
{
    const char *const paths[] = {"/no/such/file", "/dev/zero", folder, ""};
    for (int i = 0; i < 4; i++) {
        Error e = {""};
        size_t size = 0;
        ck_assert_ptr_null(file_read(paths[i], &size, &e));
        ck_assert_str_ne(e.text, "");
    }
}
END_TEST

START_TEST(file_directories)
{
    Error e = {""};
    char path[512];
    snprintf(path, sizeof path, "%s", inside("one/two/"));
    ck_assert_msg(file_make_directory(path, &e), "%s", e.text);
    ck_assert_msg(file_make_directory(path, &e), "%s", e.text);
    ck_assert_int_eq(access(path, W_OK), 0);
    rmdir(path);
    rmdir(inside("one"));
    put(inside("plain"), "");
    ck_assert(!file_make_directory(inside("plain/below"), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "plain/below"));
}
END_TEST

/* ---- clock and terminal --------------------------------------------------------------------------- */

START_TEST(clock_moves_on)
{
    double start = clock_seconds();
    usleep(20000);
    double taken = clock_seconds() - start;
    ck_assert(taken >= 0.019 && taken < 10);
    ck_assert_double_gt(clock_peak_mb(), 0.1);
    ck_assert_int_gt(clock_page_faults(), 0);
}
END_TEST

static void expect_wrapped(const char *text, int columns, const char *expected)
{
    char got[512] = "";
    FILE *out = fmemopen(got, sizeof got, "w");
    terminal_wrap(out, text, columns, "> ");
    fclose(out);
    ck_assert_str_eq(got, expected);
}

START_TEST(terminal_wraps)
{
    expect_wrapped("", 10, "");
    expect_wrapped("one two three", 7, "one two\n> three");
    expect_wrapped("one two three", 6, "one\n> two\n> three");
    expect_wrapped("unbreakable", 4, "unbreakable");
    expect_wrapped("a\nb", 9, "a\n> b");
    expect_wrapped("小红看见了猫。", 8, "小红看见\n> 了猫。");
    expect_wrapped("小红看见了猫。", 12, "小红看见了\n> 猫。"); /* no line begins with a full stop */
    expect_wrapped("养 cat 的人", 6, "养 cat\n> 的人");
    expect_wrapped("\xe7\x8c", 4, "\xe7\x8c"); /* cut in the middle */
}
END_TEST

START_TEST(terminal_widths)
{
    ck_assert_int_eq(terminal_width(""), 0);
    ck_assert_int_eq(terminal_width("head"), 4);
    ck_assert_int_eq(terminal_width("猫 is"), 5);
    ck_assert_int_eq(terminal_width("é"), 1);
    ck_assert_int_eq(terminal_width("\xe7\x8c"), 1); /* cut in the middle: no read past the end */
}
END_TEST

static void draw_heatmap(void *unused)
{
    static const float values[] = {1, 0, 0.5f, 0.5f};
    static const char *const names[] = {"cat", "猫"};
    (void)unused;
    terminal_heatmap(values, 2, 2, names, names);
}

START_TEST(terminal_heatmap_is_plain_in_a_file)
{
    Outcome o = in_child(draw_heatmap, NULL);
    ck_assert_int_eq(lines_in(o.out), 3);
    ck_assert_ptr_null(strchr(o.out, '\033'));
    ck_assert_ptr_nonnull(strstr(o.out, "█"));
}
END_TEST

static void show_progress(void *unused)
{
    (void)unused;
    Progress p = progress_begin("train", 1000);
    for (long i = 1; i <= 1000; i++)
        progress_update(&p, i, "loss %.2f", 2.5);
    progress_end(&p);
}

START_TEST(progress_is_ten_plain_lines_in_a_file)
{
    Outcome o = in_child(show_progress, NULL);
    ck_assert_str_eq(o.out, "");
    ck_assert_int_eq(lines_in(o.complaint), 10);
    ck_assert_ptr_null(strchr(o.complaint, '\033'));
    ck_assert_ptr_nonnull(strstr(o.complaint, "train 1000/1000  loss 2.50"));
}
END_TEST

/* The last bar that is drawn on a terminal after one step of so many, as if `seconds` had gone by. */
static void bar_is(long done, long total, double seconds, const char *left)
{
    char text[1024];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY), kept = dup(STDERR_FILENO);
    ck_assert_int_ge(slave, 0);
    dup2(slave, STDERR_FILENO);
    Progress p = progress_resume("train", done - 1, total);
    p.start -= seconds;
    progress_update(&p, done, "loss %.2f", 2.5);
    dup2(kept, STDERR_FILENO);
    size_t size = 0;
    ssize_t more;
    do { /* what is written unbuffered comes in pieces */
        more = read(master, text + size, sizeof text - 1 - size);
        size += more > 0 ? (size_t)more : 0;
        text[size] = '\0';
    } while (more > 0 && !strstr(text, " left"));
    close(kept);
    close(slave);
    close(master);
    ck_assert_msg(strstr(text, left) != NULL, "expected %s: %s", left, text);
}

/* Each of the steps that are left takes as long as the one that was seen. */
START_TEST(progress_tells_the_time_left)
{
    bar_is(1, 1, 100, " 1/1  loss 2.50  0 s left");
    bar_is(1, 2, 42, "  42 s left");
    bar_is(901, 906, 37, " 901/906  loss 2.50  3 min 5 s left"); /* not 5 / 901 of 37 s */
    bar_is(1, 14, 600, "  2 h 10 min left");
    bar_is(1, 101, 3600, "  4 days 4 h left");
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------------ */

static TCase *memory_cases(void)
{
    TCase *t = tcase_create("arena");
    tcase_add_test(t, arena_pieces_are_aligned_and_apart);
    tcase_add_test(t, arena_second_round_asks_for_nothing);
    tcase_add_test(t, arena_reset_gives_the_same_memory);
    tcase_add_test(t, arena_edges);
    tcase_add_test(t, arena_exhausted_memory_is_one_line);
    tcase_add_test(t, memory_copies);
    return t;
}

static TCase *rng_cases(void)
{
    TCase *t = tcase_create("rng");
    tcase_add_test(t, rng_golden);
    tcase_add_test(t, rng_same_seed_same_numbers);
    tcase_add_test(t, rng_uniform_bounds);
    tcase_add_test(t, rng_normal_moments);
    tcase_add_test(t, rng_below_is_even);
    tcase_add_test_raise_signal(t, rng_below_zero_aborts, SIGABRT);
    tcase_add_test(t, rng_shuffle_permutes);
    return t;
}

static TCase *error_cases(void)
{
    TCase *t = tcase_create("error");
    tcase_add_test(t, error_first_wins_and_is_one_line);
    tcase_add_test(t, error_long_text_is_cut);
    tcase_add_test(t, error_exit_status);
    tcase_add_test(t, error_finish_sees_a_full_disk);
    tcase_add_test_raise_signal(t, fatal_aborts, SIGABRT);
    return t;
}

static TCase *option_cases(void)
{
    TCase *t = tcase_create("options");
    tcase_add_test_raise_signal(t, options_twice, SIGABRT);
    tcase_add_loop_test(t, options_good, 0, 9);
    tcase_add_loop_test(t, options_bad, 0, 17);
    tcase_add_test(t, options_help);
    return t;
}

static TCase *file_cases(void)
{
    TCase *t = tcase_create("file");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, file_round_trip);
    tcase_add_test(t, file_old_stays_until_commit);
    tcase_add_test(t, file_full_disk_keeps_the_old);
    tcase_add_test(t, file_rename_fails);
    tcase_add_test(t, file_left_by_a_killed_writer);
    tcase_add_test(t, file_two_writers);
    tcase_add_test(t, file_unwritable_folder);
    tcase_add_test(t, file_read_bad);
    tcase_add_test(t, file_directories);
    return t;
}

static TCase *terminal_cases(void)
{
    TCase *t = tcase_create("terminal");
    tcase_add_test(t, clock_moves_on);
    tcase_add_test(t, terminal_wraps);
    tcase_add_test(t, terminal_widths);
    tcase_add_test(t, terminal_heatmap_is_plain_in_a_file);
    tcase_add_test(t, progress_is_ten_plain_lines_in_a_file);
    tcase_add_test(t, progress_tells_the_time_left);
    return t;
}

/* ---- threads ---------------------------------------------------------------------------------------- */

static void put_file(const char *where, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", where, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* A tree like /sys/fs/cgroup: version 2 in root/a/b, version 1 in root/cpu/c. */
static void make_groups(char root[64])
{
    char path[256];
    strcpy(root, "/tmp/groups.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    for (const char *const *at = (const char *const[]){"a", "a/b", "cpu", "cpu/c", NULL}; *at; at++) {
        snprintf(path, sizeof path, "%s/%s", root, *at);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/a", root);
    put_file(path, "cpu.max", "150000 100000\n");
    snprintf(path, sizeof path, "%s/a/b", root);
    put_file(path, "cpu.max", "max 100000\n");
    snprintf(path, sizeof path, "%s/cpu/c", root);
    put_file(path, "cpu.cfs_quota_us", "50000\n");
    put_file(path, "cpu.cfs_period_us", "100000\n");
}

START_TEST(the_quota_of_a_group_or_of_one_around_it_counts)
{
    char root[64], command[128];
    make_groups(root);
    ck_assert_double_eq(threads_quota("0::/a/b\n", root), 1.5);
    ck_assert_double_eq(threads_quota("0::/\n", root), 0);
    ck_assert_double_eq(threads_quota("3:memory:/c\n2:cpu,cpuacct:/c\n", root), 0.5);
    ck_assert_double_eq(threads_quota("3:memory:/c\n", root), 0);
    ck_assert_double_eq(threads_quota("", root), 0);
    ck_assert_double_eq(threads_quota("nonsense\n0::/not/there", root), 0);
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_quota_gives_the_nearest_number_of_threads)
{
    ck_assert_int_eq(threads_for_quota(0), 0);
    ck_assert_int_eq(threads_for_quota(0.2), 1);
    ck_assert_int_eq(threads_for_quota(1.4), 1);
    ck_assert_int_eq(threads_for_quota(1.5), 2);
    ck_assert_int_eq(threads_for_quota(7.9), 8);
}
END_TEST

static TCase *thread_cases(void)
{
    TCase *t = tcase_create("threads");
    tcase_add_test(t, the_quota_of_a_group_or_of_one_around_it_counts);
    tcase_add_test(t, a_quota_gives_the_nearest_number_of_threads);
    return t;
}

int main(void)
{
    Suite *s = suite_create("base");
    suite_add_tcase(s, memory_cases());
    suite_add_tcase(s, rng_cases());
    suite_add_tcase(s, error_cases());
    suite_add_tcase(s, option_cases());
    suite_add_tcase(s, file_cases());
    suite_add_tcase(s, terminal_cases());
    suite_add_tcase(s, thread_cases());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
