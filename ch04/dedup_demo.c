/* dedup_demo.c -- exact and near duplicates, section 4.1.2.
 *
 * A page that is on the web a thousand times is learnt by heart. Exact copies are found by a hash; copies with another
 * headline, a new sentence or a missing end are found by MinHash and locality-sensitive hashing. The program plants
 * copies of several kinds among texts of the little world, in two languages, and counts what is found, what is missed,
 * and what is taken for a copy and is none. */
#include "ch04/copies.h"
#include "ch04/hash_set.h"
#include "ch04/minhash.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { BANDS = 32, ROWS = 4, K = BANDS * ROWS };

/* ---- planted copies ------------------------------------------------------------------------------------- */

enum { ORIGINALS = 1000, COPIES = 200, TEXTS = ORIGINALS + (PLANTED - 1) * COPIES };

typedef struct Planting {
    Planted how[TEXTS];
    uint64_t hash[TEXTS]; /* of the bytes */
    uint16_t signature[TEXTS][K];
    double jaccard[PLANTED]; /* mean J with the original */
} Planting;

static WorldSamples draw_facts(WorldLanguage language, WorldSide side, int texts, Rng *rng)
{
    const WorldRequest request = {
        .kind = WORLD_PARAPHRASE, .language = language, .side = side, .count = texts * COPIES_SENTENCES};
    return world_samples(&request, rng);
}

/* The originals come first, then the copies, kind by kind. */
static Planting *plant(WorldLanguage language, const MinHash *hash, Rng *rng)
{
    Planting *p = memory_zero(1, sizeof *p);
    WorldSamples facts = draw_facts(language, WORLD_TRAIN, ORIGINALS, rng);
    WorldSamples other = draw_facts(language, WORLD_TEST, COPIES, rng);
    Shingles of_original = {0}, of_copy = {0};
    int n = 0;
    for (int how = ORIGINAL; how < PLANTED; how++) {
        int count = how == ORIGINAL ? ORIGINALS : COPIES;
        for (int i = 0; i < count; i++, n++) {
            const WorldSample *fact = facts.items + i * COPIES_SENTENCES,
                              *new = other.items + i % COPIES *COPIES_SENTENCES;
            CopyText original = copies_make(fact, new, ORIGINAL),
                     copy = copies_make(fact, new, (Planted)how);
            shingles_make(&of_original, original.bytes, original.size, 0);
            shingles_make(&of_copy, copy.bytes, copy.size, 0);
            p->how[n] = (Planted)how;
            p->hash[n] = XXH3_64bits(copy.bytes, copy.size);
            minhash_signature(hash, of_copy.hash, of_copy.count, p->signature[n]);
            p->jaccard[how] += shingles_jaccard(&of_original, &of_copy) / count;
        }
    }
    shingles_free(&of_original);
    shingles_free(&of_copy);
    world_samples_free(&facts);
    world_samples_free(&other);
    return p;
}

/* Of each kind: how many texts were dropped, by the hash and by MinHash. */
typedef struct Found {
    long exact[PLANTED], near[PLANTED], candidates, kept;
} Found;

//> dedup
/* Each text is dropped, or kept for those that follow to be compared with. */
static Found dedup(const Planting *p, double threshold)
{
    Found f = {.candidates = 0};
    HashSet seen = {0};
    LshIndex index = lsh_new(BANDS, ROWS, threshold);
    for (int n = 0; n < TEXTS; n++) {
        if (!hash_set_add(&seen, p->hash[n]))
            f.exact[p->how[n]]++;
        else if (lsh_find(&index, p->signature[n]) >= 0)
            f.near[p->how[n]]++;
        else
            lsh_add(&index, p->signature[n]);
    }
    f.candidates = index.candidates;
    f.kept = (long)index.count;
    hash_set_free(&seen);
    lsh_free(&index);
    return f;
}
//< dedup

/* A proportion. */
typedef struct Share {
    long hits, n;
} Share;

static Share recall_of(const Found *f)
{
    Share s = {0, 0};
    for (int how = 0; how < PLANTED; how++)
        if (planted_is_near((Planted)how))
            s.hits += f->near[how], s.n += COPIES;
    return s;
}

/* Of what MinHash drops, the share that are copies, by whatever they differ but for the facts. */
static Share precision_of(const Found *f)
{
    Share s = {0, 0};
    for (int how = 0; how < PLANTED; how++) {
        s.n += f->near[how];
        s.hits += how == ORIGINAL || how == OTHER_FACTS ? 0 : f->near[how];
    }
    return s;
}

static void print_share(const char *what, Share s)
{
    StatsInterval within = stats_wilson(s.hits, s.n, 0.95);
    printf("  %s: %ld of %ld, %.1f %% (95 %% interval %.1f to %.1f)\n", what, s.hits, s.n,
           100.0 * (double)s.hits / (double)s.n, 100 * within.low, 100 * within.high);
}

