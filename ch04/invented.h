/* invented.h -- personal data of nobody, in sentences, and what only looks like some; section 4.1.2.
 *
 * Everything is drawn from ranges that are kept for examples or are not assigned: example.com and its like (RFC 2606),
 * the addresses of RFC 5737 and 3849, 555-01xx in North America, Ofcom's numbers for drama, mobile numbers that begin
 * with 154, identity numbers of the region 99 (with a right check digit), the test numbers of card companies, IBANs of
 * the country ZZ. */
#ifndef CH04_INVENTED_H
#define CH04_INVENTED_H

#include "ch04/pii.h"
#include "common/base/rng.h"
#include "common/world/world.h"

enum { INVENTED_ROOM = 512 };

typedef struct Invented {
    char text[INVENTED_ROOM];
    PiiSpan truth; /* where the one item of personal data stands */
} Invented;

/* A sentence with one item of that kind, in one of its usual ways of writing. */
Invented invented(PiiKind kind, WorldLanguage language, Rng *rng);

/* The same in a disguise that people use and patterns do not know. */
typedef enum Disguise {
    DISGUISE_WORDS,  /* jane (at) example (dot) com */
    DISGUISE_WIDE,   /* full-width digits */
    DISGUISE_SPELT,  /* digits as words: 一五四 */
    DISGUISE_SPACES, /* a space after every digit */
    DISGUISES
} Disguise;
const char *disguise_name(Disguise d);
Invented invented_disguised(Disguise d, Rng *rng);

/* A sentence with a number that is nobody's. */
typedef enum LookAlike {
    LOOKS_ORDER,   /* order, invoice and parcel numbers */
    LOOKS_VERSION, /* 1.2.3.4; sections; build numbers */
    LOOKS_DATE,    /* dates, times, years, time stamps */
    LOOKS_AMOUNT,  /* prices, populations, coordinates */
    LOOKS_TABLE,   /* a row of numbers with spaces between */
    LOOKS_PHONE,   /* eleven digits from 13 on, of a serial number or an account of a game */
    LOOKS_NAME,    /* capitals after "Dear", surnames that are ordinary characters */
    LOOK_ALIKES
} LookAlike;
const char *look_alike_name(LookAlike l);
void look_alike(LookAlike l, WorldLanguage language, Rng *rng, char out[INVENTED_ROOM]);

#endif
