/* override_driver.c [not allowed] -- another list of drivers */
#include "ch03/exercises/exercises.h"

const void *const grade_drivers[2] = {0, 0};

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
