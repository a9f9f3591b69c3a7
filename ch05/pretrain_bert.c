/* pretrain_bert.c -- training a BERT to fill gaps, sections 5.2.1 and 5.3.
 *
 * Hides 15% of the tokens of each text and learns to say what they were, from what stands before and
 * after them. Loss and accuracy are taken on texts that it never learns from, beside what mere counting
 * reaches there. The model is saved as a folder of Hugging Face's bert family, which fill_mask reads;
 * --resume continues from its last checkpoint exactly. */
#include "ch05/bert_data.h"
#include "ch05/run.h"
#include "common/model/bert.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    RunSettings run;
    BertSource source;
    int layers, heads, channels;
    float dropout;
} Settings;

static ModelBertConfig config_of(const Settings *s, int vocab)
{
    return (ModelBertConfig){.vocab = vocab,
                             .context = s->source.context,
                             .layers = s->layers,
                             .heads = s->heads,
                             .channels = s->channels,
                             .hidden = 4 * s->channels,
                             .types = 2,
                             .eps = 1e-12f,
                             .dropout = s->dropout};
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.source = {.vocab = 2000, .texts = 20000, .context = 64, .masked = 0.15f},
                  .layers = 2,
                  .heads = 4,
                  .channels = 128,
                  .run = {.out = "ch05/out/bert", .eval_every = 500, .training = nn_training_new()}};
    NnTraining *t = &s.run.training;
    t->steps = 4000, t->warmup = 200, t->schedule = NN_LINEAR, t->rate = 2e-3f, t->min_rate = 0;
    t->weight_decay = 0.01f, t->beta2 = 0.98f;
    RunOptions run;
    run_options(&run, &s.run, "a smaller model, 2000 steps");
    const Option options[] = {
        option_file("corpus", &s.source.corpus,
                    "a UTF-8 text, one text a line; without it, the little world"),
        option_file("tokenizer", &s.source.tokenizer,
                    "a tokenizer.json with [CLS] [SEP] [MASK]; without it, one is trained"),
        option_int("vocab", &s.source.vocab, 10, TOKENIZER_VOCAB_MAX,
                   "most tokens of the tokenizer that is trained"),
        option_list("kind", &s.source.kinds,
                    "of the little world's texts, as build/tools/world names them, or all; "
                    "several times; without it, translation"),
        option_int("texts", &s.source.texts, 100, 10000000,
                   "training texts that are drawn from the little world"),
        option_float("masked", &s.source.masked, 0.01, 0.9, "share of the tokens that must be guessed"),
        option_int("layers", &s.layers, 1, 200, "blocks"),
        option_int("heads", &s.heads, 1, 256, "attention heads of a block"),
        option_int("channels", &s.channels, 1, 16384, "channels"),
        option_int("context", &s.source.context, 3, 65536, "most tokens of a text; longer ones are cut"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_group(run.items),
        OPTION_END};
    options_parse(argc, argv, "Trains a BERT to fill gaps, sections 5.2.1 and 5.3.", options);
    if (s.run.quick)
        s.source.texts = 6000, s.channels = 64, t->steps = 2000, t->rate = 4e-3f, s.run.eval_every = 500;
    run_check(&s.run);
    ModelBertConfig c = config_of(&s, 1);
    if (model_bert_config_fault(&c))
        error_exitf("--heads %d, --channels %d: %s", s.heads, s.channels, model_bert_config_fault(&c));
    return s;
}

/* ---- what a resumed run must share --------------------------------------------------------------- */

/* What a resumed run must share with the one before, and what it should. */
static char *notes_of(const Settings *s, const BertData *d)
{
    char fixed[256], more[128];
    size_t tokens = d->train.start[d->train.count];
    snprintf(fixed, sizeof fixed,
             "--layers %d\n--heads %d\n--channels %d\n--context %d\n%d kinds of tokens\n"
             "%zu tokens of text (%016" PRIx64 ")\n",
             s->layers, s->heads, s->channels, s->source.context, tokenizer_count(d->tokenizer), tokens,
             run_hash(d->train.ids, tokens));
    snprintf(more, sizeof more, "--masked %g\n--dropout %g\n", (double)s->source.masked,
             (double)s->dropout);
    return run_notes(&s->run, fixed, more);
}

/* ---- what counting reaches ----------------------------------------------------------------------- */

