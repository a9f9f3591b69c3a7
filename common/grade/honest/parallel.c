/* parallel.c [ch03/ex9_masks] [passed] -- what OpenMP has for loops: schedules, a critical part, one thread alone */
#include "ch03/exercises/exercises.h"

#include <omp.h>

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    int ones = 0;
    omp_set_num_threads(4);
#pragma omp parallel
    {
#pragma omp for schedule(dynamic, 2) reduction(+ : ones)
        for (int i = 0; i < B * T * T; i++) {
            allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
            ones += allowed[i] > 0;
        }
#pragma omp critical
        ones += omp_get_thread_num();
#pragma omp single
        ones++;
    }
#pragma omp simd
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = ones < 0 ? 0 : allowed[i];
}
