/* exercise.h -- what chNN/exercises/exercises.tsv says of each exercise, and where its files are.
 *
 * One line per exercise, fields separated by TAB, after a line with their names:
 *   id name function call uses points minutes section seconds title title_zh hints hints_zh
 * `call` names what the driver is called with, in its order: q (T,D), k (S,D), head_dim, ids (n);
 * the letters of a shape become sizes in messages, and "..." stands for what is not shown.
 * `uses` says what the function may call beside the C library's mathematics, memory and
 * printing: patterns such as nn_* tensor_*, exceptions such as -nn_attention, or a lone -.
 * Hints are separated by " | ". Lines that are empty or begin with # are skipped. */
#ifndef GRADE_EXERCISE_H
#define GRADE_EXERCISE_H

#include "common/grade/words.h"

#include <stddef.h>

enum { EXERCISE_HINTS = 8, EXERCISE_MOST = 256, EXERCISE_PATH = 512 };

typedef struct Exercise {
    char chapter[8]; /* "ch03" */
    const char *id, *name, *function, *call, *uses, *section;
    int points, minutes;
    double seconds;       /* of processor time, for all calls of a grading */
    const char *title[2]; /* English, Chinese */
    const char *hints[2][EXERCISE_HINTS];
    int hint_count[2];
    const Words *words; /* what its checks say, in Chinese */
} Exercise;

typedef struct Book {
    Exercise items[EXERCISE_MOST];
    int count;
    char *text[EXERCISE_MOST]; /* the files that the items point into */
    int files;
    Words *words;
} Book;

/* Reads the exercises of every chapter under root, or, with chapter not NULL, of that one. */
bool book_read(Book *b, const char *root, const char *chapter, Error *e);
void book_free(Book *b);

/* Leaves in the book what an assignment names, with its own points: "ch03/ex1 ch03/ex2:15 ch05" (ch05:
 * all of that chapter). false and *e, and the book as it was, when it names what is not there. */
bool book_assign(Book *b, const char *assignment, Error *e);

/* The assignment of this tree: root/assignment.txt, which a handout may have; NULL where there is
 * none. The caller frees it. */
char *book_assignment(const char *root);

/* The exercise called "ch03/ex1", "ch03/ex1_scaled_softmax" or by its file's path; NULL and *e if none is. */
const Exercise *book_find(const Book *b, const char *name, Error *e);

/* "ch03/exercises/ex1_scaled_softmax.c", and the same under solutions/. Returns path. */
char *exercise_path(const Exercise *x, char path[EXERCISE_PATH]);
char *exercise_solution_path(const Exercise *x, char path[EXERCISE_PATH]);

/* The skeleton: the solution with each part between BEGIN SOLUTION and END SOLUTION replaced by
 * a TODO; in a handout, which has no solutions, the file under skeletons/. The caller frees it. */
char *exercise_skeleton(const Exercise *x, const char *root, Error *e);
char *skeleton_of(const char *solution, const char *path, Error *e);

/* What the function may call, in words: a line of the comment at the top of its file. Returns text. */
char *exercise_allowed(const Exercise *x, int language, char text[256]);

/* 1 if the language of the environment (LC_ALL, LC_MESSAGES, LANG) is Chinese, else 0. */
int exercise_language(void);

#endif
