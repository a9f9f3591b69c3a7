/* rnn_vs_attention_demo.c -- how far a gradient reaches, section 3.1.
 *
 * A recurrent network passes its state from word to word: what came n words ago has gone through n
 * matrices and n tanh. Attention reaches any word in one step. The program measures, in untrained
 * networks, how strongly the last output depends on the word n positions back. */
#include "ch03/rnn.h"
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS = 64, HEADS = 4, REACH = 64, DRAWS = 10 };
enum { DEFAULT, GAIN_1, ORTHOGONAL, ATTENTION, CURVES };

static const PlotText names[CURVES] = {{"RNN, default initialization", "RNN，默认初始化"},
                                       {"RNN, gain 1", "RNN，增益 1"},
                                       {"RNN, orthogonal", "RNN，正交"},
                                       {"attention", "注意力"}};

/* Makes the rows of a (C,C) matrix orthogonal and of norm 1 (Gram-Schmidt): it then preserves every norm. */
static void make_orthogonal(Tensor *w)
{
    for (int i = 0; i < CHANNELS; i++) {
        float *row = w->data + i * CHANNELS;
        for (int j = 0; j < i; j++) {
            const float *other = w->data + j * CHANNELS;
            float overlap = 0;
            for (int c = 0; c < CHANNELS; c++)
                overlap += row[c] * other[c];
            for (int c = 0; c < CHANNELS; c++)
                row[c] -= overlap * other[c];
        }
        float norm = sqrtf((float)kernel_sum_squares(row, CHANNELS));
        for (int c = 0; c < CHANNELS; c++)
            row[c] /= norm;
    }
}

/* The last state of an RNN that reads the words x (T,C): (1,C). */
static Tensor *last_of_rnn(Graph *g, const Rnn *layer, Tensor *x)
{
    Tensor *word[REACH], *h[REACH];
    for (int t = 0; t < REACH; t++)
        word[t] = nn_slice(g, x, 0, t, 1);
    rnn(g, layer, word, REACH, h);
    return h[REACH - 1];
}

/* What attention gives to the last word of x (T,C): (1,C). */
static Tensor *last_of_attention(Graph *g, const Linear *qkv, Tensor *x)
{
    x = nn_reshape(g, nn_linear(g, qkv, x), 1, REACH, 3 * CHANNELS);
    Tensor *out = nn_reshape(g, nn_self_attention(g, x, HEADS, false, NULL), REACH, CHANNELS);
    return nn_slice(g, out, 0, REACH - 1, 1);
}

/* Adds |d (r . last) / d x[T-1-n]|, for a random direction r, to reach[n], n = 0 .. T-1, in one new network. */
static void add_reach(Graph *g, int curve, float *reach, Rng *rng)
{
    /* The default of common libraries: uniform within +-1/sqrt(C), with a standard deviation of 1/sqrt(3C). */
    float gain = curve == DEFAULT ? 1 / sqrtf(3) : 1;
    Params params = {0};
    Tensor *x = nn_embedding_new(&params, "x", REACH, CHANNELS, 1, rng), *r = nn_input(g, 1, CHANNELS);
    Rnn layer = rnn_new(&params, CHANNELS, gain, rng);
    Linear qkv = nn_linear_new(&params, "qkv", CHANNELS, 3 * CHANNELS, true, 0, rng);
    if (curve == ORTHOGONAL)
        make_orthogonal(layer.state.weight);
    tensor_normal(r, 1, rng);
    nn_backward_from(g, curve == ATTENTION ? last_of_attention(g, &qkv, x) : last_of_rnn(g, &layer, x),
                     r->data);
    for (int n = 0; n < REACH; n++)
        reach[n] += (float)sqrt(kernel_sum_squares(x->grad + (REACH - 1 - n) * CHANNELS, CHANNELS));
    nn_graph_reset(g);
    nn_params_free(&params);
}

/* The factor by which a curve shrinks at each step, from a line through its logarithm. */
static double factor_per_step(const float *curve)
{
    double middle = REACH / 2.0, sum_xx = 0, sum_xy = 0; /* the mean of n = 1 .. REACH-1 */
    for (int n = 1; n < REACH; n++) {
        sum_xx += (n - middle) * (n - middle);
        sum_xy += (n - middle) * log((double)curve[n]);
    }
    return exp(sum_xy / sum_xx);
}

enum { SHOWN = 6 };
static const char *const row_names[SHOWN + 1] = {"2", "4", "8", "16", "32", "63", "factor per step"};

/* The rows of the table: reach relative to n = 1 over some distances, and the factor per step. */
static void relate(float curves[CURVES][REACH], double rows[SHOWN + 1][CURVES])
{
    for (int c = 0; c < CURVES; c++) {
        for (int i = 0; i < SHOWN; i++)
            rows[i][c] = (double)(curves[c][atoi(row_names[i])] / curves[c][1]);
        rows[SHOWN][c] = factor_per_step(curves[c]);
    }
}

static void show(float curves[CURVES][REACH])
{
    double rows[SHOWN + 1][CURVES];
    TabularColumn columns[CURVES];
    for (int c = 0; c < CURVES; c++)
        columns[c] = (TabularColumn){names[c].en, -2};
    printf("Gradient norm of the last output with respect to the word n positions back, relative to n = 1\n"
           "(mean of %d untrained networks, T = %d)\n",
           DRAWS, REACH);
    relate(curves, rows);
    tabular_print_matrix("n", row_names, columns, CURVES, rows[0], SHOWN + 1);
}

static void draw(float curves[CURVES][REACH], int language)
{
    float n[REACH];
    for (int i = 0; i < REACH; i++)
        n[i] = (float)i;
    Plot *p =
        plot_new("ch03/out/gradient_reach.svg", language,
                 plot_text("How much the last output depends on a word", "最后一个输出对一个词的依赖"));
    plot_axes(p, plot_text("distance (words)", "距离（词）"), plot_text("gradient norm", "梯度范数"));
    plot_log_axes(p, false, true);
    for (int c = 0; c < CURVES; c++)
        plot_line(p, names[c], n + 1, curves[c] + 1, REACH - 1);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "How far a gradient reaches: recurrence against attention, section 3.1.",
                  options);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    float curves[CURVES][REACH] = {{0}};
    for (int i = 0; i < DRAWS * CURVES; i++)
        add_reach(g, i % CURVES, curves[i % CURVES], &rng);
    show(curves);
    draw(curves, language);
    nn_graph_free(g);
    return error_finish();
}