/* Prints what counting reaches; returns the best that looks to the left only. */
static double print_guesses(const GapTest *t, const BertData *d)
{
    static const char *const names[EVAL_NGRAM_KINDS] = {"the most frequent token",
                                                        "what follows the two tokens before",
                                                        "what stands between the neighbours"};
    double right[EVAL_NGRAM_KINDS];
    EvalNgram *guesses = eval_ngram_new(d->train.ids, d->train.start[d->train.count], d->masking.first);
    printf("%d hidden tokens of held-out texts; counting in the training texts gets right\n", t->chosen);
    for (int kind = 0; kind < EVAL_NGRAM_KINDS; kind++) {
        right[kind] = gap_test_count(t, guesses, (EvalNgramKind)kind);
        printf("  %5.1f%%  %s\n", 100 * right[kind], names[kind]);
    }
    eval_ngram_free(guesses);
    return right[EVAL_NGRAM_LEFT];
}

/* ---- evaluation ---------------------------------------------------------------------------------- */

typedef struct Score {
    double loss, accuracy;
} Score;

/* Mean loss and accuracy at the hidden positions of one batch, times their number. */
static Score evaluate_batch(Graph *g, const ModelBert *m, const GapBatch *b)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)b->chosen), count = 0, right = 0;
    int *labels = arena_alloc(nn_arena(g), sizeof *labels * (size_t)b->chosen);
    for (int i = 0; i < b->text.rows * b->text.time; i++) {
        if (b->text.labels[i] == MASK_IGNORE)
            continue;
        positions[count] = i;
        labels[count++] = b->text.labels[i];
    }
    ModelBertBatch input = gap_batch_input(b);
    Tensor *rows = nn_select_rows(g, model_bert_hidden(g, m, &input), positions, count);
    Tensor *logits = model_bert_logits(g, m, rows); /* (count,V) */
    for (int i = 0; i < count; i++)
        right +=
            nn_argmax(logits->data + (size_t)i * (size_t)m->config.vocab, m->config.vocab) == labels[i];
    return (Score){count * (double)tensor_item(nn_cross_entropy(g, logits, labels, MASK_IGNORE)), right};
}

