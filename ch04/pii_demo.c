/* pii_demo.c -- personal data in texts: how much of it patterns find, what they take for it, and masking; section
 * 4.1.2.
 *
 * Sentences with invented data in both languages tell the recall of each kind; clean texts and numbers that only look
 * like personal data tell the false positives. Check digits are tried on random numbers, where chance can be computed.
 * Names have no form: what is found of them in a story shows what patterns cannot do. */
#include "ch04/bad_texts.h"
#include "ch04/invented.h"
#include "ch04/pii.h"
#include "common/base/base.h"
#include "common/demo/demo.h"
#include "common/world/lexicon.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 300, RANDOM = 3000000, TEXTS = 1000 };

static void print_share(Tabular *t, long hits, long n)
{
    StatsInterval i = stats_wilson(hits, n, 0.95);
    char text[48];
    snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100.0 * (double)hits / (double)n, 100 * i.low,
             100 * i.high);
    tabular_text(t, text);
}

/* ---- recall ------------------------------------------------------------------------------------------ */

/* Whether all of the item is covered by what is found; *same: as one span of its own kind. */
static bool is_found(const Invented *v, bool *same)
{
    PiiSpans found = {0};
    size_t end = v->truth.at + v->truth.size;
    bool covered = false;
    *same = false;
    pii_find(v->text, strlen(v->text), PII_ALL, &found);
    for (int i = 0; i < found.count; i++) {
        const PiiSpan *s = &found.items[i];
        covered = covered || (s->at <= v->truth.at && s->at + s->size >= end);
        *same = *same || (s->at == v->truth.at && s->at + s->size == end && s->kind == v->truth.kind);
    }
    pii_spans_free(&found);
    return covered;
}

static void measure_recall(uint64_t seed)
{
    Rng rng = rng_new(seed);
    Tabular *t = tabular_new();
    printf("Sentences with one invented item, %d of each kind and language: found and masked whole, %% "
           "with 95 %% intervals:\n",
           EACH);
    tabular_column(t, "kind");
    tabular_column(t, "English");
    tabular_column(t, "Chinese");
    tabular_numbers(t, "as that kind", "%", 1, TABULAR_NONE);
    for (int k = 0; k < PII_KINDS; k++) {
        int right = 0;
        tabular_text(t, pii_kind_name((PiiKind)k));
        for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
            int covered = 0;
            for (int i = 0; i < EACH; i++) {
                bool same;
                Invented v = invented((PiiKind)k, (WorldLanguage)l, &rng);
                covered += is_found(&v, &same);
                right += same;
            }
            print_share(t, covered, EACH);
        }
        tabular_number(t, 100.0 * right / (WORLD_LANGUAGES * EACH));
    }
    tabular_print(t);
    printf("\nThe same data in disguise, %d of each:\n", EACH);
    t = tabular_new();
    tabular_column(t, "written as");
    tabular_column(t, "found (%)");
    for (int d = 0; d < DISGUISES; d++) {
        int covered = 0;
        for (int i = 0; i < EACH; i++) {
            bool same;
            Invented v = invented_disguised((Disguise)d, &rng);
            covered += is_found(&v, &same);
        }
        tabular_text(t, disguise_name((Disguise)d));
        print_share(t, covered, EACH);
    }
    tabular_print(t);
}

/* ---- names in stories -------------------------------------------------------------------------------- */

/* How often people of the world are named in a text, and how many of these names lie in a span. */
static void count_names(const char *text, WorldLanguage language, const PiiSpans *found, long *named,
                        long *hits)
{
    for (int p = 0; p < world_list_count(WORLD_PEOPLE); p++) {
        const WorldWord *w = world_word(WORLD_PEOPLE, p);
        const char *name = language == WORLD_EN ? w->en : w->zh;
        size_t size = strlen(name);
        for (const char *at = text; (at = strstr(at, name)) != NULL; at += size) {
            size_t from = (size_t)(at - text);
            bool word = language == WORLD_ZH || ((at == text || !isalpha((unsigned char)at[-1])) &&
                                                 !isalpha((unsigned char)at[size]));
            *named += word;
            for (int i = 0; i < found->count && word; i++)
                *hits +=
                    found->items[i].at < from + size && found->items[i].at + found->items[i].size > from;
        }
    }
}

static void find_names(uint64_t seed)
{
    Tabular *t = tabular_new();
    printf("\nNames in %d stories of the little world, where nothing announces most of them:\n", TEXTS);
    tabular_column(t, "language");
    tabular_numbers(t, "names", NULL, 0, TABULAR_NONE);
    tabular_column(t, "found (%)");
    for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
        long named = 0, hits = 0;
        Rng rng = rng_new(seed + 1);
        for (int i = 0; i < TEXTS; i++) {
            char *text = good_text_of(WORLD_STORY, 1, (WorldLanguage)l, WORLD_TRAIN, &rng);
            PiiSpans found = {0};
            pii_find(text, strlen(text), 1 << PII_NAME, &found);
            count_names(text, (WorldLanguage)l, &found, &named, &hits);
            pii_spans_free(&found);
            free(text);
        }
        tabular_text(t, l == WORLD_EN ? "English" : "Chinese");
        tabular_number(t, (double)named);
        print_share(t, hits, named);
    }
    tabular_print(t);
}

/* ---- false positives --------------------------------------------------------------------------------- */

