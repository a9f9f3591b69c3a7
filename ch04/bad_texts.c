/* bad_texts.c -- each kind is a few lines of patterns and a generator, in both languages. */
#include "ch04/bad_texts.h"

#include "ch04/language_sample.h"
#include "common/base/base.h"
#include "common/text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *bad_kind_name(BadKind kind)
{
    static const char *const names[BAD_KINDS] = {"boilerplate", "spam",     "gibberish",
                                                 "shuffled",    "repeated", "list",
                                                 "mojibake",    "foreign",  "markup"};
    return names[kind];
}

#define PICK(rng, array) ((array)[rng_below(rng, (int)(sizeof(array) / sizeof *(array)))])

/* ---- good texts, of which some bad ones are made ------------------------------------------------------ */

static void write_samples(FILE *out, WorldKind kind, int count, WorldLanguage language, WorldSide side,
                          Rng *rng)
{
    WorldSamples s = world_samples(&(WorldRequest){kind, language, side, count, 0, 0}, rng);
    for (int i = 0; i < s.count; i++) {
        char *text = kind == WORLD_PASSAGE  ? memory_string(s.items[i].passage)
                     : kind == WORLD_REVIEW ? memory_string(s.items[i].prompt)
                                            : world_sample_join(&s.items[i]);
        size_t size = strlen(text);
        fprintf(out, "%.*s\n", (int)(size > 0 && text[size - 1] == '\n' ? size - 1 : size), text);
        free(text);
    }
    world_samples_free(&s);
}

char *good_text_of(WorldKind kind, int count, WorldLanguage language, WorldSide side, Rng *rng)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    write_samples(out, kind, count, language, side, rng);
    fclose(out);
    return text;
}

char *good_text(WorldLanguage language, WorldSide side, Rng *rng)
{
    static const struct {
        WorldKind kind;
        int count;
    } mixture[] = {
        {WORLD_STORY, 2}, {WORLD_STORY, 3}, {WORLD_STORY, 4}, {WORLD_REVIEW, 6}, {WORLD_PASSAGE, 6}};
    int i = rng_below(rng, sizeof mixture / sizeof *mixture);
    return good_text_of(mixture[i].kind, mixture[i].count, language, side, rng);
}

/* ---- boilerplate, spam, lists, markup: patterns --------------------------------------------------- */

static const char *const boilerplate[WORLD_LANGUAGES][18] = {
    {"首页 | 新闻 | 产品 | 关于我们 | 联系方式", "登录 | 注册", "版权所有 © 2026 示例公司",
     "本网站使用 Cookie 改善您的体验。", "点击这里查看更多", "上一篇：公告", "下一篇：通知",
     "分享到：微博 微信 QQ", "您所在的位置：首页 > 新闻 > 正文", "热门推荐", "相关阅读",
     "隐私政策 | 使用条款 | 网站地图", "请登录后发表评论。", "扫一扫，关注我们的公众号", "浏览次数：1024",
     "责任编辑：小编", "打印本页 关闭窗口", "返回顶部"},
    {"Home | News | Products | About us | Contact", "Log in | Sign up",
     "© 2026 Example Ltd. All rights reserved.", "This site uses cookies to improve your experience.",
     "Click here to read more", "Previous post", "Next post", "Share on Facebook Twitter LinkedIn",
     "You are here: Home > News > Article", "Popular now", "Related articles",
     "Privacy policy | Terms of use | Site map", "Please log in to leave a comment.",
     "Subscribe to our newsletter", "1,024 views", "Posted by admin", "Print this page", "Back to top"},
};

/* %s is a product. */
static const char *const spam[WORLD_LANGUAGES][10] = {
    {"最便宜的%s，全网最低价！", "%s哪里买？就来我们的店，%s正品保证。", "今天下单%s，立减五十元。",
     "我们是专业的%s厂家，欢迎来电订购%s。", "想要好的%s，不要犹豫，马上购买！",
     "%s批发，%s零售，%s代理，价格优惠。", "上千位顾客都说我们的%s好，您还在等什么？",
     "限时优惠，%s买一送一，送完为止！", "%s价格，%s图片，%s品牌，%s排行榜。", "加客服，免费领取%s一份。"},
    {"Buy cheap %s online at the lowest price!",
     "Where to buy %s? Our shop has the best %s with a guarantee.",
     "Order your %s today and save fifty percent.",
     "We are the leading supplier of %s and we have %s that you will love.",
     "Do not wait to get the %s of your dreams!", "Cheap %s, best %s, discount %s, free shipping.",
     "Thousands of customers say that our %s is the best, so what are you waiting for?",
     "Limited offer: buy one %s and get one free with every order!",
     "%s price, %s reviews, %s for sale, top ten %s.", "Click here to claim your free %s."},
};

