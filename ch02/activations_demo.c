/* activations_demo.c -- activation functions, section 2.1.3.
 *
 * Curves and derivatives; what becomes of signal and gradient in twenty layers, by activation and by the standard
 * deviation of the initial weights; units that die; and how much the choice matters on a small task. */
#include "ch02/activations.h"
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>

enum { KINDS = ACTIVATIONS, SWIGLU = KINDS, MAX_SEEDS = 10 };

/* ---- the functions ------------------------------------------------------------------------------------- */

enum { POINTS = 241 };

/* Values (kind, point) and derivatives by autograd at x = -6 .. 6. */
static void evaluate(float x[POINTS], float value[KINDS][POINTS], float gradient[KINDS][POINTS])
{
    Graph *g = nn_graph_new();
    for (int k = 0; k < KINDS; k++) {
        Tensor *in = nn_parameter(POINTS);
        for (int i = 0; i < POINTS; i++)
            in->data[i] = x[i] = (float)(i - POINTS / 2) / 20 + 0.001f; /* beside the corner at 0 */
        Tensor *out = activations[k].apply(g, in);
        nn_backward(g, nn_sum(g, out));
        for (int i = 0; i < POINTS; i++) {
            value[k][i] = out->data[i];
            gradient[k][i] = in->grad[i];
        }
        tensor_free(in);
        nn_graph_reset(g);
    }
    nn_graph_free(g);
}

