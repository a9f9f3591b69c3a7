/* tool.c -- questions that a tool answers, with the call and its result in a plain notation:
 *
 *     What is 37 plus 48? <call>calculator(37+48)</call><result>85</result> 85
 *
 * One question in five needs no tool: the prompt says it. */
#include "common/world/draft.h"

enum { WORDINGS = 8, HELD = 2 };

typedef enum Tool { CALCULATOR, WEATHER, PRICE, PHONE, NO_TOOL, TOOLS } Tool;

/* [a] and [b] numbers, [sign]; [t] a town, [day]; [x] a thing; [who]. */
static const DraftLine asks[TOOLS][WORDINGS] = {
    [CALCULATOR] = {{"[# a][sign][# b]是多少？", "what is [# a] [sign] [# b]?"},
                    {"请算[# a][sign][# b]。", "please compute [# a] [sign] [# b]."},
                    {"[# a][sign][# b]等于几？", "how much is [# a] [sign] [# b]?"},
                    {"算一算：[# a][sign][# b]。", "compute: [# a] [sign] [# b]."},
                    {"我要知道[# a][sign][# b]。", "I need to know [# a] [sign] [# b]."},
                    {"[# a][sign][# b]，得多少？", "[# a] [sign] [# b] is how much?"},
                    {"请问，[# a][sign][# b]等于多少？", "please, how much is [# a] [sign] [# b]?"},
                    {"我要算[# a][sign][# b]。", "I need to compute [# a] [sign] [# b]."}},
    [WEATHER] = {{"[t][day]天气怎么样？", "what is the weather in [t] on [day]?"},
                 {"请告诉我[t][day]的天气。", "please tell me the weather in [t] on [day]."},
                 {"[day]，[t]的天气好吗？", "how is the weather on [day] in [t]?"},
                 {"查一下[t][day]的天气。", "look up the weather in [t] on [day]."},
                 {"我[day]去[t]，天气怎么样？", "I go to [t] on [day]. how is the weather?"},
                 {"[day]的天气，[t]。", "the weather on [day], in [t]?"},
                 {"请问，[day][t]天气好吗？", "please, how is the weather in [t] on [day]?"},
                 {"请查一下[day][t]的天气。", "please, the weather in [t] on [day]."}},
    [PRICE] = {{"[a x]多少钱？", "what does [a x] cost?"},
               {"请告诉我[x]的价钱。", "please tell me the price of [a x]."},
               {"我要买[a x]，要多少钱？", "I want to buy [a x]. how much is it?"},
               {"查一下[x]的价钱。", "look up the price of [a x]."},
               {"[x]是什么价钱？", "how much is [a x]?"},
               {"价钱：[x]？", "the price of [a x]?"},
               {"请问，[x]多少钱？", "please, how much is [a x]?"},
               {"请查一下[a x]多少钱。", "please, what does [a x] cost?"}},
    [PHONE] = {{"[who]的电话是多少？", "what is the phone number of [who]?"},
               {"请告诉我[who]的电话。", "please tell me the phone number of [who]."},
               {"我要给[who]打电话。", "I want to phone [who]."},
               {"查一下[who]的电话。", "look up the phone number of [who]."},
               {"怎么打电话给[who]？", "how can I phone [who]?"},
               {"电话：[who]？", "the phone number of [who]?"},
               {"请问，[who]的电话是多少？", "please, what is the phone number of [who]?"},
               {"请查一下怎么给[who]打电话。", "please, how can I phone [who]?"}},
    [NO_TOOL] = {{"[who]有[a x]。[who]有什么？", "[who] has [a x]. what does [who] have?"},
                 {"[who]买了[a x]。请问，[he who]买了什么？", "[who] bought [a x]. what did [he who] buy?"},
                 {"[who]的东西是[a x]。那是什么？", "the thing of [who] is [a x]. what is it?"},
                 {"[who]找到了[a x]。找到了什么？", "[who] found [a x]. what did [who] find?"},
                 {"[who]要[a x]。[he who]要什么？", "[who] wants [a x]. what does [he who] want?"},
                 {"这是[who]的[a x]。这是什么？", "[who] came with [a x]. with what?"},
                 {"[who]买了[a x]。那是什么？", "[who] bought [a x]. what is it?"},
                 {"[who]找到了[a x]。请问，[he who]找到了什么？",
                  "[who] found [a x]. what did [he who] find?"}},
};

