/* qlora_demo.c -- weights in 4 bits under LoRA: QLoRA (Dettmers et al., 2023), section 6.3.3.
 *
 * The 16 values of NF4 from the quantiles of a normal distribution; the error of several 4-bit formats on the weights
 * of a trained model, and what it costs in loss; then LoRA beside weights that are kept in int4. */
#include "ch06/lora_bench.h"
#include "common/demo/demo.h"
#include "common/model/quantised.h"
#include "common/tensor/kernels.h"
#include "common/text/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CODES = 16, GROUP = 64, SUPER = 256, STORIES = 24 };
static const char BLOCKS[] = "h.*,model.layers.*";

/* ---- NF4 ------------------------------------------------------------------------------------------- */

//> nf4
/* 8 positive and 7 negative quantiles of N(0,1) and a zero, scaled to -1 .. 1: as many weights fall to each value where
 * weights are normally distributed. The outermost quantile is the mean of 1 - 1/30 and 1 - 1/32. */
static void nf4_values(double values[CODES])
{
    const double offset = (1 - 1.0 / 32 + 1 - 1.0 / 30) / 2, max = stats_normal_quantile(offset);
    for (int i = 0; i < 7; i++)
        values[i] = -stats_normal_quantile(offset + (0.5 - offset) * i / 7) / max;
    values[7] = 0;
    for (int i = 0; i < 8; i++)
        values[15 - i] = stats_normal_quantile(offset + (0.5 - offset) * i / 8) / max;
}
//< nf4

static void show_nf4(Demo *d, const double values[CODES])
{
    /* Dettmers et al., 2023, appendix E */
    static const double published[CODES] = {
        -1,        -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0,
        0.0795803, 0.1609302,  0.2461123,  0.3379152,  0.4407098,  0.5626170,  0.7229568,  1};
    double far = 0;
    puts("NF4:");
    for (int i = 0; i < CODES; i++) {
        printf("%8.4f%s", values[i], i % 8 == 7 ? "\n" : "");
        far = fmax(far, fabs(values[i] - published[i]));
    }
    demo_claim(d, far < 1e-4, "  from quantiles and as published: the same to 1e-4");
}

/* ---- formats ------------------------------------------------------------------------------------- */

/* Numbers that lie nearest to multiples of a scale: codes -7 .. 7. */
static float nearest_int4(float x, float scale)
{
    return scale > 0 ? scale * fmaxf(-7, fminf(7, rintf(x / scale))) : 0;
}

static float nearest_nf4(const double values[CODES], float x, float scale)
{
    int best = 0;
    for (int i = 1; scale > 0 && i < CODES; i++)
        best = fabs((double)(x / scale) - values[i]) < fabs((double)(x / scale) - values[best]) ? i : best;
    return scale * (float)values[best];
}

static float max_magnitude(const float *x, size_t n)
{
    float max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmaxf(max, fabsf(x[i]));
    return max;
}

//> double
/* Double quantisation: the scales (n) themselves in 8 bits, 256 of them with one float32 scale, less their mean. */
static void quantise_scales(float *scales, size_t n)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)scales[i] / (double)n;
    for (size_t first = 0; first < n; first += SUPER) {
        size_t count = n - first < SUPER ? n - first : SUPER;
        float max = 0;
        for (size_t i = first; i < first + count; i++)
            max = fmaxf(max, fabsf(scales[i] - (float)mean));
        for (size_t i = first; max > 0 && i < first + count; i++)
            scales[i] = (float)mean + max / 127 * rintf((scales[i] - (float)mean) / max * 127);
    }
}
//< double

typedef enum Format {
    FLOAT32,
    INT4_ONE,
    INT4_GROUPS,
    NF4,
    NF4_DOUBLE,
    COMMON_INT4,
    COMMON_INT8,
    FORMATS
} Format;
static const char *const format_names[FORMATS] = {"float32",
                                                  "int4, a scale a matrix",
                                                  "int4, a scale for 64",
                                                  "NF4, a scale for 64",
                                                  "NF4, scales quantised",
                                                  "int4, scale and min for 32",
                                                  "int8, a scale for 32"};

