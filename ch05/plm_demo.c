/* plm_demo.c -- the permutation language model, section 5.2.3.
 *
 * XLNet (Yang et al., 2019) says the words of a sentence one after another, as GPT does, but in an order
 * drawn anew each time; the words keep their positions, and only the mask follows the order. So a position learns
 * to be said from what stands on both sides, without a [MASK] in the text. It takes two streams: one that
 * knows the word at its position, for others to look at, and one that knows the position only, to say the word. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "ch05/data_sentences.h"
#include "ch05/orders.h"
#include "ch05/small.h"

#include <math.h>
#include <string.h>

enum { BATCH = 32, CHANNELS = 48, HEADS = 4, TRAIN = 4000, TESTS = 2000, LENGTH = 10, IGNORE = -1 };

typedef struct Settings {
    int orders, steps;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.orders = 200, .steps = 500, .seed = 1};
    const Option options[] = {
        option_int("orders", &s.orders, 1, 100000, "orders in which who sees whom is tried"),
        option_int("steps", &s.steps, 1, 100000, "training steps"), option_seed(&s.seed),
        plot_option(&s.language), OPTION_END};
    options_parse(argc, argv, "The permutation language model, section 5.2.3.", options);
    return s;
}

typedef struct Model {
    Small small;
    Tensor *unknown; /* (1,C): what the query stream holds in place of a word */
} Model;

static Model model_new(int vocab, Rng *rng)
{
    Model m = {.small = small_new(vocab, SENTENCE_MAX, HEADS, CHANNELS, rng)};
    m.unknown = nn_embedding_new(&m.small.params, "unknown", 1, CHANNELS, 0.05f, rng);
    return m;
}

/* The two streams, (B,T,C) each. */
typedef struct Streams {
    Tensor *content, *query;
} Streams;

//> streams
/* The content h starts from word and position, the query g from the position alone. In each block both attend to
 * h: the content to earlier words of the order and to itself, the query to earlier words only. So g may predict
 * the word, which it has not seen. With `position_blind`, g does not even know which word it should predict. */
static Streams two_streams(Graph *g, const Model *m, const int *ids, const int *positions,
                           const Tensor *before, const Tensor *with_itself, bool position_blind)
{
    int batch = before->shape[0], time = before->shape[1];
    int *zeros = arena_alloc(nn_arena(g), sizeof *zeros * (size_t)(batch * time));
    memset(zeros, 0, sizeof *zeros * (size_t)(batch * time));
    Tensor *h = small_embed(g, &m->small, ids, positions, batch, time);
    Tensor *q = nn_embedding(g, m->unknown, zeros, batch, time);
    if (!position_blind)
        q = nn_positions_add(g, &m->small.positions, q, positions);
    for (int i = 0; i < SMALL_LAYERS; i++) {
        const NnBlock *b = &m->small.blocks[i];
        Tensor *next = nn_block(g, b, h, &(NnBlockCall){.attention = {.mask = with_itself}});
        q = nn_block(g, b, q, &(NnBlockCall){.attention = {.mask = before}, .keys = h});
        h = next;
    }
    return (Streams){nn_norm(g, &m->small.norm, h), nn_norm(g, &m->small.norm, q)};
}
//< streams

static Streams run(Graph *g, const Model *m, const int *ids, const int *rank, int batch, int time,
                   bool blind)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)(batch * time));
    for (int i = 0; i < batch * time; i++)
        positions[i] = i % time;
    return two_streams(g, m, ids, positions, orders_mask(g, rank, batch, time, false),
                       orders_mask(g, rank, batch, time, true), blind);
}

/* ---- orders and masks to look at ----------------------------------------------------------------- */

static void show_orders(Graph *g, const Sentences *s, const Sentence *x, Rng *rng)
{
    int rank[SENTENCE_MAX] = {0};
    puts("Three orders; the words in the order in which they are predicted:");
    for (int draw = 0; draw < 3; draw++) {
        orders_draw(x->count, rng, rank);
        for (int k = 0; k < x->count; k++)
            for (int t = 0; t < x->count; t++)
                if (rank[t] == k)
                    printf("  %s%s", text_words_piece(s->words, x->ids[t]), k + 1 == x->count ? "\n" : "");
    }
    const Tensor *before = orders_mask(g, rank, 1, x->count, false);
    puts("\nThe masks of the last one. #: content and query of the row attend to the column; o: only the "
         "content");
    for (int t = 0; t < x->count; t++) {
        printf("  %-10s step %2d  ", text_words_piece(s->words, x->ids[t]), rank[t]);
        for (int k = 0; k < x->count; k++)
            printf(" %c", before->data[t * x->count + k] != 0 ? '#' : k == t ? 'o' : '.');
        putchar('\n');
    }
    nn_graph_reset(g);
}

/* ---- who sees whom ------------------------------------------------------------------------------- */

/* Changes the word at each position in turn; counts the pairs (t, s) in which the streams do otherwise than the
 * order says: the query at t must change with the word at s if s comes before t, the content also if s is t;
 * where they must not change, not by one bit. */
