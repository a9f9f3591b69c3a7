/* dist.h -- several processes that work on one model, by messages (section 4.4).
 *
 *     int ranks = 4;
 *     options_parse(...);                           --help and bad options end here, once
 *     Dist *d = dist_start(argc, argv, ranks);      from here on the program runs `ranks` times
 *     dist_all_reduce(d, x, count);
 *     dist_free(d);
 *
 * Each process is a rank of `size`, 0 to size-1. MPI carries the messages where it is installed; without it a
 * program can only be alone, and with one rank every call below is done at once.
 *
 * Calls that take no rank are collective: all ranks of d make them in the same order, with the same counts. Sums are
 * added in the order of the ranks, in float32: every rank gets the same bits, in every run, however fast the
 * messages were. Numbers of any count go; no count has to be a multiple of the ranks. */
#ifndef DIST_DIST_H
#define DIST_DIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Dist {
    int rank, size;
    struct DistLink *link; /* what carries the messages */
} Dist;

/* ---- begin and end --------------------------------------------------------------------------------- */

/* Joins the other ranks if mpirun started this process; `ranks` is not asked then. If not, one rank is this process
 * alone, and more make it execute itself under mpirun, with the settings that a single machine needs: as root, more
 * ranks than cores, no ssh, waiting ranks that give up their core, one thread for each rank unless OMP_NUM_THREADS
 * says otherwise (what the environment sets already stays as it is). Nothing may have been printed before.
 * Standard output belongs to rank 0: that of the others leads nowhere. Without MPI, or without its mpirun, more than
 * one rank is one line on standard error and status 2. */
Dist *dist_start(int argc, char **argv, int ranks);

/* Leaves the others, waiting for them. A program that ends without it takes them down with it, which is right
 * after an error. A group of dist_split is freed by it too, before the Dist that it was split from. */
void dist_free(Dist *d);

/* The group of the ranks that give the same colour, in the order of their ranks in d. With its own rank, size and
 * counts of what was sent. Section 4.4.4. */
Dist *dist_split(Dist *d, int colour);

/* ---- a share ------------------------------------------------------------------------------------- */

/* Rank r's share of count numbers: [first, first + count) of them. The shares of all ranks lie side by side in the
 * order of the ranks, and differ by at most 1. */
typedef struct DistShare {
    size_t first, count;
} DistShare;
DistShare dist_share(const Dist *d, size_t count, int rank);

/* ---- collectives ------------------------------------------------------------------------------------ */

/* x (count) of every rank becomes the sum of those of all ranks. Each rank adds up its own share and sends it to the
 * others: 2(n-1)/n x count numbers leave each of n ranks, as in a ring, in two rounds. */
void dist_all_reduce(Dist *d, float *x, size_t count);

/* mine (own share of count): the sum over the ranks of their x (count), that share alone. mine may lie in x, at the
 * share's place; else x stays. (n-1)/n x count numbers leave each rank. */
void dist_reduce_scatter(Dist *d, const float *x, size_t count, float *mine);

/* all (count): everyone's share. mine (own share of count) may lie in all, at its place. (n-1)/n x count again, where
 * the shares are equal: each rank sends its own n-1 times. */
void dist_all_gather(Dist *d, const float *mine, float *all, size_t count);

/* Everyone gets root's bytes, along a binomial tree of ceil(log2 n) rounds. */
void dist_broadcast(Dist *d, int root, void *bytes, size_t size);

/* Nobody returns before everybody has called. */
void dist_barrier(Dist *d);

/* The lowest rank that says `mine`; -1 if none does. */
int dist_first(Dist *d, bool mine);

/* Two classic ways to the sum of dist_all_reduce, with the same bits in every run, but rounded in another order.
 * Ring (Patarasuk and Yuan, 2009): 2(n-1) rounds in which each rank sends a share to the next, so 2(n-1)/n x count
 * numbers. Tree: 2 ceil(log2 n) rounds of messages of count numbers. */
void dist_all_reduce_ring(Dist *d, float *x, size_t count);
void dist_all_reduce_tree(Dist *d, float *x, size_t count);

/* ---- the same in the background --------------------------------------------------------------------- */

/* Begins, and returns at once; the arrays belong to the call until dist_wait, which ends it and frees the request.
 * MPI moves messages only while it is called: dist_test does that now and then in the middle of other work, and says
 * whether dist_wait would return at once. Any number may be under way, begun in the same order on all ranks. */
typedef struct DistRequest DistRequest;
DistRequest *dist_all_reduce_begin(Dist *d, float *x, size_t count);
DistRequest *dist_reduce_scatter_begin(Dist *d, const float *x, size_t count, float *mine);
DistRequest *dist_all_gather_begin(Dist *d, const float *mine, float *all, size_t count);
DistRequest *dist_send_begin(Dist *d, int to, const void *bytes, size_t size);
DistRequest *dist_receive_begin(Dist *d, int from, void *bytes, size_t size);
bool dist_test(DistRequest *r);
void dist_wait(DistRequest *r); /* r may be NULL */

/* ---- from one rank to another ----------------------------------------------------------------------- */

/* Messages between two ranks arrive in the order they were sent; the receiver gives their size. A large message may
 * wait in dist_send until it is received: two ranks that send to each other use dist_exchange, or dist_send_begin. */
void dist_send(Dist *d, int to, const void *bytes, size_t size);
void dist_receive(Dist *d, int from, void *bytes, size_t size);

/* Sends and receives at the same time. */
void dist_exchange(Dist *d, int to, const void *out, size_t out_size, int from, void *in, size_t in_size);

/* ---- what it cost ------------------------------------------------------------------------------------ */

/* Bytes and messages that this rank has sent to others through d so far, without MPI's own envelopes and without
 * barriers. */
size_t dist_bytes_sent(const Dist *d);
size_t dist_messages_sent(const Dist *d);

#endif
