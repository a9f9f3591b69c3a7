/* pii.h -- personal data in a text (personally identifiable information), found and masked; section 4.1.2.
 *
 *     PiiSpans found = {0};
 *     pii_find(text, size, PII_ALL, &found);
 *     char *masked = pii_mask(text, size, &found, &masked_size);
 *     pii_spans_free(&found);
 *
 * What has a form is found by its form, and what has a check digit only counts if that is right: 17 digits and one that
 * fits are an identity number, 18 random digits are one in eleven times. Names have no form. They are found only after
 * words that announce one ("my name is", "联系人：") or before a title (王女士), and missed everywhere else. */
#ifndef CH04_PII_H
#define CH04_PII_H

#include <stdbool.h>
#include <stddef.h>

typedef enum PiiKind {
    PII_EMAIL,
    PII_MOBILE,   /* mainland China: 1[3-9] and 9 digits, perhaps with +86 and separators */
    PII_LANDLINE, /* mainland China: area code 0dd or 0ddd, 7 or 8 digits; USA: (ddd) ddd-dddd */
    PII_PHONE,    /* international: + and 7 to 15 digits (E.164) */
    PII_IDENTITY, /* Chinese identity number: 17 digits and a check digit of ISO 7064 MOD 11-2 (GB 11643-1999) */
    PII_CARD, /* 13 to 19 digits that a card can begin with, and Luhn's check digit */
    PII_ACCOUNT, /* IBAN with its check digits (ISO 13616); or 8 to 19 digits after a word such as account, 账号 */
    PII_IP,  /* IPv4 and IPv6 addresses; not loopback, private or unspecified ones, which name nobody */
    PII_URL, /* a URL that carries a secret: a user and password, or a token, key or session in its query */
    PII_NAME, /* only in context */
    PII_KINDS
} PiiKind;

enum { PII_ALL = (1 << PII_KINDS) - 1 };

/* "e-mail address", "mobile number", ... */
const char *pii_kind_name(PiiKind kind);

typedef struct PiiSpan {
    size_t at, size; /* bytes */
    PiiKind kind;
} PiiSpan;

/* Starts as {0}. */
typedef struct PiiSpans {
    PiiSpan *items; /* in the order of the text; no two overlap */
    int count, room;
} PiiSpans;
void pii_spans_free(PiiSpans *s);

/* Appends what is found of a set of kinds (a bit each) in a text, which may be any bytes. Where two overlap, the one
 * that begins first stays, of those that begin together the longer one. Takes linear time. */
void pii_find(const char *text, size_t size, int kinds, PiiSpans *found);

/* A copy in which a word stands for each span, in the language of the character before it: "call [phone number]",
 * "请拨打[电话号码]". A zero byte follows. The caller frees it. */
char *pii_mask(const char *text, size_t size, const PiiSpans *found, size_t *masked_size);

/* Check digits, of strings of `count` digits. Luhn's (ISO/IEC 7812-1): from the right, every second digit is doubled
 * and its digits summed; the sum is a multiple of 10. */
bool pii_luhn(const char *digits, int count);

/* ISO 7064 MOD 11-2: the sum of digit times 2^(position from the right) is 1 modulo 11, an X at the end counting 10. */
bool pii_identity(const char digits[18]);

/* ISO 7064 MOD 97-10, as IBANs have it: letters count 10 to 35, the first four characters go to the end. */
bool pii_iban(const char *text, int count);

#endif
