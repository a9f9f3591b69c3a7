/* clm_loss_demo.c -- the causal language model loss, section 5.2.2.
 *
 * GPT (Radford et al., 2018) predicts the next token at every position. The demo shifts a sentence by one, holds
 * that one pass equals as many passes as there are positions, leaves padding out of the loss, and packs several
 * documents in one row. What packing_demo trains, this one takes apart. */
#include "ch05/packing.h"
#include "common/demo/demo.h"

#include <math.h>

enum { TRAIN = 4000 };

/* The loss of a document by itself, or of its first `count` tokens' last label alone. */
static double loss_alone(Graph *g, const Trunk *m, const Sentence *s, int last)
{
    Rows r;
    int at = 0;
    rows_clear(&r, 1, last < 0 ? s->count : last + 1);
    Sentence cut = *s;
    cut.count = r.time;
    rows_append(&r, 0, &at, 1, &cut);
    for (int t = 0; last >= 0 && t <= last; t++)
        r.label[t] = t == last ? s->ids[t + 1] : ROWS_IGNORE;
    double loss = (double)tensor_item(rows_loss(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    return loss;
}

/* ---- what must hold ------------------------------------------------------------------------------ */

static const char *piece(const Sentences *s, int id)
{
    return id == ROWS_IGNORE ? "-" : text_words_piece(s->words, id);
}

/* Two short documents in a row of 16. */
static void pack_two(const Sentences *s, Rows *r)
{
    int at = 0, document = 1;
    rows_clear(r, 1, 16);
    for (int i = 0; i < 50 && document < 3; i++)
        if (s->items[WORLD_TRAIN][i].count <= 7 + document)
            document += rows_append(r, 0, &at, document, &s->items[WORLD_TRAIN][i]);
}

/* The shift by one and the mask. */
static void show_row(Graph *g, const Sentences *s)
{
    Rows r;
    pack_two(s, &r);
    const Tensor *allowed = rows_allowed(g, &r, false);
    puts("Two documents packed in a row of 16. Label: the next token; a dash: not counted.\n"
         "Right: the positions that each row may attend to\n  document position  input      label");
    for (int t = 0; t < r.time; t++) {
        printf("  %8d %8d  %-10s %-10s ", r.document[t], r.position[t], piece(s, r.ids[t]),
               piece(s, r.label[t]));
        for (int k = 0; k < r.time; k++)
            fputs(allowed->data[t * r.time + k] != 0 ? " #" : " .", stdout);
        putchar('\n');
    }
    nn_graph_reset(g);
}

/* One pass over a document of n tokens is n-1 examples: each as a pass of its own over what comes before. */
static void check_shift(Demo *d, Graph *g, const Trunk *m, const Sentence *s)
{
    double sum = 0;
    for (int last = 0; last < s->count - 1; last++)
        sum += loss_alone(g, m, s, last) / (s->count - 1);
    demo_claim(d, fabs(sum - loss_alone(g, m, s, -1)) <= 1e-5,
               "  one pass = the mean of one pass for each position");
}

/* The loss of documents in one batch, per_row of them in a row, is that of each alone, by its labels. */
static void check_rows(Demo *d, Graph *g, const Trunk *m, const Sentence *items, int count, int per_row,
                       const char *what)
{
    Rows r;
    double sum = 0;
    rows_clear(&r, count / per_row, ROWS_TIME);
    for (int i = 0, at = 0; i < count; i++) {
        at = i % per_row ? at : 0;
        rows_append(&r, i / per_row, &at, 1 + i % per_row, &items[i]);
        sum += loss_alone(g, m, &items[i], -1) * (items[i].count - 1);
    }
    double together = (double)tensor_item(rows_loss(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    demo_claim(d, fabs(together - sum / rows_labels(&r)) <= 1e-5, "  %s", what);
}

/* What the loss would be if padding counted as an example, beside what it is. */
static void show_padding(Graph *g, const Trunk *m, const Sentence *items)
{
    Rows r;
    int next = 0, packed = 0, all = 0;
    rows_pad(&r, items, ROWS_MAX, &next);
    int padding = rows_padding(&r);
    double right = (double)tensor_item(rows_loss(g, m, &r, &readings[0]));
    for (int i = 0; i < r.rows * r.time; i++)
        r.label[i] = r.document[i] == 0 ? TEXT_PAD : r.label[i];
    double wrong = (double)tensor_item(rows_loss(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    printf("  One document to a row of %d: %.0f%% of it is padding. Loss %.2f; if padding counted, %.2f.\n",
           r.time, 100.0 * padding / (r.rows * r.time), right, wrong);
    for (next = 0; next + ROWS_MAX * ROWS_TIME < TRAIN; all += ROWS_MAX * ROWS_TIME) {
        rows_pack(&r, items, TRAIN, &next);
        packed += rows_padding(&r);
    }
    printf("  Packed into rows of %d: %.0f%%.\n", ROWS_TIME, 100.0 * packed / all);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/clm_loss_demo", .about = "The causal language model loss, section 5.2.2."};
    demo_begin(&d, argc, argv, NULL);
    Sentences s = sentences_new(TRAIN, 1, d.seed);
    const Sentence *items = s.items[WORLD_TRAIN];
    Rng rng = rng_new(d.seed);
    Trunk m = trunk_new(text_words_count(s.words), ROWS_TIME, &rng);
    Graph *g = nn_graph_new();
    show_row(g, &s);
    puts("\nWhat must hold, to 1e-5, on an untrained model");
    check_shift(&d, g, &m, &items[0]);
    check_rows(&d, g, &m, items, 8, 1, "a padded batch = the mean over its documents, by labels");
    check_rows(&d, g, &m, items, 15, 3, "three packed in a row, with mask and restarted positions = alone");
    show_padding(g, &m, items);
    nn_params_free(&m.params);
    nn_graph_free(g);
    sentences_free(&s);
    return demo_end(&d);
}
