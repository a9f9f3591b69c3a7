/* prefix_tuning_demo.c -- prefix tuning (Li and Liang, 2021), section 6.3.4.
 *
 * Each block of a frozen model gets some keys and values in front of those of the text. The demo first shows what they
 * are: with those that the model makes of a text, it goes on as if it had read this text. Then it trains them: as they
 * are, and made by a small network; few and many; from little data, beside full fine-tuning. */
#include "ch06/answers.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 8, MAX_RUNS = 24, BATCH = 8, HIDDEN = 256, TRAIN = 200 };

/* ---- a prefix that is a text --------------------------------------------------------------------- */

//> reading
/* The largest difference of logits after a text that was read with another one before it, and after a prefix of the
 * other's keys and values. ids (n), of which the first `count` become the prefix. */
static double reading_difference(Graph *g, ModelDecoder *m, const int *ids, int n, int count)
{
    Rng rng = rng_new(1);
    const Tensor *whole = model_decoder_logits(g, m, ids, 1, n); /* (1,n,V) */
    SoftPrefix *p = soft_prefix_new(m->blocks, m->config.layers, &(SoftPrefixForm){count, 0}, &rng);
    soft_prefix_begin_as(p, g, m, ids);
    soft_prefix_make(g, p);
    const Tensor *rest = model_decoder_logits(g, m, ids + count, 1, n - count); /* (1,n-count,V) */
    const float *same = whole->data + (size_t)count * (size_t)m->config.vocab;
    double difference = 0;
    for (size_t i = 0; i < rest->size; i++)
        difference = fmax(difference, fabs((double)(rest->data[i] - same[i])));
    soft_prefix_free(p);
    nn_graph_reset(g);
    return difference;
}
//< reading

/* The same between the form that is trained and a session, whose cache begins with the prefix. */
static double session_difference(Graph *g, ModelDecoder *m, const int *ids, int n)
{
    Rng rng = rng_new(1);
    SoftPrefix *p = soft_prefix_new(m->blocks, m->config.layers, &(SoftPrefixForm){4, 16}, &rng);
    soft_prefix_make(g, p);
    const Tensor *trained = model_decoder_logits(g, m, ids, 1, n); /* (1,n,V) */
    ModelRun *run = model_run_of_decoder(m, QUANT_NONE);
    ModelSession *s = model_session_new(run, 1, n + 4);
    float *logits = memory_new(trained->size * sizeof *logits);
    soft_prefix_into(p, s, 0);
    model_session_score(s, 0, ids, n, logits);
    double difference = (double)tensor_distance(logits, trained->data, trained->size);
    free(logits);
    model_session_free(s);
    model_run_free(run);
    soft_prefix_free(p);
    nn_graph_reset(g);
    return difference;
}

static void show_reading(Demo *d, const AnswerBench *b)
{
    static const char text[] = "Tim and Anna went to the river. Tim saw a red boat.";
    TokenList ids = {0};
    Error e = {""};
    Graph *g = nn_graph_new(); /* in float32 */
    if (!tokenizer_encode(b->tokenizer, text, strlen(text), false, &ids, &e))
        error_exit(&e);
    nn_graph_record(g, false);
    double difference = reading_difference(g, b->model, ids.ids, (int)ids.count, (int)ids.count / 2);
    printf("A text of %zu tokens: the first %d are read, or their keys and values are a prefix\n",
           ids.count, (int)ids.count / 2);
    if (b->model->positions.kind == NN_ROTARY)
        demo_claim(d, difference < 1e-3, "the logits of the rest agree");
    else /* a table of positions has none before the first */
        printf("  this model's positions are a table: the rest has those of a text that begins\n");
    demo_claim(d, session_difference(g, b->model, ids.ids, (int)ids.count) < 1e-3,
               "a session that begins with a prefix gives the logits of training");
    nn_graph_free(g);
    tokenizer_tokens_free(&ids);
}

/* ---- runs ---------------------------------------------------------------------------------------- */

