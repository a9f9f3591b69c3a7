/* capabilities_tour.c -- what a small language model can do, and what it cannot, section 1.1.
 *
 * Asks the base model of this book a hundred unseen questions of each kind, in both languages, and shows the first
 * of them with its answer. Beside the model stand two that understand nothing. "Corpus" looks up the training
 * question that shares the most text with the one asked, and repeats its answer: what mere memory of the corpus
 * gives. "Luck" always gives the most frequent answer. What the model gets right beyond the two, it computed. */
#include "common/base/base.h"
#include "common/model/lm.h"
#include "common/world/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANY = -1, MEMORY = 2000 };

typedef struct Ability {
    const char *name;
    WorldKind kind;
    WorldSide side;  /* of the questions */
    int task, label; /* or ANY */
} Ability;

static const Ability abilities[] = {
    {"repeats a fact that it read", WORLD_QUESTION, WORLD_TRAIN, WORLD_ASK_FACT, ANY},
    {"answers what it read, but never as a question", WORLD_QUESTION, WORLD_TEST, WORLD_ASK_FACT, ANY},
    {"finds in a new passage what somebody did", WORLD_PASSAGE, WORLD_TEST, WORLD_WHAT, 1},
    {"finds out what \"it\" is", WORLD_PRONOUN, WORLD_TEST, ANY, ANY},
    {"remembers what a user said", WORLD_DIALOGUE, WORLD_TEST, ANY, ANY},
    {"translates", WORLD_TRANSLATION, WORLD_TEST, ANY, ANY},
    {"sums up a story", WORLD_SUMMARY, WORLD_TEST, ANY, ANY},
    {"writes an order as JSON", WORLD_RECORD, WORLD_TEST, ANY, ANY},
    {"solves a word problem, step by step", WORLD_PROBLEM, WORLD_TEST, ANY, ANY},
    {"finds in a new passage who did it", WORLD_PASSAGE, WORLD_TEST, WORLD_WHO, 1},
    {"says that a passage does not tell", WORLD_PASSAGE, WORLD_TEST, ANY, 0},
    {"combines two facts: where does her friend live?", WORLD_QUESTION, WORLD_TEST, WORLD_ASK_TWO_HOPS,
     ANY}};

enum { ABILITIES = sizeof abilities / sizeof *abilities };

/* ---- questions and answers ----------------------------------------------------------------------------- */

typedef struct Questions {
    WorldSamples samples;
    char **prompts; /* (samples.count) without steps and answer */
} Questions;

static Questions questions_new(const Ability *a, WorldSide side, WorldLanguage language, int count,
                               uint64_t seed)
{
    Rng rng = rng_new(seed);
    WorldRequest request = {a->kind, language, side, a->task == ANY && a->label == ANY ? count : 12 * count,
                            0,       0};
    Questions q = {world_samples(&request, &rng), NULL};
    int kept = 0;
    for (int i = 0; i < q.samples.count && kept < count; i++) {
        const WorldSample *s = &q.samples.items[i];
        if ((a->task == ANY || s->task == a->task) && (a->label == ANY || s->label == a->label))
            q.samples.items[kept++] = *s;
    }
    q.samples.count = kept;
    q.prompts = memory_new(sizeof *q.prompts * ((size_t)kept + 1));
    for (int i = 0; i < kept; i++)
        q.prompts[i] = world_sample_question(&q.samples.items[i]);
    return q;
}

static void questions_free(Questions *q)
{
    for (int i = 0; i < q->samples.count; i++)
        free(q->prompts[i]);
    free(q->prompts);
    world_samples_free(&q->samples);
}

/* Of a word problem, whose steps are written out, the number at the end counts. */
static bool is_right(const WorldSample *s, const char *said)
{
    const char *number = said + strlen(said);
    while (number > said && number[-1] >= '0' && number[-1] <= '9')
        number--;
    return strcmp(s->kind == WORLD_PROBLEM ? number : said, s->answer) == 0;
}

//> ask
/* Continues every prompt to the end of its line, always with the most probable token. */
static void model_answers(Lm *lm, const Questions *q, char **answers)
{
    static const char *const line_end = "\n";
    Error e = {""};
    LmOptions how = lm_options();
    how.stops = &line_end;
    how.stop_count = 1;
    if (!lm_continue_all(lm, (const char *const *)q->prompts, q->samples.count, &how, answers, &e))
        error_exit(&e);
}
//< ask

/* ---- two that understand nothing ----------------------------------------------------------------------- */

//> corpus
/* Which pieces of six bytes a text has (two characters of Chinese, a word of English), hashed into a set. */
typedef struct Pieces {
    uint64_t bits[64];
} Pieces;

static Pieces pieces_of(const char *text)
{
    Pieces p = {{0}};
    for (size_t i = 0; i + 6 <= strlen(text); i++) {
        uint64_t piece = 0;
        memcpy(&piece, text + i, 6);
        piece *= 0x9e3779b97f4a7c15u;
        p.bits[piece >> 58] |= 1ull << (piece >> 52 & 63);
    }
    return p;
}

/* Shared pieces over the geometric mean of all: 1 for equal texts. */
static double similarity(const Pieces *a, const Pieces *b)
{
    int shared = 0, of_a = 0, of_b = 0;
    for (int i = 0; i < 64; i++) {
        shared += __builtin_popcountll(a->bits[i] & b->bits[i]);
        of_a += __builtin_popcountll(a->bits[i]);
        of_b += __builtin_popcountll(b->bits[i]);
    }
    return shared / sqrt((double)of_a * of_b + 1e-9);
}

