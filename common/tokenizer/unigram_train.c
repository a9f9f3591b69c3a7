/* unigram_train.c -- learning probabilities of tokens, and which tokens to keep (Kudo 2018).
 *
 * Starts with far too many tokens, substrings of up to 16 characters that the
 * words hold twice, and repeats:
 *   1  expectation: over all cuts of every word, how often is each token used?
 *      The forward-backward sums (Baum 1972) give it without listing the cuts.
 *   2  maximization: probabilities from these counts; a token used less than half
 *      a time is dropped. The digamma function in place of the logarithm
 *      favours fewer tokens, as in SentencePiece (Kudo and Richardson 2018).
 *   3  pruning: a quarter of the tokens goes, those whose loss hurts least. If a
 *      token goes, its uses are spelled by the next best cut of it.
 * until the vocabulary has its size. Single characters always stay. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <math.h>
#include <stdlib.h>

enum {
    LONGEST = 16, /* characters of a token */
    SEED_MAX = 1000000,
    EM_ROUNDS = 2, /* before each pruning */
    SHORT = 32     /* bytes of a word: no token is rarer than e^-20, and so none of its cuts than e^-640 */
};
static const double MIN_USE = 0.5, KEEP = 0.75, SPARE = 1.1;

typedef struct ModelCandidate {
    char *text;
    int size;
    bool single;   /* one character */
    double weight; /* seed: occurrences times length; pruning: what its loss costs */
    double score;  /* ln of the probability */
} ModelCandidate;

/* A token that a word may have from byte `from` up to byte `to`. */
typedef struct Arc {
    int from, to, id;
} Arc;

typedef struct Learner {
    ModelCandidate *items;
    int count;
    Trie trie;       /* of the items */
    double *use;     /* (count) */
    double *share;   /* (count) e^score */
    Arc *arcs;       /* (LONGEST longest words) */
    bool *reached;   /* (longest word + 1) a cut may be there */
    double *forward; /* (longest word + 1) ln of the sum over all cuts up to here */
    double *back;
    int *last; /* (longest word + 1) the last token of the best cut up to here */
    int *cut;  /* (longest word) tokens of a cut */
} Learner;

