/* sentences.c -- a few nouns, verbs and reasons in both languages, and one way to join them. */
#include "ch03/sentences.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <string.h>

typedef struct Word {
    const char *english, *chinese;
} Word;

static const struct Noun {
    Word word;
    const char *the; /* that, and the noun's measure word */
    bool alive;
} nouns[] = {
    {{"cat", "猫"}, "那只", true},      {{"dog", "狗"}, "那条", true},
    {{"horse", "马"}, "那匹", true},    {{"cow", "牛"}, "那头", true},
    {{"rabbit", "兔"}, "那只", true},   {{"snake", "蛇"}, "那条", true},
    {{"pig", "猪"}, "那头", true},      {{"bus", "公交车"}, "那辆", false},
    {{"train", "火车"}, "那列", false}, {{"ship", "船"}, "那艘", false},
    {{"plane", "飞机"}, "那架", false}, {{"bicycle", "自行车"}, "那辆", false},
};
enum { NOUNS = sizeof nouns / sizeof *nouns, CAT = 0, TRAIN = 8 };

/* What a sentence says; its nouns are the one that chases and the one that is chased. */
typedef struct Story {
    int noun[2], adjective[2], time, verb, meant, reason; /* adjective: 1 small, 2 old; time: 2 for none */
} Story;

static const Word verbs[] = {{"catch", "赶上"}, {"follow", "跟上"}, {"pass", "超过"}};
static const Word times[] = {{"yesterday", "昨天"}, {"today", "今天"}};
static const Word reasons[2][3] = {{{"slow", "慢"}, {"late", "晚"}, {"weak", "弱"}},  /* of who chases */
                                   {{"fast", "快"}, {"early", "早"}, {"far", "远"}}}; /* of who is chased */

static int id_of(Vocabulary *v, const char *word)
{
    int i = 0;
    while (i < v->count && strcmp(v->words[i], word) != 0)
        i++;
    if (i == VOCABULARY_WORDS)
        FATAL("id_of: more than %d words", VOCABULARY_WORDS);
    if (i == v->count)
        v->words[v->count++] = word;
    return i;
}

static int say(Sentence *s, Vocabulary *v, Word w, Kind kind, int needs)
{
    s->english[s->count] = id_of(v, w.english);
    s->chinese[s->count] = id_of(v, w.chinese);
    s->kind[s->count] = kind;
    s->needs[s->count] = needs;
    return s->count++;
}

/* "the [small|old] cat": returns the position of the noun. */
static int say_phrase(Sentence *s, Vocabulary *v, const struct Noun *n, int adjective)
{
    int noun = s->count + (adjective ? 2 : 1);
    say(s, v, (Word){"the", n->the}, THE, noun);
    if (adjective == 1)
        say(s, v, (Word){"small", "小"}, PLAIN, SENTENCE_NOWHERE);
    if (adjective == 2)
        say(s, v, (Word){"old", n->alive ? "老" : "旧"}, OLD, noun);
    return say(s, v, n->word, PLAIN, SENTENCE_NOWHERE);
}

/* "yesterday the old cat did not catch the train because it was slow", and its Chinese, word by word. */
static Sentence sentence_tell(Vocabulary *v, const Story *story)
{
    Sentence s = {0};
    int noun[2];
    if (story->time < 2)
        say(&s, v, times[story->time], PLAIN, SENTENCE_NOWHERE);
    noun[0] = say_phrase(&s, v, &nouns[story->noun[0]], story->adjective[0]);
    say(&s, v, (Word){"did", "-"}, PLAIN, SENTENCE_NOWHERE);
    say(&s, v, (Word){"not", "没有"}, PLAIN, SENTENCE_NOWHERE);
    say(&s, v, verbs[story->verb], PLAIN, SENTENCE_NOWHERE);
    noun[1] = say_phrase(&s, v, &nouns[story->noun[1]], story->adjective[1]);
    say(&s, v, (Word){"because", "因为"}, PLAIN, SENTENCE_NOWHERE);
    s.it = say(&s, v, (Word){"it", nouns[story->noun[story->meant]].word.chinese}, IT, noun[story->meant]);
    say(&s, v, (Word){"was", "很"}, PLAIN, SENTENCE_NOWHERE);
    s.reason = say(&s, v, reasons[story->meant][story->reason], PLAIN, SENTENCE_NOWHERE);
    s.other = noun[1 - story->meant];
    return s;
}

/* Draws one. A pair of nouns in four is kept for the test, the cat and the train among them. */
static Sentence sentence_draw(Vocabulary *v, bool test, Rng *rng)
{
    Story s = {.adjective = {rng_below(rng, 3), rng_below(rng, 3)},
               .time = rng_below(rng, 4),
               .verb = rng_below(rng, 3),
               .meant = rng_below(rng, 2),
               .reason = rng_below(rng, 3)};
    do {
        s.noun[0] = rng_below(rng, NOUNS);
        s.noun[1] = rng_below(rng, NOUNS);
    } while (s.noun[0] == s.noun[1] || ((s.noun[0] + 2 * s.noun[1]) % 4 == 0) != test);
    return sentence_tell(v, &s);
}

