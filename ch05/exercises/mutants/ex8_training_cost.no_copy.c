/* Wrong on purpose: mixed precision keeps no weights in float32. */
#include "ch05/exercises/exercises.h"

Cost training_cost(const ModelConfig *c, int batch, int time, bool mixed)
{
    Cost cost = {0};
    double width = c->channels, matrices = 12 * width * width; /* of a layer */
    double small = (4 + 3 + 1 + 4 + 1) * width;                /* its norms and biases */
    double attention = 2 * 2 * width * (time + 1) / 2;
    double forward = c->layers * (2 * matrices + attention) + 2 * width * c->vocab;
    cost.parameters = (c->vocab + c->context) * width + c->layers * (matrices + small) + 2 * width;
    cost.flops = 3 * forward * batch * time;
    cost.weights = (mixed ? 2 : 4) * cost.parameters;
    cost.gradients = cost.weights;
    cost.optimizer = 8 * cost.parameters;
    return cost;
}
