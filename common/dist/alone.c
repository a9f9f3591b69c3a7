/* alone.c -- one rank, where MPI is not installed: there is nobody to send anything to. */
#include "common/dist/link.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <stdlib.h>

struct DistLink {
    LinkBase base;
};

LinkBase *link_base(const Dist *d)
{
    return &d->link->base;
}

Dist *link_join(void)
{
    return NULL;
}

Dist *link_alone(void)
{
    Dist *d = memory_new(sizeof *d);
    *d = (Dist){.size = 1, .link = memory_zero(1, sizeof *d->link)};
    return d;
}

Dist *dist_split(Dist *d, int colour)
{
    (void)d, (void)colour;
    return link_alone();
}

void link_leave(Dist *d)
{
    free(d->link);
}

void dist_barrier(Dist *d)
{
    (void)d;
}

void link_send(Dist *d, Messages *m, int to, int tag, const void *bytes, size_t size)
{
    (void)d, (void)m, (void)tag, (void)bytes;
    FATAL("a message of %zu bytes to rank %d: this process is alone", size, to);
}

void link_receive(Dist *d, Messages *m, int from, int tag, void *bytes, size_t size)
{
    (void)d, (void)m, (void)tag, (void)bytes;
    FATAL("a message of %zu bytes from rank %d: this process is alone", size, from);
}

bool link_test(Messages *m)
{
    (void)m;
    return true;
}

void link_wait(Messages *m)
{
    (void)m;
}

void link_messages_free(Messages *m)
{
    (void)m;
}

void link_execute(int argc, char **argv, int ranks)
{
    (void)argc, (void)argv;
    error_exitf("%d ranks need MPI, which this program was built without: make deps, then build it again",
                ranks);
}
