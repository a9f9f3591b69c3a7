/* lexicon.c -- every list of words, the two languages side by side. */
#include "common/world/lexicon.h"

#include "common/base/error.h"

#include <stdio.h>
#include <string.h>

/* Name, -, name, -, -, she? */
static const WorldWord people[] = {
    {"小红", "", "Mary", 0, 0, true},       {"小明", "", "Tom", 0, 0, false},
    {"小丽", "", "Lily", 0, 0, true},       {"小刚", "", "Jack", 0, 0, false},
    {"小华", "", "Anna", 0, 0, true},       {"小军", "", "Ben", 0, 0, false},
    {"小雨", "", "Amy", 0, 0, true},        {"小龙", "", "Sam", 0, 0, false},
    {"小芳", "", "Emma", 0, 0, true},       {"小伟", "", "Max", 0, 0, false},
    {"小梅", "", "Grace", 0, 0, true},      {"小强", "", "Leo", 0, 0, false},
    {"小兰", "", "Lucy", 0, 0, true},       {"小杰", "", "Jim", 0, 0, false},
    {"小燕", "", "Kate", 0, 0, true},       {"小东", "", "Paul", 0, 0, false},
    {"小玉", "", "Jane", 0, 0, true},       {"小海", "", "Dan", 0, 0, false},
    {"小云", "", "Ella", 0, 0, true},       {"小山", "", "Bob", 0, 0, false},
    {"小静", "", "Helen", 0, 0, true},      {"小文", "", "Peter", 0, 0, false},
    {"小月", "", "Nora", 0, 0, true},       {"小虎", "", "Tim", 0, 0, false},
    {"王女士", "", "Ms Wang", 0, 0, true},  {"王先生", "", "Mr Wang", 0, 0, false},
    {"李女士", "", "Ms Li", 0, 0, true},    {"李先生", "", "Mr Li", 0, 0, false},
    {"张女士", "", "Ms Zhang", 0, 0, true}, {"张先生", "", "Mr Zhang", 0, 0, false},
    {"刘女士", "", "Ms Liu", 0, 0, true},   {"刘先生", "", "Mr Liu", 0, 0, false},
    {"陈女士", "", "Ms Chen", 0, 0, true},  {"陈先生", "", "Mr Chen", 0, 0, false},
    {"杨女士", "", "Ms Yang", 0, 0, true},  {"杨先生", "", "Mr Yang", 0, 0, false},
    {"赵女士", "", "Ms Zhao", 0, 0, true},  {"赵先生", "", "Mr Zhao", 0, 0, false},
    {"周女士", "", "Ms Zhou", 0, 0, true},  {"周先生", "", "Mr Zhou", 0, 0, false},
    {"吴女士", "", "Ms Wu", 0, 0, true},    {"吴先生", "", "Mr Wu", 0, 0, false},
    {"徐女士", "", "Ms Xu", 0, 0, true},    {"徐先生", "", "Mr Xu", 0, 0, false},
    {"孙女士", "", "Ms Sun", 0, 0, true},   {"孙先生", "", "Mr Sun", 0, 0, false},
    {"林女士", "", "Ms Lin", 0, 0, true},   {"林先生", "", "Mr Lin", 0, 0, false},
};

static const WorldWord towns[] = {
    {"白石镇", "", "Whitestone", 0, 0, 0}, {"绿湖镇", "", "Greenlake", 0, 0, 0},
    {"长桥镇", "", "Longbridge", 0, 0, 0}, {"红山镇", "", "Redhill", 0, 0, 0},
    {"金田镇", "", "Goldfield", 0, 0, 0},  {"南港镇", "", "Southport", 0, 0, 0},
    {"北林镇", "", "Northwood", 0, 0, 0},  {"东门镇", "", "Eastgate", 0, 0, 0},
    {"清水镇", "", "Clearwater", 0, 0, 0}, {"高塔镇", "", "Hightower", 0, 0, 0},
};

static const WorldWord jobs[] = {
    {"老师", "名", "teacher", 0, 0, 0},       {"医生", "名", "doctor", 0, 0, 0},
    {"护士", "名", "nurse", 0, 0, 0},         {"农民", "名", "farmer", 0, 0, 0},
    {"厨师", "名", "cook", 0, 0, 0},          {"司机", "名", "driver", 0, 0, 0},
    {"歌手", "名", "singer", 0, 0, 0},        {"画家", "名", "painter", 0, 0, 0},
    {"作家", "名", "writer", 0, 0, 0},        {"面包师", "名", "baker", 0, 0, 0},
    {"园丁", "名", "gardener", 0, 0, 0},      {"飞行员", "名", "pilot", 0, 0, 0},
    {"牙医", "名", "dentist", 0, 0, 0},       {"工程师", "名", "engineer", 0, 0, 0},
    {"水手", "名", "sailor", 0, 0, 0},        {"木匠", "名", "carpenter", 0, 0, 0},
    {"消防员", "名", "firefighter", 0, 0, 0}, {"科学家", "名", "scientist", 0, 0, 0},
};

