/* odd_but_right.c [ch03/ex9_masks] [passed] -- plain C that a careless look takes for something else \
   a comment line that goes on, a trigraph in a string??!, quotes in it: don't "do it" */
#define ALL 1 /* a macro before the headers,
                 with a comment of two lines */
#include "ch03/exercises/exercises.h" // behind it: /* no comment begins here
#include <errno.h>	/* blanks and tabs */
#include <omp.h>
#include <stdio.h>

// a comment that ends in a backslash goes on \
   asm("not code")
static const char *const text = "/* no comment */ \
and a string over two lines\\";

#if 0
don't compile this
#endif

void combined_mask(const int *lengths, int B, int T, float *allowed)
{
    int where[3] = {0, 1, 2}, first = where["\1"[0] - 1];
    for (int i = first; i < B * T * T; i++)
        allowed[i] = ALL && i % T <= i / T % T && i % T < lengths[i / (T * T)];
    putc(text[0], stdout);
    errno = 0;
    printf("%d thread %s %c\n", omp_get_max_threads(), "a??)"[0] == 'a' ? "" : "?", '"');
}
