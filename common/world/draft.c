/* draft.c -- choices that add up to a key, and lines whose slots are filled.
 *
 * A line is copied up to a bracket; what stands in the bracket is a form and
 * the name of a slot, "[a x]", and each language has one small function that
 * writes the slot in that form. */
#include "common/world/draft.h"

#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- choices -------------------------------------------------------------------------------------- */

uint64_t draft_mix(uint64_t key, uint64_t value)
{
    uint64_t z = key * 0x100000001b3u + value + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

WorldSide draft_side(uint64_t key)
{
    return draft_mix(key, 1) % 10 == 0 ? WORLD_TEST : WORLD_TRAIN;
}

void draft_fold(Draft *d, uint64_t value, double n)
{
    d->key = draft_mix(d->key, value);
    d->size *= n;
}

int draft_pick(Draft *d, int n)
{
    int choice = rng_below(d->rng, n);
    draft_fold(d, (uint64_t)choice, n);
    return choice;
}

int draft_pick_other(Draft *d, int n, int than)
{
    return draft_pick_new(d, n, &than, 1);
}

int draft_pick_new(Draft *d, int n, const int *than, int count)
{
    int choice;
    bool taken;
    do {
        choice = rng_below(d->rng, n);
        taken = false;
        for (int i = 0; i < count; i++)
            taken |= choice == than[i];
    } while (taken);
    draft_fold(d, (uint64_t)choice, n - count);
    return choice;
}

int draft_bind_pick(Draft *d, const char *name, WorldList list)
{
    int choice = draft_pick(d, world_list_count(list));
    draft_bind(d, name, world_word(list, choice));
    return choice;
}

bool draft_uses(DraftLine line, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = line.en; (at = strstr(at, name)); at++) {
        if (at > line.en && strchr("[ ", at[-1]) && at[size] == ']')
            return true;
    }
    return false;
}

void draft_bind_used(Draft *d, DraftLine line, const char *name, WorldList list)
{
    if (draft_uses(line, name))
        draft_bind_pick(d, name, list);
}

int draft_wording(Draft *d, int count, int held)
{
    int of_train = count - held;
    if (d->side == WORLD_TEST && held > 0)
        return d->form = of_train + rng_below(d->rng, held);
    return d->form = rng_below(d->rng, of_train);
}

void draft_hold(Draft *d)
{
    d->held = d->side == WORLD_TEST && rng_below(d->rng, 2) == 1;
}

int draft_either(Draft *d, int count, int held)
{
    return d->held ? count - held + rng_below(d->rng, held) : rng_below(d->rng, count - held);
}

/* ---- slots ---------------------------------------------------------------------------------------- */

static DraftSlot *slot_of(Draft *d, const char *name, size_t size)
{
    for (int i = 0; i < d->slot_count; i++) {
        if (strlen(d->slots[i].name) == size && memcmp(d->slots[i].name, name, size) == 0)
            return &d->slots[i];
    }
    return NULL;
}

void draft_bind_slot(Draft *d, DraftSlot slot)
{
    DraftSlot *there = slot_of(d, slot.name, strlen(slot.name));
    if (!there && d->slot_count == DRAFT_SLOTS)
        FATAL("draft_bind: no room for [%s]; there are %d slots", slot.name, DRAFT_SLOTS);
    *(there ? there : &d->slots[d->slot_count++]) = slot;
}

void draft_bind(Draft *d, const char *name, const WorldWord *word)
{
    draft_bind_slot(d, (DraftSlot){.name = name, .word = word});
}

void draft_bind_number(Draft *d, const char *name, int number, const WorldWord *word)
{
    draft_bind_slot(d, (DraftSlot){.name = name, .word = word, .number = number});
}

void draft_bind_look(Draft *d, const char *name, const WorldWord *adjective, bool colour,
                     const WorldWord *word)
{
    draft_bind_slot(d, (DraftSlot){.name = name, .word = word, .adjective = adjective, .colour = colour});
}

/* ---- forms of a slot ------------------------------------------------------------------------------ */

void draft_print(char *field, const char *format, ...)
{
    size_t used = strlen(field);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(field + used, DRAFT_ROOM - used, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= DRAFT_ROOM - used)
        FATAL("draft_say: a text of more than %d bytes: %.60s", DRAFT_ROOM - 1, field);
}

static bool is(const char *form, const char *name)
{
    return strcmp(form, name) == 0;
}

/* Red umbrella. A thing of one character takes the adjective directly (大伞), as in speech. */
static void noun_zh(char *field, const DraftSlot *s)
{
    if (s->adjective)
        draft_print(field, "%s%s", s->adjective->zh, s->colour ? "的" : "");
    draft_print(field, "%s", s->word->zh);
}

static bool slot_zh(char *field, const char *form, const DraftSlot *s)
{
    const char *pronoun = s->word && s->word->female ? "她" : "他";
    if (is(form, "#"))
        draft_print(field, "%d", s->number);
    else if (is(form, "he") || is(form, "him"))
        draft_print(field, "%s", pronoun);
    else if (is(form, "his"))
        draft_print(field, "%s的", pronoun);
    else if (is(form, "at"))
        draft_print(field, "%s", s->word->unit);
    else if (is(form, "many"))
        draft_print(field, "几%s%s", s->word->unit, s->word->zh);
    else if (is(form, "unit"))
        draft_print(field, "%s", s->word->unit);
    else if (is(form, "to") || is(form, "did") || is(form, "doing"))
        draft_print(field, "%s", s->word->zh);
    else if (is(form, "a") || is(form, "the") || is(form, "this") || is(form, "n") || is(form, "") ||
             is(form, "s")) {
        if (is(form, "n"))
            draft_print(field, "%d%s", s->number, s->word->unit);
        else if (!is(form, "") && !is(form, "s"))
            draft_print(field, "%s%s", is(form, "a") ? "一" : is(form, "the") ? "那" : "这", s->word->unit);
        noun_zh(field, s);
    } else
        return false;
    return true;
}

