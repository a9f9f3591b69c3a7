/* bert_data.c -- the texts of a BERT, and the tokenizer that is learnt from them. */
#include "ch05/bert_data.h"

#include <string.h>

const char *bert_source_name(const BertSource *s)
{
    return s->corpus ? s->corpus : "the little world";
}

/* Which kinds of the little world are read. All: but lists of words and secret numbers, where nothing
 * can be guessed. */
static void choose_kinds(const OptionList *names, bool kinds[WORLD_KINDS])
{
    for (int kind = 0; kind < WORLD_KINDS; kind++)
        kinds[kind] = names->count == 0 && kind == WORLD_TRANSLATION;
    for (int i = 0; i < names->count; i++) {
        bool all = strcmp(names->texts[i], "all") == 0, found = all;
        for (int kind = 0; kind < WORLD_KINDS; kind++) {
            bool named = strcmp(names->texts[i], world_kind_name((WorldKind)kind)) == 0;
            kinds[kind] = kinds[kind] || named || (all && kind != WORLD_ANALOGY && kind != WORLD_CANARY);
            found = found || named;
        }
        if (!found)
            error_exitf("--kind: '%.60s': expected all, or a kind that build/tools/world --help lists",
                        names->texts[i]);
    }
}

/* WordPiece, as BERT has it, learnt from the training texts, or as the file says. */
static Tokenizer *make_tokenizer(const BertSource *s, const Lines *train, Error *e)
{
    if (s->tokenizer)
        return tokenizer_load(s->tokenizer, e);
    const TokenizerTraining how = {.model = TOKENIZER_WORDPIECE, .vocab = s->vocab};
    return tokenizer_train(&how, train->text, train->size, e);
}

/* The marks must be the first of the vocabulary: whatever comes after them may stand for a hidden token. */
static Masking masking_of(const Tokenizer *t, float share)
{
    Masking m = {.chosen = share, .hidden = 0.8f, .random = 0.1f, .vocab = tokenizer_count(t)};
    m.mask = tokenizer_id(t, "[MASK]");
    if (m.mask < 0)
        error_exitf("the tokenizer has no [MASK], which a bert is trained with");
    for (int id = 0; id < m.vocab; id++)
        m.first = tokenizer_special(t, id) ? id + 1 : m.first;
    if (m.first > m.vocab / 2)
        error_exitf("the tokenizer has a special token at %d of %d; expected them at the front",
                    m.first - 1, m.vocab);
    return m;
}

BertData bert_data_load(const BertSource *s, uint64_t seed)
{
    Error e = {""};
    BertData d = {0};
    Rng rng = rng_new(seed);
    Lines train, held_out;
    bool kinds[WORLD_KINDS];
    choose_kinds(&s->kinds, kinds);
    if (!s->corpus) {
        train = lines_of_world(kinds, WORLD_TRAIN, s->texts, &rng);
        held_out = lines_of_world(kinds, WORLD_TEST, s->texts / 10, &rng);
    } else if (!lines_of_file(s->corpus, &train, &held_out, &e)) {
        error_exit(&e);
    }
    if (!(d.tokenizer = make_tokenizer(s, &train, &e)) ||
        !texts_encode(&train, d.tokenizer, s->context, &d.train, &e) ||
        !texts_encode(&held_out, d.tokenizer, s->context, &d.held_out, &e))
        error_exit(&e);
    if (d.train.count == 0 || d.held_out.count == 0)
        error_exitf("%s: no text is left to train on or to hold out", bert_source_name(s));
    d.masking = masking_of(d.tokenizer, s->masked);
    d.pad = tokenizer_id(d.tokenizer, "[PAD]");
    d.pad = d.pad < 0 ? 0 : d.pad;
    lines_free(&train);
    lines_free(&held_out);
    return d;
}

void bert_data_free(BertData *d)
{
    texts_free(&d->train);
    texts_free(&d->held_out);
    tokenizer_free(d->tokenizer);
}
