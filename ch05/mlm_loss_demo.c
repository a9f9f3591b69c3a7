/* mlm_loss_demo.c -- the masked language model loss, section 5.2.1.
 *
 * BERT (Devlin et al., 2019) chooses 15% of the words, hides most of them, and must predict them. The demo masks a
 * sentence, measures the shares over many draws, and computes the loss step by step: only chosen positions count.
 * What the odd rule 80/10/10 is good for, mask_rules_demo finds out. */
#include "ch05/data_sentences.h"
#include "ch05/masking.h"
#include "common/demo/demo.h"
#include "common/nn/nn.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 200000, BATCH = 32 };

/* [MASK] is one word more than the text has. */
static Masking masking_of_bert(const Sentences *s)
{
    int words = text_words_count(s->words);
    return (Masking){.chosen = 0.15f,
                     .hidden = 0.8f,
                     .random = 0.1f,
                     .first = TEXT_SPECIALS,
                     .vocab = words,
                     .mask = words};
}

static const char *word(const Sentences *s, int id)
{
    return id == MASK_IGNORE                  ? "-"
           : id == text_words_count(s->words) ? "[MASK]"
                                              : text_words_piece(s->words, id);
}

/* ---- one sentence -------------------------------------------------------------------------------- */

/* The first sentence that is long enough; drawn until each of the three fates occurs in it. */
static void show_sentence(const Sentences *s, const Masking *m, Rng *rng)
{
    static const char *const fates[] = {"", "hidden", "random word", "kept"};
    const Sentence *x = s->items[WORLD_TRAIN];
    int input[SENTENCE_MAX], label[SENTENCE_MAX], seen[MASK_KINDS] = {0};
    MaskKind kind[SENTENCE_MAX];
    while (x->count < 12)
        x++;
    for (int draws = 0; draws < 10000 && !(seen[1] && seen[2] && seen[3]); draws++) {
        memset(seen, 0, sizeof seen);
        mask_tokens(m, x->ids, x->count, rng, input, label, kind);
        for (int i = 0; i < x->count; i++)
            seen[kind[i]]++;
    }
    puts("The model's input, and the label; a dash: not counted in the loss.\n"
         "(Redrawn until a hidden, a random and a kept word occur in it.)");
    for (int i = 0; i < x->count; i++)
        printf("  %-10s %-10s %-10s %s\n", word(s, x->ids[i]), word(s, input[i]), word(s, label[i]),
               fates[kind[i]]);
}

/* ---- the shares ---------------------------------------------------------------------------------- */

/* How far a share lies from the expected one, in standard errors. */
static void show_share(Demo *d, const char *name, long part, long whole, double expected)
{
    double share = (double)part / (double)whole;
    double error = sqrt(expected * (1 - expected) / (double)whole), z = (share - expected) / error;
    demo_claim(d, fabs(z) < 4, "  %-26s %6.2f%%   expected %4.1f%% +- %.2f%%, agrees", name, 100 * share,
               100 * expected, 100 * error);
}

/* Masks words drawn at random. */
static void show_shares(Demo *d, const Masking *m, Rng *rng)
{
    long count[MASK_KINDS] = {0};
    for (long i = 0; i < DRAWS; i++) {
        int id = m->first + rng_below(rng, m->vocab - m->first), input, label;
        MaskKind kind;
        mask_tokens(m, &id, 1, rng, &input, &label, &kind);
        count[kind]++;
    }
    long chosen = DRAWS - count[MASK_NOT];
    printf("\nShares over %d words, with the standard error of each\n", DRAWS);
    show_share(d, "chosen", chosen, DRAWS, 0.15);
    show_share(d, "of these hidden by [MASK]", count[MASK_HIDDEN], chosen, 0.8);
    show_share(d, "of these a random word", count[MASK_RANDOM], chosen, 0.1);
    show_share(d, "of these kept", count[MASK_KEPT], chosen, 0.1);
}

/* ---- the loss, step by step ---------------------------------------------------------------------- */

