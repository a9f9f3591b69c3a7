/* oniguruma.c -- the patterns of tokenizer.json in PCRE2's words.
 *
 * They are written for Oniguruma, the engine of Hugging Face's library, which
 * reads some signs otherwise than PCRE2:
 *
 *                 Oniguruma                              PCRE2
 *     \w \b       letters, marks, digits, connectors     no marks, but all numbers
 *     \h          hexadecimal digits                     blanks within a line
 *     \uHHHH      a code point                           an error
 *     x{2}+       (?:x{2})+                              x{2}, and no going back into it
 *     x{,2}       x{0,2}                                 these five characters
 *     [a[bc]]     [abc]                                  [a[bc] and then ]
 *
 * So these are written out. What cannot be is an error: the intersection
 * [a&&b], and a negation within a class, [a[^b]] or [a\W]. That ^ and $ stand
 * for every line is an option of pattern.c. One difference stays: \s of PCRE2
 * has U+180E, which is no blank since Unicode 6.3. */
#include "common/tokenizer/parts.h"

enum { GROUPS_MAX = 250 }; /* as many as PCRE2 nests */

#define WORD                                                                    \
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}" \
    "\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}"

static const struct {
    char sign;
    const char *alone, *in_class; /* NULL: there are no words for it */
} escapes[] = {
    {'w', "[" WORD "]", WORD},
    {'W', "[^" WORD "]", NULL},
    {'h', "[0-9A-Fa-f]", "0-9A-Fa-f"},
    {'H', "[^0-9A-Fa-f]", NULL},
    {'b', "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))", "\\b"},
    {'B', "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))", "\\B"},
};

typedef struct Translation {
    const char *pattern, *at; /* all of it, and what is still to be read, up to a zero byte */
    Bytes *out;
    size_t atom;               /* where in out that begins which a quantifier would repeat */
    size_t groups[GROUPS_MAX]; /* where the open groups begin */
    int depth;
    Error *e;
} Translation;

static void copy(Translation *t, size_t size)
{
    tokenizer_bytes_add(t->out, t->at, size);
    t->at += size;
}

static void put(Translation *t, const char *words)
{
    tokenizer_bytes_add(t->out, words, strlen(words));
}

static bool refuse(const Translation *t, const char *what, int size)
{
    return error_set(t->e, "the pattern '%.80s': '%.*s' in a class is not supported", t->pattern, size,
                     what);
}

/* \p{..}, \x{..}, \k<..>: what belongs to an escape after its letter. */
static size_t argument(const char *escape)
{
    const char *end = escape[2] == '{'   ? strchr(escape, '}')
                      : escape[2] == '<' ? strchr(escape, '>')
                                         : NULL;
    return end && strchr("pPxokg", escape[1]) ? (size_t)(end + 1 - escape) - 2 : 0;
}

/* What begins with a backslash. */
static bool escape(Translation *t, bool in_class)
{
    char sign = t->at[1];
    for (size_t i = 0; sign && i < sizeof escapes / sizeof *escapes; i++) {
        const char *words = in_class ? escapes[i].in_class : escapes[i].alone;
        if (escapes[i].sign != sign)
            continue;
        if (!words)
            return refuse(t, t->at, 2);
        put(t, words);
        t->at += 2;
        return true;
    }
    if (sign == 'u' && strspn(t->at + 2, "0123456789abcdefABCDEF") >= 4) {
        put(t, "\\x{");
        t->at += 2;
        copy(t, 4);
        put(t, "}");
        return true;
    }
    copy(t, sign ? 2 + argument(t->at) : 1);
    return true;
}

/* A class with those within it, which only add to it. */
static bool class(Translation *t)
{
    int depth = 1;
    copy(t, 1);
    copy(t, *t->at == '^');
    copy(t, *t->at == ']'); /* at the beginning it is one of the characters */
    while (*t->at && depth > 0) {
        const char *named = strncmp(t->at, "[:", 2) == 0 ? strstr(t->at, ":]") : NULL;
        if (*t->at == '\\') {
            if (!escape(t, true))
                return false;
        } else if (named)
            copy(t, (size_t)(named + 2 - t->at));
        else if (strncmp(t->at, "&&", 2) == 0 || strncmp(t->at, "[^", 2) == 0)
            return refuse(t, t->at, 2);
        else if (*t->at == '[') {
            depth++;
            t->at++;
        } else if (*t->at == ']' && --depth > 0)
            t->at++;
        else
            copy(t, 1);
    }
    return true;
}

/* Bytes of {2}, {2,}, {,2} or {2,3}; 0 if it is none of these. */
static size_t interval(const char *text)
{
    size_t first = strspn(text + 1, "0123456789"), second = 0, at = 1 + first;
    if (text[at] == ',')
        second = strspn(text + ++at, "0123456789");
    return text[at + second] == '}' && first + second > 0 ? at + second + 1 : 0;
}

static void repeat(Translation *t, size_t size)
{
    bool again = t->at[size] == '+', min = t->at[1] == ',';
    if (again) { /* around what is repeated: (?: ) */
        put(t, "(?:");
        char *atom = t->out->at + t->atom;
        memmove(atom + 3, atom, t->out->size - t->atom - 3);
        memcpy(atom, "(?:", 3);
    }
    copy(t, 1);
    if (min)
        put(t, "0");
    copy(t, size - 1);
    if (again)
        put(t, ")");
}

static bool group(Translation *t)
{
    if (t->depth == GROUPS_MAX)
        return error_set(t->e, "the pattern '%.80s': more than %d groups in one another", t->pattern,
                         GROUPS_MAX);
    t->groups[t->depth++] = t->out->size;
    copy(t, 1);
    return true;
}

/* One step outside of classes. */
static bool step(Translation *t)
{
    size_t size = *t->at == '{' ? interval(t->at) : 0;
    if (size > 0) {
        repeat(t, size);
        return true;
    }
    if (*t->at == ')') {
        t->atom = t->depth > 0 ? t->groups[--t->depth] : t->out->size;
        copy(t, 1);
        return true;
    }
    if (((unsigned char)*t->at & 0xc0) != 0x80) /* within a character */
        t->atom = t->out->size;
    if (*t->at == '\\')
        return escape(t, false);
    if (*t->at == '[')
        return class(t);
    if (*t->at == '(')
        return group(t);
    copy(t, 1);
    return true;
}

bool tokenizer_oniguruma_to_pcre2(const char *pattern, Bytes *out, Error *e)
{
    Translation t = {.pattern = pattern, .at = pattern, .out = out, .e = e};
    while (*t.at) {
        if (!step(&t))
            return false;
    }
    tokenizer_bytes_add(out, "", 1);
    return true;
}
