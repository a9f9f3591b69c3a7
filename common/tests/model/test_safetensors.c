/* test_safetensors.c -- what is written comes back, and what is damaged is refused. */
#include "common/model/safetensors.h"

#include "common/base/base.h"

#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a folder of its own for every test, and files made by hand ---------------------------------- */

static char folder[200], path[256];

static void make_folder(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/safetensors.XXXXXX", base && strlen(base) < 150 ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
}

/* Removes what is in the folder and says how many files that were. */
static int empty_folder(void)
{
    char name[sizeof folder + NAME_MAX + 2];
    int files = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *f; (f = readdir(d));) {
        if (f->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", folder, f->d_name);
        ck_assert_int_eq(remove(name), 0);
        files++;
    }
    closedir(d);
    return files;
}

static void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

static void put_bytes(const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* A file of this length field, header and data. */
static void put_file(uint64_t length, const char *header, size_t header_size, const void *data, size_t size)
{
    unsigned char *bytes = memory_new(8 + header_size + size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, header_size);
    memcpy(bytes + 8 + header_size, data, size);
    put_bytes(bytes, 8 + header_size + size);
    free(bytes);
}

static void put_json(const char *header, size_t data_size)
{
    static const char zeros[64];
    ck_assert_uint_le(data_size, sizeof zeros);
    put_file(strlen(header), header, strlen(header), zeros, data_size);
}

static Safetensors *open_good(void)
{
    Error e = {""};
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    return s;
}

static void check_message(const Error *e, const char *about, const char *expected)
{
    ck_assert_msg(strncmp(e->text, path, strlen(path)) == 0, "%s: no file in: %s", about, e->text);
    ck_assert_msg(strchr(e->text, '\n') == NULL, "%s: two lines: %s", about, e->text);
    ck_assert_msg(strstr(e->text, expected) != NULL, "%s: expected '%s' in: %s", about, expected, e->text);
}

static void check_refused(const char *about, const char *expected)
{
    Error e = {""};
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s == NULL, "%s was accepted", about);
    check_message(&e, about, expected);
}

static void check_same(const float *a, const float *b, size_t size)
{
    ck_assert_msg(memcmp(a, b, size * sizeof *a) == 0, "the values differ");
}

/* turned (cols,rows) is the transpose of x (rows,cols), bit by bit. */
static void check_turned(const float *turned, const float *x, size_t rows, size_t cols)
{
    size_t wrong = 0;
    for (size_t k = 0; k < rows * cols; k++)
        wrong += memcmp(&turned[k % cols * rows + k / cols], &x[k], sizeof *x) != 0;
    ck_assert_uint_eq(wrong, 0);
}

/* ---- round trips --------------------------------------------------------------------------------- */

static const float six[6] = {1.5f, -2.0f, 0x1p-149f, -0.0f, INFINITY, 3.25f};

static void write_small(const float *values)
{
    Error e = {""};
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    ck_assert_msg(w != NULL, "%s", e.text);
    model_safetensors_add_metadata(w, "format", "pt");
    model_safetensors_add_metadata(w, "step", "17");
    model_safetensors_add(w, "a", 2, (const int[]){2, 3}, values, false);
    model_safetensors_add(w, "层.b", 2, (const int[]){2, 3}, values, true);
    model_safetensors_add(w, "empty", 2, (const int[]){0, 3}, NULL, false);
    model_safetensors_add(w, "one", 0, NULL, values, false);
    ck_assert_msg(model_safetensors_finish(w, &e), "%s", e.text);
}

