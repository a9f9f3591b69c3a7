/* bleu.c -- sentences are short, so n-grams are counted by looking at all of them. */
#include "common/text/bleu.h"

#include <math.h>
#include <string.h>

/* How often the n tokens at gram occur in text. */
static int occurrences(const int *text, int count, const int *gram, int n)
{
    int found = 0;
    for (int i = 0; i + n <= count; i++)
        found += memcmp(text + i, gram, sizeof *gram * (size_t)n) == 0;
    return found;
}

void text_bleu_add(TextBleu *b, const int *candidate, int candidate_count, const int *reference,
                   int reference_count)
{
    b->candidate += candidate_count;
    b->reference += reference_count;
    for (int n = 1; n <= TEXT_BLEU_ORDER; n++) {
        for (int i = 0; i + n <= candidate_count; i++) {
            /* The k-th occurrence counts if the reference has k of them: this is the clipped count. */
            int earlier = occurrences(candidate, i + n - 1, candidate + i, n);
            b->match[n - 1] += earlier < occurrences(reference, reference_count, candidate + i, n);
            b->total[n - 1]++;
        }
    }
}

double text_bleu_score(const TextBleu *b)
{
    double log_precision = 0;
    for (int n = 0; n < TEXT_BLEU_ORDER; n++) {
        if (b->match[n] == 0)
            return 0;
        log_precision += log((double)b->match[n] / (double)b->total[n]) / TEXT_BLEU_ORDER;
    }
    double ratio = (double)b->reference / (double)b->candidate;
    double log_penalty = ratio > 1 ? 1 - ratio : 0;
    return 100 * exp(log_penalty + log_precision);
}
