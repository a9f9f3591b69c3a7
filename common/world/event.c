/* event.c -- tables of words, and two small grammars that read them.
 *
 * The Chinese grammar: who, when, [not], where, does, whom. The place comes
 * before the verb, the tense is a particle (正在, 了, 会), a counted noun takes
 * its measure word, and a question is a statement with 吗.
 * The English one: who, [not], does, whom, where, when. The tense is in the
 * verb or in its helper (did, is, will), and a question moves the helper to
 * the front. */
#include "common/world/event.h"

#include <ctype.h>
#include <string.h>

/* ---- words ---------------------------------------------------------------------------------------- */

typedef enum Tense { PRESENT, PAST, PROGRESSIVE, HABIT, FUTURE } Tense;

static const struct {
    const char *zh, *en;
    Tense tense;
} times[WORLD_TIMES] = {
    [WORLD_ALWAYS] = {"", "", PRESENT},
    [WORLD_YESTERDAY] = {"昨天", "yesterday", PAST},
    [WORLD_MORNING] = {"今天早上", "this morning", PAST},
    [WORLD_NOW] = {"现在", "now", PROGRESSIVE},
    [WORLD_DAILY] = {"每天都", "every day", HABIT},
    [WORLD_TOMORROW] = {"明天", "tomorrow", FUTURE},
    [WORLD_TONIGHT] = {"今天晚上", "tonight", FUTURE},
};

static const struct {
    const char *zh, *inside, *at, *to; /* 去公园, 在公园里, in the park, to the park */
} places[WORLD_PLACES] = {
    [WORLD_NOWHERE] = {"", "", "", ""},
    [WORLD_PARK] = {"公园", "公园里", "in the park", "to the park"},
    [WORLD_GARDEN] = {"花园", "花园里", "in the garden", "to the garden"},
    [WORLD_SCHOOL] = {"学校", "学校里", "at school", "to school"},
    [WORLD_SHOP] = {"商店", "商店里", "in the shop", "to the shop"},
    [WORLD_MARKET] = {"市场", "市场里", "in the market", "to the market"},
    [WORLD_KITCHEN] = {"厨房", "厨房里", "in the kitchen", "to the kitchen"},
    [WORLD_HOME] = {"家", "家里", "at home", "home"},
    [WORLD_RIVER] = {"河", "河里", "in the river", "to the river"},
};

/* Sets of places, times, qualities and colours are bits: 1 << index. */
enum {
    STALLS = 1 << WORLD_SHOP | 1 << WORLD_MARKET,
    GREEN = 1 << WORLD_PARK | 1 << WORLD_GARDEN,
    ROOMS = 1 << WORLD_SCHOOL | 1 << WORLD_KITCHEN | 1 << WORLD_HOME,
    RIVER = 1 << WORLD_RIVER,
    LAND = STALLS | GREEN | ROOMS
};

typedef struct Adjective {
    const char *zh, *en;
} Adjective;

/* Chinese tells old things from old animals. */
enum { PLAIN, BIG, SMALL, NEW, WORN, AGED, QUALITIES };
static const Adjective qualities[QUALITIES] = {{"", ""},      {"大", "big"}, {"小", "small"},
                                               {"新", "new"}, {"旧", "old"}, {"老", "old"}};
enum {
    SIZES = 1 << BIG | 1 << SMALL,
    AGES = 1 << NEW | 1 << WORN,
    ALIVE = SIZES | 1 << AGED,
};

enum { NO_COLOUR, RED, WHITE, BLACK, YELLOW, BLUE, GREEN_COLOUR, COLOURS };
static const Adjective colours[COLOURS] = {{"", ""},        {"红", "red"},    {"白", "white"},
                                           {"黑", "black"}, {"黄", "yellow"}, {"蓝", "blue"},
                                           {"绿", "green"}};
enum { FUR = 1 << WHITE | 1 << BLACK, ANY_COLOUR = (1 << COLOURS) - 2 };

typedef struct Noun {
    const char *zh, *measure, *en;
    unsigned groups, places, qualities, colours;
} Noun;

