/* prompt_batch_demo.c -- what trained prompts are, and what they are for; section 6.3.5.
 *
 * Looks for the real tokens nearest to the vectors of a soft prompt, before training and after it. Then trains prompts
 * for two tasks and lets one frozen model answer both in one batch, each row after its own vectors. */
#include "ch06/tuned.h"
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <string.h>

enum { TRAIN = 200, TEST = 200, LOOKED_AT = 16, OWN = 8, TASKS = 2 }; /* OWN: virtual tokens of each task */

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
    printf("Cosine of each vector with the nearest of %d embeddings (mean of 16); how many still have the "
           "token nearest\nthat they began nearest to\n",
           b->model->config.vocab);
    Tabular *t = tabular_with("beginning", columns, 3);
    for (TunedStart s = TUNED_FROM_RANDOM; s < TUNED_STARTS; s++) {
        const TunedWay way = {LOOKED_AT, s, 0.1f, 25};
        AnswerSet train = answer_bench_set(b, &(AnswerTemplate){.front = LOOKED_AT}, WORLD_TRAIN);
        SoftPrompt *start = tuned_prompt(b, &train, &way, 0, d->seed),
                   *p = tuned_prompt(b, &train, &way, d->steps, d->seed);
        int same = 0, all = 0;
        double before = mean_cosine(b->model, start, start, &all),
               after = mean_cosine(b->model, p, start, &same);
        tabular_row(t, tuned_start_names[s], (const double[]){before, after, same});
        soft_prompt_free(start);
        soft_prompt_free(p);
        answers_free(&train);
    }
    tabular_print(t);
}

/* ---- two tasks in one batch ------------------------------------------------------------------------ */

/* What a review is about: the world draws its kind in `task`. */
static const char *subject(const WorldSample *s)
{
    static const char *const names[] = {"restaurant", "shop", "book", "town"};
    return names[s->task];
}

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
    const TunedWay way = {OWN, TUNED_FROM_WORDS, 0.1f, 25};
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
        SoftPrompt *p = tuned_prompt(b, &train, &way, d->steps, d->seed);
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

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/prompt_batch_demo",
              .about = "What trained prompts are, and what they are for, section 6.3.5.",
              .steps = 60,
              .min_steps = 4};
    const char *folder = "ch05/models/book_gpt";
    const Option options[] = {option_dir("model", &folder, "decoder to steer"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    AnswerBench b = answer_bench_new(folder, WORLD_REVIEW, TRAIN, TEST);
    show_nearest(&b, &d);
    two_tasks(&b, &d);
    answer_bench_free(&b);
    return demo_end(&d);
}
