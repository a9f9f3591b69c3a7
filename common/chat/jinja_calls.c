/* jinja_calls.c -- functions, methods, filters and tests: a table of names each, and what they do. */
#include "common/chat/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef Value Call(RunState *r, size_t at, Value x, const Arguments *a);

typedef struct Named {
    const char *name;
    Call *call;
    int min, max; /* arguments by position */
} Named;

/* ---- arguments ----------------------------------------------------------------------------------- */

/* The argument at a position or with a keyword; NULL: it was not given. */
static const Value *argument(const Arguments *a, int position, const char *key)
{
    for (int i = 0; i < a->count; i++) {
        if (a->keys[i] ? key && strcmp(a->keys[i], key) == 0 : i == position)
            return &a->items[i];
    }
    return NULL;
}

static bool is_text(RunState *r, size_t at, Value x, const char *what)
{
    if (x.kind == VALUE_STRING)
        return true;
    chat_run_fault(r, at, "%s wants a string, not %s", what, chat_value_kind(x));
    return false;
}

static const Named *find(const Named *table, Value name)
{
    for (; table->name; table++) {
        if (chat_value_is(name, table->name))
            return table;
    }
    return NULL;
}

static Value call_in(RunState *r, size_t at, const Named *table, const char *what, Value name, Value x,
                     const Arguments *a)
{
    const Named *n = find(table, name);
    if (!n)
        return chat_run_fault(r, at, "the %s '%.*s' is not supported", what, (int)name.size, name.text);
    int count = 0;
    while (count < a->count && !a->keys[count])
        count++;
    if (count > n->max || a->count < n->min)
        return chat_run_fault(r, at, "the %s '%s' wants %d to %d arguments", what, n->name, n->min, n->max);
    return n->call(r, at, x, a);
}

static Value copied(RunState *r, Value x, int (*change)(int), int first_only)
{
    char *text = arena_alloc(r->arena, x.size + 1);
    for (size_t i = 0; i < x.size; i++) {
        unsigned char c = (unsigned char)x.text[i];
        text[i] = c < 128 ? (char)(first_only && i > 0 ? tolower(c) : change(c)) : (char)c;
    }
    return chat_value_text(text, x.size);
}

/* ---- strings ------------------------------------------------------------------------------------- */

static Value do_upper(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return is_text(r, at, x, "upper") ? copied(r, x, toupper, 0) : x;
}

static Value do_lower(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return is_text(r, at, x, "lower") ? copied(r, x, tolower, 0) : x;
}

static Value do_capitalize(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return is_text(r, at, x, "capitalize") ? copied(r, x, toupper, 1) : x;
}

/* Each word with one capital letter. */
static Value do_title(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    if (!is_text(r, at, x, "title"))
        return x;
    char *text = arena_alloc(r->arena, x.size + 1);
    for (size_t i = 0; i < x.size; i++) {
        unsigned char c = (unsigned char)x.text[i];
        bool inside = i > 0 && isalpha((unsigned char)x.text[i - 1]);
        text[i] = c < 128 ? (char)(inside ? tolower(c) : toupper(c)) : (char)c;
    }
    return chat_value_text(text, x.size);
}

static Value strip(RunState *r, size_t at, Value x, const Arguments *a, bool left, bool right)
{
    const Value *chars = argument(a, 0, "chars");
    if (!is_text(r, at, x, "strip") ||
        (chars && chars->kind != VALUE_NONE && !is_text(r, at, *chars, "strip")))
        return x;
    bool given = chars && chars->kind == VALUE_STRING;
    return chat_value_strip(x, given ? chars->text : NULL, given ? chars->size : 0, left, right);
}

static Value do_strip(RunState *r, size_t at, Value x, const Arguments *a)
{
    return strip(r, at, x, a, true, true);
}

static Value do_lstrip(RunState *r, size_t at, Value x, const Arguments *a)
{
    return strip(r, at, x, a, true, false);
}

