/* picture.c -- figures as patterns of characters, put into the cells of a picture. */
#include "common/world/picture.h"

#include "common/world/draft.h"

#include <stdio.h>
#include <string.h>

enum { PATTERN = 12, CELL = WORLD_PICTURE_SIDE / 2 };

typedef struct Figure {
    WorldWord word;
    char rows[PATTERN][PATTERN + 1]; /* '#' the colour, '+' a darker shade, '.' the background */
} Figure;

static const Figure figures[WORLD_PICTURE_FIGURES] = {
    {{"圆形", "个", "circle", 0, 0, 0},
     {"....####....", "..########..", ".##########.", ".##########.", "############", "############",
      "############", "############", ".##########.", ".##########.", "..########..", "....####...."}},
    {{"正方形", "个", "square", 0, 0, 0},
     {"############", "############", "############", "############", "############", "############",
      "############", "############", "############", "############", "############", "############"}},
    {{"三角形", "个", "triangle", 0, 0, 0},
     {".....##.....", ".....##.....", "....####....", "....####....", "...######...", "...######...",
      "..########..", "..########..", ".##########.", ".##########.", "############", "############"}},
    {{"星星", "颗", "star", 0, 0, 0},
     {".....##.....", ".....##.....", "....####....", "############", ".##########.", "..########..",
      "...######...", "..########..", "..###..###..", ".###....###.", ".##......##.", "##........##"}},
    {{"爱心", "颗", "heart", 0, 0, 0},
     {"..##....##..", ".####..####.", "############", "############", "############", "############",
      ".##########.", "..########..", "...######...", "....####....", ".....##.....", "............"}},
    {{"十字", "个", "cross", 0, 0, 0},
     {"....####....", "....####....", "....####....", "....####....", "############", "############",
      "############", "############", "....####....", "....####....", "....####....", "....####...."}},
    {{"鱼", "条", "fish", "fish", 0, 0},
     {"............", "............", "...#####...#", ".########.##", "##+#########", "############",
      "############", ".########.##", ".########..#", "...#####....", "............", "............"}},
    {{"猫", "只", "cat", 0, 0, 0},
     {"##........##", "###......###", "############", "############", "##++####++##", "##++####++##",
      "############", "#####++#####", ".####++####.", ".##########.", "..########..", "....####...."}},
    {{"房子", "座", "house", 0, 0, 0},
     {".....##.....", "....####....", "...######...", "..########..", ".##########.", "############",
      ".##########.", ".##++##++##.", ".##++##++##.", ".##########.", ".####++####.", ".####++####."}},
    {{"树", "棵", "tree", 0, 0, 0},
     {"....####....", "..########..", ".##########.", "############", "############", ".##########.",
      "..########..", ".....++.....", ".....++.....", ".....++.....", ".....++.....", "....++++...."}},
    {{"花", "朵", "flower", 0, 0, 0},
     {"...##.##....", "..#######...", "..###+###...", "...#+++#....", "..###+###...", "..#######...",
      "...##+##....", ".....+......", ".....+.++...", "...+++++....", ".....+......", ".....+......"}},
    {{"汽车", "辆", "car", 0, 0, 0},
     {"............", "............", "...######...", "..##++++##..", ".##+++++##..", "############",
      "############", "############", ".+++....+++.", ".+++....+++.", "............", "............"}},
};

static const struct {
    WorldWord word;
    uint8_t rgb[3];
} hues[WORLD_PICTURE_COLOURS] = {
    {{"红色", "", "red", 0, 0, 0}, {214, 40, 40}},     {{"绿色", "", "green", 0, 0, 0}, {44, 150, 60}},
    {{"蓝色", "", "blue", 0, 0, 0}, {40, 90, 210}},    {{"黄色", "", "yellow", 0, 0, 0}, {240, 200, 30}},
    {{"紫色", "", "purple", 0, 0, 0}, {140, 60, 170}}, {{"黑色", "", "black", 0, 0, 0}, {30, 30, 30}},
    {{"棕色", "", "brown", 0, 0, 0}, {140, 85, 40}},
};

static const uint8_t backgrounds[4][3] = {
    {250, 250, 250}, {226, 240, 252}, {252, 244, 222}, {230, 246, 226}};

