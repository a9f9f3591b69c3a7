#include "ch04/rule_examples.h"

#define EN LANGUAGE_EN
#define ZH LANGUAGE_ZH

const RuleExample rule_examples[QUALITY_RULES] = {
    [QUALITY_LENGTH] = {{EN, ZH},
                        "Click here to read more.",
                        "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
                        "a poem of Li Bai"},
    [QUALITY_WORD_LENGTH] =
        {{ZH, EN},
         "首页 新闻 产品 招聘 关于 联系",
         "Ingredients: methylchloroisothiazolinone, phenoxyethanol, polyquaternium, tocopherol.",
         "a list of ingredients"},
    [QUALITY_SYMBOLS] =
        {{EN, EN},
         "#sale #deals #fashion #follow #love #shop #now",
         "Write #include for a header, #define for a macro, #if and #endif around what depends on it.",
         "a lesson on C"},
    [QUALITY_BULLETS] = {{ZH, EN},
                         "· 首页\n· 新闻\n· 产品\n· 联系方式\n",
                         "- two eggs\n- a cup of milk\n- three spoons of flour\n",
                         "a recipe"},
    [QUALITY_ELLIPSES] =
        {{EN, ZH},
         "Ten tricks that will change your life...\nYou will not believe what she said...\nRead more...\n",
         "我等了很久……\n雨还在下。\n他没有来……\n",
         "a poem"},
    [QUALITY_LETTERS] = {{EN, EN},
                         "2026-03-14 12.50 in stock 2026-03-15 13.75 sold out 2026-03-16 9.99 in stock",
                         "Half of 7 is 3.5, and 3 times 7 is 21; 7 less 2 is 5.",
                         "a page of sums"},
    [QUALITY_STOP_WORDS] = {{EN, ZH},
                            "cheap watches best watches discount watches free shipping",
                            "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
                            "a poem of Wang Zhihuan"},
    [QUALITY_SAME_LINES] =
        {{ZH, EN},
         "返回顶部\n热门推荐\n返回顶部\n返回顶部\n",
         "London Bridge is falling down,\nFalling down, falling down,\nLondon Bridge is falling down,\nMy "
         "fair lady.\n",
         "a song"},
    [QUALITY_TOP_NGRAM] = {{EN, EN},
                           "Buy watches. Buy watches. Buy watches at our shop today.",
                           "To be, or not to be, that is the question.",
                           "words of Hamlet"},
    [QUALITY_SAME_NGRAMS] =
        {{ZH, EN},
         "请点击这里查看更多内容。请点击这里查看更多内容。请点击这里查看更多内容。",
         "Ten green bottles hanging on the wall, and if one green bottle should accidentally fall, "
         "there'll "
         "be nine green bottles hanging on the wall. Nine green bottles hanging on the wall, and if one "
         "green bottle should accidentally fall, there'll be eight.",
         "a counting song"},
    [QUALITY_SENTENCES] =
        {{EN, EN},
         "Home | News | Products | About us | Contact",
         "A programmer who wants to know how fast his program is should measure it several times, on a "
         "machine that does nothing else, and report the median.",
         "one long sentence"},
    [QUALITY_LINE_ENDS] =
        {{EN, EN},
         "Popular now\nRelated articles\nShare on Facebook\n",
         "Shall I compare thee to a summer's day\nThou art more lovely and more temperate\n",
         "verses"},
    [QUALITY_SHORT_LINES] = {{ZH, ZH},
                             "返回顶部\n相关阅读\n打印本页\n",
                             "春眠不觉晓，\n处处闻啼鸟。\n夜来风雨声，\n花落知多少。\n",
                             "a poem of Meng Haoran"},
    [QUALITY_BRACES] = {{EN, EN},
                        "var x = 3; function f(e){return e.id;}",
                        "int square(int x)\n{\n    return x * x;\n}\n",
                        "a function in C"},
    [QUALITY_PLACEHOLDER] =
        {{ZH, EN},
         "公司简介：此处添加文字，此处添加文字。",
         "Printers have used the words lorem ipsum since the sixties to show a page before its text is "
         "written.",
         "an article about it"},
};
