/* pattern.c -- the regular expressions of Split and Replace, by PCRE2.
 *
 * Properties such as \p{L} and classes such as \s follow Unicode. Bytes that
 * are not UTF-8 match nothing, and no match crosses them. A pattern that comes
 * from a file may be hostile: the work of one search is limited. */
#include "common/text/tokenizer/parts.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

enum { PATTERN_MOST = 10000, MATCH_LIMIT = 1000000, DEPTH_LIMIT = 10000 };

struct Pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
};

Pattern *text_pattern_new(const char *regex, bool literal, Error *e)
{
    int fault;
    size_t at;
    unsigned char message[128];
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | (literal ? PCRE2_LITERAL : PCRE2_UCP);
    if (strlen(regex) > PATTERN_MOST) {
        error_set(e, "a pattern of %zu bytes; at most %d are read", strlen(regex), PATTERN_MOST);
        return NULL;
    }
    pcre2_code *code =
        pcre2_compile((const unsigned char *)regex, PCRE2_ZERO_TERMINATED, options, &fault, &at, NULL);
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
    pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    return p;
}

Pattern *text_pattern_read(const JsonReader *r, const char *place, const json_t *j)
{
    const char *regex = json_string_value(json_object_get(j, "Regex"));
    const char *string = json_string_value(json_object_get(j, "String"));
    Error e = {""};
    if (json_object_size(j) != 1 || (!regex && !string)) {
        text_json_fault(r, place, "pattern: expected {\"String\": ...} or {\"Regex\": ...}");
        return NULL;
    }
    if (string && !string[0]) {
        text_json_fault(r, place, "pattern: the string is empty");
        return NULL;
    }
    Pattern *p = text_pattern_new(regex ? regex : string, !regex, &e);
    if (!p)
        text_json_fault(r, place, "%s", e.text);
    return p;
}

void text_pattern_free(Pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->limits);
    free(p);
}

void *text_pattern_scratch(const Pattern *p)
{
    return pcre2_match_data_create_from_pattern(p->code, NULL);
}

void text_pattern_scratch_free(void *scratch)
{
    pcre2_match_data_free(scratch);
}

int text_pattern_find(const Pattern *p, void *scratch, const char *text, size_t size, size_t from,
                      size_t *start, size_t *end, Error *e)
{
    while (from < size) {
        int found = pcre2_match(p->code, (const unsigned char *)text, size, from, PCRE2_NOTEMPTY, scratch,
                                p->limits);
        if (found == PCRE2_ERROR_NOMATCH)
            return 0;
        if (found < 0) {
            unsigned char message[128];
            pcre2_get_error_message(found, message, sizeof message);
            error_set(e, "the search for a pattern was given up at byte %zu: %s", from, (char *)message);
            return -1;
        }
        const size_t *at = pcre2_get_ovector_pointer(scratch);
        *start = at[0];
        *end = at[1];
        if (*start < *end && *start >= from)
            return 1;
        from = (from > *start ? from : *start) + 1; /* \K can move a match to before its end */
    }
    return 0;
}

bool text_pattern_replace(const Pattern *p, const char *content, Piece in, Bytes *out, Error *e)
{
    size_t at = 0, start, end, size = strlen(content);
    void *scratch = text_pattern_scratch(p);
    int found;
    while ((found = text_pattern_find(p, scratch, in.text, in.size, at, &start, &end, e)) == 1) {
        text_bytes_add(out, in.text + at, start - at);
        text_bytes_add(out, content, size);
        at = end;
    }
    text_bytes_add(out, in.text + at, in.size - at);
    text_pattern_scratch_free(scratch);
    return found == 0;
}
