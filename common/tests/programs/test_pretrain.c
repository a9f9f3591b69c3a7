/* test_pretrain.c -- ch05/pretrain_gpt, run as a reader would: whatever happens to a training, it goes on
 * as if nothing had. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/model/resume.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Some lines of common/text/tinyshakespeare.txt are enough. */
#define TRAIN                                                                                              \
    "OMP_WAIT_POLICY=passive ./ch05/pretrain_gpt --layers 2 --heads 2 --channels 16 --context 16 --batch " \
    "2 "                                                                                                   \
    "--corpus $D/text --sample 0 --steps 24 --eval-every 6 --eval-batches 2 --warmup 5 --lr 0.01 "
#define MORE "--dropout 0.2 --accumulate 2 --pack --align "
#define MUON \
    "--optimizer muon --muon-lr 0.03 --form llama --kv-heads 1 --qk-norm --document-mask --z-loss 1e-4 "
#define STEPS 24

/* The log without what a clock says. */
#define LOSSES "sed 's/, \"tokens_per_second.*//'"

static char folder[64], printed[8192];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_pretrain.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
    ck_assert_int_eq(system("head -n 400 common/text/tinyshakespeare.txt > $D/text"), 0);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

/* The exit status of a shell command; what it printed is in printed. */
static int run(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "(%s) 2>&1", command);
    FILE *p = popen(line, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void must_run(const char *command)
{
    ck_assert_msg(run(command) == 0, "%s\n%s", command, printed);
}

static void must_fail(const char *command, const char *said)
{
    int status = run(command), lines = 0;
    ck_assert_msg(status == 2, "%s: status %d\n%s", command, status, printed);
    ck_assert_msg(strstr(printed, said) != NULL, "%s\nexpected: %s\n%s", command, said, printed);
    for (const char *c = printed; *c; c++)
        lines += *c == '\n';
    ck_assert_msg(lines == 1, "%s\n%s", command, printed);
}

/* The values of a field of a log, in its order. */
static int column(const char *name, const char *field, double *out, int max)
{
    char path[128], key[32], line[512];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s/log.jsonl", folder, name);
    snprintf(key, sizeof key, "\"%s\": ", field);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (count < max && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, key);
        if (at)
            out[count++] = atof(at + strlen(key));
    }
    fclose(f);
    return count;
}

static void check_columns(const char *a, const char *b, const char *field, double tolerance)
{
    double x[STEPS], y[STEPS];
    ck_assert_int_eq(column(a, field, x, STEPS), STEPS);
    ck_assert_int_eq(column(b, field, y, STEPS), STEPS);
    for (int i = 0; i < STEPS; i++)
        ck_assert_msg(fabs(x[i] - y[i]) <= tolerance * fabs(x[i]), "%s of step %d: %.9g and %.9g", field,
                      i + 1, x[i], y[i]);
}

/* ---- it goes on exactly -------------------------------------------------------------------------- */

START_TEST(killed_and_resumed_to_the_bit)
{
    Rng rng = rng_new((uint64_t)_i + 1);
    setenv("MUON", _i == 1 ? MUON : "", 1);
    must_run(TRAIN MORE "$MUON --out $D/whole");
    int kills = 0, status = 137;
    for (int round = 0; round < 200 && status != 0; round++) {
        char command[1024];
        snprintf(command, sizeof command,
                 TRAIN MORE
                 "$MUON --save-every 2 --out $D/cut `test -e $D/cut/training.safetensors && echo "
                 "--resume` & P=$!; (sleep 0.%03d; kill -9 $P) 2>/dev/null & wait $P",
                 round < 60 ? 5 + rng_below(&rng, 60) : 999);
        status = run(command);
        ck_assert_msg(status == 0 || status == 137, "round %d: %d\n%s", round, status, printed);
        kills += status == 137;
    }
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(kills, 0);
    must_run(LOSSES " $D/whole/log.jsonl > $D/1; " LOSSES " $D/cut/log.jsonl > $D/2; cmp $D/1 $D/2");
    must_run("cmp $D/whole/model.safetensors $D/cut/model.safetensors");
    must_run("test `wc -l < $D/1` = 29");        /* 24 steps and 5 evaluations */
    must_run("test `ls -A $D/cut | wc -l` = 7"); /* nothing half-written is left */
}
END_TEST

