/* argmax.c -- which of several numbers is the largest. */
#include "common/nn/argmax.h"

int nn_argmax(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}
