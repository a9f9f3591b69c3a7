/* pretrain_data.c -- a text becomes tokens: nine tenths to train on, the rest held back.
 *
 * The text is cut in two before it is cut into tokens, so that a tokenizer which is learnt
 * here learns from the first part alone. The characters are an exception: their list is
 * that of the whole text, or the rest could hold some that have no number. */
#include "ch05/pretrain.h"

#include "common/text/corpus.h"
#include "common/text/shards.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define END_OF_TEXT "<|endoftext|>"

static const char *const specials[] = {END_OF_TEXT, NULL};

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t count_characters(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += starts_character(text[i]);
    return count;
}

/* The byte after the first nine tenths of the characters or, packed, after the document that ends
 * after them. */
static size_t find_cut(const char *text, size_t size, size_t characters, bool pack)
{
    size_t before = characters * 9 / 10, at = 0;
    for (; at < size; at++) {
        if (starts_character(text[at]) && before-- == 0)
            break;
    }
    if (!pack)
        return at;
    const char *end = memmem(text + at, size - at, END_OF_TEXT, strlen(END_OF_TEXT));
    return end ? (size_t)(end - text) + strlen(END_OF_TEXT) : size;
}

/* A resumed training takes the tokenizer that it has learnt before. */
static Tokenizer *make_tokenizer(const Settings *s, const char *text, size_t size, size_t cut, Error *e)
{
    char path[4096];
    if (strcmp(s->tokenizer, "char") == 0)
        return tokenizer_of_characters(text, size, s->pack ? specials : NULL, e);
    if (strcmp(s->tokenizer, "bpe") != 0)
        return tokenizer_load(s->tokenizer, e);
    if (s->run.resume)
        return tokenizer_load(run_path(&s->run, "tokenizer.json", path), e);
    const TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = s->vocab, .apart = s->apart};
    return tokenizer_train(&how, text, cut, e);
}

//> encode
static void encode(Data *d, const Settings *s, const char *text, size_t size, size_t cut)
{
    TokenList list = {0};
    Error e = {""};
    bool good = tokenizer_encode(d->tokenizer, text, cut, false, &list, &e);
    d->train = list.count;
    good = good && tokenizer_encode(d->tokenizer, text + cut, size - cut, false, &list, &e) &&
           tokenizer_complete(&list, &e);
    if (!good)
        error_exitf("%s: %s", s->corpus, e.text);
    d->ids = list.ids;
    d->count = list.count;
    free(list.types);
}
//< encode

static void check_size(const Data *d, const Settings *s)
{
    if (d->train <= (size_t)s->context || d->count - d->train <= (size_t)s->context)
        error_exitf(
            "%s: %zu tokens, of which %zu are held out; a context of %d needs more than %d held out, "
            "and more to train on",
            s->corpus, d->count, d->count - d->train, s->context, s->context);
}

//> align
/* Where windows begin that follow the documents of a part: with each document and, where one is longer
 * than a window, where the window before it ends. Returns how many there are. */
static size_t find_starts(const int *ids, size_t count, int end, int context, size_t **starts)
{
    size_t n = 0, room = 0;
    *starts = NULL;
    for (size_t i = 0; i + (size_t)context < count; i++) {
        if (i > 0 && ids[i - 1] != end && i - (*starts)[n - 1] < (size_t)context)
            continue;
        if (n == room)
            *starts = memory_resize(*starts, sizeof **starts * (room = 2 * room + 1024));
        (*starts)[n++] = i;
    }
    return n;
}
//< align

static char *read_text(Data *d, const Settings *s, size_t *size)
{
    Error e = {""};
    char told[TEXT_TOLD], *text = text_corpus_read(s->corpus, size, told, &e);
    if (!text)
        error_exit(&e);
    if (told[0])
        puts(told);
    d->characters = count_characters(text, *size);
    if (!s->pack)
        return text;
    char *packed = text_corpus_pack(text, *size, END_OF_TEXT, size, &d->documents);
    free(text);
    if (d->documents == 0)
        error_exitf("%s: --pack: the text holds no document, only blanks", s->corpus);
    if (d->documents == 1)
        error_exitf("%s: --pack: the text is one document, and some must be held out; expected blank lines "
                    "or " END_OF_TEXT " between documents%s",
                    s->corpus, packed[0] == '{' ? ", not JSON: take the texts out of it first" : "");
    return packed;
}

