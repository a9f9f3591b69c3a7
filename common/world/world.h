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
 * samples.h has all other kinds of text (questions, reviews, instructions,
 * problems ...), facts.h the fact table, picture.h the pictures. */
#ifndef WORLD_H
#define WORLD_H

#include "common/base/rng.h"

typedef enum WorldLanguage { WORLD_ZH, WORLD_EN, WORLD_LANGUAGES } WorldLanguage;
typedef enum WorldSide { WORLD_TRAIN, WORLD_TEST } WorldSide;

/* One event in both languages, UTF-8: "昨天小红在花园里看见了一只白猫。" and
 * "Yesterday Mary saw a white cat in the garden." */
typedef struct WorldPair {
    char *text[WORLD_LANGUAGES];
} WorldPair;

typedef struct WorldPairs {
    WorldPair *items;
    int count;
} WorldPairs;

/* `count` pairs of one side, no two the same; sections 3.2 and 3.7. At most
 * WORLD_MAX_PAIRS. The caller frees them. */
enum { WORLD_MAX_PAIRS = 50000 };
WorldPairs world_pairs(WorldSide side, int count, Rng *rng);
void world_pairs_free(WorldPairs *p);

/* `count` short stories of one side, each a paragraph of 4 to 7 sentences that
 * ends in a line break: someone goes somewhere, finds something, meets a
 * friend, gives it away, comes home. A story's events are all of its side. The
 * same Rng draws the same stories in either language. The caller frees it. */
char *world_stories(WorldLanguage language, WorldSide side, int count, Rng *rng);

#endif
