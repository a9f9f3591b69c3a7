/* invented.c -- forms of each kind of personal data, and sentences that they stand in. */
#include "ch04/invented.h"

#include "common/base/base.h"

#include <stdio.h>
#include <string.h>

#define PICK(rng, array) ((array)[rng_below(rng, (int)(sizeof(array) / sizeof *(array)))])

enum { ITEM = 128 };

/* ---- items ------------------------------------------------------------------------------------------- */

static void write_email(Rng *rng, char out[ITEM])
{
    static const char *const people[] = {"jane.doe",     "li_ming",  "wang-fang",
                                         "j.smith+news", "info2026", "x"};
    static const char *const hosts[] = {"example.com", "mail.example.org", "example.net",
                                        "a.b.example.edu"};
    snprintf(out, ITEM, "%s@%s", PICK(rng, people), PICK(rng, hosts));
}

static void write_mobile(Rng *rng, char out[ITEM])
{
    static const char *const forms[] = {"154%04d%04d", "154-%04d-%04d", "154 %04d %04d", "+86 154%04d%04d",
                                        "+86 154 %04d %04d"};
    snprintf(out, ITEM, PICK(rng, forms), rng_below(rng, 10000), rng_below(rng, 10000));
}

static void write_landline(Rng *rng, char out[ITEM])
{
    static const char *const forms[] = {"010-0%03d%04d", "(0755) 0%03d%04d", "021 0%03d%04d",
                                        "0571-0%03d %04d"};
    if (rng_below(rng, 3) == 0)
        snprintf(out, ITEM, rng_below(rng, 2) ? "(%d) 555-01%02d" : "%d-555-01%02d",
                 200 + rng_below(rng, 700), rng_below(rng, 100));
    else
        snprintf(out, ITEM, PICK(rng, forms), rng_below(rng, 1000), rng_below(rng, 10000));
}

static void write_phone(Rng *rng, char out[ITEM])
{
    static const char *const forms[] = {"+44 20 7946 0%03d", "+44 7700 900%03d", "+49 30 23125 %03d",
                                        "+442079460%03d"};
    snprintf(out, ITEM, PICK(rng, forms), rng_below(rng, 1000));
}

static void write_identity(Rng *rng, char out[ITEM])
{
    int n = snprintf(out, ITEM, "99%02d%02d%04d%02d%02d%03d", rng_below(rng, 100), rng_below(rng, 100),
                     1940 + rng_below(rng, 75), 1 + rng_below(rng, 12), 1 + rng_below(rng, 28),
                     rng_below(rng, 1000));
    for (int c = 0; c < 11; c++) {
        out[n] = "0123456789X"[c];
        if (pii_identity(out))
            break;
    }
    out[n + 1] = '\0';
}

static void write_card(Rng *rng, char out[ITEM])
{
    static const char *const cards[] = {"4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444",
                                        "378282246310005",  "3782 822463 10005",   "6011111111111117",
                                        "3530111333300000", "4242 4242 4242 4242", "6200 0000 0000 0005",
                                        "2223003122003222", "30569309025904"};
    snprintf(out, ITEM, "%s", PICK(rng, cards));
}

static void write_account(Rng *rng, char out[ITEM])
{
    if (rng_below(rng, 2)) { /* after a word that announces it: the sentences have one */
        snprintf(out, ITEM, rng_below(rng, 2) ? "000%04d%04d%04d" : "000%04d %04d%04d",
                 rng_below(rng, 10000), rng_below(rng, 10000), rng_below(rng, 10000));
        return;
    }
    for (int check = 2; check < 99; check++) {
        snprintf(out, ITEM, "ZZ%02d1234567890%06d", check, rng_below(rng, 1000000));
        for (int again = 2; again < 99 && !pii_iban(out, (int)strlen(out)); again++) {
            out[2] = (char)('0' + again / 10);
            out[3] = (char)('0' + again % 10);
        }
        if (pii_iban(out, (int)strlen(out)))
            return;
    }
}

static void write_ip(Rng *rng, char out[ITEM])
{
    static const char *const forms[] = {"192.0.2.%d", "198.51.100.%d", "203.0.113.%d", "2001:db8::%x:1",
                                        "2001:db8:0:1:%x:2:3:4"};
    snprintf(out, ITEM, PICK(rng, forms), 1 + rng_below(rng, 254));
}

static void write_url(Rng *rng, char out[ITEM])
{
    static const char *const forms[] = {
        "https://example.com/reset?token=%08x", "http://jane:s%07x@example.org/files",
        "https://www.example.net/api?v=2&api_key=%08x", "https://example.com/login?session=%08xab&lang=zh"};
    snprintf(out, ITEM, PICK(rng, forms), (unsigned)rng_next(rng));
}

