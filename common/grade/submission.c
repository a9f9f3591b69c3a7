/* submission.c -- a walk through a folder or a zip file, and the names under which exercises are handed in. */
#include "common/grade/submission.h"

#include "common/base/base.h"
#include "common/grade/printable.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef GRADE_ZIP
#include <zip.h>
#endif

enum { PATHS = 1024, NAMES = 128, DEEPEST = 8, MOST_ENTRIES = 20000 };

/* ---- reading ---------------------------------------------------------------------------------------- */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

static bool is_other_archive(const char *path)
{
    return ends_with(path, ".rar") || ends_with(path, ".7z") || ends_with(path, ".tar") ||
           ends_with(path, ".gz") || ends_with(path, ".tgz") || ends_with(path, ".xz");
}

static bool may_be_exercise(const char *path)
{
    return ends_with(path, ".c") || ends_with(path, ".c.txt") || ends_with(path, ".cpp");
}

/* Folders that hold other people's files under the names of exercises. */
static bool is_skipped_folder(const char *name, size_t n)
{
    static const char *const names[] = {"solutions", "mutants",  "skeletons", "build",
                                        "common",    "__MACOSX", NULL};
    for (int i = 0; names[i]; i++) {
        if (strlen(names[i]) == n && strncmp(name, names[i], n) == 0)
            return true;
    }
    return name[0] == '.';
}

static SubmittedFile *add(Submission *s, const char *path, time_t changed)
{
    if (s->count == SUBMISSION_FILES) {
        s->too_many = true;
        return NULL;
    }
    SubmittedFile *f = &s->files[s->count++];
    *f = (SubmittedFile){.path = printable_name(path), .changed = changed};
    return f;
}

static void refuse(Submission *s, const char *path, const char *why)
{
    SubmittedFile *f = add(s, path, 0);
    if (f)
        f->refused = why;
}

static void read_plain(SubmittedFile *f, int fd, const struct stat *st)
{
    f->refused = "not a plain file";
    if (!S_ISREG(st->st_mode))
        return;
    f->refused = "larger than 256 KB";
    if (st->st_size > SUBMISSION_SOURCE)
        return;
    f->text = memory_zero(1, (size_t)st->st_size + 1);
    ssize_t n = read(fd, f->text, (size_t)st->st_size);
    f->size = n > 0 ? (size_t)n : 0;
    f->refused = NULL;
}

/* ---- a zip file ------------------------------------------------------------------------------------- */

#ifdef GRADE_ZIP
static bool in_skipped_folder(const char *path)
{
    for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
        if (is_skipped_folder(path, (size_t)(slash - path)))
            return true;
    }
    return false;
}

static void read_zip_entry(Submission *s, zip_t *z, zip_uint64_t i, const char *prefix)
{
    char path[PATHS];
    zip_stat_t st;
    if (zip_stat_index(z, i, 0, &st) != 0 || !(st.valid & ZIP_STAT_NAME) || !may_be_exercise(st.name) ||
        in_skipped_folder(st.name) ||
        snprintf(path, sizeof path, "%s/%s", prefix, st.name) >= (int)sizeof path)
        return;
    for (char *c = path; *c; c++) /* as old programs for Windows write it */
        *c = *c == '\\' ? '/' : *c;
    SubmittedFile *f = add(s, path, st.mtime);
    if (!f)
        return;
    f->refused = "larger than 256 KB";
    if (!(st.valid & ZIP_STAT_SIZE) || st.size > SUBMISSION_SOURCE)
        return;
    f->refused = "it cannot be unpacked";
    zip_file_t *in = zip_fopen_index(z, i, 0);
    if (!in)
        return;
    f->text = memory_zero(1, (size_t)st.size + 1);
    zip_int64_t n = zip_fread(in, f->text, st.size);
    if (zip_fclose(in) == 0 && n == (zip_int64_t)st.size) {
        f->size = (size_t)n;
        f->refused = NULL;
    } else {
        free(f->text);
        f->text = NULL;
    }
}

