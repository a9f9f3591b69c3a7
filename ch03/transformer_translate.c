/* transformer_translate.c -- the whole transformer, section 3.7 (Vaswani et al., 2017).
 *
 * An encoder reads a sentence, a decoder writes its translation a word at a
 * time. One model learns both directions between Chinese and English: the first
 * piece of the source says which language is wanted (Johnson et al., 2017). It
 * is then given sentences it has never seen, and BLEU says how well it does,
 * when each word is the likeliest (greedy) and when several translations are
 * followed at once (beam search). */
#include "ch03/beam.h"
#include "ch03/pairs.h"
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "common/nn/nn.h"
#include "common/text/bleu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 128, HEADS = 4, MAX_LAYERS = 8, BEAM = 4, SHOWN = 5 };

typedef struct Settings {
    int layers, train, test;
    NnTraining training;
    LossBandSettings band;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.layers = 2, .train = 20000, .test = 100, .training = nn_training_new()};
    s.training.batch = 48;
    s.training.steps = 400;
    s.training.warmup = 50;
    s.training.rate = 2e-3f;
    s.training.beta2 = 0.98f;
    s.training.weight_decay = 0.01f;
    NnTrainingOptions training = nn_training_options(&s.training);
    LossBandOptions band = loss_band_options(&s.band);
    const Option options[] = {
        option_int("layers", &s.layers, 1, MAX_LAYERS, "blocks of the encoder and of the decoder"),
        option_int("train", &s.train, 100, 40000, "sentence pairs to learn from"),
        option_int("test", &s.test, 1, 2000, "unseen sentence pairs to translate"),
        option_group(training.items),
        option_group(band.items),
        OPTION_END};
    options_parse(argc, argv, "Translates between Chinese and English with a transformer, section 3.7.",
                  options);
    Error e = {""};
    if (!nn_training_check(&s.training, &e))
        error_exit(&e);
    return s;
}

/* ---- the model ------------------------------------------------------------------------------------- */

typedef struct Translator {
    Params params;
    int layers, vocab;
    Tensor *table; /* (V,C): words going in, and, once more, words coming out */
    NnBlock encoder[MAX_LAYERS], decoder[MAX_LAYERS];
    Norm encoder_norm, decoder_norm;
} Translator;

static Translator translator_new(int layers, int vocab, Rng *rng)
{
    Translator m = {.layers = layers, .vocab = vocab};
    NnBlockConfig encoder = {
        .channels = CHANNELS, .heads = HEADS, .activation = NN_RELU, .prefix = "encoder.%d"};
    NnBlockConfig decoder = encoder;
    decoder.prefix = "decoder.%d";
    decoder.cross = true;
    m.table = nn_embedding_new(&m.params, "words", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < layers; i++) {
        m.encoder[i] = nn_block_new(&m.params, &encoder, i, rng);
        m.decoder[i] = nn_block_new(&m.params, &decoder, i, rng);
    }
    m.encoder_norm = nn_norm_new(&m.params, "encoder_norm", CHANNELS);
    m.decoder_norm = nn_norm_new(&m.params, "decoder_norm", CHANNELS);
    return m;
}

//> decode
/* ids (B,T) -> (B,T,C): word embeddings times sqrt(C), plus their positions. */
static Tensor *embed(Graph *g, const Translator *m, const TextBatch *b)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, b->ids, b->rows, b->time), sqrtf(CHANNELS));
    return nn_add(g, x, nn_sinusoids(nn_arena(g), b->time, CHANNELS));
}

static Tensor *encode(Graph *g, const Translator *m, const Batch *b)
{
    Tensor *x = embed(g, m, &b->source); /* (B,S,C) */
    for (int i = 0; i < m->layers; i++)
        x = nn_block(g, &m->encoder[i], x, &(NnBlockCall){.attention = {.lengths = b->source.lengths}});
    return nn_norm(g, &m->encoder_norm, x);
}

