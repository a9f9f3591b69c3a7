/* fuzz_texts.c -- damaged texts through what reads any bytes of a crawl: language, rules, lines, personal data. Nothing
 * reads past the end, spans stay in order and inside, numbers stay finite. */
#include "ch04/bad_texts.h"
#include "ch04/invented.h"
#include "ch04/language.h"
#include "ch04/pii.h"
#include "ch04/quality.h"
#include "common/tests/fuzz.h"

#include <math.h>

static const char *const pieces[] = {
    "@",      "://",  "?token=", "::",  "+86 1", "\xe4",        "\xe7\x8e\x8b\xe5\xa5\xb3\xe5\xa3\xab",
    "4111",   "0755", "(",       ")",   "999.",  "X",           "Dr ",
    "Name: ", "\n",   "\xff",    "...", "{",     "\xef\xbc\x9a"};

static void damage(FuzzBytes *b, Rng *rng)
{
    for (int n = 1 + rng_below(rng, 6); n > 0; n--) {
        const char *piece = pieces[rng_below(rng, (int)(sizeof pieces / sizeof *pieces))];
        char byte = (char)rng_next(rng);
        size_t at = fuzz_place(b, rng);
        if (rng_below(rng, 3) == 0)
            fuzz_splice(b, at, (size_t)rng_below(rng, 30), "", 0);
        else if (rng_below(rng, 2))
            fuzz_splice(b, at, (size_t)rng_below(rng, 3), piece, strlen(piece));
        else
            fuzz_splice(b, at, 1, &byte, 1);
    }
}

/* Whether something was found. */
static bool read_all(const char *text, size_t size, const LanguageModel *m, const QualityClassifier *c)
{
    float value[QUALITY_RULES];
    LanguageGuess g = language_guess(m, text, size);
    quality_measure(text, size, g.language, value);
    for (int r = 0; r < QUALITY_RULES; r++)
        if (!isfinite(value[r]))
            error_exitf("%s is not finite", quality_rule((QualityRule)r)->name);
    if (!(quality_score(c, text, size) <= 1) || !(g.share >= 0 && g.share <= 1))
        error_exitf("a share outside of 0 to 1");
    size_t kept, masked, end = 0;
    int dropped;
    free(quality_clean_lines(text, size, g.language, &kept, &dropped));
    PiiSpans found = {0};
    pii_find(text, size, PII_ALL, &found);
    for (int i = 0; i < found.count; i++) {
        if (found.items[i].at < end || found.items[i].size == 0 ||
            found.items[i].at + found.items[i].size > size)
            error_exitf("a span out of order");
        end = found.items[i].at + found.items[i].size;
    }
    free(pii_mask(text, size, &found, &masked));
    bool any = found.count > 0;
    pii_spans_free(&found);
    return any;
}

int main(int argc, char **argv)
{
    int rounds = 1000, found = 0, done = 0;
    uint64_t seed = 1;
    const Option options[] = {option_int("rounds", &rounds, 1, 100000000, "damaged texts"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damaged texts through the filters of chapter 4.", options);
    Rng rng = rng_new(seed);
    LanguageModel *m = language_model_new();
    QualityClassifier *c = quality_classifier_of_world(1);
    for (; fuzz_goes_on(done, rounds, 0); done++) {
        FuzzBytes b = {.size = 0};
        Invented v = invented((PiiKind)rng_below(&rng, PII_KINDS),
                              (WorldLanguage)rng_below(&rng, WORLD_LANGUAGES), &rng);
        char *bad = done % 4 == 0 ? bad_text((BadKind)rng_below(&rng, BAD_KINDS), WORLD_ZH, &rng)
                                  : memory_string("");
        fuzz_splice(&b, 0, 0, v.text, strlen(v.text));
        fuzz_splice(&b, b.size, 0, bad, strlen(bad));
        damage(&b, &rng);
        char *exact = memory_new(b.size + (b.size == 0)); /* so that the sanitizer sees a byte too many */
        memcpy(exact, b.at, b.size);
        found += read_all(exact, b.size, m, c);
        free(exact);
        free(bad);
    }
    quality_classifier_free(c);
    language_model_free(m);
    return fuzz_finish(done, found, "searched");
}
