/* world.c -- pairs and stories, drawn from the events of event.h. */
#include "common/world/world.h"

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/world/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pairs ---------------------------------------------------------------------------------------- */

/* The keys seen so far; open addressing, at most half full. */
typedef struct Seen {
    uint64_t *keys; /* (room); 0 is free, so a key is kept plus one */
    size_t room;
} Seen;

/* Whether the key is new; it is kept. */
static bool seen_add(Seen *s, uint64_t key)
{
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) % s->room;
    for (; s->keys[at] != 0; at = (at + 1) % s->room) {
        if (s->keys[at] == key + 1)
            return false;
    }
    s->keys[at] = key + 1;
    return true;
}

WorldPairs world_pairs(WorldSide side, int count, Rng *rng)
{
    if (count < 0 || count > WORLD_MAX_PAIRS)
        FATAL("world_pairs: %d pairs; expected 0 to %d", count, WORLD_MAX_PAIRS);
    Seen seen = {memory_zero((size_t)count * 2 + 1, sizeof *seen.keys), (size_t)count * 2 + 1};
    WorldPairs p = {memory_zero((size_t)count + 1, sizeof *p.items), 0};
    char text[WORLD_SENTENCE_ROOM];
    while (p.count < count) {
        WorldEvent e = world_event_draw(rng);
        if (world_event_side(&e) != side || !seen_add(&seen, world_event_key(&e)))
            continue;
        for (int language = 0; language < WORLD_LANGUAGES; language++) {
            world_event_sentence(&e, (WorldLanguage)language, 0, text);
            p.items[p.count].text[language] = memory_string(text);
        }
        p.count++;
    }
    free(seen.keys);
    return p;
}

void world_pairs_free(WorldPairs *p)
{
    for (int i = 0; i < p->count; i++) {
        for (int language = 0; language < WORLD_LANGUAGES; language++)
            free(p->items[i].text[language]);
    }
    free(p->items);
    *p = (WorldPairs){0};
}

/* ---- stories -------------------------------------------------------------------------------------- */

typedef enum Actor { HERO, FRIEND } Actor;
typedef enum Role { NOTHING, NEW_PRIZE, PRIZE, MET_FRIEND, SOMETHING } Role;

/* One step of every story: somebody does one of these things to something. A
 * step that finds no natural event of the story's side is left out. */
enum { VERBS_OF_A_BEAT = 5 };
typedef struct Beat {
    Actor actor;
    Role object;
    bool needed, denies, home; /* needed: no story without it; denies: it may be said not to be so */
    int count;
    WorldVerb verbs[VERBS_OF_A_BEAT];
} Beat;

static const Beat beats[] = {
    {HERO, NOTHING, true, false, false, 3, {WORLD_GO, WORLD_BE_AT, WORLD_SWIM}},
    {HERO, NEW_PRIZE, true, false, false, 3, {WORLD_SEE, WORLD_FIND, WORLD_BUY}},
    {HERO, PRIZE, false, true, false, 4, {WORLD_LIKE, WORLD_DRAW, WORLD_WASH, WORLD_READ}},
    {HERO, MET_FRIEND, false, false, false, 1, {WORLD_SEE}},
    {HERO, PRIZE, false, false, false, 1, {WORLD_GIVE}},
    {FRIEND, PRIZE, false, true, false, 2, {WORLD_LIKE, WORLD_DRAW}},
    {FRIEND, NOTHING, false, false, false, 2, {WORLD_BE_HAPPY, WORLD_BE_TIRED}},
    {HERO, NOTHING, false, false, false, 3, {WORLD_BE_HAPPY, WORLD_BE_ANGRY, WORLD_BE_TIRED}},
    {HERO, NOTHING, false, false, true, 1, {WORLD_GO_HOME}},
    {HERO, SOMETHING, false, false, true, 3, {WORLD_READ, WORLD_EAT, WORLD_DRAW}},
    {HERO, NOTHING, false, false, true, 2, {WORLD_SLEEP, WORLD_SING}},
};
enum { BEATS = sizeof beats / sizeof *beats };

/* What is told without a place. */
enum {
    PLACELESS = 1 << WORLD_LIKE | 1 << WORLD_GIVE | 1 << WORLD_GO_HOME | 1 << WORLD_BE_HAPPY |
                1 << WORLD_BE_ANGRY | 1 << WORLD_BE_TIRED
};

/* What the story has come to. */
typedef struct Plot {
    WorldPhrase hero, friend, prize;
    WorldTime time;
    WorldPlace place;
    bool owned;                /* the prize was found or bought, not only seen */
    bool met;                  /* the friend has appeared */
    bool liked[FRIEND + 1];    /* unless the story said otherwise */
    WorldPhrase last, subject; /* object and subject of the sentence before */
} Plot;

static bool same(const WorldPhrase *a, const WorldPhrase *b)
{
    return a->noun == b->noun && a->quality == b->quality && a->colour == b->colour;
}

