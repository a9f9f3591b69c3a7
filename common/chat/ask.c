/* ask.c -- a conversation becomes a prompt, what the model writes becomes a message. */
#include "common/chat/ask.h"

#include "common/chat/examples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct Chat {
    Lm *lm;
    const ChatTemplate *template;
    ChatTemplate *own_template;
    bool plain_texts; /* the tokenizer adds nothing to a text: a prompt can be given as text */
};

static Chat *chat_new(Lm *lm, const ChatTemplate *t, ChatTemplate *own)
{
    Error ignored = {""};
    TokenList ids = {0};
    Chat *c = memory_zero(1, sizeof *c);
    *c = (Chat){.lm = lm, .template = t, .own_template = own};
    c->plain_texts = lm_encode(lm, "", true, &ids, &ignored) && ids.count == 0;
    tokenizer_tokens_free(&ids);
    return c;
}

Chat *chat_open(const char *folder, QuantKind kind, Error *e)
{
    ChatTemplate *t = chat_template_load(folder, e);
    Lm *lm = t ? lm_open(folder, kind, e) : NULL;
    if (lm && lm_tokenizer(lm, e) && lm_writes(lm, e))
        return chat_new(lm, t, t);
    lm_close(lm);
    chat_template_free(t);
    return NULL;
}

Chat *chat_of(const ModelRun *model, const Tokenizer *tokenizer, const ChatTemplate *t, const char *name)
{
    return chat_new(lm_of(model, tokenizer, name), t, NULL);
}

void chat_close(Chat *c)
{
    if (!c)
        return;
    lm_close(c->lm);
    chat_template_free(c->own_template);
    free(c);
}

Lm *chat_lm(const Chat *c)
{
    return c->lm;
}

const ChatTemplate *chat_template_of(const Chat *c)
{
    return c->template;
}

/* ---- asking ---------------------------------------------------------------------------------------- */

/* In place. */
static char *trimmed(char *text)
{
    static const char blank[] = " \t\r\n";
    size_t size = text ? strlen(text) : 0, skipped = text ? strspn(text, blank) : 0;
    while (size > skipped && strchr(blank, text[size - 1]))
        size--;
    if (text) {
        memmove(text, text + skipped, size - skipped);
        text[size - skipped] = '\0';
    }
    return text;
}

/* The prompt's ids, which leave room for an answer. */
static bool prompt_ids(const Chat *c, const ChatConversation *conversation, TokenList *ids, Error *e)
{
    const Tokenizer *t = lm_tokenizer(c->lm, e);
    int context = lm_model(c->lm)->config.context;
    if (!t || !chat_prompt_ids(c->template, t, conversation, ids, e))
        return false;
    if ((int)ids->count >= context)
        return error_set(e, "the conversation has %zu tokens, and the model reads %d", ids->count, context);
    return true;
}

char *chat_answer(Chat *c, const ChatConversation *conversation, const LmOptions *o, Error *e)
{
    TokenList ids = {0};
    LmOptions plain = o ? *o : lm_options();
    char *text = NULL;
    if (prompt_ids(c, conversation, &ids, e)) {
        size_t size, before = ids.count;
        if (lm_continue_ids(c->lm, &ids, &plain, e))
            text = tokenizer_decode(lm_tokenizer(c->lm, e), ids.ids + before, ids.count - before, false,
                                    &size, e);
    }
    tokenizer_tokens_free(&ids);
    return trimmed(text);
}

char *chat_ask(Chat *c, const char *question, const LmOptions *o, Error *e)
{
    ChatMessage m = chat_message("user", question);
    return chat_answer(c, &(ChatConversation){.messages = &m, .count = 1}, o, e);
}

/* The prompt as text: that of its ids, special tokens spelled out. */
static char *prompt_text(const Chat *c, const ChatConversation *conversation, Error *e)
{
    TokenList ids = {0};
    size_t size;
    char *text = prompt_ids(c, conversation, &ids, e)
                     ? tokenizer_decode(lm_tokenizer(c->lm, e), ids.ids, ids.count, true, &size, e)
                     : NULL;
    tokenizer_tokens_free(&ids);
    return text;
}

static bool answer_texts(Chat *c, const ChatConversation *conversations, int count, const LmOptions *o,
                         char **answers, Error *e)
{
    char **prompts = memory_zero((size_t)count + 1, sizeof *prompts);
    bool good = true;
    for (int i = 0; good && i < count; i++)
        good = (prompts[i] = prompt_text(c, &conversations[i], e)) != NULL;
    good = good && lm_continue_all(c->lm, (const char *const *)prompts, count, o, answers, e);
    for (int i = 0; i < count; i++) {
        free(prompts[i]);
        if (good)
            trimmed(answers[i]);
    }
    free(prompts);
    return good;
}

bool chat_answer_all(Chat *c, const ChatConversation *conversations, int count, const LmOptions *o,
                     char **answers, Error *e)
{
    LmOptions each = o ? *o : lm_options();
    each.show = NULL;
    if (c->plain_texts)
        return answer_texts(c, conversations, count, &each, answers, e);
    for (int i = 0; i < count; i++) {
        if (!(answers[i] = chat_answer(c, &conversations[i], &each, e))) {
            while (i-- > 0)
                free(answers[i]);
            return false;
        }
        each.seed++;
    }
    return true;
}

/* ---- scoring --------------------------------------------------------------------------------------- */

static double log_softmax_at(const float *z, int n, int id)
{
    double sum = 0, max = (double)z[0];
    for (int i = 1; i < n; i++)
        max = fmax(max, (double)z[i]);
    for (int i = 0; i < n; i++)
        sum += exp((double)z[i] - max);
    return (double)z[id] - max - log(sum);
}

/* The probabilities are those of the ids that an example has: prompt and response cut into tokens apart. */
bool chat_score(Chat *c, const ChatConversation *conversation, const char *response, LmScore *score,
                Error *e)
{
    ChatMessage *messages = memory_new(sizeof *messages * ((size_t)conversation->count + 1));
    memcpy(messages, conversation->messages, sizeof *messages * (size_t)conversation->count);
    messages[conversation->count] = chat_message("assistant", response);
    ChatConversation whole = *conversation;
    whole.messages = messages;
    whole.count++;
    ChatExamples x = {0};
    const ModelConfig *config = &lm_model(c->lm)->config;
    bool good = chat_examples_add(&x, c->template, lm_tokenizer(c->lm, e), &whole, CHAT_LOSS_LAST, e);
    const ChatExample *one = x.items;
    if (good && one->count > config->context)
        good = error_set(e, "the conversation has %d tokens, and the model reads %d", one->count,
                         config->context);
    *score = (LmScore){.bytes = strlen(response)};
    if (good) {
        float *logits = memory_new(sizeof *logits * (size_t)one->count * (size_t)config->vocab);
        ModelSession *s = model_session_new(lm_model(c->lm), 1, one->count);
        model_session_score(s, 0, one->ids, one->count, logits);
        for (int i = 0; i + 1 < one->count; i++) {
            if (one->learnt[i + 1]) {
                score->tokens++;
                score->log_probability += log_softmax_at(logits + (size_t)i * (size_t)config->vocab,
                                                         config->vocab, one->ids[i + 1]);
            }
        }
        model_session_free(s);
        free(logits);
    }
    chat_examples_free(&x);
    free(messages);
    return good;
}
