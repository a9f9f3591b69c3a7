/* exam.c -- what the base models know of the little world, section 5.4.4.
 *
 * Asks both models and reads their answers. The GPT continues a question, always with the most probable token, and its
 * answer counts if it is correct word for word (a fact: if the world has it so, in any wording). The BERT gets question
 * and answer, the answer hidden, a [MASK] for each of its tokens, and must fill every gap correctly; it does not write.
 * Except where a row says so, all questions were kept from training. Beside both models is a guess that needs none:
 * the most frequent answer that training gives to questions of the kind. */
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/model.h"
#include "common/nn/argmax.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IDS = 512, MAX_TOKENS = 96, MAX_TEXT = 1024, ANY = -1 };

typedef struct Settings {
    const char *gpt, *bert;
    int count;
    bool quick, show;
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
    {WORLD_FACT, WORLD_TRAIN, ANY, ANY, true, "as training tells it"},
    {WORLD_FACT, WORLD_TEST, ANY, ANY, true, "in words that training never used"},
    {WORLD_QUESTION, WORLD_TRAIN, WORLD_ASK_FACT, ANY, true, "a fact that training also asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_FACT, ANY, true,
     "a fact that training tells but never asks for"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_TWO_HOPS, ANY, true, "a fact about somebody's best friend"},
    {WORLD_QUESTION, WORLD_TEST, WORLD_ASK_GAP, ANY, true, "a fact that nobody told: I do not know"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHAT, 1, true, "what somebody bought, lost or drew"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHO, 1, true, "who did it"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHERE, 1, true, "where"},
    {WORLD_PASSAGE, WORLD_TEST, WORLD_WHEN, 1, true, "on which day"},
    {WORLD_PASSAGE, WORLD_TEST, ANY, 0, true, "any of these; the passage does not say"},
    {WORLD_PRONOUN, WORLD_TEST, ANY, ANY, true, "what \"it\" is"},
    {WORLD_SENSE, WORLD_TEST, ANY, ANY, true, "which sense of a word is meant"},
    {WORLD_SENTENCE, WORLD_TEST, ANY, ANY, true, "what two sentences are about"},
    {WORLD_DIALOGUE, WORLD_TEST, ANY, ANY, true, "what the user said several turns ago"},
    {WORLD_RECORD, WORLD_TEST, ANY, ANY, false, "an order, as JSON"},
    {WORLD_TRANSLATION, WORLD_TEST, ANY, ANY, false, "a sentence in the other language"},
    {WORLD_SUMMARY, WORLD_TEST, ANY, ANY, false, "a story in one sentence"},
    {WORLD_PROBLEM, WORLD_TEST, 0, ANY, false, "a word problem in two steps"},
    {WORLD_PROBLEM, WORLD_TEST, 1, ANY, false, "in three steps"},
    {WORLD_PROBLEM, WORLD_TEST, 2, ANY, false, "in four steps"}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

typedef struct Reader {
    ModelRun *model;
    Tokenizer *tokenizer;
    ModelSession **sessions; /* of a GPT, one for each thread; NULL for a BERT */
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

/* The session of the calling thread. */
static ModelSession *own_session(const Reader *r)
{
    return r->sessions[omp_get_thread_num()];
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

/* Continues the prompt, always with the most probable token, to the end of the line. Nothing precedes the prompt,
 * because nothing did in training (--align). */
static void answer(const Reader *r, const char *prompt, char text[MAX_TEXT])
{
    Error e = {""};
    int ids[MAX_IDS], count = append_ids(r, prompt, ids, 0, room(r) - MAX_TOKENS);
    TokenStream *stream = tokenizer_stream_new(r->tokenizer, false);
    ModelSession *session = own_session(r);
    text[0] = '\0';
    model_session_rewind(session, 0, 0);
    const float *logits = model_session_read(session, 0, ids, count);
    for (; count < room(r) && !strchr(text, '\n'); count++) {
        int next = nn_argmax(logits, r->model->config.vocab);
        if (next == text_end(r))
            break;
        const char *more = tokenizer_stream_add(stream, next, &e);
        strncat(text, more ? more : "", MAX_TEXT - 1 - strlen(text));
        logits = model_session_read(session, 0, &next, 1);
    }
    strncat(text, tokenizer_stream_end(stream), MAX_TEXT - 1 - strlen(text));
    tokenizer_stream_free(stream);
}

/* Without white space around it. */
static const char *trim(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        text[--size] = '\0';
    return text + strspn(text, " ");
}

/* Of a problem only the number after the last step counts. */
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

/* All that is true in the world: statements and answered questions, of both sides. The beginning of a fact can be
 * completed correctly in several ways: "Tim likes" by what he does or wears, "小刚最喜欢吃" also as a question with its
 * answer. */
typedef struct Truths {
    char **text;
    int count;
} Truths;

static Truths truths_new(WorldLanguage language)
{
    enum { ALL = 2000 };
    static const WorldKind kinds[] = {WORLD_FACT, WORLD_FACT, WORLD_QUESTION, WORLD_QUESTION};
    Truths t = {memory_new(sizeof *t.text * 4 * ALL), 0};
    for (int i = 0; i < 4; i++) {
        Rng rng = rng_new(1);
        WorldRequest request = {kinds[i], language, (WorldSide)(i % 2), ALL, 0, 0};
        WorldSamples s = world_samples(&request, &rng);
        for (int k = 0; k < s.count; k++)
            t.text[t.count++] = world_sample_join(&s.items[k]);
        world_samples_free(&s);
    }
    return t;
}

static void truths_free(Truths *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->text[i]);
    free(t->text);
}

/* `said` has no white space around it. */
static bool is_right(const WorldSample *s, const Truths *truths, const char *prompt, const char *said)
{
    char text[2 * MAX_TEXT];
    bool right = strcmp(s->kind == WORLD_PROBLEM ? last_number(said) : said, s->answer) == 0;
    if (s->kind != WORLD_FACT)
        return right;
    snprintf(text, sizeof text, "%s%s%s", prompt, s->language == WORLD_EN ? " " : "", said);
    for (int i = 0; i < truths->count && !right; i++)
        right = strcmp(text, truths->text[i]) == 0;
    return right;
}

/* The question, and a gap for each token of the answer: whether the most probable token is correct in all of them. */
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
static const char *most_frequent(const WorldSamples *s)
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

/* A question and its answer by the GPT. */
typedef struct Reply {
    char *prompt, text[MAX_TEXT];
    const char *said; /* the text without the white space around it */
    bool right, filled;
} Reply;

/* How many questions were asked, and how many of the answers were right; `misplaced`: how many wrong ones stand in the
 * passage that was read. */
typedef struct Result {
    int asked, gpt, bert, guess, misplaced;
} Result;

static void ask(const Reader *gpt, const Reader *bert, const Subject *subject, const Truths *truths,
                const WorldSample *s, Reply *reply)
{
    reply->prompt = question_of(s);
    answer(gpt, reply->prompt, reply->text);
    reply->said = trim(reply->text);
    reply->right = is_right(s, truths, reply->prompt, reply->said);
    reply->filled = subject->fills && fills_right(bert, s);
}

/* Questions are independent, so each thread takes the next one. */
static Result examine(const Reader *gpt, const Reader *bert, const Settings *s, const Subject *subject,
                      WorldLanguage language)
{
    const Subject all = {subject->kind, WORLD_TRAIN, ANY, ANY, false, ""};
    WorldSamples train = choose(&all, language, 500, s->seed);
    WorldSamples test = choose(subject, language, s->count, s->seed);
    Truths truths = subject->kind == WORLD_FACT ? truths_new(language) : (Truths){NULL, 0};
    Reply *replies = memory_new(sizeof *replies * (size_t)test.count);
    const char *guess = most_frequent(&train);
    Result result = {.asked = test.count};
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < test.count; i++)
        ask(gpt, bert, subject, &truths, &test.items[i], &replies[i]);
    for (int i = 0; i < test.count; i++) {
        const Reply *r = &replies[i];
        result.gpt += r->right;
        result.bert += r->filled;
        result.guess += strcmp(guess, test.items[i].answer) == 0;
        result.misplaced += !r->right && r->said[0] && strstr(test.items[i].passage, r->said);
        if (s->show)
            printf("  %s\n    %s  %s\n", r->prompt, r->right ? "+" : "-", r->said);
        free(r->prompt);
    }
    free(replies);
    world_samples_free(&train);
    world_samples_free(&test);
    truths_free(&truths);
    return result;
}

//> wilson
/* The 95% interval of a share of which k of n were seen, in per cent: the shares from which k is less than 1.96
 * standard errors away (Wilson, 1927). It stays between 0 and 100, also where k is 0 or n. */
static void wilson(int k, int n, double *low, double *high)
{
    double z = 1.96, p = (double)k / n, scale = 1 + z * z / n, middle = p + z * z / (2.0 * n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n));
    *low = fmax(0, 100 * (middle - half) / scale); /* not -0 */
    *high = 100 * (middle + half) / scale;
}
//< wilson

