/* pretrain_bert.c -- training a BERT to fill gaps, sections 5.2.1 and 5.3.
 *
 * Hides 15% of the tokens of each text and learns to say what they were, from what stands before and after
 * them. Loss and accuracy are taken on texts that it never learns from, beside what mere counting reaches
 * there. The model is saved as a folder of Hugging Face's bert family; the folder always holds the last whole
 * checkpoint. With --fill, the encoder of common reads the folder and fills the gaps of a text. */
#include "ch05/guess.h"
#include "ch05/masking.h"
#include "ch05/texts.h"
#include "common/base/base.h"
#include "common/model/checkpoint.h"
#include "common/model/folder.h"
#include "common/nn/nn.h"
#include "common/model/model.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "common/text/batch.h"

#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    const char *corpus, *tokenizer, *out, *model;
    OptionList kinds, fill;
    int vocab, texts, layers, heads, channels, context, eval_every;
    NnTraining training;
    LossBandSettings band;
    float masked, dropout;
    bool quick, half;
    int language; /* of the picture */
} Settings;

static void check(Settings *s)
{
    Error e = {""};
    if (!nn_training_check(&s->training, &e))
        error_exit(&e);
    if (s->model && s->fill.count == 0)
        error_exitf(
            "--model: a trained model fills gaps; give a text as well, --fill \"The [MASK] is red.\"");
    for (int i = 0; i < s->fill.count; i++) {
        if (!strstr(s->fill.texts[i], "[MASK]"))
            error_exitf("--fill: '%.60s': expected a text with [MASK] in it", s->fill.texts[i]);
    }
    ModelBertConfig c = {1, s->context, s->layers, s->heads, s->channels, 4 * s->channels,
                         2, 1e-12f,     s->dropout};
    if (model_bert_config_fault(&c))
        error_exitf("--heads %d, --channels %d: %s", s->heads, s->channels, model_bert_config_fault(&c));
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.out = "ch05/out/bert",
                  .vocab = 2000,
                  .texts = 20000,
                  .layers = 2,
                  .heads = 4,
                  .channels = 128,
                  .context = 64,
                  .training = {.steps = 4000,
                               .batch = 16,
                               .warmup = 200,
                               .schedule = NN_LINEAR,
                               .rate = 2e-3f,
                               .weight_decay = 0.01f,
                               .beta2 = 0.98f,
                               .clip = 1,
                               .seed = 1},
                  .eval_every = 500,
                  .masked = 0.15f};
    NnTrainingOptions training = nn_training_options(&s.training);
    LossBandOptions band = loss_band_options(&s.band);
    const Option options[] = {
        option_file("corpus", &s.corpus, "a UTF-8 text, one text a line; without it, the little world"),
        option_file("tokenizer", &s.tokenizer,
                    "a tokenizer.json with [CLS] [SEP] [MASK]; without it, one "
                    "is trained"),
        option_int("vocab", &s.vocab, 10, TOKENIZER_VOCAB_MAX,
                   "most tokens of the tokenizer that is trained"),
        option_list("kind", &s.kinds,
                    "of the little world's texts, as build/tools/world names them, or all; "
                    "several times; without it, translation"),
        option_int("texts", &s.texts, 100, 10000000, "training texts that are drawn from the little world"),
        option_float("masked", &s.masked, 0.01, 0.9, "share of the tokens that must be guessed"),
        option_int("layers", &s.layers, 1, 200, "blocks"),
        option_int("heads", &s.heads, 1, 256, "attention heads of a block"),
        option_int("channels", &s.channels, 1, 16384, "channels"),
        option_int("context", &s.context, 3, 65536, "most tokens of a text; longer ones are cut"),
        option_group(training.items),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_int("eval-every", &s.eval_every, 1, 100000000, "steps between evaluations"),
        option_dir("out", &s.out, "folder of the model"),
        option_flag("half", &s.half, "save 16 bits a weight"),
        option_list("fill", &s.fill,
                    "a text with [MASK]: print the five most probable tokens; several times"),
        option_dir("model", &s.model, "do not train: fill the gaps with the model of this folder"),
        option_flag("quick", &s.quick, "a smaller model, 2000 steps"),
        option_group(band.items),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "Trains a BERT to fill gaps, sections 5.2.1 and 5.3.", options);
    if (s.quick)
        s.texts = 6000, s.channels = 64, s.training.steps = 2000, s.training.rate = 4e-3f,
        s.eval_every = 500;
    check(&s);
    return s;
}