static const Noun nouns[] = {
    {"", "", "", 0, 0, 0, 0},
    {"小红", "", "Mary", WORLD_PERSON | WORLD_FEMALE, LAND | RIVER, 0, 0},
    {"小明", "", "Tom", WORLD_PERSON, LAND | RIVER, 0, 0},
    {"小丽", "", "Lily", WORLD_PERSON | WORLD_FEMALE, LAND | RIVER, 0, 0},
    {"小刚", "", "Jack", WORLD_PERSON, LAND | RIVER, 0, 0},
    {"小华", "", "Anna", WORLD_PERSON | WORLD_FEMALE, LAND | RIVER, 0, 0},
    {"小军", "", "Ben", WORLD_PERSON, LAND | RIVER, 0, 0},
    {"小雨", "", "Amy", WORLD_PERSON | WORLD_FEMALE, LAND | RIVER, 0, 0},
    {"小龙", "", "Sam", WORLD_PERSON, LAND | RIVER, 0, 0},
    {"猫", "只", "cat", WORLD_ANIMAL | WORLD_HUNTER | WORLD_PREY, LAND, ALIVE, FUR | 1 << YELLOW},
    {"狗", "只", "dog", WORLD_ANIMAL | WORLD_HUNTER | WORLD_PREY | WORLD_SWIMMER | WORLD_WASHABLE, LAND,
     ALIVE, FUR | 1 << YELLOW},
    {"鸟", "只", "bird", WORLD_ANIMAL | WORLD_PREY | WORLD_SINGER, GREEN, SIZES,
     FUR | 1 << YELLOW | 1 << BLUE | 1 << GREEN_COLOUR},
    {"鱼", "条", "fish", WORLD_ANIMAL | WORLD_SWIMMER, RIVER, SIZES, FUR | 1 << RED},
    {"马", "匹", "horse", WORLD_ANIMAL | WORLD_WASHABLE, GREEN, ALIVE, FUR},
    {"牛", "头", "cow", WORLD_ANIMAL | WORLD_WASHABLE, GREEN, ALIVE, FUR | 1 << YELLOW},
    {"兔子", "只", "rabbit", WORLD_ANIMAL | WORLD_PREY, GREEN | ROOMS, ALIVE, FUR},
    {"鸭子", "只", "duck", WORLD_ANIMAL | WORLD_PREY | WORLD_SWIMMER, GREEN | RIVER, SIZES, FUR},
    {"书", "本", "book", WORLD_THING | WORLD_GOODS | WORLD_PAPER, LAND, AGES, 0},
    {"信", "封", "letter", WORLD_THING | WORLD_PAPER, LAND, AGES, 0},
    {"苹果", "个", "apple", WORLD_THING | WORLD_GOODS | WORLD_FOOD | WORLD_WASHABLE, LAND, SIZES,
     1 << RED | 1 << GREEN_COLOUR},
    {"鸡蛋", "个", "egg", WORLD_THING | WORLD_GOODS | WORLD_FOOD | WORLD_WASHABLE, LAND, SIZES, 1 << WHITE},
    {"蛋糕", "个", "cake", WORLD_THING | WORLD_GOODS | WORLD_FOOD, LAND, SIZES, 0},
    {"花", "朵", "flower", WORLD_THING | WORLD_GOODS, LAND, SIZES,
     1 << RED | 1 << WHITE | 1 << YELLOW | 1 << BLUE},
    {"帽子", "顶", "hat", WORLD_THING | WORLD_GOODS | WORLD_WASHABLE, LAND, SIZES | AGES, ANY_COLOUR},
    {"裙子", "条", "dress", WORLD_THING | WORLD_GOODS | WORLD_WASHABLE, LAND, AGES, ANY_COLOUR},
    {"伞", "把", "umbrella", WORLD_THING | WORLD_GOODS, LAND, SIZES | AGES, ANY_COLOUR},
    {"椅子", "把", "chair", WORLD_THING | WORLD_GOODS | WORLD_WASHABLE, LAND, SIZES | AGES, ANY_COLOUR},
    {"球", "个", "ball", WORLD_THING | WORLD_GOODS | WORLD_WASHABLE, LAND, SIZES | AGES, ANY_COLOUR},
    {"杯子", "个", "cup", WORLD_THING | WORLD_GOODS | WORLD_WASHABLE, LAND, SIZES | AGES, ANY_COLOUR},
};
enum { NOUNS = sizeof nouns / sizeof *nouns };

