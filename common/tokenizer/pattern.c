/* pattern.c -- the regular expressions of Split and Replace, by PCRE2.
 *
 * They mean what they mean to Oniguruma (oniguruma.c), so ^ and $ are the ends
 * of every line. Properties such as \p{L} and classes such as \s follow
 * Unicode. Bytes that are not UTF-8 match nothing, and no match crosses them. A
 * pattern that comes from a file may be hostile: the work of one search is
 * limited. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

enum { PATTERN_MAX = 10000, MATCH_LIMIT = 1000000, HEAP_LIMIT = 1 << 18 /* KiB */ };

struct Pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static Pattern *compile(const char *regex, uint32_t options, Error *e)
{
    int fault;
    size_t at;
    unsigned char message[128];
    pcre2_code *code = pcre2_compile((const unsigned char *)regex, PCRE2_ZERO_TERMINATED,
                                     options | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &fault, &at, NULL);
    if (!code) {
        pcre2_get_error_message(fault, message, sizeof message);
        error_set(e, "the pattern '%.80s' is wrong at byte %zu: %s", regex, at, (char *)message);
        return NULL;
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it the search is slower, and the same */
    Pattern *p = memory_new(sizeof *p);
    p->code = code;
    p->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(p->limits, HEAP_LIMIT);
    return p;
}

Pattern *tokenizer_pattern_new(const char *regex, bool literal, Error *e)
{
    if (strlen(regex) > PATTERN_MAX) {
        error_set(e, "a pattern of %zu bytes; at most %d are read", strlen(regex), PATTERN_MAX);
        return NULL;
    }
    if (literal)
        return compile(regex, PCRE2_LITERAL, e);
    Bytes words = {0};
    Pattern *p = tokenizer_oniguruma_to_pcre2(regex, &words, e)
                     ? compile(words.at, PCRE2_UCP | PCRE2_MULTILINE, e)
                     : NULL;
    free(words.at);
    return p;
}

Pattern *tokenizer_pattern_read(const JsonReader *r, const char *place, const json_t *j)
{
    const char *regex = json_string_value(json_object_get(j, "Regex"));
    const char *string = json_string_value(json_object_get(j, "String"));
    Error e = {""};
    if (json_object_size(j) != 1 || (!regex && !string)) {
        tokenizer_json_fault(r, place, "pattern: expected {\"String\": ...} or {\"Regex\": ...}");
        return NULL;
    }
    Pattern *p = tokenizer_pattern_new(regex ? regex : string, !regex, &e);
    if (!p)
        tokenizer_json_fault(r, place, "%s", e.text);
    return p;
}

void tokenizer_pattern_free(Pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->limits);
    free(p);
}

Search tokenizer_search_new(const Pattern *p, const char *text, size_t size)
{
    return (Search){.pattern = p,
                    .text = text,
                    .size = size,
                    .scratch = pcre2_match_data_create_from_pattern(p->code, NULL)};
}

void tokenizer_search_free(Search *s)
{
    pcre2_match_data_free(s->scratch);
}

/* The compiled search has little room for places to go back to; the other one takes what it needs. */
static int match(const Search *s, size_t from)
{
    const unsigned char *text = (const unsigned char *)s->text;
    const Pattern *p = s->pattern;
    int found = pcre2_match(p->code, text, s->size, from, 0, s->scratch, p->limits);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(p->code, text, s->size, from, PCRE2_NO_JIT, s->scratch, p->limits);
    return found;
}

static int give_up(int fault, size_t from, Error *e)
{
    unsigned char message[128];
    pcre2_get_error_message(fault, message, sizeof message);
    error_set(e, "the search for a pattern was given up at byte %zu: %s", from, (char *)message);
    return -1;
}

/* As Oniguruma's: if nothing is found but an empty match where the last one ended, it begins one character on. */
int tokenizer_search_next(Search *s, Error *e)
{
    const size_t *at = pcre2_get_ovector_pointer(s->scratch);
    int length = 0;
    for (size_t from = s->end; from <= s->size; from += (size_t)length) {
        int found = match(s, from);
        if (found == PCRE2_ERROR_NOMATCH)
            return 0;
        if (found < 0)
            return give_up(found, from, e);
        if (!s->matched || at[1] > s->end) {
            s->start = at[0];
            s->end = at[1];
            s->matched = true;
            return 1;
        }
        length = 1;
        if (from < s->size)
            text_utf8_decode(s->text + from, s->size - from, &length);
    }
    return 0;
}

bool tokenizer_pattern_replace(const Pattern *p, const char *content, Piece in, Bytes *out, Error *e)
{
    if (in.size == 0)
        return true;
    Search s = tokenizer_search_new(p, in.text, in.size);
    size_t at = 0;
    int found;
    for (; (found = tokenizer_search_next(&s, e)) == 1; at = s.end) {
        tokenizer_bytes_add(out, in.text + at, s.start - at);
        tokenizer_bytes_add(out, content, strlen(content));
    }
    tokenizer_bytes_add(out, in.text + at, in.size - at);
    tokenizer_search_free(&s);
    return found == 0;
}
