/* vocab_demo.c -- which words a vocabulary should have, section 2.2.3.
 *
 * Counts the words of Shakespeare: a few are very frequent and most are rare (Zipf), new ones never stop coming
 * (Heaps), and so any list of words meets words that it lacks. Subwords have no such gap. Beside it the little world,
 * whose vocabulary is closed. */
#include "ch02/word_counts.h"
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "common/text/corpus.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Zipf and Heaps ------------------------------------------------------------------------------------ */

//> slope
/* The exponent a of y = c x^a, by least squares on the logarithms. */
static double power_of(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xy = 0, xx = 0;
    for (int i = 0; i < n; i++) {
        mx += log(x[i]) / n;
        my += log(y[i]) / n;
    }
    for (int i = 0; i < n; i++) {
        xy += (log(x[i]) - mx) * (log(y[i]) - my);
        xx += (log(x[i]) - mx) * (log(x[i]) - mx);
    }
    return xy / xx;
}
//< slope

static void print_zipf(const Words *w)
{
    enum { FIRST = 10, LAST = 1000 };
    double x[LAST], y[LAST];
    int once = 0, n = 0;
    Tabular *t = tabular_new();
    tabular_numbers(t, "rank", NULL, 0, TABULAR_NONE);
    tabular_column(t, "word");
    tabular_numbers(t, "times", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "rank x times", NULL, 0, TABULAR_NONE);
    for (int rank = 1; rank <= w->vocab; rank *= 10) {
        tabular_number(t, rank), tabular_text(t, w->names[rank - 1]);
        tabular_number(t, w->counts[rank - 1]), tabular_number(t, (double)rank * w->counts[rank - 1]);
    }
    tabular_print(t);
    for (int rank = FIRST; rank <= LAST && rank <= w->vocab; rank++, n++) {
        x[n] = rank;
        y[n] = w->counts[rank - 1];
    }
    for (int i = 0; i < w->vocab; i++)
        once += w->counts[i] == 1;
    printf("Between ranks %d and %d the times fall as rank^%.2f. %.0f%% of the words occur once.\n\n",
           FIRST, LAST, power_of(x, y, n), 100.0 * once / w->vocab);
}

enum { POINTS = 6 };
static const int lengths[POINTS] = {5000, 10000, 20000, 50000, 100000, 200000};

static void print_heaps(const Words *play, const Words *world)
{
    double n[POINTS], v[POINTS];
    Tabular *t = tabular_new();
    tabular_numbers(t, "words read", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "Shakespeare: different", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "little world: different", NULL, 0, TABULAR_NONE);
    for (int i = 0; i < POINTS; i++) {
        n[i] = lengths[i];
        v[i] = word_counts_different(play, lengths[i]);
        tabular_number(t, lengths[i]), tabular_number(t, v[i]);
        tabular_number(t,
                       word_counts_different(world, lengths[i] < world->count ? lengths[i] : world->count));
    }
    tabular_print(t);
    printf("Shakespeare's vocabulary grows as words^%.2f; that of the little world has an end.\n\n",
           power_of(n, v, POINTS));
}

/* ---- unknown words ------------------------------------------------------------------------------------- */

static void print_coverage(const Words *play, const Words *world)
{
    enum { SIZES = 5, CHANNELS = 256 };
    static const int sizes[SIZES] = {100, 1000, 3000, 10000, 30000};
    int first = (int)(0.9 * play->count), world_first = (int)(0.9 * world->count);
    Tabular *t = tabular_new();
    tabular_numbers(t, "vocabulary", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "embedding matrix", "numbers", 0, TABULAR_NONE);
    tabular_numbers(t, "unknown, Shakespeare", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "unknown, little world", "%", 1, TABULAR_NONE);
    for (int i = 0; i < SIZES; i++) {
        tabular_number(t, sizes[i]), tabular_number(t, sizes[i] * CHANNELS);
        tabular_number(t, 100 * word_counts_unknown(play, first, sizes[i]));
        tabular_number(t, 100 * word_counts_unknown(world, world_first, sizes[i]));
    }
    printf("Unknown words in the last tenth of each text (%d and %d words), with the most frequent words "
           "of the rest\n",
           play->count - first, world->count - world_first);
    tabular_print(t);
    int words = 0, total = 0;
    for (int i = first; i < play->count; i++)
        total += play->counts[play->ids[i]] == 1;
    for (int i = 0; i < play->vocab; i++)
        words += play->counts[i] >= 5;
    printf("%.1f%% of the last tenth are words that Shakespeare uses nowhere else. Kept if seen five "
           "times: %d of %d.\n\n",
           100.0 * total / (play->count - first), words, play->vocab);
}

