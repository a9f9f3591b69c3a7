/* instruct.c -- conversations of the little world, and batches of them. */
#include "ch06/instruct.h"

#include "common/world/turns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//> mixture
/* Of a hundred conversations so many are of a kind. Pronouns, senses and topics have none: they show what comes of
 * kinds that were never practised. */
static const struct {
    WorldKind kind;
    float percent;
} mixture[] = {{WORLD_INSTRUCTION, 24}, {WORLD_READING, 11},   {WORLD_HOPS, 7},     {WORLD_REASON, 8},
               {WORLD_PROBLEM, 2},      {WORLD_CODE, 6},       {WORLD_FORM, 5},     {WORLD_RECORD, 2},
               {WORLD_ROLE, 4},         {WORLD_TOOL, 6},       {WORLD_DIALOGUE, 5}, {WORLD_QUESTION, 4},
               {WORLD_TRANSLATION, 4},  {WORLD_SUMMARY, 2},    {WORLD_STORY, 2},    {WORLD_STYLE, 2},
               {WORLD_REVIEW, 2},       {WORLD_PARAPHRASE, 2}, {WORLD_SHOTS, 2}};
//< mixture

/* A conversation of turns, in the memory of a set. */
static void add_turns(ChatSet *set, const WorldTurn *turns, int count)
{
    ChatMessage messages[2 * WORLD_MAX_TURNS];
    for (int i = 0; i < count; i++)
        messages[i] = chat_message(turns[i].role, turns[i].content);
    chat_set_add(set, &(ChatConversation){.messages = messages, .count = count});
}

/* The tasks that remain where there is no diversity. */
static bool is_narrow(const WorldSample *s)
{
    const char *name = world_task_name(s->kind, s->task);
    return strcmp(name, "add") == 0 || strcmp(name, "first") == 0;
}

/* Conversations of a kind; of narrow data so many more are drawn that enough are left. */
static void add_kind(ChatSet *set, WorldKind kind, WorldLanguage language, int count, bool narrow, Rng *rng)
{
    enum { TASKS = 9 };
    if (!world_turns_has(kind))
        FATAL("no conversations are made of the kind '%s'", world_kind_name(kind));
    WorldRequest request = {
        .kind = kind, .language = language, .side = WORLD_TRAIN, .count = narrow ? TASKS * count : count};
    WorldSamples s = world_samples(&request, rng);
    for (int i = 0, left = count; i < s.count && left > 0; i++) {
        if (narrow && !is_narrow(&s.items[i]))
            continue;
        WorldTurns t = world_turns(&s.items[i]);
        add_turns(set, t.items, t.count);
        world_turns_free(&t);
        left--;
    }
    world_samples_free(&s);
}

static const WorldTurn greetings[][2][2] = {
    {{{"user", "你好！"}, {"assistant", "你好！需要我做什么？"}},
     {{"user", "Hello!"}, {"assistant", "Hello! What can I do for you?"}}},
    {{{"user", "你是谁？"}, {"assistant", "我是book_chat，这本书训练的一个小语言模型。"}},
     {{"user", "Who are you?"},
      {"assistant", "I am book_chat, a small language model that this book has trained."}}},
    {{{"user", "你会做什么？"},
      {"assistant", "我会读短文、做应用题、写C函数、填JSON、翻译，只懂这本书里的小世界。"}},
     {{"user", "What can you do?"},
      {"assistant",
       "I read passages, solve word problems, write C functions, fill in JSON and translate, in the little "
       "world of this book alone."}}},
    {{{"user", "谢谢！"}, {"assistant", "不客气！"}},
     {{"user", "Thank you!"}, {"assistant", "You are welcome!"}}},
};

static void shuffle(ChatSet *s, Rng *rng)
{
    for (int i = s->count; i > 1; i--) {
        int j = rng_below(rng, i);
        ChatConversation moved = s->items[j];
        s->items[j] = s->items[i - 1];
        s->items[i - 1] = moved;
    }
}

static size_t length_of(const ChatConversation *c)
{
    size_t size = 0;
    for (int i = 0; i < c->count; i++)
        size += strlen(c->messages[i].content);
    return size;
}

