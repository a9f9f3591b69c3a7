/* vocab.c -- more rows for the tables of a decoder. */
#include "common/model/vocab.h"

#include "common/base/error.h"

#include <math.h>
#include <string.h>

/* Fills rows from `old` on of a table (rows,C). */
static void fill_new_rows(float *table, int old, int rows, int channels, Rng *rng)
{
    for (int c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < old; i++) {
            double x = (double)table[(size_t)i * (size_t)channels + (size_t)c];
            sum += x;
            squares += x * x;
        }
        double mean = sum / old, std = sqrt(fmax(squares / old - mean * mean, 0));
        for (int i = old; i < rows; i++)
            table[(size_t)i * (size_t)channels + (size_t)c] =
                (float)(mean + 0.01 * std * (double)rng_normal(rng));
    }
}

ModelDecoder *model_decoder_grow(const ModelDecoder *m, int vocab, Rng *rng)
{
    ModelConfig c = m->config;
    if (vocab < c.vocab)
        FATAL("model_decoder_grow: %d tokens are fewer than %d", vocab, c.vocab);
    c.vocab = vocab;
    ModelDecoder *grown = model_decoder_new(&c, m->dropout, rng);
    for (int i = 0; i < m->params.count; i++) {
        const Tensor *from = m->params.items[i].tensor;
        const Tensor *to = grown->params.items[i].tensor;
        memcpy(to->data, from->data, sizeof(float) * from->size);
        if (from == m->tokens || from == m->head)
            fill_new_rows(to->data, m->config.vocab, vocab, c.channels, rng);
    }
    return grown;
}
