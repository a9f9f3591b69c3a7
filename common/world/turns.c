/* turns.c -- what is asked, in which words, and what the assistant says. */
#include "common/world/turns.h"

#include "common/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKINGS = 4 }; /* ways to ask for what a kind does not ask for itself; the last is held */

/* The material follows, after a space or, where a line break ends the asking, on a line of its own. */
typedef struct Asking {
    WorldKind kind;
    const char *words[ASKINGS][WORLD_LANGUAGES];
} Asking;

static const Asking askings[] = {
    {WORLD_STORY,
     {{"把这个故事讲下去：", "Go on with this story:"},
      {"接着讲：", "Tell me how this story ends:"},
      {"请把故事写完：", "Please finish the story:"},
      {"后来怎么样了？", "What happened then?"}}},
    {WORLD_SUMMARY,
     {{"这个故事说了什么？\n", "What is the story about?\n"},
      {"用一句话概括：\n", "Sum this up in one sentence:\n"},
      {"概括这个故事。\n", "Summarise the story.\n"},
      {"一句话说说这个故事：\n", "In one sentence, what happens here?\n"}}},
    {WORLD_RECORD,
     {{"把这个订单写成JSON：", "Write this order as JSON:"},
      {"订单，写成JSON对象：", "An order; make a JSON object of it:"},
      {"请用JSON记下来：", "Please note this down as JSON:"},
      {"转成JSON：", "Turn this into JSON:"}}},
    {WORLD_REVIEW,
     {{"这是好评还是差评？", "Is this review good or bad?"},
      {"判断评论是好评还是差评：", "Say whether the review is good or bad:"},
      {"这条评论：好评，差评？", "Good or bad:"},
      {"写评论的人满意吗？说好评或差评：", "Was the writer pleased? Say good or bad:"}}},
    {WORLD_STYLE,
     {{"改写成正式的信：", "Write this as a formal letter:"},
      {"把这张便条写得正式一些：", "Make a formal letter of this note:"},
      {"请写成一封礼貌的信：", "Please write a polite letter:"},
      {"用正式的语气写：", "Say this formally:"}}},
    {WORLD_SENSE,
     {{"句子里有多义的词，它是什么意思？", "Which meaning has the ambiguous word?"},
      {"多义词在这里指什么？", "What does the ambiguous word mean here?"},
      {"说出多义词的意思：", "Say what the ambiguous word means:"},
      {"这里说的是哪个意思？", "Which of its meanings is this?"}}},
    {WORLD_SENTENCE,
     {{"这两句话说的是什么？", "What are these sentences about?"},
      {"说出主题：", "Name the topic:"},
      {"主题是什么？", "What is the topic?"},
      {"它们在说什么？", "What do they talk about?"}}},
    {WORLD_PARAPHRASE,
     {{"换个说法：", "Say this in other words:"},
      {"用别的话说：", "Put this differently:"},
      {"改写这句话：", "Rephrase this sentence:"},
      {"意思不变，换一种说法：", "Say the same in another way:"}}},
    {WORLD_TRANSLATION,
     {{"翻译成英语：", "Translate into Chinese:"},
      {"用英语怎么说？", "How do you say this in Chinese?"},
      {"请译成英语：", "Please put this into Chinese:"},
      {"写出英语：", "Write this in Chinese:"}}},
    {WORLD_CODE,
     {{"写出函数体：\n", "Write the body of this function:\n"},
      {"把这个函数写完：\n", "Complete this function:\n"},
      {"补全C函数：\n", "Finish the C function:\n"},
      {"函数还缺函数体：\n", "The body is missing:\n"}}},
};

static const char *asking_for(const WorldSample *s)
{
    bool test = world_key_side(s->key) == WORLD_TEST;
    int which = test && s->key >> 20 & 1 ? ASKINGS - 1 : (int)((s->key >> 8) % (ASKINGS - 1));
    for (size_t i = 0; i < sizeof askings / sizeof *askings; i++) {
        if (askings[i].kind == s->kind && (s->kind != WORLD_CODE || s->task == WORLD_COMPLETE))
            return askings[i].words[which][s->language];
    }
    return NULL;
}

bool world_turns_has(WorldKind kind)
{
    return kind != WORLD_FACT && kind != WORLD_PREFERENCE && kind != WORLD_BIAS && kind != WORLD_CANARY &&
           kind != WORLD_ANALOGY;
}