START_TEST(round_trip)
{
    float out[6], turned[6] = {six[0], six[3], six[1], six[4], six[2], six[5]};
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    write_small(six);
    Safetensors *s = open_good();
    ck_assert_int_eq(model_safetensors_count(s), 4);
    ck_assert_str_eq(model_safetensors_name(s, 0), "a");
    ck_assert_str_eq(model_safetensors_metadata(s, "step"), "17");
    ck_assert_ptr_null(model_safetensors_metadata(s, "none"));
    ck_assert_str_eq(model_safetensors_dtype(s, "a"), "F32");
    ck_assert_ptr_null(model_safetensors_dtype(s, "none"));
    ck_assert_int_eq(model_safetensors_shape(s, "none", shape), -1);
    ck_assert_int_eq(model_safetensors_shape(s, "one", shape), 0);
    ck_assert_int_eq(model_safetensors_shape(s, "层.b", shape), 2);
    ck_assert(shape[0] == 3 && shape[1] == 2);
    ck_assert(model_safetensors_read(s, "a", 2, (const int[]){2, 3}, out, false, &e));
    check_same(out, six, 6);
    ck_assert(model_safetensors_read(s, "a", 2, (const int[]){3, 2}, out, true, &e));
    check_same(out, turned, 6);
    ck_assert(model_safetensors_read(s, "层.b", 2, (const int[]){3, 2}, out, false, &e));
    check_same(out, turned, 6);
    ck_assert(model_safetensors_read(s, "层.b", 2, (const int[]){2, 3}, out, true, &e));
    check_same(out, six, 6);
    ck_assert(model_safetensors_read(s, "empty", 2, (const int[]){3, 0}, out, true, &e));
    ck_assert(model_safetensors_read(s, "one", 0, NULL, out, false, &e));
    check_same(out, six, 1);
    model_safetensors_close(s);
}
END_TEST

/* Matrices of more than one chunk and block, either way round. */
START_TEST(round_trip_large)
{
    const int shapes[][2] = {{1111, 307}, {307, 1111}, {3, 300001}, {300001, 3}, {1, 1}, {262144, 1}};
    Rng rng = rng_new(3);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        Error e = {""};
        Tensor *x = tensor_new(NULL, shapes[i][0], shapes[i][1]);
        Tensor *y = tensor_new(NULL, shapes[i][1], shapes[i][0]);
        tensor_normal(x, 1.0f, &rng);
        SafetensorsWriter *w = model_safetensors_create(path, &e);
        model_safetensors_add(w, "plain", 2, x->shape, x->data, false);
        model_safetensors_add(w, "turned", 2, x->shape, x->data, true);
        ck_assert_msg(model_safetensors_finish(w, &e), "%s", e.text);
        Safetensors *s = open_good();
        ck_assert(model_safetensors_read(s, "turned", 2, y->shape, y->data, false, &e));
        check_turned(y->data, x->data, (size_t)shapes[i][0], (size_t)shapes[i][1]);
        tensor_fill(y, 0);
        ck_assert(model_safetensors_read(s, "plain", 2, y->shape, y->data, true, &e));
        check_turned(y->data, x->data, (size_t)shapes[i][0], (size_t)shapes[i][1]);
        tensor_fill(y, 0);
        ck_assert(model_safetensors_read(s, "turned", 2, x->shape, y->data, true, &e));
        check_same(y->data, x->data, x->size);
        model_safetensors_close(s);
        tensor_free(x);
        tensor_free(y);
    }
}
END_TEST

/* The bytes on disk, spelled out: another program must be able to read them. */
START_TEST(bytes_on_disk)
{
    const char *header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    Error e = {""};
    size_t size, padded = (strlen(header) + 7) / 8 * 8;
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    model_safetensors_add(w, "w", 1, (const int[]){2}, (const float[]){1.0f, -2.5f}, false);
    ck_assert(model_safetensors_finish(w, &e));
    unsigned char *bytes = (unsigned char *)file_read(path, &size, &e);
    ck_assert_uint_eq(size, 8 + padded + 8);
    ck_assert(bytes[0] == padded && memcmp(bytes + 1, "\0\0\0\0\0\0\0", 7) == 0);
    ck_assert(memcmp(bytes + 8, header, strlen(header)) == 0);
    for (size_t i = strlen(header); i < padded; i++)
        ck_assert_int_eq(bytes[8 + i], ' ');
    ck_assert(memcmp(bytes + 8 + padded, "\0\0\x80\x3f\0\0\x20\xc0", 8) == 0);
    free(bytes);
}
END_TEST

/* A file of nothing is a file. */
START_TEST(empty_file_of_tensors)
{
    Error e = {""};
    put_json("{}", 0);
    Safetensors *s = open_good();
    ck_assert_int_eq(model_safetensors_count(s), 0);
    ck_assert_ptr_null(model_safetensors_metadata(s, "format"));
    model_safetensors_close(s);
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    ck_assert_msg(model_safetensors_finish(w, &e), "%s", e.text);
    model_safetensors_close(open_good());
}
END_TEST

/* ---- half precision ------------------------------------------------------------------------------ */

