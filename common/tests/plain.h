/* plain.h -- every operation of ops.h as its formula, in double and without a trick.
 *
 * A case names an operation, how to call it and on which shapes. Its formula
 * reads the same numbers as the operation and fills `out`; test_ops.c compares
 * values and gradients. */
#ifndef TESTS_PLAIN_H
#define TESTS_PLAIN_H

#include "common/nn/ops.h"

#include <math.h>

enum { MAX_INPUTS = 4 };

typedef struct Case Case;
struct Case {
    const char *operation; /* as ops.h declares it */
    const char *about;
    Tensor *(*one)(Graph *g, Tensor *x);                    /* called as it is, if it takes one tensor */
    Tensor *(*two)(Graph *g, Tensor *a, Tensor *b);         /* or two */
    Tensor *(*build)(const Case *c, Graph *g, Tensor **in); /* or by a function that knows how */
    void (*plain)(const Case *c, const double *const *in, double *out);
    double (*function)(double x);               /* of one number, for plain_each */
    int inputs;                                 /* how many */
    int shape[MAX_INPUTS][TENSOR_MAX_RANK + 1]; /* of each, a zero after the last size */
    int ints[3];                                /* axes, heads, ... as the case likes */
    const int *ids;                             /* tokens, targets or lengths */
    bool positive;                              /* inputs above zero */
};

static int rank_of(const Case *c, int input)
{
    int rank = 0;
    while (c->shape[input][rank])
        rank++;
    return rank;
}

/* The product of the sizes from .. to-1; a negative `to` counts from the end. */
static int part_of(const Case *c, int input, int from, int to)
{
    int product = 1, rank = rank_of(c, input);
    for (int i = from; i < (to < 0 ? rank + to + 1 : to); i++)
        product *= c->shape[input][i];
    return product;
}

static int size_of(const Case *c, int input)
{
    return part_of(c, input, 0, -1);
}

static int last_of(const Case *c, int input)
{
    return c->shape[input][rank_of(c, input) - 1];
}

/* ---- element by element --------------------------------------------------------------------------- */

static void plain_add(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = in[0][i] + in[1][i % size_of(c, 1)];
}

static void plain_sub(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = in[0][i] - in[1][i % size_of(c, 1)];
}

static void plain_mul(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = in[0][i] * in[1][i % size_of(c, 1)];
}

static void plain_minimum(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = fmin(in[0][i], in[1][i % size_of(c, 1)]);
}

static void plain_maximum(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = fmax(in[0][i], in[1][i % size_of(c, 1)]);
}

static void plain_each(const Case *c, const double *const *in, double *out)
{
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = c->function(in[0][i]);
}

static void plain_dropout(const Case *c, const double *const *in, double *out)
{
    const double rate = 0.3;
    Rng rng = rng_new(7);
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = rng_uniform(&rng) < (float)rate ? 0 : in[0][i] / (1 - rate);
}

/* ---- matrix products ------------------------------------------------------------------------------- */

static void plain_matmul(const Case *c, const double *const *in, double *out)
{
    int rank_a = rank_of(c, 0), rank_b = rank_of(c, 1), m = c->shape[0][rank_a - 2], k = last_of(c, 0);
    bool nt = c->ints[0];
    int n = nt ? c->shape[1][rank_b - 2] : last_of(c, 1), count = size_of(c, 0) / (m * k);
    for (int at = 0; at < count * m * n; at++) {
        int batch = at / (m * n), i = at / n % m, j = at % n;
        const double *a = in[0] + batch * m * k, *b = in[1] + (rank_b == 2 ? 0 : batch * k * n);
        out[at] = 0;
        for (int p = 0; p < k; p++)
            out[at] += a[i * k + p] * (nt ? b[j * k + p] : b[p * n + j]);
    }
}

static void plain_affine(const Case *c, const double *const *in, double *out)
{
    int ins = last_of(c, 0), outs = c->shape[1][0], rows = size_of(c, 0) / ins;
    for (int at = 0; at < rows * outs; at++) {
        out[at] = c->inputs > 2 ? in[2][at % outs] : 0;
        for (int p = 0; p < ins; p++)
            out[at] += in[0][at / outs * ins + p] * in[1][at % outs * ins + p];
    }
}

