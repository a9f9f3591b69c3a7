/* common_symbol.c [not allowed] -- a variable that the linker may merge with the worker's */
#include "ch03/exercises/exercises.h"

int judge;

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
