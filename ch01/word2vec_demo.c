/* word2vec_demo.c -- word2vec: skip-gram and CBOW with negative sampling; section 1.2.2.
 *
 * The vector of a word is trained so that it can tell which words stand beside it from words that were drawn at
 * random. Both models learn from sentences with planted relations (corpus.h). Then analogies are asked, with the
 * question's own words left out and left in. Last, the relation is taken out of the corpus step by step, to see which
 * of the two numbers notices. */
#include "ch01/show.h"
#include "common/base/base.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum Model { SKIP_GRAM, CBOW, MODELS } Model;
static const char *const MODEL_NAMES[] = {"skip-gram", "CBOW"};

enum {
    TABLE = 100003, /* entries of the table of negative words */
    MAX_CHANNELS = 256,
    SENTENCE = 32, /* words of a sentence at most */
    SEEDS = 3,
    BLURS = 6,
    CURVE = 1000, /* points of the loss curve at most */
    POINT = 1200  /* sentences of a point of the loss curve */
};

typedef struct Settings {
    int model, channels, window, negative, epochs, sentences, language;
    float rate, sample, blur;
    uint64_t seed;
    LossBandSettings band;
} Settings;

static Settings parse(int argc, char **argv)
{
    static const char *const models[] = {"both", "skip-gram", "cbow", NULL};
    Settings s = {0,         32,   4,     5,    3, 40000,
                  PLOT_BOTH, 0.1f, 1e-3f, 0.2f, 1, .band = {.model = "skip-gram, English"}};
    LossBandOptions shared = loss_band_options(&s.band);
    const Option options[] = {
        option_choice("model", &s.model, models, "what is trained"),
        option_int("channels", &s.channels, 2, MAX_CHANNELS, "C, the length of a vector"),
        option_int("window", &s.window, 1, 20, "words to the left and right, at most"),
        option_int("negative", &s.negative, 0, 50, "words drawn at random for each true one"),
        option_int("epochs", &s.epochs, 1, 100, "passes over the corpus"),
        option_int("sentences", &s.sentences, 4000, 1000000, "sentences of each language"),
        option_float("rate", &s.rate, 0, 1, "learning rate at the start; CBOW takes twice as much"),
        option_float("sample", &s.sample, 1e-6, 1,
                     "a word of frequency f is read with probability sqrt(sample/f)"),
        option_float("blur", &s.blur, 0, 1, "how much the two sides of a relation are mixed"),
        option_seed(&s.seed),
        option_group(shared.items),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "word2vec: skip-gram and CBOW with negative sampling, section 1.2.2.",
                  options);
    if (s.negative == 0)
        error_exitf(
            "--negative 0: with true words alone the loss is smallest when all vectors are the same, and "
            "nothing is learnt; give at least 1");
    return s;
}

/* ---- the model ----------------------------------------------------------------------------------- */

/* Two vectors for each word: v as the word in the middle, u as a word beside it. */
typedef struct Word2vec {
    const Corpus *corpus;
    const Settings *s;
    float *v, *u;             /* (V,C) */
    float keep[CORPUS_WORDS]; /* (V): the probability that an occurrence is read */
    int table[TABLE];         /* negative words: each as often as its count^0.75 */
    float rate;
    Rng rng;
} Word2vec;

//> start
static void start(Word2vec *m)
{
    int V = m->corpus->vocab, C = m->s->channels;
    for (int i = 0; i < V * C; i++)
        m->v[i] = (rng_uniform(&m->rng) - 0.5f) / (float)C; /* u starts at 0 */
    double total = 0, sum = 0;
    for (int w = 0; w < V; w++)
        total += pow(m->corpus->count[w], 0.75);
    for (int w = 0, i = 0; w < V; w++) {
        float frequency = (float)m->corpus->count[w] / (float)m->corpus->tokens;
        m->keep[w] = sqrtf(m->s->sample / frequency);
        sum += pow(m->corpus->count[w], 0.75);
        while (i < TABLE && i < sum / total * TABLE)
            m->table[i++] = w;
    }
}
//< start

//> classify
/* Does the word of u (C) really stand beside h (C)? One step of logistic regression: moves u, adds the gradient of h
 * to dh (C), and returns the loss, -ln s(u.h), or -ln s(-u.h) where it does not. */
