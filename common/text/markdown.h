/* markdown.h -- the prose of a Markdown file, for models and for search. */
#ifndef TEXT_MARKDOWN_H
#define TEXT_MARKDOWN_H

/* What a person would read aloud: headings, paragraphs, list items and captions, each on a line of its own, and a
 * blank line before each heading. Listings, tables, displayed formulas, pictures and comments are left out; of a
 * link its text remains, of emphasis, inline code and formulas what stands between the marks. The lines of a
 * paragraph are joined: with a blank, or without where a Chinese character meets one. The caller frees it. */
char *text_markdown_prose(const char *markdown);

#endif
