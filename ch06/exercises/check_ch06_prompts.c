/* check_ch06_prompts.c -- tests of the exercises on prefixes and soft prompts: ex5, ex6. */
#include "ch06/exercises/check_ch06.h"

#include <math.h>

/* ---- ex5: attention with a prefix ---------------------------------------------------------------- */

typedef struct Heads {
    const Tensor *q, *k, *v, *pk, *pv;
    int prefix;
} Heads;

enum { CORRECT, PREFIX_MASKED, NOT_CAUSAL, NOT_SCALED, TWO_SOFTMAXES, SHARE_OF_TEXT, WITHOUT_ITSELF };

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Whether query t counts position j of the prefix and the text one after another. */
static bool seen(const Heads *h, int t, int j, int slip)
{
    int s = j - h->prefix;
    if (slip == PREFIX_MASKED)
        return j <= t;
    if (slip == NOT_CAUSAL)
        return true;
    return s < 0 || s < t || (s == t && slip != WITHOUT_ITSELF);
}

static double score(const Heads *h, int t, int j, int slip)
{
    int dim = h->q->shape[1];
    const float *key = j < h->prefix ? h->pk->data + j * dim : h->k->data + (j - h->prefix) * dim;
    return dot(h->q->data + t * dim, key, dim) / (slip == NOT_SCALED ? 1 : sqrt(dim));
}

static Tensor *attention(const void *context, int output, int slip)
{
    const Heads *h = context;
    int time = h->q->shape[0], dim = h->q->shape[1], all = h->prefix + time;
    Tensor *out = grade_zeros(time, dim), *share = grade_zeros(time);
    for (int t = 0; t < time; t++) {
        double max = -INFINITY, sum[2] = {0, 0};
        for (int j = 0; j < all; j++)
            max = seen(h, t, j, slip) ? fmax(max, score(h, t, j, slip)) : max;
        for (int j = 0; j < all; j++)
            sum[j < h->prefix] += seen(h, t, j, slip) ? exp(score(h, t, j, slip) - max) : 0;
        for (int j = 0; j < all; j++) {
            bool front = j < h->prefix;
            const float *value = front ? h->pv->data + j * dim : h->v->data + (j - h->prefix) * dim;
            double total = slip == TWO_SOFTMAXES ? sum[front] : sum[0] + sum[1];
            double weight = seen(h, t, j, slip) ? exp(score(h, t, j, slip) - max) / total : 0;
            for (int d = 0; d < dim; d++)
                out->data[t * dim + d] += (float)(weight * (double)value[d]);
        }
        share->data[t] = (float)(sum[slip != SHARE_OF_TEXT] / (sum[0] + sum[1]));
    }
    return output == 0 ? out : share;
}

static void check_attention(const Heads *h)
{
    static const GradeSlip slips[] = {
        {PREFIX_MASKED, "the causal mask fell on the prefix; every query sees all of it"},
        {NOT_CAUSAL, "a query saw keys of the text that come after it"},
        {NOT_SCALED, "the scores were not divided by sqrt(D)"},
        {TWO_SOFTMAXES, "prefix and text were normalised apart; one softmax runs over both"},
        {SHARE_OF_TEXT, "that is the share of the text; the prefix has the rest"},
        {WITHOUT_ITSELF, "query t sees key t as well"},
        {0, NULL}};
    grade_call("prefix_attention", grade_tensor(h->q), grade_tensor(h->k), grade_tensor(h->v),
               grade_tensor(h->pk), grade_tensor(h->pv), grade_int(h->prefix));
    grade_expect_output("out", 0, attention, h, 1e-4f, slips);
    grade_expect_output("share", 1, attention, h, 1e-4f, slips);
}

static Heads heads_of(float size, int time, int prefix, int dim)
{
    int rows = prefix ? prefix : 1;
    return (Heads){grade_normal(size, time, dim), grade_normal(1, time, dim), grade_normal(1, time, dim),
                   grade_normal(1, rows, dim),    grade_normal(1, rows, dim), prefix};
}

START_TEST(one_query_and_one_key_of_each)
{
    Heads h = heads_of(1, 1, 1, 2);
    check_attention(&h);
}
END_TEST

