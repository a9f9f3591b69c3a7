/* test_world.c -- the little world: its sentences, all of them counted, its sides, its stories. */
#include "common/base/base.h"
#include "common/text/utf8.h"
#include "common/text/words.h"
#include "common/world/event.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Inside long loops, where Check's own assertions, which report each success, take too long. */
static void expect(bool holds, const char *what, long at)
{
    if (!holds)
        ck_abort_msg("%s: case %ld", what, at);
}

/* ---- the little world: single sentences ----------------------------------------------------------- */

/* The phrases of the examples: noun, quality, colour, definite. */
enum {
    NOTHING,
    MARY,
    BIG_MARY,
    TOM,
    A_WHITE_CAT,
    THE_WHITE_CAT,
    THE_BOOK,
    AN_APPLE,
    THE_APPLE,
    THE_CAT,
    A_DOG
};
static const WorldPhrase phrases[] = {
    [NOTHING] = {0, 0, 0, false},  [MARY] = {1, 0, 0, true},         [BIG_MARY] = {1, 1, 0, true},
    [TOM] = {2, 0, 0, true},       [A_WHITE_CAT] = {9, 0, 2, false}, [THE_WHITE_CAT] = {9, 2, 2, true},
    [THE_BOOK] = {17, 0, 0, true}, [AN_APPLE] = {19, 0, 0, false},   [THE_APPLE] = {19, 0, 0, true},
    [THE_CAT] = {9, 0, 0, true},   [A_DOG] = {10, 0, 0, false},
};

typedef struct Example {
    WorldVerb verb;
    int subject, object, receiver; /* indices of phrases */
    WorldTime time;
    WorldMood mood;
    WorldPlace place;
    bool time_first;
    unsigned known;
    const char *zh, *en;
} Example;

static WorldEvent event_of(const Example *x)
{
    return (WorldEvent){.verb = x->verb,
                        .time = x->time,
                        .mood = x->mood,
                        .place = x->place,
                        .time_first = x->time_first,
                        .subject = phrases[x->subject],
                        .object = phrases[x->object],
                        .receiver = phrases[x->receiver]};
}

