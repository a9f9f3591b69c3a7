/* clock.c -- POSIX clocks and getrusage. */
#include "common/base/clock.h"

#include <sys/resource.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_busy(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double clock_peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
#ifdef __APPLE__
    return (double)u.ru_maxrss / 1048576.0; /* bytes there, kilobytes elsewhere */
#else
    return (double)u.ru_maxrss / 1024.0;
#endif
}

long clock_page_faults(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_minflt + u.ru_majflt;
}
