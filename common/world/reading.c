/* reading.c -- passages of one to eight facts, asked for in five ways, each in ten wordings of which two are held.
 *
 * The facts are those of told.h, so a passage of the test tells none that training tells. Every question is on a
 * line of its own, its answer after it. */
#include "common/world/told.h"

#include <string.h>

enum { WORDINGS = 10, HELD = 2, MAX_FACTS = 8 };

static const DraftLine tellings[WORDINGS] = {
    {"[day]，[who]在[at p][did did][a x]。", "on [day] [who] [did did] [a x] [at p]."},
    {"[who][day]在[at p][did did][a x]。", "[who] [did did] [a x] [at p] on [day]."},
    {"[day]在[at p]，[who][did did][a x]。", "[at p], on [day], [who] [did did] [a x]."},
    {"[who][did did][a x]，那是[day]在[at p]的事。", "[who] [did did] [a x]; that was on [day], [at p]."},
    {"[day]在[at p][did did][a x]的人是[who]。", "it was [who] who [did did] [a x] [at p] on [day]."},
    {"[who]去了[to p]，在那里[did did][a x]，那天是[day]。",
     "[who] went [to p] and [did did] [a x] there; it was [day]."},
    {"[day]，有人在[at p][did did][a x]，这个人是[who]。",
     "on [day] somebody [did did] [a x] [at p]; that was [who]."},
    {"[who]说，[he who][day]在[at p][did did][a x]。",
     "[who] says that [he who] [did did] [a x] [at p] on [day]."},
    {"在[at p]，[who]在[day][did did][a x]。", "[at p] [who] [did did] [a x], and that was on [day]."},
    {"[did did][a x]的是[who]，[day]，在[at p]。", "it was on [day] that [who] [did did] [a x] [at p]."},
};

static const DraftLine asks[][WORDINGS] = {
    [WORLD_WHO] = {{"谁[did did][the x]？", "who [did did] the [x]?"},
                   {"[did did][the x]的人是谁？", "who was it who [did did] the [x]?"},
                   {"是谁[did did][the x]？", "who was the person who [did did] the [x]?"},
                   {"请问，谁[did did][the x]？", "please tell me, who [did did] the [x]?"},
                   {"你知道谁[did did][the x]吗？", "do you know who [did did] the [x]?"},
                   {"哪个人[did did][the x]？", "which person [did did] the [x]?"},
                   {"[did did][the x]的人叫什么名字？",
                    "what is the name of the person who [did did] the [x]?"},
                   {"问：谁[did did][the x]？", "question: who [did did] the [x]?"},
                   {"这里说的是谁[did did][the x]？", "who, do you know, [did did] the [x]?"},
                   {"[the x]，是哪个人[did did]它？", "which person was it who [did did] the [x]?"}},
    [WORLD_WHAT] = {{"[who][did did]什么？", "what did [who] [did]?"},
                    {"[who]那天[did did]什么东西？", "what was it that [who] [did did]?"},
                    {"[who]到底[did did]什么？", "which thing did [who] [did]?"},
                    {"请问，[who][did did]什么？", "please tell me, what did [who] [did]?"},
                    {"你知道[who][did did]什么吗？", "do you know what [who] [did did]?"},
                    {"[who][did did]哪样东西？", "what is the thing that [who] [did did]?"},
                    {"[who][did did]一样东西，那是什么？", "[who] [did did] something. what was it?"},
                    {"问：[who][did did]什么？", "question: what did [who] [did]?"},
                    {"这里说[who][did did]什么东西？", "what, do you know, did [who] [did]?"},
                    {"[who]，这个人[did did]什么？", "[who]: what is it that [he who] [did did]?"}},
    [WORLD_WHERE] =
        {{"[who]在哪里[did did][the x]？", "where did [who] [did] the [x]?"},
         {"[who][did did][the x]，那是在哪里？", "where was it that [who] [did did] the [x]?"},
         {"[who]到底在哪里[did did][the x]？", "in which place did [who] [did] the [x]?"},
         {"请问，[who]在哪里[did did][the x]？", "please tell me, where did [who] [did] the [x]?"},
         {"你知道[who]在哪里[did did][the x]吗？", "do you know where [who] [did did] the [x]?"},
         {"[who]在什么地方[did did][the x]？", "what is the place where [who] [did did] the [x]?"},
         {"[who][did did][the x]的地方是哪里？", "[who] [did did] the [x]. where was that?"},
         {"问：[who]在哪里[did did][the x]？", "question: where did [who] [did] the [x]?"},
         {"这里说[who]在什么地方[did did][the x]？", "where, do you know, did [who] [did] the [x]?"},
         {"[the x]，[who]在哪里[did did]它？", "in which place was it that [who] [did did] the [x]?"}},
    [WORLD_WHEN] =
        {{"[who]星期几[did did][the x]？", "on which day did [who] [did] the [x]?"},
         {"[who][did did][the x]，那是星期几？", "on which day was it that [who] [did did] the [x]?"},
         {"[who]到底星期几[did did][the x]？", "when did [who] [did] the [x]?"},
         {"请问，[who]星期几[did did][the x]？", "please tell me, when did [who] [did] the [x]?"},
         {"你知道[who]星期几[did did][the x]吗？", "do you know when [who] [did did] the [x]?"},
         {"[who]在哪一天[did did][the x]？", "what was the day when [who] [did did] the [x]?"},
         {"[who][did did][the x]的那天是星期几？", "[who] [did did] the [x]. on which day was that?"},
         {"问：[who]星期几[did did][the x]？", "question: when did [who] [did] the [x]?"},
         {"这里说[who]在星期几[did did][the x]？", "when, do you know, did [who] [did] the [x]?"},
         {"[the x]，[who]哪一天[did did]它？", "when was it that [who] [did did] the [x]?"}},
    [WORLD_WHICH_COLOUR] = {{"[who][did did][a y]，那是什么颜色的？",
                             "which colour has the [y] that [who] [did did]?"},
                            {"那[unit y][y]是什么颜色的？", "what colour is the [y]?"},
                            {"[y]的颜色是什么？", "what is the colour of the [y]?"},
                            {"请问，[y]是什么颜色的？", "please tell me, which colour has the [y]?"},
                            {"你知道[y]是什么颜色的吗？", "do you know what colour the [y] is?"},
                            {"[who]的[y]是哪种颜色？", "which colour is the [y] of [who]?"},
                            {"[who][did did][y]，它是什么颜色的？",
                             "[who] [did did] [a y]. what colour is it?"},
                            {"问：[y]是什么颜色的？", "question: what colour is the [y]?"},
                            {"这里说[y]的颜色是哪种？", "which colour, do you know, is the [y]?"},
                            {"那[unit y][y]，它的颜色是什么？", "what colour is it, the [y]?"}},
};

