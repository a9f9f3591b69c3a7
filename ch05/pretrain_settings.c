/* pretrain_settings.c -- the options of pretrain_gpt. */
#include "ch05/pretrain.h"

#include "common/plot/plot.h"

#include <string.h>

static void check(const Settings *s)
{
    const ModelGptConfig c = {1, s->context, s->layers, s->heads, s->channels, s->dropout};
    size_t length = strlen(s->tokenizer);
    bool file = length > 5 && strcmp(s->tokenizer + length - 5, ".json") == 0;
    if (s->align && !s->pack)
        error_exitf("--align: documents are told apart by --pack alone; give both");
    if (model_gpt_config_fault(&c))
        error_exitf("--heads %d, --channels %d: %s", s->heads, s->channels, model_gpt_config_fault(&c));
    if (!file && strcmp(s->tokenizer, "char") != 0 && strcmp(s->tokenizer, "bpe") != 0)
        error_exitf("--tokenizer: '%.40s' is not char, bpe or a file whose name ends in .json",
                    s->tokenizer);
}

Settings settings_parse(int argc, char **argv)
{
    static const char *const schedules[] = {"cosine", "linear", "constant", NULL}; /* as Schedule */
    Settings s = {.corpus = "common/text/tinyshakespeare.txt",
                  .tokenizer = "char",
                  .out = "ch05/out/gpt",
                  .layers = 4,
                  .heads = 4,
                  .channels = 128,
                  .context = 64,
                  .vocab = 1024,
                  .batch = 12,
                  .accumulate = 1,
                  .steps = 2000,
                  .warmup = 100,
                  .eval_every = 250,
                  .eval_batches = 20,
                  .sample = 400,
                  .rate = 1e-3f,
                  .min_rate = 1e-4f,
                  .weight_decay = 0.1f,
                  .beta2 = 0.99f,
                  .clip = 1,
                  .seed = 1337};
    const Option options[] = {
        option_file("corpus", &s.corpus, "a UTF-8 text"),
        option_file("tokenizer", &s.tokenizer, "char; bpe, learnt from the text; or a tokenizer.json"),
        option_int("vocab", &s.vocab, 257, TOKENIZER_VOCAB_MAX, "tokens of --tokenizer bpe"),
        option_string("apart", &s.apart,
                      "--tokenizer bpe: all that this pattern matches is a word, such as \\p{Han}"),
        option_flag("pack", &s.pack,
                    "documents, parted by blank lines or <|endoftext|>, end in <|endoftext|>"),
        option_flag("align", &s.align, "with --pack: a window begins where a document does, not anywhere"),
        option_int("layers", &s.layers, 1, 200, "blocks"),
        option_int("heads", &s.heads, 1, 256, "attention heads of a block"),
        option_int("channels", &s.channels, 1, 16384, "channels"),
        option_int("context", &s.context, 1, 65536, "tokens that the model sees at once"),
        option_int("batch", &s.batch, 1, 4096, "sequences that go through the model together"),
        option_int("accumulate", &s.accumulate, 1, 65536, "batches whose mean gradient makes a step"),
        option_int("steps", &s.steps, 1, 100000000, "training steps"),
        option_float("lr", &s.rate, 0, 10, "the maximum learning rate"),
        option_float("min-lr", &s.min_rate, 0, 10, "the learning rate at the end"),
        option_choice("schedule", &s.schedule, schedules, "how the learning rate falls"),
        option_int("warmup", &s.warmup, 0, 100000000, "steps over which the learning rate rises"),
        option_float("weight-decay", &s.weight_decay, 0, 10, "of the matrices, not of biases and norms"),
        option_float("beta2", &s.beta2, 0, 0.99999, "AdamW's memory of squared gradients"),
        option_float("clip", &s.clip, 0, 1e6, "longest gradient; 0 leaves it alone"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
        option_int("eval-every", &s.eval_every, 1, 100000000, "steps between evaluations"),
        option_int("eval-batches", &s.eval_batches, 1, 1000000, "batches of an evaluation"),
        option_int("save-every", &s.save_every, 0, 100000000,
                   "steps between checkpoints; 0: one with each evaluation"),
        option_flag("resume", &s.resume, "continue from the last checkpoint in --out"),
        option_int("sample", &s.sample, 0, 100000, "tokens of the sample at the end"),
        option_dir("out", &s.out, "folder of the model"),
        option_flag("half", &s.half,
                    "the model is saved with 16 bits a weight; --resume continues with 32"),
        option_flag("quick", &s.quick, "300 steps, evaluated every 100"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "Trains a GPT on a text, sections 5.3 and 5.4.", options);
    check(&s);
    if (s.quick)
        s.steps = 300, s.eval_every = 100;
    return s;
}

float settings_rate(const Settings *s, long step)
{
    switch ((Schedule)s->schedule) {
    case SCHEDULE_LINEAR:
        return nn_linear_rate(step, s->warmup, s->steps, s->rate, s->min_rate);
    case SCHEDULE_CONSTANT:
        return nn_constant_rate(step, s->warmup, s->rate);
    case SCHEDULE_COSINE:
        break;
    }
    return nn_cosine_rate(step, s->warmup, s->steps, s->rate, s->min_rate);
}
