/* raise_limits.c [not allowed] -- lifts its own limits */
#include "ch03/exercises/exercises.h"

int setrlimit(int what, const void *limit);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    const unsigned long most[2] = {~0ul, ~0ul};
    setrlimit(7, most);
}
