/* positional_demo.c -- the position of a word, section 3.4.
 *
 * Attention takes its input as a set: what is said first and what is said last
 * are the same to it. So a position is added to each embedding, either computed
 * (sinusoidal) or trained (learned). The program shows what is lost without
 * positions, how the computed ones are built, and where the learned ones end. */
#include "ch03/order.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>

enum { SHORT = 16, LONG = 32, CHANNELS = 32, HEADS = 2, BATCH = 64 };
enum { NONE, SINUSOIDAL, LEARNED, KINDS };
enum { SEEDS = 3, TESTS = 1024 };

//> sinusoids
/* PE (T,C): each pair of channels is the hand of a clock, and each clock is slower than the one before.
 *     PE[t, 2i] = sin(w_i t),  PE[t, 2i+1] = cos(w_i t),  w_i = 1 / 10000^(2i/C) */
static Tensor *sinusoidal_positions(Arena *arena, int time, int channels)
{
    Tensor *table = tensor_new(arena, time, channels);
    for (int t = 0; t < time; t++) {
        for (int i = 0; i < channels / 2; i++) {
            double speed = pow(10000, -2.0 * i / channels);
            table->data[t * channels + 2 * i] = (float)sin(speed * t);
            table->data[t * channels + 2 * i + 1] = (float)cos(speed * t);
        }
    }
    return table;
}
//< sinusoids

typedef struct Model {
    int kind; /* NONE, SINUSOIDAL, LEARNED */
    Params params;
    Tensor *tokens;    /* (V,C) */
    Tensor *positions; /* (LONG,C), of LEARNED; the training moves only the rows it meets */
    NnBlock block;
    Linear out; /* (2,C) */
} Model;

/* ids (B,T) -> (B,T,C): the embeddings, scaled by sqrt(C), and on them the positions. */
static Tensor *embed(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->tokens, ids, batch, time), sqrtf(CHANNELS));
    if (m->kind == SINUSOIDAL)
        x = nn_add(g, x, sinusoidal_positions(nn_arena(g), time, CHANNELS));
    else if (m->kind == LEARNED)
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
    if (kind == LEARNED)
        m.positions = nn_embedding_new(&m.params, "positions", LONG, CHANNELS, 0.02f, rng);
    const NnBlockConfig block = {
        .channels = CHANNELS, .heads = HEADS, .hidden = 2 * CHANNELS, .activation = NN_RELU};
    m.block = nn_block_new(&m.params, &block, 0, rng);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, 2, true, 0, rng);
    return m;
}

static void train(Graph *g, const Model *m, int time, int steps, Rng *rng)
{
    int ids[BATCH * LONG], labels[BATCH];
    OrderPlaces places = {0, time, ORDER_TRAIN};
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0);
    for (int step = 0; step < steps; step++) {
        order_draw(BATCH, time, &places, rng, ids, labels);
        Tensor *loss = nn_cross_entropy(g, classify(g, m, ids, BATCH, time), labels, -1);
        nn_train_step(g, o, loss, nn_cosine_rate(step, 30, steps, 5e-3f, 0), 1);
    }
    nn_optimizer_free(o);
}

/* Accuracy in per cent on new sequences of a length, A and B at the given positions. */
static double test(Graph *g, const Model *m, int time, OrderPlaces places)
{
    static int ids[TESTS * LONG], labels[TESTS];
    int right = 0;
    Rng rng = rng_new(99); /* the same sequences for every model */
    order_draw(TESTS, time, &places, &rng, ids, labels);
    nn_graph_record(g, false);
    Tensor *logits = classify(g, m, ids, TESTS, time); /* (TESTS,2) */
    for (int s = 0; s < TESTS; s++)
        right += nn_argmax(logits->data + 2 * s, 2) == labels[s];
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return 100.0 * right / TESTS;
}

/* ---- what is lost without positions ----------------------------------------------------------------- */

/* Feeds a sequence and a shuffled one to self-attention, puts the second output back into the first's
 * order, and returns the largest difference between the two. */
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
        Tensor *positions = sinusoidal_positions(nn_arena(g), SHORT, CHANNELS);
        x = nn_add(g, x, positions);
        shuffled = nn_add(g, shuffled, positions);
    }
    Tensor *out = nn_mha(g, &attention, x, x, HEADS, false, NULL);
    Tensor *out_shuffled = nn_mha(g, &attention, shuffled, shuffled, HEADS, false, NULL);
    float largest = 0;
    for (int t = 0; t < SHORT; t++)
        largest = fmaxf(largest, tensor_distance(out_shuffled->data + t * CHANNELS,
                                                 out->data + order[t] * CHANNELS, CHANNELS));
    nn_params_free(&params);
    nn_graph_reset(g);
    return largest;
}

