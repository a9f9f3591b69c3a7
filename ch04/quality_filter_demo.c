/* quality_filter_demo.c -- what is worth training on, by rules; section 4.1.2.
 *
 * Each rule of Gopher, C4 and FineWeb is shown with a text that it rejects as it should and with a good one that it
 * rejects as well; then what it rejects of clean prose in both languages is counted, and what the English rules do to
 * Chinese. Before them, the language of a text; after them, C4's rules for lines clean a page. */
#include "ch04/bad_texts.h"
#include "ch04/language_sample.h"
#include "ch04/quality.h"
#include "ch04/rule_examples.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLEAN = 1000,
    EACH = 200,
    TRAIN = 600,
    POINTS = 121
}; /* texts of a language; of a kind, in both; of each class and language */
static void print_share(Tabular *t, long hits, long n)
{
    StatsInterval i = stats_wilson(hits, n, 0.95);
    char text[48];
    snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100.0 * (double)hits / (double)n, 100 * i.low,
             100 * i.high);
    tabular_text(t, text);
}

/* ---- which language ---------------------------------------------------------------------------------- */

/* Pieces of sentences that the model has not read, in fifteen languages with Latin letters. */
static void test_languages(void)
{
    static const size_t lengths[] = {12, 24, 48, 96};
    LanguageModel *m = language_model_new();
    Tabular *t = tabular_new();
    printf("The language of pieces of unseen sentences, right in %% with 95 %% intervals:\n");
    tabular_numbers(t, "bytes", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "pieces", NULL, 0, TABULAR_NONE);
    tabular_column(t, "which of fifteen");
    tabular_column(t, "English or not");
    for (int l = 0; l < 4; l++) {
        long pieces = 0, named = 0, english = 0;
        for (int s = 0; s < LANGUAGE_SAMPLES; s++) {
            const char *text = language_samples[s].held_out;
            for (size_t at = 0, size = strlen(text); at + lengths[l] <= size; at += lengths[l]) {
                LanguageGuess g = language_guess(m, text + at, lengths[l]);
                pieces++;
                named += strcmp(g.name, language_samples[s].name) == 0;
                english += (g.language == LANGUAGE_EN) == (s == 0);
            }
        }
        tabular_number(t, (double)lengths[l]);
        tabular_number(t, (double)pieces);
        print_share(t, named, pieces);
        print_share(t, english, pieces);
    }
    tabular_print(t);
    language_model_free(m);
}

/* ---- the rules, one by one --------------------------------------------------------------------------- */

static float measure_one(QualityRule rule, const char *text, Language language, int *rejects)
{
    float value[QUALITY_RULES];
    quality_measure(text, strlen(text), language, value);
    *rejects += quality_breaks(rule, value[rule], language);
    return value[rule];
}

/* "max 0.2", "min 50 (80)", "3 to 10 (3 to 40)": what English allows, and Chinese in brackets where that differs. */
static void limit_text(char *out, size_t size, const QualityRuleInfo *rule)
{
    bool lower = rule->min[1] > 0, upper = rule->max[1] < FLT_MAX;
    char text[2][32];
    for (int l = 0; l < 2; l++)
        if (lower && upper)
            snprintf(text[l], sizeof text[l], "%.0f to %.0f", (double)rule->min[l], (double)rule->max[l]);
        else
            snprintf(text[l], sizeof text[l], "%s %g", lower ? "min" : "max",
                     (double)(lower ? rule->min[l] : rule->max[l]));
    bool same = strcmp(text[0], text[1]) == 0;
    snprintf(out, size, "%s%s%s%s", text[1], same ? "" : " (", same ? "" : text[0], same ? "" : ")");
}