/* ---- subwords ------------------------------------------------------------------------------------------ */

/* The last tenth again, in pieces of words learned from the rest. */
static void print_subwords(const char *text, const Words *w)
{
    static const int sizes[] = {300, 1000, 4000};
    size_t size = strlen(text), first = size * 9 / 10;
    int words = w->count - (int)(0.9 * w->count);
    Tabular *t = tabular_new();
    tabular_numbers(t, "subwords", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "unknown", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "tokens a word", NULL, 2, TABULAR_NONE);
    for (int i = 0; i < 3; i++) {
        Error e = {""};
        TokenList tokens = {0};
        TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = sizes[i]};
        Tokenizer *bpe = tokenizer_train(&how, text, first, &e);
        if (!bpe || !tokenizer_encode(bpe, text + first, size - first, false, &tokens, &e))
            error_exit(&e);
        tabular_number(t, sizes[i]),
            tabular_number(t, 100.0 * (double)tokens.dropped.count / (double)tokens.count);
        tabular_number(t, (double)tokens.count / words);
        tokenizer_tokens_free(&tokens);
        tokenizer_free(bpe);
    }
    puts("Byte pairs learned from the first nine tenths, on the last (line breaks and signs included)");
    tabular_print(t);
}

/* ---- the program --------------------------------------------------------------------------------------- */

/* Stories, passages and dialogues of the little world, in English; the caller frees the text. */
static char *little_world(uint64_t seed)
{
    static const WorldKind kinds[] = {WORLD_STORY, WORLD_PASSAGE, WORLD_DIALOGUE};
    Rng rng = rng_new(seed);
    size_t size = 0;
    char *text = memory_new(1);
    for (int k = 0; k < 3; k++) {
        WorldRequest request = {kinds[k], WORLD_EN, WORLD_TRAIN, 2000, 0, 0};
        WorldSamples s = world_samples(&request, &rng);
        for (int i = 0; i < s.count; i++) {
            char *one = world_sample_join(&s.items[i]);
            text = memory_resize(text, size + strlen(one) + 2);
            size += (size_t)sprintf(text + size, "%s\n", one);
            free(one);
        }
        world_samples_free(&s);
    }
    return text;
}

static void draw(const Words *play, const Words *world, int language)
{
    enum { MAX = 20000 };
    static float rank[MAX], times[2][MAX];
    const Words *both[] = {play, world};
    int n[2];
    for (int k = 0; k < 2; k++) {
        n[k] = both[k]->vocab < MAX ? both[k]->vocab : MAX;
        for (int i = 0; i < n[k]; i++) {
            rank[i] = (float)(i + 1);
            times[k][i] = (float)both[k]->counts[i];
        }
    }
    Plot *p = plot_new("ch02/out/vocab_demo.svg", language,
                       plot_text("How often each word occurs", "每个词出现的次数"));
    plot_axes(p, plot_text("rank of the word", "词的名次"), plot_text("times", "次数"));
    plot_log_axes(p, true, true);
    plot_line(p, plot_text("Shakespeare", "莎士比亚"), rank, times[0], n[0]);
    plot_line(p, plot_text("little world", "小世界"), rank, times[1], n[1]);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    const char *corpus = "common/text/tinyshakespeare.txt";
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    char told[TEXT_TOLD];
    size_t size;
    Error e = {""};
    const Option options[] = {option_file("corpus", &corpus, "a text in English"), plot_option(&language),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Which words a vocabulary should have, section 2.2.3.", options);
    char *text = text_corpus_read(corpus, &size, told, &e);
    if (!text)
        error_exit(&e);
    char *stories = little_world(seed);
    Words play = word_counts_new(text), world = word_counts_new(stories);
    if (play.count < 1000)
        error_exitf("%s: %d words; expected a text of at least 1000", corpus, play.count);
    printf("%s: %zu bytes, %d words, %d different\n\n", corpus, size, play.count, play.vocab);
    print_zipf(&play);
    print_heaps(&play, &world);
    print_coverage(&play, &world);
    print_subwords(text, &play);
    draw(&play, &world, language);
    word_counts_free(&play);
    word_counts_free(&world);
    free(text);
    free(stories);
    return error_finish();
}