static int characters(const char *text, int size)
{
    int count = 0;
    for (int i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Larger weight first; equal ones in order of their bytes. */
static int by_weight(const void *a, const void *b)
{
    const ModelCandidate *x = a, *y = b;
    if (x->weight != y->weight)
        return (x->weight < y->weight) - (x->weight > y->weight);
    return strcmp(x->text, y->text);
}

/* ---- the seed ------------------------------------------------------------------------------------ */

static void count_substrings(const WordCounts *w, WordCounts *out)
{
    for (int i = 0; i < w->words.count; i++) {
        const char *text = w->words.text[i];
        int size = w->words.size[i], length;
        for (int from = 0; from < size; from += length) {
            int to = from, step;
            text_utf8_decode(text + from, (size_t)(size - from), &length);
            for (int n = 0; n < LONGEST && to < size; n++) {
                text_utf8_decode(text + to, (size_t)(size - to), &step);
                to += step;
                tokenizer_counts_add(out, text + from, (size_t)(to - from), w->count[i]);
            }
        }
    }
}

/* A substring that is always followed by the same character is no seed: the longer one serves as well
 * (only the inner nodes of a suffix tree count, as in SentencePiece). Marks these in `covered`. */
static void mark_covered(const WordCounts *substrings, bool *covered)
{
    const Vocabulary *v = &substrings->words;
    for (int i = 0; i < v->count; i++) {
        int size = v->size[i];
        do
            size--;
        while (size > 0 && ((unsigned char)v->text[i][size] & 0xc0) == 0x80);
        int shorter = size > 0 ? tokenizer_vocabulary_find(v, v->text[i], (size_t)size) : -1;
        if (shorter >= 0 && substrings->count[shorter] == substrings->count[i])
            covered[shorter] = true;
    }
}

static void add_candidate(Learner *l, const char *text, int size, double count)
{
    int length = characters(text, size);
    char *copy = memory_new((size_t)size + 1);
    memcpy(copy, text, (size_t)size);
    copy[size] = '\0';
    l->items[l->count++] = (ModelCandidate){copy, size, length == 1, count * length, 0};
}

static void seed(Learner *l, const WordCounts *w)
{
    WordCounts substrings = {0};
    double total = 0;
    count_substrings(w, &substrings);
    bool *covered = memory_zero((size_t)substrings.words.count + 1, sizeof *covered);
    mark_covered(&substrings, covered);
    l->items = memory_new((size_t)substrings.words.count * sizeof *l->items);
    for (int i = 0; i < substrings.words.count; i++) {
        const char *text = substrings.words.text[i];
        int size = substrings.words.size[i];
        if (memchr(text, '\0',
                   (size_t)size)) /* tokenizer.json is read by programs that end a string there */
            continue;
        if ((substrings.count[i] >= 2 && !covered[i]) || characters(text, size) == 1)
            add_candidate(l, text, size, (double)substrings.count[i]);
    }
    tokenizer_vocabulary_free(&substrings.words);
    free(substrings.count);
    free(covered);
    qsort(l->items, (size_t)l->count, sizeof *l->items, by_weight);
    for (int i = 0; i < l->count; i++)
        total += l->items[i].weight;
    for (int i = 0; i < l->count; i++)
        l->items[i].score = log(l->items[i].weight / total);
}

/* ---- keeping some -------------------------------------------------------------------------------- */

static void index_items(Learner *l)
{
    tokenizer_trie_free(&l->trie);
    for (int i = 0; i < l->count; i++)
        tokenizer_trie_put(&l->trie, l->items[i].text, (size_t)l->items[i].size, i);
    l->use = memory_resize(l->use, ((size_t)l->count + 1) * sizeof *l->use);
    l->share = memory_resize(l->share, ((size_t)l->count + 1) * sizeof *l->share);
}

/* Keeps single characters, and of the others, in order, what `keep` says and `max` allows. */
static void retain(Learner *l, const bool *keep, int max)
{
    int kept = 0, others = max;
    for (int i = 0; i < l->count; i++)
        others -= l->items[i].single;
    for (int i = 0; i < l->count; i++) {
        bool stays = l->items[i].single || ((!keep || keep[i]) && others > 0);
        others -= stays && !l->items[i].single;
        if (stays)
            l->items[kept++] = l->items[i];
        else
            free(l->items[i].text);
    }
    l->count = kept;
    index_items(l);
}

/* ---- expectation --------------------------------------------------------------------------------- */

/* ln(e^a + e^b) */
static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

/* The tokens that a cut of the word may use, in the order of where they begin. Returns how many there are. */
static int find_arcs(Learner *l, const char *text, int size)
{
    int n = 0;
    memset(l->reached, 0, (size_t)size + 1);
    l->reached[0] = true;
    for (int from = 0; from < size; from++) {
        for (int to = from, node = 0; to < size && l->reached[from]; to++) {
            if ((node = tokenizer_trie_step(&l->trie, node, (unsigned char)text[to])) < 0)
                break;
            int id = l->trie.ids[node];
            if (id >= 0) {
                l->arcs[n++] = (Arc){from, to + 1, id};
                l->reached[to + 1] = true;
            }
        }
    }
    return n;
}

/* Adds to l->use what a word, seen `weight` times, is expected to use: with the probabilities themselves, where their
 * products are far from the smallest double. */
static void expect_short(Learner *l, int arcs, int size, double weight)
{
    for (int i = 0; i <= size; i++)
        l->forward[i] = l->back[i] = 0;
    l->forward[0] = l->back[size] = 1;
    for (const Arc *a = l->arcs; a < l->arcs + arcs; a++)
        l->forward[a->to] += l->forward[a->from] * l->share[a->id];
    double all = weight / l->forward[size];
    for (const Arc *a = l->arcs + arcs; a-- > l->arcs;) {
        double rest = l->share[a->id] * l->back[a->to];
        l->back[a->from] += rest;
        l->use[a->id] += all * l->forward[a->from] * rest;
    }
}

/* The same with logarithms. */
static void expect_long(Learner *l, int arcs, int size, double weight)
{
    for (int i = 0; i <= size; i++)
        l->forward[i] = l->back[i] = -INFINITY;
    l->forward[0] = l->back[size] = 0;
    for (const Arc *a = l->arcs; a < l->arcs + arcs; a++)
        l->forward[a->to] = log_add(l->forward[a->to], l->forward[a->from] + l->items[a->id].score);
    for (const Arc *a = l->arcs + arcs; a-- > l->arcs;) {
        double rest = l->items[a->id].score + l->back[a->to];
        l->back[a->from] = log_add(l->back[a->from], rest);
        l->use[a->id] += weight * exp(l->forward[a->from] + rest - l->forward[size]);
    }
}

/* ---- maximization -------------------------------------------------------------------------------- */

/* d/dx ln Gamma(x), x > 0: up to 7 by the recurrence, then the asymptotic series. */
static double digamma(double x)
{
    double sum = 0;
    for (; x < 7; x++)
        sum -= 1 / x;
    double inverse = 1 / (x * x);
    return sum + log(x) - 0.5 / x -
           inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse / 240)));
}

