/* prompt_tuning_demo.c -- prompt tuning (Lester et al., 2021), section 6.3.5.
 *
 * A few input vectors in front of a text are trained, and nothing else: the model that reads them is frozen. The demo
 * compares them with prompts of words; asks how many are needed, from what they should begin and at which learning
 * rate; looks what they have become; and answers two tasks in one batch, each row behind its own vectors. */
#include "ch06/wordings.h"
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 8, TRAIN = 200, MAX_TEST = 400, BATCH = 8, SHOTS = 6 };

/* ---- the model and its texts --------------------------------------------------------------------- */

/* What a review is about: the world draws its kind in `task`. */
static const char *subject(const WorldSample *s)
{
    static const char *const names[] = {"restaurant", "shop", "book", "town"};
    return names[s->task];
}

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
        {"the review alone", {NULL}},
        {"... It was", {.after = " It was"}},
        {"... Was it good or bad? It was", {.after = " Was it good or bad? It was"}},
        {"6 reviews with answers, then ... =", {.before = shots, .after = " ="}}};
    double best = wordings_print(b, wordings, 4);
    free(shots);
    return best;
}

/* ---- a soft prompt ------------------------------------------------------------------------------- */

typedef enum Start { START_RANDOM, START_WORDS, START_LABELS } Start;
static const char *const start_names[] = {"random", "words", "labels"};

/* How a prompt is trained. */
typedef struct Way {
    int count; /* virtual tokens */
    Start start;
    float rate;
    int warmup; /* per cent of the steps */
} Way;

//> start
/* Begins each vector as the embedding of a token: of a word that training texts hold, or of an answer. */
static void begin(const AnswerBench *b, const AnswerSet *train, Start start, SoftPrompt *p, Rng *rng)
{
    size_t width = (size_t)b->model->config.channels;
    for (int i = 0; start != START_RANDOM && i < p->table->shape[0]; i++) {
        const Answering *text = &train->items[rng_below(rng, train->count)];
        int id = train->choices[i % train->choice_count];
        while (start == START_WORDS && (id = text->ids[rng_below(rng, text->from)]) >= train->vocab)
            continue;
        memcpy(p->table->data + (size_t)i * width, b->model->tokens->data + (size_t)id * width,
               width * sizeof(float));
    }
}
//< start

/* Trained on `train`; the caller frees it. */
static SoftPrompt *tuned(AnswerBench *b, const AnswerSet *train, const Way *w, int steps, uint64_t seed)
{
    Rng rng = rng_new(seed);
    SoftPrompt *p = soft_prompt_new(w->count, b->model->config.channels, 0.5f, SOFT_DIRECT, &rng);
    begin(b, train, w->start, p, &rng);
    const AnswerTraining how = {
        .steps = steps, .batch = BATCH, .warmup = w->warmup * steps / 100, .rate = w->rate};
    answers_train(b->graph, &(Steered){.model = b->model, .prompt = p}, &p->params, train, &how, &rng,
                  NULL);
    return p;
}

/* Per cent of the test, by rank among the answers. */
static double accuracy_of(AnswerBench *b, const Way *w, int steps, uint64_t seed)
{
    const AnswerTemplate t = {.front = w->count};
    AnswerSet train = answer_bench_set(b, &t, WORLD_TRAIN), test = answer_bench_set(b, &t, WORLD_TEST);
    SoftPrompt *p = tuned(b, &train, w, steps, seed);
    AnswerScore s = answers_score(b->graph, &(Steered){.model = b->model, .prompt = p}, &test);
    soft_prompt_free(p);
    answers_free(&train);
    answers_free(&test);
    return 100.0 * s.right / s.count;
}

enum { MAX_WAYS = 24, USUAL = 16 };

typedef struct Study {
    int lengths, ways, usual; /* the first of the ways differ in length alone; usual is one of these */
    Way way[MAX_WAYS];
} Study;

