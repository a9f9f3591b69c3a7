/* task.c -- instructions: what to do, with what, and the right answer.
 *
 * A task has three ways to ask, of which the last is for the test. The last
 * tasks of the table are for the test only. The key is the material (the list,
 * the numbers, the fact), never the task: what a test instruction works on
 * appears in no training instruction. */
#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

enum { ASKINGS = 3, MIN_ITEMS = 3, MAX_ITEMS = 5 };

typedef void TaskWriter(Draft *d);

/* ---- material ------------------------------------------------------------------------------------ */

typedef struct Items {
    const WorldWord *words[MAX_ITEMS];
    int numbers[MAX_ITEMS];
    int count;
} Items;

/* The words of lists: animals, foods that are counted, things; after these nouns, opposites. */
enum { COUNTED_FOODS = 10 };

static const WorldWord *word_at(int at)
{
    int animals = world_list_count(WORLD_ANIMALS);
    if (at < animals)
        return world_word(WORLD_ANIMALS, at);
    at -= animals;
    if (at < COUNTED_FOODS)
        return world_word(WORLD_FOODS, at);
    at -= COUNTED_FOODS;
    int things = world_list_count(WORLD_THINGS);
    return at < things ? world_word(WORLD_THINGS, at) : world_word(WORLD_OPPOSITES, at - things);
}

static int noun_count(void)
{
    return world_list_count(WORLD_ANIMALS) + COUNTED_FOODS + world_list_count(WORLD_THINGS);
}

/* The key of a list is the list, however it was drawn. */
static void key_list(Draft *d, const int *at, int count)
{
    d->key = 31;
    for (int i = 0; i < count; i++)
        d->key = draft_mix(d->key, (uint64_t)at[i]);
}

static Items pick_words(Draft *d)
{
    Items it = {.count = MIN_ITEMS + draft_pick(d, MAX_ITEMS - MIN_ITEMS + 1)};
    int at[MAX_ITEMS], words = noun_count() + world_list_count(WORLD_OPPOSITES);
    for (int i = 0; i < it.count; i++)
        it.words[i] = word_at(at[i] = draft_pick_new(d, words, at, i));
    key_list(d, at, it.count);
    return it;
}

static Items pick_numbers(Draft *d)
{
    enum { MAX_NUMBER = 50 };
    Items it = {.count = MIN_ITEMS + draft_pick(d, MAX_ITEMS - MIN_ITEMS + 1)};
    int at[MAX_ITEMS];
    for (int i = 0; i < it.count; i++)
        it.numbers[i] = 1 + (at[i] = draft_pick_new(d, MAX_NUMBER, at, i));
    return it;
}

static void add_text(char *field, const char *text)
{
    size_t used = strlen(field);
    snprintf(field + used, DRAFT_ROOM - used, "%s", text);
}

static const char *word_text(const Draft *d, const WorldWord *w)
{
    return draft_by_language(d, w->zh, w->en);
}

/* cat, dog, sun; with numbers in front where `numbered`: 1. cat 2. dog. */
static void put_words(Draft *d, char *field, const Items *it, bool numbered)
{
    char number[16];
    for (int i = 0; i < it->count; i++) {
        snprintf(number, sizeof number, "%s%d. ", i ? " " : "", i + 1);
        add_text(field, numbered ? number : i ? draft_by_language(d, "、", ", ") : "");
        add_text(field, word_text(d, it->words[i]));
    }
}

static void put_numbers(Draft *d, char *field, const Items *it)
{
    char number[16];
    for (int i = 0; i < it->count; i++) {
        snprintf(number, sizeof number, "%d", it->numbers[i]);
        add_text(field, i ? draft_by_language(d, "、", ", ") : "");
        add_text(field, number);
    }
}

/* ---- tasks on lists ------------------------------------------------------------------------------ */

static void reverse(Items *it)
{
    for (int i = 0, k = it->count - 1; i < k; i++, k--) {
        const WorldWord *word = it->words[i];
        int number = it->numbers[i];
        it->words[i] = it->words[k];
        it->words[k] = word;
        it->numbers[i] = it->numbers[k];
        it->numbers[k] = number;
    }
}

static void sort(Items *it)
{
    for (int i = 1; i < it->count; i++) {
        for (int k = i; k > 0 && it->numbers[k - 1] > it->numbers[k]; k--) {
            int number = it->numbers[k];
            it->numbers[k] = it->numbers[k - 1];
            it->numbers[k - 1] = number;
        }
    }
}

