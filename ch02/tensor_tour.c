/* tensor_tour.c -- tensors, automatic differentiation and layers in ten minutes, section 2.3.2.
 *
 * Five stops, each a function that can be read alone: a tensor and its memory; gradients of Q = 3a^3 - b^2; layers
 * and their parameters; a training loop; saving and loading. After them you can read every program of the book. */
#include "common/base/base.h"
#include "common/model/safetensors.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- 1. tensors ---------------------------------------------------------------------------------------- */

//> tensors
/* A tensor is a shape and a row of floats, row-major: the last index runs fastest. An arena owns it. */
static void tensors(void)
{
    Arena *arena = arena_new();
    Tensor *x = tensor_new(arena, 2, 3);
    for (size_t i = 0; i < x->size; i++)
        x->data[i] = (float)i;
    Tensor *view = tensor_reshape(arena, x, 3, 2); /* the same floats under another shape */
    tensor_print("x", x, 0);
    tensor_print("reshaped", view, 0);
    view->data[5] = 50; /* x[1][2] */
    printf("x[1][2] is now %.0f: a view copies nothing\n\n", (double)x->data[1 * 3 + 2]);
    arena_free(arena); /* and all that it owns */
}
//< tensors

/* ---- 2. gradients -------------------------------------------------------------------------------------- */

//> autograd
/* Q = 3a^3 - b^2, element by element. The graph notes each operation; nn_backward goes back over its notes. */
static void gradients(void)
{
    Graph *g = nn_graph_new();
    Tensor *a = nn_parameter(2), *b = nn_parameter(2);
    tensor_copy(a, (float[]){2, 3});
    tensor_copy(b, (float[]){6, 4});
    Tensor *cube = nn_mul(g, a, nn_mul(g, a, a));
    Tensor *q = nn_sub(g, nn_scale(g, cube, 3), nn_mul(g, b, b));
    tensor_print("Q = 3a^3 - b^2", q, 0);
    nn_backward(g, nn_sum(g, q));
    for (int i = 0; i < 2; i++)
        printf("  a %.0f: dQ/da = %.0f, by hand 9a^2 = %.0f     b %.0f: dQ/db = %.0f, by hand -2b = %.0f\n",
               (double)a->data[i], (double)a->grad[i], (double)(9 * a->data[i] * a->data[i]),
               (double)b->data[i], (double)b->grad[i], (double)(-2 * b->data[i]));
    printf("the tape: ");
    for (size_t i = 0; i < nn_graph_count(g); i++)
        printf("%s%s", i ? ", " : "", nn_graph_node(g, i)->op->name);
    puts("\n");
    tensor_free(a);
    tensor_free(b);
    nn_graph_free(g);
}
//< autograd

/* ---- 3. layers ----------------------------------------------------------------------------------------- */

//> module
/* What PyTorch calls a module: a struct of layers, a function that makes it and one that runs it. The parameters
 * are listed in one place, where the optimizer, saving and counting find them. */
typedef struct Net {
    Params params;
    Linear hidden, out;
} Net;

static void net_new(Net *net, uint64_t seed)
{
    Rng rng = rng_new(seed);
    *net = (Net){0};
    net->hidden = nn_linear_new(&net->params, "hidden", 2, 32, true, 0, &rng);
    net->out = nn_linear_new(&net->params, "out", 32, 2, true, 0, &rng);
}

/* x (N,2) -> logits (N,2) */
static Tensor *net_logits(Graph *g, const Net *net, Tensor *x)
{
    return nn_linear(g, &net->out, nn_tanh(g, nn_linear(g, &net->hidden, x)));
}
//< module

static void print_parameters(const Net *net)
{
    char shape[TENSOR_SHAPE_TEXT];
    for (int i = 0; i < net->params.count; i++) {
        const Param *p = &net->params.items[i];
        printf("  %-14s %s\n", p->name, tensor_shape_text(p->tensor, shape));
    }
    printf("  %zu numbers in all\n\n", nn_param_total(&net->params));
}

/* ---- 4. training --------------------------------------------------------------------------------------- */

/* Two arms of a spiral, one class each: points (N,2), labels (N). */
enum { POINTS = 400 };

typedef struct Spiral {
    float x[POINTS * 2];
    int label[POINTS];
} Spiral;

