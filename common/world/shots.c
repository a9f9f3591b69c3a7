/* shots.c -- several examples of one task in a row, then one more input: what is asked for shows in the examples.
 *
 * Four families: which of two groups a word belongs to, under label words; one part of a short text; a number and a
 * sum; a word and its counterpart. Some tasks, label words and formats are kept for the test ("held"), so a model
 * that does them has read the examples. */
#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

enum { MIN_SHOTS = 2, MAX_SHOTS = 7, ROOM = 256 };

/* ---- tasks --------------------------------------------------------------------------------------- */

enum { GROUPS = 7, PAIRS = GROUPS * (GROUPS - 1) / 2, PARTS = 6, SUMS = 10, PICKS = 4, MAPS = 5 };
enum {
    PART0 = PAIRS,
    SUM0 = PART0 + PARTS,
    PICK0 = SUM0 + SUMS,
    MAP0 = PICK0 + PICKS,
    TASKS = MAP0 + MAPS
};

static const WorldList groups[GROUPS] = {WORLD_ANIMALS, WORLD_FOODS,  WORLD_THINGS, WORLD_COLOURS,
                                         WORLD_JOBS,    WORLD_PEOPLE, WORLD_SITES};

typedef enum Map { OPPOSITE, SHE, HE, AT_WORK, FOREIGN } Map;

/* Pairs of groups, parts, summands, places in a row and maps that training never sees. */
static const char held_pairs[PAIRS + 1] = "000100010000100001000"; /* 1: held */
static const char held_parts[PARTS + 1] = "000010";
static const char held_sums[SUMS + 1] = "0010001000";
static const char held_picks[PICKS + 1] = "0100";
static const char held_maps[MAPS + 1] = "00100";

bool draft_shots_held(int task)
{
    const char mark = task < PART0   ? held_pairs[task]
                      : task < SUM0  ? held_parts[task - PART0]
                      : task < PICK0 ? held_sums[task - SUM0]
                      : task < MAP0  ? held_picks[task - PICK0]
                                     : held_maps[task - MAP0];
    return mark == '1';
}

/* ---- wordings ------------------------------------------------------------------------------------ */

enum { FORMATS = 10, HELD_FORMATS = 2, LABELS = 14, HELD_LABELS = 3 };

/* Before the input, before the answer. */
static const DraftLine formats[FORMATS][2] = {
    {{"", ""}, {" -> ", " -> "}},
    {{"", ""}, {"：", ": "}},
    {{"", ""}, {" = ", " = "}},
    {{"", ""}, {" | ", " | "}},
    {{"输入：", "input: "}, {" 输出：", " output: "}},
    {{"问：", "Q: "}, {" 答：", " A: "}},
    {{"* ", "* "}, {" => ", " => "}},
    {{"（", "("}, {"）", ") "}},
    {{"* ", "* "}, {" | ", " | "}},
    {{"输入：", "input: "}, {" 答：", " A: "}},
};

static const DraftLine labels[LABELS][2] = {
    {{"A", "A"}, {"B", "B"}},         {{"甲", "x"}, {"乙", "y"}},        {{"1", "1"}, {"2", "2"}},
    {{"是", "yes"}, {"否", "no"}},    {{"左", "left"}, {"右", "right"}}, {{"上", "up"}, {"下", "down"}},
    {{"好", "good"}, {"坏", "bad"}},  {{"日", "day"}, {"月", "night"}},  {{"对", "true"}, {"错", "false"}},
    {{"东", "east"}, {"西", "west"}}, {{"+", "+"}, {"-", "-"}},          {{"右", "right"}, {"上", "up"}},
    {{"坏", "bad"}, {"西", "west"}},  {{"3", "3"}, {"7", "7"}},
};

/* ---- examples ------------------------------------------------------------------------------------ */

typedef struct Shots {
    int task, first, second;        /* groups of a pair */
    const DraftLine *labels;        /* (2) */
    int seen[MAX_SHOTS + 1], count; /* words that were shown */
} Shots;

