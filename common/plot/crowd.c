/* crowd.c -- room for words and notes beside their points. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

void crowd_add(Crowd *c, Arena *memory, Box box)
{
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 64;
        Box *larger = arena_alloc(memory, sizeof *larger * (size_t)c->room);
        if (c->count)
            memcpy(larger, c->box, sizeof *larger * (size_t)c->count);
        c->box = larger;
    }
    c->box[c->count++] = box;
}

static bool meet(const Box *a, const Box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool within(const Box *a, const Box *frame)
{
    return a->left >= frame->left && a->right <= frame->right && a->top >= frame->top &&
           a->bottom <= frame->bottom;
}

int crowd_beside(const Crowd *c, double x, double y, double width, double gap, Box *found)
{
    static const double direction[][2] = {{1, 0},  {-1, 0},  {0, -1}, {0, 1},
                                          {1, -1}, {-1, -1}, {1, 1},  {-1, 1}};
    int fewest = c->count + 1;
    for (int i = 0; i < 8; i++) {
        double dx = direction[i][0], dy = direction[i][1], half = LINE_HEIGHT / 2.0 - 2;
        double middle_x = x + dx * (gap + width / 2), middle_y = y + dy * (gap + half);
        Box box = {middle_x - width / 2, middle_y - half, middle_x + width / 2, middle_y + half};
        int covered = 0;
        for (int k = 0; k < c->count; k++)
            covered += meet(&box, &c->box[k]);
        if (within(&box, &c->frame) && covered < fewest) {
            fewest = covered;
            *found = box;
        }
    }
    return fewest;
}
