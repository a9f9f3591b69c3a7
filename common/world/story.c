/* story.c -- stories: a plot is a row of steps, and a step has several tellings.
 *
 * Who and what comes into a plot is chosen first, by letters: h the hero, f the
 * friend, a an animal, x a coloured thing (t one that can be mended, k one that the
 * wind carries), y something to eat (b to be cooked), s a place, w the weather,
 * d a day, c a colour, j a hobby (i indoors), r a king or his family.
 * The choices are the story's key; the tellings are its wording. */
#include "common/world/draft.h"

#include <string.h>

enum { STEPS = 7, TELLINGS = 2 };

typedef struct Plot {
    const char *choices;
    DraftLine steps[STEPS][TELLINGS];
    DraftLine summary;
} Plot;

static const Plot plots[] = {
    {"hfaws", /* lost and found */
     {{{"一个[w]的早上，[h]带着[his h][a]去[s]玩。", "one [w] morning [h] took [his h] [a] [to s]."},
       {"一个[w]的下午，[h]和[his h][a]一起来到[s]。",
        "one [w] afternoon [h] and [his h] [a] went [to s]."}},
      {{"[h]坐下来看书，[a]却偷偷跑开了。", "while [h] was reading, the [a] ran away."},
       {"[h]在和别人说话，没看见[a]跑开了。", "[h] was talking and did not see that the [a] ran away."}},
      {{"[he h]到处找，可是找不到它，因为它躲起来了。",
        "[he h] looked everywhere but could not find it, because it was hiding."},
       {"[he h]喊了很久，它也没有回来，因为它跑得太远了。",
        "[he h] called for a long time, but it did not come back, because it was too far away."}},
      {{"[he h]急得哭了起来。", "[he h] was so worried that [he h] began to cry."},
       {"[he h]很难过，因为天快黑了。", "[he h] was sad, because it was getting dark."}},
      {{"这时候[f]走过来说：“别着急，我来帮你找。”",
        "then [f] came and said, \"Do not worry, I will help you to look.\""},
       {"[f]看见了[him h]，说：“别哭，我们一起找。”",
        "[f] saw [him h] and said, \"Do not cry, we will look together.\""}},
      {{"最后，[f]在一棵大树后面找到了它，它正在睡觉，因为它太累了。",
        "at last [f] found it behind a big tree, where it was sleeping, because it was so tired."},
       {"最后，[f]在草地里看见了它，它在那里玩一片叶子。",
        "at last [f] saw it in the grass, where it was playing with a leaf."}},
      {{"[h]抱起[a]，高兴地回家了。", "[h] took the [a] in [his h] arms and went home happily."},
       {"[h]谢了[f]，再也没有让[a]自己跑开。", "[h] thanked [f] and never let the [a] run away again."}}},
     {"[h]在[at s]丢了[a]，[f]帮[him h]找到了它。",
      "[h] lost [his h] [a] [at s], and [f] helped [him h] to find it."}},
    {"hfx", /* a present */
     {{{"[f]快要过生日了，[h]想送[him f]一件礼物。",
        "it was nearly the birthday of [f], and [h] wanted to give [him f] a present."},
       {"[h]听说[f]明天过生日，就去给[him f]买礼物。",
        "[h] heard that [f] had a birthday the next day, so [he h] went to buy a present."}},
      {{"[h]在商店里看见了[a x]，觉得很漂亮。",
        "in the shop [h] saw [a x] and thought that it was very pretty."},
       {"商店里有[a x]，[h]一看就喜欢。", "there was [a x] in the shop, and [h] liked it at once."}},
      {{"可是[he h]买不起，因为它太贵了。", "but [he h] could not buy it, because it was too expensive."},
       {"可是[he h]没有买，因为[he h]的钱不够。",
        "but [he h] did not buy it, because [he h] did not have enough money."}},
      {{"于是[he h]帮奶奶打扫房间，奶奶给了[him h]一些钱。",
        "so [he h] cleaned the house for [his h] grandmother, who gave [him h] some money."},
       {"于是[he h]帮叔叔浇花，叔叔给了[him h]一些钱。",
        "so [he h] watered the flowers for [his h] uncle, who gave [him h] some money."}},
      {{"[h]马上跑回商店，把它买了下来。", "[h] ran back to the shop at once and bought it."},
       {"[h]高高兴兴地回到商店，买下了它。", "[h] went back to the shop happily and bought it."}},
      {{"生日那天，[f]打开礼物，高兴得跳了起来。",
        "on the birthday [f] opened the present and jumped for joy."},
       {"[f]收到礼物，笑得很开心。", "when [f] got the present, [he f] laughed with joy."}},
      {{"[he f]说：“谢谢你，我一直想要[a x]。”",
        "\"thank you,\" [he f] said, \"I have always wanted [a x].\""},
       {"[h]也很高兴，因为[his h]朋友很高兴。", "[h] was happy too, because [his h] friend was happy."}}},
     {"[h]帮家里人做事，挣钱给[f]买了[a x]。",
      "[h] worked for [his h] family to buy [a x] as a present for [f]."}},
    {"hft", /* the truth */
     {{{"[h]向[f]借了[a t]。", "[h] borrowed [a t] from [f]."},
       {"[f]把[he f][the t]借给了[h]。", "[f] lent [his f] [t] to [h]."}},
      {{"第二天，[h]不小心把它弄坏了。", "the next day [h] broke it by accident."},
       {"可是[h]太不小心，把它摔坏了。", "but [h] was careless and dropped it, and it broke."}},
      {{"[he h]不敢告诉[f]，因为[he h]怕[f]生气。",
        "[he h] did not dare to tell [f], because [he h] was afraid that [f] would be angry."},
       {"[he h]把它藏在床下，因为[he h]很害怕。",
        "[he h] hid it under the bed, because [he h] was afraid."}},
      {{"那天晚上，[h]怎么也睡不着。", "that night [h] could not sleep."},
       {"[h]一整天都不开心，连饭也不想吃。", "[h] was unhappy all day and did not even want to eat."}},
      {{"早上，[he h]对[f]说：“对不起，我把它弄坏了。”",
        "in the morning [he h] said to [f], \"I am sorry, I broke it.\""},
       {"最后，[he h]去找[f]，把真话都说了。", "at last [he h] went to [f] and told the truth."}},
      {{"[f]没有生气，因为[h]说了真话。", "[f] was not angry, because [h] told the truth."},
       {"[f]想了想，说：“没关系，谢谢你告诉我。”",
        "[f] thought about it and said, \"Never mind, thank you for telling me.\""}},
      {{"两个人一起把它修好了。", "the two of them repaired it together."},
       {"后来，[h]的爸爸帮忙把它修好了。", "later the father of [h] helped to repair it."}}},
     {"[h]弄坏了[f][the t]，但是[he h]说了真话。",
      "[h] broke the [t] that [f] had lent [him h], but [he h] told the truth."}},
    {"hfsw", /* the race */
     {{{"一个[w]的早上，[h]和[f]比赛跑步，看谁先跑到[s]。",
        "one [w] morning [h] and [f] had a race [to s]."},
       {"[h]和[f]在一个[w]的下午比赛，要一直跑到[s]。",
        "on [a w] afternoon [h] and [f] ran a race [to s]."}},
      {{"[h]跑得很快，[f]跑得很慢。", "[h] was fast, and [f] was slow."},
       {"[h]一下子就跑到了前面。", "soon [h] was far in front."}},
      {{"[h]心想：“我一定会赢。”", "\"I am going to win,\" thought [h]."},
       {"[h]回头看了看，笑[f]太慢。", "[h] looked back and laughed, because [f] was so slow."}},
      {{"[he h]在树下坐下来休息，因为[he h]觉得还有很多时间。",
        "[he h] sat down under a tree, because [he h] thought that there was a lot of time."},
       {"[he h]停下来吃东西，后来躺在草地上睡着了。",
        "[he h] stopped to eat something, and then fell asleep in the grass."}},
      {{"[f]一步也没有停。", "[f] did not stop once."},
       {"[f]很累，可是[he f]一直跑。", "[f] was tired, but [he f] kept running."}},
      {{"等[h]再跑起来，已经太晚了。", "when [h] began to run again, it was too late."},
       {"[h]跑到的时候，[f]已经在那里了。", "when [h] arrived, [f] was already there."}},
      {{"[f]赢了，因为[he f]没有停下来。", "[f] won, because [he f] had not stopped."},
       {"从那以后，[h]再也不笑别人慢了。", "after that [h] never laughed at slow people again."}}},
     {"[h]跑得快，可是停了下来，所以[f]赢了。", "[h] was fast but stopped, so [f] won the race."}},
    {"hfcy", /* one umbrella */
     {{{"放学的时候，天上下起了大雨。", "when school was over, it began to rain hard."},
       {"下午，风很大，接着下起了雨。", "in the afternoon there was a strong wind, and then it rained."}},
      {{"[h]站在门口，回不了家，因为[he h]没有带伞。",
        "[h] stood at the door and could not go home, because [he h] had no umbrella."},
       {"[h]等了又等，因为[he h]把伞忘在家里了。",
        "[h] waited and waited, because [he h] had left [his h] umbrella at home."}},
      {{"[f]有一把[c]的伞。", "[f] had [a c] umbrella."},
       {"这时候，[f]撑着一把[c]的伞走了过来。", "then [f] came along with [a c] umbrella."}},
      {{"[he f]说：“来，我们一起走吧。”", "\"come,\" [he f] said, \"let us go together.\""},
       {"[he f]问[h]：“你要和我一起走吗？”", "[he f] asked [h], \"Do you want to come with me?\""}},
      {{"伞很小，两个人的衣服都湿了。", "the umbrella was small, and both of them got wet."},
       {"两个人都湿了，因为那把伞太小了。", "both of them got wet, because the umbrella was too small."}},
      {{"可是一路上，[h]和[f]一直在笑。", "but [h] and [f] laughed all the way."},
       {"一路上，[f]给[h]讲了一个好笑的故事。", "on the way [f] told [h] a funny story."}},
      {{"到家以后，[h]的妈妈请[f]吃了[a y]。", "at home the mother of [h] gave [f] [a y]."},
       {"[h]说：“谢谢你。”然后请[f]进屋吃了[a y]。",
        "\"thank you,\" said [h], and asked [f] in for [a y]."}}},
     {"下雨了，[f]用一把[c]的伞送[h]回家。",
      "it rained, and [f] took [h] home under [his f] [c] umbrella."}},
    {"hasy", /* a hungry animal */
     {{{"[h]在[at s]看见了[a a]。", "[h] saw [a a] [at s]."},
       {"有一天，[h]在[at s]发现了[a a]。", "one day [h] found [a a] [at s]."}},
      {{"它又瘦又小，身上很脏。", "it was thin and small, and very dirty."},
       {"它看起来很饿，一动也不动。", "it looked hungry and did not move."}},
      {{"[h]想摸摸它，可是它跑开了，因为它害怕。",
        "[h] wanted to touch it, but it ran away, because it was afraid."},
       {"[h]走近的时候，它躲到了石头后面，因为它很怕人。",
        "when [h] came near, it hid behind a stone, because it was afraid of people."}},
      {{"[he h]把[a y]放在地上，然后走开了。", "[he h] put [a y] on the ground and went away."},
       {"[he h]拿出[a y]，轻轻地放在地上。", "[he h] took out [a y] and put it gently on the ground."}},
      {{"它马上跑过来吃光了，因为它很饿。", "it came at once and ate everything, because it was hungry."},
       {"它看了看[h]，慢慢地吃了起来。", "it looked at [h] and began to eat slowly."}},
      {{"第二天和第三天，[h]又来给它送吃的。",
        "on the next day, and the day after, [h] brought it food again."},
       {"后来，[h]每天都带吃的来。", "after that [h] brought food every day."}},
      {{"最后，它不再害怕，跟着[h]回家了。", "at last it was not afraid any more and followed [h] home."},
       {"它和[h]成了好朋友。", "it became a good friend of [h]."}}},
     {"[h]给[a a]东西吃，它和[h]成了朋友。", "[h] fed [a a], and it became [his h] friend."}},
    {"hfks", /* up in the tree */
     {{{"[h]在[at s]玩，手里拿着[a k]。", "[h] was playing [at s] with [a k]."},
       {"[h]有[a k]，[he h]带着它去[s]玩。", "[h] had [a k] and took it [to s]."}},
      {{"突然刮来一阵大风，把它吹到了树上。", "suddenly a strong wind blew it up into a tree."},
       {"风太大了，一下子把它吹走，挂在了树上。",
        "the wind was so strong that it blew it away, and it hung in a tree."}},
      {{"[h]跳了又跳，还是拿不到，因为树太高了。",
        "[h] jumped and jumped but could not reach it, because the tree was too high."},
       {"[h]想爬上去，可是[he h]不敢，因为树太高了。",
        "[h] wanted to climb up but did not dare, because the tree was too high."}},
      {{"[f]听见了，就跑过来看。", "[f] heard it and came running."},
       {"[f]正好从那里走过。", "just then [f] was walking by."}},
      {{"[he f]找来一根长长的棍子，可是棍子还是太短。",
        "[he f] found a long stick, but the stick was still too short."},
       {"[he f]从家里拿来一根棍子，轻轻地推它。",
        "[he f] brought a stick from home and pushed it gently."}},
      {{"[h]站到椅子上再试，它终于掉了下来。",
        "[h] stood on a chair and tried again, and at last it fell down."},
       {"又一阵风吹来，它自己掉了下来，两个人都笑了。",
        "another wind came, and it fell down by itself, and both of them laughed."}},
      {{"[h]谢过[f]，两个人一起玩到天黑。",
        "[h] thanked [f], and the two of them played together until it was dark."},
       {"回家的时候，[h]把它拿得紧紧的。", "on the way home [h] held it tight."}}},
     {"风把[h][the k]吹到了树上，[f]来帮忙。",
      "the wind blew the [k] of [h] up into a tree, and [f] came to help."}},
    {"hbd", /* the cook */
     {{{"[d]，[h]想给妈妈做[b]。", "on [d] [h] wanted to make [s b] for [his h] mother."},
       {"[d]是妈妈的生日，[h]要自己做[b]。",
        "on [d], the birthday of [his h] mother, [h] wanted to make [s b] alone."}},
      {{"[he h]去商店买了要用的东西。", "[he h] went to the shop and bought what was needed."},
       {"[he h]先看了看书，学了学怎么做。", "first [he h] read in a book how to do it."}},
      {{"[he h]一边做一边唱歌，忘了看时间。", "[he h] sang while [he h] was cooking and forgot the time."},
       {"做到一半，[he h]跑出去玩，忘了锅还在火上。",
        "then [he h] ran out to play and forgot that the pot was on the fire."}},
      {{"不一会儿，厨房里都是烟，全都烧黑了。",
        "soon the kitchen was full of smoke, and everything was black."},
       {"[he h]回来一看，全都不能吃了，因为火太大了。",
        "when [he h] came back, nobody could eat it, because the fire had been too hot."}},
      {{"[h]很难过，可是[he h]没有放弃。", "[h] was sad but did not give up."},
       {"爸爸说：“别难过，再试一次。”", "\"do not be sad,\" said [his h] father, \"try again.\""}},
      {{"这一次，[he h]一直站在旁边看着。", "this time [he h] stood beside it and watched."},
       {"第二次，[he h]做得又慢又小心。", "the second time [he h] worked slowly and carefully."}},
      {{"妈妈吃了一口，说：“真好吃！”", "[his h] mother tried it and said, \"It is delicious!\""},
       {"妈妈全吃光了，因为真的很好吃。",
        "[his h] mother ate everything, because it was really delicious."}}},
     {"[h]第一次把[b]做坏了，第二次做得很好吃。",
      "the first time [h] could not make [s b], but the second time it was delicious."}},
    {"rhyi", /* the palace */
     {{{"从前，有[a r]住在山上的宫殿里。", "once upon a time [a r] lived in a palace on the hill."},
       {"很久以前，山上的宫殿里住着[a r]。", "long ago there was [a r] in a palace on the hill."}},
      {{"[r]有很多金子，可是[he r]不快乐，因为[he r]没有朋友。",
        "the [r] had a lot of gold, but [he r] was not happy, because [he r] had no friends."},
       {"[he r]什么都有，却总是很难过，因为没有人和[him r]玩。",
        "[he r] had everything but was always sad, because nobody played with [him r]."}},
      {{"一天，[h]来到宫殿门口卖[y]。", "one day [h] came to the gate of the palace to sell [s y]."},
       {"一天早上，[h]到宫殿来送[y]。", "one morning [h] brought [s y] to the palace."}},
      {{"[r]请[him h]进来，问：“你会[i]吗？”", "the [r] asked [him h] in and said, \"Can you [i]?\""},
       {"[r]在窗口看见了[him h]，就叫[him h]进来一起[i]。",
        "the [r] saw [him h] from the window and asked [him h] to come in and [i]."}},
      {{"两个人一起[i]，一直玩到晚上。", "the two of them spent the whole day [doing i]."},
       {"[h]很会[i]，[r]笑了又笑。", "[h] was good at [doing i], and the [r] laughed and laughed."}},
      {{"从那以后，[h]每个星期都来。", "after that [h] came every week."},
       {"第二天，[h]又来了。", "the next day [h] came again."}},
      {{"[r]再也不难过了，因为[he r]有了一个朋友。",
        "the [r] was not sad any more, because [he r] had a friend."},
       {"[r]说：“朋友比金子更好。”", "\"a friend is better than gold,\" said the [r]."}}},
     {"[r]不快乐，后来和[h]成了朋友。", "the [r] was unhappy until [he r] became a friend of [h]."}},
    {"hfjt", /* the new school */
     {{{"[h]搬了家，来到一所新学校。", "[h] moved to a new home and came to a new school."},
       {"这是[h]在新学校的第一天。", "it was the first day of [h] at a new school."}},
      {{"[he h]谁也不认识，一个人坐在窗边。", "[he h] knew nobody and sat alone at the window."},
       {"[he h]不敢说话，因为[he h]谁也不认识。",
        "[he h] did not dare to speak, because [he h] knew nobody."}},
      {{"中午，[f]坐到[him h]旁边，笑了笑。", "at noon [f] sat down beside [him h] and smiled."},
       {"下课以后，[f]走过来跟[him h]打招呼。", "after the lesson [f] came to [him h] and said hello."}},
      {{"[f]问：“你喜欢做什么？”", "\"what do you like to do?\" asked [f]."},
       {"[f]想知道[h]喜欢做什么。", "[f] wanted to know what [h] liked to do."}},
      {{"[h]小声说：“我喜欢[j]。”", "\"I like [doing j],\" said [h] in a low voice."},
       {"[h]说，[he h]最喜欢[j]。", "[h] said that [he h] liked [doing j] best."}},
      {{"[f]高兴地说：“我也是！”", "\"me too!\" said [f] happily."},
       {"[f]很高兴，因为[he f]也喜欢[j]。", "[f] was glad, because [he f] liked [doing j] too."}},
      {{"第二天，[f]送给[h][a t]，两个人成了好朋友。",
        "the next day [f] gave [h] [a t], and the two of them became good friends."},
       {"[h]回家告诉妈妈：“我有新朋友了，[he f]还送给我[a t]。”",
        "at home [h] told [his h] mother, \"I have a new friend, and [he f] gave me [a t].\""}}},
     {"[h]在新学校认识了[f]，因为两个人都喜欢[j]。",
      "at the new school [h] found a friend in [f], because both of them liked [doing j]."}},
};