/* Name, inside, name, at, to: 学校, 学校里, school, at school, to school. */
static const WorldWord workplaces[] = {
    {"学校", "学校里", "school", "at a school", 0, 0},
    {"医院", "医院里", "hospital", "in a hospital", 0, 0},
    {"诊所", "诊所里", "clinic", "in a clinic", 0, 0},
    {"农场", "农场里", "farm", "on a farm", 0, 0},
    {"餐馆", "餐馆里", "restaurant", "in a restaurant", 0, 0},
    {"公共汽车", "公共汽车上", "bus", "on a bus", 0, 0},
    {"舞台", "舞台上", "stage", "on a stage", 0, 0},
    {"画室", "画室里", "studio", "in a studio", 0, 0},
    {"书房", "书房里", "study", "in a study", 0, 0},
    {"面包店", "面包店里", "bakery", "in a bakery", 0, 0},
    {"花园", "花园里", "garden", "in a garden", 0, 0},
    {"飞机", "飞机上", "plane", "on a plane", 0, 0},
};

/* Name, measure word, name, plural if it is not -s. */
static const WorldWord animals[] = {
    {"猫", "只", "cat", 0, 0, 0},        {"狗", "只", "dog", 0, 0, 0},
    {"兔子", "只", "rabbit", 0, 0, 0},   {"鸟", "只", "bird", 0, 0, 0},
    {"鱼", "条", "fish", "fish", 0, 0},  {"乌龟", "只", "turtle", 0, 0, 0},
    {"鸭子", "只", "duck", 0, 0, 0},     {"马", "匹", "horse", 0, 0, 0},
    {"牛", "头", "cow", 0, 0, 0},        {"羊", "只", "sheep", "sheep", 0, 0},
    {"猪", "头", "pig", 0, 0, 0},        {"猴子", "只", "monkey", 0, 0, 0},
    {"老虎", "只", "tiger", 0, 0, 0},    {"狮子", "头", "lion", 0, 0, 0},
    {"大象", "头", "elephant", 0, 0, 0}, {"熊", "只", "bear", 0, 0, 0},
};

/* Name, measure word, name, plural, portion: 一碗米饭, a bowl of rice. */
static const WorldWord foods[] = {
    {"苹果", "个", "apple", 0, 0, 0},
    {"香蕉", "根", "banana", 0, 0, 0},
    {"橙子", "个", "orange", 0, 0, 0},
    {"梨", "个", "pear", 0, 0, 0},
    {"桃子", "个", "peach", 0, 0, 0},
    {"鸡蛋", "个", "egg", 0, 0, 0},
    {"蛋糕", "块", "cake", 0, 0, 0},
    {"饺子", "个", "dumpling", 0, 0, 0},
    {"包子", "个", "bun", 0, 0, 0},
    {"饼干", "块", "cookie", 0, 0, 0},
    {"米饭", "碗", "rice", "rice", "bowl", 0},
    {"面条", "碗", "noodles", "noodles", "bowl", 0},
    {"汤", "碗", "soup", "soup", "bowl", 0},
    {"面包", "片", "bread", "bread", "piece", 0},
    {"奶酪", "块", "cheese", "cheese", "piece", 0},
    {"豆腐", "块", "tofu", "tofu", "piece", 0},
};

static const WorldWord things[] = {
    {"铅笔", "支", "pencil", 0, 0, 0},        {"本子", "个", "notebook", 0, 0, 0},
    {"气球", "个", "balloon", 0, 0, 0},       {"杯子", "个", "cup", 0, 0, 0},
    {"盘子", "个", "plate", 0, 0, 0},         {"贝壳", "个", "shell", 0, 0, 0},
    {"玩具车", "辆", "toy car", 0, 0, 0},     {"球", "个", "ball", 0, 0, 0},
    {"花", "朵", "flower", 0, 0, 0},          {"盒子", "个", "box", 0, 0, 0},
    {"帽子", "顶", "hat", 0, 0, 0},           {"伞", "把", "umbrella", 0, 0, 0},
    {"书包", "个", "schoolbag", 0, 0, 0},     {"风筝", "只", "kite", 0, 0, 0},
    {"围巾", "条", "scarf", "scarves", 0, 0}, {"裙子", "条", "dress", 0, 0, 0},
    {"椅子", "把", "chair", 0, 0, 0},         {"灯", "盏", "lamp", 0, 0, 0},
    {"钟", "个", "clock", 0, 0, 0},           {"毛衣", "件", "sweater", 0, 0, 0},
    {"自行车", "辆", "bicycle", 0, 0, 0},     {"吉他", "把", "guitar", 0, 0, 0},
    {"毯子", "条", "blanket", 0, 0, 0},       {"钱包", "个", "purse", 0, 0, 0},
};