typedef enum Shape {
    ACTION, /* does something, to something, somewhere */
    GIVING, /* ... and for someone */
    MOVING, /* to a place */
    FEELING_FOR,
    BEING_AT,
    BEING,
    COMPARING
} Shape;

enum {
    PASTS = 1 << WORLD_YESTERDAY | 1 << WORLD_MORNING,
    NOW = 1 << WORLD_NOW,
    DAILY = 1 << WORLD_DAILY,
    FUTURES = 1 << WORLD_TOMORROW | 1 << WORLD_TONIGHT,
    ALWAYS = 1 << WORLD_ALWAYS,
    ANYONE = WORLD_PERSON | WORLD_ANIMAL,
    OBJECTS = WORLD_ANIMAL | WORLD_THING
};
enum { A = 1, THE = 2, EITHER = A | THE };

typedef struct Verb {
    Shape shape;
    const char *zh, *en, *third, *past,
        *doing; /* see, sees, saw, seeing; an adjective has its first form only */
    unsigned times, subjects, objects, articles, places;
} Verb;

static const Verb verbs[WORLD_VERBS] = {
    [WORLD_SEE] = {ACTION, "看见", "see", "", "saw", "", PASTS | FUTURES, ANYONE, ANYONE | WORLD_THING,
                   EITHER, LAND | RIVER},
    [WORLD_BUY] = {ACTION, "买", "buy", "", "bought", "buying", PASTS | NOW | FUTURES, WORLD_PERSON,
                   WORLD_GOODS, EITHER, STALLS},
    [WORLD_FIND] = {ACTION, "找到", "find", "", "found", "", PASTS | FUTURES, WORLD_PERSON, OBJECTS, EITHER,
                    LAND},
    [WORLD_DRAW] = {ACTION, "画", "draw", "", "drew", "drawing", PASTS | NOW | FUTURES, WORLD_PERSON,
                    OBJECTS, EITHER, GREEN | ROOMS},
    [WORLD_WASH] = {ACTION, "洗", "wash", "", "washed", "washing", PASTS | NOW | FUTURES, WORLD_PERSON,
                    WORLD_WASHABLE, THE, GREEN | 1 << WORLD_HOME},
    [WORLD_EAT] = {ACTION, "吃", "eat", "eats", "ate", "eating", PASTS | NOW | DAILY | FUTURES,
                   WORLD_PERSON, WORLD_FOOD, EITHER, GREEN | ROOMS},
    [WORLD_READ] = {ACTION, "读", "read", "reads", "read", "reading", PASTS | NOW | DAILY | FUTURES,
                    WORLD_PERSON, WORLD_PAPER, EITHER, GREEN | ROOMS},
    [WORLD_CHASE] = {ACTION, "追", "chase", "", "", "chasing", NOW, WORLD_HUNTER, WORLD_PREY, EITHER, 0},
    [WORLD_GIVE] = {GIVING, "给", "give", "", "gave", "", PASTS | FUTURES, WORLD_PERSON, WORLD_THING,
                    EITHER, 0},
    [WORLD_GO] = {MOVING, "去", "go", "goes", "went", "", PASTS | DAILY | FUTURES, WORLD_PERSON, 0, 0,
                  GREEN | STALLS | 1 << WORLD_SCHOOL},
    [WORLD_GO_HOME] = {ACTION, "回家", "go home", "", "went home", "", PASTS | FUTURES, WORLD_PERSON, 0, 0,
                       0},
    [WORLD_SLEEP] = {ACTION, "睡觉", "sleep", "", "slept", "sleeping", PASTS | NOW | FUTURES, ANYONE, 0, 0,
                     GREEN | 1 << WORLD_HOME},
    [WORLD_SING] = {ACTION, "唱歌", "sing", "sings", "sang", "singing", PASTS | NOW | DAILY | FUTURES,
                    WORLD_PERSON | WORLD_SINGER, 0, 0, GREEN | ROOMS},
    [WORLD_SWIM] = {ACTION, "游泳", "swim", "swims", "swam", "swimming", PASTS | NOW | DAILY | FUTURES,
                    WORLD_PERSON | WORLD_SWIMMER, 0, 0, RIVER},
    [WORLD_LIKE] = {FEELING_FOR, "喜欢", "like", "likes", "liked", "", ALWAYS, ANYONE, ANYONE | WORLD_THING,
                    THE, 0},
    [WORLD_WANT] = {FEELING_FOR, "想要", "want", "wants", "wanted", "", ALWAYS, WORLD_PERSON, OBJECTS, A,
                    0},
    [WORLD_BE_AT] = {BEING_AT, "", "", "", "", "", PASTS | NOW | DAILY | FUTURES, ANYONE | WORLD_THING, 0,
                     0, LAND | RIVER},
    [WORLD_BE_HAPPY] = {BEING, "高兴", "happy", "", "", "", PASTS | NOW | DAILY | FUTURES, ANYONE, 0, 0, 0},
    [WORLD_BE_ANGRY] = {BEING, "生气", "angry", "", "", "", PASTS | NOW | FUTURES, ANYONE, 0, 0, 0},
    [WORLD_BE_TIRED] = {BEING, "累", "tired", "", "", "", PASTS | NOW | DAILY | FUTURES, ANYONE, 0, 0, 0},
    [WORLD_BE_BIGGER] = {COMPARING, "大", "bigger", "", "", "", ALWAYS, WORLD_ANIMAL, WORLD_ANIMAL, THE, 0},
    [WORLD_BE_TALLER] = {COMPARING, "高", "taller", "", "", "", ALWAYS, WORLD_PERSON, WORLD_PERSON, THE, 0},
};

