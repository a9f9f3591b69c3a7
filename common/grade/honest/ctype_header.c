/* ctype_header.c [ch03/ex9_masks] [passed] -- includes more than it needs */
#include "ch03/exercises/exercises.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
#include <ctype.h>
void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