static const char *source_of(const Settings *s)
{
    return s->corpus ? s->corpus : "the little world";
}

/* ---- the texts ------------------------------------------------------------------------------- */

typedef struct Data {
    Tokenizer *tokenizer;
    Texts train, held_out;
    Masking masking; /* 80/10/10 */
    int pad;
} Data;

/* Which kinds of the little world are read. All: but lists of words and secret numbers, where nothing can be
 * guessed. */
static void choose_kinds(const OptionList *names, bool kinds[WORLD_KINDS])
{
    for (int kind = 0; kind < WORLD_KINDS; kind++)
        kinds[kind] = names->count == 0 && kind == WORLD_TRANSLATION;
    for (int i = 0; i < names->count; i++) {
        bool all = strcmp(names->texts[i], "all") == 0, found = all;
        for (int kind = 0; kind < WORLD_KINDS; kind++) {
            bool named = strcmp(names->texts[i], world_kind_name((WorldKind)kind)) == 0;
            kinds[kind] = kinds[kind] || named || (all && kind != WORLD_ANALOGY && kind != WORLD_CANARY);
            found = found || named;
        }
        if (!found)
            error_exitf("--kind: '%.60s': expected all, or a kind that build/tools/world --help lists",
                        names->texts[i]);
    }
}

/* WordPiece, as BERT has it, learnt from the training texts, or as the file says. */
static Tokenizer *make_tokenizer(const Settings *s, const Lines *train, Error *e)
{
    if (s->tokenizer)
        return tokenizer_load(s->tokenizer, e);
    const TokenizerTraining how = {.model = TOKENIZER_WORDPIECE, .vocab = s->vocab};
    return tokenizer_train(&how, train->text, train->size, e);
}

/* The marks must be the first of the vocabulary: whatever comes after them may stand for a hidden token. */
static Masking masking_of(const Tokenizer *t, float share)
{
    Masking m = {.chosen = share, .hidden = 0.8f, .random = 0.1f, .vocab = tokenizer_count(t)};
    m.mask = tokenizer_id(t, "[MASK]");
    if (m.mask < 0)
        error_exitf("the tokenizer has no [MASK], which a bert is trained with");
    for (int id = 0; id < m.vocab; id++)
        m.first = tokenizer_special(t, id) ? id + 1 : m.first;
    if (m.first > m.vocab / 2)
        error_exitf("the tokenizer has a special token at %d of %d; expected them at the front",
                    m.first - 1, m.vocab);
    return m;
}

static Data load(const Settings *s)
{
    Error e = {""};
    Data d = {0};
    Rng rng = rng_new(s->training.seed);
    Lines train, held_out;
    bool kinds[WORLD_KINDS];
    choose_kinds(&s->kinds, kinds);
    if (!s->corpus) {
        train = lines_of_world(kinds, WORLD_TRAIN, s->texts, &rng);
        held_out = lines_of_world(kinds, WORLD_TEST, s->texts / 10, &rng);
    } else if (!lines_of_file(s->corpus, &train, &held_out, &e)) {
        error_exit(&e);
    }
    if (!(d.tokenizer = make_tokenizer(s, &train, &e)) ||
        !texts_encode(&train, d.tokenizer, s->context, &d.train, &e) ||
        !texts_encode(&held_out, d.tokenizer, s->context, &d.held_out, &e))
        error_exit(&e);
    if (d.train.count == 0 || d.held_out.count == 0)
        error_exitf("%s: no text is left to train on or to hold out", source_of(s));
    d.masking = masking_of(d.tokenizer, s->masked);
    d.pad = tokenizer_id(d.tokenizer, "[PAD]");
    d.pad = d.pad < 0 ? 0 : d.pad;
    lines_free(&train);
    lines_free(&held_out);
    return d;
}

/* ---- batches --------------------------------------------------------------------------------- */