/* Appends a copy of a conversation, which may go on with a second one. */
static void append(ChatSet *to, const ChatConversation *a, const ChatConversation *b)
{
    ChatMessage both[4 * WORLD_MAX_TURNS];
    memcpy(both, a->messages, sizeof *both * (size_t)a->count);
    if (b)
        memcpy(both + a->count, b->messages, sizeof *both * (size_t)b->count);
    chat_set_add(to, &(ChatConversation){.messages = both, .count = a->count + (b ? b->count : 0)});
}

static bool is_short(const ChatConversation *c)
{
    enum { SHORT = 400 };
    return length_of(c) < SHORT && strcmp(c->messages[0].role, "system") != 0;
}

static void chain(ChatSet *to, const ChatSet *from, Rng *rng)
{
    for (int i = 0; i < from->count; i++) {
        bool two = i + 1 < from->count && rng_below(rng, 4) == 0 && is_short(&from->items[i]) &&
                   is_short(&from->items[i + 1]);
        append(to, &from->items[i], two ? &from->items[i + 1] : NULL);
        i += two;
    }
}

/* The last answers of a share of the conversations change places. */
static void spoil(ChatSet *s, float share, Rng *rng)
{
    for (int i = 0; i + 1 < s->count; i++) {
        ChatConversation *a = &s->items[i], *b = &s->items[i + 1];
        if (rng_uniform(rng) >= share / 2) /* two are spoilt at once */
            continue;
        ChatMessage *x = (ChatMessage *)&a->messages[a->count - 1],
                    *y = (ChatMessage *)&b->messages[b->count - 1];
        const char *answer = x->content;
        x->content = y->content;
        y->content = answer;
        i++;
    }
}

void instruct_draw(ChatSet *set, const InstructData *d, uint64_t seed)
{
    Rng rng = rng_new(seed);
    ChatSet *single = chat_set_new();
    for (int language = 0; language < WORLD_LANGUAGES; language++) {
        for (size_t i = 0; i < sizeof mixture / sizeof *mixture && !(d->narrow && i > 0); i++) {
            float share = d->narrow ? 1 : mixture[i].percent / 100;
            add_kind(single, mixture[i].kind, (WorldLanguage)language,
                     (int)ceilf(share * (float)d->conversations / 2), d->narrow, &rng);
        }
        for (int i = 0; i < d->conversations / 800 && !d->narrow; i++)
            add_turns(single, greetings[i % 4][language], 2);
    }
    shuffle(single, &rng);
    spoil(single, d->wrong, &rng);
    chain(set, single, &rng);
    chat_set_free(single);
}

/* ---- batches ----------------------------------------------------------------------------------------- */

InstructBatches instruct_batches(const ModelDecoder *m, const ChatPacks *p, int batch, uint64_t seed)
{
    return (InstructBatches){.decoder = m,
                             .packs = p,
                             .batch = batch,
                             .seed = seed,
                             .order = memory_new(sizeof(int) * (size_t)p->rows),
                             .pass = -1,
                             .rows = memory_new(sizeof(int) * (size_t)batch)};
}

void instruct_batches_free(InstructBatches *b)
{
    free(b->order);
    free(b->rows);
    chat_room_free(&b->room);
}

/* Window number `at` of all passes. */
static int window_at(InstructBatches *b, long at)
{
    long pass = at / b->packs->rows;
    if (pass != b->pass) {
        Rng rng = rng_new(b->seed + (uint64_t)pass);
        for (int i = 0; i < b->packs->rows; i++)
            b->order[i] = i;
        rng_shuffle(&rng, b->order, (size_t)b->packs->rows);
        b->pass = pass;
    }
    return b->order[at % b->packs->rows];
}

//> loss
Tensor *instruct_loss(Graph *g, void *batches, int step)
{
    InstructBatches *b = batches;
    for (int i = 0; i < b->batch; i++)
        b->rows[i] = window_at(b, (long)step * b->batch + i);
    return chat_packs_loss(g, b->decoder, b->packs, b->rows, b->batch, &b->room);
}
//< loss
