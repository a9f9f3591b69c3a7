/* hybrid_demo.c -- several kinds of parallelism at once, section 4.4.4.
 *
 * Arranges the ranks as a grid (grid.c) in every way that fits, trains the same GPT on each, holds its losses against
 * those of one process, and counts what each rank sends along each axis. Then puts published layouts into the same
 * formulas: which axis has to stay inside a host. */
#include "ch04/grid.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

/* ---- what an axis costs ---------------------------------------------------------------------------------------- */

/* A model and how it lies, in the notation of the table of symbols. */
typedef struct Plan {
    const char *name;
    double layers, channels,
        parameters;         /* parameters: of a copy of the model, those that data ranks share */
    double time, sequences; /* sequences: that a copy of the model reads in a step */
    double tensor, stages, data;
    double activation_bytes,
        reduce_bytes; /* of a number that goes along tensor and stages; along data, per weight */
} Plan;

typedef struct Bytes {
    double tensor, stages, data; /* sent by a rank in a step */
} Bytes;

/* An all-reduce over n ranks sends 2 (n-1)/n of what is summed. A layer has four of them, of b T C numbers; a stage
 * sends as many to its neighbours, forward and backward; the gradients are summed once. Between the first and the last
 * stage; without embeddings and loss. */
static Bytes bytes_of(const Plan *p)
{
    double numbers = p->sequences * p->time * p->channels; /* b T C of this rank */
    double ring = 2 * (p->tensor - 1) / p->tensor;
    return (Bytes){.tensor = 4 * p->layers / p->stages * ring * numbers * p->activation_bytes,
                   .stages = p->stages > 1 ? 2 * numbers * p->activation_bytes / p->tensor : 0,
                   .data =
                       (p->data - 1) / p->data * p->reduce_bytes * p->parameters / (p->tensor * p->stages)};
}

/* ---- the small model on a grid --------------------------------------------------------------------------------- */

static Bytes measured(const Trainer *t)
{
    StepCost c = trainer_cost(t);
    return (Bytes){(double)c.tensor_bytes, (double)c.stage_bytes, (double)c.data_bytes};
}

/* What rank 0 sends by formula: bytes_of, and what the small model adds: an embedding, which is summed; the head, whose
 * input's gradient is; three numbers a row for the loss; and stage 0 has a neighbour on one side only. */
static Bytes expected(const Trainer *t, const Layout *l)
{
    double sequences = GPT_BATCH / l->data, rows = sequences * GPT_TIME, last = l->stages == 1;
    Plan p = {.layers = GPT_LAYERS,
              .channels = GPT_CHANNELS,
              .parameters = (double)trainer_parameters(t) * l->tensor * l->stages,
              .time = GPT_TIME,
              .sequences = sequences,
              .tensor = l->tensor,
              .stages = l->stages,
              .data = l->data,
              .activation_bytes = 4,
              .reduce_bytes = 2 * 4};
    Bytes b = bytes_of(&p);
    double ring = 2 * (p.tensor - 1) / p.tensor;
    b.tensor += 4 * ring * rows * ((1 + last) * GPT_CHANNELS + last * 2) + last * 4 * (p.tensor - 1) * rows;
    b.stages *= p.tensor / 2;
    return b;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 0.01 * fmax(a, b);
}

/* Trains on one grid and adds its row. Returns whether losses and bytes are as they should be. */
static bool run(Dist *d, const Layout *l, const Stories *s, int steps, uint64_t seed, const float *whole,
                Tabular *table, bool *bytes_good)
{
    int x[GPT_BATCH * GPT_TIME], y[GPT_BATCH * GPT_TIME];
    char name[64];
    Rng batches = rng_new(seed + 1);
    Trainer *t = trainer_new(d, l, s->vocab, seed);
    double far = 0;
    for (int i = 0; i < steps; i++) {
        stories_batch(s, &batches, x, y);
        far = fmax(far, fabs((double)(trainer_step(t, x, y) - whole[i])));
    }
    Bytes sent = measured(t), by_formula = expected(t, l);
    *bytes_good &=
        d->rank != 0 || (near(sent.tensor, by_formula.tensor) && near(sent.stages, by_formula.stages) &&
                         near(sent.data, by_formula.data));
    snprintf(name, sizeof name, "%d x %d x %d", l->tensor, l->stages, l->data);
    double row[] = {(double)trainer_parameters(t), sent.tensor / 1024, sent.stages / 1024,
                    sent.data / 1024};
    tabular_row(table, name, row);
    trainer_free(t);
    return far <= 1e-4; /* not if it is NaN */
}

/* The grid after *l of so many ranks, most tensor ranks first; all 0: the first one. False: there is no other. */
static bool next_layout(Layout *l, int ranks)
{
    int tensor = l->tensor ? l->tensor : ranks, stages = l->tensor ? l->stages - 1 : ranks;
    for (; tensor >= 1; tensor--, stages = ranks)
        for (; stages >= 1; stages--) {
            *l = (Layout){tensor, stages, ranks / (tensor * stages), DIST_1F1B, stages > 1 ? 4 : 1};
            if (!layout_fault(l, ranks))
                return true;
        }
    return false;
}

