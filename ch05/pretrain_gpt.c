/* pretrain_gpt.c -- training a GPT on a text, sections 5.3 and 5.4.
 *
 * Reads a text, holds its last tenth back, and learns to predict the next token of the
 * rest. What it has learned is saved as a folder that ch05/generate reads; the folder
 * always holds the last whole checkpoint, from which --resume continues exactly.
 *
 * With --ranks N, or under mpirun, every process takes its share of the rows of each step, and their gradients
 * are added up: any number of ranks, on one host or several, does what one process does (section 4.4.1). */
#include "ch05/pretrain.h"
#include "ch05/ranks.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct Training {
    const Settings *settings;
    const Data *data;
    Ranks ranks;
    ModelDecoder *model;
    Run run;
    Batch batch;
} Training;

/* Ends the training with one line, if something in it is not finite. The last checkpoint stays. */
static void stop_if_not_finite(Training *t, long step, const char *what, float value, bool here)
{
    char text[512] = "";
    if (here)
        run_non_finite(&t->run, step, what, value, text);
    Dist *d = t->ranks.dist;
    int from = dist_first(d, here);
    if (from < 0)
        return;
    dist_broadcast(d, from, text, sizeof text);
    bool first = d->rank == 0;
    dist_free(d);
    if (!first)
        exit(0); /* with another status mpirun would kill the first rank, perhaps before it has spoken */
    error_exitf("%s", text);
}

/* ---- evaluation ---------------------------------------------------------------------------------- */

//> evaluate
typedef struct Side {
    Training *training;
    bool held_out;
    Rng rng;
} Side;

/* One batch of an evaluation. */
static Tensor *loss_of_side(Graph *g, void *context, int i)
{
    Side *side = context;
    (void)i;
    Training *t = side->training;
    batch_draw(&t->batch, t->data, side->held_out, &side->rng);
    return batch_loss(g, &t->batch, t->model, 0);
}

/* The mean loss over fixed random windows of one side of the data. */
static float evaluate(Training *t, bool held_out)
{
    Side side = {t, held_out, rng_new(7)}; /* the same windows every time: less noise between evaluations */
    return (float)nn_evaluate(t->run.graph, t->settings->eval_batches, loss_of_side, &side);
}
//< evaluate

/* Measures, prints and notes both losses. Returns one that is not finite, if there is, with the tape of
 * a pass to look at; it is not noted. */
static float report(Training *t)
{
    Run *r = &t->run;
    float on_train = evaluate(t, false), on_held_out = evaluate(t, true);
    if (!isfinite(on_train) || !isfinite(on_held_out)) {
        batch_loss(r->graph, &t->batch, t->model, 0);
        return isfinite(on_train) ? on_held_out : on_train;
    }
    progress_end(&r->bar);
    printf("step %ld | train %.4f | val %.4f | %.0f tok/s\n", r->state.step, (double)on_train,
           (double)on_held_out, run_speed(r));
    fflush(stdout);
    run_note_evaluation(r, on_train, on_held_out, -1);
    return on_held_out;
}

/* Rank 0 measures for all; all of them must hear if that ends the training. */
static void evaluate_all(Training *t)
{
    ranks_hold(&t->ranks, &t->run.state, false);
    float loss = t->run.writes ? report(t) : 0;
    ranks_release(&t->ranks, &t->run.state);
    stop_if_not_finite(t, t->run.state.step, "the loss of the evaluation", loss, !isfinite(loss));
}

/* ---- a step -------------------------------------------------------------------------------------- */

//> accumulate
/* One pass of some rows, and what they add to the gradient; returns their share of the loss of a batch. */
static float add_rows(Training *t, size_t first, size_t rows, bool last)
{
    Graph *g = t->run.graph;
    const Settings *s = t->settings;
    int batch = s->run.training.batch, ranks = t->ranks.dist->size;
    uint64_t step = (uint64_t)t->run.state.step,
             number = step * (uint64_t)s->accumulate + first / (size_t)batch;
    *nn_graph_rng(g) = /* dropout: by the rows alone */
        rng_new(s->run.training.seed + 3 + (number << 32) + (first % (size_t)batch << 16));
    Batch part = batch_rows(&t->batch, (int)first, rows > 0 ? (int)rows : 1);
    Tensor *loss = batch_loss(g, &part, t->model, s->z_loss);
    float share = (float)rows / (float)batch, weight = share * (float)ranks / (float)s->accumulate;
    float value = rows > 0 ? share * tensor_item(loss) : 0;
    stop_if_not_finite(t, t->run.state.step + 1, "the loss", value, !isfinite(value));
    ranks_backward(&t->ranks, g, weight < 1 || weight > 1 ? nn_scale(g, loss, weight) : loss, last);
    return value;
}

/* The rows of a step, of which each rank takes its share, in passes of a batch at most and equally many on all ranks.
 * Every rank draws all rows, so that their random numbers stay the same. Returns the sum of the own losses. */
static float accumulate(Training *t)
{
    const Settings *s = t->settings;
    Dist *d = t->ranks.dist;
    size_t batch = (size_t)s->run.training.batch, rows = (size_t)t->batch.rows;
    for (int i = 0; i < s->accumulate; i++) {
        Batch part = batch_rows(&t->batch, i * (int)batch, (int)batch);
        batch_draw(&part, t->data, false, &t->run.state.rng);
    }
    DistShare own = dist_share(d, rows, d->rank);
    size_t passes = (dist_share(d, rows, 0).count + batch - 1) / batch;
    float total = 0;
    for (size_t k = 0; k < passes; k++) {
        size_t begin = own.count * k / passes, end = own.count * (k + 1) / passes;
        total += add_rows(t, own.first + begin, end - begin, k + 1 == passes);
        nn_graph_reset(t->run.graph);
    }
    return total;
}
//< accumulate

