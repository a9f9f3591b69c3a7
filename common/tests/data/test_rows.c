/* test_rows.c -- labelled texts: rows of files, the classifier of before 2018, scores, the shared task of chapter 6. */
#include "ch06/labelled.h"
#include "ch06/rows.h"
#include "ch06/task.h"
#include "ch06/tfidf.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const RowsColumns usual = {"text", "label"};

static Rows parse(const char *bytes, const char *name)
{
    Rows r = rows_new();
    rows_parse(&r, bytes, strlen(bytes), name, usual);
    return r;
}

static void check_row(const Rows *r, int i, const char *text, const char *label, long line)
{
    ck_assert_int_lt(i, r->count);
    ck_assert_str_eq(r->items[i].text, text);
    ck_assert_str_eq(r->items[i].label, label);
    ck_assert_int_eq(r->items[i].line, line);
}

START_TEST(two_columns)
{
    Rows r = parse("\xef\xbb\xbfThe room was clean.\tgood\r\n\n\xe8\x8f\x9c\xe5\x92\xb8\tbad", "a.tsv");
    ck_assert_int_eq(r.count, 2);
    check_row(&r, 0, "The room was clean.", "good", 1);
    check_row(&r, 1, "\xe8\x8f\x9c\xe5\x92\xb8", "bad", 3);
    rows_free(&r);
}
END_TEST

START_TEST(a_header_names_the_columns)
{
    Rows r = parse("id\tlabel\ttext\n7\t1\tclean\n", "a.tsv");
    ck_assert_int_eq(r.count, 1);
    check_row(&r, 0, "clean", "1", 2);
    rows_free(&r);
    r = parse("clean\tgood\ntext\tlabel\n", "a.tsv"); /* only in the first line */
    ck_assert_int_eq(r.count, 2);
    rows_free(&r);
}
END_TEST

START_TEST(json_lines)
{
    Rows r = parse("{\"label\": \"good\", \"id\": 3, \"text\": \"clean\\tand \\u83dc\"}\n{\"text\": "
                   "\"cold\", \"label\": -2}\n",
                   "a.jsonl");
    ck_assert_int_eq(r.count, 2);
    check_row(&r, 0, "clean\tand \xe8\x8f\x9c", "good", 1);
    check_row(&r, 1, "cold", "-2", 2);
    rows_free(&r);
}
END_TEST

/* A row each that is malformed, between good ones. */
START_TEST(malformed_rows_are_counted_and_named)
{
    static const struct {
        const char *name, *row, *what;
    } faults[] = {{"a.tsv", "one column", "expected 2 columns, found 1"},
                  {"a.tsv", "a\tb\tc", "expected 2 columns, found 3"},
                  {"a.tsv", " \tgood", "the text is empty"},
                  {"a.tsv", "clean\t", "the label is empty"},
                  {"a.tsv", "\xff\xfe\tgood", "not UTF-8"},
                  {"a.jsonl", "{\"text\": \"a\"", "not JSON"},
                  {"a.jsonl", "{\"text\": \"a\", \"text\": \"b\", \"label\": 1}", "not JSON"},
                  {"a.jsonl", "{\"label\": \"a\"}", "expected a string \"text\""},
                  {"a.jsonl", "{\"text\": \"a\", \"label\": 1.5}", "a whole number \"label\""},
                  {"a.jsonl", "[\"a\", \"b\"]", "expected a string \"text\""},
                  {"a.jsonl", "{\"text\": \"a\", \"label\": \"\"}", "the label is empty"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char bytes[200];
        const char *good = faults[i].name[2] == 'j' ? "{\"text\": \"x\", \"label\": \"y\"}" : "x\ty";
        snprintf(bytes, sizeof bytes, "%s\n%s\n%s\n", good, faults[i].row, good);
        Rows r = parse(bytes, faults[i].name);
        ck_assert_msg(r.count == 2 && r.malformed == 1, "%s: %d rows", faults[i].row, r.count);
        ck_assert_msg(strstr(r.faults[0].text, faults[i].what) && strstr(r.faults[0].text, ":2: "), "%s",
                      r.faults[0].text);
        rows_free(&r);
    }
}
END_TEST

START_TEST(a_file_without_a_good_row_is_refused)
{
    Error e = {""};
    char path[] = "/tmp/test_rows.XXXXXX";
    Rows r = rows_new();
    int file = mkstemp(path);
    ck_assert(file >= 0 && write(file, "alone\n", 6) == 6 && close(file) == 0);
    ck_assert(!rows_read(&r, path, usual, &e));
    ck_assert_msg(strstr(e.text, ":1: expected 2 columns"), "%s", e.text);
    unlink(path);
    e = (Error){""};
    ck_assert(!rows_read(&r, path, usual, &e) && strstr(e.text, path));
    rows_free(&r);
}
END_TEST

START_TEST(labels_and_sides)
{
    Rows r = rows_new(), train = rows_new(), test = rows_new();
    char text[32];
    int count;
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof text, "text %d", i % 200); /* each twice */
        rows_add(&r, text, i % 3 == 0 ? "b" : i % 3 == 1 ? "a" : "c", i + 1);
    }
    const char **labels = rows_labels(&r, &count);
    ck_assert_int_eq(count, 3);
    ck_assert(!strcmp(labels[0], "a") && !strcmp(labels[1], "b") && !strcmp(labels[2], "c"));
    rows_split(&r, 5, &train, &test);
    ck_assert_int_eq(train.count + test.count, 400);
    ck_assert(test.count > 40 && test.count < 120 && test.count % 2 == 0);
    for (int i = 0; i < test.count; i++)
        for (int j = 0; j < train.count; j++)
            ck_assert_str_ne(test.items[i].text, train.items[j].text);
    free(labels);
    rows_free(&r);
    rows_free(&train);
    rows_free(&test);
}
END_TEST

