/* bench_infer.c -- how fast a GPT-2 of 124 million random weights reads and writes.
 *
 *     bench_infer [--prompt N] [--write N] [--rounds N]
 *
 * For float32, int8 and int4: tokens a second while it reads a prompt and while it
 * writes one token after another from an empty context; what it reads of memory
 * for a token, and which share that is of what the processor can read when it does
 * nothing else, measured between the rounds on as much memory as the model takes. The
 * best of some rounds counts, as other work disturbs.
 *
 * Then with int8 weights what a token costs after 8 to 4000 others, for each kind of cache, and how
 * many tokens a second 1, 32 and 128 texts write together. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/model/session.h"

#include <math.h>
#include <stdio.h>

enum { CONTEXT = 4096 };

static const ModelConfig sizes = {
    .vocab = 50257, .context = CONTEXT, .layers = 12, .heads = 12, .channels = 768};

/* The sum of n numbers, a multiple of LANES, while the memory brings what stands `ahead` of them. */
static float sum_ahead(const float *x, size_t n, size_t ahead)
{
    enum { LANES = 64, LINE = 16 }; /* numbers of a cache line */
    float lane[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t j = 0; ahead && j < LANES; j += LINE)
            __builtin_prefetch(x + i + j + ahead);
#pragma omp simd
        for (int j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    }
    for (int j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

/* What the processor can read: as much memory as a model takes, of the same kind, by all threads, and nothing done
 * with it but sums that do not wait for each other. No one way to read is the fastest everywhere. */
typedef struct Probe {
    Arena *arena;
    float *x;
    size_t blocks;
    double seconds; /* of the best pass so far */
} Probe;

enum { BLOCK = 1 << 12, MARGIN = 1 << 12 }; /* numbers; after the last one `ahead` may point */

static Probe probe_new(size_t bytes)
{
    Probe p = {arena_new(), NULL, bytes / sizeof(float) / BLOCK + 1, INFINITY};
    p.x = arena_alloc(p.arena, (p.blocks * BLOCK + MARGIN) * sizeof *p.x);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < p.blocks * BLOCK; i++)
        p.x[i] = 1;
    return p;
}

static void probe_pass(Probe *p, size_t streams, size_t ahead)
{
    float sum = 0;
    size_t each = p->blocks / streams;
    double begin = clock_seconds();
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < each; i++) {
        for (size_t s = 0; s < streams; s++)
            sum += sum_ahead(p->x + (s * each + i) * BLOCK, BLOCK, ahead);
    }
    double seconds = (clock_seconds() - begin) * (double)p->blocks / (double)(each * streams);
    if (sum > 0)
        p->seconds = fmin(p->seconds, seconds);
}

static void probe_ways(Probe *p)
{
    for (size_t streams = 1; streams <= 4; streams *= 2) {
        for (size_t ahead = 0; ahead <= 1024; ahead += 512)
            probe_pass(p, streams, ahead);
    }
}

static double read_seconds(ModelSession *s, const int *ids, int n)
{
    model_session_rewind(s, 0, 0);
    double begin = clock_seconds();
    model_session_read(s, 0, ids, n);
    return clock_seconds() - begin;
}

static double write_seconds(ModelSession *s, const int *ids, int n)
{
    model_session_rewind(s, 0, 0);
    double begin = clock_seconds();
    for (int i = 0; i < n; i++)
        model_session_step(s, ids + i);
    return clock_seconds() - begin;
}

static void bench(const ModelDecoder *g, QuantKind kind, const int *ids, int prompt, int write, int rounds)
{
    static const char *const names[] = {"float32", "int8", "int4"};
    ModelRun *m = model_run_of_decoder(g, kind);
    ModelSession *s = model_session_new(m, 1, prompt > write ? prompt : write);
    Probe probe = probe_new(model_run_bytes(m));
    double reading = INFINITY, writing = INFINITY;
    for (int i = 0; i < rounds; i++) {
        reading = fmin(reading, read_seconds(s, ids, prompt));
        writing = fmin(writing, write_seconds(s, ids, write));
        probe_ways(&probe);
    }
    double bytes = (double)model_run_bytes(m), rate = write / writing, bandwidth = bytes / probe.seconds;
    printf("%-8s prompt of %d: %5.0f tok/s   writing %d: %5.1f tok/s, %5.1f MB a token, %4.1f GB/s, "
           "%3.0f%% of %.1f\n",
           names[kind], prompt, prompt / reading, write, rate, bytes / 1e6, bytes * rate / 1e9,
           100 * bytes * rate / bandwidth, bandwidth / 1e9);
    fflush(stdout); /* the next line takes a while */
    arena_free(probe.arena);
    model_session_free(s);
    model_run_free(m);
}

