/* threads.c -- the processors as the system grants them, and whether others use them. */
#include "common/base/threads.h"

#include "common/base/clock.h"

#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 1024 };

/* Quota over period, both in microseconds, of one group; 0 if it has no limit. Version 2 of control groups
 * has them in one file, version 1 in two. */
static double quota_of(const char *folder, int version)
{
    char path[PATH + 32];
    double quota = 0, period = 0;
    snprintf(path, sizeof path, "%s/%s", folder, version == 2 ? "cpu.max" : "cpu.cfs_quota_us");
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    int found = fscanf(f, "%lf %lf", &quota, &period); /* "max 100000" has no number in front */
    fclose(f);
    if (version == 1 && found == 1) {
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        f = fopen(path, "r");
        found += f ? fscanf(f, "%lf", &period) : 0;
        if (f)
            fclose(f);
    }
    return found == 2 && quota > 0 && period > 0 ? quota / period : 0;
}

/* The smallest quota of a group and of those that it lies in. */
static double smallest_quota(const char *root, const char *group, int version)
{
    char folder[PATH];
    double smallest = 0;
    snprintf(folder, sizeof folder, "%s%s", root, strcmp(group, "/") == 0 ? "" : group);
    while (strlen(folder) >= strlen(root)) {
        double quota = quota_of(folder, version);
        if (quota > 0 && (smallest == 0 || quota < smallest))
            smallest = quota;
        char *slash = strrchr(folder, '/');
        if (!slash)
            break;
        *slash = '\0';
    }
    return smallest;
}

/* A line of groups is "0::/a/b" in version 2, "4:cpu,cpuacct:/a/b" in version 1. */
double threads_quota(const char *groups, const char *root)
{
    char line[PATH];
    for (const char *at = groups; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        char *kinds = strchr(line, ':'), *group = kinds ? strchr(kinds + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        char old_root[PATH];
        snprintf(old_root, sizeof old_root, "%s/cpu", root);
        if (kinds[1] == '\0') {
            double quota = smallest_quota(root, group, 2);
            if (quota > 0)
                return quota;
        } else if (strncmp(kinds + 1, "cpu,", 4) == 0 || strcmp(kinds + 1, "cpu") == 0) {
            double quota = smallest_quota(old_root, group, 1);
            return quota > 0 ? quota
                             : quota_of(old_root, 1); /* a container may see its own group as the root */
        }
    }
    return 0;
}

int threads_for_quota(double quota)
{
    return quota <= 0 ? 0 : quota < 1.5 ? 1 : (int)(quota + 0.5);
}

#ifdef __linux__
static int threads_granted(void)
{
    char groups[4096];
    FILE *f = fopen("/proc/self/cgroup", "r");
    if (!f)
        return 0;
    groups[fread(groups, 1, sizeof groups - 1, f)] = '\0';
    fclose(f);
    return threads_for_quota(threads_quota(groups, "/sys/fs/cgroup"));
}
#else
static int threads_granted(void)
{
    return 0;
}
#endif

/* ---- one thread or all --------------------------------------------------------------------------- */

/* The number of threads belongs to the process, and so does this. */
static struct Pace {
    int all;      /* threads when nobody disturbs; 0: the user has chosen, and nothing changes */
    bool alone;   /* one thread is used now */
    double next;  /* when to look again */
    double since; /* the last look */
    double kept;  /* the seconds that the first thread had been kept from running by then */
} pace;

static const double LOOK = 0.1, ALONE = 2; /* seconds */
static const double BUSY = 0.1;            /* of the time since the last look */

/* The seconds that the first thread wanted to run and could not, as Linux counts them; 0 elsewhere. */
static double kept_waiting(void)
{
    double ran = 0, waited = 0;
    FILE *f = fopen("/proc/self/schedstat", "r");
    int found = f ? fscanf(f, "%lf %lf", &ran, &waited) : 0;
    if (f)
        fclose(f);
    return found == 2 ? waited * 1e-9 : 0;
}

void threads_pace(void)
{
    double now = clock_seconds();
    if (pace.all < 2 || now < pace.next || omp_get_max_threads() != (pace.alone ? 1 : pace.all))
        return;
    double kept = kept_waiting();
    bool busy = !pace.alone && pace.since > 0 && kept - pace.kept > BUSY * (now - pace.since);
    if (busy != pace.alone)
        omp_set_num_threads(busy ? 1 : pace.all);
    pace = (struct Pace){pace.all, busy, now + (busy ? ALONE : LOOK), now, kept};
}

__attribute__((constructor)) static void settle(void)
{
    int granted = threads_granted();
    bool chosen = getenv("OMP_NUM_THREADS") != NULL;
    if (!chosen && granted > 0 && granted < omp_get_max_threads())
        omp_set_num_threads(granted);
    pace.all = chosen ? 0 : omp_get_max_threads();
}
