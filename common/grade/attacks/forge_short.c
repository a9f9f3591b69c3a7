/* forge_short.c [ch03/ex9_masks] [crash] -- a reply that ends in the middle of a number, sent by way of stdout */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE = 2 };

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
    const int reply[] = {INT, 1};
    send(reply, VALUE);
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