/* What each grammar has to get right, one rule a line. */
static const Example sentences[] = {
    {WORLD_SEE, MARY, A_WHITE_CAT, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_GARDEN, true, 0,
     "昨天小红在花园里看见了一只白猫。", "Yesterday Mary saw a white cat in the garden."},
    {WORLD_SEE, MARY, A_WHITE_CAT, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_GARDEN, false, 0,
     "小红昨天在花园里看见了一只白猫。", "Mary saw a white cat in the garden yesterday."},
    {WORLD_SEE, MARY, A_WHITE_CAT, NOTHING, WORLD_MORNING, WORLD_DENIES, WORLD_NOWHERE, false, 0,
     "小红今天早上没有看见白猫。", "Mary did not see a white cat this morning."},
    {WORLD_SEE, MARY, THE_WHITE_CAT, NOTHING, WORLD_TONIGHT, WORLD_ASKS, WORLD_HOME, false, 0,
     "小红今天晚上会在家里看见那只白色的小猫吗？", "Will Mary see the small white cat at home tonight?"},
    {WORLD_EAT, TOM, AN_APPLE, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_SCHOOL, false, 0,
     "小明现在正在学校里吃一个苹果。", "Tom is eating an apple at school now."},
    {WORLD_EAT, TOM, AN_APPLE, NOTHING, WORLD_NOW, WORLD_DENIES, WORLD_NOWHERE, true, 0,
     "现在小明没有在吃苹果。", "Now Tom is not eating an apple."},
    {WORLD_EAT, TOM, AN_APPLE, NOTHING, WORLD_DAILY, WORLD_SAYS, WORLD_NOWHERE, false, 0,
     "小明每天都吃一个苹果。", "Tom eats an apple every day."},
    {WORLD_READ, TOM, THE_BOOK, NOTHING, WORLD_DAILY, WORLD_ASKS, WORLD_PARK, false, 0,
     "小明每天都在公园里读那本书吗？", "Does Tom read the book in the park every day?"},
    {WORLD_GIVE, MARY, AN_APPLE, TOM, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0,
     "小红昨天给了小明一个苹果。", "Mary gave Tom an apple yesterday."},
    {WORLD_GIVE, MARY, THE_BOOK, TOM, WORLD_TOMORROW, WORLD_DENIES, WORLD_NOWHERE, true, 0,
     "明天小红不会把那本书给小明。", "Tomorrow Mary will not give the book to Tom."},
    {WORLD_GO, TOM, NOTHING, NOTHING, WORLD_YESTERDAY, WORLD_ASKS, WORLD_SCHOOL, false, 0,
     "小明昨天去了学校吗？", "Did Tom go to school yesterday?"},
    {WORLD_GO_HOME, TOM, NOTHING, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0,
     "小明昨天回家了。", "Tom went home yesterday."},
    {WORLD_SLEEP, THE_WHITE_CAT, NOTHING, NOTHING, WORLD_NOW, WORLD_ASKS, WORLD_PARK, false, 0,
     "那只白色的小猫现在正在公园里睡觉吗？", "Is the small white cat sleeping in the park now?"},
    {WORLD_LIKE, MARY, THE_BOOK, NOTHING, WORLD_ALWAYS, WORLD_SAYS, WORLD_NOWHERE, false, 0,
     "小红喜欢那本书。", "Mary likes the book."},
    {WORLD_LIKE, TOM, MARY, NOTHING, WORLD_ALWAYS, WORLD_DENIES, WORLD_NOWHERE, false, 0,
     "小明不喜欢小红。", "Tom does not like Mary."},
    {WORLD_WANT, TOM, AN_APPLE, NOTHING, WORLD_ALWAYS, WORLD_ASKS, WORLD_NOWHERE, false, 0,
     "小明想要一个苹果吗？", "Does Tom want an apple?"},
    {WORLD_BE_AT, THE_BOOK, NOTHING, NOTHING, WORLD_TOMORROW, WORLD_ASKS, WORLD_HOME, false, 0,
     "那本书明天会在家里吗？", "Will the book be at home tomorrow?"},
    {WORLD_BE_HAPPY, MARY, NOTHING, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0,
     "小红昨天很高兴。", "Mary was happy yesterday."},
    {WORLD_BE_ANGRY, MARY, NOTHING, NOTHING, WORLD_TOMORROW, WORLD_DENIES, WORLD_NOWHERE, false, 0,
     "小红明天不会生气。", "Mary will not be angry tomorrow."},
    {WORLD_BE_TALLER, MARY, TOM, NOTHING, WORLD_ALWAYS, WORLD_DENIES, WORLD_NOWHERE, false, 0,
     "小红不比小明高。", "Mary is not taller than Tom."},
    {WORLD_FIND, TOM, A_WHITE_CAT, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_PARK, false,
     WORLD_SUBJECT_KNOWN | WORLD_TIME_KNOWN | WORLD_PLACE_KNOWN, "他找到了一只白猫。",
     "He found a white cat."},
    {WORLD_GIVE, MARY, THE_BOOK, TOM, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false,
     WORLD_SUBJECT_KNOWN | WORLD_OBJECT_KNOWN | WORLD_TIME_KNOWN, "她把它给了小明。",
     "She gave it to Tom."},
    {WORLD_LIKE, TOM, MARY, NOTHING, WORLD_ALWAYS, WORLD_DENIES, WORLD_NOWHERE, false,
     WORLD_OBJECT_KNOWN | WORLD_TIME_KNOWN, "小明不喜欢她。", "Tom did not like her."},
};