static const char *const products[WORLD_LANGUAGES][8] = {
    {"手表", "减肥茶", "手机壳", "运动鞋", "化妆品", "打印机", "保险", "彩票软件"},
    {"watches", "slimming tea", "phone cases", "running shoes", "sunglasses", "printers", "car insurance",
     "lottery software"},
};

static const char *const stock[WORLD_LANGUAGES][3] = {{"有货", "缺货", "预订"},
                                                      {"in stock", "sold out", "pre-order"}};

static const char *const markup[] = {"<div class=\"nav-%d\"><ul><li><a href=\"#\">",
                                     "</a></li></ul></div>",
                                     "function f%d(e){return e.id;}",
                                     ".box%d{margin:0;padding:4px;}",
                                     "var x%d = document.getElementById('t');",
                                     "&nbsp;&nbsp;&copy;&raquo;",
                                     "<img src=\"/img/%d.png\" alt=\"\" width=\"100%\">",
                                     "if(window.ga){ga('send','event',%d);}",
                                     "@media (max-width:%dpx){.menu{display:none}}",
                                     "<!-- end of section %d -->"};

static void write_boilerplate(FILE *out, WorldLanguage language, Rng *rng)
{
    for (int n = 12 + rng_below(rng, 12); n > 0; n--)
        fprintf(out, "%s\n", PICK(rng, boilerplate[language]));
}

