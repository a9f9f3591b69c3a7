/* span_corruption_demo.c -- T5's span corruption, section 5.2.3.
 *
 * Raffel et al. (2020, 3.1.4) cut whole spans out of a text, leave a sentinel in each gap, and have the model
 * write what was cut, each span after its sentinel. The target is then as short as what is missing. The demo
 * corrupts a text, measures the spans over many draws, and holds that nothing is lost: input and target
 * together give the text back. */
#include "common/demo/demo.h"
#include "ch05/data_sentences.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 600, MAX_SPANS = 128, LONGEST_SHOWN = 16 };

/* What share of the text is cut out, and the mean length of a span. */
typedef struct Rule {
    float density, mean;
} Rule;

/* ---- the spans ----------------------------------------------------------------------------------- */

/* How many tokens of a text are cut out, and in how many spans. */
typedef struct Plan {
    int cut, spans;
} Plan;

static int between(int x, int min, int max)
{
    return x < min ? min : x > max ? max : x;
}

//> plan
/* At least one token is cut and one is left in front of every span, so that spans never touch. */
static Plan plan_new(int count, Rule r)
{
    Plan p;
    p.cut = between((int)lroundf((float)count * r.density), 1, count - 1);
    p.spans = between((int)lroundf((float)p.cut / r.mean), 1, between(p.cut, 1, count - p.cut));
    p.spans = between(p.spans, 1, MAX_SPANS);
    return p;
}

/* Cuts `total` into `parts` lengths of at least 1, every way equally likely: of the total-1 gaps between
 * two tokens, parts-1 are chosen as borders. */
static void split(int total, int parts, Rng *rng, int *length)
{
    int border[MAX];
    for (int i = 0; i < total - 1; i++)
        border[i] = i < parts - 1;
    rng_shuffle(rng, border, (size_t)(total - 1));
    memset(length, 0, sizeof *length * (size_t)parts);
    for (int i = 0, part = 0; i < total; i++) {
        length[part]++;
        part += i < total - 1 && border[i];
    }
}
//< plan

/* ---- corrupt and restore ------------------------------------------------------------------------- */

typedef struct Corrupted {
    int input[2 * MAX], input_count;   /* the text, a sentinel for each span, TEXT_END */
    int target[2 * MAX], target_count; /* each sentinel and its span, TEXT_END */
    int length[MAX_SPANS], spans, cut;
} Corrupted;

//> corrupt
/* Kept and cut pieces alternate, a kept one first. Sentinels are `sentinel`, sentinel+1, ... */
static void corrupt(const int *text, int count, Rule r, int sentinel, Rng *rng, Corrupted *c)
{
    Plan p = plan_new(count, r);
    int kept[MAX_SPANS], at = 0, left = count - p.cut;
    *c = (Corrupted){.spans = p.spans, .cut = p.cut};
    split(p.cut, p.spans, rng, c->length);
    split(left, p.spans, rng, kept);
    for (int i = 0; i < p.spans; i++) {
        for (int k = 0; k < kept[i]; k++)
            c->input[c->input_count++] = text[at++];
        c->input[c->input_count++] = c->target[c->target_count++] = sentinel + i;
        for (int k = 0; k < c->length[i]; k++)
            c->target[c->target_count++] = text[at++];
    }
    c->input[c->input_count++] = c->target[c->target_count++] = TEXT_END;
}
//< corrupt

/* Puts the spans back where their sentinels stand. Returns the length, or -1 where a sentinel of the input
 * has no span in the target. */
static int restore(const Corrupted *c, int sentinel, int *text)
{
    int count = 0;
    for (int i = 0; i < c->input_count - 1; i++) {
        if (c->input[i] < sentinel) {
            text[count++] = c->input[i];
            continue;
        }
        int k = 0;
        while (k < c->target_count && c->target[k] != c->input[i])
            k++;
        if (k == c->target_count)
            return -1;
        for (k++; c->target[k] < sentinel && c->target[k] != TEXT_END; k++)
            text[count++] = c->target[k];
    }
    return count;
}

/* ---- a text to look at --------------------------------------------------------------------------- */

static void print_tokens(const char *name, const int *ids, int count, const TextWords *w)
{
    int sentinel = text_words_count(w), column = printf("%s", name);
    for (int i = 0; i < count; i++) {
        char text[64];
        if (ids[i] >= sentinel)
            snprintf(text, sizeof text, "<X%d>", ids[i] - sentinel);
        else
            snprintf(text, sizeof text, "%s", text_words_piece(w, ids[i]));
        if (column + 1 + terminal_width(text) > 100)
            column = printf("\n        ") - 1;
        column += printf(" %s", text);
    }
    putchar('\n');
}

/* A story as ids (at most MAX); returns how many. */
static int draw_story(TextWords *w, Rng *rng, int *ids)
{
    char *story = world_stories(WORLD_EN, WORLD_TRAIN, 1, rng);
    text_words_add(w, story);
    int count = text_words_encode(w, story, ids, MAX);
    free(story);
    return count;
}

static void show_story(TextWords *w, Rule r, Rng *rng)
{
    int ids[MAX], count = draw_story(w, rng, ids);
    Corrupted c;
    corrupt(ids, count, r, text_words_count(w), rng, &c);
    print_tokens("text   ", ids, count, w);
    print_tokens("input  ", c.input, c.input_count, w);
    print_tokens("target ", c.target, c.target_count, w);
    printf("%d words, %d cut out in %d spans: the model reads %d and writes %d\n\n", count, c.cut, c.spans,
           c.input_count, c.target_count);
}

/* ---- over many draws ----------------------------------------------------------------------------- */

