/* build.c -- three runs of the compiler in the sandbox: preprocess, compile, link.
 *
 * x.c is the learner's headers, SOURCE_BEGINS and the rest of his text, as source.c translated it;
 * x.i is what the preprocessor makes of it, and what is compiled is the very text that was
 * looked at. Under its own name lies his file as it is, for the compiler to quote from. The
 * sandbox shows the compiler the system, common/, the chapter's header and the
 * folder of this grading, nothing else: no solution, no check, no other learner. */
#include "common/grade/build.h"

#include "common/base/base.h"
#include "common/grade/object.h"
#include "common/grade/printable.h"
#include "common/grade/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of processor time for each program; a busy machine may take longer. */
enum { BUILD_SECONDS = 20, BUILD_PATIENCE = 6 };
enum { MOST_WORDS = 96, PATHS = 2 * EXERCISE_PATH, LINES_SHOWN = 4096 };
static const size_t BUILD_MEMORY = (size_t)1 << 30, LARGEST_FILE = (size_t)64 << 20;

/* ---- the folder ------------------------------------------------------------------------------------- */

bool scratch_make(Scratch *s, const char *build, Error *e)
{
    char parent[EXERCISE_PATH];
    snprintf(parent, sizeof parent, "%s/grade/tmp", build);
    if (!file_make_directory(parent, e))
        return false;
    int length = snprintf(s->dir, sizeof s->dir, "%s/XXXXXX", parent);
    if (length >= (int)sizeof s->dir || !mkdtemp(s->dir) || chmod(s->dir, 0755) != 0)
        return error_set(e, "%s: cannot make a folder: %s", parent, strerror(errno));
    return true;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *f)
{
    (void)s;
    (void)kind;
    (void)f;
    return remove(path) != 0 && errno != ENOENT;
}

