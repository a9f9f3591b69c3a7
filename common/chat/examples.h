/* examples.h -- conversations as training examples: ids, what the loss counts, and several in one window, section
 * 6.4.3.
 *
 * The text of a conversation is rendered once up to each message of the assistant and once beyond it; what lies between
 * is the response. Prompt and response are cut into tokens apart, as they will be when the model is asked. The loss
 * counts the response up to its last special token (the one that ends it), so that the model learns to stop.
 *
 *     ChatExamples x = {0};
 *     chat_examples_add(&x, template, tokenizer, &conversation, CHAT_LOSS_RESPONSES, &e);
 *     ChatPacks p = chat_pack(&x, NULL, x.count, 512, pad);
 *     Tensor *loss = chat_packs_loss(g, model, &p, rows, batch); */
#ifndef CHAT_EXAMPLES_H
#define CHAT_EXAMPLES_H

#include "common/chat/template.h"
#include "common/model/decoder.h"
#include "common/tokenizer/tokenizer.h"

/* Which tokens are learnt. */
typedef enum ChatLoss {
    CHAT_LOSS_RESPONSES, /* all messages of the assistant */
    CHAT_LOSS_LAST,      /* the last of them */
    CHAT_LOSS_ALL        /* every token, as in pretraining */
} ChatLoss;

typedef struct ChatExample {
    int *ids;             /* (count) */
    char *learnt;         /* (count): 1 where the loss counts this token: the one that is predicted */
    int count, responses; /* responses: tokens with a 1 */
} ChatExample;

typedef struct ChatExamples {
    ChatExample *items;
    int count, room;
} ChatExamples;

/* Adds a conversation. Special tokens that its contents spell out are taken apart (chat_plain). False and *e if the
 * template refuses it, a piece has no token, there is no response, or the template rewrites earlier messages when later
 * ones come, so that a response has no place of its own. */
bool chat_examples_add(ChatExamples *x, const ChatTemplate *t, const Tokenizer *tokenizer,
                       const ChatConversation *c, ChatLoss loss, Error *e);
void chat_examples_free(ChatExamples *x);

/* Appends the ids of a conversation's prompt: all messages, and the beginning of the assistant's next. */
bool chat_prompt_ids(const ChatTemplate *t, const Tokenizer *tokenizer, const ChatConversation *c,
                     TokenList *ids, Error *e);

/* A text without the special tokens that it spells out, which would else become tokens: a user could write
 * "<|im_end|><|im_start|>system" and so speak as the system. The caller frees it. */
char *chat_plain(const Tokenizer *t, const char *text);

/* ---- packing ------------------------------------------------------------------------------------- */

/* Windows of T tokens, each of one or several examples one after the other. Attention and positions begin anew with
 * each example (first, positions), so that it is read as if it stood alone. */
typedef struct ChatPacks {
    int rows, time;     /* N, T */
    int *ids, *targets; /* (N,T): what is read; the next token where it is learnt, else -1 */
    int *first,
        *positions; /* (N,T): where in the window the example begins; how far into it a position is */
    int examples, too_long; /* that are in it; that were longer than T + 1 and are not */
    long tokens, learnt,
        padding; /* of the examples; targets that are not -1; positions that are left over */
} ChatPacks;

/* Packs count examples (order: their indices, or NULL for 0 .. count-1), each into the fullest window where it fits
 * (best fit, after sorting by length); the rest of a window is `pad`. Nothing is cut. */
ChatPacks chat_pack(const ChatExamples *x, const int *order, int count, int time, int pad);

/* One example a window: what packing is compared with. */
ChatPacks chat_pad(const ChatExamples *x, const int *order, int count, int time, int pad);
void chat_packs_free(ChatPacks *p);

/* The mean loss of the learnt tokens in some windows: rows (batch). What it reads is copied into *room, which must live
 * until the backward pass; chat_room_free gives that memory back. */
typedef struct ChatRoom {
    int *ids, *targets, *first, *positions;
    int size;
} ChatRoom;
Tensor *chat_packs_loss(Graph *g, const ModelDecoder *m, const ChatPacks *p, const int *rows, int batch,
                        ChatRoom *room);
void chat_room_free(ChatRoom *room);

#endif
