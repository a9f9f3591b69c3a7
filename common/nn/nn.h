/* nn.h -- everything of common/nn that needs no library but OpenBLAS. */
#ifndef NN_NN_H
#define NN_NN_H

#include "common/nn/beam.h"
#include "common/nn/encoder.h"
#include "common/nn/gpt.h"
#include "common/nn/graph.h"
#include "common/nn/infer.h"
#include "common/nn/layers.h"
#include "common/nn/model.h"
#include "common/nn/ops.h"
#include "common/nn/optim.h"
#include "common/nn/sample.h"

#endif
