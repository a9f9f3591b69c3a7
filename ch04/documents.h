/* documents.h -- files of all kinds as one row of documents, section 4.1.3.
 *
 *     .html .htm         one page                      .jsonl .ndjson   one JSON object a line: "text", perhaps "url"
 *     .warc .wet         a record each                 anything else    plain text: documents end at a line
 *     the same with .gz                                                 <|endoftext|>, or where there is none in the
 *                                                                       first 64 KB at empty lines
 * A folder stands for the files in it and below, in the order of their names. One document is in memory at a time. */
#ifndef CH04_DOCUMENTS_H
#define CH04_DOCUMENTS_H

#include "common/base/error.h"

#include <stddef.h>

enum { DOCUMENT_MAX = 4 << 20 }; /* bytes; longer ones are cut */

typedef struct Document {
    char *bytes; /* size, and a zero byte; the caller's to free */
    size_t size;
    char *url;        /* or the file's path and number, "a.txt#3"; freed by document_free */
    char charset[32]; /* that HTTP named, or "" */
    bool html;        /* its text is yet to be taken out */
    bool cut;         /* it was longer than DOCUMENT_MAX */
} Document;
void document_free(Document *d);

typedef struct Documents Documents;

/* Lists the files below paths (count); NULL and *e if one cannot be read or there is none. The caller closes it. */
Documents *documents_open(const char *const *paths, int count, Error *e);
void documents_close(Documents *d);

int documents_files(const Documents *d);
const char *documents_path(const Documents *d, int file);
long documents_bytes(const Documents *d, int file); /* as stored */

/* The next document. False at the end; also, with *e, where a file is damaged or not what its name says: what came
 * before the fault has come, and the next call begins with the next file. */
bool documents_next(Documents *d, Document *out, Error *e);

/* Where the next call reads: in which file, after how many of its records. documents_seek goes there; it reads what
 * comes before in that file and forgets it. */
typedef struct DocumentsPosition {
    int file;
    long record;
} DocumentsPosition;
DocumentsPosition documents_position(const Documents *d);
bool documents_seek(Documents *d, DocumentsPosition to, Error *e);

#endif
