/* corpus.c -- draws the sentences of corpus_en.c and corpus_zh.c. */
#include "ch01/corpus_tables.h"
#include "common/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum {
    SENTENCE_ROOM = 24,
    AMBIGUOUS_IN = 12 /* one sentence in so many has the ambiguous word or a peer of it */
};

static const Tables *tables_of(WorldLanguage language)
{
    return language == WORLD_ZH ? &corpus_zh : &corpus_en;
}

int corpus_find(const Corpus *c, const char *word)
{
    return terms_find(c->terms, word, (int)strlen(word));
}

static void add_word(Corpus *c, const char *text, int length)
{
    int w = terms_add(c->terms, text, length);
    c->word[w] = c->terms->text[w];
    c->vocab = c->terms->count;
    c->count[w]++;
    c->ids[c->tokens++] = w;
}

/* ---- one sentence -------------------------------------------------------------------------------- */

/* What the slots of a frame stand for. */
typedef struct Slots {
    const char *word, *own, *side, *name;
} Slots;

static const char *filled(const Slots *s, char slot)
{
    switch (slot) {
    case 'W':
        return s->word;
    case 'O':
        return s->own;
    case 'S':
        return s->side;
    case 'N':
        return s->name;
    default:
        return NULL;
    }
}

/* Adds the words of a text; those that are slots are replaced by theirs. */
static void add_text(Corpus *c, const char *text, const Slots *s)
{
    for (int length; *text; text += length + (text[length] == ' ')) {
        length = (int)strcspn(text, " ");
        const char *slot = s && length == 1 ? filled(s, *text) : NULL;
        if (slot)
            add_text(c, slot, NULL);
        else
            add_word(c, text, length);
    }
}

static void add_sense(Corpus *c, const Tables *t, Slots *s, Rng *rng)
{
    const Sense *sense = &t->senses[rng_below(rng, 2)];
    int which = rng_below(rng, CORPUS_PEERS + 1);
    s->word = which == CORPUS_PEERS ? t->ambiguous : sense->peers[which];
    add_text(c, sense->frames[rng_below(rng, SENSE_FRAMES)], s);
}

/* The first word of a pair prefers the first ones of its phrases, the second word the last ones. */
static const char *own_phrase(const Pair *pair, int side, Rng *rng)
{
    int one = rng_below(rng, OWN_PHRASES), other = rng_below(rng, OWN_PHRASES);
    int at = one < other ? one : other;
    return pair->own[side ? OWN_PHRASES - 1 - at : at];
}

static void add_relation(Corpus *c, const Tables *t, Slots *s, float blur, Rng *rng)
{
    const Relation *r = &t->relations[rng_below(rng, CORPUS_RELATIONS)];
    const Pair *pair = &r->pairs[rng_below(rng, CORPUS_PAIRS)];
    int side = rng_below(rng, 2), told = rng_uniform(rng) < blur ? rng_below(rng, 2) : side;
    s->word = pair->word[side];
    s->own = own_phrase(pair, side, rng);
    s->side = r->side[told][rng_below(rng, SIDE_PHRASES)];
    add_text(c, r->frames[told][rng_below(rng, FRAMES)], s);
}

static void add_sentence(Corpus *c, const Tables *t, float blur, Rng *rng)
{
    Slots s = {.name = t->names[rng_below(rng, NAMES)]};
    if (rng_below(rng, AMBIGUOUS_IN) == 0)
        add_sense(c, t, &s, rng);
    else
        add_relation(c, t, &s, blur, rng);
}

Corpus *corpus_new(WorldLanguage language, int sentences, float blur, uint64_t seed)
{
    Corpus *c = memory_zero(1, sizeof *c);
    Rng rng = rng_new(seed);
    c->language = language;
    c->terms = terms_new();
    c->sentences = sentences;
    c->ids = memory_new(sizeof *c->ids * (size_t)sentences * SENTENCE_ROOM);
    c->start = memory_zero((size_t)sentences + 1, sizeof *c->start);
    for (int i = 0; i < sentences; i++) {
        add_sentence(c, tables_of(language), blur, &rng);
        c->start[i + 1] = c->tokens;
    }
    return c;
}

void corpus_free(Corpus *c)
{
    terms_free(c->terms);
    free(c->ids);
    free(c->start);
    free(c);
}

/* ---- what was planted ---------------------------------------------------------------------------- */

int corpus_pair(const Corpus *c, int relation, int i, int side)
{
    return corpus_find(c, tables_of(c->language)->relations[relation].pairs[i].word[side]);
}

const char *corpus_relation(WorldLanguage language, int relation)
{
    return tables_of(language)->relations[relation].name;
}

static int holds(const Corpus *c, int sentence, int word)
{
    for (int t = c->start[sentence]; t < c->start[sentence + 1]; t++)
        if (c->ids[t] == word)
            return 1;
    return 0;
}

int corpus_stated(const Corpus *c)
{
    int stated = 0;
    for (int r = 0; r < CORPUS_RELATIONS; r++)
        for (int i = 0; i < CORPUS_PAIRS; i++) {
            int first = corpus_pair(c, r, i, 0), second = corpus_pair(c, r, i, 1);
            for (int s = 0; s < c->sentences; s++)
                stated += holds(c, s, first) && holds(c, s, second);
        }
    return stated;
}

int corpus_ambiguous(const Corpus *c)
{
    return corpus_find(c, tables_of(c->language)->ambiguous);
}

int corpus_peer(const Corpus *c, int sense, int i)
{
    return corpus_find(c, tables_of(c->language)->senses[sense].peers[i]);
}

const char *corpus_sense(WorldLanguage language, int sense)
{
    return tables_of(language)->senses[sense].name;
}
