/* world_lexicon.h -- the words of the little world, in lists, each word in both languages.
 *
 * A word has the forms that its list needs; what the fields of a list mean is
 * said above its table in world_lexicon.c. Lists never change their order: the
 * fact table and all draws refer to a word by its place. */
#ifndef TEXT_WORLD_LEXICON_H
#define TEXT_WORLD_LEXICON_H

#include "common/text/world.h"

#include <stdbool.h>

typedef struct TextWord {
    const char *zh, *unit, *en; /* unit: the measure word, 一把伞 */
    const char *second, *third; /* further English forms: a plural, a past, a portion; NULL: none */
    bool female;                /* she, not he */
} TextWord;

typedef enum TextList {
    TEXT_PEOPLE, /* TEXT_CHILDREN children, then as many adults */
    TEXT_TOWNS,
    TEXT_JOBS,
    TEXT_WORKPLACES, /* of the job at the same place */
    TEXT_ANIMALS,    /* the first TEXT_PETS of them live with people */
    TEXT_FOODS,
    TEXT_THINGS, /* the first TEXT_CHEAP of them are bought by the dozen */
    TEXT_COLOURS,
    TEXT_LOOKS, /* small, new, pretty */
    TEXT_SITES, /* where things happen: the park, the library */
    TEXT_HOBBIES,
    TEXT_DAYS,
    TEXT_SEASONS,
    TEXT_WEATHERS,
    TEXT_AGES,      /* six to thirteen */
    TEXT_COUPLES,   /* king, queen, father, mother ...: he, then she */
    TEXT_OPPOSITES, /* big, small, long, short ...: in pairs */
    TEXT_LISTS
} TextList;

enum { TEXT_CHILDREN = 24, TEXT_PETS = 8, TEXT_CHEAP = 10 };

int text_list_count(TextList list);
const TextWord *text_word(TextList list, int at);

/* An English noun in the plural: cats, boxes, children. At most 47 bytes. */
void text_plural(const TextWord *w, char out[48]);

#endif