static void write_name(WorldLanguage language, Rng *rng, char out[ITEM])
{
    static const char *const first[] = {"Anna", "Peter", "Maria", "Jean-Luc", "Grace"},
                             *const last[] = {"Smith", "O'Neil", "Garcia", "Fischer", "Okafor"};
    static const char *const surname[] = {"王", "李", "张", "欧阳", "林", "郑"}, *const given[] = {
                                                                                     "小明", "丽", "建国",
                                                                                     "雨桐", "芳"};
    if (language == WORLD_EN)
        snprintf(out, ITEM, "%s %s", PICK(rng, first), PICK(rng, last));
    else
        snprintf(out, ITEM, "%s%s", PICK(rng, surname), PICK(rng, given));
}

static void write_item(PiiKind kind, WorldLanguage language, Rng *rng, char out[ITEM])
{
    static void (*const writers[PII_KINDS])(Rng *, char[ITEM]) = {
        write_email, write_mobile,  write_landline, write_phone, write_identity,
        write_card,  write_account, write_ip,       write_url,   NULL};
    if (writers[kind])
        writers[kind](rng, out);
    else
        write_name(language, rng, out);
}

/* ---- sentences --------------------------------------------------------------------------------------- */

/* | is where the item stands. */
static const char *const sentences[PII_KINDS][WORLD_LANGUAGES][4] = {
    [PII_EMAIL] = {{"请把简历发到|。", "邮箱：|，欢迎来信。", "有问题联系|吧", "他的地址是|，不常看。"},
                   {"Write to | for details.", "My address is |, but I rarely read it.", "Contact (|).",
                    "E-mail:|"}},
    [PII_MOBILE] = {{"我的手机是|，晚上打。", "电话：|（微信同号）", "请拨打|预约。", "联系人手机|"},
                    {"Call me on | after six.", "Mobile: |", "Text | to order.",
                     "My Chinese number is |, the other one is off."}},
    [PII_LANDLINE] = {{"座机|，工作日有人接。", "电话：|", "请打|找前台。", "传真和电话都是|。"},
                      {"Our office: |.", "Phone | and ask for the manager.", "Fax: |",
                       "You can reach the shop at |, daily."}},
    [PII_PHONE] = {{"国外请拨|。", "伦敦办公室：|", "海外电话|，有中文服务。", "打|也可以。"},
                   {"From abroad dial |.", "London office: |", "She left | as her number.",
                    "Hotline | (free)."}},
    [PII_IDENTITY] = {{"身份证号：|。", "本人证件号码|，特此证明。", "请核对|是否正确",
                       "他的身份证是|，已过期。"},
                      {"His identity number is |.", "ID card: |", "Passport or ID | please.",
                       "The form asked for |, which he gave."}},
    [PII_CARD] = {{"卡号|，有效期见背面。", "请用|付款。", "信用卡：|", "我的卡是|，刚办的。"},
                  {"Charge it to |.", "Card number: |", "He typed | into the form.",
                   "The card | was refused."}},
    [PII_ACCOUNT] = {{"账号：|。", "请汇到账户|，谢谢。", "收款帐号|", "银行账号为|，请查收。"},
                     {"Account: |.", "Please pay into account number |, thank you.", "IBAN or account |",
                      "The account is |."}},
    [PII_IP] = {{"来自|的访问被拒绝。", "他的地址是|。", "登录地址：|", "服务器|没有响应。"},
                {"Access from | was denied.", "The user at | logged in twice.", "Last login: |",
                 "Host | did not answer."}},
    [PII_URL] = {{"点击|重设密码。", "链接：|", "请打开 | 查看", "他贴出了|，大家都能登录。"},
                 {"Open | to set a new password.", "Link: |", "He posted <|> in the forum.", "See |."}},
    [PII_NAME] = {{"我叫|，今年八岁。", "联系人：|", "收件人：|，请签收。", "姓名|"},
                  {"My name is | and I am eight.", "Contact: |", "Dear |,", "Name: |"}},
};

static Invented put(const char *sentence, const char *item, PiiKind kind)
{
    Invented v;
    size_t at = strcspn(sentence, "|"), size = strlen(item);
    snprintf(v.text, sizeof v.text, "%.*s%s%s", (int)at, sentence, item, sentence + at + 1);
    v.truth = (PiiSpan){at, size, kind};
    return v;
}

Invented invented(PiiKind kind, WorldLanguage language, Rng *rng)
{
    char item[ITEM];
    const char *sentence = PICK(rng, sentences[kind][language]);
    write_item(kind, language, rng, item);
    return put(sentence, item, kind);
}

/* ---- disguises --------------------------------------------------------------------------------------- */

const char *disguise_name(Disguise d)
{
    static const char *const names[DISGUISES] = {"jane (at) example (dot) com", "full-width digits",
                                                 "digits as characters", "a space after each digit"};
    return names[d];
}

