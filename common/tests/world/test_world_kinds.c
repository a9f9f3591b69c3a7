/* test_world_kinds.c -- the kinds with wordings on both sides: answers, steps, C that compiles, JSON that parses, and
 * wordings, labels and tasks that training never shows. */
#include "common/base/base.h"
#include "common/world/lexicon.h"
#include "common/world/samples.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 2000, FIRST = WORLD_READING, LAST = WORLD_TOOL };

static void expect(bool holds, const char *what, const char *text)
{
    if (!holds)
        ck_abort_msg("%s: %s", what, text);
}

static WorldSamples draw(WorldKind kind, WorldLanguage language, WorldSide side, int count, int questions)
{
    Rng rng = rng_new(61);
    WorldRequest request = {kind, language, side, count, 0, questions};
    return world_samples(&request, &rng);
}

/* ---- wordings ------------------------------------------------------------------------------------ */

/* What is left of a text without its words of the lexicon and its numbers: its wording. */
static uint64_t wording_of(const char *text, WorldLanguage language)
{
    char skeleton[8192];
    size_t used = 0;
    while (*text && used + 8 < sizeof skeleton) {
        size_t longest = 0;
        int list_found = 0;
        for (int list = 0; list < WORLD_LISTS; list++) {
            for (int i = 0; i < world_list_count((WorldList)list); i++) {
                const WorldWord *w = world_word((WorldList)list, i);
                const char *word = language == WORLD_EN ? w->en : w->zh;
                size_t size = strlen(word);
                if (size > longest && strncmp(text, word, size) == 0) {
                    longest = size;
                    list_found = list;
                }
            }
        }
        if (isdigit((unsigned char)*text)) {
            text += strspn(text, "0123456789");
            skeleton[used++] = '#';
        } else if (longest > 2) {
            text += longest;
            skeleton[used++] = (char)('A' + list_found);
        } else {
            skeleton[used++] = *text++;
        }
    }
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < used; i++)
        hash = (hash ^ (unsigned char)skeleton[i]) * 0x100000001b3u;
    return hash;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Half of the test is in wordings that training never uses; most of the other half in those that it does. */
START_TEST(held_wordings)
{
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        WorldLanguage l = (WorldLanguage)language;
        WorldSamples train = draw((WorldKind)_i, l, WORLD_TRAIN, MANY, 0);
        WorldSamples test = draw((WorldKind)_i, l, WORLD_TEST, MANY / 4, 0);
        uint64_t *seen = memory_new(sizeof *seen * (size_t)train.count);
        int held = 0, known = 0;
        for (int i = 0; i < train.count; i++) {
            expect(!train.items[i].held, "held in training", train.items[i].prompt);
            seen[i] = wording_of(train.items[i].prompt, l);
        }
        qsort(seen, (size_t)train.count, sizeof *seen, compare);
        for (int i = 0; i < test.count; i++) {
            uint64_t wording = wording_of(test.items[i].prompt, l);
            bool in_training = bsearch(&wording, seen, (size_t)train.count, sizeof *seen, compare);
            bool worded = _i != WORLD_SHOTS && !(_i == WORLD_CODE && test.items[i].task == WORLD_RESULT);
            if (worded)
                expect(!(in_training && test.items[i].held), "training has it", test.items[i].prompt);
            held += test.items[i].held;
            known += in_training;
        }
        ck_assert_int_gt(held, test.count * 4 / 10);
        ck_assert_int_lt(held, test.count * 6 / 10);
        if (_i != WORLD_REASON && _i != WORLD_SHOTS && _i != WORLD_CODE && _i != WORLD_FORM)
            ck_assert_msg(known > test.count / 4, "%s: %d of %d", world_kind_name((WorldKind)_i), known,
                          test.count);
        free(seen);
        world_samples_free(&train);
        world_samples_free(&test);
    }
}
END_TEST

/* ---- answers ------------------------------------------------------------------------------------- */

/* An answer stands in the passage, or the passage does not have the thing that is asked about. */
START_TEST(reading)
{
    for (int kind = WORLD_READING; kind <= WORLD_DOCUMENT; kind += WORLD_DOCUMENT - WORLD_READING) {
        WorldSamples s = draw((WorldKind)kind, WORLD_EN, (WorldSide)_i, MANY, 0);
        int unknown = 0;
        for (int i = 0; i < s.count; i++) {
            const WorldSample *x = &s.items[i];
            const char *blank = strrchr(x->answer, ' '); /* "in the park" may be "to the park" there */
            bool said = strstr(x->passage, blank ? blank + 1 : x->answer) != NULL;
            expect(said == (x->label == 1), "answer", x->prompt);
            expect((strcmp(x->answer, "I do not know") == 0) == (x->label == 0), "unknown", x->prompt);
            unknown += x->label == 0;
        }
        ck_assert_int_gt(unknown, s.count / 8);
        ck_assert_int_lt(unknown, s.count / 4);
        world_samples_free(&s);
    }
}
END_TEST

