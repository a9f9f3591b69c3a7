/* gpt2_split.c -- GPT-2's rule for words, by hand.
 *
 * Radford et al. (2019) cut text with the regular expression
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * so that a word carries the blank in front of it, and letters, digits and
 * other signs never share a word. A general engine spends more time on that
 * than the merges take; this does the same, and a test holds it equal. A byte
 * that is not UTF-8 counts as one of the other signs. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

typedef enum Class { END, LETTER, NUMBER, WHITE, OTHER } Class;

static const unsigned char ascii[128] = {
    OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  WHITE,  WHITE,  WHITE,  WHITE,
    WHITE,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,
    OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  WHITE,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,
    OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  NUMBER, NUMBER, NUMBER, NUMBER,
    NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,
    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  OTHER,  LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, OTHER,  OTHER,  OTHER,  OTHER,  OTHER};

/* The class of the character at `at`, and its bytes in *length. */
static inline Class class_at(const char *text, size_t size, size_t at, int *length)
{
    *length = 1;
    if (at >= size)
        return END;
    if ((unsigned char)text[at] < 128)
        return (Class)ascii[(unsigned char)text[at]];
    int code = text_utf8_decode(text + at, size - at, length);
    return code < 0                    ? OTHER
           : tokenizer_is_letter(code) ? LETTER
           : tokenizer_is_number(code) ? NUMBER
           : tokenizer_is_white(code)  ? WHITE
                                       : OTHER;
}

/* 's 't 'm 'd: 2; 're 've 'll: 3; else 0. */
static size_t contraction(const char *text, size_t size)
{
    char a = size > 1 ? text[1] : 0, b = size > 2 ? text[2] : 0;
    if (text[0] != '\'')
        return 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

/* Blanks up to the next word, but for the last of them, which goes with the
 * word or stands alone; all of them at the end of the text. */
static size_t blanks(const char *text, size_t size)
{
    size_t at = 0, last = 0;
    int length;
    while (class_at(text, size, at, &length) == WHITE) {
        last = at;
        at += (size_t)length;
    }
    return at == size || last == 0 ? at : last;
}

size_t tokenizer_gpt2_word(const char *text, size_t size)
{
    size_t at = contraction(text, size);
    int length;
    if (at)
        return at;
    at = text[0] == ' ';
    Class c = class_at(text, size, at, &length);
    if (c == WHITE || c == END)
        return blanks(text, size);
    do {
        at += (size_t)length;
    } while (class_at(text, size, at, &length) == c);
    return at;
}
