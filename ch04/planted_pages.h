/* planted_pages.h -- pages as a crawler brings them, of which we know the truth, and facts to ask for; section
 * 4.1.2. */
#ifndef CH04_PLANTED_PAGES_H
#define CH04_PLANTED_PAGES_H

#include "ch04/bad_texts.h"
#include "ch04/quality.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PAGES = 1200, /* crawled, English */
    PAGES_GOOD = 480,
    PAGES_COPIES = 180, /* of a few good ones; the others are bad */
    PAGES_FACTS = 50,   /* different ones */
    PAGES_VOCAB = 512,
    PAGES_FACT = 24 /* Q, tokens of a fact at most */
};

typedef struct Page {
    char *text;
    int bad; /* BadKind; -1: good, -2: a copy of one */
} Page;

/* The facts that good pages state: PAGES_FACTS of them, each in one wording. */
WorldSamples pages_facts(Rng *rng);

/* A good page: two stories of one side, and some of the facts before them. The caller frees it. */
char *page_good(const WorldSamples *facts, WorldSide side, Rng *rng);

/* PAGES of them in a random order, so that the first are no better than the last. pages_free frees `count` pages. */
Page *pages_new(const WorldSamples *facts, Rng *rng);
void pages_free(Page *pages, int count);

/* Whether page i stays: in English, no rule broken, good in the classifier's eyes, and no copy of an earlier one. */
bool page_stays(const Page *pages, int i, const LanguageModel *languages, const QualityClassifier *c);

/* A byte-level BPE learnt from all pages. */
Tokenizer *pages_tokenizer(const Page *pages);

/* The tokens of the pages that are chosen (all of NULL), at most `max` pages. The caller frees ids. */
typedef struct PageTokens {
    int *ids, pages;
    size_t count;
} PageTokens;
PageTokens page_tokens(const Tokenizer *t, const Page *pages, int n, const bool *chosen, int max);

/* Each fact once: "Mary lives in" asks for "Redhill." ids (count,Q); labels (count,Q): each position before a token of
 * the answer says that token, the others -1. The caller frees both. */
typedef struct FactQuestions {
    int *ids, *labels, count;
} FactQuestions;
FactQuestions fact_questions_new(const WorldSamples *facts, const Tokenizer *t);

#endif
