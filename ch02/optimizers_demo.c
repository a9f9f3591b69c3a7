/* optimizers_demo.c -- from SGD to Muon, section 2.1.2.
 *
 * Every optimizer is one function: from a gradient and what it remembers, the direction of the step. All of them run
 * through the same narrow valley, along the axes and turned by 30 degrees, and train the same small network, each
 * with the best of seven learning rates. Then weight decay: in AdamW, and as an L2 penalty in Adam. */
#include "ch02/mlp.h"
#include "ch02/optimizers.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SEEDS = 10, RATES = 7 };

enum { SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW, MUON, METHODS };
static const struct Method {
    const char *name;
    Direction *direction;
    float rate; /* the smallest of the learning rates tried */
} methods[METHODS] = {{"SGD", sgd, 3e-3f},           {"momentum", momentum, 3e-4f},
                      {"Nesterov", nesterov, 3e-4f}, {"RMSprop", rmsprop, 1e-4f},
                      {"Adam", adam, 1e-4f},         {"AdamW", adamw, 1e-4f},
                      {"Muon", muon, 3e-4f}};

/* ---- the valley ---------------------------------------------------------------------------------------- */

enum { VALLEY_STEPS = 1000, DRAWN = 60, CURVATURE = 100 };

/* f = (u^2 + 100 v^2) / 2, where (u,v) are (x,y) turned by an angle; its gradient goes to d. */
static double valley(const float *w, double angle, float *d)
{
    double c = cos(angle), s = sin(angle), u = c * (double)w[0] + s * (double)w[1],
           v = c * (double)w[1] - s * (double)w[0];
    d[0] = (float)(c * u - s * CURVATURE * v);
    d[1] = (float)(s * u + c * CURVATURE * v);
    return (u * u + CURVATURE * v * v) / 2;
}

/* The steps from (u,v) = (-10, 1) until f has fallen to a thousandth and stays there; VALLEY_STEPS: never.
 * path (VALLEY_STEPS + 1, 2) or NULL. */
static int run_valley(const struct Method *m, double angle, float rate, float (*path)[2])
{
    Graph *g = nn_graph_new();
    Tensor *w = tensor_new(NULL, 1, 2);
    Slot s = slot_new(w);
    float d[2];
    w->data[0] = (float)(-10 * cos(angle) - sin(angle));
    w->data[1] = (float)(-10 * sin(angle) + cos(angle));
    double first = valley(w->data, angle, d);
    int reached = 0;
    for (int i = 0; i <= VALLEY_STEPS; i++) {
        if (path)
            memcpy(path[i], w->data, sizeof path[i]);
        reached = valley(w->data, angle, d) <= first / 1000 ? reached : i + 1;
        slot_step(&s, m->direction, d, rate, g);
    }
    slot_free(&s);
    tensor_free(w);
    nn_graph_free(g);
    return reached < VALLEY_STEPS ? reached : VALLEY_STEPS;
}

/* Tries learning rates from 1e-4 to 10, 20 to a decade. */
static int best_in_valley(const struct Method *m, double angle, float *rate)
{
    int best = VALLEY_STEPS;
    *rate = 1e-4f;
    for (int i = 0; i <= 100; i++) {
        float tried = powf(10, (float)i / 20 - 4);
        int steps = run_valley(m, angle, tried, NULL);
        *rate = steps < best ? tried : *rate;
        best = steps < best ? steps : best;
    }
    return best;
}

