/* dictionary.c -- content words of the little world in both languages. */
#include "ch03/dictionary.h"

#include <stddef.h>
#include <string.h>

typedef struct Entry {
    Kind kind;
    const char *chinese, *english;
} Entry;

static const Entry entries[] = {
    {NAME, "小红", "Mary"},        {NAME, "小明", "Tom"},      {NAME, "小丽", "Lily"},
    {NAME, "小刚", "Jack"},        {NAME, "小华", "Anna"},     {NAME, "小军", "Ben"},
    {NAME, "小雨", "Amy"},         {NAME, "小龙", "Sam"},      {ANIMAL, "猫", "cat"},
    {ANIMAL, "狗", "dog"},         {ANIMAL, "鸟", "bird"},     {ANIMAL, "鱼", "fish"},
    {ANIMAL, "马", "horse"},       {ANIMAL, "牛", "cow"},      {ANIMAL, "兔子", "rabbit"},
    {ANIMAL, "鸭子", "duck"},      {THING, "书", "book"},      {THING, "信", "letter"},
    {THING, "苹果", "apple"},      {THING, "鸡蛋", "egg"},     {THING, "蛋糕", "cake"},
    {THING, "花", "flower"},       {THING, "帽子", "hat"},     {THING, "裙子", "dress"},
    {THING, "伞", "umbrella"},     {THING, "椅子", "chair"},   {THING, "球", "ball"},
    {THING, "杯子", "cup"},        {LOCATION, "公园", "park"}, {LOCATION, "花园", "garden"},
    {LOCATION, "学校", "school"},  {LOCATION, "商店", "shop"}, {LOCATION, "市场", "market"},
    {LOCATION, "厨房", "kitchen"}, {LOCATION, "家", "home"},   {LOCATION, "河", "river"},
};

/* The entry of an English word, or NULL. */
static const Entry *find(const char *english)
{
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (strcmp(entries[i].english, english) == 0)
            return &entries[i];
    return NULL;
}

int dictionary_align(const TextWords *words, const Example *e, int t, Kind *kind, bool *in)
{
    const Entry *entry = find(text_words_piece(words, e->target[t]));
    int ids[PAIRS_MAX], found = 0;
    memset(in, 0, PAIRS_MAX * sizeof *in);
    if (!entry)
        return 0;
    *kind = entry->kind;
    int length = text_words_encode(words, entry->chinese, ids, PAIRS_MAX);
    for (int s = 0; s + length <= e->source_count; s++) {
        if (memcmp(e->source + s, ids, (size_t)length * sizeof *ids) != 0)
            continue;
        memset(in + s, 1, (size_t)length * sizeof *in);
        found += length;
    }
    return found;
}
