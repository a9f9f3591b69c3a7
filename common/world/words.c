/* words.c -- single sentences about words: topics, analogies, senses.
 *
 * In the sentences for word vectors a couple (king, queen) shares its places,
 * and differs in he and she; so the difference of the vectors is what differs. */
#include "common/world/draft.h"

/* ---- sentences by topic -------------------------------------------------------------------------- */

enum { TOPICS = 8, TOPIC_LINES = 6, COUNTED_FOODS = 10 };

/* [p] somebody, of the couples that suit the topic. */
typedef struct Topic {
    DraftLine name;
    int first, last; /* couples, by their first words' places in WORLD_COUPLES, halved */
    DraftLine lines[TOPIC_LINES];
} Topic;

static const Topic topics[TOPICS] = {
    {{"宫殿", "palace"},
     0,
     1,
     {{"[p]戴着金色的王冠，坐在宫殿里。", "the [p] sat in the palace with a golden crown on [his p] head."},
      {"宫殿里的人都听[p]的话。", "everybody in the palace did what the [p] said."},
      {"[p]从宫殿的窗口看着[his p]花园。", "the [p] looked at [his p] garden from the palace window."},
      {"[p]带着[a m]离开了宫殿。", "the [p] left the palace with [a m]."},
      {"[p]把金子分给了穷人，因为[he p]很善良。",
       "the [p] gave gold to the poor, because [he p] was kind."},
      {"[day]，[p]请大家到宫殿里来吃[y]。",
       "on [day] the [p] asked everybody to come to the palace for [s y]."}}},
    {{"家庭", "family"},
     4,
     9,
     {{"[p]在家里给全家做了[y]。", "the [p] made [s y] for the family at home."},
      {"[p]给[his p]家人讲了一个故事。", "the [p] told [his p] family a story."},
      {"全家人都爱[p]，因为[he p]总是笑。", "the family loves the [p], because [he p] always smiles."},
      {"[day]，[p]在家里打扫房间。", "on [day] the [p] cleaned the rooms at home."},
      {"[p]坐在家里，抱着[his p][m]。", "the [p] sat at home with [his p] [m]."},
      {"[p]说：“我爱我的家。”", "\"I love my family,\" said the [p]."}}},
    {{"学校", "school"},
     3,
     3,
     {{"[p]每天背着书包去上学。", "every day the [p] goes to school with a schoolbag."},
      {"老师问了一个问题，[p]马上回答了。", "the teacher asked a question, and the [p] answered at once."},
      {"下课以后，[p]花了一个小时[j]。", "after the lesson the [p] spent an hour [doing j]."},
      {"[p]用[c]的铅笔写作业。", "the [p] did [his p] homework with [a c] pencil."},
      {"[day]没有课，[p]在家里看书。", "there was no lesson on [day], so the [p] read a book at home."},
      {"[p]学会了写[his p]名字。", "the [p] learned to write [his p] name."}}},
    {{"食物", "food"},
     2,
     9,
     {{"[p]早上吃了[a z]。", "the [p] ate [a z] in the morning."},
      {"[p]觉得[z]很好吃。", "the [p] thinks that [s z] taste good."},
      {"厨房里有[z]，[p]很想吃。", "there was [a z] in the kitchen, and the [p] wanted to eat it."},
      {"[p]饿了，所以[he p]买了[a z]。", "the [p] was hungry, so [he p] bought [a z]."},
      {"[p]把[a z]分给了朋友。", "the [p] shared [a z] with a friend."},
      {"[p]喝了水，又吃了[a z]。", "the [p] drank some water and ate [a z]."}}},
    {{"动物", "animals"},
     2,
     9,
     {{"[a m]在草地上跑。", "[a m] was running in the grass."},
      {"[p]给[m]吃草和水。", "the [p] gave grass and water to the [m]."},
      {"农场里有[a m]，它的毛是[c]的。", "there is [a c] [m] on the farm."},
      {"[the m]睡着了，因为它累了。", "the [m] fell asleep, because it was tired."},
      {"[p]摸了摸[the m]的头。", "the [p] touched the head of the [m]."},
      {"[day]，[p]在动物园看见了[a m]。", "on [day] the [p] saw [a m] at the zoo."}}},
    {{"天气", "weather"},
     2,
     9,
     {{"[day]是[w]的一天。", "[day] was [a w] day."},
      {"天冷了，[p]穿上了[c]的毛衣。", "it was cold, and the [p] put on [a c] sweater."},
      {"下雨了，[p]打开了[c]的伞。", "it rained, and the [p] opened [a c] umbrella."},
      {"[e]到了，天气变了。", "[e] came, and the weather changed."},
      {"风很大，把[p]的帽子吹走了。", "the wind was strong and blew away the hat of the [p]."},
      {"[e]里，太阳很早就出来。", "in [e] the sun comes out early."}}},
    {{"音乐", "music"},
     2,
     9,
     {{"[p]喜欢唱歌，也喜欢听音乐。", "the [p] likes to sing and to hear music."},
      {"[p]弹着吉他，唱了一首歌。", "the [p] played the guitar and sang a song."},
      {"[day]，[p]在舞台上唱歌。", "on [day] the [p] sang on the stage."},
      {"音乐一响，[p]就跳起舞来。", "when the music began, the [p] danced."},
      {"[p]每天练习钢琴，因为[he p]想当歌手。",
       "the [p] practises the piano every day, because [he p] wants to be a singer."},
      {"这首歌很好听，[p]听了又听。", "the song was so pretty that the [p] heard it again and again."}}},
    {{"买东西", "shopping"},
     2,
     9,
     {{"[p]在商店里买了[a x]。", "the [p] bought [a x] in the shop."},
      {"[a x]要[n money]。", "[a x] costs [n money]."},
      {"市场里人很多，[p]在卖[x]。",
       "there were many people at the market, where the [p] was selling [s x]."},
      {"[p]数了数钱，还不够买[a x]。", "the [p] counted [his p] money, but it was not enough for [a x]."},
      {"[p]付了钱，拿着[a x]走了。", "the [p] paid and left with [a x]."},
      {"[day]，商店里的[x]很便宜。", "on [day] the [s x] in the shop were cheap."}}},
};

