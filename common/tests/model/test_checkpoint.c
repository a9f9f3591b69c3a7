/* test_checkpoint.c -- a GPT as a folder: what is written is read again bit by
 * bit, what is damaged gives an error, and what is killed leaves the old one. */
#include "common/base/file.h"
#include "common/model/decoder.h"
#include "common/model/safetensors.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64], config[96], weights[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_checkpoint.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/config.json", folder);
    snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
}

/* Removes the folder with its files; returns how many there were. */
static int remove_folder_at(const char *path)
{
    char name[512];
    int count = 0;
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count += remove(name) == 0 || remove_folder_at(name);
    }
    if (d)
        closedir(d);
    rmdir(path);
    return count;
}

static void remove_folder(void)
{
    chmod(folder, 0700);
    remove_folder_at(folder);
}

static const ModelConfig small = {.vocab = 11, .context = 6, .layers = 2, .heads = 2, .channels = 8};

static ModelDecoder *gpt_of(const ModelConfig *c, uint64_t seed)
{
    const ModelConfig whole = model_config_gpt2(*c);
    Rng rng = rng_new(seed);
    ModelDecoder *m = model_decoder_new(&whole, 0, &rng);
    for (int i = 0; i < m->params.count; i++) /* biases too get numbers of their own */
        tensor_normal(m->params.items[i].tensor, 1, &rng);
    return m;
}

static void save(const ModelDecoder *m)
{
    Error e = {""};
    ck_assert_msg(model_decoder_save(m, folder, &e), "%s", e.text);
}

static void save_small(void)
{
    ModelDecoder *m = gpt_of(&small, 1);
    save(m);
    model_decoder_free(m);
}

static bool same_weights(const ModelDecoder *a, const ModelDecoder *b)
{
    if (a->params.count != b->params.count)
        return false;
    for (int i = 0; i < a->params.count; i++) {
        const Tensor *x = a->params.items[i].tensor, *y = b->params.items[i].tensor;
        if (strcmp(a->params.items[i].name, b->params.items[i].name) != 0 || !tensor_same_shape(x, y) ||
            memcmp(x->data, y->data, x->size * sizeof(float)) != 0)
            return false;
    }
    return true;
}

static void put_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* Loading must fail with one line that names the file and says what was expected. */
static void check_refused(const char *file, const char *saying)
{
    Error e = {""};
    ModelDecoder *m = model_decoder_load(folder, &e);
    ck_assert_msg(m == NULL, "expected \"%s\", but it was loaded", saying);
    ck_assert_msg(strstr(e.text, file) && strstr(e.text, saying), "expected %s and \"%s\": %s", file,
                  saying, e.text);
    ck_assert_ptr_null(strchr(e.text, '\n'));
    ck_assert_ptr_null(model_decoder_load(folder, NULL));
}

/* ---- there and back ------------------------------------------------------------------------------ */

