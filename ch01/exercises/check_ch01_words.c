/* check_ch01_words.c -- tests of the exercises on words as vectors: ex1, ex2, ex3. */
#include "ch01/exercises/check_ch01.h"

#include <math.h>

/* ---- ex1: TF-IDF --------------------------------------------------------------------------------- */

typedef struct Counts {
    const int *count; /* (D,V) */
    int documents, words;
} Counts;

enum { WEIGHED, NO_IDF, WORDS_COUNTED, RATIO_UPSIDE_DOWN, NO_LOG, PLUS_ONE, NOT_NORMALISED, SUMS_TO_ONE };

/* ln(D / df), or what a mistake makes of it. */
static double rarity(const Counts *c, int word, int slip)
{
    int with = 0, total = 0;
    for (int d = 0; d < c->documents; d++) {
        int count = c->count[d * c->words + word];
        with += count > 0;
        total += count;
    }
    double df = slip == WORDS_COUNTED ? total : with, ratio = c->documents / df;
    if (with == 0)
        return 0;
    switch (slip) {
    case NO_IDF:
        return 1;
    case RATIO_UPSIDE_DOWN:
        return -log(ratio);
    case NO_LOG:
        return ratio;
    case PLUS_ONE:
        return log(ratio) + 1;
    default:
        return log(ratio);
    }
}

static Tensor *weighed(const void *context, int output, int slip)
{
    const Counts *c = context;
    Tensor *weight = grade_zeros(c->documents, c->words);
    (void)output;
    for (int d = 0; d < c->documents; d++) {
        double squares = 0, sum = 0;
        for (int v = 0; v < c->words; v++) {
            double w = c->count[d * c->words + v] * rarity(c, v, slip);
            squares += w * w;
            sum += w;
        }
        double length = slip == NOT_NORMALISED ? 1 : slip == SUMS_TO_ONE ? sum : sqrt(squares);
        for (int v = 0; v < c->words && squares > 0; v++)
            weight->data[d * c->words + v] =
                (float)(c->count[d * c->words + v] * rarity(c, v, slip) / length);
    }
    return weight;
}

static void check_tf_idf(const int *count, int documents, int words)
{
    static const GradeSlip slips[] = {
        {NO_IDF, "the counts are not multiplied by ln(D / df)"},
        {WORDS_COUNTED, "df is the number of documents that have the word, not how often it occurs in all"},
        {RATIO_UPSIDE_DOWN, "ln(df / D) for ln(D / df): the sign is wrong"},
        {NO_LOG, "the logarithm is missing"},
        {PLUS_ONE, "ln(D / df) + 1: a word that every document has must weigh 0"},
        {NOT_NORMALISED, "the rows are not scaled to length 1"},
        {SUMS_TO_ONE, "the rows sum to 1; their length, the root of the sum of squares, must be 1"},
        {0, NULL}};
    Counts c = {count, documents, words};
    grade_call("tf_idf", grade_int(documents), grade_ints(count, documents * words));
    grade_expect_output("weight", 0, weighed, &c, 1e-5f, slips);
}

/* Counts of 0 to 4, of which word 0 is in every document and most others are in few. */
static int *random_counts(int documents, int words)
{
    int *count = arena_alloc(grade_arena(), (size_t)(documents * words) * sizeof *count);
    for (int i = 0; i < documents * words; i++)
        count[i] = i % words == 0 ? 1 + rng_below(grade_rng(), 4)
                                  : (1 + rng_below(grade_rng(), 4)) * (rng_below(grade_rng(), 3) == 0);
    return count;
}

START_TEST(three_documents_by_hand)
{
    /*                        the cat sat dog */
    check_tf_idf((const int[]){2, 1, 1, 0, /* */
                               1, 0, 1, 1, /* */
                               1, 1, 0, 3},
                 3, 4);
}
END_TEST

START_TEST(random_counts_of_words)
{
    for (int round = 0; round < 3; round++) {
        int documents, words;
        grade_sizes(4, 20, &documents, &words);
        check_tf_idf(random_counts(documents, words), documents, words);
    }
}
END_TEST

START_TEST(a_word_that_no_document_has)
{
    check_tf_idf((const int[]){2, 0, 0, /* */
                               1, 0, 5},
                 2, 3);
}
END_TEST

