/* explain.c -- the pipeline for people who want to watch it.
 *
 * Where a token comes from is found backwards: the token's letters in its word, the word in the normalized text, and
 * that in the text as it was. The last step is the hard one, since a normalizer may change anything. But nearly all of
 * them treat a character, with the marks that follow it, by itself; where the text normalized character by character is
 * the text normalized at once, each piece of the one belongs to a piece of the other. */
#include "common/tokenizer/explain.h"

#include "common/text/utf8.h"
#include "common/tokenizer/parts.h"

#include <stdlib.h>

/* ---- spans -------------------------------------------------------------------------------------------------- */

typedef struct Spans {
    const Tokenizer *t;
    const char *text;  /* what the pieces before the normalizer lie in: the text, or its repaired copy */
    TokenSpan *origin; /* (normal.size + 1) of each byte of the normalized piece, the bytes of the text */
    Piece normal;
    size_t cursor; /* in the normalized piece */
    TokenSpan *items;
    size_t count, room;
    Arena *arena;
    bool lost; /* the normalizer did what cannot be followed */
} Spans;

static void add_span(Spans *s, size_t begin, size_t end)
{
    if (s->count == s->room)
        s->items = memory_resize(s->items, sizeof *s->items * (s->room = 2 * s->room + 64));
    s->items[s->count++] = (TokenSpan){begin, end};
}

/* The bytes of a character, and with `marks` of the marks after it. */
static size_t character_size(Piece p, size_t at, bool marks)
{
    int length;
    size_t end = at;
    do {
        text_utf8_decode(p.text + end, p.size - end, &length);
        end += (size_t)length;
    } while (marks && end < p.size &&
             tokenizer_is_mark(text_utf8_decode(p.text + end, p.size - end, &length)));
    return end - at;
}

/* A normalizer without what puts something in front of the whole text. */
static Normalizer without_prepend(const Normalizer *n, Arena *arena)
{
    Normalizer out = {arena_alloc(arena, sizeof *out.steps * (size_t)n->count), 0};
    for (int i = 0; i < n->count; i++) {
        if (n->steps[i].kind != NORMALIZE_PREPEND)
            out.steps[out.count++] = n->steps[i];
    }
    return out;
}

/* Fills origin for a piece that the normalizer has changed; false if its characters cannot be told apart. */
static bool follow(Spans *s, Piece before, size_t offset, bool marks)
{
    const Normalizer inner = without_prepend(&s->t->normalizer, s->arena);
    size_t made = 0;
    for (size_t at = 0, size; at < before.size; at += size) {
        Error e = {""};
        size = character_size(before, at, marks);
        Piece one = {before.text + at, size, before.first && at == 0};
        if (!tokenizer_normalize(at ? &inner : &s->t->normalizer, &one, s->arena, &e) ||
            one.size > s->normal.size - made || memcmp(one.text, s->normal.text + made, one.size) != 0)
            return false;
        for (size_t i = 0; i < one.size; i++)
            s->origin[made++] = (TokenSpan){offset + at, offset + at + size};
    }
    return made == s->normal.size;
}

static void on_normalized(void *user, Piece before, Piece after)
{
    Spans *s = user;
    size_t offset = (size_t)(before.text - s->text);
    s->normal = after;
    s->cursor = 0;
    s->origin = arena_alloc(s->arena, sizeof *s->origin * (after.size + 1));
    s->origin[after.size] = (TokenSpan){offset + before.size, offset + before.size};
    if (after.size == before.size && memcmp(after.text, before.text, after.size) == 0) {
        for (size_t i = 0; i < after.size; i++)
            s->origin[i] = (TokenSpan){offset + i, offset + i + 1};
    } else if (!follow(s, before, offset, false) && !follow(s, before, offset, true))
        s->lost = true;
}

static int unknown_of(const Tokenizer *t)
{
    switch (t->model) {
    case TOKENIZER_BPE:
        return t->bpe.unknown;
    case TOKENIZER_WORDPIECE:
        return t->wordpiece.unknown;
    case TOKENIZER_UNIGRAM:
        return t->unigram.unknown;
    default:
        return t->wordlevel.unknown;
    }
}

/* The bytes of a token as its word spells them. */
static size_t spelled(const Tokenizer *t, const char *token, bool inner)
{
    size_t prefix = t->model == TOKENIZER_WORDPIECE ? strlen(t->wordpiece.prefix) : 0, size = strlen(token);
    int length;
    if (size == 6 && strncmp(token, "<0x", 3) == 0) /* a byte of a character that has no token */
        return 1;
    if (prefix && inner && strncmp(token, t->wordpiece.prefix, prefix) == 0)
        return size - prefix;
    if (t->model != TOKENIZER_BPE || !t->bpe.byte_level)
        return size;
    size = 0;
    for (const char *c = token; *c; c += length, size++)
        text_utf8_decode(c, strlen(c), &length);
    return size;
}

