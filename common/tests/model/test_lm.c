/* test_lm.c -- the few calls that a demo needs, against the parts they are made of.
 *
 * The fixture "speaker" says "The cat sat." (fixtures/make_speaker.py); gpt2, llama and bert are random. */
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/lm.h"
#include "common/model/session.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"

/* ---- a folder of our own ------------------------------------------------------------------------- */

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_lm.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf \"$D\""), 0);
}

/* The speaker, changed by a shell command in its folder. */
static void copy_speaker(const char *change)
{
    char line[1024];
    snprintf(line, sizeof line, "rm -rf $D/*; cp " FIXTURES "speaker/* $D/ && cd $D && %s", change);
    ck_assert_msg(system(line) == 0, "%s", line);
}

static Lm *must_open(const char *path)
{
    Error e = {""};
    Lm *lm = lm_open(path, QUANT_NONE, &e);
    ck_assert_msg(lm != NULL, "%s", e.text);
    return lm;
}

/* ---- a random model whose tokens are letters ----------------------------------------------------- */

typedef struct Random {
    ModelRun *model;
    Tokenizer *tokenizer;
    Lm *lm;
} Random;

static Random random_open(const char *family, QuantKind kind)
{
    char path[200], letters[300];
    Error e = {""};
    Random r = {0};
    snprintf(path, sizeof path, FIXTURES "%s", family);
    r.model = model_run_load(path, kind, &e);
    ck_assert_msg(r.model != NULL, "%s", e.text);
    r.model->config.end_count = 0;
    for (int i = 0; i < r.model->config.vocab; i++)
        letters[i] = (char)('0' + i);
    r.tokenizer = tokenizer_of_characters(letters, (size_t)r.model->config.vocab, NULL, &e);
    ck_assert_msg(r.tokenizer != NULL, "%s", e.text);
    r.lm = lm_of(r.model, r.tokenizer, "letters");
    return r;
}

static void random_close(Random *r)
{
    lm_close(r->lm);
    tokenizer_free(r->tokenizer);
    model_run_free(r->model);
}

/* A text of n of its letters. */
static void draw_text(const Random *r, int n, uint64_t seed, char *text)
{
    Rng rng = rng_new(seed);
    for (int i = 0; i < n; i++)
        text[i] = (char)('0' + rng_below(&rng, r->model->config.vocab));
    text[n] = '\0';
}

static TokenList ids_of(const Random *r, const char *text)
{
    Error e = {""};
    TokenList ids = {0};
    ck_assert_msg(lm_encode(r->lm, text, true, &ids, &e), "%s", e.text);
    return ids;
}

/* ---- continue ------------------------------------------------------------------------------------ */

START_TEST(a_question_needs_five_lines)
{
    Error e = {""};
    Lm *lm = lm_open(FIXTURES "speaker", QUANT_NONE, &e);
    char *text = lm ? lm_continue(lm, "The", NULL, &e) : NULL;
    ck_assert_msg(text != NULL, "%s", e.text);
    ck_assert_str_eq(text, " cat sat.");
    free(text);
    lm_close(lm);
}
END_TEST

/* The blank before the first new word depends on the prompt: it is lost where nothing stands before it. */
START_TEST(the_first_blank_depends_on_the_prompt)
{
    static const char *const cases[][2] = {
        {"", "The cat sat."}, {"The", " cat sat."}, {"The cat", " sat."}, {"The cat sat", "."}};
    Error e = {""};
    Lm *lm = must_open(FIXTURES "speaker");
    for (int i = 0; i < 4; i++) {
        char *text = lm_continue(lm, cases[i][0], NULL, &e);
        ck_assert_msg(text != NULL, "%s", e.text);
        ck_assert_str_eq(text, cases[i][1]);
        free(text);
    }
    lm_close(lm);
}
END_TEST

