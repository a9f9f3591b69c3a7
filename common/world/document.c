/* document.c -- documents of three to eight sections, each of a place, with questions that look something up.
 *
 * The facts are those of told.h. A document of eight sections has about 500 tokens: for retrieval, and for contexts
 * that are longer than a passage. */
#include "common/world/told.h"

enum { WORDINGS = 8, HELD = 2, MIN_SECTIONS = 3, MAX_SECTIONS = 8, MAX_FACTS = 24 };

static const DraftLine titles[WORDINGS] = {
    {"[t]的消息", "news of [t]"},
    {"[t]日报", "the daily paper of [t]"},
    {"[t]的一周", "a week in [t]"},
    {"[t]记事", "notes of [t]"},
    {"[t]的故事", "the story of [t]"},
    {"关于[t]", "all about [t]"},
    {"[t]的一周记事", "notes of a week in [t]"},
    {"[t]的一周的故事", "the story of a week in [t]"},
};

static const DraftLine headings[WORDINGS] = {
    {"第[# n]节：[p]", "section [# n]: the [p]"},     {"第[# n]节，[p]", "section [# n], the [p]"},
    {"第[# n]节 [p]", "section [# n] - the [p]"},     {"第[# n]节：在[at p]", "section [# n]: [at p]"},
    {"第[# n]节（[p]）", "section [# n] (the [p])"},  {"第[# n]节，在[at p]", "section [# n], [at p]"},
    {"第[# n]节 在[at p]", "section [# n] - [at p]"}, {"第[# n]节（在[at p]）", "section [# n] ([at p])"},
};

static const DraftLine tellings[WORDINGS] = {
    {"[day]，[who][did did][a x]。", "on [day] [who] [did did] [a x]."},
    {"[who][day][did did][a x]。", "[who] [did did] [a x] on [day]."},
    {"[day][did did][a x]的人是[who]。", "it was [who] who [did did] [a x] on [day]."},
    {"[who][did did][a x]，那是[day]的事。", "[who] [did did] [a x]; that was on [day]."},
    {"[who]来了，[did did][a x]，那天是[day]。", "[who] came and [did did] [a x]; it was [day]."},
    {"[day]，有人[did did][a x]，这个人是[who]。", "on [day] somebody [did did] [a x]; that was [who]."},
    {"[did did][a x]的是[who]，[day]。", "the person who [did did] [a x] was [who], on [day]."},
    {"[who]在[day]那天[did did][a x]。", "[who] came on [day] and [did did] [a x]."},
};

typedef enum Wanted { WHO, WHERE, WHEN, SECTION, WANTED } Wanted;

static const DraftLine asks[WANTED][WORDINGS] = {
    [WHO] = {{"谁[did did][the x]？", "who [did did] the [x]?"},
             {"[did did][the x]的人是谁？", "who was it who [did did] the [x]?"},
             {"是谁[did did][the x]？", "who was the person who [did did] the [x]?"},
             {"请问，谁[did did][the x]？", "please tell me, who [did did] the [x]?"},
             {"你知道谁[did did][the x]吗？", "do you know who [did did] the [x]?"},
             {"哪个人[did did][the x]？", "which person [did did] the [x]?"},
             {"请问，是哪个人[did did][the x]？", "please tell me, which person [did did] the [x]?"},
             {"你知道哪个人[did did][the x]吗？", "do you know which person [did did] the [x]?"}},
    [WHERE] = {{"[who]在哪里[did did][the x]？", "where did [who] [did] the [x]?"},
               {"[who][did did][the x]，那是在哪里？", "where was it that [who] [did did] the [x]?"},
               {"[who]到底在哪里[did did][the x]？", "in which place did [who] [did] the [x]?"},
               {"请问，[who]在哪里[did did][the x]？", "please tell me, where did [who] [did] the [x]?"},
               {"你知道[who]在哪里[did did][the x]吗？", "do you know where [who] [did did] the [x]?"},
               {"[who]在什么地方[did did][the x]？", "what is the place where [who] [did did] the [x]?"},
               {"请问，[who]在什么地方[did did][the x]？",
                "please tell me, in which place did [who] [did] the [x]?"},
               {"你知道[who]到底在哪里[did did][the x]吗？",
                "do you know in which place [who] [did did] the [x]?"}},
    [WHEN] = {{"[who]星期几[did did][the x]？", "on which day did [who] [did] the [x]?"},
              {"[who][did did][the x]，那是星期几？", "on which day was it that [who] [did did] the [x]?"},
              {"[who]到底星期几[did did][the x]？", "when did [who] [did] the [x]?"},
              {"请问，[who]星期几[did did][the x]？", "please tell me, when did [who] [did] the [x]?"},
              {"你知道[who]星期几[did did][the x]吗？", "do you know when [who] [did did] the [x]?"},
              {"[who]在哪一天[did did][the x]？", "what was the day when [who] [did did] the [x]?"},
              {"请问，[who]在哪一天[did did][the x]？",
               "please tell me, on which day did [who] [did] the [x]?"},
              {"你知道[who]在哪一天[did did][the x]吗？",
               "do you know on which day [who] [did did] the [x]?"}},
    [SECTION] = {{"哪一节说到[the x]？", "which section is about the [x]?"},
                 {"[the x]在第几节？", "in which section is the [x]?"},
                 {"哪一节有[the x]？", "which section has the [x]?"},
                 {"请问，[the x]在第几节？", "please tell me, which section has the [x]?"},
                 {"你知道[the x]在第几节吗？", "do you know which section has the [x]?"},
                 {"第几节说到[the x]？", "what is the section that is about the [x]?"},
                 {"请问，哪一节说到[the x]？", "please tell me, in which section is the [x]?"},
                 {"你知道哪一节有[the x]吗？", "do you know which section is about the [x]?"}},
};