static void show_rules(Demo *demo)
{
    Tabular *t = tabular_new();
    int rejects = 0;
    printf("\nEach rule, and the values of a bad text and of a good one that it rejects:\n");
    tabular_column(t, "rule");
    tabular_column(t, "from");
    tabular_numbers(t, "bad text", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "good text", NULL, 2, TABULAR_NONE);
    tabular_column(t, "limit (zh)");
    tabular_column(t, "the good text is");
    for (int r = 0; r < QUALITY_RULES; r++) {
        const RuleExample *e = &rule_examples[r];
        const QualityRuleInfo *rule = quality_rule((QualityRule)r);
        char limit[80];
        limit_text(limit, sizeof limit, rule);
        tabular_text(t, rule->name);
        tabular_text(t, rule->source);
        tabular_number(t, (double)measure_one((QualityRule)r, e->bad, e->language[0], &rejects));
        tabular_number(t, (double)measure_one((QualityRule)r, e->good, e->language[1], &rejects));
        tabular_text(t, limit);
        tabular_text(t, e->good_is);
    }
    tabular_print(t);
    demo_claim(demo, rejects == 2 * QUALITY_RULES, "each rule rejects a bad text, and a good one, too");
}

/* ---- false positives ----------------------------------------------------------------------------- */

/* Clean prose: how much of it each rule rejects, and all together; Chinese also by the English rules. */
static void count_false_positives(uint64_t seed)
{
    enum { WAYS = 3 };
    long hits[WAYS][QUALITY_RULES + 1] = {{0}};
    Rng rng = rng_new(seed);
    for (int i = 0; i < WAYS * CLEAN; i++) {
        int way = i % WAYS; /* English, Chinese, Chinese by the English rules */
        Language rules = way == 1 ? LANGUAGE_ZH : LANGUAGE_EN;
        char *text = good_text(way == 0 ? WORLD_EN : WORLD_ZH, WORLD_TRAIN, &rng);
        float value[QUALITY_RULES];
        quality_measure(text, strlen(text), rules, value);
        for (int r = 0; r < QUALITY_RULES; r++)
            hits[way][r] += quality_breaks((QualityRule)r, value[r], rules);
        hits[way][QUALITY_RULES] += quality_verdict(value, rules, QUALITY_ALL) != QUALITY_RULES;
        free(text);
    }
    printf("\nClean prose that each rule rejects, %% of %d texts with 95 %% intervals; rules that reject "
           "none are left out:\n",
           CLEAN);
    Tabular *t = tabular_new();
    tabular_column(t, "rule");
    tabular_column(t, "English");
    tabular_column(t, "Chinese");
    tabular_column(t, "Chinese by English rules");
    for (int r = 0; r <= QUALITY_RULES; r++) {
        if (hits[0][r] + hits[1][r] + hits[2][r] == 0)
            continue;
        tabular_text(t, r < QUALITY_RULES ? quality_rule((QualityRule)r)->name : "any of them");
        for (int way = 0; way < WAYS; way++)
            print_share(t, hits[way][r], CLEAN);
    }
    tabular_print(t);
}

/* ---- a page that is cleaned line by line --------------------------------------------------------------- */

static void clean_page(Demo *demo, uint64_t seed)
{
    Rng rng = rng_new(seed);
    char *good = good_text(WORLD_ZH, WORLD_TRAIN, &rng), page[8192];
    size_t kept;
    int dropped;
    snprintf(
        page, sizeof page,
        "首页 | 新闻 | 联系我们\n登录 | 注册\n%s相关阅读\n请登录后发表评论。\n版权所有 © 2026 示例公司\n",
        good);
    char *clean = quality_clean_lines(page, strlen(page), LANGUAGE_ZH, &kept, &dropped);
    printf("\nA page of %zu bytes with a menu, a footer and a story; C4's rules for lines drop %d lines.\n",
           strlen(page), dropped);
    demo_claim(demo, strcmp(clean, good) == 0, "what stays is the story");
    free(clean);
    free(good);
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch04/quality_filter_demo",
                 .about = "Rules for the quality of a text, section 4.1.2."};
    demo_begin(&demo, argc, argv, NULL);
    test_languages();
    show_rules(&demo);
    count_false_positives(demo.seed);
    clean_page(&demo, demo.seed);
    return demo_end(&demo);
}
