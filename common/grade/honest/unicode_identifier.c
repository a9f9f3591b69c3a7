/* unicode_identifier.c [ch03/ex9_masks] [passed] -- a name in Chinese */
#include "ch03/exercises/exercises.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    int 长度 = T;
    printf("%d\n", 长度);
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
