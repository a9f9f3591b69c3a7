/* fuzz_safetensors.c -- damages a small file at random and opens it.
 *
 *     fuzz_safetensors [--rounds N] [--seed N]
 *
 * Built with the sanitizers it finds what reads where it must not. Beyond
 * that it holds the reader to its word: a refusal is one line that names the
 * file, and in a file that is accepted the tensors account for every byte
 * and can be read. */
#include "common/model/safetensors.h"

#include "common/tests/fuzz.h"

enum {
    FLOATS = FUZZ_ROOM / 2, /* no tensor of a file of that size has more elements */
    LENGTH = 8
};

/* What a header is made of, and numbers at the edges. */
static const char *const words[] = {"{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    ":",
                                    "\"",
                                    "\\",
                                    "\\u0000",
                                    "\"F32\"",
                                    "\"F16\"",
                                    "\"BF16\"",
                                    "\"I64\"",
                                    "\"BOOL\"",
                                    "\"dtype\"",
                                    "\"shape\"",
                                    "\"data_offsets\"",
                                    "\"__metadata__\"",
                                    "[0,0]",
                                    "[]",
                                    "{}",
                                    "null",
                                    "true",
                                    "0",
                                    "1",
                                    "2",
                                    "3",
                                    "4",
                                    "6",
                                    "8",
                                    "12",
                                    "24",
                                    "-1",
                                    "-0",
                                    "0.5",
                                    "1e1",
                                    "65536",
                                    "2147483647",
                                    "2147483648",
                                    "4294967296",
                                    "4611686018427387904",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "18446744073709551615",
                                    "\xff",
                                    "\xe5\xb1\x82",
                                    " "};

static void fail(const char *path, const char *what)
{
    fprintf(stderr, "fuzz_safetensors: %s (the file is kept: %s)\n", what, path);
    abort();
}

/* Makes the length field fit the header again after its size changed by that much. */
static void adjust_length(FuzzBytes *b, long change)
{
    unsigned long length = 0;
    if (b->size < LENGTH)
        return;
    for (int i = LENGTH - 1; i >= 0; i--)
        length = length << 8 | (unsigned char)b->at[i];
    length += (unsigned long)change;
    for (int i = 0; i < LENGTH; i++)
        b->at[i] = (char)(length >> 8 * i);
}

/* Puts a word in place of a few bytes; mostly the length is made to fit, so that the parser sees it. */
static void put_word(FuzzBytes *b, Rng *rng)
{
    const char *word = words[rng_below(rng, (int)(sizeof words / sizeof *words))];
    size_t before = b->size, at = fuzz_place(b, rng);
    fuzz_splice(b, at, (size_t)rng_below(rng, 6), word, strlen(word));
    if (rng_below(rng, 4))
        adjust_length(b, (long)b->size - (long)before);
}

/* Puts a number of one or two digits in place of a digit of the header: most files stay JSON. */
static void change_number(FuzzBytes *b, Rng *rng)
{
    char digits[4];
    for (int tries = 0; tries < 100 && b->size > LENGTH; tries++) {
        size_t at = LENGTH + (size_t)rng_below(rng, (int)(b->size - LENGTH));
        if (b->at[at] < '0' || b->at[at] > '9')
            continue;
        int n = snprintf(digits, sizeof digits, "%d", rng_below(rng, 30));
        size_t before = b->size;
        fuzz_splice(b, at, 1, digits, (size_t)n);
        adjust_length(b, (long)b->size - (long)before);
        return;
    }
}

static void move_piece(FuzzBytes *b, Rng *rng)
{
    char piece[64];
    size_t size = 1 + (size_t)rng_below(rng, (int)sizeof piece);
    if (b->size < size)
        return;
    memcpy(piece, b->at + rng_below(rng, (int)(b->size - size) + 1), size);
    fuzz_splice(b, fuzz_place(b, rng), rng_below(rng, 2) ? size : 0, piece, size);
}

static void damage(FuzzBytes *b, Rng *rng)
{
    char byte = (char)rng_below(rng, 256);
    size_t at = b->size ? (size_t)rng_below(rng, (int)b->size) : 0;
    switch (rng_below(rng, 8)) {
    case 0:
        if (b->size)
            b->at[at] ^= (char)(1 << rng_below(rng, 8));
        break;
    case 1:
        fuzz_splice(b, at, b->size ? 1 : 0, &byte, 1);
        break;
    case 2:
        fuzz_splice(b, at, 0, &byte, 1);
        break;
    case 3:
        b->size = at;
        break;
    case 4:
        move_piece(b, rng);
        break;
    case 5:
        change_number(b, rng);
        break;
    default:
        put_word(b, rng);
    }
}

