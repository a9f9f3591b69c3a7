/* optimizers.c -- what each optimizer makes of a gradient. */
#include "ch02/optimizers.h"

#include "common/base/base.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//> sgd
void sgd(Slot *s, const float *g, float *d, Graph *scratch)
{
    (void)scratch;
    memcpy(d, g, s->w->size * sizeof *d);
}

void momentum(Slot *s, const float *g, float *d, Graph *scratch)
{
    (void)scratch;
    for (size_t i = 0; i < s->w->size; i++)
        d[i] = s->m[i] = 0.9f * s->m[i] + g[i];
}

void nesterov(Slot *s, const float *g, float *d, Graph *scratch)
{
    momentum(s, g, d, scratch);
    for (size_t i = 0; i < s->w->size; i++)
        d[i] = g[i] + 0.9f * s->m[i]; /* the gradient counts once more, as if one step further on */
}
//< sgd

//> adam
void rmsprop(Slot *s, const float *g, float *d, Graph *scratch)
{
    (void)scratch;
    for (size_t i = 0; i < s->w->size; i++) {
        s->v[i] = 0.99f * s->v[i] + 0.01f * g[i] * g[i];
        d[i] = g[i] / (sqrtf(s->v[i]) + 1e-8f);
    }
}

void adam(Slot *s, const float *g, float *d, Graph *scratch)
{
    (void)scratch;
    float correct1 = 1 - powf(0.9f, (float)s->t), correct2 = 1 - powf(0.99f, (float)s->t);
    for (size_t i = 0; i < s->w->size; i++) {
        s->m[i] = 0.9f * s->m[i] + 0.1f * g[i];
        s->v[i] = 0.99f * s->v[i] + 0.01f * g[i] * g[i];
        d[i] = s->m[i] / correct1 / (sqrtf(s->v[i] / correct2) + 1e-8f);
    }
}

enum { DECAY_PARTS = 10 }; /* weight decay: 1 / 10 */

void adamw(Slot *s, const float *g, float *d, Graph *scratch)
{
    adam(s, g, d, scratch);
    for (size_t i = 0; i < s->w->size; i++)
        d[i] += s->w->data[i] / DECAY_PARTS; /* beside Adam */
}
//< adam

void adam_l2(Slot *s, const float *g, float *d, Graph *scratch)
{
    float *with_decay = nn_input(scratch, (int)s->w->size)->data;
    for (size_t i = 0; i < s->w->size; i++)
        with_decay[i] = g[i] + s->w->data[i] / DECAY_PARTS; /* through Adam */
    adam(s, with_decay, d, scratch);
}

//> muon
/* Brings all singular values of x (R,C) close to 1 and leaves its singular vectors: five steps of Newton-Schulz,
 * each the polynomial 3.4445 s - 4.7750 s^3 + 2.0315 s^5 of every singular value s. */
Tensor *orthogonalise(Graph *g, Tensor *x)
{
    x = nn_scale(g, x, 1 / ((float)sqrt(kernel_sum_squares(x->data, x->size)) + 1e-7f));
    for (int i = 0; i < 5; i++) {
        Tensor *a = nn_matmul_nt(g, x, x); /* (R,R) */
        Tensor *b = nn_add(g, nn_scale(g, a, -4.7750f), nn_scale(g, nn_matmul(g, a, a), 2.0315f));
        x = nn_add(g, nn_scale(g, x, 3.4445f), nn_matmul(g, b, x));
    }
    return x;
}

/* Nesterov's momentum of 0.95, orthogonalised, as large as a step of Adam: for matrices. */
void muon(Slot *s, const float *g, float *d, Graph *scratch)
{
    int rows = s->w->shape[0], cols = s->w->shape[1];
    Tensor *look = nn_input(scratch, rows, cols);
    for (size_t i = 0; i < look->size; i++) {
        s->m[i] = 0.95f * s->m[i] + g[i];
        look->data[i] = g[i] + 0.95f * s->m[i];
    }
    const Tensor *o = orthogonalise(scratch, look);
    float scale = 0.2f * sqrtf((float)(rows > cols ? rows : cols));
    for (size_t i = 0; i < look->size; i++)
        d[i] = scale * o->data[i];
}
//< muon

Slot slot_new(Tensor *w)
{
    size_t bytes = w->size * sizeof(float);
    Slot s = {.w = w, .m = memory_new(bytes), .v = memory_new(bytes)};
    memset(s.m, 0, bytes);
    memset(s.v, 0, bytes);
    return s;
}

void slot_free(Slot *s)
{
    free(s->m);
    free(s->v);
}

void slot_step(Slot *s, Direction *direction, const float *g, float rate, Graph *scratch)
{
    bool recording = nn_graph_recording(scratch);
    nn_graph_record(scratch, false);
    float *d = nn_input(scratch, (int)s->w->size)->data;
    s->t++;
    direction(s, g, d, scratch);
    for (size_t i = 0; i < s->w->size; i++)
        s->w->data[i] -= rate * d[i];
    nn_graph_record(scratch, recording);
    nn_graph_reset(scratch);
}
