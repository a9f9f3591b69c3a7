/* function.c -- small C functions: chosen, computed, written, with a mistake or without. */
#include "common/world/function.h"

#include "common/base/base.h"

enum { KS = 10 };

static double keeps_count(void)
{
    return GREATER + (double)(KEEPS - GREATER) * KS;
}

/* Sums 85 x 19; counts and four questions of a condition 84 each; largest and smallest 19 each; three of numbers. */
double function_count(void)
{
    double changes = 2 + 8 + 9, keeps = keeps_count();
    return keeps * changes + 5 * (keeps - 1) + 2 * changes + 8 * 9 * 2 + 8 * 8 + KS * 9 * 2;
}

/* ---- choices ------------------------------------------------------------------------------------- */

static void choose_keep(Draft *d, Function *f, bool any)
{
    f->keep = (Keep)(any ? draft_pick(d, KEEPS) : 1 + draft_pick(d, KEEPS - 1));
    if (f->keep >= GREATER)
        f->k = draft_pick(d, KS);
}

static void choose_change(Draft *d, Function *f)
{
    f->change = (Change)draft_pick(d, CHANGES);
    if (f->change == TIMES)
        f->by = 2 + draft_pick(d, 8);
    if (f->change == PLUS)
        f->by = 1 + draft_pick(d, 9);
}

Function function_choose(Draft *d)
{
    static const char *const names[] = {"f", "g", "work", "result", "value", "compute"};
    static const char *const arrays[] = {"a", "v", "x", "list"};
    static const Shape often[] = {SUM,  SUM,     SUM,      COUNT, COUNT, ALL,  ANY, FIRST,
                                  LAST, LARGEST, SMALLEST, LINE,  PAIR,  STEP, STEP};
    Function f = {.shape = often[rng_below(d->rng, DRAFT_COUNT(often))]};
    draft_fold(d, f.shape, 1);
    if (f.shape <= LAST)
        choose_keep(d, &f, f.shape == SUM);
    if (f.shape == SUM || f.shape == LARGEST || f.shape == SMALLEST)
        choose_change(d, &f);
    if (f.shape >= LINE) {
        f.by = 2 + draft_pick(d, f.shape == STEP ? KS : 8);
        f.more = f.shape == PAIR ? 2 + draft_pick(d, 8) : 1 + draft_pick(d, 9);
        f.less = f.shape != PAIR && draft_pick(d, 2);
    }
    f.name = names[rng_below(d->rng, DRAFT_COUNT(names))];
    f.array = arrays[rng_below(d->rng, DRAFT_COUNT(arrays))];
    return f;
}

/* ---- what it computes ---------------------------------------------------------------------------- */

static bool kept(const Function *f, int x)
{
    switch (f->keep) {
    case EACH:
        return true;
    case EVEN:
        return x % 2 == 0;
    case ODD:
        return x % 2 != 0;
    case POSITIVE:
        return x > 0;
    case NEGATIVE:
        return x < 0;
    case GREATER:
        return x > f->k;
    case LESS:
        return x < f->k;
    case EQUAL:
        return x == f->k;
    case UNEQUAL:
        return x != f->k;
    case EVEN_GREATER:
        return x % 2 == 0 && x > f->k;
    case EVEN_LESS:
        return x % 2 == 0 && x < f->k;
    case ODD_GREATER:
        return x % 2 != 0 && x > f->k;
    default:
        return x % 2 != 0 && x < f->k;
    }
}

static int changed(const Function *f, int x)
{
    return f->change == SQUARE ? x * x : f->change == TIMES ? f->by * x : f->change == PLUS ? x + f->by : x;
}

int function_value(const Function *f, const int *a, int n)
{
    int sum = 0, count = 0, first = -1, last = -1, max = changed(f, a[0]), min = max;
    for (int i = 0; i < n; i++) {
        int x = changed(f, a[i]);
        max = x > max ? x : max;
        min = x < min ? x : min;
        if (!kept(f, a[i]))
            continue;
        sum += x;
        count++;
        first = first < 0 ? i : first;
        last = i;
    }
    const int by_shape[SHAPES] = {sum,
                                  count,
                                  count == n,
                                  count > 0,
                                  first,
                                  last,
                                  max,
                                  min,
                                  f->by * a[0] + (f->less ? -f->more : f->more),
                                  f->by * a[0] + f->more * a[1],
                                  a[0] > f->by ? a[0] + (f->less ? -f->more : f->more) : a[0]};
    return by_shape[f->shape];
}

/* ---- its text ------------------------------------------------------------------------------------ */

void function_head(const Function *f, char *out)
{
    if (f->shape < LOOPS)
        draft_print(out, "int %s(const int *%s, int n)", f->name, f->array);
    else
        draft_print(out, "int %s(int x%s)", f->name, f->shape == PAIR ? ", int y" : "");
}

