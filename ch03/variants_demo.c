/* variants_demo.c -- encoder-only, decoder-only, encoder-decoder, section 3.8.
 *
 * One block, three wirings. Without a mask a word sees all of its sentence (BERT);
 * behind a look-ahead mask it sees what comes before (GPT); and where the answer is
 * another text, one stack reads without a mask and a second one writes with it
 * (T5). Each wiring is trained on what it is good at and on what it is not: filling
 * in a hidden word, saying the next one, translating. */
#include "ch03/tasks.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/text/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 2, HEADS = 4, CHANNELS = 64, SHOWN = 3 };

static const char *const WIRING_NAMES[WIRINGS] = {"encoder only", "decoder only", "encoder-decoder"};

/* ---- the model ----------------------------------------------------------------------------------- */

typedef struct Model {
    Params params;
    Wiring wiring;
    Tensor *table;                         /* (V,C): words going in and coming out */
    NnBlock first[LAYERS], second[LAYERS]; /* second: what writes, in an encoder-decoder */
    Norm norm_first, norm_second;
} Model;

static Model model_new(Wiring wiring, int vocab, Rng *rng)
{
    Model m = {.wiring = wiring};
    const NnBlockConfig first = {
        .channels = CHANNELS, .heads = HEADS, .activation = NN_RELU, .prefix = "first.%d"};
    NnBlockConfig second = first;
    second.cross = true;
    second.prefix = "second.%d";
    m.table = nn_embedding_new(&m.params, "words", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < LAYERS; i++) {
        m.first[i] = nn_block_new(&m.params, &first, i, rng);
        if (wiring == ENCODER_DECODER)
            m.second[i] = nn_block_new(&m.params, &second, i, rng);
    }
    m.norm_first = nn_norm_new(&m.params, "norm_first", CHANNELS);
    if (wiring == ENCODER_DECODER)
        m.norm_second = nn_norm_new(&m.params, "norm_second", CHANNELS);
    return m;
}

//> wirings
static Tensor *stack(Graph *g, const NnBlock *blocks, Tensor *x, const NnBlockCall *call)
{
    for (int i = 0; i < LAYERS; i++)
        x = nn_block(g, &blocks[i], x, call);
    return x;
}

static Tensor *embed(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, batch, time), sqrtf(CHANNELS));
    return nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
}

/* -> (B,T,C), of the text. *memory (B,S,C): what an encoder-decoder made of the source. */
static Tensor *run(Graph *g, const Model *m, const Batch *b, Tensor **memory)
{
    Tensor *text = embed(g, m, b->text, b->size, b->time);
    NnBlockCall call = {.attention = {.causal = m->wiring != ENCODER, .lengths = b->lengths}};
    if (m->wiring != ENCODER_DECODER)
        return nn_norm(g, &m->norm_first, stack(g, m->first, text, &call));
    Tensor *source = embed(g, m, b->source, b->size, b->source_time);
    source = stack(g, m->first, source, &(NnBlockCall){.attention = {.lengths = b->source_lengths}});
    *memory = nn_norm(g, &m->norm_first, source);
    call.memory = *memory;
    call.cross.lengths = b->source_lengths;
    text = stack(g, m->second, text, &call);
    return nn_norm(g, &m->norm_second, text);
}
//< wirings

/* ---- training ------------------------------------------------------------------------------------- */

