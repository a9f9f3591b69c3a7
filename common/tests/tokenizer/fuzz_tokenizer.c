/* fuzz_tokenizer.c -- damages small tokenizer.json files at random, opens them, and works with what opens.
 *
 *     fuzz_tokenizer [--rounds N] [--seed N] [--seconds N]
 *
 * Built with the sanitizers it finds what reads where it must not. Beyond that
 * it holds the reader to its word: a refusal is one line that names the file; a
 * tokenizer that is accepted encodes and decodes text, UTF-8 or not, with ids
 * of its vocabulary, also in batches, and what it saves loads again and encodes the same. Read into
 * a tree as a whole it is the same tokenizer. The files to damage are the seeds in
 * fixtures/tokenizer/seeds. */
#include "common/tests/fuzz.h"
#include "common/text/utf8.h"
#include "common/tokenizer/parts.h"

#include <glob.h>

enum { SEEDS = 32 };

/* What such a file is made of, and numbers at the edges. */
static const char *const words[] = {"{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    ":",
                                    "\"",
                                    "\\",
                                    "\\u0000",
                                    "\\u00e9",
                                    "\\n",
                                    "-0",
                                    "01",
                                    "1.",
                                    "\\ud800",
                                    "null",
                                    "true",
                                    "false",
                                    "0",
                                    "1",
                                    "-1",
                                    "0.5",
                                    "1e308",
                                    "-1e308",
                                    "255",
                                    "65536",
                                    "4194303",
                                    "4194304",
                                    "2147483648",
                                    "9223372036854775807",
                                    "\"a\"",
                                    "\"\"",
                                    "\"a b\"",
                                    "[\"a\",\"b\"]",
                                    "\"##\"",
                                    "\"type\":\"Sequence\"",
                                    "\"type\":\"NFKC\"",
                                    "\"type\":\"Split\"",
                                    "\"type\":\"ByteLevel\"",
                                    "\"type\":\"Metaspace\"",
                                    "\"type\":\"BPE\"",
                                    "\"type\":\"Unigram\"",
                                    "\"type\":\"WordPiece\"",
                                    "\"type\":\"BertNormalizer\"",
                                    "\"type\":\"BertPreTokenizer\"",
                                    "\"type\":\"Fuse\"",
                                    "\"type\":\"Strip\"",
                                    "\"byte_fallback\":true",
                                    "\"ignore_merges\":true",
                                    "\"fuse_unk\":true",
                                    "\"lstrip\":true",
                                    "\"rstrip\":true",
                                    "\"single_word\":true",
                                    "\"normalized\":true",
                                    "\"invert\":true",
                                    "(a|b)*",
                                    "\\\\s+(?!\\\\S)",
                                    "(?i:",
                                    "x*",
                                    "\\\\K",
                                    "(?=a)",
                                    "{1,60000}",
                                    "{2}+",
                                    "{,2}",
                                    "[a[b]",
                                    "&&",
                                    "\\\\w",
                                    "\\\\u4e00",
                                    "\xff",
                                    "\xe2\x96\x81",
                                    " ",
                                    "\"end_of_word_suffix\":\"b\"",
                                    "\"max_input_chars_per_word\":1",
                                    "\"truncation\":{\"max_length\":3}",
                                    "\"strategy\":\"OnlySecond\"",
                                    "\"padding\":{\"strategy\":{\"Fixed\":9}}",
                                    "\"direction\":\"Left\""};

static const char *const texts[] = {"",
                                    "a",
                                    "ab ba aab  b",
                                    "Hello, wOrld! 123 it's \xe2\x96\x81x",
                                    "\xc3\xa9\xcc\x81\xe4\xb8\xad\xe6\x96\x87",
                                    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd\xff\xfe\xe4\xb8",
                                    "[CLS] a [SEP]<s>\n\n\t x"};

static void fail(const FuzzBytes *b, const char *what)
{
    fprintf(stderr, "fuzz_tokenizer: %s:\n%.*s\n", what, (int)b->size, b->at);
    abort();
}

/* ---- damage -------------------------------------------------------------------------------------- */

/* A place just after one of the characters that JSON is made of, so that the file more often stays JSON. */
static size_t joint(const FuzzBytes *b, Rng *rng)
{
    size_t at = fuzz_place(b, rng);
    while (at > 0 && at < b->size && !strchr("{}[],:\"", b->at[at - 1]))
        at++;
    return at;
}

static void move_piece(FuzzBytes *b, Rng *rng)
{
    char piece[100];
    size_t size = 1 + (size_t)rng_below(rng, (int)sizeof piece);
    if (b->size < size)
        return;
    memcpy(piece, b->at + rng_below(rng, (int)(b->size - size) + 1), size);
    fuzz_splice(b, joint(b, rng), rng_below(rng, 2) ? size : 0, piece, size);
}

