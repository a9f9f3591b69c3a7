/* positional_demo.c -- the position of a word, section 3.4.
 *
 * Attention takes its input as a set: in which order the words come makes no difference to it. So a position is
 * added to each embedding, either computed (sinusoidal) or trained (learned). The program shows what is lost
 * without positions, and trains models with both kinds on a question that depends on order alone. */
#include "ch03/order.h"
#include "common/demo/demo.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>

enum { SHORT = 16, LONG = 32, CHANNELS = 32, HEADS = 2, BATCH = 64, SEEDS = 3, TESTS = 1024 };
enum { NONE, SINUSOIDAL, LEARNED, LEARNED_LONG, KINDS }; /* the last is trained on LONG words */

static const char *const kind_names[KINDS] = {"none", "sinusoidal", "learned", "learned, on 32 words"};

typedef struct Model {
    int kind;
    Params params;
    Tensor *tokens;    /* (V,C) */
    Tensor *positions; /* (LONG,C), if learned: training changes only the rows that it meets */
    NnBlock block;
    Linear out; /* (2,C) */
} Model;

/* ids (B,T) -> (B,T,C): the embeddings times sqrt(C), plus the positions. */
static Tensor *embed(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->tokens, ids, batch, time), sqrtf(CHANNELS));
    if (m->kind == SINUSOIDAL)
        x = nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
    else if (m->kind != NONE)
        x = nn_add(g, x, nn_slice(g, m->positions, 0, 0, time)); /* the first T rows of the table */
    return x;
}

/* One encoder block, the mean over the positions, two logits: ids (B,T) -> (B,2). */
static Tensor *classify(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_block(g, &m->block, embed(g, m, ids, batch, time), NULL);
    return nn_linear(g, &m->out, nn_mean_axis(g, x, 1));
}

static Model model_new(int kind, Rng *rng)
{
    Model m = {.kind = kind};
    m.tokens = nn_embedding_new(&m.params, "tokens", ORDER_WORDS, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    if (kind >= LEARNED)
        m.positions = nn_embedding_new(&m.params, "positions", LONG, CHANNELS, 0.02f, rng);
    const NnBlockConfig block = {
        .channels = CHANNELS, .heads = HEADS, .hidden = 2 * CHANNELS, .activation = NN_RELU};
    m.block = nn_block_new(&m.params, &block, 0, rng);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, 2, true, 0, rng);
    return m;
}

/* Trains on new sequences of `time` words; the loss of each step goes to losses (steps). */
static void train(Graph *g, const Model *m, int time, int steps, float *losses, Rng *rng)
{
    int ids[BATCH * LONG], labels[BATCH];
    OrderPositions positions = {0, time, ORDER_TRAIN};
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0);
    for (int step = 0; step < steps; step++) {
        order_draw(BATCH, time, &positions, rng, ids, labels);
        Tensor *loss = nn_cross_entropy(g, classify(g, m, ids, BATCH, time), labels, -1);
        NnStep done = nn_train_step(g, o, loss, nn_cosine_rate(step, 30, steps, 5e-3f, 0), 1);
        if (losses)
            losses[step] = done.loss;
    }
    nn_optimizer_free(o);
}

/* Accuracy in per cent on new sequences of a length, A and B at the given positions. */
static double test(Graph *g, const Model *m, int time, OrderPositions positions)
{
    static int ids[TESTS * LONG], labels[TESTS];
    int correct = 0;
    Rng rng = rng_new(99); /* the same sequences for every model */
    order_draw(TESTS, time, &positions, &rng, ids, labels);
    nn_graph_record(g, false);
    const float *logits = classify(g, m, ids, TESTS, time)->data; /* (TESTS,2) */
    for (int s = 0; s < TESTS; s++)
        correct += nn_argmax(logits + 2 * s, 2) == labels[s];
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return 100.0 * correct / TESTS;
}

/* ---- what is lost without positions ----------------------------------------------------------------- */

/* Feeds a sequence and a shuffled one to self-attention, puts the second output back into the first's
 * order, and returns the maximum difference between the two. */
