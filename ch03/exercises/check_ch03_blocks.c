/* check_ch03_blocks.c -- tests of exercises 4, 6 and 8 of chapter 3: functions that build a graph.
 *
 * What is right is said by common's own layers, which common/tests holds against finite
 * differences. What a likely mistake yields is computed by the same few lines with that
 * mistake in them, a "slip". */
#include "ch03/exercises/check_ch03.h"

#include <math.h>

/* ---- ex4 ----------------------------------------------------------------------------------------- */

enum {
    NO_SCALE = 1,
    SCALE_OF_ALL,
    SCALE_SQUARED,
    SCALE_OF_0,
    NO_MASK,
    ALWAYS_MASK,
    ONE_HEAD,
    SPLIT_AS_IS,
    JOIN_AS_IS,
    KEYS_ASK,
    NO_PROJECTION,
    SAME_PROJECTION
};

static const GradeSlip attention_slips[] = {
    {NO_SCALE, "the scores are not divided by sqrt(C/H)"},
    {SCALE_OF_ALL, "divided by sqrt(C) instead of sqrt(C/H): a head's dot product has C/H terms"},
    {SCALE_SQUARED, "divided by C/H instead of sqrt(C/H)"},
    {SCALE_OF_0, "every word takes the same from all: are the scores multiplied by 0? 1 / (C / heads) is 0 "
                 "in whole numbers"},
    {NO_MASK, "causal is true, and later words are not hidden: nn_causal_mask"},
    {ALWAYS_MASK, "causal is false, and later words are hidden all the same"},
    {ONE_HEAD, "all channels in one head: each head has its own softmax over C/H channels"},
    {SPLIT_AS_IS, "split by a reshape alone: (B,T,C) is (B,T,H,C/H), then T and H change places"},
    {JOIN_AS_IS, "joined by a reshape alone: first H and T change places back, (B,T,H,C/H)"},
    {KEYS_ASK, "queries and keys are exchanged: the scores are q k^T, a row for each query"},
    {NO_PROJECTION, "the last projection is missing: nn_linear with m->out"},
    {SAME_PROJECTION, "keys or values come from m->q: each has its own projection"},
    {0, NULL}};

static Tensor *split_heads(Graph *g, Tensor *x, int heads, bool as_is)
{
    int batch = x->shape[0], time = x->shape[1], head_dim = x->shape[2] / heads;
    if (as_is)
        return nn_reshape(g, x, batch, heads, time, head_dim);
    return nn_transpose(g, nn_reshape(g, x, batch, time, heads, head_dim), 1, 2);
}

/* What the scores are multiplied by. */
static float score_factor(int channels, int heads, int slip)
{
    float head_dim = (float)(channels / heads);
    switch (slip) {
    case NO_SCALE:
        return 1;
    case SCALE_OF_ALL:
        return 1 / sqrtf((float)channels);
    case SCALE_SQUARED:
        return 1 / head_dim;
    case SCALE_OF_0:
        return 0;
    default:
        return 1 / sqrtf(head_dim);
    }
}

/* Multi-head attention by hand, with a slip. */
static Tensor *attention_slipped(Graph *g, const Trial *t, int slip)
{
    int heads = slip == ONE_HEAD ? 1 : t->heads, channels = tensor_dim(t->x, -1);
    const Linear *key = slip == SAME_PROJECTION ? &t->mha.q : &t->mha.k;
    Tensor *q = split_heads(g, nn_linear(g, &t->mha.q, t->x), heads, slip == SPLIT_AS_IS);
    Tensor *k = split_heads(g, nn_linear(g, key, t->x), heads, slip == SPLIT_AS_IS);
    Tensor *v = split_heads(g, nn_linear(g, &t->mha.v, t->x), heads, slip == SPLIT_AS_IS);
    Tensor *score = slip == KEYS_ASK ? nn_matmul_nt(g, k, q) : nn_matmul_nt(g, q, k);
    score = nn_scale(g, score, score_factor(channels, heads, slip));
    if (slip == ALWAYS_MASK || (t->causal && slip != NO_MASK))
        score = nn_causal_mask(g, score);
    Tensor *mixed = nn_matmul(g, nn_softmax(g, score), v);
    if (slip != JOIN_AS_IS)
        mixed = nn_transpose(g, mixed, 1, 2);
    mixed = nn_reshape(g, mixed, t->x->shape[0], t->x->shape[1], channels);
    return slip == NO_PROJECTION ? mixed : nn_linear(g, &t->mha.out, mixed);
}

