/* tensor_parallel_demo.c -- the matrices of each layer cut over ranks, section 4.4.2.
 *
 * Cuts a feed-forward network in two ways, of which one is right; cuts a whole Transformer layer (gpt_parts.c) and
 * counts the bytes that it sends; trains a GPT on 1, 2 and 4 ranks, embeddings and loss cut as well, and holds its
 * losses against those of one process; and leaves out one all-reduce, to see what becomes of it. */
#include "ch04/gpt_parts.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { HIDDEN = 4 * GPT_CHANNELS, ROWS = GPT_BATCH * GPT_TIME };

/* ---- a feed-forward network, cut ------------------------------------------------------------------------------ */

/* Columns [first, first+count) of x (N,C), (N,count). */
static Tensor *columns(Graph *g, Tensor *x, DistShare s)
{
    return nn_slice(g, x, -1, (int)s.first, (int)s.count);
}

static Tensor *rows(Graph *g, Tensor *x, DistShare s)
{
    return nn_slice(g, x, 0, (int)s.first, (int)s.count);
}

//> mlp
/* y = GELU(x A^T) B^T with x (N,C), A (F,C), B (C,F). A by outputs: a rank has whole numbers to put into GELU. */
static Tensor *outputs_then_inputs(Graph *g, Dist *d, Tensor *x, Tensor *a, Tensor *b)
{
    DistShare s = dist_share(d, HIDDEN, d->rank);
    Tensor *hidden = nn_gelu(g, nn_affine(g, x, rows(g, a, s), NULL));           /* (N,F/n) */
    return dist_sum_outputs(g, d, nn_affine(g, hidden, columns(g, b, s), NULL)); /* (N,C) */
}

/* A by inputs: a rank has a part of each sum. GELU needs the sum, which is four times as wide as y. */
static Tensor *inputs_first(Graph *g, Dist *d, Tensor *x, Tensor *a, Tensor *b, bool sum)
{
    DistShare s = dist_share(d, GPT_CHANNELS, d->rank), t = dist_share(d, HIDDEN, d->rank);
    Tensor *hidden = nn_affine(g, columns(g, x, s), columns(g, a, s), NULL); /* (N,F), a part of each */
    hidden = nn_gelu(g, sum ? dist_sum_outputs(g, d, hidden) : hidden);
    if (!sum)
        return dist_sum_outputs(g, d, nn_affine(g, hidden, b, NULL));
    return dist_sum_outputs(g, d, nn_affine(g, columns(g, hidden, t), columns(g, b, t), NULL));
}
//< mlp

/* How far b is from a: norm of the difference, relative to the norm of a. */
static double relative(const Tensor *a, const Tensor *b)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < a->size; i++) {
        difference += pow((double)(a->data[i] - b->data[i]), 2);
        norm += pow((double)a->data[i], 2);
    }
    return sqrt(difference / norm);
}

static void compare_cuts(Demo *demo, Graph *g, Dist *d, uint64_t seed)
{
    static const char *const names[] = {"A by outputs, B by inputs", "A by inputs, summed before GELU",
                                        "A by inputs, GELU of the parts"};
    static const TabularColumn head[] = {{"KiB sent by a rank", 0}, {"relative error", 2}};
    double rows_of_table[3][2], error[3];
    Rng rng = rng_new(seed);
    Tensor *x = nn_input(g, ROWS, GPT_CHANNELS), *a = nn_input(g, HIDDEN, GPT_CHANNELS),
           *b = nn_input(g, GPT_CHANNELS, HIDDEN);
    tensor_normal(x, 1, &rng);
    tensor_normal(a, 1 / sqrtf(GPT_CHANNELS), &rng);
    tensor_normal(b, 1 / sqrtf(HIDDEN), &rng);
    Tensor *whole = nn_affine(g, nn_gelu(g, nn_affine(g, x, a, NULL)), b, NULL);
    for (int i = 0; i < 3; i++) {
        size_t before = dist_bytes_sent(d);
        Tensor *y = i ? inputs_first(g, d, x, a, b, i == 1) : outputs_then_inputs(g, d, x, a, b);
        error[i] = relative(whole, y);
        rows_of_table[i][0] = (double)(dist_bytes_sent(d) - before) / 1024;
        rows_of_table[i][1] = error[i];
    }
    printf("A feed-forward network on %d ranks, forward: GELU(x A) B\n", d->size);
    tabular_print_matrix("", names, head, 2, &rows_of_table[0][0], 3);
    nn_graph_reset(g);
    demo_claim(demo, error[0] <= 1e-5 && error[1] <= 1e-5, "the first two equal the whole network to 1e-5");
}

