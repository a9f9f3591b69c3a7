/* call.h -- the arguments and outputs of one call: what lies under driver.h, for the worker and the judge.
 *
 * Each lies alone on pages of its own, between others that may not be touched. Every call is
 * made twice: in one each piece ends where its pages end, in the other it begins where they begin; on
 * the side that is not at a border stand guards. Nothing outside of it is read or written without
 * being found out. */
#ifndef GRADE_CALL_H
#define GRADE_CALL_H

#include "common/grade/driver.h"
#include "common/grade/message.h"

enum { MOST_PIECES = 64, CALL_BORDER = 1 << 20 }; /* bytes around a piece that may not be touched */

/* PIECE_INTS: an output of whole numbers, in the place of as many floats. */
typedef enum PieceKind { PIECE_ARGUMENT, PIECE_OUTPUT, PIECE_INTS, PIECE_RETURNED, PIECE_NUMBER } PieceKind;

typedef struct Piece {
    PieceKind kind;
    const char *name;
    Tensor *t;         /* NULL if the function returned NULL, and for a number */
    double number;     /* PIECE_NUMBER: an argument that is a single number */
    const float *copy; /* of an argument: what it held */
    char *map;         /* its pages and the borders around them, or NULL */
    size_t map_size;
} Piece;

struct GradeCall {
    Message in;
    Arena *arena;
    Graph *graph;
    Piece pieces[MOST_PIECES];
    int count;
    bool begins_at_border; /* else its pieces end there */
};

/* Runs the driver of that name, which must be there. */
void call_run(GradeCall *c, const char *name);

/* Gives back the memory of a call. */
void call_end(GradeCall *c);

/* Whether the guards of a piece were written to, and at which index of it first. */
bool piece_broken(const GradeCall *c, int number, long long *index);

/* Whether a piece of the call goes back to the judge. */
bool piece_is_output(const Piece *p);

#endif
