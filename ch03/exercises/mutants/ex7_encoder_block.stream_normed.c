/* Wrong on purpose: the layers are added to the normalised x. */
#include "ch03/exercises/exercises.h"

Tensor *encoder_block(Graph *g, const EncoderBlock *b, Tensor *x /* (B,T,C) */, int heads)
{
    x = nn_norm(g, &b->norm1, x);
    x = nn_add(g, x, nn_mha(g, &b->attention, x, x, heads, false, NULL));
    x = nn_norm(g, &b->norm2, x);
    return nn_add(g, x, nn_linear(g, &b->down, nn_relu(g, nn_linear(g, &b->up, x))));
}