/* Bits a number: codes, and the share of scales. */
static double bits_of(Format f)
{
    static const double bits[FORMATS] = {
        32, 4, 4 + 32.0 / GROUP, 4 + 32.0 / GROUP, 4 + 8.0 / GROUP + 32.0 / GROUP / SUPER, 5, 8.5};
    return bits[f];
}

static void round_groups(float *w, size_t n, Format f, const double values[CODES])
{
    size_t group = f == INT4_ONE ? n : GROUP, count = (n + group - 1) / group;
    float *scales = memory_new(count * sizeof *scales);
    for (size_t i = 0; i < count; i++)
        scales[i] = max_magnitude(w + i * group, n - i * group < group ? n - i * group : group);
    if (f == NF4_DOUBLE)
        quantise_scales(scales, count);
    for (size_t i = 0; i < n; i++) {
        float scale = scales[i / group];
        w[i] =
            f == NF4 || f == NF4_DOUBLE ? nearest_nf4(values, w[i], scale) : nearest_int4(w[i], scale / 7);
    }
    free(scales);
}

static void round_by_common(Tensor *t, QuantKind kind)
{
    Arena *memory = arena_new();
    int rows = t->shape[0], cols = t->shape[1];
    Quant *q = quant_new(memory, kind, rows, cols);
    for (int r = 0; r < rows; r++) {
        quant_set_row(q, r, t->data + (size_t)r * (size_t)cols);
        quant_row(q, r, t->data + (size_t)r * (size_t)cols);
    }
    arena_free(memory);
}

/* ---- the model with rounded weights ---------------------------------------------------------------- */

/* Nats per token on held-out stories. */
static double story_loss(LoraBench *b)
{
    Error e = {""};
    Rng rng = rng_new(7);
    const int *ids[STORIES];
    int counts[STORIES];
    TokenList lists[STORIES];
    WorldSamples s = world_samples(
        &(WorldRequest){.kind = WORLD_STORY, .language = WORLD_EN, .side = WORLD_TEST, .count = STORIES},
        &rng);
    TextBatch batch = text_batch_new(STORIES, 128);
    for (int i = 0; i < STORIES; i++) {
        char *text = world_sample_join(&s.items[i]);
        lists[i] = (TokenList){0};
        if (!tokenizer_encode(b->tokenizer, text, strlen(text), false, &lists[i], &e))
            error_exit(&e);
        ids[i] = lists[i].ids;
        counts[i] = (int)lists[i].count;
        free(text);
    }
    text_batch_fill(&batch, ids, counts, STORIES, 0);
    text_batch_predict_next(&batch, NULL, -1);
    nn_graph_record(b->graph, false);
    double loss = (double)tensor_item(
        model_decoder_loss(b->graph, b->model, batch.ids, batch.labels, batch.rows, batch.time));
    nn_graph_record(b->graph, true);
    nn_graph_reset(b->graph);
    for (int i = 0; i < STORIES; i++)
        tokenizer_tokens_free(&lists[i]);
    text_batch_free(&batch);
    world_samples_free(&s);
    return loss;
}

/* Rounds every linear layer of the blocks; the relative error (root mean square), then the old weights are back. */
static void measure(LoraBench *b, Format f, const double values[CODES], double row[3])
{
    Params *p = &b->model->params;
    double error = 0, size = 0;
    float *kept = memory_new(nn_param_total(p) * sizeof *kept), *at = kept;
    for (Param *l = NULL; (l = nn_linear_next(p, BLOCKS, l)); at += l->tensor->size) {
        Tensor *t = l->tensor;
        memcpy(at, t->data, t->size * sizeof *at);
        if (f == COMMON_INT4 || f == COMMON_INT8)
            round_by_common(t, f == COMMON_INT4 ? QUANT_INT4 : QUANT_INT8);
        else if (f != FLOAT32)
            round_groups(t->data, t->size, f, values);
        size += kernel_sum_squares(at, t->size);
        for (size_t i = 0; i < t->size; i++)
            error += pow((double)(t->data[i] - at[i]), 2);
    }
    row[0] = bits_of(f);
    row[1] = 100 * sqrt(error / size);
    row[2] = story_loss(b);
    at = kept;
    for (Param *l = NULL; (l = nn_linear_next(p, BLOCKS, l)); at += l->tensor->size)
        memcpy(l->tensor->data, at, l->tensor->size * sizeof *at);
    free(kept);
}

