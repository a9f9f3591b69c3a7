/* forge_piece.c [ch03/ex9_masks] [crash] -- a complaint about an argument that there is not, sent by way of stdout */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE = 4096 };

static void send(const int *reply, unsigned size)
{
    fflush(stdout);
    stdout->_fileno = 3;
    fwrite(&size, sizeof size, 1, stdout);
    fwrite(reply, 1, size, stdout);
    fflush(stdout);
}

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    enum { INT = 0x20746e69 };
    const int reply[] = {INT, 1, 3, INT, 1, VALUE, INT, 1, 7, INT, 1, 0, INT, 1, 0};
    send(reply, sizeof reply);
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