/* The position that word t looks at, of that kind of look; SENTENCE_NOWHERE for a word that has none. */
static int position_of(const Sentence *s, Look look, int t)
{
    switch (look) {
    case IT_NOUN:
        return s->kind[t] == IT ? s->needs[t] : SENTENCE_NOWHERE;
    case IT_OTHER:
        return s->kind[t] == IT ? s->other : SENTENCE_NOWHERE;
    case IT_REASON:
        return s->kind[t] == IT ? s->reason : SENTENCE_NOWHERE;
    case THE_NOUN:
        return s->kind[t] == THE ? s->needs[t] : SENTENCE_NOWHERE;
    case OLD_NOUN:
        return s->kind[t] == OLD ? s->needs[t] : SENTENCE_NOWHERE;
    default:
        return t > 0 ? t - 1 : SENTENCE_NOWHERE;
    }
}

void sentences_look(const Sentences *d, const float *weight, int stride, double mean[LOOKS])
{
    for (int k = 0; k < LOOKS; k++) {
        int count = 0;
        mean[k] = 0;
        for (int i = 0; i < SENTENCES_TESTS * SENTENCE_MAX; i++) {
            const Sentence *s = &d->tests[i / SENTENCE_MAX];
            int t = i % SENTENCE_MAX, at = t < s->count ? position_of(s, (Look)k, t) : SENTENCE_NOWHERE;
            if (at == SENTENCE_NOWHERE)
                continue;
            mean[k] += (double)weight[i / SENTENCE_MAX * stride + t * SENTENCE_MAX + at];
            count++;
        }
        mean[k] /= count;
    }
}

void sentences_example(Sentences *d, Sentence s[2])
{
    Story story = {.noun = {CAT, TRAIN}, .time = 2};
    s[0] = sentence_tell(&d->words, &story);
    story.meant = 1;
    s[1] = sentence_tell(&d->words, &story);
}

Sentences *sentences_new(uint64_t seed)
{
    Sentences *d = memory_zero(1, sizeof *d);
    Rng rng = rng_new(seed);
    for (int i = 0; i < SENTENCES_TRAIN; i++)
        d->train[i] = sentence_draw(&d->words, false, &rng);
    for (int i = 0; i < SENTENCES_TESTS; i++) {
        d->tests[i] = sentence_draw(&d->words, true, &rng);
        d->test_list[i] = &d->tests[i];
    }
    return d;
}

void sentences_fill(const Sentence *const *s, int batch, int *ids, int *targets)
{
    for (int i = 0; i < batch * SENTENCE_MAX; i++) {
        const Sentence *x = s[i / SENTENCE_MAX];
        bool inside = i % SENTENCE_MAX < x->count;
        ids[i] = inside ? x->english[i % SENTENCE_MAX] : 0;
        targets[i] = inside ? x->chinese[i % SENTENCE_MAX] : -1;
    }
}

void sentences_score(const Sentence *const *s, int n, const int *said, double count[KINDS],
                     double right[KINDS])
{
    for (int k = 0; k < KINDS; k++)
        count[k] = right[k] = 0;
    for (int i = 0; i < n; i++) {
        for (int t = 0; t < s[i]->count; t++) {
            count[s[i]->kind[t]]++;
            right[s[i]->kind[t]] += said[i * SENTENCE_MAX + t] == s[i]->chinese[t];
        }
    }
    for (int k = 0; k < KINDS; k++)
        right[k] *= 100 / count[k];
}

void sentences_guess(const Sentences *d, double count[KINDS], double right[KINDS])
{
    int seen[VOCABULARY_WORDS][VOCABULARY_WORDS] = {{0}}, usual[VOCABULARY_WORDS] = {0};
    int said[SENTENCES_TESTS * SENTENCE_MAX];
    for (int i = 0; i < SENTENCES_TRAIN; i++)
        for (int t = 0; t < d->train[i].count; t++)
            seen[d->train[i].english[t]][d->train[i].chinese[t]]++;
    for (int v = 0; v < VOCABULARY_WORDS; v++)
        for (int k = 1; k < VOCABULARY_WORDS; k++)
            usual[v] = seen[v][k] > seen[v][usual[v]] ? k : usual[v];
    for (int i = 0; i < SENTENCES_TESTS * SENTENCE_MAX; i++)
        said[i] = usual[d->tests[i / SENTENCE_MAX].english[i % SENTENCE_MAX]];
    sentences_score(d->test_list, SENTENCES_TESTS, said, count, right);
}
