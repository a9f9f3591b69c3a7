/* batch.h -- texts of different lengths side by side: rows of tokens, padded to the longest.
 *
 *     TextBatch b = text_batch_new(32, 64);
 *     text_batch_fill(&b, texts, counts, 32, pad);      ids (B,T) and lengths (B)
 *     text_batch_predict_next(&b, NULL, -1);            labels (B,T): each position says the next token
 *     Tensor *loss = model_decoder_loss(g, m, b.ids, b.labels, b.rows, b.time); */
#ifndef TEXT_BATCH_H
#define TEXT_BATCH_H

typedef struct TextBatch {
    int rows, time;         /* B, T: the longest of its texts */
    int *ids, *labels;      /* (B,T): what is read; what each position must say, if somebody has set it */
    int *lengths;           /* (B): tokens of each text; padding comes after them */
    int pad;                /* the token that stands there */
    int max_rows, max_time; /* there is room for */
} TextBatch;

/* Room for max_rows texts of max_time tokens. text_batch_free frees it. */
TextBatch text_batch_new(int max_rows, int max_time);
void text_batch_free(TextBatch *b);

/* Row r is texts[r] of counts[r] tokens, cut at max_time, filled up with `pad`. More rows than there is room
 * for, or none, end the program. Labels are left alone. */
void text_batch_fill(TextBatch *b, const int *const *texts, const int *counts, int rows, int pad);

/* Each position says the token after it: every text loses its last token, which is a label only, and T shrinks
 * by one. Labels are `ignore` after each text, and for the tokens before from[r], which are given and not to be
 * learnt (a prompt); from NULL: all count. */
void text_batch_predict_next(TextBatch *b, const int *from, int ignore);

#endif
