/* fuzz_warc.c -- damages archives, lists of JSON objects and texts at random, plain and compressed, and reads them.
 *
 *     fuzz_warc [--rounds N] [--seed N] [--seconds N]
 *
 * Built with the sanitizers it finds what reads where it must not. Beyond that it holds the readers to their word: each
 * document has the size it says and a zero byte after it, a refusal is one line that names the file, and after a
 * refusal the next file is read as if nothing had been. */
#include "ch04/documents.h"
#include "common/tests/fuzz.h"

#include <zlib.h>

static const struct {
    const char *name, *text;
} kinds[] = {
    {"a.warc",
     "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <http://a.example/>\r\nContent-Type: "
     "application/http\r\n"
     "Content-Length: 73\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html; "
     "charset=utf-8\r\n\r\n<p>page</p>\r\n\r\n"
     "\r\n\r\nWARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 5\r\n\r\nplain\r\n\r\nWARC/1.0\r\n"
     "WARC-Type: request\r\nContent-Length: 0\r\n\r\n\r\n\r\n"},
    {"a.jsonl", "{\"text\": \"one \\u4e2d\\n\", \"url\": \"http://a.example\"}\n{\"text\": "
                "\"two\"}\n\n{\"text\": \"\"}\n"},
    {"a.txt", "one\nline\n\ntwo\n<|endoftext|>\nthree\n\n\n<|endoftext|>\n"},
    {"a.html", "<p>page</p>"}};

static const char *const words[] = {"WARC/1.0\r\n",
                                    "Content-Length: ",
                                    "Content-Length: 99999999999\r\n",
                                    "\r\n\r\n",
                                    "\n",
                                    "\r",
                                    "-1",
                                    "0",
                                    "18446744073709551615",
                                    "HTTP/1.1 ",
                                    "Content-Type: ",
                                    "charset=",
                                    "{",
                                    "}",
                                    "\"text\":",
                                    "\\u0000",
                                    "\\ud800",
                                    "\"",
                                    "[",
                                    "null",
                                    "<|endoftext|>\n",
                                    "\xff",
                                    ": ",
                                    "WARC-Type: response\r\n"};

static void damage(FuzzBytes *b, Rng *rng)
{
    for (int n = 1 + rng_below(rng, 4); n > 0; n--) {
        const char *word = words[rng_below(rng, (int)(sizeof words / sizeof *words))];
        char byte = (char)rng_below(rng, 256);
        size_t old = (size_t)rng_below(rng, rng_below(rng, 4) ? 4 : 60);
        if (rng_below(rng, 2))
            fuzz_splice(b, fuzz_place(b, rng), old, word, strlen(word));
        else
            fuzz_splice(b, fuzz_place(b, rng), old, &byte, (size_t)rng_below(rng, 2));
    }
}

/* Compressed, and then damaged once more. */
static void compress_damaged(FuzzBytes *b, Rng *rng)
{
    FuzzBytes packed = {.size = 0};
    z_stream z = {.next_in = (unsigned char *)b->at,
                  .avail_in = (unsigned)b->size,
                  .next_out = (unsigned char *)packed.at,
                  .avail_out = FUZZ_ROOM};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        error_exitf("zlib cannot compress");
    packed.size = z.total_out;
    deflateEnd(&z);
    *b = packed;
    char byte = (char)rng_below(rng, 256);
    if (rng_below(rng, 2))
        fuzz_splice(b, fuzz_place(b, rng), (size_t)rng_below(rng, 4), &byte, (size_t)rng_below(rng, 2));
    else if (rng_below(rng, 2))
        b->size = fuzz_place(b, rng);
}

static void fail(const char *path, const char *what)
{
    fprintf(stderr, "fuzz_warc: %s: %s\n", path, what);
    abort();
}

/* Whether all of the file is sound. After it in the list is another, which must come. */
static bool read_all(const char *const *paths)
{
    Error e = {""};
    Document one;
    bool sound = true, last = false;
    Documents *d = documents_open(paths, 2, &e);
    if (!d)
        error_exit(&e);
    for (;;) {
        Error why = {""};
        if (documents_next(d, &one, &why)) {
            if (!one.bytes || one.bytes[one.size] != '\0' || one.size > DOCUMENT_MAX || !one.url)
                fail(paths[0], "a document without its size or its name");
            last = strcmp(one.bytes, "good\n") == 0 && documents_position(d).file == 1;
            document_free(&one);
            continue;
        }
        if (!why.text[0])
            break;
        if (!fuzz_names(&why, paths[0]))
            fail(paths[0], why.text);
        sound = false;
    }
    if (!last)
        fail(paths[0], "the next file was not read");
    documents_close(d);
    return sound;
}

int main(int argc, char **argv)
{
    int rounds = 20000, seconds = 0, done = 0, sound = 0;
    uint64_t seed = 1;
    char folder[FUZZ_FOLDER], path[128], next[128];
    const Option options[] = {option_int("rounds", &rounds, 1, 100000000, "damaged files"),
                              option_int("seconds", &seconds, 0, 86400, "end after this time; 0: no limit"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages archives and texts at random and reads them.", options);
    Rng rng = rng_new(seed);
    fuzz_make_folder(folder, "fuzz_warc");
    snprintf(next, sizeof next, "%s/next.txt", folder);
    fuzz_write(next, "good\n", 5);
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        int kind = rng_below(&rng, 4);
        bool packed = rng_below(&rng, 2);
        FuzzBytes b = {.size = strlen(kinds[kind].text)};
        memcpy(b.at, kinds[kind].text, b.size);
        damage(&b, &rng);
        if (packed)
            compress_damaged(&b, &rng);
        snprintf(path, sizeof path, "%s/%s%s", folder, kinds[kind].name, packed ? ".gz" : "");
        fuzz_write(path, b.at, b.size);
        sound += read_all((const char *const[]){path, next});
        remove(path);
    }
    remove(next);
    rmdir(folder);
    return fuzz_finish(done, sound, "read to their end");
}
