/* test_mistakes.c -- shapes that do not fit end the program with one line that helps.
 *
 * Each mistake runs in a child. Its message must begin with this file's name
 * and the number of a line of this file that calls the operation, and go on
 * with the operation's name and the shapes. */
#include "common/base/file.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static Graph *g;

/* A tensor of zeros, of rank 0 to 4: sizes after a zero are not there. */
static Tensor *of(int a, int b, int c, int d)
{
    const int shape[] = {a, b, c, d};
    int rank = 0;
    while (rank < 4 && shape[rank])
        rank++;
    Tensor *t = tensor_make(nn_arena(g), rank, shape);
    tensor_fill(t, 0);
    return t;
}

static Tensor *vector(int n)
{
    return of(n, 0, 0, 0);
}

static Tensor *matrix(int rows, int columns)
{
    return of(rows, columns, 0, 0);
}

static Tensor *batch(int a, int b, int c)
{
    return of(a, b, c, 0);
}

static Tensor *number(void)
{
    return of(0, 0, 0, 0);
}

static const int far[] = {1, 9, 0, 2}, near[] = {1, 3, 0, 2};

static void add_rows(void)
{
    nn_add(g, matrix(2, 3), matrix(4, 3));
}

static void add_wider(void)
{
    nn_add(g, vector(3), matrix(2, 3));
}

static void sub_columns(void)
{
    nn_sub(g, matrix(2, 3), vector(2));
}

static void mul_leading(void)
{
    nn_mul(g, batch(2, 3, 4), matrix(2, 3));
}

static void dropout_of_all(void)
{
    nn_dropout(g, matrix(2, 3), 1);
}

static void dropout_of_nan(void)
{
    nn_dropout(g, matrix(2, 3), (float)strtod("nan", NULL));
}

static void matmul_inner(void)
{
    nn_matmul(g, matrix(2, 3), matrix(4, 5));
}

static void matmul_batches(void)
{
    nn_matmul(g, batch(2, 3, 4), batch(5, 4, 6));
}

static void matmul_vector(void)
{
    nn_matmul(g, matrix(2, 3), vector(3));
}

static void matmul_ranks(void)
{
    nn_matmul(g, matrix(2, 3), batch(5, 3, 4));
}

static void matmul_nt_inner(void)
{
    nn_matmul_nt(g, matrix(2, 3), matrix(3, 2));
}

static void affine_weight(void)
{
    nn_affine(g, batch(2, 3, 4), matrix(4, 5), NULL);
}

static void affine_bias(void)
{
    nn_affine(g, batch(2, 3, 4), matrix(5, 4), vector(4));
}

static void affine_number(void)
{
    nn_affine(g, number(), matrix(5, 4), NULL);
}

static void affine_quant_inner(void)
{
    nn_affine_quant(g, batch(2, 3, 4), quant_new(nn_arena(g), QUANT_INT4, 6, 5), NULL);
}

static void affine_quant_bias(void)
{
    nn_affine_quant(g, matrix(3, 5), quant_new(nn_arena(g), QUANT_INT4, 6, 5), vector(5));
}

static void low_rank_in(void)
{
    nn_add_low_rank(g, matrix(2, 7), matrix(2, 5), matrix(3, 4), matrix(7, 3), 1);
}

static void low_rank_rank(void)
{
    nn_add_low_rank(g, matrix(2, 7), matrix(2, 5), matrix(3, 5), matrix(7, 4), 1);
}

static void low_rank_out(void)
{
    nn_add_low_rank(g, matrix(2, 6), matrix(2, 5), matrix(3, 5), matrix(7, 3), 1);
}

static void reshape_size(void)
{
    nn_reshape(g, matrix(2, 3), 4, 2);
}

static void reshape_rank(void)
{
    nn_reshape(g, matrix(2, 3), 1, 1, 1, 1, 2, 3);
}

static void transpose_axis(void)
{
    nn_transpose(g, matrix(2, 3), 0, 2);
}

static void concat_other(void)
{
    nn_concat(g, matrix(2, 3), matrix(4, 5), 0);
}

static void concat_ranks(void)
{
    nn_concat(g, matrix(2, 3), batch(2, 3, 1), 0);
}

static void concat_axis(void)
{
    nn_concat(g, matrix(2, 3), matrix(2, 3), -3);
}

