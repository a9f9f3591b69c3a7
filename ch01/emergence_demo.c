/* emergence_demo.c -- an ability that appears suddenly, section 1.1.
 *
 * Transformers of growing size learn to add three-digit numbers and write the sum from its last digit on. The same
 * answers are graded in three ways: by the loss, by the share of correct digits, and by the share of sums without
 * a wrong digit. The first two change gradually with size; the third is near 0, and then it jumps. Several seeds
 * show how much of a jump is chance. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 3, ANSWER = DIGITS + 1, TIME = 3 * DIGITS + 2, PLUS = 10, EQUALS, VOCAB };
enum { LAYERS = 2, HEADS = 2, BATCH = 64, TESTS = 500, MAX_SIZES = 8, MAX_SEEDS = 8 };

typedef struct Settings {
    int steps, seeds, language;
    bool full;
    uint64_t seed;
} Settings;

/* ---- the task ------------------------------------------------------------------------------------ */

/* One sum in ten is for the test. The bits are mixed first: a remainder of 7 a + b, say, depends on the last digits
 * alone, and those of the test would never be trained. */
static bool is_test(int a, int b)
{
    uint64_t mixed = (uint64_t)(a * 1000 + b + 1) * 0x9E3779B97F4A7C15u;
    return (mixed >> 40) % 10 == 0;
}

//> sum
/* "512+209=" and 721 from its last digit on, "1270": the carry is then known when it is needed. text (TIME + 1) */
static void write_sum(int a, int b, int *text)
{
    for (int i = 0; i < DIGITS; i++) {
        int power = i == 0 ? 100 : i == 1 ? 10 : 1;
        text[i] = a / power % 10;
        text[DIGITS + 1 + i] = b / power % 10;
    }
    text[DIGITS] = PLUS;
    text[2 * DIGITS + 1] = EQUALS;
    for (int i = 0, rest = a + b; i < ANSWER; i++, rest /= 10)
        text[2 * DIGITS + 2 + i] = rest % 10;
}
//< sum

/* Some sums of one side: ids (B,TIME), and labels (B,TIME) that are -1 within the question. */
static void draw_sums(bool test, int batch, int *ids, int *labels, Rng *rng)
{
    for (int i = 0; i < batch; i++) {
        int a, b, text[TIME + 1];
        do {
            a = rng_below(rng, 1000);
            b = rng_below(rng, 1000);
        } while (is_test(a, b) != test);
        write_sum(a, b, text);
        for (int t = 0; t < TIME; t++) {
            ids[i * TIME + t] = text[t];
            labels[i * TIME + t] = t < TIME - ANSWER ? -1 : text[t + 1];
        }
    }
}

/* ---- the model ----------------------------------------------------------------------------------- */

typedef struct Model {
    Params params;
    Tensor *tokens; /* (V,C) */
    NnPositions positions;
    NnBlock blocks[LAYERS];
    Norm norm;
    Linear out; /* (10,C) */
} Model;

static Model model_new(int channels, Rng *rng)
{
    Model m = {0};
    float std = 1 / sqrtf((float)channels);
    NnBlockConfig c = {.channels = channels, .heads = HEADS};
    m.tokens = nn_embedding_new(&m.params, "tokens", VOCAB, channels, std, rng);
    m.positions = nn_positions_new(&m.params, "positions", NN_LEARNED, TIME, channels, std, rng);
    for (int i = 0; i < LAYERS; i++)
        m.blocks[i] = nn_block_new(&m.params, &c, i, rng);
    m.norm = nn_norm_new(&m.params, "norm", channels);
    m.out = nn_linear_new(&m.params, "out", channels, 10, true, 0, rng);
    return m;
}

/* ids (B,TIME) -> (B,TIME,10): what the next digit will be. */
static Tensor *model_logits(Graph *g, const Model *m, const int *ids, int batch)
{
    Tensor *x = nn_embedding(g, m->tokens, ids, batch, TIME);
    x = nn_positions_add(g, &m->positions, x, NULL);
    for (int i = 0; i < LAYERS; i++)
        x = nn_block(g, &m->blocks[i], x, &(NnBlockCall){.attention = {.causal = true}});
    return nn_linear(g, &m->out, nn_norm(g, &m->norm, x));
}

