/* examples.c -- where the responses are in the text of a conversation, and windows of several examples. */
#include "common/chat/examples.h"

#include <stdlib.h>
#include <string.h>

/* ---- special tokens in contents -------------------------------------------------------------------- */

/* The longest special token with which a text begins; 0 bytes: none. */
static size_t special_at(const Tokenizer *t, const char *text)
{
    size_t longest = 0;
    for (int id = 0; id < tokenizer_count(t); id++) {
        const char *token = tokenizer_special(t, id) ? tokenizer_token(t, id) : NULL;
        size_t size = token ? strlen(token) : 0;
        if (size > longest && strncmp(text, token, size) == 0)
            longest = size;
    }
    return longest;
}

/* The special tokens' first characters: most texts have none of them. */
static bool may_hold_special(const Tokenizer *t, const char *text)
{
    for (int id = tokenizer_count(t) - 1; id >= 0; id--) {
        const char *token = tokenizer_special(t, id) ? tokenizer_token(t, id) : NULL;
        if (token && token[0] && strstr(text, token))
            return true;
    }
    return false;
}

/* Again, until none is left: what remains on both sides of one could be another. */
char *chat_plain(const Tokenizer *t, const char *text)
{
    char *plain = memory_string(text);
    while (may_hold_special(t, plain)) {
        char *to = plain;
        for (const char *from = plain; *from;) {
            size_t skipped = special_at(t, from);
            if (skipped == 0)
                *to++ = *from++;
            from += skipped;
        }
        *to = '\0';
    }
    return plain;
}

/* A conversation of which all contents are plain. */
typedef struct Plain {
    ChatConversation c;
    ChatMessage *messages;
    char **texts;
} Plain;

static Plain plain_new(const Tokenizer *t, const ChatConversation *c)
{
    Plain p = {*c, memory_new(sizeof *p.messages * ((size_t)c->count + 1)),
               memory_zero((size_t)c->count + 1, sizeof *p.texts)};
    for (int i = 0; i < c->count; i++) {
        p.messages[i] = c->messages[i];
        if (c->messages[i].content)
            p.messages[i].content = p.texts[i] = chat_plain(t, c->messages[i].content);
    }
    p.c.messages = p.messages;
    return p;
}

static void plain_free(Plain *p)
{
    for (int i = 0; i < p->c.count; i++)
        free(p->texts[i]);
    free(p->texts);
    free(p->messages);
}

bool chat_prompt_ids(const ChatTemplate *t, const Tokenizer *tokenizer, const ChatConversation *c,
                     TokenList *ids, Error *e)
{
    Plain p = plain_new(tokenizer, c);
    char *text = chat_template_render(t, &p.c, true, e);
    bool good = text && tokenizer_encode(tokenizer, text, strlen(text), false, ids, e) &&
                tokenizer_complete(ids, e);
    free(text);
    plain_free(&p);
    return good;
}

/* ---- an example ------------------------------------------------------------------------------------ */

/* Text that is growing into an example: ids, and a 1 beside each that is learnt. */
typedef struct Growing {
    const Tokenizer *tokenizer;
    TokenList ids;
    char *learnt;
} Growing;

/* Cuts a piece of the text into tokens. Of a response, what follows its last special token is the template's. */
static bool add_piece(Growing *x, const char *text, size_t size, bool response, bool all, Error *e)
{
    size_t from = x->ids.count;
    if (!tokenizer_encode(x->tokenizer, text, size, false, &x->ids, e) || !tokenizer_complete(&x->ids, e))
        return false;
    size_t count = x->ids.count, end = count;
    while (end > from && !tokenizer_special(x->tokenizer, x->ids.ids[end - 1]))
        end--;
    if (end == from)
        end = count; /* a template without special tokens */
    x->learnt = memory_resize(x->learnt, count + 1);
    for (size_t i = from; i < count; i++)
        x->learnt[i] = all || (response && i < end);
    return true;
}

/* The text of the first `count` messages, with or without the beginning of the next answer. */
static char *text_of(const ChatTemplate *t, const ChatConversation *c, int count, bool prompt, Error *e)
{
    ChatConversation part = *c;
    part.count = count;
    return chat_template_render(t, &part, prompt, e);
}