/* A signal lets the step end and saves; an evaluation that the state includes does not come again. */
START_TEST(stopped_and_resumed)
{
    static const struct {
        const char *name;
        int status;
    } signals[] = {{"INT", 130}, {"TERM", 143}};
    must_run(TRAIN "--steps 600 --eval-every 100 --out $D/whole");
    for (int i = 0; i < 2; i++) {
        char command[1024];
        snprintf(command, sizeof command,
                 "rm -rf $D/cut; " TRAIN "--steps 600 --eval-every 100 --out $D/cut & P=$!; "
                 "while ! grep -q '\"step\": 9,' $D/cut/log.jsonl; do sleep 0.01; done; "
                 "kill -%s $P; wait $P; exit $?",
                 signals[i].name);
        int status = run(command);
        ck_assert_msg(status == signals[i].status, "%d\n%s", status, printed);
        ck_assert_ptr_nonnull(strstr(printed, "; --resume continues from there"));
        must_run(TRAIN "--steps 600 --eval-every 100 --resume --out $D/cut");
        must_run(LOSSES " $D/whole/log.jsonl > $D/1; " LOSSES " $D/cut/log.jsonl | cmp - $D/1");
    }
}
END_TEST

/* What is saved with 16 bits a weight is trained with 32. */
#define OTHER_BYTES "test `cmp -l $D/half/training.safetensors $D/m/training.safetensors | wc -l`"
START_TEST(half_is_for_the_model_alone)
{
    must_run(TRAIN "--half --steps 12 --schedule constant --warmup 0 --out $D/half");
    must_run(TRAIN "--steps 12 --schedule constant --warmup 0 --out $D/m");
    must_run(OTHER_BYTES " = 2"); /* 16 and 32, in its notes */
    must_run("test $((2 * `wc -c < $D/half/model.safetensors`)) -lt $((`wc -c < $D/m/model.safetensors` + "
             "4096))");
    must_run(TRAIN "--half --schedule constant --warmup 0 --resume --out $D/half");
    must_run(TRAIN "--schedule constant --warmup 0 --resume --out $D/m");
    must_run(OTHER_BYTES " = 2");
    must_run("./ch05/generate --model $D/half -n 4 --prompt a");
}
END_TEST

START_TEST(resuming_what_is_not_there_or_another)
{
    must_fail(TRAIN "--resume --out $D/none", "none/training.safetensors: No such file or directory");
    must_run(TRAIN "--out $D/m");
    must_fail(TRAIN "--layers 3 --resume --out $D/m",
              "m/training.safetensors: this training has --layers 2, which cannot become --layers 3");
    must_fail(TRAIN "--pack --resume --out $D/m", "tokens, which cannot become");
    must_fail(TRAIN "--tokenizer bpe --vocab 300 --resume --out $D/m",
              "this training has --tokenizer char, which cannot become --tokenizer bpe --vocab 300");
    must_fail(TRAIN "--min-lr 0.1 --resume --out $D/m",
              "--min-lr 0.1 is above --lr 0.01: the learning rate would rise");
    must_fail(TRAIN "--warmup 25 --out $D/never", "--warmup 25, --steps 24: the warm-up is longer");
    must_run(TRAIN "--half --steps 24 --resume --out $D/m");
    ck_assert_ptr_nonnull(
        strstr(printed, "resumed with weights saved in 16 bits in place of weights saved in 32 bits"));
    must_run("(head -n 399 $D/text; echo Speak, speak!) > $D/other; " TRAIN "--out $D/m");
    must_fail(TRAIN "--corpus $D/other --resume --out $D/m", "of text (");
    must_run(TRAIN "--lr 0.02 --steps 30 --resume --out $D/m");
    ck_assert_ptr_nonnull(strstr(printed, "resumed with --lr 0.02 in place of --lr 0.01"));
    ck_assert_ptr_nonnull(strstr(printed, "resumed with --steps 30 in place of --steps 24"));
    ck_assert_ptr_nonnull(strstr(printed, "resumed at step 24"));
    must_run("test `grep -c loss $D/m/log.jsonl` = 30");
}
END_TEST