static Tensor *decode(Graph *g, const Translator *m, const Batch *b, Tensor *memory)
{
    const NnBlockCall call = {
        .attention = {.causal = true}, .memory = memory, .cross = {.lengths = b->source.lengths}};
    Tensor *x = embed(g, m, &b->target); /* (B,T,C) */
    for (int i = 0; i < m->layers; i++)
        x = nn_block(g, &m->decoder[i], x, &call);
    return nn_norm(g, &m->decoder_norm, x);
}
//< decode

/* ---- translating ----------------------------------------------------------------------------------- */

/* ln p of the next word for every hypothesis (rows,V), into log_p. */
static void predict(Graph *g, const Translator *m, Batch *b, const Tensor *memory, const Hypothesis *h,
                    float *log_p)
{
    for (int r = 0; r < b->source.rows; r++) {
        for (int t = 0; t < b->target.time; t++)
            b->target.ids[r * b->target.time + t] = t < h[r].count ? h[r].ids[t] : TEXT_PAD;
    }
    Tensor *hidden = decode(g, m, b, (Tensor *)memory);
    Tensor *last = nn_slice(g, hidden, 1, b->target.time - 1, 1); /* (rows,1,C) */
    Tensor *p = nn_log_softmax(g, nn_affine(g, last, m->table, NULL));
    memcpy(log_p, p->data, p->size * sizeof *log_p);
    nn_graph_reset(g);
}

/* Translates `count` sentences at once, `width` hypotheses each; width 1 is the
 * greedy search. beams (count,width) holds the hypotheses at the end. */
static void translate(Graph *g, const Translator *m, const Example *x, int count, int width,
                      Hypothesis *beams)
{
    int rows = count * width;
    Batch b = batch_new(rows);
    const Example **repeated = memory_new(sizeof *repeated * (size_t)rows);
    float *log_p = memory_new(sizeof *log_p * (size_t)rows * (size_t)m->vocab);
    for (int r = 0; r < rows; r++) {
        repeated[r] = &x[r / width];
        beams[r] = (Hypothesis){.ids = {TEXT_BEGIN}, .count = 1, .score = r % width ? -INFINITY : 0};
    }
    nn_graph_record(g, false);
    batch_fill(&b, repeated, rows);
    Tensor *encoded = encode(g, m, &b), *memory = tensor_new(NULL, rows, b.source.time, CHANNELS);
    tensor_copy(memory, encoded->data); /* outlives the resets of the graph */
    nn_graph_reset(g);
    for (b.target.time = 1; b.target.time < BEAM_TIME; b.target.time++) {
        predict(g, m, &b, memory, beams, log_p);
        for (int i = 0; i < count; i++)
            beam_extend(&beams[i * width], width, &log_p[i * width * m->vocab], m->vocab);
    }
    nn_graph_record(g, true);
    tensor_free(memory);
    batch_free(&b);
    free(repeated);
    free(log_p);
}

/* BLEU of the first `count` examples. */
static double bleu(Graph *g, const Translator *m, const Example *x, int count, int width)
{
    TextBleu sum = {0};
    Hypothesis *beams = memory_new(sizeof *beams * (size_t)(count * width));
    translate(g, m, x, count, width, beams);
    for (int i = 0; i < count; i++) {
        const Hypothesis *h = beam_choose(&beams[i * width], width);
        text_bleu_add(&sum, h->ids + 1, h->count - 1 - h->done, x[i].target + 1, x[i].target_count - 2);
    }
    free(beams);
    return text_bleu_score(&sum);
}

/* BLEU into Chinese, greedy and with beam search, and into English. */
static void test(Graph *g, const Translator *m, const Pairs *pairs, double scores[4])
{
    int half = pairs->test_count / 2;
    for (int i = 0; i < 4; i++)
        scores[i] = bleu(g, m, pairs->test + i / 2 * half, half, i % 2 ? BEAM : 1);
}