static void slice_after_end(void)
{
    nn_slice(g, matrix(2, 3), 1, 2, 2);
}

static void slice_before(void)
{
    nn_slice(g, matrix(2, 3), 1, -1, 2);
}

static void slice_empty(void)
{
    nn_slice(g, matrix(2, 3), 0, 1, 0);
}

static void softmax_number(void)
{
    nn_softmax(g, number());
}

static void log_softmax_number(void)
{
    nn_log_softmax(g, number());
}

static void minimum_rows(void)
{
    nn_minimum(g, matrix(2, 3), matrix(4, 3));
}

static void maximum_wider(void)
{
    nn_maximum(g, vector(3), matrix(2, 3));
}

static void clamp_reversed(void)
{
    nn_clamp(g, matrix(2, 3), 1, -1);
}

static void sum_axis_of_three(void)
{
    nn_sum_axis(g, matrix(2, 3), 2);
}

static void mean_axis_of_number(void)
{
    nn_mean_axis(g, number(), 0);
}

static void select_row_after_end(void)
{
    nn_select_rows(g, batch(2, 2, 3), far, 2);
}

static void select_row_of_number(void)
{
    nn_select_rows(g, number(), near, 1);
}

static void gather_far(void)
{
    nn_gather(g, batch(2, 2, 5), far);
}

static void gather_number(void)
{
    nn_gather(g, number(), near);
}

static void token_log_probs_far(void)
{
    nn_token_log_probs(g, batch(2, 2, 5), far, -1);
}

static void token_log_probs_number(void)
{
    nn_token_log_probs(g, number(), near, -1);
}

static void rotary_odd(void)
{
    nn_rotary(g, batch(2, 4, 6), 2, matrix(4, 3));
}

static void rotary_heads(void)
{
    nn_rotary(g, batch(2, 4, 6), 2, matrix(4, 4));
}

static void rotary_time(void)
{
    nn_rotary(g, batch(2, 4, 6), 1, matrix(3, 2));
}

static void attention_with_groups(void)
{
    const NnAttention how = {.heads = 4, .kv_heads = 3};
    nn_attention_with(g, batch(2, 3, 8), batch(2, 5, 4), batch(2, 5, 4), &how);
}

static void attention_with_widths(void)
{
    const NnAttention how = {.heads = 4};
    nn_attention_with(g, batch(2, 3, 8), batch(2, 5, 4), batch(2, 5, 4), &how);
}

static void attention_with_mask(void)
{
    const NnAttention how = {.heads = 2, .mask = batch(3, 3, 5)};
    nn_attention_with(g, batch(2, 3, 4), batch(2, 5, 4), batch(2, 5, 4), &how);
}

static void attention_with_bias(void)
{
    const NnAttention how = {.heads = 2, .bias = batch(3, 3, 5)};
    nn_attention_with(g, batch(2, 3, 4), batch(2, 5, 4), batch(2, 5, 4), &how);
}

static void attention_with_first(void)
{
    static const int before[] = {0, 0, -1};
    const NnAttention how = {.heads = 2, .first = before};
    nn_attention_with(g, batch(1, 3, 4), batch(1, 5, 4), batch(1, 5, 4), &how);
}

static void self_attention_with_parts(void)
{
    nn_self_attention_with(g, batch(2, 3, 12), &(NnAttention){.heads = 4, .kv_heads = 2});
}

static void rms_norm_with_gain(void)
{
    nn_rms_norm_with(g, matrix(2, 3), vector(2), 0.5f);
}

static void layer_norm_gain(void)
{
    nn_layer_norm(g, matrix(2, 3), vector(2), NULL);
}

static void layer_norm_bias(void)
{
    nn_layer_norm(g, matrix(2, 3), vector(3), vector(5));
}

static void layer_norm_with_gain(void)
{
    nn_layer_norm_with(g, matrix(2, 3), vector(2), NULL, 1e-12f);
}

static void rms_norm_gain(void)
{
    nn_rms_norm(g, matrix(2, 3), matrix(1, 3));
}

static void causal_vector(void)
{
    nn_causal_mask(g, vector(3));
}

static void mask_shape(void)
{
    nn_mask(g, batch(2, 3, 4), matrix(4, 3));
}