static const DraftLine calls[TOOLS] = {
    [CALCULATOR] = {"<call>计算器([# a][sign][# b])</call>", "<call>calculator([# a][sign][# b])</call>"},
    [WEATHER] = {"<call>天气([t], [day])</call>", "<call>weather([t], [day])</call>"},
    [PRICE] = {"<call>价钱([x])</call>", "<call>price([x])</call>"},
    [PHONE] = {"<call>电话([who])</call>", "<call>phone([who])</call>"},
};

static const DraftLine answers[TOOLS] = {
    [CALCULATOR] = {"[# out]", "[# out]"},
    [WEATHER] = {"[out]", "it is [out]"},
    [PRICE] = {"[# out]块钱", "[# out] coins"},
    [PHONE] = {"[# out]", "[# out]"},
    [NO_TOOL] = {"[a x]", "[a x]"},
};

static const WorldWord plus = {"加", "", "plus", 0, 0, 0}, minus = {"减", "", "minus", 0, 0, 0},
                       times = {"乘", "", "times", 0, 0, 0};
static const WorldWord plus_sign = {"+", "", "+", 0, 0, 0}, minus_sign = {"-", "", "-", 0, 0, 0},
                       times_sign = {"*", "", "*", 0, 0, 0};
static const WorldWord *const words[] = {&plus, &minus, &times};
static const WorldWord *const signs[] = {&plus_sign, &minus_sign, &times_sign};

static int draw_sum(Draft *d)
{
    int sign = draft_pick(d, 3), a = 2 + draft_pick(d, sign == 2 ? 98 : 998);
    int b = 2 + draft_pick(d, sign == 2 ? 18 : 998), swap = a;
    if (sign == 1 && b > a) {
        a = b;
        b = swap;
    }
    draft_bind(d, "sign", words[sign]);
    draft_bind_number(d, "a", a, words[0]);
    draft_bind_number(d, "b", b, words[0]);
    d->label = sign;
    return sign == 0 ? a + b : sign == 1 ? a - b : a * b;
}

static void draw_look(Draft *d)
{
    const WorldWord *colour = world_word(WORLD_COLOURS, draft_pick(d, world_list_count(WORLD_COLOURS)));
    draft_bind_look(d, "x", colour, true,
                    world_word(WORLD_THINGS, draft_pick(d, world_list_count(WORLD_THINGS))));
}

/* The input is in the key; what comes back is drawn. */
static void draw_input(Draft *d)
{
    int out = 0;
    switch (d->task) {
    case CALCULATOR:
        out = draw_sum(d);
        break;
    case WEATHER:
        draft_bind_pick(d, "t", WORLD_TOWNS);
        draft_bind_pick(d, "day", WORLD_DAYS);
        out = rng_below(d->rng, world_list_count(WORLD_WEATHERS));
        break;
    case PRICE:
        draw_look(d);
        out = 2 + rng_below(d->rng, 97);
        break;
    case PHONE:
        draft_bind_pick(d, "who", WORLD_PEOPLE);
        out = 10000 + rng_below(d->rng, 90000);
        break;
    default:
        draft_bind_pick(d, "who", WORLD_PEOPLE);
        draw_look(d);
    }
    draft_bind_number(d, "out", out, world_word(WORLD_WEATHERS, d->task == WEATHER ? out : 0));
}

void draft_tool(Draft *d)
{
    draft_hold(d);
    d->task = draft_pick(d, TOOLS);
    d->size = 1;
    draw_input(d);
    draft_say_either(d, d->prompt, asks[d->task], WORDINGS, HELD);
    if (d->task != NO_TOOL) {
        if (d->task == CALCULATOR)
            draft_bind(d, "sign", signs[d->label]);
        draft_put(d, d->steps, calls[d->task], false);
        draft_print(d->steps, "<result>");
        draft_put(d, d->steps,
                  d->task == WEATHER ? (DraftLine){"[out]", "[out]"} : (DraftLine){"[# out]", "[# out]"},
                  false);
        draft_print(d->steps, "</result>");
    }
    draft_put(d, d->answer, answers[d->task], false);
}
