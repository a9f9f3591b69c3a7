/* ewc.c -- the Fisher information of a task, and the penalty made of it. */
#include "ch06/ewc.h"

#include "common/base/base.h"

#include <stdlib.h>

Ewc *ewc_new(size_t size, float lambda)
{
    Ewc *e = memory_new(sizeof *e);
    *e = (Ewc){size, lambda, memory_zero(size, sizeof(float)), memory_zero(size, sizeof(float))};
    return e;
}

void ewc_free(Ewc *e)
{
    if (!e)
        return;
    free(e->fisher);
    free(e->anchor);
    free(e);
}

//> fisher
/* The gradient of -log p(y | text) for one training text, with y drawn from the model's own p, not the label. */
static void likelihood_gradient(TaskSuite *s, int task)
{
    Graph *g = s->graph;
    int label, which = rng_below(&s->rng, s->train[task].count),
               *drawn = arena_alloc(nn_arena(g), sizeof *drawn);
    Tensor *logits = suite_logits(s, task, &s->train[task], &which, 1, &label); /* (1,classes) */
    const Tensor *p = nn_softmax(g, logits);
    float left = rng_uniform(&s->rng);
    *drawn = 0;
    while (*drawn < s->tasks[task].classes - 1 && (left -= p->data[*drawn]) >= 0)
        ++*drawn;
    nn_backward(g, nn_cross_entropy(g, logits, drawn, -1));
}

/* F: the mean square of these gradients. */
void ewc_remember(Ewc *e, TaskSuite *s, int task, int count)
{
    const Params *p = s->backbone->params;
    for (int k = 0; k < count; k++) {
        likelihood_gradient(s, task);
        size_t n = 0;
        for (int i = 0; i < p->count; n += p->items[i++].tensor->size) {
            Tensor *t = p->items[i].tensor;
            for (size_t w = 0; t->has_grad && w < t->size; w++) {
                float f = t->grad[w] * t->grad[w] / (float)count;
                e->fisher[n + w] += f;
                e->anchor[n + w] += f * t->data[w];
            }
            t->has_grad = false;
        }
        s->heads[task].weight->has_grad = s->heads[task].bias->has_grad = false;
        nn_graph_reset(s->graph);
    }
}
//< fisher

//> penalty
void ewc_penalty(TaskSuite *s, void *ewc)
{
    const Ewc *e = ewc;
    const Params *p = s->backbone->params;
    size_t n = 0;
    for (int i = 0; i < p->count; n += p->items[i++].tensor->size) {
        Tensor *t = p->items[i].tensor;
        for (size_t w = 0; t->has_grad && w < t->size; w++)
            t->grad[w] += e->lambda * (e->fisher[n + w] * t->data[w] - e->anchor[n + w]);
    }
}
//< penalty
