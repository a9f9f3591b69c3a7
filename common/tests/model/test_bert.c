/* test_bert.c -- BERT in training: against PyTorch, against differences, against the encoder that runs it,
 * and its folder there and back. */
#include "common/base/base.h"
#include "common/model/bert.h"
#include "common/model/folder.h"
#include "common/model/bert.h"
#include "common/model/safetensors.h"
#include "common/nn/nn.h"
#include "common/model/bert.h"
#include "common/model/model.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"

static const ModelBertConfig small = {.vocab = 23,
                                      .context = 11,
                                      .layers = 2,
                                      .heads = 3,
                                      .channels = 12,
                                      .hidden = 20,
                                      .types = 2,
                                      .eps = 1e-12f};

/* Two texts, of 9 and of 6 tokens; the second segment begins at the fourth. */
enum { BATCH = 2, TIME = 9 };
static const int lengths[BATCH] = {9, 6};

typedef struct Example {
    int ids[BATCH * TIME], types[BATCH * TIME], labels[BATCH * TIME];
    ModelBertBatch batch;
} Example;

static void example_fill(Example *x, int vocab)
{
    Rng rng = rng_new(4);
    for (int i = 0; i < BATCH * TIME; i++) {
        x->ids[i] = rng_below(&rng, vocab);
        x->types[i] = i % TIME > 3;
        x->labels[i] = i % 4 == 1 && i % TIME < lengths[i / TIME] ? rng_below(&rng, vocab) : -1;
    }
    x->batch = (ModelBertBatch){BATCH, TIME, x->ids, x->types, lengths};
}

/* Every number is its own, biases and gains too. */
static ModelBert *bert_of(const ModelBertConfig *c, uint64_t seed)
{
    Rng rng = rng_new(seed);
    ModelBert *m = model_bert_new(c, &rng);
    for (int i = 0; i < m->params.count; i++) {
        Tensor *t = m->params.items[i].tensor,
               *gain = strstr(m->params.items[i].name, "LayerNorm.weight") ? t : NULL;
        tensor_normal(t, 0.3f, &rng);
        for (size_t j = 0; gain && j < gain->size; j++)
            gain->data[j] += 1;
    }
    return m;
}

/* ---- the forward pass ---------------------------------------------------------------------------- */

static float *golden(const Safetensors *s, const char *name, size_t *size)
{
    int shape[TENSOR_MAX_RANK], rank = model_safetensors_shape(s, name, shape);
    *size = 1;
    for (int i = 0; i < rank; i++)
        *size *= (size_t)shape[i];
    float *x = memory_new(*size * sizeof *x);
    ck_assert(rank > 0 && model_safetensors_read(s, name, rank, shape, x, false, NULL));
    return x;
}

static int *golden_ids(const Safetensors *s, const char *name, int *count)
{
    size_t size;
    float *x = golden(s, name, &size);
    int *ids = memory_new(size * sizeof *ids);
    for (size_t i = 0; i < size; i++)
        ids[i] = (int)x[i];
    *count = (int)size;
    free(x);
    return ids;
}

static void check_golden(const Safetensors *s, const char *name, const Tensor *t)
{
    size_t size;
    float *x = golden(s, name, &size);
    ck_assert_uint_eq(size, t->size);
    float distance = tensor_distance(t->data, x, size);
    ck_assert_msg(distance <= 1e-4f, "%s: a distance of %g", name, (double)distance);
    free(x);
}