/* One or two products, and each sentence about them at most once: as prose to the eye of a rule. */
static void write_spam(FILE *out, WorldLanguage language, Rng *rng)
{
    const char *product[2] = {PICK(rng, products[language]), PICK(rng, products[language])};
    int order[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    rng_shuffle(rng, order, 10);
    for (int n = 7 + rng_below(rng, 4); n > 0; n--) {
        const char *pattern = spam[language][order[n - 1]], *is = product[rng_below(rng, 2)];
        for (const char *p; (p = strstr(pattern, "%s")) != NULL; pattern = p + 2)
            fprintf(out, "%.*s%s", (int)(p - pattern), pattern, is);
        fprintf(out, "%s%s", pattern, rng_below(rng, 3) == 0 ? "\n" : language == WORLD_EN ? " " : "");
    }
    fputc('\n', out);
}

static void write_list(FILE *out, WorldLanguage language, Rng *rng)
{
    for (int n = 15 + rng_below(rng, 15); n > 0; n--)
        fprintf(out, "%c%c-%05d  2026-%02d-%02d  %d.%02d  %s\n", 'A' + rng_below(rng, 26),
                'A' + rng_below(rng, 26), rng_below(rng, 100000), 1 + rng_below(rng, 12),
                1 + rng_below(rng, 28), rng_below(rng, 500), rng_below(rng, 100),
                PICK(rng, stock[language]));
}

static void write_markup(FILE *out, Rng *rng)
{
    for (int n = 15 + rng_below(rng, 15); n > 0; n--) {
        const char *line = PICK(rng, markup), *number = strstr(line, "%d");
        if (number)
            fprintf(out, "%.*s%d%s\n", (int)(number - line), line, rng_below(rng, 1000), number + 2);
        else
            fprintf(out, "%s\n", line);
    }
}

/* ---- gibberish, and good texts that are spoilt ------------------------------------------------------ */

static void write_code(FILE *out, int code)
{
    char bytes[TEXT_UTF8_MAX];
    fwrite(bytes, 1, (size_t)text_utf8_encode(code, bytes), out);
}

static void write_gibberish(FILE *out, WorldLanguage language, Rng *rng)
{
    for (int n = 8 + rng_below(rng, 8); n > 0; n--) {
        for (int words = 6 + rng_below(rng, 10); words > 0; words--) {
            for (int letters = 2 + rng_below(rng, 9); language == WORLD_EN && letters > 0; letters--)
                fputc('a' + rng_below(rng, 26), out);
            if (language == WORLD_ZH)
                write_code(out, 0x4E00 + rng_below(rng, 0x9FA6 - 0x4E00));
            else if (words > 1)
                fputc(' ', out);
        }
        fputs(language == WORLD_ZH ? "。" : rng_below(rng, 4) == 0 ? ".\n" : ". ", out);
    }
    fputc('\n', out);
}

/* The pieces of a good text, words or Chinese characters, in a random order. */
static void write_shuffled(FILE *out, WorldLanguage language, Rng *rng)
{
    char *text = good_text(language, WORLD_TRAIN, rng);
    size_t size = strlen(text);
    int *at = memory_new(sizeof *at * (size + 1)), n = 0;
    for (size_t i = 0; i < size; i += strcspn(text + i, " \n")) {
        i += strspn(text + i, " \n");
        if (language == WORLD_EN && i < size)
            at[n++] = (int)i;
        for (int length; language == WORLD_ZH && i < size && text[i] != '\n'; i += (size_t)length) {
            text_utf8_decode(text + i, size - i, &length);
            at[n++] = (int)i;
        }
    }
    rng_shuffle(rng, at, (size_t)n);
    for (int i = 0; i < n; i++) {
        int length = (int)strcspn(text + at[i], " \n");
        if (language == WORLD_ZH)
            text_utf8_decode(text + at[i], size - (size_t)at[i], &length);
        fprintf(out, "%.*s%s", length, text + at[i], language == WORLD_EN && i < n - 1 ? " " : "");
    }
    fputs(language == WORLD_EN ? ".\n" : "。\n", out);
    free(at);
    free(text);
}

static void write_repeated(FILE *out, WorldLanguage language, Rng *rng)
{
    char *text = good_text(language, WORLD_TRAIN, rng);
    const char *stop = language == WORLD_EN ? ". " : "。", *end = strstr(text, stop);
    int length = end ? (int)(end - text) + (language == WORLD_EN ? 1 : 3) : (int)strcspn(text, "\n");
    bool lines = rng_below(rng, 2) == 0;
    for (int n = 10 + rng_below(rng, 15); n > 0; n--)
        fprintf(out, "%.*s%s", length, text, lines ? "\n" : language == WORLD_EN ? " " : "");
    fputc('\n', out);
    free(text);
}

/* What a reader of Windows-1252 makes of the bytes of UTF-8, and one of UTF-16 of ASCII: Chinese becomes accented
 * letters, English becomes rare Chinese characters. */
static void write_mojibake(FILE *out, WorldLanguage language, Rng *rng)
{
    static const unsigned short windows[32] = {
        0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
        0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
    char *text = good_text(language, WORLD_TRAIN, rng);
    for (const char *p = text; *p; p++) {
        unsigned char byte = (unsigned char)*p, next = (unsigned char)p[1];
        if (language == WORLD_ZH)
            write_code(out, byte >= 0x80 && byte < 0xA0 ? windows[byte - 0x80] : byte);
        else if (next && next != '\n' && byte != '\n')
            write_code(out, next << 8 | byte), p++;
    }
    fputc('\n', out);
    free(text);
}

char *bad_text(BadKind kind, WorldLanguage language, Rng *rng)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (kind == BAD_BOILERPLATE)
        write_boilerplate(out, language, rng);
    else if (kind == BAD_SPAM)
        write_spam(out, language, rng);
    else if (kind == BAD_GIBBERISH)
        write_gibberish(out, language, rng);
    else if (kind == BAD_SHUFFLED)
        write_shuffled(out, language, rng);
    else if (kind == BAD_REPEATED)
        write_repeated(out, language, rng);
    else if (kind == BAD_LIST)
        write_list(out, language, rng);
    else if (kind == BAD_MOJIBAKE)
        write_mojibake(out, language, rng);
    else if (kind == BAD_FOREIGN)
        fprintf(out, "%s\n", language_samples[1 + rng_below(rng, LANGUAGE_SAMPLES - 1)].text);
    else
        write_markup(out, rng);
    fclose(out);
    return text;
}
