/* dataset_manifest.c -- manifest.json: what a reader of the data set wants to know of it, and where a killed run
 * continues. */
#include "ch04/dataset.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "llm-book-dataset/1"

/* ---- writing -------------------------------------------------------------------------------------------- */

static json_t *settings_json(const Dataset *d)
{
    const DatasetSettings *s = d->settings;
    return json_pack("{s:i, s:i, s:f, s:i, s:i, s:f, s:i, s:i, s:i, s:s, s:s, s:I}", "languages",
                     s->languages, "personal", s->personal, "quality", (double)s->quality, "bands",
                     s->bands, "rows", s->rows, "threshold", (double)s->threshold, "shard_kb", s->shard_kb,
                     "context", s->context, "vocab", s->vocab, "tokenizer",
                     s->tokenizer ? s->tokenizer : "", "test", s->test ? s->test : "", "seed",
                     (json_int_t)s->seed);
}

static json_t *inputs_json(const Dataset *d)
{
    json_t *list = json_array();
    for (int i = 0; i < documents_files(d->documents); i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "path", documents_path(d->documents, i),
                                              "bytes", (json_int_t)documents_bytes(d->documents, i)));
    return list;
}

static json_t *tally_json(Tally t)
{
    return json_pack("{s:I, s:I}", "documents", (json_int_t)t.documents, "bytes", (json_int_t)t.bytes);
}

static json_t *counts_json(const DatasetCounts *c)
{
    json_t *rejected = json_object(), *kept = json_object(), *personal = json_object();
    for (int r = 0; r < REASONS; r++)
        json_object_set_new(rejected, reason_name((Reason)r), tally_json(c->rejected[r]));
    for (int l = 0; l < LANGUAGES; l++)
        json_object_set_new(kept, language_name((Language)l), tally_json(c->kept[l]));
    for (int k = 0; k < PII_KINDS; k++)
        json_object_set_new(personal, pii_kind_name((PiiKind)k), json_integer(c->personal[k]));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "read", tally_json(c->read), "rejected", rejected,
                     "kept", kept, "personal_data", personal, "lines_dropped", (json_int_t)c->lines_dropped,
                     "cut", (json_int_t)c->cut);
}

static json_t *shards_json(const ShardList *l)
{
    json_t *list = json_array();
    for (int i = 0; i < l->count; i++) {
        const Shard *s = &l->items[i];
        char hash[17];
        snprintf(hash, sizeof hash, "%016" PRIx64, s->hash);
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:s}", "name", s->name, "documents",
                                              (json_int_t)s->documents, "bytes", (json_int_t)s->bytes,
                                              "tokens", (json_int_t)s->tokens, "xxh3", hash));
    }
    return list;
}

bool dataset_write_manifest(const Dataset *d, Error *e)
{
    char path[4096];
    json_t *faults = json_array(), *carry = json_array();
    for (int i = 0; i < d->fault_count && i < DATASET_FAULTS; i++)
        json_array_append_new(faults, json_string(d->faults[i]));
    for (int i = 0; i < d->carried; i++)
        json_array_append_new(carry, json_integer(d->carry[i]));
    json_t *m =
        json_pack("{s:s, s:b, s:o, s:o, s:o, s:{s:i, s:I}, s:I, s:I, s:o, s:o, s:i, s:o, s:o}", "format",
                  FORMAT, "complete", (int)d->complete, "settings", settings_json(d), "inputs",
                  inputs_json(d), "counts", counts_json(&d->counts), "position", "file", d->position.file,
                  "record", (json_int_t)d->position.record, "seen_bytes", (json_int_t)d->log_bytes,
                  "damaged", (json_int_t)d->fault_count, "faults", faults, "text", shards_json(&d->text),
                  "vocab", d->vocab, "tokens", shards_json(&d->tokens), "carry", carry);
    char *text = json_dumps(m, JSON_INDENT(1));
    json_decref(m);
    FileWriter *w = text ? file_create(dataset_path(d, "manifest.json", path), e) : NULL;
    if (w)
        file_printf(w, "%s\n", text);
    free(text);
    return w ? file_commit(w, e) : error_set(e, "%s/manifest.json: cannot be written", d->settings->out);
}

/* ---- reading -------------------------------------------------------------------------------------------- */

/* A whole number from 0 to max. */
static bool read_number(const json_t *object, const char *name, long max, long *to, Error *e)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > max)
        return error_set(e, "%s: expected a whole number from 0 to %ld", name, max);
    *to = (long)json_integer_value(value);
    return true;
}

enum { MANY = 1 << 30 };
static const long most = (long)1 << 60;

static bool read_tally(const json_t *object, const char *name, Tally *t, Error *e)
{
    const json_t *tally = json_object_get(object, name);
    return read_number(tally, "documents", most, &t->documents, e) &&
           read_number(tally, "bytes", most, &t->bytes, e);
}

static bool read_counts(const json_t *counts, DatasetCounts *c, Error *e)
{
    const json_t *rejected = json_object_get(counts, "rejected"), *kept = json_object_get(counts, "kept"),
                 *personal = json_object_get(counts, "personal_data");
    bool good = read_tally(counts, "read", &c->read, e) &&
                read_number(counts, "lines_dropped", most, &c->lines_dropped, e) &&
                read_number(counts, "cut", most, &c->cut, e);
    for (int r = 0; r < REASONS && good; r++)
        good = read_tally(rejected, reason_name((Reason)r), &c->rejected[r], e);
    for (int l = 0; l < LANGUAGES && good; l++)
        good = read_tally(kept, language_name((Language)l), &c->kept[l], e);
    for (int k = 0; k < PII_KINDS && good; k++)
        good = read_number(personal, pii_kind_name((PiiKind)k), most, &c->personal[k], e);
    return good;
}