/* A weight that int4 holds exactly: 16 columns, in each row every multiple of 1/8 from -1 to 7/8. */
static double quant_weight(int row, int col)
{
    return (row * 7 + col * 3) % 16 / 8.0 - 1;
}

static void plain_affine_quant(const Case *c, const double *const *in, double *out)
{
    int ins = last_of(c, 0), outs = c->shape[1][0], rows = size_of(c, 0) / ins;
    for (int at = 0; at < rows * outs; at++) {
        out[at] = in[1][at % outs];
        for (int p = 0; p < ins; p++)
            out[at] += in[0][at / outs * ins + p] * quant_weight(at % outs, p);
    }
}

/* y + 3/4 x A^T B^T */
static void plain_add_low_rank(const Case *c, const double *const *in, double *out)
{
    int ins = last_of(c, 1), outs = last_of(c, 0), rank = c->shape[2][0];
    for (int at = 0; at < size_of(c, 0); at++) {
        out[at] = in[0][at];
        for (int r = 0; r < rank; r++) {
            for (int p = 0; p < ins; p++)
                out[at] +=
                    0.75 * in[3][at % outs * rank + r] * in[2][r * ins + p] * in[1][at / outs * ins + p];
        }
    }
}

/* ---- shapes ------------------------------------------------------------------------------------------ */

/* Where number `at` of a tensor of that shape lies after dimensions i and j changed places. */
static int swapped_place(const int *shape, int rank, int i, int j, int at)
{
    int index[TENSOR_MAX_RANK], place = 0;
    for (int d = rank - 1; d >= 0; at /= shape[d--])
        index[d] = at % shape[d];
    for (int d = 0; d < rank; d++) {
        int from = d == i ? j : d == j ? i : d;
        place = place * shape[from] + index[from];
    }
    return place;
}

static int from_the_front(int axis, int rank)
{
    return axis < 0 ? axis + rank : axis;
}

static void plain_transpose(const Case *c, const double *const *in, double *out)
{
    int rank = rank_of(c, 0), i = from_the_front(c->ints[0], rank), j = from_the_front(c->ints[1], rank);
    for (int at = 0; at < size_of(c, 0); at++)
        out[swapped_place(c->shape[0], rank, i, j, at)] = in[0][at];
}

static void plain_concat(const Case *c, const double *const *in, double *out)
{
    int axis = from_the_front(c->ints[0], rank_of(c, 0)), outer = part_of(c, 0, 0, axis);
    int a = size_of(c, 0) / outer, b = size_of(c, 1) / outer;
    for (int at = 0; at < outer * (a + b); at++) {
        int row = at / (a + b), column = at % (a + b);
        out[at] = column < a ? in[0][row * a + column] : in[1][row * b + column - a];
    }
}

/* ints: axis, first, count */
static void plain_slice(const Case *c, const double *const *in, double *out)
{
    int axis = from_the_front(c->ints[0], rank_of(c, 0)), inner = part_of(c, 0, axis + 1, -1);
    int place = 0;
    for (int at = 0; at < size_of(c, 0); at++) {
        int i = at / inner % c->shape[0][axis];
        if (i >= c->ints[1] && i < c->ints[1] + c->ints[2])
            out[place++] = in[0][at];
    }
}

/* ---- rows ---------------------------------------------------------------------------------------- */

/* y = softmax(x) over the entries that `seen` allows; zeros if there is none. */
static void softmax_of(const double *x, double *y, int n, const bool *seen)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += !seen || seen[i] ? exp(x[i]) : 0;
    for (int i = 0; i < n; i++)
        y[i] = (!seen || seen[i]) ? exp(x[i]) / sum : 0;
}

static void plain_softmax(const Case *c, const double *const *in, double *out)
{
    int n = last_of(c, 0);
    for (int at = 0; at < size_of(c, 0); at += n)
        softmax_of(in[0] + at, out + at, n, NULL);
}

static void plain_log_softmax(const Case *c, const double *const *in, double *out)
{
    plain_softmax(c, in, out);
    for (int i = 0; i < size_of(c, 0); i++)
        out[i] = log(out[i]);
}

