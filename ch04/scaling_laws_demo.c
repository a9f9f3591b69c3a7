/* scaling_laws_demo.c -- how the loss falls with parameters and tokens, and how to share a budget, section 4.2.2.
 *
 * Trains small decoders at several budgets of compute, each budget spent on models of several sizes. Two forms of a law
 * are fitted to all but the largest budget: the sum of Hoffmann et al. (2022) and the joint power of Kaplan et al.
 * (2020). The one that predicts the largest budget better is fitted to all runs; it says which size is best for a
 * budget, and predicts a larger run, which no choice has seen. Before that the demo tries its fitting on known laws;
 * after it, it asks the published law for what Llama 3 gained by training longer than is best. --full takes the time of
 * a real study and can be interrupted. */
#include "common/base/base.h"
#include "common/demo/demo.h"
#include "ch04/isoflop.h"
#include "ch04/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200 };

static const double budgets[] = {3e9, 1e10, 3e10, 1e11, 3e11, 1e12};
static const int widths[] = {12, 16, 24, 32, 48, 64, 96, 128};
static const Study quick = {budgets, widths, 4, 8, 1, 60 << 10, 2 << 20, 2e11, 32, NULL};
static const Study full = {budgets, widths, 6, 8, 3, 60 << 10, 6 << 20, 3e12, 64, NULL};

static const char *const forms[LAW_FORMS] = {"sum", "joint"};

/* ---- laws that are known ------------------------------------------------------------------------------ */

/* Chinchilla's runs as Besiroglu et al., 2024, fitted them again; Hoffmann et al.'s own fit had come out differently,
 * for they had stopped it too early and rounded its exponents. */
static const Law published = {1.8172, 477.84, 2143.86, 0.3473, 0.3672, 1};

/* Kaplan et al., 2020, Table 2: alpha_N 0.076, alpha_D 0.103, N_c 6.4e13, D_c 1.8e13. A is N_c^alpha. */
static const Law kaplan = {0, 1.54e10, 1.8e13, 0.7379, 1, 0.103};

static const TabularColumn law_columns[] = {
    {"E", 3}, {"A", -3}, {"B", -3}, {"alpha", 4}, {"beta", 4}, {"gamma", 4}, {"N grows as compute^", 3}};
enum { LAW_COLUMNS = 7 };

static void law_row(double *row, const Law *l)
{
    memcpy(row, (double[]){l->e, l->a, l->b, l->alpha, l->beta, l->gamma, law_exponent(l)},
           sizeof(double) * LAW_COLUMNS);
}

static void check_fit(Demo *d)
{
    enum { SIZES = 16, LENGTHS = 15 };
    static const char *const names[] = {"Chinchilla, refitted", "found again", "Kaplan", "found again"};
    const Law known[LAW_FORMS] = {published, kaplan};
    double rows[4][LAW_COLUMNS], worst = 0;
    for (int form = 0; form < LAW_FORMS; form++) {
        LawPoint points[SIZES * LENGTHS];
        for (int i = 0; i < SIZES * LENGTHS; i++) {
            double params = 5e7 * pow(3e2, (double)(i % SIZES) / (SIZES - 1)),
                   tokens = 5e9 * pow(1e2, (double)(i / SIZES) / LENGTHS);
            points[i] = (LawPoint){params, tokens, law_loss(&known[form], params, tokens)};
        }
        Law found = law_fit((LawForm)form, points, SIZES * LENGTHS);
        law_row(rows[2 * form], &known[form]);
        law_row(rows[2 * form + 1], &found);
        for (int i = 3; i < LAW_COLUMNS; i++) /* the exponents */
            worst = fmax(worst, fabs(rows[2 * form][i] - rows[2 * form + 1][i]));
    }
    printf("Known laws: %d runs computed from each, and what is fitted to them\n", SIZES * LENGTHS);
    tabular_print_matrix("law", names, law_columns, LAW_COLUMNS, rows[0], 4);
    demo_claim(d, worst < 1e-4, "  all exponents within 0.0001");
}

/* ---- the runs and the form of the law ------------------------------------------------------------------- */

