/* dot.h -- the tape as a drawing, section 2.1.1. */
#ifndef NN_DOT_H
#define NN_DOT_H

#include "common/base/error.h"
#include "common/nn/layers.h"

/* Writes what g has recorded since its last reset as a graph in the language DOT, which Graphviz draws
 * (`dot -Tsvg tape.dot >tape.svg`) and which needs nothing to be written. An operation, and with it its output, is an
 * ellipse; a parameter is a box with its name in p (which may be NULL), an input a box with dashes. Arrows point
 * from inputs to outputs; gradients flow against them. A tensor of one number shows its value and, where it has one
 * (a parameter after nn_backward, an inner tensor after nn_keep_grad), its gradient; others show their shape.
 * Makes the directory of path. False and *e if the file cannot be written. */
bool nn_graph_dot(const Graph *g, const Params *p, const char *path, Error *e);

#endif