static void show_order(Graph *g, Rng *rng)
{
    float without = order_effect(g, false, rng), with = order_effect(g, true, rng);
    puts("Attention on a shuffled input, its output put back in order: maximum change");
    printf("  without positions  %.4f   attention cannot see order: %s\n", (double)without,
           without < 1e-5f ? "yes" : "NO");
    printf("  with positions     %.4f   attention can: %s\n\n", (double)with, with > 0.1f ? "yes" : "NO");
}

/* What a trained model is asked: the first two at the length of the training, the others at twice that. */
enum { KNOWN, UNSEEN, NEAR_HALF, FAR_HALF, ALL, QUESTIONS };
typedef double Scores[QUESTIONS][SEEDS]; /* percent right */

static void train_and_test(Graph *g, int kind, int time, int steps, uint64_t seed, Scores scores, int at)
{
    static const int times[QUESTIONS] = {SHORT, SHORT, LONG, LONG, LONG};
    static const OrderPlaces places[QUESTIONS] = {{0, SHORT, ORDER_TRAIN},
                                                  {0, SHORT, ORDER_TEST},
                                                  {0, SHORT, ORDER_ANY},
                                                  {SHORT, LONG - SHORT, ORDER_ANY},
                                                  {0, LONG, ORDER_ANY}};
    Rng rng = rng_new(seed);
    Model m = model_new(kind, &rng);
    train(g, &m, time, steps, &rng);
    for (int q = 0; q < QUESTIONS; q++)
        scores[q][at] = test(g, &m, times[q], places[q]);
    nn_params_free(&m.params);
}

/* Both tables of trained models: order at the trained length, and at twice that length. */
static void show_training(Graph *g, int steps, uint64_t seed)
{
    static const char *const names[] = {"none", "sinusoidal", "learned", "learned, on 32 words"};
    Scores scores[KINDS + 1]; /* the last: learned, but trained at length 32 */
    Progress bar = progress_begin("training", (KINDS + 1) * SEEDS);
    for (int i = 0; i < (KINDS + 1) * SEEDS; i++) {
        int k = i / SEEDS;
        train_and_test(g, k < KINDS ? k : LEARNED, k < KINDS ? SHORT : LONG, steps, seed + (uint64_t)i,
                       scores[k], i % SEEDS);
        progress_update(&bar, i + 1, "%s", names[k]);
    }
    progress_end(&bar);
    printf("Which comes first, A or B? Trained on %d words; accuracy in per cent, %d seeds\n"
           "(each on %d new sequences: 95%% interval at most +-%.0f)\n"
           "  positions     position pairs of training   position pairs held out\n",
           SHORT, SEEDS, TESTS, 98 / sqrt(TESTS));
    for (int k = 0; k < KINDS; k++) {
        printf("  %-12s", names[k]);
        for (int i = 0; i < SEEDS * 2; i++)
            printf("%*.0f", i == SEEDS ? 13 : 8, scores[k][i < SEEDS ? KNOWN : UNSEEN][i % SEEDS]);
        putchar('\n');
    }
    printf("\nThe same models on %d words; accuracy in per cent, mean of %d seeds\n"
           "  A and B at positions     1-16    17-32   anywhere\n",
           LONG, SEEDS);
    for (int k = SINUSOIDAL; k <= KINDS; k++)
        printf("  %-22s %6.0f %8.0f %10.0f\n", names[k], stats_mean(scores[k][NEAR_HALF], SEEDS),
               stats_mean(scores[k][FAR_HALF], SEEDS), stats_mean(scores[k][ALL], SEEDS));
    bool fail =
        stats_mean(scores[SINUSOIDAL][ALL], SEEDS) < 85 && stats_mean(scores[LEARNED][ALL], SEEDS) < 85;
    printf("  no training step has moved rows 17-32 of the learned table, and none has met the sinusoids'\n"
           "  angles there; both kinds fail beyond the trained length: %s\n\n",
           fail ? "yes" : "NO");
}

/* ---- how sinusoids are built --------------------------------------------------------------------- */

/* PE[t] . PE[t+k] / (C/2) = mean_i cos(w_i k), whatever t is. */
static double mean_dot(const Tensor *table, int distance, double *spread)
{
    int time = table->shape[0], channels = table->shape[1];
    double min = 1e9, max = -1e9, sum = 0;
    for (int t = 0; t + distance < time; t++) {
        double dot = 0;
        for (int i = 0; i < channels; i++)
            dot += (double)table->data[t * channels + i] * table->data[(t + distance) * channels + i];
        dot /= channels / 2;
        min = fmin(min, dot);
        max = fmax(max, dot);
        sum += dot;
    }
    *spread = max - min;
    return sum / (time - distance);
}