static Tensor *attention_forward(Graph *g, const Trial *t, int slip)
{
    return slip ? attention_slipped(g, t, slip) : nn_mha(g, &t->mha, t->x, t->x, t->heads, t->causal, NULL);
}

START_TEST(one_head)
{
    Trial t = trial_of_attention((Sizes){.batch = 2, .time = 5, .heads = 1, .head_dim = 4}, false);
    trial_expect_output(&t, attention_forward, attention_slips);
}
END_TEST

START_TEST(several_heads)
{
    Trial t = trial_of_attention(trial_sizes(), false);
    trial_expect_output(&t, attention_forward, attention_slips);
}
END_TEST

START_TEST(several_heads_with_a_causal_mask)
{
    Trial t = trial_of_attention(trial_sizes(), true);
    trial_expect_output(&t, attention_forward, attention_slips);
}
END_TEST

START_TEST(one_word_and_heads_of_one_channel)
{
    Trial word = trial_of_attention((Sizes){.batch = 3, .time = 1, .heads = 2, .head_dim = 5}, true);
    trial_expect_output(&word, attention_forward, attention_slips);
    Trial thin = trial_of_attention((Sizes){.batch = 2, .time = 3, .heads = 5, .head_dim = 1}, false);
    trial_expect_output(&thin, attention_forward, attention_slips);
}
END_TEST

START_TEST(gradients_of_the_heads)
{
    Trial free = trial_of_attention(trial_sizes(), false);
    trial_expect_gradients(&free, attention_forward, attention_slips);
    Trial causal = trial_of_attention(trial_sizes(), true);
    trial_expect_gradients(&causal, attention_forward, attention_slips);
}
END_TEST

/* ---- ex7 ----------------------------------------------------------------------------------------- */

enum {
    POST_NORM = 1,
    NO_NORM_1,
    NO_NORM_2,
    NO_NORMS,
    SAME_NORM,
    NORMS_EXCHANGED,
    STREAM_NORMED_1,
    STREAM_NORMED_2,
    STREAM_NORMED,
    NO_RESIDUAL_1,
    NO_RESIDUAL_2,
    NO_RESIDUALS,
    SIDE_BY_SIDE,
    ONLY_QUERIES_NORMED,
    CAUSAL,
    NO_FEED_FORWARD,
    NO_RELU,
    GELU
};

static const GradeSlip encoder_slips[] = {
    {POST_NORM, "the norms come after the additions (post-norm): they belong before the layers"},
    {NO_NORM_1, "the attention reads x itself: it is to read norm1 of x"},
    {NO_NORM_2, "the feed-forward network reads x itself: it is to read norm2 of x"},
    {NO_NORMS, "no norm is used: each layer is to read a normalised x"},
    {SAME_NORM, "norm1 is used twice: the feed-forward network has its own, norm2"},
    {NORMS_EXCHANGED, "norm1 and norm2 are exchanged"},
    {STREAM_NORMED_1, "the attention is added to norm1 of x: add it to x itself"},
    {STREAM_NORMED_2, "the feed-forward network is added to norm2 of x: add it to x itself"},
    {STREAM_NORMED, "what the layers give is added to the normalised x: add it to x itself"},
    {NO_RESIDUAL_1, "x is not added to what the attention gives"},
    {NO_RESIDUAL_2, "x is not added to what the feed-forward network gives"},
    {NO_RESIDUALS, "x is not added to what the layers give: where are the residuals?"},
    {SIDE_BY_SIDE, "the feed-forward network reads the x before the attention: it comes after it"},
    {ONLY_QUERIES_NORMED,
     "queries come from norm1 of x, keys and values from x itself: all three from norm1"},
    {CAUSAL, "the attention is causal: in an encoder every word sees every word"},
    {NO_FEED_FORWARD, "the feed-forward network is missing"},
    {NO_RELU, "there is no ReLU between up and down"},
    {GELU, "GELU instead of ReLU"},
    {0, NULL}};

static Tensor *feed_forward(Graph *g, const Linear *up, const Linear *down, Tensor *h, int slip)
{
    h = nn_linear(g, up, h);
    h = slip == NO_RELU ? h : slip == GELU ? nn_gelu(g, h) : nn_relu(g, h);
    return nn_linear(g, down, h);
}

