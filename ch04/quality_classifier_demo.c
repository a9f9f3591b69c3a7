/* quality_classifier_demo.c -- good or bad? A linear classifier beside the rules; section 4.1.2.
 *
 * Logistic regression on hashed words and pairs of words, as fastText does it, learns what good texts and nine kinds of
 * bad ones look like. It is tested on unseen texts of all kinds; on each kind by a classifier that has never seen that
 * kind; and on good texts from elsewhere. The last two decide whether one may trust it. */
#include "ch04/bad_texts.h"
#include "ch04/quality.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EACH = 200,
    TRAIN = 600,
    POINTS = 121
}; /* texts of a kind; of each class and language; of a curve */
static const Language LANGUAGE_OF[WORLD_LANGUAGES] = {[WORLD_ZH] = LANGUAGE_ZH, [WORLD_EN] = LANGUAGE_EN};

static QualityRule verdict_of(const char *text, Language language)
{
    float value[QUALITY_RULES];
    quality_measure(text, strlen(text), language, value);
    return quality_verdict(value, language, QUALITY_ALL);
}

static void print_share(Tabular *t, long hits, long n)
{
    StatsInterval i = stats_wilson(hits, n, 0.95);
    char text[48];
    snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100.0 * (double)hits / (double)n, 100 * i.low,
             100 * i.high);
    tabular_text(t, text);
}

/* Trained on good texts and on every kind of bad text but `without` (-1: on all), half in each language. */
static QualityClassifier *classifier_without(int without, uint64_t seed)
{
    enum { COUNT = 2 * WORLD_LANGUAGES * TRAIN };
    Rng rng = rng_new(seed);
    QualityClassifier *c = quality_classifier_new();
    QualityExample *examples = memory_new(sizeof *examples * COUNT);
    for (int i = 0; i < COUNT; i++) {
        WorldLanguage language = (WorldLanguage)(i / 2 % WORLD_LANGUAGES);
        bool good = i % 2 == 0;
        int kind = (without + 1 + rng_below(&rng, BAD_KINDS - (without >= 0))) % BAD_KINDS;
        char *text =
            good ? good_text(language, WORLD_TRAIN, &rng) : bad_text((BadKind)kind, language, &rng);
        examples[i] = (QualityExample){text, good};
    }
    quality_classifier_train(c, examples, COUNT, 5, 1, &rng);
    for (int i = 0; i < COUNT; i++)
        free((char *)examples[i].text);
    free(examples);
    return c;
}

/* What is tested: texts of one kind, with the scores of the classifier that has seen all kinds, and of the one that has
 * not seen this kind. */
typedef struct Tested {
    float seen[EACH], unseen[EACH];
    int by_rules, by_language, by_seen, by_unseen;
    bool rejected[EACH]; /* by the rules */
} Tested;

static void test_text(Tested *k, int i, const char *text, WorldLanguage language,
                      const LanguageModel *languages, const QualityClassifier *seen,
                      const QualityClassifier *unseen)
{
    k->seen[i] = quality_score(seen, text, strlen(text));
    k->unseen[i] = quality_score(unseen, text, strlen(text));
    k->rejected[i] = verdict_of(text, LANGUAGE_OF[language]) != QUALITY_RULES;
    k->by_rules += k->rejected[i];
    k->by_language += language_guess(languages, text, strlen(text)).language != LANGUAGE_OF[language];
    k->by_seen += k->seen[i] < 0.5f;
    k->by_unseen += k->unseen[i] < 0.5f;
}

static void print_tested(Tabular *t, const char *name, const Tested *k)
{
    tabular_text(t, name);
    print_share(t, k->by_language, EACH);
    print_share(t, k->by_rules, EACH);
    print_share(t, k->by_seen, EACH);
    print_share(t, k->by_unseen, EACH);
}

/* kinds (BAD_KINDS + 1): each kind of bad text, then good ones of the test side. */
static void test_kinds(Tested *kinds, const LanguageModel *languages, const QualityClassifier *seen,
                       uint64_t seed)
{
    Rng rng = rng_new(seed + 1);
    printf("\nRejected, %% of %d texts with 95 %% intervals, half of them in each language:\n", EACH);
    Tabular *t = tabular_new();
    tabular_column(t, "kind of text");
    tabular_column(t, "language");
    tabular_column(t, "rules");
    tabular_column(t, "classifier");
    tabular_column(t, "kind never seen");
    for (int k = 0; k <= BAD_KINDS; k++) {
        QualityClassifier *unseen = classifier_without(k < BAD_KINDS ? k : -1, seed);
        for (int i = 0; i < EACH; i++) {
            WorldLanguage language = (WorldLanguage)(i % WORLD_LANGUAGES);
            char *text = k < BAD_KINDS ? bad_text((BadKind)k, language, &rng)
                                       : good_text(language, WORLD_TEST, &rng);
            test_text(&kinds[k], i, text, language, languages, seen, unseen);
            free(text);
        }
        print_tested(t, k < BAD_KINDS ? bad_kind_name((BadKind)k) : "good prose", &kinds[k]);
        quality_classifier_free(unseen);
    }
    tabular_print(t);
}

