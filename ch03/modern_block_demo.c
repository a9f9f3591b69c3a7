/* modern_block_demo.c -- the block of 2017 turned into the block of today, part by part, section 3.8.
 *
 * modern_block.c has the block, with a switch for every part. Here models that differ in one part at a time are
 * trained side by side on the same stories, from three seeds and at two learning rates, and then read texts
 * longer than those of their training. */
#include "ch03/modern_block.h"
#include "common/demo/demo.h"
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

/* ---- data and training --------------------------------------------------------------------------------- */

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

/* Trains one model, whose losses go to curve (steps). loss: on unseen stories, at each of the ranges of positions.
 * Returns the number of parameters. */
static size_t train(Graph *g, const Parts *p, const Data *d, int steps, float rate, uint64_t seed,
                    float *curve, double loss[RANGES])
{
    static int x[BATCH * TIME], y[BATCH * TIME];
    Rng rng = rng_new(seed), batches = rng_new(seed + 1000); /* the same batches for every model */
    Model m = model_new(p, d->vocab, &rng);
    Optimizer *o = nn_adamw_new(&m.params, 0.9f, 0.98f, 0.01f);
    for (int step = 0; step < steps; step++) {
        text_corpus_batch(d->ids[WORLD_TRAIN], d->count[WORLD_TRAIN], BATCH, TIME, &batches, x, y);
        Tensor *now = nn_affine_cross_entropy(g, model_run(g, &m, x, BATCH, TIME), m.table, y, -1);
        curve[step] =
            nn_train_step(g, o, now, nn_cosine_rate(step, steps / 10, steps, rate, rate / 20), 1).loss;
    }
    for (int i = 0; i < RANGES; i++)
        loss[i] = evaluate(g, &m, d, i ? TIME << (i - 1) : 0, TIME << i);
    size_t parameters = nn_param_total(&m.params);
    nn_optimizer_free(o);
    nn_params_free(&m.params);
    return parameters;
}

/* The models that are given longer texts. */
enum { LONGER = 3 };
static const int longer[LONGER] = {SINUSOIDS, TODAY, ALIBI};

/* What all models came to. */
typedef struct Results {
    double loss[COUNT][RATES][SEEDS];     /* at the trained length */
    double longer[LONGER][RANGES][SEEDS]; /* at the high learning rate, beyond that length */
    size_t parameters[COUNT];
} Results;

/* Every model at every learning rate from every seed. curve (steps): the losses of the first model of today at the
 * moderate rate. */
static void train_all(Graph *g, const Data *d, int steps, uint64_t seed, float *curve, Results *all)
{
    float *other = memory_new(sizeof *other * (size_t)steps);
    Progress bar = progress_begin("training", RATES * COUNT * SEEDS);
    for (int i = 0; i < RATES * COUNT * SEEDS; i++) {
        int r = i / SEEDS / COUNT, k = i / SEEDS % COUNT, s = i % SEEDS;
        double loss[RANGES];
        all->parameters[k] = train(g, &MODELS[k], d, steps, rates[r], seed + (uint64_t)s,
                                   i == TODAY * SEEDS ? curve : other, loss);
        all->loss[k][r][s] = loss[0];
        for (int j = 0; j < LONGER * RANGES; j++) {
            if (k == longer[j / RANGES])
                all->longer[j / RANGES][j % RANGES][s] = loss[j % RANGES]; /* the high rate comes last */
        }
        progress_update(&bar, i + 1, "%s", MODELS[k].name);
    }
    progress_end(&bar);
    free(other);
}

/* RMSNorm against the fused operation, and RoPE against a shift of all positions, which must change no score. */
static void check_parts(Graph *g, Rng *rng)
{
    Tensor *x = nn_input(g, 1, 1, TIME, CHANNELS), *gain = nn_input(g, CHANNELS);
    tensor_normal(x, 1, rng);
    tensor_normal(gain, 1, rng);
    float norms = tensor_distance(rms_norm(g, x, gain)->data, nn_rms_norm(g, x, gain)->data, x->size);
    Tensor *near = nn_matmul_nt(g, rope(g, x, 0), rope(g, x, 0)),
           *far = nn_matmul_nt(g, rope(g, x, 99), rope(g, x, 99));
    float moved = tensor_distance(near->data, far->data, near->size);
    terminal_verdict(norms <= 1e-5f, "RMSNorm from primitive operations equals nn_rms_norm to 1e-5");
    terminal_verdict(moved <= 1e-3f,
                     "RoPE: moving all positions by 99 leaves every score the same to 1e-3");
    nn_graph_reset(g);
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

static void print_losses(Results *all)
{
    static const TabularColumn by_rate[] = {{"rate 0.003", 2}, {"rate 0.03", 2}};
    static const TabularColumn by_length[] = {{"1-32", 2}, {"33-64", 2}, {"65-128", 2}};
    static const char *const positions[] = {"sinusoids", "RoPE", "ALiBi"};
    const char *names[COUNT];
    for (int i = 0; i < COUNT; i++)
        names[i] = MODELS[i].name;
    printf("\nLoss on unseen stories in nats per token, mean and standard deviation of %d seeds;\n"
           "each line exchanges one more part\n",
           SEEDS);
    tabular_print_seeds("", names, by_rate, RATES, all->loss[0][0], COUNT, SEEDS);
    printf("the first has %zu parameters, that of today %zu\n", all->parameters[0], all->parameters[TODAY]);
    printf("\nTrained on %d tokens at rate 0.03, given %d: the loss at positions\n", TIME, LONG);
    tabular_print_seeds("", positions, by_length, RANGES, all->longer[0][0], LONGER, SEEDS);
}

static void draw(Results *all, int language)
{
    static const float line[ALIBI] = {1, 2, 3, 4, 5, 6};
    const PlotText names[RATES] = {plot_text("learning rate 0.003", "学习率 0.003"),
                                   plot_text("learning rate 0.03", "学习率 0.03")};
    Plot *p = plot_new("ch03/out/modern_block_demo.svg", language,
                       plot_text("From the block of 2017 to that of today", "从 2017 年的块到今天的块"));
    plot_axes(
        p,
        plot_text("lines of the table, from 2017 (1) to today (6)", "表的各行，从 2017 年（1）到今天（6）"),
        plot_text("loss on unseen stories (nats per token)", "没有见过的故事上的损失（nat/词元）"));
    plot_limits(p, 1, ALIBI, NAN, NAN);
    plot_columns(p, names, line, all->loss[0][0], ALIBI, RATES, SEEDS);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch03/modern_block_demo",
                 .about = "The block of 2017 turned into the block of today, section 3.8.",
                 .draws = true,
                 .steps = 120,
                 .min_steps = 10,
                 .watched = "the block of today at rate 0.003"};
    demo_begin(&demo, argc, argv, NULL);
    static Results all;
    Graph *g = nn_graph_new();
    Data d = data_new();
    Rng rng = rng_new(demo.seed);
    check_parts(g, &rng);
    if (demo.alone) {
        train(g, &MODELS[TODAY], &d, demo.steps, rates[0], demo.seed, demo.losses, (double[RANGES]){0});
    } else {
        train_all(g, &d, demo.steps, demo.seed, demo.losses, &all);
        print_losses(&all);
        draw(&all, demo.language);
    }
    free(d.ids[0]);
    free(d.ids[1]);
    nn_graph_free(g);
    return demo_end(&demo);
}