/* Names are those that the number of a shard gives: a manifest cannot point elsewhere. */
static bool read_shard(const json_t *item, const char *form, int i, Shard *s, Error *e)
{
    const char *name = json_string_value(json_object_get(item, "name")),
               *hash = json_string_value(json_object_get(item, "xxh3"));
    char *end = NULL;
    snprintf(s->name, sizeof s->name, form, i); /* NOLINT: one of two literals */
    s->hash = hash ? strtoull(hash, &end, 16) : 0;
    if (!name || strcmp(name, s->name) != 0 || !hash || strlen(hash) != 16 || *end)
        return error_set(e, "shard %d: expected the name %s and an xxh3 of 16 digits", i, s->name);
    return read_number(item, "documents", most, &s->documents, e) &&
           read_number(item, "bytes", most, &s->bytes, e) &&
           read_number(item, "tokens", most, &s->tokens, e);
}

static bool read_shards(const json_t *list, bool tokens, ShardList *l, Error *e)
{
    bool good = json_is_array(list) || error_set(e, "expected a list of shards");
    for (int i = 0; good && i < (int)json_array_size(list); i++) {
        Shard s = {.documents = 0};
        good = read_shard(json_array_get(list, (size_t)i), tokens ? "tokens-%06d.bin" : "text-%06d.txt", i,
                          &s, e);
        if (good)
            shard_add(l, s);
    }
    return good;
}

static bool read_carry(Dataset *d, const json_t *list, Error *e)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count >= (size_t)d->settings->context)
        return error_set(e, "carry: expected fewer than %d ids", d->settings->context);
    for (size_t i = 0; i < count; i++) {
        json_int_t id = json_integer_value(json_array_get(list, i));
        if (!json_is_integer(json_array_get(list, i)) || id < 0 || id >= d->vocab)
            return error_set(e, "carry: expected ids from 0 to %d", d->vocab - 1);
        d->carry[d->carried++] = (int)id;
    }
    return true;
}

static bool read_faults(Dataset *d, const json_t *m, Error *e)
{
    const json_t *list = json_object_get(m, "faults");
    long all = 0;
    if (!read_number(m, "damaged", MANY, &all, e))
        return false;
    size_t listed = all < DATASET_FAULTS ? (size_t)all : DATASET_FAULTS;
    if (json_array_size(list) != listed)
        return error_set(e, "faults: expected %zu", listed);
    for (; d->fault_count < (long)listed; d->fault_count++) {
        const char *what = json_string_value(json_array_get(list, (size_t)d->fault_count));
        if (!what)
            return error_set(e, "faults: expected texts");
        d->faults[d->fault_count] = memory_string(what);
    }
    d->fault_count = all;
    return true;
}

/* The name of the first setting that differs, or NULL. */
static const char *other_setting(const json_t *have, json_t *want)
{
    const char *name;
    json_t *value;
    json_object_foreach(want, name, value)
    {
        const json_t *other = json_object_get(have, name);
        bool same = json_is_real(value) ? json_real_value(value) == json_number_value(other)
                                        : json_equal(value, other);
        if (!same)
            return name;
    }
    return NULL;
}

static bool same_work(const Dataset *d, const json_t *m, Error *e)
{
    json_t *settings = settings_json(d), *inputs = inputs_json(d);
    const char *format = json_string_value(json_object_get(m, "format"));
    const char *other = other_setting(json_object_get(m, "settings"), settings);
    bool good = (format && strcmp(format, FORMAT) == 0) || error_set(e, "expected the format " FORMAT);
    good = good &&
           (!other || error_set(e, "begun with another --%s; --resume continues with the same", other));
    good = good && (json_equal(inputs, json_object_get(m, "inputs")) ||
                    error_set(e, "begun with other input files"));
    json_decref(settings);
    json_decref(inputs);
    return good;
}

static bool read_manifest(Dataset *d, const json_t *m, Error *e)
{
    const json_t *position = json_object_get(m, "position");
    long file = 0, vocab = 0;
    bool good = same_work(d, m, e) && read_counts(json_object_get(m, "counts"), &d->counts, e) &&
                read_number(position, "file", documents_files(d->documents), &file, e) &&
                read_number(position, "record", most, &d->position.record, e) &&
                read_number(m, "seen_bytes", most, &d->log_bytes, e) &&
                read_number(m, "vocab", 1 << 20, &vocab, e) &&
                read_shards(json_object_get(m, "text"), false, &d->text, e) &&
                read_shards(json_object_get(m, "tokens"), true, &d->tokens, e) && read_faults(d, m, e);
    if (!good)
        return false;
    d->position.file = (int)file;
    d->vocab = (int)vocab;
    d->complete = json_is_true(json_object_get(m, "complete"));
    return read_carry(d, json_object_get(m, "carry"), e) &&
           (d->tokens.count <= d->text.count || error_set(e, "more shards of tokens than of text"));
}

bool dataset_read_manifest(Dataset *d, const char *path, Error *e)
{
    size_t size;
    json_error_t why;
    Error inside = {""};
    char *text = file_read(path, &size, e);
    if (!text)
        return false;
    json_t *m = json_loadb(text, size, 0, &why);
    bool good = m ? read_manifest(d, m, &inside) : error_set(&inside, "line %d: %s", why.line, why.text);
    json_decref(m);
    free(text);
    return good || error_set(e, "%s: %s", path, inside.text);
}
