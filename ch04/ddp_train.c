/* ddp_train.c -- data parallelism, section 4.4.1.
 *
 * Several ranks train one model, each on its part of the batch; their losses are held against those of one process.
 * Then what that costs: the bytes that a rank sends, two classic all-reduces, and the time that is hidden behind
 * the backward pass. Starts its own ranks. */
#include "ch04/letters.h"
#include "common/base/base.h"
#include "common/dist/ddp.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BUCKETS = 64 };

/* ---- training ------------------------------------------------------------------------------------- */

//> train
/* The same steps as letters_train. losses (steps) are means over the ranks. Returns the bytes that this rank sent for
 * the gradients of a step. */
static size_t train(Dist *d, Letters *l, ModelDecoder *m, DistDdp *p, int steps, uint64_t seed,
                    float *losses)
{
    Graph *g = nn_graph_new();
    Optimizer *o = letters_optimizer(&m->params);
    size_t sent = 0;
    letters_begin(l, seed);
    for (int step = 0; step < steps; step++) {
        letters_draw(l);
        Tensor *loss = letters_loss(g, m, l, d->rank, d->size);
        size_t before = dist_bytes_sent(d);
        dist_ddp_backward(p, g, loss);
        sent = dist_bytes_sent(d) - before;
        losses[step] = letters_mean(d, tensor_item(loss));
        nn_optimizer_step_clipped(o, LETTERS_RATE, 1);
        nn_graph_reset(g);
    }
    nn_optimizer_free(o);
    nn_graph_free(g);
    return sent;
}
//< train