static void show_runs(const StudyRuns *r)
{
    int seeds = r->study->seeds;
    Tabular *t = tabular_with(
        NULL, (TabularColumn[]){{"FLOPs", -2}, {"width", 0}, {"N", 0}, {"D", 0}, {"D / N", 1}, {"loss", 3}},
        6);
    for (int i = 0; i < r->count; i += seeds) {
        const SmallRun *run = &r->items[i];
        double loss[8], tokens = (double)run->tokens;
        for (int k = 0; k < seeds; k++)
            loss[k] = run[k].loss;
        const double numbers[] = {study_budget(run), run->channels, run->params, tokens,
                                  tokens / run->params};
        for (int k = 0; k < 5; k++)
            tabular_number(t, numbers[k]);
        tabular_seeds(t, loss, seeds);
    }
    printf("\nRuns: decoders of %d layers on characters; %s\n", STUDY_LAYERS,
           seeds > 1 ? "mean and standard deviation over seeds" : "one seed");
    tabular_print(t);
}

//> form
/* Fits each form to all budgets but the largest, and tries it on the runs of the largest; returns the better one. */
static LawForm choose_form(Demo *d, const StudyRuns *r)
{
    LawPoint points[STUDY_RUNS];
    double last = 0.5 * r->study->budgets[r->study->budget_count - 1], rows[LAW_FORMS][3];
    for (int form = 0; form < LAW_FORMS; form++) {
        Law law = law_fit((LawForm)form, points, study_points(r, 0, last, true, points));
        int n = study_points(r, last, INFINITY, true, points);
        double sum = 0, size = 0, worst = 0;
        for (int i = 0; i < n; i++) {
            double error = 100 * (law_loss(&law, points[i].params, points[i].tokens) / points[i].loss - 1);
            sum += error / n;
            size += fabs(error) / n;
            worst = fmax(worst, fabs(error));
        }
        memcpy(rows[form], (double[]){sum, size, worst}, sizeof rows[form]);
    }
    puts("\nTwo forms, fitted to all budgets but the largest, on the runs of the largest: error in %");
    tabular_print_matrix("form", forms, (TabularColumn[]){{"mean", 1}, {"mean size", 1}, {"largest", 1}}, 3,
                         rows[0], LAW_FORMS);
    demo_claim(d, rows[LAW_JOINT][1] < rows[LAW_SUM][1], "  the joint form predicts them better");
    return rows[LAW_JOINT][1] < rows[LAW_SUM][1] ? LAW_JOINT : LAW_SUM;
}
//< form

/* ---- the law ---------------------------------------------------------------------------------------------- */

