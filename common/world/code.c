/* code.c -- small C functions, each with a sentence that describes it and with tests.
 *
 * A function reduces an array (sum, count, largest, index of the first ...), over the elements that a condition
 * lets through, or computes with one or two numbers. It is one row of choices, from which the sentence, the C text,
 * the mistakes for repair and the expected values all come. */
#include "common/base/base.h"
#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

enum { WORDINGS = 8, HELD = 2, PART = 64, ROOM = 512, MAX_ELEMENTS = 6, TESTS = 8 };

typedef enum Shape {
    SUM,
    COUNT,
    ALL,
    ANY,
    FIRST,
    LAST,
    LARGEST,
    SMALLEST,
    LOOPS,
    LINE = LOOPS,
    PAIR,
    STEP,
    SHAPES
} Shape;
typedef enum Keep {
    EACH,
    EVEN,
    ODD,
    POSITIVE,
    NEGATIVE,
    GREATER,
    LESS,
    EQUAL,
    UNEQUAL,
    EVEN_GREATER,
    EVEN_LESS,
    ODD_GREATER,
    ODD_LESS,
    KEEPS
} Keep;
typedef enum Change { PLAIN, SQUARE, TIMES, PLUS, CHANGES } Change;

typedef struct Function {
    Shape shape;
    Keep keep;
    int k; /* that elements are compared with */
    Change change;
    int by, more; /* of TIMES and PLUS; of LINE, PAIR and STEP */
    bool less;
    const char *name, *array;
} Function;

enum { KS = 10 };

static double keeps_count(void)
{
    return GREATER + (double)(KEEPS - GREATER) * KS;
}

/* Sums 85 x 19; counts and four questions of a condition 84 each; largest and smallest 19 each; three of numbers. */
static double function_count(void)
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

static Function choose_function(Draft *d)
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

/* a (n); of two numbers a[0] and a[1]. */
static int evaluate(const Function *f, const int *a, int n)
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

/* ---- its sentence -------------------------------------------------------------------------------- */

/* even; 偶数 */
static void describe_kept(const Draft *d, const Function *f, char out[PART])
{
    static const DraftLine adjectives[KEEPS] = {{"数", ""},
                                                {"偶数", "even"},
                                                {"奇数", "odd"},
                                                {"正数", "positive"},
                                                {"负数", "negative"},
                                                {"大于%d的数", "greater than %d"},
                                                {"小于%d的数", "less than %d"},
                                                {"等于%d的数", "equal to %d"},
                                                {"不等于%d的数", "not equal to %d"},
                                                {"大于%d的偶数", "even and greater than %d"},
                                                {"小于%d的偶数", "even and less than %d"},
                                                {"大于%d的奇数", "odd and greater than %d"},
                                                {"小于%d的奇数", "odd and less than %d"}};
    const char *text = draft_by_language(d, adjectives[f->keep].zh, adjectives[f->keep].en);
    const char *number = strchr(text, '%');
    if (number)
        snprintf(out, PART, "%.*s%d%s", (int)(number - text), text, f->k, number + 2);
    else
        snprintf(out, PART, "%s", text);
}

static void describe_change(const Draft *d, const Function *f, char out[PART])
{
    bool zh = d->language == WORLD_ZH;
    if (f->change == SQUARE)
        snprintf(out, PART, zh ? "的平方" : "squares of ");
    else if (f->change == TIMES)
        snprintf(out, PART, zh ? "乘以%d" : "products of %d and ", f->by);
    else if (f->change == PLUS)
        snprintf(out, PART, zh ? "加%d" : "sums of %d and ", f->by);
    else
        out[0] = '\0';
}

static void describe_numbers(const Draft *d, const Function *f, char out[ROOM])
{
    bool zh = d->language == WORLD_ZH;
    if (f->shape == LINE)
        snprintf(out, ROOM, zh ? "x乘以%d再%s%d" : "x times %d %s %d", f->by,
                 f->less ? (zh ? "减" : "minus") : (zh ? "加" : "plus"), f->more);
    else if (f->shape == PAIR)
        snprintf(out, ROOM, zh ? "x乘以%d加y乘以%d" : "x times %d plus y times %d", f->by, f->more);
    else
        snprintf(out, ROOM, zh ? "x大于%d时x%s%d，否则x" : "x if x is not greater than %d, else x %s %d",
                 f->by, f->less ? (zh ? "减" : "minus") : (zh ? "加" : "plus"), f->more);
}

