/* check_ch04_scale.c -- tests of exercises 3 to 5 of chapter 4: counting, fitting, rounding. */
#include "ch04/exercises/check_ch04.h"

#include <math.h>

/* ---- ex3 ----------------------------------------------------------------------------------------- */

enum {
    ALL_HEADS = 1,
    WIDTH_BY_HEADS,
    TWO_MATRICES,
    NO_ROUTER,
    ALWAYS_TIED,
    NEVER_TIED,
    NO_LAST_NORM,
    NO_NORMS,
    ACTIVE_IS_ALL,
    ONE_EXPERT,
    ROUTER_IDLE,
    CACHE_OF_HEADS,
    KEYS_ONLY,
    NUMBERS,
    ONE_LAYER,
    IN_INT
};

static const GradeSlip size_slips[] = {
    {ALL_HEADS, "keys and values have kv_heads heads, not heads"},
    {WIDTH_BY_HEADS,
     "the dimension of a head is head_dim; channels / heads is another number in some models"},
    {TWO_MATRICES, "a gated feed-forward network has three matrices: gate, up and down"},
    {NO_ROUTER, "the router is missing: experts x channels in each layer"},
    {ALWAYS_TIED, "not tied: the logits have a matrix of their own, vocab x channels"},
    {NEVER_TIED, "tied: the table of tokens counts once"},
    {NO_LAST_NORM, "the norm after the last layer is missing"},
    {NO_NORMS, "the norms are missing: 2 channels in each layer, and one at the end"},
    {ACTIVE_IS_ALL, "a token uses `used` of the experts, not all"},
    {ONE_EXPERT, "a token uses `used` experts, not one"},
    {ROUTER_IDLE, "a token uses the whole router: it must score every expert"},
    {CACHE_OF_HEADS, "the cache holds keys and values of kv_heads heads"},
    {KEYS_ONLY, "the cache holds keys and values: twice as much"},
    {NUMBERS, "numbers, not bytes: each takes 2"},
    {ONE_LAYER, "every layer has keys and values of its own"},
    {IN_INT, "a product of whole numbers that is beyond int: begin it with a double"},
    {0, NULL}};

static double in_int(double x, int slip)
{
    return slip == IN_INT ? (double)(int)(unsigned)(long long)x : x;
}

static Tensor *sizes_of(const void *context, int output, int slip)
{
    const Decoder *m = context;
    double c = m->channels, h = m->heads, k = slip == ALL_HEADS ? h : m->kv_heads,
           d = slip == WIDTH_BY_HEADS ? floor(c / h) : m->head_dim;
    double expert = (slip == TWO_MATRICES ? 2 : 3) * c * m->hidden, networks = m->experts ? m->experts : 1;
    double router = slip == NO_ROUTER ? 0 : c * m->experts, used = slip == ONE_EXPERT ? 1 : m->used;
    double idle = m->experts && slip != ACTIVE_IS_ALL ? m->layers * expert * (m->experts - used) : 0;
    bool twice = slip == ALWAYS_TIED ? false : slip == NEVER_TIED ? true : !m->tied;
    double norms = slip == NO_NORMS ? 0 : 2 * c * m->layers + (slip == NO_LAST_NORM ? 0 : c);
    double all = m->layers * (2 * c * h * d + 2 * c * k * d + expert * networks + router) + norms +
                 c * m->vocab * (twice ? 2 : 1);
    double cached = slip == CACHE_OF_HEADS ? h : m->kv_heads, layers = slip == ONE_LAYER ? 1 : m->layers;
    double cache = (slip == KEYS_ONLY ? 1 : 2) * (slip == NUMBERS ? 1 : 2) * layers * cached * d;
    Tensor *out = tensor_make(grade_arena(), 0, NULL);
    double active = all - idle - (slip == ROUTER_IDLE ? m->layers * router : 0);
    out->data[0] = (float)(output == 0 ? in_int(all, slip) : output == 1 ? in_int(active, slip) : cache);
    return out;
}

