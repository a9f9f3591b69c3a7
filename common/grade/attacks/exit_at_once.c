/* exit_at_once.c [not allowed] -- the same without the exit handlers */
#include "ch03/exercises/exercises.h"

void _exit(int status);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    _exit(0);
}
