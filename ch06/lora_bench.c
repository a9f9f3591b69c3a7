/* lora_bench.c -- two tasks, their texts and their losses. */
#include "ch06/lora_bench.h"

#include "common/base/base.h"
#include "common/model/folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN = 200, TEST = 40 };

const int lora_first_rows[LORA_BATCH] = {0, 1, 2, 3, 4, 5, 6, 7};

static AnswerSet set_of(const LoraBench *b, LoraTask task, WorldSide side, int count, uint64_t seed)
{
    static const WorldKind kinds[LORA_TASKS] = {WORLD_STYLE, WORLD_TRANSLATION};
    Rng rng = rng_new(seed);
    const WorldRequest request = {.kind = kinds[task], .language = WORLD_EN, .side = side, .count = count};
    WorldSamples s = world_samples(&request, &rng);
    const AnswerMaking how = {
        .tokenizer = b->tokenizer, .config = &b->model->config, .before_answer = "\n", .ends = true};
    AnswerSet made = answers_new(&how, &(AnswerTemplate){.before = NULL}, s.items, s.count);
    world_samples_free(&s);
    return made;
}

LoraBench lora_bench_new(const char *folder, uint64_t seed)
{
    Error e = {""};
    LoraBench b = {.model = model_decoder_load(folder, &e), .graph = nn_graph_new()};
    if (!b.model || !(b.tokenizer = model_folder_tokenizer(folder, b.model->config.vocab, NULL, &e)))
        error_exit(&e);
    b.whole = (Steered){.model = b.model};
    for (int t = 0; t < LORA_TASKS; t++) {
        b.train[t] = set_of(&b, (LoraTask)t, WORLD_TRAIN, TRAIN, seed);
        b.test[t] = set_of(&b, (LoraTask)t, WORLD_TEST, TEST, seed + 1);
    }
    return b;
}

void lora_bench_free(LoraBench *b)
{
    for (int t = 0; t < LORA_TASKS; t++) {
        answers_free(&b->train[t]);
        answers_free(&b->test[t]);
    }
    nn_graph_free(b->graph);
    tokenizer_free(b->tokenizer);
    model_decoder_free(b->model);
}

ModelAdapter *lora_bench_attach(LoraBench *b, int rank, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    const ModelLora c = {.layers = "h.*,model.layers.*", .rank = rank, .alpha = (float)(2 * rank)};
    ModelAdapter *a = model_adapter_new(&b->model->params, &c, &rng, &e);
    if (!a)
        error_exit(&e);
    return a;
}

void lora_bench_train(LoraBench *b, ModelAdapter *a, LoraTask task, int steps, uint64_t seed)
{
    Rng rng = rng_new(seed);
    const AnswerTraining how = {.steps = steps, .batch = LORA_BATCH, .warmup = steps / 10, .rate = 4e-3f};
    nn_graph_multiply_in(b->graph, TENSOR_BF16);
    answers_train(b->graph, &b->whole, model_adapter_params(a), &b->train[task], &how, &rng, NULL);
    nn_graph_multiply_in(b->graph, TENSOR_F32);
}

double lora_bench_loss(LoraBench *b, LoraTask task)
{
    return answers_score(b->graph, &b->whole, &b->test[task]).loss;
}

float *lora_bench_logits(LoraBench *b, size_t *n)
{
    nn_graph_record(b->graph, false);
    const Tensor *t =
        answers_logits(b->graph, &b->whole, &b->test[LORA_LETTERS], lora_first_rows, LORA_BATCH);
    float *copy = memory_new(t->size * sizeof *copy);
    memcpy(copy, t->data, t->size * sizeof *copy);
    *n = t->size;
    nn_graph_record(b->graph, true);
    nn_graph_reset(b->graph);
    return copy;
}

double lora_bench_distance(LoraBench *b, const float *before)
{
    size_t n;
    float *now = lora_bench_logits(b, &n), max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmaxf(max, fabsf(before[i]));
    double far = (double)(tensor_distance(before, now, n) / max);
    free(now);
    return far;
}
