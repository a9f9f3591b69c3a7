/* pretokenize.c -- cutting text into words, which no token may cross.
 *
 * Every rule finds matches in a piece of text (blanks, signs, what a pattern
 * says) and then does one of five things with them: drop them, keep each apart,
 * join each to the piece before or after it, or join matches that touch. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>

static const char *const names[PRE_TOKENIZERS] = {"ByteLevel",       "BertPreTokenizer",   "Whitespace",
                                                  "WhitespaceSplit", "Metaspace",          "Digits",
                                                  "Punctuation",     "CharDelimiterSplit", "Split"};
static const char *const behaviours[SPLIT_BEHAVIOURS] = {"Removed", "Isolated", "MergedWithPrevious",
                                                         "MergedWithNext", "Contiguous"};
static const char *const schemes[PREPEND_SCHEMES] = {"always", "first", "never"};
static const char place[] = "pre_tokenizer";

/* ---- reading ------------------------------------------------------------------------------------- */

/* The place of a string in a list of names; an error that names it if it is not there. */
static bool choose(const JsonReader *r, const char *where, const char *what, const char *text,
                   const char *const *list, int count, int *choice)
{
    for (*choice = 0; *choice < count; (*choice)++) {
        if (strcmp(text, list[*choice]) == 0)
            return true;
    }
    return tokenizer_json_fault(r, where, "the %s '%s' is not known", what, text);
}

static bool read_behaviour(PreTokenizerStep *s, const json_t *j, const char *otherwise, const JsonReader *r)
{
    const char *text;
    int choice;
    if (!tokenizer_json_string(r, place, j, "behavior", otherwise, &text) ||
        !choose(r, place, "behavior", text, behaviours, SPLIT_BEHAVIOURS, &choice))
        return false;
    s->behaviour = (SplitBehaviour)choice;
    return true;
}

static bool read_mark(PreTokenizerStep *s, const json_t *j, const char *key, const char *otherwise,
                      const JsonReader *r)
{
    const char *text;
    int length;
    if (!tokenizer_json_string(r, place, j, key, otherwise, &text))
        return false;
    if (!text[0] || (text_utf8_decode(text, strlen(text), &length), text[length]))
        return tokenizer_json_fault(r, place, "%s: expected one character, not '%.32s'", key, text);
    s->mark = memory_string(text);
    return true;
}

/* Files of before 2024 say add_prefix_space where later ones have prepend_scheme. */
bool tokenizer_metaspace_scheme(const JsonReader *r, const char *where, const json_t *j,
                                PrependScheme *scheme)
{
    bool prefix;
    const char *name;
    int choice;
    if (!tokenizer_json_flag(r, where, j, "add_prefix_space", true, &prefix) ||
        !tokenizer_json_string(r, where, j, "prepend_scheme", prefix ? "always" : "never", &name) ||
        !choose(r, where, "prepend_scheme", name, schemes, PREPEND_SCHEMES, &choice))
        return false;
    *scheme = (PrependScheme)choice;
    return prefix || choice == PREPEND_NEVER ||
           tokenizer_json_fault(r, where,
                                "the prepend_scheme '%s' beside an add_prefix_space that is false", name);
}

static bool read_metaspace(PreTokenizerStep *s, const json_t *j, const JsonReader *r)
{
    s->behaviour = SPLIT_MERGED_WITH_NEXT;
    return read_mark(s, j, "replacement", "▁", r) &&
           tokenizer_json_flag(r, place, j, "split", true, &s->cut) &&
           tokenizer_metaspace_scheme(r, place, j, &s->where);
}

static bool read_split(PreTokenizerStep *s, const json_t *j, const JsonReader *r)
{
    s->pattern = tokenizer_pattern_read(r, place, json_object_get(j, "pattern"));
    return s->pattern && read_behaviour(s, j, NULL, r) &&
           tokenizer_json_flag(r, place, j, "invert", false, &s->invert);
}

static bool read_step(PreTokenizerStep *s, const json_t *j, const JsonReader *r)
{
    switch (s->kind) {
    case SPLIT_BYTE_LEVEL:
        return tokenizer_json_flag(r, place, j, "add_prefix_space", true, &s->prefix_blank) &&
               tokenizer_json_flag(r, place, j, "use_regex", true, &s->cut);
    case SPLIT_METASPACE:
        return read_metaspace(s, j, r);
    case SPLIT_DIGITS:
        return tokenizer_json_flag(r, place, j, "individual_digits", false, &s->cut);
    case SPLIT_PUNCTUATION:
        return read_behaviour(s, j, "Isolated", r);
    case SPLIT_DELIMITER:
        return read_mark(s, j, "delimiter", NULL, r);
    case SPLIT_PATTERN:
        return read_split(s, j, r);
    default:
        return true;
    }
}

