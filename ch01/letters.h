/* letters.h -- a language task for rnn_demo: which letter comes next in a story? */
#ifndef CH01_LETTERS_H
#define CH01_LETTERS_H

#include "ch01/cells.h"

enum { LETTERS_STEPS = 400, LETTERS_PARAMETERS = 16000, LETTERS_STORIES = 400 };

/* The widest state with which a cell and its output layer have at most LETTERS_PARAMETERS numbers. */
int letters_hidden(CellKind kind);

typedef struct LettersRun {
    double loss, milliseconds; /* nats per letter of the test text; of one training step */
} LettersRun;

/* Trains a network for LETTERS_STEPS steps on text[WORLD_TRAIN] and tests it on text[WORLD_TEST]; ASCII. */
LettersRun letters_learn(Graph *g, CellKind kind, float forget_bias, char *const text[2], uint64_t seed);

#endif
