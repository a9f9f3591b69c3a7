/* passage.c -- who did what, where, on which day: passages to be asked about, paraphrases, orders.
 *
 * Every such fact has a side of its own, and a passage holds facts of one side
 * only. So no passage of training tells what a test passage tells. */
#include "common/world/told.h"

#include <stdlib.h>
#include <string.h>

/* Did, -, do, did; and what may be said next. */
typedef struct Deed {
    WorldWord word;
    DraftLine after;
    bool trade; /* at the market, in the shop */
} Deed;

static const Deed deeds[] = {
    {{"买了", "", "buy", "bought", 0, 0}, {"[he who]非常喜欢它。", "[he who] liked it very much."}, true},
    {{"卖了", "", "sell", "sold", 0, 0}, {"[he who]挣了一些钱。", "[he who] got some money for it."}, true},
    {{"找到了", "", "find", "found", 0, 0}, {"[he who]很高兴。", "[he who] was very happy."}, false},
    {{"弄丢了", "", "lose", "lost", 0, 0}, {"[he who]很难过。", "[he who] was very sad."}, false},
    {{"画了", "", "draw", "drew", 0, 0},
     {"[he who]把画送给了妈妈。", "[he who] gave the picture to [his who] mother."},
     false},
    {{"看见了", "", "see", "saw", 0, 0},
     {"[he who]觉得它很漂亮。", "[he who] thought it was pretty."},
     false},
    {{"借了", "", "borrow", "borrowed", 0, 0},
     {"[he who]第二天就还了。", "[he who] gave it back the next day."},
     false},
    {{"藏了", "", "hide", "hid", 0, 0},
     {"没有人知道，因为[he who]没有说。", "nobody knew, because [he who] did not tell."},
     false},
};
enum { DEEDS = DRAFT_COUNT(deeds), MARKET = 3, SHOP = 4 };

uint64_t told_key(const Told *f)
{
    const int parts[] = {f->who, f->deed, f->thing, f->colour, f->site, f->day};
    uint64_t key = 21;
    for (int i = 0; i < DRAFT_COUNT(parts); i++)
        key = draft_mix(key, (uint64_t)parts[i]);
    return key;
}

/* How many facts there are: trade has two places, the other deeds any. */
double told_count(void)
{
    double places = 0;
    for (int i = 0; i < DEEDS; i++)
        places += deeds[i].trade ? 2 : world_list_count(WORLD_SITES);
    return places * world_list_count(WORLD_PEOPLE) * world_list_count(WORLD_THINGS) *
           world_list_count(WORLD_COLOURS) * world_list_count(WORLD_DAYS);
}

/* A fact of the draft's side. */
Told told_draw(Draft *d)
{
    Told f;
    bool natural;
    do {
        f.who = rng_below(d->rng, world_list_count(WORLD_PEOPLE));
        f.deed = rng_below(d->rng, DEEDS);
        f.thing = rng_below(d->rng, world_list_count(WORLD_THINGS));
        f.colour = rng_below(d->rng, world_list_count(WORLD_COLOURS));
        f.site = rng_below(d->rng, world_list_count(WORLD_SITES));
        f.day = rng_below(d->rng, world_list_count(WORLD_DAYS));
        natural = !deeds[f.deed].trade || f.site == MARKET || f.site == SHOP;
    } while (!natural || draft_side(told_key(&f)) != d->side);
    return f;
}

DraftLine told_after(const Told *f)
{
    return deeds[f->deed].after;
}

void told_bind(Draft *d, const Told *f)
{
    draft_bind(d, "who", world_word(WORLD_PEOPLE, f->who));
    draft_bind(d, "did", &deeds[f->deed].word);
    draft_bind_look(d, "x", world_word(WORLD_COLOURS, f->colour), true, world_word(WORLD_THINGS, f->thing));
    draft_bind(d, "p", world_word(WORLD_SITES, f->site));
    draft_bind(d, "day", world_word(WORLD_DAYS, f->day));
}

static const DraftLine tellings[] = {
    {"[day]，[who]在[at p][did did][a x]。", "on [day] [who] [did did] [a x] [at p]."},
    {"[who][day]在[at p][did did][a x]。", "[who] [did did] [a x] [at p] on [day]."},
    {"[day]在[at p]，[who][did did][a x]。", "[at p], on [day], [who] [did did] [a x]."},
    {"[who][did did][a x]，那是[day]在[at p]的事。", "[who] [did did] [a x]; that was on [day], [at p]."},
    {"[day]在[at p][did did][a x]的人是[who]。", "it was [who] who [did did] [a x] [at p] on [day]."},
};
enum { PLAIN_TELLINGS = 3 };

