/* facts.c -- the fact table, its statements and its questions.
 *
 * The table is a hash of person and relation, so it needs no space and cannot
 * drift: nothing about a person follows from anything else about them. */
#include "common/world/facts.h"

#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

typedef struct Relation {
    WorldList list;
    DraftLine
        state[WORLD_STATEMENTS];  /* of [who] and [v]; the last is kept for the test and ends with [v] */
    DraftLine ask[WORLD_ASKINGS]; /* the last is kept for the test */
    DraftLine of;                 /* what two hops ask for: where does [of] live */
    DraftLine answer;
} Relation;

static const Relation relations[WORLD_RELATIONS] = {
    [WORLD_TOWN] = {WORLD_TOWNS,
                    {{"[who]住在[v]。", "[who] lives in [v]."},
                     {"[who]的家在[v]。", "the home of [who] is in [v]."},
                     {"[v]是[who]住的地方。", "[v] is the place where [who] lives."},
                     {"[who]住的地方是[v]。", "the place where [who] lives is [v]."}},
                    {{"[who]住在哪里？", "where does [who] live?"},
                     {"[who]的家在哪里？", "where is the home of [who]?"},
                     {"[who]家住哪里？", "where does [who] have a home?"}},
                    {"[who]最好的朋友住在哪里？", "where does the best friend of [who] live?"},
                    {"[v]", "[v]"}},
    [WORLD_JOB] = {WORLD_JOBS,
                   {{"[who]是[a v]。", "[who] is [a v]."},
                    {"[who]的工作是[v]。", "[who] works as [a v]."},
                    {"作为[a v]，[who]每天都去上班。", "as [a v], [who] goes to work every day."},
                    {"[who]每天上班，工作是[v]。", "[who] goes to work every day as [a v]."}},
                   {{"[who]的工作是什么？", "what is the job of [who]?"},
                    {"[who]是做什么工作的？", "what does [who] work as?"},
                    {"[who]每天做什么工作？", "what work does [who] do?"}},
                   {"[who]最好的朋友是做什么工作的？", "what is the job of the best friend of [who]?"},
                   {"[v]", "[a v]"}},
    [WORLD_AGE] = {WORLD_AGES,
                   {{"[who]今年[v]。", "[who] is [v] years old."},
                    {"[who]已经[v]了。", "[who] is already [v] years old."},
                    {"[v]的[who]在上学。", "at the age of [v], [who] goes to school."},
                    {"[who]在上学，今年已经[v]。", "[who] goes to school at the age of [v]."}},
                   {{"[who]今年几岁？", "how old is [who]?"},
                    {"[who]几岁了？", "what is the age of [who]?"},
                    {"[who]今年几岁了？", "what age is [who]?"}},
                   {"[who]最好的朋友今年几岁？", "how old is the best friend of [who]?"},
                   {"[v]", "[v]"}},
    [WORLD_PET] = {WORLD_ANIMALS,
                   {{"[who]养了[a v]。", "[who] has [a v]."},
                    {"[who]家里有[a v]。", "[who] keeps [a v] at home."},
                    {"[who]的宠物是[a v]。", "the pet of [who] is [a v]."},
                    {"[who]在家里养的是[a v]。", "at home [who] keeps [a v]."}},
                   {{"[who]养了什么动物？", "what animal does [who] have?"},
                    {"[who]的宠物是什么？", "what is the pet of [who]?"},
                    {"[who]在家里养的是什么？", "what animal is the pet of [who]?"}},
                   {"[who]最好的朋友养了什么动物？", "what animal does the best friend of [who] have?"},
                   {"[a v]", "[a v]"}},
    [WORLD_DISH] = {WORLD_FOODS,
                    {{"[who]最喜欢吃[v]。", "[who] likes to eat [s v]."},
                     {"[who]每天都吃[v]。", "[who] eats [s v] every day."},
                     {"在所有食物里，[who]最喜欢[v]。", "of all food [who] likes [s v] best."},
                     {"[who]最喜欢的食物是[v]。", "[who] likes best to eat [s v]."}},
                    {{"[who]最喜欢吃什么？", "what does [who] like to eat?"},
                     {"[who]每天都吃什么？", "what does [who] eat every day?"},
                     {"[who]每天最喜欢吃什么？", "what does [who] like to eat best?"}},
                    {"[who]最好的朋友最喜欢吃什么？", "what does the best friend of [who] like to eat?"},
                    {"[v]", "[s v]"}},
    [WORLD_HOBBY] = {WORLD_HOBBIES,
                     {{"[who]喜欢[v]。", "[who] likes [doing v]."},
                      {"[who]的爱好是[v]。", "the hobby of [who] is [doing v]."},
                      {"[v]是[who]最爱做的事。", "[doing v] is what [who] likes to do best."},
                      {"[who]最爱做的事是[v]。", "the hobby that [who] likes best is [doing v]."}},
                     {{"[who]喜欢做什么？", "what does [who] like to do?"},
                      {"[who]的爱好是什么？", "what is the hobby of [who]?"},
                      {"[who]最爱做什么？", "what does [who] like to do best?"}},
                     {"[who]最好的朋友的爱好是什么？", "what is the hobby of the best friend of [who]?"},
                     {"[v]", "[doing v]"}},
    [WORLD_COLOUR] = {WORLD_COLOURS,
                      {{"[who]最喜欢的颜色是[v]。", "the favourite colour of [who] is [v]."},
                       {"[who]喜欢[v]的衣服。", "[who] likes [v] clothes."},
                       {"[v]是[who]最喜欢的颜色。", "[v] is the colour that [who] likes best."},
                       {"在颜色里，[who]最喜欢[v]。", "the colour that [who] likes best is [v]."}},
                      {{"[who]最喜欢什么颜色？", "what is the favourite colour of [who]?"},
                       {"[who]喜欢什么颜色的衣服？", "what colour of clothes does [who] like?"},
                       {"[who]最喜欢的颜色是什么？", "what colour does [who] like best?"}},
                      {"[who]最好的朋友最喜欢什么颜色？",
                       "what is the favourite colour of the best friend of [who]?"},
                      {"[v]", "[v]"}},
    [WORLD_SEASON] = {WORLD_SEASONS,
                      {{"[who]最喜欢[v]。", "the favourite season of [who] is [v]."},
                       {"[who]每年都等着[v]。", "[who] waits for [v] every year."},
                       {"[v]是[who]最喜欢的季节。", "[v] is the season that [who] likes best."},
                       {"[who]最喜欢的季节是[v]。", "the season that [who] likes best is [v]."}},
                      {{"[who]最喜欢哪个季节？", "what is the favourite season of [who]?"},
                       {"[who]每年都等着哪个季节？", "what season does [who] wait for every year?"},
                       {"[who]最喜欢的季节是哪个？", "what season does [who] like best?"}},
                      {"[who]最好的朋友最喜欢哪个季节？",
                       "what is the favourite season of the best friend of [who]?"},
                      {"[v]", "[v]"}},
    [WORLD_FRIEND] = {WORLD_PEOPLE,
                      {{"[who]最好的朋友是[v]。", "the best friend of [who] is [v]."},
                       {"[who]最要好的朋友叫[v]。", "[who] is best friends with [v]."},
                       {"[v]是[who]最好的朋友。", "[v] is the best friend of [who]."},
                       {"[who]最要好的朋友是[v]。", "[who] has a best friend, [v]."}},
                      {{"谁是[who]最好的朋友？", "who is the best friend of [who]?"},
                       {"[who]最要好的朋友叫什么？", "with whom is [who] best friends?"},
                       {"[who]最好的朋友是谁？", "who is best friends with [who]?"}},
                      {"", ""},
                      {"[v]", "[v]"}},
};

