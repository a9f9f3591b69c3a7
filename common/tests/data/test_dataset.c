/* test_dataset.c -- dataset_build as a reader runs it: bad input, kills, threads, memory, and who reads what it
 * writes. */
#include "common/base/base.h"
#include "common/text/shards.h"
#include "common/tokenizer/tokenizer.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUILD \
    "./ch04/dataset_build --input $D/w/web --test $D/w/test_questions.jsonl --shard-kb 64 --vocab 600 "

static char folder[64], printed[8192];

/* The exit status of a shell command; printed: what it said. */
static int run(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "(%s) 2>&1", command);
    FILE *p = popen(line, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void must(const char *command)
{
    ck_assert_msg(run(command) == 0, "%s\n%s", command, printed);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_dataset.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
    must("./ch04/web_sample --out $D/w --pages 600");
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

START_TEST(bad_input_is_one_line_and_status_2)
{
    static const struct {
        const char *command, *said;
    } cases[] = {{"./ch04/dataset_build --input $D/none --out $D/x", "/none: No such file"},
                 {"./ch04/dataset_build --input $D/empty --out $D/x", "/empty: no files"},
                 {BUILD "--out $D/w/test_questions.jsonl/x", "a file of that name is in the way"},
                 {BUILD "--bands 64 --rows 8 --out $D/x", "more than 256 hash functions"},
                 {BUILD "--threshold 2 --out $D/x", "--threshold"},
                 {BUILD "--test $D/none --out $D/x", "/none: No such file"},
                 {BUILD "--test $D/bad.jsonl --out $D/x", "bad.jsonl:1: expected a JSON object"},
                 {BUILD "--tokenizer $D/none --out $D/x", "/none: No such file"},
                 {"./ch04/dataset_build --input $D/bad.jsonl --out $D/x", "of 0 documents none was kept"},
                 {BUILD "--personal burn --out $D/x", "'burn' is not one of mask, drop, keep"}};
    must("mkdir $D/empty && echo '[1]' >$D/bad.jsonl");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(run(cases[i].command) == 2, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].command, printed);
    }
}
END_TEST

/* ---- kills ---------------------------------------------------------------------------------------------- */

/* Files of the folder whose names begin with text- or tokens- and are whole. */
static int count_shards(const char *name)
{
    char path[128];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));)
        count += strncmp(entry->d_name, "t", 1) == 0 && strchr(entry->d_name, '-') &&
                 !strstr(entry->d_name, ".part");
    if (d)
        closedir(d);
    return count;
}