//> loss
/* loss = -sum over chosen positions of log p(label) / number of chosen positions. logits (B,T,V), label (B,T).
 * `pick` holds a one for the label of each chosen position and is zero elsewhere: a position that was not chosen
 * adds nothing to the sum, and no gradient comes back to it. */
static Tensor *masked_loss(Graph *g, Tensor *logits, const int *label)
{
    int rows = (int)tensor_rows(logits), vocab = tensor_dim(logits, -1), chosen = 0;
    Tensor *log_p = nn_log_softmax(g, nn_reshape(g, logits, rows, vocab)); /* (BT,V) */
    Tensor *pick = nn_input(g, rows, vocab);
    tensor_fill(pick, 0);
    for (int r = 0; r < rows; r++) {
        if (label[r] == MASK_IGNORE)
            continue;
        pick->data[r * vocab + label[r]] = 1;
        chosen++;
    }
    return nn_scale(g, nn_sum(g, nn_mul(g, log_p, pick)), -1 / (float)(chosen > 0 ? chosen : 1));
}
//< loss

/* The masked labels of BATCH sentences, one after another; returns how many. */
static int draw_labels(const Sentences *s, const Masking *m, Rng *rng, int *labels)
{
    int n = 0, input[SENTENCE_MAX];
    for (int i = 0; i < BATCH; i++) {
        const Sentence *x = &s->items[WORLD_TRAIN][rng_below(rng, s->count[WORLD_TRAIN])];
        mask_tokens(m, x->ids, x->count, rng, input, labels + n, NULL);
        n += x->count;
    }
    return n;
}

/* The loss in both forms, and their gradients with respect to the logits. */
static void check_loss(Demo *d, Graph *g, const Sentences *s, const Masking *m, Rng *rng)
{
    int labels[BATCH * SENTENCE_MAX], rows = draw_labels(s, m, rng, labels), vocab = m->vocab + 1;
    int chosen = 0, leaking = 0;
    Tensor *logits = nn_parameter(rows, vocab), *grad = nn_input(g, rows, vocab);
    tensor_normal(logits, 1, rng);
    Tensor *plain = masked_loss(g, logits, labels);
    nn_backward(g, plain);
    tensor_copy(grad, logits->grad);
    logits->has_grad = false;
    Tensor *library = nn_cross_entropy(g, logits, labels, MASK_IGNORE);
    nn_backward(g, library);
    for (int r = 0; r < rows; r++) {
        bool ignored = labels[r] == MASK_IGNORE;
        chosen += !ignored;
        leaking += ignored && kernel_sum_squares(grad->data + r * vocab, (size_t)vocab) > 0;
    }
    double loss = (double)tensor_item(plain), of_library = (double)tensor_item(library);
    float distance = tensor_distance(grad->data, logits->grad, grad->size);
    nn_graph_reset(g);
    tensor_free(logits);
    printf("\nThe loss of a batch of %d sentences (%d positions, %d of them chosen), random logits\n"
           "  step by step %.4f   nn_cross_entropy %.4f\n"
           "  positions not chosen that receive a gradient: %d of %d\n",
           BATCH, rows, chosen, loss, of_library, leaking, rows - chosen);
    demo_claim(d, fabs(loss - of_library) <= 1e-5 * loss && distance <= 1e-6f && leaking == 0,
               "  losses and gradients equal to 1e-6");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/mlm_loss_demo", .about = "The masked language model loss, section 5.2.1."};
    demo_begin(&d, argc, argv, NULL);
    Sentences s = sentences_new(4000, 1, d.seed);
    Masking bert = masking_of_bert(&s);
    Rng rng = rng_new(d.seed);
    Graph *g = nn_graph_new();
    show_sentence(&s, &bert, &rng);
    show_shares(&d, &bert, &rng);
    check_loss(&d, g, &s, &bert, &rng);
    nn_graph_free(g);
    sentences_free(&s);
    return demo_end(&d);
}
