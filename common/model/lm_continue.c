/* lm_continue.c -- texts side by side, one lane of a session each: logits, a draw, and the token is part
 * of the text. */
#include "common/model/lm_parts.h"

#include "common/base/arena.h"
#include "common/model/beam.h"
#include "common/text/stream.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_STOPS = 64 };

LmOptions lm_options(void)
{
    LmOptions o = {
        .sampling = model_sampling_plain(), .max = 200, .beams = 1, .length_penalty = 1, .seed = 1};
    o.sampling.temperature = 0;
    return o;
}

/* ---- where a text ends --------------------------------------------------------------------------- */

/* Tokens that end a text, and stop texts; the spelling of a special token, which decoding leaves out, is
 * such a token. */
typedef struct Ends {
    int ids[MODEL_MAX_ENDS + MAX_STOPS], count;
    const char *stops[MAX_STOPS];
    int stop_count;
} Ends;

/* The special token that a text spells out somewhere, or -1. */
static int special_inside(const Tokenizer *t, const char *text)
{
    for (int id = 0; id < tokenizer_count(t); id++) {
        if (tokenizer_special(t, id) && strstr(text, tokenizer_token(t, id)))
            return id;
    }
    return -1;
}

static bool add_stop(Ends *ends, const Lm *lm, const char *stop, Error *e)
{
    int id = lm->tokenizer ? tokenizer_id(lm->tokenizer, stop) : -1;
    if (!lm_tokenizer(lm, e))
        return false;
    if (!stop[0])
        return error_set(e, "a stop text is empty");
    if (id >= 0 && tokenizer_special(lm->tokenizer, id)) {
        ends->ids[ends->count++] = id;
        return true;
    }
    int inside = special_inside(lm->tokenizer, stop);
    if (inside >= 0)
        return error_set(
            e, "the stop text '%.60s' holds the special token %.60s, which no text shows; give it alone",
            stop, tokenizer_token(lm->tokenizer, inside));
    ends->stops[ends->stop_count++] = stop;
    return true;
}

static bool ends_new(Ends *ends, const Lm *lm, const LmOptions *o, Error *e)
{
    const ModelConfig *c = &lm->model->config;
    *ends = (Ends){.count = 0};
    for (int i = 0; i < c->end_count && !o->ignore_ends; i++)
        ends->ids[ends->count++] = c->ends[i];
    if (o->stop_count > MAX_STOPS)
        return error_set(e, "%d stop texts: expected at most %d", o->stop_count, (int)MAX_STOPS);
    for (int i = 0; i < o->stop_count; i++) {
        if (!add_stop(ends, lm, o->stops[i], e))
            return false;
    }
    return true;
}

static bool is_end(const Ends *ends, int id)
{
    for (int i = 0; i < ends->count; i++) {
        if (ends->ids[i] == id)
            return true;
    }
    return false;
}

/* ---- one text that is written -------------------------------------------------------------------- */

typedef struct Writing {
    TokenList *ids; /* the prompt, then what is new */
    const Ends *ends;
    TokenStream *tokens; /* NULL without a tokenizer */
    TextStream *text;
    char *shown; /* all of the new text so far */
    size_t size, room;
    LmShow *show;
    void *user;
    Rng rng;
    bool done;
} Writing;

static Writing writing_new(const Lm *lm, TokenList *ids, const Ends *ends, const LmOptions *o,
                           uint64_t seed)
{
    Writing w = {.ids = ids,
                 .ends = ends,
                 .tokens = lm->tokenizer ? tokenizer_stream_new(lm->tokenizer, false) : NULL,
                 .text = text_stream_new(ends->stops, ends->stop_count),
                 .shown = memory_string(""),
                 .show = o->show,
                 .user = o->user,
                 .rng = rng_new(seed)};
    if (w.tokens)
        tokenizer_stream_follow(w.tokens, ids->ids, ids->count);
    return w;
}

/* Keeps a part of the text and shows it. */
static bool show(Writing *w, int id, const char *text)
{
    size_t size = strlen(text);
    if (w->size + size + 1 > w->room)
        w->shown = memory_resize(w->shown, w->room = 2 * (w->size + size + 1));
    memcpy(w->shown + w->size, text, size + 1);
    w->size += size;
    return !w->show || w->show(w->user, id, text);
}