/* Of the turned valley, seen along its own axes. */
static void draw_valley(const float *rate, double angle, int language)
{
    Plot *p = plot_new("ch02/out/optimizers_valley.svg", language,
                       plot_text("The first 60 steps through a narrow valley", "狭长山谷里的前 60 步"));
    for (int adaptive = 0; adaptive < 2; adaptive++) {
        plot_panel(p, plot_same(NULL));
        plot_axes(p, plot_text("along the valley", "沿山谷方向"),
                  plot_text("across the valley", "横跨山谷方向"));
        plot_limits(p, -11, 3, -1.3f, 1.3f);
        for (int ring = 1; ring <= 4; ring++) { /* an ellipse where f is the same everywhere */
            float u[101], v[101];
            for (int i = 0; i <= 100; i++) {
                u[i] = 3 * (float)ring * cosf(6.2831853f * (float)i / 100);
                v[i] = 3 * (float)ring * sinf(6.2831853f * (float)i / 100) / sqrtf(CURVATURE);
            }
            plot_reference(p, plot_same(NULL), u, v, 101);
        }
        for (int k = 0; k < METHODS; k++) {
            float path[VALLEY_STEPS + 1][2], u[DRAWN], v[DRAWN], c = (float)cos(angle),
                                                                 t = (float)sin(angle);
            run_valley(&methods[k], angle, rate[k], path);
            for (int i = 0; i < DRAWN; i++) {
                u[i] = c * path[i][0] + t * path[i][1];
                v[i] = c * path[i][1] - t * path[i][0];
            }
            if ((k == RMSPROP || k == ADAM || k == ADAMW) == adaptive)
                plot_line(p, plot_same(methods[k].name), u, v, DRAWN);
        }
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

static void show_valley(int language)
{
    const double turned = 3.14159265 / 6;
    float rate[METHODS], along;
    puts("A valley with 100 times the curvature across: steps until f has fallen to a thousandth,\n"
         "each method with the best of 101 learning rates\n"
         "              valley along the axes   turned by 30 degrees   learning rate there");
    for (int k = 0; k < METHODS; k++) {
        int straight = best_in_valley(&methods[k], 0, &along),
            steps = best_in_valley(&methods[k], turned, &rate[k]);
        printf("  %-10s   %20d   %20d   %19.4f\n", methods[k].name, straight, steps, (double)rate[k]);
    }
    draw_valley(rate, turned, language);
}

/* ---- the same network ---------------------------------------------------------------------------------- */

enum { BATCH = 64, SMOOTH = 20, EXAMPLES = 4000, TEST = 1000 };

static const double TARGET = 0.5; /* the loss that is to be reached */

typedef struct Outcome {
    double steps, loss; /* until the smoothed loss reached the target; on new figures at the end */
} Outcome;

static Tensor *run(Graph *g, const void *mlp, Tensor *x)
{
    return mlp_forward(g, mlp, x, nn_gelu);
}

/* What steps a parameter: Muon the hidden matrices, and Adam everything else that Muon trains. */
static Direction *direction_for(int method, const Tensor *w, bool last)
{
    return method == MUON && (w->rank != 2 || last) ? adam : methods[method].direction;
}

static Outcome train(const SmallData *figures, const SmallData *test, int method, float rate, const Demo *s,
                     uint64_t seed)
{
    Rng rng = rng_new(seed);
    Mlp m = mlp_new((const int[]){figures->width, 64, 64, figures->classes}, 3, 1, &rng);
    Graph *g = nn_graph_new(), *scratch = nn_graph_new();
    Slot slot[6];
    double smooth = log(12);
    Outcome out = {s->steps, 0};
    for (int i = 0; i < m.params.count; i++)
        slot[i] = slot_new(m.params.items[i].tensor);
    for (int step = 1; step <= s->steps; step++) {
        int label[BATCH];
        Tensor *x = nn_input(g, BATCH, figures->width);
        small_batch(figures, BATCH, &rng, x->data, label);
        Tensor *loss = nn_cross_entropy(g, run(g, &m, x), label, -1);
        smooth += ((double)tensor_item(loss) - smooth) / SMOOTH;
        out.steps = smooth <= TARGET && out.steps == s->steps ? step : out.steps;
        nn_backward(g, loss);
        for (int i = 0; i < m.params.count; i++) {
            Tensor *w = slot[i].w;
            slot_step(&slot[i], direction_for(method, w, i == 4), w->grad, rate, scratch);
            w->has_grad = false; /* used: the next backward pass overwrites it */
        }
        nn_graph_reset(g);
    }
    out.loss = mlp_score(g, run, &m, test).loss;
    for (int i = 0; i < m.params.count; i++)
        slot_free(&slot[i]);
    nn_graph_free(g);
    nn_graph_free(scratch);
    nn_params_free(&m.params);
    return out;
}

/* Trains with one method at all learning rates, and shows the one that reached the target first. */
static void show_method(const SmallData *figures, const SmallData *test, int method, const Demo *s)
{
    double best[MAX_SEEDS], best_mean = INFINITY, loss = 0, best_loss = INFINITY;
    float best_rate = 0;
    int reached = 0;
    for (int r = 0; r < RATES; r++) {
        double steps[MAX_SEEDS], sum = 0, slowest = 0;
        float rate = methods[method].rate * powf(10, (float)r / 2);
        for (int i = 0; i < s->seeds; i++) {
            Outcome o = train(figures, test, method, rate, s, s->seed + (uint64_t)i);
            steps[i] = o.steps;
            slowest = fmax(slowest, o.steps);
            sum += o.loss / s->seeds;
        }
        reached += slowest < s->steps;
        best_loss = fmin(best_loss, sum);
        if (stats_mean(steps, s->seeds) < best_mean) {
            best_mean = stats_mean(steps, s->seeds);
            best_rate = rate;
            loss = sum;
            memcpy(best, steps, sizeof best);
        }
    }
    printf("  %-10s   %13.4f   %5.0f (%.0f-%.0f)   %6.2f   %5.2f   %6d of %d\n", methods[method].name,
           (double)best_rate, best_mean, stats_quantile(best, s->seeds, 0),
           stats_quantile(best, s->seeds, 1), loss, best_loss, reached, RATES);
}

static void show_network(const Demo *s)
{
    Rng rng = rng_new(s->seed);
    SmallData figures = small_figures(EXAMPLES, 0.05f, &rng), test = small_figures(TEST, 0.05f, &rng);
    printf("A network of 256-64-64-12 on the little world's figures: steps until the training loss is "
           "%.1f, %d seeds\n"
           "(minimum-maximum), with the best of %d learning rates; loss on %d new figures after %d steps, "
           "with\n"
           "that learning rate and with the best one for it; how many learning rates reach %.1f with all "
           "seeds\n"
           "               learning rate         steps     loss    best   reached by\n",
           TARGET, s->seeds, RATES, TEST, s->steps, TARGET);
    for (int k = 0; k < METHODS; k++)
        show_method(&figures, &test, k, s);
    putchar('\n');
    small_free(&figures);
    small_free(&test);
}

/* ---- weight decay, and Muon's matrices ----------------------------------------------------------------- */

enum { WEIGHTS = 1000, DECAY_STEPS = 1000 };

/* What is left on average of weights of 1 whose gradients are noise alone. */
static double decayed(Direction *direction, float noise, uint64_t seed)
{
    Graph *scratch = nn_graph_new();
    Tensor *w = tensor_new(NULL, WEIGHTS);
    Slot s = slot_new(w);
    Rng rng = rng_new(seed);
    double sum = 0;
    tensor_fill(w, 1);
    for (int i = 0; i < DECAY_STEPS; i++) {
        float g[WEIGHTS];
        for (int k = 0; k < WEIGHTS; k++)
            g[k] = noise * rng_normal(&rng);
        slot_step(&s, direction, g, 0.01f, scratch);
    }
    for (int k = 0; k < WEIGHTS; k++)
        sum += (double)w->data[k] / WEIGHTS;
    slot_free(&s);
    tensor_free(w);
    nn_graph_free(scratch);
    return sum;
}

static void show_decay(uint64_t seed)
{
    puts("What is left of weights of 1 after 1000 steps, learning rate 0.01, weight decay 0.1, when their\n"
         "gradients are noise of that standard deviation; (1 - 0.001)^1000 = 0.37\n"
         "    noise   AdamW   Adam with L2");
    for (float noise = 0.01f; noise < 20; noise *= 10)
        printf("  %7.2f   %5.2f   %12.2f\n", (double)noise, decayed(adamw, noise, seed),
               decayed(adam_l2, noise, seed));
    putchar('\n');
}

static void show_singular_values(void)
{
    static const float values[4] = {1, 0.3f, 0.1f, 0.03f};
    Graph *g = nn_graph_new();
    Tensor *x = nn_input(g, 4, 4);
    tensor_fill(x, 0);
    for (int i = 0; i < 4; i++)
        x->data[5 * i] = values[i];
    const Tensor *o = orthogonalise(g, x);
    printf("Singular values before and after five steps of Newton-Schulz:");
    for (int i = 0; i < 4; i++)
        printf("  %g: %.2f", (double)values[i], (double)o->data[5 * i]);
    putchar('\n');
    nn_graph_free(g);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/optimizers_demo",
              .about = "Optimizers from SGD to Muon, section 2.1.2.",
              .draws = true,
              .steps = 300,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    demo_begin(&d, argc, argv, NULL);
    show_valley(d.language);
    show_network(&d);
    show_decay(d.seed);
    show_singular_values();
    return demo_end(&d);
}
