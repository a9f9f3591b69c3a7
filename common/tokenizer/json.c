/* json.c -- reading tokenizer.json; save.c writes it.
 *
 * The vocabulary and the merges go into tables, every part of the pipeline
 * reads its own description, and all that is not vocabulary or merges is kept
 * as it stands, to be written back. A file is not trusted: every number
 * is checked before it is used, and depth and counts have limits. */
#include "common/tokenizer/parts.h"

#include "common/base/file.h"
#include "common/tokenizer/json_words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS_MAX = 64, DEPTH_MAX = 8 };

/* ---- values -------------------------------------------------------------------------------------- */

bool tokenizer_json_fault(const JsonReader *r, const char *place, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(r->e, "%s: %s: %s", r->path, place, text);
}

static const json_t *member(const json_t *o, const char *key)
{
    const json_t *j = json_object_get(o, key);
    return json_is_null(j) ? NULL : j;
}

bool tokenizer_json_flag(const JsonReader *r, const char *place, const json_t *o, const char *key,
                         bool otherwise, bool *value)
{
    const json_t *j = member(o, key);
    *value = j ? json_is_true(j) : otherwise;
    return !j || json_is_boolean(j) || tokenizer_json_fault(r, place, "%s: expected true or false", key);
}

bool tokenizer_json_string(const JsonReader *r, const char *place, const json_t *o, const char *key,
                           const char *otherwise, const char **value)
{
    const json_t *j = member(o, key);
    *value = j ? json_string_value(j) : otherwise;
    return *value || tokenizer_json_fault(r, place, "%s: expected a string", key);
}

bool tokenizer_json_int(const JsonReader *r, const char *place, const json_t *o, const char *key, int min,
                        int max, int otherwise, int *value)
{
    const json_t *j = member(o, key);
    json_int_t number = j ? json_integer_value(j) : otherwise;
    if ((j && !json_is_integer(j)) || number < min || number > max)
        return tokenizer_json_fault(r, place, "%s: expected a whole number from %d to %d", key, min, max);
    *value = (int)number;
    return true;
}

typedef struct PartReader {
    const JsonReader *r;
    const char *place, *key;
    TakePart *take;
    void *into;
    int taken;
} PartReader;

static bool read_parts(PartReader *p, const json_t *j, int depth)
{
    const char *type;
    const json_t *list, *part;
    size_t i;
    if (!json_is_object(j))
        return tokenizer_json_fault(p->r, p->place, "expected an object or null");
    if (!tokenizer_json_string(p->r, p->place, j, "type", NULL, &type))
        return false;
    if (strcmp(type, "Sequence") != 0)
        return ++p->taken > PARTS_MAX
                   ? tokenizer_json_fault(p->r, p->place, "more than %d parts", PARTS_MAX)
                   : p->take(p->into, j, type, p->r);
    list = json_object_get(j, p->key);
    if (!json_is_array(list))
        return tokenizer_json_fault(p->r, p->place, "Sequence: %s: expected a list", p->key);
    if (depth == DEPTH_MAX)
        return tokenizer_json_fault(p->r, p->place, "a Sequence in more than %d others", DEPTH_MAX);
    json_array_foreach(list, i, part)
    {
        if (!read_parts(p, part, depth + 1))
            return false;
    }
    return true;
}

bool tokenizer_json_parts(const JsonReader *r, const char *place, const json_t *j, const char *key,
                          TakePart *take, void *into)
{
    PartReader p = {r, place, key, take, into, 0};
    return !j || json_is_null(j) || read_parts(&p, j, 0);
}

/* ---- the vocabulary ------------------------------------------------------------------------------ */

static bool put(Tokenizer *t, const char *text, size_t size, int id, const JsonReader *r, const char *place)
{
    if (tokenizer_vocabulary_has(&t->vocabulary, id))
        return tokenizer_json_fault(r, place, "'%.80s' and '%.80s' have the same number, %d", text,
                                    t->vocabulary.text[id], id);
    tokenizer_vocabulary_put(&t->vocabulary, text, size, id);
    return true;
}

