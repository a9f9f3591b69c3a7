/* problem.c -- word problems of two to four steps, with the steps.
 *
 * A problem is a chain: so many to begin with, then each event changes the
 * number by one sum. Buying takes two sums (3 * 2 = 6, 20 - 6 = 14). The key
 * holds the events and the numbers only, so a chain of the test is new to
 * training whoever it is told of. */
#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

typedef enum Change { GET, FIND, GIVE, LOSE, DOUBLE, SHARE, EARN, PAY, BUY, CHANGES } Change;

/* [n x] so many things or coins; [f] a friend; [n y] things at [n m] coins. */
static const DraftLine events[CHANGES][2] = {
    [GET] = {{"[f]又给了[him who][n x]。", "[f] gives [him who] [n x]."},
             {"后来，[him who]从[f]那里得到[n x]。", "then [he who] gets [n x] from [f]."}},
    [FIND] = {{"[he who]又找到了[n x]。", "[he who] finds [n x] more."},
              {"后来，[he who]又买了[n x]。", "then [he who] buys [n x] more."}},
    [GIVE] = {{"[he who]给了[f][n x]。", "[he who] gives [n x] to [f]."},
              {"后来，[he who]送给[f][n x]。", "then [he who] hands [n x] to [f]."}},
    [LOSE] = {{"[he who]弄丢了[n x]。", "[he who] loses [n x]."},
              {"后来，[he who]用掉了[n x]。", "then [he who] uses [n x]."}},
    [DOUBLE] = {{"后来，[his who][x]变成了原来的2倍。", "then [he who] gets 2 times as many."},
                {"奶奶让[his who][x]变成了原来的2倍。", "[his who] grandmother makes it 2 times as many."}},
    [SHARE] = {{"[he who]和[f]平分，一人一半。", "[he who] shares them with [f], one half for each."},
               {"后来，[he who]把一半给了[f]。", "then [he who] gives one half to [f]."}},
    [EARN] = {{"[he who]帮妈妈做事，挣了[n x]。", "[he who] helps [his who] mother and earns [n x]."},
              {"后来，爸爸给了[him who][n x]。", "then [his who] father gives [him who] [n x]."}},
    [PAY] = {{"[he who]坐车花了[n x]。", "[he who] pays [n x] for the bus."},
             {"后来，[he who]买水花了[n x]。", "then [he who] pays [n x] for water."}},
    [BUY] = {{"[he who]买了[n y]，每[unit y]要[n m]。", "[he who] buys [n y] for [n m] each."},
             {"后来，[he who]买了[n y]，每[unit y][n m]。", "then [he who] buys [n y], each for [n m]."}},
};

static const WorldWord coin = {"钱", "块", "coin", 0, 0, 0};

typedef struct Chain {
    int value, sums, last; /* last: the event before, -1 at first */
    bool money;
    const WorldWord *counted; /* the coins, or the things */
} Chain;

static void write_sum(Draft *d, Chain *c, int a, char sign, int b, int result)
{
    char sum[64];
    snprintf(sum, sizeof sum, "%d %c %d = %d%s", a, sign, b, result, draft_by_language(d, "。", "."));
    size_t used = strlen(d->steps);
    snprintf(d->steps + used, DRAFT_ROOM - used, "%s%s", used && d->language == WORLD_EN ? " " : "", sum);
    c->sums++;
}

/* The events that can come next; BUY takes two sums. */
static int possible(const Chain *c, int sums_left, Change out[CHANGES])
{
    int count = 0;
    for (int i = 0; i < CHANGES; i++) {
        bool fits = (i >= EARN) == c->money && (i != c->last || c->value < 2);
        fits &= (i != GIVE && i != LOSE && i != PAY) || c->value >= 2;
        fits &= i != DOUBLE || (c->value >= 1 && c->value <= 20);
        fits &= i != SHARE || (c->value % 2 == 0 && c->value >= 2);
        fits &= i != BUY || (sums_left >= 2 && c->value >= 6);
        if (fits)
            out[count++] = (Change)i;
    }
    return count;
}

/* Two or three things of a price for which there is money enough. */
static void buy(Draft *d, Chain *c)
{
    int count = 2 + draft_pick(d, 2), dearest = c->value / count < 9 ? c->value / count : 9;
    int price = 2 + draft_pick(d, dearest - 1), cost = count * price;
    draft_bind_number(d, "y", count, world_word(WORLD_THINGS, rng_below(d->rng, WORLD_CHEAP)));
    draft_bind_number(d, "m", price, &coin);
    write_sum(d, c, count, '*', price, cost);
    write_sum(d, c, c->value, '-', cost, c->value - cost);
    c->value -= cost;
}

/* One event and its sum. */
static void change(Draft *d, Chain *c, Change event)
{
    c->last = (int)event;
    bool less = event == GIVE || event == LOSE || event == PAY;
    if (event == BUY) {
        buy(d, c);
    } else if (event == DOUBLE || event == SHARE) {
        int result = event == DOUBLE ? c->value * 2 : c->value / 2;
        write_sum(d, c, c->value, event == DOUBLE ? '*' : '/', 2, result);
        c->value = result;
    } else {
        int max = less && c->value - 1 < 12 ? c->value - 1 : 12, number = 1 + draft_pick(d, max);
        int result = less ? c->value - number : c->value + number;
        draft_bind_number(d, "x", number, c->counted);
        write_sum(d, c, c->value, less ? '-' : '+', number, result);
        c->value = result;
    }
    draft_say_one(d, d->prompt, events[event], 2, 0);
}

/* Who has what to begin with; people and things are no part of the key. */
static Chain begin(Draft *d)
{
    int who = rng_below(d->rng, WORLD_CHILDREN), friend = rng_below(d->rng, WORLD_CHILDREN - 1);
    friend += friend >= who;
    draft_bind(d, "who", world_word(WORLD_PEOPLE, who));
    draft_bind(d, "f", world_word(WORLD_PEOPLE, friend));
    Chain c = {.last = -1, .money = draft_pick(d, 2)};
    c.counted = c.money ? &coin : world_word(WORLD_THINGS, rng_below(d->rng, WORLD_CHEAP));
    c.value = c.money ? 10 + draft_pick(d, 21) : 2 + draft_pick(d, 19);
    draft_bind_number(d, "x", c.value, c.counted);
    draft_say(d, d->prompt, (DraftLine){"[who]有[n x]。", "[who] has [n x]."});
    return c;
}

void draft_problem(Draft *d)
{
    enum { MIN_SUMS = 2, LENGTHS = 3 };
    int sums = MIN_SUMS + draft_pick(d, LENGTHS);
    d->size = 1; /* of this many sums */
    Chain c = begin(d);
    while (c.sums < sums) {
        Change choices[CHANGES];
        int count = possible(&c, sums - c.sums, choices);
        change(d, &c, choices[draft_pick(d, count)]);
    }
    d->task = sums - MIN_SUMS;
    d->label = c.value;
    draft_bind_number(d, "x", c.value, c.counted);
    draft_say(d, d->prompt, (DraftLine){"[who]现在有[many x]？", "how many [many x] does [who] have now?"});
    draft_put(d, d->answer, (DraftLine){"[# x]", "[# x]"}, false);
}
