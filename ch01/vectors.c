/* vectors.c -- neighbours and analogies by brute force: with a few hundred words no index is needed. */
#include "ch01/vectors.h"

#include <math.h>

static float dot(const float *a, const float *b, int C)
{
    float sum = 0;
    for (int i = 0; i < C; i++)
        sum += a[i] * b[i];
    return sum;
}

void vectors_unit(float *x, int V, int C)
{
    for (int w = 0; w < V; w++) {
        float length = sqrtf(dot(x + w * C, x + w * C, C));
        for (int i = 0; i < C && length > 0; i++)
            x[w * C + i] /= length;
    }
}

float vectors_cosine(const float *x, int C, int a, int b)
{
    return dot(x + a * C, x + b * C, C);
}

void vectors_nearest(const float *x, int V, int C, int word, int n, int *near)
{
    for (int k = 0; k < n; k++) {
        near[k] = -1;
        for (int w = 0; w < V; w++) {
            bool taken = w == word;
            for (int j = 0; j < k; j++)
                taken |= near[j] == w;
            if (!taken &&
                (near[k] < 0 || vectors_cosine(x, C, word, w) > vectors_cosine(x, C, word, near[k])))
                near[k] = w;
        }
    }
}

//> analogy
int vectors_analogy(const float *x, int V, int C, int a, int b, int c, bool keep_in)
{
    float target[C], best = -INFINITY;
    int answer = -1;
    for (int i = 0; i < C; i++)
        target[i] = x[b * C + i] - x[a * C + i] + x[c * C + i];
    for (int w = 0; w < V; w++) {
        float score = dot(target, x + w * C, C); /* the cosine, but for a factor that all words share */
        bool asked = w == a || w == b || w == c;
        if (score > best && (keep_in || !asked)) {
            best = score;
            answer = w;
        }
    }
    return answer;
}
//< analogy

static int nearest_to(const float *x, int V, int C, int word)
{
    int near;
    vectors_nearest(x, V, C, word, 1, &near);
    return near;
}

Answers vectors_ask(const Corpus *corpus, const float *x, int C, int relation)
{
    Answers all = {0};
    for (int i = 0; i < CORPUS_PAIRS; i++)
        for (int j = 0; j < CORPUS_PAIRS; j++) {
            int a = corpus_pair(corpus, relation, i, 0), b = corpus_pair(corpus, relation, i, 1);
            int c = corpus_pair(corpus, relation, j, 0), d = corpus_pair(corpus, relation, j, 1);
            if (i == j)
                continue;
            int kept = vectors_analogy(x, corpus->vocab, C, a, b, c, true);
            all.questions++;
            all.right += vectors_analogy(x, corpus->vocab, C, a, b, c, false) == d;
            all.right_in += kept == d;
            all.c_in += kept == c;
            all.beside += nearest_to(x, corpus->vocab, C, c) == d;
        }
    return all;
}
