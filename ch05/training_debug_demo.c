/* training_debug_demo.c -- what to look at when a training run goes wrong, section 5.3.5.
 *
 * Seven short experiments. Each makes one fault on purpose, or shows the healthy case beside it, measures
 * what gives the fault away, and ends in a verdict. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "ch05/data_stories.h"
#include "ch05/inspect.h"

#include <math.h>
#include <stdlib.h>

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

/* A model, and AdamW for it; the same ones for every experiment. */
typedef struct Run {
    ModelDecoder *model;
    Optimizer *optimizer;
    Rng rng;
} Run;

static Run run_new(const Bench *b)
{
    ModelConfig c = model_config_gpt2((ModelConfig){
        .vocab = b->text->vocab, .context = TIME, .layers = LAYERS, .heads = HEADS, .channels = CHANNELS});
    Run r = {.rng = rng_new(b->seed)};
    r.model = model_decoder_new(&c, 0, &r.rng);
    r.optimizer = nn_adamw_new(&r.model->params, 0.9f, 0.99f, 0);
    return r;
}

static void run_free(Run *r)
{
    nn_optimizer_free(r->optimizer);
    model_decoder_free(r->model);
}

static void draw_batch(Bench *b, Run *r)
{
    stories_batch(b->text, BATCH, TIME, &r->rng, b->x, b->y);
}

/* Of the bench's batch. */
static Tensor *loss_of(Bench *b, const Run *r)
{
    return model_decoder_loss(b->g, r->model, b->x, b->y, BATCH, TIME);
}

/* The loss, its gradients left in the parameters. */
static double loss_and_gradients(Bench *b, const Run *r)
{
    Tensor *loss = loss_of(b, r);
    double value = (double)tensor_item(loss);
    nn_backward(b->g, loss);
    nn_graph_reset(b->g);
    return value;
}

/* ---- 1: the loss at step 0 ----------------------------------------------------------------------- */

static void first_loss(Bench *b)
{
    Run r = run_new(b);
    Tensor *embeddings = r.model->tokens;
    draw_batch(b, &r);
    double expected = log(b->text->vocab), healthy = loss_and_gradients(b, &r);
    for (size_t i = 0; i < embeddings->size; i++)
        embeddings->data[i] *= 50; /* N(0,1) in place of N(0,0.02^2) */
    double large = loss_and_gradients(b, &r);
    int same = inspect_repeats(b->g, r.model, b->x, BATCH, TIME);
    printf("1. Loss before the first step. An untrained model should have ln %d = %.2f\n"
           "  usual initialization %.2f   embeddings from N(0,1) %.1f, predicts the input word again at %d "
           "of %d positions\n",
           b->text->vocab, expected, healthy, large, same, BATCH * TIME);
    verdict(b, fabs(healthy - expected) < 0.1 && large > 2 * expected,
            "far above ln V the model is overconfident: its initial weights are too large");
    run_free(&r);
}

/* ---- 2: one batch, learned by heart -------------------------------------------------------------- */

//> overfit
/* Trains on one batch. broken: the targets are drawn anew each step, apart from the inputs, as when the two
 * come from shuffled lists. Returns the last loss. */