/* softmax of the causal mask of the scores (...,T,S) */
static void plain_causal(const Case *c, const double *const *in, double *out)
{
    int keys = last_of(c, 0), queries = c->shape[0][rank_of(c, 0) - 2];
    for (int r = 0; r < size_of(c, 0) / keys; r++) {
        bool seen[64];
        for (int s = 0; s < keys; s++)
            seen[s] = s <= r % queries + keys - queries;
        softmax_of(in[0] + r * keys, out + r * keys, keys, seen);
    }
}

/* softmax of the mask that ids gives, ints[0] numbers long */
static void plain_mask(const Case *c, const double *const *in, double *out)
{
    int keys = last_of(c, 0);
    for (int at = 0; at < size_of(c, 0); at += keys) {
        bool seen[64];
        for (int s = 0; s < keys; s++)
            seen[s] = c->ids[(at + s) % c->ints[0]] != 0;
        softmax_of(in[0] + at, out + at, keys, seen);
    }
}

static void plain_sum(const Case *c, const double *const *in, double *out)
{
    out[0] = 0;
    for (int i = 0; i < size_of(c, 0); i++)
        out[0] += in[0][i];
}

static void plain_mean(const Case *c, const double *const *in, double *out)
{
    plain_sum(c, in, out);
    out[0] /= size_of(c, 0);
}

/* ints[0]: the dimension that goes away; ints[1]: the mean and not the sum */
static void plain_along_axis(const Case *c, const double *const *in, double *out)
{
    int axis = from_the_front(c->ints[0], rank_of(c, 0)), n = c->shape[0][axis];
    int inner = part_of(c, 0, axis + 1, -1);
    for (int at = 0; at < size_of(c, 0) / n; at++)
        out[at] = 0;
    for (int at = 0; at < size_of(c, 0); at++)
        out[at / (n * inner) * inner + at % inner] += in[0][at] / (c->ints[1] ? n : 1);
}

static void normalise(const double *x, double *y, int n, bool centred, double eps)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < n; i++)
        mean += centred ? x[i] / n : 0;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean) / n;
    for (int i = 0; i < n; i++)
        y[i] = (x[i] - mean) / sqrt(squares + eps);
}

/* ints[0]: the mean is taken away, as layer norm does and RMS norm does not; ints[1]: one over epsilon */
static void plain_norm(const Case *c, const double *const *in, double *out)
{
    int n = last_of(c, 0);
    for (int at = 0; at < size_of(c, 0); at += n) {
        normalise(in[0] + at, out + at, n, c->ints[0], c->ints[1] ? 1.0 / c->ints[1] : 1e-5);
        for (int i = 0; i < n; i++)
            out[at + i] = out[at + i] * in[1][i] + (c->inputs > 2 ? in[2][i] : 0);
    }
}

/* ---- tokens and losses ------------------------------------------------------------------------------ */

static void plain_embedding(const Case *c, const double *const *in, double *out)
{
    int columns = last_of(c, 0);
    for (int at = 0; at < c->ints[0] * c->ints[1] * columns; at++)
        out[at] = in[0][c->ids[at / columns] * columns + at % columns];
}

static void plain_select_rows(const Case *c, const double *const *in, double *out)
{
    int columns = last_of(c, 0);
    for (int at = 0; at < c->ints[0] * columns; at++)
        out[at] = in[0][c->ids[at / columns] * columns + at % columns];
}

static void plain_gather(const Case *c, const double *const *in, double *out)
{
    int columns = last_of(c, 0);
    for (int r = 0; r < size_of(c, 0) / columns; r++)
        out[r] = in[0][r * columns + c->ids[r]];
}

/* ints[0]: the token that is not counted */
static void plain_token_log_probs(const Case *c, const double *const *in, double *out)
{
    int vocab = last_of(c, 0);
    for (int r = 0; r < size_of(c, 0) / vocab; r++) {
        double sum = 0;
        for (int i = 0; i < vocab; i++)
            sum += exp(in[0][r * vocab + i]);
        out[r] = c->ids[r] == c->ints[0] ? 0 : in[0][r * vocab + c->ids[r]] - log(sum);
    }
}

