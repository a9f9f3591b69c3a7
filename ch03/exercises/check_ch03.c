/* check_ch03.c -- the checks of chapter 3's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the tests: they hold
 * the answers and never meet the learner's code, only what it computed. Here are those
 * of section 3.3.2; check_ch03_tables.c, check_ch03_blocks.c and check_ch03_today.c have the others. */
#include "ch03/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

#include <math.h>

static void drive_scaled_softmax(GradeCall *c)
{
    Tensor *score = grade_arg_tensor(c, "score");
    int head_dim = grade_arg_int(c, "head_dim"), rows = score->shape[0], cols = score->shape[1];
    Tensor *weight = grade_out(c, "weight", rows, cols);
    scaled_softmax(score->data, rows, cols, head_dim, weight->data);
}

static void drive_attention(GradeCall *c)
{
    Tensor *q = grade_arg_tensor(c, "q"), *k = grade_arg_tensor(c, "k"), *v = grade_arg_tensor(c, "v");
    int t = q->shape[0], d = q->shape[1], s = k->shape[0], e = v->shape[1];
    Tensor *out = grade_out(c, "out", t, e);
    attention(q->data, k->data, v->data, t, s, d, e, out->data);
}

static void drive_attention_backward(GradeCall *c)
{
    Tensor *q = grade_arg_tensor(c, "q"), *k = grade_arg_tensor(c, "k"), *v = grade_arg_tensor(c, "v");
    Tensor *d_out = grade_arg_tensor(c, "d_out");
    int t = q->shape[0], d = q->shape[1], s = k->shape[0], e = v->shape[1];
    Tensor *dq = grade_out(c, "dq", t, d), *dk = grade_out(c, "dk", s, d), *dv = grade_out(c, "dv", s, e);
    attention_backward(q->data, k->data, v->data, d_out->data, t, s, d, e, dq->data, dk->data, dv->data);
}

static void drive_sinusoids(GradeCall *c)
{
    int time = grade_arg_int(c, "T"), channels = grade_arg_int(c, "C");
    sinusoids(time, channels, grade_out(c, "table", time, channels)->data);
}

static void drive_combined_mask(GradeCall *c)
{
    int batch, time = grade_arg_int(c, "T");
    const int *lengths = grade_arg_ints(c, "lengths", &batch);
    combined_mask(lengths, batch, time, grade_out(c, "allowed", batch, time, time)->data);
}

static void drive_rope(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int first = grade_arg_int(c, "first"), time = x->shape[0], width = x->shape[1];
    Tensor *out = grade_out(c, "x", time, width);
    tensor_copy(out, x->data);
    rope(out->data, time, width, first);
}

static void drive_smoothed_loss(GradeCall *c)
{
    Tensor *logits = grade_arg_tensor(c, "logits");
    int count, rows = logits->shape[0], vocab = logits->shape[1];
    const int *targets = grade_arg_ints(c, "targets", &count);
    float epsilon = grade_arg_float(c, "epsilon");
    Tensor *loss = grade_out(c, "loss", 1), *gradient = grade_out(c, "d_logits", rows, vocab);
    loss->data[0] = smoothed_loss(logits->data, targets, rows, vocab, epsilon, gradient->data);
}

/* The state is kept here: the learner sees one block at a time. */
static void drive_read_block(GradeCall *c)
{
    Tensor *score = grade_arg_tensor(c, "score"), *value = grade_arg_tensor(c, "value");
    int blocks, width = value->shape[1], first = 0;
    const int *sizes = grade_arg_ints(c, "sizes of the blocks", &blocks);
    Tensor *state = grade_out(c, "max and sum", 2), *out = grade_out(c, "out", width);
    state->data[0] = -INFINITY;
    state->data[1] = 0;
    tensor_fill(out, 0);
    for (int b = 0; b < blocks; first += sizes[b++])
        read_block(score->data + first, value->data + first * width, sizes[b], width, &state->data[0],
                   &state->data[1], out->data);
}

