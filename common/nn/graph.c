/* graph.c -- a list of nodes in the order they were made; the backward pass
 * walks it from its end. */
#define NN_INSIDE
#include "common/nn/graph.h"

#include "common/base/error.h"
#include "common/base/threads.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A gradient buffer that waits for its next user. */
typedef struct Spare {
    struct Spare *next;
    float *memory;
    size_t size;
} Spare;

struct Graph {
    Arena *step;    /* tensors and nodes of this step */
    Arena *scratch; /* for one backward function */
    GraphNode **nodes;
    size_t count, capacity;
    Spare *spares;
    bool recording;
    TensorPrecision precision;
    Rng rng;
    GraphHooks hooks;
    const char *file;
    int line;
};

Graph *nn_graph_new(void)
{
    Graph *g = memory_zero(1, sizeof *g);
    g->step = arena_new();
    g->scratch = arena_new();
    g->recording = true;
    g->rng = rng_new(1);
    g->file = "?";
    return g;
}

void nn_graph_free(Graph *g)
{
    if (!g)
        return;
    arena_free(g->step);
    arena_free(g->scratch);
    free(g->nodes);
    free(g);
}

void nn_graph_reset(Graph *g)
{
    arena_reset(g->step);
    arena_reset(g->scratch);
    g->count = 0;
    g->spares = NULL;
    threads_pace();
}

void nn_graph_record(Graph *g, bool on)
{
    g->recording = on;
}

bool nn_graph_recording(const Graph *g)
{
    return g->recording;
}

void nn_graph_multiply_in(Graph *g, TensorPrecision precision)
{
    g->precision = precision;
}

TensorPrecision nn_graph_precision(const Graph *g)
{
    return g->precision;
}

void nn_graph_hook(Graph *g, const GraphHooks *hooks)
{
    g->hooks = hooks ? *hooks : (GraphHooks){0};
}

size_t nn_graph_count(const Graph *g)
{
    return g->count;
}

const GraphNode *nn_graph_node(const Graph *g, size_t i)
{
    return g->nodes[i];
}

Rng *nn_graph_rng(Graph *g)
{
    return &g->rng;
}

Arena *nn_arena(Graph *g)
{
    return g->step;
}

Graph *nn_at(Graph *g, const char *file, int line)
{
    g->file = file;
    g->line = line;
    return g;
}

void nn_shape_error(Graph *g, const char *operation, const Tensor *a, const Tensor *b, const char *hint)
{
    char shape_a[TENSOR_SHAPE_TEXT], shape_b[TENSOR_SHAPE_TEXT];
    fatal_at(g->file, g->line, "%s: %s%s%s: %s", operation, tensor_shape_text(a, shape_a), b ? " and " : "",
             b ? tensor_shape_text(b, shape_b) : "", hint);
}

Tensor *nn_parameter_make(int rank, const int *shape)
{
    Tensor *t = tensor_make(NULL, rank, shape);
    t->grad = memory_zero(t->size, sizeof *t->grad);
    t->wants_grad = t->is_leaf = true;
    return t;
}

static GraphNode *add_node(Graph *g, const GraphOperation *op, Tensor *out)
{
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 256;
        g->nodes = memory_resize(g->nodes, g->capacity * sizeof(GraphNode *));
    }
    GraphNode *n = arena_alloc(g->step, sizeof *n);
    *n = (GraphNode){.op = op, .out = out};
    out->wants_grad = true;
    return g->nodes[g->count++] = n;
}

static bool is_parameter(const Tensor *t)
{
    return t && t->is_leaf && t->wants_grad;
}

/* An operation is about to read t. */
static void say_use(Graph *g, Tensor *t, bool backward)
{
    if (g->hooks.use && is_parameter(t))
        g->hooks.use(g->hooks.context, t, backward);
}

static Tensor *record(Graph *g, const GraphOperation *op, Tensor *out, Tensor *const *inputs, int count,
                      GraphNode **node)
{
    bool wanted = false;
    for (int i = 0; i < count; i++) {
        wanted = wanted || (inputs[i] && inputs[i]->wants_grad);
        say_use(g, inputs[i], false);
    }
    *node = wanted && g->recording ? add_node(g, op, out) : NULL;
    for (int i = 0; *node && i < count; i++)
        (*node)->in[i] = inputs[i];
    return out;
}

Tensor *nn_record(Graph *g, const GraphOperation *op, int rank, const int *shape, Tensor *const *inputs,
                  int count, GraphNode **node)
{
    return record(g, op, tensor_make(g->step, rank, shape), inputs, count, node);
}

Tensor *nn_record_in_place(Graph *g, const GraphOperation *op, Tensor *const *inputs, int count,
                           GraphNode **node)
{
    Tensor *out = tensor_view(g->step, inputs[0], inputs[0]->rank, inputs[0]->shape);
    return record(g, op, out, inputs, count, node);
}

