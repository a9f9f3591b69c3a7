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
enum { NOUNS = sizeof nouns / sizeof *nouns };

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
        say(s, v, (Word){"small", "小"}, PLAIN, SENTENCE_ALONE);
    if (adjective == 2)
        say(s, v, (Word){"old", n->alive ? "老" : "旧"}, OLD, noun);
    return say(s, v, n->word, PLAIN, SENTENCE_ALONE);
}

/* "yesterday the old cat did not catch the train because it was slow", and its Chinese, word by word. */
Sentence sentence_tell(Vocabulary *v, const Story *story)
{
    Sentence s = {0};
    int place[2];
    if (story->time < 2)
        say(&s, v, times[story->time], PLAIN, SENTENCE_ALONE);
    place[0] = say_phrase(&s, v, &nouns[story->noun[0]], story->adjective[0]);
    say(&s, v, (Word){"did", "-"}, PLAIN, SENTENCE_ALONE);
    say(&s, v, (Word){"not", "没有"}, PLAIN, SENTENCE_ALONE);
    say(&s, v, verbs[story->verb], PLAIN, SENTENCE_ALONE);
    place[1] = say_phrase(&s, v, &nouns[story->noun[1]], story->adjective[1]);
    say(&s, v, (Word){"because", "因为"}, PLAIN, SENTENCE_ALONE);
    s.it = say(&s, v, (Word){"it", nouns[story->noun[story->meant]].word.chinese}, IT, place[story->meant]);
    say(&s, v, (Word){"was", "很"}, PLAIN, SENTENCE_ALONE);
    s.reason = say(&s, v, reasons[story->meant][story->reason], PLAIN, SENTENCE_ALONE);
    s.other = place[1 - story->meant];
    return s;
}

Sentence sentence_draw(Vocabulary *v, bool test, Rng *rng)
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

void sentences_guess(const Sentences *d, double count[KINDS], double right[KINDS])
{
    int seen[VOCABULARY_WORDS][VOCABULARY_WORDS] = {{0}};
    for (int i = 0; i < SENTENCES_TRAIN; i++)
        for (int t = 0; t < d->train[i].count; t++)
            seen[d->train[i].english[t]][d->train[i].chinese[t]]++;
    for (int k = 0; k < KINDS; k++)
        count[k] = right[k] = 0;
    for (int i = 0; i < SENTENCES_TESTS; i++) {
        const Sentence *s = &d->tests[i];
        for (int t = 0; t < s->count; t++) {
            int best = 0;
            for (int k = 1; k < VOCABULARY_WORDS; k++)
                best = seen[s->english[t]][k] > seen[s->english[t]][best] ? k : best;
            count[s->kind[t]]++;
            right[s->kind[t]] += best == s->chinese[t];
        }
    }
    for (int k = 0; k < KINDS; k++)
        right[k] *= 100 / count[k];
}
