/* world_picture.h -- small pictures of the little world, with captions and questions.
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
#ifndef TEXT_WORLD_PICTURE_H
#define TEXT_WORLD_PICTURE_H

#include "common/base/rng.h"
#include "common/text/world.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PICTURE_SIDE = 32,
    PICTURE_CELLS = 4, /* upper left, upper right, lower left, lower right */
    PICTURE_FIGURES = 12,
    PICTURE_COLOURS = 7,
    PICTURE_TEXT = 256
};

typedef struct TextFigure {
    int figure, colour; /* figure -1: the cell is empty */
    bool large;
} TextFigure;

typedef struct TextPicture {
    TextFigure cells[PICTURE_CELLS];
    int background;                                /* 0 to 3, light shades; part of no key */
    uint8_t pixels[PICTURE_SIDE][PICTURE_SIDE][3]; /* row, column, red green blue */
    uint64_t key;
    char caption[TEXT_LANGUAGES][PICTURE_TEXT]; /* "a large red fish above a small blue house" */
    char question[TEXT_LANGUAGES][PICTURE_TEXT];
    char answer[TEXT_LANGUAGES][PICTURE_TEXT];
    int asked; /* TextPictureAsked */
} TextPicture;

typedef enum TextPictureAsked {
    PICTURE_ASK_COLOUR, /* what colour is the fish? */
    PICTURE_ASK_COUNT,  /* how many figures are there? */
    PICTURE_ASK_WHERE,  /* where is the fish? */
    PICTURE_ASK_IS,     /* is there a fish? */
    PICTURE_ASKED
} TextPictureAsked;

/* A picture of that side. composed: on the test side only pictures with a pair
 * of figure and colour that training never shows. */
TextPicture text_picture_draw(TextSide side, bool composed, Rng *rng);

/* Whether the pair is kept for the test. */
bool text_picture_held(int figure, int colour);

/* The names of a figure and of a colour. */
const char *text_figure_name(int figure, TextLanguage language);
const char *text_picture_colour_name(int colour, TextLanguage language);

/* The pixels as numbers from 0 to 1, channel first: out is (3, 32, 32). */
void text_picture_floats(const TextPicture *p, float *out);

#endif