/* An article, or a number, before the first word that follows it. */
static void noun_en(char *field, const char *form, const DraftSlot *s)
{
    char plural[48];
    const char *portion = is(form, "a") || is(form, "n") ? s->word->third : NULL;
    bool many = is(form, "s") || is(form, "many") || (is(form, "n") && s->number != 1);
    world_plural(s->word, plural);
    const char *adjective = s->adjective ? s->adjective->en : "", *noun = many ? plural : s->word->en;
    const char *first = s->adjective ? adjective : portion ? portion : noun;
    if (is(form, "a"))
        draft_print(field, "%s ", strchr("aeiou", first[0]) ? "an" : "a");
    else if (is(form, "n"))
        draft_print(field, "%d ", s->number);
    else if (is(form, "the") || is(form, "this"))
        draft_print(field, "%s ", form);
    if (portion)
        draft_print(field, "%s%s of ", portion, many ? "s" : "");
    draft_print(field, "%s%s%s", adjective, s->adjective ? " " : "", noun);
}

static bool slot_en(char *field, const char *form, const DraftSlot *s)
{
    bool female = s->word && s->word->female;
    if (is(form, "#"))
        draft_print(field, "%d", s->number);
    else if (is(form, "he"))
        draft_print(field, "%s", female ? "she" : "he");
    else if (is(form, "him"))
        draft_print(field, "%s", female ? "her" : "him");
    else if (is(form, "his"))
        draft_print(field, "%s", female ? "her" : "his");
    else if (is(form, "at") || is(form, "did"))
        draft_print(field, "%s", s->word->second);
    else if (is(form, "to") || is(form, "doing"))
        draft_print(field, "%s", s->word->third);
    else if (is(form, "a") || is(form, "the") || is(form, "this") || is(form, "n") || is(form, "") ||
             is(form, "s") || is(form, "many"))
        noun_en(field, form, s);
    else
        return false;
    return true;
}

/* ---- lines ---------------------------------------------------------------------------------------- */

/* text stands after a bracket; returns what follows the closing one. */
static const char *fill(Draft *d, char *field, const char *text)
{
    char form[12] = "";
    size_t size = strcspn(text, "]"), split = strcspn(text, " ]");
    if (split < size) {
        snprintf(form, sizeof form, "%.*s", (int)split, text);
        split++;
    } else {
        split = 0;
    }
    const DraftSlot *s = slot_of(d, text + split, size - split);
    bool english = d->language == WORLD_EN;
    if (text[size] != ']' || !s || !(english ? slot_en : slot_zh)(field, form, s))
        FATAL("draft_say: no slot or form for [%.20s; bind the slot first, see the forms in draft.h", text);
    return text + size + 1;
}

const char *draft_by_language(const Draft *d, const char *zh, const char *en)
{
    return d->language == WORLD_EN ? en : zh;
}

void draft_put(Draft *d, char *field, DraftLine line, bool apart)
{
    const char *text = draft_by_language(d, line.zh, line.en);
    size_t used = strlen(field);
    if (apart && used > 0 && text[0] != '\n' && field[used - 1] != '\n')
        draft_print(field, "%s", d->language == WORLD_EN ? " " : "");
    while (*text) {
        size_t plain = strcspn(text, "[");
        draft_print(field, "%.*s", (int)plain, text);
        text += plain;
        if (*text == '[')
            text = fill(d, field, text + 1);
    }
}

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* Capital letters: at byte `from`, be it after an opening quotation mark, and after . ? ! and a blank
 * (not after "?" in quotation marks: "what?" asked Tom), and after a line break. */
static void capitalise(char *text, size_t from)
{
    from += text[from] == ' ';
    from += text[from] == '"';
    text[from] = upper(text[from]);
    for (size_t i = from + 1; text[i]; i++) {
        size_t end = i - 2;
        if (text[i - 1] == ' ' && text[end] == '"' && text[end - 1] == '.')
            end--;
        if (text[i - 1] == '\n' || (text[i - 1] == ' ' && strchr(".?!", text[end])))
            text[i] = upper(text[i]);
    }
}

void draft_upper(char *text)
{
    if (text[0])
        capitalise(text, 0);
}

void draft_say(Draft *d, char *field, DraftLine line)
{
    size_t used = strlen(field);
    draft_put(d, field, line, true);
    if (d->language == WORLD_EN)
        capitalise(field, used);
}

void draft_capital(Draft *d, char *field, DraftLine line)
{
    size_t used = strlen(field);
    draft_put(d, field, line, false);
    if (d->language == WORLD_EN)
        capitalise(field, used);
}

void draft_say_one(Draft *d, char *field, const DraftLine *lines, int count, int held)
{
    draft_say(d, field, lines[draft_wording(d, count, held)]);
}

void draft_say_either(Draft *d, char *field, const DraftLine *lines, int count, int held)
{
    draft_say(d, field, lines[draft_either(d, count, held)]);
}
