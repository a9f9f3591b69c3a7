/* text.c -- texts in two languages: how wide they are, where they break, how gnuplot takes them. */
#include "common/plot/picture.h"

#include <stdint.h>
#include <string.h>

static const char LITERAL[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

PlotText plot_text(const char *en, const char *zh)
{
    return (PlotText){en, zh};
}

PlotText plot_same(const char *text)
{
    return (PlotText){text, text};
}

const char *text_in(PlotText text, PlotLanguage language)
{
    const char *s = language == PLOT_ZH ? text.zh : text.en;
    return s ? s : "";
}

bool text_same(PlotText a, PlotText b)
{
    return strcmp(text_in(a, PLOT_EN), text_in(b, PLOT_EN)) == 0;
}

/* Bytes of the UTF-8 character at s; 0 if it is not one, or none that XML may hold. */
static int character_size(const unsigned char *s)
{
    int size = s[0] < 0x80    ? 1
               : s[0] >= 0xf5 ? 0
               : s[0] >= 0xf0 ? 4
               : s[0] >= 0xe0 ? 3
               : s[0] >= 0xc2 ? 2
                              : 0;
    for (int i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90);
    bool not_xml = s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
    return overlong || beyond || not_xml ? 0 : size;
}

static int step_size(const char *s)
{
    int size = character_size((const unsigned char *)s);
    return size ? size : 1;
}

/* Chinese and Japanese characters, and their full-width signs. */
static bool is_wide(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;
    return c[0] >= 0xf0 || (c[0] >= 0xe3 && c[0] <= 0xe9) || (c[0] == 0xef && c[1] >= 0xbc);
}

/* In em; after DejaVu Sans, the widest of the usual fonts. */
static double character_width(const char *s)
{
    if (is_wide(s))
        return 1;
    if (*s == ' ' || strchr("ijl.,:;'|!", *s))
        return 0.34;
    if (strchr("frtI()[]-/\"", *s))
        return 0.43;
    if (strchr("mwMW%@", *s))
        return 0.96;
    return *s >= 'A' && *s <= 'Z' ? 0.72 : 0.63;
}

double text_width(const char *text, double size)
{
    double width = 0;
    for (; *text; text += step_size(text))
        width += character_width(text);
    return width * size;
}

/* Whether a line may end before s: at a space, or beside a Chinese character that is no closing sign. */
static bool may_break(const char *s, const char *before)
{
    static const char *const closing[] = {"，", "。", "、", "；", "：", "）", "”", "》", "？", "！"};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        if (strncmp(s, closing[i], strlen(closing[i])) == 0)
            return false;
    }
    return *s == ' ' || is_wide(s) || is_wide(before);
}

size_t text_fit(const char *text, double size, double room)
{
    const char *end = text, *s = text, *before = text;
    double width = 0;
    while (*s) {
        width += character_width(s) * size;
        before = s;
        s += step_size(s);
        if (width > room && end > text)
            return (size_t)(end - text);
        if (*s && may_break(s, before))
            end = s;
    }
    return (size_t)(s - text);
}

int text_lines(const char *text, double size, double room)
{
    int lines = 0;
    for (; *text; lines++) {
        text += text_fit(text, size, room);
        text += strspn(text, " ");
    }
    return lines;
}

/* Letters, digits and spaces stand for themselves and every other ASCII character is written as \0ooo, so
 * nothing in the text can end the string or be substituted; after a first 0 gnuplot takes three more digits, so
 * that a digit of the text after them stays a digit. (Single quotes look simpler, but gnuplot 5.4 loses count
 * when a text holds several.) Control characters become spaces. */
void text_quote(FILE *f, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    putc('"', f);
    while (*s) {
        int size = character_size(s);
        if (size > 1)
            fwrite(s, 1, (size_t)size, f);
        else if (size == 0)
            putc('?', f);
        else if (*s <= ' ' || *s == 0x7f)
            putc(' ', f);
        else if (strchr(LITERAL, *s))
            putc(*s, f);
        else
            fprintf(f, "\\0%03o", *s);
        s += size ? size : 1;
    }
    putc('"', f);
}

void text_xml(FILE *f, const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int size = character_size(s);
        if (*s == '&' || *s == '<')
            fputs(*s == '&' ? "&amp;" : "&lt;", f);
        else if (size == 0 || *s < ' ' || *s == 0x7f)
            putc(size ? ' ' : '?', f);
        else
            fwrite(s, 1, (size_t)size, f);
        s += size ? size : 1;
    }
}
