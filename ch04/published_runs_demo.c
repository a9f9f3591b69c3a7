/* published_runs_demo.c -- what the alpha-beta model says of two published training runs, section 4.3.2.
 *
 * From the published sizes of Llama 3 405B and DeepSeek-V3, how they were divided over GPUs, and the data sheets of
 * their hardware it computes the seconds of a step, and holds them against the published GPU hours. */
#include "ch04/network.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>

typedef struct Settings {
    float kernels; /* the share of the peak that matrix products reach */
} Settings;

/* ---- published runs ------------------------------------------------------------------------------- */

typedef struct PublishedRun {
    double gpus, tokens, flops, peak;  /* tokens of a step; flops of a token, forward and backward */
    double tensor, experts, gradients; /* seconds of a step for each kind of communication */
    double bubble;                     /* idle time of the pipeline over its work */
    double total, hours;               /* all tokens; published GPU hours for them */
} PublishedRun;

/* Llama 3 405B (2024): 126 layers of 16384 channels; tensor 8 x pipeline 16 x data 128; a sequence of 8192 tokens at a
 * time, 16 of them for each of the 128. Interleaved with 8 parts for each stage: assumed, one layer each. */
//> llama
static PublishedRun llama3(double gpus, double peak)
{
    double data = gpus / 128, sequences = 2048 / data, layers = 126.0 / 16, row = 2.0 * 8192 * 16384;
    return (PublishedRun){.gpus = gpus,
                          .tokens = 2048 * 8192,
                          .flops = 6 * 405e9 + 6 * 126 * 16384.0 * 8192, /* weights, causal attention */
                          .peak = peak,
                          .tensor = sequences * layers * 4 *
                                    network_ring(network_nvlink, 8, row), /* 2 forward, 2 backward */
                          .gradients = network_hosts.beta * (4 + 2) * 405e9 / 128 *
                                       (1 - 1 / data), /* out in float32, weights back in bfloat16 */
                          .bubble = 15 / (8 * sequences),
                          .total = 15.6e12,
                          .hours = 30.84e6};
}
//< llama

/* DeepSeek-V3 (2024): 61 layers of 7168 channels, 58 with experts, which lie on 8 hosts; a token goes to at most 4 of
 * them, on average 3.5 others: out in FP8, back in bfloat16. Pipeline 16 x data 128. Peak: bfloat16. */
static PublishedRun deepseek(double gpus, double peak)
{
    double tokens = 15360 * 4096, own = tokens / (gpus / 16), layers = 58.0 / 16;
    return (PublishedRun){.gpus = gpus,
                          .tokens = tokens,
                          .flops = 6 * 37e9 + 3 * 61 * 128 * 2.0 * (192 + 128) * 2048,
                          .peak = peak,
                          .experts = 2 * own * layers * 3.5 * (1 + 2) * 7168 * network_hosts.beta,
                          .gradients = network_hosts.beta * 4 * 671e9 / gpus,
                          .total = 14.8e12,
                          .hours = 2.664e6};
}

static double published_step(const PublishedRun *r)
{
    return r->hours * 3600 / r->gpus / (r->total / r->tokens);
}

static void compare(const Settings *s)
{
    const PublishedRun runs[] = {llama3(16384, 989e12), deepseek(2048, 989e12)};
    static const char *const rows[] = {"computing, at the peak",
                                       "computing, kernels as assumed",
                                       "pipeline bubble",
                                       "tensor parallel, NVLink",
                                       "experts, network",
                                       "gradients, network",
                                       "step, nothing overlapped",
                                       "step, network overlapped",
                                       "step, published",
                                       "billion tokens a day, overlapped",
                                       "billion tokens a day, published"};
    static const TabularColumn columns[] = {{"Llama 3 405B", 2}, {"DeepSeek-V3", 2}};
    double v[11][2];
    for (int i = 0; i < 2; i++) {
        const PublishedRun *r = &runs[i];
        double peak = r->flops * r->tokens / (r->gpus * r->peak), compute = peak / (double)s->kernels;
        double bubble = r->bubble * (compute + r->tensor), busy = compute + bubble + r->tensor;
        double sent = r->experts + r->gradients, step = published_step(r);
        const double column[] = {peak,
                                 compute,
                                 bubble,
                                 r->tensor,
                                 r->experts,
                                 r->gradients,
                                 busy + sent,
                                 fmax(busy, sent),
                                 step,
                                 86.4e-6 * r->tokens / fmax(busy, sent),
                                 86.4e-6 * r->tokens / step};
        for (int k = 0; k < 11; k++)
            v[k][i] = column[k];
    }
    printf("Published runs (2024), seconds of a step; matrix products at %.0f %% of the peak (assumed)\n",
           100 * (double)s->kernels);
    tabular_print_matrix("", rows, columns, 2, v[0], 11);
    for (int i = 0; i < 2; i++)
        printf("%s: %.0f %% of the peak published, %.0f %% predicted; %.2f million GPU hours published, "
               "%.2f predicted\n",
               columns[i].heading, 100 * v[0][i] / v[8][i], 100 * v[0][i] / v[7][i], runs[i].hours / 1e6,
               runs[i].hours / 1e6 * v[7][i] / v[8][i]);
    PublishedRun half = llama3(8192, 989e12);
    printf("Llama 3 on twice 8192 GPUs: the bubble grows from %.1f to %.1f %%, which costs %.1f %%; "
           "published: MFU 43 to 41 %%,"
           " 4.7 %%\n",
           100 * half.bubble, 100 * runs[0].bubble, 100 * (1 - (1 + half.bubble) / (1 + runs[0].bubble)));
}

int main(int argc, char **argv)
{
    Settings s = {.kernels = 0.65f};
    Demo demo = {.name = "ch04/published_runs_demo",
                 .about = "What the alpha-beta model says of two published runs, section 4.3.2."};
    const Option more[] = {option_float("kernels", &s.kernels, 0.01, 1,
                                        "share of a GPU's peak that its matrix products reach (assumed)"),
                           OPTION_END};
    demo_begin(&demo, argc, argv, more);
    compare(&s);
    return demo_end(&demo);
}
