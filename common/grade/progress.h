/* progress.h -- what a learner has done so far: chNN/exercises/.progress, a line per exercise; and backups.
 *
 * It only saves time and counts hints; a grade never comes from it. */
#ifndef GRADE_PROGRESS_H
#define GRADE_PROGRESS_H

#include "common/grade/grading.h"

typedef struct ExerciseProgress {
    int hints;          /* that were shown */
    uint64_t text;      /* hash of the file that was graded last; 0 if none was */
    Status status;      /* of that grading */
    bool solved_before; /* it passed once */
    bool skipped;       /* make skip: it comes after the others */
} ExerciseProgress;

/* All zero where nothing is known; a damaged line counts as nothing. */
ExerciseProgress progress_read(const char *root, const Exercise *x);
bool progress_write(const char *root, const Exercise *x, ExerciseProgress p, Error *e);

/* Keeps a file as the first of PATH.bak, PATH.bak2, ... that is not there yet; backup is "" if there is no
 * file to keep. */
enum { BACKUP_PATH = 2 * EXERCISE_PATH };
bool backup_keep(const char *path, char backup[BACKUP_PATH], Error *e);

uint64_t progress_hash(const char *text, size_t size); /* FNV-1a; never 0 */

#endif