/* One thing is changed at a time: the length, the beginning, the learning rate, the warm-up. */
static Study study_new(bool full)
{
    static const float rates[] = {0.003f, 0.01f, 0.03f, 0.3f, 0.5f, 1};
    Study s = {0};
    for (int length = 1; length <= (full ? 64 : USUAL); length *= full ? 2 : 4) {
        s.usual = length == USUAL ? s.ways : s.usual;
        s.way[s.ways++] = (Way){length, START_WORDS, 0.1f, 25};
    }
    s.lengths = s.ways;
    s.way[s.ways++] = (Way){USUAL, START_RANDOM, 0.1f, 25};
    s.way[s.ways++] = (Way){USUAL, START_LABELS, 0.1f, 25};
    for (int i = 0; i < (full ? 6 : 1); i++)
        s.way[s.ways++] = (Way){USUAL, START_WORDS, rates[i], 25};
    for (int i = 0; full && i < 2; i++)
        s.way[s.ways++] = (Way){USUAL, START_WORDS, i ? 0.3f : 0.1f, 0};
    return s;
}

/* accuracy (ways, seeds) */
static void run_ways(AnswerBench *b, const Demo *d, const Study *s, double *accuracy)
{
    static const TabularColumn columns[] = {
        {"numbers", 0}, {"rate", 3}, {"warm-up (%)", 0}, {"accuracy (%)", 0}};
    Progress bar = progress_begin("tuning", s->ways * d->seeds);
    for (int i = 0; i < s->ways * d->seeds; i++) {
        const Way *w = &s->way[i / d->seeds];
        accuracy[i] = accuracy_of(b, w, d->steps, d->seed + 100 * (uint64_t)(i % d->seeds));
        progress_update(&bar, i + 1, "%d %s", w->count, start_names[w->start]);
    }
    progress_end(&bar);
    printf("\nSoft prompts: %d steps of %d of %d reviews, mean and standard deviation over %d seeds\n",
           d->steps, BATCH, TRAIN, d->seeds);
    Tabular *t = tabular_with("virtual tokens, from", columns, 4);
    for (int i = 0; i < s->ways; i++) {
        const Way *w = &s->way[i];
        char name[40];
        snprintf(name, sizeof name, "%2d %s", w->count, start_names[w->start]);
        tabular_text(t, name);
        tabular_number(t, w->count * b->model->config.channels);
        tabular_number(t, (double)w->rate);
        tabular_number(t, w->warmup);
        tabular_seeds(t, accuracy + i * d->seeds, d->seeds);
    }
    tabular_print(t);
    printf("  The model's %zu numbers are frozen.\n", nn_param_total(&b->model->params));
}

/* ---- what the vectors have become ------------------------------------------------------------------ */

//> nearest
/* The token whose embedding has the largest cosine with a vector (C). */
static int nearest_token(const ModelDecoder *m, const float *vector, double *cosine)
{
    size_t width = (size_t)m->config.channels;
    int best = 0;
    *cosine = -1;
    for (int id = 0; id < m->config.vocab; id++) {
        const float *row = m->tokens->data + (size_t)id * width;
        double lengths = sqrt(kernel_sum_squares(vector, width) * kernel_sum_squares(row, width));
        double found = 0;
        for (size_t i = 0; i < width; i++)
            found += (double)(vector[i] * row[i]) / lengths;
        best = found > *cosine ? id : best;
        *cosine = fmax(found, *cosine);
    }
    return best;
}
//< nearest

static double mean_cosine(const ModelDecoder *m, const SoftPrompt *p, const SoftPrompt *start, int *same)
{
    double sum = 0, cosine, unused;
    size_t width = (size_t)m->config.channels;
    for (int i = 0; i < p->table->shape[0]; i++) {
        int id = nearest_token(m, p->table->data + (size_t)i * width, &cosine);
        *same += id == nearest_token(m, start->table->data + (size_t)i * width, &unused);
        sum += cosine / p->table->shape[0];
    }
    return sum;
}

/* Of each beginning: how near the vectors are to any token, before training and after it. */
static void show_nearest(AnswerBench *b, const Demo *d)
{
    static const TabularColumn columns[] = {{"before", 2}, {"after", 2}, {"same token", 0}};
    printf(
        "\nCosine of each vector with the nearest of %d embeddings (mean of 16); how many still have the "
        "token nearest\nthat they began nearest to\n",
        b->model->config.vocab);
    Tabular *t = tabular_with("beginning", columns, 3);
    for (Start s = START_RANDOM; s <= START_LABELS; s++) {
        const Way way = {16, s, 0.1f, 25};
        AnswerSet train = answer_bench_set(b, &(AnswerTemplate){.front = 16}, WORLD_TRAIN);
        SoftPrompt *start = tuned(b, &train, &way, 0, d->seed),
                   *p = tuned(b, &train, &way, d->steps, d->seed);
        int same = 0, all = 0;
        double before = mean_cosine(b->model, start, start, &all),
               after = mean_cosine(b->model, p, start, &same);
        tabular_row(t, start_names[s], (const double[]){before, after, same});
        soft_prompt_free(start);
        soft_prompt_free(p);
        answers_free(&train);
    }
    tabular_print(t);
}

