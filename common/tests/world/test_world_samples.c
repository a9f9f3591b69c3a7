/* test_world_samples.c -- every kind of text of the little world: its sides, its answers, its grammar. */
#include "common/base/base.h"
#include "common/text/utf8.h"
#include "common/text/words.h"
#include "common/world/facts.h"
#include "common/world/picture.h"
#include "common/world/samples.h"

#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 2000 };

static void expect(bool holds, const char *what, const char *text)
{
    if (!holds)
        ck_abort_msg("%s: %s", what, text);
}

static WorldSamples draw(WorldKind kind, WorldLanguage language, WorldSide side, int count, uint64_t seed)
{
    Rng rng = rng_new(seed);
    WorldRequest request = {kind, language, side, count, 0, 0};
    return world_samples(&request, &rng);
}

static uint64_t hash_more(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

/* What a sample gives; a story or a secret is asked for as a whole. */
static uint64_t hash_asked(const WorldSample *s)
{
    bool all = s->kind == WORLD_STORY || s->kind == WORLD_CANARY;
    uint64_t hash = hash_more(hash_more(0xcbf29ce484222325u, s->passage), s->prompt);
    return all ? hash_more(hash, s->answer) : hash;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How many numbers of a are in b; both are sorted. */
static int common_numbers(uint64_t *a, int a_count, uint64_t *b, int b_count)
{
    int found = 0;
    qsort(a, (size_t)a_count, sizeof *a, compare);
    qsort(b, (size_t)b_count, sizeof *b, compare);
    for (int i = 0, k = 0; i < a_count && k < b_count;) {
        found += a[i] == b[k];
        if (a[i] <= b[k])
            i++;
        else
            k++;
    }
    return found;
}

/* ---- every kind ---------------------------------------------------------------------------------- */

/* The sides share neither a key nor a text that asks. Facts are told on both sides, in other words. */
START_TEST(sides_share_nothing)
{
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        uint64_t keys[2][MANY], asked[2][MANY];
        int count[2];
        for (int side = 0; side < 2; side++) {
            WorldSamples s = draw((WorldKind)_i, (WorldLanguage)language, (WorldSide)side, MANY, 3);
            count[side] = s.count;
            for (int i = 0; i < s.count; i++) {
                keys[side][i] = s.items[i].key;
                asked[side][i] = hash_asked(&s.items[i]);
                if (_i != WORLD_FACT)
                    expect(world_key_side(s.items[i].key) == (WorldSide)side, "side", s.items[i].prompt);
                expect(!world_task_held((WorldKind)_i, s.items[i].task) || side == WORLD_TEST, "held",
                       s.items[i].prompt);
                expect(s.items[i].task < world_task_count((WorldKind)_i), "task", s.items[i].prompt);
            }
            world_samples_free(&s);
        }
        ck_assert_int_gt(count[WORLD_TRAIN], 250);
        ck_assert_int_gt(count[WORLD_TEST], 25);
        if (_i != WORLD_FACT) {
            ck_assert_int_eq(common_numbers(keys[0], count[0], keys[1], count[1]), 0);
            ck_assert_int_eq(common_numbers(asked[0], count[0], asked[1], count[1]), 0);
        }
    }
}
END_TEST

/* Otherwise the test above could not fail. */
START_TEST(sharing_would_be_seen)
{
    WorldSamples a = draw(WORLD_PASSAGE, WORLD_EN, WORLD_TEST, 50, 3),
                 b = draw(WORLD_PASSAGE, WORLD_EN, WORLD_TEST, 50, 3);
    uint64_t x[50], y[50];
    for (int i = 0; i < 50; i++) {
        x[i] = hash_asked(&a.items[i]);
        y[i] = hash_asked(&b.items[i]);
    }
    ck_assert_int_eq(common_numbers(x, 50, y, 50), 50);
    world_samples_free(&a);
    world_samples_free(&b);
}
END_TEST

/* The same seed gives the same contents in either language. */
START_TEST(languages_agree)
{
    WorldSamples zh = draw((WorldKind)_i, WORLD_ZH, WORLD_TRAIN, 200, 5);
    WorldSamples en = draw((WorldKind)_i, WORLD_EN, WORLD_TRAIN, 200, 5);
    ck_assert_int_eq(zh.count, en.count);
    for (int i = 0; i < zh.count; i++) {
        expect(zh.items[i].key == en.items[i].key, "key", en.items[i].prompt);
        expect(zh.items[i].task == en.items[i].task, "task", en.items[i].prompt);
        expect(zh.items[i].label == en.items[i].label, "label", en.items[i].prompt);
    }
    world_samples_free(&zh);
    world_samples_free(&en);
}
END_TEST

static bool is_number(const char *piece)
{
    return piece[strspn(piece, "0123456789")] == '\0';
}

static void add_words(TextWords *w, WorldKind kind, WorldLanguage language, WorldSide side, int count)
{
    WorldSamples s = draw(kind, language, side, count, 7);
    for (int i = 0; i < s.count; i++) {
        char *text = world_sample_join(&s.items[i]);
        text_words_add(w, text);
        text_words_add(w, s.items[i].worse);
        free(text);
    }
    world_samples_free(&s);
}

/* Every word of the test occurs in training; numbers apart, which are drawn. Whoever is to answer
 * questions has read the facts. */
START_TEST(words_are_trained)
{
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        TextWords *train = text_words_new(), *test = text_words_new();
        int id, size = 0;
        char missing[256] = "";
        add_words(train, (WorldKind)_i, (WorldLanguage)language, WORLD_TRAIN, 4 * MANY);
        add_words(test, (WorldKind)_i, (WorldLanguage)language, WORLD_TEST, MANY / 2);
        if (_i == WORLD_QUESTION)
            add_words(train, WORLD_FACT, (WorldLanguage)language, WORLD_TRAIN, MANY);
        for (int i = TEXT_SPECIALS; i < text_words_count(test); i++) {
            const char *piece = text_words_piece(test, i);
            text_words_encode(train, piece, &id, 1);
            if (id == TEXT_UNKNOWN && !is_number(piece) &&
                strlen(missing) + strlen(piece) + 2 < sizeof missing)
                strcat(strcat(missing, " "), piece);
            size += !is_number(piece);
        }
        ck_assert_msg(missing[0] == '\0', "words of the test only:%s", missing);
        ck_assert_int_le(size, 500);
        text_words_free(train);
        text_words_free(test);
    }
}
END_TEST

