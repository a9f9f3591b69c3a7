/* sinusoids_demo.c -- how sinusoidal positions are built, section 3.4.2.
 *
 * Each pair of channels is the hand of a clock. The program shows that a shift by n positions is the same
 * rotation everywhere, that the dot product of two positions depends on their distance alone, and why
 * embeddings are multiplied by sqrt(C) before positions are added to them. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>

//> sinusoids
/* PE (T,C): each pair of channels is the hand of a clock, and each clock is slower than the one before.
 *     PE[t, 2i] = sin(w_i t),  PE[t, 2i+1] = cos(w_i t),  w_i = 1 / 10000^(2i/C) */
static Tensor *sinusoidal_positions(Arena *arena, int time, int channels)
{
    Tensor *table = tensor_new(arena, time, channels);
    for (int t = 0; t < time; t++) {
        for (int i = 0; i < channels / 2; i++) {
            double speed = pow(10000, -2.0 * i / channels);
            table->data[t * channels + 2 * i] = (float)sin(speed * t);
            table->data[t * channels + 2 * i + 1] = (float)cos(speed * t);
        }
    }
    return table;
}
//< sinusoids

/* PE[t] . PE[t+n] / (C/2) = mean_i cos(w_i n), whatever t is; *spread: by how much it varies with t. */
static double mean_dot(const Tensor *table, int distance, double *spread)
{
    int time = table->shape[0], channels = table->shape[1];
    double min = 1e9, max = -1e9, sum = 0;
    for (int t = 0; t + distance < time; t++) {
        double dot = 0;
        for (int i = 0; i < channels; i++)
            dot += (double)table->data[t * channels + i] * table->data[(t + distance) * channels + i];
        dot /= channels / 2;
        min = fmin(min, dot);
        max = fmax(max, dot);
        sum += dot;
    }
    *spread = max - min;
    return sum / (time - distance);
}

//> rotate
/* Rotates each pair of PE[t] by the angle w_i n and compares with PE[t+n]; returns the maximum difference.
 *     sin(w(t+n)) = sin(wt) cos(wn) + cos(wt) sin(wn),  cos(w(t+n)) = cos(wt) cos(wn) - sin(wt) sin(wn) */
static double rotation_error(const Tensor *table, int distance)
{
    int time = table->shape[0], channels = table->shape[1];
    double max = 0;
    for (int i = 0; i < channels / 2; i++) {
        double angle = distance * pow(10000, -2.0 * i / channels), c = cos(angle), s = sin(angle);
        for (int t = 0; t + distance < time; t++) {
            const float *from = table->data + t * channels + 2 * i, *to = from + distance * channels;
            max = fmax(max, fabs(from[0] * c + from[1] * s - to[0]));
            max = fmax(max, fabs(from[1] * c - from[0] * s - to[1]));
        }
    }
    return max;
}
//< rotate

enum { TIME = 128, WIDTH = 64, DISTANCES = 8 };

/* Of the dot products and rotations over distances n = 0, 1, 2, 4 ...: rows of n and dot product. Returns the
 * maximum error, of both, that holds for every t. */
static double measure_shifts(const Tensor *table, double rows[DISTANCES][2])
{
    double max = 0;
    for (int i = 0; i < DISTANCES; i++) {
        int distance = i ? 1 << (i - 1) : 0;
        double spread, dot = mean_dot(table, distance, &spread);
        rows[i][0] = distance;
        rows[i][1] = dot;
        max = fmax(max, fmax(spread, rotation_error(table, distance)));
    }
    return max;
}

static void show_shifts(Graph *g, int language)
{
    static const TabularColumn columns[] = {{"distance n", 0}, {"PE[t] . PE[t+n] / (C/2)", 2}};
    Tensor *table = sinusoidal_positions(nn_arena(g), TIME, WIDTH); /* (T,C) */
    double rows[DISTANCES][2], error = measure_shifts(table, rows);
    float *ours = nn_sinusoids(nn_arena(g), TIME, WIDTH)->data;
    printf("Sinusoids, %d positions, %d channels\n", TIME, WIDTH);
    tabular_print_matrix(NULL, NULL, columns, 2, rows[0], DISTANCES);
    terminal_verdict(error < 1e-5,
                     "the dot product is the same for every t, and PE[t+n] is PE[t] with each\n"
                     "pair rotated by w_i n, to 1e-5");
    terminal_verdict(tensor_distance(table->data, ours, table->size) <= 1e-6f,
                     "equal to nn_sinusoids, to 1e-6");
    Plot *p = plot_new("ch03/out/sinusoids_demo.svg", language,
                       plot_text("Sinusoidal positions", "正弦位置编码"));
    plot_axes(p, plot_text("channel", "通道"), plot_text("position", "位置"));
    plot_heatmap(p, table->data, TIME / 2, WIDTH, NULL, NULL);
    plot_finish(p, "picture");
    nn_graph_reset(g);
}

/* ---- why embeddings are scaled by sqrt(C) -------------------------------------------------------- */

//> scale
/* Adds positions to factor * table, and asks which word each sum is nearest to (by dot product).
 * Returns the percentage of words found again. table (V,C), positions (V,C). */
static double words_found(Graph *g, Tensor *table, Tensor *positions, float factor)
{
    int words = table->shape[0], found = 0;
    Tensor *sum = nn_add(g, nn_scale(g, table, factor), positions);
    Tensor *score = nn_matmul_nt(g, sum, table); /* (V,V) */
    for (int i = 0; i < words; i++)
        found += nn_argmax(score->data + i * words, words) == i;
    return 100.0 * found / words;
}
//< scale

enum { WIDTHS = 3, WORDS = 500, COLUMNS = 6 };

/* Norms of a position and of an embedding, without and with the factor, and the words found in their sum. */
static void measure_scale(Graph *g, int channels, double row[COLUMNS], Rng *rng)
{
    float factor = sqrtf((float)channels);
    Tensor *table = nn_input(g, WORDS, channels);
    tensor_normal(table, 1 / factor, rng);
    Tensor *positions = sinusoidal_positions(nn_arena(g), WORDS, channels);
    double norm = sqrt(kernel_sum_squares(table->data, table->size) / WORDS);
    row[0] = channels;
    row[1] = sqrt(channels / 2.0);
    row[2] = norm;
    row[3] = words_found(g, table, positions, 1);
    row[4] = (double)factor * norm;
    row[5] = words_found(g, table, positions, factor);
    nn_graph_reset(g);
}

int main(int argc, char **argv)
{
    static const TabularColumn columns[COLUMNS] = {{"C", 0},         {"position", 1},  {"embedding", 1},
                                                   {"found (%)", 0}, {"x sqrt(C)", 1}, {"found (%)", 0}};
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    double rows[WIDTHS][COLUMNS];
    const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "How sinusoidal positions are built, section 3.4.2.", options);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    show_shifts(g, language);
    for (int i = 0; i < WIDTHS; i++)
        measure_scale(g, 64 << 2 * i, rows[i], &rng);
    printf("\nNorms of a position and of an embedding from N(0, 1/C); words of %d found in their sum\n",
           WORDS);
    tabular_print_matrix(NULL, NULL, columns, COLUMNS, rows[0], WIDTHS);
    nn_graph_free(g);
    return error_finish();
}
