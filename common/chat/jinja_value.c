/* jinja_value.c -- values: Python's, as far as templates need them. */
#include "common/chat/parts.h"

#include "common/text/utf8.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Value chat_value_text(const char *text, size_t size)
{
    return (Value){.kind = VALUE_STRING, .text = text, .size = size};
}

Value chat_value_string(const char *text)
{
    return chat_value_text(text, strlen(text));
}

Value chat_value_int(long long whole)
{
    return (Value){.kind = VALUE_INT, .whole = whole};
}

Value chat_value_bool(bool truth)
{
    return (Value){.kind = VALUE_BOOL, .truth = truth};
}

Value chat_value_list(RunState *r, int count)
{
    List *list = arena_alloc(r->arena, sizeof *list);
    *list = (List){arena_alloc(r->arena, sizeof(Value) * ((size_t)count + 1)), count};
    for (int i = 0; i < count; i++)
        list->items[i] = (Value){.kind = VALUE_UNDEFINED, .text = "", .size = 0};
    return (Value){.kind = VALUE_LIST, .list = list};
}

Value chat_value_dict(RunState *r)
{
    Dict *dict = arena_alloc(r->arena, sizeof *dict);
    *dict = (Dict){0};
    return (Value){.kind = VALUE_DICT, .dict = dict};
}

const Value *chat_dict_find(const Dict *d, const char *key, size_t size)
{
    for (int i = 0; i < d->count; i++) {
        if (d->items[i].key.size == size && memcmp(d->items[i].key.text, key, size) == 0)
            return &d->items[i].value;
    }
    return NULL;
}

void chat_dict_set(RunState *r, Dict *d, Value key, Value value)
{
    for (int i = 0; i < d->count; i++) {
        if (d->items[i].key.size == key.size && memcmp(d->items[i].key.text, key.text, key.size) == 0) {
            d->items[i].value = value;
            return;
        }
    }
    if (d->count == d->room) {
        Entry *old = d->items;
        d->room = 2 * d->room + 8;
        d->items = arena_alloc(r->arena, sizeof *old * (size_t)d->room);
        if (d->count > 0)
            memcpy(d->items, old, sizeof *old * (size_t)d->count);
    }
    d->items[d->count++] = (Entry){key, value};
}

/* ---- what they are --------------------------------------------------------------------------------- */

bool chat_value_is(Value x, const char *text)
{
    return x.size == strlen(text) && memcmp(x.text, text, x.size) == 0;
}

bool chat_value_true(Value x)
{
    switch (x.kind) {
    case VALUE_UNDEFINED:
    case VALUE_NONE:
        return false;
    case VALUE_BOOL:
        return x.truth;
    case VALUE_INT:
        return x.whole != 0;
    case VALUE_FLOAT:
        return x.real < 0 || x.real > 0 || isnan(x.real);
    case VALUE_STRING:
        return x.size > 0;
    case VALUE_LIST:
        return x.list->count > 0;
    case VALUE_DICT:
        return x.dict->count > 0;
    default:
        return true;
    }
}

bool chat_value_number(Value x, double *number)
{
    *number = 0;
    if (x.kind == VALUE_FLOAT)
        *number = x.real;
    else if (x.kind == VALUE_INT)
        *number = (double)x.whole;
    else if (x.kind == VALUE_BOOL)
        *number = x.truth;
    else
        return false;
    return true;
}

static bool equal_dicts(const Dict *x, const Dict *y)
{
    bool equal = x->count == y->count;
    for (int i = 0; i < x->count && equal; i++) {
        const Value *other = chat_dict_find(y, x->items[i].key.text, x->items[i].key.size);
        equal = other && chat_value_equal(x->items[i].value, *other);
    }
    return equal;
}

bool chat_value_equal(Value x, Value y)
{
    double a, b;
    bool first = chat_value_number(x, &a), numbers = chat_value_number(y, &b) && first;
    if (numbers)
        return !(a < b) && !(a > b) && (x.kind != VALUE_INT || y.kind != VALUE_INT || x.whole == y.whole);
    if (x.kind != y.kind)
        return false;
    bool equal = true;
    switch (x.kind) {
    case VALUE_STRING:
        return x.size == y.size && memcmp(x.text, y.text, x.size) == 0;
    case VALUE_LIST:
        equal = x.list->count == y.list->count;
        for (int i = 0; equal && i < x.list->count; i++)
            equal = chat_value_equal(x.list->items[i], y.list->items[i]);
        return equal;
    case VALUE_DICT:
        return equal_dicts(x.dict, y.dict);
    case VALUE_NAMESPACE:
        return x.dict == y.dict;
    case VALUE_FUNCTION:
    case VALUE_METHOD:
        return false;
    default:
        return true;
    }
}

