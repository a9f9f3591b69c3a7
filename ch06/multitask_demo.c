/* multitask_demo.c -- one model for several tasks, section 6.5: how they are mixed, and who gains or loses by whom.
 *
 * Four tasks of very different size share a pretrained encoder and have an output layer each. First: a model for each,
 * one model trained on them in turn, and one trained on all together, with three ways to choose the next text. Then a
 * task with few labels, alone and beside one partner at a time. */
#include "ch06/suite.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>

enum { TASKS = 4, MAX_SEEDS = 5, PAIRED_SEEDS = 3 };

/* The fifth task is the second with its labels exchanged, in the output layer of the fourth. */
enum { TOPIC, SHOP, PRONOUN, MEAL, COMPLAINT };
static const SuiteTask tasks[] = {
    [TOPIC] = {"topic", WORLD_SENTENCE, WORLD_EN, 8, 300, 96, 0, 0, false},
    [SHOP] = {"online shops", WORLD_REVIEW, WORLD_EN, 2, 300, 96, 1 + 1, 0, false},
    [PRONOUN] = {"pronoun", WORLD_PRONOUN, WORLD_EN, 2, 100, 96, 0, 0, false},
    [MEAL] = {"restaurants", WORLD_REVIEW, WORLD_EN, 2, 16, 96, 0 + 1, 0, false},
    [COMPLAINT] = {"complaints", WORLD_REVIEW, WORLD_EN, 2, 300, 96, 1 + 1, MEAL + 1, true}};

/* Of every table about all of them. */
static const TabularColumn names[] = {
    {"topic", 0}, {"online shops", 0}, {"pronoun", 0}, {"restaurants", 0}, {"mean", 0}};

/* ---- mixing -------------------------------------------------------------------------------------- */

//> shares
/* The probability of each task, n^(1/T) / sum: T = 1 by size, T = infinity all alike. */
static void shares(const TaskSuite *s, double temperature, double share[TASKS])
{
    double sum = 0;
    for (int i = 0; i < TASKS; i++)
        sum += share[i] = pow(s->train[i].count, 1 / temperature);
    for (int i = 0; i < TASKS; i++)
        share[i] /= sum;
}
//< shares

typedef enum Way { EACH, IN_TURN, BY_SIZE, TEMPERED, ALIKE, WAYS } Way;
static const char *const way_names[WAYS] = {"a model for each task", "one model, in turn",
                                            "together, by size", "together, T = 3", "together, all alike"};
static const double temperatures[WAYS] = {NAN, NAN, 1, 3, INFINITY};

/* Every way has as many steps in all. right (TASKS): per cent, at the end. */
static void learn(TaskSuite *s, Way way, int steps, uint64_t seed, double right[TASKS])
{
    NnTraining each = suite_training(steps), all = suite_training(TASKS * steps);
    SuiteMix mix = {.share = {0}};
    suite_reset(s, seed);
    for (int i = 0; i < TASKS && way <= IN_TURN; i++) {
        if (way == EACH)
            suite_reset(s, seed);
        mix = suite_only(i);
        suite_train(s, &mix, &each, NULL, NULL, NULL);
        right[i] = suite_accuracy(s, i);
    }
    if (way > IN_TURN) {
        shares(s, temperatures[way], mix.share);
        suite_train(s, &mix, &all, NULL, NULL, NULL);
    }
    for (int i = 0; i < TASKS && way != EACH; i++)
        right[i] = suite_accuracy(s, i);
}

/* right (WAYS, TASKS + 1, seeds): each task, and their mean. */
static void compare_ways(TaskSuite *s, const Demo *d, Progress *bar, double *right)
{
    for (int run = 0; run < WAYS * d->seeds; run++) {
        int way = run / d->seeds, seed = run % d->seeds;
        double one[TASKS + 1];
        learn(s, (Way)way, d->steps, d->seed + 100 * (uint64_t)seed, one);
        one[TASKS] = stats_mean(one, TASKS);
        for (int i = 0; i <= TASKS; i++)
            right[(way * (TASKS + 1) + i) * d->seeds + seed] = one[i];
        progress_update(bar, run + 1, "%s", way_names[way]);
    }
}

/* ---- partners ------------------------------------------------------------------------------------ */

enum { ALONE, RELATED, OTHER, ANOTHER, OPPOSED, PARTNERS };
static const int partners[PARTNERS] = {-1, SHOP, TOPIC, PRONOUN, COMPLAINT};
static const char *const partner_names[PARTNERS] = {"alone", "online shops", "topic", "pronoun",
                                                    "complaints, same output layer"};

/* Half of each batch is the small task's: beside a partner it sees as many of its own texts as alone. */
static double beside(TaskSuite *s, int partner, int steps, uint64_t seed)
{
    SuiteMix mix = suite_only(MEAL);
    NnTraining how = suite_training(steps);
    suite_reset(s, seed);
    if (partner >= 0)
        mix.share[partner] = mix.share[MEAL] = 0.5;
    else
        how.batch /= 2;
    how.rate /= 2;
    suite_train(s, &mix, &how, NULL, NULL, NULL);
    return suite_accuracy(s, MEAL);
}

