/* generate.c -- a trained model continues a text, section 5.4.4.
 *
 * It reads any folder of the families gpt2, llama and qwen2 as on Hugging Face, ours or
 * others'. The prompt passes through the model once; then each new token does, and finds
 * the keys and values of those before it in a cache. */
#include "common/base/base.h"
#include "common/model/beam.h"
#include "common/model/folder.h"
#include "common/model/session.h"
#include "common/model/sample.h"
#include "common/text/stream.h"
#include "common/tokenizer/tokenizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const quantizations[] = {"none", "int8", "int4", NULL}; /* in the order of QuantKind */

typedef struct Settings {
    const char *model, *prompt, *prompt_ids;
    OptionList stops;
    int count, quantize, context, beams;
    float length_penalty;
    ModelSampling sampling;
    uint64_t seed;
    bool print_ids, ignore_end, stats;
} Settings;

static const float usual_temperature = 0.8f;

/* A search for the most probable text draws nothing, and its cache holds all of it. */
static bool draws(const Settings *s)
{
    const ModelSampling *r = &s->sampling;
    return (r->temperature != 0 && r->temperature != usual_temperature) || r->top_k != 0 || r->top_p != 1 ||
           r->min_p != 0 || r->penalty != 1 || s->context != 0;
}

static void check(const Settings *s)
{
    if (s->prompt && s->prompt_ids)
        error_exitf("--prompt, --prompt-ids: only one of them at a time");
    if (s->prompt && !s->prompt[0])
        error_exitf("--prompt: the text is empty; the model needs at least one character to continue");
    for (int i = 0; i < s->stops.count; i++) {
        if (!s->stops.texts[i][0])
            error_exitf("--stop: the text is empty");
    }
    if (s->print_ids && s->stops.count)
        error_exitf("--stop: looks for texts, but --print-ids prints numbers");
    if (s->beams > 1 && draws(s))
        error_exitf("--beams: looks for the most probable text and draws nothing; leave out --temperature, "
                    "--top-k, "
                    "--top-p, --min-p, --repetition-penalty and --context");
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.model = "ch05/out/gpt",
                  .prompt = NULL,
                  .count = 200,
                  .beams = 1,
                  .length_penalty = 1,
                  .sampling = model_sampling_plain(),
                  .seed = 1};
    s.sampling.temperature = usual_temperature;
    const Option options[] = {
        option_dir("model", &s.model,
                   "folder of the model: config.json, model.safetensors, tokenizer.json"),
        option_string("prompt", &s.prompt, "the text to continue; without it, a line break"),
        option_string("prompt-ids", &s.prompt_ids, "tokens to continue instead, such as \"1 2 3\""),
        option_int("n", &s.count, 1, 1000000, "tokens to add at most"),
        option_float("temperature", &s.sampling.temperature, 0, 100,
                     "0: always the most probable (greedy); higher: more surprising"),
        option_int("top-k", &s.sampling.top_k, 0, 1 << 24, "draw among the K most probable; 0: among all"),
        option_float("top-p", &s.sampling.top_p, 1e-6, 1,
                     "draw among the most probable that together reach P"),
        option_float("min-p", &s.sampling.min_p, 0, 1,
                     "draw among those at least P times as likely as the first"),
        option_float("repetition-penalty", &s.sampling.penalty, 0.01, 100,
                     "above 1: tokens that came are less likely"),
        option_int("beams", &s.beams, 1, 64,
                   "above 1: the most probable whole text, looked for along so many at once"),
        option_float("length-penalty", &s.length_penalty, 0, 10, "of beams: log probability / length^X"),
        option_list("stop", &s.stops, "end before this text; may be given several times"),
        option_flag("ignore-end", &s.ignore_end, "continue after a token that ends a text"),
        option_choice("quantize", &s.quantize, quantizations, "round the weights"),
        option_int("context", &s.context, 0, 1 << 24, "tokens that the cache holds; 0: what is needed"),
        option_flag("print-ids", &s.print_ids, "print the numbers of the new tokens and nothing else"),
        option_flag("stats", &s.stats, "say on standard error how fast it was"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "Continues a text with a trained model, section 5.4.4.", options);
    check(&s);
    if (!s.prompt)
        s.prompt = "\n";
    return s;
}

