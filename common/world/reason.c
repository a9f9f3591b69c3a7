/* reason.c -- word problems of two to five steps in many words, with the steps or with the answer alone.
 *
 * As in problem.c a problem is a chain of events, each of which changes a number by one sum, and the key holds the
 * events and the numbers only. Here every event has eight wordings, of which two are held, and the prompt says
 * whether the steps are to be written. */
#include "common/world/draft.h"

enum { WORDINGS = 8, HELD = 2, MIN_STEPS = 2, LENGTHS = 4, MAX_VALUE = 99 };

typedef enum Change { GET, FIND, GIVE, LOSE, DOUBLE, HALVE, CHANGES } Change;

static const DraftLine beginnings[WORDINGS] = {
    {"[who]有[n x]。", "[who] has [n x]."},
    {"起初，[who]有[n x]。", "at first [who] has [n x]."},
    {"[who]的盒子里有[n x]。", "there are [n x] in the box of [who]."},
    {"早上，[who]有[n x]。", "in the morning [who] had [n x]."},
    {"[who]家里有[n x]。", "[who] keeps [n x] at home."},
    {"[who]带来了[n x]。", "[who] came with [n x]."},
    {"[who]原来有[n x]。", "[who] had [n x]."},
    {"早上，[who]家里有[n x]。", "at first [who] had [n x]."},
};

static const DraftLine events[CHANGES][WORDINGS] = {
    [GET] = {{"[f]又给了[him who][n x]。", "[f] gives [him who] [n x]."},
             {"后来，[he who]从[f]那里得到[n x]。", "then [he who] gets [n x] from [f]."},
             {"[f]送来了[n x]。", "[f] brings [n x]."},
             {"[he who]又收到了[n x]。", "[he who] got [n x] more."},
             {"接着，妈妈给了[him who][n x]。", "next, [his who] mother gave [him who] [n x]."},
             {"[he who]得到了[f]的[n x]。", "[he who] takes [n x] that [f] does not need."},
             {"[f]给[he who]带来了[n x]。", "[f] gave [him who] [n x]."},
             {"[he who]从妈妈那里又得到了[n x]。", "next, [he who] got [n x] from [his who] mother."}},
    [FIND] = {{"[he who]又找到了[n x]。", "[he who] finds [n x] more."},
              {"后来，[he who]又买了[n x]。", "then [he who] buys [n x] more."},
              {"[he who]自己又做了[n x]。", "[he who] made [n x] more."},
              {"在公园里，[he who]又看到[n x]，拿回了家。",
               "in the park [he who] found [n x] and took them home."},
              {"[he who]在商店里又买了[n x]。", "[he who] bought [n x] in the shop."},
              {"又多了[n x]。", "there are [# x] more."},
              {"[he who]又买了[# x][unit x]。", "[he who] bought [# x] more."},
              {"后来，[he who]自己又找到了[n x]。", "then [he who] found [# x] more."}},
    [GIVE] = {{"[he who]给了[f][n x]。", "[he who] gives [n x] to [f]."},
              {"后来，[he who]送给[f][n x]。", "then [he who] hands [n x] to [f]."},
              {"[f]拿走了[n x]。", "[f] takes [n x] away."},
              {"[he who]把[n x]送给了[f]。", "[he who] gave [f] [n x]."},
              {"接着，[he who]分给[f][n x]。", "next, [he who] gave away [n x] to [f]."},
              {"[f]从[he who]那里借走了[n x]。", "[f] borrowed [n x] from [him who]."},
              {"后来，[f]从[he who]那里拿走了[n x]。", "then [f] took [n x] from [him who]."},
              {"[he who]分了[# x][unit x]给[f]。", "[he who] gave [# x] to [f]."}},
    [LOSE] = {{"[he who]弄丢了[n x]。", "[he who] loses [n x]."},
              {"后来，[he who]用掉了[n x]。", "then [he who] uses [n x]."},
              {"有[n x]坏了。", "[n x] broke and went away."},
              {"[he who]卖掉了[n x]。", "[he who] sold [n x]."},
              {"路上丢了[n x]。", "[he who] lost [n x] on the way."},
              {"又少了[n x]。", "there are [# x] less."},
              {"[he who]丢了[# x][unit x]。", "[he who] lost [# x]."},
              {"后来，[he who]又卖了[n x]。", "then [he who] sold [# x]."}},
    [DOUBLE] = {{"后来，[his who][x]变成了原来的2倍。", "then [he who] gets 2 times as many."},
                {"奶奶让[his who][x]变成了原来的2倍。", "[his who] grandmother makes it 2 times as many."},
                {"[x]多了一倍。", "the number doubles."},
                {"现在[he who]的[x]是刚才的2倍。", "now [he who] has 2 times as many as before."},
                {"[he who]又得到同样多的[x]。", "[he who] gets as many again."},
                {"[f]给了[him who]同样多的[x]。", "[f] gives [him who] as many as [he who] has."},
                {"后来，[x]又多了一倍。", "then the number doubles."},
                {"[f]又给了[him who]同样多的[x]。", "[f] gave [him who] as many again."}},
    [HALVE] = {{"[he who]和[f]平分，一人一半。", "[he who] shares them with [f], one half for each."},
               {"后来，[he who]把一半给了[f]。", "then [he who] gives one half to [f]."},
               {"[he who]弄丢了一半。", "[he who] loses one half of them."},
               {"[f]拿走了一半。", "[f] takes one half of them away."},
               {"[he who]卖掉了一半。", "[he who] sold one half of them."},
               {"有一半坏了。", "one half of them broke."},
               {"后来，[f]拿走了[his who]一半。", "then [f] took one half of them."},
               {"[he who]分了一半给[f]。", "[he who] gave one half of them to [f]."}},
};

