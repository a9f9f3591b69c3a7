/* nn.h -- everything of common/nn: the graph, its operations, layers, optimizers. The models built of them are in
 * common/model. */
#ifndef NN_NN_H
#define NN_NN_H

#include "common/nn/non_finite.h"
#include "common/nn/argmax.h"
#include "common/nn/block.h"
#include "common/nn/dot.h"
#include "common/nn/graph.h"
#include "common/nn/layers.h"
#include "common/nn/muon.h"
#include "common/nn/ops.h"
#include "common/nn/optim.h"
#include "common/nn/train.h"

#endif
