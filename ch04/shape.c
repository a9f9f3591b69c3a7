/* shape.c -- shapes of published models, and of a config.json. */
#include "ch04/shape.h"

#include "common/base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- published models ---------------------------------------------------------------------------- */

const Shape shapes[] = {
    {.name = "GPT-2",
     .layers = 12,
     .channels = 768,
     .vocab = 50257,
     .heads = 12,
     .kv_heads = 12,
     .head_dim = 64,
     .hidden = 3072,
     .positions = 1024,
     .layer_norm = true,
     .tied = true,
     .qkv_bias = true,
     .out_bias = true,
     .mlp_bias = true,
     .published = 124439808.0,
     .unit = 1},
    {.name = "GPT-2 medium",
     .layers = 24,
     .channels = 1024,
     .vocab = 50257,
     .heads = 16,
     .kv_heads = 16,
     .head_dim = 64,
     .hidden = 4096,
     .positions = 1024,
     .layer_norm = true,
     .tied = true,
     .qkv_bias = true,
     .out_bias = true,
     .mlp_bias = true,
     .published = 354823168.0,
     .unit = 1},
    {.name = "GPT-2 large",
     .layers = 36,
     .channels = 1280,
     .vocab = 50257,
     .heads = 20,
     .kv_heads = 20,
     .head_dim = 64,
     .hidden = 5120,
     .positions = 1024,
     .layer_norm = true,
     .tied = true,
     .qkv_bias = true,
     .out_bias = true,
     .mlp_bias = true,
     .published = 774030080.0,
     .unit = 1},
    {.name = "GPT-2 XL",
     .layers = 48,
     .channels = 1600,
     .vocab = 50257,
     .heads = 25,
     .kv_heads = 25,
     .head_dim = 64,
     .hidden = 6400,
     .positions = 1024,
     .layer_norm = true,
     .tied = true,
     .qkv_bias = true,
     .out_bias = true,
     .mlp_bias = true,
     .published = 1557611200.0,
     .unit = 1},
    {.name = "GPT-3 175B",
     .layers = 96,
     .channels = 12288,
     .vocab = 50257,
     .heads = 96,
     .kv_heads = 96,
     .head_dim = 128,
     .hidden = 49152,
     .positions = 2048,
     .layer_norm = true,
     .tied = true,
     .qkv_bias = true,
     .out_bias = true,
     .mlp_bias = true,
     .published = 174600e6,
     .unit = 1e8},
    {.name = "Llama 2 7B",
     .layers = 32,
     .channels = 4096,
     .vocab = 32000,
     .heads = 32,
     .kv_heads = 32,
     .head_dim = 128,
     .hidden = 11008,
     .gated = true,
     .published = 6738415616.0,
     .unit = 1},
    {.name = "Llama 3 8B",
     .layers = 32,
     .channels = 4096,
     .vocab = 128256,
     .heads = 32,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 14336,
     .gated = true,
     .published = 8030261248.0,
     .unit = 1},
    {.name = "Llama 3 70B",
     .layers = 80,
     .channels = 8192,
     .vocab = 128256,
     .heads = 64,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 28672,
     .gated = true,
     .published = 70553706496.0,
     .unit = 1},
    {.name = "Llama 3.1 405B",
     .layers = 126,
     .channels = 16384,
     .vocab = 128256,
     .heads = 128,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 53248,
     .gated = true,
     .published = 405853388800.0,
     .unit = 1},
    {.name = "Mixtral 8x7B",
     .layers = 32,
     .channels = 4096,
     .vocab = 32000,
     .heads = 32,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 0,
     .gated = true,
     .experts = {.count = 8, .used = 2, .hidden = 14336},
     .published = 46702792704.0,
     .unit = 1},
    {.name = "DeepSeek-V3",
     .layers = 61,
     .channels = 7168,
     .vocab = 129280,
     .heads = 128,
     .kv_heads = 128,
     .head_dim = 192,
     .hidden = 18432,
     .gated = true,
     .experts = {.count = 256,
                 .used = 8,
                 .hidden = 2048,
                 .shared = 1,
                 .shared_hidden = 2048,
                 .dense_layers = 3,
                 .balanced = true},
     .latent = {.query_rank = 1536, .rank = 512, .rotary = 64, .key = 128, .value = 128},
     .published = 671026419200.0,
     .unit = 1},
    {.name = "Qwen3-0.6B",
     .layers = 28,
     .channels = 1024,
     .vocab = 151936,
     .heads = 16,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 3072,
     .gated = true,
     .qk_norm = true,
     .tied = true,
     .published = 596049920.0,
     .unit = 1},
    {.name = "Qwen3-1.7B",
     .layers = 28,
     .channels = 2048,
     .vocab = 151936,
     .heads = 16,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 6144,
     .gated = true,
     .qk_norm = true,
     .tied = true,
     .published = 1720574976.0,
     .unit = 1},
    {.name = "Qwen3-4B",
     .layers = 36,
     .channels = 2560,
     .vocab = 151936,
     .heads = 32,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 9728,
     .gated = true,
     .qk_norm = true,
     .tied = true,
     .published = 4022468096.0,
     .unit = 1},
    {.name = "Qwen3-8B",
     .layers = 36,
     .channels = 4096,
     .vocab = 151936,
     .heads = 32,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 12288,
     .gated = true,
     .qk_norm = true,
     .published = 8190735360.0,
     .unit = 1},
    {.name = "Qwen3-14B",
     .layers = 40,
     .channels = 5120,
     .vocab = 151936,
     .heads = 40,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 17408,
     .gated = true,
     .qk_norm = true,
     .published = 14768307200.0,
     .unit = 1},
    {.name = "Qwen3-32B",
     .layers = 64,
     .channels = 5120,
     .vocab = 151936,
     .heads = 64,
     .kv_heads = 8,
     .head_dim = 128,
     .hidden = 25600,
     .gated = true,
     .qk_norm = true,
     .published = 32762123264.0,
     .unit = 1},
    {.name = "Qwen3-30B-A3B",
     .layers = 48,
     .channels = 2048,
     .vocab = 151936,
     .heads = 32,
     .kv_heads = 4,
     .head_dim = 128,
     .hidden = 0,
     .gated = true,
     .qk_norm = true,
     .experts = {.count = 128, .used = 8, .hidden = 768},
     .published = 30532122624.0,
     .unit = 1},
    {.name = "Qwen3-235B-A22B",
     .layers = 94,
     .channels = 4096,
     .vocab = 151936,
     .heads = 64,
     .kv_heads = 4,
     .head_dim = 128,
     .hidden = 0,
     .gated = true,
     .qk_norm = true,
     .experts = {.count = 128, .used = 8, .hidden = 1536},
     .published = 235093634560.0,
     .unit = 1},
};
const int shape_count = sizeof shapes / sizeof *shapes;

