/* talk.c -- people give an opinion, write a note, talk with a helper.
 *
 * A review is an opening, two remarks and a verdict. In half of the reviews the
 * first remark goes against the verdict ("..., but ..."), and remarks of both
 * kinds come with and without a negation, so counting words is not enough. */
#include "common/world/draft.h"

/* ---- reviews ------------------------------------------------------------------------------------- */

enum { ASPECTS = 4, REMARKS = 3, VERDICTS = 4 };

typedef struct Subject {
    WorldList list;
    DraftLine openings[2];
    DraftLine remarks[ASPECTS][2][REMARKS]; /* bad, good */
} Subject;

static const Subject subjects[] = {
    {WORLD_FOODS,
     {{"我在新餐馆点了[v]。", "I ate [s v] at the new restaurant."},
      {"昨天我们去餐馆吃饭，点了[v]。", "yesterday we went to a restaurant and ordered [s v]."}},
     {{{{"菜太咸了", "the food was too salty"},
        {"菜都凉了", "the food was cold"},
        {"菜一点也不好吃", "the food did not taste good"}},
       {{"菜很好吃", "the food was delicious"},
        {"菜又热又香", "the food was hot and smelled good"},
        {"菜一点也不咸", "the food was not salty at all"}}},
      {{{"服务员很没礼貌", "the waiter was rude"},
        {"等了很久才上菜", "we waited for a long time"},
        {"服务员没有笑过", "the waiter never smiled"}},
       {{"服务员很热情", "the waiter was friendly"},
        {"菜上得很快", "the food came quickly"},
        {"服务员一点也不慢", "the waiter was not slow at all"}}},
      {{{"桌子很脏", "the table was dirty"},
        {"屋里太吵了", "the room was too noisy"},
        {"地方不干净", "the place was not clean"}},
       {{"桌子很干净", "the table was clean"},
        {"屋里很安静", "the room was quiet"},
        {"地方一点也不吵", "the place was not noisy at all"}}},
      {{{"价钱太贵", "the price was too high"},
        {"分量太少", "the plates were too small"},
        {"价钱不便宜", "it was not cheap"}},
       {{"价钱很便宜", "it was cheap"},
        {"分量很足", "there was plenty on the plate"},
        {"价钱一点也不贵", "it was not expensive at all"}}}}},
    {WORLD_THINGS,
     {{"我在网上买了[a v]。", "I bought [a v] online."},
      {"上个星期我买了[a v]。", "last week I bought [a v]."}},
     {{{{"质量很差", "the quality was poor"},
        {"第二天就坏了", "it broke on the second day"},
        {"它不结实", "it was not strong"}},
       {{"质量很好", "the quality was good"},
        {"做得很结实", "it was strong and well made"},
        {"用到现在也没有坏", "it has not broken yet"}}},
      {{{"颜色很难看", "the colour was ugly"},
        {"样子很旧", "it looked old"},
        {"颜色不漂亮", "the colour was not pretty"}},
       {{"颜色很漂亮", "the colour was pretty"},
        {"样子很新", "it looked new"},
        {"颜色一点也不难看", "the colour was not ugly at all"}}},
      {{{"送得太慢", "it came too late"},
        {"盒子是破的", "the box was broken"},
        {"等了很久也没有送来", "for a long time it did not come"}},
       {{"送得很快", "it came quickly"},
        {"包装很好", "it was packed well"},
        {"送得一点也不慢", "it was not late at all"}}},
      {{{"价钱太贵", "the price was too high"},
        {"店主很没礼貌", "the seller was rude"},
        {"它不值这个价钱", "it was not worth the price"}},
       {{"价钱很便宜", "it was cheap"},
        {"店主很热情", "the seller was friendly"},
        {"价钱一点也不贵", "it was not expensive at all"}}}}},
    {WORLD_ANIMALS,
     {{"我看了一部关于[v]的电影。", "I saw a film about [a v]."},
      {"昨天我读了一本关于[v]的书。", "yesterday I read a book about [a v]."}},
     {{{{"故事很无聊", "the story was boring"},
        {"故事太长了", "the story was too long"},
        {"故事没有意思", "the story was not interesting"}},
       {{"故事很有意思", "the story was interesting"},
        {"故事很好笑", "the story was funny"},
        {"故事一点也不无聊", "the story was not boring at all"}}},
      {{{"开头很乱", "the beginning was hard to follow"},
        {"结尾很糟糕", "the end was terrible"},
        {"我不喜欢结尾", "I did not like the end"}},
       {{"开头很精彩", "the beginning was wonderful"},
        {"结尾很感人", "the end was touching"},
        {"结尾没有让我失望", "the end did not disappoint me"}}},
      {{{"音乐太吵了", "the music was too noisy"},
        {"图画很难看", "the pictures were ugly"},
        {"图画不漂亮", "the pictures were not pretty"}},
       {{"音乐很好听", "the music was lovely"},
        {"图画很漂亮", "the pictures were pretty"},
        {"图画一点也不难看", "the pictures were not ugly at all"}}},
      {{{"我差点睡着了", "I nearly fell asleep"},
        {"孩子们很害怕", "the children were afraid"},
        {"孩子们没有笑过", "the children never laughed"}},
       {{"我一直笑个不停", "I laughed all the time"},
        {"孩子们很开心", "the children were happy"},
        {"孩子们一点也不害怕", "the children were not afraid at all"}}}}},
    {WORLD_TOWNS,
     {{"我们去[v]玩了两天。", "we went to [v] for two days."},
      {"上个星期我住在[v]。", "last week I stayed in [v]."}},
     {{{{"房间很脏", "the room was dirty"},
        {"床太硬了", "the bed was too hard"},
        {"房间不干净", "the room was not clean"}},
       {{"房间很干净", "the room was clean"},
        {"床很舒服", "the bed was soft"},
        {"房间一点也不吵", "the room was not noisy at all"}}},
      {{{"天气很糟糕", "the weather was terrible"},
        {"每天都下雨", "it rained every day"},
        {"没有看见太阳", "we did not see the sun"}},
       {{"天气很好", "the weather was good"},
        {"每天都是晴天", "it was sunny every day"},
        {"一次雨也没有下", "it did not rain once"}}},
      {{{"那里的人很没礼貌", "the people were rude"},
        {"街上太吵了", "the streets were too noisy"},
        {"没有人帮我们", "nobody helped us"}},
       {{"那里的人很热情", "the people were friendly"},
        {"街上很安静", "the streets were quiet"},
        {"没有人对我们不好", "nobody was rude to us"}}},
      {{{"东西太贵了", "everything was too expensive"},
        {"路太远了", "the way was too long"},
        {"没有什么好玩的", "there was nothing to do"}},
       {{"东西很便宜", "everything was cheap"},
        {"风景很漂亮", "the view was lovely"},
        {"路一点也不远", "the way was not long at all"}}}}},
};

