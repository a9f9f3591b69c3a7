/* copies.c -- planted copies. */
#include "ch04/copies.h"

#include "common/base/error.h"

#include <stdio.h>
#include <string.h>

const char *const planted_names[PLANTED] = {"original",        "exact copy",         "with a banner",
                                            "retyped",         "last fifth missing", "2 sentences new",
                                            "4 sentences new", "in other words",     "other facts"};

bool planted_is_near(Planted how)
{
    return how >= BANNER && how <= TWO_NEW;
}

static void append(CopyText *t, const char *text)
{
    t->size += (size_t)snprintf(t->bytes + t->size, sizeof t->bytes - t->size, "%s", text);
    if (t->size >= sizeof t->bytes)
        FATAL("copies_make: a text of more than %zu bytes", sizeof t->bytes);
}

/* Spaces become two, and punctuation that of the other width, or another. */
static void append_retyped(CopyText *t, const char *sentence)
{
    static const char *const from[] = {" ", "，", "。", "."}, *const to[] = {"  ", ",", ". ", " !"};
    while (*sentence) {
        int i = 0;
        while (i < 4 && strncmp(sentence, from[i], strlen(from[i])) != 0)
            i++;
        char one[2] = {*sentence, '\0'};
        append(t, i < 4 ? to[i] : one);
        sentence += i < 4 ? strlen(from[i]) : 1;
    }
}

static const char *sentence_of(const WorldSample *fact, const WorldSample *other, Planted how, int i)
{
    bool new = (how == TWO_NEW && i % 10 == 3) || (how == FOUR_NEW && i % 5 == 3);
    return new                  ? other->prompt
           : how == REWORDED    ? fact->answer
           : how == OTHER_FACTS ? fact->worse
                                : fact->prompt;
}

CopyText copies_make(const WorldSample *facts, const WorldSample *other, Planted how)
{
    bool english = facts->language == WORLD_EN;
    CopyText t = {.size = 0};
    if (how == BANNER)
        append(&t, english ? "Welcome to our page. Sign up for our letter, it is free of charge.\n"
                           : "欢迎来到本站，注册即可免费收到来信。\n");
    for (int i = 0; i < (how == CUT ? COPIES_SENTENCES * 4 / 5 : COPIES_SENTENCES); i++) {
        const char *sentence = sentence_of(facts + i, other + i, how, i);
        if (how == RETYPED)
            append_retyped(&t, sentence);
        else
            append(&t, sentence);
        append(&t, english ? " " : "");
    }
    return t;
}