static Value do_rstrip(RunState *r, size_t at, Value x, const Arguments *a)
{
    return strip(r, at, x, a, false, true);
}

/* Jinja's filter prints what is no string. */
static Value do_trim(RunState *r, size_t at, Value x, const Arguments *a)
{
    return strip(r, at, chat_value_printed(r, at, x), a, true, true);
}

static Value ends(RunState *r, size_t at, Value x, const Arguments *a, bool begin)
{
    List one = {(Value *)&a->items[0], 1};
    if (a->items[0].kind == VALUE_LIST)
        one = *a->items[0].list;
    bool any = false;
    for (int i = 0; i < one.count && is_text(r, at, one.items[i], begin ? "startswith" : "endswith"); i++) {
        size_t size = one.items[i].size;
        any |=
            size <= x.size && memcmp(begin ? x.text : x.text + x.size - size, one.items[i].text, size) == 0;
    }
    return chat_value_bool(any);
}

static Value do_startswith(RunState *r, size_t at, Value x, const Arguments *a)
{
    return ends(r, at, x, a, true);
}

static Value do_endswith(RunState *r, size_t at, Value x, const Arguments *a)
{
    return ends(r, at, x, a, false);
}

static Value do_replace(RunState *r, size_t at, Value x, const Arguments *a)
{
    Value old = a->items[0], new = a->items[1];
    Output o = {0};
    x = chat_value_printed(r, at, x);
    if (!is_text(r, at, old, "replace") || !is_text(r, at, new, "replace") || r->failed)
        return x;
    if (old.size == 0)
        return chat_run_fault(r, at, "replace wants something to replace");
    for (size_t i = 0; i < x.size && chat_run_goes_on(r, at) && o.size < ((size_t)1 << 26);) {
        const char *found = memmem(x.text + i, x.size - i, old.text, old.size);
        size_t upto = found ? (size_t)(found - x.text) : x.size;
        chat_output_add(&o, x.text + i, upto - i);
        if (found)
            chat_output_add(&o, new.text, new.size);
        i = upto + (found ? old.size : 0);
    }
    return chat_output_value(r, &o);
}

/* At a separator, at most so many times, or at white space. */
static Value do_split(RunState *r, size_t at, Value x, const Arguments *a)
{
    const Value *sep = argument(a, 0, "sep"), *most = argument(a, 1, "maxsplit");
    bool white = !sep || sep->kind == VALUE_NONE;
    long long left =
        most && most->kind == VALUE_INT && most->whole >= 0 ? most->whole : (long long)x.size + 1;
    if (!white && (!is_text(r, at, *sep, "split") || sep->size == 0))
        return chat_run_fault(r, at, "split wants a separator");
    Value list = chat_value_list(r, (int)(x.size / (white ? 1 : sep->size)) + 1);
    int count = 0;
    if (white)
        x = chat_value_strip(x, NULL, 0, true, false);
    while (chat_run_goes_on(r, at) && !(white && x.size == 0)) {
        const char *found = left-- <= 0 ? NULL
                            : white     ? NULL
                                        : memmem(x.text, x.size, sep->text, sep->size);
        size_t size = found ? (size_t)(found - x.text) : x.size;
        if (white && left >= 0) {
            for (size = 0; size < x.size && !isspace((unsigned char)x.text[size]);)
                size++;
        }
        list.list->items[count++] =
            white && left < 0 ? chat_value_strip(x, NULL, 0, false, true) : chat_value_text(x.text, size);
        if (!white && !found)
            break;
        size += white ? 0 : sep->size;
        x = white && left < 0 ? chat_value_text(x.text, 0) : chat_value_text(x.text + size, x.size - size);
        if (white)
            x = chat_value_strip(x, NULL, 0, true, false);
    }
    list.list->count = count;
    return list;
}

static Value do_find(RunState *r, size_t at, Value x, const Arguments *a)
{
    if (!is_text(r, at, a->items[0], "find"))
        return x;
    const char *found = memmem(x.text, x.size, a->items[0].text, a->items[0].size);
    return chat_value_int(found ? chat_value_length(chat_value_text(x.text, (size_t)(found - x.text)))
                                : -1);
}