/* ---- one layer, forward and backward -------------------------------------------------------------------------- */

/* A layer of gpt_part_new against nn_block: output and gradient of the input. Returns the maximum difference; *sent
 * becomes the bytes that this rank sent. */
static float compare_layer(Graph *g, Dist *d, uint64_t seed, size_t *sent)
{
    enum { VOCAB = 16 };
    Gpt whole = gpt_new(VOCAB, seed);
    GptPart part = gpt_part_new(VOCAB, seed, d, 0, GPT_LAYERS);
    Rng rng = rng_new(seed + 1);
    Tensor *x = nn_parameter(GPT_BATCH, GPT_TIME, GPT_CHANNELS), *up = nn_input(g, (int)x->size);
    tensor_normal(x, 1, &rng);
    tensor_normal(up, 1, &rng);
    Tensor *plain = nn_block(g, &whole.blocks[0], x, &(NnBlockCall){.attention = {.causal = true}});
    nn_backward_from(g, plain, up->data);
    Tensor *grad = nn_input(g, (int)x->size);
    tensor_copy(grad, x->grad);
    x->has_grad = false;
    size_t before = dist_bytes_sent(d);
    Tensor *cut = gpt_part_block(g, &part, &part.blocks[0], x);
    nn_backward_from(g, cut, up->data);
    *sent = dist_bytes_sent(d) - before;
    float far = fmaxf(tensor_distance(plain->data, cut->data, x->size),
                      tensor_distance(grad->data, x->grad, x->size));
    tensor_free(x);
    nn_graph_reset(g);
    nn_params_free(&whole.params);
    nn_params_free(&part.params);
    return far;
}

/* ---- training ------------------------------------------------------------------------------------------------- */

/* What a training run on a group of ranks came to. */
typedef struct Run {
    float loss[GPT_MAX_STEPS];
    size_t parameters; /* on this rank */
    float drift;       /* how far the copies of a weight that every rank has are from those of rank 0 */
} Run;

static float drift_of(const GptPart *m)
{
    const Tensor *mine = m->blocks[0].norm1.weight;
    float first[GPT_CHANNELS];
    for (int i = 0; i < GPT_CHANNELS; i++)
        first[i] = mine->data[i];
    dist_broadcast(m->tensor, 0, first, sizeof first);
    float far = tensor_distance(mine->data, first, GPT_CHANNELS);
    dist_all_reduce(m->tensor, &far, 1); /* the sum: 0 only if all are equal */
    return far;
}

/* The loop of one process; every rank runs it, and the operations of gpt_parts.c send what has to be sent. */
static Run train_parts(Graph *g, Dist *d, const Stories *s, int steps, uint64_t seed, bool without_f)
{
    int x[ROWS], y[ROWS];
    Run run = {0};
    Rng batches = rng_new(seed + 1);
    GptPart m = gpt_part_new(s->vocab, seed, d, 0, GPT_LAYERS);
    m.without_f = without_f;
    Optimizer *o = gpt_optimizer(&m.params);
    for (int i = 0; i < steps; i++) {
        stories_batch(s, &batches, x, y);
        run.loss[i] = nn_train_step(g, o, gpt_part_run(g, &m, NULL, x, y, GPT_BATCH), GPT_RATE, 0).loss;
    }
    run.drift = drift_of(&m);
    run.parameters = nn_param_total(&m.params);
    nn_optimizer_free(o);
    nn_params_free(&m.params);
    return run;
}

