/* quality_units.h (inside) -- a text as units: words, Chinese characters, punctuation marks, line breaks. */
#ifndef CH04_QUALITY_UNITS_H
#define CH04_QUALITY_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum UnitKind { UNIT_WORD, UNIT_MARK, UNIT_LINE } UnitKind;

typedef struct Unit {
    size_t at, size; /* bytes */
    uint64_t hash;   /* of its small letters, every digit counting as 0 */
    int code, chars; /* its first code point, or -1; code points */
    UnitKind kind;
    bool letter, han; /* it holds a letter; it is a Chinese character */
    bool spaced;      /* white space stands before it */
} Unit;

typedef struct Units {
    Unit *items;
    int count;
} Units;

/* Splits a text of any bytes. The caller frees units.items. */
Units units_of(const char *text, size_t size);

/* . ! ? and the same in Chinese; an ellipsis; what closes a quotation or a bracket. */
bool unit_ends_sentence(int code);
bool unit_is_ellipsis(int code);
bool unit_closes(int code);

#endif
