/* encoder_block_demo.c -- one encoder block, section 3.5.
 *
 * Attention, then a feed-forward network, each with a residual connection and a layer normalization; counts their
 * parameters. Then stacks up to 32 blocks with and without these two, and measures the size of the output, and
 * what is left of the gradient at the input. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, TIME = 16, HEADS = 4, DEEPEST = 32, DEPTHS = 6 };

typedef enum Form { BARE, POST_NORM, PRE_NORM, FORMS } Form;
static const PlotText form_names[FORMS] = {{"no residual, no norm", "没有残差和归一化"},
                                           {"residual, norm after (2017)", "残差，归一化在后（2017）"},
                                           {"residual, norm before (GPT-2)", "残差，归一化在前（GPT-2）"}};

typedef struct Block {
    Norm norm1, norm2;
    Mha attention;
    Linear up, down; /* (4C,C), (C,4C) */
} Block;

static Block block_new(Params *p, int i, int dim, Rng *rng)
{
    char name[5][PARAM_NAME];
    static const char *const parts[] = {"norm1", "norm2", "attention", "up", "down"};
    for (int k = 0; k < 5; k++)
        snprintf(name[k], PARAM_NAME, "%d.%s", i, parts[k]);
    Block b;
    b.attention = nn_mha_new(p, name[2], dim, rng);
    b.up = nn_linear_new(p, name[3], dim, 4 * dim, true, 0, rng);
    b.down = nn_linear_new(p, name[4], 4 * dim, dim, true, 0, rng);
    b.norm1 = nn_norm_new(p, name[0], dim);
    b.norm2 = nn_norm_new(p, name[1], dim);
    return b;
}

//> block
static Tensor *feed_forward(Graph *g, const Block *b, Tensor *x)
{
    return nn_linear(g, &b->down, nn_relu(g, nn_linear(g, &b->up, x)));
}

/* x (B,T,C) -> (B,T,C), in one of three forms. */
static Tensor *encoder_block(Graph *g, const Block *b, Tensor *x, Form form)
{
    Tensor *h;
    switch (form) {
    case PRE_NORM:
        h = nn_norm(g, &b->norm1, x);
        x = nn_add(g, x, nn_mha(g, &b->attention, h, h, HEADS, false, NULL));
        return nn_add(g, x, feed_forward(g, b, nn_norm(g, &b->norm2, x)));
    case POST_NORM:
        x = nn_norm(g, &b->norm1, nn_add(g, x, nn_mha(g, &b->attention, x, x, HEADS, false, NULL)));
        return nn_norm(g, &b->norm2, nn_add(g, x, feed_forward(g, b, x)));
    default:
        return feed_forward(g, b, nn_mha(g, &b->attention, x, x, HEADS, false, NULL));
    }
}
//< block

/* The root of the mean square. */
static float size_of(const float *x, size_t n)
{
    return (float)sqrt(kernel_sum_squares(x, n) / (double)n);
}

/* Rows of attention, feed-forward network and norms: what the formula says, and what the block holds. */
static void count_parameters(const Params *p, int channels, double rows[3][2])
{
    double c = channels;
    const double formulas[] = {4 * c * c + 4 * c, 8 * c * c + 5 * c, 4 * c};
    for (int i = 0; i < 3; i++) {
        rows[i][0] = formulas[i];
        rows[i][1] = 0;
    }
    for (int i = 0; i < p->count; i++) {
        const char *name = p->items[i].name;
        rows[strstr(name, "attention") ? 0
             : strstr(name, "norm")    ? 2
                                       : 1][1] += (double)p->items[i].tensor->size;
    }
}

typedef struct Stacks {
    float depths[DEPTHS], back[FORMS][DEPTHS];
    double rows[DEPTHS][1 + 2 * FORMS]; /* depth; for each form output and gradient */
} Stacks;

