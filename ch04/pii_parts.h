/* pii_parts.h (inside) -- one matcher for each kind of personal data. */
#ifndef CH04_PII_PARTS_H
#define CH04_PII_PARTS_H

#include "ch04/pii.h"

#include <string.h>

/* The bytes that a match takes which begins at position `at`, or 0. Each looks at a bounded number of bytes. */
typedef size_t PiiMatcher(const char *text, size_t size, size_t at);

PiiMatcher pii_match_email, pii_match_url, pii_match_ip, pii_match_name;
PiiMatcher pii_match_mobile, pii_match_landline, pii_match_phone, pii_match_identity, pii_match_card,
    pii_match_account;

/* Whether a byte is one of a set; a zero byte is of none. */
static inline bool pii_is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* Whether the bytes from first to end - 1 are no part of a longer number or word. */
bool pii_isolated(const char *text, size_t size, size_t first, size_t end);

/* Whether one of the words (NULL-terminated) stands in the `reach` bytes before `at`, with nothing but spaces, colons
 * and the like after it. Case does not matter. */
bool pii_follows(const char *text, size_t at, size_t reach, const char *const *words);

#endif
