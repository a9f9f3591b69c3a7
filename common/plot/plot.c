/* plot.c -- writes a gnuplot script while the program describes its picture.
 *
 * The script holds all data inline, so a picture needs one process and one
 * pass. gnuplot is started directly, the script on its standard input and the
 * picture on its standard output: no shell and no file name comes near it. */
#include "common/plot/plot.h"

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/base/terminal.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FEW_CELLS = 12 /* rows or columns that still have room for numbers */ };

/* Distinct to colour-blind readers too (Okabe and Ito, 2008). */
static const char *const COLOURS[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000"};
enum { COLOUR_COUNT = sizeof COLOURS / sizeof *COLOURS };

static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

struct Plot {
    char *path, *title, *xlabel, *ylabel, *right; /* right: the label of that axis, or NULL */
    FILE *data, *draw; /* the inline data $d0, $d1 ...; the commands that draw them */
    char *data_text, *draw_text;
    size_t data_size, draw_size;
    int series, panels, rows, cols; /* lines and points; or heatmaps and their shape */
    bool log_x, log_y;
    float least, most; /* the scale of colours */
};

/* ---- texts ---------------------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at s; 0 if it is not one. */
static int character_size(const unsigned char *s)
{
    int size = s[0] < 0x80    ? 1
               : s[0] >= 0xf5 ? 0
               : s[0] >= 0xf0 ? 4
               : s[0] >= 0xe0 ? 3
               : s[0] >= 0xc2 ? 2
                              : 0;
    for (int i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90);
    bool not_xml = s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
    return overlong || beyond || not_xml ? 0 : size;
}

/* A gnuplot string. Letters, digits and spaces stand for themselves and every
 * other ASCII character is written as \0ooo, so nothing in the text can end the
 * string or be substituted; after a first 0 gnuplot takes three more digits, so
 * that a digit of the text behind them stays a digit. (Single quotes look simpler, but gnuplot 5.4 loses
 * count when a text holds several.) Control characters become spaces. In tic
 * labels gnuplot reads '%' as a format: percent doubles it. */
static void quote(FILE *f, const char *text, bool percent)
{
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    putc('"', f);
    while (*s) {
        int size = character_size(s);
        if (*s == '%' && percent)
            fputs("\\0045", f);
        if (size > 1)
            fwrite(s, 1, (size_t)size, f);
        else if (size == 0)
            putc('?', f);
        else if (*s <= ' ' || *s == 0x7f)
            putc(' ', f);
        else if (strchr(PLAIN, *s))
            putc(*s, f);
        else
            fprintf(f, "\\0%03o", *s);
        s += size ? size : 1;
    }
    putc('"', f);
}

static void number(FILE *f, float x)
{
    if (isfinite(x))
        fprintf(f, "%.7g ", (double)x);
    else
        fputs("NaN ", f);
}

static char *copy_or_null(const char *text)
{
    return text ? memory_string(text) : NULL;
}

/* ---- describing ----------------------------------------------------------------------------------- */

Plot *plot_new(const char *path, const char *title, const char *xlabel, const char *ylabel)
{
    Plot *p = memory_zero(1, sizeof *p);
    p->path = memory_string(path);
    p->title = copy_or_null(title);
    p->xlabel = copy_or_null(xlabel);
    p->ylabel = copy_or_null(ylabel);
    p->data = open_memstream(&p->data_text, &p->data_size);
    p->draw = open_memstream(&p->draw_text, &p->draw_size);
    if (!p->data || !p->draw)
        error_exitf("out of memory: a picture was needed");
    return p;
}

static void close_streams(Plot *p)
{
    if (p->data)
        fclose(p->data);
    if (p->draw)
        fclose(p->draw);
    p->data = p->draw = NULL;
}

void plot_free(Plot *p)
{
    if (!p)
        return;
    close_streams(p);
    free(p->data_text);
    free(p->draw_text);
    free(p->path);
    free(p->title);
    free(p->xlabel);
    free(p->ylabel);
    free(p->right);
    free(p);
}

static void add_series(Plot *p, const char *name, const float *x, const float *y, int n, const char *style)
{
    if (p->panels)
        FATAL("plot: '%s' already holds a heatmap; lines and points need a picture of their own", p->path);
    fprintf(p->data, "$d%d << EOD\n", p->series);
    for (int i = 0; i < n; i++) {
        number(p->data, x ? x[i] : (float)i);
        number(p->data, y[i]);
        putc('\n', p->data);
    }
    fputs("EOD\n", p->data);
    fprintf(p->draw, "%s$d%d using 1:2 %s with %s lc rgb '%s' ", p->series ? ", " : "plot ", p->series,
            p->right ? "axes x1y2" : "", style, p->right ? "#b0b0b0" : COLOURS[p->series % COLOUR_COUNT]);
    fputs(name ? "title " : "notitle", p->draw);
    if (name)
        quote(p->draw, name, false);
    p->series++;
}

void plot_line(Plot *p, const char *name, const float *x, const float *y, int n)
{
    add_series(p, name, x, y, n, p->right ? "lines lw 1" : "lines lw 2");
}

void plot_points(Plot *p, const char *name, const float *x, const float *y, int n)
{
    add_series(p, name, x, y, n, "points pt 7 ps 0.5");
}

void plot_right_axis(Plot *p, const char *label)
{
    free(p->right);
    p->right = memory_string(label ? label : "");
}

void plot_log_axes(Plot *p, bool x, bool y)
{
    p->log_x = x;
    p->log_y = y;
}

void plot_heatmap(Plot *p, const float *values, int rows, int cols, const char *const *row_names,
                  const char *const *col_names)
{
    plot_multi(p, 1, NULL, values, rows, cols, row_names, col_names);
}

static void add_cells(Plot *p, const float *values)
{
    fprintf(p->data, "$d%d << EOD\n", p->panels);
    for (int r = 0; r < p->rows; r++) {
        for (int c = 0; c < p->cols; c++) {
            float x = values[r * p->cols + c];
            fprintf(p->data, "%d %d ", c, r);
            number(p->data, x);
            putc('\n', p->data);
            if (isfinite(x)) {
                p->least = x < p->least ? x : p->least;
                p->most = x > p->most ? x : p->most;
            }
        }
    }
    fputs("EOD\n", p->data);
}

static void add_tics(Plot *p, char axis, const char *const *names, int count)
{
    int longest = 0;
    if (!names) {
        fprintf(p->draw, "unset %ctics\n", axis);
        return;
    }
    for (int i = 0; i < count; i++)
        longest = terminal_width(names[i]) > longest ? terminal_width(names[i]) : longest;
    fprintf(p->draw, "set %ctics scale 0 %s (", axis,
            axis == 'x' && longest > 4 ? "rotate by 45 right" : "");
    for (int i = 0; i < count; i++) {
        fputs(i ? ", " : "", p->draw);
        quote(p->draw, names[i], true);
        fprintf(p->draw, " %d", i);
    }
    fputs(")\n", p->draw);
}

void plot_multi(Plot *p, int panels, const char *const *titles, const float *values, int rows, int cols,
                const char *const *row_names, const char *const *col_names)
{
    if (p->series || p->panels)
        FATAL("plot: '%s' already holds something; heatmaps need a picture of their own", p->path);
    if (panels < 1 || rows < 1 || cols < 1)
        FATAL("plot: %d heatmaps of %d rows and %d columns; each must be at least 1", panels, rows, cols);
    p->rows = rows;
    p->cols = cols;
    add_tics(p, 'x', col_names, cols);
    add_tics(p, 'y', row_names, rows);
    for (; p->panels < panels; p->panels++) {
        add_cells(p, values + (size_t)p->panels * (size_t)rows * (size_t)cols);
        if (panels > 1) {
            fputs("set title ", p->draw);
            quote(p->draw, titles ? titles[p->panels] : NULL, false);
            putc('\n', p->draw);
        }
        fprintf(p->draw, "plot $d%d using 1:2:(0.5):(0.5):3 with boxxyerror fs solid %s fc palette notitle",
                p->panels, rows * cols > 4096 ? "noborder" : "border lc rgb 'white'");
        if (rows <= FEW_CELLS && cols <= FEW_CELLS)
            fprintf(p->draw,
                    ", $d%d using 1:2:(strcol(3) eq 'NaN' ? '' : sprintf('%%.2f', $3)) with labels font "
                    "',9' notitle",
                    p->panels);
        putc('\n', p->draw);
    }
}

/* ---- the script ----------------------------------------------------------------------------------- */

static void set_text(FILE *f, const char *what, const char *text)
{
    if (!text)
        return;
    fprintf(f, "set %s ", what);
    quote(f, text, false);
    putc('\n', f);
}

static void write_terminal(FILE *f, int width, int height)
{
    fprintf(f,
            "set encoding utf8\n"
            "set terminal svg size %d,%d font 'sans-serif,12' noenhanced background '#ffffff'\n"
            "set border lc rgb '#808080'\n",
            width, height);
}

static void write_series(const Plot *p, FILE *f)
{
    write_terminal(f, 640, 420);
    fprintf(f, "set grid lc rgb '#e0e0e0'\nset key below samplen 2 noenhanced\n%s%s",
            p->log_x ? "set logscale x\n" : "", p->log_y ? "set logscale y\n" : "");
    set_text(f, "title", p->title);
    set_text(f, "xlabel", p->xlabel);
    set_text(f, "ylabel", p->ylabel);
    if (p->right)
        fputs("set ytics nomirror\nset y2tics\nset y2range [0:*]\n", f);
    set_text(f, "y2label", p->right);
}

static int least_of(int a, int b)
{
    return a < b ? a : b;
}

static void write_heatmaps(const Plot *p, FILE *f)
{
    int longest = p->rows > p->cols ? p->rows : p->cols;
    int cell = longest <= FEW_CELLS ? 40 : 1 + 480 / longest;
    int across = p->panels % 4 && p->panels % 3 == 0 ? 3 : least_of(p->panels, 4),
        down = (p->panels + across - 1) / across;
    write_terminal(f, across * (p->cols * cell + 110) + 40, down * (p->rows * cell + 110) + 30);
    float most = p->most > -p->least ? p->most : -p->least;
    most = most > 0 ? most : 1;
    fprintf(f, "set size ratio %g\nset cbrange [%.7g:%.7g]\n", (double)p->rows / p->cols,
            p->least < 0 ? -(double)most : 0.0, (double)most);
    fprintf(f, "set palette defined (%s0 '#ffffff', 1 '#4c8fd6')\n", p->least < 0 ? "-1 '#e07a5f', " : "");
    fprintf(f, "set xrange [-0.5:%d.5]\nset yrange [%d.5:-0.5]\n", p->cols - 1, p->rows - 1);
    set_text(f, "xlabel", p->xlabel);
    set_text(f, "ylabel", p->ylabel);
    if (p->panels == 1) {
        set_text(f, "title", p->title);
        return;
    }
    fprintf(f, "unset colorbox\nset multiplot layout %d,%d title ", down, across);
    quote(f, p->title, false);
    putc('\n', f);
}

static void write_script(Plot *p, FILE *f)
{
    if (p->panels)
        write_heatmaps(p, f);
    else
        write_series(p, f);
    close_streams(p);
    fwrite(p->data_text, 1, p->data_size, f);
    fwrite(p->draw_text, 1, p->draw_size, f);
    fputs(p->panels > 1 ? "unset multiplot\n" : "\n", f);
}

/* ---- running gnuplot ------------------------------------------------------------------------------ */

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

static bool copy_picture(FILE *picture, const char *path, Error *e)
{
    if (!make_directory_of(path, e))
        return false;
    FileWriter *w = file_create(path, e);
    if (!w)
        return false;
    char bytes[8192];
    size_t size, total = 0;
    rewind(picture);
    while ((size = fread(bytes, 1, sizeof bytes, picture)) > 0) {
        file_write(w, bytes, size);
        total += size;
    }
    if (total > 0 && !ferror(picture))
        return file_commit(w, e);
    file_abandon(w);
    return error_set(e, "%s: gnuplot drew nothing", path);
}

bool plot_save(Plot *p, Error *e)
{
    FILE *script = tmpfile(), *picture = tmpfile(), *complaint = tmpfile();
    bool good = script && picture && complaint;
    if (!good)
        error_set(e, "%s: no temporary file: %s", p->path, strerror(errno));
    else if (p->series + p->panels == 0)
        good = error_set(e, "%s: the picture is empty", p->path);
    if (good) {
        write_script(p, script);
        good = (fflush(script) == 0 && !ferror(script)) || error_set(e, "%s: %s", p->path, strerror(errno));
        rewind(script);
    }
    good = good && run_gnuplot(script, picture, complaint, e) && copy_picture(picture, p->path, e);
    FILE *const files[] = {script, picture, complaint};
    for (int i = 0; i < 3; i++) {
        if (files[i])
            fclose(files[i]);
    }
    plot_free(p);
    return good;
}

void plot_finish(Plot *p, const char *label)
{
    Error e = {""};
    char *path = memory_string(p->path);
    if (plot_save(p, &e))
        printf("%s: %s\n", label, path);
    else
        printf("%*sno picture: %s\n", (int)strspn(label, " "), "", e.text);
    free(path);
}