/* Texts side by side, filled up to the longest of them. */
typedef struct Batch {
    TextBatch text; /* what the texts say, and what the model must say */
    int *input;     /* (B,T): what the model reads */
    int chosen;     /* positions that the loss counts */
} Batch;

static Batch batch_new(const Settings *s)
{
    size_t size = sizeof(int) * (size_t)s->training.batch * (size_t)s->context;
    return (Batch){.text = text_batch_new(s->training.batch, s->context), .input = memory_new(size)};
}

/* Draws what is hidden until there is something. */
static void batch_mask(Batch *b, const Masking *masking, Rng *rng)
{
    int positions = b->text.rows * b->text.time;
    b->chosen = 0;
    for (int tries = 0; tries < 1000 && b->chosen == 0; tries++) {
        mask_tokens(masking, b->text.ids, positions, rng, b->input, b->text.labels, NULL);
        for (int i = 0; i < positions; i++)
            b->chosen += b->text.labels[i] != MASK_IGNORE;
    }
}

/* which (rows): the texts. */
static void batch_fill(Batch *b, const Texts *t, const int *which, int rows, int pad)
{
    const int **texts = memory_new(sizeof *texts * (size_t)rows);
    int *counts = memory_new(sizeof *counts * (size_t)rows);
    for (int r = 0; r < rows; r++) {
        texts[r] = t->ids + t->start[which[r]];
        counts[r] = texts_length(t, which[r]);
    }
    text_batch_fill(&b->text, texts, counts, rows, pad);
    free(texts);
    free(counts);
}

static ModelBertBatch batch_input(const Batch *b)
{
    return (ModelBertBatch){b->text.rows, b->text.time, b->input, NULL, b->text.lengths};
}

static void batch_free(Batch *b)
{
    text_batch_free(&b->text);
    free(b->input);
}

/* Texts of nearly equal length go together, so that little is padding: a number of texts are drawn at random,
 * sorted by length, and cut into batches. */
enum { POOL = 16 }; /* batches */

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_by_length(const Texts *t, int *which, int count)
{
    uint64_t *keys = memory_new(sizeof *keys * (size_t)count);
    for (int i = 0; i < count; i++)
        keys[i] = (uint64_t)texts_length(t, which[i]) << 32 | (uint64_t)which[i];
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    for (int i = 0; i < count; i++)
        which[i] = (int)(keys[i] & 0xffffffffu);
    free(keys);
}

typedef struct Pool {
    int *which;      /* (POOL,batch) */
    int order[POOL]; /* in which its batches are used */
} Pool;

static void pool_draw(Pool *p, const Texts *t, int batch, Rng *rng)
{
    for (int i = 0; i < POOL * batch; i++)
        p->which[i] = rng_below(rng, t->count);
    sort_by_length(t, p->which, POOL * batch);
    for (int i = 0; i < POOL; i++) {
        int j = rng_below(rng, i + 1);
        p->order[i] = p->order[j];
        p->order[j] = i;
    }
}

/* ---- how good it is -------------------------------------------------------------------------- */

enum { TESTS = 32 };

/* Batches with their gaps, drawn once: every evaluation, and every way to guess, has the same. Whatever is
 * chosen is hidden by [MASK]; of a token that stays where it is nothing would be learnt. */
typedef struct Test {
    Batch items[TESTS];
    int count, chosen;
} Test;

static Test test_new(const Settings *s, const Data *d, const Texts *t)
{
    Test test = {0};
    Masking hidden = d->masking;
    Rng rng = rng_new(7);
    int max = t->count < TESTS * s->training.batch ? t->count : TESTS * s->training.batch;
    int *which = memory_new(sizeof *which * (size_t)t->count);
    hidden.hidden = 1, hidden.random = 0;
    for (int i = 0; i < t->count; i++) { /* a shuffle, from inside out */
        int j = rng_below(&rng, i + 1);
        which[i] = which[j];
        which[j] = i;
    }
    sort_by_length(t, which, max);
    for (int i = 0; i < max; i += s->training.batch) {
        Batch *b = &test.items[test.count++];
        *b = batch_new(s);
        batch_fill(b, t, which + i, max - i < s->training.batch ? max - i : s->training.batch, d->pad);
        batch_mask(b, &hidden, &rng);
        test.chosen += b->chosen;
    }
    free(which);
    if (test.chosen == 0)
        error_exitf("%s: the texts have no token that could be hidden", source_of(s));
    return test;
}