/* A new token: it belongs to the ids, and its text is shown unless it ends the text. */
static void write_token(Writing *w, int id)
{
    Error ignored = {""}; /* a row to spare has no text */
    bool end = is_end(w->ends, id);
    const char *bytes = w->tokens && !end ? tokenizer_stream_add(w->tokens, id, &ignored) : NULL;
    tokenizer_tokens_add(w->ids, id, 0);
    const char *text = text_stream_add(w->text, bytes ? bytes : "", bytes ? strlen(bytes) : 0);
    w->done = !show(w, id, text) || end || text_stream_stopped(w->text);
}

/* Shows what was held back; the text, which the caller frees. */
static char *writing_end(Writing *w)
{
    const char *bytes = w->tokens ? tokenizer_stream_end(w->tokens) : "";
    char *last = memory_string(text_stream_add(w->text, bytes, strlen(bytes)));
    const char *rest = text_stream_end(w->text);
    if (last[0])
        show(w, -1, last);
    if (rest[0])
        show(w, -1, rest);
    free(last);
    tokenizer_stream_free(w->tokens);
    text_stream_free(w->text);
    return w->shown;
}

/* ---- texts side by side -------------------------------------------------------------------------- */

typedef struct Group {
    ModelSession *session;
    ModelSampler *sampler;
    Writing *texts; /* (count) */
    int *next;      /* (count) the last token of each */
    int count, vocab;
} Group;

//> continue
static void draw(Group *g, int i, const float *logits)
{
    Writing *w = &g->texts[i];
    g->next[i] = model_sampler_draw(g->sampler, logits, w->ids->ids, (int)w->ids->count, &w->rng);
    write_token(w, g->next[i]);
}

/* Each text alone: reads what the cache lacks of it, at first the prompt, at last one token; draws what
 * comes next. */
static void follow(Group *g)
{
    for (int i = 0; i < g->count; i++) {
        const TokenList *ids = g->texts[i].ids;
        if (!g->texts[i].done)
            draw(g, i, model_session_follow(g->session, i, ids->ids, (int)ids->count));
    }
}
//< continue

/* Whether each text has been read and has room for its last token. */
static bool can_step(const Group *g)
{
    for (int i = 0; i < g->count; i++) {
        int length = model_session_length(g->session, i);
        if (!g->texts[i].done && (length == 0 || length == model_session_capacity(g->session)))
            return false;
    }
    return true;
}

/* One token of all texts in one pass. A text that is done goes through as one token that nobody looks
 * at. */
static void step(Group *g)
{
    for (int i = 0; i < g->count; i++) {
        if (g->texts[i].done)
            model_session_rewind(g->session, i, 0);
    }
    const float *logits = model_session_step(g->session, g->next);
    for (int i = 0; i < g->count; i++) {
        if (!g->texts[i].done)
            draw(g, i, logits + (size_t)i * (size_t)g->vocab);
    }
}

static bool any_goes_on(const Group *g)
{
    for (int i = 0; i < g->count; i++) {
        if (!g->texts[i].done)
            return true;
    }
    return false;
}

static void write_group(Lm *lm, Writing *texts, int count, const LmOptions *o)
{
    Group g = {.session = lm->session,
               .sampler = model_sampler_new(&o->sampling, lm->model->config.vocab),
               .texts = texts,
               .next = memory_zero((size_t)count, sizeof(int)),
               .count = count,
               .vocab = lm->model->config.vocab};
    for (int i = 0; i < o->max && any_goes_on(&g); i++) {
        if (count > 1 && can_step(&g))
            step(&g);
        else
            follow(&g);
    }
    model_sampler_free(g.sampler);
    free(g.next);
}

/* ---- beams --------------------------------------------------------------------------------------- */

