/* link.h -- what carries messages between ranks (inside): mpi.c, or alone.c where there is only one rank. */
#ifndef DIST_LINK_H
#define DIST_LINK_H

#include "common/dist/dist.h"

/* What every link has at its beginning. */
typedef struct LinkBase {
    size_t bytes, messages; /* sent so far */
    size_t piece;           /* bytes of one message at most: MPI counts with an int */
    int collectives;        /* begun so far: the same on all ranks, so their messages can be told apart */
    DistRequest *spare;     /* requests that wait for their next use */
} LinkBase;

LinkBase *link_base(const Dist *d);

Dist *link_join(void);    /* NULL if mpirun did not start this process */
Dist *link_alone(void);   /* one rank */
void link_leave(Dist *d); /* frees the link, not d */

/* Messages that are under way. */
typedef struct Messages {
    void *handles;
    int count, capacity;
} Messages;

/* The tag that the messages of the next collective call bear, and its second round one more. Messages from one rank
 * to another have the tag 0. */
int link_next_tag(Dist *d);

/* They begin a message, cut into pieces where it is too large for one, and add it to m. */
void link_send(Dist *d, Messages *m, int to, int tag, const void *bytes, size_t size);
void link_receive(Dist *d, Messages *m, int from, int tag, void *bytes, size_t size);

/* Whether all of m are done; link_wait returns when they are. m is empty then. */
bool link_test(Messages *m);
void link_wait(Messages *m);
void link_messages_free(Messages *m);

/* Executes the program under mpirun; returns only if that failed. */
void link_execute(int argc, char **argv, int ranks);

#endif