static void print_share(int right, int asked)
{
    double low, high;
    wilson(right, asked, &low, &high);
    printf("  %3.0f [%3.0f, %3.0f]", 100.0 * right / asked, low, high);
}

static void print_table(const Reader *gpt, const Reader *bert, const Settings *s, WorldLanguage language)
{
    int wrong = 0, misplaced = 0;
    printf("%-63s%5s  %-14s  %-14s  %s\n", language == WORLD_EN ? "English" : "Chinese", "asked", "GPT",
           "BERT", "guess");
    for (int i = 0; i < SUBJECTS; i++) {
        const Subject *subject = &subjects[i];
        Result r = examine(gpt, bert, s, subject, language);
        if (r.asked == 0)
            continue;
        printf("  %s %-12s%-46s%5d", language == WORLD_EN ? "en" : "zh", world_kind_name(subject->kind),
               subject->what, r.asked);
        print_share(r.gpt, r.asked);
        if (subject->fills)
            print_share(r.bert, r.asked);
        else
            printf("  %3s %10s", "-", "");
        printf("  %5.0f\n", 100.0 * r.guess / r.asked);
        fflush(stdout);
        if (subject->kind == WORLD_PASSAGE && subject->label == 1) {
            wrong += r.asked - r.gpt;
            misplaced += r.misplaced;
        }
    }
    printf("  %s passage questions whose answer the passage holds: the GPT is wrong in %d, of which %d "
           "occur in "
           "it elsewhere\n\n",
           language == WORLD_EN ? "en" : "zh", wrong, misplaced);
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
        model_session_rewind(r->sessions[0], 0, 0);
        model_session_score(r->sessions[0], 0, ids, count, logits);
        for (int t = 0; t + 1 < count; t++)
            bits += surprise(logits + (size_t)t * (size_t)vocab, vocab, ids[t + 1]);
        bytes += (double)(strlen(text) - token_size(r, ids[0]));
        free(text);
    }
    free(logits);
    world_samples_free(&stories);
    return bits / bytes;
}

