/* training_debug_demo.c -- what to look at when a training run goes wrong, section 5.3.5.
 *
 * Five short experiments. Each makes one fault on purpose, or shows the healthy case beside it, measures
 * what gives the fault away, and ends in a claim that must hold. loss_spike_demo goes on with learning rates. */
#include "ch05/inspect.h"
#include "ch05/story_run.h"
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"

#include <math.h>

enum { BATCH = 8, TIME = 32, LAYERS = 4, CHANNELS = 48 };

/* The same model, optimizer and batches for every experiment. */
typedef struct Bench {
    Graph *g;
    Stories text;
    uint64_t seed;
} Bench;

static StoryRun run_new(const Bench *b)
{
    return story_run_new(&b->text, LAYERS, CHANNELS, BATCH, TIME, 0, b->seed);
}

/* The loss, its gradients left in the parameters. */
static double loss_and_gradients(const Bench *b, const StoryRun *r)
{
    Tensor *loss = story_run_loss(b->g, r);
    double value = (double)tensor_item(loss);
    nn_backward(b->g, loss);
    nn_graph_reset(b->g);
    return value;
}

/* ---- 1: the loss at step 0 ----------------------------------------------------------------------- */

typedef struct FirstLoss {
    double expected, healthy, large; /* large: with embeddings from N(0,1) in place of N(0,0.02^2) */
    int same;                        /* positions at which the input word is predicted again */
} FirstLoss;

static FirstLoss first_loss(const Bench *b)
{
    StoryRun r = run_new(b);
    Tensor *embeddings = r.model->tokens;
    story_run_draw(&r);
    FirstLoss f = {.expected = log(b->text.vocab), .healthy = loss_and_gradients(b, &r)};
    for (size_t i = 0; i < embeddings->size; i++)
        embeddings->data[i] *= 50;
    f.large = loss_and_gradients(b, &r);
    f.same = inspect_repeats(b->g, r.model, r.x, BATCH, TIME);
    story_run_free(&r);
    return f;
}

static void show_first_loss(Demo *d, const Bench *b)
{
    FirstLoss f = first_loss(b);
    printf("1. Loss before the first step. An untrained model should have ln %d = %.2f\n"
           "  usual initialization %.2f   embeddings from N(0,1) %.1f, predicts the input word again at %d "
           "of %d positions\n",
           b->text.vocab, f.expected, f.healthy, f.large, f.same, BATCH * TIME);
    demo_claim(d, fabs(f.healthy - f.expected) < 0.1 && f.large > 2 * f.expected,
               "  far above ln V the model is overconfident, because its initial weights are too large");
}

/* ---- 2: one batch, learned by heart -------------------------------------------------------------- */

//> overfit
/* Trains on one batch. broken: the targets are drawn anew each step, apart from the inputs, as when the two
 * come from shuffled lists. Returns the last loss. */
static double overfit(const Bench *b, bool broken, int steps)
{
    int unused[BATCH * TIME];
    float loss = 0;
    StoryRun r = run_new(b);
    story_run_draw(&r);
    for (int step = 0; step < steps; step++) {
        if (broken)
            stories_batch(&b->text, BATCH, TIME, &r.rng, unused, r.y);
        float rate = nn_cosine_rate(step, 20, steps, 5e-3f, 0);
        loss = nn_train_step(b->g, r.optimizer, story_run_loss(b->g, &r), rate, 1).loss;
    }
    story_run_free(&r);
    return (double)loss;
}
//< overfit

static void show_one_batch(Demo *d, const Bench *b)
{
    double healthy = overfit(b, false, 150), broken = overfit(b, true, 150);
    printf("\n2. One batch for 150 steps. A correct program memorizes it\n"
           "  healthy %.2f   targets from another text than the inputs %.2f\n",
           healthy, broken);
    demo_claim(d, healthy < 0.3 && broken > 2,
               "  a model that cannot memorize one batch has a bug, and more data will not help");
}

/* ---- 3: dead units ------------------------------------------------------------------------------- */

enum { UNITS = 256, CLASSES = 8, INPUTS = 16, ROWS = 256 };

/* A layer of ReLU units trained at a learning rate; returns the share that is zero for all ROWS inputs: such a unit
 * has no gradient either, and never comes back. *still grows by those that do receive one. */
static double dead_units(const Bench *b, float rate, int *still)
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

/* At three learning rates; returns how many dead units receive a gradient. */
static int dead_by_rate(const Bench *b, double dead[3])
{
    static const float rates[3] = {0.1f, 2, 10};
    int still = 0;
    for (int i = 0; i < 3; i++)
        dead[i] = dead_units(b, rates[i], &still);
    return still;
}

static void show_dead_units(Demo *d, const Bench *b)
{
    double dead[3];
    int still = dead_by_rate(b, dead);
    printf(
        "\n3. ReLU units that are zero for every one of %d inputs, after 100 steps of SGD\n"
        "  learning rate 0.1: %.0f%%   2: %.0f%%   10: %.0f%%   dead units that receive a gradient: %d\n",
        ROWS, dead[0], dead[1], dead[2], still);
    demo_claim(d, dead[0] < 10 && dead[2] > 50 && still == 0,
               "  too large a learning rate pushes units below zero, and none comes back");
}

/* ---- 4: gradients by layer ----------------------------------------------------------------------- */

enum { FAULTY = 2 };

/* The gradient norm of each block, healthy and with the norms of block FAULTY at 0, as if never read from the
 * checkpoint. The gradients of the latter stay in r. */
