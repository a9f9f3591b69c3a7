/* pipeline_demo.c -- the layers of a model on several stages, section 4.4.3.
 *
 * Draws three schedules (common/dist/pipeline.c); runs them over real messages with operations that sleep, so that the
 * bubble is measured and not the number of cores; trains the same GPT with each (grid.c), holds its losses against
 * those of one process, and counts the activations that each stage holds. */
#include "ch04/grid.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_STAGES = 4, MAX_MICROBATCHES = 20, MAX_OPS = 3 * MAX_MICROBATCHES };

/* What an operation takes: a backward pass twice as long as a forward pass, and its halves one unit each. */
static const double UNITS[DIST_KINDS] = {1, 2, 1, 1};

typedef struct Pipeline {
    int stages, microbatches;
} Pipeline;

/* ---- on paper ------------------------------------------------------------------------------------------------- */

/* A row for each stage, a character for each unit: 0 1 2 .. forward, A B C .. backward (or its first half), a b c ..
 * the second half of it. times (stages, 3 microbatches) */
static void draw(DistSchedule s, Pipeline p, const DistStageTimes *times)
{
    enum { WIDTH = 4 * (MAX_MICROBATCHES + MAX_STAGES) };
    DistStageOp ops[MAX_OPS];
    for (int stage = 0; stage < p.stages; stage++, times += 3 * p.microbatches) {
        char line[WIDTH + 1] = "";
        int count = dist_pipeline_ops(s, stage, p.stages, p.microbatches, ops), at = 0;
        for (int i = 0; i < count; i++) {
            while (at < (int)times[i].begin)
                line[at++] = '.';
            while (at < (int)times[i].end)
                line[at++] = (char)("0AAa"[ops[i].kind] + ops[i].microbatch % (ops[i].kind ? 26 : 10));
        }
        printf("  stage %d  %s\n", stage, line);
    }
}

/* The work of a stage, in units: the same for all. */
static double work(Pipeline p)
{
    return p.microbatches * (UNITS[DIST_FORWARD] + UNITS[DIST_BACKWARD]);
}

/* (p-1)/(m+p-1) where a backward pass is whole; (p-1)/(3m+p-1) where its second half fills gaps and m >= p. */
static double formula(DistSchedule s, Pipeline p)
{
    double passes = s == DIST_ZERO_BUBBLE ? 3 : 1;
    return (p.stages - 1) / (passes * p.microbatches + p.stages - 1);
}

/* ---- with a clock --------------------------------------------------------------------------------------------- */

static void sleep_for(double seconds)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * seconds)}, NULL);
}

/* A message from a neighbour, waited for asleep: dist_receive would keep a core busy that others need. */
static void receive_asleep(Dist *d, int from, float *message)
{
    DistRequest *r = dist_receive_begin(d, from, message, sizeof *message);
    while (!dist_test(r))
        sleep_for(1e-4);
    dist_wait(r);
}

//> sleep
/* Runs this stage's list: waits for the message that an operation needs, sleeps for as long as it takes, sends what
 * the neighbour waits for. at (3 microbatches) gets the times since the barrier. */
static void run_asleep(Dist *d, DistSchedule s, int microbatches, double unit, DistStageTimes *at)
{
    DistStageOp ops[MAX_OPS];
    DistRequest *sent[MAX_OPS] = {NULL};
    float message[MAX_OPS] = {0};
    int count = dist_pipeline_ops(s, d->rank, d->size, microbatches, ops);
    dist_barrier(d);
    double start = clock_seconds();
    for (int i = 0; i < count; i++) {
        DistStageKind kind = ops[i].kind;
        int from = kind == DIST_FORWARD ? d->rank - 1 : d->rank + 1;
        int to = kind == DIST_FORWARD ? d->rank + 1 : d->rank - 1;
        if (kind != DIST_WEIGHT && from >= 0 && from < d->size)
            receive_asleep(d, from, &message[i]);
        at[i].begin = clock_seconds() - start;
        sleep_for(UNITS[kind] * unit);
        at[i].end = clock_seconds() - start;
        if (kind != DIST_WEIGHT && to >= 0 && to < d->size)
            sent[i] = dist_send_begin(d, to, &message[i], sizeof message[i]);
    }
    for (int i = 0; i < count; i++)
        dist_wait(sent[i]);
}
//< sleep

/* The times of all stages come to rank 0, all (stages, 3 microbatches). Returns the idle share of their time until
 * the last one is done. */
