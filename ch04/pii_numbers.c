/* pii_numbers.c -- check digits, and numbers that are personal. */
#include "ch04/pii_parts.h"

#include <ctype.h>
#include <string.h>

//> check_digits
bool pii_luhn(const char *digits, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        int d = digits[count - 1 - i] - '0';
        if (i % 2 == 1)
            d = 2 * d > 9 ? 2 * d - 9 : 2 * d; /* the sum of both digits of 2 d */
        sum += d;
    }
    return sum % 10 == 0;
}

bool pii_identity(const char digits[18])
{
    int sum = 0;
    for (int i = 0; i < 18; i++) /* Horner: 2^17 d0 + ... + 2 d16 + d17 */
        sum = (2 * sum + (digits[i] == 'X' || digits[i] == 'x' ? 10 : digits[i] - '0')) % 11;
    return sum == 1;
}

bool pii_iban(const char *text, int count)
{
    int rest = 0;
    for (int i = 0; i < count; i++) {
        int c = toupper((unsigned char)text[(i + 4) % count]);
        rest = isdigit(c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
    }
    return rest == 1;
}
//< check_digits

/* ---- reading numbers ----------------------------------------------------------------------------- */

enum { MAX_DIGITS = 19 };

typedef struct Digits {
    char digit[MAX_DIGITS + 2]; /* a string */
    int count, groups[8];       /* digits between separators */
    int group_count;
    size_t end;
} Digits;

/* Digits from `at` on with single spaces or hyphens between. False if there are none, too many, or too many groups. */
static bool read_digits(const char *text, size_t size, size_t at, Digits *d)
{
    *d = (Digits){.end = at};
    bool separated = true;
    for (size_t i = at; i < size; i++) {
        if (isdigit((unsigned char)text[i])) {
            if (d->count == MAX_DIGITS || (separated && d->group_count == 8))
                return false;
            d->group_count += separated;
            d->groups[d->group_count - 1]++;
            d->digit[d->count++] = text[i];
            d->end = i + 1;
            separated = false;
        } else if (!separated && (text[i] == ' ' || text[i] == '-')) {
            separated = true;
        } else {
            break;
        }
    }
    return d->count > 0;
}

static bool has_groups(const Digits *d, const int *groups, int n)
{
    return d->group_count == n && memcmp(d->groups, groups, sizeof *groups * (size_t)n) == 0;
}

static bool starts(const char *text, size_t size, size_t at, const char *prefix)
{
    return size - at >= strlen(prefix) && memcmp(text + at, prefix, strlen(prefix)) == 0;
}

/* ---- telephones ---------------------------------------------------------------------------------- */

size_t pii_match_mobile(const char *text, size_t size, size_t at)
{
    Digits d;
    size_t first = at;
    if (starts(text, size, at, "+86"))
        first += 3;
    else if (starts(text, size, at, "0086"))
        first += 4;
    first += first > at && first < size && (text[first] == ' ' || text[first] == '-');
    if (first >= size || text[first] != '1' || !read_digits(text, size, first, &d))
        return 0;
    bool form = d.group_count == 1 || has_groups(&d, (const int[]){3, 4, 4}, 3) ||
                has_groups(&d, (const int[]){3, 8}, 2);
    return d.count == 11 && d.digit[1] >= '3' && form && pii_isolated(text, size, at, d.end) ? d.end - at
                                                                                             : 0;
}

/* (010) 1234-5678, 0755-1234567, 01012345678; (212) 555-0147, 212-555-0147. */
size_t pii_match_landline(const char *text, size_t size, size_t at)
{
    Digits area, d;
    bool bracket = text[at] == '(';
    size_t first = at + bracket;
    if (first >= size || !isdigit((unsigned char)text[first]) || !read_digits(text, size, first, &d))
        return 0;
    if (bracket) {
        area = d;
        first = area.end + 1;
        first += first < size && text[first] == ' ';
        if (area.end >= size || text[area.end] != ')' || first >= size || area.count > 4 ||
            !read_digits(text, size, first, &d))
            return 0;
        if (area.digit[0] != '0')
            return area.count == 3 && has_groups(&d, (const int[]){3, 4}, 2) &&
                           pii_isolated(text, size, at, d.end)
                       ? d.end - at
                       : 0;
        return area.count >= 3 && (d.count == 7 || d.count == 8) && pii_isolated(text, size, at, d.end)
                   ? d.end - at
                   : 0;
    }
    bool usa = has_groups(&d, (const int[]){3, 3, 4}, 3) && d.digit[0] >= '2' && d.digit[3] >= '2';
    int length = d.digit[1] <= '2' ? 3 : 4; /* of the area code: 010, 02d, else 0ddd */
    bool china = d.digit[0] == '0' && d.digit[1] != '0' &&
                 (d.count == length + 7 || d.count == length + 8) &&
                 (d.group_count == 1 || d.groups[0] == length) && d.group_count <= 3;
    return (usa || china) && pii_isolated(text, size, at, d.end) ? d.end - at : 0;
}

/* + and 7 to 15 digits, with single spaces, hyphens, dots or brackets between. */
size_t pii_match_phone(const char *text, size_t size, size_t at)
{
    int digits = 0, marks = 0;
    size_t end = at;
    if (text[at] != '+' || at + 1 >= size || text[at + 1] == '0')
        return 0;
    for (size_t i = at + 1; i < size && digits <= 15 && marks <= 2; i++) {
        if (isdigit((unsigned char)text[i])) {
            digits++;
            marks = 0;
            end = i + 1;
        } else if (digits > 0 && pii_is_in(text[i], " -.()")) {
            marks++;
        } else {
            break;
        }
    }
    return digits >= 7 && digits <= 15 && pii_isolated(text, size, at, end) ? end - at : 0;
}

/* ---- identity, cards, accounts ------------------------------------------------------------------- */

static int number_of(const char *digits, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n = n * 10 + digits[i] - '0';
    return n;
}

/* Region (6), date of birth (8), sequence (3), check digit. The region is not looked up: then a list that is out of
 * date misses nobody, and invented numbers with regions that do not exist can be tested. */
size_t pii_match_identity(const char *text, size_t size, size_t at)
{
    Digits d;
    if (!isdigit((unsigned char)text[at]) || !read_digits(text, size, at, &d))
        return 0;
    if (d.count == 17 && d.end < size && (text[d.end] == 'X' || text[d.end] == 'x'))
        d.digit[d.count++] = 'X', d.end++;
    int year = number_of(d.digit + 6, 4), month = number_of(d.digit + 10, 2),
        day = number_of(d.digit + 12, 2);
    bool date = year >= 1900 && year < 2030 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
    bool form = d.group_count == 1 || (d.group_count == 3 && d.groups[0] == 6 && d.groups[1] == 8);
    return d.count == 18 && form && date && pii_identity(d.digit) && pii_isolated(text, size, at, d.end)
               ? d.end - at
               : 0;
}

/* The numbers that cards begin with: American Express, Diners, JCB; Visa; Mastercard; Discover, UnionPay. */
static bool is_card_prefix(const Digits *d)
{
    int two = number_of(d->digit, 2), four = number_of(d->digit, 4);
    if (two == 34 || two == 37)
        return d->count == 15;
    if (two == 62)
        return d->count >= 16;
    bool sixteen = two == 35 || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) || two == 60 ||
                   two == 64 || two == 65;
    return sixteen                               ? d->count == 16
           : two == 30 || two == 36 || two == 38 ? d->count == 14
                                                 : two / 10 == 4 && (d->count == 13 || d->count == 16);
}