/* {"a": 0, "b": 1} */
static bool read_vocabulary(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    json_t *list = json_object_get(model, "vocab"), *value;
    const char *key;
    if (r->lists)
        return tokenizer_list_vocabulary(&r->lists->vocabulary, &t->vocabulary);
    if (json_object_size(list) == 0)
        return tokenizer_json_fault(r, "vocab", "expected an object that is not empty");
    json_object_foreach(list, key, value)
    {
        json_int_t id = json_integer_value(value);
        if (!json_is_integer(value) || id < 0 || id >= TOKENIZER_ID_MAX)
            return tokenizer_json_fault(r, "vocab", "'%.80s': expected a number from 0 to %d", key,
                                        TOKENIZER_ID_MAX - 1);
        if (!put(t, key, strlen(key), (int)id, r, "vocab"))
            return false;
    }
    return true;
}

/* [["a", -2.5], ["b", -3.25]] */
static bool read_scored(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    const json_t *list = json_object_get(model, "vocab"), *item;
    size_t i, count = json_array_size(list);
    if (r->lists)
        return tokenizer_list_scored(&r->lists->vocabulary, &t->vocabulary, &t->unigram.score);
    if (count == 0 || count > TOKENIZER_ID_MAX)
        return tokenizer_json_fault(r, "vocab", "expected a list of 1 to %d pairs", TOKENIZER_ID_MAX);
    t->unigram.score = memory_zero(count, sizeof *t->unigram.score);
    json_array_foreach(list, i, item)
    {
        const json_t *text = json_array_get(item, 0), *score = json_array_get(item, 1);
        if (json_array_size(item) != 2 || !json_is_string(text) || !json_is_number(score) ||
            !isfinite(json_number_value(score)))
            return tokenizer_json_fault(r, "vocab", "entry %zu: expected [\"token\", score]", i);
        t->unigram.score[i] = json_number_value(score);
        tokenizer_vocabulary_put(&t->vocabulary, json_string_value(text), json_string_length(text), (int)i);
    }
    return true;
}

/* ---- BPE ----------------------------------------------------------------------------------------- */

/* The two halves of "a b". */
static bool cut_in_two(Piece merge, Piece *left, Piece *right)
{
    const char *blank = memchr(merge.text, ' ', merge.size), *end = merge.text + merge.size;
    if (!blank || memchr(blank + 1, ' ', (size_t)(end - blank - 1)))
        return false;
    *left = (Piece){merge.text, (size_t)(blank - merge.text), false};
    *right = (Piece){blank + 1, (size_t)(end - blank - 1), false};
    return true;
}

/* Those of "a b" or ["a", "b"]. */
static bool halves(const json_t *merge, Piece *left, Piece *right)
{
    const json_t *a = json_array_get(merge, 0), *b = json_array_get(merge, 1);
    if (json_is_array(merge)) {
        if (json_array_size(merge) != 2 || !json_is_string(a) || !json_is_string(b))
            return false;
        *left = (Piece){json_string_value(a), json_string_length(a), false};
        *right = (Piece){json_string_value(b), json_string_length(b), false};
        return true;
    }
    return json_is_string(merge) &&
           cut_in_two((Piece){json_string_value(merge), json_string_length(merge), false}, left, right);
}

/* What the two become: the right one loses the mark for the inside of a word. -1 if there is no such
 * token. */
static int joined(const Tokenizer *t, Piece left, Piece right, Bytes *name)
{
    size_t prefix = strlen(t->bpe.prefix);
    if (right.size < prefix || memcmp(right.text, t->bpe.prefix, prefix) != 0)
        return -1;
    name->size = 0;
    tokenizer_bytes_add(name, left.text, left.size);
    tokenizer_bytes_add(name, right.text + prefix, right.size - prefix);
    return tokenizer_vocabulary_find(&t->vocabulary, name->at, name->size);
}

/* Bytes of a piece that a message shows. */
static int shown(Piece p)
{
    return p.size < 60 ? (int)p.size : 60;
}

/* NULL, or what is wrong with the merge. */
static const char *add_merge(Tokenizer *t, Piece left, Piece right, Bytes *name)
{
    int a = tokenizer_vocabulary_find(&t->vocabulary, left.text, left.size);
    int b = tokenizer_vocabulary_find(&t->vocabulary, right.text, right.size);
    if (left.size == 0 || right.size == 0 || a < 0 || b < 0)
        return "one of them is not in the vocabulary";
    int to = joined(t, left, right, name);
    if (to < 0)
        return "what they make is not in the vocabulary";
    return tokenizer_bpe_add_merge(&t->bpe, a, b, to) ? NULL : "the pair occurs twice";
}

