/* lora_bench.h -- a decoder and two tasks that it did not learn in pretraining, on which the demos of section 6.3.3
 * train adapters: a casual note becomes a formal letter, an English sentence a Chinese one.
 *
 *     LoraBench b = lora_bench_new("ch05/models/book_gpt", seed);
 *     ModelAdapter *a = lora_bench_attach(&b, 8, seed);
 *     lora_bench_train(&b, a, LORA_LETTERS, 40, seed);
 *     double loss = lora_bench_loss(&b, LORA_LETTERS);                  held out, nats per token
 */
#ifndef CH06_LORA_BENCH_H
#define CH06_LORA_BENCH_H

#include "ch06/answers.h"
#include "common/model/adapter.h"

enum { LORA_BATCH = 8 };

typedef enum LoraTask { LORA_LETTERS, LORA_TRANSLATION, LORA_TASKS } LoraTask;

typedef struct LoraBench {
    ModelDecoder *model;
    Tokenizer *tokenizer;
    Graph *graph;
    Steered whole; /* the model, with whatever is attached to it */
    AnswerSet train[LORA_TASKS], test[LORA_TASKS];
} LoraBench;

/* A folder that cannot be read, or is no decoder, ends the program with a line and status 2. */
LoraBench lora_bench_new(const char *folder, uint64_t seed);
void lora_bench_free(LoraBench *b);

/* LoRA of that rank beside every linear layer, alpha twice the rank. The caller frees it. A rank that is too large ends
 * the program with a line and status 2. */
ModelAdapter *lora_bench_attach(LoraBench *b, int rank, uint64_t seed);

/* So many steps of LORA_BATCH texts of a task. */
void lora_bench_train(LoraBench *b, ModelAdapter *a, LoraTask task, int steps, uint64_t seed);

/* The mean cross-entropy of held-out answers, nats per token. */
double lora_bench_loss(LoraBench *b, LoraTask task);

/* The logits (n) at the beginning of some held-out answers, which the caller frees; and their largest change since
 * then, relative to the largest of them. */
float *lora_bench_logits(LoraBench *b, size_t *n);
double lora_bench_distance(LoraBench *b, const float *before);

/* 0 .. LORA_BATCH - 1: the first texts of a set. */
extern const int lora_first_rows[LORA_BATCH];

#endif
