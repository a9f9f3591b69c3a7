/* test_data.c -- chapter 4's readers and indexes: pages, archives, documents, near copies, shards. */
#include "ch04/contamination.h"
#include "ch04/documents.h"
#include "ch04/hash_set.h"
#include "ch04/html.h"
#include "ch04/minhash.h"
#include "ch04/warc.h"
#include "common/base/base.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_data.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Writes a file of the folder, by gzip if its name ends so; returns its path, good until the next call. */
static const char *put(const char *name, const char *bytes, size_t size)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile f = gzopen(path, strstr(name, ".gz") ? "wb" : "wbT");
    ck_assert_int_eq(gzwrite(f, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(f), Z_OK);
    return path;
}

/* ---- HTML ----------------------------------------------------------------------------------------------- */

static void check_page(const char *html, const char *want)
{
    size_t size;
    char *text = html_text(html, strlen(html), &size, NULL);
    ck_assert_str_eq(text, want);
    ck_assert_uint_eq(size, strlen(want));
    free(text);
}

START_TEST(text_of_pages)
{
    check_page("<p>One  <b>two</b>\nthree</p><p>four</p>", "One two three\nfour\n");
    check_page("a<br>b<br/>c", "a\nb\nc\n");
    check_page("3 &lt; 4 &amp; 5 &#x4e2d;&#25991; &nosuch; &copy", "3 < 4 & 5 中文 &nosuch; &copy\n");
    check_page("<a title=\"x > y\" href=/>Go</a> on to read all of this text",
               "Go on to read all of this text\n");
    check_page("<SCRIPT>if (a < b) { x = \"</p>\"; }</SCRIPT>text<style>p{}</style>", "text\n");
    check_page("before <!-- a <p> comment --> after", "before after\n");
    check_page("<script>never closed <p>text", "");
    check_page("<nav>never closed <p>text", "never closed\ntext\n");
    check_page("3 < 4 and <> and </ >", "3 < 4 and <> and\n");
    check_page("", "");
    check_page("<", "<\n");
    check_page("text <b", "text\n");
}
END_TEST

START_TEST(menus_are_left_out)
{
    const char *page =
        "<div><a href=1>Home</a> | <a href=2>News</a></div><nav>Contact</nav><footer>All rights</footer>"
        "<p>A long paragraph with <a href=3>one link</a> in it, and more text than links.</p>";
    int dropped;
    size_t size;
    char *text = html_text(page, strlen(page), &size, &dropped);
    ck_assert_str_eq(text, "A long paragraph with one link in it, and more text than links.\n");
    ck_assert_int_eq(dropped, 1);
    free(text);
}
END_TEST

START_TEST(encodings)
{
    size_t size;
    char *text = html_utf8("\xd6\xd0\xce\xc4", 4, "gb2312", &size); /* 中文 */
    ck_assert_str_eq(text, "中文");
    free(text);
    const char *named = "<meta charset=gbk>\xd6\xd0";
    text = html_utf8(named, strlen(named), "", &size);
    ck_assert_str_eq(text, "<meta charset=gbk>中");
    free(text);
    ck_assert_ptr_null(html_utf8("caf\xe9", 4, "", &size));
    ck_assert_ptr_null(html_utf8("caf\xe9", 4, "no-such-charset", &size));
    ck_assert_ptr_null(html_utf8("\xff\xff\xff", 3, "gbk", &size));
}
END_TEST

/* Unbalanced quotes and elements that never end must not take quadratic time. */
START_TEST(time_is_linear)
{
    static const char *const pieces[] = {"<a x=\"", "<nav>", "<script", "</", "&#", "<!--", "<p>"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t length = strlen(pieces[i]), count = 400000, size;
        char *page = memory_new(length * count);
        for (size_t k = 0; k < count; k++)
            memcpy(page + k * length, pieces[i], length);
        double start = clock_seconds();
        free(html_text(page, length * count, &size, NULL));
        ck_assert_msg(clock_seconds() - start < 10, "'%s': %.1f s", pieces[i], clock_seconds() - start);
        free(page);
    }
}
END_TEST

/* ---- archives ------------------------------------------------------------------------------------------- */

static const char archive[] =
    "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 4\r\n\r\ninfo\r\n\r\n"
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <http://a.example/>\r\n"
    "Content-Type: application/http\r\nContent-Length: 74\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\r\n<p>page</p>\n\n\r\n\r\n"
    "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 5\r\n\r\nplain\r\n\r\n";