void scratch_remove(const Scratch *s)
{
    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *scratch_path(const Scratch *s, const char *name, char path[2 * EXERCISE_PATH])
{
    snprintf(path, PATHS, "%s/%s", s->dir, name);
    return path;
}

/* ---- the kit: how this repository compiles and links ------------------------------------------------- */

/* build/grade/chNN/kit: the compiler and its options on one line, what to link with on the next. */
typedef struct Kit {
    char *text;
    char *compile[MOST_WORDS], *link[MOST_WORDS];
} Kit;

static char *take_words(char *line, char **words)
{
    char *next = strchr(line, '\n');
    int count = 0;
    if (next)
        *next++ = '\0';
    for (char *rest = line, *word; count < MOST_WORDS - 1 && (word = strtok_r(rest, " ", &rest)); count++)
        words[count] = word;
    words[count] = NULL;
    return next;
}

static bool kit_read(Kit *k, const Grader *g, const Exercise *x, Error *e)
{
    char path[PATHS];
    size_t size;
    snprintf(path, sizeof path, "%s/grade/%s/kit%s", g->build, x->chapter, g->kit ? g->kit : "");
    k->text = file_read(path, &size, e);
    if (!k->text)
        return false;
    char *second = take_words(k->text, k->compile);
    if (!second || !k->compile[0])
        return error_set(e, "%s: two lines were expected", path);
    take_words(second, k->link);
    return true;
}

/* ---- one run ---------------------------------------------------------------------------------------- */

typedef struct Build {
    const Grader *g;
    const Exercise *x;
    const Scratch *s;
    Kit kit;
    char common[PATHS], header[PATHS], source[EXERCISE_PATH];
} Build;

static void append(char **argv, char *const *words)
{
    int n = 0;
    while (argv[n])
        n++;
    while (*words && n < 2 * MOST_WORDS - 1)
        argv[n++] = *words++;
    argv[n] = NULL;
}

/* Runs the compiler with more words; what it says is appended to the file `said`. */
static int run(const Build *b, const char *said, char *const *more, char *const *more_still)
{
    char *argv[2 * MOST_WORDS] = {NULL}, path[PATHS];
    Sandbox box = {.tier = b->g->tier,
                   .work = b->s->dir,
                   .may_write = true,
                   .views = {b->common, b->header},
                   .hidden = {b->g->root, b->g->build},
                   .cpu_seconds = BUILD_SECONDS,
                   .memory = BUILD_MEMORY,
                   .file_size = LARGEST_FILE,
                   .channel = -1};
    append(argv, b->kit.compile);
    append(argv, more);
    append(argv, more_still);
    int views = 2;
    for (char *const *w = more_still; *w; w++) {
        if ((*w)[0] == '/' && views < SANDBOX_VIEWS - 1)
            box.views[views++] = *w;
    }
    box.output = open(scratch_path(b->s, said, path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    pid_t child = sandbox_start(&box, argv);
    int status = child < 0 ? 127 : sandbox_wait(child, clock_seconds() + BUILD_PATIENCE * BUILD_SECONDS);
    if (box.output >= 0)
        close(box.output);
    return status;
}

static char *text_of(const Error *e)
{
    return make_printable(memory_string(e->text));
}

/* ---- the steps -------------------------------------------------------------------------------------- */

static bool write_file(const Build *b, const char *name, const char *const *parts, Error *e)
{
    char path[PATHS];
    FileWriter *w = file_create(scratch_path(b->s, name, path), e);
    for (; w && *parts; parts++)
        file_printf(w, "%s", *parts);
    return w && file_commit(w, e);
}

/* The learner's file as it is, and x.c, which is compiled; where the looks are off, the two are the same. */
static Status write_source(const Build *b, const char *text, const Source *source, char **message)
{
    char folder[PATHS], run_folder[PATHS], line[PATHS];
    Error e = {""};
    snprintf(folder, sizeof folder, "%s/%s/exercises", b->s->dir, b->x->chapter);
    snprintf(line, sizeof line, "#line 1 \"%s\"\n", b->source);
    const char *const own[] = {text, NULL};
    const char *const translated[] = {source->headers, SOURCE_BEGINS, line, source->text, NULL};
    bool good =
        file_make_directory(folder, &e) && file_make_directory(scratch_path(b->s, "run", run_folder), &e) &&
        write_file(b, b->source, own, &e) && write_file(b, "x.c", b->g->unguarded ? own : translated, &e);
    if (!good)
        *message = text_of(&e);
    return good ? STATUS_PASSED : STATUS_GRADER_ERROR;
}

/* What the compiler says, or why it could not say it. */
static Status compiler_failed(const Build *b, int status, char **message)
{
    char path[PATHS];
    char *said = read_printable(scratch_path(b->s, "said", path), LINES_SHOWN);
    if (status == SANDBOX_LATE || status > 128 || !said[0]) {
        free(said);
        said = memory_string("the compiler was stopped: it took too much time, memory or space\n");
    }
    *message = said;
    return STATUS_COMPILE_ERROR;
}

static char *read_part(const Build *b, const char *name, size_t *size, Error *e)
{
    char path[PATHS];
    return file_read(scratch_path(b->s, name, path), size, e);
}

static Status preprocess(const Build *b, char **message)
{
    char *const words[] = {"-E", "x.c", "-o", "x.i", NULL}, *const none[] = {NULL};
    int status = run(b, "said", words, none);
    size_t size;
    Error e = {""};
    if (status != 0)
        return compiler_failed(b, status, message);
    char *text = read_part(b, "x.i", &size, &e);
    bool good = text && (b->g->unguarded || source_check_preprocessed(text, size, b->source, &e));
    free(text);
    if (!good)
        *message = text_of(&e);
    return good ? STATUS_PASSED : STATUS_REFUSED;
}

static Status compile(const Build *b, char **message)
{
    char *const words[] = {"-Wall",
                           "-Wextra",
                           "-Wno-unused-parameter",
                           "-Werror=implicit-function-declaration",
                           "-c",
                           "x.i",
                           "-o",
                           "x.o",
                           NULL};
    char *const strict[] = {b->g->strict ? "-Werror" : NULL, NULL};
    int status = run(b, "said", words, strict);
    size_t size;
    Error e = {""};
    if (status != 0)
        return compiler_failed(b, status, message);
    char *object = read_part(b, "x.o", &size, &e);
    bool good = object && (b->g->unguarded ||
                           object_check((unsigned char *)object, size, b->x->function, b->x->uses, &e));
    free(object);
    if (!good)
        *message = text_of(&e);
    return good ? STATUS_PASSED : STATUS_REFUSED;
}

static Status link_worker(const Build *b, char **message)
{
    char *const words[] = {"x.o", "-o", "run/worker", NULL};
    char path[PATHS];
    size_t size;
    Error e = {""};
    if (run(b, "linked", words, b->kit.link) != 0) {
        *message = read_printable(scratch_path(b->s, "linked", path), LINES_SHOWN);
        return STATUS_COMPILE_ERROR;
    }
    char *program = read_part(b, "run/worker", &size, &e);
    bool good = program &&
                (b->g->unguarded || object_check_program((unsigned char *)program, size, b->x->uses, &e));
    free(program);
    if (!good)
        *message = text_of(&e);
    return good ? STATUS_PASSED : STATUS_REFUSED;
}

static Status build_it(Build *b, const char *text, size_t size, char **message)
{
    Source source = {NULL, NULL};
    Error e = {""};
    if (!kit_read(&b->kit, b->g, b->x, &e)) {
        *message = text_of(&e);
        return STATUS_GRADER_ERROR;
    }
    if (!b->g->unguarded && !source_read(&source, text, size, b->source, &e)) {
        *message = text_of(&e);
        return STATUS_REFUSED;
    }
    Status status = write_source(b, text, &source, message);
    source_free(&source);
    if (status == STATUS_PASSED)
        status = preprocess(b, message);
    if (status == STATUS_PASSED)
        status = compile(b, message);
    if (status == STATUS_PASSED)
        status = link_worker(b, message);
    return status;
}

Status build_worker(const Grader *g, const Exercise *x, const Scratch *s, const char *text, size_t size,
                    char **message)
{
    Build b = {.g = g, .x = x, .s = s};
    char path[PATHS];
    snprintf(b.common, sizeof b.common, "%s/common", g->root);
    snprintf(b.header, sizeof b.header, "%s/%s/exercises/exercises.h", g->root, x->chapter);
    exercise_path(x, b.source);
    *message = NULL;
    Status status = build_it(&b, text, size, message);
    if (status == STATUS_PASSED)
        *message = read_printable(scratch_path(s, "said", path), LINES_SHOWN);
    free(b.kit.text);
    return status;
}
