/* test_programs.c -- what the programs of chapter 5 say to bad input, and what they leave behind.
 *
 * Runs the built programs as a reader would, in a folder of its own. */
#include "common/base/base.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"
#define TRAIN                                                                                              \
    "./ch05/pretrain_gpt --layers 1 --heads 2 --channels 16 --context 16 --sample 0 --steps 4 --warmup 1 " \
    "--eval-every 2"
#define BERT                                                                                     \
    "./ch05/pretrain_bert --layers 1 --heads 2 --channels 16 --context 16 --steps 4 --warmup 1 " \
    "--eval-every 2 "                                                                            \
    "--batch 2 "                                                                                 \
    "--texts 200 "
#define FILL "./ch05/fill_mask "
#define CORPUS "--corpus \"$D/text\" "

static char folder[64], printed[8192];

static void put(const char *name, const char *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FileWriter *w = file_create(path, NULL);
    file_write(w, bytes, size);
    ck_assert(file_commit(w, NULL));
}

static void make_folder(void)
{
    char text[2000];
    snprintf(folder, sizeof folder, "/tmp/test_programs.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "to be, or not to be\n"[i % 20];
    put("text", text, sizeof text);
    put("short", text, 19);
    put("strange", "to be or not to be\nxyz", 22); /* of what is held out no letter is known */
    put("empty", "", 0);
    put("binary", "a\0b", 3);
    put("latin1", "caf\xe9 au lait", 12);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

/* The exit status of a shell command; what it said on standard error is in printed. */
static int run(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "(%s) 2>&1 >/dev/null", command);
    FILE *p = popen(line, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

START_TEST(bad_input_is_one_line_and_status_2)
{
    static const struct {
        const char *command, *said;
    } cases[] = {
        {TRAIN " --corpus $D/none --out $D/m", "/none: No such file or directory"},
        {TRAIN " --corpus $D --out $D/m", ": not a plain file"},
        {TRAIN " --corpus $D/empty --out $D/m", "/empty: the file is empty"},
        {TRAIN " --corpus $D/binary --out $D/m", "/binary: byte 1 is zero"},
        {TRAIN " --corpus $D/latin1 --out $D/m", "/latin1: byte 3 is not UTF-8"},
        {TRAIN " --corpus $D/short --out $D/m", "a context of 16 needs more than 16 held out"},
        {TRAIN " " CORPUS "--context 300 --out $D/m", "a context of 300 needs more than 300 held out"},
        {TRAIN " " CORPUS "--heads 3 --out $D/m", "--heads 3, --channels 16: the heads must divide"},
        {TRAIN " " CORPUS "--out $D/text/m", "a file of that name is in the way"},
        {TRAIN " " CORPUS "--out /proc/nowhere", "/proc/nowhere: cannot make the directory"},
        {TRAIN " " CORPUS "--lr fast --out $D/m", "--lr: 'fast' is not a number"},
        {TRAIN " " CORPUS "--tokenizer words --out $D/m", "--tokenizer"},
        {TRAIN " --hedas 3", "unknown option '--hedas'"},
        {"./ch05/generate --model $D/none", "/none/config.json: No such file or directory"},
        {"./ch05/generate --model ch05/models/book_gpt --prompt ''", "--prompt: the text is empty"},
        {"./ch05/generate --prompt a --prompt-ids 1", "--prompt, --prompt-ids: only one of them"},
        {"./ch05/generate --stop ''", "--stop: the text is empty"},
        {"./ch05/generate --stop a --print-ids", "--stop: looks for texts"},
        {"./ch05/generate --beams 4 --top-k 3",
         "--beams: looks for the most probable text and draws nothing"},
        {"./ch05/generate --beams 4 --temperature 0.5", "--beams: looks for the most probable text"},
        {"./ch05/generate --beams 4 --repetition-penalty 2", "--beams: looks for the most probable text"},
        {"./ch05/generate --model " FIXTURES
         "llama --beams 2 --print-ids --prompt-ids \"`seq -s ' ' 1 40` 1 2 3\"",
         "the prompt has 43 tokens, but a context of 43 leaves no room"},
        {"./ch05/generate --temperature -1", "--temperature: '-1' is not a number from 0 to 100"},
        {"./ch05/generate --quantize int2", "--quantize: 'int2' is not one of none, int8, int4"},
        {"./ch05/generate --model " FIXTURES "bert --prompt-ids 1",
         "fills gaps in a text and does not continue"},
        {"./ch05/generate --model " FIXTURES "llama --prompt-ids '1 41'",
         "--prompt-ids: '41': expected whole numbers from 0 to 40"},
        {"./ch05/generate --model " FIXTURES "llama --prompt-ids '1 2x'",
         "--prompt-ids: '2x': expected whole numbers"},
        {"./ch05/generate --model " FIXTURES "llama --prompt-ids ' '",
         "--prompt-ids: expected at least one number"},
        {"./ch05/generate --model " FIXTURES "llama --prompt-ids 1", "tokenizer.json: No such file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(run(cases[i].command) == 2, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(lines(printed) == 1, "%s\n%s", cases[i].command, printed);
        ck_assert_int_eq(run("test -e $D/m"), 1); /* nothing was begun */
    }
}
END_TEST

/* Numbers go in and come out, and nothing else; rounded weights, beams and a short cache work too. */
START_TEST(numbers_in_and_out)
{
    static const char *const more[] = {"--temperature 0", "--quantize int8", "--quantize int4 --top-p 0.9",
                                       "--beams 3", "--context 6 --min-p 0.1 --repetition-penalty 1.3"};
    static const char *const families[] = {"gpt2", "llama", "llama_shards", "qwen2"};
    for (int i = 0; i < 20; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 "./ch05/generate --model " FIXTURES
                 "%s --prompt-ids '1 2 3' --print-ids --ignore-end -n 9 %s >&2",
                 families[i / 5], more[i % 5]);
        ck_assert_msg(run(command) == 0, "%s\n%s", command, printed);
        int numbers = 0, read = 0;
        for (const char *at = printed; sscanf(at, "%*d%n", &read) == 0 && read > 0; at += read, read = 0)
            numbers++;
        ck_assert_msg(numbers == 9 && lines(printed) == 1, "%s\n%s", command, printed);
        ck_assert_uint_eq(strspn(printed, "0123456789 \n"), strlen(printed));
    }
}
END_TEST

/* Texts as other systems write them: what goes is said, and what cannot be used is named. */
START_TEST(corpora_that_people_have)
{
    static const struct {
        const char *make, *command, *said;
        int status;
    } cases[] = {
        {"(printf '\\357\\273\\277'; cat $D/text) >$D/c", TRAIN " --corpus $D/c --out $D/m >&2",
         "/c: dropped 1 byte order mark\n", 0},
        {"sed 's/$/\\r/' $D/text >$D/c", TRAIN " --corpus $D/c --out $D/m >&2",
         "/c: 100 line ends with a carriage return became \\n\n", 0},
        {"sed 's/$/\\r/' $D/text >$D/c", BERT "--corpus $D/c --out $D/m >&2",
         "/c: 100 line ends with a carriage return became \\n\n", 0},
        {"yes '{\"text\": \"to be or not\"}' | head -n 200 >$D/c", TRAIN " --pack --corpus $D/c --out $D/m",
         "--pack: the text is one document, and some must be held out; expected blank lines or "
         "<|endoftext|> "
         "between documents, not JSON",
         2},
        {"cp $D/text $D/c", TRAIN " --pack --corpus $D/c --out $D/m", "--pack: the text is one document",
         2},
        {"printf '\\377\\376t\\000' >$D/c", TRAIN " --corpus $D/c --out $D/m",
         "this is UTF-16; expected UTF-8", 2},
        {"printf 'version https://git-lfs.github.com/spec/v1\\n' >$D/c", TRAIN " --corpus $D/c --out $D/m",
         "a pointer of git-lfs", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run(cases[i].make), 0);
        ck_assert_msg(run(cases[i].command) == cases[i].status, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].command, printed);
        ck_assert_int_eq(
            run("! grep -q '\r' $D/m/tokenizer.json && ! grep -q '\357\273\277' $D/m/tokenizer.json"), 0);
        ck_assert_int_eq(run("rm -rf $D/m"), 0);
    }
}
END_TEST

/* A model of letters without a line break: a prompt is not needed, and a letter that it lacks is said. */
START_TEST(letters_that_a_model_lacks)
{
    ck_assert_int_eq(run("tr -d '\n' <$D/text >$D/c"), 0);
    ck_assert_msg(run(TRAIN " --corpus $D/c --out $D/m") == 0, "%s", printed);
    ck_assert_msg(run("./ch05/generate --model $D/m -n 5") == 0 && !printed[0], "%s", printed);
    ck_assert_msg(run("./ch05/generate --model $D/m -n 5 --prompt 'to 猫'") == 0, "%s", printed);
    ck_assert_msg(strstr(printed, "--prompt: 1 characters are left out: byte 3: the character '猫'"), "%s",
                  printed);
    ck_assert_int_eq(run("./ch05/generate --model $D/m -n 5 --prompt '猫'"), 2);
    ck_assert_msg(strstr(printed, "'猫' (U+732B) has no token"), "%s", printed);
}
END_TEST

/* The speaker (fixtures/make_speaker.py), as the programs show it. */
START_TEST(what_others_models_bring_with_them)
{
#define SPEAKER "./ch05/generate --model $D/m --prompt The -n 9 "
    static const struct {
        const char *change, *command, *said;
    } cases[] = {
        {"true", SPEAKER "--temperature 0 >&2", "The cat sat.\n"},
        {"true", "./ch05/generate --model $D/m --prompt '' -n 9 --temperature 0 >&2", "The cat sat.\n"},
        {"true", "./ch05/generate --model $D/m --prompt-ids '1 15 18' -n 9 --temperature 0 >&2", " sat.\n"},
        {"true", SPEAKER "--temperature 0 --context 1 >&2",
         "--context: of the prompt's 2 tokens the model reads the last 1\nThe cat sat.\n"},
        {"true", SPEAKER "--temperature 0 --print-ids >&2", "18 21 12 3 2\n"},
        {"echo '{\"eos_token_id\":3}' >$D/m/generation_config.json",
         SPEAKER "--temperature 0 --print-ids >&2", "18 21 12 3\n"},
        {"echo '{\"do_sample\":true,\"top_k\":1}' >$D/m/generation_config.json", SPEAKER ">&2",
         "/m/generation_config.json: unless given, temperature 1, top-k 1, top-p 1, min-p 0, "
         "repetition-penalty "
         "1\nThe cat sat.\n"},
        {"echo '{\"do_sample\":true,\"top_k\":1}' >$D/m/generation_config.json",
         "./ch05/generate --model $D/m --prompt 'The cat' -n 1 --temperature 0 >&2", "The cat sat\n"},
        {"true", SPEAKER "--temperature 0 --stop '<|im_end|>' --ignore-end >&2", "The cat sat.\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run("rm -rf $D/m; cp -r " FIXTURES "speaker $D/m"), 0);
        ck_assert_int_eq(run(cases[i].change), 0);
        ck_assert_msg(run(cases[i].command) == 0, "%s\n%s", cases[i].command, printed);
        const char *end = printed + strlen(printed) - strlen(cases[i].said);
        ck_assert_msg(end >= printed && strcmp(end, cases[i].said) == 0, "%s\n%s", cases[i].command,
                      printed);
    }
}
END_TEST

START_TEST(damaged_models_are_refused)
{
    static const struct {
        const char *damage, *said;
    } cases[] = {
        {"head -c 500 $D/good/model.safetensors > $D/m/model.safetensors", "cut short"},
        {"head -c -1 $D/good/model.safetensors > $D/m/model.safetensors", "model.safetensors"},
        {": > $D/m/model.safetensors", "model.safetensors"},
        {"rm $D/m/model.safetensors", "model.safetensors: No such file"},
        {"echo '{' > $D/m/config.json", "config.json: line 2: not JSON"},
        {"sed -i 's/\"n_embd\": *16/\"n_embd\": 32/' $D/m/config.json", "model.safetensors"},
        {"sed -i 's/\"n_head\": *2/\"n_head\": 3/' $D/m/config.json", "config.json"},
        {"rm $D/m/tokenizer.json", "tokenizer.json: No such file"},
        {"echo '[]' > $D/m/tokenizer.json", "tokenizer.json"},
    };
    ck_assert_msg(run(TRAIN " " CORPUS "--out $D/good") == 0, "%s", printed);
    ck_assert_msg(run("./ch05/generate --model $D/good --prompt to -n 20") == 0, "%s", printed);
    ck_assert_msg(run("./ch05/generate --model $D/good --prompt 猫 -n 20") == 2, "%s", printed);
    ck_assert_msg(strstr(printed, "'猫' (U+732B) has no token") != NULL, "%s", printed);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run("rm -rf $D/m; cp -r $D/good $D/m"), 0);
        ck_assert_int_eq(run(cases[i].damage), 0);
        ck_assert_msg(run("./ch05/generate --model $D/m --prompt to -n 5") == 2, "%s\n%s", cases[i].damage,
                      printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].damage, printed);
        ck_assert_msg(lines(printed) == 1, "%s\n%s", cases[i].damage, printed);
    }
}
END_TEST

