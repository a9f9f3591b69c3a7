/* small_runs.c -- small decoders on the characters of a text. */
#include "ch04/small_runs.h"

#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/text/corpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_BATCHES = 64 };

bool small_text_read(SmallText *text, Error *e)
{
    char told[TEXT_TOLD];
    size_t size;
    int number[256];
    char *bytes = text_corpus_read("common/text/tinyshakespeare.txt", &size, told, e);
    if (!bytes)
        return false;
    *text = (SmallText){.ids = memory_new(sizeof(int) * size), .count = size, .train = size / 10 * 9};
    memset(number, -1, sizeof number);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (number[c] < 0)
            number[c] = text->vocab++;
        text->ids[i] = number[c];
    }
    free(bytes);
    return true;
}

void small_text_free(SmallText *text)
{
    free(text->ids);
}

/* The mean loss over held-out windows, the same for every run. */
static double held_out(Graph *g, const ModelDecoder *m, const SmallText *text, int *x, int *y)
{
    Rng rng = rng_new(1);
    double sum = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < TEST_BATCHES; i++) {
        text_corpus_batch(text->ids + text->train, text->count - text->train, SMALL_BATCH, SMALL_TIME, &rng,
                          x, y);
        sum += (double)tensor_item(model_decoder_loss(g, m, x, y, SMALL_BATCH, SMALL_TIME));
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum / TEST_BATCHES;
}

/* The form of Llama: at this size it learns from a quarter of the tokens what the form of GPT-2 needs, because rotary
 * positions let a head find the character before from the first step on. */
static ModelConfig config_of(const SmallText *text, int layers, int channels)
{
    enum { HEAD = 8 };
    int heads = channels % HEAD ? 1 : channels / HEAD;
    return (ModelConfig){.family = MODEL_LLAMA,
                         .vocab = text->vocab,
                         .context = SMALL_TIME,
                         .layers = layers,
                         .channels = channels,
                         .heads = heads,
                         .kv_heads = heads,
                         .head_dim = channels / heads,
                         .hidden =
                             (8 * channels / 3 + 3) / 4 * 4, /* three matrices as large as two of 4 C */
                         .activation = MODEL_ACTIVATION_SILU,
                         .eps = 1e-5f,
                         .tied = true,
                         .rotary = {.theta = 10000}};
}

double small_body(const SmallText *text, int layers, int channels)
{
    double c = channels, hidden = config_of(text, layers, channels).hidden;
    return layers * (4 * c * c + 3 * c * hidden);
}

double small_params(const SmallText *text, int layers, int channels)
{
    return small_body(text, layers, channels) + (double)channels * (text->vocab + 2 * layers + 1);
}

/* The best maximum falls as the width grows, about as 1 / C (Yang et al., 2021). Tried at widths 8 to 64. */
static float max_rate(int channels)
{
    return fminf(0.02f, 0.16f / (float)channels);
}

void small_run(const SmallText *text, SmallRun *run)
{
    int x[SMALL_BATCH * SMALL_TIME], y[SMALL_BATCH * SMALL_TIME];
    long steps = run->tokens / (SMALL_BATCH * SMALL_TIME);
    const ModelConfig config = config_of(text, run->layers, run->channels);
    double start = clock_seconds();
    Rng rng = rng_new(run->seed);
    ModelDecoder *m = model_decoder_new(&config, 0, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    Graph *g = nn_graph_new();
    float max = max_rate(run->channels);
    for (long step = 0; step < steps; step++) {
        text_corpus_batch(text->ids, text->train, SMALL_BATCH, SMALL_TIME, &rng, x, y);
        nn_train_step(g, o, model_decoder_loss(g, m, x, y, SMALL_BATCH, SMALL_TIME),
                      nn_cosine_rate(step, steps / 10, steps, max, max / 10), 1);
    }
    run->params = (double)nn_param_total(&m->params);
    run->body = small_body(text, run->layers, run->channels);
    run->loss = held_out(g, m, text, x, y);
    run->seconds = clock_seconds() - start;
    nn_graph_free(g);
    nn_optimizer_free(o);
    model_decoder_free(m);
}

static double work(const SmallRun *r)
{
    return (double)r->tokens * (r->channels + 30.0) * r->channels * r->layers;
}

static int longer_first(const void *a, const void *b)
{
    double x = work(*(SmallRun *const *)a), y = work(*(SmallRun *const *)b);
    return (x < y) - (x > y);
}

void small_runs(const SmallText *text, SmallRun *runs, int count,
                void (*done)(void *context, SmallRun *run), void *context)
{
    SmallRun **open = memory_new(sizeof *open * (size_t)count);
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (!isfinite(runs[i].loss))
            open[n++] = &runs[i];
    }
    qsort(open, (size_t)n, sizeof *open, longer_first);
    /* A run of this size gains nothing from a second thread, but two runs side by side do. */
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < n; i++) {
        small_run(text, open[i]);
#pragma omp critical
        if (done)
            done(context, open[i]);
    }
    free(open);
}
