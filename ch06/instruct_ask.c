/* instruct_ask.c -- questions of the test side, as chat and as plain text, and which answers are right. */
#include "ch06/instruct.h"

#include "common/world/turns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const instruct_names[INSTRUCT_GROUPS] = {"instructions, known tasks",
                                                     "instructions, new tasks",
                                                     "kinds never seen as chat",
                                                     "reading: it says so",
                                                     "reading: not said",
                                                     "two hops",
                                                     "word problems",
                                                     "JSON",
                                                     "roles",
                                                     "calls of tools",
                                                     "dialogue",
                                                     "formal letters",
                                                     "reviews"};

/* A group's kinds, and which of their samples: of label and of held tasks, or any (-1). */
typedef struct Chosen {
    WorldKind kinds[3];
    int kind_count, label, held, tokens;
} Chosen;

static const Chosen chosen[INSTRUCT_GROUPS] = {
    [INSTRUCT_TASKS] = {{WORLD_INSTRUCTION}, 1, -1, 0, 40},
    [INSTRUCT_NEW] = {{WORLD_INSTRUCTION}, 1, -1, 1, 40},
    [INSTRUCT_KINDS] = {{WORLD_PRONOUN, WORLD_SENSE, WORLD_SENTENCE}, 3, -1, -1, 20},
    [INSTRUCT_READING] = {{WORLD_READING}, 1, 1, -1, 20},
    [INSTRUCT_UNKNOWN] = {{WORLD_READING}, 1, 0, -1, 20},
    [INSTRUCT_HOPS] = {{WORLD_HOPS}, 1, -1, -1, 70},
    [INSTRUCT_REASON] = {{WORLD_REASON}, 1, 1, -1, 90},
    [INSTRUCT_FORM] = {{WORLD_FORM}, 1, -1, -1, 80},
    [INSTRUCT_ROLE] = {{WORLD_ROLE}, 1, -1, -1, 50},
    [INSTRUCT_TOOL] = {{WORLD_TOOL}, 1, -1, -1, 40},
    [INSTRUCT_DIALOGUE] = {{WORLD_DIALOGUE}, 1, -1, -1, 30},
    [INSTRUCT_STYLE] = {{WORLD_STYLE}, 1, -1, -1, 90},
    [INSTRUCT_REVIEW] = {{WORLD_REVIEW}, 1, -1, -1, 10},
};

/* ---- drawing ----------------------------------------------------------------------------------------- */

/* A question, as turns up to the one that is asked for, and as text. */
typedef struct Question {
    WorldTurns turns;
    ChatMessage messages[WORLD_MAX_TURNS];
    int asked; /* the turn that is asked for */
    char *text, *said;
    WorldKind kind;
} Question;

/* Of a tool the call is asked for, else the last turn. */
static Question question_of(const WorldSample *s)
{
    Question q = {.turns = world_turns(s), .text = world_sample_question(s), .kind = s->kind};
    q.asked = q.turns.count - 1;
    for (int i = 0; i < q.turns.count; i++) {
        q.messages[i] = chat_message(q.turns.items[i].role, q.turns.items[i].content);
        if (s->kind == WORLD_TOOL && strcmp(q.turns.items[i].role, "assistant") == 0 && i < q.asked)
            q.asked = i;
    }
    return q;
}

static bool is_wanted(const Chosen *c, const WorldSample *s)
{
    return (c->label < 0 || s->label == c->label) &&
           (c->held < 0 || world_task_held(s->kind, s->task) == (c->held == 1));
}

/* Whether question and answer fit into the model's context, in either form. */
static bool fits(Chat *chat, const Question *q, int answer)
{
    Error e = {""};
    TokenList text = {0}, talk = {0};
    const ChatConversation c = {.messages = q->messages, .count = q->asked};
    if (!lm_encode(chat_lm(chat), q->text, true, &text, &e) ||
        !chat_prompt_ids(chat_template_of(chat), lm_tokenizer(chat_lm(chat), &e), &c, &talk, &e))
        error_exit(&e);
    size_t longer = text.count > talk.count ? text.count : talk.count;
    tokenizer_tokens_free(&text);
    tokenizer_tokens_free(&talk);
    return (int)longer + answer <= lm_model(chat_lm(chat))->config.context;
}

static void question_free(Question *q)
{
    world_turns_free(&q->turns);
    free(q->text);
    free(q->said);
}

