/* ddp.c -- buckets of gradients whose all-reduce begins during the backward pass. */
#define NN_INSIDE
#include "common/dist/ddp.h"

#include "common/base/arena.h"
#include "common/base/clock.h"

#include <stdlib.h>
#include <string.h>

struct DistDdp {
    Dist *d;
    const Params *params;
    bool overlap;
    DistBucket *buckets;
    int count, begun; /* buckets; those whose all-reduce has begun in this pass */
    int *bucket_of;   /* (params->count), -1: frozen */
    double start, computed, finished;
};

/* ---- buckets ------------------------------------------------------------------------------------- */

/* Moves the gradients of a bucket's parameters into it. */
static void fill_bucket(DistDdp *p, DistBucket *b)
{
    float *at = b->grad = memory_zero(b->count, sizeof *b->grad);
    for (int i = b->first; i < b->end; i++) {
        Tensor *t = p->params->items[i].tensor;
        if (!t->wants_grad)
            continue;
        free(t->grad);
        t->grad = at;
        t->has_grad = false;
        at += t->size;
    }
}

/* From the last parameter to the first: the order in which gradients become complete. */
static void cut_buckets(DistDdp *p, size_t bucket_bytes)
{
    p->buckets = memory_zero((size_t)p->params->count, sizeof *p->buckets);
    DistBucket *b = NULL;
    for (int i = p->params->count - 1; i >= 0; i--) {
        const Tensor *t = p->params->items[i].tensor;
        p->bucket_of[i] = -1;
        if (!t->wants_grad)
            continue;
        if (!b || b->count * sizeof(float) >= bucket_bytes) {
            b = &p->buckets[p->count++];
            b->end = i + 1;
        }
        b->first = i;
        b->count += t->size;
        p->bucket_of[i] = p->count - 1;
    }
    for (int k = 0; k < p->count; k++)
        fill_bucket(p, &p->buckets[k]);
}

DistDdp *dist_ddp_new(Dist *d, const Params *params, size_t bucket_bytes, bool overlap)
{
    DistDdp *p = memory_new(sizeof *p);
    *p = (DistDdp){.d = d, .params = params, .overlap = overlap};
    p->bucket_of = memory_new((size_t)params->count * sizeof *p->bucket_of);
    for (int i = 0; i < params->count; i++)
        dist_broadcast(d, 0, params->items[i].tensor->data, params->items[i].tensor->size * sizeof(float));
    cut_buckets(p, bucket_bytes);
    return p;
}

/* Each gradient gets memory of its own again. */
void dist_ddp_free(DistDdp *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->params->count; i++) {
        Tensor *t = p->params->items[i].tensor;
        if (p->bucket_of[i] < 0)
            continue;
        float *own = memory_new(t->size * sizeof *own);
        t->grad = memcpy(own, t->grad, t->size * sizeof *own);
    }
    for (int k = 0; k < p->count; k++)
        free(p->buckets[k].grad);
    free(p->buckets);
    free(p->bucket_of);
    free(p);
}

/* ---- the backward pass ----------------------------------------------------------------------------- */

static double since_start(const DistDdp *p)
{
    return clock_seconds() - p->start;
}

/* What no operation used has no gradient: it counts as 0. */
static void zero_missing(DistDdp *p, const DistBucket *b)
{
    for (int i = b->first; i < b->end; i++) {
        Tensor *t = p->params->items[i].tensor;
        if (t->wants_grad && !t->has_grad)
            memset(t->grad, 0, t->size * sizeof *t->grad);
        t->has_grad = t->wants_grad;
    }
}

//> begin
/* Begins the all-reduce of complete buckets. In order, even if a later one is complete first: the ranks must agree. */
static void begin_buckets(DistDdp *p)
{
    while (p->begun < p->count && p->buckets[p->begun].missing == 0) {
        DistBucket *b = &p->buckets[p->begun++];
        zero_missing(p, b);
        b->begun = since_start(p);
        b->request = dist_all_reduce_begin(p->d, b->grad, b->count);
    }
}

/* Messages move only while somebody looks after them. */
static void look_after(DistDdp *p)
{
    for (int k = 0; k < p->begun; k++) {
        DistBucket *b = &p->buckets[k];
        if (b->done == 0 && dist_test(b->request))
            b->done = since_start(p);
    }
}

/* The graph's news: the gradient of a parameter is complete. */
static void gradient_is_final(void *context, Tensor *parameter)
{
    DistDdp *p = context;
    const Param *item = nn_param_of(p->params, parameter);
    if (!item || p->bucket_of[item - p->params->items] < 0)
        return;
    DistBucket *b = &p->buckets[p->bucket_of[item - p->params->items]];
    if (--b->missing == 0)
        b->ready = since_start(p);
    if (p->overlap) {
        begin_buckets(p);
        look_after(p);
    }
}
//< begin

static void expect_gradients(DistDdp *p)
{
    p->start = clock_seconds();
    p->begun = 0;
    for (int k = 0; k < p->count; k++)
        p->buckets[k].missing = 0;
    for (int i = 0; i < p->params->count; i++) {
        if (p->bucket_of[i] >= 0)
            p->buckets[p->bucket_of[i]].missing++;
    }
    for (int k = 0; k < p->count; k++)
        p->buckets[k].ready = p->buckets[k].done = 0;
}

/* The backward pass is over: what has not begun begins now, and sums become means. */
static void finish_buckets(DistDdp *p)
{
    for (int k = 0; k < p->count; k++)
        p->buckets[k].missing = 0;
    begin_buckets(p);
    for (int k = 0; k < p->count; k++) {
        DistBucket *b = &p->buckets[k];
        dist_wait(b->request);
        b->done = b->done > 0 ? b->done : since_start(p);
        for (size_t i = 0; i < b->count; i++)
            b->grad[i] *= 1.0f / (float)p->d->size;
    }
}

void dist_ddp_backward(DistDdp *p, Graph *g, Tensor *loss)
{
    expect_gradients(p);
    nn_graph_hook(g, &(GraphHooks){.final = gradient_is_final, .context = p});
    nn_backward(g, loss);
    nn_graph_hook(g, NULL);
    p->computed = since_start(p);
    finish_buckets(p);
    p->finished = since_start(p);
}

const DistBucket *dist_ddp_buckets(const DistDdp *p, int *count)
{
    *count = p->count;
    return p->buckets;
}

double dist_ddp_computed(const DistDdp *p)
{
    return p->computed;
}

double dist_ddp_finished(const DistDdp *p)
{
    return p->finished;
}