/* ---- what is natural ------------------------------------------------------------------------------ */

static bool has(unsigned set, int i)
{
    return set >> i & 1;
}

static bool is_person(const WorldPhrase *p)
{
    return (nouns[p->noun].groups & WORLD_PERSON) != 0;
}

/* The adjectives suit the noun, and the noun is of these groups; none is asked for by 0. */
static bool phrase_natural(const WorldPhrase *p, unsigned groups, unsigned articles)
{
    const Noun *n = &nouns[p->noun];
    if (groups == 0)
        return p->noun == 0 && p->quality == 0 && p->colour == 0 && !p->definite;
    return (n->groups & groups) && (articles & (p->definite ? THE : A)) &&
           (p->quality == 0 || has(n->qualities, p->quality)) &&
           (p->colour == 0 || has(n->colours, p->colour)) && (p->definite || !is_person(p));
}

static bool place_natural(const WorldEvent *e, const Verb *v)
{
    if (e->place == WORLD_NOWHERE)
        return v->shape != MOVING && v->shape != BEING_AT;
    unsigned fitting = v->places & nouns[e->subject.noun].places;
    if (e->object.noun)
        fitting &= nouns[e->object.noun].places;
    /* An animal that acts on something does so at no stated place: the sentence would be too long. */
    return has(fitting, e->place) && (is_person(&e->subject) || !e->object.noun);
}

bool world_event_natural(const WorldEvent *e)
{
    const Verb *v = &verbs[e->verb];
    const WorldPhrase *s = &e->subject, *o = &e->object;
    Tense tense = times[e->time].tense;
    if (!has(v->times, e->time) || (tense == HABIT && e->mood == WORLD_DENIES))
        return false;
    if (e->time_first && (tense == PRESENT || tense == HABIT || e->mood == WORLD_ASKS))
        return false;
    if (tense == HABIT && e->verb == WORLD_EAT && o->definite) /* nobody eats the same apple every day */
        return false;
    if (!is_person(s) && (nouns[o->noun].groups & WORLD_THING)) /* things are for people */
        return false;
    if (v->objects && !is_person(s) && s->quality && s->colour) /* too long a sentence */
        return false;
    return phrase_natural(s, v->subjects, THE) && phrase_natural(o, v->objects, v->articles) &&
           phrase_natural(&e->receiver, v->shape == GIVING ? WORLD_PERSON : 0, THE) && s->noun != o->noun &&
           s->noun != e->receiver.noun && place_natural(e, v);
}