START_TEST(world_sentences)
{
    WorldEvent e = event_of(&sentences[_i]);
    char text[WORLD_SENTENCE_ROOM];
    world_event_sentence(&e, WORLD_ZH, sentences[_i].known, text);
    ck_assert_str_eq(text, sentences[_i].zh);
    world_event_sentence(&e, WORLD_EN, sentences[_i].known, text);
    ck_assert_str_eq(text, sentences[_i].en);
    ck_assert(world_event_natural(&e));
}
END_TEST

/* Each breaks one rule, named at its end, which stands in the place of the English sentence. */
static const Example unnatural[] = {
    {WORLD_SLEEP, THE_BOOK, NOTHING, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "things do not sleep"},
    {WORLD_BUY, MARY, A_WHITE_CAT, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "animals are not sold"},
    {WORLD_SEE, MARY, MARY, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "nobody sees herself"},
    {WORLD_GIVE, MARY, AN_APPLE, MARY, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "or gives to herself"},
    {WORLD_GIVE, MARY, AN_APPLE, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "to whom?"},
    {WORLD_GO, MARY, NOTHING, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "", "where?"},
    {WORLD_EAT, MARY, NOTHING, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_NOWHERE, false, 0, "", "what?"},
    {WORLD_SLEEP, A_WHITE_CAT, NOTHING, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_PARK, false, 0, "",
     "which cat?"},
    {WORLD_SLEEP, MARY, THE_BOOK, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_PARK, false, 0, "",
     "takes no object"},
    {WORLD_SLEEP, BIG_MARY, NOTHING, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_PARK, false, 0, "",
     "names take no adjective"},
    {WORLD_SEE, MARY, A_WHITE_CAT, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "is seeing"},
    {WORLD_LIKE, MARY, THE_WHITE_CAT, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "has no time"},
    {WORLD_READ, TOM, THE_BOOK, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_RIVER, false, 0, "", "a wet book"},
    {WORLD_LIKE, THE_WHITE_CAT, THE_BOOK, NOTHING, WORLD_ALWAYS, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "things are for people"},
    {WORLD_CHASE, THE_WHITE_CAT, A_DOG, NOTHING, WORLD_NOW, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "too long a sentence"},
    {WORLD_SEE, THE_CAT, A_DOG, NOTHING, WORLD_YESTERDAY, WORLD_SAYS, WORLD_PARK, false, 0, "",
     "and so is this"},
    {WORLD_SEE, MARY, A_WHITE_CAT, NOTHING, WORLD_YESTERDAY, WORLD_ASKS, WORLD_NOWHERE, true, 0, "",
     "a question starts with its helper"},
    {WORLD_READ, TOM, THE_BOOK, NOTHING, WORLD_DAILY, WORLD_SAYS, WORLD_NOWHERE, true, 0, "",
     "every day Tom"},
    {WORLD_LIKE, MARY, THE_WHITE_CAT, NOTHING, WORLD_ALWAYS, WORLD_SAYS, WORLD_NOWHERE, true, 0, "",
     "no time to put first"},
    {WORLD_EAT, TOM, AN_APPLE, NOTHING, WORLD_DAILY, WORLD_DENIES, WORLD_NOWHERE, false, 0, "",
     "never, or not always?"},
    {WORLD_EAT, TOM, THE_APPLE, NOTHING, WORLD_DAILY, WORLD_SAYS, WORLD_NOWHERE, false, 0, "",
     "the same apple again"},
};

START_TEST(world_is_natural)
{
    WorldEvent e = event_of(&unnatural[_i]);
    ck_assert_msg(!world_event_natural(&e), "%s", unnatural[_i].en);
}
END_TEST

/* ---- the little world: all sentences -------------------------------------------------------------- */