/* ---- passages ------------------------------------------------------------------------------------ */

enum { MAX_FACTS = 4 };

/* Two askings each; and the answer. */
static const DraftLine asks[][3] = {
    [WORLD_WHO] = {{"谁[did did][the x]？", "who [did did] the [x]?"},
                   {"[did did][the x]的人是谁？", "who was it who [did did] the [x]?"},
                   {"[who]", "[who]"}},
    [WORLD_WHAT] = {{"[who][did did]什么？", "what did [who] [did]?"},
                    {"[who]那天[did did]什么东西？", "what was it that [who] [did did]?"},
                    {"[a x]", "[a x]"}},
    [WORLD_WHERE] = {{"[who]在哪里[did did][the x]？", "where did [who] [did] the [x]?"},
                     {"[who][did did][the x]，那是在哪里？", "where was it that [who] [did did] the [x]?"},
                     {"在[at p]", "[at p]"}},
    [WORLD_WHEN] = {{"[who]星期几[did did][the x]？", "on which day did [who] [did] the [x]?"},
                    {"[who][did did][the x]，那是星期几？",
                     "on which day was it that [who] [did did] the [x]?"},
                    {"[day]", "on [day]"}},
};

/* Nobody, no thing and no day comes twice in a passage, so that a question has one answer. */
static bool apart(const Told *f, const Told *others, int count)
{
    for (int i = 0; i < count; i++) {
        if (others[i].who == f->who || others[i].thing == f->thing || others[i].day == f->day)
            return false;
    }
    return true;
}

static int compare_days(const void *a, const void *b)
{
    return ((const Told *)a)->day - ((const Told *)b)->day;
}

static int draw_facts(Draft *d, Told facts[MAX_FACTS])
{
    int min = d->questions > 0 ? 1 : 3;
    int count = min + rng_below(d->rng, MAX_FACTS + 1 - min);
    for (int i = 0; i < count; i++) {
        do
            facts[i] = told_draw(d);
        while (!apart(&facts[i], facts, i));
    }
    qsort(facts, (size_t)count, sizeof *facts, compare_days);
    return count;
}

/* Asks about somebody, or something, that the passage does not have. */
static void make_unknown(Draft *d, Told *asked, const Told *facts, int count)
{
    Told other;
    do
        other = told_draw(d);
    while (!apart(&other, facts, count));
    if (d->task == WORLD_WHAT)
        asked->who = other.who;
    else
        asked->thing = other.thing;
}

static void tell(Draft *d, const Told *f)
{
    told_bind(d, f);
    draft_say_one(d, d->passage, tellings, PLAIN_TELLINGS, 0);
    if (rng_below(d->rng, 3) == 0)
        draft_say(d, d->passage, told_after(f));
}

/* One question, and its answer; nobody knows the answer to one in four. The sample is what the last one makes it. */
static void ask(Draft *d, const Told *facts, int count, char *question, char *answer)
{
    const DraftLine unknown = {"不知道", "I do not know"};
    Told asked = facts[rng_below(d->rng, count)];
    d->task = rng_below(d->rng, DRAFT_COUNT(asks));
    d->label = rng_below(d->rng, 4) > 0;
    d->key = told_key(&asked);
    if (!d->label)
        make_unknown(d, &asked, facts, count);
    told_bind(d, &asked);
    draft_say_one(d, question, asks[d->task], 2, 0);
    draft_put(d, answer, d->label ? asks[d->task][2] : unknown, true);
}

void draft_passage(Draft *d)
{
    Told facts[MAX_FACTS];
    int count = draw_facts(d, facts);
    for (int i = 0; i < count; i++)
        tell(d, &facts[i]);
    for (int i = 0; i < d->questions; i++) {
        ask(d, facts, count, d->passage, d->passage);
        draft_put(d, d->passage, (DraftLine){"\n", "\n"}, false);
    }
    ask(d, facts, count, d->prompt, d->answer);
    d->size = told_count();
}

/* ---- paraphrases --------------------------------------------------------------------------------- */