/* Replaces a text in the header of the state in $D/m, whose length follows. */
static void edit_header(const char *from, const char *to)
{
    char path[128];
    size_t size;
    snprintf(path, sizeof path, "%s/m/training.safetensors", folder);
    char *bytes = file_read(path, &size, NULL), *at = memmem(bytes, size, from, strlen(from));
    ck_assert_msg(at, "the state has no %s", from);
    uint64_t length;
    memcpy(&length, bytes, sizeof length);
    length += strlen(to) - strlen(from);
    memcpy(bytes, &length, sizeof length);
    size_t before = (size_t)(at - bytes), after = before + strlen(from);
    FileWriter *w = file_create(path, NULL);
    file_write(w, bytes, before);
    file_write(w, to, strlen(to));
    file_write(w, bytes + after, size - after);
    ck_assert(file_commit(w, NULL));
    free(bytes);
}

START_TEST(a_damaged_header_is_refused)
{
    static const char *const edits[][3] = {
        {"\"optimizer.0.wte.weight\":{",
         "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"optimizer.0.wte.weight\":{",
         "overlap"},
        {"\"shape\":[", "\"shape\":[2147483647,2147483647,", "wte.weight"},
        {"\"data_offsets\":[0,", "\"data_offsets\":[0,1000000000", "wte.weight"},
        {"\"optimizer.1.wte.weight\"", "\"optimizer.0.wte.weight\"", "twice"},
        {"\"step\":\"24\"", "\"step\":\"9223372036854775808\"", "step: expected a whole number"},
        {"\"notes\"", "\"note\"", "it is not the state of a training"},
    };
    must_run(TRAIN "--out $D/good");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        must_run("rm -rf $D/m; cp -r $D/good $D/m");
        edit_header(edits[i][0], edits[i][1]);
        must_fail(TRAIN "--resume --out $D/m", "m/training.safetensors: ");
        ck_assert_msg(strstr(printed, edits[i][2]), "expected %s: %s", edits[i][2], printed);
        must_run("cmp $D/m/model.safetensors $D/good/model.safetensors");
    }
}
END_TEST

START_TEST(a_damaged_state_is_refused)
{
    static const char *const damages[] = {
        "head -c 3000 $D/good/training.safetensors > $D/m/training.safetensors",
        "head -c -1 $D/good/training.safetensors > $D/m/training.safetensors",
        ": > $D/m/training.safetensors",
        "truncate -s 100G $D/m/training.safetensors",
        "printf '\\377\\377\\377\\377\\377\\377\\377\\177' | dd of=$D/m/training.safetensors conv=notrunc",
        "cp $D/good/model.safetensors $D/m/training.safetensors",
        "sed -i 's/\"step\": *\"24\"/\"step\":\"2x\"/' $D/m/training.safetensors",
        "sed -i 's/optimizer.1.wte/optimizer.2.wte/' $D/m/training.safetensors",
    };
    must_run(TRAIN "--out $D/good");
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        must_run("rm -rf $D/m; cp -r $D/good $D/m; cp -r $D/good $D/before");
        must_run(damages[i]);
        must_fail(TRAIN "--resume --out $D/m", "m/training.safetensors: ");
        must_run("cmp $D/m/model.safetensors $D/good/model.safetensors");
    }
}
END_TEST

/* ---- what goes wrong ----------------------------------------------------------------------------- */

/* Puts a number into a weight of the state in $D/m. */
static void poison(const char *name, float value)
{
    Error e = {""};
    char path[128];
    snprintf(path, sizeof path, "%s/m", folder);
    ModelDecoder *m = model_decoder_load(path, &e);
    ck_assert_msg(m, "%s", e.text);
    snprintf(path, sizeof path, "%s/m/training.safetensors", folder);
    ModelResume t = {.params = &m->params, .optimizer = nn_adamw_new(&m->params, 0.9f, 0.99f, 0)};
    char *notes = model_resume_notes(path, &e);
    ck_assert_msg(notes && model_resume_load(&t, path, &e), "%s", e.text);
    nn_param_find(&m->params, name)->tensor->data[3] = value;
    ck_assert_msg(model_resume_save(&t, notes, path, &e), "%s", e.text);
    free(notes);
    nn_optimizer_free(t.optimizer);
    model_decoder_free(m);
}

/* The same in $D/m after it has been copied from a folder. */
static void poison_copy(const char *from, const char *name, float value)
{
    setenv("FROM", from, 1);
    must_run("rm -rf $D/m; cp -r $D/$FROM $D/m");
    poison(name, value);
}

