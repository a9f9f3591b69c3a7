/* sample.c -- each rule takes candidates away; what remains is a distribution.
 *
 * top_k and top_p need the largest first, but seldom many of them: a heap is made of all
 * candidates once, and gives the largest as often as is asked. */
#include "common/model/sample.h"

#include "common/nn/argmax.h"

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct ModelSampler {
    ModelSampling rules;
    int vocab;
    float *logits;          /* (V) */
    ModelCandidate *chosen; /* (V); probability holds the logit until the end */
    ModelCandidate *heap;   /* (V) */
    bool *marked;           /* (V): seen, all false between calls */
};

ModelSampling model_sampling_plain(void)
{
    return (ModelSampling){.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .penalty = 1};
}

ModelSampler *model_sampler_new(const ModelSampling *rules, int vocab)
{
    if (!(rules->temperature >= 0 && rules->top_k >= 0 && rules->top_p > 0 && rules->top_p <= 1 &&
          rules->min_p >= 0 && rules->min_p <= 1 && rules->penalty > 0 && rules->memory >= 0 && vocab > 0))
        FATAL("model_sampler_new: temperature %g, top_k %d, top_p %g, min_p %g, penalty %g: out of range",
              (double)rules->temperature, rules->top_k, (double)rules->top_p, (double)rules->min_p,
              (double)rules->penalty);
    ModelSampler *s = memory_zero(1, sizeof *s);
    size_t n = (size_t)vocab;
    s->rules = *rules;
    s->vocab = vocab;
    s->logits = memory_new(n * sizeof *s->logits);
    s->chosen = memory_new(n * sizeof *s->chosen);
    s->heap = memory_new(n * sizeof *s->heap);
    s->marked = memory_zero(n, sizeof *s->marked);
    return s;
}

void model_sampler_free(ModelSampler *s)
{
    if (!s)
        return;
    free(s->logits);
    free(s->chosen);
    free(s->heap);
    free(s->marked);
    free(s);
}

/* ---- the rules ----------------------------------------------------------------------------------- */

/* Copies the logits; each token that was seen is punished once. */
static void penalise(ModelSampler *s, const float *logits, const int *seen, int count)
{
    int first = s->rules.memory && count > s->rules.memory ? count - s->rules.memory : 0;
    for (int i = 0; i < s->vocab; i++)
        s->logits[i] = logits[i];
    if (!seen || s->rules.penalty == 1)
        return;
    for (int i = first; i < count; i++) {
        int id = seen[i];
        if (id < 0 || id >= s->vocab || s->marked[id])
            continue;
        s->marked[id] = true;
        s->logits[id] =
            s->logits[id] < 0 ? s->logits[id] * s->rules.penalty : s->logits[id] / s->rules.penalty;
    }
    for (int i = first; i < count; i++) {
        if (seen[i] >= 0 && seen[i] < s->vocab)
            s->marked[seen[i]] = false;
    }
}

static bool before(ModelCandidate a, ModelCandidate b)
{
    return a.probability > b.probability || (a.probability == b.probability && a.id < b.id);
}

static void sink(ModelCandidate *heap, int n, int at)
{
    ModelCandidate moving = heap[at];
    for (int child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && before(heap[child + 1], heap[child]);
        if (!before(heap[child], moving))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

/* The sum of e^(z - most) over all. */
static double mass_of(const float *z, int n, float max)
{
    float sum[16] = {0};
    double total = 0;
    int i = 0;
    for (; i + 16 <= n; i += 16) {
        for (int j = 0; j < 16; j++)
            sum[j] += vmath_exp(z[i + j] - max);
    }
    for (; i < n; i++)
        total += (double)vmath_exp(z[i] - max);
    for (int j = 0; j < 16; j++)
        total += (double)sum[j];
    return total;
}

/* The largest first, until there are k of them, or they have the share p of the mass of those k. */
static int take_largest(ModelSampler *s, float max)
{
    int n = s->vocab, left = n, k = s->rules.top_k > 0 && s->rules.top_k < n ? s->rules.top_k : n,
        count = 0;
    double mass = 0, all = 0;
    for (int i = 0; i < n; i++)
        s->heap[i] = (ModelCandidate){i, s->logits[i]};
    for (int i = n / 2 - 1; i >= 0; i--)
        sink(s->heap, n, i);
    if (k == n)
        all = mass_of(s->logits, n, max);
    while (count < k && !(k == n && mass >= (double)s->rules.top_p * all)) {
        s->chosen[count++] = s->heap[0];
        mass += (double)vmath_exp(s->heap[0].probability - max);
        s->heap[0] = s->heap[--left];
        sink(s->heap, left, 0);
    }
    if (k == n || s->rules.top_p >= 1)
        return count;
    all = mass; /* that of the k largest */
    mass = 0;
    for (int i = 0; i < count; i++) {
        mass += (double)vmath_exp(s->chosen[i].probability - max);
        if (mass >= (double)s->rules.top_p * all)
            return i + 1;
    }
    return count;
}

const ModelCandidate *model_sampler_candidates(ModelSampler *s, const float *logits, const int *seen,
                                               int seen_count, int *count)
{
    const ModelSampling *r = &s->rules;
    penalise(s, logits, seen, seen_count);
    int best = nn_argmax(s->logits, s->vocab), n = 0, kept = 0;
    if (r->temperature == 0) {
        s->chosen[0] = (ModelCandidate){best, 1};
        *count = 1;
        return s->chosen;
    }
    for (int i = 0; i < s->vocab; i++)
        s->logits[i] /= r->temperature;
    float max = s->logits[best];
    if (r->top_k > 0 || r->top_p < 1) {
        n = take_largest(s, max);
    } else {
        for (; n < s->vocab; n++)
            s->chosen[n] = (ModelCandidate){n, s->logits[n]};
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
        float weight = vmath_exp(s->chosen[i].probability - max);
        if (weight >= r->min_p && (weight > 0 || s->chosen[i].id == best)) {
            s->chosen[kept++] = (ModelCandidate){s->chosen[i].id, weight};
            sum += (double)weight;
        }
    }
    if (kept == 0) { /* logits that are no numbers */
        s->chosen[kept++] = (ModelCandidate){best, 1};
        sum = 1;
    }
    for (int i = 0; i < kept; i++)
        s->chosen[i].probability /= (float)sum;
    *count = kept;
    return s->chosen;
}

int model_sampler_draw(ModelSampler *s, const float *logits, const int *seen, int seen_count, Rng *rng)
{
    int count = 0;
    const ModelCandidate *c = model_sampler_candidates(s, logits, seen, seen_count, &count);
    double left = count > 1 ? (double)rng_uniform(rng) : 0;
    for (int i = 0; i < count; i++) {
        left -= (double)c[i].probability;
        if (left < 0)
            return c[i].id;
    }
    return c[count - 1].id;
}
