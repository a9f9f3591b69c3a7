/* template.c -- the special tokens around a text: [CLS] $A [SEP], [CLS] $A [SEP] $B [SEP]. */
#include "common/tokenizer/parts.h"

#include <stdlib.h>

static const char place[] = "post_processor";

enum { ITEMS_MAX = 4096 };

typedef struct Templates {
    Template *single, *pair;
    bool done; /* one was read */
} Templates;

static void add(Template *t, int id, int type)
{
    t->items = memory_resize(t->items, (size_t)(t->count + 1) * sizeof *t->items);
    t->items[t->count++] = (TemplateItem){id, type};
}

/* {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}, under that name */
static bool add_special(Template *t, const json_t *specials, const char *name, int type,
                        const JsonReader *r)
{
    const json_t *ids = json_object_get(json_object_get(specials, name), "ids"), *id;
    size_t i;
    if (!json_is_array(ids))
        return tokenizer_json_fault(r, place, "special_tokens: '%s': ids: expected a list", name);
    json_array_foreach(ids, i, id)
    {
        json_int_t value = json_integer_value(id);
        if (!json_is_integer(id) || value < 0 || value >= TOKENIZER_ID_MAX)
            return tokenizer_json_fault(r, place, "special_tokens: '%s': expected numbers of tokens", name);
        if (t->count == ITEMS_MAX)
            return tokenizer_json_fault(r, place, "a template of more than %d tokens", ITEMS_MAX);
        add(t, (int)value, type);
    }
    return true;
}

/* {"SpecialToken": {"id": "[CLS]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}} */
static bool add_item(Template *t, const json_t *item, const json_t *specials, const JsonReader *r)
{
    const json_t *special = json_object_get(item, "SpecialToken"),
                 *sequence = json_object_get(item, "Sequence");
    const json_t *inner = special ? special : sequence;
    const char *name;
    int type;
    if (!inner)
        return tokenizer_json_fault(r, place, "a template: expected SpecialToken or Sequence");
    if (!tokenizer_json_string(r, place, inner, "id", NULL, &name) ||
        !tokenizer_json_int(r, place, inner, "type_id", 0, 1000000, 0, &type))
        return false;
    if (special)
        return add_special(t, specials, name, type, r);
    if (strcmp(name, "A") != 0 && strcmp(name, "B") != 0)
        return tokenizer_json_fault(r, place, "a template: expected the sequence A or B, not '%s'", name);
    add(t, name[0] == 'A' ? TEMPLATE_A : TEMPLATE_B, type);
    return true;
}

static bool read_list(Template *t, const json_t *j, const char *key, const JsonReader *r)
{
    const json_t *list = json_object_get(j, key), *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > ITEMS_MAX)
        return tokenizer_json_fault(r, place, "%s: expected a list of at most %d parts", key, ITEMS_MAX);
    json_array_foreach(list, i, item)
    {
        if (!add_item(t, item, json_object_get(j, "special_tokens"), r))
            return false;
    }
    return true;
}

/* ["[SEP]", 102] */
static bool read_pair(const json_t *j, const char *key, int *id, const JsonReader *r)
{
    const json_t *list = json_object_get(j, key), *number = json_array_get(list, 1);
    json_int_t value = json_integer_value(number);
    if (json_array_size(list) != 2 || !json_is_integer(number) || value < 0 || value >= TOKENIZER_ID_MAX)
        return tokenizer_json_fault(r, place, "%s: expected [\"token\", number]", key);
    *id = (int)value;
    return true;
}

static void add_enclosed(Template *t, int cls, int sep)
{
    add(t, cls, 0);
    add(t, TEMPLATE_A, 0);
    add(t, sep, 0);
}

/* BERT: [CLS] A [SEP], and B [SEP] of type 1. RoBERTa: <s> A </s>, and </s> B </s>, all of type 0. */
static bool read_fixed(Templates *t, const json_t *j, bool roberta, const JsonReader *r)
{
    int cls = 0, sep = 0, second = roberta ? 0 : 1;
    if (!read_pair(j, "cls", &cls, r) || !read_pair(j, "sep", &sep, r))
        return false;
    add_enclosed(t->single, cls, sep);
    add_enclosed(t->pair, cls, sep);
    if (roberta)
        add(t->pair, sep, 0);
    add(t->pair, TEMPLATE_B, second);
    add(t->pair, sep, second);
    return true;
}

static bool take(void *into, const json_t *j, const char *type, const JsonReader *r)
{
    Templates *t = into;
    bool bert = strcmp(type, "BertProcessing") == 0, roberta = strcmp(type, "RobertaProcessing") == 0;
    if (strcmp(type, "ByteLevel") == 0) /* concerns offsets alone */
        return true;
    if (!bert && !roberta && strcmp(type, "TemplateProcessing") != 0)
        return tokenizer_json_fault(r, place, "the type '%s' is not known", type);
    if (t->done)
        return tokenizer_json_fault(r, place, "'%s': a second template", type);
    t->done = true;
    if (bert || roberta)
        return read_fixed(t, j, roberta, r);
    return read_list(t->single, j, "single", r) && read_list(t->pair, j, "pair", r);
}

bool tokenizer_template_read(Template *single, Template *pair, const json_t *j, const JsonReader *r)
{
    Templates t = {single, pair, false};
    if (!tokenizer_json_parts(r, place, j, "processors", take, &t))
        return false;
    if (t.done)
        return true;
    add(single, TEMPLATE_A, 0);
    add(pair, TEMPLATE_A, 0);
    add(pair, TEMPLATE_B, 1);
    return true;
}

/* ---- use -------------------------------------------------------------------------------------------- */

size_t tokenizer_template_added(const Template *t)
{
    size_t count = 0;
    for (int i = 0; i < t->count; i++)
        count += t->items[i].id >= 0;
    return count;
}

static void add_sequence(TokenList *out, const TokenList *from, int type)
{
    for (size_t i = 0; i < from->count; i++)
        tokenizer_tokens_add(out, from->ids[i], type);
}

void tokenizer_template_fill(const Template *t, const TokenList *a, const TokenList *b, bool special,
                             TokenList *out)
{
    for (int i = 0; i < t->count; i++) {
        TemplateItem item = t->items[i];
        if (item.id == TEMPLATE_A)
            add_sequence(out, a, item.type);
        else if (item.id == TEMPLATE_B)
            add_sequence(out, b, item.type);
        else if (special)
            tokenizer_tokens_add(out, item.id, item.type);
    }
}
