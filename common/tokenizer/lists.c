/* lists.c -- the two large lists of a tokenizer.json, read straight from its text.
 *
 * Nearly all of a file is its vocabulary and its merges. In a tree of JSON values each string, number and pair is a
 * piece of memory of its own, made to be read once and thrown away. So the lists are cut out of the text before the
 * library parses the rest, and what is read from them here are pieces of that text.
 *
 * Only plain forms are understood. Whatever else comes, well-formed or not, is the library's: it then reads the whole
 * file, and says what is wrong with it. A fuzzer holds the two ways equal. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* ---- signs, strings, numbers --------------------------------------------------------------------- */

void tokenizer_list_skip(JsonText *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
        j->at++;
}

bool tokenizer_list_sign(JsonText *j, char sign)
{
    tokenizer_list_skip(j);
    bool there = j->at < j->end && *j->at == sign;
    if (there)
        j->at++;
    return there;
}

/* The character that four hexadecimal digits name; 0 for a zero and for half of a pair. */
static int code_of(const char *digits)
{
    int code = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)digits[i];
        if (!isxdigit(c))
            return 0;
        code = 16 * code + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return code < 0xd800 || code > 0xdfff ? code : 0;
}

/* What a backslash and the character after it stand for. */
static bool add_escaped(JsonText *j, Bytes *room)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *name = j->at < j->end && *j->at ? strchr(names, *j->at) : NULL;
    int code = j->end - j->at >= 5 && *j->at == 'u' ? code_of(j->at + 1) : 0;
    if (name)
        tokenizer_bytes_add(room, meant + (name - names), 1);
    else if (code)
        tokenizer_bytes_add_code(room, code);
    else
        return false;
    j->at += name ? 1 : 5;
    return true;
}

/* To the next quote or backslash; false at a byte that no string may hold. */
static bool skip_plain(JsonText *j)
{
    while (j->at < j->end && *j->at != '"' && *j->at != '\\') {
        unsigned char byte = (unsigned char)*j->at;
        int length = 1;
        if (byte < 0x20 || (byte >= 0x80 && text_utf8_decode(j->at, (size_t)(j->end - j->at), &length) < 0))
            return false;
        j->at += length;
    }
    return j->at < j->end;
}

bool tokenizer_list_string(JsonText *j, Piece *text, Bytes *room)
{
    if (!tokenizer_list_sign(j, '"'))
        return false;
    const char *start = j->at;
    room->size = 0;
    while (skip_plain(j)) {
        size_t size = (size_t)(j->at - start);
        bool ends = *j->at++ == '"';
        if (ends && room->size == 0) { /* the usual case: as it lies in the file */
            *text = (Piece){start, size, false};
            return true;
        }
        tokenizer_bytes_add(room, start, size);
        if (ends) {
            *text = (Piece){room->at, room->size, false};
            return true;
        }
        if (!add_escaped(j, room))
            return false;
        start = j->at;
    }
    return false;
}

/* -?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_number(const char *s)
{
    s += *s == '-';
    if (!isdigit((unsigned char)*s) || (*s == '0' && isdigit((unsigned char)s[1])))
        return false;
    s += strspn(s, "0123456789");
    if (*s == '.') {
        size_t digits = strspn(s + 1, "0123456789");
        if (digits == 0)
            return false;
        s += 1 + digits;
    }
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '+' || s[1] == '-');
        return *s && s[strspn(s, "0123456789")] == '\0';
    }
    return *s == '\0';
}

/* A number from 0 on without sign, point or exponent. */
static bool read_whole(JsonText *j, int *x)
{
    tokenizer_list_skip(j);
    const char *start = j->at;
    for (*x = 0; j->at < j->end && isdigit((unsigned char)*j->at) && *x < TOKENIZER_ID_MAX; j->at++)
        *x = 10 * *x + (*j->at - '0');
    return j->at > start && (*start != '0' || j->at == start + 1) && *x < TOKENIZER_ID_MAX;
}

static bool read_number(JsonText *j, double *x)
{
    char text[40];
    size_t size = 0;
    tokenizer_list_skip(j);
    while (j->at < j->end && size + 1 < sizeof text && *j->at && strchr("+-.eE0123456789", *j->at))
        text[size++] = *j->at++;
    text[size] = '\0';
    *x = strtod(text, NULL);
    return is_number(text) && isfinite(*x) && (size < 16 || strpbrk(text, ".eE"));
}

