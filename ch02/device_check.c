/* device_check.c -- what this machine has, how fast it is, and what to do about it, sections 2.3.1 and 2.3.3.
 *
 * Run it when something is missing or slow. It measures the processor against its own limit, the products of OpenBLAS
 * against that, and the memory; looks for the programs that chapters need, for settings that slow them down, and for
 * graphics cards; and ends with one line for each problem, with the command that solves it. */
#include "ch02/machine.h"
#include "common/base/base.h"

#include <cblas.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- advice -------------------------------------------------------------------------------------------- */

typedef struct Advice {
    char lines[32][2 * MACHINE_TEXT];
    int count;
} Advice;

/* A problem, and the command that solves it (or NULL). */
static void advise(Advice *a, const char *command, const char *format, ...)
{
    va_list args;
    char *line = a->lines[a->count++ % 32];
    va_start(args, format);
    vsnprintf(line, 2 * MACHINE_TEXT, format, args);
    va_end(args);
    if (command)
        snprintf(line + strlen(line), 2 * MACHINE_TEXT - strlen(line), ": %s", command);
}

static void print_advice(const Advice *a)
{
    printf("\n%s\n", a->count ? "What to do" : "Nothing to do.");
    for (int i = 0; i < a->count && i < 32; i++)
        printf("  - %s\n", a->lines[i]);
}

