/* ranks.c -- who the ranks are, where they run, and what each of them keeps. */
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

Ranks ranks_start(int argc, char **argv, int ranks, const NnTraining *training)
{
    static char who[HOST + 64];
    char host[HOST];
    Dist *d = dist_start(argc, argv, ranks);
    host_name(host);
    snprintf(who, sizeof who, "pretrain_gpt: rank %d on %s", d->rank, host);
    if (d->size > 1)
        error_program(who);
    return (Ranks){.dist = d, .training = training};
}

void ranks_after_first_begin(Ranks *r)
{
    if (r->dist->rank > 0)
        dist_barrier(r->dist);
}

void ranks_after_first_end(Ranks *r)
{
    if (r->dist->rank == 0)
        dist_barrier(r->dist);
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

void ranks_print(Ranks *r)
{
    Dist *d = r->dist;
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

/* ---- a step -------------------------------------------------------------------------------------- */

enum { BUCKET = 1 << 20 }; /* bytes */

//> zero
void ranks_share(Ranks *r, int stage, Graph *g, ModelResume *t)
{
    if (r->dist->size > 1 && stage == 0)
        r->ddp = dist_ddp_new(r->dist, t->params, BUCKET, true);
    if (r->dist->size == 1 || stage == 0)
        return;
    r->zero = dist_zero_new(r->dist, t->params, stage);
    dist_zero_watch(r->zero, g);
    Optimizer *whole = t->optimizer;
    t->optimizer = nn_training_optimizer(r->training, dist_zero_pieces(r->zero));
    dist_zero_spread(r->zero, t->optimizer, whole);
    nn_optimizer_free(whole);
}
//< zero

void ranks_end(Ranks *r, ModelResume *t)
{
    nn_optimizer_free(t->optimizer);
    dist_ddp_free(r->ddp);
    dist_zero_free(r->zero);
}

void ranks_backward(Ranks *r, Graph *g, Tensor *loss, bool last)
{
    if (r->zero)
        dist_zero_backward(r->zero, g, loss, last);
    else if (r->ddp && last)
        dist_ddp_backward(r->ddp, g, loss);
    else
        nn_backward(g, loss);
}

float ranks_clip(Ranks *r, ModelResume *t, float rate, float max)
{
    if (r->zero)
        return dist_zero_step(r->zero, t->optimizer, rate, max);
    return nn_clip_gradients(t->optimizer, max);
}

void ranks_update(Ranks *r, ModelResume *t, float rate)
{
    if (!r->zero)
        nn_optimizer_step(t->optimizer, rate);
}

/* The whole optimizer is made when it is needed, for while training no rank should have room for it. */
void ranks_hold(Ranks *r, ModelResume *t, bool moments)
{
    if (!r->zero)
        return;
    dist_zero_hold(r->zero);
    if (!moments)
        return;
    r->own = t->optimizer;
    t->optimizer = nn_training_optimizer(r->training, t->params);
    dist_zero_collect(r->zero, r->own, t->optimizer);
}

void ranks_release(Ranks *r, ModelResume *t)
{
    if (!r->zero)
        return;
    if (r->own) {
        nn_optimizer_free(t->optimizer);
        t->optimizer = r->own;
        r->own = NULL;
    }
    dist_zero_release(r->zero);
}
