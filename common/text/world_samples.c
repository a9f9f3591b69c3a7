/* world_samples.c -- draws samples of a kind until enough of them are on the wanted side. */
#include "common/text/world_samples.h"

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/text/world_draft.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLES = 10000000, MOST_TASKS = 64 };

/* What decides the side: the key, or only the wording (the facts that both sides tell). */
typedef enum Split { BY_KEY, BY_WORDING } Split;

static const struct {
    const char *name;
    DraftWriter *write;
    int tasks;
    Split split;
} kinds[TEXT_KINDS] = {
    [TEXT_STORY] = {"story", draft_story, 10, BY_KEY},
    [TEXT_SUMMARY] = {"summary", draft_summary, 10, BY_KEY},
    [TEXT_PRONOUN] = {"pronoun", draft_pronoun, 9, BY_KEY},
    [TEXT_FACT] = {"fact", draft_fact, 9, BY_WORDING},
    [TEXT_QUESTION] = {"question", draft_question, 3, BY_KEY},
    [TEXT_RECORD] = {"record", draft_record, 1, BY_KEY},
    [TEXT_PASSAGE] = {"passage", draft_passage, 4, BY_KEY},
    [TEXT_REVIEW] = {"review", draft_review, 4, BY_KEY},
    [TEXT_STYLE] = {"style", draft_style, 4, BY_KEY},
    [TEXT_DIALOGUE] = {"dialogue", draft_dialogue, 4, BY_KEY},
    [TEXT_INSTRUCTION] = {"instruction", draft_instruction, 21, BY_KEY},
    [TEXT_PROBLEM] = {"problem", draft_problem, 3, BY_KEY},
    [TEXT_PREFERENCE] = {"preference", draft_preference, 4, BY_KEY},
    [TEXT_SENTENCE] = {"sentence", draft_sentence, 8, BY_KEY},
    [TEXT_ANALOGY] = {"analogy", draft_analogy, 3, BY_KEY},
    [TEXT_SENSE] = {"sense", draft_sense, 30, BY_KEY},
    [TEXT_PARAPHRASE] = {"paraphrase", draft_paraphrase, 1, BY_KEY},
    [TEXT_TRANSLATION] = {"translation", draft_translation, 1, BY_KEY},
    [TEXT_BIAS] = {"bias", draft_bias, 18, BY_KEY},
    [TEXT_CANARY] = {"canary", draft_canary, 1, BY_KEY},
};

/* ---- drawing ---------------------------------------------------------------------------------------------- */

static void draw(Draft *d, const TextRequest *request, Rng *rng)
{
    d->slot_count = d->task = d->label = d->form = 0;
    d->language = request->language;
    d->side = request->side;
    d->skew = request->skew;
    d->questions = request->questions;
    d->rng = rng;
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

TextSamples text_world_samples(const TextRequest *request, Rng *rng)
{
    enum { TRIES = 20000 }; /* without anything new */
    if (request->count < 0 || request->count > MOST_SAMPLES)
        FATAL("text_world_samples: %d samples; expected 0 to %d", request->count, MOST_SAMPLES);
    size_t room = 2 * (size_t)request->count + 1;
    uint64_t *seen = memory_zero(room, sizeof *seen);
    Draft *d = memory_zero(1, sizeof *d);
    TextSamples s = {memory_zero((size_t)request->count + 1, sizeof *s.items), 0, arena_new()};
    for (int tries = 0; s.count < request->count && tries < TRIES; tries++) {
        draw(d, request, rng);
        bool fits = kinds[request->kind].split == BY_WORDING || draft_side(d->key) == request->side;
        if (!fits || !add_new(seen, room, hash_draft(d)))
            continue;
        s.items[s.count++] = (TextSample){request->kind,
                                          request->language,
                                          d->task,
                                          d->label,
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

void text_samples_free(TextSamples *s)
{
    free(s->items);
    arena_free(s->memory);
    *s = (TextSamples){0};
}

/* ---- what a kind is ------------------------------------------------------------------------------------------ */

/* What stands between two parts: what an instruction asks and the answer are two lines, an order and its JSON too. */
static const char *between(const TextSample *s, char before)
{
    if (before == '\n')
        return "";
    if (s->kind == TEXT_INSTRUCTION || s->kind == TEXT_RECORD)
        return "\n";
    return s->language == TEXT_EN || s->kind == TEXT_ANALOGY ? " " : "";
}

char *text_sample_join(const TextSample *s)
{
    const char *const parts[] = {s->passage, s->prompt, s->steps, s->answer};
    size_t room = 8, used;
    for (int i = 0; i < 4; i++)
        room += strlen(parts[i]) + 1;
    char *text = memory_zero(room, 1);
    for (int i = 0; i < 4; i++) {
        bool told = parts[i][0] && !(s->kind == TEXT_PREFERENCE && parts[i] == s->steps);
        if (told && (used = strlen(text)) > 0)
            strcat(text, between(s, text[used - 1]));
        if (told)
            strcat(text, parts[i]);
    }
    return text;
}

TextSide text_key_side(uint64_t key)
{
    return draft_side(key);
}

/* The choices of a task are as many on every draw, or nearly; the mean over draws is taken. */
double text_kind_size(TextKind kind)
{
    enum { DRAWS = 4000 };
    double sum[MOST_TASKS] = {0}, size = 0;
    int drawn[MOST_TASKS] = {0};
    bool held = text_task_held(kind, text_task_count(kind) - 1);
    TextRequest request = {.kind = kind, .language = TEXT_EN, .side = held ? TEXT_TEST : TEXT_TRAIN};
    Rng rng = rng_new(1);
    Draft *d = memory_zero(1, sizeof *d);
    for (int i = 0; i < DRAWS; i++) {
        draw(d, &request, &rng);
        sum[d->task] += d->size;
        drawn[d->task]++;
    }
    for (int i = 0; i < MOST_TASKS; i++)
        size += drawn[i] ? sum[i] / drawn[i] : 0;
    free(d);
    return size;
}

const char *text_kind_name(TextKind kind)
{
    return kinds[kind].name;
}

const char *text_task_name(TextKind kind, int task)
{
    return kind == TEXT_INSTRUCTION ? draft_instruction_name(task) : "";
}

int text_task_count(TextKind kind)
{
    return kind == TEXT_INSTRUCTION ? draft_instruction_count() : kinds[kind].tasks;
}

bool text_task_held(TextKind kind, int task)
{
    return kind == TEXT_INSTRUCTION && draft_instruction_held(task);
}
