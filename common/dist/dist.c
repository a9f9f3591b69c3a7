/* dist.c -- begin, end, and the collectives, made of messages between two ranks: so their bytes can be counted, and
 * the order in which numbers are added is ours. */
#include "common/dist/link.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- begin and end ------------------------------------------------------------------------------- */

Dist *dist_start(int argc, char **argv, int ranks)
{
    Dist *d = link_join();
    if (!d && ranks > 1)
        link_execute(argc, argv, ranks); /* does not return */
    if (!d)
        return link_alone();
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* into mpirun's pipe, and still seen line by line */
    if (d->rank > 0 && !freopen("/dev/null", "w", stdout))
        error_exitf("/dev/null: cannot be opened");
    return d;
}

size_t dist_bytes_sent(const Dist *d)
{
    return link_base(d)->bytes;
}

size_t dist_messages_sent(const Dist *d)
{
    return link_base(d)->messages;
}

/* ---- requests ------------------------------------------------------------------------------------ */

/* A call in the background. A sum goes through two rounds: everyone sends each rank its share (reduce-scatter), and
 * each rank sends its sum to everyone (all-gather); either may be missing. */
struct DistRequest {
    Dist *d;
    DistRequest *next;
    Messages messages; /* of the round that is under way */
    bool adds, gathers;
    const float *x; /* (count) what is added; */
    float *mine;    /* (own share) where the sum goes; */
    float *all;     /* (count) where everyone's go */
    size_t count;
    float *room; /* (n-1, own share) what the others sent */
    size_t room_count;
    int tag;
};

/* A new request, or one that has done its work. */
static DistRequest *request_new(Dist *d)
{
    LinkBase *b = link_base(d);
    DistRequest *r = b->spare;
    if (r)
        b->spare = r->next;
    else
        r = memory_zero(1, sizeof *r);
    *r = (DistRequest){.d = d,
                       .messages = {r->messages.handles, 0, r->messages.capacity},
                       .room = r->room,
                       .room_count = r->room_count};
    return r;
}

static void request_free(DistRequest *r)
{
    link_messages_free(&r->messages);
    free(r->room);
    free(r);
}

void dist_free(Dist *d)
{
    if (!d)
        return;
    for (DistRequest *r = link_base(d)->spare, *next; r; r = next) {
        next = r->next;
        request_free(r);
    }
    link_leave(d);
    free(d);
}

/* ---- shares -------------------------------------------------------------------------------------- */

DistShare dist_share(const Dist *d, size_t count, int rank)
{
    size_t n = (size_t)d->size, r = (size_t)rank, each = count / n, more = count % n;
    return (DistShare){r * each + (r < more ? r : more), each + (r < more)};
}

/* The rank that is `steps` after this one, in a circle: if all began with rank 0, it would be the bottleneck. */
static int rank_after(const Dist *d, int steps)
{
    return (d->rank + steps) % d->size;
}

/* ---- the two rounds ------------------------------------------------------------------------------- */

static float *room_for(DistRequest *r, size_t count)
{
    if (r->room_count < count) {
        free(r->room);
        r->room = memory_new(count * sizeof *r->room);
        r->room_count = count;
    }
    return r->room;
}

//> reduce-scatter
/* Everyone's part of my share comes to me, and my part of each other share goes to its owner. */
static void begin_adding(DistRequest *r)
{
    Dist *d = r->d;
    size_t own = dist_share(d, r->count, d->rank).count;
    float *room = room_for(r, (size_t)(d->size - 1) * own + 1); /* a share may be empty, the room is not */
    for (int i = 1; i < d->size; i++) {
        int from = rank_after(d, d->size - i), to = rank_after(d, i);
        DistShare theirs = dist_share(d, r->count, to);
        float *slot = room + (size_t)(from < d->rank ? from : from - 1) * own;
        link_receive(d, &r->messages, from, r->tag, slot, own * sizeof *slot);
        link_send(d, &r->messages, to, r->tag, r->x + theirs.first, theirs.count * sizeof *r->x);
    }
}

/* In the order of the ranks, whatever came first. */
static void add(DistRequest *r)
{
    int ranks = r->d->size, rank = r->d->rank;
    DistShare own = dist_share(r->d, r->count, rank);
    const float *mine = r->x + own.first;
    for (size_t i = 0; i < own.count; i++) {
        float sum = rank == 0 ? mine[i] : r->room[i];
        for (int k = 1; k < ranks; k++)
            sum += k == rank ? mine[i] : r->room[(size_t)(k < rank ? k : k - 1) * own.count + i];
        r->mine[i] = sum;
    }
}
//< reduce-scatter

static void begin_gathering(DistRequest *r)
{
    Dist *d = r->d;
    DistShare own = dist_share(d, r->count, d->rank);
    for (int i = 1; i < d->size; i++) {
        int from = rank_after(d, d->size - i);
        DistShare theirs = dist_share(d, r->count, from);
        link_receive(d, &r->messages, from, r->tag + 1, r->all + theirs.first,
                     theirs.count * sizeof *r->all);
        link_send(d, &r->messages, rank_after(d, i), r->tag + 1, r->mine, own.count * sizeof *r->mine);
    }
    if (r->all + own.first != r->mine)
        memcpy(r->all + own.first, r->mine, own.count * sizeof *r->mine);
}

