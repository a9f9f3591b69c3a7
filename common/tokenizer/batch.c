/* batch.c -- texts of different lengths in one rectangle: what is too long is cut, what is too short is
 * filled up.
 *
 * The special tokens of the template count towards the length and are never cut: the texts share what
 * the template leaves. */
#include "common/tokenizer/parts.h"

#include <limits.h>
#include <stdlib.h>

/* ---- reading ------------------------------------------------------------------------------------- */

static bool read_left(const json_t *j, const char *place, bool *left, const JsonReader *r)
{
    const char *side;
    if (!tokenizer_json_string(r, place, j, "direction", "Right", &side))
        return false;
    *left = strcmp(side, "Left") == 0;
    return *left || strcmp(side, "Right") == 0 ||
           tokenizer_json_fault(r, place, "direction: expected Left or Right, not '%.32s'", side);
}

static bool read_truncation(TokenizerTruncation *cut, const json_t *j, const JsonReader *r)
{
    static const char place[] = "truncation", *const names[] = {[TOKENIZER_LONGEST_FIRST] = "LongestFirst",
                                                                [TOKENIZER_ONLY_FIRST] = "OnlyFirst",
                                                                [TOKENIZER_ONLY_SECOND] = "OnlySecond"};
    const char *strategy;
    int stride; /* how far windows overlap, of which only the first is made here */
    if (!json_is_object(j))
        return tokenizer_json_fault(r, place, "expected an object or null");
    if (!tokenizer_json_int(r, place, j, "max_length", 0, INT_MAX, -1, &cut->max) ||
        !tokenizer_json_int(r, place, j, "stride", 0, INT_MAX, 0, &stride) ||
        !tokenizer_json_string(r, place, j, "strategy", "LongestFirst", &strategy) ||
        !read_left(j, place, &cut->left, r))
        return false;
    for (int i = 0; i < 3; i++) {
        if (strcmp(strategy, names[i]) == 0) {
            cut->strategy = (TokenizerStrategy)i;
            return true;
        }
    }
    return tokenizer_json_fault(r, place, "the strategy '%.32s' is not known", strategy);
}

/* "BatchLongest" or {"Fixed": 128} */
static bool read_length(const json_t *j, const char *place, int *length, const JsonReader *r)
{
    const json_t *strategy = json_object_get(j, "strategy");
    const char *name = json_string_value(strategy);
    *length = 0;
    if (json_is_object(strategy))
        return tokenizer_json_int(r, place, strategy, "Fixed", 0, INT_MAX, -1, length);
    return (name && strcmp(name, "BatchLongest") == 0) ||
           tokenizer_json_fault(r, place, "strategy: expected BatchLongest or {\"Fixed\": N}");
}

static bool read_padding(TokenizerPadding *fill, const json_t *j, const JsonReader *r)
{
    static const char place[] = "padding";
    if (!json_is_object(j))
        return tokenizer_json_fault(r, place, "expected an object or null");
    return read_length(j, place, &fill->length, r) &&
           tokenizer_json_int(r, place, j, "pad_to_multiple_of", 0, INT_MAX, 0, &fill->multiple) &&
           tokenizer_json_int(r, place, j, "pad_id", 0, TOKENIZER_ID_MAX - 1, 0, &fill->id) &&
           tokenizer_json_int(r, place, j, "pad_type_id", 0, INT_MAX, 0, &fill->type) &&
           read_left(j, place, &fill->left, r);
}

bool tokenizer_batch_read(Tokenizer *t, const json_t *root, const JsonReader *r)
{
    const json_t *cut = json_object_get(root, "truncation"), *fill = json_object_get(root, "padding");
    t->truncation = (TokenizerTruncation){.max = 512};
    t->has_truncation = cut && !json_is_null(cut);
    t->has_padding = fill && !json_is_null(fill);
    return (!t->has_truncation || read_truncation(&t->truncation, cut, r)) &&
           (!t->has_padding || read_padding(&t->padding, fill, r));
}

bool tokenizer_truncation(const Tokenizer *t, TokenizerTruncation *cut)
{
    *cut = t->truncation;
    return t->has_truncation;
}

bool tokenizer_padding(const Tokenizer *t, TokenizerPadding *fill)
{
    *fill = t->padding;
    return t->has_padding;
}

/* ---- cutting ------------------------------------------------------------------------------------- */

static void keep(TokenList *list, size_t max, bool left)
{
    size_t gone = list->count > max ? list->count - max : 0;
    if (left && gone > 0)
        memmove(list->ids, list->ids + gone,
                max * sizeof *list->ids); /* the types come from the template */
    list->count -= gone;
}

/* The shorter text keeps up to half of the room, and the longer one what the shorter leaves. */
static void cut_longest(TokenList *a, TokenList *b, size_t room, bool left)
{
    TokenList *shorter = a->count > b->count ? b : a, *longer = shorter == a ? b : a;
    keep(shorter, room / 2, left);
    keep(longer, room - shorter->count, left);
}