static const char *const corners[WORLD_PICTURE_CELLS][WORLD_LANGUAGES] = {
    {"左上角", "in the upper left"},
    {"右上角", "in the upper right"},
    {"左下角", "in the lower left"},
    {"右下角", "in the lower right"},
};

const char *world_figure_name(int figure, WorldLanguage language)
{
    return language == WORLD_EN ? figures[figure].word.en : figures[figure].word.zh;
}

const char *world_picture_colour_name(int colour, WorldLanguage language)
{
    return language == WORLD_EN ? hues[colour].word.en : hues[colour].word.zh;
}

bool world_picture_held(int figure, int colour)
{
    return (figure * 2 + colour) % WORLD_PICTURE_COLOURS == 0 && figure >= 4;
}

/* ---- pixels -------------------------------------------------------------------------------------- */

static void paint(WorldPicture *p, int cell, const WorldFigure *f)
{
    int size = f->large ? PATTERN : PATTERN * 2 / 3;
    int top = cell / 2 * CELL + (CELL - size) / 2, left = cell % 2 * CELL + (CELL - size) / 2;
    for (int i = 0; i < size; i++) {
        for (int k = 0; k < size; k++) {
            char mark = figures[f->figure].rows[i * PATTERN / size][k * PATTERN / size];
            for (int channel = 0; channel < 3 && mark != '.'; channel++) {
                int value = hues[f->colour].rgb[channel];
                p->pixels[top + i][left + k][channel] = (uint8_t)(mark == '#' ? value : value / 3);
            }
        }
    }
}

static void paint_all(WorldPicture *p)
{
    for (int i = 0; i < WORLD_PICTURE_SIDE * WORLD_PICTURE_SIDE; i++)
        memcpy(p->pixels[i / WORLD_PICTURE_SIDE][i % WORLD_PICTURE_SIDE], backgrounds[p->background], 3);
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++) {
        if (p->cells[i].figure >= 0)
            paint(p, i, &p->cells[i]);
    }
}

void world_picture_floats(const WorldPicture *p, float *out)
{
    for (int channel = 0; channel < 3; channel++) {
        for (int i = 0; i < WORLD_PICTURE_SIDE * WORLD_PICTURE_SIDE; i++)
            *out++ = (float)p->pixels[i / WORLD_PICTURE_SIDE][i % WORLD_PICTURE_SIDE][channel] / 255;
    }
}

/* ---- captions and questions ---------------------------------------------------------------------- */

/* Another part of the caption: a large red fish in the upper left; 左上角有一条红色的大鱼. */
static void caption(WorldPicture *p, int cell)
{
    const WorldFigure *f = &p->cells[cell];
    const WorldWord *figure = &figures[f->figure].word, *hue = &hues[f->colour].word;
    char *zh = p->caption[WORLD_ZH], *en = p->caption[WORLD_EN];
    size_t used = strlen(zh);
    snprintf(zh + used, WORLD_PICTURE_TEXT - used, "%s%s有一%s%s的%s%s", used ? "，" : "",
             corners[cell][WORLD_ZH], figure->unit, hue->zh, f->large ? "大" : "小", figure->zh);
    used = strlen(en);
    snprintf(en + used, WORLD_PICTURE_TEXT - used, "%s %s %s %s %s", used ? ", a" : "A",
             f->large ? "large" : "small", hue->en, figure->en, corners[cell][WORLD_EN]);
}

static void caption_all(WorldPicture *p)
{
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++) {
        if (p->cells[i].figure >= 0)
            caption(p, i);
    }
    strncat(p->caption[WORLD_ZH], "。", WORLD_PICTURE_TEXT - strlen(p->caption[WORLD_ZH]) - 1);
    strncat(p->caption[WORLD_EN], ".", WORLD_PICTURE_TEXT - strlen(p->caption[WORLD_EN]) - 1);
}

static const char *const questions[WORLD_PICTURE_ASKED][WORLD_LANGUAGES] = {
    [WORLD_PICTURE_ASK_COLOUR] = {"%s是什么颜色的？", "What colour is the %s?"},
    [WORLD_PICTURE_ASK_COUNT] = {"图里有几样东西？", "How many things are there?"},
    [WORLD_PICTURE_ASK_WHERE] = {"%s在哪里？", "Where is the %s?"},
    [WORLD_PICTURE_ASK_IS] = {"图里有%s吗？", "Is there a %s?"},
};