/* Another fact of the same side that differs in one part; false if none was found. */
static bool nearly(Draft *d, const Told *f, Told *g)
{
    enum { TRIES = 200 };
    for (int i = 0; i < TRIES; i++) {
        *g = *f;
        switch (rng_below(d->rng, 4)) {
        case 0:
            g->who = rng_below(d->rng, world_list_count(WORLD_PEOPLE));
            break;
        case 1:
            g->thing = rng_below(d->rng, world_list_count(WORLD_THINGS));
            break;
        case 2:
            g->colour = rng_below(d->rng, world_list_count(WORLD_COLOURS));
            break;
        default:
            g->day = rng_below(d->rng, world_list_count(WORLD_DAYS));
        }
        if (told_key(g) != told_key(f) && draft_side(told_key(g)) == d->side)
            return true;
    }
    return false;
}

void draft_paraphrase(Draft *d)
{
    Told f, g;
    do
        f = told_draw(d);
    while (!nearly(d, &f, &g));
    int first = draft_wording(d, DRAFT_COUNT(tellings), 0), second;
    do
        second = draft_wording(d, DRAFT_COUNT(tellings), 0);
    while (second == first);
    d->key = told_key(&f);
    d->size = told_count();
    told_bind(d, &f);
    draft_say(d, d->prompt, tellings[first]);
    draft_say(d, d->answer, tellings[second]);
    told_bind(d, &g);
    draft_say(d, d->worse, tellings[first]);
}

/* ---- orders, and their records ------------------------------------------------------------------- */

static const DraftLine orders[][2] = {
    /* with a day, and without */
    {{"[who]要[n x]，请在[day]送来。", "[who] wants [n x]. please bring the order on [day]."},
     {"[who]要[n x]，谢谢。", "[who] wants [n x]. thank you."}},
    {{"你好，我是[who]，我想买[n x]，[day]来拿。",
      "hello, this is [who]. I want to buy [n x] and will come on [day]."},
     {"你好，我是[who]，我想买[n x]。", "hello, this is [who]. I want to buy [n x]."}},
    {{"[day]，[who]会来拿[n x]。", "on [day] [who] will come for [n x]."},
     {"[who]会来拿[n x]。", "[who] will come for [n x]."}},
    {{"你好，我是[who]，请在[day]送[n x]来。", "hello, this is [who]. please bring [n x] on [day]."},
     {"你好，我是[who]，请送[n x]来。", "hello, this is [who]. please bring [n x]."}},
};

static const DraftLine records[] = {
    {"{\"姓名\": \"[who]\", \"数量\": [# x], \"东西\": \"[thing]\", \"颜色\": ",
     "{\"name\": \"[who]\", \"number\": [# x], \"thing\": \"[thing]\", \"colour\": "},
    {"\"[colour]\", ", "\"[colour]\", "},
    {"null, ", "null, "},
    {"\"日子\": \"[day]\"}", "\"day\": \"[day]\"}"},
    {"\"日子\": null}", "\"day\": null}"},
};

/* 0 .. n-1, or n for nothing, which comes more often than its share. */
static int pick_or_none(Draft *d, int n)
{
    int choice = rng_below(d->rng, n + 3);
    choice = choice < n ? choice : n;
    draft_fold(d, (uint64_t)choice, n + 1);
    return choice;
}

void draft_record(Draft *d)
{
    draft_bind_pick(d, "who", WORLD_PEOPLE);
    const WorldWord *thing = world_word(WORLD_THINGS, draft_bind_pick(d, "thing", WORLD_THINGS));
    int number = 1 + draft_pick(d, 9), colours = world_list_count(WORLD_COLOURS);
    int days = world_list_count(WORLD_DAYS), colour = pick_or_none(d, colours), day = pick_or_none(d, days);
    const WorldWord *adjective = colour < colours ? world_word(WORLD_COLOURS, colour) : NULL;
    draft_bind_slot(d, (DraftSlot){"x", thing, adjective, true, number});
    if (adjective)
        draft_bind(d, "colour", adjective);
    if (day < days)
        draft_bind(d, "day", world_word(WORLD_DAYS, day));
    draft_say(d, d->prompt, orders[draft_wording(d, DRAFT_COUNT(orders), 1)][day >= days]);
    draft_put(d, d->answer, records[0], false);
    draft_put(d, d->answer, records[adjective ? 1 : 2], false);
    draft_put(d, d->answer, records[day < days ? 3 : 4], false);
}
