/* report_card.c -- what a model can do in the little world: one table for every stage of the book's models.
 *
 *     ./ch05/report_card
 *     ./ch05/report_card --model ch05/models/book_gpt --model ch06/out/book_chat --json card.json
 *
 * Asks any decoder's folder everything on the test side, in both languages: passages, two hops, examples in a row,
 * word problems, code that is compiled and run, JSON, roles, tools, and stories in bits a byte. The table is
 * Markdown, a column for each model, with the goals of the base model and whether they are reached; --json has all
 * counts and intervals. Every prompt is continued with the most probable token. */
#include "ch05/card.h"
#include "common/base/base.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    CardSettings card;
    OptionList models;
    const char *json, *against;
    bool quick;
} Settings;

typedef struct Card {
    const char *name;
    CardCount *counts[WORLD_LANGUAGES]; /* (card_row_count) */
    double story_bits[WORLD_LANGUAGES];
} Card;

static const char *const codes[WORLD_LANGUAGES] = {[WORLD_ZH] = "zh", [WORLD_EN] = "en"};

/* ---- asking -------------------------------------------------------------------------------------- */

static Card card_of(const char *folder, const Settings *s)
{
    Error e = {""};
    Lm *lm = lm_open(folder, QUANT_NONE, &e);
    if (!lm || !lm_tokenizer(lm, &e) || !lm_writes(lm, &e))
        error_exit(&e);
    Card card = {.name = folder};
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        card.counts[language] = memory_zero((size_t)card_row_count, sizeof *card.counts[language]);
        card_ask(lm, (WorldLanguage)language, &s->card, card.counts[language]);
        if (card_chosen(&s->card.only, "story"))
            card.story_bits[language] =
                card_story_bits(lm, (WorldLanguage)language, s->card.count, s->card.seed);
    }
    lm_close(lm);
    return card;
}

/* ---- what came of it ----------------------------------------------------------------------------- */

static double percent(CardCount c)
{
    return c.asked ? 100.0 * c.hits / c.asked : 0;
}

static double difference(const Card *card, int language, const CardDifference *d)
{
    const CardCount *counts = card->counts[language];
    return percent(counts[card_find_row(d->more)]) - percent(counts[card_find_row(d->less)]);
}

/* Where there is a goal. */
static const char *reached(double value, double goal, bool at_most)
{
    return goal == 0 ? "" : (at_most ? value <= goal : value >= goal) ? "yes" : "no";
}

static const char *goal_text(double goal, bool at_most, char text[16])
{
    snprintf(text, 16, "%s %.0f", at_most ? "<=" : ">=", goal);
    return goal == 0 ? "" : text;
}

/* ---- Markdown ------------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void print_head(const Card *cards, int count)
{
    printf("| what | language | n | goal |");
    for (int i = 0; i < count; i++)
        printf(" %s | reached |", base_name(cards[i].name));
    printf("\n|---|---|---|---|");
    for (int i = 0; i < count; i++)
        printf("---|---|");
    puts("");
}

static void print_row(const Card *cards, int count, int row, int language)
{
    const CardRow *r = &card_rows[row];
    char goal[16];
    printf("| %s: %s | %s | %d | %s |", r->id, r->what, codes[language],
           cards[0].counts[language][row].asked, goal_text(r->goal, r->at_most, goal));
    for (int i = 0; i < count; i++) {
        CardCount c = cards[i].counts[language][row];
        StatsInterval wilson = c.asked ? stats_wilson(c.hits, c.asked, 0.95) : (StatsInterval){0, 0};
        printf(" %.0f [%.0f, %.0f] | %s |", percent(c), 100 * wilson.low, 100 * wilson.high,
               reached(percent(c), r->goal, r->at_most));
    }
    puts("");
}

static void print_markdown(const Card *cards, int count, const OptionList *only)
{
    char goal[16];
    puts("Right answers on the test side, per cent [95% interval]\n");
    print_head(cards, count);
    for (int row = 0; row < card_row_count; row++) {
        for (int language = WORLD_LANGUAGES - 1; language >= 0 && card_chosen(only, card_rows[row].id);
             language--)
            print_row(cards, count, row, language);
    }
    for (int i = 0; i < card_difference_count; i++) {
        const CardDifference *d = &card_differences[i];
        for (int language = WORLD_LANGUAGES - 1; language >= 0 && card_chosen(only, d->id); language--) {
            printf("| %s: %s, points | %s | | %s |", d->id, d->what, codes[language],
                   goal_text(d->goal, d->at_most, goal));
            for (int k = 0; k < count; k++) {
                double points = difference(&cards[k], language, d);
                printf(" %.0f | %s |", points, reached(points, d->goal, d->at_most));
            }
            puts("");
        }
    }
    for (int language = WORLD_LANGUAGES - 1; language >= 0 && card_chosen(only, "story"); language--) {
        printf("| story: unseen stories, bits a byte | %s | | |", codes[language]);
        for (int k = 0; k < count; k++)
            printf(" %.3f | |", cards[k].story_bits[language]);
        puts("");
    }
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void add_goal(json_t *entry, double value, double goal, bool at_most)
{
    if (goal == 0)
        return;
    json_object_set_new(entry, at_most ? "at_most" : "at_least", json_real(goal));
    json_object_set_new(entry, "reached", json_boolean(at_most ? value <= goal : value >= goal));
}

static json_t *json_of(const Card *card)
{
    json_t *rows = json_array();
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (int i = 0; i < card_row_count; i++) {
            CardCount c = card->counts[language][i];
            StatsInterval wilson = c.asked ? stats_wilson(c.hits, c.asked, 0.95) : (StatsInterval){0, 0};
            json_t *entry = json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f}", "id", card_rows[i].id, "what",
                                      card_rows[i].what, "language", codes[language], "n", c.asked, "hits",
                                      c.hits, "low", 100 * wilson.low, "high", 100 * wilson.high);
            add_goal(entry, percent(c), card_rows[i].goal, card_rows[i].at_most);
            json_array_append_new(rows, entry);
        }
        for (int i = 0; i < card_difference_count; i++) {
            const CardDifference *d = &card_differences[i];
            double points = difference(card, language, d);
            json_t *entry = json_pack("{s:s, s:s, s:s, s:f}", "id", d->id, "what", d->what, "language",
                                      codes[language], "points", points);
            add_goal(entry, points, d->goal, d->at_most);
            json_array_append_new(rows, entry);
        }
        json_array_append_new(rows, json_pack("{s:s, s:s, s:f}", "id", "story", "language", codes[language],
                                              "bits_per_byte", card->story_bits[language]));
    }
    return json_pack("{s:s, s:o}", "model", card->name, "rows", rows);
}

static void write_json(const char *path, const Card *cards, int count)
{
    Error e = {""};
    json_t *all = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(all, json_of(&cards[i]));
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
    FileWriter *w = file_create(path, &e);
    if (!w)
        error_exit(&e);
    file_printf(w, "%s\n", text);
    if (!file_commit(w, &e))
        error_exit(&e);
    free(text);
    json_decref(all);
}

/* ---- goals, and an earlier card ------------------------------------------------------------------ */