START_TEST(documents_without_a_weight)
{
    check_tf_idf((const int[]){2, 0, 0, /* has only a word that all have */
                               1, 4, 0, /* */
                               3, 0, 7},
                 3, 3);
    check_tf_idf((const int[]){0, 0, /* has no word */
                               1, 2},
                 2, 2);
}
END_TEST

/* ---- ex2: negative sampling ---------------------------------------------------------------------- */

typedef struct Pair {
    Tensor *v, *u; /* (C), (K+1,C) */
} Pair;

enum {
    RIGHT,
    ALL_TRUE,
    SIGN_TURNED,
    TRUE_ONE_ONLY,
    NEGATIVES_ONLY,
    MEAN_OF_NEGATIVES,
    NO_SIGMOID,
    LAST_ROW_ONLY
};

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* ln(1 + e^x) */
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double score_of(const Pair *p, int row)
{
    int channels = p->v->shape[0];
    double sum = 0;
    for (int i = 0; i < channels; i++)
        sum += (double)p->v->data[i] * (double)p->u->data[row * channels + i];
    return sum;
}

/* The derivative of the loss with respect to u[row].v. */
static double error_of(const Pair *p, int row, int slip)
{
    bool is_true = row == 0 || slip == ALL_TRUE;
    double score = score_of(p, row), error = (slip == NO_SIGMOID ? score : sigmoid(score)) - is_true;
    if ((slip == TRUE_ONE_ONLY && row > 0) || (slip == NEGATIVES_ONLY && row == 0))
        return 0;
    if (slip == MEAN_OF_NEGATIVES && row > 0)
        error /= p->u->shape[0] - 1;
    return slip == SIGN_TURNED ? -error : error;
}

static Tensor *sampled(const void *context, int output, int slip)
{
    const Pair *p = context;
    int rows = p->u->shape[0], channels = p->v->shape[0];
    Tensor *dv = grade_zeros(channels), *du = grade_zeros(rows, channels);
    double loss = 0;
    for (int k = 0; k < rows; k++) {
        double error = error_of(p, k, slip), score = score_of(p, k), share = 1;
        bool counts = !(slip == TRUE_ONE_ONLY && k > 0) && !(slip == NEGATIVES_ONLY && k == 0);
        if (slip == MEAN_OF_NEGATIVES && k > 0)
            share = 1.0 / (rows - 1);
        loss += (counts ? share : 0) * softplus(k == 0 || slip == ALL_TRUE ? -score : score);
        for (int i = 0; i < channels; i++) {
            double before = slip == LAST_ROW_ONLY ? 0 : (double)dv->data[i];
            dv->data[i] = (float)(before + error * (double)p->u->data[k * channels + i]);
            du->data[k * channels + i] = (float)(error * (double)p->v->data[i]);
        }
    }
    if (output == 2) {
        Tensor *out = tensor_make(grade_arena(), 0, NULL);
        out->data[0] = (float)loss;
        return out;
    }
    return output ? du : dv;
}

static void check_sampling(Tensor *v, Tensor *u, float tolerance)
{
    static const GradeSlip slips[] = {
        {ALL_TRUE,
         "the negative words are treated as if they were true: their dot products must become small"},
        {SIGN_TURNED, "the sign of the gradient is turned: d loss / d (u[0].v) is s(u[0].v) - 1"},
        {TRUE_ONE_ONLY, "only the true word counts: the K negative ones are missing"},
        {NEGATIVES_ONLY, "the true word, row 0 of u, is missing"},
        {MEAN_OF_NEGATIVES, "the loss sums over the negative words: they are not averaged"},
        {NO_SIGMOID, "the sigmoid is missing in the gradient"},
        {LAST_ROW_ONLY, "only the last row of u counts in dv: it must add up over the rows, +="},
        {0, NULL}};
    Pair p = {v, u};
    grade_call("negative_sampling", grade_tensor(v), grade_tensor(u));
    grade_expect_output("loss", 2, sampled, &p, tolerance, slips);
    grade_expect_output("du", 1, sampled, &p, tolerance, slips);
    grade_expect_output("dv", 0, sampled, &p, tolerance, slips);
}

