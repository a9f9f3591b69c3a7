/* write_nothing.c [wrong] -- hopes that the right numbers are there already */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    (void)weight;
}
