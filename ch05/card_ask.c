/* card_ask.c -- draws the questions of the report card, asks them all of a kind at once, and counts the hits. */
#include "ch05/card.h"

#include "common/base/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A question of some kind and mode, and what was said. */
typedef struct Question {
    const WorldSample *sample;
    char *prompt, *said;
    bool right, unknown;
} Question;

/* ---- questions ----------------------------------------------------------------------------------- */

static bool selects(const CardRow *row, const WorldSample *s)
{
    bool held_task = world_task_held(s->kind, s->task);
    return s->kind == row->kind && (row->task == CARD_ANY || row->task == s->task) &&
           (row->label == CARD_ANY || row->label == s->label) &&
           (row->held == CARD_ANY || row->held == s->held) &&
           (row->tasks == CARD_ALL_TASKS || (row->tasks == CARD_HELD_TASKS) == held_task) &&
           (s->kind != WORLD_FACT || s->prompt[0]); /* told backwards, it has no beginning to go on from */
}

/* CARD_UNKNOWN asks as CARD_ANSWER does. */
static bool asks_in(const CardRow *row, CardMode mode)
{
    return row->mode == mode || (row->mode == CARD_UNKNOWN && mode == CARD_ANSWER);
}

static char *prompt_of(const WorldSample *s, CardMode mode)
{
    WorldSample asked = *s;
    if (mode == CARD_ZERO)
        asked.passage = "";
    if (mode != CARD_GIVEN || !s->steps[0])
        return world_sample_question(&asked);
    asked.answer = "";
    return world_sample_join(&asked);
}

/* New tokens at most: what the longest answers of the kind take, in either language. */
static int answer_tokens(WorldKind kind)
{
    switch (kind) {
    case WORLD_CODE:
        return 160;
    case WORLD_SUMMARY:
    case WORLD_PROBLEM:
    case WORLD_REASON:
    case WORLD_RECORD:
    case WORLD_FORM:
    case WORLD_HOPS:
    case WORLD_TOOL:
    case WORLD_TRANSLATION:
        return 90;
    case WORLD_ROLE:
    case WORLD_DIALOGUE:
        return 50;
    default:
        return 24;
    }
}

static bool fits(Lm *lm, const char *prompt, int answer)
{
    Error e = {""};
    TokenList ids = {0};
    if (!lm_encode(lm, prompt, true, &ids, &e))
        error_exit(&e);
    bool short_enough = (int)ids.count + answer <= lm_model(lm)->config.context;
    tokenizer_tokens_free(&ids);
    return short_enough;
}

/* Keeps a sample if some row of the mode still wants it. */
static bool wanted(const WorldSample *s, CardMode mode, int count, int *have)
{
    bool any = false;
    for (int i = 0; i < card_row_count; i++) {
        if (asks_in(&card_rows[i], mode) && selects(&card_rows[i], s) && have[i] < count)
            any = true;
    }
    for (int i = 0; i < card_row_count && any; i++)
        have[i] += asks_in(&card_rows[i], mode) && selects(&card_rows[i], s);
    return any;
}

/* ---- answers ------------------------------------------------------------------------------------- */

/* Code ends with the bracket of its function, everything else with its line. */
static void ask(Lm *lm, Question *q, int count)
{
    static const char *const ends[] = {"\n", "\n}"};
    Error e = {""};
    if (count == 0)
        return;
    const WorldSample *first = q[0].sample;
    bool code = first->kind == WORLD_CODE && (first->task == WORLD_COMPLETE || first->task == WORLD_REPAIR);
    LmOptions how = lm_options();
    how.max = answer_tokens(first->kind);
    how.stops = &ends[code];
    how.stop_count = 1;
    how.context = lm_model(lm)->config.context;
    const char **prompts = memory_new(sizeof *prompts * (size_t)count);
    char **said = memory_new(sizeof *said * (size_t)count);
    for (int i = 0; i < count; i++)
        prompts[i] = q[i].prompt;
    if (!lm_continue_all(lm, prompts, count, &how, said, &e))
        error_exit(&e);
    for (int i = 0; i < count; i++)
        q[i].said = said[i];
    free(prompts);
    free(said);
}

static const char *trim(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && strchr(" \n", text[size - 1]))
        text[--size] = '\0';
    return text + strspn(text, " \n");
}

/* What comes after the steps: after the last full stop that is not the end, or the last number. */
static const char *conclusion(const WorldSample *s, const char *said)
{
    const char *start = said;
    if (s->kind == WORLD_HOPS && s->label == 1) {
        for (const char *c = said; *c; c++) {
            if (strncmp(c, ". ", 2) == 0)
                start = c + 2;
            else if (strncmp(c, "。", strlen("。")) == 0)
                start = c + strlen("。");
        }
    } else if (s->kind == WORLD_REASON) {
        for (const char *c = said; *c; c++)
            start = *c < '0' || *c > '9' ? c + 1 : start;
    }
    return start;
}

/* A call is asked for up to its end; what comes back is the tool's. */
static bool calls_right(const WorldSample *s, const char *said)
{
    static const char end[] = "</call>";
    const char *right = strstr(s->steps, end), *there = strstr(said, end);
    if (!right)
        return strcmp(said, s->answer) == 0;
    size_t size = (size_t)(right - s->steps);
    return there && (size_t)(there - said) == size && strncmp(said, s->steps, size) == 0;
}

