/* dataset_tokens.c -- shards of text become shards of ids: documents one after the other, each closed by <|endoftext|>,
 * in sequences of --context ids. What does not fill the last sequence of a shard is carried to the next. */
#include "ch04/dataset.h"

#include "common/text/shards.h"
#include "common/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static Tokenizer *make_tokenizer(const Dataset *d, Error *e)
{
    static const char *const specials[] = {END_OF_TEXT, NULL};
    const DatasetSettings *s = d->settings;
    if (s->tokenizer)
        return tokenizer_load(s->tokenizer, e);
    char path[4096];
    size_t size;
    char *text = file_read(dataset_path(d, d->text.items[0].name, path), &size, e);
    const TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = s->vocab, .specials = specials};
    Tokenizer *t = text ? tokenizer_train(&how, text, size, e) : NULL;
    free(text);
    return t;
}

/* The one of the folder, where a killed run has made it; else it is made, and saved. */
static Tokenizer *open_tokenizer(Dataset *d, Error *e)
{
    char path[4096];
    dataset_path(d, "tokenizer.json", path);
    Tokenizer *t = d->vocab ? tokenizer_load(path, e) : make_tokenizer(d, e);
    if (!t)
        return NULL;
    bool good = tokenizer_id(t, END_OF_TEXT) >= 0 || error_set(e, "%s: has no token " END_OF_TEXT, path);
    good = good && (d->vocab == 0 || d->vocab == tokenizer_count(t) ||
                    error_set(e, "%s: is another tokenizer", path));
    if (good && d->vocab == 0) {
        d->vocab = tokenizer_count(t);
        good = tokenizer_save(t, path, e) && dataset_save(d, e);
    }
    if (good)
        return t;
    tokenizer_free(t);
    return NULL;
}

//> pack
/* Appends the ids of a shard of text, a document at a time. */
static bool encode(const Tokenizer *t, const char *text, size_t size, TokenList *list, long *documents,
                   Error *e)
{
    int end = tokenizer_id(t, END_OF_TEXT);
    const char *mark = "\n" END_OF_TEXT "\n";
    for (const char *at = text, *next; at < text + size; at = next + strlen(mark)) {
        next = memmem(at, (size_t)(text + size - at), mark, strlen(mark));
        if (!next)
            return error_set(e, "a document without " END_OF_TEXT " at its end");
        if (!tokenizer_encode(t, at, (size_t)(next - at), false, list, e))
            return false;
        tokenizer_tokens_add(list, end, 0);
        ++*documents;
    }
    return tokenizer_complete(list, e);
}

/* What fills whole sequences goes to the shard, the rest is carried. The last sequence of all is filled up. */
static bool pack(Dataset *d, TokenList *list, bool last, int end, Shard *s, Error *e)
{
    char path[4096];
    size_t context = (size_t)d->settings->context, size;
    while (last && list->count % context != 0)
        tokenizer_tokens_add(list, end, 0);
    size_t whole = list->count - list->count % context;
    d->carried = (int)(list->count - whole);
    for (int i = 0; i < d->carried; i++)
        d->carry[i] = list->ids[whole + (size_t)i];
    snprintf(s->name, sizeof s->name, "tokens-%06d.bin", d->tokens.count);
    s->tokens = (long)whole;
    char *bytes = text_shard_bytes(list->ids, whole, d->vocab, &size);
    s->hash = shard_hash(bytes, size);
    FileWriter *w = file_create(dataset_path(d, s->name, path), e); /* renamed when it is whole */
    if (w)
        file_write(w, bytes, size);
    free(bytes);
    return w && file_commit(w, e);
}
//< pack

static bool tokenize_shard(Dataset *d, const Tokenizer *t, Error *e)
{
    char path[4096];
    size_t size;
    const Shard *of = &d->text.items[d->tokens.count];
    Shard s = {.documents = 0};
    TokenList list = {0};
    char *text = file_read(dataset_path(d, of->name, path), &size, e);
    if (!text)
        return false;
    for (int i = 0; i < d->carried; i++)
        tokenizer_tokens_add(&list, d->carry[i], 0);
    bool good =
        shard_hash(text, size) == of->hash || error_set(e, "%s: has changed since it was written", path);
    good = good && encode(t, text, size, &list, &s.documents, e) &&
           pack(d, &list, d->tokens.count + 1 == d->text.count, tokenizer_id(t, END_OF_TEXT), &s, e);
    s.bytes = (long)size;
    free(text);
    tokenizer_tokens_free(&list);
    if (!good)
        return false;
    shard_add(&d->tokens, s);
    d->complete = d->tokens.count == d->text.count;
    return dataset_save(d, e);
}

bool dataset_tokenize(Dataset *d, Error *e)
{
    if (d->text.count == 0)
        return error_set(e, "%s: of %ld documents none was kept; manifest.json says why", d->settings->out,
                         d->counts.read.documents);
    Tokenizer *t = open_tokenizer(d, e);
    bool good = t != NULL;
    while (good && d->tokens.count < d->text.count)
        good = tokenize_shard(d, t, e);
    tokenizer_free(t);
    return good;
}