static void run_all(Demo *demo, Dist *d, int steps, uint64_t seed)
{
    float whole[GPT_MAX_STEPS];
    bool equal = true, bytes = true;
    Stories s = stories_new();
    Tabular *t = tabular_new();
    gpt_train(&s, steps, seed, whole);
    tabular_column(t, "tensor x stages x data");
    tabular_numbers(t, "parameters", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "tensor", "KiB", 0, TABULAR_NONE);
    tabular_numbers(t, "stages", "KiB", 0, TABULAR_NONE);
    tabular_numbers(t, "data", "KiB", 0, TABULAR_NONE);
    for (Layout l = {0}; next_layout(&l, d->size);)
        equal &= run(d, &l, &s, steps, seed, whole, t, &bytes);
    printf("A GPT of %d layers on %d ranks, %d steps; what rank 0 holds, and sends in a step along each "
           "axis\n",
           GPT_LAYERS, d->size, steps);
    tabular_print(t);
    stories_free(&s);
    demo_claim(demo, equal, "on every grid each loss equals that of one process to 1e-4");
    demo_claim(demo, bytes, "the bytes are those of the formulas to 1 %%");
}

/* ---- published layouts ------------------------------------------------------------------------------------------- */

/* Llama 3 405B: Grattafiori et al., 2024, table 4: 2048 sequences of 8192 tokens on 16384 H100. bf16; gradients are
 * summed in float32 and weights gathered in bf16: 6 bytes a weight. Then the same on two other grids. */
static const Plan LLAMA[] = {{"Llama 3 405B, 8 x 16 x 128", 126, 16384, 405e9, 8192, 16, 8, 16, 128, 2, 6},
                             {"the same on 1 x 16 x 1024", 126, 16384, 405e9, 8192, 2, 1, 16, 1024, 2, 6},
                             {"the same on 128 x 16 x 8", 126, 16384, 405e9, 8192, 256, 128, 16, 8, 2, 6}};

/* DeepSeek-V3, 2024: 15360 sequences of 4096 tokens on 2048 H800, and the tensor axis that it does without. */
static const Plan DEEPSEEK = {"", 61, 7168, 671e9, 4096, 960, 8, 16, 16, 2, 6};

/* Its experts lie on 64 ranks of 8 hosts: in each of 58 layers a token goes to at most 4 hosts in FP8, and comes back
 * in bf16; as much again backward. */
static double expert_bytes(void)
{
    double tokens = DEEPSEEK.sequences * DEEPSEEK.time / DEEPSEEK.tensor; /* of each rank */
    return 2 * tokens * 4 * DEEPSEEK.channels * (1 + 2) * 58 / DEEPSEEK.stages;
}

static void publish(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "GB sent by a GPU in a step");
    tabular_numbers(t, "tensor", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "stages", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "data", NULL, 1, TABULAR_NONE);
    for (int i = 0; i < 3; i++) {
        Bytes b = bytes_of(&LLAMA[i]);
        tabular_row(t, LLAMA[i].name, (double[]){b.tensor / 1e9, b.stages / 1e9, b.data / 1e9});
    }
    puts("");
    tabular_print(t);
    double bytes = bytes_of(&LLAMA[0]).tensor,
           step = 6 * LLAMA[0].parameters * 2048 * 8192 / 16384 / 400e12;
    printf(
        "Llama 3: a step computes for %.1f s at 400 TFLOP/s. Its tensor axis needs %.2f s at the 450 GB/s\n"
        "of NVLink, and would need %.1f s at the 50 GB/s of a network.\n",
        step, bytes / 450e9, bytes / 50e9);
    bytes = bytes_of(&DEEPSEEK).tensor;
    printf("DeepSeek-V3: a tensor axis of 8 would send %.0f GB, %.1f s at the 160 GB/s of its NVLink; its\n"
           "experts send %.0f GB at most, %.1f s at the 50 GB/s of its network.\n",
           bytes / 1e9, bytes / 160e9, expert_bytes() / 1e9, expert_bytes() / 50e9);
}

static void check_ranks(int ranks)
{
    if (!next_layout(&(Layout){0}, ranks))
        error_exitf("--ranks %d: no grid of them divides %d heads, %d layers and %d sequences", ranks,
                    GPT_HEADS, GPT_LAYERS, GPT_BATCH);
}

int main(int argc, char **argv)
{
    int ranks = 4, steps = 20;
    Demo demo = {.name = "ch04/hybrid_demo", .about = "Hybrid parallelism, section 4.4.4."};
    const Option more[] = {option_int("ranks", &ranks, 1, 16, "processes, in every grid that fits"),
                           option_int("steps", &steps, 1, GPT_MAX_STEPS, "steps of training"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    check_ranks(ranks);
    Dist *d = dist_start(argc, argv, ranks);
    check_ranks(d->size);
    run_all(&demo, d, steps, demo.seed);
    publish();
    dist_free(d);
    return demo_end(&demo);
}
