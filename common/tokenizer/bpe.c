/* bpe.c -- byte-pair encoding: a word is joined together, pair by pair.
 *
 * Gage (1994) compressed data by replacing the most frequent pair of bytes by
 * an unused one, again and again. Sennrich et al. (2016) made that the
 * tokenizer: the pairs learnt in training are replayed on every word, the pair
 * learnt first goes first, of equal ones the leftmost. GPT-2 (2019) starts from
 * bytes, so no text is out of vocabulary.
 *
 * A word of a few letters is searched for its best pair from end to end, a
 * long one keeps its pairs in a heap: n log n instead of n^2. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <limits.h>
#include <stdlib.h>

enum { SHORT_WORD = 48 };

/* ---- the table of merges ------------------------------------------------------------------------- */

static size_t merge_slot(const Bpe *b, uint64_t pair)
{
    size_t i = (size_t)(pair * 0x9e3779b97f4a7c15u >> 24) & (b->slots - 1);
    while (b->merges[i].pair != pair && b->merges[i].pair != UINT64_MAX)
        i = (i + 1) & (b->slots - 1);
    return i;
}

static void grow(Bpe *b)
{
    size_t old = b->slots;
    Merge *merges = b->merges;
    b->slots = old ? 2 * old : 64;
    b->merges = memory_new(b->slots * sizeof *b->merges);
    memset(b->merges, 0xff, b->slots * sizeof *b->merges);
    for (size_t i = 0; i < old; i++) {
        if (merges[i].pair != UINT64_MAX)
            b->merges[merge_slot(b, merges[i].pair)] = merges[i];
    }
    free(merges);
    b->order = memory_resize(b->order, b->slots * sizeof *b->order);
}

static uint64_t pair_of(int left, int right)
{
    return (uint64_t)(unsigned)left << 32 | (unsigned)right;
}

bool tokenizer_bpe_add_merge(Bpe *b, int left, int right, int to)
{
    if (2 * (b->used + 1) > b->slots)
        grow(b);
    Merge *m = &b->merges[merge_slot(b, pair_of(left, right))];
    if (m->pair != UINT64_MAX)
        return false;
    *m = (Merge){pair_of(left, right), (int)b->used, to};
    b->order[2 * b->used] = left;
    b->order[2 * b->used + 1] = right;
    b->used++;
    return true;
}

const Merge *tokenizer_bpe_merge(const Bpe *b, int left, int right)
{
    if (!b->slots)
        return NULL;
    const Merge *m = &b->merges[merge_slot(b, pair_of(left, right))];
    return m->pair == UINT64_MAX ? NULL : m;
}

/* ---- joining ------------------------------------------------------------------------------------- */

static int rank_of(const Bpe *b, int left, int right)
{
    const Merge *m = tokenizer_bpe_merge(b, left, right);
    return m ? m->rank : INT_MAX;
}

/* ids (n) in place; returns how many are left. */
static int join_short(const Bpe *b, int *ids, int n)
{
    int rank[SHORT_WORD]; /* rank[i]: of the pair (ids[i], ids[i+1]) */
    for (int i = 0; i + 1 < n; i++)
        rank[i] = rank_of(b, ids[i], ids[i + 1]);
    while (n > 1) {
        int best = 0;
        for (int i = 1; i + 1 < n; i++)
            best = rank[i] < rank[best] ? i : best;
        if (rank[best] == INT_MAX)
            break;
        ids[best] = tokenizer_bpe_merge(b, ids[best], ids[best + 1])->to;
        n--;
        for (int i = best + 1; i < n; i++) {
            ids[i] = ids[i + 1];
            rank[i - 1] = rank[i];
        }
        if (best > 0)
            rank[best - 1] = rank_of(b, ids[best - 1], ids[best]);
        if (best + 1 < n)
            rank[best] = rank_of(b, ids[best], ids[best + 1]);
    }
    return n;
}

/* A pair that may be joined: when it comes up its right end may have changed, so it remembers both ids. */
typedef struct ModelCandidate {
    int rank, at, left, right;
} ModelCandidate;

typedef struct Heap {
    ModelCandidate *items;
    size_t count, room;
} Heap;

