/* code.c -- small C functions, each with a sentence that describes it and with tests.
 *
 * A function reduces an array (sum, count, largest, index of the first ...), over the elements that a condition
 * lets through, or computes with one or two numbers. It is one row of choices, from which the sentence, the C text,
 * the mistakes for repair and the expected values all come. */
#include "common/base/base.h"
#include "common/world/function.h"

#include <stdio.h>
#include <string.h>

enum { WORDINGS = 8, HELD = 2, PART = 64, ROOM = 512, TESTS = 8 };

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

/* ---- tests --------------------------------------------------------------------------------------- */

static int draw_arguments(Draft *d, const Function *f, int a[FUNCTION_ELEMENTS])
{
    int n = f->shape < LOOPS ? 3 + rng_below(d->rng, FUNCTION_ELEMENTS - 2) : f->shape == PAIR ? 2 : 1;
    for (int i = 0; i < FUNCTION_ELEMENTS; i++)
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
    int a[FUNCTION_ELEMENTS];
    draft_print(out, "int main(void)\n{\n");
    for (int i = 0; i < TESTS; i++) {
        int n = draw_arguments(d, f, a);
        draft_print(out, "    if (");
        write_call(f, a, n, true, out);
        draft_print(out, " != %d)\n        return 1;\n", function_value(f, a, n));
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
    int a[FUNCTION_ELEMENTS], n = draw_arguments(d, f, a);
    draft_print(d->prompt, "// ");
    write_call(f, a, n, false, d->prompt);
    draft_print(d->prompt, answer == d->prompt ? " == " : " ==");
    draft_print(answer, "%d", function_value(f, a, n));
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
    Function f = function_choose(d);
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
        function_head(&f, d->prompt);
        draft_print(d->answer, "\n");
        function_body(&f, NONE, d->answer);
    } else {
        function_text(&f, d->task == WORLD_REPAIR ? function_mistake(d, &f) : NONE, d->prompt);
    }
    if (d->task == WORLD_EXPLAIN) {
        say(d, explain);
        describe(d, &f, d->answer);
    } else if (d->task == WORLD_REPAIR) {
        say(d, repair);
        draft_print(d->answer, "\n");
        function_text(&f, NONE, d->answer);
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
