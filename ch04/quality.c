/* quality.c -- the rules: each is one number of the text and an interval that it has to lie in. */
#include "ch04/quality.h"

#include "ch04/quality_units.h"
#include "common/base/base.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANY FLT_MAX /* no limit */

//> rules
/* {Chinese, English}: a value below min or above max is rejected. */
static const QualityRuleInfo rules[QUALITY_RULES] = {
    [QUALITY_LENGTH] = {"length", "Gopher", {80, 50}, {160000, 100000}},
    [QUALITY_WORD_LENGTH] = {"word length", "Gopher", {3, 3}, {40, 10}},
    [QUALITY_SYMBOLS] = {"symbols", "Gopher", {0, 0}, {0.1f, 0.1f}},
    [QUALITY_BULLETS] = {"bullets", "Gopher", {0, 0}, {0.9f, 0.9f}},
    [QUALITY_ELLIPSES] = {"ellipses", "Gopher", {0, 0}, {0.3f, 0.3f}},
    [QUALITY_LETTERS] = {"letters", "Gopher", {0.7f, 0.8f}, {ANY, ANY}},
    [QUALITY_STOP_WORDS] = {"stop words", "Gopher", {2, 2}, {ANY, ANY}},
    [QUALITY_SAME_LINES] = {"repeated lines", "Gopher", {0, 0}, {0.2f, 0.2f}},
    [QUALITY_TOP_NGRAM] = {"top n-gram", "Gopher", {0, 0}, {1, 1}},
    [QUALITY_SAME_NGRAMS] = {"repeated n-grams", "Gopher", {0, 0}, {1, 1}},
    [QUALITY_SENTENCES] = {"sentences", "C4", {3, 3}, {ANY, ANY}},
    [QUALITY_LINE_ENDS] = {"line ends", "FineWeb", {0.12f, 0.12f}, {ANY, ANY}},
    [QUALITY_SHORT_LINES] = {"short lines", "FineWeb", {0, 0}, {0.67f, 0.67f}},
    [QUALITY_BRACES] = {"curly brackets", "C4", {0, 0}, {0, 0}},
    [QUALITY_PLACEHOLDER] = {"placeholder", "C4", {0, 0}, {0, 0}},
};

bool quality_breaks(QualityRule rule, float value, Language language)
{
    int l = language == LANGUAGE_ZH ? 0 : 1;
    return !(value >= rules[rule].min[l] && value <= rules[rule].max[l]);
}
//< rules

const QualityRuleInfo *quality_rule(QualityRule rule)
{
    return &rules[rule];
}

QualityRule quality_verdict(const float value[QUALITY_RULES], Language language, int set)
{
    for (int r = 0; r < QUALITY_RULES; r++)
        if (set >> r & 1 && quality_breaks((QualityRule)r, value[r], language))
            return (QualityRule)r;
    return QUALITY_RULES;
}

/* ---- repetition ---------------------------------------------------------------------------------- */

/* How often each hash came: open addressing, at most half full. */
typedef struct Counts {
    uint64_t *key; /* 0: empty */
    int *count;
    size_t mask;
} Counts;

static Counts counts_new(int room)
{
    size_t slots = 16;
    while (slots < 2 * (size_t)room)
        slots *= 2;
    return (Counts){memory_new(slots * sizeof(uint64_t)), memory_new(slots * sizeof(int)), slots - 1};
}

static void counts_clear(Counts *c)
{
    memset(c->key, 0, (c->mask + 1) * sizeof *c->key);
}

/* How often the hash has come, this time included. */
static int counts_add(Counts *c, uint64_t hash)
{
    hash += hash == 0;
    size_t slot = (size_t)((hash * 0x9E3779B97F4A7C15u) >> 20) & c->mask;
    while (c->key[slot] != 0 && c->key[slot] != hash)
        slot = (slot + 1) & c->mask;
    c->count[slot] = c->key[slot] == hash ? c->count[slot] + 1 : 1;
    c->key[slot] = hash;
    return c->count[slot];
}

/* A text's words without marks: their hashes, and their characters summed up. */
typedef struct Words {
    uint64_t *hash; /* (count) */
    int *chars;     /* (count + 1): characters of all words before */
    int count;
} Words;

static Words words_of(const Units *units)
{
    Words w = {memory_new(sizeof *w.hash * (size_t)(units->count + 1)),
               memory_new(sizeof *w.chars * (size_t)(units->count + 1)), 0};
    w.chars[0] = 0;
    for (int i = 0; i < units->count; i++)
        if (units->items[i].kind == UNIT_WORD) {
            w.hash[w.count] = units->items[i].hash;
            w.chars[w.count + 1] = w.chars[w.count] + units->items[i].chars;
            w.count++;
        }
    return w;
}

//> ngrams
static uint64_t hash_of_ngram(const Words *w, int at, int n)
{
    uint64_t hash = 1;
    for (int i = at; i < at + n; i++)
        hash = (hash ^ w->hash[i]) * 0x9E3779B97F4A7C15u;
    return hash;
}

