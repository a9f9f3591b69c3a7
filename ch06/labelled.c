/* labelled.c -- rows become texts of a task. */
#include "ch06/labelled.h"

#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_SHARE = 5, TEXT_ROOM = 2000 };

const char *const labelled_names[] = {"reviews", "pairs", NULL};

/* Half of the pairs say the same. */
static void add_sample(const LabelledSource *s, Rows *to, const WorldSample *x, Rng *rng)
{
    char text[TEXT_ROOM];
    bool same = rng_below(rng, 2) != 0;
    if (s->world == LABELLED_REVIEWS) {
        rows_add(to, x->prompt, x->label ? "good" : "bad", 0);
        return;
    }
    snprintf(text, sizeof text, "%s %s", x->prompt, same ? x->answer : x->worse);
    rows_add(to, text, same ? "same" : "different", 0);
}

/* Half of them Chinese. */
static void add_world(const LabelledSource *s, Rows *to, WorldSide side, int count)
{
    Rng rng = rng_new(s->seed);
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        const WorldRequest r = {.kind = s->world == LABELLED_REVIEWS ? WORLD_REVIEW : WORLD_PARAPHRASE,
                                .language = (WorldLanguage)language,
                                .side = side,
                                .count = count / WORLD_LANGUAGES};
        WorldSamples x = world_samples(&r, &rng);
        for (int i = 0; i < x.count; i++)
            add_sample(s, to, &x.items[i], &rng);
        world_samples_free(&x);
    }
}

static void read_file(Rows *to, const char *path, RowsColumns columns)
{
    Error e = {""};
    if (!rows_read(to, path, columns, &e))
        error_exit(&e);
    for (int i = 0; i < to->malformed && i < ROWS_NAMED; i++)
        fprintf(stderr, "%s\n", to->faults[i].text);
    printf("%s: %d rows, %ld malformed\n", path, to->count, to->malformed);
}

/* Training and test rows; of a file alone, one in TEST_SHARE is for the test. */
static void read_rows(const LabelledSource *s, Rows *train, Rows *test)
{
    if (!s->data) {
        add_world(s, train, WORLD_TRAIN, s->trained);
        add_world(s, test, WORLD_TEST, s->tested);
        return;
    }
    Rows all = rows_new();
    read_file(s->test ? train : &all, s->data, s->columns);
    if (s->test)
        read_file(test, s->test, s->columns);
    rows_split(&all, TEST_SHARE, train, test);
    rows_free(&all);
}

static int find_label(const Task *t, const char *label)
{
    for (int c = 0; c < t->classes; c++) {
        if (strcmp(t->labels[c], label) == 0)
            return c;
    }
    return -1;
}

/* Rows become texts of the task, in an order drawn from the seed. A label that the task does not have is counted and
 * named by its line. */
static void add_rows(Task *t, TaskTexts *to, const ModelBackbone *m, const Rows *rows, const char *name,
                     int limit, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    name = name ? name : "the little world";
    int *order = memory_new(sizeof *order * (size_t)(rows->count + 1)), unknown = 0;
    for (int i = 0; i < rows->count; i++)
        order[i] = i;
    rng_shuffle(&rng, order, (size_t)rows->count);
    for (int i = 0; i < rows->count && to->count < limit; i++) {
        const Row *r = &rows->items[order[i]];
        int label = find_label(t, r->label);
        if (label < 0 && unknown++ < ROWS_NAMED)
            fprintf(stderr, "%s:%ld: the label '%.40s' is unknown\n", name, r->line, r->label);
        if (label >= 0 && !task_add(t, to, m, &r->text, &label, 1, &e))
            error_exit(&e);
    }
    if (unknown > 0)
        printf("%s: left out, for training does not have their label: %d\n", name, unknown);
    free(order);
}

/* What is wrong with the classes as a whole, and what deserves a line; of a model that is loaded nothing is trained. */
static void check_task(const Task *t, bool loaded)
{
    if (t->test.count == 0)
        error_exitf("no row is left to test with");
    for (int c = 0; c < t->classes; c++) {
        int count[2] = {0, 0};
        for (int i = 0; i < t->train.count; i++)
            count[0] += t->train.label[i] == c;
        for (int i = 0; i < t->test.count; i++)
            count[1] += t->test.label[i] == c;
        if ((count[0] == 0 && !loaded) || count[1] == 0)
            printf("class '%s' has %d training and %d test texts\n", t->labels[c], count[0], count[1]);
    }
    if (t->cut > 0)
        printf("%d texts are longer than the model's context and lost their end\n", t->cut);
}

Task labelled_task(const LabelledSource *s, const ModelBackbone *m)
{
    Rows train = rows_new(), test = rows_new();
    int classes;
    read_rows(s, &train, &test);
    const char **labels = rows_labels(&train, &classes);
    if (classes < 2)
        error_exitf("%s: %s: there is nothing to tell apart", s->data,
                    classes == 1 ? "every row has the same label" : "no row is left to learn from");
    Task t = task_new(labels, classes);
    free(labels);
    add_rows(&t, &t.train, m, &train, s->data, s->trained, s->seed);
    add_rows(&t, &t.test, m, &test, s->test ? s->test : s->data, s->tested, s->seed);
    check_task(&t, false);
    rows_free(&train);
    rows_free(&test);
    return t;
}

Task labelled_test(const LabelledSource *s, const ModelClassifier *m)
{
    Rows rows = rows_new();
    if (s->data)
        read_file(&rows, s->data, s->columns);
    else
        add_world(s, &rows, WORLD_TEST, s->tested);
    Task t = task_new((const char *const *)m->labels, m->classes);
    add_rows(&t, &t.test, m->backbone, &rows, s->data, s->data ? rows.count : s->tested, s->seed);
    check_task(&t, true);
    rows_free(&rows);
    return t;
}
