/* tokenizer.c -- the pipeline: added tokens, normalizer, words, model, template. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <limits.h>
#include <stdlib.h>

/* What one call of encode works with. */
typedef struct Work {
    const Tokenizer *t;
    const char *text; /* the whole text: where a fault is reported from */
    size_t size;
    Arena *arena;
    Pieces words;
    TokenList *out;
    const Watcher *watcher; /* or NULL */
    Error *e;
} Work;

/* ---- words to tokens ----------------------------------------------------------------------------- */

static bool no_token(const Work *w, Piece word, const char *fault)
{
    int length, code = text_utf8_decode(fault, word.size - (size_t)(fault - word.text), &length);
    char place[40] = "";
    if (fault >= w->text && fault < w->text + w->size) /* no step has made a new text */
        snprintf(place, sizeof place, "byte %td: ", fault - w->text);
    if (code < 0)
        return error_set(w->e, "%sthe byte 0x%02X has no token, and the vocabulary has no unknown token",
                         place, (unsigned char)*fault);
    return error_set(
        w->e, "%sthe character '%.*s' (U+%04X) has no token, and the vocabulary has no unknown token",
        place, length, fault, (unsigned)code);
}

/* Where the first character that is left out stands in the text, not in the word. */
static void encode_bpe(const Work *w, Piece word)
{
    TokensDropped *dropped = &w->out->dropped;
    size_t before = dropped->count;
    tokenizer_bpe_encode(&w->t->bpe, word, w->out);
    if (before > 0 || dropped->count == 0)
        return;
    bool same = word.text >= w->text && word.text < w->text + w->size; /* no step has made a new text */
    dropped->at = same ? dropped->at + (size_t)(word.text - w->text) : SIZE_MAX;
}

static bool encode_word(const Work *w, Piece word)
{
    const Tokenizer *t = w->t;
    const char *fault = word.text;
    bool good = true;
    if (t->model == TOKENIZER_BPE)
        encode_bpe(w, word);
    else if (t->model == TOKENIZER_WORDPIECE)
        good = tokenizer_wordpiece_encode(&t->wordpiece, word, w->out, &fault);
    else if (t->model == TOKENIZER_WORDLEVEL)
        good = tokenizer_wordlevel_encode(&t->wordlevel, word, w->out, &fault);
    else
        good = tokenizer_unigram_encode(&t->unigram, word, w->out, &fault);
    return good || no_token(w, word, fault);
}

static bool encode_words(Work *w, Piece piece)
{
    w->words.count = 0;
    if (!tokenizer_pre_tokenize(&w->t->pre_tokenizer, piece, w->arena, &w->words, w->e))
        return false;
    for (size_t i = 0; i < w->words.count; i++) {
        size_t first = w->out->count;
        if (!encode_word(w, w->words.items[i]))
            return false;
        if (w->watcher)
            w->watcher->word(w->watcher->user, w->words.items[i], w->out, first);
    }
    return true;
}

/* ---- added tokens -------------------------------------------------------------------------------- */

/* The longest added token at a place, or NULL. */
static const AddedToken *added_at(const Tokenizer *t, const Finder *f, Piece piece, size_t at)
{
    unsigned char byte = (unsigned char)piece.text[at];
    for (int i = f->first[byte]; i < f->first[byte + 1]; i++) {
        const AddedToken *a = &t->added[f->order[i]];
        if (a->size <= piece.size - at && memcmp(a->needle, piece.text + at, a->size) == 0)
            return a;
    }
    return NULL;
}

/* The character that ends at `at`, or -1. */
static int character_before(Piece piece, size_t at)
{
    int length, code = -1;
    for (size_t back = 1; back <= TEXT_UTF8_MAX && back <= at; back++) {
        code = text_utf8_decode(piece.text + at - back, back, &length);
        if (code >= 0 && (size_t)length == back)
            return code;
    }
    return -1;
}

static int character_at(Piece piece, size_t at)
{
    int length;
    return at < piece.size ? text_utf8_decode(piece.text + at, piece.size - at, &length) : -1;
}

static bool stands_alone(Piece piece, size_t start, size_t end)
{
    int before = character_before(piece, start), after = character_at(piece, end);
    return !(before >= 0 && tokenizer_is_word(before)) && !(after >= 0 && tokenizer_is_word(after));
}

