/* neighbour_of_allowed.c [ch03/ex4_multi_head] [crash] -- calls the forbidden nn_mha without naming it: it lies right before nn_sinusoids, which is allowed */
#include "ch03/exercises/exercises.h"

typedef Tensor *Forbidden(Graph *g, const Mha *m, Tensor *x, Tensor *memory, int heads, bool causal, const int *lengths);

Tensor *multi_head_attention(Graph *g, const Mha *m, Tensor *x, int heads, bool causal)
{
    const unsigned char *at = (const unsigned char *)nn_sinusoids - 16;
    while (at[0] != 0x41 || at[1] != 0x57) /* push %r15: where a function begins */
        at -= 16;
    return ((Forbidden *)at)(NN_HERE(g), m, x, x, heads, causal, 0);
}
