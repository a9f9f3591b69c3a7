/* senses_demo.c -- one word, one vector? What a contextual model makes of "bank"; section 1.2.2.
 *
 * word2vec and GloVe give a word one vector, whatever it means. A BERT computes one for each occurrence: the hidden
 * state at the word, after all of its layers have looked at the sentence. Here the vectors of six ambiguous words are
 * grouped by k-means, which is told nothing of the senses, and compared with the senses that the sentences were made
 * with. */
#include "ch01/pca.h"
#include "common/base/base.h"
#include "common/model/lm.h"
#include "common/plot/plot.h"
#include "common/world/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AMBIGUOUS = 3, LINES = 5, SENTENCES = 1200, MAX_USES = SENTENCES, STARTS = 10, ROUNDS = 50 };

static const char *const WORDS[WORLD_LANGUAGES][AMBIGUOUS] = {{"花", "杜鹃", "米"},
                                                              {"bank", "bat", "orange"}};

/* The occurrences of one word. */
typedef struct Uses {
    int n, C;
    float *x;            /* (n,C): hidden states */
    int sense[MAX_USES]; /* (n): 0 or 1 */
    int line[MAX_USES];  /* (n): which of the five sentences of its sense it was */
    char name[2][32];
} Uses;

/* ---- the vector of a word in its sentence ------------------------------------------------------------- */

/* Where the tokens of a word begin in those of a text, the last time if it is there twice; -1 if it is not. */
static int position_of(const TokenList *text, const TokenList *word)
{
    for (int at = (int)text->count - (int)word->count; at >= 0; at--)
        if (memcmp(text->ids + at, word->ids, word->count * sizeof *word->ids) == 0)
            return at;
    return -1;
}

//> vector
/* The mean of the hidden states at the tokens of the word, scaled to length 1: x (C). */
static bool vector_of(Lm *lm, const char *text, const char *word, float *x, int C)
{
    Error e = {""};
    TokenList tokens = {0}, part = {0};
    int count;
    float *hidden = lm_hidden(lm, text, &count, &e); /* (count,C) */
    if (!hidden || !lm_encode(lm, text, true, &tokens, &e) || !lm_encode(lm, word, false, &part, &e))
        error_exit(&e);
    int at = position_of(&tokens, &part);
    double squares = 0;
    for (int i = 0; i < C; i++) {
        x[i] = 0;
        for (int k = 0; k < (int)part.count && at >= 0; k++)
            x[i] += hidden[(at + k) * C + i];
        squares += (double)x[i] * (double)x[i];
    }
    for (int i = 0; i < C && squares > 0; i++)
        x[i] /= (float)sqrt(squares);
    tokenizer_tokens_free(&tokens);
    tokenizer_tokens_free(&part);
    free(hidden);
    return at >= 0;
}
//< vector

static Uses uses_of(Lm *lm, const WorldSamples *samples, int word)
{
    Uses u = {.C = lm_model(lm)->config.channels};
    u.x = memory_new(sizeof *u.x * (size_t)(samples->count * u.C));
    for (int i = 0; i < samples->count; i++) {
        const WorldSample *s = &samples->items[i];
        if (s->task / (2 * LINES) != word ||
            !vector_of(lm, s->prompt, WORDS[s->language][word], u.x + u.n * u.C, u.C))
            continue;
        snprintf(u.name[s->label], sizeof u.name[s->label], "%s", s->answer);
        u.sense[u.n] = s->label;
        u.line[u.n++] = s->task % LINES;
    }
    return u;
}

/* ---- groups ------------------------------------------------------------------------------------------ */

static double distance(const float *a, const float *b, int C)
{
    double sum = 0;
    for (int i = 0; i < C; i++)
        sum += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
    return sum;
}

/* center[g] (C) becomes the mean of its group. */
static void move_centers(const Uses *u, const int *group, float *center)
{
    for (int g = 0; g < 2; g++) {
        int members = 0;
        float *c = center + g * u->C;
        memset(c, 0, sizeof *c * (size_t)u->C);
        for (int k = 0; k < u->n; k++)
            members += group[k] == g;
        for (int k = 0; k < u->n; k++)
            for (int i = 0; i < u->C && group[k] == g; i++)
                c[i] += u->x[k * u->C + i] / (float)members;
    }
}

/* Two groups: each use belongs to the nearer of two centers, each center is the mean of its group, and so on in turn.
 * Of several starts the one with the smallest sum of squared distances is kept: group (n). */
