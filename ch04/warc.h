/* warc.h -- the web as crawlers keep it: WARC files (ISO 28500) and Common Crawl's WET files, section 4.1.1.
 *
 * A file is a row of records, compressed one by one or all together:
 *
 *     WARC/1.0                                      which version
 *     WARC-Type: response                           request, response, conversion (a WET file's text), ...
 *     WARC-Target-URI: https://a.example/1
 *     Content-Length: 4711                          bytes of the block
 *                                                   an empty line
 *     HTTP/1.1 200 OK ...                           the block; then two line ends */
#ifndef CH04_WARC_H
#define CH04_WARC_H

#include "ch04/input.h"

enum { WARC_URI = 2048 };

typedef struct WarcRecord {
    char type[32], uri[WARC_URI]; /* "" where the record says nothing */
    char charset[32];             /* of an HTTP response that names one, else "" */
    char media[64];               /* "text/html", "text/plain"; of a response what HTTP says */
    int status;                   /* of a response; else 0 */
    char *body;                   /* the block, of a response without HTTP's head; a zero byte follows */
    size_t size;
    bool cut; /* it was longer than `max`, and the rest is left out */
} WarcRecord;

typedef enum WarcFound { WARC_RECORD, WARC_END, WARC_FAULT } WarcFound;

/* The next record; r starts as {0}, is used again, and warc_free gives its memory back. Its block is read up to
 * `max` bytes. WARC_FAULT and *e, which names what was expected: the file is no WARC from here on. */
WarcFound warc_next(Input *in, size_t max, WarcRecord *r, Error *e);
void warc_free(WarcRecord *r);

#endif
