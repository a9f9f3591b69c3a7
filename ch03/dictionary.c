/* dictionary.c -- content words of the little world in both languages. */
#include "ch03/dictionary.h"

#include <stddef.h>
#include <string.h>

static const DictionaryEntry entries[] = {
    {NAME, "小红", "Mary"},     {NAME, "小明", "Tom"},    {NAME, "小丽", "Lily"},
    {NAME, "小刚", "Jack"},     {NAME, "小华", "Anna"},   {NAME, "小军", "Ben"},
    {NAME, "小雨", "Amy"},      {NAME, "小龙", "Sam"},    {ANIMAL, "猫", "cat"},
    {ANIMAL, "狗", "dog"},      {ANIMAL, "鸟", "bird"},   {ANIMAL, "鱼", "fish"},
    {ANIMAL, "马", "horse"},    {ANIMAL, "牛", "cow"},    {ANIMAL, "兔子", "rabbit"},
    {ANIMAL, "鸭子", "duck"},   {THING, "书", "book"},    {THING, "信", "letter"},
    {THING, "苹果", "apple"},   {THING, "鸡蛋", "egg"},   {THING, "蛋糕", "cake"},
    {THING, "花", "flower"},    {THING, "帽子", "hat"},   {THING, "裙子", "dress"},
    {THING, "伞", "umbrella"},  {THING, "椅子", "chair"}, {THING, "球", "ball"},
    {THING, "杯子", "cup"},     {PLACE, "公园", "park"},  {PLACE, "花园", "garden"},
    {PLACE, "学校", "school"},  {PLACE, "商店", "shop"},  {PLACE, "市场", "market"},
    {PLACE, "厨房", "kitchen"}, {PLACE, "家", "home"},    {PLACE, "河", "river"},
};

const DictionaryEntry *dictionary_find(const char *english)
{
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (strcmp(entries[i].english, english) == 0)
            return &entries[i];
    return NULL;
}
