/* function.h (inside) -- a small C function as a row of choices: what it computes, and its text.
 *
 * code.c asks about it. */
#ifndef WORLD_FUNCTION_H
#define WORLD_FUNCTION_H

#include "common/world/draft.h"

enum { FUNCTION_ELEMENTS = 6 }; /* of an array in a test, at most */

/* Over an array: up to LOOPS. Of numbers: by * x + more; by * x + more * y; x + more if x > by, else x. */
typedef enum Shape {
    SUM,
    COUNT,
    ALL,
    ANY,
    FIRST,
    LAST,
    LARGEST,
    SMALLEST,
    LOOPS,
    LINE = LOOPS,
    PAIR,
    STEP,
    SHAPES
} Shape;
typedef enum Keep {
    EACH,
    EVEN,
    ODD,
    POSITIVE,
    NEGATIVE,
    GREATER,
    LESS,
    EQUAL,
    UNEQUAL,
    EVEN_GREATER,
    EVEN_LESS,
    ODD_GREATER,
    ODD_LESS,
    KEEPS
} Keep;
typedef enum Change { PLAIN, SQUARE, TIMES, PLUS, CHANGES } Change;

typedef struct Function {
    Shape shape;
    Keep keep; /* the elements that count */
    int k;     /* that they are compared with */
    Change change;
    int by, more; /* of TIMES and PLUS; of LINE, PAIR and STEP */
    bool less;
    const char *name, *array;
} Function;

/* One of these in the text of a function that is to be repaired: the loop's start, a sign, the condition, the first
 * value, what is returned. */
typedef enum Mistake { NONE, START, SIGN, CONDITION, BEGINNING, RESULT, MISTAKES } Mistake;

/* Its choices are in the draft's key; the names are not. */
Function function_choose(Draft *d);

/* How many there are. */
double function_count(void);

/* What it returns for a (n); of two numbers a[0] and a[1]. */
int function_value(const Function *f, const int *a, int n);

/* Adds its head, its body, or both to a field of a draft. */
void function_head(const Function *f, char *out);
void function_body(const Function *f, Mistake wrong, char *out);
void function_text(const Function *f, Mistake wrong, char *out);

/* A mistake that this function can have. */
Mistake function_mistake(Draft *d, const Function *f);

#endif