//> response
/* The pieces from *done bytes on: what comes before message i, which is the assistant's, and the message. */
static bool add_response(Growing *x, const ChatTemplate *t, const ChatConversation *c, int i, ChatLoss loss,
                         const char *whole, size_t *done, Error *e)
{
    char *before = text_of(t, c, i, true, e), *upto = before ? text_of(t, c, i + 1, false, e) : NULL;
    size_t begin = before ? strlen(before) : 0, end = upto ? strlen(upto) : 0;
    bool good = before && upto;
    if (good && (begin < *done || end < begin || end > strlen(whole) ||
                 strncmp(before, whole, begin) != 0 || strncmp(upto, whole, end) != 0))
        good = error_set(e, "the template writes message %d otherwise when others follow it", i + 1);
    bool last = i == c->count - 1, all = loss == CHAT_LOSS_ALL;
    good = good && add_piece(x, whole + *done, begin - *done, false, all, e) &&
           add_piece(x, whole + begin, end - begin, loss != CHAT_LOSS_LAST || last, all, e);
    *done = end;
    free(before);
    free(upto);
    return good;
}
//< response

static void keep(ChatExamples *x, Growing *g)
{
    if (x->count == x->room)
        x->items = memory_resize(x->items, sizeof *x->items * (size_t)(x->room = 2 * x->room + 64));
    ChatExample *one = &x->items[x->count++];
    *one = (ChatExample){memory_new(sizeof(int) * (g->ids.count + 1)), g->learnt, (int)g->ids.count, 0};
    memcpy(one->ids, g->ids.ids, sizeof(int) * g->ids.count);
    for (int i = 0; i < one->count; i++)
        one->responses += one->learnt[i];
    g->learnt = NULL;
}

/* What comes after the last answer is nothing that could be learnt. */
bool chat_examples_add(ChatExamples *x, const ChatTemplate *t, const Tokenizer *tokenizer,
                       const ChatConversation *c, ChatLoss loss, Error *e)
{
    Plain p = plain_new(tokenizer, c);
    while (p.c.count > 0 && strcmp(p.messages[p.c.count - 1].role, "assistant") != 0)
        free(p.texts[--p.c.count]);
    Growing g = {.tokenizer = tokenizer};
    char *whole = p.c.count > 0 ? chat_template_render(t, &p.c, false, e) : NULL;
    bool good = whole || (p.c.count == 0 && error_set(e, "no message is the assistant's"));
    size_t done = 0;
    for (int i = 0; good && i < p.c.count; i++) {
        if (strcmp(p.messages[i].role, "assistant") == 0)
            good = add_response(&g, t, &p.c, i, loss, whole, &done, e);
    }
    if (good)
        keep(x, &g);
    tokenizer_tokens_free(&g.ids);
    free(g.learnt);
    free(whole);
    plain_free(&p);
    return good;
}

void chat_examples_free(ChatExamples *x)
{
    for (int i = 0; i < x->count; i++) {
        free(x->items[i].ids);
        free(x->items[i].learnt);
    }
    free(x->items);
    *x = (ChatExamples){0};
}

/* ---- packing --------------------------------------------------------------------------------------- */

static ChatPacks packs_new(int rows, int time, int pad)
{
    size_t size = (size_t)rows * (size_t)time;
    ChatPacks p = {.rows = rows, .time = time};
    int **const arrays[] = {&p.ids, &p.targets, &p.first, &p.positions};
    for (int i = 0; i < 4; i++)
        *arrays[i] = memory_zero(size + 1, sizeof(int));
    for (size_t i = 0; i < size; i++) {
        p.ids[i] = pad;
        p.targets[i] = -1;
        p.first[i] = p.positions[i] = (int)(i % (size_t)time);
    }
    p.padding = (long)size;
    return p;
}

void chat_packs_free(ChatPacks *p)
{
    free(p->ids);
    free(p->targets);
    free(p->first);
    free(p->positions);
    *p = (ChatPacks){0};
}

/* An example of n tokens takes n - 1 positions of a window, from `at` on: each reads a token and says the next. */
static void put(ChatPacks *p, int row, int at, const ChatExample *x)
{
    size_t base = (size_t)row * (size_t)p->time;
    for (int i = 0; i + 1 < x->count; i++) {
        size_t k = base + (size_t)(at + i);
        p->ids[k] = x->ids[i];
        p->targets[k] = x->learnt[i + 1] ? x->ids[i + 1] : -1;
        p->first[k] = at;
        p->positions[k] = i;
        p->learnt += x->learnt[i + 1];
    }
    p->examples++;
    p->tokens += x->count - 1;
    p->padding -= x->count - 1;
}

