/* non_finite.c -- looks through weights, tape and gradients; only a step that has gone wrong pays for it. */
#define NN_INSIDE
#include "common/nn/non_finite.h"

#include <math.h>
#include <stdio.h>

/* The first number that is not finite; NULL if there is none. */
static const float *bad_number(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return x + i;
    }
    return NULL;
}

/* C may print "-nan"; the sign of what is not a number says nothing. */
static const char *kind_of(float x)
{
    return isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

static const char *name_of(const Params *p, const Tensor *t)
{
    for (int i = 0; t && i < p->count; i++) {
        if (p->items[i].tensor == t || p->items[i].tensor->data == t->data)
            return p->items[i].name;
    }
    return NULL;
}

static bool bad_weight(const Params *p, char *text)
{
    for (int i = 0; i < p->count; i++) {
        const Tensor *t = p->items[i].tensor;
        const float *bad = bad_number(t->data, t->size);
        if (bad) {
            snprintf(text, NN_NON_FINITE_TEXT, "the weight %s holds %s", p->items[i].name, kind_of(*bad));
            return true;
        }
    }
    return false;
}

/* An operation without a weight is placed by the last weight that was used before it. */
static bool bad_output(const Graph *g, const Params *p, char *text)
{
    const char *last = NULL;
    for (size_t i = 0; i < nn_graph_count(g); i++) {
        const GraphNode *n = nn_graph_node(g, i);
        const char *own = NULL;
        for (int k = 0; k < GRAPH_INPUTS && !own; k++)
            own = name_of(p, n->in[k]);
        last = own ? own : last;
        const float *bad = bad_number(n->out->data, n->out->size);
        if (bad) {
            snprintf(text, NN_NON_FINITE_TEXT, "%s %s %s gives %s", n->op->name, own ? "with" : "after",
                     last ? last : "the input", kind_of(*bad));
            return true;
        }
    }
    return false;
}

static bool bad_gradient(const Params *p, char *text)
{
    for (int i = p->count - 1; i >= 0; i--) { /* the backward pass comes to the last ones first */
        const Tensor *t = p->items[i].tensor;
        const float *bad = t->has_grad ? bad_number(t->grad, t->size) : NULL;
        if (bad) {
            snprintf(text, NN_NON_FINITE_TEXT, "the gradient of %s holds %s", p->items[i].name,
                     kind_of(*bad));
            return true;
        }
    }
    return false;
}

bool nn_non_finite_find(const Graph *g, const Params *p, char text[NN_NON_FINITE_TEXT])
{
    text[0] = '\0';
    return bad_weight(p, text) || bad_output(g, p, text) || bad_gradient(p, text);
}
