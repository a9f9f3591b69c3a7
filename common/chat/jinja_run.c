/* jinja_run.c -- a template runs: statements print, expressions have values.
 *
 * Variables that a loop sets live for one round of it, as in Jinja; what must outlive it is an attribute of a
 * namespace. A fault stops everything: from then on all values are undefined and nothing is printed. */
#include "common/chat/parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { MAX_STEPS = 2000000, MAX_DEPTH = 200 };
static const size_t max_memory = (size_t)1 << 28;

static Value evaluate(RunState *r, const Node *n);
static void run_all(RunState *r, const Node *n);

Value chat_run_fault(RunState *r, size_t at, const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (!r->failed)
        chat_template_fault(r->t, r->e, at, "%s", text);
    r->failed = true;
    return (Value){.kind = VALUE_UNDEFINED, .text = "", .size = 0};
}

bool chat_run_goes_on(RunState *r, size_t at)
{
    if (++r->steps > MAX_STEPS || arena_used(r->arena) > max_memory || r->depth > MAX_DEPTH)
        chat_run_fault(r, at, "the template takes too much time or memory");
    return !r->failed;
}

static Value undefined(Value name)
{
    return (Value){.kind = VALUE_UNDEFINED, .text = name.text, .size = name.size};
}

static Value joined(RunState *r, Value a, Value b)
{
    char *text = arena_alloc(r->arena, a.size + b.size + 1);
    if (a.size > 0)
        memcpy(text, a.text, a.size);
    if (b.size > 0)
        memcpy(text + a.size, b.text, b.size);
    return chat_value_text(text, a.size + b.size);
}

/* ---- names --------------------------------------------------------------------------------------- */

static Value look_up(RunState *r, Value name)
{
    for (Variable *v = r->variables; v; v = v->next) {
        if (v->size == name.size && memcmp(v->name, name.text, name.size) == 0)
            return v->value;
    }
    if (chat_is_function(name.text, name.size))
        return (Value){.kind = VALUE_FUNCTION, .text = name.text, .size = name.size};
    return undefined(name);
}

static void set_variable(RunState *r, Value name, Value value)
{
    for (Variable *v = r->variables; v != r->frame; v = v->next) {
        if (v->size == name.size && memcmp(v->name, name.text, name.size) == 0) {
            v->value = value;
            return;
        }
    }
    Variable *v = arena_alloc(r->arena, sizeof *v);
    *v = (Variable){name.text, name.size, value, r->variables};
    r->variables = v;
}

static void set_target(RunState *r, const Node *target, Value value)
{
    if (target->kind == NODE_NAME) {
        set_variable(r, target->value, value);
        return;
    }
    Value of = target->kind == NODE_MEMBER ? evaluate(r, target->a) : (Value){0};
    if (of.kind == VALUE_NAMESPACE)
        chat_dict_set(r, of.dict, target->value, value);
    else
        chat_run_fault(r, target->at, "only an attribute of a namespace can be set");
}

/* One target takes the value, several take its items. */
static void set_targets(RunState *r, const Node *targets, size_t at, Value value)
{
    List items;
    int count = 0;
    if (!targets->next) {
        set_target(r, targets, value);
        return;
    }
    if (!chat_value_items(r, at, value, &items))
        return;
    for (const Node *n = targets; n; n = n->next)
        count++;
    if (count != items.count) {
        chat_run_fault(r, at, "%d items for %d names", items.count, count);
        return;
    }
    for (int i = 0; i < count; i++, targets = targets->next)
        set_target(r, targets, items.items[i]);
}

/* ---- members and items --------------------------------------------------------------------------- */

static Value member(RunState *r, size_t at, Value of, Value name)
{
    if (of.kind == VALUE_UNDEFINED)
        return chat_run_fault(r, at, "'%.*s' is undefined and has no '%.*s'", (int)of.size, of.text,
                              (int)name.size, name.text);
    if (chat_is_method(of, name.text, name.size)) {
        Value method = chat_value_list(r, 1);
        method.list->items[0] = of;
        method.kind = VALUE_METHOD;
        method.text = name.text;
        method.size = name.size;
        return method;
    }
    bool dict = of.kind == VALUE_DICT || of.kind == VALUE_NAMESPACE;
    const Value *found = dict ? chat_dict_find(of.dict, name.text, name.size) : NULL;
    return found ? *found : undefined(name);
}