/* Computed once, now the rule: the same text on every machine. */
static const uint64_t golden[WORLD_KINDS] = {
    [WORLD_STORY] = 0xc6f6c6fd0b4a45fa,       [WORLD_SUMMARY] = 0x498646ffe4f01832,
    [WORLD_PRONOUN] = 0x70096545db71db64,     [WORLD_FACT] = 0x3037ffaf992e8396,
    [WORLD_QUESTION] = 0xf1b4dcc24bb7d42c,    [WORLD_RECORD] = 0x12b06f422b7fedca,
    [WORLD_PASSAGE] = 0xd946b696d7d31722,     [WORLD_REVIEW] = 0xd3e4f6d92d5efba1,
    [WORLD_STYLE] = 0xe0e1012e587312c6,       [WORLD_DIALOGUE] = 0xc025880f46a06a84,
    [WORLD_INSTRUCTION] = 0x3a22fe4b7cf7d7b4, [WORLD_PROBLEM] = 0xbd9f4385cac077e1,
    [WORLD_PREFERENCE] = 0xf16a99806fa99314,  [WORLD_SENTENCE] = 0x43fa0c35eabe61f6,
    [WORLD_ANALOGY] = 0xcc5ad4866e0bf9a3,     [WORLD_SENSE] = 0x99b4bc93d05269dc,
    [WORLD_PARAPHRASE] = 0xb5e38e91b7e0309d,  [WORLD_TRANSLATION] = 0x875279b557cb599d,
    [WORLD_BIAS] = 0xcb901292321287ed,        [WORLD_CANARY] = 0xf63f15468ab4c0a4,
    [WORLD_READING] = 0x4979af6eebd01fd9,     [WORLD_HOPS] = 0x6b2017072831adaa,
    [WORLD_DOCUMENT] = 0x77d497b0e2c8b784,    [WORLD_SHOTS] = 0xaee6bf0ac36b6b6f,
    [WORLD_REASON] = 0x0a293a14c64ffd89,      [WORLD_CODE] = 0x0d5c8517b1861bff,
    [WORLD_FORM] = 0xb343fbf1e2cb42d1,        [WORLD_ROLE] = 0xe68d41be39386ee3,
    [WORLD_TOOL] = 0x50f27b1c7ec72792};

