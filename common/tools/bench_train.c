/* bench_train.c -- times a step of fine-tuning a model that people have: its shape with random weights.
 *
 *     bench_train gpt2|qwen2 full|lora|muon BATCH TIME [DIR]    milliseconds, MB at most, million weights, those
 *     trained
 *
 * With a folder the model is saved there, read as a classifier's backbone and tuned with an output layer of two
 * classes: the way of a downloaded model.
 *
 * One line of numbers on standard output, for bench.sh to lay out. */
#include "common/base/base.h"
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <stdlib.h>
#include <string.h>

enum { WARM_STEPS = 1, MIN_STEPS = 3, MAX_STEPS = 50 };
static const double SECONDS = 10;

static const ModelConfig gpt2 = {.family = MODEL_GPT2, /* GPT-2 124M: Radford et al., 2019 */
                                 .vocab = 50257,
                                 .context = 1024,
                                 .layers = 12,
                                 .channels = 768,
                                 .heads = 12,
                                 .kv_heads = 12,
                                 .head_dim = 64,
                                 .hidden = 3072,
                                 .activation = MODEL_ACTIVATION_GELU_TANH,
                                 .eps = 1e-5f,
                                 .tied = true,
                                 .qkv_bias = true,
                                 .output_bias = true,
                                 .mlp_bias = true};
static const ModelConfig qwen2 = {.family = MODEL_QWEN2, /* Qwen2 0.5B: Yang et al., 2024 */
                                  .vocab = 151936,
                                  .context = 32768,
                                  .layers = 24,
                                  .channels = 896,
                                  .heads = 14,
                                  .kv_heads = 2,
                                  .head_dim = 64,
                                  .hidden = 4864,
                                  .activation = MODEL_ACTIVATION_SILU,
                                  .eps = 1e-6f,
                                  .rotary = {TENSOR_ROTARY_PLAIN, 1e6f, 1, 0, 0, 1},
                                  .tied = true,
                                  .qkv_bias = true};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is trained: all weights, or the matrices of an adapter of every linear layer. */
static ModelAdapter *adapter_of(Params *m, bool lora)
{
    Error e = {""};
    Rng rng = rng_new(2);
    ModelAdapter *a =
        lora ? model_adapter_new(m, &(ModelLora){"*", .rank = 8, .alpha = 16}, &rng, &e) : NULL;
    if (e.text[0])
        error_exit(&e);
    return a;
}

/* One of the two: what predicts tokens, and what tells classes apart. */
typedef struct Subject {
    ModelDecoder *decoder;
    ModelClassifier *classifier;
    Params all; /* of the classifier: backbone and output layer */
} Subject;

static Tensor *loss_of(Graph *g, const Subject *s, const int *ids, int *classes, int batch, int time)
{
    if (s->decoder)
        return model_decoder_loss(g, s->decoder, ids, ids + 1, batch, time);
    for (int i = 0; i < batch; i++)
        classes[i] = ids[i * time] % 2;
    return nn_cross_entropy(g, model_classifier_logits(g, s->classifier, ids, batch, time, NULL), classes,
                            -1);
}

static double median_step(const Subject *s, const Params *trained, bool muon, int batch, int time)
{
    double took[MAX_STEPS], start = clock_seconds();
    int steps = 0, count = batch * time;
    int vocab = s->decoder ? s->decoder->config.vocab : s->classifier->backbone->config.vocab;
    Rng rng = rng_new(3);
    NnTraining how = nn_training_new();
    how.optimizer = muon ? NN_MUON : NN_ADAMW;
    Optimizer *o = nn_training_optimizer(&how, trained);
    Graph *g = nn_graph_new();
    int *ids = memory_new(sizeof *ids * (size_t)(count + 1 + batch));
    for (int i = -WARM_STEPS; i < MAX_STEPS && (i < MIN_STEPS || clock_seconds() - start < SECONDS); i++) {
        for (int k = 0; k <= count; k++)
            ids[k] = rng_below(&rng, vocab);
        double begin = clock_seconds();
        nn_train_step(g, o, loss_of(g, s, ids, ids + count + 1, batch, time), 1e-4f, 1);
        if (i >= 0)
            took[steps++] = clock_seconds() - begin;
    }
    free(ids);
    nn_graph_free(g);
    nn_optimizer_free(o);
    qsort(took, (size_t)steps, sizeof *took, by_size);
    return took[steps / 2];
}

/* Writes the model, whose memory is then free, and reads it back as a classifier. */
static void go_through_a_folder(Subject *s, const char *folder)
{
    static const char *const labels[] = {"no", "yes"};
    Error e = {""};
    Rng rng = rng_new(4);
    if (!model_decoder_save(s->decoder, folder, &e))
        error_exit(&e);
    model_decoder_free(s->decoder);
    s->decoder = NULL;
    ModelBackbone *b = model_backbone_load(folder, &e);
    if (!b)
        error_exit(&e);
    s->classifier = model_classifier_new(b, labels, 2, &rng);
    s->all = nn_params_join(b->params, &s->classifier->params);
}

int main(int argc, char **argv)
{
    error_program("bench_train");
    bool lora = argc >= 5 && strcmp(argv[2], "lora") == 0, muon = argc >= 5 && strcmp(argv[2], "muon") == 0;
    bool known = argc >= 5 && argc <= 6 && (lora || muon || strcmp(argv[2], "full") == 0) &&
                 (strcmp(argv[1], "gpt2") == 0 || strcmp(argv[1], "qwen2") == 0);
    int batch = known ? atoi(argv[3]) : 0, time = known ? atoi(argv[4]) : 0;
    if (!known || batch < 1 || time < 1 || time > gpt2.context)
        error_exitf("usage: bench_train gpt2|qwen2 full|lora|muon BATCH TIME [DIR]");
    Rng rng = rng_new(1);
    Subject s = {.decoder = model_decoder_new(argv[1][0] == 'g' ? &gpt2 : &qwen2, 0, &rng)};
    if (argc == 6)
        go_through_a_folder(&s, argv[5]);
    Params *model = s.decoder ? &s.decoder->params : s.classifier->backbone->params;
    ModelAdapter *a = adapter_of(model, lora);
    Params joined = {0};
    if (a && s.classifier)
        joined = nn_params_join(model_adapter_params(a), &s.classifier->params);
    const Params *trained = joined.count   ? &joined
                            : a            ? model_adapter_params(a)
                            : s.classifier ? &s.all
                                           : model;
    double took = median_step(&s, trained, muon, batch, time);
    printf("%.1f %.0f %.1f %.2f\n", 1000 * took, clock_peak_mb(), 1e-6 * (double)nn_param_total(model),
           1e-6 * (double)nn_param_total(trained));
    nn_params_part(&joined);
    nn_params_part(&s.all);
    model_adapter_free(a);
    model_classifier_free(s.classifier);
    model_decoder_free(s.decoder);
    return error_finish();
}
