/* labelled.h -- where finetune_classify has its texts from: the little world, or files of rows.
 *
 * What is amiss is said in one line each, on standard output where it is a count: malformed rows and unknown labels are
 * named by their lines, classes without texts, texts that are longer than the context. What leaves nothing to learn
 * ends the program. */
#ifndef CH06_LABELLED_H
#define CH06_LABELLED_H

#include "ch06/rows.h"
#include "ch06/task.h"

/* What the little world offers: reviews, good or bad, which a few phrases decide; and pairs of sentences, the same or
 * different, which no single word decides. Half of either is Chinese. NULL after the last name. */
enum { LABELLED_REVIEWS, LABELLED_PAIRS };
extern const char *const labelled_names[];

typedef struct LabelledSource {
    int world; /* LABELLED_REVIEWS or LABELLED_PAIRS */
    const char *data,
        *test; /* files, or NULL: the little world; of data alone one row in five is for the test */
    RowsColumns columns;
    int trained, tested; /* texts at most */
    uint64_t seed;
} LabelledSource;

/* Texts to learn from and to test with, in an order drawn from the seed; the classes are the labels of the training
 * rows. */
Task labelled_task(const LabelledSource *s, const ModelBackbone *m);

/* Texts to test a finished classifier with: all rows of the file. */
Task labelled_test(const LabelledSource *s, const ModelClassifier *m);

#endif