typedef struct Tally {
    long texts, tokens, cut, spans, lossless, caught;
    long of_length[MAX];
} Tally;

/* One text of random length: is it given back, and is a target without one of its sentinels noticed? */
static void tally_one(Tally *t, Rule r, Rng *rng)
{
    enum { WORDS = 1000 };
    int text[MAX], back[2 * MAX], count = 2 + rng_below(rng, MAX - 1);
    Corrupted c;
    for (int i = 0; i < count; i++)
        text[i] = TEXT_SPECIALS + rng_below(rng, WORDS);
    corrupt(text, count, r, TEXT_SPECIALS + WORDS, rng, &c);
    int length = restore(&c, TEXT_SPECIALS + WORDS, back);
    t->texts++;
    t->lossless += length == count && memcmp(text, back, sizeof *text * (size_t)count) == 0;
    t->tokens += count;
    t->cut += c.cut;
    t->spans += c.spans;
    for (int i = 0; i < c.spans; i++)
        t->of_length[c.length[i]]++;
    for (int i = 0; i < c.target_count; i++)
        if (c.target[i] == TEXT_SPECIALS + WORDS + c.spans - 1)
            c.target[i] = TEXT_SPECIALS;
    t->caught += restore(&c, TEXT_SPECIALS + WORDS, back) == -1;
}

static void show_tally(Demo *d, const Tally *t, Rule r)
{
    printf("%ld texts of 2 to %d tokens\n", t->texts, MAX);
    printf("  share cut out      %.3f   asked for %.2f\n", (double)t->cut / (double)t->tokens,
           (double)r.density);
    printf("  mean span length   %.2f    asked for %.2f\n", (double)t->cut / (double)t->spans,
           (double)r.mean);
    demo_claim(d, t->lossless == t->texts, "  given back whole   %ld of %ld", t->lossless, t->texts);
    demo_claim(d, t->caught == t->texts, "  a lost sentinel is noticed in %ld of %ld", t->caught, t->texts);
}

/* The share of the spans of each length in per cent, and the edges of a bin around each. */
static void shares(const Tally *t, float share[LONGEST_SHOWN], float edges[LONGEST_SHOWN + 1])
{
    for (int k = 0; k <= LONGEST_SHOWN; k++)
        edges[k] = (float)k + 0.5f;
    for (int k = 1; k <= LONGEST_SHOWN; k++)
        share[k - 1] = 100.0f * (float)t->of_length[k] / (float)t->spans;
}

static void show_spans(const Demo *d, const Tally *t)
{
    float share[LONGEST_SHOWN], edges[LONGEST_SHOWN + 1];
    shares(t, share, edges);
    printf("  spans of length");
    for (int k = 1; k <= 6; k++)
        printf("   %d: %.0f%%", k, (double)share[k - 1]);
    puts("   ...");
    Plot *p = demo_plot(d, plot_text("How long the spans are", "片段的长度"),
                        plot_text("length of a span (tokens)", "片段长度（词元）"),
                        plot_text("share of the spans (%)", "占全部片段的百分比"));
    plot_histogram(p, plot_same(NULL), edges, share, LONGEST_SHOWN);
    plot_finish(p, "  picture");
}

/* ---- lengths ------------------------------------------------------------------------------------- */

/* The longest text whose input takes no more than `max` tokens: spans shrink to a sentinel each, so the
 * text may be longer than the input. */
static int longest_text(int max, Rule r)
{
    int count = 2;
    for (;;) {
        Plan p = plan_new(count + 1, r);
        if (count + 1 - p.cut + p.spans + 1 > max)
            return count;
        count++;
    }
}

/* Density and mean span; of the longest text that fits `max`: its length, that of input and target, target / text. */
static void fit(Rule r, int max, double numbers[6])
{
    int count = longest_text(max, r);
    Plan p = plan_new(count, r);
    double input = count - p.cut + p.spans + 1, target = p.cut + p.spans + 1;
    const double all[] = {(double)r.density, (double)r.mean, count, input, target, target / count};
    memcpy(numbers, all, sizeof all);
}

enum { RULES = 6, INPUT = 512 };
static const Rule rules[RULES] = {{0.15f, 1}, {0.15f, 2}, {0.15f, 3}, {0.15f, 10}, {0.3f, 3}, {0.5f, 3}};

static void show_lengths(void)
{
    static const TabularColumn columns[] = {{"density", 2}, {"mean span", 0}, {"text", 0},
                                            {"input", 0},   {"target", 0},    {"target / text", 2}};
    double numbers[RULES][6];
    for (int i = 0; i < RULES; i++)
        fit(rules[i], INPUT, numbers[i]);
    printf("\nWhat fits an input of %d tokens; T5's own setting is 0.15 and 3\n", INPUT);
    tabular_print_matrix(NULL, NULL, columns, 6, numbers[0], RULES);
}

int main(int argc, char **argv)
{
    static Tally t;
    Demo d = {.name = "ch05/span_corruption_demo",
              .about = "T5's span corruption, section 5.2.3.",
              .draws = true};
    Rule r = {.density = 0.15f, .mean = 3};
    int draws = 10000;
    const Option options[] = {
        option_float("density", &r.density, 0.01, 0.9, "share of the text that is cut out"),
        option_float("mean", &r.mean, 1, 50, "mean length of a span"),
        option_int("draws", &draws, 1, 1000000, "texts for the measurements"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    Rng rng = rng_new(d.seed);
    TextWords *w = text_words_new();
    show_story(w, r, &rng);
    for (int i = 0; i < draws; i++)
        tally_one(&t, r, &rng);
    show_tally(&d, &t, r);
    show_spans(&d, &t);
    show_lengths();
    text_words_free(w);
    return demo_end(&d);
}
