/* tasks.h -- three tasks over sentence pairs, as each wiring of variants_demo reads them.
 *
 * Filling in a hidden word of an English sentence, predicting its next word, and translating it from
 * the Chinese. */
#ifndef CH03_TASKS_H
#define CH03_TASKS_H

#include "common/text/words.h"
#include "common/world/world.h"

enum { TASKS_BATCH = 48, TASKS_MAX = 56, TASKS_TRAIN = 8000, TASKS_TESTS = 480 };

typedef enum Wiring { ENCODER, DECODER, ENCODER_DECODER, WIRINGS } Wiring;
typedef enum Task { FILL, NEXT, TRANSLATE, TASKS } Task;

/* A pair: the Chinese, and the English between TEXT_BEGIN and TEXT_END; one of its words can be hidden. */
typedef struct Example {
    int source[TASKS_MAX], source_count, target[TASKS_MAX], target_count, hidden;
} Example;

typedef struct Data {
    TextWords *words;
    Example *examples[2]; /* of WORLD_TRAIN and WORLD_TEST */
} Data;

/* A batch. Encoder and decoder read `text` alone; an encoder-decoder reads `source` and writes `text`. */
typedef struct Batch {
    int size, source_time, time;
    int source[TASKS_BATCH * TASKS_MAX], source_lengths[TASKS_BATCH]; /* (B,S), (B) */
    int text[TASKS_BATCH * TASKS_MAX], lengths[TASKS_BATCH];          /* (B,T), (B) */
    int expected[TASKS_BATCH * TASKS_MAX]; /* (B,T): what each position must predict, or TEXT_PAD */
    int said[TASKS_BATCH * TASKS_MAX];     /* (B,T): room for what a model predicts there */
} Batch;

/* The pairs of both sides. tasks_free frees them. */
Data tasks_new(uint64_t seed);
void tasks_free(Data *d);

/* A batch of the examples x[0 .. size-1], posed as the task for that wiring. */
void tasks_fill(Batch *b, const Example *x, int size, Task task, Wiring wiring);

/* A full batch of the training sentences, drawn at random; so is the word that is hidden in each. */
void tasks_draw(Batch *b, const Data *d, Task task, Wiring wiring, Rng *rng);

/* Of TASKS_BATCH examples those that are long enough, cut so that the last thing to predict is word `end` of the
 * target; returns how many they are. */
int tasks_cut(Batch *b, const Example *x, int end, Wiring wiring);

/* Prints a title, and what is asked of the first examples of the test side: sentences with a hidden word, or Chinese
 * ones to translate. */
void tasks_print(const Data *d, int count, Task task, const char *title);

/* Per cent correct on the test sentences: of the words; of sentences without a mistake, which is what a model
 * writes by itself if each word is the most probable; and of the words with nothing after them to be seen. */
typedef struct Score {
    double words, sentences, writing;
} Score;

/* The first two parts of the score, from b->said; `done` counts over several batches. */
typedef struct Tally {
    int words, correct, sentences, whole;
} Tally;
void tasks_count(const Batch *b, Tally *done);

/* The score without a model: always the most frequent word; the word that most often follows the last one. */
Score tasks_guess(const Data *d);

#endif
