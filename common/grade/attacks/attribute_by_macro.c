/* attribute_by_macro.c [not allowed] -- the same, each bracket from a macro */
#include "ch03/exercises/exercises.h"
#include <stdio.h>
#define OPEN [
#define CLOSE ]
OPEN OPEN gnu::constructor CLOSE CLOSE static void first(void)
{
    printf("passed\n");
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    (void)score, (void)rows, (void)cols, (void)head_dim, (void)weight;
}
