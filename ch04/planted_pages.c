/* planted_pages.c -- good pages, copies, and nine kinds of bad ones; what stays of them. */
#include "ch04/planted_pages.h"

#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 12, ORIGINALS = 6 }; /* facts on a page; pages that are copied */

WorldSamples pages_facts(Rng *rng)
{
    return world_samples(&(WorldRequest){WORLD_FACT, WORLD_EN, WORLD_TRAIN, PAGES_FACTS, 0, 0}, rng);
}

void pages_free(Page *pages, int count)
{
    for (int i = 0; i < count; i++)
        free(pages[i].text);
    free(pages);
}

/* No two facts the same. */
char *page_good(const WorldSamples *facts, WorldSide side, Rng *rng)
{
    char *stories = good_text_of(WORLD_STORY, 2, WORLD_EN, side, rng);
    char *page = memory_new(strlen(stories) + EACH * 96);
    int order[PAGES_FACTS];
    size_t n = 0;
    for (int i = 0; i < facts->count; i++)
        order[i] = i;
    rng_shuffle(rng, order, (size_t)facts->count);
    for (int i = 0; i < EACH; i++) {
        char *fact = world_sample_join(&facts->items[order[i]]);
        n += (size_t)sprintf(page + n, "%.94s%s", fact, i % 4 == 3 ? "\n" : " ");
        free(fact);
    }
    sprintf(page + n, "%s", stories);
    free(stories);
    return page;
}

Page *pages_new(const WorldSamples *facts, Rng *rng)
{
    Page *pages = memory_new(sizeof *pages * PAGES), *mixed = memory_new(sizeof *mixed * PAGES);
    int order[PAGES];
    for (int i = 0; i < PAGES; i++) {
        int kind = i < PAGES_GOOD ? -1 : i < PAGES_GOOD + PAGES_COPIES ? -2 : rng_below(rng, BAD_KINDS);
        pages[i].bad = kind;
        pages[i].text = kind == -1   ? page_good(facts, WORLD_TRAIN, rng)
                        : kind == -2 ? memory_string(pages[i % ORIGINALS].text)
                                     : bad_text((BadKind)kind, WORLD_EN, rng);
        order[i] = i;
    }
    rng_shuffle(rng, order, PAGES);
    for (int i = 0; i < PAGES; i++)
        mixed[i] = pages[order[i]];
    free(pages);
    return mixed;
}

//> filter
bool page_stays(const Page *pages, int i, const LanguageModel *languages, const QualityClassifier *c)
{
    const char *text = pages[i].text;
    size_t size = strlen(text);
    float value[QUALITY_RULES];
    if (language_guess(languages, text, size).language != LANGUAGE_EN)
        return false;
    quality_measure(text, size, LANGUAGE_EN, value);
    if (quality_verdict(value, LANGUAGE_EN, QUALITY_ALL) != QUALITY_RULES ||
        quality_score(c, text, size) < 0.5f)
        return false;
    for (int j = 0; j < i; j++)
        if (strcmp(pages[j].text, text) == 0)
            return false;
    return true;
}
//< filter

PageTokens page_tokens(const Tokenizer *t, const Page *pages, int n, const bool *chosen, int max)
{
    TokenList list = {0};
    Error e = {""};
    int taken = 0;
    for (int i = 0; i < n && taken < max; i++)
        if (!chosen || chosen[i]) {
            taken++;
            if (!tokenizer_encode(t, pages[i].text, strlen(pages[i].text), false, &list, &e))
                error_exit(&e);
        }
    free(list.types);
    return (PageTokens){list.ids, taken, list.count};
}

Tokenizer *pages_tokenizer(const Page *pages)
{
    size_t size = 0, n = 0;
    Error e = {""};
    for (int i = 0; i < PAGES; i++)
        size += strlen(pages[i].text);
    char *all = memory_new(size + 1);
    for (int i = 0; i < PAGES; i++)
        n += (size_t)sprintf(all + n, "%s", pages[i].text);
    Tokenizer *t =
        tokenizer_train(&(TokenizerTraining){.model = TOKENIZER_BPE, .vocab = PAGES_VOCAB}, all, n, &e);
    if (!t)
        error_exit(&e);
    free(all);
    return t;
}

FactQuestions fact_questions_new(const WorldSamples *facts, const Tokenizer *t)
{
    FactQuestions q = {memory_zero((size_t)facts->count * PAGES_FACT, sizeof *q.ids),
                       memory_new((size_t)facts->count * PAGES_FACT * sizeof *q.labels), 0};
    Error e = {""};
    for (int i = 0; i < facts->count; i++) {
        TokenList asked = {0}, whole = {0};
        char *text = world_sample_join(&facts->items[i]);
        if (!tokenizer_encode(t, facts->items[i].prompt, strlen(facts->items[i].prompt), false, &asked,
                              &e) ||
            !tokenizer_encode(t, text, strlen(text), false, &whole, &e))
            error_exit(&e);
        for (int k = 0; k < PAGES_FACT; k++)
            q.labels[q.count * PAGES_FACT + k] =
                k + 1 >= (int)asked.count && k + 1 < (int)whole.count ? whole.ids[k + 1] : -1;
        if (whole.count <= PAGES_FACT && whole.count > asked.count)
            memcpy(q.ids + q.count++ * PAGES_FACT, whole.ids, whole.count * sizeof *q.ids);
        tokenizer_tokens_free(&asked);
        tokenizer_tokens_free(&whole);
        free(text);
    }
    return q;
}
