/* messages.c -- every call of dist.h under --ranks N: test_dist runs it. Says what it checked, or which rank found
 * what, and then ends with status 1. */
#include "common/base/base.h"
#include "common/dist/link.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(d, what)                                                                              \
    do {                                                                                            \
        if (!(what)) {                                                                              \
            fprintf(stderr, "rank %d of %d, line %d: %s\n", (d)->rank, (d)->size, __LINE__, #what); \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

/* Number i of a rank's array: sums of these depend on the order in which they are added. Not inlined, or the
 * compiler would round it in one way here and in another there. */
static __attribute__((noinline)) float value(int rank, size_t i)
{
    return (float)sin(1.3 * (double)i + 7.1 * rank) * (rank % 2 ? 1e4f : 1);
}

/* The sum in the order of the ranks. */
static float total(const Dist *d, size_t i)
{
    float sum = value(0, i);
    for (int rank = 1; rank < d->size; rank++)
        sum += value(rank, i);
    return sum;
}

static float *array(const Dist *d, size_t count)
{
    float *x = memory_new((count + 1) * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = value(d->rank, i);
    x[count] = 77; /* stays */
    return x;
}

static bool is_total(const Dist *d, const float *x, size_t first, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabs((double)x[i] - (double)total(d, first + i)) <= tolerance))
            return false;
    }
    return x[count] == 77;
}

/* Bytes that n ranks together send for count numbers, if every share goes n-1 times over the wire. */
static size_t bytes_of_shares(const Dist *d, size_t count)
{
    return (size_t)(d->size - 1) * count * sizeof(float);
}

/* What all ranks sent since `before`. */
static size_t sent_by_all(Dist *d, size_t before)
{
    float *bytes = memory_new((size_t)d->size * sizeof *bytes), sum = 0;
    bytes[d->rank] = (float)(dist_bytes_sent(d) - before);
    dist_all_gather(d, bytes + d->rank, bytes, (size_t)d->size);
    for (int rank = 0; rank < d->size; rank++)
        sum += bytes[rank];
    free(bytes);
    return (size_t)sum;
}

static void check_shares(Dist *d, size_t count)
{
    size_t end = 0, least = count, most = 0;
    for (int rank = 0; rank < d->size; rank++) {
        DistShare s = dist_share(d, count, rank);
        CHECK(d, s.first == end);
        end += s.count;
        least = s.count < least ? s.count : least;
        most = s.count > most ? s.count : most;
    }
    CHECK(d, end == count && most - least <= 1);
}

static void check_all_reduce(Dist *d, size_t count)
{
    float *x = array(d, count);
    size_t before = dist_bytes_sent(d);
    dist_all_reduce(d, x, count);
    CHECK(d, is_total(d, x, 0, count, 0));
    CHECK(d, sent_by_all(d, before) == 2 * bytes_of_shares(d, count));
    free(x);
}

static void check_reduce_scatter(Dist *d, size_t count)
{
    DistShare own = dist_share(d, count, d->rank);
    float *x = array(d, count), *mine = array(d, own.count);
    dist_reduce_scatter(d, x, count, mine);
    CHECK(d, is_total(d, mine, own.first, own.count, 0));
    CHECK(d, count == 0 || x[count - 1] == value(d->rank, count - 1));
    size_t before = dist_bytes_sent(d);
    dist_reduce_scatter(d, x, count, x + own.first); /* in place */
    CHECK(d, memcmp(mine, x + own.first, own.count * sizeof *x) == 0);
    CHECK(d, sent_by_all(d, before) == bytes_of_shares(d, count));
    free(x);
    free(mine);
}

static void check_all_gather(Dist *d, size_t count)
{
    DistShare own = dist_share(d, count, d->rank);
    float *mine = memory_new((own.count + 1) * sizeof *mine), *all = array(d, count);
    for (int in_place = 0; in_place < 2; in_place++) {
        for (size_t i = 0; i < count; i++)
            all[i] = -1;
        for (size_t i = 0; i < own.count; i++)
            mine[i] = all[own.first + i] = (float)(own.first + i);
        dist_all_gather(d, in_place ? all + own.first : mine, all, count);
        for (size_t i = 0; i < count; i++)
            CHECK(d, all[i] == (float)i);
        CHECK(d, all[count] == 77);
    }
    free(mine);
    free(all);
}

/* A ring starts the sum of a share elsewhere, a tree adds pairs: the last digits differ, but not between ranks. */
static void check_ring_and_tree(Dist *d, size_t count)
{
    void (*const ways[])(Dist *, float *, size_t) = {dist_all_reduce_ring, dist_all_reduce_tree};
    for (int way = 0; way < 2; way++) {
        float *x = array(d, count), *root = memory_new((count + 1) * sizeof *root);
        size_t bytes = dist_bytes_sent(d), messages = dist_messages_sent(d);
        ways[way](d, x, count);
        messages = dist_messages_sent(d) - messages;
        CHECK(d, is_total(d, x, 0, count, 0.01));
        CHECK(d, sent_by_all(d, bytes) == 2 * bytes_of_shares(d, count));
        CHECK(d, way == 1 || count < (size_t)d->size || messages == 2 * (size_t)(d->size - 1));
        memcpy(root, x, count * sizeof *x);
        dist_broadcast(d, 0, root, count * sizeof *x);
        CHECK(d, memcmp(root, x, count * sizeof *x) == 0);
        free(x);
        free(root);
    }
}

static void check_broadcast(Dist *d)
{
    for (int root = 0; root < d->size; root++) {
        char text[40] = "nothing";
        size_t before = dist_bytes_sent(d);
        if (d->rank == root)
            snprintf(text, sizeof text, "from rank %d", root);
        dist_broadcast(d, root, text, sizeof text);
        CHECK(d, strncmp(text, "from rank ", 10) == 0 && atoi(text + 10) == root);
        CHECK(d, sent_by_all(d, before) == (size_t)(d->size - 1) * sizeof text);
    }
}

static void check_first(Dist *d)
{
    CHECK(d, dist_first(d, false) == -1);
    CHECK(d, dist_first(d, true) == 0);
    for (int first = 0; first < d->size; first++)
        CHECK(d, dist_first(d, d->rank >= first) == first);
}

/* Many sums at once, which end in another order than they began in. */
static void check_background(Dist *d)
{
    enum { MANY = 9 };
    DistRequest *r[MANY], *scattered;
    float *x[MANY];
    for (int i = 0; i < MANY; i++) {
        x[i] = array(d, (size_t)(100 * i + 3));
        r[i] = dist_all_reduce_begin(d, x[i], (size_t)(100 * i + 3));
    }
    DistShare own = dist_share(d, 10, d->rank);
    float *ten = array(d, 10), *mine = array(d, own.count);
    scattered = dist_reduce_scatter_begin(d, ten, 10, mine);
    while (!dist_test(r[4]))
        ;
    CHECK(d, dist_test(r[4]) && is_total(d, x[4], 0, 403, 0));
    for (int i = MANY; i-- > 0;) {
        dist_wait(r[i]);
        CHECK(d, is_total(d, x[i], 0, (size_t)(100 * i + 3), 0));
        free(x[i]);
    }
    dist_wait(scattered);
    CHECK(d, is_total(d, mine, own.first, own.count, 0));
    dist_wait(NULL);
    free(ten);
    free(mine);
}

/* Around the ring, blocking, in the background, and both ways at once; and in pieces, as what is too large for one
 * message. */
static void check_neighbours(Dist *d)
{
    enum { COUNT = 100000 }; /* more than MPI sends before somebody receives */
    int right = (d->rank + 1) % d->size, left = (d->rank + d->size - 1) % d->size;
    float *x = array(d, COUNT), *y = array(d, COUNT);
    for (int way = 0; d->size > 1 && way < 3; way++) {
        memset(y, 0, COUNT * sizeof *y);
        if (way == 0) {
            dist_exchange(d, right, x, COUNT * sizeof *x, left, y, COUNT * sizeof *y);
        } else if (way == 1) {
            DistRequest *r = dist_send_begin(d, right, x, COUNT * sizeof *x);
            dist_receive(d, left, y, COUNT * sizeof *y);
            dist_wait(r);
        } else if (d->rank % 2 == 0 && right != 0) {
            dist_send(d, right, x, COUNT * sizeof *x);
            continue;
        } else if (d->rank % 2 == 1) {
            dist_receive(d, left, y, COUNT * sizeof *y);
        } else {
            continue;
        }
        CHECK(d, y[0] == value(left, 0) && y[COUNT - 1] == value(left, COUNT - 1) && y[COUNT] == 77);
    }
    free(x);
    free(y);
}

/* Even and odd ranks, each with sums and counts of their own; and a rank alone. */
static void check_split(Dist *d)
{
    Dist *half = dist_split(d, d->rank % 2), *alone = dist_split(d, d->rank);
    CHECK(d, half->rank == d->rank / 2 && half->size == (d->size + (d->rank % 2 == 0)) / 2);
    size_t before = dist_bytes_sent(d);
    float sum = (float)d->rank, expected = 0;
    for (int rank = d->rank % 2; rank < d->size; rank += 2)
        expected += (float)rank;
    dist_all_reduce(half, &sum, 1);
    CHECK(d, sum == expected && dist_bytes_sent(d) == before);
    dist_barrier(half);
    dist_all_reduce(alone, &sum, 1);
    CHECK(d, alone->size == 1 && alone->rank == 0 && sum == expected && dist_bytes_sent(alone) == 0);
    dist_free(half);
    dist_free(alone);
}

static void check_all(Dist *d)
{
    static const size_t counts[] = {0, 1, 2, 3, 4, 5, 7, 12, 1001, (1 << 20) + 5};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        check_shares(d, counts[i]);
        check_all_reduce(d, counts[i]);
        check_reduce_scatter(d, counts[i] % 5000);
        check_all_gather(d, counts[i] % 5000);
        check_ring_and_tree(d, counts[i] % 5000);
    }
    check_broadcast(d);
    check_first(d);
    check_background(d);
    check_neighbours(d);
    check_split(d);
    dist_barrier(d);
}

int main(int argc, char **argv)
{
    int ranks = 1, fails = -1;
    bool pieces = false;
    uint64_t seed = 1;
    const Option options[] = {option_int("ranks", &ranks, 1, 64, "processes"),
                              option_int("fails", &fails, 0, 63, "the rank that ends with status 3"),
                              option_flag("pieces", &pieces, "messages of 4000 bytes at most"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Every call of dist.h.", options);
    Dist *d = dist_start(argc, argv, ranks);
    if (d->rank == fails)
        exit(3);
    if (pieces)
        link_base(d)->piece = 4000;
    else
        check_all(d);
    check_neighbours(d);
    check_background(d);
    printf("rank %d of %d: everything holds\n", d->rank, d->size);
    dist_free(d);
    return error_finish();
}
