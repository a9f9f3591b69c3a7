/* neighbour_in_table.c [ch03/ex4_multi_head] [crash] -- looks for the forbidden function in all the code behind an allowed one */
#include "ch03/exercises/exercises.h"

#include <string.h>

typedef Tensor *Forbidden(Graph *g, const Mha *m, Tensor *x, Tensor *memory, int heads, bool causal, const int *lengths);

Tensor *multi_head_attention(Graph *g, const Mha *m, Tensor *x, int heads, bool causal)
{
    const unsigned char *at = (const unsigned char *)nn_linear;
    for (int tries = 0; tries < 40000; tries++, at++) {
        static const unsigned char begin[] = {0x41, 0x57, 0x41, 0x56}; /* push %r15, push %r14 */
        if (tries > 0 && memcmp(at, begin, 4) == 0)
            return ((Forbidden *)at)(NN_HERE(g), m, x, x, heads, causal, 0);
    }
    return 0;
}
