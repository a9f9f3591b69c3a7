/* shape.h -- what a decoder is made of: the facts of its config.json, and those of published models. */
#ifndef CH04_SHAPE_H
#define CH04_SHAPE_H

#include "common/base/error.h"

/* A mixture of experts: of `count` feed-forward networks a token uses `used`, and `shared` ones besides. */
typedef struct Experts {
    int count, used, hidden;   /* hidden: width of each */
    int shared, shared_hidden; /* how many every token uses, and their width */
    int dense_layers;          /* the first layers, which have one wide network instead */
    bool balanced;             /* the router has a bias for each expert: DeepSeek-V3 */
} Experts;

/* Multi-head latent attention: keys and values are made from one short vector (DeepSeek-AI, 2024). */
typedef struct Latent {
    int query_rank, rank;   /* widths of the short vectors; query_rank 0: queries are made directly */
    int rotary, key, value; /* of a head: dimensions that turn with the position, that do not, of values */
} Latent;

/* What is 0 or false is not there. */
typedef struct Shape {
    const char *name;
    int layers, channels, vocab;
    int heads, kv_heads, head_dim;
    int hidden;                        /* width of a dense feed-forward network */
    int positions;                     /* learned positions */
    bool gated;                        /* three matrices in a feed-forward network instead of two */
    bool layer_norm;                   /* gain and bias instead of a gain */
    bool qk_norm;                      /* a norm for each head's queries and keys */
    bool tied;                         /* logits use the token embeddings */
    bool qkv_bias, out_bias, mlp_bias; /* biases of queries, keys and values; of the output; of the rest */
    Experts experts;
    Latent latent;
    double published, unit; /* its number of parameters as its makers say it, rounded to `unit`s */
} Shape;

/* Published models, by year; their configurations are those on Hugging Face, GPT-3's is in Brown et al., 2020. */
enum { SHAPES_ROOM = 32 };
int shapes_published(Shape *shapes /* (SHAPES_ROOM) */); /* how many there are */

/* Reads a config.json of gpt2, llama, mistral, mixtral, qwen2, qwen3, qwen3_moe, deepseek_v2 or deepseek_v3: the
 * file, or the folder that holds it. False and *e if that fails. The name is the path. */
bool shape_read(const char *path, Shape *s, Error *e);

#endif
