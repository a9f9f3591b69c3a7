/* eval_models.c -- what the base models know of the little world, section 5.4.4.
 *
 * Asks both models and reads their answers. The GPT continues a question, always with the most probable
 * token, and its answer counts if it is correct word for word (a fact: if the world has it so, in any
 * wording). The BERT gets question and answer, the answer hidden, a [MASK] for each of its tokens, and
 * must fill every gap correctly; it does not write. Except where a row says so, all questions were kept
 * from training. Beside both models is a guess that needs none: the most frequent answer that training
 * gives to questions of the kind. */
#include "ch05/questions.h"
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/lm.h"
#include "common/nn/argmax.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    const char *gpt, *bert;
    int count;
    bool quick, show;
    uint64_t seed;
} Settings;

typedef struct Models {
    Lm *gpt, *bert;
} Models;

/* ---- answers ------------------------------------------------------------------------------------- */

/* Continues each question to the end of its line, many of them at once. */
static void answer_all(Lm *gpt, char *const *prompts, int count, char **answers)
{
    static const char *const line_end = "\n";
    Error e = {""};
    LmOptions how = lm_options(); /* greedy */
    how.stops = &line_end;
    how.stop_count = 1;
    how.context = lm_model(gpt)->config.context; /* of a longer question the end is read */
    if (!lm_continue_all(gpt, (const char *const *)prompts, count, &how, answers, &e))
        error_exit(&e);
}

/* Without white space around it. */
static const char *trim(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        text[--size] = '\0';
    return text + strspn(text, " ");
}

static TokenList ids_of(const Lm *lm, const char *text)
{
    Error e = {""};
    TokenList ids = {0};
    if (!lm_encode(lm, text, false, &ids, &e))
        error_exit(&e);
    return ids;
}

/* [CLS] question, a [MASK] for each token of the answer, [SEP]. Returns where the gaps begin. */
static int hide_answer(const Lm *bert, const TokenList *question, const TokenList *answer, int *ids)
{
    const Tokenizer *t = lm_tokenizer(bert, NULL);
    int n = 0;
    ids[n++] = tokenizer_id(t, "[CLS]");
    memcpy(ids + n, question->ids, question->count * sizeof *ids);
    n += (int)question->count;
    for (size_t i = 0; i < answer->count; i++)
        ids[n + (int)i] = tokenizer_id(t, "[MASK]");
    ids[n + (int)answer->count] = tokenizer_id(t, "[SEP]");
    return n;
}

/* Whether the most probable token is correct in all gaps. */
static bool fills_right(const Lm *bert, const char *prompt, const char *answer)
{
    const ModelRun *m = lm_model(bert);
    TokenList question = ids_of(bert, prompt), right = ids_of(bert, answer);
    int gaps = (int)right.count, all = (int)question.count + gaps + 2, vocab = m->config.vocab, wrong = 0;
    bool fits = all <= m->config.context;
    int *ids = memory_new(sizeof *ids * (size_t)all);
    float *states = memory_new(sizeof *states * (size_t)all * (size_t)m->config.channels);
    float *logits = memory_new(sizeof *logits * (size_t)(gaps + 1) * (size_t)vocab);
    int from = hide_answer(bert, &question, &right, ids);
    if (fits) {
        model_encode(m, ids, NULL, all, states);
        model_encode_logits(m, states + (size_t)from * (size_t)m->config.channels, gaps, logits);
    }
    for (int i = 0; i < gaps && fits; i++)
        wrong += nn_argmax(logits + (size_t)i * (size_t)vocab, vocab) != right.ids[i];
    tokenizer_tokens_free(&question);
    tokenizer_tokens_free(&right);
    free(ids);
    free(states);
    free(logits);
    return fits && wrong == 0;
}

/* ---- the table ----------------------------------------------------------------------------------- */

/* How many questions were asked, and how many of the answers were right; `misplaced`: how many wrong ones
 * stand in the passage that was read. */
typedef struct Result {
    int asked, gpt, bert, guess, misplaced;
} Result;

/* Counts an answer of the GPT. */
static void mark(Result *r, const WorldSample *s, const Truths *truths, const char *prompt, char *text,
                 bool show)
{
    const char *said = trim(text);
    bool right = is_right(s, truths, prompt, said);
    r->gpt += right;
    r->misplaced += !right && said[0] && strstr(s->passage, said);
    if (show)
        printf("  %s\n    %s  %s\n", prompt, right ? "+" : "-", said);
}