static void check_size(const Decoder *m)
{
    static const char *const names[] = {"parameters", "active", "cache"};
    grade_call("model_size", grade_int(m->layers), grade_int(m->channels), grade_int(m->vocab),
               grade_int(m->heads), grade_int(m->kv_heads), grade_int(m->head_dim), grade_int(m->hidden),
               grade_int(m->experts), grade_int(m->used), grade_int(m->tied));
    for (int i = 0; i < 3; i++)
        grade_expect_output(names[i], i, sizes_of, m, 2e-7f, size_slips);
}

START_TEST(small_dense_models)
{
    for (int tied = 0; tied < 2; tied++) {
        int layers, channels, vocab, kv_heads, head_dim, hidden;
        grade_sizes(2, 9, &layers, &channels, &vocab, &kv_heads, &head_dim, &hidden);
        check_size(&(Decoder){.layers = layers,
                              .channels = channels * 10,
                              .vocab = vocab * 11,
                              .heads = 2 * kv_heads,
                              .kv_heads = kv_heads,
                              .head_dim = head_dim,
                              .hidden = hidden * 7,
                              .tied = tied});
    }
}
END_TEST

START_TEST(small_models_with_experts)
{
    for (int tied = 0; tied < 2; tied++) {
        int layers, channels, vocab, kv_heads, head_dim, hidden, used;
        grade_sizes(2, 9, &layers, &channels, &vocab, &kv_heads, &head_dim, &hidden, &used);
        check_size(&(Decoder){.layers = layers,
                              .channels = channels * 10,
                              .vocab = vocab * 11,
                              .heads = 3 * kv_heads,
                              .kv_heads = kv_heads,
                              .head_dim = head_dim,
                              .hidden = hidden,
                              .experts = used + 3,
                              .used = used,
                              .tied = tied});
    }
}
END_TEST

/* Published counts: the reference must meet them, too. */
static void check_published(const Decoder *m, double published)
{
    ck_assert(sizes_of(m, 0, 0)->data[0] == (float)published);
    check_size(m);
}

START_TEST(llama_2_7b_and_llama_3_8b)
{
    Decoder m = {.layers = 32,
                 .channels = 4096,
                 .vocab = 32000,
                 .heads = 32,
                 .kv_heads = 32,
                 .head_dim = 128,
                 .hidden = 11008};
    check_published(&m, 6738415616.0);
    m.vocab = 128256;
    m.kv_heads = 8;
    m.hidden = 14336;
    check_published(&m, 8030261248.0);
}
END_TEST

START_TEST(mixtral_8x7b)
{
    const Decoder m = {.layers = 32,
                       .channels = 4096,
                       .vocab = 32000,
                       .heads = 32,
                       .kv_heads = 8,
                       .head_dim = 128,
                       .hidden = 14336,
                       .experts = 8,
                       .used = 2};
    check_published(&m, 46702792704.0);
}
END_TEST

/* ---- ex4 ----------------------------------------------------------------------------------------- */

enum {
    SQUARES = 1,
    ABSOLUTE,
    NO_HALF_DELTA,
    OF_LOSSES,
    MEAN,
    SIGN,
    SQUARE_SLOPE,
    ALPHA_SIGN,
    NO_LN,
    LN_AS_NUMBER,
    SHARE_OF_LOSS,
    EXCHANGED,
    TEN
};

static const GradeSlip law_slips[] = {
    {SQUARES, "a square everywhere: beyond delta the Huber loss is a straight line"},
    {ABSOLUTE, "|r| everywhere: up to delta the Huber loss is r^2 / 2"},
    {NO_HALF_DELTA, "beyond delta it is delta (|r| - delta / 2); without the second term it jumps"},
    {OF_LOSSES, "the residual is that of the logarithms, ln(law) - ln L, not that of the losses"},
    {MEAN, "the mean over the runs: it should be the sum"},
    {SIGN, "the gradient has the wrong sign: r is ln(law) - ln L"},
    {SQUARE_SLOPE, "the slope of the Huber loss beyond delta is delta or -delta, not r"},
    {ALPHA_SIGN, "A / N^alpha falls as alpha grows: the derivatives for alpha and beta are negative"},
    {NO_LN, "the derivative of N^-alpha with respect to alpha has a factor ln N"},
    {LN_AS_NUMBER, "p holds ln A, ln B and ln E: take exp first"},
    {SHARE_OF_LOSS, "the derivative of ln(law) is that of the law divided by the law"},
    {EXCHANGED, "alpha belongs to N and beta to D"},
    {TEN, "log10 in place of the natural logarithm"},
    {0, NULL}};