START_TEST(round_trip)
{
    static const ModelConfig configs[] = {
        {.vocab = 11, .context = 6, .layers = 2, .heads = 2, .channels = 8},
        {.vocab = 1, .context = 1, .layers = 1, .heads = 1, .channels = 1},
        {.vocab = 300, .context = 40, .layers = 3, .heads = 5, .channels = 35},
        {.vocab = 7, .context = 3, .layers = 12, .heads = 3, .channels = 9}};
    Error e = {""};
    ModelDecoder *m = gpt_of(&configs[_i], 5);
    save(m);
    ModelDecoder *again = model_decoder_load(folder, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    ck_assert(same_weights(m, again));
    const ModelConfig *c = &again->config;
    ck_assert(c->vocab == configs[_i].vocab && c->context == configs[_i].context &&
              c->layers == configs[_i].layers && c->heads == configs[_i].heads &&
              c->channels == configs[_i].channels);
    model_decoder_free(m);
    model_decoder_free(again);
    ck_assert_int_eq(remove_folder_at(folder), 2); /* and no temporary file */
}
END_TEST

START_TEST(not_a_number_is_kept)
{
    Error e = {""};
    ModelDecoder *m = gpt_of(&small, 5);
    const uint32_t bits[] = {0x7fc12345u, 0xff800000u, 0x00000001u, 0x80000000u}; /* NaN, -inf, tiny, -0 */
    memcpy(m->tokens->data, bits, sizeof bits);
    save(m);
    ModelDecoder *again = model_decoder_load(folder, &e);
    ck_assert_msg(again && same_weights(m, again), "%s", e.text);
    model_decoder_free(m);
    model_decoder_free(again);
}
END_TEST

/* Hugging Face holds the linear layers of GPT-2 as (in,out). */
START_TEST(files_are_as_on_hugging_face)
{
    Error e = {""};
    int shape[TENSOR_MAX_RANK];
    size_t size;
    save_small();
    Safetensors *s = model_safetensors_open(weights, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    ck_assert_int_eq(model_safetensors_count(s), 2 * 12 + 4);
    ck_assert_int_eq(model_safetensors_shape(s, "h.1.attn.c_attn.weight", shape), 2);
    ck_assert(shape[0] == 8 && shape[1] == 24);
    ck_assert_int_eq(model_safetensors_shape(s, "h.0.mlp.c_proj.weight", shape), 2);
    ck_assert(shape[0] == 32 && shape[1] == 8);
    ck_assert_int_eq(model_safetensors_shape(s, "wpe.weight", shape), 2);
    ck_assert(shape[0] == 6 && shape[1] == 8);
    ck_assert_str_eq(model_safetensors_metadata(s, "format"), "pt");
    model_safetensors_close(s);
    char *text = file_read(config, &size, &e);
    ck_assert_ptr_nonnull(text);
    const char *lines[] = {"\"model_type\": \"gpt2\"", "\"n_embd\": 8",
                           "\"n_layer\": 2",           "\"n_head\": 2",
                           "\"n_positions\": 6",       "\"vocab_size\": 11"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "config.json lacks %s", lines[i]);
    free(text);
}
END_TEST

START_TEST(saving_over_an_older_one)
{
    Error e = {""};
    ModelDecoder *old = gpt_of(&small, 1), *new = gpt_of(&small, 2);
    save(old);
    save(new);
    ModelDecoder *again = model_decoder_load(folder, &e);
    ck_assert(again && same_weights(new, again) && !same_weights(old, again));
    model_decoder_free(old);
    model_decoder_free(new);
    model_decoder_free(again);
    ck_assert_int_eq(remove_folder_at(folder), 2);
}
END_TEST

START_TEST(folders_are_made)
{
    char deep[128];
    Error e = {""};
    ModelDecoder *m = gpt_of(&small, 1);
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    ck_assert_msg(model_decoder_save(m, deep, &e), "%s", e.text);
    ModelDecoder *again = model_decoder_load(deep, &e);
    ck_assert(again && same_weights(m, again));
    model_decoder_free(m);
    model_decoder_free(again);
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------------- */

START_TEST(files_missing)
{
    check_refused(config, "No such file");
    save_small();
    unlink(weights);
    check_refused(weights, "No such file");
    mkdir(weights, 0700);
    check_refused(weights, "not a plain file");
    unlink(config);
    mkdir(config, 0700);
    check_refused(config, "not a plain file");
}
END_TEST

/* Every length of config.json and some of the weights: refused, or, once only white space is lost, whole. */
START_TEST(files_cut_short)
{
    size_t size;
    save_small();
    char *text = file_read(config, &size, NULL);
    for (size_t n = 0; n < size - 2; n++) {
        ck_assert_int_eq(truncate(config, (off_t)n), 0);
        check_refused(config, "not JSON");
        put_text(config, text);
    }
    free(text);
    char *bytes = file_read(weights, &size, NULL);
    free(bytes);
    for (size_t n = size - 1; n > 0; n = n > 97 ? n - 97 : n - 1) {
        ck_assert_int_eq(truncate(weights, (off_t)n), 0);
        check_refused(weights, "byte");
    }
    ck_assert_int_eq(truncate(weights, 0), 0);
    check_refused(weights, "byte");
}
END_TEST

#define CONFIG(type, vocab, context, channels, layers, heads)                                            \
    "{\"model_type\":" type ",\"vocab_size\":" vocab ",\"n_positions\":" context ",\"n_embd\":" channels \
    ",\"n_layer\":" layers ",\"n_head\":" heads "}"

typedef struct WrongConfig {
    const char *text, *file, *saying; /* file: the one that the message names */
} WrongConfig;

static const WrongConfig wrong_configs[] = {
    {"", config, "not JSON"},
    {"[1,2]", config, "expected an object"},
    {"{}", config, "model_type: \"\" is not known here, expected one of \"gpt2\", \"llama\""},
    {"{\"model_type\": \"gpt2\"}", config, "vocab_size: expected a whole number"},
    {CONFIG("\"llama\"", "11", "6", "8", "2", "2"), config, "hidden_size: expected a whole number"},
    {CONFIG("\"mamba\"", "11", "6", "8", "2", "2"), config, "model_type: \"mamba\" is not known here"},
    {CONFIG("2", "11", "6", "8", "2", "2"), config, "model_type: expected a text"},
    {CONFIG("\"gpt2\"", "0", "6", "8", "2", "2"), config, "vocab_size: expected a whole number"},
    {CONFIG("\"gpt2\"", "11.0", "6", "8", "2", "2"), config, "vocab_size: expected a whole number"},
    {CONFIG("\"gpt2\"", "\"11\"", "6", "8", "2", "2"), config, "vocab_size: expected a whole number"},
    {CONFIG("\"gpt2\"", "11", "-6", "8", "2", "2"), config, "n_positions: expected a whole number"},
    {CONFIG("\"gpt2\"", "11", "6", "null", "2", "2"), config, "n_embd: expected a whole number"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "true", "2"), config, "n_layer: expected a whole number"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "2", "4294967298"), config, "n_head: expected a whole number"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "2", "99999999999999999999"), config, "not JSON"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "2", "3"), config,
     "the heads: expected a number that divides the width"},
    {CONFIG("\"gpt2\"", "11", "6", "16777216", "1000", "2"), config, "more than 17179869184 weights"},
    {CONFIG("\"gpt2\"", "12", "6", "8", "2", "2"), weights,
     "\"wte.weight\": shape (11,8), expected (12,8)"},
    {CONFIG("\"gpt2\"", "11", "7", "8", "2", "2"), weights, "\"wpe.weight\": shape (6,8), expected (7,8)"},
    {CONFIG("\"gpt2\"", "11", "6", "16", "2", "2"), weights,
     "\"wte.weight\": shape (11,8), expected (11,16)"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "3", "2"), weights, "\"h.2.mlp.c_proj.weight\": not in the file"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "1", "2"), weights, "config.json says 1 layers"},
    {CONFIG("\"gpt2\"", "11", "6", "8", "2", "2") "x", config, "not JSON"},
};
enum { WRONG_CONFIGS = sizeof wrong_configs / sizeof *wrong_configs };