static bool before(ModelCandidate a, ModelCandidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

static void heap_push(Heap *h, ModelCandidate c)
{
    if (h->count == h->room) {
        h->room = 2 * h->room + 64;
        h->items = memory_resize(h->items, h->room * sizeof *h->items);
    }
    size_t i = h->count++;
    for (; i > 0 && before(c, h->items[(i - 1) / 2]); i = (i - 1) / 2)
        h->items[i] = h->items[(i - 1) / 2];
    h->items[i] = c;
}

static ModelCandidate heap_pop(Heap *h)
{
    ModelCandidate top = h->items[0], last = h->items[--h->count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->count; i = child) {
        if (child + 1 < h->count && before(h->items[child + 1], h->items[child]))
            child++;
        if (!before(h->items[child], last))
            break;
        h->items[i] = h->items[child];
    }
    h->items[i] = last;
    return top;
}

/* The pair of the symbol at `at` and the one after it. */
static void consider(const Bpe *b, Heap *h, const int *ids, const int *next, int at)
{
    if (at < 0 || next[at] < 0)
        return;
    int rank = rank_of(b, ids[at], ids[next[at]]);
    if (rank != INT_MAX)
        heap_push(h, (ModelCandidate){rank, at, ids[at], ids[next[at]]});
}

static int join_long(const Bpe *b, int *ids, int n)
{
    Heap heap = {0};
    int *next = memory_new((size_t)n * sizeof *next), *before_it = memory_new((size_t)n * sizeof *next);
    for (int i = 0; i < n; i++) {
        next[i] = i + 1 < n ? i + 1 : -1;
        before_it[i] = i - 1;
    }
    for (int i = 0; i + 1 < n; i++)
        consider(b, &heap, ids, next, i);
    while (heap.count > 0) {
        ModelCandidate c = heap_pop(&heap);
        int right = next[c.at];
        if (ids[c.at] != c.left || right < 0 || ids[right] != c.right)
            continue;
        ids[c.at] = tokenizer_bpe_merge(b, c.left, c.right)->to;
        ids[right] = -1;
        next[c.at] = next[right];
        if (next[right] >= 0)
            before_it[next[right]] = c.at;
        consider(b, &heap, ids, next, before_it[c.at]);
        consider(b, &heap, ids, next, c.at);
    }
    int left = 0;
    for (int i = 0; i < n; i++) {
        if (ids[i] >= 0)
            ids[left++] = ids[i];
    }
    free(heap.items);
    free(next);
    free(before_it);
    return left;
}

static int join(const Bpe *b, int *ids, int n)
{
    return n <= SHORT_WORD ? join_short(b, ids, n) : join_long(b, ids, n);
}

/* ---- words --------------------------------------------------------------------------------------- */

/* The ids of a word's bytes; a byte that has none, and no unknown token either, is left out. Returns how
 * many there are. */
static int byte_symbols(const Bpe *b, Piece word, int *ids, TokenList *out)
{
    int n = 0;
    for (size_t i = 0; i < word.size; i++) {
        const int *table = i + 1 == word.size && b->suffix[0] ? b->last_id : b->byte_id;
        int id = table[(unsigned char)word.text[i]];
        id = id >= 0 ? id : b->unknown;
        if (id >= 0)
            ids[n++] = id;
        else
            tokenizer_tokens_drop(out, word, i);
    }
    return n;
}

/* The token of one character: with the prefix in front unless it is the first,
 * with the suffix at its end if it is the last. */
static int symbol_id(const Bpe *b, const Vocabulary *v, const char *text, int length, bool first, bool last)
{
    char name[2 * TOKENIZER_AFFIX_MAX + TEXT_UTF8_MAX], *end = name;
    if (!first)
        end = stpcpy(end, b->prefix);
    end = mempcpy(end, text, (size_t)length);
    if (last)
        end = stpcpy(end, b->suffix);
    return tokenizer_vocabulary_find(v, name, (size_t)(end - name));
}

static bool bytes_known(const Bpe *b, const char *text, int length)
{
    for (int i = 0; i < length; i++) {
        if (b->byte_id[(unsigned char)text[i]] < 0)
            return false;
    }
    return b->byte_fallback;
}

static int character_symbols(const Bpe *b, Piece word, int *ids, TokenList *out)
{
    int length, n = 0;
    bool unknown_before = false;
    for (size_t at = 0; at < word.size; at += (size_t)length) {
        text_utf8_decode(word.text + at, word.size - at, &length);
        int id = symbol_id(b, &b->words, word.text + at, length, at == 0, at + (size_t)length == word.size);
        bool unknown = false;
        if (id >= 0)
            ids[n++] = id;
        else if (bytes_known(b, word.text + at, length)) {
            for (int i = 0; i < length; i++)
                ids[n++] = b->byte_id[(unsigned char)word.text[at + (size_t)i]];
        } else if (b->unknown >= 0) {
            unknown = true;
            if (!unknown_before || !b->fuse_unknown)
                ids[n++] = b->unknown;
        } else
            tokenizer_tokens_drop(out, word, at);
        unknown_before = unknown;
    }
    return n;
}

/* The token that the word as a whole is, or -1. Merging need not give it: that is found out when it is first looked
 * for, as a vocabulary has many words that no text of today has. */
static int whole_word(const Bpe *b, Piece word)
{
    if (b->suffix[0] || !(b->byte_level || b->ignore_merges))
        return -1;
    return tokenizer_vocabulary_find(&b->words, word.text, word.size);
}

enum { UNKNOWN, WHOLE, IN_PARTS };

/* What merging gives, one token after another. True if it is `id` alone. */
static bool encode_parts(const Bpe *b, Piece word, int id, TokenList *out)
{
    int small[SHORT_WORD], *ids = small;
    size_t dropped = out->dropped.count;
    if (word.size > SHORT_WORD)
        ids = memory_new(word.size * sizeof *ids);
    int n = b->byte_level ? byte_symbols(b, word, ids, out) : character_symbols(b, word, ids, out);
    n = join(b, ids, n);
    for (int i = 0; i < n; i++)
        tokenizer_tokens_add(out, ids[i], 0);
    bool whole = n == 1 && ids[0] == id && out->dropped.count == dropped;
    if (ids != small)
        free(ids);
    return whole;
}

void tokenizer_bpe_encode(const Bpe *b, Piece word, TokenList *out)
{
    int id = whole_word(b, word), known = id < 0 ? IN_PARTS : b->ignore_merges ? WHOLE : b->whole[id];
    if (known == WHOLE) {
        tokenizer_tokens_add(out, id, 0);
        return;
    }
    bool whole = encode_parts(b, word, id, out);
    if (known == UNKNOWN)
        b->whole[id] = whole ? WHOLE : IN_PARTS;
}

/* ---- making ready -------------------------------------------------------------------------------- */

/* The bytes that a token's visible letters stand for; false if one of them is not of the alphabet. */
static bool bytes_of(const char *text, int size, Bytes *out)
{
    int length;
    for (int at = 0; at < size; at += length) {
        int byte = tokenizer_byte_of(text_utf8_decode(text + at, (size_t)(size - at), &length));
        if (byte < 0)
            return false;
        tokenizer_bytes_add(out, (const char[]){(char)byte}, 1);
    }
    return true;
}

static void prepare_bytes(Bpe *b, const Vocabulary *v)
{
    Bytes bytes = {0};
    for (int byte = 0; byte < 256; byte++) {
        char letter[TEXT_UTF8_MAX];
        int size = text_utf8_encode(tokenizer_byte_letter(byte), letter);
        b->byte_id[byte] = tokenizer_vocabulary_find(v, letter, (size_t)size);
        b->last_id[byte] = symbol_id(b, v, letter, size, true, true);
    }
    for (int id = 0; id < v->count; id++) {
        bytes.size = 0;
        if (v->text[id] && bytes_of(v->text[id], v->size[id], &bytes))
            tokenizer_vocabulary_put(&b->words, bytes.at, bytes.size, id);
    }
    free(bytes.at);
}

/* Apart from the vocabulary, to which added tokens come that the model does not know. */
static void prepare_names(Bpe *b, const Vocabulary *v)
{
    for (int id = 0; id < v->count; id++) {
        if (v->text[id])
            tokenizer_vocabulary_put(&b->words, v->text[id], (size_t)v->size[id], id);
    }
}

void tokenizer_bpe_prepare(Bpe *b, const Vocabulary *v)
{
    if (b->byte_fallback)
        tokenizer_byte_tokens(v, b->byte_id);
    if (!b->byte_level) {
        prepare_names(b, v);
        return;
    }
    prepare_bytes(b, v);
    b->whole = memory_zero((size_t)b->words.count + 1, sizeof *b->whole);
}

void tokenizer_bpe_free(Bpe *b)
{
    free(b->merges);
    free(b->order);
    free(b->whole);
    free(b->prefix);
    free(b->suffix);
    tokenizer_vocabulary_free(&b->words);
    *b = (Bpe){0};
}
