/* exam.c -- what the base models know of the little world, section 5.4.4.
 *
 * Asks both of them and reads their answers. The GPT goes on with a question, always with the likeliest token, and its
 * answer counts if it is the right one word for word (a fact: if the world has it so, in whatever words). The BERT gets
 * question and answer, the answer hidden, a [MASK] for each of its tokens, and must fill all gaps rightly; to write is
 * not its business. All but what is marked so was kept from training. Beside them stands a guess that needs no model:
 * whatever training answers most often to questions of the kind. */
#include "common/nn/argmax.h"
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/model.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IDS = 512, MAX_TOKENS = 96, MAX_TEXT = 1024, ANY = -1 };

typedef struct Settings {
    const char *gpt, *bert;
    int count;
    bool show;
    uint64_t seed;
} Settings;

/* A row of the table: samples of a kind, of one task, or with one label. */
typedef struct Subject {
    WorldKind kind;
    WorldSide side;
    int task, label;
    bool fills; /* short enough to be filled in */
    const char *what;
} Subject;

static const Subject subjects[] = {
    {WORLD_FACT, WORLD_TRAIN, ANY, ANY, true, "a fact, as training tells it"},
    {WORLD_FACT, WORLD_TEST, ANY, ANY, true, "a fact, in words that training never used"},
    {WORLD_QUESTION, WORLD_TRAIN, WORLD_ASK_FACT, ANY, true, "a fact that training asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_FACT, ANY, true,
     "a fact that training tells but never asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_TWO_HOPS, ANY, true, "a fact about somebody's best friend"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_GAP, ANY, true, "what nobody told: I do not know"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHAT, 1, true, "what somebody bought: the passage says it"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHO, 1, true, "who bought it"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHERE, 1, true, "where"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHEN, 1, true, "on which day"},
    {WORLD_PASSAGE, WORLD_TEST, ANY, 0, true, "the passage does not say it"},
    {WORLD_PRONOUN, WORLD_TEST, ANY, ANY, true, "what \"it\" is"},
    {WORLD_SENSE, WORLD_TEST, ANY, ANY, true, "which sense of a word is meant"},
    {WORLD_SENTENCE, WORLD_TEST, ANY, ANY, true, "what two sentences are about"},
    {WORLD_DIALOGUE, WORLD_TEST, ANY, ANY, true, "what the user said some turns ago"},
    {WORLD_RECORD, WORLD_TEST, ANY, ANY, false, "an order, as JSON"},
    {WORLD_TRANSLATION, WORLD_TEST, ANY, ANY, false, "a sentence in the other language"},
    {WORLD_SUMMARY, WORLD_TEST, ANY, ANY, false, "a story in one sentence"},
    {WORLD_PROBLEM, WORLD_TEST, 0, ANY, false, "a word problem of two steps"},
    {WORLD_PROBLEM, WORLD_TEST, 1, ANY, false, "of three"},
    {WORLD_PROBLEM, WORLD_TEST, 2, ANY, false, "of four"}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

typedef struct Reader {
    ModelRun *model;
    Tokenizer *tokenizer;
    ModelSession *session; /* of a GPT; NULL for a BERT */
} Reader;

/* ---- answers ---------------------------------------------------------------------------------------- */

/* Appends the tokens of a text to ids, which hold count, at most `max`; how many there are now. */
static int append_ids(const Reader *r, const char *text, int *ids, int count, int max)
{
    Error e = {""};
    TokenList list = {0};
    if (!tokenizer_encode(r->tokenizer, text, strlen(text), false, &list, &e))
        error_exit(&e);
    for (size_t i = 0; i < list.count && count < max; i++)
        ids[count++] = list.ids[i];
    tokenizer_tokens_free(&list);
    return count;
}

/* How many tokens the reader may be given. */
static int room(const Reader *r)
{
    return r->model->config.context < MAX_IDS ? r->model->config.context : MAX_IDS;
}

/* The token between two texts. */
static int text_end(const Reader *r)
{
    return r->model->config.ends[0];
}

//> answer
/* Goes on with the prompt, always with the likeliest token, to the end of the line. Nothing stands in front of the
 * prompt, because nothing did in training (--align). */
static void answer(const Reader *r, const char *prompt, char text[MAX_TEXT])
{
    Error e = {""};
    int ids[MAX_IDS], count = append_ids(r, prompt, ids, 0, room(r) - MAX_TOKENS);
    TokenStream *stream = tokenizer_stream_new(r->tokenizer, false);
    text[0] = '\0';
    model_session_rewind(r->session, 0, 0);
    const float *logits = model_session_read(r->session, 0, ids, count);
    for (; count < room(r) && !strchr(text, '\n'); count++) {
        int next = nn_argmax(logits, r->model->config.vocab);
        if (next == text_end(r))
            break;
        const char *more = tokenizer_stream_add(stream, next, &e);
        strncat(text, more ? more : "", MAX_TEXT - 1 - strlen(text));
        logits = model_session_read(r->session, 0, &next, 1);
    }
    strncat(text, tokenizer_stream_end(stream), MAX_TEXT - 1 - strlen(text));
    tokenizer_stream_free(stream);
}
//< answer

/* Without white space around it. */
static const char *trim(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        text[--size] = '\0';
    return text + strspn(text, " ");
}

/* Of a problem what counts is the number behind the last step. */
static const char *last_number(const char *text)
{
    const char *start = text;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            start = c + 1;
    }
    return start;
}

/* The sample without its steps and its answer; a line break before the answer belongs to the question. */
static char *question_of(const WorldSample *s)
{
    WorldSample question = *s;
    question.steps = question.answer = "";
    char *whole = world_sample_join(s), *start = world_sample_join(&question);
    size_t size = strlen(start);
    whole[size + (whole[size] == '\n')] = '\0';
    free(start);
    return whole;
}

/* What the world has so: statements and answered questions, of both sides. The beginning of a fact can end rightly in
 * more ways than one: "Tim likes" in what he does or wears, "小刚最喜欢吃" also as a question, with its answer. */
enum { TRUTHS = 4 };

static void draw_truths(WorldSamples truths[TRUTHS], WorldLanguage language)
{
    enum { ALL = 2000 };
    for (int i = 0; i < TRUTHS; i++) {
        Rng rng = rng_new(1);
        WorldRequest request = {
            i < 2 ? WORLD_FACT : WORLD_QUESTION, language, (WorldSide)(i % 2), ALL, 0, 0};
        truths[i] = world_samples(&request, &rng);
    }
}

/* Whether one of the samples reads so. */
static bool is_among(const char *text, const WorldSamples *samples)
{
    bool found = false;
    for (int i = 0; i < samples->count && !found; i++) {
        char *sample = world_sample_join(&samples->items[i]);
        found = strcmp(sample, text) == 0;
        free(sample);
    }
    return found;
}

static bool is_right(const WorldSample *s, const WorldSamples truths[TRUTHS], const char *prompt,
                     const char *said)
{
    char text[2 * MAX_TEXT];
    bool right = strcmp(s->kind == WORLD_PROBLEM ? last_number(said) : said, s->answer) == 0;
    snprintf(text, sizeof text, "%s%s%s", prompt, s->language == WORLD_EN ? " " : "", said);
    for (int i = 0; i < TRUTHS && !right; i++)
        right = is_among(text, &truths[i]);
    return right;
}

static bool writes_right(const Reader *gpt, const WorldSample *s, const WorldSamples truths[TRUTHS],
                         bool show)
{
    char text[MAX_TEXT];
    char *prompt = question_of(s);
    answer(gpt, prompt, text);
    const char *said = trim(text);
    bool right = is_right(s, truths, prompt, said);
    if (show)
        printf("  %s\n    %s  %s\n", prompt, right ? "+" : "-", said);
    free(prompt);
    return right;
}

//> fill
/* The question, and a gap for each token of the answer: whether the likeliest token is right in all of them. */
static bool fills_right(const Reader *bert, const WorldSample *s)
{
    int vocab = bert->model->config.vocab, channels = bert->model->config.channels;
    int mask = tokenizer_id(bert->tokenizer, "[MASK]"), end = tokenizer_id(bert->tokenizer, "[SEP]");
    int ids[MAX_IDS] = {tokenizer_id(bert->tokenizer, "[CLS]")}, right[MAX_IDS];
    char *question = question_of(s);
    int from = append_ids(bert, question, ids, 1, room(bert) - 1);
    int to = append_ids(bert, s->answer, ids, from, room(bert) - 1);
    for (int i = from; i < to; i++) {
        right[i] = ids[i];
        ids[i] = mask;
    }
    ids[to] = end;
    float *states = memory_new(sizeof *states * (size_t)(to + 1) * (size_t)channels);
    float *logits = memory_new(sizeof *logits * (size_t)(to - from + 1) * (size_t)vocab);
    model_encode(bert->model, ids, NULL, to + 1, states);
    model_encode_logits(bert->model, states + (size_t)from * (size_t)channels, to - from + 1, logits);
    int wrong = to == from; /* no room was left for the answer */
    for (int i = from; i < to; i++)
        wrong += nn_argmax(logits + (size_t)(i - from) * (size_t)vocab, vocab) != right[i];
    free(question);
    free(states);
    free(logits);
    return wrong == 0;
}
//< fill

/* ---- the table -------------------------------------------------------------------------------------- */

/* A fact that is told backwards ("Winter is what Tim likes") has no beginning to go on from. */
static bool belongs(const Subject *subject, const WorldSample *s)
{
    return (s->kind != WORLD_FACT || s->prompt[0]) && (subject->task == ANY || subject->task == s->task) &&
           (subject->label == ANY || subject->label == s->label);
}

/* The samples of a subject alone, at most `count`; where it is a part of its kind, more are drawn to choose from. */
static WorldSamples choose(const Subject *subject, WorldLanguage language, int count, uint64_t seed)
{
    Rng rng = rng_new(seed);
    bool part = subject->task != ANY || subject->label != ANY || subject->kind == WORLD_FACT;
    WorldRequest request = {subject->kind, language, subject->side, part ? 12 * count : count, 0, 0};
    WorldSamples s = world_samples(&request, &rng);
    int kept = 0;
    for (int i = 0; i < s.count && kept < count; i++) {
        if (belongs(subject, &s.items[i]))
            s.items[kept++] = s.items[i];
    }
    s.count = kept;
    return s;
}

/* The answer that most samples have. */
static const char *max_frequent(const WorldSamples *s)
{
    const char *best = "";
    int max = 0;
    for (int i = 0; i < s->count; i++) {
        int same = 0;
        for (int j = 0; j < s->count; j++)
            same += strcmp(s->items[i].answer, s->items[j].answer) == 0;
        if (same > max) {
            max = same;
            best = s->items[i].answer;
        }
    }
    return best;
}

typedef struct Result {
    double gpt, bert, guess; /* right answers, per cent */
} Result;

static Result examine(const Reader *gpt, const Reader *bert, const Settings *s, const Subject *subject,
                      WorldLanguage language)
{
    const Subject all = {subject->kind, WORLD_TRAIN, ANY, ANY, false, ""};
    WorldSamples train = choose(&all, language, 500, s->seed);
    WorldSamples test = choose(subject, language, s->count, s->seed);
    WorldSamples truths[TRUTHS] = {0};
    if (subject->kind == WORLD_FACT)
        draw_truths(truths, language);
    const char *guess = max_frequent(&train);
    Result result = {0, 0, 0};
    for (int i = 0; i < test.count; i++) {
        double share = 100.0 / test.count;
        result.gpt += writes_right(gpt, &test.items[i], truths, s->show) ? share : 0;
        result.bert += subject->fills && fills_right(bert, &test.items[i]) ? share : 0;
        result.guess += strcmp(guess, test.items[i].answer) == 0 ? share : 0;
    }
    world_samples_free(&train);
    world_samples_free(&test);
    for (int i = 0; i < TRUTHS; i++)
        world_samples_free(&truths[i]);
    return result;
}

static void print_table(const Reader *gpt, const Reader *bert, const Settings *s)
{
    printf(
        "Right answers, per cent, in English and in Chinese; guess: what training answers most often\n\n");
    printf("%-64s%9s%12s%12s\n", "", "GPT", "BERT", "guess");
    for (int i = 0; i < SUBJECTS; i++) {
        const Subject *subject = &subjects[i];
        Result en = examine(gpt, bert, s, subject, WORLD_EN), zh = examine(gpt, bert, s, subject, WORLD_ZH);
        printf("  %-12s%-48s%5.0f %5.0f", world_kind_name(subject->kind), subject->what, en.gpt, zh.gpt);
        if (subject->fills)
            printf(" %5.0f %5.0f", en.bert, zh.bert);
        else
            printf(" %5s %5s", "-", "-");
        printf(" %5.0f %5.0f\n", en.guess, zh.guess);
        fflush(stdout);
    }
}

/* ---- stories ---------------------------------------------------------------------------------------- */

/* -log2 of the probability that softmax gives to an id. */
static double surprise(const float *logits, int vocab, int id)
{
    double max = (double)logits[nn_argmax(logits, vocab)], sum = 0;
    for (int i = 0; i < vocab; i++)
        sum += exp((double)logits[i] - max);
    return (max + log(sum) - (double)logits[id]) / log(2);
}

/* The bytes of a token. */
static size_t token_size(const Reader *r, int id)
{
    Error e = {""};
    size_t size;
    char *bytes = tokenizer_decode(r->tokenizer, &id, 1, true, &size, &e);
    if (!bytes)
        error_exit(&e);
    free(bytes);
    return size;
}

/* The mean of -log2 p over the bytes of unseen stories, each from its second token on. */
static double bits_per_byte(const Reader *r, const Settings *s, WorldLanguage language)
{
    const Subject story = {WORLD_STORY, WORLD_TEST, ANY, ANY, false, ""};
    WorldSamples stories = choose(&story, language, s->count, s->seed);
    int vocab = r->model->config.vocab, ids[MAX_IDS];
    float *logits = memory_new(sizeof *logits * (size_t)vocab * MAX_IDS);
    double bits = 0, bytes = 0;
    for (int i = 0; i < stories.count; i++) {
        char *text = world_sample_join(&stories.items[i]);
        int count = append_ids(r, text, ids, 0, room(r));
        model_session_rewind(r->session, 0, 0);
        model_session_score(r->session, 0, ids, count, logits);
        for (int t = 0; t + 1 < count; t++)
            bits += surprise(logits + (size_t)t * (size_t)vocab, vocab, ids[t + 1]);
        bytes += (double)(strlen(text) - token_size(r, ids[0]));
        free(text);
    }
    free(logits);
    world_samples_free(&stories);
    return bits / bytes;
}

/* An unseen beginning, and how the model goes on. */
static void print_story(const Reader *r, WorldLanguage language, uint64_t seed)
{
    const Subject story = {WORLD_STORY, WORLD_TEST, ANY, ANY, false, ""};
    WorldSamples s = choose(&story, language, 1, seed);
    char text[MAX_TEXT];
    answer(r, s.items[0].prompt, text);
    printf("  %s |%s\n", s.items[0].prompt, text);
    world_samples_free(&s);
}

static void print_stories(const Reader *r, const Settings *s)
{
    double en = bits_per_byte(r, s, WORLD_EN), zh = bits_per_byte(r, s, WORLD_ZH);
    printf("\nUnseen stories: %.2f bits a byte in English, %.2f in Chinese (random bytes: 8). ", en, zh);
    puts("Two, from their beginning on:\n");
    print_story(r, WORLD_EN, s->seed);
    print_story(r, WORLD_ZH, s->seed);
}

/* ---- the program ------------------------------------------------------------------------------------ */

static Reader reader_open(const char *folder, bool writes)
{
    static const char *const marks[] = {"[CLS]", "[SEP]", "[MASK]", NULL};
    Error e = {""};
    ModelRun *m = model_run_load(folder, QUANT_NONE, &e);
    if (!m)
        error_exit(&e);
    if (writes &&
        (m->config.family == MODEL_BERT || m->config.end_count == 0 || m->config.context < 2 * MAX_TOKENS))
        error_exitf("%s: expected a decoder with a token that ends a text and a context of at least %d",
                    folder, 2 * MAX_TOKENS);
    if (!writes && (m->config.family != MODEL_BERT || m->head.rows == 0))
        error_exitf("%s: expected a bert with its head for hidden words", folder);
    Tokenizer *t = model_folder_tokenizer(folder, m->config.vocab, writes ? NULL : marks, &e);
    if (!t)
        error_exit(&e);
    return (Reader){m, t, writes ? model_session_new(m, 1, 0) : NULL};
}

static void reader_close(Reader *r)
{
    model_session_free(r->session);
    tokenizer_free(r->tokenizer);
    model_run_free(r->model);
}

int main(int argc, char **argv)
{
    Settings s = {.gpt = "ch05/models/book_gpt", .bert = "ch05/models/book_bert", .count = 40, .seed = 1};
    const Option options[] = {option_dir("gpt", &s.gpt, "folder of a decoder"),
                              option_dir("bert", &s.bert, "folder of a bert"),
                              option_int("count", &s.count, 1, 2000, "questions of each kind and language"),
                              option_flag("show", &s.show, "print each question and what the GPT says"),
                              option_seed(&s.seed),
                              OPTION_END};
    options_parse(argc, argv, "What the base models know of the little world, section 5.4.4.", options);
    Reader gpt = reader_open(s.gpt, true), bert = reader_open(s.bert, false);
    print_table(&gpt, &bert, &s);
    print_stories(&gpt, &s);
    reader_close(&gpt);
    reader_close(&bert);
    return error_finish();
}
