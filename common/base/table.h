/* table.h -- a table on a terminal.
 *
 *     Table *t = table_new();
 *     table_column(t, "model");
 *     table_numbers(t, "loss", "nats", 3, TABLE_MIN);
 *     table_numbers(t, "speed", "tokens/s", 0, TABLE_MAX);
 *     table_text(t, "RNN"), table_number(t, 2.314), table_number(t, 40120);
 *     table_text(t, "注意力"), table_number(t, 2.105), table_number(t, 24210);
 *     table_print(t);
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

typedef struct Table Table;

/* Which value of a column gets a star: none, the smallest or the largest; of equal ones (as printed) each. */
typedef enum TableBest { TABLE_NONE, TABLE_MIN, TABLE_MAX } TableBest;

Table *table_new(void);

/* A column of texts, and one of numbers with a unit (or NULL) and so many decimals. All columns come first. */
void table_column(Table *t, const char *heading);
void table_numbers(Table *t, const char *heading, const char *unit, int decimals, TableBest best);

/* The next cell. Texts are copied. A number that is not finite is shown as "-", and is never the best.
 * A text may stand in a column of numbers. A cell of the wrong kind elsewhere ends the program. */
void table_text(Table *t, const char *text);
void table_number(Table *t, double value);
void table_spread(Table *t, double mean, double spread); /* "2.314 +- 0.021", as over seeds */

/* Prints to standard output and frees the table. A row that is not full ends the program. */
void table_print(Table *t);

#endif
