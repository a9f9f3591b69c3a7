/* mixed_texts.h -- a text in two languages to learn a tokenizer from, and unseen ones in each, section 2.2.2. */
#ifndef CH02_MIXED_TEXTS_H
#define CH02_MIXED_TEXTS_H

#include <stdint.h>

typedef struct MixedTexts {
    char *train, *english, *chinese; /* the last two are unseen */
} MixedTexts;

/* A third of a corpus in English, some of the little world in Chinese, and word problems in both for the numbers;
 * unseen are the end of the corpus, and stories. Ends the program if the corpus cannot be read or is short. */
MixedTexts mixed_texts_new(const char *corpus, uint64_t seed);
void mixed_texts_free(MixedTexts *t);

#endif