/* ---- config.json --------------------------------------------------------------------------------- */

typedef struct Source {
    const char *path;
    const json_t *root;
    Error *error;
    bool good; /* no fault so far */
} Source;

/* A whole number; fallback -1: the key must be there. null counts as missing. */
static int number(Source *s, const char *key, int fallback)
{
    enum { LARGEST = 1 << 24 };
    const json_t *j = json_object_get(s->root, key);
    if ((!j || json_is_null(j)) && fallback >= 0)
        return fallback;
    json_int_t n = json_integer_value(j);
    if (json_is_integer(j) && n >= 0 && n <= LARGEST)
        return (int)n;
    s->good = false;
    error_set(s->error, "%s: %s: expected a whole number from 0 to %d", s->path, key, (int)LARGEST);
    return 1;
}

static bool flag(const Source *s, const char *key)
{
    return json_is_true(json_object_get(s->root, key));
}

static void read_gpt2(Source *s, Shape *m)
{
    m->layers = number(s, "n_layer", -1);
    m->channels = number(s, "n_embd", -1);
    m->heads = m->kv_heads = number(s, "n_head", -1);
    m->positions = number(s, "n_positions", -1);
    m->hidden = number(s, "n_inner", 4 * m->channels);
    m->head_dim = m->heads ? m->channels / m->heads : 0;
    m->layer_norm = m->tied = m->qkv_bias = m->out_bias = m->mlp_bias = true;
}