const char *chat_value_kind(Value x)
{
    static const char *const names[] = {"an undefined value", "none",       "a truth value", "a number",
                                        "a number",           "a string",   "a list",        "a dictionary",
                                        "a namespace",        "a function", "a method"};
    return names[x.kind];
}

long long chat_value_length(Value x)
{
    long long n = 0;
    if (x.kind == VALUE_LIST)
        return x.list->count;
    if (x.kind == VALUE_DICT)
        return x.dict->count;
    if (x.kind != VALUE_STRING)
        return -1;
    for (size_t i = 0; i < x.size; i++)
        n += ((unsigned char)x.text[i] & 0xc0) != 0x80;
    return n;
}

bool chat_value_items(RunState *r, size_t at, Value x, List *items)
{
    if (x.kind == VALUE_LIST) {
        *items = *x.list;
        return true;
    }
    long long count = x.kind == VALUE_UNDEFINED ? 0 : chat_value_length(x);
    if (count < 0 || count > 1000000) {
        chat_run_fault(r, at, count < 0 ? "%s has no items" : "%s has too many items", chat_value_kind(x));
        return false;
    }
    *items = *chat_value_list(r, (int)count).list;
    for (int i = 0; x.kind == VALUE_DICT && i < count; i++)
        items->items[i] = x.dict->items[i].key;
    size_t from = 0;
    for (int i = 0; x.kind == VALUE_STRING && i < count; i++) {
        int length;
        text_utf8_decode(x.text + from, x.size - from, &length);
        items->items[i] = chat_value_text(x.text + from, (size_t)length);
        from += (size_t)length;
    }
    return true;
}

/* ---- white space ----------------------------------------------------------------------------------- */

