/* shards.h -- files of token ids to train on, section 4.1.3.
 *
 * The form is that of llm.c: 256 numbers of 32 bits, of which the first three are a magic number, a version and how
 * many ids follow, and the ids, of 16 bits (magic number 20240520), or of 32 bits if the vocabulary has more than
 * 65,536 tokens (20240801); all little-endian. */
#ifndef CH04_SHARDS_H
#define CH04_SHARDS_H

#include "common/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { SHARD_HEAD = 256, SHARD_MAX = 1 << 30 /* ids */ };

/* Writes ids (count), each less than `vocab`. *hash: XXH3 of the file. */
bool shard_write(const char *path, const int *ids, size_t count, int vocab, uint64_t *hash, Error *e);

/* Reads them; NULL and *e, which names the file, if it is none. The caller frees it. */
int *shard_read(const char *path, size_t *count, Error *e);

#endif