static bool read_merge(Tokenizer *t, const json_t *merge, size_t i, Bytes *name, const JsonReader *r)
{
    char place[48];
    Piece left, right;
    snprintf(place, sizeof place, "merges: entry %zu", i);
    if (!halves(merge, &left, &right))
        return tokenizer_json_fault(r, place, "expected \"a b\" or [\"a\", \"b\"]");
    const char *wrong = add_merge(t, left, right, name);
    return !wrong || tokenizer_json_fault(r, place, "'%.*s' and '%.*s': %s", shown(left), left.text,
                                          shown(right), right.text, wrong);
}

/* "a b" or ["a", "b"], as the text has it. */
static bool read_merge_text(Tokenizer *t, JsonText *j, Bytes room[3])
{
    Piece left, right, both;
    if (!tokenizer_list_sign(j, '['))
        return tokenizer_list_string(j, &both, &room[0]) && cut_in_two(both, &left, &right) &&
               !add_merge(t, left, right, &room[2]);
    return tokenizer_list_string(j, &left, &room[0]) && tokenizer_list_sign(j, ',') &&
           tokenizer_list_string(j, &right, &room[1]) && tokenizer_list_sign(j, ']') &&
           !add_merge(t, left, right, &room[2]);
}

static bool read_merges_text(Tokenizer *t, JsonText *j)
{
    Bytes room[3] = {{0}};
    bool good = tokenizer_list_sign(j, '[');
    if (good && tokenizer_list_sign(j, ']'))
        return true;
    do {
        good = good && read_merge_text(t, j, room);
    } while (good && tokenizer_list_sign(j, ','));
    for (int i = 0; i < 3; i++)
        free(room[i].at);
    return good && tokenizer_list_sign(j, ']');
}

static bool read_merges(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    const json_t *list = json_object_get(model, "merges"), *merge;
    Bytes name = {0};
    size_t i;
    if (r->lists)
        return read_merges_text(t, &r->lists->merges);
    bool good = json_is_array(list) || tokenizer_json_fault(r, "merges", "expected a list");
    json_array_foreach(list, i, merge)
    {
        good = good && read_merge(t, merge, i, &name, r);
        if (!good)
            break;
    }
    free(name.at);
    return good;
}

static bool read_affix(const json_t *model, const char *key, char **affix, const JsonReader *r)
{
    const char *text;
    if (!tokenizer_json_string(r, "model", model, key, "", &text))
        return false;
    *affix = memory_string(text);
    return strlen(text) <= TOKENIZER_AFFIX_MAX ||
           tokenizer_json_fault(r, "model", "%s: longer than %d bytes", key, TOKENIZER_AFFIX_MAX);
}

/* The id of the unknown token, -1 if it is null. */
static bool read_unknown(const Tokenizer *t, const json_t *model, const char *otherwise, int *id,
                         const JsonReader *r)
{
    const char *text;
    if (!tokenizer_json_string(r, "model", model, "unk_token", otherwise, &text))
        return false;
    *id = text[0] ? tokenizer_id(t, text) : -1;
    return *id >= 0 || !text[0] ||
           tokenizer_json_fault(r, "model", "unk_token: '%.80s' is not in the vocabulary", text);
}

static bool read_bpe(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    Bpe *b = &t->bpe;
    const json_t *dropout = member(model, "dropout");
    if (dropout && json_number_value(dropout) != 0)
        return tokenizer_json_fault(r, "model", "dropout: only null is supported");
    if (!read_affix(model, "continuing_subword_prefix", &b->prefix, r) ||
        !read_affix(model, "end_of_word_suffix", &b->suffix, r) ||
        !tokenizer_json_flag(r, "model", model, "fuse_unk", false, &b->fuse_unknown) ||
        !tokenizer_json_flag(r, "model", model, "byte_fallback", false, &b->byte_fallback) ||
        !tokenizer_json_flag(r, "model", model, "ignore_merges", false, &b->ignore_merges))
        return false;
    if (b->prefix[0] || b->byte_fallback) /* these are looked for among the letters of the byte alphabet */
        t->pre_tokenizer.byte_level = false;
    b->byte_level = t->pre_tokenizer.byte_level;
    if (!read_vocabulary(t, model, r) || !read_unknown(t, model, "", &b->unknown, r) ||
        !read_merges(t, model, r))
        return false;
    tokenizer_bpe_prepare(b, &t->vocabulary);
    return true;
}

/* ---- WordPiece, Unigram -------------------------------------------------------------------------- */