typedef enum Method { DIRECT, NETWORK, FINE_TUNING } Method;
static const char *const method_names[] = {"direct", "by a network", "full fine-tuning"};

/* One way to train, and what came of it with each seed. */
typedef struct Run {
    Method method;
    int count, examples, steps; /* virtual tokens; reviews to learn from */
    float rate;
    size_t trained, kept; /* numbers */
    double accuracy[MAX_SEEDS], loss[MAX_SEEDS];
} Run;

static SoftPrefix *prefix_of(ModelDecoder *m, const Run *r, Rng *rng)
{
    const SoftPrefixForm form = {r->count, r->method == NETWORK ? HIDDEN : 0};
    return r->method == FINE_TUNING ? NULL : soft_prefix_new(m->blocks, m->config.layers, &form, rng);
}

/* What the model was is copied before it is fine-tuned, and put back. */
static float *weights_of(const Params *p, float *saved, bool back)
{
    float *at = saved ? saved : memory_new(nn_param_total(p) * sizeof *at), *begin = at;
    for (int i = 0; i < p->count; at += p->items[i++].tensor->size) {
        size_t bytes = p->items[i].tensor->size * sizeof *at;
        memcpy(back ? p->items[i].tensor->data : at, back ? at : p->items[i].tensor->data, bytes);
    }
    return begin;
}

static void train(AnswerBench *b, Run *r, const Demo *d, int seed)
{
    Rng rng = rng_new(d->seed + 100 * (uint64_t)seed);
    const AnswerTemplate plain = {.front = 0};
    AnswerSet texts = answer_bench_set(b, &plain, WORLD_TRAIN),
              test = answer_bench_set(b, &plain, WORLD_TEST);
    texts.count = r->examples;
    Params *all = &b->model->params;
    SoftPrefix *prefix = prefix_of(b->model, r, &rng);
    const Steered m = {.model = b->model, .prefix = prefix};
    const AnswerTraining how = {.steps = r->steps, .batch = BATCH, .warmup = r->steps / 4, .rate = r->rate};
    float *before = prefix ? NULL : weights_of(all, NULL, false);
    const Params *trained = prefix ? soft_prefix_params(prefix) : all;
    nn_params_freeze(all, prefix != NULL);
    answers_train(b->graph, &m, trained, &texts, &how, &rng, NULL);
    AnswerScore s = answers_score(b->graph, &m, &test);
    r->trained = nn_param_total(trained);
    r->kept = prefix ? soft_prefix_kept(prefix) : r->trained;
    r->accuracy[seed] = 100.0 * s.right / s.count;
    r->loss[seed] = s.loss;
    if (before)
        weights_of(all, before, true);
    free(before);
    soft_prefix_free(prefix);
    answers_free(&texts);
    answers_free(&test);
}

static void run_all(AnswerBench *b, const Demo *d, Run *runs, int count)
{
    static const TabularColumn columns[] = {{"tokens", 0}, {"reviews", 0},     {"steps", 0},
                                            {"rate", 4},   {"trained", 0},     {"kept", 0},
                                            {"loss", 2},   {"accuracy (%)", 0}};
    Tabular *t = tabular_with("prefix", columns, 8);
    Progress bar = progress_begin("training", count * d->seeds);
    for (int i = 0; i < count; i++) {
        Run *r = &runs[i];
        for (int k = 0; k < d->seeds; k++) {
            train(b, r, d, k);
            progress_update(&bar, i * d->seeds + k + 1, "%s", method_names[r->method]);
        }
        tabular_text(t, method_names[r->method]);
        tabular_number(t, r->method == FINE_TUNING ? (double)NAN : r->count);
        tabular_number(t, r->examples);
        tabular_number(t, r->steps);
        tabular_number(t, (double)r->rate);
        tabular_number(t, (double)r->trained);
        tabular_number(t, (double)r->kept);
        tabular_seeds(t, r->loss, d->seeds);
        tabular_seeds(t, r->accuracy, d->seeds);
    }
    progress_end(&bar);
    printf("\nSteps of %d reviews; loss (nats) and accuracy on %d held-out reviews: "
           "mean and standard deviation\n",
           BATCH, b->test.count);
    tabular_print(t);
}

