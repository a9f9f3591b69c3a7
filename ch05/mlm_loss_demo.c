/* mlm_loss_demo.c -- the masked language model loss, section 5.2.1.
 *
 * BERT (Devlin et al., 2019) chooses 15% of the words, hides most of them, and must predict them. The
 * demo masks a sentence, measures the shares over many draws, computes the loss step by step and compares it
 * with the library's, and then asks what the odd rule 80/10/10 is good for: it trains with it and with
 * [MASK] alone, and looks at what each model makes of words that are not masked. */
#include "common/base/base.h"
#include "common/base/stats.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/text/batch.h"
#include "common/tensor/kernels.h"
#include "ch05/masking.h"
#include "ch05/data_sentences.h"
#include "ch05/small.h"

#include <math.h>
#include <string.h>

enum { BATCH = 32, CHANNELS = 48, HEADS = 4, TRAIN = 4000, TESTS = 512, SEEDS = 3 };

typedef struct Settings {
    int draws, steps;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.draws = 200000, .steps = 350, .seed = 1};
    const Option options[] = {
        option_int("draws", &s.draws, 1000, 10000000, "words of which shares are taken"),
        option_int("steps", &s.steps, 1, 100000, "training steps of a model"), option_seed(&s.seed),
        plot_option(&s.language), OPTION_END};
    options_parse(argc, argv, "The masked language model loss, section 5.2.1.", options);
    return s;
}

/* [MASK] is one word more than the text has. */
static Masking masking_new(const Sentences *s, float hidden, float random)
{
    int words = text_words_count(s->words);
    return (Masking){.chosen = 0.15f,
                     .hidden = hidden,
                     .random = random,
                     .first = TEXT_SPECIALS,
                     .vocab = words,
                     .mask = words};
}

static const char *word(const Sentences *s, int id)
{
    return id == text_words_count(s->words) ? "[MASK]" : text_words_piece(s->words, id);
}

/* ---- one sentence -------------------------------------------------------------------------------- */

/* The first sentence that is long enough; drawn until each of the three fates occurs in it. */
static void show_sentence(const Sentences *s, const Masking *m, Rng *rng)
{
    static const char *const names[] = {"", "hidden", "random word", "kept"};
    const Sentence *x = s->items[WORLD_TRAIN];
    int input[SENTENCE_MAX], label[SENTENCE_MAX], seen[MASK_KINDS] = {0};
    MaskKind kind[SENTENCE_MAX];
    while (x->count < 12)
        x++;
    for (int draws = 0; draws < 10000 && !(seen[1] && seen[2] && seen[3]); draws++) {
        memset(seen, 0, sizeof seen);
        mask_tokens(m, x->ids, x->count, rng, input, label, kind);
        for (int i = 0; i < x->count; i++)
            seen[kind[i]]++;
    }
    puts("The model's input, and the label; a dash: not counted in the loss.\n"
         "(Redrawn until a hidden, a random and a kept word occur in it.)");
    printf("  %-10s %-10s %-10s\n", "text", "input", "label");
    for (int i = 0; i < x->count; i++)
        printf("  %-10s %-10s %-10s %s\n", word(s, x->ids[i]), word(s, input[i]),
               label[i] == MASK_IGNORE ? "-" : word(s, label[i]), names[kind[i]]);
}

/* How far a share lies from what it should be, in standard errors. */
static bool show_share(const char *name, long part, long whole, double expected)
{
    double share = (double)part / (double)whole;
    double error = sqrt(expected * (1 - expected) / (double)whole), z = (share - expected) / error;
    bool good = fabs(z) < 4;
    printf("  %-26s %6.2f%%   expected %4.1f%% +- %.2f%%   %s\n", name, 100 * share, 100 * expected,
           100 * error, good ? "agrees" : "DIFFERS");
    return good;
}

/* Masks words drawn at random until there have been `draws` of them. */
static bool show_shares(const Masking *m, long draws, Rng *rng)
{
    long count[MASK_KINDS] = {0};
    for (long i = 0; i < draws; i++) {
        int id = m->first + rng_below(rng, m->vocab - m->first), input, label;
        MaskKind kind;
        mask_tokens(m, &id, 1, rng, &input, &label, &kind);
        count[kind]++;
    }
    long chosen = draws - count[MASK_NOT];
    printf("\nShares over %ld words, with the standard error of each\n", draws);
    bool good = show_share("chosen", chosen, draws, 0.15);
    good = show_share("of these hidden by [MASK]", count[MASK_HIDDEN], chosen, 0.8) && good;
    good = show_share("of these a random word", count[MASK_RANDOM], chosen, 0.1) && good;
    return show_share("of these kept", count[MASK_KEPT], chosen, 0.1) && good;
}

/* ---- batches ------------------------------------------------------------------------------------- */

/* Training or a test of a model, and its batch: BATCH sentences side by side. */
typedef struct Task {
    const Small *model;
    const Sentences *sentences;
    Masking masking;
    Rng rng;
    int steps;
    SmallCurve *curve; /* of a training run */
    TextBatch batch;
    int input[BATCH * SENTENCE_MAX]; /* (B,T): the batch masked */
} Task;

