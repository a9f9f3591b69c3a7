/* fuzz_manifest.c -- damages a manifest of a data set at random and continues from it.
 *
 *     fuzz_manifest [--rounds N] [--seed N] [--seconds N]
 *
 * A refusal is one line that names the file. One that is taken stays within the inputs and the sizes of this run, and
 * what is written from it is taken again. */
#include "ch04/dataset.h"
#include "common/tests/fuzz.h"

static const char *const words[] = {"{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    ":",
                                    "\"",
                                    "null",
                                    "true",
                                    "-1",
                                    "0",
                                    "1",
                                    "0.5",
                                    "1e99",
                                    "9999999999",
                                    "\\u0000",
                                    "\xff",
                                    "\"carry\": [1, 2, 3]",
                                    "\"xxh3\": \"0\"",
                                    "\"name\": \"../x\"",
                                    "\"vocab\": 9"};

static void damage(FuzzBytes *b, Rng *rng)
{
    for (int n = 1 + rng_below(rng, 3); n > 0; n--) {
        const char *word = words[rng_below(rng, (int)(sizeof words / sizeof *words))];
        char digit = (char)('0' + rng_below(rng, 10));
        size_t at = fuzz_place(b, rng);
        if (rng_below(rng, 3) == 0)
            fuzz_splice(b, at, (size_t)rng_below(rng, 12), word, strlen(word));
        else { /* another digit */
            while (at < b->size && (b->at[at] < '0' || b->at[at] > '9'))
                at++;
            if (at < b->size)
                fuzz_splice(b, at, 1, &digit, 1);
        }
    }
}

static Dataset fresh(const DatasetSettings *s)
{
    Error e = {""};
    Dataset d = {.settings = s, .documents = documents_open(s->inputs.texts, s->inputs.count, &e)};
    if (!d.documents)
        error_exit(&e);
    d.carry = memory_new((size_t)s->context * sizeof *d.carry);
    return d;
}

static void make_seed(const DatasetSettings *s)
{
    Error e = {""};
    Dataset d = fresh(s);
    d.counts = (DatasetCounts){.read = {40, 4000}, .kept = {{3, 30}, {4, 40}}, .cut = 1};
    d.counts.rejected[REASON_NEAR] = (Tally){5, 50};
    shard_add(&d.text, (Shard){"text-000000.txt", 7, 70, 0, 0x1234});
    shard_add(&d.text, (Shard){"text-000001.txt", 2, 20, 0, 0x5678});
    shard_add(&d.tokens, (Shard){"tokens-000000.bin", 7, 70, 30, 0x9abc});
    d.faults[d.fault_count++] = memory_string("x: damaged");
    d.log_bytes = 2376;
    d.vocab = 300;
    d.carry[d.carried++] = 299;
    d.position = (DocumentsPosition){0, 3};
    if (!dataset_write_manifest(&d, &e))
        error_exit(&e);
    dataset_free(&d);
}

static void fail(const char *path, const char *what)
{
    fprintf(stderr, "fuzz_manifest: %s: %s\n", path, what);
    abort();
}

static bool takes(const DatasetSettings *s, const char *path, bool again)
{
    Error e = {""};
    Dataset d = fresh(s);
    bool taken = dataset_read_manifest(&d, path, &e);
    if (!taken && !fuzz_names(&e, path))
        fail(path, e.text);
    if (taken && (d.position.file > documents_files(d.documents) || d.carried >= s->context ||
                  d.log_bytes < 0 || d.tokens.count > d.text.count))
        fail(path, "was taken beyond its limits");
    if (taken && again && !dataset_write_manifest(&d, &e))
        fail(path, e.text);
    dataset_free(&d);
    return taken;
}

int main(int argc, char **argv)
{
    int rounds = 5000, seconds = 0, done = 0, taken = 0;
    uint64_t seed = 1;
    char folder[FUZZ_FOLDER], path[128], input[128];
    const Option options[] = {option_int("rounds", &rounds, 1, 100000000, "damaged manifests"),
                              option_int("seconds", &seconds, 0, 86400, "end after this time; 0: no limit"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages manifests at random and continues from them.", options);
    Rng rng = rng_new(seed);
    fuzz_make_folder(folder, "fuzz_manifest");
    snprintf(input, sizeof input, "%s/a.txt", folder);
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    fuzz_write(input, "text\n", 5);
    DatasetSettings s = {.out = folder,
                         .context = 8,
                         .bands = 32,
                         .rows = 4,
                         .threshold = 0.65f,
                         .quality = 0.5f,
                         .seed = 1};
    s.inputs.texts[s.inputs.count++] = input;
    make_seed(&s);
    FuzzBytes good;
    size_t size;
    char *bytes = file_read(path, &size, NULL);
    if (!bytes || size > FUZZ_ROOM)
        error_exitf("%s: a manifest of %zu bytes", path, size);
    memcpy(good.at, bytes, size);
    good.size = size;
    free(bytes);
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        FuzzBytes b = good;
        damage(&b, &rng);
        fuzz_write(path, b.at, b.size);
        if (!takes(&s, path, true))
            continue;
        taken++;
        if (!takes(&s, path, false))
            fail(path, "what was written from it is not taken");
    }
    remove(path);
    remove(input);
    rmdir(folder);
    return fuzz_finish(done, taken, "taken again");
}
