/* model.c -- a base model becomes one that can be trained to chat. */
#include "common/chat/model.h"

#include "common/model/folder.h"
#include "common/model/vocab.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char start[] = "<|im_start|>", end[] = "<|im_end|>";

static bool has_file(const char *folder, const char *name)
{
    char path[MODEL_FOLDER_PATH];
    return model_folder_path(path, folder, name, NULL) && access(path, F_OK) == 0;
}

/* ChatML's tokens: in the tokenizer, in the tables, among those that end a text. */
static bool add_tokens(ChatModel *m, Rng *rng, Error *e)
{
    const char *const specials[] = {start, end, NULL};
    Tokenizer *more = tokenizer_with_specials(m->tokenizer, specials, e);
    if (!more)
        return false;
    m->added = tokenizer_count(more) - tokenizer_count(m->tokenizer);
    tokenizer_free(m->tokenizer);
    m->tokenizer = more;
    int before = m->decoder->config.vocab, after = tokenizer_count(more);
    if (after > before) {
        ModelDecoder *grown = model_decoder_grow(m->decoder, after, rng);
        model_decoder_free(m->decoder);
        m->decoder = grown;
    }
    ModelConfig *c = &m->decoder->config;
    if (c->end_count < MODEL_MAX_ENDS) {
        memmove(c->ends + 1, c->ends, sizeof *c->ends * (size_t)c->end_count++);
        c->ends[0] = tokenizer_id(more, end);
    }
    m->chat = chat_template_parse(chat_template_chatml, NULL, end, "ChatML", e);
    return m->chat != NULL;
}

ChatModel *chat_model_load(const char *folder, Rng *rng, Error *e)
{
    Error none = {""};
    ChatModel *m = memory_zero(1, sizeof *m);
    m->decoder = model_decoder_load(folder, e);
    m->tokenizer = m->decoder ? model_folder_tokenizer(folder, m->decoder->config.vocab, NULL, e) : NULL;
    bool config = has_file(folder, "tokenizer_config.json") || has_file(folder, "chat_template.jinja");
    m->chat = m->tokenizer && config ? chat_template_load(folder, &none) : NULL;
    if (none.text[0] && !strstr(none.text, "no chat")) /* it has a template, with a fault */
        error_set(e, "%s", none.text);
    else if (m->tokenizer && (m->chat || add_tokens(m, rng, e))) {
        const ModelConfig *c = &m->decoder->config;
        m->end = c->end_count > 0 ? c->ends[0] : 0;
        return m;
    }
    chat_model_free(m);
    return NULL;
}

void chat_model_free(ChatModel *m)
{
    if (!m)
        return;
    model_decoder_free(m->decoder);
    tokenizer_free(m->tokenizer);
    chat_template_free(m->chat);
    free(m);
}

bool chat_model_save(const ChatModel *m, bool half, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    const char *token =
        m->end < tokenizer_count(m->tokenizer) ? tokenizer_token(m->tokenizer, m->end) : NULL;
    return (half ? model_decoder_save_half : model_decoder_save)(m->decoder, folder, e) &&
           model_folder_path(path, folder, "tokenizer.json", e) && tokenizer_save(m->tokenizer, path, e) &&
           chat_template_save(folder, chat_template_source(m->chat), NULL, token,
                              m->decoder->config.context, e);
}
