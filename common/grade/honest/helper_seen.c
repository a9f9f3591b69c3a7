/* helper_seen.c [ch03/ex9_masks] [not allowed] -- a function of its own that is not static: told to make it so */
#include "ch03/exercises/exercises.h"

float sees(int t, int s, int length)
{
    return s <= t && s < length;
}

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = sees(i / T % T, i % T, lengths[i / (T * T)]);
}