/* the sum of the squares of the numbers in a that are even; a中偶数的平方的和 */
static void describe(const Draft *d, const Function *f, char out[ROOM])
{
    static const DraftLine formats[LOOPS] = {
        {"的和", "the sum of the "},
        {"的个数", "the count of the "},
        {"中是否全是", "1 if all numbers in %s are %s, else 0"},
        {"中是否有", "1 if a number in %s is %s, else 0"},
        {"中第一个", "the index of the first number in %s that is %s, or -1"},
        {"中最后一个", "the index of the last number in %s that is %s, or -1"},
        {"的最大值", "the largest of the "},
        {"的最小值", "the smallest of the "}};
    char which[PART], how[PART];
    if (f->shape >= LOOPS) {
        describe_numbers(d, f, out);
        return;
    }
    describe_kept(d, f, which);
    describe_change(d, f, how);
    bool part = f->shape >= ALL && f->shape <= LAST;
    const char *format = draft_by_language(d, formats[f->shape].zh, formats[f->shape].en);
    if (d->language == WORLD_ZH && part)
        snprintf(out, ROOM, "%s%s%s%s", f->array, format, which, f->shape >= FIRST ? "的下标" : "");
    else if (d->language == WORLD_ZH)
        snprintf(out, ROOM, "%s中%s%s%s", f->array, which, how, format);
    else if (part) {
        const char *array = strstr(format, "%s"), *condition = strstr(array + 2, "%s");
        snprintf(out, ROOM, "%.*s%s%.*s%s%s", (int)(array - format), format, f->array,
                 (int)(condition - array - 2), array + 2, which, condition + 2);
    } else
        snprintf(out, ROOM, "%s%s%snumbers in %s%s%s", format, how, how[0] ? "the " : "", f->array,
                 which[0] ? " that are " : "", which);
}

/* ---- its text ------------------------------------------------------------------------------------ */

static void write_head(const Function *f, char *out)
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

typedef enum Mistake { NONE, START, SIGN, CONDITION, BEGINNING, RESULT, MISTAKES } Mistake;

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

static void write_body(const Function *f, Mistake wrong, char *out)
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

static void write_function(const Function *f, Mistake wrong, char *out)
{
    write_head(f, out);
    draft_print(out, "\n");
    write_body(f, wrong, out);
}

/* A mistake that this function can have. */
static Mistake choose_mistake(Draft *d, const Function *f)
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

/* ---- tests --------------------------------------------------------------------------------------- */

static int draw_arguments(Draft *d, const Function *f, int a[MAX_ELEMENTS])
{
    int n = f->shape < LOOPS ? 3 + rng_below(d->rng, MAX_ELEMENTS - 2) : f->shape == PAIR ? 2 : 1;
    for (int i = 0; i < MAX_ELEMENTS; i++)
        a[i] = rng_below(d->rng, 20) - 5;
    if (f->keep == EQUAL && rng_below(d->rng, 2))
        a[rng_below(d->rng, n)] = f->k;
    return n;
}

/* f({3, 1, 2}) as the comment has it; f((int[]){3, 1, 2}, 3) in C. */
static void write_call(const Function *f, const int *a, int n, bool c, char *out)
{
    bool array = f->shape < LOOPS;
    draft_print(out, "%s(%s", f->name, !array ? "" : c ? "(int[]){" : "{");
    for (int i = 0; i < n; i++)
        draft_print(out, "%s%d", i ? ", " : "", a[i]);
    if (array && c)
        draft_print(out, "}, %d", n);
    draft_print(out, "%s)", array && !c ? "}" : "");
}

static void write_tests(Draft *d, const Function *f, char *out)
{
    int a[MAX_ELEMENTS];
    draft_print(out, "int main(void)\n{\n");
    for (int i = 0; i < TESTS; i++) {
        int n = draw_arguments(d, f, a);
        draft_print(out, "    if (");
        write_call(f, a, n, true, out);
        draft_print(out, " != %d)\n        return 1;\n", evaluate(f, a, n));
    }
    draft_print(out, "    return 0;\n}\n");
}

