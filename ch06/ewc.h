/* ewc.h -- elastic weight consolidation (Kirkpatrick et al., 2017), section 6.5: what earlier tasks rely on is held
 * fast, each weight as firmly as they rely on it.
 *
 *     loss + lambda/2 sum over earlier tasks k of F_k (theta - theta_k)^2,      F_k: diagonal of the Fisher matrix
 *
 *     Ewc *e = ewc_new(s->size, 1e4f);
 *     suite_train(s, &mix, &how, NULL, ewc_penalty, e);      task 0: nothing is held yet
 *     ewc_remember(e, s, 0, 32);
 *     suite_train(...), ewc_remember(...)                    task 1, ... */
#ifndef CH06_EWC_H
#define CH06_EWC_H

#include "ch06/suite.h"

/* Of any number of tasks: the gradient needs only the sum of the F_k and that of the F_k theta_k. */
typedef struct Ewc {
    size_t size;
    float lambda, *fisher, *anchor; /* (N): sum of F_k, sum of F_k theta_k */
} Ewc;

/* Nothing is held yet. ewc_free frees it. */
Ewc *ewc_new(size_t size, float lambda);
void ewc_free(Ewc *e); /* e may be NULL */

/* Adds F and F theta of a task that has just been trained, F estimated from `count` of its training texts. */
void ewc_remember(Ewc *e, TaskSuite *s, int task, int count);

/* Adds lambda (sum F_k theta - sum F_k theta_k) to the gradients of the backbone: a SuitePenalty. */
void ewc_penalty(TaskSuite *s, void *ewc);

#endif
