/* beam.c -- each lane of a session is a text that still runs; the best that ended are kept aside. */
#include "common/model/beam.h"

#include "common/base/error.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Text `parent` goes on with token `id`. */
typedef struct Step {
    int parent, id;
    double log_probability; /* of the whole text */
} Step;

typedef struct Search {
    const ModelBeamSearch *rules;
    ModelSession *session;
    int vocab, length;       /* new tokens in each text that runs */
    int *ids, *old;          /* (width, most) the texts that run; room to reorder them */
    double *log_probability; /* (width) */
    Step *steps;             /* (2 width), the best so far, best first */
    ModelBeam *ended;        /* (width), best first */
    int ended_count;
} Search;

static double score_of(const ModelBeamSearch *b, double log_probability, int count)
{
    return log_probability / pow(count, (double)b->alpha);
}

static bool is_end(const ModelBeamSearch *b, int id)
{
    for (int i = 0; i < b->end_count; i++) {
        if (b->ends[i] == id)
            return true;
    }
    return false;
}

static double log_sum_exp(const float *z, int n)
{
    double sum = 0;
    float max = z[0];
    for (int i = 1; i < n; i++)
        max = z[i] > max ? z[i] : max;
    for (int i = 0; i < n; i++)
        sum += (double)vmath_exp(z[i] - max);
    return (double)max + log(sum);
}

/* Puts a step among the best `room`; of equal ones the earlier stays in front. */
static int keep_step(Step *best, int count, int room, Step s)
{
    if (count == room && !(s.log_probability > best[count - 1].log_probability))
        return count;
    int at = count < room ? count : room - 1;
    for (; at > 0 && s.log_probability > best[at - 1].log_probability; at--)
        best[at] = best[at - 1];
    best[at] = s;
    return count < room ? count + 1 : count;
}

/* The best 2 width steps of `texts` texts: width of them cannot all be ends of texts. */
static int best_steps(Search *s, const float *logits, int texts)
{
    int count = 0, room = 2 * s->rules->width;
    for (int i = 0; i < texts; i++) {
        const float *z = logits + (size_t)i * (size_t)s->vocab;
        double base = s->log_probability[i] - log_sum_exp(z, s->vocab);
        for (int id = 0; id < s->vocab; id++)
            count = keep_step(s->steps, count, room, (Step){i, id, base + (double)z[id]});
    }
    return count;
}

static void keep_ended(Search *s, int text, int id, double log_probability)
{
    int count = s->length + (id >= 0), width = s->rules->width, at = s->ended_count;
    ModelBeam b = {.count = count,
                   .log_probability = log_probability,
                   .score = score_of(s->rules, log_probability, count)};
    if (at == width && !(b.score > s->ended[at - 1].score))
        return;
    b.ids = memory_new(sizeof *b.ids * (size_t)(count + 1));
    memcpy(b.ids, s->ids + (size_t)text * (size_t)s->rules->max, sizeof *b.ids * (size_t)s->length);
    if (id >= 0)
        b.ids[s->length] = id;
    if (at == width)
        free(s->ended[--at].ids);
    else
        s->ended_count++;
    for (; at > 0 && b.score > s->ended[at - 1].score; at--)
        s->ended[at] = s->ended[at - 1];
    s->ended[at] = b;
}

/* Ended texts go aside, the best others run on. Fills parents and next of each lane; false if none runs. */
static bool choose(Search *s, int steps, int *parents, int *next)
{
    int width = s->rules->width, max = s->rules->max, running = 0;
    memcpy(s->old, s->ids, sizeof *s->ids * (size_t)width * (size_t)max);
    for (int i = 0; i < steps && running < width; i++) {
        if (is_end(s->rules, s->steps[i].id)) {
            if (i < width)
                keep_ended(s, s->steps[i].parent, s->steps[i].id, s->steps[i].log_probability);
            continue;
        }
        parents[running] = s->steps[i].parent;
        next[running] = s->steps[i].id;
        s->log_probability[running++] = s->steps[i].log_probability;
    }
    for (int i = 0; i < width; i++) {
        if (i >= running) { /* fewer tokens than beams: this lane only keeps the others company */
            parents[i] = 0;
            next[i] = running ? next[0] : 0;
            s->log_probability[i] = -INFINITY;
        }
        int *text = s->ids + (size_t)i * (size_t)max;
        memcpy(text, s->old + (size_t)parents[i] * (size_t)max, sizeof *text * (size_t)s->length);
        text[s->length] = next[i];
    }
    s->length++;
    return running > 0;
}

/* Whether a text that runs may still become better than the worst that ended. */
static bool may_improve(const Search *s)
{
    const ModelBeamSearch *b = s->rules;
    if (s->ended_count < b->width)
        return true;
    double best = score_of(b, s->log_probability[0], b->max);
    return best > s->ended[b->width - 1].score;
}

int model_beam_search(ModelSession *s, const int *prompt, int n, const ModelBeamSearch *b, ModelBeam *beams)
{
    size_t width = (size_t)b->width, room = width * (size_t)b->max;
    if (b->width < 1 || b->max < 1)
        FATAL("model_beam_search: %d beams of %d tokens", b->width, b->max);
    Arena *a = arena_new();
    int *parents = arena_alloc(a, width * sizeof(int)), *next = arena_alloc(a, width * sizeof(int));
    Search q = {.rules = b,
                .session = s,
                .vocab = model_session_model(s)->config.vocab,
                .ids = arena_alloc(a, room * sizeof(int)),
                .old = arena_alloc(a, room * sizeof(int)),
                .log_probability = arena_alloc(a, width * sizeof(double)),
                .steps = arena_alloc(a, 2 * width * sizeof(Step)),
                .ended = beams};
    memset(q.ids, 0, room * sizeof(int));
    memset(parents, 0, width * sizeof(int));
    for (int i = 0; i < b->width; i++) {
        model_session_rewind(s, i, 0);
        q.log_probability[i] = 0;
    }
    const float *logits = model_session_read(s, 0, prompt, n);
    model_session_reorder(s, parents); /* all lanes share the prompt */
    int texts = 1;
    bool running = true;
    while (running && q.length < b->max && may_improve(&q)) {
        running = choose(&q, best_steps(&q, logits, texts), parents, next);
        model_session_reorder(s, parents);
        if (running && q.length < b->max)
            logits = model_session_step(s, next);
        texts = b->width;
    }
    for (int i = 0; running && i < texts; i++) {
        if (q.log_probability[i] > -INFINITY)
            keep_ended(&q, i, -1, q.log_probability[i]);
    }
    arena_free(a);
    return q.ended_count;
}

void model_beams_free(ModelBeam *beams, int count)
{
    for (int i = 0; i < count; i++)
        free(beams[i].ids);
}