/* FNV-1a: that two of four million texts meet has a chance of less than one in a million. */
static uint64_t hash_more(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_text(const char *text)
{
    return hash_more(0xcbf29ce484222325u, text);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

typedef struct Numbers {
    uint64_t *items;
    size_t count, room;
} Numbers;

static void add_number(Numbers *n, uint64_t item)
{
    if (n->count == n->room)
        n->items = memory_resize(n->items, sizeof *n->items * (n->room = 2 * n->room + 64));
    n->items[n->count++] = item;
}

static size_t different(Numbers *n)
{
    size_t found = 0;
    qsort(n->items, n->count, sizeof *n->items, compare_numbers);
    for (size_t i = 0; i < n->count; i++)
        found += i == 0 || n->items[i] != n->items[i - 1];
    return found;
}

/* Items that are in both. */
static size_t shared(Numbers *a, Numbers *b)
{
    size_t found = 0;
    different(a);
    different(b);
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->items[i] == b->items[k])
            found++;
        if (a->items[i] <= b->items[k])
            i++;
        else
            k++;
    }
    return found;
}

/* The phrases that a verb takes in one role, found by drawing. */
typedef struct Phrases {
    WorldPhrase items[2048];
    int count;
} Phrases;

static void add_phrase(Phrases *set, const WorldPhrase *p)
{
    for (int i = 0; i < set->count; i++) {
        const WorldPhrase *q = &set->items[i];
        if (q->noun == p->noun && q->quality == p->quality && q->colour == p->colour &&
            q->definite == p->definite)
            return;
    }
    ck_assert_int_lt(set->count, 2048);
    set->items[set->count++] = *p;
}

typedef struct Census {
    Numbers keys, text[WORLD_LANGUAGES];
    size_t of_test;
    TextWords *words;
    int longest;
} Census;

static void count_event(Census *c, const WorldEvent *e)
{
    char text[WORLD_SENTENCE_ROOM];
    int ids[64];
    add_number(&c->keys, world_event_key(e));
    c->of_test += world_event_side(e) == WORLD_TEST;
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        world_event_sentence(e, (WorldLanguage)language, 0, text);
        add_number(&c->text[language], hash_text(text));
        int pieces = text_words_encode(c->words, text, ids, 64);
        for (int i = 0; i < pieces; i++) {
            if (ids[i] == TEXT_UNKNOWN)
                text_words_add(c->words, text);
        }
        c->longest = pieces > c->longest ? pieces : c->longest;
    }
}

/* Every natural combination of time, mood, place and order. */
static void count_combinations(Census *c, WorldEvent e)
{
    for (int time = 0; time < WORLD_TIMES; time++) {
        for (int mood = 0; mood < WORLD_MOODS; mood++) {
            for (int place = 0; place < 2 * WORLD_PLACES; place++) {
                e.time = (WorldTime)time;
                e.mood = (WorldMood)mood;
                e.place = (WorldPlace)(place / 2);
                e.time_first = place % 2;
                if (world_event_natural(&e))
                    count_event(c, &e);
            }
        }
    }
}

static void count_verb(Census *c, WorldVerb verb, Rng *rng)
{
    enum { DRAWS = 40000 };
    static Phrases subjects, objects, receivers;
    subjects.count = objects.count = receivers.count = 0;
    for (int i = 0; i < DRAWS; i++) {
        WorldEvent e = world_event_draw_verb(verb, rng);
        add_phrase(&subjects, &e.subject);
        add_phrase(&objects, &e.object);
        add_phrase(&receivers, &e.receiver);
    }
    for (int s = 0; s < subjects.count; s++) {
        for (int o = 0; o < objects.count; o++) {
            for (int r = 0; r < receivers.count; r++) {
                WorldEvent e = {.verb = verb};
                e.subject = subjects.items[s];
                e.object = objects.items[o];
                e.receiver = receivers.items[r];
                count_combinations(c, e);
            }
        }
    }
}