/* A candidate for the beat; natural or not, of either side. */
static WorldEvent propose(const Beat *b, const Plot *p, Rng *rng)
{
    WorldEvent e = {.verb = b->verbs[rng_below(rng, b->count)], .time = p->time};
    e.subject = b->actor == HERO ? p->hero : p->friend;
    if (!(PLACELESS >> e.verb & 1))
        e.place = b->home ? WORLD_HOME : p->place;
    if (e.verb == WORLD_LIKE) {
        e.time = WORLD_ALWAYS;
        e.mood = b->denies && rng_below(rng, 3) == 0 ? WORLD_DENIES : WORLD_SAYS;
    }
    if (b->object == NEW_PRIZE || b->object == SOMETHING)
        e.object = world_phrase_draw(WORLD_THING | WORLD_ANIMAL, rng);
    else if (b->object != NOTHING)
        e.object = b->object == PRIZE ? p->prize : p->friend;
    if (b->object == NEW_PRIZE || b->object == SOMETHING)
        e.object.definite = false;
    if (e.verb == WORLD_GIVE)
        e.receiver = p->friend;
    return e;
}

/* Whether the event goes with what was told before. */
static bool fits(const Beat *b, const Plot *p, const WorldEvent *e)
{
    if (b->actor == FRIEND && !p->met)
        return false;
    if (e->verb == WORLD_BE_HAPPY && !p->liked[b->actor])
        return false;
    if (e->verb == WORLD_BE_ANGRY && p->liked[b->actor])
        return false;
    if (e->verb == WORLD_GO_HOME && (p->place == WORLD_HOME || p->place == WORLD_KITCHEN))
        return false;
    if (e->verb == WORLD_GIVE && !p->owned)
        return false;
    if (e->verb == WORLD_BE_AT && e->place == WORLD_RIVER) /* who is in the river swims */
        return false;
    return b->object != SOMETHING || e->object.noun != p->prize.noun;
}

static bool find_event(const Beat *b, const Plot *p, WorldSide side, Rng *rng, WorldEvent *e)
{
    enum { TRIES = 80 };
    for (int i = 0; i < TRIES; i++) {
        *e = propose(b, p, rng);
        if (world_event_natural(e) && world_event_side(e) == side && fits(b, p, e))
            return true;
    }
    return false;
}

/* Adds the event, with what the reader knows by now, and moves the plot on. */
static void tell(WorldStory *s, Plot *p, const Beat *b, const WorldEvent *e)
{
    unsigned known = s->count > 0 ? WORLD_TIME_KNOWN : 0;
    if (s->count > 0 && same(&e->subject, &p->subject))
        known |= WORLD_SUBJECT_KNOWN;
    if (b->object == PRIZE && same(&e->object, &p->last))
        known |= WORLD_OBJECT_KNOWN;
    if (s->count > 0 && e->place == p->place)
        known |= WORLD_PLACE_KNOWN;
    s->known[s->count] = known;
    s->events[s->count++] = *e;
    p->subject = e->subject;
    p->last = e->object;
    if (b->object == NEW_PRIZE) {
        p->prize = e->object;
        p->prize.definite = true;
        p->owned = e->verb != WORLD_SEE;
    }
    p->met |= e->verb == WORLD_GIVE || b->object == MET_FRIEND;
    if (e->verb == WORLD_LIKE)
        p->liked[b->actor] = e->mood == WORLD_SAYS;
    if (b->home)
        p->place = WORLD_HOME;
}

/* One attempt: the beats in order, the optional ones now and then left out. */
static WorldStory attempt(WorldSide side, Rng *rng)
{
    WorldStory s = {0};
    Plot p = {.hero = world_phrase_draw(WORLD_PERSON, rng),
              .friend = world_phrase_draw(WORLD_PERSON, rng),
              .time = rng_below(rng, 2) ? WORLD_YESTERDAY : WORLD_MORNING,
              .place = (WorldPlace)(1 + rng_below(rng, WORLD_PLACES - 1)),
              .liked = {true, true}};
    WorldEvent e;
    for (int i = 0; i < BEATS && s.count < WORLD_STORY_MAX; i++) {
        bool told = (beats[i].needed || rng_below(rng, 3) > 0) && find_event(&beats[i], &p, side, rng, &e);
        if (told)
            tell(&s, &p, &beats[i], &e);
        else if (beats[i].needed)
            return s;
    }
    return s;
}

WorldStory world_story_draw(WorldSide side, Rng *rng)
{
    WorldStory s;
    do
        s = attempt(side, rng);
    while (s.count < WORLD_STORY_MIN);
    s.events[0].time_first = rng_below(rng, 2);
    return s;
}

static const char *separator(WorldLanguage language, bool last)
{
    return last ? "\n" : language == WORLD_EN ? " " : "";
}

char *world_stories(WorldLanguage language, WorldSide side, int count, Rng *rng)
{
    enum { STORY_ROOM = WORLD_STORY_MAX * WORLD_SENTENCE_ROOM };
    size_t used = 0, room = 2 * STORY_ROOM;
    char *text = memory_zero(room, 1), sentence[WORLD_SENTENCE_ROOM];
    for (int i = 0; i < count; i++) {
        WorldStory s = world_story_draw(side, rng);
        if (room - used < STORY_ROOM)
            text = memory_resize(text, room *= 2);
        for (int k = 0; k < s.count; k++) {
            world_event_sentence(&s.events[k], language, s.known[k], sentence);
            used += (size_t)snprintf(text + used, room - used, "%s%s", sentence,
                                     separator(language, k + 1 == s.count));
        }
    }
    return text;
}