Invented invented_disguised(Disguise d, Rng *rng)
{
    static const char *const words[] = {"jane (at) example (dot) com", "li.ming#example.cn (把#换成@)",
                                        "j smith AT example DOT org"};
    static const char *const spelt[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
    static const char *const wide[] = {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
    char plain[16], item[ITEM];
    size_t n = 0;
    if (d == DISGUISE_WORDS)
        return put("请写信到|。", PICK(rng, words), PII_EMAIL);
    snprintf(plain, sizeof plain, "154%04d%04d", rng_below(rng, 10000), rng_below(rng, 10000));
    for (const char *p = plain; *p; p++)
        if (d == DISGUISE_SPACES)
            n += (size_t)snprintf(item + n, sizeof item - n, "%s%c", p > plain ? " " : "", *p);
        else
            n += (size_t)snprintf(item + n, sizeof item - n, "%s",
                                  (d == DISGUISE_WIDE ? wide : spelt)[*p - '0']);
    return put("我的手机是|，晚上打。", item, PII_MOBILE);
}

/* ---- what only looks like personal data -------------------------------------------------------------- */

const char *look_alike_name(LookAlike l)
{
    static const char *const names[LOOK_ALIKES] = {
        "order numbers",   "versions, sections", "dates, times",    "amounts",
        "rows of a table", "serial numbers",     "words like names"};
    return names[l];
}

/* In a pattern # stands for a digit, and ? for one from 1 to 9. */
static const char *const patterns[LOOK_ALIKES][WORLD_LANGUAGES][5] = {
    [LOOKS_ORDER] = {{"订单号 ?###############，已发货。", "快递单号：SF?############",
                      "发票 ?#######-## 已开具。", "编号?#################的商品", "合同号 HT-2026-####"},
                     {"Your order ?############### has shipped.", "Invoice ?#######-## is due.",
                      "Parcel ?Z###########?", "Item ?################# is sold out.", "Ticket #?#####"}},
    [LOOKS_VERSION] = {{"版本 ?.?.?.#", "升级到?.##.?.#之后很稳定。", "见第?.?.?.?节。", "构建号?####.####",
                        "驱动?##.##.##"},
                       {"Version ?.?.?.# is out.", "Upgrade to ?.##.?.# first.", "See section ?.?.?.?.",
                        "Build ?####.####", "Chrome/1##.#.####.## fixes it."}},
    [LOOKS_DATE] = {{"2026-11-28 1#:##:##", "会议在2026年11月28日1#:##开始。", "时间戳17########",
                     "2019 2020 2021 2022 年的数据", "每天0#:##到1#:##"},
                    {"2026-11-28T1#:##:##Z", "It began on 28/11/2026 at 1#:##.", "Time stamp 17##########",
                     "In 2019 2020 2021 2022 it rained.", "From 0#:## to 1#:## daily"}},
    [LOOKS_AMOUNT] = {{"总价?,###,###元。", "人口?####.##万", "坐标 ?#.######, 1##.######",
                       "成交额?###########元", "密度?.########"},
                      {"It cost $?,###,###.##.", "A population of ?,###,###,###.",
                       "At ?#.######, -1##.######.", "Turnover ?########### dollars",
                       "pi is about 3.14159265358979."}},
    [LOOKS_TABLE] = {{"?### #### #### ####", "?## ## ### ####", "合计 ?### ?### ?###", "?# ?# ?# ?# ?# ?#",
                      "?####### ?####### "},
                     {"?### #### #### ####", "?## ### ####", "total ?### ?### ?###", "?# ?# ?# ?# ?# ?#",
                      "?####### ?#######"}},
    [LOOKS_PHONE] = {{"序列号1?#########", "游戏账号里有1?#########金币。", "设备编号1?#########。",
                      "流水号：1?#########", "总共1?#########字节"},
                     {"Serial 1?#########", "It moved 1?######### bytes.", "Device 1?#########.",
                      "Receipt: 1?#########", "Part ?##-###-####"}},
    [LOOKS_NAME] = {{"于是老师走了。", "高同学成绩的办法", "马先生了小马。", "他在何老师傅那里。",
                     "黄金先生产，再出售。"},
                    {"Dear Reader,", "Name the Rivers of Europe.", "Dr Pepper and Coca Cola",
                     "Contact Sales Team", "Ms Word is a program."}},
};

void look_alike(LookAlike l, WorldLanguage language, Rng *rng, char out[INVENTED_ROOM])
{
    snprintf(out, INVENTED_ROOM, "%s", PICK(rng, patterns[l][language]));
    for (char *p = out; *p; p++)
        if (*p == '#' || *p == '?')
            *p = (char)(*p == '#' ? '0' + rng_below(rng, 10) : '1' + rng_below(rng, 9));
}
