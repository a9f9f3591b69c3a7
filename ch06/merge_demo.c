/* merge_demo.c -- models fine-tuned apart become one by arithmetic on their weights, section 6.5.
 *
 * Three tasks are trained apart from the same pretrained weights. What training added to the weights is a task vector,
 * tau_k = theta_k - theta_0 (Ilharco et al., 2023). Averages, sums and trimmed sums of the three are tested on all
 * tasks, without a step of training; then several runs of one task are averaged, a model soup (Wortsman et al., 2022).
 * */
#include "ch06/suite.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 3, STEPS_OF_PATH = 11, SOUP = 3 };
static const double RANGE[] = {0.3, 0.5, 0.7, 1};
enum { SCALES = sizeof RANGE / sizeof *RANGE };

static const SuiteTask tasks[TASKS] = {{"topic", WORLD_SENTENCE, WORLD_EN, 8, 300, 96, 0, 0, false},
                                       {"pronoun", WORLD_PRONOUN, WORLD_EN, 2, 300, 96, 0, 0, false},
                                       {"review", WORLD_REVIEW, WORLD_EN, 2, 300, 96, 0, 0, false}};

/* The output layers were made anew for all tasks at once and stay, so that only the backbone is merged. */
typedef struct Tuned {
    float *vector[TASKS]; /* (N) tau_k */
    size_t size;
} Tuned;

/* ---- merging ------------------------------------------------------------------------------------- */

//> arithmetic
/* out = theta_0 + scale sum of tau_k: scale 1/TASKS is the average of the models. */
static void add_vectors(const Tuned *m, const float *start, double scale, float *out)
{
    for (size_t w = 0; w < m->size; w++) {
        double sum = 0;
        for (int k = 0; k < TASKS; k++)
            sum += (double)m->vector[k][w];
        out[w] = start[w] + (float)(scale * sum);
    }
}
//< arithmetic

