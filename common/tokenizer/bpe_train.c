/* bpe_train.c -- learning the merges: the most frequent pair becomes a token, again and again.
 *
 * Sennrich et al. (2016), algorithm 1, on the distinct words with their counts.
 * Counting all pairs anew for every merge would take (merges x text). Instead a
 * merge visits only the words that hold its pair and corrects the counts of the
 * pairs next to it. The next pair comes from a heap whose entries may be out of
 * date: a pair enters it whenever its count rises, and where the count has
 * fallen since, the entry is seen to be too large when it comes up, and goes
 * back with the true count. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>

typedef struct Pair {
    int left, right;
    int64_t count;
    int *words; /* that hold it or did once */
    int word_count, room;
    bool risen;  /* its count has grown in this merge */
    bool merged; /* it has its merge already */
} Pair;

typedef struct Entry {
    int64_t count;
    int pair;
} Entry;

typedef struct Trainer {
    Vocabulary *tokens;
    const char *prefix;
    int *symbols;          /* the words one after the other, as ids */
    size_t *start;         /* (words) */
    int *length;           /* (words) */
    const int64_t *weight; /* (words) how often it occurs */
    int words;
    Pair *pairs;
    int pair_count, pair_room;
    int *slots; /* hash table of pairs; -1: free */
    size_t slot_count;
    int *risen; /* pairs */
    int risen_count, risen_room;
    Entry *heap;
    size_t heap_count, heap_room;
} Trainer;

/* ---- the pairs ----------------------------------------------------------------------------------- */

static size_t slot_of(const Trainer *t, int left, int right)
{
    uint64_t key = (uint64_t)(unsigned)left << 32 | (unsigned)right;
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 24) & (t->slot_count - 1);
    while (t->slots[i] >= 0 && (t->pairs[t->slots[i]].left != left || t->pairs[t->slots[i]].right != right))
        i = (i + 1) & (t->slot_count - 1);
    return i;
}

static void grow_slots(Trainer *t)
{
    t->slot_count = t->slot_count ? 2 * t->slot_count : 1024;
    free(t->slots);
    t->slots = memory_new(t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < t->slot_count; i++)
        t->slots[i] = -1;
    for (int p = 0; p < t->pair_count; p++)
        t->slots[slot_of(t, t->pairs[p].left, t->pairs[p].right)] = p;
}

static int pair_of(Trainer *t, int left, int right)
{
    if (2 * ((size_t)t->pair_count + 1) > t->slot_count)
        grow_slots(t);
    size_t slot = slot_of(t, left, right);
    if (t->slots[slot] >= 0)
        return t->slots[slot];
    if (t->pair_count == t->pair_room) {
        t->pair_room = 2 * t->pair_room + 1024;
        t->pairs = memory_resize(t->pairs, (size_t)t->pair_room * sizeof *t->pairs);
    }
    t->pairs[t->pair_count] = (Pair){.left = left, .right = right};
    return t->slots[slot] = t->pair_count++;
}

static void add_word(Pair *p, int word)
{
    if (p->word_count > 0 && p->words[p->word_count - 1] == word)
        return;
    if (p->word_count == p->room) {
        p->room = 2 * p->room + 4;
        p->words = memory_resize(p->words, (size_t)p->room * sizeof *p->words);
    }
    p->words[p->word_count++] = word;
}

/* The count of a pair grows in a word. */
static void raise(Trainer *t, int pair, int word)
{
    Pair *p = &t->pairs[pair];
    p->count += t->weight[word];
    add_word(p, word);
    if (p->risen)
        return;
    p->risen = true;
    if (t->risen_count == t->risen_room) {
        t->risen_room = 2 * t->risen_room + 1024;
        t->risen = memory_resize(t->risen, (size_t)t->risen_room * sizeof *t->risen);
    }
    t->risen[t->risen_count++] = pair;
}

/* ---- the heap ------------------------------------------------------------------------------------ */

/* More frequent first, then the smaller left id, then the smaller right id. */
static bool before(const Trainer *t, Entry a, Entry b)
{
    const Pair *p = &t->pairs[a.pair], *q = &t->pairs[b.pair];
    if (a.count != b.count)
        return a.count > b.count;
    return p->left != q->left ? p->left < q->left : p->right < q->right;
}

