/* scalar_losses.h -- losses of one number, each with its derivative, section 2.1.2. */
#ifndef CH02_SCALAR_LOSSES_H
#define CH02_SCALAR_LOSSES_H

/* A loss and its derivative at one point. */
typedef struct LossValue {
    double loss, slope;
} LossValue;

typedef struct ScalarLoss {
    const char *name, *zh;
    LossValue (*at)(double);
} ScalarLoss;

enum { LOSSES = 3 };
extern const ScalarLoss regression[LOSSES];     /* by r = prediction - target */
extern const ScalarLoss classification[LOSSES]; /* by the logit z of the right class, p = sigmoid(z) */

double sigmoid(double z);

#endif
