/* answers.c -- batches of texts with answers: only rows whose next token belongs to an answer get logits. */
#include "ch06/answers.h"

#include "common/base/base.h"
#include "common/model/folder.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts --------------------------------------------------------------------------------------- */

static void add_text(const AnswerMaking *how, const char *text, TokenList *ids)
{
    Error e = {""};
    if (!tokenizer_encode(how->tokenizer, text, strlen(text), false, ids, &e))
        error_exit(&e);
}

static void add_virtual(const AnswerMaking *how, int first, int count, TokenList *ids)
{
    for (int i = 0; i < count; i++)
        tokenizer_tokens_add(ids, how->config->vocab + first + i, 0);
}

static char *joined(Arena *a, const char *x, const char *y, const char *z)
{
    size_t size = strlen(x) + strlen(y) + strlen(z) + 1;
    char *all = arena_alloc(a, size);
    snprintf(all, size, "%s%s%s", x, y, z);
    return all;
}

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static Answering answering_of(const AnswerMaking *how, const AnswerTemplate *t, const WorldSample *s,
                              Arena *a)
{
    TokenList ids = {0};
    const ModelConfig *c = how->config;
    if (c->end_count > 0) /* as training began each text */
        tokenizer_tokens_add(&ids, c->ends[0], 0);
    add_virtual(how, t->first, t->front, &ids);
    add_text(how, joined(a, or_nothing(t->before), s->prompt, or_nothing(t->after)), &ids);
    add_virtual(how, t->first + t->front, t->rear, &ids);
    Answering made = {.from = (int)ids.count};
    const char *answer = how->answer ? how->answer(s) : s->answer;
    add_text(how, joined(a, how->before_answer ? how->before_answer : " ", answer, ""), &ids);
    if (how->ends && c->end_count > 0)
        tokenizer_tokens_add(&ids, c->ends[0], 0);
    if ((int)ids.count > c->context)
        error_exitf("a text of %zu tokens, but the model's context is %d", ids.count, c->context);
    made.count = (int)ids.count;
    made.ids = arena_alloc(a, ids.count * sizeof *made.ids);
    memcpy(made.ids, ids.ids, ids.count * sizeof *made.ids);
    tokenizer_tokens_free(&ids);
    return made;
}

static void note_choice(AnswerSet *s, int token)
{
    for (int i = 0; i < s->choice_count; i++)
        if (s->choices[i] == token)
            return;
    s->choices[s->choice_count++] = token;
}

AnswerSet answers_new(const AnswerMaking *how, const AnswerTemplate *t, const WorldSample *samples,
                      int count)
{
    AnswerSet s = {.count = count, .vocab = how->config->vocab, .memory = arena_new()};
    s.items = arena_alloc(s.memory, (size_t)count * sizeof *s.items);
    s.choices = arena_alloc(s.memory, (size_t)count * sizeof *s.choices);
    for (int i = 0; i < count; i++) {
        s.items[i] = answering_of(how, t, &samples[i], s.memory);
        note_choice(&s, s.items[i].ids[s.items[i].from]);
    }
    return s;
}

void answers_free(AnswerSet *s)
{
    arena_free(s->memory);
}

/* ---- a bench ------------------------------------------------------------------------------------- */

static WorldSamples draw(WorldKind kind, WorldSide side, int count)
{
    Rng rng = rng_new(1);
    return world_samples(&(WorldRequest){.kind = kind, .language = WORLD_EN, .side = side, .count = count},
                         &rng);
}

AnswerBench answer_bench_new(const char *folder, WorldKind kind, int train, int test)
{
    Error e = {""};
    AnswerBench b = {.model = model_decoder_load(folder, &e)};
    if (!b.model || !(b.tokenizer = model_folder_tokenizer(folder, b.model->config.vocab, NULL, &e)))
        error_exit(&e);
    nn_params_freeze(&b.model->params, true);
    b.graph = nn_graph_new();
    nn_graph_multiply_in(b.graph, TENSOR_BF16);
    b.how = (AnswerMaking){.tokenizer = b.tokenizer, .config = &b.model->config};
    b.train = draw(kind, WORLD_TRAIN, train);
    b.test = draw(kind, WORLD_TEST, test);
    return b;
}

void answer_bench_free(AnswerBench *b)
{
    world_samples_free(&b->train);
    world_samples_free(&b->test);
    nn_graph_free(b->graph);
    tokenizer_free(b->tokenizer);
    model_decoder_free(b->model);
}

AnswerSet answer_bench_set(const AnswerBench *b, const AnswerTemplate *t, WorldSide side)
{
    const WorldSamples *s = side == WORLD_TRAIN ? &b->train : &b->test;
    return answers_new(&b->how, t, s->items, s->count);
}

/* ---- a batch ------------------------------------------------------------------------------------- */

/* Rows of ids, padded at their ends, and the positions that predict a token of an answer. */
typedef struct Batch {
    int batch, time, count;
    int *ids;            /* (B,T) */
    int *rows, *targets; /* (count): positions in B T, and what follows each */
    int *of;             /* (count): the row of the batch */
} Batch;

