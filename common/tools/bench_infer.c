/* bench_infer.c -- how fast a GPT-2 of 124 million random weights reads and writes.
 *
 *     bench_infer [--prompt N] [--write N] [--rounds N]
 *
 * For float32, int8 and int4: tokens a second while it reads a prompt and while it
 * writes one token after another from an empty context; what it reads of memory
 * for a token, and which share that is of what the processor can read, measured in
 * the same run. The best of some rounds counts, as other work disturbs. */
#include "common/base/base.h"
#include "common/nn/infer.h"
#include "common/tensor/thin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const GptConfig gpt2 = {.vocab = 50257, .context = 1024, .layers = 12, .heads = 12, .channels = 768};

/* Bytes a second that all threads together read from memory: the best of some passes over 512 MB. */
static double read_bandwidth(void)
{
    enum { BLOCK = 1 << 14 };
    const size_t n = (size_t)128 << 20;
    float *x = memory_new(n * sizeof *x), total = 0;
    double best = INFINITY;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        x[i] = 1;
    for (int round = 0; round < 6; round++) {
        float sum = 0;
        double begin = clock_seconds();
#pragma omp parallel for schedule(static) reduction(+ : sum)
        for (size_t i = 0; i < n; i += BLOCK)
            sum += thin_dot(x + i, x + i, BLOCK);
        best = fmin(best, clock_seconds() - begin);
        total += sum;
    }
    free(x);
    return total > 0 ? (double)(n * sizeof *x) / best : 0;
}

static double read_seconds(Session *s, const int *ids, int n)
{
    nn_session_rewind(s, 0, 0);
    double begin = clock_seconds();
    nn_session_read(s, 0, ids, n);
    return clock_seconds() - begin;
}

static double write_seconds(Session *s, const int *ids, int n)
{
    nn_session_rewind(s, 0, 0);
    double begin = clock_seconds();
    for (int i = 0; i < n; i++)
        nn_session_step(s, ids + i);
    return clock_seconds() - begin;
}

static void bench(const Gpt *g, QuantKind kind, const int *ids, int prompt, int write, int rounds,
                  double bandwidth)
{
    static const char *const names[] = {"float32", "int8", "int4"};
    Model *m = nn_model_of_gpt(g, kind);
    Session *s = nn_session_new(m, 1, prompt > write ? prompt : write);
    double reading = INFINITY, writing = INFINITY;
    for (int i = 0; i < rounds; i++) {
        reading = fmin(reading, read_seconds(s, ids, prompt));
        writing = fmin(writing, write_seconds(s, ids, write));
    }
    double bytes = (double)nn_model_bytes(m), rate = write / writing;
    printf("%-8s prompt of %d: %5.0f tok/s   writing %d: %5.1f tok/s, %5.1f MB a token, %4.1f GB/s, "
           "%3.0f%% of %.1f\n",
           names[kind], prompt, prompt / reading, write, rate, bytes / 1e6, bytes * rate / 1e9,
           100 * bytes * rate / bandwidth, bandwidth / 1e9);
    fflush(stdout); /* the next line takes a while */
    nn_session_free(s);
    nn_model_free(m);
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
    Gpt *g = nn_gpt_new(&gpt2, &rng);
    int ids[1024];
    for (int i = 0; i < 1024; i++)
        ids[i] = rng_below(&rng, gpt2.vocab);
    double bandwidth = read_bandwidth();
    for (int kind = QUANT_NONE; kind <= QUANT_INT4; kind++)
        bench(g, (QuantKind)kind, ids, prompt, write, rounds, bandwidth);
    nn_gpt_free(g);
    return error_finish();
}