/* The same of the token i of a word, of which `left` is still to be told. What is unknown reaches to the next token
 * that is not, or to the end. */
static size_t token_size(const Spans *s, const TokenList *out, size_t i, size_t first, Piece left)
{
    const char *token = tokenizer_token(s->t, out->ids[i]);
    if (i + 1 == out->count)
        return left.size;
    if (out->ids[i] != unknown_of(s->t)) {
        size_t size = spelled(s->t, token, i > first);
        return size < left.size ? size : left.size;
    }
    const char *next = tokenizer_token(s->t, out->ids[i + 1]);
    const char *found = left.size > 1 ? memmem(left.text + 1, left.size - 1, next, strlen(next)) : NULL;
    return found ? (size_t)(found - left.text) : left.size;
}

/* Moves the cursor over one character of a word that a step has spelled anew: its mark may be a space of the text. */
static void pass(Spans *s, const char *character, int length)
{
    int size, code = text_utf8_decode(character, (size_t)length, &size);
    while (s->cursor < s->normal.size) {
        const char *here = s->normal.text + s->cursor;
        size_t left = s->normal.size - s->cursor;
        int here_size, here_code = text_utf8_decode(here, left, &here_size);
        if (left >= (size_t)length && memcmp(here, character, (size_t)length) == 0) {
            s->cursor += (size_t)length;
            return;
        }
        if (!tokenizer_is_white(here_code))
            return;
        s->cursor +=
            (size_t)here_size; /* a space: the mark stands for it, another character comes after it */
        if (code == 0x2581 || tokenizer_byte_of(code) == ' ')
            return;
    }
}

static void on_word(void *user, Piece word, const TokenList *out, size_t first)
{
    Spans *s = user;
    bool inside = word.text >= s->normal.text && word.text + word.size <= s->normal.text + s->normal.size;
    size_t *place = memory_new(sizeof *place * (word.size + 1)), at = 0;
    if (inside)
        s->cursor = (size_t)(word.text - s->normal.text);
    for (size_t i = 0; i < word.size;) {
        int length = 1;
        if (!inside)
            text_utf8_decode(word.text + i, word.size - i, &length);
        size_t before = s->cursor;
        if (inside)
            s->cursor++;
        else
            pass(s, word.text + i, length);
        for (int k = 0; k < length; k++)
            place[i++] = before;
    }
    place[word.size] = s->cursor;
    for (size_t i = first; i < out->count && !s->lost; i++) {
        size_t size = token_size(s, out, i, first, (Piece){word.text + at, word.size - at, false});
        TokenSpan begin = s->origin[place[at]];
        bool empty = place[at] == place[at + size]; /* a mark for which the text has no space */
        add_span(s, begin.begin, empty ? begin.begin : s->origin[place[at + size] - 1].end);
        at += size;
    }
    free(place);
}

static void on_added(void *user, Piece found, int id)
{
    Spans *s = user;
    (void)id;
    if (found.text >= s->normal.text &&
        found.text < s->normal.text + s->normal.size) { /* after the normalizer */
        size_t begin = (size_t)(found.text - s->normal.text);
        add_span(s, s->origin[begin].begin, s->origin[begin + found.size - 1].end);
        s->cursor = begin + found.size;
    } else
        add_span(s, (size_t)(found.text - s->text), (size_t)(found.text - s->text) + found.size);
}

bool tokenizer_encode_spans(const Tokenizer *t, const char *text, size_t size, TokenList *out,
                            TokenSpan **spans, Error *e)
{
    Spans s = {.t = t, .text = text, .normal = {text, 0, false}, .arena = arena_new()};
    const Watcher watcher = {&s, on_normalized, on_word, on_added};
    bool good =
        text_utf8_fault(text, size) == size ||
        error_set(e, "byte %zu is not UTF-8: no bytes belong to its token", text_utf8_fault(text, size));
    good = good && tokenizer_encode_watched(t, text, size, out, &watcher, e);
    if (good && s.lost)
        good = error_set(
            e, "the normalizer changes the text across its characters: no bytes belong to a token");
    arena_free(s.arena);
    *spans = s.items;
    if (!good) {
        free(s.items);
        *spans = NULL;
    }
    return good;
}

/* ---- explain ------------------------------------------------------------------------------------------------- */

typedef struct Explaining {
    const Tokenizer *t;
    FILE *out;
} Explaining;

