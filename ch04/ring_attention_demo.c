/* ring_attention_demo.c -- one sequence on several ranks, section 4.4.2.
 *
 * Each rank has a piece of the sequence: its queries stay, and blocks of keys and values travel from rank to rank in a
 * ring until every query has met every key. What a rank has seen so far is kept as in an online softmax (section 3.9):
 * the maximum, the sum of exponentials, the weighted sum of the values. Then counts what causal attention leaves each
 * rank to do, with pieces side by side and folded. */
#include "common/base/base.h"
#include "common/demo/demo.h"
#include "common/dist/dist.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANKS = 8, DIM = 16 };

/* Rows of one rank: where in the sequence each of them is, and its numbers. */
typedef struct Piece {
    int *position; /* (n) */
    float *keys;   /* (n,D), values after them: one message */
    float *values; /* (n,D) */
} Piece;

/* What queries have seen so far. */
typedef struct Seen {
    float *max, *sum; /* (n) */
    float *out;       /* (n,D), to be divided by sum */
} Seen;

//> block
/* The queries (n,D) at positions meet a block of keys and values. Returns how many pairs the causal mask allows. */
static long meet(const float *query, const int *position, const Piece *block, int n, Seen *seen)
{
    long pairs = 0;
    for (int t = 0; t < n; t++)
        for (int s = 0; s < n; s++) {
            if (block->position[s] > position[t])
                continue; /* the future */
            float score = 0, *out = seen->out + t * DIM;
            for (int i = 0; i < DIM; i++)
                score += query[t * DIM + i] * block->keys[s * DIM + i] / sqrtf(DIM);
            float max = fmaxf(seen->max[t], score), rescale = expf(seen->max[t] - max),
                  weight = expf(score - max);
            seen->max[t] = max;
            seen->sum[t] = seen->sum[t] * rescale + weight;
            for (int i = 0; i < DIM; i++)
                out[i] = out[i] * rescale + weight * block->values[s * DIM + i];
            pairs++;
        }
    return pairs;
}
//< block

static Piece piece_new(Arena *arena, int n)
{
    size_t numbers = (size_t)(n * DIM);
    Piece p = {.position = arena_alloc(arena, sizeof(int) * (size_t)n),
               .keys = arena_alloc(arena, sizeof(float) * 2 * numbers)};
    p.values = p.keys + numbers;
    return p;
}

//> ring
/* query (n,D) at own->position -> out (n,D). size-1 messages of 2 n D numbers leave each rank. */
static long ring_attention(Dist *d, Arena *arena, const float *query, const Piece *own, int n, float *out)
{
    size_t bytes = sizeof(float) * 2 * (size_t)(n * DIM), places = sizeof(int) * (size_t)n;
    int next = (d->rank + 1) % d->size, previous = (d->rank + d->size - 1) % d->size;
    Seen seen = {arena_alloc(arena, sizeof(float) * (size_t)n),
                 arena_alloc(arena, sizeof(float) * (size_t)n), out};
    for (int t = 0; t < n; t++)
        seen.max[t] = -INFINITY, seen.sum[t] = 0;
    memset(out, 0, sizeof *out * (size_t)(n * DIM));
    Piece here = *own;
    long pairs = 0;
    for (int step = 0; step < d->size; step++) {
        pairs += meet(query, own->position, &here, n, &seen);
        if (step == d->size - 1)
            break;
        Piece arriving = piece_new(arena, n);
        dist_exchange(d, next, here.keys, bytes, previous, arriving.keys, bytes);
        dist_exchange(d, next, here.position, places, previous, arriving.position, places);
        here = arriving;
    }
    for (int i = 0; i < n * DIM; i++)
        out[i] /= seen.sum[i / DIM];
    return pairs;
}
//< ring

/* Which positions rank r has. Side by side: its n-th of the sequence. Folded: of 2 x size pieces the r-th from the
 * beginning and the r-th from the end, so that early and late queries come together. */
static void choose(bool folded, int rank, int size, int n, int *position)
{
    for (int t = 0; t < n; t++) {
        int half = n / 2, late = size * n - (rank + 1) * half;
        position[t] = !folded ? rank * n + t : t < half ? rank * half + t : late + t - half;
    }
}

