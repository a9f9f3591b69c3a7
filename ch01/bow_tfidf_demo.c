/* bow_tfidf_demo.c -- bags of words and TF-IDF: a search and a classifier, and what they cannot see; section 1.2.1.
 *
 * A text is the counts of its terms, and nothing else: words in English, pairs of neighbouring characters in Chinese
 * (terms.h). That is enough to find a story from one sentence about it, and to tell good reviews from bad ones. It is
 * not enough where the order of words decides, or where another word means the same. */
#include "ch01/bag.h"
#include "ch01/changes.h"
#include "common/base/base.h"
#include "common/world/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STORIES = 1000, SHOWN = 4, REVIEWS = 2000, TESTED = 500 };
static const char *const NAMES[] = {[WORLD_ZH] = "Chinese", [WORLD_EN] = "English"};

/* ---- search -------------------------------------------------------------------------------------- */

/* Stories, and a sentence about each. */
typedef struct Library {
    WorldLanguage language;
    WorldSamples samples;
    Terms *terms;
    Bag *story; /* (STORIES): counts */
    float idf[TERMS_MAX];
} Library;

static Library *library_new(WorldLanguage language, uint64_t seed)
{
    Library *l = memory_zero(1, sizeof *l);
    Rng rng = rng_new(seed);
    l->language = language;
    l->samples = world_samples(&(WorldRequest){WORLD_SUMMARY, language, WORLD_TRAIN, STORIES, 0, 0}, &rng);
    l->terms = terms_new();
    l->story = memory_new(sizeof *l->story * STORIES);
    for (int d = 0; d < STORIES; d++)
        l->story[d] = bag_of(l->terms, language, l->samples.items[d].passage, true);
    bag_idf(l->story, STORIES, l->idf);
    return l;
}

static void library_free(Library *l)
{
    world_samples_free(&l->samples);
    terms_free(l->terms);
    free(l->story);
    free(l);
}

/* Stories searched by the sentence about them: found[0] come first, found[1] among the first ten. */
static void find_stories(const Library *l, const float *idf, bool synonyms, int *found)
{
    Bag *story = memory_new(sizeof *story * STORIES);
    float query[TERMS_MAX];
    found[0] = found[1] = 0;
    for (int d = 0; d < STORIES; d++) {
        story[d] = l->story[d];
        bag_weigh(&story[d], idf);
    }
    for (int q = 0; q < STORIES; q++) {
        const char *text = l->samples.items[q].answer;
        char other[CHANGES_TEXT];
        changes_use_synonyms(l->language, text, other);
        Bag bag = bag_of(l->terms, l->language, synonyms ? other : text, false);
        bag_weigh(&bag, idf);
        bag_spread(&bag, query);
        int better = 0; /* or as good: a tie is no find */
        for (int d = 0; d < STORIES; d++)
            better += d != q && bag_cosine(query, &story[d]) >= bag_cosine(query, &story[q]);
        found[0] += better == 0;
        found[1] += better < 10;
    }
    free(story);
}

static int heaviest(const Bag *b)
{
    int best = 0;
    for (int i = 1; i < b->n; i++)
        best = b->weight[i] > b->weight[best] ? i : best;
    return best;
}

/* One story and the sentence about it: what its heaviest terms weigh. */
static void weigh_by_hand(const Library *l)
{
    const WorldSample *s = &l->samples.items[0];
    Bag count = l->story[0], b = count;
    double length = 0;
    bag_weigh(&b, l->idf);
    for (int i = 0; i < b.n; i++)
        length = hypot(length, (double)(count.weight[i] * l->idf[b.term[i]]));
    printf("\n%s: %d stories, %d terms. A story, and the sentence about it:\n  %s\n  %s\n",
           NAMES[l->language], STORIES, l->terms->count, s->passage, s->answer);
    printf("  its heaviest terms; the length of all its products is %.3f\n", length);
    for (int shown = 0; shown < SHOWN; shown++) {
        int i = heaviest(&b);
        double idf = (double)l->idf[b.term[i]], times = (double)count.weight[i];
        printf("    %s: count %.0f, df %.0f, ln(1000/df) %.3f, product %.3f, weight %.3f\n",
               l->terms->text[b.term[i]], times, STORIES / exp(idf), idf, times * idf, (double)b.weight[i]);
        b.weight[i] = 0;
    }
}

