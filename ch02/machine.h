/* machine.h -- what this machine has and how fast it is: the parts of device_check, sections 2.3.1 and 2.3.3.
 *
 * Looks at the system and changes nothing. What is not there is an empty text or 0. */
#ifndef CH02_MACHINE_H
#define CH02_MACHINE_H

#include <stdbool.h>

enum { MACHINE_TEXT = 256 };

/* ---- processor and memory: machine_cpu.c --------------------------------------------------------------- */

typedef struct MachineCpu {
    char name[MACHINE_TEXT];      /* "AMD EPYC 9654" */
    char has[MACHINE_TEXT];       /* vector instructions that it has: "avx2 avx512f avx512_bf16" */
    char built_for[MACHINE_TEXT]; /* vector instructions that this program was compiled for */
    int processors, threads;      /* that may be used; that OpenMP uses */
    double load;                  /* processes that were running, on average over the last minute */
} MachineCpu;

MachineCpu machine_cpu(void);

/* Whether cpu.has names an instruction: "avx2". */
bool machine_cpu_has(const MachineCpu *cpu, const char *instruction);

/* All threads together, each at least `seconds` long. */
double
machine_peak_gflops(double seconds); /* multiply-adds of float32 in registers: no program is faster */
double machine_product_gflops(
    double seconds); /* a product of matrices of 1024 x 1024, as the book's programs do it */
double machine_read_gbs(double seconds); /* summing 256 MB, which is more than caches hold */

/* Products of bfloat16 in registers, where the processor has them (avx512_bf16); else 0. */
double machine_bf16_gflops(double seconds);

typedef struct MachineMemory {
    double total_gb, free_gb; /* of main memory */
    double disk_free_gb;      /* of the current directory */
} MachineMemory;

MachineMemory machine_memory(void);

/* ---- programs and settings: machine_tools.c ------------------------------------------------------------ */

/* The first line that a command prints; "" if it fails. */
void machine_ask(const char *command, char line[MACHINE_TEXT]);

/* An environment variable that changes what is measured, and why: value is NULL where it is not set. */
typedef struct MachineVariable {
    const char *name, *value, *effect;
} MachineVariable;

/* Those that are set to something that slows programs down, at most `room`. */
int machine_variables(int processors, MachineVariable *found, int room);

/* ---- graphics cards: machine_gpu.c --------------------------------------------------------------------- */

typedef struct MachineGpu {
    char name[MACHINE_TEXT];
    double memory_gb;
    double gflops; /* a product of 4096 x 4096 float32 by cuBLAS; 0 without it */
} MachineGpu;

/* Cards that the driver of NVIDIA knows, looked for when the program runs: libcuda and libcublas are opened if
 * they are there, and nothing is needed to build. `why` says what was found or what was missing; driver: the
 * version of CUDA that it supports, such as 12.4, or 0. */
int machine_nvidia(MachineGpu *gpus, int room, double *driver, char why[MACHINE_TEXT]);

/* The names of cards that AMD's ROCm and Vulkan list, likewise. */
int machine_rocm(MachineGpu *gpus, int room, char why[MACHINE_TEXT]);
int machine_vulkan(MachineGpu *gpus, int room, char why[MACHINE_TEXT]);

#endif
