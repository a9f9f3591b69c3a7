/* unigram.c -- the most probable cut of a word (Kudo 2018).
 *
 * Every token has a probability, a cut has the product of its tokens'. The best
 * one is found from left to right (Viterbi 1967): best[i] is the best cut of the
 * first i bytes, and the best cut of more of them is one of these and one token
 * more. A character that is no token costs 10 more than the rarest token. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <math.h>
#include <stdlib.h>

static const double UNKNOWN_PENALTY = 10;

void tokenizer_unigram_prepare(Unigram *u, const Vocabulary *v)
{
    double min = INFINITY;
    for (int id = 0; id < v->count; id++) {
        if (!v->text[id])
            continue;
        if (v->size[id] > 0)
            tokenizer_trie_put(&u->trie, v->text[id], (size_t)v->size[id], id);
        min = u->score[id] < min ? u->score[id] : min;
    }
    u->unknown_score = min - UNKNOWN_PENALTY;
    tokenizer_byte_tokens(v, u->byte_id);
}

/* The best way to a place in the word: its last token and where that begins. */
typedef struct Step {
    double score;
    int id; /* -1: not reached, -2: an unknown character */
    size_t from;
} Step;

enum { UNREACHED = -1, UNKNOWN = -2 };

static void offer(Step *to, double score, int id, size_t from)
{
    if (to->id == UNREACHED || score > to->score)
        *to = (Step){score, id, from};
}

/* best (size + 1) */
static void viterbi(const Unigram *u, Piece word, Step *best)
{
    int length;
    for (size_t i = 0; i <= word.size; i++)
        best[i] = (Step){0, i ? UNREACHED : UNKNOWN, 0};
    for (size_t at = 0; at < word.size; at += (size_t)length) {
        text_utf8_decode(word.text + at, word.size - at, &length);
        bool single = false;
        int node = 0;
        for (size_t i = at; i < word.size; i++) {
            node = tokenizer_trie_step(&u->trie, node, (unsigned char)word.text[i]);
            if (node < 0)
                break;
            int id = u->trie.ids[node];
            if (id < 0 || id == u->unknown)
                continue;
            offer(&best[i + 1], best[at].score + u->score[id], id, at);
            single = single || i + 1 == at + (size_t)length;
        }
        if (!single)
            offer(&best[at + (size_t)length], best[at].score + u->unknown_score, UNKNOWN, at);
    }
}

static bool fallback(const Unigram *u, const char *text, size_t size, TokenList *out)
{
    bool known = u->byte_fallback;
    for (size_t i = 0; i < size; i++)
        known = known && u->byte_id[(unsigned char)text[i]] >= 0;
    for (size_t i = 0; known && i < size; i++)
        tokenizer_tokens_add(out, u->byte_id[(unsigned char)text[i]], 0);
    return known;
}

/* Tokens in order; unknown characters that stand together become one unknown token. */
static bool deliver(const Unigram *u, Piece word, const Step *best, const size_t *ends, size_t count,
                    TokenList *out, const char **fault)
{
    for (size_t i = 0; i < count; i++) {
        const Step *s = &best[ends[i]];
        size_t from = s->from;
        if (s->id != UNKNOWN) {
            tokenizer_tokens_add(out, s->id, 0);
            continue;
        }
        while (i + 1 < count && best[ends[i + 1]].id == UNKNOWN)
            i++;
        if (fallback(u, word.text + from, ends[i] - from, out))
            continue;
        *fault = word.text + from;
        if (u->unknown < 0)
            return false;
        tokenizer_tokens_add(out, u->unknown, 0);
    }
    return true;
}

bool tokenizer_unigram_encode(const Unigram *u, Piece word, TokenList *out, const char **fault)
{
    Step *best = memory_new((word.size + 1) * sizeof *best);
    size_t *ends = memory_new((word.size + 1) * sizeof *ends), count = 0;
    viterbi(u, word, best);
    for (size_t at = word.size; at > 0; at = best[at].from)
        ends[count++] = at;
    for (size_t i = 0; i < count / 2; i++) {
        size_t swap = ends[i];
        ends[i] = ends[count - 1 - i];
        ends[count - 1 - i] = swap;
    }
    bool good = deliver(u, word, best, ends, count, out, fault);
    free(best);
    free(ends);
    return good;
}

void tokenizer_unigram_free(Unigram *u)
{
    free(u->score);
    tokenizer_trie_free(&u->trie);
    *u = (Unigram){0};
}
