/* exit_0.c [not allowed] -- ends the program with success before the checks can fail */
#include "ch03/exercises/exercises.h"

void exit(int status);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    exit(0);
}
