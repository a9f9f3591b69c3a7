/* test_cleaning.c -- the filters of chapter 4: language, rules, classifier, personal data. */
#include "ch04/bad_texts.h"
#include "ch04/invented.h"
#include "ch04/language_sample.h"
#include "ch04/pii.h"
#include "ch04/quality.h"
#include "ch04/rule_examples.h"
#include "common/base/base.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* ---- language ------------------------------------------------------------------------------------ */

START_TEST(held_out_sentences_are_recognised)
{
    LanguageModel *m = language_model_new();
    for (int l = 0; l < LANGUAGE_SAMPLES; l++) {
        const char *text = language_samples[l].held_out;
        LanguageGuess g = language_guess(m, text, strlen(text));
        ck_assert_str_eq(g.name, language_samples[l].name);
        ck_assert_int_eq(g.language, l == 0 ? LANGUAGE_EN : LANGUAGE_OTHER);
    }
    language_model_free(m);
}
END_TEST

START_TEST(scripts_decide_where_they_can)
{
    static const struct {
        const char *text, *name;
        Language language;
    } cases[] = {{"我们用 Transformer 训练模型。", "zh", LANGUAGE_ZH},
                 {"これは日本語の文章です。", "ja", LANGUAGE_OTHER},
                 {"안녕하세요", "ko", LANGUAGE_OTHER},
                 {"Это предложение.", "ru", LANGUAGE_OTHER},
                 {"12345 !?", "?", LANGUAGE_OTHER}};
    LanguageModel *m = language_model_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LanguageGuess g = language_guess(m, cases[i].text, strlen(cases[i].text));
        ck_assert_str_eq(g.name, cases[i].name);
        ck_assert_int_eq(g.language, cases[i].language);
    }
    language_model_free(m);
}
END_TEST

/* ---- rules --------------------------------------------------------------------------------------- */

static float measure(QualityRule rule, const char *text, Language language)
{
    float value[QUALITY_RULES];
    quality_measure(text, strlen(text), language, value);
    return value[rule];
}

static void expect(QualityRule rule, const char *text, Language language, double value)
{
    double got = (double)measure(rule, text, language);
    ck_assert_msg(got > value - 1e-4 && got < value + 1e-4, "%s: %g for %g", quality_rule(rule)->name, got,
                  value);
}

START_TEST(rules_by_hand)
{
    const char *watches = "Buy watches. Buy watches. Buy watches at our shop today.";
    expect(QUALITY_LENGTH, watches, LANGUAGE_EN, 10);
    expect(QUALITY_WORD_LENGTH, watches, LANGUAGE_EN, 4.4);
    expect(QUALITY_TOP_NGRAM, watches, LANGUAGE_EN, 40.0 / 44 / 0.16);
    expect(QUALITY_SENTENCES, watches, LANGUAGE_EN, 3);
    expect(QUALITY_LENGTH, "我有3.14元和two本书。", LANGUAGE_ZH, 8);
    expect(QUALITY_WORD_LENGTH, "人之初，性本善。", LANGUAGE_ZH, 3);
    expect(QUALITY_SAME_NGRAMS, "a b c d e x a b c d e", LANGUAGE_EN, 5.0 / 11 / 0.15);
    expect(QUALITY_SAME_NGRAMS, "a a a a a a a a a a a a a a a", LANGUAGE_EN,
           14.0 / 15 / 0.13); /* n = 7, twice */
    expect(QUALITY_STOP_WORDS, "The cat, and THE dog of that man", LANGUAGE_EN, 4);
    expect(QUALITY_SAME_LINES, "one line\nanother\none line\n", LANGUAGE_EN, 8.0 / 23);
    expect(QUALITY_LINE_ENDS, "It ends.\nIt does not\nHe said \"yes.\"\nIt trails...\n", LANGUAGE_EN, 0.5);
    expect(QUALITY_SENTENCES, "See example.com at 3.14. Then stop!", LANGUAGE_EN, 2);
}
END_TEST

START_TEST(a_rule_rejects_its_example_and_its_limits_stay)
{
    for (int r = 0; r < QUALITY_RULES; r++) {
        const RuleExample *e = &rule_examples[r];
        ck_assert(quality_breaks((QualityRule)r, measure((QualityRule)r, e->bad, e->language[0]),
                                 e->language[0]));
        for (int l = 0; l < 2; l++) {
            const QualityRuleInfo *rule = quality_rule((QualityRule)r);
            ck_assert(!quality_breaks((QualityRule)r, rule->min[l], (Language)l));
            ck_assert(quality_breaks((QualityRule)r, rule->min[l] - 0.01f, (Language)l));
        }
    }
}
END_TEST

START_TEST(an_empty_text_is_measured)
{
    float value[QUALITY_RULES];
    quality_measure("", 0, LANGUAGE_EN, value);
    ck_assert_int_eq(quality_verdict(value, LANGUAGE_EN, QUALITY_ALL), QUALITY_LENGTH);
    ck_assert_int_eq(quality_verdict(value, LANGUAGE_EN, 0), QUALITY_RULES);
}
END_TEST

START_TEST(lines_are_kept_as_they_were)
{
    static const char page[] = "Home | News\nThis line has five words.\n\nClick here.\n\nAnd this one ends "
                               "well, too!\nAll rights are of course rights reserved.\n";
    size_t kept;
    int dropped;
    char *clean = quality_clean_lines(page, strlen(page), LANGUAGE_EN, &kept, &dropped);
    ck_assert_str_eq(clean, "This line has five words.\n\nAnd this one ends well, too!\n");
    ck_assert_uint_eq(kept, strlen(clean));
    ck_assert_int_eq(dropped, 3);
    free(clean);
}
END_TEST

