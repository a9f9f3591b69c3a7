/* fuzz_config.c -- damages config.json and the index of a small model at random and loads it.
 *
 *     fuzz_config [--rounds N] [--seed N]
 *
 * The seeds are the fixtures of the five decoders and of bert. A round changes values
 * within the JSON, to what is hostile for a size, a flag or a name, or bytes of the text.
 * What must hold: a refusal is one line that names the folder; what is accepted runs. */
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/session.h"
#include "common/tests/fuzz.h"

#include <jansson.h>

#define FIXTURES "common/tests/fixtures/"

/* A folder of the fixtures, and what is damaged in it. */
typedef struct Seed {
    const char *family, *damaged;
    const char *others[4]; /* files that the folder needs besides */
} Seed;

#define INDEX "model.safetensors.index.json"
#define SHARD(i) "model-0000" #i "-of-00003.safetensors"
static const Seed seeds[] = {{"gpt2", "config.json", {"model.safetensors"}},
                             {"gpt2_half", "config.json", {"model.safetensors"}},
                             {"llama", "config.json", {"model.safetensors"}},
                             {"qwen2", "config.json", {"model.safetensors"}},
                             {"qwen3", "config.json", {"model.safetensors"}},
                             {"mistral", "config.json", {"model.safetensors"}},
                             {"phi3", "config.json", {"model.safetensors"}},
                             {"gemma3", "config.json", {"model.safetensors"}},
                             {"bert", "config.json", {"model.safetensors"}},
                             {"llama_shards", "config.json", {INDEX, SHARD(1), SHARD(2), SHARD(3)}},
                             {"llama_shards", INDEX, {"config.json", SHARD(1), SHARD(2), SHARD(3)}}};
enum { SEEDS = sizeof seeds / sizeof *seeds };

static void fail(const char *folder, const char *what)
{
    fprintf(stderr, "fuzz_config: %s (the folder is kept: %s)\n", what, folder);
    abort();
}

/* ---- damage -------------------------------------------------------------------------------------- */

static json_t *hostile_number(Rng *rng)
{
    static const json_int_t edges[] = {0,
                                       1,
                                       2,
                                       3,
                                       4,
                                       5,
                                       6,
                                       7,
                                       8,
                                       24,
                                       32,
                                       -1,
                                       -2147483648,
                                       255,
                                       4096,
                                       65536,
                                       16777215,
                                       16777216,
                                       16777217,
                                       2147483647,
                                       4294967296,
                                       4294967297,
                                       1099511627776,
                                       9223372036854775807};
    static const double reals[] = {0.0, -0.0, 0.5, 1e-5, 1e-45, 1e300, -1e300, 1e38, 3.5, 500.0};
    if (rng_below(rng, 3) == 0)
        return json_real(reals[rng_below(rng, (int)(sizeof reals / sizeof *reals))]);
    return json_integer(edges[rng_below(rng, (int)(sizeof edges / sizeof *edges))]);
}

static json_t *hostile_text(Rng *rng)
{
    static const char *const texts[] = {"gpt2",
                                        "llama",
                                        "qwen2",
                                        "qwen3",
                                        "mistral",
                                        "phi3",
                                        "gemma3_text",
                                        "full_attention",
                                        "sliding_attention",
                                        "bert",
                                        "relu",
                                        "gelu",
                                        "silu",
                                        "llama3",
                                        "linear",
                                        "yarn",
                                        "",
                                        "..",
                                        "/",
                                        "../x.safetensors",
                                        ".safetensors",
                                        "model.safetensors",
                                        "config.json",
                                        "\x01\x1b[2J\n",
                                        INDEX,
                                        SHARD(1),
                                        SHARD(2),
                                        SHARD(3),
                                        "\xe5\xb1\x82",
                                        "%s%n",
                                        "a\\b.safetensors"};
    char *huge;
    if (rng_below(rng, 20))
        return json_string(texts[rng_below(rng, (int)(sizeof texts / sizeof *texts))]);
    huge = memset(memory_new(5001), 'x', 5000);
    huge[5000] = '\0';
    json_t *j = json_string(huge);
    free(huge);
    return j;
}

static json_t *hostile_value(Rng *rng)
{
    switch (rng_below(rng, 8)) {
    case 0:
        return rng_below(rng, 2) ? json_true() : json_false();
    case 1:
        return json_null();
    case 2:
        return json_pack("[o,o]", hostile_number(rng), hostile_text(rng));
    case 3:
        return json_pack("{s:o,s:o}", "rope_type", hostile_text(rng), "factor", hostile_number(rng));
    case 4:
        return hostile_text(rng);
    default:
        return hostile_number(rng);
    }
}

/* Replaces, removes or adds a value of an object, or goes into an object within it. */
static void damage_object(json_t *object, Rng *rng)
{
    static const char *const keys[] = {
        "n_inner",    "head_dim",       "rope_scaling",       "rope_parameters",
        "mlp_bias",   "attention_bias", "eos_token_id",       "tie_word_embeddings",
        "model_type", "weight_map",     "use_sliding_window", "lm_head.weight"};
    int at = rng_below(rng, (int)json_object_size(object) + 2);
    void *it = json_object_iter(object);
    while (it && at-- > 0)
        it = json_object_iter_next(object, it);
    json_t *value = it ? json_object_iter_value(it) : NULL;
    if (!it)
        json_object_set_new(object, keys[rng_below(rng, (int)(sizeof keys / sizeof *keys))],
                            hostile_value(rng));
    else if (json_is_object(value) && rng_below(rng, 8))
        damage_object(value, rng);
    else if (rng_below(rng, 6) == 0)
        json_object_del(object, json_object_iter_key(it));
    else
        json_object_set_new(object, json_object_iter_key(it), hostile_value(rng));
}