static const DraftLine verdicts[2][VERDICTS] = {
    {{"我很失望。", "I was disappointed."},
     {"没有下次了。", "never again!"},
     {"我不推荐。", "I do not recommend it."},
     {"真是浪费钱。", "what a waste of money!"}},
    {{"我很满意。", "I was very pleased."},
     {"我还想再来一次。", "I would do it again!"},
     {"我推荐给大家。", "I recommend it to everybody."},
     {"钱花得值。", "it was worth the money."}},
};

static const DraftLine joints[2][2] = {{{"，", ", and "}, {"，而且", ", and also "}},
                                       {{"，但是", ", but "}, {"，不过", "; still, "}}};

void draft_review(Draft *d)
{
    d->task = draft_pick(d, DRAFT_COUNT(subjects));
    d->size = 1;
    const Subject *s = &subjects[d->task];
    draft_bind_pick(d, "v", s->list);
    d->label = draft_pick(d, 2);
    bool mixed = draft_pick(d, 2);
    int first = draft_pick(d, ASPECTS), second = draft_pick_other(d, ASPECTS, first);
    DraftLine one = s->remarks[first][mixed ? !d->label : d->label][draft_pick(d, REMARKS)];
    DraftLine two = s->remarks[second][d->label][draft_pick(d, REMARKS)];
    DraftLine verdict = verdicts[d->label][draft_pick(d, VERDICTS)];
    draft_say_one(d, d->prompt, s->openings, 2, 0);
    draft_say(d, d->prompt, one);
    draft_put(d, d->prompt, joints[mixed][draft_wording(d, 2, 0)], false);
    draft_put(d, d->prompt, two, false);
    draft_put(d, d->prompt, (DraftLine){"。", "."}, false);
    draft_say(d, d->prompt, verdict);
    draft_put(d, d->answer, d->label ? (DraftLine){"好评", "good"} : (DraftLine){"差评", "bad"}, false);
}

/* ---- notes, casual and formal -------------------------------------------------------------------- */

typedef struct Note {
    DraftLine casual[2], formal;
} Note;

static const Note notes[] = {
    {{{"[p]，你[the x]借我用用吧！", "hey [p], can I have your [x] for a bit?"},
      {"[p]，把你[the x]借我一下，行吗？", "hi [p]! lend me your [x], OK?"}},
     {"请问我能否借用您[the x]？", "I would like to ask whether I may borrow your [x]."}},
    {{{"[p]，[day]来[s]玩吧！", "hey [p], come [to s] on [day]!"},
      {"[p]，[day]一起去[s]，行吗？", "hi [p]! let us go [to s] on [day], OK?"}},
     {"诚挚地邀请您[day]一同前往[s]。", "it would be a pleasure if you came [to s] with me on [day]."}},
    {{{"[p]，快把我[the x]还给我！", "hey [p], give me back my [x]!"},
      {"[p]，我[the x]呢？还给我吧！", "hi [p]! where is my [x]? I want it back, OK?"}},
     {"如果方便，请您归还我[the x]。", "I would be grateful if you returned my [x]."}},
    {{{"[p]，[day]我来不了啦！", "hey [p], I can't come on [day]!"},
      {"[p]，[day]我不来啦，别等我！", "hi [p]! not coming on [day], do not wait!"}},
     {"很抱歉，我[day]无法前来。", "I am sorry to say that I am unable to come on [day]."}},
};