static double max_difference(const float *a, const float *b, int n)
{
    return (double)tensor_distance(a, b, (size_t)n);
}

/* 1, 2, 4 ... ranks in turn; those that a turn has no use for wait at its end. */
static void compare_runs(Demo *demo, Graph *g, Dist *world, const Stories *s, int steps, uint64_t seed)
{
    static const char *const names[] = {"1", "2", "4"};
    static const TabularColumn head[] = {{"parameters on a rank", 0},
                                         {"KiB sent per layer and step", 0},
                                         {"4 all-reduces of B T C", 0},
                                         {"copies differ by", 1}};
    float whole[GPT_MAX_STEPS];
    double table[3][4], worst = 0, far = 0;
    int turns = 0;
    gpt_train(s, steps, seed, whole);
    for (int n = 1; n <= world->size; n *= 2, turns++) {
        Dist *d = dist_split(world, world->rank < n ? 0 : world->rank);
        if (d->size == n && world->rank < n) {
            size_t sent = 0;
            far = fmax(far, (double)compare_layer(g, d, seed, &sent));
            Run run = train_parts(g, d, s, steps, seed, false);
            worst = fmax(worst, max_difference(run.loss, whole, steps));
            double formula = 4 * 2.0 * (n - 1) / n * ROWS * GPT_CHANNELS * sizeof(float) / 1024;
            double row[] = {(double)run.parameters, (double)sent / 1024, formula, (double)run.drift};
            for (int i = 0; i < 4; i++)
                table[turns][i] = row[i];
        }
        dist_free(d);
        dist_barrier(world);
    }
    printf("\nA GPT of %d layers, %d channels, %d words; %d steps; loss of one process %.2f to %.2f\n",
           GPT_LAYERS, GPT_CHANNELS, s->vocab, steps, (double)whole[0], (double)whole[steps - 1]);
    tabular_print_matrix("ranks", names, head, 4, &table[0][0], turns);
    demo_claim(demo, far <= 1e-4, "a cut layer equals nn_block, output and gradient, to 1e-4");
    demo_claim(demo, worst <= 1e-4, "every loss equals that of one process to 1e-4");
    if (world->size > 1) {
        Run run = train_parts(g, world, s, steps, seed, true);
        printf("\nWithout f, on %d ranks: the first loss is off by %.4f, the last by %.4f; copies "
               "differ by %.1f\n",
               world->size, (double)fabsf(run.loss[0] - whole[0]),
               (double)fabsf(run.loss[steps - 1] - whole[steps - 1]), (double)run.drift);
        printf("It still falls, from %.2f to %.2f\n", (double)run.loss[0], (double)run.loss[steps - 1]);
    }
}

static void check_ranks(int ranks)
{
    if (GPT_HEADS % ranks != 0)
        error_exitf("--ranks %d: the ranks must divide %d heads", ranks, GPT_HEADS);
}

int main(int argc, char **argv)
{
    int ranks = 4, steps = 20;
    Demo demo = {.name = "ch04/tensor_parallel_demo", .about = "Tensor parallelism, section 4.4.2."};
    const Option more[] = {option_int("ranks", &ranks, 1, 4, "processes: 1, 2 or 4, which divide 4 heads"),
                           option_int("steps", &steps, 1, GPT_MAX_STEPS, "steps of training"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    check_ranks(ranks);
    Dist *d = dist_start(argc, argv, ranks);
    check_ranks(d->size);
    Stories stories = stories_new();
    Graph *g = nn_graph_new();
    if (d->size > 1)
        compare_cuts(&demo, g, d, demo.seed);
    compare_runs(&demo, g, d, &stories, steps, demo.seed);
    nn_graph_free(g);
    stories_free(&stories);
    dist_free(d);
    return demo_end(&demo);
}