Tensor *nn_record_view(Graph *g, const GraphOperation *op, Tensor *view, int rank, const int *shape,
                       GraphNode **node)
{
    say_use(g, view, false);
    Tensor *out = tensor_view(g->step, view, rank, shape);
    *node = view->wants_grad && g->recording ? add_node(g, op, out) : NULL;
    if (*node)
        (*node)->in[0] = view;
    return out;
}

/* The smallest spare buffer that is large enough and not wasteful, or new memory. The search ends at
 * one of just the size: a recurrence leaves thousands of equal ones, and to look at all of them
 * each time would make its backward pass quadratic in its length. */
static float *take_buffer(Graph *g, size_t size)
{
    Spare **best = NULL;
    for (Spare **s = &g->spares; *s; s = &(*s)->next) {
        if ((*s)->size >= size && (*s)->size <= 2 * size && (!best || (*s)->size < (*best)->size))
            best = s;
        if (best == s && (*s)->size == size)
            break;
    }
    if (!best)
        return arena_alloc(g->step, size * sizeof(float));
    Spare *found = *best;
    *best = found->next;
    return found->memory;
}

static void give_back(Graph *g, Tensor *t)
{
    Spare *s = arena_alloc(g->step, sizeof *s);
    *s = (Spare){g->spares, t->grad, t->size};
    g->spares = s;
    t->grad = NULL;
    t->has_grad = false;
}

float *nn_grad(Graph *g, Tensor *t, float *beta)
{
    if (!t || !t->wants_grad)
        return NULL;
    if (!t->grad)
        t->grad = take_buffer(g, t->size);
    *beta = t->has_grad ? 1.0f : 0.0f;
    t->has_grad = true;
    return t->grad;
}

float *nn_scratch(Graph *g, size_t count)
{
    return arena_alloc(g->scratch, count * sizeof(float));
}

void nn_scratch_done(Graph *g)
{
    arena_reset(g->scratch);
}

static GraphNode *node_of(Graph *g, const Tensor *t)
{
    for (size_t i = g->count; i-- > 0;) {
        if (g->nodes[i]->out == t)
            return g->nodes[i];
    }
    return NULL;
}

void nn_keep_grad(Graph *g, Tensor *t)
{
    GraphNode *n = node_of(g, t);
    if (n)
        n->keep_grad = true;
}

/* A kept gradient belongs to the pass that made it; the next one writes its own over it. */
static void forget_kept(Graph *g)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->nodes[i]->keep_grad)
            g->nodes[i]->out->has_grad = false;
    }
}

/* A use of a parameter. */
typedef struct Use {
    const Tensor *parameter;
    size_t node;
    int input;
} Use;

static int compare_uses(const void *a, const void *b)
{
    const Use *x = a, *y = b;
    if (x->parameter != y->parameter)
        return (uintptr_t)x->parameter < (uintptr_t)y->parameter ? -1 : 1;
    return x->node != y->node ? (x->node < y->node ? -1 : 1) : y->input - x->input;
}

/* The backward pass comes last to the node that used a parameter first: there its gradient is complete. */
static void find_last_uses(Graph *g)
{
    Use *uses = memory_new((g->count * GRAPH_INPUTS + 1) * sizeof *uses);
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++) {
        g->nodes[i]->completes = 0;
        for (int k = 0; k < GRAPH_INPUTS; k++) {
            if (is_parameter(g->nodes[i]->in[k]))
                uses[n++] = (Use){g->nodes[i]->in[k], i, k};
        }
    }
    qsort(uses, n, sizeof *uses, compare_uses);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || uses[i].parameter != uses[i - 1].parameter)
            g->nodes[uses[i].node]->completes |= 1u << uses[i].input;
    }
    free(uses);
}

/* Carries the gradient of a node's output, if it has one, to its inputs. */
static void step_back(Graph *g, GraphNode *n)
{
    if (n->out->has_grad) {
        for (int k = 0; k < GRAPH_INPUTS; k++)
            say_use(g, n->in[k], true);
        n->op->backward(g, n);
        nn_scratch_done(g);
        if (!n->keep_grad)
            give_back(g, n->out);
    }
    for (int k = 0; g->hooks.final && k < GRAPH_INPUTS; k++) {
        if (n->completes & 1u << k)
            g->hooks.final(g->hooks.context, n->in[k]);
    }
}

void nn_backward_from(Graph *g, Tensor *out, const float *grad)
{
    forget_kept(g);
    if (g->hooks.final)
        find_last_uses(g);
    float beta, *seed = nn_grad(g, out, &beta);
    if (!seed)
        nn_shape_error(g, "nn_backward", out, NULL,
                       "it depends on no parameter, or the graph was not recording");
    for (size_t i = 0; i < out->size; i++)
        seed[i] = (beta != 0 ? seed[i] : 0) + grad[i];
    for (size_t i = g->count; i-- > 0;)
        step_back(g, g->nodes[i]);
}

void nn_backward(Graph *g, Tensor *loss)
{
    const float one = 1;
    if (loss->size != 1)
        nn_shape_error(g, "nn_backward", loss, NULL, "a loss is one number; take nn_mean or nn_sum first");
    nn_backward_from(g, loss, &one);
}