/* ---- the classifier of before 2018 --------------------------------------------------------------- */

/* Words decide, pairs of words decide, and a text of unknown words has an answer all the same. */
START_TEST(tfidf_learns_words_and_pairs)
{
    static const char *const texts[] = {"not good at all", "good", "very good", "not good",
                                        "not bad",         "bad",  "very bad",  "not bad at all"};
    static const int labels[] = {0, 1, 1, 0, 1, 0, 0, 1};
    Rng rng = rng_new(1);
    Tfidf *t = tfidf_train(texts, labels, 8, 2, &rng);
    for (int i = 0; i < 8; i++)
        ck_assert_msg(tfidf_predict(t, texts[i]) == labels[i], "%s", texts[i]);
    ck_assert_int_eq(tfidf_predict(t, "really very good"), 1);
    int unknown = tfidf_predict(t, "zebra");
    ck_assert(unknown == 0 || unknown == 1);
    tfidf_free(t);
}
END_TEST

/* ---- scores -------------------------------------------------------------------------------------- */

/* By hand, F1 = 2 hits / (named + are): 2 1 / (1 + 2), 2 2 / (3 + 3), 2 1 / (2 + 1). */
START_TEST(scores_by_hand)
{
    int label[] = {0, 0, 1, 1, 1, 2}, predicted[] = {0, 1, 1, 1, 2, 2};
    TaskTexts x = {.count = 6, .label = label};
    TaskScore s = task_score_of(&x, predicted, 4);
    ck_assert_int_eq(s.hits, 4);
    ck_assert_double_eq_tol(s.accuracy, 4.0 / 6, 1e-12);
    ck_assert_double_eq_tol(s.macro_f1, (2.0 / 3 + 4.0 / 6 + 2.0 / 3) / 3, 1e-12); /* class 3 is nowhere */
}
END_TEST

