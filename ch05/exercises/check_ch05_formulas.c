/* check_ch05_formulas.c -- tests of exercises 6 and 8 of chapter 5: numbers that follow a formula. */
#include "ch05/exercises/check_ch05.h"

#include "common/model/decoder.h"
#include "common/nn/optim.h"

#include <math.h>

/* ---- ex6 ----------------------------------------------------------------------------------------- */

enum {
    NO_WARMUP = 1,
    FROM_ZERO,
    FULL_TOO_EARLY,
    FALL_FROM_START,
    NO_FLOOR,
    TO_ZERO,
    ADDED,
    WHOLE_WAVE,
    QUARTER_WAVE,
    STRAIGHT,
    ROOT_WITHOUT_1,
    ROOT_FROM_THE_TOP,
    ROOT_RISES_LATE,
    ROOT_FROM_0,
    WHOLE_DIVISION,
    WHOLE_SHARE,
    WHOLE_ROOT,
    DEGREES,
    ROOT_FLAT,
    ROOT_TOO_FAR,
    TOO_FAR
};

static const GradeSlip rate_slips[] = {
    {NO_WARMUP, "there is no warm-up"},
    {FROM_ZERO,
     "the warm-up begins with 0, and the first step learns nothing: it is max (step + 1) / (warmup + 1)"},
    {FULL_TOO_EARLY, "the warm-up reaches max a step too early: it is max (step + 1) / (warmup + 1)"},
    {FALL_FROM_START, "the fall is counted from step 0: it begins where the warm-up ends"},
    {NO_FLOOR, "after `steps` the curve continues: there the learning rate stays at min"},
    {TO_ZERO, "the learning rate falls to 0: it falls to min"},
    {ADDED,
     "min is added: the learning rate falls from max to min, so the height of the fall is max - min"},
    {WHOLE_WAVE, "a whole wave, down and up again: half of one, cos(pi share)"},
    {QUARTER_WAVE, "a quarter of a wave: half of one, (1 + cos(pi share)) / 2"},
    {STRAIGHT, "a straight line: it should be a cosine"},
    {ROOT_WITHOUT_1, "the inverse root counts steps from 0: with t = step + 1 it is sqrt(warmup / t)"},
    {ROOT_FROM_THE_TOP,
     "the inverse root counts from the end of the warm-up: t = step + 1 counts from the beginning"},
    {ROOT_RISES_LATE,
     "the inverse root rises like the others: its own rise is t / warmup, with t = step + 1"},
    {ROOT_FROM_0, "warmup 0 counts as 1 in the inverse root"},
    {WHOLE_DIVISION, "a division of whole numbers: (step + 1) / (warmup + 1) is 0 in int"},
    {WHOLE_SHARE,
     "a division of whole numbers: the share of the fall, (step - warmup) / (steps - warmup), is 0 in "
     "int until the end"},
    {WHOLE_ROOT, "a division of whole numbers: warmup / (step + 1) is 0 in int after the warm-up"},
    {DEGREES, "cosf takes radians: half a wave is pi, not 180"},
    {ROOT_FLAT,
     "the inverse root has no warm-up: it rises by t / warmup, with t = step + 1, before it falls"},
    {ROOT_TOO_FAR,
     "the rise continues one step too far, above max: it is t / warmup while t < warmup, t = step + 1"},
    {TOO_FAR, "the warm-up continues one step too far, above max: while step < warmup, not <="},
    {0, NULL}};

typedef struct RateCase {
    Schedule schedule;
    int count, warmup, steps;
    float max, min;
} RateCase;

static double slipped_root(const RateCase *c, int step, int slip)
{
    double t = slip == ROOT_WITHOUT_1 ? step : step + 1,
           w = c->warmup < 1 && slip != ROOT_FROM_0 ? 1 : c->warmup;
    if (slip == FROM_ZERO && t <= w)
        return step / w;
    if (slip == WHOLE_DIVISION && t < w)
        return 0;
    if (slip == ROOT_RISES_LATE && step < c->warmup)
        return t / (w + 1);
    if (slip == WHOLE_ROOT && t > w)
        return 0;
    if (slip == ROOT_FLAT && t < w)
        return 1;
    if (slip == ROOT_TOO_FAR && step <= w)
        return t / w;
    if (slip == ROOT_FROM_THE_TOP && t > w)
        return sqrt(1 / (t - w + 1));
    return t < w && slip != NO_WARMUP ? t / w : sqrt(w / t);
}

