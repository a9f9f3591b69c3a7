/* ptuning_demo.c -- P-tuning (Liu et al., 2021) and P-tuning v2 (Liu et al., 2022), section 6.3.4.
 *
 * Which words ask a model makes a difference that nobody can foresee; P-tuning puts virtual tokens between the words
 * and lets a small network make them. The demo asks in several ways, then trains virtual tokens as they are and by that
 * network; and it compares prompts at the input with prompts in every block on a task that asks for whole sentences. */
#include "ch06/wordings.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_SEEDS = 8, TRAIN = 200, BATCH = 8 };

/* ---- words --------------------------------------------------------------------------------------- */

static const Wording wordings[] = {
    {"... It was", {.after = " It was"}},
    {"... All in all it was", {.after = " All in all it was"}},
    {"... The review is", {.after = " The review is"}},
    {"Was it good or bad? ... It was", {.before = "Was it good or bad? ", .after = " It was"}},
    {"... Was it bad or good? It was", {.after = " Was it bad or good? It was"}}};
enum { WORDINGS = sizeof wordings / sizeof *wordings };

/* ---- virtual tokens ------------------------------------------------------------------------------ */

/* Virtual tokens in a template, and how they are made. */
typedef struct Kind {
    const char *name;
    AnswerTemplate template;
    SoftMaker maker;
    float rate;
} Kind;

//> kinds
static const Kind kinds[] = {
    {"6 in front", {.front = 6}, SOFT_DIRECT, 0.1f},
    {"6 in front, by the encoder", {.front = 6}, SOFT_LSTM, 0.01f},
    {"3 in front, 3 before the answer", {.front = 3, .rear = 3}, SOFT_DIRECT, 0.1f},
    {"the same, by the encoder", {.front = 3, .rear = 3}, SOFT_LSTM, 0.01f},
    {"the same, and \"It was\"", {.after = " It was", .front = 3, .rear = 3}, SOFT_LSTM, 0.01f}};
//< kinds
enum { KINDS = sizeof kinds / sizeof *kinds, BETWEEN = 2 };

/* Accuracy of one training run, and in *numbers how many were trained. */
static double run(AnswerBench *b, const Kind *k, int steps, uint64_t seed, size_t *numbers)
{
    Rng rng = rng_new(seed);
    AnswerSet train = answer_bench_set(b, &k->template, WORLD_TRAIN);
    AnswerSet test = answer_bench_set(b, &k->template, WORLD_TEST);
    SoftPrompt *p = soft_prompt_new(k->template.front + k->template.rear, b->model->config.channels, 0.5f,
                                    k->maker, &rng);
    const Steered m = {.model = b->model, .prompt = p};
    const AnswerTraining how = {.steps = steps, .batch = BATCH, .warmup = steps / 4, .rate = k->rate};
    answers_train(b->graph, &m, &p->params, &train, &how, &rng, NULL);
    AnswerScore s = answers_score(b->graph, &m, &test);
    *numbers = nn_param_total(&p->params);
    soft_prompt_free(p);
    answers_free(&train);
    answers_free(&test);
    return 100.0 * s.right / s.count;
}

static void run_kinds(AnswerBench *b, const Demo *d, double accuracy[KINDS][MAX_SEEDS])
{
    static const TabularColumn columns[] = {{"trained", 0}, {"kept", 0}, {"rate", 2}, {"accuracy (%)", 0}};
    Progress bar = progress_begin("virtual tokens", KINDS);
    printf("\nVirtual tokens: %d steps of %d of %d reviews, mean and standard deviation over %d seeds\n",
           d->steps, BATCH, TRAIN, d->seeds);
    Tabular *t = tabular_with("virtual tokens", columns, 4);
    for (int i = 0; i < KINDS; i++) {
        size_t numbers = 0;
        for (int k = 0; k < d->seeds; k++)
            accuracy[i][k] = run(b, &kinds[i], d->steps, d->seed + 100 * (uint64_t)k, &numbers);
        tabular_text(t, kinds[i].name);
        tabular_number(t, (double)numbers);
        tabular_number(t, (kinds[i].template.front + kinds[i].template.rear) * b->model->config.channels);
        tabular_number(t, (double)kinds[i].rate);
        tabular_seeds(t, accuracy[i], d->seeds);
        progress_update(&bar, i + 1, "%s", kinds[i].name);
    }
    progress_end(&bar);
    tabular_print(t);
}

/* ---- shallow and deep ------------------------------------------------------------------------------ */

enum { LENGTH = 8, HIDDEN = 256 };

static double mean_of(const float *x, int first, int end)
{
    double sum = 0;
    for (int i = first; i < end; i++)
        sum += (double)x[i] / (end - first);
    return sum;
}

/* What became of a run: the loss of its letters in each quarter of the steps, then on held-out notes; letters that are
 * written exactly (%). */
typedef struct Letters {
    double quarter[4], loss, exact;
    size_t kept;
} Letters;