START_TEST(same_everywhere)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < 4; i++) {
        WorldSamples s = draw((WorldKind)_i, (WorldLanguage)(i / 2), (WorldSide)(i % 2), 100, 11);
        for (int k = 0; k < s.count; k++) {
            hash = hash_more(hash_more(hash, s.items[k].passage), s.items[k].prompt);
            hash = hash_more(hash_more(hash, s.items[k].steps), s.items[k].answer);
            hash = hash_more(hash, s.items[k].worse);
        }
        world_samples_free(&s);
    }
    ck_assert_msg(hash == golden[_i], "%s: 0x%016llx", world_kind_name((WorldKind)_i),
                  (unsigned long long)hash);
}
END_TEST

/* What README.md says, to two digits. */
static const double sizes[WORLD_KINDS] = {
    [WORLD_STORY] = 1.12e6,      [WORLD_SUMMARY] = 1.12e6,     [WORLD_PRONOUN] = 147e3,
    [WORLD_FACT] = 331,          [WORLD_QUESTION] = 614,       [WORLD_RECORD] = 746e3,
    [WORLD_PASSAGE] = 19.6e6,    [WORLD_REVIEW] = 114e3,       [WORLD_STYLE] = 1.07e6,
    [WORLD_DIALOGUE] = 1.48e6,   [WORLD_INSTRUCTION] = 9.33e9, [WORLD_PROBLEM] = 34.1e6,
    [WORLD_PREFERENCE] = 1.65e6, [WORLD_SENTENCE] = 3.12e6,    [WORLD_ANALOGY] = 312,
    [WORLD_SENSE] = 237e3,       [WORLD_PARAPHRASE] = 4.9e6,   [WORLD_TRANSLATION] = 3666724,
    [WORLD_BIAS] = 6300,         [WORLD_CANARY] = 48e6,        [WORLD_READING] = 24.5e6,
    [WORLD_HOPS] = 1.49e6,       [WORLD_DOCUMENT] = 19.6e6,    [WORLD_SHOTS] = 31.2e6,
    [WORLD_REASON] = 67.9e9,     [WORLD_CODE] = 9850,          [WORLD_FORM] = 72.3e6,
    [WORLD_ROLE] = 98e3,         [WORLD_TOOL] = 2.04e6};

START_TEST(sizes_as_documented)
{
    double size = world_kind_size((WorldKind)_i);
    ck_assert_msg(fabs(size / sizes[_i] - 1) < 0.05, "%s: %.3g", world_kind_name((WorldKind)_i), size);
}
END_TEST

/* ---- grammar ------------------------------------------------------------------------------------- */

static bool vowel(char c)
{
    return c && strchr("aeiou", c);
}

/* Articles, blanks, brackets of slots, and the capital letter after a full stop. */
static void check_english(const char *text)
{
    expect(!strpbrk(text, "[]"), "a slot", text);
    expect(!strstr(text, "  ") && !strstr(text, " .") && !strstr(text, " ,"), "blanks", text);
    for (const char *at = text; (at = strstr(at, " a ")); at++)
        expect(!vowel(at[3]), "an", text);
    for (const char *at = text; (at = strstr(at, " an ")); at++)
        expect(vowel(at[4]) || strncmp(at, " an hour", 8) == 0, "a", text);
    for (const char *at = text; (at = strstr(at, ". ")); at++)
        expect(!islower((unsigned char)at[2]) || isdigit((unsigned char)at[-1]), "a capital letter", text);
}

/* A number or 一 in front of a noun takes its measure word. */
static void check_chinese(const char *text)
{
    static const WorldList lists[] = {WORLD_ANIMALS, WORLD_FOODS, WORLD_THINGS, WORLD_JOBS};
    char wrong[64];
    expect(!strpbrk(text, "[]"), "a slot", text);
    expect(text_utf8_fault(text, strlen(text)) == strlen(text), "UTF-8", text);
    expect(!strstr(text, "。。") && !strstr(text, "的的") && !strstr(text, "他的她"), "doubled", text);
    for (int list = 0; list < 4; list++) {
        for (int i = 0; i < world_list_count(lists[list]); i++) {
            snprintf(wrong, sizeof wrong, "一%s", world_word(lists[list], i)->zh);
            const char *at = strstr(text, wrong);
            expect(!at || (at >= text + 3 && strncmp(at - 3, "期", 3) == 0), "a measure word", text);
        }
    }
}