START_TEST(a_prefix_in_front_of_a_text)
{
    int time, prefix, dim;
    grade_sizes(2, 9, &time, &prefix, &dim);
    Heads h = heads_of(1, time, prefix, dim);
    check_attention(&h);
}
END_TEST

START_TEST(without_a_prefix)
{
    Heads h = heads_of(1, 5, 0, 3);
    check_attention(&h);
}
END_TEST

START_TEST(large_scores)
{
    Heads h = heads_of(1e4f, 4, 3, 2);
    check_attention(&h);
}
END_TEST

/* ---- ex6: embeddings of virtual tokens ----------------------------------------------------------- */

typedef struct Embedded {
    const Tensor *tokens, *vectors, *d_x;
    const int *ids;
} Embedded;

enum { OVERWRITTEN = 1, BY_POSITION, AVERAGED };

static Tensor *embedded(const void *context, int output, int slip)
{
    const Embedded *e = context;
    int vocab = e->tokens->shape[0], count = e->vectors->shape[0], channels = e->tokens->shape[1];
    int n = e->d_x->shape[0];
    Tensor *x = grade_zeros(n, channels), *grad = grade_zeros(count, channels);
    for (int j = 0; j < n * channels; j++) {
        int c = j % channels, at = j / channels, i = e->ids[at] - vocab;
        i = i >= 0 && slip == BY_POSITION ? at % count : i;
        x->data[j] =
            i < 0 ? e->tokens->data[e->ids[at] * channels + c] : e->vectors->data[i * channels + c];
        if (i < 0)
            continue;
        float *to = &grad->data[i * channels + c];
        *to = (slip == OVERWRITTEN ? 0 : *to) + e->d_x->data[j] / (float)(slip == AVERAGED ? n : 1);
    }
    return output == 0 ? x : grad;
}

static void check_embedded(const Embedded *e)
{
    static const GradeSlip slips[] = {
        {OVERWRITTEN, "a virtual token that occurs several times: its gradients add up"},
        {BY_POSITION, "the row was taken by position; it is ids[j] - V"},
        {AVERAGED, "d_x is the gradient of the loss already: nothing is averaged"},
        {0, NULL}};
    grade_call("soft_embed", grade_tensor(e->tokens), grade_tensor(e->vectors),
               grade_ints(e->ids, e->d_x->shape[0]), grade_tensor(e->d_x));
    grade_expect_output("x", 0, embedded, e, 1e-6f, slips);
    grade_expect_output("d_vectors", 1, embedded, e, 1e-5f, slips);
}

static void check_ids(const int *ids, int n, int vocab, int count, int channels)
{
    const Embedded e = {grade_normal(1, vocab, channels), grade_normal(1, count, channels),
                        grade_normal(1, n, channels), ids};
    check_embedded(&e);
}

START_TEST(a_prompt_in_front_of_two_texts)
{
    check_ids((const int[]){7, 8, 9, 0, 6, 7, 8, 9, 3, 3}, 10, 7, 3, 4);
}
END_TEST

START_TEST(two_prompts_in_one_batch)
{
    check_ids((const int[]){5, 6, 1, 0, 7, 8, 4, 2}, 8, 5, 4, 3);
}
END_TEST

/* One of them several times, one not at all. */
START_TEST(anywhere)
{
    check_ids((const int[]){2, 6, 1, 6, 5, 3, 6}, 7, 5, 3, 2);
}
END_TEST

START_TEST(any_batch)
{
    int vocab, count, channels, ids[40];
    grade_sizes(2, 9, &vocab, &count, &channels);
    for (int j = 0; j < 40; j++)
        ids[j] = rng_below(grade_rng(), vocab + count);
    check_ids(ids, 40, vocab, count, channels);
}
END_TEST

void grade_tests_of_prompts(GradeSuite *s)
{
    grade_test(s, "ex5", one_query_and_one_key_of_each);
    grade_test(s, "ex5", a_prefix_in_front_of_a_text);
    grade_test(s, "ex5", without_a_prefix);
    grade_test(s, "ex5", large_scores);
    grade_test(s, "ex6", a_prompt_in_front_of_two_texts);
    grade_test(s, "ex6", two_prompts_in_one_batch);
    grade_test(s, "ex6", anywhere);
    grade_test(s, "ex6", any_batch);
}
