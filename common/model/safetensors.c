/* safetensors.c -- tensors in a file.
 *
 * Opening reads the header, turns it into a list of entries and checks them
 * one by one; then, sorted by offset, each must begin where the one before it
 * ended. What passes can be read without another check of bounds. Bytes are
 * put together with shifts, so the byte order of the machine does not matter. */
#include "common/model/safetensors.h"

#include "common/base/file.h"
#include "common/tokenizer/json_words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define METADATA "__metadata__"

enum {
    LENGTH_BYTES = 8,
    HEADER_MAX = 100000000, /* the limit of the reference implementation */
    CHUNK = 1 << 16,        /* bytes converted at a time: they stay in the cache */
    BLOCK = 1 << 18,        /* floats transposed at a time, or one row if that is longer */
    NAME_SHOWN = 100        /* bytes of a name in a message */
};

/* ---- numbers and bytes --------------------------------------------------------------------------- */

typedef void Decode(const unsigned char *from, size_t count, float *to);

static uint32_t get16(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8;
}

static uint32_t get32(const unsigned char *b)
{
    return get16(b) | get16(b + 2) << 16;
}

static uint64_t get64(const unsigned char *b)
{
    return get32(b) | (uint64_t)get32(b + 4) << 32;
}

static void put32(unsigned char *b, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        b[i] = (unsigned char)(value >> 8 * i);
}

static void put16(unsigned char *b, uint32_t value)
{
    b[0] = (unsigned char)value;
    b[1] = (unsigned char)(value >> 8);
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void decode_f32(const unsigned char *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = float_of_bits(get32(from + 4 * i));
}

/* bfloat16 is the upper half of a float32. */
static void decode_bf16(const unsigned char *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = float_of_bits(get16(from + 2 * i) << 16);
}

/* IEEE half: 1 sign, 5 exponent (bias 15) and 10 mantissa bits. */
static float float_of_half(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    if (exponent == 0)
        return copysignf((float)mantissa * 0x1p-24f, sign ? -1.0f : 1.0f);
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000 | mantissa << 13);
    return float_of_bits(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
}

/* The nearest half; of two equally near ones that with an even mantissa. */
static uint32_t half_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000)
        return sign | 0x7e00; /* not a number */
    if (size >= 0x477ff000)
        return sign | 0x7c00; /* 65520 and above */
    if (size < 0x38800000) {  /* below 2^-14: multiples of 2^-24 */
        float units = float_of_bits(size) * 0x1p24f;
        return sign | (uint32_t)rintf(units);
    }
    uint32_t rounded = size + 0xfff + (size >> 13 & 1);
    return sign | (rounded - 0x38000000) >> 13;
}

static void decode_f16(const unsigned char *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = float_of_half(get16(from + 2 * i));
}

typedef struct Dtype {
    const char *name;
    uint64_t size;  /* bytes */
    Decode *decode; /* NULL for what is not read into float */
} Dtype;

static const Dtype dtypes[] = {
    {"F32", 4, decode_f32}, {"F16", 2, decode_f16}, {"BF16", 2, decode_bf16}, {"F64", 8, NULL},
    {"I64", 8, NULL},       {"I32", 4, NULL},       {"I16", 2, NULL},         {"I8", 1, NULL},
    {"U64", 8, NULL},       {"U32", 4, NULL},       {"U16", 2, NULL},         {"U8", 1, NULL},
    {"BOOL", 1, NULL},      {"F8_E4M3", 1, NULL},   {"F8_E5M2", 1, NULL},     {"C64", 8, NULL},
};

static const Dtype *dtype_find(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    }
    return NULL;
}

/* *to = a * b; false when that does not fit. */
static bool multiply(uint64_t a, uint64_t b, uint64_t *to)
{
    *to = a * b;
    return b == 0 || a <= UINT64_MAX / b;
}

/* ---- messages ------------------------------------------------------------------------------------ */

/* Bytes of a name to show: all, or what fits without cutting a UTF-8 character. */
static int shown(const char *name)
{
    size_t length = strnlen(name, NAME_SHOWN + 1);
    if (length <= NAME_SHOWN)
        return (int)length;
    for (length = NAME_SHOWN; length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80;)
        length--;
    return (int)length;
}

