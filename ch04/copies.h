/* copies.h -- texts of the little world, and copies of them that are damaged as copies on the web are, section
 * 4.1.2. */
#ifndef CH04_COPIES_H
#define CH04_COPIES_H

#include "common/world/samples.h"

/* What is done to a copy. The last two are no copies to a program that compares words: one has the meaning and not the
 * words, the other nearly the words and not the meaning. */
typedef enum Planted {
    ORIGINAL,
    EXACT,
    BANNER,      /* a line of advertising in front */
    RETYPED,     /* other spaces and punctuation */
    CUT,         /* the last fifth is missing */
    TWO_NEW,     /* 2 of its 20 sentences are others */
    FOUR_NEW,    /* 4 of them */
    REWORDED,    /* each sentence in other words */
    OTHER_FACTS, /* one word in each sentence is another */
    PLANTED
} Planted;

extern const char *const planted_names[PLANTED];

/* Whether a program is to find it: a copy whose words are still mostly those of the original, J about 0.75 or more. */
bool planted_is_near(Planted how);

enum { COPIES_SENTENCES = 20 };

typedef struct CopyText {
    char bytes[8192];
    size_t size;
} CopyText;

/* A document of 20 sentences, which tell the facts (20) of WORLD_PARAPHRASE, or a copy of it. other (20): facts that no
 * original tells. */
CopyText copies_make(const WorldSample *facts, const WorldSample *other, Planted how);

#endif