/* A half by the definition: (-1)^s 2^(e-15) (1 + m/1024), or m/1024 2^-14 where e is 0. */
static double half_by_definition(int bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double sign = bits & 0x8000 ? -1.0 : 1.0;
    if (exponent == 31)
        return mantissa ? NAN : sign * INFINITY;
    return sign *
           (exponent ? ldexp(1.0 + mantissa / 1024.0, exponent - 15) : ldexp(mantissa / 1024.0, -14));
}

/* All 65536 values of a 16-bit type. */
static float *read_all_16(const char *dtype)
{
    static unsigned char data[65536 * 2];
    char header[128];
    Error e = {""};
    float *out = memory_new(65536 * sizeof *out);
    for (int i = 0; i < 65536; i++) {
        data[2 * i] = (unsigned char)i;
        data[2 * i + 1] = (unsigned char)(i >> 8);
    }
    snprintf(header, sizeof header,
             "{\"h\":{\"dtype\":\"%s\",\"shape\":[256,256],\"data_offsets\":[0,131072]}}", dtype);
    put_file(strlen(header), header, strlen(header), data, sizeof data);
    Safetensors *s = open_good();
    ck_assert(model_safetensors_read(s, "h", 2, (const int[]){256, 256}, out, false, &e));
    float *turned = memory_new(65536 * sizeof *turned);
    ck_assert(model_safetensors_read(s, "h", 2, (const int[]){256, 256}, turned, true, &e));
    check_turned(turned, out, 256, 256);
    free(turned);
    model_safetensors_close(s);
    return out;
}

START_TEST(half_values)
{
    float *out = read_all_16("F16");
    for (int i = 0; i < 65536; i++) {
        double expected = half_by_definition(i);
        bool same = isnan(expected) ? isnan(out[i])
                                    : (double)out[i] == expected && !signbit(out[i]) == !(i & 0x8000);
        if (!same)
            ck_abort_msg("%04x is %g, expected %g", (unsigned)i, (double)out[i], expected);
    }
    free(out);
}
END_TEST

START_TEST(bfloat_values)
{
    float *out = read_all_16("BF16");
    ck_assert(out[0x3f80] == 1.0f && out[0xc020] == -2.5f && out[0x0001] == 0x1p-133f);
    for (int i = 0; i < 65536; i++) {
        uint32_t bits;
        memcpy(&bits, &out[i], sizeof bits);
        if (bits != (uint32_t)i << 16)
            ck_abort_msg("%04x became %08x", (unsigned)i, bits);
    }
    free(out);
}
END_TEST

/* ---- hostile files ------------------------------------------------------------------------------- */

/* Short forms of one entry of the header. */
#define ENTRY(dtype, shape, offsets) \
    "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{\"w\":" ENTRY(dtype, shape, offsets) "}"
#define TWO(a, b) "{\"v\":" a ",\"w\":" b "}"
#define F32_8(offsets) ENTRY("\"F32\"", "[2]", offsets)

typedef struct Hostile {
    const char *about, *header;
    size_t data_size;
    const char *expected; /* part of the message */
} Hostile;

