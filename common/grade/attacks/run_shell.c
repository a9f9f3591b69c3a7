/* run_shell.c [not allowed] -- runs a command */
#include "ch03/exercises/exercises.h"

int system(const char *command);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    system("rm -rf ch03");
}
