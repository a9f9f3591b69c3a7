/* questions.c -- what the base models are asked, and which answers are right. */
#include "ch05/questions.h"

#include "common/base/base.h"

#include <stdlib.h>
#include <string.h>

const Subject subjects[SUBJECTS] = {
    {WORLD_FACT, WORLD_TRAIN, SUBJECT_ANY, SUBJECT_ANY, true, "as training tells it"},
    {WORLD_FACT, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, true, "in words that training never used"},
    {WORLD_QUESTION, WORLD_TRAIN, WORLD_ASK_FACT, SUBJECT_ANY, true, "a fact that training also asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_FACT, SUBJECT_ANY, true,
     "a fact that training tells but never asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_TWO_HOPS, SUBJECT_ANY, true,
     "a fact about somebody's best friend"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_GAP, SUBJECT_ANY, true,
     "a fact that nobody told: I do not know"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHAT, 1, true, "what somebody bought, lost or drew"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHO, 1, true, "who did it"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHERE, 1, true, "where"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHEN, 1, true, "on which day"},
    {WORLD_PASSAGE, WORLD_TEST, SUBJECT_ANY, 0, true, "any of these; the passage does not say"},
    {WORLD_PRONOUN, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, true, "what \"it\" is"},
    {WORLD_SENSE, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, true, "which sense of a word is meant"},
    {WORLD_SENTENCE, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, true, "what two sentences are about"},
    {WORLD_DIALOGUE, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, true, "what the user said several turns ago"},
    {WORLD_RECORD, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, false, "an order, as JSON"},
    {WORLD_TRANSLATION, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, false, "a sentence in the other language"},
    {WORLD_SUMMARY, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, false, "a story in one sentence"},
    {WORLD_PROBLEM, WORLD_TEST, 0, SUBJECT_ANY, false, "a word problem in two steps"},
    {WORLD_PROBLEM, WORLD_TEST, 1, SUBJECT_ANY, false, "in three steps"},
    {WORLD_PROBLEM, WORLD_TEST, 2, SUBJECT_ANY, false, "in four steps"}};

/* Of a problem only the number after the last step counts. */
static const char *last_number(const char *text)
{
    const char *start = text;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            start = c + 1;
    }
    return start;
}

Truths truths_new(WorldLanguage language)
{
    enum { ALL = 2000 };
    static const WorldKind kinds[] = {WORLD_FACT, WORLD_FACT, WORLD_QUESTION, WORLD_QUESTION};
    Truths t = {memory_new(sizeof *t.text * 4 * ALL), 0};
    for (int i = 0; i < 4; i++) {
        Rng rng = rng_new(1);
        WorldRequest request = {kinds[i], language, (WorldSide)(i % 2), ALL, 0, 0};
        WorldSamples s = world_samples(&request, &rng);
        for (int k = 0; k < s.count; k++)
            t.text[t.count++] = world_sample_join(&s.items[k]);
        world_samples_free(&s);
    }
    return t;
}

void truths_free(Truths *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->text[i]);
    free(t->text);
}

bool is_right(const WorldSample *s, const Truths *truths, const char *prompt, const char *said)
{
    char text[2048];
    bool right = strcmp(s->kind == WORLD_PROBLEM ? last_number(said) : said, s->answer) == 0;
    if (s->kind != WORLD_FACT)
        return right;
    snprintf(text, sizeof text, "%s%s%s", prompt, s->language == WORLD_EN ? " " : "", said);
    for (int i = 0; i < truths->count && !right; i++)
        right = strcmp(text, truths->text[i]) == 0;
    return right;
}

/* A fact that is told backwards ("Winter is what Tim likes") has no beginning to go on from. */
static bool belongs(const Subject *subject, const WorldSample *s)
{
    return (s->kind != WORLD_FACT || s->prompt[0]) &&
           (subject->task == SUBJECT_ANY || subject->task == s->task) &&
           (subject->label == SUBJECT_ANY || subject->label == s->label);
}

WorldSamples questions_choose(const Subject *subject, WorldLanguage language, int count, uint64_t seed)
{
    Rng rng = rng_new(seed);
    bool part =
        subject->task != SUBJECT_ANY || subject->label != SUBJECT_ANY || subject->kind == WORLD_FACT;
    WorldRequest request = {subject->kind, language, subject->side, part ? 12 * count : count, 0, 0};
    WorldSamples s = world_samples(&request, &rng);
    int kept = 0;
    for (int i = 0; i < s.count && kept < count; i++) {
        if (belongs(subject, &s.items[i]))
            s.items[kept++] = s.items[i];
    }
    s.count = kept;
    return s;
}
