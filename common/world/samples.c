/* samples.c -- draws samples of a kind until enough of them are on the wanted side. */
#include "common/world/samples.h"

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/world/draft.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SAMPLES = 10000000, MAX_TASKS = 64 };

/* What decides the side: the key, or only the wording (the facts that both sides tell). */
typedef enum Split { BY_KEY, BY_WORDING } Split;

static const struct {
    const char *name;
    DraftWriter *write;
    int tasks;
    Split split;
} kinds[WORLD_KINDS] = {
    [WORLD_STORY] = {"story", draft_story, 10, BY_KEY},
    [WORLD_SUMMARY] = {"summary", draft_summary, 10, BY_KEY},
    [WORLD_PRONOUN] = {"pronoun", draft_pronoun, 9, BY_KEY},
    [WORLD_FACT] = {"fact", draft_fact, 9, BY_WORDING},
    [WORLD_QUESTION] = {"question", draft_question, 3, BY_KEY},
    [WORLD_RECORD] = {"record", draft_record, 1, BY_KEY},
    [WORLD_PASSAGE] = {"passage", draft_passage, 4, BY_KEY},
    [WORLD_REVIEW] = {"review", draft_review, 4, BY_KEY},
    [WORLD_STYLE] = {"style", draft_style, 4, BY_KEY},
    [WORLD_DIALOGUE] = {"dialogue", draft_dialogue, 4, BY_KEY},
    [WORLD_INSTRUCTION] = {"instruction", draft_instruction, 21, BY_KEY},
    [WORLD_PROBLEM] = {"problem", draft_problem, 3, BY_KEY},
    [WORLD_PREFERENCE] = {"preference", draft_preference, 4, BY_KEY},
    [WORLD_SENTENCE] = {"sentence", draft_sentence, 8, BY_KEY},
    [WORLD_ANALOGY] = {"analogy", draft_analogy, 3, BY_KEY},
    [WORLD_SENSE] = {"sense", draft_sense, 30, BY_KEY},
    [WORLD_PARAPHRASE] = {"paraphrase", draft_paraphrase, 1, BY_KEY},
    [WORLD_TRANSLATION] = {"translation", draft_translation, 1, BY_KEY},
    [WORLD_BIAS] = {"bias", draft_bias, 18, BY_KEY},
    [WORLD_CANARY] = {"canary", draft_canary, 1, BY_KEY},
    [WORLD_READING] = {"reading", draft_reading, 5, BY_KEY},
    [WORLD_HOPS] = {"hops", draft_hops, 6, BY_KEY},
    [WORLD_DOCUMENT] = {"document", draft_document, 4, BY_KEY},
    [WORLD_SHOTS] = {"shots", draft_shots, 48, BY_KEY},
    [WORLD_REASON] = {"reason", draft_reason, 4, BY_KEY},
    [WORLD_CODE] = {"code", draft_code, 4, BY_KEY},
    [WORLD_FORM] = {"form", draft_form, 5, BY_KEY},
    [WORLD_ROLE] = {"role", draft_role, 8, BY_KEY},
    [WORLD_TOOL] = {"tool", draft_tool, 5, BY_KEY},
};

/* ---- drawing ------------------------------------------------------------------------------------- */

static void draw(Draft *d, const WorldRequest *request, Rng *rng)
{
    d->slot_count = d->task = d->label = d->form = 0;
    d->language = request->language;
    d->side = request->side;
    d->skew = request->skew;
    d->questions = request->questions;
    d->rng = rng;
    d->held = false;
    d->key = (uint64_t)request->kind + 1;
    d->size = 1;
    d->passage[0] = d->prompt[0] = d->steps[0] = d->answer[0] = d->worse[0] = '\0';
    kinds[request->kind].write(d);
}

static char *keep(Arena *a, const char *text)
{
    size_t size = strlen(text) + 1;
    return size == 1 ? "" : memcpy(arena_alloc(a, size), text, size);
}

static uint64_t hash_field(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return draft_mix(hash, 5);
}

static uint64_t hash_draft(const Draft *d)
{
    uint64_t hash = hash_field(0xcbf29ce484222325u, d->passage);
    hash = hash_field(hash_field(hash, d->prompt), d->steps);
    return hash_field(hash_field(hash, d->answer), d->worse);
}

/* Whether the text is new; open addressing, at most half full; 0 is free. */
static bool add_new(uint64_t *seen, size_t room, uint64_t hash)
{
    size_t at = (size_t)(hash % room);
    hash += hash == 0;
    for (; seen[at] != 0; at = (at + 1) % room) {
        if (seen[at] == hash)
            return false;
    }
    seen[at] = hash;
    return true;
}