static bool cut_one(TokenList *list, size_t gone, const char *which, bool left, Error *e)
{
    if (list->count <= gone)
        return error_set(e, "the %s text has %zu tokens, and %zu have to go", which, list->count, gone);
    keep(list, list->count - gone, left);
    return true;
}

static bool cut_both(TokenList *a, TokenList *b, size_t room, const TokenizerTruncation *cut, Error *e)
{
    size_t all = a->count + b->count;
    if (all <= room)
        return true;
    if (cut->strategy == TOKENIZER_ONLY_FIRST && room > 0)
        return cut_one(a, all - room, "first", cut->left, e);
    if (cut->strategy == TOKENIZER_ONLY_SECOND && room > 0)
        return cut_one(b, all - room, "second", cut->left, e);
    cut_longest(a, b, room, cut->left);
    return true;
}

/* What was found first stays the first. */
static void add_dropped(TokensDropped *to, const TokensDropped *from)
{
    size_t count = to->count + from->count;
    if (to->count == 0)
        *to = *from;
    to->count = count;
}

bool tokenizer_encode_cut(const Tokenizer *t, const char *a, size_t a_size, const char *b, size_t b_size,
                          bool special, const TokenizerTruncation *cut, TokenList *out, Error *e)
{
    const Template *template = b ? &t->pair : &t->single;
    TokenList first = {0}, second = {0};
    size_t added = special ? tokenizer_template_added(template) : 0,
           max = cut ? (size_t)cut->max : SIZE_MAX;
    bool good = tokenizer_encode_alone(t, a, a_size, &first, e) &&
                (!b || tokenizer_encode_alone(t, b, b_size, &second, e));
    if (good && max < added)
        good = error_set(e, "expected to keep at least the %zu special tokens, not %zu", added, max);
    if (good && cut)
        good = cut_both(&first, &second, max - added, cut, e);
    if (good)
        tokenizer_template_fill(template, &first, &second, special, out);
    add_dropped(&out->dropped, &first.dropped);
    add_dropped(&out->dropped, &second.dropped);
    tokenizer_tokens_free(&first);
    tokenizer_tokens_free(&second);
    return good;
}

/* ---- filling up ---------------------------------------------------------------------------------- */

static size_t length_of(const TokenList *lists, int count, const TokenizerPadding *fill)
{
    size_t length = (size_t)fill->length, multiple = (size_t)fill->multiple;
    for (int i = 0; i < count; i++)
        length = lists[i].count > length ? lists[i].count : length;
    return multiple > 0 ? (length + multiple - 1) / multiple * multiple : length;
}

static void fill_row(TokenBatch *b, int row, const TokenList *list, const TokenizerPadding *fill)
{
    size_t length = (size_t)b->length, at = (size_t)row * length;
    size_t start = fill->left ? length - list->count : 0;
    for (size_t i = 0; i < length; i++) {
        bool token = i >= start && i - start < list->count;
        b->ids[at + i] = token ? list->ids[i - start] : fill->id;
        b->types[at + i] = token ? list->types[i - start] : fill->type;
        b->mask[at + i] = token;
    }
}

bool tokenizer_batch_fill(const TokenList *lists, int count, const TokenizerPadding *fill, TokenBatch *out,
                          Error *e)
{
    size_t length = length_of(lists, count, fill), size = (size_t)count * length;
    if (length > INT_MAX || (length > 0 && size / length != (size_t)count) || size > (size_t)1 << 30)
        return error_set(e, "%d texts of %zu tokens each do not fit into a batch", count, length);
    *out = (TokenBatch){.count = count,
                        .length = (int)length,
                        .ids = memory_new((size + 1) * sizeof(int)),
                        .types = memory_new((size + 1) * sizeof(int)),
                        .mask = memory_new((size + 1) * sizeof(int))};
    for (int i = 0; i < count; i++)
        fill_row(out, i, &lists[i], fill);
    return true;
}

void tokenizer_batch_free(TokenBatch *b)
{
    free(b->ids);
    free(b->types);
    free(b->mask);
    *b = (TokenBatch){0};
}

bool tokenizer_encode_batch(const Tokenizer *t, const char *const *texts, const char *const *seconds,
                            int count, bool special, const TokenizerTruncation *cut,
                            const TokenizerPadding *fill, TokenBatch *out, Error *e)
{
    TokenList *lists = memory_zero((size_t)count + 1, sizeof *lists);
    bool good = true;
    if (!tokenizer_vocabulary_has(&t->vocabulary, fill->id))
        good = error_set(e, "%d, which is to fill up, is not the number of a token", fill->id);
    for (int i = 0; good && i < count; i++) {
        const char *second = seconds ? seconds[i] : NULL;
        good = tokenizer_encode_cut(t, texts[i], strlen(texts[i]), second, second ? strlen(second) : 0,
                                    special, cut, &lists[i], e);
    }
    good = good && tokenizer_batch_fill(lists, count, fill, out, e);
    for (int i = 0; i < count; i++)
        tokenizer_tokens_free(&lists[i]);
    free(lists);
    return good;
}
