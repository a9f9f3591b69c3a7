/* quality.h -- is this text worth training on? Rules, and a classifier; section 4.1.2.
 *
 * A rule measures one number of a text and rejects what lies outside an interval, so that a rejection always has a
 * name. The rules are those of Gopher (Rae et al., 2021), C4 (Raffel et al., 2020) and FineWeb (Penedo et al., 2024),
 * and each of them is stated for Chinese as well, which has no spaces and other stop words:
 *
 *     float value[QUALITY_RULES];
 *     quality_measure(text, size, LANGUAGE_EN, value);
 *     QualityRule rule = quality_verdict(value, LANGUAGE_EN, QUALITY_ALL);
 *     if (rule != QUALITY_RULES)
 *         printf("rejected: %s (%s)\n", quality_rule(rule)->name, quality_rule(rule)->source);
 *
 * A unit is an English word (a run between spaces, without the punctuation around it) or a Chinese character; a Latin
 * word or a number in a Chinese text is one unit, too. */
#ifndef CH04_QUALITY_H
#define CH04_QUALITY_H

#include "ch04/language.h"
#include "common/base/rng.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum QualityRule {
    QUALITY_LENGTH,      /* units */
    QUALITY_WORD_LENGTH, /* mean characters of a word; Chinese: mean characters between two punctuation marks */
    QUALITY_SYMBOLS,     /* # and ellipses for each unit */
    QUALITY_BULLETS,     /* share of the lines that begin with a bullet */
    QUALITY_ELLIPSES,   /* share of the lines that end with an ellipsis */
    QUALITY_LETTERS,    /* share of the units with a letter */
    QUALITY_STOP_WORDS, /* how many different ones of the language's stop words occur */
    QUALITY_SAME_LINES, /* share of the characters in lines that stood before in the text */
    QUALITY_TOP_NGRAM, /* share of the characters in the most frequent n-gram, over its limit: n 2, 3, 4 (zh 3, 5, 6) */
    QUALITY_SAME_NGRAMS, /* share of characters in n-grams that stood before, over its limit: n 5 to 10 (zh 8 to 16) */
    QUALITY_SENTENCES,   /* sentences: terminal punctuation marks with text before them */
    QUALITY_LINE_ENDS,   /* share of the lines that end with terminal punctuation */
    QUALITY_SHORT_LINES, /* share of the lines of at most 30 characters (zh 12) */
    QUALITY_BRACES,      /* curly brackets: 0 or 1 */
    QUALITY_PLACEHOLDER, /* lorem ipsum and its like: 0 or 1 */
    QUALITY_RULES
} QualityRule;

typedef struct QualityRuleInfo {
    const char *name, *source; /* "too few stop words"; "Gopher" */
    float min[2], max[2];      /* [LANGUAGE_ZH, LANGUAGE_EN]: a value below min or above max is rejected */
} QualityRuleInfo;

/* Its name and limits; belongs to the module. */
const QualityRuleInfo *quality_rule(QualityRule rule);

/* Measures all rules at once. Of LANGUAGE_OTHER the English ones are taken. */
void quality_measure(const char *text, size_t size, Language language, float value[QUALITY_RULES]);

/* Sets of rules, a bit each. */
enum { QUALITY_ALL = (1 << QUALITY_RULES) - 1 };

/* Whether the value breaks the rule; and the first broken rule of a set, or QUALITY_RULES. */
bool quality_breaks(QualityRule rule, float value, Language language);
QualityRule quality_verdict(const float value[QUALITY_RULES], Language language, int set);

/* C4 keeps and drops lines, not texts: a copy of those that end with terminal punctuation, have at least five words
 * (Chinese: eight characters) and do not speak of cookies, scripts, logging in or rights reserved. *dropped counts the
 * others. Empty lines stay between kept ones. The caller frees it. */
char *quality_clean_lines(const char *text, size_t size, Language language, size_t *kept, int *dropped);

/* ---- a classifier -------------------------------------------------------------------------------- */

/* p(good | text) = 1 / (1 + e^-(b + sum over the features w)), where the features are the units and the pairs of
 * neighbouring units, hashed into buckets and scaled to length 1: what fastText does (Joulin et al., 2017), with one
 * number a bucket, which is all that two classes need. DCLM (2024) filtered the web with such a model. */
typedef struct QualityClassifier QualityClassifier;

enum { QUALITY_BUCKETS = 1 << 16 };

typedef struct QualityExample {
    const char *text;
    bool good;
} QualityExample;

/* All weights 0: p = 0.5. The caller frees it. */
QualityClassifier *quality_classifier_new(void);
void quality_classifier_free(QualityClassifier *c);

/* One step of stochastic gradient descent on -ln p of each example in a random order, `epochs` times; the learning rate
 * falls linearly to 0. */
void quality_classifier_train(QualityClassifier *c, const QualityExample *examples, int count, int epochs,
                              float rate, Rng *rng);

/* p(good | text). */
float quality_score(const QualityClassifier *c, const char *text, size_t size);

/* One that is trained on texts of the little world (good) and on the kinds of bad_texts.h (bad), in both languages;
 * takes a fraction of a second. */
QualityClassifier *quality_classifier_of_world(uint64_t seed);

#endif