static void block_gradients(const Bench *b, const StoryRun *r, double norms[LAYERS][2])
{
    const Params *params = &r->model->params;
    for (int fault = 0; fault < 2; fault++) {
        for (int i = 0; i < params->count; i++)
            params->items[i].tensor->has_grad = false;
        loss_and_gradients(b, r);
        for (int i = 0; i < LAYERS; i++)
            norms[i][fault] = inspect_block_gradient(params, i);
        tensor_fill(r->model->blocks[FAULTY].norm1.weight, 0);
        tensor_fill(r->model->blocks[FAULTY].norm2.weight, 0);
    }
}

static int smallest(double norms[LAYERS][2])
{
    int found = 0;
    for (int i = 0; i < LAYERS; i++)
        found = norms[i][1] < norms[found][1] ? i : found;
    return found;
}

/* The names of the parameters whose gradients are zero throughout, each after a space; returns how many. */
static int zero_gradients(const Params *params, char *names, size_t room)
{
    int zero = 0;
    size_t used = 0;
    for (int i = 0; i < params->count; i++) {
        const Param *p = &params->items[i];
        if (kernel_sum_squares(p->tensor->grad, p->tensor->size) > 0)
            continue;
        used += (size_t)snprintf(names + used, room - used, " %s", p->name);
        zero++;
    }
    return zero;
}

typedef struct Gradients {
    double norms[LAYERS][2]; /* healthy, and with the fault */
    int smallest, zero;      /* with the fault: the block, and how many are zero throughout */
    char zero_names[512];
} Gradients;

static Gradients gradients(const Bench *b)
{
    Gradients x = {.zero_names = ""};
    StoryRun r = run_new(b);
    story_run_draw(&r);
    block_gradients(b, &r, x.norms);
    x.smallest = smallest(x.norms);
    x.zero = zero_gradients(&r.model->params, x.zero_names, sizeof x.zero_names);
    story_run_free(&r);
    return x;
}

static void show_gradients(Demo *d, const Bench *b)
{
    static const TabularColumn columns[] = {{"healthy", 2}, {"with a fault", 2}};
    static const char *const blocks[LAYERS] = {"0", "1", "2", "3"};
    Gradients x = gradients(b);
    puts("\n4. Gradient norm of each block");
    tabular_print_matrix("block", blocks, columns, 2, x.norms[0], LAYERS);
    printf("  smallest: block %d. Gradients that are zero throughout:\n   %s\n", x.smallest, x.zero_names);
    demo_claim(d, x.smallest == FAULTY && x.norms[FAULTY][1] < 0.5 * x.norms[FAULTY][0] && x.zero == 4,
               "  blocks of one shape have similar gradient norms, and the odd one holds the fault");
}

/* ---- 5: NaN -------------------------------------------------------------------------------------- */

enum { FAULT_STEP = 13, FAULT_BLOCK = 2 };

/* What is found when training stops at the first loss that is not finite, before the update. */
typedef struct Found {
    int step, block; /* block: the first whose hidden states are not finite */
    int before, after,
        of; /* parameters that are not finite, before the update and after one, of how many */
    char parameter[PARAM_NAME]; /* the first of them */
} Found;

static Found not_a_number(const Bench *b)
{
    StoryRun run = run_new(b), *r = &run;
    const Params *params = &r->model->params;
    Found f = {.of = params->count};
    for (; f.step < FAULT_STEP + 5; f.step++) {
        story_run_draw(r);
        if (f.step == FAULT_STEP) /* a division by zero, a damaged file */
            r->model->blocks[FAULT_BLOCK].down.weight->data[5] = INFINITY;
        if (!isfinite(nn_train_step(b->g, r->optimizer, story_run_loss(b->g, r), 1e-3f, 0).loss))
            break;
    }
    nn_graph_reset(b->g);
    const char *first = "", *any = "";
    f.block = inspect_non_finite_block(b->g, r->model, r->x, BATCH, TIME);
    f.before = inspect_non_finite_parameters(params, &first);
    snprintf(f.parameter, sizeof f.parameter, "%s", first);
    loss_and_gradients(b, r);
    nn_optimizer_step(r->optimizer, 1e-3f);
    f.after = inspect_non_finite_parameters(params, &any);
    story_run_free(r);
    return f;
}

static void show_not_a_number(Demo *d, const Bench *b)
{
    Found f = not_a_number(b);
    printf("\n5. A weight of block %d becomes infinite at step %d\n"
           "  first loss that is not finite: step %d   hidden states not finite from: block %d   "
           "parameters: %d, %s\n"
           "  parameters that are not finite after one more update: %d of %d\n",
           FAULT_BLOCK, FAULT_STEP, f.step, f.block, f.before, f.parameter, f.after, f.of);
    demo_claim(d, f.step == FAULT_STEP && f.block == FAULT_BLOCK && f.before == 1 && f.after > f.of / 2,
               "  stopped at the first loss that is not finite, before the update, the layer can be found");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/training_debug_demo",
              .about = "What to look at when a training run goes wrong, section 5.3.5."};
    demo_begin(&d, argc, argv, NULL);
    Bench b = {nn_graph_new(), stories_new(d.seed), d.seed};
    show_first_loss(&d, &b);
    show_one_batch(&d, &b);
    show_dead_units(&d, &b);
    show_gradients(&d, &b);
    show_not_a_number(&d, &b);
    nn_graph_free(b.g);
    stories_free(&b.text);
    return demo_end(&d);
}