START_TEST(what_is_not_finite_stops_it)
{
    must_run(TRAIN "--out $D/good");
    poison_copy("good", "h.1.mlp.c_fc.weight", NAN);
    must_fail(TRAIN "--resume --steps 30 --out $D/m 2>&1 >/dev/null",
              "step 25: the loss is nan: the weight h.1.mlp.c_fc.weight holds nan");
    poison_copy("good", "h.0.attn.c_attn.bias", 3e38f); /* its square, in a score, is too large */
    must_fail(TRAIN "--resume --steps 30 --out $D/m 2>&1 >/dev/null",
              "step 25: the loss is nan: nn_self_attention");
    ck_assert_ptr_nonnull(strstr(printed, " after h.0.attn.c_attn.weight gives "));
    must_run("cmp $D/m/model.safetensors $D/good/model.safetensors"); /* the last good one */
}
END_TEST

/* A limit on the size of files stands for a disk that is full. */
START_TEST(a_full_disk_stops_it_and_it_goes_on_later)
{
    must_run(TRAIN "--steps 1500 --schedule constant --eval-every 250 --out $D/whole");
    must_fail("trap '' XFSZ; ulimit -f `expr \\`wc -c < $D/whole/training.safetensors\\` / 512 + 2`; " TRAIN
              "--steps 1500 --schedule constant --eval-every 250 --out $D/m 2>&1 >/dev/null | tail -n 1; "
              "exit 2",
              "m/log.jsonl: cannot write: File too large");
    must_run(TRAIN "--steps 1500 --schedule constant --eval-every 250 --resume --out $D/m");
    must_run("cmp $D/m/model.safetensors $D/whole/model.safetensors");
    must_run(LOSSES " $D/whole/log.jsonl > $D/1; " LOSSES " $D/m/log.jsonl | cmp - $D/1");
}
END_TEST

/* The files of two models never mix: there is the old one, or the new one, or none. */
START_TEST(a_new_training_in_an_old_folder)
{
    must_run(TRAIN "--out $D/old");
    for (int i = 0; i < 25; i++) {
        char command[1024];
        snprintf(command, sizeof command,
                 "rm -rf $D/m; cp -r $D/old $D/m; " TRAIN
                 "--channels 24 --pack --out $D/m & P=$!; sleep 0.%03d; kill -9 $P; wait $P; true",
                 4 * i);
        must_run(command);
        must_run("./ch05/generate --model $D/m -n 3 || ! test -e $D/m/model.safetensors");
    }
}
END_TEST

/* ---- what it learns from ------------------------------------------------------------------------- */

START_TEST(accumulation_is_a_larger_batch)
{
    must_run(TRAIN "--accumulate 3 --out $D/a");
    must_run(TRAIN "--batch 6 --out $D/b");
    check_columns("a", "b", "loss", 1e-5);
    check_columns("a", "b", "norm", 1e-4);
    must_run(TRAIN "--batch 2 --out $D/c");
    double a[STEPS], c[STEPS];
    column("a", "loss", a, STEPS);
    column("c", "loss", c, STEPS);
    ck_assert(fabs(a[STEPS - 1] - c[STEPS - 1]) > 1e-3); /* and not a smaller one */
}
END_TEST

/* ---- several ranks ------------------------------------------------------------------------------- */

/* Nothing of it may wait for ever for a rank that is gone. */
#define RANKS(n) "timeout 240 env " TRAIN "--ranks " #n " "

static bool has_mpi(const char *test)
{
    bool has = run("command -v mpirun && ldd ch05/pretrain_gpt | grep -q libmpi") == 0;
    if (!has)
        printf("%s: MPI is not here\n", test);
    return has;
}

