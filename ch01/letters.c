/* letters.c -- recurrent networks that read stories letter by letter. */
#include "ch01/letters.h"

#include "common/base/base.h"
#include "common/world/world.h"

#include <string.h>

enum { CHANNELS = 16, BATCH = 16, LETTERS = 48, ASCII = 128 };

typedef struct Model {
    Params params;
    Tensor *letters; /* (ASCII,C) */
    Cell cell;
    Linear out; /* (ASCII,H) */
} Model;

/* BATCH stretches of a text, drawn at random: letters (B,T), and as labels the letter after each (T,B). */
static void draw_letters(const char *text, int *ids, int *labels, Rng *rng)
{
    int room = (int)strlen(text) - LETTERS - 1;
    for (int i = 0; i < BATCH; i++) {
        int at = rng_below(rng, room);
        for (int t = 0; t < LETTERS; t++) {
            ids[i * LETTERS + t] = text[at + t] & (ASCII - 1);
            labels[t * BATCH + i] = text[at + t + 1] & (ASCII - 1);
        }
    }
}

/* Nats per letter. */
static Tensor *letter_loss(Graph *g, const Model *m, const int *ids, const int *labels)
{
    CellState states[LETTERS + 1];
    cell_read(g, &m->cell, nn_embedding(g, m->letters, ids, BATCH, LETTERS), states);
    Tensor *h = cell_join(g, states + 1, LETTERS); /* (T B,H) */
    return nn_cross_entropy(g, nn_linear(g, &m->out, h), labels, -1);
}

int letters_hidden(CellKind kind)
{
    int hidden = 1;
    while (cell_parameters(kind, CHANNELS, hidden + 1) + ASCII * (hidden + 2) <= LETTERS_PARAMETERS)
        hidden++;
    return hidden;
}

static Model model_new(CellKind kind, float forget_bias, Rng *rng)
{
    Model m = {0};
    int hidden = letters_hidden(kind);
    m.letters = nn_embedding_new(&m.params, "letters", ASCII, CHANNELS, 1, rng);
    m.cell = cell_new(&m.params, "cell", kind, CHANNELS, hidden, forget_bias, rng);
    m.out = nn_linear_new(&m.params, "out", hidden, ASCII, true, 0, rng);
    return m;
}

static void train(Graph *g, const Model *m, const char *text, Rng *rng)
{
    int ids[BATCH * LETTERS], labels[LETTERS * BATCH];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    for (int step = 0; step < LETTERS_STEPS; step++) {
        draw_letters(text, ids, labels, rng);
        nn_train_step(g, o, letter_loss(g, m, ids, labels),
                      nn_cosine_rate(step, 20, LETTERS_STEPS, 1e-2f, 0), 1);
    }
    nn_optimizer_free(o);
}

static double test(Graph *g, const Model *m, const char *text)
{
    enum { TESTS = 8 };
    int ids[BATCH * LETTERS], labels[LETTERS * BATCH];
    Rng rng = rng_new(1000);
    double loss = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < TESTS; i++) {
        draw_letters(text, ids, labels, &rng);
        loss += (double)tensor_item(letter_loss(g, m, ids, labels)) / TESTS;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return loss;
}

LettersRun letters_learn(Graph *g, CellKind kind, float forget_bias, char *const text[2], uint64_t seed)
{
    LettersRun run;
    Rng rng = rng_new(seed);
    Model m = model_new(kind, forget_bias, &rng);
    double start = clock_seconds();
    train(g, &m, text[WORLD_TRAIN], &rng);
    run.milliseconds = 1e3 * (clock_seconds() - start) / LETTERS_STEPS;
    run.loss = test(g, &m, text[WORLD_TEST]);
    nn_params_free(&m.params);
    return run;
}