/* The answer to the most similar question of training. */
static const char *corpus_answer(const Questions *memory, const Pieces *known, const char *prompt)
{
    Pieces asked = pieces_of(prompt);
    int best = 0;
    for (int i = 1; i < memory->samples.count; i++) {
        if (similarity(&known[i], &asked) > similarity(&known[best], &asked))
            best = i;
    }
    return memory->samples.items[best].answer;
}
//< corpus

/* ---- the tour ------------------------------------------------------------------------------------------ */

typedef struct Score {
    int asked, model, corpus, luck;
} Score;

static Score score_of(const Questions *q, const char *const *answers, const Ability *a,
                      WorldLanguage language, uint64_t seed)
{
    const Ability all = {a->name, a->kind, WORLD_TRAIN, ANY, ANY};
    Questions memory = questions_new(&all, WORLD_TRAIN, language, MEMORY, seed + 1);
    Pieces *known = memory_new(sizeof *known * (size_t)memory.samples.count);
    const char *frequent = world_samples_usual_answer(&memory.samples);
    Score score = {.asked = q->samples.count};
    for (int i = 0; i < memory.samples.count; i++)
        known[i] = pieces_of(memory.prompts[i]);
    for (int i = 0; i < q->samples.count; i++) {
        const WorldSample *s = &q->samples.items[i];
        score.model += is_right(s, answers[i]);
        score.corpus += strcmp(corpus_answer(&memory, known, q->prompts[i]), s->answer) == 0;
        score.luck += strcmp(frequent, s->answer) == 0;
    }
    free(known);
    questions_free(&memory);
    return score;
}

/* `before`, then the text in lines of at most 96 columns. */
static void print_text(const char *before, const char *text)
{
    fputs(before, stdout);
    terminal_wrap(stdout, text, 96, "     ");
}

static void print_example(const char *prompt, const WorldSample *s, const char *said)
{
    print_text("   ? ", prompt);
    print_text("\n   = ", said);
    if (is_right(s, said))
        puts("   (right)");
    else
        printf("   (wrong: %s)\n", s->answer);
}

static void print_score(const char *language, Score s)
{
    StatsInterval i = stats_wilson(s.model, s.asked, 0.95);
    printf("   %-8s right %3.0f%% of %d [%.0f, %.0f]   corpus %3.0f%%   luck %3.0f%%\n", language,
           100.0 * s.model / s.asked, s.asked, 100 * i.low, 100 * i.high, 100.0 * s.corpus / s.asked,
           100.0 * s.luck / s.asked);
}

static void examine(Lm *lm, const Ability *a, WorldLanguage language, int count, uint64_t seed)
{
    Questions q = questions_new(a, a->side, language, count, seed);
    char **answers = memory_new(sizeof *answers * ((size_t)q.samples.count + 1));
    const char **said = memory_new(sizeof *said * ((size_t)q.samples.count + 1));
    model_answers(lm, &q, answers);
    for (int i = 0; i < q.samples.count; i++)
        said[i] = answers[i] + strspn(answers[i], " ");
    print_example(q.prompts[0], &q.samples.items[0], said[0]);
    print_score(language == WORLD_EN ? "English" : "Chinese", score_of(&q, said, a, language, seed));
    for (int i = 0; i < q.samples.count; i++)
        free(answers[i]);
    free(answers);
    free(said);
    questions_free(&q);
}

static void print_story(Lm *lm, WorldLanguage language, uint64_t seed)
{
    const Ability story = {"writes", WORLD_STORY, WORLD_TEST, ANY, ANY};
    Questions q = questions_new(&story, WORLD_TEST, language, 1, seed);
    char *text;
    model_answers(lm, &q, &text);
    char whole[4096];
    snprintf(whole, sizeof whole, "%s |%s", q.prompts[0], text);
    print_text("   ", whole);
    putchar('\n');
    free(text);
    questions_free(&q);
}

/* Questions about the world outside, which no text of its corpus mentions. */
static void print_outside(Lm *lm)
{
    static const char *const prompts[] = {"The capital of France is", "2 + 2 =", "Water boils at",
                                          "中国的首都是"};
    Error e = {""};
    LmOptions how = lm_options();
    how.max = 12;
    for (int i = 0; i < 4; i++) {
        char *text = lm_continue(lm, prompts[i], &how, &e);
        if (!text)
            error_exit(&e);
        printf("   %s |%.*s\n", prompts[i], (int)strcspn(text, "\n"), text);
        free(text);
    }
}

int main(int argc, char **argv)
{
    const char *folder = "ch05/models/book_gpt";
    int count = 100;
    uint64_t seed = 1;
    Error e = {""};
    const Option options[] = {option_dir("model", &folder, "folder of a decoder"),
                              option_int("count", &count, 1, 1000, "questions of each kind and language"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "What a small language model can do, and what it cannot, section 1.1.",
                  options);
    Lm *lm = lm_open(folder, QUANT_NONE, &e);
    if (!lm || !lm_tokenizer(lm, &e) || !lm_writes(lm, &e))
        error_exit(&e);
    puts("1. It writes. A story begins before the bar; the model continues it:");
    print_story(lm, WORLD_EN, seed);
    print_story(lm, WORLD_ZH, seed);
    for (int i = 0; i < ABILITIES; i++) {
        printf("\n%d. It %s:\n", i + 2, abilities[i].name);
        examine(lm, &abilities[i], WORLD_EN, count, seed);
        examine(lm, &abilities[i], WORLD_ZH, count, seed);
    }
    puts("\nIt knows nothing that was not in its corpus, and does not know that it does not know:");
    print_outside(lm);
    lm_close(lm);
    return error_finish();
}