/* Puts another number in place of a digit. */
static void change_number(FuzzBytes *b, Rng *rng)
{
    char digits[4];
    for (size_t at = fuzz_place(b, rng); at < b->size; at++) {
        if (b->at[at] < '0' || b->at[at] > '9')
            continue;
        fuzz_splice(b, at, 1, digits, (size_t)snprintf(digits, sizeof digits, "%d", rng_below(rng, 30)));
        return;
    }
}

/* Takes a member or an element away, from one comma to the next. */
static void drop_member(FuzzBytes *b, Rng *rng)
{
    size_t from = fuzz_place(b, rng), to;
    while (from < b->size && b->at[from] != ',')
        from++;
    for (to = from + 1; to < b->size && b->at[to] != ','; to++)
        ;
    if (from < b->size)
        fuzz_splice(b, from, to - from, "", 0);
}

static void damage(FuzzBytes *b, Rng *rng)
{
    const char *word = words[rng_below(rng, (int)(sizeof words / sizeof *words))];
    char byte = (char)rng_below(rng, 256);
    switch (rng_below(rng, 10)) {
    case 0:
        fuzz_splice(b, fuzz_place(b, rng), (size_t)rng_below(rng, 2), &byte, 1);
        break;
    case 1:
        b->size = rng_below(rng, 8) ? b->size : fuzz_place(b, rng);
        break;
    case 2:
    case 3:
        move_piece(b, rng);
        break;
    case 4:
    case 5:
        change_number(b, rng);
        break;
    case 6:
        drop_member(b, rng);
        break;
    case 7: /* one more member at the start of an object */
        for (size_t at = fuzz_place(b, rng); at < b->size; at++) {
            if (b->at[at] == '{') {
                fuzz_splice(b, at + 1, 0, ",", 1);
                fuzz_splice(b, at + 1, 0, word, strlen(word));
                break;
            }
        }
        break;
    default:
        fuzz_splice(b, joint(b, rng), (size_t)rng_below(rng, 6), word, strlen(word));
    }
}

/* ---- what must hold ------------------------------------------------------------------------------ */

static void check_ids(const Tokenizer *t, const FuzzBytes *b, const TokenList *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (!tokenizer_token(t, ids->ids[i]))
            fail(b, "an id that is no token");
    }
}

static void check_decoding(const Tokenizer *t, const FuzzBytes *b, const TokenList *ids)
{
    Error e = {""};
    size_t size, streamed = 0;
    char *text = tokenizer_decode(t, ids->ids, ids->count, true, &size, &e);
    TokenStream *s = tokenizer_stream_new(t, true);
    for (size_t i = 0; text && i < ids->count; i++) {
        const char *part = tokenizer_stream_add(s, ids->ids[i], &e);
        if (!part || text_utf8_fault(part, strlen(part)) != strlen(part))
            fail(b, "a stream gave half a character");
        streamed += strlen(part);
    }
    streamed += strlen(tokenizer_stream_end(s));
    if (text && !memchr(text, '\0', size) && text_utf8_fault(text, size) == size && streamed != size)
        fail(b, "the stream differs from the text");
    if (!text && !e.text[0])
        fail(b, "decoding failed without a message");
    tokenizer_stream_free(s);
    free(text);
}

/* The tokens of all texts, one after the other; those that have none are left out. */
static void encode_all(const Tokenizer *t, const FuzzBytes *b, TokenList *all)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Error e = {""};
        TokenList ids = {0};
        bool good = tokenizer_encode(t, texts[i], strlen(texts[i]), true, &ids, &e) &&
                    tokenizer_encode_pair(t, texts[i], strlen(texts[i]), "ab", 2, true, &ids, &e);
        if (!good && (!e.text[0] || strchr(e.text, '\n')))
            fail(b, "encoding failed without one line that says why");
        check_ids(t, b, &ids);
        if (good)
            check_decoding(t, b, &ids);
        if (good)
            tokenizer_encode(t, texts[i], strlen(texts[i]), true, all, &e);
        tokenizer_tokens_free(&ids);
    }
}

/* The tokens of a text that is not cut. */
static int uncut(const Tokenizer *t, const char *text, const char *second)
{
    Error e = {""};
    TokenList list = {0};
    tokenizer_encode_cut(t, text, strlen(text), second, second ? strlen(second) : 0, true, NULL, &list, &e);
    int count = (int)list.count;
    tokenizer_tokens_free(&list);
    return count;
}