static void task_reverse(Draft *d)
{
    Items it = pick_words(d);
    put_words(d, d->prompt, &it, false);
    reverse(&it);
    put_words(d, d->answer, &it, false);
}

static void task_count(Draft *d)
{
    char number[16];
    Items it = pick_words(d);
    put_words(d, d->prompt, &it, false);
    snprintf(number, sizeof number, "%d", it.count);
    add_text(d->answer, number);
}

static void task_first(Draft *d)
{
    Items it = pick_words(d);
    put_words(d, d->prompt, &it, false);
    add_text(d->answer, word_text(d, it.words[0]));
}

static void task_last(Draft *d)
{
    Items it = pick_words(d);
    put_words(d, d->prompt, &it, false);
    add_text(d->answer, word_text(d, it.words[it.count - 1]));
}

static void task_number(Draft *d)
{
    Items it = pick_words(d);
    put_words(d, d->prompt, &it, false);
    put_words(d, d->answer, &it, true);
}

/* One animal among things. */
static void task_animal(Draft *d)
{
    int at[MAX_ITEMS], things = world_list_count(WORLD_THINGS), first = noun_count() - things;
    Items it = {.count = MIN_ITEMS + draft_pick(d, MAX_ITEMS - MIN_ITEMS + 1)};
    for (int i = 0; i < it.count; i++)
        at[i] = draft_pick_new(d, things, at, i);
    for (int i = 0; i < it.count; i++)
        at[i] += first;
    int place = draft_pick(d, it.count);
    at[place] = draft_pick(d, world_list_count(WORLD_ANIMALS));
    for (int i = 0; i < it.count; i++)
        it.words[i] = word_at(at[i]);
    key_list(d, at, it.count);
    put_words(d, d->prompt, &it, false);
    add_text(d->answer, word_text(d, it.words[place]));
}

static void task_sort(Draft *d)
{
    Items it = pick_numbers(d);
    put_numbers(d, d->prompt, &it);
    sort(&it);
    put_numbers(d, d->answer, &it);
}

static void task_sort_down(Draft *d)
{
    Items it = pick_numbers(d);
    put_numbers(d, d->prompt, &it);
    sort(&it);
    reverse(&it);
    put_numbers(d, d->answer, &it);
}

/* The number at a place of the sorted list; -1 is the last. */
static void put_sorted(Draft *d, int place)
{
    Items it = pick_numbers(d);
    put_numbers(d, d->prompt, &it);
    sort(&it);
    Items one = {.numbers = {it.numbers[place < 0 ? it.count - 1 : place]}, .count = 1};
    put_numbers(d, d->answer, &one);
}

static void task_largest(Draft *d)
{
    put_sorted(d, -1);
}

static void task_smallest(Draft *d)
{
    put_sorted(d, 0);
}

/* ---- tasks on words and sums --------------------------------------------------------------------- */

/* The word and its colour, to have more of them: red hat. */
static void bind_coloured(Draft *d)
{
    const WorldWord *colour = world_word(WORLD_COLOURS, draft_pick(d, world_list_count(WORLD_COLOURS)));
    draft_bind_look(d, "x", colour, true, word_at(draft_pick(d, noun_count())));
}

static void task_repeat(Draft *d)
{
    bind_coloured(d);
    draft_put(d, d->prompt, (DraftLine){"[x]", "[x]"}, false);
    draft_put(d, d->answer, (DraftLine){"[x]、[x]、[x]", "[x], [x], [x]"}, false);
}

static void task_quote(Draft *d)
{
    bind_coloured(d);
    draft_put(d, d->prompt, (DraftLine){"[x]", "[x]"}, false);
    draft_put(d, d->answer, (DraftLine){"“[x]”", "\"[x]\""}, false);
}

/* The other language's word. */
static void task_translate(Draft *d)
{
    bind_coloured(d);
    draft_put(d, d->prompt, (DraftLine){"[x]", "[x]"}, false);
    d->language = d->language == WORLD_EN ? WORLD_ZH : WORLD_EN;
    draft_put(d, d->answer, (DraftLine){"[x]", "[x]"}, false);
    d->language = d->language == WORLD_EN ? WORLD_ZH : WORLD_EN;
}