WorldSamples world_samples(const WorldRequest *request, Rng *rng)
{
    enum { TRIES = 20000 }; /* without anything new */
    if (request->count < 0 || request->count > MAX_SAMPLES)
        FATAL("world_samples: %d samples; expected 0 to %d", request->count, MAX_SAMPLES);
    size_t room = 2 * (size_t)request->count + 1;
    uint64_t *seen = memory_zero(room, sizeof *seen);
    Draft *d = memory_zero(1, sizeof *d);
    WorldSamples s = {memory_zero((size_t)request->count + 1, sizeof *s.items), 0, arena_new()};
    for (int tries = 0; s.count < request->count && tries < TRIES; tries++) {
        draw(d, request, rng);
        bool fits = kinds[request->kind].split == BY_WORDING || draft_side(d->key) == request->side;
        if (!fits || !add_new(seen, room, hash_draft(d)))
            continue;
        s.items[s.count++] = (WorldSample){request->kind,
                                           request->language,
                                           d->task,
                                           d->label,
                                           d->held,
                                           d->key,
                                           keep(s.memory, d->passage),
                                           keep(s.memory, d->prompt),
                                           keep(s.memory, d->steps),
                                           keep(s.memory, d->answer),
                                           keep(s.memory, d->worse)};
        tries = 0;
    }
    free(d);
    free(seen);
    return s;
}

void world_samples_free(WorldSamples *s)
{
    free(s->items);
    arena_free(s->memory);
    *s = (WorldSamples){0};
}

/* ---- what a kind is ------------------------------------------------------------------------------ */

/* What stands between two parts: what an instruction asks and the answer are two lines, an order and its JSON too. */
static const char *between(const WorldSample *s, char before)
{
    if (before == '\n')
        return "";
    if (s->kind == WORLD_INSTRUCTION || s->kind == WORLD_RECORD || s->kind == WORLD_FORM)
        return "\n";
    bool wide = (before & 0x80) != 0; /* a Chinese character or sign */
    if (s->kind == WORLD_CODE)
        return s->task == WORLD_EXPLAIN || s->task == WORLD_RESULT ? (wide ? "" : " ") : "";
    if (s->kind == WORLD_SHOTS)
        return wide ? "" : " ";
    return s->language == WORLD_EN || s->kind == WORLD_ANALOGY ? " " : "";
}

char *world_sample_join(const WorldSample *s)
{
    const char *const parts[] = {s->passage, s->prompt, s->steps, s->answer};
    size_t room = 8, used;
    for (int i = 0; i < 4; i++)
        room += strlen(parts[i]) + 1;
    char *text = memory_zero(room, 1);
    for (int i = 0; i < 4; i++) {
        bool told = parts[i][0] && !(s->kind == WORLD_PREFERENCE && parts[i] == s->steps);
        if (told && (used = strlen(text)) > 0)
            strcat(text, between(s, text[used - 1]));
        if (told)
            strcat(text, parts[i]);
    }
    return text;
}

char *world_sample_question(const WorldSample *s)
{
    WorldSample question = *s;
    question.steps = question.answer = "";
    char *whole = world_sample_join(s), *start = world_sample_join(&question);
    size_t size = strlen(start);
    whole[size + (whole[size] == '\n')] = '\0';
    free(start);
    return whole;
}

const char *world_samples_usual_answer(const WorldSamples *s)
{
    const char *usual = "";
    int max = 0;
    for (int i = 0; i < s->count; i++) {
        int same = 0;
        for (int j = 0; j < s->count; j++)
            same += strcmp(s->items[i].answer, s->items[j].answer) == 0;
        if (same > max) {
            max = same;
            usual = s->items[i].answer;
        }
    }
    return usual;
}

WorldSide world_key_side(uint64_t key)
{
    return draft_side(key);
}

/* The choices of a task are as many on every draw, or nearly; the mean over draws is taken. */
double world_kind_size(WorldKind kind)
{
    enum { DRAWS = 4000 };
    double sum[MAX_TASKS] = {0}, size = 0;
    int drawn[MAX_TASKS] = {0};
    bool held = world_task_held(kind, world_task_count(kind) - 1);
    WorldRequest request = {.kind = kind, .language = WORLD_EN, .side = held ? WORLD_TEST : WORLD_TRAIN};
    Rng rng = rng_new(1);
    Draft *d = memory_zero(1, sizeof *d);
    for (int i = 0; i < DRAWS; i++) {
        draw(d, &request, &rng);
        sum[d->task] += d->size;
        drawn[d->task]++;
    }
    for (int i = 0; i < MAX_TASKS; i++)
        size += drawn[i] ? sum[i] / drawn[i] : 0;
    free(d);
    return size;
}

const char *world_kind_name(WorldKind kind)
{
    return kinds[kind].name;
}

const char *world_task_name(WorldKind kind, int task)
{
    return kind == WORLD_INSTRUCTION ? draft_instruction_name(task) : "";
}

int world_task_count(WorldKind kind)
{
    return kind == WORLD_INSTRUCTION ? draft_instruction_count() : kinds[kind].tasks;
}

bool world_task_held(WorldKind kind, int task)
{
    return (kind == WORLD_INSTRUCTION && draft_instruction_held(task)) ||
           (kind == WORLD_SHOTS && draft_shots_held(task));
}