START_TEST(grammar)
{
    for (int i = 0; i < 4; i++) {
        WorldSamples s = draw((WorldKind)_i, (WorldLanguage)(i / 2), (WorldSide)(i % 2), 2000, 13);
        for (int k = 0; k < s.count; k++) {
            const char *const texts[] = {s.items[k].passage, s.items[k].prompt, s.items[k].answer,
                                         s.items[k].worse};
            for (int f = 0; f < 4; f++) {
                bool foreign = ((_i == WORLD_TRANSLATION || _i == WORLD_INSTRUCTION) && f == 2) ||
                               _i == WORLD_CODE || _i == WORLD_SHOTS;
                if (!foreign)
                    (i / 2 == WORLD_EN ? check_english : check_chinese)(texts[f]);
            }
        }
        world_samples_free(&s);
    }
}
END_TEST

/* ---- right answers ------------------------------------------------------------------------------- */

static int number_in(const char *text)
{
    text += strcspn(text, "0123456789");
    return atoi(text);
}

/* What one English sentence of a problem does to the number. */
static int after(int value, const char *sentence)
{
    static const char *const less[] = {" hands ", " loses ", " uses ", " pays ", " to "};
    static const char *const more[] = {" gets ",  " finds ",     " more",
                                       " earns ", " gives him ", " gives her "};
    int number = number_in(sentence);
    if (strstr(sentence, " coins each") || strstr(sentence, "each for ")) {
        const char *price = strstr(sentence, " for ");
        return value - number * number_in(price);
    }
    if (strstr(sentence, "times"))
        return value * 2;
    if (strstr(sentence, "half"))
        return value / 2;
    for (int i = 0; i < 6; i++) {
        if (strstr(sentence, more[i]))
            return value + number;
    }
    for (int i = 0; i < 5; i++) {
        if (strstr(sentence, less[i]))
            return value - number;
    }
    expect(false, "what does this do", sentence);
    return 0;
}

/* The answer once more, from the sentences. */
START_TEST(problems)
{
    WorldSamples s = draw(WORLD_PROBLEM, WORLD_EN, (WorldSide)_i, MANY, 17);
    for (int i = 0; i < s.count; i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s", s.items[i].prompt);
        char *sentence = strtok(text, ".");
        int value = number_in(sentence);
        while ((sentence = strtok(NULL, ".")) && !strchr(sentence, '?'))
            value = after(value, sentence);
        expect(value == s.items[i].label && value == atoi(s.items[i].answer), "answer", s.items[i].prompt);
    }
    world_samples_free(&s);
}
END_TEST

START_TEST(problem_steps)
{
    WorldSamples s = draw(WORLD_PROBLEM, WORLD_EN, WORLD_TRAIN, MANY, 19);
    for (int i = 0; i < s.count; i++) {
        int a, b, c = 0, sums = 0, used;
        char sign;
        for (const char *at = s.items[i].steps;
             sscanf(at, " %d %c %d = %d.%n", &a, &sign, &b, &c, &used) == 4; at += used, sums++) {
            int right = sign == '+' ? a + b : sign == '-' ? a - b : sign == '*' ? a * b : a / b;
            expect(c == right, "sum", s.items[i].steps);
        }
        expect(c == s.items[i].label && sums == s.items[i].task + 2, "steps", s.items[i].steps);
    }
    world_samples_free(&s);
}
END_TEST

/* The first word of the list that the text has after `before`, or NULL: 球 is in 气球, 色的球 is not. */
static const char *word_in(const char *text, const char *before, WorldList list)
{
    char wanted[64];
    for (int i = 0; i < world_list_count(list); i++) {
        snprintf(wanted, sizeof wanted, "%s%s", before, world_word(list, i)->zh);
        if (strstr(text, wanted))
            return world_word(list, i)->zh;
    }
    return NULL;
}

/* Who is asked about is in the passage, or else the answer is that nobody knows. */
START_TEST(passages)
{
    WorldSamples s = draw(WORLD_PASSAGE, WORLD_ZH, (WorldSide)_i, MANY, 23);
    int unknown = 0;
    for (int i = 0; i < s.count; i++) {
        const WorldSample *x = &s.items[i];
        const char *who = word_in(x->prompt, "", WORLD_PEOPLE),
                   *thing = word_in(x->prompt, "色的", WORLD_THINGS);
        char colourful[64];
        snprintf(colourful, sizeof colourful, "色的%s", thing ? thing : "");
        bool known = (!who || strstr(x->passage, who)) && strstr(x->passage, colourful);
        expect(known == (x->label == 1), "known", x->prompt);
        expect(!known || strstr(x->passage, x->answer), "answer", x->prompt);
        expect(known || strcmp(x->answer, "不知道") == 0, "unknown", x->prompt);
        unknown += !known;
    }
    ck_assert_int_gt(unknown, MANY / 6);
    ck_assert_int_lt(unknown, MANY / 3);
    world_samples_free(&s);
}
END_TEST