static void show_formats(Demo *d, LoraBench *b, const double values[CODES])
{
    static const TabularColumn columns[] = {{"bits a number", 2}, {"error (%)", 1}, {"loss", 3}};
    double rows[FORMATS][3];
    for (int i = 0; i < FORMATS; i++)
        measure(b, (Format)i, values, rows[i]);
    printf("\nThe weights of the blocks rounded: relative error, and loss on %d held-out stories (nats per "
           "token)\n",
           STORIES);
    tabular_print_matrix("format", format_names, columns, 3, rows[0], FORMATS);
    demo_claim(d, rows[NF4][1] < rows[INT4_GROUPS][1] && rows[INT4_GROUPS][1] < rows[INT4_ONE][1],
               "  groups help, and NF4's values are better than evenly spaced ones");
    demo_claim(d, rows[NF4_DOUBLE][1] < 1.02 * rows[NF4][1],
               "  quantised scales cost less than 2 %% of the error");
}

/* ---- LoRA beside weights in int4 -------------------------------------------------------------------- */

//> qlora
/* Held-out loss of letters after training, and megabytes of the blocks' weights. */
static void train(LoraBench *b, bool quantised, int steps, uint64_t seed, double row[3])
{
    Error e = {""};
    ModelQuantised *q = quantised ? model_quantise(&b->model->params, BLOCKS, QUANT_INT4, &e) : NULL;
    if (quantised && !q)
        error_exit(&e);
    ModelAdapter *a = lora_bench_attach(b, 8, seed);
    row[0] = lora_bench_loss(b, LORA_LETTERS);
    lora_bench_train(b, a, LORA_LETTERS, steps, seed);
    row[1] = lora_bench_loss(b, LORA_LETTERS);
    row[2] = q ? (double)model_quantised_bytes(q) / 1e6 : row[2];
    model_adapter_free(a);
    model_quantised_free(q);
}
//< qlora

static void show_training(Demo *d, LoraBench *b)
{
    static const TabularColumn columns[] = {{"loss before", 2}, {"after", 2}, {"MB of weights", 1}};
    static const char *const names[] = {"float32", "int4"};
    double rows[2][3], numbers = 0;
    for (Param *l = NULL; (l = nn_linear_next(&b->model->params, BLOCKS, l));)
        numbers += (double)l->tensor->size;
    rows[0][2] = 4e-6 * numbers;
    for (int i = 0; i < 2; i++)
        train(b, i == 1, d->steps, d->seed, rows[i]);
    printf(
        "\nLoRA of rank 8, %d steps of %d letters: held-out loss, and the frozen weights of the blocks\n",
        d->steps, LORA_BATCH);
    tabular_print_matrix("weights", names, columns, 3, rows[0], 2);
    demo_claim(d, rows[1][1] < 1.25 * rows[0][1] + 0.02, "  beside int4 it learns nearly as well");
    demo_claim(d, rows[1][2] < rows[0][2] / 6, "  the frozen weights take less than a sixth");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/qlora_demo",
              .about = "LoRA beside weights in 4 bits: QLoRA, section 6.3.3.",
              .steps = 40,
              .min_steps = 10};
    const char *model = "ch05/models/book_gpt";
    double values[CODES];
    const Option options[] = {option_dir("model", &model, "the pretrained decoder"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    nf4_values(values);
    show_nf4(&d, values);
    LoraBench b = lora_bench_new(model, d.seed);
    show_formats(&d, &b, values);
    show_training(&d, &b);
    lora_bench_free(&b);
    return demo_end(&d);
}
