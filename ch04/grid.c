/* grid.c -- three groups for each rank, and a step that uses all of them. */
#include "ch04/grid.h"

#include <stdlib.h>

typedef struct Axes {
    Dist *tensor, *stages, *data;
} Axes;

/* A microbatch on its way through this stage: its own graph, so that it can be forgotten by itself. */
typedef struct Flight {
    Graph *g;
    Tensor *in;  /* (B,T,C) from the stage before, with room for its gradient */
    Tensor *out; /* (B,T,C), or the loss */
    Deferred deferred;
    DistRequest *sent_out, *sent_grad;
} Flight;

struct Trainer {
    Layout layout;
    Dist *world;
    Axes axes;
    GptPart model;
    Optimizer *optimizer;
    Flight *flights; /* (microbatches) */
    DistStageOp *ops;
    int op_count, sequences; /* sequences: of a microbatch */
    float *up;               /* (B,T,C): a gradient that comes in */
    StepCost cost;
};

const char *layout_fault(const Layout *l, int ranks)
{
    if (l->data < 1 || l->tensor * l->stages * l->data != ranks)
        return "tensor x stages x data is not the number of ranks";
    if (GPT_HEADS % l->tensor != 0)
        return "the tensor ranks must divide 4 heads";
    if (GPT_LAYERS % l->stages != 0)
        return "the stages must divide 4 layers";
    if (GPT_BATCH % (l->data * l->microbatches) != 0)
        return "data ranks x microbatches must divide the 8 sequences of a batch";
    return NULL;
}

//> axes
/* rank = (data index x stages + stage) x tensor + tensor index */
static Axes axes_new(Dist *world, const Layout *l)
{
    int tensor_index = world->rank % l->tensor, data_index = world->rank / (l->tensor * l->stages);
    return (Axes){.tensor = dist_split(world, world->rank / l->tensor),
                  .stages = dist_split(world, data_index * l->tensor + tensor_index),
                  .data = dist_split(world, world->rank % (l->tensor * l->stages))};
}
//< axes

Trainer *trainer_new(Dist *world, const Layout *l, int vocab, uint64_t seed)
{
    Trainer *t = memory_zero(1, sizeof *t);
    *t = (Trainer){.layout = *l, .world = world, .axes = axes_new(world, l)};
    int stage = t->axes.stages->rank, layers = GPT_LAYERS / l->stages;
    t->model = gpt_part_new(vocab, seed, t->axes.tensor, stage * layers, (stage + 1) * layers);
    t->optimizer = gpt_optimizer(&t->model.params);
    t->sequences = GPT_BATCH / (l->data * l->microbatches);
    t->flights = memory_zero((size_t)l->microbatches, sizeof *t->flights);
    for (int k = 0; k < l->microbatches; k++) {
        t->flights[k].g = nn_graph_new();
        t->flights[k].in = nn_parameter(t->sequences, GPT_TIME, GPT_CHANNELS);
    }
    t->up = memory_new(sizeof *t->up * t->flights[0].in->size);
    t->ops = memory_new(sizeof *t->ops * 3 * (size_t)l->microbatches);
    t->op_count = dist_pipeline_ops(l->schedule, stage, l->stages, l->microbatches, t->ops);
    return t;
}

void trainer_free(Trainer *t)
{
    for (int k = 0; k < t->layout.microbatches; k++) {
        nn_graph_free(t->flights[k].g);
        tensor_free(t->flights[k].in);
    }
    nn_optimizer_free(t->optimizer);
    nn_params_free(&t->model.params);
    dist_free(t->axes.tensor);
    dist_free(t->axes.stages);
    dist_free(t->axes.data);
    free(t->flights);
    free(t->ops);
    free(t->up);
    free(t);
}

/* ---- the operations of a stage -------------------------------------------------------------------------------- */

static bool is_first(const Trainer *t)
{
    return t->axes.stages->rank == 0;
}

static bool is_last(const Trainer *t)
{
    return t->axes.stages->rank == t->axes.stages->size - 1;
}

static size_t bytes_of(const Tensor *x)
{
    return x->size * sizeof(float);
}

