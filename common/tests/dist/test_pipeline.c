/* test_pipeline.c -- every schedule for many numbers of stages and microbatches: complete, in order, without deadlock,
 * and as long as its formula says. */
#include "common/dist/pipeline.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { MAX_STAGES = 6, MAX_MICROBATCHES = 13 };

static DistStageOp ops[3 * MAX_MICROBATCHES];
static DistStageTimes times[MAX_STAGES * 3 * MAX_MICROBATCHES];

static int at(int count, DistStageKind kind, int microbatch)
{
    int found = -1;
    for (int i = 0; i < count; i++) {
        if (ops[i].kind == kind && ops[i].microbatch == microbatch) {
            ck_assert_msg(found < 0, "microbatch %d twice", microbatch);
            found = i;
        }
    }
    return found;
}

/* Calls `look` for all sizes: stages, microbatches, and each stage with its list. */
static void everywhere(void (*look)(DistSchedule s, int stage, int stages, int microbatches, int count))
{
    for (int s = 0; s < DIST_SCHEDULES; s++)
        for (int stages = 1; stages <= MAX_STAGES; stages++)
            for (int m = 1; m <= MAX_MICROBATCHES; m++)
                for (int stage = 0; stage < stages; stage++)
                    look((DistSchedule)s, stage, stages, m,
                         dist_pipeline_ops((DistSchedule)s, stage, stages, m, ops));
}

/* Each microbatch goes forward once and then backward once, the halves of which are in order. */
static void look_complete(DistSchedule s, int stage, int stages, int microbatches, int count)
{
    bool halves = s == DIST_ZERO_BUBBLE;
    ck_assert_int_eq(count, (halves ? 3 : 2) * microbatches);
    for (int k = 0; k < microbatches; k++) {
        int forward = at(count, DIST_FORWARD, k);
        int backward = at(count, halves ? DIST_INPUT : DIST_BACKWARD, k);
        ck_assert_msg(0 <= forward && forward < backward, "%s, stage %d of %d, microbatch %d of %d",
                      dist_schedule_names[s], stage, stages, k, microbatches);
        if (halves)
            ck_assert_int_lt(backward, at(count, DIST_WEIGHT, k));
    }
}

START_TEST(each_microbatch_once_and_in_order)
{
    everywhere(look_complete);
}
END_TEST

/* Messages come in the order in which they are sent, so neighbours must send and receive microbatches alike. */
static void look_messages(DistSchedule s, int stage, int stages, int microbatches, int count)
{
    (void)s, (void)stage, (void)stages, (void)microbatches;
    int forward = 0, backward = 0;
    for (int i = 0; i < count; i++) {
        if (ops[i].kind == DIST_FORWARD)
            ck_assert_int_eq(ops[i].microbatch, forward++);
        else if (ops[i].kind != DIST_WEIGHT)
            ck_assert_int_eq(ops[i].microbatch, backward++);
    }
}

START_TEST(neighbours_agree_on_the_order_of_messages)
{
    everywhere(look_messages);
}
END_TEST

static void look_held(DistSchedule s, int stage, int stages, int microbatches, int count)
{
    int held = dist_pipeline_held(ops, count);
    int most[] = {microbatches, stages - stage, stages};
    ck_assert_int_eq(held, most[s] < microbatches ? most[s] : microbatches);
}

START_TEST(a_stage_holds_m_or_p_minus_stage_or_p_microbatches)
{
    everywhere(look_held);
}
END_TEST

/* With a backward pass twice as long as a forward pass: idle time (p-1) times 3, 3 and, for m >= p, 1. */
START_TEST(no_deadlock_and_the_bubble_of_the_formula)
{
    const double cost[DIST_KINDS] = {1, 2, 1, 1};
    for (int s = 0; s < DIST_SCHEDULES; s++)
        for (int p = 1; p <= MAX_STAGES; p++)
            for (int m = 1; m <= MAX_MICROBATCHES; m++) {
                double end = dist_pipeline_replay((DistSchedule)s, p, m, cost, times);
                ck_assert_msg(end > 0, "%s with %d stages and %d microbatches cannot end",
                              dist_schedule_names[s], p, m);
                if (s != DIST_ZERO_BUBBLE)
                    ck_assert_double_eq(end, 3.0 * (m + p - 1));
                else if (m >= p)
                    ck_assert_double_eq(end, 3.0 * m + p - 1);
            }
}
END_TEST

/* No operation begins before the one that makes its input has ended, nor before the stage is free. */
START_TEST(the_replay_waits_for_what_it_needs)
{
    enum { P = 4, M = 7 };
    const double cost[DIST_KINDS] = {1, 2.5, 1.25, 1};
    for (int s = 0; s < DIST_SCHEDULES; s++) {
        double forward[P][M], backward[P][M];
        dist_pipeline_replay((DistSchedule)s, P, M, cost, times);
        for (int pass = 0; pass < 2; pass++)
            for (int stage = 0; stage < P; stage++) {
                int count = dist_pipeline_ops((DistSchedule)s, stage, P, M, ops);
                for (int i = 0; i < count; i++) {
                    DistStageTimes t = times[stage * 3 * M + i];
                    int k = ops[i].microbatch;
                    ck_assert_double_eq_tol(t.end - t.begin, cost[ops[i].kind], 1e-9);
                    ck_assert(i == 0 || t.begin >= times[stage * 3 * M + i - 1].end);
                    if (pass == 0 && ops[i].kind != DIST_WEIGHT)
                        (ops[i].kind == DIST_FORWARD ? forward : backward)[stage][k] = t.end;
                    if (pass == 1 && ops[i].kind == DIST_FORWARD && stage)
                        ck_assert(t.begin >= forward[stage - 1][k]);
                    if (pass == 1 && (ops[i].kind == DIST_BACKWARD || ops[i].kind == DIST_INPUT))
                        ck_assert(t.begin >= (stage == P - 1 ? forward[stage][k] : backward[stage + 1][k]));
                }
            }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *all = tcase_create("pipeline");
    tcase_add_test(all, each_microbatch_once_and_in_order);
    tcase_add_test(all, neighbours_agree_on_the_order_of_messages);
    tcase_add_test(all, a_stage_holds_m_or_p_minus_stage_or_p_microbatches);
    tcase_add_test(all, no_deadlock_and_the_bubble_of_the_formula);
    tcase_add_test(all, the_replay_waits_for_what_it_needs);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