START_TEST(wrong_config)
{
    const WrongConfig *w = &wrong_configs[_i];
    save_small();
    put_text(config, w->text);
    check_refused(w->file, w->saying);
}
END_TEST

START_TEST(the_right_config_in_short)
{
    save_small();
    put_text(config, CONFIG("\"gpt2\"", "11", "6", "8", "2", "2"));
    ModelDecoder *m = model_decoder_load(folder, NULL), *same = gpt_of(&small, 1);
    ck_assert(m && same_weights(m, same));
    model_decoder_free(m);
    model_decoder_free(same);
}
END_TEST

/* Writes the weights of m, but tensor `name` under another name or shape, or not at all. */
static void save_weights_but(const ModelDecoder *m, const char *name, const char *as, const int *shape)
{
    Error e = {""};
    SafetensorsWriter *w = model_safetensors_create(weights, &e);
    ck_assert_ptr_nonnull(w);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        bool other = strcmp(p->name, name) == 0;
        if (!other || as)
            model_safetensors_add(w, other ? as : p->name, p->tensor->rank,
                                  other && shape ? shape : p->tensor->shape, p->tensor->data,
                                  p->transposed);
    }
    ck_assert_msg(model_safetensors_finish(w, &e), "%s", e.text);
}

START_TEST(wrong_weights)
{
    ModelDecoder *m = gpt_of(&small, 1);
    save(m);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        int shape[] = {p->tensor->shape[0] - 1, p->tensor->rank > 1 ? p->tensor->shape[1] : 0};
        save_weights_but(m, p->name, NULL, NULL);
        check_refused(weights, p->name);
        save_weights_but(m, p->name, "another", NULL);
        check_refused(weights, p->name);
        save_weights_but(m, p->name, p->name, shape);
        check_refused(weights, p->name);
        check_refused(weights, "expected");
    }
    save_weights_but(m, "", NULL, NULL);
    ModelDecoder *again = model_decoder_load(folder, NULL);
    ck_assert(again && same_weights(m, again));
    model_decoder_free(m);
    model_decoder_free(again);
}
END_TEST

