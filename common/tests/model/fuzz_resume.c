/* fuzz_training.c -- damages the state of a training at random and goes on from it.
 *
 *     fuzz_training [--rounds N] [--seed N]
 *     fuzz_training --make    writes the seeds in fixtures/training anew
 *
 * A round changes the metadata (step, best, rng, notes) or a tensor's entry within the
 * JSON, to what is hostile for a number, a shape or an offset; or bytes of the file; or it
 * cuts the file. What must hold: a refusal is one line that names the file; what is
 * accepted holds numbers that a training can have, trains a step, and saved and read again
 * is the same to the bit. The seeds are kept, so they also show that older states are read. */
#include "common/model/resume.h"
#include "common/nn/nn.h"
#include "common/tests/fuzz.h"

#include <jansson.h>
#include <math.h>

#define FIXTURES "common/tests/fixtures/training/"
#define NOTES "--layers 2\n--lr 0.001\n"

enum { LENGTH = 8 };

static void fail(const char *path, const char *what)
{
    fprintf(stderr, "fuzz_training: %s (the file is kept: %s)\n", what, path);
    abort();
}

/* ---- a small training ---------------------------------------------------------------------------- */

typedef struct Small {
    Params params;
    Optimizer *optimizer;
    Graph *graph;
    ModelResume state;
} Small;

static Small *small_new(bool adam)
{
    Rng rng = rng_new(1);
    Small *s = memory_zero(1, sizeof *s);
    tensor_normal(nn_param(&s->params, "wte.weight", 2, (const int[]){3, 2}), 1, &rng);
    tensor_normal(nn_param(&s->params, "h.weight", 2, (const int[]){4, 2}), 1, &rng);
    tensor_normal(nn_param(&s->params, "h.bias", 1, (const int[]){4}), 1, &rng);
    s->params.items[1].transposed = true;
    s->optimizer = adam ? nn_adamw_new(&s->params, 0.9f, 0.99f, 0.1f) : nn_sgd_new(&s->params, 0.9f);
    s->graph = nn_graph_new();
    s->state = (ModelResume){
        .params = &s->params, .optimizer = s->optimizer, .rng = rng_new(7), .best = 1.5f, .best_step = 2};
    return s;
}

static void small_free(Small *s)
{
    nn_optimizer_free(s->optimizer);
    nn_graph_free(s->graph);
    nn_params_free(&s->params);
    free(s);
}

static void step(Small *s)
{
    Tensor *x = s->params.items[0].tensor, *w = s->params.items[1].tensor, *b = s->params.items[2].tensor;
    nn_backward(s->graph, nn_mean(s->graph, nn_affine(s->graph, x, w, b)));
    nn_optimizer_step(s->optimizer, 0.01f);
    nn_graph_reset(s->graph);
    s->state.step++;
}

static void make_seed(bool adam, const char *path)
{
    Error e = {""};
    Small *s = small_new(adam);
    for (int i = 0; i < 3; i++)
        step(s);
    if (!model_resume_save(&s->state, NOTES, path, &e))
        error_exit(&e);
    small_free(s);
}

/* ---- damage -------------------------------------------------------------------------------------- */

static json_t *hostile_text(Rng *rng)
{
    static const char *const texts[] = {
        "",
        "0",
        "1",
        "-1",
        "-2",
        "3",
        "3 ",
        " 3",
        "+3",
        "0x3",
        "3.5",
        "1e3",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "nan",
        "inf",
        "-inf",
        "1e39",
        "1e-50",
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000",
        "0000000000000001 0000000000000000 0000000000000000 0000000000000000",
        "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff",
        "0x00000000000001 0000000000000000 0000000000000000 0000000000000000",
        "0000000000000001 0000000000000000 0000000000000000 000000000000000 ",
        "%s%n",
        "\x01\x1b[2J\n",
        "\n\n\n\n\n\n\n\n",
        "\xe5\xb1\x82",
        "F32",
        "F16",
        "BF16",
        "I64",
        "F8_E4M3"};
    return json_string(texts[rng_below(rng, (int)(sizeof texts / sizeof *texts))]);
}