/* ---- dictionaries -------------------------------------------------------------------------------- */

static Value dict_parts(RunState *r, Value x, bool keys, bool values)
{
    Value list = chat_value_list(r, x.dict->count);
    for (int i = 0; i < x.dict->count; i++) {
        Entry e = x.dict->items[i];
        Value both = chat_value_list(r, 2);
        both.list->items[0] = e.key;
        both.list->items[1] = e.value;
        list.list->items[i] = keys && values ? both : keys ? e.key : e.value;
    }
    return list;
}

static Value do_items(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    if (x.kind == VALUE_UNDEFINED)
        return chat_value_list(r, 0);
    if (x.kind != VALUE_DICT)
        return chat_run_fault(r, at, "items wants a dictionary, not %s", chat_value_kind(x));
    return dict_parts(r, x, true, true);
}

static Value do_keys(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)at, (void)a;
    return dict_parts(r, x, true, false);
}

static Value do_values(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)at, (void)a;
    return dict_parts(r, x, false, true);
}

static Value do_get(RunState *r, size_t at, Value x, const Arguments *a)
{
    if (!is_text(r, at, a->items[0], "get"))
        return x;
    const Value *found = chat_dict_find(x.dict, a->items[0].text, a->items[0].size),
                *otherwise = argument(a, 1, "default");
    return found ? *found : otherwise ? *otherwise : (Value){.kind = VALUE_NONE};
}

static const Named string_methods[] = {{"strip", do_strip, 0, 1},
                                       {"lstrip", do_lstrip, 0, 1},
                                       {"rstrip", do_rstrip, 0, 1},
                                       {"startswith", do_startswith, 1, 1},
                                       {"endswith", do_endswith, 1, 1},
                                       {"upper", do_upper, 0, 0},
                                       {"lower", do_lower, 0, 0},
                                       {"capitalize", do_capitalize, 0, 0},
                                       {"title", do_title, 0, 0},
                                       {"replace", do_replace, 2, 2},
                                       {"split", do_split, 0, 2},
                                       {"find", do_find, 1, 1},
                                       {NULL, NULL, 0, 0}};
static const Named dict_methods[] = {{"items", do_items, 0, 0},
                                     {"keys", do_keys, 0, 0},
                                     {"values", do_values, 0, 0},
                                     {"get", do_get, 1, 2},
                                     {NULL, NULL, 0, 0}};

static const Named *methods_of(Value x)
{
    static const Named none[] = {{NULL, NULL, 0, 0}};
    return x.kind == VALUE_STRING ? string_methods : x.kind == VALUE_DICT ? dict_methods : none;
}

/* The methods of Python's that are not supported, too: a call of them is an error, not an undefined value. */
bool chat_is_method(Value x, const char *name, size_t size)
{
    static const char *const others[][4] = {{"append", "extend", "pop", "sort"},
                                            {"update", "pop", "copy", "setdefault"},
                                            {"join", "format", "index", "count"}};
    Value text = chat_value_text(name, size);
    int of = x.kind == VALUE_LIST ? 0 : x.kind == VALUE_DICT ? 1 : x.kind == VALUE_STRING ? 2 : -1;
    bool other = false;
    for (int i = 0; of >= 0 && i < 4; i++)
        other |= chat_value_is(text, others[of][i]);
    return other || find(methods_of(x), text);
}

Value chat_call_method(RunState *r, size_t at, Value method, const Arguments *a)
{
    Value of = method.list->items[0];
    return call_in(r, at, methods_of(of), "method", chat_value_text(method.text, method.size), of, a);
}

/* ---- functions ----------------------------------------------------------------------------------- */

static Value do_raise(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)x;
    Value text = chat_value_printed(r, at, a->items[0]);
    return chat_run_fault(r, at, "the template refuses the conversation: %.*s", (int)text.size, text.text);
}

