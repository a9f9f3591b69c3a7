/* activations.c -- activation functions and their derivatives. */
#include "ch02/activations.h"

#include <math.h>

static Tensor *leaky_relu(Graph *g, Tensor *x)
{
    return nn_maximum(g, x, nn_scale(g, x, 0.01f));
}

const Activation activations[ACTIVATIONS] = {
    {"sigmoid", "sigmoid", nn_sigmoid}, {"tanh", "tanh", nn_tanh},
    {"ReLU", "ReLU", nn_relu},          {"leaky ReLU", "leaky ReLU", leaky_relu},
    {"GELU", "GELU", nn_gelu_erf},      {"SiLU (Swish)", "SiLU（Swish）", nn_silu}};

double activation_slope(int kind, double x)
{
    double s = 1 / (1 + exp(-x)), t = tanh(x), cdf = 0.5 * (1 + erf(x / sqrt(2)));
    switch (kind) {
    case SIGMOID:
        return s * (1 - s);
    case TANH:
        return 1 - t * t;
    case RELU:
        return x > 0;
    case LEAKY:
        return x > 0 ? 1 : 0.01;
    case GELU: /* x cdf(x): the product rule */
        return cdf + x * exp(-x * x / 2) / sqrt(2 * 3.14159265358979);
    default: /* SiLU: x s(x) */
        return s + x * s * (1 - s);
    }
}

double activation_mean_square_slope(int kind)
{
    double sum = 0, step = 1e-3;
    for (double x = -8; x < 8; x += step)
        sum += step * pow(activation_slope(kind, x + step / 2), 2) * exp(-pow(x + step / 2, 2) / 2) /
               sqrt(2 * 3.14159265358979);
    return sum;
}
