/* bert_data.h -- what pretrain_bert reads: lines of a file, or of the little world, as texts with their
 * tokenizer. */
#ifndef CH05_BERT_DATA_H
#define CH05_BERT_DATA_H

#include "ch05/gaps.h"
#include "common/base/options.h"

typedef struct BertSource {
    const char *corpus, *tokenizer; /* files, or NULL: the little world, a tokenizer that is trained */
    OptionList kinds;               /* of the little world's texts; none: translation */
    int vocab, texts, context;
    float masked; /* share of the tokens that must be guessed */
} BertSource;

typedef struct BertData {
    Tokenizer *tokenizer;
    Texts train, held_out;
    Masking masking; /* 80/10/10 */
    int pad;
} BertData;

/* Where the texts come from, for messages. */
const char *bert_source_name(const BertSource *s);

/* Ends the program with one line if anything is missing or does not fit. */
BertData bert_data_load(const BertSource *s, uint64_t seed);
void bert_data_free(BertData *d);

#endif
