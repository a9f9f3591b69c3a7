/* train.c -- the training loop and what it is told. */
#define NN_INSIDE
#include "common/nn/train.h"

#include "common/base/terminal.h"

#include <math.h>

const char *const nn_optimizer_names[] = {"adamw", "muon", NULL};

NnTraining nn_training_new(void)
{
    return (NnTraining){.steps = 1000,
                        .batch = 16,
                        .warmup = 100,
                        .schedule = NN_COSINE,
                        .rate = 1e-3f,
                        .min_rate = 1e-4f,
                        .beta2 = 0.99f,
                        .weight_decay = 0.1f,
                        .clip = 1,
                        .seed = 1};
}

NnTrainingOptions nn_training_options(NnTraining *t)
{
    enum { MANY = 100000000 };
    t->usual_warmup = t->warmup;
    return (NnTrainingOptions){
        {option_int("steps", &t->steps, 1, MANY, "training steps"),
         option_int("batch", &t->batch, 1, 4096, "sequences that go through the model together"),
         option_choice("optimizer", &t->optimizer, nn_optimizer_names,
                       "muon: for the matrices of the blocks, and AdamW for the rest"),
         option_float("lr", &t->rate, 0, 10, "the highest learning rate"),
         option_float("min-lr", &t->min_rate, 0, 10, "the learning rate at the end"),
         option_float("muon-lr", &t->muon_rate, 0, 10,
                      "the highest learning rate of Muon's matrices, on the same schedule; 0: --lr"),
         option_choice("schedule", &t->schedule, nn_schedule_names, "how the learning rate falls"),
         option_int("warmup", &t->warmup, 0, MANY, "steps over which the learning rate rises"),
         option_int("decay", &t->decay, 0, MANY,
                    "steps over which it falls with --schedule stable-decay; 0: a fifth of all"),
         option_float("weight-decay", &t->weight_decay, 0, 10, "of the matrices, not of biases and norms"),
         option_float("beta2", &t->beta2, 0, 0.99999, "AdamW's memory of squared gradients"),
         option_float("clip", &t->clip, 0, 1e6, "the largest gradient norm; 0 leaves it alone"),
         option_choice("precision", &t->precision, tensor_precision_names,
                       "of the matrix products; bf16 is faster where the processor knows it"),
         option_seed(&t->seed), OPTION_END}};
}

static int decay_of(const NnTraining *t)
{
    return t->decay > 0 ? t->decay : t->steps / 5;
}

bool nn_training_check(NnTraining *t, Error *e)
{
    if (t->warmup > t->steps && t->warmup == t->usual_warmup)
        t->warmup = t->steps / 10;
    if (t->warmup > t->steps)
        return error_set(e,
                         "--warmup %d, --steps %d: the warm-up is longer than the training run, and the "
                         "learning rate would never fall",
                         t->warmup, t->steps);
    if (t->muon_rate > 0 && (t->optimizer != NN_MUON || t->rate <= 0))
        return error_set(e, "--muon-lr %g is for --optimizer muon, beside an --lr above 0",
                         (double)t->muon_rate);
    if (t->min_rate > t->rate && t->schedule != NN_CONSTANT && t->schedule != NN_INVERSE_ROOT)
        return error_set(e,
                         "--min-lr %g is above --lr %g: the learning rate would rise where it should fall",
                         (double)t->min_rate, (double)t->rate);
    if (t->schedule == NN_STABLE_DECAY && t->warmup + decay_of(t) > t->steps)
        return error_set(e,
                         "--warmup %d, --decay %d, --steps %d: warm-up and decay are longer than the "
                         "training run",
                         t->warmup, decay_of(t), t->steps);
    return true;
}

float nn_training_rate(const NnTraining *t, long step)
{
    switch ((NnSchedule)t->schedule) {
    case NN_LINEAR:
        return nn_linear_rate(step, t->warmup, t->steps, t->rate, t->min_rate);
    case NN_CONSTANT:
        return nn_constant_rate(step, t->warmup, t->rate);
    case NN_INVERSE_ROOT:
        return nn_inverse_root_rate(step, t->warmup, t->rate);
    case NN_STABLE_DECAY:
        return nn_stable_decay_rate(step, t->warmup, decay_of(t), t->steps, t->rate, t->min_rate);
    case NN_COSINE:
    case NN_SCHEDULES:
        break;
    }
    return nn_cosine_rate(step, t->warmup, t->steps, t->rate, t->min_rate);
}

Optimizer *nn_training_optimizer(const NnTraining *t, const Params *p)
{
    if (t->optimizer == NN_MUON)
        return nn_muon_new(p, &(NnMuon){t->muon_rate > 0 ? t->muon_rate / t->rate : 1, 0.9f, t->beta2,
                                        t->weight_decay, (TensorPrecision)t->precision});
    return nn_adamw_new(p, 0.9f, t->beta2, t->weight_decay);
}

NnStep nn_train_step(Graph *g, Optimizer *o, Tensor *loss, float rate, float clip)
{
    NnStep done = {tensor_item(loss), NAN};
    if (!isfinite(done.loss))
        return done;
    nn_backward(g, loss);
    done.norm = nn_optimizer_step_clipped(o, rate, clip);
    nn_graph_reset(g);
    return done;
}

double nn_evaluate(Graph *g, int count, NnLoss *loss, void *context)
{
    double total = 0;
    bool recording = nn_graph_recording(g);
    TensorPrecision precision = nn_graph_precision(g);
    nn_graph_record(g, false);
    nn_graph_multiply_in(g, TENSOR_F32);
    for (int i = 0; i < count; i++) {
        total += (double)tensor_item(loss(g, context, i));
        nn_graph_reset(g);
    }
    nn_graph_record(g, recording);
    nn_graph_multiply_in(g, precision);
    return total / count;
}

int nn_train(Graph *g, const Params *p, const NnTraining *t, NnLoss *loss, void *context, float *curve)
{
    Optimizer *o = nn_training_optimizer(t, p);
    nn_graph_multiply_in(g, (TensorPrecision)t->precision);
    Progress bar = progress_begin("training", t->steps);
    int step = 0;
    for (bool finite = true; finite && step < t->steps; step += finite) {
        NnStep done = nn_train_step(g, o, loss(g, context, step), nn_training_rate(t, step), t->clip);
        if (curve)
            curve[step] = done.loss;
        finite = isfinite(done.loss);
        progress_update(&bar, step + 1, "loss %.3f  gradient %.2f", (double)done.loss, (double)done.norm);
    }
    progress_end(&bar);
    nn_optimizer_free(o);
    return step;
}
