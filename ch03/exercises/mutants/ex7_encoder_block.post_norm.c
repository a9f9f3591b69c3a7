/* Wrong on purpose: the norms stand behind the additions, as in 2017. */
#include "ch03/exercises/exercises.h"

Tensor *encoder_block(Graph *g, const EncoderBlock *b, Tensor *x /* (B,T,C) */, int heads)
{
    x = nn_norm(g, &b->norm1, nn_add(g, x, nn_mha(g, &b->attention, x, x, heads, false, NULL)));
    Tensor *h = nn_linear(g, &b->down, nn_relu(g, nn_linear(g, &b->up, x)));
    return nn_norm(g, &b->norm2, nn_add(g, x, h));
}
