/* check_ch04_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch04/exercises/check_ch04.h"

#include <math.h>
#include <stdlib.h>

/* In which order a set is written, and how often an element stands in it, changes nothing. */
START_TEST(sets_have_no_order)
{
    enum { N = 6, S = 8, U = 30, B = 3, R = 2 };
    int x[N * S], turned[N * S], h[B * R * U];
    for (int i = 0; i < N * S; i++)
        x[i] = rng_below(grade_rng(), U);
    for (int i = 0; i < N; i++)
        for (int s = 0; s < S; s++)
            turned[i * S + s] = x[i * S + S - 1 - s];
    for (int k = 0; k < B * R; k++) {
        for (int u = 0; u < U; u++)
            h[k * U + u] = u;
        rng_shuffle(grade_rng(), h + k * U, U);
    }
    GradeArg hashes = grade_ints(h, B * R * U);
    const Tensor *want = grade_copy(
        grade_call("near_pairs", grade_int(N), grade_int(B), grade_int(R), grade_ints(x, N * S), hashes));
    const Tensor *got = grade_call("near_pairs", grade_int(N), grade_int(B), grade_int(R),
                                   grade_ints(turned, N * S), hashes);
    grade_expect("signature", got, want, 0, NULL);
}
END_TEST

/* Where a document goes on, y is the next x, whatever the length of the rows. */
START_TEST(targets_are_the_next_tokens)
{
    enum { D = 6, LENGTH = 7, TIME = 5, ROWS = (D * LENGTH + D + TIME - 1) / TIME };
    int ids[D * LENGTH], length[D];
    for (int d = 0; d < D; d++)
        length[d] = LENGTH;
    for (int i = 0; i < D * LENGTH; i++)
        ids[i] = 1 + rng_below(grade_rng(), 40);
    Tensor *next = grade_zeros(ROWS, TIME);
    const Tensor *x = grade_call("pack_sequences", grade_ints(ids, D * LENGTH), grade_ints(length, D),
                                 grade_int(0), grade_int(TIME));
    for (int i = 0; i < ROWS * TIME; i++)
        next->data[i] = x->data[i] == 0 ? -1 : x->data[i + 1]; /* the last of all is an end */
    grade_expect("y", grade_output(1), next, 0, NULL);
}
END_TEST

/* ---- ex3 to ex5 ---------------------------------------------------------------------------------- */

/* A head of its own has as many parameters as the embedding, all of them active, and caches nothing. */
START_TEST(an_untied_head)
{
    enum { VOCAB = 31 };
    static const char *const names[] = {"parameters", "active", "cache"};
    int layers, channels, kv_heads, head_dim, hidden;
    Tensor *want[3];
    grade_sizes(2, 9, &layers, &channels, &kv_heads, &head_dim, &hidden);
    for (int tied = 1; tied >= 0; tied--) {
        grade_call("model_size", grade_int(layers), grade_int(channels), grade_int(VOCAB),
                   grade_int(2 * kv_heads), grade_int(kv_heads), grade_int(head_dim), grade_int(hidden),
                   grade_int(5), grade_int(2), grade_int(tied));
        for (int i = 0; i < 3; i++) {
            if (tied)
                want[i] = grade_copy(grade_output(i));
            else
                grade_expect(names[i], grade_output(i), want[i], 0, NULL);
        }
        want[0]->data[0] += (float)(channels * VOCAB);
        want[1]->data[0] += (float)(channels * VOCAB);
    }
}
END_TEST

/* All losses lie above the law by a factor of e^0.1, below delta: each residual is -0.1, and moving the whole law up by
 * 1 % moves each of them by 0.01. */
