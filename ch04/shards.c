/* shards.c -- whole files in, whole files out. */
#include "ch04/shards.h"

#include "common/base/arena.h"
#include "common/base/file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const uint32_t magic[2] = {20240520, 20240801}; /* of ids of 16 and of 32 bits */

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get(const unsigned char *from, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)from[i] << 8 * i;
    return value;
}

bool shard_write(const char *path, const int *ids, size_t count, int vocab, uint64_t *hash, Error *e)
{
    int width = vocab <= 1 << 16 ? 2 : 4;
    size_t size = 4 * SHARD_HEAD + count * (size_t)width;
    unsigned char *bytes = memory_zero(size, 1);
    put(bytes, magic[width == 4], 4);
    put(bytes + 4, 1, 4);
    put(bytes + 8, (uint32_t)count, 4);
    for (size_t i = 0; i < count; i++)
        put(bytes + 4 * SHARD_HEAD + i * (size_t)width, (uint32_t)ids[i], width);
    *hash = XXH3_64bits(bytes, size);
    FileWriter *w = file_create(path, e); /* beside it, and renamed when it is whole */
    if (w)
        file_write(w, bytes, size);
    free(bytes);
    return w && file_commit(w, e);
}

int *shard_read(const char *path, size_t *count, Error *e)
{
    size_t size;
    char *file = file_read(path, &size, e);
    if (!file)
        return NULL;
    const unsigned char *bytes = (const unsigned char *)file;
    uint32_t kind = size >= 4 * SHARD_HEAD ? get(bytes, 4) : 0;
    int width = kind == magic[0] ? 2 : 4, *ids = NULL;
    *count = kind ? get(bytes + 8, 4) : 0;
    if (kind != magic[0] && kind != magic[1])
        error_set(e, "%s: no shard of tokens: expected the number %u or %u at its beginning", path,
                  magic[0], magic[1]);
    else if (*count > SHARD_MAX || size != 4 * SHARD_HEAD + *count * (size_t)width)
        error_set(e, "%s: says %zu tokens of %d bits and has %zu bytes", path, *count, 8 * width, size);
    else {
        ids = memory_new((*count + 1) * sizeof *ids);
        for (size_t i = 0; i < *count; i++)
            ids[i] = (int)get(bytes + 4 * SHARD_HEAD + i * (size_t)width, width);
    }
    free(file);
    return ids;
}