/* ---- two tasks in one batch ------------------------------------------------------------------------ */

enum { OWN = 8, TASKS = 2 }; /* virtual tokens of each task */

//> mixed
/* The largest difference of logits between tasks one after another and rows of both in turns, in one batch. */
static double mixed_difference(AnswerBench *b, const Steered *m, const AnswerSet sets[TASKS])
{
    enum { ROWS = 8 };
    Answering both[TASKS * ROWS];
    AnswerSet mixed = {.items = both, .count = TASKS * ROWS, .vocab = sets[0].vocab};
    int rows[TASKS * ROWS];
    for (int i = 0; i < TASKS * ROWS; i++) {
        both[i] = sets[i % TASKS].items[i / TASKS];
        rows[i] = i;
    }
    const Tensor *all = answers_logits(b->graph, m, &mixed, rows, TASKS * ROWS); /* (16,V) */
    double difference = 0;
    for (int task = 0; task < TASKS; task++) {
        const Tensor *own = answers_logits(b->graph, m, &sets[task], rows, ROWS); /* (8,V) */
        size_t vocab = (size_t)own->shape[1];
        for (size_t i = 0; i < own->size; i++) {
            size_t row = i / vocab * TASKS + (size_t)task;
            difference =
                fmax(difference, fabs((double)(own->data[i] - all->data[row * vocab + i % vocab])));
        }
    }
    nn_graph_reset(b->graph);
    return difference;
}
//< mixed

static void two_tasks(AnswerBench *b, Demo *d)
{
    static AnswerOf *const answers[TASKS] = {NULL, subject};
    static const char *const names[TASKS] = {"good or bad", "what it is about"};
    static const TabularColumn columns[] = {{"answers", 0}, {"accuracy (%)", 0}};
    const Way way = {OWN, START_WORDS, 0.1f, 25};
    Rng rng = rng_new(d->seed);
    size_t size = (size_t)OWN * (size_t)b->model->config.channels;
    SoftPrompt *table = soft_prompt_new(TASKS * OWN, b->model->config.channels, 1, SOFT_DIRECT, &rng);
    AnswerSet tests[TASKS];
    const Steered m = {.model = b->model, .prompt = table};
    printf("\nOne frozen model, two prompts of %d vectors in one table\n", OWN);
    Tabular *t = tabular_with("task", columns, 2);
    for (int i = 0; i < TASKS; i++) {
        b->how.answer = answers[i];
        AnswerSet train = answer_bench_set(b, &(AnswerTemplate){.front = OWN}, WORLD_TRAIN);
        SoftPrompt *p = tuned(b, &train, &way, d->steps, d->seed);
        memcpy(table->table->data + (size_t)i * size, p->table->data, size * sizeof(float));
        tests[i] = answer_bench_set(b, &(AnswerTemplate){.front = OWN, .first = i * OWN}, WORLD_TEST);
        AnswerScore s = answers_score(b->graph, &m, &tests[i]);
        tabular_row(t, names[i], (const double[]){tests[i].choice_count, 100.0 * s.right / s.count});
        soft_prompt_free(p);
        answers_free(&train);
    }
    tabular_print(t);
    nn_graph_multiply_in(b->graph, TENSOR_F32);
    nn_graph_record(b->graph, false);
    demo_claim(d, mixed_difference(b, &m, tests) < 1e-3,
               "rows of both tasks in one batch get the logits that each task gets alone");
    for (int i = 0; i < TASKS; i++)
        answers_free(&tests[i]);
    soft_prompt_free(table);
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
    show_nearest(&b, &d);
    two_tasks(&b, &d);
    draw(&d, &study, accuracy);
    answer_bench_free(&b);
    return demo_end(&d);
}
