/* run_time_choice.c [not allowed] -- a resolver that runs before main (ifunc) */
#include "ch03/exercises/exercises.h"

typedef void Helper(void);
static void helper(void)
{
}
static Helper *choose(void)
{
    return helper;
}
void chosen(void) __attribute__((ifunc("choose")));

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    chosen();
}
