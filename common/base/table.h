/* table.h -- a table on a terminal.
 *
 *     Tabular *t = tabular_new();
 *     tabular_column(t, "model");
 *     tabular_numbers(t, "loss", "nats", 3, TABULAR_MIN);
 *     tabular_numbers(t, "speed", "tokens/s", 0, TABULAR_MAX);
 *     tabular_text(t, "RNN"), tabular_number(t, 2.314), tabular_number(t, 40120);
 *     tabular_text(t, "注意力"), tabular_number(t, 2.105), tabular_number(t, 24210);
 *     tabular_print(t);
 *
 * prints
 *       model   loss (nats)   speed (tokens/s)
 *       RNN           2.314            40120 *
 *       注意力        2.105 *          24210
 *
 * Cells fill the rows from left to right. Texts stand on the left of their column, numbers on the right;
 * Chinese characters count as the two columns that they take. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

typedef struct Tabular Tabular;

/* Which value of a column gets a star: none, the smallest or the largest; of equal ones (as printed) each. */
typedef enum TabularBest { TABULAR_NONE, TABULAR_MIN, TABULAR_MAX } TabularBest;

Tabular *tabular_new(void);

/* A column of texts, and one of numbers with a unit (or NULL) and so many decimals; of -2, two significant digits
 * (0.39, 2.3e-05). All columns come first. */
void tabular_column(Tabular *t, const char *heading);
void tabular_numbers(Tabular *t, const char *heading, const char *unit, int decimals, TabularBest best);

/* The next cell. Texts are copied. A number that is not finite is shown as "-", and is never the best.
 * A text may stand in a column of numbers. A cell of the wrong kind elsewhere ends the program. */
void tabular_text(Tabular *t, const char *text);
void tabular_number(Tabular *t, double value);
void tabular_seeds(Tabular *t, const double *runs,
                   int n); /* "2.314 +- 0.021": mean, standard deviation of runs (n) */

/* A whole row: a text, and a number for each of the other columns, numbers (columns - 1); with a text of NULL a number
 * for each column. */
void tabular_row(Tabular *t, const char *text, const double *numbers);

/* Prints to standard output and frees the table. A row that is not full ends the program. */
void tabular_print(Tabular *t);

/* A column of numbers: its heading, and decimals as above. */
typedef struct TabularColumn {
    const char *heading;
    int decimals;
} TabularColumn;

/* A table that has its columns: one of texts under the heading `corner` (NULL: none), and n of numbers. tabular_row
 * fills it. */
Tabular *tabular_with(const char *corner, const TabularColumn *columns, int n);

/* Prints values (rows, n) under the headings of n columns. names (rows), under the heading `corner`, are a first
 * column of texts; NULL: there is none. */
void tabular_print_matrix(const char *corner, const char *const *names, const TabularColumn *columns, int n,
                          const double *values, int rows);

/* The same for runs with several seeds, values (rows, n, seeds): "2.31 +- 0.02", mean and standard deviation. */
void tabular_print_seeds(const char *corner, const char *const *names, const TabularColumn *columns, int n,
                         const double *values, int rows, int seeds);

#endif