static double entropy_of(const double *logits, int rows, int vocab, const int *targets, int ignore)
{
    double total = 0;
    int counted = 0;
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        if (targets[r] == ignore)
            continue;
        for (int i = 0; i < vocab; i++)
            sum += exp(logits[r * vocab + i]);
        total += log(sum) - logits[r * vocab + targets[r]];
        counted++;
    }
    return counted ? total / counted : 0;
}

static void plain_cross_entropy(const Case *c, const double *const *in, double *out)
{
    int vocab = last_of(c, 0);
    out[0] = entropy_of(in[0], size_of(c, 0) / vocab, vocab, c->ids, c->ints[0]);
}

static void plain_affine_cross_entropy(const Case *c, const double *const *in, double *out)
{
    double logits[256];
    int vocab = c->shape[1][0];
    plain_affine(c, in, logits);
    out[0] = entropy_of(logits, size_of(c, 0) / last_of(c, 0), vocab, c->ids, c->ints[0]);
}

/* ints[1]: a tenth of z. */
static void plain_affine_cross_entropy_z(const Case *c, const double *const *in, double *out)
{
    double logits[256], squares = 0;
    int vocab = c->shape[1][0], rows = size_of(c, 0) / last_of(c, 0), counted = 0;
    plain_affine_cross_entropy(c, in, out);
    plain_affine(c, in, logits);
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int i = 0; i < vocab; i++)
            sum += exp(logits[r * vocab + i]);
        squares += c->ids[r] == c->ints[0] ? 0 : log(sum) * log(sum);
        counted += c->ids[r] != c->ints[0];
    }
    out[0] += counted ? 0.1 * c->ints[1] * squares / counted : 0;
}

static void plain_mse(const Case *c, const double *const *in, double *out)
{
    out[0] = 0;
    for (int i = 0; i < size_of(c, 0); i++)
        out[0] += (in[0][i] - in[1][i]) * (in[0][i] - in[1][i]) / size_of(c, 0);
}

/* ---- attention ----------------------------------------------------------------------------------- */

typedef struct Rows {
    const double *data;
    int stride;
} Rows;

/* What nn_attention_with is told in a case: ints[2] is a sum of these. */
enum { MASK = 1, MASK_OF_ALL = 2, BIAS = 4, BIAS_OF_ALL = 8, BIAS_FULL = 16, FIRST = 32, FIRST_LATE = 64 };

static bool mask_at(int b, int t, int s) /* query 1 sees nothing */
{
    return t != 1 && (b + 2 * t + 3 * s) % 4 != 0;
}

static double bias_at(int b, int h, int t, int s)
{
    return 0.25 * b + 0.5 * (h + 1) * (t > s ? s - t : t - s) / 4;
}

static int first_at(int b, int t)
{
    return t / 2 + (b ? t / 4 : 0);
}

/* The bias of one query in one head, and what it sees. */
static void extras_of(const Case *c, int b, int h, int t, int keys, double *bias, bool *seen)
{
    int what = c->ints[2];
    for (int s = 0; s < keys; s++) {
        bias[s] = what & BIAS ? bias_at(0, h, t, s) : what & BIAS_OF_ALL ? bias_at(0, 0, t, s) : 0;
        bias[s] = what & BIAS_FULL ? bias_at(b, h, t, s) : bias[s];
        seen[s] =
            seen[s] && (!(what & MASK) || mask_at(b, t, s)) && (!(what & MASK_OF_ALL) || mask_at(0, t, s));
        seen[s] = seen[s] && (!(what & FIRST) || s >= first_at(b, t));
        seen[s] = seen[s] && (!(what & FIRST_LATE) || s >= 2 + first_at(b, t));
    }
}

/* What one query sees in one head: its row of q, all rows of k and v, `dim` numbers of each. */
static void attend_one(const double *q, Rows k, Rows v, int keys, int dim, const bool *seen,
                       const double *bias, double *out)
{
    double score[64];
    for (int s = 0; s < keys; s++) {
        score[s] = bias[s];
        for (int i = 0; i < dim; i++)
            score[s] += q[i] * k.data[s * k.stride + i] / sqrt(dim);
    }
    softmax_of(score, score, keys, seen);
    for (int i = 0; i < dim; i++) {
        out[i] = 0;
        for (int s = 0; s < keys; s++)
            out[i] += seen[s] ? score[s] * v.data[s * v.stride + i] : 0;
    }
}