/* The share of the text's characters that lie in its most frequent n-gram. */
static float share_of_top_ngram(const Words *w, int n, Counts *counts)
{
    int most = 0;
    counts_clear(counts);
    for (int i = 0; i + n <= w->count; i++) {
        int times = counts_add(counts, hash_of_ngram(w, i, n)), chars = w->chars[i + n] - w->chars[i];
        if (times > 1 && times * chars > most)
            most = times * chars;
    }
    return fminf(1, (float)most / (float)(w->chars[w->count] + (w->count == 0)));
}

/* The share of them that lie in an n-gram which stood before; no character counts twice. */
static float share_of_repeated_ngrams(const Words *w, int n, Counts *counts)
{
    int repeated = 0;
    counts_clear(counts);
    for (int i = 0; i + n <= w->count;) {
        bool again = counts_add(counts, hash_of_ngram(w, i, n)) > 1;
        if (again)
            repeated += w->chars[i + n] - w->chars[i];
        i += again ? n : 1;
    }
    return (float)repeated / (float)(w->chars[w->count] + (w->count == 0));
}

/* Gopher's n counts words; a Chinese word has about 1.6 characters. */
static int ngram_length(int words, bool chinese)
{
    return chinese ? (int)lroundf(1.6f * (float)words) : words;
}
//< ngrams

static void measure_ngrams(const Units *units, bool chinese, float value[QUALITY_RULES])
{
    static const float top[] = {[2] = 0.20f, [3] = 0.18f, [4] = 0.16f};
    Words w = words_of(units);
    Counts counts = counts_new(w.count);
    value[QUALITY_TOP_NGRAM] = value[QUALITY_SAME_NGRAMS] = 0;
    for (int n = 2; n <= 4; n++) {
        float share = share_of_top_ngram(&w, ngram_length(n, chinese), &counts) / top[n];
        value[QUALITY_TOP_NGRAM] = fmaxf(value[QUALITY_TOP_NGRAM], share);
    }
    for (int n = 5; n <= 10; n++) {
        float limit = 0.20f - 0.01f * (float)n; /* 0.15 for 5-grams to 0.10 for 10-grams */
        float share = share_of_repeated_ngrams(&w, ngram_length(n, chinese), &counts) / limit;
        value[QUALITY_SAME_NGRAMS] = fmaxf(value[QUALITY_SAME_NGRAMS], share);
    }
    free(counts.key);
    free(counts.count);
    free(w.hash);
    free(w.chars);
}

/* ---- words --------------------------------------------------------------------------------------- */

static const char *const stop_words[2][8] = {
    {"的", "了", "是", "在", "和", "不", "有", "这"},
    {"the", "be", "to", "of", "and", "that", "have", "with"},
};

static void measure_words(const char *text, const Units *units, bool chinese, float value[QUALITY_RULES])
{
    int words = 0, chars = 0, letters = 0, symbols = 0, clauses = 0, seen = 0;
    bool inside = false; /* a clause: what stands between two marks or spaces */
    for (int i = 0; i < units->count; i++) {
        const Unit *u = &units->items[i];
        bool dots =
            u->code == '.' && i > 1 && units->items[i - 1].code == '.' && units->items[i - 2].code == '.';
        symbols += u->kind == UNIT_MARK && (u->code == '#' || unit_is_ellipsis(u->code) || dots);
        clauses += u->kind == UNIT_WORD && (!inside || u->spaced);
        inside = u->kind == UNIT_WORD;
        if (!inside)
            continue;
        words++;
        chars += u->chars;
        letters += u->letter;
        for (int s = 0; s < 8; s++)
            if (strlen(stop_words[!chinese][s]) == u->size &&
                strncasecmp(stop_words[!chinese][s], text + u->at, u->size) == 0)
                seen |= 1 << s;
    }
    float each = 1 / (float)(words + (words == 0));
    value[QUALITY_LENGTH] = (float)words;
    value[QUALITY_WORD_LENGTH] =
        chinese ? (float)words / (float)(clauses + (clauses == 0)) : (float)chars * each;
    value[QUALITY_LETTERS] = (float)letters * each;
    value[QUALITY_SYMBOLS] = (float)symbols * each;
    value[QUALITY_STOP_WORDS] = (float)__builtin_popcount((unsigned)seen);
}

/* ---- lines and sentences ------------------------------------------------------------------------- */

static bool is_bullet(const Unit *u, const Unit *next)
{
    static const int codes[] = {0x2022, 0x25CF, 0x25AA, 0x25A0, 0x25E6, 0x2023, 0xB7, 0x30FB};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (u->code == codes[i])
            return true;
    return (u->code == '-' || u->code == '*') && next && next->spaced;
}

/* A line of units: first .. end - 1, at least one. */
static bool ends_line(const Unit *first, const Unit *last)
{
    bool quote = last->code == '"' || last->code == 0x201D;
    while (last > first && unit_closes(last->code))
        last--;
    bool dots = last - first >= 2 && last->code == '.' && last[-1].code == '.';
    return last->kind == UNIT_MARK && !dots && (unit_ends_sentence(last->code) || quote);
}