/* Different events are different sentences in each language, so a translation is one sentence, either way. */
START_TEST(world_census)
{
    Census c = {.words = text_words_new()};
    Rng rng = rng_new(5);
    for (int verb = 0; verb < WORLD_VERBS; verb++)
        count_verb(&c, (WorldVerb)verb, &rng);
    size_t events = different(&c.keys);
    printf("%zu events, %zu of test, %d pieces, longest sentence %d\n", events, c.of_test,
           text_words_count(c.words), c.longest);
    ck_assert_uint_eq(events, WORLD_EVENTS);
    ck_assert_uint_eq(events, c.keys.count);
    ck_assert_uint_eq(different(&c.text[WORLD_ZH]), events);
    ck_assert_uint_eq(different(&c.text[WORLD_EN]), events);
    ck_assert_int_le(c.longest, WORLD_SENTENCE_PIECES);
    ck_assert_int_le(text_words_count(c.words), 250);
    ck_assert_msg(fabs((double)c.of_test / (double)events - 0.1) < 0.002, "%zu of %zu", c.of_test, events);
    free(c.keys.items);
    free(c.text[WORLD_ZH].items);
    free(c.text[WORLD_EN].items);
    text_words_free(c.words);
}
END_TEST

/* ---- the little world: what is drawn ---------------------------------------------------------------- */

static void take_texts(const WorldPairs *p, WorldLanguage language, Numbers *out)
{
    for (int i = 0; i < p->count; i++)
        add_number(out, hash_text(p->items[i].text[language]));
}

START_TEST(world_sides_share_nothing)
{
    Rng one = rng_new(11), other = rng_new(12);
    WorldPairs train = world_pairs(WORLD_TRAIN, 20000, &one), test = world_pairs(WORLD_TEST, 4000, &other);
    ck_assert_int_eq(train.count, 20000);
    ck_assert_int_eq(test.count, 4000);
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        Numbers a = {0}, b = {0};
        take_texts(&train, (WorldLanguage)language, &a);
        take_texts(&test, (WorldLanguage)language, &b);
        ck_assert_uint_eq(different(&a), 20000);
        ck_assert_uint_eq(different(&b), 4000);
        ck_assert_uint_eq(shared(&a, &b), 0);
        free(a.items);
        free(b.items);
    }
    world_pairs_free(&train);
    world_pairs_free(&test);
}
END_TEST

/* Otherwise the test above could not fail: the same seed on the same side does share, all of it. */
START_TEST(world_sharing_would_be_seen)
{
    Rng one = rng_new(11), other = rng_new(11);
    WorldPairs p = world_pairs(WORLD_TRAIN, 500, &one), q = world_pairs(WORLD_TRAIN, 500, &other);
    Numbers a = {0}, b = {0};
    take_texts(&p, WORLD_ZH, &a);
    take_texts(&q, WORLD_ZH, &b);
    ck_assert_uint_eq(shared(&a, &b), 500);
    free(a.items);
    free(b.items);
    world_pairs_free(&p);
    world_pairs_free(&q);
}
END_TEST

/* Nothing in a test text is a piece that training has not shown. */
START_TEST(world_words_of_test_are_trained)
{
    Rng rng = rng_new(21);
    TextWords *w = text_words_new();
    WorldPairs train = world_pairs(WORLD_TRAIN, 5000, &rng), test = world_pairs(WORLD_TEST, 4000, &rng);
    for (int i = 0; i < train.count; i++) {
        text_words_add(w, train.items[i].text[WORLD_ZH]);
        text_words_add(w, train.items[i].text[WORLD_EN]);
    }
    for (int i = 0; i < 2 * test.count; i++) {
        int ids[WORLD_SENTENCE_PIECES], n;
        n = text_words_encode(w, test.items[i / 2].text[i % 2], ids, WORLD_SENTENCE_PIECES);
        for (int k = 0; k < n; k++)
            expect(ids[k] != TEXT_UNKNOWN, test.items[i / 2].text[i % 2], k);
    }
    world_pairs_free(&train);
    world_pairs_free(&test);
    text_words_free(w);
}
END_TEST