/* ---- drawing, identity, side ---------------------------------------------------------------------- */

WorldPhrase world_phrase_draw(unsigned groups, Rng *rng)
{
    WorldPhrase p = {0};
    if (groups == 0)
        return p;
    do
        p.noun = 1 + rng_below(rng, NOUNS - 1);
    while (!(nouns[p.noun].groups & groups));
    int quality = rng_below(rng, 8), colour = rng_below(rng, 10), definite = rng_below(rng, 2);
    if (quality < QUALITIES && has(nouns[p.noun].qualities, quality))
        p.quality = quality;
    if (colour < COLOURS && has(nouns[p.noun].colours, colour))
        p.colour = colour;
    p.definite = definite || is_person(&p);
    return p;
}

WorldEvent world_event_draw_verb(WorldVerb verb, Rng *rng)
{
    const Verb *v = &verbs[verb];
    WorldEvent e;
    do {
        e = (WorldEvent){.verb = verb};
        e.time = (WorldTime)rng_below(rng, WORLD_TIMES);
        e.mood = (WorldMood)rng_below(rng, WORLD_MOODS);
        e.time_first = rng_below(rng, 2);
        e.subject = world_phrase_draw(v->subjects, rng);
        e.object = world_phrase_draw(v->objects, rng);
        e.receiver = world_phrase_draw(v->shape == GIVING ? WORLD_PERSON : 0, rng);
        if (v->places)
            e.place = (WorldPlace)rng_below(rng, WORLD_PLACES);
        e.subject.definite = true;
    } while (!world_event_natural(&e));
    return e;
}

WorldEvent world_event_draw(Rng *rng)
{
    return world_event_draw_verb((WorldVerb)rng_below(rng, WORLD_VERBS), rng);
}

static uint64_t phrase_key(const WorldPhrase *p)
{
    return (((uint64_t)p->noun * QUALITIES + (uint64_t)p->quality) * COLOURS + (uint64_t)p->colour) * 2 +
           p->definite;
}

/* The fields as digits of one number, the order in which they are told being the last. */
uint64_t world_event_key(const WorldEvent *e)
{
    const uint64_t phrases = (uint64_t)NOUNS * QUALITIES * COLOURS * 2;
    uint64_t key = (uint64_t)e->verb;
    key = key * WORLD_TIMES + (uint64_t)e->time;
    key = key * WORLD_MOODS + (uint64_t)e->mood;
    key = key * WORLD_PLACES + (uint64_t)e->place;
    key = key * phrases + phrase_key(&e->subject);
    key = key * phrases + phrase_key(&e->object);
    key = key * phrases + phrase_key(&e->receiver);
    return key * 2 + e->time_first;
}

/* One event in ten is for the test. The mixing is splitmix64's. */
WorldSide world_event_side(const WorldEvent *e)
{
    uint64_t z = (world_event_key(e) >> 1) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % 10 == 0 ? WORLD_TEST : WORLD_TRAIN;
}

/* ---- putting words in a row ------------------------------------------------------------------------ */

typedef struct Line {
    char *text;
    size_t used;
    bool blanks; /* English */
} Line;

static void say(Line *l, const char *word)
{
    size_t size = strlen(word);
    if (size == 0)
        return;
    if (l->blanks && l->used > 0 && !strchr(".?", word[0]))
        l->text[l->used++] = ' ';
    memcpy(l->text + l->used, word, size + 1);
    l->used += size;
}

/* The longest sentence is about 100 bytes in either language, so the room is never short. */
static Line line_begin(char out[WORLD_SENTENCE_ROOM], bool blanks)
{
    out[0] = '\0';
    return (Line){out, 0, blanks};
}

