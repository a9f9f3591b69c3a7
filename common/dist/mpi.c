/* mpi.c -- many processes, by MPI. MPI itself may add up in an order that differs from one run
 * to the next; so it only carries the numbers here, and they are added in the order of the ranks. */
#include "common/dist/dist.h"

#include "common/base/arena.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 }; /* numbers that are added up at once */

/* Started by mpirun? To start MPI in a process of its own would cost a part of a second and change nothing. */
static bool is_started_by_mpirun(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

Dist *dist_new(void)
{
    Dist *d = memory_new(sizeof *d);
    *d = (Dist){.rank = 0, .size = 1};
    if (!is_started_by_mpirun())
        return d;
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &d->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &d->size);
    size_t share = (PIECE + (size_t)d->size - 1) / (size_t)d->size;
    d->room = memory_zero(2 * share * (size_t)d->size, sizeof *d->room);
    return d;
}

void dist_free(Dist *d)
{
    if (!d)
        return;
    if (d->room)
        MPI_Finalize();
    free(d->room);
    free(d);
}

/* Cut into one share for each rank: rank r gets everyone's share r, adds them up, and the sums
 * are put together again. */
static void sum_piece(Dist *d, float *x, size_t count)
{
    size_t ranks = (size_t)d->size, share = (count + ranks - 1) / ranks;
    float *mine = d->room, *theirs = d->room + share * ranks; /* (ranks,share) each */
    memcpy(mine, x, count * sizeof *x);
    memset(mine + count, 0, (share * ranks - count) * sizeof *x);
    MPI_Alltoall(mine, (int)share, MPI_FLOAT, theirs, (int)share, MPI_FLOAT, MPI_COMM_WORLD);
    for (size_t rank = 1; rank < ranks; rank++) {
        for (size_t i = 0; i < share; i++)
            theirs[i] += theirs[rank * share + i];
    }
    MPI_Allgather(theirs, (int)share, MPI_FLOAT, mine, (int)share, MPI_FLOAT, MPI_COMM_WORLD);
    memcpy(x, mine, count * sizeof *x);
}

void dist_sum(Dist *d, float *x, size_t count)
{
    for (size_t at = 0; d->size > 1 && at < count; at += PIECE)
        sum_piece(d, x + at, count - at < PIECE ? count - at : PIECE);
}

int dist_first(Dist *d, bool mine)
{
    int vote = mine ? d->rank : INT_MAX, lowest = vote;
    if (d->size > 1)
        MPI_Allreduce(&vote, &lowest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return lowest == INT_MAX ? -1 : lowest;
}

void dist_share(Dist *d, int rank, void *bytes, size_t size)
{
    if (d->size > 1)
        MPI_Bcast(bytes, (int)size, MPI_BYTE, rank, MPI_COMM_WORLD);
}