/* ---- the demo ------------------------------------------------------------------------------------ */

/* Direct prefixes at several learning rates; those by a network that differ in length; then more steps, and less data.
 */
typedef struct Study {
    Run runs[MAX_RUNS];
    int count, first_length, lengths, usual;
} Study;

static void add(Study *s, Run run)
{
    s->runs[s->count++] = run;
}

static Study study_new(bool full, int steps)
{
    static const float direct[] = {0.1f, 0.3f, 0.03f, 1}, network[] = {0.003f, 0.001f, 0.01f};
    Study s = {0};
    for (int i = 0; i < (full ? 4 : 2); i++)
        add(&s, (Run){.method = DIRECT, .count = 8, .rate = direct[i]});
    s.first_length = s.count;
    for (int length = full ? 1 : 2; length <= 32; length *= full ? 2 : 4) {
        s.usual = length == 8 ? s.count : s.usual;
        add(&s, (Run){.method = NETWORK, .count = length, .rate = network[0]});
    }
    s.lengths = s.count - s.first_length;
    for (int i = 1; full && i < 3; i++)
        add(&s, (Run){.method = NETWORK, .count = 8, .rate = network[i]});
    add(&s, (Run){.method = NETWORK, .count = 8, .rate = network[0], .steps = 3 * steps});
    for (int examples = 16; full && examples <= 128; examples *= 2) {
        add(&s, (Run){NETWORK, .count = 8, .examples = examples, .rate = network[0], .steps = 3 * steps});
        add(&s, (Run){FINE_TUNING, .examples = examples, .rate = 5e-4f, .steps = 3 * steps});
    }
    for (int i = 0; i < s.count; i++) {
        s.runs[i].examples = s.runs[i].examples ? s.runs[i].examples : TRAIN;
        s.runs[i].steps = s.runs[i].steps ? s.runs[i].steps : steps;
    }
    return s;
}

static void draw(const Demo *d, const Study *s)
{
    float counts[MAX_RUNS], values[MAX_RUNS * MAX_SEEDS];
    for (int i = 0; i < s->lengths; i++) {
        const Run *r = &s->runs[s->first_length + i];
        counts[i] = (float)r->count;
        for (int k = 0; k < d->seeds; k++)
            values[k * s->lengths + i] = (float)r->loss[k];
    }
    Plot *p = demo_plot(d, plot_text("Loss by the length of a prefix", "损失与前缀长度"),
                        plot_text("virtual tokens", "虚拟词元"),
                        plot_text("loss on held-out reviews (nats)", "留出评论上的损失（nat）"));
    plot_log_axes(p, true, false);
    plot_seeds(p, plot_text("prefix, made by a network", "由小网络产生的前缀"), counts, values, d->seeds,
               s->lengths);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/prefix_tuning_demo",
              .about = "Prefix tuning: trained keys and values in front of a text, section 6.3.4.",
              .draws = true,
              .steps = 40,
              .min_steps = 8,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    const char *folder = "ch05/models/book_gpt";
    bool full = false;
    const Option options[] = {option_dir("model", &folder, "decoder to steer"),
                              option_flag("full", &full, "all learning rates, lengths and amounts of data"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    AnswerBench b = answer_bench_new(folder, WORLD_REVIEW, TRAIN, full ? 400 : 100);
    Study s = study_new(full, d.steps);
    show_reading(&d, &b);
    run_all(&b, &d, s.runs, s.count);
    double best = INFINITY;
    for (int i = 0; i < s.first_length; i++)
        best = fmin(best, stats_mean(s.runs[i].loss, d.seeds));
    demo_claim(&d, stats_mean(s.runs[s.usual].loss, d.seeds) < best,
               "8 virtual tokens by a network have a lower loss than direct ones at any of the rates");
    draw(&d, &s);
    answer_bench_free(&b);
    return demo_end(&d);
}
