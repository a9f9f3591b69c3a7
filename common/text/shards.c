/* shards.c -- token ids as files. */
#include "common/text/shards.h"

#include "common/base/arena.h"
#include "common/base/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

char *text_shard_bytes(const int *ids, size_t count, int vocab, size_t *size)
{
    int width = vocab <= 1 << 16 ? 2 : 4;
    *size = 4 * TEXT_SHARD_HEAD + count * (size_t)width;
    unsigned char *bytes = memory_zero(*size, 1);
    put(bytes, magic[width == 4], 4);
    put(bytes + 4, 1, 4);
    put(bytes + 8, (uint32_t)count, 4);
    for (size_t i = 0; i < count; i++)
        put(bytes + 4 * TEXT_SHARD_HEAD + i * (size_t)width, (uint32_t)ids[i], width);
    return (char *)bytes;
}

int *text_shard_read(const char *path, size_t *count, Error *e)
{
    size_t size;
    char *file = file_read(path, &size, e);
    if (!file)
        return NULL;
    const unsigned char *bytes = (const unsigned char *)file;
    uint32_t kind = size >= 4 * TEXT_SHARD_HEAD ? get(bytes, 4) : 0;
    int width = kind == magic[0] ? 2 : 4, *ids = NULL;
    *count = kind ? get(bytes + 8, 4) : 0;
    if (kind != magic[0] && kind != magic[1])
        error_set(e, "%s: no shard of tokens: expected the number %u or %u at its beginning", path,
                  magic[0], magic[1]);
    else if (*count > TEXT_SHARD_MAX || size != 4 * TEXT_SHARD_HEAD + *count * (size_t)width)
        error_set(e, "%s: says %zu tokens of %d bits and has %zu bytes", path, *count, 8 * width, size);
    else {
        ids = memory_new((*count + 1) * sizeof *ids);
        for (size_t i = 0; i < *count; i++)
            ids[i] = (int)get(bytes + 4 * TEXT_SHARD_HEAD + i * (size_t)width, width);
    }
    free(file);
    return ids;
}

static bool is_there(const char *folder, const char *format, int i, char *path, size_t room)
{
    int size = snprintf(path, room, "%s/", folder);
    snprintf(path + size, room - (size_t)size, format, i);
    return access(path, F_OK) == 0;
}

static bool append(int **ids, size_t *count, const char *path, int vocab, Error *e)
{
    size_t more;
    int *read = text_shard_read(path, &more, e);
    for (size_t i = 0; read && i < more; i++) {
        if (read[i] < 0 || read[i] >= vocab) {
            error_set(e, "%s: token %zu is %d; the tokenizer beside it has %d", path, i, read[i], vocab);
            free(read);
            return false;
        }
    }
    if (!read)
        return false;
    *ids = memory_resize(*ids, sizeof **ids * (*count + more + 1));
    memcpy(*ids + *count, read, sizeof *read * more);
    *count += more;
    free(read);
    return true;
}

int *text_shards_read(const char *folder, int vocab, size_t *count, Error *e)
{
    char path[4096];
    int *ids = NULL, shards = 0;
    bool good = true;
    *count = 0;
    if (strlen(folder) > sizeof path - 64) {
        error_set(e, "%.40s...: a name that is too long", folder);
        return NULL;
    }
    for (; good && is_there(folder, "tokens-%06d.bin", shards, path, sizeof path); shards++)
        good = append(&ids, count, path, vocab, e);
    if (good && shards == 0)
        good = error_set(e, "%s: no such file; expected a folder that ch04/dataset_build wrote", path);
    if (good && is_there(folder, "text-%06d.txt", shards, path, sizeof path))
        good = error_set(e, "%s: has no shard of tokens yet; let ch04/dataset_build finish", path);
    if (good)
        return ids;
    free(ids);
    return NULL;
}