static void count_faults(Graph *g, const Model *m, const int *ids, int time, const int *rank, int vocab,
                         long *faults)
{
    size_t width = (size_t)CHANNELS * sizeof(float);
    for (int s = 1; s < time; s++) {
        int changed[SENTENCE_MAX];
        memcpy(changed, ids, sizeof *ids * (size_t)time);
        changed[s] = TEXT_SPECIALS + (ids[s] - TEXT_SPECIALS + 1 + s) % (vocab - TEXT_SPECIALS);
        Streams a = run(g, m, ids, rank, 1, time, false), b = run(g, m, changed, rank, 1, time, false);
        for (int t = 1; t < time; t++) {
            size_t row = (size_t)t * CHANNELS;
            bool query = memcmp(a.query->data + row, b.query->data + row, width) != 0;
            bool content = memcmp(a.content->data + row, b.content->data + row, width) != 0;
            *faults += query != (rank[s] < rank[t]);
            *faults += content != (rank[s] <= rank[t]);
        }
        nn_graph_reset(g);
    }
}

static bool check_sight(Graph *g, const Model *m, const Sentence *x, int orders, int vocab, Rng *rng)
{
    long faults = 0, pairs = 0, first = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < orders; i++) {
        int rank[SENTENCE_MAX];
        orders_draw(x->count, rng, rank);
        count_faults(g, m, x->ids, x->count, rank, vocab, &faults);
        pairs += (long)(x->count - 1) * (x->count - 1);
        first += rank[1] < rank[2];
    }
    nn_graph_record(g, true);
    printf("\n%d orders, %ld pairs of positions, two streams: does a change of one word reach exactly the "
           "positions that\n"
           "come later in the order? Exceptions: %ld\n",
           orders, pairs, faults);
    double share = (double)first / orders, error = 0.5 / sqrt(orders);
    printf("Either of two positions may come first: the first word preceded the second in %.0f%%\n"
           "of the orders, expected 50 +- %.0f\n",
           100 * share, 100 * error);
    return faults == 0 && fabs(share - 0.5) < 4 * error;
}

/* The same words said so far, the next to be said at another position: what does the query stream hold? */
static bool check_position(Graph *g, const Model *m, const Sentence *x)
{
    int one[SENTENCE_MAX], other[SENTENCE_MAX], last = x->count - 1;
    float off[2];
    for (int t = 0; t < x->count; t++)
        one[t] = other[t] = t;
    other[last] = last - 1; /* the last two change their turns: after the same words, one or the other */
    other[last - 1] = last;
    for (int blind = 0; blind < 2; blind++) {
        Streams a = run(g, m, x->ids, one, 1, x->count, blind),
                b = run(g, m, x->ids, other, 1, x->count, blind);
        off[blind] = tensor_distance(a.query->data + (last - 1) * CHANNELS, b.query->data + last * CHANNELS,
                                     CHANNELS);
        nn_graph_reset(g);
    }
    bool good = off[0] > 1e-3f && off[1] <= 1e-5f;
    printf("\nAfter the same words, the query for position %d and the query for position %d:\n", last - 1,
           last);
    printf("  with their positions they differ                              %s\n",
           off[0] > 1e-3f ? "yes" : "NO");
    printf("  without positions they are equal, so is their prediction      %s\n",
           off[1] <= 1e-5f ? "yes" : "NO");
    return good;
}

/* ---- training ------------------------------------------------------------------------------------ */

/* Which order, and which stream is asked. */
typedef enum Kind { PERMUTED, LEFT_TO_RIGHT, ONE_STREAM, KINDS } Kind;
static const char *const order_names[ONE_STREAM] = {"random orders", "left to right"};
static const char *const kind_names[KINDS] = {"random orders, two streams", "left to right, two streams",
                                              "random orders, content stream"};

/* Training or a test of a model on sentences of LENGTH pieces, each with an order of its own. */
typedef struct Task {
    const Model *model;
    Kind kind;
    const Sentence *const *items; /* (count) */
    int count, asked; /* asked: only where `asked` - 1 words are known counts; 0: every position */
    Rng rng;
} Task;

static Tensor *batch_loss(Graph *g, Task *task, const Sentence *const *x)
{
    int *ids = arena_alloc(nn_arena(g), sizeof *ids * BATCH * LENGTH);
    int *label = arena_alloc(nn_arena(g), sizeof *label * BATCH * LENGTH);
    int rank[BATCH * LENGTH];
    for (int b = 0; b < BATCH; b++) {
        memcpy(ids + b * LENGTH, x[b]->ids, sizeof *ids * LENGTH);
        orders_draw(LENGTH, &task->rng, rank + b * LENGTH);
        for (int t = 0; t < LENGTH; t++) {
            int *r = &rank[b * LENGTH + t];
            *r = task->kind == LEFT_TO_RIGHT ? t : *r;
            label[b * LENGTH + t] =
                t == 0 || (task->asked > 0 && *r != task->asked) ? IGNORE : x[b]->ids[t];
        }
    }
    Streams s = run(g, task->model, ids, rank, BATCH, LENGTH, false);
    return small_loss(g, &task->model->small, task->kind == ONE_STREAM ? s.content : s.query, label);
}

