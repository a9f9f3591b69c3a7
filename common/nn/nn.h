/* nn.h -- what trains: the graph, its operations, layers, optimizers, GPT, BERT. What runs a trained model is in run.h. */
#ifndef NN_NN_H
#define NN_NN_H

#include "common/nn/bert.h"
#include "common/nn/fault.h"
#include "common/nn/gpt.h"
#include "common/nn/graph.h"
#include "common/nn/layers.h"
#include "common/nn/ops.h"
#include "common/nn/optim.h"

#endif