/* 红色 the colour, -, red. */
static const WorldWord colours[] = {
    {"红色", "", "red", 0, 0, 0},    {"白色", "", "white", 0, 0, 0}, {"黑色", "", "black", 0, 0, 0},
    {"黄色", "", "yellow", 0, 0, 0}, {"蓝色", "", "blue", 0, 0, 0},  {"绿色", "", "green", 0, 0, 0},
    {"紫色", "", "purple", 0, 0, 0}, {"棕色", "", "brown", 0, 0, 0},
};

/* As it stands before a noun. */
static const WorldWord looks[] = {
    {"大", "", "big", 0, 0, 0}, {"小", "", "small", 0, 0, 0},      {"新", "", "new", 0, 0, 0},
    {"旧", "", "old", 0, 0, 0}, {"漂亮的", "", "pretty", 0, 0, 0}, {"干净的", "", "clean", 0, 0, 0},
};

/* As workplaces. */
static const WorldWord sites[] = {
    {"公园", "公园里", "park", "in the park", "to the park", 0},
    {"花园", "花园里", "garden", "in the garden", "to the garden", 0},
    {"图书馆", "图书馆里", "library", "in the library", "to the library", 0},
    {"市场", "市场里", "market", "at the market", "to the market", 0},
    {"商店", "商店里", "shop", "in the shop", "to the shop", 0},
    {"河边", "河边", "river", "by the river", "to the river", 0},
    {"湖边", "湖边", "lake", "by the lake", "to the lake", 0},
    {"山上", "山上", "hill", "on the hill", "up the hill", 0},
    {"车站", "车站里", "station", "at the station", "to the station", 0},
    {"学校", "学校里", "school", "at school", "to school", 0},
    {"农场", "农场里", "farm", "on the farm", "to the farm", 0},
    {"海边", "海边", "beach", "on the beach", "to the beach", 0},
};

/* Does, -, does, did, doing. */
static const WorldWord hobbies[] = {
    {"画画", "", "draw", "drew", "drawing", 0},
    {"唱歌", "", "sing", "sang", "singing", 0},
    {"跳舞", "", "dance", "danced", "dancing", 0},
    {"游泳", "", "swim", "swam", "swimming", 0},
    {"看书", "", "read", "read", "reading", 0},
    {"做饭", "", "cook", "cooked", "cooking", 0},
    {"跑步", "", "run", "ran", "running", 0},
    {"下棋", "", "play chess", "played chess", "playing chess", 0},
    {"踢足球", "", "play football", "played football", "playing football", 0},
    {"钓鱼", "", "fish", "fished", "fishing", 0},
    {"爬山", "", "climb hills", "climbed hills", "climbing hills", 0},
    {"种花", "", "grow flowers", "grew flowers", "growing flowers", 0},
};

static const WorldWord days[] = {
    {"星期一", "", "Monday", 0, 0, 0},    {"星期二", "", "Tuesday", 0, 0, 0},
    {"星期三", "", "Wednesday", 0, 0, 0}, {"星期四", "", "Thursday", 0, 0, 0},
    {"星期五", "", "Friday", 0, 0, 0},    {"星期六", "", "Saturday", 0, 0, 0},
    {"星期天", "", "Sunday", 0, 0, 0},
};

static const WorldWord seasons[] = {
    {"春天", "", "spring", 0, 0, 0},
    {"夏天", "", "summer", 0, 0, 0},
    {"秋天", "", "autumn", 0, 0, 0},
    {"冬天", "", "winter", 0, 0, 0},
};

/* 一个下雨的早上, -, a rainy morning. */
static const WorldWord weathers[] = {
    {"晴朗", "", "sunny", 0, 0, 0}, {"下雨", "", "rainy", 0, 0, 0},  {"下雪", "", "snowy", 0, 0, 0},
    {"刮风", "", "windy", 0, 0, 0}, {"多云", "", "cloudy", 0, 0, 0}, {"温暖", "", "warm", 0, 0, 0},
};

