/* changes.h -- texts that are changed a little, to see what a bag of words notices; section 1.2.1. */
#ifndef CH01_CHANGES_H
#define CH01_CHANGES_H

#include "common/world/world.h"

#include <stdbool.h>

enum { CHANGES_TEXT = 1024 };

/* The text with two names exchanged: who does it, and to whom. False unless exactly two children are named, each
 * once. */
bool changes_swap_names(WorldLanguage language, const char *text, char *out /* (CHANGES_TEXT) */);

/* The text with other words for the same, as far as a table of CHANGES_SYNONYMS pairs goes: damaged for broke. Returns
 * how many words it exchanged. changes_synonym is pair i of the table, the word and then its synonym. */
enum { CHANGES_SYNONYMS = 16 };
int changes_use_synonyms(WorldLanguage language, const char *text, char *out /* (CHANGES_TEXT) */);
const char *const *changes_synonym(WorldLanguage language, int i);

/* A review (WORLD_REVIEW) without its last sentence, the verdict. */
void changes_without_verdict(WorldLanguage language, const char *review, char *out /* (CHANGES_TEXT) */);

/* Whether its two remarks contradict each other: A, but B. B is what the writer means. */
bool changes_is_mixed(const char *review);

#endif