/* English words in either language, since Chinese has no capitals. */
static void task_upper(Draft *d)
{
    bind_coloured(d);
    WorldLanguage language = d->language;
    d->language = WORLD_EN;
    draft_put(d, d->prompt, (DraftLine){"", "[x]"}, false);
    draft_put(d, d->answer, (DraftLine){"", "[x]"}, false);
    for (char *c = d->answer; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    d->language = language;
}

static void task_opposite(Draft *d)
{
    int at = 2 * draft_pick(d, world_list_count(WORLD_OPPOSITES) / 2) + rng_below(d->rng, 2);
    draft_bind(d, "x", world_word(WORLD_OPPOSITES, at));
    draft_bind(d, "y", world_word(WORLD_OPPOSITES, at ^ 1));
    draft_put(d, d->prompt, (DraftLine){"[x]", "[x]"}, false);
    draft_put(d, d->answer, (DraftLine){"[y]", "[y]"}, false);
}

static void put_sum(Draft *d, char sign)
{
    char text[32];
    int a = 1 + draft_pick(d, 30), b = 1 + draft_pick(d, sign == '-' ? a : 30);
    snprintf(text, sizeof text, "%d %c %d", a, sign, b);
    add_text(d->prompt, text);
    snprintf(text, sizeof text, "%d", sign == '-' ? a - b : a + b);
    add_text(d->answer, text);
}

static void task_add(Draft *d)
{
    put_sum(d, '+');
}

static void task_subtract(Draft *d)
{
    put_sum(d, '-');
}

/* ---- tasks on sentences -------------------------------------------------------------------------- */

static void bind_sentence(Draft *d)
{
    draft_bind_pick(d, "who", WORLD_PEOPLE);
    draft_bind(d, "x", world_word(WORLD_THINGS, draft_pick(d, world_list_count(WORLD_THINGS))));
    draft_bind_pick(d, "p", WORLD_SITES);
}

static const DraftLine bought = {"[who]在[at p]买了[a x]。", "[who] bought [a x] [at p]."};

static void task_question(Draft *d)
{
    bind_sentence(d);
    draft_say(d, d->prompt, bought);
    draft_say(d, d->answer, (DraftLine){"[who]在[at p]买了[a x]吗？", "did [who] buy [a x] [at p]?"});
}

static void task_deny(Draft *d)
{
    bind_sentence(d);
    draft_say(d, d->prompt, bought);
    draft_say(d, d->answer, (DraftLine){"[who]没有在[at p]买[x]。", "[who] did not buy [a x] [at p]."});
}

static void task_where(Draft *d)
{
    bind_sentence(d);
    draft_say(d, d->prompt, bought);
    draft_put(d, d->answer, (DraftLine){"在[at p]", "[at p]"}, false);
}

static void task_polite(Draft *d)
{
    bind_coloured(d);
    draft_bind_pick(d, "who", WORLD_PEOPLE);
    draft_say(d, d->prompt, (DraftLine){"[who]，给我[a x]！", "[who], give me [a x]!"});
    draft_say(d, d->answer,
              (DraftLine){"[who]，请给我[a x]，谢谢。", "[who], please give me [a x], thank you."});
}

/* ---- the table ----------------------------------------------------------------------------------- */

typedef struct Task {
    const char *name;
    TaskWriter *write;
    DraftLine ask[ASKINGS]; /* the material follows */
} Task;

static const Task tasks[] = {
    {"reverse",
     task_reverse,
     {{"把下面的词倒过来说：", "say these words in reverse order:"},
      {"倒着写出这些词，从最后一个开始：", "write these words backwards, the last first:"},
      {"把这些词倒过来写：", "write these words in reverse:"}}},
    {"count",
     task_count,
     {{"下面有几个词？", "how many words are there?"},
      {"数一数这些词：", "count these words:"},
      {"数一数，这些词有几个：", "count the words:"}}},
    {"first",
     task_first,
     {{"说出第一个词：", "say the first word:"},
      {"下面的第一个词是什么？", "what is the first of these words?"},
      {"写出第一个词：", "write the first of these words:"}}},
    {"number",
     task_number,
     {{"给下面的词编号：", "make a list with numbers:"},
      {"把这些词写成有编号的单子：", "write these words as a list with numbers:"},
      {"把下面的词编号写出来：", "write a list with numbers of these words:"}}},
    {"animal",
     task_animal,
     {{"哪个是动物？", "which of these is an animal?"},
      {"找出下面的动物：", "find the animal:"},
      {"下面哪个词是动物？", "which of these words is an animal?"}}},
    {"sort",
     task_sort,
     {{"从小到大排列：", "sort from small to large:"},
      {"把这些数从小到大写出来：", "write these numbers from the smallest to the largest:"},
      {"把下面的数从小到大排列：", "sort these numbers from small to large:"}}},
    {"largest",
     task_largest,
     {{"哪个数最大？", "which number is the largest?"},
      {"找出最大的数：", "find the largest number:"},
      {"下面最大的数是哪个？", "what is the largest of these numbers?"}}},
    {"repeat",
     task_repeat,
     {{"说三次：", "say this three times:"},
      {"把下面的词写三次：", "write this three times:"},
      {"把这个词说三次：", "say these words three times:"}}},
    {"quote",
     task_quote,
     {{"加上引号：", "put quotation marks around this:"},
      {"给下面的词加上引号：", "write this with quotation marks:"},
      {"把这个词加上引号：", "put quotation marks around these words:"}}},
    {"translate",
     task_translate,
     {{"翻译成英语：", "translate into Chinese:"},
      {"下面的词用英语怎么说？", "how do you say this in Chinese?"},
      {"把这个词翻译成英语：", "translate these words into Chinese:"}}},
    {"upper",
     task_upper,
     {{"写成大写字母：", "write in capital letters:"},
      {"把下面的词写成大写：", "put this into capital letters:"},
      {"用大写字母写：", "write these words in capital letters:"}}},
    {"opposite",
     task_opposite,
     {{"说出反义词：", "say the opposite:"},
      {"下面的词的反义词是什么？", "what is the opposite of this word?"},
      {"写出反义词：", "write the opposite:"}}},
    {"add",
     task_add,
     {{"算一算：", "work this out:"},
      {"下面的算式等于几？", "what does this make?"},
      {"算出来：", "what is this?"}}},
    {"subtract",
     task_subtract,
     {{"算一算：", "work this out:"},
      {"下面的算式等于几？", "what does this make?"},
      {"算出来：", "what is this?"}}},
    {"question",
     task_question,
     {{"改成问句：", "make a question of this:"},
      {"把这句话改成问句：", "write this as a question:"},
      {"写成问句：", "put this as a question:"}}},
    {"deny",
     task_deny,
     {{"改成否定句：", "say that this is not so:"},
      {"把这句话改成否定句：", "write this with not:"},
      {"写成否定句：", "write that this is not so:"}}},
    {"where",
     task_where,
     {{"这件事在哪里发生？", "where was this?"},
      {"找出地方：", "find the place:"},
      {"这句话说的是哪里？", "which place is this?"}}},
    {"polite",
     task_polite,
     {{"说得有礼貌一点：", "say this politely:"},
      {"把这句话改得有礼貌：", "make this polite:"},
      {"写得有礼貌一点：", "write this politely:"}}},
    /* only for the test */
    {"last",
     task_last,
     {{"说出最后一个词：", "say the last word:"},
      {"最后一个词是什么？", "what is the last of these words?"},
      {"写出最后一个词：", "write the last of these words:"}}},
    {"sort down",
     task_sort_down,
     {{"从大到小排列：", "sort from large to small:"},
      {"把这些数从大到小写出来：", "write these numbers from the largest to the smallest:"},
      {"把下面的数从大到小排列：", "sort these numbers from large to small:"}}},
    {"smallest",
     task_smallest,
     {{"哪个数最小？", "which number is the smallest?"},
      {"找出最小的数：", "find the smallest number:"},
      {"下面最小的数是哪个？", "what is the smallest of these numbers?"}}},
};
enum { TASKS = DRAFT_COUNT(tasks), HELD_TASKS = 3 };

const char *draft_instruction_name(int task)
{
    return tasks[task].name;
}

int draft_instruction_count(void)
{
    return TASKS;
}

bool draft_instruction_held(int task)
{
    return task >= TASKS - HELD_TASKS;
}

void draft_instruction(Draft *d)
{
    d->task = rng_below(d->rng, d->side == WORLD_TEST ? TASKS : TASKS - HELD_TASKS);
    const Task *t = &tasks[d->task];
    Draft material = *d;
    t->write(&material);
    draft_say(d, d->prompt, t->ask[draft_wording(d, ASKINGS, 1)]);
    draft_put(d, d->prompt, (DraftLine){"", " "}, false);
    add_text(d->prompt, material.prompt);
    add_text(d->answer, material.answer);
    d->key = material.key;
    d->size = material.size;
}