/* The rows of a step are cut over the ranks, by whole batches or within them. */
START_TEST(ranks_share_each_step)
{
    static const char *const ways[] = {
        "--accumulate 4 --dropout 0.2 ", ("--accumulate 4 --pack " MUON),
        "--accumulate 1 --batch 7 --pack --align --document-mask --z-loss 1e-4 "};
    static const double tolerances[] = {1e-5, 1e-4, 1e-4};
    if (!has_mpi("ranks_share_each_step"))
        return;
    for (int i = 0; i < 3; i++) {
        setenv("WAY", ways[i], 1);
        must_run(TRAIN "$WAY --out $D/one");
        must_run(RANKS(2) "$WAY --out $D/two");
        check_columns("one", "two", "loss", tolerances[i]);
        check_columns("one", "two", "norm", 10 * tolerances[i]);
        must_run(RANKS(4) "$WAY --out $D/four");
        ck_assert_ptr_nonnull(strstr(printed, "; 4 ranks\n"));
        check_columns("one", "four", "loss", tolerances[i]);
        check_columns("one", "four", "norm", 10 * tolerances[i]);
    }
    for (int stage = 1; stage <= 3; stage++) { /* the last way, in which no share is a whole batch */
        setenv("ZERO", (const char *[]){"1", "2", "3"}[stage - 1], 1);
        must_run(RANKS(3) "$WAY --zero $ZERO --out $D/zero");
        check_columns("one", "zero", "loss", 1e-4);
        check_columns("one", "zero", "norm", 1e-3);
    }
    must_fail(TRAIN "--optimizer muon --zero 1 --out $D/x", "--zero 1: Muon needs whole matrices");
    must_run("export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated "
             "OMPI_MCA_rmaps_base_oversubscribe=1; timeout 240 mpirun -n 3 env " TRAIN
             "$WAY --out $D/three");
    check_columns("one", "three", "loss", 1e-5);
    ck_assert_int_eq(run(RANKS(3) "--batch 2 --out $D/x"), 2);
    ck_assert_ptr_nonnull(strstr(printed, "a step of so few texts cannot be shared by 3 ranks"));
    ck_assert_int_eq(run(RANKS(2) "--corpus $D/none --out $D/x"), 2);
    ck_assert_ptr_nonnull(strstr(printed, "pretrain_gpt: rank 0 on "));
    ck_assert_ptr_null(strstr(printed, "pretrain_gpt: rank 1 on "));
    must_run("! test -e $D/x");
}
END_TEST

/* What any number of ranks has saved, any other number continues, whatever each of them keeps. */
START_TEST(resumed_on_another_number_of_ranks)
{
    if (!has_mpi("resumed_on_another_number_of_ranks"))
        return;
    must_run(TRAIN "--accumulate 4 --dropout 0.2 --out $D/whole");
    must_run(RANKS(
        4) "--accumulate 4 --dropout 0.2 --out $D/cut --steps 24 --save-every 8 & P=$!; "
           "while ! grep -q '\"step\": 9,' $D/cut/log.jsonl; do sleep 0.01; done; kill $P; wait $P; true");
    must_run(RANKS(2) "--zero 1 --accumulate 4 --dropout 0.2 --out $D/cut --resume");
    ck_assert_ptr_nonnull(strstr(printed, "resumed at step "));
    ck_assert_ptr_null(strstr(printed, "resumed with"));
    check_columns("whole", "cut", "loss", 1e-5);
    poison_copy("cut", "h.1.mlp.c_fc.weight", NAN);
    ck_assert_int_eq(run(RANKS(2) "--accumulate 4 --steps 30 --resume --out $D/m"), 2);
    ck_assert_ptr_nonnull(strstr(printed, "step 25: the loss is nan: the weight h.1.mlp.c_fc.weight"));
    /* after one more step the logits are too large: only the last evaluation sees it */
    poison_copy("cut", "ln_f.bias", 1e38f);
    ck_assert_int_eq(
        run(RANKS(2) "--accumulate 4 --steps 25 --lr 10 --schedule constant --resume --out $D/m"), 2);
}
END_TEST