/* Where the i-th code point of a string begins. */
static size_t byte_of(Value x, long long i)
{
    size_t at = 0;
    while (at < x.size && i > 0) {
        at++;
        while (at < x.size && ((unsigned char)x.text[at] & 0xc0) == 0x80)
            at++;
        i--;
    }
    return at;
}

static Value item_at(RunState *r, Value of, long long i)
{
    (void)r;
    if (of.kind == VALUE_LIST)
        return of.list->items[i];
    size_t begin = byte_of(of, i), end = byte_of(of, i + 1);
    return chat_value_text(of.text + begin, end - begin);
}

static Value item(RunState *r, size_t at, Value of, Value key)
{
    if (of.kind == VALUE_UNDEFINED)
        return chat_run_fault(r, at, "'%.*s' is undefined and has no items", (int)of.size, of.text);
    if (key.kind == VALUE_STRING && (of.kind == VALUE_DICT || of.kind == VALUE_NAMESPACE)) {
        const Value *found = chat_dict_find(of.dict, key.text, key.size);
        return found ? *found : undefined(key);
    }
    if (key.kind != VALUE_INT || (of.kind != VALUE_LIST && of.kind != VALUE_STRING))
        return undefined(chat_value_string("this item"));
    long long count = chat_value_length(of), i = key.whole < 0 ? key.whole + count : key.whole;
    return i < 0 || i >= count ? undefined(chat_value_string("this item")) : item_at(r, of, i);
}

/* A bound of a slice of n items: missing, or cut to what there is. */
static long long bound(RunState *r, const Node *n, long long missing, long long low, long long high,
                       long long count)
{
    Value v = n ? evaluate(r, n) : (Value){.kind = VALUE_NONE};
    if (v.kind == VALUE_NONE)
        return missing;
    if (v.kind != VALUE_INT) {
        chat_run_fault(r, n->at, "a bound of a slice is %s", chat_value_kind(v));
        return missing;
    }
    long long i = v.whole < 0 ? v.whole + count : v.whole;
    return i < low ? low : i > high ? high : i;
}

static Value slice(RunState *r, const Node *n)
{
    Value of = evaluate(r, n->a), step = n->other ? evaluate(r, n->other) : chat_value_int(1);
    if (of.kind != VALUE_LIST && of.kind != VALUE_STRING)
        return chat_run_fault(r, n->at, "%s cannot be sliced", chat_value_kind(of));
    if (step.kind != VALUE_INT || step.whole == 0 || step.whole > 1000000 || step.whole < -1000000)
        return chat_run_fault(r, n->at, "this step of a slice is not supported");
    long long count = chat_value_length(of), by = step.whole;
    long long low = by > 0 ? 0 : -1, high = by > 0 ? count : count - 1;
    long long from = bound(r, n->b, by > 0 ? 0 : count - 1, low, high, count);
    long long to = bound(r, n->c, by > 0 ? count : -1, low, high, count);
    long long taken = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
    if (of.kind == VALUE_STRING && by == 1) {
        size_t begin = byte_of(of, from), end = byte_of(of, to);
        return chat_value_text(of.text + begin, end > begin ? end - begin : 0);
    }
    Value list = chat_value_list(r, taken > 0 ? (int)taken : 0);
    for (int i = 0; i < list.list->count; i++)
        list.list->items[i] = item_at(r, of, from + i * by);
    if (of.kind == VALUE_LIST)
        return list;
    Value text = chat_value_string("");
    for (int i = 0; i < list.list->count && chat_run_goes_on(r, n->at); i++)
        text = joined(r, text, list.list->items[i]);
    return text;
}

/* ---- operators ----------------------------------------------------------------------------------- */

static Value add(RunState *r, size_t at, Value a, Value b)
{
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return joined(r, a, b);
    if (a.kind != VALUE_LIST || b.kind != VALUE_LIST)
        return chat_run_fault(r, at, "%s + %s: their kinds do not match", chat_value_kind(a),
                              chat_value_kind(b));
    Value both = chat_value_list(r, a.list->count + b.list->count);
    for (int i = 0; i < both.list->count; i++)
        both.list->items[i] = i < a.list->count ? a.list->items[i] : b.list->items[i - a.list->count];
    return both;
}