static void judge(Question *q, CardMode mode, const Truths *truths)
{
    const WorldSample *s = q->sample;
    const char *said = trim(q->said), *unknown = s->language == WORLD_EN ? "I do not know" : "不知道";
    q->unknown = strncmp(said, unknown, strlen(unknown)) == 0;
    if (s->kind == WORLD_TOOL && mode == CARD_ANSWER)
        q->right = calls_right(s, said);
    else if (s->kind == WORLD_HOPS || s->kind == WORLD_REASON)
        q->right = strcmp(conclusion(s, said), s->answer) == 0;
    else
        q->right = is_right(s, truths, q->prompt, said);
}

/* Completed and repaired functions are compiled and run. */
static void judge_code(Question *q, int count)
{
    char **programs = memory_new(sizeof *programs * ((size_t)count + 1));
    bool *passed = memory_zero((size_t)count + 1, sizeof *passed);
    for (int i = 0; i < count; i++) {
        size_t size = strlen(q[i].said);
        char *answer = memory_new(size + 3);
        snprintf(answer, size + 3, "%s\n}", q[i].said);
        programs[i] = world_code_program(q[i].sample, answer);
        free(answer);
    }
    card_run_code(programs, count, passed);
    for (int i = 0; i < count; i++) {
        q[i].right = passed[i];
        free(programs[i]);
    }
    free(programs);
    free(passed);
}

/* ---- a kind -------------------------------------------------------------------------------------- */

/* Questions of code are of two sorts, which end differently. */
static int sort_questions(Question *q, int count)
{
    int first = 0;
    for (int i = 0; i < count; i++) {
        if (q[i].sample->kind == WORLD_CODE &&
            (q[i].sample->task == WORLD_COMPLETE || q[i].sample->task == WORLD_REPAIR)) {
            Question moved = q[first];
            q[first++] = q[i];
            q[i] = moved;
        }
    }
    return first;
}

static void count_hits(const Question *q, CardMode mode, int most, CardCount *counts)
{
    for (int i = 0; i < card_row_count; i++) {
        const CardRow *row = &card_rows[i];
        if (asks_in(row, mode) && selects(row, q->sample) && counts[i].asked < most) {
            counts[i].asked++;
            counts[i].hits += row->mode == CARD_UNKNOWN ? q->unknown : q->right;
        }
    }
}

static void ask_kind(Lm *lm, WorldKind kind, WorldLanguage language, CardMode mode,
                     const CardSettings *settings, CardCount *counts)
{
    enum { DRAWN = 14 }; /* samples for each that a row wants: some rows are rare */
    Rng rng = rng_new(settings->seed);
    int count = settings->count;
    int *have = memory_zero((size_t)card_row_count, sizeof *have), asked = 0;
    WorldRequest request = {.kind = kind, .language = language, .side = WORLD_TEST, .count = DRAWN * count};
    WorldSamples samples = world_samples(&request, &rng);
    Question *q = memory_new(sizeof *q * ((size_t)samples.count + 1));
    Truths truths = kind == WORLD_FACT ? truths_new(language) : (Truths){NULL, 0};
    for (int i = 0; i < samples.count; i++) {
        char *prompt = prompt_of(&samples.items[i], mode);
        bool skipped = mode == CARD_GIVEN && !samples.items[i].steps[0];
        if (!skipped && fits(lm, prompt, answer_tokens(kind)) &&
            wanted(&samples.items[i], mode, count, have))
            q[asked++] = (Question){.sample = &samples.items[i], .prompt = prompt};
        else
            free(prompt);
    }
    int code = sort_questions(q, asked);
    ask(lm, q, code);
    ask(lm, q + code, asked - code);
    for (int i = code; i < asked; i++)
        judge(&q[i], mode, &truths);
    judge_code(q, code);
    for (int i = 0; i < asked; i++) {
        count_hits(&q[i], mode, count, counts);
        if (settings->show)
            printf("%s\n    %s  %s\n", q[i].prompt, q[i].right ? "+" : "-", q[i].said);
        free(q[i].prompt);
        free(q[i].said);
    }
    truths_free(&truths);
    free(q);
    free(have);
    world_samples_free(&samples);
}

void card_ask(Lm *lm, WorldLanguage language, const CardSettings *s, CardCount *counts)
{
    bool done[WORLD_KINDS][CARD_GIVEN + 1] = {{false}};
    memset(counts, 0, sizeof *counts * (size_t)card_row_count);
    for (int i = 0; i < card_row_count; i++) {
        CardMode mode = card_rows[i].mode == CARD_UNKNOWN ? CARD_ANSWER : card_rows[i].mode;
        if (done[card_rows[i].kind][mode] || !card_chosen(&s->only, card_rows[i].id))
            continue;
        done[card_rows[i].kind][mode] = true;
        ask_kind(lm, card_rows[i].kind, language, mode, s, counts);
    }
}

double card_story_bits(Lm *lm, WorldLanguage language, int count, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    WorldRequest request = {.kind = WORLD_STORY, .language = language, .side = WORLD_TEST, .count = count};
    WorldSamples stories = world_samples(&request, &rng);
    double bits = 0, bytes = 0;
    for (int i = 0; i < stories.count; i++) {
        LmScore score;
        char *text = world_sample_join(&stories.items[i]);
        if (!lm_score(lm, "", text, &score, NULL, &e))
            error_exit(&e);
        bits -= score.log_probability / log(2);
        bytes += (double)score.bytes;
        free(text);
    }
    world_samples_free(&stories);
    return bits / bytes;
}
