/* questions.h -- what eval_models asks about the little world, and which answers are right. */
#ifndef CH05_QUESTIONS_H
#define CH05_QUESTIONS_H

#include "common/world/samples.h"

enum { SUBJECTS = 21, SUBJECT_ANY = -1 };

/* A row of the table: samples of a kind, of one task, or with one label. */
typedef struct Subject {
    WorldKind kind;
    WorldSide side;
    int task, label; /* or SUBJECT_ANY */
    bool fills;      /* short enough to be filled in */
    const char *what;
} Subject;

extern const Subject subjects[SUBJECTS];

/* The samples of a subject alone, at most `count`; where it is a part of its kind, more are drawn to choose
 * from. world_samples_free frees it. */
WorldSamples questions_choose(const Subject *subject, WorldLanguage language, int count, uint64_t seed);

/* All that is true in the world: statements and answered questions, of both sides. The beginning of a
 * fact can be completed correctly in several ways: "Tim likes" by what he does or wears, "小刚最喜欢吃" also
 * as a question with its answer. */
typedef struct Truths {
    char **text;
    int count;
} Truths;

Truths truths_new(WorldLanguage language);
void truths_free(Truths *t);

/* Whether `said`, without white space around it, answers a sample, whose question is `prompt`: word for
 * word, or of a fact in any wording that the world has. */
bool is_right(const WorldSample *s, const Truths *truths, const char *prompt, const char *said);

#endif
