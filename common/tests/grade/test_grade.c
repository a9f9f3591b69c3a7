/* test_grade.c -- the grader's readers of things that others wrote: sources, objects, messages,
 * exercises.tsv, the judge's records; and what it writes: skeletons, results.
 *
 * exercise.c and grading.c are included, for the reader of one line and the counting of records. */
#include "common/base/base.h"
#include "common/grade/exercise.c"
#include "common/grade/grading.c"
#include "common/grade/message.h"
#include "common/grade/object.h"
#include "common/grade/printable.h"
#include "common/grade/results.h"
#include "common/grade/source.h"

#include <check.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS = 4000 };

/* ---- sources ------------------------------------------------------------------------------------- */

static bool accepts(const char *text)
{
    Error e = {""};
    Source source;
    bool good = source_read(&source, text, strlen(text), "x.c", &e);
    source_free(&source);
    ck_assert_msg(good == (e.text[0] == '\0'), "%s: %s", text, e.text);
    return good;
}

START_TEST(plain_sources_are_accepted)
{
    static const char *const texts[] = {
        "#include <math.h>\n#include \"common/nn/nn.h\"\nint x;\n",
        "#include \"ch03/exercises/exercises.h\" /* f */\nint x;\n",
        "/* asm #include \"x\" __attribute__ */ // __asm__\nconst char *s = \"asm(\\\"\"; char c = '\"';\n",
        "#define TWICE(x) ((x) + (x))\n#if 1\n#endif\n#pragma omp parallel for\n#\n",
        "const char *f(void) { return __func__; }\nint asm_ = 1, masm = a[b[0]];\n",
        "#include <stdio.h> // printing\n",
        ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(accepts(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(other_sources_are_refused)
{
    static const char *const texts[] = {"#include <unistd.h>\n",
                                        "#include \"common/../x.h\"\n",
                                        "#include \"common/grade/judge.h\"\n",
                                        "#include \"common/nn/ops.c\"\n",
                                        "#include \"ch03/exercises/solutions/a.h\"\n",
                                        "#include WHERE\n",
                                        "#inc\\\nlude <unistd.h>\n",
                                        "# /* */ include <sys/socket.h>\n",
                                        "%:include <unistd.h>\n",
                                        "\?\?=include <unistd.h>\n",
                                        "#line 3\n",
                                        "# 3 \"x.c\"\n",
                                        "#pragma weak f\n",
                                        "#import <math.h>\n",
                                        "void f(void) { asm(\"\"); }\n",
                                        "#define X __asm__\n",
                                        "int f __attribute__((weak));\n",
                                        "[[gnu::weak]] int f;\n",
                                        "_Pragma(\"weak f\")\n",
                                        "int x = \\/* c */\n1;\n",
                                        "char *s = \"\?\\\n\?/\";\n",
                                        "int x = __builtin_trap();\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!accepts(texts[i]), "%s", texts[i]);
    Error e = {""};
    Source source;
    ck_assert(!source_read(&source, "int a;\0asm", 10, "x.c", &e));
    ck_assert_ptr_nonnull(strstr(e.text, "zero byte"));
}
END_TEST

/* What is compiled: each line in its place, nothing joined or commented left, headers apart. */
START_TEST(sources_are_translated)
{
    static const char *const texts[][3] = {
        {"\xef\xbb\xbfint a;\r\nint b;\r", "", "int a;\nint b;\n\n"},
        {"int a\\\n;\nint b;\n", "", "int a;\n\nint b;\n\n"},
        {"int a \\ \t\n;\n", "", "int a ;\n\n\n"},
        {"int a; /* b\n c */ int d;\n", "", "int a;   int d;\n\n\n"},
        {"int a; // b \\\n asm\nint c;", "", "int a;  \n\nint c;\n"},
        {"/* *\\\n/ int a;\n", "", "  int a;\n\n\n"},
        {"/* *\?\?/\n/ int a;\n", "", "  int a;\n\n\n"},
        {"char *s = \"/*\"; int c = '\"'; // '\n", "", "char *s = \"/*\"; int c = '\"';  \n\n"},
        {"char *s = \"\\\"//\";\n", "", "char *s = \"\\\"//\";\n\n"},
        {"int a;\n#include <math.h> /* m */\nint b;\n", "#line 2 \"x.c\"\n#include <math.h>\n",
         "int a;\n                   \nint b;\n\n"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Source s;
        Error e = {""};
        ck_assert_msg(source_read(&s, texts[i][0], strlen(texts[i][0]), "x.c", &e), "%s: %s", texts[i][0],
                      e.text);
        ck_assert_str_eq(s.headers, texts[i][1]);
        ck_assert_str_eq(s.text, texts[i][2]);
        source_free(&s);
    }
}
END_TEST

START_TEST(preprocessed_sources)
{
    static const char before[] = "# 1 \"/usr/include/math.h\" 1 3\nextern int f __asm__(\"g\");\n";
    static const char *const good[] = {"# 1 \"x.c\"\n#pragma omp parallel for\nint x[2][3];\n",
                                       "# 7 \"x.c\" 2\nint y = __builtin_isnan(1.0f);\n"};
    static const char *const bad[] = {
        "int f __attribute__((weak));\n",     "# 1 \"x.c\"\n# 1 \"/usr/include/math.h\" 1 3\nasm(\"\");\n",
        "# 1 \"x.c\"\n#pragma weak f\n",      "# 1 \"/etc/passwd\" 1\n",
        "struct grade_begins;\nasm(\"\");\n", "[\n[gnu::weak]] int f;\n",
        "<::gnu::weak:>:> int f;\n",          "int x = __builtin_ia32_rdtsc();\n"};
    char text[512];
    Error e = {""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int n = snprintf(text, sizeof text, "%s%s%s", before, SOURCE_BEGINS, good[i]);
        ck_assert_msg(source_check_preprocessed(text, (size_t)n, "x.c", &e), "%s", e.text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int n = snprintf(text, sizeof text, "%s%s%s", before, SOURCE_BEGINS, bad[i]);
        ck_assert_msg(!source_check_preprocessed(text, (size_t)n, "x.c", NULL), "%s", bad[i]);
    }
    ck_assert(!source_check_preprocessed("int x;\n", 7, "x.c", NULL));
}
END_TEST

START_TEST(text_is_made_printable)
{
    static const char *const texts[][2] = {
        {"plain\n\tand \xe4\xb8\xad\xe6\x96\x87", "plain\n\tand \xe4\xb8\xad\xe6\x96\x87"},
        {"\x1b[2J \xc2\x9b \x7f \r", "?[2J ?? ? ?"},
        {"\xe2\x80\xae \xe2\x81\xa6 \xd8\x9c", "??? ??? ??"},
        {"\x9b \xff \xc0\x80 \xed\xa0\x80 \xf0\x9f\x98", "? ? ?? ??? ???"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", texts[i][0]);
        make_printable(text);
        ck_assert_str_eq(text, texts[i][1]);
    }
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------------- */

static char *read_own(const char *path, size_t *size)
{
    Error e = {""};
    char *bytes = file_read(path, size, &e);
    ck_assert_msg(bytes != NULL, "%s", e.text);
    return bytes;
}

/* Changes a few bytes, and sometimes the length. */
static size_t damage(char *bytes, size_t size, Rng *rng)
{
    for (int i = rng_below(rng, 6); i >= 0; i--)
        bytes[rng_below(rng, (int)size)] = (char)rng_next(rng);
    return rng_below(rng, 3) ? size : (size_t)rng_below(rng, (int)size);
}

START_TEST(damaged_sources_do_no_harm)
{
    size_t size;
    char *text = read_own("ch03/exercises/check_ch03.c", &size);
    Rng rng = rng_new(1);
    for (int i = 0; i < ROUNDS; i++) {
        char *copy = memory_new(size);
        memcpy(copy, text, size);
        size_t left = damage(copy, size, &rng);
        char *exact = memory_new(left + 1); /* so that a sanitizer sees a read past the end */
        memcpy(exact, copy, left);
        exact = memory_resize(exact, left ? left : 1);
        Source source;
        source_read(&source, exact, left, "x.c", NULL);
        source_free(&source);
        source_check_preprocessed(exact, left, "x.c", NULL);
        free(exact);
        free(copy);
    }
    free(text);
}
END_TEST

/* An object of this very compiler, by way of the shell. */
static unsigned char *compile(const char *source, size_t *size)
{
    char command[512], folder[] = "/tmp/test_grade.XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof command, "printf '%%s' '%s' >%s/x.c && cc -w -O1 -c %s/x.c -o %s/x.o", source,
             folder, folder, folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/x.o", folder);
    char *bytes = read_own(path, size);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    return (unsigned char *)bytes;
}

static bool object_passes(const char *source, const char *uses)
{
    size_t size;
    unsigned char *bytes = compile(source, &size);
    bool good = object_check(bytes, size, "f", uses, NULL);
    free(bytes);
    return good;
}

START_TEST(objects)
{
    ck_assert(object_passes("float expf(float); float f(float x) { return expf(x); }", "-"));
    ck_assert(object_passes("static int n; int f(void) { return n++; }", "-"));
    ck_assert(!object_passes("int g(void) { return 1; } int f(void) { return g(); }", "-"));
    ck_assert(!object_passes("int g(void) { return 1; }", "-"));
    ck_assert(!object_passes("int f = 1;", "-"));
    ck_assert(!object_passes("int fork(void); int f(void) { return fork(); }", "-"));
    ck_assert(!object_passes("int nn_a(void); int f(void) { return nn_a(); }", "-"));
    ck_assert(object_passes("int nn_a(void); int f(void) { return nn_a(); }", "tensor_* nn_*"));
    ck_assert(!object_passes("int nn_a(void); int f(void) { return nn_a(); }", "nn_* -nn_a"));
    ck_assert(!object_passes("int free(int); int f(void) { return free(1); }", "-free"));
    ck_assert(!object_passes("__attribute__((weak)) int f(void) { return 1; }", "-"));
    ck_assert(!object_passes("__attribute__((constructor)) static void c(void) { static volatile int n; n "
                             "= 1; } int f(void) { return 1; }",
                             "-"));
}
END_TEST

START_TEST(damaged_objects_do_no_harm)
{
    size_t size;
    unsigned char *bytes = compile("float expf(float); float f(float x) { return expf(x) + 1; }", &size);
    Rng rng = rng_new(2);
    for (int i = 0; i < ROUNDS; i++) {
        char *copy = memory_new(size);
        memcpy(copy, bytes, size);
        size_t left = damage(copy, size, &rng);
        copy = memory_resize(copy, left ? left : 1);
        object_check((unsigned char *)copy, left, "f", "-", NULL);
        free(copy);
    }
    free(bytes);
}
END_TEST

/* ---- messages ------------------------------------------------------------------------------------ */

START_TEST(messages_come_back)
{
    Message m = {.bytes = NULL};
    Arena *a = arena_new();
    Tensor *t = tensor_new(a, 2, 3);
    char text[MESSAGE_TEXT];
    const int ints[] = {4, 5, 6};
    int count;
    tensor_fill(t, 1.5f);
    message_put_text(&m, "name");
    message_put_int(&m, -7);
    message_put_float(&m, 0.25f);
    message_put_ints(&m, ints, 3);
    message_put_tensor(&m, t);
    message_text(&m, text);
    ck_assert_str_eq(text, "name");
    ck_assert_int_eq(message_int(&m), -7);
    ck_assert(message_float(&m) == 0.25f);
    const int *got = message_ints(&m, a, &count);
    ck_assert(count == 3 && memcmp(got, ints, sizeof ints) == 0);
    const Tensor *back = message_tensor(&m, a);
    ck_assert(back && tensor_same_shape(back, t) && memcmp(back->data, t->data, 24) == 0);
    ck_assert(!m.bad && m.at == m.size);
    ck_assert_ptr_null(message_tensor(&m, a));
    ck_assert(m.bad);
    message_free(&m);
    arena_free(a);
}
END_TEST

START_TEST(damaged_messages_do_no_harm)
{
    Message m = {.bytes = NULL};
    Arena *a = arena_new();
    Tensor *t = tensor_new(a, 3, 2, 2);
    Rng rng = rng_new(3);
    tensor_fill(t, 1);
    for (int i = 0; i < ROUNDS; i++) {
        char text[MESSAGE_TEXT];
        int count;
        message_clear(&m);
        message_put_text(&m, "output");
        message_put_ints(&m, t->shape, 3);
        message_put_tensor(&m, t);
        m.size = damage((char *)m.bytes, m.size, &rng);
        message_text(&m, text);
        message_ints(&m, a, &count);
        const Tensor *got = message_tensor(&m, a);
        ck_assert(got == NULL || got->size <= t->size);
    }
    message_free(&m);
    arena_free(a);
}
END_TEST

/* ---- exercises.tsv and skeletons ----------------------------------------------------------------- */

START_TEST(the_exercises_of_the_book)
{
    Book *b = memory_zero(1, sizeof *b);
    Error e = {""};
    ck_assert_msg(book_read(b, ".", NULL, &e), "%s", e.text);
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        ck_assert_msg(x->points > 0 && x->minutes > 0 && x->section[0] && x->title[0][0] &&
                          x->title[1][0] && x->hint_count[0] > 0 && x->hint_count[0] == x->hint_count[1],
                      "%s/%s", x->chapter, x->id);
    }
    ck_assert_ptr_eq(book_find(b, "ch03/ex2", &e), book_find(b, "ch03/exercises/ex2_attention.c", &e));
    ck_assert_ptr_null(book_find(b, "ch99/ex1", &e));
    book_free(b);
    free(b);
}
END_TEST

START_TEST(bad_lines)
{
    static const char *const lines[] = {
        "ex1\ta\tf\tx\t-\t10\t15\t1.1\t3\tT\tT\th", "ex1\ta\tf\tx\t-\t0\t15\t1.1\t3\tT\tT\th\th",
        "ex1\ta/b\tf\tx\t-\t10\t15\t1.1\t3\tT\tT\th\th", "ex1\ta\tf\tx\t-\t10\t15\t1.1\tnan\tT\tT\th\th",
        "ex1\ta\tf\tx\t-\t10\t15\t1.1\t3\tT\tT\th\th\tx"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[128];
        Exercise x = {.points = 0};
        snprintf(line, sizeof line, "%s", lines[i]);
        ck_assert_msg(!read_line(&x, line, NULL), "%s", lines[i]);
    }
}
END_TEST

START_TEST(skeletons)
{
    Error e = {""};
    char *text = skeleton_of("a\n  /* BEGIN SOLUTION */\n  b\n  /* END SOLUTION */\nc\n", "x", &e);
    ck_assert_str_eq(text, "a\n  /* TODO */\nc\n");
    free(text);
    ck_assert_ptr_null(skeleton_of("a\n", "x", NULL));
    ck_assert_ptr_null(skeleton_of("/* BEGIN SOLUTION */\na\n", "x", NULL));
    ck_assert_ptr_null(skeleton_of("/* END SOLUTION */\n/* BEGIN SOLUTION */\n", "x", NULL));
    ck_assert_ptr_null(
        skeleton_of("/* BEGIN SOLUTION */\n/* BEGIN SOLUTION */\n/* END SOLUTION */\n", "x", NULL));
}
END_TEST

/* ---- counting ------------------------------------------------------------------------------------ */

#define RECORD(test, outcome) "{\"test\":\"" test "\",\"outcome\":\"" outcome "\",\"what\":\"\"}\n"

/* The status after these records came for the tests a and b. */
static Status counted(const char *records)
{
    static const Exercise x = {.chapter = "ch03", .id = "ex1", .points = 10};
    char list[] = "a\nb\n";
    Outcome o = outcome_new(&x);
    count_records(&o, list, records);
    Status status = o.status;
    outcome_free(&o);
    return status;
}

START_TEST(only_each_test_once_passes)
{
    ck_assert_int_eq(counted(RECORD("a", "passed") RECORD("b", "passed")), STATUS_PASSED);
    ck_assert_int_eq(counted(RECORD("b", "passed") RECORD("a", "passed")), STATUS_PASSED);
    static const char *const bad[] = {"",
                                      RECORD("a", "passed"),
                                      RECORD("a", "passed") RECORD("a", "passed"),
                                      RECORD("a", "passed") RECORD("b", "passed") RECORD("b", "passed"),
                                      RECORD("a", "passed") RECORD("b", "passed") RECORD("c", "passed"),
                                      RECORD("a", "passed") RECORD("b", "wrong"),
                                      RECORD("a", "passed") RECORD("b", ""),
                                      RECORD("a", "passed") RECORD("b", "passed") "garbage\n",
                                      RECORD("a", "passed") "{\"test\":\"b\"}\n",
                                      "[1,2]\n\"a\"\n{}\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(counted(bad[i]) == STATUS_WRONG, "%s", bad[i]);
    ck_assert_int_eq(counted(RECORD("a", "crash") RECORD("b", "passed")), STATUS_CRASH);
}
END_TEST

/* ---- results ------------------------------------------------------------------------------------- */

START_TEST(max_score_sums_to_the_total)
{
    static const Exercise x[2] = {
        {.chapter = "ch03", .id = "ex1", .name = "a", .section = "1", .points = 10, .title = {"A", ""}},
        {.chapter = "ch03", .id = "ex2", .name = "b", .section = "1", .points = 25, .title = {"B", ""}}};
    Outcome o[2] = {outcome_new(&x[0]), outcome_new(&x[1])};
    char path[] = "/tmp/test_grade.XXXXXX";
    int sum = 0, fd = mkstemp(path);
    Error e = {""};
    say(&o[0], STATUS_COMPILE_ERROR, "\xff\xfe<&\x1b[2J");
    Report r = {.submission = "a \"b\" <c>", .outcomes = o, .count = 2};
    ck_assert(fd >= 0 && close(fd) == 0);
    ck_assert_msg(results_write_gradescope(&r, path, &e), "%s", e.text);
    json_t *root = json_load_file(path, 0, NULL), *test;
    size_t i;
    json_array_foreach(json_object_get(root, "tests"), i, test)
    {
        sum += (int)json_integer_value(json_object_get(test, "max_score"));
        ck_assert_int_eq(json_integer_value(json_object_get(test, "score")), 0);
    }
    ck_assert_int_eq(sum, 35);
    json_decref(root);
    ck_assert_msg(results_write(&r, path, &e), "%s", e.text);
    root = json_load_file(path, 0, NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "max_points")), 35);
    json_decref(root);
    ck_assert_msg(results_write_junit(&r, path, &e), "%s", e.text);
    unlink(path);
    outcome_free(&o[0]);
    outcome_free(&o[1]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("grade");
    TCase *t = tcase_create("grade");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, plain_sources_are_accepted);
    tcase_add_test(t, other_sources_are_refused);
    tcase_add_test(t, sources_are_translated);
    tcase_add_test(t, preprocessed_sources);
    tcase_add_test(t, text_is_made_printable);
    tcase_add_test(t, damaged_sources_do_no_harm);
    tcase_add_test(t, objects);
    tcase_add_test(t, damaged_objects_do_no_harm);
    tcase_add_test(t, messages_come_back);
    tcase_add_test(t, damaged_messages_do_no_harm);
    tcase_add_test(t, the_exercises_of_the_book);
    tcase_add_test(t, bad_lines);
    tcase_add_test(t, skeletons);
    tcase_add_test(t, only_each_test_once_passes);
    tcase_add_test(t, max_score_sums_to_the_total);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
