/* training_debug_demo.c -- what to look at when a training run goes wrong, section 5.3.5.
 *
 * Seven short experiments. Each makes one fault on purpose, or shows the healthy case beside it, measures
 * what gives the fault away, and ends in a verdict. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "ch05/data_stories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, TIME = 32, LAYERS = 4, HEADS = 4, CHANNELS = 48 };

typedef struct Bench {
    Graph *g;
    Stories *text;
    uint64_t seed;
    int language; /* of the picture */
    int failed;   /* verdicts that did not hold */
    int x[BATCH * TIME], y[BATCH * TIME];
} Bench;

static void verdict(Bench *b, bool good, const char *what)
{
    printf("  %s: %s\n\n", good ? "verdict" : "NOT AS EXPECTED", what);
    b->failed += !good;
}

static ModelGpt *model_new(const Bench *b, Rng *rng)
{
    ModelGptConfig c = {b->text->vocab, TIME, LAYERS, HEADS, CHANNELS, 0};
    return model_gpt_new(&c, rng);
}

/* The loss of the bench's batch, its gradients left in the parameters. */
static float loss_and_gradients(Bench *b, const ModelGpt *m)
{
    Tensor *loss = model_gpt_loss(b->g, m, b->x, b->y, BATCH, TIME);
    float value = tensor_item(loss);
    nn_backward(b->g, loss);
    nn_graph_reset(b->g);
    return value;
}

/* ---- 1: the loss at step 0 ----------------------------------------------------------------------- */

/* At how many positions the most probable next word is the word that stands there. */
static int expects_itself(Bench *b, const ModelGpt *m)
{
    int count = 0, vocab = b->text->vocab;
    Tensor *logits = model_gpt_logits(b->g, m, b->x, BATCH, TIME); /* (B,T,V) */
    for (int i = 0; i < BATCH * TIME; i++)
        count += nn_argmax(logits->data + i * vocab, vocab) == b->x[i];
    nn_graph_reset(b->g);
    return count;
}

static void first_loss(Bench *b)
{
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
    double expected = log(b->text->vocab), healthy = (double)loss_and_gradients(b, m);
    for (size_t i = 0; i < m->tokens->size; i++)
        m->tokens->data[i] *= 50; /* N(0,1) in place of N(0,0.02^2) */
    double large = (double)loss_and_gradients(b, m);
    int same = expects_itself(b, m);
    printf("1. Loss before the first step. An untrained model should have ln %d = %.2f\n", b->text->vocab,
           expected);
    printf("  usual initialization %.2f   embeddings from N(0,1) %.1f, predicts the input word again at %d "
           "of %d "
           "positions\n",
           healthy, large, same, BATCH * TIME);
    verdict(b, fabs(healthy - expected) < 0.1 && large > 2 * expected,
            "far above ln V the model is overconfident: its initial weights are too large");
    model_gpt_free(m);
}

/* ---- 2: one batch, learned by heart -------------------------------------------------------------- */

//> overfit
/* Trains on one batch. broken: the targets are drawn anew each step, apart from the inputs, as when the two
 * come from shuffled lists. Returns the last loss. */
static double overfit(Bench *b, bool broken, int steps)
{
    int unused[BATCH * TIME];
    float loss = 0;
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
    for (int step = 0; step < steps; step++) {
        if (broken)
            stories_batch(b->text, BATCH, TIME, &rng, unused, b->y);
        loss = loss_and_gradients(b, m);
        nn_clip_gradients(o, 1);
        nn_optimizer_step(o, nn_cosine_rate(step, 20, steps, 5e-3f, 0));
    }
    nn_optimizer_free(o);
    model_gpt_free(m);
    return (double)loss;
}
//< overfit

static void one_batch(Bench *b)
{
    double healthy = overfit(b, false, 150), broken = overfit(b, true, 150);
    puts("2. One batch for 150 steps. A correct program memorises it");
    printf("  healthy %.2f   targets from another text than the inputs %.2f\n", healthy, broken);
    verdict(b, healthy < 0.3 && broken > 2,
            "a model that cannot memorise one batch has a bug; more data will not help");
}

/* ---- 3: a bad batch ------------------------------------------------------------------------------ */

enum { SPIKE_STEPS = 120, BAD_STEP = 60 };

typedef struct Spike {
    float loss[SPIKE_STEPS], norm; /* norm: of the gradient of the bad batch */
    double moved[SPIKE_STEPS];     /* how far a step moves a number on average, in learning rates */
    double before, after, end;     /* mean of 5 steps before it, of 10 after it, of the last 10 */
} Spike;

