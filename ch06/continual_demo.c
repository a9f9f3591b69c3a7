/* continual_demo.c -- three tasks one after another, and what each does to the ones before, section 6.5.
 *
 * A pretrained encoder learns to tell topics, then what a pronoun means, then whether a review is good. Nothing of an
 * earlier task is in the later training. The matrix R holds what is left: R[j][i] is the accuracy on task i after
 * training on task j (Lopez-Paz and Ranzato, 2017). Then the same sequence with each known remedy. */
#include "ch06/ewc.h"
#include "common/demo/demo.h"
#include "common/model/adapter.h"

#include <math.h>
#include <stdio.h>

enum { TASKS = 3, MAX_SEEDS = 5, FISHER_TEXTS = 32, RANK = 8 };

static const SuiteTask tasks[TASKS] = {{"topic", WORLD_SENTENCE, WORLD_EN, 8, 300, 96, 0, 0, false},
                                       {"pronoun", WORLD_PRONOUN, WORLD_EN, 2, 300, 96, 0, 0, false},
                                       {"review", WORLD_REVIEW, WORLD_EN, 2, 300, 96, 0, 0, false}};

/* ---- the matrix ---------------------------------------------------------------------------------- */

//> matrix
/* right[j][i]: per cent on task i after j tasks; row 0 is before the first. */
typedef struct Results {
    double right[TASKS + 1][TASKS];
} Results;

/* Of a run: mean over the tasks, each right after its own training; ACC, the same when all have been trained; BWT, what
 * a task but the last has gained since its own training (below 0: forgetting). */
enum { LEARNED, AVERAGE, BACKWARD, KEPT, SCORES };

static void score(const Results *r, double out[SCORES])
{
    out[LEARNED] = out[AVERAGE] = out[BACKWARD] = 0;
    for (int i = 0; i < TASKS; i++) {
        out[LEARNED] += r->right[i + 1][i] / TASKS;
        out[AVERAGE] += r->right[TASKS][i] / TASKS;
        out[BACKWARD] += (r->right[TASKS][i] - r->right[i + 1][i]) / (TASKS - 1);
    }
}
//< matrix

/* ---- a sequence ---------------------------------------------------------------------------------- */

typedef struct Method {
    const char *name;
    float rate;   /* learning rate, in units of the usual one */
    int kept;     /* replay: texts of each earlier task that are kept, and trained on */
    float lambda; /* EWC */
    bool lora;    /* an adapter for each task, on a backbone that stays */
    bool together;
} Method;

static const Method methods[] = {{"one after another", 1, 0, 0, false, false},
                                 {"  a quarter of the rate", 0.25f, 0, 0, false, false},
                                 {"  replay of 8 texts a task", 1, 8, 0, false, false},
                                 {"  replay of 32", 1, 32, 0, false, false},
                                 {"  replay of all 300", 1, 300, 0, false, false},
                                 {"  EWC, lambda 100", 1, 0, 100, false, false},
                                 {"  EWC, lambda 10000", 1, 0, 10000, false, false},
                                 {"  LoRA for each task", 5, 0, 0, true, false},
                                 {"all at once", 1, 0, 0, false, true}};
enum { PLAIN = 0, REPLAY = 3, EWC = 6, LORA = 7, TOGETHER = 8, METHODS };

//> replay
/* A quarter of the texts are earlier tasks', from the few that were kept; the rest are the new one's. */
static SuiteMix with_replay(int task, int kept)
{
    SuiteMix mix = suite_only(task);
    for (int i = 0; kept > 0 && i < task; i++) {
        mix.share[i] = 0.25 / task;
        mix.limit[i] = kept;
        mix.share[task] = 0.75;
    }
    return mix;
}
//< replay

//> lora
/* Only the newest adapter is trained; where a task is tested, its own counts and the others do not. */
static void train_adapter(TaskSuite *s, int task, const NnTraining *how, ModelAdapter *adapters[TASKS])
{
    Error e = {""};
    SuiteMix mix = suite_only(task);
    for (int i = 0; i < task; i++)
        model_adapter_weigh(adapters[i], 0);
    adapters[task] = model_adapter_new(s->backbone->params,
                                       &(ModelLora){"*", .rank = RANK, .alpha = 2 * RANK}, &s->rng, &e);
    if (!adapters[task])
        error_exit(&e);
    Params trained = nn_params_join(model_adapter_params(adapters[task]), &s->head_params);
    suite_train(s, &mix, how, &trained, NULL, NULL);
    nn_params_part(&trained);
}
//< lora

