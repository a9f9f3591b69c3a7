/* glove_demo.c -- GloVe: word vectors from counts; section 1.2.2.
 *
 * word2vec reads the corpus window by window. GloVe first counts how often each word stands near each other one, and
 * then fits vectors to the logarithms of these counts. The corpus and the analogies are those of word2vec_demo. */
#include "ch01/show.h"
#include "common/base/base.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 3, RUNS = WORLD_LANGUAGES * SEEDS, MAX_CHANNELS = 256 };

typedef struct Settings {
    int channels, window, epochs, sentences;
    float rate, x_max, blur;
    bool within;
    uint64_t seed;
    LossBandSettings band;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {50, 10, 50, 40000, 0.05f, 20, 0.2f, false, 1, .band = {.model = "GloVe, English"}};
    LossBandOptions shared = loss_band_options(&s.band);
    const Option options[] = {
        option_int("channels", &s.channels, 2, MAX_CHANNELS, "C, the length of a vector"),
        option_int("window", &s.window, 1, 50, "words to the left and right that are counted"),
        option_int("epochs", &s.epochs, 1, 1000, "passes over the table of counts"),
        option_int("sentences", &s.sentences, 4000, 1000000, "sentences of each language"),
        option_float("rate", &s.rate, 0, 1, "learning rate of AdaGrad"),
        option_float("x-max", &s.x_max, 0.1, 1e6, "the count from which on all weigh the same"),
        option_float("blur", &s.blur, 0, 1, "how much the two sides of a relation are mixed"),
        option_flag("within", &s.within, "windows end where their sentence ends"),
        option_seed(&s.seed),
        option_group(shared.items),
        OPTION_END};
    options_parse(argc, argv, "GloVe: word vectors from counts, section 1.2.2.", options);
    return s;
}

/* ---- counts -------------------------------------------------------------------------------------- */

//> count
/* X (V,V): how often word j stands within the window of word i, where a word d positions away counts 1/d. The corpus is
 * read as one running text, so windows reach across the ends of sentences: by chance every word then meets every
 * other one now and then, and a count can be less than chance. Not so if `within`. */
static float *count_pairs(const Corpus *c, int window, bool within)
{
    int V = c->vocab;
    float *X = memory_zero((size_t)(V * V), sizeof *X);
    for (int s = 0; s < c->sentences; s++)
        for (int t = c->start[s]; t < c->start[s + 1]; t++)
            for (int d = 1; d <= window && t - d >= (within ? c->start[s] : 0); d++) {
                int i = c->ids[t], j = c->ids[t - d];
                X[i * V + j] += 1 / (float)d;
                X[j * V + i] += 1 / (float)d;
            }
    return X;
}
//< count

/* ---- the model ----------------------------------------------------------------------------------- */

/* A row of parameters is a vector and, after it, its bias: w for the word in the middle, u for the one near it. Each
 * parameter has the sum of its squared gradients, by whose root AdaGrad divides its step. */
typedef struct Glove {
    int V, C;
    float *w, *u;         /* (V,C+1) */
    float *w_sum, *u_sum; /* (V,C+1) */
} Glove;

static Glove glove_new(int V, int C, Rng *rng)
{
    int size = V * (C + 1);
    float *all = memory_new(4 * sizeof *all * (size_t)size);
    for (int i = 0; i < 2 * size; i++) {
        all[i] = (rng_uniform(rng) - 0.5f) / (float)C;
        all[2 * size + i] = 1;
    }
    return (Glove){V, C, all, all + size, all + 2 * size, all + 3 * size};
}

//> fit
static void adagrad(float *parameter, float *sum, float gradient, float rate)
{
    *sum += gradient * gradient;
    *parameter -= rate * gradient / sqrtf(*sum);
}

/* One count: a step on f(x)/2 (w.u + b + c - ln x)^2, whose value is returned. f keeps rare counts, which are mostly
 * noise, from mattering as much as frequent ones. */
