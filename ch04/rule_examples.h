/* rule_examples.h -- for each rule of quality.h a text that it ought to reject, and a good one that it rejects, too. */
#ifndef CH04_RULE_EXAMPLES_H
#define CH04_RULE_EXAMPLES_H

#include "ch04/quality.h"

typedef struct RuleExample {
    Language language[2]; /* of bad and good */
    const char *bad, *good;
    const char *good_is; /* "a poem" */
} RuleExample;

extern const RuleExample rule_examples[QUALITY_RULES];

#endif
