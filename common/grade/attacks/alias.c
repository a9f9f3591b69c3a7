/* alias.c [not allowed] -- another name for its function */
#include "ch03/exercises/exercises.h"

int grade_other_exercise(void) __attribute__((alias("scaled_softmax")));

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
