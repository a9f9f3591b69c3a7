/* lora_mix_demo.c -- several LoRA adapters on one frozen model, section 6.3.3.
 *
 * One is trained for letters, saved as PEFT saves it, loaded, merged and unmerged; a second one for translation joins
 * it. Each is switched on alone, and both are mixed. */
#include "ch06/lora_bench.h"
#include "common/demo/demo.h"
#include "common/model/folder.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

static double megabytes(const char *folder, const char *name)
{
    char path[MODEL_FOLDER_PATH];
    struct stat s;
    return model_folder_path(path, folder, name, NULL) && stat(path, &s) == 0 ? (double)s.st_size / 1e6
                                                                              : NAN;
}

//> merge-save
/* Saved and loaded again, merged, unmerged: the logits stay. */
static ModelAdapter *save_and_merge(Demo *d, LoraBench *b, ModelAdapter *a, const char *folder)
{
    Error e = {""};
    size_t n;
    float *before = lora_bench_logits(b, &n);
    if (!model_adapter_save(a, folder, &e))
        error_exit(&e);
    model_adapter_free(a);
    ModelAdapter *loaded = model_adapter_load(&b->model->params, folder, &e);
    if (!loaded)
        error_exit(&e);
    demo_claim(d, lora_bench_distance(b, before) == 0,
               "  saved in PEFT's form and loaded: the same logits");
    model_adapter_merge(loaded);
    double merging = lora_bench_distance(b, before);
    model_adapter_unmerge(loaded);
    demo_claim(d, merging < 1e-5 && lora_bench_distance(b, before) < 1e-5,
               "  merged, and unmerged again: the logits agree to 1e-5 of the largest");
    free(before);
    return loaded;
}
//< merge-save

/* The weights of both adapters; rows 1 to 5 lead from the one to the other. */
enum { MIXES = 7, FIRST_ONLY = 1, HALVES = 3, SECOND_ONLY = 5 };
static const double mixes[MIXES][LORA_TASKS] = {{0, 0},       {1, 0}, {0.75, 0.25}, {0.5, 0.5},
                                                {0.25, 0.75}, {0, 1}, {1, 1}};

//> mix
static void measure_mixes(LoraBench *b, ModelAdapter *const a[LORA_TASKS], double loss[MIXES][LORA_TASKS])
{
    for (int i = 0; i < MIXES; i++) {
        for (int t = 0; t < LORA_TASKS; t++)
            model_adapter_weigh(a[t], (float)mixes[i][t]);
        for (int t = 0; t < LORA_TASKS; t++)
            loss[i][t] = lora_bench_loss(b, (LoraTask)t);
    }
}
//< mix

static void draw_mixes(const Demo *d, double loss[MIXES][LORA_TASKS])
{
    float x[SECOND_ONLY], y[LORA_TASKS][SECOND_ONLY];
    for (int i = 0; i < SECOND_ONLY; i++) {
        x[i] = (float)mixes[i + FIRST_ONLY][LORA_TRANSLATION];
        for (int t = 0; t < LORA_TASKS; t++)
            y[t][i] = (float)loss[i + FIRST_ONLY][t];
    }
    Plot *p = demo_plot(d, plot_text("Two adapters on one model, mixed", "一个模型上混合两个适配器"),
                        plot_text("weight w of the second adapter, 1 - w of the first",
                                  "第二个适配器的权重 w，第一个为 1 - w"),
                        plot_text("held-out loss (nats per token)", "留出损失（nat/词元）"));
    plot_line(p, plot_text("letters (first)", "书信（第一个）"), x, y[LORA_LETTERS], SECOND_ONLY);
    plot_line(p, plot_text("translation (second)", "翻译（第二个）"), x, y[LORA_TRANSLATION], SECOND_ONLY);
    plot_finish(p, "picture");
}

static void show_several(Demo *d, LoraBench *b, ModelAdapter *const a[LORA_TASKS])
{
    static const TabularColumn columns[] = {
        {"first", 2}, {"second", 2}, {"letters", 2}, {"translation", 2}};
    double loss[MIXES][LORA_TASKS];
    measure_mixes(b, a, loss);
    puts("\nTwo adapters on one model: their weights, and held-out loss (nats per token)");
    Tabular *t = tabular_with(NULL, columns, 4);
    for (int i = 0; i < MIXES; i++)
        tabular_row(t, NULL, (const double[]){mixes[i][0], mixes[i][1], loss[i][0], loss[i][1]});
    tabular_print(t);
    draw_mixes(d, loss);
    demo_claim(d, loss[FIRST_ONLY][0] < loss[SECOND_ONLY][0] && loss[SECOND_ONLY][1] < loss[FIRST_ONLY][1],
               "  each adapter serves its own task best");
    demo_claim(d, loss[HALVES][0] < loss[0][0] && loss[HALVES][1] < loss[0][1],
               "  half of each serves both tasks better than the model alone");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/lora_mix_demo",
              .about = "Several LoRA adapters on one model, section 6.3.3.",
              .draws = true,
              .steps = 40,
              .min_steps = 10};
    const char *model = "ch05/models/book_gpt", *out = "ch06/out/lora";
    int rank = 8;
    const Option options[] = {option_dir("model", &model, "the pretrained decoder"),
                              option_dir("out", &out, "where the first adapter is saved"),
                              option_int("rank", &rank, 1, 256, "of the matrices"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    LoraBench b = lora_bench_new(model, d.seed);
    ModelAdapter *a[LORA_TASKS];
    a[LORA_LETTERS] = lora_bench_attach(&b, rank, d.seed);
    lora_bench_train(&b, a[LORA_LETTERS], LORA_LETTERS, d.steps, d.seed);
    printf("An adapter of rank %d, trained for %d steps of %d letters\n", rank, d.steps, LORA_BATCH);
    a[LORA_LETTERS] = save_and_merge(&d, &b, a[LORA_LETTERS], out);
    printf("  adapter_model.safetensors: %.1f MB; the model in float32: %.1f MB\n",
           megabytes(out, "adapter_model.safetensors"), 4e-6 * (double)nn_param_total(&b.model->params));
    model_adapter_weigh(a[LORA_LETTERS], 0);
    a[LORA_TRANSLATION] = lora_bench_attach(&b, rank, d.seed + 1);
    lora_bench_train(&b, a[LORA_TRANSLATION], LORA_TRANSLATION, d.steps, d.seed);
    show_several(&d, &b, a);
    for (int t = 0; t < LORA_TASKS; t++)
        model_adapter_free(a[t]);
    lora_bench_free(&b);
    return demo_end(&d);
}