/* The job ends soon and says which rank, and fewer go on from the last checkpoint. */
START_TEST(a_rank_is_killed)
{
#define LONG "--accumulate 2 --steps 3000 --eval-every 3000 --save-every 4 --schedule constant "
    if (!has_mpi("a_rank_is_killed"))
        return;
    if (run("ldd ch05/pretrain_gpt | grep -q 'libmpi[.]so'") != 0) {
        puts("a_rank_is_killed: it reads what Open MPI says, which is not here");
        return;
    }
    int status =
        run(TRAIN LONG
            "--ranks 3 --out $D/m & P=$!; "
            "for i in `seq 2000`; do grep -q '\"step\": 9,' $D/m/log.jsonl && break; sleep 0.03; done; "
            "for K in `pgrep -P $P`; do grep -qz '^OMPI_COMM_WORLD_RANK=1$' /proc/$K/environ && "
            "kill -9 $K; done; "
            "B=`date +%s`; wait $P; S=$?; test $((`date +%s` - B)) -le 10 || echo LATE; exit $S");
    ck_assert_msg(status != 0 && !strstr(printed, "LATE"), "%d\n%s", status, printed);
    const char *line = strstr(printed, "rank 1 ");
    ck_assert_msg(line && strstr(line, "signal 9"), "%s", printed);
    must_run(RANKS(2) LONG "--steps 24 --resume --out $D/m");
    ck_assert_ptr_nonnull(strstr(printed, "resumed at step "));
    must_run(TRAIN LONG "--steps 24 --out $D/whole");
    check_columns("whole", "m", "loss", 1e-5);
}
END_TEST

/* A model from every kind of tokenizer can be opened and continues a text. */
START_TEST(tokenizers)
{
    must_run(TRAIN "--tokenizer bpe --vocab 300 --pack --out $D/m");
    ck_assert_ptr_nonnull(strstr(printed, "tokens of 300 kinds"));
    ck_assert_ptr_nonnull(strstr(printed, "documents"));
    must_run("./ch05/generate --model $D/m --prompt 'First Citizen:' -n 20");
    must_run("grep -q '\"eos_token_id\": 0,' $D/m/config.json");
    must_run(TRAIN "--tokenizer bpe --vocab 300 --pack --steps 30 --resume --out $D/m");
    must_run(TRAIN "--tokenizer $D/m/tokenizer.json --out $D/n");
    must_run("cmp $D/m/tokenizer.json $D/n/tokenizer.json");
    must_run("grep -q '\"eos_token_id\": null,' $D/n/config.json");
    must_run(TRAIN "--pack --out $D/c; ./ch05/generate --model $D/c -n 20");
    must_fail(TRAIN "--tokenizer $D/none.json --out $D/x", "none.json: No such file");
    must_fail("echo '{}' > $D/bad.json; " TRAIN "--tokenizer $D/bad.json --out $D/x", "bad.json: ");
    must_run(TRAIN "--out $D/plain");
    must_fail(TRAIN "--tokenizer $D/plain/tokenizer.json --pack --out $D/x",
              "--pack needs a tokenizer with the special token <|endoftext|>");
    must_fail("head -n 40 $D/text > $D/few; " TRAIN
              "--corpus $D/few --tokenizer $D/m/tokenizer.json --context 200 --out $D/x",
              "a context of 200 needs more than 200 held out");
    must_fail("echo 'z~z' >> $D/few; " TRAIN
              "--corpus $D/few --tokenizer $D/plain/tokenizer.json --out $D/x",
              "few: ");
    must_run("! test -e $D/x");
}
END_TEST

/* Every form is saved as a folder of its family, and goes on only with the same form and optimizer. */
START_TEST(forms_and_folders)
{
    static const struct {
        const char *options, *config;
    } forms[] = {{"--form gpt2", "\"model_type\": \"gpt2\""},
                 {"--form llama", "\"model_type\": \"llama\""},
                 {"--form llama --kv-heads 1", "\"num_key_value_heads\": 1"},
                 {"--form llama --qk-norm --half", "\"model_type\": \"qwen3\""}};
    for (int i = 0; i < 4; i++) {
        char command[1024];
        setenv("FORM", forms[i].options, 1);
        setenv("CONFIG", forms[i].config, 1);
        must_run(TRAIN "$FORM --out $D/m && grep -q \"$CONFIG\" $D/m/config.json");
        must_run("./ch05/generate --model $D/m -n 4 --prompt a");
        snprintf(command, sizeof command, TRAIN "--optimizer muon $FORM --resume --out $D/m");
        must_fail(command, "this training has --optimizer adamw, which cannot become --optimizer muon");
    }
    must_fail(TRAIN "--form llama --kv-heads 2 --qk-norm --resume --out $D/m",
              "has --kv-heads 0, which cannot become --kv-heads 2");
    must_fail(TRAIN "--qk-norm --out $D/x", "--qk-norm is for --form llama; a gpt2 has no such thing");
    must_fail(TRAIN "--kv-heads 1 --out $D/x", "--kv-heads is for --form llama");
    must_fail(TRAIN "--form llama --kv-heads 3 --out $D/x", "key and value heads to the heads");
    must_fail(TRAIN "--document-mask --out $D/x", "documents are told apart by --pack alone; give both");
    must_fail(TRAIN "--muon-lr 0.1 --out $D/x", "--muon-lr 0.1 is for --optimizer muon");
    must_run("! test -e $D/x");
}
END_TEST