START_TEST(losses_that_are_all_too_high)
{
    enum { RUNS = 9 };
    Rng *rng = grade_rng();
    Tensor *p = grade_zeros(5), *n = grade_zeros(RUNS), *d = grade_zeros(RUNS), *loss = grade_zeros(RUNS);
    tensor_copy(p, (const float[]){3, 4, 0.5f, 0.3f, 0.4f});
    for (int i = 0; i < RUNS; i++) {
        n->data[i] = floorf(expf(7 + 7 * rng_uniform(rng)));
        d->data[i] = floorf(expf(9 + 7 * rng_uniform(rng)));
        loss->data[i] = expf(0.1f) * (expf(3 - 0.3f * logf(n->data[i])) +
                                      expf(4 - 0.4f * logf(d->data[i])) + expf(0.5f));
    }
    Tensor *whole = grade_zeros(1), *slope = grade_zeros(1), *want = grade_zeros(1);
    const Tensor *gradient = grade_call("law_loss", grade_tensor(p), grade_tensor(n), grade_tensor(d),
                                        grade_tensor(loss), grade_float(0.25f));
    for (int j = 0; j < 3; j++)
        slope->data[0] += gradient->data[j];
    whole->data[0] = grade_output(1)->data[0];
    want->data[0] = RUNS * 0.005f;
    grade_expect("the loss", whole, want, 1e-4f, NULL);
    want->data[0] = RUNS * -0.1f;
    grade_expect("gradient", slope, want, 1e-4f, NULL);
}
END_TEST

/* A power of two moves the scale alone; a minus sign the highest bit of each code alone. */
START_TEST(a_power_of_two_moves_the_scale)
{
    int rows;
    grade_sizes(2, 6, &rows);
    Tensor *x = grade_normal(1, rows, 32), *moved = grade_copy(x);
    for (size_t i = 0; i < x->size; i++)
        moved->data[i] = -8 * x->data[i];
    Tensor *exponent = grade_copy(grade_call("mxfp4", grade_tensor(x))),
           *code = grade_copy(grade_output(1)), *y = grade_copy(grade_output(2));
    for (size_t i = 0; i < x->size; i++) {
        code->data[i] += code->data[i] >= 8 ? -8 : 8;
        y->data[i] *= -8;
    }
    for (int r = 0; r < rows; r++)
        exponent->data[r] += 3;
    grade_expect("exponent", grade_call("mxfp4", grade_tensor(moved)), exponent, 0, NULL);
    grade_expect("y", grade_output(2), y, 0, NULL);
    for (size_t i = 0; i < x->size; i++) /* 0 has two codes */
        code->data[i] = y->data[i] == 0 ? grade_output(1)->data[i] : code->data[i];
    grade_expect("code", grade_output(1), code, 0, NULL);
}
END_TEST

/* ---- ex6 to ex12 --------------------------------------------------------------------------------- */

/* Of ones: a step that adds brings each rank a share more; later steps change nothing in the whole. */
START_TEST(steps_on_ones)
{
    enum { RANKS = 4, COUNT = 10 };
    Tensor *x = grade_zeros(RANKS, COUNT), *whole = grade_zeros(1), *want = grade_zeros(1);
    tensor_fill(x, 1);
    for (int step = 0; step < 2 * (RANKS - 1); step++) {
        const Tensor *next = grade_call("ring_step", grade_tensor(x), grade_int(step));
        want->data[0] = RANKS * COUNT + (step < RANKS - 1 ? COUNT : 0);
        whole->data[0] = 0;
        for (int i = 0; i < RANKS * COUNT; i++)
            whole->data[0] += next->data[i];
        grade_expect("next", whole, want, 0, NULL);
    }
}
END_TEST

/* x (R,N,S) as one rank holds it: (1,N,RS). */
static Tensor *joined(const Tensor *x)
{
    int R = x->shape[0], N = x->shape[1], S = x->shape[2];
    Tensor *out = grade_zeros(1, N, R * S);
    for (int i = 0; i < R * N * S; i++)
        out->data[i / S % N * R * S + i / S / N * S + i % S] = x->data[i];
    return out;
}

START_TEST(any_number_of_ranks_has_the_same_loss)
{
    int ranks, rows, share, targets[9];
    grade_sizes(2, 8, &ranks, &rows, &share);
    for (int n = 0; n < rows; n++)
        targets[n] = rng_below(grade_rng(), ranks * share);
    const Tensor *logits = grade_normal(3, ranks, rows, share);
    const Tensor *want = grade_copy(
        joined(grade_call("split_cross_entropy", grade_tensor(logits), grade_ints(targets, rows))));
    const Tensor *loss = grade_copy(grade_output(1));
    const Tensor *got =
        grade_call("split_cross_entropy", grade_tensor(joined(logits)), grade_ints(targets, rows));
    grade_expect("d_logits", got, want, 1e-5f, NULL);
    grade_expect("the loss", grade_output(1), loss, 1e-5f, NULL);
    Tensor *even = grade_copy(loss); /* equal logits: the logarithm of how many tokens there are */
    even->data[0] = logf((float)(ranks * share));
    grade_call("split_cross_entropy", grade_tensor(grade_zeros(ranks, rows, share)),
               grade_ints(targets, rows));
    grade_expect("the loss", grade_output(1), even, 1e-5f, NULL);
}
END_TEST

