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
#include "common/nn/nn.h"
#include "common/text/bleu.h"
#include "common/text/words.h"
#include "common/world/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 8, ROUNDS = 4 }; /* blocks at most; parts of the training, each with its test */

typedef struct Settings {
    int layers, heads, dim, train, test, beam;
    float dropout;
    NnTraining training;
    LossBandSettings band;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.layers = 2,
                  .heads = 4,
                  .dim = 128,
                  .train = 20000,
                  .test = 100,
                  .beam = 4,
                  .training = nn_training_new()};
    s.training.batch = 48;
    s.training.steps = 400;
    s.training.warmup = 50;
    s.training.rate = 2e-3f;
    s.training.beta2 = 0.98f;
    s.training.weight_decay = 0.01f;
    NnTrainingOptions training = nn_training_options(&s.training);
    LossBandOptions band = loss_band_options(&s.band);
    const Option options[] = {
        option_int("layers", &s.layers, 1, BLOCKS, "blocks of the encoder and of the decoder"),
        option_int("heads", &s.heads, 1, 64, "attention heads of a block"),
        option_int("channels", &s.dim, 2, 1024, "channels, an even number"),
        option_int("train", &s.train, 100, 40000, "sentence pairs to learn from"),
        option_int("test", &s.test, 1, 2000, "unseen sentence pairs to translate"),
        option_int("beam", &s.beam, 2, BEAM_WIDTH, "hypotheses of the beam search"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_group(training.items),
        option_group(band.items),
        OPTION_END};
    options_parse(argc, argv, "Translates between Chinese and English with a transformer, section 3.7.",
                  options);
    Error e = {""};
    if (!nn_training_check(&s.training, &e))
        error_exit(&e);
    if (s.dim % 2 || s.dim % s.heads)
        error_exitf("--channels %d, --heads %d: the heads must divide an even dimension", s.dim, s.heads);
    return s;
}

/* ---- sentences as numbers ------------------------------------------------------------------------- */

static const char *const tags[WORLD_LANGUAGES] = {"zh", "en"};

/* The source begins with the tag of the wanted language and ends with TEXT_END. */
static Example example_into(const TextWords *w, const WorldPair *pair, WorldLanguage into)
{
    char source[512];
    snprintf(source, sizeof source, "%s %s", tags[into], pair->text[1 - into]);
    Example x = example_new(w, source, pair->text[into]);
    x.source[x.source_count++] = TEXT_END;
    return x;
}

/* Both directions of every pair: first all into Chinese, then all into English. */
static Example *examples_new(const TextWords *w, const WorldPairs *pairs)
{
    Example *x = memory_new(sizeof *x * 2 * (size_t)pairs->count);
    for (int i = 0; i < 2 * pairs->count; i++)
        x[i] = example_into(w, &pairs->items[i % pairs->count], i < pairs->count ? WORLD_ZH : WORLD_EN);
    return x;
}

/* ---- the model ------------------------------------------------------------------------------------- */

typedef struct Translator {
    Params params;
    int layers, heads, dim, vocab;
    float dropout;
    Tensor *table; /* (V,C): words going in, and, once more, words coming out */
    NnBlock encoder[BLOCKS], decoder[BLOCKS];
    Norm encoder_norm, decoder_norm;
} Translator;

//> decode
/* ids (B,T) -> (B,T,C): words, scaled to the size of what is added, their positions. */
static Tensor *embed(Graph *g, const Translator *m, const int *ids, int size, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, size, time), sqrtf((float)m->dim));
    return nn_dropout(g, nn_add(g, x, nn_sinusoids(nn_arena(g), time, m->dim)), m->dropout);
}

static Tensor *encode(Graph *g, const Translator *m, const Batch *b)
{
    Tensor *x = embed(g, m, b->source.ids, b->source.rows, b->source.time); /* (B,S,C) */
    for (int i = 0; i < m->layers; i++)
        x = nn_block(g, &m->encoder[i], x, &(NnBlockCall){.attention = {.lengths = b->source.lengths}});
    return nn_norm(g, &m->encoder_norm, x);
}

static Tensor *decode(Graph *g, const Translator *m, const Batch *b, Tensor *memory)
{
    const NnBlockCall call = {
        .attention = {.causal = true}, .memory = memory, .cross = {.lengths = b->source.lengths}};
    Tensor *x = embed(g, m, b->target.ids, b->source.rows, b->target.time); /* (B,T,C) */
    for (int i = 0; i < m->layers; i++)
        x = nn_block(g, &m->decoder[i], x, &call);
    return nn_norm(g, &m->decoder_norm, x);
}
//< decode

static Translator *translator_new(const Settings *s, int vocab, Rng *rng)
{
    Translator *m = memory_zero(1, sizeof *m);
    m->layers = s->layers, m->heads = s->heads, m->dim = s->dim, m->vocab = vocab, m->dropout = s->dropout;
    m->table = nn_embedding_new(&m->params, "words", vocab, s->dim, 1 / sqrtf((float)s->dim), rng);
    NnBlockConfig encoder = {
        .channels = s->dim, .heads = s->heads, .activation = NN_RELU, .dropout = s->dropout};
    NnBlockConfig decoder = encoder;
    encoder.prefix = "encoder.%d";
    decoder.prefix = "decoder.%d";
    decoder.cross = true;
    for (int i = 0; i < s->layers; i++) {
        m->encoder[i] = nn_block_new(&m->params, &encoder, i, rng);
        m->decoder[i] = nn_block_new(&m->params, &decoder, i, rng);
    }
    m->encoder_norm = nn_norm_new(&m->params, "encoder_norm", s->dim);
    m->decoder_norm = nn_norm_new(&m->params, "decoder_norm", s->dim);
    return m;
}

