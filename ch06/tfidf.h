/* tfidf.h -- the classifier of before 2018: TF-IDF and logistic regression.
 *
 * The features of a text are its words (Chinese: characters) and the pairs of neighbours among them, hashed into a
 * table (Weinberger et al., 2009). Feature j of a text has the value
 *
 *     x_j = (how often it occurs) (1 + ln(n / texts that have it)),    x scaled to length 1    Sparck Jones, 1972
 *
 * and p(class | x) = softmax(W x + b), trained on -ln p by stochastic gradient descent. */
#ifndef CH06_TFIDF_H
#define CH06_TFIDF_H

#include "common/base/rng.h"

typedef struct Tfidf Tfidf;

/* Learns from texts with labels (count), 0 .. classes - 1. tfidf_free frees it. */
Tfidf *tfidf_train(const char *const *texts, const int *labels, int count, int classes, Rng *rng);
void tfidf_free(Tfidf *t);

/* The class of a text. */
int tfidf_predict(const Tfidf *t, const char *text);

#endif
