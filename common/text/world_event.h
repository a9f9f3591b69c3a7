/* world_event.h -- what can happen in the little world, and how each language says it.
 *
 * world.h draws finished texts; this is the layer below, for whoever wants the
 * event itself: who, does what, to what, where, when, in which mood. Every
 * field is an index into the tables at the top of world_event.c. */
#ifndef TEXT_WORLD_EVENT_H
#define TEXT_WORLD_EVENT_H

#include "common/text/world.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum TextMood { TEXT_SAYS, TEXT_DENIES, TEXT_ASKS, TEXT_MOODS } TextMood;

/* What a noun can be, as bits; a noun has several. */
enum {
    TEXT_PERSON = 1,
    TEXT_FEMALE = 2, /* of a person: she, not he */
    TEXT_ANIMAL = 4,
    TEXT_THING = 8,
    TEXT_FOOD = 16,
    TEXT_PAPER = 32,    /* can be read */
    TEXT_WASHABLE = 64, /* can be washed */
    TEXT_SWIMMER = 128,
    TEXT_SINGER = 256,
    TEXT_HUNTER = 512, /* chases */
    TEXT_PREY = 1024,  /* is chased */
    TEXT_GOODS = 2048  /* can be bought */
};

/* "a small white cat": 0 stands for no noun, no quality, no colour. */
typedef struct TextPhrase {
    int noun, quality, colour;
    bool definite; /* the cat, not a cat */
} TextPhrase;

typedef enum TextVerb {
    TEXT_SEE,
    TEXT_BUY,
    TEXT_FIND,
    TEXT_DRAW,
    TEXT_WASH,
    TEXT_EAT,
    TEXT_READ,
    TEXT_CHASE,
    TEXT_GIVE,
    TEXT_GO,
    TEXT_GO_HOME,
    TEXT_SLEEP,
    TEXT_SING,
    TEXT_SWIM,
    TEXT_LIKE,
    TEXT_WANT,
    TEXT_BE_AT,
    TEXT_BE_HAPPY,
    TEXT_BE_ANGRY,
    TEXT_BE_TIRED,
    TEXT_BE_BIGGER,
    TEXT_BE_TALLER,
    TEXT_VERBS
} TextVerb;

typedef enum TextTime {
    TEXT_ALWAYS, /* of what is so at any time: Mary likes the cat. No time is said. */
    TEXT_YESTERDAY,
    TEXT_MORNING,
    TEXT_NOW,
    TEXT_DAILY,
    TEXT_TOMORROW,
    TEXT_TONIGHT,
    TEXT_TIMES
} TextTime;

typedef enum TextPlace {
    TEXT_NOWHERE, /* no place is said */
    TEXT_PARK,
    TEXT_GARDEN,
    TEXT_SCHOOL,
    TEXT_SHOP,
    TEXT_MARKET,
    TEXT_KITCHEN,
    TEXT_HOME,
    TEXT_RIVER,
    TEXT_PLACES
} TextPlace;

typedef struct TextEvent {
    TextVerb verb;
    TextTime time;
    TextMood mood;
    TextPlace place;
    bool time_first; /* "Yesterday Mary ..." rather than "Mary ... yesterday" */
    TextPhrase subject, object, receiver;
} TextEvent;

/* A natural event with this verb; or with any verb. */
TextEvent text_event_draw_verb(TextVerb verb, Rng *rng);
TextEvent text_event_draw(Rng *rng);

/* A phrase of one of these groups of nouns; people have neither colour nor quality. */
TextPhrase text_phrase_draw(unsigned groups, Rng *rng);

/* Whether the event is natural: only who can sleeps, only what is sold is bought. */
bool text_event_natural(const TextEvent *e);

/* How many natural events there are. */
enum { TEXT_EVENTS = 3666724 };

/* A number that no other event has; and the side, which depends on all that
 * the event says: the same words with the time in front are on the same side. */
uint64_t text_event_key(const TextEvent *e);
TextSide text_event_side(const TextEvent *e);

/* Parts that a story leaves out or shortens, as bits. */
enum {
    TEXT_SUBJECT_KNOWN = 1, /* she */
    TEXT_OBJECT_KNOWN = 2,  /* it, him */
    TEXT_TIME_KNOWN = 4,    /* no time is said; what is always so is told in the past */
    TEXT_PLACE_KNOWN = 8    /* no place is said, except with `go` and `be at` */
};

enum { TEXT_SENTENCE_ROOM = 256, TEXT_SENTENCE_PIECES = 24 };

/* The event as one sentence, of at most TEXT_SENTENCE_PIECES pieces (words.h).
 * With known = 0 different events give different sentences, in each language. */
void text_event_sentence(const TextEvent *e, TextLanguage language, unsigned known,
                         char out[TEXT_SENTENCE_ROOM]);

/* A story as its events, so that both languages can tell the same one. */
enum { TEXT_STORY_LEAST = 4, TEXT_STORY_MOST = 7 };

typedef struct TextStory {
    TextEvent events[TEXT_STORY_MOST];
    unsigned known[TEXT_STORY_MOST];
    int count;
} TextStory;

TextStory text_story_draw(TextSide side, Rng *rng);

#endif
