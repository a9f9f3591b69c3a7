/* beam.c -- beam search: what survives a step, and what is chosen at the end. */
#include "ch03/beam.h"

#include "common/text/words.h"

#include <math.h>
#include <string.h>

typedef struct Candidate {
    int from, id; /* hypothesis `from` goes on with `id` */
    float score;
} Candidate;

/* Keeps the `width` best candidates, the best one first. */
static void offer(Candidate *best, int width, Candidate c)
{
    if (!(c.score > best[width - 1].score))
        return;
    int at = width - 1;
    for (; at > 0 && c.score > best[at - 1].score; at--)
        best[at] = best[at - 1];
    best[at] = c;
}

//> extend
/* One step of the search for one sentence: of all hypotheses (width of them)
 * each extended by every word, the best `width` survive. log_p is (width,V). */
void beam_extend(Hypothesis *beam, int width, const float *log_p, int vocab)
{
    Candidate best[BEAM_WIDTH];
    Hypothesis next[BEAM_WIDTH];
    for (int k = 0; k < width; k++)
        best[k] = (Candidate){0, TEXT_END, -INFINITY};
    for (int k = 0; k < width; k++) {
        if (beam[k].done)
            offer(best, width, (Candidate){k, TEXT_END, beam[k].score});
        for (int v = 0; v < vocab && !beam[k].done; v++)
            offer(best, width, (Candidate){k, v, beam[k].score + log_p[k * vocab + v]});
    }
    for (int k = 0; k < width; k++) {
        next[k] = beam[best[k].from];
        next[k].score = best[k].score;
        if (!next[k].done)
            next[k].ids[next[k].count++] = best[k].id;
        next[k].done = best[k].id == TEXT_END;
    }
    memcpy(beam, next, sizeof *next * (size_t)width);
}
//< extend

//> choose
/* A long sentence has more factors below 1, so the sum of logarithms is divided by its length to the power 0.6
 * (Wu et al., 2016). */
const Hypothesis *beam_choose(const Hypothesis *beam, int width)
{
    const Hypothesis *best = &beam[0];
    for (int k = 1; k < width; k++) {
        if (beam[k].score / powf((float)beam[k].count, 0.6f) > best->score / powf((float)best->count, 0.6f))
            best = &beam[k];
    }
    return best;
}
//< choose