static void embedding_table(void)
{
    nn_embedding(g, vector(5), near, 2, 2);
}

static void embedding_token(void)
{
    nn_embedding(g, matrix(5, 3), far, 2, 2);
}

static void cross_entropy_target(void)
{
    nn_cross_entropy(g, batch(2, 2, 5), far, -1);
}

static void cross_entropy_number(void)
{
    nn_cross_entropy(g, number(), near, -1);
}

static void mse_shape(void)
{
    nn_mse(g, matrix(2, 3), vector(3));
}

static void affine_cross_entropy_weight(void)
{
    nn_affine_cross_entropy(g, batch(2, 2, 5), matrix(5, 7), near, -1);
}

static void affine_cross_entropy_target(void)
{
    nn_affine_cross_entropy(g, batch(2, 2, 5), matrix(7, 5), far, -1);
}

static void affine_cross_entropy_number(void)
{
    nn_affine_cross_entropy(g, number(), matrix(7, 5), near, -1);
}

static void affine_cross_entropy_z_weight(void)
{
    nn_affine_cross_entropy_z(g, batch(2, 2, 5), matrix(5, 7), near, -1, 1e-4f);
}

static void attention_keys(void)
{
    nn_attention(g, batch(2, 3, 4), batch(2, 3, 6), batch(2, 3, 6), 2, false, NULL);
}

static void attention_values(void)
{
    nn_attention(g, batch(2, 3, 4), batch(2, 5, 4), batch(2, 3, 4), 2, false, NULL);
}

static void attention_heads(void)
{
    nn_attention(g, batch(2, 3, 4), batch(2, 5, 4), batch(2, 5, 4), 3, false, NULL);
}

static void attention_of_four(void)
{
    nn_attention(g, of(2, 3, 4, 5), of(2, 3, 4, 5), of(2, 3, 4, 5), 1, false, NULL);
}

static void self_attention_thirds(void)
{
    nn_self_attention(g, batch(2, 3, 8), 1, true, NULL);
}

static void self_attention_heads(void)
{
    nn_self_attention(g, batch(2, 3, 12), 3, true, NULL);
}

static void linear_width(void)
{
    Params p = {0};
    Rng rng = rng_new(1);
    Linear l = nn_linear_new(&p, "l", 4, 5, true, 0, &rng);
    nn_linear(g, &l, matrix(2, 3));
}

static void norm_width(void)
{
    Params p = {0};
    Norm n = nn_norm_new(&p, "n", 4);
    nn_norm(g, &n, matrix(2, 3));
}

static ModelDecoder *small_gpt(void)
{
    Rng rng = rng_new(1);
    const ModelConfig c =
        model_config_gpt2((ModelConfig){.vocab = 5, .context = 3, .layers = 1, .heads = 1, .channels = 4});
    return model_decoder_new(&c, 0, &rng);
}

static void gpt_context(void)
{
    const ModelDecoder *m = small_gpt();
    model_decoder_hidden(g, m, near, 1, 4, NULL, NULL);
}

static void gpt_token(void)
{
    const ModelDecoder *m = small_gpt();
    model_decoder_loss(g, m, far, near, 2, 2);
}

static void backward_of_matrix(void)
{
    nn_backward(g, matrix(2, 3));
}

static void backward_of_input(void)
{
    nn_backward_from(g, matrix(2, 3), NULL);
}

static void split_heads_width(void)
{
    nn_split_heads(g, batch(2, 3, 8), 3);
}

static void join_heads_of_three(void)
{
    nn_join_heads(g, batch(2, 3, 8));
}

static NnBlock block_of_four(void)
{
    static Params params;
    Rng rng = rng_new(1);
    return nn_block_new(&params, &(NnBlockConfig){.channels = 4, .heads = 2}, 0, &rng);
}

static void block_width(void)
{
    NnBlock b = block_of_four();
    nn_block(g, &b, batch(2, 3, 6), &(NnBlockCall){.attention = {.causal = true}});
}

static void block_memory(void)
{
    NnBlock b = block_of_four();
    nn_block(g, &b, batch(2, 3, 4), &(NnBlockCall){.memory = batch(2, 5, 4)});
}