/* A limit on the size of files stands for a disk that is full. */
START_TEST(a_full_disk_is_reported_and_loses_nothing)
{
    ck_assert_msg(run(TRAIN " " CORPUS "--out $D/m") == 0, "%s", printed);
    ck_assert_int_eq(run("cp -r $D/m $D/before"), 0);
    ck_assert_int_eq(run("trap '' XFSZ; ulimit -f 8; " TRAIN " " CORPUS "--out $D/m"), 2);
    ck_assert_msg(strstr(printed, "model.safetensors: ") && strstr(printed, "File too large"), "%s",
                  printed);
    ck_assert_int_eq(run("cmp $D/m/model.safetensors $D/before/model.safetensors"), 0);
    ck_assert_int_eq(run("test `ls -A $D/m | wc -l` = `ls -A $D/before | wc -l`"),
                     0); /* nothing half-written */
    ck_assert_int_eq(run(TRAIN " --help > /dev/full"), 2);
    /* nor is a text written on that nobody can read */
    ck_assert_int_eq(run("timeout 20 ./ch05/generate --model $D/m -n 1000000 --prompt to > /dev/full"), 2);
    ck_assert_msg(strstr(printed, "standard output: No space left on device"), "%s", printed);
}
END_TEST

/* However a training ends, what it has saved can be read. */
START_TEST(a_killed_training_leaves_a_whole_model)
{
    ck_assert_msg(run(TRAIN " " CORPUS "--out $D/m") == 0, "%s", printed);
    for (int i = 0; i < 12; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 TRAIN
                 " " CORPUS
                 "--steps 100000 --eval-every 1 --out $D/m & sleep 0.%02d; kill -9 $!; wait $! || true",
                 5 + 7 * i);
        run(command);
        ck_assert_msg(run("./ch05/generate --model $D/m --prompt to -n 2") == 0, "round %d: %s", i,
                      printed);
    }
}
END_TEST

