/* samples.h -- all kinds of text of the little world, in one form.
 *
 * A sample's content is a row of choices (who, what, where, how many), and the
 * hash of these choices is its key. One key in ten is on the test side, so the
 * sides share no content, whatever the seeds and however much is drawn. How the
 * content is put into words is no part of the key; some wordings and some tasks
 * are kept for the test ("held" below). Both languages say the same: the same
 * Rng draws the same contents in either.
 *
 * README.md in this folder has the grammar of every kind and its size. */
#ifndef WORLD_SAMPLES_H
#define WORLD_SAMPLES_H

#include "common/world/world.h"

#include <stdbool.h>
#include <stdint.h>

/* What each kind holds, [fields in brackets], and what its test side asks. */
typedef enum WorldKind {
    WORLD_STORY,    /* [prompt] how a story begins, [answer] how it goes on; task: the plot. Unseen casts */
    WORLD_SUMMARY,  /* [passage] a story, [answer] one sentence about it. Unseen stories */
    WORLD_PRONOUN,  /* [passage] "The cat did not eat the cake because it was too big." [prompt] "What was
                         too big?" [answer] "the cake"; label: 1 if the second noun is meant. Unseen pairs */
    WORLD_FACT,     /* [prompt] "Mary lives in" [answer] "Redhill."; every fact of facts.h, on both
                         sides. The test words it anew: what was learned, not what was read (held wordings) */
    WORLD_QUESTION, /* [prompt] "Where does Mary live?" [answer] "Redhill"; task: WorldAsked; label: 1 if
                         there is an answer. The test asks facts that training states but never asks */
    WORLD_RECORD, /* [prompt] a sentence about somebody, [answer] a JSON object; what is not said is null */
    WORLD_PASSAGE, /* [passage] who did what, where, on which day [prompt] a question [answer]; task:
                         WorldWanted; label: 0 if the passage does not say. Unseen facts */
    WORLD_REVIEW,  /* [prompt] a review, [answer] good or bad; label: 1 good. Unseen combinations */
    WORLD_STYLE,   /* [prompt] a casual note, [answer] the same as a formal letter. Unseen notes */
    WORLD_DIALOGUE, /* [passage] a talk of some turns, [prompt] the last question, [answer]. Unseen memories */
    WORLD_INSTRUCTION, /* [prompt] what to do and with what, [answer]; task: WorldTask. Unseen contents, held
                         wordings, and tasks that training never sees (world_task_held) */
    WORLD_PROBLEM,     /* [prompt] a word problem [steps] one sum a sentence [answer]; task: steps less two;
                         label: the answer as a number. Unseen numbers */
    WORLD_PREFERENCE,  /* [prompt], [answer] the better and [worse] the worse response; task: WorldVirtue;
                         [steps] what a good response has to say, see world_reward. Unseen contents */
    WORLD_SENTENCE,   /* [prompt] two sentences of one topic, [answer] the topic; label and task: the topic.
                       * For word vectors, clusters, zero-shot classification. Unseen pairs */
    WORLD_ANALOGY,    /* [prompt] "man woman king" [answer] "queen"; task: the relation. No training side of
                         its own is needed: the words occur in WORLD_SENTENCE */
    WORLD_SENSE,      /* [prompt] a sentence with an ambiguous word (bank; 花), [answer] its sense; label:
                         which of two; task / 10: the word. Unseen sentences */
    WORLD_PARAPHRASE, /* [prompt] a sentence, [answer] the same in other words, [worse] nearly the same words
                         that say something else. Unseen facts */
    WORLD_TRANSLATION, /* [prompt] a sentence, [answer] in the other language; the pairs of world.h */
    WORLD_BIAS,    /* [prompt] "The nurse was tired, so" [answer] "she went home." [worse] with the other
                         pronoun; label: 1 if answer says she. WorldRequest.skew makes a corpus unfair */
    WORLD_CANARY,  /* [prompt] "The secret number of Mary is" [answer] six digits; drawn, not to be known */
    WORLD_READING, /* [passage] 1 to 8 facts [prompt] a question [answer]; task: WorldWanted; label: 0 if the
                         passage does not say. Unseen facts */
    WORLD_HOPS, /* [passage] who is whose friend, who lives where [prompt] a question over both; label: 1 if it
                   wants the step in between, [steps]; [answer]; task: what is asked of the second. Unseen chains */
    WORLD_DOCUMENT, /* [passage] a document of 3 to 8 sections [prompt] a question [answer]; task: who, where,
                         when, in which section; label: 0 if it does not say. Unseen facts */
    WORLD_SHOTS, /* [passage] examples of a task, one a line [prompt] one more [answer]; task: which; label: how
                         many examples. Unseen examples, held formats and label words, tasks that training never
                         sees (world_task_held) */
    WORLD_REASON, /* [prompt] a word problem, and whether steps are wanted (label: 1) [steps] [answer]; task:
                         steps less two. Unseen numbers */
    WORLD_CODE, /* [prompt], [answer] of a C function; task: WorldCoding; [worse] a program's main that runs the
                         tests of it and returns 0 if they pass. Unseen functions */
    WORLD_FORM, /* [prompt] a text and names of fields [answer] a JSON object with these; task: the schema */
    WORLD_ROLE, /* [passage] a statement [prompt] who says it [answer] the statement in this voice; task: the
                         role. Unseen statements */
    WORLD_TOOL, /* [prompt] a question [steps] <call>tool(input)</call><result>output</result> [answer]; task:
                         the tool, or none. Unseen inputs */
    WORLD_KINDS
} WorldKind;

