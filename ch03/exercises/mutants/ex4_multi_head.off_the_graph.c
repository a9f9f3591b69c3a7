/* Wrong on purpose: joins the heads with loops: the output is right and no gradient comes back. */
#include "ch03/exercises/exercises.h"

#include <math.h>

/* (B,T,C) -> (B,H,T,D) */
static Tensor *split(Graph *g, Tensor *x, int heads)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    return nn_transpose(g, nn_reshape(g, x, batch, time, heads, channels / heads), 1, 2);
}

Tensor *multi_head_attention(Graph *g, const Mha *m, Tensor *x /* (B,T,C) */, int heads, bool causal)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    Tensor *q = split(g, nn_linear(g, &m->q, x), heads);
    Tensor *k = split(g, nn_linear(g, &m->k, x), heads);
    Tensor *v = split(g, nn_linear(g, &m->v, x), heads);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)(channels / heads)));
    Tensor *weight = nn_softmax(g, causal ? nn_causal_mask(g, score) : score);
    Tensor *mixed = nn_matmul(g, weight, v), *joined = nn_input(g, batch, time, channels);
    int head_dim = channels / heads;
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < time; t++) {
            for (int c = 0; c < channels; c++)
                joined->data[(b * time + t) * channels + c] =
                    mixed->data[((b * heads + c / head_dim) * time + t) * head_dim + c % head_dim];
        }
    }
    return nn_linear(g, &m->out, joined);
}