/* Each rank has one row and column of the identity: y is relu(x), and d_y comes back where x > 0. */
START_TEST(the_identity_on_several_ranks)
{
    int rows, ranks;
    grade_sizes(3, 8, &rows, &ranks);
    const Tensor *x = grade_normal(1, rows, ranks), *d_y = grade_normal(1, rows, ranks);
    Tensor *a = grade_zeros(ranks, 1, ranks), *b = grade_zeros(ranks, ranks, 1), *y = grade_copy(x),
           *d_x = grade_copy(d_y);
    for (int r = 0; r < ranks; r++)
        a->data[r * ranks + r] = b->data[r * ranks + r] = 1;
    for (size_t i = 0; i < x->size; i++) {
        y->data[i] = fmaxf(x->data[i], 0);
        d_x->data[i] = x->data[i] > 0 ? d_y->data[i] : 0;
    }
    grade_expect(
        "y", grade_call("split_mlp", grade_tensor(x), grade_tensor(a), grade_tensor(b), grade_tensor(d_y)),
        y, 1e-6f, NULL);
    grade_expect("d_x", grade_output(1), d_x, 1e-6f, NULL);
}
END_TEST

/* Where all keys have the same value, the result is that value, whatever the scores were. */
START_TEST(one_value_on_all_ranks)
{
    int ranks, channels;
    grade_sizes(2, 8, &ranks, &channels);
    Tensor *max = grade_normal(2, ranks), *sum = grade_zeros(ranks), *out = grade_zeros(ranks, channels);
    const Tensor *value = grade_normal(1, channels);
    for (int r = 0; r < ranks; r++) {
        sum->data[r] = 1 + 4 * rng_uniform(grade_rng());
        for (int e = 0; e < channels; e++)
            out->data[r * channels + e] = sum->data[r] * value->data[e];
    }
    grade_expect("result",
                 grade_call("merge_attention", grade_tensor(max), grade_tensor(sum), grade_tensor(out)),
                 value, 1e-5f, NULL);
}
END_TEST

/* Of each stage: how many microbatches wait for their backward pass at once, and that all get both. */
START_TEST(what_a_stage_holds)
{
    enum { STAGES = 5, M = 9 };
    Tensor *held = grade_zeros(STAGES), *want = grade_zeros(STAGES), *seen = grade_zeros(STAGES, 2, M),
           *once = grade_zeros(STAGES, 2, M);
    tensor_fill(once, 1);
    for (int stage = 0; stage < STAGES; stage++) {
        int now = 0;
        want->data[stage] = STAGES - stage;
        const Tensor *ops = grade_call("schedule_1f1b", grade_int(stage), grade_int(STAGES), grade_int(M));
        for (int i = 0; i < 2 * M; i++) {
            int op = (int)ops->data[i], k = abs(op) - 1;
            now += op > 0 ? 1 : -1;
            held->data[stage] = fmaxf(held->data[stage], (float)now);
            if (k >= 0 && k < M)
                seen->data[(2 * stage + (op < 0)) * M + k]++;
        }
    }
    grade_expect("ops", seen, once, 0, NULL);
    grade_expect("the maximum of microbatches held", held, want, 0, NULL);
}
END_TEST

START_TEST(pieces_of_all_ranks_are_the_whole)
{
    int size[8], ranks;
    Tensor *covered = grade_zeros(8), *want = grade_zeros(8);
    grade_sizes(3, 9, &ranks);
    for (int i = 0; i < 8; i++)
        want->data[i] = (float)(size[i] = 1 + rng_below(grade_rng(), 25));
    for (int rank = 0; rank < ranks; rank++) {
        const Tensor *piece =
            grade_call("zero_pieces", grade_ints(size, 8), grade_int(ranks), grade_int(rank));
        for (int i = 0; i < 8; i++)
            covered->data[i] += piece->data[2 * i + 1] - piece->data[2 * i];
    }
    grade_expect("piece", covered, want, 0, NULL);
}
END_TEST

