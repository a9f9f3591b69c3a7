/* zero.c -- units of parameters whose data, gradients and moments are shared out between the ranks. */
#define NN_INSIDE
#include "common/dist/zero.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Unit {
    int first, end;             /* parameters first .. end-1 of the list */
    int first_piece, end_piece; /* the same of the list of pieces */
    size_t count;               /* numbers in it */
    DistShare own;              /* those that this rank updates: all in stage 0 */
    float *data, *grad;         /* (count), or NULL while they are not here */
    float *own_data;            /* (own.count): in stage 3 memory of its own, else inside data */
    float *own_grad;            /* (own.count): in stages 2 and 3 memory of its own, else inside grad */
    int missing;                /* gradients that are not complete yet */
    DistRequest *request;       /* of its reduction, while that is under way */
} Unit;

typedef enum Kind { PARAMS, GRADS, KINDS } Kind;

struct DistZero {
    Dist *d;
    int stage;
    const Params *params;
    Params pieces;
    Unit *units;
    int count;
    int *unit_of; /* (params->count) */
    size_t bytes[KINDS], max_bytes[KINDS];
    bool reduces; /* the backward pass that runs is one whose gradients are sent */
    bool adds;    /* own gradients hold those of an earlier pass of this step */
    bool holds;   /* all parameters stay */
};

/* ---- memory that is counted ------------------------------------------------------------------------ */

static float *take(DistZero *z, Kind kind, size_t count)
{
    z->bytes[kind] += count * sizeof(float);
    if (z->bytes[kind] > z->max_bytes[kind])
        z->max_bytes[kind] = z->bytes[kind];
    return memory_zero(count, sizeof(float));
}

static void give_back(DistZero *z, Kind kind, float **memory, size_t count)
{
    if (*memory)
        z->bytes[kind] -= count * sizeof(float);
    free(*memory);
    *memory = NULL;
}

/* ---- units and pieces ------------------------------------------------------------------------------ */

/* The text up to the end of the first number: "h.0" of "h.0.attn.c_attn.weight", "" where there is none. */
static size_t block_of(const char *name)
{
    size_t at = strcspn(name, "0123456789");
    if (!name[at])
        return 0;
    while (isdigit((unsigned char)name[at]))
        at++;
    return name[at] == '.' ? at : 0;
}

static bool same_unit(const char *a, const char *b)
{
    size_t length = block_of(a);
    return length == block_of(b) && strncmp(a, b, length) == 0;
}

static void cut_units(DistZero *z)
{
    const Param *items = z->params->items;
    z->units = memory_zero((size_t)z->params->count, sizeof *z->units);
    z->unit_of = memory_new((size_t)z->params->count * sizeof *z->unit_of);
    for (int i = 0; i < z->params->count; i++) {
        if (!items[i].tensor->wants_grad)
            FATAL("dist_zero_new: %s is frozen", items[i].name);
        if (i == 0 || !same_unit(items[i].name, items[i - 1].name))
            z->units[z->count++].first = i;
        Unit *u = &z->units[z->count - 1];
        u->end = i + 1;
        u->count += items[i].tensor->size;
        z->unit_of[i] = z->count - 1;
    }
}

/* Points the parameters of a unit to its data and gradients, if they are here. */
static void point(DistZero *z, Unit *u)
{
    size_t at = 0;
    for (int i = u->first; i < u->end; i++) {
        Tensor *t = z->params->items[i].tensor;
        t->data = u->data ? u->data + at : NULL;
        t->grad = u->grad ? u->grad + at : NULL;
        at += t->size;
    }
}

//> pieces
/* For the optimizer: what lies in the own share of a unit, cut where one parameter ends and the next begins. */
static void add_pieces(DistZero *z, Unit *u)
{
    size_t at = 0, own_end = u->own.first + u->own.count;
    u->first_piece = z->pieces.count;
    for (int i = u->first; i < u->end; i++) {
        const Param *whole = &z->params->items[i];
        size_t end = at + whole->tensor->size;
        size_t first = at > u->own.first ? at : u->own.first, last = end < own_end ? end : own_end;
        at = end;
        if (first >= last)
            continue;
        Tensor *t = memory_new(sizeof *t);
        *t = (Tensor){.rank = 1, .shape = {(int)(last - first)}, .size = last - first, .is_leaf = true};
        t->wants_grad = true;
        t->data = u->own_data + (first - u->own.first);
        t->grad = u->own_grad + (first - u->own.first);
        Param *p = &z->pieces.items[z->pieces.count++];
        *p = *whole;
        p->tensor = t;
    }
    u->end_piece = z->pieces.count;
}
//< pieces