static Value do_dict(RunState *r, size_t at, Value x, const Arguments *a)
{
    Value d = chat_value_dict(r);
    (void)x;
    for (int i = 0; i < a->count; i++) {
        if (!a->keys[i])
            return chat_run_fault(r, at, "only keyword=value is supported here");
        chat_dict_set(r, d.dict, chat_value_string(a->keys[i]), a->items[i]);
    }
    return d;
}

static Value do_namespace(RunState *r, size_t at, Value x, const Arguments *a)
{
    Value d = do_dict(r, at, x, a);
    if (d.kind == VALUE_DICT)
        d.kind = VALUE_NAMESPACE;
    return d;
}

static Value do_range(RunState *r, size_t at, Value x, const Arguments *a)
{
    enum { MOST = 100000 }; /* as in Jinja's sandbox */
    (void)x;
    long long v[3] = {0, 0, 1};
    for (int i = 0; i < a->count; i++) {
        if (a->items[i].kind != VALUE_INT || a->items[i].whole > 1000000000 ||
            a->items[i].whole < -1000000000)
            return chat_run_fault(r, at, "range wants numbers");
        v[i] = a->items[i].whole;
    }
    if (a->count == 1) {
        v[1] = v[0];
        v[0] = 0;
    }
    if (v[2] == 0)
        return chat_run_fault(r, at, "range wants a step");
    long long count = v[2] > 0 ? (v[1] - v[0] + v[2] - 1) / v[2] : (v[0] - v[1] - v[2] - 1) / -v[2];
    if (count > MOST)
        return chat_run_fault(r, at, "the range is too large");
    Value list = chat_value_list(r, count > 0 ? (int)count : 0);
    for (int i = 0; i < list.list->count; i++)
        list.list->items[i] = chat_value_int(v[0] + i * v[2]);
    return list;
}

static const Named functions[] = {{"raise_exception", do_raise, 1, 1},
                                  {"namespace", do_namespace, 0, 0},
                                  {"dict", do_dict, 0, 0},
                                  {"range", do_range, 1, 3},
                                  {NULL, NULL, 0, 0}};

bool chat_is_function(const char *name, size_t size)
{
    return find(functions, chat_value_text(name, size));
}

Value chat_call_function(RunState *r, size_t at, Value function, const Arguments *a)
{
    return call_in(r, at, functions, "function", chat_value_text(function.text, function.size), function,
                   a);
}

/* ---- filters ------------------------------------------------------------------------------------- */

static Value do_tojson(RunState *r, size_t at, Value x, const Arguments *a)
{
    const Value *indent = argument(a, 0, "indent");
    bool given = indent && indent->kind == VALUE_INT;
    if (given && (indent->whole < 0 || indent->whole > 16))
        return chat_run_fault(r, at, "tojson wants an indent of 0 to 16");
    for (int i = 0; i < a->count; i++) {
        if (a->keys[i] && strcmp(a->keys[i], "indent") != 0 && strcmp(a->keys[i], "ensure_ascii") != 0)
            return chat_run_fault(r, at, "tojson(%s) is not supported", a->keys[i]);
    }
    return chat_value_json(r, at, x, given ? (int)indent->whole : -1);
}

static Value do_length(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    long long n = x.kind == VALUE_UNDEFINED ? 0 : chat_value_length(x);
    return n < 0 ? chat_run_fault(r, at, "%s has no length", chat_value_kind(x)) : chat_value_int(n);
}

static Value do_string(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return chat_value_printed(r, at, x);
}

static Value do_safe(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)r, (void)at, (void)a;
    return x;
}

static Value do_int(RunState *r, size_t at, Value x, const Arguments *a)
{
    char text[64];
    (void)r, (void)at, (void)a;
    double number;
    if (x.kind == VALUE_INT)
        return x;
    if (x.kind == VALUE_STRING && x.size < sizeof text) {
        memcpy(text, x.text, x.size);
        text[x.size] = '\0';
        return chat_value_int(strtoll(text, NULL, 10));
    }
    bool small = chat_value_number(x, &number) && number < 1e15 && number > -1e15;
    return chat_value_int(small ? (long long)number : 0);
}