/* ---- Chinese -------------------------------------------------------------------------------------- */

/* What stands before an action and before a state: [said or asked, denied]. */
static const char *const do_zh[][2] = {[PRESENT] = {"", "不"},
                                       [PAST] = {"", "没有"},
                                       [PROGRESSIVE] = {"正在", "没有在"},
                                       [HABIT] = {"", "不"},
                                       [FUTURE] = {"会", "不会"}};
static const char *const be_zh[][2] = {[PRESENT] = {"", "不"},
                                       [PAST] = {"", "不"},
                                       [PROGRESSIVE] = {"", "不"},
                                       [HABIT] = {"", "不"},
                                       [FUTURE] = {"会", "不会"}};

/* 一只猫, 那只猫; after a negation only 猫. A colour beside a quality takes 色的: 白猫, 白色的小猫. */
static void phrase_zh(Line *l, const WorldPhrase *p, bool known, bool denied)
{
    const Noun *n = &nouns[p->noun];
    if (known) {
        say(l, !is_person(p) ? "它" : n->groups & WORLD_FEMALE ? "她" : "他");
        return;
    }
    if (!is_person(p) && (p->definite || !denied)) {
        say(l, p->definite ? "那" : "一");
        say(l, n->measure);
    }
    say(l, colours[p->colour].zh);
    say(l, p->colour && p->quality ? "色的" : "");
    say(l, qualities[p->quality].zh);
    say(l, n->zh);
}

/* What follows the subject, of an action: [正在 | 没有 | 会] 在公园里看见了一只猫. */
static void action_zh(Line *l, const WorldEvent *e, unsigned known)
{
    const Verb *v = &verbs[e->verb];
    Tense tense = times[e->time].tense;
    bool denied = e->mood == WORLD_DENIES, object_known = known & WORLD_OBJECT_KNOWN;
    bool object_first = v->shape == GIVING && (e->object.definite || object_known); /* 把那本书给小明 */
    say(l, do_zh[tense][denied]);
    if (e->place && v->shape == ACTION && !(known & WORLD_PLACE_KNOWN)) {
        say(l, tense == PROGRESSIVE ? "" : "在"); /* 正在公园里: the one 在 serves both */
        say(l, places[e->place].inside);
    }
    if (object_first) {
        say(l, "把");
        phrase_zh(l, &e->object, object_known, denied);
    }
    say(l, v->zh);
    say(l, tense == PAST && !denied ? "了" : "");
    say(l, v->shape == MOVING ? places[e->place].zh : "");
    if (v->shape == GIVING)
        phrase_zh(l, &e->receiver, false, denied);
    if (e->object.noun && !object_first)
        phrase_zh(l, &e->object, object_known, denied);
}

/* The same of a state: [不 | 会] 喜欢那只猫, 在公园里, 很高兴, 比小明高. */
static void state_zh(Line *l, const WorldEvent *e, unsigned known)
{
    const Verb *v = &verbs[e->verb];
    say(l, be_zh[times[e->time].tense][e->mood == WORLD_DENIES]);
    if (v->shape == BEING_AT) {
        say(l, "在");
        say(l, places[e->place].inside);
    } else if (v->shape == COMPARING) {
        say(l, "比");
        phrase_zh(l, &e->object, known & WORLD_OBJECT_KNOWN, false);
        say(l, v->zh);
    } else if (v->shape == BEING) {
        say(l, e->mood == WORLD_SAYS ? "很" : "");
        say(l, v->zh);
    } else {
        say(l, v->zh);
        phrase_zh(l, &e->object, known & WORLD_OBJECT_KNOWN, e->mood == WORLD_DENIES);
    }
}

static void sentence_zh(Line *l, const WorldEvent *e, unsigned known)
{
    const char *time = known & WORLD_TIME_KNOWN ? "" : times[e->time].zh;
    say(l, e->time_first ? time : "");
    phrase_zh(l, &e->subject, known & WORLD_SUBJECT_KNOWN, false);
    say(l, e->time_first ? "" : time);
    if (verbs[e->verb].shape <= MOVING)
        action_zh(l, e, known);
    else
        state_zh(l, e, known);
    say(l, e->mood == WORLD_ASKS ? "吗？" : "。");
}

