/* chains.c -- a Markov chain for each text; and the best that one can do who counts. */
#include "ch01/chains.h"

#include <math.h>
#include <string.h>

/* One text of CHAINS_TIME + 1 symbols. Each row of its transition matrix is drawn anew: the squares of normal
 * numbers, divided by their sum, are distributed as Dirichlet(1/2). */
static void draw_text(int *text, Rng *rng)
{
    float next[CHAINS_SYMBOLS][CHAINS_SYMBOLS];
    for (int i = 0; i < CHAINS_SYMBOLS; i++) {
        float sum = 0;
        for (int j = 0; j < CHAINS_SYMBOLS; j++) {
            float z = rng_normal(rng);
            sum += next[i][j] = z * z;
        }
        for (int j = 0; j < CHAINS_SYMBOLS; j++)
            next[i][j] /= sum;
    }
    text[0] = rng_below(rng, CHAINS_SYMBOLS);
    for (int t = 1; t <= CHAINS_TIME; t++) {
        float u = rng_uniform(rng);
        int j = 0;
        for (const float *p = next[text[t - 1]]; j < CHAINS_SYMBOLS - 1 && u >= p[j]; j++)
            u -= p[j];
        text[t] = j;
    }
}

void chains_draw(int *ids, int *labels, int batch, Rng *rng)
{
    for (int i = 0; i < batch; i++) {
        int text[CHAINS_TIME + 1];
        draw_text(text, rng);
        memcpy(ids + i * CHAINS_TIME, text, CHAINS_TIME * sizeof *ids);
        memcpy(labels + i * CHAINS_TIME, text + 1, CHAINS_TIME * sizeof *labels);
    }
}

//> count
double chains_counting_loss(const int *ids, const int *labels, int texts, bool bigram)
{
    double loss = 0;
    for (int i = 0; i < texts; i++) {
        double count[CHAINS_SYMBOLS][CHAINS_SYMBOLS] = {{0}}; /* unigrams: row 0 alone */
        if (!bigram)
            count[0][ids[i * CHAINS_TIME]]++;
        for (int t = 0; t < CHAINS_TIME; t++) {
            int next = labels[i * CHAINS_TIME + t];
            double *row = count[bigram ? ids[i * CHAINS_TIME + t] : 0], n = 0;
            for (int j = 0; j < CHAINS_SYMBOLS; j++)
                n += row[j];
            loss -= log((row[next] + 0.5) / (n + CHAINS_SYMBOLS / 2.0)) / (texts * CHAINS_TIME);
            row[next]++;
        }
    }
    return loss;
}
//< count
