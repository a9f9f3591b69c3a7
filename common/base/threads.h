/* threads.h -- how many threads a program uses.
 *
 * As many as the processors that it may use (its affinity), or fewer where the system grants it
 * only a share of their time (a container's quota): this is settled before main. While other
 * programs keep the processors busy, threads are put aside in the middle of their work and the
 * others wait for them; one thread alone is then faster, and threads_pace chooses it.
 *
 * A number that the user has set (OMP_NUM_THREADS) stays. Results do not depend on any of this:
 * they are the same for every number of threads. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

/* To be called once in a while, such as after each training step or token: looks, at most ten times a
 * second, whether the processors are busy, and chooses between one thread and all of them. */
void threads_pace(void);

/* How many processors' time the control groups of Linux grant a process, such as 1.5; 0 where there is
 * no limit, or no Linux. groups: what /proc/self/cgroup holds; root: /sys/fs/cgroup. */
double threads_quota(const char *groups, const char *root);

/* The number of threads for that quota: the nearest whole number, at least 1; 0 for no quota. */
int threads_for_quota(double quota);

#endif