static void two_groups(const Uses *u, Rng *rng, int *group)
{
    int C = u->C, trial[MAX_USES];
    float center[2 * C];
    double best = INFINITY;
    for (int start = 0; start < STARTS; start++) {
        double sum = 0;
        for (int g = 0; g < 2; g++)
            memcpy(center + g * C, u->x + rng_below(rng, u->n) * C, sizeof(float) * (size_t)C);
        for (int round = 0; round < ROUNDS; round++) {
            sum = 0;
            for (int k = 0; k < u->n; k++) {
                double near = distance(u->x + k * C, center, C),
                       far = distance(u->x + k * C, center + C, C);
                trial[k] = far < near;
                sum += fmin(near, far);
            }
            move_centers(u, trial, center);
        }
        if (sum < best) {
            best = sum;
            memcpy(group, trial, sizeof *group * (size_t)u->n);
        }
    }
}

/* How many uses are in the group of their sense; which group is which sense is for the better of two ways to say. */
static int agree(const Uses *u, const int *group)
{
    int same = 0;
    for (int k = 0; k < u->n; k++)
        same += group[k] == u->sense[k];
    return same > u->n - same ? same : u->n - same;
}

/* The nearer of the two means of the other sentences' uses: both senses of one line are held out in turn, so that no
 * use is compared with others of the same wording. */
static int nearest_mean(const Uses *u)
{
    int right = 0, group[MAX_USES];
    float center[2 * u->C];
    for (int held = 0; held < LINES; held++) {
        for (int k = 0; k < u->n; k++)
            group[k] = u->line[k] == held ? -1 : u->sense[k];
        move_centers(u, group, center);
        for (int k = 0; k < u->n; k++)
            if (group[k] < 0) {
                const float *x = u->x + k * u->C;
                right += (distance(x, center + u->C, u->C) < distance(x, center, u->C)) == u->sense[k];
            }
    }
    return right;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void report(const char *word, const Uses *u, Rng *rng)
{
    int group[MAX_USES];
    two_groups(u, rng, group);
    int same = agree(u, group);
    StatsInterval i = stats_wilson(same, u->n, 0.95);
    printf("  %s (%s, %s), %d uses: two groups %.1f%% (%.1f to %.1f), nearest mean %.1f%%\n", word,
           u->name[0], u->name[1], u->n, 100.0 * same / u->n, 100 * i.low, 100 * i.high,
           100.0 * nearest_mean(u) / u->n);
}

static void draw(Plot *p, const char *word, const Uses *u)
{
    float plane[2 * MAX_USES], share[2], across[MAX_USES], up[MAX_USES];
    pca_plane(u->x, u->n, u->C, plane, share);
    plot_panel(p, plot_same(word));
    for (int sense = 0; sense < 2; sense++) {
        int n = 0;
        for (int k = 0; k < u->n; k++)
            if (u->sense[k] == sense) {
                across[n] = plane[2 * k];
                up[n++] = plane[2 * k + 1];
            }
        plot_points(p, plot_same(u->name[sense]), across, up, n);
    }
}

/* The words of a language: a line for each, a panel of the picture for the first two. */
static void group_words(Lm *lm, WorldLanguage language, Rng *rng)
{
    WorldSamples samples =
        world_samples(&(WorldRequest){WORLD_SENSE, language, WORLD_TEST, SENTENCES, 0, 0}, rng);
    Plot *p = plot_new("ch01/out/senses.svg", language == WORLD_EN ? PLOT_EN : PLOT_ZH,
                       plot_text("Every point is one occurrence of the word", "每个点是这个词的一次出现"));
    plot_axes(p, plot_text("first principal component", "第一主成分"),
              plot_text("second principal component", "第二主成分"));
    for (int word = 0; word < AMBIGUOUS; word++) {
        Uses u = uses_of(lm, &samples, word);
        if (u.n < 2)
            error_exitf("--model: its tokens of '%s' do not occur in the sentences", WORDS[language][word]);
        report(WORDS[language][word], &u, rng);
        if (word < 2)
            draw(p, WORDS[language][word], &u);
        free(u.x);
    }
    plot_finish(p, "picture");
    world_samples_free(&samples);
}

int main(int argc, char **argv)
{
    const char *folder = "ch05/models/book_bert";
    uint64_t seed = 1;
    Error e = {""};
    const Option options[] = {option_dir("model", &folder, "folder of a model of the bert family"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "The senses of a word in a contextual model, section 1.2.2.", options);
    Lm *lm = lm_open(folder, QUANT_NONE, &e);
    if (!lm)
        error_exit(&e);
    Rng rng = rng_new(seed);
    puts("Uses of a word that two groups without any hint, and the nearest mean of other sentences, give "
         "their sense");
    group_words(lm, WORLD_EN, &rng);
    group_words(lm, WORLD_ZH, &rng);
    lm_close(lm);
    return error_finish();
}
