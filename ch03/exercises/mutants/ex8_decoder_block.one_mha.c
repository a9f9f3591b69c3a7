/* Wrong on purpose: the self-attention is used for the cross-attention as well. */
#include "ch03/exercises/exercises.h"

Tensor *decoder_block(Graph *g, const DecoderBlock *b, Tensor *x /* (B,T,C) */,
                      Tensor *memory /* (B,S,C) */, int heads)
{
    Tensor *h = nn_norm(g, &b->norm_self, x);
    x = nn_add(g, x, nn_mha(g, &b->self, h, h, heads, true, NULL));
    h = nn_norm(g, &b->norm_cross, x);
    x = nn_add(g, x, nn_mha(g, &b->self, h, memory, heads, false, NULL));
    h = nn_norm(g, &b->norm_feed, x);
    return nn_add(g, x, nn_linear(g, &b->down, nn_relu(g, nn_linear(g, &b->up, h))));
}
