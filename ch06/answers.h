/* answers.h -- texts, the answers that a frozen decoder shall give to them, and by what it is steered; sections 6.3.4
 * and 6.3.5.
 *
 * Nothing stands on the model: the answer comes in words, by the embedding matrix that it has.
 *
 *     front virtual tokens, before, text, after, rear virtual tokens, answer
 *
 * is what a template makes of a text and its answer. A hard prompt is a template of words, a soft one of virtual
 * tokens, whose vectors are trained (soft.h). */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "ch06/soft.h"
#include "common/model/decoder.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

typedef struct AnswerTemplate {
    const char *before, *after; /* words around the text; NULL: none */
    int front, rear;            /* virtual tokens before all, and between the text and its answer */
    int first;                  /* number of the first of them: 0 but where a table holds several prompts */
} AnswerTemplate;

/* A text and its answer as ids: those of virtual tokens are V and more. */
typedef struct Answering {
    int *ids;
    int from, count; /* the answer is ids[from] .. ids[count - 1] */
} Answering;

typedef struct AnswerSet {
    Answering *items;
    int count;
    int vocab; /* V */
    int *
        choices; /* (choice_count): the first tokens of all answers that occur, for tasks with few of them */
    int choice_count;
    Arena *memory;
} AnswerSet;

/* Which text, and which answer, a sample gives. */
typedef const char *AnswerOf(const WorldSample *s);

/* The samples in a template. The answer gets a space in front, or what `before_answer` says, and, with `ends`, the
 * token that ends texts. A text that a tokenizer cannot write ends the program with a line and status 2. */
typedef struct AnswerMaking {
    const Tokenizer *tokenizer;
    const ModelConfig *config;
    const char *before_answer; /* NULL: a space */
    bool ends;
    AnswerOf *answer; /* NULL: sample->answer */
} AnswerMaking;
AnswerSet answers_new(const AnswerMaking *how, const AnswerTemplate *t, const WorldSample *samples,
                      int count);
void answers_free(AnswerSet *s);

/* What the three demos begin with: a frozen decoder, and texts with answers of one kind. */
typedef struct AnswerBench {
    ModelDecoder *model;
    Tokenizer *tokenizer;
    Graph *graph; /* multiplies in bfloat16 */
    AnswerMaking how;
    WorldSamples train, test;
} AnswerBench;

/* Reads the folder and draws texts, the same for all seeds of a demo. A folder that cannot be read ends the program
 * with a line and status 2. */
AnswerBench answer_bench_new(const char *folder, WorldKind kind, int train, int test);
void answer_bench_free(AnswerBench *b);

/* Its texts for training, or for the test, in a template. answers_free frees them. */
AnswerSet answer_bench_set(const AnswerBench *b, const AnswerTemplate *t, WorldSide side);

/* A model, and what steers it: a table of virtual tokens, a prefix, or nothing. */
typedef struct Steered {
    const ModelDecoder *model;
    const SoftPrompt *prompt; /* or NULL */
    SoftPrefix *prefix;       /* or NULL */
} Steered;

/* The mean cross-entropy of the answers' tokens: rows[i] says which of the set are in the batch. */
Tensor *answers_loss(Graph *g, const Steered *m, const AnswerSet *s, const int *rows, int batch);

/* The logits (B,V) of the answers' first tokens. */
Tensor *answers_logits(Graph *g, const Steered *m, const AnswerSet *s, const int *rows, int batch);

/* On a whole set. */
typedef struct AnswerScore {
    int count;
    int right; /* of the answers that occur, the right one has the most probable first token */
    int exact; /* greedy decoding writes exactly the answer: each of its tokens is the most probable after those before */
    double loss; /* nats a token */
} AnswerScore;
AnswerScore answers_score(Graph *g, const Steered *m, const AnswerSet *s);

/* Trains params, `batch` answers a step drawn at random; curve (steps) gets the losses, or is NULL. */
typedef struct AnswerTraining {
    int steps, batch, warmup;
    float rate; /* the maximum; it falls linearly to a tenth */
} AnswerTraining;
void answers_train(Graph *g, const Steered *m, const Params *params, const AnswerSet *s,
                   const AnswerTraining *how, Rng *rng, float *curve);

#endif
