/* network_demo.c -- what communication costs, from two numbers of a network, section 4.3.2.
 *
 * Measures messages between the ranks on this machine, fits alpha (seconds for any message) and beta (seconds for each
 * byte), and holds what follows for an all-reduce against the measured one. Then it computes what no machine here can
 * run: a data-parallel step on up to 1,024 GPUs. */
#include "ch04/network.h"
#include "common/base/base.h"
#include "common/dist/dist.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

typedef struct Settings {
    int ranks;
    float kernels; /* the share of the peak that matrix products reach */
} Settings;

/* ---- measured here ------------------------------------------------------------------------------- */

enum { SIZES = 9, REPEATS = 15, IN_A_ROW = 8, WEIGHTS = 809856 };

static const double sizes[SIZES] = {4, 64, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304};

/* The seconds that a call takes, several times in a row after all ranks have met, so that who left first waits for the
 * others but once. The lower quartile, since what disturbs only makes it slower. */
typedef void Call(Dist *d, float *x, size_t count);
static double time_of(Dist *d, Call *call, float *x, size_t count)
{
    double seconds[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        dist_barrier(d);
        double start = clock_seconds();
        for (int k = 0; k < IN_A_ROW; k++)
            call(d, x, count);
        seconds[i] = (clock_seconds() - start) / IN_A_ROW;
    }
    return stats_quantile(seconds, REPEATS, 0.25);
}

//> exchange
/* A round of a ring: everyone sends to the next and receives from the one before. */
static void exchange(Dist *d, float *x, size_t count)
{
    size_t bytes = count * sizeof *x;
    dist_exchange(d, (d->rank + 1) % d->size, x, bytes, (d->rank + d->size - 1) % d->size, x + count,
                  bytes);
}

static Link measure(Dist *d, float *x)
{
    double times[SIZES];
    for (int i = 0; i < SIZES; i++)
        times[i] = time_of(d, exchange, x, (size_t)sizes[i] / sizeof *x);
    return network_fit(sizes, times, SIZES);
}
//< exchange

/* Those who are not in the group that is measured sleep: a rank that waits in MPI would take a core. */
static void sleep_until_told(Dist *d)
{
    char told;
    DistRequest *r = dist_receive_begin(d, 0, &told, 1);
    while (!dist_test(r))
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    dist_wait(r);
}

static const char *times_apart(double predicted, double measured, char text[16])
{
    snprintf(text, 16, "x %.2f", measured / predicted);
    return text;
}

/* The first n ranks measure; row of the table. */
static void measure_first(Dist *d, int n, float *x, Tabular *t)
{
    Dist *group = dist_split(d, d->rank < n);
    if (d->rank < n) {
        char text[16];
        Link l = measure(group, x);
        double bytes = WEIGHTS * sizeof *x, ring = time_of(group, dist_all_reduce_ring, x, WEIGHTS),
               tree = time_of(group, dist_all_reduce_tree, x, WEIGHTS);
        snprintf(text, sizeof text, "%d", n);
        tabular_text(t, text);
        tabular_number(t, 1e6 * l.alpha), tabular_number(t, 1e-9 / l.beta);
        tabular_number(t, 1e3 * network_ring(l, n, bytes));
        tabular_text(t, times_apart(network_ring(l, n, bytes), ring, text));
        tabular_number(t, 1e3 * network_tree(l, n, bytes));
        tabular_text(t, times_apart(network_tree(l, n, bytes), tree, text));
        for (int rank = n; d->rank == 0 && rank < d->size; rank++)
            dist_send(d, rank, "", 1);
    } else
        sleep_until_told(d);
    dist_free(group);
}

static void measure_here(Dist *d)
{
    float *x = memory_zero(2 * (size_t)sizes[SIZES - 1] / sizeof *x, sizeof *x);
    Tabular *t = tabular_new();
    tabular_column(t, "ranks");
    tabular_numbers(t, "alpha", "us", 1, TABULAR_NONE);
    tabular_numbers(t, "1/beta", "GB/s", 2, TABULAR_NONE);
    tabular_numbers(t, "ring", "ms", 2, TABULAR_NONE);
    tabular_numbers(t, "measured", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "tree", "ms", 2, TABULAR_NONE);
    tabular_numbers(t, "measured", NULL, 2, TABULAR_NONE);
    for (int n = 2; n <= d->size; n++)
        measure_first(d, n, x, t);
    if (d->rank == 0)
        printf("This machine: messages between ranks, and the all-reduce of %d gradients that follows from "
               "them;\n"
               "measured: how many times as long it took\n",
               WEIGHTS);
    tabular_print(t);
    free(x);
}