static const DraftLine questions[WORDINGS] = {
    {"[who]现在有[many x]？", "how many [many x] does [who] have now?"},
    {"[who]还有[many x]？", "how many [many x] does [who] have?"},
    {"最后有[many x]？", "how many [many x] are there in the end?"},
    {"[he who]最后有[many x]？", "how many [many x] has [he who] now?"},
    {"请问，[who]有[many x]？", "tell me, how many [many x] has [who] got?"},
    {"现在[his who][x]有几[unit x]？", "what is the number of [many x] now?"},
    {"[he who]现在还有[many x]？", "how many [many x] does [he who] have in the end?"},
    {"请问，现在有[many x]？", "tell me, how many [many x] are there now?"},
};

static const DraftLine with_steps[WORDINGS] = {
    {"一步一步算。", "think step by step."},
    {"写出步骤。", "write the steps."},
    {"先算一算。", "think first."},
    {"写出每一步。", "show the steps."},
    {"要写步骤。", "with the steps."},
    {"分步算。", "step by step, please."},
    {"请写出每一步。", "show the steps, please."},
    {"先一步一步算。", "write the steps, step by step."},
};

static const DraftLine without_steps[WORDINGS] = {
    {"只说答案。", "say only the answer."},
    {"直接回答。", "answer at once."},
    {"只要答案。", "only the answer."},
    {"马上回答。", "the answer alone."},
    {"不写步骤。", "without steps."},
    {"不要步骤，直接说。", "no steps, just the answer."},
    {"请直接说答案。", "only the answer, at once."},
    {"请马上说答案。", "without steps, just the answer."},
};

typedef struct Chain {
    int value, steps, last;
    const WorldWord *counted;
} Chain;

static bool possible(const Chain *c, Change change)
{
    if ((int)change == c->last)
        return false;
    if (change == GET || change == FIND)
        return c->value + 20 <= MAX_VALUE;
    if (change == DOUBLE)
        return c->value <= 40;
    return change == HALVE ? c->value % 2 == 0 && c->value >= 4 : c->value >= 4;
}

static void write_sum(Draft *d, Chain *c, char sign, int by, int result)
{
    const char *gap = c->steps++ && d->language == WORLD_EN ? " " : "";
    if (d->label)
        draft_print(d->steps, "%s%d %c %d = %d%s", gap, c->value, sign, by, result,
                    draft_by_language(d, "。", "."));
    c->value = result;
}

static void change(Draft *d, Chain *c)
{
    Change event;
    do
        event = (Change)rng_below(d->rng, CHANGES);
    while (!possible(c, event));
    draft_fold(d, event, CHANGES - 1);
    int least = c->value - 1 < 20 ? c->value - 1 : 20;
    int number = event >= DOUBLE ? 2 : 1 + draft_pick(d, event == GIVE || event == LOSE ? least : 20);
    draft_bind_number(d, "x", number, c->counted);
    draft_say_either(d, d->prompt, events[event], WORDINGS, HELD);
    c->last = (int)event;
    switch (event) {
    case GET:
    case FIND:
        write_sum(d, c, '+', number, c->value + number);
        break;
    case GIVE:
    case LOSE:
        write_sum(d, c, '-', number, c->value - number);
        break;
    case DOUBLE:
        write_sum(d, c, '*', 2, c->value * 2);
        break;
    default:
        write_sum(d, c, '/', 2, c->value / 2);
    }
}

/* Who has what to begin with; people and things are no part of the key. Eggs and apples are counted too. */
static Chain begin(Draft *d)
{
    enum { FRUIT = 10 };
    int who = rng_below(d->rng, WORLD_CHILDREN), friend = rng_below(d->rng, WORLD_CHILDREN - 1);
    friend += friend >= who;
    draft_bind(d, "who", world_word(WORLD_PEOPLE, who));
    draft_bind(d, "f", world_word(WORLD_PEOPLE, friend));
    WorldList list = rng_below(d->rng, 2) ? WORLD_THINGS : WORLD_FOODS;
    Chain c = {.last = -1, .counted = world_word(list, rng_below(d->rng, FRUIT))};
    c.value = 2 + draft_pick(d, 39);
    draft_bind_number(d, "x", c.value, c.counted);
    draft_say_either(d, d->prompt, beginnings, WORDINGS, HELD);
    return c;
}

void draft_reason(Draft *d)
{
    draft_hold(d);
    int steps = MIN_STEPS + draft_pick(d, LENGTHS);
    d->size = 1;
    d->label = rng_below(d->rng, 3) > 0;
    Chain c = begin(d);
    while (c.steps < steps)
        change(d, &c);
    d->task = steps - MIN_STEPS;
    draft_bind_number(d, "x", c.value, c.counted);
    draft_say_either(d, d->prompt, questions, WORDINGS, HELD);
    draft_say_either(d, d->prompt, d->label ? with_steps : without_steps, WORDINGS, HELD);
    draft_print(d->answer, "%d", c.value);
}