typedef struct LawCase {
    const Tensor *p, *n, *d, *loss;
    float delta;
} LawCase;

static double slipped_huber(double r, double delta, int slip)
{
    if (slip == SQUARES || (fabs(r) <= delta && slip != ABSOLUTE))
        return r * r / 2;
    return delta * (fabs(r) - (slip == NO_HALF_DELTA || slip == ABSOLUTE ? 0 : delta / 2));
}

static double slipped_slope(double r, double delta, int slip)
{
    double slope = fabs(r) <= delta && slip != ABSOLUTE ? r : copysign(delta, r);
    return slip == SQUARES || slip == SQUARE_SLOPE ? r : slope;
}

static Tensor *law_outputs(const void *context, int output, int slip)
{
    const LawCase *x = context;
    const float *p = x->p->data;
    int runs = (int)x->n->size;
    Tensor *gradient = grade_zeros(5), *loss = tensor_make(grade_arena(), 0, NULL);
    double sum = 0, slopes[5] = {0}, alpha = (double)p[slip == EXCHANGED ? 4 : 3],
           beta = (double)p[slip == EXCHANGED ? 3 : 4];
    for (int i = 0; i < runs; i++) {
        double n = (double)x->n->data[i], d = (double)x->d->data[i], l = (double)x->loss->data[i];
        bool number = slip == LN_AS_NUMBER;
        double a = (number ? (double)p[0] : exp((double)p[0])) * pow(n, -alpha);
        double b = (number ? (double)p[1] : exp((double)p[1])) * pow(d, -beta);
        double e = number ? (double)p[2] : exp((double)p[2]), law = a + b + e;
        double r = slip == OF_LOSSES ? law - l : log(law / l) / (slip == TEN ? log(10) : 1);
        double slope = slipped_slope(r, (double)x->delta, slip) * (slip == SIGN ? -1 : 1) /
                       (slip == OF_LOSSES || slip == SHARE_OF_LOSS ? 1 : law) / (slip == MEAN ? runs : 1);
        double side = slip == ALPHA_SIGN ? 1 : -1, ln_n = slip == NO_LN ? 1 : log(n),
               ln_d = slip == NO_LN ? 1 : log(d);
        const double parts[] = {a, b, e, side * ln_n * a, side * ln_d * b};
        for (int j = 0; j < 5; j++)
            slopes[j] += slope * parts[j];
        sum += slipped_huber(r, (double)x->delta, slip) / (slip == MEAN ? runs : 1);
    }
    for (int j = 0; j < 5; j++)
        gradient->data[j] = (float)slopes[j];
    loss->data[0] = (float)sum;
    return output == 0 ? gradient : loss;
}

/* Runs whose losses lie off the law by factors of e^-spread .. e^spread. */
static LawCase draw_law(float spread, float delta)
{
    int runs;
    grade_sizes(6, 12, &runs);
    Tensor *p = grade_zeros(5), *n = grade_zeros(runs), *d = grade_zeros(runs), *loss = grade_zeros(runs);
    Rng *rng = grade_rng();
    tensor_copy(p,
                (const float[]){3 + rng_uniform(rng), 4 + rng_uniform(rng), 0.4f + 0.2f * rng_uniform(rng),
                                0.3f + 0.05f * rng_uniform(rng), 0.42f + 0.05f * rng_uniform(rng)});
    for (int i = 0; i < runs; i++) {
        n->data[i] = floorf(expf(7 + 7 * rng_uniform(rng)));
        d->data[i] = floorf(expf(9 + 7 * rng_uniform(rng)));
        loss->data[i] = (expf(p->data[0] - p->data[3] * logf(n->data[i])) +
                         expf(p->data[1] - p->data[4] * logf(d->data[i])) + expf(p->data[2])) *
                        expf(spread * (2 * rng_uniform(rng) - 1));
    }
    return (LawCase){p, n, d, loss, delta};
}