static void check_archive(const char *name)
{
    Error e = {""};
    WarcRecord r = {.size = 0};
    Input *in = input_open(put(name, archive, sizeof archive - 1), &e);
    ck_assert_msg(warc_next(in, 100, &r, &e) == WARC_RECORD, "%s", e.text);
    ck_assert_str_eq(r.type, "warcinfo");
    ck_assert_str_eq(r.body, "info");
    ck_assert_msg(warc_next(in, 100, &r, &e) == WARC_RECORD, "%s", e.text);
    ck_assert_str_eq(r.uri, "http://a.example/");
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.media, "text/html");
    ck_assert_str_eq(r.charset, "utf-8");
    ck_assert_str_eq(r.body, "<p>page</p>\n\n");
    ck_assert_msg(warc_next(in, 3, &r, &e) == WARC_RECORD, "%s", e.text);
    ck_assert_str_eq(r.body, "pla");
    ck_assert(r.cut);
    ck_assert_int_eq(warc_next(in, 100, &r, &e), WARC_END);
    warc_free(&r);
    input_close(in);
}

START_TEST(records_of_an_archive)
{
    check_archive("a.warc");
    check_archive("a.warc.gz");
}
END_TEST

START_TEST(archives_that_are_none)
{
    static const char *const texts[] = {"no archive\n",
                                        "WARC/1.0\r\nWARC-Type: response\r\n\r\n",
                                        "WARC/1.0\r\nContent-Length: x\r\n\r\n",
                                        "WARC/1.0\r\nContent-Length: 5\r\n",
                                        "WARC/1.0\r\nContent-Length: 1000000000000\r\n\r\nabc",
                                        "WARC/1.0\r\nContent-Length: 99999999999999999999\r\n\r\nabc"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Error e = {""};
        WarcRecord r = {.size = 0};
        Input *in = input_open(put("a.warc", texts[i], strlen(texts[i])), &e);
        ck_assert_msg(warc_next(in, 1 << 20, &r, &e) == WARC_FAULT, "'%s' was taken", texts[i]);
        ck_assert(e.text[0]);
        warc_free(&r);
        input_close(in);
    }
}
END_TEST

/* ---- documents ------------------------------------------------------------------------------------------ */