/* A small file that claims to be a large model is refused before memory is taken for it. */
static void claim(int channels, int layers)
{
    char text[256], last[64];
    Error e = {""};
    float *zeros = memory_zero((size_t)channels, sizeof *zeros);
    const int table[] = {1, channels};
    snprintf(text, sizeof text,
             "{\"model_type\":\"gpt2\",\"vocab_size\":1,\"n_positions\":1,\"n_embd\":%d,\"n_layer\":%d,\"n_"
             "head\":1}",
             channels, layers);
    put_text(config, text);
    SafetensorsWriter *w = model_safetensors_create(weights, &e);
    model_safetensors_add(w, "wte.weight", 2, table, zeros, false);
    model_safetensors_add(w, "wpe.weight", 2, table, zeros, false);
    snprintf(last, sizeof last, "h.%d.ln_1.weight", layers - 1);
    model_safetensors_add(w, last, 1, &channels, zeros, false);
    ck_assert_msg(model_safetensors_finish(w, &e), "%s", e.text);
    free(zeros);
}

START_TEST(large_claims)
{
    claim(37000, 1); /* 16 thousand million weights */
    check_refused(weights, "expected");
    claim(1, 1 << 24); /* 16 million layers */
    check_refused(config, "layers must be from 1 to 4096");
    claim(1, 4096);
    check_refused(weights, "expected");
}
END_TEST

/* ---- saving that fails --------------------------------------------------------------------------- */

static void check_not_saved(const char *to, const char *saying)
{
    Error e = {""};
    ModelDecoder *m = gpt_of(&small, 3);
    ck_assert(!model_decoder_save(m, to, &e));
    ck_assert_msg(strstr(e.text, to) && strstr(e.text, saying), "expected %s and \"%s\": %s", to, saying,
                  e.text);
    ck_assert(!model_decoder_save(m, to, NULL));
    model_decoder_free(m);
}

START_TEST(nowhere_to_save)
{
    char path[160], *far = memory_new(5000);
    snprintf(path, sizeof path, "%s/file", folder);
    put_text(path, "a file");
    check_not_saved(path, "cannot make the directory");
    snprintf(path, sizeof path, "%s/file/below", folder);
    check_not_saved(path, "cannot make the directory");
    check_not_saved("/proc/nowhere", "cannot make the directory");
    check_not_saved("", "empty");
    memset(far, 'x', 4999);
    far[4999] = '\0';
    Error e = {""};
    ModelDecoder *m = gpt_of(&small, 3);
    ck_assert(!model_decoder_save(m, far, &e) && e.text[0]);
    e = (Error){""};
    ck_assert(!model_decoder_load(far, &e) && strstr(e.text, "too long"));
    model_decoder_free(m);
    free(far);
}
END_TEST

