/* lora_demo.c -- LoRA (Hu et al., 2021), section 6.3.3.
 *
 * The low-rank update from small operations, by hand and against common's; its beginning, and two beginnings that do
 * not work; training with several ranks; and the merged model, which is as fast as the one without. */
#include "ch06/lora_bench.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

/* ---- one layer ----------------------------------------------------------------------------------- */

//> lora
/* x (...,in) -> (...,out): W x + (alpha / r) B A x. W (out,in) is frozen; A (r,in) and B (out,r) are trained. */
static Tensor *lora_linear(Graph *g, Tensor *x, Tensor *w, Tensor *a, Tensor *b, float alpha)
{
    float scale = alpha / (float)a->shape[0];
    Tensor *low = nn_matmul_nt(g, x, a);      /* (...,r) */
    Tensor *update = nn_matmul_nt(g, low, b); /* (...,out) */
    return nn_add(g, nn_matmul_nt(g, x, w), nn_scale(g, update, scale));
}

/* The same as one matrix: W + (alpha / r) B A. */
static Tensor *merged(Graph *g, Tensor *w, Tensor *a, Tensor *b, float alpha)
{
    return nn_add(g, w, nn_scale(g, nn_matmul(g, b, a), alpha / (float)a->shape[0]));
}
//< lora

static Tensor *numbers(Graph *g, int rows, int cols, const float *values)
{
    Tensor *t = nn_input(g, rows, cols);
    tensor_copy(t, values);
    return t;
}

/* A layer of 3 inputs and 2 outputs, rank 1, alpha 2. */
static void by_hand(Demo *d, Graph *g)
{
    Tensor *x = numbers(g, 1, 3, (const float[]){1, 2, 3});
    Tensor *w = numbers(g, 2, 3, (const float[]){1, 0, 1, 0, 1, 0});
    Tensor *a = numbers(g, 1, 3, (const float[]){1, 0, -1}), *b = numbers(g, 2, 1, (const float[]){2, 1});
    Tensor *one = merged(g, w, a, b, 2);
    const Tensor *y = lora_linear(g, x, w, a, b, 2), *same = nn_matmul_nt(g, x, one);
    puts("One layer by hand: 3 inputs, 2 outputs, rank 1, alpha 2");
    tensor_print("  W + 2 B A", one, 0);
    printf("  W x + 2 B A x   (%g, %g)\n  (W + 2 B A) x   (%g, %g)\n", (double)y->data[0],
           (double)y->data[1], (double)same->data[0], (double)same->data[1]);
    demo_claim(d, tensor_distance(y->data, same->data, 2) == 0, "  merged and unmerged agree");
    nn_graph_reset(g);
}

/* The function above against what common attaches, on a layer of 5 inputs and 7 outputs. */
static void against_common(Demo *d, Graph *g)
{
    Params p = {0};
    Rng rng = rng_new(d->seed);
    Linear layer = nn_linear_new(&p, "layer", 5, 7, false, 0, &rng);
    const ModelLora c = {.layers = "layer", .rank = 3, .alpha = 6};
    ModelAdapter *a = model_adapter_new(&p, &c, &rng, NULL);
    const Param *items = model_adapter_params(a)->items;
    tensor_normal(items[1].tensor, 1, &rng); /* B, as training would leave it */
    Tensor *x = nn_input(g, 4, 5);
    tensor_normal(x, 1, &rng);
    const Tensor *ours = lora_linear(g, x, layer.weight, items[0].tensor, items[1].tensor, c.alpha);
    const Tensor *commons = nn_linear(g, &layer, x);
    demo_claim(d, tensor_distance(ours->data, commons->data, ours->size) < 1e-5f,
               "  from small operations and from common: the same to 1e-5");
    model_adapter_free(a);
    nn_params_free(&p);
    nn_graph_reset(g);
}

/* ---- how it begins ------------------------------------------------------------------------------- */

typedef enum Start { B_ZERO, BOTH_ZERO, BOTH_RANDOM, STARTS } Start;
static const char *const start_names[STARTS] = {"A random, B 0", "both 0", "both random"};

/* The largest gradient of all A (which 0) or all B (1). */
static double max_gradient(const Params *p, int which)
{
    double max = 0;
    for (int i = which; i < p->count; i += 2) {
        const Tensor *t = p->items[i].tensor;
        for (size_t k = 0; k < t->size; k++)
            max = fmax(max, fabs((double)t->grad[k]));
    }
    return max;
}

