/* html.h -- the text of a web page, section 4.1.3. */
#ifndef CH04_HTML_H
#define CH04_HTML_H

#include <stdbool.h>
#include <stddef.h>

/* What a reader came for: the text outside of tags, with entities as characters, a line for each block (paragraph,
 * heading, list item, table cell). Left out are scripts and styles, forms, navigation, asides and footers, and blocks
 * of which more than a third of the characters are links (Kohlschütter et al., 2010): menus that are no <nav>. *size
 * bytes and a zero byte; *dropped (NULL: not wanted) counts the blocks left out for their links. Takes linear time,
 * whatever the bytes are. The caller frees it. */
char *html_text(const char *html, size_t length, size_t *size, int *dropped);

/* Bytes as UTF-8: as they are if they are that; else from the encoding that HTTP named (charset, or ""), or the page's
 * first 2048 bytes do (<meta charset=gbk>). NULL if none is named, or they are not in it. The caller frees it. */
char *html_utf8(const char *bytes, size_t length, const char *charset, size_t *size);

#endif
