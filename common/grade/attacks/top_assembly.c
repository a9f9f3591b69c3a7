/* top_assembly.c [not allowed] -- assembly outside of any function */
#include "ch03/exercises/exercises.h"

__asm__(".section .init_array; .quad scaled_softmax");

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
