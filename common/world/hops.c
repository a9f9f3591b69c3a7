/* hops.c -- questions over two sentences of a passage: the friend of Mary is Tom, Tom lives in Redhill.
 *
 * A chain is (person, relation, person, attribute, value); its key decides its side, and a passage holds chains of
 * one side only. A question says whether the step in between is wanted. */
#include "common/world/draft.h"

#include <string.h>

enum { WORDINGS = 8, HELD = 2, MAX_CHAINS = 3, ATTRIBUTES = 6, RELATIONS = 6 };

static const WorldWord relations[RELATIONS] = {
    {"朋友", "", "friend", 0, 0, 0}, {"邻居", "", "neighbour", 0, 0, 0}, {"同学", "", "classmate", 0, 0, 0},
    {"表哥", "", "cousin", 0, 0, 0}, {"同桌", "", "partner", 0, 0, 0},   {"队友", "", "teammate", 0, 0, 0},
};

static const DraftLine ties[WORDINGS] = {
    {"[a]的[r]是[b]。", "the [r] of [a] is [b]."},
    {"[b]是[a]的[r]。", "[b] is the [r] of [a]."},
    {"[a]有一个[r]，叫[b]。", "[a] has [a r] called [b]."},
    {"大家都知道，[b]是[a]的[r]。", "everybody knows that [b] is the [r] of [a]."},
    {"[a]说：“我的[r]是[b]。”", "[a] says that the [r] of [a] is [b]."},
    {"[b]很高兴做[a]的[r]。", "[b] was happy to be the [r] of [a]."},
    {"[a]的[r]叫[b]。", "everybody knows that the [r] of [a] is [b]."},
    {"大家都知道，[a]的[r]叫[b]。", "[a] has [a r], that is [b]."},
};

typedef struct Attribute {
    WorldList list;
    DraftLine tell[2], ask, answer;
} Attribute;

/* [b] the person, [v] the value, [o] whose it is: "the friend of Mary". */
static const Attribute attributes[ATTRIBUTES] = {
    {WORLD_TOWNS,
     {{"[b]住在[v]", "[b] lives in [v]"}, {"[b]的家在[v]", "[b] has a home in [v]"}},
     {"[a]的[r]住在哪里", "where does the [r] of [a] live"},
     {"[v]", "[v]"}},
    {WORLD_FOODS,
     {{"[b]最爱吃[v]", "[b] likes to eat [s v]"}, {"[b]每天吃[v]", "[b] eats [s v] every day"}},
     {"[a]的[r]爱吃什么", "what does the [r] of [a] like to eat"},
     {"[v]", "[s v]"}},
    {WORLD_JOBS,
     {{"[b]想当[v]", "[b] wants to be [a v]"}, {"[b]的理想是当[v]", "[b] would like to be [a v]"}},
     {"[a]的[r]想当什么", "what does the [r] of [a] want to be"},
     {"[v]", "[a v]"}},
    {WORLD_ANIMALS,
     {{"[b]养了[a v]", "[b] has [a v]"}, {"[b]家里有[a v]", "[b] keeps [a v] at home"}},
     {"[a]的[r]养了什么动物", "which animal does the [r] of [a] have"},
     {"[a v]", "[a v]"}},
    {WORLD_COLOURS,
     {{"[b]喜欢[v]", "[b] likes the colour [v]"}, {"[b]爱穿[v]的衣服", "[b] wears [v] clothes"}},
     {"[a]的[r]喜欢什么颜色", "which colour does the [r] of [a] like"},
     {"[v]", "[v]"}},
    {WORLD_DAYS,
     {{"[b][v]来", "[b] comes on [v]"}, {"[v][b]会来", "on [v] [b] will come"}},
     {"[a]的[r]星期几来", "on which day does the [r] of [a] come"},
     {"[v]", "on [v]"}},
};

/* Before a statement and after it. */
static const DraftLine frames[WORDINGS] = {
    {"", ""},
    {"大家都知道，", "everybody knows that "},
    {"听说", "we hear that "},
    {"我告诉你，", "let me say that "},
    {"有人说，", "somebody says that "},
    {"现在", "at the moment "},
    {"人人都说，", "everybody says that "},
    {"大家说，", "let me say: "},
};

static const DraftLine question_frames[WORDINGS] = {
    {"", ""},
    {"问：", "question: "},
    {"请问，", "please tell me, "},
    {"你说，", "say, "},
    {"告诉我，", "tell me, "},
    {"再问：", "now, "},
    {"请告诉我，", "please say, "},
    {"问你，", "now tell me, "},
};

static const DraftLine with_step[WORDINGS] = {
    {"一步一步想。", "think step by step."},
    {"写出中间的一步。", "write the step in between."},
    {"先想一想。", "think first."},
    {"写出步骤。", "show the steps."},
    {"要写步骤。", "with the steps."},
    {"分两步说。", "say it in two steps."},
    {"请写出步骤。", "write the steps in between."},
    {"先想，再一步一步说。", "show the step in between."},
};

