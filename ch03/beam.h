/* beam.h -- beam search over the words of a sentence, for transformer_translate. */
#ifndef CH03_BEAM_H
#define CH03_BEAM_H

#include <stdbool.h>

enum {
    BEAM_TIME = 28,
    BEAM_WIDTH = 8
}; /* tokens of a sentence, the special ones included; hypotheses at most */

typedef struct Hypothesis {
    int ids[BEAM_TIME + 1], count; /* from TEXT_BEGIN on */
    float score;                   /* sum of ln p */
    bool done;                     /* TEXT_END has been written */
} Hypothesis;

/* Extends the hypotheses beam (width) of one sentence by a word: log_p (width,V) holds ln p of each word after
 * each of them. The best `width` of all remain, the best one first; width 1 is the greedy search. */
void beam_extend(Hypothesis *beam, int width, const float *log_p, int vocab);

/* The best of them, with regard to their lengths. */
const Hypothesis *beam_choose(const Hypothesis *beam, int width);

#endif