static Result examine(const Models *m, const Settings *s, const Subject *subject, WorldLanguage language)
{
    const Subject all = {subject->kind, WORLD_TRAIN, SUBJECT_ANY, SUBJECT_ANY, false, ""};
    WorldSamples train = questions_choose(&all, language, 500, s->seed);
    WorldSamples test = questions_choose(subject, language, s->count, s->seed);
    Truths truths = subject->kind == WORLD_FACT ? truths_new(language) : (Truths){NULL, 0};
    char **prompts = memory_new(sizeof *prompts * ((size_t)test.count + 1));
    char **answers = memory_new(sizeof *answers * ((size_t)test.count + 1));
    Result r = {.asked = test.count};
    int filled = 0;
    for (int i = 0; i < test.count; i++)
        prompts[i] = world_sample_question(&test.items[i]);
    answer_all(m->gpt, prompts, test.count, answers);
#pragma omp parallel for schedule(dynamic, 1) reduction(+ : filled)
    for (int i = 0; i < test.count; i++)
        filled += subject->fills && fills_right(m->bert, prompts[i], test.items[i].answer);
    r.bert = filled;
    for (int i = 0; i < test.count; i++) {
        r.guess += strcmp(world_samples_usual_answer(&train), test.items[i].answer) == 0;
        mark(&r, &test.items[i], &truths, prompts[i], answers[i], s->show);
        free(prompts[i]);
        free(answers[i]);
    }
    free(prompts);
    free(answers);
    world_samples_free(&train);
    world_samples_free(&test);
    truths_free(&truths);
    return r;
}

static void print_share(int right, int asked)
{
    StatsInterval i = stats_wilson(right, asked, 0.95);
    printf("  %3.0f [%3.0f, %3.0f]", 100.0 * right / asked, 100 * i.low, 100 * i.high);
}

static void print_table(const Models *m, const Settings *s, WorldLanguage language)
{
    const char *code = language == WORLD_EN ? "en" : "zh";
    int wrong = 0, misplaced = 0;
    printf("%-63s%5s  %-14s  %-14s  %s\n", language == WORLD_EN ? "English" : "Chinese", "asked", "GPT",
           "BERT", "guess");
    for (int i = 0; i < SUBJECTS; i++) {
        const Subject *subject = &subjects[i];
        Result r = examine(m, s, subject, language);
        if (r.asked == 0)
            continue;
        printf("  %s %-12s%-46s%5d", code, world_kind_name(subject->kind), subject->what, r.asked);
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
           "occur in it elsewhere\n\n",
           code, wrong, misplaced);
}

/* ---- stories ------------------------------------------------------------------------------------- */

static const Subject story = {WORLD_STORY, WORLD_TEST, SUBJECT_ANY, SUBJECT_ANY, false, ""};

/* The mean of -log2 p over the bytes of unseen stories, each from its second token on. */
static double bits_per_byte(Lm *gpt, const Settings *s, WorldLanguage language)
{
    Error e = {""};
    WorldSamples stories = questions_choose(&story, language, s->count, s->seed);
    double bits = 0, bytes = 0;
    for (int i = 0; i < stories.count; i++) {
        LmScore score;
        char *text = world_sample_join(&stories.items[i]);
        if (!lm_score(gpt, "", text, &score, NULL, &e))
            error_exit(&e);
        bits -= score.log_probability / log(2);
        bytes += (double)score.bytes;
        free(text);
    }
    world_samples_free(&stories);
    return bits / bytes;
}

/* The first sentences of an unseen story, and how the model continues it. */
static void print_story(Lm *gpt, WorldLanguage language, uint64_t seed)
{
    WorldSamples s = questions_choose(&story, language, 1, seed);
    char *prompt = memory_string(s.items[0].prompt), *text;
    answer_all(gpt, &prompt, 1, &text);
    printf("  %s |%s\n", prompt, text);
    free(prompt);
    free(text);
    world_samples_free(&s);
}

/* ---- the program --------------------------------------------------------------------------------- */

static Lm *open_model(const char *folder, bool writes)
{
    static const char *const marks[] = {"[CLS]", "[SEP]", "[MASK]"};
    Error e = {""};
    Lm *lm = lm_open(folder, QUANT_NONE, &e);
    if (!lm || !lm_tokenizer(lm, &e) || (writes && !lm_writes(lm, &e)))
        error_exit(&e);
    if (!writes && (lm_model(lm)->config.family != MODEL_BERT || lm_model(lm)->head.rows == 0))
        error_exitf("%s: expected a bert with its head for hidden words", folder);
    for (int i = 0; i < 3 && !writes; i++) {
        if (tokenizer_id(lm_tokenizer(lm, NULL), marks[i]) < 0)
            error_exitf("%s/tokenizer.json: expected a token %s", folder, marks[i]);
    }
    return lm;
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
    const Models m = {open_model(s.gpt, true), open_model(s.bert, false)};
    puts("Right answers, per cent [95% interval]; guess: the most frequent answer in training\n");
    print_table(&m, &s, WORLD_EN);
    print_table(&m, &s, WORLD_ZH);
    printf("Unseen stories: %.2f bits a byte in English, %.2f in Chinese (random bytes: 8). ",
           bits_per_byte(m.gpt, &s, WORLD_EN), bits_per_byte(m.gpt, &s, WORLD_ZH));
    puts("Two, continued from their first sentences:\n");
    print_story(m.gpt, WORLD_EN, s.seed);
    print_story(m.gpt, WORLD_ZH, s.seed);
    lm_close(m.gpt);
    lm_close(m.bert);
    return error_finish();
}
