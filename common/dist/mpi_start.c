/* mpi_start.c -- a program that executes itself under mpirun, with the settings that one machine needs. */
#include "common/dist/link.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where several MPIs are installed, mpirun may be the one of another. */
static const char *const launchers[] = {
#ifdef OPEN_MPI
    "mpirun.openmpi",
#else
    "mpiexec.hydra", "mpirun.mpich",
#endif
    "mpirun", "mpiexec", NULL};

/* What it is set to, and why; a value that the environment has already stays. Open MPI 4 reads OMPI_MCA_..., 5 also
 * PRTE_MCA_...; MPICH needs none of it. */
static const char *const settings[][2] = {
    {"OMP_NUM_THREADS", "1"},                                    /* each rank has a core at most */
    {"OMPI_ALLOW_RUN_AS_ROOT", "1"},                             /* containers */
    {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},                     /* it wants to be asked twice */
    {"OMPI_MCA_rmaps_base_oversubscribe", "1"},                  /* more ranks than cores */
    {"PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"}, /* the same */
    {"OMPI_MCA_hwloc_base_binding_policy", "none"},              /* two programs would share one core */
    {"PRTE_MCA_hwloc_default_binding_policy", "none"},           /* the same */
    {"OMPI_MCA_mpi_yield_when_idle", "1"},                       /* who waits gives up its core */
    {"OMPI_MCA_btl_vader_single_copy_mechanism", "none"}, /* containers forbid reading another's memory */
};

static bool is_in_path(const char *program)
{
    char file[4096];
    const char *at = getenv("PATH");
    for (size_t length; at && *at; at += length + (at[length] == ':')) {
        length = strcspn(at, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, at, program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

static void set_environment(void)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        setenv(settings[i][0], settings[i][1], 0);
    if (!is_in_path("ssh") && !is_in_path("rsh")) { /* without one Open MPI would not even begin */
        setenv("OMPI_MCA_plm", "isolated", 0);
        setenv("PRTE_MCA_plm_ssh_agent", "false", 0);
    }
}

void link_execute(int argc, char **argv, int ranks)
{
    char count[16];
    snprintf(count, sizeof count, "%d", ranks);
    char **line = memory_zero((size_t)argc + 4, sizeof *line);
    line[1] = "-n";
    line[2] = count;
    memcpy(line + 3, argv, (size_t)argc * sizeof *argv);
    set_environment();
    for (int i = 0; launchers[i]; i++) {
        line[0] = (char *)launchers[i];
        execvp(launchers[i], line);
    }
    free(line);
    error_exitf("%d ranks need mpirun, which is not in the PATH: make deps", ranks);
}
