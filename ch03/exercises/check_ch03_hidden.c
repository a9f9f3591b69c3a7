/* check_ch03_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch03/exercises/check_ch03.h"

#include <math.h>
#include <string.h>

/* Adding the same number to a whole row changes nothing. */
START_TEST(a_shifted_row_has_the_same_weights)
{
    int rows, cols;
    grade_sizes(4, 30, &rows, &cols);
    Tensor *score = grade_normal(3, rows, cols), *shifted = grade_copy(score);
    for (size_t i = 0; i < score->size; i++)
        shifted->data[i] += 64;
    const Tensor *weight = grade_call("scaled_softmax", grade_tensor(score), grade_int(9));
    const Tensor *again = grade_call("scaled_softmax", grade_tensor(shifted), grade_int(9));
    grade_expect("weight", again, weight, 1e-4f, NULL);
}
END_TEST

/* The order of the keys does not matter, if the values keep to them. */
START_TEST(keys_in_another_order)
{
    int t, s, d, e;
    grade_sizes(3, 20, &t, &s, &d, &e);
    Tensor *q = grade_normal(1, t, d), *k = grade_normal(1, s, d), *v = grade_normal(1, s, e);
    Tensor *k2 = grade_copy(k), *v2 = grade_copy(v);
    for (int i = 0; i < s; i++) {
        for (int j = 0; j < d; j++)
            k2->data[(s - 1 - i) * d + j] = k->data[i * d + j];
        for (int j = 0; j < e; j++)
            v2->data[(s - 1 - i) * e + j] = v->data[i * e + j];
    }
    const Tensor *out = grade_call("attention", grade_tensor(q), grade_tensor(k), grade_tensor(v));
    const Tensor *again = grade_call("attention", grade_tensor(q), grade_tensor(k2), grade_tensor(v2));
    grade_expect("out", again, out, 1e-4f, NULL);
}
END_TEST

/* One vector added to all keys shifts a query's scores together and changes no weight: dk sums to 0. */
START_TEST(gradients_of_the_keys_cancel)
{
    int t, s, d, e;
    grade_sizes(3, 12, &t, &s, &d, &e);
    Tensor *q = grade_normal(1, t, d), *k = grade_normal(1, s, d), *v = grade_normal(1, s, e);
    Tensor *d_out = grade_normal(1, t, e), *sums = grade_zeros(d);
    grade_call("attention_backward", grade_tensor(q), grade_tensor(k), grade_tensor(v),
               grade_tensor(d_out));
    const Tensor *dk = grade_output(1);
    for (int i = 0; i < s * d; i++)
        sums->data[i % d] += dk->data[i];
    grade_expect("the sum of dk over the keys", sums, grade_zeros(d), 1e-4f, NULL);
}
END_TEST

/* What the output projection does not read need not be asked for: other queries in that head change nothing. */
START_TEST(heads_do_not_mix_before_the_projection)
{
    Sizes sizes = trial_sizes();
    Trial t = trial_of_attention(sizes, true);
    int channels = sizes.heads * sizes.head_dim, from = (sizes.heads - 1) * sizes.head_dim;
    for (int o = 0; o < channels; o++)
        memset(t.mha.out.weight->data + o * channels + from, 0, (size_t)sizes.head_dim * sizeof(float));
    const Tensor *out = trial_call(&t);
    for (int i = from * channels; i < channels * channels; i++)
        t.mha.q.weight->data[i] += 1;
    grade_expect("out", trial_call(&t), out, 1e-5f, NULL);
}
END_TEST

/* k steps further on each hand has turned by the same angle, so the dot product knows only k. */
START_TEST(the_dot_product_of_two_positions_knows_their_distance)
{
    int time = 40, channels = 2 * (3 + rng_below(grade_rng(), 9)),
        distance = 1 + rng_below(grade_rng(), 20);
    const Tensor *table = grade_call("sinusoids", grade_int(time), grade_int(channels));
    Tensor *got = grade_zeros(time - distance), *want = grade_zeros(time - distance);
    for (int t = 0; t < time - distance; t++) {
        for (int c = 0; c < channels; c++)
            got->data[t] += table->data[t * channels + c] * table->data[(t + distance) * channels + c];
        for (int i = 0; i < channels / 2; i++)
            want->data[t] += (float)cos(distance * pow(10000, -2.0 * i / channels));
    }
    grade_expect("PE[t] . PE[t+k]", got, want, 1e-3f, NULL);
}
END_TEST

/* The product of a rotated query and a rotated key depends on their distance, not on their positions. */
START_TEST(scores_depend_on_the_distance_only)
{
    int width = 2 * (2 + rng_below(grade_rng(), 7)), distance = 1 + rng_below(grade_rng(), 9);
    Tensor *q = grade_normal(1, 1, width), *k = grade_normal(1, 1, width);
    Tensor *score = grade_zeros(2), *want = grade_zeros(2);
    for (int i = 0; i < 2; i++) {
        const Tensor *far = grade_call("rope", grade_tensor(q), grade_int(40 * i + distance));
        const Tensor *near = grade_call("rope", grade_tensor(k), grade_int(40 * i));
        for (int d = 0; d < width; d++)
            score->data[i] += far->data[d] * near->data[d];
        for (int d = 0; d < width; d += 2) {
            const float *a = q->data + d, *b = k->data + d;
            double angle = distance * pow(10000, -(double)d / width);
            want->data[i] += (float)((double)(a[0] * b[0] + a[1] * b[1]) * cos(angle) +
                                     (double)(a[0] * b[1] - a[1] * b[0]) * sin(angle));
        }
    }
    grade_expect("the scores at two positions", score, want, 1e-3f, NULL);
}
END_TEST