//> step
/* One step: its batches, their gradients, an update. */
static void train_step(Training *t)
{
    const Settings *s = t->settings;
    ModelResume *state = &t->run.state;
    double start = clock_seconds(), tokens = (double)s->run.training.batch * s->context * s->accumulate;
    float total = accumulate(t), rate = nn_training_rate(&s->run.training, state->step);
    dist_all_reduce(t->ranks.dist, &total, 1);
    float norm = ranks_clip(&t->ranks, state, rate, s->run.training.clip);
    stop_if_not_finite(t, state->step + 1, "the gradient norm", norm, !isfinite(norm));
    ranks_update(&t->ranks, state, rate);
    run_count_step(&t->run, total / (float)s->accumulate, norm, tokens, clock_seconds() - start);
}
//< step

/* Whether one of the processes was asked to stop. */
static bool is_asked_to_stop(Training *t)
{
    return dist_first(t->ranks.dist, run_signal() != 0) >= 0;
}

static void save(Training *t)
{
    ranks_hold(&t->ranks, &t->run.state, true);
    run_save(&t->run);
    ranks_release(&t->ranks, &t->run.state);
}

//> train
/* All steps from where the state is to the last one; false if a signal stopped it before. */
static bool train(Training *t)
{
    Run *r = &t->run;
    bool stopped = false;
    if (r->state.best_step < 0) /* a new run; one that was read has been evaluated */
        evaluate_all(t);
    while (!run_ended(r) && !stopped) {
        train_step(t);
        if (run_due(r, r->settings->eval_every))
            evaluate_all(t);
        stopped = !run_ended(r) && is_asked_to_stop(t);
        if (run_save_due(r) || stopped)
            save(t);
    }
    progress_end(&r->bar);
    return !stopped;
}
//< train

/* ---- the whole ----------------------------------------------------------------------------------- */

static void describe(const Settings *s, const Data *d, const ModelDecoder *m, Ranks *ranks)
{
    printf("%s: ", s->corpus);
    if (d->characters > 0)
        printf("%zu characters, ", d->characters);
    if (d->documents > 0)
        printf("%zu documents, ", d->documents);
    if (d->characters == d->count)
        printf("%d of them different", m->config.vocab);
    else
        printf("%zu tokens of %d kinds", d->count, m->config.vocab);
    printf("; %zu parameters", nn_param_total(&m->params));
    ranks_print(ranks);
    putchar('\n');
}

static bool save_model(const void *model, bool half, const char *folder, Error *e)
{
    return (half ? model_decoder_save_half : model_decoder_save)(model, folder, e);
}

/* On another text the losses are not meant to lie inside the band. */
static void finish(Training *t)
{
    const Settings *s = t->settings;
    run_finish(&t->run, "Pretraining: loss and gradient", "预训练：损失与梯度",
               s->run.quick ? "ch05/expected/pretrain_gpt.quick.band.tsv"
                            : "ch05/expected/pretrain_gpt.band.tsv",
               strcmp(s->corpus, SETTINGS_CORPUS) == 0);
    if (s->sample > 0)
        print_sample(s, t->data, t->model, "--- sample after ---", s->sample);
    printf("saved: %s\n", s->run.out);
}

int main(int argc, char **argv)
{
    Settings s = settings_parse(argc, argv);
    Ranks ranks = ranks_start(argc, argv, s.ranks, &s.run.training);
    Dist *dist = ranks.dist;
    ranks_after_first_begin(&ranks);
    if (s.accumulate * s.run.training.batch < dist->size)
        error_exitf("--batch %d, --accumulate %d: a step of so few texts cannot be shared by %d ranks",
                    s.run.training.batch, s.accumulate, dist->size);
    Data d = data_load(&s);
    ranks_after_first_end(&ranks);
    dist_barrier(dist); /* nothing is written before all have read */
    const NnTraining *how = &s.run.training;
    Rng rng = rng_new(how->seed);
    const ModelConfig c = settings_model(&s, tokenizer_count(d.tokenizer), d.end);
    char *notes = data_notes(&s, &d);
    ModelDecoder *m = model_decoder_new(&c, s.dropout, &rng);
    Training t = {.settings = &s, .data = &d, .ranks = ranks, .model = m, .batch = batch_new(&s)};
    t.run = (Run){.settings = &s.run,
                  .writes = dist->rank == 0,
                  .tokenizer = d.tokenizer,
                  .model = m,
                  .save = save_model,
                  .notes = notes,
                  .graph = nn_graph_new(),
                  .state = {.params = &m->params,
                            .optimizer = nn_training_optimizer(how, &m->params),
                            .rng = rng_new(how->seed + 1),
                            .best_step = -1}};
    ranks_after_first_begin(&ranks);
    run_begin(&t.run);
    ranks_after_first_end(&ranks);
    describe(&s, &d, m, &ranks);
    if (s.sample > 0 && !s.run.resume && t.run.writes)
        print_sample(&s, &d, m, "--- sample before ---", s.sample < 80 ? s.sample : 80);
    run_catch_signals();
    ranks_share(&t.ranks, s.zero, t.run.graph, &t.run.state);
    bool whole = train(&t);
    ranks_end(&t.ranks, &t.run.state);
    if (whole && t.run.writes)
        finish(&t);
    if (!whole)
        printf("stopped at step %ld; --resume continues from there\n", t.run.state.step);
    nn_graph_free(t.run.graph);
    model_decoder_free(m);
    data_free(&d);
    free(notes);
    batch_free(&t.batch);
    dist_free(dist);
    int status = error_finish();
    return whole ? status : 128 + (run_signal() ? run_signal() : SIGTERM);
}
