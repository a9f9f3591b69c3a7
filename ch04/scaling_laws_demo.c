/* scaling_laws_demo.c -- how the loss falls with parameters and tokens, and how to share a budget, section 4.2.2.
 *
 * Trains small decoders at several budgets of compute, each budget spent on models of several sizes; fits the law
 * L(N, D) = E + A / N^alpha + B / D^beta to them; says which size is best for a budget, and predicts a larger run,
 * which it then trains. Before that it tries its fitting on a known law; after it, it asks the published law for what
 * Llama 3 gained by training longer than is best. --full takes the time of a real study and can be interrupted. */
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "ch04/isoflop.h"
#include "ch04/law.h"

#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 200 };

static const double budgets[] = {3e9, 1e10, 3e10, 1e11, 3e11, 1e12};
static const int widths[] = {12, 16, 24, 32, 48, 64, 96, 128};
static const Study quick = {budgets, widths, 4, 8, 1, 60 << 10, 2 << 20, 2e11, 32, NULL};
static const Study full = {budgets, widths, 6, 8, 3, 60 << 10, 6 << 20, 3e12, 64, NULL};

/* ---- a law that is known ------------------------------------------------------------------------------ */

/* Chinchilla's runs as Besiroglu et al., 2024, fitted them again; Hoffmann et al.'s own fit had come out differently,
 * for they had stopped it too early and rounded its exponents. */
static const Law published = {1.8172, 477.84, 2143.86, 0.3473, 0.3672};

static void show_law(Tabular *t, const char *name, const Law *l)
{
    tabular_row(t, name, (const double[]){l->e, l->a, l->b, l->alpha, l->beta, law_exponent(l)});
}

static Tabular *law_table(const char *heading)
{
    Tabular *t = tabular_new();
    tabular_column(t, heading);
    tabular_numbers(t, "E", NULL, 3, TABULAR_NONE);
    tabular_numbers(t, "A", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "B", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "alpha", NULL, 4, TABULAR_NONE);
    tabular_numbers(t, "beta", NULL, 4, TABULAR_NONE);
    tabular_numbers(t, "N grows as compute^", NULL, 3, TABULAR_NONE);
    return t;
}

static bool check_fit(void)
{
    enum { SIZES = 16, LENGTHS = 15 };
    LawPoint points[SIZES * LENGTHS];
    for (int i = 0; i < SIZES * LENGTHS; i++) {
        double n = 5e7 * pow(3e2, (double)(i % SIZES) / (SIZES - 1)),
               d = 5e9 * pow(1e2, (double)(i / SIZES) / LENGTHS);
        points[i] = (LawPoint){n, d, law_loss(&published, n, d)};
    }
    Law found = law_fit(points, SIZES * LENGTHS);
    Tabular *t = law_table("law");
    show_law(t, "published", &published);
    show_law(t, "found again", &found);
    printf("A known law: %d runs computed from it, and what is fitted to them\n", SIZES * LENGTHS);
    tabular_print(t);
    return terminal_verdict(fabs(found.alpha - published.alpha) < 1e-4 &&
                                fabs(found.beta - published.beta) < 1e-4,
                            "  both exponents within 0.0001");
}

/* ---- fitting the runs ----------------------------------------------------------------------------------- */

/* How parameters are counted: all, or those of the blocks alone, as Kaplan et al., 2020, did. */
static int points_of(const StudyRuns *r, bool all, LawPoint *points)
{
    for (int i = 0; i < r->count; i++) {
        const SmallRun *run = &r->items[i];
        points[i] = (LawPoint){all ? run->params : run->body, (double)run->tokens, run->loss};
    }
    return r->count;
}

static void show_runs(const StudyRuns *r)
{
    Tabular *t = tabular_new();
    int seeds = r->study->seeds;
    tabular_numbers(t, "FLOPs", NULL, -2, TABULAR_NONE);
    tabular_numbers(t, "width", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "N", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "D", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "D / N", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "loss", NULL, 3, TABULAR_NONE);
    for (int i = 0; i < r->count; i += seeds) {
        const SmallRun *run = &r->items[i];
        double loss[8], tokens = (double)run->tokens;
        for (int k = 0; k < seeds; k++)
            loss[k] = run[k].loss;
        tabular_number(t, 6 * run->params * tokens);
        tabular_number(t, run->channels);
        tabular_number(t, run->params);
        tabular_number(t, tokens);
        tabular_number(t, tokens / run->params);
        if (seeds > 1)
            tabular_seeds(t, loss, seeds);
        else
            tabular_number(t, loss[0]);
    }
    printf("\nRuns: decoders of %d layers on characters; %s\n", STUDY_LAYERS,
           seeds > 1 ? "mean and standard deviation over seeds" : "one seed");
    tabular_print(t);
}

