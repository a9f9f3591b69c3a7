/* seq2seq_attention_demo.c -- the birth of attention, section 1.2.4.
 *
 * An encoder reads a list of Chinese words, a decoder writes the English ones in the opposite order. At first all
 * that passes between them is the encoder's last state: one vector, however long the list. Then the decoder may
 * look back: before each word it compares its own state with all states of the encoder and takes their weighted
 * mean (Bahdanau et al., 2015). Accuracy by length, trained and longer, and where the decoder looks. */
#include "ch01/cells.h"
#include "common/demo/demo.h"

#include <stdio.h>
#include <string.h>

enum { CHANNELS = 32, HIDDEN = 64, SCORE = 32, BATCH = 32, TESTS = 100 };
enum { WORDS = 24, BEGIN = WORDS, TRAINED = 12, LONGEST = 24, MAX_SEEDS = 8, LENGTHS = 7 };
enum { FIXED, ATTENTION, KINDS };

static const float lengths[LENGTHS] = {2, 4, 8, 12, 16, 20, 24};

static const char *const chinese[WORDS] = {"猫", "狗", "鱼", "鸟", "马", "牛", "羊", "虎",
                                           "山", "河", "树", "花", "门", "书", "船", "车",
                                           "灯", "刀", "茶", "米", "雨", "雪", "月", "日"};
static const char *const english[WORDS] = {
    "cat",  "dog",  "fish", "bird", "horse", "cow",   "sheep", "tiger", "hill", "river", "tree", "flower",
    "door", "book", "boat", "car",  "lamp",  "knife", "tea",   "rice",  "rain", "snow",  "moon", "sun"};

/* ---- the model ----------------------------------------------------------------------------------- */

typedef struct Model {
    Params params;
    int kind;
    Tensor *source, *target; /* (WORDS,C), (WORDS + 1,C): embeddings */
    Cell encoder, decoder;
    Linear query, key, score; /* (SCORE,H), (SCORE,H), (1,SCORE): of attention */
    Linear out;               /* (WORDS,2H) */
} Model;

static Model model_new(int kind, Rng *rng)
{
    Model m = {.kind = kind};
    Params *p = &m.params;
    m.source = nn_embedding_new(p, "source", WORDS, CHANNELS, 1, rng);
    m.target = nn_embedding_new(p, "target", WORDS + 1, CHANNELS, 1, rng);
    m.encoder = cell_new(p, "encoder", CELL_GRU, CHANNELS, HIDDEN, 0, rng);
    m.decoder = cell_new(p, "decoder", CELL_GRU, CHANNELS + HIDDEN, HIDDEN, 0, rng);
    m.query = nn_linear_new(p, "query", HIDDEN, SCORE, false, 0, rng);
    m.key = nn_linear_new(p, "key", HIDDEN, SCORE, false, 0, rng);
    m.score = nn_linear_new(p, "score", SCORE, 1, false, 0, rng);
    m.out = nn_linear_new(p, "out", 2 * HIDDEN, WORDS, true, 0, rng);
    return m;
}

//> attention
/* softmax over s of v . tanh(q + k_s): query (B,A), keys (S,B,A), v (1,A) -> weights (B,S). */
static Tensor *additive_weights(Graph *g, Tensor *query, Tensor *keys, const Linear *v)
{
    Tensor *score = nn_linear(g, v, nn_tanh(g, nn_add(g, keys, query))); /* (S,B,1) */
    return nn_softmax(g, nn_transpose(g, nn_reshape(g, score, keys->shape[0], keys->shape[1]), 0, 1));
}
//< attention

/* What a decoder knows of the list. */
typedef struct Memory {
    Tensor *last;          /* (B,H): the encoder's last state */
    Tensor *states, *keys; /* (B,S,H), (S,B,A): of attention */
} Memory;

/* source (B,S) */
static Memory encode(Graph *g, const Model *m, const int *source, int batch, int count)
{
    CellState states[LONGEST + 1];
    cell_read(g, &m->encoder, nn_embedding(g, m->source, source, batch, count), states);
    Memory memory = {.last = states[count].h};
    if (m->kind == FIXED)
        return memory;
    Tensor *all = nn_reshape(g, cell_join(g, states + 1, count), count, batch, HIDDEN);
    memory.keys = nn_linear(g, &m->key, all);
    memory.states = nn_transpose(g, all, 0, 1);
    return memory;
}

//> decode
/* The vector that the decoder is shown before a word: always the last state; or a mean of all, weighted anew. */
static Tensor *context_of(Graph *g, const Model *m, const Memory *memory, Tensor *state, Tensor **weights)
{
    if (m->kind == FIXED)
        return memory->last;
    int batch = state->shape[0];
    *weights = additive_weights(g, nn_linear(g, &m->query, state), memory->keys, &m->score);
    Tensor *row = nn_reshape(g, *weights, batch, 1, memory->states->shape[1]);
    return nn_reshape(g, nn_matmul(g, row, memory->states), batch, HIDDEN);
}