/* ---- English -------------------------------------------------------------------------------------- */

static void phrase_en(Line *l, const WorldPhrase *p, bool known, bool is_subject)
{
    const Noun *n = &nouns[p->noun];
    const char *quality = qualities[p->quality].en, *colour = colours[p->colour].en;
    if (known && !is_person(p)) {
        say(l, "it");
    } else if (known) {
        say(l, n->groups & WORLD_FEMALE ? (is_subject ? "she" : "her") : (is_subject ? "he" : "him"));
    } else {
        const char *first = p->quality ? quality : p->colour ? colour : n->en;
        if (!is_person(p))
            say(l, p->definite ? "the" : strchr("aeiou", first[0]) ? "an" : "a");
        say(l, quality);
        say(l, colour);
        say(l, n->en);
    }
}

/* The helper, or NULL where the verb itself carries the tense: she saw, she likes. */
static const char *helper_en(bool is, Tense tense, WorldMood mood)
{
    static const char *const be_en[] = {"is", "was", "is", "is", "will"};
    static const char *const do_en[] = {"does", "did", NULL, "does", "will"};
    if (is)
        return be_en[tense];
    return tense == FUTURE || mood != WORLD_SAYS ? do_en[tense] : NULL;
}

/* The objects of the verb, and the place: Tom a book; it to Tom; a cat in the park. */
static void objects_en(Line *l, const WorldEvent *e, unsigned known)
{
    const Verb *v = &verbs[e->verb];
    bool object_known = known & WORLD_OBJECT_KNOWN;
    bool object_first = e->object.definite || object_known; /* gave the book to Tom, but gave Tom a book */
    if (v->shape == GIVING && !object_first)
        phrase_en(l, &e->receiver, false, false);
    say(l, v->shape == COMPARING ? "than" : "");
    if (e->object.noun)
        phrase_en(l, &e->object, object_known, false);
    if (v->shape == GIVING && object_first) {
        say(l, "to");
        phrase_en(l, &e->receiver, false, false);
    }
    if (v->shape == MOVING)
        say(l, places[e->place].to);
    else if (v->shape == BEING_AT || !(known & WORLD_PLACE_KNOWN))
        say(l, places[e->place].at);
}

static void sentence_en(Line *l, const WorldEvent *e, unsigned known)
{
    const Verb *v = &verbs[e->verb];
    bool told = known & WORLD_TIME_KNOWN;
    const char *time = told ? "" : times[e->time].en;
    Tense tense = told && e->time == WORLD_ALWAYS ? PAST : times[e->time].tense;
    bool is = v->shape >= BEING_AT || tense == PROGRESSIVE;
    const char *helper = helper_en(is, tense, e->mood);
    say(l, e->time_first ? time : "");
    say(l, e->mood == WORLD_ASKS ? helper : "");
    phrase_en(l, &e->subject, known & WORLD_SUBJECT_KNOWN, true);
    say(l, e->mood != WORLD_ASKS && helper ? helper : "");
    say(l, e->mood == WORLD_DENIES ? "not" : "");
    say(l, is && tense == FUTURE ? "be" : "");
    say(l, helper && tense == PROGRESSIVE && v->shape < BEING_AT ? v->doing
           : is || helper                                        ? v->en
           : tense == PAST                                       ? v->past
                                                                 : v->third);
    objects_en(l, e, known);
    say(l, e->time_first ? "" : time);
    say(l, e->mood == WORLD_ASKS ? "?" : ".");
    l->text[0] = (char)toupper((unsigned char)l->text[0]);
}

void world_event_sentence(const WorldEvent *e, WorldLanguage language, unsigned known,
                          char out[WORLD_SENTENCE_ROOM])
{
    Line l = line_begin(out, language == WORLD_EN);
    (language == WORLD_EN ? sentence_en : sentence_zh)(&l, e, known);
}
