/* weave_regions.c -- every region of a program, //> name ... //< name, is closed and used.
 *
 * A page that names a region which is not there fails already. Here it is the other
 * way round: a region that no page shows is left over from a listing that moved, or was
 * renamed on one side only. Asked of the programs of chapters that have a text; what is
 * marked in common must be closed, and may wait for its chapter. */
#include "common/tools/weave.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_shown(const Book *b, const char *path, const char *name)
{
    size_t size = strlen(path);
    for (int i = 0; i < b->pages; i++)
        for (int k = 0; k < b->page[i].items; k++) {
            const Item *item = &b->page[i].item[k];
            if (item->kind == CODE && strncmp(item->key, path, size) == 0 && item->key[size] == '#' &&
                strcmp(item->key + size + 1, name) == 0)
                return true;
        }
    return false;
}

static bool has_text(const Book *b, const char *path)
{
    int chapter;
    for (int i = 0; sscanf(path, "ch%2d/", &chapter) == 1 && i < b->pages; i++)
        if (b->page[i].chapter == chapter)
            return true;
    return false;
}

/* The one line after `at`, or before it with step -1, that is `//SIGN name`; -1 if there is none. */
static int seek_mark(const Lines *l, int at, int step, char sign, const char *name)
{
    for (at += step; at >= 0 && at < l->count; at += step)
        if (strncmp(l->line[at], "//", 2) == 0 && l->line[at][2] == sign && l->line[at][3] == ' ' &&
            strcmp(l->line[at] + 4, name) == 0)
            return at;
    return -1;
}

static void check_mark(Book *b, const Lines *l, const char *path, int at)
{
    const char *line = l->line[at], *name = line + 4;
    if (strncmp(line, "//> ", 4) == 0) {
        if (seek_mark(l, at, 1, '<', name) < 0)
            book_fault_at(b, path, at + 1, "the region '%s' is not closed: no line '//< %s' after it", name,
                          name);
        else if (has_text(b, path) && !is_shown(b, path, name))
            book_fault_at(b, path, at + 1,
                          "no page shows the region '%s': <!-- code: %s#%s -->, or take its marks out",
                          name, path, name);
    } else if (strncmp(line, "//< ", 4) == 0 && seek_mark(l, at, -1, '>', name) < 0) {
        book_fault_at(b, path, at + 1, "the region '%s' ends and did not begin", name);
    }
}

static void check_file(Book *b, const char *path)
{
    Lines l;
    if (lines_read(&l, path, NULL))
        for (int i = 0; i < l.count; i++)
            check_mark(b, &l, path, i);
    lines_free(&l);
}

void regions_check(Book *b)
{
    static const char *const patterns[] = {"ch[0-9][0-9]/*.[ch]", "common/*/*.[ch]", "common/*/*.sh"};
    for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
        glob_t found;
        if (glob(patterns[k], 0, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                check_file(b, found.gl_pathv[i]);
        globfree(&found);
    }
}