/* Further questions are of the same passage: what they are answered is told there, or nobody knows. */
START_TEST(passages_with_more_questions)
{
    enum { QUESTIONS = 3 };
    Rng rng = rng_new(24);
    WorldRequest request = {WORLD_PASSAGE, WORLD_ZH, WORLD_TRAIN, 500, 0, QUESTIONS};
    WorldSamples s = world_samples(&request, &rng);
    int lines = 0, known = 0;
    for (int i = 0; i < s.count; i++) {
        char *text = memory_string(s.items[i].passage), *told = text;
        char *first = strstr(text, "？"), *end = first;
        while (strncmp(end, "。", strlen("。")) != 0)
            end--;
        *end = '\0';
        char *question = end + strlen("。");
        for (char *line; (line = strsep(&question, "\n")) && *line; lines++) {
            const char *answer = strstr(line, "？");
            ck_assert_msg(answer, "%s", s.items[i].passage);
            answer += strlen("？");
            expect(strcmp(answer, "不知道") == 0 || strstr(told, answer), "answer", s.items[i].passage);
            known += strcmp(answer, "不知道") != 0;
        }
        free(text);
    }
    ck_assert_int_eq(lines, QUESTIONS * s.count);
    ck_assert_int_gt(known, lines * 7 / 10);
    world_samples_free(&s);
}
END_TEST

static void check_balance(WorldKind kind)
{
    WorldSamples s = draw(kind, WORLD_EN, WORLD_TRAIN, MANY, 29);
    int ones = 0;
    for (int i = 0; i < s.count; i++)
        ones += s.items[i].label;
    ck_assert_msg(abs(ones - s.count / 2) < s.count / 20, "%s: %d of %d", world_kind_name(kind), ones,
                  s.count);
    world_samples_free(&s);
}

START_TEST(balance)
{
    check_balance(WORLD_REVIEW);
    check_balance(WORLD_PRONOUN);
    check_balance(WORLD_SENSE);
    check_balance(WORLD_BIAS);
}
END_TEST

/* With skew 1 every job is of one sex; with 0 the pronoun says nothing. */
START_TEST(skew)
{
    Rng rng = rng_new(31);
    WorldRequest request = {WORLD_BIAS, WORLD_EN, WORLD_TRAIN, 1000, 1, 0};
    WorldSamples s = world_samples(&request, &rng);
    for (int i = 0; i < s.count; i++)
        expect(s.items[i].label == world_job_usually_she(s.items[i].task), "skew", s.items[i].prompt);
    world_samples_free(&s);
}
END_TEST

START_TEST(rewards)
{
    for (int i = 0; i < 4; i++) {
        WorldSamples s = draw(WORLD_PREFERENCE, (WorldLanguage)(i / 2), (WorldSide)(i % 2), MANY, 37);
        for (int k = 0; k < s.count; k++) {
            const WorldSample *x = &s.items[k];
            expect(world_reward(x, x->answer) > world_reward(x, x->worse), "reward", x->worse);
            expect(world_reward(x, x->answer) >= 1, "reward", x->answer);
        }
        world_samples_free(&s);
    }
}
END_TEST

/* ---- facts --------------------------------------------------------------------------------------- */

START_TEST(facts)
{
    char text[WORLD_FACT_ROOM];
    int facts_found = 0, gaps = 0;
    for (int person = 0; person < world_list_count(WORLD_PEOPLE); person++) {
        for (int r = 0; r < WORLD_RELATIONS; r++) {
            int value = world_fact(person, (WorldRelation)r);
            gaps += value == WORLD_GAP;
            facts_found += value >= 0;
            ck_assert_int_lt(value, world_list_count(world_relation_list((WorldRelation)r)));
            ck_assert(r != WORLD_FRIEND || value != person);
            if (value < 0)
                continue;
            world_fact_state(person, (WorldRelation)r, value, WORLD_STATEMENTS - 1, WORLD_ZH, text);
            ck_assert_ptr_nonnull(strstr(text, world_word(WORLD_PEOPLE, person)->zh));
            ck_assert_ptr_nonnull(
                strstr(text, world_word(world_relation_list((WorldRelation)r), value)->zh));
        }
    }
    ck_assert_int_eq(facts_found, (int)sizes[WORLD_FACT]);
    ck_assert_int_eq(facts_found + gaps, 8 * 48);
}
END_TEST

