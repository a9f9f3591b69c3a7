/* test_model_size.c -- ch04/model_size_demo on config.json files as Hugging Face has them, and on bad ones. */
#include "common/base/base.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64], printed[8192];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_model_size.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* The exit status for a config.json of this text; what the program said is in printed. */
static int count(const char *text)
{
    char path[128], command[256];
    snprintf(path, sizeof path, "%s/config.json", folder);
    FileWriter *w = file_create(path, NULL);
    file_write(w, text, strlen(text));
    ck_assert(file_commit(w, NULL));
    snprintf(command, sizeof command, "./ch04/model_size_demo --model %s 2>&1", folder);
    FILE *f = popen(command, "r");
    size_t size = fread(printed, 1, sizeof printed - 1, f);
    printed[size] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_count(const char *text, const char *parameters)
{
    ck_assert_int_eq(count(text), 0);
    ck_assert_msg(strstr(printed, parameters) != NULL, "%s not in %s", parameters, printed);
}

static void expect_fault(const char *text, const char *words)
{
    ck_assert_int_eq(count(text), 2);
    ck_assert_msg(strstr(printed, words) != NULL, "%s not in %s", words, printed);
    ck_assert_ptr_eq(strchr(printed, '\n'), printed + strlen(printed) - 1);
}

START_TEST(published_configurations)
{
    expect_count("{\"model_type\": \"deepseek_v3\", \"hidden_size\": 7168, \"num_hidden_layers\": 61, "
                 "\"vocab_size\": 129280,"
                 "\"num_attention_heads\": 128, \"num_key_value_heads\": 128, \"intermediate_size\": 18432,"
                 "\"moe_intermediate_size\": 2048, \"n_routed_experts\": 256, \"n_shared_experts\": 1,"
                 "\"num_experts_per_tok\": 8, \"first_k_dense_replace\": 3, \"q_lora_rank\": 1536, "
                 "\"kv_lora_rank\": 512,"
                 "\"qk_rope_head_dim\": 64, \"qk_nope_head_dim\": 128, \"v_head_dim\": 128}",
                 "671026419200");
    expect_count("{\"model_type\": \"qwen3_moe\", \"hidden_size\": 2048, \"num_hidden_layers\": 48, "
                 "\"vocab_size\": 151936,"
                 "\"num_attention_heads\": 32, \"num_key_value_heads\": 4, \"head_dim\": 128, "
                 "\"intermediate_size\": 6144,"
                 "\"moe_intermediate_size\": 768, \"num_experts\": 128, \"num_experts_per_tok\": 8,"
                 "\"tie_word_embeddings\": false}",
                 "30532122624");
    expect_count("{\"model_type\": \"qwen2\", \"hidden_size\": 896, \"num_hidden_layers\": 24, "
                 "\"vocab_size\": 151936,"
                 "\"num_attention_heads\": 14, \"num_key_value_heads\": 2, \"intermediate_size\": 4864,"
                 "\"tie_word_embeddings\": true}",
                 "494032768");
    expect_count("{\"model_type\": \"gpt2\", \"n_embd\": 768, \"n_layer\": 12, \"n_head\": 12, "
                 "\"n_positions\": 1024,"
                 "\"vocab_size\": 50257}",
                 "124439808");
}
END_TEST

START_TEST(bad_files_are_one_line)
{
    expect_fault("{\"model_type\": \"gpt2\"}", "n_layer: expected a whole number");
    expect_fault("{\"model_type\": \"mamba\"}", "\"mamba\" is not known here");
    expect_fault("{}", "model_type: expected the name of a family");
    expect_fault("{\"model_type\": \"llama\",", "not JSON");
    expect_fault("{\"model_type\": \"gpt2\", \"n_embd\": 768, \"n_layer\": -1, \"n_head\": 12, "
                 "\"n_positions\": 1024,"
                 "\"vocab_size\": 50257}",
                 "n_layer: expected a whole number");
    expect_fault(
        "{\"model_type\": \"gpt2\", \"n_embd\": 768, \"n_layer\": 12, \"n_head\": 0, \"n_positions\": 1024,"
        "\"vocab_size\": 50257}",
        "no model has these sizes");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model_size");
    TCase *cases = tcase_create("model_size");
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, published_configurations);
    tcase_add_test(cases, bad_files_are_one_line);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
