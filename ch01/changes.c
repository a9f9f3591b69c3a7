/* changes.c -- names exchanged, verdicts cut off. */
#include "ch01/changes.h"
#include "common/world/lexicon.h"

#include <stdio.h>
#include <string.h>

bool changes_swap_names(WorldLanguage language, const char *text, char *out)
{
    const char *at[2] = {NULL, NULL}, *name[2] = {NULL, NULL};
    int named = 0;
    for (int i = 0; i < WORLD_CHILDREN; i++) {
        const WorldWord *w = world_word(WORLD_PEOPLE, i);
        const char *who = language == WORLD_ZH ? w->zh : w->en, *there = strstr(text, who);
        if (!there || strstr(there + 1, who))
            continue;
        if (named < 2) {
            at[named] = there;
            name[named] = who;
        }
        named++;
    }
    if (named != 2)
        return false;
    int first = at[0] > at[1], second = !first; /* which of the two comes first in the text */
    const char *rest = at[first] + strlen(name[first]);
    snprintf(out, CHANGES_TEXT, "%.*s%s%.*s%s%s", (int)(at[first] - text), text, name[second],
             (int)(at[second] - rest), rest, name[first], at[second] + strlen(name[second]));
    return true;
}

static const char *const synonyms[WORLD_LANGUAGES][CHANGES_SYNONYMS][2] = {{{"好吃", "可口"},
                                                                            {"朋友", "伙伴"},
                                                                            {"学校", "学堂"},
                                                                            {"喜欢", "爱好"},
                                                                            {"弄坏", "损毁"},
                                                                            {"真话", "实情"},
                                                                            {"认识", "结识"},
                                                                            {"下雨", "落雨"},
                                                                            {"回家", "返家"},
                                                                            {"快乐", "开怀"},
                                                                            {"找到", "寻获"},
                                                                            {"帮忙", "相助"},
                                                                            {"赢了", "获胜"},
                                                                            {"家里人", "亲属"},
                                                                            {"东西吃", "食物"},
                                                                            {"树上", "枝头"}},
                                                                           {{"delicious", "tasty"},
                                                                            {"friend", "pal"},
                                                                            {"school", "academy"},
                                                                            {"liked", "enjoyed"},
                                                                            {"broke", "damaged"},
                                                                            {"truth", "facts"},
                                                                            {"won", "triumphed"},
                                                                            {"rained", "poured"},
                                                                            {"unhappy", "miserable"},
                                                                            {"helped", "assisted"},
                                                                            {"race", "contest"},
                                                                            {"fed", "nourished"},
                                                                            {"tree", "oak"},
                                                                            {"worked", "laboured"},
                                                                            {"present", "gift"},
                                                                            {"fast", "quick"}}};

const char *const *changes_synonym(WorldLanguage language, int i)
{
    return synonyms[language][i];
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int changes_use_synonyms(WorldLanguage language, const char *text, char *out)
{
    int changed = 0;
    char before[CHANGES_TEXT];
    snprintf(out, CHANGES_TEXT, "%s", text);
    for (int i = 0; i < CHANGES_SYNONYMS; i++) {
        const char *word = synonyms[language][i][0], *at = strstr(out, word),
                   *after = at ? at + strlen(word) : NULL;
        if (!at || (at > out && is_letter(at[-1])) || is_letter(*after))
            continue;
        snprintf(before, sizeof before, "%s", out);
        snprintf(out, CHANGES_TEXT, "%.*s%s%s", (int)(at - out), before, synonyms[language][i][1],
                 before + (after - out));
        changed++;
    }
    return changed;
}

void changes_without_verdict(WorldLanguage language, const char *review, char *out)
{
    const char *stop = language == WORLD_ZH ? "。" : ". ", *at = strstr(review, stop);
    at = at ? strstr(at + strlen(stop), stop) : NULL;
    snprintf(out, CHANGES_TEXT, "%.*s", at ? (int)(at - review) + (int)strlen(stop) : (int)strlen(review),
             review);
}

bool changes_is_mixed(const char *review)
{
    return strstr(review, ", but ") || strstr(review, "; still, ") || strstr(review, "但是") ||
           strstr(review, "不过");
}
