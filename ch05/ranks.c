/* ranks.c -- who the ranks are and where they run. */
#include "ch05/ranks.h"

#include "common/base/error.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST = 64 };

static void host_name(char name[HOST])
{
    if (gethostname(name, HOST) != 0)
        strcpy(name, "a host without a name");
    name[HOST - 1] = '\0';
}

Dist *ranks_start(int argc, char **argv, int ranks)
{
    static char who[HOST + 64];
    char host[HOST];
    Dist *d = dist_start(argc, argv, ranks);
    host_name(host);
    snprintf(who, sizeof who, "pretrain_gpt: rank %d on %s", d->rank, host);
    if (d->size > 1)
        error_program(who);
    return d;
}

void ranks_after_first_begin(Dist *d)
{
    if (d->rank > 0)
        dist_barrier(d);
}

void ranks_after_first_end(Dist *d)
{
    if (d->rank == 0)
        dist_barrier(d);
}

/* Prints the hosts of all ranks; equal ones stand one after another. */
static void print_hosts(Dist *d, char (*hosts)[HOST])
{
    for (int rank = 0, next; rank < d->size; rank = next) {
        for (next = rank + 1; next < d->size && strcmp(hosts[next], hosts[rank]) == 0;)
            next++;
        if (next - rank < d->size)
            printf("%s %d on %s", rank ? "," : ":", next - rank, hosts[rank]);
    }
}

void ranks_print(Dist *d)
{
    enum { MOST = 64 };
    char own[HOST] = "", hosts[MOST][HOST];
    if (d->size == 1)
        return;
    printf("; %d ranks", d->size);
    host_name(own);
    if (d->rank > 0 && d->rank < MOST)
        dist_send(d, 0, own, HOST);
    memcpy(hosts[0], own, HOST);
    for (int rank = 1; d->rank == 0 && rank < d->size && rank < MOST; rank++)
        dist_receive(d, rank, hosts[rank], HOST);
    if (d->rank == 0 && d->size <= MOST)
        print_hosts(d, hosts);
}
