/* exercise.c -- reading exercises.tsv, and making skeletons of solutions. */
#include "common/grade/exercise.h"

#include "common/base/arena.h"
#include "common/base/file.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 13, MOST_POINTS = 1000 };

static const char HEADER[] =
    "id\tname\tfunction\tcall\tuses\tpoints\tminutes\tsection\tseconds\ttitle\ttitle_zh\thints\thints_zh";

/* ---- a line ----------------------------------------------------------------------------------------- */

/* A word that may become part of a path and of a C name. */
static bool is_word(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return n > 0 && s[n] == '\0' && n < 64;
}

static bool read_number(const char *text, double least, double most, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= least && *value <= most;
}

static int split(char *text, const char *separator, char **parts, int most)
{
    int count = 0;
    for (char *next; text && count < most; text = next) {
        next = strstr(text, separator);
        if (next) {
            *next = '\0';
            next += strlen(separator);
        }
        parts[count++] = text;
    }
    return text ? most + 1 : count;
}

static bool read_hints(Exercise *x, int language, char *text)
{
    char *parts[EXERCISE_HINTS];
    x->hint_count[language] = split(text, " | ", parts, EXERCISE_HINTS);
    for (int i = 0; i < x->hint_count[language] && i < EXERCISE_HINTS; i++)
        x->hints[language][i] = parts[i];
    return x->hint_count[language] <= EXERCISE_HINTS;
}

static bool read_line(Exercise *x, char *line, Error *e)
{
    char *field[FIELDS];
    double points, minutes;
    if (split(line, "\t", field, FIELDS) != FIELDS)
        return error_set(e, "%d fields were expected, separated by TAB", FIELDS);
    if (!is_word(field[0]) || !is_word(field[1]) || !is_word(field[2]))
        return error_set(e, "id, name and function are words of letters, digits and _");
    if (!read_number(field[5], 1, MOST_POINTS, &points) || !read_number(field[6], 1, 1000, &minutes) ||
        !read_number(field[8], 0.1, 600, &x->seconds))
        return error_set(e, "points, minutes and seconds are positive numbers");
    x->id = field[0];
    x->name = field[1];
    x->function = field[2];
    x->call = field[3];
    x->uses = field[4];
    x->points = (int)points;
    x->minutes = (int)minutes;
    x->section = field[7];
    x->title[0] = field[9];
    x->title[1] = field[10];
    if (!read_hints(x, 0, field[11]) || !read_hints(x, 1, field[12]))
        return error_set(e, "more than %d hints", EXERCISE_HINTS);
    return true;
}

/* ---- a file ----------------------------------------------------------------------------------------- */

static bool is_new(const Book *b, const Exercise *x)
{
    for (int i = 0; i < b->count; i++) {
        const Exercise *o = &b->items[i];
        if (strcmp(o->chapter, x->chapter) == 0 &&
            (strcmp(o->id, x->id) == 0 || strcmp(o->name, x->name) == 0))
            return false;
    }
    return true;
}

static bool add_line(Book *b, const char *chapter, char *line, Error *e)
{
    Exercise x = {.points = 0};
    snprintf(x.chapter, sizeof x.chapter, "%.4s", chapter);
    if (!read_line(&x, line, e))
        return false;
    if (!is_new(b, &x))
        return error_set(e, "%s or %s was there before", x.id, x.name);
    if (b->count == EXERCISE_MOST)
        return error_set(e, "more than %d exercises", EXERCISE_MOST);
    b->items[b->count++] = x;
    return true;
}

static bool add_file(Book *b, const char *chapter, const char *path, Error *e)
{
    size_t size;
    Error inner = {""};
    char *text = file_read(path, &size, e);
    if (!text)
        return false;
    b->text[b->files++] = text;
    int number = 0;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        if (number == 1 && strcmp(line, HEADER) != 0)
            return error_set(e, "%s:1: the names of the fields were expected: see exercise.h", path);
        if (number > 1 && line[0] && line[0] != '#' && !add_line(b, chapter, line, &inner))
            return error_set(e, "%s:%d: %s", path, number, inner.text);
    }
    return true;
}