/* The question of this language about this figure; the line has one %s or none. */
static void write_question(WorldPicture *p, WorldLanguage language, int figure)
{
    const char *line = questions[p->asked][language], *gap = strstr(line, "%s");
    if (gap)
        snprintf(p->question[language], WORLD_PICTURE_TEXT, "%.*s%s%s", (int)(gap - line), line,
                 world_figure_name(figure, language), gap + 2);
    else
        snprintf(p->question[language], WORLD_PICTURE_TEXT, "%s", line);
}

static void ask(WorldPicture *p, Rng *rng)
{
    static const char *const yes_no[2][WORLD_LANGUAGES] = {{"没有", "no"}, {"有", "yes"}};
    static const char *const numbers[] = {"0", "1", "2", "3", "4"};
    int cell, count = 0;
    do
        cell = rng_below(rng, WORLD_PICTURE_CELLS);
    while (p->cells[cell].figure < 0);
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++)
        count += p->cells[i].figure >= 0;
    p->asked = rng_below(rng, WORLD_PICTURE_ASKED);
    bool there = p->asked != WORLD_PICTURE_ASK_IS || rng_below(rng, 2);
    int figure = p->cells[cell].figure;
    for (bool absent = there; !absent;) {
        figure = rng_below(rng, WORLD_PICTURE_FIGURES);
        absent = true;
        for (int i = 0; i < WORLD_PICTURE_CELLS; i++)
            absent &= p->cells[i].figure != figure;
    }
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        const char *answer = p->asked == WORLD_PICTURE_ASK_COLOUR
                                 ? world_picture_colour_name(p->cells[cell].colour, (WorldLanguage)language)
                             : p->asked == WORLD_PICTURE_ASK_COUNT ? numbers[count]
                             : p->asked == WORLD_PICTURE_ASK_WHERE ? corners[cell][language]
                                                                   : yes_no[there][language];
        write_question(p, (WorldLanguage)language, figure);
        snprintf(p->answer[language], WORLD_PICTURE_TEXT, "%s", answer);
    }
}

/* ---- drawing ------------------------------------------------------------------------------------- */

/* One to three figures, no figure twice, so that "the fish" is one. */
static void place(WorldPicture *p, Rng *rng)
{
    int order[WORLD_PICTURE_CELLS] = {0, 1, 2, 3}, kinds[WORLD_PICTURE_FIGURES],
        count = 1 + rng_below(rng, 3);
    for (int i = 0; i < WORLD_PICTURE_FIGURES; i++)
        kinds[i] = i;
    rng_shuffle(rng, order, WORLD_PICTURE_CELLS);
    rng_shuffle(rng, kinds, WORLD_PICTURE_FIGURES);
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++) {
        WorldFigure f = {kinds[i], rng_below(rng, WORLD_PICTURE_COLOURS), rng_below(rng, 2)};
        p->cells[order[i]] = i < count ? f : (WorldFigure){-1, 0, false};
    }
    p->background = rng_below(rng, 4);
    p->key = 41;
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++) {
        const WorldFigure *f = &p->cells[i];
        p->key = draft_mix(p->key,
                           (uint64_t)((f->figure + 1) * WORLD_PICTURE_COLOURS + f->colour) * 2 + f->large);
    }
}

static bool has_held(const WorldPicture *p)
{
    for (int i = 0; i < WORLD_PICTURE_CELLS; i++) {
        if (p->cells[i].figure >= 0 && world_picture_held(p->cells[i].figure, p->cells[i].colour))
            return true;
    }
    return false;
}

WorldPicture world_picture_draw(WorldSide side, bool composed, Rng *rng)
{
    WorldPicture p = {0};
    bool held, fits;
    do {
        place(&p, rng);
        held = has_held(&p);
        fits = held ? side == WORLD_TEST : draft_side(p.key) == side && !(composed && side == WORLD_TEST);
    } while (!fits);
    paint_all(&p);
    caption_all(&p);
    ask(&p, rng);
    return p;
}
