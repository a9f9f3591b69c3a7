/* pretrain_gpt.c -- training a GPT on a text, sections 5.3 and 5.4.
 *
 * Reads a text, holds its last tenth back, and learns to predict the next token of the
 * rest. What it has learned is saved as a folder that ch05/generate reads; the folder
 * always holds the last whole checkpoint, from which --resume continues exactly.
 *
 * Under mpirun every process takes its share of the batches of a step, and their
 * gradients are added up: N processes do what one does with --accumulate N. */
#include "ch05/pretrain.h"
#include "common/dist/dist.h"
#include "common/model/log.h"
#include "common/model/model.h"
#include "common/plot/plot.h"
#include "common/text/corpus.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct Training {
    const Settings *settings;
    const Data *data;
    Dist *dist;
    ModelGpt *gpt;
    Graph *graph;
    ModelResume state;
    const char *notes;
    ModelLog *log; /* of rank 0 */
    int *x, *y;    /* (B,T) a batch, and the same one token later */
    double busy;   /* seconds spent on steps, and how many these were */
    long timed;
} Training;

/* What came of a step. */
typedef struct Outcome {
    float loss, norm, rate;
    double tokens_per_second;
} Outcome;

static volatile sig_atomic_t stop_signal;

static void ask_to_stop(int signal)
{
    stop_signal = signal;
}