__attribute__((format(printf, 4, 5))) static bool refuse(Error *e, const char *path, const char *name,
                                                         const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(e, "%s: tensor \"%.*s\": %s", path, shown(name), name, what);
}

static const char *shape_text(int rank, const int *shape, char text[TENSOR_SHAPE_TEXT])
{
    size_t used = (size_t)snprintf(text, TENSOR_SHAPE_TEXT, "(");
    for (int i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, TENSOR_SHAPE_TEXT - used, i ? ",%d" : "%d", shape[i]);
    snprintf(text + used, TENSOR_SHAPE_TEXT - used, ")");
    return text;
}

/* ---- the header ---------------------------------------------------------------------------------- */

typedef struct Entry {
    const char *name; /* owned by the header */
    const Dtype *dtype;
    int rank, shape[TENSOR_MAX_RANK];
    uint64_t begin, end; /* bytes, from the start of the data */
} Entry;

struct Safetensors {
    char *path;
    int file;
    uint64_t data_at, data_size; /* bytes */
    json_t *header;
    Entry *entries; /* (count), in the order of the data */
    int count;
};

/* Reads exactly size bytes from position at of the file. */
static bool read_at(const Safetensors *s, uint64_t at, void *to, size_t size, Error *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(s->file, (char *)to + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(e, "%s: byte %" PRIu64 ": %s", s->path, at + done,
                             n < 0 ? strerror(errno) : "the file shrank while it was read");
        done += (size_t)n;
    }
    return true;
}

static bool open_file(Safetensors *s, uint64_t *size, Error *e)
{
    struct stat status;
    s->file = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (s->file < 0)
        return error_set(e, "%s: %s", s->path, strerror(errno));
    if (fstat(s->file, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(e, "%s: not a plain file", s->path);
    *size = (uint64_t)status.st_size;
    char start[FILE_POINTER];
    size_t known = *size < sizeof start ? (size_t)*size : sizeof start;
    return read_at(s, 0, start, known, e) && file_is_whole(s->path, start, known, e);
}

static bool read_length(Safetensors *s, uint64_t size, uint64_t *length, Error *e)
{
    unsigned char bytes[LENGTH_BYTES];
    if (size < LENGTH_BYTES)
        return error_set(e, "%s: %" PRIu64 " bytes, expected at least the 8 of the length", s->path, size);
    if (!read_at(s, 0, bytes, sizeof bytes, e))
        return false;
    *length = get64(bytes);
    if (*length > HEADER_MAX)
        return error_set(e,
                         "%s: a header of %" PRIu64 " bytes, expected at most %d: not a safetensors file?",
                         s->path, *length, HEADER_MAX);
    if (*length > size - LENGTH_BYTES)
        return error_set(e, "%s: a header of %" PRIu64 " bytes, but %" PRIu64 " follow: cut short?",
                         s->path, *length, size - LENGTH_BYTES);
    s->data_at = LENGTH_BYTES + *length;
    s->data_size = size - s->data_at;
    return true;
}

static bool read_header(Safetensors *s, uint64_t length, Error *e)
{
    json_error_t error = {0};
    char *text = malloc(length + 1);
    if (!text)
        return error_set(e, "%s: a header of %" PRIu64 " bytes does not fit into memory", s->path, length);
    bool good = read_at(s, LENGTH_BYTES, text, length, e);
    if (good && (length == 0 || text[0] != '{'))
        good = error_set(e, "%s: byte 8: expected '{', the begin of a JSON object", s->path);
    if (good) {
        s->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
        if (!s->header)
            good = error_set(e, "%s: byte %d: expected a JSON object without repeated names: %s", s->path,
                             LENGTH_BYTES + error.position, tokenizer_json_words(&error));
    }
    free(text);
    return good;
}

static bool check_metadata(const Safetensors *s, Error *e)
{
    const char *key;
    json_t *value, *metadata = json_object_get(s->header, METADATA);
    if (metadata && !json_is_object(metadata))
        return error_set(e, "%s: " METADATA " is not an object of strings", s->path);
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return error_set(e, "%s: " METADATA ": \"%.*s\" is not a string", s->path, shown(key), key);
    }
    return true;
}

static bool parse_dtype(const Safetensors *s, const json_t *json, Entry *t, Error *e)
{
    const char *name = json_string_value(json_object_get(json, "dtype"));
    if (!name)
        return refuse(e, s->path, t->name, "dtype is missing or not a string");
    t->dtype = dtype_find(name);
    if (!t->dtype)
        return refuse(e, s->path, t->name, "unknown dtype \"%.*s\", expected one such as F32", shown(name),
                      name);
    return true;
}

static bool parse_shape(const Safetensors *s, const json_t *json, Entry *t, Error *e)
{
    const json_t *shape = json_object_get(json, "shape");
    if (!json_is_array(shape))
        return refuse(e, s->path, t->name, "shape is missing or not an array");
    if (json_array_size(shape) > TENSOR_MAX_RANK)
        return refuse(e, s->path, t->name, "%zu dimensions, expected at most %d", json_array_size(shape),
                      TENSOR_MAX_RANK);
    t->rank = (int)json_array_size(shape);
    for (int i = 0; i < t->rank; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > INT_MAX)
            return refuse(e, s->path, t->name, "shape[%d] is not an integer from 0 to %d", i, INT_MAX);
        t->shape[i] = (int)json_integer_value(size);
    }
    return true;
}

