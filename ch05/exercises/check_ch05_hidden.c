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

/* Logits of which nothing is asked may be anything, and each row of the gradient sums to 0. */
START_TEST(only_what_counts_counts)
{
    int batch, time, vocab;
    grade_sizes(3, 9, &batch, &time, &vocab);
    int places = batch * time, *ids = draw_ints(places, 0, vocab - 1), *ignore = draw_ints(places, 0, 1);
    Tensor *logits = grade_normal(2, batch, time, vocab), *sums = grade_zeros(places);
    ignore[1] = 0;
    call_clm_loss(logits, ids, ignore);
    const Tensor *d_logits = grade_output(0), *loss = grade_output(1);
    for (int i = 0; i < places * vocab; i++)
        sums->data[i / vocab] += d_logits->data[i];
    grade_expect("the sum of d_logits over the vocabulary", sums, grade_zeros(places), 1e-5f, NULL);
    for (int i = 0; i < places * vocab; i++) {
        int place = i / vocab;
        if (place % time == time - 1 || ignore[place + 1])
            logits->data[i] = 50 * rng_normal(grade_rng());
    }
    call_clm_loss(logits, ids, ignore);
    grade_expect("loss", grade_output(1), loss, 1e-5f, NULL);
    grade_expect("d_logits", grade_output(0), d_logits, 1e-5f, NULL);
}
END_TEST

/* Read back row by row, the documents are there, whole and in order; and a token sees as many as come
 * before it in its document, and itself. */
START_TEST(the_documents_can_be_read_back)
{
    enum { DOCUMENTS = 12, ROWS = 12, TIME = 9 };
    int *lengths = draw_ints(DOCUMENTS, 1, TIME), total = 0, n = 0;
    for (int i = 0; i < DOCUMENTS; i++)
        total += lengths[i];
    int *tokens = draw_ints(total, 1, 50);
    call_pack_rows(tokens, lengths, DOCUMENTS, ROWS, TIME);
    const Tensor *ids = grade_output(0), *place = grade_output(1), *document = grade_output(2);
    const Tensor *allowed = grade_output(4);
    Tensor *text = grade_zeros(total), *back = grade_zeros(total);
    Tensor *seen = grade_zeros(total), *want = grade_zeros(total);
    for (int i = 0; i < ROWS * TIME && n < total; i++) {
        if (document->data[i] == 0)
            continue;
        for (int s = 0; s < TIME; s++)
            seen->data[n] += allowed->data[i * TIME + s];
        want->data[n] = place->data[i] + 1;
        back->data[n] = ids->data[i];
        n++;
    }
    for (int i = 0; i < total; i++)
        text->data[i] = (float)tokens[i];
    grade_expect("the tokens of all rows without padding", back, text, 0, NULL);
    grade_expect("how many tokens each one sees", seen, want, 0, NULL);
}
END_TEST

/* In the order from back to front, who saw is seen; and content sees no more than query and itself. */
START_TEST(the_order_from_back_to_front)
{
    int time = 4 + rng_below(grade_rng(), 9), *order = draw_order(time), *back = draw_ints(time, 0, 0);
    Tensor *itself = grade_zeros(time, time), *turned = grade_zeros(time, time);
    for (int i = 0; i < time; i++) {
        back[i] = order[time - 1 - i];
        itself->data[i * time + i] = 1;
    }
    call_order_mask(order, time);
    const Tensor *query = grade_output(1);
    Tensor *difference = grade_copy(grade_output(0));
    for (int i = 0; i < time * time; i++) {
        difference->data[i] -= query->data[i];
        turned->data[i] = query->data[i % time * time + i / time];
    }
    grade_expect("content - query", difference, itself, 0, NULL);
    call_order_mask(back, time);
    grade_expect("query of the order turned round", grade_output(1), turned, 0, NULL);
}
END_TEST

/* What a reader of both can do: put each span back where its sentinel stands. Returns the length. */
static int restore(const Corruption *c, const Tensor *input, const Tensor *target, Tensor *text)
{
    int n = 0;
    for (int i = 0; i < c->room && input->data[i] != (float)c->end && n < c->count; i++) {
        int k = 0;
        if (input->data[i] < (float)c->sentinel) {
            text->data[n++] = input->data[i];
            continue;
        }
        while (k < c->room && target->data[k] != input->data[i])
            k++;
        for (k++; k < c->room && target->data[k] < (float)c->sentinel && target->data[k] != (float)c->end &&
                  n < c->count;
             k++)
            text->data[n++] = target->data[k];
    }
    return n;
}

START_TEST(the_text_comes_back_whole)
{
    for (int round = 0; round < 5; round++) {
        const Corruption c = draw_corruption(30 + 10 * round);
        Tensor *text = grade_zeros(c.count), *back = grade_zeros(c.count);
        call_corrupt_spans(&c);
        for (int i = 0; i < c.count; i++)
            text->data[i] = (float)c.text[i];
        int length = restore(&c, grade_output(0), grade_output(1), back);
        if (length != c.count)
            grade_fail("of %d tokens only %d can be put back together from input and target", c.count,
                       length);
        grade_expect("the text, put back together from input and target,", back, text, 0, NULL);
    }
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", labels_put_the_text_back_and_shares_are_kept);
    grade_test(s, "ex2", only_what_counts_counts);
    grade_test(s, "ex3", the_documents_can_be_read_back);
    grade_test(s, "ex4", the_order_from_back_to_front);
    grade_test(s, "ex5", the_text_comes_back_whole);
}
