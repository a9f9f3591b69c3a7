/* check_ch06_tasks.c -- tests of the exercises on several tasks: ex9, ex10. */
#include "ch06/exercises/check_ch06.h"

#include <limits.h>
#include <math.h>

/* ---- ex9: how tasks are mixed -------------------------------------------------------------------- */

typedef struct Mixture {
    const int *size;
    int count, cap;
    float temperature;
} Mixture;

enum { NO_CAP = 1, CAP_OF_0, POWER_OF_T, NO_TEMPERATURE, NOT_A_SHARE, EMPTY_DRAWN };

static double weight_of(const Mixture *x, int m, int slip)
{
    double room = x->size[m],
           power = slip == POWER_OF_T ? (double)x->temperature : 1 / (double)x->temperature;
    if ((x->cap > 0 || slip == CAP_OF_0) && slip != NO_CAP)
        room = fmin(room, x->cap);
    if (room <= 0 && slip != EMPTY_DRAWN)
        return 0;
    return slip == NO_TEMPERATURE ? room : pow(room, power);
}

static Tensor *mixture(const void *context, int output, int slip)
{
    const Mixture *x = context;
    Tensor *share = grade_zeros(x->count);
    double sum = 0;
    (void)output;
    for (int m = 0; m < x->count; m++)
        sum += weight_of(x, m, slip);
    for (int m = 0; m < x->count; m++)
        share->data[m] = (float)(sum > 0 ? weight_of(x, m, slip) / (slip == NOT_A_SHARE ? 1 : sum) : 0);
    return share;
}

static void check_mixture(const int *size, int count, int cap, float temperature)
{
    static const GradeSlip slips[] = {
        {NO_CAP, "sizes above the cap count as the cap"},
        {CAP_OF_0, "a cap of 0 means that there is none"},
        {POWER_OF_T, "that is r^T; the power is 1/T, so that a high temperature makes tasks more alike"},
        {NO_TEMPERATURE, "the temperature is missing: the power 1/T"},
        {NOT_A_SHARE, "the shares must add up to 1"},
        {EMPTY_DRAWN, "a task without texts has the share 0"},
        {0, NULL}};
    const Mixture x = {size, count, cap, temperature};
    grade_call("task_shares", grade_ints(size, count), grade_int(cap), grade_float(temperature));
    grade_expect_output("share", 0, mixture, &x, 1e-5f, slips);
}

START_TEST(by_size_with_temperature_1)
{
    check_mixture((const int[]){300, 100, 600}, 3, 0, 1);
}
END_TEST

START_TEST(a_temperature_of_2_takes_the_root)
{
    check_mixture((const int[]){400, 100, 25, 1}, 4, 0, 2);
}
END_TEST

START_TEST(a_cap_holds_the_largest)
{
    check_mixture((const int[]){INT_MAX, 1000, 50}, 3, 500, 1);
    check_mixture((const int[]){90000, 100, 3}, 3, 400, 3);
}
END_TEST

START_TEST(an_infinite_temperature_makes_all_alike)
{
    check_mixture((const int[]){7, 70000, 1}, 3, 0, INFINITY);
}
END_TEST

START_TEST(tasks_without_texts)
{
    check_mixture((const int[]){0, 30, 10}, 3, 0, 4);
    check_mixture((const int[]){0, 30}, 2, 0, INFINITY);
    check_mixture((const int[]){0, 0}, 2, 5, 2);
}
END_TEST

START_TEST(any_mixture)
{
    for (int round = 0; round < 4; round++) {
        int size[9], count = 2 + rng_below(grade_rng(), 8);
        for (int m = 0; m < count; m++)
            size[m] = 1 + rng_below(grade_rng(), 5000);
        check_mixture(size, count, round % 2 ? 700 : 0, 1 + 4 * rng_uniform(grade_rng()));
    }
}
END_TEST

/* ---- ex10: elastic weight consolidation ------------------------------------------------------------ */

typedef struct Held {
    const Tensor *theta, *theta_k, *fisher, *d_theta;
    float lambda;
} Held;