START_TEST(one_true_and_one_negative_word)
{
    Tensor *v = grade_zeros(2), *u = grade_zeros(2, 2);
    v->data[0] = 1;
    v->data[1] = 0.5f;
    u->data[0] = 1;
    u->data[3] = -2;
    check_sampling(v, u, 1e-5f);
}
END_TEST

START_TEST(vectors_at_the_start_of_training)
{
    check_sampling(grade_normal(0.1f, 4), grade_zeros(6, 4), 1e-5f); /* word2vec starts with u = 0 */
}
END_TEST

START_TEST(random_vectors)
{
    for (int round = 0; round < 3; round++) {
        int rows, channels;
        grade_sizes(3, 12, &rows, &channels);
        check_sampling(grade_normal(1, channels), grade_normal(1, rows, channels), 1e-4f);
    }
}
END_TEST

START_TEST(no_negative_word)
{
    check_sampling(grade_normal(1, 5), grade_normal(1, 1, 5), 1e-4f);
}
END_TEST

START_TEST(dot_products_of_some_thousand)
{
    Tensor *v = grade_normal(30, 7), *u = grade_normal(30, 4, 7);
    check_sampling(v, u, 1e-4f);
    for (size_t i = 0; i < u->size; i++)
        u->data[i] = -u->data[i];
    check_sampling(v, u, 1e-4f);
}
END_TEST

/* ---- ex3: analogies ------------------------------------------------------------------------------ */

typedef struct Question {
    const Tensor *vector; /* (V,C) */
    int a, b, c;
} Question;

enum { ANSWERED, WORDS_KEPT_IN, ONLY_C_KEPT_OUT, A_MINUS_B, NOT_UNIT, DOT_PRODUCT, DISTANCE };

static double length_of(const Tensor *vector, int word)
{
    double squares = 0;
    for (int i = 0; i < vector->shape[1]; i++)
        squares += pow((double)vector->data[word * vector->shape[1] + i], 2);
    return sqrt(squares);
}

/* Channel i of a word, as what is added and subtracted: scaled to length 1, but for two mistakes. */
static double channel(const Question *q, int word, int i, int slip)
{
    double length = length_of(q->vector, word);
    bool raw = slip == NOT_UNIT || slip == DOT_PRODUCT || slip == DISTANCE;
    return (double)q->vector->data[word * q->vector->shape[1] + i] / (raw || length == 0 ? 1 : length);
}

static double closeness(const Question *q, int word, int slip)
{
    double dot = 0, distance = 0, length = length_of(q->vector, word);
    for (int i = 0; i < q->vector->shape[1]; i++) {
        double b = channel(q, q->b, i, slip), a = channel(q, q->a, i, slip), c = channel(q, q->c, i, slip);
        double target = slip == A_MINUS_B ? a - b + c : b - a + c;
        double x = (double)q->vector->data[word * q->vector->shape[1] + i];
        dot += target * x;
        distance += (target - x) * (target - x);
    }
    if (slip == DISTANCE)
        return -distance;
    return dot / (slip == DOT_PRODUCT || length == 0 ? 1 : length);
}

static Tensor *answered(const void *context, int output, int slip)
{
    const Question *q = context;
    Tensor *word = tensor_make(grade_arena(), 0, NULL);
    int best = -1;
    (void)output;
    for (int w = 0; w < q->vector->shape[0]; w++) {
        bool out = w == q->c || (slip != ONLY_C_KEPT_OUT && (w == q->a || w == q->b));
        if (out && slip != WORDS_KEPT_IN)
            continue;
        if (best < 0 || closeness(q, w, slip) > closeness(q, best, slip))
            best = w;
    }
    word->data[0] = (float)best;
    return word;
}

/* Whether no other word comes close to the answer: float and double must agree on it. */
static bool clear(const Question *q)
{
    int answer = (int)answered(q, 0, ANSWERED)->data[0];
    for (int w = 0; w < q->vector->shape[0]; w++)
        if (w != answer && w != q->a && w != q->b && w != q->c &&
            closeness(q, w, ANSWERED) > closeness(q, answer, ANSWERED) - 1e-3)
            return false;
    return true;
}

