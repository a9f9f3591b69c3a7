/* shape.c -- shapes of published models, and of a config.json. */
#include "ch04/shape.h"

#include "common/base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- published models ---------------------------------------------------------------------------- */

typedef enum Family { GPT, LLAMA, QWEN3 } Family;

typedef struct Row {
    const char *name;
    Family family;
    int vocab, layers, channels, heads, kv_heads, head_dim, hidden, positions;
    bool tied;
    double published;
    double unit; /* 0: 1 */
    Experts experts;
    Latent latent;
} Row;

static const Row rows[] = {
    {"GPT-2", GPT, 50257, 12, 768, 12, 12, 64, 3072, 1024, true, .published = 124439808},
    {"GPT-2 medium", GPT, 50257, 24, 1024, 16, 16, 64, 4096, 1024, true, .published = 354823168},
    {"GPT-2 large", GPT, 50257, 36, 1280, 20, 20, 64, 5120, 1024, true, .published = 774030080},
    {"GPT-2 XL", GPT, 50257, 48, 1600, 25, 25, 64, 6400, 1024, true, .published = 1557611200},
    {"GPT-3 175B", GPT, 50257, 96, 12288, 96, 96, 128, 49152, 2048, true, .published = 174600e6,
     .unit = 1e8},
    {"Llama 2 7B", LLAMA, 32000, 32, 4096, 32, 32, 128, 11008, 0, false, .published = 6738415616},
    {"Llama 3 8B", LLAMA, 128256, 32, 4096, 32, 8, 128, 14336, 0, false, .published = 8030261248},
    {"Llama 3 70B", LLAMA, 128256, 80, 8192, 64, 8, 128, 28672, 0, false, .published = 70553706496},
    {"Llama 3.1 405B", LLAMA, 128256, 126, 16384, 128, 8, 128, 53248, 0, false, .published = 405853388800},
    {"Mixtral 8x7B", LLAMA, 32000, 32, 4096, 32, 8, 128, 0, 0, false, .published = 46702792704,
     .experts = {.count = 8, .used = 2, .hidden = 14336}},
    {"DeepSeek-V3", LLAMA, 129280, 61, 7168, 128, 128, 192, 18432, 0, false, .published = 671026419200,
     .experts = {.count = 256,
                 .used = 8,
                 .hidden = 2048,
                 .shared = 1,
                 .shared_hidden = 2048,
                 .dense_layers = 3,
                 .balanced = true},
     .latent = {.query_rank = 1536, .rank = 512, .rotary = 64, .key = 128, .value = 128}},
    {"Qwen3-0.6B", QWEN3, 151936, 28, 1024, 16, 8, 128, 3072, 0, true, .published = 596049920},
    {"Qwen3-1.7B", QWEN3, 151936, 28, 2048, 16, 8, 128, 6144, 0, true, .published = 1720574976},
    {"Qwen3-4B", QWEN3, 151936, 36, 2560, 32, 8, 128, 9728, 0, true, .published = 4022468096},
    {"Qwen3-8B", QWEN3, 151936, 36, 4096, 32, 8, 128, 12288, 0, false, .published = 8190735360},
    {"Qwen3-14B", QWEN3, 151936, 40, 5120, 40, 8, 128, 17408, 0, false, .published = 14768307200},
    {"Qwen3-32B", QWEN3, 151936, 64, 5120, 64, 8, 128, 25600, 0, false, .published = 32762123264},
    {"Qwen3-30B-A3B", QWEN3, 151936, 48, 2048, 32, 4, 128, 0, 0, false, .published = 30532122624,
     .experts = {.count = 128, .used = 8, .hidden = 768}},
    {"Qwen3-235B-A22B", QWEN3, 151936, 94, 4096, 64, 4, 128, 0, 0, false, .published = 235093634560,
     .experts = {.count = 128, .used = 8, .hidden = 1536}},
};

int shapes_published(Shape *shapes)
{
    int n = sizeof rows / sizeof *rows;
    for (int i = 0; i < n; i++) {
        const Row *r = &rows[i];
        bool gpt = r->family == GPT;
        shapes[i] = (Shape){.name = r->name,
                            .vocab = r->vocab,
                            .layers = r->layers,
                            .channels = r->channels,
                            .heads = r->heads,
                            .kv_heads = r->kv_heads,
                            .head_dim = r->head_dim,
                            .hidden = r->hidden,
                            .positions = r->positions,
                            .gated = !gpt,
                            .layer_norm = gpt,
                            .qk_norm = r->family == QWEN3,
                            .tied = r->tied,
                            .qkv_bias = gpt,
                            .out_bias = gpt,
                            .mlp_bias = gpt,
                            .experts = r->experts,
                            .latent = r->latent,
                            .published = r->published,
                            .unit = r->unit > 0 ? r->unit : 1};
    }
    return n;
}

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
