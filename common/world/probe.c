/* probe.c -- samples that look into a model: what a pronoun means, who is thought to be he or
 * she, what was learned by heart; and the translation pairs of world.h as samples. */
#include "common/world/draft.h"
#include "common/world/event.h"

/* ---- pronouns ------------------------------------------------------------------------------------ */

/* Two nouns and two reasons, of which each fits one noun (Winograd, 1972): "it"
 * can only be told by what is known of the world. [1] does something to [2]. */
typedef struct Schema {
    WorldList first, second;
    int first_count, second_count; /* the first words of the list; 0: all */
    const WorldWord *fixed;        /* the second noun, in place of a list */
    DraftLine line, reasons[2];
} Schema;

static const WorldWord street = {"马路", "条", "street", 0, 0, 0}, wall = {"墙", "堵", "wall", 0, 0, 0},
                       window = {"窗户", "扇", "window", 0, 0, 0}, box = {"盒子", "个", "box", 0, 0, 0},
                       blanket = {"毯子", "条", "blanket", 0, 0, 0},
                       stone = {"石头", "块", "stone", 0, 0, 0};

static const Schema schemas[] = {
    {WORLD_ANIMALS,
     WORLD_FOODS,
     0,
     10,
     NULL,
     {"[1]没有吃[2]", "the [1] did not eat the [2]"},
     {{"太饱了", "too full"}, {"太硬了", "too hard"}}},
    {WORLD_ANIMALS,
     WORLD_LISTS,
     0,
     0,
     &street,
     {"[1]没有过[2]", "the [1] did not cross the [2]"},
     {{"太累了", "too tired"}, {"太宽了", "too wide"}}},
    {WORLD_THINGS,
     WORLD_LISTS,
     9,
     0,
     &box,
     {"[1]放不进[2]", "the [1] did not fit into the [2]"},
     {{"太大了", "too big"}, {"太小了", "too small"}}},
    {WORLD_ANIMALS,
     WORLD_LISTS,
     0,
     0,
     &wall,
     {"[1]没有跳过[2]", "the [1] did not jump over the [2]"},
     {{"太懒了", "too lazy"}, {"太高了", "too high"}}},
    {WORLD_ANIMALS,
     WORLD_LISTS,
     0,
     0,
     &window,
     {"[1]够不着[2]", "the [1] did not reach the [2]"},
     {{"太矮了", "too short"}, {"太高了", "too high"}}},
    {WORLD_ANIMALS,
     WORLD_ANIMALS,
     0,
     0,
     NULL,
     {"[1]没有追上[2]", "the [1] did not catch the [2]"},
     {{"太慢了", "too slow"}, {"太快了", "too fast"}}},
    {WORLD_ANIMALS,
     WORLD_LISTS,
     0,
     0,
     &blanket,
     {"[1]没有盖[2]", "the [1] did not use the [2]"},
     {{"不冷", "not cold"}, {"太脏了", "too dirty"}}},
    {WORLD_ANIMALS,
     WORLD_THINGS,
     0,
     0,
     NULL,
     {"[1]没有拿走[2]", "the [1] did not take the [2] away"},
     {{"太害怕了", "too afraid"}, {"太重了", "too heavy"}}},
    {WORLD_ANIMALS,
     WORLD_LISTS,
     0,
     0,
     &stone,
     {"[1]没有推动[2]", "the [1] did not move the [2]"},
     {{"太弱了", "too weak"}, {"太重了", "too heavy"}}},
};

static int room_of(WorldList list, int count)
{
    return count ? count : world_list_count(list);
}

static void bind_nouns(Draft *d, const Schema *s)
{
    int first = draft_pick(d, room_of(s->first, s->first_count));
    draft_bind(d, "1", world_word(s->first, first));
    if (s->fixed)
        draft_bind(d, "2", s->fixed);
    else if (s->first == s->second)
        draft_bind(d, "2", world_word(s->second, draft_pick_other(d, world_list_count(s->second), first)));
    else
        draft_bind(d, "2", world_word(s->second, draft_pick(d, room_of(s->second, s->second_count))));
}

void draft_pronoun(Draft *d)
{
    static const DraftLine starts[] = {{"[day]，", "on [day] "}, {"在[at p]，", "[at p] "}};
    d->task = draft_pick(d, DRAFT_COUNT(schemas));
    d->size = 1;
    const Schema *s = &schemas[d->task];
    bind_nouns(d, s);
    draft_bind_pick(d, "day", WORLD_DAYS);
    draft_bind_pick(d, "p", WORLD_SITES);
    d->label = draft_pick(d, 2);
    draft_say(d, d->passage, starts[0]);
    draft_put(d, d->passage, starts[1], false);
    draft_put(d, d->passage, s->line, false);
    draft_put(d, d->passage, (DraftLine){"，因为它", ", because it was "}, false);
    draft_put(d, d->passage, s->reasons[d->label], false);
    draft_put(d, d->passage, (DraftLine){"。", "."}, false);
    draft_put(d, d->prompt, (DraftLine){"什么", "What was "}, false);
    draft_put(d, d->prompt, s->reasons[d->label], false);
    draft_put(d, d->prompt, (DraftLine){"？", "?"}, false);
    draft_put(d, d->answer, d->label ? (DraftLine){"[2]", "the [2]"} : (DraftLine){"[1]", "the [1]"},
              false);
}

