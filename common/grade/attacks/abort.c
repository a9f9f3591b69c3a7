/* abort.c [not allowed] -- aborts, which some runners take for a failed assertion of their own */
#include "ch03/exercises/exercises.h"

void abort(void);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    abort();
}