static Score evaluate(Graph *g, const ModelBert *m, const GapTest *t)
{
    Score sum = {0, 0};
    nn_graph_record(g, false);
    for (int i = 0; i < t->count; i++) {
        if (t->items[i].chosen == 0)
            continue;
        Score s = evaluate_batch(g, m, &t->items[i]);
        sum.loss += s.loss / t->chosen;
        sum.accuracy += s.accuracy / t->chosen;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum;
}

/* ---- training ------------------------------------------------------------------------------------ */

typedef struct Training {
    const Settings *settings;
    ModelBert *bert;
    Run run;
    GapPool pool;
    GapBatch batch;
    GapTest on_train, on_held_out;
    double accuracy; /* of the last evaluation, on held-out texts */
} Training;

/* Ends the training with one line, if a number is not finite. The last checkpoint stays. */
static void stop_if_not_finite(const Run *r, long step, const char *what, float value)
{
    char text[512];
    if (!isfinite(value))
        error_exitf("%s", run_non_finite(r, step, what, value, text));
}

static void report(Training *t)
{
    Run *r = &t->run;
    Score train = evaluate(r->graph, t->bert, &t->on_train);
    Score held_out = evaluate(r->graph, t->bert, &t->on_held_out);
    stop_if_not_finite(r, r->state.step, "the loss of the evaluation", (float)(train.loss + held_out.loss));
    progress_end(&r->bar);
    printf("step %ld | train %.3f | held out %.3f | right %.1f%% | %.0f tok/s\n", r->state.step, train.loss,
           held_out.loss, 100 * held_out.accuracy, run_speed(r));
    fflush(stdout);
    run_note_evaluation(r, (float)train.loss, (float)held_out.loss, 100 * held_out.accuracy);
    t->accuracy = held_out.accuracy;
}

/* One step: a batch with its gaps, the loss at them, the gradients, an update. */
static void train_step(Training *t)
{
    const NnTraining *how = &t->settings->run.training;
    ModelResume *state = &t->run.state;
    Graph *g = t->run.graph;
    double start = clock_seconds();
    gap_pool_next(&t->pool, state->step, &t->batch);
    *nn_graph_rng(g) =
        rng_new(how->seed + 3 + ((uint64_t)state->step << 32)); /* dropout: by the step alone */
    ModelBertBatch input = gap_batch_input(&t->batch);
    Tensor *loss = model_bert_loss(g, t->bert, &input, t->batch.text.labels);
    NnStep done = nn_train_step(g, state->optimizer, loss, nn_training_rate(how, state->step), how->clip);
    stop_if_not_finite(&t->run, state->step + 1, "the loss", done.loss);
    stop_if_not_finite(&t->run, state->step + 1, "the gradient norm", done.norm);
    run_count_step(&t->run, done.loss, done.norm, (double)gap_batch_tokens(&t->batch),
                   clock_seconds() - start);
    state->rng = gap_pool_note(&t->pool, state->step);
}

/* All steps from where the state is to the last one; false if a signal stopped it before. */
static bool train(Training *t)
{
    Run *r = &t->run;
    if (r->state.best_step < 0) /* a new run; one that was read has been evaluated */
        report(t);
    else
        gap_pool_resume(&t->pool, r->state.step, r->state.rng, &t->batch);
    while (!run_ended(r) && !run_signal()) {
        train_step(t);
        if (run_due(r, r->settings->eval_every))
            report(t);
        if (run_save_due(r) || run_signal())
            run_save(r);
    }
    progress_end(&r->bar);
    return run_ended(r);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static bool save_bert(const void *bert, bool half, const char *folder, Error *e)
{
    return (half ? model_bert_save_half : model_bert_save)(bert, folder, e);
}

static Training training_new(const Settings *s, const BertData *d, ModelBert *m, const char *notes)
{
    int rows = s->run.training.batch;
    Rng rng = rng_new(s->run.training.seed + 1);
    Training t = {.settings = s, .bert = m, .batch = gap_batch_new(rows, s->source.context)};
    t.pool = gap_pool_new(&d->train, &d->masking, d->pad, rows, rng);
    t.on_train = gap_test_new(&d->train, &d->masking, d->pad, rows, s->source.context);
    t.on_held_out = gap_test_new(&d->held_out, &d->masking, d->pad, rows, s->source.context);
    if (t.on_train.chosen == 0 || t.on_held_out.chosen == 0)
        error_exitf("%s: the texts have no token that could be hidden", bert_source_name(&s->source));
    t.run = (Run){.settings = &s->run,
                  .writes = true,
                  .tokenizer = d->tokenizer,
                  .model = m,
                  .save = save_bert,
                  .notes = notes,
                  .graph = nn_graph_new(),
                  .state = {.params = &m->params,
                            .optimizer = nn_training_optimizer(&s->run.training, &m->params),
                            .rng = rng,
                            .best_step = -1}};
    return t;
}

static void training_free(Training *t)
{
    nn_optimizer_free(t->run.state.optimizer);
    nn_graph_free(t->run.graph);
    gap_pool_free(&t->pool);
    gap_batch_free(&t->batch);
    gap_test_free(&t->on_train);
    gap_test_free(&t->on_held_out);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    BertData d = bert_data_load(&s.source, s.run.training.seed);
    Rng rng = rng_new(s.run.training.seed);
    ModelBertConfig c = config_of(&s, tokenizer_count(d.tokenizer));
    ModelBert *m = model_bert_new(&c, &rng);
    char *notes = notes_of(&s, &d);
    Training t = training_new(&s, &d, m, notes);
    run_begin(&t.run);
    printf("%s: %d texts to train on (%zu tokens), %d held out; %d different tokens; %zu parameters\n",
           bert_source_name(&s.source), d.train.count, d.train.start[d.train.count], d.held_out.count,
           c.vocab, nn_param_total(&m->params));
    double counted = print_guesses(&t.on_held_out, &d);
    run_catch_signals();
    bool whole = train(&t);
    if (whole) {
        printf("right %.1f%%: %+.1f points against what the tokens before alone tell a count\n",
               100 * t.accuracy, 100 * (t.accuracy - counted));
        run_finish(&t.run, "Pretraining: cross-entropy of hidden tokens", "预训练：被遮住词元的交叉熵",
                   s.run.quick ? "ch05/expected/pretrain_bert.quick.band.tsv"
                               : "ch05/expected/pretrain_bert.band.tsv",
                   !s.source.corpus);
        printf("saved: %s\n", s.run.out);
    } else {
        printf("stopped at step %ld; --resume continues from there\n", t.run.state.step);
    }
    training_free(&t);
    model_bert_free(m);
    bert_data_free(&d);
    free(notes);
    int status = error_finish();
    return whole ? status : 128 + (run_signal() ? run_signal() : SIGTERM);
}