/* How far all numbers of the model are from `old` on average; old follows them. */
static double mean_move(const ModelGpt *m, float *old)
{
    double sum = 0;
    for (int i = 0; i < m->params.count; i++) {
        const Tensor *t = m->params.items[i].tensor;
        for (size_t k = 0; k < t->size; k++, old++) {
            sum += fabs((double)t->data[k] - (double)*old);
            *old = t->data[k];
        }
    }
    return sum / (double)nn_param_total(&m->params);
}

/* Trains, and at one step the gradient is `factor` times what it should be, as after an overflow in half
 * precision or from a corrupt file. sgd or AdamW; clip 0: none. */
static Spike spike(Bench *b, bool sgd, float factor, float clip)
{
    Spike s = {.norm = 0};
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    Optimizer *o = sgd ? nn_sgd_new(&m->params, 0) : nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    float rate = sgd ? 0.3f : 2e-3f, *old = memory_zero(nn_param_total(&m->params), sizeof *old);
    mean_move(m, old);
    for (int step = 0; step < SPIKE_STEPS; step++) {
        stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
        Tensor *loss = model_gpt_loss(b->g, m, b->x, b->y, BATCH, TIME);
        s.loss[step] = tensor_item(loss);
        nn_backward(b->g, step == BAD_STEP ? nn_scale(b->g, loss, factor) : loss);
        nn_graph_reset(b->g);
        float norm = nn_clip_gradients(o, clip);
        s.norm = step == BAD_STEP ? norm : s.norm;
        nn_optimizer_step(o, rate);
        s.moved[step] = mean_move(m, old) / (double)rate;
    }
    free(old);
    nn_optimizer_free(o);
    model_gpt_free(m);
    for (int i = 0; i < 10; i++) {
        s.before += i < 5 ? (double)s.loss[BAD_STEP - 1 - i] / 5 : 0;
        s.after += (double)s.loss[BAD_STEP + 1 + i] / 10;
        s.end += (double)s.loss[SPIKE_STEPS - 1 - i] / 10;
    }
    return s;
}