static void check_analogy(const Tensor *vector, int a, int b, int c)
{
    static const GradeSlip slips[] = {
        {WORDS_KEPT_IN, "one of the question's own words: a, b and c cannot be the answer"},
        {ONLY_C_KEPT_OUT, "a or b is the answer: none of the three words can be"},
        {A_MINUS_B, "a - b + c for b - a + c"},
        {NOT_UNIT, "the vectors of a, b and c are not scaled to length 1 before they are added"},
        {DOT_PRODUCT, "the dot product for the cosine: a long vector then comes first"},
        {DISTANCE, "the nearest by distance: the cosine is asked for"},
        {0, NULL}};
    Question q = {vector, a, b, c};
    grade_call("analogy", grade_tensor(vector), grade_int(a), grade_int(b), grade_int(c));
    grade_expect_output("the word that it returns", 0, answered, &q, 0, slips);
}

/* man, woman, king, queen in two channels, and two words more. */
START_TEST(man_woman_king)
{
    Tensor *vector = grade_zeros(6, 2);
    static const float place[6][2] = {{1, 0.1f}, {1, 0.9f}, {3, 0.5f}, {3, 2.6f}, {-1, 1}, {0.1f, -1}};
    tensor_copy(vector, place[0]);
    check_analogy(vector, 0, 1, 2);
    check_analogy(vector, 2, 3, 0);
}
END_TEST

/* Random words of different lengths; c lies near to b - a + c, as it does in trained vectors. */
START_TEST(random_words)
{
    for (int round = 0; round < 6; round++) {
        int words, channels, a, b, c;
        Question q;
        do {
            grade_sizes(8, 40, &words, &channels);
            Tensor *vector = grade_normal(1, words, channels);
            for (size_t i = 0; i < vector->size; i++)
                vector->data[i] *= (float)(1 + (int)i / channels % 5);
            grade_sizes(0, words - 1, &a, &b, &c);
            q = (Question){vector, a, b, c};
        } while (!clear(&q));
        check_analogy(q.vector, a, b, c);
    }
}
END_TEST

/* Of equal cosines the first word's counts. */
START_TEST(a_tie_goes_to_the_first)
{
    int channels = 5, from = 6, copies[] = {9, 7, 11};
    Tensor *vector = grade_normal(1, 12, channels);
    for (int i = 0; i < channels; i++) {
        vector->data[from * channels + i] = vector->data[channels + i] + vector->data[2 * channels + i];
        for (int k = 0; k < 3; k++)
            vector->data[copies[k] * channels + i] = vector->data[from * channels + i];
    }
    check_analogy(vector, 0, 1, 2);
}
END_TEST

START_TEST(all_cosines_negative)
{
    Tensor *vector = grade_zeros(5, 2);
    static const float place[5][2] = {{1, 0}, {1, 0.2f}, {1, 0.1f}, {-2, 1}, {-1, 0.1f}};
    tensor_copy(vector, place[0]);
    check_analogy(vector, 0, 1, 2);
}
END_TEST

/* A word without a direction has the cosine 0 to everything. */
START_TEST(a_vector_of_zeros)
{
    Tensor *vector = grade_zeros(6, 2);
    static const float place[6][2] = {{-1, 0.1f}, {1, 0}, {1, 0.2f}, {1, 0.1f}, {0, 0}, {-1, 0.3f}};
    tensor_copy(vector, place[0]);
    check_analogy(vector, 1, 2, 3); /* 4 is the answer: the others' cosines are negative */
    check_analogy(vector, 4, 2, 3); /* 4 is a word of the question */
}
END_TEST

void grade_tests_of_words(GradeSuite *s)
{
    grade_test(s, "ex1", three_documents_by_hand);
    grade_test(s, "ex1", random_counts_of_words);
    grade_test(s, "ex1", a_word_that_no_document_has);
    grade_test(s, "ex1", documents_without_a_weight);
    grade_test(s, "ex2", one_true_and_one_negative_word);
    grade_test(s, "ex2", vectors_at_the_start_of_training);
    grade_test(s, "ex2", random_vectors);
    grade_test(s, "ex2", no_negative_word);
    grade_test(s, "ex2", dot_products_of_some_thousand);
    grade_test(s, "ex3", man_woman_king);
    grade_test(s, "ex3", random_words);
    grade_test(s, "ex3", a_tie_goes_to_the_first);
    grade_test(s, "ex3", all_cosines_negative);
    grade_test(s, "ex3", a_vector_of_zeros);
}