static void check_law(const LawCase *c)
{
    grade_call("law_loss", grade_tensor(c->p), grade_tensor(c->n), grade_tensor(c->d),
               grade_tensor(c->loss), grade_float(c->delta));
    grade_expect_output("the loss", 1, law_outputs, c, 1e-5f, law_slips);
    grade_expect_output("gradient", 0, law_outputs, c, 3e-5f, law_slips);
}

START_TEST(residuals_below_delta)
{
    LawCase c = draw_law(0.9f, 1);
    check_law(&c);
}
END_TEST

START_TEST(residuals_beyond_delta)
{
    LawCase c = draw_law(1.5f, 0.01f);
    c.delta = 0.125f;
    check_law(&c);
}
END_TEST

START_TEST(some_of_both)
{
    LawCase c = draw_law(1, 0.5f);
    check_law(&c);
}
END_TEST

/* ---- ex5 ----------------------------------------------------------------------------------------- */

enum {
    CUT_OFF = 1,
    HALF_UP,
    ONE_SCALE,
    FIT_THE_MAX,
    ELEMENT_MAX_LEFT_OUT,
    ROUNDED_SCALE,
    SIGNED_MAX,
    NO_SIGN,
    EVEN_STEPS,
    NOT_SCALED_BACK,
    ZERO_SCALE
};

static const GradeSlip mxfp4_slips[] = {
    {CUT_OFF, "cut off: each number becomes the nearest of the eight"},
    {HALF_UP, "halfway between two, the one with the even code, whose last bit is 0, is taken"},
    {ONE_SCALE, "one scale for all: each row of 32 has its own"},
    {FIT_THE_MAX,
     "the scale lets the largest number fit exactly: the exponent is floor(log2 max) - 2, and what "
     "lies above 6 becomes 6"},
    {ELEMENT_MAX_LEFT_OUT, "the exponent lacks the 2 of the element's own largest exponent, 6 = 1.5 x 2^2"},
    {ROUNDED_SCALE, "log2 is rounded: floor(log2 max) is the exponent of the largest number"},
    {SIGNED_MAX, "the largest number by size: a negative one counts, too"},
    {NO_SIGN, "the sign is missing: 8 is added to the code of a negative number"},
    {EVEN_STEPS, "the eight numbers are not evenly spaced: 0, 0.5, 1, 1.5, 2, 3, 4, 6"},
    {NOT_SCALED_BACK, "y is what the codes stand for: 2^exponent times the element"},
    {ZERO_SCALE, "a row of zeros has the exponent -127"},
    {0, NULL}};

static int slipped_exponent(const float *x, int count, int slip)
{
    double max = 0;
    for (int i = 0; i < count; i++)
        max = fmax(max, slip == SIGNED_MAX ? (double)x[i] : fabs((double)x[i]));
    if (max == 0)
        return slip == ZERO_SCALE ? 0 : -127;
    if (slip == FIT_THE_MAX)
        return (int)ceil(log2(max / 6));
    if (slip == ROUNDED_SCALE)
        return (int)rint(log2(max)) - 2;
    return ilogb(max) - (slip == ELEMENT_MAX_LEFT_OUT ? 0 : 2);
}