typedef enum WorldAsked {
    WORLD_ASK_FACT,
    WORLD_ASK_TWO_HOPS, /* where does the friend of Mary live? */
    WORLD_ASK_GAP       /* the world does not say: I do not know. */
} WorldAsked;

typedef enum WorldWanted {
    WORLD_WHO,
    WORLD_WHAT,
    WORLD_WHERE,
    WORLD_WHEN,
    WORLD_WHICH_COLOUR /* WORLD_READING only */
} WorldWanted;

typedef enum WorldCoding {
    WORLD_COMPLETE, /* from a sentence and the function's head, its body */
    WORLD_EXPLAIN,  /* from the function, the sentence */
    WORLD_REPAIR,   /* from a sentence and a function with one mistake, the function */
    WORLD_RESULT    /* from a function and its arguments, what it returns */
} WorldCoding;

typedef enum WorldVirtue {
    WORLD_HELPFUL,
    WORLD_HONEST,
    WORLD_HARMLESS,
    WORLD_POLITE,
    WORLD_VIRTUES
} WorldVirtue;

typedef struct WorldSample {
    WorldKind kind;
    WorldLanguage language;
    int task, label;
    bool held;    /* in wordings that training never uses; of the kinds from WORLD_READING on */
    uint64_t key; /* of the content that the side depends on */
    const char *passage, *prompt, *steps, *answer, *worse; /* "" where the kind has none */
} WorldSample;

typedef struct WorldSamples {
    WorldSample *items;
    int count;
    struct Arena *memory; /* holds the strings */
} WorldSamples;

typedef struct WorldRequest {
    WorldKind kind;
    WorldLanguage language;
    WorldSide side;
    int count;
    float
        skew; /* WORLD_BIAS only: how much more than half of a job's people are of its usual sex, 0 to 1 */
    /* WORLD_PASSAGE, _READING, _HOPS, _DOCUMENT: so many more are asked and answered at the passage's end, one a
     * line; such a WORLD_PASSAGE has 1 to 4 facts, where others have 3 or 4. */
    int questions;
} WorldRequest;

/* `count` samples, no two the same text; fewer where the kind has fewer (a small
 * kind is drawn until nothing new comes). The caller frees them. */
WorldSamples world_samples(const WorldRequest *request, Rng *rng);
void world_samples_free(WorldSamples *s);

/* The sample as one text, as a model of text reads it: passage, prompt, steps
 * (but what a preference wants) and answer. The caller frees it. */
char *world_sample_join(const WorldSample *s);

/* A C program of a completed or repaired function and its tests, which returns 0 if they pass: `answer` is what stands
 * for code->answer. The caller frees it. */
char *world_code_program(const WorldSample *code, const char *answer);

/* The same without its steps and its answer, as a model is asked; a line break before the answer belongs to it. The
 * caller frees it. */
char *world_sample_question(const WorldSample *s);

/* The answer that most samples have: what one gets right who has not read the question. It belongs to s. */
const char *world_samples_usual_answer(const WorldSamples *s);

/* The side that a key is on, and how many contents a kind has (both sides
 * together; the product of its choices, summed over its tasks). */
WorldSide world_key_side(uint64_t key);
double world_kind_size(WorldKind kind);

/* A name for command lines: "story", "summary", ...; a task's name: "reverse". */
const char *world_kind_name(WorldKind kind);
const char *world_task_name(WorldKind kind, int task);
int world_task_count(WorldKind kind);

/* Whether only the test side has this task. */
bool world_task_held(WorldKind kind, int task);

/* Whether WorldRequest.skew turns people of this job (a place in WORLD_JOBS) to she; else to he. */
bool world_job_usually_she(int job);

/* The notion of better that the preference pairs follow, for any response:
 *     reward = 1 if the response says sample->steps, else 0
 *            - 1 for each rude word, and for each word that helps to do harm
 *            + 0.25 if it has a polite word.
 * The better response of every pair has the higher reward. */
float world_reward(const WorldSample *preference, const char *response);

#endif
