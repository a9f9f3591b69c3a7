/* decode.c -- tokens put together again, one at a time.
 *
 * A decoder is a list of steps on the spelling of a token. All of them need
 * only what came before, so the text of many ids is the texts of one id after
 * the other; two things wait for the next token, the blank that an end-of-word
 * mark stands for and, in a stream, the bytes of an unfinished character. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <ctype.h>
#include <stdlib.h>

static const char *const names[DECODERS] = {"ByteLevel", "WordPiece",    "Metaspace", "BPEDecoder",
                                            "Fuse",      "ByteFallback", "Replace",   "Strip"};
static const char place[] = "decoder";

/* ---- reading ------------------------------------------------------------------------------------- */

static bool read_mark(DecoderStep *s, const json_t *j, const char *key, const char *otherwise,
                      const JsonReader *r)
{
    const char *mark;
    if (!tokenizer_json_string(r, place, j, key, otherwise, &mark))
        return false;
    if (!mark[0])
        return tokenizer_json_fault(r, place, "%s: is empty", key);
    s->mark = memory_string(mark);
    return true;
}

static bool read_metaspace(DecoderStep *s, const json_t *j, const JsonReader *r)
{
    PrependScheme scheme;
    if (!tokenizer_metaspace_scheme(r, place, j, &scheme))
        return false;
    s->prefix_blank = scheme != PREPEND_NEVER;
    return read_mark(s, j, "replacement", "▁", r);
}

static bool read_replace(DecoderStep *s, const json_t *j, const JsonReader *r)
{
    const char *content;
    s->pattern = tokenizer_pattern_read(r, place, json_object_get(j, "pattern"));
    if (!s->pattern || !tokenizer_json_string(r, place, j, "content", NULL, &content))
        return false;
    s->content = memory_string(content);
    return true;
}

static bool read_strip(DecoderStep *s, const json_t *j, const JsonReader *r)
{
    enum { MAX = 1000 };
    if (!read_mark(s, j, "content", NULL, r) ||
        !tokenizer_json_int(r, place, j, "start", 0, MAX, 0, &s->start) ||
        !tokenizer_json_int(r, place, j, "stop", 0, MAX, 0, &s->stop))
        return false;
    return !s->fused || s->stop == 0 ||
           tokenizer_json_fault(r, place,
                                "Strip of the whole text: stop: expected 0; a stream cannot know its end");
}

static bool read_step(DecoderStep *s, const json_t *j, const JsonReader *r)
{
    switch (s->kind) {
    case DECODE_WORDPIECE:
        return tokenizer_json_flag(r, place, j, "cleanup", true, &s->cleanup) &&
               read_mark(s, j, "prefix", "##", r);
    case DECODE_METASPACE:
        return read_metaspace(s, j, r);
    case DECODE_BPE:
        return read_mark(s, j, "suffix", "</w>", r);
    case DECODE_REPLACE:
        return read_replace(s, j, r);
    case DECODE_STRIP:
        return read_strip(s, j, r);
    default:
        return true;
    }
}

static bool take(void *into, const json_t *j, const char *type, const JsonReader *r)
{
    Decoder *d = into;
    int kind = 0;
    const char *fused = NULL; /* what joins all tokens: what is after it sees the whole text */
    while (kind < DECODERS && strcmp(type, names[kind]) != 0)
        kind++;
    if (kind == DECODERS)
        return tokenizer_json_fault(r, place, "the type '%s' is not known", type);
    for (int i = 0; i < d->count; i++) {
        if (d->steps[i].kind == DECODE_FUSE || d->steps[i].kind == DECODE_BYTE_LEVEL)
            fused = names[d->steps[i].kind];
    }
    if (fused && kind != DECODE_STRIP && kind != DECODE_FUSE)
        return tokenizer_json_fault(r, place, "'%s' after %s is not supported", type, fused);
    d->steps = memory_resize(d->steps, (size_t)(d->count + 1) * sizeof *d->steps);
    DecoderStep *s = &d->steps[d->count++];
    *s = (DecoderStep){.kind = (DecoderKind)kind, .fused = fused != NULL};
    return read_step(s, j, r);
}

bool tokenizer_decoder_read(Decoder *d, const json_t *j, const JsonReader *r)
{
    d->none = !j || json_is_null(j);
    return tokenizer_json_parts(r, place, j, "decoders", take, d);
}

void tokenizer_decoder_free(Decoder *d)
{
    for (int i = 0; i < d->count; i++) {
        free(d->steps[i].mark);
        free(d->steps[i].content);
        tokenizer_pattern_free(d->steps[i].pattern);
    }
    free(d->steps);
    *d = (Decoder){0};
}

/* ---- the steps: each reads a token's spelling and appends to `out` ------------------------------- */

