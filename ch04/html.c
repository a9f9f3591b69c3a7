/* html.c -- one pass over the tags; no tree is built. */
#include "ch04/html.h"

#include "common/base/arena.h"
#include "common/text/utf8.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* Elements with nothing to read in them. Raw ones hold no tags: the rest of the page is theirs if they do not end. */
static const struct {
    const char *name;
    bool raw;
} left_out[] = {{"script", true},    {"style", true},     {"textarea", true}, {"title", true},
                {"noscript", false}, {"template", false}, {"svg", false},     {"math", false},
                {"iframe", false},   {"nav", false},      {"footer", false},  {"aside", false},
                {"form", false},     {"button", false},   {"select", false},  {"menu", false},
                {"object", false},   {"canvas", false},   {"audio", false},   {"video", false}};
enum { LEFT_OUT = sizeof left_out / sizeof *left_out };

static const char *const blocks[] = {
    "p",     "div",   "li",      "ul",      "ol",     "td",         "th",     "tr",
    "table", "h1",    "h2",      "h3",      "h4",     "h5",         "h6",     "section",
    "main",  "body",  "article", "header",  "head",   "blockquote", "pre",    "hr",
    "dl",    "dt",    "dd",      "address", "html",   "figure",     "center", "figcaption",
    "tbody", "thead", "caption", "details", "summary"};

static const struct {
    const char *name;
    int code;
} entities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", ' '},     {"copy", 0xa9},    {"reg", 0xae},     {"middot", 0xb7},   {"laquo", 0xab},
    {"raquo", 0xbb},   {"eacute", 0xe9},  {"egrave", 0xe8},  {"uuml", 0xfc},     {"ouml", 0xf6},
    {"auml", 0xe4},    {"szlig", 0xdf},   {"times", 0xd7},   {"deg", 0xb0},      {"pound", 0xa3},
    {"euro", 0x20ac},  {"yen", 0xa5},     {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"hellip", 0x2026}, {"bull", 0x2022},
    {"trade", 0x2122}, {"ensp", ' '},     {"emsp", ' '},     {"thinsp", ' '},    {"ccedil", 0xe7},
    {"ntilde", 0xf1},  {"aacute", 0xe1},  {"oacute", 0xf3},  {"iacute", 0xed},   {"hearts", 0x2665}};

typedef struct Page {
    const char *html, *end;
    char *out;
    size_t size, block;     /* bytes written; where the current block begins */
    size_t in_links;        /* bytes of the block within links */
    int links;              /* how many links are open: 0 or 1 */
    bool space, plain_tags; /* a space is due; quotes in tags are not looked at any more */
    bool no_end[LEFT_OUT];  /* no end tag of this element follows */
    int dropped;
} Page;

/* ---- characters ----------------------------------------------------------------------------------------- */

static void put(Page *p, const char *bytes, size_t size)
{
    if (p->space && p->size > p->block && p->out[p->size - 1] != '\n')
        p->out[p->size++] = ' ';
    p->space = false;
    memcpy(p->out + p->size, bytes, size);
    p->size += size;
    p->in_links += p->links ? size : 0;
}

static int code_of_entity(const char *name, size_t size)
{
    if (size > 1 && name[0] == '#') {
        bool hex = name[1] == 'x' || name[1] == 'X';
        char *end, digits[12] = "";
        memcpy(digits, name + 1 + hex, size - 1 - hex < 11 ? size - 1 - hex : 11);
        long code = strtol(digits, &end, hex ? 16 : 10);
        return *end || end == digits || code > 0x10ffff || code < ' ' ? ' ' : (int)code;
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strlen(entities[i].name) == size && strncmp(entities[i].name, name, size) == 0)
            return entities[i].code;
    return -1;
}

/* Text that begins with &: returns the bytes taken. What is no entity is an ampersand. */
static size_t put_entity(Page *p, const char *at)
{
    char bytes[TEXT_UTF8_MAX];
    size_t size = 1;
    while (at + size < p->end && size < 12 &&
           strchr("#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", at[size]) && at[size])
        size++;
    int code = size > 1 && at + size < p->end && at[size] == ';' ? code_of_entity(at + 1, size - 1) : -1;
    if (code == ' ')
        p->space = true;
    else if (code > 0 && code != 0xad && code != 0x200b)
        put(p, bytes, (size_t)text_utf8_encode(code, bytes));
    else if (code < 0)
        put(p, "&", 1);
    return code < 0 ? 1 : size + 1;
}

static void put_text(Page *p, const char *at, const char *end)
{
    while (at < end) {
        size_t run = 0;
        while (at + run < end && at[run] != '&' && (unsigned char)at[run] > ' ')
            run++;
        if (run > 0) {
            put(p, at, run);
            at += run;
        } else if (*at == '&')
            at += put_entity(p, at);
        else {
            p->space = true;
            at++;
        }
    }
}

/* ---- blocks --------------------------------------------------------------------------------------------- */

//> block
/* Ends a block. One of which more than a third are links is a menu. */
static void end_block(Page *p)
{
    size_t size = p->size - p->block;
    if (size > 0 && 3 * p->in_links > size) {
        p->size = p->block;
        p->dropped++;
    } else if (size > 0)
        p->out[p->size++] = '\n';
    p->block = p->size;
    p->in_links = 0;
    p->space = false;
}
//< block

static bool is_block(const char *name)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (strcmp(blocks[i], name) == 0)
            return true;
    return false;
}

/* ---- tags ----------------------------------------------------------------------------------------------- */

