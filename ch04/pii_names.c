/* pii_names.c -- names after words that announce one, or before a title. Where there is no such word a pattern sees
 * nothing: that takes a model that reads the sentence (and errs). */
#include "ch04/pii_parts.h"

#include "common/text/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- English ------------------------------------------------------------------------------------- */

/* Words that begin with a capital after "Dear" and are no names. */
static bool is_no_name(const char *word, size_t length)
{
    static const char *const words[] = {
        "Sir", "Madam", "All", "Customer", "Customers", "Friend", "Friends", "Team", "Reader", "Readers",
        "The", "Mr",    "Mrs", "Ms",       "Dr",        "Prof",   "Us",      "To",   "I",      NULL};
    for (const char *const *w = words; *w; w++)
        if (strlen(*w) == length && strncmp(*w, word, length) == 0)
            return true;
    return false;
}

static size_t match_word(const char *text, size_t size, size_t at)
{
    size_t end = at;
    if (at >= size || !isupper((unsigned char)text[at]))
        return 0;
    while (end < size && end - at < 30 &&
           (isalpha((unsigned char)text[end]) || (end > at && pii_is_in(text[end], "'-"))))
        end++;
    return is_no_name(text + at, end - at) ? 0 : end - at;
}

/* One to three capitalised words. */
static size_t match_english(const char *text, size_t size, size_t at)
{
    static const char *const before[] = {"my name is", "name",    "contact", "dear",      "mr",
                                         "mrs",        "ms",      "dr",      "prof",      "sincerely,\n",
                                         "regards,\n", "signed,", "attn",    "my name's", NULL};
    if (!isupper((unsigned char)text[at]) || (at > 0 && isalpha((unsigned char)text[at - 1])))
        return 0;
    size_t first = match_word(text, size, at), end = at + first;
    if (first < 2 || !pii_follows(text, at, 4, before))
        return 0;
    for (int more = 0; more < 2 && end + 1 < size && text[end] == ' '; more++) {
        size_t word = match_word(text, size, end + 1);
        if (word == 0)
            break;
        end += 1 + word;
    }
    return end - at;
}

/* ---- Chinese ------------------------------------------------------------------------------------- */

/* The hundred most frequent surnames, roughly in their order; together they are borne by five people of six. */
static const char surnames[] = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈"
                               "曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
                               "郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";

enum { HAN = 3 }; /* bytes of a Chinese character in UTF-8 */

static bool is_han(const char *text, size_t size, size_t at)
{
    int length;
    int code = at < size ? text_utf8_decode(text + at, size - at, &length) : -1;
    return code >= 0x4E00 && code <= 0x9FFF;
}

static bool is_one_of(const char *text, size_t at, const char *characters)
{
    for (const char *c = characters; *c; c += HAN)
        if (memcmp(text + at, c, HAN) == 0)
            return true;
    return false;
}

/* A character of a given name: not one that sentences are made of. */
static bool is_given(const char *text, size_t size, size_t at)
{
    return is_han(text, size, at) &&
           !is_one_of(text, at,
                      "的了是在和不有这他她我你们也就都要会说对到从把被让给与及或请先女老电手住来去");
}

static size_t match_title(const char *text, size_t size, size_t at)
{
    static const char *const titles[] = {"先生", "女士", "小姐", "老师", "经理", "医生",
                                         "教授", "同志", "师傅", "同学", NULL};
    for (const char *const *t = titles; *t; t++)
        if (size - at >= strlen(*t) && memcmp(text + at, *t, strlen(*t)) == 0)
            return strlen(*t);
    return 0;
}

/* A surname and no, one or two more characters before a title; or one or two after a word that announces a name. */
static size_t match_chinese(const char *text, size_t size, size_t at)
{
    static const char *const before[] = {"我叫",   "名叫", "姓名", "联系人", "收件人",
                                         "名字叫", "户名", "签名", "申请人", NULL};
    if (size - at < HAN || !is_han(text, size, at) || !is_one_of(text, at, surnames))
        return 0;
    size_t end = at + HAN;
    for (int given = 0; given <= 2; given++) {
        if (end < size && match_title(text, size, end))
            return end - at;
        if (given == 2 || !is_given(text, size, end))
            break;
        end += HAN;
    }
    return end - at > HAN && pii_follows(text, at, 6, before) ? end - at : 0;
}

size_t pii_match_name(const char *text, size_t size, size_t at)
{
    return (unsigned char)text[at] < 0x80 ? match_english(text, size, at) : match_chinese(text, size, at);
}