/* The step names both people and the answer; the passage names them too. */
START_TEST(hops)
{
    WorldSamples s = draw(WORLD_HOPS, WORLD_ZH, (WorldSide)_i, MANY, 0);
    int stepped = 0;
    for (int i = 0; i < s.count; i++) {
        const WorldSample *x = &s.items[i];
        expect(strstr(x->passage, x->answer) != NULL, "passage", x->answer);
        expect((x->steps[0] != '\0') == (x->label == 1), "steps", x->prompt);
        expect(!x->label || strstr(x->steps, x->answer), "steps", x->steps);
        stepped += x->label;
    }
    ck_assert_int_gt(stepped, s.count / 2);
    ck_assert_int_lt(stepped, s.count * 8 / 10);
    world_samples_free(&s);
}
END_TEST

/* Each step goes on from the last, is right, and the last is the answer; without steps there is one, too. */
START_TEST(reasons)
{
    WorldSamples s = draw(WORLD_REASON, WORLD_EN, (WorldSide)_i, MANY, 0);
    for (int i = 0; i < s.count; i++) {
        const WorldSample *x = &s.items[i];
        int a, b, c = atoi(x->prompt + strcspn(x->prompt, "0123456789")), steps = 0, used;
        char sign;
        expect((x->steps[0] != '\0') == (x->label == 1), "steps", x->prompt);
        for (const char *at = x->steps; *at; at += used, steps++) {
            int before = c;
            expect(sscanf(at, " %d %c %d = %d.%n", &a, &sign, &b, &c, &used) == 4, "sum", x->steps);
            int right = sign == '+' ? a + b : sign == '-' ? a - b : sign == '*' ? a * b : a / b;
            expect(a == before && c == right && c > 0, "sum", x->steps);
        }
        expect(!x->label || (c == atoi(x->answer) && steps == x->task + 2), "answer", x->steps);
    }
    world_samples_free(&s);
}
END_TEST

/* The held tasks, and only the test has them. */
START_TEST(shots)
{
    WorldSamples s = draw(WORLD_SHOTS, WORLD_EN, WORLD_TEST, MANY, 0);
    int held = 0;
    for (int i = 0; i < s.count; i++) {
        int lines = 0;
        for (const char *c = s.items[i].passage; *c; c++)
            lines += *c == '\n';
        ck_assert_int_eq(lines, s.items[i].label);
        held += world_task_held(WORLD_SHOTS, s.items[i].task);
    }
    ck_assert_int_gt(held, s.count * 4 / 10);
    ck_assert_int_lt(held, s.count * 6 / 10);
    world_samples_free(&s);
}
END_TEST

/* An object: "name": value, ... with strings without quotation marks inside, numbers and null. */
static bool is_object(const char *at)
{
    if (*at++ != '{')
        return false;
    for (;;) {
        size_t name = *at == '"' ? strcspn(at + 1, "\"") : 0;
        if (name == 0 || strncmp(at + 1 + name, "\": ", 3) != 0)
            return false;
        at += name + 4;
        size_t value = *at == '"'                    ? strcspn(at + 1, "\"") + 2
                       : strncmp(at, "null", 4) == 0 ? 4
                                                     : strspn(at, "0123456789");
        if (value == 0)
            return false;
        at += value;
        if (*at == '}')
            return at[1] == '\0';
        if (strncmp(at, ", ", 2) != 0)
            return false;
        at += 2;
    }
}

START_TEST(forms)
{
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        WorldSamples s = draw(WORLD_FORM, (WorldLanguage)language, (WorldSide)_i, MANY, 0);
        int nulls = 0;
        for (int i = 0; i < s.count; i++) {
            expect(is_object(s.items[i].answer), "JSON", s.items[i].answer);
            nulls += strstr(s.items[i].answer, "null") != NULL;
        }
        ck_assert_int_gt(nulls, s.count / 10);
        world_samples_free(&s);
    }
    ck_assert(!is_object("{\"a\": }") && !is_object("{\"a\": 1") && !is_object("{}"));
}
END_TEST

/* A role's answer has the statement in it, but for its capital letter and full stop. */
START_TEST(roles)
{
    WorldSamples s = draw(WORLD_ROLE, WORLD_EN, (WorldSide)_i, MANY, 0);
    for (int i = 0; i < s.count; i++) {
        char core[512];
        snprintf(core, sizeof core, "%.*s", (int)strlen(s.items[i].passage) - 2, s.items[i].passage + 1);
        expect(strstr(s.items[i].answer, core) != NULL, "statement", s.items[i].answer);
    }
    world_samples_free(&s);
}
END_TEST