static void read_llama(Source *s, Shape *m)
{
    m->layers = number(s, "num_hidden_layers", -1);
    m->channels = number(s, "hidden_size", -1);
    m->heads = number(s, "num_attention_heads", -1);
    m->kv_heads = number(s, "num_key_value_heads", m->heads);
    m->head_dim = number(s, "head_dim", m->heads ? m->channels / m->heads : 0);
    m->hidden = number(s, "intermediate_size", -1);
    m->tied = flag(s, "tie_word_embeddings");
    m->qkv_bias = m->out_bias = flag(s, "attention_bias");
    m->mlp_bias = flag(s, "mlp_bias");
    m->gated = true;
}

static void read_deepseek(Source *s, Shape *m)
{
    read_llama(s, m);
    m->latent = (Latent){.query_rank = number(s, "q_lora_rank", 0),
                         .rank = number(s, "kv_lora_rank", -1),
                         .rotary = number(s, "qk_rope_head_dim", -1),
                         .key = number(s, "qk_nope_head_dim", -1),
                         .value = number(s, "v_head_dim", -1)};
    m->head_dim = m->latent.key + m->latent.rotary;
    int width = number(s, "moe_intermediate_size", -1);
    m->experts = (Experts){.count = number(s, "n_routed_experts", -1),
                           .used = number(s, "num_experts_per_tok", -1),
                           .hidden = width,
                           .shared = number(s, "n_shared_experts", 0),
                           .shared_hidden = width,
                           .dense_layers = number(s, "first_k_dense_replace", 0)};
}

/* Which families there are, and what each says beyond the numbers of read_llama. */
static bool read_family(Source *s, const char *family, Shape *m)
{
    static const char *const known[] = {"gpt2",  "llama",     "mistral",     "mixtral",    "qwen2",
                                        "qwen3", "qwen3_moe", "deepseek_v2", "deepseek_v3"};
    size_t i = 0;
    while (i < sizeof known / sizeof *known && strcmp(family, known[i]) != 0)
        i++;
    if (i == sizeof known / sizeof *known)
        return error_set(s->error, "%s: model_type: \"%.40s\" is not known here", s->path, family);
    if (strcmp(family, "gpt2") == 0)
        read_gpt2(s, m);
    else if (strncmp(family, "deepseek", 8) == 0)
        read_deepseek(s, m);
    else
        read_llama(s, m);
    m->vocab = number(s, "vocab_size", -1);
    m->qk_norm = strncmp(family, "qwen3", 5) == 0;
    m->qkv_bias |= strcmp(family, "qwen2") == 0;
    m->experts.balanced = strcmp(family, "deepseek_v3") == 0;
    if (strcmp(family, "mixtral") == 0)
        m->experts = (Experts){.count = number(s, "num_local_experts", -1),
                               .used = number(s, "num_experts_per_tok", -1),
                               .hidden = m->hidden};
    if (strcmp(family, "qwen3_moe") == 0)
        m->experts = (Experts){.count = number(s, "num_experts", -1),
                               .used = number(s, "num_experts_per_tok", -1),
                               .hidden = number(s, "moe_intermediate_size", -1)};
    return s->good;
}

static bool possible(const Shape *m)
{
    const Experts *x = &m->experts;
    return m->layers && m->channels && m->vocab && m->heads && m->kv_heads && m->head_dim &&
           m->heads % m->kv_heads == 0 && x->used <= x->count && x->dense_layers <= m->layers;
}

bool shape_read(const char *path, Shape *s, Error *e)
{
    char file[4096];
    struct stat kind;
    bool folder = stat(path, &kind) == 0 && S_ISDIR(kind.st_mode);
    if (snprintf(file, sizeof file, folder ? "%s/config.json" : "%s", path) >= (int)sizeof file)
        return error_set(e, "%.64s...: the path is too long", path);
    size_t size;
    json_error_t fault;
    char *text = file_read(file, &size, e);
    if (!text)
        return false;
    json_t *root = json_loadb(text, size, 0, &fault);
    free(text);
    if (!root)
        return error_set(e, "%s:%d: not JSON: %s", file, fault.line, fault.text);
    Source source = {.path = file, .root = root, .error = e, .good = true};
    const char *family = json_string_value(json_object_get(root, "model_type"));
    *s = (Shape){.name = path, .unit = 1};
    bool good = family ? read_family(&source, family, s)
                       : error_set(e, "%s: model_type: expected the name of a family", file);
    json_decref(root);
    if (good && !possible(s))
        return error_set(e, "%s: no model has these sizes", file);
    return good;
}
