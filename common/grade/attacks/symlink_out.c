/* symlink_out.c [not allowed] -- makes a link to a file outside */
#include "ch03/exercises/exercises.h"

int symlink(const char *to, const char *at);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    symlink("/etc/passwd", "run/worker");
}
