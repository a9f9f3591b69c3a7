/* topic_sentences.h -- sentences of the little world as numbers, each with its topic, section 2.2.1. */
#ifndef CH02_TOPIC_SENTENCES_H
#define CH02_TOPIC_SENTENCES_H

#include "common/text/words.h"
#include "common/world/samples.h"

enum { LONGEST = 64, TOPICS = 8 };

typedef struct TopicSentences {
    int count;
    int (*ids)[LONGEST]; /* (count) words, at most LONGEST of a sentence */
    int *length, *topic; /* (count); topic: 0 .. TOPICS-1 */
} TopicSentences;

/* `count` sentences of a side; those of training add their words to `words`. topic_sentences_free frees them. */
TopicSentences topic_sentences_new(TextWords *words, WorldLanguage language, WorldSide side, int count,
                                   uint64_t seed);
void topic_sentences_free(TopicSentences *s);

#endif
