/* draft.h (inside) -- how a sample is written: choices, slots and lines; the layer below samples.h.
 *
 * A generator makes choices (draft_pick), each of which becomes a part of the
 * sample's key, gives words to slots (draft_bind), and says lines that name the
 * slots. A line has both languages, so whoever adds a line writes both:
 *
 *     {"[who]买了[a x]。", "[who] bought [a x]."}    小红买了一把红色的伞。 Mary bought a red umbrella.
 *
 *     form        Chinese            English
 *     [x]         红色的伞           red umbrella
 *     [a x]       一把红色的伞       a red umbrella; some words have a portion: a bowl of rice
 *     [the x]     那把红色的伞       the red umbrella
 *     [this x]    这把红色的伞       this red umbrella
 *     [s x]       红色的伞           red umbrellas
 *     [n x]       3把红色的伞        3 red umbrellas, 1 red umbrella
 *     [many x]    几把伞             umbrellas, as in how many
 *     [unit x]    把                 (Chinese only)
 *     [# x]       3                  3
 *     [he x] [him x] [his x]         他 她 他的 她的; he she him her his her
 *     [at x] [to x]                  在公园里 the unit, in the park; 公园, to the park
 *     [did x] [doing x]              游泳, swam, swimming
 *
 * English sentences get their capital letter, and a blank before them. */
#ifndef WORLD_DRAFT_H
#define WORLD_DRAFT_H

#include "common/world/lexicon.h"
#include "common/world/samples.h"

#include <stddef.h>

enum { DRAFT_ROOM = 8192, DRAFT_SLOTS = 32 };

typedef struct DraftSlot {
    const char *name;
    const WorldWord *word, *adjective; /* either may be NULL */
    bool colour;                       /* the adjective is one: 红色的 */
    int number;
} DraftSlot;

typedef struct Draft {
    WorldLanguage language;
    WorldSide side;
    Rng *rng;
    float skew;
    int questions;
    int task, label, form; /* form: the wording last chosen */
    bool held;             /* in wordings that training never uses; see draft_hold */
    uint64_t key;
    double size; /* contents like this one: the product of the choices */
    DraftSlot slots[DRAFT_SLOTS];
    int slot_count;
    char passage[DRAFT_ROOM], prompt[DRAFT_ROOM], steps[DRAFT_ROOM], answer[DRAFT_ROOM], worse[DRAFT_ROOM];
} Draft;

typedef struct DraftLine {
    const char *zh, *en;
} DraftLine;

/* Choices of content: 0 .. n-1; they make the key. Other than one, or than
 * several; from a list, given to a slot. */
int draft_pick(Draft *d, int n);
int draft_pick_other(Draft *d, int n, int than);
int draft_pick_new(Draft *d, int n, const int *than, int count);
int draft_bind_pick(Draft *d, const char *name, WorldList list);

/* The same only if the line has the slot: what a text does not say must not be in its key. */
bool draft_uses(DraftLine line, const char *name);
void draft_bind_used(Draft *d, DraftLine line, const char *name, WorldList list);

/* Takes a part into the key that was chosen elsewhere, out of n. */
void draft_fold(Draft *d, uint64_t value, double n);

/* A choice of wording, which is not part of the key: training takes one of the
 * first count - held, the test one of the last `held` if there are such. */
int draft_wording(Draft *d, int count, int held);

/* Of the kinds whose test side has both: one test sample in two is in held wordings, all its lines. Says
 * which; call it first. draft_either then chooses one of the first count - held, or of the last `held`. */
void draft_hold(Draft *d);
int draft_either(Draft *d, int count, int held);

/* Gives a word to a slot; the name is not copied. A slot given again is changed. */
void draft_bind(Draft *d, const char *name, const WorldWord *word);
void draft_bind_number(Draft *d, const char *name, int number, const WorldWord *word);
void draft_bind_look(Draft *d, const char *name, const WorldWord *adjective, bool colour,
                     const WorldWord *word);
void draft_bind_slot(Draft *d, DraftSlot slot);

/* Adds the line to a field of the draft; or one of several lines, a choice of wording. */
void draft_say(Draft *d, char *field, DraftLine line);
void draft_say_one(Draft *d, char *field, const DraftLine *lines, int count, int held);

void draft_say_either(Draft *d, char *field, const DraftLine *lines, int count, int held);

/* Adds text that no slots are in. */
void draft_print(char *field, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds the line as it is, without a capital letter, a blank before it where `apart`. */
void draft_put(Draft *d, char *field, DraftLine line, bool apart);

/* The same with a capital letter, behind "User: ". */
void draft_capital(Draft *d, char *field, DraftLine line);

/* Makes the first letter of a text a capital, and those after its full stops. */
void draft_upper(char *text);

/* One of two texts by language. */
const char *draft_by_language(const Draft *d, const char *zh, const char *en);

/* 64 bits that depend on both; splitmix64's mixing. One key in ten is on the test side. */
uint64_t draft_mix(uint64_t key, uint64_t value);
WorldSide draft_side(uint64_t key);

#define DRAFT_COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

/* The writers of the kinds; each fills the fields of one sample. */
typedef void DraftWriter(Draft *d);
DraftWriter draft_story, draft_summary, draft_pronoun;
DraftWriter draft_fact, draft_question, draft_record;
DraftWriter draft_passage;
DraftWriter draft_review, draft_style, draft_dialogue;
DraftWriter draft_instruction;
const char *draft_instruction_name(int task);
int draft_instruction_count(void);
bool draft_instruction_held(int task);
DraftWriter draft_problem;
DraftWriter draft_preference;
DraftWriter draft_sentence, draft_analogy, draft_sense, draft_paraphrase, draft_translation;
DraftWriter draft_bias, draft_canary;
DraftWriter draft_reading, draft_hops, draft_document;
DraftWriter draft_shots;
bool draft_shots_held(int task);
DraftWriter draft_reason, draft_code, draft_form, draft_role, draft_tool;

#endif
