/* losses_demo.c -- loss functions and their gradients, section 2.1.2.
 *
 * Six losses, each with its derivative by formula and by finite differences; what they have as their best answer;
 * why a classifier is trained with cross-entropy and not with squared errors; the overflow that log-sum-exp avoids;
 * what label smoothing does to logits. */
#include "ch02/mlp.h"
#include "ch02/scalar_losses.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>

enum { MAX_SEEDS = 20 };

/* ---- losses of one number ---------------------------------------------------------------------------- */

enum { CURVE = 161 };

/* The largest |slope - central difference| on -8 .. 8, away from corners. */
static double slope_error(const ScalarLoss *l)
{
    double h = 1e-5, worst = 0;
    for (double x = -8.05; x < 8; x += 0.1)
        worst = fmax(worst, fabs(l->at(x).slope - (l->at(x + h).loss - l->at(x - h).loss) / (2 * h)));
    return worst;
}

static void show_losses(Demo *d, const char *title, const ScalarLoss *l)
{
    static const double at[] = {-5, -1, 1, 5};
    double worst = 0;
    printf("%s\n", title);
    Tabular *t = tabular_new();
    tabular_column(t, "loss");
    for (int i = 0; i < 8; i++) {
        char heading[16];
        snprintf(heading, sizeof heading, i % 2 ? "gradient" : "at %+.0f", at[i / 2]);
        tabular_numbers(t, heading, NULL, 4, TABULAR_NONE);
    }
    for (int k = 0; k < LOSSES; k++) {
        tabular_text(t, l[k].name);
        for (int i = 0; i < 4; i++)
            tabular_number(t, l[k].at(at[i]).loss), tabular_number(t, l[k].at(at[i]).slope + 0.0);
        worst = fmax(worst, slope_error(&l[k]));
    }
    tabular_print(t);
    demo_claim(d, worst <= 1e-8, "  gradients equal central differences to 1e-8");
}

static void draw(const ScalarLoss *l, PlotText title, PlotText axis, float reach, const char *path,
                 int language)
{
    Plot *p = plot_new(path, language, title);
    for (int slope = 0; slope < 2; slope++) {
        plot_panel(p, plot_same(NULL));
        plot_axes(p, axis, slope ? plot_text("gradient", "梯度") : plot_text("loss", "损失"));
        for (int k = 0; k < LOSSES; k++) {
            float x[CURVE], y[CURVE];
            for (int i = 0; i < CURVE; i++) {
                x[i] = reach * ((float)i / (CURVE / 2) - 1);
                y[i] = (float)(slope ? l[k].at((double)x[i]).slope : l[k].at((double)x[i]).loss);
            }
            plot_line(p, plot_text(l[k].name, l[k].zh), x, y, CURVE);
        }
    }
    plot_finish(p, "picture");
}

/* The constant c with the smallest summed loss of c - x[i]: where the sum of slopes changes its sign. */
static double best_constant(const ScalarLoss *l, const double *x, int n)
{
    double low = 0, high = 1000;
    for (int round = 0; round < 100; round++) {
        double c = (low + high) / 2, sum = 0;
        for (int i = 0; i < n; i++)
            sum += l->at(c - x[i]).slope;
        *(sum > 0 ? &high : &low) = c;
    }
    return low;
}

static void show_outlier(void)
{
    static const double x[] = {1.0, 1.5, 2.0, 2.6, 100};
    puts("\nThe best constant for 1.0 1.5 2.0 2.6, and with the outlier 100");
    for (int k = 0; k < LOSSES; k++)
        printf("  %-16s %6.2f   %6.2f\n", regression[k].name, best_constant(&regression[k], x, 4),
               best_constant(&regression[k], x, 5));
    putchar('\n');
}

/* ---- confidently wrong -------------------------------------------------------------------------------- */

/* Gradient descent with rate 1 on one logit: the steps from z until p passes 1/2. */
static int steps_to_half(const ScalarLoss *l, double z)
{
    int steps = 0;
    for (; z < 0 && steps < 10000000; steps++)
        z -= l->at(z).slope;
    return steps;
}

static void show_confident(void)
{
    puts("\nOne logit that is confidently wrong: gradient there, and steps of rate 1 until p > 1/2");
    puts("    z        p   cross-entropy    steps   squared error    steps");
    for (int z = -2; z >= -10; z -= 2)
        printf("  %3d  %7.5f   %13.5f   %6d   %13.5f   %6d\n", z, sigmoid(z), classification[0].at(z).slope,
               steps_to_half(&classification[0], z), classification[1].at(z).slope,
               steps_to_half(&classification[1], z));
    putchar('\n');
}

/* ---- on a network -------------------------------------------------------------------------------------- */

enum { TEST = 1000, RATES = 6 };
static const float RATE[RATES] = {0.03f, 0.1f, 0.3f, 1, 3, 10};

static Tensor *run(Graph *g, const void *mlp, Tensor *x)
{
    return mlp_forward(g, mlp, x, nn_tanh);
}

/* The mean over the batch of the squared distance between softmax and the one-hot target. */
static Tensor *squared_loss(Graph *g, Tensor *logits, const int *label)
{
    Tensor *target = nn_input(g, logits->shape[0], logits->shape[1]);
    tensor_fill(target, 0);
    for (int i = 0; i < target->shape[0]; i++)
        target->data[i * target->shape[1] + label[i]] = 1;
    return nn_scale(g, nn_mse(g, nn_softmax(g, logits), target), (float)target->shape[1]);
}

