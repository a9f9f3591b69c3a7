/* inspect.c -- measurements on a GPT: predictions, updates, gradients, numbers that are not finite. */
#include "ch05/inspect.h"

#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int inspect_repeats(Graph *g, const ModelDecoder *m, const int *x, int batch, int time)
{
    int count = 0;
    const Tensor *logits = model_decoder_logits(g, m, x, batch, time); /* (B,T,V) */
    int vocab = tensor_dim(logits, -1);
    for (int i = 0; i < batch * time; i++)
        count += nn_argmax(logits->data + i * vocab, vocab) == x[i];
    nn_graph_reset(g);
    return count;
}

double inspect_update(const Params *p, float *old)
{
    double sum = 0;
    for (int i = 0; i < p->count; i++) {
        const Tensor *t = p->items[i].tensor;
        for (size_t k = 0; k < t->size; k++, old++) {
            sum += fabs((double)t->data[k] - (double)*old);
            *old = t->data[k];
        }
    }
    return sum / (double)nn_param_total(p);
}

double inspect_block_gradient(const Params *p, int layer)
{
    char name[16];
    double sum = 0;
    snprintf(name, sizeof name, "h.%d.", layer);
    for (int i = 0; i < p->count; i++) {
        const Tensor *t = p->items[i].tensor;
        if (strncmp(p->items[i].name, name, strlen(name)) == 0 && t->has_grad)
            sum += kernel_sum_squares(t->grad, t->size);
    }
    return sqrt(sum);
}

int inspect_dead(const Tensor *h, const Linear *layer, int *with_gradient)
{
    int dead = 0, rows = (int)tensor_rows(h), units = tensor_dim(h, -1),
        inputs = tensor_dim(layer->weight, -1);
    for (int u = 0; u < units; u++) {
        float max = 0;
        for (int r = 0; r < rows; r++)
            max = fmaxf(max, h->data[r * units + u]);
        dead += max == 0;
        *with_gradient +=
            max == 0 && kernel_sum_squares(layer->weight->grad + u * inputs, (size_t)inputs) > 0;
    }
    return dead;
}

static bool all_finite(const Tensor *t)
{
    for (size_t i = 0; i < t->size; i++)
        if (!isfinite(t->data[i]))
            return false;
    return true;
}

int inspect_non_finite_block(Graph *g, const ModelDecoder *m, const int *x, int batch, int time)
{
    int bad = m->config.layers;
    nn_graph_record(g, false);
    for (int layers = m->config.layers; layers >= 0; layers--) {
        ModelDecoder cut = *m;
        cut.config.layers = layers;
        if (!all_finite(model_decoder_hidden(g, &cut, x, batch, time, NULL, NULL)))
            bad = layers - 1;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return bad;
}

int inspect_non_finite_parameters(const Params *p, const char **first)
{
    int bad = 0;
    for (int i = 0; i < p->count; i++) {
        if (all_finite(p->items[i].tensor))
            continue;
        *first = bad++ == 0 ? p->items[i].name : *first;
    }
    return bad;
}
