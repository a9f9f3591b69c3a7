/* prompt_tuning_demo.c -- prompt tuning (Lester et al., 2021), section 6.3.5.
 *
 * A few input vectors in front of a text are trained, and nothing else: the model that reads them is frozen. The demo
 * compares them with prompts of words, and asks how many are needed, from what they should begin and at which learning
 * rate. */
#include "ch06/tuned.h"
#include "ch06/wordings.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 8, TRAIN = 200, MAX_TEST = 400, SHOTS = 6 };

/* ---- prompts of words ---------------------------------------------------------------------------- */

/* Reviews with their answers, one a line, as a model meets a task that it knows from examples alone. */
static char *shots_of(const AnswerBench *b)
{
    char *all = memory_zero(SHOTS * 400, 1);
    for (int i = 0; i < SHOTS; i++)
        sprintf(all + strlen(all), "%.300s = %.20s\n", b->train.items[i].prompt, b->train.items[i].answer);
    return all;
}

static double hard_prompts(AnswerBench *b)
{
    char *shots = shots_of(b);
    const Wording wordings[] = {
        {"the review alone", {.front = 0}},
        {"... It was", {.after = " It was"}},
        {"... Was it good or bad? It was", {.after = " Was it good or bad? It was"}},
        {"6 reviews with answers, then ... =", {.before = shots, .after = " ="}}};
    double best = wordings_print(b, wordings, 4);
    free(shots);
    return best;
}

/* ---- a soft prompt ------------------------------------------------------------------------------- */

/* Per cent of the test, by rank among the answers. */
static double accuracy_of(AnswerBench *b, const TunedWay *w, int steps, uint64_t seed)
{
    const AnswerTemplate t = {.front = w->count};
    AnswerSet train = answer_bench_set(b, &t, WORLD_TRAIN), test = answer_bench_set(b, &t, WORLD_TEST);
    SoftPrompt *p = tuned_prompt(b, &train, w, steps, seed);
    AnswerScore s = answers_score(b->graph, &(Steered){.model = b->model, .prompt = p}, &test);
    soft_prompt_free(p);
    answers_free(&train);
    answers_free(&test);
    return 100.0 * s.right / s.count;
}

enum { MAX_WAYS = 24, USUAL = 16 };

typedef struct Study {
    int lengths, ways, usual; /* the first of the ways differ in length alone; usual is one of these */
    TunedWay way[MAX_WAYS];
} Study;

/* One thing is changed at a time: the length, the beginning, the learning rate, the warm-up. */
static Study study_new(bool full)
{
    static const float rates[] = {0.003f, 0.01f, 0.03f, 0.3f, 0.5f, 1};
    Study s = {0};
    for (int length = 1; length <= (full ? 64 : USUAL); length *= full ? 2 : 4) {
        s.usual = length == USUAL ? s.ways : s.usual;
        s.way[s.ways++] = (TunedWay){length, TUNED_FROM_WORDS, 0.1f, 25};
    }
    s.lengths = s.ways;
    s.way[s.ways++] = (TunedWay){USUAL, TUNED_FROM_RANDOM, 0.1f, 25};
    s.way[s.ways++] = (TunedWay){USUAL, TUNED_FROM_LABELS, 0.1f, 25};
    for (int i = 0; i < (full ? 6 : 1); i++)
        s.way[s.ways++] = (TunedWay){USUAL, TUNED_FROM_WORDS, rates[i], 25};
    for (int i = 0; full && i < 2; i++)
        s.way[s.ways++] = (TunedWay){USUAL, TUNED_FROM_WORDS, i ? 0.3f : 0.1f, 0};
    return s;
}

/* accuracy (ways, seeds) */
static void run_ways(AnswerBench *b, const Demo *d, const Study *s, double *accuracy)
{
    static const TabularColumn columns[] = {
        {"numbers", 0}, {"rate", 3}, {"warm-up (%)", 0}, {"accuracy (%)", 0}};
    Progress bar = progress_begin("tuning", s->ways * d->seeds);
    for (int i = 0; i < s->ways * d->seeds; i++) {
        const TunedWay *w = &s->way[i / d->seeds];
        accuracy[i] = accuracy_of(b, w, d->steps, d->seed + 100 * (uint64_t)(i % d->seeds));
        progress_update(&bar, i + 1, "%d %s", w->count, tuned_start_names[w->start]);
    }
    progress_end(&bar);
    printf("\nSoft prompts: %d steps of %d of %d reviews, mean and standard deviation over %d seeds\n",
           d->steps, TUNED_BATCH, TRAIN, d->seeds);
    Tabular *t = tabular_with("virtual tokens, from", columns, 4);
    for (int i = 0; i < s->ways; i++) {
        const TunedWay *w = &s->way[i];
        char name[40];
        snprintf(name, sizeof name, "%2d %s", w->count, tuned_start_names[w->start]);
        tabular_text(t, name);
        tabular_number(t, w->count * b->model->config.channels);
        tabular_number(t, (double)w->rate);
        tabular_number(t, w->warmup);
        tabular_seeds(t, accuracy + i * d->seeds, d->seeds);
    }
    tabular_print(t);
    printf("  The model's %zu numbers are frozen.\n", nn_param_total(&b->model->params));
}

/* ---- the demo ------------------------------------------------------------------------------------ */

static void draw(const Demo *d, const Study *s, const double *accuracy)
{
    float counts[MAX_WAYS], values[MAX_WAYS * MAX_SEEDS];
    for (int i = 0; i < s->lengths * d->seeds; i++) {
        counts[i / d->seeds] = (float)s->way[i / d->seeds].count;
        values[i % d->seeds * s->lengths + i / d->seeds] = (float)accuracy[i];
    }
    Plot *p = demo_plot(d, plot_text("Accuracy by the length of a prompt", "准确率与提示长度"),
                        plot_text("virtual tokens", "虚拟词元"),
                        plot_text("accuracy on held-out reviews (%)", "留出评论上的准确率（%）"));
    plot_log_axes(p, true, false);
    plot_seeds(p, plot_text("soft prompt", "软提示"), counts, values, d->seeds, s->lengths);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/prompt_tuning_demo",
              .about = "Prompt tuning: a few trained vectors in front of a text, section 6.3.5.",
              .draws = true,
              .steps = 40,
              .min_steps = 4,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    const char *folder = "ch05/models/book_gpt";
    bool full = false;
    const Option options[] = {option_dir("model", &folder, "decoder to steer"),
                              option_flag("full", &full, "all lengths, beginnings and learning rates"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    AnswerBench b = answer_bench_new(folder, WORLD_REVIEW, TRAIN, full ? MAX_TEST : 100);
    const Study study = study_new(full);
    double accuracy[MAX_WAYS * MAX_SEEDS];
    double hard = hard_prompts(&b);
    run_ways(&b, &d, &study, accuracy);
    demo_claim(&d, stats_mean(accuracy + study.usual * d.seeds, d.seeds) > hard,
               "16 trained vectors do better than the best prompt of words");
    draw(&d, &study, accuracy);
    answer_bench_free(&b);
    return demo_end(&d);
}