/* ---- the vocabulary ------------------------------------------------------------------------------ */

/* "a": 0 */
static bool read_token(JsonText *j, Vocabulary *v, Bytes *room)
{
    Piece text;
    int id;
    if (!tokenizer_list_string(j, &text, room) || !tokenizer_list_sign(j, ':') || !read_whole(j, &id) ||
        tokenizer_vocabulary_has(v, id))
        return false;
    tokenizer_vocabulary_put(v, text.text, text.size, id);
    return true;
}

bool tokenizer_list_vocabulary(JsonText *j, Vocabulary *v)
{
    Bytes room = {0};
    size_t count = 0;
    bool good = tokenizer_list_sign(j, '{');
    do {
        good = good && read_token(j, v, &room);
        count++;
    } while (good && tokenizer_list_sign(j, ','));
    free(room.at);
    return good && tokenizer_list_sign(j, '}') && v->used == count; /* fewer: a key occurs twice */
}

/* ["a", -2.5] */
static bool read_scored_token(JsonText *j, Vocabulary *v, double *score, Bytes *room)
{
    Piece text;
    if (!tokenizer_list_sign(j, '[') || !tokenizer_list_string(j, &text, room) ||
        !tokenizer_list_sign(j, ',') || !read_number(j, score) || !tokenizer_list_sign(j, ']'))
        return false;
    tokenizer_vocabulary_put(v, text.text, text.size, v->count);
    return true;
}

bool tokenizer_list_scored(JsonText *j, Vocabulary *v, double **score)
{
    Bytes room = {0};
    size_t count = 0, places = 0;
    bool good = tokenizer_list_sign(j, '[');
    do {
        if (count == places) {
            places = 2 * places + 1024;
            *score = memory_resize(*score, places * sizeof **score);
        }
        good = good && count < TOKENIZER_ID_MAX && read_scored_token(j, v, *score + count, &room);
        count++;
    } while (good && tokenizer_list_sign(j, ','));
    free(room.at);
    return good && tokenizer_list_sign(j, ']');
}

/* ---- cutting ------------------------------------------------------------------------------------- */

/* To the comma or bracket after a value, which quotes and brackets alone tell. */
static bool skip_value(JsonText *j)
{
    for (int depth = 0; j->at < j->end; j->at++) {
        char c = *j->at;
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return true;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (c != '"')
            continue;
        for (j->at++; j->at < j->end && *j->at != '"'; j->at++)
            j->at += *j->at == '\\';
    }
    return false;
}

/* The key of a member of an object, the first or one after a comma; then comes its value. */
static bool next_key(JsonText *j, bool first, Piece *key, Bytes *room)
{
    return tokenizer_list_sign(j, first ? '{' : ',') && tokenizer_list_string(j, key, room) &&
           tokenizer_list_sign(j, ':');
}

static bool is(Piece key, const char *name)
{
    return key.size == strlen(name) && memcmp(key.text, name, key.size) == 0;
}

/* What stands before the list goes to the rest, and two brackets in its place. */
static bool cut(JsonText *j, const char **done, JsonText *list, Bytes *rest)
{
    tokenizer_list_skip(j);
    const char *start = j->at;
    bool good = start < j->end && (*start == '{' || *start == '[') && skip_value(j);
    if (!good)
        return false;
    tokenizer_bytes_add(rest, *done, (size_t)(start - *done));
    tokenizer_bytes_add(rest, *start == '{' ? "{}" : "[]", 2);
    *list = (JsonText){start, j->at};
    *done = j->at;
    return true;
}

bool tokenizer_lists_cut(const char *json, size_t size, JsonLists *lists, Bytes *rest)
{
    JsonText j = {json, json + size};
    const char *done = json;
    Bytes room = {0};
    Piece key;
    bool good = next_key(&j, true, &key, &room);
    while (good && !is(key, "model"))
        good = skip_value(&j) && next_key(&j, false, &key, &room);
    good = good && next_key(&j, true, &key, &room);
    while (good) {
        JsonText *list = is(key, "vocab") ? &lists->vocabulary : is(key, "merges") ? &lists->merges : NULL;
        good = (list ? cut(&j, &done, list, rest) : skip_value(&j)) && next_key(&j, false, &key, &room);
    }
    free(room.at);
    tokenizer_bytes_add(rest, done, (size_t)(json + size - done));
    return lists->vocabulary.at != NULL;
}