/* The first `count` tasks, each with its own adapter where there are any. */
static void measure(TaskSuite *s, ModelAdapter *const adapters[TASKS], int count, double right[TASKS])
{
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < TASKS && adapters[k]; k++)
            model_adapter_weigh(adapters[k], k == i ? 1 : 0);
        right[i] = suite_accuracy(s, i);
    }
}

/* All tasks in one run of as many steps as the others take together. */
static void learn_together(TaskSuite *s, int steps, Results *out)
{
    SuiteMix mix = {.share = {1.0 / TASKS, 1.0 / TASKS, 1.0 / TASKS}};
    NnTraining how = suite_training(steps * TASKS);
    suite_train(s, &mix, &how, NULL, NULL, NULL);
    for (int j = 1; j <= TASKS; j++)
        for (int i = 0; i < TASKS; i++)
            out->right[j][i] = j > 1 ? out->right[1][i] : suite_accuracy(s, i);
}

static void learn_in_turn(TaskSuite *s, const Method *m, int steps, Results *out)
{
    ModelAdapter *adapters[TASKS] = {NULL};
    Ewc *ewc = m->lambda > 0 ? ewc_new(s->size, m->lambda) : NULL;
    NnTraining how = suite_training(steps);
    how.rate *= m->rate;
    measure(s, adapters, m == methods ? TASKS : 0, out->right[0]);
    for (int j = 0; j < TASKS; j++) {
        SuiteMix mix = with_replay(j, m->kept);
        if (m->lora)
            train_adapter(s, j, &how, adapters);
        else
            suite_train(s, &mix, &how, NULL, ewc ? ewc_penalty : NULL, ewc);
        if (ewc)
            ewc_remember(ewc, s, j, FISHER_TEXTS);
        measure(s, adapters, m == methods ? TASKS : j + 1, out->right[j + 1]);
    }
    for (int k = 0; k < TASKS; k++)
        model_adapter_free(adapters[k]);
    ewc_free(ewc);
}

/* What a method keeps for the sake of earlier tasks, in KB: texts, or numbers of 4 bytes. */
static double kept(const TaskSuite *s, const Method *m)
{
    double tokens = 0, lora = 0;
    for (int i = 0; i < TASKS - 1; i++)
        for (int k = 0; k < s->train[i].count && (m->together || k < m->kept); k++)
            tokens += s->train[i].lengths[k];
    for (Param *p = NULL; m->lora && (p = nn_linear_next(s->backbone->params, "*", p));)
        lora += TASKS * RANK * (p->tensor->shape[0] + p->tensor->shape[1]);
    return 4e-3 * (tokens + lora + (m->lambda > 0 ? 2 * (double)s->size : 0));
}

/* All runs of all methods, one number for each seed. */
typedef struct Study {
    int seeds;
    double *matrix;          /* (TASKS + 1, TASKS, seeds): of the first method */
    double *scores;          /* (METHODS, SCORES, seeds) */
    float first[METHODS][2]; /* mean accuracy on the first task: after its own training, at the end */
} Study;

static void note(Study *y, const TaskSuite *s, int method, int seed, const Results *r)
{
    double one[SCORES];
    score(r, one);
    one[KEPT] = kept(s, &methods[method]);
    for (int i = 0; i < SCORES; i++)
        y->scores[(method * SCORES + i) * y->seeds + seed] = one[i];
    for (int i = 0; method == PLAIN && i < (TASKS + 1) * TASKS; i++)
        y->matrix[i * y->seeds + seed] = r->right[i / TASKS][i % TASKS];
    y->first[method][0] += (float)r->right[1][0] / (float)y->seeds;
    y->first[method][1] += (float)r->right[TASKS][0] / (float)y->seeds;
}