static bool take(void *into, const json_t *j, const char *type, const JsonReader *r)
{
    PreTokenizer *p = into;
    int kind;
    if (!choose(r, place, "type", type, names, PRE_TOKENIZERS, &kind))
        return false;
    p->byte_level = kind == SPLIT_BYTE_LEVEL && !p->bytes;
    p->bytes = p->bytes || kind == SPLIT_BYTE_LEVEL;
    p->steps = memory_resize(p->steps, (size_t)(p->count + 1) * sizeof *p->steps);
    PreTokenizerStep *s = &p->steps[p->count++];
    *s = (PreTokenizerStep){.kind = (PreTokenizerKind)kind};
    return read_step(s, j, r);
}

bool tokenizer_pre_tokenizer_read(PreTokenizer *p, const json_t *j, const JsonReader *r)
{
    return tokenizer_json_parts(r, place, j, "pretokenizers", take, p);
}

void tokenizer_pre_tokenizer_free(PreTokenizer *p)
{
    for (int i = 0; i < p->count; i++) {
        free(p->steps[i].mark);
        tokenizer_pattern_free(p->steps[i].pattern);
    }
    free(p->steps);
    *p = (PreTokenizer){0};
}

/* ---- matches, and what becomes of them ----------------------------------------------------------- */

/* A piece of text from where the one before ends to `end`. */
typedef struct Span {
    size_t end;
    bool match;
} Span;

typedef struct Spans {
    Span *items;
    size_t count, room;
} Spans;

/* A match may be empty: it is a border. */
static void add_match(Spans *s, size_t end, bool match)
{
    if (s->count == s->room) {
        s->room = 2 * s->room + 32;
        s->items = memory_resize(s->items, s->room * sizeof *s->items);
    }
    s->items[s->count++] = (Span){end, match};
}

static void add_span(Spans *s, size_t end, bool match)
{
    if (end > (s->count ? s->items[s->count - 1].end : 0))
        add_match(s, end, match);
}

/* Whether the border after span i stays. */
static bool border_stays(const Spans *s, size_t i, SplitBehaviour behaviour)
{
    if (i + 1 == s->count)
        return true;
    bool here = s->items[i].match, next = s->items[i + 1].match;
    switch (behaviour) {
    case SPLIT_MERGED_WITH_PREVIOUS:
        return here || !next;
    case SPLIT_MERGED_WITH_NEXT:
        return !here || next;
    case SPLIT_CONTIGUOUS:
        return here != next;
    default:
        return true;
    }
}

static void deliver(const Spans *s, Piece in, SplitBehaviour behaviour, Pieces *out)
{
    size_t start = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (!border_stays(s, i, behaviour))
            continue;
        if (behaviour != SPLIT_REMOVED || !s->items[i].match)
            tokenizer_pieces_add(out, in.text + start, s->items[i].end - start, in.first && start == 0);
        start = s->items[i].end;
    }
}

/* Every character of a kind is a match of its own. */
static void match_characters(Piece in, bool (*is)(int code), Spans *s)
{
    int length;
    size_t at = 0;
    for (; at < in.size; at += (size_t)length) {
        int code = text_utf8_decode(in.text + at, in.size - at, &length);
        if (code < 0 || !is(code))
            continue;
        add_span(s, at, false);
        add_span(s, at + (size_t)length, true);
    }
    add_span(s, in.size, false);
}

static void match_string(Piece in, const char *mark, Spans *s)
{
    size_t size = strlen(mark);
    for (const char *at = in.text; (at = memmem(at, in.size - (size_t)(at - in.text), mark, size));
         at += size) {
        add_span(s, (size_t)(at - in.text), false);
        add_span(s, (size_t)(at - in.text) + size, true);
    }
    add_span(s, in.size, false);
}

static bool match_pattern(const PreTokenizerStep *p, Piece in, Spans *s, Error *e)
{
    Search search = tokenizer_search_new(p->pattern, in.text, in.size);
    int found;
    while ((found = tokenizer_search_next(&search, e)) == 1) {
        add_span(s, search.start, p->invert);
        add_match(s, search.end, !p->invert);
    }
    add_span(s, in.size, p->invert);
    tokenizer_search_free(&search);
    return found == 0;
}

/* Runs of word characters and runs of signs are words, blanks separate: \w+|[^\w\s]+ */
static void match_words(Piece in, Spans *s)
{
    int length, kind_before = -1;
    for (size_t at = 0; at < in.size; at += (size_t)length) {
        int code = text_utf8_decode(in.text + at, in.size - at, &length);
        int kind = tokenizer_is_word(code) ? 1 : tokenizer_is_white(code) ? 0 : 2;
        if (at > 0 && kind != kind_before)
            add_span(s, at, kind_before == 0);
        kind_before = kind;
    }
    add_span(s, in.size, kind_before == 0);
}

/* ---- the rules ----------------------------------------------------------------------------------- */

static Piece with_prefix(Piece in, const char *prefix, Arena *arena)
{
    size_t size = strlen(prefix);
    char *text = arena_alloc(arena, size + in.size);
    memcpy(text, prefix, size);
    memcpy(text + size, in.text, in.size);
    return (Piece){text, size + in.size, in.first};
}