static void print_row(const char *what, const char *format, ...)
{
    va_list args;
    printf("  ");
    terminal_print(what, 20);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* ---- processor ----------------------------------------------------------------------------------------- */

static void check_processor(Advice *a)
{
    MachineCpu cpu = machine_cpu();
    puts("Processor");
    print_row("name", "%s", cpu.name[0] ? cpu.name : "unknown");
    print_row("processors", "%d for this program, which uses %d threads", cpu.processors, cpu.threads);
    print_row("vectors", "%s; this program was built for %s", cpu.has[0] ? cpu.has : "unknown",
              cpu.built_for);
    if (cpu.load > 0.5 * cpu.processors)
        advise(a, NULL,
               "other programs keep the processors busy (load %.1f): what is measured here is too low",
               cpu.load);
    if (machine_cpu_has(&cpu, "avx2") && strcmp(cpu.built_for, "avx512f") != 0 &&
        strcmp(cpu.built_for, "avx2") != 0)
        advise(a, "make clean && make", "the programs were not built for this processor");
#ifndef __OPTIMIZE__
    advise(a, "make clean && make", "the programs were built without optimization");
#endif
}

/* Three limits, one above the other: what registers allow, what a product reaches, what memory delivers. */
static void check_speed(Advice *a, double seconds)
{
    double peak = machine_peak_gflops(seconds), product = machine_product_gflops(seconds);
    double bf16 = machine_bf16_gflops(seconds), read = machine_read_gbs(seconds);
    print_row("float32", "%.0f GFLOP/s in registers, %.0f in a product of matrices (%.0f%%)", peak, product,
              100 * product / peak);
    if (bf16 > 0)
        print_row("bfloat16", "%.0f GFLOP/s in registers", bf16);
    print_row("memory", "%.1f GB/s read: %.0f operations a float keep the processor busy", read,
              4 * peak / read);
    if (product < 0.5 * peak)
        advise(a, NULL,
               "products reach only %.0f%% of the processor; see the variables and OpenBLAS's kernel",
               100 * product / peak);
}

static void check_memory(Advice *a)
{
    MachineMemory m = machine_memory();
    print_row("main memory", "%.1f GB, %.1f GB of it free", m.total_gb, m.free_gb);
    print_row("disk", "%.1f GB free here", m.disk_free_gb);
    if (m.total_gb > 0 && m.free_gb < 1)
        advise(a, NULL, "less than 1 GB of memory is free: close other programs before the trainers run");
    if (m.disk_free_gb < 1)
        advise(a, NULL, "less than 1 GB is free on this disk");
}

/* ---- libraries and programs ---------------------------------------------------------------------------- */

static void check_blas(Advice *a)
{
    static const char *const kinds[] = {"one thread", "its own threads", "OpenMP"};
    int kind = openblas_get_parallel();
    puts("\nLibraries and programs");
    print_row("OpenBLAS", "%.20s..., kernels for %s, %s", openblas_get_config(), openblas_get_corename(),
              kinds[kind >= 0 && kind < 3 ? kind : 0]);
    if (kind != 2)
        advise(a, "make deps", "this OpenBLAS does not share OpenMP's threads with the programs");
}

typedef struct Tool {
    const char *name, *ask, *without; /* what is missing without it */
} Tool;

static void check_tools(Advice *a)
{
    static const Tool tools[] = {
        {"compiler", "cc --version", "nothing can be built"},
        {"make", "make --version", "nothing can be built"},
        {"gdb", "gdb --version", "no debugger (apt install gdb)"},
        {"valgrind", "valgrind --version", "no memory checker (apt install valgrind)"},
        {"gnuplot", "gnuplot --version", "programs draw no pictures"},
        {"MPI", "mpirun --version", "chapter 4 runs on one process"},
        {"Check", "pkg-config --modversion check", "exercises cannot be graded"},
        {"Chinese fonts", "fc-list :lang=zh-cn family",
         "the PDF of the Chinese edition shows boxes (make deps-book)"}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        char line[MACHINE_TEXT];
        machine_ask(tools[i].ask, line);
        print_row(tools[i].name, "%.60s", line[0] ? line : "-");
        if (!line[0])
            advise(a, strchr(tools[i].without, '(') ? NULL : "make deps", "%s is missing: %s",
                   tools[i].name, tools[i].without);
    }
}

static void check_variables(Advice *a)
{
    enum { ROOM = 16 };
    MachineVariable found[ROOM];
    int count = machine_variables(machine_cpu().processors, found, ROOM);
    print_row("variables", "%s", count ? "" : "none that slows programs down");
    for (int i = 0; i < count; i++) {
        char command[MACHINE_TEXT];
        print_row("", "%s=%.40s", found[i].name, found[i].value);
        snprintf(command, sizeof command, "unset %s", found[i].name);
        advise(a, command, "%s is set: %s", found[i].name, found[i].effect);
    }
}

/* ---- graphics cards ------------------------------------------------------------------------------------ */

static void print_cards(const char *driver, const MachineGpu *gpus, int count, const char *why)
{
    for (int i = 0; i < count; i++) {
        char text[2 * MACHINE_TEXT];
        int size = snprintf(text, sizeof text, "%s", gpus[i].name);
        if (gpus[i].memory_gb > 0)
            size += snprintf(text + size, sizeof text - (size_t)size, ", %.0f GB", gpus[i].memory_gb);
        if (gpus[i].gflops > 0)
            snprintf(text + size, sizeof text - (size_t)size, ", %.0f GFLOP/s in a product of float32",
                     gpus[i].gflops);
        print_row(driver, "%s", text);
    }
    if (why[0])
        print_row(driver, "%s", why);
}

static void check_cards(void)
{
    enum { ROOM = 16 };
    MachineGpu gpus[ROOM];
    char why[MACHINE_TEXT], name[MACHINE_TEXT];
    double driver;
    puts("\nGraphics cards (no program of this book needs one)");
    int count = machine_nvidia(gpus, ROOM, &driver, why);
    snprintf(name, sizeof name, driver > 0 ? "NVIDIA, CUDA %.1f" : "NVIDIA", driver);
    print_cards(name, gpus, count, why);
    count = machine_rocm(gpus, ROOM, why);
    print_cards("AMD", gpus, count, count ? "" : why);
    count = machine_vulkan(gpus, ROOM, why);
    print_cards("Vulkan", gpus, count, count ? "" : why);
}

int main(int argc, char **argv)
{
    float seconds = 0.5f;
    bool no_speed = false;
    uint64_t seed = 1;
    const Option options[] = {
        option_float("seconds", &seconds, 0.01, 60, "how long each speed is measured"),
        option_flag("no-speed", &no_speed, "measure no speeds"), option_seed(&seed), OPTION_END};
    options_parse(
        argc, argv,
        "What this machine has, how fast it is, and what to do about it, sections 2.3.1 and 2.3.3.",
        options);
    Advice advice = {.count = 0};
    check_processor(&advice);
    if (!no_speed)
        check_speed(&advice, (double)seconds);
    check_memory(&advice);
    check_blas(&advice);
    check_tools(&advice);
    check_variables(&advice);
    check_cards();
    print_advice(&advice);
    return error_finish();
}
