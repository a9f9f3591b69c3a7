/* table.c -- cells are kept as texts; only the best of a column is looked for among the numbers. */
#include "common/base/table.h"

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/stats.h"
#include "common/base/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 32, CELL = 96 };

typedef struct Column {
    char heading[CELL];
    bool numbers;
    int decimals, width;
    TabularBest best;
} Column;

typedef struct Cell {
    char text[CELL];
    double value; /* as printed; NaN for a text */
} Cell;

struct Tabular {
    Column columns[MAX_COLUMNS];
    int column_count;
    Cell *cells;
    int count, capacity;
};

Tabular *tabular_new(void)
{
    return memory_zero(1, sizeof(Tabular));
}

static Column *add_column(Tabular *t)
{
    if (t->column_count == MAX_COLUMNS || t->count > 0)
        FATAL("table: at most %d columns, and all of them before the first cell", MAX_COLUMNS);
    return &t->columns[t->column_count++];
}

void tabular_column(Tabular *t, const char *heading)
{
    snprintf(add_column(t)->heading, CELL, "%s", heading);
}

void tabular_numbers(Tabular *t, const char *heading, const char *unit, int decimals, TabularBest best)
{
    Column *c = add_column(t);
    *c = (Column){.numbers = true, .decimals = decimals, .best = best};
    snprintf(c->heading, CELL, unit ? "%s (%s)" : "%s", heading, unit);
}

static Cell *add_cell(Tabular *t, bool number)
{
    if (t->column_count == 0 || (number && !t->columns[t->count % t->column_count].numbers))
        FATAL("table: a number in a column of texts");
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 64;
        t->cells = memory_resize(t->cells, sizeof *t->cells * (size_t)t->capacity);
    }
    Cell *cell = &t->cells[t->count++];
    cell->value = (double)NAN;
    return cell;
}

void tabular_text(Tabular *t, const char *text)
{
    snprintf(add_cell(t, false)->text, CELL, "%s", text);
}

static void set_number(Tabular *t, double value, double spread)
{
    Cell *cell = add_cell(t, true);
    int decimals = t->columns[(t->count - 1) % t->column_count].decimals;
    if (!isfinite(value)) {
        snprintf(cell->text, CELL, "-");
        return;
    }
    snprintf(cell->text, CELL,
             decimals < -1  ? "%#.*g"
             : decimals < 0 ? "%.*g"
                            : "%.*f",
             abs(decimals), value);
    if (cell->text[strlen(cell->text) - 1] == '.')
        cell->text[strlen(cell->text) - 1] = '\0';
    cell->value = strtod(cell->text, NULL);
    if (!isnan(spread))
        snprintf(cell->text, CELL, "%.*f +- %.*f", decimals, value, decimals, spread);
}

void tabular_number(Tabular *t, double value)
{
    set_number(t, value, (double)NAN);
}

void tabular_seeds(Tabular *t, const double *runs, int n)
{
    set_number(t, stats_mean(runs, n), stats_std(runs, n)); /* of one seed the spread is NaN */
}

void tabular_row(Tabular *t, const char *text, const double *numbers)
{
    if (text)
        tabular_text(t, text);
    for (int k = text ? 1 : 0; k < t->column_count; k++)
        tabular_number(t, *numbers++);
}

/* The best value of a column; NaN if it has none. */
static double best_of(const Tabular *t, int column)
{
    double best = (double)NAN;
    TabularBest kind = t->columns[column].best;
    for (int i = column; kind != TABULAR_NONE && i < t->count; i += t->column_count) {
        double x = t->cells[i].value;
        if (!isnan(x) && (isnan(best) || (kind == TABULAR_MIN ? x < best : x > best)))
            best = x;
    }
    return best;
}

static int star_room(const Column *c)
{
    return c->best == TABULAR_NONE ? 0 : 2;
}

static void measure(Tabular *t)
{
    for (int k = 0; k < t->column_count; k++) {
        Column *c = &t->columns[k];
        int room = star_room(c), heading = terminal_width(c->heading);
        c->width = heading;
        for (int i = k; i < t->count; i += t->column_count) {
            int wide = terminal_width(t->cells[i].text) + room;
            c->width = wide > c->width ? wide : c->width;
        }
    }
}

/* The last column of texts is not padded, so that no line ends with spaces. */
static void print_cell(const Tabular *t, int k, const char *text, const char *star)
{
    const Column *c = &t->columns[k];
    bool last = k == t->column_count - 1;
    printf("%s", k ? "   " : "  ");
    if (c->numbers)
        terminal_print(text, -(c->width - (int)terminal_width(star)));
    else
        terminal_print(text, last ? 0 : c->width);
    fputs(last && star[0] == ' ' && star[1] == ' ' ? "" : star, stdout);
    if (last)
        putchar('\n');
}

void tabular_print(Tabular *t)
{
    if (t->column_count == 0 || t->count % t->column_count != 0)
        FATAL("tabular_print: the last row has %d of %d cells",
              t->count % (t->column_count ? t->column_count : 1), t->column_count);
    double best[MAX_COLUMNS];
    measure(t);
    for (int k = 0; k < t->column_count; k++) {
        best[k] = best_of(t, k);
        print_cell(t, k, t->columns[k].heading, "");
    }
    for (int i = 0; i < t->count; i++) {
        int k = i % t->column_count;
        bool is_best = t->cells[i].value == best[k];
        print_cell(t, k, t->cells[i].text, star_room(&t->columns[k]) == 0 ? "" : is_best ? " *" : "  ");
    }
    free(t->cells);
    free(t);
}

Tabular *tabular_with(const char *corner, const TabularColumn *columns, int n)
{
    Tabular *t = tabular_new();
    if (corner)
        tabular_column(t, corner);
    for (int k = 0; k < n; k++)
        tabular_numbers(t, columns[k].heading, NULL, columns[k].decimals, TABULAR_NONE);
    return t;
}

void tabular_print_seeds(const char *corner, const char *const *names, const TabularColumn *columns, int n,
                         const double *values, int rows, int seeds)
{
    Tabular *t = tabular_with(names ? corner : NULL, columns, n);
    for (int i = 0; i < rows * n; i++) {
        if (names && i % n == 0)
            tabular_text(t, names[i / n]);
        tabular_seeds(t, values + i * seeds, seeds);
    }
    tabular_print(t);
}

void tabular_print_matrix(const char *corner, const char *const *names, const TabularColumn *columns, int n,
                          const double *values, int rows)
{
    tabular_print_seeds(corner, names, columns, n, values, rows, 1);
}
