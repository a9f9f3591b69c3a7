/* write_1_gb.c [not allowed] -- fills the disk */
#include "ch03/exercises/exercises.h"

void *fopen(const char *path, const char *mode);
unsigned long fwrite(const void *from, unsigned long size, unsigned long count, void *file);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    static char block[1 << 20];
    void *f = fopen("big", "w");
    for (int i = 0; i < 1024; i++)
        fwrite(block, 1, sizeof block, f);
}
