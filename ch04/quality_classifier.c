/* quality_classifier.c -- logistic regression on hashed words and pairs of words. */
#include "ch04/bad_texts.h"
#include "ch04/quality.h"
#include "ch04/quality_units.h"
#include "common/base/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct QualityClassifier {
    float bias, weight[QUALITY_BUCKETS];
};

QualityClassifier *quality_classifier_new(void)
{
    return memory_zero(1, sizeof(QualityClassifier));
}

void quality_classifier_free(QualityClassifier *c)
{
    free(c);
}

//> features
/* The buckets of a text's units and of its pairs of neighbours; marks and line breaks are units, too. */
typedef struct Features {
    int *bucket; /* (count) */
    int count;
} Features;

static Features features_of(const char *text, size_t size)
{
    Units units = units_of(text, size);
    Features f = {memory_new(sizeof *f.bucket * (2 * (size_t)units.count + 1)), 0};
    for (int i = 0; i < units.count; i++) {
        uint64_t one = units.items[i].hash, two = one * 31 + units.items[i > 0 ? i - 1 : 0].hash;
        f.bucket[f.count++] = (int)((one * 0x9E3779B97F4A7C15u) >> 48);
        if (i > 0)
            f.bucket[f.count++] = (int)((two * 0x9E3779B97F4A7C15u) >> 48);
    }
    free(units.items);
    return f;
}

/* p = 1 / (1 + e^-(b + sum of the features' weights / sqrt(number of features))). */
static float predict(const QualityClassifier *c, const Features *f)
{
    double sum = 0;
    for (int i = 0; i < f->count; i++)
        sum += (double)c->weight[f->bucket[i]];
    return (float)(1 / (1 + exp(-(double)c->bias - sum / sqrt(f->count + (f->count == 0)))));
}

/* One step on -ln p of the true class: the gradient with respect to the logit is p - y. */
static void step(QualityClassifier *c, const Features *f, bool good, float rate)
{
    float error = predict(c, f) - (float)good;
    float each = rate * error / sqrtf((float)(f->count + (f->count == 0)));
    for (int i = 0; i < f->count; i++)
        c->weight[f->bucket[i]] -= each;
    c->bias -= rate * error;
}
//< features

void quality_classifier_train(QualityClassifier *c, const QualityExample *examples, int count, int epochs,
                              float rate, Rng *rng)
{
    Features *f = memory_new(sizeof *f * (size_t)(count + 1));
    int *order = memory_new(sizeof *order * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        f[i] = features_of(examples[i].text, strlen(examples[i].text));
        order[i] = i;
    }
    for (long done = 0, all = (long)epochs * count; done < all; done++) {
        if (done % count == 0)
            rng_shuffle(rng, order, (size_t)count);
        int i = order[done % count];
        step(c, &f[i], examples[i].good, rate * (1 - (float)done / (float)all));
    }
    for (int i = 0; i < count; i++)
        free(f[i].bucket);
    free(f);
    free(order);
}

float quality_score(const QualityClassifier *c, const char *text, size_t size)
{
    Features f = features_of(text, size);
    float p = predict(c, &f);
    free(f.bucket);
    return p;
}

QualityClassifier *quality_classifier_of_world(uint64_t seed)
{
    enum { EACH = 600, COUNT = 2 * WORLD_LANGUAGES * EACH };
    Rng rng = rng_new(seed);
    QualityClassifier *c = quality_classifier_new();
    QualityExample *examples = memory_new(sizeof *examples * COUNT);
    char **texts = memory_new(sizeof *texts * COUNT);
    for (int i = 0; i < COUNT; i++) {
        WorldLanguage language = (WorldLanguage)(i / 2 % WORLD_LANGUAGES);
        bool good = i % 2 == 0;
        BadKind kind = (BadKind)(i / (2 * WORLD_LANGUAGES) % BAD_KINDS);
        texts[i] = good ? good_text(language, WORLD_TRAIN, &rng) : bad_text(kind, language, &rng);
        examples[i] = (QualityExample){texts[i], good};
    }
    quality_classifier_train(c, examples, COUNT, 5, 1, &rng);
    for (int i = 0; i < COUNT; i++)
        free(texts[i]);
    free(texts);
    free(examples);
    return c;
}
