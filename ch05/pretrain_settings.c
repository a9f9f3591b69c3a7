/* pretrain_settings.c -- the options of pretrain_gpt. */
#include "ch05/pretrain.h"

#include "common/plot/plot.h"

#include <string.h>

static void check(Settings *s)
{
    const ModelConfig c = model_config_gpt2((ModelConfig){.vocab = 1,
                                                          .context = s->context,
                                                          .layers = s->layers,
                                                          .heads = s->heads,
                                                          .channels = s->channels});
    size_t length = strlen(s->tokenizer);
    bool file = length > 5 && strcmp(s->tokenizer + length - 5, ".json") == 0;
    run_check(&s->run);
    if (s->align && !s->pack)
        error_exitf("--align: documents are told apart by --pack alone; give both");
    if (model_config_fault(&c))
        error_exitf("--heads %d, --channels %d: %s", s->heads, s->channels, model_config_fault(&c));
    if (!file && strcmp(s->tokenizer, "char") != 0 && strcmp(s->tokenizer, "bpe") != 0)
        error_exitf("--tokenizer: '%.40s' is not char, bpe or a file whose name ends in .json",
                    s->tokenizer);
}

Settings settings_parse(int argc, char **argv)
{
    Settings s = {.corpus = SETTINGS_CORPUS,
                  .tokenizer = "char",
                  .layers = 4,
                  .heads = 4,
                  .channels = 128,
                  .context = 64,
                  .vocab = 1024,
                  .accumulate = 1,
                  .eval_batches = 20,
                  .sample = 400,
                  .run = {.training = nn_training_new(), .out = "ch05/out/gpt", .eval_every = 250}};
    s.run.training.batch = 12;
    s.run.training.steps = 2000;
    s.run.training.seed = 1337;
    RunOptions run;
    run_options(&run, &s.run, "300 steps, evaluated every 100");
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
        option_int("accumulate", &s.accumulate, 1, 65536, "batches whose mean gradient makes a step"),
        option_float("dropout", &s.dropout, 0, 0.9, "share of activations set to zero"),
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
