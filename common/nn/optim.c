/* optim.c -- one pass over memory per step: the update reads weight, gradient
 * and moments once, and the scale that clipping asks for is applied on the way.
 * The threads share all parameters as one list of spans, since most parameters
 * are too small to be shared. */
#define NN_INSIDE
#include "common/nn/optim.h"

#include "common/base/error.h"
#include "common/nn/muon.h"

#include <math.h>
#include <stdlib.h>

typedef enum Method { METHOD_SGD, METHOD_ADAMW, METHOD_MUON } Method;

static const float MUON_MOMENTUM = 0.95f;

/* A piece of one parameter. */
typedef struct Span {
    int param;
    size_t first, count;
    double squares; /* of its gradients, for clipping */
} Span;

struct Optimizer {
    Method method;
    const Params *params;
    float beta1, beta2, decay;
    float scale; /* of the gradients, in the next step */
    long steps;
    float **moment[2]; /* one array for each parameter; of Muon's own only the first */
    Muon *muon;        /* the matrices that it moves, or NULL */
    float ratio;       /* their learning rate, as a multiple of that of the others */
    TensorPrecision precision;
    Span *spans;
    int span_count;
    const char *file; /* of the last call, for messages */
    int line;
};

static void cut_spans(Optimizer *o)
{
    enum { LONGEST = 16384 };
    for (int i = 0; i < o->params->count; i++)
        o->span_count += (int)((o->params->items[i].tensor->size + LONGEST - 1) / LONGEST);
    o->spans = memory_zero((size_t)o->span_count, sizeof *o->spans);
    for (int i = 0, n = 0; i < o->params->count; i++) {
        size_t size = o->params->items[i].tensor->size;
        for (size_t first = 0; first < size; first += LONGEST)
            o->spans[n++] = (Span){i, first, size - first < LONGEST ? size - first : LONGEST, 0};
    }
}

/* Whether a parameter is one of Muon's matrices. */
static bool is_muons(const Optimizer *o, int param)
{
    return o->method == METHOD_MUON && nn_muon_moves(&o->params->items[param]);
}

static Optimizer *optimizer_new(const Params *p, Method method, int moments)
{
    Optimizer *o = memory_zero(1, sizeof *o);
    o->method = method;
    o->params = p;
    o->ratio = 1;
    o->file = "?";
    o->scale = 1;
    for (int k = 0; k < moments; k++) {
        o->moment[k] = memory_zero((size_t)p->count, sizeof(float *));
        for (int i = 0; i < p->count; i++) {
            if (k == 0 || !is_muons(o, i))
                o->moment[k][i] = memory_zero(p->items[i].tensor->size, sizeof(float));
        }
    }
    cut_spans(o);
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

Optimizer *nn_muon_new(const Params *p, const NnMuon *how)
{
    Optimizer *o = optimizer_new(p, METHOD_MUON, 2);
    o->beta1 = how->beta1;
    o->beta2 = how->beta2;
    o->decay = how->decay;
    o->ratio = how->ratio;
    o->precision = how->precision;
    o->muon = nn_muon_matrices(p);
    return o;
}

void nn_optimizer_free(Optimizer *o)
{
    for (int k = 0; o && k < 2; k++) {
        for (int i = 0; o->moment[k] && i < o->params->count; i++)
            free(o->moment[k][i]);
        free(o->moment[k]);
    }
    if (o) {
        nn_muon_matrices_free(o->muon);
        free(o->spans);
    }
    free(o);
}

static double squares_of(const float *x, size_t n)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

float nn_clip_gradients(Optimizer *o, float max)
{
    double squares = 0;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < o->span_count; i++) {
        Span *s = &o->spans[i];
        const Tensor *t = o->params->items[s->param].tensor;
        s->squares = t->has_grad ? squares_of(t->grad + s->first, s->count) : 0;
    }
    for (int i = 0; i < o->span_count; i++)
        squares += o->spans[i].squares;
    float length = (float)sqrt(squares);
    o->scale = max > 0 && length > max ? max / length : 1;
    return length;
}

void nn_optimizer_scale(Optimizer *o, float scale)
{
    o->scale = scale;
}

static void sgd_update(const Optimizer *o, const Span *s, float rate)
{
    const Tensor *t = o->params->items[s->param].tensor;
    float *w = t->data + s->first, *m = o->moment[0][s->param] + s->first;
    const float *grad = t->grad + s->first, momentum = o->beta1, scale = o->scale;
#pragma omp simd
    for (size_t i = 0; i < s->count; i++) {
        m[i] = momentum * m[i] + scale * grad[i];
        w[i] -= rate * m[i];
    }
}

//> adamw
static void adamw_update(const Optimizer *o, const Span *s, float rate, float fix1, float fix2)
{
    const Param *p = &o->params->items[s->param];
    float *w = p->tensor->data + s->first;
    float *m = o->moment[0][s->param] + s->first, *v = o->moment[1][s->param] + s->first;
    const float *grad = p->tensor->grad + s->first, b1 = o->beta1, b2 = o->beta2, scale = o->scale;
    float keep = 1 - rate * (p->decays ? o->decay : 0);
#pragma omp simd
    for (size_t i = 0; i < s->count; i++) {
        float d = scale * grad[i];
        float m_new = b1 * m[i] + (1 - b1) * d, v_new = b2 * v[i] + (1 - b2) * d * d;
        m[i] = m_new;
        v[i] = v_new;
        w[i] = keep * w[i] - rate * (m_new * fix1) / (sqrtf(v_new * fix2) + 1e-8f);
    }
}
//< adamw

Optimizer *nn_optimizer_at(Optimizer *o, const char *file, int line)
{
    o->file = file;
    o->line = line;
    return o;
}

static bool has_gradient(const Optimizer *o)
{
    for (int i = 0; i < o->params->count; i++) {
        if (o->params->items[i].tensor->has_grad)
            return true;
    }
    return false;
}

void nn_optimizer_step(Optimizer *o, float rate)
{
    if (!has_gradient(o))
        fatal_at(o->file, o->line,
                 "nn_optimizer_step: no parameter has a gradient: call nn_backward before each step");
    o->steps++;
    float fix1 = 1 / (float)(1 - pow((double)o->beta1, (double)o->steps));
    float fix2 = 1 / (float)(1 - pow((double)o->beta2, (double)o->steps));
#pragma omp parallel for schedule(static)
    for (int i = 0; i < o->span_count; i++) {
        const Span *s = &o->spans[i];
        if (!o->params->items[s->param].tensor->has_grad || is_muons(o, s->param))
            continue;
        if (o->method == METHOD_SGD)
            sgd_update(o, s, rate);
        else
            adamw_update(o, s, rate, fix1, fix2);
    }
    if (o->muon)
        nn_muon_step(o->muon, o->params, o->moment[0],
                     &(MuonStep){rate * o->ratio, o->decay, MUON_MOMENTUM, o->scale, o->precision});
    for (int i = 0; i < o->params->count; i++)
        o->params->items[i].tensor->has_grad = false;
    o->scale = 1;
}

float nn_optimizer_step_clipped(Optimizer *o, float rate, float max)
{
    float norm = nn_clip_gradients(o, max);
    nn_optimizer_step(o, rate);
    return norm;
}

long *nn_optimizer_steps(Optimizer *o)
{
    return &o->steps;
}

float *nn_optimizer_moment(Optimizer *o, int i, int which)
{
    return o->moment[which] ? o->moment[which][i] : NULL;
}