/* A word in the letters of the byte alphabet. */
static Piece spell(Piece in, Arena *arena)
{
    char *text = arena_alloc(arena, 2 * in.size);
    size_t size = 0;
    for (size_t i = 0; i < in.size; i++)
        size += (size_t)text_utf8_encode(tokenizer_byte_letter((unsigned char)in.text[i]), text + size);
    return (Piece){text, size, in.first};
}

static void split_byte_level(const PreTokenizerStep *s, Piece in, bool letters, Arena *arena, Pieces *out)
{
    if (s->prefix_blank && in.text[0] != ' ')
        in = with_prefix(in, " ", arena);
    for (size_t at = 0, size; at < in.size; at += size) {
        size = s->cut ? tokenizer_gpt2_word(in.text + at, in.size - at) : in.size;
        Piece word = {in.text + at, size, in.first && at == 0};
        if (letters)
            word = spell(word, arena);
        tokenizer_pieces_add(out, word.text, word.size, word.first);
    }
}

/* Blanks become marks, so that they are part of the words, as SentencePiece does (Kudo and Richardson
 * 2018). */
static Piece mark_blanks(const PreTokenizerStep *s, Piece in, Arena *arena)
{
    size_t mark = strlen(s->mark), blanks = 0, n = 0;
    for (size_t i = 0; i < in.size; i++)
        blanks += in.text[i] == ' ';
    bool has = (in.size >= mark && memcmp(in.text, s->mark, mark) == 0) || in.text[0] == ' ';
    bool add = !has && (s->where == PREPEND_ALWAYS || (s->where == PREPEND_FIRST && in.first));
    char *text = arena_alloc(arena, in.size + (blanks + 1) * mark);
    if (add)
        n = (size_t)(stpcpy(text, s->mark) - text);
    for (size_t i = 0; i < in.size; i++) {
        if (in.text[i] == ' ') {
            memcpy(text + n, s->mark, mark);
            n += mark;
        } else
            text[n++] = in.text[i];
    }
    return (Piece){text, n, in.first};
}

static bool split_one(const PreTokenizerStep *s, Piece in, bool letters, Spans *spans, Arena *arena,
                      Pieces *out, Error *e)
{
    SplitBehaviour behaviour = s->behaviour;
    switch (s->kind) {
    case SPLIT_BYTE_LEVEL:
        split_byte_level(s, in, letters, arena, out);
        return true;
    case SPLIT_METASPACE:
        in = mark_blanks(s, in, arena);
        if (s->cut)
            match_string(in, s->mark, spans);
        else
            add_span(spans, in.size, false);
        break;
    case SPLIT_DIGITS:
        match_characters(in, tokenizer_is_number, spans);
        behaviour = s->cut ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS;
        break;
    case SPLIT_PUNCTUATION:
        match_characters(in, tokenizer_is_punctuation, spans);
        break;
    case SPLIT_DELIMITER:
        match_string(in, s->mark, spans);
        break;
    case SPLIT_WHITESPACE:
        match_words(in, spans);
        break;
    case SPLIT_PATTERN:
        if (!match_pattern(s, in, spans, e))
            return false;
        break;
    default:
        match_characters(in, tokenizer_is_white, spans);
    }
    deliver(spans, in, behaviour, out);
    return true;
}

/* BERT: at blanks, and every sign apart. */
static void split_bert(Piece in, Spans *spans, Pieces *out)
{
    Pieces words = {0};
    match_characters(in, tokenizer_is_white, spans);
    deliver(spans, in, SPLIT_REMOVED, &words);
    for (size_t i = 0; i < words.count; i++) {
        spans->count = 0;
        match_characters(words.items[i], tokenizer_is_punctuation, spans);
        deliver(spans, words.items[i], SPLIT_ISOLATED, out);
    }
    free(words.items);
}

/* letters: ByteLevel spells its words. */
static bool split_all(const PreTokenizerStep *s, const Pieces *in, bool letters, Arena *arena, Pieces *out,
                      Error *e)
{
    Spans spans = {0};
    bool good = true;
    for (size_t i = 0; good && i < in->count; i++) {
        spans.count = 0;
        if (s->kind == SPLIT_BERT)
            split_bert(in->items[i], &spans, out);
        else
            good = split_one(s, in->items[i], letters, &spans, arena, out, e);
    }
    free(spans.items);
    return good;
}

bool tokenizer_pre_tokenize(const PreTokenizer *p, Piece piece, Arena *arena, Pieces *out, Error *e)
{
    Pieces in = {0};
    bool good = true;
    tokenizer_pieces_add(p->count ? &in : out, piece.text, piece.size, piece.first);
    for (int i = 0; good && i < p->count; i++) {
        Pieces next = {0};
        bool last = i + 1 == p->count;
        good = split_all(&p->steps[i], &in, !p->byte_level, arena, last ? out : &next, e);
        free(in.items);
        in = next;
    }
    free(in.items);
    return good;
}
