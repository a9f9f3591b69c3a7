/* model_size_demo.c -- what a model's parameters are, and what they cost, section 4.2.1.
 *
 * Counts published models from the numbers in their config.json: parameters, and those that a token uses; operations
 * to train on a token; memory to train and to run; the cache of keys and values. The counts must equal the published
 * ones. --model counts any config.json. */
#include "common/base/base.h"
#include "common/model/config.h"
#include "common/demo/demo.h"
#include "ch04/shape.h"

#include <math.h>
#include <string.h>

enum { LONG_CONTEXT = 131072, MAX_MODELS = SHAPES_ROOM };

/* ---- counting ------------------------------------------------------------------------------------ */

typedef struct Size {
    double embeddings, attention, feed_forward, norms; /* parameters */
    double idle; /* of them those of experts that a token does not use */
} Size;

static double norm(const Shape *m, int width)
{
    return m->layer_norm ? 2.0 * width : width;
}

//> attention
/* Of one layer. Grouped heads: H heads of queries, K of keys and values, D numbers each. */
static double attention_size(const Shape *m)
{
    double c = m->channels, h = m->heads, k = m->kv_heads, d = m->head_dim;
    const Latent *l = &m->latent;
    if (!l->rank) /* queries and output, keys and values */
        return 2 * c * h * d + 2 * c * k * d + (m->qkv_bias ? (h + 2 * k) * d : 0) + (m->out_bias ? c : 0);
    /* Latent: a token becomes a short vector, from which all heads make their keys and values. */
    double query = l->query_rank ? l->query_rank * (c + 1 + h * d) : c * h * d;
    double down = c * (l->rank + l->rotary) + l->rank; /* the vector, its norm, the part that turns */
    double up = l->rank * h * (l->key + l->value);
    return query + down + up + h * l->value * c;
}
//< attention

//> feed-forward
static double network_size(const Shape *m, int hidden)
{
    double c = m->channels;
    return (m->gated ? 3 : 2) * c * hidden + (m->mlp_bias ? hidden + c : 0);
}

/* Of all layers; *idle: what a token leaves aside. */
static double feed_forward_size(const Shape *m, double *idle)
{
    const Experts *x = &m->experts;
    int mixed = x->count ? m->layers - x->dense_layers : 0;
    double expert = network_size(m, x->hidden), router = x->count * (m->channels + x->balanced);
    *idle = mixed * expert * (x->count - x->used);
    return (m->layers - mixed) * network_size(m, m->hidden) +
           mixed * (expert * x->count + x->shared * network_size(m, x->shared_hidden) + router);
}
//< feed-forward

static Size count(const Shape *m)
{
    Size s = {.embeddings =
                  (double)m->vocab * m->channels * (m->tied ? 1 : 2) + (double)m->positions * m->channels};
    s.attention = m->layers * attention_size(m);
    s.feed_forward = feed_forward_size(m, &s.idle);
    s.norms = (2 * m->layers + 1) * norm(m, m->channels) + (m->qk_norm ? 2.0 * m->layers * m->head_dim : 0);
    return s;
}

static double total(const Size *s)
{
    return s->embeddings + s->attention + s->feed_forward + s->norms;
}

//> flops
/* FLOPs to train on one token of a text of `time`: 2 for each parameter that is multiplied with, not for a table in
 * which it is looked up; with each token attended to, 2 for each number of a key and of a value. Backward is twice
 * forward. */
static double training_flops(const Shape *m, const Size *s, int time)
{
    double looked_up = ((m->tied ? 0.0 : m->vocab) + m->positions) * m->channels;
    double key = m->head_dim, value = m->latent.rank ? m->latent.value : m->head_dim;
    double attended = (time + 1) / 2.0;
    return 3 * (2 * (total(s) - s->idle - looked_up) + m->layers * m->heads * 2 * (key + value) * attended);
}
//< flops

//> cache
/* Numbers that a token leaves in the cache: a key and a value for each head that has its own, or the short vector
 * and the part of the key that turns, once for all heads. */
static double cache_numbers(const Shape *m)
{
    return (double)m->layers *
           (m->latent.rank ? m->latent.rank + m->latent.rotary : 2 * m->kv_heads * m->head_dim);
}
//< cache

static const char *cache_kind(const Shape *m)
{
    return m->latent.rank ? "latent" : m->kv_heads < m->heads ? "grouped" : "all heads";
}

/* ---- tables -------------------------------------------------------------------------------------- */

static void show_parameters(const Shape *models, const Size *sizes, int n)
{
    Tabular *t = tabular_new();
    tabular_column(t, "model");
    tabular_numbers(t, "parameters", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "a token uses", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "embeddings", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "attention", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "feed-forward", "%", 1, TABULAR_NONE);
    for (int i = 0; i < n; i++) {
        const Size *s = &sizes[i];
        double all = total(s);
        const double row[] = {all, 100 * (all - s->idle) / all, 100 * s->embeddings / all,
                              100 * s->attention / all, 100 * s->feed_forward / all};
        tabular_row(t, models[i].name, row);
    }
    puts("Parameters");
    tabular_print(t);
}

