/* failures_demo.c -- how often a long run should save its state, section 4.3.2.
 *
 * A job on many GPUs fails when one of them does. Between two checkpoints work can be lost, and each checkpoint takes
 * time: the best interval follows from both (Young, 1974). The demo computes it for published figures, and lets a run
 * fail by chance to see whether the formula holds. */
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>

/* Seconds: of writing a checkpoint, between failures on average, from a failure until training goes on. */
typedef struct Job {
    double save, between, restart;
} Job;

//> young
/* Young's interval: the sum of save / interval and interval / (2 between) is smallest. */
static double young(Job j)
{
    return sqrt(2 * j.save * j.between);
}

/* The share of time that is lost: checkpoints; on average half an interval for each failure; restarts. */
static double lost_share(Job j, double interval)
{
    return j.save / interval + interval / (2 * j.between) + j.restart / j.between;
}
//< young

/* Daly's next terms (2006), for when a checkpoint is not short beside the time between failures; save < 2 between. */
static double daly(Job j)
{
    double x = sqrt(j.save / (2 * j.between));
    return young(j) * (1 + x / 3 + x * x / 9) - j.save;
}

//> simulate
/* A run of so much useful work: pieces of one interval and its checkpoint, each lost as a whole if a failure comes
 * first. Failures come at random, as likely at any moment. Returns the share of the time that was lost. */
static double simulate(Job j, double interval, double work, Rng *rng)
{
    double time = 0, done = 0, failure = -j.between * log(1 - (double)rng_uniform(rng));
    while (done < work) {
        double end = time + interval + j.save;
        if (failure >= end) {
            time = end;
            done += interval;
        } else {
            time = failure + j.restart;
            failure = time - j.between * log(1 - (double)rng_uniform(rng));
        }
    }
    return 1 - done / time;
}
//< simulate

enum { SEEDS = 5, FACTORS = 7 };

static void try_intervals(Demo *demo, Job j, uint64_t seed)
{
    static const char *const names[] = {"1/8", "1/4", "1/2", "1", "2", "4", "8"};
    float x[FACTORS], computed[FACTORS], y[SEEDS * FACTORS];
    Tabular *t = tabular_new();
    tabular_column(t, "times Young's");
    tabular_numbers(t, "interval", "min", 1, TABULAR_NONE);
    tabular_numbers(t, "lost, computed", "%", 1, TABULAR_MIN);
    tabular_numbers(t, "lost, simulated", "%", 1, TABULAR_NONE);
    for (int k = 0; k < FACTORS; k++) {
        double interval = young(j) * pow(2, k - 3), lost[SEEDS];
        for (int i = 0; i < SEEDS; i++) {
            Rng rng = rng_new(seed + (uint64_t)i);
            lost[i] = 100 * simulate(j, interval, 2000 * j.between, &rng);
            y[i * FACTORS + k] = (float)lost[i];
        }
        x[k] = (float)(interval / 60);
        computed[k] = (float)(100 * lost_share(j, interval));
        tabular_text(t, names[k]);
        tabular_number(t, interval / 60), tabular_number(t, (double)computed[k]);
        tabular_seeds(t, lost, SEEDS);
    }
    printf("\nA checkpoint takes %.0f s and a restart %.0f min; %.0f failures expected in each of %d "
           "simulated runs\n",
           j.save, j.restart / 60, 2000.0, SEEDS);
    tabular_print(t);
    Plot *p = demo_plot(
        demo, plot_text("Time lost by the interval of checkpoints", "检查点间隔与损失的时间"),
        plot_text("minutes between checkpoints", "检查点间隔（分钟）"), plot_text("lost (%)", "损失（%）"));
    plot_log_axes(p, true, false);
    plot_line(p, plot_text("computed", "公式"), x, computed, FACTORS);
    plot_seeds(p, plot_text("simulated", "模拟"), x, y, SEEDS, FACTORS);
    plot_finish(p, "picture");
}

/* Llama 3 405B: 419 unexpected interruptions in 54 days on 16,384 GPUs (2024). */
static void show_sizes(Job j)
{
    static const int gpus[] = {8, 1024, 16384, 131072};
    double one = 54 * 86400.0 * 16384 / 419; /* between failures of one GPU and its share of the rest */
    Tabular *t = tabular_new();
    tabular_numbers(t, "GPUs", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "between failures", "h", 1, TABULAR_NONE);
    tabular_numbers(t, "Young", "min", 1, TABULAR_NONE), tabular_numbers(t, "Daly", "min", 1, TABULAR_NONE);
    tabular_numbers(t, "lost", "%", 1, TABULAR_NONE);
    printf("One failure in %.1f years for each GPU, if they are independent: 419 in 54 days for 16384 of "
           "them\n",
           one / 86400 / 365);
    for (int i = 0; i < 4; i++) {
        j.between = one / gpus[i];
        tabular_number(t, gpus[i]), tabular_number(t, j.between / 3600);
        tabular_number(t, young(j) / 60), tabular_number(t, daly(j) / 60);
        tabular_number(t, 100 * lost_share(j, young(j)));
    }
    tabular_print(t);
}

int main(int argc, char **argv)
{
    float save = 60, restart = 10;
    Demo demo = {.name = "ch04/failures_demo",
                 .about = "How often a long run should save its state, section 4.3.2.",
                 .draws = true};
    const Option more[] = {
        option_float("save", &save, 0.1, 3600, "seconds that a checkpoint takes"),
        option_float("restart", &restart, 0, 1440, "minutes from a failure to the next step"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Job j = {(double)save, 54 * 86400.0 / 419, 60 * (double)restart};
    show_sizes(j);
    try_intervals(&demo, j, demo.seed);
    return demo_end(&demo);
}
