/* ask.h -- talking with a model in a few calls, from chapter 7 on.
 *
 *     Chat *chat = chat_open("ch06/models/book_chat", QUANT_NONE, &e);
 *     char *answer = chat ? chat_ask(chat, "Where does Mary live?", NULL, &e) : NULL;
 *     if (!answer)
 *         error_exit(&e);
 *     puts(answer);
 *
 * A conversation goes in by messages:
 *
 *     ChatMessage m[] = {chat_message("system", "You are a pirate."), chat_message("user", "Hello!")};
 *     char *answer = chat_answer(chat, &(ChatConversation){m, 2}, NULL, &e);
 *
 * LmOptions.show streams an answer while it is written. */
#ifndef CHAT_ASK_H
#define CHAT_ASK_H

#include "common/chat/template.h"
#include "common/model/lm.h"

typedef struct Chat Chat;

/* Opens a folder with a chat template. NULL and *e. chat_close frees it. */
Chat *chat_open(const char *folder, QuantKind kind, Error *e);

/* A model, its tokenizer and a template that are in memory and outlive it. */
Chat *chat_of(const ModelRun *model, const Tokenizer *tokenizer, const ChatTemplate *t, const char *name);
void chat_close(Chat *c); /* c may be NULL */

Lm *chat_lm(const Chat *c);
const ChatTemplate *chat_template_of(const Chat *c);

/* The assistant's next message; o NULL: at most 200 tokens, greedy. White space around it goes. NULL and *e if the
 * template refuses the conversation or it is longer than the context. The caller frees it. */
char *chat_answer(Chat *c, const ChatConversation *conversation, const LmOptions *o, Error *e);

/* The answer to one message of the user. */
char *chat_ask(Chat *c, const char *question, const LmOptions *o, Error *e);

/* Answers to several conversations at once: answers (count), each of which the caller frees. On an error none is
 * there. o->show and o->beams are not used. */
bool chat_answer_all(Chat *c, const ChatConversation *conversations, int count, const LmOptions *o,
                     char **answers, Error *e);

/* How probable a response of the assistant is, its end included: ln p over its tokens (lm.h). */
bool chat_score(Chat *c, const ChatConversation *conversation, const char *response, LmScore *score,
                Error *e);

#endif