/* A window of two equal documents that are read as if alone is twice a window of one: step by step the same losses. */
START_TEST(documents_are_read_alone)
{
#define EQUAL TRAIN "--corpus $D/equal --pack --align --form llama "
    double one[STEPS], seen[STEPS];
    must_run("for i in `seq 60`; do echo 'abcdefg'; echo; done > $D/equal");
    must_run(EQUAL "--context 8 --out $D/one");
    must_run(EQUAL "--context 16 --document-mask --out $D/two");
    check_columns("one", "two", "loss", 1e-4);
    must_run(EQUAL "--context 16 --out $D/seen"); /* and without the mask they are not */
    column("one", "loss", one, STEPS);
    column("seen", "loss", seen, STEPS);
    ck_assert_msg(fabs(seen[STEPS - 1] - one[STEPS - 1]) > 1e-2 * one[STEPS - 1], "%g and %g",
                  seen[STEPS - 1], one[STEPS - 1]);
}
END_TEST

/* Of equal documents that just fill a window, windows that begin with them are all equal: it does not
 * matter how many are looked at. A document longer than a window is read to its end. */
START_TEST(windows_begin_with_documents)
{
    must_run("for i in `seq 60`; do echo 'abcdefghijklmno'; echo; done > $D/equal");
    for (int i = 0; i < 2; i++) {
        static const char *const where[] = {"", "--align"};
        char command[1024];
        snprintf(command, sizeof command,
                 "for n in 1 9; do " TRAIN
                 "--corpus $D/equal --pack %s --eval-batches $n --out $D/m 2> $D/told |"
                 "grep -o '^step 0 | train [0-9.]* | val [0-9.]*'; done | uniq | wc -l",
                 where[i]);
        must_run(command);
        ck_assert_msg(atoi(printed) == (i == 0 ? 2 : 1), "%s: %s", where[i], printed);
    }
    must_run("for i in `seq 60`; do echo 'abcdefghijklmnopqrstuvwxyz'; echo; done > $D/equal; " TRAIN
             "--corpus $D/equal --pack --align --steps 300 --out $D/m; "
             "./ch05/generate --model $D/m --prompt w --temperature 0 -n 3");
    ck_assert_ptr_nonnull(strstr(printed, "wxyz"));
    /* of three tokens from a letter on, one is to be guessed: ln(16) / 3 = 0.92; from an end on, two of
     * them */
    must_run("awk 'BEGIN { for (srand(1); n < 2000; n++) printf \"%c\\n\\n\", 97 + int(16 * rand()) }' > "
             "$D/letters");
    must_run(TRAIN "--corpus $D/letters --pack --align --context 3 --batch 8 --steps 100 --eval-batches 20 "
                   "--out $D/m 2> $D/told | sed -n 's/^step 100 .* val \\([0-9.]*\\).*/\\1/p'");
    ck_assert_msg(fabs(atof(printed) - 0.92) < 0.2, "%s", printed);
    must_fail(TRAIN "--align --out $D/x", "--align: ");
}
END_TEST

START_TEST(schedules)
{
    double rate[STEPS];
    must_run(TRAIN "--schedule linear --min-lr 0 --out $D/m");
    ck_assert_int_eq(column("m", "rate", rate, STEPS), STEPS);
    ck_assert_double_eq_tol(rate[0], 0.01 / 6, 1e-8);
    ck_assert_double_eq_tol(rate[5], 0.01, 1e-8);
    ck_assert_double_eq_tol(rate[6] - rate[7], 0.01 / 19, 1e-8);
    must_run(TRAIN "--schedule constant --out $D/m");
    column("m", "rate", rate, STEPS);
    ck_assert_double_eq_tol(rate[STEPS - 1], 0.01, 1e-8);
    must_run(TRAIN "--schedule cosine --min-lr 0 --out $D/m");
    column("m", "rate", rate, STEPS);
    ck_assert_double_eq_tol(rate[5] - rate[6], 0.01 * (1 - cos(3.14159265358979 / 19)) / 2, 1e-8);
    must_fail(TRAIN "--schedule fast", "--schedule: 'fast' is not one of cosine, linear, constant");
}
END_TEST