static Spiral spiral_new(uint64_t seed)
{
    Rng rng = rng_new(seed);
    Spiral s;
    for (int i = 0; i < POINTS; i++) {
        float t = 0.3f + rng_uniform(&rng), angle = 4 * t + (float)(i % 2) * 3.14159265f;
        s.label[i] = i % 2;
        s.x[2 * i] = t * cosf(angle) + 0.03f * rng_normal(&rng);
        s.x[2 * i + 1] = t * sinf(angle) + 0.03f * rng_normal(&rng);
    }
    return s;
}

static Tensor *points_of(Graph *g, const Spiral *s)
{
    Tensor *x = nn_input(g, POINTS, 2);
    tensor_copy(x, s->x);
    return x;
}

static double accuracy(Graph *g, const Net *net, const Spiral *s)
{
    int right = 0;
    nn_graph_record(g, false); /* nothing will run backward */
    Tensor *logits = net_logits(g, net, points_of(g, s));
    for (int i = 0; i < POINTS; i++)
        right += nn_argmax(logits->data + 2 * i, 2) == s->label[i];
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return 100.0 * right / POINTS;
}

//> loop
/* Forward, backward, update, and the graph forgets the step. */
static void train(Net *net, const Spiral *data, const Spiral *test, int steps)
{
    Graph *g = nn_graph_new();
    Optimizer *adam = nn_adamw_new(&net->params, 0.9f, 0.999f, 0);
    for (int step = 0; step <= steps; step++) {
        if (step % (steps / 4) == 0)
            printf("  step %4d: accuracy %5.1f%% on training points, %5.1f%% on new ones\n", step,
                   accuracy(g, net, data), accuracy(g, net, test));
        Tensor *loss = nn_cross_entropy(g, net_logits(g, net, points_of(g, data)), data->label, -1);
        nn_backward(g, loss);
        nn_optimizer_step(adam, 0.01f);
        nn_graph_reset(g);
    }
    nn_optimizer_free(adam);
    nn_graph_free(g);
}
//< loop

/* ---- 5. saving ----------------------------------------------------------------------------------------- */

//> save
static void save(const Net *net, const char *path)
{
    Error e = {""};
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    for (int i = 0; w && i < net->params.count; i++) {
        const Param *p = &net->params.items[i];
        model_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data, false);
    }
    if (!w || !model_safetensors_finish(w, &e))
        error_exit(&e);
}

static void load(Net *net, const char *path)
{
    Error e = {""};
    Safetensors *s = model_safetensors_open(path, &e);
    for (int i = 0; s && i < net->params.count; i++) {
        const Param *p = &net->params.items[i];
        if (!model_safetensors_read(s, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data, false,
                                    &e))
            error_exit(&e);
    }
    if (!s)
        error_exit(&e);
    model_safetensors_close(s);
}
//< save

static void save_and_load(const Net *net, const Spiral *test, const char *path)
{
    Graph *g = nn_graph_new();
    Net copy;
    Error e = {""};
    if (!file_make_directory("ch02/out", &e))
        error_exit(&e);
    net_new(&copy, 99); /* other random weights */
    printf("a new network: %.1f%% of new points", accuracy(g, &copy, test));
    save(net, path);
    load(&copy, path);
    printf("; with the saved parameters: %.1f%%\n", accuracy(g, &copy, test));
    printf("saved: %s, which other programs read as well\n", path);
    nn_params_free(&copy.params);
    nn_graph_free(g);
}

/* A product whose inner sizes differ: the program ends with the operation, both shapes and this line. */
static void mistake(void)
{
    Graph *g = nn_graph_new();
    nn_matmul(g, nn_input(g, 2, 3), nn_input(g, 4, 5));
}

int main(int argc, char **argv)
{
    int steps = 400;
    bool wrong = false;
    uint64_t seed = 1;
    const Option options[] = {
        option_int("steps", &steps, 4, 100000, "training steps"),
        option_flag("mistake", &wrong, "only a product of shapes that do not fit, to see the message"),
        option_seed(&seed), OPTION_END};
    options_parse(argc, argv,
                  "Tensors, automatic differentiation and layers in ten minutes, section 2.3.2.", options);
    if (wrong)
        mistake();
    Net net;
    Spiral data = spiral_new(seed), test = spiral_new(seed + 1);
    puts("1. Tensors");
    tensors();
    puts("2. Gradients");
    gradients();
    puts("3. Layers and their parameters");
    net_new(&net, seed);
    print_parameters(&net);
    puts("4. Training: two arms of a spiral");
    train(&net, &data, &test, steps);
    puts("\n5. Saving and loading");
    save_and_load(&net, &test, "ch02/out/spiral.safetensors");
    nn_params_free(&net.params);
    return error_finish();
}
