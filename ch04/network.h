/* network.h -- what messages cost: the alpha-beta model (Hockney, 1994) of a link and of an all-reduce. */
#ifndef CH04_NETWORK_H
#define CH04_NETWORK_H

/* A message of b bytes takes alpha + beta b seconds. */
typedef struct Link {
    double alpha, beta;
} Link;

/* What an H100 has (2022): 400 Gb/s to other hosts; NVLink of 900 GB/s, both directions together, to the 7 others of
 * its host. Bandwidths are those of the data sheets; the alphas are assumed, of the order that is reported. */
extern const Link network_hosts, network_nvlink;

/* An all-reduce of `bytes` bytes over n ranks: 2(n-1) rounds of a share each, or 2 ceil(log2 n) rounds of all. */
double network_ring(Link l, int n, double bytes);
double network_tree(Link l, int n, double bytes);

/* The link that fits times (count) of messages of sizes (count) bytes best: the least sum of |log(time / fitted)|. A
 * ratio counts the same for small messages and large ones, and a time that a neighbour disturbed does not pull. */
Link network_fit(const double *sizes, const double *times, int count);

#endif
