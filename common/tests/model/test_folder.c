/* test_folder.c -- folders that are not what they say: each is refused in one line that names
 * the file, and what was expected. */
#include "common/base/base.h"
#include "common/model/folder.h"
#include "common/model/safetensors.h"

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_folder.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char name[512];
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        remove(name);
    }
    if (d)
        closedir(d);
    rmdir(folder);
}

static void put(const char *name, const char *bytes, size_t size)
{
    char path[512];
    Error e = {""};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FileWriter *w = file_create(path, &e);
    ck_assert_msg(w != NULL, "%s", e.text);
    file_write(w, bytes, size);
    ck_assert_msg(file_commit(w, &e), "%s", e.text);
}

/* Copies a fixture, all of its files. */
static void copy_fixture(const char *family)
{
    char from[200], path[512];
    snprintf(from, sizeof from, FIXTURES "%s", family);
    DIR *d = opendir(from);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        size_t size;
        snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
        char *bytes = entry->d_name[0] == '.' ? NULL : file_read(path, &size, NULL);
        if (bytes)
            put(entry->d_name, bytes, size);
        free(bytes);
    }
    closedir(d);
}

/* Replaces a part of a text file, which must be there. */
static void edit(const char *name, const char *old, const char *new)
{
    char path[512];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = file_read(path, &size, NULL);
    ck_assert_ptr_nonnull(text);
    char *at = strstr(text, old), *whole = memory_new(size + strlen(new) + 1);
    ck_assert_msg(at != NULL, "%s has no %s", name, old);
    int length = sprintf(whole, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    put(name, whole, (size_t)length);
    free(whole);
    free(text);
}

static void check_refused(const char *file, const char *saying)
{
    for (int kind = QUANT_NONE; kind <= QUANT_INT4; kind++) {
        Error e = {""};
        ModelRun *m = model_run_load(folder, (QuantKind)kind, &e);
        ck_assert_msg(m == NULL, "expected \"%s\", but it was loaded", saying);
        ck_assert_msg(strncmp(e.text, folder, strlen(folder)) == 0 && strstr(e.text, file) &&
                          strstr(e.text, saying),
                      "expected %s and \"%s\": %s", file, saying, e.text);
        ck_assert_ptr_null(strchr(e.text, '\n'));
        ck_assert_ptr_null(model_run_load(folder, (QuantKind)kind, NULL));
    }
}

static void check_loads(void)
{
    Error e = {""};
    ModelRun *m = model_run_load(folder, QUANT_NONE, &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    model_run_free(m);
}

/* ---- config.json --------------------------------------------------------------------------------- */

typedef struct Wrong {
    const char *family, *old, *new, *said;
} Wrong;

static const Wrong wrong[] = {
    {"gpt2", "\"gpt2\"", "\"mamba\"", "model_type: \"mamba\" is not known here, expected one of \"gpt2\""},
    {"gpt2", "\"gpt2\"", "[]", "model_type: expected a text"},
    {"gpt2", "gelu_new", "swiglu\\n", "activation_function: \"swiglu?\" is not known here"},
    {"gpt2", "1e-05", "\"small\"", "layer_norm_epsilon: expected a number"},
    {"gpt2", "1e-05", "0", "epsilon of the norms"},
    {"gpt2", "1e-05", "1e300", "epsilon of the norms"},
    {"gpt2", "\"n_head\": 3", "\"n_head\": 5", "divides the width"},
    {"gpt2", "\"n_head\": 3", "\"n_head\": 3, \"n_head\": 3", "not JSON: a key occurs twice"},
    {"gpt2", "\"n_head\": 3", "\"n_head\": 3, \"n_inner\": 95", "shape (24,96), expected (24,95)"},
    {"gpt2", "\"n_head\": 3", "\"n_head\": 3, \"scale_attn_weights\": false",
     "scale_attn_weights: expected true"},
    {"gpt2", "\"n_layer\": 2", "\"n_layer\": 3", "\"h.2.ln_1.weight\": not in the file"},
    {"gpt2", "\"n_layer\": 2", "\"n_layer\": 1", "h.1.ln_1.weight is there, but config.json says 1 layers"},
    {"gpt2", "\"n_layer\": 2", "\"n_layer\": 16777216", "layers must be from 1 to 4096"},
    {"gpt2", "\"vocab_size\": 37", "\"vocab_size\": 16777217", "vocab_size: expected a whole number"},
    {"gpt2", "\"vocab_size\": 37", "\"vocab_size\": 1e1", "vocab_size: expected a whole number"},
    {"gpt2", "\"vocab_size\": 37", "\"vocab_size\": 16777216", "expected (16777216,24)"},
    {"gpt2", "\"n_embd\": 24", "\"n_embd\": 16777215", "more than 17179869184 weights"},
    {"llama", "llama3", "yarn",
     "rope_type: \"yarn\" is not known here, expected one of \"default\", \"linear\""},
    {"llama", "\"factor\": 8.0", "\"factor\": 0", "factor of rope_scaling"},
    {"llama", "\"factor\": 8.0", "\"factor\": \"8\"", "factor: expected a number"},
    {"llama", "\"low_freq_factor\": 1.0", "\"low_freq_factor\": 4.0", "low_freq_factor < high_freq_factor"},
    {"llama", "\"rope_theta\": 500.0", "\"rope_theta\": -1", "rope_theta must be"},
    {"llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4", "must divide the heads"},
    {"llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 12",
     "key and value heads to the heads"},
    {"llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3",
     "k_proj.weight\": shape (8,24), expected (12,24)"},
    {"llama", "\"num_key_value_heads\": 2", "\"head_dim\": 5, \"num_key_value_heads\": 2",
     "even dimension"},
    {"llama", "[\n    40,\n    39\n  ]", "[40, \"39\"]", "eos_token_id: expected a token's number"},
    {"llama", "[\n    40,\n    39\n  ]", "[1,2,3,4,5,6,7,8,9]", "eos_token_id: expected at most 8"},
    {"llama", "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": 0",
     "tie_word_embeddings: expected true or false"},
    {"qwen2", "\"use_sliding_window\": false", "\"use_sliding_window\": true",
     "use_sliding_window: expected false"},
    {"qwen2", "\"silu\"", "\"gelu_10\"", "hidden_act: \"gelu_10\" is not known here"},
    {"qwen2", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
     "\"lm_head.weight\": not in the file"},
    {"bert", "\"type_vocab_size\": 2", "\"type_vocab_size\": 3",
     "token_type_embeddings.weight\": shape (2,28)"},
    {"bert", "\"type_vocab_size\": 2", "\"position_embedding_type\": \"relative_key\"",
     "position_embedding_type: \"relative_key\""},
    {"bert", "\"type_vocab_size\": 2", "\"is_decoder\": true", "is_decoder: expected false"},
    {"llama", "\"rope_type\": \"llama3\"", "\"rope_kind\": \"llama3\"", "type: \"\" is not known here"},
    {"llama", "\"factor\": 8.0", "\"other\": 8.0", "factor of rope_scaling must be at least 1"},
    {"llama", "\"low_freq_factor\": 1.0", "\"low\": 1.0", "rope_scaling needs 0 < low_freq_factor"},
    {"llama", "\"high_freq_factor\": 4.0", "\"high\": 4.0", "low_freq_factor < high_freq_factor"},
    {"llama", "\"original_max_position_embeddings\"", "\"original\"",
     "original_max_position_embeddings: expected a whole number"},
    {"llama", "\"rope_theta\": 500.0", "\"partial_rotary_factor\": 0.5",
     "partial_rotary_factor: expected 1"},
    {"llama", "\"factor\": 8.0", "\"factor\": 8.0, \"partial_rotary_factor\": 0.5",
     "partial_rotary_factor: expected 1"},
    {"qwen2", "\"qwen2\"", "\"llama\"",
     "self_attn.q_proj.bias is there, but by config.json there is no such bias"},
    {"qwen3", "\"qwen3\"", "\"llama\"",
     "q_norm.weight is there, but by config.json heads are not normalised"},
    {"qwen3", "\"head_dim\": 8", "\"head_dim\": 10", "expected (40,20)"},
    {"mistral", "\"sliding_window\": 14", "\"sliding_window\": 0",
     "sliding_window: expected a whole number"},
    {"phi3", "\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"longrope\"}",
     "\"longrope\" is not known"},
    {"phi3", "\"rope_scaling\": null", "\"partial_rotary_factor\": 0.75",
     "partial_rotary_factor: expected 1"},
    {"phi3", "\"num_key_value_heads\": 7", "\"num_key_value_heads\": 1", "expected (36,28)"},
    {"gemma3", "\"query_pre_attn_scalar\": 10", "\"query_pre_attn_scalar\": 12",
     "query_pre_attn_scalar: expected head_dim"},
    {"gemma3", "\"attn_logit_softcapping\": null", "\"attn_logit_softcapping\": 50.0",
     "attn_logit_softcapping: expected null"},
    {"gemma3", "\"final_logit_softcapping\": null", "\"final_logit_softcapping\": 30.0",
     "final_logit_softcapping: expected null"},
    {"gemma3", "\"sliding_window_pattern\": 2",
     "\"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\"]",
     "layer_types: expected each layer's"},
    {"gemma3", "\"sliding_window_pattern\": 2", "\"layer_types\": [\"full_attention\"]",
     "layer_types: expected each layer's"},
    {"gemma3", "\"attention_bias\": false", "\"use_bidirectional_attention\": true",
     "use_bidirectional_attention: expected false"},
    {"gemma3", "\"sliding_window\": 9", "\"sliding_window\": 0", "sliding_window: expected a whole number"},
    {"gemma3", "\"rope_local_base_freq\": 10000.0", "\"rope_local_base_freq\": 0.0", "rope_theta must be"},
};
enum { WRONG = sizeof wrong / sizeof *wrong };

START_TEST(wrong_configs)
{
    copy_fixture(wrong[_i].family);
    check_loads();
    edit("config.json", wrong[_i].old, wrong[_i].new);
    check_refused("", wrong[_i].said);
}
END_TEST

START_TEST(strange_configs)
{
    enum { DEEP = 100000 };
    char *deep = memory_new(DEEP);
    copy_fixture("gpt2");
    memset(deep, '[', DEEP);
    put("config.json", deep, DEEP);
    check_refused("config.json", "not JSON: brackets lie too deep");
    put("config.json", "", 0);
    check_refused("config.json", "not JSON");
    put("config.json", "null", 4);
    check_refused("config.json", "not JSON");
    put("config.json", "[]", 2);
    check_refused("config.json", "expected an object");
    put("config.json", "{\"model_type\": \"gpt2\xff\"}", 23);
    check_refused("config.json", "not JSON");
    put("config.json", "{\"model_type\": \"gpt2\\u0000\"}", 28);
    check_refused("config.json", "not JSON");
    remove_folder();
    check_refused("config.json", "No such file");
    free(deep);
}
END_TEST

/* Newer files hold all of rotary positions in one object, and null is as good as nothing. */
START_TEST(other_ways_to_say_the_same)
{
    copy_fixture("llama");
    edit("config.json", "\"rope_theta\": 500.0,", "");
    edit("config.json", "\"rope_scaling\": {",
         "\"rope_scaling\": null, \"rope_parameters\": {\"rope_theta\": 500.0,");
    Error e = {""};
    ModelConfig a, b;
    ck_assert_msg(model_folder_config(folder, &a, &e), "%s", e.text);
    ck_assert(model_folder_config(FIXTURES "llama", &b, &e));
    ck_assert_float_eq(a.rotary.theta, 500);
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

/* Newer files name the kind of each layer, and what turns which. */
START_TEST(gemma3_as_newer_files_have_it)
{
    Error e = {""};
    ModelConfig a, b;
    copy_fixture("gemma3");
    edit("config.json", "\"sliding_window_pattern\": 2,",
         "\"layer_types\": [\"sliding_attention\", \"full_attention\", \"sliding_attention\"],");
    edit("config.json", "\"rope_theta\": 1000000.0,",
         "\"rope_parameters\": {\"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": "
         "10000.0},"
         "\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8.0, \"rope_theta\": 1000000.0}},");
    edit("config.json", "\"rope_scaling\": {", "\"other\": {");
    edit("config.json", "\"rope_local_base_freq\": 10000.0,", "");
    ck_assert_msg(model_folder_config(folder, &a, &e), "%s", e.text);
    ck_assert(model_folder_config(FIXTURES "gemma3", &b, &e));
    ck_assert_int_eq(a.global_every, 2);
    ck_assert_float_eq(a.rotary.factor, 8);
    b.local_rotary.original = a.local_rotary.original; /* which only llama3 asks for */
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

/* ---- several files ------------------------------------------------------------------------------- */

static const char map[] = "model.safetensors.index.json", first[] = "model-00001-of-00003.safetensors";

static const Wrong wrong_maps[] = {
    {map, "\"weight_map\": {", "\"weight_map\": [], \"other\": {", "weight_map: expected an object"},
    {map, "\"weight_map\": {", "\"weight_map\": {}, \"other\": {", "weight_map: expected an object"},
    {map, "\"model-00001", "\"../model-00001", "expected the name of a .safetensors file in this folder"},
    {map, "\"model-00001", "\"/etc/model-00001", "expected the name of a .safetensors file in this folder"},
    {map, "\"model-00001", "\"sub/model-00001", "expected the name of a .safetensors file in this folder"},
    {map, "\"model-00001-of-00003.safetensors\"", "\"model.safetensors.index.json\"",
     "expected the name of a .safetensors"},
    {map, "\"model-00001-of-00003.safetensors\"", "{\"a\": 1}", "expected the name of a .safetensors"},
    {map, "\"model-00001-of-00003.safetensors\"", "\"model-9.safetensors\"",
     "model-9.safetensors: No such file"},
    {map, "\"model-00001-of", "\"model-00002-of", "\"model.embed_tokens.weight\" is not in model-00002"},
    {map, "\"model.norm.weight\"", "\"model.norm.weights\"",
     "\"model.norm.weights\" is not in model-00003"},
    {map, "\"model.embed_tokens.weight\": \"model-00001-of-00003.safetensors\",", "",
     "but not in the index"},
    {map, "{", "", "not JSON"},
};
enum { WRONG_MAPS = sizeof wrong_maps / sizeof *wrong_maps };

START_TEST(wrong_indexes)
{
    const Wrong *w = &wrong_maps[_i];
    copy_fixture("llama_shards");
    check_loads();
    edit(w->family, w->old, w->new);
    check_refused("", w->said);
}
END_TEST

/* A weight that is in two files, and a file cut short. */
START_TEST(wrong_shards)
{
    char path[512];
    size_t size;
    copy_fixture("llama_shards");
    snprintf(path, sizeof path, "%s/%s", folder, first);
    char *bytes = file_read(path, &size, NULL);
    put("model-00002-of-00003.safetensors", bytes, size);
    check_refused(map, "is not in model-00002-of-00003.safetensors");
    copy_fixture("llama_shards");
    put(first, bytes, size - 1);
    check_refused(first, "cut short");
    put(first, "", 0);
    check_refused(first, "expected at least the 8");
    remove(path);
    check_refused(first, "No such file");
    free(bytes);
    Error e = {""};
    const float value = 1;
    copy_fixture("llama_shards"); /* and now one more weight, which the index knows from another file */
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    model_safetensors_add(w, "model.norm.weight", 1, (const int[]){1}, &value, false);
    ck_assert(model_safetensors_finish(w, &e));
    check_refused(map, "is not in model-00001");
}
END_TEST

/* ---- the tokenizer ------------------------------------------------------------------------------- */

START_TEST(tokenizers_that_do_not_fit)
{
    static const char *const marks[] = {"[CLS]", "[MASK]", NULL}, *const others[] = {"[CLS]", "<s>", NULL};
    Error e = {""};
    size_t size;
    char *bytes = file_read(FIXTURES "tokenizer/bert.json", &size, NULL);
    ck_assert(!model_folder_tokenizer(folder, 100, NULL, &e));
    ck_assert_msg(strstr(e.text, "tokenizer.json: No such file"), "%s", e.text);
    put("tokenizer.json", bytes, size);
    e.text[0] = '\0';
    Tokenizer *t = model_folder_tokenizer(folder, 1 << 20, marks, &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    int count = tokenizer_count(t);
    tokenizer_free(t);
    t = model_folder_tokenizer(folder, count, NULL, &e);
    ck_assert_ptr_nonnull(t);
    tokenizer_free(t);
    ck_assert(!model_folder_tokenizer(folder, count - 1, NULL, &e));
    ck_assert_msg(strstr(e.text, "tokens, but the model has"), "%s", e.text);
    e.text[0] = '\0';
    ck_assert(!model_folder_tokenizer(folder, count, others, &e));
    ck_assert_msg(strstr(e.text, "tokenizer.json: expected a token <s>"), "%s", e.text);
    free(bytes);
}
END_TEST

/* ---- halves -------------------------------------------------------------------------------------- */

static float there_and_back(float value)
{
    char path[512];
    Error e = {""};
    float back;
    snprintf(path, sizeof path, "%s/h.safetensors", folder);
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    model_safetensors_use_half(w, true);
    model_safetensors_add(w, "x", 1, (const int[]){1}, &value, false);
    ck_assert(model_safetensors_finish(w, &e));
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s && strcmp(model_safetensors_dtype(s, "x"), "F16") == 0, "%s", e.text);
    ck_assert(model_safetensors_read(s, "x", 1, (const int[]){1}, &back, false, &e));
    model_safetensors_close(s);
    return back;
}

START_TEST(halves_are_the_nearest)
{
    const float cases[][2] = {{0, 0},
                              {-0.0f, -0.0f},
                              {1, 1},
                              {-2.5f, -2.5f},
                              {0x1.004p0f, 0x1.004p0f},   /* the next after 1 */
                              {0x1.002p0f, 1},            /* half-way: to the even one */
                              {0x1.006p0f, 0x1.008p0f},   /* half-way, up */
                              {0x1.00201p0f, 0x1.004p0f}, /* just above */
                              {65504, 65504},             /* the largest */
                              {65519, 65504},
                              {65520, INFINITY},
                              {-1e9f, -INFINITY},
                              {0x1p-14f, 0x1p-14f},
                              {0x1.ff8p-15f, 0x1.ff8p-15f}, /* below 2^-14 steps are 2^-24 */
                              {0x1p-24f, 0x1p-24f},
                              {0x1p-25f, 0}, /* half-way: to even */
                              {0x1.8p-24f, 0x1p-23f},
                              {0x1.000002p-25f, 0x1p-24f},
                              {0x1.fffp-15f, 0x1p-14f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float half = there_and_back(cases[i][0]);
        ck_assert_msg(memcmp(&half, &cases[i][1], sizeof half) == 0, "%a became %a", (double)cases[i][0],
                      (double)half);
    }
    ck_assert(there_and_back(NAN) != there_and_back(NAN));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("folder");
    TCase *t = tcase_create("folder");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, wrong_configs, 0, WRONG);
    tcase_add_test(t, strange_configs);
    tcase_add_test(t, other_ways_to_say_the_same);
    tcase_add_test(t, gemma3_as_newer_files_have_it);
    tcase_add_loop_test(t, wrong_indexes, 0, WRONG_MAPS);
    tcase_add_test(t, wrong_shards);
    tcase_add_test(t, tokenizers_that_do_not_fit);
    tcase_add_test(t, halves_are_the_nearest);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
