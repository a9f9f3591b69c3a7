/* modern_block_demo.c -- the block of 2017 turned into the block of today, part by part, section 3.8.
 *
 * modern_block.c has the block, with a switch for every part. Here models that differ in one part at a time are
 * trained side by side on the same stories, from three seeds and at two learning rates, and then read texts
 * longer than those of their training. */
#include "ch03/modern_block.h"
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "common/text/corpus.h"
#include "common/text/words.h"
#include "common/world/world.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 16, TIME = 32, LONG = 4 * TIME, SEEDS = 3, RANGES = 3, RATES = 2, MAX_TOKENS = 120000 };
static const float rates[RATES] = {0.003f, 0.03f};

//> models
/* Each model exchanges one part more than the one before it; the last has other positions than "today". */
static const Parts MODELS[] = {
    {"the block of 2017", .kv_heads = HEADS},
    {"+ pre-norm", true, .kv_heads = HEADS},
    {"+ RMSNorm, SwiGLU, no biases", true, true, true, .kv_heads = HEADS},
    {"+ RoPE", true, true, true, true, .kv_heads = HEADS},
    {"+ QK norm", true, true, true, true, true, .kv_heads = HEADS},
    {"+ 2 of 4 heads for k, v = today", true, true, true, true, true, .kv_heads = 2},
    {"today, with ALiBi for RoPE", true, true, true, false, true, true, .kv_heads = 2},
};
//< models
enum { SINUSOIDS = 2, TODAY = 5, ALIBI = 6, COUNT = sizeof MODELS / sizeof *MODELS };

/* ---- data and training ----------------------------------------------------------------------------------- */

typedef struct Data {
    int vocab, *ids[2];
    size_t count[2]; /* of WORLD_TRAIN and WORLD_TEST */
} Data;

/* The same stories for every seed: seeds differ in the model's first weights and in the batches. */
static Data data_new(void)
{
    Data d = {0};
    TextWords *words = text_words_new();
    Rng rng = rng_new(7);
    for (int side = 0; side < 2; side++) {
        char *text = world_stories(WORLD_EN, (WorldSide)side, side == WORLD_TRAIN ? 2000 : 400, &rng);
        text_words_add(words, text);
        d.ids[side] = memory_new(sizeof(int) * MAX_TOKENS);
        d.count[side] = (size_t)text_words_encode(words, text, d.ids[side], MAX_TOKENS);
        free(text);
    }
    d.vocab = text_words_count(words);
    text_words_free(words);
    return d;
}

/* The loss in nats per token at positions first .. last-1 of windows of unseen stories, `last` tokens long. */
static double evaluate(Graph *g, const Model *m, const Data *d, int first, int last)
{
    enum { BATCHES = 8 };
    static int x[BATCH * LONG], y[BATCH * LONG];
    Rng rng = rng_new(99); /* the same windows for every model */
    double sum = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < BATCHES; i++) {
        text_corpus_batch(d->ids[WORLD_TEST], d->count[WORLD_TEST], BATCH, last, &rng, x, y);
        for (int k = 0; k < BATCH * last; k++)
            y[k] = k % last < first ? -1 : y[k];
        sum += tensor_item(nn_affine_cross_entropy(g, model_run(g, m, x, BATCH, last), m->table, y, -1));
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum / BATCHES;
}

/* loss[3]: at positions 1 .. T, T+1 .. 2T, 2T+1 .. 4T. Returns the number of parameters. */
static size_t train(Graph *g, const Parts *p, const Data *d, int steps, float rate, uint64_t seed,
                    double *loss)
{
    static int x[BATCH * TIME], y[BATCH * TIME];
    Rng rng = rng_new(seed), batches = rng_new(seed + 1000); /* the same batches for every model */
    Model m = model_new(p, d->vocab, &rng);
    Optimizer *o = nn_adamw_new(&m.params, 0.9f, 0.98f, 0.01f);
    for (int step = 0; step < steps; step++) {
        text_corpus_batch(d->ids[WORLD_TRAIN], d->count[WORLD_TRAIN], BATCH, TIME, &batches, x, y);
        nn_backward(g, nn_affine_cross_entropy(g, model_run(g, &m, x, BATCH, TIME), m.table, y, -1));
        nn_clip_gradients(o, 1);
        nn_optimizer_step(o, nn_cosine_rate(step, steps / 10, steps, rate, rate / 20));
        nn_graph_reset(g);
    }
    for (int i = 0; i < RANGES; i++)
        loss[i] = evaluate(g, &m, d, i ? TIME << (i - 1) : 0, TIME << i);
    size_t parameters = nn_param_total(&m.params);
    nn_optimizer_free(o);
    nn_params_free(&m.params);
    return parameters;
}

/* ---- what is shown --------------------------------------------------------------------------------------- */