static bool read_wordpiece(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    WordPiece *w = &t->wordpiece;
    const char *prefix;
    if (!tokenizer_json_string(r, "model", model, "continuing_subword_prefix", "##", &prefix) ||
        !tokenizer_json_int(r, "model", model, "max_input_chars_per_word", 1, 1000000, 100, &w->max) ||
        !read_vocabulary(t, model, r) || !read_unknown(t, model, "[UNK]", &w->unknown, r))
        return false;
    w->prefix = memory_string(prefix);
    tokenizer_wordpiece_prepare(w, &t->vocabulary);
    return true;
}

static bool read_unigram(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    Unigram *u = &t->unigram;
    if (!read_scored(t, model, r) ||
        !tokenizer_json_int(r, "model", model, "unk_id", -1, t->vocabulary.count - 1, -1, &u->unknown) ||
        !tokenizer_json_flag(r, "model", model, "byte_fallback", false, &u->byte_fallback))
        return false;
    tokenizer_unigram_prepare(u, &t->vocabulary);
    return true;
}

/* The unknown token need not be there until a word is unknown. */
static bool read_wordlevel(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    const char *unknown;
    if (!tokenizer_json_string(r, "model", model, "unk_token", "<unk>", &unknown) ||
        !read_vocabulary(t, model, r))
        return false;
    t->wordlevel.unknown = tokenizer_id(t, unknown);
    tokenizer_wordlevel_prepare(&t->wordlevel, &t->vocabulary);
    return true;
}

/* Files of before 2020 do not say which model it is. */
static const char *guess_type(const json_t *model)
{
    return json_is_array(json_object_get(model, "merges"))       ? "BPE"
           : json_is_array(json_object_get(model, "vocab"))      ? "Unigram"
           : json_object_get(model, "continuing_subword_prefix") ? "WordPiece"
                                                                 : "WordLevel";
}

static bool read_model(Tokenizer *t, const json_t *model, const JsonReader *r)
{
    const char *type;
    if (!json_is_object(model))
        return tokenizer_json_fault(r, "model", "expected an object");
    if (!tokenizer_json_string(r, "model", model, "type", guess_type(model), &type))
        return false;
    if (strcmp(type, "BPE") == 0) {
        t->model = TOKENIZER_BPE;
        return read_bpe(t, model, r);
    }
    t->pre_tokenizer.byte_level = false; /* the other models read its letters */
    if (strcmp(type, "WordLevel") == 0) {
        t->model = TOKENIZER_WORDLEVEL;
        return read_wordlevel(t, model, r);
    }
    if (strcmp(type, "WordPiece") == 0) {
        t->model = TOKENIZER_WORDPIECE;
        return read_wordpiece(t, model, r);
    }
    t->model = TOKENIZER_UNIGRAM;
    return strcmp(type, "Unigram") == 0
               ? read_unigram(t, model, r)
               : tokenizer_json_fault(r, "model", "the type '%s' is not known", type);
}

/* ---- added tokens -------------------------------------------------------------------------------- */

static bool read_added(Tokenizer *t, const json_t *j, const JsonReader *r)
{
    static const char place[] = "added_tokens";
    AddedToken a = {0};
    const char *content;
    if (!json_is_object(j))
        return tokenizer_json_fault(r, place, "expected objects");
    if (!tokenizer_json_string(r, place, j, "content", NULL, &content) ||
        !tokenizer_json_int(r, place, j, "id", 0, TOKENIZER_ID_MAX - 1, -1, &a.id) ||
        !tokenizer_json_flag(r, place, j, "special", false, &a.special) ||
        !tokenizer_json_flag(r, place, j, "single_word", false, &a.single_word) ||
        !tokenizer_json_flag(r, place, j, "lstrip", false, &a.left) ||
        !tokenizer_json_flag(r, place, j, "rstrip", false, &a.right) ||
        !tokenizer_json_flag(r, place, j, "normalized", !a.special, &a.normalized))
        return false;
    int found = tokenizer_id(t, content);
    if (!content[0])
        return tokenizer_json_fault(r, place, "token %d is empty", a.id);
    if (found >= 0)
        a.id = found;
    else if (tokenizer_vocabulary_has(&t->vocabulary, a.id))
        a.id = t->vocabulary.count;
    if (found < 0)
        tokenizer_vocabulary_put(&t->vocabulary, content, strlen(content), a.id);
    a.needle = memory_string(content);
    a.size = strlen(content);
    t->added[t->added_count++] = a;
    return true;
}