/* What gets a gradient, in the order in which the judge sends it; the gradients go back in the same. */
typedef struct Taken {
    GradeCall *call;
    const char *name[32];
    Tensor *tensor[32];
    int count;
} Taken;

static Tensor *take(Taken *t, const char *name)
{
    t->name[t->count] = name;
    return t->tensor[t->count++] = grade_arg_parameter(t->call, name);
}

static Linear take_linear(Taken *t, const char *weight, const char *bias)
{
    Linear l = {.weight = take(t, weight)};
    l.bias = take(t, bias);
    return l;
}

static Norm take_norm(Taken *t, const char *weight, const char *bias)
{
    Norm n = {.weight = take(t, weight)};
    n.bias = take(t, bias);
    return n;
}

static Mha take_mha(Taken *t)
{
    Mha m = {.q = take_linear(t, "q.weight", "q.bias")};
    m.k = take_linear(t, "k.weight", "k.bias");
    m.v = take_linear(t, "v.weight", "v.bias");
    m.out = take_linear(t, "out.weight", "out.bias");
    return m;
}

static void give_back(Taken *t, Tensor *out, const Tensor *pull)
{
    grade_return(t->call, "out", out);
    if (!out || !tensor_same_shape(out, pull))
        return;
    if (out->wants_grad) /* else it was made off the graph, and no gradient comes back */
        nn_backward_from(grade_graph(t->call), out, pull->data);
    for (int i = 0; i < t->count; i++)
        grade_return_grad(t->call, t->name[i], t->tensor[i]);
}

static void drive_multi_head_attention(GradeCall *c)
{
    int heads = grade_arg_int(c, "heads"), causal = grade_arg_int(c, "causal");
    const Tensor *pull = grade_arg_tensor(c, "d_out");
    Taken t = {.call = c};
    Tensor *x = take(&t, "x");
    Mha m = take_mha(&t);
    give_back(&t, multi_head_attention(grade_graph(c), &m, x, heads, causal), pull);
}

static void drive_encoder_block(GradeCall *c)
{
    int heads = grade_arg_int(c, "heads");
    const Tensor *pull = grade_arg_tensor(c, "d_out");
    Taken t = {.call = c};
    Tensor *x = take(&t, "x");
    EncoderBlock b = {.norm1 = take_norm(&t, "norm1.weight", "norm1.bias")};
    b.norm2 = take_norm(&t, "norm2.weight", "norm2.bias");
    b.attention = take_mha(&t);
    b.up = take_linear(&t, "up.weight", "up.bias");
    b.down = take_linear(&t, "down.weight", "down.bias");
    give_back(&t, encoder_block(grade_graph(c), &b, x, heads), pull);
}

static void drive_decoder_block(GradeCall *c)
{
    int heads = grade_arg_int(c, "heads");
    const Tensor *pull = grade_arg_tensor(c, "d_out");
    Taken t = {.call = c};
    Tensor *x = take(&t, "x"), *memory = take(&t, "memory");
    DecoderBlock b = {.norm_self = take_norm(&t, "norm_self.weight", "norm_self.bias")};
    b.norm_cross = take_norm(&t, "norm_cross.weight", "norm_cross.bias");
    b.norm_feed = take_norm(&t, "norm_feed.weight", "norm_feed.bias");
    b.self = take_mha(&t);
    b.cross = take_mha(&t);
    b.up = take_linear(&t, "up.weight", "up.bias");
    b.down = take_linear(&t, "down.weight", "down.bias");
    give_back(&t, decoder_block(grade_graph(c), &b, x, memory, heads), pull);
}

const GradeDriver grade_drivers[] = {{"scaled_softmax", drive_scaled_softmax},
                                     {"attention", drive_attention},
                                     {"attention_backward", drive_attention_backward},
                                     {"multi_head_attention", drive_multi_head_attention},
                                     {"sinusoids", drive_sinusoids},
                                     {"rope", drive_rope},
                                     {"encoder_block", drive_encoder_block},
                                     {"combined_mask", drive_combined_mask},
                                     {"decoder_block", drive_decoder_block},
                                     {"smoothed_loss", drive_smoothed_loss},
                                     {"read_block", drive_read_block},
                                     {NULL, NULL}};

