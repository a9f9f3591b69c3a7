/* with_main.c [ch03/ex9_masks] [not allowed] -- with a main to try it: told what to take out */
#include "ch03/exercises/exercises.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    for (int i = 0; i < B * T * T; i++)
        allowed[i] = i % T <= i / T % T && i % T < lengths[i / (T * T)];
}
int main(void)
{
    printf("test\n");
    return 0;
}
