/* instruct_tune.c -- a base model learns to follow instructions, section 6.4.
 *
 *     ./ch06/instruct_tune --quick                         a few steps: what changes first
 *     ./ch06/instruct_tune --out ch06/out/book_chat        the whole training run: what make models does
 *     ./ch06/instruct_tune --model DIR --data FILE --lora 8
 *
 * Conversations are drawn from the little world, or read from files in the form of Alpaca, ShareGPT or OpenAI. They are
 * rendered by the model's chat template, packed into windows, and learnt with a loss on the responses alone. Before and
 * after the model is asked what it has never seen: as plain text, as pretraining had it, and as chat. */
#include "ch06/instruct.h"
#include "common/demo/demo.h"
#include "common/model/adapter.h"
#include "common/model/folder.h"
#include "common/model/resume.h"
#include "common/nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 600, QUICK_STEPS = 60, SAVE_EVERY = 50 };

typedef struct Settings {
    NnTraining training;
    LossBandSettings band;
    const char *model, *out, *write;
    OptionList data;
    int conversations, context, loss, lora, count;
    bool quick, resume;
} Settings;

static const char *const losses_of[] = {"responses", "last", "all", NULL};

/* Whatever no option has changed becomes small. Muon learns more in few steps. */
static void make_quick(Settings *s)
{
    NnTraining *t = &s->training;
    if (t->steps == STEPS && t->optimizer == NN_ADAMW) {
        t->optimizer = NN_MUON;
        t->precision = TENSOR_BF16;
        t->rate = t->muon_rate = 3e-3f;
    }
    t->steps = t->steps == STEPS ? QUICK_STEPS : t->steps;
    t->batch = t->batch == 16 ? 4 : t->batch;
    t->warmup = t->usual_warmup = t->warmup == 30 ? 6 : t->warmup;
    s->conversations = s->conversations == 60000 ? 4000 : s->conversations;
    s->context = s->context == 512 ? 256 : s->context;
    s->count = s->count == 200 ? 50 : s->count;
}

static Settings settings_parse(int argc, char **argv)
{
    Settings s = {.training = nn_training_new(),
                  .model = "ch05/models/book_gpt",
                  .conversations = 60000,
                  .context = 512,
                  .count = 200};
    s.training.steps = STEPS;
    s.training.batch = 16;
    s.training.rate = 1e-3f;
    s.training.min_rate = 1e-5f;
    s.training.warmup = s.training.usual_warmup = 30;
    NnTrainingOptions training = nn_training_options(&s.training);
    LossBandOptions band = loss_band_options(&s.band);
    const Option options[] = {
        option_dir("model", &s.model, "folder of a decoder; without a chat template it gets ChatML"),
        option_list("data", &s.data,
                    "conversations: Alpaca, ShareGPT or OpenAI; several times. Without: the world's"),
        option_int("conversations", &s.conversations, 100, 1000000, "that are drawn from the world"),
        option_int("context", &s.context, 16, 1 << 20, "tokens of a window"),
        option_choice("loss", &s.loss, losses_of, "what is learnt"),
        option_int("lora", &s.lora, 0, 1024,
                   "rank of LoRA beside all linear layers; 0: all weights are trained"),
        option_int("n", &s.count, 1, 2000, "questions of each group and language"),
        option_file("write", &s.write, "the conversations go there, too, as OpenAI's JSON lines"),
        option_dir("out", &s.out, "where the model is saved, F16, with tokenizer and template"),
        option_flag("resume", &s.resume, "continue from the last checkpoint in --out"),
        option_flag("quick", &s.quick, "60 short steps, four groups of 50 questions a language"),
        option_group(training.items),
        option_group(band.items),
        OPTION_END};
    options_parse(argc, argv, "Instruction tuning, section 6.4.", options);
    if (s.quick)
        make_quick(&s);
    Error e = {""};
    if (!nn_training_check(&s.training, &e))
        error_exit(&e);
    if (s.resume && !s.out)
        error_exitf("--resume: of which run? give --out, too");
    return s;
}

/* ---- examples ------------------------------------------------------------------------------------------ */