/* As Python's str.isspace has it. */
static bool is_space(int c)
{
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

static bool goes(const char *text, int length, int code, const char *chars, size_t size)
{
    if (!chars)
        return is_space(code);
    return memmem(chars, size, text, (size_t)length) != NULL;
}

Value chat_value_strip(Value x, const char *chars, size_t size, bool left, bool right)
{
    int length;
    while (left && x.size > 0) {
        int code = text_utf8_decode(x.text, x.size, &length);
        if (!goes(x.text, length, code, chars, size))
            break;
        x.text += length;
        x.size -= (size_t)length;
    }
    while (right && x.size > 0) {
        size_t at = x.size - 1;
        while (at > 0 && ((unsigned char)x.text[at] & 0xc0) == 0x80)
            at--;
        int code = text_utf8_decode(x.text + at, x.size - at, &length);
        if (!goes(x.text + at, length, code, chars, size))
            break;
        x.size = at;
    }
    return x;
}

/* ---- printing -------------------------------------------------------------------------------------- */

void chat_output_add(Output *o, const char *text, size_t size)
{
    if (o->size + size + 1 > o->room) {
        o->room = 2 * (o->size + size) + 64;
        o->text = memory_resize(o->text, o->room);
    }
    if (size > 0)
        memcpy(o->text + o->size, text, size);
    o->size += size;
    o->text[o->size] = '\0';
}

static void add_string(Output *o, const char *text)
{
    chat_output_add(o, text, strlen(text));
}

Value chat_output_value(RunState *r, Output *o)
{
    char *text = arena_alloc(r->arena, o->size + 1);
    if (o->size > 0)
        memcpy(text, o->text, o->size);
    Value v = chat_value_text(text, o->size);
    free(o->text);
    *o = (Output){0};
    return v;
}

/* The shortest decimal that reads back as the same number, written as Python does: 0.5, 1.0, 1e-05. */
static void add_real(Output *o, double x)
{
    char text[64];
    int digits = 1;
    if (!isfinite(x)) {
        add_string(o, isnan(x) ? "NaN" : x < 0 ? "-Infinity" : "Infinity");
        return;
    }
    do
        snprintf(text, sizeof text, "%.*e", digits - 1, x);
    while (strtod(text, NULL) != x && digits++ < 17);
    int exponent = atoi(strchr(text, 'e') + 1), decimals = digits - 1 - exponent;
    if (exponent >= -4 && exponent < 16)
        snprintf(text, sizeof text, "%.*f", decimals > 1 ? decimals : 1, x);
    add_string(o, text);
}

Value chat_value_printed(RunState *r, size_t at, Value x)
{
    char text[32];
    Output o = {0};
    switch (x.kind) {
    case VALUE_STRING:
        return x;
    case VALUE_UNDEFINED:
        return chat_value_string("");
    case VALUE_NONE:
        return chat_value_string("None");
    case VALUE_BOOL:
        return chat_value_string(x.truth ? "True" : "False");
    case VALUE_INT:
        snprintf(text, sizeof text, "%lld", x.whole);
        add_string(&o, text);
        return chat_output_value(r, &o);
    case VALUE_FLOAT:
        add_real(&o, x.real);
        return chat_output_value(r, &o);
    default:
        return chat_run_fault(r, at, "%s cannot be printed; the filter tojson can", chat_value_kind(x));
    }
}

/* ---- JSON, as Python's json.dumps writes it -------------------------------------------------------- */

static void add_quoted(Output *o, Value x)
{
    static const char letters[] = "\"\\\n\r\t\b\f", names[] = "\"\\nrtbf";
    char code[8];
    add_string(o, "\"");
    for (size_t i = 0; i < x.size; i++) {
        const char *at = x.text[i] ? strchr(letters, x.text[i]) : NULL;
        if (at) {
            snprintf(code, sizeof code, "\\%c", names[at - letters]);
            add_string(o, code);
        } else if ((unsigned char)x.text[i] < 32) {
            snprintf(code, sizeof code, "\\u%04x", x.text[i]);
            add_string(o, code);
        } else {
            chat_output_add(o, x.text + i, 1);
        }
    }
    add_string(o, "\"");
}

static void add_line(Output *o, int indent, int depth)
{
    if (indent < 0)
        return;
    add_string(o, "\n");
    for (int i = 0; i < indent * depth; i++)
        add_string(o, " ");
}

enum { MAX_JSON_DEPTH = 100 };

static void add_json(RunState *r, size_t at, Output *o, Value x, int indent, int depth)
{
    if (depth > MAX_JSON_DEPTH || !chat_run_goes_on(r, at) || o->size > ((size_t)1 << 26)) {
        chat_run_fault(r, at, "what tojson is given is too large");
        return;
    }
    bool list = x.kind == VALUE_LIST;
    if (x.kind == VALUE_STRING) {
        add_quoted(o, x);
    } else if (x.kind == VALUE_NONE || x.kind == VALUE_BOOL) {
        add_string(o, x.kind == VALUE_NONE ? "null" : x.truth ? "true" : "false");
    } else if (x.kind == VALUE_INT || x.kind == VALUE_FLOAT) {
        Value text = chat_value_printed(r, at, x);
        chat_output_add(o, text.text, text.size);
    } else if (list || x.kind == VALUE_DICT) {
        int count = (int)chat_value_length(x);
        add_string(o, list ? "[" : "{");
        for (int i = 0; i < count; i++) {
            add_string(o, i == 0 ? "" : indent < 0 ? ", " : ",");
            add_line(o, indent, depth + 1);
            if (!list) {
                add_quoted(o, x.dict->items[i].key);
                add_string(o, ": ");
            }
            add_json(r, at, o, list ? x.list->items[i] : x.dict->items[i].value, indent, depth + 1);
        }
        if (count > 0)
            add_line(o, indent, depth);
        add_string(o, list ? "]" : "}");
    } else {
        chat_run_fault(r, at, "%s cannot be written as JSON", chat_value_kind(x));
    }
}

Value chat_value_json(RunState *r, size_t at, Value x, int indent)
{
    Output o = {0};
    add_json(r, at, &o, x, indent, 0);
    return chat_output_value(r, &o);
}

static Value of_object(RunState *r, const json_t *j)
{
    Value v = chat_value_dict(r);
    json_t *object = json_incref((json_t *)j);
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
        Value key = chat_value_string(json_object_iter_key(it));
        chat_dict_set(r, v.dict, key, chat_value_of_json(r, json_object_iter_value(it)));
    }
    json_decref(object);
    return v;
}

/* Strings stay those of jansson, which must live as long. */
Value chat_value_of_json(RunState *r, const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return of_object(r, j);
    case JSON_ARRAY: {
        Value v = chat_value_list(r, (int)json_array_size(j));
        for (int i = 0; i < v.list->count; i++)
            v.list->items[i] = chat_value_of_json(r, json_array_get(j, (size_t)i));
        return v;
    }
    case JSON_STRING:
        return chat_value_text(json_string_value(j), json_string_length(j));
    case JSON_INTEGER:
        return chat_value_int(json_integer_value(j));
    case JSON_REAL:
        return (Value){.kind = VALUE_FLOAT, .real = json_real_value(j)};
    case JSON_NULL:
        return (Value){.kind = VALUE_NONE};
    default:
        return chat_value_bool(json_is_true(j));
    }
}