/* The > that ends a tag or, where no quote ends before it, the next one; NULL: none follows. */
static const char *end_of_tag(Page *p, const char *at)
{
    char quote = '\0';
    for (const char *c = at; !p->plain_tags && c < p->end; c++) {
        if (quote)
            quote = *c == quote ? '\0' : quote;
        else if ((*c == '"' || *c == '\'') && c[-1] == '=')
            quote = *c;
        else if (*c == '>')
            return c;
    }
    p->plain_tags = true; /* once: else a page of open quotes takes quadratic time */
    return memchr(at, '>', (size_t)(p->end - at));
}

/* Where the element's end tag begins, without regard to those within it; NULL: there is none. */
static const char *find_end(const char *at, const char *end, const char *name)
{
    size_t size = strlen(name);
    while ((at = memmem(at, (size_t)(end - at), "</", 2))) {
        at += 2;
        if ((size_t)(end - at) >= size && strncasecmp(at, name, size) == 0)
            return at - 2;
    }
    return NULL;
}

/* If the element is one of those left out, where its end tag begins; else where the text continues, `at`. */
static const char *leave_out(Page *p, const char *name, const char *at)
{
    for (int i = 0; i < LEFT_OUT; i++) {
        if (strcmp(left_out[i].name, name) != 0)
            continue;
        const char *to = p->no_end[i] ? NULL : find_end(at, p->end, name);
        p->no_end[i] = !to;
        if (!left_out[i].raw)
            end_block(p);
        return to ? to : left_out[i].raw ? p->end : at;
    }
    return at;
}

/* A tag, from its <; returns where the text continues. */
static const char *read_tag(Page *p, const char *at)
{
    bool closing = at + 1 < p->end && at[1] == '/';
    const char *from = at + 1 + closing, *name_end = from, *end;
    char name[16] = "";
    while (name_end < p->end &&
           strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *name_end) && *name_end)
        name_end++;
    for (size_t i = 0; from + i < name_end && i + 1 < sizeof name; i++)
        name[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] - 'A' + 'a' : from[i]);
    end = end_of_tag(p, name_end);
    if (!end)
        return p->end;
    if (strcmp(name, "a") == 0) {
        p->links = !closing;
    } else if (strcmp(name, "br") == 0) {
        if (p->size > p->block)
            p->out[p->size++] = '\n';
        p->space = false;
    } else if (is_block(name))
        end_block(p);
    return closing ? end + 1 : leave_out(p, name, end + 1);
}

/* <!-- ... -->, <!DOCTYPE ...>, <? ... >. A comment that does not end takes the rest. */
static const char *skip_declaration(Page *p, const char *at)
{
    if (p->end - at >= 4 && strncmp(at, "<!--", 4) == 0) {
        const char *end = memmem(at + 4, (size_t)(p->end - at - 4), "-->", 3);
        return end ? end + 3 : p->end;
    }
    const char *end = memchr(at, '>', (size_t)(p->end - at));
    return end ? end + 1 : p->end;
}

char *html_text(const char *html, size_t length, size_t *size, int *dropped)
{
    /* No tag or entity writes more bytes than it takes. */
    Page p = {.html = html, .end = html + length, .out = memory_new(length + 2)};
    for (const char *at = html; at < p.end;) {
        const char *tag = memchr(at, '<', (size_t)(p.end - at));
        put_text(&p, at, tag ? tag : p.end);
        if (!tag)
            break;
        char next = tag + 1 < p.end ? tag[1] : '\0';
        if (next == '!' || next == '?')
            at = skip_declaration(&p, tag);
        else if (next == '/' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))
            at = read_tag(&p, tag);
        else { /* 3 < 4 */
            put(&p, "<", 1);
            at = tag + 1;
        }
    }
    end_block(&p);
    p.out[p.size] = '\0';
    *size = p.size;
    if (dropped)
        *dropped = p.dropped;
    return p.out;
}

/* ---- encodings ------------------------------------------------------------------------------------------ */

static bool named_charset(const char *bytes, size_t length, char name[32])
{
    static const char key[] = "charset=";
    if (length > 2048)
        length = 2048;
    for (size_t i = 0; i + sizeof key - 1 < length; i++) {
        if (strncasecmp(bytes + i, key, sizeof key - 1) != 0)
            continue;
        size_t n = 0;
        for (i += sizeof key - 1; i < length && strchr("\"' ", bytes[i]) && bytes[i]; i++)
            ;
        for (; i < length && n < 31 && bytes[i] && !strchr("\"' />;", bytes[i]); i++)
            name[n++] = bytes[i];
        name[n] = '\0';
        return n > 0;
    }
    return false;
}

static char *convert(const char *bytes, size_t length, const char *charset, size_t *size)
{
    /* What says gb2312 is often more: the larger sets hold the smaller. */
    bool gb = strncasecmp(charset, "gb", 2) == 0;
    iconv_t with = iconv_open("UTF-8", gb ? "GB18030" : charset);
    if (with == (iconv_t)-1)
        return NULL;
    size_t room = 3 * length + 16, left = room;
    char *out = memory_new(room + 1), *to = out, *from = memory_new(length + 1), *at = from;
    memcpy(from, bytes, length);
    bool good = iconv(with, &at, &length, &to, &left) != (size_t)-1;
    iconv_close(with);
    free(from);
    *size = room - left;
    out[*size] = '\0';
    if (good)
        return out;
    free(out);
    return NULL;
}

char *html_utf8(const char *bytes, size_t length, const char *charset, size_t *size)
{
    char named[32];
    if (text_utf8_fault(bytes, length) == length) {
        char *copy = memory_new(length + 1);
        memcpy(copy, bytes, length);
        copy[length] = '\0';
        *size = length;
        return copy;
    }
    if (charset[0])
        return convert(bytes, length, charset, size);
    return named_charset(bytes, length, named) ? convert(bytes, length, named, size) : NULL;
}