/* Calls are well formed, sums right, and the result is what the answer says. */
START_TEST(tools)
{
    WorldSamples s = draw(WORLD_TOOL, WORLD_EN, (WorldSide)_i, MANY, 0);
    int called = 0;
    for (int i = 0; i < s.count; i++) {
        const char *steps = s.items[i].steps, *result = strstr(steps, "<result>");
        int a, b;
        char sign, value[64];
        if (!steps[0])
            continue;
        called++;
        expect(strncmp(steps, "<call>", 6) == 0 && result && strstr(steps, ")</call><result>"), "call",
               steps);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(result + 8, "<"), result + 8);
        expect(strstr(s.items[i].answer, value) != NULL, "answer", s.items[i].answer);
        if (sscanf(steps, "<call>calculator(%d%c%d)", &a, &sign, &b) == 3)
            expect(atoi(value) == (sign == '+' ? a + b : sign == '-' ? a - b : a * b), "sum", steps);
    }
    ck_assert_int_gt(called, s.count * 7 / 10);
    ck_assert_int_lt(called, s.count * 9 / 10);
    world_samples_free(&s);
}
END_TEST

/* ---- code ---------------------------------------------------------------------------------------- */

/* The function with a mistake that a repair's prompt has: without the sentence before and the line after it. */
static char *broken_of(const WorldSample *s)
{
    const char *start = strchr(s->prompt, '\n') + 1, *end = strrchr(s->prompt, '\n');
    char *text = memory_new((size_t)(end - start) + 1);
    snprintf(text, (size_t)(end - start) + 1, "%s", start);
    return text;
}

/* All programs in one file, each with names of its own; main prints how many fail. */
static int count_failures(const WorldSamples *s, bool broken, int *programs)
{
    static const char *const names[] = {"f", "g", "work", "result", "value", "compute", "main"};
    char folder[] = "/tmp/world_code_XXXXXX", path[64], command[256];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/all.c", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    *programs = 0;
    for (int i = 0; i < s->count; i++) {
        const WorldSample *x = &s->items[i];
        if (x->task != WORLD_REPAIR && (broken || x->task != WORLD_COMPLETE))
            continue;
        char *answer = broken ? broken_of(x) : memory_string(x->answer),
             *text = world_code_program(x, answer);
        for (int k = 0; k < 7; k++)
            fprintf(file, "#undef %s\n#define %s %s_%d\n", names[k], names[k], names[k], *programs);
        fprintf(file, "%s\n", text);
        ++*programs;
        free(text);
        free(answer);
    }
    fprintf(file, "#undef main\n#include <stdio.h>\nint main(void)\n{\n    int failed = 0;\n");
    for (int i = 0; i < *programs; i++)
        fprintf(file, "    failed += main_%d() != 0;\n", i);
    fprintf(file, "    printf(\"%%d\\n\", failed);\n    return 0;\n}\n");
    fclose(file);
    snprintf(command, sizeof command, "gcc -std=c11 %s %s -o %s/all && %s/all",
             broken ? "-w" : "-Wall -Wextra -Werror", path, folder, folder);
    FILE *run = popen(command, "r");
    int failed = -1;
    bool read = run && fscanf(run, "%d", &failed) == 1;
    ck_assert_msg(pclose(run) == 0 && read, "%s", path);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    return failed;
}

/* Every function is C that the compiler takes without a warning, and passes its tests; one with a mistake fails them,
 * but for the few whose mistake shows in other numbers only. */
START_TEST(code)
{
    WorldSamples s = draw(WORLD_CODE, (WorldLanguage)(_i / 2), (WorldSide)(_i % 2), 300, 0);
    int programs;
    ck_assert_int_eq(count_failures(&s, false, &programs), 0);
    ck_assert_int_gt(programs, 100);
    int failed = count_failures(&s, true, &programs);
    ck_assert_msg(failed > programs * 8 / 10, "%d of %d mistakes show", failed, programs);
    world_samples_free(&s);
}
END_TEST

/* ---- the suite ----------------------------------------------------------------------------------- */

int main(void)
{
    Suite *suite = suite_create("world kinds");
    TCase *c = tcase_create("kinds");
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, held_wordings, FIRST, LAST + 1);
    tcase_add_loop_test(c, reading, 0, 2);
    tcase_add_loop_test(c, hops, 0, 2);
    tcase_add_loop_test(c, reasons, 0, 2);
    tcase_add_test(c, shots);
    tcase_add_loop_test(c, forms, 0, 2);
    tcase_add_loop_test(c, roles, 0, 2);
    tcase_add_loop_test(c, tools, 0, 2);
    tcase_add_loop_test(c, code, 0, 4);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
