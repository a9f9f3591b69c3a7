/* finetune_style.c -- fine-tuning a decoder to a style, section 6.2.1.
 *
 * book_gpt has read stories, questions and C, but no formal letter. It goes on training on letters, with the same loss
 * and the same loop as before; all that is new is the text. The program measures what is gained, the perplexity of
 * letters that it never saw, and what is lost, the perplexity of the kinds of text that it knew: once with all weights
 * trained, once with low-rank matrices (LoRA, section 6.3.3). */
#include "ch06/texts.h"
#include "common/demo/demo.h"
#include "common/model/adapter.h"
#include "common/model/decoder.h"
#include "common/model/folder.h"
#include "common/model/lm.h"
#include "common/nn/nn.h"
#include "common/text/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 600, TESTED = 24, BATCH = 8, KINDS = 6, MODELS = 3, PROMPTS = 2 };

/* What is measured, the style first: on the test side of the little world. */
typedef struct Subject {
    WorldKind kind;
    WorldLanguage language;
    PlotText name;
} Subject;
static const Subject subjects[KINDS] = {{WORLD_STYLE, WORLD_EN, {"formal letters (new)", "正式信件（新）"}},
                                        {WORLD_STORY, WORLD_EN, {"stories, English", "故事，英文"}},
                                        {WORLD_STORY, WORLD_ZH, {"stories, Chinese", "故事，中文"}},
                                        {WORLD_READING, WORLD_EN, {"passages, questions", "短文与问题"}},
                                        {WORLD_TRANSLATION, WORLD_EN, {"translation", "翻译"}},
                                        {WORLD_CODE, WORLD_EN, {"C functions", "C 函数"}}};

typedef struct Settings {
    const char *model, *save;
    float rate; /* of LoRA twice that */
    int rank;
} Settings;

/* ---- training and measuring ---------------------------------------------------------------------- */

//> train
typedef struct Trainer {
    const ModelDecoder *model;
    const Texts *letters;
    TextBatch batch;
    Rng rng;
} Trainer;

/* The loss of pretraining, on letters: each position says the next token. */
static Tensor *loss_of(Graph *g, void *context, int step)
{
    Trainer *x = context;
    const int *ids[BATCH];
    int counts[BATCH];
    (void)step;
    for (int r = 0; r < BATCH; r++) {
        int i = rng_below(&x->rng, x->letters->count);
        ids[r] = x->letters->ids[i];
        counts[r] = x->letters->counts[i];
    }
    text_batch_fill(&x->batch, ids, counts, BATCH, 0);
    text_batch_predict_next(&x->batch, NULL, -1);
    return model_decoder_loss(g, x->model, x->batch.ids, x->batch.labels, x->batch.rows, x->batch.time);
}

static void train(Graph *g, const ModelDecoder *m, const Params *trained, const Texts *letters, float rate,
                  const Demo *d, float *curve)
{
    NnTraining how = nn_training_new();
    Trainer x = {m, letters, text_batch_new(BATCH, TEXTS_TIME), rng_new(d->seed)};
    how.steps = d->steps;
    how.warmup = d->steps / 10;
    how.rate = rate, how.min_rate = 0, how.weight_decay = 0;
    nn_train(g, trained, &how, loss_of, &x, curve);
    text_batch_free(&x.batch);
}
//< train

