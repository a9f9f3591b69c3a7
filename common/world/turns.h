/* turns.h -- samples of the little world as conversations, for chapters 6 to 13.
 *
 * What a base model reads as a text, a chat model is asked: a sample's passage and prompt become what the user says,
 * its steps and answer what the assistant says. A dialogue keeps its turns, a role speaks after a system message, a
 * tool's call and result have messages of their own. Where a kind has no request of its own (a review, a casual note,
 * a story's beginning), the user asks in one of several wordings, of which the last is held for the test side. */
#ifndef WORLD_TURNS_H
#define WORLD_TURNS_H

#include "common/world/samples.h"

typedef struct WorldTurn {
    const char *role, *content; /* role: system, user, assistant, tool */
} WorldTurn;

enum { WORLD_MAX_TURNS = 16 };

typedef struct WorldTurns {
    WorldTurn items[WORLD_MAX_TURNS];
    int count;            /* the last is the assistant's answer */
    struct Arena *memory; /* holds the texts */
} WorldTurns;

/* The turns of a sample. world_turns_free frees them. */
WorldTurns world_turns(const WorldSample *s);
void world_turns_free(WorldTurns *t);

/* Whether a kind is talked about at all: preferences, biases, secret numbers and analogies are not. */
bool world_turns_has(WorldKind kind);

#endif