static const Hostile hostile[] = {
    {"overlap", TWO(F32_8("[0,8]"), F32_8("[4,12]")), 12, "tensor \"w\": it begins at byte 4"},
    {"same place twice", TWO(F32_8("[0,8]"), F32_8("[0,8]")), 8, "overlaps"},
    {"one inside the other", TWO(ENTRY("\"F32\"", "[4]", "[0,16]"), F32_8("[4,12]")), 16, "overlaps"},
    {"empty one inside", TWO(F32_8("[0,8]"), ENTRY("\"F32\"", "[0]", "[4,4]")), 8, "overlaps"},
    {"hole at the start", ONE("\"F32\"", "[2]", "[4,12]"), 12, "hole"},
    {"hole between", TWO(F32_8("[0,8]"), F32_8("[12,20]")), 20, "tensor \"w\": it begins at byte 12"},
    {"hole at the end", ONE("\"F32\"", "[2]", "[0,8]"), 9, "9 bytes of data, expected 8"},
    {"data but no tensor", "{}", 4, "hole"},
    {"past the end", ONE("\"F32\"", "[2]", "[0,8]"), 7, "tensor \"w\": it ends at byte 8"},
    {"far past the end", ONE("\"F32\"", "[2]", "[9223372036854775799,9223372036854775807]"), 8, "ends at"},
    {"key twice", "{\"w\":" F32_8("[0,8]") ",\"w\":" F32_8("[8,16]") "}", 16, "repeated"},
    {"field twice", "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8,
     "repeated"},
    {"escaped key twice", "{\"w\":" F32_8("[0,8]") ",\"\\u0077\":" F32_8("[8,16]") "}", 16, "repeated"},
    {"negative offset", ONE("\"F32\"", "[2]", "[-8,0]"), 8, "tensor \"w\": data_offsets [-8,0]"},
    {"both negative", ONE("\"F32\"", "[2]", "[-16,-8]"), 8, "0 <= begin"},
    {"end before begin", ONE("\"F32\"", "[2]", "[8,0]"), 8, "begin <= end"},
    {"negative shape", ONE("\"F32\"", "[-2]", "[0,8]"), 8, "tensor \"w\": shape[0]"},
    {"two negatives", ONE("\"F32\"", "[-2,-1]", "[0,8]"), 8, "shape[0]"},
    {"float offsets", ONE("\"F32\"", "[2]", "[0.0,8.0]"), 8, "two integers"},
    {"offset 8e0", ONE("\"F32\"", "[2]", "[0,8e0]"), 8, "two integers"},
    {"float shape", ONE("\"F32\"", "[2.0]", "[0,8]"), 8, "shape[0] is not an integer"},
    {"text shape", ONE("\"F32\"", "[\"2\"]", "[0,8]"), 8, "shape[0] is not an integer"},
    {"true shape", ONE("\"F32\"", "[2,true]", "[0,8]"), 8, "shape[1] is not an integer"},
    {"one offset", ONE("\"F32\"", "[2]", "[0]"), 8, "two integers"},
    {"three offsets", ONE("\"F32\"", "[2]", "[0,8,8]"), 8, "two integers"},
    {"offsets no array", ONE("\"F32\"", "[2]", "8"), 8, "two integers"},
    {"shape no array", ONE("\"F32\"", "2", "[0,8]"), 8, "not an array"},
    {"product wraps to 8", ONE("\"F32\"", "[2147483647,2147483647,2147483647,2]", "[0,8]"), 8, "64 bits"},
    {"product wraps to 0", ONE("\"F32\"", "[1073741824,1073741824,4]", "[0,0]"), 0, "64 bits"},
    {"wraps, then zero", ONE("\"F32\"", "[2147483647,2147483647,2147483647,0]", "[0,0]"), 0, "64 bits"},
    {"dimension of 2^31", ONE("\"F32\"", "[2147483648,0]", "[0,0]"), 0, "shape[0]"},
    {"integer of 65 bits", ONE("\"F32\"", "[2]", "[0,36893488147419103240]"), 8, "byte "},
    {"six dimensions", ONE("\"F32\"", "[1,1,1,1,1,2]", "[0,8]"), 8, "6 dimensions, expected at most 5"},
    {"too few bytes", ONE("\"F32\"", "[3]", "[0,8]"), 8, "8 bytes of data, but (3) of F32 needs 12"},
    {"too many bytes", ONE("\"F32\"", "[1]", "[0,8]"), 8, "(1) of F32 needs 4"},
    {"bytes of another type", ONE("\"F16\"", "[2]", "[0,8]"), 8, "(2) of F16 needs 4"},
    {"unknown dtype", ONE("\"F31\"", "[2]", "[0,8]"), 8, "tensor \"w\": unknown dtype \"F31\""},
    {"dtype in small letters", ONE("\"f32\"", "[2]", "[0,8]"), 8, "unknown dtype"},
    {"dtype no string", ONE("32", "[2]", "[0,8]"), 8, "dtype is missing"},
    {"no dtype", "{\"w\":{\"type\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype is missing"},
    {"no offsets", "{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "expected an object of dtype, shape"},
    {"a field too many", "{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":1}}", 0,
     "expected an object"},
    {"entry no object", "{\"w\":[0,8]}", 8, "tensor \"w\": expected an object"},
    {"entry null", "{\"w\":null}", 0, "tensor \"w\": expected an object"},
    {"metadata no object", "{\"__metadata__\":\"pt\"}", 0, "__metadata__ is not an object"},
    {"metadata a tensor", "{\"__metadata__\":" F32_8("[0,8]") "}", 8, "\"shape\" is not a string"},
    {"metadata number", "{\"__metadata__\":{\"step\":1}}", 0, "\"step\" is not a string"},
    {"not JSON", "{w}", 0, "expected a JSON object"},
    {"words", "hello, this is text", 0, "expected '{'"},
    {"array", "[]", 0, "expected '{'"},
    {"number", "1", 0, "expected '{'"},
    {"blank in front", " {}", 0, "expected '{'"},
    {"something behind", "{} x", 0, "expected a JSON object"},
    {"two objects", "{}{}", 0, "expected a JSON object"},
    {"comma at the end", "{\"w\":" F32_8("[0,8]") ",}", 8, "expected a JSON object"},
    {"not closed", "{\"w\":", 0, "expected a JSON object"},
    {"bad UTF-8", "{\"\xc3(\":" F32_8("[0,8]") "}", 8, "expected a JSON object"},
    {"overlong UTF-8", "{\"\xc0\xaf\":" F32_8("[0,8]") "}", 8, "expected a JSON object"},
    {"half a surrogate", "{\"\\ud800\":" F32_8("[0,8]") "}", 8, "expected a JSON object"},
    {"zero in a name", "{\"w\\u0000x\":" F32_8("[0,8]") "}", 8, "expected a JSON object"},
    {"new line in a name", "{\"w\\nx\":" F32_8("[8,0]") "}", 8, "tensor \"w?x\""},
};