/* ---- turns --------------------------------------------------------------------------------------- */

/* A text of `size` bytes, without white space at its ends. */
static const char *piece(WorldTurns *t, const char *text, size_t size)
{
    while (size > 0 && strchr(" \n", text[0])) {
        text++;
        size--;
    }
    while (size > 0 && strchr(" \n", text[size - 1]))
        size--;
    char *own = arena_alloc(t->memory, size + 1);
    memcpy(own, text, size);
    own[size] = '\0';
    return own;
}

static void add(WorldTurns *t, const char *role, const char *text, size_t size)
{
    if (t->count < WORLD_MAX_TURNS)
        t->items[t->count++] = (WorldTurn){role, piece(t, text, size)};
}

static void add_text(WorldTurns *t, const char *role, const char *text)
{
    add(t, role, text, strlen(text));
}

/* An asking and what it is about. */
static void add_asked(WorldTurns *t, const WorldSample *s, const char *asking, const char *text)
{
    size_t size = strlen(asking);
    bool space = s->language == WORLD_EN && asking[size - 1] != '\n';
    char *both = memory_new(size + strlen(text) + 2);
    sprintf(both, "%s%s%s", asking, space ? " " : "", text);
    add_text(t, "user", both);
    free(both);
}

/* "User: ... Bot: ..." a line each; the last line is the question, and ends with "Bot:". */
static void add_talk(WorldTurns *t, const WorldSample *s)
{
    static const char *const names[2][WORLD_LANGUAGES] = {{"用户：", "User:"}, {"助手：", "Bot:"}};
    const char *const parts[] = {s->passage, s->prompt};
    for (int i = 0; i < 2; i++) {
        for (const char *at = parts[i]; *at;) {
            size_t size = strcspn(at, "\n");
            for (int k = 0; k < 2; k++) {
                size_t name = strlen(names[k][s->language]);
                if (size > name && strncmp(at, names[k][s->language], name) == 0)
                    add(t, k ? "assistant" : "user", at + name, size - name);
            }
            at += size + (at[size] == '\n');
        }
    }
}

/* "<call>tool(input)</call><result>output</result>": the call is the assistant's, the output the tool's. */
static void add_call(WorldTurns *t, const char *steps)
{
    static const char result[] = "<result>";
    const char *end = strstr(steps, result), *close = end ? strstr(end, "</result>") : NULL;
    if (!close)
        return;
    add(t, "assistant", steps, (size_t)(end - steps));
    add(t, "tool", end + strlen(result), (size_t)(close - end) - strlen(result));
}

/* The role comes as a system message in every other one. */
static void add_role(WorldTurns *t, const WorldSample *s)
{
    size_t size = strlen(s->prompt), colon = s->language == WORLD_EN ? strlen(":") : strlen("：");
    if (s->key >> 12 & 1 || size <= colon) {
        char *both = memory_new(strlen(s->passage) + size + 2);
        sprintf(both, "%s\n%s", s->passage, s->prompt);
        add_text(t, "user", both);
        free(both);
        return;
    }
    add(t, "system", s->prompt, size - colon);
    add_text(t, "user", s->passage);
}

static void add_question(WorldTurns *t, const WorldSample *s, const char *question)
{
    const char *asking = asking_for(s);
    if (s->kind == WORLD_DIALOGUE)
        add_talk(t, s);
    else if (s->kind == WORLD_ROLE)
        add_role(t, s);
    else if (s->kind == WORLD_SUMMARY)
        add_asked(t, s, asking, s->passage);
    else if (asking)
        add_asked(t, s, asking, s->prompt);
    else
        add_text(t, "user", question);
    if (s->kind == WORLD_TOOL)
        add_call(t, s->steps);
}

WorldTurns world_turns(const WorldSample *s)
{
    WorldTurns t = {.count = 0, .memory = arena_new()};
    char *question = world_sample_question(s), *whole = world_sample_join(s);
    add_question(&t, s, question);
    add_text(&t, "assistant", s->kind == WORLD_TOOL ? s->answer : whole + strlen(question));
    free(question);
    free(whole);
    return t;
}

void world_turns_free(WorldTurns *t)
{
    arena_free(t->memory);
    *t = (WorldTurns){.count = 0};
}