static void test_free(Test *t)
{
    for (int i = 0; i < t->count; i++)
        batch_free(&t->items[i]);
}

/* The share of the hidden tokens that counting guesses; it may look at every token but the hidden one. */
static double test_guesses(const Test *t, const Guesses *guesses, GuessKind kind)
{
    int right = 0;
    for (int i = 0; i < t->count; i++) {
        const Batch *b = &t->items[i];
        for (int at = 0; at < b->text.rows * b->text.time; at++) {
            const int *row = b->text.ids + at / b->text.time * b->text.time;
            if (b->text.labels[at] != MASK_IGNORE)
                right +=
                    guess_token(guesses, kind, row, b->text.time, at % b->text.time) == b->text.labels[at];
        }
    }
    return (double)right / t->chosen;
}

typedef struct Score {
    double loss, accuracy;
} Score;

static int largest(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

/* Mean loss and accuracy at the hidden positions of one batch, times their number. */
static Score evaluate_batch(Graph *g, const ModelBert *m, const Batch *b)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)b->chosen), count = 0, right = 0;
    int *labels = arena_alloc(nn_arena(g), sizeof *labels * (size_t)b->chosen);
    for (int i = 0; i < b->text.rows * b->text.time; i++) {
        if (b->text.labels[i] == MASK_IGNORE)
            continue;
        positions[count] = i;
        labels[count++] = b->text.labels[i];
    }
    ModelBertBatch input = batch_input(b);
    Tensor *rows = nn_select_rows(g, model_bert_hidden(g, m, &input), positions, count);
    Tensor *logits = model_bert_logits(g, m, rows); /* (count,V) */
    for (int i = 0; i < count; i++)
        right += largest(logits->data + (size_t)i * (size_t)m->config.vocab, m->config.vocab) == labels[i];
    return (Score){count * (double)tensor_item(nn_cross_entropy(g, logits, labels, MASK_IGNORE)), right};
}

static Score evaluate(Graph *g, const ModelBert *m, const Test *t)
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

/* ---- training -------------------------------------------------------------------------------- */

static void save(const ModelBert *m, const Data *d, const Settings *s)
{
    Error e = {""};
    char path[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, s->out, "tokenizer.json", &e) || !file_make_directory(s->out, &e) ||
        !tokenizer_save(d->tokenizer, path, &e) ||
        !(s->half ? model_bert_save_half : model_bert_save)(m, s->out, &e))
        error_exit(&e);
}

/* One step: a batch with its gaps, the loss at them, the gradients, an update. Returns the loss. */
static float train_step(Graph *g, const ModelBert *m, Optimizer *o, const Settings *s, const Data *d,
                        Batch *b, int step, Rng *rng)
{
    batch_mask(b, &d->masking, rng);
    ModelBertBatch input = batch_input(b);
    Tensor *loss = model_bert_loss(g, m, &input, b->text.labels);
    return nn_train_step(g, o, loss, nn_training_rate(&s->training, step), s->training.clip).loss;
}

/* The scores of every evaluation. */
typedef struct Curve {
    float *step, *on_train, *on_held_out;
    int count;
} Curve;

static void curve_add(Curve *c, int step, const Score *train, const Score *held_out)
{
    c->step[c->count] = (float)step;
    c->on_train[c->count] = (float)train->loss;
    c->on_held_out[c->count++] = (float)held_out->loss;
}

