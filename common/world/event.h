/* event.h -- what can happen in the little world, and how each language says it.
 *
 * world.h draws finished texts; this is the layer below, for whoever wants the
 * event itself: who, does what, to what, where, when, in which mood. Every
 * field is an index into the tables at the top of event.c. */
#ifndef WORLD_EVENT_H
#define WORLD_EVENT_H

#include "common/world/world.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum WorldMood { WORLD_SAYS, WORLD_DENIES, WORLD_ASKS, WORLD_MOODS } WorldMood;

/* What a noun can be, as bits; a noun has several. */
enum {
    WORLD_PERSON = 1,
    WORLD_FEMALE = 2, /* of a person: she, not he */
    WORLD_ANIMAL = 4,
    WORLD_THING = 8,
    WORLD_FOOD = 16,
    WORLD_PAPER = 32,    /* can be read */
    WORLD_WASHABLE = 64, /* can be washed */
    WORLD_SWIMMER = 128,
    WORLD_SINGER = 256,
    WORLD_HUNTER = 512, /* chases */
    WORLD_PREY = 1024,  /* is chased */
    WORLD_GOODS = 2048  /* can be bought */
};

/* "a small white cat": 0 stands for no noun, no quality, no colour. */
typedef struct WorldPhrase {
    int noun, quality, colour;
    bool definite; /* the cat, not a cat */
} WorldPhrase;

typedef enum WorldVerb {
    WORLD_SEE,
    WORLD_BUY,
    WORLD_FIND,
    WORLD_DRAW,
    WORLD_WASH,
    WORLD_EAT,
    WORLD_READ,
    WORLD_CHASE,
    WORLD_GIVE,
    WORLD_GO,
    WORLD_GO_HOME,
    WORLD_SLEEP,
    WORLD_SING,
    WORLD_SWIM,
    WORLD_LIKE,
    WORLD_WANT,
    WORLD_BE_AT,
    WORLD_BE_HAPPY,
    WORLD_BE_ANGRY,
    WORLD_BE_TIRED,
    WORLD_BE_BIGGER,
    WORLD_BE_TALLER,
    WORLD_VERBS
} WorldVerb;

typedef enum WorldTime {
    WORLD_ALWAYS, /* of what is so at any time: Mary likes the cat. No time is said. */
    WORLD_YESTERDAY,
    WORLD_MORNING,
    WORLD_NOW,
    WORLD_DAILY,
    WORLD_TOMORROW,
    WORLD_TONIGHT,
    WORLD_TIMES
} WorldTime;

typedef enum WorldPlace {
    WORLD_NOWHERE, /* no place is said */
    WORLD_PARK,
    WORLD_GARDEN,
    WORLD_SCHOOL,
    WORLD_SHOP,
    WORLD_MARKET,
    WORLD_KITCHEN,
    WORLD_HOME,
    WORLD_RIVER,
    WORLD_PLACES
} WorldPlace;

typedef struct WorldEvent {
    WorldVerb verb;
    WorldTime time;
    WorldMood mood;
    WorldPlace place;
    bool time_first; /* "Yesterday Mary ..." rather than "Mary ... yesterday" */
    WorldPhrase subject, object, receiver;
} WorldEvent;

/* A natural event with this verb; or with any verb. */
WorldEvent world_event_draw_verb(WorldVerb verb, Rng *rng);
WorldEvent world_event_draw(Rng *rng);

/* A phrase of one of these groups of nouns; people have neither colour nor quality. */
WorldPhrase world_phrase_draw(unsigned groups, Rng *rng);

/* Whether the event is natural: only who can sleeps, only what is sold is bought. */
bool world_event_natural(const WorldEvent *e);

/* How many natural events there are. */
enum { WORLD_EVENTS = 3666724 };

/* A number that no other event has; and the side, which depends on all that
 * the event says: the same words with the time in front are on the same side. */
uint64_t world_event_key(const WorldEvent *e);
WorldSide world_event_side(const WorldEvent *e);

/* Parts that a story leaves out or shortens, as bits. */
enum {
    WORLD_SUBJECT_KNOWN = 1, /* she */
    WORLD_OBJECT_KNOWN = 2,  /* it, him */
    WORLD_TIME_KNOWN = 4,    /* no time is said; what is always so is told in the past */
    WORLD_PLACE_KNOWN = 8    /* no place is said, except with `go` and `be at` */
};

enum { WORLD_SENTENCE_ROOM = 256, WORLD_SENTENCE_PIECES = 24 };

/* The event as one sentence, of at most WORLD_SENTENCE_PIECES pieces (words.h).
 * With known = 0 different events give different sentences, in each language. */
void world_event_sentence(const WorldEvent *e, WorldLanguage language, unsigned known,
                          char out[WORLD_SENTENCE_ROOM]);

/* A story as its events, so that both languages can tell the same one. */
enum { WORLD_STORY_MIN = 4, WORLD_STORY_MAX = 7 };

typedef struct WorldStory {
    WorldEvent events[WORLD_STORY_MAX];
    unsigned known[WORLD_STORY_MAX];
    int count;
} WorldStory;

WorldStory world_story_draw(WorldSide side, Rng *rng);

#endif