/* The first sentences of an unseen story, and how the model continues it. */
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
    printf("Unseen stories: %.2f bits a byte in English, %.2f in Chinese (random bytes: 8). ", en, zh);
    puts("Two, continued from their first sentences:\n");
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
    Reader r = {m, t, NULL};
    int threads = omp_get_max_threads();
    if (writes)
        r.sessions = memory_new(sizeof *r.sessions * (size_t)threads);
    for (int i = 0; writes && i < threads; i++)
        r.sessions[i] = model_session_new(m, 1, 0);
    return r;
}

static void reader_close(Reader *r)
{
    for (int i = 0; r->sessions && i < omp_get_max_threads(); i++)
        model_session_free(r->sessions[i]);
    free(r->sessions);
    tokenizer_free(r->tokenizer);
    model_run_free(r->model);
}

int main(int argc, char **argv)
{
    enum { QUICK = 40 };
    Settings s = {.gpt = "ch05/models/book_gpt", .bert = "ch05/models/book_bert", .count = 400, .seed = 1};
    const Option options[] = {
        option_dir("gpt", &s.gpt, "folder of a decoder"),
        option_dir("bert", &s.bert, "folder of a bert"),
        option_int("count", &s.count, 1, 2000, "questions of each kind and language"),
        option_flag("quick", &s.quick, "at most 40 questions of each kind and language"),
        option_flag("show", &s.show, "print each question and the GPT's answer"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "What the base models know of the little world, section 5.4.4.", options);
    if (s.quick && s.count > QUICK)
        s.count = QUICK;
    Reader gpt = reader_open(s.gpt, true), bert = reader_open(s.bert, false);
    puts("Right answers, per cent [95% interval]; guess: the most frequent answer in training\n");
    print_table(&gpt, &bert, &s, WORLD_EN);
    print_table(&gpt, &bert, &s, WORLD_ZH);
    print_stories(&gpt, &s);
    reader_close(&gpt);
    reader_close(&bert);
    return error_finish();
}
