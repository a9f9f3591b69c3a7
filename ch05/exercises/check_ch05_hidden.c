/* check_ch05_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch05/exercises/check_ch05.h"

#include <math.h>

/* The labels put the text back, and of many words the shares are those that were asked for. */
START_TEST(labels_put_the_text_back_and_shares_are_kept)
{
    enum { PLACES = 20000 };
    const Masking bert = {
        .chosen = 0.15f, .hidden = 0.8f, .random = 0.1f, .first = 5, .vocab = 2000, .mask = 4};
    const int *ids = draw_ints(PLACES, 5, 1999);
    Tensor *text = grade_zeros(PLACES), *got = grade_zeros(3), *want = grade_zeros(3);
    call_mask_tokens(&bert, ids, draw_uniform(PLACES, 3));
    Tensor *back = grade_copy(grade_output(0));
    const Tensor *label = grade_output(1);
    float chosen = 0;
    for (int i = 0; i < PLACES; i++) {
        text->data[i] = (float)ids[i];
        if (label->data[i] < 0)
            continue;
        chosen++;
        got->data[1] += back->data[i] == 4;
        got->data[2] += back->data[i] == text->data[i];
        back->data[i] = label->data[i];
    }
    grade_expect("input, labels in their places", back, text, 0, NULL);
    got->data[0] = chosen / PLACES;
    got->data[1] /= fmaxf(chosen, 1);
    got->data[2] /= fmaxf(chosen, 1);
    tensor_copy(want, (const float[]){0.15f, 0.8f, 0.1f});
    grade_expect("the shares chosen, hidden, kept", got, want, 0.03f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", labels_put_the_text_back_and_shares_are_kept);
}
