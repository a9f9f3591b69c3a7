/* wordings.h -- prompts of words, which nothing trains: what soft prompts are compared with; sections 6.3.4 and 6.3.5.
 * */
#ifndef WORDINGS_H
#define WORDINGS_H

#include "ch06/answers.h"

typedef struct Wording {
    const char *name;
    AnswerTemplate template; /* of words alone */
} Wording;

/* Prints for each of them the accuracy on the bench's test with its 95% interval and the loss of the answers. Returns
 * the highest accuracy, in per cent. */
double wordings_print(AnswerBench *b, const Wording *w, int count);

#endif
