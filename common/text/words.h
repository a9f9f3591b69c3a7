/* words.h -- a vocabulary of words, the plainest tokenizer that serves two languages.
 *
 * A piece is a Chinese character, a run of letters or digits (an apostrophe
 * stays inside: don't), or any other single character; blanks only separate. */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The ids of the special pieces, the first of every vocabulary. */
enum { TEXT_PAD, TEXT_BEGIN, TEXT_END, TEXT_UNKNOWN, TEXT_SPECIALS };

typedef struct TextWords TextWords;

/* An empty vocabulary: the specials only. The caller frees it. */
TextWords *text_words_new(void);
void text_words_free(TextWords *w);

/* Adds every piece of a text that is not yet there; ids follow the order of
 * arrival. The text is valid UTF-8. */
void text_words_add(TextWords *w, const char *text);

/* The number of pieces, specials included. */
int text_words_count(const TextWords *w);

/* The ids of a text, at most `max` of them, without TEXT_BEGIN and TEXT_END; returns how many. */
int text_words_encode(const TextWords *w, const char *text, int *ids, int max);

/* A piece, UTF-8; "<pad>", "<s>", "</s>", "<unk>" for the specials. Belongs to w. */
const char *text_words_piece(const TextWords *w, int id);

/* The text of ids up to the first TEXT_END: blanks between words, none around
 * Chinese characters and before , . ? ! ; : TEXT_PAD and TEXT_BEGIN are left
 * out, an unknown piece reads "<unk>". The caller frees it. */
char *text_words_decode(const TextWords *w, const int *ids, int count);

/* Prints that text to standard output, between two others. */
void text_words_print(const TextWords *w, const char *before, const int *ids, int count, const char *after);

#endif