static void check_documents(const char *path, const char *const *want, const char *fault)
{
    Error e = {""};
    Document one;
    Documents *d = documents_open(&path, 1, &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    for (; *want; want++) {
        ck_assert_msg(documents_next(d, &one, &e), "expected '%s': %s", *want, e.text);
        ck_assert_str_eq(one.bytes, *want);
        document_free(&one);
    }
    ck_assert(!documents_next(d, &one, &e));
    ck_assert_msg(fault ? strstr(e.text, fault) != NULL : !e.text[0], "'%s', expected '%s'", e.text,
                  fault ? fault : "");
    documents_close(d);
}

START_TEST(kinds_of_files)
{
#define TEXT(...) ((const char *const[]){__VA_ARGS__, NULL})
    static const char blank[] = "one\nline\n\ntwo\n\n\nthree",
                      spelled[] = "one\n\nstill one\n<|endoftext|>\ntwo\n";
    static const char lines[] = "{\"text\": \"one\"}\n\n{\"url\": \"u\", \"text\": \"zwei \\u4e2d\"}\n";
    check_documents(put("a.txt", blank, sizeof blank - 1), TEXT("one\nline\n", "two\n", "three\n"), NULL);
    check_documents(put("b.txt.gz", spelled, sizeof spelled - 1), TEXT("one\n\nstill one\n", "two\n"),
                    NULL);
    check_documents(put("c.jsonl", lines, sizeof lines - 1), TEXT("one", "zwei 中"), NULL);
    check_documents(put("d.html", "<p>x", 4), TEXT("<p>x"), NULL);
    check_documents(put("e.warc.gz", archive, sizeof archive - 1), TEXT("<p>page</p>\n\n", "plain"), NULL);
}
END_TEST

/* What stands before a fault is read, and the next call goes on with the next file. */
START_TEST(damaged_files)
{
    static const char lines[] = "{\"text\": \"one\"}\n{\"text\": 7}\n";
    check_documents(put("c.jsonl", lines, sizeof lines - 1), TEXT("one"), "c.jsonl:2:");
    char path[128], whole[40000];
    Rng rng = rng_new(1);
    for (size_t i = 0; i < sizeof whole; i++)
        whole[i] = i % 40 == 39 ? '\n' : (char)('a' + rng_below(&rng, 26));
    snprintf(path, sizeof path, "%s", put("z.txt.gz", whole, sizeof whole));
    ck_assert_int_eq(truncate(path, 9000), 0);
    Error e = {""};
    Document one;
    const char *paths[] = {path, put("zz.txt", "good", 4)};
    char second[128];
    snprintf(second, sizeof second, "%s", paths[1]);
    paths[1] = second;
    Documents *d = documents_open(paths, 2, &e);
    bool got = documents_next(d, &one, &e);
    if (got) {
        document_free(&one);
        ck_assert(!documents_next(d, &one, &e));
    }
    ck_assert_msg(strstr(e.text, "z.txt.gz") != NULL, "'%s'", e.text);
    Error next = {""};
    ck_assert_msg(documents_next(d, &one, &next), "%s", next.text);
    ck_assert_str_eq(one.bytes, "good\n");
    document_free(&one);
    documents_close(d);
}
END_TEST

START_TEST(position_is_found_again)
{
    static const char lines[] = "{\"text\": \"1\"}\n\n{\"text\": \"2\"}\n{\"text\": \"3\"}\n";
    put("a.jsonl", lines, sizeof lines - 1);
    put("b.jsonl", lines, sizeof lines - 1);
    const char *path = folder;
    for (int skip = 0; skip <= 6; skip++) {
        Error e = {""};
        Document one;
        Documents *d = documents_open(&path, 1, &e), *again = documents_open(&path, 1, &e);
        for (int i = 0; i < skip; i++) {
            ck_assert(documents_next(d, &one, &e));
            document_free(&one);
        }
        ck_assert_msg(documents_seek(again, documents_position(d), &e), "%s", e.text);
        for (int i = skip; i < 6; i++) {
            ck_assert(documents_next(again, &one, &e));
            ck_assert_int_eq(one.bytes[0], '1' + i % 3);
            document_free(&one);
        }
        ck_assert(!documents_next(again, &one, &e));
        documents_close(d);
        documents_close(again);
    }
}
END_TEST

/* ---- near copies ---------------------------------------------------------------------------------------- */

static double similarity(const char *a, const char *b, int width)
{
    Shingles s = {0}, t = {0};
    shingles_make(&s, a, strlen(a), width);
    shingles_make(&t, b, strlen(b), width);
    double j = shingles_jaccard(&s, &t);
    shingles_free(&s);
    shingles_free(&t);
    return j;
}

START_TEST(shingles_by_hand)
{
    ck_assert_double_eq_tol(similarity("the cat sat on the mat", "the cat sat on the hat", 3), 0.6, 1e-12);
    ck_assert_double_eq_tol(similarity("The CAT, sat!", "the   cat sat", 2), 1, 1e-12);
    ck_assert_double_eq_tol(similarity("我爱北京天安门", "我爱北京，天安门。", 0), 1, 1e-12);
    ck_assert_double_eq_tol(similarity("我爱北京天安门", "我爱南京天安门", 2), 4.0 / 8, 1e-12);
    ck_assert_double_eq_tol(similarity("a b", "a c", 5), 0,
                            1e-12); /* shorter than a run: all of it is one */
    ck_assert_double_eq_tol(similarity("a a a a a a", "a a a a a", 2), 1, 1e-12); /* a set: each once */
}
END_TEST

/* The mean of the estimate is J, and its variance that of the formula. */
START_TEST(estimate_has_its_mean_and_variance)
{
    enum { K = 128, PAIRS = 1500, BOTH = 40, EITHER = 100 };
    Rng rng = rng_new(5);
    double estimates[PAIRS];
    for (int p = 0; p < PAIRS; p++) {
        uint64_t x[EITHER];
        uint16_t a[K], b[K];
        MinHash m = minhash_new(K, &rng);
        for (int i = 0; i < EITHER; i++)
            x[i] = rng_next(&rng);
        minhash_signature(&m, x, 30 + BOTH, a);
        minhash_signature(&m, x + 30, EITHER - 30, b);
        estimates[p] = minhash_estimate(a, b, K);
    }
    double sd = sqrt(0.4 * 0.6 / K);
    ck_assert_double_eq_tol(stats_mean(estimates, PAIRS), 0.4, 4 * sd / sqrt(PAIRS));
    ck_assert_double_eq_tol(stats_std(estimates, PAIRS) / sd, 1, 0.1);
}
END_TEST

START_TEST(probability_of_a_candidate)
{
    ck_assert_double_eq_tol(minhash_probability(0.5, 32, 4), 0.873, 5e-4);
    ck_assert_double_eq_tol(minhash_probability(0.7, 32, 4), 0.9998, 5e-5);
    ck_assert_double_eq_tol(minhash_probability(0.5, 16, 8), 0.061, 5e-4);
    ck_assert_double_eq_tol(minhash_probability(0.7, 16, 8), 0.613, 5e-4);
    ck_assert_double_eq_tol(minhash_probability(0.8, 16, 8), 0.947, 5e-4);
}
END_TEST

/* Against all pairs: a document is found if and only if one before it shares a band and agrees often enough. */
START_TEST(index_finds_what_all_pairs_find)
{
    enum { BANDS = 5, ROWS = 3, K = BANDS * ROWS, N = 3000 };
    Rng rng = rng_new(3);
    LshIndex index = lsh_new(BANDS, ROWS, 0.5);
    static uint16_t signatures[N][K];
    int found = 0;
    for (int n = 0; n < N; n++) {
        bool want = false;
        for (int k = 0; k < K; k++)
            signatures[n][k] =
                (uint16_t)(n > 0 && rng_below(&rng, 3) ? signatures[n / 2][k] : rng_below(&rng, 40));
        for (int other = 0; other < n && !want; other++)
            for (int band = 0; band < BANDS; band++)
                want = want || (memcmp(signatures[other] + band * ROWS, signatures[n] + band * ROWS,
                                       ROWS * sizeof(uint16_t)) == 0 &&
                                minhash_estimate(signatures[other], signatures[n], K) >= 0.5);
        ck_assert_msg((lsh_find(&index, signatures[n]) >= 0) == want, "document %d", n);
        found += want;
        lsh_add(&index, signatures[n]);
    }
    ck_assert_int_gt(found, 100);
    ck_assert_int_lt(found, N - 100);
    lsh_free(&index);
}
END_TEST

START_TEST(set_of_hashes)
{
    HashSet s = {0};
    Rng rng = rng_new(1);
    ck_assert(!hash_set_has(&s, 0));
    ck_assert(hash_set_add(&s, 0) && !hash_set_add(&s, 0));
    for (int i = 0; i < 5000; i++) {
        uint64_t hash = rng_next(&rng);
        ck_assert(hash_set_add(&s, hash));
        ck_assert(!hash_set_add(&s, hash) && hash_set_has(&s, hash));
    }
    ck_assert(!hash_set_has(&s, 12345));
    ck_assert_uint_eq(s.count, 5001);
    hash_set_free(&s);
}
END_TEST

/* ---- test questions ------------------------------------------------------------------------------------- */

static bool contaminated(const Contamination *c, const char *text)
{
    Units u = {0};
    units_make(&u, text, strlen(text));
    bool found = contamination_found(c, &u);
    units_free(&u);
    return found;
}

START_TEST(questions_in_texts)
{
    Contamination c = {.questions = 0};
    const char *question =
        "If Mary has three apples and buys five more at the shop, how many apples has she now?";
    const char *chinese = "小红有三个苹果，又在商店里买了五个，后来送给小明两个，现在还有几个？";
    contamination_add(&c, question, strlen(question));
    contamination_add(&c, chinese, strlen(chinese));
    contamination_add(&c, "how many?", 9);
    ck_assert_int_eq(c.left_out, 1);
    ck_assert(contaminated(
        &c, "Read this: if MARY has three apples and buys five more at the shop - how lucky."));
    ck_assert(!contaminated(
        &c, "If Mary has three apples and buys six more at the shop, how many apples has she?"));
    ck_assert(contaminated(&c, "题目：小红有三个苹果，又在商店里买了五个，后来送给小明一个。"));
    ck_assert(!contaminated(&c, "小红有三个苹果，又在商店里买了六个，后来送给小明两个。"));
    ck_assert(!contaminated(&c, "how many?"));
    contamination_free(&c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("data");
    TCase *t = tcase_create("data");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, text_of_pages);
    tcase_add_test(t, menus_are_left_out);
    tcase_add_test(t, encodings);
    tcase_add_test(t, time_is_linear);
    tcase_add_test(t, records_of_an_archive);
    tcase_add_test(t, archives_that_are_none);
    tcase_add_test(t, kinds_of_files);
    tcase_add_test(t, damaged_files);
    tcase_add_test(t, position_is_found_again);
    tcase_add_test(t, shingles_by_hand);
    tcase_add_test(t, estimate_has_its_mean_and_variance);
    tcase_add_test(t, probability_of_a_candidate);
    tcase_add_test(t, index_finds_what_all_pairs_find);
    tcase_add_test(t, set_of_hashes);
    tcase_add_test(t, questions_in_texts);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
