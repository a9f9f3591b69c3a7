/* recipe_demo.c -- what each part of a modern recipe is worth, section 5.3.3.
 *
 * The same small model on the same text, with one change at a time: first for the same number of tokens, then for the
 * same time, in which a recipe with slower steps makes fewer of them. Seeds fix the initial weights and the batches,
 * so that the change alone tells two runs of one seed apart. */
#include "ch05/pretrain.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_SEEDS = 8, EVAL_BATCHES = 40 };

/* From a search with one seed over 400 steps; each factor of two away from them is worse or makes no difference. */
static const float RATE = 3e-3f, MUON_RATE = 1e-2f;

static void change_nothing(Settings *s)
{
    (void)s;
}

static void stable_decay(Settings *s)
{
    s->run.training.schedule = NN_STABLE_DECAY;
}

static void z_loss(Settings *s)
{
    s->z_loss = 1e-4f;
}

static void llama(Settings *s)
{
    s->form = FORM_LLAMA;
}

static void grouped_heads(Settings *s)
{
    llama(s);
    s->kv_heads = s->heads / 2;
}

static void qk_norm(Settings *s)
{
    llama(s);
    s->qk_norm = true;
}

static void muon(Settings *s)
{
    s->run.training.optimizer = NN_MUON;
    s->run.training.muon_rate = MUON_RATE;
}

static void all_that_helps(Settings *s)
{
    qk_norm(s);
    muon(s);
}

static void packed(Settings *s)
{
    s->pack = true;
}

static void document_mask(Settings *s)
{
    packed(s);
    s->document_mask = true;
}

/* against: the recipe that it is compared with. cost: time of a step, as a multiple of that of the first recipe, on the
 * machine of the book; --costs measures it. */
typedef struct Recipe {
    const char *name;
    void (*change)(Settings *s);
    int against;
    double cost;
} Recipe;

static const Recipe recipes[] = {{"gpt2, AdamW, cosine", change_nothing, 0, 1},
                                 {"  stable-decay", stable_decay, 0, 1},
                                 {"  z-loss", z_loss, 0, 1},
                                 {"  Muon", muon, 0, 1.5},
                                 {"  llama form", llama, 0, 1.08},
                                 {"    2 kv heads", grouped_heads, 4, 1.03},
                                 {"    QK norm", qk_norm, 4, 1.1},
                                 {"    QK norm, Muon", all_that_helps, 4, 1.6},
                                 {"speeches packed", packed, 8, 1},
                                 {"  document mask", document_mask, 8, 1}};
enum { RECIPES = sizeof recipes / sizeof *recipes, FIRST_PACKED = 8 };

/* ---- a run --------------------------------------------------------------------------------------- */

typedef struct Trainee {
    Settings settings;
    const Data *data;
    ModelDecoder *model;
    Optimizer *optimizer;
    Graph *graph;
    Batch batch;
    Rng rng;
    int step;
} Trainee;

static Trainee *trainee_new(const Recipe *r, const Data *d, int steps, uint64_t seed)
{
    Trainee *t = memory_zero(1, sizeof *t);
    NnTraining *how = &t->settings.run.training;
    Rng rng = rng_new(seed);
    t->settings = settings_new();
    how->steps = steps;
    how->warmup = steps / 10;
    how->rate = RATE;
    r->change(&t->settings);
    how->min_rate = how->rate / 20;
    const ModelConfig c = settings_model(&t->settings, tokenizer_count(d->tokenizer), d->end);
    t->data = d;
    t->model = model_decoder_new(&c, 0, &rng);
    t->optimizer = nn_training_optimizer(how, &t->model->params);
    t->graph = nn_graph_new();
    t->batch = batch_new(&t->settings);
    t->rng = rng_new(seed + 1);
    return t;
}

static void trainee_free(Trainee *t)
{
    nn_optimizer_free(t->optimizer);
    nn_graph_free(t->graph);
    model_decoder_free(t->model);
    batch_free(&t->batch);
    free(t);
}

static void train_step(Trainee *t)
{
    const NnTraining *how = &t->settings.run.training;
    batch_draw(&t->batch, t->data, false, &t->rng);
    Tensor *loss = batch_loss(t->graph, &t->batch, t->model, t->settings.z_loss);
    nn_train_step(t->graph, t->optimizer, loss, nn_training_rate(how, t->step++), how->clip);
}

/* The same held-out windows for all, and without the z-loss. */
static Tensor *held_out_loss(Graph *g, void *context, int i)
{
    Trainee *t = context;
    Rng rng = rng_new((uint64_t)i + 7);
    batch_draw(&t->batch, t->data, true, &rng);
    return batch_loss(g, &t->batch, t->model, 0);
}

