/* check_ch04.c -- the checks of chapter 4's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch04_WHAT.c hold, a file for each section. */
#include "ch04/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

/* ---- 4.1 ----------------------------------------------------------------------------------------- */

static void drive_near_pairs(GradeCall *c)
{
    int shingles, hashes, documents = grade_arg_int(c, "N"), bands = grade_arg_int(c, "b"),
                          rows = grade_arg_int(c, "r");
    const int *x = grade_arg_ints(c, "x", &shingles), *h = grade_arg_ints(c, "h", &hashes);
    int *signature = grade_out_ints(c, "signature", documents, bands * rows);
    int *candidate = grade_out_ints(c, "candidate", documents, documents);
    grade_return_number(c, "the number of pairs",
                        near_pairs(x, documents, shingles / documents, h, hashes / (bands * rows), bands,
                                   rows, signature, candidate));
}

static void drive_pack_sequences(GradeCall *c)
{
    int tokens, documents;
    const int *ids = grade_arg_ints(c, "ids", &tokens), *length = grade_arg_ints(c, "length", &documents);
    int end = grade_arg_int(c, "end"), time = grade_arg_int(c, "T");
    int rows = (tokens + documents + time - 1) / time;
    int *x = grade_out_ints(c, "x", rows, time), *y = grade_out_ints(c, "y", rows, time),
        *position = grade_out_ints(c, "position", rows, time);
    grade_return_number(c, "the number of rows",
                        pack_sequences(ids, length, documents, end, time, x, y, position));
}

static void drive_quality_step(GradeCall *c)
{
    Tensor *w = grade_arg_tensor(c, "w");
    float b = grade_arg_float(c, "b");
    int n, vocab = w->shape[0];
    const int *bucket = grade_arg_ints(c, "bucket", &n);
    int y = grade_arg_int(c, "y");
    float rate = grade_arg_float(c, "rate");
    Tensor *w_next = grade_out(c, "w_next", vocab), *b_next = grade_out(c, "b_next", 1);
    grade_return_number(
        c, "p", (double)quality_step(w->data, b, bucket, n, vocab, y, rate, w_next->data, b_next->data));
}

static void drive_repeated_share(GradeCall *c)
{
    int n;
    const int *unit = grade_arg_ints(c, "unit", &n), *chars = grade_arg_ints(c, "chars", &n);
    int length = grade_arg_int(c, "N");
    grade_return_number(c, "the share", (double)repeated_share(unit, chars, n, length));
}

/* ---- 4.3.2 --------------------------------------------------------------------------------------- */

static void drive_all_reduce_cost(GradeCall *c)
{
    float alpha = grade_arg_float(c, "alpha"), beta = grade_arg_float(c, "beta");
    int ranks = grade_arg_int(c, "ranks");
    Tensor *bytes = grade_arg_tensor(c, "bytes");
    int n = bytes->shape[0];
    Tensor *ring = grade_out(c, "ring", n), *tree = grade_out(c, "tree", n);
    int *choice = grade_out_ints(c, "choice", n);
    all_reduce_cost(alpha, beta, ranks, bytes->data, n, ring->data, tree->data, choice);
}

/* ---- 4.2, 4.3 ------------------------------------------------------------------------------------ */

static void drive_model_size(GradeCall *c)
{
    Decoder m = {.layers = grade_arg_int(c, "m->layers")};
    m.channels = grade_arg_int(c, "m->channels");
    m.vocab = grade_arg_int(c, "m->vocab");
    m.heads = grade_arg_int(c, "m->heads");
    m.kv_heads = grade_arg_int(c, "m->kv_heads");
    m.head_dim = grade_arg_int(c, "m->head_dim");
    m.hidden = grade_arg_int(c, "m->hidden");
    m.experts = grade_arg_int(c, "m->experts");
    m.used = grade_arg_int(c, "m->used");
    m.tied = grade_arg_int(c, "m->tied");
    DecoderSize size = model_size(&m);
    grade_return_number(c, "parameters", size.parameters);
    grade_return_number(c, "active", size.active);
    grade_return_number(c, "cache", size.cache);
}