static bool trails_off(const Unit *first, const Unit *last)
{
    return unit_is_ellipsis(last->code) || (last - first >= 2 && last->code == '.' && last[-1].code == '.');
}

static int chars_of(const Unit *first, const Unit *last, uint64_t *hash)
{
    int chars = 0;
    *hash = 1;
    for (const Unit *u = first; u <= last; u++) {
        chars += u->chars + (u->spaced && u > first);
        *hash = (*hash ^ u->hash) * 0x9E3779B97F4A7C15u;
    }
    return chars;
}

static void measure_lines(const Units *units, bool chinese, float value[QUALITY_RULES])
{
    int lines = 0, bullets = 0, ellipses = 0, ends = 0, shorts = 0, chars = 0, repeated = 0;
    Counts counts = counts_new(units->count);
    counts_clear(&counts);
    for (int i = 0, end; i < units->count; i = end + 1) {
        for (end = i; end < units->count && units->items[end].kind != UNIT_LINE;)
            end++;
        if (end == i)
            continue;
        const Unit *first = &units->items[i], *last = &units->items[end - 1];
        uint64_t hash;
        int length = chars_of(first, last, &hash);
        lines++;
        chars += length;
        bullets += is_bullet(first, first < last ? first + 1 : NULL);
        ellipses += trails_off(first, last);
        ends += ends_line(first, last);
        shorts += length <= (chinese ? 12 : 30);
        repeated += counts_add(&counts, hash) > 1 ? length : 0;
    }
    float each = 1 / (float)(lines + (lines == 0));
    value[QUALITY_BULLETS] = (float)bullets * each;
    value[QUALITY_ELLIPSES] = (float)ellipses * each;
    value[QUALITY_LINE_ENDS] = (float)ends * each;
    value[QUALITY_SHORT_LINES] = (float)shorts * each;
    value[QUALITY_SAME_LINES] = (float)repeated / (float)(chars + (chars == 0));
    free(counts.key);
    free(counts.count);
}

/* A full stop, or several, after words; of 3.14 and of example.com the dot is inside of a word. */
static int count_sentences(const Units *units)
{
    int sentences = 0;
    bool words = false;
    for (int i = 0; i < units->count; i++) {
        const Unit *u = &units->items[i];
        bool end = u->kind == UNIT_MARK && (unit_ends_sentence(u->code) || unit_is_ellipsis(u->code));
        sentences += end && words;
        words = u->kind == UNIT_WORD || (words && !end);
    }
    return sentences;
}

static bool holds_one_of(const char *text, size_t size, const char *const *phrases)
{
    for (; *phrases; phrases++) {
        size_t length = strlen(*phrases);
        for (size_t i = 0; i + length <= size; i++)
            if (strncasecmp(text + i, *phrases, length) == 0)
                return true;
    }
    return false;
}

void quality_measure(const char *text, size_t size, Language language, float value[QUALITY_RULES])
{
    static const char *const placeholders[] = {"lorem ipsum", "your text here", "此处添加文字", "示例文字",
                                               NULL};
    bool chinese = language == LANGUAGE_ZH;
    Units units = units_of(text, size);
    measure_words(text, &units, chinese, value);
    measure_lines(&units, chinese, value);
    measure_ngrams(&units, chinese, value);
    value[QUALITY_SENTENCES] = (float)count_sentences(&units);
    value[QUALITY_BRACES] = memchr(text, '{', size) || memchr(text, '}', size) ? 1 : 0;
    value[QUALITY_PLACEHOLDER] = holds_one_of(text, size, placeholders) ? 1 : 0;
    free(units.items);
}

/* ---- lines that go ------------------------------------------------------------------------------- */

static bool line_stays(const char *line, size_t size, bool chinese)
{
    static const char *const notices[] = {"javascript",      "cookie",       "log in",         "sign up",
                                          "rights reserved", "terms of use", "privacy policy", "版权所有",
                                          "请登录",          "点击这里",     "隐私政策",       NULL};
    Units units = units_of(line, size);
    int words = 0;
    for (int i = 0; i < units.count; i++)
        words += units.items[i].kind == UNIT_WORD;
    bool stays = units.count > 0 && words >= (chinese ? 8 : 5) &&
                 ends_line(units.items, &units.items[units.count - 1]) &&
                 !holds_one_of(line, size, notices);
    free(units.items);
    return stays;
}

char *quality_clean_lines(const char *text, size_t size, Language language, size_t *kept, int *dropped)
{
    char *out = memory_new(size + 2);
    *kept = 0;
    *dropped = 0;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t length = newline ? (size_t)(newline - text) - at : size - at;
        bool empty = strspn(text + at, " \t\r") >= length;
        bool stays = empty ? *kept > 1 && out[*kept - 2] != '\n'
                           : line_stays(text + at, length, language == LANGUAGE_ZH);
        if (stays) {
            memcpy(out + *kept, text + at, empty ? 0 : length);
            *kept += empty ? 0 : length;
            out[(*kept)++] = '\n';
        }
        *dropped += !stays && !empty;
        at += length + 1;
    }
    out[*kept] = '\0';
    return out;
}
