/* error.c -- one line on standard error, then the exit status says the rest. */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *program_name = "program";

void error_program(const char *name)
{
    program_name = name;
}

/* A hostile file name must not move the cursor or fake a second line. */
static void hide_control_characters(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
}

bool error_set(Error *e, const char *format, ...)
{
    if (!e || e->text[0])
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    hide_control_characters(e->text);
    return false;
}

void error_exit(const Error *e)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", program_name, e->text);
    exit(2);
}

void error_exitf(const char *format, ...)
{
    Error e = {""};
    va_list args;
    va_start(args, format);
    vsnprintf(e.text, sizeof e.text, format, args);
    va_end(args);
    hide_control_characters(e.text);
    error_exit(&e);
}

int error_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        error_exitf("standard output: %s", strerror(errno));
    return 0;
}

void fatal_at(const char *file, int line, const char *format, ...)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
