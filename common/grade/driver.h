/* driver.h -- for the half of chNN/exercises/check_chNN.c that is linked with the learner's code.
 *
 * A driver takes its arguments in the order in which the judge sent them, calls
 * the learner's function and gives its results back. It holds no answer: it
 * runs in the sandbox, in one process with code that may do anything.
 *
 *     static void drive_scaled_softmax(GradeCall *c)
 *     {
 *         Tensor *score = grade_arg_tensor(c, "score");
 *         int head_dim = grade_arg_int(c, "head_dim");
 *         Tensor *weight = grade_out(c, "weight", score->shape[0], score->shape[1]);
 *         scaled_softmax(score->data, score->shape[0], score->shape[1], head_dim, weight->data);
 *     }
 *     const GradeDriver grade_drivers[] = {{"scaled_softmax", drive_scaled_softmax}, {NULL, NULL}};
 *
 * Every array lies on pages of its own, between guards and pages that may not be touched. A read or
 * write outside of it, an argument that changed and an output that was not written at all are found
 * out and said, by the names that stand here: the driver is also in the judge, which runs it with a
 * function that does nothing to learn them. All memory is the call's and ends with it. */
#ifndef GRADE_DRIVER_H
#define GRADE_DRIVER_H

#include "common/nn/graph.h"

typedef struct GradeCall GradeCall;

typedef struct GradeDriver {
    const char *name;
    void (*run)(GradeCall *c);
} GradeDriver;

extern const GradeDriver grade_drivers[]; /* of the chapter; {NULL, NULL} ends it */

/* The next argument. The name is for messages: that of the learner's parameter. */
Tensor *grade_arg_tensor(GradeCall *c, const char *name);
Tensor *grade_arg_parameter(GradeCall *c, const char *name); /* the same, and it gets a gradient */
int grade_arg_int(GradeCall *c, const char *name);
float grade_arg_float(GradeCall *c, const char *name);
const int *grade_arg_ints(GradeCall *c, const char *name, int *count);

/* An output for the learner's function to fill: it is full of NaN, and is sent back when the
 * driver returns. grade_out(c, "weight", rows, cols) is (rows,cols). */
#define grade_out(c, name, ...)                                                    \
    grade_out_make((c), (name), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), \
                   (const int[]){__VA_ARGS__})
Tensor *grade_out_make(GradeCall *c, const char *name, int rank, const int *shape);

/* The same for whole numbers, at most 2^24 in size; the judge gets them as a tensor. */
#define grade_out_ints(c, name, ...)                                                    \
    grade_out_ints_make((c), (name), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), \
                        (const int[]){__VA_ARGS__})
int *grade_out_ints_make(GradeCall *c, const char *name, int rank, const int *shape);

/* A number that the function returned; the judge gets it as a tensor of rank 0. */
void grade_return_number(GradeCall *c, const char *name, double value);

/* For functions that build a graph: the call's own graph, sending back a tensor that the
 * function made (NULL is reported), and the gradient of a parameter after nn_backward_from. */
Graph *grade_graph(GradeCall *c);
void grade_return(GradeCall *c, const char *name, const Tensor *t);
void grade_return_grad(GradeCall *c, const char *name, const Tensor *t);

#endif
