/* shards.h -- files of token ids to train on, section 4.1.3.
 *
 * The form is that of llm.c: 256 numbers of 32 bits, of which the first three are a magic number, a version and how
 * many ids follow, and the ids, of 16 bits (magic number 20240520), or of 32 bits if the vocabulary has more than
 * 65,536 tokens (20240801); all little-endian. A data set is a folder of them, tokens-000000.bin and so on, with the
 * tokenizer.json that made them: what ch04/dataset_build writes. */
#ifndef TEXT_SHARDS_H
#define TEXT_SHARDS_H

#include "common/base/error.h"

#include <stddef.h>

enum { TEXT_SHARD_HEAD = 256, TEXT_SHARD_MAX = 1 << 30 /* ids */ };

/* The file that holds ids (count), each less than `vocab`. The caller frees it. */
char *text_shard_bytes(const int *ids, size_t count, int vocab, size_t *size);

/* The ids of a file; NULL and *e, which names it, if it is no shard. The caller frees them. */
int *text_shard_read(const char *path, size_t *count, Error *e);

/* The ids of all shards of a folder, in their order, each less than `vocab`. NULL and *e if it has none, if one is bad,
 * or if there are texts (text-000000.txt) that have no ids yet. The caller frees them. */
int *text_shards_read(const char *folder, int vocab, size_t *count, Error *e);

#endif
