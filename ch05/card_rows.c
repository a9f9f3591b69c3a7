/* card_rows.c -- the rows of the report card, with their goals. */
#include "ch05/card.h"

#include "common/base/base.h"

#include <string.h>

enum { ANY = CARD_ANY };

const CardRow card_rows[] = {
    {"reading.who", "who did it", WORLD_READING, CARD_ANSWER, WORLD_WHO, 1, ANY, 0, 85, false},
    {"reading.what", "what somebody did it to", WORLD_READING, CARD_ANSWER, WORLD_WHAT, 1, ANY, 0, 95,
     false},
    {"reading.where", "where", WORLD_READING, CARD_ANSWER, WORLD_WHERE, 1, ANY, 0, 90, false},
    {"reading.when", "on which day", WORLD_READING, CARD_ANSWER, WORLD_WHEN, 1, ANY, 0, 90, false},
    {"reading.colour", "in which colour", WORLD_READING, CARD_ANSWER, WORLD_WHICH_COLOUR, 1, ANY, 0, 0,
     false},
    {"reading.abstain", "says that it does not know", WORLD_READING, CARD_UNKNOWN, ANY, 0, ANY, 0, 80,
     false},
    {"reading.alarm", "the same although the passage says it", WORLD_READING, CARD_UNKNOWN, ANY, 1, ANY, 0,
     5, true},
    {"reading.seen", "all of these in wordings of training", WORLD_READING, CARD_ANSWER, ANY, 1, 0, 0, 0,
     false},
    {"reading.held", "in held wordings", WORLD_READING, CARD_ANSWER, ANY, 1, 1, 0, 0, false},
    {"hops.step", "two hops, the step written", WORLD_HOPS, CARD_ANSWER, ANY, 1, ANY, 0, 60, false},
    {"hops.alone", "two hops, the answer alone", WORLD_HOPS, CARD_ANSWER, ANY, 0, ANY, 0, 0, false},
    {"hops.seen", "two hops in wordings of training", WORLD_HOPS, CARD_ANSWER, ANY, ANY, 0, 0, 0, false},
    {"hops.held", "in held wordings", WORLD_HOPS, CARD_ANSWER, ANY, ANY, 1, 0, 0, false},
    {"document.found", "in a document of sections", WORLD_DOCUMENT, CARD_ANSWER, ANY, 1, ANY, 0, 0, false},
    {"document.abstain", "says that it does not know", WORLD_DOCUMENT, CARD_UNKNOWN, ANY, 0, ANY, 0, 0,
     false},
    {"document.seen", "in wordings of training", WORLD_DOCUMENT, CARD_ANSWER, ANY, 1, 0, 0, 0, false},
    {"document.held", "in held wordings", WORLD_DOCUMENT, CARD_ANSWER, ANY, 1, 1, 0, 0, false},
    {"shots.trained", "few-shot, tasks of training", WORLD_SHOTS, CARD_ANSWER, ANY, ANY, ANY,
     CARD_SEEN_TASKS, 0, false},
    {"shots.few", "few-shot, held tasks", WORLD_SHOTS, CARD_ANSWER, ANY, ANY, ANY, CARD_HELD_TASKS, 0,
     false},
    {"shots.zero", "zero-shot, held tasks", WORLD_SHOTS, CARD_ZERO, ANY, ANY, ANY, CARD_HELD_TASKS, 0,
     false},
    {"shots.seen", "tasks of training in formats of training", WORLD_SHOTS, CARD_ANSWER, ANY, ANY, 0,
     CARD_SEEN_TASKS, 0, false},
    {"shots.held", "in held formats and labels", WORLD_SHOTS, CARD_ANSWER, ANY, ANY, 1, CARD_SEEN_TASKS, 0,
     false},
    {"reason.steps", "word problems with steps", WORLD_REASON, CARD_ANSWER, ANY, 1, ANY, 0, 0, false},
    {"reason.alone", "the answer alone", WORLD_REASON, CARD_ANSWER, ANY, 0, ANY, 0, 0, false},
    {"reason.seen", "with steps, in wordings of training", WORLD_REASON, CARD_ANSWER, ANY, 1, 0, 0, 0,
     false},
    {"reason.held", "with steps, in held wordings", WORLD_REASON, CARD_ANSWER, ANY, 1, 1, 0, 0, false},
    {"code.complete", "a body that passes its tests", WORLD_CODE, CARD_ANSWER, WORLD_COMPLETE, ANY, ANY, 0,
     60, false},
    {"code.repair", "a repair that passes", WORLD_CODE, CARD_ANSWER, WORLD_REPAIR, ANY, ANY, 0, 0, false},
    {"code.explain", "what a function does", WORLD_CODE, CARD_ANSWER, WORLD_EXPLAIN, ANY, ANY, 0, 0, false},
    {"code.result", "what a call returns", WORLD_CODE, CARD_ANSWER, WORLD_RESULT, ANY, ANY, 0, 0, false},
    {"code.seen", "a body, in wordings of training", WORLD_CODE, CARD_ANSWER, WORLD_COMPLETE, ANY, 0, 0, 0,
     false},
    {"code.held", "a body, in held wordings", WORLD_CODE, CARD_ANSWER, WORLD_COMPLETE, ANY, 1, 0, 0, false},
    {"form.seen", "JSON, in wordings of training", WORLD_FORM, CARD_ANSWER, ANY, ANY, 0, 0, 0, false},
    {"form.held", "in held wordings", WORLD_FORM, CARD_ANSWER, ANY, ANY, 1, 0, 0, false},
    {"role.seen", "a role's voice, in wordings of training", WORLD_ROLE, CARD_ANSWER, ANY, ANY, 0, 0, 0,
     false},
    {"role.held", "in held wordings", WORLD_ROLE, CARD_ANSWER, ANY, ANY, 1, 0, 0, false},
    {"tool.seen", "the call, in wordings of training", WORLD_TOOL, CARD_ANSWER, ANY, ANY, 0, 0, 0, false},
    {"tool.held", "the call, in held wordings", WORLD_TOOL, CARD_ANSWER, ANY, ANY, 1, 0, 0, false},
    {"tool.result", "the answer from the result", WORLD_TOOL, CARD_GIVEN, ANY, ANY, ANY, 0, 0, false},
    {"fact.held", "a fact in words that training never used", WORLD_FACT, CARD_ANSWER, ANY, ANY, ANY, 0, 0,
     false},
    {"question.told", "a fact that is told but never asked", WORLD_QUESTION, CARD_ANSWER, WORLD_ASK_FACT,
     ANY, ANY, 0, 0, false},
    {"question.friend", "a fact about somebody's best friend", WORLD_QUESTION, CARD_ANSWER,
     WORLD_ASK_TWO_HOPS, ANY, ANY, 0, 0, false},
    {"pronoun", "what \"it\" is", WORLD_PRONOUN, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
    {"sense", "which sense of a word is meant", WORLD_SENSE, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
    {"sentence", "what two sentences are about", WORLD_SENTENCE, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
    {"dialogue", "what the user said several turns ago", WORLD_DIALOGUE, CARD_ANSWER, ANY, ANY, ANY, 0, 0,
     false},
    {"record", "an order as JSON", WORLD_RECORD, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
    {"translation", "a sentence in the other language", WORLD_TRANSLATION, CARD_ANSWER, ANY, ANY, ANY, 0, 0,
     false},
    {"summary", "a story in one sentence", WORLD_SUMMARY, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
    {"problem", "a word problem of problem.c", WORLD_PROBLEM, CARD_ANSWER, ANY, ANY, ANY, 0, 0, false},
};
const int card_row_count = sizeof card_rows / sizeof *card_rows;

const CardDifference card_differences[] = {
    {"shots.gain", "few-shot over zero-shot", "shots.few", "shots.zero", 20, false},
    {"reason.gain", "steps over the answer alone", "reason.steps", "reason.alone", 30, false},
    {"reading.gap", "wordings of training over held ones", "reading.seen", "reading.held", 15, true},
    {"hops.gap", "the same", "hops.seen", "hops.held", 15, true},
    {"document.gap", "the same", "document.seen", "document.held", 15, true},
    {"shots.gap", "formats of training over held ones", "shots.seen", "shots.held", 15, true},
    {"reason.gap", "wordings of training over held ones", "reason.seen", "reason.held", 15, true},
    {"code.gap", "the same", "code.seen", "code.held", 15, true},
    {"form.gap", "the same", "form.seen", "form.held", 15, true},
    {"role.gap", "the same", "role.seen", "role.held", 15, true},
    {"tool.gap", "the same", "tool.seen", "tool.held", 15, true},
};
const int card_difference_count = sizeof card_differences / sizeof *card_differences;

int card_find_row(const char *id)
{
    for (int i = 0; i < card_row_count; i++) {
        if (strcmp(card_rows[i].id, id) == 0)
            return i;
    }
    FATAL("card_find_row: no row '%s'", id);
}

bool card_chosen(const OptionList *only, const char *id)
{
    bool chosen = only->count == 0;
    for (int i = 0; i < only->count; i++)
        chosen |= strncmp(id, only->texts[i], strlen(only->texts[i])) == 0;
    return chosen;
}
