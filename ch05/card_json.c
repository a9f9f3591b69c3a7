/* card_json.c -- a report card as JSON, and beside an earlier one. */
#include "ch05/card.h"

#include "common/base/base.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const card_codes[WORLD_LANGUAGES] = {[WORLD_ZH] = "zh", [WORLD_EN] = "en"};

/* ---- what came of it ----------------------------------------------------------------------------- */

double card_percent(CardCount c)
{
    return c.asked ? 100.0 * c.hits / c.asked : 0;
}

double card_difference(const Card *card, int language, const CardDifference *d)
{
    const CardCount *counts = card->counts[language];
    return card_percent(counts[card_find_row(d->more)]) - card_percent(counts[card_find_row(d->less)]);
}

static bool meets(double value, double goal, bool at_most)
{
    return at_most ? value <= goal : value >= goal;
}

const char *card_reached(const Card *card, int language, int row)
{
    const CardRow *r = &card_rows[row];
    return r->goal == 0                                                            ? ""
           : meets(card_percent(card->counts[language][row]), r->goal, r->at_most) ? "yes"
                                                                                   : "no";
}

const char *card_difference_reached(const Card *card, int language, const CardDifference *d)
{
    enum { HALF = 50 };
    bool able = !d->at_most || card_percent(card->counts[language][card_find_row(d->more)]) >= HALF;
    return able && meets(card_difference(card, language, d), d->goal, d->at_most) ? "yes" : "no";
}

static void add_goal(json_t *entry, const char *reached, double goal, bool at_most)
{
    if (!reached[0])
        return;
    json_object_set_new(entry, at_most ? "at_most" : "at_least", json_real(goal));
    json_object_set_new(entry, "reached", json_boolean(strcmp(reached, "yes") == 0));
}

static json_t *json_of(const Card *card, const OptionList *only)
{
    json_t *rows = json_array();
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (int i = 0; i < card_row_count; i++) {
            CardCount c = card->counts[language][i];
            if (!card_chosen(only, card_rows[i].id))
                continue;
            StatsInterval wilson = c.asked ? stats_wilson(c.hits, c.asked, 0.95) : (StatsInterval){0, 0};
            json_t *entry = json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f}", "id", card_rows[i].id, "what",
                                      card_rows[i].what, "language", card_codes[language], "n", c.asked,
                                      "hits", c.hits, "low", 100 * wilson.low, "high", 100 * wilson.high);
            add_goal(entry, card_reached(card, language, i), card_rows[i].goal, card_rows[i].at_most);
            json_array_append_new(rows, entry);
        }
        for (int i = 0; i < card_difference_count; i++) {
            const CardDifference *d = &card_differences[i];
            if (!card_chosen(only, d->id))
                continue;
            double points = card_difference(card, language, d);
            json_t *entry = json_pack("{s:s, s:s, s:s, s:f}", "id", d->id, "what", d->what, "language",
                                      card_codes[language], "points", points);
            add_goal(entry, card_difference_reached(card, language, d), d->goal, d->at_most);
            json_array_append_new(rows, entry);
        }
        if (card_chosen(only, "story"))
            json_array_append_new(rows, json_pack("{s:s, s:s, s:f}", "id", "story", "language",
                                                  card_codes[language], "bits_per_byte",
                                                  card->story_bits[language]));
    }
    return json_pack("{s:s, s:o}", "model", card->name, "rows", rows);
}

void card_write(const char *path, const Card *cards, int count, const OptionList *only)
{
    Error e = {""};
    json_t *all = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(all, json_of(&cards[i], only));
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

/* ---- an earlier card ----------------------------------------------------------------------------- */

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
void card_print_worse(const json_t *all, const Card *card, const OptionList *only)
{
    const json_t *rows = json_object_get(json_array_get(all, 0), "rows");
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (int i = 0; i < card_row_count; i++) {
            const CardRow *r = &card_rows[i];
            CardCount c = card->counts[language][i];
            const json_t *before = row_of(rows, r->id, card_codes[language]);
            if (!before || c.asked == 0 || !card_chosen(only, r->id))
                continue;
            StatsInterval now = stats_wilson(c.hits, c.asked, 0.95);
            double low = json_number_value(json_object_get(before, "low"));
            double high = json_number_value(json_object_get(before, "high"));
            if (r->at_most ? 100 * now.low > high : 100 * now.high < low)
                printf("worse than before: %s %s, %.0f; it was between %.0f and %.0f\n",
                       card_codes[language], r->id, card_percent(c), low, high);
        }
    }
}

/* The first model of an earlier card. */
json_t *card_read(const char *path)
{
    json_error_t fault;
    json_t *all = json_load_file(path, 0, &fault);
    if (!json_is_array(json_object_get(json_array_get(all, 0), "rows")))
        error_exitf("%s: expected a card that --json has written", path);
    return all;
}
