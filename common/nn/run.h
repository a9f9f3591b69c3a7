/* run.h -- what runs a trained model: its weights, a session with a cache, sampling, beams. What trains is in nn.h. */
#ifndef NN_RUN_H
#define NN_RUN_H

#include "common/nn/beam.h"
#include "common/nn/encoder.h"
#include "common/nn/infer.h"
#include "common/nn/model.h"
#include "common/nn/sample.h"

#endif