START_TEST(world_no_pairs)
{
    Rng rng = rng_new(1);
    WorldPairs p = world_pairs(WORLD_TRAIN, 0, &rng);
    char *stories = world_stories(WORLD_EN, WORLD_TRAIN, 0, &rng);
    ck_assert_int_eq(p.count, 0);
    ck_assert_str_eq(stories, "");
    free(stories);
    world_pairs_free(&p);
}
END_TEST

START_TEST(world_max_pairs)
{
    Rng rng = rng_new(2);
    WorldPairs p = world_pairs(WORLD_TEST, WORLD_MAX_PAIRS, &rng);
    Numbers n = {0};
    take_texts(&p, WORLD_EN, &n);
    ck_assert_uint_eq(different(&n), WORLD_MAX_PAIRS);
    free(n.items);
    world_pairs_free(&p);
}
END_TEST

START_TEST(world_too_many_pairs)
{
    Rng rng = rng_new(2);
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    world_pairs(WORLD_TRAIN, WORLD_MAX_PAIRS + 1, &rng);
}
END_TEST

/* A seed gives the same text on every machine: these numbers were computed once and are now the rule. */
START_TEST(world_is_the_same_everywhere)
{
    static const uint64_t pairs_right[] = {0x241d0cbc4a7b3046, 0x800430f711116f02};
    static const uint64_t stories_right[] = {0x8412436b74959880, 0x9b103f66fefb3ad0};
    for (int side = 0; side <= WORLD_TEST; side++) {
        Rng rng = rng_new(1234);
        WorldPairs p = world_pairs((WorldSide)side, 1000, &rng);
        uint64_t pairs = hash_text(""), stories = hash_text("");
        for (int i = 0; i < p.count; i++)
            pairs = hash_more(hash_more(pairs, p.items[i].text[WORLD_ZH]), p.items[i].text[WORLD_EN]);
        world_pairs_free(&p);
        for (int language = 0; language < WORLD_LANGUAGES; language++) {
            char *text = world_stories((WorldLanguage)language, (WorldSide)side, 200, &rng);
            stories = hash_more(stories, text);
            free(text);
        }
        ck_assert_msg(pairs == pairs_right[side], "pairs of side %d: 0x%016llx", side,
                      (unsigned long long)pairs);
        ck_assert_msg(stories == stories_right[side], "stories of side %d: 0x%016llx", side,
                      (unsigned long long)stories);
    }
}
END_TEST

/* ---- the little world: stories ---------------------------------------------------------------------- */

enum { STORIES = 3000 };

/* Every event is natural and of the story's side; who is called she was named in the sentence before. */
static void check_story(const WorldStory *s, WorldSide side, int number)
{
    expect(s->count >= WORLD_STORY_MIN && s->count <= WORLD_STORY_MAX, "4 to 7 sentences", number);
    expect(!(s->known[0] & (WORLD_SUBJECT_KNOWN | WORLD_OBJECT_KNOWN | WORLD_TIME_KNOWN)), "a full start",
           number);
    for (int i = 0; i < s->count; i++) {
        const WorldEvent *e = &s->events[i], *before = e - 1;
        expect(world_event_natural(e), "natural", number);
        expect(world_event_side(e) == side, "of one side", number);
        if (s->known[i] & WORLD_SUBJECT_KNOWN)
            expect(e->subject.noun == before->subject.noun, "whose pronoun", number);
        if (s->known[i] & WORLD_OBJECT_KNOWN)
            expect(e->object.noun == before->object.noun && e->object.quality == before->object.quality &&
                       e->object.colour == before->object.colour,
                   "what it is", number);
        for (int k = 0; k < i; k++)
            expect(world_event_key(e) != world_event_key(&s->events[k]), "said once", number);
    }
}