static json_t *hostile_number(Rng *rng)
{
    static const json_int_t edges[] = {0,
                                       1,
                                       2,
                                       3,
                                       4,
                                       6,
                                       8,
                                       12,
                                       16,
                                       24,
                                       32,
                                       48,
                                       -1,
                                       255,
                                       65536,
                                       2147483647,
                                       2147483648,
                                       4294967296,
                                       4611686018427387904,
                                       9223372036854775807};
    return json_integer(edges[rng_below(rng, (int)(sizeof edges / sizeof *edges))]);
}

static json_t *hostile_value(Rng *rng)
{
    switch (rng_below(rng, 8)) {
    case 0:
        return rng_below(rng, 2) ? json_null() : json_true();
    case 1:
        return json_pack("[o,o]", hostile_number(rng), hostile_number(rng));
    case 2:
        return json_pack("[o]", hostile_number(rng));
    case 3:
        return json_pack("{s:s,s:[i],s:[o,o]}", "dtype", "F32", "shape", 4, "data_offsets",
                         hostile_number(rng), hostile_number(rng));
    case 4:
        return hostile_number(rng);
    default:
        return hostile_text(rng);
    }
}

/* A member of an object, at random. */
static const char *some_key(json_t *object, Rng *rng)
{
    int at = rng_below(rng, (int)json_object_size(object));
    void *it = json_object_iter(object);
    while (at-- > 0)
        it = json_object_iter_next(object, it);
    return json_object_iter_key(it);
}

/* Replaces, removes, renames or doubles a member, or goes into an object or a list within it. */
static void damage_object(json_t *object, Rng *rng)
{
    if (json_object_size(object) == 0)
        return;
    const char *key = some_key(object, rng);
    json_t *value = json_object_get(object, key);
    if (json_is_object(value) && rng_below(rng, 5))
        damage_object(value, rng);
    else if (json_is_array(value) && json_array_size(value) > 0 && rng_below(rng, 2))
        json_array_set_new(value, (size_t)rng_below(rng, (int)json_array_size(value)), hostile_number(rng));
    else if (rng_below(rng, 6) == 0)
        json_object_set(object, some_key(object, rng), value);
    else if (rng_below(rng, 6) == 0)
        json_object_set_new(object, "optimizer.0.wte.weight", json_deep_copy(value));
    else if (rng_below(rng, 6) == 0)
        json_object_del(object, key);
    else
        json_object_set_new(object, key, hostile_value(rng));
}

/* The header of a good file goes through JSON, and the rest stays after it. */
static void damage_header(FuzzBytes *b, Rng *rng)
{
    size_t length = (unsigned char)b->at[0] | (size_t)(unsigned char)b->at[1] << 8;
    json_t *header = json_loadb(b->at + LENGTH, length, 0, NULL);
    for (int n = 1 + rng_below(rng, 2); n > 0; n--)
        damage_object(header, rng);
    char *text = json_dumps(header, JSON_COMPACT);
    size_t size = text ? strlen(text) : 0;
    if (text && size < FUZZ_ROOM / 2) {
        fuzz_splice(b, LENGTH, length, text, size);
        b->at[0] = (char)size;
        b->at[1] = (char)(size >> 8);
    }
    free(text);
    json_decref(header);
}

static void damage(FuzzBytes *b, Rng *rng)
{
    char byte = (char)rng_below(rng, 256);
    if (rng_below(rng, 8))
        damage_header(b, rng);
    if (rng_below(rng, 6) == 0)
        fuzz_splice(b, fuzz_place(b, rng), (size_t)rng_below(rng, 2), &byte, 1);
    if (rng_below(rng, 16) == 0)
        b->size = fuzz_place(b, rng);
}

/* ---- what must hold ------------------------------------------------------------------------------ */

/* All numbers of the state: weights, moments, and those of the metadata. */
static size_t numbers_of(Small *s, float *out)
{
    size_t count = 0;
    for (int i = 0; i < s->params.count; i++) {
        const Tensor *w = s->params.items[i].tensor;
        const float *parts[] = {w->data, nn_optimizer_moment(s->optimizer, i, 0),
                                nn_optimizer_moment(s->optimizer, i, 1)};
        for (int k = 0; k < 3; k++) {
            for (size_t j = 0; parts[k] && j < w->size; j++)
                out[count++] = parts[k][j];
        }
    }
    return count;
}