static int slipped_code(double x, int slip)
{
    static const double elements[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    double size = fabs(x);
    int best = 0;
    if (slip == EVEN_STEPS)
        best = (int)fmin(rint(size * 7 / 6), 7);
    for (int j = 1; j < 8 && slip != EVEN_STEPS; j++) {
        double nearer = fabs(size - elements[best]) - fabs(size - elements[j]);
        if (slip == CUT_OFF ? size >= elements[j]
                            : nearer > 0 || (nearer == 0 && (j % 2 == 0 || slip == HALF_UP)))
            best = j;
    }
    return best + (x < 0 && slip != NO_SIGN ? 8 : 0);
}

static Tensor *mxfp4_outputs(const void *context, int output, int slip)
{
    static const double elements[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    const Tensor *x = context;
    int rows = x->shape[0];
    Tensor *exponent = grade_zeros(rows), *code = grade_zeros(rows, 32), *y = grade_zeros(rows, 32);
    for (int r = 0; r < rows; r++) {
        const float *row = slip == ONE_SCALE ? x->data : x->data + 32 * r;
        int power = slipped_exponent(row, slip == ONE_SCALE ? 32 * rows : 32, slip);
        exponent->data[r] = (float)power;
        for (int i = 0; i < 32; i++) {
            int c = slipped_code(ldexp((double)x->data[32 * r + i], -power), slip);
            code->data[32 * r + i] = (float)c;
            double element = elements[c % 8] * (c >= 8 ? -1 : 1);
            y->data[32 * r + i] = (float)(slip == NOT_SCALED_BACK ? element : ldexp(element, power));
        }
    }
    return output == 0 ? exponent : output == 1 ? code : y;
}

static void check_mxfp4(const Tensor *x)
{
    static const char *const names[] = {"exponent", "code", "y"};
    grade_call("mxfp4", grade_tensor(x));
    for (int i = 0; i < 3; i++)
        grade_expect_output(names[i], i, mxfp4_outputs, x, 0, mxfp4_slips);
}

START_TEST(numbers_that_four_bits_hold)
{
    static const float elements[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    Tensor *x = grade_zeros(1, 32);
    for (int i = 0; i < 32; i++)
        x->data[i] = elements[rng_below(grade_rng(), 8)] * (i % 2 ? -1 : 1);
    x->data[5] = -6;
    check_mxfp4(x);
}
END_TEST

/* Two rows, one of them with a larger negative number than any positive one. */
START_TEST(numbers_halfway_and_too_large)
{
    static const float hard[] = {0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5, 7, 7.5f, 6.5f};
    Tensor *x = grade_zeros(2, 32);
    for (int i = 0; i < 64; i++)
        x->data[i] = hard[rng_below(grade_rng(), 7)] * (i % 3 ? 1 : -1);
    for (int i = 0; i < 10; i++)
        x->data[i] = x->data[32 + i] = i % 2 ? hard[i] : -hard[i];
    x->data[20] = -7.75f;
    x->data[50] = -13;
    for (int i = 32; i < 64; i++)
        x->data[i] *= 0.0625f;
    check_mxfp4(x);
}
END_TEST

START_TEST(rows_of_any_size_and_a_row_of_zeros)
{
    int rows;
    grade_sizes(4, 9, &rows);
    Tensor *x = grade_normal(1, rows, 32);
    for (int i = 0; i < rows * 32; i++)
        x->data[i] = i / 32 == 2 ? 0 : ldexpf(x->data[i], 5 * (i / 32) - 9);
    check_mxfp4(x);
}
END_TEST

void grade_tests_of_scale(GradeSuite *s)
{
    grade_test(s, "ex3", small_dense_models);
    grade_test(s, "ex3", small_models_with_experts);
    grade_test(s, "ex3", llama_2_7b_and_llama_3_8b);
    grade_test(s, "ex3", mixtral_8x7b);
    grade_test(s, "ex4", residuals_below_delta);
    grade_test(s, "ex4", residuals_beyond_delta);
    grade_test(s, "ex4", some_of_both);
    grade_test(s, "ex5", numbers_that_four_bits_hold);
    grade_test(s, "ex5", numbers_halfway_and_too_large);
    grade_test(s, "ex5", rows_of_any_size_and_a_row_of_zeros);
}
