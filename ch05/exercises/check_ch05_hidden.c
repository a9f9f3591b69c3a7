/* check_ch05_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch05/exercises/check_ch05.h"

#include <math.h>

/* The labels put the text back, and of many words the shares are the given ones. */
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
    grade_expect("input, labels in their positions", back, text, 0, NULL);
    got->data[0] = chosen / PLACES;
    got->data[1] /= fmaxf(chosen, 1);
    got->data[2] /= fmaxf(chosen, 1);
    tensor_copy(want, (const float[]){0.15f, 0.8f, 0.1f});
    grade_expect("the shares chosen, hidden, kept", got, want, 0.03f, NULL);
}
END_TEST

/* Logits that predict nothing may be anything, and each row of the gradient sums to 0. */
START_TEST(only_what_counts_counts)
{
    int batch, time, vocab;
    grade_sizes(3, 9, &batch, &time, &vocab);
    int positions = batch * time, *ids = draw_ints(positions, 0, vocab - 1),
        *ignore = draw_ints(positions, 0, 1);
    Tensor *logits = grade_normal(2, batch, time, vocab), *sums = grade_zeros(positions);
    ignore[1] = 0;
    call_clm_loss(logits, ids, ignore);
    const Tensor *d_logits = grade_output(0), *loss = grade_output(1);
    for (int i = 0; i < positions * vocab; i++)
        sums->data[i / vocab] += d_logits->data[i];
    grade_expect("the sum of d_logits over the vocabulary", sums, grade_zeros(positions), 1e-5f, NULL);
    for (int i = 0; i < positions * vocab; i++) {
        int position = i / vocab;
        if (position % time == time - 1 || ignore[position + 1])
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
    const Tensor *ids = grade_output(0), *position = grade_output(1), *document = grade_output(2);
    const Tensor *allowed = grade_output(4);
    Tensor *text = grade_zeros(total), *back = grade_zeros(total);
    Tensor *seen = grade_zeros(total), *want = grade_zeros(total);
    for (int i = 0; i < ROWS * TIME && n < total; i++) {
        if (document->data[i] == 0)
            continue;
        for (int s = 0; s < TIME; s++)
            seen->data[n] += allowed->data[i * TIME + s];
        want->data[n] = position->data[i] + 1;
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

/* What the curves are by themselves: a line has equal steps, half a cosine is the same upside down, and the
 * inverse root times the root of the step does not change. */
START_TEST(the_shapes_of_the_curves)
{
    enum { WARMUP = 20, STEPS = 120, FALL = STEPS - WARMUP };
    const Tensor *line = call_learning_rate(LINEAR, STEPS + 1, WARMUP, STEPS, 0.5f, 0.1f);
    const Tensor *wave = call_learning_rate(COSINE, STEPS + 1, WARMUP, STEPS, 0.5f, 0.1f);
    const Tensor *root = call_learning_rate(INVERSE_ROOT, STEPS + 1, WARMUP, STEPS, 0.5f, 0.1f);
    Tensor *got = grade_zeros(3, FALL), *want = grade_zeros(3, FALL);
    for (int i = 0; i < FALL; i++) {
        int step = WARMUP + i;
        got->data[i] = line->data[step] - line->data[step + 1];
        want->data[i] = 0.4f / FALL;
        got->data[FALL + i] = wave->data[step] + wave->data[STEPS - i];
        want->data[FALL + i] = 0.6f;
        got->data[2 * FALL + i] = root->data[step] * sqrtf((float)(step + 1));
        want->data[2 * FALL + i] = 0.5f * sqrtf(WARMUP);
    }
    grade_expect("the shape of linear, cosine, inverse root after the warm-up", got, want, 1e-4f, NULL);
}
END_TEST

/* However the tokens are cut into micro-batches, and in whatever order they come. */
START_TEST(another_cut_gives_the_same)
{
    enum { BATCHES = 4, SIZE = 23 };
    const int counted[BATCHES] = {30, 5, 11, 2}, other[BATCHES] = {2, 11, 20, 15};
    Tensor *gradients = grade_normal(1, BATCHES, SIZE), *cut = grade_copy(gradients);
    for (int i = 0; i < SIZE; i++) {
        float whole = gradients->data[i], small = gradients->data[SIZE + i];
        cut->data[i] = gradients->data[3 * SIZE + i];
        cut->data[SIZE + i] = gradients->data[2 * SIZE + i];
        cut->data[2 * SIZE + i] = whole;
        cut->data[3 * SIZE + i] = (10 * whole + 5 * small) / 15;
    }
    call_accumulate_gradients(gradients, counted, 0.7f);
    const Tensor *gradient = grade_output(0), *norm = grade_output(1);
    call_accumulate_gradients(cut, other, 0.7f);
    grade_expect("gradient", grade_output(0), gradient, 1e-5f, NULL);
    grade_expect("the norm that it returns", grade_output(1), norm, 1e-5f, NULL);
}
END_TEST

/* Twice as long rows: every matrix does twice the work, attention four times, but for the diagonal. */
START_TEST(twice_the_time_costs_more_than_twice)
{
    const ModelConfig c = {.vocab = 90, .context = 4096, .layers = 3, .heads = 2, .channels = 32};
    enum { BATCH = 2, TIME = 1024 };
    Tensor *got = grade_zeros(2), *want = grade_zeros(2);
    for (int k = 0; k < 2; k++) {
        call_training_cost(&c, BATCH, (k + 1) * TIME, false);
        got->data[1] = grade_output(1)->data[0] - 2 * got->data[0];
        got->data[0] = grade_output(1)->data[0];
        want->data[0] = k == 0 ? got->data[0] : grade_output(1)->data[0];
    }
    want->data[1] = 12.0f * (float)(c.layers * BATCH * c.channels) * TIME * TIME;
    grade_expect("the operations of twice the time, and what is beyond twice", got, want, 1e-4f, NULL);
    call_training_cost(&c, BATCH, TIME, true);
    Tensor *bytes = grade_zeros(1), *sixteen = grade_zeros(1);
    bytes->data[0] = grade_output(2)->data[0] + grade_output(3)->data[0] + grade_output(4)->data[0];
    sixteen->data[0] = 16 * grade_output(0)->data[0];
    grade_expect("the sum of the bytes", bytes, sixteen, 1e-6f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", labels_put_the_text_back_and_shares_are_kept);
    grade_test(s, "ex2", only_what_counts_counts);
    grade_test(s, "ex3", the_documents_can_be_read_back);
    grade_test(s, "ex4", the_order_from_back_to_front);
    grade_test(s, "ex5", the_text_comes_back_whole);
    grade_test(s, "ex6", the_shapes_of_the_curves);
    grade_test(s, "ex7", another_cut_gives_the_same);
    grade_test(s, "ex8", twice_the_time_costs_more_than_twice);
}