static void maximize(Learner *l)
{
    bool *keep = memory_new((size_t)l->count + 1);
    double total = 0;
    for (int i = 0; i < l->count; i++) {
        keep[i] = l->use[i] >= MIN_USE;
        l->use[i] = keep[i] ? l->use[i] : MIN_USE;
        total += keep[i] || l->items[i].single ? l->use[i] : 0;
    }
    for (int i = 0; i < l->count; i++)
        l->items[i].score = digamma(l->use[i]) - digamma(total);
    retain(l, keep, l->count);
    free(keep);
}

static void expect_and_maximize(Learner *l, const WordCounts *w)
{
    for (int round = 0; round < EM_ROUNDS; round++) {
        memset(l->use, 0, (size_t)l->count * sizeof *l->use);
        for (int i = 0; i < l->count; i++)
            l->share[i] = exp(l->items[i].score);
        for (int i = 0; i < w->words.count; i++) {
            int size = w->words.size[i], arcs = find_arcs(l, w->words.text[i], size);
            (size <= SHORT ? expect_short : expect_long)(l, arcs, size, (double)w->count[i]);
        }
        maximize(l);
    }
}

/* ---- pruning ------------------------------------------------------------------------------------- */

/* The best cut of a text without the token `except`: leaves its tokens in l->cut, the last one first, and
 * returns how many; 0 if there is no cut. */
static int best_cut(Learner *l, const char *text, int size, int except)
{
    double *best = l->forward;
    for (int i = 0; i <= size; i++)
        best[i] = -INFINITY;
    best[0] = 0;
    for (int from = 0; from < size; from++) {
        for (int to = from, node = 0; to < size && best[from] > -INFINITY; to++) {
            if ((node = tokenizer_trie_step(&l->trie, node, (unsigned char)text[to])) < 0)
                break;
            int id = l->trie.ids[node];
            if (id < 0 || id == except || !(best[from] + l->items[id].score > best[to + 1]))
                continue;
            best[to + 1] = best[from] + l->items[id].score;
            l->last[to + 1] = id;
        }
    }
    int n = 0;
    for (int at = size; best[size] > -INFINITY && at > 0; at -= l->items[l->cut[n++]].size)
        l->cut[n] = l->last[at];
    return n;
}

/* How much less likely the text becomes when the uses of a token are spelled by the n in l->cut. */
static double loss(const Learner *l, int id, int n, double total)
{
    double use = l->use[id], before = log(use) - log(total), after = 0;
    double total_after = log(total + use * (n - 1));
    for (int i = 0; i < n; i++)
        after += log(l->use[l->cut[i]] + use) - total_after;
    return use / total * (before - after);
}

