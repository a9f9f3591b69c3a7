/* similarity.h -- which students' solutions of an exercise are alike, by sim_c, with the skeleton removed. */
#ifndef GRADE_SIMILARITY_H
#define GRADE_SIMILARITY_H

#include "common/grade/exercise.h"

typedef struct Pair {
    int exercise, first, second; /* indices into the book and the names */
    int percent;    /* of the shorter of the two that is also in the other, whatever its names */
    int median;     /* of all pairs of this exercise: a short exercise has few ways to be written */
    bool same_text; /* letter by letter, but for blanks */
} Pair;

typedef struct Alike {
    Pair *pairs; /* most alike first; the caller frees it */
    int count;
    bool missing; /* sim_c is not there: only texts that are the same were found */
} Alike;

/* root holds the skeletons, from/NAME is what each student handed in. Pairs below 50 per cent are left out. */
Alike similarity_of(const Book *b, const char *root, const char *from, char *const *names, int count);

#endif