struct TokenStream {
    const Tokenizer *t;
    bool special;
    bool first;       /* no token has come yet */
    bool blank_waits; /* BPEDecoder: a word has ended */
    int stripped;     /* characters that Strip of the whole text took; -1: it is over */
    Bytes token, next, waiting, out;
};

static void byte_level(Piece in, Bytes *out)
{
    size_t before = out->size;
    int length;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        int byte = tokenizer_byte_of(text_utf8_decode(in.text + at, in.size - at, &length));
        if (byte < 0) { /* not a word of bytes: as it is */
            out->size = before;
            tokenizer_bytes_add(out, in.text, in.size);
            return;
        }
        tokenizer_bytes_add(out, (const char[]){(char)byte}, 1);
    }
}

static bool starts(Piece in, const char *mark)
{
    size_t size = strlen(mark);
    return in.size >= size && memcmp(in.text, mark, size) == 0;
}

static bool ends(Piece in, const char *mark)
{
    size_t size = strlen(mark);
    return in.size >= size && memcmp(in.text + in.size - size, mark, size) == 0;
}

/* No blank before signs and the second half of "do n't". */
static void clean_up(Bytes *b)
{
    static const char *const ends_of[] = {" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"};
    for (size_t i = 0; i < sizeof ends_of / sizeof *ends_of; i++) {
        size_t size = strlen(ends_of[i]);
        for (size_t at = 0; at + size <= b->size; at++) {
            if (memcmp(b->at + at, ends_of[i], size) == 0)
                memmove(b->at + at, b->at + at + 1, --b->size - at);
        }
    }
}

static void wordpiece(const DecoderStep *s, bool first, Piece in, Bytes *out)
{
    size_t prefix = strlen(s->mark);
    if (!first && starts(in, s->mark)) {
        in.text += prefix;
        in.size -= prefix;
    } else if (!first)
        tokenizer_bytes_add(out, " ", 1);
    tokenizer_bytes_add(out, in.text, in.size);
    if (s->cleanup)
        clean_up(out);
}

static void metaspace(const DecoderStep *s, bool first, Piece in, Bytes *out)
{
    size_t mark = strlen(s->mark);
    for (size_t at = 0; at < in.size;) {
        if (!starts((Piece){in.text + at, in.size - at, false}, s->mark)) {
            tokenizer_bytes_add(out, in.text + at++, 1);
            continue;
        }
        if (!first || !s->prefix_blank)
            tokenizer_bytes_add(out, " ", 1);
        at += mark;
    }
}

static void end_of_word(const DecoderStep *s, TokenStream *state, Piece in, Bytes *out)
{
    if (state->blank_waits)
        tokenizer_bytes_add(out, " ", 1);
    state->blank_waits = ends(in, s->mark);
    tokenizer_bytes_add(out, in.text, in.size - (state->blank_waits ? strlen(s->mark) : 0));
}

/* <0xE9> */
static void byte_fallback(Piece in, Bytes *out)
{
    if (in.size == 6 && memcmp(in.text, "<0x", 3) == 0 && isxdigit((unsigned char)in.text[3]) &&
        isxdigit((unsigned char)in.text[4]) && in.text[5] == '>')
        tokenizer_bytes_add(out, (const char[]){(char)strtol(in.text + 3, NULL, 16)}, 1);
    else
        tokenizer_bytes_add(out, in.text, in.size);
}

static void strip(const DecoderStep *s, TokenStream *state, Piece in, Bytes *out)
{
    size_t mark = strlen(s->mark);
    int taken = s->fused ? state->stripped : 0;
    while (taken >= 0 && taken < s->start && starts(in, s->mark)) {
        in.text += mark;
        in.size -= mark;
        taken++;
    }
    if (s->fused)
        state->stripped = in.size > 0 ? -1 : taken;
    for (int i = 0; i < s->stop && ends(in, s->mark); i++)
        in.size -= mark;
    tokenizer_bytes_add(out, in.text, in.size);
}

static bool apply(const DecoderStep *s, TokenStream *state, Piece in, Bytes *out, Error *e)
{
    switch (s->kind) {
    case DECODE_BYTE_LEVEL:
        byte_level(in, out);
        break;
    case DECODE_WORDPIECE:
        wordpiece(s, state->first, in, out);
        break;
    case DECODE_METASPACE:
        metaspace(s, state->first, in, out);
        break;
    case DECODE_BPE:
        end_of_word(s, state, in, out);
        break;
    case DECODE_BYTE_FALLBACK:
        byte_fallback(in, out);
        break;
    case DECODE_REPLACE:
        return tokenizer_pattern_replace(s->pattern, s->content, in, out, e);
    case DECODE_STRIP:
        strip(s, state, in, out);
        break;
    default:
        tokenizer_bytes_add(out, in.text, in.size);
    }
    return true;
}