enum { OVERWRITES = 1, HALF_GRADIENT, NO_HALF, ONLY_LAST, TOWARDS, FISHER_OF_FIRST, PLAIN };

/* Output 0: d_theta; output 1: the penalty. */
static Tensor *held(const void *context, int output, int slip)
{
    const Held *h = context;
    int count = h->fisher->shape[0], size = h->fisher->shape[1];
    Tensor *gradient = grade_copy(h->d_theta), *penalty = tensor_make(grade_arena(), 0, NULL);
    double lambda = (double)h->lambda, sum = 0;
    for (int i = 0; i < size; i++) {
        double g = slip == OVERWRITES ? 0 : (double)h->d_theta->data[i];
        for (int k = slip == ONLY_LAST ? count - 1 : 0; k < count; k++) {
            double f = (double)h->fisher->data[slip == FISHER_OF_FIRST ? i : k * size + i];
            double moved = (double)h->theta->data[i] - (double)h->theta_k->data[k * size + i];
            f = slip == PLAIN ? 1 : f;
            sum += lambda / (slip == NO_HALF ? 1 : 2) * f * moved * moved;
            g += lambda * f * (slip == TOWARDS ? -moved : moved) / (slip == HALF_GRADIENT ? 2 : 1);
        }
        gradient->data[i] = (float)g;
    }
    penalty->data[0] = (float)sum;
    return output == 0 ? gradient : penalty;
}

static void check_held(const Held *h)
{
    static const GradeSlip slips[] = {
        {OVERWRITES, "d_theta holds the gradient of the loss already: add to it"},
        {HALF_GRADIENT,
         "the 2 of the square and the 1/2 cancel: the gradient is lambda F (theta - theta_k)"},
        {NO_HALF, "the penalty has lambda/2"},
        {ONLY_LAST, "only the last task is held; all earlier ones count"},
        {TOWARDS, "the sign: the gradient points away from theta_k, and a step goes against it"},
        {FISHER_OF_FIRST, "each task has a row of fisher of its own"},
        {PLAIN, "fisher is missing: every weight is held alike"},
        {0, NULL}};
    grade_call("ewc_penalty", grade_tensor(h->theta), grade_tensor(h->theta_k), grade_tensor(h->fisher),
               grade_float(h->lambda), grade_tensor(h->d_theta));
    grade_expect_output("d_theta", 0, held, h, 1e-4f, slips);
    grade_expect_output("the penalty that it returns", 1, held, h, 1e-4f, slips);
}

static Held held_of(int tasks, int size, float lambda)
{
    Tensor *fisher = grade_normal(1, tasks, size);
    for (size_t i = 0; i < fisher->size; i++)
        fisher->data[i] *= fisher->data[i];
    return (Held){grade_normal(1, size), grade_normal(1, tasks, size), fisher, grade_normal(1, size),
                  lambda};
}

START_TEST(one_weight_of_one_task)
{
    Held h = held_of(1, 1, 3);
    check_held(&h);
}
END_TEST

START_TEST(one_task)
{
    Held h = held_of(1, 6, 0.5f);
    check_held(&h);
}
END_TEST

START_TEST(several_tasks)
{
    int tasks, size;
    grade_sizes(2, 9, &tasks, &size);
    Held h = held_of(tasks, size, 10);
    check_held(&h);
}
END_TEST

void grade_tests_of_tasks(GradeSuite *s)
{
    grade_test(s, "ex9", by_size_with_temperature_1);
    grade_test(s, "ex9", a_temperature_of_2_takes_the_root);
    grade_test(s, "ex9", a_cap_holds_the_largest);
    grade_test(s, "ex9", an_infinite_temperature_makes_all_alike);
    grade_test(s, "ex9", tasks_without_texts);
    grade_test(s, "ex9", any_mixture);
    grade_test(s, "ex10", one_weight_of_one_task);
    grade_test(s, "ex10", one_task);
    grade_test(s, "ex10", several_tasks);
}