static float order_effect(Graph *g, bool with_positions, Rng *rng)
{
    Params params = {0};
    Mha attention = nn_mha_new(&params, "attention", CHANNELS, rng);
    Tensor *x = nn_input(g, 1, SHORT, CHANNELS), *shuffled = nn_input(g, 1, SHORT, CHANNELS);
    int order[SHORT];
    tensor_normal(x, 1, rng);
    for (int t = 0; t < SHORT; t++)
        order[t] = t;
    rng_shuffle(rng, order, SHORT);
    for (int i = 0; i < SHORT * CHANNELS; i++)
        shuffled->data[i] = x->data[order[i / CHANNELS] * CHANNELS + i % CHANNELS];
    if (with_positions) {
        Tensor *positions = nn_sinusoids(nn_arena(g), SHORT, CHANNELS);
        x = nn_add(g, x, positions);
        shuffled = nn_add(g, shuffled, positions);
    }
    Tensor *out = nn_mha(g, &attention, x, x, HEADS, false, NULL);
    Tensor *out_shuffled = nn_mha(g, &attention, shuffled, shuffled, HEADS, false, NULL);
    float max = 0;
    for (int t = 0; t < SHORT; t++)
        max = fmaxf(max, tensor_distance(out_shuffled->data + t * CHANNELS, out->data + order[t] * CHANNELS,
                                         CHANNELS));
    nn_params_free(&params);
    nn_graph_reset(g);
    return max;
}

static void show_order(Graph *g, Rng *rng)
{
    float without = order_effect(g, false, rng), with = order_effect(g, true, rng);
    puts("Attention on a shuffled input, its output put back in order: maximum change");
    terminal_verdict(without < 1e-5f, "  without positions %.4f: attention cannot see order",
                     (double)without);
    terminal_verdict(with > 0.1f, "  with positions    %.4f: attention can", (double)with);
}

/* ---- which comes first, A or B? ------------------------------------------------------------------------ */

/* The questions put to a trained model: the first two at the length of training, the others at twice that. */
enum { KNOWN, UNSEEN, NEAR_HALF, FAR_HALF, ANYWHERE, QUESTIONS };
static const struct {
    const char *name;
    int time;
    OrderPositions positions;
} questions[QUESTIONS] = {{"16 words: trained pairs", SHORT, {0, SHORT, ORDER_TRAIN}},
                          {"held-out pairs", SHORT, {0, SHORT, ORDER_TEST}},
                          {"32 words: 1-16", LONG, {0, SHORT, ORDER_ANY}},
                          {"17-32", LONG, {SHORT, LONG - SHORT, ORDER_ANY}},
                          {"anywhere", LONG, {0, LONG, ORDER_ANY}}};

typedef double Scores[QUESTIONS][SEEDS]; /* accuracy in per cent */

/* losses (steps): of the training, or NULL. */
static void train_and_test(Graph *g, int kind, int steps, uint64_t seed, Scores scores, int at,
                           float *losses)
{
    Rng rng = rng_new(seed);
    Model m = model_new(kind, &rng);
    train(g, &m, kind == LEARNED_LONG ? LONG : SHORT, steps, losses, &rng);
    for (int q = 0; q < QUESTIONS; q++)
        scores[q][at] = test(g, &m, questions[q].time, questions[q].positions);
    nn_params_free(&m.params);
}

static void show_scores(Scores scores[KINDS])
{
    TabularColumn columns[QUESTIONS] = {{NULL, 0}};
    for (int q = 0; q < QUESTIONS; q++)
        columns[q].heading = questions[q].name;
    printf("\nWhich comes first, A or B? Trained on %d words; accuracy in per cent, mean and\n"
           "standard deviation of %d seeds (each on %d new sequences: 95%% interval at most +-%.0f)\n",
           SHORT, SEEDS, TESTS, 98 / sqrt(TESTS));
    tabular_print_seeds("positions", kind_names, columns, QUESTIONS, scores[0][0], KINDS, SEEDS);
    terminal_verdict(stats_mean(scores[SINUSOIDAL][ANYWHERE], SEEDS) < 85 &&
                         stats_mean(scores[LEARNED][ANYWHERE], SEEDS) < 85,
                     "both kinds fail beyond the trained length");
}

static void show_training(Graph *g, const Demo *d)
{
    Scores scores[KINDS];
    Progress bar = progress_begin("training", KINDS * SEEDS);
    for (int i = 0; i < KINDS * SEEDS; i++) {
        train_and_test(g, i / SEEDS, d->steps, d->seed + (uint64_t)i, scores[i / SEEDS], i % SEEDS,
                       i == SINUSOIDAL * SEEDS ? d->losses : NULL);
        progress_update(&bar, i + 1, "%s", kind_names[i / SEEDS]);
    }
    progress_end(&bar);
    show_scores(scores);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch03/positional_demo",
              .about = "Sinusoidal and learned positions, section 3.4.",
              .steps = 400,
              .watched = "the first sinusoidal model"};
    demo_begin(&d, argc, argv, NULL);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(d.seed);
    show_order(g, &rng);
    if (d.alone)
        train_and_test(g, SINUSOIDAL, d.steps, d.seed + SINUSOIDAL * SEEDS, (Scores){{0}}, 0, d.losses);
    else
        show_training(g, &d);
    nn_graph_free(g);
    return demo_end(&d);
}
