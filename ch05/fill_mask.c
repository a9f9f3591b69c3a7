/* fill_mask.c -- a BERT fills the gaps of a text, sections 5.1 and 5.2.1.
 *
 * It reads any folder of the bert family as on Hugging Face, ours or others'. The encoder sees the whole
 * text at once; its masked language model turns the hidden state of each [MASK] into probabilities. */
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/lm.h"
#include "common/nn/argmax.h"
#include "common/tensor/kernels.h"

#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    const char *model;
    OptionList texts;
    int top;
    uint64_t seed;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.model = "ch05/models/book_bert", .top = 5, .seed = 1};
    const Option options[] = {
        option_dir("model", &s.model,
                   "folder of the model: config.json, model.safetensors, tokenizer.json"),
        option_list("text", &s.texts,
                    "a text with [MASK]; several times; without it, one in each language"),
        option_int("top", &s.top, 1, 1000, "tokens that are shown of each gap"), option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "A BERT fills the gaps of a text, sections 5.1 and 5.2.1. Nothing is random.",
                  options);
    if (s.texts.count == 0)
        s.texts = (OptionList){
            {"Amy ate an [MASK] from a red plate on Wednesday.", "艾米星期三在花园里买了一只[MASK]鸟。"},
            2};
    for (int i = 0; i < s.texts.count; i++) {
        if (!strstr(s.texts.texts[i], "[MASK]"))
            error_exitf("--text: '%.60s': expected a text with [MASK] in it", s.texts.texts[i]);
    }
    return s;
}

/* The most probable tokens of a gap: logits (V) are turned into probabilities. */
static void print_gap(const Tokenizer *t, float *logits, int vocab, int top)
{
    kernel_softmax_row(logits, vocab);
    for (int i = 0; i < top && i < vocab; i++) {
        int id = nn_argmax(logits, vocab);
        const char *token = tokenizer_token(t, id);
        printf("%s%s %.0f%%", i ? ", " : "    ", token ? token : "?", (double)(100 * logits[id]));
        logits[id] = -1;
    }
    putchar('\n');
}

static void fill(Lm *lm, const char *text, int top)
{
    Error e = {""};
    TokenList ids = {0};
    int n, vocab = lm_model(lm)->config.vocab, channels = lm_model(lm)->config.channels;
    const Tokenizer *t = lm_tokenizer(lm, &e);
    float *logits = memory_new(sizeof *logits * (size_t)vocab);
    float *states = lm_hidden(lm, text, &n, &e); /* (n,C) */
    if (!states || !lm_encode(lm, text, true, &ids, &e))
        error_exitf("--text: %s", e.text);
    puts(text);
    for (int i = 0; i < n; i++) {
        if (ids.ids[i] != tokenizer_id(t, "[MASK]"))
            continue;
        model_encode_logits(lm_model(lm), states + (size_t)i * (size_t)channels, 1, logits);
        print_gap(t, logits, vocab, top);
    }
    free(states);
    free(logits);
    tokenizer_tokens_free(&ids);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Error e = {""};
    Lm *lm = lm_open(s.model, QUANT_NONE, &e);
    if (!lm)
        error_exit(&e);
    if (lm_model(lm)->config.family != MODEL_BERT || lm_model(lm)->head.rows == 0)
        error_exitf("%s: expected a bert with its masked language model", s.model);
    if (!lm_tokenizer(lm, &e))
        error_exit(&e);
    if (tokenizer_id(lm_tokenizer(lm, NULL), "[MASK]") < 0)
        error_exitf("%s/tokenizer.json: expected a token [MASK]", s.model);
    for (int i = 0; i < s.texts.count; i++)
        fill(lm, s.texts.texts[i], s.top);
    lm_close(lm);
    return error_finish();
}