void draft_style(Draft *d)
{
    d->task = draft_pick(d, DRAFT_COUNT(notes));
    d->size = 1;
    const Note *n = &notes[d->task];
    int people = world_list_count(WORLD_PEOPLE), from = draft_bind_pick(d, "who", WORLD_PEOPLE);
    draft_bind(d, "p", world_word(WORLD_PEOPLE, draft_pick_other(d, people, from)));
    if (draft_uses(n->formal, "x")) {
        const WorldWord *colour = world_word(WORLD_COLOURS, draft_pick(d, world_list_count(WORLD_COLOURS)));
        const WorldWord *thing = world_word(WORLD_THINGS, draft_pick(d, world_list_count(WORLD_THINGS)));
        draft_bind_look(d, "x", colour, true, thing);
    }
    draft_bind_used(d, n->formal, "day", WORLD_DAYS);
    draft_bind_used(d, n->formal, "s", WORLD_SITES);
    draft_say_one(d, d->prompt, n->casual, 2, 0);
    draft_say(d, d->prompt, (DraftLine){"[who]", "[who]"});
    draft_say(d, d->answer, (DraftLine){"尊敬的[p]：您好！", "dear [p],"});
    draft_put(d, d->answer, n->formal, true);
    draft_say(d, d->answer,
              (DraftLine){"谢谢您。[who]敬上", "thank you very much. yours sincerely, [who]"});
}

/* ---- talks --------------------------------------------------------------------------------------- */

typedef struct Topic {
    WorldList list;
    DraftLine tell, reply, ask, answer;
} Topic;

static const Topic topics[] = {
    {WORLD_ANIMALS,
     {"我有[a pet]。", "I have [a pet]."},
     {"真好，[pet]很可爱。", "how nice! [s pet] are lovely."},
     {"我有什么动物？", "what animal do I have?"},
     {"你有[a pet]。", "you have [a pet]."}},
    {WORLD_TOWNS,
     {"我住在[town]。", "I live in [town]."},
     {"[town]是个好地方。", "[town] is a nice place."},
     {"我住在哪里？", "where do I live?"},
     {"你住在[town]。", "you live in [town]."}},
    {WORLD_HOBBIES,
     {"我喜欢[hobby]。", "I like [doing hobby]."},
     {"我知道，[hobby]很有意思。", "I see, [doing hobby] is fun."},
     {"我喜欢做什么？", "what do I like to do?"},
     {"你喜欢[hobby]。", "you like [doing hobby]."}},
    {WORLD_COLOURS,
     {"我最喜欢[colour]。", "my favourite colour is [colour]."},
     {"[colour]很漂亮。", "[colour] is pretty."},
     {"我最喜欢什么颜色？", "what is my favourite colour?"},
     {"你最喜欢[colour]。", "your favourite colour is [colour]."}},
};
enum { TOPICS = DRAFT_COUNT(topics) };
static const char *const topic_names[TOPICS] = {"pet", "town", "hobby", "colour"};

static void turn(Draft *d, DraftLine user, DraftLine reply)
{
    draft_put(d, d->passage, (DraftLine){"用户：", "User: "}, false);
    draft_capital(d, d->passage, user);
    draft_put(d, d->passage, (DraftLine){"\n助手：", "\nBot: "}, false);
    draft_capital(d, d->passage, reply);
    draft_put(d, d->passage, (DraftLine){"\n", "\n"}, false);
}

/* A name and two facts are told; then one of the three is asked, or something that was not told. */
void draft_dialogue(Draft *d)
{
    int told[2], asked;
    draft_bind_pick(d, "who", WORLD_PEOPLE);
    told[0] = draft_pick(d, TOPICS);
    told[1] = draft_pick_other(d, TOPICS, told[0]);
    d->task = draft_pick(d, 4); /* the name, the first, the second, what was not told */
    turn(d, (DraftLine){"你好，我叫[who]。", "hello, my name is [who]."},
         (DraftLine){"你好，[who]，很高兴认识你。", "hello, [who], nice to meet you."});
    for (int i = 0; i < 2; i++) {
        draft_bind_pick(d, topic_names[told[i]], topics[told[i]].list);
        turn(d, topics[told[i]].tell, topics[told[i]].reply);
    }
    asked = d->task == 3 ? draft_pick_new(d, TOPICS, told, 2) : d->task ? told[d->task - 1] : 0;
    d->label = d->task < 3;
    draft_put(d, d->prompt, (DraftLine){"用户：", "User: "}, false);
    draft_capital(d, d->prompt,
                  d->task ? topics[asked].ask : (DraftLine){"我叫什么名字？", "what is my name?"});
    draft_put(d, d->prompt, (DraftLine){"\n助手：", "\nBot:"}, false);
    if (d->task == 0)
        draft_say(d, d->answer, (DraftLine){"你叫[who]。", "your name is [who]."});
    else if (d->task == 3)
        draft_say(d, d->answer, (DraftLine){"我不知道，你没有说过。", "I do not know, you did not say."});
    else
        draft_say(d, d->answer, topics[asked].answer);
}
