/* generate.c -- a trained model continues a text, section 5.4.4. */
#include "common/base/base.h"
#include "common/nn/checkpoint.h"
#include "common/text/chars.h"

#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    const char *model, *prompt;
    int count, top_k;
    float temperature;
    uint64_t seed;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {"ch05/out/gpt", "\n", 200, 0, 0.8f, 1};
    const Option options[] = {
        option_string("model", &s.model, "folder of the model, as pretrain_gpt writes it"),
        option_string("prompt", &s.prompt, "the text to continue"),
        option_int("n", &s.count, 1, 1000000, "tokens to add"),
        option_float("temperature", &s.temperature, 0, 100,
                     "0: always the likeliest; higher: more surprising"),
        option_int("top-k", &s.top_k, 0, 1000000, "draw among the K likeliest; 0: among all"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "Continues a text with a trained model, section 5.4.4.", options);
    if (!s.prompt[0])
        error_exitf("--prompt: the text is empty; the model needs at least one character to continue");
    return s;
}

//> generate
/* Prints the prompt, and after it one token after another. Frees ids. */
static void continue_text(const Gpt *m, const TextChars *chars, const Settings *s, int *ids, size_t count)
{
    Graph *g = nn_graph_new();
    Rng rng = rng_new(s->seed);
    char text[5];
    ids = memory_resize(ids, sizeof *ids * (count + (size_t)s->count));
    fputs(s->prompt, stdout);
    for (int i = 0; i < s->count; i++) {
        ids[count] = nn_gpt_next(g, m, ids, (int)count, s->temperature, s->top_k, &rng);
        text_chars_decode(chars, ids[count++], text);
        fputs(text, stdout);
        fflush(stdout);
    }
    putchar('\n');
    free(ids);
    nn_graph_free(g);
}
//< generate

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Error e = {""};
    char path[4096];
    size_t count = 0;
    if (snprintf(path, sizeof path, "%s/tokenizer.json", s.model) >= (int)sizeof path)
        error_exitf("%.64s...: the path is too long", s.model);
    Gpt *m = nn_gpt_load(s.model, &e);
    TextChars *chars = m ? text_chars_load(path, &e) : NULL;
    if (!chars)
        error_exit(&e);
    if (chars->count != m->config.vocab)
        error_exitf("%s: %d tokens, but the model has %d", path, chars->count, m->config.vocab);
    int *ids = text_chars_encode(chars, s.prompt, strlen(s.prompt), &count, &e);
    if (!ids)
        error_exitf("--prompt: %s", e.text);

    continue_text(m, chars, &s, ids, count);
    nn_gpt_free(m);
    text_chars_free(chars);
    return error_finish();
}