static Value whole_sum(RunState *r, size_t at, char sign, long long a, long long b)
{
    long long result = 0;
    bool over = false;
    if ((sign == '%' || sign == '/') && (b == 0 || b == -1))
        return b == 0 ? chat_run_fault(r, at, "division by zero") : chat_value_int(sign == '%' ? 0 : -a);
    if (sign == '+')
        over = __builtin_add_overflow(a, b, &result);
    else if (sign == '-')
        over = __builtin_sub_overflow(a, b, &result);
    else if (sign == '*')
        over = __builtin_mul_overflow(a, b, &result);
    else if (sign == '/')
        result = a / b - (a % b != 0 && (a < 0) != (b < 0));
    else
        result = a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
    return over ? chat_run_fault(r, at, "the number is too large") : chat_value_int(result);
}

static Value real_sum(RunState *r, size_t at, char sign, double a, double b)
{
    double result = sign == '+' ? a + b : sign == '-' ? a - b : a * b;
    if ((sign == '/' || sign == '%') && !(b < 0) && !(b > 0))
        return chat_run_fault(r, at, "division by zero");
    if (sign == '/')
        result = a / b;
    else if (sign == '%')
        result = a - b * floor(a / b);
    return (Value){.kind = VALUE_FLOAT, .real = result};
}

static Value binary(RunState *r, const Node *n)
{
    Value a = evaluate(r, n->a), b = evaluate(r, n->b);
    double x, y;
    if (r->failed)
        return a;
    if (chat_value_is(n->value, "~"))
        return joined(r, chat_value_printed(r, n->at, a), chat_value_printed(r, n->at, b));
    bool first = chat_value_number(a, &x), numbers = chat_value_number(b, &y) && first;
    char sign = n->value.text[0];
    bool floors = chat_value_is(n->value, "//"), reals = a.kind == VALUE_FLOAT || b.kind == VALUE_FLOAT;
    if (!numbers && sign == '+')
        return add(r, n->at, a, b);
    if (!numbers)
        return chat_run_fault(r, n->at, "%s %.*s %s: not supported", chat_value_kind(a), (int)n->value.size,
                              n->value.text, chat_value_kind(b));
    if (!reals && (sign != '/' || floors))
        return whole_sum(r, n->at, sign, a.kind == VALUE_INT ? a.whole : a.truth,
                         b.kind == VALUE_INT ? b.whole : b.truth);
    Value result = real_sum(r, n->at, sign, x, y);
    if (floors && result.kind == VALUE_FLOAT)
        result.real = floor(result.real);
    return result;
}

static bool contains(RunState *r, size_t at, Value a, Value b)
{
    if (b.kind == VALUE_STRING && a.kind == VALUE_STRING)
        return memmem(b.text, b.size, a.text, a.size) != NULL;
    if (b.kind == VALUE_DICT || b.kind == VALUE_NAMESPACE)
        return a.kind == VALUE_STRING && chat_dict_find(b.dict, a.text, a.size);
    if (b.kind != VALUE_LIST && b.kind != VALUE_UNDEFINED)
        chat_run_fault(r, at, "%s in %s: not supported", chat_value_kind(a), chat_value_kind(b));
    for (int i = 0; b.kind == VALUE_LIST && i < b.list->count; i++) {
        if (chat_value_equal(a, b.list->items[i]))
            return true;
    }
    return false;
}

/* Below 0, 0 or above 0, as a is before b or not. */
static int order(RunState *r, size_t at, Value a, Value b)
{
    double x, y;
    bool first = chat_value_number(a, &x), numbers = chat_value_number(b, &y) && first;
    if (numbers)
        return (x > y) - (x < y);
    if (a.kind != VALUE_STRING || b.kind != VALUE_STRING) {
        chat_run_fault(r, at, "%s and %s have no order", chat_value_kind(a), chat_value_kind(b));
        return 0;
    }
    int before = memcmp(a.text, b.text, a.size < b.size ? a.size : b.size);
    return before ? before : (a.size > b.size) - (a.size < b.size);
}

static bool compares(RunState *r, size_t at, const char *sign, Value a, Value b)
{
    if (strcmp(sign, "in") == 0 || strcmp(sign, "not") == 0)
        return contains(r, at, a, b) == (sign[0] == 'i');
    if (strcmp(sign, "==") == 0 || strcmp(sign, "!=") == 0)
        return chat_value_equal(a, b) == (sign[0] == '=');
    int o = order(r, at, a, b);
    return sign[0] == '<' ? o < (sign[1] == '=') : o > -(sign[1] == '=');
}

static Value compare(RunState *r, const Node *n)
{
    Value a = evaluate(r, n->a);
    bool holds = true;
    for (const Node *operand = n->list; operand && holds && !r->failed; operand = operand->next) {
        Value b = evaluate(r, operand->a);
        holds = !r->failed && compares(r, operand->at, operand->key, a, b);
        a = b;
    }
    return chat_value_bool(holds);
}