START_TEST(the_classifier_tells_good_from_spam)
{
    Rng rng = rng_new(7);
    QualityClassifier *c = quality_classifier_of_world(1), *fresh = quality_classifier_new();
    int right = 0;
    for (int i = 0; i < 100; i++) {
        char *text = i % 2 ? good_text(WORLD_ZH, WORLD_TEST, &rng) : bad_text(BAD_SPAM, WORLD_EN, &rng);
        right += (quality_score(c, text, strlen(text)) > 0.5f) == (i % 2 == 1);
        float half = quality_score(fresh, text, strlen(text));
        ck_assert(half > 0.4999f && half < 0.5001f);
        free(text);
    }
    ck_assert_int_ge(right, 95);
    quality_classifier_free(c);
    quality_classifier_free(fresh);
}
END_TEST

/* ---- personal data ------------------------------------------------------------------------------- */

START_TEST(check_digits_are_checked)
{
    ck_assert(pii_luhn("4111111111111111", 16) && !pii_luhn("4111111111111112", 16));
    ck_assert(pii_luhn("79927398713", 11) && !pii_luhn("79927398731", 11));
    ck_assert(pii_identity("990101199003070007") && !pii_identity("990101199003070008"));
    ck_assert(pii_identity("99010119900307008X") == (pii_identity("99010119900307008x")));
    ck_assert(pii_iban("DE89370400440532013000", 22) && !pii_iban("DE88370400440532013000", 22));
    int passes = 0; /* exactly one check digit is right */
    for (int d = 0; d < 11; d++) {
        char id[19] = "99123419991231123";
        id[17] = "0123456789X"[d];
        passes += pii_identity(id);
    }
    ck_assert_int_eq(passes, 1);
}
END_TEST

static void expect_kinds(const char *text, const char *wanted)
{
    PiiSpans found = {0};
    char got[512] = "";
    pii_find(text, strlen(text), PII_ALL, &found);
    for (int i = 0; i < found.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s=%.*s", i ? "; " : "",
                 pii_kind_name(found.items[i].kind), (int)found.items[i].size, text + found.items[i].at);
    ck_assert_str_eq(got, wanted);
    pii_spans_free(&found);
}

START_TEST(personal_data_has_borders)
{
    expect_kinds("Write to jane.doe+a@mail.example.com.", "e-mail address=jane.doe+a@mail.example.com");
    expect_kinds("icon@2x.png, @handle, a@b", "");
    expect_kinds("手机15400001234，不是115400001234", "mobile number=15400001234");
    expect_kinds("+86 154-0000-1234", "mobile number=+86 154-0000-1234");
    expect_kinds("(212) 555-0147 or 010-01234567",
                 "landline number=(212) 555-0147; landline number=010-01234567");
    expect_kinds("4111 1111 1111 1111 but not 4111 1111 1111 1112", "card number=4111 1111 1111 1111");
    expect_kinds("证件990101199003070007号，990101199013070007", "identity number=990101199003070007");
    expect_kinds("version 1.2.3.4, 192.168.0.1, 256.1.1.1, 1.2.3.4.5", "");
    expect_kinds("203.0.113.9 and 2001:db8::8a2e:1, not std::vector",
                 "IP address=203.0.113.9; IP address=2001:db8::8a2e:1");
    expect_kinds("https://example.com/?id=12345678 https://example.com/?token=12345678",
                 "URL with a secret=https://example.com/?token=12345678");
    expect_kinds("Dear Customer, my name is Anna Smith.", "name=Anna Smith");
    expect_kinds("联系人：王小明，于是老师说", "name=王小明");
    expect_kinds("account number 12345678; 12345678", "bank account=12345678");
}
END_TEST

START_TEST(invented_data_is_found_and_masked)
{
    Rng rng = rng_new(3);
    for (int k = 0; k < PII_NAME; k++)
        for (int i = 0; i < 200; i++) {
            Invented v = invented((PiiKind)k, (WorldLanguage)(i % 2), &rng);
            char item[INVENTED_ROOM];
            size_t size;
            PiiSpans found = {0};
            snprintf(item, sizeof item, "%.*s", (int)v.truth.size, v.text + v.truth.at);
            pii_find(v.text, strlen(v.text), PII_ALL, &found);
            char *masked = pii_mask(v.text, strlen(v.text), &found, &size);
            ck_assert_msg(!strstr(masked, item), "%s", v.text);
            ck_assert_uint_eq(size, strlen(masked));
            free(masked);
            pii_spans_free(&found);
        }
}
END_TEST

START_TEST(masks_speak_the_language_of_the_sentence)
{
    static const char text[] = "Call +44 20 7946 0123. 请拨打15400001234。";
    PiiSpans found = {0};
    size_t size;
    pii_find(text, strlen(text), PII_ALL, &found);
    char *masked = pii_mask(text, strlen(text), &found, &size);
    ck_assert_str_eq(masked, "Call [phone number]. 请拨打[手机号]。");
    free(masked);
    pii_spans_free(&found);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cleaning");
    TCase *t = tcase_create("cleaning");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, held_out_sentences_are_recognised);
    tcase_add_test(t, scripts_decide_where_they_can);
    tcase_add_test(t, rules_by_hand);
    tcase_add_test(t, a_rule_rejects_its_example_and_its_limits_stay);
    tcase_add_test(t, an_empty_text_is_measured);
    tcase_add_test(t, lines_are_kept_as_they_were);
    tcase_add_test(t, the_classifier_tells_good_from_spam);
    tcase_add_test(t, check_digits_are_checked);
    tcase_add_test(t, personal_data_has_borders);
    tcase_add_test(t, invented_data_is_found_and_masked);
    tcase_add_test(t, masks_speak_the_language_of_the_sentence);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