static int new_word(Draft *d, Shots *s, int n)
{
    int word = draft_pick_new(d, n, s->seen, s->count);
    return s->seen[s->count++] = word;
}

static const char *word_of(const Draft *d, const WorldWord *w)
{
    return draft_by_language(d, w->zh, w->en);
}

static bool shown(const Shots *s, int word)
{
    for (int i = 0; i < s->count; i++) {
        if (s->seen[i] == word)
            return true;
    }
    return false;
}

/* Words of both groups count on, so that none comes twice; the smallest group has as many as there are examples. */
static void classify(Draft *d, Shots *s, bool second, char *in, char *out)
{
    int words = world_list_count(groups[s->first]), more = world_list_count(groups[s->second]), at;
    do
        at = second ? words + rng_below(d->rng, more) : rng_below(d->rng, words);
    while (shown(s, at));
    s->seen[s->count++] = at;
    draft_fold(d, (uint64_t)at, words + more);
    const WorldWord *w =
        at < words ? world_word(groups[s->first], at) : world_word(groups[s->second], at - words);
    snprintf(in, ROOM, "%s", word_of(d, w));
    snprintf(out, ROOM, "%s", draft_by_language(d, s->labels[second].zh, s->labels[second].en));
}

/* Who, number, colour, thing, place, day. */
static void extract(Draft *d, int part, char *in, char *out)
{
    const WorldWord *who = world_word(WORLD_PEOPLE, draft_pick(d, world_list_count(WORLD_PEOPLE)));
    const WorldWord *thing = world_word(WORLD_THINGS, draft_pick(d, world_list_count(WORLD_THINGS)));
    const WorldWord *colour = world_word(WORLD_COLOURS, draft_pick(d, world_list_count(WORLD_COLOURS)));
    const WorldWord *site = world_word(WORLD_SITES, draft_pick(d, world_list_count(WORLD_SITES)));
    const WorldWord *day = world_word(WORLD_DAYS, draft_pick(d, world_list_count(WORLD_DAYS)));
    int number = 2 + draft_pick(d, 8);
    char plural[48];
    world_plural(thing, plural);
    if (d->language == WORLD_EN)
        snprintf(in, ROOM, "%s, %s, %s, %d %s %s", day->en, who->en, site->en, number, colour->en, plural);
    else
        snprintf(in, ROOM, "%s，%s，%s，%d%s%s的%s", day->zh, who->zh, site->zh, number, thing->unit,
                 colour->zh, thing->zh);
    const WorldWord *const parts[PARTS] = {who, NULL, colour, thing, site, day};
    if (part == 1)
        snprintf(out, ROOM, "%d", number);
    else
        snprintf(out, ROOM, "%s", part == 3 && d->language == WORLD_EN ? plural : word_of(d, parts[part]));
}

/* One of four words in a row. */
static void pick(Draft *d, int place, char *in, char *out)
{
    int row[PICKS];
    in[0] = '\0';
    for (int i = 0; i < PICKS; i++) {
        WorldList list = i % 2 ? WORLD_ANIMALS : WORLD_FOODS;
        row[i] = draft_pick(d, world_list_count(list));
        const char *word = word_of(d, world_word(list, row[i]));
        size_t used = strlen(in);
        snprintf(in + used, ROOM - used, "%s%s", i ? draft_by_language(d, "，", ", ") : "", word);
        if (i == place)
            snprintf(out, ROOM, "%s", word);
    }
}