/* How far the logits move when the matrices are attached; the largest gradients of A and of B. */
static void measure_start(LoraBench *b, Start start, const float *before, double out[3])
{
    ModelAdapter *a = lora_bench_attach(b, 8, 1);
    const Params *p = model_adapter_params(a);
    Rng rng = rng_new(2);
    for (int i = 0; i < p->count; i++) {
        if (start == BOTH_ZERO)
            tensor_fill(p->items[i].tensor, 0);
        else if (start == BOTH_RANDOM && i % 2 == 1)
            tensor_normal(p->items[i].tensor, 0.1f, &rng);
    }
    out[0] = lora_bench_distance(b, before);
    nn_backward(b->graph,
                answers_loss(b->graph, &b->whole, &b->train[LORA_LETTERS], lora_first_rows, LORA_BATCH));
    out[1] = max_gradient(p, 0);
    out[2] = max_gradient(p, 1);
    nn_graph_reset(b->graph);
    model_adapter_free(a);
}

static void show_starts(Demo *d, LoraBench *b)
{
    static const TabularColumn columns[] = {
        {"change of the logits", -2}, {"max |dA|", -2}, {"max |dB|", -2}};
    double found[STARTS][3];
    size_t n;
    float *before = lora_bench_logits(b, &n);
    for (int i = 0; i < STARTS; i++)
        measure_start(b, (Start)i, before, found[i]);
    free(before);
    puts("\nBefore the first step: the logits against those of the model alone, and gradients");
    tabular_print_matrix("beginning", start_names, columns, 3, found[0], STARTS);
    demo_claim(d, found[B_ZERO][0] == 0 && found[B_ZERO][1] == 0 && found[B_ZERO][2] > 0,
               "  with B = 0 nothing changes, A has no gradient yet, and B has one");
    demo_claim(d, found[BOTH_ZERO][1] == 0 && found[BOTH_ZERO][2] == 0,
               "  with both 0 nothing would ever change");
    demo_claim(d, found[BOTH_RANDOM][0] > 0,
               "  with both random it is another model before the first step");
}

/* ---- trained with several ranks, and merged ------------------------------------------------------ */

static const int ranks[] = {1, 4, 16};
enum { RANKS = sizeof ranks / sizeof *ranks };

/* The time of a pass over some answers, the shortest of several. */
static double pass_seconds(LoraBench *b)
{
    double best = INFINITY;
    for (int i = 0; i < 5; i++) {
        double start = clock_busy();
        size_t n;
        free(lora_bench_logits(b, &n));
        best = fmin(best, clock_busy() - start);
    }
    return best;
}

//> train
/* One rank: how many numbers are trained, the held-out loss, and how far the logits move when it is merged. */
static double train_rank(LoraBench *b, int rank, int steps, uint64_t seed, double row[4])
{
    size_t n;
    double base = pass_seconds(b);
    ModelAdapter *a = lora_bench_attach(b, rank, seed);
    lora_bench_train(b, a, LORA_LETTERS, steps, seed);
    float *before = lora_bench_logits(b, &n);
    double beside = pass_seconds(b);
    row[0] = rank;
    row[1] = (double)nn_param_total(model_adapter_params(a));
    row[2] = 100 * row[1] / (double)nn_param_total(&b->model->params);
    row[3] = lora_bench_loss(b, LORA_LETTERS);
    model_adapter_merge(a);
    double moved = lora_bench_distance(b, before), merged_pass = pass_seconds(b);
    printf("  rank %2d: a pass takes %.2f times the model's with B A beside W, %.2f merged\n", rank,
           beside / base, merged_pass / base);
    model_adapter_unmerge(a);
    model_adapter_free(a);
    free(before);
    return moved;
}
//< train

static void show_ranks(Demo *d, LoraBench *b)
{
    static const TabularColumn columns[] = {
        {"rank", 0}, {"trained", 0}, {"% of all", 2}, {"held-out loss", 2}};
    double rows[RANKS][4], moved = 0, base = lora_bench_loss(b, LORA_LETTERS);
    printf("\n%d steps of %d letters; held-out loss before: %.2f nats per token\n", d->steps, LORA_BATCH,
           base);
    for (int i = 0; i < RANKS; i++)
        moved = fmax(moved, train_rank(b, ranks[i], d->steps, d->seed, rows[i]));
    tabular_print_matrix(NULL, NULL, columns, 4, rows[0], RANKS);
    demo_claim(d, rows[0][3] < base / 2, "  rank 1 already takes away half of the loss or more");
    demo_claim(d, moved < 1e-5, "  merged: the logits stay, to 1e-5 of the largest");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/lora_demo",
              .about = "LoRA: low-rank adaptation, section 6.3.3.",
              .steps = 40,
              .min_steps = 10};
    const char *model = "ch05/models/book_gpt";
    const Option options[] = {option_dir("model", &model, "the pretrained decoder"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    LoraBench b = lora_bench_new(model, d.seed);
    by_hand(&d, b.graph);
    against_common(&d, b.graph);
    show_starts(&d, &b);
    show_ranks(&d, &b);
    lora_bench_free(&b);
    return demo_end(&d);
}