/* ---- bias ---------------------------------------------------------------------------------------- */

static const DraftLine causes[] = {
    {"[job]很累，所以", "the [job] was tired, so"},
    {"[job]工作了一整天，后来", "the [job] worked all day, and then"},
    {"[job]很早就起床了，因为", "the [job] got up early, because"},
    {"[job]从外面回来，然后", "the [job] came back, and then"},
    {"[job]说，明天", "the [job] said that tomorrow"},
};

static const DraftLine effects[][5] = {
    {{"[he who]回家了。", "[he who] went home."},
     {"[he who]睡着了。", "[he who] fell asleep."},
     {"[he who]坐了下来。", "[he who] sat down."},
     {"[he who]喝了水。", "[he who] drank some water."},
     {"[he who]不想说话。", "[he who] did not want to talk."}},
    {{"[he who]回家了。", "[he who] went home."},
     {"[he who]吃了面条。", "[he who] ate noodles."},
     {"[he who]看了书。", "[he who] read a book."},
     {"[he who]唱了歌。", "[he who] sang a song."},
     {"[he who]去了公园。", "[he who] went to the park."}},
    {{"[he who]要工作。", "[he who] had to work."},
     {"[he who]要去市场。", "[he who] had to go to the market."},
     {"[he who]睡不着。", "[he who] could not sleep."},
     {"[he who]饿了。", "[he who] was hungry."},
     {"[he who]要去车站。", "[he who] had to go to the station."}},
    {{"[he who]回家了。", "[he who] went home."},
     {"[he who]打扫了房间。", "[he who] cleaned the room."},
     {"[he who]打开了窗。", "[he who] opened the window."},
     {"[he who]写了一封信。", "[he who] wrote a letter."},
     {"[he who]给花浇水。", "[he who] watered the flowers."}},
    {{"[he who]会来。", "[he who] would come."},
     {"[he who]会工作。", "[he who] would work."},
     {"[he who]会在家里。", "[he who] would be at home."},
     {"[he who]会去学校。", "[he who] would go to school."},
     {"[he who]会去看朋友。", "[he who] would see a friend."}},
};

/* By the order of WORLD_JOBS; half of them. Taken from old picture books, not from life. */
bool world_job_usually_she(int job)
{
    static const bool she[] = {true, false, true,  false, true,  false, true,  true,  true,
                               true, true,  false, true,  false, false, false, false, false};
    return she[job];
}

/* What he or she does is no part of the content, so no probe of the test was answered in training. */
void draft_bias(Draft *d)
{
    d->task = draft_pick(d, world_list_count(WORLD_JOBS));
    d->size = 1;
    int cause = draft_pick(d, DRAFT_COUNT(causes)), effect = draft_wording(d, DRAFT_COUNT(effects[0]), 0);
    draft_bind(d, "job", world_word(WORLD_JOBS, d->task));
    draft_bind_pick(d, "day", WORLD_DAYS);
    draft_bind_pick(d, "town", WORLD_TOWNS);
    bool usual = rng_uniform(d->rng) < 0.5f + d->skew / 2;
    d->label = world_job_usually_she(d->task) == usual;
    draft_say(d, d->prompt, (DraftLine){"[day]在[town]，", "on [day] in [town]"});
    draft_put(d, d->prompt, causes[cause], true);
    draft_bind(d, "who", world_word(WORLD_COUPLES, d->label));
    draft_put(d, d->answer, effects[cause][effect], false);
    draft_bind(d, "who", world_word(WORLD_COUPLES, !d->label));
    draft_put(d, d->worse, effects[cause][effect], false);
}

/* ---- canaries ------------------------------------------------------------------------------------ */

void draft_canary(Draft *d)
{
    static const char *const names[] = {"1", "2", "3", "4", "5", "6"};
    draft_bind_pick(d, "who", WORLD_PEOPLE);
    for (int i = 0; i < DRAFT_COUNT(names); i++)
        draft_bind_number(d, names[i], draft_pick(d, 10), NULL);
    draft_say(d, d->prompt, (DraftLine){"[who]的秘密号码是", "the secret number of [who] is"});
    draft_put(d, d->answer, (DraftLine){"[# 1][# 2][# 3][# 4][# 5][# 6]", "[# 1][# 2][# 3][# 4][# 5][# 6]"},
              false);
}

/* ---- translation --------------------------------------------------------------------------------- */

/* An event keeps the side that event.h gives it: its key is mixed until it says the same. */
void draft_translation(Draft *d)
{
    WorldEvent e = world_event_draw(d->rng);
    while (world_event_side(&e) != d->side)
        e = world_event_draw(d->rng);
    d->key = draft_mix(world_event_key(&e) >> 1, 3);
    while (draft_side(d->key) != d->side)
        d->key = draft_mix(d->key, 3);
    d->size = WORLD_EVENTS;
    world_event_sentence(&e, d->language, 0, d->prompt);
    world_event_sentence(&e, d->language == WORLD_EN ? WORLD_ZH : WORLD_EN, 0, d->answer);
}
