/* encoder_block_demo.c -- one encoder block, section 3.5.
 *
 * Attention, then a feed-forward network, each with a residual connection and
 * a layer normalization; counts what they hold. Then stacks up to 32 blocks
 * with and without these two, and measures what reaches the end on the way
 * there, and what is left of the gradient on the way back. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, TIME = 16, DEEPEST = 32, DEPTHS = 6 };

typedef enum Form { BARE, POST_NORM, PRE_NORM, FORMS } Form;
static const char *const form_names[FORMS] = {"no residual, no norm", "residual, norm after (2017)",
                                              "residual, norm before (GPT-2)"};

typedef struct Settings {
    int dim, heads;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

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
static Tensor *encoder_block(Graph *g, const Block *b, Tensor *x, int heads, Form form)
{
    Tensor *h;
    switch (form) {
    case PRE_NORM:
        h = nn_norm(g, &b->norm1, x);
        x = nn_add(g, x, nn_mha(g, &b->attention, h, h, heads, false, NULL));
        return nn_add(g, x, feed_forward(g, b, nn_norm(g, &b->norm2, x)));
    case POST_NORM:
        x = nn_norm(g, &b->norm1, nn_add(g, x, nn_mha(g, &b->attention, x, x, heads, false, NULL)));
        return nn_norm(g, &b->norm2, nn_add(g, x, feed_forward(g, b, x)));
    default:
        return feed_forward(g, b, nn_mha(g, &b->attention, x, x, heads, false, NULL));
    }
}
//< block

/* The root of the mean square. */
static float size_of(const float *x, size_t n)
{
    return (float)sqrt(kernel_sum_squares(x, n) / (double)n);
}

static void count_parameters(const Params *p, int dim)
{
    size_t attention = 0, feed = 0, norms = 0, c = (size_t)dim;
    for (int i = 0; i < p->count; i++) {
        size_t *part = strstr(p->items[i].name, "attention") ? &attention
                       : strstr(p->items[i].name, "norm")    ? &norms
                                                             : &feed;
        *part += p->items[i].tensor->size;
    }
    printf("\nparameters of a block, C = %d\n", dim);
    printf("  attention     4 C^2 + 4 C  = %6zu   counted %6zu\n", 4 * c * c + 4 * c, attention);
    printf("  feed-forward  8 C^2 + 5 C  = %6zu   counted %6zu\n", 8 * c * c + 5 * c, feed);
    printf("  two norms             4 C  = %6zu   counted %6zu\n", 4 * c, norms);
}

/* How large the output of `depth` blocks is, and the gradient that comes back to their input. */
static void measure(Graph *g, const Block *blocks, const Settings *s, Tensor *input, int depth, Form form,
                    float *out, float *back)
{
    Tensor *x = input;
    input->has_grad = false;
    for (int i = 0; i < depth; i++)
        x = encoder_block(g, &blocks[i], x, s->heads, form);
    *out = size_of(x->data, x->size);
    float *grad = memory_new(x->size * sizeof *grad);
    Rng rng = rng_new(s->seed + 1);
    for (size_t i = 0; i < x->size; i++)
        grad[i] = rng_normal(&rng); /* of size 1 where it starts */
    nn_backward_from(g, x, grad);
    *back = size_of(input->grad, input->size);
    nn_graph_reset(g);
    free(grad);
}

static void draw(const float *depths, float back[FORMS][DEPTHS], int language)
{
    static const char *const chinese[FORMS] = {"没有残差和归一化", "残差，归一化在后（2017）",
                                               "残差，归一化在前（GPT-2）"};
    Plot *p = plot_new("ch03/out/encoder_block_demo.svg", language,
                       plot_text("The gradient that reaches the first block", "传到第一个块的梯度"));
    plot_axes(p, plot_text("blocks", "块数"),
              plot_text("gradient (root mean square; 1 at the output)", "梯度（均方根，输出处为 1）"));
    plot_log_axes(p, true, true);
    for (int f = 0; f < FORMS; f++)
        plot_line(p, plot_text(form_names[f], chinese[f]), depths, back[f], DEPTHS);
    putchar('\n');
    plot_finish(p, "picture");
}

static void stack_up(Graph *g, const Block *blocks, const Settings *s, Tensor *input)
{
    static const float depths[DEPTHS] = {1, 2, 4, 8, 16, 32};
    float out[FORMS][DEPTHS], back[FORMS][DEPTHS];
    for (int f = 0; f < FORMS; f++) {
        printf("\n%s\n  blocks   output   gradient at the input\n", form_names[f]);
        for (int i = 0; i < DEPTHS; i++) {
            measure(g, blocks, s, input, (int)depths[i], (Form)f, &out[f][i], &back[f][i]);
            printf("  %6.0f  %7.1e  %7.1e\n", (double)depths[i], (double)out[f][i], (double)back[f][i]);
        }
    }
    draw(depths, back, s->language);
    int last = DEPTHS - 1;
    bool vanished = back[BARE][last] < 1e-3f, kept = true;
    for (int f = POST_NORM; f < FORMS; f++)
        kept = kept && back[f][last] > 0.1f && back[f][last] < 10;
    printf("32 bare blocks leave less than a thousandth of the gradient: %s\n", vanished ? "yes" : "NO");
    printf("with residual and norm it stays within a factor of ten: %s\n", kept ? "yes" : "NO");
}

int main(int argc, char **argv)
{
    Settings s = {64, 4, 1, PLOT_BOTH};
    const Option options[] = {option_int("channels", &s.dim, 1, 512, "channels"),
                              option_int("heads", &s.heads, 1, 64, "attention heads"), option_seed(&s.seed),
                              plot_option(&s.language), OPTION_END};
    options_parse(argc, argv, "One encoder block, and many, section 3.5.", options);
    if (s.dim % s.heads)
        error_exitf("--channels %d, --heads %d: the heads must divide the dimension", s.dim, s.heads);
    Rng rng = rng_new(s.seed);
    Params one = {0}, many = {0};
    Block blocks[DEEPEST], block = block_new(&one, 0, s.dim, &rng);
    for (int i = 0; i < DEEPEST; i++)
        blocks[i] = block_new(&many, i, s.dim, &rng);
    Graph *g = nn_graph_new();
    Tensor *x = nn_parameter(BATCH, TIME, s.dim);
    tensor_normal(x, 1, &rng);
    char shape[TENSOR_SHAPE_TEXT];
    printf("x %s goes through a block and keeps its shape: ", tensor_shape_text(x, shape));
    printf("%s\n", tensor_shape_text(encoder_block(g, &block, x, s.heads, POST_NORM), shape));
    nn_graph_reset(g);
    count_parameters(&one, s.dim);
    stack_up(g, blocks, &s, x);
    tensor_free(x);
    nn_graph_free(g);
    nn_params_free(&one);
    nn_params_free(&many);
    return error_finish();
}