static double classify(float *u, bool beside, const float *h, int C, float rate, float *dh)
{
    float score = 0;
    for (int i = 0; i < C; i++)
        score += u[i] * h[i];
    float error = 1 / (1 + expf(-score)) - (beside ? 1 : 0);
    for (int i = 0; i < C; i++) {
        dh[i] += error * u[i];
        u[i] -= rate * error * h[i];
    }
    return log1p(exp((double)(beside ? -score : score)));
}

/* The word that is there, and `negative` words from the table. */
static double learn(Word2vec *m, int word, const float *h, float *dh)
{
    int C = m->s->channels;
    double loss = classify(m->u + word * C, true, h, C, m->rate, dh);
    for (int k = 0; k < m->s->negative; k++) {
        int other = m->table[rng_below(&m->rng, TABLE)];
        if (other != word)
            loss += classify(m->u + other * C, false, h, C, m->rate, dh);
    }
    return loss;
}
//< classify

//> models
/* Skip-gram: from the word at the middle, each word of ids[first .. last] around it. The mean loss. */
static double skip_gram(Word2vec *m, const int *ids, int middle, int first, int last)
{
    int C = m->s->channels;
    float *v = m->v + ids[middle] * C;
    double loss = 0;
    for (int t = first; t <= last; t++) {
        float dv[MAX_CHANNELS] = {0};
        if (t == middle)
            continue;
        loss += learn(m, ids[t], v, dv);
        for (int i = 0; i < C; i++)
            v[i] -= m->rate * dv[i];
    }
    return loss / (last - first);
}

/* CBOW, the continuous bag of words: from the mean of the words around it, the one at the middle. */
static double cbow(Word2vec *m, const int *ids, int middle, int first, int last)
{
    int C = m->s->channels, n = last - first;
    float h[MAX_CHANNELS] = {0}, dh[MAX_CHANNELS] = {0};
    for (int t = first; t <= last; t++)
        for (int i = 0; i < C && t != middle; i++)
            h[i] += m->v[ids[t] * C + i] / (float)n;
    double loss = learn(m, ids[middle], h, dh);
    for (int t = first; t <= last; t++)
        for (int i = 0; i < C && t != middle; i++)
            m->v[ids[t] * C + i] -= m->rate * dh[i] / (float)n;
    return loss;
}
//< models

/* What is read of a sentence: frequent words are skipped at random, so that rare ones come closer together. */
static int subsample(Word2vec *m, int sentence, int *ids)
{
    const Corpus *c = m->corpus;
    int n = 0;
    for (int t = c->start[sentence]; t < c->start[sentence + 1]; t++)
        if (rng_uniform(&m->rng) < m->keep[c->ids[t]])
            ids[n++] = c->ids[t];
    return n;
}

/* loss (points): the mean over each POINT sentences. */
static void train(Word2vec *m, Model model, float *loss)
{
    int total = m->s->epochs * m->corpus->sentences, ids[SENTENCE], terms = 0;
    double sum = 0;
    for (int step = 0; step < total; step++) {
        int n = subsample(m, step % m->corpus->sentences, ids);
        m->rate = m->s->rate * (model == CBOW ? 2 : 1) * (1 - (float)step / (float)total);
        for (int t = 0; t < n && n > 1; t++) {
            int reach = 1 + rng_below(&m->rng, m->s->window); /* near words are seen more often */
            int first = t > reach ? t - reach : 0, last = t + reach < n ? t + reach : n - 1;
            sum += (model == CBOW ? cbow : skip_gram)(m, ids, t, first, last);
            terms++;
        }
        if ((step + 1) % POINT == 0 && step / POINT < CURVE) {
            loss[step / POINT] = (float)(sum / terms);
            sum = terms = 0;
        }
    }
}

/* One step of SGD in two dimensions, to be followed with a pencil: v with a true and a negative word. */
static void step_by_hand(void)
{
    float v[2] = {1, 0.5f}, u[2][2] = {{1, 0}, {0, 2}}, dv[2] = {0, 0}, rate = 0.5f;
    double loss = classify(u[0], true, v, 2, rate, dv) + classify(u[1], false, v, 2, rate, dv);
    double after = 0;
    puts("One step of SGD, learning rate 0.5: v = (1, 0.5), the true word u0 = (1, 0), a negative word u1 "
         "= (0, 2)");
    for (int i = 0; i < 2; i++)
        v[i] -= rate * dv[i];
    printf("  gradient of v (%.3f, %.3f), so v becomes (%.3f, %.3f)\n", (double)dv[0], (double)dv[1],
           (double)v[0], (double)v[1]);
    for (int k = 0; k < 2; k++) {
        double score = (double)(u[k][0] * v[0] + u[k][1] * v[1]);
        after += log1p(exp(k == 0 ? -score : score));
        printf("  u%d becomes (%.3f, %.3f), and u%d.v goes from 1 to %.3f\n", k, (double)u[k][0],
               (double)u[k][1], k, score);
    }
    printf("  the loss falls from %.3f to %.3f\n", loss, after);
}

