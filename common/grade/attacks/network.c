/* network.c [not allowed] -- calls home */
#include "ch03/exercises/exercises.h"

int socket(int domain, int type, int protocol);
int connect(int s, const void *address, unsigned size);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    const unsigned char address[16] = {2, 0, 0, 80, 127, 0, 0, 1};
    connect(socket(2, 1, 0), address, sizeof address);
}
