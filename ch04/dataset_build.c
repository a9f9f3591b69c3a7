/* dataset_build.c -- from web pages to shards of tokens, section 4.1.3.
 *
 * Reads documents one after the other, so the input may be larger than the memory. A few at a time are prepared in
 * parallel: text out of HTML, language, rules, a classifier, a MinHash signature, personal data. Whether one is a copy
 * depends on those before it and is decided in their order, so the result is the same for any number of threads. What
 * is kept goes to shards of text, and these become shards of tokens. Killed at any moment, it continues with --resume
 * to the same bytes. */
#include "ch04/dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BATCH = 64 };

typedef struct Kind {
    char name[24]; /* first word of the host name: what the sample says that it planted */
    long documents, kept, stage[STAGES];
} Kind;

enum { KINDS = 32 };

typedef struct Build {
    Judges judges;
    Dataset data;
    FileWriter *writer; /* of the shard of text that is being filled, or NULL */
    Shard shard;
    Kind kinds[KINDS];
    int kind_count;
    char *body;  /* of the shard, for its hash */
    size_t room; /* of body */
} Build;

/* ---- deciding ------------------------------------------------------------------------------------------- */

//> admit
/* Whether the document is kept: what it tells alone, and what those before it tell. */
static Reason admit(Dataset *data, const Prepared *p)
{
    if (p->reason > REASON_NO_TEXT && hash_set_has(&data->exact, p->hash))
        return REASON_EXACT;
    if (p->reason < REASON_NEAR)
        return p->reason;
    if (lsh_find(&data->near, p->signature) >= 0)
        return REASON_NEAR;
    return p->reason; /* REASONS: kept */
}
//< admit

/* "http://spam.example/7" and "web/spam-7.html#1" are of the kind spam. */
static void count_kind(Build *b, const char *url, Reason reason)
{
    const char *host = strstr(url, "://"), *file = strrchr(url, '/');
    const char *from = host ? host + 3 : file ? file + 1 : url;
    char name[24];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(from, "./-"), from);
    int i = 0;
    while (i < b->kind_count && strcmp(b->kinds[i].name, name) != 0)
        i++;
    if (i == KINDS)
        return;
    if (i == b->kind_count)
        strcpy(b->kinds[b->kind_count++].name, name);
    b->kinds[i].documents++;
    if (reason == REASONS)
        b->kinds[i].kept++;
    else
        b->kinds[i].stage[reason_stage(reason)]++;
}

static void count(DatasetCounts *c, const Document *d, const Prepared *p, Reason reason)
{
    Tally *of = reason == REASONS ? &c->kept[p->language] : &c->rejected[reason];
    c->read.documents++;
    c->read.bytes += (long)d->size;
    c->cut += d->cut;
    of->documents++;
    of->bytes += (long)(reason == REASONS ? p->size : p->before);
    c->lines_dropped += reason == REASONS ? p->lines_dropped : 0;
    for (int kind = 0; kind < PII_KINDS && reason == REASONS; kind++)
        c->personal[kind] += p->personal[kind];
}

/* ---- writing -------------------------------------------------------------------------------------------- */

static void stop(const Error *e, Build *b)
{
    if (b->writer)
        file_abandon(b->writer);
    error_exit(e);
}

static void write_document(Build *b, const Prepared *p)
{
    char path[4096];
    Error e = {""};
    if (!b->writer) {
        b->shard = (Shard){.documents = 0};
        snprintf(b->shard.name, sizeof b->shard.name, "text-%06d.txt", b->data.text.count);
        b->writer = file_create(dataset_path(&b->data, b->shard.name, path), &e);
        if (!b->writer)
            stop(&e, b);
    }
    size_t end = strlen("\n" END_OF_TEXT "\n"), at = (size_t)b->shard.bytes, size = p->size;
    while (size > 0 && p->text[size - 1] == '\n')
        size--;
    if (at + size + end > b->room)
        b->body = memory_resize(b->body, b->room = 2 * (at + size + end));
    memcpy(b->body + at, p->text, size);
    memcpy(b->body + at + size, "\n" END_OF_TEXT "\n", end);
    file_write(b->writer, b->body + at, size + end);
    b->shard.bytes += (long)(size + end);
    b->shard.documents++;
}

/* The shard is whole: from now on a killed run continues after it. */
static void end_shard(Build *b)
{
    Error e = {""};
    if (b->writer) {
        FileWriter *w = b->writer;
        b->writer = NULL;
        b->shard.hash = shard_hash(b->body, (size_t)b->shard.bytes);
        if (!file_commit(w, &e))
            error_exit(&e);
        shard_add(&b->data.text, b->shard);
        b->shard = (Shard){.documents = 0};
    }
    b->data.position = documents_position(b->data.documents);
    if (!dataset_save(&b->data, &e))
        error_exit(&e);
}

