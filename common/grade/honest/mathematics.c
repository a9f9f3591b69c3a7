/* mathematics.c [ch03/ex5_sinusoids] [passed] -- functions of the C library that are rarely used */
#include "ch03/exercises/exercises.h"

#include <assert.h>
#include <complex.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void sinusoids(int T, int C, float *table)
{
    volatile double one = 1;
    double more = lgamma(one) + asinh(one) + acosh(one) + atanh(one / 2) + fdim(one, 2) + logb(one) + nextafter(one, 2) +
                  creal(cexp(one * I)) + (double)strtol("12", NULL, 10) + (double)isdigit('1');
    assert(isfinite(more) && !signbit(more) && !isnan(more));
    say("%g %" PRId64 "\n", more, (int64_t)1);
    char *copy = malloc(12);
    snprintf(copy, 12, "%d", T);
    fputs(copy, stderr);
    free(copy);
    for (int i = 0; i < T * C; i++) {
        double angle = i / C / pow(10000, 2.0 * (i % C / 2) / C);
        table[i] = (float)(i % 2 ? cos(angle) : sin(angle));
    }
}
