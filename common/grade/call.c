/* call.c -- takes arguments out of a message, makes room for outputs, and lays guards. */
#include "common/grade/call.h"

#include "common/base/base.h"
#include "common/grade/reply.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARD = 256 };

static void fill(float *at, size_t count, uint32_t bits)
{
    for (size_t i = 0; i < count; i++)
        memcpy(at + i, &bits, sizeof bits);
}

/* In make debug, where the sanitizer looks on (address_sanitizer), the guards are forbidden ground to it. */
#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *at, size_t size);
void __asan_unpoison_memory_region(const volatile void *at, size_t size);

static void forbid_guards(const Piece *p)
{
    __asan_poison_memory_region(p->map, p->map_size);
    __asan_unpoison_memory_region(p->t->data, p->t->size * sizeof(float));
}

static void give_back(const Piece *p)
{
    __asan_unpoison_memory_region(p->map, p->map_size);
    munmap(p->map, p->map_size);
}
#else
static void forbid_guards(const Piece *p)
{
    (void)p;
}

static void give_back(const Piece *p)
{
    munmap(p->map, p->map_size);
}
#endif

static Piece *note(GradeCall *c, PieceKind kind, const char *name, Tensor *t)
{
    if (c->count == MOST_PIECES)
        FATAL("a driver with more than %d arguments and outputs", MOST_PIECES);
    c->pieces[c->count] = (Piece){.kind = kind, .name = name, .t = t};
    return &c->pieces[c->count++];
}

/* A tensor on pages of its own, full of `bits`, with guards that bear the piece's number. */
static Tensor *place(GradeCall *c, PieceKind kind, const char *name, int rank, const int *shape)
{
    Tensor *t = arena_alloc(c->arena, sizeof *t);
    Piece *p = note(c, kind, name, t);
    uint32_t number = (uint32_t)(c->count - 1);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *t = (Tensor){.rank = rank, .size = 1};
    for (int i = 0; i < rank; i++) {
        t->shape[i] = shape[i];
        t->size *= (size_t)shape[i];
    }
    size_t inside = ((t->size + GUARD) * sizeof(float) + page - 1) / page * page,
           free = inside / sizeof(float);
    p->map_size = inside + 2 * (size_t)CALL_BORDER;
    p->map = mmap(NULL, p->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p->map == MAP_FAILED || mprotect(p->map + CALL_BORDER, inside, PROT_READ | PROT_WRITE) != 0)
        FATAL("no memory for %s", name);
    float *begin = (float *)(void *)(p->map + CALL_BORDER);
    fill(begin, free, GUARD_BITS | number);
    t->data = c->begins_at_border ? begin : begin + (free - t->size);
    fill(t->data, t->size, UNWRITTEN_BITS | number);
    forbid_guards(p);
    return t;
}

/* ---- arguments ------------------------------------------------------------------------------------------ */

static Tensor *place_argument(GradeCall *c, const char *name, int rank, const int *shape, const void *data)
{
    Tensor *t = place(c, PIECE_ARGUMENT, name, rank, shape);
    float *copy = arena_alloc(c->arena, (t->size + 1) * sizeof *copy);
    memcpy(copy, data, t->size * sizeof *copy);
    memcpy(t->data, data, t->size * sizeof *copy);
    c->pieces[c->count - 1].copy = copy;
    return t;
}

Tensor *grade_arg_tensor(GradeCall *c, const char *name)
{
    const Tensor *sent = message_tensor(&c->in, c->arena);
    if (!sent)
        FATAL("argument %s: the judge sent something else", name);
    return place_argument(c, name, sent->rank, sent->shape, sent->data);
}

Tensor *grade_arg_parameter(GradeCall *c, const char *name)
{
    Tensor *t = grade_arg_tensor(c, name);
    t->grad = arena_alloc(c->arena, t->size * sizeof *t->grad);
    memset(t->grad, 0, t->size * sizeof *t->grad);
    t->wants_grad = t->is_leaf = true;
    return t;
}

int grade_arg_int(GradeCall *c, const char *name)
{
    int value = message_int(&c->in);
    note(c, PIECE_NUMBER, name, NULL)->number = value;
    return value;
}