static double fit(Glove *g, int i, int j, float x, float x_max, float rate)
{
    int C = g->C;
    float *w = g->w + i * (C + 1), *u = g->u + j * (C + 1);
    float *w_sum = g->w_sum + i * (C + 1), *u_sum = g->u_sum + j * (C + 1);
    float error = w[C] + u[C] - logf(x), f = x < x_max ? powf(x / x_max, 0.75f) : 1;
    for (int k = 0; k < C; k++)
        error += w[k] * u[k];
    for (int k = 0; k < C; k++) {
        float dw = f * error * u[k], du = f * error * w[k];
        adagrad(&w[k], &w_sum[k], dw, rate);
        adagrad(&u[k], &u_sum[k], du, rate);
    }
    adagrad(&w[C], &w_sum[C], f * error, rate);
    adagrad(&u[C], &u_sum[C], f * error, rate);
    return (double)(f / 2 * error * error);
}
//< fit

/* Passes over the counts that are not 0, each in another order; loss (epochs): the mean of each pass. */
static void train(Glove *g, const float *X, const Settings *s, Rng *rng, float *loss)
{
    int V = g->V, n = 0, *cell = memory_new(sizeof *cell * (size_t)(V * V));
    for (int i = 0; i < V * V; i++)
        if (X[i] > 0)
            cell[n++] = i;
    for (int epoch = 0; epoch < s->epochs; epoch++) {
        double sum = 0;
        rng_shuffle(rng, cell, (size_t)n);
        for (int i = 0; i < n; i++)
            sum += fit(g, cell[i] / V, cell[i] % V, X[cell[i]], s->x_max, s->rate);
        loss[epoch] = (float)(sum / n);
    }
    free(cell);
}

/* ---- the runs ------------------------------------------------------------------------------------ */

/* Both vectors of a word learn the same thing: their sum is the word's vector. */
static float *sums(const Glove *g)
{
    float *x = memory_new(sizeof *x * (size_t)(g->V * g->C));
    for (int w = 0; w < g->V; w++)
        for (int k = 0; k < g->C; k++)
            x[w * g->C + k] = g->w[w * (g->C + 1) + k] + g->u[w * (g->C + 1) + k];
    return x;
}

static Trained run(WorldLanguage language, uint64_t seed, const Settings *s, float *loss)
{
    Corpus *corpus = corpus_new(language, s->sentences, s->blur, seed);
    Rng rng = rng_new(seed + 1000);
    float *X = count_pairs(corpus, s->window, s->within);
    Glove g = glove_new(corpus->vocab, s->channels, &rng);
    train(&g, X, s, &rng, loss);
    Trained t = {.corpus = corpus, .model = "GloVe", .x = sums(&g), .C = s->channels};
    show_ask(&t);
    free(g.w);
    free(X);
    return t;
}

/* The runs do not depend on one another, so they are shared among the processors. loss (RUNS,epochs). */
static void run_all(const Settings *s, Trained *trained, float *loss)
{
    Progress p = progress_begin("training", RUNS);
    int done = 0;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < RUNS; i++) {
        trained[i] =
            run((WorldLanguage)(i / SEEDS), s->seed + (uint64_t)(i % SEEDS), s, loss + i * s->epochs);
#pragma omp critical
        progress_update(&p, ++done, "loss %.4f", (double)loss[(i + 1) * s->epochs - 1]);
    }
    progress_end(&p);
}

/* What the counts near a country and its capital say, before any vector is trained. */
static void compare_counts(const Trained *trained, const Settings *s)
{
    for (int l = 0; l < WORLD_LANGUAGES; l++) {
        const Corpus *corpus = trained[l * SEEDS].corpus;
        float *X = count_pairs(corpus, s->window, s->within);
        show_ratios(corpus, X);
        free(X);
    }
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Trained trained[RUNS];
    float *loss = memory_zero((size_t)(RUNS * s.epochs), sizeof *loss),
          *english = loss + WORLD_EN * SEEDS * s.epochs;
    run_all(&s, trained, loss);
    compare_counts(trained, &s);
    printf("\nEnglish: the loss is %.3f in the first pass over the counts, %.4f in pass %d\n",
           (double)english[0], (double)english[s.epochs - 1], s.epochs);
    show_compare(trained, WORLD_LANGUAGES, SEEDS);
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        show_vectors(&trained[l * SEEDS]);
    if (!s.within)
        plot_loss_report(&s.band, "ch01/expected/glove_demo.band.tsv", english, s.epochs,
                         "ch01/out/glove_demo.band.svg", PLOT_BOTH);
    show_free(trained, RUNS);
    free(loss);
    return error_finish();
}