/* What a reader writes from the headers alone: newcomer.c. */
START_TEST(a_newcomer_teaches_the_model)
{
    ck_assert_msg(run("build/tests/programs/newcomer >$D/said") == 0, "%s", printed);
    ck_assert_msg(
        run("grep -q '^after: Zoe lives on the moon.$' $D/said && ! grep -q '^before: Zoe lives on the "
            "moon' $D/said") == 0,
        "%s", printed);
    ck_assert_int_eq(run("test `wc -l <common/tests/programs/newcomer.c` -lt 40"), 0);
}
END_TEST

/* ---- pretrain_bert ------------------------------------------------------------------------------- */

START_TEST(bert_refuses_bad_input)
{
    static const struct {
        const char *command, *said;
    } cases[] = {
        {BERT "--corpus $D/none --out $D/m", "/none: No such file or directory"},
        {BERT "--corpus $D/empty --out $D/m", "/empty: the file is empty"},
        {BERT "--corpus $D/binary --out $D/m", "/binary: byte 1 is zero"},
        {BERT "--corpus $D/latin1 --out $D/m", "/latin1: byte 3 is not UTF-8"},
        {BERT "--corpus $D/short --out $D/m", "/short: 1 lines of text; expected at least 2"},
        {BERT "--corpus $D/strange --out $D/m", "/strange: the texts have no token that could be hidden"},
        {BERT CORPUS "--vocab 10 --out $D/m", "a vocabulary of 10 has no room"},
        {BERT "--kind poem --out $D/m", "--kind: 'poem': expected all, or a kind"},
        {BERT "--tokenizer $D/text --out $D/m", "/text"},
        {BERT "--tokenizer " FIXTURES "tokenizer/gpt2.json --out $D/m", "no [CLS] or no [SEP]"},
        {BERT "--heads 3 --out $D/m", "--heads 3, --channels 16: the heads must divide"},
        {BERT "--masked 0 --out $D/m", "--masked: '0' is not a number from 0.01"},
        {BERT "--out $D/text/m", "a file of that name is in the way"},
        {BERT "--out /proc/nowhere", "/proc/nowhere: cannot make the directory"},
        {BERT "--resume --out $D/none", "/none/training.safetensors: No such file or directory"},
        {FILL "--text 'no gap'", "--text: 'no gap': expected a text with [MASK] in it"},
        {FILL "--model $D/none", "/none/config.json: No such file or directory"},
        {FILL "--model " FIXTURES "gpt2", "expected a bert with its masked language model"},
        {FILL "--model " FIXTURES "bert", "/tokenizer.json: No such file or directory"},
        {BERT "--leyars 3", "unknown option '--leyars'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(run(cases[i].command) == 2, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].command, printed);
        ck_assert_msg(lines(printed) == 1, "%s\n%s", cases[i].command, printed);
        ck_assert_int_eq(run("test -e $D/m"), 1); /* nothing was begun */
    }
}
END_TEST

/* What is trained is read again, in 32 bits and in 16, and damage to it is found. */
START_TEST(bert_fills_gaps)
{
    static const struct {
        const char *damage, *said;
    } cases[] = {
        {"head -c 500 $D/good/model.safetensors > $D/m/model.safetensors", "model.safetensors"},
        {"rm $D/m/model.safetensors", "model.safetensors: No such file"},
        {"sed -i 's/hidden_size\": *16/hidden_size\": 32/' $D/m/config.json", "model.safetensors"},
        {"sed -i 's/\"gelu\"/\"gelu_10\"/' $D/m/config.json", "gelu_10"},
        {"echo '[]' > $D/m/tokenizer.json", "tokenizer.json"},
    };
    ck_assert_msg(run(BERT "--out $D/good") == 0, "%s", printed);
    ck_assert_msg(run(FILL "--model $D/good --text 'The cat [MASK] a [MASK].' >&2") == 0, "%s", printed);
    ck_assert_msg(run(BERT "--half --out $D/good --kind fact --kind review") == 0, "%s", printed);
    ck_assert_msg(run(FILL "--model $D/good --text 'The cat [MASK] a [MASK].' >&2") == 0, "%s", printed);
    ck_assert_msg(lines(printed) == 3, "%s", printed); /* the text and its two gaps */
    ck_assert_int_eq(run(FILL "--model $D/good --text '[MASK] a a a a a a a a a a a a a a a a a a a a'"),
                     2);
    ck_assert_msg(strstr(printed, "the model reads 1 to 16") != NULL, "%s", printed);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(run("rm -rf $D/m; cp -r $D/good $D/m"), 0);
        ck_assert_int_eq(run(cases[i].damage), 0);
        ck_assert_msg(run(FILL "--model $D/m --text '[MASK]'") == 2, "%s\n%s", cases[i].damage, printed);
        ck_assert_msg(strstr(printed, cases[i].said) != NULL, "%s\n%s", cases[i].damage, printed);
        ck_assert_msg(lines(printed) == 1, "%s\n%s", cases[i].damage, printed);
    }
}
END_TEST