/* Cut and filled up as the file says, each row has its tokens, and all of them where they are few enough. */
static void check_batch(const Tokenizer *t, const FuzzBytes *b)
{
    enum { COUNT = sizeof texts / sizeof *texts, MAX = 1000 };
    Error e = {""};
    TokenBatch batch;
    TokenizerTruncation cut;
    TokenizerPadding fill;
    const char *seconds[COUNT] = {NULL, "ab", NULL, "b a b a b"};
    tokenizer_truncation(t, &cut);
    tokenizer_padding(t, &fill);
    if (fill.length > MAX || fill.multiple > MAX)
        return;
    if (!tokenizer_encode_batch(t, texts, seconds, COUNT, true, &cut, &fill, &batch, &e)) {
        if (!e.text[0] || strchr(e.text, '\n'))
            fail(b, "a batch failed without one line that says why");
        return;
    }
    for (int i = 0; i < batch.count; i++) {
        int tokens = 0;
        for (int j = 0; j < batch.length; j++) {
            size_t at = (size_t)i * (size_t)batch.length + (size_t)j;
            tokens += batch.mask[at];
            if (!tokenizer_token(t, batch.ids[at]) || (!batch.mask[at] && batch.ids[at] != fill.id))
                fail(b, "a batch holds what it must not");
        }
        int all = uncut(t, texts[i], seconds[i]);
        if (tokens > all || (all <= cut.max && tokens < all))
            fail(b, "a text of a batch has other tokens than alone");
    }
    tokenizer_batch_free(&batch);
}

static void check_saved(const Tokenizer *t, const FuzzBytes *b, const char *path, const TokenList *want)
{
    Error e = {""};
    TokenList got = {0};
    if (!tokenizer_save(t, path, &e))
        fail(b, e.text);
    Tokenizer *again = tokenizer_load(path, &e);
    if (!again)
        fail(b, e.text);
    encode_all(again, b, &got);
    if (got.count != want->count ||
        (got.count && memcmp(got.ids, want->ids, got.count * sizeof *got.ids) != 0))
        fail(b, "what was saved encodes otherwise");
    tokenizer_tokens_free(&got);
    tokenizer_free(again);
}

/* The lists that are read from the text are those that the JSON library reads. */
static void check_tree(const Tokenizer *t, const FuzzBytes *b, const char *path, bool save)
{
    Error e = {""};
    size_t size[2];
    char *text[2] = {NULL, NULL};
    Tokenizer *tree = tokenizer_parse_tree(b->at, b->size, "F", &e);
    if (!t != !tree)
        fail(b, "accepted in one way alone");
    for (int i = 0; t && save && i < 2; i++) {
        if (!tokenizer_save(i ? tree : t, path, &e) || !(text[i] = file_read(path, &size[i], &e)))
            fail(b, e.text);
    }
    if (text[1] && (size[0] != size[1] || memcmp(text[0], text[1], size[0]) != 0))
        fail(b, "the tree gives another tokenizer");
    free(text[0]);
    free(text[1]);
    tokenizer_free(tree);
}

/* Whether the file was accepted. */
static bool try_file(const FuzzBytes *b, const char *path, bool save)
{
    Error e = {""};
    TokenList all = {0};
    Tokenizer *t = tokenizer_parse(b->at, b->size, "F", &e);
    check_tree(t, b, path, save);
    if (!t) {
        if (!fuzz_names(&e, "F: "))
            fail(b, "a refusal that does not name the file in one line");
        return false;
    }
    if (e.text[0])
        fail(b, "accepted, with a message");
    encode_all(t, b, &all);
    check_batch(t, b);
    if (save)
        check_saved(t, b, path, &all);
    tokenizer_tokens_free(&all);
    tokenizer_free(t);
    return true;
}

static int read_seeds(FuzzBytes *seeds)
{
    glob_t found;
    int count = 0;
    if (glob("common/tests/fixtures/tokenizer/seeds/*.json", 0, NULL, &found) != 0)
        error_exitf("no seeds: run this in the folder of the repository");
    for (size_t i = 0; i < found.gl_pathc && count < SEEDS; i++)
        fuzz_read(found.gl_pathv[i], &seeds[count++]);
    globfree(&found);
    return count;
}

int main(int argc, char **argv)
{
    int rounds = 20000, seconds = 0, accepted = 0, done = 0;
    uint64_t seed = 1;
    char folder[FUZZ_FOLDER], path[FUZZ_FOLDER + 16];
    static FuzzBytes seeds[SEEDS], b;
    const Option options[] = {option_int("rounds", &rounds, 1, 1000000000, "damaged files to try"),
                              option_int("seconds", &seconds, 0, 100000, "stop after that time; 0: never"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages tokenizer.json files at random, opens and uses them.", options);
    fuzz_make_folder(folder, "fuzz_tokenizer");
    snprintf(path, sizeof path, "%s/t.json", folder);
    int count = read_seeds(seeds);
    Rng rng = rng_new(seed);
    for (int i = 0; i < count; i++) {
        if (!try_file(&seeds[i], path, true))
            fail(&seeds[i], "the undamaged file was refused");
    }
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        b = seeds[rng_below(&rng, count)];
        for (int n = 1 + rng_below(&rng, 4); n > 0; n--)
            damage(&b, &rng);
        accepted += try_file(&b, path, done % 16 == 0);
    }
    unlink(path);
    rmdir(folder);
    return fuzz_finish(done, accepted, "used");
}