/* Copies a unit's parameters into one array, and frees theirs. */
static void take_over(DistZero *z, Unit *u)
{
    u->data = take(z, PARAMS, u->count);
    float *at = u->data;
    for (int i = u->first; i < u->end; i++) {
        Tensor *t = z->params->items[i].tensor;
        memcpy(at, t->data, t->size * sizeof *at);
        at += t->size;
        free(t->data);
        free(t->grad);
        t->has_grad = false;
    }
    dist_broadcast(z->d, 0, u->data, u->count * sizeof *u->data);
}

//> share-out
/* What this rank keeps of a unit for good. */
static void share_out(DistZero *z, Unit *u)
{
    u->own = z->stage > 0 ? dist_share(z->d, u->count, z->d->rank) : (DistShare){0, u->count};
    if (z->stage < 2) {
        u->grad = take(z, GRADS, u->count);
        u->own_grad = u->grad + u->own.first;
    } else {
        u->own_grad = take(z, GRADS, u->own.count);
    }
    if (z->stage < 3) {
        u->own_data = u->data + u->own.first;
    } else {
        u->own_data = take(z, PARAMS, u->own.count);
        memcpy(u->own_data, u->data + u->own.first, u->own.count * sizeof *u->data);
        give_back(z, PARAMS, &u->data, u->count);
    }
}
//< share-out

DistZero *dist_zero_new(Dist *d, const Params *p, int stage)
{
    DistZero *z = memory_new(sizeof *z);
    *z = (DistZero){.d = d, .params = p, .stage = stage};
    cut_units(z);
    z->pieces.items = memory_zero((size_t)p->count, sizeof *z->pieces.items);
    for (int i = 0; i < z->count; i++) {
        take_over(z, &z->units[i]);
        share_out(z, &z->units[i]);
        point(z, &z->units[i]);
        add_pieces(z, &z->units[i]);
    }
    return z;
}

const Params *dist_zero_pieces(const DistZero *z)
{
    return &z->pieces;
}

/* ---- parameters come and go (stage 3) -------------------------------------------------------------- */

//> gather
static void gather(DistZero *z, Unit *u)
{
    if (u->data)
        return;
    u->data = take(z, PARAMS, u->count);
    dist_all_gather(z->d, u->own_data, u->data, u->count);
    point(z, u);
}

static void drop(DistZero *z, Unit *u)
{
    if (z->stage < 3)
        return;
    give_back(z, PARAMS, &u->data, u->count);
    point(z, u);
}

/* An operation is about to read a parameter: its unit is gathered, and all others are dropped. */
static void bring(DistZero *z, Unit *u)
{
    for (int i = 0; !z->holds && i < z->count; i++) {
        if (&z->units[i] != u)
            drop(z, &z->units[i]);
    }
    gather(z, u);
}
//< gather

void dist_zero_hold(DistZero *z)
{
    z->holds = true;
    for (int i = 0; i < z->count; i++)
        gather(z, &z->units[i]);
}

void dist_zero_release(DistZero *z)
{
    z->holds = false;
    for (int i = 0; i < z->count; i++)
        drop(z, &z->units[i]);
}

/* ---- gradients ------------------------------------------------------------------------------------- */

/* Room for the gradients of a unit, while the backward pass is in it (stages 2 and 3). */
static void lend_gradients(DistZero *z, Unit *u)
{
    if (u->grad)
        return;
    u->grad = take(z, GRADS, u->count);
    point(z, u);
}