static Task task_new(const Sentences *s, Masking masking, Rng rng)
{
    return (Task){
        .sentences = s, .masking = masking, .rng = rng, .batch = text_batch_new(BATCH, SENTENCE_MAX)};
}

/* Fills the batch from the test sentences from `first` on, or from training sentences at random if it is -1, and
 * masks it. TEXT_PAD is never chosen. */
static void fill(Task *t, int first)
{
    const int *texts[BATCH];
    int counts[BATCH];
    const Sentences *s = t->sentences;
    for (int i = 0; i < BATCH; i++) {
        const Sentence *x = first < 0 ? &s->items[WORLD_TRAIN][rng_below(&t->rng, s->count[WORLD_TRAIN])]
                                      : &s->items[WORLD_TEST][first + i];
        texts[i] = x->ids;
        counts[i] = x->count;
    }
    text_batch_fill(&t->batch, texts, counts, BATCH, TEXT_PAD);
    mask_tokens(&t->masking, t->batch.ids, BATCH * t->batch.time, &t->rng, t->input, t->batch.labels, NULL);
}

/* Every word sees every word of its sentence, before and after it; none sees padding. */
static Tensor *batch_loss(Graph *g, const Task *t)
{
    const TextBatch *b = &t->batch;
    const NnBlockCall call = {.attention = {.lengths = b->lengths}};
    Tensor *hidden = small_hidden(g, t->model, t->input, NULL, b->rows, b->time, &call); /* (B,T,C) */
    return small_loss(g, t->model, hidden, b->labels);
}

/* ---- the loss, step by step ---------------------------------------------------------------------- */

//> loss
/* loss = -sum over chosen positions of log p(label) / number of chosen positions. logits (B,T,V), label (B,T).
 * `pick` holds a one for the label of each chosen position and is zero elsewhere: a position that was not chosen
 * adds nothing to the sum, and no gradient comes back to it. */
static Tensor *masked_loss(Graph *g, Tensor *logits, const int *label)
{
    int rows = (int)tensor_rows(logits), vocab = tensor_dim(logits, -1), chosen = 0;
    Tensor *log_p = nn_log_softmax(g, nn_reshape(g, logits, rows, vocab)); /* (BT,V) */
    Tensor *pick = nn_input(g, rows, vocab);
    tensor_fill(pick, 0);
    for (int r = 0; r < rows; r++) {
        if (label[r] == MASK_IGNORE)
            continue;
        pick->data[r * vocab + label[r]] = 1;
        chosen++;
    }
    return nn_scale(g, nn_sum(g, nn_mul(g, log_p, pick)), -1 / (float)(chosen > 0 ? chosen : 1));
}
//< loss

/* The loss of one batch in both forms, and their gradients with respect to the logits. */
static bool check_loss(Graph *g, const Sentences *s, const Masking *masking, const Rng *rng)
{
    Task t = task_new(s, *masking, *rng);
    int chosen = 0, leaking = 0;
    fill(&t, -1);
    const int *labels = t.batch.labels;
    int rows = BATCH * t.batch.time, vocab = masking->vocab + 1;
    Tensor *start = nn_parameter(rows, vocab), *grad = nn_input(g, rows, vocab);
    tensor_normal(start, 1, &t.rng);
    Tensor *plain = masked_loss(g, start, labels);
    nn_backward(g, plain);
    tensor_copy(grad, start->grad);
    start->has_grad = false;
    Tensor *library = nn_cross_entropy(g, start, labels, MASK_IGNORE);
    nn_backward(g, library);
    for (int r = 0; r < rows; r++) {
        chosen += labels[r] != MASK_IGNORE;
        leaking +=
            labels[r] == MASK_IGNORE && kernel_sum_squares(grad->data + r * vocab, (size_t)vocab) > 0;
    }
    float loss_off = fabsf(tensor_item(plain) - tensor_item(library)) / tensor_item(library);
    float grad_off = tensor_distance(grad->data, start->grad, grad->size);
    bool good = loss_off <= 1e-5f && grad_off <= 1e-6f && leaking == 0;
    printf("\nThe loss of a batch of %d sentences (%d positions, %d of them chosen), random logits\n",
           BATCH, rows, chosen);
    printf("  step by step %.4f   nn_cross_entropy %.4f   gradients equal to 1e-6: %s\n",
           (double)tensor_item(plain), (double)tensor_item(library), good ? "yes" : "NO");
    printf("  positions not chosen that receive a gradient: %d of %d\n", leaking, rows - chosen);
    nn_graph_reset(g);
    tensor_free(start);
    text_batch_free(&t.batch);
    return good;
}

/* ---- what 80/10/10 is good for ------------------------------------------------------------------- */

enum { RULES = 3 };
static const char *const rule_names[RULES] = {"80/10/10", "100% [MASK]", "80/20/0"};
static const float rule_hidden[RULES] = {0.8f, 1, 0.8f}, rule_random[RULES] = {0.1f, 0, 0.2f};

