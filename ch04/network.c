/* network.c -- the alpha-beta model: two formulas and a robust fit. */
#include "ch04/network.h"

#include <math.h>
#include <stdbool.h>

const Link network_hosts = {5e-6, 1 / 50e9};
const Link network_nvlink = {3e-6, 1 / 450e9};

//> ring-tree
double network_ring(Link l, int n, double bytes)
{
    return 2 * (n - 1) * (l.alpha + l.beta * bytes / n);
}

double network_tree(Link l, int n, double bytes)
{
    return 2 * ceil(log2(n)) * (l.alpha + l.beta * bytes);
}
//< ring-tree

static double misfit(Link l, const double *sizes, const double *times, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += fabs(log((l.alpha + l.beta * sizes[i]) / times[i]));
    return sum;
}

/* Alpha and beta are multiplied and divided by a factor as long as that helps; then by a smaller one. */
static Link descend(Link best, const double *sizes, const double *times, int count)
{
    for (double factor = 2; factor > 1.001; factor = sqrt(factor)) {
        for (bool better = true; better;) {
            better = false;
            for (int move = 0; move < 9; move++) {
                Link l = {best.alpha * pow(factor, move % 3 - 1), best.beta * pow(factor, move / 3 - 1)};
                if (misfit(l, sizes, times, count) < misfit(best, sizes, times, count) - 1e-9) {
                    best = l;
                    better = true;
                }
            }
        }
    }
    return best;
}

/* From each pair of a time that could be alpha and one that could be beta: an absolute error has many valleys. */
Link network_fit(const double *sizes, const double *times, int count)
{
    Link best = {times[0], times[count - 1] / sizes[count - 1]};
    for (int i = 0; i < count; i++) {
        for (int k = i + 1; k < count; k++) {
            Link l = descend((Link){times[i], times[k] / sizes[k]}, sizes, times, count);
            if (misfit(l, sizes, times, count) < misfit(best, sizes, times, count))
                best = l;
        }
    }
    return best;
}
