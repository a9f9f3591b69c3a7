/* test_roofline.c -- the card of ch04/roofline_demo: one that a stand-in driver has, none, and one that fails. */
#include "ch04/card.h"
#include "common/base/base.h"
#include "common/tests/programs/stand_in.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64], printed[16384];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_roofline.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

static char self[1024]; /* this program */

/* What a command prints, with the folder's libraries. */
static void run(const char *command)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "LD_LIBRARY_PATH=\"$D\" %s 2>&1", command);
    FILE *p = popen(whole, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) <= 1, "%s: status %d\n%s", whole, status,
                  printed);
}

/* Called by itself, it looks for a card: a library is found by the environment that a process begins with. */
static int look(void)
{
    Card card;
    char why[256];
    if (card_measure(&card, why, sizeof why))
        printf("%s: %.3f TFLOP/s, %.4f TB/s", card.name, card.flops / 1e12, card.memory / 1e12);
    else
        printf("%s", why);
    return 0;
}

static void expect(const char *text)
{
    ck_assert_msg(strstr(printed, text) != NULL, "expected '%s' in\n%.4000s", text, printed);
}

/* 2 x 8192^3 operations and 2 x 512 MB in 20 ms or a little more. */
START_TEST(a_card_is_measured)
{
    double flops = 0, memory = 0;
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=0");
    stand_in_make("libcublas.so.13", stand_in_cublas, "");
    run(self);
    ck_assert_msg(sscanf(printed, "Card 7: %lf TFLOP/s, %lf TB/s", &flops, &memory) == 2, "%s", printed);
    ck_assert_msg(flops > 5 && flops <= 55 && memory > 0.005 && memory <= 0.054, "%f %f", flops, memory);
}
END_TEST

START_TEST(what_fails_is_named)
{
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=100");
    run(self);
    ck_assert_str_eq(printed, "driver found, but no card answers (cuInit: error 100)");
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=0");
    stand_in_make("libcublas.so.13", stand_in_cublas, "-DcublasGemmEx=cublasGemmOther");
    run(self);
    ck_assert_str_eq(printed, "Card 7: a product of bfloat16 fails");
    stand_in_make("libcublas.so.13", "int other(void) { return 0; }", "");
    run(self);
    ck_assert_str_eq(printed, "Card 7: no cuBLAS (libcublas.so)");
    stand_in_make("libcuda.so.1", "int other(void) { return 0; }", "");
    run(self);
    ck_assert_str_eq(printed, "libcuda.so.1 lacks functions that every driver since CUDA 7 has");
}
END_TEST

START_TEST(without_a_card_the_h100)
{
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=100");
    run("./ch04/roofline_demo --language en");
    expect("A graphics card of this machine: driver found, but no card answers (cuInit: error 100)\n");
    expect("NVIDIA H100 (2022), as its maker states it: 989 TFLOP/s in bfloat16, 3.35 TB/s, ridge 295 ");
    /* By hand: 28 bytes for each of 12 x 768 x 768 weights, at 3.35 TB/s. */
    expect("AdamW                   0.50             59.2\n");
    expect("memory limits a larger part of the step than on this machine: yes");
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        return look();
    snprintf(self, sizeof self, "%s look", argv[0]);
    Suite *suite = suite_create("roofline");
    TCase *t = tcase_create("roofline");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, a_card_is_measured);
    tcase_add_test(t, what_fails_is_named);
    tcase_add_test(t, without_a_card_the_h100);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