static void positions_too_long(void)
{
    static Params params;
    Rng rng = rng_new(1);
    NnPositions p = nn_positions_new(&params, "wpe", NN_LEARNED, 2, 4, 1, &rng);
    nn_positions_add(g, &p, batch(2, 3, 4), NULL);
}

static void step_without_backward(void)
{
    static Params params;
    nn_param(&params, "w", 1, &(int){3});
    Optimizer *o = nn_sgd_new(&params, 0);
    nn_optimizer_step(o, 1);
}

static void step_clipped_without_backward(void)
{
    static Params params;
    nn_param(&params, "w", 1, &(int){3});
    Optimizer *o = nn_adamw_new(&params, 0.9f, 0.99f, 0);
    nn_optimizer_step_clipped(o, 1, 1);
}

typedef struct Mistake {
    void (*make)(void);
    const char *call;   /* what the noted line must hold */
    const char *saying; /* what the message says: operation, shapes */
} Mistake;

static const Mistake mistakes[] = {
    {add_rows, "nn_add(", "nn_add: (2,3) and (4,3): "},
    {add_wider, "nn_add(", "nn_add: (3) and (2,3): "},
    {sub_columns, "nn_sub(", "nn_sub: (2,3) and (2): "},
    {mul_leading, "nn_mul(", "nn_mul: (2,3,4) and (2,3): "},
    {dropout_of_all, "nn_dropout(", "nn_dropout: (2,3): "},
    {dropout_of_nan, "nn_dropout(", "nn_dropout: (2,3): "},
    {matmul_inner, "nn_matmul(", "nn_matmul: (2,3) and (4,5): "},
    {matmul_batches, "nn_matmul(", "nn_matmul: (2,3,4) and (5,4,6): "},
    {matmul_vector, "nn_matmul(", "nn_matmul: (2,3) and (3): "},
    {matmul_ranks, "nn_matmul(", "nn_matmul: (2,3) and (5,3,4): "},
    {matmul_nt_inner, "nn_matmul_nt(", "nn_matmul_nt: (2,3) and (3,2): "},
    {affine_quant_inner, "nn_affine_quant(", "nn_affine_quant: (2,3,4): "},
    {affine_quant_bias, "nn_affine_quant(", "nn_affine_quant: (3,5) and (5): "},
    {low_rank_in, "nn_add_low_rank(", "nn_add_low_rank: (2,5) and (3,4): "},
    {low_rank_rank, "nn_add_low_rank(", "nn_add_low_rank: (3,5) and (7,4): "},
    {low_rank_out, "nn_add_low_rank(", "nn_add_low_rank: (2,6) and (7,3): "},
    {affine_weight, "nn_affine(", "nn_affine: (2,3,4) and (4,5): "},
    {affine_bias, "nn_affine(", "nn_affine: (5,4) and (4): "},
    {affine_number, "nn_affine(", "nn_affine: () and (5,4): "},
    {reshape_size, "nn_reshape(", "nn_reshape: (2,3) and (4,2): "},
    {reshape_rank, "nn_reshape(", "nn_reshape: (2,3): "},
    {transpose_axis, "nn_transpose(", "nn_transpose: (2,3): "},
    {concat_other, "nn_concat(", "nn_concat: (2,3) and (4,5): "},
    {concat_ranks, "nn_concat(", "nn_concat: (2,3) and (2,3,1): "},
    {concat_axis, "nn_concat(", "nn_concat: (2,3): "},
    {slice_after_end, "nn_slice(", "nn_slice: (2,3): "},
    {slice_before, "nn_slice(", "nn_slice: (2,3): "},
    {slice_empty, "nn_slice(", "nn_slice: (2,3): "},
    {softmax_number, "nn_softmax(", "nn_softmax: (): "},
    {log_softmax_number, "nn_log_softmax(", "nn_log_softmax: (): "},
    {layer_norm_gain, "nn_layer_norm(", "nn_layer_norm: (2,3) and (2): "},
    {layer_norm_bias, "nn_layer_norm(", "nn_layer_norm: (2,3) and (5): "},
    {layer_norm_with_gain, "nn_layer_norm_with(", "nn_layer_norm_with: (2,3) and (2): "},
    {rms_norm_gain, "nn_rms_norm(", "nn_rms_norm: (2,3) and (1,3): "},
    {rms_norm_with_gain, "nn_rms_norm_with(", "nn_rms_norm_with: (2,3) and (2): "},
    {minimum_rows, "nn_minimum(", "nn_minimum: (2,3) and (4,3): "},
    {maximum_wider, "nn_maximum(", "nn_maximum: (3) and (2,3): "},
    {clamp_reversed, "nn_clamp(", "nn_clamp: (2,3): "},
    {sum_axis_of_three, "nn_sum_axis(", "nn_sum_axis: (2,3): "},
    {mean_axis_of_number, "nn_mean_axis(", "nn_mean_axis: (): "},
    {select_row_after_end, "nn_select_rows(", "nn_select_rows: (2,2,3): "},
    {select_row_of_number, "nn_select_rows(", "nn_select_rows: (): "},
    {gather_far, "nn_gather(", "nn_gather: (2,2,5): "},
    {gather_number, "nn_gather(", "nn_gather: (): "},
    {token_log_probs_far, "nn_token_log_probs(", "nn_token_log_probs: (2,2,5): "},
    {token_log_probs_number, "nn_token_log_probs(", "nn_token_log_probs: (): "},
    {rotary_odd, "nn_rotary(", "nn_rotary: (2,4,6) and (4,3): "},
    {rotary_heads, "nn_rotary(", "nn_rotary: (2,4,6) and (4,4): "},
    {rotary_time, "nn_rotary(", "nn_rotary: (2,4,6) and (3,2): "},
    {attention_with_groups, "nn_attention_with(", "nn_attention_with: (2,3,8): "},
    {attention_with_widths, "nn_attention_with(", "nn_attention_with: (2,3,8) and (2,5,4): "},
    {attention_with_mask, "nn_attention_with(", "nn_attention_with: (2,3,4) and (3,3,5): "},
    {attention_with_bias, "nn_attention_with(", "nn_attention_with: (2,3,4) and (3,3,5): "},
    {attention_with_first, "nn_attention_with(", "nn_attention_with: (1,3,4): "},
    {self_attention_with_parts, "nn_self_attention_with(", "nn_self_attention_with: (2,3,12): "},
    {causal_vector, "nn_causal_mask(", "nn_causal_mask: (3): "},
    {mask_shape, "nn_mask(", "nn_mask: (2,3,4) and (4,3): "},
    {embedding_table, "nn_embedding(", "nn_embedding: (5): "},
    {embedding_token, "nn_embedding(", "nn_embedding: (5,3): "},
    {cross_entropy_target, "nn_cross_entropy(", "nn_cross_entropy: (2,2,5): "},
    {cross_entropy_number, "nn_cross_entropy(", "nn_cross_entropy: (): "},
    {mse_shape, "nn_mse(", "nn_mse: (2,3) and (3): "},
    {affine_cross_entropy_weight, "nn_affine_cross_entropy(",
     "nn_affine_cross_entropy: (2,2,5) and (5,7): "},
    {affine_cross_entropy_target, "nn_affine_cross_entropy(", "nn_affine_cross_entropy: (2,2,5): "},
    {affine_cross_entropy_number, "nn_affine_cross_entropy(", "nn_affine_cross_entropy: () and (7,5): "},
    {affine_cross_entropy_z_weight, "nn_affine_cross_entropy_z(",
     "nn_affine_cross_entropy_z: (2,2,5) and (5,7): "},
    {attention_keys, "nn_attention(", "nn_attention: (2,3,4) and (2,3,6): "},
    {attention_values, "nn_attention(", "nn_attention: (2,5,4) and (2,3,4): "},
    {attention_heads, "nn_attention(", "nn_attention: (2,3,4): "},
    {attention_of_four, "nn_attention(", "nn_attention: (2,3,4,5) and (2,3,4,5): "},
    {self_attention_thirds, "nn_self_attention(", "nn_self_attention: (2,3,8): "},
    {self_attention_heads, "nn_self_attention(", "nn_self_attention: (2,3,12): "},
    {linear_width, "nn_linear(", "nn_affine: (2,3) and (5,4): "},
    {norm_width, "nn_norm(", "nn_layer_norm: (2,3) and (4): "},
    {gpt_context, "model_decoder_hidden(", "model_decoder_hidden: (3,4): "},
    {gpt_token, "model_decoder_loss(", "nn_embedding: (5,4): "},
    {backward_of_matrix, "nn_backward(", "nn_backward: (2,3): "},
    {backward_of_input, "nn_backward_from(", "nn_backward: (2,3): "},
    {split_heads_width, "nn_split_heads(", "nn_split_heads: (2,3,8): "},
    {join_heads_of_three, "nn_join_heads(", "nn_join_heads: (2,3,8): "},
    {block_width, "nn_block(", "nn_layer_norm: (2,3,6) and (4): "},
    {block_memory, "nn_block(", "nn_block: (2,3,4) and (2,5,4): "},
    {positions_too_long, "nn_positions_add(", "nn_positions_add: (2,3,4) and (2,4): "},
    {step_without_backward, "nn_optimizer_step(", "nn_optimizer_step: no parameter has a gradient: "},
    {step_clipped_without_backward, "nn_optimizer_step_clipped(",
     "nn_optimizer_step: no parameter has a gradient: "},
};
enum { MISTAKES = sizeof mistakes / sizeof *mistakes };

