/* packing.h -- documents in rows, for causal language models, section 5.2.2. */
#ifndef CH05_PACKING_H
#define CH05_PACKING_H

#include "ch05/data_sentences.h"
#include "ch05/trunk.h"

enum { ROWS_MAX = 8, ROWS_TIME = 64, ROWS_IGNORE = -1 };

/* Rows of `time` tokens. document: 1, 2, ... in a row, 0 for padding; position: counted within the document;
 * label: the next token, or ROWS_IGNORE. */
typedef struct Rows {
    int rows, time;
    int ids[ROWS_MAX * ROWS_TIME], position[ROWS_MAX * ROWS_TIME], document[ROWS_MAX * ROWS_TIME];
    int label[ROWS_MAX * ROWS_TIME];
} Rows;

/* Empty rows: padding only. At most ROWS_MAX rows of ROWS_TIME tokens. */
void rows_clear(Rows *r, int rows, int time);

/* Appends a document to a row that is filled up to *at; false if there is no room. */
bool rows_append(Rows *r, int row, int *at, int document, const Sentence *s);

/* Fills ROWS_MAX rows of ROWS_TIME with as many of the documents from *next on as each holds. */
void rows_pack(Rows *r, const Sentence *items, int count, int *next);

/* One document to a row of SENTENCE_MAX, the rest of it padding. */
void rows_pad(Rows *r, const Sentence *items, int count, int *next);

/* How many positions are padding, and how many count in the loss. */
int rows_padding(const Rows *r);
int rows_labels(const Rows *r);

/* The attention mask (B,T,T): nothing later, and, unless documents are open to each other, only what is of the
 * same document. */
Tensor *rows_allowed(Graph *g, const Rows *r, bool open);

/* How a row is read: whether its documents see each other, and whether positions are counted through the row
 * or from the start of each document. */
typedef struct Reading {
    bool open, through;
} Reading;

enum { READINGS = 3 };
extern const Reading readings[READINGS]; /* with the mask; without it; without it, and positions continue */

/* The mean loss of the labels of rows, in nats. */
Tensor *rows_loss(Graph *g, const Trunk *m, const Rows *r, const Reading *how);

#endif
