/* dataset_prepare.c -- what one document alone can tell: its text, its language, its quality, its signature. Many
 * documents are prepared at the same time. */
#include "ch04/dataset.h"

#include "ch04/html.h"
#include "ch04/units.h"
#include "common/text/corpus.h"
#include "common/text/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* The text of a document, UTF-8 with \n at its line ends; NULL if it is not text. */
static char *extract(const Document *d, size_t *size)
{
    char *text = html_utf8(d->bytes, d->size, d->charset, size);
    if (!text || memchr(text, '\0', *size)) {
        free(text);
        return NULL;
    }
    if (d->html) {
        char *page = text;
        text = html_text(page, *size, size, NULL);
        free(page);
    }
    text_corpus_clean(text, size);
    for (char *end; (end = strstr(text, END_OF_TEXT));
         *size -= strlen(END_OF_TEXT)) /* ours alone ends documents */
        memmove(end, end + strlen(END_OF_TEXT), strlen(end + strlen(END_OF_TEXT)) + 1);
    return text;
}

/* A document that was cut may end within a character. */
static void cut_character(Document *d)
{
    size_t good = text_utf8_fault(d->bytes, d->size);
    if (d->cut && d->size - good < TEXT_UTF8_MAX)
        d->bytes[d->size = good] = '\0';
}

static void replace(Prepared *p, char *text, size_t size)
{
    free(p->text);
    p->text = text;
    p->size = size;
}

static void mask_personal(const Judges *j, Prepared *p)
{
    PiiSpans found = {0};
    size_t size;
    pii_find(p->text, p->size, PII_ALL & ~(1 << PII_NAME), &found); /* names alone identify nobody */
    for (int i = 0; i < found.count; i++)
        p->personal[found.items[i].kind]++;
    if (found.count > 0 && j->settings->personal == PERSONAL_DROP)
        p->reason = REASON_PERSONAL;
    if (found.count > 0 && j->settings->personal == PERSONAL_MASK) {
        char *masked = pii_mask(p->text, p->size, &found, &size);
        replace(p, masked, size);
    }
    pii_spans_free(&found);
}

static bool is_wanted(const Judges *j, LanguageGuess g)
{
    static const Language only[] = {LANGUAGES, LANGUAGE_ZH, LANGUAGE_EN};
    int wanted = j->settings->languages;
    return g.language != LANGUAGE_OTHER && g.share >= 0.7f && (wanted == 0 || only[wanted] == g.language);
}

/* The rules, and then the classifier. */
static Reason judge_quality(const Judges *j, const Prepared *p)
{
    float value[QUALITY_RULES];
    quality_measure(p->text, p->size, p->language, value);
    QualityRule broken = quality_verdict(value, p->language, QUALITY_ALL);
    if (broken != QUALITY_RULES)
        return (Reason)(REASON_RULE + broken);
    return quality_score(j->classifier, p->text, p->size) < j->settings->quality ? REASON_CLASSIFIER
                                                                                 : REASONS;
}

/* Signature, and whether it holds a question of the test. */
static void compare_words(const Judges *j, Prepared *p)
{
    Units units = {0};
    Shingles shingles = {0};
    units_make(&units, p->text, p->size);
    shingles_of_units(&shingles, units.hash, units.count,
                      units_are_chinese(&units) ? SHINGLE_CHARACTERS : SHINGLE_WORDS);
    minhash_signature(&j->hash, shingles.hash, shingles.count, p->signature);
    if (contamination_found(&j->test, &units))
        p->reason = REASON_TEST;
    shingles_free(&shingles);
    units_free(&units);
}

//> prepare
Prepared dataset_prepare(const Judges *j, const Document *d)
{
    Prepared p = {.reason = REASONS};
    Document whole = *d;
    cut_character(&whole);
    p.text = extract(&whole, &p.size);
    p.before = p.size;
    if (!p.text || p.size == 0) {
        p.reason = p.text ? REASON_NO_TEXT : REASON_NOT_UTF8;
        return p;
    }
    p.hash = XXH3_64bits(p.text, p.size);
    LanguageGuess guess = language_guess(j->language, p.text, p.size);
    p.language = guess.language;
    if (!is_wanted(j, guess)) {
        p.reason = REASON_LANGUAGE;
        return p;
    }
    size_t size;
    char *lines = quality_clean_lines(p.text, p.size, p.language, &size, &p.lines_dropped);
    replace(&p, lines, size);
    p.reason = judge_quality(j, &p);
    if (p.reason == REASONS)
        compare_words(j, &p);
    if (p.reason == REASONS)
        mask_personal(j, &p);
    return p;
}
//< prepare
