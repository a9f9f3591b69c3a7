/* similarity.c -- writes what each student added to the skeleton to a file of its own, and reads what
 * sim_c says of every pair: "3.c consists for 87 % of 5.c material". */
#include "common/grade/similarity.h"

#include "common/base/base.h"
#include "common/grade/submission.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 4096, LEAST_PERCENT = 50, LEAST_TEXT = 40 };

/* The line at `at` without blanks around it, and its length. */
static const char *trim(const char *at, size_t *n)
{
    *n = strcspn(at, "\n");
    while (*n && isspace((unsigned char)*at)) {
        at++;
        --*n;
    }
    while (*n && isspace((unsigned char)at[*n - 1]))
        --*n;
    return at;
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return at + (*at == '\n');
}

/* Letter by letter, but for blanks. */
static bool same_line(const char *a, size_t n, const char *b, size_t m)
{
    const char *end_a = a + n, *end_b = b + m;
    for (;; a++, b++) {
        while (a < end_a && isspace((unsigned char)*a))
            a++;
        while (b < end_b && isspace((unsigned char)*b))
            b++;
        if (a == end_a || b == end_b || *a != *b)
            return a == end_a && b == end_b;
    }
}

static bool has_line(const char *text, const char *line, size_t n)
{
    size_t m;
    for (const char *at = text; *at; at = next_line(at)) {
        const char *other = trim(at, &m);
        if (same_line(other, m, line, n))
            return true;
    }
    return false;
}

/* The lines of a text that are not the skeleton's, without blanks around them. The caller frees it. */
static char *own_lines(const char *text, const char *skeleton)
{
    char *out = memory_zero(1, strlen(text) + 2), *to = out;
    size_t n;
    for (const char *at = text; *at; at = next_line(at)) {
        const char *line = trim(at, &n);
        if (has_line(skeleton, line, n))
            continue;
        memcpy(to, line, n);
        to[n] = '\n';
        to += n + 1;
    }
    return out;
}

static bool same_letters(const char *a, const char *b)
{
    return same_line(a, strlen(a), b, strlen(b));
}

/* ---- one exercise -------------------------------------------------------------------------------- */

typedef struct Round {
    int exercise, count;
    char **own;             /* (count) what each student wrote; NULL if nothing */
    unsigned char *percent; /* (count,count) */
} Round;

static void take_texts(Round *r, const Exercise *x, const Book *b, Submission *const *submissions,
                       const char *skeleton)
{
    char why[256];
    for (int i = 0; i < r->count; i++) {
        const SubmittedFile *f = submissions[i] ? submission_find(submissions[i], b, x, why) : NULL;
        r->own[i] = f && f->text ? own_lines(f->text, skeleton) : NULL;
        if (r->own[i] && strlen(r->own[i]) < LEAST_TEXT) {
            free(r->own[i]);
            r->own[i] = NULL;
        }
    }
}

static void set_percent(Round *r, int a, int b, int percent)
{
    unsigned char *at = &r->percent[(size_t)(a < b ? a : b) * (size_t)r->count + (size_t)(a < b ? b : a)];
    if (percent > *at)
        *at = (unsigned char)percent;
}

/* true if sim_c ran. The files are called by the students' numbers, in a folder of their own. */
static bool run_sim(Round *r, const char *folder)
{
    char command[PATHS], line[256];
    snprintf(command, sizeof command, "cd %s && ls | sim_c -i -p -e -a -r 10 -t %d 2>/dev/null", folder,
             LEAST_PERCENT);
    FILE *said = popen(command, "r");
    while (said && fgets(line, sizeof line, said)) {
        int a, b, percent;
        if (sscanf(line, "%d.c consists for %d %% of %d.c", &a, &percent, &b) == 3 && a >= 0 && b >= 0 &&
            a < r->count && b < r->count && a != b && percent <= 100)
            set_percent(r, a, b, percent);
    }
    return said && pclose(said) == 0;
}