static int count_characters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* The kinds found in a text, counted; a name that is there is none. */
static int count_found(const char *text, int kinds, int by_kind[PII_KINDS])
{
    PiiSpans found = {0};
    pii_find(text, strlen(text), kinds, &found);
    for (int i = 0; i < found.count; i++)
        by_kind[found.items[i].kind]++;
    int count = found.count;
    pii_spans_free(&found);
    return count;
}

static void print_per_characters(Tabular *t, const char *name, const char *language, long found,
                                 long characters, const int by_kind[PII_KINDS])
{
    StatsInterval i = stats_wilson(found, characters, 0.95);
    char text[64];
    int most = 0;
    for (int k = 0; k < PII_KINDS; k++)
        most = by_kind[k] > by_kind[most] ? k : most;
    snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 1e5 * (double)found / (double)characters,
             1e5 * i.low, 1e5 * i.high);
    tabular_text(t, name);
    tabular_text(t, language);
    tabular_number(t, (double)characters);
    tabular_number(t, (double)found);
    tabular_text(t, text);
    tabular_text(t, found ? pii_kind_name((PiiKind)most) : "-");
}

/* Texts without personal data but for names, which are not looked for in the first. */
static void count_false_positives(uint64_t seed)
{
    static const char *const names[WORLD_LANGUAGES] = {"Chinese", "English"};
    Rng rng = rng_new(seed + 2);
    Tabular *t = tabular_new();
    printf("\nFalse positives, for each 100,000 characters with 95 %% intervals:\n");
    tabular_column(t, "text");
    tabular_column(t, "language");
    tabular_numbers(t, "characters", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "found", NULL, 0, TABULAR_NONE);
    tabular_column(t, "per 100,000");
    tabular_column(t, "taken most often for");
    for (int what = -1; what < LOOK_ALIKES; what++)
        for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
            long found = 0, characters = 0;
            int by_kind[PII_KINDS] = {0};
            for (int i = 0; i < TEXTS; i++) {
                char sentence[INVENTED_ROOM], *text = sentence;
                if (what < 0)
                    text = good_text((WorldLanguage)l, WORLD_TRAIN, &rng);
                else
                    look_alike((LookAlike)what, (WorldLanguage)l, &rng, sentence);
                found += count_found(text, what < 0 ? PII_ALL & ~(1 << PII_NAME) : PII_ALL, by_kind);
                characters += count_characters(text);
                if (what < 0)
                    free(text);
            }
            print_per_characters(t, what < 0 ? "clean prose, but names" : look_alike_name((LookAlike)what),
                                 names[l], found, characters, by_kind);
        }
    tabular_print(t);
}

/* ---- chance ------------------------------------------------------------------------------------------ */

/* Numbers of which every digit is random: how many pass, and how many ought to. */
static void try_chance(uint64_t seed)
{
    Rng rng = rng_new(seed + 3);
    long luhn = 0, card = 0, identity = 0;
    for (int i = 0; i < RANDOM; i++) {
        char number[20] = "";
        int by_kind[PII_KINDS] = {0};
        for (int d = 0; d < 18; d++)
            number[d] = (char)('0' + rng_below(&rng, 10));
        count_found(number, 1 << PII_IDENTITY, by_kind);
        number[16] = '\0';
        luhn += pii_luhn(number, 16);
        count_found(number, 1 << PII_CARD, by_kind);
        identity += by_kind[PII_IDENTITY];
        card += by_kind[PII_CARD];
    }
    double dates = 130.0 / 10000 * 12 / 100 * 31 / 100; /* years, months and days that dates have */
    double prefixes = 0.1 + 0.07 + 0.03 + 0.05;         /* 4; 35, 51 to 55, 62; 60, 64, 65; 2221 to 2720 */
    printf("\n%d random numbers: passed, and expected by chance\n", RANDOM);
    tabular_print_matrix(
        "test",
        (const char *const[]){"16 digits, Luhn", "16 digits, a card", "18 digits, an identity number"},
        (TabularColumn[]){{"passed", 0}, {"expected", 0}}, 2,
        (double[]){(double)luhn, RANDOM / 10.0, (double)card, RANDOM * prefixes / 10, (double)identity,
                   RANDOM * dates / 11},
        3);
}

/* ---- masking ----------------------------------------------------------------------------------------- */

static void show_masking(void)
{
    static const char *const texts[] = {
        "My name is Anna Smith. Call (212) 555-0147 or write to anna@example.com; order 4111111111111112 "
        "is still open.",
        "联系人：王小明，手机154-0000-1234，身份证号990101199003070007。版本1.2.3.4的服务器203.0.113."
        "9没有响应。"};
    printf("\nMasked:\n");
    for (int i = 0; i < 2; i++) {
        PiiSpans found = {0};
        size_t size;
        pii_find(texts[i], strlen(texts[i]), PII_ALL, &found);
        char *masked = pii_mask(texts[i], strlen(texts[i]), &found, &size);
        printf("  %s\n  %s\n", texts[i], masked);
        free(masked);
        pii_spans_free(&found);
    }
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch04/pii_demo",
                 .about = "Personal data in texts: found, missed, and masked, section 4.1.2."};
    demo_begin(&demo, argc, argv, NULL);
    measure_recall(demo.seed);
    find_names(demo.seed);
    count_false_positives(demo.seed);
    try_chance(demo.seed);
    show_masking();
    return demo_end(&demo);
}