static double train(const Recipe *r, const Data *d, int steps, uint64_t seed)
{
    Trainee *t = trainee_new(r, d, steps, seed);
    while (t->step < steps)
        train_step(t);
    double loss = nn_evaluate(t->graph, EVAL_BATCHES, held_out_loss, t);
    trainee_free(t);
    return loss;
}

/* ---- all of them --------------------------------------------------------------------------------- */

typedef struct Losses {
    double tokens[MAX_SEEDS],
        time[MAX_SEEDS]; /* after as many tokens, and in the same time, as the first recipe */
} Losses;

static void run_all(const Data data[2], int steps, int seeds, uint64_t seed, Losses *out)
{
    Progress bar = progress_begin("training", RECIPES * seeds);
    for (int i = 0; i < RECIPES; i++) {
        const Data *d = &data[i >= FIRST_PACKED];
        int fewer = (int)lround(steps / recipes[i].cost);
        for (int k = 0; k < seeds; k++) {
            uint64_t own = seed + 100 * (uint64_t)k;
            out[i].tokens[k] = train(&recipes[i], d, steps, own);
            out[i].time[k] = fewer < steps ? train(&recipes[i], d, fewer, own) : out[i].tokens[k];
            progress_update(&bar, i * seeds + k + 1, "%s", recipes[i].name);
        }
    }
    progress_end(&bar);
}

/* The loss, and how much lower it is than that of the recipe one level up. */
static void print_losses(Tabular *t, const double *x, const double *against, int seeds)
{
    tabular_seeds(t, x, seeds);
    tabular_number(t, x == against ? NAN : stats_mean(against, seeds) - stats_mean(x, seeds));
}

static void print_table(const Losses *all, int steps, int seeds)
{
    static const TabularColumn columns[] = {{"equal tokens (nats)", 3},
                                            {"gain", 3},
                                            {"cost of a step", 2},
                                            {"equal time (nats)", 3},
                                            {"gain", 3}};
    printf("Held-out loss (nats) after %d steps, and after the same time; mean%s of %d seed%s. Gain: how "
           "much\n"
           "lower it is than that of the recipe one level up.\n",
           steps, seeds > 1 ? " and standard deviation" : "", seeds, seeds > 1 ? "s" : "");
    Tabular *t = tabular_with("recipe", columns, 5);
    for (int i = 0; i < RECIPES; i++) {
        const Losses *base = &all[recipes[i].against];
        tabular_text(t, recipes[i].name);
        print_losses(t, all[i].tokens, base->tokens, seeds);
        tabular_number(t, recipes[i].cost);
        print_losses(t, all[i].time, base->time, seeds);
    }
    tabular_print(t);
}

/* The fastest of some rounds in which all take turns, so that whatever else the machine does meets all alike. */
static void measure_costs(const Data data[2], double best[RECIPES])
{
    enum { ROUNDS = 8, STEPS = 5 };
    Trainee *all[RECIPES];
    for (int i = 0; i < RECIPES; i++) {
        all[i] = trainee_new(&recipes[i], &data[i >= FIRST_PACKED], 1000, 1);
        best[i] = INFINITY;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < RECIPES; i++) {
            double start = clock_seconds();
            for (int k = 0; k < STEPS; k++)
                train_step(all[i]);
            best[i] = fmin(best[i], (clock_seconds() - start) / STEPS);
        }
    }
    for (int i = 0; i < RECIPES; i++)
        trainee_free(all[i]);
}

static void print_costs(const Data data[2])
{
    static const TabularColumn columns[] = {{"step (ms)", 1}, {"of the first", 2}, {"in the table", 2}};
    double best[RECIPES];
    measure_costs(data, best);
    Tabular *t = tabular_with("recipe", columns, 3);
    for (int i = 0; i < RECIPES; i++)
        tabular_row(t, recipes[i].name,
                    (const double[]){1e3 * best[i], best[i] / best[0], recipes[i].cost});
    tabular_print(t);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/recipe_demo",
              .about = "What each part of a modern recipe is worth, section 5.3.3.",
              .steps = 25,
              .min_steps = 10};
    int seeds = 1;
    bool costs = false;
    const Option options[] = {option_int("seeds", &seeds, 1, MAX_SEEDS, "seeds"),
                              option_flag("costs", &costs, "only measures how long a step takes"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    Settings plain = settings_new(), with_ends = settings_new();
    with_ends.pack = true;
    Data data[] = {data_load(&plain), data_load(&with_ends)};
    if (costs) {
        print_costs(data);
    } else {
        Losses all[RECIPES];
        run_all(data, d.steps, seeds, d.seed, all);
        print_table(all, d.steps, seeds);
    }
    data_free(&data[0]);
    data_free(&data[1]);
    return demo_end(&d);
}