/* Takes the descriptor over. */
static void read_zip(Submission *s, int fd, const char *name)
{
    int why;
    zip_t *z = zip_fdopen(fd, 0, &why);
    if (!z) {
        refuse(s, name, "it is not a zip file, or a damaged one");
        close(fd);
        return;
    }
    zip_int64_t count = zip_get_num_entries(z, 0);
    for (zip_int64_t i = 0; i < count && i < MOST_ENTRIES; i++)
        read_zip_entry(s, z, (zip_uint64_t)i, name);
    zip_discard(z);
}
#else
static void read_zip(Submission *s, int fd, const char *name)
{
    refuse(s, name, "zip files cannot be read here: libzip is missing); install it (make deps) and build again";
    close(fd);
}
#endif

/* ---- a folder --------------------------------------------------------------------------------------- */

typedef struct Walk {
    Submission *s;
    int entries;
} Walk;

static void walk(Walk *w, int folder, const char *prefix, int depth);

static void take_plain(Submission *s, int fd, const char *path, const struct stat *st)
{
    SubmittedFile *f = add(s, path, st->st_mtime);
    if (f && fd < 0)
        f->refused = S_ISLNK(st->st_mode) ? "symbolic links are not followed" : "it cannot be opened";
    else if (f)
        read_plain(f, fd, st);
}

/* One entry of a folder; it may be anything. */
static void walk_entry(Walk *w, int folder, const char *prefix, const char *name, int depth)
{
    char path[PATHS];
    struct stat st;
    if (snprintf(path, sizeof path - 1, "%s%s", prefix, name) >= (int)sizeof path - 1)
        return;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if ((fd >= 0 ? fstat(fd, &st) : fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW)) != 0)
        st = (struct stat){.st_mode = 0};
    if (is_other_archive(name)) {
        refuse(w->s, path, "of archives only .zip is read");
    } else if (may_be_exercise(name) || S_ISLNK(st.st_mode)) {
        take_plain(w->s, fd, path, &st);
    } else if (fd >= 0 && S_ISREG(st.st_mode) && ends_with(name, ".zip")) {
        read_zip(w->s, fd, path);
        return;
    } else if (fd >= 0 && S_ISDIR(st.st_mode) && !is_skipped_folder(name, strlen(name)) &&
               depth < DEEPEST) {
        strcat(path, "/");
        walk(w, fd, path, depth + 1);
    }
    if (fd >= 0)
        close(fd);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of names, so that it does not depend on the disk. */
static void walk(Walk *w, int folder, const char *prefix, int depth)
{
    char **names = memory_new(MOST_ENTRIES * sizeof *names);
    int count = 0, copy = dup(folder);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; d && (entry = readdir(d)) && w->entries < MOST_ENTRIES; w->entries++) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[count++] = memory_string(entry->d_name);
    }
    if (d)
        closedir(d);
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) {
        walk_entry(w, folder, prefix, names[i], depth);
        free(names[i]);
    }
    free(names);
}