static double collect(Dist *d, const DistStageTimes *mine, int microbatches, DistStageTimes *all)
{
    size_t n = 3 * (size_t)microbatches;
    double busy = 0, end = 0;
    if (d->rank)
        dist_send(d, 0, mine, n * sizeof *mine);
    for (int i = 1; d->rank == 0 && i < d->size; i++)
        dist_receive(d, i, all + (size_t)i * n, n * sizeof *all);
    memcpy(all, mine, d->rank ? 0 : n * sizeof *all);
    for (size_t k = 0; k < (size_t)d->size * n; k++) {
        busy += all[k].end - all[k].begin;
        end = fmax(end, all[k].end);
    }
    return 1 - busy / (d->size * end);
}

/* One schedule with a clock; again, up to 5 times, where the machine was busy with something else: that only adds idle
 * time. times (stages, 3 microbatches) on rank 0. Returns the idle share. */
static double measure(Dist *d, DistSchedule s, Pipeline p, double unit, DistStageTimes *times)
{
    DistStageTimes mine[MAX_OPS] = {{0}};
    double share = 1;
    for (int attempt = 0; attempt < 5 && share > formula(s, p) + 0.03; attempt++) {
        run_asleep(d, s, p.microbatches, unit, mine);
        share = collect(d, mine, p.microbatches, times);
        dist_broadcast(d, 0, &share, sizeof share);
    }
    return share;
}

/* ---- the picture ---------------------------------------------------------------------------------------------- */

/* A row for each stage of each schedule. */
static Plot *plot_begin(Demo *demo, Pipeline p)
{
    static const char *const schedules[DIST_SCHEDULES] = {"GPipe", "1F1B", "ZB-H1"};
    char names[DIST_SCHEDULES * MAX_STAGES][16];
    PlotText rows[DIST_SCHEDULES * MAX_STAGES];
    for (int i = 0; i < DIST_SCHEDULES * p.stages; i++) {
        snprintf(names[i], sizeof names[i], "%s, %d", schedules[i / p.stages], i % p.stages);
        rows[i] = plot_same(names[i]);
    }
    Plot *plot =
        demo_plot(demo, plot_text("Three schedules, measured", "三种调度的实测时间线"),
                  plot_text("time (ms)", "时间（毫秒）"), plot_text("schedule, stage", "调度，阶段"));
    plot_rows(plot, rows, DIST_SCHEDULES * p.stages);
    return plot;
}

static void plot_times(Plot *plot, DistSchedule s, Pipeline p, const DistStageTimes *times)
{
    static const PlotText kinds[DIST_KINDS] = {{"forward", "前向"},
                                               {"backward", "反向"},
                                               {"gradient of inputs", "对输入的梯度"},
                                               {"gradient of weights", "对权重的梯度"}};
    DistStageOp ops[MAX_OPS];
    for (int stage = 0; stage < p.stages; stage++, times += 3 * p.microbatches) {
        int count = dist_pipeline_ops(s, stage, p.stages, p.microbatches, ops);
        for (int i = 0; i < count; i++) {
            char label[8];
            snprintf(label, sizeof label, "%d", ops[i].microbatch);
            plot_block(plot, kinds[ops[i].kind], (int)s * p.stages + stage, (float)(1e3 * times[i].begin),
                       (float)(1e3 * times[i].end), label);
        }
    }
}

/* ---- the bubble of the three schedules -------------------------------------------------------------------------- */

static void compare(Demo *demo, Dist *d, Pipeline p, double unit)
{
    static DistStageTimes paper[MAX_STAGES * MAX_OPS], real[MAX_STAGES * MAX_OPS];
    static const TabularColumn columns[] = {{"formula (%)", 1}, {"on paper (%)", 1}};
    double share[DIST_SCHEDULES][2], measured[DIST_SCHEDULES];
    bool equal = true, near = true;
    Plot *plot = plot_begin(demo, p);
    printf("%d stages, %d microbatches; a forward pass takes 1 unit, a backward pass 2.\n"
           "0 1 2: forward; A B C: backward, or its first half; a b c: its second half\n",
           p.stages, p.microbatches);
    for (int s = 0; s < DIST_SCHEDULES; s++) {
        double units = dist_pipeline_replay((DistSchedule)s, p.stages, p.microbatches, UNITS, paper);
        printf("\n%s: %.0f units\n", dist_schedule_names[s], units);
        draw((DistSchedule)s, p, paper);
        share[s][0] = 100 * formula((DistSchedule)s, p);
        share[s][1] = 100 * (1 - work(p) / units);
        measured[s] = 100 * measure(d, (DistSchedule)s, p, unit, real);
        equal &= fabs(share[s][0] - share[s][1]) < 1e-6 || p.microbatches < p.stages;
        near &= measured[s] > share[s][1] - 1 && measured[s] < share[s][1] + 15;
        if (d->rank == 0)
            plot_times(plot, (DistSchedule)s, p, real);
    }
    puts("\nThe bubble: the idle share of a step");
    tabular_print_matrix("", dist_schedule_names, columns, 2, &share[0][0], DIST_SCHEDULES);
    printf("measured, a unit being a sleep of %.0f ms: %.1f, %.1f, %.1f %%\n", 1e3 * unit, measured[0],
           measured[1], measured[2]);
    if (d->rank == 0)
        plot_finish(plot, "picture");
    else
        plot_free(plot);
    demo_claim(demo, equal, "on paper the bubble is that of the formula");
    demo_claim(demo,
               d->rank > 0 ||
                   (near && measured[DIST_ZERO_BUBBLE] <= measured[DIST_1F1B]), /* rank 0 knows the times */

               "measured, it is nearly that, and smallest with zero bubble");
}

