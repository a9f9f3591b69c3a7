/* normalize.c -- rewriting text before it is cut.
 *
 * "é" can be one code point or two, "Ａ" and "A" may or may not be the same,
 * and BERT writes everything small and without accents. Each step makes a new
 * text from the old one. The Unicode forms (NFC and so on, Unicode Standard
 * Annex 15) are utf8proc's. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

static const char *const names[NORMALIZERS] = {"NFC",       "NFD",          "NFKC",           "NFKD",
                                               "Lowercase", "StripAccents", "BertNormalizer", "Precompiled",
                                               "Nmt",       "Strip",        "Prepend",        "Replace"};
static const char place[] = "normalizer";

/* ---- reading ------------------------------------------------------------------------------------- */

static bool read_bert(NormalizerStep *s, const json_t *j, const JsonReader *r)
{
    return tokenizer_json_flag(r, place, j, "clean_text", true, &s->clean) &&
           tokenizer_json_flag(r, place, j, "handle_chinese_chars", true, &s->chinese) &&
           tokenizer_json_flag(r, place, j, "lowercase", true, &s->lower) &&
           tokenizer_json_flag(r, place, j, "strip_accents", s->lower, &s->accents);
}

static bool read_content(NormalizerStep *s, const json_t *j, const char *key, const JsonReader *r)
{
    const char *content;
    if (!tokenizer_json_string(r, place, j, key, NULL, &content))
        return false;
    s->content = memory_string(content);
    return true;
}

static bool read_replace(NormalizerStep *s, const json_t *j, const JsonReader *r)
{
    s->pattern = tokenizer_pattern_read(r, place, json_object_get(j, "pattern"));
    return s->pattern && read_content(s, j, "content", r);
}

static bool read_charsmap(NormalizerStep *s, const json_t *j, const JsonReader *r)
{
    const char *base64;
    if (!tokenizer_json_string(r, place, j, "precompiled_charsmap", NULL, &base64))
        return false;
    s->charsmap = tokenizer_charsmap_new(base64, r, place);
    return s->charsmap != NULL;
}

static bool take(void *into, const json_t *j, const char *type, const JsonReader *r)
{
    Normalizer *n = into;
    int kind = 0;
    while (kind < NORMALIZERS && strcmp(type, names[kind]) != 0)
        kind++;
    if (kind == NORMALIZERS)
        return tokenizer_json_fault(r, place, "the type '%s' is not known", type);
    n->steps = memory_resize(n->steps, (size_t)(n->count + 1) * sizeof *n->steps);
    NormalizerStep *s = &n->steps[n->count++];
    *s = (NormalizerStep){.kind = (NormalizerKind)kind};
    if (kind == NORMALIZE_BERT)
        return read_bert(s, j, r);
    if (kind == NORMALIZE_PRECOMPILED)
        return read_charsmap(s, j, r);
    if (kind == NORMALIZE_STRIP)
        return tokenizer_json_flag(r, place, j, "strip_left", true, &s->left) &&
               tokenizer_json_flag(r, place, j, "strip_right", true, &s->right);
    if (kind == NORMALIZE_PREPEND)
        return read_content(s, j, "prepend", r);
    return kind != NORMALIZE_REPLACE || read_replace(s, j, r);
}

bool tokenizer_normalizer_read(Normalizer *n, const json_t *j, const JsonReader *r)
{
    return tokenizer_json_parts(r, place, j, "normalizers", take, n);
}

void tokenizer_normalizer_free(Normalizer *n)
{
    for (int i = 0; i < n->count; i++) {
        free(n->steps[i].content);
        tokenizer_pattern_free(n->steps[i].pattern);
        tokenizer_charsmap_free(n->steps[i].charsmap);
    }
    free(n->steps);
    *n = (Normalizer){0};
}

/* ---- the steps: each reads valid UTF-8 `in` and appends to `out` --------------------------------- */

static void unicode_form(utf8proc_option_t options, Piece in, Bytes *out)
{
    utf8proc_uint8_t *result = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)in.text, (utf8proc_ssize_t)in.size,
                                         &result, UTF8PROC_STABLE | options);
    tokenizer_bytes_add(out, size < 0 ? in.text : (const char *)result, size < 0 ? in.size : (size_t)size);
    free(result);
}

/* Leaves out the characters of a kind. */
static void drop(Piece in, bool (*is)(int code), Bytes *out)
{
    int length;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        if (!is(text_utf8_decode(in.text + at, in.size - at, &length)))
            tokenizer_bytes_add(out, in.text + at, (size_t)length);
    }
}

/* One character at a time, so a final sigma is not special; of all characters
 * only U+0130 has two small ones, i and a dot. */
static void lowercase(Piece in, Bytes *out)
{
    int length;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        int code = text_utf8_decode(in.text + at, in.size - at, &length);
        tokenizer_bytes_add_code(out, code == 0x130 ? 'i' : utf8proc_tolower(code));
        if (code == 0x130)
            tokenizer_bytes_add_code(out, 0x307);
    }
}

/* BERT: no control characters, every blank a plain one, Chinese characters apart. */
static void clean_and_space(const NormalizerStep *s, Piece in, Bytes *out)
{
    int length;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        int code = text_utf8_decode(in.text + at, in.size - at, &length);
        bool chinese = s->chinese && tokenizer_is_chinese(code);
        if (s->clean && (code == 0 || code == 0xfffd || tokenizer_is_control(code)))
            continue;
        if (s->clean && tokenizer_is_white(code))
            code = ' ';
        if (chinese)
            tokenizer_bytes_add(out, " ", 1);
        tokenizer_bytes_add_code(out, code);
        if (chinese)
            tokenizer_bytes_add(out, " ", 1);
    }
}

