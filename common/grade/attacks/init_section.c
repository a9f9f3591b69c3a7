/* init_section.c [not allowed] -- a function pointer in the section of constructors */
#include "ch03/exercises/exercises.h"

void _exit(int status);
static void first(void)
{
    _exit(0);
}
__attribute__((section(".init_array"), used)) static void (*const entry)(void) = first;

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