/* Rank 0 trains alone, too, and compares. */
static void compare(Demo *demo, Dist *d, Letters *l, int steps, uint64_t seed, const float *losses)
{
    if (d->rank > 0)
        return;
    float alone[LETTERS_MAX_STEPS], largest = 0;
    letters_train(l, steps, seed, alone);
    printf("  step   one process   %d rank%s\n", d->size, d->size > 1 ? "s" : "");
    for (int step = 0; step < steps; step++) {
        largest = fmaxf(largest, fabsf(losses[step] - alone[step]));
        if (step % 5 == 0 || step == steps - 1)
            printf("  %4d   %11.3f   %*.3f\n", step + 1, (double)alone[step], 7, (double)losses[step]);
    }
    demo_claim(demo, largest <= 1e-4f, "each loss equals that of one process to 1e-4");
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

enum { DIRECT, RING, TREE, WAYS };
static const char *const names[WAYS] = {"direct", "ring", "tree"};
static void (*const all_reduce[WAYS])(Dist *d, float *x, size_t count) = {
    dist_all_reduce, dist_all_reduce_ring, dist_all_reduce_tree};

/* How many messages one after the other it takes for n ranks. */
static int rounds_of(int way, int n)
{
    int levels = 0;
    while (1 << levels < n)
        levels++;
    return way == DIRECT ? 2 : way == RING ? 2 * (n - 1) : 2 * levels;
}

/* The largest over the ranks. */
static double largest(Dist *d, double x)
{
    float *all = memory_new((size_t)d->size * sizeof *all), found = 0;
    all[d->rank] = (float)x;
    dist_all_gather(d, all + d->rank, all, (size_t)d->size);
    for (int rank = 0; rank < d->size; rank++)
        found = fmaxf(found, all[rank]);
    free(all);
    return (double)found;
}

/* What the busiest of the ranks of d sends: in arrays of count numbers, and in messages. */
static void measure(Dist *d, int way, size_t count, double *arrays, double *messages)
{
    float *x = memory_zero(count, sizeof *x);
    size_t bytes = dist_bytes_sent(d), sent = dist_messages_sent(d);
    all_reduce[way](d, x, count);
    *arrays = (double)(dist_bytes_sent(d) - bytes) / (double)(count * sizeof *x);
    *messages = (double)(dist_messages_sent(d) - sent);
    *arrays = largest(d, *arrays);
    *messages = largest(d, *messages);
    free(x);
}

static void compare_ways(Dist *d, size_t count)
{
    Tabular *t = tabular_new();
    printf("\nAn all-reduce: what the busiest rank sends, in arrays\n");
    tabular_column(t, "way");
    tabular_numbers(t, "ranks", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "2(n-1)/n", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "sent", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "messages", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "rounds", NULL, 0, TABULAR_NONE);
    for (int n = 2; n <= d->size; n++) {
        Dist *some = dist_split(d, d->rank < n ? 0 : 1 + d->rank);
        for (int way = 0; d->rank < n && way < WAYS; way++) {
            double arrays, messages;
            measure(some, way, count, &arrays, &messages);
            tabular_text(t, names[way]);
            tabular_number(t, n);
            tabular_number(t, 2.0 * (n - 1) / n);
            tabular_number(t, arrays);
            tabular_number(t, messages);
            tabular_number(t, rounds_of(way, n));
        }
        dist_free(some);
    }
    tabular_print(t);
}

/* Each round takes alpha for the message and beta for each byte: 5 microseconds, and 50 GB/s of a network of 400
 * Gbit/s. A round of the ring carries bytes/n, one of the tree all bytes. */
static double ring_time(int n, double bytes)
{
    const double alpha = 5e-6, beta = 1 / 50e9;
    return rounds_of(RING, n) * (alpha + beta * bytes / n);
}

static double tree_time(int n, double bytes)
{
    const double alpha = 5e-6, beta = 1 / 50e9;
    return rounds_of(TREE, n) * (alpha + beta * bytes);
}

static void predict_times(void)
{
    Tabular *t = tabular_new();
    printf("\nTheir time in milliseconds, with 5 microseconds for a message and 50 GB/s\n");
    tabular_column(t, "ranks");
    tabular_numbers(t, "8 kB: ring", NULL, 3, TABULAR_NONE);
    tabular_numbers(t, "tree", NULL, 3, TABULAR_NONE);
    tabular_numbers(t, "1 GB: ring", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "tree", NULL, 1, TABULAR_NONE);
    for (int n = 8; n <= 4096; n *= 8) {
        char ranks[16];
        snprintf(ranks, sizeof ranks, "%d", n);
        tabular_row(t, ranks,
                    (const double[]){1e3 * ring_time(n, 8e3), 1e3 * tree_time(n, 8e3),
                                     1e3 * ring_time(n, 1e9), 1e3 * tree_time(n, 1e9)});
    }
    tabular_print(t);
}

/* ---- overlap -------------------------------------------------------------------------------------- */

/* The last backward pass of a run. */
typedef struct Pass {
    DistBucket buckets[MAX_BUCKETS];
    int count;
    double computed, finished; /* seconds */
} Pass;

/* A few steps with buckets that begin during the backward pass, or after it. */
static Pass watch(Dist *d, Letters *l, size_t bucket_bytes, bool overlap, uint64_t seed)
{
    enum { STEPS = 3 };
    float losses[STEPS];
    ModelDecoder *m = letters_model(l, seed);
    DistDdp *p = dist_ddp_new(d, &m->params, bucket_bytes, overlap);
    train(d, l, m, p, STEPS, seed, losses);
    Pass pass = {.computed = dist_ddp_computed(p), .finished = dist_ddp_finished(p)};
    const DistBucket *b = dist_ddp_buckets(p, &pass.count);
    memcpy(pass.buckets, b, (size_t)pass.count * sizeof *b);
    dist_ddp_free(p);
    model_decoder_free(m);
    return pass;
}

/* The share of the gradients whose all-reduce had begun when the last gradient became complete. */
static double begun_early(const Pass *p)
{
    double early = 0, all = 0, last = p->buckets[p->count - 1].ready;
    for (int k = 0; k < p->count; k++) {
        early += p->buckets[k].begun < last ? (double)p->buckets[k].count : 0;
        all += (double)p->buckets[k].count;
    }
    return early / all;
}

/* A row of the timeline: from begin to end of `whole`. */
static void draw_row(const char *name, double begin, double end, double whole, char mark)
{
    enum { COLUMNS = 56 };
    char row[COLUMNS + 1];
    memset(row, ' ', COLUMNS);
    row[COLUMNS] = '\0';
    int last = (int)(end / whole * COLUMNS);
    for (int i = (int)(begin / whole * COLUMNS); i < COLUMNS && i <= last; i++)
        row[i] = mark;
    printf("  %-10s|%s|\n", name, row);
}

static void draw(const Pass *p, const char *title, double whole)
{
    printf("%s: all-reduce begun before the last gradient was complete: %.0f %%\n", title,
           100 * begun_early(p));
    draw_row("backward", 0, p->computed, whole, '=');
    for (int k = 0; k < p->count; k++) {
        char name[24];
        snprintf(name, sizeof name, "bucket %d", k + 1);
        draw_row(name, p->buckets[k].begun, p->buckets[k].done, whole, '#');
    }
    printf("  time: the backward pass %.1f ms, all %.1f ms\n", 1e3 * p->computed, 1e3 * p->finished);
}

static void plot_pass(Plot *plot, const Pass *p, PlotText title)
{
    static char texts[MAX_BUCKETS][2][32];
    PlotText rows[MAX_BUCKETS + 1] = {plot_text("backward pass", "反向传播")};
    plot_panel(plot, title);
    plot_axes(plot, plot_text("milliseconds", "毫秒"), plot_same(NULL));
    for (int k = 0; k < p->count; k++) {
        snprintf(texts[k][0], sizeof texts[k][0], "bucket %d", k + 1);
        snprintf(texts[k][1], sizeof texts[k][1], "桶 %d", k + 1);
        rows[k + 1] = plot_text(texts[k][0], texts[k][1]);
    }
    plot_rows(plot, rows, p->count + 1);
    plot_block(plot, plot_text("computing", "计算"), 0, 0, (float)(1e3 * p->computed), NULL);
    for (int k = 0; k < p->count; k++)
        plot_block(plot, plot_text("all-reduce", "全归约"), k + 1, (float)(1e3 * p->buckets[k].begun),
                   (float)(1e3 * p->buckets[k].done), NULL);
}

static void show_overlap(Demo *demo, Dist *d, Letters *l, size_t bucket_bytes, uint64_t seed)
{
    Pass early = watch(d, l, bucket_bytes, true, seed), late = watch(d, l, bucket_bytes, false, seed);
    if (d->rank > 0)
        return;
    double whole = fmax(early.finished, late.finished);
    printf("\nBuckets of %zu kB or more\n", bucket_bytes / 1000);
    draw(&early, "overlapped", whole);
    draw(&late, "after the backward pass", whole);
    demo_claim(demo, begun_early(&early) > 0.5 && begun_early(&late) == 0,
               "most of the communication begins during the backward pass");
    Plot *p =
        plot_new("ch04/out/ddp_train.svg", demo->language,
                 plot_text("One step: gradients are sent as they are ready", "一步：梯度一就绪就发送"));
    plot_pass(p, &early, plot_text("overlapped", "重叠"));
    plot_pass(p, &late, plot_text("after the backward pass", "反向传播之后"));
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    int ranks = 4, steps = 20, bucket = 300;
    Demo demo = {.name = "ch04/ddp_train", .about = "Data parallelism, section 4.4.1.", .draws = true};
    const Option more[] = {option_int("ranks", &ranks, 1, LETTERS_BATCH, "processes; a divisor of 24"),
                           option_int("steps", &steps, 1, LETTERS_MAX_STEPS, "training steps"),
                           option_int("bucket", &bucket, 50, 100000, "kB in a bucket of gradients"),
                           OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Letters *l = letters_new(ranks);
    Dist *d = dist_start(argc, argv, ranks);
    size_t bucket_bytes = 1000 * (size_t)bucket;
    float losses[LETTERS_MAX_STEPS];
    ModelDecoder *m = letters_model(l, demo.seed);
    DistDdp *p = dist_ddp_new(d, &m->params, bucket_bytes, true);
    size_t count = nn_param_total(&m->params), sent = train(d, l, m, p, steps, demo.seed, losses);
    printf("%zu parameters, a batch of %d sequences on %d rank%s, %d of them on each\n", count,
           LETTERS_BATCH, d->size, d->size > 1 ? "s" : "", LETTERS_BATCH / d->size);
    compare(&demo, d, l, steps, demo.seed, losses);
    double formula = 2.0 * (d->size - 1) / d->size * (double)count * sizeof(float);
    printf("a rank sends %.2f MB in a step; 2(n-1)/n x 4 bytes x %zu parameters: %.2f MB\n",
           (double)sent / 1e6, count, formula / 1e6);
    terminal_verdict(fabs((double)sent - formula) <= 0.01 * formula, "equal to 1 %%");
    dist_ddp_free(p);
    model_decoder_free(m);
    if (d->size > 1) {
        compare_ways(d, count);
        predict_times();
        show_overlap(&demo, d, l, bucket_bytes, demo.seed);
    }
    letters_free(l);
    dist_free(d);
    return demo_end(&demo);
}
