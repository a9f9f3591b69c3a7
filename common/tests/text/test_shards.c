/* test_shards.c -- token ids as files. */
#include "common/base/base.h"
#include "common/text/shards.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char folder[64], path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_shards.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *bytes, size_t size)
{
    Error e = {""};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FileWriter *w = file_create(path, &e);
    ck_assert_msg(w != NULL, "%s", e.text);
    file_write(w, bytes, size);
    ck_assert_msg(file_commit(w, &e), "%s", e.text);
}

static void put_shard(const char *name, const int *ids, size_t count, int vocab)
{
    size_t size;
    char *bytes = text_shard_bytes(ids, count, vocab, &size);
    put(name, bytes, size);
    free(bytes);
}

START_TEST(shards_of_both_widths)
{
    const int vocab = _i == 0 ? 65536 : 65537, ids[] = {0, 1, 255, 256, 65535, vocab - 1};
    size_t count, size;
    Error e = {""};
    put_shard("a.bin", ids, 6, vocab);
    int *back = text_shard_read(path, &count, &e);
    ck_assert_msg(back != NULL, "%s", e.text);
    ck_assert_uint_eq(count, 6);
    ck_assert_mem_eq(back, ids, sizeof ids);
    free(back);
    char *bytes = text_shard_bytes(ids, 6, vocab, &size);
    ck_assert_uint_eq(size, 1024 + 6 * (_i == 0 ? 2 : 4));
    put("b.bin", bytes, size - 1);
    free(bytes);
    e = (Error){""};
    ck_assert_ptr_null(text_shard_read(path, &count, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "b.bin: says 6 tokens"));
    put("c.bin", "short", 5);
    e = (Error){""};
    ck_assert_ptr_null(text_shard_read(path, &count, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "c.bin: no shard of tokens"));
}
END_TEST

START_TEST(a_folder_of_shards)
{
    size_t count;
    Error e = {""};
    e = (Error){""};
    ck_assert_ptr_null(text_shards_read(folder, 10, &count, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "tokens-000000.bin: no such file"));
    put_shard("tokens-000000.bin", (int[]){3, 1, 4}, 3, 10);
    put_shard("tokens-000001.bin", (int[]){1, 5}, 2, 10);
    put_shard("tokens-000003.bin", (int[]){9}, 1, 10); /* another data set's: there is none before it */
    int *ids = text_shards_read(folder, 10, &count, &e);
    ck_assert_msg(ids != NULL, "%s", e.text);
    ck_assert_uint_eq(count, 5);
    ck_assert_mem_eq(ids, ((int[]){3, 1, 4, 1, 5}), 5 * sizeof *ids);
    free(ids);
    e = (Error){""};
    ck_assert_ptr_null(text_shards_read(folder, 5, &count, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "tokens-000001.bin: token 1 is 5; the tokenizer beside it has 5"));
    put("text-000002.txt", "a", 1);
    e = (Error){""};
    ck_assert_ptr_null(text_shards_read(folder, 10, &count, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "text-000002.txt: has no shard of tokens yet"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shards");
    TCase *t = tcase_create("shards");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, shards_of_both_widths, 0, 2);
    tcase_add_test(t, a_folder_of_shards);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
