/* markdown.c -- the prose of a Markdown file, line by line.
 *
 * No parser of the whole language: what a book's pages use, and nothing of it fails. A line is one of a few kinds;
 * fences, formulas and comments swallow lines until they end. */
#include "common/text/markdown.h"

#include "common/base/base.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct Prose {
    char *text; /* what has been written */
    size_t size;
    bool open; /* a paragraph has begun, its last line is not ended */
} Prose;

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static void put(Prose *p, char c)
{
    p->text[p->size++] = c;
}

static void end_line(Prose *p)
{
    while (p->open && p->text[p->size - 1] == ' ')
        p->size--;
    if (p->open)
        put(p, '\n');
    p->open = false;
}

/* ---- within a line ------------------------------------------------------------------------------- */

/* Behind the bracket that closes the one at s; NULL if none does on this line. */
static const char *after_bracket(const char *s, const char *end, char open, char close)
{
    int depth = 0;
    for (; s < end; s++) {
        depth += (*s == open) - (*s == close);
        if (depth == 0)
            return s + 1;
    }
    return NULL;
}

static void put_inline(Prose *p, const char *s, const char *end);

/* [text](address) -> text, ![text](address) -> nothing. Behind it, or s where there is no link. */
static const char *put_link(Prose *p, const char *s, const char *end)
{
    bool picture = *s == '!';
    const char *text = s + picture, *after = NULL, *address = NULL;
    if (text < end && *text == '[' && (after = after_bracket(text, end, '[', ']')) && after < end &&
        *after == '(')
        address = after_bracket(after, end, '(', ')');
    if (!address)
        return s;
    if (!picture)
        put_inline(p, text + 1, after - 1);
    return address;
}

/* <!-- comment --> or <tag>: after it, or s where there is none. */
static const char *behind_tag(const char *s, const char *end)
{
    bool comment = starts(s, "<!--");
    if (!comment && !(s + 1 < end && (isalpha((unsigned char)s[1]) || s[1] == '/')))
        return s;
    const char *close = memmem(s, (size_t)(end - s), comment ? "-->" : ">", comment ? 3 : 1);
    return close ? close + (comment ? 3 : 1) : s;
}

/* `code` or $formula$: what stands between the marks, as it is. Behind it, or s where it does not end. */
static const char *put_verbatim(Prose *p, const char *s, const char *end)
{
    const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));
    for (const char *c = s + 1; close && c < close; c++)
        put(p, *c);
    return close ? close + 1 : s;
}

static void put_inline(Prose *p, const char *s, const char *end)
{
    while (s < end) {
        const char *after = *s == '[' || *s == '!'   ? put_link(p, s, end)
                            : *s == '`' || *s == '$' ? put_verbatim(p, s, end)
                            : *s == '<'              ? behind_tag(s, end)
                                                     : s;
        if (after > s) {
            s = after;
            continue;
        }
        bool escape = *s == '\\' && s + 1 < end && ispunct((unsigned char)s[1]);
        if (escape || *s != '*')
            put(p, s[escape]);
        s += 1 + escape;
    }
}

/* ---- lines --------------------------------------------------------------------------------------- */

/* What ends the lines that this one opens and that are no prose; NULL if it is an ordinary line. */
static const char *closing(const char *line, const char *end)
{
    if (starts(line, "```") || starts(line, "~~~"))
        return starts(line, "```") ? "```" : "~~~";
    if (starts(line, "$$"))
        return "$$";
    bool comment = starts(line, "<!--") && !memmem(line, (size_t)(end - line), "-->", 3);
    return comment ? "-->" : NULL;
}

static bool closes(const char *line, const char *end, const char *closing)
{
    return memmem(line, (size_t)(end - line), closing, strlen(closing)) != NULL;
}

/* Behind the mark of a list item or a quotation: "- ", "12. ", "> "; line itself where there is none. */
static const char *behind_mark(const char *line)
{
    if (starts(line, "- ") || starts(line, "* ") || starts(line, "+ ") || starts(line, "> "))
        return line + 2;
    size_t digits = strspn(line, "0123456789");
    return digits > 0 && starts(line + digits, ". ") ? line + digits + 2 : line;
}

/* Joins a line to the one before it in the paragraph. */
static void put_gap(Prose *p, const char *line)
{
    bool chinese = (unsigned char)p->text[p->size - 1] >= 0x80 && (unsigned char)*line >= 0x80;
    if (!chinese)
        put(p, ' ');
}

static void put_line(Prose *p, const char *line, const char *end)
{
    size_t marks = strspn(line, "#");
    bool heading = marks > 0 && line[marks] == ' ';
    const char *text = heading ? line + marks + 1 : behind_mark(line);
    if (heading || text > line)
        end_line(p);
    if (heading && p->size > 0)
        put(p, '\n');
    size_t before = p->size;
    if (p->open)
        put_gap(p, text);
    size_t from = p->size;
    put_inline(p, text, end);
    if (p->size == from)
        p->size = before; /* only marks, a comment or a picture */
    p->open = p->open || p->size > before;
    if (heading)
        end_line(p);
}

char *text_markdown_prose(const char *markdown)
{
    Prose p = {memory_new(2 * strlen(markdown) + 3), 0, false};
    const char *close = NULL;
    for (const char *line = markdown, *next; *line; line = next) {
        const char *end = line + strcspn(line, "\n");
        next = *end ? end + 1 : end;
        while (line < end && isspace((unsigned char)*line))
            line++;
        while (end > line && isspace((unsigned char)end[-1]))
            end--;
        if (close) {
            close = closes(line, end, close) ? NULL : close;
        } else if ((close = closing(line, end))) {
            close = closes(line + 2, end, close) ? NULL : close;
            end_line(&p);
        } else if (line == end || *line == '|') {
            end_line(&p);
        } else {
            put_line(&p, line, end);
        }
    }
    end_line(&p);
    p.text[p.size] = '\0';
    return p.text;
}
