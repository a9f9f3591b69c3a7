/* machine_tools.c -- other programs, and the environment variables that change what programs do. */
#include "ch02/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void machine_ask(const char *command, char line[MACHINE_TEXT])
{
    char quiet[1024];
    snprintf(quiet, sizeof quiet, "{ %s; } 2>/dev/null", command);
    FILE *f = popen(quiet, "r");
    line[0] = '\0';
    if (!f)
        return;
    if (!fgets(line, MACHINE_TEXT, f))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char rest[256];
    while (fgets(rest, sizeof rest, f)) /* a command that cannot write on would fail */
        continue;
    if (pclose(f) != 0)
        line[0] = '\0';
}

/* A number of threads other than that of the processors. */
static bool is_other(const char *value, int processors)
{
    return value && atoi(value) != processors;
}

int machine_variables(int processors, MachineVariable *found, int room)
{
    static const MachineVariable known[] = {
        {"OPENBLAS_CORETYPE", NULL, "OpenBLAS uses the kernels of another processor"},
        {"OPENBLAS_NUM_THREADS", NULL, "OpenBLAS is told how many threads to use"},
        {"OMP_NUM_THREADS", NULL, "another number of threads than processors"},
        {"OMP_WAIT_POLICY", NULL, "waiting threads keep their processor busy"},
        {"OMP_PROC_BIND", NULL,
         "threads are tied to processors; two programs may share one and leave one idle"},
        {"GOMP_CPU_AFFINITY", NULL, "threads are tied to processors"},
        {"LD_PRELOAD", NULL, "another library takes the place of the system's"},
        {"MALLOC_PERTURB_", NULL, "all memory is filled when it is allocated and freed"}};
    int count = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known && count < room; i++) {
        const char *value = getenv(known[i].name);
        bool slows = value && *value;
        if (strcmp(known[i].name, "OMP_NUM_THREADS") == 0)
            slows = is_other(value, processors);
        if (strcmp(known[i].name, "OMP_WAIT_POLICY") == 0)
            slows = value && (strcmp(value, "active") == 0 || strcmp(value, "ACTIVE") == 0);
        if (slows)
            found[count++] = (MachineVariable){known[i].name, value, known[i].effect};
    }
    return count;
}