static void damage_bytes(char *text, Rng *rng)
{
    static const char bytes[] = "{}[]\",:0123456789.-eE\\u\n\xff";
    size_t size = strlen(text);
    for (int n = 1 + rng_below(rng, 4); size && n > 0; n--)
        text[rng_below(rng, (int)size)] = bytes[rng_below(rng, (int)sizeof bytes)];
}

/* ---- what must hold ------------------------------------------------------------------------------ */

static void run(const ModelRun *m, const char *folder)
{
    const int ids[] = {0, m->config.vocab - 1, 0};
    int n = m->config.context < 3 ? m->config.context : 3;
    if (m->config.family == MODEL_BERT) {
        float *states = memory_new(sizeof *states * (size_t)(n * m->config.channels));
        model_encode(m, ids, NULL, n, states);
        free(states);
        return;
    }
    ModelSession *s = model_session_new(m, 1, n);
    if (!model_session_read(s, 0, ids, n))
        fail(folder, "no logits");
    model_session_free(s);
}

/* Whether the folder was accepted. */
static bool try_folder(const char *folder, QuantKind kind)
{
    Error e = {""};
    ModelRun *m = model_run_load(folder, kind, &e);
    if (!m && !fuzz_names(&e, folder))
        fail(folder, "a refusal that does not name the folder in one line");
    if (m && e.text[0])
        fail(folder, "accepted, with a message");
    if (m)
        run(m, folder);
    model_run_free(m);
    return m != NULL;
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fuzz_write(path, text, strlen(text));
}

static char *fixture_path(char path[400], const Seed *s, const char *name)
{
    char here[200];
    if (!getcwd(here, sizeof here))
        error_exitf("the folder has no name");
    snprintf(path, 400, "%s/" FIXTURES "%s/%s", here, s->family, name);
    return path;
}

static void link_others(const char *folder, const Seed *s)
{
    char from[400], to[200];
    for (int i = 0; i < 4 && s->others[i]; i++) {
        snprintf(to, sizeof to, "%s/%s", folder, s->others[i]);
        if (symlink(fixture_path(from, s, s->others[i]), to) != 0)
            error_exitf("%s: cannot link", to);
    }
}

static void remove_all(const char *folder, const Seed *s)
{
    char path[200];
    for (int i = 0; i <= 4; i++) {
        const char *name = i < 4 ? s->others[i] : s->damaged;
        snprintf(path, sizeof path, "%s/%s", folder, name ? name : "none");
        unlink(path);
    }
}

/* One round: the folder's file damaged, and whether it was accepted. */
static int try_damaged(const char *folder, const Seed *s, const char *text, Rng *rng)
{
    int accepted = 0;
    json_t *root = json_loads(text, 0, NULL);
    for (int n = 1 + rng_below(rng, 3); n > 0; n--)
        damage_object(root, rng);
    char *damaged = json_dumps(root, 0);
    if (damaged && rng_below(rng, 8) == 0)
        damage_bytes(damaged, rng);
    if (damaged) {
        put(folder, s->damaged, damaged);
        accepted = try_folder(folder, (QuantKind)rng_below(rng, 3));
    }
    free(damaged);
    json_decref(root);
    return accepted;
}

static char *read_seed(const Seed *s)
{
    char path[400];
    Error e = {""};
    size_t size;
    char *text = file_read(fixture_path(path, s, s->damaged), &size, &e);
    if (!text)
        error_exit(&e);
    return text;
}

int main(int argc, char **argv)
{
    int rounds = 3000, seconds = 0, accepted = 0, done = 0;
    uint64_t seed = 1;
    char folders[SEEDS][FUZZ_FOLDER], *texts[SEEDS];
    const Option options[] = {option_int("rounds", &rounds, 1, 1000000000, "damaged files to try"),
                              option_int("seconds", &seconds, 0, 100000, "stop after that time; 0: never"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages config.json and the index of weights at random and loads the model.",
                  options);
    Rng rng = rng_new(seed);
    for (int i = 0; i < SEEDS; i++) {
        texts[i] = read_seed(&seeds[i]);
        fuzz_make_folder(folders[i], "fuzz_config");
        link_others(folders[i], &seeds[i]);
        put(folders[i], seeds[i].damaged, texts[i]);
        if (!try_folder(folders[i], QUANT_NONE))
            fail(folders[i], "the undamaged folder was refused");
    }
    for (; fuzz_goes_on(done, rounds, seconds); done++)
        accepted += try_damaged(folders[done % SEEDS], &seeds[done % SEEDS], texts[done % SEEDS], &rng);
    for (int i = 0; i < SEEDS; i++) {
        remove_all(folders[i], &seeds[i]);
        rmdir(folders[i]);
        free(texts[i]);
    }
    return fuzz_finish(done, accepted, "run");
}