#else
#include "ch03/exercises/check_ch03.h"

#include <math.h>
#include <string.h>

/* ---- ex1 ----------------------------------------------------------------------------------------- */

/* softmax of n numbers that lie `stride` apart, times scale, in double. */
static void softmax_line(const float *x, float *y, int n, int stride, double scale)
{
    double largest = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, scale * (double)x[i * stride]);
    for (int i = 0; i < n; i++)
        sum += exp(scale * (double)x[i * stride] - largest);
    for (int i = 0; i < n; i++)
        y[i * stride] = (float)(exp(scale * (double)x[i * stride] - largest) / sum);
}

/* Over the columns of each row, as it should be. */
static Tensor *softmax(const Tensor *score, double scale)
{
    Tensor *weight = grade_copy(score);
    int rows = score->shape[0], cols = score->shape[1];
    for (int r = 0; r < rows; r++)
        softmax_line(score->data + r * cols, weight->data + r * cols, cols, 1, scale);
    return weight;
}

/* Over the rows of each column: a likely mistake. */
static Tensor *softmax_of_columns(const Tensor *score, double scale)
{
    Tensor *weight = grade_copy(score);
    int rows = score->shape[0], cols = score->shape[1];
    for (int c = 0; c < cols; c++)
        softmax_line(score->data + c, weight->data + c, rows, cols, scale);
    return weight;
}

/* e^(s - largest) alone: a softmax that was not divided. */
static Tensor *exps(const Tensor *score, double scale)
{
    Tensor *weight = softmax(score, scale);
    int cols = score->shape[1];
    for (int r = 0; r < score->shape[0]; r++) {
        float *row = weight->data + r * cols, largest = 0;
        for (int c = 0; c < cols; c++)
            largest = fmaxf(largest, row[c]);
        for (int c = 0; c < cols; c++)
            row[c] /= largest;
    }
    return weight;
}

static void check_scaled_softmax(const Tensor *score, int head_dim)
{
    double scale = 1 / sqrt(head_dim);
    const GradeCause causes[] = {
        {softmax(score, 1), "not divided by sqrt(head_dim)"},
        {softmax(score, 1.0 / head_dim), "divided by head_dim instead of sqrt(head_dim)"},
        {softmax(score, sqrt(head_dim)), "multiplied by sqrt(head_dim) instead of divided"},
        {exps(score, scale), "the weights are not divided by their sum: those of a row add up to 1"},
        {softmax_of_columns(score, scale), "rows do not sum to 1: softmax over the wrong axis?"},
        {NULL, NULL}};
    const Tensor *weight = grade_call("scaled_softmax", grade_tensor(score), grade_int(head_dim));
    grade_expect("weight", weight, softmax(score, scale), 1e-5f, causes);
}

START_TEST(equal_scores_share_equally)
{
    check_scaled_softmax(grade_zeros(2, 5), 16);
}
END_TEST

START_TEST(small_scores)
{
    int rows, cols, head_dim;
    grade_sizes(3, 20, &rows, &cols, &head_dim);
    check_scaled_softmax(grade_normal(2, rows, cols), head_dim);
}
END_TEST

START_TEST(scores_up_to_10000)
{
    int rows, cols;
    grade_sizes(3, 9, &rows, &cols);
    Tensor *score = grade_normal(100, rows, cols);
    for (int r = 0; r < rows; r++)
        score->data[r * cols + r % cols] = r % 2 ? -1e4f : 1e4f;
    check_scaled_softmax(score, 4);
    for (size_t i = 0; i < score->size; i++)
        score->data[i] -= 1e4f; /* all of them very negative */
    check_scaled_softmax(score, 4);
}
END_TEST

START_TEST(a_row_of_hundreds)
{
    check_scaled_softmax(grade_normal(2, 2, 300), 9);
}
END_TEST