/* p and q both sum to 1, so each row of the gradient sums to 0. */
START_TEST(rows_of_the_gradient_cancel)
{
    Tensor *logits = grade_normal(3, 4, 9), *sums = grade_zeros(4);
    grade_call("smoothed_loss", grade_tensor(logits), grade_ints((int[]){8, -1, 0, 3}, 4),
               grade_float(0.3f));
    for (int i = 0; i < 4 * 9; i++)
        sums->data[i / 9] += grade_output(1)->data[i];
    grade_expect("the sums of the rows of d_logits", sums, grade_zeros(4), 1e-5f, NULL);
}
END_TEST

/* However the keys are cut into blocks, out / sum is softmax(score) value. */
START_TEST(any_blocks_give_the_softmax)
{
    static const int cuts[2][4] = {{1, 5, 2, 4}, {4, 4, 3, 1}};
    Tensor *score = grade_normal(3, 12), *value = grade_normal(1, 12, 1), *want = grade_zeros(1);
    double sum = 0, mixed = 0;
    for (int s = 0; s < 12; s++) {
        sum += exp((double)score->data[s]);
        mixed += exp((double)score->data[s]) * (double)value->data[s];
    }
    want->data[0] = (float)(mixed / sum);
    for (int i = 0; i < 2; i++) {
        const Tensor *state =
            grade_call("read_block", grade_tensor(score), grade_tensor(value), grade_ints(cuts[i], 4));
        Tensor *got = grade_copy(grade_output(1));
        got->data[0] /= state->data[1];
        grade_expect("out / sum", got, want, 1e-4f, NULL);
    }
}
END_TEST

static void reverse_words(Tensor *to, const Tensor *from)
{
    int time = from->shape[1], channels = from->shape[2];
    for (int i = 0; i < from->shape[0] * time; i++) {
        int mirrored = i / time * time + time - 1 - i % time;
        memcpy(to->data + i * channels, from->data + mirrored * channels,
               (size_t)channels * sizeof *to->data);
    }
}

/* An encoder block knows no order: words from back to front give outputs from back to front. */
START_TEST(words_from_back_to_front)
{
    Trial t = trial_of_encoder(trial_sizes());
    const Tensor *out = trial_call(&t), *x = grade_copy(t.x);
    Tensor *want = grade_copy(t.x);
    reverse_words(want, out);
    reverse_words(t.x, x);
    grade_expect("out", trial_call(&t), want, 1e-4f, NULL);
}
END_TEST

/* The norm before the attention makes it blind to the length of x: what it adds stays the same. */
START_TEST(a_hundredfold_stream_gets_the_same_addition)
{
    Trial t = trial_of_encoder(trial_sizes());
    trial_silence(&t.encoder.down);
    Tensor *want = grade_copy(trial_call(&t)), *got;
    for (size_t i = 0; i < want->size; i++) {
        want->data[i] -= t.x->data[i];
        t.x->data[i] *= 100;
    }
    got = grade_copy(trial_call(&t));
    for (size_t i = 0; i < want->size; i++)
        got->data[i] -= t.x->data[i];
    grade_expect("out - x", got, want, 1e-3f, NULL);
}
END_TEST

/* Word t sees itself and the t before it, but no more words than there are. */
START_TEST(a_row_has_as_many_ones_as_words_are_seen)
{
    int lengths[] = {2, 0, 6, 4, 1}, batch = 5, time = 6;
    const Tensor *allowed = grade_call("combined_mask", grade_int(time), grade_ints(lengths, batch));
    Tensor *got = grade_zeros(batch, time), *want = grade_zeros(batch, time);
    for (int i = 0; i < batch * time * time; i++)
        got->data[i / time] += allowed->data[i];
    for (int i = 0; i < batch * time; i++)
        want->data[i] = (float)(i % time < lengths[i / time] ? i % time + 1 : lengths[i / time]);
    grade_expect("the sum of row allowed", got, want, 0, NULL);
}
END_TEST

/* Cross-attention knows no order: memory from back to front changes nothing. */
START_TEST(memory_from_back_to_front)
{
    Trial t = trial_of_decoder(trial_sizes());
    const Tensor *out = trial_call(&t), *memory = grade_copy(t.memory);
    reverse_words(t.memory, memory);
    grade_expect("out", trial_call(&t), out, 1e-4f, NULL);
}
END_TEST

/* All three layers silenced: nothing is left but x. */
START_TEST(a_silent_decoder_block_leaves_x_as_it_is)
{
    Trial t = trial_of_decoder(trial_sizes());
    trial_silence(&t.decoder.self.out);
    trial_silence(&t.decoder.cross.out);
    trial_silence(&t.decoder.down);
    grade_expect("out", trial_call(&t), t.x, 1e-5f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", a_shifted_row_has_the_same_weights);
    grade_test(s, "ex2", keys_in_another_order);
    grade_test(s, "ex3", gradients_of_the_keys_cancel);
    grade_test(s, "ex4", heads_do_not_mix_before_the_projection);
    grade_test(s, "ex5", the_dot_product_of_two_positions_knows_their_distance);
    grade_test(s, "ex6", scores_depend_on_the_distance_only);
    grade_test(s, "ex7", words_from_back_to_front);
    grade_test(s, "ex7", a_hundredfold_stream_gets_the_same_addition);
    grade_test(s, "ex9", a_row_has_as_many_ones_as_words_are_seen);
    grade_test(s, "ex8", memory_from_back_to_front);
    grade_test(s, "ex8", a_silent_decoder_block_leaves_x_as_it_is);
    grade_test(s, "ex10", rows_of_the_gradient_cancel);
    grade_test(s, "ex11", any_blocks_give_the_softmax);
}