/* One word: the word before it (B) and the state -> logits (B,WORDS) and the next state. */
static Tensor *decode_word(Graph *g, const Model *m, const Memory *memory, const int *before,
                           CellState *state, Tensor **weights)
{
    int batch = state->h->shape[0];
    Tensor *context = context_of(g, m, memory, state->h, weights);
    Tensor *word = nn_reshape(g, nn_embedding(g, m->target, before, batch, 1), batch, CHANNELS);
    Tensor *input = nn_linear(g, &m->decoder.input, nn_concat(g, word, context, 1));
    *state = cell_step(g, &m->decoder, input, *state);
    return nn_linear(g, &m->out, nn_concat(g, state->h, context, 1));
}
//< decode

/* ---- training and testing -------------------------------------------------------------------------- */

/* Lists of `count` words: source (B,S); target (S + 1,B): BEGIN, and then the words from the last to the first. */
static void draw_lists(int batch, int count, int *source, int *target, Rng *rng)
{
    for (int i = 0; i < batch; i++) {
        target[i] = BEGIN;
        for (int s = 0; s < count; s++)
            source[i * count + s] = target[(count - s) * batch + i] = rng_below(rng, WORDS);
    }
}

/* The loss of one batch; the decoder is told the true word before each. */
static Tensor *list_loss(Graph *g, const Model *m, const int *source, const int *target, int count)
{
    Tensor *weights, *sum = NULL;
    Memory memory = encode(g, m, source, BATCH, count);
    CellState state = {memory.last, NULL};
    for (int t = 0; t < count; t++) {
        Tensor *logits = decode_word(g, m, &memory, target + t * BATCH, &state, &weights);
        Tensor *loss = nn_cross_entropy(g, logits, target + (t + 1) * BATCH, -1);
        sum = sum ? nn_add(g, sum, loss) : loss;
    }
    return nn_scale(g, sum, 1 / (float)count);
}

static void train(Graph *g, const Model *m, int steps, Rng *rng)
{
    int source[BATCH * TRAINED], target[(TRAINED + 1) * BATCH];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    for (int step = 0; step < steps; step++) {
        int count = 2 + rng_below(rng, TRAINED - 1);
        draw_lists(BATCH, count, source, target, rng);
        Tensor *loss = list_loss(g, m, source, target, count);
        nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 20, steps, 5e-3f, 0), 1);
    }
    nn_optimizer_free(o);
}

/* Lists that were read (TESTS,S); what a model wrote (S + 1,TESTS), which begins with BEGIN; and the state with the
 * largest weight before each word: how often it was that of the word due, and that of the one after it. */
typedef struct Lists {
    int source[TESTS * LONGEST], said[(LONGEST + 1) * TESTS];
    int on_word, one_later;
} Lists;

static void count_looks(Lists *lists, const float *row, int count, int due)
{
    int at = nn_argmax(row, count);
    lists->on_word += at == due;
    lists->one_later += at == due + 1;
}

/* Per cent of the words that are right in TESTS new lists, each word written after the model's own words. weights
 * (S,S) of the first list, unless NULL: a row for each word written. */
static double test(Graph *g, const Model *m, int count, Lists *lists, float *weights)
{
    int target[(LONGEST + 1) * TESTS], *said = lists->said, right = 0;
    Rng rng = rng_new(1000 + (uint64_t)count);
    draw_lists(TESTS, count, lists->source, target, &rng);
    memcpy(said, target, TESTS * sizeof *said);
    nn_graph_record(g, false);
    Memory memory = encode(g, m, lists->source, TESTS, count);
    CellState state = {memory.last, NULL};
    for (int t = 0; t < count; t++) {
        Tensor *row = NULL, *logits = decode_word(g, m, &memory, said + t * TESTS, &state, &row);
        for (int i = 0; i < TESTS; i++) {
            int word = nn_argmax(logits->data + i * WORDS, WORDS);
            said[(t + 1) * TESTS + i] = word;
            right += word == target[(t + 1) * TESTS + i];
            if (row)
                count_looks(lists, row->data + i * count, count, count - 1 - t);
        }
        if (weights && row)
            memcpy(weights + t * count, row->data, (size_t)count * sizeof *weights);
    }
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return 100.0 * right / (TESTS * count);
}

/* ---- what is printed and drawn ----------------------------------------------------------------------- */

/* Two words by hand: v . tanh(q + k) and its softmax, by the function that the model uses. */
static void show_by_hand(Graph *g)
{
    Tensor *query = nn_input(g, 1, 2), *keys = nn_input(g, 2, 1, 2), *v = nn_input(g, 1, 2);
    tensor_copy(query, (const float[]){0.5f, -0.2f});
    tensor_copy(keys, (const float[]){1, 0, -1, 0.5f});
    tensor_fill(v, 1);
    Tensor *weights = additive_weights(g, query, keys, &(Linear){.weight = v});
    printf("By hand: q = (0.5,-0.2), k1 = (1,0), k2 = (-1,0.5), v = (1,1): weights %.3f and %.3f\n\n",
           (double)weights->data[0], (double)weights->data[1]);
    nn_graph_reset(g);
}

