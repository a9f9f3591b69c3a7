/* tuned.h -- a soft prompt from its beginning to its end; section 6.3.5. */
#ifndef TUNED_H
#define TUNED_H

#include "ch06/answers.h"

enum { TUNED_BATCH = 8 };

/* What the vectors are before the first step: random, embeddings of words of the texts, embeddings of the answers. */
typedef enum TunedStart { TUNED_FROM_RANDOM, TUNED_FROM_WORDS, TUNED_FROM_LABELS, TUNED_STARTS } TunedStart;
extern const char *const tuned_start_names[TUNED_STARTS];

typedef struct TunedWay {
    int count; /* virtual tokens */
    TunedStart start;
    float rate;
    int warmup; /* per cent of the steps */
} TunedWay;

/* A prompt that was trained for so many steps (0: as it begins) on a set whose template has it in front.
 * soft_prompt_free frees it. */
SoftPrompt *tuned_prompt(AnswerBench *b, const AnswerSet *train, const TunedWay *w, int steps,
                         uint64_t seed);

#endif