/* What SentencePiece takes for white space, beside the blank itself, when it trains translation models. */
static bool is_nmt_white(int code)
{
    return code == 0x9 || code == 0xa || code == 0xc || code == 0xd || code == 0x1680 ||
           (code >= 0x200b && code <= 0x200f) || code == 0x2028 || code == 0x2029 || code == 0x2581 ||
           code == 0xfeff || code == 0xfffd;
}

static bool is_nmt_control(int code)
{
    return (code >= 0x1 && code <= 0x8) || code == 0xb || (code >= 0xe && code <= 0x1f) || code == 0x7f ||
           code == 0x8f || code == 0x9f;
}

static void nmt(Piece in, Bytes *out)
{
    int length;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        int code = text_utf8_decode(in.text + at, in.size - at, &length);
        if (is_nmt_white(code))
            tokenizer_bytes_add(out, " ", 1);
        else if (!is_nmt_control(code))
            tokenizer_bytes_add(out, in.text + at, (size_t)length);
    }
}

static Piece whole_of(const Bytes *b)
{
    return (Piece){b->at, b->size, false};
}

static void bert(const NormalizerStep *s, Piece in, Bytes *out)
{
    Bytes clean = {0}, apart = {0}, bare = {0};
    clean_and_space(s, in, &clean);
    if (s->accents) {
        unicode_form(UTF8PROC_DECOMPOSE, whole_of(&clean), &apart);
        drop(whole_of(&apart), tokenizer_is_accent, &bare); /* what is left of a letter is the letter */
    }
    Piece result = whole_of(s->accents ? &bare : &clean);
    if (s->lower)
        lowercase(result, out);
    else
        tokenizer_bytes_add(out, result.text, result.size);
    free(clean.at);
    free(apart.at);
    free(bare.at);
}

static void strip_blanks(const NormalizerStep *s, Piece in, Bytes *out)
{
    size_t start = 0, end = 0, at = 0;
    bool blank_so_far = true;
    int length;
    for (; at < in.size; at += (size_t)length) {
        if (tokenizer_is_white(text_utf8_decode(in.text + at, in.size - at, &length)))
            continue;
        if (blank_so_far)
            start = at;
        blank_so_far = false;
        end = at + (size_t)length;
    }
    if (blank_so_far)
        return;
    start = s->left ? start : 0;
    end = s->right ? end : in.size;
    tokenizer_bytes_add(out, in.text + start, end - start);
}

static bool apply(const NormalizerStep *s, Piece in, Bytes *out, Error *e)
{
    static const utf8proc_option_t forms[] = {
        [NORMALIZE_NFC] = UTF8PROC_COMPOSE,
        [NORMALIZE_NFD] = UTF8PROC_DECOMPOSE,
        [NORMALIZE_NFKC] = (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_COMPAT),
        [NORMALIZE_NFKD] = (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT)};
    if (s->kind <= NORMALIZE_NFKD)
        unicode_form(forms[s->kind], in, out);
    else if (s->kind == NORMALIZE_LOWERCASE)
        lowercase(in, out);
    else if (s->kind == NORMALIZE_STRIP_ACCENTS)
        drop(in, tokenizer_is_mark, out);
    else if (s->kind == NORMALIZE_BERT)
        bert(s, in, out);
    else if (s->kind == NORMALIZE_PRECOMPILED)
        tokenizer_charsmap_apply(s->charsmap, in, out);
    else if (s->kind == NORMALIZE_NMT)
        nmt(in, out);
    else if (s->kind == NORMALIZE_STRIP)
        strip_blanks(s, in, out);
    else if (s->kind == NORMALIZE_REPLACE)
        return tokenizer_pattern_replace(s->pattern, s->content, in, out, e);
    else {
        tokenizer_bytes_add(out, s->content, strlen(s->content));
        tokenizer_bytes_add(out, in.text, in.size);
    }
    return true;
}

/* Only a byte-level model's text may hold bytes that are not UTF-8: they stay as they are. Strip,
 * Prepend and Replace look for the ends of the text and for places in it, which such bytes do not
 * change. */
static bool apply_between_faults(const NormalizerStep *s, Piece in, Bytes *out, Error *e)
{
    size_t at = 0;
    if (in.size > 0 && s->kind >= NORMALIZE_STRIP)
        return apply(s, in, out, e);
    while (at < in.size) {
        size_t good = text_utf8_fault(in.text + at, in.size - at);
        if (good > 0 && !apply(s, (Piece){in.text + at, good, false}, out, e))
            return false;
        at += good;
        if (at < in.size)
            tokenizer_bytes_add(out, in.text + at++, 1);
    }
    return true;
}

bool tokenizer_normalize(const Normalizer *n, Piece *piece, Arena *arena, Error *e)
{
    Bytes a = {0}, b = {0};
    bool good = true;
    tokenizer_bytes_add(&a, piece->text, piece->size);
    for (int i = 0; good && i < n->count; i++) {
        b.size = 0;
        good = apply_between_faults(&n->steps[i], (Piece){a.at, a.size, false}, &b, e);
        Bytes swap = a;
        a = b;
        b = swap;
    }
    char *text = arena_alloc(arena, a.size + 1);
    if (a.size)
        memcpy(text, a.at, a.size);
    *piece = (Piece){text, a.size, piece->first};
    free(a.at);
    free(b.at);
    return good;
}
