/* pii.c -- goes over a text once and asks each matcher at each position; addresses of the net; masking. */
#include "ch04/pii.h"

#include "ch04/language.h"
#include "ch04/pii_parts.h"
#include "common/base/base.h"
#include "common/text/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *mask[2]; /* Chinese, English */
    PiiMatcher *match;
} kinds[PII_KINDS] = {
    [PII_EMAIL] = {"e-mail address", {"[邮箱]", "[e-mail address]"}, pii_match_email},
    [PII_MOBILE] = {"mobile number", {"[手机号]", "[mobile number]"}, pii_match_mobile},
    [PII_LANDLINE] = {"landline number", {"[电话号码]", "[phone number]"}, pii_match_landline},
    [PII_PHONE] = {"international number", {"[电话号码]", "[phone number]"}, pii_match_phone},
    [PII_IDENTITY] = {"identity number", {"[身份证号]", "[identity number]"}, pii_match_identity},
    [PII_CARD] = {"card number", {"[卡号]", "[card number]"}, pii_match_card},
    [PII_ACCOUNT] = {"bank account", {"[账号]", "[account number]"}, pii_match_account},
    [PII_IP] = {"IP address", {"[IP 地址]", "[IP address]"}, pii_match_ip},
    [PII_URL] = {"URL with a secret", {"[链接]", "[link]"}, pii_match_url},
    [PII_NAME] = {"name", {"[姓名]", "[name]"}, pii_match_name},
};

const char *pii_kind_name(PiiKind kind)
{
    return kinds[kind].name;
}

void pii_spans_free(PiiSpans *s)
{
    free(s->items);
    *s = (PiiSpans){NULL, 0, 0};
}

static void spans_add(PiiSpans *s, PiiSpan span)
{
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 16;
        s->items = memory_resize(s->items, sizeof *s->items * (size_t)s->room);
    }
    s->items[s->count++] = span;
}