static void train(Graph *g, const Model *m, const Data *d, Task task, int steps, Rng *rng)
{
    static Batch b;
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    Progress bar = progress_begin("training", steps);
    for (int step = 0; step < steps; step++) {
        Tensor *memory;
        tasks_draw(&b, d, task, m->wiring, rng);
        Tensor *loss = nn_affine_cross_entropy(g, run(g, m, &b, &memory), m->table, b.expected, TEXT_PAD);
        NnStep done = nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 3e-3f, 0), 1);
        progress_update(&bar, step + 1, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    nn_optimizer_free(o);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* Sets what the model says at every place of the batch. */
static void answer(Graph *g, const Model *m, Batch *b)
{
    Tensor *memory, *logits = nn_affine(g, run(g, m, b, &memory), m->table, NULL); /* (B,T,V) */
    int vocab = m->table->shape[0];
    for (int i = 0; i < b->size * b->time; i++)
        b->said[i] = nn_argmax(logits->data + (size_t)i * (size_t)vocab, vocab);
    nn_graph_reset(g);
}

/* The share of next words said right when a sentence ends where it has been written so far. */
static double score_writing(Graph *g, const Model *m, const Example *tests)
{
    static Batch b;
    int words = 0, right = 0;
    for (int i = 0; i < TASKS_TESTS / TASKS_BATCH * TASKS_MAX / 2; i++) {
        const Example *some = tests + i / (TASKS_MAX / 2) * TASKS_BATCH;
        if (tasks_cut(&b, some, 2 + i % (TASKS_MAX / 2), m->wiring) == 0)
            continue;
        answer(g, m, &b);
        for (int last = b.time - 1; last < b.size * b.time; last += b.time)
            right += b.said[last] == b.expected[last];
        words += b.size;
    }
    return 100.0 * right / words;
}

static Score evaluate(Graph *g, const Model *m, const Example *tests, Task task)
{
    static Batch b;
    int words = 0, wrong = 0, whole = 0;
    for (int first = 0; first < TASKS_TESTS; first += TASKS_BATCH) {
        const Example *x[TASKS_BATCH];
        for (int k = 0; k < TASKS_BATCH; k++)
            x[k] = &tests[first + k];
        tasks_fill(&b, x, TASKS_BATCH, task, m->wiring);
        answer(g, m, &b);
        for (int k = 0; k < TASKS_BATCH; k++) {
            int mistakes = 0;
            for (int i = k * b.time; i < (k + 1) * b.time; i++) {
                words += b.expected[i] != TEXT_PAD;
                mistakes += b.expected[i] != TEXT_PAD && b.said[i] != b.expected[i];
            }
            wrong += mistakes;
            whole += mistakes == 0;
        }
    }
    double writing = task == NEXT ? score_writing(g, m, tests) : 0;
    return (Score){100.0 * (words - wrong) / words, 100.0 * whole / TASKS_TESTS, writing};
}

/* ---- who sees whom ------------------------------------------------------------------------------- */

enum { SPLIT = 4, PLACES = 2 * SPLIT }; /* a source of four words and its translation */

/* The outputs of all places (PLACES,C), and of a graph that is reset by the caller. */
static const float *outputs(Graph *g, const Model *m, const int ids[PLACES])
{
    static Batch b;
    int before = m->wiring == ENCODER_DECODER ? SPLIT : 0;
    Tensor *memory = NULL;
    b.size = 1;
    b.source_time = b.source_lengths[0] = before;
    b.time = b.lengths[0] = PLACES - before;
    memcpy(b.source, ids, (size_t)before * sizeof *ids);
    memcpy(b.text, ids + before, (size_t)b.time * sizeof *ids);
    Tensor *text = run(g, m, &b, &memory);
    return (memory ? nn_concat(g, memory, text, 1) : text)->data;
}

/* sees (PLACES,PLACES): 1 where the output of the row changes when the word of the column is another one. */
static void who_sees_whom(Graph *g, const Model *m, const int ids[PLACES], float *sees)
{
    const float *usual = outputs(g, m, ids);
    for (int s = 0; s < PLACES; s++) {
        int changed[PLACES];
        memcpy(changed, ids, sizeof changed);
        changed[s] = TEXT_UNKNOWN;
        const float *other = outputs(g, m, changed);
        for (int t = 0; t < PLACES; t++) {
            const float *a = usual + t * CHANNELS, *b = other + t * CHANNELS;
            sees[t * PLACES + s] = memcmp(a, b, CHANNELS * sizeof *a) != 0;
        }
    }
    nn_graph_reset(g);
}

static void draw(const float *sees, const char *const *names, int language)
{
    static const char *const chinese[WIRINGS] = {"仅编码器", "仅解码器", "编码器-解码器"};
    Plot *p = plot_new(
        "ch03/out/variants_demo.svg", language,
        plot_text("Whose output (row) depends on which word (column)", "谁的输出（行）依赖哪个词（列）"));
    for (int w = 0; w < WIRINGS; w++) {
        float cells[PLACES * PLACES];
        for (int i = 0; i < PLACES * PLACES; i++)
            cells[i] = sees[w * PLACES * PLACES + i] > 0 ? 1 : NAN; /* what is not seen stays empty */
        plot_panel(p, plot_text(WIRING_NAMES[w], chinese[w]));
        plot_heatmap(p, cells, PLACES, PLACES, names, names);
    }
    plot_finish(p, "picture");
}

static void show_masks(Graph *g, const Data *d, uint64_t seed, int language)
{
    float sees[WIRINGS * PLACES * PLACES];
    int ids[PLACES + 1];
    const char *names[PLACES];
    text_words_encode(d->words, "小红很累", ids, SPLIT);
    ids[SPLIT] = TEXT_BEGIN;
    text_words_encode(d->words, "Mary is tired", ids + SPLIT + 1, SPLIT - 1);
    for (int i = 0; i < PLACES; i++)
        names[i] = text_words_piece(d->words, ids[i]);
    puts("Whose output (row) changes with which word (column)? Measured on untrained models.");
    for (int w = 0; w < WIRINGS; w++) {
        Rng rng = rng_new(seed);
        Model m = model_new((Wiring)w, text_words_count(d->words), &rng);
        who_sees_whom(g, &m, ids, sees + w * PLACES * PLACES);
        printf("\n%s\n", WIRING_NAMES[w]);
        terminal_heatmap(sees + w * PLACES * PLACES, PLACES, PLACES, names, names);
        nn_params_free(&m.params);
    }
    draw(sees, names, language);
}

/* ---- three tasks --------------------------------------------------------------------------------- */

static void print_text(const char *label, const Data *d, const int *ids, int count)
{
    char *text = text_words_decode(d->words, ids, count);
    printf("  %-16s %s\n", label, text);
    free(text);
}

/* Goes on from x->target, word by word, until the model says TEXT_END. */
static void write_on(Graph *g, const Model *m, const Data *d, Example x, Task task)
{
    static Batch b;
    while (x.target_count < TASKS_MAX / 2) {
        x.target[x.target_count++] = TEXT_END; /* to be said; the model does not read it */
        tasks_fill(&b, (const Example *const[]){&x}, 1, task, m->wiring);
        answer(g, m, &b);
        x.target[x.target_count - 1] = b.said[b.time - 1];
        if (b.said[b.time - 1] == TEXT_END)
            break;
    }
    print_text(WIRING_NAMES[m->wiring], d, x.target, x.target_count);
}

static void show(Graph *g, const Model *m, const Data *d, Task task)
{
    static Batch b;
    for (int i = 0; i < SHOWN; i++) {
        Example x = d->examples[WORLD_TEST][i];
        if (task == FILL) {
            tasks_fill(&b, (const Example *const[]){&x}, 1, task, m->wiring);
            answer(g, m, &b);
            printf("  %-16s %-10s(it was: %s)\n", WIRING_NAMES[m->wiring],
                   text_words_piece(d->words, b.said[x.hidden]),
                   text_words_piece(d->words, x.target[x.hidden]));
        } else {
            x.target_count = task == NEXT ? 3 : 1;
            write_on(g, m, d, x, task);
        }
    }
}

static Score train_and_test(Graph *g, const Data *d, Task task, Wiring wiring, int steps, uint64_t seed)
{
    Rng rng = rng_new(seed);
    Model m = model_new(wiring, text_words_count(d->words), &rng);
    train(g, &m, d, task, steps, &rng);
    nn_graph_record(g, false);
    Score score = evaluate(g, &m, d->examples[WORLD_TEST], task);
    show(g, &m, d, task);
    nn_graph_record(g, true);
    nn_params_free(&m.params);
    return score;
}

int main(int argc, char **argv)
{
    int steps = 300, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, 1, 100000, "training steps of each model"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Encoder-only, decoder-only, encoder-decoder: one block, section 3.8.",
                  options);
    Data d = tasks_new(seed);
    Graph *g = nn_graph_new();
    show_masks(g, &d, seed, language);

    Score base = tasks_guess(&d);
    puts("\nA hidden word: what each model fills in");
    for (int i = 0; i < SHOWN; i++) {
        Example x = d.examples[WORLD_TEST][i];
        x.target[x.hidden] = TEXT_UNKNOWN; /* reads "<unk>" */
        print_text("", &d, x.target, x.target_count);
    }
    Score both = train_and_test(g, &d, FILL, ENCODER, steps, seed);
    Score left = train_and_test(g, &d, FILL, DECODER, steps, seed);
    puts("\nThe next word: how each model continues two words");
    Score bare = train_and_test(g, &d, NEXT, ENCODER, steps, seed);
    Score causal = train_and_test(g, &d, NEXT, DECODER, steps, seed);
    puts("\nTranslation of three Chinese sentences");
    for (int i = 0; i < SHOWN; i++)
        print_text("", &d, d.examples[WORLD_TEST][i].source, d.examples[WORLD_TEST][i].source_count);
    Score two = train_and_test(g, &d, TRANSLATE, ENCODER_DECODER, steps, seed);
    Score one = train_and_test(g, &d, TRANSLATE, DECODER, steps, seed);

    printf("\nAccuracy in per cent on %d unseen sentences (95%% interval at most +-%.1f)\n"
           "                    a hidden   the next word, the rest    Chinese into English:\n"
           "                    word       visible      hidden        words   whole sentences\n",
           TASKS_TESTS, 98 / sqrt(TASKS_TESTS));
    printf("  most frequent  %10.0f %16s %9.0f %12s %9s\n", base.words, "-", base.writing, "-", "-");
    printf("  encoder only   %10.0f %16.0f %9.0f %12s %9s\n", both.words, bare.words, bare.writing, "-",
           "-");
    printf("  decoder only   %10.0f %16.0f %9.0f %12.0f %9.0f\n", left.words, causal.words, causal.writing,
           one.words, one.sentences);
    printf("  encoder-decoder%10s %16s %9s %12.0f %9.0f\n", "-", "-", "-", two.words, two.sentences);
    printf("both sides of a hidden word tell more than the left one: %s\n",
           both.words > left.words + 5 ? "yes" : "NO");
    printf("without a mask the next word is copied, not predicted: %s\n",
           bare.words > 95 && bare.writing < causal.writing - 5 ? "yes" : "NO");
    printf("with the causal mask, later words change nothing: %s\n",
           fabs(causal.words - causal.writing) < 0.5 ? "yes" : "NO");
    printf("two stacks translate, and so does one that reads the source first: %s\n",
           two.sentences > 80 && one.sentences > 80 ? "yes" : "NO");
    nn_graph_free(g);
    tasks_free(&d);
    return error_finish();
}