START_TEST(a_single_row_and_a_single_column)
{
    check_scaled_softmax(grade_normal(1, 1, 7), 64);
    check_scaled_softmax(grade_normal(1, 7, 1), 64);
}
END_TEST

/* ---- ex2 ----------------------------------------------------------------------------------------- */

/* q k^T: (T,D) (S,D) -> (T,S). */
static Tensor *scores(const Tensor *q, const Tensor *k)
{
    int rows = q->shape[0], cols = k->shape[0], d = q->shape[1];
    Tensor *score = grade_zeros(rows, cols);
    for (int i = 0; i < rows * cols; i++) {
        double sum = 0;
        for (int j = 0; j < d; j++)
            sum += (double)q->data[i / cols * d + j] * (double)k->data[i % cols * d + j];
        score->data[i] = (float)sum;
    }
    return score;
}

/* weight v: (T,S) (S,E) -> (T,E). */
static Tensor *averages(const Tensor *weight, const Tensor *v)
{
    int rows = weight->shape[0], s = v->shape[0], e = v->shape[1];
    Tensor *out = grade_zeros(rows, e);
    for (int i = 0; i < rows * e; i++) {
        double sum = 0;
        for (int j = 0; j < s; j++)
            sum += (double)weight->data[i / e * s + j] * (double)v->data[j * e + i % e];
        out->data[i] = (float)sum;
    }
    return out;
}

enum {
    NOT_NORMALISED = 1,
    EXP_NOT_NORMALISED,
    NOT_SCALED_OR_NORMALISED,
    KEYS_BY_COLUMN,
    VALUES_BY_WIDTH,
    QUERIES_BY_ONE,
    WHOLE_ROOT,
    SCALED_AFTER,
    SUM_KEPT,
    LAST_KEY,
    OUT_BY_COLUMN
};

/* Element i of an array that goes on row by row; not a number outside of it. */
static double element(const Tensor *x, int i)
{
    return i >= 0 && (size_t)i < x->size ? (double)x->data[i] : NAN;
}

/* What query t asks of key s, with a slip in an index. */
static double slipped_score(const Tensor *q, const Tensor *k, int t, int s, int slip)
{
    int width = q->shape[1], keys = k->shape[0];
    double sum = 0;
    for (int d = 0; d < width; d++)
        sum += element(q, slip == QUERIES_BY_ONE ? t + d : t * width + d) *
               element(k, slip == KEYS_BY_COLUMN ? d * keys + s : s * width + d);
    if (slip == NOT_SCALED_OR_NORMALISED || slip == SCALED_AFTER)
        return sum;
    return sum / (slip == WHOLE_ROOT ? (int)sqrt(width) : sqrt(width));
}

/* Attention with one slip in it. */
static Tensor *slipped_attention(const Tensor *q, const Tensor *k, const Tensor *v, int slip)
{
    int queries = q->shape[0], keys = k->shape[0], width = v->shape[1];
    double *weight = arena_alloc(grade_arena(), (size_t)keys * sizeof *weight), sum = 0;
    bool divides = slip != NOT_NORMALISED && slip != EXP_NOT_NORMALISED && slip != NOT_SCALED_OR_NORMALISED;
    Tensor *out = grade_zeros(queries, width);
    for (int t = 0; t < queries; t++) {
        double largest = -INFINITY;
        sum = slip == SUM_KEPT ? sum : 0;
        for (int s = 0; s < keys; s++)
            largest = fmax(largest, weight[s] = slipped_score(q, k, t, s, slip));
        for (int s = 0; s < keys; s++)
            sum += weight[s] = exp(weight[s] - (slip == EXP_NOT_NORMALISED ? 0 : largest));
        for (int e = 0; e < width; e++) {
            double average = 0;
            for (int s = slip == LAST_KEY ? keys - 1 : 0; s < keys; s++)
                average += weight[s] / (divides ? sum : 1) /
                           (slip == SCALED_AFTER ? sqrt(q->shape[1]) : 1) *
                           element(v, slip == VALUES_BY_WIDTH ? s * q->shape[1] + e : s * width + e);
            out->data[slip == OUT_BY_COLUMN ? e * queries + t : t * width + e] = (float)average;
        }
    }
    return out;
}