/* ints: heads, causal, and more. q (B,T,..), k and v (B,S,..) of the given strides;
 * sizes: B, T, S, HD, how many heads share one of k and v. */
static void attend_all(const Case *c, Rows q, Rows k, Rows v, const int sizes[5], double *out)
{
    int batch = sizes[0], time = sizes[1], keys = sizes[2], channels = sizes[3], heads = c->ints[0];
    int dim = channels / heads;
    for (int at = 0; at < batch * time * heads; at++) {
        int b = at / (time * heads), t = at / heads % time, head = at % heads, shared = head / sizes[4];
        bool seen[64];
        double bias[64];
        for (int s = 0; s < keys; s++)
            seen[s] = (!c->ints[1] || s <= t + keys - time) && (!c->ids || s < c->ids[b]);
        extras_of(c, b, head, t, keys, bias, seen);
        Rows k_here = {k.data + b * keys * k.stride + shared * dim, k.stride};
        Rows v_here = {v.data + b * keys * v.stride + shared * dim, v.stride};
        attend_one(q.data + (b * time + t) * q.stride + head * dim, k_here, v_here, keys, dim, seen, bias,
                   out + (b * time + t) * channels + head * dim);
    }
}

/* One input stands for q, k and v; two for q, and for k and v together. */
static void plain_attention(const Case *c, const double *const *in, double *out)
{
    int kv = c->inputs > 1 ? 1 : 0, width = last_of(c, 0);
    int kv_width = last_of(c, kv);
    const int sizes[] = {c->shape[0][0], c->shape[0][1], c->shape[kv][1], width, width / kv_width};
    attend_all(c, (Rows){in[0], width}, (Rows){in[kv], kv_width}, (Rows){in[c->inputs - 1], kv_width},
               sizes, out);
}

/* q and k in the first input, v in the second */
static void plain_attention_to_itself(const Case *c, const double *const *in, double *out)
{
    int width = last_of(c, 0);
    const int sizes[] = {c->shape[0][0], c->shape[0][1], c->shape[0][1], width, 1};
    attend_all(c, (Rows){in[0], width}, (Rows){in[0], width}, (Rows){in[1], width}, sizes, out);
}

/* groups: how many heads share one of the keys and values */
static void attend_packed(const Case *c, const double *const *in, int group, double *out)
{
    int width = last_of(c, 0), heads = c->ints[0], parts = heads + 2 * heads / group;
    int channels = width / parts * heads, kv_channels = channels / group;
    const int sizes[] = {c->shape[0][0], c->shape[0][1], c->shape[0][1], channels, group};
    attend_all(c, (Rows){in[0], width}, (Rows){in[0] + channels, width},
               (Rows){in[0] + channels + kv_channels, width}, sizes, out);
}

static void plain_self_attention(const Case *c, const double *const *in, double *out)
{
    attend_packed(c, in, 1, out);
}

static void plain_grouped_self_attention(const Case *c, const double *const *in, double *out)
{
    attend_packed(c, in, 2, out);
}

/* Channels i and i + D/2 of a head as one complex number, times e^(i position 10^(-2i/D)).
 * ints: heads that turn, D; ids: positions of each row, or NULL */
static void plain_rotary(const Case *c, const double *const *in, double *out)
{
    int width = last_of(c, 0), dim = c->ints[1], time = c->shape[0][1];
    for (int at = 0; at < size_of(c, 0); at++) {
        int row = at / width, column = at % width, i = column % dim % (dim / 2);
        double angle = (c->ids ? c->ids[row] : row % time) * pow(10, -2.0 * i / dim);
        bool low = column % dim < dim / 2;
        double other = column < c->ints[0] * dim ? in[0][at + (low ? dim / 2 : -dim / 2)] : 0;
        out[at] = column < c->ints[0] * dim ? in[0][at] * cos(angle) + (low ? -other : other) * sin(angle)
                                            : in[0][at];
    }
}

#endif