float grade_arg_float(GradeCall *c, const char *name)
{
    float value = message_float(&c->in);
    note(c, PIECE_NUMBER, name, NULL)->number = (double)value;
    return value;
}

const int *grade_arg_ints(GradeCall *c, const char *name, int *count)
{
    _Static_assert(sizeof(int) == sizeof(float), "whole numbers take the place of floats");
    const int *sent = message_ints(&c->in, c->arena, count);
    if (!sent)
        FATAL("argument %s: the judge sent something else", name);
    return (const int *)(void *)place_argument(c, name, 1, count, sent)->data;
}

/* ---- outputs -------------------------------------------------------------------------------------------- */

Tensor *grade_out_make(GradeCall *c, const char *name, int rank, const int *shape)
{
    return place(c, PIECE_OUTPUT, name, rank, shape);
}

int *grade_out_ints_make(GradeCall *c, const char *name, int rank, const int *shape)
{
    return (int *)(void *)place(c, PIECE_INTS, name, rank, shape)->data;
}

Graph *grade_graph(GradeCall *c)
{
    if (!c->graph)
        c->graph = nn_graph_new();
    return c->graph;
}

/* A copy of numbers that the function made. */
static void give(GradeCall *c, const char *name, const Tensor *t, const float *numbers)
{
    Tensor *copy = arena_alloc(c->arena, sizeof *copy);
    *copy = (Tensor){.rank = t->rank, .size = t->size};
    memcpy(copy->shape, t->shape, sizeof copy->shape);
    copy->data = arena_alloc(c->arena, t->size * sizeof *copy->data);
    memcpy(copy->data, numbers, t->size * sizeof *copy->data);
    note(c, PIECE_RETURNED, name, copy);
}

void grade_return(GradeCall *c, const char *name, const Tensor *t)
{
    if (t)
        give(c, name, t, t->data);
    else
        note(c, PIECE_RETURNED, name, NULL);
}

void grade_return_number(GradeCall *c, const char *name, double value)
{
    float number = (float)value;
    give(c, name, &(Tensor){.rank = 0, .size = 1}, &number);
}

void grade_return_grad(GradeCall *c, const char *name, const Tensor *t)
{
    give(c, name, t, t->grad);
}

/* ---- the call ------------------------------------------------------------------------------------------- */

static bool holds(const float *at, uint32_t bits)
{
    return memcmp(at, &bits, sizeof bits) == 0;
}

bool piece_broken(const GradeCall *c, int number, long long *index)
{
#ifndef __SANITIZE_ADDRESS__
    const Piece *p = &c->pieces[number];
    const uint32_t bits = GUARD_BITS | (uint32_t)number;
    for (long long i = 0; i < GUARD; i++) {
        *index = c->begins_at_border ? (long long)p->t->size + i : -1 - i;
        if (!holds(p->t->data + *index, bits))
            return true;
    }
#endif
    return false;
}

bool piece_is_output(const Piece *p)
{
    return p->kind != PIECE_ARGUMENT && p->kind != PIECE_NUMBER;
}

static const GradeDriver *driver_of(const char *name)
{
    for (const GradeDriver *d = grade_drivers; d->name; d++) {
        if (strcmp(d->name, name) == 0)
            return d;
    }
    FATAL("no driver is called %s", name);
}

void reply_head(Message *m, Complaint code, int piece, long long index, int access)
{
    int near = index > INT32_MAX ? INT32_MAX : index < INT32_MIN ? INT32_MIN : (int)index;
    message_clear(m);
    message_put_int(m, (int)code);
    message_put_int(m, piece);
    message_put_int(m, near);
    message_put_int(m, access);
}

void call_run(GradeCall *c, const char *name)
{
    c->count = 0;
    driver_of(name)->run(c);
}

void call_end(GradeCall *c)
{
    for (int i = 0; i < c->count; i++) {
        if (c->pieces[i].map)
            give_back(&c->pieces[i]);
    }
    c->count = 0;
    if (c->graph)
        nn_graph_reset(c->graph);
    arena_reset(c->arena);
}