static void show(Graph *g, const Translator *m, const Pairs *pairs, const char *title, const Example *x)
{
    Hypothesis said[SHOWN];
    int count = pairs->test_count / 2 < SHOWN ? pairs->test_count / 2 : SHOWN;
    translate(g, m, x, count, 1, said);
    printf("\n%s:\n", title);
    for (int i = 0; i < count; i++) {
        const Hypothesis *h = &said[i];
        bool right = h->count == x[i].target_count &&
                     memcmp(h->ids, x[i].target, (size_t)h->count * sizeof *h->ids) == 0;
        text_words_print(pairs->words, "  ", x[i].source + 1, x[i].source_count - 1, "\n");
        text_words_print(pairs->words, "    ", h->ids, h->count, right ? "\n" : "   instead of   ");
        if (!right)
            text_words_print(pairs->words, "", x[i].target, x[i].target_count, "\n");
    }
}

/* ---- training -------------------------------------------------------------------------------------- */

//> train
/* All steps; the loss of each goes to losses (steps). After each quarter of them the model is tested: scores get
 * the step and the BLEU scores. Returns the number of tests. */
static int train(Graph *g, const Translator *m, const NnTraining *how, const Pairs *pairs, float *losses,
                 double scores[4][5], Rng *rng)
{
    Optimizer *o = nn_training_optimizer(how, &m->params);
    Batch b = batch_new(how->batch);
    Progress bar = progress_begin("training", how->steps);
    int tests = 0;
    for (int step = 0; step < how->steps; step++) {
        batch_draw(&b, pairs->train, pairs->train_count, how->batch, rng);
        Tensor *hidden = decode(g, m, &b, encode(g, m, &b));
        Tensor *loss = nn_affine_cross_entropy(g, hidden, m->table, b.target.labels, TEXT_PAD);
        losses[step] = nn_train_step(g, o, loss, nn_training_rate(how, step), how->clip).loss;
        progress_update(&bar, step + 1, "loss %.3f", (double)losses[step]);
        if (4L * (step + 1) / how->steps > 4L * step / how->steps) {
            scores[tests][0] = step + 1;
            test(g, m, pairs, scores[tests++] + 1);
        }
    }
    progress_end(&bar);
    batch_free(&b);
    nn_optimizer_free(o);
    return tests;
}
//< train

int main(int argc, char **argv)
{
    static const TabularColumn columns[] = {
        {"step", 0}, {"into Chinese", 1}, {"beam", 1}, {"into English", 1}, {"beam", 1}};
    Settings s = parse(argc, argv);
    Rng rng = rng_new(s.training.seed);
    Pairs pairs = pairs_new(s.train, s.test, true, &rng);
    Translator m = translator_new(s.layers, text_words_count(pairs.words), &rng);
    Graph *g = nn_graph_new();
    float *losses = memory_new(sizeof *losses * (size_t)s.training.steps);
    double scores[4][5], start = clock_seconds();
    int tests = train(g, &m, &s.training, &pairs, losses, scores, &rng);
    printf("%d sentence pairs, %d tokens, %zu parameters\n"
           "BLEU on %d unseen sentences in each direction, greedy and with beam search\n",
           s.train, m.vocab, nn_param_total(&m.params), s.test);
    tabular_print_matrix(NULL, NULL, columns, 5, scores[0], tests);
    plot_loss_report(&s.band, "ch03/expected/transformer_translate.band.tsv", losses, s.training.steps,
                     "ch03/out/transformer_translate.band.svg", PLOT_BOTH);
    printf("trained and tested in %.0f s\n", clock_seconds() - start);
    show(g, &m, &pairs, "English into Chinese", pairs.test);
    show(g, &m, &pairs, "Chinese into English", pairs.test + s.test);
    free(losses);
    nn_graph_free(g);
    nn_params_free(&m.params);
    pairs_free(&pairs);
    return error_finish();
}