START_TEST(stops_are_texts_and_special_tokens)
{
    static const struct {
        const char *stop, *text;
    } cases[] = {{"sat", " cat "}, {"at s", " c"}, {"<|im_end|>", " cat sat."}, {"dog", " cat sat."}};
    Error e = {""};
    Lm *lm = must_open(FIXTURES "speaker");
    LmOptions o = lm_options();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TokenList ids = {0};
        o.stops = &cases[i].stop;
        o.stop_count = 1;
        char *text = lm_continue(lm, "The", &o, &e);
        ck_assert_msg(text != NULL, "%s", e.text);
        ck_assert_str_eq(text, cases[i].text);
        free(text);
        ck_assert(lm_encode(lm, "The", true, &ids, &e) && lm_continue_ids(lm, &ids, &o, &e));
        if (cases[i].stop[0] == '<') /* it ends at that token, not at </s> after it */
            ck_assert_int_eq(ids.ids[ids.count - 1], tokenizer_id(lm_tokenizer(lm, NULL), "<|im_end|>"));
        tokenizer_tokens_free(&ids);
    }
    const char *hidden = "sat<|im_end|>";
    o.stops = &hidden;
    ck_assert_ptr_null(lm_continue(lm, "The", &o, &e));
    ck_assert_msg(strstr(e.text, "holds the special token <|im_end|>, which no text shows"), "%s", e.text);
    lm_close(lm);
}
END_TEST

typedef struct Seen {
    char text[4000];
    int ids[500], count, rests, limit;
} Seen;

static bool see(void *user, int id, const char *text)
{
    Seen *s = user;
    strcat(s->text, text);
    if (id >= 0)
        s->ids[s->count++] = id;
    else
        s->rests++;
    return s->count < s->limit;
}

/* What is shown piece by piece is the text, and its ids are those that are appended. */
START_TEST(pieces_are_the_text)
{
    Error e = {""};
    Random r = random_open("gpt2", QUANT_NONE);
    const char *stops[] = {"zzz"}; /* with the letter z something is held back */
    for (uint64_t seed = 1; seed < 20; seed++) {
        Seen seen = {.limit = 500};
        LmOptions o = lm_options();
        o.sampling.temperature = 1.5f;
        o.max = 60;
        o.seed = seed;
        o.show = see;
        o.user = &seen;
        o.stops = stops;
        o.stop_count = seed % 2 ? 1 : 0;
        char *text = lm_continue(r.lm, "120", &o, &e);
        ck_assert_msg(text != NULL, "%s", e.text);
        ck_assert_str_eq(text, seen.text);
        TokenList ids = ids_of(&r, "120"), back = ids_of(&r, text);
        o.show = NULL;
        ck_assert(lm_continue_ids(r.lm, &ids, &o, &e));
        ck_assert_uint_eq(ids.count, 63);
        ck_assert_int_eq(seen.count, 60);
        ck_assert_int_eq(memcmp(ids.ids + 3, seen.ids, sizeof(int) * 60), 0);
        ck_assert_int_eq(memcmp(ids.ids + 3, back.ids, sizeof(int) * 60), 0);
        tokenizer_tokens_free(&ids);
        tokenizer_tokens_free(&back);
        free(text);
        Seen few = {.limit = 7};
        o.show = see;
        o.user = &few;
        free(lm_continue(r.lm, "120", &o, &e)); /* whoever has seen enough ends the text */
        ck_assert_int_eq(few.count, 7);
    }
    random_close(&r);
}
END_TEST

/* Texts at once are the texts one by one, also far beyond the context, and where some end before others. */
START_TEST(several_texts_are_the_single_ones)
{
    static const char *const families[] = {"gpt2", "llama", "qwen2"};
    enum { TEXTS = 37 }; /* in two groups */
    Error e = {""};
    for (int f = 0; f < 3; f++) {
        Random r = random_open(families[f], QUANT_NONE);
        char prompts[TEXTS][40], *texts[TEXTS], stop[2] = "5";
        const char *list[TEXTS], *stops[] = {stop};
        LmOptions o = lm_options();
        o.max = 100;
        o.sampling.temperature = 1;
        o.stops = stops;
        for (int i = 0; i < TEXTS; i++) {
            draw_text(&r, 1 + i % 13, (uint64_t)i, prompts[i]);
            list[i] = prompts[i];
        }
        for (o.stop_count = 0; o.stop_count < 2; o.stop_count++) {
            ck_assert_msg(lm_continue_all(r.lm, list, TEXTS, &o, texts, &e), "%s", e.text);
            for (int i = 0; i < TEXTS; i++) {
                LmOptions one = o;
                one.seed = o.seed + (uint64_t)i;
                char *alone = lm_continue(r.lm, prompts[i], &one, &e);
                ck_assert_str_eq(texts[i], alone);
                ck_assert(o.stop_count || strlen(alone) == 100);
                free(alone);
                free(texts[i]);
            }
        }
        random_close(&r);
    }
}
END_TEST

