/* machine_cpu.c -- the processor: what it can do, and what it does when it is asked to. */
#include "ch02/machine.h"
#include "common/base/base.h"
#include "common/tensor/kernels.h"
#include "common/tensor/tensor.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The widest vectors that this program was compiled for. */
#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64 };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));

/* ---- what it is ---------------------------------------------------------------------------------------- */

/* The value of a line "key : value" of a file in /proc. */
static void line_of(const char *path, const char *key, char *value, size_t room)
{
    char line[8192];
    FILE *f = fopen(path, "r");
    value[0] = '\0';
    while (f && !value[0] && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (colon && strncmp(line, key, strlen(key)) == 0)
            snprintf(value, room, "%.*s", (int)strcspn(colon + 1 + strspn(colon + 1, " "), "\n"),
                     colon + 1 + strspn(colon + 1, " "));
    }
    if (f)
        fclose(f);
}

static bool holds_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += size) {
        if ((at == text || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

/* Of all that /proc/cpuinfo lists, what matters here; x86 calls the line flags, arm Features. */
static void vectors_of(char out[MACHINE_TEXT])
{
    static const char *const known[] = {"avx",      "avx2",  "fma", "avx512f", "avx512_vnni", "avx512_bf16",
                                        "amx_bf16", "asimd", "sve", "bf16",    "i8mm"};
    char flags[8192];
    line_of("/proc/cpuinfo", "flags", flags, sizeof flags);
    if (!flags[0])
        line_of("/proc/cpuinfo", "Features", flags, sizeof flags);
    out[0] = '\0';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (holds_word(flags, known[i]))
            snprintf(out + strlen(out), MACHINE_TEXT - strlen(out), "%s%s", out[0] ? " " : "", known[i]);
    }
}

static const char *compiled_for(void)
{
#if defined(__AVX512F__)
    return "avx512f";
#elif defined(__AVX2__)
    return "avx2";
#elif defined(__AVX__)
    return "avx";
#elif defined(__ARM_FEATURE_SVE)
    return "sve";
#elif defined(__ARM_NEON)
    return "asimd";
#else
    return "no vectors wider than 16 bytes";
#endif
}

MachineCpu machine_cpu(void)
{
    MachineCpu cpu = {.processors = omp_get_num_procs(), .threads = omp_get_max_threads()};
    line_of("/proc/cpuinfo", "model name", cpu.name, sizeof cpu.name);
    vectors_of(cpu.has);
    snprintf(cpu.built_for, sizeof cpu.built_for, "%s", compiled_for());
    if (getloadavg(&cpu.load, 1) != 1)
        cpu.load = 0;
    return cpu;
}

bool machine_cpu_has(const MachineCpu *cpu, const char *instruction)
{
    return holds_word(cpu->has, instruction);
}

/* ---- how fast it is ------------------------------------------------------------------------------------ */

//> peak
/* Ten sums in registers, each a chain of multiply-adds: enough of them to keep every unit busy while the
 * others wait for their result. Returns the operations done. */
static double multiply_add(long rounds, float *sink)
{
    enum { SUMS = 10 };
    Vector sum[SUMS] = {{0}}, factor = {0}, addend = {0};
    for (size_t i = 0; i < VECTOR_BYTES / sizeof(float); i++) {
        factor[i] = *sink;
        addend[i] = *sink + 1;
    }
    for (int i = 0; i < SUMS; i++) /* equal sums would be computed once */
        sum[i] = addend * (float)i;
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < SUMS; i++)
            sum[i] = sum[i] * factor + addend;
    }
    for (int i = 0; i < SUMS; i++)
        *sink += sum[i][0];
    return 2.0 * (double)rounds * SUMS * VECTOR_BYTES / sizeof(float);
}
//< peak

