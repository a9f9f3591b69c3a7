/* model.h -- a chat model as it is trained: decoder, tokenizer and template, from chapter 6 on.
 *
 *     ChatModel *m = chat_model_load("ch05/models/book_gpt", &rng, &e);       a base model gets ChatML and its tokens
 *     chat_examples_add(&x, m->chat, m->tokenizer, &conversation, CHAT_LOSS_RESPONSES, &e);
 *     ... nn_train(g, &m->decoder->params, ...) ...
 *     chat_model_save(m, true, "ch06/out/book_chat", &e);                     chat_open reads it */
#ifndef CHAT_MODEL_H
#define CHAT_MODEL_H

#include "common/chat/template.h"
#include "common/model/decoder.h"
#include "common/tokenizer/tokenizer.h"

typedef struct ChatModel {
    ModelDecoder *decoder;
    Tokenizer *tokenizer;
    ChatTemplate *chat;
    int end;   /* the token that ends a message, and fills up windows */
    int added; /* tokens that the base model lacked: 0 of a chat model */
} ChatModel;

/* Reads a folder. A base model, which has no chat template, gets ChatML: <|im_start|> and <|im_end|> become special
 * tokens, the tables grow by their rows (model_decoder_grow), and <|im_end|> ends a text, too. NULL and *e. */
ChatModel *chat_model_load(const char *folder, Rng *rng, Error *e);
void chat_model_free(ChatModel *m); /* m may be NULL */

/* Writes the folder whole: config.json, model.safetensors (half: F16), tokenizer.json, tokenizer_config.json. */
bool chat_model_save(const ChatModel *m, bool half, const char *folder, Error *e);

#endif