/* Fits with both ways of counting; returns the one that counts all. fits (ROUNDS): its bootstrap. */
static Law show_fits(const StudyRuns *r, Law *fits, uint64_t seed)
{
    static const char *const names[] = {"blocks alone", "all parameters"};
    LawPoint points[STUDY_RUNS];
    Law law = {0};
    double exponents[2][ROUNDS];
    int larger = 0;
    Tabular *t = law_table("N counts");
    for (int all = 0; all < 2; all++) {
        int n = points_of(r, all, points);
        Rng rng = rng_new(seed); /* the same samples for both */
        law = law_fit(points, n);
        show_law(t, names[all], &law);
        law_bootstrap(points, n, fits, ROUNDS, &rng);
        for (int i = 0; i < ROUNDS; i++)
            exponents[all][i] = law_exponent(&fits[i]);
    }
    printf("\nThe law fitted to %d runs\n", r->count);
    tabular_print(t);
    for (int all = 0; all < 2; all++)
        printf("  %s: exponent %.2f to %.2f in 95%% of %d bootstrap samples\n", names[all],
               stats_quantile(exponents[all], ROUNDS, 0.025), stats_quantile(exponents[all], ROUNDS, 0.975),
               ROUNDS);
    for (int i = 0; i < ROUNDS; i++)
        larger += exponents[0][i] > exponents[1][i];
    printf("  counting blocks alone gives the larger exponent in %.0f%% of them\n",
           100.0 * larger / ROUNDS);
    return law;
}

static void show_best(const Law *law, const Law *fits, double compute)
{
    double params[ROUNDS], best = law_best_params(law, compute), tokens = compute / 6 / best;
    for (int i = 0; i < ROUNDS; i++)
        params[i] = law_best_params(&fits[i], compute);
    double low = stats_quantile(params, ROUNDS, 0.025), high = stats_quantile(params, ROUNDS, 0.975);
    printf("\nThe best use of %.0e FLOPs\n", compute);
    printf("  N = %.0f, 95%%: %.0f to %.0f\n  D = %.0f, %.0f tokens a parameter, 95%%: %.0f to %.0f\n",
           best, low, high, tokens, tokens / best, compute / 6 / (high * high), compute / 6 / (low * low));
}

static bool show_held_out(const StudyRuns *r, const Law *law)
{
    const SmallRun *run = &r->items[r->count];
    double expected = law_loss(law, run->params, (double)run->tokens);
    printf("\nA run that the fit has not seen, with %.1f times the compute of the largest\n",
           r->study->held_out / r->study->budgets[r->study->budget_count - 1]);
    printf("  N = %.0f, D = %ld: predicted %.3f, measured %.3f, off by %.1f%%\n", run->params, run->tokens,
           expected, run->loss, 100 * fabs(expected / run->loss - 1));
    return terminal_verdict(fabs(expected / run->loss - 1) < 0.03, "  within 3%%");
}

/* ---- training longer than is best -------------------------------------------------------------------------- */

//> lifetime
/* The tokens that a model of this size needs for a loss; infinite if it never gets there. */
static double tokens_for(const Law *l, double params, double loss)
{
    double left = loss - l->e - l->a / pow(params, l->alpha);
    return left > 0 ? pow(l->b / left, 1 / l->beta) : INFINITY;
}

/* The cheapest size for a loss, if it will also read or write so many tokens: 6 N D to train, 2 N each to run. */
static double cheapest(const Law *l, double loss, double served)
{
    double best = 0, least = INFINITY;
    for (double n = 1e8; n < 1e13; n *= 1.001) {
        double cost = 6 * n * tokens_for(l, n, loss) + 2 * n * served;
        if (cost < least) {
            least = cost;
            best = n;
        }
    }
    return best;
}
//< lifetime

