/* check_ch04.c -- the checks of chapter 4's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch04_WHAT.c hold, a file for each section. */
#include "ch04/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

/* ---- 4.1 ----------------------------------------------------------------------------------------- */

static void drive_near_pairs(GradeCall *c)
{
    int shingles, hashes, documents = grade_arg_int(c, "N"), bands = grade_arg_int(c, "b"),
                          rows = grade_arg_int(c, "r");
    const int *x = grade_arg_ints(c, "x", &shingles), *h = grade_arg_ints(c, "h", &hashes);
    int *signature = grade_out_ints(c, "signature", documents, bands * rows);
    int *candidate = grade_out_ints(c, "candidate", documents, documents);
    grade_return_number(c, "the number of pairs",
                        near_pairs(x, documents, shingles / documents, h, hashes / (bands * rows), bands,
                                   rows, signature, candidate));
}

static void drive_pack_sequences(GradeCall *c)
{
    int tokens, documents;
    const int *ids = grade_arg_ints(c, "ids", &tokens), *length = grade_arg_ints(c, "length", &documents);
    int end = grade_arg_int(c, "end"), time = grade_arg_int(c, "T");
    int rows = (tokens + documents + time - 1) / time;
    int *x = grade_out_ints(c, "x", rows, time), *y = grade_out_ints(c, "y", rows, time),
        *position = grade_out_ints(c, "position", rows, time);
    grade_return_number(c, "the number of rows",
                        pack_sequences(ids, length, documents, end, time, x, y, position));
}

const GradeDriver grade_drivers[] = {
    {"near_pairs", drive_near_pairs}, {"pack_sequences", drive_pack_sequences}, {NULL, NULL}};

#else
#include "ch04/exercises/check_ch04.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_data(s);
}
#endif