/* A network four times as slow in both takes four times as long, and the same algorithm is the faster one. */
START_TEST(a_slower_network)
{
    int ranks;
    grade_sizes(3, 40, &ranks);
    Tensor *bytes = grade_zeros(9);
    for (int i = 0; i < 9; i++)
        bytes->data[i] = 7 * powf(4, (float)i);
    Tensor *ring = grade_copy(grade_call("all_reduce_cost", grade_float(3), grade_float(2e-3f),
                                         grade_int(ranks), grade_tensor(bytes))),
           *tree = grade_copy(grade_output(1)), *choice = grade_copy(grade_output(2));
    for (int i = 0; i < 9; i++) {
        ring->data[i] *= 4;
        tree->data[i] *= 4;
    }
    grade_expect("ring",
                 grade_call("all_reduce_cost", grade_float(12), grade_float(8e-3f), grade_int(ranks),
                            grade_tensor(bytes)),
                 ring, 1e-5f, NULL);
    grade_expect("tree", grade_output(1), tree, 1e-5f, NULL);
    grade_expect("choice", grade_output(2), choice, 0, NULL);
    for (int i = 0; i < 9; i++) /* without latency the bytes decide */
        ring->data[i] = 2e-3f * 2 * (float)(ranks - 1) / (float)ranks * bytes->data[i];
    grade_expect("ring",
                 grade_call("all_reduce_cost", grade_float(0), grade_float(2e-3f), grade_int(ranks),
                            grade_tensor(bytes)),
                 ring, 1e-5f, NULL);
}
END_TEST

/* ---- ex13, ex14 ---------------------------------------------------------------------------------- */

/* From weights of 0 the probability is 1/2, and each bucket moves by how often it comes. */
START_TEST(the_first_step)
{
    enum { V = 12, N = 9 };
    int bucket[N];
    Tensor *want = grade_zeros(V), *b = grade_zeros(1), *p = tensor_make(grade_arena(), 0, NULL);
    for (int i = 0; i < N; i++) {
        bucket[i] = rng_below(grade_rng(), V);
        want->data[bucket[i]] += 0.5f * 0.5f / 3; /* the root of 9 */
    }
    b->data[0] = 0.25f;
    p->data[0] = 0.5f;
    grade_expect("w_next",
                 grade_call("quality_step", grade_tensor(grade_zeros(V)), grade_float(0),
                            grade_ints(bucket, N), grade_int(1), grade_float(0.5f)),
                 want, 1e-6f, NULL);
    grade_expect("b_next", grade_output(1), b, 1e-6f, NULL);
    grade_expect("p", grade_output(2), p, 1e-6f, NULL);
}
END_TEST

/* Different words, and then all of them again: half of the characters, whatever N is. */
START_TEST(a_text_that_comes_twice)
{
    enum { N = 12 };
    int unit[2 * N], chars[2 * N];
    Tensor *half = tensor_make(grade_arena(), 0, NULL);
    half->data[0] = 0.5f;
    for (int i = 0; i < N; i++)
        unit[i] = 1000 - 7 * i;
    rng_shuffle(grade_rng(), unit, N);
    for (int i = 0; i < N; i++) {
        unit[N + i] = unit[i];
        chars[i] = chars[N + i] = 1 + unit[i] % 5;
    }
    for (int length = 1; length <= 4; length++) /* divisors of N */
        grade_expect("the share",
                     grade_call("repeated_share", grade_ints(unit, 2 * N), grade_ints(chars, 2 * N),
                                grade_int(length)),
                     half, 1e-6f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", sets_have_no_order);
    grade_test(s, "ex2", targets_are_the_next_tokens);
    grade_test(s, "ex3", an_untied_head);
    grade_test(s, "ex4", losses_that_are_all_too_high);
    grade_test(s, "ex5", a_power_of_two_moves_the_scale);
    grade_test(s, "ex6", steps_on_ones);
    grade_test(s, "ex7", any_number_of_ranks_has_the_same_loss);
    grade_test(s, "ex8", the_identity_on_several_ranks);
    grade_test(s, "ex9", one_value_on_all_ranks);
    grade_test(s, "ex10", what_a_stage_holds);
    grade_test(s, "ex11", pieces_of_all_ranks_are_the_whole);
    grade_test(s, "ex12", a_slower_network);
    grade_test(s, "ex13", the_first_step);
    grade_test(s, "ex14", a_text_that_comes_twice);
}
