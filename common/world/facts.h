/* facts.h -- what is so in the little world, once and for all: the fact table.
 *
 * 48 people (24 children, 24 adults), nine relations, of which eight apply to
 * each: about 340 facts. The table depends on no seed; a model can learn it in
 * training (WORLD_FACT) and be asked in other words (WORLD_QUESTION). One place in
 * eight is a gap: the world does not say, and nobody can know. */
#ifndef WORLD_FACTS_H
#define WORLD_FACTS_H

#include "common/world/lexicon.h"

#include <stddef.h>

typedef enum WorldRelation {
    WORLD_TOWN,   /* lives in; WORLD_TOWNS */
    WORLD_JOB,    /* works as, of adults; WORLD_JOBS */
    WORLD_AGE,    /* how old, of children; WORLD_AGES */
    WORLD_PET,    /* keeps; WORLD_ANIMALS */
    WORLD_DISH,   /* likes to eat; WORLD_FOODS */
    WORLD_HOBBY,  /* likes to do; WORLD_HOBBIES */
    WORLD_COLOUR, /* likes best; WORLD_COLOURS */
    WORLD_SEASON, /* likes best; WORLD_SEASONS */
    WORLD_FRIEND, /* best friend, a child's a child; WORLD_PEOPLE */
    WORLD_RELATIONS
} WorldRelation;

enum { WORLD_GAP = -1, WORLD_NEVER = -2 };

/* The word's place in the relation's list; WORLD_GAP where the world does not
 * say, WORLD_NEVER where the relation does not apply (the job of a child). */
int world_fact(int person, WorldRelation relation);
WorldList world_relation_list(WorldRelation relation);

/* The statement that the person's value is this word, true or not (chapter 13
 * edits facts), in one of WORLD_STATEMENTS wordings, the last of which only the
 * test uses. One sentence of at most WORLD_FACT_ROOM - 1 bytes. */
enum { WORLD_STATEMENTS = 4, WORLD_ASKINGS = 3, WORLD_FACT_ROOM = 256 };
void world_fact_state(int person, WorldRelation relation, int value, int wording, WorldLanguage language,
                      char out[WORLD_FACT_ROOM]);

#endif
