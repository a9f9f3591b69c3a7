/* generate.c -- a trained model continues a text, section 5.4.4.
 *
 * It reads any folder of the families gpt2, llama, qwen2, qwen3, mistral, phi3 and gemma3 as on Hugging Face, ours or
 * others'. The prompt passes through the model once; then each new token does, and finds
 * the keys and values of those before it in a cache (common/model/lm.h and session.h). */
#include "common/base/base.h"
#include "common/model/lm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const quantizations[] = {"none", "int8", "int4", NULL}; /* in the order of QuantKind */

typedef struct Settings {
    const char *model, *prompt, *prompt_ids;
    OptionList stops;
    int quantize, cache;
    LmOptions how;
    bool print_ids, stats;
} Settings;

static Settings parse(int argc, char **argv, ModelSampling usual)
{
    Error e = {""};
    Settings s = {.model = "ch05/out/gpt", .how = lm_options()};
    s.how.sampling = usual;
    LmOptionGroup group = lm_option_group(&s.how, &s.stops);
    const Option options[] = {
        option_dir("model", &s.model,
                   "folder of the model: config.json, model.safetensors, tokenizer.json"),
        option_string("prompt", &s.prompt,
                      "the text to continue; without it, what a text begins with: BOS, a token between "
                      "texts or a line break"),
        option_string("prompt-ids", &s.prompt_ids, "tokens to continue instead, such as \"1 2 3\""),
        option_group(group.items),
        option_choice("quantize", &s.quantize, quantizations, "round the weights"),
        option_choice("cache", &s.cache, model_cache_names,
                      "how the keys and values of earlier tokens are kept"),
        option_flag("print-ids", &s.print_ids, "print the numbers of the new tokens and nothing else"),
        option_flag("stats", &s.stats, "say on standard error how fast it was"),
        OPTION_END};
    options_parse(argc, argv, "Continues a text with a trained model, section 5.4.4.", options);
    if (s.prompt && s.prompt_ids)
        error_exitf("--prompt, --prompt-ids: only one of them at a time");
    if (s.print_ids && s.stops.count)
        error_exitf("--stop: looks for texts, but --print-ids prints numbers");
    if (!lm_options_check(&s.how, &s.stops, &usual, &e))
        error_exit(&e);
    return s;
}

/* What the folder recommends takes the place of the usual, but not of what was given. */
static void take_recommended(Settings *s, const Lm *lm, int argc, char **argv)
{
    ModelSampling r;
    if (s->how.beams > 1 || !lm_sampling(lm, &r))
        return;
    fprintf(stderr,
            "%s/generation_config.json: unless given, temperature %g, top-k %d, top-p %g, min-p %g, "
            "repetition-penalty %g\n",
            s->model, (double)r.temperature, r.top_k, (double)r.top_p, (double)r.min_p, (double)r.penalty);
    *s = parse(argc, argv, r);
}

/* ---- the prompt ---------------------------------------------------------------------------------- */

/* "1 2 3" or "1,2,3" */
static void parse_ids(const char *text, int vocab, TokenList *ids)
{
    for (const char *at = text + strspn(text, " ,\t\n"); *at; at += strspn(at, " ,\t\n")) {
        char *end;
        errno = 0;
        long id = strtol(at, &end, 10);
        if (end == at || (*end && !strchr(" ,\t\n", *end)) || errno || id < 0 || id >= vocab)
            error_exitf("--prompt-ids: '%.20s': expected whole numbers from 0 to %d", at, vocab - 1);
        tokenizer_tokens_add(ids, (int)id, 0);
        at = end;
    }
    if (ids->count == 0)
        error_exitf("--prompt-ids: expected at least one number");
}

