/* mpi.c -- messages by MPI. It only carries bytes: what MPI adds up itself it may add up in an order that differs
 * from one run to the next. */
#include "common/dist/link.h"

#include "common/base/arena.h"

#include <mpi.h>
#include <stdlib.h>

typedef struct DistLink {
    LinkBase base;
    MPI_Comm comm;
    bool joined; /* MPI was begun here, and ends with this link */
} DistLink;

LinkBase *link_base(const Dist *d)
{
    return &d->link->base;
}

static Dist *dist_over(MPI_Comm comm, bool joined)
{
    enum { LARGEST = 1 << 30 };
    Dist *d = memory_new(sizeof *d);
    *d = (Dist){.size = 1, .link = memory_new(sizeof *d->link)};
    *d->link = (DistLink){.base = {.piece = LARGEST}, .comm = comm, .joined = joined};
    if (comm != MPI_COMM_NULL) {
        MPI_Comm_rank(comm, &d->rank);
        MPI_Comm_size(comm, &d->size);
    }
    return d;
}

/* To begin MPI in a process of its own would cost a part of a second and change nothing. */
static bool is_started_by_mpirun(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMI_RANK") ||
           getenv("PMIX_RANK");
}

Dist *link_join(void)
{
    if (!is_started_by_mpirun())
        return NULL;
    MPI_Init(NULL, NULL);
    return dist_over(MPI_COMM_WORLD, true);
}

Dist *link_alone(void)
{
    return dist_over(MPI_COMM_NULL, false);
}

Dist *dist_split(Dist *d, int colour)
{
    MPI_Comm part = MPI_COMM_NULL;
    if (d->size > 1)
        MPI_Comm_split(d->link->comm, colour, d->rank, &part);
    return dist_over(part, false);
}

void link_leave(Dist *d)
{
    DistLink *l = d->link;
    if (l->joined)
        MPI_Finalize();
    else if (l->comm != MPI_COMM_NULL)
        MPI_Comm_free(&l->comm);
    free(l);
}

void dist_barrier(Dist *d)
{
    if (d->size > 1)
        MPI_Barrier(d->link->comm);
}

/* ---- messages ------------------------------------------------------------------------------------ */

static MPI_Request *add_message(Messages *m)
{
    if (m->count == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : 16;
        m->handles = memory_resize(m->handles, (size_t)m->capacity * sizeof(MPI_Request));
    }
    return (MPI_Request *)m->handles + m->count++;
}

void link_send(Dist *d, Messages *m, int to, int tag, const void *bytes, size_t size)
{
    LinkBase *b = link_base(d);
    for (size_t at = 0; at < size; at += b->piece) {
        size_t piece = size - at < b->piece ? size - at : b->piece;
        MPI_Isend((const char *)bytes + at, (int)piece, MPI_BYTE, to, tag, d->link->comm, add_message(m));
        b->messages++;
    }
    b->bytes += size;
}

void link_receive(Dist *d, Messages *m, int from, int tag, void *bytes, size_t size)
{
    const LinkBase *b = link_base(d);
    for (size_t at = 0; at < size; at += b->piece) {
        size_t piece = size - at < b->piece ? size - at : b->piece;
        MPI_Irecv((char *)bytes + at, (int)piece, MPI_BYTE, from, tag, d->link->comm, add_message(m));
    }
}

bool link_test(Messages *m)
{
    int done = 1;
    if (m->count > 0)
        MPI_Testall(m->count, m->handles, &done, MPI_STATUSES_IGNORE);
    if (done)
        m->count = 0;
    return done;
}

void link_wait(Messages *m)
{
    if (m->count > 0)
        MPI_Waitall(m->count, m->handles, MPI_STATUSES_IGNORE);
    m->count = 0;
}

void link_messages_free(Messages *m)
{
    free(m->handles);
}
