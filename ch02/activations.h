/* activations.h -- the activation functions of section 2.1.3, with their derivatives. */
#ifndef CH02_ACTIVATIONS_H
#define CH02_ACTIVATIONS_H

#include "ch02/mlp.h"

enum { SIGMOID, TANH, RELU, LEAKY, GELU, SILU, ACTIVATIONS };

typedef struct Activation {
    const char *name, *zh;
    MlpActivation *apply;
} Activation;

extern const Activation activations[ACTIVATIONS];

/* The derivative at x, by formula. */
double activation_slope(int kind, double x);

/* E[f'(x)^2] for x of the standard normal distribution: what a layer multiplies the squared gradient by. */
double activation_mean_square_slope(int kind);

#endif
