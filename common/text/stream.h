/* stream.h -- a text that comes in pieces, shown as soon as that is safe.
 *
 * The pieces are the bytes of tokens, and a token may end within a character or
 * within a stop string. What might still become either is held back; bytes that
 * are not UTF-8 come out as U+FFFD, so that what is shown is always UTF-8. */
#ifndef TEXT_STREAM_H
#define TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct TextStream TextStream;

/* stops (count) are borrowed and not empty. The caller frees it. */
TextStream *text_stream_new(const char *const *stops, int count);
void text_stream_free(TextStream *s); /* s may be NULL */

/* Adds bytes; the text that can be shown now, perhaps "". It belongs to the stream and
 * holds until its next call. Once a stop string is complete nothing comes any more. */
const char *text_stream_add(TextStream *s, const char *bytes, size_t size);

/* What was held back, as no more bytes will come. */
const char *text_stream_end(TextStream *s);

/* Whether a stop string has come. It and what followed it are not shown. */
bool text_stream_stopped(const TextStream *s);

#endif
