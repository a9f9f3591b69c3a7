/* check_ch01_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch01/exercises/check_ch01.h"

/* A document written down twice in a row points in the same direction. */
START_TEST(a_document_read_twice)
{
    int documents, words, *count, *twice;
    grade_sizes(4, 12, &documents, &words);
    count = arena_alloc(grade_arena(), sizeof *count * (size_t)(documents * words));
    twice = arena_alloc(grade_arena(), sizeof *twice * (size_t)(documents * words));
    for (int i = 0; i < documents * words; i++) {
        count[i] = rng_below(grade_rng(), 3) == 0 ? 1 + rng_below(grade_rng(), 5) : 0;
        twice[i] = count[i] * (i / words == 1 ? 2 : 1);
    }
    const Tensor *weight = grade_call("tf_idf", grade_int(documents), grade_ints(count, documents * words));
    const Tensor *again = grade_call("tf_idf", grade_int(documents), grade_ints(twice, documents * words));
    grade_expect("weight", again, weight, 1e-5f, NULL);
}
END_TEST

/* With v turned around and the same words, what was near is far: the two losses of one row differ by its score. */
START_TEST(v_turned_around)
{
    int channels;
    grade_sizes(3, 9, &channels);
    Tensor *v = grade_normal(1, channels), *u = grade_normal(1, 1, channels), *minus = grade_copy(v);
    Tensor *got = grade_zeros(1), *want = grade_zeros(1);
    for (int i = 0; i < channels; i++) {
        minus->data[i] = -v->data[i];
        want->data[0] += v->data[i] * u->data[i];
    }
    grade_call("negative_sampling", grade_tensor(v), grade_tensor(u));
    double loss = (double)grade_output(2)->data[0];
    grade_call("negative_sampling", grade_tensor(minus), grade_tensor(u));
    got->data[0] = (float)((double)grade_output(2)->data[0] - loss);
    grade_expect("the loss with -v less that with v", got, want, 1e-4f, NULL);
}
END_TEST

/* Vectors of other lengths in the same directions: the answer stays. */
START_TEST(lengths_do_not_matter)
{
    int words, channels, a, b, c;
    grade_sizes(8, 30, &words, &channels);
    grade_sizes(0, words - 1, &a, &b, &c);
    Tensor *vector = grade_normal(1, words, channels), *scaled = grade_copy(vector);
    for (size_t i = 0; i < vector->size; i++)
        scaled->data[i] *= (float)(1 << (int)i / channels % 7); /* powers of two: nothing is rounded */
    const Tensor *word =
        grade_call("analogy", grade_tensor(vector), grade_int(a), grade_int(b), grade_int(c));
    const Tensor *again =
        grade_call("analogy", grade_tensor(scaled), grade_int(a), grade_int(b), grade_int(c));
    if (!(word->data[0] >= 0 && word->data[0] < (float)words))
        grade_fail("what it returns is the index of no word");
    grade_expect("the word that it returns", again, word, 0, NULL);
}
END_TEST

/* Gradients are linear in what comes in: twice dh and dc give twice da and dc_before. */
START_TEST(twice_the_gradient)
{
    int units = 3 + rng_below(grade_rng(), 6);
    Tensor *a = grade_normal(1, 4, units), *c = grade_normal(1, units);
    Tensor *dh = grade_normal(1, units), *dc = grade_normal(1, units), *outputs[2];
    grade_call("lstm_step", grade_tensor(a), grade_tensor(c), grade_tensor(dh), grade_tensor(dc));
    for (int i = 0; i < 2; i++) {
        outputs[i] = grade_copy(grade_output(2 + i));
        for (size_t k = 0; k < outputs[i]->size; k++)
            outputs[i]->data[k] *= 2;
    }
    for (int j = 0; j < units; j++) {
        dh->data[j] *= 2;
        dc->data[j] *= 2;
    }
    grade_call("lstm_step", grade_tensor(a), grade_tensor(c), grade_tensor(dh), grade_tensor(dc));
    grade_expect("da", grade_output(2), outputs[0], 1e-5f, NULL);
    grade_expect("dc_before", grade_output(3), outputs[1], 1e-5f, NULL);
}
END_TEST

/* q and k are only ever added: what q gains, every key may lose. And dq is the sum of dk over the words. */
START_TEST(query_and_keys_trade)
{
    int words, size;
    grade_sizes(2, 9, &words, &size);
    Tensor *q = grade_normal(1, size), *k = grade_normal(1, words, size), *v = grade_normal(1, size);
    Tensor *dw = grade_normal(1, words), *shift = grade_normal(1, size), *sum = grade_zeros(size);
    grade_call("additive_attention", grade_tensor(q), grade_tensor(k), grade_tensor(v), grade_tensor(dw));
    Tensor *w = grade_copy(grade_output(0)), *dq = grade_copy(grade_output(1));
    for (int i = 0; i < words * size; i++) {
        sum->data[i % size] += grade_output(2)->data[i];
        k->data[i] -= shift->data[i % size];
    }
    for (int j = 0; j < size; j++)
        q->data[j] += shift->data[j];
    grade_expect("dq", dq, sum, 1e-4f, NULL);
    grade_call("additive_attention", grade_tensor(q), grade_tensor(k), grade_tensor(v), grade_tensor(dw));
    grade_expect("w", grade_output(0), w, 1e-4f, NULL);
}
END_TEST

/* Longer rows have the same directions; powers of two are not rounded. */
START_TEST(longer_rows_give_the_same)
{
    int n = 4 + rng_below(grade_rng(), 4);
    Tensor *w = grade_normal(1, n, n), *scaled;
    for (int i = 0; i < n; i++)
        w->data[i * n + i] += 3;
    scaled = grade_copy(w);
    for (int i = 0; i < n * n; i++)
        scaled->data[i] *= (float)(1 << i / n);
    const Tensor *q = grade_copy(grade_call("orthogonal_rows", grade_tensor(w)));
    grade_expect("q", grade_call("orthogonal_rows", grade_tensor(scaled)), q, 1e-4f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", a_document_read_twice);
    grade_test(s, "ex2", v_turned_around);
    grade_test(s, "ex3", lengths_do_not_matter);
    grade_test(s, "ex4", twice_the_gradient);
    grade_test(s, "ex5", query_and_keys_trade);
    grade_test(s, "ex6", longer_rows_give_the_same);
}