static Value do_default(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)r, (void)at;
    const Value *other = argument(a, 0, "default_value"), *also = argument(a, 1, "boolean");
    bool missing = x.kind == VALUE_UNDEFINED || (also && chat_value_true(*also) && !chat_value_true(x));
    return !missing ? x : other ? *other : chat_value_string("");
}

static Value do_join(RunState *r, size_t at, Value x, const Arguments *a)
{
    const Value *sep = argument(a, 0, "d"), *attribute = argument(a, 1, "attribute");
    Value between = sep ? chat_value_printed(r, at, *sep) : chat_value_string("");
    List items;
    Output o = {0};
    if (attribute)
        return chat_run_fault(r, at, "join(attribute) is not supported");
    if (!chat_value_items(r, at, x, &items))
        return x;
    for (int i = 0; i < items.count && chat_run_goes_on(r, at); i++) {
        Value text = chat_value_printed(r, at, items.items[i]);
        chat_output_add(&o, between.text, i > 0 ? between.size : 0);
        chat_output_add(&o, text.text, r->failed ? 0 : text.size);
    }
    return chat_output_value(r, &o);
}

static Value end_of(RunState *r, size_t at, Value x, bool first)
{
    List items;
    if (!chat_value_items(r, at, x, &items) || items.count == 0)
        return (Value){.kind = VALUE_UNDEFINED, .text = "this item", .size = strlen("this item")};
    return items.items[first ? 0 : items.count - 1];
}

static Value do_first(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return end_of(r, at, x, true);
}

static Value do_last(RunState *r, size_t at, Value x, const Arguments *a)
{
    (void)a;
    return end_of(r, at, x, false);
}

static Value do_list(RunState *r, size_t at, Value x, const Arguments *a)
{
    List items;
    (void)a;
    if (!chat_value_items(r, at, x, &items))
        return x;
    Value list = chat_value_list(r, 0);
    *list.list = items;
    return list;
}

static Value do_reverse(RunState *r, size_t at, Value x, const Arguments *a)
{
    List items;
    (void)a;
    if (x.kind != VALUE_LIST)
        return chat_run_fault(r, at, "reverse wants a list, not %s", chat_value_kind(x));
    items = *x.list;
    Value list = chat_value_list(r, items.count);
    for (int i = 0; i < items.count; i++)
        list.list->items[i] = items.items[items.count - 1 - i];
    return list;
}

static Value attribute_of(Value x, Value name)
{
    bool dict = x.kind == VALUE_DICT && name.kind == VALUE_STRING;
    const Value *found = dict ? chat_dict_find(x.dict, name.text, name.size) : NULL;
    return found ? *found : (Value){.kind = VALUE_UNDEFINED, .text = name.text, .size = name.size};
}

/* The items of which an attribute passes a test, by default that of being true. */
static Value select_by(RunState *r, size_t at, Value x, const Arguments *a, bool wanted)
{
    List items;
    if (!chat_value_items(r, at, x, &items))
        return x;
    Value list = chat_value_list(r, items.count);
    list.list->count = 0;
    Arguments rest = {.count = 0};
    for (int i = 2; i < a->count; i++)
        rest.items[rest.count++] = a->items[i];
    for (int i = 0; i < items.count && chat_run_goes_on(r, at); i++) {
        Value v = attribute_of(items.items[i], a->items[0]);
        bool holds = a->count > 1 ? chat_call_test(r, at, a->items[1], v, &rest) : chat_value_true(v);
        if (holds == wanted)
            list.list->items[list.list->count++] = items.items[i];
    }
    return list;
}

static Value do_selectattr(RunState *r, size_t at, Value x, const Arguments *a)
{
    return select_by(r, at, x, a, true);
}