//> reduce
/* The gradients of a unit are complete: their means begin to go to their owners. */
static void begin_reduce(DistZero *z, Unit *u)
{
    for (int i = u->first; i < u->end; i++) {
        Tensor *t = z->params->items[i].tensor;
        if (!t->has_grad)
            memset(t->grad, 0, t->size * sizeof *t->grad);
        t->has_grad = false; /* the next backward pass overwrites them */
    }
    if (z->stage == 0)
        u->request = dist_all_reduce_begin(z->d, u->grad, u->count);
    else
        u->request = dist_reduce_scatter_begin(z->d, u->grad, u->count, u->grad + u->own.first);
}

static void end_reduce(DistZero *z, Unit *u)
{
    if (!u->request)
        return;
    dist_wait(u->request);
    u->request = NULL;
    const float *sum = u->grad + u->own.first, part = 1.0f / (float)z->d->size;
    for (size_t i = 0; i < u->own.count; i++)
        u->own_grad[i] = (z->stage >= 2 && z->adds ? u->own_grad[i] : 0) + part * sum[i];
    if (z->stage >= 2) {
        give_back(z, GRADS, &u->grad, u->count);
        point(z, u);
    }
}
//< reduce

/* What is complete is sent while the backward pass is in the next unit, and no longer. */
static void unit_is_complete(DistZero *z, Unit *u)
{
    for (int i = 0; i < z->count; i++)
        end_reduce(z, &z->units[i]);
    begin_reduce(z, u);
}

/* ---- what the graph says --------------------------------------------------------------------------- */

static Unit *unit_with(DistZero *z, const Tensor *parameter)
{
    const Param *p = nn_param_of(z->params, parameter);
    return p ? &z->units[z->unit_of[p - z->params->items]] : NULL;
}

static void is_used(void *context, Tensor *parameter, bool backward)
{
    DistZero *z = context;
    Unit *u = unit_with(z, parameter);
    if (!u)
        return;
    bring(z, u);
    if (backward)
        lend_gradients(z, u);
}

static void is_final(void *context, Tensor *parameter)
{
    DistZero *z = context;
    Unit *u = unit_with(z, parameter);
    if (u && z->reduces && --u->missing == 0) {
        lend_gradients(z, u);
        unit_is_complete(z, u);
    }
}

void dist_zero_watch(DistZero *z, Graph *g)
{
    nn_graph_hook(g, &(GraphHooks){.use = is_used, .final = is_final, .context = z});
}

void dist_zero_backward(DistZero *z, Graph *g, Tensor *loss, bool last)
{
    z->reduces = last || z->stage >= 2; /* stages 0 and 1 have room to add up here first */
    for (int i = 0; i < z->count; i++)
        z->units[i].missing = z->units[i].end - z->units[i].first;
    nn_backward(g, loss);
    for (int i = z->count - 1; z->reduces && i >= 0; i--) {
        if (z->units[i].missing > 0) { /* some of it was not used */
            lend_gradients(z, &z->units[i]);
            unit_is_complete(z, &z->units[i]);
        }
    }
    for (int i = 0; i < z->count; i++) {
        end_reduce(z, &z->units[i]);
        if (!z->holds)
            drop(z, &z->units[i]);
    }
    z->adds = true;
}

/* ---- a step ---------------------------------------------------------------------------------------- */

//> step
/* The norm of all gradients, of which each rank has a share. */
static float global_norm(DistZero *z, Optimizer *o)
{
    float norm = nn_clip_gradients(o, 0), squares = norm * norm;
    if (z->stage == 0)
        return norm;
    dist_all_reduce(z->d, &squares, 1);
    return sqrtf(squares);
}

float dist_zero_step(DistZero *z, Optimizer *o, float rate, float max)
{
    for (int i = 0; i < z->pieces.count; i++)
        z->pieces.items[i].tensor->has_grad = true;
    float norm = global_norm(z, o);
    nn_optimizer_scale(o, max > 0 && norm > max ? max / norm : 1);
    if (z->pieces.count > 0)
        nn_optimizer_step(o, rate);
    for (int i = 0; i < z->count; i++) {
        Unit *u = &z->units[i];
        if (z->stage == 1 || z->stage == 2)
            dist_all_gather(z->d, u->own_data, u->data, u->count);
    }
    z->adds = false;
    return norm;
}
//< step

/* ---- the end, and checkpoints ---------------------------------------------------------------------- */

