/* error.h -- the two kinds of failure.
 *
 * Bad input (a file, an option, a request) is never fatal inside common: the
 * function returns false or NULL and fills an Error that says what, where
 * and what was expected. A program prints it on one line and leaves with
 * status 2 (error_exit).
 *
 * A programmer's mistake (shapes that do not match) ends the program at once
 * (FATAL), with the file and line of the mistake and a hint. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdnoreturn.h>

typedef struct Error {
    char text[512]; /* one line, no newline at its end; "" while nothing failed */
} Error;

/* Writes the message and returns false, so that `return error_set(...)` reads
 * well. Control characters that came in from outside are shown as '?'. The
 * first error wins: a later one does not hide it. e may be NULL. */
bool error_set(Error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "PROGRAM: TEXT" on standard error and exits with status 2. */
noreturn void error_exit(const Error *e);

/* The same for a message made here. */
noreturn void error_exitf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Names the program in messages; options_parse calls it. Keeps the pointer. */
void error_program(const char *name);

/* Flushes and checks standard output, so that a full disk is reported; main
 * ends with `return error_finish();`, which gives 0, or 2 after a message. */
int error_finish(void);

/* A mistake in the program: prints FILE:LINE: MESSAGE and aborts. */
#define FATAL(...) fatal_at(__FILE__, __LINE__, __VA_ARGS__)
noreturn void fatal_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
