/* told.h (inside) -- who did what to which thing, where, on which day: what passages and documents tell. */
#ifndef WORLD_TOLD_H
#define WORLD_TOLD_H

#include "common/world/draft.h"

typedef struct Told {
    int who, deed, thing, colour, site, day;
} Told;

/* A fact of the draft's side: every fact has one, whatever tells it. */
Told told_draw(Draft *d);
uint64_t told_key(const Told *f);

/* How many there are: trade has two places, the other deeds any. */
double told_count(void);

/* Gives its words to [who] [did] [x] [p] [day]. */
void told_bind(Draft *d, const Told *f);

/* What may be said next: "she was very happy." */
DraftLine told_after(const Told *f);

#endif