//> rotate
/* Turns each pair of PE[t] by the angle w_i k and compares with PE[t+k]:
 *     sin(w(t+k)) = sin(wt) cos(wk) + cos(wt) sin(wk),  cos(w(t+k)) = cos(wt) cos(wk) - sin(wt) sin(wk) */
static double rotation_error(const Tensor *table, int distance)
{
    int time = table->shape[0], channels = table->shape[1];
    double largest = 0;
    for (int i = 0; i < channels / 2; i++) {
        double angle = distance * pow(10000, -2.0 * i / channels), c = cos(angle), s = sin(angle);
        for (int t = 0; t + distance < time; t++) {
            const float *from = table->data + t * channels + 2 * i, *to = from + distance * channels;
            largest = fmax(largest, fabs(from[0] * c + from[1] * s - to[0]));
            largest = fmax(largest, fabs(from[1] * c - from[0] * s - to[1]));
        }
    }
    return largest;
}
//< rotate

static void draw_table(const char *path, int language, PlotText title, PlotText across, const Tensor *t)
{
    Plot *p = plot_new(path, language, title);
    plot_axes(p, across, plot_text("position", "位置"));
    plot_heatmap(p, t->data, t->shape[0], t->shape[1], NULL, NULL);
    plot_finish(p, "  picture");
}

static void show_sinusoids(Graph *g, int language)
{
    enum { TIME = 128, WIDTH = 64, SHOWN = 64 };
    static const int distances[] = {0, 1, 2, 4, 8, 16, 32, 64};
    Tensor *table = sinusoidal_positions(nn_arena(g), TIME, WIDTH); /* (T,C) */
    float error = tensor_distance(table->data, nn_sinusoids(nn_arena(g), TIME, WIDTH)->data, table->size);
    printf("Sinusoids, %d positions, %d channels; equal to nn_sinusoids to 1e-6: %s\n", TIME, WIDTH,
           error <= 1e-6f ? "yes" : "NO");
    puts("  distance   dot product   the same for every t   PE[t+k] is PE[t] rotated");
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        double spread, dot = mean_dot(table, distances[i], &spread);
        printf("  %8d   %11.2f   %20s   %24s\n", distances[i], dot, spread < 1e-5 ? "to 1e-5" : "NO",
               rotation_error(table, distances[i]) < 1e-5 ? "to 1e-5" : "NO");
    }
    Tensor *first = nn_slice(g, table, 0, 0, SHOWN);
    draw_table("ch03/out/positional_table.svg", language, plot_text("Sinusoidal positions", "正弦位置编码"),
               plot_text("channel", "通道"), first);
    draw_table("ch03/out/positional_dot.svg", language,
               plot_text("Dot products of positions", "位置编码两两的点积"), plot_text("position", "位置"),
               nn_matmul_nt(g, first, first));
    putchar('\n');
    nn_graph_reset(g);
}

/* ---- why embeddings are scaled by sqrt(C) -------------------------------------------------------- */

//> scale
/* Adds positions to factor * table, and asks which word each sum is nearest to (largest dot product).
 * Returns the percentage of words found again. table (V,C), positions (V,C). */
static double words_found(Graph *g, Tensor *table, Tensor *positions, float factor)
{
    int words = table->shape[0], found = 0;
    Tensor *sum = nn_add(g, nn_scale(g, table, factor), positions);
    Tensor *score = nn_matmul_nt(g, sum, table); /* (V,V) */
    for (int i = 0; i < words; i++)
        found += nn_argmax(score->data + i * words, words) == i;
    return 100.0 * found / words;
}
//< scale

static void show_scale(Graph *g, Rng *rng)
{
    enum { WORDS = 500 };
    printf(
        "Norms of an embedding from N(0, 1/C) and of a position; share of %d words recognised in the sum\n",
        WORDS);
    puts("      C   position   embedding   found   x sqrt(C)   found");
    for (int channels = 64; channels <= 1024; channels *= 4) {
        Tensor *table = nn_input(g, WORDS, channels);
        tensor_normal(table, 1 / sqrtf((float)channels), rng);
        Tensor *positions = sinusoidal_positions(nn_arena(g), WORDS, channels);
        float factor = sqrtf((float)channels);
        double length = sqrt(kernel_sum_squares(table->data, table->size) / WORDS);
        printf("  %5d   %8.1f   %9.1f   %4.0f%%   %9.1f   %4.0f%%\n", channels, sqrt(channels / 2.0),
               length, words_found(g, table, positions, 1), (double)factor * length,
               words_found(g, table, positions, factor));
        nn_graph_reset(g);
    }
}

int main(int argc, char **argv)
{
    int steps = 400, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, 1, 100000, "training steps of each model"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Sinusoidal and learned positions, section 3.4.", options);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    show_order(g, &rng);
    show_training(g, steps, seed);
    show_sinusoids(g, language);
    show_scale(g, &rng);
    nn_graph_free(g);
    return error_finish();
}
