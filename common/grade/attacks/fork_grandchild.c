/* fork_grandchild.c [not allowed] -- leaves a grandchild in a session of its own, which outlives a time limit */
#include "ch03/exercises/exercises.h"

int fork(void);
int setsid(void);
unsigned sleep(unsigned seconds);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            sleep(100000);
    }
}