static bool is_alnum(char c)
{
    return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

//> find
void pii_find(const char *text, size_t size, int set, PiiSpans *found)
{
    for (size_t at = 0; at < size;) {
        PiiSpan best = {at, 0, PII_KINDS};
        bool inside =
            at > 0 && is_alnum(text[at]) && is_alnum(text[at - 1]); /* of a word: nothing begins there */
        for (int k = 0; k < PII_KINDS && !inside; k++) {
            size_t length = set >> k & 1 ? kinds[k].match(text, size, at) : 0;
            if (length > best.size)
                best = (PiiSpan){at, length, (PiiKind)k};
        }
        if (best.size > 0)
            spans_add(found, best);
        at += best.size > 0 ? best.size : 1;
    }
}
//< find

/* ---- what stands around -------------------------------------------------------------------------- */

bool pii_isolated(const char *text, size_t size, size_t first, size_t end)
{
    bool before =
        first == 0 || (!is_alnum(text[first - 1]) && text[first - 1] != '_' && text[first - 1] != '%');
    if (first > 1 && pii_is_in(text[first - 1], "-./:,") && isdigit((unsigned char)text[first - 2]))
        before = false; /* the end of a longer number */
    bool after = end >= size || (!is_alnum(text[end]) && text[end] != '_');
    if (end + 1 < size && pii_is_in(text[end], "-./:,") && isdigit((unsigned char)text[end + 1]))
        after = false;
    return before && after;
}

bool pii_follows(const char *text, size_t at, size_t reach, const char *const *words)
{
    static const char *const between[] = {" ",  "\t", ":",  ".",   "#",       "=",   "：",   "　", "(",
                                          "（", "是", "为", " no", " number", " is", "号码", NULL};
    size_t stop = at > reach ? at - reach : 0;
    for (bool moved = true; moved;) {
        for (const char *const *w = words; *w; w++) {
            size_t length = strlen(*w);
            if (length <= at && strncasecmp(text + at - length, *w, length) == 0 &&
                (at == length || !isalpha((unsigned char)**w) ||
                 !isalpha((unsigned char)text[at - length - 1])))
                return true;
        }
        moved = false;
        for (const char *const *b = between; *b && !moved; b++) {
            size_t length = strlen(*b);
            moved = at >= stop + length && strncasecmp(text + at - length, *b, length) == 0;
            at -= moved ? length : 0;
        }
    }
    return false;
}

/* ---- addresses of the net ------------------------------------------------------------------------ */

static bool is_local(char c)
{
    return is_alnum(c) || pii_is_in(c, "._%+-");
}

/* A domain: labels of letters, digits and hyphens with dots between; the last has letters only, and is no file's. */
static size_t match_domain(const char *text, size_t size, size_t at)
{
    static const char *const files[] = {"png",  "jpg", "jpeg", "gif",  "svg",
                                        "webp", "css", "js",   "html", NULL};
    size_t end = at, label = at;
    int dots = 0;
    while (end < size && end - at < 253 &&
           (is_alnum(text[end]) || ((text[end] == '-' || text[end] == '.') && end > label))) {
        dots += text[end] == '.' && end + 1 < size && is_alnum(text[end + 1]);
        if (text[end] == '.' && !(end + 1 < size && is_alnum(text[end + 1])))
            break;
        if (text[end++] == '.')
            label = end;
    }
    size_t letters = label;
    while (letters < end && isalpha((unsigned char)text[letters]))
        letters++;
    for (const char *const *f = files; *f; f++)
        if (strlen(*f) == end - label && strncasecmp(*f, text + label, end - label) == 0)
            return 0;
    return dots > 0 && letters == end && end - label >= 2 ? end - at : 0;
}

size_t pii_match_email(const char *text, size_t size, size_t at)
{
    if (!is_alnum(text[at]) || (at > 0 && is_local(text[at - 1])))
        return 0;
    size_t end = at;
    while (end < size && end - at < 65 && is_local(text[end]))
        end++;
    if (end - at > 64 || end >= size || text[end] != '@' || text[end - 1] == '.')
        return 0;
    size_t domain = match_domain(text, size, end + 1);
    return domain ? end + 1 + domain - at : 0;
}

/* Whether a query has one of the names that secrets have, with a value of six characters or more. */
static bool carries_secret(const char *url, size_t size)
{
    static const char *const names[] = {"token=",    "key=", "secret=", "session=", "sessionid=", "sid=",
                                        "password=", "pwd=", "auth=",   "sig=",     "signature=", NULL};
    for (size_t i = 0; i < size; i++) {
        if (url[i] != '?' && url[i] != '&' && url[i] != '_' && url[i] != '#')
            continue;
        for (const char *const *n = names; *n; n++) {
            size_t value = i + 1 + strlen(*n), end = value;
            if (value > size || strncasecmp(url + i + 1, *n, strlen(*n)) != 0)
                continue;
            while (end < size && url[end] != '&' && url[end] != '#')
                end++;
            if (end - value >= 6)
                return true;
        }
    }
    return false;
}

size_t pii_match_url(const char *text, size_t size, size_t at)
{
    static const char *const schemes[] = {"http://", "https://", "ftp://", NULL};
    size_t begin = 0, end;
    for (const char *const *s = schemes; *s && !begin; s++)
        if (size - at > strlen(*s) && strncasecmp(text + at, *s, strlen(*s)) == 0)
            begin = at + strlen(*s);
    if (begin == 0 || (at > 0 && is_alnum(text[at - 1])))
        return 0;
    for (end = begin; end < size && end - at < 2048 && text[end] > ' ' && text[end] < 0x7F &&
                      !pii_is_in(text[end], "\"'<>");)
        end++;
    while (end > begin && pii_is_in(text[end - 1], ".,;:!?)]"))
        end--;
    const char *colon = memchr(text + begin, ':', end - begin),
               *person = memchr(text + begin, '@', end - begin);
    const char *slash = memchr(text + begin, '/', end - begin);
    bool login = colon && person && colon < person && (!slash || person < slash);
    return login || carries_secret(text + begin, end - begin) ? end - at : 0;
}

/* Four numbers from 0 to 255 with dots between; their values in part. */
static size_t match_ipv4(const char *text, size_t size, size_t at, int part[4])
{
    size_t end = at;
    for (int i = 0; i < 4; i++) {
        size_t first = end;
        if (i > 0 && (end >= size || text[end] != '.'))
            return 0;
        first = end += i > 0;
        for (part[i] = 0; end < size && end - first < 3 && isdigit((unsigned char)text[end]); end++)
            part[i] = part[i] * 10 + text[end] - '0';
        if (end == first || part[i] > 255 || (text[first] == '0' && end - first > 1))
            return 0;
    }
    return pii_isolated(text, size, at, end) ? end - at : 0;
}

/* Eight groups of up to four hexadecimal digits, or fewer and one "::". */
static size_t match_ipv6(const char *text, size_t size, size_t at)
{
    int groups = 0, gaps = 0;
    size_t end = at;
    while (groups < 8) {
        size_t first = end;
        while (end < size && end - first < 4 && isxdigit((unsigned char)text[end]))
            end++;
        groups += end > first;
        if (end + 1 < size && text[end] == ':' && text[end + 1] == ':') {
            gaps++;
            end += 2;
        } else if (groups < 8 && end > first && end + 1 < size && text[end] == ':' &&
                   isxdigit((unsigned char)text[end + 1])) {
            end++;
        } else {
            break;
        }
    }
    bool whole = gaps == 1 ? groups >= 3 && groups < 8 : gaps == 0 && groups == 8;
    bool link = whole && (strncasecmp(text + at, "fe80", 4) == 0 || strncasecmp(text + at, "fd", 2) == 0);
    bool before = at == 0 || (!is_alnum(text[at - 1]) && text[at - 1] != ':');
    bool after = end >= size || (!is_alnum(text[end]) && text[end] != ':');
    return whole && before && after && !link ? end - at : 0;
}

size_t pii_match_ip(const char *text, size_t size, size_t at)
{
    static const char *const versions[] = {"version", "ver", "v",  "release", "section", "chapter", "build",
                                           "版本",    "版",  "第", "节",      "章",      "§",       NULL};
    int p[4];
    if (!isxdigit((unsigned char)text[at]))
        return 0;
    size_t length = match_ipv4(text, size, at, p);
    if (!length)
        return match_ipv6(text, size, at);
    bool private = p[0] == 0 || p[0] == 10 || p[0] == 127 || p[0] >= 224 || (p[0] == 192 && p[1] == 168) ||
                   (p[0] == 172 && p[1] >= 16 && p[1] < 32) || (p[0] == 169 && p[1] == 254);
    return private || pii_follows(text, at, 24, versions) ? 0 : length;
}

/* ---- masking ------------------------------------------------------------------------------------- */

/* Whether the last letter before `at` is a Chinese character; of none, whether the first after `end` is. */
static bool is_chinese_at(const char *text, size_t size, size_t at, size_t end)
{
    int length;
    for (size_t i = at; i > 0 && at - i < 60; i--) {
        if (((unsigned char)text[i - 1] & 0xC0) == 0x80)
            continue;
        LanguageScript s = language_script(text_utf8_decode(text + i - 1, size - i + 1, &length));
        if (s != LANGUAGE_NO_LETTER)
            return s == LANGUAGE_HAN;
    }
    for (size_t i = end; i < size && i - end < 60; i += (size_t)length) {
        LanguageScript s = language_script(text_utf8_decode(text + i, size - i, &length));
        if (s != LANGUAGE_NO_LETTER)
            return s == LANGUAGE_HAN;
    }
    return false;
}

char *pii_mask(const char *text, size_t size, const PiiSpans *found, size_t *masked_size)
{
    enum { LONGEST = 32 };
    char *out = memory_new(size + LONGEST * (size_t)found->count + 1);
    size_t done = 0, n = 0;
    for (int i = 0; i < found->count; i++) {
        const PiiSpan *s = &found->items[i];
        const char *mask = kinds[s->kind].mask[is_chinese_at(text, size, s->at, s->at + s->size) ? 0 : 1];
        memcpy(out + n, text + done, s->at - done);
        n += s->at - done;
        memcpy(out + n, mask, strlen(mask));
        n += strlen(mask);
        done = s->at + s->size;
    }
    memcpy(out + n, text + done, size - done);
    n += size - done;
    out[n] = '\0';
    *masked_size = n;
    return out;
}