/* ---- precision and recall ------------------------------------------------------------------------ */

/* Of all the scores tested, those of bad texts and of good ones: at each threshold the share of the bad that is
 * rejected (recall), of the good that is rejected, and of the rejected that is bad (precision), if a share `bad` of
 * what is crawled is bad. */
typedef struct Curve {
    float recall[POINTS], false_positives[POINTS], precision[POINTS], threshold[POINTS];
    double area; /* under the ROC: how often a bad text scores below a good one */
} Curve;

static float score_of(const Tested *k, int i, bool unseen)
{
    return unseen ? k->unseen[i] : k->seen[i];
}

static Curve curve_of(const Tested *kinds, bool unseen, float bad)
{
    Curve c = {.area = 0};
    for (int p = 0; p < POINTS; p++) { /* closer together near 0 and 1, where most scores lie */
        c.threshold[p] = 1 / (1 + expf(-12 * (2 * (float)p / (POINTS - 1) - 1)));
        int hits = 0, false_hits = 0;
        for (int k = 0; k <= BAD_KINDS; k++)
            for (int i = 0; i < EACH; i++)
                *(k < BAD_KINDS ? &hits : &false_hits) += score_of(&kinds[k], i, unseen) < c.threshold[p];
        c.recall[p] = (float)hits / (BAD_KINDS * EACH);
        c.false_positives[p] = (float)false_hits / EACH;
        float rejected = bad * c.recall[p] + (1 - bad) * c.false_positives[p];
        c.precision[p] = rejected > 0 ? bad * c.recall[p] / rejected : NAN;
    }
    for (int k = 0; k < BAD_KINDS; k++)
        for (int i = 0; i < EACH; i++)
            for (int j = 0; j < EACH; j++) {
                float x = score_of(&kinds[k], i, unseen), good = score_of(&kinds[BAD_KINDS], j, unseen);
                c.area += x < good ? 1 : x > good ? 0 : 0.5;
            }
    c.area /= (double)BAD_KINDS * EACH * EACH;
    return c;
}

static void row(Tabular *t, const char *name, double recall, double false_positives, double bad,
                double area)
{
    double precision = bad * recall / (bad * recall + (1 - bad) * false_positives);
    tabular_row(t, name,
                (double[]){100 * recall, 100 * false_positives, 100 * precision,
                           200 * precision * recall / (precision + recall), area});
}

static void compare(Demo *demo, const Tested *kinds, float bad)
{
    double rules = 0, seen = 0, either = 0, good_either = 0;
    for (int k = 0; k <= BAD_KINDS; k++)
        for (int i = 0; i < EACH; i++) {
            bool one = kinds[k].rejected[i] || kinds[k].seen[i] < 0.5f;
            *(k < BAD_KINDS ? &either : &good_either) += one;
            rules += k < BAD_KINDS && kinds[k].rejected[i];
            seen += k < BAD_KINDS && kinds[k].seen[i] < 0.5f;
        }
    const Tested *good = &kinds[BAD_KINDS];
    double n = BAD_KINDS * EACH;
    Curve all = curve_of(kinds, false, bad), held = curve_of(kinds, true, bad);
    int middle = (POINTS - 1) / 2; /* threshold 0.5 */
    printf(
        "\nAll kinds together, n = %d bad and %d good; precision if %.0f %% of what is crawled is bad:\n",
        BAD_KINDS * EACH, EACH, 100 * (double)bad);
    Tabular *t = tabular_new();
    tabular_column(t, "filter");
    tabular_numbers(t, "recall", "%", 1, TABULAR_MAX);
    tabular_numbers(t, "good rejected", "%", 1, TABULAR_MIN);
    tabular_numbers(t, "precision", "%", 1, TABULAR_MAX);
    tabular_numbers(t, "F1", "%", 1, TABULAR_MAX);
    tabular_numbers(t, "ROC area", NULL, 3, TABULAR_NONE);
    row(t, "rules", rules / n, (double)good->by_rules / EACH, (double)bad, NAN);
    row(t, "classifier", seen / n, (double)good->by_seen / EACH, (double)bad, all.area);
    row(t, "either of them", either / n, good_either / EACH, (double)bad, NAN);
    row(t, "kind never seen", (double)held.recall[middle], (double)held.false_positives[middle],
        (double)bad, held.area);
    tabular_print(t);

    Plot *p = demo_plot(demo, plot_text("Rejecting bad texts", "拒绝坏文本"),
                        plot_text("good rejected (share)", "误拒的好文本（比例）"),
                        plot_text("bad rejected (share)", "拒绝的坏文本（比例）"));
    plot_panel(p, plot_text("ROC", "ROC 曲线"));
    plot_line(p, plot_text("classifier", "分类器"), all.false_positives, all.recall, POINTS);
    plot_line(p, plot_text("kind never seen", "未见过的种类"), held.false_positives, held.recall, POINTS);
    float x = (float)good->by_rules / EACH, y = (float)(rules / n);
    plot_points(p, plot_text("rules", "规则"), &x, &y, 1);
    plot_panel(p, plot_text("Threshold", "阈值的取舍"));
    plot_axes(p, plot_text("threshold for p(good)", "p(好) 的阈值"), plot_text("share", "比例"));
    plot_line(p, plot_text("recall, never seen", "召回率，未见过"), held.threshold, held.recall, POINTS);
    plot_line(p, plot_text("precision, never seen", "精确率，未见过"), held.threshold, held.precision,
              POINTS);
    plot_finish(p, "picture");
}

