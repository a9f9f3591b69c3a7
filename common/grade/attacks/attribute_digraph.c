/* attribute_digraph.c [not allowed] -- the same in digraphs, put together by the preprocessor */
#include "ch03/exercises/exercises.h"
#include <stdio.h>
#define JOIN(a, b) a##b
JOIN(<, :) JOIN(<, :) gnu::constructor :> :> static void first(void)
{
    printf("passed\n");
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    (void)score, (void)rows, (void)cols, (void)head_dim, (void)weight;
}