/* Draws the curve into the model's folder; without gnuplot the model is still good. */
static void curve_draw(const Curve *c, const char *folder, int language)
{
    char path[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, folder, "loss.svg", NULL))
        return;
    Plot *p =
        plot_new(path, language, plot_text("Cross-entropy of the masked tokens", "被遮盖词元的交叉熵"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    plot_line(p, plot_text("training", "训练"), c->step, c->on_train, c->count);
    plot_line(p, plot_text("held out", "留出"), c->step, c->on_held_out, c->count);
    plot_finish(p, "picture");
}

typedef struct Trainer {
    Graph *graph;
    ModelBert *model;
    Test on_train, on_held_out;
    Curve curve;
    float *losses; /* of each step */
    double busy;   /* seconds in steps */
    long tokens;   /* read in them, padding not counted */
} Trainer;

/* Prints and saves where it stands. Returns the accuracy on held-out texts. */
static double report(Trainer *t, const Settings *s, const Data *d, int step)
{
    Score train = evaluate(t->graph, t->model, &t->on_train);
    Score held_out = evaluate(t->graph, t->model, &t->on_held_out);
    printf("step %d | train %.3f | held out %.3f | right %.1f%% | %.0f tok/s\n", step, train.loss,
           held_out.loss, 100 * held_out.accuracy, t->busy > 0 ? (double)t->tokens / t->busy : 0);
    fflush(stdout);
    curve_add(&t->curve, step, &train, &held_out);
    save(t->model, d, s);
    return held_out.accuracy;
}

static double train(Trainer *t, const Settings *s, const Data *d)
{
    Optimizer *o = nn_training_optimizer(&s->training, &t->model->params);
    Rng rng = rng_new(s->training.seed + 1);
    Batch b = batch_new(s);
    Pool pool = {.which = memory_new(sizeof(int) * POOL * (size_t)s->training.batch)};
    Progress bar = progress_begin("training", s->training.steps);
    double accuracy = report(t, s, d, 0);
    for (int step = 0; step < s->training.steps; step++) {
        double start = clock_seconds();
        if (step % POOL == 0)
            pool_draw(&pool, &d->train, s->training.batch, &rng);
        batch_fill(&b, &d->train, pool.which + pool.order[step % POOL] * s->training.batch,
                   s->training.batch, d->pad);
        float loss = t->losses[step] = train_step(t->graph, t->model, o, s, d, &b, step, &rng);
        t->busy += clock_seconds() - start;
        for (int r = 0; r < b.text.rows; r++)
            t->tokens += b.text.lengths[r];
        progress_update(&bar, step + 1, "loss %.3f", (double)loss);
        if ((step + 1) % s->eval_every == 0 || step + 1 == s->training.steps) {
            progress_end(&bar);
            accuracy = report(t, s, d, step + 1);
        }
    }
    nn_optimizer_free(o);
    batch_free(&b);
    free(pool.which);
    return accuracy;
}

static void print_data(const Settings *s, const Data *d, const ModelBert *m)
{
    printf("%s: %d texts to train on (%zu tokens), %d held out; %d different tokens; %zu parameters\n",
           source_of(s), d->train.count, d->train.start[d->train.count], d->held_out.count, m->config.vocab,
           nn_param_total(&m->params));
}

/* What counting reaches at the hidden positions; returns the best that looks to the left only. */
static double print_guesses(const Test *t, const Data *d)
{
    static const char *const names[GUESS_KINDS] = {"the most frequent token",
                                                   "what follows the two tokens before",
                                                   "what stands between the neighbours"};
    double right[GUESS_KINDS];
    Guesses *guesses = guesses_new(d->train.ids, d->train.start[d->train.count], d->masking.first);
    printf("%d hidden tokens of held-out texts; counting in the training texts gets right\n", t->chosen);
    for (int kind = 0; kind < GUESS_KINDS; kind++) {
        right[kind] = test_guesses(t, guesses, (GuessKind)kind);
        printf("  %5.1f%%  %s\n", 100 * right[kind], names[kind]);
    }
    guesses_free(guesses);
    return right[GUESS_LEFT];
}

static Curve curve_new(const Settings *s)
{
    size_t size = sizeof(float) * (size_t)(s->training.steps / s->eval_every + 2);
    return (Curve){memory_new(size), memory_new(size), memory_new(size), 0};
}

static void pretrain(const Settings *s)
{
    Data d = load(s);
    Rng rng = rng_new(s->training.seed);
    ModelBertConfig c = {tokenizer_count(d.tokenizer),
                         s->context,
                         s->layers,
                         s->heads,
                         s->channels,
                         4 * s->channels,
                         2,
                         1e-12f,
                         s->dropout};
    Trainer t = {.graph = nn_graph_new(), .model = model_bert_new(&c, &rng), .curve = curve_new(s)};
    t.losses = memory_new(sizeof *t.losses * (size_t)s->training.steps);
    *nn_graph_rng(t.graph) = rng_new(s->training.seed + 3);
    t.on_train = test_new(s, &d, &d.train);
    t.on_held_out = test_new(s, &d, &d.held_out);
    save(t.model, &d, s); /* an unwritable folder shows before the work, not after it */
    print_data(s, &d, t.model);
    double counted = print_guesses(&t.on_held_out, &d), learnt = train(&t, s, &d);
    printf("right %.1f%%: %+.1f points against what the tokens before alone tell a count\n", 100 * learnt,
           100 * (learnt - counted));
    curve_draw(&t.curve, s->out, s->language);
    if (!s->corpus || s->band.draw || s->band.curve)
        loss_band_report(&s->band,
                         s->quick ? "ch05/expected/pretrain_bert.quick.band.tsv"
                                  : "ch05/expected/pretrain_bert.band.tsv",
                         t.losses, s->training.steps);
    printf("saved: %s\n", s->out);
    free(t.losses);
    free(t.curve.step);
    free(t.curve.on_train);
    free(t.curve.on_held_out);
    test_free(&t.on_train);
    test_free(&t.on_held_out);
    nn_graph_free(t.graph);
    model_bert_free(t.model);
    texts_free(&d.train);
    texts_free(&d.held_out);
    tokenizer_free(d.tokenizer);
}

/* ---- filling gaps ---------------------------------------------------------------------------- */

enum { LIKELIEST = 5 };

/* The most probable tokens of a gap: logits (V) are turned into probabilities. */
static void print_gap(const Tokenizer *t, float *logits, int vocab)
{
    kernel_softmax_row(logits, vocab);
    for (int i = 0; i < LIKELIEST && i < vocab; i++) {
        int id = largest(logits, vocab);
        const char *token = tokenizer_token(t, id);
        printf("%s%s %.0f%%", i ? ", " : "    ", token ? token : "?", (double)(100 * logits[id]));
        logits[id] = -1;
    }
    putchar('\n');
}

static void fill(const ModelRun *m, const Tokenizer *t, const char *text)
{
    Error e = {""};
    TokenList list = {0};
    if (!tokenizer_encode(t, text, strlen(text), true, &list, &e))
        error_exit(&e);
    int n = (int)list.count, mask = tokenizer_id(t, "[MASK]");
    if (n > m->config.context)
        error_exitf("--fill: %d tokens; the model reads at most %d", n, m->config.context);
    size_t width = (size_t)m->config.channels, vocab = (size_t)m->config.vocab;
    float *states = memory_new(sizeof *states * (size_t)n * width),
          *logits = memory_new(sizeof *logits * vocab);
    model_encode(m, list.ids, list.types, n, states);
    printf("%s\n", text);
    for (int i = 0; i < n; i++) {
        if (list.ids[i] != mask)
            continue;
        model_encode_logits(m, states + (size_t)i * width, 1, logits);
        print_gap(t, logits, m->config.vocab);
    }
    free(states);
    free(logits);
    tokenizer_tokens_free(&list);
}

static void fill_all(const char *folder, const OptionList *texts)
{
    static const char *const needed[] = {"[MASK]", NULL};
    Error e = {""};
    ModelRun *m = model_run_load(folder, QUANT_NONE, &e);
    if (!m)
        error_exit(&e);
    if (m->config.family != MODEL_BERT || m->head.rows == 0)
        error_exitf("%s: expected a bert with its masked language model", folder);
    Tokenizer *t = model_folder_tokenizer(folder, m->config.vocab, needed, &e);
    if (!t)
        error_exit(&e);
    for (int i = 0; i < texts->count; i++)
        fill(m, t, texts->texts[i]);
    tokenizer_free(t);
    model_run_free(m);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    if (!s.model)
        pretrain(&s);
    if (s.fill.count > 0)
        fill_all(s.model ? s.model : s.out, &s.fill);
    return error_finish();
}
