/* confusion.h -- where a classifier is wrong. */
#ifndef CH06_CONFUSION_H
#define CH06_CONFUSION_H

#include "ch06/task.h"

/* Prints accuracy with its interval and macro-F1 on the test texts, a table of true classes by predicted ones (up to 8
 * of them), and for each kind of error how often it happens and its first two texts. */
void confusion_show(Graph *g, const Task *t, ModelClassifier *m);

#endif
