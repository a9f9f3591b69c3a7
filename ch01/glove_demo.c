#include "ch01/vectors.h"
#include "common/base/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Settings {
    int channels, window, epochs, sentences, seeds;
    float rate, x_max, alpha, blur;
    uint64_t seed;
} Settings;

typedef struct Cell {
    int i, j;
    float x;
} Cell;

int main(int argc, char **argv)
{
    Settings s = {.channels = 32,
                  .window = 5,
                  .epochs = 30,
                  .sentences = 20000,
                  .rate = 0.05f,
                  .x_max = 20,
                  .alpha = .75f,
                  .seed = 1,
                  .seeds = 3};
    const Option options[] = {option_int("channels", &s.channels, 1, 512, "C"),
                              option_int("window", &s.window, 1, 20, ""),
                              option_int("epochs", &s.epochs, 1, 1000, ""),
                              option_int("sentences", &s.sentences, 10, 1000000, ""),
                              option_float("rate", &s.rate, 0, 1, ""),
                              option_float("x-max", &s.x_max, 0, 10000, ""),
                              option_float("blur", &s.blur, 0, 1, ""),
                              option_seed(&s.seed),
                              OPTION_END};
    options_parse(argc, argv, "x", options);
    for (int l = 0; l < 2; l++) {
        Corpus *c = corpus_new(l, s.sentences, s.blur, s.seed);
        int V = c->vocab, C = s.channels;
        double t0 = clock_seconds();
        float *X = memory_zero((size_t)(V * V), sizeof(float));
        for (int k = 0; k < c->sentences; k++)
            for (int t = c->start[k]; t < c->start[k + 1]; t++)
                for (int d = 1; d <= s.window && t - d >= 0; d++) {
                    X[c->ids[t] * V + c->ids[t - d]] += 1.0f / d;
                    X[c->ids[t - d] * V + c->ids[t]] += 1.0f / d;
                }
        int n = 0;
        Cell *cell = memory_new(sizeof(Cell) * (size_t)(V * V));
        for (int i = 0; i < V * V; i++)
            if (X[i] > 0)
                cell[n++] = (Cell){i / V, i % V, X[i]};
        Rng rng = rng_new(s.seed + 1);
        int W = C + 1, *order = memory_new(sizeof(int) * n);
        float *w = memory_new(sizeof(float) * 2 * V * W), *g = memory_new(sizeof(float) * 2 * V * W);
        for (int i = 0; i < 2 * V * W; i++)
            w[i] = (rng_uniform(&rng) - .5f) / C, g[i] = 1;
        for (int i = 0; i < n; i++)
            order[i] = i;
        for (int e = 0; e < s.epochs; e++) {
            rng_shuffle(&rng, order, n);
            double loss = 0;
            for (int o = 0; o < n; o++) {
                Cell *q = cell + order[o];
                float *a = w + q->i * W, *b = w + (V + q->j) * W, *ga = g + q->i * W,
                      *gb = g + (V + q->j) * W;
                float diff = a[C] + b[C] - logf(q->x);
                for (int i = 0; i < C; i++)
                    diff += a[i] * b[i];
                float f = q->x < s.x_max ? powf(q->x / s.x_max, s.alpha) : 1;
                loss += .5 * f * diff * diff;
                float d = f * diff;
                for (int i = 0; i <= C; i++) {
                    float da = i < C ? d * b[i] : d, db = i < C ? d * a[i] : d;
                    a[i] -= s.rate * da / sqrtf(ga[i]);
                    b[i] -= s.rate * db / sqrtf(gb[i]);
                    ga[i] += da * da;
                    gb[i] += db * db;
                }
            }
            if (e % 10 == 9)
                fprintf(stderr, "%.4f ", loss / n);
        }
        float *x = memory_new(sizeof(float) * V * C);
        for (int i = 0; i < V; i++)
            for (int k = 0; k < C; k++)
                x[i * C + k] = w[i * W + k] + w[(V + i) * W + k];
        vectors_unit(x, V, C);
        printf("cells %d %.1f s ", n, clock_seconds() - t0);
        for (int r = 0; r < 4; r++) {
            Answers a = {0};
            vectors_ask(c, x, s.channels, r, &a);
            printf("| %d in %d (c %d b %d) beside %d ", a.right, a.right_in, a.c_in, a.b_in, a.beside);
        }
        int bank = corpus_ambiguous(c), near[8];
        vectors_nearest(x, c->vocab, s.channels, bank, 8, near);
        printf("\n%s:", c->word[bank]);
        for (int i = 0; i < 8; i++)
            printf(" %s %.2f", c->word[near[i]], (double)vectors_cosine(x, s.channels, bank, near[i]));
        printf("\n");
    }
}