static const WorldWord coins = {"钱", "块", "coin", 0, 0, 0};

/* Words for what the line says of them; the person, if there is one, stays the same. */
static void bind_line(Draft *d, DraftLine line)
{
    draft_bind_used(d, line, "m", WORLD_ANIMALS);
    draft_bind_used(d, line, "j", WORLD_HOBBIES);
    draft_bind_used(d, line, "c", WORLD_COLOURS);
    draft_bind_used(d, line, "day", WORLD_DAYS);
    draft_bind_used(d, line, "w", WORLD_WEATHERS);
    draft_bind_used(d, line, "e", WORLD_SEASONS);
    draft_bind_used(d, line, "y", WORLD_FOODS);
    draft_bind_used(d, line, "x", WORLD_THINGS);
    if (draft_uses(line, "z"))
        draft_bind(d, "z", world_word(WORLD_FOODS, draft_pick(d, COUNTED_FOODS)));
    if (draft_uses(line, "money"))
        draft_bind_number(d, "money", 2 + draft_pick(d, 18), &coins);
}

/* Two sentences of one topic, about one person. */
void draft_sentence(Draft *d)
{
    d->task = d->label = draft_pick(d, TOPICS);
    d->size = 1;
    const Topic *t = &topics[d->label];
    int first = draft_pick(d, TOPIC_LINES), second = draft_pick_other(d, TOPIC_LINES, first);
    DraftLine lines[] = {t->lines[first], t->lines[second]};
    if (draft_uses(lines[0], "p") || draft_uses(lines[1], "p")) {
        int he = 2 * (t->first + draft_pick(d, t->last - t->first + 1));
        draft_bind(d, "p", world_word(WORLD_COUPLES, he + draft_pick(d, 2)));
    }
    for (int i = 0; i < 2; i++) {
        bind_line(d, lines[i]);
        draft_say(d, d->prompt, lines[i]);
    }
    draft_put(d, d->answer, t->name, false);
}

/* ---- analogies ----------------------------------------------------------------------------------- */

typedef enum Relation { HE_SHE, OPPOSITE, WORKS_AT, RELATIONS } Relation;

/* Two different pairs of one list, or of jobs and their places. */
void draft_analogy(Draft *d)
{
    static const int pairs[RELATIONS] = {10, 10, 12};
    d->task = draft_pick(d, RELATIONS);
    d->size = 1;
    int first = draft_pick(d, pairs[d->task]), second = draft_pick_other(d, pairs[d->task], first);
    int both[] = {first, second};
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) {
        int pair = both[i / 2];
        const WorldWord *w = d->task == HE_SHE ? world_word(WORLD_COUPLES, 2 * pair + i % 2)
                             : d->task == OPPOSITE
                                 ? world_word(WORLD_OPPOSITES, 2 * pair + i % 2)
                                 : world_word(i % 2 ? WORLD_WORKPLACES : WORLD_JOBS, pair);
        draft_bind(d, names[i], w);
    }
    draft_put(d, d->prompt, (DraftLine){"[a] [b] [c]", "[a] [b] [c]"}, false);
    draft_put(d, d->answer, (DraftLine){"[d]", "[d]"}, false);
}

/* ---- ambiguous words ----------------------------------------------------------------------------- */

enum { SENSE_LINES = 5, AMBIGUOUS = 3 };

/* Each language has its own words; what goes together is only the count. */
typedef struct Sense {
    DraftLine name;
    DraftLine lines[SENSE_LINES];
} Sense;