/* ---- a batch -------------------------------------------------------------------------------------------- */

/* Up to BATCH documents, and of large ones fewer. */
static int read_batch(Build *b, Document *batch)
{
    int n = 0;
    size_t bytes = 0;
    while (n < BATCH && bytes < DOCUMENT_MAX) {
        Error e = {""};
        if (documents_next(b->data.documents, &batch[n], &e))
            bytes += batch[n++].size;
        else if (!e.text[0])
            break;
        else
            dataset_fault(&b->data, e.text);
    }
    return n;
}

//> batch
static void do_batch(Build *b, Document *batch, int n)
{
    Prepared prepared[BATCH];
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < n; i++)
        prepared[i] = dataset_prepare(&b->judges, &batch[i]);
    for (int i = 0; i < n; i++) { /* in their order */
        Reason reason = admit(&b->data, &prepared[i]);
        if (reason == REASONS) {
            dataset_remember(&b->data, &prepared[i]);
            write_document(b, &prepared[i]);
        }
        count(&b->data.counts, &batch[i], &prepared[i], reason);
        count_kind(b, batch[i].url, reason);
        free(prepared[i].text);
        document_free(&batch[i]);
    }
}
//< batch

static void build_text(Build *b)
{
    Document batch[BATCH];
    long limit = b->data.settings->shard_kb * 1024L;
    Progress bar = progress_begin("files", documents_files(b->data.documents));
    for (int n; (n = read_batch(b, batch)) > 0;) {
        do_batch(b, batch, n);
        if (b->shard.bytes >= limit)
            end_shard(b);
        progress_update(&bar, documents_position(b->data.documents).file, "%ld documents",
                        b->data.counts.read.documents);
    }
    progress_end(&bar);
    end_shard(b);
}

static void print_kinds(const Build *b)
{
    static const char *const names[STAGES] = {"no text",    "exact", "language", "rules",
                                              "classifier", "near",  "test",     "personal"};
    puts("\nWhat became of each kind that was planted:");
    Tabular *t = tabular_new();
    tabular_column(t, "kind");
    tabular_numbers(t, "documents", NULL, 0, TABULAR_NONE);
    for (int s = 0; s < STAGES; s++)
        tabular_numbers(t, names[s], NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "kept", NULL, 0, TABULAR_NONE);
    for (int i = 0; i < b->kind_count; i++) {
        tabular_text(t, b->kinds[i].name);
        tabular_number(t, (double)b->kinds[i].documents);
        for (int s = 0; s < STAGES; s++)
            tabular_number(t, (double)b->kinds[i].stage[s]);
        tabular_number(t, (double)b->kinds[i].kept);
    }
    tabular_print(t);
}

int main(int argc, char **argv)
{
    Error e = {""};
    DatasetSettings s = dataset_settings(argc, argv);
    Rng rng = rng_new(s.seed);
    double start = clock_seconds();
    Build b = {.data = dataset_open(&s)};
    long before = b.data.counts.read.bytes;
    if (b.data.complete) {
        printf("%s is complete\n", s.out);
        return error_finish();
    }
    b.judges = (Judges){.settings = &s,
                        .language = language_model_new(),
                        .classifier = quality_classifier_of_world(s.seed),
                        .hash = minhash_new(s.bands * s.rows, &rng)};
    if (s.test && !contamination_read(&b.judges.test, s.test, &e))
        error_exit(&e);
    double ready = clock_seconds();
    build_text(&b);
    double built = clock_seconds();
    if (!dataset_tokenize(&b.data, &e) || !dataset_report(&b.data, &e))
        error_exit(&e);
    dataset_print(&b.data);
    if (s.planted)
        print_kinds(&b);
    printf("\ntimes: models %.1f s, text %.1f s (%.1f MB/s), tokens %.1f s; peak memory %.0f MB, of it "
           "hash tables %.1f MB\n",
           ready - start, built - ready,
           (double)(b.data.counts.read.bytes - before) / 1e6 / (built - ready), clock_seconds() - built,
           clock_peak_mb(), (double)(hash_set_bytes(&b.data.exact) + lsh_bytes(&b.data.near)) / (1 << 20));
    printf("saved: %s\n", s.out);
    language_model_free(b.judges.language);
    quality_classifier_free(b.judges.classifier);
    contamination_free(&b.judges.test);
    dataset_free(&b.data);
    free(b.body);
    return error_finish();
}