/* Training states every fact; the test asks none that training asks. */
START_TEST(facts_are_all_told)
{
    WorldSamples train = draw(WORLD_FACT, WORLD_ZH, WORLD_TRAIN, MANY, 41),
                 test = draw(WORLD_FACT, WORLD_ZH, WORLD_TEST, MANY, 43);
    ck_assert_int_eq(train.count, 3 * (int)sizes[WORLD_FACT]);
    ck_assert_int_eq(test.count, (int)sizes[WORLD_FACT]);
    world_samples_free(&train);
    world_samples_free(&test);
}
END_TEST

/* ---- pictures ------------------------------------------------------------------------------------ */

START_TEST(pictures)
{
    uint64_t keys[2][MANY];
    for (int side = 0; side < 2; side++) {
        Rng rng = rng_new(47);
        for (int i = 0; i < MANY; i++) {
            WorldPicture p = world_picture_draw((WorldSide)side, true, &rng);
            bool held = false;
            for (int c = 0; c < WORLD_PICTURE_CELLS; c++)
                held |= p.cells[c].figure >= 0 && world_picture_held(p.cells[c].figure, p.cells[c].colour);
            expect(held == (side == WORLD_TEST), "held", p.caption[WORLD_EN]);
            keys[side][i] = p.key;
            check_english(p.caption[WORLD_EN]);
            check_english(p.question[WORLD_EN]);
            check_chinese(p.caption[WORLD_ZH]);
        }
    }
    ck_assert_int_eq(common_numbers(keys[0], MANY, keys[1], MANY), 0);
}
END_TEST

static const uint64_t golden_pictures = 0xa17e836bf01f8278;

START_TEST(pictures_same_everywhere)
{
    Rng rng = rng_new(53);
    uint64_t hash = 0xcbf29ce484222325u;
    float values[3 * WORLD_PICTURE_SIDE * WORLD_PICTURE_SIDE];
    for (int i = 0; i < 200; i++) {
        WorldPicture p = world_picture_draw(WORLD_TRAIN, false, &rng);
        for (size_t k = 0; k < sizeof p.pixels; k++)
            hash = (hash ^ ((const uint8_t *)p.pixels)[k]) * 0x100000001b3u;
        for (int l = 0; l < WORLD_LANGUAGES; l++)
            hash = hash_more(hash_more(hash_more(hash, p.caption[l]), p.question[l]), p.answer[l]);
        world_picture_floats(&p, values);
        ck_assert(values[WORLD_PICTURE_SIDE * WORLD_PICTURE_SIDE + 1] == (float)p.pixels[0][1][1] / 255);
    }
    ck_assert_msg(hash == golden_pictures, "0x%016llx", (unsigned long long)hash);
}
END_TEST

/* ---- the suite ----------------------------------------------------------------------------------- */

int main(void)
{
    Suite *suite = suite_create("world samples");
    TCase *c = tcase_create("samples");
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, sides_share_nothing, 0, WORLD_KINDS);
    tcase_add_test(c, sharing_would_be_seen);
    tcase_add_loop_test(c, languages_agree, 0, WORLD_KINDS);
    tcase_add_loop_test(c, words_are_trained, 0, WORLD_KINDS);
    tcase_add_loop_test(c, same_everywhere, 0, WORLD_KINDS);
    tcase_add_loop_test(c, sizes_as_documented, 0, WORLD_KINDS);
    tcase_add_loop_test(c, grammar, 0, WORLD_KINDS);
    tcase_add_loop_test(c, problems, 0, 2);
    tcase_add_test(c, problem_steps);
    tcase_add_loop_test(c, passages, 0, 2);
    tcase_add_test(c, passages_with_more_questions);
    tcase_add_test(c, balance);
    tcase_add_test(c, skew);
    tcase_add_test(c, rewards);
    tcase_add_test(c, facts);
    tcase_add_test(c, facts_are_all_told);
    tcase_add_test(c, pictures);
    tcase_add_test(c, pictures_same_everywhere);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