static void show_published(Demo *demo, const Shape *models, const Size *sizes, int n)
{
    int known = 0, exact = 0, met = 0;
    for (int i = 0; i < n; i++) {
        const Shape *m = &models[i];
        known += m->published > 0;
        exact += m->published > 0 && m->unit == 1;
        met += m->published > 0 && rint(total(&sizes[i]) / m->unit) * m->unit == m->published;
    }
    if (known)
        printf("  equal to the published count: %d of %d; of these to the last parameter: %d\n", met, known,
               exact);
    demo->refuted += met < known;
}

static void show_training(const Shape *models, const Size *sizes, int n, int time)
{
    static const TabularColumn columns[] = {
        {"active (10^9)", 2}, {"FLOPs a token (10^9)", 1}, {"FLOPs / 6 active", 2}, {"memory (GB)", 0}};
    const char *names[MAX_MODELS];
    double numbers[MAX_MODELS][4];
    for (int i = 0; i < n; i++) {
        double all = total(&sizes[i]), active = all - sizes[i].idle;
        double flops = training_flops(&models[i], &sizes[i], time);
        memcpy(numbers[i], (double[]){active / 1e9, flops / 1e9, flops / (6 * active), 16 * all / 1e9},
               sizeof numbers[i]);
        names[i] = models[i].name;
    }
    printf("\nTo train on texts of %d tokens; memory: 16 bytes a parameter, before any activation\n", time);
    tabular_print_matrix("model", names, columns, 4, numbers[0], n);
}

static void show_running(const Shape *models, const Size *sizes, int n)
{
    Tabular *t = tabular_new();
    tabular_column(t, "model");
    tabular_numbers(t, "weights", "GB", 1, TABULAR_NONE);
    tabular_column(t, "keys and values");
    tabular_numbers(t, "cache of a token", "KiB", 1, TABULAR_NONE);
    tabular_numbers(t, "of 131072", "GB", 1, TABULAR_NONE);
    for (int i = 0; i < n; i++) {
        double cache = 2 * cache_numbers(&models[i]);
        tabular_text(t, models[i].name);
        tabular_number(t, 2 * total(&sizes[i]) / 1e9);
        tabular_text(t, cache_kind(&models[i]));
        tabular_number(t, cache / 1024);
        tabular_number(t, cache * LONG_CONTEXT / 1e9);
    }
    puts("\nTo run, with 2 bytes a number");
    tabular_print(t);
}

static void draw(Demo *demo, const Shape *models, const Size *sizes, int n)
{
    static const char *const kinds[] = {"all heads", "grouped", "latent"};
    static const char *const kinds_zh[] = {"每个头各有", "分组", "潜在"};
    Plot *p = demo_plot(demo, plot_text("Cache of keys and values", "键值缓存"),
                        plot_text("parameters (billions)", "参数（十亿）"),
                        plot_text("cache (KiB per token)", "缓存（KiB/词元）"));
    plot_log_axes(p, true, true);
    plot_limits(p, 0.08f, 20000, 20, 8000);
    for (int k = 2; k >= 0; k--) { /* of names that would meet, those drawn first stay */
        float x[MAX_MODELS], y[MAX_MODELS];
        const char *words[MAX_MODELS];
        int count = 0;
        for (int i = 0; i < n; i++) {
            if (strcmp(cache_kind(&models[i]), kinds[k]) != 0)
                continue;
            x[count] = (float)(total(&sizes[i]) / 1e9);
            y[count] = (float)(2 * cache_numbers(&models[i]) / 1024);
            words[count++] = models[i].name;
        }
        plot_words(p, plot_text(kinds[k], kinds_zh[k]), x, y, words, count);
    }
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    int time = 4096;
    const char *path = NULL;
    Demo demo = {.name = "ch04/model_size_demo",
                 .about = "What a model's parameters are, and what they cost, section 4.2.1.",
                 .draws = true};
    const Option more[] = {
        option_string("model", &path, "count this config.json, or that of this folder, instead"),
        option_int("context", &time, 1, 1 << 24, "tokens of a text while training"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Shape models[MAX_MODELS];
    Error e = {""};
    if (path && !shape_read(path, &models[0], &e))
        error_exit(&e);
    int n = path ? 1 : shapes_published(models);
    Size sizes[MAX_MODELS];
    for (int i = 0; i < n; i++)
        sizes[i] = count(&models[i]);
    show_parameters(models, sizes, n);
    show_published(&demo, models, sizes, n);
    show_training(models, sizes, n, time);
    show_running(models, sizes, n);
    if (!path)
        draw(&demo, models, sizes, n);
    return demo_end(&demo);
}