/* ---- tokens: the one place that knows the tokenizer ---------------------------------------------- */

/* NULL where numbers go in and come out: a folder without tokenizer.json serves with these. */
static Tokenizer *tokens_open(const Settings *s, int vocab)
{
    Error e = {""};
    if (s->prompt_ids && s->print_ids)
        return NULL;
    Tokenizer *t = model_folder_tokenizer(s->model, vocab, NULL, &e);
    if (!t)
        error_exit(&e);
    return t;
}

static int *tokens_encode(const Tokenizer *t, const char *text, size_t *count)
{
    Error e = {""};
    TokenList list = {0};
    if (!tokenizer_encode(t, text, strlen(text), true, &list, &e))
        error_exitf("--prompt: %s", e.text);
    if (list.count == 0)
        error_exitf("--prompt: no tokens came of it");
    *count = list.count;
    free(list.types);
    return list.ids;
}

/* "1 2 3" or "1,2,3" */
static int *parse_ids(const char *text, int vocab, size_t *count)
{
    int *ids = memory_new((strlen(text) / 2 + 1) * sizeof *ids);
    *count = 0;
    for (const char *at = text + strspn(text, " ,\t\n"); *at; at += strspn(at, " ,\t\n")) {
        char *end;
        errno = 0;
        long id = strtol(at, &end, 10);
        if (end == at || (*end && !strchr(" ,\t\n", *end)) || errno || id < 0 || id >= vocab)
            error_exitf("--prompt-ids: '%.20s': expected whole numbers from 0 to %d", at, vocab - 1);
        ids[(*count)++] = (int)id;
        at = end;
    }
    if (*count == 0)
        error_exitf("--prompt-ids: expected at least one number");
    return ids;
}

/* ---- what comes out ------------------------------------------------------------------------------ */

typedef struct Output {
    const Settings *settings;
    TokenStream *tokens; /* NULL where numbers are printed */
    TextStream *text;
    int printed;
} Output;

/* Shows a new token, or as much of the text as is certain; false when a stop string has come, or nobody takes
 * what is written. */
static bool put_token(Output *o, int id)
{
    Error e = {""};
    if (o->settings->print_ids) {
        printf(o->printed++ ? " %d" : "%d", id);
    } else { /* a row to spare has no text */
        const char *bytes = tokenizer_stream_add(o->tokens, id, &e);
        fputs(text_stream_add(o->text, bytes ? bytes : "", bytes ? strlen(bytes) : 0), stdout);
    }
    return fflush(stdout) == 0 && !text_stream_stopped(o->text);
}

/* What was held back comes out. */
static void put_rest(Output *o)
{
    if (o->tokens) {
        const char *bytes = tokenizer_stream_end(o->tokens);
        fputs(text_stream_add(o->text, bytes, strlen(bytes)), stdout);
    }
    fputs(text_stream_end(o->text), stdout);
    putchar('\n');
}

static bool is_end(const Settings *s, const ModelConfig *c, int id)
{
    for (int i = 0; i < c->end_count && !s->ignore_end; i++) {
        if (c->ends[i] == id)
            return true;
    }
    return false;
}

typedef struct Timing {
    double load, read, write; /* seconds */
    int prompt, written;      /* tokens; writing counts from the second new one on */
} Timing;

//> generate
/* One token after another: logits, a draw, and the token is part of the text. Frees nothing. */
static void continue_text(const ModelRun *m, const Settings *s, Output *out, int *ids, int count,
                          Timing *time)
{
    long wanted = (long)count + s->count;
    int max = s->context > 0 && s->context < m->config.context ? s->context : m->config.context;
    ModelSession *session = model_session_new(m, 1, wanted < max ? (int)wanted : max);
    ModelSampler *sampler = model_sampler_new(&s->sampling, m->config.vocab);
    Rng rng = rng_new(s->seed);
    double start = clock_seconds();
    for (int i = 0; i < s->count; i++) {
        const float *logits = model_session_follow(session, 0, ids, count);
        if (i == 0) {
            time->read = clock_seconds() - start;
            start = clock_seconds();
        }
        int next = model_sampler_draw(sampler, logits, ids, count, &rng);
        bool end = is_end(s, &m->config, next);
        ids[count++] = next;
        time->written = i;
        if ((!end || s->print_ids) && !put_token(out, next))
            break;
        if (end)
            break;
    }
    time->write = clock_seconds() - start;
    model_sampler_free(sampler);
    model_session_free(session);
}
//< generate

