/* raise_stop.c [not allowed] -- stops itself, so that the runner waits for ever */
#include "ch03/exercises/exercises.h"

int raise(int signal);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    raise(19);
}
