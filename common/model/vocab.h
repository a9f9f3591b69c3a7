/* vocab.h -- a decoder with more tokens, section 6.4.1: rows for tokens that were added to its tokenizer. */
#ifndef MODEL_VOCAB_H
#define MODEL_VOCAB_H

#include "common/model/decoder.h"

/* A copy of m with `vocab` tokens, at least as many as before. New rows of the embedding and of the head are the mean
 * of the old ones plus a hundredth of their standard deviation, drawn: then a new token is as probable as the average
 * one, takes nothing from the others' probabilities, and no two are alike (Hewitt, 2021). */
ModelDecoder *model_decoder_grow(const ModelDecoder *m, int vocab, Rng *rng);

#endif
