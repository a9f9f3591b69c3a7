/* finetune_classify.c -- fine-tuning to classify texts, section 6.2.
 *
 * A pretrained model gets an output layer and learns from texts with labels: reviews of the little world, or the rows
 * of a file. The program shows how the accuracy grows with the number of labels, beside the classifier of before 2018
 * (TF-IDF and logistic regression), where the best model is wrong, and saves it as a folder that --load reads.
 *
 *     ./ch06/finetune_classify --data reviews.tsv --model DIR --save DIR
 *     ./ch06/finetune_classify --load DIR --say "The room was clean." */
#include "ch06/confusion.h"
#include "ch06/labelled.h"
#include "ch06/tfidf.h"
#include "common/demo/demo.h"
#include "common/model/adapter.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 7, QUICK_SIZES = 4, MAX_SEEDS = 5 };
static const int sizes[SIZES] = {10, 30, 100, 300, 1000, 3000, 10000};

typedef struct Settings {
    const char *model, *save, *load, *say;
    LabelledSource source;
    NnTraining training;
    int lora;        /* rank; 0: all weights are trained */
    float head_rate; /* maximum learning rate of the output layer alone */
    bool full;
    Demo *demo;
} Settings;

/* ---- fine-tuning --------------------------------------------------------------------------------- */

//> fine_tune
/* Reads the pretrained model, puts an output layer on it, and trains both on the first `count` texts. Frozen, the
 * output layer alone is trained. With LoRA the model's weights are frozen, and small matrices beside them are trained
 * and merged. */
static ModelClassifier *fine_tune(Graph *g, const Settings *s, const Task *t, int count, uint64_t seed,
                                  bool frozen, float *curve)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    bool pooler;
    NnTraining how = s->training;
    how.seed = seed;
    ModelBackbone *b = model_backbone_load(s->model, &e);
    ModelClassifier *m = b ? model_classifier_new(b, t->labels, t->classes, &rng) : NULL;
    ModelAdapter *lora = NULL;
    if (!m || !model_classifier_read_pooler(m, s->model, &pooler, &e))
        error_exit(&e);
    const ModelLora low_rank = {.layers = "*", .rank = s->lora, .alpha = 2 * (float)s->lora};
    if (s->lora > 0 && !frozen && !(lora = model_adapter_new(b->params, &low_rank, &rng, &e)))
        error_exit(&e);
    if (frozen)
        nn_params_freeze(b->params, true);
    how.rate = frozen ? s->head_rate : s->training.rate;
    Params trained = nn_params_join(lora ? model_adapter_params(lora) : b->params, &m->params);
    task_train(g, t, count, &trained, &how, task_classify, m, curve);
    nn_params_part(&trained);
    if (lora)
        model_adapter_merge(lora);
    model_adapter_free(lora);
    return m;
}
//< fine_tune

/* The old method on the same texts. */
static TaskScore old_method(const Task *t, int count, uint64_t seed, int *predicted)
{
    Rng rng = rng_new(seed);
    Tfidf *old = tfidf_train(t->train.text, t->train.label, count, t->classes, &rng);
    for (int i = 0; i < t->test.count; i++)
        predicted[i] = tfidf_predict(old, t->test.text[i]);
    tfidf_free(old);
    return task_score_of(&t->test, predicted, t->classes);
}

/* ---- the learning curve -------------------------------------------------------------------------- */

enum { TUNED, FROZEN, OLD, METHODS };

/* Per cent on the test texts: accuracy of the methods, macro-F1 of the same, over sizes and seeds. */
typedef struct Curve {
    int count, size[SIZES];
    double score[SIZES][2 * METHODS][MAX_SEEDS];
    ModelClassifier *last; /* the fine-tuned model of the most labels and the first seed */
} Curve;