/* Examples by length, the longest first; of equal ones the earlier. Counted by length, as there are few lengths. */
static int *by_length(const ChatExamples *x, const int *order, int count, int time, int *kept)
{
    int *sorted = memory_new(sizeof(int) * ((size_t)count + 1));
    int *next = memory_zero((size_t)time + 2, sizeof *next);
    *kept = 0;
    for (int i = 0; i < count; i++) {
        int size = x->items[order ? order[i] : i].count - 1;
        if (size > 0 && size <= time)
            next[time - size + 1]++, (*kept)++;
    }
    for (int i = 1; i <= time; i++)
        next[i] += next[i - 1];
    for (int i = 0; i < count; i++) {
        int which = order ? order[i] : i, size = x->items[which].count - 1;
        if (size > 0 && size <= time)
            sorted[next[time - size]++] = which;
    }
    free(next);
    return sorted;
}

/* Windows by the room that is left: rows of a list for each size. */
typedef struct Rooms {
    int *head, *next; /* (T+1), (rows); -1: none */
    int time;
} Rooms;

static int take_room(Rooms *r, int size)
{
    for (int left = size; left <= r->time; left++) {
        int row = r->head[left];
        if (row >= 0) {
            r->head[left] = r->next[row];
            return row;
        }
    }
    return -1;
}

ChatPacks chat_pack(const ChatExamples *x, const int *order, int count, int time, int pad)
{
    int kept, rows = 0;
    int *sorted = by_length(x, order, count, time, &kept);
    int *row_of = memory_new(sizeof(int) * ((size_t)kept + 1)),
        *used = memory_zero((size_t)kept + 1, sizeof *used);
    int *at = memory_new(sizeof(int) * ((size_t)kept + 1));
    Rooms rooms = {memory_new(sizeof(int) * ((size_t)time + 1)),
                   memory_new(sizeof(int) * ((size_t)kept + 1)), time};
    for (int i = 0; i <= time; i++)
        rooms.head[i] = -1;
    for (int i = 0; i < kept; i++) {
        int size = x->items[sorted[i]].count - 1, row = take_room(&rooms, size);
        row = row < 0 ? rows++ : row;
        row_of[i] = row;
        at[i] = used[row];
        used[row] += size;
        rooms.next[row] = rooms.head[time - used[row]];
        rooms.head[time - used[row]] = row;
    }
    ChatPacks p = packs_new(rows, time, pad);
    for (int i = 0; i < kept; i++)
        put(&p, row_of[i], at[i], &x->items[sorted[i]]);
    p.too_long = count - kept;
    free(sorted);
    free(row_of);
    free(used);
    free(at);
    free(rooms.head);
    free(rooms.next);
    return p;
}

ChatPacks chat_pad(const ChatExamples *x, const int *order, int count, int time, int pad)
{
    int kept;
    int *sorted = by_length(x, order, count, time, &kept);
    ChatPacks p = packs_new(kept, time, pad);
    for (int i = 0; i < kept; i++)
        put(&p, i, 0, &x->items[sorted[i]]);
    p.too_long = count - kept;
    free(sorted);
    return p;
}

/* ---- the loss -------------------------------------------------------------------------------------- */

void chat_room_free(ChatRoom *room)
{
    free(room->ids);
    *room = (ChatRoom){0};
}

Tensor *chat_packs_loss(Graph *g, const ModelDecoder *m, const ChatPacks *p, const int *rows, int batch,
                        ChatRoom *room)
{
    int size = batch * p->time;
    if (size > room->size) {
        room->ids = memory_resize(room->ids, sizeof(int) * 4 * (size_t)size);
        room->size = size;
    }
    room->targets = room->ids + size;
    room->first = room->targets + size;
    room->positions = room->first + size;
    const int *const from[] = {p->ids, p->targets, p->first, p->positions};
    for (int i = 0; i < 4 * batch; i++)
        memcpy(room->ids + i * p->time, from[i / batch] + (size_t)rows[i % batch] * (size_t)p->time,
               sizeof(int) * (size_t)p->time);
    const NnAttention own = {.first = room->first};
    Tensor *states = model_decoder_hidden(g, m, room->ids, batch, p->time, &own, room->positions);
    return nn_affine_cross_entropy(g, states, m->head, room->targets, -1);
}