/* ---- samples ------------------------------------------------------------------------------------- */

static const DraftLine frames[WORDINGS] = {
    {"返回", "returns "},         {"求", "gives "},
    {"计算", "computes "},        {"这个函数返回", "this function returns "},
    {"结果是", "the result is "}, {"算出", "finds "},
    {"它返回", "it returns "},    {"这个函数计算", "this function computes "}};

static const DraftLine explain[WORDINGS] = {{"返回什么？", "what does it return?"},
                                            {"这个函数做什么？", "what does the function do?"},
                                            {"用一句话说：", "in words:"},
                                            {"它的意思：", "its meaning:"},
                                            {"说明：", "explanation:"},
                                            {"结果是什么？", "what is the result?"},
                                            {"这个函数返回什么？", "what does the function return?"},
                                            {"用一句话说明：", "explanation in words:"}};

static const DraftLine repair[WORDINGS] = {{"改正：", "repaired:"},
                                           {"正确的函数：", "the correct function:"},
                                           {"有一个错误，改正后：", "it has a mistake, repaired:"},
                                           {"修改后：", "corrected:"},
                                           {"没有错误的：", "without the mistake:"},
                                           {"改好了：", "now correct:"},
                                           {"改正后：", "the repaired function:"},
                                           {"正确的：", "correct, without the mistake:"}};

static void write_sentence(Draft *d, const Function *f)
{
    char sentence[ROOM];
    describe(d, f, sentence);
    DraftLine frame = frames[draft_either(d, WORDINGS, HELD)];
    draft_print(d->prompt, "// %s%s\n", draft_by_language(d, frame.zh, frame.en), sentence);
}

static void write_example(Draft *d, const Function *f, char *answer)
{
    int a[MAX_ELEMENTS], n = draw_arguments(d, f, a);
    draft_print(d->prompt, "// ");
    write_call(f, a, n, false, d->prompt);
    draft_print(d->prompt, answer == d->prompt ? " == " : " ==");
    draft_print(answer, "%d", evaluate(f, a, n));
}

static void say(Draft *d, const DraftLine *lines)
{
    DraftLine line = lines[draft_either(d, WORDINGS, HELD)];
    draft_print(d->prompt, "\n// %s", draft_by_language(d, line.zh, line.en));
}

void draft_code(Draft *d)
{
    static const WorldCoding often[] = {WORLD_COMPLETE, WORLD_COMPLETE, WORLD_COMPLETE, WORLD_EXPLAIN,
                                        WORLD_REPAIR,   WORLD_REPAIR,   WORLD_RESULT};
    draft_hold(d);
    Function f = choose_function(d);
    d->task = often[rng_below(d->rng, DRAFT_COUNT(often))];
    d->label = f.shape;
    d->size = function_count();
    if (d->task == WORLD_COMPLETE || d->task == WORLD_REPAIR)
        write_sentence(d, &f);
    if (d->task == WORLD_COMPLETE) {
        if (rng_below(d->rng, 2)) {
            write_example(d, &f, d->prompt);
            draft_print(d->prompt, "\n");
        }
        write_head(&f, d->prompt);
        draft_print(d->answer, "\n");
        write_body(&f, NONE, d->answer);
    } else {
        write_function(&f, d->task == WORLD_REPAIR ? choose_mistake(d, &f) : NONE, d->prompt);
    }
    if (d->task == WORLD_EXPLAIN) {
        say(d, explain);
        describe(d, &f, d->answer);
    } else if (d->task == WORLD_REPAIR) {
        say(d, repair);
        draft_print(d->answer, "\n");
        write_function(&f, NONE, d->answer);
    } else if (d->task == WORLD_RESULT) {
        draft_print(d->prompt, "\n");
        write_example(d, &f, d->answer);
    }
    if (d->task == WORLD_COMPLETE || d->task == WORLD_REPAIR)
        write_tests(d, &f, d->worse);
}

char *world_code_program(const WorldSample *code, const char *answer)
{
    const char *head = code->task == WORLD_COMPLETE ? strrchr(code->prompt, '\n') + 1 : "";
    size_t room = strlen(head) + strlen(answer) + strlen(code->worse) + 4;
    char *program = memory_new(room);
    snprintf(program, room, "%s\n%s\n%s", head, answer, code->worse);
    return program;
}
