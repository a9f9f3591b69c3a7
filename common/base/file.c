/* file.c -- read all of it, or replace all of it. */
#include "common/base/file.h"

#include "common/base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct FileWriter {
    FILE *file;
    int error; /* errno of the first failure, or 0 */
    char *path, *temporary;
};

bool file_is_whole(const char *path, const char *bytes, size_t size, Error *e)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/";
    if (size < sizeof pointer - 1 || memcmp(bytes, pointer, sizeof pointer - 1) != 0)
        return true;
    return error_set(
        e, "%s: a pointer of git-lfs stands in the place of the file; 'git lfs pull' fetches it", path);
}

char *file_read(const char *path, size_t *size, Error *e)
{
    struct stat s;
    FILE *f = fopen(path, "rb");
    if (!f) {
        error_set(e, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fileno(f), &s) != 0 || !S_ISREG(s.st_mode)) {
        error_set(e, "%s: not a plain file", path);
        fclose(f);
        return NULL;
    }
    size_t expected = (size_t)s.st_size;
    char *bytes = malloc(expected + 1);
    if (!bytes)
        error_set(e, "%s: %zu bytes do not fit into memory", path, expected);
    else if (fread(bytes, 1, expected, f) != expected) {
        error_set(e, "%s: %s", path, ferror(f) ? strerror(errno) : "shrank while it was read");
        free(bytes);
        bytes = NULL;
    } else {
        bytes[expected] = '\0';
        *size = expected;
    }
    fclose(f);
    if (bytes && file_is_whole(path, bytes, expected, e))
        return bytes;
    free(bytes);
    return NULL;
}

static void writer_free(FileWriter *w)
{
    free(w->path);
    free(w->temporary);
    free(w);
}

/* Whether f is still the file of that name: another program may have renamed it since it was opened. */
static bool is_at(int f, const char *path)
{
    struct stat a, b;
    return fstat(f, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Opens for writing and empties the file, which a killed program may have left. NULL and errno if that
 * cannot be done, or another program is writing it. */
static FILE *open_alone(const char *path)
{
    int f = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (f < 0)
        return NULL;
    errno = 0;
    if (flock(f, LOCK_EX | LOCK_NB) == 0 && is_at(f, path) && ftruncate(f, 0) == 0) {
        FILE *file = fdopen(f, "wb");
        if (file)
            return file;
    }
    int why = errno ? errno : EWOULDBLOCK;
    close(f);
    errno = why;
    return NULL;
}

FileWriter *file_create(const char *path, Error *e)
{
    size_t size = strlen(path) + sizeof ".part";
    FileWriter *w = memory_zero(1, sizeof *w);
    w->path = memory_string(path);
    w->temporary = memory_new(size);
    snprintf(w->temporary, size, "%s.part", path);
    w->file = open_alone(w->temporary);
    if (w->file)
        return w;
    error_set(e, "%s: cannot write: %s", path,
              errno == EWOULDBLOCK ? "another program is writing it" : strerror(errno));
    writer_free(w);
    return NULL;
}

void file_write(FileWriter *w, const void *data, size_t size)
{
    if (!w->error && fwrite(data, 1, size, w->file) != size)
        w->error = errno ? errno : EIO;
}

void file_printf(FileWriter *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!w->error && vfprintf(w->file, format, args) < 0)
        w->error = errno ? errno : EIO;
    va_end(args);
}

bool file_commit(FileWriter *w, Error *e)
{
    if (!w->error && (fflush(w->file) != 0 || fsync(fileno(w->file)) != 0))
        w->error = errno;
    if (!w->error && rename(w->temporary, w->path) != 0)
        w->error = errno;
    fclose(w->file); /* after the renaming: until then nobody else may write it */
    bool good = w->error == 0;
    if (!good) {
        unlink(w->temporary);
        error_set(e, "%s: cannot write: %s", w->path, strerror(w->error));
    }
    writer_free(w);
    return good;
}

void file_abandon(FileWriter *w)
{
    fclose(w->file);
    unlink(w->temporary);
    writer_free(w);
}

bool file_make_directory(const char *path, Error *e)
{
    struct stat s;
    if (!path[0])
        return error_set(e, "the path of the directory is empty");
    char *part = memory_string(path);
    bool good = true;
    for (char *c = part + 1; good; c++) {
        if (*c != '/' && *c != '\0')
            continue;
        char kept = *c;
        *c = '\0';
        if (mkdir(part, 0777) != 0 && (stat(part, &s) != 0 || !S_ISDIR(s.st_mode)))
            good = error_set(e, "%s: cannot make the directory: %s", path,
                             errno == EEXIST ? "a file of that name is in the way" : strerror(errno));
        *c = kept;
        if (!kept)
            break;
    }
    free(part);
    return good;
}
