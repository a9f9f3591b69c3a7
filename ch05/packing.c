/* packing.c -- documents in rows. */
#include "ch05/packing.h"

//> pack
void rows_clear(Rows *r, int rows, int time)
{
    *r = (Rows){.rows = rows, .time = time};
    for (int i = 0; i < rows * time; i++)
        r->label[i] = ROWS_IGNORE; /* padding is no example */
}

/* Each token's label is the next token; the last one has none, because another document follows it in the row. */
bool rows_append(Rows *r, int row, int *at, int document, const Sentence *s)
{
    if (*at + s->count > r->time)
        return false;
    for (int t = 0; t < s->count; t++, (*at)++) {
        int i = row * r->time + *at;
        r->ids[i] = s->ids[t];
        r->position[i] = t;
        r->document[i] = document;
        r->label[i] = t + 1 < s->count ? s->ids[t + 1] : ROWS_IGNORE;
    }
    return true;
}
//< pack

void rows_pack(Rows *r, const Sentence *items, int count, int *next)
{
    rows_clear(r, ROWS_MAX, ROWS_TIME);
    for (int row = 0; row < ROWS_MAX; row++)
        for (int at = 0, document = 1; *next < count && rows_append(r, row, &at, document, &items[*next]);
             document++)
            ++*next;
}

void rows_pad(Rows *r, const Sentence *items, int count, int *next)
{
    rows_clear(r, ROWS_MAX, SENTENCE_MAX);
    for (int row = 0; row < ROWS_MAX && *next < count; row++) {
        int at = 0;
        rows_append(r, row, &at, 1, &items[(*next)++]);
    }
}

int rows_padding(const Rows *r)
{
    int count = 0;
    for (int i = 0; i < r->rows * r->time; i++)
        count += r->document[i] == 0;
    return count;
}

int rows_labels(const Rows *r)
{
    int count = 0;
    for (int i = 0; i < r->rows * r->time; i++)
        count += r->label[i] != ROWS_IGNORE;
    return count;
}

//> allowed
Tensor *rows_allowed(Graph *g, const Rows *r, bool open)
{
    Tensor *allowed = nn_input(g, r->rows, r->time, r->time);
    float *to = allowed->data;
    for (int row = 0; row < r->rows; row++) {
        const int *document = r->document + row * r->time;
        for (int t = 0; t < r->time; t++)
            for (int s = 0; s < r->time; s++)
                *to++ = s <= t && (open || document[s] == document[t]);
    }
    return allowed;
}
//< allowed

const Reading readings[READINGS] = {{false, false}, {true, false}, {true, true}};

Tensor *rows_loss(Graph *g, const Trunk *m, const Rows *r, const Reading *how)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)(r->rows * r->time));
    for (int i = 0; i < r->rows * r->time; i++)
        positions[i] = how->through ? i % r->time : r->position[i];
    const NnBlockCall call = {.attention = {.mask = rows_allowed(g, r, how->open)}};
    Tensor *hidden = trunk_hidden(g, m, r->ids, positions, r->rows, r->time, &call); /* (B,T,C) */
    return trunk_loss(g, m, hidden, r->label);
}