static Value do_rejectattr(RunState *r, size_t at, Value x, const Arguments *a)
{
    return select_by(r, at, x, a, false);
}

/* map(attribute="role"), map("upper"). */
static Value do_map(RunState *r, size_t at, Value x, const Arguments *a)
{
    List items;
    const Value *attribute = argument(a, -1, "attribute");
    if (!chat_value_items(r, at, x, &items))
        return x;
    if (!attribute && (a->count != 1 || a->items[0].kind != VALUE_STRING))
        return chat_run_fault(r, at, "map wants an attribute or the name of a filter");
    Value list = chat_value_list(r, items.count);
    for (int i = 0; i < items.count && chat_run_goes_on(r, at); i++)
        list.list->items[i] =
            attribute ? attribute_of(items.items[i], *attribute)
                      : chat_call_filter(r, at, a->items[0], items.items[i], &(Arguments){.count = 0});
    return list;
}

/* Each line but the first after so many spaces. */
static Value do_indent(RunState *r, size_t at, Value x, const Arguments *a)
{
    const Value *width = argument(a, 0, "width");
    long long n = width && width->kind == VALUE_INT ? width->whole : 4;
    Output o = {0};
    if (!is_text(r, at, x, "indent") || n < 0 || n > 40 || a->count > 1)
        return chat_run_fault(r, at, "indent is supported with a width of 0 to 40 alone");
    for (size_t i = 0; i < x.size; i++) {
        chat_output_add(&o, x.text + i, 1);
        bool line = x.text[i] == '\n' && i + 1 < x.size && x.text[i + 1] != '\n';
        for (long long k = 0; line && k < n; k++)
            chat_output_add(&o, " ", 1);
    }
    return chat_output_value(r, &o);
}

static const Named filters[] = {{"trim", do_trim, 0, 1},
                                {"tojson", do_tojson, 0, 1},
                                {"length", do_length, 0, 0},
                                {"count", do_length, 0, 0},
                                {"upper", do_upper, 0, 0},
                                {"lower", do_lower, 0, 0},
                                {"capitalize", do_capitalize, 0, 0},
                                {"title", do_title, 0, 0},
                                {"replace", do_replace, 2, 2},
                                {"string", do_string, 0, 0},
                                {"safe", do_safe, 0, 0},
                                {"int", do_int, 0, 0},
                                {"default", do_default, 0, 2},
                                {"d", do_default, 0, 2},
                                {"join", do_join, 0, 1},
                                {"first", do_first, 0, 0},
                                {"last", do_last, 0, 0},
                                {"list", do_list, 0, 0},
                                {"reverse", do_reverse, 0, 0},
                                {"items", do_items, 0, 0},
                                {"selectattr", do_selectattr, 1, 3},
                                {"rejectattr", do_rejectattr, 1, 3},
                                {"map", do_map, 0, 1},
                                {"indent", do_indent, 0, 1},
                                {NULL, NULL, 0, 0}};

Value chat_call_filter(RunState *r, size_t at, Value name, Value x, const Arguments *a)
{
    return call_in(r, at, filters, "filter", name, x, a);
}

/* ---- tests --------------------------------------------------------------------------------------- */

typedef enum TestKind {
    TEST_DEFINED,
    TEST_UNDEFINED,
    TEST_NONE,
    TEST_STRING,
    TEST_MAPPING,
    TEST_ITERABLE,
    TEST_NUMBER,
    TEST_INTEGER,
    TEST_FLOAT,
    TEST_BOOLEAN,
    TEST_TRUE,
    TEST_FALSE,
    TEST_CALLABLE,
    TEST_ODD,
    TEST_EVEN,
    TEST_DIVISIBLE, /* from here on with an argument */
    TEST_EQUAL,
    TEST_UNEQUAL,
    TEST_IN
} TestKind;

