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

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", a_document_read_twice);
    grade_test(s, "ex2", v_turned_around);
    grade_test(s, "ex3", lengths_do_not_matter);
}