/* The accuracy on new points of a network that saw `steps` batches. */
static double train(int classes, MlpLoss *loss, float rate, const Demo *s, uint64_t seed)
{
    Rng rng = rng_new(seed);
    SmallData points = small_clusters(classes, 6400, 0.3f, seed, &rng);
    SmallData test = small_clusters(classes, TEST, 0.3f, seed, &rng);
    Mlp m = mlp_new((const int[]){points.width, 64, classes}, 2, 1, &rng);
    Graph *g = nn_graph_new();
    Optimizer *o = nn_sgd_new(&m.params, 0.9f);
    mlp_train(g, o, run, &m, &points, &(MlpTraining){s->steps, 64, rate, loss}, &rng);
    double accuracy = mlp_score(g, run, &m, &test).accuracy;
    nn_optimizer_free(o);
    nn_graph_free(g);
    nn_params_free(&m.params);
    small_free(&points);
    small_free(&test);
    return accuracy;
}

/* The mean accuracy over the seeds, in per cent. */
static double mean_accuracy(int classes, MlpLoss *loss, float rate, const Demo *d)
{
    double sum = 0;
    for (int k = 0; k < d->seeds; k++)
        sum += train(classes, loss, rate, d, d->seed + (uint64_t)k);
    return 100 * sum / d->seeds;
}

static void show_training(const Demo *d)
{
    static const int classes[] = {3, 30, 300};
    printf(
        "A network of 16-64-V with V classes: accuracy in per cent on %d new points after %d steps of SGD\n"
        "with momentum, mean of %d seeds, by learning rate\n    V   loss              ",
        TEST, d->steps, d->seeds);
    for (int r = 0; r < RATES; r++)
        printf("  %5g%s", (double)RATE[r], r + 1 < RATES ? "" : "\n");
    for (int i = 0; i < 6; i++) {
        printf("  %3d   %-18s", classes[i / 2], i % 2 ? "squared error of p" : "cross-entropy");
        for (int r = 0; r < RATES; r++)
            printf("  %5.0f", mean_accuracy(classes[i / 2], i % 2 ? squared_loss : NULL, RATE[r], d));
        putchar('\n');
    }
    putchar('\n');
}

/* ---- several classes ----------------------------------------------------------------------------------- */

//> lse
/* -log softmax(z)[label] as the formula reads, and with the maximum taken out first. */
static float entropy_naive(const float *z, int n, int label)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += expf(z[i]);
    return -logf(expf(z[label]) / sum);
}

static float entropy_stable(const float *z, int n, int label)
{
    float max = z[0], sum = 0;
    for (int i = 1; i < n; i++)
        max = fmaxf(max, z[i]);
    for (int i = 0; i < n; i++)
        sum += expf(z[i] - max);
    return max + logf(sum) - z[label];
}
//< lse

static void show_overflow(void)
{
    static const float z[] = {10, 80, 88, 89, 1000, -110};
    puts("-log softmax in float32 for the logits (z, 0, z): label 0, then label 1\n"
         "      z               formula     log-sum-exp");
    for (int i = 0; i < 6; i++) {
        float v[] = {z[i], z[i] < 0 ? z[i] : 0, z[i]};
        printf("  %5.0f", (double)z[i]);
        for (int label = 0; label < 2; label++) {
            float naive = entropy_naive(v, 3, label);
            if (isfinite(naive))
                printf("  %9.2f", (double)naive);
            else
                printf("  %9s", isnan(naive) ? "undefined" : "infinite");
        }
        printf("   %6.2f %8.2f%s\n", (double)entropy_stable(v, 3, 0), (double)entropy_stable(v, 3, 1),
               z[i] < 0 ? "   (all three)" : "");
    }
    putchar('\n');
}

enum { V = 10 };

/* Gradient descent of rate 1 on the logits of one example, label 0, targets smoothed by epsilon: how far the label's
 * logit ends above the others. */
static double logit_gap(double epsilon, int steps)
{
    double z[V] = {0};
    for (int step = 0; step < steps; step++) {
        double sum = 0, p[V];
        for (int i = 0; i < V; i++)
            sum += p[i] = exp(z[i]);
        for (int i = 0; i < V; i++)
            z[i] -= p[i] / sum - ((i ? 0 : 1 - epsilon) + epsilon / V); /* softmax - target */
    }
    return z[0] - z[1];
}

static void show_smoothing(void)
{
    printf("Label smoothing: how far the label's logit is above the others, V = %d\n", V);
    puts("  steps   epsilon 0   epsilon 0.1");
    for (int steps = 10; steps <= 10000; steps *= 10)
        printf("  %5d   %9.2f   %11.2f\n", steps, logit_gap(0, steps), logit_gap(0.1, steps));
    printf("  ln((1 - epsilon + epsilon/V) / (epsilon/V)) = %.2f\n\n", log((0.9 + 0.01) / 0.01));
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/losses_demo",
              .about = "Loss functions and their gradients, section 2.1.2.",
              .draws = true,
              .steps = 400,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    demo_begin(&d, argc, argv, NULL);
    show_losses(&d, "Regression: loss and gradient with respect to r = prediction - target", regression);
    show_outlier();
    show_losses(&d, "Classification: loss and gradient with respect to the logit z of the right class",
                classification);
    show_confident();
    show_training(&d);
    show_overflow();
    show_smoothing();
    draw(regression, plot_text("Losses of regression", "回归的损失函数"),
         plot_text("prediction - target", "预测 − 目标"), 3, "ch02/out/losses_regression.svg", d.language);
    draw(classification, plot_text("Losses of classification", "分类的损失函数"),
         plot_text("logit of the right class", "正确类别的 logit"), 6, "ch02/out/losses_classification.svg",
         d.language);
    return demo_end(&d);
}
