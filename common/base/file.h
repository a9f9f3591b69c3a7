/* file.h -- whole files in, whole files out.
 *
 * Writing goes to a file beside the target and is renamed over it at the end,
 * so a reader sees the old file or the new one, never half of either, even
 * when the program is killed or the disk is full. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "common/base/error.h"

#include <stddef.h>

/* The file's bytes, and a zero byte after them. NULL and *e if it cannot be
 * read, is not a plain file, or is git-lfs's pointer to one. The caller frees it. */
char *file_read(const char *path, size_t *size, Error *e);

/* Whoever clones a repository without git-lfs has three lines in the place of a large file. False and
 * *e, which says so, if these bytes (size; the first FILE_POINTER of a file are enough) are its
 * beginning. */
enum { FILE_POINTER = 64 };
bool file_is_whole(const char *path, const char *bytes, size_t size, Error *e);

typedef struct FileWriter FileWriter;

/* Opens path.part, which takes the place of one that a killed program left.
 * NULL and *e when that cannot be done, or another program is writing it. */
FileWriter *file_create(const char *path, Error *e);

/* Appends; errors are remembered and reported by file_commit. */
void file_write(FileWriter *w, const void *data, size_t size);
void file_printf(FileWriter *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flushes to the disk and renames over path. On failure (a full disk) the
 * temporary file is removed, the old file stays, *e says why. Frees w. */
bool file_commit(FileWriter *w, Error *e);

/* Removes the temporary file and frees w. */
void file_abandon(FileWriter *w);

/* Makes the directory and those above it; true also if it exists already. */
bool file_make_directory(const char *path, Error *e);

#endif