/* A call leaves nothing behind that the next one would see. */
START_TEST(calls_do_not_disturb_each_other)
{
    Error e = {""};
    Random r = random_open("llama", QUANT_INT8);
    LmScore score;
    LmOptions o = lm_options(), longer = o;
    o.sampling.temperature = longer.sampling.temperature = 1;
    o.max = 9;
    char *first = lm_continue(r.lm, "123", &o, &e);
    for (int i = 0; i < 3; i++) {
        longer.max = 5 + 60 * i;
        free(lm_continue(r.lm, "12", &longer, &e));
        ck_assert(lm_score(r.lm, "1", "23", &score, NULL, &e));
        char *again = lm_continue(r.lm, "123", &o, &e);
        ck_assert_str_eq(first, again);
        free(again);
    }
    free(first);
    random_close(&r);
}
END_TEST

START_TEST(beams_find_the_speakers_text)
{
    Error e = {""};
    Lm *lm = must_open(FIXTURES "speaker");
    LmOptions o = lm_options();
    o.beams = 3;
    o.length_penalty = 1;
    char *text = lm_continue(lm, "The", &o, &e);
    ck_assert_msg(text != NULL, "%s", e.text);
    ck_assert_str_eq(text, " cat sat.");
    free(text);
    lm_close(lm);
}
END_TEST

START_TEST(a_text_without_prompt_begins_somehow)
{
    Error e = {""};
    TokenList ids = {0};
    Lm *lm = must_open(FIXTURES "speaker");
    lm_start(lm, &ids);
    ck_assert(ids.count == 1 && ids.ids[0] == 1); /* <s>, of the template */
    lm_close(lm);
    copy_speaker("sed -i 's/\"post_processor\": {/\"none\": {/' tokenizer.json");
    lm = must_open(folder);
    ids.count = 0;
    lm_start(lm, &ids);
    ck_assert(ids.count == 1 && ids.ids[0] == 2); /* </s>, of config.json */
    lm_close(lm);
    Random r = random_open("gpt2", QUANT_NONE);
    ids.count = 0;
    lm_start(r.lm, &ids); /* no line break in the vocabulary */
    ck_assert(ids.count == 1 && ids.ids[0] == 0);
    ck_assert(lm_continue_ids(r.lm, &ids, NULL, &e));
    random_close(&r);
    tokenizer_tokens_free(&ids);
}
END_TEST

START_TEST(what_cannot_be_continued_is_said)
{
    Error e = {""};
    char text[200];
    Random r = random_open("llama", QUANT_NONE);
    draw_text(&r, r.model->config.context + 1, 3, text);
    ck_assert_ptr_null(lm_continue(r.lm, text, NULL, &e));
    ck_assert_msg(strstr(e.text, "the prompt has 44 tokens, but the model reads at most 43"), "%s", e.text);
    LmOptions o = lm_options();
    o.context = 10; /* who asks for a short window gets one */
    char *short_window = lm_continue(r.lm, text, &o, &e);
    ck_assert_ptr_nonnull(short_window);
    free(short_window);
    e = (Error){""};
    ck_assert_ptr_null(lm_continue(r.lm, "", NULL, &e));
    ck_assert_msg(strstr(e.text, "the prompt has no token"), "%s", e.text);
    random_close(&r);
    e = (Error){""};
    Lm *lm = must_open(FIXTURES "llama"); /* without tokenizer.json */
    ck_assert_ptr_null(lm_continue(lm, "1", NULL, &e));
    ck_assert_msg(strstr(e.text, "llama/tokenizer.json: No such file"), "%s", e.text);
    lm_close(lm);
    e = (Error){""};
    lm = must_open(FIXTURES "bert");
    TokenList ids = {0};
    tokenizer_tokens_add(&ids, 1, 0);
    ck_assert(!lm_continue_ids(lm, &ids, NULL, &e));
    ck_assert_msg(strstr(e.text, "fills gaps in a text and does not continue it"), "%s", e.text);
    tokenizer_tokens_free(&ids);
    lm_close(lm);
}
END_TEST