START_TEST(story_events)
{
    Numbers events[2] = {{0}, {0}}, texts[2][WORLD_LANGUAGES] = {{{0}, {0}}, {{0}, {0}}};
    char text[WORLD_SENTENCE_ROOM];
    for (int side = 0; side <= WORLD_TEST; side++) {
        Rng rng = rng_new((uint64_t)(31 + side));
        for (int i = 0; i < STORIES; i++) {
            WorldStory s = world_story_draw((WorldSide)side, &rng);
            check_story(&s, (WorldSide)side, i);
            for (int k = 0; k < s.count; k++) {
                add_number(&events[side], world_event_key(&s.events[k]));
                for (int language = 0; language < WORLD_LANGUAGES; language++) {
                    world_event_sentence(&s.events[k], (WorldLanguage)language, 0, text);
                    add_number(&texts[side][language], hash_text(text));
                }
            }
        }
    }
    ck_assert_uint_eq(shared(&events[WORLD_TRAIN], &events[WORLD_TEST]), 0);
    ck_assert_uint_eq(shared(&texts[WORLD_TRAIN][WORLD_ZH], &texts[WORLD_TEST][WORLD_ZH]), 0);
    ck_assert_uint_eq(shared(&texts[WORLD_TRAIN][WORLD_EN], &texts[WORLD_TEST][WORLD_EN]), 0);
    for (int side = 0; side <= WORLD_TEST; side++) {
        free(events[side].items);
        free(texts[side][WORLD_ZH].items);
        free(texts[side][WORLD_EN].items);
    }
}
END_TEST

/* Splits at line breaks, keeps the texts' hashes, and returns how many sentences there are. */
static int split_stories(char *text, WorldLanguage language, Numbers *out)
{
    int sentences_found = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        add_number(out, hash_text(line));
        for (const char *at = line; (at = strstr(at, language == WORLD_EN ? "." : "。")); at++)
            sentences_found++;
    }
    return sentences_found;
}

/* Both languages tell the same stories, sentence for sentence; the two sides tell different ones. */
START_TEST(story_texts)
{
    Numbers stories[2][WORLD_LANGUAGES] = {{{0}, {0}}, {{0}, {0}}};
    for (int side = 0; side <= WORLD_TEST; side++) {
        int sentences_found[WORLD_LANGUAGES];
        for (int language = 0; language < WORLD_LANGUAGES; language++) {
            Rng rng = rng_new(41);
            char *text = world_stories((WorldLanguage)language, (WorldSide)side, STORIES, &rng);
            ck_assert_uint_eq(text_utf8_fault(text, strlen(text)), strlen(text));
            ck_assert_int_eq(text[strlen(text) - 1], '\n');
            sentences_found[language] =
                split_stories(text, (WorldLanguage)language, &stories[side][language]);
            ck_assert_uint_eq(stories[side][language].count, STORIES);
            free(text);
        }
        ck_assert_int_eq(sentences_found[WORLD_ZH], sentences_found[WORLD_EN]);
    }
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        ck_assert_uint_eq(shared(&stories[WORLD_TRAIN][language], &stories[WORLD_TEST][language]), 0);
        free(stories[WORLD_TRAIN][language].items);
        free(stories[WORLD_TEST][language].items);
    }
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------------ */

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof *(table)))

static TCase *world_case(void)
{
    TCase *c = tcase_create("world");
    tcase_set_timeout(c, 300); /* for the census under a sanitizer */
    tcase_add_loop_test(c, world_sentences, 0, COUNT_OF(sentences));
    tcase_add_loop_test(c, world_is_natural, 0, COUNT_OF(unnatural));
    tcase_add_test(c, world_census);
    tcase_add_test(c, world_sides_share_nothing);
    tcase_add_test(c, world_sharing_would_be_seen);
    tcase_add_test(c, world_words_of_test_are_trained);
    tcase_add_test(c, world_no_pairs);
    tcase_add_test(c, world_max_pairs);
    tcase_add_test_raise_signal(c, world_too_many_pairs, SIGABRT);
    tcase_add_test(c, world_is_the_same_everywhere);
    tcase_add_test(c, story_events);
    tcase_add_test(c, story_texts);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("world");
    suite_add_tcase(suite, world_case());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