/* How many goals there are, and which are missed. */
static void print_goals(const Card *card, const OptionList *only)
{
    int goals = 0, missed = 0;
    for (int language = WORLD_LANGUAGES - 1; language >= 0; language--) {
        for (int i = 0; i < card_row_count; i++) {
            const CardRow *r = &card_rows[i];
            if (r->goal == 0 || !card_chosen(only, r->id))
                continue;
            goals++;
            if (strcmp(reached(percent(card->counts[language][i]), r->goal, r->at_most), "no") == 0)
                printf("%s%s %s", missed++ ? ", " : "\nMissed: ", codes[language], r->id);
        }
        for (int i = 0; i < card_difference_count; i++) {
            const CardDifference *d = &card_differences[i];
            if (!card_chosen(only, d->id))
                continue;
            goals++;
            if (strcmp(reached(difference(card, language, d), d->goal, d->at_most), "no") == 0)
                printf("%s%s %s", missed++ ? ", " : "\nMissed: ", codes[language], d->id);
        }
    }
    printf("\n%d of %d goals of %s are reached\n", goals - missed, goals, base_name(card->name));
}

static const json_t *row_of(const json_t *rows, const char *id, const char *language)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *there = json_string_value(json_object_get(row, "id"));
        const char *in = json_string_value(json_object_get(row, "language"));
        if (there && in && strcmp(there, id) == 0 && strcmp(in, language) == 0)
            return row;
    }
    return NULL;
}

/* Rows whose interval lies wholly on the worse side of the earlier one's. */
static int count_worse(const char *path, const Card *card, const OptionList *only)
{
    json_error_t fault;
    json_t *all = json_load_file(path, 0, &fault);
    const json_t *rows = json_object_get(json_array_get(all, 0), "rows");
    int worse = 0;
    if (!json_is_array(rows))
        error_exitf("%s: expected a card that --json has written", path);
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (int i = 0; i < card_row_count; i++) {
            const CardRow *r = &card_rows[i];
            CardCount c = card->counts[language][i];
            const json_t *before = row_of(rows, r->id, codes[language]);
            if (!before || c.asked == 0 || !card_chosen(only, r->id))
                continue;
            StatsInterval now = stats_wilson(c.hits, c.asked, 0.95);
            double low = json_number_value(json_object_get(before, "low"));
            double high = json_number_value(json_object_get(before, "high"));
            if (r->at_most ? 100 * now.low > high : 100 * now.high < low) {
                worse++;
                printf("worse than before: %s %s, %.0f; it was between %.0f and %.0f\n", codes[language],
                       r->id, percent(c), low, high);
            }
        }
    }
    json_decref(all);
    return worse;
}

/* ---- the program --------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    enum { QUICK = 40 };
    Settings s = {.card = {.count = 400, .seed = 1}};
    const Option options[] = {
        option_list("model", &s.models, "folder of a decoder; several times: a column for each"),
        option_int("count", &s.card.count, 1, 2000, "questions of each row and language"),
        option_list("only", &s.card.only, "the rows whose names begin so, such as reading or shots.few"),
        option_file("json", &s.json, "all counts go there, too"),
        option_file("against", &s.against,
                    "an earlier --json of the first model: tells which rows have become worse"),
        option_flag("quick", &s.quick, "at most 40 questions of each row"),
        option_flag("show", &s.card.show, "print each question and its answer"),
        option_seed(&s.card.seed),
        OPTION_END};
    options_parse(argc, argv, "The report card of the book's models, section 5.4.4.", options);
    if (s.models.count == 0)
        s.models.texts[s.models.count++] = "ch05/models/book_gpt";
    if (s.quick && s.card.count > QUICK)
        s.card.count = QUICK;
    Card cards[OPTION_MAX_TEXTS];
    for (int i = 0; i < s.models.count; i++)
        cards[i] = card_of(s.models.texts[i], &s);
    print_markdown(cards, s.models.count, &s.card.only);
    print_goals(&cards[0], &s.card.only);
    if (s.json)
        write_json(s.json, cards, s.models.count);
    int worse = s.against ? count_worse(s.against, &cards[0], &s.card.only) : 0;
    for (int i = 0; i < s.models.count; i++) {
        for (int language = 0; language < WORLD_LANGUAGES; language++)
            free(cards[i].counts[language]);
    }
    return worse > 0 ? 1 : error_finish();
}