/* ---- good texts from elsewhere --------------------------------------------------------------------- */

/* A scene of about 1,200 characters of Shakespeare, from one speech to another. */
static char *shakespeare(const char *all, size_t size, Rng *rng)
{
    enum { LENGTH = 1200 };
    const char *from = strstr(all + rng_below(rng, (int)size - 2 * LENGTH), "\n\n") + 2,
               *to = strstr(from + LENGTH, "\n\n") + 1;
    char *text = memory_zero((size_t)(to - from) + 1, 1);
    return memcpy(text, from, (size_t)(to - from));
}

static char *elsewhere(int source, const char *plays, size_t size, Rng *rng)
{
    static const WorldKind kinds[] = {WORLD_DOCUMENT, WORLD_REASON, WORLD_CODE};
    if (source == 3)
        return shakespeare(plays, size, rng);
    int count = kinds[source] == WORLD_DOCUMENT ? 1 : 6;
    WorldLanguage language = (WorldLanguage)rng_below(rng, WORLD_LANGUAGES);
    return good_text_of(kinds[source], count, language, WORLD_TEST, rng);
}

static void test_elsewhere(const QualityClassifier *c, const LanguageModel *languages, uint64_t seed)
{
    static const char *const names[] = {"documents with sections", "word problems", "functions in C",
                                        "Shakespeare"};
    Error e = {""};
    Rng rng = rng_new(seed + 2);
    size_t size;
    char *plays = file_read("common/text/tinyshakespeare.txt", &size, &e);
    if (!plays)
        error_exit(&e);
    printf("\nGood texts unlike those that the classifier has seen, rejected, %% of %d:\n", EACH);
    Tabular *t = tabular_new();
    tabular_column(t, "source");
    tabular_column(t, "rules");
    tabular_column(t, "classifier");
    tabular_column(t, "the rule that rejects most");
    for (int s = 0; s < 4; s++) {
        int rejected = 0, below = 0, by[QUALITY_RULES + 1] = {0}, most = 0;
        for (int i = 0; i < EACH; i++) {
            char *text = elsewhere(s, plays, size, &rng);
            QualityRule rule = verdict_of(text, language_guess(languages, text, strlen(text)).language);
            by[rule]++;
            rejected += rule != QUALITY_RULES;
            below += quality_score(c, text, strlen(text)) < 0.5f;
            free(text);
        }
        for (int r = 0; r < QUALITY_RULES; r++)
            most = by[r] > by[most] ? r : most;
        tabular_text(t, names[s]);
        print_share(t, rejected, EACH);
        print_share(t, below, EACH);
        tabular_text(t, by[most] ? quality_rule((QualityRule)most)->name : "-");
    }
    tabular_print(t);
    free(plays);
}

int main(int argc, char **argv)
{
    float bad = 0.5f;
    Demo demo = {.name = "ch04/quality_classifier_demo",
                 .about = "A classifier for the quality of a text, section 4.1.2.",
                 .draws = true};
    const Option more[] = {
        option_float("bad", &bad, 0.01, 0.99, "share of bad texts in what is crawled, for precision"),
        OPTION_END};
    demo_begin(&demo, argc, argv, more);
    LanguageModel *languages = language_model_new();
    QualityClassifier *classifier = classifier_without(-1, demo.seed);
    Tested *kinds = memory_zero(BAD_KINDS + 1, sizeof *kinds);
    test_kinds(kinds, languages, classifier, demo.seed);
    compare(&demo, kinds, bad);
    test_elsewhere(classifier, languages, demo.seed);
    free(kinds);
    quality_classifier_free(classifier);
    language_model_free(languages);
    return demo_end(&demo);
}
