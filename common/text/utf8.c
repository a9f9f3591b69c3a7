/* utf8.c -- the first byte says how many follow; each of those brings six bits. */
#include "common/text/utf8.h"

int text_utf8_decode(const char *text, size_t size, int *length)
{
    static const int min[] = {0, 0, 0x80, 0x800, 0x10000}; /* smaller ones have a shorter form */
    const unsigned char *s = (const unsigned char *)text;
    int count = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    *length = 1;
    if (count == 0 || size < (size_t)count)
        return -1;
    int code = count == 1 ? s[0] : s[0] & (0x7f >> count);
    for (int i = 1; i < count; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return -1;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < min[count] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return -1;
    *length = count;
    return code;
}

int text_utf8_encode(int c, char out[TEXT_UTF8_MAX])
{
    if (c < 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    int count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const int marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = count - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(marks[count] | c);
    return count;
}

size_t text_utf8_fault(const char *text, size_t size)
{
    size_t at = 0;
    int length;
    while (at < size && text_utf8_decode(text + at, size - at, &length) >= 0)
        at += (size_t)length;
    return at;
}