/* The share of the way from min to max that is left. */
static double slipped_fall(const RateCase *c, int step, int slip)
{
    double from = slip == FALL_FROM_START ? 0 : c->warmup, share = (step - from) / (c->steps - from);
    share = step >= c->steps && slip != NO_FLOOR ? 1 : slip == WHOLE_SHARE ? 0 : share;
    if (c->schedule == LINEAR || slip == STRAIGHT)
        return 1 - share;
    if (slip == DEGREES)
        return 0.5 * (1 + cos(180 * share));
    if (slip == QUARTER_WAVE)
        return cos(acos(0) * share);
    return 0.5 * (1 + cos(acos(-1) * share * (slip == WHOLE_WAVE ? 2 : 1)));
}

static double slipped_rate(const RateCase *c, int step, int slip)
{
    double max = (double)c->max, min = (double)c->min;
    if (c->schedule == INVERSE_ROOT)
        return max * slipped_root(c, step, slip);
    if (slip == TOO_FAR && step <= c->warmup && c->warmup)
        return max * (step + 1) / c->warmup;
    if (step < c->warmup && slip != NO_WARMUP) {
        if (slip == FROM_ZERO || slip == FULL_TOO_EARLY)
            return max * (step + (slip == FULL_TOO_EARLY)) / c->warmup;
        return slip == WHOLE_DIVISION ? 0 : max * (step + 1) / (c->warmup + 1);
    }
    if (c->schedule == CONSTANT)
        return max;
    double left = slipped_fall(c, step, slip);
    if (slip == TO_ZERO)
        return max * left;
    return min + (slip == ADDED ? max : max - min) * left;
}

static float right_rate(const RateCase *c, int step)
{
    switch (c->schedule) {
    case INVERSE_ROOT:
        return nn_inverse_root_rate(step, c->warmup, c->max);
    case LINEAR:
        return nn_linear_rate(step, c->warmup, c->steps, c->max, c->min);
    case COSINE:
        return nn_cosine_rate(step, c->warmup, c->steps, c->max, c->min);
    default:
        return nn_constant_rate(step, c->warmup, c->max);
    }
}

static Tensor *rates(const void *context, int output, int slip)
{
    const RateCase *c = context;
    Tensor *rate = grade_zeros(c->count);
    (void)output;
    for (int step = 0; step < c->count; step++)
        rate->data[step] = slip ? (float)slipped_rate(c, step, slip) : right_rate(c, step);
    return rate;
}

const Tensor *call_learning_rate(Schedule schedule, int count, int warmup, int steps, float max, float min)
{
    return grade_call("learning_rate", grade_int((int)schedule), grade_int(count), grade_int(warmup),
                      grade_int(steps), grade_float(max), grade_float(min));
}

/* Steps 0 .. count-1; the index that a message shows is the step. */
static void check_rates(Schedule schedule, int count, int warmup, int steps, float max, float min)
{
    static const char *const names[] = {"constant", "inverse root", "linear", "cosine"};
    const RateCase c = {schedule, count, warmup, steps, max, min};
    call_learning_rate(schedule, count, warmup, steps, max, min);
    grade_expect_output(names[schedule], 0, rates, &c, 1e-5f, rate_slips);
}

START_TEST(constant_after_the_warm_up)
{
    check_rates(CONSTANT, 15, 4, 10, 1, 0.5f);
    check_rates(CONSTANT, 5, 0, 10, 2, 0.5f);
}
END_TEST

START_TEST(linear_with_its_borders)
{
    check_rates(LINEAR, 15, 4, 10, 1, 0.1f);
    check_rates(LINEAR, 30, 0, 20, 3, 0.5f);
}
END_TEST

START_TEST(cosine_with_its_borders)
{
    check_rates(COSINE, 15, 4, 10, 1, 0.1f);
    check_rates(COSINE, 30, 0, 20, 3, 0.5f);
}
END_TEST

START_TEST(inverse_root_with_its_borders)
{
    check_rates(INVERSE_ROOT, 15, 4, 10, 1, 0.1f);
    check_rates(INVERSE_ROOT, 30, 0, 20, 3, 0.5f);
}
END_TEST

START_TEST(a_warm_up_longer_than_the_training)
{
    for (int schedule = 0; schedule < 4; schedule++)
        check_rates((Schedule)schedule, 30, 20, 10, 1, 0.2f);
    for (int schedule = 0; schedule < 4; schedule++) /* or just as long */
        check_rates((Schedule)schedule, 20, 10, 10, 1, 0.2f);
}
END_TEST

START_TEST(any_training)
{
    for (int schedule = 0; schedule < 4; schedule++) {
        int warmup = 2 + rng_below(grade_rng(), 40), steps = warmup + 50 + rng_below(grade_rng(), 200);
        check_rates((Schedule)schedule, 400, warmup, steps, 2, 0.3f);
    }
}
END_TEST

/* ---- ex8 ----------------------------------------------------------------------------------------- */

