/* test_sample.c -- the rules of sampling by hand, beams against all texts there are, and
 * texts that come in pieces. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/model/model.h"
#include "common/text/stream.h"
#include "common/text/utf8.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sampling ------------------------------------------------------------------------------------ */

/* e^z is 8, 4, 2, 1, 1 sixteenths, not in this order */
static const float example[] = {0.6931472f, 2.0794415f, 0, 1.3862944f, 0};

/* "1:0.50 3:0.25" */
static const char *candidates_text(const ModelSampling *rules, const float *logits, int n, const int *seen,
                                   int count)
{
    static char text[400];
    ModelSampler *s = model_sampler_new(rules, n);
    int left;
    const ModelCandidate *c = model_sampler_candidates(s, logits, seen, count, &left);
    text[0] = '\0';
    for (int i = 0; i < left; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d:%.3f", i ? " " : "", c[i].id,
                 (double)c[i].probability);
    model_sampler_free(s);
    return text;
}

typedef struct Rule {
    ModelSampling rules;
    const char *expected;
} Rule;

static const Rule rules[] = {
    {{1, 0, 1, 0, 1, 0}, "0:0.125 1:0.500 2:0.062 3:0.250 4:0.062"},
    {{0, 0, 1, 0, 1, 0}, "1:1.000"},
    {{0.5f, 0, 1, 0, 1, 0}, "0:0.047 1:0.744 2:0.012 3:0.186 4:0.012"},
    {{1, 2, 1, 0, 1, 0}, "1:0.667 3:0.333"},
    {{1, 4, 1, 0, 1, 0}, "1:0.533 3:0.267 0:0.133 2:0.067"}, /* of equal ones the first */
    {{1, 9, 1, 0, 1, 0}, "1:0.500 3:0.250 0:0.125 2:0.062 4:0.062"},
    {{1, 0, 0.5f, 0, 1, 0}, "1:1.000"},
    {{1, 0, 0.51f, 0, 1, 0}, "1:0.667 3:0.333"},
    {{1, 0, 0.9f, 0, 1, 0}, "1:0.533 3:0.267 0:0.133 2:0.067"},
    {{1, 0, 1e-6f, 0, 1, 0}, "1:1.000"},
    {{1, 3, 0.8f, 0, 1, 0}, "1:0.667 3:0.333"}, /* 12/14 of the three */
    {{1, 0, 1, 0.25f, 1, 0}, "0:0.143 1:0.571 3:0.286"},
    {{1, 0, 1, 1, 1, 0}, "1:1.000"},
    {{1, 0, 0.9f, 0.5f, 1, 0}, "1:0.667 3:0.333"},
    {{1, 0, 1, 0, 1.5f, 0}, "0:0.190 1:0.380 2:0.095 3:0.240 4:0.095"}, /* 1 and 3 were seen */
    {{0, 0, 1, 0, 4, 0}, "0:1.000"},
    {{1, 0, 1, 0, 1.5f, 1},
     "0:0.138 1:0.551 2:0.069 3:0.174 4:0.069"}, /* only the last, 3, counts as seen */
};
enum { RULES = sizeof rules / sizeof *rules };

START_TEST(rules_by_hand)
{
    static const int seen[] = {1, 3, 1, 3};
    ck_assert_str_eq(candidates_text(&rules[_i].rules, example, 5, seen, 4), rules[_i].expected);
}
END_TEST

/* A penalty makes a negative logit smaller, too, and counts a token once. */
START_TEST(penalty_of_negative_logits)
{
    static const float logits[] = {-1, 2, -3, 1, 0};
    static const int seen[] = {0, 0, 1};
    ModelSampling r = model_sampling_plain();
    r.penalty = 2;
    ck_assert_str_eq(candidates_text(&r, logits, 5, seen, 3), "0:0.020 1:0.411 2:0.008 3:0.411 4:0.151");
}
END_TEST