static Value negate(RunState *r, const Node *n)
{
    Value a = evaluate(r, n->a);
    double x;
    if (a.kind == VALUE_FLOAT)
        return (Value){.kind = VALUE_FLOAT, .real = -a.real};
    if (!chat_value_number(a, &x) || (a.kind == VALUE_INT && a.whole < -0x7fffffffffffffffLL))
        return chat_run_fault(r, n->at, "-%s: not supported", chat_value_kind(a));
    return chat_value_int(a.kind == VALUE_INT ? -a.whole : -(long long)a.truth);
}

/* ---- expressions --------------------------------------------------------------------------------- */

static Arguments arguments(RunState *r, const Node *list)
{
    Arguments a = {.count = 0};
    for (; list && a.count < CHAT_MAX_ARGUMENTS; list = list->next) {
        a.keys[a.count] = list->key;
        a.items[a.count++] = evaluate(r, list);
    }
    return a;
}

static Value call(RunState *r, const Node *n)
{
    Value f = evaluate(r, n->a);
    Arguments a = arguments(r, n->list);
    if (r->failed)
        return f;
    if (f.kind == VALUE_FUNCTION)
        return chat_call_function(r, n->a->at, f, &a);
    if (f.kind == VALUE_METHOD)
        return chat_call_method(r, n->a->at, f, &a);
    return chat_run_fault(r, n->a->at, "the function '%.*s' is not supported",
                          f.kind == VALUE_UNDEFINED ? (int)f.size : 5,
                          f.kind == VALUE_UNDEFINED ? f.text : "value");
}

static Value literal(RunState *r, const Node *n)
{
    int count = 0;
    bool list = n->kind == NODE_LIST;
    for (const Node *i = n->list; i; i = i->next)
        count++;
    Value v = list ? chat_value_list(r, count) : chat_value_dict(r);
    count = 0;
    for (const Node *i = n->list; i && !r->failed; i = list ? i->next : i->next->next) {
        Value x = evaluate(r, i);
        if (list)
            v.list->items[count++] = x;
        else if (x.kind == VALUE_STRING)
            chat_dict_set(r, v.dict, x, evaluate(r, i->next));
        else
            chat_run_fault(r, i->at, "a key of a dictionary is %s", chat_value_kind(x));
    }
    return v;
}

static Value evaluate_kind(RunState *r, const Node *n)
{
    Value a;
    Arguments arg;
    switch (n->kind) {
    case NODE_CONST:
        return n->value;
    case NODE_NAME:
        return look_up(r, n->value);
    case NODE_LIST:
    case NODE_DICT:
        return literal(r, n);
    case NODE_BINARY:
        return binary(r, n);
    case NODE_COMPARE:
        return compare(r, n);
    case NODE_AND:
        a = evaluate(r, n->a);
        return chat_value_true(a) ? evaluate(r, n->b) : a;
    case NODE_OR:
        a = evaluate(r, n->a);
        return chat_value_true(a) ? a : evaluate(r, n->b);
    case NODE_NOT:
        return chat_value_bool(!chat_value_true(evaluate(r, n->a)));
    case NODE_NEGATE:
        return negate(r, n);
    case NODE_CHOICE:
        if (chat_value_true(evaluate(r, n->b)))
            return evaluate(r, n->a);
        return n->c ? evaluate(r, n->c) : undefined(chat_value_string("the missing else"));
    case NODE_MEMBER:
        a = evaluate(r, n->a);
        return r->failed ? a : member(r, n->at, a, n->value);
    case NODE_ITEM:
        a = evaluate(r, n->a);
        return r->failed ? a : item(r, n->at, a, evaluate(r, n->b));
    case NODE_SLICE:
        return slice(r, n);
    case NODE_CALL:
        return call(r, n);
    case NODE_FILTER:
    case NODE_TEST:
        a = evaluate(r, n->a);
        arg = arguments(r, n->list);
        if (r->failed)
            return a;
        return n->kind == NODE_FILTER ? chat_call_filter(r, n->at, n->value, a, &arg)
                                      : chat_value_bool(chat_call_test(r, n->at, n->value, a, &arg));
    default:
        return chat_run_fault(r, n->at, "a statement is no expression");
    }
}

