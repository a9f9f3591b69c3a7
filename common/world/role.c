/* role.c -- the same statement in different voices: a pirate's, a robot's, a child's ...
 *
 * What is said is a row of choices; how a role says it is fixed, so that the answer is known word for word. */
#include "common/world/draft.h"

enum { WORDINGS = 8, HELD = 2, ROLES = 8, STATEMENTS = 6 };

static const DraftLine names[ROLES] = {
    {"海盗", "pirate"},  {"机器人", "robot"}, {"小孩", "child"},    {"国王", "king"},
    {"老师", "teacher"}, {"水手", "sailor"},  {"记者", "reporter"}, {"老奶奶", "grandmother"},
};

/* Before the statement and after it. */
static const DraftLine voices[ROLES][2] = {
    {{"啊哈！", "arr! "}, {"，伙计们！", ", my friends!"}},
    {{"哔哔。报告：", "beep. report: "}, {"。报告完毕。", ". end of report."}},
    {{"妈妈，妈妈，", "mum, mum, "}, {"，真好玩！", ", what fun!"}},
    {{"朕告诉你们：", "hear the king: "}, {"。就这样。", ". so be it."}},
    {{"同学们，请记住，", "class, please remember that "}, {"。明白了吗？", ". is that clear?"}},
    {{"起风了！", "the wind is up! "}, {"，开船吧！", ", let us sail!"}},
    {{"最新消息：", "the latest news: "}, {"。谢谢收看。", ". thank you for watching."}},
    {{"孩子啊，", "my dear, "}, {"，多喝点汤吧。", ", and now have some soup."}},
};

static const DraftLine statements[STATEMENTS] = {
    {"[who]在[at p]", "[who] is [at p]"},     {"[who]买了[a x]", "[who] bought [a x]"},
    {"[who][day]来", "[who] comes on [day]"}, {"[who]喜欢[c]的[x]", "[who] likes [c] [s x]"},
    {"[who]住在[t]", "[who] lives in [t]"},   {"[x]在[at p]", "the [x] is [at p]"},
};

static const DraftLine asks[WORDINGS] = {
    {"[r]说：", "the [r] says:"},
    {"[r]这样说：", "this is how the [r] says it:"},
    {"用[r]的话说：", "in the words of the [r]:"},
    {"如果你是[r]：", "if you are the [r]:"},
    {"[r]会怎么说？", "how does the [r] say it?"},
    {"像[r]一样说：", "say it like the [r]:"},
    {"[r]会这样说：", "say it in the words of the [r]:"},
    {"用[r]一样的话说：", "this is how the [r] says it, in the words of the [r]:"},
};

void draft_role(Draft *d)
{
    draft_hold(d);
    d->task = draft_pick(d, ROLES);
    d->size = 1;
    DraftLine statement = statements[draft_pick(d, STATEMENTS)];
    WorldWord role = {.zh = names[d->task].zh, .en = names[d->task].en};
    draft_bind_used(d, statement, "who", WORLD_PEOPLE);
    draft_bind_used(d, statement, "p", WORLD_SITES);
    draft_bind_used(d, statement, "x", WORLD_THINGS);
    draft_bind_used(d, statement, "day", WORLD_DAYS);
    draft_bind_used(d, statement, "c", WORLD_COLOURS);
    draft_bind_used(d, statement, "t", WORLD_TOWNS);
    draft_bind(d, "r", &role);
    draft_put(d, d->passage, statement, false);
    draft_put(d, d->passage, (DraftLine){"。", "."}, false);
    draft_upper(d->passage);
    draft_say_either(d, d->prompt, asks, WORDINGS, HELD);
    draft_put(d, d->answer, voices[d->task][0], false);
    draft_put(d, d->answer, statement, false);
    draft_put(d, d->answer, voices[d->task][1], false);
    draft_upper(d->answer);
}