static Tensor *encoder_post_norm(Graph *g, const Trial *t)
{
    const EncoderBlock *b = &t->encoder;
    Tensor *x = nn_add(g, t->x, nn_mha(g, &b->attention, t->x, t->x, t->heads, false, NULL));
    x = nn_norm(g, &b->norm1, x);
    return nn_norm(g, &b->norm2, nn_add(g, x, feed_forward(g, &b->up, &b->down, x, 0)));
}

static Tensor *encoder_forward(Graph *g, const Trial *t, int slip)
{
    const EncoderBlock *b = &t->encoder;
    const Norm *first = slip == NORMS_EXCHANGED ? &b->norm2 : &b->norm1;
    const Norm *second = slip == NORMS_EXCHANGED || slip == SAME_NORM ? &b->norm1 : &b->norm2;
    if (slip == POST_NORM)
        return encoder_post_norm(g, t);
    Tensor *x = t->x, *h = slip == NO_NORM_1 || slip == NO_NORMS ? x : nn_norm(g, first, x);
    Tensor *more =
        nn_mha(g, &b->attention, h, slip == ONLY_QUERIES_NORMED ? x : h, t->heads, slip == CAUSAL, NULL);
    x = slip == STREAM_NORMED_1 || slip == STREAM_NORMED ? h : x;
    x = slip == NO_RESIDUAL_1 || slip == NO_RESIDUALS ? more : nn_add(g, x, more);
    h = slip == SIDE_BY_SIDE ? t->x : x;
    h = slip == NO_NORM_2 || slip == NO_NORMS ? h : nn_norm(g, second, h);
    if (slip == NO_FEED_FORWARD)
        return x;
    more = feed_forward(g, &b->up, &b->down, h, slip);
    x = slip == STREAM_NORMED_2 || slip == STREAM_NORMED ? h : x;
    return slip == NO_RESIDUAL_2 || slip == NO_RESIDUALS ? more : nn_add(g, x, more);
}

/* Layers that yield nothing leave x as it is, if the norms are not on the stream. */
START_TEST(layers_that_yield_0_leave_x_as_it_is)
{
    static const char on_the_stream[] = "x itself was normalised: a norm is for what a layer reads, and x "
                                        "stays as it is, to be added to what the layer gives";
    static const GradeSlip slips[] = {
        {STREAM_NORMED, on_the_stream},
        {STREAM_NORMED_1, on_the_stream},
        {STREAM_NORMED_2, on_the_stream},
        {NO_RESIDUALS, "x is lost: it must be added to what each of the layers gives"},
        {0, NULL}};
    Trial t = trial_of_encoder(trial_sizes());
    trial_silence(&t.encoder.attention.out);
    trial_silence(&t.encoder.down);
    trial_expect_output(&t, encoder_forward, slips);
}
END_TEST

START_TEST(output_of_the_encoder_block)
{
    for (int round = 0; round < 2; round++) {
        Trial t = trial_of_encoder(trial_sizes());
        trial_expect_output(&t, encoder_forward, encoder_slips);
    }
}
END_TEST

START_TEST(encoder_block_with_one_word_and_with_one_head)
{
    Trial word = trial_of_encoder((Sizes){.batch = 2, .time = 1, .heads = 3, .head_dim = 4});
    trial_expect_output(&word, encoder_forward, encoder_slips);
    Trial head = trial_of_encoder((Sizes){.batch = 1, .time = 4, .heads = 1, .head_dim = 3});
    trial_expect_output(&head, encoder_forward, encoder_slips);
}
END_TEST

START_TEST(gradients_of_the_encoder_block)
{
    Trial t = trial_of_encoder(trial_sizes());
    trial_expect_gradients(&t, encoder_forward, encoder_slips);
}
END_TEST

/* ---- ex8 ----------------------------------------------------------------------------------------- */

enum {
    SELF_LOOKS_AHEAD = GELU + 1,
    CROSS_CAUSAL,
    MEMORY_UNUSED,
    MEMORY_NORMED,
    MEMORY_ASKED_UNNORMED,
    CROSS_FIRST,
    SAME_MHA,
    NO_CROSS,
    NO_RESIDUAL_3
};