/* At most n of a kind and a language. */
static int draw(Chat *chat, const Chosen *c, WorldKind kind, WorldLanguage language, int n, uint64_t seed,
                Question *q)
{
    enum { DRAWN = 10 };
    Rng rng = rng_new(seed);
    WorldRequest request = {.kind = kind, .language = language, .side = WORLD_TEST, .count = DRAWN * n};
    WorldSamples s = world_samples(&request, &rng);
    int count = 0;
    for (int i = 0; i < s.count && count < n; i++) {
        if (!is_wanted(c, &s.items[i]))
            continue;
        q[count] = question_of(&s.items[i]);
        if (fits(chat, &q[count], c->tokens))
            count++;
        else
            question_free(&q[count]);
    }
    world_samples_free(&s);
    return count;
}

/* ---- judging ----------------------------------------------------------------------------------------- */

/* What comes after the steps: after the last sentence's end that is not the text's, or the last number. */
static const char *conclusion(WorldKind kind, const char *said)
{
    const char *start = said;
    for (const char *c = said; *c && (kind == WORLD_HOPS || kind == WORLD_REASON); c++) {
        if (kind == WORLD_REASON && (*c < '0' || *c > '9'))
            start = c + 1;
        else if (kind == WORLD_HOPS && strncmp(c, ". ", 2) == 0)
            start = c + 2;
        else if (kind == WORLD_HOPS && strncmp(c, "。", strlen("。")) == 0 && c[strlen("。")])
            start = c + strlen("。");
    }
    return start;
}

static const char *trimmed(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && strchr(" \n", text[size - 1]))
        text[--size] = '\0';
    return text + strspn(text, " \n");
}

static bool is_right(const Question *q)
{
    const char *expected = q->turns.items[q->asked].content, *said = trimmed(q->said);
    return strcmp(conclusion(q->kind, said), conclusion(q->kind, expected)) == 0;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

static void ask_plain(Chat *chat, Question *q, int count, LmOptions *o)
{
    static const char *const ends[] = {"\n", "<result>"};
    Error e = {""};
    const char **prompts = memory_new(sizeof *prompts * (size_t)count);
    char **said = memory_new(sizeof *said * (size_t)count);
    for (int i = 0; i < count; i++)
        prompts[i] = q[i].text;
    o->stops = ends;
    o->stop_count = 2;
    if (!lm_continue_all(chat_lm(chat), prompts, count, o, said, &e))
        error_exit(&e);
    for (int i = 0; i < count; i++)
        q[i].said = said[i];
    free(prompts);
    free(said);
}

static void ask_chat(Chat *chat, Question *q, int count, const LmOptions *o)
{
    Error e = {""};
    ChatConversation *c = memory_new(sizeof *c * (size_t)count);
    char **said = memory_new(sizeof *said * (size_t)count);
    for (int i = 0; i < count; i++)
        c[i] = (ChatConversation){.messages = q[i].messages, .count = q[i].asked};
    if (!chat_answer_all(chat, c, count, o, said, &e))
        error_exit(&e);
    for (int i = 0; i < count; i++)
        q[i].said = said[i];
    free(c);
    free(said);
}

/* Those of a group, in both languages. */
static Question *questions_new(Chat *chat, InstructGroup group, int n, uint64_t seed, int *count)
{
    const Chosen *c = &chosen[group];
    Question *q = memory_new(sizeof *q * (size_t)(WORLD_LANGUAGES * (n + 3)));
    *count = 0;
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (int i = 0; i < c->kind_count; i++)
            *count += draw(chat, c, c->kinds[i], (WorldLanguage)language,
                           (n + c->kind_count - 1) / c->kind_count, seed, q + *count);
    }
    return q;
}

static void questions_free(Question *q, int count)
{
    for (int i = 0; i < count; i++)
        question_free(&q[i]);
    free(q);
}

InstructScore instruct_ask(Chat *chat, InstructGroup group, bool plain, int n, uint64_t seed)
{
    InstructScore score = {0, 0};
    Question *q = questions_new(chat, group, n, seed, &score.n);
    LmOptions o = lm_options();
    o.max = chosen[group].tokens;
    o.context = lm_model(chat_lm(chat))->config.context;
    if (plain)
        ask_plain(chat, q, score.n, &o);
    else
        ask_chat(chat, q, score.n, &o);
    for (int i = 0; i < score.n; i++)
        score.hits += is_right(&q[i]);
    questions_free(q, score.n);
    return score;
}

double instruct_answer_loss(Chat *chat, InstructGroup group, int n, uint64_t seed)
{
    Error e = {""};
    int count;
    Question *q = questions_new(chat, group, n, seed, &count);
    double nats = 0, tokens = 0;
    for (int i = 0; i < count; i++) {
        LmScore score;
        const ChatConversation asked = {.messages = q[i].messages, .count = q[i].asked};
        if (!chat_score(chat, &asked, q[i].turns.items[q[i].asked].content, &score, &e))
            error_exit(&e);
        nats -= score.log_probability;
        tokens += score.tokens;
    }
    questions_free(q, count);
    return nats / tokens;
}

