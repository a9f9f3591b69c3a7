/* texts.h -- texts of the little world as a decoder reads them: rows of tokens between two that end a text. */
#ifndef CH06_TEXTS_H
#define CH06_TEXTS_H

#include "common/model/lm.h"
#include "common/world/samples.h"

enum { TEXTS_TIME = 256 }; /* tokens at most; the context of the model if that is less */

typedef struct Texts {
    int **ids, *counts, count;
} Texts;

/* Samples of a kind, each joined to one text; of WORLD_STYLE the letter alone. The tokenizer and the token that ends a
 * text are lm's, which has both. What cannot be encoded ends the program. texts_free frees them. */
Texts texts_new(WorldKind kind, WorldLanguage language, WorldSide side, int count, const Lm *lm,
                uint64_t seed);
void texts_free(Texts *t);

#endif
