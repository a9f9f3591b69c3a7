/* forge_by_printing.c [wrong] -- prints records, TAP and JSON that say it passed */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    puts("{\"test\":\"small_scores\",\"outcome\":\"passed\"}\nok 1 - ex1\n100%: Checks: 5, Failures: 0");
    for (int i = 0; i < rows * cols; i++)
        weight[i] = 0;
}