/* Fits with both ways of counting; returns the one that counts all. fits (ROUNDS): its bootstrap. */
static Law show_fits(const StudyRuns *r, LawForm form, Law *fits, uint64_t seed)
{
    static const char *const names[] = {"blocks alone", "all parameters"};
    LawPoint points[STUDY_RUNS];
    Law law = {0};
    double exponents[2][ROUNDS], rows[2][LAW_COLUMNS];
    int larger = 0;
    for (int all = 0; all < 2; all++) {
        int n = study_points(r, 0, INFINITY, all, points);
        Rng rng = rng_new(seed); /* the same samples for both */
        law = law_fit(form, points, n);
        law_row(rows[all], &law);
        law_bootstrap(form, points, n, fits, ROUNDS, &rng);
        for (int i = 0; i < ROUNDS; i++) {
            exponents[all][i] = law_exponent(&fits[i]);
            larger += all && exponents[0][i] > exponents[1][i];
        }
    }
    printf("\nThe law of the %s form fitted to %d runs\n", forms[form], r->count);
    tabular_print_matrix("N counts", names, law_columns, LAW_COLUMNS, rows[0], 2);
    for (int all = 0; all < 2; all++)
        printf("  %s: exponent %.2f to %.2f in 95%% of %d bootstrap samples\n", names[all],
               stats_quantile(exponents[all], ROUNDS, 0.025), stats_quantile(exponents[all], ROUNDS, 0.975),
               ROUNDS);
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

static void show_held_out(Demo *d, const StudyRuns *r, LawForm form)
{
    const SmallRun *run = &r->items[r->count];
    LawPoint points[STUDY_RUNS];
    int n = study_points(r, 0, INFINITY, true, points);
    double rows[LAW_FORMS][2];
    for (int f = 0; f < LAW_FORMS; f++) {
        Law law = law_fit((LawForm)f, points, n);
        rows[f][0] = law_loss(&law, run->params, (double)run->tokens);
        rows[f][1] = 100 * (rows[f][0] / run->loss - 1);
    }
    printf("\nA run that no fit has seen, with %.1f times the compute of the largest\n",
           r->study->held_out / r->study->budgets[r->study->budget_count - 1]);
    printf("  N = %.0f, D = %ld, measured %.3f\n", run->params, run->tokens, run->loss);
    tabular_print_matrix("form", forms, (TabularColumn[]){{"predicted", 3}, {"error (%)", 1}}, 2, rows[0],
                         LAW_FORMS);
    demo_claim(d, fabs(rows[form][1]) < 3, "  the form chosen before is within 3%%");
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
    Tabular *t = tabular_with(
        "model",
        (TabularColumn[]){
            {"N (10^9)", 1}, {"D (10^12)", 2}, {"D / N", 0}, {"loss", 3}, {"training FLOPs", -2}},
        5);
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

static void draw(const Demo *d, const StudyRuns *r, const Law *law)
{
    enum { CURVE = 60 };
    const Study *s = r->study;
    Plot *p = demo_plot(
        d, plot_text("Equal compute on models of several sizes", "同样的计算量，不同大小的模型"),
        plot_text("parameters N", "参数量 N"), plot_text("loss (nats per character)", "损失（nat/字符）"));
    plot_log_axes(p, true, false);
    for (int b = 0; b < s->budget_count; b++) {
        LawPoint points[STUDY_RUNS];
        float x[STUDY_RUNS], y[STUDY_RUNS], curve_x[CURVE], curve_y[CURVE];
        char name[32];
        int n = study_points(r, 0.9 * s->budgets[b], 1.1 * s->budgets[b], true, points);
        for (int i = 0; i < n; i++) {
            x[i] = (float)points[i].params;
            y[i] = (float)points[i].loss;
        }
        for (int i = 0; i < CURVE && n > 0; i++) {
            double params = (double)x[0] * pow((double)(x[n - 1] / x[0]), (double)i / (CURVE - 1));
            curve_x[i] = (float)params;
            curve_y[i] = (float)law_loss(law, params, s->budgets[b] / 6 / params);
        }
        snprintf(name, sizeof name, "%.0e FLOPs", s->budgets[b]);
        if (n > 0) {
            plot_points(p, plot_same(name), x, y, n);
            plot_reference(p, plot_same(NULL), curve_x, curve_y, CURVE);
        }
    }
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    bool all = false;
    const char *path = NULL;
    static StudyRuns runs;
    static Law fits[ROUNDS];
    Demo d = {.name = "ch04/scaling_laws_demo",
              .about = "How the loss falls with parameters and tokens, section 4.2.2.",
              .draws = true};
    const Option more[] = {
        option_flag("full", &all, "a study of six budgets instead of four: minutes"),
        option_file("runs", &path,
                    "keep the results of the runs here, and do not train again those that "
                    "are in it"),
        OPTION_END};
    demo_begin(&d, argc, argv, more);
    Study study = all ? full : quick;
    study.path = path;
    d.name = all ? "ch04/scaling_laws_demo.full" : d.name;
    Error e = {""};
    SmallText text;
    if (!small_text_read(&text, &e))
        error_exit(&e);
    runs.study = &study;
    check_fit(&d);
    study_train(&runs, &text, d.seed);
    show_runs(&runs);
    LawForm form = choose_form(&d, &runs);
    Law law = show_fits(&runs, form, fits, d.seed);
    show_best(&law, fits, study.held_out);
    show_held_out(&d, &runs, form);
    show_lifetime();
    draw(&d, &runs, &law);
    small_text_free(&text);
    return demo_end(&d);
}