/* What the checks of these chapters say, in Chinese. */
static bool read_words(Book *b, const char *root, Error *e)
{
    char path[2 * EXERCISE_PATH];
    snprintf(path, sizeof path, "%s/common/grade/zh.tsv", root);
    b->words = words_read(NULL, path, e);
    for (int i = 0; i < b->count && b->words; i++) {
        if (i && strcmp(b->items[i].chapter, b->items[i - 1].chapter) == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s/exercises/zh.tsv", root, b->items[i].chapter);
        b->words = words_read(b->words, path, e);
    }
    for (int i = 0; i < b->count; i++)
        b->items[i].words = b->words;
    return b->words != NULL;
}

bool book_read(Book *b, const char *root, const char *chapter, Error *e)
{
    char pattern[EXERCISE_PATH];
    glob_t found;
    bool good = true;
    *b = (Book){.count = 0};
    snprintf(pattern, sizeof pattern, "%s/%s/exercises/exercises.tsv", root,
             chapter ? chapter : "ch[0-9][0-9]");
    if (glob(pattern, 0, NULL, &found) != 0)
        return error_set(e, "%s: there are no exercises", chapter ? chapter : root);
    for (size_t i = 0; i < found.gl_pathc && good && b->files < EXERCISE_MOST; i++)
        good = add_file(b, found.gl_pathv[i] + strlen(root) + 1, found.gl_pathv[i], e);
    globfree(&found);
    return good && read_words(b, root, e);
}

void book_free(Book *b)
{
    for (int i = 0; i < b->files; i++)
        free(b->text[i]);
    words_free(b->words);
}

/* ---- assignments ------------------------------------------------------------------------------------ */

/* Marks what one word of an assignment names; false if it names nothing or its points are none. */
static bool assign_word(const Book *b, char *word, int *points /* (count) */)
{
    Error none = {""};
    double own = 0;
    char *colon = strchr(word, ':');
    if (colon) {
        *colon = '\0';
        if (!read_number(colon + 1, 1, MOST_POINTS, &own) || own != (int)own)
            return false;
    }
    const Exercise *one = book_find(b, word, &none);
    bool found = one != NULL;
    for (int i = 0; i < b->count; i++) {
        const Exercise *x = &b->items[i];
        if (x != one && (one || colon || strcmp(x->chapter, word) != 0))
            continue;
        points[i] = own > 0 ? (int)own : x->points;
        found = true;
    }
    return found;
}

bool book_assign(Book *b, const char *assignment, Error *e)
{
    int points[EXERCISE_MOST] = {0}, kept = 0;
    char *text = memory_string(assignment);
    bool good = true;
    for (char *rest = text, *word; good && (word = strtok_r(rest, " ,\t\r\n", &rest));) {
        char *shown = memory_string(word);
        good = assign_word(b, word, points) ||
               error_set(
                   e, "%s: an assignment names exercises, as \"ch03/ex1 ch03/ex2:15\"; 15 are its points",
                   shown);
        free(shown);
    }
    free(text);
    for (int i = 0; i < b->count; i++)
        kept += points[i] > 0;
    if (!good || !kept)
        return good ? error_set(e, "the assignment is empty: as \"ch03/ex1 ch03/ex2:15\"") : false;
    kept = 0;
    for (int i = 0; i < b->count; i++) {
        if (!points[i])
            continue;
        b->items[kept] = b->items[i];
        b->items[kept++].points = points[i];
    }
    b->count = kept;
    return true;
}

char *book_assignment(const char *root)
{
    char path[2 * EXERCISE_PATH];
    size_t size;
    Error none = {""};
    snprintf(path, sizeof path, "%s/assignment.txt", root);
    return file_read(path, &size, &none);
}

const Exercise *book_find(const Book *b, const char *name, Error *e)
{
    char path[EXERCISE_PATH];
    for (int i = 0; name && i < b->count; i++) {
        const Exercise *x = &b->items[i];
        if (strcmp(exercise_path(x, path), name) == 0)
            return x;
        snprintf(path, sizeof path, "%s/%s", x->chapter, x->id);
        if (strcmp(path, name) == 0)
            return x;
        snprintf(path, sizeof path, "%s/%s", x->chapter, x->name);
        if (strcmp(path, name) == 0)
            return x;
    }
    error_set(e, "%s: no such exercise; write EX=ch03/ex1, and see `make status` for what there is",
              name && name[0] ? name : "EX is empty");
    return NULL;
}

char *exercise_path(const Exercise *x, char path[EXERCISE_PATH])
{
    snprintf(path, EXERCISE_PATH, "%s/exercises/%s.c", x->chapter, x->name);
    return path;
}

char *exercise_solution_path(const Exercise *x, char path[EXERCISE_PATH])
{
    snprintf(path, EXERCISE_PATH, "%s/exercises/solutions/%s.c", x->chapter, x->name);
    return path;
}

/* ---- skeletons -------------------------------------------------------------------------------------- */

static bool line_is(const char *line, const char *text)
{
    while (isblank((unsigned char)*line))
        line++;
    return strncmp(line, text, strlen(text)) == 0;
}

static const char BEGIN[] = "/* BEGIN SOLUTION */", END[] = "/* END SOLUTION */", TODO[] = "/* TODO */\n";

char *skeleton_of(const char *solution, const char *path, Error *e)
{
    char *skeleton = memory_new(strlen(solution) + 1), *to = skeleton;
    bool inside = false;
    int parts = 0, number = 1;
    for (const char *line = solution, *next; *line; line = next, number++) {
        next = strchr(line, '\n');
        next = next ? next + 1 : line + strlen(line);
        bool begins = line_is(line, BEGIN), ends = line_is(line, END);
        if (begins == inside && (begins || ends)) {
            error_set(e, "%s:%d: BEGIN SOLUTION and END SOLUTION do not alternate", path, number);
            free(skeleton);
            return NULL;
        }
        if (begins) { /* the TODO keeps the indentation of the line */
            size_t indent = strspn(line, " \t");
            memcpy(to, line, indent);
            memcpy(to + indent, TODO, sizeof TODO - 1);
            to += indent + sizeof TODO - 1;
            parts++;
        } else if (!inside && !ends) {
            memcpy(to, line, (size_t)(next - line));
            to += next - line;
        }
        inside = begins || (inside && !ends);
    }
    *to = '\0';
    if (parts && !inside)
        return skeleton;
    error_set(e, "%s: no part between %s and %s", path, BEGIN, END);
    free(skeleton);
    return NULL;
}

char *exercise_skeleton(const Exercise *x, const char *root, Error *e)
{
    char path[EXERCISE_PATH], full[2 * EXERCISE_PATH];
    size_t size;
    Error none = {""};
    snprintf(full, sizeof full, "%s/%s", root, exercise_solution_path(x, path));
    char *solution = file_read(full, &size, &none);
    if (!solution) {
        snprintf(full, sizeof full, "%s/%s/exercises/skeletons/%s.c", root, x->chapter, x->name);
        return file_read(full, &size, e);
    }
    char *skeleton = skeleton_of(solution, path, e);
    free(solution);
    return skeleton;
}

/* Adds the patterns of `uses` that are exceptions (-nn_mha), or those that are not, with a comma between. */
static size_t add_patterns(const char *uses, bool exceptions, char *text, size_t at, size_t room)
{
    char *copy = memory_string(uses);
    int count = 0;
    for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest));) {
        if ((word[0] == '-') == exceptions && strcmp(word, "-") != 0 && at < room)
            at += (size_t)snprintf(text + at, room - at, "%s%s", count++ ? " " : "", word + exceptions);
    }
    free(copy);
    return at < room ? at : room - 1;
}

char *exercise_allowed(const Exercise *x, int language, char text[256])
{
    static const char *const words[2][5] = {
        {"Allowed: C's mathematics, memory, strings, printing", "; nothing of common.", "; ", ", but not ",
         "."},
        {"可用：C 标准库的数学、内存、字符串、打印函数", "；不用 common。", "；", "，但不用 ", "。"}};
    const char *const *w = words[language];
    size_t n = (size_t)snprintf(text, 256, "%s", w[0]);
    if (strcmp(x->uses, "-") == 0) {
        snprintf(text + n, 256 - n, "%s", w[1]);
        return text;
    }
    n += (size_t)snprintf(text + n, 256 - n, "%s", w[2]);
    n = add_patterns(x->uses, false, text, n, 256);
    if (strstr(x->uses, " -")) {
        n += (size_t)snprintf(text + n, 256 - n, "%s", w[3]);
        n = add_patterns(x->uses, true, text, n, 256);
    }
    snprintf(text + n, 256 - n, "%s", w[4]);
    return text;
}

int exercise_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strncmp(value, "zh", 2) == 0;
    }
    return 0;
}
