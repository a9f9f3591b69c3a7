/* unicode.c -- what kind of character it is, by utf8proc's tables, and GPT-2's alphabet of bytes. */
#include "common/tokenizer/parts.h"

#include <utf8proc.h>

static utf8proc_category_t category_of(int code)
{
    return code < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(code);
}

bool tokenizer_is_white(int c)
{
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

bool tokenizer_is_letter(int code)
{
    utf8proc_category_t c = category_of(code);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool tokenizer_is_number(int code)
{
    utf8proc_category_t c = category_of(code);
    return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

bool tokenizer_is_mark(int code)
{
    utf8proc_category_t c = category_of(code);
    return c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
}

bool tokenizer_is_accent(int code)
{
    return category_of(code) == UTF8PROC_CATEGORY_MN;
}

/* Alphabetic, mark, decimal digit, connector or joiner (Unicode Technical
 * Standard 18, annex C). Alphabetic are besides letters the letter-like
 * numbers and the letters in circles and squares. */
bool tokenizer_is_word(int code)
{
    utf8proc_category_t c = category_of(code);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NL) || c == UTF8PROC_CATEGORY_PC ||
           code == 0x200c || code == 0x200d || (code >= 0x24b6 && code <= 0x24e9) ||
           (code >= 0x1f130 && code <= 0x1f149) || (code >= 0x1f150 && code <= 0x1f169) ||
           (code >= 0x1f170 && code <= 0x1f189);
}

bool tokenizer_is_punctuation(int code)
{
    utf8proc_category_t c = category_of(code);
    if (code < 0x80)
        return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') ||
               (code >= '[' && code <= '`') || (code >= '{' && code <= '~');
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

bool tokenizer_is_control(int code)
{
    utf8proc_category_t c = category_of(code);
    return code != '\t' && code != '\n' && code != '\r' &&
           (c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF || c == UTF8PROC_CATEGORY_CS ||
            c == UTF8PROC_CATEGORY_CO);
}

bool tokenizer_is_chinese(int c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) ||
           (c >= 0x2a700 && c <= 0x2b73f) || (c >= 0x2b740 && c <= 0x2b81f) ||
           (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

/* A byte that Latin-1 shows as a visible character stands for itself; the others, 0 to 32, 127 to 160 and 173,
 * follow in order from U+0100 on. */
int tokenizer_byte_letter(int byte)
{
    if (byte <= 32)
        return 0x100 + byte;
    if (byte >= 127 && byte <= 160)
        return 0x100 + 33 + byte - 127;
    return byte == 173 ? 0x100 + 67 : byte;
}

int tokenizer_byte_of(int code_point)
{
    static const struct {
        int first, count, byte;
    } runs[] = {{33, 94, 33},   {161, 12, 161},        {174, 82, 174},
                {0x100, 33, 0}, {0x100 + 33, 34, 127}, {0x100 + 67, 1, 173}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (code_point >= runs[i].first && code_point < runs[i].first + runs[i].count)
            return runs[i].byte + code_point - runs[i].first;
    }
    return -1;
}