START_TEST(hostile_header)
{
    const Hostile *h = &hostile[_i];
    put_json(h->header, h->data_size);
    check_refused(h->about, h->expected);
}
END_TEST

/* The same forms, undamaged, are read: it is the damage that is refused. */
START_TEST(harmless_header)
{
    const char *good[] = {ONE("\"F32\"", "[2]", "[0,8]"),
                          TWO(F32_8("[0,8]"), F32_8("[8,16]")),
                          TWO(F32_8("[8,16]"), F32_8("[0,8]")),
                          TWO(F32_8("[0,8]"), ENTRY("\"F32\"", "[0]", "[0,0]")),
                          TWO(F32_8("[0,8]"), ENTRY("\"F32\"", "[3,0]", "[8,8]")),
                          "{\"__metadata__\":{\"step\":\"1\"},\"w\":" F32_8("[0,8]") "}   "};
    const size_t data[] = {8, 16, 16, 8, 8, 8};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        put_json(good[i], data[i]);
        model_safetensors_close(open_good());
    }
}
END_TEST

START_TEST(cut_at_every_length)
{
    char about[64];
    Error e = {""};
    size_t size;
    write_small(six);
    char *bytes = file_read(path, &size, &e);
    ck_assert_ptr_nonnull(bytes);
    for (size_t n = 0; n < size; n++) {
        snprintf(about, sizeof about, "cut to %zu of %zu bytes", n, size);
        put_bytes(bytes, n);
        check_refused(about, "byte");
    }
    put_bytes(bytes, size);
    model_safetensors_close(open_good());
    put_bytes(bytes, size + 1); /* file_read puts a zero after them */
    check_refused("one byte more", "hole at the end");
    free(bytes);
}
END_TEST

START_TEST(hostile_length)
{
    const char *header = ONE("\"F32\"", "[2]", "[0,8]");
    const uint64_t size = strlen(header);
    const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 1ull << 32, 100000001, 100000000,
                                size + 9,   size + 1,       size - 1,   1,          0};
    char zeros[8] = {0};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_file(lengths[i], header, size, zeros, sizeof zeros);
        check_refused("a wrong length", lengths[i] > size + 8 ? "a header of" : "byte ");
    }
    put_file(size, header, size, zeros, sizeof zeros);
    model_safetensors_close(open_good());
}
END_TEST

/* The limit holds also where the file is large enough. */
START_TEST(header_over_the_limit)
{
    put_file(100000001, "{}", 2, "", 0);
    ck_assert_int_eq(truncate(path, 200000000), 0);
    check_refused("a header of 100000001 bytes", "expected at most 100000000");
}
END_TEST

START_TEST(zeros_in_the_header)
{
    put_file(4, "{}\0\0", 4, "", 0);
    check_refused("zeros as padding", "expected a JSON object");
    put_file(8, "\0\0\0\0\0\0\0\0", 8, "", 0);
    check_refused("zeros only", "expected '{'");
}
END_TEST

