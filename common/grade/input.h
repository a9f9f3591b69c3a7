/* input.h -- the input of a check that failed, in a few lines that a learner can read:
 *
 *     with      T=6 S=15 D=4 E=3
 *     q[0]        -0.3126    1.047    0.331   -0.829
 *     q[1]         0.5514   -1.213    0.077    0.415
 *
 * The judge kept the call as it was sent to the worker; the names come from exercises.tsv. */
#ifndef GRADE_INPUT_H
#define GRADE_INPUT_H

#include "common/grade/exercise.h"

/* The sizes and numbers, then the first rows of each array: "" when there is no such file or when it is
 * no call. Lines end with a newline, a label and its value are separated by a TAB. The caller frees it. */
char *input_text(const char *path, const Exercise *x);

#endif