/* The root mean square of the output of 1, 2, 4 ... blocks of each form, and of the gradient at their input. */
static Stacks stack_up(Graph *g, const Block *blocks, Tensor *input, uint64_t seed)
{
    Stacks s;
    for (int i = 0; i < FORMS * DEPTHS; i++) {
        int form = i / DEPTHS, k = i % DEPTHS, depth = 1 << k;
        Tensor *x = input, *pull = nn_input(g, BATCH, TIME, input->shape[2]);
        Rng rng = rng_new(seed);
        tensor_normal(pull, 1, &rng); /* the gradient at the output, of size 1 */
        for (int b = 0; b < depth; b++)
            x = encoder_block(g, &blocks[b], x, (Form)form);
        input->has_grad = false;
        nn_backward_from(g, x, pull->data);
        s.depths[k] = (float)depth;
        s.back[form][k] = size_of(input->grad, input->size);
        s.rows[k][0] = depth;
        s.rows[k][1 + 2 * form] = (double)size_of(x->data, x->size);
        s.rows[k][2 + 2 * form] = (double)s.back[form][k];
        nn_graph_reset(g);
    }
    return s;
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

static void show_block(Graph *g, const Params *params, const Block *block, Tensor *x, int channels)
{
    static const TabularColumn columns[] = {{"formula gives", 0}, {"counted", 0}};
    static const char *const names[] = {"attention: 4 C^2 + 4 C", "feed-forward: 8 C^2 + 5 C",
                                        "two norms: 4 C"};
    char before[TENSOR_SHAPE_TEXT], after[TENSOR_SHAPE_TEXT];
    double rows[3][2];
    tensor_shape_text(encoder_block(g, block, x, POST_NORM), after);
    printf("x %s goes through a block and keeps its shape: %s\n\n", tensor_shape_text(x, before), after);
    printf("parameters of a block, C = %d\n", channels);
    count_parameters(params, channels, rows);
    tabular_print_matrix("", names, columns, 2, rows[0], 3);
    nn_graph_reset(g);
}

static void show_stacks(const Stacks *s, int language)
{
    static const TabularColumn columns[] = {
        {"blocks", 0},    {"bare: output", -2},        {"gradient", -2}, {"norm after: output", -2},
        {"gradient", -2}, {"norm before: output", -2}, {"gradient", -2}};
    puts("\nBlocks without residual and norm, with the norm after it (2017), with the norm before (GPT-2): "
         "size of the\n"
         "output, and of the gradient at the input");
    tabular_print_matrix(NULL, NULL, columns, 1 + 2 * FORMS, s->rows[0], DEPTHS);
    Plot *p = plot_new("ch03/out/encoder_block_demo.svg", language,
                       plot_text("The gradient that reaches the first block", "传到第一个块的梯度"));
    plot_axes(p, plot_text("blocks", "块数"),
              plot_text("gradient (root mean square; 1 at the output)", "梯度（均方根，输出处为 1）"));
    plot_log_axes(p, true, true);
    for (int f = 0; f < FORMS; f++)
        plot_line(p, form_names[f], s->depths, s->back[f], DEPTHS);
    plot_finish(p, "picture");
    float after = s->back[POST_NORM][DEPTHS - 1], before = s->back[PRE_NORM][DEPTHS - 1];
    terminal_verdict(s->back[BARE][DEPTHS - 1] < 1e-3f,
                     "32 bare blocks leave less than a thousandth of the gradient");
    terminal_verdict(fminf(after, before) > 0.1f && fmaxf(after, before) < 10,
                     "with residual and norm it stays within a factor of ten");
}

int main(int argc, char **argv)
{
    int channels = 64, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("channels", &channels, HEADS, 512, "channels, a multiple of 4"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "One encoder block, and many, section 3.5.", options);
    if (channels % HEADS)
        error_exitf("--channels %d: %d heads must divide the channels", channels, HEADS);
    Rng rng = rng_new(seed);
    Params one = {0}, many = {0};
    Block blocks[DEEPEST], block = block_new(&one, 0, channels, &rng);
    for (int i = 0; i < DEEPEST; i++)
        blocks[i] = block_new(&many, i, channels, &rng);
    Graph *g = nn_graph_new();
    Tensor *x = nn_parameter(BATCH, TIME, channels);
    tensor_normal(x, 1, &rng);
    show_block(g, &one, &block, x, channels);
    Stacks stacks = stack_up(g, blocks, x, seed + 1);
    show_stacks(&stacks, language);
    tensor_free(x);
    nn_graph_free(g);
    nn_params_free(&one);
    nn_params_free(&many);
    return error_finish();
}
