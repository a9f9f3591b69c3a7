/* plm_demo.c -- the permutation language model, section 5.2.3.
 *
 * XLNet (Yang et al., 2019) says the words of a sentence one after another, as GPT does, but in an order
 * drawn anew each time; the words keep their positions, and only the mask follows the order. So a position learns
 * to be said from what stands on both sides, without a [MASK] in the text. It takes two streams: one that
 * knows the word at its position, for others to look at, and one that knows the position only, to say the word. */
#include "common/demo/demo.h"
#include "common/nn/nn.h"
#include "ch05/data_sentences.h"
#include "ch05/streams.h"

#include <math.h>
#include <string.h>

enum { BATCH = 32, TRAIN = 4000, TESTS = 2000, LENGTH = 10, ORDERS = 200, IGNORE = -1 };

/* ---- orders and masks to look at ----------------------------------------------------------------- */

/* The words of a sentence in the order in which they are predicted. */
static void print_words(const Sentences *s, const Sentence *x, const int *rank)
{
    for (int k = 0; k < x->count; k++)
        for (int t = 0; t < x->count; t++)
            if (rank[t] == k)
                printf("  %s%s", text_words_piece(s->words, x->ids[t]), k + 1 == x->count ? "\n" : "");
}

static void print_mask(Graph *g, const Sentences *s, const Sentence *x, const int *rank)
{
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

static void show_orders(Graph *g, const Sentences *s, const Sentence *x, Rng *rng)
{
    int rank[SENTENCE_MAX] = {0};
    puts("Three orders; the words in the order in which they are predicted:");
    for (int draw = 0; draw < 3; draw++) {
        orders_draw(x->count, rng, rank);
        print_words(s, x, rank);
    }
    print_mask(g, s, x, rank);
}

/* ---- who sees whom ------------------------------------------------------------------------------- */

/* Changes the word at each position in turn; counts the pairs (t, s) in which the streams do otherwise than the
 * order says: the query at t must change with the word at s if s comes before t, the content also if s is t;
 * where they must not change, not by one bit. */
static void count_faults(Graph *g, const StreamModel *m, const int *ids, int time, const int *rank,
                         int vocab, long *faults)
{
    size_t width = (size_t)TRUNK_CHANNELS * sizeof(float);
    for (int s = 1; s < time; s++) {
        int changed[SENTENCE_MAX];
        memcpy(changed, ids, sizeof *ids * (size_t)time);
        changed[s] = TEXT_SPECIALS + (ids[s] - TEXT_SPECIALS + 1 + s) % (vocab - TEXT_SPECIALS);
        Streams a = streams_run(g, m, ids, rank, 1, time, false),
                b = streams_run(g, m, changed, rank, 1, time, false);
        for (int t = 1; t < time; t++) {
            size_t row = (size_t)t * TRUNK_CHANNELS;
            bool query = memcmp(a.query->data + row, b.query->data + row, width) != 0;
            bool content = memcmp(a.content->data + row, b.content->data + row, width) != 0;
            *faults += query != (rank[s] < rank[t]);
            *faults += content != (rank[s] <= rank[t]);
        }
        nn_graph_reset(g);
    }
}

/* Over ORDERS random orders: how many faults, among how many pairs, and in how many orders position 1 came before 2. */
typedef struct Sight {
    long faults, pairs, first;
} Sight;

static Sight look(Graph *g, const StreamModel *m, const Sentence *x, int vocab, Rng *rng)
{
    Sight s = {0};
    nn_graph_record(g, false);
    for (int i = 0; i < ORDERS; i++) {
        int rank[SENTENCE_MAX];
        orders_draw(x->count, rng, rank);
        count_faults(g, m, x->ids, x->count, rank, vocab, &s.faults);
        s.pairs += (long)(x->count - 1) * (x->count - 1);
        s.first += rank[1] < rank[2];
    }
    nn_graph_record(g, true);
    return s;
}

static void check_sight(Demo *d, const Sight *s)
{
    double share = (double)s->first / ORDERS, error = 0.5 / sqrt(ORDERS);
    printf("\n%d orders, %ld pairs of positions, two streams; of two positions the first came first in "
           "%.0f%% of\nthe orders, expected 50 +- %.0f\n",
           ORDERS, s->pairs, 100 * share, 100 * error);
    demo_claim(d, s->faults == 0 && fabs(share - 0.5) < 4 * error,
               "  a change of one word reaches exactly the positions that come later in the order");
}

/* The same words said so far, the next to be said at another position: what does the query stream hold? */
static void check_position(Demo *d, Graph *g, const StreamModel *m, const Sentence *x)
{
    int one[SENTENCE_MAX], other[SENTENCE_MAX], last = x->count - 1;
    float off[2];
    for (int t = 0; t < x->count; t++)
        one[t] = other[t] = t;
    other[last] = last - 1; /* the last two change their turns: after the same words, one or the other */
    other[last - 1] = last;
    for (int blind = 0; blind < 2; blind++) {
        Streams a = streams_run(g, m, x->ids, one, 1, x->count, blind),
                b = streams_run(g, m, x->ids, other, 1, x->count, blind);
        off[blind] = tensor_distance(a.query->data + (last - 1) * TRUNK_CHANNELS,
                                     b.query->data + last * TRUNK_CHANNELS, TRUNK_CHANNELS);
        nn_graph_reset(g);
    }
    printf("\nAfter the same words, the query for position %d and the query for position %d\n", last - 1,
           last);
    demo_claim(d, off[0] > 1e-3f, "  differ with their positions");
    demo_claim(d, off[1] <= 1e-5f, "  without positions are equal, and so is their prediction");
}

/* ---- training ------------------------------------------------------------------------------------ */

/* Which order, and which stream is asked. */
typedef enum Kind { PERMUTED, LEFT_TO_RIGHT, ONE_STREAM, KINDS } Kind;
static const char *const kind_names[KINDS] = {"random orders, two streams", "left to right, two streams",
                                              "random orders, content stream"};

/* Training or a test of a model on sentences of LENGTH pieces, each with an order of its own. */
typedef struct Task {
    const StreamModel *model;
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
    Streams s = streams_run(g, task->model, ids, rank, BATCH, LENGTH, false);
    return trunk_loss(g, &task->model->trunk, task->kind == ONE_STREAM ? s.content : s.query, label);
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
static double test(Graph *g, const StreamModel *m, const Sentence *const *items, int count, Kind kind,
                   int asked)
{
    Task task = {m, kind, items, count, asked, rng_new(7)};
    return nn_evaluate(g, count / BATCH, test_loss, &task);
}

/* Of unseen sentences: the loss of all positions for each kind, and by how many words are known. */
typedef struct Losses {
    double all[KINDS], known[LENGTH - 1][ONE_STREAM];
    int sentences;
} Losses;

static void train_all(Graph *g, const Sentences *s, const Demo *d, Losses *out)
{
    static const Sentence *items[2][TRAIN];
    int count[2] = {choose(s, WORLD_TRAIN, items[0]), choose(s, WORLD_TEST, items[1])};
    out->sentences = count[1] / BATCH * BATCH;
    for (int kind = 0; kind < (d->alone ? 1 : KINDS); kind++) {
        Rng rng = rng_new(d->seed);
        StreamModel m = stream_model_new(text_words_count(s->words), SENTENCE_MAX, &rng);
        trunk_train(g, &m.trunk, d->steps, train_loss, &(Task){&m, (Kind)kind, items[0], count[0], 0, rng},
                    kind == 0 ? d->losses : NULL);
        out->all[kind] = test(g, &m, items[1], count[1], (Kind)kind, 0);
        for (int known = 0; known < LENGTH - 1 && kind != ONE_STREAM; known++)
            out->known[known][kind] = test(g, &m, items[1], count[1], (Kind)kind, known + 1);
        nn_params_free(&m.trunk.params);
    }
}

static void show_losses(const Demo *d, const Losses *l)
{
    static const TabularColumn all = {"loss", 2};
    static const TabularColumn orders[ONE_STREAM] = {{"random orders", 2}, {"left to right", 2}};
    static const char *const known[LENGTH - 1] = {"0", "1", "2", "3", "4", "5", "6", "7", "8"};
    printf("\nTrained for %d steps on sentences of %d tokens; loss in nats on %d unseen ones.\n"
           "The content stream has seen the answer.\n",
           d->steps, LENGTH, l->sentences);
    tabular_print_matrix("trained with", kind_names, &all, 1, l->all, KINDS);
    tabular_print_matrix("words known", known, orders, ONE_STREAM, l->known[0], LENGTH - 1);
}

static void draw(const Demo *d, const Losses *l)
{
    static const PlotText names[ONE_STREAM] = {{"random orders", "随机次序"},
                                               {"left to right", "从左到右"}};
    Plot *p = demo_plot(d, plot_text("Loss by the number of words already known", "按已知词数分开的损失"),
                        plot_text("words known", "已知的词数"),
                        plot_text("loss (nats per word)", "损失（nat/词）"));
    plot_columns(p, names, NULL, l->known[0], LENGTH - 1, ONE_STREAM, 1);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/plm_demo",
              .about = "The permutation language model, section 5.2.3.",
              .draws = true,
              .steps = 500,
              .watched = "random orders, two streams"};
    demo_begin(&d, argc, argv, NULL);
    Sentences s = sentences_new(TRAIN, TESTS, d.seed);
    const Sentence *x = &s.items[WORLD_TRAIN][0];
    int vocab = text_words_count(s.words);
    Rng rng = rng_new(d.seed);
    Graph *g = nn_graph_new();
    StreamModel m = stream_model_new(vocab, SENTENCE_MAX, &rng);
    show_orders(g, &s, x, &rng);
    Sight sight = look(g, &m, x, vocab, &rng);
    check_sight(&d, &sight);
    check_position(&d, g, &m, x);
    Losses losses;
    train_all(g, &s, &d, &losses);
    if (!d.alone) {
        show_losses(&d, &losses);
        draw(&d, &losses);
    }
    nn_params_free(&m.trunk.params);
    nn_graph_free(g);
    sentences_free(&s);
    return demo_end(&d);
}