static bool search_beams(Lm *lm, Writing *w, const LmOptions *o, Error *e)
{
    enum { MAX_BEAMS = 64 };
    int context = lm->model->config.context, count = (int)w->ids->count, room = context - count;
    const ModelBeamSearch rules = {.width = o->beams,
                                   .max = o->max < room ? o->max : room,
                                   .alpha = o->length_penalty,
                                   .ends = w->ends->ids,
                                   .end_count = w->ends->count};
    ModelBeam beams[MAX_BEAMS];
    if (room < 1)
        return error_set(e, "the prompt has %d tokens, but a context of %d leaves no room for more", count,
                         context);
    if (o->beams > MAX_BEAMS)
        return error_set(e, "%d beams: expected at most %d", o->beams, (int)MAX_BEAMS);
    if (!model_lm_session(lm, o->beams, count + rules.max, context, e))
        return false;
    int found = model_beam_search(lm->session, w->ids->ids, count, &rules, beams);
    for (int i = 0; found > 0 && i < beams[0].count && !w->done; i++)
        write_token(w, beams[0].ids[i]);
    model_beams_free(beams, found);
    return true;
}

/* ---- the calls ----------------------------------------------------------------------------------- */

static bool check_prompt(const Lm *lm, const TokenList *ids, const LmOptions *o, Error *e)
{
    int context = lm->model->config.context;
    if (!lm_writes(lm, e))
        return false;
    if (ids->count == 0 && !tokenizer_complete(ids, e))
        return false;
    if (ids->count == 0)
        return error_set(e, "the prompt has no token, and the model needs one to continue");
    if (ids->count > (size_t)context && o->context == 0)
        return error_set(e, "the prompt has %zu tokens, but the model reads at most %d", ids->count,
                         context);
    return true;
}

/* Continues ids (count lists); texts (count) or NULL. */
static bool continue_lists(Lm *lm, TokenList *ids, int count, const LmOptions *o, char **texts, Error *e)
{
    Ends ends;
    bool good = ends_new(&ends, lm, o, e);
    size_t longest = 0;
    for (int i = 0; i < count && good; i++) {
        good = check_prompt(lm, &ids[i], o, e);
        longest = ids[i].count > longest ? ids[i].count : longest;
    }
    int context = lm->model->config.context,
        limit = o->context && o->context < context ? o->context : context;
    if (!good || (o->beams <= 1 && !model_lm_session(lm, count, (long)longest + o->max, limit, e)))
        return false;
    Writing *all = memory_new(sizeof *all * (size_t)count);
    for (int i = 0; i < count; i++)
        all[i] = writing_new(lm, &ids[i], &ends, o, o->seed + (uint64_t)i);
    if (o->beams > 1)
        good = search_beams(lm, all, o, e);
    else
        write_group(lm, all, count, o);
    for (int i = 0; i < count; i++) {
        char *text = writing_end(&all[i]);
        if (texts && good)
            texts[i] = text;
        else
            free(text);
    }
    free(all);
    return good;
}

bool lm_continue_ids(Lm *lm, TokenList *ids, const LmOptions *o, Error *e)
{
    const LmOptions usual = lm_options();
    return continue_lists(lm, ids, 1, o ? o : &usual, NULL, e);
}

char *lm_continue(Lm *lm, const char *prompt, const LmOptions *o, Error *e)
{
    const LmOptions usual = lm_options();
    TokenList ids = {0};
    char *text = NULL;
    if (lm_encode(lm, prompt, true, &ids, e))
        continue_lists(lm, &ids, 1, o ? o : &usual, &text, e);
    tokenizer_tokens_free(&ids);
    return text;
}

/* At most this many lanes: with more, the cache grows and a pass gains nothing. */
enum { AT_ONCE = 32 };

static bool continue_some(Lm *lm, const char *const *prompts, int count, const LmOptions *o, char **texts,
                          Error *e)
{
    TokenList ids[AT_ONCE] = {{0}};
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = lm_encode(lm, prompts[i], true, &ids[i], e);
    good = good && continue_lists(lm, ids, count, o, texts, e);
    for (int i = 0; i < count; i++)
        tokenizer_tokens_free(&ids[i]);
    return good;
}

bool lm_continue_all(Lm *lm, const char *const *prompts, int count, const LmOptions *o, char **texts,
                     Error *e)
{
    LmOptions plain = o ? *o : lm_options();
    int done = 0;
    plain.show = NULL;
    plain.beams = 1;
    while (done < count) {
        int n = count - done < AT_ONCE ? count - done : AT_ONCE;
        if (!continue_some(lm, prompts + done, n, &plain, texts + done, e))
            break;
        done += n;
        plain.seed += (uint64_t)n;
    }
    for (int i = 0; i < done && done < count; i++)
        free(texts[i]);
    return done == count;
}