static Tensor *test_loss(Graph *g, void *context, int i)
{
    fill(context, i * BATCH);
    return batch_loss(g, context);
}

/* The loss at 15% of the positions of unseen sentences, all of which hold [MASK], or a wrong word, or are left
 * as they are: the last is what the model meets when it is used, and there it has only to copy. */
static double test(Graph *g, const Small *m, const Sentences *s, MaskKind kind)
{
    Masking masking = masking_new(s, kind == MASK_HIDDEN, kind == MASK_RANDOM);
    Task t = task_new(s, masking, rng_new(7)); /* the same positions for every model */
    t.model = m;
    double loss = nn_evaluate(g, TESTS / BATCH, test_loss, &t);
    text_batch_free(&t.batch);
    return loss;
}

static Tensor *train_loss(Graph *g, void *context, int step)
{
    Task *t = context;
    if (small_curve_due(step, t->steps))
        small_curve_add(t->curve, step, test(g, t->model, t->sentences, MASK_KEPT));
    fill(t, -1);
    return batch_loss(g, t);
}

enum { INPUTS = 3 };
static const MaskKind input_kinds[INPUTS] = {MASK_HIDDEN, MASK_RANDOM, MASK_KEPT};
static const char *const input_names[INPUTS] = {"[MASK]", "a wrong word", "the word itself"};

/* Trains a model by one rule; loss (INPUTS,SEEDS) of unseen sentences. */
static void run(Graph *g, const Sentences *s, int rule, const Settings *set, int seed,
                double loss[INPUTS][SEEDS], SmallCurve *curve)
{
    Masking masking = masking_new(s, rule_hidden[rule], rule_random[rule]);
    Task t = task_new(s, masking, rng_new(set->seed * 100 + (uint64_t)seed));
    Small m = small_new(masking.vocab + 1, SENTENCE_MAX, HEADS, CHANNELS, &t.rng);
    t.model = &m;
    t.steps = set->steps;
    t.curve = curve;
    small_train(g, &m, set->steps, train_loss, &t);
    for (int k = 0; k < INPUTS; k++)
        loss[k][seed] = test(g, &m, s, input_kinds[k]);
    text_batch_free(&t.batch);
    nn_params_free(&m.params);
}

static void print_rule(int rule, double loss[INPUTS][SEEDS])
{
    printf("  %-12s", rule_names[rule]);
    for (int k = 0; k < INPUTS; k++)
        printf("   %5.2f (%4.2f-%4.2f)", stats_mean(loss[k], SEEDS), stats_quantile(loss[k], SEEDS, 0),
               stats_quantile(loss[k], SEEDS, 1));
    putchar('\n');
}

/* The loss at positions where the word itself stands. */
static void draw(SmallCurve curves[RULES][SEEDS], int language)
{
    Plot *p = plot_new("ch05/out/mlm_loss_demo.svg", language,
                       plot_text("Loss where the input holds the word itself", "输入就是该词本身时的损失"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats), three seeds", "损失（nat），三个种子"));
    for (int rule = 0; rule < RULES; rule++)
        small_curves_plot(curves[rule], SEEDS, p, plot_same(rule_names[rule]));
    plot_finish(p, "picture");
}

static void compare(Graph *g, const Sentences *s, const Settings *set)
{
    double loss[RULES][INPUTS][SEEDS];
    SmallCurve curves[RULES][SEEDS] = {{{.count = 0}}};
    int worse = 0;
    printf(
        "\nTrained for %d steps: loss on unseen sentences by the input at the position; mean of %d seeds,\n"
        "in brackets minimum and maximum. A uniform guess has ln %d = %.2f.\n",
        set->steps, SEEDS, text_words_count(s->words) + 1, log(text_words_count(s->words) + 1));
    printf("  %-12s   %17s   %17s   %17s\n", "rule", input_names[0], input_names[1], input_names[2]);
    for (int rule = 0; rule < RULES; rule++) {
        for (int seed = 0; seed < SEEDS; seed++)
            run(g, s, rule, set, seed, loss[rule], &curves[rule][seed]);
        print_rule(rule, loss[rule]);
    }
    for (int seed = 0; seed < SEEDS; seed++)
        worse += loss[1][2][seed] > loss[0][2][seed] && loss[1][1][seed] > loss[0][1][seed];
    printf(
        "  Trained on [MASK] alone, a model is worse at every other position, in %d of %d seeds: no loss\n"
        "  trained it there. In use there is no [MASK], so every position is such a position.\n\n",
        worse, SEEDS);
    draw(curves, set->language);
}

int main(int argc, char **argv)
{
    Settings set = parse(argc, argv);
    Sentences s = sentences_new(TRAIN, TESTS, set.seed);
    Masking bert = masking_new(&s, 0.8f, 0.1f);
    Rng rng = rng_new(set.seed);
    Graph *g = nn_graph_new();
    show_sentence(&s, &bert, &rng);
    bool good = show_shares(&bert, set.draws, &rng);
    good = check_loss(g, &s, &bert, &rng) && good;
    compare(g, &s, &set);
    nn_graph_free(g);
    sentences_free(&s);
    return error_finish() || !good;
}