static bool write_texts(const Round *r, const char *folder)
{
    char path[PATHS];
    bool good = true;
    for (int i = 0; i < r->count; i++) {
        snprintf(path, sizeof path, "%s/%d.c", folder, i);
        FileWriter *w = r->own[i] ? file_create(path, NULL) : NULL;
        if (w)
            file_write(w, r->own[i], strlen(r->own[i]));
        good = (!r->own[i] || (w && file_commit(w, NULL))) && good;
    }
    return good;
}

static void remove_texts(const Round *r, const char *folder)
{
    char path[PATHS];
    for (int i = 0; i < r->count; i++) {
        snprintf(path, sizeof path, "%s/%d.c", folder, i);
        unlink(path);
    }
}

static int by_value(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

static int median_of(const Round *r)
{
    unsigned char *values = memory_new((size_t)r->count * (size_t)r->count + 1);
    int n = 0;
    for (int a = 0; a < r->count; a++) {
        for (int b = a + 1; b < r->count; b++) {
            if (r->own[a] && r->own[b])
                values[n++] = r->percent[(size_t)a * (size_t)r->count + (size_t)b];
        }
    }
    qsort(values, (size_t)n, 1, by_value);
    int median = n ? values[(n - 1) / 2] : 0;
    free(values);
    return median;
}

static void add_pairs(Alike *all, const Round *r)
{
    int median = median_of(r);
    for (int a = 0; a < r->count; a++) {
        for (int b = a + 1; b < r->count; b++) {
            int percent = r->percent[(size_t)a * (size_t)r->count + (size_t)b];
            bool same = r->own[a] && r->own[b] && same_letters(r->own[a], r->own[b]);
            if (!same && percent < LEAST_PERCENT)
                continue;
            all->pairs = memory_resize(all->pairs, (size_t)(all->count + 1) * sizeof *all->pairs);
            all->pairs[all->count++] = (Pair){r->exercise, a, b, same ? 100 : percent, median, same};
        }
    }
}

static bool compare(Alike *all, Round *r, const char *folder)
{
    bool ran = write_texts(r, folder) && run_sim(r, folder);
    remove_texts(r, folder);
    add_pairs(all, r);
    for (int i = 0; i < r->count; i++)
        free(r->own[i]);
    return ran;
}

/* ---- all of them --------------------------------------------------------------------------------- */

static int most_alike(const void *a, const void *b)
{
    const Pair *p = a, *q = b;
    int x = p->percent - p->median + 1000 * p->same_text, y = q->percent - q->median + 1000 * q->same_text;
    return y != x ? y - x : p->exercise != q->exercise ? p->exercise - q->exercise : p->first - q->first;
}

static bool has_sim(void)
{
    return system("command -v sim_c >/dev/null 2>&1") == 0;
}

Alike similarity_of(const Book *b, const char *root, const char *from, char *const *names, int count)
{
    char folder[] = "/tmp/alike.XXXXXX", path[PATHS];
    Alike all = {.missing = !has_sim()};
    Submission **submissions = memory_zero((size_t)count + 1, sizeof *submissions);
    Round r = {.count = count,
               .own = memory_zero((size_t)count + 1, sizeof *r.own),
               .percent = memory_zero((size_t)count * (size_t)count + 1, 1)};
    for (int i = 0; i < count; i++) {
        Error none = {""};
        snprintf(path, sizeof path, "%s/%s", from, names[i]);
        submissions[i] = submission_read(path, &none);
    }
    if (!mkdtemp(folder))
        all.missing = true;
    for (int x = 0; x < b->count; x++) {
        Error none = {""};
        char *skeleton = exercise_skeleton(&b->items[x], root, &none);
        r.exercise = x;
        memset(r.percent, 0, (size_t)count * (size_t)count);
        take_texts(&r, &b->items[x], b, submissions, skeleton ? skeleton : "");
        all.missing = !compare(&all, &r, folder) || all.missing;
        free(skeleton);
    }
    rmdir(folder);
    if (all.count)
        qsort(all.pairs, (size_t)all.count, sizeof *all.pairs, most_alike);
    for (int i = 0; i < count; i++)
        submission_free(submissions[i]);
    free(submissions);
    free(r.own);
    free(r.percent);
    return all;
}