static const Sense senses[AMBIGUOUS][2] = {
    /* 花 flower, 花 spend; bank of a river, bank of money */
    {{{"花朵", "river"},
      {{"[who][day]在花园里种了[c]的花。", "[who] sat on the bank of the river on [day] with [a c] hat."},
       {"[who]把一朵[c]的花送给了[p]。", "[who] and [p] saw [a c] fish near the bank."},
       {"春天，[who]家的花都开了，有[c]的。", "[who] pulled [a c] boat up the bank."},
       {"[who]给[c]的花浇水。", "[who] found [a c] shell in the sand of the bank."},
       {"[p]说，[who]的花是[c]的。", "[who] and [p] swam to the bank with [a c] ball."}}},
     {{"用钱", "money"},
      {{"[who][day]花了很多钱，买了[c]的衣服。",
        "[who] went to the bank on [day] for money to buy [a c] coat."},
       {"[who]花钱给[p]买了[c]的帽子。", "[who] and [p] put their money in the bank with the [c] door."},
       {"[who]的钱花完了，因为[he who]买了[c]的车。", "[who] works in a bank and wears [a c] coat."},
       {"[who]不想花钱买[c]的杯子。", "[who] took money from the bank and put it in [a c] purse."},
       {"[p]说，[who]花了太多钱买[c]的球。",
        "[who] asked [p] for the way to the bank with the [c] roof."}}}},
    /* 杜鹃 a bird, 杜鹃 a flower; bat an animal, bat for playing ball */
    {{{"鸟", "animal"},
      {{"[who][day]听见杜鹃在[c]的屋子旁边叫。", "[who] saw a bat fly over the [c] house on [day]."},
       {"[who]和[p]看见一只杜鹃飞过[c]的屋顶。", "[who] told [p] that the bat slept in the [c] house."},
       {"杜鹃飞走了，[who]只看见[c]的天。", "the bat flew away at night, and [who] saw only [a c] sky."},
       {"[who]画了一只杜鹃，它在[c]的树上唱歌。", "[who] drew a bat that was hanging in [a c] tree."},
       {"[p]告诉[who]，杜鹃把蛋放在[c]的窝里。",
        "[p] told [who] that the bat ate fruit under the [c] roof."}}},
     {{"花", "ball"},
      {{"[who][day]在[c]的花盆里种了杜鹃。", "[who] hit the ball with [a c] bat on [day]."},
       {"[who]送给[p]一盆[c]的杜鹃。", "[who] gave [p] [a c] bat for the game."},
       {"杜鹃开了，[who]看见山上都是[c]的。", "the bat was of wood, and [who] painted it [c]."},
       {"[who]给[c]的杜鹃浇水。", "[who] broke the [c] bat in the game."},
       {"[p]告诉[who]，[c]的杜鹃开得最早。", "[p] told [who] to hold the [c] bat with both hands."}}}},
    /* 米 rice, 米 metre; orange a fruit, orange a colour */
    {{{"粮食", "fruit"},
      {{"[who][day]买了一袋米，用[c]的袋子装着。", "[who] ate an orange from [a c] plate on [day]."},
       {"[who]用米给[p]做饭，装在[c]的碗里。", "[who] gave [p] an orange in [a c] box."},
       {"[who]把米放在[c]的盆里洗。", "[who] cut the orange with [a c] knife."},
       {"[who]家的米在[c]的柜子里。", "the orange of [who] was sweet and lay in [a c] cup."},
       {"[p]帮[who]把米倒进[c]的锅里。", "[p] bought [who] an orange and [a c] cup."}}},
     {{"长度", "colour"},
      {{"[who][day]跑了一百米，穿着[c]的鞋。", "[who] painted the wall orange and the door [c] on [day]."},
       {"[who]跳得比[p]远一米，落在[c]的垫子上。", "[who] and [p] wore orange hats and [c] shoes."},
       {"[who]买了三米[c]的布。", "[who] has an orange hat and [a c] coat."},
       {"[who]家的门高两米，是[c]的。", "the house of [who] is orange with [a c] roof."},
       {"[p]告诉[who]，[c]的房子有十米高。", "[p] told [who] that the sky was orange, not [c]."}}}},
};

void draft_sense(Draft *d)
{
    d->task = draft_pick(d, AMBIGUOUS * 2 * SENSE_LINES);
    d->size = 1;
    d->label = d->task / SENSE_LINES % 2;
    const Sense *s = &senses[d->task / SENSE_LINES / 2][d->label];
    DraftLine line = s->lines[d->task % SENSE_LINES];
    int who = draft_bind_pick(d, "who", WORLD_PEOPLE);
    draft_bind_pick(d, "c", WORLD_COLOURS);
    draft_bind_used(d, line, "day", WORLD_DAYS);
    if (draft_uses(line, "p"))
        draft_bind(d, "p",
                   world_word(WORLD_PEOPLE, draft_pick_other(d, world_list_count(WORLD_PEOPLE), who)));
    draft_say(d, d->prompt, line);
    draft_put(d, d->answer, s->name, false);
}