/* Runs it until there are `shards` of them and a moment longer; true if it ended by itself before. */
static bool run_and_kill(int shards, useconds_t longer)
{
    pid_t child = fork();
    if (child == 0) {
        char command[512] = "exec " BUILD "--out $D/killed --resume >$D/log 2>&1";
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    while (count_shards("killed") < shards)
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        else
            usleep(200);
    usleep(longer);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return false;
}

START_TEST(killed_runs_end_in_the_same_bytes)
{
    must(BUILD "--out $D/whole");
    int shards = count_shards("whole"), kills = 0;
    Rng rng = rng_new(4);
    ck_assert_int_ge(shards, 8);
    for (int n = 0; n <= shards;
         n++) /* before the first shard, after each, and somewhere on the way to the next */
        kills += !run_and_kill(n, (useconds_t)rng_below(&rng, n ? 20000 : 2));
    ck_assert_int_ge(kills, shards / 2);
    must(BUILD "--out $D/killed --resume");
    must("rm -f $D/killed/*.part && diff -r $D/whole $D/killed");
    must("rm $D/killed/report.md $D/killed/funnel.svg"); /* as if killed before these */
    must(BUILD "--out $D/killed --resume");
    ck_assert_msg(strstr(printed, "is complete") != NULL, "%s", printed);
    must("diff -r $D/whole $D/killed");
}
END_TEST

START_TEST(a_resumed_run_has_the_same_settings_and_inputs)
{
    must(BUILD "--out $D/a");
    ck_assert_int_eq(run(BUILD "--out $D/a --resume --context 128"), 2);
    ck_assert_msg(strstr(printed, "begun with another --context") != NULL, "%s", printed);
    must("echo more >>$D/w/web/texts.jsonl");
    ck_assert_int_eq(run(BUILD "--out $D/a --resume"), 2);
    ck_assert_msg(strstr(printed, "begun with other input files") != NULL, "%s", printed);
    must("echo '{' >$D/a/manifest.json");
    ck_assert_int_eq(run(BUILD "--out $D/a --resume"), 2);
    ck_assert_msg(strstr(printed, "/a/manifest.json: ") != NULL, "%s", printed);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_bytes)
{
    must("OMP_NUM_THREADS=1 " BUILD "--out $D/one");
    must("OMP_NUM_THREADS=3 " BUILD "--out $D/three");
    must("diff -r $D/one $D/three");
}
END_TEST

/* The rest of a damaged archive is left out and said; the others are read. */
START_TEST(damaged_files_are_counted)
{
    must("head -c 3000 $D/w/web/crawl.warc.gz >$D/half && mv $D/half $D/w/web/crawl.warc.gz");
    must(BUILD "--out $D/a");
    ck_assert_msg(strstr(printed, "1 damaged;") != NULL, "%s", printed);
    must("grep -q 'crawl.warc.gz' $D/a/report.md && grep -q '\"damaged\": 1' $D/a/manifest.json");
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------------------- */

/* Peak memory without the hash tables, in MB. */
static double peak(const char *command)
{
    double all = 0, tables = 0;
    must(command);
    const char *at = strstr(printed, "peak memory ");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, "peak memory %lf MB, of it hash tables %lf", &all, &tables), 2);
    return all - tables;
}

/* Ten times the input takes no more memory than before but for the tables; one shard and 64 documents are the rest. */
START_TEST(memory_does_not_grow_with_the_input)
{
    double small = peak(BUILD "--out $D/small");
    must("./ch04/web_sample --out $D/w --pages 6000 --seed 2");
    double large = peak(BUILD "--out $D/large");
    ck_assert_msg(large < small + 4, "%.1f MB for 600 pages, %.1f MB for 6000", small, large);
}
END_TEST

/* 48 MB of text with 32 MB to work in. The limit does bite: 6 MB are too few. */
START_TEST(input_larger_than_the_memory)
{
    must("yes 'Le petit chat dort sur la table et la pluie tombe dans le jardin de la maison.' | "
         "awk 'NR % 500 == 0 { print \"\" } { print } NR == 600000 { exit }' | gzip -1 "
         ">$D/w/web/long.txt.gz");
    must("ulimit -d 32000; " BUILD "--out $D/a");
    must("gunzip -c $D/w/web/long.txt.gz | wc -c");
    ck_assert_int_gt(atoi(printed), 40 << 20);
    ck_assert_int_ne(run("ulimit -d 6000; " BUILD "--out $D/b"), 0);
}
END_TEST

/* ---- who reads it --------------------------------------------------------------------------------------- */

static char *whole_text(const char *name, size_t *size)
{
    char path[128];
    Error e = {""};
    snprintf(path, sizeof path, "%s/a/%s", folder, name);
    char *text = file_read(path, size, &e);
    ck_assert_msg(text != NULL, "%s", e.text);
    return text;
}