static void add_point(Graph *g, const Settings *s, const Task *t, int size, Curve *c)
{
    int *predicted = memory_new(sizeof *predicted * (size_t)t->test.count), at = c->count++;
    c->size[at] = size;
    for (int seed = 0; seed < s->demo->seeds; seed++) {
        uint64_t number = s->demo->seed + (uint64_t)seed;
        ModelClassifier *m = fine_tune(g, s, t, size, number, false, seed == 0 ? s->demo->losses : NULL);
        ModelClassifier *frozen = fine_tune(g, s, t, size, number, true, NULL);
        const TaskScore score[METHODS] = {task_score(g, t, &t->test, task_classify, m),
                                          task_score(g, t, &t->test, task_classify, frozen),
                                          old_method(t, size, number, predicted)};
        model_classifier_free(frozen);
        for (int k = 0; k < METHODS; k++) {
            c->score[at][k][seed] = 100 * score[k].accuracy;
            c->score[at][METHODS + k][seed] = 100 * score[k].macro_f1;
        }
        model_classifier_free(seed == 0 ? c->last : m);
        c->last = seed == 0 ? m : c->last;
    }
    free(predicted);
}

/* Sizes up to the number of training texts; of a watched run the largest alone. */
static Curve learning_curve(Graph *g, const Settings *s, const Task *t)
{
    Curve c = {.count = 0};
    int limit = s->full ? SIZES : QUICK_SIZES, all = t->train.count;
    if (s->demo->alone) {
        c.last = fine_tune(g, s, t, all, s->demo->seed, false, s->demo->losses);
        return c;
    }
    for (int i = 0; i < limit && (i == 0 || sizes[i - 1] < all); i++)
        add_point(g, s, t, sizes[i] < all ? sizes[i] : all, &c);
    return c;
}

/* Which method is ahead by more than chance allows: two standard errors of a difference of shares of n texts. */
static const char *ahead(const double *a, const double *b, int seeds, int n)
{
    double x = stats_mean(a, seeds), y = stats_mean(b, seeds), p = (x + y) / 200;
    double error = 100 * sqrt(2 * p * (1 - p) / n);
    return fabs(x - y) <= 2 * error ? "neither" : x > y ? "fine-tuned" : "TF-IDF";
}

static void show_curve(const Settings *s, const Task *t, const Curve *c)
{
    static const char *const columns[] = {"fine-tuned", "frozen", "TF-IDF", "F1", "F1 frozen", "F1 TF-IDF"};
    const PlotText names[METHODS] = {plot_text("fine-tuned", "微调"),
                                     plot_text("frozen, output layer alone", "冻结，只训练输出层"),
                                     plot_text("TF-IDF, logistic regression", "TF-IDF，逻辑回归")};
    double accuracy[SIZES][METHODS][MAX_SEEDS];
    float x[SIZES];
    int seeds = s->demo->seeds;
    Tabular *table = tabular_new();
    tabular_numbers(table, "labels", NULL, 0, TABULAR_NONE);
    for (int k = 0; k < 2 * METHODS; k++)
        tabular_numbers(table, columns[k], "%", 1, TABULAR_NONE);
    tabular_column(table, "ahead");
    for (int i = 0; i < c->count; i++) {
        x[i] = (float)c->size[i];
        tabular_number(table, c->size[i]);
        for (int k = 0; k < 2 * METHODS; k++)
            tabular_seeds(table, c->score[i][k], seeds);
        tabular_text(table, ahead(c->score[i][TUNED], c->score[i][OLD], seeds, t->test.count));
        for (int k = 0; k < METHODS; k++)
            memcpy((double *)accuracy + (i * METHODS + k) * seeds, c->score[i][k],
                   sizeof(double) * (size_t)seeds);
    }
    printf("\nAccuracy and macro-F1 on %d test texts by the number of labels, %d seed%s\n", t->test.count,
           seeds, seeds > 1 ? "s" : "");
    tabular_print(table);
    Plot *p = demo_plot(s->demo, plot_text("Accuracy by the number of labels", "准确率与标注数"),
                        plot_text("training texts with labels", "带标签的训练文本数"),
                        plot_text("accuracy on unseen texts (%)", "未见文本上的准确率（%）"));
    plot_log_axes(p, true, false);
    plot_columns(p, names, x, (double *)accuracy, c->count, METHODS, seeds);
    plot_finish(p, "picture");
}

/* ---- the folder ---------------------------------------------------------------------------------- */

/* Saves the model, loads it again as any later program would, and asks both. */
static void save(Graph *g, const Settings *s, const Task *t, ModelClassifier *m)
{
    Error e = {""};
    ModelClassifier *again = NULL;
    if (!model_classifier_save(m, false, s->save, &e) || !(again = model_classifier_load(s->save, &e)))
        error_exit(&e);
    int before = task_score(g, t, &t->test, task_classify, m).hits;
    int after = task_score(g, t, &t->test, task_classify, again).hits;
    printf("\nsaved: %s\n", s->save);
    demo_claim(s->demo, before == after, "loaded again, it gives %d of %d correct answers, as before",
               after, t->test.count);
    model_classifier_free(again);
}