/* ---- the same training ------------------------------------------------------------------------------------------ */

/* Trains with one schedule. held (stages): the maximum of activations, in KiB, as rank 0 learns it. Returns the maximum
 * difference from the losses of one process. */
static double train(Dist *d, const Layout *l, const Stories *s, int steps, uint64_t seed,
                    const float *whole, float *held)
{
    int x[GPT_BATCH * GPT_TIME], y[GPT_BATCH * GPT_TIME];
    Rng batches = rng_new(seed + 1);
    Trainer *t = trainer_new(d, l, s->vocab, seed);
    double far = 0;
    for (int i = 0; i < steps; i++) {
        stories_batch(s, &batches, x, y);
        far = fmax(far, fabs((double)(trainer_step(t, x, y) - whole[i])));
    }
    for (int i = 0; i < d->size; i++)
        held[i] = i == d->rank ? (float)trainer_cost(t).held_bytes / 1024 : 0;
    dist_all_reduce(d, held, (size_t)d->size);
    trainer_free(t);
    return far;
}

static void train_all(Demo *demo, Dist *d, int steps, uint64_t seed)
{
    float whole[GPT_MAX_STEPS], held[MAX_STAGES];
    double worst = 0;
    Stories s = stories_new();
    Tabular *t = tabular_new();
    gpt_train(&s, steps, seed, whole);
    tabular_column(t, "");
    for (int i = 0; i < d->size; i++) {
        char heading[32];
        snprintf(heading, sizeof heading, "stage %d", i);
        tabular_column(t, heading);
    }
    for (int k = 0; k < DIST_SCHEDULES; k++) {
        Layout l = {.tensor = 1,
                    .stages = d->size,
                    .data = 1,
                    .schedule = (DistSchedule)k,
                    .microbatches = GPT_BATCH};
        worst = fmax(worst, train(d, &l, &s, steps, seed, whole, held));
        tabular_text(t, dist_schedule_names[k]);
        for (int i = 0; i < d->size; i++) {
            DistStageOp ops[3 * GPT_BATCH];
            char cell[32];
            int count = dist_pipeline_ops((DistSchedule)k, i, d->size, GPT_BATCH, ops);
            snprintf(cell, sizeof cell, "%d (%.0f KiB)", dist_pipeline_held(ops, count), (double)held[i]);
            tabular_text(t, cell);
        }
    }
    printf("\nA GPT of %d layers in %d stages, %d microbatches of one sequence, %d steps\n"
           "Microbatches whose activations a stage holds, at most, and their size\n",
           GPT_LAYERS, d->size, GPT_BATCH, steps);
    tabular_print(t);
    stories_free(&s);
    demo_claim(demo, worst <= 1e-4, "every loss equals that of one process to 1e-4");
}

static void check_ranks(int ranks)
{
    if (GPT_LAYERS % ranks != 0)
        error_exitf("--ranks %d: the stages must divide %d layers", ranks, GPT_LAYERS);
}

int main(int argc, char **argv)
{
    int ranks = 4, steps = 20;
    Pipeline p = {.microbatches = 8};
    float unit = 40;
    Demo demo = {
        .name = "ch04/pipeline_demo", .about = "Pipeline parallelism, section 4.4.3.", .draws = true};
    const Option more[] = {option_int("ranks", &ranks, 1, MAX_STAGES, "stages: 1, 2 or 4"),
                           option_int("microbatches", &p.microbatches, 1, MAX_MICROBATCHES,
                                      "of a step, where operations sleep; the training has 8"),
                           option_float("unit", &unit, 1, 200, "how long a forward pass sleeps, in ms"),
                           option_int("steps", &steps, 1, GPT_MAX_STEPS, "steps of training"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    check_ranks(ranks);
    Dist *d = dist_start(argc, argv, ranks);
    check_ranks(d->size);
    p.stages = d->size;
    compare(&demo, d, p, (double)unit / 1000);
    train_all(&demo, d, steps, demo.seed);
    dist_free(d);
    return demo_end(&demo);
}