static void print_found(Demo *demo, const Planting *p, const Found *f)
{
    Tabular *t = tabular_new();
    tabular_column(t, "planted");
    tabular_numbers(t, "mean J with the original", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "texts", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "dropped by the hash", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "by MinHash", NULL, 0, TABULAR_NONE);
    for (int how = ORIGINAL; how < PLANTED; how++)
        tabular_row(t, planted_names[how],
                    (double[]){p->jaccard[how], how == ORIGINAL ? ORIGINALS : COPIES, (double)f->exact[how],
                               (double)f->near[how]});
    tabular_print(t);
    Share recall = recall_of(f), precision = precision_of(f);
    print_share("recall of near-copies", recall);
    print_share("recall of paraphrases", (Share){f->near[REWORDED], COPIES});
    print_share("precision of MinHash", precision);
    printf("  %ld candidates were compared, where all pairs would be %.1f million\n", f->candidates,
           (double)f->kept * (double)TEXTS / 2e6);
    demo_claim(demo, 20 * recall.hits >= 19 * recall.n && 20 * precision.hits >= 19 * precision.n,
               "recall of near-copies and precision are at least 95 %%");
}

/* ---- the threshold -------------------------------------------------------------------------------------- */

enum { THRESHOLDS = 7 };

/* values (THRESHOLDS, 5): the threshold; recall and precision in per cent, English and Chinese. */
static void measure_thresholds(const Planting *p, int column, double *values)
{
    for (int i = 0; i < THRESHOLDS; i++) {
        double *row = values + 5 * i;
        row[0] = 0.5 + 0.05 * i;
        Found f = dedup(p, row[0]);
        Share recall = recall_of(&f), precision = precision_of(&f);
        row[column] = 100.0 * (double)recall.hits / (double)recall.n;
        row[column + 1] = 100.0 * (double)precision.hits / (double)precision.n;
    }
}

static void print_thresholds(const double *values)
{
    static const TabularColumn columns[] = {{"threshold", 2},
                                            {"English: recall", 1},
                                            {"precision", 1},
                                            {"Chinese: recall", 1},
                                            {"precision", 1}};
    puts("Recall of near-copies and precision (%), by the threshold:");
    tabular_print_matrix(NULL, NULL, columns, 5, values, THRESHOLDS);
}

static void draw_thresholds(Demo *demo, const double *values)
{
    static const PlotText names[] = {{"English", "英文"}, {"Chinese", "中文"}};
    static const PlotText panels[] = {{"recall of near-copies", "近似副本的召回率"},
                                      {"precision", "精确率"}};
    Plot *p = demo_plot(demo, plot_text("What the threshold decides", "阈值的作用"),
                        plot_text("threshold", "阈值"), plot_text("per cent", "百分比"));
    for (int panel = 0; panel < 2; panel++) {
        plot_panel(p, panels[panel]);
        plot_limits(p, 0.5f, 0.8f, 60, 100);
        for (int l = 0; l < 2; l++) {
            float x[THRESHOLDS], y[THRESHOLDS];
            for (int i = 0; i < THRESHOLDS; i++) {
                x[i] = (float)values[5 * i];
                y[i] = (float)values[5 * i + 1 + 2 * l + panel];
            }
            plot_line(p, names[l], x, y, THRESHOLDS);
        }
    }
    plot_finish(p, "\npicture");
}

int main(int argc, char **argv)
{
    static const char *const languages[] = {"Chinese, runs of 5 characters", "English, runs of 5 words"};
    float threshold = 0.65f;
    Demo demo = {
        .name = "ch04/dedup_demo", .about = "Exact and near duplicates, section 4.1.2.", .draws = true};
    const Option more[] = {option_float("threshold", &threshold, 0, 1,
                                        "candidates whose estimate is at least this are duplicates"),
                           OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Rng rng = rng_new(demo.seed);
    MinHash hash = minhash_new(K, &rng);
    double by_threshold[5 * THRESHOLDS];
    for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
        Planting *p = plant((WorldLanguage)l, &hash, &rng);
        Found f = dedup(p, (double)threshold);
        printf("%s, %d texts of %d sentences and %d copies of each kind, threshold %.2f:\n", languages[l],
               ORIGINALS, COPIES_SENTENCES, COPIES, (double)threshold);
        print_found(&demo, p, &f);
        putchar('\n');
        measure_thresholds(p, l == WORLD_EN ? 1 : 3, by_threshold);
        free(p);
    }
    print_thresholds(by_threshold);
    draw_thresholds(&demo, by_threshold);
    return demo_end(&demo);
}