static double overfit(Bench *b, bool broken, int steps)
{
    int unused[BATCH * TIME];
    float loss = 0;
    Run r = run_new(b);
    draw_batch(b, &r);
    for (int step = 0; step < steps; step++) {
        if (broken)
            stories_batch(b->text, BATCH, TIME, &r.rng, unused, b->y);
        float rate = nn_cosine_rate(step, 20, steps, 5e-3f, 0);
        loss = nn_train_step(b->g, r.optimizer, loss_of(b, &r), rate, 1).loss;
    }
    run_free(&r);
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

/* Trains, and at one step the gradient is `factor` times what it should be, as after an overflow in half
 * precision or from a corrupt file. sgd or AdamW; clip 0: none. */
static Spike spike(Bench *b, bool sgd, float factor, float clip)
{
    Spike s = {.norm = 0};
    Run r = run_new(b);
    Params *params = &r.model->params;
    if (sgd) {
        nn_optimizer_free(r.optimizer);
        r.optimizer = nn_sgd_new(params, 0);
    }
    float rate = sgd ? 0.3f : 2e-3f, *old = memory_zero(nn_param_total(params), sizeof *old);
    inspect_update(params, old);
    for (int step = 0; step < SPIKE_STEPS; step++) {
        draw_batch(b, &r);
        Tensor *loss = loss_of(b, &r);
        s.loss[step] = tensor_item(loss);
        loss = step == BAD_STEP ? nn_scale(b->g, loss, factor) : loss;
        float norm = nn_train_step(b->g, r.optimizer, loss, rate, clip).norm;
        s.norm = step == BAD_STEP ? norm : s.norm;
        s.moved[step] = inspect_update(params, old) / (double)rate;
    }
    free(old);
    run_free(&r);
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
    static const char *const chinese[CASES] = {"", "SGD", "SGD，裁剪到 1", "", "AdamW", "AdamW，裁剪到 1"};
    Spike s[CASES];
    Plot *p = plot_new("ch05/out/training_debug_demo.svg", b->language,
                       plot_text("At step 60 one gradient is a thousand times too large",
                                 "第 60 步有一个大了一千倍的梯度"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss of the batch (nats)", "批的损失（nat）"));
    plot_log_axes(p, false, true);
    printf("3. At step %d one gradient is 1000 times too large\n"
           "  %-22s      norm   loss before   10 steps after   last 10 steps\n",
           BAD_STEP, "");
    for (int i = 0; i < CASES; i++) {
        bool fault = i % 3 > 0, clipped = i % 3 == 2;
        s[i] = spike(b, i < 3, fault ? 1000 : 1, clipped);
        printf("  %-22s %10.1f   %11.2f   %14.2f   %13.2f\n", names[i], (double)s[i].norm, s[i].before,
               s[i].after, s[i].end);
        if (fault)
            plot_line(p, plot_text(names[i], chinese[i]), NULL, s[i].loss, SPIKE_STEPS);
    }
    printf("  AdamW, unclipped: mean update in units of the learning rate %.2f at step 59, %.2f at 60, "
           "%.2f at 70, %.2f at 110\n",
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
 * has no gradient either, and never comes back. *still grows by those that do receive one. */
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
        if (step == 100)
            dead = inspect_dead(h, &in, still);
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
    printf("  rate 0.1: %.0f%%   rate 2: %.0f%%   rate 10: %.0f%%   dead units that receive a gradient: "
           "%d\n",
           small, middle, large, still);
    verdict(b, small < 10 && large > 50 && still == 0,
            "too large a learning rate pushes units below zero, and none comes back");
}

/* ---- 5: gradients by layer ----------------------------------------------------------------------- */

static void gradients(Bench *b)
{
    enum { FAULTY = 2 };
    double healthy[LAYERS], faulty[LAYERS];
    int found = 0, zero = 0;
    Run r = run_new(b);
    const Params *params = &r.model->params;
    draw_batch(b, &r);
    loss_and_gradients(b, &r);
    for (int i = 0; i < LAYERS; i++)
        healthy[i] = inspect_block_gradient(params, i);
    for (int i = 0; i < params->count; i++)
        params->items[i].tensor->has_grad = false;
    tensor_fill(r.model->blocks[FAULTY].norm1.weight, 0); /* as if never read from the checkpoint */
    tensor_fill(r.model->blocks[FAULTY].norm2.weight, 0);
    loss_and_gradients(b, &r);
    puts("5. Gradient norm of each block");
    for (int i = 0; i < LAYERS; i++) {
        faulty[i] = inspect_block_gradient(params, i);
        found = faulty[i] < faulty[found] ? i : found;
        printf("  block %d   healthy %.2f   with a fault %.2f\n", i, healthy[i], faulty[i]);
    }
    printf("  smallest: block %d. Gradients that are zero throughout:\n   ", found);
    for (int i = 0; i < params->count; i++) {
        const Param *p = &params->items[i];
        if (kernel_sum_squares(p->tensor->grad, p->tensor->size) == 0)
            printf(" %s", (zero++, p->name));
    }
    putchar('\n');
    verdict(
        b, found == FAULTY && faulty[found] < 0.5 * healthy[found] && zero == 4,
        "blocks of one shape have similar gradient norms; the odd one holds the fault (its norms are 0)");
    run_free(&r);
}

/* ---- 6: NaN -------------------------------------------------------------------------------------- */

static void not_a_number(Bench *b)
{
    enum { STEPS = 20, FAULT_STEP = 13, FAULT_BLOCK = 2 };
    Run r = run_new(b);
    const Params *params = &r.model->params;
    int step = 0;
    for (; step < STEPS; step++) {
        draw_batch(b, &r);
        if (step == FAULT_STEP) /* a division by zero, a damaged file */
            r.model->blocks[FAULT_BLOCK].down.weight->data[5] = INFINITY;
        if (!isfinite(nn_train_step(b->g, r.optimizer, loss_of(b, &r), 1e-3f, 0).loss))
            break; /* before the update */
    }
    nn_graph_reset(b->g);
    const char *first = "", *any = "";
    int block = inspect_non_finite_block(b->g, r.model, b->x, BATCH, TIME);
    int before = inspect_non_finite_parameters(params, &first);
    loss_and_gradients(b, &r);
    nn_optimizer_step(r.optimizer, 1e-3f);
    int after = inspect_non_finite_parameters(params, &any);
    printf("6. A weight of block %d becomes infinite at step %d\n", FAULT_BLOCK, FAULT_STEP);
    printf("  first loss that is not finite: step %d   hidden states not finite from: block %d   "
           "parameters: %d, %s\n"
           "  parameters that are not finite after one more update: %d of %d\n",
           step, block, before, first, after, params->count);
    verdict(b, step == FAULT_STEP && block == FAULT_BLOCK && before == 1 && after > params->count / 2,
            "stop at the first loss that is not finite, before the update: then the layer can be found");
    run_free(&r);
}

/* ---- 7: too large a rate ------------------------------------------------------------------------- */

static double rate_after(Bench *b, float rate)
{
    Run r = run_new(b);
    for (int step = 0; step < 100; step++) {
        draw_batch(b, &r);
        nn_train_step(b->g, r.optimizer, loss_of(b, &r), rate, 1);
    }
    double loss = stories_test(b->g, r.model, b->text, 5, BATCH, TIME);
    run_free(&r);
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