static Value evaluate(RunState *r, const Node *n)
{
    r->depth++;
    Value v = (Value){.kind = VALUE_UNDEFINED, .text = "", .size = 0};
    if (chat_run_goes_on(r, n->at))
        v = evaluate_kind(r, n);
    r->depth--;
    return v;
}

/* ---- statements ---------------------------------------------------------------------------------- */

static void print(RunState *r, size_t at, Value v)
{
    Value text = r->failed ? v : chat_value_printed(r, at, v);
    if (r->failed)
        return;
    if (r->out->size + text.size > max_memory)
        chat_run_fault(r, at, "the text becomes too long");
    else
        chat_output_add(r->out, text.text, text.size);
}

/* loop.index and so on, of round i of count. */
static Value loop_of(RunState *r, const List *items, int i)
{
    const struct {
        const char *name;
        Value value;
    } members[] = {{"index", chat_value_int(i + 1)},
                   {"index0", chat_value_int(i)},
                   {"revindex", chat_value_int(items->count - i)},
                   {"revindex0", chat_value_int(items->count - i - 1)},
                   {"first", chat_value_bool(i == 0)},
                   {"last", chat_value_bool(i == items->count - 1)},
                   {"length", chat_value_int(items->count)},
                   {"previtem", i > 0 ? items->items[i - 1] : undefined(chat_value_string("previtem"))},
                   {"nextitem",
                    i + 1 < items->count ? items->items[i + 1] : undefined(chat_value_string("nextitem"))}};
    Value loop = chat_value_dict(r);
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        chat_dict_set(r, loop.dict, chat_value_string(members[k].name), members[k].value);
    return loop;
}

/* The items for which the loop's own condition holds. */
static List chosen(RunState *r, const Node *n, List items)
{
    List some = {chat_value_list(r, items.count).list->items, 0};
    Variable *before = r->variables, *frame = r->frame;
    for (int i = 0; i < items.count && !r->failed; i++) {
        r->frame = r->variables = before;
        set_targets(r, n->list, n->at, items.items[i]);
        if (chat_value_true(evaluate(r, n->b)))
            some.items[some.count++] = items.items[i];
    }
    r->variables = before;
    r->frame = frame;
    return some;
}

static void run_for(RunState *r, const Node *n)
{
    List items = {NULL, 0};
    Value of = evaluate(r, n->a);
    if (r->failed || !chat_value_items(r, n->a->at, of, &items))
        return;
    if (n->b)
        items = chosen(r, n, items);
    Variable *before = r->variables, *frame = r->frame;
    for (int i = 0; i < items.count && !r->failed && r->flow != FLOW_BREAK; i++) {
        r->frame = r->variables = before;
        set_targets(r, n->list, n->at, items.items[i]);
        set_variable(r, chat_value_string("loop"), loop_of(r, &items, i));
        r->flow = FLOW_ON;
        run_all(r, n->body);
    }
    r->flow = FLOW_ON;
    r->variables = before;
    r->frame = frame;
    if (items.count == 0 && n->other)
        run_all(r, n->other);
}

static void run_set_block(RunState *r, const Node *n)
{
    Output own = {0}, *out = r->out;
    r->out = &own;
    run_all(r, n->body);
    r->out = out;
    Value text = chat_output_value(r, &own);
    if (!r->failed)
        set_target(r, n->list, text);
}

static void run_one(RunState *r, const Node *n)
{
    switch (n->kind) {
    case NODE_TEXT:
        print(r, n->at, n->value);
        break;
    case NODE_PRINT:
        print(r, n->at, evaluate(r, n->a));
        break;
    case NODE_IF:
        run_all(r, chat_value_true(evaluate(r, n->a)) ? n->body : n->other);
        break;
    case NODE_FOR:
        run_for(r, n);
        break;
    case NODE_SET: {
        Value v = evaluate(r, n->a);
        if (!r->failed)
            set_targets(r, n->list, n->at, v);
        break;
    }
    case NODE_SET_BLOCK:
        run_set_block(r, n);
        break;
    case NODE_GENERATION:
        run_all(r, n->body);
        break;
    default:
        r->flow = n->kind == NODE_BREAK ? FLOW_BREAK : FLOW_CONTINUE;
    }
}

static void run_all(RunState *r, const Node *n)
{
    r->depth++;
    for (; n && r->flow == FLOW_ON && chat_run_goes_on(r, n->at); n = n->next)
        run_one(r, n);
    r->depth--;
}

bool chat_run(RunState *r, const Node *body)
{
    run_all(r, body);
    return !r->failed;
}
