#include "ch04/quality_units.h"

#include "ch04/language.h"
#include "common/base/base.h"
#include "common/text/utf8.h"

static bool is_one_of(int code, const int *codes, int n)
{
    for (int i = 0; i < n; i++)
        if (codes[i] == code)
            return true;
    return false;
}

bool unit_ends_sentence(int code)
{
    static const int codes[] = {'.', '!', '?', 0x3002, 0xFF01, 0xFF1F, 0xFF0E};
    return is_one_of(code, codes, sizeof codes / sizeof *codes);
}

bool unit_is_ellipsis(int code)
{
    return code == 0x2026 || code == 0x22EF;
}

bool unit_closes(int code)
{
    static const int codes[] = {'"', '\'', ')', ']', 0x2019, 0x201D, 0x300D, 0x300F, 0xFF09, 0x300B};
    return is_one_of(code, codes, sizeof codes / sizeof *codes);
}

static bool is_space(int code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xA0 || code == 0x3000;
}

/* One character that is a unit by itself, as Chinese has no spaces. */
static bool stands_alone(LanguageScript s)
{
    return s == LANGUAGE_HAN || s == LANGUAGE_KANA;
}

static bool is_mark(int code, LanguageScript s)
{
    bool digit = (code >= '0' && code <= '9') || (code >= 0xFF10 && code <= 0xFF19);
    bool combining = code >= 0x300 && code <= 0x36F;
    return s == LANGUAGE_NO_LETTER && !digit && !combining;
}

/* Whether a mark stays inside of a word: don't, mother-in-law, 3.14, name@host. */
static bool joins(int code, int before, int after)
{
    static const int codes[] = {'\'', '-', '.', ',', '_', '@', ':', '/', '&', '%', '+', '=', '~', 0x2019};
    return is_one_of(code, codes, sizeof codes / sizeof *codes) &&
           !is_mark(before, language_script(before)) && after >= 0 && !is_space(after) &&
           !is_mark(after, language_script(after)) && !stands_alone(language_script(after));
}

static int code_at(const char *text, size_t size, size_t at, int *length)
{
    *length = 1;
    return at < size ? text_utf8_decode(text + at, size - at, length) : ' ';
}

static void unit_add(Unit *u, int code, int length, LanguageScript s)
{
    int folded = code >= 'A' && code <= 'Z' ? code + 32 : code >= '0' && code <= '9' ? '0' : code;
    u->hash = (u->hash ^ (uint64_t)(folded + 1)) * 0x100000001B3u;
    u->size += (size_t)length;
    u->letter = u->letter || s != LANGUAGE_NO_LETTER;
    u->chars++;
}

Units units_of(const char *text, size_t size)
{
    Units units = {memory_new(sizeof *units.items * (size + 1)), 0};
    Unit *word = NULL; /* that is being read */
    bool spaced = true;
    int before = ' ';
    for (size_t at = 0; at < size;) {
        int length, skip;
        int code = code_at(text, size, at, &length),
            after = code_at(text, size, at + (size_t)length, &skip);
        LanguageScript s = language_script(code);
        bool mark = is_mark(code, s), line = code == '\n';
        if (is_space(code) && !line) {
            word = NULL;
        } else if (word && !line && !stands_alone(s) && (!mark || joins(code, before, after))) {
            unit_add(word, code, length, s);
        } else {
            Unit *u = &units.items[units.count++];
            *u = (Unit){.at = at, .hash = 0xCBF29CE484222325u, .code = code, .spaced = spaced};
            u->kind = line ? UNIT_LINE : mark ? UNIT_MARK : UNIT_WORD;
            u->han = stands_alone(s);
            unit_add(u, code, length, s);
            word = u->kind == UNIT_WORD && !u->han ? u : NULL;
        }
        spaced = is_space(code);
        before = code;
        at += (size_t)length;
    }
    return units;
}
