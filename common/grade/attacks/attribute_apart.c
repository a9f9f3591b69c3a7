/* attribute_apart.c [not allowed] -- the brackets of an attribute on two lines */
#include "ch03/exercises/exercises.h"
#include <stdio.h>
[
 [gnu::constructor]
] static void first(void)
{
    printf("passed\n");
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    (void)score, (void)rows, (void)cols, (void)head_dim, (void)weight;
}