START_TEST(bert_learns_from_any_text)
{
    ck_assert_msg(run(BERT CORPUS "--out $D/m") == 0, "%s", printed);
    ck_assert_msg(run(BERT CORPUS "--tokenizer $D/m/tokenizer.json --out $D/n") == 0, "%s", printed);
    ck_assert_int_eq(run("cmp $D/m/tokenizer.json $D/n/tokenizer.json"), 0);
    ck_assert_int_eq(run("cmp $D/m/model.safetensors $D/n/model.safetensors"), 0); /* the same seed */
}
END_TEST

START_TEST(a_killed_bert_leaves_a_whole_model)
{
    ck_assert_msg(run(BERT CORPUS "--out $D/m") == 0, "%s", printed);
    for (int i = 0; i < 10; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 BERT CORPUS
                 "--steps 100000 --eval-every 1 --out $D/m & sleep 0.%02d; kill -9 $!; wait $! || true",
                 5 + 9 * i);
        run(command);
        ck_assert_msg(run(FILL "--model $D/m --text 'to [MASK] or'") == 0, "round %d: %s", i, printed);
    }
    ck_assert_int_eq(run("cp -r $D/m $D/before; trap '' XFSZ; ulimit -f 8; " BERT CORPUS "--out $D/m"), 2);
    ck_assert_msg(strstr(printed, "File too large") != NULL, "%s", printed);
    ck_assert_int_eq(run("cmp $D/m/model.safetensors $D/before/model.safetensors"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("programs");
    TCase *t = tcase_create("chapter 5");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, bad_input_is_one_line_and_status_2);
    tcase_add_test(t, numbers_in_and_out);
    tcase_add_test(t, corpora_that_people_have);
    tcase_add_test(t, letters_that_a_model_lacks);
    tcase_add_test(t, what_others_models_bring_with_them);
    tcase_add_test(t, damaged_models_are_refused);
    tcase_add_test(t, a_full_disk_is_reported_and_loses_nothing);
    tcase_add_test(t, a_killed_training_leaves_a_whole_model);
    tcase_add_test(t, a_newcomer_teaches_the_model);
    tcase_add_test(t, bert_refuses_bad_input);
    tcase_add_test(t, bert_fills_gaps);
    tcase_add_test(t, bert_learns_from_any_text);
    tcase_add_test(t, a_killed_bert_leaves_a_whole_model);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