/* Moves the ends of a match over the blanks that it swallows, no further left than `min`. */
static void swallow(const AddedToken *a, Piece piece, size_t min, size_t *start, size_t *end)
{
    int code, length;
    char one[TEXT_UTF8_MAX];
    while (a->left && *start > min && (code = character_before(piece, *start)) >= 0 &&
           tokenizer_is_white(code))
        *start -= (size_t)text_utf8_encode(code, one);
    while (a->right && *end < piece.size && tokenizer_is_white(character_at(piece, *end))) {
        text_utf8_decode(piece.text + *end, piece.size - *end, &length);
        *end += (size_t)length;
    }
}

typedef bool Between(Work *w, Piece piece);

/* Gives the pieces between added tokens to `between`, and emits these tokens. */
static bool around_added(Work *w, const Finder *f, Piece piece, Between *between)
{
    size_t done = 0, start, end;
    for (size_t at = 0; f->order && at < piece.size;) {
        const AddedToken *a = added_at(w->t, f, piece, at);
        start = at;
        end = at += a ? a->size : 1; /* the search goes on here, whatever blanks the match swallows */
        if (!a || (a->single_word && !stands_alone(piece, start, end)))
            continue;
        swallow(a, piece, done, &start, &end);
        if (start > done && !between(w, (Piece){piece.text + done, start - done, piece.first && done == 0}))
            return false;
        tokenizer_tokens_add(w->out, a->id, 0);
        if (w->watcher)
            w->watcher->added(w->watcher->user, (Piece){piece.text + start, end - start, false}, a->id);
        done = end;
    }
    return done == piece.size ||
           between(w, (Piece){piece.text + done, piece.size - done, piece.first && done == 0});
}

static bool encode_normal(Work *w, Piece piece)
{
    Piece before = piece;
    if (w->t->normalizer.count > 0 && !tokenizer_normalize(&w->t->normalizer, &piece, w->arena, w->e))
        return false;
    if (w->watcher)
        w->watcher->normalized(w->watcher->user, before, piece);
    return around_added(w, &w->t->normal, piece, encode_words);
}

/* The longest of two added tokens with the same first byte is tried first. */
static int compare(const void *x, const void *y, void *added)
{
    const AddedToken *a = (const AddedToken *)added + *(const int *)x;
    const AddedToken *b = (const AddedToken *)added + *(const int *)y;
    int first = (unsigned char)a->needle[0] - (unsigned char)b->needle[0];
    if (first)
        return first;
    return a->size != b->size ? (a->size < b->size) - (a->size > b->size) : a->id - b->id;
}

static void fill_finder(Finder *f, const Tokenizer *t, bool normalized)
{
    int count = 0;
    f->order = NULL;
    for (int i = 0; i < t->added_count; i++)
        count += t->added[i].normalized == normalized && t->added[i].size > 0;
    if (count == 0)
        return;
    f->order = memory_new((size_t)count * sizeof *f->order);
    count = 0;
    for (int i = 0; i < t->added_count; i++) {
        if (t->added[i].normalized == normalized && t->added[i].size > 0)
            f->order[count++] = i;
    }
    qsort_r(f->order, (size_t)count, sizeof *f->order, compare, t->added);
    for (int byte = 0, i = 0; byte <= 256; byte++) {
        while (i < count && (unsigned char)t->added[f->order[i]].needle[0] < byte)
            i++;
        f->first[byte] = i;
    }
}

/* Tokens that are looked for after the normalizer have to look as it leaves them. */
static bool normalize_needle(const Tokenizer *t, AddedToken *a, Error *e)
{
    Arena *arena = arena_new();
    Piece piece = {a->needle, a->size, false};
    bool good = tokenizer_normalize(&t->normalizer, &piece, arena, e);
    char *needle = memory_new(piece.size + 1);
    memcpy(needle, piece.text, piece.size);
    free(a->needle);
    a->needle = needle;
    a->size = piece.size;
    arena_free(arena);
    return good;
}

bool tokenizer_find_added(Tokenizer *t, Error *e)
{
    for (int i = 0; i < t->added_count; i++) {
        if (t->added[i].normalized && t->normalizer.count > 0 && !normalize_needle(t, &t->added[i], e))
            return false;
    }
    fill_finder(&t->raw, t, false);
    fill_finder(&t->normal, t, true);
    return true;
}