/* ---- what must hold ------------------------------------------------------------------------------ */

static size_t type_size(const char *dtype)
{
    const char *end = dtype + strlen(dtype) - 2; /* the bits stand at the end of the name */
    if (strcmp(dtype, "BOOL") == 0 || strncmp(dtype, "F8_", 3) == 0 || strcmp(end + 1, "8") == 0)
        return 1;
    return (size_t)atoi(end) / 8;
}

static void check_accepted(const Safetensors *s, const char *path, size_t file_size, size_t header_size)
{
    float out[FLOATS];
    size_t total = LENGTH + header_size;
    for (int i = 0; i < model_safetensors_count(s); i++) {
        Error e = {""};
        const char *name = model_safetensors_name(s, i), *dtype = model_safetensors_dtype(s, name);
        int shape[TENSOR_MAX_RANK], rank = model_safetensors_shape(s, name, shape);
        bool floats = strcmp(dtype, "F32") == 0 || strcmp(dtype, "F16") == 0 || strcmp(dtype, "BF16") == 0;
        size_t size = 1;
        for (int k = 0; k < rank; k++)
            size *= (size_t)shape[k];
        total += size * type_size(dtype);
        if (size * type_size(dtype) > file_size)
            fail(path, "a tensor larger than the file was accepted");
        if (model_safetensors_read(s, name, rank, shape, out, false, &e) != floats)
            fail(path, "a tensor could not be read, or should not have been");
        if (rank == 2 && floats &&
            !model_safetensors_read(s, name, 2, (const int[]){shape[1], shape[0]}, out, true, &e))
            fail(path, "a matrix could not be read transposed");
    }
    model_safetensors_metadata(s, "format");
    if (total != file_size)
        fail(path, "the tensors of an accepted file do not account for its bytes");
}

/* Whether the file was accepted. */
static bool try_file(const char *path, const FuzzBytes *b)
{
    Error e = {""};
    fuzz_write(path, b->at, b->size);
    Safetensors *s = model_safetensors_open(path, &e);
    if (!s) {
        if (!fuzz_names(&e, path))
            fail(path, "a refusal that does not name the file in one line");
        return false;
    }
    if (e.text[0])
        fail(path, "accepted, with a message");
    check_accepted(s, path, b->size, (unsigned char)b->at[0] | (size_t)(unsigned char)b->at[1] << 8);
    model_safetensors_close(s);
    return true;
}

static void write_valid(const char *path)
{
    Error e = {""};
    const float values[12] = {1, -2, 0.5f, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    if (!w)
        error_exit(&e);
    model_safetensors_add_metadata(w, "format", "pt");
    model_safetensors_add(w, "wte", 2, (const int[]){3, 4}, values, false);
    model_safetensors_add(w, "attn", 2, (const int[]){2, 3}, values, true);
    model_safetensors_add(w, "empty", 1, (const int[]){0}, values, false);
    model_safetensors_add(w, "bias", 1, (const int[]){2}, values, false);
    if (!model_safetensors_finish(w, &e))
        error_exit(&e);
}

int main(int argc, char **argv)
{
    int rounds = 20000, seconds = 0, accepted = 0, done = 0;
    uint64_t seed = 1;
    char folder[FUZZ_FOLDER], path[FUZZ_FOLDER + 16];
    const Option options[] = {option_int("rounds", &rounds, 1, 1000000000, "damaged files to try"),
                              option_int("seconds", &seconds, 0, 100000, "stop after that time; 0: never"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages a safetensors file at random and opens it.", options);
    fuzz_make_folder(folder, "fuzz_safetensors");
    snprintf(path, sizeof path, "%s/f.safetensors", folder);
    FuzzBytes valid, b;
    Rng rng = rng_new(seed);
    write_valid(path);
    fuzz_read(path, &valid);
    if (!try_file(path, &valid))
        fail(path, "the undamaged file was refused");
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        b = valid;
        for (int n = 1 + rng_below(&rng, 4); n > 0; n--)
            damage(&b, &rng);
        accepted += try_file(path, &b);
    }
    unlink(path);
    rmdir(folder);
    return fuzz_finish(done, accepted, "read");
}