static void map(Draft *d, Shots *s, Map kind, char *in, char *out)
{
    enum { COUPLES = 10, OPPOSITES = 20, WORKERS = 12 };
    if (kind == OPPOSITE) {
        int at = new_word(d, s, OPPOSITES);
        snprintf(in, ROOM, "%s", word_of(d, world_word(WORLD_OPPOSITES, at)));
        snprintf(out, ROOM, "%s", word_of(d, world_word(WORLD_OPPOSITES, at ^ 1)));
    } else if (kind == SHE || kind == HE) {
        int at = 2 * new_word(d, s, COUPLES) + (kind == HE);
        snprintf(in, ROOM, "%s", word_of(d, world_word(WORLD_COUPLES, at)));
        snprintf(out, ROOM, "%s", word_of(d, world_word(WORLD_COUPLES, at ^ 1)));
    } else if (kind == AT_WORK) {
        int at = new_word(d, s, WORKERS);
        snprintf(in, ROOM, "%s", word_of(d, world_word(WORLD_JOBS, at)));
        snprintf(out, ROOM, "%s", word_of(d, world_word(WORLD_WORKPLACES, at)));
    } else {
        const WorldWord *w = world_word(WORLD_FOODS, new_word(d, s, world_list_count(WORLD_FOODS)));
        snprintf(in, ROOM, "%s", word_of(d, w));
        snprintf(out, ROOM, "%s", draft_by_language(d, w->en, w->zh));
    }
}

static void example(Draft *d, Shots *s, char *in, char *out)
{
    if (s->task < PART0) {
        classify(d, s, draft_pick(d, 2) == 1, in, out);
    } else if (s->task < SUM0) {
        extract(d, s->task - PART0, in, out);
    } else if (s->task < PICK0) {
        enum { NUMBERS = 40 };
        int number = 1 + new_word(d, s, NUMBERS);
        snprintf(in, ROOM, "%d", number);
        snprintf(out, ROOM, "%d", number + 1 + s->task - SUM0);
    } else if (s->task < MAP0) {
        pick(d, s->task - PICK0, in, out);
    } else {
        map(d, s, (Map)(s->task - MAP0), in, out);
    }
}

/* ---- samples ------------------------------------------------------------------------------------- */

/* The families alike; half of the test's tasks are held. */
static int choose_task(Draft *d)
{
    static const int starts[] = {0, PART0, SUM0, PICK0, MAP0, TASKS};
    bool held = d->side == WORLD_TEST && rng_below(d->rng, 2) == 1;
    int task;
    do {
        int family = rng_below(d->rng, DRAFT_COUNT(starts) - 1);
        task = starts[family] + rng_below(d->rng, starts[family + 1] - starts[family]);
    } while (draft_shots_held(task) != held);
    draft_fold(d, (uint64_t)task, 1);
    return task;
}

static void choose_pair(Shots *s)
{
    int task = s->task;
    for (s->first = 0; s->task < PART0 && task >= GROUPS - 1 - s->first; s->first++)
        task -= GROUPS - 1 - s->first;
    s->second = s->first + 1 + task;
}

void draft_shots(Draft *d)
{
    draft_hold(d);
    char in[ROOM] = "", out[ROOM] = "";
    Shots s = {.task = choose_task(d)};
    choose_pair(&s);
    s.labels = labels[draft_either(d, LABELS, HELD_LABELS)];
    const DraftLine *format = formats[draft_either(d, FORMATS, HELD_FORMATS)];
    int shots = MIN_SHOTS + draft_pick(d, MAX_SHOTS - MIN_SHOTS + 1);
    for (int i = 0; i <= shots; i++) {
        d->size = 1; /* that of the last input alone is told */
        char *field = i < shots ? d->passage : d->prompt;
        example(d, &s, in, out);
        draft_put(d, field, format[0], false);
        draft_print(field, "%s", in);
        draft_put(d, field, format[1], false);
        if (i < shots)
            draft_print(field, "%s\n", out);
    }
    size_t size = strlen(d->prompt);
    if (d->prompt[size - 1] == ' ')
        d->prompt[size - 1] = '\0'; /* it belongs to the answer's first token */
    draft_print(d->answer, "%s", out);
    d->task = s.task;
    d->label = shots;
}
