/* test_device_check.c -- ch02/device_check beside drivers that are not there, that fail, and that this test makes:
 * libraries with the functions of the real ones and two cards of its own. */
#include "common/base/base.h"
#include "common/tests/programs/stand_in.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char *const hip =
    "#include <stddef.h>\n#include <string.h>\n"
    "int hipGetDeviceCount(int *n) { *n = 1; return 0; }\n"
    "int hipDeviceGetName(char *s, int n, int d) { (void)n, (void)d; strcpy(s, \"Radeon\"); "
    "return 0; }\n"
    "int hipDeviceTotalMem(size_t *b, int d) { (void)d; *b = (size_t)16 << 30; return 0; }\n";

static const char *const vulkan =
    "#include <string.h>\n"
    "int vkCreateInstance(const int *how, const void *a, void **i) { (void)a; *i = (void *)1; return *how "
    "!= 1; }\n"
    "int vkEnumeratePhysicalDevices(void *i, unsigned *n, void **c) { (void)i; *n = 2; c[0] = (void *)2; "
    "c[1] = (void *)3; return 0; }\n"
    "void vkGetPhysicalDeviceProperties(void *c, unsigned *p) { p[4] = c == (void *)2 ? 4 : 2; "
    "strcpy((char *)(p + 5), c == (void *)2 ? \"llvmpipe\" : \"Arc\"); }\n"
    "void vkDestroyInstance(void *i, const void *a) { (void)i, (void)a; }\n";

static char folder[64], printed[16384];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_device_check.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

static void run(const char *arguments)
{
    char command[512];
    snprintf(command, sizeof command, "LD_LIBRARY_PATH=\"$D\" ./ch02/device_check %s 2>&1", arguments);
    FILE *p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d\n%s", command, status,
                  printed);
}

static void expect(const char *text)
{
    ck_assert_msg(strstr(printed, text) != NULL, "expected '%s' in\n%s", text, printed);
}

static void expect_not(const char *text)
{
    ck_assert_msg(strstr(printed, text) == NULL, "did not expect '%s' in\n%s", text, printed);
}

START_TEST(cards_of_every_driver)
{
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=0");
    stand_in_make("libcublas.so.13", stand_in_cublas, ""); /* the first that is looked for */
    stand_in_make("libamdhip64.so.6", hip, "");
    stand_in_make("libvulkan.so.1", vulkan, "");
    run("--no-speed");
    expect("NVIDIA, CUDA 12.4   Card 7, 80 GB, ");
    expect(" GFLOP/s in a product of float32");
    expect("NVIDIA, CUDA 12.4   Card 8, 24 GB\n"); /* its context is refused: no speed */
    expect("AMD                 Radeon, 16 GB\n");
    expect("Vulkan              Arc\n");
    expect_not("llvmpipe"); /* which only imitates a card */
    double speed = atof(strstr(printed, "80 GB, ") + strlen("80 GB, "));
    ck_assert_msg(speed > 1000 && speed < 6900, "%.0f GFLOP/s: 2 x 4096^3 operations took at least 20 ms",
                  speed);
}
END_TEST

START_TEST(driver_without_cublas)
{
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=0");
    stand_in_make("libcublas.so.13", "int other(void) { return 0; }", ""); /* hides one of the system */
    run("--no-speed");
    expect("Card 7, 80 GB\n");
    expect("no cuBLAS (libcublas.so): speed not measured");
}
END_TEST

START_TEST(driver_that_fails)
{
    stand_in_make("libcuda.so.1", stand_in_cuda, "-DFAIL=100");
    stand_in_make("libvulkan.so.1", "int vkCreateInstance(void) { return 0; }", "");
    run("--no-speed");
    expect("driver found, but no card answers (cuInit: error 100)");
    expect("no Vulkan");
    expect_not("Card 7");
}
END_TEST

START_TEST(driver_that_is_something_else)
{
    stand_in_make("libcuda.so.1", "int other(void) { return 0; }", "");
    run("--no-speed");
    expect("libcuda.so.1 lacks functions");
}
END_TEST

START_TEST(advice_for_variables)
{
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    setenv("OMP_NUM_THREADS", "63", 1);
    setenv("OMP_WAIT_POLICY", "active", 1);
    run("--no-speed");
    expect("OPENBLAS_CORETYPE is set: OpenBLAS uses the kernels of another processor: unset "
           "OPENBLAS_CORETYPE\n");
    expect(": unset OMP_NUM_THREADS\n");
    expect(": unset OMP_WAIT_POLICY\n");
    unsetenv("OPENBLAS_CORETYPE");
    unsetenv("OMP_NUM_THREADS");
    setenv("OMP_WAIT_POLICY", "passive", 1);
    run("--no-speed");
    expect("none that slows programs down");
    expect_not("unset ");
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", getenv("PATH"));
    setenv("PATH", folder, 1); /* no program is there */
    char command[256];
    snprintf(command, sizeof command, "./ch02/device_check --no-speed > \"%s/out\"", folder);
    ck_assert_int_eq(system(command), 0); /* system uses /bin/sh whatever PATH is */
    setenv("PATH", path, 1);
    run("--no-speed > \"$D/with\"; cat \"$D/out\"; true");
    expect("gnuplot is missing: programs draw no pictures: make deps\n");
    expect("MPI is missing: chapter 4 runs on one process: make deps\n");
    expect("gdb is missing: no debugger (apt install gdb)\n");
}
END_TEST

START_TEST(speeds_are_possible)
{
    run("--seconds 0.05");
    const char *line = strstr(printed, "float32");
    ck_assert_ptr_nonnull(line);
    double peak = 0, product = 0;
    ck_assert_int_eq(sscanf(line, "float32 %lf GFLOP/s in registers, %lf in", &peak, &product), 2);
    ck_assert_msg(peak > 1 && product > 0.1 && product < 1.5 * peak, "%.1f and %.1f", peak, product);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_check");
    TCase *t = tcase_create("device_check");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, cards_of_every_driver);
    tcase_add_test(t, driver_without_cublas);
    tcase_add_test(t, driver_that_fails);
    tcase_add_test(t, driver_that_is_something_else);
    tcase_add_test(t, advice_for_variables);
    tcase_add_test(t, what_is_missing_is_named);
    tcase_add_test(t, speeds_are_possible);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
