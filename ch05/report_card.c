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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    CardSettings card;
    OptionList models;
    const char *json, *against;
    bool quick;
} Settings;

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

/* ---- Markdown ------------------------------------------------------------------------------------ */

static const char *goal_text(double goal, bool at_most, char text[16])
{
    snprintf(text, 16, "%s %.0f", at_most ? "<=" : ">=", goal);
    return goal == 0 ? "" : text;
}

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
    printf("| %s: %s | %s | %d | %s |", r->id, r->what, card_codes[language],
           cards[0].counts[language][row].asked, goal_text(r->goal, r->at_most, goal));
    for (int i = 0; i < count; i++) {
        CardCount c = cards[i].counts[language][row];
        StatsInterval wilson = c.asked ? stats_wilson(c.hits, c.asked, 0.95) : (StatsInterval){0, 0};
        printf(" %.0f [%.0f, %.0f] | %s |", card_percent(c), 100 * wilson.low, 100 * wilson.high,
               card_reached(&cards[i], language, row));
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
            printf("| %s: %s, points | %s | | %s |", d->id, d->what, card_codes[language],
                   goal_text(d->goal, d->at_most, goal));
            for (int k = 0; k < count; k++) {
                double points = card_difference(&cards[k], language, d);
                printf(" %.0f | %s |", points, card_difference_reached(&cards[k], language, d));
            }
            puts("");
        }
    }
    for (int language = WORLD_LANGUAGES - 1; language >= 0 && card_chosen(only, "story"); language--) {
        printf("| story: unseen stories, bits a byte | %s | | |", card_codes[language]);
        for (int k = 0; k < count; k++)
            printf(" %.3f | |", cards[k].story_bits[language]);
        puts("");
    }
}

/* ---- goals --------------------------------------------------------------------------------------- */

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
            if (strcmp(card_reached(card, language, i), "no") == 0)
                printf("%s%s %s", missed++ ? ", " : "\nMissed: ", card_codes[language], r->id);
        }
        for (int i = 0; i < card_difference_count; i++) {
            const CardDifference *d = &card_differences[i];
            if (!card_chosen(only, d->id))
                continue;
            goals++;
            if (strcmp(card_difference_reached(card, language, d), "no") == 0)
                printf("%s%s %s", missed++ ? ", " : "\nMissed: ", card_codes[language], d->id);
        }
    }
    printf("\n%d of %d goals of %s are reached\n", goals - missed, goals, base_name(card->name));
}

static bool any_chosen(const OptionList *only)
{
    bool any = card_chosen(only, "story");
    for (int i = 0; i < card_row_count; i++)
        any |= card_chosen(only, card_rows[i].id);
    for (int i = 0; i < card_difference_count; i++)
        any |= card_chosen(only, card_differences[i].id);
    return any;
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
    if (!any_chosen(&s.card.only))
        error_exitf("--only: no row has a name that begins so; without it the table has all");
    struct json_t *before = s.against ? card_read(s.against) : NULL;
    Card cards[OPTION_MAX_TEXTS];
    for (int i = 0; i < s.models.count; i++)
        cards[i] = card_of(s.models.texts[i], &s);
    print_markdown(cards, s.models.count, &s.card.only);
    print_goals(&cards[0], &s.card.only);
    if (s.json)
        card_write(s.json, cards, s.models.count, &s.card.only);
    if (before)
        card_print_worse(before, &cards[0], &s.card.only);
    for (int i = 0; i < s.models.count; i++) {
        for (int language = 0; language < WORLD_LANGUAGES; language++)
            free(cards[i].counts[language]);
    }
    return error_finish();
}