/* Runs a mistake in a child and returns what it wrote to standard error; it must abort. */
static void message_of(void (*make)(void), char *text, size_t room)
{
    int ends[2], status;
    size_t size = 0;
    ssize_t got;
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(ends[1], STDERR_FILENO);
        g = nn_graph_new();
        make();
        _exit(0);
    }
    close(ends[1]);
    while (size + 1 < room && (got = read(ends[0], text + size, room - 1 - size)) > 0)
        size += (size_t)got;
    text[size] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "it did not abort: %s", text);
}

/* Line number `line` of this file, cut at its end. */
static char *own_line(int line)
{
    size_t size;
    char *text = file_read(__FILE__, &size, NULL), *at = text;
    ck_assert_msg(text != NULL, "run from the top of the repository");
    for (int i = 1; i < line; i++)
        at += strcspn(at, "\n") + 1;
    at[strcspn(at, "\n")] = '\0';
    char *copy = memory_string(at);
    free(text);
    return copy;
}

START_TEST(mistake)
{
    const Mistake *m = &mistakes[_i];
    char text[2048];
    message_of(m->make, text, sizeof text);
    const size_t name = strlen(__FILE__);
    ck_assert_msg(strncmp(text, __FILE__ ":", name + 1) == 0, "no file and line in front: %s", text);
    char *end, *line = own_line((int)strtol(text + name + 1, &end, 10));
    ck_assert_msg(strstr(line, m->call) != NULL, "the line it names, \"%s\", does not call %s): %s", line,
                  m->call, text);
    ck_assert_msg(strncmp(end, ": ", 2) == 0 && strncmp(end + 2, m->saying, strlen(m->saying)) == 0,
                  "expected \"%s...\": %s", m->saying, text);
    ck_assert_msg(strlen(end + 2) > strlen(m->saying) + 10, "no hint: %s", text);
    ck_assert_msg(strchr(text, '\n') == text + strlen(text) - 1, "more than one line: %s", text);
    free(line);
}
END_TEST