static void check_attention(const Tensor *q, const Tensor *k, const Tensor *v, float tolerance)
{
    double scale = 1 / sqrt(q->shape[1]);
    Tensor *score = scores(q, k), *constant = grade_copy(score);
    tensor_fill(constant, 1);
    const GradeCause causes[] = {
        {averages(softmax(score, 1), v), "q.k is not divided by sqrt(D)"},
        {averages(softmax(score, 1 / sqrt(v->shape[1])), v), "divided by sqrt(E) instead of sqrt(D)"},
        {averages(softmax(score, 1.0 / q->shape[1]), v), "divided by D instead of sqrt(D)"},
        {averages(softmax_of_columns(score, scale), v),
         "softmax over the queries: each query's weights sum to 1"},
        {slipped_attention(q, k, v, NOT_NORMALISED),
         "the weights are not divided by their sum: those of a query add up to 1"},
        {slipped_attention(q, k, v, EXP_NOT_NORMALISED),
         "the weights are not divided by their sum: those of a query add up to 1"},
        {slipped_attention(q, k, v, NOT_SCALED_OR_NORMALISED),
         "neither divided by sqrt(D) nor by the sum of the weights"},
        {slipped_attention(q, k, v, KEYS_BY_COLUMN),
         "k[d * S + s] takes k by columns: a key is a row, k[s * D + d]"},
        {slipped_attention(q, k, v, VALUES_BY_WIDTH),
         "v[s * D + e]: a row of v has E numbers, v[s * E + e]"},
        {slipped_attention(q, k, v, QUERIES_BY_ONE), "q[t + d]: row t begins at t * D, q[t * D + d]"},
        {slipped_attention(q, k, v, WHOLE_ROOT),
         "sqrt(D) was made a whole number, and what is after its point is lost: sqrtf((float)D)"},
        {slipped_attention(q, k, v, SCALED_AFTER),
         "the weights are divided by sqrt(D): divide the scores, before the softmax"},
        {slipped_attention(q, k, v, SUM_KEPT),
         "the sum of the weights goes on from query to query: set it to 0"},
        {slipped_attention(q, k, v, LAST_KEY),
         "only the value of the last key counts: it must add up over the keys, +="},
        {slipped_attention(q, k, v, OUT_BY_COLUMN),
         "out is written by columns: a query is a row, out[t * E + e]"},
        {averages(score, v), "no softmax"},
        {averages(constant, v), "the values are added up, not weighted"},
        {averages(softmax(score, 0), v), "every key gets the same weight: are the scores multiplied by 0? "
                                         "1 / D or 1 / (int)sqrt(D) is 0 in whole numbers"},
        {NULL, NULL}};
    const Tensor *out = grade_call("attention", grade_tensor(q), grade_tensor(k), grade_tensor(v));
    grade_expect("out", out, averages(softmax(score, scale), v), tolerance, causes);
}

START_TEST(one_key_gives_its_value)
{
    int t, d, e;
    grade_sizes(2, 9, &t, &d, &e);
    check_attention(grade_normal(1, t, d), grade_normal(1, 1, d), grade_normal(1, 1, e), 1e-5f);
}
END_TEST

START_TEST(random_queries_keys_and_values)
{
    int t, s, d, e;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 24, &t, &s, &d, &e);
        check_attention(grade_normal(1, t, d), grade_normal(1, s, d), grade_normal(1, s, e), 1e-4f);
    }
}
END_TEST

START_TEST(large_scores_do_not_overflow)
{
    int t, s, d, e;
    grade_sizes(3, 12, &t, &s, &d, &e);
    Tensor *q = grade_normal(10, t, d), *k = grade_normal(10, s, d);
    memcpy(q->data, k->data, (size_t)d * sizeof *q->data); /* |q|^2 / sqrt(d) is far beyond 88 */
    check_attention(q, k, grade_normal(1, s, e), 1e-3f);
}
END_TEST