static void bad_batch(Bench *b)
{
    enum { CASES = 6 };
    static const char *const names[CASES] = {"SGD, no fault",   "SGD",   "SGD, clipped to 1",
                                             "AdamW, no fault", "AdamW", "AdamW, clipped to 1"};
    static const float factors[CASES] = {1, 1000, 1000, 1, 1000, 1000}, clips[CASES] = {0, 0, 1, 0, 0, 1};
    Spike s[CASES];
    const PlotText curves[CASES] = {[1] = plot_same("SGD"),
                                    [2] = plot_text("SGD, clipped to 1", "SGD，裁剪到 1"),
                                    [4] = plot_same("AdamW"),
                                    [5] = plot_text("AdamW, clipped to 1", "AdamW，裁剪到 1")};
    Plot *p = plot_new("ch05/out/training_debug_demo.svg", b->language,
                       plot_text("At step 60 one gradient is a thousand times too large",
                                 "第 60 步有一个大了一千倍的梯度"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss of the batch (nats)", "批的损失（nat）"));
    plot_log_axes(p, false, true);
    printf("3. At step %d one gradient is 1000 times too large\n"
           "  %-22s      norm   loss before   10 steps after   last 10 steps\n",
           BAD_STEP, "");
    for (int i = 0; i < CASES; i++) {
        s[i] = spike(b, i < 3, factors[i], clips[i]);
        printf("  %-22s %10.1f   %11.2f   %14.2f   %13.2f\n", names[i], (double)s[i].norm, s[i].before,
               s[i].after, s[i].end);
        if (factors[i] > 1)
            plot_line(p, curves[i], NULL, s[i].loss, SPIKE_STEPS);
    }
    printf("  AdamW, unclipped: mean update in units of the learning rate %.2f at step 59, %.2f at 60, "
           "%.2f at 70, %.2f at "
           "110\n",
           s[4].moved[BAD_STEP - 1], s[4].moved[BAD_STEP], s[4].moved[BAD_STEP + 10],
           s[4].moved[BAD_STEP + 50]);
    plot_finish(p, "  picture");
    bool sgd = !(s[1].after < 2 * s[1].before) && s[2].after < s[2].before + 0.3;
    verdict(b, sgd && s[5].end < s[4].end - 0.2,
            "clipping bounds the step of SGD. AdamW's step is bounded anyway, but not its memory\n"
            "  of squared gradients: after the spike it keeps the steps small for long, and the "
            "loss lags");
}

/* ---- 4: dead units ------------------------------------------------------------------------------- */

enum { UNITS = 256, CLASSES = 8, INPUTS = 16, ROWS = 256 };

/* A layer of ReLU units trained at a rate; returns the share that is zero for all ROWS inputs: such a unit
 * has no gradient either, and never comes back. *still: of those, how many do receive one. */
static double dead_units(Bench *b, float rate, int *still)
{
    Rng rng = rng_new(b->seed);
    Params params = {0};
    Linear in = nn_linear_new(&params, "in", INPUTS, UNITS, true, 0, &rng);
    Linear out = nn_linear_new(&params, "out", UNITS, CLASSES, true, 0, &rng);
    Optimizer *o = nn_sgd_new(&params, 0);
    int dead = 0, label[ROWS];
    for (int step = 0; step <= 100; step++) {
        Rng same = rng_new(b->seed + 1);
        Tensor *x = nn_input(b->g, ROWS, INPUTS);
        tensor_uniform(x, 0, 1, &same);
        for (int r = 0; r < ROWS; r++)
            label[r] = (int)(x->data[r * INPUTS] * CLASSES); /* told by the first input alone */
        Tensor *h = nn_relu(b->g, nn_linear(b->g, &in, x));  /* (ROWS,UNITS) */
        nn_backward(b->g, nn_cross_entropy(b->g, nn_linear(b->g, &out, h), label, -1));
        for (int u = 0; step == 100 && u < UNITS; u++) {
            float max = 0;
            for (int r = 0; r < ROWS; r++)
                max = fmaxf(max, h->data[r * UNITS + u]);
            dead += max == 0;
            *still += max == 0 && kernel_sum_squares(in.weight->grad + u * INPUTS, INPUTS) > 0;
        }
        nn_optimizer_step(o, rate);
        nn_graph_reset(b->g);
    }
    nn_optimizer_free(o);
    nn_params_free(&params);
    return 100.0 * dead / UNITS;
}

static void dead(Bench *b)
{
    int still = 0;
    double small = dead_units(b, 0.1f, &still), middle = dead_units(b, 2, &still);
    double large = dead_units(b, 10, &still);
    printf("4. ReLU units that are zero for every one of %d inputs, after 100 steps of SGD\n", ROWS);
    printf(
        "  rate 0.1: %.0f%%   rate 2: %.0f%%   rate 10: %.0f%%   dead units that receive a gradient: %d\n",
        small, middle, large, still);
    verdict(b, small < 10 && large > 50 && still == 0,
            "too large a learning rate pushes units below zero, and none comes back");
}

/* ---- 5: gradients by layer ----------------------------------------------------------------------- */

/* The gradient norm of a block's parameters: of all whose names begin with h.N. */
static double block_gradient(const ModelGpt *m, int layer)
{
    char name[16];
    double sum = 0;
    snprintf(name, sizeof name, "h.%d.", layer);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        if (strncmp(p->name, name, strlen(name)) == 0 && p->tensor->has_grad)
            sum += kernel_sum_squares(p->tensor->grad, p->tensor->size);
    }
    return sqrt(sum);
}

static void gradients(Bench *b)
{
    enum { FAULTY = 2 };
    double healthy[LAYERS], faulty[LAYERS];
    int found = 0, zero = 0;
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
    loss_and_gradients(b, m);
    for (int i = 0; i < LAYERS; i++)
        healthy[i] = block_gradient(m, i);
    for (int i = 0; i < m->params.count; i++)
        m->params.items[i].tensor->has_grad = false;
    tensor_fill(m->blocks[FAULTY].norm1.weight, 0); /* as if never read from the checkpoint */
    tensor_fill(m->blocks[FAULTY].norm2.weight, 0);
    loss_and_gradients(b, m);
    puts("5. Gradient norm of each block");
    for (int i = 0; i < LAYERS; i++) {
        faulty[i] = block_gradient(m, i);
        found = faulty[i] < faulty[found] ? i : found;
        printf("  block %d   healthy %.2f   with a fault %.2f\n", i, healthy[i], faulty[i]);
    }
    printf("  smallest: block %d. Gradients that are zero throughout:\n   ", found);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        if (kernel_sum_squares(p->tensor->grad, p->tensor->size) == 0)
            printf(" %s", (zero++, p->name));
    }
    putchar('\n');
    verdict(
        b, found == FAULTY && faulty[found] < 0.5 * healthy[found] && zero == 4,
        "blocks of one shape have similar gradient norms; the odd one holds the fault (its norms are 0)");
    model_gpt_free(m);
}