static bool parse_offsets(const Safetensors *s, const json_t *json, Entry *t, Error *e)
{
    const json_t *offsets = json_object_get(json, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return refuse(e, s->path, t->name, "data_offsets is not an array of two integers");
    if (json_integer_value(begin) < 0 || json_integer_value(begin) > json_integer_value(end))
        return refuse(e, s->path, t->name, "data_offsets [%lld,%lld], expected 0 <= begin <= end",
                      (long long)json_integer_value(begin), (long long)json_integer_value(end));
    t->begin = (uint64_t)json_integer_value(begin);
    t->end = (uint64_t)json_integer_value(end);
    if (t->end > s->data_size)
        return refuse(e, s->path, t->name,
                      "it ends at byte %" PRIu64 " of the data, which has %" PRIu64 ": cut short?", t->end,
                      s->data_size);
    return true;
}

static bool check_size(const Safetensors *s, const Entry *t, Error *e)
{
    char text[TENSOR_SHAPE_TEXT];
    uint64_t size = t->dtype->size;
    shape_text(t->rank, t->shape, text);
    for (int i = 0; i < t->rank; i++) {
        if (!multiply(size, (uint64_t)t->shape[i], &size))
            return refuse(e, s->path, t->name, "the size of shape %s does not fit into 64 bits", text);
    }
    if (size != t->end - t->begin)
        return refuse(e, s->path, t->name, "%" PRIu64 " bytes of data, but %s of %s needs %" PRIu64,
                      t->end - t->begin, text, t->dtype->name, size);
    return true;
}

static bool parse_entry(const Safetensors *s, const json_t *json, Entry *t, Error *e)
{
    if (!json_is_object(json) || json_object_size(json) != 3)
        return refuse(e, s->path, t->name, "expected an object of dtype, shape and data_offsets");
    return parse_dtype(s, json, t, e) && parse_shape(s, json, t, e) && parse_offsets(s, json, t, e) &&
           check_size(s, t, e);
}

static int by_offset(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1; /* an empty tensor lies before what begins there */
    return strcmp(x->name, y->name);
}

/* Sorted by offset, the tensors must cover the data once. */
static bool check_cover(const Safetensors *s, Error *e)
{
    uint64_t at = 0;
    for (int i = 0; i < s->count; i++) {
        const Entry *t = &s->entries[i];
        if (t->begin != at)
            return refuse(e, s->path, t->name,
                          "it begins at byte %" PRIu64 " of the data, expected %" PRIu64 ": %s", t->begin,
                          at, t->begin < at ? "it overlaps the one before" : "there is a hole before it");
        at = t->end;
    }
    if (at != s->data_size)
        return error_set(e, "%s: %" PRIu64 " bytes of data, expected %" PRIu64 ": a hole at the end",
                         s->path, s->data_size, at);
    return true;
}

static bool parse_entries(Safetensors *s, Error *e)
{
    const char *name;
    json_t *value;
    s->entries = memory_zero(json_object_size(s->header), sizeof *s->entries);
    json_object_foreach(s->header, name, value)
    {
        if (strcmp(name, METADATA) == 0)
            continue;
        Entry *t = &s->entries[s->count++];
        t->name = name;
        if (!parse_entry(s, value, t, e))
            return false;
    }
    qsort(s->entries, (size_t)s->count, sizeof *s->entries, by_offset);
    return check_cover(s, e);
}

Safetensors *model_safetensors_open(const char *path, Error *e)
{
    uint64_t size = 0, length = 0;
    Safetensors *s = memory_zero(1, sizeof *s);
    s->path = memory_string(path);
    s->file = -1;
    if (open_file(s, &size, e) && read_length(s, size, &length, e) && read_header(s, length, e) &&
        check_metadata(s, e) && parse_entries(s, e))
        return s;
    model_safetensors_close(s);
    return NULL;
}

void model_safetensors_close(Safetensors *s)
{
    if (!s)
        return;
    if (s->file >= 0)
        close(s->file);
    json_decref(s->header);
    free(s->entries);
    free(s->path);
    free(s);
}

/* ---- what is in it ------------------------------------------------------------------------------- */

int model_safetensors_count(const Safetensors *s)
{
    return s->count;
}

const char *model_safetensors_name(const Safetensors *s, int i)
{
    if (i < 0 || i >= s->count)
        FATAL("model_safetensors_name: tensor %d of %d", i, s->count);
    return s->entries[i].name;
}

/* A model has some hundreds of tensors, so looking through all of them is quick enough. */
static const Entry *find(const Safetensors *s, const char *name)
{
    for (int i = 0; i < s->count; i++) {
        if (strcmp(s->entries[i].name, name) == 0)
            return &s->entries[i];
    }
    return NULL;
}

int model_safetensors_shape(const Safetensors *s, const char *name, int shape[TENSOR_MAX_RANK])
{
    const Entry *t = find(s, name);
    if (!t)
        return -1;
    memcpy(shape, t->shape, (size_t)t->rank * sizeof *shape);
    return t->rank;
}

const char *model_safetensors_dtype(const Safetensors *s, const char *name)
{
    const Entry *t = find(s, name);
    return t ? t->dtype->name : NULL;
}

const char *model_safetensors_metadata(const Safetensors *s, const char *key)
{
    return json_string_value(json_object_get(json_object_get(s->header, METADATA), key));
}

/* ---- reading a tensor ---------------------------------------------------------------------------- */

/* Elements first .. first+count-1 of a tensor, as floats. */
static bool fetch(const Safetensors *s, const Entry *t, size_t first, size_t count, float *out, Error *e)
{
    unsigned char bytes[CHUNK];
    size_t size = t->dtype->size, max = CHUNK / size;
    for (size_t done = 0; done < count;) {
        size_t n = count - done < max ? count - done : max;
        if (!read_at(s, s->data_at + t->begin + (first + done) * size, bytes, n * size, e))
            return false;
        t->dtype->decode(bytes, n, out + done);
        done += n;
    }
    return true;
}

/* Rows of a (rows,cols) matrix to move at a time: runs long enough for the cache lines. */
static size_t block_rows(size_t rows, size_t cols)
{
    size_t fit = cols ? BLOCK / cols : rows;
    return fit < 1 ? 1 : fit < rows ? fit : rows;
}

/* The file holds (rows,cols); out is (cols,rows). */
static bool fetch_transposed(const Safetensors *s, const Entry *t, float *out, Error *e)
{
    size_t rows = (size_t)t->shape[0], cols = (size_t)t->shape[1], step = block_rows(rows, cols);
    if (rows == 0 || cols == 0)
        return true;
    float *block = memory_new(step * cols * sizeof *block); /* (step,cols) */
    bool good = true;
    for (size_t r0 = 0; r0 < rows && good; r0 += step) {
        size_t n = rows - r0 < step ? rows - r0 : step;
        good = fetch(s, t, r0 * cols, n * cols, block, e);
        for (size_t c = 0; c < cols && good; c++) {
            for (size_t r = 0; r < n; r++)
                out[c * rows + r0 + r] = block[r * cols + c];
        }
    }
    free(block);
    return good;
}

static void check_call(const char *function, const char *name, int rank, const int *shape, bool transposed)
{
    if (rank < 0 || rank > TENSOR_MAX_RANK)
        FATAL("%s: tensor \"%s\" of rank %d, expected 0 to %d", function, name, rank, TENSOR_MAX_RANK);
    if (transposed && rank != 2)
        FATAL("%s: tensor \"%s\" of rank %d: only a matrix can be transposed", function, name, rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            FATAL("%s: tensor \"%s\": dimension %d is %d", function, name, i, shape[i]);
    }
}

/* The shape in the file: the other way round for a transposed matrix. */
static void stored_shape(int rank, const int *shape, bool transposed, int stored[TENSOR_MAX_RANK])
{
    for (int i = 0; i < rank; i++)
        stored[i] = shape[transposed ? rank - 1 - i : i];
}

/* The tensor of that name and shape, in a type that is read; NULL and *e. */
static const Entry *expect(const Safetensors *s, const char *name, int rank, const int *shape,
                           bool transposed, Error *e)
{
    int stored[TENSOR_MAX_RANK] = {0};
    char has[TENSOR_SHAPE_TEXT], wants[TENSOR_SHAPE_TEXT];
    const Entry *t = find(s, name);
    bool good = true;
    stored_shape(rank, shape, transposed, stored);
    if (!t)
        good = refuse(e, s->path, name, "not in the file, expected one of shape %s",
                      shape_text(rank, shape, wants));
    else if (t->rank != rank || memcmp(t->shape, stored, (size_t)rank * sizeof *stored) != 0)
        good = refuse(e, s->path, name, "shape %s, expected %s%s", shape_text(t->rank, t->shape, has),
                      shape_text(rank, stored, wants), transposed ? " (stored transposed)" : "");
    else if (!t->dtype->decode)
        good = refuse(e, s->path, name, "dtype %s, expected F32, F16 or BF16", t->dtype->name);
    return good ? t : NULL;
}

bool model_safetensors_check(const Safetensors *s, const char *name, int rank, const int *shape,
                             bool transposed, Error *e)
{
    check_call("model_safetensors_check", name, rank, shape, transposed);
    return expect(s, name, rank, shape, transposed, e) != NULL;
}

bool model_safetensors_read(const Safetensors *s, const char *name, int rank, const int *shape, float *out,
                            bool transposed, Error *e)
{
    check_call("model_safetensors_read", name, rank, shape, transposed);
    const Entry *t = expect(s, name, rank, shape, transposed, e);
    if (!t)
        return false;
    if (transposed)
        return fetch_transposed(s, t, out, e);
    return fetch(s, t, 0, (size_t)((t->end - t->begin) / t->dtype->size), out, e);
}

/* ---- writing ------------------------------------------------------------------------------------- */

typedef struct Piece {
    const float *data;
    size_t rows, cols; /* of data; a plain tensor is one row */
    bool transposed, half;
} Piece;

struct SafetensorsWriter {
    char *path;
    FileWriter *file;
    json_t *header;
    Piece *pieces; /* (count), in the order of the data */
    size_t count;
    uint64_t size; /* bytes of data so far */
    bool half;     /* tensors are added as F16 */
    Error error;   /* the first failure */
};

SafetensorsWriter *model_safetensors_create(const char *path, Error *e)
{
    FileWriter *file = file_create(path, e);
    if (!file)
        return NULL;
    SafetensorsWriter *w = memory_zero(1, sizeof *w);
    w->path = memory_string(path);
    w->file = file;
    w->header = json_object();
    json_object_set_new(w->header, METADATA,
                        json_object()); /* first in the file; removed if it stays empty */
    return w;
}

static void writer_free(SafetensorsWriter *w)
{
    json_decref(w->header);
    free(w->pieces);
    free(w->path);
    free(w);
}

void model_safetensors_abandon(SafetensorsWriter *w)
{
    file_abandon(w->file);
    writer_free(w);
}

void model_safetensors_use_half(SafetensorsWriter *w, bool half)
{
    w->half = half;
}

static json_t *entry_json(bool half, int rank, const int *shape, uint64_t begin, uint64_t end)
{
    json_t *sizes = json_array();
    for (int i = 0; i < rank; i++)
        json_array_append_new(sizes, json_integer(shape[i]));
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", half ? "F16" : "F32", "shape", sizes, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

void model_safetensors_add(SafetensorsWriter *w, const char *name, int rank, const int *shape,
                           const float *data, bool transposed)
{
    int stored[TENSOR_MAX_RANK] = {0};
    uint64_t unit = w->half ? 2 : 4, bytes = unit;
    check_call("model_safetensors_add", name, rank, shape, transposed);
    stored_shape(rank, shape, transposed, stored);
    for (int i = 0; i < rank; i++) {
        if (!multiply(bytes, (uint64_t)shape[i], &bytes) || bytes > INT64_MAX / 2)
            FATAL("model_safetensors_add: tensor \"%s\" has more bytes than 63 bits count", name);
    }
    if (w->size + bytes > INT64_MAX)
        FATAL("model_safetensors_add: tensor \"%s\": more data than 63 bits count", name);
    if (json_object_get(w->header, name)) {
        refuse(&w->error, w->path, name, "the name is taken, expected every name once");
        return;
    }
    if (json_object_set_new(w->header, name, entry_json(w->half, rank, stored, w->size, w->size + bytes)) !=
        0) {
        refuse(&w->error, w->path, name, "the name is not UTF-8");
        return;
    }
    w->pieces = memory_resize(w->pieces, (w->count + 1) * sizeof *w->pieces);
    w->pieces[w->count++] = (Piece){.data = data,
                                    .rows = transposed ? (size_t)shape[0] : 1,
                                    .cols = transposed ? (size_t)shape[1] : (size_t)(bytes / unit),
                                    .transposed = transposed,
                                    .half = w->half};
    w->size += bytes;
}

void model_safetensors_add_metadata(SafetensorsWriter *w, const char *key, const char *value)
{
    if (json_object_set_new(json_object_get(w->header, METADATA), key, json_string(value)) != 0)
        error_set(&w->error, "%s: metadata \"%.*s\": the key or the value is not UTF-8", w->path,
                  shown(key), key);
}

static void write_floats(FileWriter *file, bool half, const float *data, size_t count)
{
    unsigned char bytes[CHUNK];
    const size_t unit = half ? 2 : 4, max = CHUNK / unit;
    for (size_t done = 0; done < count;) {
        size_t n = count - done < max ? count - done : max;
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            memcpy(&bits, &data[done + i], sizeof bits);
            if (half)
                put16(bytes + 2 * i, half_of_float(data[done + i]));
            else
                put32(bytes + 4 * i, bits);
        }
        file_write(file, bytes, n * unit);
        done += n;
    }
}

/* data is (rows,cols); the file gets (cols,rows). */
static void write_transposed(FileWriter *file, const Piece *p)
{
    size_t rows = p->rows, cols = p->cols, step = block_rows(cols, rows);
    if (rows == 0 || cols == 0)
        return;
    float *block = memory_new(step * rows * sizeof *block); /* (step,rows) */
    for (size_t c0 = 0; c0 < cols; c0 += step) {
        size_t n = cols - c0 < step ? cols - c0 : step;
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < n; c++)
                block[c * rows + r] = p->data[r * cols + c0 + c];
        }
        write_floats(file, p->half, block, n * rows);
    }
    free(block);
}