/* Rows of x (T,D) at positions. */
static void pick(const Tensor *x, const int *position, int n, float *rows)
{
    for (int t = 0; t < n; t++)
        memcpy(rows + t * DIM, x->data + position[t] * DIM, DIM * sizeof(float));
}

/* One way to place the sequence: pairs (size) becomes each rank's work. Returns whether all outputs are those of the
 * whole sequence. */
static bool run(Dist *d, Graph *g, Tensor *const qkv[3], const Tensor *whole, bool folded, double *pairs)
{
    int n = qkv[0]->shape[1] / d->size;
    Piece own = piece_new(nn_arena(g), n);
    Tensor *query = nn_input(g, n, DIM), *out = nn_input(g, n, DIM), *right = nn_input(g, n, DIM);
    float counts[MAX_RANKS] = {0}, far[MAX_RANKS] = {0};
    bool equal = true;
    choose(folded, d->rank, d->size, n, own.position);
    pick(qkv[0], own.position, n, query->data);
    pick(qkv[1], own.position, n, own.keys);
    pick(qkv[2], own.position, n, own.values);
    pick(whole, own.position, n, right->data);
    counts[d->rank] = (float)ring_attention(d, nn_arena(g), query->data, &own, n, out->data);
    far[d->rank] = tensor_distance(out->data, right->data, out->size);
    dist_all_reduce(d, counts, MAX_RANKS);
    dist_all_reduce(d, far, MAX_RANKS);
    for (int r = 0; r < d->size; r++) {
        pairs[r] = (double)counts[r];
        equal &= far[r] <= 1e-5f; /* not if it is NaN */
    }
    return equal;
}

static void check_time(int time, int ranks)
{
    if (ranks > MAX_RANKS || time % (2 * ranks) != 0)
        error_exitf("--time %d: twice the %d ranks, %d at most, must divide it", time, ranks, MAX_RANKS);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"side by side", "folded"};
    int ranks = 4, time = 64;
    Demo demo = {.name = "ch04/ring_attention_demo", .about = "Ring attention, section 4.4.2."};
    const Option more[] = {option_int("ranks", &ranks, 1, MAX_RANKS, "processes"),
                           option_int("time", &time, 16, 1024, "length of the sequence"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    check_time(time, ranks);
    Dist *d = dist_start(argc, argv, ranks);
    check_time(time, d->size);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(demo.seed);
    Tensor *qkv[3];
    for (int i = 0; i < 3; i++) {
        qkv[i] = nn_input(g, 1, time, DIM);
        tensor_normal(qkv[i], 1, &rng);
    }
    Tensor *whole = nn_attention(g, qkv[0], qkv[1], qkv[2], 1, true, NULL);
    Tabular *t = tabular_new();
    tabular_column(t, "pairs of query and key");
    for (int r = 0; r < d->size; r++) {
        char heading[16];
        snprintf(heading, sizeof heading, "rank %d", r);
        tabular_numbers(t, heading, NULL, 0, TABULAR_NONE);
    }
    tabular_numbers(t, "max / mean", NULL, 2, TABULAR_NONE);
    bool good = true;
    for (int folded = 0; folded < 2; folded++) {
        double pairs[MAX_RANKS], max = 0;
        good &= run(d, g, qkv, whole, folded, pairs);
        tabular_text(t, names[folded]);
        for (int r = 0; r < d->size; r++) {
            max = fmax(max, pairs[r]);
            tabular_number(t, pairs[r]);
        }
        tabular_number(t, max / (time * (time + 1) / 2.0 / d->size));
    }
    printf("A sequence of %d positions on %d ranks: %d keys and values at a time, %d rounds\n", time,
           d->size, time / d->size, d->size - 1);
    demo_claim(&demo, good, "every rank's output equals attention over the whole sequence to 1e-5");
    puts("\nWhat causal attention leaves to each rank");
    tabular_print(t);
    nn_graph_free(g);
    dist_free(d);
    return demo_end(&demo);
}
