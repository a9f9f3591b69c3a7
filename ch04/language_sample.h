/* language_sample.h -- a few sentences in each of fifteen languages that share the Latin letters, written for this
 * book. */
#ifndef CH04_LANGUAGE_SAMPLE_H
#define CH04_LANGUAGE_SAMPLE_H

enum { LANGUAGE_SAMPLES = 15 };

typedef struct LanguageSample {
    const char *name;     /* ISO 639-1; the first is "en" */
    const char *text;     /* what language_model_new learns from */
    const char *held_out; /* what it never reads */
} LanguageSample;

extern const LanguageSample language_samples[LANGUAGE_SAMPLES];

#endif