size_t pii_match_card(const char *text, size_t size, size_t at)
{
    Digits d;
    if (!isdigit((unsigned char)text[at]) || !read_digits(text, size, at, &d) || d.count < 13 ||
        d.group_count > 5)
        return 0;
    bool form = d.group_count == 1 || d.groups[0] == 4 || d.groups[0] == 6;
    return form && is_card_prefix(&d) && pii_luhn(d.digit, d.count) && pii_isolated(text, size, at, d.end)
               ? d.end - at
               : 0;
}

static size_t match_iban(const char *text, size_t size, size_t at)
{
    char letters[40];
    int count = 0;
    size_t end = at;
    for (size_t i = at; i < size && count < 35; i++) {
        if (isupper((unsigned char)text[i]) || isdigit((unsigned char)text[i])) {
            letters[count++] = text[i];
            end = i + 1;
        } else if (text[i] != ' ' || count == 0 || count % 4 != 0 || text[i - 1] == ' ') {
            break;
        }
    }
    bool form = count >= 15 && count <= 34 && isdigit((unsigned char)letters[2]) &&
                isdigit((unsigned char)letters[3]);
    return form && pii_iban(letters, count) && pii_isolated(text, size, at, end) ? end - at : 0;
}

size_t pii_match_account(const char *text, size_t size, size_t at)
{
    static const char *const words[] = {"account", "acct", "a/c",    "iban", "账号",
                                        "帐号",    "账户", "银行卡", "卡号", NULL};
    Digits d;
    if (isupper((unsigned char)text[at]))
        return size - at > 4 && isupper((unsigned char)text[at + 1]) &&
                       (at == 0 || !isalnum((unsigned char)text[at - 1]))
                   ? match_iban(text, size, at)
                   : 0;
    if (!isdigit((unsigned char)text[at]) || !read_digits(text, size, at, &d) || d.count < 8)
        return 0;
    return pii_isolated(text, size, at, d.end) && pii_follows(text, at, 40, words) ? d.end - at : 0;
}
