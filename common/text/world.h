/* world.h -- the little world: people, animals, places and things, and what happens among them.
 *
 * Everything the book trains on can be drawn from it, in Chinese and in
 * English. What is told is an event (who, does what, to what, where, when, in
 * which mood), and a sentence is an event put into words; each language has its
 * own word order, measure words, articles and tenses.
 *
 * An event belongs to one side, training or test, by a hash of what it says and
 * of nothing else. So the sides share no event, whatever the seeds and however
 * much is drawn, while every word of the test side also occurs in training.
 *
 * world_samples.h has all other kinds of text (questions, reviews, instructions,
 * problems ...), world_facts.h the fact table, world_picture.h the pictures. */
#ifndef TEXT_WORLD_H
#define TEXT_WORLD_H

#include "common/base/rng.h"

typedef enum TextLanguage { TEXT_ZH, TEXT_EN, TEXT_LANGUAGES } TextLanguage;
typedef enum TextSide { TEXT_TRAIN, TEXT_TEST } TextSide;

/* One event in both languages, UTF-8: "昨天小红在花园里看见了一只白猫。" and
 * "Yesterday Mary saw a white cat in the garden." */
typedef struct TextPair {
    char *text[TEXT_LANGUAGES];
} TextPair;

typedef struct TextPairs {
    TextPair *items;
    int count;
} TextPairs;

/* `count` pairs of one side, no two the same; sections 3.2 and 3.7. At most
 * TEXT_WORLD_MOST_PAIRS. The caller frees them. */
enum { TEXT_WORLD_MOST_PAIRS = 50000 };
TextPairs text_world_pairs(TextSide side, int count, Rng *rng);
void text_world_pairs_free(TextPairs *p);

/* `count` short stories of one side, each a paragraph of 4 to 7 sentences that
 * ends in a line break: someone goes somewhere, finds something, meets a
 * friend, gives it away, comes home. A story's events are all of its side. The
 * same Rng draws the same stories in either language. The caller frees it. */
char *text_world_stories(TextLanguage language, TextSide side, int count, Rng *rng);

#endif
