/* submission.h -- what a learner handed in: a folder or a zip file, read once and then left alone.
 *
 * Only files that may be exercises are read (C sources, also as .c.txt), no link is followed, and
 * what is not read is named, so that nothing scores 0 in silence. What is graded is the text in
 * memory: a file that changes meanwhile changes neither the grade nor its fingerprint. */
#ifndef GRADE_SUBMISSION_H
#define GRADE_SUBMISSION_H

#include "common/grade/exercise.h"

#include <stdint.h>
#include <time.h>

enum { SUBMISSION_FILES = 512, SUBMISSION_SOURCE = 256 << 10 };

typedef struct SubmittedFile {
    char *path;          /* inside the submission, printable */
    char *text;          /* with a zero byte after it; NULL if it was not read */
    size_t size;         /* of the text */
    const char *refused; /* why it was not read; NULL if it was */
    time_t changed;      /* its time stamp */
    bool used;           /* an exercise was found in it */
} SubmittedFile;

typedef struct Submission {
    SubmittedFile files[SUBMISSION_FILES];
    int count;
    bool too_many; /* files beyond SUBMISSION_FILES were left out */
} Submission;

/* Reads a folder or a .zip file. NULL and *e when it is neither or cannot be read. */
Submission *submission_read(const char *path, Error *e);
void submission_free(Submission *s);

/* The file that holds an exercise: chNN/exercises/NAME.c, the same in a further folder, NAME.c anywhere,
 * or a name that can only mean this exercise of the book (ex1.c, ex7_masks (1).c, EX7_MASKS.C,
 * ex7_masks.c.txt, ch03_ex7.c). NULL if there is none, with *why "" or, if it cannot be told which of
 * several it is, naming two of them. */
SubmittedFile *submission_find(Submission *s, const Book *b, const Exercise *x, char why[256]);

/* Whether a file that no exercise was found in looks like one, so that its learner should be told. */
bool submission_is_stray(const Submission *s, const SubmittedFile *f);

/* The time stamp of the latest file that was used; 0 if none was. */
time_t submission_time(const Submission *s);

#endif