enum {
    NO_POSITIONS = NO_WARMUP,
    TIME_AS_CONTEXT,
    OWN_LOGITS,
    NO_NORMS_OR_BIASES,
    NO_BIASES,
    NO_LAST_NORM,
    NO_PROJECTION,
    IN_INT,
    ONE_TOKEN,
    ONE_ROW,
    FORWARD_ONLY,
    BACKWARD_ONCE,
    NO_ATTENTION,
    WHOLE_SQUARE,
    SCORES_ONLY,
    ONE_PER_PAIR,
    NO_LOGITS,
    TABLE_AS_MATRIX,
    SIX_N,
    OTHER_PRECISION,
    ALL_OF_4,
    ONE_MOMENT,
    NO_COPY,
    NOT_BYTES
};

static const GradeSlip cost_slips[] = {
    {NO_POSITIONS, "the table of positions is missing: context x C"},
    {TIME_AS_CONTEXT, "the table of positions has c->context rows, however long the rows of a step are"},
    {OWN_LOGITS, "the logits have a matrix of their own: they use the table of tokens once more"},
    {NO_NORMS_OR_BIASES, "biases and norms are missing: 13 C in each layer, 2 C at the end"},
    {NO_BIASES, "the biases are missing: 3C + C + 4C + C in each layer"},
    {NO_LAST_NORM, "the norm after the last layer is missing: 2 C"},
    {NO_PROJECTION, "the output projection of attention is missing: C x C and a bias in each layer"},
    {IN_INT, "a product of whole numbers that is beyond int: begin it with a double"},
    {ONE_TOKEN, "these are the operations for one token: a step has batch x time of them"},
    {ONE_ROW, "these are the operations for one row: a step has batch of them"},
    {FORWARD_ONLY, "forward only: the backward pass takes twice as many again"},
    {BACKWARD_ONCE, "backward each product becomes two, so that a step takes 3 times what forward takes"},
    {NO_ATTENTION, "the attention term is missing: scores and averages over (time + 1) / 2 tokens"},
    {WHOLE_SQUARE,
     "a token looks at itself and what is before it: at (time + 1) / 2 tokens on average, not at time"},
    {SCORES_ONLY, "attention has two products: the scores, and the average of the values"},
    {ONE_PER_PAIR, "a multiplication and an addition are two operations: 2 for each number of a matrix"},
    {NO_LOGITS, "the logits are missing: 2 C vocab for each token"},
    {TABLE_AS_MATRIX, "looking up a token is no product: the table of tokens counts once, for the logits"},
    {SIX_N, "6 for each parameter and token is the rule of thumb: count matrix by matrix, and attention"},
    {ALL_OF_4, "mixed precision keeps 2 bytes for a weight and for its gradient"},
    {NO_COPY, "mixed precision keeps a copy of the weights in float32, 4 bytes, beside the two moments"},
    {ONE_MOMENT, "AdamW keeps two moments, of 4 bytes each"},
    {OTHER_PRECISION, "float32 and mixed precision are exchanged"},
    {NOT_BYTES, "numbers, not bytes: a float32 takes 4"},
    {0, NULL}};

typedef struct CostCase {
    ModelConfig config;
    int batch, time;
    bool mixed;
} CostCase;

static double counted_parameters(const CostCase *c, int slip)
{
    double width = c->config.channels, matrices = width * width * (slip == NO_PROJECTION ? 11 : 12);
    double biases = width * (slip == NO_PROJECTION ? 8 : 9), norms = 4 * width, last = 2 * width;
    double tokens = width * c->config.vocab, positions = width * c->config.context;
    if (slip == NO_POSITIONS)
        positions = 0;
    if (slip == TIME_AS_CONTEXT)
        positions = width * c->time;
    if (slip == OWN_LOGITS)
        tokens *= 2;
    if (slip == NO_NORMS_OR_BIASES || slip == NO_BIASES)
        biases = 0;
    if (slip == NO_NORMS_OR_BIASES)
        norms = last = 0;
    if (slip == NO_LAST_NORM)
        last = 0;
    if (slip == IN_INT)
        return (int)(unsigned)(long long)(c->config.layers * (matrices + biases + norms) + tokens +
                                          positions + last);
    return c->config.layers * (matrices + biases + norms) + tokens + positions + last;
}

/* Row by row: what each token multiplies, and how many tokens it sees. */
static double counted_flops(const CostCase *c, int slip)
{
    double width = c->config.channels, seen = 0, pair = slip == ONE_PER_PAIR ? 1 : 2;
    double head = slip == NO_LOGITS ? 0 : width * c->config.vocab * (slip == TABLE_AS_MATRIX ? 2 : 1);
    for (int t = 0; t < c->time; t++)
        seen += slip == NO_ATTENTION ? 0 : slip == WHOLE_SQUARE ? c->time : t + 1;
    double matrices = (slip == NO_PROJECTION ? 11 : 12) * width * width;
    double row = c->time * (c->config.layers * matrices + head) +
                 c->config.layers * seen * width * (slip == SCORES_ONLY ? 1 : 2);
    if (slip == SIX_N)
        return 6 * counted_parameters(c, 0) * c->batch * c->time;
    double times = slip == FORWARD_ONLY ? 1 : slip == BACKWARD_ONCE ? 2 : 3;
    double rows = slip == ONE_ROW ? 1 : slip == ONE_TOKEN ? 1.0 / c->time : c->batch;
    return times * pair * rows * row;
}