/* The length and the header, padded with blanks so that the data begins at a multiple of 8. */
static void write_header(SafetensorsWriter *w)
{
    unsigned char length[LENGTH_BYTES] = {0};
    if (json_object_size(json_object_get(w->header, METADATA)) == 0)
        json_object_del(w->header, METADATA);
    char *text = json_dumps(w->header, JSON_COMPACT);
    if (!text)
        FATAL("model_safetensors_finish: out of memory");
    size_t size = strlen(text), padding = (8 - size % 8) % 8;
    if (size + padding > HEADER_MAX)
        error_set(&w->error, "%s: a header of %zu bytes, expected at most %d", w->path, size, HEADER_MAX);
    put32(length, (uint32_t)(size + padding));
    file_write(w->file, length, sizeof length);
    file_write(w->file, text, size);
    file_write(w->file, "       ", padding);
    free(text);
}

bool model_safetensors_finish(SafetensorsWriter *w, Error *e)
{
    if (!w->error.text[0])
        write_header(w);
    if (w->error.text[0]) {
        error_set(e, "%s", w->error.text);
        model_safetensors_abandon(w);
        return false;
    }
    for (size_t i = 0; i < w->count; i++) {
        const Piece *p = &w->pieces[i];
        if (p->transposed)
            write_transposed(w->file, p);
        else
            write_floats(w->file, p->half, p->data, p->cols);
    }
    bool good = file_commit(w->file, e);
    writer_free(w);
    return good;
}
