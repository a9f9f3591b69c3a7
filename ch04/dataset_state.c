/* dataset_state.c -- the folder of a data set: begun anew, or as a killed run left it. */
#include "ch04/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

char *dataset_path(const Dataset *d, const char *name, char path[4096])
{
    if (snprintf(path, 4096, "%s/%s", d->settings->out, name) >= 4096)
        error_exitf("%s: the path is too long", d->settings->out);
    return path;
}

uint64_t shard_hash(const char *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

void shard_add(ShardList *l, Shard s)
{
    l->items = memory_resize(l->items, (size_t)(l->count + 1) * sizeof *l->items);
    l->items[l->count++] = s;
}

void dataset_fault(Dataset *d, const char *what)
{
    fprintf(stderr, "damaged, the rest is left out: %s\n", what);
    if (d->fault_count < DATASET_FAULTS)
        d->faults[d->fault_count] = memory_string(what);
    d->fault_count++;
}

/* ---- seen.log ------------------------------------------------------------------------------------------- */

/* Bytes of a document in it: the hash and the signature. */
static size_t entry_size(const DatasetSettings *s)
{
    return sizeof(uint64_t) + (size_t)(s->bands * s->rows) * sizeof(uint16_t);
}

static void remember(Dataset *d, uint64_t hash, const uint16_t *signature)
{
    hash_set_add(&d->exact, hash);
    lsh_add(&d->near, signature);
}

void dataset_remember(Dataset *d, const Prepared *p)
{
    remember(d, p->hash, p->signature);
    fwrite(&p->hash, sizeof p->hash, 1, d->log);
    fwrite(p->signature, entry_size(d->settings) - sizeof p->hash, 1, d->log);
    d->log_bytes += (long)entry_size(d->settings);
}

/* Makes the tables from the first log_bytes of the log, and cuts off what a killed run wrote after them. */
static bool read_log(Dataset *d, const char *path, Error *e)
{
    size_t entry = entry_size(d->settings);
    unsigned char *bytes = memory_new(entry);
    long done = 0;
    rewind(d->log);
    for (; done < d->log_bytes && fread(bytes, entry, 1, d->log) == 1; done += (long)entry) {
        uint64_t hash;
        uint16_t signature[MINHASH_MAX];
        memcpy(&hash, bytes, sizeof hash);
        memcpy(signature, bytes + sizeof hash, entry - sizeof hash);
        remember(d, hash, signature);
    }
    free(bytes);
    if (done != d->log_bytes)
        return error_set(e, "%s: %ld bytes; the manifest says %ld", path, done, d->log_bytes);
    fseek(d->log, d->log_bytes, SEEK_SET);
    return ftruncate(fileno(d->log), d->log_bytes) == 0 || error_set(e, "%s: %s", path, strerror(errno));
}

static bool open_log(Dataset *d, Error *e)
{
    char path[4096];
    dataset_path(d, "seen.log", path);
    d->log = fopen(path, d->settings->resume ? "r+b" : "w+b");
    if (!d->log && d->settings->resume && errno == ENOENT)
        d->log = fopen(path, "w+b");
    if (!d->log)
        return error_set(e, "%s: %s", path, strerror(errno));
    return read_log(d, path, e);
}

bool dataset_save(Dataset *d, Error *e)
{
    if (fflush(d->log) != 0 || ferror(d->log) || fsync(fileno(d->log)) != 0)
        return error_set(e, "%s/seen.log: %s", d->settings->out, strerror(errno));
    return dataset_write_manifest(d, e);
}

/* ---- opening -------------------------------------------------------------------------------------------- */

/* Files of an earlier data set would be taken for parts of this one. */
static void remove_old(const Dataset *d)
{
    char path[4096];
    DIR *folder = opendir(d->settings->out);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strncmp(name, "text-", 5) == 0 || strncmp(name, "tokens-", 7) == 0 ||
            strcmp(name, "manifest.json") == 0 || strcmp(name, "tokenizer.json") == 0)
            remove(dataset_path(d, name, path));
    }
    if (folder)
        closedir(folder);
}

Dataset dataset_open(const DatasetSettings *s)
{
    Error e = {""};
    char path[4096];
    Dataset d = {.settings = s, .near = lsh_new(s->bands, s->rows, (double)s->threshold)};
    d.carry = memory_new((size_t)s->context * sizeof *d.carry);
    d.documents = documents_open(s->inputs.texts, s->inputs.count, &e);
    if (!d.documents || !file_make_directory(s->out, &e))
        error_exit(&e);
    bool known = s->resume && access(dataset_path(&d, "manifest.json", path), F_OK) == 0;
    if (!known)
        remove_old(&d);
    if ((known && !dataset_read_manifest(&d, path, &e)) || !open_log(&d, &e) ||
        !documents_seek(d.documents, d.position, &e))
        error_exit(&e);
    return d;
}

void dataset_free(Dataset *d)
{
    for (int i = 0; i < d->fault_count && i < DATASET_FAULTS; i++)
        free(d->faults[i]);
    free(d->carry);
    free(d->text.items);
    free(d->tokens.items);
    hash_set_free(&d->exact);
    lsh_free(&d->near);
    documents_close(d->documents);
    if (d->log)
        fclose(d->log);
}