START_TEST(deep_nesting)
{
    const size_t depth = 1000000;
    char *header = memory_new(depth * 6);
    const char *open[] = {"[", "{\"a\":"};
    for (int kind = 0; kind < 2; kind++) {
        size_t size = 5, step = strlen(open[kind]);
        memcpy(header, "{\"w\":", size);
        for (size_t i = 0; i < depth; i++, size += step)
            memcpy(header + size, open[kind], step);
        put_file(size, header, size, "", 0);
        check_refused("a million brackets", "expected a JSON object");
    }
    free(header);
}
END_TEST

START_TEST(long_name)
{
    Error e = {""};
    char *header = memory_new(200000);
    size_t size = (size_t)sprintf(header, "{\"");
    for (int i = 0; i < 50000; i++, size += 3)
        memcpy(header + size, "层", 3);
    size += (size_t)sprintf(header + size, "\":%s}", F32_8("[8,0]"));
    put_file(size, header, size, "", 0);
    ck_assert_ptr_null(model_safetensors_open(path, &e));
    check_message(&e, "a long name", "层\": data_offsets [8,0], expected 0 <= begin <= end");
    free(header);
}
END_TEST

START_TEST(not_a_file)
{
    check_refused("missing", "No such file");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    check_refused("a directory", "not a plain file");
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    check_refused("a pipe", "not a plain file"); /* and does not wait for a writer */
    ck_assert_ptr_null(model_safetensors_open(path, NULL));
    model_safetensors_close(NULL);
}
END_TEST

/* ---- a good file, a wrong wish ------------------------------------------------------------------- */