static Letters write_letters(AnswerBench *b, bool deep, int steps, uint64_t seed)
{
    Rng rng = rng_new(seed);
    const AnswerTemplate t = {.front = deep ? 0 : LENGTH};
    AnswerSet train = answer_bench_set(b, &t, WORLD_TRAIN), test = answer_bench_set(b, &t, WORLD_TEST);
    int channels = b->model->config.channels, layers = b->model->config.layers;
    SoftPrompt *prompt = deep ? NULL : soft_prompt_new(LENGTH, channels, 0.5f, SOFT_DIRECT, &rng);
    SoftPrefix *prefix =
        deep ? soft_prefix_new(b->model->blocks, layers, &(SoftPrefixForm){LENGTH, HIDDEN}, &rng) : NULL;
    const Steered m = {b->model, prompt, prefix};
    const AnswerTraining how = {
        .steps = steps, .batch = BATCH, .warmup = steps / 4, .rate = deep ? 0.01f : 0.1f};
    Letters l = {.kept = deep ? soft_prefix_kept(prefix) : (size_t)(LENGTH * channels)};
    float *curve = memory_new((size_t)steps * sizeof *curve);
    answers_train(b->graph, &m, deep ? soft_prefix_params(prefix) : &prompt->params, &train, &how, &rng,
                  curve);
    for (int i = 0; i < 4; i++)
        l.quarter[i] = mean_of(curve, i * steps / 4, (i + 1) * steps / 4);
    AnswerScore s = answers_score(b->graph, &m, &test);
    l.loss = s.loss;
    l.exact = 100.0 * s.exact / s.count;
    free(curve);
    soft_prompt_free(prompt);
    soft_prefix_free(prefix);
    answers_free(&train);
    answers_free(&test);
    return l;
}

static void compare_depths(const char *folder, Demo *d, int steps)
{
    static const char *const names[] = {"input vectors", "keys and values of every block"};
    static const TabularColumn columns[] = {{"kept", 0}, {"1st quarter", 2}, {"2nd", 2},      {"3rd", 2},
                                            {"4th", 2},  {"held out", 2},    {"exact (%)", 0}};
    AnswerBench b = answer_bench_new(folder, WORLD_STYLE, TRAIN, 50);
    double loss[2];
    b.how.before_answer = "\n";
    b.how.ends = true;
    printf("\nA note becomes a formal letter: %d virtual tokens, %d steps of %d. Loss (nats a token) and "
           "letters\nwritten exactly, of %d held-out notes\n",
           LENGTH, steps, BATCH, b.test.count);
    Tabular *t = tabular_with("8 virtual tokens as", columns, 7);
    for (int deep = 0; deep < 2; deep++) {
        Letters l = write_letters(&b, deep, steps, d->seed);
        tabular_row(t, names[deep],
                    (const double[]){(double)l.kept, l.quarter[0], l.quarter[1], l.quarter[2], l.quarter[3],
                                     l.loss, l.exact});
        loss[deep] = l.loss;
    }
    tabular_print(t);
    demo_claim(d, loss[1] < loss[0], "in every block they do better on letters than at the input alone");
    answer_bench_free(&b);
}

/* ---- the demo ------------------------------------------------------------------------------------ */

static void draw(const Demo *d, double accuracy[KINDS][MAX_SEEDS])
{
    static const PlotText names[KINDS] = {{"front", "前"},
                                          {"front, encoder", "前，编码器"},
                                          {"both", "前后"},
                                          {"both, encoder", "前后，编码器"},
                                          {"both, encoder, words", "前后，编码器，词"}};
    float mean[KINDS], low[KINDS], high[KINDS];
    for (int i = 0; i < KINDS; i++) {
        double spread = d->seeds > 1 ? stats_std(accuracy[i], d->seeds) : 0;
        mean[i] = (float)stats_mean(accuracy[i], d->seeds);
        low[i] = mean[i] - (float)spread;
        high[i] = mean[i] + (float)spread;
    }
    Plot *p = demo_plot(
        d, plot_text("Virtual tokens, and by what they are made", "虚拟词元与产生它们的方式"),
        plot_text(NULL, NULL), plot_text("accuracy on held-out reviews (%)", "留出评论上的准确率（%）"));
    plot_bars(p, plot_text("mean and standard deviation", "均值与标准差"), names, mean, low, high, KINDS);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/ptuning_demo",
              .about = "P-tuning: virtual tokens between words, and in every block; section 6.3.4.",
              .draws = true,
              .steps = 40,
              .min_steps = 8,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    const char *folder = "ch05/models/book_gpt";
    bool full = false;
    const Option options[] = {
        option_dir("model", &folder, "decoder to steer"),
        option_flag("full", &full, "five times the steps for letters, and 400 held-out reviews"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    AnswerBench b = answer_bench_new(folder, WORLD_REVIEW, TRAIN, full ? 400 : 100);
    double accuracy[KINDS][MAX_SEEDS];
    double best = wordings_print(&b, wordings, WORDINGS);
    run_kinds(&b, &d, accuracy);
    demo_claim(&d, stats_mean(accuracy[BETWEEN], d.seeds) > best,
               "virtual tokens on both sides do better than the best of the wordings");
    answer_bench_free(&b);
    compare_depths(folder, &d, full ? 5 * d.steps : d.steps);
    draw(&d, accuracy);
    return demo_end(&d);
}
