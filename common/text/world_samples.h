/* world_samples.h -- all kinds of text of the little world, in one form.
 *
 * A sample's content is a row of choices (who, what, where, how many), and the
 * hash of these choices is its key. One key in ten is on the test side, so the
 * sides share no content, whatever the seeds and however much is drawn. How the
 * content is put into words is no part of the key; some wordings and some tasks
 * are kept for the test ("held" below). Both languages say the same: the same
 * Rng draws the same contents in either.
 *
 * README.md in this folder has the grammar of every kind and its size. */
#ifndef TEXT_WORLD_SAMPLES_H
#define TEXT_WORLD_SAMPLES_H

#include "common/text/world.h"

#include <stdbool.h>
#include <stdint.h>

/* What each kind holds, [fields in brackets], and what its test side asks. */
typedef enum TextKind {
    TEXT_STORY,    /* [prompt] how a story begins, [answer] how it goes on; task: the plot. Unseen casts */
    TEXT_SUMMARY,  /* [passage] a story, [answer] one sentence about it. Unseen stories */
    TEXT_PRONOUN,  /* [passage] "The cat did not eat the cake because it was too big." [prompt] "What was
                         too big?" [answer] "the cake"; label: 1 if the second noun is meant. Unseen pairs */
    TEXT_FACT,     /* [prompt] "Mary lives in" [answer] "Redhill."; every fact of world_facts.h, on both
                         sides. The test words it anew: what was learned, not what was read (held wordings) */
    TEXT_QUESTION, /* [prompt] "Where does Mary live?" [answer] "Redhill"; task: TextAsked; label: 1 if
                         there is an answer. The test asks facts that training states but never asks */
    TEXT_RECORD,  /* [prompt] a sentence about somebody, [answer] a JSON object; what is not said is null */
    TEXT_PASSAGE, /* [passage] who did what, where, on which day [prompt] a question [answer]; task:
                         TextWanted; label: 0 if the passage does not say. Unseen facts */
    TEXT_REVIEW,  /* [prompt] a review, [answer] good or bad; label: 1 good. Unseen combinations */
    TEXT_STYLE,   /* [prompt] a casual note, [answer] the same as a formal letter. Unseen notes */
    TEXT_DIALOGUE, /* [passage] a talk of some turns, [prompt] the last question, [answer]. Unseen memories */
    TEXT_INSTRUCTION, /* [prompt] what to do and with what, [answer]; task: TextTask. Unseen contents, held
                         wordings, and tasks that training never sees (text_task_held) */
    TEXT_PROBLEM,     /* [prompt] a word problem [steps] one sum a sentence [answer]; task: steps less two;
                         label: the answer as a number. Unseen numbers */
    TEXT_PREFERENCE,  /* [prompt], [answer] the better and [worse] the worse response; task: TextVirtue;
                         [steps] what a good response has to say, see text_reward. Unseen contents */
    TEXT_SENTENCE,    /* [prompt] two sentences of one topic, [answer] the topic; label and task: the topic.
                       * For word vectors, clusters, zero-shot classification. Unseen pairs */
    TEXT_ANALOGY,     /* [prompt] "man woman king" [answer] "queen"; task: the relation. No training side of
                         its own is needed: the words occur in TEXT_SENTENCE */
    TEXT_SENSE,       /* [prompt] a sentence with an ambiguous word (bank; 花), [answer] its sense; label:
                         which of two; task / 10: the word. Unseen sentences */
    TEXT_PARAPHRASE, /* [prompt] a sentence, [answer] the same in other words, [worse] nearly the same words
                         that say something else. Unseen facts */
    TEXT_TRANSLATION, /* [prompt] a sentence, [answer] in the other language; the pairs of world.h */
    TEXT_BIAS,        /* [prompt] "The nurse was tired, so" [answer] "she went home." [worse] with the other
                         pronoun; label: 1 if answer says she. TextRequest.skew makes a corpus unfair */
    TEXT_CANARY, /* [prompt] "The secret number of Mary is" [answer] six digits; drawn, not to be known */
    TEXT_KINDS
} TextKind;

typedef enum TextAsked {
    TEXT_ASK_FACT,
    TEXT_ASK_TWO_HOPS, /* where does the friend of Mary live? */
    TEXT_ASK_GAP       /* the world does not say: I do not know. */
} TextAsked;

typedef enum TextWanted { TEXT_WHO, TEXT_WHAT, TEXT_WHERE, TEXT_WHEN } TextWanted;

typedef enum TextVirtue { TEXT_HELPFUL, TEXT_HONEST, TEXT_HARMLESS, TEXT_POLITE, TEXT_VIRTUES } TextVirtue;

typedef struct TextSample {
    TextKind kind;
    TextLanguage language;
    int task, label;
    uint64_t key;                                          /* of the content that the side depends on */
    const char *passage, *prompt, *steps, *answer, *worse; /* "" where the kind has none */
} TextSample;

typedef struct TextSamples {
    TextSample *items;
    int count;
    struct Arena *memory; /* holds the strings */
} TextSamples;

typedef struct TextRequest {
    TextKind kind;
    TextLanguage language;
    TextSide side;
    int count;
    float skew; /* TEXT_BIAS only: how much more than half of a job's people are of its usual sex, 0 to 1 */
    int questions; /* TEXT_PASSAGE only: so many more are asked and answered at the passage's end, one a line;
                      such a passage has 1 to 4 facts, where others have 3 or 4 */
} TextRequest;

/* `count` samples, no two the same text; fewer where the kind has fewer (a small
 * kind is drawn until nothing new comes). The caller frees them. */
TextSamples text_world_samples(const TextRequest *request, Rng *rng);
void text_samples_free(TextSamples *s);

/* The sample as one text, as a model of text reads it: passage, prompt, steps
 * (but what a preference wants) and answer. The caller frees it. */
char *text_sample_join(const TextSample *s);

/* The side that a key is on, and how many contents a kind has (both sides
 * together; the product of its choices, summed over its tasks). */
TextSide text_key_side(uint64_t key);
double text_kind_size(TextKind kind);

/* A name for command lines: "story", "summary", ...; a task's name: "reverse". */
const char *text_kind_name(TextKind kind);
const char *text_task_name(TextKind kind, int task);
int text_task_count(TextKind kind);

/* Whether only the test side has this task. */
bool text_task_held(TextKind kind, int task);

/* Whether TextRequest.skew turns people of this job (a place in TEXT_JOBS) to she; else to he. */
bool text_job_usually_she(int job);

/* The notion of better that the preference pairs follow, for any response:
 *     reward = 1 if the response says sample->steps, else 0
 *            - 1 for each rude word, and for each word that helps to do harm
 *            + 0.25 if it has a polite word.
 * The better response of every pair has the higher reward. */
float text_reward(const TextSample *preference, const char *response);

#endif
