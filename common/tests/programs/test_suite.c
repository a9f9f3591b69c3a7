/* test_suite.c -- what the programs of section 6.5 share: several tasks on one backbone, and the penalty that holds
 * weights fast. */
#include "ch06/ewc.h"

#include "common/base/base.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 3 };

static const SuiteTask tasks[TASKS] = {{"topic", WORLD_SENTENCE, WORLD_EN, 8, 12, 6, 0, 0, false},
                                       {"shops", WORLD_REVIEW, WORLD_ZH, 2, 10, 6, 1 + 1, 0, false},
                                       {"complaints", WORLD_REVIEW, WORLD_ZH, 2, 10, 6, 1 + 1, 2, true}};

static TaskSuite suite(void)
{
    TaskSuite s = suite_new("ch05/models/book_bert", tasks, TASKS, 3);
    suite_reset(&s, 5);
    return s;
}

static float loss_of(TaskSuite *s, const SuiteMix *mix, uint64_t seed)
{
    s->rng = rng_new(seed);
    float loss = suite_loss(s, mix, 8)->data[0];
    nn_graph_reset(s->graph);
    return loss;
}

/* A batch of one task is the plain mean cross-entropy; a mixture lies between those of its tasks. */
START_TEST(losses_add_up)
{
    TaskSuite s = suite();
    SuiteMix one = suite_only(0), both = {.share = {0.5, 0.5, 0}};
    float topic = loss_of(&s, &one, 1);
    ck_assert(fabsf(topic - logf(8)) < 0.3f); /* nothing has been learnt */
    float mixed = loss_of(&s, &both, 1);
    ck_assert(mixed > logf(2) - 0.3f && mixed < logf(8) + 0.3f);
    suite_free(&s);
}
END_TEST

START_TEST(only_the_first_texts_where_a_limit_says_so)
{
    TaskSuite s = suite();
    SuiteMix first = suite_only(0);
    first.limit[0] = 1;
    float loss = loss_of(&s, &first, 1);
    ck_assert(fabsf(loss - loss_of(&s, &first, 2)) <
              1e-5f); /* eight times the same text, whatever is drawn */
    suite_free(&s);
}
END_TEST

START_TEST(a_reversed_task_shares_texts_and_output_layer)
{
    TaskSuite s = suite();
    int labels[2][4];
    const int which[] = {0, 1, 2, 3};
    Tensor *a = suite_logits(&s, 1, &s.train[2], which, 4, labels[0]);
    Tensor *b = suite_logits(&s, 2, &s.train[2], which, 4, labels[1]);
    ck_assert(tensor_distance(a->data, b->data, a->size) < 1e-6f);
    for (int i = 0; i < s.train[2].count; i++)
        ck_assert(s.train[2].labels[i] == 0 || s.train[2].labels[i] == 1);
    suite_free(&s);
}
END_TEST

START_TEST(training_moves_and_reset_restores)
{
    TaskSuite s = suite();
    float *theta = memory_new(s.size * sizeof *theta);
    SuiteMix mix = suite_only(1);
    NnTraining how = suite_training(3);
    suite_train(&s, &mix, &how, NULL, NULL, NULL);
    suite_weights(&s, theta);
    ck_assert(tensor_distance(theta, s.start, s.size) > 1e-5f);
    suite_reset(&s, 5);
    suite_weights(&s, theta);
    ck_assert(memcmp(theta, s.start, s.size * sizeof *theta) == 0);
    free(theta);
    suite_free(&s);
}
END_TEST

/* Nothing pulls where the task has left the weights; elsewhere the pull is lambda F (theta - theta_k). */
START_TEST(the_penalty_is_that_of_the_formula)
{
    TaskSuite s = suite();
    const Params *p = s.backbone->params;
    Ewc *e = ewc_new(s.size, 10);
    ewc_remember(e, &s, 0, 4);
    for (int moved = 0; moved < 2; moved++) {
        size_t n = 0;
        double pull = 0;
        for (int i = 0; i < p->count; i++) {
            Tensor *t = p->items[i].tensor;
            t->has_grad = true;
            memset(t->grad, 0, t->size * sizeof *t->grad);
            for (size_t w = 0; w < t->size; w++)
                t->data[w] += moved ? 0.01f : 0;
        }
        ewc_penalty(&s, e);
        for (int i = 0; i < p->count; n += p->items[i++].tensor->size) {
            Tensor *t = p->items[i].tensor;
            int wrong = 0;
            for (size_t w = 0; w < t->size; w++) {
                float f = e->fisher[n + w], want = moved ? 10 * f * 0.01f : 0;
                wrong += !(f >= 0 && fabsf(t->grad[w] - want) <= 1e-3f * want + 2e-6f * (1 + f));
                pull += (double)fabsf(t->grad[w]);
            }
            ck_assert_msg(wrong == 0, "%s: %d of its gradients are wrong", p->items[i].name, wrong);
            t->has_grad = false;
        }
        ck_assert(moved ? pull > 1e-3 : pull < 1e-3);
    }
    ewc_free(e);
    suite_free(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("several tasks");
    TCase *c = tcase_create("suite");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, losses_add_up);
    tcase_add_test(c, only_the_first_texts_where_a_limit_says_so);
    tcase_add_test(c, a_reversed_task_shares_texts_and_output_layer);
    tcase_add_test(c, training_moves_and_reset_restores);
    tcase_add_test(c, the_penalty_is_that_of_the_formula);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