/* An added token that the byte alphabet could be taken for keeps its spelling. */
static bool skips(const TokenStream *s, const DecoderStep *step, int id)
{
    return step->kind == DECODE_BYTE_LEVEL && (s->t->flags[id] & TOKEN_ADDED);
}

/* Leaves in s->token the bytes that the id adds to the text. */
static bool decode_one(TokenStream *s, int id, Error *e)
{
    const Vocabulary *v = &s->t->vocabulary;
    s->token.size = 0;
    if (!tokenizer_vocabulary_has(v, id))
        return error_set(e, "%d is not the number of a token; the vocabulary has 0 to %d", id,
                         v->count - 1);
    if (!s->special && (s->t->flags[id] & TOKEN_SPECIAL))
        return true;
    if (s->t->decoder.none && !s->first)
        tokenizer_bytes_add(&s->token, " ", 1);
    tokenizer_bytes_add(&s->token, v->text[id], (size_t)v->size[id]);
    for (int i = 0; i < s->t->decoder.count; i++) {
        const DecoderStep *step = &s->t->decoder.steps[i];
        s->next.size = 0;
        if (skips(s, step, id))
            continue;
        if (!apply(step, s, (Piece){s->token.at, s->token.size, false}, &s->next, e))
            return false;
        Bytes swap = s->token;
        s->token = s->next;
        s->next = swap;
    }
    s->first = false;
    return true;
}

static void begin(TokenStream *s)
{
    s->first = true;
    s->blank_waits = false;
    s->stripped = 0;
    s->waiting.size = 0;
}

TokenStream *tokenizer_stream_new(const Tokenizer *t, bool special)
{
    TokenStream *s = memory_zero(1, sizeof *s);
    s->t = t;
    s->special = special;
    begin(s);
    return s;
}

void tokenizer_stream_free(TokenStream *s)
{
    if (!s)
        return;
    free(s->token.at);
    free(s->next.at);
    free(s->waiting.at);
    free(s->out.at);
    free(s);
}

/* ---- whole characters only ----------------------------------------------------------------------- */

/* Whether more bytes could make a character of these (fewer than 4) that are none yet: some
 * continuation, all of the smallest or all of the largest bytes, makes one. */
static bool unfinished(const char *text, size_t size)
{
    char low[TEXT_UTF8_MAX], high[TEXT_UTF8_MAX];
    int length;
    if (size >= TEXT_UTF8_MAX)
        return false;
    memset(low, 0x80, sizeof low);
    memset(high, 0xbf, sizeof high);
    memcpy(low, text, size);
    memcpy(high, text, size);
    return (text_utf8_decode(low, sizeof low, &length) >= 0 && (size_t)length > size) ||
           (text_utf8_decode(high, sizeof high, &length) >= 0 && (size_t)length > size);
}

/* Moves the whole characters of what waits to s->out. */
static const char *release(TokenStream *s, bool all)
{
    size_t at = 0;
    int length;
    s->out.size = 0;
    while (at < s->waiting.size) {
        const char *text = s->waiting.at + at;
        size_t size = s->waiting.size - at;
        bool good = text_utf8_decode(text, size, &length) >= 0;
        if (!good && !all && unfinished(text, size))
            break;
        tokenizer_bytes_add(&s->out, good ? text : "\xef\xbf\xbd", good ? (size_t)length : 3);
        at += (size_t)length;
    }
    s->waiting.size -= at;
    if (at)
        memmove(s->waiting.at, s->waiting.at + at, s->waiting.size);
    tokenizer_bytes_add(&s->out, "", 1);
    return s->out.at;
}

const char *tokenizer_stream_add(TokenStream *s, int id, Error *e)
{
    if (!decode_one(s, id, e))
        return NULL;
    tokenizer_bytes_add(&s->waiting, s->token.at, s->token.size);
    return release(s, false);
}

void tokenizer_stream_follow(TokenStream *s, const int *ids, size_t count)
{
    Error ignored = {""}; /* a number without a token has no text */
    for (size_t i = 0; i < count; i++)
        tokenizer_stream_add(s, ids[i], &ignored);
}

const char *tokenizer_stream_end(TokenStream *s)
{
    const char *text = release(s, true);
    begin(s);
    return text;
}

char *tokenizer_decode(const Tokenizer *t, const int *ids, size_t count, bool special, size_t *size,
                       Error *e)
{
    TokenStream *s = tokenizer_stream_new(t, special);
    Bytes text = {0};
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = decode_one(s, ids[i], e);
        tokenizer_bytes_add(&text, s->token.at, s->token.size);
    }
    tokenizer_stream_free(s);
    tokenizer_bytes_add(&text, "", 1);
    *size = text.size - 1;
    if (good)
        return text.at;
    free(text.at);
    return NULL;
}
