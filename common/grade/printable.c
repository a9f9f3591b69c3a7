/* printable.c -- decodes UTF-8 strictly, and lets through what can be seen. */
#include "common/grade/printable.h"

#include "common/base/base.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The character at s, and its length in bytes; 0 where it is not UTF-8. */
static int decode(const unsigned char *s, unsigned *character)
{
    int length = s[0] < 0x80   ? 1
                 : s[0] < 0xc2 ? 0
                 : s[0] < 0xe0 ? 2
                 : s[0] < 0xf0 ? 3
                 : s[0] < 0xf5 ? 4
                               : 0;
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    *character = length < 2 ? s[0] : s[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (s[i] & 0x3fu);
    }
    bool good = *character >= least[length] && *character <= 0x10ffff &&
                !(*character >= 0xd800 && *character <= 0xdfff);
    return good ? length : 0;
}

static bool is_visible(unsigned c)
{
    bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c <= 0x9f);
    bool turns = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                 (c >= 0x2066 && c <= 0x2069);
    return !control && !turns && c != 0x2028 && c != 0x2029 && c != 0xfeff;
}

char *make_printable(char *text)
{
    for (char *at = text; *at;) {
        unsigned c;
        int length = decode((const unsigned char *)at, &c);
        if (!length || !is_visible(c))
            memset(at, '?', length ? (size_t)length : 1);
        at += length ? length : 1;
    }
    return text;
}

char *printable_copy(const char *text)
{
    return make_printable(memory_string(text));
}

char *printable_name(const char *text)
{
    char *copy = printable_copy(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\n' || *c == '\t' ? '?' : *c;
    return copy;
}

char *read_printable(const char *path, size_t most)
{
    char *text = memory_zero(1, most + 1);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, text, most);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < n; i++)
        text[i] = text[i] ? text[i] : '?';
    make_printable(text);
    return text;
}