/* ---- the table ------------------------------------------------------------------------------------- */

static uint64_t fact_key(int person, WorldRelation relation)
{
    return draft_mix(draft_mix(11, (uint64_t)person), (uint64_t)relation);
}

WorldList world_relation_list(WorldRelation relation)
{
    return relations[relation].list;
}

/* A friend is of the same age group and not oneself. */
static int friend_of(int person, uint64_t random)
{
    int half = person / WORLD_CHILDREN * WORLD_CHILDREN;
    int other = (int)(random % (WORLD_CHILDREN - 1));
    return half + (other >= person - half ? other + 1 : other);
}

int world_fact(int person, WorldRelation relation)
{
    bool child = person < WORLD_CHILDREN;
    uint64_t random = draft_mix(fact_key(person, relation), 2);
    if ((relation == WORLD_JOB && child) || (relation == WORLD_AGE && !child))
        return WORLD_NEVER;
    if (random % 8 == 0)
        return WORLD_GAP;
    random /= 8;
    if (relation == WORLD_FRIEND)
        return friend_of(person, random);
    if (relation == WORLD_PET)
        return (int)(random % WORLD_PETS);
    return (int)(random % (uint64_t)world_list_count(relations[relation].list));
}

/* ---- statements and questions ------------------------------------------------------------------------ */

static void bind_fact(Draft *d, int person, WorldRelation relation, int value)
{
    draft_bind(d, "who", world_word(WORLD_PEOPLE, person));
    if (value >= 0)
        draft_bind(d, "v", world_word(relations[relation].list, value));
}

