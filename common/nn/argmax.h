/* argmax.h -- which of several numbers is the largest. */
#ifndef NN_ARGMAX_H
#define NN_ARGMAX_H

/* The index of the maximum of x (n), n >= 1; of equal ones the first. */
int nn_argmax(const float *x, int n);

#endif