static void train(Graph *g, const Model *m, int steps, Rng *rng)
{
    int ids[BATCH * TIME], labels[BATCH * TIME];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    for (int step = 0; step < steps; step++) {
        draw_sums(false, BATCH, ids, labels, rng);
        Tensor *loss = nn_cross_entropy(g, model_logits(g, m, ids, BATCH), labels, -1);
        nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 3e-3f, 0), 1);
    }
    nn_optimizer_free(o);
}

/* ---- one set of answers, three grades --------------------------------------------------------------- */

/* Nats per digit; per cent of the digits; per cent of the sums; and of each digit, from the last of the sum on. */
enum { LOSS, DIGIT, EXACT, BY_DIGIT, GRADES = BY_DIGIT + ANSWER };

//> grade
/* logits (TESTS,TIME,10). A digit is right when its logit is the maximum; a sum when all its digits are. */
static void grade(const float *logits, const int *labels, double grades[GRADES])
{
    for (int i = 0; i < TESTS; i++) {
        bool all = true;
        for (int d = 0; d < ANSWER; d++) {
            int at = i * TIME + TIME - ANSWER + d;
            bool right = nn_argmax(logits + at * 10, 10) == labels[at];
            grades[BY_DIGIT + d] += 100.0 * right / TESTS;
            grades[DIGIT] += 100.0 * right / (TESTS * ANSWER);
            all = all && right;
        }
        grades[EXACT] += 100.0 * all / TESTS;
    }
}
//< grade

static void evaluate(Graph *g, const Model *m, double grades[GRADES])
{
    static int ids[TESTS * TIME], labels[TESTS * TIME];
    Rng rng = rng_new(1000); /* the same questions for all */
    draw_sums(true, TESTS, ids, labels, &rng);
    nn_graph_record(g, false);
    Tensor *logits = model_logits(g, m, ids, TESTS);
    grade(logits->data, labels, grades);
    grades[LOSS] = (double)tensor_item(nn_cross_entropy(g, logits, labels, -1));
    nn_graph_record(g, true);
    nn_graph_reset(g);
}

/* ---- by size, over seeds ------------------------------------------------------------------------- */

typedef struct Results {
    int sizes, seeds;
    float parameters[MAX_SIZES];
    double grades[GRADES][MAX_SIZES][MAX_SEEDS];
} Results;

static void train_and_grade(Graph *g, const Settings *s, Results *r, int size, int seed)
{
    static const int channels[MAX_SIZES] = {4, 8, 12, 16, 24, 32, 48, 64};
    double grades[GRADES] = {0};
    Rng rng = rng_new(s->seed + (uint64_t)seed);
    Model m = model_new(channels[size], &rng);
    r->parameters[size] = (float)nn_param_total(&m.params);
    train(g, &m, s->steps, &rng);
    evaluate(g, &m, grades);
    for (int i = 0; i < GRADES; i++)
        r->grades[i][size][seed] = grades[i];
    nn_params_free(&m.params);
}

static Results measure(Graph *g, const Settings *s)
{
    Results r = {.sizes = s->full ? MAX_SIZES : MAX_SIZES - 2, .seeds = s->seeds};
    Progress bar = progress_begin("training", r.sizes * r.seeds);
    for (int i = 0; i < r.sizes * r.seeds; i++) {
        train_and_grade(g, s, &r, i / r.seeds, i % r.seeds);
        progress_update(&bar, i + 1, "%.0f parameters", (double)r.parameters[i / r.seeds]);
    }
    progress_end(&bar);
    return r;
}

static double mean_grade(const Results *r, int grade, int size)
{
    return stats_mean(r->grades[grade][size], r->seeds);
}

static void print_table(const Results *r)
{
    puts("                         digits    sums     (digits)^4   sums correct, each seed\n"
         "  parameters     loss   correct   correct");
    for (int i = 0; i < r->sizes; i++) {
        double digit = mean_grade(r, DIGIT, i);
        printf("  %10.0f   %6.3f   %5.1f %%   %5.1f %%   %9.1f %%  ", (double)r->parameters[i],
               mean_grade(r, LOSS, i), digit, mean_grade(r, EXACT, i), 100 * pow(digit / 100, ANSWER));
        for (int k = 0; k < r->seeds; k++)
            printf(" %5.1f", r->grades[EXACT][i][k]);
        putchar('\n');
    }
}