/* A folder without tokenizer.json serves where numbers go in and come out. */
static TokenList read_prompt(const Lm *lm, const Settings *s)
{
    Error e = {""};
    TokenList ids = {0};
    if (s->prompt_ids)
        parse_ids(s->prompt_ids, lm_model(lm)->config.vocab, &ids);
    if (!lm_writes(lm, &e) || (!(s->prompt_ids && s->print_ids) && !lm_tokenizer(lm, &e)))
        error_exit(&e);
    if (!s->prompt && !s->prompt_ids)
        lm_start(lm, &ids);
    if (s->prompt && !lm_encode(lm, s->prompt, true, &ids, &e))
        error_exitf("--prompt: %s", e.text);
    if (!tokenizer_complete(&ids, &e)) {
        if (ids.count == 0)
            error_exitf("--prompt: %s", e.text);
        fprintf(stderr, "--prompt: %zu characters are left out: %s\n", ids.dropped.count, e.text);
    }
    if (ids.count == 0)
        error_exitf(
            "--prompt: the text is empty, and this model's texts do not begin with a token of their own");
    int limit = s->how.context;
    if (limit > 0 && ids.count > (size_t)limit)
        fprintf(stderr, "--context: of the prompt's %zu tokens the model reads the last %d\n", ids.count,
                limit);
    return ids;
}

/* ---- what comes out ------------------------------------------------------------------------------ */

typedef struct Output {
    const char *prompt;      /* to be printed before the text */
    bool ids;                /* are printed, and nothing else */
    int tokens;              /* so far */
    double start, read, end; /* seconds: the beginning, the first token, the last */
} Output;

/* Prints a new token, or as much of the text as is certain; false when nobody takes what is written. */
static bool show(void *user, int id, const char *text)
{
    Output *o = user;
    if (!o->ids)
        printf("%s%s", o->tokens ? "" : o->prompt, text);
    else if (id >= 0)
        printf(o->tokens ? " %d" : "%d", id);
    if (id >= 0 && o->tokens++ == 0)
        o->read = clock_seconds();
    o->end = clock_seconds();
    return fflush(stdout) == 0;
}

static void print_stats(const Lm *lm, const Settings *s, const Output *o, size_t prompt, double load)
{
    double read = o->read - o->start, write = o->end - (s->how.beams > 1 ? o->start : o->read);
    int written = s->how.beams > 1 ? o->tokens : o->tokens - 1; /* the first comes with reading */
    fprintf(
        stderr,
        "loaded in %.2f s; for each token %.1f MB of weights (%s) and %.1f kB of cache; at most %.0f MB of "
        "memory\n",
        load, (double)model_run_bytes(lm_model(lm)) / 1e6,
        s->quantize ? quantizations[s->quantize] : "float32",
        (double)model_cache_bytes(&lm_model(lm)->config, (ModelCacheKind)s->cache) / 1e3, clock_peak_mb());
    if (s->how.beams == 1)
        fprintf(stderr, "read %zu tokens in %.3f s: %.0f tok/s\n", prompt, read, (double)prompt / read);
    if (written > 0)
        fprintf(stderr, "wrote %d tokens in %.3f s: %.1f tok/s\n", written, write, written / write);
}

int main(int argc, char **argv)
{
    ModelSampling usual = model_sampling_plain();
    usual.temperature = 0.8f;
    Settings s = parse(argc, argv, usual);
    Error e = {""};
    double start = clock_seconds();
    Lm *lm = lm_open(s.model, (QuantKind)s.quantize, &e);
    if (!lm)
        error_exit(&e);
    double load = clock_seconds() - start;
    lm_cache(lm, (ModelCacheKind)s.cache);
    take_recommended(&s, lm, argc, argv);
    TokenList ids = read_prompt(lm, &s);
    size_t prompt = ids.count;
    Output out = {s.prompt ? s.prompt : "", s.print_ids, .start = clock_seconds()};
    s.how.stops = s.stops.texts;
    s.how.stop_count = s.stops.count;
    s.how.show = show;
    s.how.user = &out;
    if (!lm_continue_ids(lm, &ids, &s.how, &e))
        error_exit(&e);
    putchar('\n');
    if (s.stats)
        print_stats(lm, &s, &out, prompt, load);
    tokenizer_tokens_free(&ids);
    lm_close(lm);
    return error_finish();
}