static const DraftLine answers[WANTED] = {
    {"[who]", "[who]"}, {"在[at p]", "[at p]"}, {"[day]", "on [day]"}, {"第[# n]节", "section [# n]"}};
static const DraftLine unknown = {"不知道", "I do not know"};

typedef struct Document {
    Told facts[MAX_FACTS];
    int section[MAX_FACTS], count;
} Document;

/* No person and no thing comes twice; a place once a section. */
static Told draw_apart(Draft *d, const Document *doc, int site)
{
    for (;;) {
        Told f = told_draw(d);
        bool fits = site < 0 || f.site == site;
        for (int i = 0; i < doc->count; i++)
            fits &= doc->facts[i].who != f.who && doc->facts[i].thing != f.thing;
        if (fits)
            return f;
    }
}

static void tell_section(Draft *d, Document *doc, int number, int site)
{
    int count = 2 + rng_below(d->rng, 2);
    draft_bind(d, "p", world_word(WORLD_SITES, site));
    draft_bind_number(d, "n", number, world_word(WORLD_SITES, site));
    draft_capital(d, d->passage, headings[draft_either(d, WORDINGS, HELD)]);
    draft_print(d->passage, "\n");
    for (int i = 0; i < count && doc->count < MAX_FACTS - 1; i++) {
        Told f = draw_apart(d, doc, site);
        told_bind(d, &f);
        draft_say_either(d, d->passage, tellings, WORDINGS, HELD);
        if (rng_below(d->rng, 3) == 0)
            draft_say(d, d->passage, told_after(&f));
        doc->section[doc->count] = number;
        doc->facts[doc->count++] = f;
    }
    draft_print(d->passage, "\n");
}

static void ask(Draft *d, const Document *doc, char *question, char *answer)
{
    int at = rng_below(d->rng, doc->count);
    Told asked = doc->facts[at];
    d->task = rng_below(d->rng, WANTED);
    d->label = rng_below(d->rng, 6) > 0;
    d->key = told_key(&asked);
    int thing = draw_apart(d, doc, -1).thing;
    if (!d->label)
        asked.thing = thing;
    told_bind(d, &asked);
    draft_bind_number(d, "n", doc->section[at], world_word(WORLD_SITES, asked.site));
    draft_say_either(d, question, asks[d->task], WORDINGS, HELD);
    draft_put(d, answer, d->label ? answers[d->task] : unknown, true);
}

void draft_document(Draft *d)
{
    draft_hold(d);
    Document doc = {.count = 0};
    int sites[MAX_SECTIONS], sections = MIN_SECTIONS + rng_below(d->rng, MAX_SECTIONS - MIN_SECTIONS + 1);
    draft_bind_pick(d, "t", WORLD_TOWNS);
    draft_capital(d, d->passage, titles[draft_either(d, WORDINGS, HELD)]);
    draft_print(d->passage, "\n");
    for (int i = 0; i < sections; i++) {
        sites[i] = draft_pick_new(d, world_list_count(WORLD_SITES), sites, i);
        tell_section(d, &doc, i + 1, sites[i]);
    }
    for (int i = 0; i < d->questions; i++) {
        ask(d, &doc, d->passage, d->passage);
        draft_print(d->passage, "\n");
    }
    ask(d, &doc, d->prompt, d->answer);
    d->size = told_count();
}