/* All around -200 or below: the largest of them is far below 0. */
START_TEST(very_negative_scores)
{
    int t, s, d, e;
    grade_sizes(3, 12, &t, &s, &d, &e);
    Tensor *q = grade_normal(1, t, d), *k = grade_normal(1, s, d);
    for (int i = 0; i < t; i++)
        q->data[i * d] = 25;
    for (int i = 0; i < s; i++)
        k->data[i * d] = -25 + 0.1f * k->data[i * d];
    check_attention(q, k, grade_normal(1, s, e), 1e-3f);
}
END_TEST

START_TEST(hundreds_of_keys)
{
    check_attention(grade_normal(1, 3, 4), grade_normal(1, 300, 4), grade_normal(1, 300, 2), 1e-4f);
}
END_TEST

/* ---- ex3 ----------------------------------------------------------------------------------------- */

typedef struct Attention {
    Tensor *q, *k, *v, *d_out;
} Attention;

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* p (S): the weights of query t, in double; returns what they were divided by. */
static double weights_of(const Attention *a, int t, double scale, double *p)
{
    int keys = a->k->shape[0], width = a->k->shape[1];
    double largest = -INFINITY, sum = 0;
    for (int s = 0; s < keys; s++) {
        p[s] = scale * dot(a->q->data + t * width, a->k->data + s * width, width);
        largest = fmax(largest, p[s]);
    }
    for (int s = 0; s < keys; s++)
        sum += p[s] = exp(p[s] - largest);
    for (int s = 0; s < keys; s++)
        p[s] /= sum;
    return sum;
}

static double *weight_room(const Attention *a)
{
    return arena_alloc(grade_arena(), (size_t)a->k->shape[0] * sizeof(double));
}

/* sum over t and s of P[t][s] (d_out[t] . v[s]): its gradients are those that are asked for. */
static double attention_loss(void *context)
{
    const Attention *a = context;
    int queries = a->q->shape[0], keys = a->k->shape[0], width = a->v->shape[1];
    double *p = weight_room(a), loss = 0;
    for (int t = 0; t < queries; t++) {
        weights_of(a, t, 1 / sqrt(a->q->shape[1]), p);
        for (int s = 0; s < keys; s++)
            loss += p[s] * dot(a->d_out->data + t * width, a->v->data + s * width, width);
    }
    return loss;
}

/* A way back, right or wrong: all zero is the right one. */
typedef struct Way {
    bool unscaled;         /* the scores are not divided by sqrt(D) */
    int factor;            /* dq and dk: 0 divided by sqrt(D), 1 not divided, 2 divided by D */
    bool not_normalised;   /* the weights are not divided by their sum */
    bool keeps_mean;       /* d_out . out is not subtracted */
    bool mean_so_far;      /* what is subtracted is not yet all of it */
    bool no_brackets;      /* P dP - mean for P (dP - mean) */
    bool skips_weight;     /* the difference is not multiplied by P */
    bool overwrites;       /* '=' where '+=' belongs: the last key or query is what remains */
    bool values_for_d_out; /* dv is made of v */
    bool own_rows;         /* dq is made of q, and dk of k */
} Way;

typedef struct Gradients {
    Tensor *q, *k, *v;
} Gradients;

static void add_row(Tensor *to, int row, double factor, const Tensor *from, int from_row, bool overwrites)
{
    int width = to->shape[1];
    for (int i = 0; i < width; i++) {
        float *at = to->data + row * width + i;
        *at = (float)((overwrites ? 0 : (double)*at) + factor * (double)from->data[from_row * width + i]);
    }
}

/* dS[t][s], given the weights p, their gradients dp, and what is subtracted. */
static double score_gradient(Way way, double p, double dp, double mean, double scale)
{
    const double factor[] = {scale, 1, scale * scale};
    double difference = way.no_brackets ? p * dp * factor[way.factor] - mean : dp - mean;
    if (way.no_brackets)
        return difference;
    return factor[way.factor] * (way.skips_weight ? 1 : p) * difference;
}