static Tensor *train_loss(Graph *g, void *context, int step)
{
    Task *task = context;
    const Sentence *x[BATCH];
    (void)step;
    for (int b = 0; b < BATCH; b++)
        x[b] = task->items[rng_below(&task->rng, task->count)];
    return batch_loss(g, task, x);
}

static Tensor *test_loss(Graph *g, void *context, int i)
{
    Task *task = context;
    return batch_loss(g, task, task->items + i * BATCH);
}

/* The sentences of a side with exactly LENGTH pieces, so that no padding comes into it. */
static int choose(const Sentences *s, WorldSide side, const Sentence **to)
{
    int count = 0;
    for (int i = 0; i < s->count[side]; i++)
        if (s->items[side][i].count == LENGTH)
            to[count++] = &s->items[side][i];
    return count;
}

/* The loss of unseen sentences where `asked` - 1 words are known; of all positions if 0. */
static double test(Graph *g, const Model *m, const Sentence *const *items, int count, Kind kind, int asked)
{
    Task task = {m, kind, items, count, asked, rng_new(7)};
    return nn_evaluate(g, count / BATCH, test_loss, &task);
}

/* loss: by the number of words known. */
static void print_by_known(float loss[ONE_STREAM][LENGTH - 1])
{
    printf("  by the number of words known         ");
    for (int known = 0; known < LENGTH - 1; known++)
        printf(" %5d", known);
    for (int kind = 0; kind < ONE_STREAM; kind++) {
        printf("\n    %-34s ", order_names[kind]);
        for (int known = 0; known < LENGTH - 1; known++)
            printf(" %5.2f", (double)loss[kind][known]);
    }
    puts("\nFrom left to right the number known is also the position, and the last two are always a stop "
         "and the end.\n"
         "With random orders any position may be the last: then it is seen from both sides.\n");
}

static void draw(float loss[ONE_STREAM][LENGTH - 1], int language)
{
    const PlotText names[] = {plot_text("random orders", "随机次序"),
                              plot_text("left to right", "从左到右")};
    float known[LENGTH - 1];
    for (int i = 0; i < LENGTH - 1; i++)
        known[i] = (float)i;
    Plot *p = plot_new("ch05/out/plm_demo.svg", language,
                       plot_text("Loss by the number of words already known", "按已知词数分开的损失"));
    plot_axes(p, plot_text("words known", "已知的词数"),
              plot_text("loss (nats per word)", "损失（nat/词）"));
    for (int kind = 0; kind < ONE_STREAM; kind++)
        plot_line(p, names[kind], known, loss[kind], LENGTH - 1);
    plot_finish(p, "picture");
}

static void compare(Graph *g, const Sentences *s, const Settings *set)
{
    static const Sentence *items[2][TRAIN];
    int count[2] = {choose(s, WORLD_TRAIN, items[0]), choose(s, WORLD_TEST, items[1])};
    float loss[ONE_STREAM][LENGTH - 1];
    printf("\nTrained for %d steps on sentences of %d tokens; loss in nats on %d unseen ones\n", set->steps,
           LENGTH, count[1] / BATCH * BATCH);
    for (int kind = 0; kind < KINDS; kind++) {
        Rng rng = rng_new(set->seed);
        Model m = model_new(text_words_count(s->words), &rng);
        small_train(g, &m.small, set->steps, train_loss,
                    &(Task){&m, (Kind)kind, items[0], count[0], 0, rng});
        printf("  %-36s %.2f", kind_names[kind], test(g, &m, items[1], count[1], (Kind)kind, 0));
        puts(kind == ONE_STREAM ? "          the content stream has seen the answer" : "");
        for (int known = 0; known < LENGTH - 1 && kind != ONE_STREAM; known++)
            loss[kind][known] = (float)test(g, &m, items[1], count[1], (Kind)kind, known + 1);
        nn_params_free(&m.small.params);
    }
    print_by_known(loss);
    draw(loss, set->language);
}

int main(int argc, char **argv)
{
    Settings set = parse(argc, argv);
    Sentences s = sentences_new(TRAIN, TESTS, set.seed);
    const Sentence *x = &s.items[WORLD_TRAIN][0];
    int vocab = text_words_count(s.words);
    Rng rng = rng_new(set.seed);
    Graph *g = nn_graph_new();
    Model m = model_new(vocab, &rng);
    show_orders(g, &s, x, &rng);
    bool good = check_sight(g, &m, x, set.orders, vocab, &rng);
    good = check_position(g, &m, x) && good;
    nn_params_free(&m.small.params);
    compare(g, &s, &set);
    nn_graph_free(g);
    sentences_free(&s);
    return error_finish() || !good;
}