void world_fact_state(int person, WorldRelation relation, int value, int wording, WorldLanguage language,
                      char out[WORLD_FACT_ROOM])
{
    Draft d = {.language = language};
    bind_fact(&d, person, relation, value);
    draft_say(&d, d.prompt, relations[relation].state[wording]);
    snprintf(out, WORLD_FACT_ROOM, "%.*s", WORLD_FACT_ROOM - 1, d.prompt);
}

/* The line in two parts: what stands before [v], and the rest. */
static void cut_line(const char *line, char before[WORLD_FACT_ROOM], const char **rest)
{
    const char *value = strstr(line, "v]");
    while (*value != '[')
        value--;
    snprintf(before, WORLD_FACT_ROOM, "%.*s", (int)(value - line), line);
    *rest = value;
}

/* One that holds (gap: one that the world does not say), of everything that can be asked. */
static void draw_fact(Draft *d, bool gap, int *person, WorldRelation *relation)
{
    int holding = 0, value;
    for (int i = 0; i < 2 * WORLD_CHILDREN * WORLD_RELATIONS; i++) {
        value = world_fact(i / WORLD_RELATIONS, (WorldRelation)(i % WORLD_RELATIONS));
        holding += gap ? value == WORLD_GAP : value >= 0;
    }
    do {
        *person = rng_below(d->rng, 2 * WORLD_CHILDREN);
        *relation = (WorldRelation)rng_below(d->rng, WORLD_RELATIONS);
        value = world_fact(*person, *relation);
    } while (gap ? value != WORLD_GAP : value < 0);
    d->key = fact_key(*person, *relation);
    d->size = holding;
}

void draft_fact(Draft *d)
{
    int person;
    WorldRelation relation;
    char zh[WORLD_FACT_ROOM], en[WORLD_FACT_ROOM];
    DraftLine rest;
    draw_fact(d, false, &person, &relation);
    bind_fact(d, person, relation, world_fact(person, relation));
    int wording = draft_wording(d, WORLD_STATEMENTS, 1);
    cut_line(relations[relation].state[wording].zh, zh, &rest.zh);
    cut_line(relations[relation].state[wording].en, en, &rest.en);
    draft_say(d, d->prompt, (DraftLine){zh, en});
    size_t size = strlen(d->prompt);
    if (size == 0)
        draft_say(d, d->answer, rest);
    else
        draft_put(d, d->answer, rest, false);
    if (size > 0 && d->prompt[size - 1] == ' ')
        d->prompt[size - 1] = '\0';
    d->task = relation;
    d->size = 0;
    for (int i = 0; i < 2 * WORLD_CHILDREN; i++)
        d->size += world_fact(i, relation) >= 0;
}

/* ---- closed questions ---------------------------------------------------------------------------- */

static int two_hops(int person, WorldRelation relation)
{
    int friend = world_fact(person, WORLD_FRIEND);
    return friend < 0 || relation == WORLD_FRIEND ? WORLD_NEVER : world_fact(friend, relation);
}

/* Asks what the friend's fact is; it is the friend's fact that decides the side. */
static void ask_two_hops(Draft *d)
{
    int person, value, holding = 0;
    WorldRelation relation;
    for (int i = 0; i < 2 * WORLD_CHILDREN * WORLD_RELATIONS; i++)
        holding += two_hops(i / WORLD_RELATIONS, (WorldRelation)(i % WORLD_RELATIONS)) >= 0;
    do {
        person = rng_below(d->rng, 2 * WORLD_CHILDREN);
        relation = (WorldRelation)rng_below(d->rng, WORLD_RELATIONS);
        value = two_hops(person, relation);
    } while (value < 0);
    d->key = fact_key(world_fact(person, WORLD_FRIEND), relation);
    d->size = holding;
    bind_fact(d, person, relation, value);
    draft_say(d, d->prompt, relations[relation].of);
    draft_put(d, d->answer, relations[relation].answer, false);
}

void draft_question(Draft *d)
{
    static const WorldAsked often[] = {WORLD_ASK_FACT, WORLD_ASK_FACT,     WORLD_ASK_FACT,
                                       WORLD_ASK_FACT, WORLD_ASK_TWO_HOPS, WORLD_ASK_GAP};
    int person;
    WorldRelation relation;
    d->task = (int)often[rng_below(d->rng, DRAFT_COUNT(often))];
    d->label = d->task != WORLD_ASK_GAP;
    if (d->task == WORLD_ASK_TWO_HOPS) {
        ask_two_hops(d);
        return;
    }
    draw_fact(d, d->task == WORLD_ASK_GAP, &person, &relation);
    bind_fact(d, person, relation, world_fact(person, relation));
    draft_say_one(d, d->prompt, relations[relation].ask, WORLD_ASKINGS, 1);
    if (d->task == WORLD_ASK_GAP)
        draft_put(d, d->answer, (DraftLine){"不知道", "I do not know"}, false);
    else
        draft_put(d, d->answer, relations[relation].answer, false);
}