/* Draws a batch from what is for training, or from what is held out. */
static void draw_batch(Training *t, bool held_out, Rng *rng)
{
    const Settings *s = t->settings;
    const Data *d = t->data;
    const int *ids = d->ids + (held_out ? d->train : 0);
    if (s->align)
        text_corpus_batch_of_documents(ids, d->starts[held_out], d->windows[held_out], s->training.batch,
                                       s->context, rng, t->x, t->y);
    else
        text_corpus_batch(ids, held_out ? d->count - d->train : d->train, s->training.batch, s->context,
                          rng, t->x, t->y);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

//> evaluate
/* One batch of an evaluation. */
typedef struct Side {
    Training *training;
    bool held_out;
    Rng rng;
} Side;

static Tensor *loss_of_side(Graph *g, void *context, int i)
{
    Side *side = context;
    Training *t = side->training;
    (void)i;
    draw_batch(t, side->held_out, &side->rng);
    return model_gpt_loss(g, t->gpt, t->x, t->y, t->settings->training.batch, t->settings->context);
}

/* The mean loss over fixed random windows of one side of the data. */
static float evaluate(Training *t, bool held_out)
{
    Side side = {t, held_out, rng_new(7)}; /* the same windows every time: less noise between evaluations */
    return nn_evaluate(t->graph, t->settings->eval_batches, loss_of_side, &side);
}
//< evaluate

static void write_log(Training *t, const ModelLogField *fields, int count)
{
    Error e = {""};
    if (!model_log_write(t->log, t->state.step, fields, count, &e))
        error_exit(&e);
}

static double tokens_of_a_step(const Training *t)
{
    const Settings *s = t->settings;
    return (double)s->training.batch * s->context * s->accumulate * t->dist->size;
}

/* Ends the training with one line, if something in it is not finite. The last checkpoint stays. */
static void stop_if_not_finite(Training *t, long step, const char *what, float value, bool here)
{
    char where[NN_NON_FINITE_TEXT] = "", text[512];
    if (here)
        nn_non_finite_find(t->graph, &t->gpt->params, where);
    snprintf(text, sizeof text, "step %ld: %s is %s: %s; %s holds the checkpoint before it", step, what,
             isnan(value) ? "nan" : "infinite",
             where[0] ? where : "no weight, activation or gradient shows why", t->settings->out);
    int from = dist_first(t->dist, here);
    if (from < 0)
        return;
    dist_share(t->dist, from, text, sizeof text);
    bool first = t->dist->rank == 0;
    dist_free(t->dist);
    if (!first)
        exit(0); /* with another status mpirun would kill the first rank, perhaps before it has spoken */
    error_exitf("%s", text);
}

/* Measures, prints and notes both losses. Returns one that is not finite, if there is, with the tape of a pass
 * to look at; it is not noted. */
static float report(Training *t)
{
    ModelResume *state = &t->state;
    float on_train = evaluate(t, false), on_held_out = evaluate(t, true);
    if (!isfinite(on_train) || !isfinite(on_held_out)) {
        model_gpt_loss(t->graph, t->gpt, t->x, t->y, t->settings->training.batch, t->settings->context);
        return isfinite(on_train) ? on_held_out : on_train;
    }
    printf("step %ld | train %.4f | val %.4f | %.0f tok/s\n", state->step, (double)on_train,
           (double)on_held_out, t->busy > 0 ? tokens_of_a_step(t) * (double)t->timed / t->busy : 0);
    fflush(stdout);
    if (state->best_step < 0 || on_held_out < state->best) {
        state->best = on_held_out;
        state->best_step = state->step;
    }
    write_log(t, (const ModelLogField[]){{"train", (double)on_train}, {"val", (double)on_held_out}}, 2);
    return on_held_out;
}

/* Rank 0 measures for all; all of them must hear if that ends the training. */
static void evaluate_all(Training *t)
{
    float loss = t->dist->rank == 0 ? report(t) : 0;
    stop_if_not_finite(t, t->state.step, "the loss of the evaluation", loss, !isfinite(loss));
}

/* ---- a step ---------------------------------------------------------------------------------- */

//> accumulate
/* The batches of a step, of which each process takes its share. Every one of them draws all, so that
 * their random numbers stay the same. Returns the sum of the losses of the own ones. */
static float accumulate(Training *t, int batches)
{
    const Settings *s = t->settings;
    float total = 0;
    for (int i = 0; i < batches; i++) {
        draw_batch(t, false, &t->state.rng);
        if (i % t->dist->size != t->dist->rank)
            continue;
        uint64_t number = (uint64_t)t->state.step * (uint64_t)batches + (uint64_t)i;
        *nn_graph_rng(t->graph) =
            rng_new(s->training.seed + 3 + (number << 32)); /* dropout: by the batch alone */
        Tensor *loss = model_gpt_loss(t->graph, t->gpt, t->x, t->y, s->training.batch, s->context);
        total += tensor_item(loss);
        nn_backward(t->graph, batches > 1 ? nn_scale(t->graph, loss, 1 / (float)batches) : loss);
        if (!isfinite(total))
            break; /* the tape is left to be looked at */
        nn_graph_reset(t->graph);
    }
    return total;
}
//< accumulate

/* The gradients of all processes are added up, in the order of their ranks. */
static void share_gradients(Training *t)
{
    for (int i = 0; t->dist->size > 1 && i < t->gpt->params.count; i++) {
        Tensor *p = t->gpt->params.items[i].tensor;
        if (p->has_grad)
            dist_sum(t->dist, p->grad, p->size);
    }
}

//> step
/* One step: its batches, their gradients, an update. */
static Outcome train_step(Training *t)
{
    const Settings *s = t->settings;
    Optimizer *o = t->state.optimizer;
    int batches = s->accumulate * t->dist->size;
    double start = clock_seconds();
    float total = accumulate(t, batches);
    stop_if_not_finite(t, t->state.step + 1, "the loss", total, !isfinite(total));
    share_gradients(t);
    dist_sum(t->dist, &total, 1);
    Outcome done = {.loss = total / (float)batches, .rate = nn_training_rate(&s->training, t->state.step)};
    done.norm = nn_clip_gradients(o, s->training.clip);
    stop_if_not_finite(t, t->state.step + 1, "the gradient norm", done.norm,
                       !isfinite(done.norm) && t->dist->rank == 0);
    nn_optimizer_step(o, done.rate);
    double seconds = clock_seconds() - start;
    done.tokens_per_second = tokens_of_a_step(t) / seconds;
    t->busy += seconds;
    t->timed++;
    t->state.step++;
    return done;
}
//< step

//> train
/* All steps from where the state is to the last one; false if a signal stopped it before. */
static bool train(Training *t)
{
    const Settings *s = t->settings;
    ModelResume *state = &t->state;
    bool first = t->dist->rank == 0, stopped = false;
    bool fresh =
        state->best_step < 0; /* a state that was read has been evaluated and saved, but the first */
    Progress bar = progress_resume("training", state->step, s->training.steps);
    for (;; fresh = true) {
        bool last = state->step >= s->training.steps, evaluated = state->step % s->eval_every == 0 || last;
        bool due = s->save_every > 0 ? state->step % s->save_every == 0 : evaluated;
        stopped = dist_first(t->dist, stop_signal != 0) >= 0 && !last;
        if (fresh && evaluated) {
            progress_end(&bar);
            evaluate_all(t);
        }
        if (first && fresh && state->step > 0 && (due || last || stopped))
            folder_save(s, t->gpt, state, t->notes);
        if (last || stopped)
            break;
        Outcome done = train_step(t);
        if (!first)
            continue;
        write_log(t,
                  (const ModelLogField[]){{"loss", (double)done.loss},
                                          {"rate", (double)done.rate},
                                          {"norm", (double)done.norm},
                                          {"tokens_per_second", done.tokens_per_second}},
                  4);
        progress_update(&bar, state->step, "loss %.3f  gradient %.2f  %.0f tok/s", (double)done.loss,
                        (double)done.norm, done.tokens_per_second);
    }
    progress_end(&bar);
    return !stopped;
}
//< train

/* ---- pictures and samples -------------------------------------------------------------------- */

/* Draws the log: losses, and below them the gradient norm; without gnuplot the model is still good. */
static void draw_log(const Settings *s)
{
    enum { POINTS = 200 };
    char log[4096], picture[4096];
    float x[POINTS], y[POINTS];
    folder_path(s, "log.jsonl", log);
    Plot *p = plot_new(folder_path(s, "loss.svg", picture), s->language,
                       plot_text("Pretraining: loss and gradient", "预训练：损失与梯度"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    int count = model_log_curve(log, "loss", POINTS, x, y);
    plot_line(p, plot_text("training, each step", "训练，每一步"), x, y, count);
    count = model_log_curve(log, "val", POINTS, x, y);
    plot_line(p, plot_text("held out", "留出"), x, y, count);
    count = model_log_curve(log, "norm", POINTS, x, y);
    plot_panel(p, plot_same(NULL));
    plot_axes(p, plot_text("step", "步"), plot_text("gradient norm", "梯度范数"));
    plot_line(p, plot_same(NULL), x, y, count);
    plot_finish(p, "picture");
}

/* Behind a text that has ended comes an empty line, and the next text. end: the token that ends one, or -1. */
static bool show(void *end, int id, const char *text)
{
    fputs(text, stdout);
    if (id >= 0 && id == *(int *)end)
        fputs("\n\n", stdout);
    return true;
}

/* Continues what a text begins with. */
static void print_sample(const ModelGpt *m, const Data *d, int count, uint64_t seed)
{
    Error e = {""};
    int end = d->end;
    LmOptions how = lm_options();
    how.sampling.temperature = 0.8f;
    how.max = count;
    how.ignore_ends = true;
    how.seed = seed + 2;
    how.show = show;
    how.user = &end;
    ModelRun *running = model_run_of_gpt(m, QUANT_NONE);
    Lm *lm = lm_of(running, d->tokenizer, "the sample");
    TokenList ids = {0};
    lm_start(lm, &ids);
    if (!lm_continue_ids(lm, &ids, &how, &e))
        error_exit(&e);
    putchar('\n');
    tokenizer_tokens_free(&ids);
    lm_close(lm);
    model_run_free(running);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void describe(const Settings *s, const Data *d, const ModelGpt *m, const Dist *dist)
{
    printf("%s: %zu characters, ", s->corpus, d->characters);
    if (d->documents > 0)
        printf("%zu documents, ", d->documents);
    if (d->characters == d->count)
        printf("%d of them different", m->config.vocab);
    else
        printf("%zu tokens of %d kinds", d->count, m->config.vocab);
    printf("; %zu parameters", nn_param_total(&m->params));
    if (dist->size > 1)
        printf("; %d processes", dist->size);
    putchar('\n');
}

/* A new model in the folder, or the old one and its state. An unwritable folder shows before the work. */
static void begin(Training *t)
{
    const Settings *s = t->settings;
    Error e = {""};
    char path[4096];
    if (s->resume) {
        folder_resume(s, &t->state, t->notes);
        printf("resumed at step %ld\n", t->state.step);
    }
    if (t->dist->rank != 0)
        return;
    if (!s->resume)
        folder_begin(s, t->gpt, t->data, &t->state, t->notes);
    bool evaluated = t->state.best_step >= 0; /* not the first state: it comes before all lines */
    t->log = model_log_open(folder_path(s, "log.jsonl", path), evaluated ? t->state.step : -1, &e);
    if (!t->log)
        error_exit(&e);
}

/* Says whether the losses of all steps are those of several seeds; on another text they are not meant to be. */
static void compare_with_band(const Settings *s)
{
    char log[4096];
    int room = s->training.steps;
    float *step = memory_new(sizeof *step * (size_t)room), *loss = memory_new(sizeof *loss * (size_t)room);
    int count = model_log_curve(folder_path(s, "log.jsonl", log), "loss", room, step, loss);
    if (strcmp(s->corpus, SETTINGS_CORPUS) == 0 || s->band.draw || s->band.curve)
        loss_band_report(&s->band,
                         s->quick ? "ch05/expected/pretrain_gpt.quick.band.tsv"
                                  : "ch05/expected/pretrain_gpt.band.tsv",
                         loss, count);
    free(step);
    free(loss);
}

static void finish(Training *t)
{
    const Settings *s = t->settings;
    model_log_close(t->log);
    draw_log(s);
    compare_with_band(s);
    if (t->state.best_step >= 0 && t->state.best_step < t->state.step)
        printf("lowest val %.4f at step %ld\n", (double)t->state.best, t->state.best_step);
    if (s->sample > 0) {
        puts("--- sample after ---");
        print_sample(t->gpt, t->data, s->sample, s->training.seed);
    }
    printf("saved: %s\n", s->out);
}

int main(int argc, char **argv)
{
    Dist *dist = dist_new();
    if (dist->rank > 0 && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
        return 2; /* rank 0 speaks for all */
    Settings s = settings_parse(argc, argv);
    Data d = data_load(&s);
    Rng rng = rng_new(s.training.seed);
    const ModelGptConfig c = {
        tokenizer_count(d.tokenizer), s.context, s.layers, s.heads, s.channels, s.dropout};
    size_t window = (size_t)s.training.batch * (size_t)s.context;
    char *notes = folder_notes(&s, &d, dist->size);
    ModelGpt *m = model_gpt_new(&c, &rng);
    m->end = d.end;
    Training t = {.settings = &s,
                  .data = &d,
                  .dist = dist,
                  .gpt = m,
                  .graph = nn_graph_new(),
                  .notes = notes,
                  .x = memory_new(window * sizeof(int)),
                  .y = memory_new(window * sizeof(int))};
    t.state = (ModelResume){.params = &m->params,
                            .optimizer = nn_training_optimizer(&s.training, &m->params),
                            .rng = rng_new(s.training.seed + 1),
                            .best_step = -1};
    begin(&t);
    describe(&s, &d, m, dist);
    if (s.sample > 0 && !s.resume) {
        puts("--- sample before ---");
        print_sample(m, &d, s.sample < 80 ? s.sample : 80, s.training.seed);
    }
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
    bool whole = train(&t);
    if (whole && dist->rank == 0)
        finish(&t);
    if (!whole)
        printf("stopped at step %ld; --resume continues from there\n", t.state.step);
    nn_optimizer_free(t.state.optimizer);
    nn_graph_free(t.graph);
    model_gpt_free(m);
    data_free(&d);
    free(notes);
    free(t.x);
    free(t.y);
    dist_free(dist);
    int status = error_finish();
    return whole ? status : 128 + (stop_signal ? stop_signal : SIGTERM);
}