/* The best of several texts, shown when it is known. */
static void search_text(const ModelRun *m, const Settings *s, Output *out, const int *ids, int count,
                        Timing *time)
{
    int room = m->config.context - count, max = s->count < room ? s->count : room;
    const ModelBeamSearch search = {.width = s->beams,
                                    .max = max,
                                    .alpha = s->length_penalty,
                                    .ends = m->config.ends,
                                    .end_count = s->ignore_end ? 0 : m->config.end_count};
    ModelBeam beams[64];
    ModelSession *session = model_session_new(m, s->beams, count + max);
    double start = clock_seconds();
    int found = model_beam_search(session, ids, count, &search, beams);
    time->write = clock_seconds() - start;
    time->written = found ? beams[0].count : 0;
    for (int i = 0; found && i < beams[0].count; i++) {
        bool end = is_end(s, &m->config, beams[0].ids[i]);
        if ((!end || s->print_ids) && !put_token(out, beams[0].ids[i]))
            break;
    }
    model_beams_free(beams, found);
    model_session_free(session);
}

static void print_stats(const ModelRun *m, const Settings *s, const Timing *t)
{
    fprintf(stderr, "loaded in %.2f s; %.1f MB of weights for each token (%s); at most %.0f MB of memory\n",
            t->load, (double)model_run_bytes(m) / 1e6, s->quantize ? quantizations[s->quantize] : "float32",
            clock_peak_mb());
    if (t->read > 0)
        fprintf(stderr, "read %d tokens in %.3f s: %.0f tok/s\n", t->prompt, t->read, t->prompt / t->read);
    if (t->written > 0)
        fprintf(stderr, "wrote %d tokens in %.3f s: %.1f tok/s\n", t->written, t->write,
                t->written / t->write);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Error e = {""};
    Timing time = {.load = clock_seconds()};
    size_t count = 0;
    ModelRun *m = model_run_load(s.model, (QuantKind)s.quantize, &e);
    if (!m)
        error_exit(&e);
    if (m->config.family == MODEL_BERT)
        error_exitf("%s: a bert fills gaps in a text and does not continue it", s.model);
    time.load = clock_seconds() - time.load;
    int *ids = s.prompt_ids ? parse_ids(s.prompt_ids, m->config.vocab, &count) : NULL;
    Tokenizer *tokenizer = tokens_open(&s, m->config.vocab);
    if (!ids)
        ids = tokens_encode(tokenizer, s.prompt, &count);
    time.prompt = (int)count;
    if (s.beams > 1 && count >= (size_t)m->config.context)
        error_exitf("--beams: the prompt has %zu tokens, but a context of %d leaves no room for more",
                    count, m->config.context);
    ids = memory_resize(ids, sizeof *ids * (count + (size_t)s.count));

    Output out = {&s, s.print_ids ? NULL : tokenizer_stream_new(tokenizer, false),
                  text_stream_new(s.stops.texts, s.stops.count), 0};
    if (!s.print_ids && !s.prompt_ids)
        fputs(s.prompt, stdout);
    if (s.beams > 1)
        search_text(m, &s, &out, ids, (int)count, &time);
    else
        continue_text(m, &s, &out, ids, (int)count, &time);
    put_rest(&out);
    if (s.stats)
        print_stats(m, &s, &time);
    text_stream_free(out.text);
    tokenizer_stream_free(out.tokens);
    tokenizer_free(tokenizer);
    free(ids);
    model_run_free(m);
    return error_finish();
}