static int larger_first(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* The size above which the share of the numbers lies. */
static float threshold(const float *x, size_t n, double share)
{
    float *sizes = memory_new(n * sizeof *sizes);
    for (size_t i = 0; i < n; i++)
        sizes[i] = fabsf(x[i]);
    qsort(sizes, n, sizeof *sizes, larger_first);
    float found = sizes[(size_t)(share * (double)(n - 1))];
    free(sizes);
    return found;
}

//> ties
/* TIES (Yadav et al., 2023): of each vector only the largest `kept` share counts; each weight elects the sign that has
 * the larger sum; the mean is over the vectors that agree with it. */
static void ties(const Tuned *m, const float *start, double kept, double scale, float *out)
{
    float least[TASKS];
    for (int k = 0; k < TASKS; k++)
        least[k] = threshold(m->vector[k], m->size, kept);
    for (size_t w = 0; w < m->size; w++) {
        double sum = 0, agreeing = 0;
        int count = 0;
        for (int k = 0; k < TASKS; k++)
            sum += fabsf(m->vector[k][w]) >= least[k] ? (double)m->vector[k][w] : 0;
        for (int k = 0; k < TASKS; k++) {
            double tau = fabsf(m->vector[k][w]) >= least[k] ? (double)m->vector[k][w] : 0;
            agreeing += tau * sum > 0 ? tau : 0;
            count += tau * sum > 0;
        }
        out[w] = start[w] + (float)(scale * (count ? agreeing / count : 0));
    }
}
//< ties

/* Cosine of the angle between two task vectors. */
static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* ---- training apart ------------------------------------------------------------------------------ */

/* From the pretrained weights; the output layers of the other tasks are left as they are. */
static float *tune(TaskSuite *s, int task, int steps, uint64_t seed)
{
    float *vector = memory_new(s->size * sizeof *vector);
    SuiteMix mix = suite_only(task);
    NnTraining how = suite_training(steps);
    how.rate /= 2;
    s->rng = rng_new(seed);
    suite_set_weights(s, s->start);
    suite_train(s, &mix, &how, NULL, NULL, NULL);
    suite_weights(s, vector);
    for (size_t w = 0; w < s->size; w++)
        vector[w] -= s->start[w];
    return vector;
}

/* right (TASKS + 1): each task with these weights, and their mean. */
static void test(TaskSuite *s, const float *theta, double right[TASKS + 1])
{
    suite_set_weights(s, theta);
    for (int i = 0; i < TASKS; i++)
        right[i] = suite_accuracy(s, i);
    right[TASKS] = stats_mean(right, TASKS);
}

/* ---- what comes of it ---------------------------------------------------------------------------- */

static double show_row(TaskSuite *s, Tabular *t, const char *name, const float *theta)
{
    double right[TASKS + 1];
    test(s, theta, right);
    tabular_row(t, name, right);
    return right[TASKS];
}

/* All mergers; returns the mean accuracy of the best sum of task vectors, *apart that of the models apart. */
static double show_merges(TaskSuite *s, const Tuned *m, double *apart, double *averaged)
{
    static const TabularColumn columns[] = {{"topic", 0}, {"pronoun", 0}, {"review", 0}, {"mean", 0}};
    Tabular *t = tabular_with("weights", columns, TASKS + 1);
    float *theta = memory_new(s->size * sizeof *theta);
    double own[TASKS + 1], best = 0;
    char name[64];
    show_row(s, t, "pretrained", s->start);
    for (int k = 0; k < TASKS; k++) {
        double right[TASKS + 1];
        for (size_t w = 0; w < s->size; w++)
            theta[w] = s->start[w] + m->vector[k][w];
        test(s, theta, right);
        snprintf(name, sizeof name, "tuned on %s", tasks[k].name);
        tabular_row(t, name, right);
        own[k] = right[k];
    }
    *apart = own[TASKS] = stats_mean(own, TASKS);
    tabular_row(t, "each by its own model", own);
    add_vectors(m, s->start, 1.0 / TASKS, theta);
    *averaged = show_row(s, t, "average", theta);
    for (int i = 0; i < SCALES; i++) {
        add_vectors(m, s->start, RANGE[i], theta);
        snprintf(name, sizeof name, "sum, scale %.1f", RANGE[i]);
        best = fmax(best, show_row(s, t, name, theta));
    }
    for (int i = 0; i < SCALES; i += SCALES - 1) {
        ties(m, s->start, 0.2, 1 + i / 3.0, theta);
        snprintf(name, sizeof name, "TIES, largest 20 %%, scale %.0f", 1 + i / 3.0);
        show_row(s, t, name, theta);
    }
    tabular_print(t);
    free(theta);
    return best;
}

static void show_angles(const Tuned *m)
{
    printf("\nCosines of the task vectors: topic and pronoun %.2f, topic and review %.2f, pronoun and "
           "review %.2f\n",
           cosine(m->vector[0], m->vector[1], m->size), cosine(m->vector[0], m->vector[2], m->size),
           cosine(m->vector[1], m->vector[2], m->size));
}

/* On the straight line from one model to another: both tasks. */
static void draw_path(TaskSuite *s, const Tuned *m, const Demo *d)
{
    float x[STEPS_OF_PATH], y[2][STEPS_OF_PATH], *theta = memory_new(s->size * sizeof *theta);
    for (int i = 0; i < STEPS_OF_PATH; i++) {
        x[i] = (float)i / (STEPS_OF_PATH - 1);
        for (size_t w = 0; w < s->size; w++)
            theta[w] = s->start[w] + (1 - x[i]) * m->vector[0][w] + x[i] * m->vector[2][w];
        suite_set_weights(s, theta);
        y[0][i] = (float)suite_accuracy(s, 0);
        y[1][i] = (float)suite_accuracy(s, 2);
    }
    Plot *p = demo_plot(d, plot_text("Between two fine-tuned models", "两个微调模型之间"),
                        plot_text("share of the review model's weights", "评论模型权重所占的比例"),
                        plot_text("accuracy (%)", "准确率（%）"));
    plot_line(p, plot_text("topic", "主题"), x, y[0], STEPS_OF_PATH);
    plot_line(p, plot_text("review", "评论"), x, y[1], STEPS_OF_PATH);
    plot_finish(p, "picture");
    free(theta);
}

/* Several runs of the first task, alone and averaged. */
static void show_soup(TaskSuite *s, int steps, uint64_t seed)
{
    double right[SOUP];
    float *mean = memory_new(s->size * sizeof *mean);
    memcpy(mean, s->start, s->size * sizeof *mean);
    for (int k = 0; k < SOUP; k++) {
        float *vector = tune(s, 0, steps / 4, seed + 10 + (uint64_t)k);
        right[k] = suite_accuracy(s, 0);
        for (size_t w = 0; w < s->size; w++)
            mean[w] += vector[w] / SOUP;
        free(vector);
    }
    suite_set_weights(s, mean);
    printf(
        "\n%d runs on topic with a quarter of the steps: %.0f, %.0f and %.0f %%; their average: %.0f %%\n",
        SOUP, right[0], right[1], right[2], suite_accuracy(s, 0));
    free(mean);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/merge_demo",
              .about = "Models become one by arithmetic on their weights, section 6.5.",
              .draws = true,
              .steps = 40,
              .min_steps = 8};
    const char *model = "ch05/models/book_bert";
    const Option options[] = {option_dir("model", &model, "folder of the model, of any family"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    double apart, averaged;
    TaskSuite s = suite_new(model, tasks, TASKS, d.seed);
    Tuned m = {.size = s.size};
    suite_reset(&s, d.seed);
    for (int k = 0; k < TASKS; k++)
        m.vector[k] = tune(&s, k, d.steps, d.seed + (uint64_t)k);
    printf("Accuracy (%%) on %d test texts of each task\n", s.test[0].count);
    double best = show_merges(&s, &m, &apart, &averaged);
    show_angles(&m);
    draw_path(&s, &m, &d);
    show_soup(&s, d.steps, d.seed);
    putchar('\n');
    demo_claim(&d, best > apart - 15,
               "the best sum of task vectors comes within 15 points of three models apart");
    demo_claim(&d, best > averaged, "it is better than the average of the three");
    for (int k = 0; k < TASKS; k++)
        free(m.vector[k]);
    suite_free(&s);
    return demo_end(&d);
}
