/* world_facts.h -- what is so in the little world, once and for all: the fact table.
 *
 * 48 people (24 children, 24 adults), nine relations, of which eight apply to
 * each: about 340 facts. The table depends on no seed; a model can learn it in
 * training (TEXT_FACT) and be asked in other words (TEXT_QUESTION). One place in
 * eight is a gap: the world does not say, and nobody can know. */
#ifndef TEXT_WORLD_FACTS_H
#define TEXT_WORLD_FACTS_H

#include "common/text/world_lexicon.h"

#include <stddef.h>

typedef enum TextRelation {
    TEXT_TOWN,   /* lives in; TEXT_TOWNS */
    TEXT_JOB,    /* works as, of adults; TEXT_JOBS */
    TEXT_AGE,    /* how old, of children; TEXT_AGES */
    TEXT_PET,    /* keeps; TEXT_ANIMALS */
    TEXT_DISH,   /* likes to eat; TEXT_FOODS */
    TEXT_HOBBY,  /* likes to do; TEXT_HOBBIES */
    TEXT_COLOUR, /* likes best; TEXT_COLOURS */
    TEXT_SEASON, /* likes best; TEXT_SEASONS */
    TEXT_FRIEND, /* best friend, a child's a child; TEXT_PEOPLE */
    TEXT_RELATIONS
} TextRelation;

enum { TEXT_GAP = -1, TEXT_NEVER = -2 };

/* The word's place in the relation's list; TEXT_GAP where the world does not
 * say, TEXT_NEVER where the relation does not apply (the job of a child). */
int text_fact(int person, TextRelation relation);
TextList text_relation_list(TextRelation relation);

/* The statement that the person's value is this word, true or not (chapter 13
 * edits facts), in one of TEXT_STATEMENTS wordings, the last of which only the
 * test uses; and the question, in one of TEXT_ASKINGS. One sentence of at most
 * TEXT_FACT_ROOM - 1 bytes. */
enum { TEXT_STATEMENTS = 4, TEXT_ASKINGS = 3, TEXT_FACT_ROOM = 256 };
void text_fact_state(int person, TextRelation relation, int value, int wording, TextLanguage language,
                     char out[TEXT_FACT_ROOM]);
void text_fact_ask(int person, TextRelation relation, int wording, TextLanguage language,
                   char out[TEXT_FACT_ROOM]);

/* The side on which the fact may be asked; both sides may state it. */
TextSide text_fact_side(int person, TextRelation relation);

#endif