/* A token that was added to the tokenizer alone does no harm until it is used. */
START_TEST(a_token_without_a_row_is_refused_when_used)
{
    Error e = {""};
    copy_speaker(
        "sed -i 's/ \"added_tokens\": \\[/&{\"id\": 22, \"content\": \"[PAD]\", \"special\": true},/' "
        "tokenizer.json");
    Lm *lm = must_open(folder);
    char *text = lm_continue(lm, "The", NULL, &e);
    ck_assert_str_eq(text, " cat sat.");
    free(text);
    ck_assert_ptr_null(lm_continue(lm, "The[PAD]", NULL, &e));
    ck_assert_msg(strstr(e.text, "the token '[PAD]' has the number 22, but the model has 22 tokens"), "%s",
                  e.text);
    lm_close(lm);
}
END_TEST

/* ---- generation_config.json ---------------------------------------------------------------------- */

START_TEST(generation_config_names_ends_and_sampling)
{
    static const struct {
        const char *json;
        bool samples;
        int last; /* token of a text */
    } cases[] = {
        {"{\"eos_token_id\": [2, 3], \"do_sample\": true, \"temperature\": 0.5, \"top_k\": 7}", true, 3},
        {"{\"eos_token_id\": 3, \"temperature\": 0.5, \"top_k\": 7}", false, 3},
        {"{\"do_sample\": true}", false, 2},
        {"{}", false, 2},
    };
    Error e = {""};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char change[200];
        ModelSampling s = {.top_k = -1};
        TokenList ids = {0};
        snprintf(change, sizeof change, "echo '%s' > generation_config.json", cases[i].json);
        copy_speaker(change);
        Lm *lm = must_open(folder);
        ck_assert_int_eq(lm_sampling(lm, &s), cases[i].samples);
        ck_assert_int_eq(s.top_k, cases[i].samples ? 7 : -1);
        ck_assert(!cases[i].samples || (s.temperature == 0.5f && s.top_p == 1 && s.penalty == 1));
        ck_assert(lm_encode(lm, "The", true, &ids, &e) && lm_continue_ids(lm, &ids, NULL, &e));
        ck_assert_int_eq(ids.ids[ids.count - 1], cases[i].last);
        tokenizer_tokens_free(&ids);
        lm_close(lm);
    }
    static const char *const bad[][2] = {
        {"[]", "expected an object"},
        {"{\"temperature\": -1}", "temperature: expected a number from 0 to 100"},
        {"{\"top_p\": \"x\"}", "top_p: expected a number"},
        {"{\"eos_token_id\": \"x\"}", "eos_token_id: expected a token"},
        {"{", "line 2: not JSON: it ends before it is complete"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char change[200];
        e = (Error){""};
        snprintf(change, sizeof change, "echo '%s' > generation_config.json", bad[i][0]);
        copy_speaker(change);
        ck_assert_ptr_null(lm_open(folder, QUANT_NONE, &e));
        ck_assert_msg(strstr(e.text, "generation_config.json: ") && strstr(e.text, bad[i][1]), "%s",
                      e.text);
    }
}
END_TEST

