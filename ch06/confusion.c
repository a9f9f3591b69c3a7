/* confusion.c -- counts, and texts to look at: they say more than a score. */
#include "ch06/confusion.h"

#include "common/base/base.h"
#include "common/base/stats.h"
#include "common/base/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 2, SHOWN_CLASSES = 8, SHOWN_BYTES = 110 };

/* The text in at most `room` bytes, cut between characters. */
static int shown_bytes(const char *text, int room)
{
    int size = (int)strlen(text);
    if (size <= room)
        return size;
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

static void show_examples(const Task *t, const int *predicted, int actual, int said)
{
    int shown = 0;
    for (int i = 0; i < t->test.count && shown < SHOWN; i++) {
        if (t->test.label[i] != actual || predicted[i] != said)
            continue;
        const char *text = t->test.text[i];
        shown++;
        printf("  %.*s%s\n", shown_bytes(text, SHOWN_BYTES), text, strlen(text) > SHOWN_BYTES ? "..." : "");
    }
}

/* How often each class was taken for each other, and texts of each such error. */
void confusion_show(Graph *g, const Task *t, ModelClassifier *m)
{
    int *predicted = memory_new(sizeof *predicted * (size_t)t->test.count), n = t->classes;
    double *table = memory_zero((size_t)(n * n), sizeof *table);
    TabularColumn *columns = memory_new(sizeof *columns * (size_t)n);
    task_predict(g, t, &t->test, task_classify, m, predicted);
    TaskScore s = task_score_of(&t->test, predicted, n);
    StatsInterval interval = stats_wilson(s.hits, s.n, 0.95);
    for (int i = 0; i < t->test.count; i++)
        table[t->test.label[i] * n + predicted[i]]++;
    for (int c = 0; c < n; c++)
        columns[c] = (TabularColumn){t->labels[c], 0};
    printf(
        "\nAccuracy %.1f%% of %d (95%% interval %.1f to %.1f), macro-F1 %.1f; rows are the true classes\n",
        100 * s.accuracy, s.n, 100 * interval.low, 100 * interval.high, 100 * s.macro_f1);
    if (n <= SHOWN_CLASSES)
        tabular_print_matrix("", t->labels, columns, n, table, n);
    for (int i = 0; i < n * n; i++) {
        if (i / n != i % n && table[i] > 0) {
            printf("%s taken for %s (%.0f):\n", t->labels[i / n], t->labels[i % n], table[i]);
            show_examples(t, predicted, i / n, i % n);
        }
    }
    free(predicted);
    free(table);
    free(columns);
}
