/* test_submission.c -- under which names an exercise is found in what was handed in, assignments, the class's
 * names and days, the Chinese of a sentence, and zip files that are damaged. */
#include "common/base/base.h"
#include "common/grade/class.h"
#include "common/grade/submission.h"
#include "common/grade/words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 1000 };

static Book book;

static void read_book(void)
{
    Error e = {""};
    ck_assert_msg(book_read(&book, ".", NULL, &e), "%s", e.text);
}

static void free_book(void)
{
    book_free(&book);
}

/* The exercise that a lone file of that path is taken for, "" for none. */
static const char *found_in(const char *path)
{
    static char id[32];
    char why[256];
    Submission s = {.count = 1};
    s.files[0] = (SubmittedFile){.path = (char *)(size_t)path, .text = "x", .size = 1};
    id[0] = '\0';
    for (int i = 0; i < book.count; i++) {
        const Exercise *x = &book.items[i];
        if (!submission_find(&s, &book, x, why))
            continue;
        ck_assert_msg(!id[0], "%s is both %s and %s/%s", path, id, x->chapter, x->id);
        snprintf(id, sizeof id, "%s/%s", x->chapter, x->id);
    }
    return id;
}

START_TEST(names_that_can_mean_one_exercise)
{
    static const char *const pairs[][2] = {{"ch03/exercises/ex2_attention.c", "ch03/ex2"},
                                           {"work/ch03/exercises/ex2_attention.c", "ch03/ex2"},
                                           {"ex2_attention.c", "ch03/ex2"},
                                           {"deep/down/ex2_attention.c", "ch03/ex2"},
                                           {"ex2_attention (1).c", "ch03/ex2"},
                                           {"EX2-Attention.C", "ch03/ex2"},
                                           {"ex2_attention.c.txt", "ch03/ex2"},
                                           {"ex2_attention - Copy (2).c", "ch03/ex2"},
                                           {"ex2_attention_final.c", "ch03/ex2"},
                                           {"ch03_ex2.c", "ch03/ex2"},
                                           {"ch05/ex2.c", "ch05/ex2"},
                                           {"Ch05-ex2.c", "ch05/ex2"},
                                           {"ch03/ex10.c", "ch03/ex10"},
                                           {"ex2.c", ""}, /* of which chapter? */
                                           {"ch05/ex2_attention.c", ""},
                                           {"attention.c", ""},
                                           {"ex99_nothing.c", ""},
                                           {"check_ch03.c", ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_msg(strcmp(found_in(pairs[i][0]), pairs[i][1]) == 0, "%s: found %s, not \"%s\"",
                      pairs[i][0], found_in(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(an_assignment_of_one_chapter_knows_its_numbers)
{
    Error e = {""};
    ck_assert_msg(book_assign(&book, "ch03/ex1, ch03/ex2:15", &e), "%s", e.text);
    ck_assert_int_eq(book.count, 2);
    ck_assert_int_eq(book.items[1].points, 15);
    ck_assert_str_eq(found_in("ex2.c"), "ch03/ex2");
    ck_assert_str_eq(found_in("ex2_my_try.c"), "ch03/ex2");
    static const char *const bad[] = {"ch03/ex9x", "ch03/ex1:0", "ch03/ex1:1.5", "ch03:5", "", " , "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!book_assign(&book, bad[i], NULL), "%s", bad[i]);
    ck_assert_int_eq(book.count, 2);
}
END_TEST

START_TEST(two_candidates_are_named)
{
    char why[256];
    Submission s = {.count = 2};
    s.files[0] = (SubmittedFile){.path = "a/ex2_attention.c", .text = "x", .size = 1};
    s.files[1] = (SubmittedFile){.path = "b/ex2_attention.c", .text = "y", .size = 1};
    const Exercise *x = book_find(&book, "ch03/ex2", NULL);
    ck_assert_ptr_null(submission_find(&s, &book, x, why));
    ck_assert(strstr(why, "a/ex2_attention.c") && strstr(why, "b/ex2_attention.c"));
    s.files[1].text = "x"; /* the same text twice is no question */
    s.count = 3;
    s.files[2] = (SubmittedFile){
        .path = "ex2_attention (3).c", .text = "z", .size = 1}; /* a copy is beside the point */
    ck_assert_ptr_nonnull(submission_find(&s, &book, x, why));
}
END_TEST

START_TEST(names_and_days_of_a_class)
{
    static const char *const pairs[][2] = {{"Li Ming_4711_assignsubmission_file_", "Li Ming"},
                                           {"Li_Ming_4711_assignsubmission_file", "Li_Ming"},
                                           {"Li Ming_4711_assignsubmission_file_hw.zip", "Li Ming"},
                                           {"anna.ZIP", "anna"},
                                           {"anna_4711", "anna_4711"}};
    char name[256];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        class_student_name(pairs[i][0], name);
        ck_assert_str_eq(name, pairs[i][1]);
    }
    time_t deadline = class_deadline("2026-12-01 12:00");
    ck_assert(deadline > 0 && class_deadline("2026-12-01") > deadline);
    ck_assert(class_deadline("soon") == (time_t)-1 && class_deadline("2026-12-01 x") == (time_t)-1);
    ck_assert_int_eq(class_days_late(deadline, deadline), 0);
    ck_assert_int_eq(class_days_late(deadline + 1, deadline), 1);
    ck_assert_int_eq(class_days_late(deadline + 24 * 60 * 60 + 1, deadline), 2);
}
END_TEST

START_TEST(sentences_with_parts)
{
    char path[] = "/tmp/test_words.XXXXXX", out[128];
    Error e = {""};
    int fd = mkstemp(path);
    static const char text[] = "it reads %s[%d], past %s\t读了 %s[%d]，越过 %s\nplain\t普通\n";
    ck_assert(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1 && close(fd) == 0);
    Words *w = words_read(NULL, path, &e);
    ck_assert_msg(w != NULL, "%s", e.text);
    ck_assert_str_eq(words_chinese(w, "it reads q[12], past the end", out, sizeof out),
                     "读了 q[12]，越过 the end");
    ck_assert_str_eq(words_chinese(w, "plain", out, sizeof out), "普通");
    ck_assert_str_eq(words_chinese(w, "something else", out, sizeof out), "something else");
    ck_assert_str_eq(words_chinese(w, "it reads q[12], past the end", out, 8),
                     "读了 "); /* cut, and ended */
    words_free(w);
    FILE *f = fopen(path, "w");
    ck_assert(f && fputs("one %s\t没有\n", f) > 0 && fclose(f) == 0);
    ck_assert_ptr_null(words_read(NULL, path, &e)); /* not the same conversions */
    unlink(path);
}
END_TEST

/* A zip file with one stored file: written by hand, so that no library is needed to damage it. */
static size_t small_zip(unsigned char *to)
{
    static const unsigned char bytes[] =
        "PK\3\4\12\0\0\0\0\0\0\0!X\x83\x16\xdc\x8c\1\0\0\0\1\0\0\0\5\0\0\0ex1.cx"
        "PK\1\2\12\3\12\0\0\0\0\0\0\0!"
        "X\x83\x16\xdc\x8c\1\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0ex1.c"
        "PK\5\6\0\0\0\0\1\0\1\0"
        "3\0\0\0"
        "$\0\0\0\0\0";
    memcpy(to, bytes, sizeof bytes - 1);
    return sizeof bytes - 1;
}

static Submission *read_bytes(const unsigned char *bytes, size_t size)
{
    static const char path[] = "/tmp/test_submission.zip";
    Error e = {""};
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
    Submission *s = submission_read(path, &e);
    unlink(path);
    ck_assert_msg(s != NULL, "%s", e.text);
    return s;
}

START_TEST(damaged_zip_files_do_no_harm)
{
    unsigned char good[256], copy[256];
    size_t size = small_zip(good);
    Rng rng = rng_new(1);
    Submission *s = read_bytes(good, size);
    ck_assert_int_eq(s->count, 1);
    if (!s->files[0].refused || !strstr(s->files[0].refused, "libzip"))
        ck_assert_msg(s->files[0].text && strcmp(s->files[0].text, "x") == 0, "%s: %s", s->files[0].path,
                      s->files[0].refused);
    submission_free(s);
    for (int i = 0; i < ROUNDS; i++) {
        memcpy(copy, good, size);
        for (int k = rng_below(&rng, 6); k >= 0; k--)
            copy[rng_below(&rng, (int)size)] = (unsigned char)rng_next(&rng);
        submission_free(read_bytes(copy, rng_below(&rng, 3) ? size : (size_t)rng_below(&rng, (int)size)));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("submission");
    TCase *t = tcase_create("submission");
    tcase_add_checked_fixture(t, read_book, free_book);
    tcase_add_test(t, names_that_can_mean_one_exercise);
    tcase_add_test(t, an_assignment_of_one_chapter_knows_its_numbers);
    tcase_add_test(t, two_candidates_are_named);
    tcase_add_test(t, names_and_days_of_a_class);
    tcase_add_test(t, sentences_with_parts);
    tcase_add_test(t, damaged_zip_files_do_no_harm);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