static void prune(Learner *l, const WordCounts *w, int wanted)
{
    bool *keep = memory_new((size_t)l->count + 1);
    double total = 0;
    memset(l->use, 0, (size_t)l->count * sizeof *l->use);
    for (int i = 0; i < w->words.count; i++) {
        int n = best_cut(l, w->words.text[i], w->words.size[i], -1);
        for (int k = 0; k < n; k++)
            l->use[l->cut[k]] += (double)w->count[i];
        total += (double)n * (double)w->count[i];
    }
    for (int i = 0; i < l->count; i++) {
        ModelCandidate *c = &l->items[i];
        int n = best_cut(l, c->text, c->size, i);
        double other = 0;
        for (int k = 0; k < n; k++)
            other += l->items[l->cut[k]].score;
        c->weight = c->single                                      ? INFINITY
                    : l->use[i] == 0 || n == 0 || other > c->score ? -INFINITY
                                                                   : loss(l, i, n, total);
    }
    qsort(l->items, (size_t)l->count, sizeof *l->items, by_weight);
    for (int i = 0; i < l->count; i++)
        keep[i] = l->items[i].weight > -INFINITY;
    int fewer = (int)(KEEP * l->count);
    retain(l, keep, fewer > wanted ? fewer : wanted);
    free(keep);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static void finish(Learner *l, int max, Trained *out)
{
    out->score = memory_zero((size_t)(out->tokens.count + l->count) + 1, sizeof *out->score);
    for (int i = 0; i < l->count; i++)
        l->items[i].weight = l->items[i].score;
    qsort(l->items, (size_t)l->count, sizeof *l->items, by_weight);
    retain(l, NULL, max - out->tokens.count);
    for (int i = 0; i < l->count; i++) {
        if (tokenizer_vocabulary_find(&out->tokens, l->items[i].text, (size_t)l->items[i].size) >= 0)
            continue;
        out->score[out->tokens.count] = l->items[i].score;
        tokenizer_vocabulary_put(&out->tokens, l->items[i].text, (size_t)l->items[i].size,
                                 out->tokens.count);
    }
}

static void free_learner(Learner *l)
{
    for (int i = 0; i < l->count; i++)
        free(l->items[i].text);
    free(l->items);
    free(l->use);
    free(l->share);
    free(l->arcs);
    free(l->reached);
    free(l->forward);
    free(l->back);
    free(l->last);
    free(l->cut);
    tokenizer_trie_free(&l->trie);
}

static void make_room(Learner *l, const WordCounts *w)
{
    int longest = LONGEST * TEXT_UTF8_MAX;
    for (int i = 0; i < w->words.count; i++)
        longest = w->words.size[i] > longest ? w->words.size[i] : longest;
    l->arcs = memory_new((size_t)longest * LONGEST * sizeof *l->arcs);
    l->reached = memory_new((size_t)longest + 1);
    l->forward = memory_new(((size_t)longest + 1) * sizeof *l->forward);
    l->back = memory_new(((size_t)longest + 1) * sizeof *l->back);
    l->last = memory_new(((size_t)longest + 1) * sizeof *l->last);
    l->cut = memory_new(((size_t)longest + 1) * sizeof *l->cut);
}

bool tokenizer_unigram_train(const WordCounts *w, const TokenizerTraining *how, Trained *out, Error *e)
{
    Learner l = {0};
    int singles = 0, room = how->vocab - out->tokens.count;
    seed(&l, w);
    for (int i = 0; i < l.count; i++)
        singles += l.items[i].single;
    if (singles > room) {
        free_learner(&l);
        return error_set(e, "a vocabulary of %d has no room for %d special tokens and %d characters",
                         how->vocab, out->tokens.count, singles);
    }
    make_room(&l, w);
    int wanted = (int)(SPARE * room);
    retain(&l, NULL, l.count < SEED_MAX ? l.count : SEED_MAX);
    for (;;) {
        expect_and_maximize(&l, w);
        if (l.count <= wanted)
            break;
        prune(&l, w, wanted);
    }
    finish(&l, how->vocab, out);
    free_learner(&l);
    return true;
}
