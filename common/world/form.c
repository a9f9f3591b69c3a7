/* form.c -- a text, the names of some fields, and the JSON object that has these fields of the text.
 *
 * Five schemas; which of their fields are wanted, and in what order, the prompt says; what the text does not say is
 * null. */
#include "common/world/draft.h"

#include <stdio.h>

enum { WORDINGS = 8, HELD = 2, SCHEMAS = 5, MAX_FIELDS = 5, FRAMES = 8 };

/* A field's name, the slot that has its value, and whether it is a number. */
typedef struct Field {
    DraftLine name, value;
    WorldList list;
    const char *slot;
    bool number;
} Field;

typedef struct Schema {
    Field fields[MAX_FIELDS];
    int count;
    DraftLine text[2]; /* with the last field, and without */
} Schema;

/* [who] [town] [job] ...: the slots of the fields. */
static const Schema schemas[SCHEMAS] = {
    {{{{"姓名", "name"}, {"[who]", "[who]"}, WORLD_PEOPLE, "who", false},
      {{"城镇", "town"}, {"[town]", "[town]"}, WORLD_TOWNS, "town", false},
      {{"食物", "food"}, {"[food]", "[food]"}, WORLD_FOODS, "food", false},
      {{"职业", "job"}, {"[job]", "[job]"}, WORLD_JOBS, "job", false}},
     4,
     {{"[who]住在[town]，爱吃[food]，是[a job]。", "[who] lives in [town], likes [s food] and is [a job]."},
      {"[who]住在[town]，爱吃[food]。", "[who] lives in [town] and likes [s food]."}}},
    {{{{"人", "person"}, {"[who]", "[who]"}, WORLD_PEOPLE, "who", false},
      {{"东西", "thing"}, {"[thing]", "[thing]"}, WORLD_THINGS, "thing", false},
      {{"地点", "place"}, {"[site]", "[site]"}, WORLD_SITES, "site", false},
      {{"日子", "day"}, {"[day]", "[day]"}, WORLD_DAYS, "day", false}},
     4,
     {{"[day]，[who]在[at site]找到了[a thing]。", "on [day] [who] found [a thing] [at site]."},
      {"[who]在[at site]找到了[a thing]。", "[who] found [a thing] [at site]."}}},
    {{{{"主人", "owner"}, {"[who]", "[who]"}, WORLD_PEOPLE, "who", false},
      {{"动物", "animal"}, {"[pet]", "[pet]"}, WORLD_ANIMALS, "pet", false},
      {{"年龄", "age"}, {"[# n]", "[# n]"}, WORLD_ANIMALS, "n", true},
      {{"颜色", "colour"}, {"[colour]", "[colour]"}, WORLD_COLOURS, "colour", false}},
     4,
     {{"[who]有[a pet]，[# n]岁，是[colour]的。", "[who] has [a pet]. it is [# n] years old and [colour]."},
      {"[who]有[a pet]，[# n]岁。", "[who] has [a pet]. it is [# n] years old."}}},
    {{{{"城镇", "town"}, {"[town]", "[town]"}, WORLD_TOWNS, "town", false},
      {{"日子", "day"}, {"[day]", "[day]"}, WORLD_DAYS, "day", false},
      {{"度数", "degrees"}, {"[# n]", "[# n]"}, WORLD_DAYS, "n", true},
      {{"天气", "weather"}, {"[sky]", "[sky]"}, WORLD_WEATHERS, "sky", false}},
     4,
     {{"[day][town][# n]度，[sky]。", "on [day] it was [# n] degrees in [town], and [sky]."},
      {"[day][town][# n]度。", "on [day] it was [# n] degrees in [town]."}}},
    {{{{"客人", "guest"}, {"[who]", "[who]"}, WORLD_PEOPLE, "who", false},
      {{"食物", "food"}, {"[food]", "[food]"}, WORLD_FOODS, "food", false},
      {{"份数", "portions"}, {"[# n]", "[# n]"}, WORLD_FOODS, "n", true},
      {{"日子", "day"}, {"[day]", "[day]"}, WORLD_DAYS, "day", false}},
     4,
     {{"[who][day]要[# n]份[food]。", "[who] wants [# n] portions of [food] on [day]."},
      {"[who]要[# n]份[food]。", "[who] wants [# n] portions of [food]."}}},
};

/* Around the text. */
static const DraftLine leads[FRAMES] = {{"", ""},
                                        {"消息：", "news: "},
                                        {"记录：", "note: "},
                                        {"有人写道：", "somebody wrote: "},
                                        {"听说：", "we hear: "},
                                        {"信里说：", "a letter says: "},
                                        {"信里写道：", "a letter wrote: "},
                                        {"有人说：", "somebody says: "}};

static const DraftLine asks[WORDINGS] = {{"JSON：", "JSON: "},
                                         {"写成JSON：", "as JSON: "},
                                         {"字段：", "fields: "},
                                         {"要这些字段：", "with the fields "},
                                         {"JSON对象，字段：", "a JSON object of "},
                                         {"取出：", "take out "},
                                         {"写成JSON，字段：", "as JSON, fields: "},
                                         {"要JSON：", "take out JSON: "}};

/* Which fields, in the order in which they are wanted; two at least. */
static int choose_fields(Draft *d, const Schema *s, int order[MAX_FIELDS])
{
    int wanted = 2 + draft_pick(d, s->count - 1);
    for (int i = 0; i < wanted; i++)
        order[i] = draft_pick_new(d, s->count, order, i);
    return wanted;
}

static void bind(Draft *d, const Schema *s, bool all)
{
    for (int i = 0; i < s->count - !all; i++) {
        if (s->fields[i].number)
            draft_bind_number(d, s->fields[i].slot, 2 + draft_pick(d, 28), world_word(WORLD_THINGS, 0));
        else
            draft_bind_pick(d, s->fields[i].slot, s->fields[i].list);
    }
}

static void write_value(Draft *d, const Field *f, bool told)
{
    draft_print(d->answer, "\"");
    draft_put(d, d->answer, f->name, false);
    draft_print(d->answer, "\": ");
    if (!told) {
        draft_print(d->answer, "null");
        return;
    }
    draft_print(d->answer, "%s", f->number ? "" : "\"");
    draft_put(d, d->answer, f->value, false);
    draft_print(d->answer, "%s", f->number ? "" : "\"");
}

void draft_form(Draft *d)
{
    draft_hold(d);
    d->task = draft_pick(d, SCHEMAS);
    d->size = 1;
    const Schema *s = &schemas[d->task];
    int order[MAX_FIELDS], wanted = choose_fields(d, s, order);
    bool all = draft_pick(d, 3) > 0;
    bind(d, s, all);
    draft_put(d, d->prompt, leads[draft_either(d, FRAMES, HELD)], false);
    draft_put(d, d->prompt, s->text[all ? 0 : 1], false);
    draft_upper(d->prompt);
    draft_print(d->prompt, "\n");
    draft_capital(d, d->prompt, asks[draft_either(d, WORDINGS, HELD)]);
    draft_print(d->answer, "{");
    for (int i = 0; i < wanted; i++) {
        draft_print(d->prompt, "%s", i ? ", " : "");
        draft_put(d, d->prompt, s->fields[order[i]].name, false);
        draft_print(d->answer, "%s", i ? ", " : "");
        write_value(d, &s->fields[order[i]], all || order[i] < s->count - 1);
    }
    draft_print(d->answer, "}");
}