double machine_product_gflops(double seconds)
{
    enum { N = 1024 };
    Rng rng = rng_new(1);
    Arena *arena = arena_new();
    Tensor *a = tensor_new(arena, N, N), *b = tensor_new(arena, N, N), *c = tensor_new(arena, N, N);
    double best = 0;
    tensor_normal(a, 1, &rng);
    tensor_normal(b, 1, &rng);
    for (double start = clock_seconds(); clock_seconds() - start < seconds;) {
        double begin = clock_seconds();
        kernel_matmul(N, N, N, 1, (Matrix){a->data, N, false}, (Matrix){b->data, N, false}, 0, c->data, N);
        double speed = 2.0 * N * N * N / (clock_seconds() - begin) * 1e-9;
        best = speed > best ? speed : best;
    }
    arena_free(arena);
    return best;
}

double machine_read_gbs(double seconds)
{
    const size_t count = (size_t)64 << 20; /* floats */
    float *x = memory_new(sizeof *x * count);
    double best = 0;
    float sum = 0;
#pragma omp parallel for
    for (size_t i = 0; i < count; i++)
        x[i] = 1;
    for (double start = clock_seconds(); clock_seconds() - start < seconds;) {
        double begin = clock_seconds();
#pragma omp parallel for simd reduction(+ : sum)
        for (size_t i = 0; i < count; i++)
            sum += x[i];
        double speed = (double)(sizeof *x * count) / (clock_seconds() - begin) * 1e-9;
        best = speed > best ? speed : best;
    }
    free(x);
    return sum > 0 ? best : 0;
}

#if defined(__x86_64__)
typedef float Float16 __attribute__((vector_size(64)));

/* As multiply_add, with the instruction that adds 32 products of bfloat16 to 16 sums of float32. */
__attribute__((target("avx512f"))) static double multiply_add_bf16(long rounds, float *sink)
{
    enum { SUMS = 8 };
    Float16 a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0}, factor = {0};
    for (long r = 0; r < rounds; r++)
        __asm__("vdpbf16ps %8, %8, %0; vdpbf16ps %8, %8, %1; vdpbf16ps %8, %8, %2; vdpbf16ps %8, %8, %3;"
                "vdpbf16ps %8, %8, %4; vdpbf16ps %8, %8, %5; vdpbf16ps %8, %8, %6; vdpbf16ps %8, %8, %7"
                : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f), "+v"(g), "+v"(h)
                : "v"(factor));
    *sink += a[0] + b[0] + c[0] + d[0] + e[0] + f[0] + g[0] + h[0];
    return 4.0 * (double)rounds * SUMS * 16;
}
#else
static double multiply_add_bf16(long rounds, float *sink)
{
    return 0 * (double)rounds * (double)*sink;
}
#endif

/* The best of several runs of a loop on all threads. */
static double best_gflops(double (*loop)(long rounds, float *sink), double seconds)
{
    enum { ROUNDS = 2000000 };
    double best = 0;
    for (double start = clock_seconds(); clock_seconds() - start < seconds;) {
        double begin = clock_seconds(), operations = 0, never = 0;
#pragma omp parallel reduction(+ : operations, never)
        {
            float sink = 0.5f; /* the compiler must not find that nobody wants the sums */
            operations += loop(ROUNDS, &sink);
            never += (double)sink;
        }
        double speed = operations / (clock_seconds() - begin) * 1e-9;
        best = speed > best && never != 0.123 ? speed : best;
    }
    return best;
}

double machine_peak_gflops(double seconds)
{
    return best_gflops(multiply_add, seconds);
}

double machine_bf16_gflops(double seconds)
{
    MachineCpu cpu = machine_cpu();
    return machine_cpu_has(&cpu, "avx512_bf16") ? best_gflops(multiply_add_bf16, seconds) : 0;
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static double gb_of_line(const char *key)
{
    char value[MACHINE_TEXT];
    line_of("/proc/meminfo", key, value, sizeof value);
    return strtod(value, NULL) / (1 << 20); /* it is in units of 1024 bytes */
}

MachineMemory machine_memory(void)
{
    MachineMemory m = {.total_gb = gb_of_line("MemTotal"), .free_gb = gb_of_line("MemAvailable")};
    struct statvfs disk;
    if (statvfs(".", &disk) == 0)
        m.disk_free_gb = (double)disk.f_bavail * (double)disk.f_frsize / (1 << 30);
    return m;
}