static void print_share(Tabular *t, WorldLanguage language, const char *name, int right, int n)
{
    StatsInterval i = stats_wilson(right, n, 0.95);
    tabular_text(t, NAMES[language]);
    tabular_text(t, name);
    tabular_number(t, right);
    tabular_number(t, n);
    tabular_number(t, 100.0 * right / n);
    tabular_number(t, 100 * i.low);
    tabular_number(t, 100 * i.high);
}

static Tabular *table_of_shares(const char *heading)
{
    Tabular *t = tabular_new();
    tabular_column(t, "language");
    tabular_column(t, heading);
    tabular_numbers(t, "right", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "of", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "share", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "from", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "to", "%", 1, TABULAR_NONE);
    return t;
}

static void search(const Library *l)
{
    static const char *const methods[] = {"counts", "TF-IDF", "synonyms"};
    Tabular *t = table_of_shares("found by");
    for (int m = 0; m < 3; m++) {
        int found[2];
        find_stories(l, m > 0 ? l->idf : NULL, m == 2, found);
        for (int k = 0; k < 2; k++) {
            char name[80];
            snprintf(name, sizeof name, "%s: %s", methods[m], k ? "among ten" : "first");
            print_share(t, l->language, name, found[k], STORIES);
        }
    }
    tabular_print(t);
}

/* ---- what it cannot see: synonyms, order --------------------------------------------------------- */

/* How many stories have a term in common with the query. */
static int count_found(const Library *l, const char *query)
{
    Bag b = bag_of(l->terms, l->language, query, false);
    float x[TERMS_MAX];
    int found = 0;
    bag_spread(&b, x);
    for (int d = 0; d < STORIES; d++)
        found += bag_cosine(x, &l->story[d]) > 0;
    return found;
}

static void search_synonyms(const Library *l)
{
    int found[2] = {0, 0};
    for (int i = 0; i < CHANGES_SYNONYMS; i++)
        for (int other = 0; other < 2; other++)
            found[other] += count_found(l, changes_synonym(l->language, i)[other]);
    const char *const *pair = changes_synonym(l->language, 0);
    printf(
        "Searched by one word: %d words find %d stories, other words for the same find %d (%s %d, %s %d)\n",
        CHANGES_SYNONYMS, found[0], found[1], pair[0], count_found(l, pair[0]), pair[1],
        count_found(l, pair[1]));
}

static void swap_all(const Library *l)
{
    int pairs = 0, same = 0;
    double sum = 0;
    for (int d = 0; d < STORIES; d++) {
        const char *text = l->samples.items[d].answer;
        char swapped[CHANGES_TEXT];
        float x[TERMS_MAX];
        if (!changes_swap_names(l->language, text, swapped))
            continue;
        Bag a = bag_of(l->terms, l->language, text, true);
        Bag b = bag_of(l->terms, l->language, swapped, true);
        bag_weigh(&a, NULL);
        bag_weigh(&b, NULL);
        bag_spread(&a, x);
        same += bag_cosine(x, &b) > 0.9999f;
        sum += (double)bag_cosine(x, &b);
        if (pairs++ == 0)
            printf("Who does what to whom: %s\n  with the names exchanged: %s\n", text, swapped);
    }
    printf("%s: of %d sentences %d have the same vector when the names are exchanged; mean cosine %.3f\n",
           NAMES[l->language], pairs, same, sum / pairs);
}

/* ---- a classifier -------------------------------------------------------------------------------- */

//> bayes
/* Naive Bayes: ln P(good | text) - ln P(bad | text) = prior + a sum over the terms, each with one weight that counting
 * yields. */
typedef struct Bayes {
    float prior, weight[TERMS_MAX];
} Bayes;

