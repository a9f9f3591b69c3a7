/* lm_options.c -- the options of programs that continue texts. */
#include "common/model/lm.h"

LmOptionGroup lm_option_group(LmOptions *o, OptionList *stops)
{
    ModelSampling *s = &o->sampling;
    return (LmOptionGroup){
        {option_int("n", &o->max, 1, 1000000, "tokens to add at most"),
         option_float("temperature", &s->temperature, 0, 100,
                      "0: always the most probable (greedy); higher: more surprising"),
         option_int("top-k", &s->top_k, 0, 1 << 24, "draw among the K most probable; 0: among all"),
         option_float("top-p", &s->top_p, 1e-6, 1, "draw among the most probable that together reach P"),
         option_float("min-p", &s->min_p, 0, 1, "draw among those at least P times as likely as the first"),
         option_float("repetition-penalty", &s->penalty, 0.01, 100,
                      "above 1: tokens that came are less likely"),
         option_int("beams", &o->beams, 1, 64,
                    "above 1: the most probable whole text, looked for along so many at once"),
         option_float("length-penalty", &o->length_penalty, 0, 10, "of beams: log probability / length^X"),
         option_list("stop", stops,
                     "end before this text, or at this special token; may be given several times"),
         option_flag("ignore-end", &o->ignore_ends, "continue after a token that ends a text"),
         option_int("context", &o->context, 0, 1 << 24, "tokens that the cache holds; 0: what is needed"),
         option_seed(&o->seed), OPTION_END}};
}

/* A search for the most probable text draws nothing, and its cache holds all of it. */
static bool draws(const LmOptions *o, const ModelSampling *usual)
{
    const ModelSampling *s = &o->sampling;
    return (s->temperature != 0 && s->temperature != usual->temperature) || s->top_k != usual->top_k ||
           s->top_p != usual->top_p || s->min_p != usual->min_p || s->penalty != usual->penalty ||
           o->context != 0;
}

bool lm_options_check(const LmOptions *o, const OptionList *stops, const ModelSampling *usual, Error *e)
{
    for (int i = 0; i < stops->count; i++)
        if (!stops->texts[i][0])
            return error_set(e, "--stop: the text is empty");
    if (o->beams > 1 && draws(o, usual))
        return error_set(e, "--beams: looks for the most probable text and draws nothing; leave out "
                            "--temperature, --top-k, --top-p, --min-p, --repetition-penalty and --context");
    return true;
}