/* ---- the runs ------------------------------------------------------------------------------------ */

typedef struct Run {
    WorldLanguage language;
    Model model;
    float blur;
    uint64_t seed;
    float loss[CURVE];
} Run;

static Trained run(Run *r, const Settings *s)
{
    Corpus *corpus = corpus_new(r->language, s->sentences, r->blur, r->seed);
    size_t size = (size_t)(corpus->vocab * s->channels);
    Word2vec *m = memory_zero(1, sizeof *m);
    *m = (Word2vec){.corpus = corpus, .s = s, .rng = rng_new(r->seed + 1000)};
    m->v = memory_new(size * sizeof *m->v);
    m->u = memory_zero(size, sizeof *m->u);
    start(m);
    train(m, r->model, r->loss);
    Trained t = {.corpus = corpus, .model = MODEL_NAMES[r->model], .x = m->v, .C = s->channels};
    show_ask(&t);
    free(m->u);
    free(m);
    return t;
}

/* The runs do not depend on one another, so they are shared among the processors. */
static void run_all(Run *runs, Trained *trained, int count, const Settings *s, const char *label)
{
    Progress p = progress_begin(label, count);
    int done = 0;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < count; i++) {
        trained[i] = run(&runs[i], s);
#pragma omp critical
        progress_update(&p, ++done, "%s", show_language(runs[i].language));
    }
    progress_end(&p);
}

/* How the answers fare as the two sides of every relation are mixed. */
static void blur_relations(const Settings *s)
{
    static const float blurs[BLURS] = {0, 0.2f, 0.4f, 0.6f, 0.8f, 1};
    Run runs[WORLD_LANGUAGES * BLURS];
    Trained trained[WORLD_LANGUAGES * BLURS];
    for (int i = 0; i < WORLD_LANGUAGES * BLURS; i++)
        runs[i] = (Run){.language = (WorldLanguage)(i / BLURS), .blur = blurs[i % BLURS], .seed = s->seed};
    run_all(runs, trained, WORLD_LANGUAGES * BLURS, s, "blurring");
    show_blur(trained, blurs, BLURS, s->language);
    show_free(trained, WORLD_LANGUAGES * BLURS);
}

/* The runs of both languages: (languages, models, seeds). Returns how many models there are. */
static int plan(Run *runs, const Settings *s)
{
    int models = s->model == 0 ? MODELS : 1, each = models * SEEDS;
    for (int i = 0; i < WORLD_LANGUAGES * each; i++)
        runs[i] = (Run){.language = (WorldLanguage)(i / each),
                        .model = (Model)(models == 1 ? s->model - 1 : i / SEEDS % models),
                        .blur = s->blur,
                        .seed = s->seed + (uint64_t)(i % SEEDS)};
    return models;
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Run runs[WORLD_LANGUAGES * MODELS * SEEDS];
    Trained trained[WORLD_LANGUAGES * MODELS * SEEDS];
    int models = plan(runs, &s), each = models * SEEDS, points = s.epochs * s.sentences / POINT;
    step_by_hand();
    run_all(runs, trained, WORLD_LANGUAGES * each, &s, "training");
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        show_corpus(trained[l * each].corpus);
    show_compare(trained, WORLD_LANGUAGES * models, SEEDS);
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        show_vectors(&trained[l * each]);
    blur_relations(&s);
    if (s.model != 1 + CBOW)
        plot_loss_report(&s.band, "ch01/expected/word2vec_demo.band.tsv", runs[WORLD_EN * each].loss,
                         points < CURVE ? points : CURVE, "ch01/out/word2vec_demo.band.svg", s.language);
    show_free(trained, WORLD_LANGUAGES * each);
    return error_finish();
}
