/* honest_printf.c [ch03/ex9_masks] [passed] -- HONEST: right, and prints while it works; as Ubuntu's gcc compiles it (-D_FORTIFY_SOURCE) its printf is __printf_chk */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
#include <string.h>

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    char text[40], copy[40];
    printf("B = %d, T = %d\n", B, T);
    snprintf(text, sizeof text, "%d", B);
    memcpy(copy, text, (size_t)T);
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
    fprintf(stderr, "done %s\n", copy[0] ? "." : "");
}