static ChatSet *read_data(const Settings *s)
{
    ChatSet *all = chat_set_new();
    for (int i = 0; i < s->data.count; i++) {
        Error e = {""};
        ChatReport report;
        ChatSet *set = chat_set_read(s->data.texts[i], &report, &e);
        if (!set)
            error_exit(&e);
        chat_report_print(&report, s->data.texts[i]);
        for (int k = 0; k < set->count; k++)
            chat_set_add(all, &set->items[k]);
        chat_set_free(set);
    }
    if (s->data.count == 0)
        instruct_draw(all, &(InstructData){.conversations = s->conversations}, s->training.seed);
    Error e = {""};
    if (s->write && !chat_set_write(all, s->write, &e))
        error_exit(&e);
    return all;
}

/* Conversations that the template refuses are counted, and the first is named. */
static ChatExamples make_examples(const Settings *s, const ChatModel *m, const ChatSet *set)
{
    ChatExamples x = {0};
    int refused = 0;
    for (int i = 0; i < set->count; i++) {
        Error e = {""};
        if (!chat_examples_add(&x, m->chat, m->tokenizer, &set->items[i], (ChatLoss)s->loss, &e) &&
            refused++ == 0)
            fprintf(stderr, "conversation %d (line %d): %s\n", i + 1, set->items[i].line, e.text);
    }
    if (x.count == 0)
        error_exitf("of %d conversations none is left", set->count);
    printf("%d conversations", x.count);
    printf(refused ? ", %d refused\n" : "\n", refused);
    return x;
}

static void print_packing(const ChatExamples *x, const ChatPacks *p)
{
    long all = (long)p->rows * p->time;
    printf("packed into %d windows of %d tokens: %.1f %% padding, where a window each had %.0f %%\n",
           p->rows, p->time, 100.0 * (double)p->padding / (double)all,
           100.0 - 100.0 * (double)p->tokens / ((double)p->examples * p->time));
    printf("learnt: %.0f %% of the tokens, those of the answers",
           100.0 * (double)p->learnt / (double)p->tokens);
    printf(p->too_long ? "; %d of %d conversations are too long and left out\n" : "\n", p->too_long,
           x->count);
}

/* ---- before and after ----------------------------------------------------------------------------------- */

/* Of the model in memory or, if there is a folder, of what was saved there. */
static InstructMeasured measure(const ChatModel *m, const Settings *s, const char *folder)
{
    Error e = {""};
    ModelRun *running = folder ? NULL : model_run_of_decoder(m->decoder, QUANT_NONE);
    Chat *chat =
        folder ? chat_open(folder, QUANT_NONE, &e) : chat_of(running, m->tokenizer, m->chat, s->model);
    if (!chat)
        error_exit(&e);
    int groups = s->quick ? INSTRUCT_UNKNOWN : INSTRUCT_GROUPS;
    InstructMeasured r = instruct_measure(chat, groups, s->count, s->quick ? 10 : 100, s->training.seed);
    chat_close(chat);
    model_run_free(running);
    return r;
}

/* ---- training ------------------------------------------------------------------------------------------- */

typedef struct Training {
    const Settings *s;
    ChatModel *m;
    ModelAdapter *lora; /* or NULL */
    Params trained;
    ModelResume state;
    InstructBatches batches;
    char path[4096]; /* of the checkpoint; "" without --out */
} Training;

/* With LoRA the tables stay trainable: rows of new tokens that nobody trains say nothing. */
static void choose_parameters(Training *t)
{
    Error e = {""};
    Params *all = &t->m->decoder->params;
    if (t->s->lora > 0) {
        const ModelLora how = {.layers = "*", .rank = t->s->lora, .alpha = 2.0f * (float)t->s->lora};
        Rng rng = rng_new(t->s->training.seed);
        if (!(t->lora = model_adapter_new(all, &how, &rng, &e)))
            error_exit(&e);
        nn_params_thaw(all, "model.embed_tokens.weight,wte.weight,lm_head.weight");
        Params tables = nn_params_trained(all);
        t->trained = nn_params_join(model_adapter_params(t->lora), &tables);
        nn_params_part(&tables);
    } else {
        t->trained = nn_params_trained(all);
    }
}