START_TEST(the_shared_task)
{
    Error e = {""};
    ModelBackbone *m = model_backbone_load("ch05/models/book_bert", &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    Task t = task_of_world(m, 60, 80, WORLD_EN, 3), again = task_of_world(m, 60, 80, WORLD_EN, 3);
    ck_assert(t.classes == 2 && t.train.count == 60 && t.test.count == 80 && t.cut == 0);
    int same = 0;
    for (int i = 0; i < t.test.count; i++) {
        same += t.test.label[i];
        ck_assert_str_eq(t.test.text[i], again.test.text[i]);
        ck_assert(t.test.lengths[i] <= t.longest);
        for (int j = 0; j < t.train.count; j++)
            ck_assert_str_ne(t.test.text[i], t.train.text[j]);
    }
    ck_assert(same > 20 && same < 60);
    task_free(&t);
    task_free(&again);
    model_backbone_free(m);
}
END_TEST

/* ---- rows become a task -------------------------------------------------------------------------- */

/* A file without a name, which ends with the process: some of these tests end it. */
static void write_file(char path[64], const char *text)
{
    char name[] = "/tmp/test_rows.XXXXXX";
    int file = mkstemp(name);
    ck_assert(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && unlink(name) == 0);
    snprintf(path, 64, "/proc/self/fd/%d", file);
}

static Task task_of_files(const char *train, const char *test)
{
    char train_path[64], test_path[64];
    Error e = {""};
    ModelBackbone *m = model_backbone_load("ch05/models/book_bert", &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    write_file(train_path, train);
    write_file(test_path, test);
    const LabelledSource s = {
        .data = train_path, .test = test_path, .columns = usual, .trained = 100, .tested = 100, .seed = 1};
    Task t = labelled_task(&s, m);
    model_backbone_free(m);
    return t;
}

/* The label "so-so" occurs in the test alone, "bad" in training alone; a text is longer than the context. */
START_TEST(unknown_labels_and_long_texts)
{
    static char test[4000] = "clean\tgood\nfine\tso-so\n";
    for (int i = 0; i < 400; i++)
        strcat(test, "the cat ");
    strcat(test, "\tgood\n");
    Task t = task_of_files("clean room\tgood\ndirty room\tbad\n", test);
    ck_assert(t.classes == 2 && t.train.count == 2 && t.test.count == 2 && t.cut == 1);
    ck_assert(!strcmp(t.labels[0], "bad") && !strcmp(t.labels[1], "good"));
    ck_assert(t.test.label[0] == 1 && t.test.label[1] == 1);
    task_free(&t);
}
END_TEST

START_TEST(one_class_alone_ends_the_program)
{
    task_of_files("clean\tgood\nfine\tgood\n", "clean\tgood\n");
}
END_TEST

START_TEST(no_known_label_ends_the_program)
{
    task_of_files("clean\tgood\nfine\tbad\n", "clean\tso-so\n");
}
END_TEST

START_TEST(the_worlds_tasks_are_balanced)
{
    Error e = {""};
    ModelBackbone *m = model_backbone_load("ch05/models/book_bert", &e);
    const LabelledSource s = {.world = _i, .trained = 80, .tested = 60, .seed = 2};
    Task t = labelled_task(&s, m);
    int ones = 0;
    for (int i = 0; i < t.train.count; i++)
        ones += t.train.label[i];
    ck_assert(t.classes == 2 && t.train.count == 80 && t.test.count == 60 && ones > 24 && ones < 56);
    task_free(&t);
    model_backbone_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rows");
    TCase *files = tcase_create("files"), *scores = tcase_create("scores");
    tcase_add_test(files, two_columns);
    tcase_add_test(files, a_header_names_the_columns);
    tcase_add_test(files, json_lines);
    tcase_add_test(files, malformed_rows_are_counted_and_named);
    tcase_add_test(files, a_file_without_a_good_row_is_refused);
    tcase_add_test(files, labels_and_sides);
    tcase_add_test(scores, tfidf_learns_words_and_pairs);
    tcase_add_test(scores, scores_by_hand);
    tcase_add_test(scores, the_shared_task);
    TCase *tasks = tcase_create("tasks");
    tcase_set_timeout(scores, 60);
    tcase_set_timeout(tasks, 60);
    tcase_add_test(tasks, unknown_labels_and_long_texts);
    tcase_add_exit_test(tasks, one_class_alone_ends_the_program, 2);
    tcase_add_exit_test(tasks, no_known_label_ends_the_program, 2);
    tcase_add_loop_test(tasks, the_worlds_tasks_are_balanced, LABELLED_REVIEWS, LABELLED_PAIRS + 1);
    suite_add_tcase(s, files);
    suite_add_tcase(s, scores);
    suite_add_tcase(s, tasks);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
