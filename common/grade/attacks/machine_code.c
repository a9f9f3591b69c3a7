/* machine_code.c [crash] -- calls an array of machine code */
#include "ch03/exercises/exercises.h"

static const unsigned char code[] = {0x31, 0xff, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    union {
        const unsigned char *data;
        void (*call)(void);
    } u = {code};
    u.call();
}