static const DraftLine answers[] = {[WORLD_WHO] = {"[who]", "[who]"},
                                    [WORLD_WHAT] = {"[a x]", "[a x]"},
                                    [WORLD_WHERE] = {"在[at p]", "[at p]"},
                                    [WORLD_WHEN] = {"[day]", "on [day]"},
                                    [WORLD_WHICH_COLOUR] = {"[c]", "[c]"}};
static const DraftLine unknown = {"不知道", "I do not know"};

/* Nobody and no thing comes twice, so that a question has one answer. */
static bool apart(const Told *f, const Told *others, int count)
{
    for (int i = 0; i < count; i++) {
        if (others[i].who == f->who || others[i].thing == f->thing)
            return false;
    }
    return true;
}

static Told draw_apart(Draft *d, const Told *others, int count)
{
    Told f;
    do
        f = told_draw(d);
    while (!apart(&f, others, count));
    return f;
}

static void bind(Draft *d, const Told *f)
{
    told_bind(d, f);
    draft_bind(d, "y", world_word(WORLD_THINGS, f->thing));
    draft_bind(d, "c", world_word(WORLD_COLOURS, f->colour));
}

/* A question and its answer. One in five has none: the passage has neither that thing nor, if it is what is asked
 * for, that person. */
static void ask(Draft *d, const Told *facts, int count, char *question, char *answer)
{
    Told asked = facts[rng_below(d->rng, count)];
    d->task = rng_below(d->rng, DRAFT_COUNT(asks));
    d->label = rng_below(d->rng, 5) > 0;
    d->key = told_key(&asked);
    Told other = draw_apart(d, facts, count);
    if (!d->label && d->task == WORLD_WHAT)
        asked.who = other.who;
    else if (!d->label)
        asked.thing = other.thing;
    bind(d, &asked);
    draft_say_either(d, question, asks[d->task], WORDINGS, HELD);
    draft_put(d, answer, d->label ? answers[d->task] : unknown, true);
}

void draft_reading(Draft *d)
{
    draft_hold(d);
    Told facts[MAX_FACTS];
    int count = 1 + rng_below(d->rng, MAX_FACTS), fewer = 1 + rng_below(d->rng, MAX_FACTS);
    count = fewer < count ? fewer
                          : count; /* short passages, from which looking up is learnt, come more often */
    for (int i = 0; i < count; i++) {
        facts[i] = draw_apart(d, facts, i);
        bind(d, &facts[i]);
        draft_say_either(d, d->passage, tellings, WORDINGS, HELD);
        if (rng_below(d->rng, 4) == 0)
            draft_say(d, d->passage, told_after(&facts[i]));
    }
    draft_print(d->passage, "\n");
    for (int i = 0; i < d->questions; i++) {
        ask(d, facts, count, d->passage, d->passage);
        draft_print(d->passage, "\n");
    }
    ask(d, facts, count, d->prompt, d->answer);
    d->size = told_count();
}