/* Copies the moments of a unit's pieces to one array of its own share, or back. */
static void copy_own(DistZero *z, const Unit *u, Optimizer *o, int which, float *own, bool to_pieces)
{
    for (int i = u->first_piece; i < u->end_piece; i++) {
        size_t size = z->pieces.items[i].tensor->size;
        float *moment = nn_optimizer_moment(o, i, which);
        memcpy(to_pieces ? moment : own, to_pieces ? own : moment, size * sizeof *own);
        own += size;
    }
}

/* The same between the moments of whole parameters and one array of the unit. */
static void copy_whole(DistZero *z, const Unit *u, Optimizer *whole, int which, float *all, bool to_whole)
{
    for (int i = u->first; i < u->end; i++) {
        size_t bytes = z->params->items[i].tensor->size * sizeof *all;
        float *moment = nn_optimizer_moment(whole, i, which);
        memcpy(to_whole ? moment : all, to_whole ? all : moment, bytes);
        all += z->params->items[i].tensor->size;
    }
}

/* Walks through all moments of all units. */
static void move_moments(DistZero *z, Optimizer *o, Optimizer *whole, bool collects)
{
    for (int k = 0; k < 2 * z->count; k++) {
        const Unit *u = &z->units[k / 2];
        int which = k % 2;
        if (!nn_optimizer_moment(whole, u->first, which))
            continue;
        float *all = memory_new(u->count * sizeof *all), *own = all + u->own.first;
        if (collects)
            copy_own(z, u, o, which, own, false);
        else
            copy_whole(z, u, whole, which, all, false);
        if (collects && z->stage > 0)
            dist_all_gather(z->d, own, all, u->count);
        if (collects)
            copy_whole(z, u, whole, which, all, true);
        else
            copy_own(z, u, o, which, own, true);
        free(all);
    }
}

void dist_zero_collect(DistZero *z, Optimizer *o, Optimizer *whole)
{
    move_moments(z, o, whole, true);
    *nn_optimizer_steps(whole) = *nn_optimizer_steps(o);
}

void dist_zero_spread(DistZero *z, Optimizer *o, Optimizer *whole)
{
    move_moments(z, o, whole, false);
    *nn_optimizer_steps(o) = *nn_optimizer_steps(whole);
}

/* Each parameter gets memory of its own again. */
static void hand_back(DistZero *z, Unit *u)
{
    const float *at = u->data;
    for (int i = u->first; i < u->end; i++) {
        Tensor *t = z->params->items[i].tensor;
        t->data = memory_new(t->size * sizeof *t->data);
        t->grad = memory_zero(t->size, sizeof *t->grad);
        memcpy(t->data, at, t->size * sizeof *at);
        at += t->size;
    }
    if (z->stage >= 2)
        give_back(z, GRADS, &u->own_grad, u->own.count);
    if (z->stage == 3)
        give_back(z, PARAMS, &u->own_data, u->own.count);
    give_back(z, PARAMS, &u->data, u->count);
    give_back(z, GRADS, &u->grad, u->count);
}

void dist_zero_free(DistZero *z)
{
    if (!z)
        return;
    dist_zero_hold(z);
    for (int i = 0; i < z->count; i++)
        hand_back(z, &z->units[i]);
    for (int i = 0; i < z->pieces.count; i++)
        free(z->pieces.items[i].tensor);
    free(z->pieces.items);
    free(z->units);
    free(z->unit_of);
    free(z);
}

/* ---- bytes ----------------------------------------------------------------------------------------- */

DistZeroBytes dist_zero_bytes(const DistZero *z)
{
    return (DistZeroBytes){z->bytes[PARAMS], z->bytes[GRADS], z->max_bytes[PARAMS], z->max_bytes[GRADS]};
}

size_t dist_moment_bytes(Optimizer *o, const Params *p)
{
    size_t bytes = 0;
    for (int i = 0; i < 2 * p->count; i++)
        bytes += nn_optimizer_moment(o, i / 2, i % 2) ? p->items[i / 2].tensor->size * sizeof(float) : 0;
    return bytes;
}

int dist_zero_units(const DistZero *z)
{
    return z->count;
}

size_t dist_zero_unit(const DistZero *z, int i)
{
    return z->units[i].count;
}