static Gradients go_back(const Attention *a, Way way)
{
    int queries = a->q->shape[0], keys = a->k->shape[0], width = a->v->shape[1];
    double *p = weight_room(a), *dp = weight_room(a), *mean = weight_room(a),
           scale = 1 / sqrt(a->q->shape[1]);
    Gradients d = {grade_zeros(queries, a->q->shape[1]), grade_zeros(keys, a->k->shape[1]),
                   grade_zeros(keys, width)};
    for (int t = 0; t < queries; t++) {
        double sum = weights_of(a, t, way.unscaled ? 1 : scale, p), so_far = 0;
        for (int s = 0; s < keys; s++) {
            p[s] *= way.not_normalised ? sum : 1;
            dp[s] = dot(a->d_out->data + t * width, a->v->data + s * width, width);
            mean[s] = so_far += way.keeps_mean ? 0 : p[s] * dp[s];
            add_row(d.v, s, p[s], way.values_for_d_out ? a->v : a->d_out, way.values_for_d_out ? s : t,
                    way.overwrites);
        }
        for (int s = 0; s < keys; s++) {
            double ds = score_gradient(way, p[s], dp[s], way.mean_so_far ? mean[s] : so_far, scale);
            add_row(d.q, t, ds, way.own_rows ? a->q : a->k, way.own_rows ? t : s, way.overwrites);
            add_row(d.k, s, ds, way.own_rows ? a->k : a->q, way.own_rows ? s : t, way.overwrites);
        }
    }
    return d;
}

enum { IN_DQ = 1, IN_DK = 2, IN_DV = 4, ANYWHERE = 7 };

static const struct {
    Way way;
    int where; /* in which outputs it shows */
    const char *cause;
} backward_slips[] = {
    {{.unscaled = true}, IN_DV, "P is made of scores that are not divided by sqrt(D)"},
    {{.factor = 1}, ANYWHERE, "the factor 1/sqrt(D) is missing: dq = dS k / sqrt(D), dk likewise"},
    {{.factor = 2}, ANYWHERE, "divided by D instead of sqrt(D)"},
    {{.not_normalised = true},
     IN_DV,
     "P is not divided by the sum of its row: the weights of a query add up to 1"},
    {{.keeps_mean = true}, ANYWHERE, "d_out[t] . out[t] is not subtracted from d_out[t] . v[s]"},
    {{.mean_so_far = true},
     ANYWHERE,
     "d_out[t] . out[t] is subtracted before it is complete: it needs a loop of its own, over all keys"},
    {{.no_brackets = true}, ANYWHERE, "brackets are missing: dS[t][s] = P[t][s] * (dP[t][s] - mean)"},
    {{.skips_weight = true}, ANYWHERE, "dS[t][s] is not multiplied by P[t][s]"},
    {{.values_for_d_out = true}, IN_DV, "dv is made of v: it is P^T d_out"},
    {{.own_rows = true}, IN_DQ, "dq is made of q: it is dS k / sqrt(D)"},
    {{.own_rows = true}, IN_DK, "dk is made of k: it is dS^T q / sqrt(D)"},
    {{.overwrites = true}, IN_DQ, "only the last key counts: it must add up over the keys, +="},
    {{.overwrites = true},
     IN_DK | IN_DV,
     "only the last query counts: it must add up over the queries, +="}};

enum { BACKWARD_SLIPS = sizeof backward_slips / sizeof *backward_slips };