static void write_element(const Function *f, const char *index, char *out)
{
    const char *a = f->array;
    if (f->change == SQUARE)
        draft_print(out, "%s[%s] * %s[%s]", a, index, a, index);
    else if (f->change == TIMES)
        draft_print(out, "%d * %s[%s]", f->by, a, index);
    else if (f->change == PLUS)
        draft_print(out, "%s[%s] + %d", a, index, f->by);
    else
        draft_print(out, "%s[%s]", a, index);
}

/* a[i] % 2 == 0 && a[i] > 3; the opposite where `not`. */
static void write_condition(const Function *f, bool not, char *out)
{
    const char *a = f->array;
    bool even = f->keep == EVEN || f->keep == EVEN_GREATER || f->keep == EVEN_LESS;
    bool odd = f->keep == ODD || f->keep == ODD_GREATER || f->keep == ODD_LESS;
    bool both = f->keep >= EVEN_GREATER;
    if (even || odd)
        draft_print(out, "%s[i] %% 2 %s 0", a, even != not ? "==" : "!=");
    if (even || odd) {
        if (!both)
            return;
        draft_print(out, not ? " || " : " && ");
    }
    bool greater =
        f->keep == POSITIVE || f->keep == GREATER || f->keep == EVEN_GREATER || f->keep == ODD_GREATER;
    const char *sign = f->keep == EQUAL     ? (not ? "!=" : "==")
                       : f->keep == UNEQUAL ? (not ? "==" : "!=")
                       : greater            ? (not ? "<=" : ">")
                                            : (not ? ">=" : "<");
    draft_print(out, "%s[i] %s %d", a, sign, f->k);
}

static void write_loop(const Function *f, Mistake wrong, char *out)
{
    bool extreme = f->shape == LARGEST || f->shape == SMALLEST,
         index = f->shape == FIRST || f->shape == LAST;
    if (f->shape != ALL && f->shape != ANY && f->shape != FIRST) {
        draft_print(out, "    int s = ");
        if (extreme)
            write_element(f, "0", out);
        else
            draft_print(out, "%d", (index ? -1 : 0) + (wrong == BEGINNING));
        draft_print(out, ";\n");
    }
    draft_print(out, "    for (int i = %d; i < n; i++)\n", (extreme ? 1 : 0) + (wrong == START));
    if (extreme) {
        draft_print(out, "        if (");
        write_element(f, "i", out);
        draft_print(out, " %s s)\n            s = ", (f->shape == LARGEST) != (wrong == SIGN) ? ">" : "<");
        write_element(f, "i", out);
        draft_print(out, ";\n");
        return;
    }
    const char *deep = "        ";
    if (f->keep != EACH) {
        draft_print(out, "        if (");
        write_condition(f, (f->shape == ALL) != (wrong == CONDITION), out);
        draft_print(out, ")\n");
        deep = "            ";
    }
    draft_print(out, "%s", deep);
    if (f->shape == SUM) {
        draft_print(out, "s %s= ", wrong == SIGN ? "-" : "+");
        write_element(f, "i", out);
    } else if (f->shape == COUNT)
        draft_print(out, "s%s", wrong == SIGN ? "--" : "++");
    else if (f->shape == LAST)
        draft_print(out, "s = i");
    else
        draft_print(out, "return %s", f->shape == FIRST ? "i" : f->shape == ANY ? "1" : "0");
    draft_print(out, ";\n");
}

void function_body(const Function *f, Mistake wrong, char *out)
{
    const char *sign = f->less != (wrong == SIGN) ? "-" : "+";
    int by = f->by + (wrong == BEGINNING), more = f->more + (wrong == RESULT);
    draft_print(out, "{\n");
    if (f->shape < LOOPS) {
        write_loop(f, wrong, out);
        if (f->shape == ALL || f->shape == ANY || f->shape == FIRST)
            draft_print(out, "    return %d;\n", f->shape == ALL ? 1 : f->shape == ANY ? 0 : -1);
        else
            draft_print(out, "    return %s;\n", wrong == RESULT ? "n" : "s");
    } else if (f->shape == LINE)
        draft_print(out, "    return %d * x %s %d;\n", by, sign, more);
    else if (f->shape == PAIR)
        draft_print(out, "    return %d * x %s %d * y;\n", by, sign, more);
    else
        draft_print(out, "    if (x > %d)\n        return x %s %d;\n    return x;\n", by, sign, more);
    draft_print(out, "}");
}

void function_text(const Function *f, Mistake wrong, char *out)
{
    function_head(f, out);
    draft_print(out, "\n");
    function_body(f, wrong, out);
}

Mistake function_mistake(Draft *d, const Function *f)
{
    bool sums = f->shape == SUM || f->shape == COUNT, extreme = f->shape == LARGEST || f->shape == SMALLEST;
    for (;;) {
        Mistake m = (Mistake)(1 + rng_below(d->rng, MISTAKES - 1));
        if (f->shape >= LOOPS ? m == SIGN || (m == BEGINNING) || (m == RESULT && f->shape != STEP)
            : m == START      ? true
            : m == SIGN       ? sums || extreme
            : m == CONDITION  ? f->keep != EACH
            : m == BEGINNING  ? sums
                              : sums || extreme || f->shape == LAST)
            return m;
    }
}
