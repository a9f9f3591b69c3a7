/* language.c -- scripts first; where a script has many languages, naive Bayes over runs of letters. */
#include "ch04/language.h"

#include "ch04/language_sample.h"
#include "common/base/base.h"
#include "common/text/utf8.h"
#include "common/world/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 1 << 14, /* runs of letters are hashed into */
    LONGEST = 3,       /* letters of a run */
    STORIES = 4,       /* of the little world: as much English again as the sample has */
    HAN_LETTERS = 3    /* Latin letters that a Chinese character counts as */
};

static const float SMOOTHING = 0.05f; /* as if each bucket had been seen so often more */

struct LanguageModel {
    float log_p[LANGUAGE_SAMPLES][BUCKETS];
};

const char *language_name(Language l)
{
    static const char *const names[LANGUAGES] = {"zh", "en", "other"};
    return names[l];
}

/* ---- scripts ------------------------------------------------------------------------------------- */

typedef struct Range {
    int first, last;
    LanguageScript script;
} Range;

static const Range ranges[] = {
    {'A', 'Z', LANGUAGE_LATIN},
    {'a', 'z', LANGUAGE_LATIN},
    {0xAA, 0xAA, LANGUAGE_LATIN},
    {0xBA, 0xBA, LANGUAGE_LATIN},
    {0xC0, 0xD6, LANGUAGE_LATIN},
    {0xD8, 0xF6, LANGUAGE_LATIN},
    {0xF8, 0x24F, LANGUAGE_LATIN},
    {0x370, 0x373, LANGUAGE_GREEK},
    {0x376, 0x37D, LANGUAGE_GREEK},
    {0x386, 0x3FF, LANGUAGE_GREEK},
    {0x400, 0x52F, LANGUAGE_CYRILLIC},
    {0x531, 0x587, LANGUAGE_OTHER_SCRIPT},
    {0x5D0, 0x5F2, LANGUAGE_HEBREW},
    {0x620, 0x64A, LANGUAGE_ARABIC},
    {0x66E, 0x6D3, LANGUAGE_ARABIC},
    {0x6FA, 0x6FF, LANGUAGE_ARABIC},
    {0x700, 0x8FF, LANGUAGE_OTHER_SCRIPT},
    {0x900, 0x963, LANGUAGE_DEVANAGARI},
    {0x980, 0xDFF, LANGUAGE_OTHER_SCRIPT},
    {0xE01, 0xE3A, LANGUAGE_THAI},
    {0xE40, 0xE4E, LANGUAGE_THAI},
    {0xE80, 0x10FF, LANGUAGE_OTHER_SCRIPT},
    {0x1100, 0x11FF, LANGUAGE_HANGUL},
    {0x1200, 0x1CFF, LANGUAGE_OTHER_SCRIPT},
    {0x1E00, 0x1EFF, LANGUAGE_LATIN},
    {0x1F00, 0x1FFF, LANGUAGE_GREEK},
    {0x3005, 0x3007, LANGUAGE_HAN},
    {0x3041, 0x30FA, LANGUAGE_KANA},
    {0x30FC, 0x30FF, LANGUAGE_KANA},
    {0x3131, 0x318E, LANGUAGE_HANGUL},
    {0x31F0, 0x31FF, LANGUAGE_KANA},
    {0x3400, 0x4DBF, LANGUAGE_HAN},
    {0x4E00, 0x9FFF, LANGUAGE_HAN},
    {0xA000, 0xABFF, LANGUAGE_OTHER_SCRIPT},
    {0xAC00, 0xD7A3, LANGUAGE_HANGUL},
    {0xF900, 0xFAFF, LANGUAGE_HAN},
    {0xFB50, 0xFDFF, LANGUAGE_ARABIC},
    {0xFE70, 0xFEFC, LANGUAGE_ARABIC},
    {0xFF21, 0xFF3A, LANGUAGE_LATIN},
    {0xFF41, 0xFF5A, LANGUAGE_LATIN},
    {0xFF66, 0xFF9D, LANGUAGE_KANA},
    {0x20000, 0x323AF, LANGUAGE_HAN},
};

LanguageScript language_script(int code)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ranges[i].first <= code; i++)
        if (code <= ranges[i].last)
            return ranges[i].script;
    return LANGUAGE_NO_LETTER;
}

static const char *const script_languages[LANGUAGE_SCRIPTS] = {
    [LANGUAGE_NO_LETTER] = "?",   [LANGUAGE_LATIN] = "en",  [LANGUAGE_HAN] = "zh",
    [LANGUAGE_KANA] = "ja",       [LANGUAGE_HANGUL] = "ko", [LANGUAGE_CYRILLIC] = "ru",
    [LANGUAGE_GREEK] = "el",      [LANGUAGE_ARABIC] = "ar", [LANGUAGE_HEBREW] = "he",
    [LANGUAGE_DEVANAGARI] = "hi", [LANGUAGE_THAI] = "th",   [LANGUAGE_OTHER_SCRIPT] = "?",
};

/* ---- letters' habits ----------------------------------------------------------------------------- */

/* Small letters, as far as the fifteen languages need it. */
static int lower(int code)
{
    if ((code >= 'A' && code <= 'Z') || (code >= 0xC0 && code <= 0xDE))
        return code + 32;
    bool odd_is_capital = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E);
    if ((code >= 0x100 && code <= 0x17F) || (code >= 0x1A0 && code <= 0x1B0) ||
        (code >= 0x1E00 && code <= 0x1EFF))
        return code % 2 == odd_is_capital ? code + 1 : code;
    return code;
}

