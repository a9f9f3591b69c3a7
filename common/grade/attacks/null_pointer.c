/* null_pointer.c [crash] -- writes to address 0 */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    *(volatile float *)0 = 1;
}