static void check_backward(Attention *a, float tolerance)
{
    GradeCause q[BACKWARD_SLIPS + 1] = {{NULL, NULL}}, k[BACKWARD_SLIPS + 1] = {{NULL, NULL}},
                                  v[BACKWARD_SLIPS + 1] = {{NULL, NULL}};
    int nq = 0, nk = 0, nv = 0;
    for (int i = 0; i < BACKWARD_SLIPS; i++) {
        const Gradients d = go_back(a, backward_slips[i].way);
        if (backward_slips[i].where & IN_DQ)
            q[nq++] = (GradeCause){d.q, backward_slips[i].cause};
        if (backward_slips[i].where & IN_DK)
            k[nk++] = (GradeCause){d.k, backward_slips[i].cause};
        if (backward_slips[i].where & IN_DV)
            v[nv++] = (GradeCause){d.v, backward_slips[i].cause};
    }
    grade_call("attention_backward", grade_tensor(a->q), grade_tensor(a->k), grade_tensor(a->v),
               grade_tensor(a->d_out));
    grade_expect("dv", grade_output(2), grade_gradient(attention_loss, a, a->v, 1e-4f), tolerance, v);
    grade_expect("dq", grade_output(0), grade_gradient(attention_loss, a, a->q, 1e-4f), tolerance, q);
    grade_expect("dk", grade_output(1), grade_gradient(attention_loss, a, a->k, 1e-4f), tolerance, k);
}

static Attention random_attention(int t, int s, int d, int e, float deviation)
{
    return (Attention){grade_normal(deviation, t, d), grade_normal(deviation, s, d), grade_normal(1, s, e),
                       grade_normal(1, t, e)};
}

START_TEST(the_example_of_the_section)
{
    Attention a = {grade_zeros(1, 1), grade_zeros(2, 1), grade_zeros(2, 1), grade_zeros(1, 1)};
    a.q->data[0] = a.k->data[0] = a.d_out->data[0] = 1;
    a.v->data[0] = 2;
    check_backward(&a, 1e-4f);
}
END_TEST

START_TEST(random_gradients)
{
    int t, s, d, e;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 8, &t, &s, &d, &e);
        Attention a = random_attention(t, s, d, e, 1);
        check_backward(&a, 1e-4f);
    }
}
END_TEST

START_TEST(one_query_or_one_key)
{
    Attention a = random_attention(1, 4, 3, 2, 1), b = random_attention(4, 1, 2, 3, 1);
    check_backward(&a, 1e-4f);
    check_backward(&b, 1e-4f); /* its only weight is 1 whatever q and k are: dq = dk = 0 */
}
END_TEST

/* Scores around 200, far beyond what exp can take, that differ by little: no weight is near 1. */
START_TEST(gradients_of_large_scores)
{
    Attention a = random_attention(3, 5, 4, 2, 1);
    for (int i = 0; i < 3; i++)
        a.q->data[4 * i] += 20;
    for (int i = 0; i < 5; i++)
        a.k->data[4 * i] = 20 + 0.1f * a.k->data[4 * i];
    check_backward(&a, 1e-3f);
    for (int i = 0; i < 5; i++)
        a.k->data[4 * i] -= 40; /* and around -200 */
    check_backward(&a, 1e-3f);
}
END_TEST

START_TEST(gradients_of_many_keys)
{
    Attention a = random_attention(2, 90, 3, 1, 1);
    check_backward(&a, 1e-4f);
}
END_TEST

void grade_tests(GradeSuite *s)
{
    grade_test(s, "ex1", equal_scores_share_equally);
    grade_test(s, "ex1", small_scores);
    grade_test(s, "ex1", scores_up_to_10000);
    grade_test(s, "ex1", a_single_row_and_a_single_column);
    grade_test(s, "ex1", a_row_of_hundreds);
    grade_test(s, "ex2", one_key_gives_its_value);
    grade_test(s, "ex2", random_queries_keys_and_values);
    grade_test(s, "ex2", large_scores_do_not_overflow);
    grade_test(s, "ex2", very_negative_scores);
    grade_test(s, "ex2", hundreds_of_keys);
    grade_test(s, "ex3", the_example_of_the_section);
    grade_test(s, "ex3", random_gradients);
    grade_test(s, "ex3", one_query_or_one_key);
    grade_test(s, "ex3", gradients_of_large_scores);
    grade_test(s, "ex3", gradients_of_many_keys);
    grade_tests_of_tables(s);
    grade_tests_of_blocks(s);
    grade_tests_of_today(s);
}
#endif