START_TEST(equals_pytorch)
{
    static const char *const folders[] = {FIXTURES "bert", FIXTURES "bert_old"};
    char path[200];
    Error e = {""};
    ModelBert *m = model_bert_load(folders[_i], &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    snprintf(path, sizeof path, "%s/golden.safetensors", folders[_i]);
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    int count, *ids = golden_ids(s, "ids", &count), *types = golden_ids(s, "types", &count);
    Graph *g = nn_graph_new();
    const ModelBertBatch b = {1, count, ids, types, NULL};
    Tensor *states = model_bert_hidden(g, m, &b);
    check_golden(s, "states", states);
    check_golden(s, "logits", model_bert_logits(g, m, states));
    nn_graph_free(g);
    model_safetensors_close(s);
    model_bert_free(m);
    free(ids);
    free(types);
}
END_TEST

START_TEST(padding_is_not_seen)
{
    Example x;
    ModelBert *m = bert_of(&small, 1);
    Graph *g = nn_graph_new();
    example_fill(&x, small.vocab);
    const float *both = model_bert_hidden(g, m, &x.batch)->data;
    for (int i = 0; i < BATCH; i++) {
        ModelBertBatch alone = {1, lengths[i], x.ids + i * TIME, x.types + i * TIME, NULL};
        Tensor *states = model_bert_hidden(g, m, &alone);
        ck_assert_float_le(tensor_distance(both + i * TIME * small.channels, states->data, states->size),
                           1e-5f);
    }
    nn_graph_free(g);
    model_bert_free(m);
}
END_TEST

START_TEST(no_types_are_all_zero)
{
    Example x;
    ModelBert *m = bert_of(&small, 1);
    Graph *g = nn_graph_new();
    example_fill(&x, small.vocab);
    memset(x.types, 0, sizeof x.types);
    Tensor *with = model_bert_hidden(g, m, &x.batch);
    x.batch.types = NULL;
    Tensor *without = model_bert_hidden(g, m, &x.batch);
    ck_assert_float_le(tensor_distance(with->data, without->data, with->size), 1e-6f);
    nn_graph_free(g);
    model_bert_free(m);
}
END_TEST

START_TEST(the_loss_is_that_of_the_chosen_places)
{
    Example x;
    ModelBert *m = bert_of(&small, 1);
    Graph *g = nn_graph_new();
    example_fill(&x, small.vocab);
    Tensor *logits = model_bert_logits(g, m, model_bert_hidden(g, m, &x.batch));
    float all = tensor_item(nn_cross_entropy(g, logits, x.labels, -1));
    ck_assert_float_eq_tol(tensor_item(model_bert_loss(g, m, &x.batch, x.labels)), all, 1e-5f);
    nn_graph_free(g);
    model_bert_free(m);
}
END_TEST

/* ---- the backward pass --------------------------------------------------------------------------- */

static double loss_of(const ModelBert *m, const Example *x)
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    double loss = (double)tensor_item(model_bert_loss(g, m, &x->batch, x->labels));
    nn_graph_free(g);
    return loss;
}

/* Along a random direction in each parameter: the slope by differences and by the graph. */
START_TEST(gradients_equal_differences)
{
    Example x;
    ModelBert *m = bert_of(&small, 2);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(5);
    example_fill(&x, small.vocab);
    nn_backward(g, model_bert_loss(g, m, &x.batch, x.labels));
    for (int i = 0; i < m->params.count; i++) {
        Tensor *t = m->params.items[i].tensor;
        float *before = memory_new(t->size * sizeof *before), *way = memory_new(t->size * sizeof *way);
        const float step = 3e-3f;
        double slope = 0, sides[2];
        memcpy(before, t->data, t->size * sizeof *before);
        for (size_t j = 0; j < t->size; j++) {
            way[j] = rng_normal(&rng);
            slope += (double)way[j] * (double)t->grad[j];
        }
        for (int side = 0; side < 2; side++) {
            for (size_t j = 0; j < t->size; j++)
                t->data[j] = before[j] + (side ? -step : step) * way[j];
            sides[side] = loss_of(m, &x);
        }
        memcpy(t->data, before, t->size * sizeof *before);
        double found = (sides[0] - sides[1]) / (2 * (double)step);
        ck_assert_msg(fabs(found - slope) <= 2e-3 + 0.01 * fabs(slope),
                      "%s: %g by differences, %g by the graph", m->params.items[i].name, found, slope);
        free(before);
        free(way);
    }
    nn_graph_free(g);
    model_bert_free(m);
}
END_TEST

/* Texts of numbers that count up: a hidden number follows from those around it. */
START_TEST(it_learns_and_threads_do_not_show)
{
    enum { STEPS = 400, ROWS = 16, LONG = 8 };
    double losses[2];
    for (int run = 0; run < 2; run++) {
        ModelBertConfig c = small;
        c.dropout = 0.05f, c.heads = 2, c.channels = 32, c.hidden = 64;
        Rng rng = rng_new(8);
        ModelBert *m = model_bert_new(&c, &rng);
        Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
        Graph *g = nn_graph_new();
        omp_set_num_threads(run + 1);
        losses[run] = 0;
        for (int step = 0; step < STEPS; step++) {
            int ids[ROWS * LONG], labels[ROWS * LONG];
            for (int r = 0; r < ROWS; r++) {
                int first = rng_below(&rng, 22), hidden = rng_below(&rng, LONG);
                for (int t = 0; t < LONG; t++) {
                    ids[r * LONG + t] = t == hidden ? 22 : (first + t) % 22;
                    labels[r * LONG + t] = t == hidden ? (first + t) % 22 : -1;
                }
            }
            const ModelBertBatch b = {ROWS, LONG, ids, NULL, NULL};
            Tensor *loss = model_bert_loss(g, m, &b, labels);
            losses[run] = 0.9 * losses[run] + 0.1 * (double)tensor_item(loss);
            nn_backward(g, loss);
            nn_clip_gradients(o, 1);
            nn_optimizer_step(o, nn_linear_rate(step, 20, STEPS, 5e-3f, 0));
            nn_graph_reset(g);
        }
        nn_graph_free(g);
        nn_optimizer_free(o);
        model_bert_free(m);
    }
    ck_assert_msg(losses[0] < 1, "the loss stays at %g; it begins at %g", losses[0], log(23));
    ck_assert_msg(losses[0] == losses[1], "%.17g with one thread, %.17g with two", losses[0], losses[1]);
}
END_TEST