static void check_again(const char *path, bool adam, Small *s, const char *notes)
{
    enum { MAX = 3 * (6 + 8 + 4) };
    float before[MAX] = {0}, after[MAX] = {0};
    Error e = {""};
    Small *other = small_new(adam);
    if (!model_resume_save(&s->state, notes, path, &e) || !model_resume_load(&other->state, path, &e))
        fail(path, e.text);
    char *again = model_resume_notes(path, &e);
    if (!again || strcmp(again, notes) != 0)
        fail(path, "the notes are others when saved and read again");
    numbers_of(s, before);
    numbers_of(other, after);
    if (memcmp(before, after, sizeof before) != 0 || s->state.step != other->state.step ||
        s->state.best_step != other->state.best_step || s->state.best != other->state.best ||
        memcmp(&s->state.rng, &other->state.rng, sizeof(Rng)) != 0 ||
        *nn_optimizer_steps(s->optimizer) != *nn_optimizer_steps(other->optimizer))
        fail(path, "the state is another when saved and read again");
    free(again);
    small_free(other);
}

static void check_state(const char *path, const Small *s)
{
    const ModelResume *t = &s->state;
    const uint64_t *r = t->rng.state;
    if (t->step < 0 || t->best_step < -1 || isnan(t->best) || *nn_optimizer_steps(s->optimizer) < 0)
        fail(path, "a number was accepted that no training has");
    if (!(r[0] | r[1] | r[2] | r[3]))
        fail(path, "random numbers were accepted that never change");
}

/* Whether the file was accepted. */
static bool try_file(const char *path, const FuzzBytes *b, bool adam)
{
    Error e = {""}, noted = {""};
    fuzz_write(path, b->at, b->size);
    Small *s = small_new(adam);
    char *notes = model_resume_notes(path, &noted);
    bool good = model_resume_load(&s->state, path, &e);
    if (good != !e.text[0] || !notes != (noted.text[0] != '\0'))
        fail(path, "accepted with a message, or refused without one");
    if ((!good && !fuzz_names(&e, path)) || (!notes && !fuzz_names(&noted, path)))
        fail(path, "a refusal that does not name the file in one line");
    if (good)
        check_state(path, s);
    if (good && notes)
        check_again(path, adam, s, notes);
    if (good)
        step(s);
    free(notes);
    small_free(s);
    return good;
}

static const char *const seed_paths[] = {FIXTURES "sgd.safetensors", FIXTURES "adamw.safetensors"};

int main(int argc, char **argv)
{
    int rounds = 20000, seconds = 0, accepted = 0, done = 0;
    bool make = false;
    uint64_t seed = 1;
    char folder[FUZZ_FOLDER], path[FUZZ_FOLDER + 32];
    static FuzzBytes seeds[2], b;
    const Option options[] = {option_int("rounds", &rounds, 1, 1000000000, "damaged files to try"),
                              option_int("seconds", &seconds, 0, 100000, "stop after that time; 0: never"),
                              option_flag("make", &make, "write the seeds anew, and nothing else"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages the state of a training at random and goes on from it.", options);
    for (int adam = 0; make && adam < 2; adam++)
        make_seed(adam, seed_paths[adam]);
    if (make)
        return error_finish();
    fuzz_make_folder(folder, "fuzz_training");
    snprintf(path, sizeof path, "%s/training.safetensors", folder);
    for (int adam = 0; adam < 2; adam++) {
        fuzz_read(seed_paths[adam], &seeds[adam]);
        if (!try_file(path, &seeds[adam], adam))
            fail(path, "the undamaged file was refused");
    }
    Rng rng = rng_new(seed);
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        b = seeds[done % 2];
        damage(&b, &rng);
        accepted += try_file(path, &b, done % 2);
    }
    unlink(path);
    rmdir(folder);
    return fuzz_finish(done, accepted, "gone on from");
}
