/* catch_time_limit.c [not allowed] -- catches the signal that says its time is over */
#include "ch03/exercises/exercises.h"

#include <string.h>

typedef void Handler(int number);
Handler *signal(int number, Handler *handler);

static void go_on(int number)
{
    signal(number, go_on);
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    signal(24, go_on);
    for (volatile int i = 0;; i = 0)
        weight[0] = score[0] + (float)(rows + cols + head_dim);
}