static void forward(Trainer *t, Flight *f, const int *x, const int *y)
{
    Dist *d = t->axes.stages;
    if (!is_first(t))
        dist_receive(d, d->rank - 1, f->in->data, bytes_of(f->in));
    t->model.deferred = t->layout.schedule == DIST_ZERO_BUBBLE ? &f->deferred : NULL;
    f->out = gpt_part_run(f->g, &t->model, f->in, x, y, t->sequences);
    if (!is_last(t))
        f->sent_out = dist_send_begin(d, d->rank + 1, f->out->data, bytes_of(f->out));
}

/* The gradient of the loss, of which every microbatch of every copy is an equal part, or that of the next stage. */
static void backward(Trainer *t, Flight *f)
{
    Dist *d = t->axes.stages;
    if (is_last(t))
        t->up[0] = 1.0f / (float)(t->layout.microbatches * t->layout.data);
    else
        dist_receive(d, d->rank + 1, t->up, bytes_of(f->out));
    f->in->has_grad = false;
    nn_backward_from(f->g, f->out, t->up);
    if (!is_first(t))
        f->sent_grad = dist_send_begin(d, d->rank - 1, f->in->grad, bytes_of(f->in));
}

/* The microbatch is done: its activations go. */
static void finish(Flight *f)
{
    deferred_run(f->g, &f->deferred);
    dist_wait(f->sent_out);
    dist_wait(f->sent_grad);
    f->sent_out = f->sent_grad = NULL;
    nn_graph_reset(f->g);
}

static size_t held(const Trainer *t)
{
    size_t bytes = 0;
    for (int k = 0; k < t->layout.microbatches; k++)
        bytes += arena_used(nn_arena(t->flights[k].g));
    return bytes;
}

//> step
/* The microbatches in the order of the schedule; x and y (sequences, T) of this copy. Returns the sum of the losses
 * that this stage knows. */
static float run_schedule(Trainer *t, const int *x, const int *y)
{
    float loss = 0;
    for (int i = 0; i < t->op_count; i++) {
        DistStageOp op = t->ops[i];
        Flight *f = &t->flights[op.microbatch];
        int words = op.microbatch * t->sequences * GPT_TIME;
        if (op.kind == DIST_FORWARD)
            forward(t, f, x + words, y + words);
        if (op.kind == DIST_FORWARD && is_last(t))
            loss += tensor_item(f->out);
        if (op.kind == DIST_BACKWARD || op.kind == DIST_INPUT)
            backward(t, f);
        t->cost.held_bytes = held(t) > t->cost.held_bytes ? held(t) : t->cost.held_bytes;
        if (op.kind == DIST_BACKWARD || op.kind == DIST_WEIGHT)
            finish(f);
    }
    return loss;
}

float trainer_step(Trainer *t, const int *x, const int *y)
{
    size_t before[] = {dist_bytes_sent(t->axes.tensor), dist_bytes_sent(t->axes.stages),
                       dist_bytes_sent(t->axes.data)};
    int words =
        t->axes.data->rank * GPT_BATCH / t->layout.data * GPT_TIME; /* where this copy's sequences begin */
    t->cost.held_bytes = 0;
    float loss = run_schedule(t, x + words, y + words);
    for (int i = 0; i < t->model.params.count; i++) {
        Tensor *p = t->model.params.items[i].tensor;
        dist_all_reduce(t->axes.data, p->grad, p->size);
    }
    t->cost.tensor_bytes = dist_bytes_sent(t->axes.tensor) - before[0];
    t->cost.stage_bytes = dist_bytes_sent(t->axes.stages) - before[1];
    t->cost.data_bytes = dist_bytes_sent(t->axes.data) - before[2];
    nn_optimizer_step(t->optimizer, GPT_RATE);
    dist_all_reduce(t->world, &loss, 1); /* each tensor rank of the last stages knows it */
    return loss / (float)(t->layout.tensor * t->layout.data * t->layout.microbatches);
}
//< step

StepCost trainer_cost(const Trainer *t)
{
    return t->cost;
}

size_t trainer_parameters(const Trainer *t)
{
    return nn_param_total(&t->model.params);
}
