/* ddp.h -- data parallelism: every rank has the whole model and a part of the batch (section 4.4.1).
 *
 *     DistDdp *p = dist_ddp_new(d, &model->params, 1 << 20, true);     all begin with the weights of rank 0
 *     for (...) {
 *         Tensor *loss = model_loss(g, ...own part of the batch...);   the mean over the part
 *         dist_ddp_backward(p, g, loss);                               gradients are now means over the ranks
 *         nn_optimizer_step(optimizer, rate);                          the same update everywhere
 *         nn_graph_reset(g);
 *     }
 *
 * Gradients lie in buckets, beginning with the parameters that were made last, whose gradients are complete first.
 * When those of a bucket are, their all-reduce begins, and the backward pass goes on meanwhile (Li et al., PyTorch
 * Distributed, 2020). With parts of equal size the mean of the ranks' means is the mean over the batch. */
#ifndef DIST_DDP_H
#define DIST_DDP_H

#include "common/dist/dist.h"
#include "common/nn/layers.h"

typedef struct DistDdp DistDdp;

/* Broadcasts the parameters from rank 0. A bucket is closed when it holds bucket_bytes or more. overlap false: all
 * buckets wait for the end of the backward pass. Frozen parameters are left alone. The gradients of p live in the
 * buckets until dist_ddp_free, which must come before p is freed. */
DistDdp *dist_ddp_new(Dist *d, const Params *p, size_t bucket_bytes, bool overlap);
void dist_ddp_free(DistDdp *p);

/* The backward pass, and the mean of the gradients over the ranks: that of a parameter that no operation used counts
 * as 0. Of a step with several batches only the last needs it; nn_backward adds up those before, on each rank alone. */
void dist_ddp_backward(DistDdp *p, Graph *g, Tensor *loss);

/* A bucket, and what it did in the last backward pass, in seconds since that began. */
typedef struct DistBucket {
    int first, end; /* parameters first .. end-1 of the list */
    size_t count;   /* numbers in it */
    float *grad;    /* (count), parameter after parameter */
    int missing;    /* gradients that are not complete yet */
    double ready;   /* the last of its gradients was complete, */
    double begun;   /* its all-reduce began, */
    double done;    /* and was seen to be over */
    DistRequest *request;
} DistBucket;
const DistBucket *dist_ddp_buckets(const DistDdp *p, int *count); /* in the order in which they begin */

/* When the last backward pass itself was over, and when everything was, in seconds since it began. */
double dist_ddp_computed(const DistDdp *p);
double dist_ddp_finished(const DistDdp *p);

#ifndef NN_INSIDE
#define dist_ddp_backward(p, g, loss) dist_ddp_backward(p, NN_HERE(g), loss)
#endif

#endif