static void find_end(Data *d, const Settings *s)
{
    d->end = tokenizer_id(d->tokenizer, END_OF_TEXT);
    if (d->end < 0 || !tokenizer_special(d->tokenizer, d->end))
        error_exitf("%s: --pack needs a tokenizer with the special token " END_OF_TEXT, s->tokenizer);
}

static void load_text(Data *d, const Settings *s)
{
    Error e = {""};
    size_t size;
    char *text = read_text(d, s, &size);
    size_t cut = find_cut(text, size, count_characters(text, size), s->pack);
    d->tokenizer = make_tokenizer(s, text, size, cut, &e);
    if (!d->tokenizer)
        error_exit(&e);
    if (s->pack)
        find_end(d, s);
    encode(d, s, text, size, cut);
    free(text);
}

/* Tokens that are made already. What is held back begins with a document, as in a text. */
static void load_shards(Data *d, const Settings *s)
{
    Error e = {""};
    d->tokenizer = tokenizer_load(s->tokenizer, &e);
    if (d->tokenizer)
        d->ids = text_shards_read(s->shards, tokenizer_count(d->tokenizer), &d->count, &e);
    if (!d->ids)
        error_exit(&e);
    find_end(d, s);
    d->train = d->count / 10 * 9;
    while (d->train < d->count && d->ids[d->train - (d->train > 0)] != d->end)
        d->train++;
    for (size_t i = 1; i < d->count; i++) /* the last sequence is filled up with more of them */
        d->documents += d->ids[i] == d->end && d->ids[i - 1] != d->end;
}

Data data_load(const Settings *s)
{
    Data d = {.end = -1};
    if (s->shards)
        load_shards(&d, s);
    else
        load_text(&d, s);
    check_size(&d, s);
    if (s->align) {
        d.windows[0] = find_starts(d.ids, d.train, d.end, s->context, &d.starts[0]);
        d.windows[1] = find_starts(d.ids + d.train, d.count - d.train, d.end, s->context, &d.starts[1]);
    }
    return d;
}

/* A tokenizer from a file is known by the tokens that it has made of the text, wherever the file lies
 * now. */
static void note_tokenizer(const Settings *s, char *text, size_t size)
{
    if (strcmp(s->tokenizer, "bpe") == 0)
        snprintf(text, size, "--tokenizer bpe --vocab %d%s%.100s", s->vocab, s->apart ? " --apart " : "",
                 s->apart ? s->apart : "");
    else
        snprintf(text, size, "%s",
                 strcmp(s->tokenizer, "char") == 0 ? "--tokenizer char" : "a tokenizer from a file");
}

char *data_notes(const Settings *s, const Data *d)
{
    char fixed[768], more[256], model[256], tokenizer[160];
    settings_note_model(s, model, sizeof model);
    note_tokenizer(s, tokenizer, sizeof tokenizer);
    snprintf(fixed, sizeof fixed,
             "%s%s\n%d kinds of tokens\n"
             "%zu tokens of text (%016" PRIx64 ")\n",
             model, tokenizer, tokenizer_count(d->tokenizer), d->count, run_hash(d->ids, d->count));
    snprintf(more, sizeof more,
             "batches a step: %d\n--dropout %g\n--eval-batches %d\n--z-loss %g\nwindows that begin %s%s\n",
             s->accumulate, (double)s->dropout, s->eval_batches, (double)s->z_loss,
             s->align ? "with documents" : "anywhere",
             s->document_mask ? "; attention stays in a document" : "");
    return run_notes(&s->run, fixed, more);
}

void data_free(Data *d)
{
    tokenizer_free(d->tokenizer);
    free(d->ids);
    free(d->starts[0]);
    free(d->starts[1]);
}
