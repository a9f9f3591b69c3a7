/* test_world_turns.c -- samples as conversations: whose turn it is, what is asked, what is held. */
#include "common/world/turns.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static WorldSamples draw(WorldKind kind, WorldLanguage language, WorldSide side, int count)
{
    Rng rng = rng_new(3);
    return world_samples(&(WorldRequest){.kind = kind, .language = language, .side = side, .count = count},
                         &rng);
}

/* Every kind: users and the assistant in turn, no empty text, the answer at the end, said as the sample says it. */
START_TEST(test_turns)
{
    for (int kind = 0; kind < WORLD_KINDS; kind++) {
        for (int language = 0; language < WORLD_LANGUAGES && world_turns_has((WorldKind)kind); language++) {
            WorldSamples s = draw((WorldKind)kind, (WorldLanguage)language, WORLD_TRAIN, 40);
            ck_assert_int_gt(s.count, 0);
            for (int i = 0; i < s.count; i++) {
                WorldTurns t = world_turns(&s.items[i]);
                const char *last = t.items[t.count - 1].content, *before = "";
                ck_assert_int_ge(t.count, 2);
                ck_assert_int_lt(t.count, WORLD_MAX_TURNS);
                for (int k = 0; k < t.count; k++) {
                    const char *role = t.items[k].role;
                    ck_assert_msg(t.items[k].content[0], "%s: an empty turn",
                                  world_kind_name((WorldKind)kind));
                    ck_assert_int_ne(strcmp(role, before), 0);
                    ck_assert(k == 0 ? strcmp(role, "assistant") != 0 : strcmp(role, "system") != 0);
                    before = role;
                }
                ck_assert_str_eq(before, "assistant");
                const char *answer = s.items[i].answer + strspn(s.items[i].answer, " \n");
                ck_assert_msg(strlen(last) >= strlen(answer) &&
                                  strcmp(last + strlen(last) - strlen(answer), answer) == 0,
                              "'%s' does not end with '%s'", last, answer);
                world_turns_free(&t);
            }
            world_samples_free(&s);
        }
    }
}
END_TEST

static bool holds(const WorldTurns *t, const char *role, const char *text)
{
    for (int i = 0; i < t->count; i++) {
        if (strcmp(t->items[i].role, role) == 0 && strstr(t->items[i].content, text))
            return true;
    }
    return false;
}

/* A dialogue has no names of speakers left, a tool's result is the tool's, a role is the system's in some. */
START_TEST(test_kinds)
{
    WorldSamples talks = draw(WORLD_DIALOGUE, WORLD_EN, WORLD_TRAIN, 20),
                 tools = draw(WORLD_TOOL, WORLD_ZH, WORLD_TRAIN, 60),
                 roles = draw(WORLD_ROLE, WORLD_EN, WORLD_TRAIN, 60);
    int called = 0, systems = 0;
    for (int i = 0; i < talks.count; i++) {
        WorldTurns t = world_turns(&talks.items[i]);
        ck_assert_int_ge(t.count, 6);
        ck_assert(!holds(&t, "user", "User:") && !holds(&t, "assistant", "Bot:") &&
                  !holds(&t, "user", "Bot:"));
        world_turns_free(&t);
    }
    for (int i = 0; i < tools.count; i++) {
        WorldTurns t = world_turns(&tools.items[i]);
        called += holds(&t, "assistant", "<call>");
        ck_assert_int_eq(t.count, holds(&t, "assistant", "<call>") ? 4 : 2);
        ck_assert(!holds(&t, "tool", "<") && !holds(&t, "user", "<"));
        world_turns_free(&t);
    }
    for (int i = 0; i < roles.count; i++) {
        WorldTurns t = world_turns(&roles.items[i]);
        systems += strcmp(t.items[0].role, "system") == 0;
        world_turns_free(&t);
    }
    ck_assert_int_gt(called, 20);
    ck_assert_int_gt(systems, 15);
    ck_assert_int_lt(systems, 45);
    world_samples_free(&talks);
    world_samples_free(&tools);
    world_samples_free(&roles);
}
END_TEST

/* The held asking is never on the training side, and often on the test side. */
START_TEST(test_held)
{
    static const char held[] = "Turn this into JSON:";
    int seen[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        WorldSamples s = draw(WORLD_RECORD, WORLD_EN, (WorldSide)side, 100);
        for (int i = 0; i < s.count; i++) {
            WorldTurns t = world_turns(&s.items[i]);
            seen[side] += holds(&t, "user", held);
            world_turns_free(&t);
        }
        world_samples_free(&s);
    }
    ck_assert_int_eq(seen[WORLD_TRAIN], 0);
    ck_assert_int_gt(seen[WORLD_TEST], 25);
    ck_assert_int_lt(seen[WORLD_TEST], 75);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("turns");
    TCase *c = tcase_create("turns");
    tcase_add_test(c, test_turns);
    tcase_add_test(c, test_kinds);
    tcase_add_test(c, test_held);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