static void show_functions(Demo *d)
{
    float x[POINTS], value[KINDS][POINTS], gradient[KINDS][POINTS], worst = 0;
    evaluate(x, value, gradient);
    puts("                  f(-2)    f(2)   f'(-2)   f'(2)   min f   max f'   E[f'^2]");
    for (int k = 0; k < KINDS; k++) {
        float min = INFINITY, max = 0;
        for (int i = 0; i < POINTS; i++) {
            worst = fmaxf(worst, fabsf(gradient[k][i] - (float)activation_slope(k, (double)x[i])));
            min = fminf(min, value[k][i]);
            max = fmaxf(max, gradient[k][i]);
        }
        printf("  %-12s  %7.3f %7.3f  %7.3f %7.3f  %6.2f   %6.2f   %7.3f\n", activations[k].name,
               (double)value[k][80], (double)value[k][160], activation_slope(k, -2), activation_slope(k, 2),
               (double)min, (double)max, activation_mean_square_slope(k));
    }
    demo_claim(d, worst <= 1e-5f, "  derivatives by formula equal autograd to 1e-5");
    Plot *p = plot_new("ch02/out/activations_curves.svg", d->language,
                       plot_text("Activation functions and their derivatives", "激活函数及其导数"));
    for (int panel = 0; panel < 4; panel++) {
        plot_panel(p, panel % 2 ? plot_text("derivative", "导数") : plot_text("function", "函数"));
        plot_axes(p, plot_same("x"), plot_same(panel % 2 ? "f'(x)" : "f(x)"));
        plot_limits(p, -6, 6, panel % 2 ? -0.2f : -1.1f, panel % 2 ? 1.2f : 2.1f);
        for (int k = panel / 2 * 3; k < panel / 2 * 3 + 3; k++)
            plot_line(p, plot_text(activations[k].name, activations[k].zh), x,
                      panel % 2 ? gradient[k] : value[k], POINTS);
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

/* ---- twenty layers ------------------------------------------------------------------------------------- */

enum { DEPTH = 20, WIDTH = 256, SAMPLES = 64, INITS = 3 };
static const struct {
    const char *name;
    float gain; /* weights are N(0, gain^2 / in) */
} inits[INITS] = {{"0.02", 0.32f}, {"Xavier", 1}, {"He", 1.41421356f}};

/* A stack of layers x = f(W x). signal and gradient (DEPTH + 1): root mean square of the input and of each layer's
 * output, and of the loss's gradient with respect to it, for a loss with random gradient. */
static void measure_depth(int kind, float gain, uint64_t seed, double *signal, double *gradient)
{
    Rng rng = rng_new(seed);
    Graph *g = nn_graph_new();
    Params p = {0};
    Tensor *x[DEPTH + 1] = {nn_param(&p, "x", 2, (const int[]){SAMPLES, WIDTH})},
                      *d = nn_input(g, SAMPLES, WIDTH);
    tensor_normal(x[0], 1, &rng);
    tensor_normal(d, 1, &rng);
    for (int i = 0; i < DEPTH; i++) {
        char name[16];
        snprintf(name, sizeof name, "layer%d", i);
        Linear l = nn_linear_new(&p, name, WIDTH, WIDTH, false, gain / sqrtf(WIDTH), &rng);
        x[i + 1] = activations[kind].apply(g, nn_linear(g, &l, x[i]));
        nn_keep_grad(g, x[i + 1]);
    }
    nn_backward_from(g, x[DEPTH], d->data);
    for (int i = 0; i <= DEPTH; i++) {
        signal[i] = sqrt(kernel_sum_squares(x[i]->data, x[i]->size) / (double)x[i]->size);
        gradient[i] = sqrt(kernel_sum_squares(x[i]->grad, x[i]->size) / (double)x[i]->size);
    }
    nn_graph_free(g);
    nn_params_free(&p);
}

static void show_depth(const Demo *s)
{
    double signal[DEPTH + 1], gradient[DEPTH + 1];
    Plot *p = plot_new("ch02/out/activations_depth.svg", s->language,
                       plot_text("Gradient by layer in a stack of 20", "20 层网络中各层的梯度"));
    printf("%d layers of %d units without biases: RMS of the output (the input has 1), and of the gradient "
           "at the\n"
           "input (the output has 1), by the standard deviation of the weights\n"
           "                    0.02               Xavier, 1/sqrt(n)       He, sqrt(2/n)\n"
           "                output   gradient     output   gradient     output   gradient\n",
           DEPTH, WIDTH);
    for (int init = 1; init < INITS; init++) {
        plot_panel(p, plot_same(init == 1 ? "Xavier: σ² = 1/n" : "He: σ² = 2/n"));
        plot_axes(p, plot_text("layer", "层"), plot_text("gradient (RMS)", "梯度（均方根）"));
        plot_log_axes(p, false, true);
        for (int k = 0; k < KINDS; k++) {
            float y[DEPTH + 1];
            measure_depth(k, inits[init].gain, s->seed, signal, gradient);
            for (int i = 0; i <= DEPTH; i++)
                y[i] = (float)gradient[i];
            plot_line(p, plot_text(activations[k].name, activations[k].zh), NULL, y, DEPTH + 1);
        }
    }
    for (int k = 0; k < KINDS; k++) {
        printf("  %-12s", activations[k].name);
        for (int init = 0; init < INITS; init++) {
            measure_depth(k, inits[init].gain, s->seed, signal, gradient);
            printf("%s  %6.0e     %6.0e", init ? "   " : "", signal[DEPTH], gradient[0] / gradient[DEPTH]);
        }
        putchar('\n');
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

/* ---- training ------------------------------------------------------------------------------------------ */

/* A network of two hidden layers; SwiGLU: each of them silu(gate x) * (up x). */
typedef struct Net {
    Mlp mlp; /* of SwiGLU the layers up, up, out */
    Linear gate[2];
    int kind;
} Net;

//> swiglu
static Tensor *run(Graph *g, const void *context, Tensor *x)
{
    const Net *n = context;
    if (n->kind != SWIGLU)
        return mlp_forward(g, &n->mlp, x, activations[n->kind].apply);
    for (int i = 0; i < 2; i++)
        x = nn_mul(g, nn_silu(g, nn_linear(g, &n->gate[i], x)), nn_linear(g, &n->mlp.layer[i], x));
    return nn_linear(g, &n->mlp.layer[2], x);
}
//< swiglu

static Net net_new(int kind, int hidden, Rng *rng)
{
    Net n = {.kind = kind};
    float gain = kind == RELU || kind == LEAKY || kind == GELU || kind == SILU ? sqrtf(2) : 1;
    n.mlp = mlp_new((const int[]){2, hidden, hidden, 3}, 3, gain, rng);
    for (int i = 0; kind == SWIGLU && i < 2; i++)
        n.gate[i] =
            nn_linear_new(&n.mlp.params, i ? "gate1" : "gate0", i ? hidden : 2, hidden, true, 0, rng);
    return n;
}

/* Units of the hidden layers whose derivative is 0 at every example. */
static int dead_units(Graph *g, const Net *n, const SmallData *d)
{
    Tensor *x = nn_input(g, d->count, d->width);
    int dead = 0;
    nn_graph_record(g, false);
    tensor_copy(x, d->x);
    for (int layer = 0; layer < 2; layer++) {
        Tensor *z = nn_linear(g, &n->mlp.layer[layer], x);
        int units = z->shape[1];
        for (int u = 0; u < units; u++) {
            int i = 0;
            while (i < d->count && activation_slope(n->kind, (double)z->data[i * units + u]) == 0)
                i++;
            dead += i == d->count;
        }
        x = activations[n->kind].apply(g, z);
    }
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return dead;
}

typedef struct Run {
    int kind, hidden;
    float rate;
    bool adam;  /* or SGD with momentum */
    float bias; /* what the hidden biases start from */
} Run;

/* The accuracy after training; *dead gets the number of dead units. */
static double train(const SmallData *d, const Run *r, const Demo *s, uint64_t seed, double *dead)
{
    Rng rng = rng_new(seed);
    Net n = net_new(r->kind, r->hidden, &rng);
    Graph *g = nn_graph_new();
    Optimizer *o = r->adam ? nn_adamw_new(&n.mlp.params, 0.9f, 0.99f, 0) : nn_sgd_new(&n.mlp.params, 0.9f);
    tensor_fill(n.mlp.layer[0].bias, r->bias);
    tensor_fill(n.mlp.layer[1].bias, r->bias);
    mlp_train(g, o, run, &n, d, &(MlpTraining){s->steps, 64, r->rate, NULL}, &rng);
    double accuracy = mlp_score(g, run, &n, d).accuracy;
    *dead = r->kind == SWIGLU ? 0 : dead_units(g, &n, d);
    nn_optimizer_free(o);
    nn_graph_free(g);
    nn_params_free(&n.mlp.params);
    return accuracy;
}

static void show_dead(const SmallData *d, const Demo *s)
{
    static const float rates[] = {0, 0.01f, 0.1f, 0.3f, 1};
    static const Run rows[] = {{RELU, 64, 0, false, 0}, {RELU, 64, 0, false, -1}, {LEAKY, 64, 0, false, 0}};
    static const char *const names[] = {"ReLU", "ReLU, biases -1", "leaky ReLU"};
    printf("Spirals, a network of 2-64-64-3, %d steps of SGD with momentum: dead units of 128 (accuracy),\n"
           "mean of %d seeds, by learning rate\n                             0         0.01          0.1"
           "          0.3            1\n",
           s->steps, s->seeds);
    for (int row = 0; row < 3; row++) {
        printf("  %-15s", names[row]);
        for (int r = 0; r < 5; r++) {
            double dead[MAX_SEEDS], a[MAX_SEEDS];
            Run run = rows[row];
            run.rate = rates[r];
            for (int i = 0; i < s->seeds; i++)
                a[i] = 100 * train(d, &run, s, s->seed + (uint64_t)i, &dead[i]);
            char cell[32];
            snprintf(cell, sizeof cell, "%.0f (%.0f%%)", stats_mean(dead, s->seeds),
                     stats_mean(a, s->seeds));
            printf("%13s", cell);
        }
        putchar('\n');
    }
    putchar('\n');
}

static void show_accuracy(const SmallData *d, const Demo *s)
{
    static const float rates[] = {1e-3f, 3e-3f, 0.01f, 0.03f};
    printf("Spirals, a network of 2-32-32-3 (SwiGLU: 22 units, as many parameters), %d steps of Adam:\n"
           "accuracy in per cent, mean of %d seeds (minimum-maximum), by learning rate\n"
           "                         0.001           0.003            0.01            0.03\n",
           s->steps, s->seeds);
    for (int kind = 0; kind <= SWIGLU; kind++) {
        printf("  %-12s", kind == SWIGLU ? "SwiGLU" : activations[kind].name);
        for (int r = 0; r < 4; r++) {
            double a[MAX_SEEDS], unused;
            const Run run = {kind, kind == SWIGLU ? 22 : 32, rates[r], true, 0};
            for (int i = 0; i < s->seeds; i++)
                a[i] = 100 * train(d, &run, s, s->seed + (uint64_t)i, &unused);
            char cell[48];
            snprintf(cell, sizeof cell, "%.0f (%.0f-%.0f)", stats_mean(a, s->seeds),
                     stats_quantile(a, s->seeds, 0), stats_quantile(a, s->seeds, 1));
            printf("%16s", cell);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/activations_demo",
              .about = "Activation functions, section 2.1.3.",
              .draws = true,
              .steps = 300,
              .seeds = 5,
              .max_seeds = MAX_SEEDS};
    demo_begin(&d, argc, argv, NULL);
    Rng rng = rng_new(d.seed);
    SmallData spirals = small_spirals(600, 1.25f, 0.02f, &rng);
    show_functions(&d);
    show_depth(&d);
    show_dead(&spirals, &d);
    show_accuracy(&spirals, &d);
    small_free(&spirals);
    return demo_end(&d);
}