static void drive_law_loss(GradeCall *c)
{
    Tensor *p = grade_arg_tensor(c, "p"), *n = grade_arg_tensor(c, "N"), *d = grade_arg_tensor(c, "D");
    Tensor *l = grade_arg_tensor(c, "L");
    float delta = grade_arg_float(c, "delta");
    Tensor *gradient = grade_out(c, "gradient", 5);
    grade_return_number(
        c, "the loss",
        (double)law_loss(p->data, n->data, d->data, l->data, n->shape[0], delta, gradient->data));
}

static void drive_mxfp4(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int rows = x->shape[0];
    int *exponent = grade_out_ints(c, "exponent", rows), *code = grade_out_ints(c, "code", rows, 32);
    mxfp4(x->data, rows, exponent, code, grade_out(c, "y", rows, 32)->data);
}

/* ---- 4.4 ----------------------------------------------------------------------------------------- */

static void drive_ring_step(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int n = x->shape[0], count = x->shape[1], step = grade_arg_int(c, "s");
    ring_step(x->data, n, count, step, grade_out(c, "next", n, count)->data);
}

static void drive_zero_pieces(GradeCall *c)
{
    int count;
    const int *size = grade_arg_ints(c, "size", &count);
    int n = grade_arg_int(c, "n"), r = grade_arg_int(c, "r");
    int *piece = grade_out_ints(c, "piece", count, 2);
    grade_return_number(c, "the number of numbers", zero_pieces(size, count, n, r, piece));
}

static void drive_split_cross_entropy(GradeCall *c)
{
    int rows;
    Tensor *logits = grade_arg_tensor(c, "logits");
    const int *targets = grade_arg_ints(c, "targets", &rows);
    int ranks = logits->shape[0], share = logits->shape[2];
    Tensor *d_logits = grade_out(c, "d_logits", ranks, rows, share);
    grade_return_number(
        c, "the loss",
        (double)split_cross_entropy(logits->data, targets, ranks, rows, share, d_logits->data));
}

static void drive_split_mlp(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x"), *a = grade_arg_tensor(c, "a"), *b = grade_arg_tensor(c, "b");
    Tensor *d_y = grade_arg_tensor(c, "d_y");
    int n = x->shape[0], channels = x->shape[1], ranks = a->shape[0], hidden = a->shape[1];
    Tensor *y = grade_out(c, "y", n, channels), *d_x = grade_out(c, "d_x", n, channels);
    Tensor *d_a = grade_out(c, "d_a", ranks, hidden, channels);
    split_mlp(x->data, a->data, b->data, d_y->data, ranks, n, channels, hidden, y->data, d_x->data,
              d_a->data);
}

static void drive_merge_attention(GradeCall *c)
{
    Tensor *max = grade_arg_tensor(c, "max"), *sum = grade_arg_tensor(c, "sum"),
           *out = grade_arg_tensor(c, "out");
    int ranks = out->shape[0], channels = out->shape[1];
    merge_attention(max->data, sum->data, out->data, ranks, channels,
                    grade_out(c, "result", channels)->data);
}

static void drive_schedule_1f1b(GradeCall *c)
{
    int stage = grade_arg_int(c, "stage"), stages = grade_arg_int(c, "p"),
        microbatches = grade_arg_int(c, "m");
    int *ops = grade_out_ints(c, "ops", 2 * microbatches);
    grade_return_number(c, "the number of operations", schedule_1f1b(stage, stages, microbatches, ops));
}

const GradeDriver grade_drivers[] = {{"near_pairs", drive_near_pairs},
                                     {"pack_sequences", drive_pack_sequences},
                                     {"quality_step", drive_quality_step},
                                     {"repeated_share", drive_repeated_share},
                                     {"all_reduce_cost", drive_all_reduce_cost},
                                     {"model_size", drive_model_size},
                                     {"law_loss", drive_law_loss},
                                     {"mxfp4", drive_mxfp4},
                                     {"split_cross_entropy", drive_split_cross_entropy},
                                     {"split_mlp", drive_split_mlp},
                                     {"merge_attention", drive_merge_attention},
                                     {"schedule_1f1b", drive_schedule_1f1b},
                                     {"ring_step", drive_ring_step},
                                     {"zero_pieces", drive_zero_pieces},
                                     {NULL, NULL}};

#else
#include "ch04/exercises/check_ch04.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_data(s);
    grade_tests_of_scale(s);
    grade_tests_of_network(s);
    grade_tests_of_quality(s);
    grade_tests_of_parallel(s);
    grade_tests_of_dist(s);
}
#endif