static const GradeSlip decoder_slips[] = {
    {SELF_LOOKS_AHEAD, "the self-attention is not causal: a word sees the words after it"},
    {CROSS_CAUSAL, "the cross-attention is causal: a word may see all of memory"},
    {MEMORY_UNUSED, "the cross-attention takes keys and values from x: they come from memory"},
    {MEMORY_NORMED, "memory is normalised once more: it is used as it is"},
    {MEMORY_ASKED_UNNORMED,
     "the queries of the cross-attention come from x itself: they are to come from norm_cross of x"},
    {CROSS_FIRST, "the cross-attention comes before the self-attention"},
    {SAME_MHA, "b->self is used for the cross-attention as well: it has its own, b->cross"},
    {NO_CROSS, "the cross-attention is missing"},
    {POST_NORM, "the norms come after the additions (post-norm): they belong before the layers"},
    {NO_NORMS, "no norm is used: each layer is to read a normalised x"},
    {NO_NORM_1, "the self-attention reads x itself: it is to read norm_self of x"},
    {NO_NORM_2, "the feed-forward network reads x itself: it is to read norm_feed of x"},
    {SAME_NORM, "norm_self is used three times: each layer has its own norm"},
    {STREAM_NORMED, "what the layers give is added to the normalised x: add it to x itself"},
    {NO_RESIDUAL_1, "x is not added to what the self-attention gives"},
    {NO_RESIDUAL_3, "x is not added to what the cross-attention gives"},
    {NO_RESIDUAL_2, "x is not added to what the feed-forward network gives"},
    {NO_RESIDUALS, "x is not added to what the layers give: where are the residuals?"},
    {NO_FEED_FORWARD, "the feed-forward network is missing"},
    {NO_RELU, "there is no ReLU between up and down"},
    {GELU, "GELU instead of ReLU"},
    {0, NULL}};

static Tensor *decoder_post_norm(Graph *g, const Trial *t)
{
    const DecoderBlock *b = &t->decoder;
    Tensor *x = nn_add(g, t->x, nn_mha(g, &b->self, t->x, t->x, t->heads, true, NULL));
    x = nn_norm(g, &b->norm_self, x);
    x = nn_add(g, x, nn_mha(g, &b->cross, x, t->memory, t->heads, false, NULL));
    x = nn_norm(g, &b->norm_cross, x);
    return nn_norm(g, &b->norm_feed, nn_add(g, x, feed_forward(g, &b->up, &b->down, x, 0)));
}

/* The stream after a layer that read h and gave `more`. */
static Tensor *stream_after(Graph *g, Tensor *x, Tensor *h, Tensor *more, bool no_residual, int slip)
{
    if (no_residual || slip == NO_RESIDUALS)
        return more;
    return nn_add(g, slip == STREAM_NORMED ? h : x, more);
}

static Tensor *self_layer(Graph *g, const Trial *t, Tensor *x, int slip)
{
    const DecoderBlock *b = &t->decoder;
    Tensor *h = slip == NO_NORM_1 || slip == NO_NORMS ? x : nn_norm(g, &b->norm_self, x);
    Tensor *more = nn_mha(g, &b->self, h, h, t->heads, slip != SELF_LOOKS_AHEAD, NULL);
    return stream_after(g, x, h, more, slip == NO_RESIDUAL_1, slip);
}

static Tensor *cross_layer(Graph *g, const Trial *t, Tensor *x, int slip)
{
    const DecoderBlock *b = &t->decoder;
    const Norm *norm = slip == SAME_NORM ? &b->norm_self : &b->norm_cross;
    Tensor *h = slip == MEMORY_ASKED_UNNORMED || slip == NO_NORMS ? x : nn_norm(g, norm, x);
    Tensor *memory = slip == MEMORY_UNUSED   ? h
                     : slip == MEMORY_NORMED ? nn_norm(g, norm, t->memory)
                                             : t->memory;
    Tensor *more =
        nn_mha(g, slip == SAME_MHA ? &b->self : &b->cross, h, memory, t->heads, slip == CROSS_CAUSAL, NULL);
    return slip == NO_CROSS ? x : stream_after(g, x, h, more, slip == NO_RESIDUAL_3, slip);
}

static Tensor *decoder_forward(Graph *g, const Trial *t, int slip)
{
    const DecoderBlock *b = &t->decoder;
    if (slip == POST_NORM)
        return decoder_post_norm(g, t);
    Tensor *x = slip == CROSS_FIRST ? cross_layer(g, t, t->x, slip) : self_layer(g, t, t->x, slip);
    x = slip == CROSS_FIRST ? self_layer(g, t, x, slip) : cross_layer(g, t, x, slip);
    const Norm *norm = slip == SAME_NORM ? &b->norm_self : &b->norm_feed;
    Tensor *h = slip == NO_NORM_2 || slip == NO_NORMS ? x : nn_norm(g, norm, x);
    Tensor *more = feed_forward(g, &b->up, &b->down, h, slip);
    return slip == NO_FEED_FORWARD ? x : stream_after(g, x, h, more, slip == NO_RESIDUAL_2, slip);
}