/* Bytes a parameter: 0 weights, 1 gradients, 2 the optimizer. */
static int bytes_each(bool mixed, int what, int slip)
{
    if (slip == NOT_BYTES)
        return what == 2 ? 2 : 1;
    if (slip == ALL_OF_4 && what < 2)
        return 4;
    if (slip == ONE_MOMENT && what == 2)
        return mixed ? 8 : 4;
    if (slip == NO_COPY && what == 2)
        return 8;
    mixed = mixed != (slip == OTHER_PRECISION);
    return what < 2 ? (mixed ? 2 : 4) : mixed ? 12 : 8;
}

static Tensor *costs(const void *context, int output, int slip)
{
    const CostCase *c = context;
    double n = counted_parameters(c, slip);
    Tensor *out = tensor_make(grade_arena(), 0, NULL);
    out->data[0] = (float)(output == 0   ? n
                           : output == 1 ? counted_flops(c, slip)
                                         : n * bytes_each(c->mixed, output - 2, slip));
    return out;
}

void call_training_cost(const ModelConfig *c, int batch, int time, bool mixed)
{
    grade_call("training_cost", grade_int(c->vocab), grade_int(c->context), grade_int(c->layers),
               grade_int(c->heads), grade_int(c->channels), grade_int(batch), grade_int(time),
               grade_int(mixed));
}

static void check_training_cost(const CostCase *c)
{
    static const char *const names[] = {"parameters", "flops", "weights, in bytes,", "gradients, in bytes,",
                                        "optimizer, in bytes,"};
    call_training_cost(&c->config, c->batch, c->time, c->mixed);
    for (int i = 0; i < 5; i++)
        grade_expect_output(names[i], i, costs, c, 1e-6f, cost_slips);
}

/* A model that is made has as many parameters as are counted. */
START_TEST(parameters_of_a_model_that_is_made)
{
    CostCase c = {{.vocab = 85, .context = 32, .layers = 3, .heads = 4, .channels = 24}, 5, 16, false};
    Rng rng = rng_new(1);
    c.config = model_config_gpt2(c.config);
    ModelDecoder *m = model_decoder_new(&c.config, 0, &rng);
    Tensor *want = tensor_make(grade_arena(), 0, NULL);
    want->data[0] = (float)nn_param_total(&m->params);
    model_decoder_free(m);
    ck_assert(want->data[0] == (float)counted_parameters(&c, 0));
    check_training_cost(&c);
}
END_TEST

START_TEST(gpt_2_small)
{
    CostCase c = {
        {.vocab = 50257, .context = 1024, .layers = 12, .heads = 12, .channels = 768}, 8, 512, false};
    check_training_cost(&c);
    c.mixed = true;
    check_training_cost(&c);
}
END_TEST

START_TEST(gpt_3_with_its_large_numbers)
{
    CostCase c = {
        {.vocab = 50257, .context = 2048, .layers = 96, .heads = 96, .channels = 12288}, 1536, 2048, true};
    check_training_cost(&c);
}
END_TEST

START_TEST(small_models_of_any_shape)
{
    for (int round = 0; round < 3; round++) {
        int vocab, context, layers, width, batch, time;
        grade_sizes(3, 40, &vocab, &context, &layers, &width, &batch);
        time = 1 + rng_below(grade_rng(), context);
        CostCase c = {
            {.vocab = vocab, .context = context, .layers = layers, .heads = 2, .channels = 2 * width},
            batch,
            time,
            round == 1};
        check_training_cost(&c);
    }
}
END_TEST

void grade_tests_of_formulas(GradeSuite *s)
{
    grade_test(s, "ex6", constant_after_the_warm_up);
    grade_test(s, "ex6", linear_with_its_borders);
    grade_test(s, "ex6", cosine_with_its_borders);
    grade_test(s, "ex6", inverse_root_with_its_borders);
    grade_test(s, "ex6", a_warm_up_longer_than_the_training);
    grade_test(s, "ex6", any_training);
    grade_test(s, "ex8", parameters_of_a_model_that_is_made);
    grade_test(s, "ex8", gpt_2_small);
    grade_test(s, "ex8", gpt_3_with_its_large_numbers);
    grade_test(s, "ex8", small_models_of_any_shape);
}