/* The mean loss of a token over all texts, in nats. */
static double loss_on(Graph *g, const ModelDecoder *m, const Texts *t)
{
    TextBatch b = text_batch_new(1, TEXTS_TIME);
    double sum = 0;
    long tokens = 0;
    nn_graph_record(g, false);
    for (int i = 0; i < t->count; i++) {
        text_batch_fill(&b, (const int *const *)&t->ids[i], &t->counts[i], 1, 0);
        text_batch_predict_next(&b, NULL, -1);
        sum += b.time * (double)tensor_item(model_decoder_loss(g, m, b.ids, b.labels, 1, b.time));
        tokens += b.time;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    text_batch_free(&b);
    return sum / (double)tokens;
}

/* ---- three models -------------------------------------------------------------------------------- */

static const char *const prompts[PROMPTS] = {"Dear Mr Li,", "On Monday Tom"};

typedef struct Results {
    double loss[KINDS][MODELS]; /* base, all weights trained, LoRA */
    char *sample[PROMPTS][MODELS];
    double length; /* tokens of a letter to predict, on average */
} Results;

static void measure(Graph *g, const ModelDecoder *m, const Lm *base, const Texts *tests, int which,
                    Results *r)
{
    Error e = {""};
    LmOptions how = lm_options();
    how.max = 40;
    for (int k = 0; k < KINDS; k++)
        r->loss[k][which] = loss_on(g, m, &tests[k]);
    ModelRun *run = model_run_of_decoder(m, QUANT_NONE);
    Lm *lm = lm_of(run, lm_tokenizer(base, &e), "the model");
    for (int i = 0; i < PROMPTS; i++) {
        if (!(r->sample[i][which] = lm_continue(lm, prompts[i], &how, &e)))
            error_exit(&e);
    }
    lm_close(lm);
    model_run_free(run);
}

static void save(const ModelDecoder *m, const Settings *s, const Lm *base)
{
    char path[MODEL_FOLDER_PATH];
    Error e = {""};
    if (!model_decoder_save(m, s->save, &e) || !model_folder_path(path, s->save, "tokenizer.json", &e) ||
        !tokenizer_save(lm_tokenizer(base, &e), path, &e))
        error_exit(&e);
}

/* The base, then trained wholly, then by LoRA; of a watched run the second alone. */
static void compare(Graph *g, const Settings *s, const Demo *d, const Lm *base, Results *r)
{
    Error e = {""};
    Rng rng = rng_new(d->seed);
    Texts letters = texts_new(WORLD_STYLE, WORLD_EN, WORLD_TRAIN, LETTERS, base, d->seed), tests[KINDS];
    for (int k = 0; k < KINDS; k++)
        tests[k] = texts_new(subjects[k].kind, subjects[k].language, WORLD_TEST, TESTED, base, d->seed);
    for (int i = 0; i < tests[0].count; i++)
        r->length += (tests[0].counts[i] - 1) / (double)tests[0].count;
    for (int which = d->alone; which < (d->alone ? 2 : MODELS); which++) {
        const ModelLora low_rank = {.layers = "*", .rank = s->rank, .alpha = 2 * (float)s->rank};
        ModelDecoder *m = model_decoder_load(s->model, &e);
        if (!m)
            error_exit(&e);
        ModelAdapter *lora = which == 2 ? model_adapter_new(&m->params, &low_rank, &rng, &e) : NULL;
        const Params *trained = lora ? model_adapter_params(lora) : &m->params;
        if (e.text[0])
            error_exit(&e);
        if (which > 0)
            train(g, m, trained, &letters, (lora ? 2 : 1) * s->rate, d, lora ? NULL : d->losses);
        if (lora)
            model_adapter_merge(lora);
        if (!d->alone)
            measure(g, m, base, tests, which, r);
        if (which == 1 && !d->alone)
            save(m, s, base);
        model_adapter_free(lora);
        model_decoder_free(m);
    }
    for (int k = 0; k < KINDS; k++)
        texts_free(&tests[k]);
    texts_free(&letters);
}

/* ---- what came out ------------------------------------------------------------------------------- */

static void show(const Demo *d, const Results *r)
{
    static const TabularColumn columns[] = {{"base", 2}, {"all weights", 2}, {"LoRA", 2}};
    double perplexity[KINDS][MODELS], rise[MODELS] = {0};
    const char *names[KINDS];
    for (int k = 0; k < KINDS; k++) {
        names[k] = subjects[k].name.en;
        for (int i = 0; i < MODELS; i++) {
            perplexity[k][i] = exp(r->loss[k][i]);
            rise[i] += k > 0 ? (r->loss[k][i] - r->loss[k][0]) / (KINDS - 1) : 0;
        }
    }
    printf("Perplexity of a token on unseen texts, %d of each kind, after %d steps on letters\n", TESTED,
           d->steps);
    tabular_print_matrix("", names, columns, MODELS, perplexity[0], KINDS);
    printf("\nA letter has %.1f tokens, and takes %.1f bits after training of all weights; to name one of "
           "the\n"
           "%.1f million letters of the world takes log2 of that, %.1f bits\n",
           r->length, r->length * r->loss[0][1] / log(2), 1e-6 * world_kind_size(WORLD_STYLE),
           log2(world_kind_size(WORLD_STYLE)));
    printf("\nThe loss of the five kinds that it knew rises on average by %.3f nats (all weights), %.3f "
           "(LoRA)\n",
           rise[1], rise[2]);
}

static void show_samples(const Results *r)
{
    static const char *const models[MODELS] = {"base", "all weights", "LoRA"};
    puts("\nTwo beginnings, continued greedily");
    for (int i = 0; i < PROMPTS * MODELS; i++) {
        char *text = r->sample[i / MODELS][i % MODELS];
        if (i % MODELS == 0)
            printf("%s ...\n", prompts[i / MODELS]);
        for (char *line = text; (line = strchr(line, '\n'));)
            *line = ' ';
        printf("  %-12s %s\n", models[i % MODELS], text);
        free(text);
    }
}

static void draw(const Demo *d, const Results *r)
{
    const PlotText names[MODELS] = {plot_text("base", "基础模型"), plot_text("all weights", "全部权重"),
                                    plot_same("LoRA")};
    PlotText kinds[KINDS];
    float loss[MODELS][KINDS];
    Plot *p = demo_plot(d, plot_text("Loss on unseen texts", "在没见过的文本上的损失"),
                        plot_text("loss (nats per token)", "损失（nat/词元）"), plot_same(NULL));
    for (int i = 0; i < MODELS; i++) {
        for (int k = 0; k < KINDS; k++) {
            kinds[k] = subjects[k].name;
            loss[i][k] = (float)r->loss[k][i];
        }
        plot_bars(p, names[i], kinds, loss[i], NULL, NULL, KINDS);
    }
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/finetune_style",
              .about = "Fine-tunes a decoder to a style, and measures what it forgets, section 6.2.1.",
              .draws = true,
              .steps = 60,
              .watched = "the model of which all weights are trained"};
    Settings s = {.model = "ch05/models/book_gpt", .save = "ch06/out/style", .rate = 1e-3f, .rank = 8};
    const Option options[] = {
        option_dir("model", &s.model, "the decoder's folder"),
        option_float("lr", &s.rate, 0, 1, "maximum learning rate; of LoRA twice that"),
        option_int("rank", &s.rank, 1, 1024, "of LoRA"),
        option_dir("save", &s.save, "where the model with all weights trained is saved"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    Error e = {""};
    Results r = {.length = 0};
    Lm *base = lm_open(s.model, QUANT_NONE, &e);
    if (!base || !lm_writes(base, &e) || !lm_tokenizer(base, &e))
        error_exit(&e);
    if (lm_model(base)->config.end_count == 0)
        error_exitf("%s: no token ends a text", s.model);
    Graph *g = nn_graph_new();
    compare(g, &s, &d, base, &r);
    if (!d.alone) {
        show(&d, &r);
        draw(&d, &r);
        demo_claim(&d, fmax(r.loss[0][1], r.loss[0][2]) < r.loss[0][0] - log(10),
                   "letters: both divide the perplexity by more than 10");
        show_samples(&r);
    }
    nn_graph_free(g);
    lm_close(base);
    return demo_end(&d);
}
