/* story_run.c -- a small GPT, its optimizer and a batch of stories. */
#include "ch05/story_run.h"

#include "common/base/base.h"

#include <stdlib.h>

enum { HEADS = 4 };

StoryRun story_run_new(const Stories *text, int layers, int channels, int batch, int time, float decay,
                       uint64_t seed)
{
    const ModelConfig c = model_config_gpt2((ModelConfig){
        .vocab = text->vocab, .context = time, .layers = layers, .heads = HEADS, .channels = channels});
    size_t bytes = sizeof(int) * (size_t)batch * (size_t)time;
    StoryRun r = {.text = text, .rng = rng_new(seed), .batch = batch, .time = time};
    r.x = memory_new(bytes);
    r.y = memory_new(bytes);
    r.model = model_decoder_new(&c, 0, &r.rng);
    r.optimizer = nn_adamw_new(&r.model->params, 0.9f, 0.99f, decay);
    return r;
}

void story_run_free(StoryRun *r)
{
    nn_optimizer_free(r->optimizer);
    model_decoder_free(r->model);
    free(r->x);
    free(r->y);
}

void story_run_draw(StoryRun *r)
{
    stories_batch(r->text, r->batch, r->time, &r->rng, r->x, r->y);
}

Tensor *story_run_loss(Graph *g, const StoryRun *r)
{
    return model_decoder_loss(g, r->model, r->x, r->y, r->batch, r->time);
}

double story_run_test(Graph *g, const StoryRun *r, int batches)
{
    return stories_test(g, r->model, r->text, batches, r->batch, r->time);
}