static const DraftLine without_step[WORDINGS] = {
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
    int a, relation, b, attribute, value;
} Chain;

static uint64_t chain_key(const Chain *c)
{
    const int parts[] = {c->a, c->relation, c->b, c->attribute, c->value};
    uint64_t key = 22;
    for (int i = 0; i < DRAFT_COUNT(parts); i++)
        key = draft_mix(key, (uint64_t)parts[i]);
    return key;
}

static double chain_count(void)
{
    double values = 0, people = WORLD_CHILDREN;
    for (int i = 0; i < ATTRIBUTES; i++)
        values += world_list_count(attributes[i].list);
    return people * (people - 1) * RELATIONS * values;
}

/* Nobody is in two chains, and no two have the same value. */
static bool apart(const Chain *c, const Chain *others, int count)
{
    for (int i = 0; i < count; i++) {
        const Chain *o = &others[i];
        if (o->a == c->a || o->a == c->b || o->b == c->a || o->b == c->b ||
            (o->attribute == c->attribute && o->value == c->value))
            return false;
    }
    return c->a != c->b;
}

static Chain draw_chain(Draft *d, const Chain *others, int count)
{
    Chain c;
    do {
        c.a = rng_below(d->rng, WORLD_CHILDREN);
        c.b = rng_below(d->rng, WORLD_CHILDREN);
        c.relation = rng_below(d->rng, RELATIONS);
        c.attribute = rng_below(d->rng, ATTRIBUTES);
        c.value = rng_below(d->rng, world_list_count(attributes[c.attribute].list));
    } while (!apart(&c, others, count) || draft_side(chain_key(&c)) != d->side);
    return c;
}

static void bind(Draft *d, const Chain *c)
{
    draft_bind(d, "a", world_word(WORLD_PEOPLE, c->a));
    draft_bind(d, "b", world_word(WORLD_PEOPLE, c->b));
    draft_bind(d, "r", &relations[c->relation]);
    draft_bind(d, "v", world_word(attributes[c->attribute].list, c->value));
}

/* Both sentences of every chain, in any order. */
static void tell(Draft *d, const Chain *chains, int count)
{
    int order[2 * MAX_CHAINS];
    for (int i = 0; i < 2 * count; i++) {
        int at = rng_below(d->rng, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    for (int i = 0; i < 2 * count; i++) {
        const Chain *c = &chains[order[i] / 2];
        bind(d, c);
        if (order[i] % 2 == 0) {
            draft_say_either(d, d->passage, ties, WORDINGS, HELD);
            continue;
        }
        DraftLine frame = frames[draft_either(d, WORDINGS, HELD)];
        if (d->passage[0] && d->language == WORLD_EN)
            draft_print(d->passage, " ");
        char *start = d->passage + strlen(d->passage);
        draft_put(d, d->passage, frame, false);
        draft_put(d, d->passage, attributes[c->attribute].tell[rng_below(d->rng, 2)], false);
        draft_put(d, d->passage, (DraftLine){"。", "."}, false);
        draft_upper(start);
    }
}

static void ask(Draft *d, const Chain *chains, int count, char *question, char *steps, char *answer)
{
    const Chain *c = &chains[rng_below(d->rng, count)];
    const Attribute *at = &attributes[c->attribute];
    d->key = chain_key(c);
    d->task = c->attribute;
    d->label = rng_below(d->rng, 3) > 0;
    bind(d, c);
    char *start = question + strlen(question);
    draft_put(d, question, question_frames[draft_either(d, WORDINGS, HELD)], false);
    draft_put(d, question, at->ask, false);
    draft_put(d, question, (DraftLine){"？", "?"}, false);
    draft_upper(start);
    draft_say_either(d, question, d->label ? with_step : without_step, WORDINGS, HELD);
    if (d->label) {
        draft_say(d, steps, ties[0]);
        draft_put(d, steps, at->tell[0], true);
        draft_put(d, steps, (DraftLine){"。", "."}, false);
    }
    draft_put(d, answer, at->answer, true);
}

void draft_hops(Draft *d)
{
    draft_hold(d);
    Chain chains[MAX_CHAINS];
    int count = 1 + rng_below(d->rng, MAX_CHAINS);
    for (int i = 0; i < count; i++)
        chains[i] = draw_chain(d, chains, i);
    tell(d, chains, count);
    draft_print(d->passage, "\n");
    for (int i = 0; i < d->questions; i++) {
        ask(d, chains, count, d->passage, d->passage, d->passage);
        draft_print(d->passage, "\n");
    }
    ask(d, chains, count, d->prompt, d->steps, d->answer);
    d->size = chain_count();
}
