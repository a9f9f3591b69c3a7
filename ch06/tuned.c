/* tuned.c -- begins, then trains. */
#include "ch06/tuned.h"

#include <string.h>

const char *const tuned_start_names[TUNED_STARTS] = {"random", "words", "labels"};

//> start
/* Begins each vector as the embedding of a token: of a word that training texts hold, or of an answer. */
static void begin(const AnswerBench *b, const AnswerSet *train, TunedStart start, SoftPrompt *p, Rng *rng)
{
    size_t width = (size_t)b->model->config.channels;
    for (int i = 0; start != TUNED_FROM_RANDOM && i < p->table->shape[0]; i++) {
        const Answering *text = &train->items[rng_below(rng, train->count)];
        int id = train->choices[i % train->choice_count];
        while (start == TUNED_FROM_WORDS && (id = text->ids[rng_below(rng, text->from)]) >= train->vocab)
            continue;
        memcpy(p->table->data + (size_t)i * width, b->model->tokens->data + (size_t)id * width,
               width * sizeof(float));
    }
}
//< start

SoftPrompt *tuned_prompt(AnswerBench *b, const AnswerSet *train, const TunedWay *w, int steps,
                         uint64_t seed)
{
    Rng rng = rng_new(seed);
    SoftPrompt *p = soft_prompt_new(w->count, b->model->config.channels, 0.5f, SOFT_DIRECT, &rng);
    begin(b, train, w->start, p, &rng);
    const AnswerTraining how = {
        .steps = steps, .batch = TUNED_BATCH, .warmup = w->warmup * steps / 100, .rate = w->rate};
    answers_train(b->graph, &(Steered){.model = b->model, .prompt = p}, &p->params, train, &how, &rng,
                  NULL);
    return p;
}
