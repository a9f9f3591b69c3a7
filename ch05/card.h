/* card.h -- the report card: what a decoder is asked of the little world's test side, and what counts as right.
 *
 * A row counts hits among the samples of a kind that it selects; a difference compares two rows. All rows are asked
 * in both languages. */
#ifndef CH05_CARD_H
#define CH05_CARD_H

#include "ch05/questions.h"
#include "common/base/options.h"
#include "common/model/lm.h"

enum { CARD_ANY = -1 };

/* How a sample becomes a prompt, and what a hit is. */
typedef enum CardMode {
    CARD_ANSWER,  /* the question; the answer is right */
    CARD_UNKNOWN, /* the question; the answer is that it does not know */
    CARD_ZERO,    /* WORLD_SHOTS without its examples; the answer is right */
    CARD_GIVEN    /* the question, and the steps: WORLD_TOOL's call and result; the answer is right */
} CardMode;

/* Which tasks: those that training has, or those that it never sees (world_task_held). */
typedef enum CardTasks { CARD_ALL_TASKS, CARD_SEEN_TASKS, CARD_HELD_TASKS } CardTasks;

typedef struct CardRow {
    const char *id, *what;
    WorldKind kind;
    CardMode mode;
    int task, label, held; /* or CARD_ANY; held: 1 in wordings that training never uses, 0 in others */
    CardTasks tasks;
    double goal; /* per cent; 0: none. Of CARD_UNKNOWN where the passage does say: at most; else at least */
    bool at_most;
} CardRow;

extern const CardRow card_rows[];
extern const int card_row_count;

/* The first row less the second, in points. */
typedef struct CardDifference {
    const char *id, *what, *more, *less; /* ids of rows */
    double goal;
    bool at_most;
} CardDifference;

extern const CardDifference card_differences[];
extern const int card_difference_count;

int card_find_row(const char *id);

typedef struct CardSettings {
    int count;
    uint64_t seed;
    OptionList only;
    bool show; /* prints every question with its answer */
} CardSettings;

typedef struct CardCount {
    int hits, asked;
} CardCount;

/* Whether a row's or a difference's id begins with one of these; of none, every one does. */
bool card_chosen(const OptionList *only, const char *id);

/* Asks every chosen row at most `count` questions, all of a kind at once; counts (card_row_count). Its questions are
 * drawn from the seed alone, so two models get the same. Samples that the context cannot hold are left out. */
void card_ask(Lm *lm, WorldLanguage language, const CardSettings *s, CardCount *counts);

/* Of one model. */
typedef struct Card {
    const char *name;
    CardCount *counts[WORLD_LANGUAGES]; /* (card_row_count) */
    double story_bits[WORLD_LANGUAGES];
} Card;

extern const char *const card_codes[WORLD_LANGUAGES]; /* zh, en */

double card_percent(CardCount c);
double card_difference(const Card *card, int language, const CardDifference *d); /* in points */

/* "yes" or "no"; "" where there is no goal. A gap to held wordings is small enough only if at least half of the
 * answers in wordings of training are right. */
const char *card_reached(const Card *card, int language, int row);
const char *card_difference_reached(const Card *card, int language, const CardDifference *d);

/* The chosen rows as JSON: [{"model": ..., "rows": [{"id", "language", "n", "hits", "low", "high", ...}]}]. */
void card_write(const char *path, const Card *cards, int count, const OptionList *only);

/* An earlier card; what is none ends the program. And the rows of the new one whose interval lies wholly on the worse
 * side of the first model's there. */
struct json_t *card_read(const char *path);
void card_print_worse(const struct json_t *earlier, const Card *card, const OptionList *only);

/* Bits a byte of unseen stories: the mean of -log2 p over the bytes, each story from its second token on. */
double card_story_bits(Lm *lm, WorldLanguage language, int count, uint64_t seed);

/* Compiles C programs (world_code_program), each of which has a main that returns 0 if its tests pass, and runs them
 * in the sandbox that grades exercises, a second each at most. passed (count). A program whose function calls
 * anything, or whose brackets do not close, fails unseen. */
void card_run_code(char *const *programs, int count, bool *passed);

#endif
