/* tokenize_settings.c -- what the tool is told. */
#include "ch02/tokenize.h"
#include "common/base/base.h"

enum { TOKENS_MAX = 1 << 20 }; /* of a text, for --truncate and --pad */

Settings tokenize_settings(int argc, char **argv)
{
    static const char *const models[] = {[TOKENIZER_BPE] = "bpe",
                                         [TOKENIZER_WORDPIECE] = "wordpiece",
                                         [TOKENIZER_UNIGRAM] = "unigram",
                                         NULL};
    Settings s = {.vocab = 4096, .truncate = -1, .pad = -1, .seed = 1};
    const Option options[] = {
        option_file("train", &s.train, "the text to learn a tokenizer from"),
        option_choice("model", &s.model, models, "what is learnt"),
        option_int("vocab", &s.vocab, 1, TOKENIZER_VOCAB_MAX, "tokens of the new tokenizer"),
        option_string("apart", &s.apart,
                      "of bpe: all that this pattern matches is a word, such as \\p{Han}"),
        option_file("out", &s.out, "where the new tokenizer goes, such as tokenizer.json"),
        option_string("show", &s.show, "a text to show in tokens after training"),
        option_file("tokenizer", &s.tokenizer, "the tokenizer.json to use"),
        option_flag("encode", &s.encode, "standard input is text; prints its ids"),
        option_flag("decode", &s.decode, "standard input is ids; prints their text"),
        option_flag("tokens", &s.tokens,
                    "standard input is text; prints its tokens as the file spells them"),
        option_flag("explain", &s.explain,
                    "standard input is text; shows what each step of the pipeline makes of it"),
        option_flag("offsets", &s.offsets,
                    "standard input is text; prints each token with the bytes it comes from"),
        option_file("compare", &s.compare,
                    "standard input is text; how this tokenizer.json cuts it, beside the other"),
        option_flag("special", &s.special, "with the special tokens of the template; decoding shows them"),
        option_flag("lines", &s.lines, "each line of standard input is a text of its own"),
        option_int("truncate", &s.truncate, 0, TOKENS_MAX,
                   "tokens that stay of a text, the special ones included (0: as the tokenizer says)"),
        option_int("pad", &s.pad, 0, TOKENS_MAX,
                   "fill up each text to so many tokens, and to the longest (0: as the tokenizer says)"),
        option_flag("left", &s.left, "cut and fill up at the beginning, not at the end"),
        option_flag("mask", &s.mask, "below each text its attention mask: 0 for what fills up"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "Learns and uses tokenizers, section 2.2.2. Nothing in it is random.",
                  options);
    int jobs = s.encode + s.decode + s.tokens + s.explain + s.offsets + (s.compare != NULL);
    if (!s.train == !s.tokenizer)
        error_exitf("expected --train FILE or --tokenizer FILE, and not both");
    if (s.train && jobs > 0)
        error_exitf(
            "--encode, --decode, --tokens, --explain, --offsets and --compare go with --tokenizer FILE");
    if (s.tokenizer && jobs != 1)
        error_exitf(
            "--tokenizer: expected one of --encode, --decode, --tokens, --explain, --offsets, --compare");
    if (!(s.encode || s.tokens) && (s.lines || s.truncate >= 0 || s.pad >= 0))
        error_exitf("--lines, --truncate and --pad go with --encode or --tokens");
    if ((s.left && s.truncate < 0 && s.pad < 0) || (s.mask && s.pad < 0))
        error_exitf("--left goes with --truncate or --pad, and --mask with --pad");
    return s;
}
