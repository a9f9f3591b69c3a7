/* graph.h -- the tape that gradients run back along (reverse-mode automatic
 * differentiation; Griewank and Walther, Evaluating Derivatives, 2008).
 *
 * Every operation of nn takes the graph first. The graph owns each tensor made
 * in a step, remembers how it was made, and forgets all of it at nn_graph_reset.
 *
 *     Graph *g = nn_graph_new();
 *     for (...) {
 *         Tensor *loss = nn_cross_entropy(g, model(g, x), targets, -1);
 *         nn_backward(g, loss);
 *         nn_optimizer_step(optimizer, rate);
 *         nn_graph_reset(g);
 *     }
 *
 * Memory comes from arenas that keep what they have: the first step asks the
 * system for memory, the later ones do not. The gradient of an inner tensor
 * lives from its first use in the backward pass until its own operation has
 * consumed it, and its memory then serves another one; nn_keep_grad keeps it.
 *
 * A mistake in shapes ends the program with the operation, the shapes, and the
 * line that called it. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "common/tensor/kernels.h"
#include "common/tensor/tensor.h"

#include <stdnoreturn.h>

typedef struct Graph Graph;
typedef struct GraphNode GraphNode;

Graph *nn_graph_new(void);
void nn_graph_free(Graph *g);
void nn_graph_reset(Graph *g);

/* While recording is off (evaluation, generation) nothing is remembered for a
 * backward pass, and dropout does nothing. On in a new graph. */
void nn_graph_record(Graph *g, bool on);
bool nn_graph_recording(const Graph *g);

/* How the operations of this graph multiply matrices, forward and backward; in float32 in a new graph. Everything
 * else (weights, sums, norms, softmax, losses, gradients between operations) is float32 in any case. */
void nn_graph_multiply_in(Graph *g, TensorPrecision precision);
TensorPrecision nn_graph_precision(const Graph *g);

/* The random numbers that dropout draws; seeded with 1 in a new graph. */
Rng *nn_graph_rng(Graph *g);

/* A tensor for input data, contents undefined; no gradient. The graph owns it. */
#define nn_input(g, ...) tensor_new(nn_arena(g), __VA_ARGS__)
Arena *nn_arena(Graph *g); /* lives until the next reset */

/* A tensor with room for a gradient that it keeps. Owned by the caller: tensor_free. */
#define nn_parameter(...) \
    nn_parameter_make((int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})
Tensor *nn_parameter_make(int rank, const int *shape);

/* Keeps the gradient of an inner tensor until the next backward pass or the
 * reset, so that it can be read. */
void nn_keep_grad(Graph *g, Tensor *t);

/* Fills the gradients of every parameter that the loss (one number) depends on.
 * Gradients add up over calls until the optimizer has used them. */
void nn_backward(Graph *g, Tensor *loss);

/* The same from a tensor of any shape, given d loss / d out (size of out). */
void nn_backward_from(Graph *g, Tensor *out, const float *grad);

/* ---- for those who share parameters between processes ------------------------------------------ */

/* Calls that a graph makes on its way, for communication beside the arithmetic (section 4.4). A parameter is a leaf
 * that wants a gradient.
 *     use     an operation is about to read the data of a parameter, in the forward pass or in the backward pass,
 *             where it is also about to write its gradient
 *     final   nothing will be added to the gradient of a parameter any more in this backward pass
 * Either may be NULL. What they do must not depend on time: all processes make the same calls in the same order. */
typedef struct GraphHooks {
    void (*use)(void *context, Tensor *parameter, bool backward);
    void (*final)(void *context, Tensor *parameter);
    void *context;
} GraphHooks;

/* From now on; NULL: no more. hooks is copied. */
void nn_graph_hook(Graph *g, const GraphHooks *hooks);

/* ---- for those who write operations ----------------------------------------------------------- */

enum { GRAPH_INPUTS = 6 };

/* What an operation is called, and what carries a gradient from its output to its inputs. */
typedef struct GraphOperation {
    const char *name;
    void (*backward)(Graph *g, GraphNode *n);
} GraphOperation;

struct GraphNode {
    const GraphOperation *op;
    Tensor *out;
    Tensor *in[GRAPH_INPUTS];
    int ints[4];          /* what the backward pass needs to know: sizes, axes */
    float floats[2];      /* factors */
    const int *ids;       /* token ids or targets */
    float *saved;         /* statistics of the forward pass */
    const void *settings; /* of an operation that takes more than fits above */
    bool keep_grad;
    unsigned completes; /* bit k: in the backward pass nobody uses in[k] after this node */
};

/* What was recorded since the last reset, in the order of the forward pass. */
size_t nn_graph_count(const Graph *g);
const GraphNode *nn_graph_node(const Graph *g, size_t i);

/* Makes the output tensor of an operation and, while recording and if an input
 * wants a gradient, its node. *node is NULL when there is nothing to record. */
Tensor *nn_record(Graph *g, const GraphOperation *op, int rank, const int *shape, Tensor *const *inputs,
                  int count, GraphNode **node);

/* The same, but the output has the shape of the first input and takes the place of its data, which nobody may need
 * any more: neither a later operation, nor the backward pass of the one that made it. */
Tensor *nn_record_in_place(Graph *g, const GraphOperation *op, Tensor *const *inputs, int count,
                           GraphNode **node);

/* The same as nn_record, but the output shares the data of `view`. */
Tensor *nn_record_view(Graph *g, const GraphOperation *op, Tensor *view, int rank, const int *shape,
                       GraphNode **node);

/* Where the gradient of t goes: adds to what is there if *beta is 1, and must
 * overwrite if it is 0. NULL when t wants none. */
float *nn_grad(Graph *g, Tensor *t, float *beta);

/* Memory for the time of one backward function; in a forward function, until nn_scratch_done. */
float *nn_scratch(Graph *g, size_t count);
void nn_scratch_done(Graph *g);

/* Ends the program: "FILE:LINE: nn_add: (2,3) and (4,5): HINT". b may be NULL. */
noreturn void nn_shape_error(Graph *g, const char *operation, const Tensor *a, const Tensor *b,
                             const char *hint);

/* Notes who calls: each operation's name is also a macro that passes its
 * graph through here. Inside common/nn (NN_INSIDE) it is not, so the line of
 * the user's call stays noted. */
Graph *nn_at(Graph *g, const char *file, int line);
#define NN_HERE(g) nn_at((g), __FILE__, __LINE__)

#ifndef NN_INSIDE
#define nn_backward(g, loss) nn_backward(NN_HERE(g), loss)
#define nn_backward_from(g, out, grad) nn_backward_from(NN_HERE(g), out, grad)
#endif

#endif
