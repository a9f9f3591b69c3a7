/* picture.h -- small pictures of the little world, with captions and questions.
 *
 * A picture is 32 x 32, red, green and blue. It is cut into four cells of 16 x 16,
 * and one to three of them hold a figure of one colour: shapes, animals and
 * things, drawn from 12 x 12 patterns, large or small. Everything is drawn from
 * an Rng, the same on every machine.
 *
 * Sizes: 672 pictures of one figure (12 figures, 7 colours, 2 sizes, 4 cells),
 * 155,232 of two, 14.5 million of three; no figure comes twice in a picture.
 *
 * Sides: a scene is on the test side by the hash of what it shows. Besides, 8 of
 * the 84 pairs of figure and colour (a blue fish) are kept for the test: training
 * shows blue things and fish, never a blue fish, and every test picture has one
 * of these pairs when `composed` is asked for. */
#ifndef WORLD_PICTURE_H
#define WORLD_PICTURE_H

#include "common/base/rng.h"
#include "common/world/world.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WORLD_PICTURE_SIDE = 32,
    WORLD_PICTURE_CELLS = 4, /* upper left, upper right, lower left, lower right */
    WORLD_PICTURE_FIGURES = 12,
    WORLD_PICTURE_COLOURS = 7,
    WORLD_PICTURE_TEXT = 256
};

typedef struct WorldFigure {
    int figure, colour; /* figure -1: the cell is empty */
    bool large;
} WorldFigure;

typedef struct WorldPicture {
    WorldFigure cells[WORLD_PICTURE_CELLS];
    int background;                                            /* 0 to 3, light shades; part of no key */
    uint8_t pixels[WORLD_PICTURE_SIDE][WORLD_PICTURE_SIDE][3]; /* row, column, red green blue */
    uint64_t key;
    char caption[WORLD_LANGUAGES][WORLD_PICTURE_TEXT]; /* "a large red fish above a small blue house" */
    char question[WORLD_LANGUAGES][WORLD_PICTURE_TEXT];
    char answer[WORLD_LANGUAGES][WORLD_PICTURE_TEXT];
    int asked; /* WorldPictureAsked */
} WorldPicture;

typedef enum WorldPictureAsked {
    WORLD_PICTURE_ASK_COLOUR, /* what colour is the fish? */
    WORLD_PICTURE_ASK_COUNT,  /* how many figures are there? */
    WORLD_PICTURE_ASK_WHERE,  /* where is the fish? */
    WORLD_PICTURE_ASK_IS,     /* is there a fish? */
    WORLD_PICTURE_ASKED
} WorldPictureAsked;

/* A picture of that side. composed: on the test side only pictures with a pair
 * of figure and colour that training never shows. */
WorldPicture world_picture_draw(WorldSide side, bool composed, Rng *rng);

/* Whether the pair is kept for the test. */
bool world_picture_held(int figure, int colour);

/* The names of a figure and of a colour. */
const char *world_figure_name(int figure, WorldLanguage language);
const char *world_picture_colour_name(int colour, WorldLanguage language);

/* The pixels as numbers from 0 to 1, channel first: out is (3, 32, 32). */
void world_picture_floats(const WorldPicture *p, float *out);

#endif