static void save_state(Training *t)
{
    Error e = {""};
    if (t->path[0] && !model_resume_save(&t->state, t->s->model, t->path, &e))
        error_exit(&e);
}

static void train(Training *t, float *curve)
{
    const NnTraining *how = &t->s->training;
    Graph *g = nn_graph_new();
    nn_graph_multiply_in(g, (TensorPrecision)how->precision);
    Progress bar = progress_resume("training", t->state.step, how->steps);
    while (t->state.step < how->steps) {
        int step = (int)t->state.step;
        Tensor *loss = instruct_loss(g, &t->batches, step);
        NnStep done = nn_train_step(g, t->state.optimizer, loss, nn_training_rate(how, step), how->clip);
        if (!isfinite(done.loss))
            error_exitf("step %d: the loss is not finite; a lower --lr may help", step + 1);
        curve[step] = done.loss;
        if (++t->state.step % SAVE_EVERY == 0)
            save_state(t);
        progress_update(&bar, t->state.step, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    nn_graph_free(g);
}

static void begin(Training *t, const ChatPacks *packs)
{
    Error e = {""};
    const Settings *s = t->s;
    choose_parameters(t);
    t->batches = instruct_batches(t->m->decoder, packs, s->training.batch, s->training.seed);
    t->state = (ModelResume){.params = &t->trained,
                             .optimizer = nn_training_optimizer(&s->training, &t->trained),
                             .rng = rng_new(s->training.seed),
                             .best_step = -1};
    if (s->out && (!file_make_directory(s->out, &e) ||
                   !model_folder_path(t->path, s->out, "training.safetensors", &e)))
        error_exit(&e);
    if (s->resume && access(t->path, F_OK) == 0 && !model_resume_load(&t->state, t->path, &e))
        error_exit(&e);
    printf("%zu of %zu parameters are trained, %d tokens are new\n", nn_param_total(&t->trained),
           nn_param_total(&t->m->decoder->params), t->m->added);
}

/* With LoRA the matrices become part of the weights. */
static void save(Training *t)
{
    Error e = {""};
    if (t->lora)
        model_adapter_merge(t->lora);
    if (!t->s->out)
        return;
    if (!chat_model_save(t->m, true, t->s->out, &e))
        error_exit(&e);
    unlink(t->path);
    printf("saved: %s\n", t->s->out);
}

static void end(Training *t)
{
    instruct_batches_free(&t->batches);
    nn_optimizer_free(t->state.optimizer);
    nn_params_part(&t->trained);
    model_adapter_free(t->lora);
    chat_model_free(t->m);
}

int main(int argc, char **argv)
{
    Settings s = settings_parse(argc, argv);
    Error e = {""};
    Rng rng = rng_new(s.training.seed);
    Training t = {.s = &s, .m = chat_model_load(s.model, &rng, &e)};
    if (!t.m)
        error_exit(&e);
    if (s.context > t.m->decoder->config.context)
        s.context = t.m->decoder->config.context;
    ChatSet *set = read_data(&s);
    ChatExamples x = make_examples(&s, t.m, set);
    ChatPacks packs = chat_pack(&x, NULL, x.count, s.context, t.m->end);
    print_packing(&x, &packs);
    bool alone = s.band.curve != NULL;
    InstructMeasured before = alone ? (InstructMeasured){.groups = 0} : measure(t.m, &s, NULL);
    begin(&t, &packs);
    float *curve = memory_zero((size_t)s.training.steps + 1, sizeof *curve);
    train(&t, curve);
    printf("loss on the answers: %.2f at the first step, %.2f at the last\n", (double)curve[0],
           (double)curve[s.training.steps - 1]);
    save(&t);
    if (!alone) {
        InstructMeasured after = measure(t.m, &s, s.out);
        instruct_print(&before, &after);
    }
    end(&t);
    loss_band_report(&s.band, "ch06/expected/instruct_tune.band.tsv", curve, s.training.steps);
    free(curve);
    chat_packs_free(&packs);
    chat_examples_free(&x);
    chat_set_free(set);
    return error_finish();
}