/* ---- training -------------------------------------------------------------------------------------- */

//> train
/* Steps first .. last of the training; the loss of each goes to losses (steps). */
static void train(Graph *g, const Translator *m, Optimizer *o, const Settings *s, const Example *data,
                  int first, int last, float *losses, Rng *rng)
{
    Batch b = batch_new(s->training.batch);
    const Example **chosen = memory_new(sizeof *chosen * (size_t)s->training.batch);
    Progress bar = progress_begin("training", last - first);
    for (int step = first; step < last; step++) {
        for (int i = 0; i < s->training.batch; i++)
            chosen[i] = &data[rng_below(rng, 2 * s->train)];
        batch_fill(&b, chosen, s->training.batch);
        Tensor *said = decode(g, m, &b, encode(g, m, &b));
        Tensor *loss = nn_affine_cross_entropy(g, said, m->table, b.target.labels, TEXT_PAD);
        NnStep done = nn_train_step(g, o, loss, nn_training_rate(&s->training, step), s->training.clip);
        losses[step] = done.loss;
        progress_update(&bar, step - first + 1, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    batch_free(&b);
    free(chosen);
}
//< train

/* ---- translating ----------------------------------------------------------------------------------- */

/* ln p of the next word for every hypothesis (rows,V), into log_p. */
static void predict(Graph *g, const Translator *m, Batch *b, const Tensor *memory, const Hypothesis *h,
                    float *log_p)
{
    for (int r = 0; r < b->source.rows; r++) {
        for (int t = 0; t < b->target.time; t++)
            b->target.ids[r * b->target.time + t] = t < h[r].count ? h[r].ids[t] : TEXT_PAD;
    }
    Tensor *said = decode(g, m, b, (Tensor *)memory);
    Tensor *last = nn_slice(g, said, 1, b->target.time - 1, 1); /* (rows,1,C) */
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
    Tensor *encoded = encode(g, m, &b), *memory = tensor_new(NULL, rows, b.source.time, m->dim);
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

/* BLEU of `count` sentences; shows the first `shown` of them. */
static double evaluate(Graph *g, const Translator *m, const TextWords *w, const Example *x, int count,
                       int width, int shown)
{
    TextBleu bleu = {0};
    Hypothesis *beams = memory_new(sizeof *beams * (size_t)(count * width));
    translate(g, m, x, count, width, beams);
    for (int i = 0; i < count; i++) {
        const Hypothesis *h = beam_choose(&beams[i * width], width);
        text_bleu_add(&bleu, h->ids + 1, h->count - 1 - h->done, x[i].target + 1, x[i].target_count - 2);
        if (i < shown) {
            char *source = text_words_decode(w, x[i].source + 1, x[i].source_count - 1);
            char *got = text_words_decode(w, h->ids, h->count);
            char *want = text_words_decode(w, x[i].target, x[i].target_count);
            bool right = strcmp(got, want) == 0;
            printf("  %s\n    %s%s%s\n", source, got, right ? "" : "   instead of   ", right ? "" : want);
            free(source);
            free(got);
            free(want);
        }
    }
    free(beams);
    return text_bleu_score(&bleu);
}

/* One line of the table: BLEU in both directions, greedy and beam. */
static void report(Graph *g, const Translator *m, const TextWords *w, const Settings *s,
                   const Example *tests, int step)
{
    printf("%6d", step);
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        printf("   %12.1f   %5.1f", evaluate(g, m, w, tests + l * s->test, s->test, 1, 0),
               evaluate(g, m, w, tests + l * s->test, s->test, s->beam, 0));
    puts("");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Rng rng = rng_new(s.training.seed);
    WorldPairs learned = world_pairs(WORLD_TRAIN, s.train, &rng),
               unseen = world_pairs(WORLD_TEST, s.test, &rng);
    TextWords *w = text_words_new();
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        text_words_add(w, tags[l]);
    for (int i = 0; i < 2 * learned.count; i++)
        text_words_add(w, learned.items[i / 2].text[i % 2]);
    Example *data = examples_new(w, &learned), *tests = examples_new(w, &unseen);

    Graph *g = nn_graph_new();
    nn_graph_multiply_in(g, (TensorPrecision)s.training.precision);
    Translator *m = translator_new(&s, text_words_count(w), &rng);
    printf("%d sentence pairs, %d pieces, %zu parameters\n", s.train, m->vocab, nn_param_total(&m->params));
    printf("BLEU on %d unseen sentences in each direction, greedy and with beam search\n", s.test);
    puts("  step   English->Chinese  beam   Chinese->English  beam");
    Optimizer *o = nn_training_optimizer(&s.training, &m->params);
    float *losses = memory_new(sizeof *losses * (size_t)s.training.steps);
    double start = clock_seconds();
    for (int round = 1; round <= ROUNDS; round++) {
        int last = (int)((long)s.training.steps * round / ROUNDS);
        train(g, m, o, &s, data, (int)((long)s.training.steps * (round - 1) / ROUNDS), last, losses, &rng);
        report(g, m, w, &s, tests, last);
    }
    loss_band_report(&s.band, "ch03/expected/transformer_translate.band.tsv", losses, s.training.steps);
    printf("trained and tested in %.0f s\n", clock_seconds() - start);
    for (int l = 0; l < WORLD_LANGUAGES; l++) {
        printf("\n%s:\n", l == WORLD_ZH ? "English into Chinese" : "Chinese into English");
        evaluate(g, m, w, tests + l * s.test, s.test, 1, 5);
    }
    free(losses);
    nn_optimizer_free(o);
    nn_graph_free(g);
    nn_params_free(&m->params);
    free(m);
    free(data);
    free(tests);
    text_words_free(w);
    world_pairs_free(&learned);
    world_pairs_free(&unseen);
    return error_finish();
}