static void run_all(TaskSuite *s, const Demo *d, Study *y)
{
    Progress bar = progress_begin("training", METHODS * d->seeds);
    for (int i = 0; i < METHODS * d->seeds; i++) {
        const Method *m = &methods[i / d->seeds];
        Results r;
        suite_reset(s, d->seed + 100 * (uint64_t)(i % d->seeds));
        if (m->together)
            learn_together(s, d->steps, &r);
        else
            learn_in_turn(s, m, d->steps, &r);
        note(y, s, i / d->seeds, i % d->seeds, &r);
        progress_update(&bar, i + 1, "%s", m->name);
    }
    progress_end(&bar);
}

/* ---- what comes of it ---------------------------------------------------------------------------- */

static void show(const TaskSuite *s, const Study *y)
{
    static const char *const after[] = {"pretraining", "topic", "pronoun", "review"};
    static const TabularColumn columns[] = {{"topic", 0}, {"pronoun", 0}, {"review", 0}},
                               about[] = {{"when learned (%)", 0},
                                          {"at the end (%)", 0},
                                          {"BWT (points)", 0},
                                          {"kept (KB)", 0}};
    const char *names[METHODS];
    for (int i = 0; i < METHODS; i++)
        names[i] = methods[i].name;
    printf("Accuracy (%%) on %d, %d and %d test texts while the tasks come one after another\n",
           s->test[0].count, s->test[1].count, s->test[2].count);
    tabular_print_seeds("after", after, columns, TASKS, y->matrix, TASKS + 1, y->seeds);
    puts("\nMean over the tasks, and what is kept for the sake of earlier ones");
    tabular_print_seeds("method", names, about, SCORES, y->scores, METHODS, y->seeds);
}

/* How the first task fares under four of the methods. */
static void draw(const Demo *d, const Study *y)
{
    enum { SHOWN = 4 };
    static const int shown[SHOWN] = {PLAIN, REPLAY, EWC, LORA};
    const PlotText names[SHOWN] = {plot_text("in turn", "逐个训练"),
                                   plot_text("replay of 32", "回放 32 条"), plot_same("EWC"),
                                   plot_text("LoRA each", "各用一个 LoRA")};
    const PlotText when[] = {plot_text("after its own training", "刚学完"),
                             plot_text("after two more tasks", "又学两个任务之后")};
    Plot *p =
        demo_plot(d, plot_text("What is left of the first task", "第一个任务还剩多少"),
                  plot_text("accuracy on the first task (%)", "第一个任务的准确率（%）"), plot_same(NULL));
    for (int late = 0; late < 2; late++) {
        float mean[SHOWN];
        for (int i = 0; i < SHOWN; i++)
            mean[i] = y->first[shown[i]][late];
        plot_bars(p, when[late], names, mean, NULL, NULL, SHOWN);
    }
    plot_finish(p, "picture");
}

static double mean_score(const Study *y, int method, int which)
{
    return stats_mean(y->scores + (method * SCORES + which) * y->seeds, y->seeds);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/continual_demo",
              .about = "Three tasks one after another, section 6.5.",
              .draws = true,
              .steps = 40,
              .min_steps = 4,
              .seeds = 1,
              .max_seeds = MAX_SEEDS};
    const char *model = "ch05/models/book_bert";
    const Option options[] = {option_dir("model", &model, "folder of the model, of any family"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    double matrix[TASKS + 1][TASKS][d.seeds], scores[METHODS][SCORES][d.seeds];
    Study y = {.seeds = d.seeds, .matrix = matrix[0][0], .scores = scores[0][0]};
    TaskSuite s = suite_new(model, tasks, TASKS, d.seed);
    run_all(&s, &d, &y);
    show(&s, &y);
    draw(&d, &y);
    putchar('\n');
    demo_claim(&d, mean_score(&y, PLAIN, BACKWARD) < -10,
               "without a remedy, earlier tasks lose more than 10 points");
    demo_claim(&d, mean_score(&y, REPLAY, AVERAGE) > mean_score(&y, PLAIN, AVERAGE) + 5,
               "replay of 32 texts a task ends more than 5 points above that");
    demo_claim(&d, fabs(mean_score(&y, LORA, BACKWARD)) < 1e-9,
               "with an adapter for each task nothing is forgotten, to the last digit");
    suite_free(&s);
    return demo_end(&d);
}
