/* Wrong on purpose: there is nothing between the two linear layers. */
#include "ch03/exercises/exercises.h"

Tensor *encoder_block(Graph *g, const EncoderBlock *b, Tensor *x /* (B,T,C) */, int heads)
{
    Tensor *h = nn_norm(g, &b->norm1, x);
    x = nn_add(g, x, nn_mha(g, &b->attention, h, h, heads, false, NULL));
    h = nn_norm(g, &b->norm2, x);
    return nn_add(g, x, nn_linear(g, &b->down, nn_linear(g, &b->up, h)));
}