static void push(Trainer *t, int pair)
{
    Entry e = {t->pairs[pair].count, pair};
    if (t->heap_count == t->heap_room) {
        t->heap_room = 2 * t->heap_room + 1024;
        t->heap = memory_resize(t->heap, t->heap_room * sizeof *t->heap);
    }
    size_t i = t->heap_count++;
    for (; i > 0 && before(t, e, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
        t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i] = e;
}

static Entry pop(Trainer *t)
{
    Entry top = t->heap[0], last = t->heap[--t->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < t->heap_count; i = child) {
        if (child + 1 < t->heap_count && before(t, t->heap[child + 1], t->heap[child]))
            child++;
        if (!before(t, t->heap[child], last))
            break;
        t->heap[i] = t->heap[child];
    }
    t->heap[i] = last;
    return top;
}

/* ---- one merge ----------------------------------------------------------------------------------- */

static void push_risen(Trainer *t)
{
    for (int i = 0; i < t->risen_count; i++) {
        Pair *p = &t->pairs[t->risen[i]];
        p->risen = false;
        if (p->count > 0)
            push(t, t->risen[i]);
    }
    t->risen_count = 0;
}

static void lower(Trainer *t, int left, int right, int word)
{
    t->pairs[pair_of(t, left, right)].count -= t->weight[word];
}

/* Replaces the pair in one word and corrects the counts of the pairs beside it. */
static void merge_word(Trainer *t, int word, int left, int right, int to)
{
    int *s = t->symbols + t->start[word], n = t->length[word], kept = 0;
    for (int i = 0; i < n; i++) {
        if (i + 1 == n || s[i] != left || s[i + 1] != right) {
            s[kept++] = s[i];
            continue;
        }
        if (kept > 0) {
            lower(t, s[kept - 1], left, word);
            raise(t, pair_of(t, s[kept - 1], to), word);
        }
        if (i + 2 < n) {
            lower(t, right, s[i + 2], word);
            raise(t, pair_of(t, to, s[i + 2]), word);
        }
        s[kept++] = to;
        i++;
    }
    t->length[word] = kept;
}

/* The number of the token that the two make, a new one or one that other halves have made before. */
static int token_of(Trainer *t, int left, int right)
{
    const Vocabulary *v = t->tokens;
    size_t prefix = strlen(t->prefix);
    Bytes name = {0};
    tokenizer_bytes_add(&name, v->text[left], (size_t)v->size[left]);
    tokenizer_bytes_add(&name, v->text[right] + prefix, (size_t)v->size[right] - prefix);
    int id = tokenizer_vocabulary_find(v, name.at, name.size);
    if (id < 0) {
        id = v->count;
        tokenizer_vocabulary_put(t->tokens, name.at, name.size, id);
    }
    free(name.at);
    return id;
}

static void merge(Trainer *t, int pair)
{
    int left = t->pairs[pair].left, right = t->pairs[pair].right, to = token_of(t, left, right);
    int *words = t->pairs[pair].words, count = t->pairs[pair].word_count;
    t->pairs[pair].words = NULL;
    t->pairs[pair].word_count = t->pairs[pair].room = 0;
    for (int i = 0; i < count; i++)
        merge_word(t, words[i], left, right, to);
    t->pairs[pair].count = 0;
    push_risen(t);
    free(words);
}

static void learn(Trainer *t, int vocab, int64_t min, Trained *out)
{
    int room = 0;
    push_risen(t);
    while (t->tokens->count < vocab && t->heap_count > 0) {
        Entry e = pop(t);
        Pair *p = &t->pairs[e.pair];
        if (p->count != e.count) {
            if (p->count >= min)
                push(t, e.pair);
            continue;
        }
        if (e.count < min)
            break;
        if (!p->merged) {
            if (out->merge_count == room) {
                room = 2 * room + 1024;
                out->merges = memory_resize(out->merges, 2 * (size_t)room * sizeof *out->merges);
            }
            out->merges[2 * out->merge_count] = p->left;
            out->merges[2 * out->merge_count++ + 1] = p->right;
        }
        p->merged = true;
        merge(t, e.pair);
    }
}

/* ---- the alphabet -------------------------------------------------------------------------------- */

enum { CODE_POINTS = 0x110000 };

/* Marks in seen[0] the characters of all words, and in seen[1] those inside of words, after the first. */
static void mark_characters(const WordCounts *w, unsigned char *seen)
{
    int length;
    for (int i = 0; i < w->words.count; i++) {
        for (int at = 0; at < w->words.size[i]; at += length) {
            int code = text_utf8_decode(w->words.text[i] + at, (size_t)(w->words.size[i] - at), &length);
            seen[code] |= at ? 3 : 1;
        }
    }
}

static void put_character(Vocabulary *v, const char *prefix, int code)
{
    char name[TOKENIZER_AFFIX_MAX + TEXT_UTF8_MAX], *end = stpcpy(name, prefix);
    end += text_utf8_encode(code, end);
    if (tokenizer_vocabulary_find(v, name, (size_t)(end - name)) < 0)
        tokenizer_vocabulary_put(v, name, (size_t)(end - name), v->count);
}

/* The characters in order of their code points, then those inside of words with the prefix. Of
 * a byte-level model the letters of all bytes, whether they occur or not. */
static void put_alphabet(const WordCounts *w, bool byte_level, const char *prefix, Vocabulary *tokens)
{
    unsigned char *seen = memory_zero(CODE_POINTS, 1);
    if (byte_level) {
        for (int byte = 0; byte < 256; byte++)
            seen[tokenizer_byte_letter(byte)] = 1;
    } else
        mark_characters(w, seen);
    for (int code = 0; code < CODE_POINTS; code++) {
        if (seen[code])
            put_character(tokens, "", code);
    }
    for (int code = 0; prefix[0] && code < CODE_POINTS; code++) {
        if (seen[code] & 2)
            put_character(tokens, prefix, code);
    }
    free(seen);
}

/* ---- words as ids -------------------------------------------------------------------------------- */

static int symbol_of(const Trainer *t, const char *text, int length, bool first)
{
    char name[TOKENIZER_AFFIX_MAX + TEXT_UTF8_MAX], *end = stpcpy(name, first ? "" : t->prefix);
    end = mempcpy(end, text, (size_t)length);
    return tokenizer_vocabulary_find(t->tokens, name, (size_t)(end - name));
}

/* The ids of a word's characters, or of its bytes' letters; returns how many. */
static int symbols_of(const Trainer *t, const char *text, int size, bool byte_level, int *ids)
{
    int n = 0, length = 1;
    char letter[TEXT_UTF8_MAX];
    for (int at = 0; at < size; at += length, n++) {
        if (byte_level)
            ids[n] = symbol_of(
                t, letter, text_utf8_encode(tokenizer_byte_letter((unsigned char)text[at]), letter), true);
        else {
            text_utf8_decode(text + at, (size_t)(size - at), &length);
            ids[n] = symbol_of(t, text + at, length, at == 0);
        }
    }
    return n;
}

static void fill(Trainer *t, const WordCounts *w, bool byte_level)
{
    size_t total = 0;
    t->words = w->words.count;
    t->weight = w->count;
    for (int i = 0; i < t->words; i++)
        total += (size_t)w->words.size[i];
    t->symbols = memory_new((total + 1) * sizeof *t->symbols);
    t->start = memory_new(((size_t)t->words + 1) * sizeof *t->start);
    t->length = memory_new(((size_t)t->words + 1) * sizeof *t->length);
    total = 0;
    for (int i = 0; i < t->words; i++) {
        int *ids = t->symbols + total;
        t->start[i] = total;
        t->length[i] = symbols_of(t, w->words.text[i], w->words.size[i], byte_level, ids);
        total += (size_t)t->length[i];
        for (int k = 0; k + 1 < t->length[i]; k++)
            raise(t, pair_of(t, ids[k], ids[k + 1]), i);
    }
}

static void free_trainer(Trainer *t)
{
    for (int p = 0; p < t->pair_count; p++)
        free(t->pairs[p].words);
    free(t->pairs);
    free(t->slots);
    free(t->symbols);
    free(t->start);
    free(t->length);
    free(t->risen);
    free(t->heap);
}

bool tokenizer_bpe_train(const WordCounts *w, const TokenizerTraining *how, bool byte_level,
                         const char *prefix, Trained *out, Error *e)
{
    Trainer t = {.tokens = &out->tokens, .prefix = prefix};
    put_alphabet(w, byte_level, prefix, &out->tokens);
    if (out->tokens.count > how->vocab)
        return error_set(
            e, "a vocabulary of %d has no room for the special tokens and the alphabet: %d tokens",
            how->vocab, out->tokens.count);
    fill(&t, w, byte_level);
    learn(&t, how->vocab, how->min > 0 ? how->min : 2, out);
    free_trainer(&t);
    return true;
}