static void bayes_train(Bayes *m, const Bag *bags, const int *good, int n, int V)
{
    double count[2][TERMS_MAX], total[2] = {V, V}, texts[2] = {0, 0};
    for (int v = 0; v < V; v++)
        count[0][v] = count[1][v] = 1; /* as if each had been seen once: Laplace's smoothing */
    for (int d = 0; d < n; d++) {
        texts[good[d]]++;
        for (int i = 0; i < bags[d].n; i++) {
            count[good[d]][bags[d].term[i]] += (double)bags[d].weight[i];
            total[good[d]] += (double)bags[d].weight[i];
        }
    }
    m->prior = (float)log(texts[1] / texts[0]);
    memset(m->weight, 0, sizeof m->weight); /* of terms that were never seen */
    for (int v = 0; v < V; v++)
        m->weight[v] = (float)log(count[1][v] / total[1] / (count[0][v] / total[0]));
}

static int judge(const Bayes *m, Terms *terms, WorldLanguage language, const char *text)
{
    Bag b = bag_of(terms, language, text, false);
    float sum = m->prior; /* above 0: good */
    for (int i = 0; i < b.n; i++)
        sum += b.weight[i] * m->weight[b.term[i]];
    return sum > 0;
}
//< bayes

/* Trains on whole reviews, or on reviews without their verdict. */
static void train(Bayes *m, Terms *terms, const WorldSamples *reviews, bool whole)
{
    Bag *bags = memory_new(sizeof *bags * (size_t)reviews->count);
    int good[REVIEWS];
    for (int d = 0; d < reviews->count; d++) {
        const WorldSample *s = &reviews->items[d];
        char part[CHANGES_TEXT];
        changes_without_verdict(s->language, s->prompt, part);
        bags[d] = bag_of(terms, s->language, whole ? s->prompt : part, true);
        good[d] = s->label;
    }
    bayes_train(m, bags, good, reviews->count, terms->count);
    free(bags);
}

static void classify(WorldLanguage language, uint64_t seed)
{
    static const char *const names[] = {"whole reviews", "A and B", "A but B"};
    Rng rng = rng_new(seed + 7);
    WorldSamples reviews =
        world_samples(&(WorldRequest){WORLD_REVIEW, language, WORLD_TRAIN, REVIEWS, 0, 0}, &rng);
    WorldSamples test =
        world_samples(&(WorldRequest){WORLD_REVIEW, language, WORLD_TEST, TESTED, 0, 0}, &rng);
    Terms *terms = terms_new();
    Bayes whole, part;
    int right[3] = {0}, n[3] = {TESTED, 0, 0};
    train(&whole, terms, &reviews, true);
    train(&part, terms, &reviews, false);
    for (int d = 0; d < TESTED; d++) {
        const WorldSample *s = &test.items[d];
        char text[CHANGES_TEXT];
        int kind = changes_is_mixed(s->prompt) ? 2 : 1;
        changes_without_verdict(language, s->prompt, text);
        right[0] += judge(&whole, terms, language, s->prompt) == s->label;
        right[kind] += judge(&part, terms, language, text) == s->label;
        n[kind]++;
    }
    printf("\n%s reviews: naive Bayes from %d, tested on %d others. For example:\n  %s\n", NAMES[language],
           REVIEWS, TESTED, test.items[0].prompt);
    Tabular *t = table_of_shares("good or bad?");
    for (int k = 0; k < 3; k++)
        print_share(t, language, names[k], right[k], n[k]);
    tabular_print(t);
    world_samples_free(&reviews);
    world_samples_free(&test);
    terms_free(terms);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Bags of words and TF-IDF, section 1.2.1.", options);
    for (int language = WORLD_LANGUAGES - 1; language >= 0; language--) {
        Library *l = library_new((WorldLanguage)language, seed);
        weigh_by_hand(l);
        search(l);
        search_synonyms(l);
        swap_all(l);
        library_free(l);
        classify((WorldLanguage)language, seed);
    }
    return error_finish();
}