/* What git leaves where git-lfs is missing is named, in every file of a folder. */
START_TEST(pointers_of_git_lfs_are_named)
{
    static const char *const files[] = {"config.json", "model.safetensors", "generation_config.json"};
    for (int i = 0; i < 3; i++) {
        char change[200];
        Error e = {""};
        snprintf(change, sizeof change,
                 "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:0\\nsize 9\\n' > %s",
                 files[i]);
        copy_speaker(change);
        ck_assert_ptr_null(lm_open(folder, QUANT_NONE, &e));
        ck_assert_msg(strstr(e.text, files[i]) && strstr(e.text, "a pointer of git-lfs"), "%s", e.text);
    }
}
END_TEST

/* ---- score --------------------------------------------------------------------------------------- */

/* ln p of ids[i] after `seen` tokens before it, read alone. */
static double log_probability(const ModelRun *m, const int *ids, int i, int seen)
{
    ModelSession *s = model_session_new(m, 1, 0);
    const float *z = model_session_read(s, 0, ids + i - seen, seen);
    double sum = 0;
    for (int k = 0; k < m->config.vocab; k++)
        sum += exp((double)z[k]);
    double log_p = (double)z[ids[i]] - log(sum);
    model_session_free(s);
    return log_p;
}

START_TEST(scores_are_sums_of_log_probabilities)
{
    Error e = {""};
    Random r = random_open("llama", QUANT_NONE);
    char prompt[100], rest[100];
    for (int round = 0; round < 6; round++) {
        int before = round, after = 1 + 5 * round;
        double each[100], sum = 0;
        LmScore score;
        draw_text(&r, before, (uint64_t)round, prompt);
        draw_text(&r, after, (uint64_t)round + 50, rest);
        ck_assert_msg(lm_score(r.lm, prompt, rest, &score, each, &e), "%s", e.text);
        char whole[200];
        snprintf(whole, sizeof whole, "%s%s", prompt, rest);
        TokenList ids = ids_of(&r, whole);
        int first = before ? before : 1;
        ck_assert_int_eq(score.tokens, (int)ids.count - first);
        ck_assert_uint_eq(score.bytes, ids.count - (size_t)first);
        for (int i = 0; i < score.tokens; i++) {
            double expected = log_probability(r.model, ids.ids, first + i, first + i);
            ck_assert_msg(fabs(each[i] - expected) < 1e-4, "%d: %g, expected %g", i, each[i], expected);
            sum += each[i];
        }
        ck_assert(fabs(sum - score.log_probability) < 1e-9);
        tokenizer_tokens_free(&ids);
    }
    random_close(&r);
}
END_TEST

/* Beyond the context a token sees what the window before it holds: from half a context on. */
START_TEST(long_texts_are_scored_in_windows)
{
    Error e = {""};
    Random r = random_open("gpt2", QUANT_NONE);
    int context = r.model->config.context, half = context / 2, n = 3 * context + 1;
    char text[400];
    double each[400];
    LmScore score;
    draw_text(&r, n, 9, text);
    ck_assert_msg(lm_score(r.lm, "", text, &score, each, &e), "%s", e.text);
    ck_assert_int_eq(score.tokens, n - 1);
    TokenList ids = ids_of(&r, text);
    for (int i = 1; i < n; i++) {
        int start = i <= context ? 0 : (i - context + half - 1) / half * half;
        double expected = log_probability(r.model, ids.ids, i, i - start);
        ck_assert_msg(i < half || i - start >= half, "%d sees %d", i, i - start);
        ck_assert_msg(fabs(each[i - 1] - expected) < 1e-4, "%d: %g, expected %g", i, each[i - 1], expected);
    }
    tokenizer_tokens_free(&ids);
    random_close(&r);
}
END_TEST

/* The speaker is sure of its words; BOS lets the first one be scored, too. */
START_TEST(what_is_said_scores_better)
{
    Error e = {""};
    LmScore said, other;
    Lm *lm = must_open(FIXTURES "speaker");
    ck_assert(lm_score(lm, "The cat", " sat", &said, NULL, &e) &&
              lm_score(lm, "The cat", " The", &other, NULL, &e));
    ck_assert(said.tokens == 1 && other.tokens == 1 && said.bytes == 4);
    ck_assert(said.log_probability > other.log_probability + 4);
    ck_assert(lm_score(lm, "", "The cat", &said, NULL, &e) && said.tokens == 2);
    lm_close(lm);
}
END_TEST