/* Runs of letters as they come: the last three, of which a 0 stands for the space between words. */
typedef struct Runs {
    int last[LONGEST]; /* the newest first */
} Runs;

/* The next letter, or 0 between words; the buckets of the runs of 1, 2 and 3 letters that end here. A run of spaces
 * counts once, and then only together with the letters before it. Returns how many there are. */
static int runs_add(Runs *r, int letter, int bucket[LONGEST])
{
    if (letter == 0 && r->last[0] == 0)
        return 0;
    memmove(r->last + 1, r->last, sizeof *r->last * (LONGEST - 1));
    r->last[0] = letter;
    uint64_t hash = 0;
    int count = 0;
    for (int n = 0; n < LONGEST; n++) {
        hash = (hash + (uint64_t)r->last[n] + 1) * 0x9E3779B97F4A7C15u;
        if (letter != 0 || n > 0)
            bucket[count++] = (int)(hash >> 50); /* 14 bits */
        if (n > 0 && r->last[n] == 0)
            break; /* the word began here */
    }
    return count;
}

/* The buckets of all runs of a text's Latin letters; the caller frees them. */
static int *runs_of(const char *text, size_t size, int *count)
{
    int *buckets = memory_new(sizeof *buckets * LONGEST * (size + 1));
    Runs r = {{0}};
    *count = 0;
    for (size_t at = 0; at <= size;) {
        int length = 1;
        int code = at < size ? text_utf8_decode(text + at, size - at, &length) : 0;
        *count += runs_add(&r, language_script(code) == LANGUAGE_LATIN ? lower(code) : 0, buckets + *count);
        at += (size_t)length;
    }
    return buckets;
}

static int learn(float *counts, const char *text)
{
    int count;
    int *buckets = runs_of(text, strlen(text), &count);
    for (int i = 0; i < count; i++)
        counts[buckets[i]]++;
    free(buckets);
    return count;
}

LanguageModel *language_model_new(void)
{
    LanguageModel *m = memory_zero(1, sizeof *m);
    Rng rng = rng_new(1);
    char *stories = world_stories(WORLD_EN, WORLD_TRAIN, STORIES, &rng);
    for (int l = 0; l < LANGUAGE_SAMPLES; l++) {
        int runs = learn(m->log_p[l], language_samples[l].text);
        if (l == 0)
            runs += learn(m->log_p[l], stories);
        for (int b = 0; b < BUCKETS; b++)
            m->log_p[l][b] = logf((m->log_p[l][b] + SMOOTHING) / ((float)runs + SMOOTHING * BUCKETS));
    }
    free(stories);
    return m;
}

void language_model_free(LanguageModel *m)
{
    free(m);
}

//> bayes
/* Which of the fifteen, and how sure: each letter takes part in up to three runs, so that a third of the sum of ln p is
 * what one would expect of independent evidence. */
static void guess_latin(const LanguageModel *m, const char *text, size_t size, LanguageGuess *g)
{
    double log_p[LANGUAGE_SAMPLES] = {0}, sum = 0;
    int best = 0, runs;
    int *buckets = runs_of(text, size, &runs);
    for (int l = 0; l < LANGUAGE_SAMPLES; l++) {
        for (int i = 0; i < runs; i++)
            log_p[l] += (double)m->log_p[l][buckets[i]] / LONGEST;
        best = log_p[l] > log_p[best] ? l : best;
    }
    free(buckets);
    for (int l = 0; l < LANGUAGE_SAMPLES; l++)
        sum += exp(log_p[l] - log_p[best]);
    g->name = language_samples[best].name;
    g->language = best == 0 ? LANGUAGE_EN : LANGUAGE_OTHER;
    g->confidence = (float)(1 / sum);
}
//< bayes

/* ---- a text -------------------------------------------------------------------------------------- */

static LanguageScript main_script(const float *letters)
{
    LanguageScript best = LANGUAGE_LATIN;
    for (int s = LANGUAGE_LATIN; s < LANGUAGE_SCRIPTS; s++)
        best = letters[s] > letters[best] ? (LanguageScript)s : best;
    return best;
}

LanguageGuess language_guess(const LanguageModel *m, const char *text, size_t size)
{
    float letters[LANGUAGE_SCRIPTS] = {0}, all = 0;
    for (size_t at = 0; at < size;) {
        int length = 1;
        LanguageScript s = language_script(text_utf8_decode(text + at, size - at, &length));
        letters[s] += s == LANGUAGE_HAN || s == LANGUAGE_KANA || s == LANGUAGE_HANGUL ? HAN_LETTERS : 1;
        at += (size_t)length;
    }
    if (letters[LANGUAGE_KANA] > 0.1f * letters[LANGUAGE_HAN]) { /* Japanese: its Han characters, too */
        letters[LANGUAGE_KANA] += letters[LANGUAGE_HAN];
        letters[LANGUAGE_HAN] = 0;
    }
    for (int s = LANGUAGE_LATIN; s < LANGUAGE_SCRIPTS; s++)
        all += letters[s];
    if (all <= 0)
        return (LanguageGuess){LANGUAGE_OTHER, "?", 0, 0};
    LanguageScript script = main_script(letters);
    LanguageGuess g = {script == LANGUAGE_HAN ? LANGUAGE_ZH : LANGUAGE_OTHER, script_languages[script],
                       letters[script] / all, 1};
    if (script == LANGUAGE_LATIN)
        guess_latin(m, text, size, &g);
    return g;
}
