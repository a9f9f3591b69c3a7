/* vocab_demo.c -- which words a vocabulary should have, section 2.2.3.
 *
 * Counts the words of Shakespeare: a few are very frequent and most are rare (Zipf), new ones never stop coming
 * (Heaps), and so any list of words meets words that it lacks. Subwords have no such gap. Beside it the little world,
 * whose vocabulary is closed. */
#include "ch02/word_counts.h"
#include "common/demo/demo.h"
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

/* How the times fall with the rank, between two ranks. */
static double zipf_power(const Words *w, int first, int last)
{
    double x[1000], y[1000];
    int n = 0;
    for (int rank = first; rank <= last && rank <= w->vocab; rank++, n++) {
        x[n] = rank;
        y[n] = w->counts[rank - 1];
    }
    return power_of(x, y, n);
}

/* How many different words occur exactly once, or, with at_least, that often or more. */
static int words_seen(const Words *w, int times, bool at_least)
{
    int count = 0;
    for (int i = 0; i < w->vocab; i++)
        count += at_least ? w->counts[i] >= times : w->counts[i] == times;
    return count;
}

static void print_zipf(const Words *w)
{
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
    printf("Between ranks 10 and 1000 the times fall as rank^%.2f. %.0f%% of the words occur once.\n\n",
           zipf_power(w, 10, 1000), 100.0 * words_seen(w, 1, false) / w->vocab);
}

enum { POINTS = 6 };
static const int lengths[POINTS] = {5000, 10000, 20000, 50000, 100000, 200000};

/* different (POINTS, 3): words read, and how many of them are different, in Shakespeare and in the little world. */
static void count_different(const Words *play, const Words *world, double different[POINTS][3])
{
    for (int i = 0; i < POINTS; i++) {
        int n = lengths[i];
        different[i][0] = n;
        different[i][1] = word_counts_different(play, n);
        different[i][2] = word_counts_different(world, n < world->count ? n : world->count);
    }
}

static void print_heaps(const Words *play, const Words *world)
{
    static const TabularColumn columns[] = {
        {"words read", 0}, {"Shakespeare: different", 0}, {"little world: different", 0}};
    double different[POINTS][3], n[POINTS], v[POINTS];
    count_different(play, world, different);
    for (int i = 0; i < POINTS; i++)
        n[i] = different[i][0], v[i] = different[i][1];
    tabular_print_matrix(NULL, NULL, columns, 3, different[0], POINTS);
    printf("Shakespeare's vocabulary grows as words^%.2f; that of the little world has an end.\n\n",
           power_of(n, v, POINTS));
}

/* ---- unknown words ------------------------------------------------------------------------------------- */

enum { SIZES = 5, CHANNELS = 256 };

/* Unknown words in what comes after the first nine tenths: covered (SIZES, 4) has the size of the vocabulary, numbers
 * of its embedding matrix, and the share in per cent of both texts. */
static void measure_coverage(const Words *play, const Words *world, double covered[SIZES][4])
{
    static const int sizes[SIZES] = {100, 1000, 3000, 10000, 30000};
    for (int i = 0; i < SIZES; i++) {
        covered[i][0] = sizes[i];
        covered[i][1] = sizes[i] * CHANNELS;
        covered[i][2] = 100 * word_counts_unknown(play, (int)(0.9 * play->count), sizes[i]);
        covered[i][3] = 100 * word_counts_unknown(world, (int)(0.9 * world->count), sizes[i]);
    }
}

/* The share of words from `first` on that occur nowhere else. */
static double used_once(const Words *w, int first)
{
    int total = 0;
    for (int i = first; i < w->count; i++)
        total += w->counts[w->ids[i]] == 1;
    return (double)total / (w->count - first);
}

static void print_coverage(const Words *play, const Words *world)
{
    static const TabularColumn columns[] = {{"vocabulary", 0},
                                            {"embedding matrix (numbers)", 0},
                                            {"unknown, Shakespeare (%)", 1},
                                            {"unknown, little world (%)", 1}};
    int first = (int)(0.9 * play->count), world_first = (int)(0.9 * world->count);
    double covered[SIZES][4];
    measure_coverage(play, world, covered);
    printf("Unknown words in the last tenth of each text (%d and %d words), with the most frequent words "
           "of the rest\n",
           play->count - first, world->count - world_first);
    tabular_print_matrix(NULL, NULL, columns, 4, covered[0], SIZES);
    printf("%.1f%% of the last tenth are words that Shakespeare uses nowhere else. Kept if seen five "
           "times: %d of %d.\n\n",
           100 * used_once(play, first), words_seen(play, 5, true), play->vocab);
}

/* ---- subwords ------------------------------------------------------------------------------------------ */

/* The last tenth again, in `size` pieces of words learned from the rest: the share of unknown ones, and how many tokens
 * come to a word. */
static void measure_subwords(const char *text, const Words *w, int size, double *unknown, double *per_word)
{
    size_t bytes = strlen(text), first = bytes * 9 / 10;
    Error e = {""};
    TokenList tokens = {0};
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = size};
    Tokenizer *bpe = tokenizer_train(&how, text, first, &e);
    if (!bpe || !tokenizer_encode(bpe, text + first, bytes - first, false, &tokens, &e))
        error_exit(&e);
    *unknown = (double)tokens.dropped.count / (double)tokens.count;
    *per_word = (double)tokens.count / (w->count - (int)(0.9 * w->count));
    tokenizer_tokens_free(&tokens);
    tokenizer_free(bpe);
}

static void print_subwords(const char *text, const Words *w)
{
    static const int sizes[] = {300, 1000, 4000};
    static const TabularColumn columns[] = {{"subwords", 0}, {"unknown (%)", 1}, {"tokens a word", 2}};
    Tabular *t = tabular_with(NULL, columns, 3);
    for (int i = 0; i < 3; i++) {
        double unknown, per_word;
        measure_subwords(text, w, sizes[i], &unknown, &per_word);
        tabular_row(t, NULL, (const double[]){sizes[i], 100 * unknown, per_word});
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

static void draw(const Demo *d, const Words *play, const Words *world)
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
    Plot *p = demo_plot(d, plot_text("How often each word occurs", "每个词出现的次数"),
                        plot_text("rank of the word", "词的名次"), plot_text("times", "次数"));
    plot_log_axes(p, true, true);
    plot_line(p, plot_text("Shakespeare", "莎士比亚"), rank, times[0], n[0]);
    plot_line(p, plot_text("little world", "小世界"), rank, times[1], n[1]);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/vocab_demo",
              .about = "Which words a vocabulary should have, section 2.2.3.",
              .draws = true};
    const char *corpus = "common/text/tinyshakespeare.txt";
    const Option options[] = {option_file("corpus", &corpus, "a text in English"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    char told[TEXT_TOLD];
    size_t size;
    Error e = {""};
    char *text = text_corpus_read(corpus, &size, told, &e);
    if (!text)
        error_exit(&e);
    char *stories = little_world(d.seed);
    Words play = word_counts_new(text), world = word_counts_new(stories);
    if (play.count < 1000)
        error_exitf("%s: %d words; expected a text of at least 1000", corpus, play.count);
    printf("%s: %zu bytes, %d words, %d different\n\n", corpus, size, play.count, play.vocab);
    print_zipf(&play);
    print_heaps(&play, &world);
    print_coverage(&play, &world);
    print_subwords(text, &play);
    draw(&d, &play, &world);
    word_counts_free(&play);
    word_counts_free(&world);
    free(text);
    free(stories);
    return demo_end(&d);
}