static void show_parts(Graph *g, Rng *rng)
{
    Tensor *x = nn_input(g, 1, 1, TIME, CHANNELS), *gain = nn_input(g, CHANNELS);
    tensor_normal(x, 1, rng);
    tensor_normal(gain, 1, rng);
    float norms = tensor_distance(rms_norm(g, x, gain)->data, nn_rms_norm(g, x, gain)->data, x->size);
    Tensor *near = nn_matmul_nt(g, rope(g, x, 0), rope(g, x, 0)),
           *far = nn_matmul_nt(g, rope(g, x, 99), rope(g, x, 99));
    float moved = tensor_distance(near->data, far->data, near->size);
    printf("RMSNorm from primitive operations equals nn_rms_norm to 1e-5: %s\n"
           "RoPE: moving all positions by 99 leaves every score the same to 1e-3: %s\n\n",
           norms <= 1e-5f ? "yes" : "NO", moved <= 1e-3f ? "yes" : "NO");
    nn_graph_reset(g);
}

/* The mean over the seeds, the minimum and the maximum. */
typedef struct Range {
    float mean, low, high;
} Range;

/* Prints it as "1.23 (1.22-1.24)". */
static Range print_loss(const double runs[SEEDS][RANGES], int range)
{
    Range r = {0, INFINITY, -INFINITY};
    for (int s = 0; s < SEEDS; s++) {
        r.mean += (float)runs[s][range] / SEEDS;
        r.low = fminf(r.low, (float)runs[s][range]);
        r.high = fmaxf(r.high, (float)runs[s][range]);
    }
    printf("   %.2f (%.2f-%.2f)", (double)r.mean, (double)r.low, (double)r.high);
    return r;
}

static void draw(Range loss[RATES][COUNT], int language)
{
    const PlotText names[RATES] = {plot_text("learning rate 0.003", "学习率 0.003"),
                                   plot_text("learning rate 0.03", "学习率 0.03")};
    Plot *p = plot_new("ch03/out/modern_block_demo.svg", language,
                       plot_text("From the block of 2017 to that of today", "从 2017 年的块到今天的块"));
    plot_axes(
        p,
        plot_text("lines of the table, from 2017 (1) to today (6)", "表的各行，从 2017 年（1）到今天（6）"),
        plot_text("loss on unseen stories (nats per token)", "没有见过的故事上的损失（nat/词元）"));
    plot_limits(p, 1, ALIBI, NAN, NAN);
    for (int r = 0; r < RATES; r++) {
        float x[ALIBI], y[ALIBI], low[ALIBI], high[ALIBI];
        for (int i = 0; i < ALIBI; i++) {
            x[i] = (float)(i + 1);
            y[i] = loss[r][i].mean;
            low[i] = loss[r][i].low;
            high[i] = loss[r][i].high;
        }
        plot_band(p, names[r], x, y, low, high, ALIBI);
    }
    plot_finish(p, "\npicture");
}

static void show(double loss[RATES][COUNT][SEEDS][RANGES], const size_t *parameters, int language)
{
    static const struct {
        int model;
        const char *positions;
    } shown[] = {{SINUSOIDS, "sinusoids"}, {TODAY, "RoPE"}, {ALIBI, "ALiBi"}};
    Range first[RATES][COUNT];
    printf("Loss on unseen stories in nats per token, mean of %d seeds (minimum-maximum);\n"
           "each line exchanges one more part.\n%-35s   rate %-11g   rate %-11g   parameters\n",
           SEEDS, "", (double)rates[0], (double)rates[1]);
    for (int i = 0; i < COUNT; i++) {
        printf("  %-33s", MODELS[i].name);
        for (int r = 0; r < RATES; r++)
            first[r][i] = print_loss(loss[r][i], 0);
        printf("   %10zu\n", parameters[i]);
    }
    printf("\nTrained on %d tokens at rate %g, given %d: the loss at positions\n%35s", TIME,
           (double)rates[RATES - 1], LONG, "");
    for (int range = 0; range < RANGES; range++)
        printf("   %6d-%-9d", range ? (TIME << (range - 1)) + 1 : 1, TIME << range);
    putchar('\n');
    for (int i = 0; i < 3; i++) {
        printf("  %-33s", shown[i].positions);
        for (int range = 0; range < RANGES; range++)
            print_loss(loss[RATES - 1][shown[i].model], range);
        putchar('\n');
    }
    draw(first, language);
}

int main(int argc, char **argv)
{
    int steps = 120, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, 10, 100000, "training steps of each model"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "The block of 2017 turned into the block of today, section 3.8.", options);
    static double loss[RATES][COUNT][SEEDS][RANGES];
    size_t parameters[COUNT];
    Graph *g = nn_graph_new();
    Data d = data_new();
    Rng rng = rng_new(seed);
    show_parts(g, &rng);
    Progress bar = progress_begin("training", RATES * COUNT * SEEDS);
    for (int i = 0; i < RATES * COUNT * SEEDS; i++) {
        int r = i / SEEDS / COUNT, k = i / SEEDS % COUNT, s = i % SEEDS;
        parameters[k] = train(g, &MODELS[k], &d, steps, rates[r], seed + (uint64_t)s, loss[r][k][s]);
        progress_update(&bar, i + 1, "%s", MODELS[k].name);
    }
    progress_end(&bar);
    show(loss, parameters, language);
    free(d.ids[0]);
    free(d.ids[1]);
    nn_graph_free(g);
    return error_finish();
}