/* What a partner does to the small task, by seed: right[i][0] per cent, right[i][1] points more than alone. */
static void compare_partners(TaskSuite *s, const Demo *d, Progress *bar,
                             double right[PARTNERS][2][PAIRED_SEEDS])
{
    for (int i = 0; i < PARTNERS; i++) {
        for (int k = 0; k < PAIRED_SEEDS; k++) {
            right[i][0][k] = beside(s, partners[i], d->steps, d->seed + 100 * (uint64_t)k);
            right[i][1][k] = right[i][0][k] - right[ALONE][0][k];
        }
        progress_update(bar, WAYS * d->seeds + i + 1, "%s", partner_names[i]);
    }
}

/* ---- what comes of it ---------------------------------------------------------------------------- */

static void show_shares(const TaskSuite *s)
{
    double share[WAYS - BY_SIZE][TASKS];
    TabularColumn finer[TASKS];
    for (int i = 0; i < TASKS; i++)
        finer[i] = (TabularColumn){names[i].heading, 1};
    for (int way = BY_SIZE; way < WAYS; way++) {
        double *row = share[way - BY_SIZE];
        shares(s, temperatures[way], row);
        for (int i = 0; i < TASKS; i++)
            row[i] *= 100;
    }
    printf("Labelled texts: %d, %d, %d and %d\n", s->train[0].count, s->train[1].count, s->train[2].count,
           s->train[3].count);
    tabular_print_matrix("share of the texts (%)", way_names + BY_SIZE, finer, TASKS, share[0],
                         WAYS - BY_SIZE);
}

static void show_partners(double right[PARTNERS][2][PAIRED_SEEDS], int labels)
{
    static const TabularColumn columns[] = {{"accuracy (%)", 1}, {"gain (points)", 1}};
    Tabular *t = tabular_with("restaurants beside", columns, 2);
    printf("\nThe task with %d labels beside one with many; mean and standard deviation of %d seeds\n",
           labels, PAIRED_SEEDS);
    for (int i = 0; i < PARTNERS; i++) {
        tabular_text(t, partner_names[i]);
        tabular_seeds(t, right[i][0], PAIRED_SEEDS);
        tabular_number(t, i == ALONE ? NAN : stats_mean(right[i][1], PAIRED_SEEDS));
    }
    tabular_print(t);
}

static void draw(const Demo *d, double right[PARTNERS][2][PAIRED_SEEDS])
{
    const PlotText beside_whom[PARTNERS] = {
        plot_text("alone", "单独训练"), plot_text("online shops", "网店评论"), plot_text("topic", "主题"),
        plot_text("pronoun", "代词"), plot_text("opposite labels", "标签相反")};
    float mean[PARTNERS], low[PARTNERS], high[PARTNERS];
    for (int i = 0; i < PARTNERS; i++) {
        mean[i] = (float)stats_mean(right[i][0], PAIRED_SEEDS);
        low[i] = (float)stats_quantile(right[i][0], PAIRED_SEEDS, 0);
        high[i] = (float)stats_quantile(right[i][0], PAIRED_SEEDS, 1);
    }
    Plot *p = demo_plot(d, plot_text("A task with few labels and its partner", "标签很少的任务与它的搭档"),
                        plot_text("accuracy on restaurant reviews (%)", "餐馆评论的准确率（%）"),
                        plot_same(NULL));
    plot_bars(p, plot_same(NULL), beside_whom, mean, low, high, PARTNERS);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/multitask_demo",
              .about = "One model for several tasks, section 6.5.",
              .draws = true,
              .steps = 40,
              .min_steps = 4,
              .seeds = 1,
              .max_seeds = MAX_SEEDS};
    const char *model = "ch05/models/book_bert";
    const Option options[] = {option_dir("model", &model, "folder of the model, of any family"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    double right[WAYS][TASKS + 1][d.seeds], small[PARTNERS][2][PAIRED_SEEDS];
    TaskSuite s = suite_new(model, tasks, sizeof tasks / sizeof *tasks, d.seed);
    Progress bar = progress_begin("training", WAYS * d.seeds + PARTNERS);
    compare_ways(&s, &d, &bar, right[0][0]);
    compare_partners(&s, &d, &bar, small);
    progress_end(&bar);
    show_shares(&s);
    printf("\nAccuracy (%%) after %d steps in all\n", TASKS * d.steps);
    tabular_print_seeds("", way_names, names, TASKS + 1, right[0][0], WAYS, d.seeds);
    show_partners(small, s.train[MEAL].count);
    draw(&d, small);
    putchar('\n');
    demo_claim(&d, stats_mean(right[ALIKE][TASKS], d.seeds) > stats_mean(right[IN_TURN][TASKS], d.seeds),
               "trained together, one model knows more than trained in turn");
    demo_claim(&d, stats_mean(small[RELATED][1], PAIRED_SEEDS) > 5,
               "beside a related task the small one gains more than 5 points");
    demo_claim(&d, stats_mean(small[OPPOSED][1], PAIRED_SEEDS) < 0,
               "beside one with opposite labels in the same output layer it loses");
    suite_free(&s);
    return demo_end(&d);
}
