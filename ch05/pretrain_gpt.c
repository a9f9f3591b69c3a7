/* pretrain_gpt.c -- training a GPT on a text, sections 5.3 and 5.4.
 *
 * Reads a text, holds its last tenth back, and learns to predict the next
 * character of the rest. What it has learned is saved as a folder that
 * ch05/generate reads; the folder always holds the last whole checkpoint. */
#include "common/base/base.h"
#include "common/nn/files/checkpoint.h"
#include "common/nn/nn.h"
#include "common/nn/run.h"
#include "common/plot/plot.h"
#include "common/text/chars.h"
#include "common/text/corpus.h"

#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    const char *corpus, *out;
    int tokenizer, layers, heads, dim, context, batch, steps, warmup, eval_every, sample;
    float rate, least_rate, weight_decay, beta2, clip, dropout;
    bool quick;
    uint64_t seed;
} Settings;

typedef struct Data {
    TextChars *chars;
    int *ids;
    size_t count, train; /* tokens in all; the first `train` are for training */
} Data;

static Settings parse(int argc, char **argv)
{
    static const char *const tokenizers[] = {"char", NULL};
    Settings s = {.corpus = "common/text/tinyshakespeare.txt",
                  .out = "ch05/out/gpt",
                  .layers = 4,
                  .heads = 4,
                  .dim = 128,
                  .context = 64,
                  .batch = 12,
                  .steps = 2000,
                  .warmup = 100,
                  .eval_every = 250,
                  .sample = 400,
                  .rate = 1e-3f,
                  .least_rate = 1e-4f,
                  .weight_decay = 0.1f,
                  .beta2 = 0.99f,
                  .clip = 1,
                  .seed = 1337};
    const Option options[] = {
        option_string("corpus", &s.corpus, "a UTF-8 text"),
        option_choice("tokenizer", &s.tokenizer, tokenizers, "how the text is cut into tokens"),
        option_int("layers", &s.layers, 1, 200, "blocks"),
        option_int("heads", &s.heads, 1, 256, "attention heads of a block"),
        option_int("dim", &s.dim, 1, 16384, "channels"),
        option_int("context", &s.context, 1, 65536, "tokens that the model sees at once"),
        option_int("batch", &s.batch, 1, 4096, "sequences of a step"),
        option_int("steps", &s.steps, 1, 100000000, "training steps"),
        option_float("lr", &s.rate, 0, 10, "the highest learning rate"),
        option_float("min-lr", &s.least_rate, 0, 10, "the learning rate at the end"),
        option_int("warmup", &s.warmup, 0, 100000000, "steps over which the learning rate rises"),
        option_float("weight-decay", &s.weight_decay, 0, 10, "of the matrices, not of biases and norms"),
        option_float("beta2", &s.beta2, 0, 0.99999, "AdamW's memory of squared gradients"),
        option_float("clip", &s.clip, 0, 1e6, "longest gradient; 0 leaves it alone"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_int("eval-every", &s.eval_every, 1, 100000000, "steps between evaluations"),
        option_int("sample", &s.sample, 0, 100000, "characters of the sample at the end"),
        option_string("out", &s.out, "folder of the model"),
        option_flag("quick", &s.quick, "300 steps, evaluated every 100"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "Trains a GPT on a text, sections 5.3 and 5.4.", options);
    if (s.quick)
        s.steps = 300, s.eval_every = 100;
    return s;
}

static Data load(const Settings *s)
{
    Error e = {""};
    Data d = {0};
    size_t size;
    char *text = text_corpus_read(s->corpus, &size, &e);
    if (!text)
        error_exit(&e);
    d.chars = text_chars_new(text, size);
    d.ids = text_chars_encode(d.chars, text, size, &d.count, &e);
    d.train = d.count * 9 / 10;
    free(text);
    if (d.count - d.train <= (size_t)s->context)
        error_exitf(
            "%s: %zu characters, of which %zu are held out; a context of %d needs more than %d held out",
            s->corpus, d.count, d.count - d.train, s->context, s->context);
    return d;
}

//> evaluate
/* The mean loss over fixed random windows of one side of the data. */
static float evaluate(Graph *g, const Gpt *m, const Settings *s, const int *ids, size_t count, int *x,
                      int *y)
{
    enum { BATCHES = 20 };
    double total = 0;
    Rng rng = rng_new(7); /* the same windows every time: less noise from one evaluation to the next */
    nn_graph_record(g, false);
    for (int i = 0; i < BATCHES; i++) {
        text_corpus_batch(ids, count, s->batch, s->context, &rng, x, y);
        total += (double)tensor_item(nn_gpt_loss(g, m, x, y, s->batch, s->context));
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return (float)(total / BATCHES);
}
//< evaluate

static void save(const Gpt *m, const TextChars *chars, const char *folder)
{
    Error e = {""};
    char path[4096];
    if (snprintf(path, sizeof path, "%s/tokenizer.json", folder) >= (int)sizeof path)
        error_exitf("%.64s...: the path is too long", folder);
    if (!file_make_directory(folder, &e) || !text_chars_save(chars, path, &e) ||
        !nn_gpt_save(m, folder, &e))
        error_exit(&e);
}

//> train
/* One step: a batch, its loss, the gradients, an update. Returns the loss. */
static float train_step(Graph *g, const Gpt *m, Optimizer *o, const Settings *s, const Data *d, Rng *rng,
                        int step, int *x, int *y)
{
    text_corpus_batch(d->ids, d->train, s->batch, s->context, rng, x, y);
    Tensor *loss = nn_gpt_loss(g, m, x, y, s->batch, s->context);
    float value = tensor_item(loss);
    nn_backward(g, loss);
    nn_clip_gradients(o, s->clip);
    nn_optimizer_step(o, nn_cosine_rate(step, s->warmup, s->steps, s->rate, s->least_rate));
    nn_graph_reset(g);
    return value;
}

/* The losses of every evaluation, and the picture of them. */
typedef struct Curve {
    float *step, *on_train, *on_held_out;
    int count;
} Curve;

static Curve curve_new(int most)
{
    size_t size = sizeof(float) * (size_t)most;
    return (Curve){memory_new(size), memory_new(size), memory_new(size), 0};
}

static void curve_add(Curve *c, int step, float on_train, float on_held_out)
{
    c->step[c->count] = (float)step;
    c->on_train[c->count] = on_train;
    c->on_held_out[c->count++] = on_held_out;
}

/* Draws the curve into the model's folder; without gnuplot the model is still good. Frees it. */
static void curve_draw(Curve *c, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/loss.svg", folder);
    Plot *p = plot_new(path, "Cross-entropy of the next token", "step", "nats");
    plot_line(p, "training", c->step, c->on_train, c->count);
    plot_line(p, "held out", c->step, c->on_held_out, c->count);
    plot_finish(p, "picture");
    free(c->step);
    free(c->on_train);
    free(c->on_held_out);
}

static void train(Graph *g, const Gpt *m, const Settings *s, const Data *d)
{
    size_t window = (size_t)s->batch * (size_t)s->context;
    int *x = memory_new(window * sizeof *x), *y = memory_new(window * sizeof *y);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, s->beta2, s->weight_decay);
    Rng rng = rng_new(s->seed + 1);
    Progress bar = progress_begin("training", s->steps);
    Curve curve = curve_new(s->steps / s->eval_every + 2);
    double busy = 0;
    long steps_timed = 0;
    for (int step = 0; step <= s->steps; step++) {
        if (step % s->eval_every == 0 || step == s->steps) {
            float on_train = evaluate(g, m, s, d->ids, d->train, x, y);
            float on_held_out = evaluate(g, m, s, d->ids + d->train, d->count - d->train, x, y);
            progress_end(&bar);
            printf("step %d | train %.4f | val %.4f | %.0f tok/s\n", step, (double)on_train,
                   (double)on_held_out, busy > 0 ? (double)window * (double)steps_timed / busy : 0);
            fflush(stdout);
            curve_add(&curve, step, on_train, on_held_out);
            save(m, d->chars, s->out);
            if (step == s->steps)
                break;
        }
        double start = clock_seconds();
        float loss = train_step(g, m, o, s, d, &rng, step, x, y);
        busy += clock_seconds() - start;
        steps_timed++;
        progress_update(&bar, step + 1, "loss %.3f", (double)loss);
    }
    curve_draw(&curve, s->out);
    nn_optimizer_free(o);
    free(x);
    free(y);
}
//< train

//> sample
/* Continues a line break, a token at a time. */
static void print_sample(const Gpt *m, const TextChars *chars, int count, uint64_t seed)
{
    Rng rng = rng_new(seed + 2);
    Sampling rules = nn_sampling_plain();
    rules.temperature = 0.8f;
    Model *running = nn_model_of_gpt(m, QUANT_NONE);
    Session *session = nn_session_new(running, 1, 0);
    Sampler *sampler = nn_sampler_new(&rules, m->config.vocab);
    int *ids = memory_new(sizeof *ids * (size_t)(count + 1)), newline = text_chars_id(chars, '\n');
    char text[5];
    ids[0] = newline < 0 ? 0 : newline;
    for (int i = 1; i <= count; i++) {
        ids[i] = nn_sampler_draw(sampler, nn_session_follow(session, 0, ids, i), NULL, 0, &rng);
        text_chars_decode(chars, ids[i], text);
        fputs(text, stdout);
    }
    putchar('\n');
    free(ids);
    nn_sampler_free(sampler);
    nn_session_free(session);
    nn_model_free(running);
}
//< sample

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    GptConfig c = {1, s.context, s.layers, s.heads, s.dim, s.dropout};
    if (nn_gpt_config_fault(&c))
        error_exitf("--heads %d, --dim %d: %s", s.heads, s.dim, nn_gpt_config_fault(&c));
    Data d = load(&s);
    Rng rng = rng_new(s.seed);
    c.vocab = d.chars->count;
    Gpt *m = nn_gpt_new(&c, &rng);
    save(m, d.chars, s.out); /* an unwritable folder shows before the work, not after it */
    Graph *g = nn_graph_new();
    *nn_graph_rng(g) = rng_new(s.seed + 3);
    printf("%s: %zu characters, %d of them different; %zu parameters\n", s.corpus, d.count, c.vocab,
           nn_param_total(&m->params));
    if (s.sample > 0) {
        puts("--- sample before ---");
        print_sample(m, d.chars, s.sample < 80 ? s.sample : 80, s.seed);
    }
    train(g, m, &s, &d);
    if (s.sample > 0) {
        puts("--- sample after ---");
        print_sample(m, d.chars, s.sample, s.seed);
    }
    printf("saved: %s\n", s.out);
    nn_graph_free(g);
    nn_gpt_free(m);
    text_chars_free(d.chars);
    free(d.ids);
    return error_finish();
}
