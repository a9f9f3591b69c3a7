/* bad_texts.h -- what crawlers bring home beside prose, planted: we know the truth of each text; section 4.1.2. */
#ifndef CH04_BAD_TEXTS_H
#define CH04_BAD_TEXTS_H

#include "common/base/rng.h"
#include "common/world/samples.h"

typedef enum BadKind {
    BAD_BOILERPLATE, /* menus, cookie notices, copyright lines */
    BAD_SPAM,        /* advertisements: the same keywords again and again, prices, "click here" */
    BAD_GIBBERISH,   /* random letters in random words; Chinese: random characters */
    BAD_SHUFFLED,    /* the words (characters) of a good text in a random order */
    BAD_REPEATED,    /* one sentence of a good text over and over */
    BAD_LIST,        /* item numbers, dates, prices: a table without a sentence */
    BAD_MOJIBAKE,    /* a good text whose bytes were read in the wrong encoding */
    BAD_FOREIGN,     /* a sentence or two in another language */
    BAD_MARKUP,      /* left-overs of HTML, CSS and scripts */
    BAD_KINDS
} BadKind;

/* "boilerplate", "spam", ... */
const char *bad_kind_name(BadKind kind);

/* A text of that kind, as found on a page of that language, UTF-8. The caller frees it. */
char *bad_text(BadKind kind, WorldLanguage language, Rng *rng);

/* A good one: a story or another passage of prose of the little world, of one side. The caller frees it. */
char *good_text(WorldLanguage language, WorldSide side, Rng *rng);

/* Several samples of one kind, a line or more each. The caller frees them. */
char *good_text_of(WorldKind kind, int count, WorldLanguage language, WorldSide side, Rng *rng);

#endif
