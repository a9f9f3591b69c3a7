/* word_counts.h -- the words of a text, counted: what vocab_demo and preprocess_demo stand on, section 2.2.3. */
#ifndef CH02_WORD_COUNTS_H
#define CH02_WORD_COUNTS_H

/* The words of a text in their order, as numbers: word i is number ids[i], and names[id] says which it is. The most
 * frequent word has number 0. */
typedef struct Words {
    char *text;   /* lower case, a zero byte after each word */
    char **names; /* (vocab) */
    int *counts;  /* (vocab), falling */
    int *ids;     /* (count) */
    int count, vocab;
} Words;

/* A word is a run of letters of the Latin alphabet, with apostrophes within it. word_counts_free frees it. */
Words word_counts_new(const char *text);
void word_counts_free(Words *w);

/* How many different words the first n have. */
int word_counts_different(const Words *w, int n);

/* The share of the words from `first` on that are not among the `size` most frequent ones of those before. */
double word_counts_unknown(const Words *w, int first, int size);

#endif