/* ---- pretrain_bert ------------------------------------------------------------------------------- */

#define BERT                                                                                        \
    "OMP_WAIT_POLICY=passive ./ch05/pretrain_bert --layers 1 --heads 2 --channels 16 --context 16 " \
    "--batch 4 --corpus $D/text --steps 400 --warmup 5 --lr 0.01 --dropout 0.2 --eval-every 100 "   \
    "--save-every 3 "

/* Stopped within a pool of batches and at its end, it continues to the bit. */
START_TEST(bert_stopped_and_resumed)
{
    static const int steps[] = {5, 16, 23};
    must_run(BERT "--out $D/whole");
    for (int i = 0; i < 3; i++) {
        char command[1024];
        snprintf(command, sizeof command,
                 "rm -rf $D/cut; " BERT "--out $D/cut & P=$!; "
                 "while ! grep -q '\"step\": %d,' $D/cut/log.jsonl; do sleep 0.005; done; "
                 "kill -%s $P; wait $P; exit $?",
                 steps[i], i == 1 ? "KILL" : "TERM");
        int status = run(command);
        ck_assert_msg(status == (i == 1 ? 137 : 143), "%d\n%s", status, printed);
        must_run(BERT "--resume --out $D/cut");
        ck_assert_ptr_nonnull(strstr(printed, "resumed at step "));
        must_run(LOSSES " $D/whole/log.jsonl > $D/1; " LOSSES " $D/cut/log.jsonl | cmp - $D/1");
        must_run("cmp $D/whole/model.safetensors $D/cut/model.safetensors");
        must_run("cmp $D/whole/training.safetensors $D/cut/training.safetensors");
    }
    must_fail(BERT "--layers 2 --resume --out $D/cut",
              "this training has --layers 1, which cannot become --layers 2");
    must_run(BERT "--masked 0.3 --resume --out $D/cut");
    ck_assert_ptr_nonnull(strstr(printed, "resumed with --masked 0.3 in place of --masked 0.15"));
}
END_TEST

START_TEST(bert_that_is_not_finite_stops)
{
    must_run(BERT "--steps 20 --out $D/m");
    must_run("cp -r $D/m $D/good");
    must_fail(BERT
              "--steps 400 --lr 10 --clip 0 --schedule constant --warmup 0 --beta2 0 --resume --out $D/m "
              "2>&1 >/dev/null | grep -v '^training'; exit 2",
              " is ");
    ck_assert_msg(strstr(printed, "nan") || strstr(printed, "infinite"), "%s", printed);
    ck_assert_ptr_nonnull(strstr(printed, "/m holds the checkpoint before it"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pretrain");
    TCase *t = tcase_create("pretrain_gpt");
    tcase_set_timeout(t, 600);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, killed_and_resumed_to_the_bit, 0, 3);
    tcase_add_test(t, stopped_and_resumed);
    tcase_add_test(t, half_is_for_the_model_alone);
    tcase_add_test(t, resuming_what_is_not_there_or_another);
    tcase_add_test(t, a_damaged_header_is_refused);
    tcase_add_test(t, a_damaged_state_is_refused);
    tcase_add_test(t, what_is_not_finite_stops_it);
    tcase_add_test(t, a_full_disk_stops_it_and_it_goes_on_later);
    tcase_add_test(t, a_new_training_in_an_old_folder);
    tcase_add_test(t, accumulation_is_a_larger_batch);
    tcase_add_test(t, ranks_share_each_step);
    tcase_add_test(t, resumed_on_another_number_of_ranks);
    tcase_add_test(t, a_rank_is_killed);
    tcase_add_test(t, tokenizers);
    tcase_add_test(t, forms_and_folders);
    tcase_add_test(t, documents_are_read_alone);
    tcase_add_test(t, windows_begin_with_documents);
    tcase_add_test(t, schedules);
    tcase_add_test(t, bert_stopped_and_resumed);
    tcase_add_test(t, bert_that_is_not_finite_stops);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