/* What is drawn is distributed as the candidates say, and comes from them alone. */
/* A model whose weights are damaged gives such logits; a token comes nevertheless. */
START_TEST(logits_that_are_no_numbers)
{
    static const ModelSampling all[] = {
        {1, 0, 1, 0, 1, 0}, {0, 0, 1, 0, 1, 0}, {1, 2, 1, 0, 1, 0}, {1, 0, 0.5f, 0.1f, 2, 0}};
    const float nans[] = {NAN, NAN, NAN}, first[] = {NAN, 1, 2}, infinite[] = {0, INFINITY, INFINITY},
                min[] = {-INFINITY, -INFINITY, -INFINITY};
    const int seen[] = {2};
    Rng rng = rng_new(1);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ModelSampler *s = model_sampler_new(&all[i], 3);
        ck_assert_int_eq(model_sampler_draw(s, nans, seen, 1, &rng), 0);
        ck_assert_int_eq(model_sampler_draw(s, first, seen, 1, &rng), 0);
        ck_assert_int_eq(model_sampler_draw(s, infinite, seen, 1, &rng), 1);
        ck_assert_int_eq(model_sampler_draw(s, min, seen, 1, &rng), 0);
        model_sampler_free(s);
    }
}
END_TEST

/* Of equally probable tokens as many stay as reach top_p exactly, not one more: with top_k, and without. */
START_TEST(top_p_stops_at_an_exact_tie)
{
    const float logits[] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int top_k = 0; top_k <= 8; top_k += 4) {
        for (int wanted = 1; wanted <= 4; wanted++) {
            int count, among = top_k ? top_k : 8;
            ModelSampling r = model_sampling_plain();
            r.top_k = top_k;
            r.top_p = (float)wanted / (float)among; /* a binary fraction */
            ModelSampler *s = model_sampler_new(&r, 8);
            const ModelCandidate *c = model_sampler_candidates(s, logits, NULL, 0, &count);
            ck_assert_msg(count == wanted, "top_k %d, top_p %g: %d", top_k, (double)r.top_p, count);
            for (int i = 0; i < count; i++)
                ck_assert_int_eq(c[i].id, i);
            model_sampler_free(s);
        }
    }
}
END_TEST

START_TEST(draws_follow_the_candidates)
{
    enum { N = 1000, DRAWS = 20000 };
    Rng rng = rng_new(5);
    float logits[N];
    int hits[N] = {0}, count;
    for (int i = 0; i < N; i++)
        logits[i] = 3 * rng_normal(&rng);
    ModelSampling r = {.temperature = 0.9f,
                       .top_k = _i == 0 ? 40 : 0,
                       .top_p = _i == 1 ? 0.8f : 1,
                       .min_p = _i == 2 ? 0.02f : 0,
                       .penalty = 1};
    ModelSampler *s = model_sampler_new(&r, N);
    for (int i = 0; i < DRAWS; i++)
        hits[model_sampler_draw(s, logits, NULL, 0, &rng)]++;
    const ModelCandidate *c = model_sampler_candidates(s, logits, NULL, 0, &count);
    double sum = 0, apart = 0;
    for (int i = 0; i < count; i++) {
        double expected = (double)c[i].probability * DRAWS;
        sum += (double)c[i].probability;
        apart += (hits[c[i].id] - expected) * (hits[c[i].id] - expected) / expected;
        hits[c[i].id] = 0;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-5);
    ck_assert_msg(apart < count + 6 * sqrt(2.0 * count), "chi-square %g with %d candidates", apart, count);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(hits[i], 0);
    model_sampler_free(s);
}
END_TEST

/* ---- beams --------------------------------------------------------------------------------------- */

enum { VOCAB = 5, MAX = 4, END = 4 };

typedef struct Best {
    double score;
    int ids[MAX], count;
} Best;

typedef struct Tiny {
    ModelDecoder *gpt;
    ModelRun *model;
    ModelSession *session;
} Tiny;

