/* tfidf.c -- features, their weights, and a straight line between the classes. */
#include "ch06/tfidf.h"

#include "common/base/base.h"
#include "common/text/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16, WORDS_MAX = 512, PASSES = 40 };
static const float RATE = 4;

/* The features of a text that are not 0. */
typedef struct Vector {
    int *bucket;
    float *value;
    int count;
} Vector;

struct Tfidf {
    TextWords *words;
    int classes;
    float idf[BUCKETS];
    float *weight, *bias; /* (BUCKETS,classes), (classes) */
};

//> features
/* Words and pairs of neighbours, each in its bucket; returns how many. */
static int buckets_of(const Tfidf *t, const char *text, int bucket[2 * WORDS_MAX])
{
    int ids[WORDS_MAX], n = text_words_encode(t->words, text, ids, WORDS_MAX), count = 0;
    for (int i = 0; i < n; i++) {
        uint64_t one = (uint64_t)ids[i] + 1, two = one * 1000003 + (uint64_t)(i > 0 ? ids[i - 1] + 1 : 0);
        if (ids[i] != TEXT_UNKNOWN)
            bucket[count++] = (int)(one * 0x9E3779B97F4A7C15u >> 48);
        if (i > 0 && ids[i] != TEXT_UNKNOWN && ids[i - 1] != TEXT_UNKNOWN)
            bucket[count++] = (int)(two * 0x9E3779B97F4A7C15u >> 48);
    }
    return count;
}

/* Counts times idf, scaled to length 1. */
static Vector vector_of(const Tfidf *t, const char *text)
{
    int bucket[2 * WORDS_MAX], n = buckets_of(t, text, bucket);
    Vector v = {memory_new(sizeof *v.bucket * (size_t)(n + 1)),
                memory_new(sizeof *v.value * (size_t)(n + 1)), 0};
    double squares = 0;
    for (int i = 0; i < n; i++) {
        int at = 0;
        while (at < v.count && v.bucket[at] != bucket[i])
            at++;
        v.bucket[at] = bucket[i];
        v.value[at] = (at < v.count ? v.value[at] : 0) + t->idf[bucket[i]];
        v.count += at == v.count;
    }
    for (int i = 0; i < v.count; i++)
        squares += (double)(v.value[i] * v.value[i]);
    for (int i = 0; i < v.count; i++)
        v.value[i] /= (float)sqrt(squares + (squares == 0));
    return v;
}
//< features

static void vector_free(Vector *v)
{
    free(v->bucket);
    free(v->value);
}

/* In how many texts each feature occurs, as 1 + ln(n / that). */
static void count_texts(Tfidf *t, const char *const *texts, int count)
{
    int *last = memory_zero(BUCKETS, sizeof *last), bucket[2 * WORDS_MAX];
    for (int i = 0; i < count; i++) {
        int n = buckets_of(t, texts[i], bucket);
        for (int j = 0; j < n; j++) {
            t->idf[bucket[j]] += last[bucket[j]] != i + 1;
            last[bucket[j]] = i + 1;
        }
    }
    for (int j = 0; j < BUCKETS; j++)
        t->idf[j] = t->idf[j] > 0 ? 1 + logf((float)count / t->idf[j]) : 0;
    free(last);
}

/* p (classes) = softmax(W x + b) */
static void probabilities(const Tfidf *t, const Vector *x, float *p)
{
    float max = -INFINITY, sum = 0;
    memcpy(p, t->bias, sizeof *p * (size_t)t->classes);
    for (int i = 0; i < x->count; i++)
        for (int c = 0; c < t->classes; c++)
            p[c] += t->weight[x->bucket[i] * t->classes + c] * x->value[i];
    for (int c = 0; c < t->classes; c++)
        max = p[c] > max ? p[c] : max;
    for (int c = 0; c < t->classes; c++)
        sum += p[c] = expf(p[c] - max);
    for (int c = 0; c < t->classes; c++)
        p[c] /= sum;
}

//> step
/* One step on -ln p of the label: the gradient with respect to the logits is p, less 1 at the label. */
static void step(Tfidf *t, const Vector *x, int label, float rate, float *p)
{
    probabilities(t, x, p);
    p[label] -= 1;
    for (int c = 0; c < t->classes; c++) {
        for (int i = 0; i < x->count; i++)
            t->weight[x->bucket[i] * t->classes + c] -= rate * p[c] * x->value[i];
        t->bias[c] -= rate * p[c];
    }
}
//< step

Tfidf *tfidf_train(const char *const *texts, const int *labels, int count, int classes, Rng *rng)
{
    Tfidf *t = memory_zero(1, sizeof *t);
    *t = (Tfidf){.words = text_words_new(), .classes = classes};
    t->weight = memory_zero((size_t)BUCKETS * (size_t)classes, sizeof *t->weight);
    t->bias = memory_zero((size_t)classes, sizeof *t->bias);
    for (int i = 0; i < count; i++)
        text_words_add(t->words, texts[i]);
    count_texts(t, texts, count);
    Vector *x = memory_new(sizeof *x * (size_t)(count + 1));
    int *order = memory_new(sizeof *order * (size_t)(count + 1));
    float *p = memory_new(sizeof *p * (size_t)classes);
    for (int i = 0; i < count; i++) {
        x[i] = vector_of(t, texts[i]);
        order[i] = i;
    }
    for (long done = 0, all = (long)PASSES * count; done < all; done++) {
        if (done % count == 0)
            rng_shuffle(rng, order, (size_t)count);
        int i = order[done % count];
        step(t, &x[i], labels[i], RATE * (1 - (float)done / (float)all), p);
    }
    for (int i = 0; i < count; i++)
        vector_free(&x[i]);
    free(x);
    free(order);
    free(p);
    return t;
}

int tfidf_predict(const Tfidf *t, const char *text)
{
    int best = 0;
    float *p = memory_new(sizeof *p * (size_t)t->classes);
    Vector x = vector_of(t, text);
    probabilities(t, &x, p);
    for (int c = 1; c < t->classes; c++)
        best = p[c] > p[best] ? c : best;
    vector_free(&x);
    free(p);
    return best;
}

void tfidf_free(Tfidf *t)
{
    text_words_free(t->words);
    free(t->weight);
    free(t->bias);
    free(t);
}