static bool read_all_added(Tokenizer *t, const json_t *list, const JsonReader *r)
{
    const json_t *j;
    size_t i;
    int model_count = t->vocabulary.count;
    unsigned char *in_model = memory_zero((size_t)model_count + 1, 1);
    for (int id = 0; id < model_count; id++)
        in_model[id] = t->vocabulary.text[id] ? TOKEN_IN_MODEL : 0;
    bool good = !list || json_is_null(list) || json_is_array(list) ||
                tokenizer_json_fault(r, "added_tokens", "expected a list");
    t->added = memory_new((json_array_size(list) + 1) * sizeof *t->added);
    json_array_foreach(list, i, j)
    {
        good = good && read_added(t, j, r);
    }
    t->flags = memory_zero((size_t)t->vocabulary.count + 1, 1);
    memcpy(t->flags, in_model, (size_t)model_count);
    for (int k = 0; k < t->added_count; k++)
        t->flags[t->added[k].id] |= TOKEN_ADDED | (t->added[k].special ? TOKEN_SPECIAL : 0);
    free(in_model);
    return good;
}

/* ---- the whole file ------------------------------------------------------------------------------ */

static bool check_template(const Tokenizer *t, const Template *template, const JsonReader *r)
{
    for (int i = 0; i < template->count; i++) {
        int id = template->items[i].id;
        if (id >= 0 && !tokenizer_vocabulary_has(&t->vocabulary, id))
            return tokenizer_json_fault(r, "post_processor", "%d is not the number of a token", id);
    }
    return true;
}

static bool read_all(Tokenizer *t, json_t *root, const JsonReader *r)
{
    if (!json_is_object(root))
        return error_set(r->e, "%s: expected an object at the top", r->path);
    if (!tokenizer_normalizer_read(&t->normalizer, json_object_get(root, "normalizer"), r) ||
        !tokenizer_pre_tokenizer_read(&t->pre_tokenizer, json_object_get(root, "pre_tokenizer"), r) ||
        !read_model(t, json_object_get(root, "model"), r) ||
        !read_all_added(t, json_object_get(root, "added_tokens"), r) ||
        !tokenizer_template_read(&t->single, &t->pair, json_object_get(root, "post_processor"), r) ||
        !tokenizer_decoder_read(&t->decoder, json_object_get(root, "decoder"), r) ||
        !check_template(t, &t->single, r) || !check_template(t, &t->pair, r) ||
        !tokenizer_batch_read(t, root, r))
        return false;
    return tokenizer_find_added(t, r->e);
}

static Tokenizer *read_root(json_t *root, const JsonReader *r)
{
    Tokenizer *t = memory_zero(1, sizeof *t);
    t->file = root;
    if (!read_all(t, root, r)) {
        tokenizer_free(t);
        return NULL;
    }
    json_t *model = json_object_get(root, "model");
    json_object_del(model, "vocab");
    json_object_del(model, "merges");
    return t;
}

Tokenizer *tokenizer_from(json_t *root, const char *name, Error *e)
{
    return read_root(root, &(JsonReader){name, e, NULL});
}

static bool is_read(JsonText *list)
{
    tokenizer_list_skip(list);
    return list->at == list->end;
}

/* With the lists from the text: NULL, without a message, if anything is not plain. */
static Tokenizer *parse_plain(const char *json, size_t size)
{
    Error unused;
    Bytes rest = {0};
    JsonLists lists = {{NULL, NULL}, {NULL, NULL}};
    json_t *root = tokenizer_lists_cut(json, size, &lists, &rest)
                       ? json_loadb(rest.at, rest.size, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    Tokenizer *t = root ? read_root(root, &(JsonReader){"", &unused, &lists}) : NULL;
    free(rest.at);
    if (t && is_read(&lists.vocabulary) && is_read(&lists.merges))
        return t;
    tokenizer_free(t);
    return NULL;
}

Tokenizer *tokenizer_parse_tree(const char *json, size_t size, const char *name, Error *e)
{
    json_error_t fault;
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &fault);
    if (!root)
        error_set(e, "%s: line %d: not JSON: %s", name, fault.line, tokenizer_json_words(&fault));
    return root ? tokenizer_from(root, name, e) : NULL;
}

Tokenizer *tokenizer_parse(const char *json, size_t size, const char *name, Error *e)
{
    Tokenizer *t = parse_plain(json, size);
    return t ? t : tokenizer_parse_tree(json, size, name, e);
}

Tokenizer *tokenizer_load(const char *path, Error *e)
{
    size_t size;
    char *text = file_read(path, &size, e);
    Tokenizer *t = text ? tokenizer_parse(text, size, path, e) : NULL;
    free(text);
    return t;
}