/* ---- its folder ---------------------------------------------------------------------------------- */

static char folder[64], config[96], weights[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_bert.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/config.json", folder);
    snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
}

static void remove_folder(void)
{
    unlink(config);
    unlink(weights);
    ck_assert_msg(rmdir(folder) == 0, "more than two files are in the folder");
}

static void check_same(const ModelBert *a, const ModelBert *b, double tolerance)
{
    ck_assert_int_eq(a->params.count, b->params.count);
    for (int i = 0; i < a->params.count; i++) {
        const Tensor *x = a->params.items[i].tensor, *y = b->params.items[i].tensor;
        ck_assert_str_eq(a->params.items[i].name, b->params.items[i].name);
        ck_assert(tensor_same_shape(x, y));
        for (size_t j = 0; j < x->size; j++)
            ck_assert_float_le(fabsf(x->data[j] - y->data[j]), (float)tolerance * fabsf(x->data[j]));
    }
}

/* The encoder of encoder.h, from the folder, must answer as the training graph does. */
static void check_encoder(const ModelBert *m)
{
    Error e = {""};
    Example x;
    ModelRun *running = model_run_load(folder, QUANT_NONE, &e);
    ck_assert_msg(running != NULL, "%s", e.text);
    Graph *g = nn_graph_new();
    example_fill(&x, m->config.vocab);
    float states[TIME * 64], logits[TIME * 512];
    model_encode(running, x.ids, x.types, TIME, states);
    model_encode_logits(running, states, TIME, logits);
    const ModelBertBatch b = {1, TIME, x.ids, x.types, NULL};
    Tensor *ours = model_bert_hidden(g, m, &b);
    ck_assert_float_le(tensor_distance(states, ours->data, ours->size), 1e-4f);
    Tensor *said = model_bert_logits(g, m, ours);
    ck_assert_float_le(tensor_distance(logits, said->data, said->size), 1e-4f);
    nn_graph_free(g);
    model_run_free(running);
}

static const ModelBertConfig configs[] = {{.vocab = 23,
                                           .context = 11,
                                           .layers = 2,
                                           .heads = 3,
                                           .channels = 12,
                                           .hidden = 20,
                                           .types = 2,
                                           .eps = 1e-12f},
                                          {.vocab = 2,
                                           .context = 9,
                                           .layers = 1,
                                           .heads = 1,
                                           .channels = 3,
                                           .hidden = 1,
                                           .types = 3,
                                           .eps = 1e-5f},
                                          {.vocab = 411,
                                           .context = 40,
                                           .layers = 3,
                                           .heads = 5,
                                           .channels = 35,
                                           .hidden = 140,
                                           .types = 2,
                                           .eps = 1e-3f}};
enum { CONFIGS = sizeof configs / sizeof *configs };

/* The standard deviation of a parameter. */
static double std_of(const Params *params, const char *name)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < params->count; i++) {
        const Tensor *p = params->items[i].tensor;
        if (strcmp(params->items[i].name, name) != 0)
            continue;
        for (size_t k = 0; k < p->size; k++) {
            sum += (double)p->data[k] / (double)p->size;
            squares += (double)p->data[k] * (double)p->data[k] / (double)p->size;
        }
        return sqrt(squares - sum * sum);
    }
    ck_abort_msg("no %s", name);
    return 0;
}

