/* omp_num_threads.c [ch03/ex9_masks] [passed] -- asks for four threads, and is given one */
#include "ch03/exercises/exercises.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
void combined_mask(const int *lengths, int B, int T, float *allowed)
{
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