static const WorldWord ages[] = {
    {"六岁", "", "six", 0, 0, 0},      {"七岁", "", "seven", 0, 0, 0},
    {"八岁", "", "eight", 0, 0, 0},    {"九岁", "", "nine", 0, 0, 0},
    {"十岁", "", "ten", 0, 0, 0},      {"十一岁", "", "eleven", 0, 0, 0},
    {"十二岁", "", "twelve", 0, 0, 0}, {"十三岁", "", "thirteen", 0, 0, 0},
};

/* He, then she. */
static const WorldWord couples[] = {
    {"国王", "位", "king", 0, 0, false},        {"王后", "位", "queen", 0, 0, true},
    {"王子", "位", "prince", 0, 0, false},      {"公主", "位", "princess", 0, 0, true},
    {"男人", "个", "man", "men", 0, false},     {"女人", "个", "woman", "women", 0, true},
    {"男孩", "个", "boy", 0, 0, false},         {"女孩", "个", "girl", 0, 0, true},
    {"爸爸", "个", "father", 0, 0, false},      {"妈妈", "个", "mother", 0, 0, true},
    {"儿子", "个", "son", 0, 0, false},         {"女儿", "个", "daughter", 0, 0, true},
    {"哥哥", "个", "brother", 0, 0, false},     {"姐姐", "个", "sister", 0, 0, true},
    {"叔叔", "位", "uncle", 0, 0, false},       {"阿姨", "位", "aunt", 0, 0, true},
    {"爷爷", "位", "grandfather", 0, 0, false}, {"奶奶", "位", "grandmother", 0, 0, true},
    {"丈夫", "位", "husband", 0, 0, false},     {"妻子", "位", "wife", "wives", 0, true},
};

static const WorldWord opposites[] = {
    {"大", "", "big", 0, 0, 0},   {"小", "", "small", 0, 0, 0}, {"长", "", "long", 0, 0, 0},
    {"短", "", "short", 0, 0, 0}, {"新", "", "new", 0, 0, 0},   {"旧", "", "old", 0, 0, 0},
    {"热", "", "hot", 0, 0, 0},   {"冷", "", "cold", 0, 0, 0},  {"快", "", "fast", 0, 0, 0},
    {"慢", "", "slow", 0, 0, 0},  {"高", "", "high", 0, 0, 0},  {"低", "", "low", 0, 0, 0},
    {"轻", "", "light", 0, 0, 0}, {"重", "", "heavy", 0, 0, 0}, {"干", "", "dry", 0, 0, 0},
    {"湿", "", "wet", 0, 0, 0},   {"软", "", "soft", 0, 0, 0},  {"硬", "", "hard", 0, 0, 0},
    {"远", "", "far", 0, 0, 0},   {"近", "", "near", 0, 0, 0},
};

#define LIST(table)                                \
    {                                              \
        table, (int)(sizeof table / sizeof *table) \
    }

static const struct {
    const WorldWord *items;
    int count;
} lists[WORLD_LISTS] = {
    [WORLD_PEOPLE] = LIST(people),         [WORLD_TOWNS] = LIST(towns),         [WORLD_JOBS] = LIST(jobs),
    [WORLD_WORKPLACES] = LIST(workplaces), [WORLD_ANIMALS] = LIST(animals),     [WORLD_FOODS] = LIST(foods),
    [WORLD_THINGS] = LIST(things),         [WORLD_COLOURS] = LIST(colours),     [WORLD_LOOKS] = LIST(looks),
    [WORLD_SITES] = LIST(sites),           [WORLD_HOBBIES] = LIST(hobbies),     [WORLD_DAYS] = LIST(days),
    [WORLD_SEASONS] = LIST(seasons),       [WORLD_WEATHERS] = LIST(weathers),   [WORLD_AGES] = LIST(ages),
    [WORLD_COUPLES] = LIST(couples),       [WORLD_OPPOSITES] = LIST(opposites),
};

int world_list_count(WorldList list)
{
    return lists[list].count;
}

const WorldWord *world_word(WorldList list, int at)
{
    if (at < 0 || at >= lists[list].count)
        FATAL("text_word: word %d of list %d; it has %d", at, (int)list, lists[list].count);
    return &lists[list].items[at];
}

void world_plural(const WorldWord *w, char out[48])
{
    size_t size = strlen(w->en);
    char last = w->en[size - 1], before = size > 1 ? w->en[size - 2] : ' ';
    if (w->second)
        snprintf(out, 48, "%s", w->second);
    else if (strchr("sxz", last) || (last == 'h' && strchr("cs", before)))
        snprintf(out, 48, "%ses", w->en);
    else if (last == 'y' && !strchr("aeiou", before))
        snprintf(out, 48, "%.*sies", (int)size - 1, w->en);
    else
        snprintf(out, 48, "%ss", w->en);
}
