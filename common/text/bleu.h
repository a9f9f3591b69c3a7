/* bleu.h -- BLEU (Papineni et al., 2002), section 9.2.1, over token ids.
 *
 *   BLEU = 100 BP exp(1/4 sum_n ln p_n),  n = 1..4
 *
 * p_n is the share of n-grams of the candidates that the references hold
 * (each counted at most as often as in its reference), over the whole corpus;
 * BP = exp(1 - r/c) if the candidates' c tokens are fewer than the references'
 * r, else 1. No smoothing: with no match of some n it is 0. */
#ifndef TEXT_BLEU_H
#define TEXT_BLEU_H

enum { TEXT_BLEU_ORDER = 4 };

/* Counts over a corpus; starts as {0}. */
typedef struct TextBleu {
    long match[TEXT_BLEU_ORDER], total[TEXT_BLEU_ORDER]; /* n-grams found, and n-grams in the candidates */
    long candidate, reference;                           /* tokens */
} TextBleu;

/* Adds one sentence and its one reference. */
void text_bleu_add(TextBleu *b, const int *candidate, int candidate_count, const int *reference,
                   int reference_count);

/* From 0 to 100. */
double text_bleu_score(const TextBleu *b);

#endif