/* The types of a part, or of the parts of a sequence: "NFC, Lowercase". */
static void print_types(FILE *out, const json_t *part)
{
    static const char *const lists[] = {"normalizers", "pretokenizers", "processors"};
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *one, *list = NULL;
    size_t i;
    for (int k = 0; k < 3 && !list; k++)
        list = json_object_get(part, lists[k]);
    if (!list)
        fputs(type ? type : "none", out);
    json_array_foreach(list, i, one)
    {
        fputs(i ? ", " : "", out);
        print_types(out, one);
    }
}

static void print_tokens(const Explaining *x, const int *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(x->out, " %s", tokenizer_token(x->t, ids[i]));
}

static void explain_normalized(void *user, Piece before, Piece after)
{
    const Explaining *x = user;
    bool same = before.size == after.size && memcmp(before.text, after.text, after.size) == 0;
    fputs("normalizer (", x->out);
    print_types(x->out, json_object_get(x->t->file, "normalizer"));
    fprintf(x->out, "): %s%.*s\n", same ? "unchanged" : "", same ? 0 : (int)after.size, after.text);
    fputs("words (", x->out);
    print_types(x->out, json_object_get(x->t->file, "pre_tokenizer"));
    fputs("), and their tokens:\n", x->out);
}

/* The bytes or characters of a word as tokens, then after each merge; nothing where parts are spelled with affixes. */
static void explain_merges(const Explaining *x, Piece word)
{
    const Bpe *b = &x->t->bpe;
    TokenList ids = {0};
    for (size_t at = 0; at < word.size && !b->prefix[0] && !b->suffix[0];) {
        int length = 1;
        if (!b->byte_level)
            text_utf8_decode(word.text + at, word.size - at, &length);
        tokenizer_bpe_encode(b, (Piece){word.text + at, (size_t)length, false}, &ids);
        at += (size_t)length;
    }
    while (ids.count > 1) {
        const Merge *best = NULL;
        size_t where = 0;
        for (size_t i = 0; i + 1 < ids.count; i++) {
            const Merge *m = tokenizer_bpe_merge(b, ids.ids[i], ids.ids[i + 1]);
            if (m && (!best || m->rank < best->rank)) {
                best = m;
                where = i;
            }
        }
        fputs("     ", x->out);
        print_tokens(x, ids.ids, ids.count);
        if (!best) {
            fputc('\n', x->out);
            break;
        }
        fprintf(x->out, "   merge %d: %s + %s\n", best->rank + 1, tokenizer_token(x->t, ids.ids[where]),
                tokenizer_token(x->t, ids.ids[where + 1]));
        ids.ids[where] = best->to;
        memmove(&ids.ids[where + 1], &ids.ids[where + 2], sizeof *ids.ids * (ids.count - where - 2));
        ids.count--;
    }
    tokenizer_tokens_free(&ids);
}

static void explain_word(void *user, Piece word, const TokenList *out, size_t first)
{
    const Explaining *x = user;
    fprintf(x->out, "  |%.*s|", (int)word.size, word.text);
    print_tokens(x, out->ids + first, out->count - first);
    if (x->t->model == TOKENIZER_UNIGRAM) {
        double sum = 0;
        for (size_t i = first; i < out->count; i++)
            sum += x->t->unigram.score[out->ids[i]];
        fprintf(x->out, "   ln p %.2f", sum);
    }
    fputc('\n', x->out);
    if (x->t->model == TOKENIZER_BPE && out->count - first > 0)
        explain_merges(x, word);
}

static void explain_added(void *user, Piece found, int id)
{
    const Explaining *x = user;
    (void)found;
    fprintf(x->out, "  added token: %s\n", tokenizer_token(x->t, id));
}

bool tokenizer_explain(const Tokenizer *t, const char *text, size_t size, FILE *out, Error *e)
{
    Explaining x = {t, out};
    const Watcher watcher = {&x, explain_normalized, explain_word, explain_added};
    TokenList alone = {0}, whole = {0};
    bool good = tokenizer_encode_watched(t, text, size, &alone, &watcher, e) &&
                tokenizer_encode(t, text, size, true, &whole, e);
    if (good) {
        fputs("post-processor (", out);
        print_types(out, json_object_get(t->file, "post_processor"));
        fputs("):", out);
        print_tokens(&x, whole.ids, whole.count);
        fputs("\nids:", out);
        for (size_t i = 0; i < whole.count; i++)
            fprintf(out, " %d", whole.ids[i]);
        fputc('\n', out);
    }
    tokenizer_tokens_free(&alone);
    tokenizer_tokens_free(&whole);
    return good;
}