static Tiny tiny_new(int lanes)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = 12, .layers = 1, .heads = 2, .channels = 8});
    Rng rng = rng_new(11);
    Tiny t = {.gpt = model_decoder_new(&c, 0, &rng)};
    for (int i = 0; i < t.gpt->params.count; i++)
        tensor_normal(t.gpt->params.items[i].tensor, 0.6f, &rng);
    t.model = model_run_of_decoder(t.gpt, QUANT_NONE);
    t.session = model_session_new(t.model, lanes, 0);
    return t;
}

static void tiny_free(Tiny *t)
{
    model_session_free(t->session);
    model_run_free(t->model);
    model_decoder_free(t->gpt);
}

/* Tries every text: ids holds the prompt and `count` new tokens. */
static void try_all(ModelSession *s, const int *prompt, int n, int *ids, int count, double sum, float alpha,
                    Best *best)
{
    float logits[VOCAB];
    if (count == MAX || (count > 0 && ids[count - 1] == END)) {
        double score = sum / pow(count, (double)alpha);
        if (score > best->score) {
            best->score = score;
            best->count = count;
            memcpy(best->ids, ids, sizeof *ids * (size_t)count);
        }
        return;
    }
    model_session_rewind(s, 0, 0);
    memcpy(logits, model_session_read(s, 0, prompt, n), sizeof logits);
    if (count > 0)
        memcpy(logits, model_session_read(s, 0, ids, count), sizeof logits);
    double whole = 0;
    for (int i = 0; i < VOCAB; i++)
        whole += exp((double)logits[i]);
    for (int i = 0; i < VOCAB; i++) {
        ids[count] = i;
        try_all(s, prompt, n, ids, count + 1, sum + (double)logits[i] - log(whole), alpha, best);
    }
}

/* Beams as wide as all texts find the best of all texts. */
START_TEST(wide_beams_find_the_best)
{
    static const float alphas[] = {0, 1, 2};
    enum { WIDTH = 200 };
    const int prompt[] = {2, 0, 1}, ends[] = {END};
    Tiny t = tiny_new(WIDTH);
    Best best = {.score = -INFINITY};
    int ids[MAX];
    try_all(t.session, prompt, 3, ids, 0, 0, alphas[_i], &best);
    ModelBeam beams[WIDTH];
    const ModelBeamSearch search = {
        .width = WIDTH, .max = MAX, .alpha = alphas[_i], .ends = ends, .end_count = 1};
    int found = model_beam_search(t.session, prompt, 3, &search, beams);
    ck_assert_int_gt(found, 1);
    ck_assert_double_eq_tol(beams[0].score, best.score, 1e-4);
    ck_assert_int_eq(beams[0].count, best.count);
    ck_assert_mem_eq(beams[0].ids, best.ids, sizeof(int) * (size_t)best.count);
    for (int i = 1; i < found; i++)
        ck_assert(beams[i].score <= beams[i - 1].score);
    model_beams_free(beams, found);
    tiny_free(&t);
}
END_TEST

/* ---- narrow beams against the rule of beam.h, written down plainly ------------------------------- */

enum { LONG = 7, WIDEST = 3 };

typedef struct Text {
    int ids[LONG], count;
    double sum, score;
    bool ends;
} Text;