/* ---- a step on up to 1,024 GPUs ---------------------------------------------------------------------- */

enum { POWERS = 11 }; /* 1, 2, 4 ... 1024 */

/* A model of 8e9 weights, data parallel, gradients in bfloat16; H100, 989 TFLOP/s in bfloat16. */
//> step
static double step_seconds(const Settings *s, int n, double tokens, bool tree)
{
    double params = 8e9, flops = 6 * params * tokens / n;
    double communication = (tree ? network_tree : network_ring)(network_hosts, n, 2 * params);
    return flops / (989e12 * (double)s->kernels) + communication;
}
//< step

static void scale(Demo *demo, const Settings *s)
{
    float x[POWERS], y[4][POWERS];
    Tabular *t = tabular_new();
    tabular_column(t, "GPUs");
    tabular_numbers(t, "ring", "s", 3, TABULAR_NONE), tabular_numbers(t, "tree", "s", 3, TABULAR_NONE);
    tabular_numbers(t, "strong", "s", 3, TABULAR_NONE), tabular_numbers(t, "useful", "%", 0, TABULAR_NONE);
    tabular_numbers(t, "weak", "s", 3, TABULAR_NONE), tabular_numbers(t, "useful", "%", 0, TABULAR_NONE);
    for (int k = 0; k < POWERS; k++) {
        int n = 1 << k;
        double one = step_seconds(s, 1, 16384, false), strong = step_seconds(s, n, 16384 * 256, false);
        double weak = step_seconds(s, n, 16384.0 * n, false), useful = one * 256 / n / strong;
        x[k] = (float)n;
        y[0][k] = (float)(100 * useful), y[1][k] = (float)(100 * one / weak);
        y[2][k] = (float)(100 * one * 256 / n / step_seconds(s, n, 16384 * 256, true));
        y[3][k] = (float)(100 * one / step_seconds(s, n, 16384.0 * n, true));
        char text[16];
        snprintf(text, sizeof text, "%d", n);
        if (k % 2 == 0)
            tabular_row(t, text,
                        (double[]){network_ring(network_hosts, n, 16e9),
                                   network_tree(network_hosts, n, 16e9), strong, 100 * useful, weak,
                                   100 * one / weak});
    }
    puts("\nA model of 8e9 weights, data parallel, ring; strong: 4.2 million tokens a step; weak: 16384 "
         "for each GPU.\n"
         "Assumed: alpha 5 us and 50 GB/s for every message at any n, nobody waits for a slower one, no "
         "overlap");
    tabular_print(t);
    Plot *p = demo_plot(demo, plot_text("Useful share of the time", "有效计算所占的时间"),
                        plot_text("GPUs", "GPU 数"), plot_text("share (%)", "占比（%）"));
    plot_log_axes(p, true, false);
    plot_limits(p, NAN, NAN, 0, 100);
    plot_line(p, plot_text("strong, ring", "强扩展，环"), x, y[0], POWERS);
    plot_line(p, plot_text("weak, ring", "弱扩展，环"), x, y[1], POWERS);
    plot_line(p, plot_text("strong, tree", "强扩展，树"), x, y[2], POWERS);
    plot_line(p, plot_text("weak, tree", "弱扩展，树"), x, y[3], POWERS);
    plot_finish(p, "picture");
}

/* From how many bytes on the ring is faster than the tree. */
static void show_crossing(void)
{
    printf("\nThe ring is faster from this size on:");
    for (int n = 8; n <= 1024; n *= 128 / (n == 8 ? 8 : 16)) {
        double low = 1, high = 1e12;
        while (high / low > 1.0001) {
            double middle = sqrt(low * high);
            *(network_ring(network_hosts, n, middle) < network_tree(network_hosts, n, middle) ? &high
                                                                                              : &low) =
                middle;
        }
        printf("%s %.2g MB for %d GPUs", n == 8 ? "" : ",", high / 1e6, n);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    Settings s = {.ranks = 4, .kernels = 0.65f};
    Demo demo = {.name = "ch04/network_demo",
                 .about = "What communication costs, from two numbers of a network, section 4.3.2.",
                 .draws = true};
    const Option more[] = {option_int("ranks", &s.ranks, 2, 64, "ranks to measure"),
                           option_float("kernels", &s.kernels, 0.01, 1,
                                        "share of a GPU's peak that its matrix products reach (assumed)"),
                           OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Dist *d = dist_start(argc, argv, s.ranks);
    measure_here(d);
    if (d->rank == 0) {
        scale(&demo, &s);
        show_crossing();
    }
    dist_free(d);
    return demo_end(&demo);
}
