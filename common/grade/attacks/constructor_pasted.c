/* constructor_pasted.c [not allowed] -- the attribute is put together by the preprocessor */
#include "ch03/exercises/exercises.h"

#define PASTE(a, b) a##b
void _exit(int status);
PASTE(_, _attribute__)((constructor)) static void first(void)
{
    _exit(0);
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