/* An operation that fits any shape does not note who calls it: ops.h has no macro of its name. */
static bool cannot_fail(const char *ops, const char *name, size_t length)
{
    char macro[96];
    snprintf(macro, sizeof macro, "#define %.*s(g", (int)length, name);
    return strstr(ops, macro) == NULL;
}

static bool has_mistake(const char *name, size_t length)
{
    for (int i = 0; i < MISTAKES; i++) {
        if (strlen(mistakes[i].call) == length + 1 && strncmp(mistakes[i].call, name, length) == 0)
            return true;
    }
    return false;
}

START_TEST(every_operation_is_here)
{
    size_t size;
    char *text = file_read("common/nn/ops.h", &size, NULL);
    ck_assert_msg(text != NULL, "run from the top of the repository");
    for (const char *at = text; (at = strstr(at, "\nTensor *nn_")); at++) {
        const char *name = at + strlen("\nTensor *");
        size_t length = strcspn(name, "(");
        ck_assert_msg(cannot_fail(text, name, length) || has_mistake(name, length),
                      "%.*s: no mistake is tested", (int)length, name);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mistakes");
    TCase *t = tcase_create("mistakes");
    tcase_add_loop_test(t, mistake, 0, MISTAKES);
    tcase_add_test(t, every_operation_is_here);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