static void check_unread(const Safetensors *s, const char *name, int rank, const int *shape,
                         bool transposed, const char *expected)
{
    float out[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    Error e = {""};
    ck_assert(!model_safetensors_read(s, name, rank, shape, out, transposed, &e));
    check_message(&e, name, expected);
    for (int i = 0; i < 8; i++)
        ck_assert(out[i] == 7);
}

START_TEST(read_refused)
{
    write_small(six);
    Safetensors *s = open_good();
    check_unread(s, "c", 1, (const int[]){6}, false,
                 "tensor \"c\": not in the file, expected one of shape (6)");
    check_unread(s, "a", 1, (const int[]){6}, false, "tensor \"a\": shape (2,3), expected (6)");
    check_unread(s, "a", 2, (const int[]){3, 2}, false, "shape (2,3), expected (3,2)");
    check_unread(s, "a", 2, (const int[]){2, 3}, true, "shape (2,3), expected (3,2) (stored transposed)");
    check_unread(s, "a", 3, (const int[]){2, 3, 1}, false, "expected (2,3,1)");
    check_unread(s, "a", 0, NULL, false, "expected ()");
    check_unread(s, "__metadata__", 0, NULL, false, "not in the file");
    model_safetensors_close(s);
    put_json(ONE("\"I32\"", "[2]", "[0,8]"), 8);
    s = open_good();
    check_unread(s, "w", 1, (const int[]){2}, false, "dtype I32, expected F32, F16 or BF16");
    model_safetensors_close(s);
}
END_TEST

START_TEST(file_shrinks_while_open)
{
    float out[6];
    Error e = {""};
    write_small(six);
    Safetensors *s = open_good();
    ck_assert_int_eq(truncate(path, 20), 0);
    ck_assert(!model_safetensors_read(s, "a", 2, (const int[]){2, 3}, out, false, &e));
    check_message(&e, "shrunk", "shrank");
    e = (Error){""};
    ck_assert(!model_safetensors_read(s, "a", 2, (const int[]){3, 2}, out, true, &e));
    check_message(&e, "shrunk", "shrank");
    model_safetensors_close(s);
}
END_TEST

START_TEST(mistake_of_the_program)
{
    write_small(six);
    float out[6];
    model_safetensors_read(open_good(), "a", 1, (const int[]){6}, out, true, NULL);
}
END_TEST

/* ---- writing that fails -------------------------------------------------------------------------- */

START_TEST(output_unwritable)
{
    char missing[sizeof path + 32];
    Error e = {""};
    snprintf(missing, sizeof missing, "%s/none/model.safetensors", folder);
    ck_assert_ptr_null(model_safetensors_create(missing, &e));
    ck_assert_msg(strstr(e.text, missing) && strstr(e.text, "cannot write"), "%s", e.text);
    e = (Error){""};
    ck_assert_int_eq(mkdir(path, 0777), 0); /* a directory is in the way */
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    if (w) {
        model_safetensors_add(w, "a", 1, (const int[]){6}, six, false);
        ck_assert(!model_safetensors_finish(w, &e));
    }
    check_message(&e, "a directory", "cannot write");
    ck_assert_int_eq(empty_folder(), 1); /* no temporary file stays */
}
END_TEST

START_TEST(names_refused)
{
    const char *bad[] = {"a", "__metadata__", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Error e = {""};
        SafetensorsWriter *w = model_safetensors_create(path, &e);
        model_safetensors_add(w, "a", 1, (const int[]){6}, six, false);
        model_safetensors_add(w, bad[i], 1, (const int[]){6}, six, false);
        ck_assert(!model_safetensors_finish(w, &e));
        check_message(&e, bad[i], i < 2 ? "the name is taken" : "not UTF-8");
        ck_assert_int_eq(empty_folder(), 0);
    }
    Error e = {""};
    SafetensorsWriter *w = model_safetensors_create(path, &e);
    model_safetensors_add_metadata(w, "key", "\xff");
    ck_assert(!model_safetensors_finish(w, &e));
    check_message(&e, "metadata", "metadata \"key\"");
    w = model_safetensors_create(path, &e);
    model_safetensors_abandon(w);
    ck_assert_int_eq(empty_folder(), 0);
}
END_TEST

/* Writes 4 MB where no file may pass 64 KB, which stands for a full disk. */
static bool write_too_much(Error *e)
{
    const struct rlimit limit = {65536, 65536};
    float *much = memory_zero(1 << 20, sizeof *much);
    SafetensorsWriter *w = model_safetensors_create(path, e);
    model_safetensors_add(w, "a", 2, (const int[]){1 << 10, 1 << 10}, much, true);
    setrlimit(RLIMIT_FSIZE, &limit);
    bool good = model_safetensors_finish(w, e);
    free(much);
    return good;
}

static void check_old_file_stays(void)
{
    float out[6];
    Error e = {""};
    Safetensors *s = open_good();
    ck_assert(model_safetensors_read(s, "a", 2, (const int[]){2, 3}, out, false, &e));
    check_same(out, six, 6);
    model_safetensors_close(s);
}

START_TEST(disk_full)
{
    Error e = {""};
    write_small(six);
    signal(SIGXFSZ, SIG_IGN); /* so that write fails and the program goes on */
    ck_assert(!write_too_much(&e));
    check_message(&e, "a full disk", "cannot write: File too large");
    check_old_file_stays();
    ck_assert_int_eq(empty_folder(), 1); /* no temporary file stays */
}
END_TEST

START_TEST(killed_while_writing)
{
    int status;
    write_small(six);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGXFSZ, SIG_DFL); /* ends the child in the middle of a write */
        write_too_much(NULL);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    check_old_file_stays();
    ck_assert_int_eq(empty_folder(), 2); /* the old file, and the torn one beside it */
}
END_TEST

static Suite *safetensors_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *c = tcase_create("safetensors");
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, round_trip);
    tcase_add_test(c, round_trip_large);
    tcase_add_test(c, bytes_on_disk);
    tcase_add_test(c, empty_file_of_tensors);
    tcase_add_test(c, half_values);
    tcase_add_test(c, bfloat_values);
    tcase_add_loop_test(c, hostile_header, 0, (int)(sizeof hostile / sizeof *hostile));
    tcase_add_test(c, harmless_header);
    tcase_add_test(c, cut_at_every_length);
    tcase_add_test(c, hostile_length);
    tcase_add_test(c, header_over_the_limit);
    tcase_add_test(c, zeros_in_the_header);
    tcase_add_test(c, deep_nesting);
    tcase_add_test(c, long_name);
    tcase_add_test(c, not_a_file);
    tcase_add_test(c, read_refused);
    tcase_add_test(c, file_shrinks_while_open);
    tcase_add_test_raise_signal(c, mistake_of_the_program, SIGABRT);
    tcase_add_test(c, output_unwritable);
    tcase_add_test(c, names_refused);
    tcase_add_test(c, disk_full);
    tcase_add_test(c, killed_while_writing);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(safetensors_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
