/* instruct.h -- instructions of the little world: conversations to learn from, batches, and questions that show what
 * was learnt. What instruct_tune and instruct_data_demo share. */
#ifndef CH06_INSTRUCT_H
#define CH06_INSTRUCT_H

#include "common/chat/ask.h"
#include "common/chat/examples.h"
#include "common/chat/model.h"
#include "common/world/samples.h"

/* Which conversations are drawn from the world's training side. */
typedef struct InstructData {
    int conversations; /* of both languages together */
    bool narrow; /* of two kinds alone (sums, and the first word of a list), not of all: no diversity */
    float wrong; /* share of answers that belong to another question: no quality */
} InstructData;

/* Adds them to a set, in an order drawn from the seed. One short conversation in four goes on with another one. */
void instruct_draw(ChatSet *set, const InstructData *d, uint64_t seed);

/* Batches of packed windows, in an order that is drawn anew for each pass over them. By the step alone, so that a run
 * that was stopped goes on with the same ones. */
typedef struct InstructBatches {
    const ModelDecoder *decoder;
    const ChatPacks *packs;
    int batch;
    uint64_t seed;
    int *order; /* (rows) of pass `pass` */
    long pass;
    int *rows; /* (batch) of this step */
    ChatRoom room;
} InstructBatches;

InstructBatches instruct_batches(const ModelDecoder *m, const ChatPacks *p, int batch, uint64_t seed);
void instruct_batches_free(InstructBatches *b);

/* The loss of a step, for nn_train. */
Tensor *instruct_loss(Graph *g, void *batches, int step);

/* ---- questions of the test side -------------------------------------------------------------------- */

typedef enum InstructGroup {
    INSTRUCT_TASKS, /* instructions of tasks that training has */
    INSTRUCT_NEW,   /* instructions of tasks that training never sees */
    INSTRUCT_KINDS, /* kinds of text that are never in a conversation of training: pronouns, senses, topics */
    INSTRUCT_READING,  /* a question about a passage */
    INSTRUCT_UNKNOWN,  /* the same where the passage does not say */
    INSTRUCT_HOPS,     /* two hops */
    INSTRUCT_REASON,   /* word problems, with steps */
    INSTRUCT_FORM,     /* JSON with given fields */
    INSTRUCT_ROLE,     /* a role's voice */
    INSTRUCT_TOOL,     /* the call of a tool */
    INSTRUCT_DIALOGUE, /* what was said several turns ago */
    INSTRUCT_STYLE,    /* a formal letter */
    INSTRUCT_REVIEW,   /* good or bad */
    INSTRUCT_GROUPS
} InstructGroup;

extern const char *const instruct_names[INSTRUCT_GROUPS];

typedef struct InstructScore {
    int hits, n;
} InstructScore;

/* Asks at most n questions of a group in each language, those that fit the context, drawn from the seed alone. As chat:
 * by the conversation's messages. Plain: as text to be continued, the form in which a base model has met them. */
InstructScore instruct_ask(Chat *chat, InstructGroup group, bool plain, int n, uint64_t seed);

/* How far the right answers are from what the model would say: nats per token of them, as chat. Unlike the share of
 * right answers it changes from the first steps on. */
double instruct_answer_loss(Chat *chat, InstructGroup group, int n, uint64_t seed);

/* Nats per token of n unseen stories in each language: how much of pretraining is left. */
double instruct_story_loss(Chat *chat, int n, uint64_t seed);

/* All of it: the first `groups` groups in both forms, and the stories. */
typedef struct InstructMeasured {
    int groups;
    InstructScore plain[INSTRUCT_GROUPS], chat[INSTRUCT_GROUPS];
    double loss[INSTRUCT_GROUPS]; /* instruct_answer_loss */
    double story;
    char *said[4];   /* to the questions that instruct_print shows */
    double known[4]; /* ln of the probability of their right answers */
} InstructMeasured;
InstructMeasured instruct_measure(Chat *chat, int groups, int n, int stories, uint64_t seed);

/* Prints both as a table, with 95% intervals of the last column, and answers to a few questions; frees what they hold.
 * */
void instruct_print(InstructMeasured *before, InstructMeasured *after);

#endif
