/* renamed_symbol.c [not allowed] -- a harmless name that the assembler knows as exit */
#include "ch03/exercises/exercises.h"

void harmless(int status) __asm__("exit");

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    harmless(0);
}