/* ---- hidden states ------------------------------------------------------------------------------- */

START_TEST(hidden_states_give_the_logits)
{
    static const char *const families[] = {"gpt2", "llama", "qwen2"};
    enum { N = 17 };
    Error e = {""};
    for (int f = 0; f < 3; f++) {
        Random r = random_open(families[f], QUANT_NONE);
        char text[60];
        int n, vocab = r.model->config.vocab, channels = r.model->config.channels;
        draw_text(&r, N, 4, text);
        float *states = lm_hidden(r.lm, text, &n, &e),
              *logits = memory_new(sizeof *logits * (size_t)(N * vocab));
        float *again = memory_new(sizeof *again * (size_t)(N * vocab));
        ck_assert_msg(states != NULL && n == N, "%s", e.text);
        TokenList ids = ids_of(&r, text);
        ModelSession *s = model_session_new(r.model, 1, 0);
        model_session_score(s, 0, ids.ids, N, logits);
        model_weight_product(&r.model->head, states, N, NULL, again);
        ck_assert(channels > 1 && tensor_distance(logits, again, (size_t)(N * vocab)) < 1e-5f);
        model_session_free(s);
        tokenizer_tokens_free(&ids);
        free(states);
        free(logits);
        free(again);
        random_close(&r);
    }
}
END_TEST

START_TEST(embeddings_are_pooled_and_of_length_1)
{
    static const char *const families[] = {"bert", "llama"};
    Error e = {""};
    for (int f = 0; f < 2; f++) {
        Random r = random_open(families[f], QUANT_NONE);
        int n, channels = r.model->config.channels;
        float *states = lm_hidden(r.lm, "3141592", &n, &e), embedding[256];
        ck_assert_msg(states != NULL && n == 7, "%s", e.text);
        for (int pooling = LM_POOLING_MEAN; pooling <= LM_POOLING_LAST; pooling++) {
            double x[256], length = 0;
            ck_assert(lm_embed(r.lm, "3141592", (LmPooling)pooling, embedding, &e));
            for (int j = 0; j < channels; j++) {
                double sum = 0;
                for (int i = 0; i < n; i++)
                    sum += (double)states[i * channels + j] / n;
                x[j] = pooling == LM_POOLING_MEAN
                           ? sum
                           : (double)states[(pooling == LM_POOLING_LAST ? n - 1 : 0) * channels + j];
                length += x[j] * x[j];
            }
            for (int j = 0; j < channels; j++)
                ck_assert(fabs((double)embedding[j] - x[j] / sqrt(length)) < 1e-6);
        }
        free(states);
        random_close(&r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lm");
    TCase *t = tcase_create("lm");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, a_question_needs_five_lines);
    tcase_add_test(t, the_first_blank_depends_on_the_prompt);
    tcase_add_test(t, stops_are_texts_and_special_tokens);
    tcase_add_test(t, pieces_are_the_text);
    tcase_add_test(t, several_texts_are_the_single_ones);
    tcase_add_test(t, calls_do_not_disturb_each_other);
    tcase_add_test(t, beams_find_the_speakers_text);
    tcase_add_test(t, a_text_without_prompt_begins_somehow);
    tcase_add_test(t, what_cannot_be_continued_is_said);
    tcase_add_test(t, a_token_without_a_row_is_refused_when_used);
    tcase_add_test(t, generation_config_names_ends_and_sampling);
    tcase_add_test(t, pointers_of_git_lfs_are_named);
    tcase_add_test(t, scores_are_sums_of_log_probabilities);
    tcase_add_test(t, long_texts_are_scored_in_windows);
    tcase_add_test(t, what_is_said_scores_better);
    tcase_add_test(t, hidden_states_give_the_logits);
    tcase_add_test(t, embeddings_are_pooled_and_of_length_1);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
