/* read_other_learner.c [not allowed] -- opens another submission */
#include "ch03/exercises/exercises.h"

void *opendir(const char *path);
void *readdir(void *folder);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    readdir(opendir(".."));
}
