/* save.c -- runs gnuplot and saves the pictures, one for each language.
 *
 * gnuplot is started directly, the script on its standard input and the picture on its standard output: no shell and
 * no file name comes near it. */
#include "common/plot/picture.h"

#include "common/base/file.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- gnuplot ------------------------------------------------------------------------------------- */

/* The last line that is not empty: gnuplot shows the command first, then what is wrong with it. */
static void last_line(FILE *f, char *line, size_t room)
{
    char next[256];
    line[0] = '\0';
    rewind(f);
    while (fgets(next, sizeof next, f)) {
        size_t blanks = strspn(next, " \t\n");
        if (next[blanks])
            snprintf(line, room, "%.*s", (int)strcspn(next + blanks, "\n"), next + blanks);
    }
}

/* Runs gnuplot on the script; its picture and its complaints go to files. */
static bool run_gnuplot(FILE *script, FILE *picture, FILE *complaint, Error *e)
{
    char *const argv[] = {"gnuplot", "-d", NULL}; /* -d: the user's own settings change nothing */
    posix_spawn_file_actions_t files;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(picture), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(complaint), STDERR_FILENO);
    int failure = posix_spawnp(&child, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    if (failure)
        return error_set(e, "gnuplot: %s; install it (make deps) to get pictures", strerror(failure));
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return error_set(e, "gnuplot: %s", strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) /* a C library that reports a failed start so */
        return error_set(e, "gnuplot: cannot be started; install it (make deps) to get pictures");
    char line[256];
    last_line(complaint, line, sizeof line);
    return error_set(e, "gnuplot: %s", line[0] ? line : "ended without a picture");
}

/* What the file holds, in the picture's memory; "" if it cannot be read. */
static char *content(const Plot *p, FILE *f)
{
    long size = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : 0;
    char *bytes = arena_alloc(p->memory, (size_t)(size > 0 ? size : 0) + 1);
    rewind(f);
    bytes[fread(bytes, 1, (size_t)(size > 0 ? size : 0), f)] = '\0';
    return bytes;
}

/* What gnuplot draws for the layout, as text in the picture's memory; NULL and *e if it does not. */
static char *draw(const Plot *p, const Layout *l, Error *e)
{
    FILE *script = tmpfile(), *picture = tmpfile(), *complaint = tmpfile();
    char *drawn = NULL;
    if (!script || !picture || !complaint) {
        error_set(e, "%s: no temporary file: %s", p->path, strerror(errno));
    } else {
        script_write(p, l, script);
        bool written = fflush(script) == 0 && !ferror(script);
        if (!written)
            error_set(e, "%s: %s", p->path, strerror(errno));
        rewind(script);
        if (written && run_gnuplot(script, picture, complaint, e))
            drawn = content(p, picture);
    }
    FILE *const files[] = {script, picture, complaint};
    for (int i = 0; i < 3; i++) {
        if (files[i])
            fclose(files[i]);
    }
    if (drawn && !*drawn)
        error_set(e, "%s: gnuplot drew nothing", p->path);
    return drawn && *drawn ? drawn : NULL;
}

/* ---- files --------------------------------------------------------------------------------------- */

/* NAME.svg, or NAME.zh.svg. */
static char *path_in(const Plot *p, PlotLanguage language)
{
    size_t stem = strlen(p->path) - 4;
    char *path = arena_alloc(p->memory, stem + 8);
    sprintf(path, "%.*s%s", (int)stem, p->path, language == PLOT_ZH ? ".zh.svg" : ".svg");
    return path;
}

static bool make_directory_of(const char *path, Error *e)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    char *directory = memory_string(path);
    directory[slash - path] = '\0';
    bool good = file_make_directory(directory, e);
    free(directory);
    return good;
}

static bool write_picture(const char *path, const char *svg, size_t size, Error *e)
{
    FileWriter *w = make_directory_of(path, e) ? file_create(path, e) : NULL;
    if (!w)
        return false;
    file_write(w, svg, size);
    return file_commit(w, e);
}

static bool save_in(const Plot *p, PlotLanguage language, Error *e)
{
    const Layout *l = layout_make(p, language);
    const char *drawn = draw(p, l, e);
    if (!drawn)
        return false;
    char *svg = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&svg, &size);
    if (!out)
        error_exitf("out of memory: a picture was needed");
    svg_finish(drawn, text_in(p->title, language), language, l->height, out);
    fclose(out);
    bool good = write_picture(path_in(p, language), svg, size, e);
    free(svg);
    return good;
}

static bool is_empty(const Plot *p)
{
    for (int i = 0; i < p->count; i++) {
        if (!p->panels[i].cells && p->panels[i].count == 0)
            return true;
    }
    return false;
}

bool plot_save(Plot *p, Error *e)
{
    bool good = is_empty(p) ? error_set(e, "%s: a panel of the picture is empty", p->path) : true;
    if (p->language != PLOT_ZH)
        good = good && save_in(p, PLOT_EN, e);
    if (p->language != PLOT_EN)
        good = good && save_in(p, PLOT_ZH, e);
    plot_free(p);
    return good;
}

void plot_finish(Plot *p, const char *label)
{
    Error e = {""};
    char *path = memory_string(path_in(p, p->language == PLOT_ZH ? PLOT_ZH : PLOT_EN));
    if (plot_save(p, &e))
        printf("%s: %s\n", label, path);
    else
        printf("%*sno picture: %s\n", (int)strspn(label, " "), "", e.text);
    free(path);
}
