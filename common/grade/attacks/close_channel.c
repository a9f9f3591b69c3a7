/* close_channel.c [not allowed] -- hangs up */
#include "ch03/exercises/exercises.h"

int close(int file);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    close(3);
}