START_TEST(folder_is_not_writable)
{
    if (geteuid() == 0) /* root may write anywhere: the same with a directory in the way */
        mkdir(weights, 0700);
    else
        chmod(folder, 0500);
    check_not_saved(folder, "cannot write");
    chmod(folder, 0700);
}
END_TEST

/* No file may pass `max` bytes, which stands for a disk that is full. */
static void check_full_disk(const char *file, rlim_t max)
{
    Error e = {""};
    ModelDecoder *old = gpt_of(&small, 1), *new = gpt_of(&small, 2);
    struct rlimit before, limit;
    save(old);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){max, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    bool saved = model_decoder_save(new, folder, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(!saved);
    ck_assert_msg(strstr(e.text, file) && strstr(e.text, "cannot write"), "%s", e.text);
    ModelDecoder *again = model_decoder_load(folder, NULL);
    ck_assert_msg(again && same_weights(old, again), "the old one is damaged");
    model_decoder_free(old);
    model_decoder_free(new);
    model_decoder_free(again);
}

START_TEST(disk_is_full)
{
    signal(SIGXFSZ, SIG_IGN); /* so that write fails, as on a full disk */
    check_full_disk(config, 100);
    check_full_disk(weights, 1000);
    check_full_disk(weights, 8000);
    ck_assert_int_eq(remove_folder_at(folder), 2); /* no temporary file stays */
}
END_TEST

/* Removes what killed savers left behind; false if there was nothing. */
static bool remove_temporaries(void)
{
    char name[512];
    bool found = false;
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        found = (strstr(entry->d_name, ".part") && remove(name) == 0) || found;
    }
    if (d)
        closedir(d);
    return found;
}

/* Saves one and the other, again and again, until it is killed. */
static pid_t start_saving(const ModelDecoder *a, const ModelDecoder *b)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    for (int i = 0; model_decoder_save(i % 2 ? a : b, folder, NULL); i++)
        ;
    _exit(1);
}

START_TEST(killed_while_saving)
{
    const ModelConfig c = {.vocab = 400, .context = 60, .layers = 2, .heads = 2, .channels = 64};
    ModelDecoder *a = gpt_of(&c, 1), *b = gpt_of(&c, 2);
    Rng rng = rng_new(3);
    int torn = 0;
    save(a);
    for (int i = 0; i < 40; i++) {
        Error e = {""};
        int status;
        pid_t child = start_saving(a, b);
        nanosleep(&(struct timespec){0, 1000 * rng_below(&rng, 20000)}, NULL); /* up to 20 ms */
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "saving failed");
        torn += remove_temporaries();
        ModelDecoder *left = model_decoder_load(folder, &e);
        ck_assert_msg(left != NULL, "kill %d: %s", i, e.text);
        ck_assert_msg(same_weights(left, a) || same_weights(left, b), "kill %d: a mixture", i);
        model_decoder_free(left);
    }
    ck_assert_msg(torn > 0, "no kill came in the middle of a save");
    model_decoder_free(a);
    model_decoder_free(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("checkpoint");
    TCase *t = tcase_create("checkpoint");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, round_trip, 0, 4);
    tcase_add_test(t, not_a_number_is_kept);
    tcase_add_test(t, files_are_as_on_hugging_face);
    tcase_add_test(t, saving_over_an_older_one);
    tcase_add_test(t, folders_are_made);
    tcase_add_test(t, files_missing);
    tcase_add_test(t, files_cut_short);
    tcase_add_loop_test(t, wrong_config, 0, WRONG_CONFIGS);
    tcase_add_test(t, the_right_config_in_short);
    tcase_add_test(t, wrong_weights);
    tcase_add_test(t, large_claims);
    tcase_add_test(t, nowhere_to_save);
    tcase_add_test(t, folder_is_not_writable);
    tcase_add_test(t, disk_is_full);
    tcase_add_test(t, killed_while_saving);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
