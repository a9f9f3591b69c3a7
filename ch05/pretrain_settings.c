/* pretrain_settings.c -- the options of pretrain_gpt. */
#include "ch05/pretrain.h"

#include "common/plot/plot.h"

#include <string.h>

/* A folder of shards has its own tokenizer, and its documents end in <|endoftext|>. */
static void take_shards(Settings *s)
{
    static char tokenizer[4096];
    if (strcmp(s->corpus, SETTINGS_CORPUS) != 0)
        error_exitf("--shards and --corpus: one of them is what is read");
    if (strcmp(s->tokenizer, "char") != 0)
        error_exitf("--tokenizer: --shards brings its own");
    snprintf(tokenizer, sizeof tokenizer, "%s/tokenizer.json", s->shards);
    s->tokenizer = tokenizer;
    s->corpus = s->shards;
    s->pack = true;
}

static void check(Settings *s)
{
    if (s->shards)
        take_shards(s);
    const ModelConfig c = settings_model(s, 1, -1);
    size_t length = strlen(s->tokenizer);
    bool file = length > 5 && strcmp(s->tokenizer + length - 5, ".json") == 0;
    run_check(&s->run);
    if (s->align && !s->pack)
        error_exitf("--align: documents are told apart by --pack alone; give both");
    if (s->document_mask && !s->pack)
        error_exitf("--document-mask: documents are told apart by --pack alone; give both");
    if (s->zero > 0 && s->run.training.optimizer == NN_MUON)
        error_exitf("--zero %d: Muon needs whole matrices; --optimizer adamw updates number by number",
                    s->zero);
    if (s->form == FORM_GPT2 && (s->kv_heads || s->qk_norm))
        error_exitf("%s is for --form llama; a gpt2 has no such thing",
                    s->kv_heads ? "--kv-heads" : "--qk-norm");
    if (s->channels % s->heads != 0)
        error_exitf("--heads %d, --channels %d: the heads must divide the channels", s->heads, s->channels);
    if (model_config_fault(&c))
        error_exitf("--heads %d, --channels %d: %s", s->heads, s->channels, model_config_fault(&c));
    if (!file && strcmp(s->tokenizer, "char") != 0 && strcmp(s->tokenizer, "bpe") != 0)
        error_exitf("--tokenizer: '%.40s' is not char, bpe or a file whose name ends in .json",
                    s->tokenizer);
}

/* The llama form's feed-forward network has three matrices in place of two, so it is 2/3 as wide; a multiple of 32
 * suits the kernels. */
ModelConfig settings_model(const Settings *s, int vocab, int end)
{
    bool gpt2 = s->form == FORM_GPT2;
    return (ModelConfig){
        .family = gpt2         ? MODEL_GPT2
                  : s->qk_norm ? MODEL_QWEN3
                               : MODEL_LLAMA,
        .vocab = vocab,
        .context = s->context,
        .layers = s->layers,
        .channels = s->channels,
        .heads = s->heads,
        .kv_heads = s->kv_heads ? s->kv_heads : s->heads,
        .head_dim = s->channels / s->heads,
        .hidden = gpt2 ? 4 * s->channels : (8 * s->channels / 3 + 31) / 32 * 32,
        .activation = gpt2 ? MODEL_ACTIVATION_GELU_TANH : MODEL_ACTIVATION_SILU,
        .eps = 1e-5f,
        .rotary = {.kind = TENSOR_ROTARY_PLAIN, .theta = 10000, .factor = 1, .original = 1},
        .tied = true,
        .qkv_bias = gpt2,
        .output_bias = gpt2,
        .mlp_bias = gpt2,
        .ends = {end},
        .end_count = end >= 0};
}

static const char *const forms[] = {"gpt2", "llama", NULL};

void settings_note_model(const Settings *s, char *text, size_t size)
{
    snprintf(text, size,
             "--form %s%s\n--layers %d\n--heads %d\n--kv-heads %d\n--channels %d\n--context %d\n",
             forms[s->form], s->qk_norm ? " --qk-norm" : "", s->layers, s->heads, s->kv_heads, s->channels,
             s->context);
}

Settings settings_new(void)
{
    Settings s = {.corpus = SETTINGS_CORPUS,
                  .tokenizer = "char",
                  .layers = 4,
                  .heads = 4,
                  .channels = 128,
                  .context = 64,
                  .vocab = 1024,
                  .accumulate = 1,
                  .ranks = 1,
                  .eval_batches = 20,
                  .sample = 400,
                  .run = {.training = nn_training_new(), .out = "ch05/out/gpt", .eval_every = 250}};
    s.run.training.batch = 12;
    s.run.training.steps = 2000;
    s.run.training.seed = 1337;
    return s;
}

Settings settings_parse(int argc, char **argv)
{
    Settings s = settings_new();
    RunOptions run;
    run_options(&run, &s.run, "300 steps, evaluated every 100");
    const Option options[] = {
        option_title("text"),
        option_file("corpus", &s.corpus, "a UTF-8 text"),
        option_dir(
            "shards", &s.shards,
            "or the tokens of this folder and their tokenizer.json, as ch04/dataset_build writes them; "
            "packed"),
        option_file("tokenizer", &s.tokenizer, "char; bpe, learnt from the text; or a tokenizer.json"),
        option_int("vocab", &s.vocab, 257, TOKENIZER_VOCAB_MAX, "tokens of --tokenizer bpe"),
        option_string("apart", &s.apart,
                      "--tokenizer bpe: all that this pattern matches is a word, such as \\p{Han}"),
        option_flag("pack", &s.pack,
                    "documents, parted by blank lines or <|endoftext|>, end in <|endoftext|>"),
        option_flag("align", &s.align, "with --pack: a window begins where a document does, not anywhere"),
        option_flag("document-mask", &s.document_mask,
                    "with --pack: a document is read as if no other stood before it in the window"),
        option_title("model"),
        option_choice("form", &s.form, forms,
                      "llama: RMS norm, rotary positions, gated SiLU, no biases (section 3.8)"),
        option_int("layers", &s.layers, 1, 200, "blocks"),
        option_int("heads", &s.heads, 1, 256, "attention heads of a block"),
        option_int("kv-heads", &s.kv_heads, 0, 256,
                   "heads of the keys and values of --form llama, which heads share; 0: as many as heads"),
        option_flag("qk-norm", &s.qk_norm,
                    "--form llama: each head's queries and keys are normalized; saved as a qwen3"),
        option_int("channels", &s.channels, 1, 16384, "channels"),
        option_int("context", &s.context, 1, 65536, "tokens that the model sees at once"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_title("training"),
        option_int("accumulate", &s.accumulate, 1, 65536, "batches whose mean gradient makes a step"),
        option_int("ranks", &s.ranks, 1, 1024,
                   "processes that share each step; where mpirun starts this, it decides"),
        option_int("zero", &s.zero, 0, 3,
                   "what ranks share out: 1 moments, 2 gradients too, 3 parameters too (section 4.4.5)"),
        option_float("z-loss", &s.z_loss, 0, 1, "times the squared log of the normalizer; PaLM has 1e-4"),
        option_int("eval-batches", &s.eval_batches, 1, 1000000, "batches of an evaluation"),
        option_int("sample", &s.sample, 0, 100000, "tokens of the sample at the end"),
        option_group(run.items),
        OPTION_END};
    options_parse(argc, argv, "Trains a GPT on a text, sections 5.3 and 5.4.", options);
    if (s.run.quick)
        s.run.training.steps = 300, s.run.eval_every = 100;
    check(&s);
    return s;
}