/* One list, where the decoder looks before each word, and how often over all lists. */
static void show_alignment(Graph *g, const Model *m, int language)
{
    enum { SHOWN = 8 };
    static Lists lists; /* all its counts are 0 */
    const char *rows[SHOWN], *cols[SHOWN];
    float weights[SHOWN * SHOWN];
    test(g, m, SHOWN, &lists, weights);
    for (int t = 0; t < SHOWN; t++) {
        rows[t] = english[lists.said[(t + 1) * TESTS]];
        cols[t] = chinese[lists.source[t]];
    }
    puts("Where the decoder looks (row: the English word it is about to write; column: the Chinese one)");
    terminal_heatmap(weights, SHOWN, SHOWN, rows, cols);
    printf("the largest weight lies on the state of the word due %d times, of the word after it %d, "
           "elsewhere %d\n",
           lists.on_word, lists.one_later, SHOWN * TESTS - lists.on_word - lists.one_later);
    Plot *p = plot_new("ch01/out/seq2seq_alignment.svg", language,
                       plot_text("Where the decoder looks", "解码器看哪里"));
    plot_axes(p, plot_text("Chinese word read", "读到的中文词"),
              plot_text("English word written", "写出的英文词"));
    plot_heatmap(p, weights, SHOWN, SHOWN, rows, cols);
    plot_finish(p, "picture");
    putchar('\n');
}

static void print_table(double accuracy[KINDS][LENGTHS][MAX_SEEDS], int seeds)
{
    printf("Words correct, per cent of %d lists each, mean and standard deviation of %d models\n", TESTS,
           seeds);
    Tabular *t = tabular_new();
    tabular_numbers(t, "length", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "fixed vector", "%", 0, TABULAR_NONE);
    tabular_numbers(t, "attention", "%", 0, TABULAR_NONE);
    tabular_column(t, "");
    for (int i = 0; i < LENGTHS; i++) {
        tabular_number(t, (double)lengths[i]);
        for (int kind = 0; kind < KINDS; kind++)
            tabular_seeds(t, accuracy[kind][i], seeds);
        tabular_text(t, lengths[i] <= TRAINED ? "trained" : "longer");
    }
    tabular_print(t);
}

static void draw_accuracy(double accuracy[KINDS][LENGTHS][MAX_SEEDS], int seeds, int language)
{
    const PlotText names[KINDS] = {plot_text("fixed vector", "固定向量"), plot_text("attention", "注意力")};
    Plot *p = plot_new("ch01/out/seq2seq_accuracy.svg", language,
                       plot_text("Accuracy by length of the list", "正确率随长度的变化"));
    plot_axes(p, plot_text("words in the list", "词数"), plot_text("per cent of words", "词正确率（%）"));
    for (int kind = 0; kind < KINDS; kind++) {
        float y[MAX_SEEDS * LENGTHS];
        for (int i = 0; i < LENGTHS * seeds; i++)
            y[i] = (float)accuracy[kind][i % LENGTHS][i / LENGTHS];
        plot_seeds(p, names[kind], lengths, y, seeds, LENGTHS);
    }
    plot_finish(p, "picture");
}

static void measure(Graph *g, const Demo *s, int kind, int k, double accuracy[LENGTHS][MAX_SEEDS])
{
    static Lists lists;
    Rng rng = rng_new(s->seed + (uint64_t)k);
    Model m = model_new(kind, &rng);
    train(g, &m, s->steps, &rng);
    for (int i = 0; i < LENGTHS; i++)
        accuracy[i][k] = test(g, &m, (int)lengths[i], &lists, NULL);
    if (kind == ATTENTION && k == 0)
        show_alignment(g, &m, s->language); /* of the first model */
    nn_params_free(&m.params);
}

int main(int argc, char **argv)
{
    static double accuracy[KINDS][LENGTHS][MAX_SEEDS];
    Demo s = {.name = "ch01/seq2seq_attention_demo",
              .about = "The birth of attention, section 1.2.4.",
              .draws = true,
              .steps = 1500,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    demo_begin(&s, argc, argv, NULL);
    Graph *g = nn_graph_new();
    show_by_hand(g);
    Progress bar = progress_begin("training", KINDS * s.seeds);
    for (int i = 0; i < KINDS * s.seeds; i++) {
        measure(g, &s, i / s.seeds, i % s.seeds, accuracy[i / s.seeds]);
        progress_update(&bar, i + 1, i < s.seeds ? "fixed vector" : "attention");
    }
    progress_end(&bar);
    print_table(accuracy, s.seeds);
    draw_accuracy(accuracy, s.seeds, s.language);
    nn_graph_free(g);
    return demo_end(&s);
}