static int by_score(const void *a, const void *b)
{
    const Text *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

/* All texts that continue one by a token; their score is the sum of ln p. */
static int continuations(ModelSession *s, const int *prompt, int n, const Text *t, Text *out)
{
    float logits[VOCAB];
    double whole = 0;
    model_session_rewind(s, 0, 0);
    memcpy(logits, model_session_read(s, 0, prompt, n), sizeof logits);
    if (t->count > 0)
        memcpy(logits, model_session_read(s, 0, t->ids, t->count), sizeof logits);
    for (int i = 0; i < VOCAB; i++)
        whole += exp((double)logits[i]);
    for (int i = 0; i < VOCAB; i++) {
        out[i] = *t;
        out[i].ids[out[i].count++] = i;
        out[i].score = out[i].sum = t->sum + (double)logits[i] - log(whole);
        out[i].ends = i == END;
    }
    return VOCAB;
}

/* Puts a text aside: the best `width` stay. */
static void put_aside(Text *aside, int *count, const Text *t, const ModelBeamSearch *b)
{
    aside[*count] = *t;
    aside[(*count)++].score = t->sum / pow(t->count, (double)b->alpha);
    qsort(aside, (size_t)*count, sizeof *aside, by_score);
    *count = *count < b->width ? *count : b->width;
}

/* Fills aside (width + 1 at most); *early: texts could still run when the search was over. */
static int plain_search(ModelSession *s, const int *prompt, int n, const ModelBeamSearch *b, Text *aside,
                        bool *early)
{
    Text running[WIDEST] = {{.count = 0}}, next[WIDEST * VOCAB];
    int count = 0, alive = 1;
    for (int length = 0; length < b->max; length++) {
        int all = 0, kept = 0;
        double best = running[0].sum / pow(b->max, (double)b->alpha);
        *early = count == b->width && !(best > aside[count - 1].score);
        if (*early)
            return count;
        for (int i = 0; i < alive; i++)
            all += continuations(s, prompt, n, &running[i], next + all);
        qsort(next, (size_t)all, sizeof *next, by_score);
        for (int i = 0; i < all && i < 2 * b->width && kept < b->width; i++) {
            if (!next[i].ends)
                running[kept++] = next[i];
            else if (i < b->width)
                put_aside(aside, &count, &next[i], b);
        }
        alive = kept;
    }
    for (int i = 0; i < alive; i++)
        put_aside(aside, &count, &running[i], b);
    return count;
}

static Tiny random_tiny(int lanes, uint64_t seed)
{
    Tiny t = tiny_new(lanes);
    Rng rng = rng_new(seed);
    for (int i = 0; i < t.gpt->params.count; i++)
        tensor_normal(t.gpt->params.items[i].tensor, 0.9f, &rng);
    return t;
}

START_TEST(narrow_beams_prune_by_the_rule)
{
    static const float alphas[] = {0, 0.5f, 1, 2};
    const int prompt[] = {2, 0, 1}, ends[] = {END};
    int early = 0, late = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        for (int width = 1; width <= WIDEST; width++) {
            Tiny t = random_tiny(width, seed);
            ModelSession *plain = model_session_new(t.model, 1, 0);
            Text aside[WIDEST + 1];
            ModelBeam beams[WIDEST];
            bool stopped = false;
            const ModelBeamSearch b = {
                .width = width, .max = LONG, .alpha = alphas[_i], .ends = ends, .end_count = 1};
            int expected = plain_search(plain, prompt, 3, &b, aside, &stopped);
            int found = model_beam_search(t.session, prompt, 3, &b, beams);
            ck_assert_msg(found == expected, "seed %d, width %d: %d texts, not %d", (int)seed, width, found,
                          expected);
            for (int i = 0; i < found; i++) {
                ck_assert_double_eq_tol(beams[i].score, aside[i].score, 1e-4);
                ck_assert_int_eq(beams[i].count, aside[i].count);
                ck_assert_mem_eq(beams[i].ids, aside[i].ids, sizeof(int) * (size_t)aside[i].count);
            }
            early += stopped;
            late += !stopped;
            model_beams_free(beams, found);
            model_session_free(plain);
            tiny_free(&t);
        }
    }
    ck_assert_msg(early > 5 && late > 5, "%d searches ended early, %d did not", early, late);
}
END_TEST

START_TEST(one_beam_is_greedy)
{
    const int prompt[] = {3};
    Tiny t = tiny_new(1);
    int ids[1 + MAX] = {3};
    for (int i = 0; i < MAX; i++)
        ids[i + 1] = nn_argmax(model_session_follow(t.session, 0, ids, i + 1), VOCAB);
    ModelBeam beam;
    ck_assert_int_eq(model_beam_search(t.session, prompt, 1,
                                       &(ModelBeamSearch){.width = 1, .max = MAX, .alpha = 1}, &beam),
                     1);
    ck_assert_int_eq(beam.count, MAX);
    ck_assert_mem_eq(beam.ids, ids + 1, sizeof(int) * MAX);
    model_beams_free(&beam, 1);
    tiny_free(&t);
}
END_TEST

