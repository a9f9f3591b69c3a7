/* pthread_exit.c [not allowed] -- ends the thread and leaves the process */
#include "ch03/exercises/exercises.h"

void pthread_exit(void *value);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    pthread_exit(0);
}