static void show_lifetime(void)
{
    static const double served[] = {0, 1e12, 1e13, 1e14};
    const double params = 8.03e9, tokens = 15e12, loss = law_loss(&published, params, tokens);
    double compute = 6 * params * tokens, best = law_best_params(&published, compute);
    Tabular *t = tabular_new();
    tabular_column(t, "model");
    tabular_numbers(t, "N", "10^9", 1, TABULAR_NONE);
    tabular_numbers(t, "D", "10^12", 2, TABULAR_NONE);
    tabular_numbers(t, "D / N", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "loss", NULL, 3, TABULAR_NONE);
    tabular_numbers(t, "training FLOPs", NULL, -2, TABULAR_NONE);
    tabular_row(t, "Llama 3 8B",
                (const double[]){params / 1e9, tokens / 1e12, tokens / params, loss, compute});
    tabular_row(t, "the best for its compute",
                (const double[]){best / 1e9, compute / 6 / best / 1e12, compute / 6 / (best * best),
                                 law_loss(&published, best, compute / 6 / best), compute});
    for (int i = 0; i < 4; i++) {
        char name[64];
        double n = cheapest(&published, loss, served[i]), d = tokens_for(&published, n, loss);
        snprintf(name, sizeof name,
                 served[i] > 0 ? "its loss, then %.0e tokens served" : "its loss, cheapest training",
                 served[i]);
        tabular_row(t, name, (const double[]){n / 1e9, d / 1e12, d / n, loss, 6 * n * d});
    }
    puts("\nLlama 3 8B in the published law");
    tabular_print(t);
}

static void draw(const StudyRuns *r, const Law *law, int language)
{
    enum { CURVE = 60 };
    const Study *s = r->study;
    Plot *p =
        plot_new("ch04/out/scaling_laws_demo.svg", language,
                 plot_text("Equal compute on models of several sizes", "同样的计算量，不同大小的模型"));
    plot_axes(p, plot_text("parameters N", "参数量 N"),
              plot_text("loss (nats per character)", "损失（nat/字符）"));
    plot_log_axes(p, true, false);
    for (int b = 0; b < s->budget_count; b++) {
        float x[STUDY_RUNS], y[STUDY_RUNS], curve_x[CURVE], curve_y[CURVE];
        int n = 0;
        for (int i = 0; i < r->count; i++) {
            const SmallRun *run = &r->items[i];
            if (fabs(6 * run->params * (double)run->tokens / s->budgets[b] - 1) > 0.1)
                continue;
            x[n] = (float)run->params;
            y[n++] = (float)run->loss;
        }
        for (int i = 0; i < CURVE && n > 0; i++) {
            double params = (double)x[0] * pow((double)(x[n - 1] / x[0]), (double)i / (CURVE - 1));
            curve_x[i] = (float)params;
            curve_y[i] = (float)law_loss(law, params, s->budgets[b] / 6 / params);
        }
        char name[32];
        snprintf(name, sizeof name, "%.0e FLOPs", s->budgets[b]);
        if (n == 0)
            continue;
        plot_points(p, plot_same(name), x, y, n);
        plot_reference(p, plot_same(NULL), curve_x, curve_y, CURVE);
    }
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    bool all = false;
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const char *path = NULL;
    const Option options[] = {
        option_flag("full", &all, "a study of six budgets instead of three: minutes"),
        option_file("runs", &path,
                    "keep the results of the runs here, and do not train again those that are in it"),
        option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "How the loss falls with parameters and tokens, section 4.2.2.", options);
    Study study = all ? full : quick;
    study.path = path;
    Error e = {""};
    SmallText text;
    if (!small_text_read(&text, &e))
        error_exit(&e);
    static StudyRuns runs;
    static Law fits[ROUNDS];
    runs.study = &study;
    bool good = check_fit();
    study_train(&runs, &text, seed);
    show_runs(&runs);
    Law law = show_fits(&runs, fits, seed);
    show_best(&law, fits, study.held_out);
    good &= show_held_out(&runs, &law);
    show_lifetime();
    draw(&runs, &law, language);
    small_text_free(&text);
    return error_finish() || !good;
}
