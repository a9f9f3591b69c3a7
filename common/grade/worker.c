/* worker.c -- the process in which the learner's code runs.
 *
 * It reads calls from descriptor 3, runs the driver of that name, and sends the
 * outputs back. Before the first call it gives up what it no longer needs: the
 * root user, and every system call but those that computing takes (confine.c).
 * Nothing that it says is believed beyond "these are my outputs". */
#include "common/base/base.h"
#include "common/grade/confine.h"
#include "common/grade/driver.h"
#include "common/grade/message.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { JUDGE = 3, MOST_PIECES = 64, GUARD = 256 };

/* Two NaNs that no computation yields: what guards hold, and what outputs hold at first. */
static const uint32_t GUARD_BITS = 0x7fc5a11d, UNWRITTEN_BITS = 0x7fc0dead;

/* PIECE_INTS: an output of whole numbers, in the place of as many floats. */
typedef enum PieceKind { PIECE_ARGUMENT, PIECE_OUTPUT, PIECE_INTS, PIECE_RETURNED } PieceKind;

typedef struct Piece {
    PieceKind kind;
    const char *name;
    Tensor *t;         /* NULL if the function returned NULL */
    const float *copy; /* of an argument: what it held */
} Piece;

struct GradeCall {
    Message in, out;
    Arena *arena;
    Graph *graph;
    Piece pieces[MOST_PIECES];
    int count;
};

static void fill(float *at, size_t count, uint32_t bits)
{
    for (size_t i = 0; i < count; i++)
        memcpy(at + i, &bits, sizeof bits);
}

/* Index of the first number that is (same) or is not (!same) those bits; count if there is none. */
static size_t find(const float *at, size_t count, uint32_t bits, bool same)
{
    size_t i = 0;
    while (i < count && (memcmp(at + i, &bits, sizeof bits) == 0) != same)
        i++;
    return i;
}

static void guard(Tensor *t)
{
    fill(t->data - GUARD, GUARD, GUARD_BITS);
    fill(t->data + t->size, GUARD, GUARD_BITS);
}

static void note(GradeCall *c, PieceKind kind, const char *name, Tensor *t, const float *copy)
{
    if (c->count == MOST_PIECES)
        FATAL("a driver with more than %d tensors", MOST_PIECES);
    c->pieces[c->count++] = (Piece){kind, name, t, copy};
}

Tensor *grade_arg_tensor(GradeCall *c, const char *name)
{
    Tensor *t = message_tensor(&c->in, c->arena, GUARD);
    if (!t)
        FATAL("argument %s: the judge sent something else", name);
    guard(t);
    float *copy = arena_alloc(c->arena, t->size * sizeof *copy);
    memcpy(copy, t->data, t->size * sizeof *copy);
    note(c, PIECE_ARGUMENT, name, t, copy);
    return t;
}

Tensor *grade_arg_parameter(GradeCall *c, const char *name)
{
    Tensor *t = grade_arg_tensor(c, name);
    t->grad = arena_alloc(c->arena, t->size * sizeof *t->grad);
    memset(t->grad, 0, t->size * sizeof *t->grad);
    t->wants_grad = t->is_leaf = true;
    return t;
}

int grade_arg_int(GradeCall *c)
{
    return message_int(&c->in);
}

float grade_arg_float(GradeCall *c)
{
    return message_float(&c->in);
}

const int *grade_arg_ints(GradeCall *c, int *count)
{
    return message_ints(&c->in, c->arena, count);
}

Tensor *grade_out_make(GradeCall *c, const char *name, int rank, const int *shape)
{
    Tensor *t = message_room(c->arena, rank, shape, GUARD);
    guard(t);
    fill(t->data, t->size, UNWRITTEN_BITS);
    note(c, PIECE_OUTPUT, name, t, NULL);
    return t;
}

int *grade_out_ints_make(GradeCall *c, const char *name, int rank, const int *shape)
{
    _Static_assert(sizeof(int) == sizeof(float), "whole numbers take the place of floats");
    Tensor *t = grade_out_make(c, name, rank, shape);
    c->pieces[c->count - 1].kind = PIECE_INTS;
    return (int *)(void *)t->data;
}

Graph *grade_graph(GradeCall *c)
{
    if (!c->graph)
        c->graph = nn_graph_new();
    return c->graph;
}

void grade_return(GradeCall *c, const char *name, const Tensor *t)
{
    Tensor *copy = NULL;
    if (t) {
        copy = message_room(c->arena, t->rank, t->shape, 0);
        memcpy(copy->data, t->data, t->size * sizeof *t->data);
    }
    note(c, PIECE_RETURNED, name, copy, NULL);
}

