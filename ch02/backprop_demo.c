/* backprop_demo.c -- backpropagation, section 2.1.1.
 *
 * The tape: what autograd notes while it computes Q = 3a^3 - b^2, and how it walks back. Then a network of two
 * layers whose backward pass is written by hand, equal to autograd to the last digits, which learns XOR with these
 * gradients. Finite differences check both, and show at which step size they can be trusted. */
#include "common/demo/demo.h"
#include "common/nn/nn.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INPUTS = 2, HIDDEN = 4, CLASSES = 2, EXAMPLES = 4 };

static const float XOR_IN[EXAMPLES][INPUTS] = {{-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
static const int XOR_OUT[EXAMPLES] = {0, 1, 1, 0};

/* ---- the tape -------------------------------------------------------------------------------------- */

//> tape
/* Q = 3 a^3 - b^2. */
static Tensor *cubic(Graph *g, Tensor *a, Tensor *b)
{
    Tensor *cubes = nn_scale(g, nn_mul(g, nn_mul(g, a, a), a), 3);
    Tensor *square = nn_mul(g, b, b);
    return nn_sub(g, cubes, square);
}
//< tape

static void show_tape(void)
{
    Params p = {0};
    Graph *g = nn_graph_new();
    Tensor *a = nn_param(&p, "a", 1, (const int[]){1}), *b = nn_param(&p, "b", 1, (const int[]){1});
    tensor_fill(a, 2);
    tensor_fill(b, 6);
    Tensor *q = cubic(g, a, b);
    for (size_t i = 0; i < nn_graph_count(g); i++)
        nn_keep_grad(g, nn_graph_node(g, i)->out);
    nn_backward_from(g, q, (const float[]){1});
    puts("The tape of Q = 3a^3 - b^2 at a = 2, b = 6, in the order of the forward pass");
    puts("  operation   output   dQ/d output");
    for (size_t i = 0; i < nn_graph_count(g); i++) {
        const GraphNode *n = nn_graph_node(g, i);
        printf("  %-9s   %6.0f   %11.0f\n", n->op->name, (double)tensor_item(n->out),
               (double)n->out->grad[0]);
    }
    printf("  dQ/da = 9a^2 = %.0f   dQ/db = -2b = %.0f\n", (double)a->grad[0], (double)b->grad[0]);
    Error e = {""};
    if (!nn_graph_dot(g, &p, "ch02/out/tape.dot", &e))
        error_exit(&e);
    puts("  drawing: ch02/out/tape.dot, for dot -Tsvg\n");
    nn_graph_free(g);
    nn_params_free(&p);
}

/* ---- a network by hand ----------------------------------------------------------------------------- */

enum { W1, B1, W2, B2, PARTS };
static const char *const part_names[PARTS] = {"W1", "b1", "W2", "b2"};
static const int part_sizes[PARTS] = {HIDDEN * INPUTS, HIDDEN, CLASSES *HIDDEN, CLASSES};

/* The parameters of the network, or their gradients: W1 (H,I), b1 (H), W2 (O,H), b2 (O). */
typedef struct Network {
    float part[PARTS][HIDDEN * INPUTS];
} Network;

/* What the forward pass of one example leaves for the backward pass. */
typedef struct Passed {
    float h[HIDDEN], p[CLASSES]; /* hidden units, probabilities */
} Passed;

//> forward
/* y = W x + b: W (rows,cols). */
static void linear(const float *w, const float *b, const float *x, int rows, int cols, float *y)
{
    for (int r = 0; r < rows; r++) {
        y[r] = b[r];
        for (int c = 0; c < cols; c++)
            y[r] += w[r * cols + c] * x[c];
    }
}

/* z = W2 tanh(W1 x + b1) + b2, p = softmax(z). Returns -log p[label]. */
static float forward(const Network *w, const float *x, int label, Passed *f)
{
    float z[CLASSES];
    linear(w->part[W1], w->part[B1], x, HIDDEN, INPUTS, f->h);
    for (int j = 0; j < HIDDEN; j++)
        f->h[j] = tanhf(f->h[j]);
    linear(w->part[W2], w->part[B2], f->h, CLASSES, HIDDEN, z);
    float max = fmaxf(z[0], z[1]), sum = expf(z[0] - max) + expf(z[1] - max);
    for (int o = 0; o < CLASSES; o++)
        f->p[o] = expf(z[o] - max) / sum;
    return logf(sum) - (z[label] - max);
}
//< forward

//> backward
/* The gradients of y = W x + b: adds dy x^T to dW and dy to db; dx = W^T dy, unless dx is NULL. */
static void linear_backward(const float *w, const float *x, const float *dy, int rows, int cols, float *dw,
                            float *db, float *dx)
{
    for (int c = 0; dx && c < cols; c++)
        dx[c] = 0;
    for (int r = 0; r < rows; r++) {
        db[r] += dy[r];
        for (int c = 0; c < cols; c++) {
            dw[r * cols + c] += dy[r] * x[c];
            if (dx)
                dx[c] += dy[r] * w[r * cols + c];
        }
    }
}

/* The same way as forward, from its end to its beginning; adds to the gradients d. */
static void backward(const Network *w, const float *x, int label, const Passed *f, float part, Network *d)
{
    float dz[CLASSES], dh[HIDDEN];
    for (int o = 0; o < CLASSES; o++)
        dz[o] = part * (f->p[o] - (o == label)); /* softmax and cross-entropy in one */
    linear_backward(w->part[W2], f->h, dz, CLASSES, HIDDEN, d->part[W2], d->part[B2], dh);
    for (int j = 0; j < HIDDEN; j++)
        dh[j] *= 1 - f->h[j] * f->h[j]; /* tanh' = 1 - tanh^2 */
    linear_backward(w->part[W1], x, dh, HIDDEN, INPUTS, d->part[W1], d->part[B1], NULL);
}
//< backward

/* The mean loss over the examples; *d gets its gradients, if it is not NULL. */
static float mean_loss(const Network *w, Network *d)
{
    float loss = 0;
    if (d)
        memset(d, 0, sizeof *d);
    for (int i = 0; i < EXAMPLES; i++) {
        Passed f;
        loss += forward(w, XOR_IN[i], XOR_OUT[i], &f) / EXAMPLES;
        if (d)
            backward(w, XOR_IN[i], XOR_OUT[i], &f, 1.0f / EXAMPLES, d);
    }
    return loss;
}

static Network network_new(Rng *rng)
{
    Network w = {{{0}}};
    for (int i = 0; i < HIDDEN * INPUTS; i++)
        w.part[W1][i] = rng_normal(rng) / sqrtf(INPUTS);
    for (int i = 0; i < CLASSES * HIDDEN; i++)
        w.part[W2][i] = rng_normal(rng) / sqrtf(HIDDEN);
    return w;
}

/* ---- by autograd ------------------------------------------------------------------------------------- */

/* The same loss from nn's operations; the tape does the rest. */
static void autograd(Graph *g, const Network *w, Network *d)
{
    static const int shapes[PARTS][2] = {{HIDDEN, INPUTS}, {HIDDEN}, {CLASSES, HIDDEN}, {CLASSES}};
    Tensor *t[PARTS], *x = nn_input(g, EXAMPLES, INPUTS);
    for (int i = 0; i < PARTS; i++) {
        t[i] = nn_parameter_make(shapes[i][1] ? 2 : 1, shapes[i]);
        tensor_copy(t[i], w->part[i]);
    }
    tensor_copy(x, XOR_IN[0]);
    Tensor *h = nn_tanh(g, nn_affine(g, x, t[W1], t[B1]));
    nn_backward(g, nn_cross_entropy(g, nn_affine(g, h, t[W2], t[B2]), XOR_OUT, -1));
    for (int i = 0; i < PARTS; i++) {
        memcpy(d->part[i], t[i]->grad, t[i]->size * sizeof(float));
        tensor_free(t[i]);
    }
}

static void compare(Demo *demo, const Network *w)
{
    Network by_hand, by_tape;
    Graph *g = nn_graph_new();
    float worst = 0;
    mean_loss(w, &by_hand);
    autograd(g, w, &by_tape);
    printf(
        "Gradients of %d-%d-%d tanh network, softmax and cross-entropy, mean of the %d examples of XOR\n",
        INPUTS, HIDDEN, CLASSES, EXAMPLES);
    puts("  parameters   how many   norm by hand   norm by autograd");
    for (int i = 0; i < PARTS; i++) {
        size_t n = (size_t)part_sizes[i];
        worst = fmaxf(worst, tensor_distance(by_hand.part[i], by_tape.part[i], n));
        printf("  %-10s   %8zu   %12.5f   %16.5f\n", part_names[i], n,
               sqrt(kernel_sum_squares(by_hand.part[i], n)), sqrt(kernel_sum_squares(by_tape.part[i], n)));
    }
    demo_claim(demo, worst <= 1e-6f, "  largest difference below 1e-6");
    nn_graph_free(g);
}

/* ---- finite differences ------------------------------------------------------------------------------- */

enum { STEP_SIZES = 19 };

//> difference
/* The error of finite differences with step h in float32, relative to the gradient: root mean square over all
 * parameters. Central: (L(w + h) - L(w - h)) / 2h; else (L(w + h) - L(w)) / h. */
static double difference_error(Network *w, float h, bool central, const Network *gradient)
{
    double error = 0, size = 0;
    for (int part = 0; part < PARTS; part++) {
        for (int i = 0; i < part_sizes[part]; i++) {
            float *at = &w->part[part][i], kept = *at, low = central ? kept - h : kept, high = kept + h;
            *at = high;
            float above = mean_loss(w, NULL);
            *at = low;
            float below = mean_loss(w, NULL), slope = (above - below) / (high - low);
            *at = kept;
            error += pow((double)(slope - gradient->part[part][i]), 2);
            size += pow((double)gradient->part[part][i], 2);
        }
    }
    return sqrt(error / size);
}
//< difference

static void draw_differences(const float *h, float error[2][STEP_SIZES], int language)
{
    Plot *p = plot_new("ch02/out/backprop_differences.svg", language,
                       plot_text("Error of finite differences in float32", "float32 中有限差分的误差"));
    plot_axes(p, plot_text("step size h", "步长 h"), plot_text("relative error", "相对误差"));
    plot_log_axes(p, true, true);
    plot_line(p, plot_text("forward difference", "前向差分"), h, error[0], STEP_SIZES);
    plot_line(p, plot_text("central difference", "中心差分"), h, error[1], STEP_SIZES);
    plot_finish(p, "  picture");
    putchar('\n');
}

/* Step sizes from 1e-6 to 1, three to a decade; the error averaged over ten networks. */
static void show_differences(uint64_t seed, int language)
{
    enum { NETWORKS = 10 };
    float h[STEP_SIZES], error[2][STEP_SIZES] = {{0}};
    int best[2] = {0, 0};
    for (int n = 0; n < NETWORKS; n++) {
        Rng rng = rng_new(seed + (uint64_t)n);
        Network w = network_new(&rng), d;
        mean_loss(&w, &d);
        for (int i = 0; i < STEP_SIZES; i++) {
            h[i] = powf(10, (float)i / 3 - 6);
            for (int central = 0; central < 2; central++)
                error[central][i] += (float)difference_error(&w, h[i], central, &d) / NETWORKS;
        }
    }
    printf(
        "\nFinite differences in float32 against the backward pass: relative error, mean of %d networks\n"
        "       h   forward   central\n",
        NETWORKS);
    for (int i = 0; i < STEP_SIZES; i++) {
        for (int central = 0; central < 2; central++)
            best[central] = error[central][i] < error[central][best[central]] ? i : best[central];
        if (i % 3 == 0)
            printf("  %6.0e   %7.0e   %7.0e\n", (double)h[i], (double)error[0][i], (double)error[1][i]);
    }
    printf("  best step: about 10^%.0f forward, 10^%.0f central\n", round(log10((double)h[best[0]])),
           round(log10((double)h[best[1]])));
    draw_differences(h, error, language);
}

/* ---- learning ------------------------------------------------------------------------------------------ */

static void learn(Network *w)
{
    Network d;
    puts("Learning XOR with the gradients by hand: w -= 0.5 dw\n  step   loss");
    for (int step = 0; step <= 400; step++) {
        float loss = mean_loss(w, &d);
        if (step % 100 == 0)
            printf("  %4d   %.3f\n", step, (double)loss);
        for (int part = 0; part < PARTS; part++)
            for (int i = 0; i < part_sizes[part]; i++)
                w->part[part][i] -= 0.5f * d.part[part][i];
    }
    for (int i = 0; i < EXAMPLES; i++) {
        Passed f;
        forward(w, XOR_IN[i], XOR_OUT[i], &f);
        printf("  %d xor %d = %d with probability %.2f\n", XOR_IN[i][0] > 0, XOR_IN[i][1] > 0,
               f.p[1] > 0.5f, (double)fmaxf(f.p[0], f.p[1]));
    }
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/backprop_demo",
              .about = "Backpropagation by hand and by autograd, section 2.1.1.",
              .draws = true};
    demo_begin(&d, argc, argv, NULL);
    Rng rng = rng_new(d.seed);
    Network w = network_new(&rng);
    show_tape();
    compare(&d, &w);
    show_differences(d.seed, d.language);
    learn(&w);
    return demo_end(&d);
}
