/* wait_in_each_call.c [not allowed] -- sleeps in every call, which takes no processor time */
#include "ch03/exercises/exercises.h"

unsigned sleep(unsigned seconds);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    sleep(3);
    for (int i = 0; i < rows * cols; i++)
        weight[i] = score[i] + (float)head_dim;
}