static Batch batch_of(Graph *g, const AnswerSet *s, const int *chosen, int batch)
{
    Batch b = {.batch = batch};
    int answers = 0;
    for (int i = 0; i < batch; i++) {
        const Answering *a = &s->items[chosen[i]];
        b.time = a->count - 1 > b.time ? a->count - 1 : b.time;
        answers += a->count - a->from;
    }
    size_t places = (size_t)batch * (size_t)b.time, count = (size_t)answers;
    b.ids = memset(arena_alloc(nn_arena(g), places * sizeof(int)), 0, places * sizeof(int));
    b.rows = arena_alloc(nn_arena(g), count * sizeof(int));
    b.targets = arena_alloc(nn_arena(g), count * sizeof(int));
    b.of = arena_alloc(nn_arena(g), count * sizeof(int));
    for (int i = 0; i < batch; i++) {
        const Answering *a = &s->items[chosen[i]];
        memcpy(b.ids + (size_t)i * (size_t)b.time, a->ids, (size_t)(a->count - 1) * sizeof(int));
        for (int t = a->from; t < a->count; t++) {
            b.rows[b.count] = i * b.time + t - 1;
            b.of[b.count] = i;
            b.targets[b.count++] = a->ids[t];
        }
    }
    return b;
}

//> states
/* The hidden states (count,C) from which the answers' tokens are predicted. */
static Tensor *states_of(Graph *g, const Steered *m, const Batch *b)
{
    Tensor *x = m->prompt ? soft_prompt_embed(g, m->model->tokens, soft_prompt_vectors(g, m->prompt),
                                              b->ids, b->batch, b->time)
                          : nn_embedding(g, m->model->tokens, b->ids, b->batch, b->time);
    if (m->prefix)
        soft_prefix_make(g, m->prefix);
    return nn_select_rows(g, model_decoder_hidden_of(g, m->model, x, NULL, NULL), b->rows, b->count);
}

Tensor *answers_loss(Graph *g, const Steered *m, const AnswerSet *s, const int *rows, int batch)
{
    Batch b = batch_of(g, s, rows, batch);
    return nn_affine_cross_entropy(g, states_of(g, m, &b), m->model->head, b.targets, -1);
}
//< states

Tensor *answers_logits(Graph *g, const Steered *m, const AnswerSet *s, const int *rows, int batch)
{
    Batch b = batch_of(g, s, rows, batch);
    int *first = arena_alloc(nn_arena(g), sizeof *first * (size_t)batch);
    for (int i = b.count - 1; i >= 0; i--)
        first[b.of[i]] = i;
    return nn_affine(g, nn_select_rows(g, states_of(g, m, &b), first, batch), m->model->head, NULL);
}

/* ---- score --------------------------------------------------------------------------------------- */

static int best_choice(const AnswerSet *s, const float *logits)
{
    int best = s->choices[0];
    for (int i = 1; i < s->choice_count; i++)
        best = logits[s->choices[i]] > logits[best] ? s->choices[i] : best;
    return best;
}

static void score_batch(Graph *g, const Steered *m, const AnswerSet *s, const int *rows, int batch,
                        AnswerScore *score, long *tokens)
{
    Batch b = batch_of(g, s, rows, batch);
    Tensor *logits = nn_affine(g, states_of(g, m, &b), m->model->head, NULL); /* (count,V) */
    const Tensor *log_p = nn_token_log_probs(g, logits, b.targets, -1);
    bool exact = true;
    for (int i = 0; i < b.count; i++) {
        const float *line = logits->data + (size_t)i * (size_t)logits->shape[1];
        bool first = i == 0 || b.of[i] != b.of[i - 1], last = i + 1 == b.count || b.of[i] != b.of[i + 1];
        score->right += first && best_choice(s, line) == b.targets[i];
        exact = (first || exact) && nn_argmax(line, logits->shape[1]) == b.targets[i];
        score->exact += last && exact;
        score->loss -= (double)log_p->data[i];
    }
    *tokens += b.count;
    nn_graph_reset(g);
}

AnswerScore answers_score(Graph *g, const Steered *m, const AnswerSet *s)
{
    enum { TOGETHER = 8 }; /* of texts with examples in front of them, each takes 30 MB */
    AnswerScore score = {.count = s->count};
    int rows[TOGETHER];
    long tokens = 0;
    nn_graph_record(g, false);
    for (int done = 0; done < s->count;) {
        int batch = 0;
        while (batch < TOGETHER && done < s->count)
            rows[batch++] = done++;
        score_batch(g, m, s, rows, batch, &score, &tokens);
    }
    nn_graph_record(g, true);
    score.loss /= (double)tokens;
    return score;
}

/* ---- training ------------------------------------------------------------------------------------ */

static float rate_at(const AnswerTraining *how, int step)
{
    if (step < how->warmup)
        return how->rate * (float)(step + 1) / (float)how->warmup;
    float left = (float)(how->steps - step) / (float)(how->steps - how->warmup);
    return how->rate * (0.1f + 0.9f * left);
}

void answers_train(Graph *g, const Steered *m, const Params *params, const AnswerSet *s,
                   const AnswerTraining *how, Rng *rng, float *curve)
{
    Optimizer *o = nn_adamw_new(params, 0.9f, 0.99f, 0);
    int *rows = memory_new((size_t)how->batch * sizeof *rows);
    for (int step = 0; step < how->steps; step++) {
        for (int i = 0; i < how->batch; i++)
            rows[i] = rng_below(rng, s->count);
        NnStep done = nn_train_step(g, o, answers_loss(g, m, s, rows, how->batch), rate_at(how, step), 1);
        if (curve)
            curve[step] = done.loss;
    }
    free(rows);
    nn_optimizer_free(o);
}
