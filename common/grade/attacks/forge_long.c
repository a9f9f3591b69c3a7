/* forge_long.c [ch03/ex9_masks] [crash] -- a reply of 64 MB, sent by way of stdout */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE = 16777216 };

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
    int *reply = calloc(VALUE, sizeof *reply);
    if (reply)
        send(reply, VALUE * sizeof *reply);
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
