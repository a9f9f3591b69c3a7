/* check_ch05.c -- the checks of chapter 5's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which hold the answers and never meet the learner's code, only what it computed:
 * they are in the files check_ch05_WHAT.c. */
#include "ch05/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

static void drive_mask_tokens(GradeCall *c)
{
    int n;
    Masking m = {.chosen = grade_arg_float(c, "m->chosen")};
    m.hidden = grade_arg_float(c, "m->hidden");
    m.random = grade_arg_float(c, "m->random");
    m.first = grade_arg_int(c, "m->first");
    m.vocab = grade_arg_int(c, "m->vocab");
    m.mask = grade_arg_int(c, "m->mask");
    const int *ids = grade_arg_ints(c, "ids", &n);
    const Tensor *u = grade_arg_tensor(c, "u");
    int *input = grade_out_ints(c, "input", n), *label = grade_out_ints(c, "label", n);
    mask_tokens(&m, ids, u->data, n, input, label);
}

static void drive_clm_loss(GradeCall *c)
{
    int n;
    const Tensor *logits = grade_arg_tensor(c, "logits");
    const int *ids = grade_arg_ints(c, "ids", &n), *ignore = grade_arg_ints(c, "ignore", &n);
    int batch = logits->shape[0], time = logits->shape[1], vocab = logits->shape[2];
    Tensor *d_logits = grade_out(c, "d_logits", batch, time, vocab);
    grade_return_number(c, "loss",
                        (double)clm_loss(logits->data, ids, ignore, batch, time, vocab, d_logits->data));
}

static void drive_pack_rows(GradeCall *c)
{
    int documents, n, r = grade_arg_int(c, "R"), t = grade_arg_int(c, "T");
    const int *lengths = grade_arg_ints(c, "lengths", &documents),
              *tokens = grade_arg_ints(c, "tokens", &n);
    const Rows rows = {.ids = grade_out_ints(c, "ids", r, t),
                       .position = grade_out_ints(c, "position", r, t),
                       .document = grade_out_ints(c, "document", r, t),
                       .label = grade_out_ints(c, "label", r, t),
                       .allowed = grade_out(c, "allowed", r, t, t)->data};
    grade_return_number(c, "what it returns", pack_rows(tokens, lengths, documents, r, t, &rows));
}

static void drive_order_mask(GradeCall *c)
{
    int time;
    const int *order = grade_arg_ints(c, "order", &time);
    Tensor *content = grade_out(c, "content", time, time), *query = grade_out(c, "query", time, time);
    order_mask(order, time, content->data, query->data);
}

static void drive_corrupt_spans(GradeCall *c)
{
    int count, sentinel = grade_arg_int(c, "sentinel"), end = grade_arg_int(c, "end"),
               room = grade_arg_int(c, "room");
    Spans spans = {.count = 0};
    const int *text = grade_arg_ints(c, "text", &count);
    spans.start = grade_arg_ints(c, "spans->start", &spans.count);
    spans.length = grade_arg_ints(c, "spans->length", &spans.count);
    int *input = grade_out_ints(c, "input", room), *target = grade_out_ints(c, "target", room);
    corrupt_spans(text, count, &spans, sentinel, end, room, input, target);
}

static void drive_learning_rate(GradeCall *c)
{
    Schedule schedule = (Schedule)grade_arg_int(c, "schedule");
    int count = grade_arg_int(c, "calls"), warmup = grade_arg_int(c, "warmup"),
        steps = grade_arg_int(c, "steps");
    float max = grade_arg_float(c, "max"), min = grade_arg_float(c, "min");
    Tensor *rate = grade_out(c, "rate", count);
    for (int step = 0; step < count; step++)
        rate->data[step] = learning_rate(schedule, step, warmup, steps, max, min);
}

static void drive_accumulate_gradients(GradeCall *c)
{
    int batches;
    float max = grade_arg_float(c, "max");
    const int *counted = grade_arg_ints(c, "counted", &batches);
    const Tensor *gradients = grade_arg_tensor(c, "gradients");
    int size = gradients->shape[1];
    Tensor *gradient = grade_out(c, "gradient", size);
    grade_return_number(
        c, "the norm that it returns",
        (double)accumulate_gradients(gradients->data, counted, batches, size, max, gradient->data));
}

static void drive_training_cost(GradeCall *c)
{
    ModelConfig model = {.vocab = grade_arg_int(c, "c->vocab")};
    model.context = grade_arg_int(c, "c->context");
    model.layers = grade_arg_int(c, "c->layers");
    model.heads = grade_arg_int(c, "c->heads");
    model.channels = grade_arg_int(c, "c->channels");
    int batch = grade_arg_int(c, "batch"), time = grade_arg_int(c, "time"),
        mixed = grade_arg_int(c, "mixed");
    model = model_config_gpt2(model);
    Cost cost = training_cost(&model, batch, time, mixed);
    grade_return_number(c, "parameters", cost.parameters);
    grade_return_number(c, "flops", cost.flops);
    grade_return_number(c, "weights", cost.weights);
    grade_return_number(c, "gradients", cost.gradients);
    grade_return_number(c, "optimizer", cost.optimizer);
}

const GradeDriver grade_drivers[] = {{"mask_tokens", drive_mask_tokens},
                                     {"clm_loss", drive_clm_loss},
                                     {"pack_rows", drive_pack_rows},
                                     {"order_mask", drive_order_mask},
                                     {"corrupt_spans", drive_corrupt_spans},
                                     {"learning_rate", drive_learning_rate},
                                     {"accumulate_gradients", drive_accumulate_gradients},
                                     {"training_cost", drive_training_cost},
                                     {NULL, NULL}};

#else
#include "ch05/exercises/check_ch05.h"

int *draw_ints(int count, int min, int max)
{
    int *values = arena_alloc(grade_arena(), (size_t)count * sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] = min + rng_below(grade_rng(), max - min + 1);
    return values;
}

int *draw_order(int count)
{
    int *order = draw_ints(count, 0, 0);
    for (int i = 0; i < count; i++)
        order[i] = i;
    rng_shuffle(grade_rng(), order, (size_t)count);
    return order;
}

Tensor *draw_uniform(int rows, int cols)
{
    enum { STEPS = 4096 };
    Tensor *u = grade_zeros(rows, cols);
    for (size_t i = 0; i < u->size; i++)
        u->data[i] = (float)(2 * rng_below(grade_rng(), STEPS) + 1) / (2 * STEPS);
    return u;
}

void grade_tests(GradeSuite *s)
{
    grade_tests_of_masks(s);
    grade_tests_of_losses(s);
    grade_tests_of_texts(s);
    grade_tests_of_formulas(s);
}
#endif