/* 0.02 is of a width of 768: a model a sixteenth as wide has four times as much, see bert.h. */
START_TEST(initial_weights_are_as_wide_as_the_model_asks)
{
    const ModelBertConfig c = {.vocab = 300,
                               .context = 60,
                               .layers = 1,
                               .heads = 4,
                               .channels = 48,
                               .hidden = 192,
                               .types = 2,
                               .eps = 1e-12f};
    Rng rng = rng_new(5);
    ModelBert *m = model_bert_new(&c, &rng);
    for (int i = 0; i < m->params.count; i++) {
        const char *name = m->params.items[i].name;
        bool table = strstr(name, "embeddings.word") || strstr(name, "embeddings.position");
        if (m->params.items[i].tensor->rank == 2 && !strstr(name, "token_type"))
            ck_assert_double_eq_tol(std_of(&m->params, name) / (table ? 0.02 : 0.08), 1, 0.05);
    }
    model_bert_free(m);
}
END_TEST

START_TEST(round_trip)
{
    Error e = {""};
    ModelBert *m = bert_of(&configs[_i], 5);
    ck_assert_msg(model_bert_save(m, folder, &e), "%s", e.text);
    ModelBert *again = model_bert_load(folder, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    check_same(m, again, 0);
    ck_assert_int_eq(memcmp(&m->config, &again->config, sizeof m->config), 0);
    check_encoder(m);
    model_bert_free(m);
    model_bert_free(again);
}
END_TEST

START_TEST(round_trip_in_16_bits)
{
    Error e = {""};
    ModelBert *m = bert_of(&configs[_i], 5);
    ck_assert_msg(model_bert_save_half(m, folder, &e), "%s", e.text);
    ModelBert *again = model_bert_load(folder, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    for (int i = 0; i < m->params.count; i++) { /* below 2^-14 a half keeps fewer digits */
        Tensor *t = m->params.items[i].tensor, *u = again->params.items[i].tensor;
        for (size_t j = 0; j < t->size; j++)
            ck_assert_float_le(fabsf(t->data[j] - u->data[j]),
                               fmaxf(fabsf(t->data[j]), 0x1p-14f) * 0x1p-11f);
    }
    check_encoder(again);
    model_bert_free(m);
    model_bert_free(again);
}
END_TEST

static void put_text(const char *path, const char *text)
{
    FileWriter *w = file_create(path, NULL);
    file_write(w, text, strlen(text));
    ck_assert(file_commit(w, NULL));
}

static void check_refused(const char *file, const char *saying)
{
    Error e = {""};
    ModelBert *m = model_bert_load(folder, &e);
    ck_assert_msg(m == NULL, "expected \"%s\", but it was loaded", saying);
    ck_assert_msg(strstr(e.text, file) && strstr(e.text, saying), "expected %s and \"%s\": %s", file,
                  saying, e.text);
    ck_assert_ptr_null(strchr(e.text, '\n'));
}

typedef struct Wrong {
    const char *from, *to, *file, *saying; /* what in config.json becomes what */
} Wrong;

static const Wrong wrongs[] = {
    {"\"bert\"", "\"gpt2\"", config, "n_positions: expected a whole number"},
    {"\"bert\"", "\"roberta\"", config, "model_type: \"roberta\" is not known here"},
    {"\"gelu\"", "\"relu\"", config, "hidden_act: expected \"gelu\""},
    {"\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", config, "tie_word_embeddings"},
    {"\"absolute\"", "\"relative_key\"", config, "position_embedding_type"},
    {"heads\": 3", "heads\": 5", config, "the heads"},
    {"eps\": 1e-12", "eps\": -1", config, "the epsilon of the norms"},
    {"vocab_size\": 23", "vocab_size\": 24", weights,
     "word_embeddings.weight\": shape (23,12), expected (24,12)"},
    {"embeddings\": 11", "embeddings\": 12", weights, "position_embeddings.weight"},
    {"type_vocab_size\": 2", "type_vocab_size\": 3", weights, "token_type_embeddings.weight"},
    {"intermediate_size\": 20", "intermediate_size\": 30", weights, "intermediate.dense.weight"},
    {"layers\": 2", "layers\": 3", weights,
     "bert.encoder.layer.2.intermediate.dense.weight\": not in the file"},
    {"layers\": 2", "layers\": 1", weights, "config.json says 1 layers"},
    {"layers\": 2", "layers\": 4096", weights, "not in the file"},
};
enum { WRONGS = sizeof wrongs / sizeof *wrongs };

START_TEST(wrong_config)
{
    const Wrong *w = &wrongs[_i];
    size_t size;
    char text[2048];
    ModelBert *m = bert_of(&small, 1);
    ck_assert(model_bert_save(m, folder, NULL));
    model_bert_free(m);
    char *whole = file_read(config, &size, NULL), *at = strstr(whole, w->from);
    ck_assert_msg(at != NULL, "config.json has no %s", w->from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, w->to, at + strlen(w->from));
    put_text(config, text);
    check_refused(w->file, w->saying);
    free(whole);
}
END_TEST

/* Writes the weights of m under names that rename makes of ours; NULL leaves one out. */
static void save_as(const ModelBert *m, const char *(*rename)(const char *ours, char name[PARAM_NAME]))
{
    char name[PARAM_NAME];
    SafetensorsWriter *w = model_safetensors_create(weights, NULL);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        const char *as = rename(p->name, name);
        if (as)
            model_safetensors_add(w, as, p->tensor->rank, p->tensor->shape, p->tensor->data, false);
    }
    ck_assert(model_safetensors_finish(w, NULL));
}

static const char *bare_and_old(const char *ours, char name[PARAM_NAME])
{
    snprintf(name, PARAM_NAME, "%s", strncmp(ours, "bert.", 5) == 0 ? ours + 5 : ours);
    char *norm = strstr(name, "LayerNorm.");
    if (norm)
        strcpy(norm, strstr(norm, "weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
    return name;
}

START_TEST(names_of_others)
{
    Error e = {""};
    ModelBert *m = bert_of(&small, 3);
    ck_assert(model_bert_save(m, folder, NULL));
    save_as(m, bare_and_old);
    ModelBert *again = model_bert_load(folder, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    check_same(m, again, 0);
    check_encoder(m);
    model_bert_free(m);
    model_bert_free(again);
}
END_TEST

static const char *left_out;

static const char *but_one(const char *ours, char name[PARAM_NAME])
{
    (void)name;
    return strcmp(ours, left_out) == 0 ? NULL : ours;
}

START_TEST(missing_weights)
{
    ModelBert *m = bert_of(&small, 3);
    ck_assert(model_bert_save(m, folder, NULL));
    for (int i = 0; i < m->params.count; i++) {
        left_out = m->params.items[i].name;
        save_as(m, but_one);
        const char *named = strncmp(left_out, "bert.embeddings.word", 20) == 0 ? left_out + 5 : left_out;
        check_refused(weights, named);
    }
    model_bert_free(m);
}
END_TEST

START_TEST(files_cut_short)
{
    size_t size;
    ModelBert *m = bert_of(&small, 3);
    ck_assert(model_bert_save(m, folder, NULL));
    free(file_read(weights, &size, NULL));
    for (size_t n = size - 1; n > 0; n = n > 997 ? n - 997 : n - 1) {
        ck_assert_int_eq(truncate(weights, (off_t)n), 0);
        check_refused(weights, "byte");
    }
    unlink(weights);
    check_refused(weights, "No such file");
    model_bert_free(m);
}
END_TEST

START_TEST(wrong_settings)
{
    ModelBertConfig c = small;
    ck_assert_ptr_null(model_bert_config_fault(&c));
    c.heads = 5;
    ck_assert_ptr_nonnull(model_bert_config_fault(&c));
    c = small, c.hidden = 0;
    ck_assert_ptr_nonnull(model_bert_config_fault(&c));
    c = small, c.types = 0;
    ck_assert_ptr_nonnull(model_bert_config_fault(&c));
    c = small, c.eps = NAN;
    ck_assert_ptr_nonnull(model_bert_config_fault(&c));
    c = small, c.dropout = 1;
    ck_assert_ptr_nonnull(model_bert_config_fault(&c));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bert");
    TCase *t = tcase_create("graph"), *f = tcase_create("folder");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, equals_pytorch, 0, 2);
    tcase_add_test(t, padding_is_not_seen);
    tcase_add_test(t, no_types_are_all_zero);
    tcase_add_test(t, the_loss_is_that_of_the_chosen_places);
    tcase_add_test(t, gradients_equal_differences);
    tcase_add_test(t, it_learns_and_threads_do_not_show);
    tcase_add_test(t, wrong_settings);
    tcase_add_checked_fixture(f, make_folder, remove_folder);
    tcase_add_test(t, initial_weights_are_as_wide_as_the_model_asks);
    tcase_add_loop_test(f, round_trip, 0, CONFIGS);
    tcase_add_loop_test(f, round_trip_in_16_bits, 0, CONFIGS);
    tcase_add_loop_test(f, wrong_config, 0, WRONGS);
    tcase_add_test(f, names_of_others);
    tcase_add_test(f, missing_weights);
    tcase_add_test(f, files_cut_short);
    suite_add_tcase(s, t);
    suite_add_tcase(s, f);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
