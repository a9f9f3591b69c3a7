/* corpus.h -- text to train on. */
#ifndef TEXT_CORPUS_H
#define TEXT_CORPUS_H

#include "common/base/error.h"
#include "common/base/rng.h"

#include <stddef.h>

/* What a text of another system had in it, and loses: a model would learn it. */
typedef struct TextCleaned {
    size_t marks;     /* byte order marks (U+FEFF) that went */
    size_t line_ends; /* \r\n of Windows and \r of old Macs that became \n */
} TextCleaned;

/* Cleans a text in place; *size is what stays, with a zero byte after it. */
TextCleaned text_corpus_clean(char *text, size_t *size);

/* The text of a file, cleaned. A program prints told, which says what went ("PATH: dropped 1 byte order
 * mark"), or is "". NULL and *e, which names the file and the byte, if it is missing, empty, holds zero
 * bytes, or is not UTF-8. The caller frees it. */
enum { TEXT_TOLD = 512 };
char *text_corpus_read(const char *path, size_t *size, char told[TEXT_TOLD], Error *e);

/* The documents of a text one after the other, each followed by the text `end`, such as
 * "<|endoftext|>". They are separated by `end` where the text spells it out, and by
 * blank lines where it does not; white space around a document goes, and so does an
 * empty one. *packed is the size of what comes out, *documents their number, perhaps
 * 0. The caller frees it. */
char *text_corpus_pack(const char *text, size_t size, const char *end, size_t *packed, size_t *documents);

/* Draws a batch of windows: x (B,T) from ids (count, more than T), and y (B,T), each one token later. */
void text_corpus_batch(const int *ids, size_t count, int batch, int time, Rng *rng, int *x, int *y);

/* The same, but each window begins at one of `starts` (n > 0 of them, all less than the ids' count - T),
 * such as the places where documents begin: then no document is read without its beginning. */
void text_corpus_batch_of_documents(const int *ids, const size_t *starts, size_t n, int batch, int time,
                                    Rng *rng, int *x, int *y);

/* Which document each position of windows x (B,T) is in, where the token `end` closes documents: first (B,T) is where
 * in the window it begins, positions (B,T) how far into it the position is. Attention with `first` (NnAttention) and
 * these positions reads each document as if it stood alone. */
void text_corpus_documents(const int *x, int batch, int time, int end, int *first, int *positions);

#endif