double instruct_story_loss(Chat *chat, int n, uint64_t seed)
{
    Error e = {""};
    double nats = 0, tokens = 0;
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        Rng rng = rng_new(seed);
        WorldRequest request = {
            .kind = WORLD_STORY, .language = (WorldLanguage)language, .side = WORLD_TEST, .count = n};
        WorldSamples s = world_samples(&request, &rng);
        for (int i = 0; i < s.count; i++) {
            LmScore score;
            char *text = world_sample_join(&s.items[i]);
            if (!lm_score(chat_lm(chat), "", text, &score, NULL, &e))
                error_exit(&e);
            nats -= score.log_probability;
            tokens += score.tokens;
            free(text);
        }
        world_samples_free(&s);
    }
    return nats / tokens;
}

/* ---- before and after -------------------------------------------------------------------------------- */

/* Questions that are shown, with their right answers. */
static const char *const shown[][2] = {{"Say the last word: cat, lamp, sun", "sun"},
                                       {"Write in capital letters: red kite", "RED KITE"},
                                       {"把这些数从大到小写出来：3、15、8", "15、8、3"},
                                       {"你是谁？", "我是book_chat，这本书训练的一个小语言模型。"}};
enum { SHOWN = sizeof shown / sizeof *shown };

InstructMeasured instruct_measure(Chat *chat, int groups, int n, int stories, uint64_t seed)
{
    Error e = {""};
    InstructMeasured r = {.groups = groups};
    for (int i = 0; i < groups; i++) {
        r.plain[i] = instruct_ask(chat, (InstructGroup)i, true, n, seed);
        r.chat[i] = instruct_ask(chat, (InstructGroup)i, false, n, seed);
        r.loss[i] = instruct_answer_loss(chat, (InstructGroup)i, n, seed);
    }
    r.story = instruct_story_loss(chat, stories, seed);
    LmOptions o = lm_options();
    o.max = 30;
    for (int i = 0; i < SHOWN; i++) {
        LmScore score;
        ChatMessage m = chat_message("user", shown[i][0]);
        const ChatConversation asked = {.messages = &m, .count = 1};
        if (!(r.said[i] = chat_ask(chat, shown[i][0], &o, &e)) ||
            !chat_score(chat, &asked, shown[i][1], &score, &e))
            error_exit(&e);
        r.said[i][strcspn(r.said[i], "\n")] = '\0';
        r.known[i] = score.log_probability;
    }
    return r;
}

static double percent(InstructScore s)
{
    return s.n > 0 ? 100.0 * s.hits / s.n : (double)NAN;
}

static void print_losses(const InstructMeasured *before, const InstructMeasured *after)
{
    static const TabularColumn columns[] = {{"before", 2}, {"after", 2}};
    Tabular *t = tabular_with("right answers as chat: nats per token", columns, 2);
    bool nearer = true;
    for (int i = 0; i < before->groups; i++) {
        tabular_row(t, instruct_names[i], (double[]){before->loss[i], after->loss[i]});
        nearer &= !isfinite(before->loss[i]) || 3 * after->loss[i] < 2 * before->loss[i];
    }
    tabular_print(t);
    terminal_verdict(nearer, "in every group they lie at least a third nearer");
}

void instruct_print(InstructMeasured *before, InstructMeasured *after)
{
    static const TabularColumn columns[] = {{"n", 0},           {"text before", 0}, {"text after", 0},
                                            {"chat before", 0}, {"chat after", 0},  {"low", 0},
                                            {"high", 0}};
    Tabular *t = tabular_with("right answers (%)", columns, 7);
    for (int i = 0; i < before->groups; i++) {
        InstructScore last = after->chat[i];
        StatsInterval w = last.n > 0 ? stats_wilson(last.hits, last.n, 0.95) : (StatsInterval){0, 1};
        tabular_row(t, instruct_names[i],
                    (double[]){last.n, percent(before->plain[i]), percent(after->plain[i]),
                               percent(before->chat[i]), percent(last), 100 * w.low, 100 * w.high});
    }
    tabular_print(t);
    print_losses(before, after);
    printf("unseen stories: %.3f nats per token before, %.3f after\n", before->story, after->story);
    puts("answers before and after, and ln of the probability of the right one:");
    for (int i = 0; i < SHOWN; i++) {
        printf("  %s\n    before: %s\n    after:  %s  (%.1f -> %.1f)\n", shown[i][0], before->said[i],
               after->said[i], before->known[i], after->known[i]);
        free(before->said[i]);
        free(after->said[i]);
    }
}