/* The largest difference between two outputs in word `word` of any sentence. */
static float moved(const Tensor *a, const Tensor *b, int word)
{
    int time = a->shape[1], channels = a->shape[2];
    float largest = 0;
    for (int i = word; i < a->shape[0] * time; i += time) {
        const float *from = a->data + i * channels, *to = b->data + i * channels;
        largest = fmaxf(largest, tensor_distance(from, to, (size_t)channels));
    }
    return largest;
}

/* The output, if its numbers are finite: then its words can be compared. */
static const Tensor *decoder_call(const Trial *t)
{
    const Tensor *out = trial_call(t);
    if (!(tensor_distance(out->data, out->data, out->size) <= 0))
        grade_fail("there are numbers in out that are infinite or not numbers");
    return out;
}

START_TEST(the_output_responds_to_memory)
{
    Trial t = trial_of_decoder(trial_sizes());
    const Tensor *before = decoder_call(&t);
    tensor_normal(t.memory, 1, grade_rng());
    const Tensor *after = decoder_call(&t);
    if (!(tensor_distance(before->data, after->data, after->size) > 1e-6f))
        grade_fail(
            "memory was changed, and the output did not move: the cross-attention takes its keys and "
            "values from memory");
}
END_TEST

START_TEST(later_words_do_not_move_earlier_outputs)
{
    Trial t = trial_of_decoder(trial_sizes());
    int time = t.x->shape[1], channels = t.x->shape[2], changed = time - 1;
    const Tensor *before = decoder_call(&t);
    for (int b = 0; b < t.x->shape[0]; b++) {
        for (int c = 0; c < channels; c++)
            t.x->data[(b * time + changed) * channels + c] = 2 * rng_normal(grade_rng());
    }
    const Tensor *after = decoder_call(&t);
    for (int word = 0; word < changed; word++) {
        if (!(moved(before, after, word) <= 1e-6f))
            grade_fail("word %d of x was changed, and the output of word %d moved by %.3g: is the "
                       "self-attention causal?",
                       changed, word, (double)moved(before, after, word));
    }
    if (!(moved(before, after, changed) > 1e-6f))
        grade_fail("word %d of x was changed, and its own output did not move", changed);
}
END_TEST

START_TEST(output_of_the_decoder_block)
{
    for (int round = 0; round < 2; round++) {
        Trial t = trial_of_decoder(trial_sizes());
        trial_expect_output(&t, decoder_forward, decoder_slips);
    }
}
END_TEST

START_TEST(decoder_block_with_one_word_and_with_one_of_memory)
{
    Trial word = trial_of_decoder((Sizes){.batch = 2, .time = 1, .memory = 4, .heads = 3, .head_dim = 2});
    trial_expect_output(&word, decoder_forward, decoder_slips);
    Trial one = trial_of_decoder((Sizes){.batch = 2, .time = 5, .memory = 1, .heads = 1, .head_dim = 3});
    trial_expect_output(&one, decoder_forward, decoder_slips);
}
END_TEST

START_TEST(gradients_of_the_decoder_block)
{
    Trial t = trial_of_decoder(trial_sizes());
    trial_expect_gradients(&t, decoder_forward, decoder_slips);
}
END_TEST

void grade_tests_of_blocks(GradeSuite *s)
{
    grade_test(s, "ex4", one_head);
    grade_test(s, "ex4", several_heads);
    grade_test(s, "ex4", several_heads_with_a_causal_mask);
    grade_test(s, "ex4", one_word_and_heads_of_one_channel);
    grade_test(s, "ex4", gradients_of_the_heads);
    grade_test(s, "ex7", layers_that_yield_0_leave_x_as_it_is);
    grade_test(s, "ex7", output_of_the_encoder_block);
    grade_test(s, "ex7", encoder_block_with_one_word_and_with_one_head);
    grade_test(s, "ex7", gradients_of_the_encoder_block);
    grade_test(s, "ex8", the_output_responds_to_memory);
    grade_test(s, "ex8", later_words_do_not_move_earlier_outputs);
    grade_test(s, "ex8", output_of_the_decoder_block);
    grade_test(s, "ex8", decoder_block_with_one_word_and_with_one_of_memory);
    grade_test(s, "ex8", gradients_of_the_decoder_block);
}