/* ---- texts in pieces ----------------------------------------------------------------------------- */

typedef struct Pieces {
    const char *text;
    const char *stops[3];
    const char *shown;
} Pieces;

static const Pieces pieces[] = {
    {"hello world", {NULL}, "hello world"},
    {"hello world", {"wor"}, "hello "},
    {"hello world", {"worm", "rld"}, "hello wo"},
    {"aaab", {"aab"}, "a"},
    {"one\n\nUser: two", {"\nUser:", "\n\nUser"}, "one"},
    {"almost <|en", {"<|end|>"}, "almost <|en"},
    {"猫在垫子上", {"垫子"}, "猫在"},
    {"a\xe7\x8c"
     "b\xff",
     {NULL},
     "a\xef\xbf\xbd\xef\xbf\xbd"
     "b\xef\xbf\xbd"},
    {"\xf0\x9f\x98\x80!",
     {"\x98"},
     "\xef\xbf\xbd\xef\xbf\xbd"}, /* a stop string of bytes cuts a character */
    {"", {"x"}, ""},
    {"x", {"x"}, ""},
};
enum { PIECES = sizeof pieces / sizeof *pieces };

/* However a text is cut into pieces, the same is shown, always UTF-8, and never too early. */
START_TEST(pieces_of_any_size)
{
    const Pieces *p = &pieces[_i];
    size_t size = strlen(p->text);
    int stops = 0;
    while (stops < 3 && p->stops[stops])
        stops++;
    for (size_t step = 1; step <= size + 1; step++) {
        TextStream *s = text_stream_new(p->stops, stops);
        char shown[100] = "";
        for (size_t at = 0; at < size; at += step) {
            const char *more = text_stream_add(s, p->text + at, size - at < step ? size - at : step);
            ck_assert_uint_eq(text_utf8_fault(more, strlen(more)), strlen(more));
            strcat(shown, more);
            ck_assert_msg(strncmp(shown, p->shown, strlen(shown)) == 0, "too early: %s", shown);
        }
        strcat(shown, text_stream_end(s));
        ck_assert_str_eq(shown, p->shown);
        text_stream_free(s);
    }
}
END_TEST

/* Nothing is held back that needs not be. */
START_TEST(nothing_is_late)
{
    const char *stops[] = {"stop"};
    TextStream *s = text_stream_new(stops, 1);
    ck_assert_str_eq(text_stream_add(s, "a s", 3), "a ");
    ck_assert_str_eq(text_stream_add(s, "t", 1), "");
    ck_assert_str_eq(text_stream_add(s, "s", 1), "st");
    ck_assert_str_eq(text_stream_add(s, "x\xe7\x8c", 3), "sx");
    ck_assert_str_eq(text_stream_add(s, "\xab", 1), "\xe7\x8c\xab");
    ck_assert(!text_stream_stopped(s));
    ck_assert_str_eq(text_stream_add(s, "stopped", 7), "");
    ck_assert(text_stream_stopped(s));
    ck_assert_str_eq(text_stream_add(s, "more", 4), "");
    ck_assert_str_eq(text_stream_end(s), "");
    text_stream_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sample");
    TCase *t = tcase_create("sample");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, rules_by_hand, 0, RULES);
    tcase_add_test(t, penalty_of_negative_logits);
    tcase_add_test(t, logits_that_are_no_numbers);
    tcase_add_test(t, top_p_stops_at_an_exact_tie);
    tcase_add_loop_test(t, draws_follow_the_candidates, 0, 3);
    tcase_add_loop_test(t, wide_beams_find_the_best, 0, 3);
    tcase_add_loop_test(t, narrow_beams_prune_by_the_rule, 0, 4);
    tcase_add_test(t, one_beam_is_greedy);
    tcase_add_loop_test(t, pieces_of_any_size, 0, PIECES);
    tcase_add_test(t, nothing_is_late);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
