/* contamination.h -- texts that hold questions of a test, section 4.1.3.
 *
 * A model that has read the questions is not tested by them. As in GPT-3 (Brown et al., 2020, appendix C) a text counts
 * as contaminated if it has a run of 13 words in common with a question; of Chinese, 20 characters. A question that is
 * shorter counts whole, if it has at least 8 words or 12 characters. Shorter ones are left out: they occur by
 * chance. */
#ifndef CH04_CONTAMINATION_H
#define CH04_CONTAMINATION_H

#include "ch04/hash_set.h"
#include "ch04/units.h"
#include "common/base/error.h"

enum { CONTAMINATION_WORDS = 13, CONTAMINATION_CHARACTERS = 20, CONTAMINATION_LENGTHS = 21 };

typedef struct Contamination {
    HashSet runs[CONTAMINATION_LENGTHS]; /* by the length of the run */
    int questions, left_out;
} Contamination; /* starts as {0} */

void contamination_add(Contamination *c, const char *question, size_t size);

/* Adds the questions of a file, one a line, as JSON objects with "text" or "question" if its name ends with .jsonl. */
bool contamination_read(Contamination *c, const char *path, Error *e);

bool contamination_found(const Contamination *c, const Units *text);
void contamination_free(Contamination *c);

#endif