Submission *submission_read(const char *path, Error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        error_set(e, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    Submission *s = memory_zero(1, sizeof *s);
    if (S_ISDIR(st.st_mode)) {
        Walk w = {.s = s};
        walk(&w, fd, "", 0);
        close(fd);
    } else if (S_ISREG(st.st_mode) && ends_with(path, ".zip")) {
        read_zip(s, fd, base_of(path));
    } else {
        close(fd);
        submission_free(s);
        error_set(e, "%s: a folder or a .zip file was expected", path);
        return NULL;
    }
    return s;
}

void submission_free(Submission *s)
{
    for (int i = 0; s && i < s->count; i++) {
        free(s->files[i].path);
        free(s->files[i].text);
    }
    free(s);
}

time_t submission_time(const Submission *s)
{
    time_t latest = 0;
    for (int i = 0; i < s->count; i++) {
        if (s->files[i].used && s->files[i].changed > latest)
            latest = s->files[i].changed;
    }
    return latest;
}

/* ---- whose file it is ------------------------------------------------------------------------------- */

/* "Ch03_EX7_Masks (1).c.txt" -> "ch03_ex7_masks": small letters, _ for blanks and dashes, without
 * endings and the marks of copies. */
static void plain_name(const char *path, char name[NAMES])
{
    static const char *const endings[] = {".txt",   ".cpp", ".c",        "_copy",
                                          "_final", "_new", "_solution", NULL};
    size_t n = 0;
    for (const char *c = base_of(path); *c && n < NAMES - 1; c++)
        name[n++] = *c == ' ' || *c == '-' ? '_' : (char)tolower((unsigned char)*c);
    name[n] = '\0';
    for (bool cut = true; cut;) {
        cut = false;
        for (int i = 0; endings[i]; i++) {
            n = strlen(name);
            if (n > strlen(endings[i]) && ends_with(name, endings[i]))
                name[n - strlen(endings[i])] = '\0', cut = true;
        }
        n = strlen(name);
        if (n > 1 && name[n - 1] == '_')
            name[n - 1] = '\0', cut = true;
        char *bracket = n && name[n - 1] == ')' ? strrchr(name, '(') : NULL;
        if (bracket > name && strspn(bracket + 1, "0123456789") == strlen(bracket + 1) - 1)
            *bracket = '\0', cut = true;
    }
}

/* The chapter that a path names, "ch03" or "" */
static void chapter_of(const char *path, char chapter[8])
{
    chapter[0] = '\0';
    for (const char *c = path; *c; c++) {
        bool begins = c == path || !isalnum((unsigned char)c[-1]);
        if (begins && strncasecmp(c, "ch", 2) == 0 && isdigit((unsigned char)c[2]) &&
            isdigit((unsigned char)c[3]) && !isalnum((unsigned char)c[4]))
            snprintf(chapter, 8, "ch%c%c", c[2], c[3]);
    }
}

static bool starts_with_word(const char *name, const char *word)
{
    size_t n = strlen(word);
    return strncmp(name, word, n) == 0 && !isalnum((unsigned char)name[n]);
}

static int exercises_called(const Book *b, const char *id, const char *name)
{
    int count = 0;
    for (int i = 0; i < b->count; i++)
        count += (id && strcmp(b->items[i].id, id) == 0) || (name && strcmp(b->items[i].name, name) == 0);
    return count;
}

/* How well a path fits an exercise; 0 is best, NO_FIT not at all. */
enum { NO_FIT = 9 };

static int fit(const Book *b, const Exercise *x, const char *path)
{
    char own[EXERCISE_PATH], name[NAMES], chapter[8];
    exercise_path(x, own);
    if (is_other_archive(path))
        return NO_FIT;
    if (strcmp(path, own) == 0)
        return 0;
    size_t n = strlen(path), m = strlen(own);
    if (n > m && path[n - m - 1] == '/' && strcmp(path + n - m, own) == 0)
        return 1;
    plain_name(path, name);
    chapter_of(path, chapter);
    if (chapter[0] && strcmp(chapter, x->chapter) != 0)
        return NO_FIT;
    const char *rest = starts_with_word(name, chapter) && chapter[0] && name[4] == '_' ? name + 5 : name;
    char wanted[NAMES];
    snprintf(wanted, sizeof wanted, "%s.c", x->name);
    if (strcmp(base_of(path), wanted) == 0)
        return 2;
    plain_name(x->name, wanted);
    if (strcmp(rest, wanted) == 0)
        return 3;
    if (!chapter[0] && exercises_called(b, x->id, NULL) > 1)
        return NO_FIT;
    if (strcmp(rest, x->id) == 0)
        return 4;
    return starts_with_word(rest, x->id) && !exercises_called(b, NULL, rest) ? 5 : NO_FIT;
}

static bool same_text(const SubmittedFile *a, const SubmittedFile *b)
{
    return a->text && b->text && a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

SubmittedFile *submission_find(Submission *s, const Book *b, const Exercise *x, char why[256])
{
    SubmittedFile *best = NULL, *other = NULL;
    int fit_of_best = NO_FIT;
    why[0] = '\0';
    for (int i = 0; i < s->count; i++) {
        SubmittedFile *f = &s->files[i];
        int how = fit(b, x, f->path);
        if (how < fit_of_best) {
            best = f;
            other = NULL;
            fit_of_best = how;
        } else if (how == fit_of_best && best && !same_text(f, best)) {
            other = f;
        }
    }
    if (other) {
        snprintf(why, 256, "two files could be it: %.100s and %.100s", best->path, other->path);
        best->used = other->used = true; /* named here, and need not be named again */
        return NULL;
    }
    if (best)
        best->used = true;
    return best;
}

bool submission_is_stray(const Submission *s, const SubmittedFile *f)
{
    char name[NAMES];
    bool none_used = true;
    for (int i = 0; i < s->count; i++)
        none_used = none_used && !s->files[i].used;
    plain_name(f->path, name);
    const char *ex = strstr(name, "ex");
    return !f->used && (none_used || f->refused || (ex && isdigit((unsigned char)ex[2])));
}