/* The best of some steps, each of which is taken back. */
static double step_seconds(ModelSession *s, int lanes, const int *ids, int rounds)
{
    double best = INFINITY;
    for (int i = 0; i < rounds; i++) {
        int length = model_session_length(s, 0);
        double begin = clock_seconds();
        model_session_step(s, ids);
        best = fmin(best, clock_seconds() - begin);
        for (int l = 0; l < lanes; l++)
            model_session_rewind(s, l, length);
    }
    return best;
}

/* Milliseconds a token, and the GB/s of weights and cache. */
static void bench_lengths(const ModelRun *m, ModelCacheKind kind, const int *ids)
{
    enum { STEPS = 20 };
    static const int lengths[] = {8, 100, 400, 1000, 4000};
    ModelSession *s = model_session_new_in(m, 1, 0, kind);
    printf("cache in %-5s %6.1f kB a token;", model_cache_names[kind],
           (double)model_cache_bytes(&m->config, kind) / 1e3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int held = model_session_length(s, 0);
        model_session_read(s, 0, ids + held, lengths[i] - held);
        double seconds = step_seconds(s, 1, ids, STEPS);
        double bytes =
            (double)model_run_bytes(m) + lengths[i] * (double)model_cache_bytes(&m->config, kind);
        printf("  after %d: %5.2f ms (%.0f GB/s)", lengths[i], 1e3 * seconds, bytes / seconds / 1e9);
        fflush(stdout);
    }
    putchar('\n');
    model_session_free(s);
}

static void bench_texts(const ModelRun *m, const int *ids)
{
    enum { LENGTH = 64, STEPS = 10 };
    static const int lanes[] = {1, 32, 128};
    printf("texts at once, each of %d tokens:", LENGTH);
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++) {
        ModelSession *s = model_session_new(m, lanes[i], LENGTH + 1);
        for (int t = 0; t < LENGTH; t++)
            model_session_step(s, ids + t * lanes[i] % (CONTEXT - lanes[i]));
        double seconds = step_seconds(s, lanes[i], ids, STEPS);
        printf("  %d: %.0f tok/s", lanes[i], lanes[i] / seconds);
        fflush(stdout);
        model_session_free(s);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    int prompt = 256, write = 128, rounds = 5;
    const Option options[] = {option_int("prompt", &prompt, 1, 1024, "tokens of the prompt"),
                              option_int("write", &write, 1, 1024, "tokens to write"),
                              option_int("rounds", &rounds, 1, 1000, "rounds, of which the best counts"),
                              OPTION_END};
    options_parse(argc, argv, "Times a GPT-2 of 124 million random weights.", options);
    Rng rng = rng_new(1);
    const ModelConfig gpt2 = model_config_gpt2(sizes);
    ModelDecoder *g = model_decoder_new(&gpt2, 0, &rng);
    int ids[CONTEXT];
    for (int i = 0; i < CONTEXT; i++)
        ids[i] = rng_below(&rng, gpt2.vocab);
    for (int kind = QUANT_NONE; kind <= QUANT_INT4; kind++)
        bench(g, (QuantKind)kind, ids, prompt, write, rounds);
    ModelRun *m = model_run_of_decoder(g, QUANT_INT8);
    for (int kind = 0; kind < MODEL_CACHE_KINDS; kind++)
        bench_lengths(m, (ModelCacheKind)kind, ids);
    bench_texts(m, ids);
    model_run_free(m);
    model_decoder_free(g);
    return error_finish();
}