/* ---- who and what ------------------------------------------------------------------------------------ */

/* Parts of a list that suit a plot. */
static const int tame[] = {0, 1, 2, 5, 6};                   /* can be taken for a walk */
static const int mended[] = {6, 11, 12, 16, 17, 18, 20, 21}; /* can be repaired */
static const int blown[] = {2, 10, 13, 14};                  /* a wind can carry it */
static const int indoors[] = {0, 1, 2, 7};                   /* hobbies for a palace */
static const int baked[] = {6, 7, 8, 9, 12};

static int pick_of(Draft *d, const int *places, int count)
{
    return places[draft_pick(d, count)];
}

static void bind_coloured(Draft *d, const char *name, int thing)
{
    int colour = draft_pick(d, world_list_count(WORLD_COLOURS));
    draft_bind_look(d, name, world_word(WORLD_COLOURS, colour), true, world_word(WORLD_THINGS, thing));
}

static void choose(Draft *d, char letter, int *hero)
{
    switch (letter) {
    case 'h':
        *hero = draft_pick(d, WORLD_CHILDREN);
        draft_bind(d, "h", world_word(WORLD_PEOPLE, *hero));
        break;
    case 'f':
        draft_bind(d, "f", world_word(WORLD_PEOPLE, draft_pick_other(d, WORLD_CHILDREN, *hero)));
        break;
    case 'a':
        draft_bind(d, "a", world_word(WORLD_ANIMALS, pick_of(d, tame, DRAFT_COUNT(tame))));
        break;
    case 'b':
        draft_bind(d, "b", world_word(WORLD_FOODS, pick_of(d, baked, DRAFT_COUNT(baked))));
        break;
    case 'x':
        bind_coloured(d, "x", draft_pick(d, world_list_count(WORLD_THINGS)));
        break;
    case 't':
        bind_coloured(d, "t", pick_of(d, mended, DRAFT_COUNT(mended)));
        break;
    case 'k':
        bind_coloured(d, "k", pick_of(d, blown, DRAFT_COUNT(blown)));
        break;
    case 'r':
        draft_bind(d, "r", world_word(WORLD_COUPLES, draft_pick(d, 4)));
        break;
    case 'c':
        draft_bind_pick(d, "c", WORLD_COLOURS);
        break;
    case 'd':
        draft_bind_pick(d, "d", WORLD_DAYS);
        break;
    case 'j':
        draft_bind_pick(d, "j", WORLD_HOBBIES);
        break;
    case 'i':
        draft_bind(d, "i", world_word(WORLD_HOBBIES, pick_of(d, indoors, DRAFT_COUNT(indoors))));
        break;
    case 's':
        draft_bind_pick(d, "s", WORLD_SITES);
        break;
    case 'w':
        draft_bind_pick(d, "w", WORLD_WEATHERS);
        break;
    default:
        draft_bind_pick(d, "y", WORLD_FOODS);
    }
}

static const Plot *cast(Draft *d)
{
    d->task = draft_pick(d, DRAFT_COUNT(plots));
    d->size = 1; /* of this plot */
    const Plot *p = &plots[d->task];
    int hero = 0;
    for (const char *letter = p->choices; *letter; letter++)
        choose(d, *letter, &hero);
    return p;
}

/* ---- stories and summaries --------------------------------------------------------------------------- */

/* The first two steps are the beginning that a reader is given. */
void draft_story(Draft *d)
{
    enum { BEGINNING = 2 };
    const Plot *p = cast(d);
    for (int i = 0; i < STEPS; i++)
        draft_say_one(d, i < BEGINNING ? d->prompt : d->answer, p->steps[i], TELLINGS, 0);
}

void draft_summary(Draft *d)
{
    const Plot *p = cast(d);
    for (int i = 0; i < STEPS; i++)
        draft_say_one(d, d->passage, p->steps[i], TELLINGS, 0);
    draft_say(d, d->prompt, (DraftLine){"这个故事说了什么？", "what is the story about?"});
    draft_say(d, d->answer, p->summary);
}
