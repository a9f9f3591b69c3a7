/* optim.c -- one pass over memory per step: the update reads weight, gradient
 * and moments once, and the scale that clipping asks for is applied on the way. */
#define NN_INSIDE
#include "common/nn/optim.h"

#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>

typedef enum Method { METHOD_SGD, METHOD_ADAMW } Method;

struct Optimizer {
    Method method;
    const Params *params;
    float beta1, beta2, decay;
    float scale; /* of the gradients, in the next step */
    long steps;
    float **moment[2]; /* one array for each parameter */
};

static Optimizer *optimizer_new(const Params *p, Method method, int moments)
{
    Optimizer *o = memory_zero(1, sizeof *o);
    o->method = method;
    o->params = p;
    o->scale = 1;
    for (int k = 0; k < moments; k++) {
        o->moment[k] = memory_zero((size_t)p->count, sizeof(float *));
        for (int i = 0; i < p->count; i++)
            o->moment[k][i] = memory_zero(p->items[i].tensor->size, sizeof(float));
    }
    return o;
}

Optimizer *nn_sgd_new(const Params *p, float momentum)
{
    Optimizer *o = optimizer_new(p, METHOD_SGD, 1);
    o->beta1 = momentum;
    return o;
}

Optimizer *nn_adamw_new(const Params *p, float beta1, float beta2, float decay)
{
    Optimizer *o = optimizer_new(p, METHOD_ADAMW, 2);
    o->beta1 = beta1;
    o->beta2 = beta2;
    o->decay = decay;
    return o;
}

void nn_optimizer_free(Optimizer *o)
{
    for (int k = 0; o && k < 2; k++) {
        for (int i = 0; o->moment[k] && i < o->params->count; i++)
            free(o->moment[k][i]);
        free(o->moment[k]);
    }
    free(o);
}

float nn_clip_gradients(Optimizer *o, float most)
{
    double squares = 0;
    for (int i = 0; i < o->params->count; i++) {
        const Tensor *t = o->params->items[i].tensor;
        if (t->has_grad)
            squares += kernel_sum_squares(t->grad, t->size);
    }
    float length = (float)sqrt(squares);
    o->scale = most > 0 && length > most ? most / length : 1;
    return length;
}

static void sgd_update(const Optimizer *o, Tensor *t, float *m, float rate)
{
    float *w = t->data;
    const float *grad = t->grad, momentum = o->beta1, scale = o->scale;
    KERNEL_FOR(i, t->size)
    {
        m[i] = momentum * m[i] + scale * grad[i];
        w[i] -= rate * m[i];
    }
}

static void adamw_update(const Optimizer *o, Tensor *t, float *m, float *v, float rate, float decay)
{
    float *w = t->data;
    const float *grad = t->grad, b1 = o->beta1, b2 = o->beta2, scale = o->scale;
    float fix1 = 1 / (float)(1 - pow((double)b1, (double)o->steps));
    float fix2 = 1 / (float)(1 - pow((double)b2, (double)o->steps)), keep = 1 - rate * decay;
    KERNEL_FOR(i, t->size)
    {
        float d = scale * grad[i];
        float m_new = b1 * m[i] + (1 - b1) * d, v_new = b2 * v[i] + (1 - b2) * d * d;
        m[i] = m_new;
        v[i] = v_new;
        w[i] = keep * w[i] - rate * (m_new * fix1) / (sqrtf(v_new * fix2) + 1e-8f);
    }
}

void nn_optimizer_step(Optimizer *o, float rate)
{
    o->steps++;
    for (int i = 0; i < o->params->count; i++) {
        const Param *p = &o->params->items[i];
        if (!p->tensor->has_grad)
            continue;
        if (o->method == METHOD_SGD)
            sgd_update(o, p->tensor, o->moment[0][i], rate);
        else
            adamw_update(o, p->tensor, o->moment[0][i], o->moment[1][i], rate, p->decays ? o->decay : 0);
        p->tensor->has_grad = false;
    }
    o->scale = 1;
}

long *nn_optimizer_steps(Optimizer *o)
{
    return &o->steps;
}

float *nn_optimizer_moment(Optimizer *o, int i, int which)
{
    return o->moment[which] ? o->moment[which][i] : NULL;
}

float nn_cosine_rate(long step, long warmup, long steps, float most, float least)
{
    if (step < warmup)
        return most * (float)(step + 1) / (float)(warmup + 1);
    if (step >= steps)
        return least;
    double share = (double)(step - warmup) / (double)(steps - warmup);
    return least + (most - least) * (float)(0.5 * (1 + cos(3.141592653589793 * share)));
}

float nn_inverse_root_rate(long step, long warmup, float most)
{
    float t = (float)(step + 1), w = (float)(warmup < 1 ? 1 : warmup);
    return most * (t < w ? t / w : sqrtf(w / t));
}