/* ---- encode -------------------------------------------------------------------------------------- */

Piece tokenizer_repair(const char *text, size_t size, Bytes *good)
{
    int length;
    if (text_utf8_fault(text, size) == size)
        return (Piece){text, size, true};
    for (size_t at = 0; at < size; at += (size_t)length) {
        bool valid = text_utf8_decode(text + at, size - at, &length) >= 0;
        tokenizer_bytes_add(good, valid ? text + at : "\xef\xbf\xbd", valid ? (size_t)length : 3);
    }
    return (Piece){good->at, good->size, true};
}

bool tokenizer_encode_alone(const Tokenizer *t, const char *text, size_t size, TokenList *out, Error *e)
{
    return tokenizer_encode_watched(t, text, size, out, NULL, e);
}

bool tokenizer_encode_watched(const Tokenizer *t, const char *text, size_t size, TokenList *out,
                              const Watcher *watcher, Error *e)
{
    Bytes good = {0};
    Piece piece = {text, size, true};
    if (size > INT_MAX / 4)
        return error_set(e, "a text of %zu bytes is too long to encode at once", size);
    if (!t->pre_tokenizer.bytes)
        piece = tokenizer_repair(text, size, &good);
    Work w = {t, text, size, arena_new(), {0}, out, watcher, e};
    bool done = around_added(&w, &t->raw, piece, encode_normal);
    arena_free(w.arena);
    free(w.words.items);
    free(good.at);
    return done;
}

bool tokenizer_encode(const Tokenizer *t, const char *text, size_t size, bool special, TokenList *out,
                      Error *e)
{
    return special ? tokenizer_encode_cut(t, text, size, NULL, 0, true, NULL, out, e)
                   : tokenizer_encode_alone(t, text, size, out, e);
}

bool tokenizer_encode_pair(const Tokenizer *t, const char *a, size_t a_size, const char *b, size_t b_size,
                           bool special, TokenList *out, Error *e)
{
    return tokenizer_encode_cut(t, a, a_size, b, b_size, special, NULL, out, e);
}

/* ---- the vocabulary ------------------------------------------------------------------------------ */

int tokenizer_count(const Tokenizer *t)
{
    return t->vocabulary.count;
}

int tokenizer_own_count(const Tokenizer *t)
{
    int count = t->vocabulary.count;
    while (count > 0 && !(t->flags[count - 1] & TOKEN_IN_MODEL))
        count--;
    return count;
}

const char *tokenizer_token(const Tokenizer *t, int id)
{
    return tokenizer_vocabulary_has(&t->vocabulary, id) ? t->vocabulary.text[id] : NULL;
}

int tokenizer_id(const Tokenizer *t, const char *token)
{
    return tokenizer_vocabulary_find(&t->vocabulary, token, strlen(token));
}

bool tokenizer_special(const Tokenizer *t, int id)
{
    return tokenizer_vocabulary_has(&t->vocabulary, id) && (t->flags[id] & TOKEN_SPECIAL);
}

void tokenizer_byte_tokens(const Vocabulary *v, int ids[256])
{
    char name[8];
    for (int byte = 0; byte < 256; byte++) {
        int size = snprintf(name, sizeof name, "<0x%02X>", (unsigned)byte);
        ids[byte] = tokenizer_vocabulary_find(v, name, (size_t)size);
    }
}

void tokenizer_free(Tokenizer *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->added_count; i++)
        free(t->added[i].needle);
    free(t->added);
    free(t->flags);
    free(t->raw.order);
    free(t->normal.order);
    free(t->single.items);
    free(t->pair.items);
    tokenizer_normalizer_free(&t->normalizer);
    tokenizer_pre_tokenizer_free(&t->pre_tokenizer);
    tokenizer_decoder_free(&t->decoder);
    tokenizer_bpe_free(&t->bpe);
    tokenizer_wordpiece_free(&t->wordpiece);
    tokenizer_unigram_free(&t->unigram);
    tokenizer_wordlevel_free(&t->wordlevel);
    tokenizer_vocabulary_free(&t->vocabulary);
    json_decref(t->file);
    free(t);
}