static void print_digits(const Results *r)
{
    puts("\nPer cent of each digit correct, mean of the seeds\n"
         "  parameters      ones      tens   hundreds   thousands");
    for (int i = 0; i < r->sizes; i++)
        printf("  %10.0f   %7.1f   %7.1f   %8.1f   %9.1f\n", (double)r->parameters[i],
               mean_grade(r, BY_DIGIT, i), mean_grade(r, BY_DIGIT + 1, i), mean_grade(r, BY_DIGIT + 2, i),
               mean_grade(r, BY_DIGIT + 3, i));
}

/* The largest rise of the mean from one size to the next, in points. */
static double largest_rise(const Results *r, int grade)
{
    double largest = 0;
    for (int i = 1; i < r->sizes; i++)
        largest = fmax(largest, mean_grade(r, grade, i) - mean_grade(r, grade, i - 1));
    return largest;
}

static void print_verdicts(const Results *r)
{
    int below = 1; /* below: sizes, after the first, that solve less than 5 % */
    double digits = largest_rise(r, DIGIT), sums = largest_rise(r, EXACT);
    while (below < r->sizes && mean_grade(r, EXACT, below) < 5)
        below++;
    printf("\nup to %.0f parameters under 5 %% of the sums are correct, while the digits rise from %.0f to "
           "%.0f %%\n",
           (double)r->parameters[below - 1], mean_grade(r, DIGIT, 0), mean_grade(r, DIGIT, below - 1));
    printf("largest rise from one size to the next: digits %.0f points, sums %.0f; the sums jump: %s\n",
           digits, sums, sums > 1.3 * digits ? "yes" : "NO");
}

static void draw_grade(Plot *p, PlotText name, const Results *r, int grade)
{
    float y[MAX_SEEDS * MAX_SIZES];
    for (int k = 0; k < r->seeds; k++)
        for (int i = 0; i < r->sizes; i++)
            y[k * r->sizes + i] = (float)r->grades[grade][i][k];
    plot_seeds(p, name, r->parameters, y, r->seeds, r->sizes);
}

static void draw(const Results *r, int language)
{
    Plot *p = plot_new("ch01/out/emergence_demo.svg", language,
                       plot_text("One set of answers, three grades", "同一批答案，三种评分"));
    PlotText size = plot_text("parameters", "参数量");
    plot_panel(p, plot_text("per cent correct", "正确率"));
    plot_axes(p, size, plot_text("per cent", "百分比"));
    plot_log_axes(p, true, false);
    draw_grade(p, plot_text("digits", "数字"), r, DIGIT);
    draw_grade(p, plot_text("whole sums", "整道题"), r, EXACT);
    plot_panel(p, plot_text("loss", "损失"));
    plot_axes(p, size, plot_text("nats per digit", "nat/数字"));
    plot_log_axes(p, true, false);
    draw_grade(p, plot_text("loss", "损失"), r, LOSS);
    plot_finish(p, "picture");
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.steps = 0, .seeds = 0, .language = PLOT_BOTH, .seed = 1};
    const Option options[] = {
        option_int("steps", &s.steps, 1, 100000, "training steps of each model [1000, with --full 2000]"),
        option_int("seeds", &s.seeds, 2, MAX_SEEDS, "models of each size [3, with --full 8]"),
        option_flag("full", &s.full, "more sizes, steps and seeds: about ten minutes"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "An ability that appears suddenly, section 1.1.", options);
    s.steps = s.steps ? s.steps : s.full ? 2000 : 1000;
    s.seeds = s.seeds ? s.seeds : s.full ? 8 : 3;
    return s;
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Graph *g = nn_graph_new();
    printf("Three-digit sums written from the last digit on: 512+209=1270 for 721.\n"
           "%d steps of %d sums, %d seeds; graded on %d sums that no model has seen\n\n",
           s.steps, BATCH, s.seeds, TESTS);
    Results r = measure(g, &s);
    print_table(&r);
    print_digits(&r);
    print_verdicts(&r);
    draw(&r, s.language);
    nn_graph_free(g);
    return error_finish();
}