/* The messages of the round are done. Returns whether that was the last. */
static bool end_round(DistRequest *r)
{
    if (!r->adds)
        return true;
    r->adds = false;
    add(r);
    if (r->gathers)
        begin_gathering(r);
    return !r->gathers;
}

static DistRequest *begin(Dist *d, const float *x, float *mine, float *all, size_t count)
{
    DistRequest *r = request_new(d);
    r->adds = x != NULL;
    r->gathers = all != NULL;
    r->x = x;
    r->mine = mine;
    r->all = all;
    r->count = count;
    r->tag = link_next_tag(d);
    if (r->adds)
        begin_adding(r);
    else
        begin_gathering(r);
    return r;
}

DistRequest *dist_all_reduce_begin(Dist *d, float *x, size_t count)
{
    return begin(d, x, x + dist_share(d, count, d->rank).first, x, count);
}

DistRequest *dist_reduce_scatter_begin(Dist *d, const float *x, size_t count, float *mine)
{
    return begin(d, x, mine, NULL, count);
}

DistRequest *dist_all_gather_begin(Dist *d, const float *mine, float *all, size_t count)
{
    return begin(d, NULL, (float *)mine, all, count);
}

DistRequest *dist_send_begin(Dist *d, int to, const void *bytes, size_t size)
{
    DistRequest *r = request_new(d);
    link_send(d, &r->messages, to, 0, bytes, size);
    return r;
}

DistRequest *dist_receive_begin(Dist *d, int from, void *bytes, size_t size)
{
    DistRequest *r = request_new(d);
    link_receive(d, &r->messages, from, 0, bytes, size);
    return r;
}

bool dist_test(DistRequest *r)
{
    while (link_test(&r->messages)) {
        if (end_round(r))
            return true;
    }
    return false;
}

void dist_wait(DistRequest *r)
{
    if (!r)
        return;
    do
        link_wait(&r->messages);
    while (!end_round(r));
    LinkBase *b = link_base(r->d);
    r->next = b->spare;
    b->spare = r;
}

/* ---- collectives ---------------------------------------------------------------------------------- */

int link_next_tag(Dist *d)
{
    enum {
        CALLS = 16000
    }; /* an MPI has tags up to 32767 at least; so many calls are never under way at once */
    LinkBase *b = link_base(d);
    return 1 + 2 * (b->collectives++ % CALLS);
}

/* Piece by piece, so that the room for what the others send stays small. */
void dist_all_reduce(Dist *d, float *x, size_t count)
{
    enum { PIECE = 1 << 20 };
    for (size_t at = 0; d->size > 1 && at < count; at += PIECE)
        dist_wait(dist_all_reduce_begin(d, x + at, count - at < PIECE ? count - at : PIECE));
}

void dist_reduce_scatter(Dist *d, const float *x, size_t count, float *mine)
{
    dist_wait(dist_reduce_scatter_begin(d, x, count, mine));
}

void dist_all_gather(Dist *d, const float *mine, float *all, size_t count)
{
    dist_wait(dist_all_gather_begin(d, mine, all, count));
}

void dist_broadcast(Dist *d, int root, void *bytes, size_t size)
{
    int tag = link_next_tag(d), self = (d->rank - root + d->size) % d->size, bit = 1; /* self: root is 0 */
    Messages m = {0};
    for (; bit < d->size && !(self & bit); bit *= 2)
        ;
    if (self > 0)
        link_receive(d, &m, (self - bit + root) % d->size, tag, bytes, size);
    link_wait(&m);
    for (bit /= 2; bit > 0; bit /= 2) {
        if (self + bit < d->size)
            link_send(d, &m, (self + bit + root) % d->size, tag, bytes, size);
    }
    link_wait(&m);
    link_messages_free(&m);
}

int dist_first(Dist *d, bool mine)
{
    float *votes = memory_new((size_t)d->size * sizeof *votes);
    votes[d->rank] = mine;
    dist_all_gather(d, votes + d->rank, votes, (size_t)d->size);
    int first = -1;
    for (int rank = d->size - 1; rank >= 0; rank--)
        first = votes[rank] != 0 ? rank : first;
    free(votes);
    return first;
}

/* ---- from one rank to another ---------------------------------------------------------------------- */

void dist_send(Dist *d, int to, const void *bytes, size_t size)
{
    dist_wait(dist_send_begin(d, to, bytes, size));
}

void dist_receive(Dist *d, int from, void *bytes, size_t size)
{
    dist_wait(dist_receive_begin(d, from, bytes, size));
}

void dist_exchange(Dist *d, int to, const void *out, size_t out_size, int from, void *in, size_t in_size)
{
    DistRequest *coming = dist_receive_begin(d, from, in, in_size);
    dist_wait(dist_send_begin(d, to, out, out_size));
    dist_wait(coming);
}