static void say(Graph *g, const Settings *s, ModelClassifier *m)
{
    Error e = {""};
    const int unknown = 0;
    Task t = task_new((const char *const *)m->labels, m->classes);
    if (!task_add(&t, &t.test, m->backbone, &s->say, &unknown, 1, &e))
        error_exit(&e);
    nn_graph_record(g, false);
    Tensor *p = nn_softmax(g, model_classifier_logits(g, m, t.test.ids[0], 1, t.test.lengths[0], NULL));
    for (int c = 0; c < m->classes; c++)
        printf("%6.1f%%  %s\n", 100 * (double)p->data[c], m->labels[c]);
    task_free(&t);
}

/* A saved classifier: one text, or all of a file or of the little world's test side. */
static void use(Graph *g, const Settings *s)
{
    Error e = {""};
    ModelClassifier *m = model_classifier_load(s->load, &e);
    if (!m)
        error_exit(&e);
    if (s->say) {
        say(g, s, m);
    } else {
        Task t = labelled_test(&s->source, m);
        confusion_show(g, &t, m);
        task_free(&t);
    }
    model_classifier_free(m);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static void train(Graph *g, const Settings *s)
{
    Error e = {""};
    ModelBackbone *b = model_backbone_load(s->model, &e);
    if (!b)
        error_exit(&e);
    Task t = labelled_task(&s->source, b);
    model_backbone_free(b);
    Curve c = learning_curve(g, s, &t);
    printf("%d classes; the model has %zu numbers, its output layer %zu\n", t.classes,
           nn_param_total(c.last->backbone->params), nn_param_total(&c.last->params));
    if (!s->demo->alone) {
        show_curve(s, &t, &c);
        save(g, s, &t, c.last);
        confusion_show(g, &t, c.last);
    }
    model_classifier_free(c.last);
    task_free(&t);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/finetune_classify",
              .about = "Fine-tunes a pretrained model to classify texts, section 6.2.",
              .draws = true,
              .steps = 60,
              .seeds = 1,
              .max_seeds = MAX_SEEDS,
              .watched = "the model with the most labels"};
    Settings s = {.model = "ch05/models/book_bert",
                  .save = "ch06/out/classifier",
                  .source = {.columns = {"text", "label"}, .tested = 300},
                  .training = nn_training_new(),
                  .head_rate = 5e-3f,
                  .demo = &d};
    NnTraining *t = &s.training;
    t->rate = 5e-4f, t->min_rate = 0, t->warmup = 6, t->weight_decay = 0.01f;
    const Option options[] = {
        option_dir("model", &s.model, "the pretrained model's folder: bert, gpt2, llama, qwen2 ..."),
        option_choice("task", &s.source.world, labelled_names, "texts of the little world"),
        option_file("data", &s.source.data, "rows of text and label instead, .tsv or .jsonl"),
        option_file("test", &s.source.test, "rows to test with; else a fifth of those of --data"),
        option_string("text-column", &s.source.columns.text, "column or key of the text"),
        option_string("label-column", &s.source.columns.label, "column or key of the label"),
        option_int("tested", &s.source.tested, 1, 1000000, "test texts at most"),
        option_int("lora", &s.lora, 0, 1024, "train matrices of this rank instead of all weights; 0: all"),
        option_int("batch", &t->batch, 1, 1024, "texts a step"),
        option_float("lr", &t->rate, 0, 1, "maximum learning rate"),
        option_dir("save", &s.save, "where the classifier is saved"),
        option_dir("load", &s.load, "use this classifier, train nothing"),
        option_string("say", &s.say, "with --load: classify this text"),
        option_flag("full", &s.full, "up to 10,000 labels"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    if (s.say && !s.load)
        error_exitf("--say: needs --load");
    t->steps = d.steps;
    s.source.seed = d.seed;
    s.source.trained = sizes[(s.full ? SIZES : QUICK_SIZES) - 1];
    Graph *g = nn_graph_new();
    (s.load ? use : train)(g, &s);
    nn_graph_free(g);
    return demo_end(&d);
}