/* ---- 6: NaN -------------------------------------------------------------------------------------- */

static bool finite_all(const Tensor *t)
{
    for (size_t i = 0; i < t->size; i++)
        if (!isfinite(t->data[i]))
            return false;
    return true;
}

/* The first block after which the hidden states are not finite, found by running the model cut off after each of
 * them; LAYERS if there is none, -1 if it is not finite before the first. The loss alone says only that it
 * is NaN, and so is the gradient of every parameter. */
static int find_block(Bench *b, const ModelGpt *m)
{
    int bad = LAYERS;
    nn_graph_record(b->g, false);
    for (int layers = LAYERS; layers >= 0; layers--) {
        ModelGpt cut = *m;
        cut.config.layers = layers;
        if (!finite_all(model_gpt_hidden(b->g, &cut, b->x, BATCH, TIME)))
            bad = layers - 1;
        nn_graph_reset(b->g);
    }
    nn_graph_record(b->g, true);
    return bad;
}

/* How many parameters hold a number that is not finite, and the name of the first. */
static int find_parameters(const ModelGpt *m, const char **first)
{
    int bad = 0;
    for (int i = 0; i < m->params.count; i++) {
        if (finite_all(m->params.items[i].tensor))
            continue;
        *first = bad++ == 0 ? m->params.items[i].name : *first;
    }
    return bad;
}

static void not_a_number(Bench *b)
{
    enum { STEPS = 20, FAULT_STEP = 13, FAULT_BLOCK = 2 };
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    int step = 0;
    for (; step < STEPS; step++) {
        stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
        if (step == FAULT_STEP)
            m->blocks[FAULT_BLOCK].down.weight->data[5] = INFINITY; /* a division by zero, a damaged file */
        if (!isfinite(loss_and_gradients(b, m)))
            break; /* before the update */
        nn_optimizer_step(o, 1e-3f);
    }
    const char *first = "", *any = "";
    int block = find_block(b, m), before = find_parameters(m, &first);
    nn_optimizer_step(o, 1e-3f);
    int after = find_parameters(m, &any);
    printf("6. A weight of block %d becomes infinite at step %d\n", FAULT_BLOCK, FAULT_STEP);
    printf("  first loss that is not finite: step %d   hidden states not finite from: block %d   "
           "parameters: %d, %s\n"
           "  parameters that are not finite after one more update: %d of %d\n",
           step, block, before, first, after, m->params.count);
    verdict(b, step == FAULT_STEP && block == FAULT_BLOCK && before == 1 && after > m->params.count / 2,
            "stop at the first loss that is not finite, before the update: then the layer can be found");
    nn_optimizer_free(o);
    model_gpt_free(m);
}

/* ---- 7: too large a rate ------------------------------------------------------------------------- */

static double rate_after(Bench *b, float rate)
{
    Rng rng = rng_new(b->seed);
    ModelGpt *m = model_new(b, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    for (int step = 0; step < 100; step++) {
        stories_batch(b->text, BATCH, TIME, &rng, b->x, b->y);
        loss_and_gradients(b, m);
        nn_clip_gradients(o, 1);
        nn_optimizer_step(o, rate);
    }
    double loss = stories_test(b->g, m, b->text, 5, BATCH, TIME);
    nn_optimizer_free(o);
    model_gpt_free(m);
    return loss;
}

static void rates(Bench *b)
{
    double small = rate_after(b, 3e-5f), good = rate_after(b, 3e-3f), large = rate_after(b, 1);
    puts("7. Held-out loss after 100 steps of AdamW, all clipped to 1");
    printf("  rate 0.00003: %.2f   rate 0.003: %.2f   rate 1: %.2f\n", small, good, large);
    verdict(b, good < small && good < large,
            "too small is slow, too large learns nothing, and clipping does not help");
}

int main(int argc, char **argv)
{
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "What to look at when a training run goes wrong, section 5.3.5.", options);
    Stories text = stories_new(seed);
    Bench b = {.g = nn_graph_new(), .text = &text, .seed = seed, .language = language};
    first_loss(&b);
    one_batch(&b);
    bad_batch(&b);
    dead(&b);
    gradients(&b);
    not_a_number(&b);
    rates(&b);
    printf("%d verdicts did not hold\n", b.failed);
    nn_graph_free(b.g);
    stories_free(&text);
    return error_finish() || b.failed > 0;
}
