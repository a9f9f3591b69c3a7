/* scalar_losses.c -- what a prediction costs, and in which direction it should go. */
#include "ch02/scalar_losses.h"

#include <math.h>

double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

/* Of a number that should be another: r = prediction - target. */
static LossValue squared(double r)
{
    return (LossValue){r * r, 2 * r};
}

static LossValue absolute(double r)
{
    return (LossValue){fabs(r), r > 0 ? 1 : r < 0 ? -1 : 0};
}

static LossValue huber(double r)
{
    return (LossValue){fabs(r) <= 1 ? r * r / 2 : fabs(r) - 0.5, fmax(-1, fmin(1, r))};
}

//> classification
/* Of the logit z of a class that is the right one, p = sigmoid(z). */
static LossValue cross_entropy(double z)
{
    return (LossValue){fmax(-z, 0) + log1p(exp(-fabs(z))), sigmoid(z) - 1}; /* -log p */
}

static LossValue squared_of_p(double z)
{
    double p = sigmoid(z);
    return (LossValue){(1 - p) * (1 - p), -2 * (1 - p) * p * (1 - p)};
}

static LossValue hinge(double z)
{
    return (LossValue){fmax(0, 1 - z), z < 1 ? -1 : 0};
}
//< classification

const ScalarLoss regression[LOSSES] = {{"squared error", "平方误差", squared},
                                       {"absolute error", "绝对误差", absolute},
                                       {"Huber, delta 1", "Huber，δ = 1", huber}};
const ScalarLoss classification[LOSSES] = {{"cross-entropy", "交叉熵", cross_entropy},
                                           {"squared error of p", "p 的平方误差", squared_of_p},
                                           {"hinge", "合页（hinge）", hinge}};
