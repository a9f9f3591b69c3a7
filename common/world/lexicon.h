/* lexicon.h -- the words of the little world, in lists, each word in both languages.
 *
 * A word has the forms that its list needs; what the fields of a list mean is
 * said above its table in lexicon.c. Lists never change their order: the
 * fact table and all draws refer to a word by its place. */
#ifndef WORLD_LEXICON_H
#define WORLD_LEXICON_H

#include "common/world/world.h"

#include <stdbool.h>

typedef struct WorldWord {
    const char *zh, *unit, *en; /* unit: the measure word, 一把伞 */
    const char *second, *third; /* further English forms: a plural, a past, a portion; NULL: none */
    bool female;                /* she, not he */
} WorldWord;

typedef enum WorldList {
    WORLD_PEOPLE, /* WORLD_CHILDREN children, then as many adults */
    WORLD_TOWNS,
    WORLD_JOBS,
    WORLD_WORKPLACES, /* of the job at the same place */
    WORLD_ANIMALS,    /* the first WORLD_PETS of them live with people */
    WORLD_FOODS,
    WORLD_THINGS, /* the first WORLD_CHEAP of them are bought by the dozen */
    WORLD_COLOURS,
    WORLD_LOOKS, /* small, new, pretty */
    WORLD_SITES, /* where things happen: the park, the library */
    WORLD_HOBBIES,
    WORLD_DAYS,
    WORLD_SEASONS,
    WORLD_WEATHERS,
    WORLD_AGES,      /* six to thirteen */
    WORLD_COUPLES,   /* king, queen, father, mother ...: he, then she */
    WORLD_OPPOSITES, /* big, small, long, short ...: in pairs */
    WORLD_LISTS
} WorldList;

enum { WORLD_CHILDREN = 24, WORLD_PETS = 8, WORLD_CHEAP = 10 };

int world_list_count(WorldList list);
const WorldWord *world_word(WorldList list, int at);

/* An English noun in the plural: cats, boxes, children. At most 47 bytes. */
void world_plural(const WorldWord *w, char out[48]);

#endif