static bool holds(RunState *r, size_t at, TestKind kind, Value x, const Value *a)
{
    List items;
    bool whole = x.kind == VALUE_INT || x.kind == VALUE_BOOL, number = whole || x.kind == VALUE_FLOAT;
    switch (kind) {
    case TEST_DEFINED:
    case TEST_UNDEFINED:
        return (x.kind == VALUE_UNDEFINED) == (kind == TEST_UNDEFINED);
    case TEST_NONE:
        return x.kind == VALUE_NONE;
    case TEST_STRING:
        return x.kind == VALUE_STRING;
    case TEST_MAPPING:
        return x.kind == VALUE_DICT;
    case TEST_ITERABLE:
        return x.kind == VALUE_UNDEFINED || chat_value_length(x) >= 0;
    case TEST_NUMBER:
        return number;
    case TEST_INTEGER:
        return x.kind == VALUE_INT;
    case TEST_FLOAT:
        return x.kind == VALUE_FLOAT;
    case TEST_BOOLEAN:
        return x.kind == VALUE_BOOL;
    case TEST_TRUE:
    case TEST_FALSE:
        return x.kind == VALUE_BOOL && x.truth == (kind == TEST_TRUE);
    case TEST_CALLABLE:
        return x.kind == VALUE_FUNCTION || x.kind == VALUE_METHOD;
    case TEST_EQUAL:
    case TEST_UNEQUAL:
        return chat_value_equal(x, *a) == (kind == TEST_EQUAL);
    case TEST_IN:
        if (a->kind == VALUE_STRING && x.kind == VALUE_STRING)
            return memmem(a->text, a->size, x.text, x.size) != NULL;
        if (!chat_value_items(r, at, *a, &items))
            return false;
        for (int i = 0; i < items.count; i++) {
            if (chat_value_equal(x, items.items[i]))
                return true;
        }
        return false;
    default:
        if (x.kind != VALUE_INT || (kind == TEST_DIVISIBLE && (a->kind != VALUE_INT || a->whole <= 0)))
            chat_run_fault(r, at, "this test wants a whole number, not %s", chat_value_kind(x));
        if (r->failed)
            return false;
        return kind == TEST_DIVISIBLE ? x.whole % a->whole == 0 : (x.whole % 2 == 0) == (kind == TEST_EVEN);
    }
}

bool chat_call_test(RunState *r, size_t at, Value name, Value x, const Arguments *a)
{
    static const struct {
        const char *name;
        TestKind kind;
    } tests[] = {{"defined", TEST_DEFINED},
                 {"undefined", TEST_UNDEFINED},
                 {"none", TEST_NONE},
                 {"string", TEST_STRING},
                 {"mapping", TEST_MAPPING},
                 {"iterable", TEST_ITERABLE},
                 {"sequence", TEST_ITERABLE},
                 {"number", TEST_NUMBER},
                 {"integer", TEST_INTEGER},
                 {"float", TEST_FLOAT},
                 {"boolean", TEST_BOOLEAN},
                 {"true", TEST_TRUE},
                 {"false", TEST_FALSE},
                 {"callable", TEST_CALLABLE},
                 {"odd", TEST_ODD},
                 {"even", TEST_EVEN},
                 {"divisibleby", TEST_DIVISIBLE},
                 {"eq", TEST_EQUAL},
                 {"equalto", TEST_EQUAL},
                 {"==", TEST_EQUAL},
                 {"ne", TEST_UNEQUAL},
                 {"!=", TEST_UNEQUAL},
                 {"in", TEST_IN}};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (name.kind != VALUE_STRING || !chat_value_is(name, tests[i].name))
            continue;
        if (a->count != (tests[i].kind >= TEST_DIVISIBLE)) {
            chat_run_fault(r, at, "the test '%s' has %d arguments", tests[i].name, a->count);
            return false;
        }
        return holds(r, at, tests[i].kind, x, &a->items[0]);
    }
    chat_run_fault(r, at, "the test '%.*s' is not supported",
                   name.kind == VALUE_STRING ? (int)name.size : 1,
                   name.kind == VALUE_STRING ? name.text : "?");
    return false;
}