void grade_return_number(GradeCall *c, const char *name, double value)
{
    Tensor *t = message_room(c->arena, 0, NULL, 0);
    t->data[0] = (float)value;
    note(c, PIECE_RETURNED, name, t, NULL);
}

void grade_return_grad(GradeCall *c, const char *name, const Tensor *t)
{
    Tensor *copy = message_room(c->arena, t->rank, t->shape, 0);
    memcpy(copy->data, t->grad, t->size * sizeof *t->grad);
    note(c, PIECE_RETURNED, name, copy, NULL);
}

/* ---- what went wrong, in words ---------------------------------------------------------------------- */

static bool piece_is_sound(const Piece *p, char complaint[MESSAGE_TEXT])
{
    if (!p->t) {
        snprintf(complaint, MESSAGE_TEXT, "it returned NULL instead of %s", p->name);
        return false;
    }
    if (p->kind == PIECE_RETURNED)
        return true;
    size_t before = find(p->t->data - GUARD, GUARD, GUARD_BITS, false);
    size_t behind = find(p->t->data + p->t->size, GUARD, GUARD_BITS, false);
    if (before < GUARD)
        snprintf(complaint, MESSAGE_TEXT, "it writes %zu places before the beginning of %s", GUARD - before,
                 p->name);
    else if (behind < GUARD)
        snprintf(complaint, MESSAGE_TEXT,
                 "it writes behind the end of %s: at index %zu, and the last is %zu", p->name,
                 p->t->size + behind, p->t->size - 1);
    else if (p->kind == PIECE_ARGUMENT && memcmp(p->t->data, p->copy, p->t->size * sizeof(float)) != 0)
        snprintf(complaint, MESSAGE_TEXT, "it changes its argument %s", p->name);
    else if (p->kind != PIECE_ARGUMENT && find(p->t->data, p->t->size, UNWRITTEN_BITS, true) < p->t->size)
        snprintf(complaint, MESSAGE_TEXT,
                 "it does not write to %s at index %zu, or adds to it without setting it to 0 first",
                 p->name, find(p->t->data, p->t->size, UNWRITTEN_BITS, true));
    else
        return true;
    return false;
}

static void ints_to_floats(Tensor *t)
{
    for (size_t i = 0; i < t->size; i++) {
        int value;
        memcpy(&value, t->data + i, sizeof value);
        t->data[i] = (float)value;
    }
}

/* The reply: a complaint, or "" and the outputs. */
static void answer(GradeCall *c)
{
    char complaint[MESSAGE_TEXT] = "";
    int outputs = 0;
    for (int i = 0; i < c->count && piece_is_sound(&c->pieces[i], complaint); i++)
        outputs += c->pieces[i].kind != PIECE_ARGUMENT;
    message_clear(&c->out);
    message_put_text(&c->out, complaint);
    message_put_int(&c->out, complaint[0] ? 0 : outputs);
    for (int i = 0; i < c->count && !complaint[0]; i++) {
        const Piece *p = &c->pieces[i];
        if (p->kind == PIECE_INTS)
            ints_to_floats(p->t);
        if (p->kind != PIECE_ARGUMENT)
            message_put_tensor(&c->out, p->t);
    }
}

static const GradeDriver *driver_of(const char *name)
{
    for (const GradeDriver *d = grade_drivers; d->name; d++) {
        if (strcmp(d->name, name) == 0)
            return d;
    }
    FATAL("no driver is called %s", name);
}

/* Takes the place of the functions that the chapter's other exercises ask for (others.ld). */
void grade_other_exercise(void);
void grade_other_exercise(void)
{
    FATAL("a driver calls the function of another exercise");
}

int main(void)
{
    GradeCall c = {.arena = arena_new()};
    char name[MESSAGE_TEXT];
    setvbuf(stdout, NULL, _IOLBF, 4096);
    confine();
    if (!message_send(JUDGE, &c.out, clock_seconds() + 1e6)) /* an empty message: ready */
        return 1;
    while (message_receive(JUDGE, &c.in, clock_seconds() + 1e6)) {
        message_text(&c.in, name);
        c.count = 0;
        driver_of(name)->run(&c);
        answer(&c);
        fflush(stdout);
        if (!message_send(JUDGE, &c.out, clock_seconds() + 1e6))
            return 1;
        if (c.graph)
            nn_graph_reset(c.graph);
        arena_reset(c.arena);
    }
    return 0;
}