/* The ids of all shards are those of all documents, each closed by the token. */
START_TEST(ids_are_those_of_the_text)
{
    must(BUILD "--out $D/a");
    char path[128], name[32];
    Error e = {""};
    snprintf(path, sizeof path, "%s/a/tokenizer.json", folder);
    Tokenizer *t = tokenizer_load(path, &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    int end = tokenizer_id(t, "<|endoftext|>"), shard = 0;
    TokenList want = {0};
    size_t at = 0;
    for (; snprintf(path, sizeof path, "%s/a/text-%06d.txt", folder, shard) && access(path, F_OK) == 0;
         shard++) {
        size_t size;
        snprintf(name, sizeof name, "text-%06d.txt", shard);
        char *text = whole_text(name, &size), *rest = text;
        for (char *stop; (stop = strstr(rest, "\n<|endoftext|>\n"));
             rest = stop + strlen("\n<|endoftext|>\n")) {
            ck_assert(tokenizer_encode(t, rest, (size_t)(stop - rest), false, &want, &e));
            tokenizer_tokens_add(&want, end, 0);
        }
        ck_assert_str_eq(rest, "");
        free(text);
    }
    ck_assert_int_ge(shard, 3);
    for (int i = 0; i < shard; i++) {
        size_t count;
        snprintf(path, sizeof path, "%s/a/tokens-%06d.bin", folder, i);
        int *ids = text_shard_read(path, &count, &e);
        ck_assert_msg(ids != NULL, "%s", e.text);
        ck_assert_uint_eq(count % 256, 0);
        for (size_t k = 0; k < count; k++, at++)
            ck_assert_int_eq(ids[k], at < want.count ? want.ids[at] : end);
        free(ids);
    }
    ck_assert_uint_ge(at, want.count);
    tokenizer_tokens_free(&want);
    tokenizer_free(t);
}
END_TEST

#define TRAIN \
    "--layers 1 --heads 2 --channels 16 --context 32 --steps 2 --warmup 1 --eval-every 2 --sample 0 "

START_TEST(shards_can_be_trained_on)
{
    must(BUILD "--out $D/a");
    must("./ch05/pretrain_gpt --shards $D/a --align --document-mask " TRAIN "--out $D/s");
    ck_assert_msg(strstr(printed, " documents, ") != NULL, "%s", printed);
    must("cmp $D/a/tokenizer.json $D/s/tokenizer.json");
    must("./ch05/pretrain_gpt --shards $D/a --align --document-mask " TRAIN
         "--steps 4 --resume --out $D/s");
    static const struct {
        const char *command, *said;
    } cases[] = {
        {"--shards $D/a --corpus $D/a/text-000000.txt", "--shards and --corpus"},
        {"--shards $D/a --tokenizer bpe", "--tokenizer"},
        {"--shards $D/none", "/none/tokenizer.json: No such file"},
        {"--shards $D/cut", "text-000001.txt: has no shard of tokens yet; let ch04/dataset_build finish"},
        {"--shards $D/other", "tokens-000000.bin: token "},
    };
    must("mkdir $D/cut $D/other; cp $D/a/tokenizer.json $D/a/tokens-000000.bin $D/a/text-* $D/cut; "
         "cp $D/a/tokens-* $D/other; ./ch04/dataset_build --input $D/w/web --vocab 300 --out $D/small; "
         "cp $D/small/tokenizer.json $D/other");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[512];
        snprintf(command, sizeof command, "./ch05/pretrain_gpt %s " TRAIN "--out $D/x", cases[i].command);
        ck_assert_msg(run(command) == 2 && strstr(printed, cases[i].said) != NULL, "%s\n%s", command,
                      printed);
        ck_assert_ptr_eq(strchr(printed, '\n'), printed + strlen(printed) - 1);
    }
}
END_TEST

START_TEST(a_shard_of_text_can_be_trained_on)
{
    must(BUILD "--out $D/a");
    must("./ch05/pretrain_gpt --corpus $D/a/text-000000.txt --pack --tokenizer $D/a/tokenizer.json "
         "--layers 1 --heads 2 "
         "--channels 16 --context 32 --steps 2 --warmup 1 --eval-every 2 --sample 0 --out $D/m");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dataset");
    TCase *t = tcase_create("dataset");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_set_timeout(t, 600);
    tcase_add_test(t, bad_input_is_one_line_and_status_2);
    tcase_add_test(t, killed_runs_end_in_the_same_bytes);
    tcase_add_test(t, a_resumed_run_has_the_same_settings_and_inputs);
    tcase_add_test(t, any_number_of_threads_gives_the_same_bytes);
    tcase_add_test(t, damaged_files_are_counted);
    tcase_add_test(t, memory_does_not_grow_with_the_input);
    tcase_add_test(t, input_larger_than_the_memory);
    tcase_add_test(t, ids_are_those_of_the_text);
    tcase_add_test(t, shards_can_be_trained_on);
    tcase_add_test(t, a_shard_of_text_can_be_trained_on);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
