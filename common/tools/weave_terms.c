/* weave_terms.c -- words that the book does not use, and terms that it writes in one form only.
 *
 * book/terms.tsv has the words, each with what to say instead and with the
 * company in which it is right after all. What is held against it is what people
 * read: the text of the pages without their code, mathematics and links' targets;
 * titles and meanings in the tables; and what programs print, that is their string
 * literals and their expected outputs. The rest of a program is not looked at.
 * In Chinese, a term that is followed by the English one in parentheses must be
 * the one of the glossary. */
#include "common/tools/weave.h"

#include <ctype.h>
#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Term {
    regex_t word, unless;
    bool has_unless, whole; /* whole: a word of its own, not a part of one */
    Language language;
    const char *where, *instead;
} Term;

typedef struct Terms {
    Table table;
    Term *term;
    int count;
} Terms;

/* What one line belongs to. */
typedef struct Spot {
    const char *path;
    int line;          /* from 1 */
    const char *where; /* "text" or "output" */
    Language language; /* of text */
    const char *whole; /* the line as it stands in the file, with its comments */
} Spot;

/* ---- the list --------------------------------------------------------------------------------------- */

static bool compile(regex_t *to, const char *pattern, bool fold, const char *path, int line, Error *e)
{
    char why[200];
    int failed = regcomp(to, pattern, REG_EXTENDED | (fold ? REG_ICASE : 0));
    if (failed)
        regerror(failed, to, why, sizeof why);
    return !failed || error_set(e, "%s:%d: '%s': %s", path, line, pattern, why);
}

static bool term_read(const Table *t, int row, Term *term, Error *e)
{
    const char *language = table_cell(t, row, "language"), *unless = table_cell(t, row, "unless");
    bool en = strcmp(language, "en") == 0;
    term->language = en ? EN : ZH;
    term->whole = en;
    term->where = table_cell(t, row, "where");
    term->instead = table_cell(t, row, "instead");
    term->has_unless = *unless != '\0';
    if (!en && strcmp(language, "zh") != 0)
        return error_set(e, "%s:%d: the language is en or zh, not '%s'", t->path, t->at[row], language);
    if (strcmp(term->where, "text") != 0 && strcmp(term->where, "output") != 0 &&
        strcmp(term->where, "all") != 0)
        return error_set(e, "%s:%d: where is text, output or all, not '%s'", t->path, t->at[row],
                         term->where);
    return compile(&term->word, table_cell(t, row, "word"), en, t->path, t->at[row], e) &&
           (!term->has_unless || compile(&term->unless, unless, en, t->path, t->at[row], e));
}

static bool terms_read(Terms *l, Error *e)
{
    if (!table_read(&l->table, "book/terms.tsv", "language where word instead unless", e))
        return false;
    l->term = memory_zero((size_t)l->table.rows + 1, sizeof *l->term);
    for (int r = 1; r < l->table.rows; r++)
        if (!term_read(&l->table, r, &l->term[l->count++], e))
            return false;
    return true;
}

static void terms_free(Terms *l)
{
    for (int i = 0; i < l->count; i++) {
        regfree(&l->term[i].word);
        if (l->term[i].has_unless)
            regfree(&l->term[i].unless);
    }
    free(l->term);
    table_free(&l->table);
}

/* ---- one line --------------------------------------------------------------------------------------- */

static bool is_inside_word(const char *line, const regmatch_t *m)
{
    const char *s = line + m->rm_so, *end = line + m->rm_eo;
    bool before =
        s > line && isalnum((unsigned char)*s) &&
        (isalnum((unsigned char)s[-1]) || s[-1] == '_' || (s[-1] == '-' && s - 1 > line && s[-2] == '-'));
    return before ||
           (end > s && isalnum((unsigned char)end[-1]) && (isalnum((unsigned char)*end) || *end == '_'));
}

/* Whether a match of `unless` meets the match m of the word. */
static bool is_excused(const Term *t, const char *line, const regmatch_t *m)
{
    regmatch_t u;
    for (regoff_t at = 0; t->has_unless && regexec(&t->unless, line + at, 1, &u, at ? REG_NOTBOL : 0) == 0;
         at += u.rm_eo + (u.rm_eo == u.rm_so)) {
        if (at + u.rm_so < m->rm_eo && at + u.rm_eo > m->rm_so)
            return true;
        if (u.rm_eo == u.rm_so && !line[at + u.rm_eo])
            break;
    }
    return false;
}

/* Whether the line says that it means what it says: term: WORD, in a comment. */
static bool is_excepted(const char *whole, const char *word, int size)
{
    for (const char *s = whole; (s = strstr(s, "term: ")); s += 6)
        if (strncasecmp(s + 6, word, (size_t)size) == 0)
            return true;
    return false;
}

/* One fault a line, however often the word is there. */
static void check_term(Book *b, const Term *t, const Spot *p, const char *line)
{
    regmatch_t m;
    int count = 0;
    char first[80];
    for (regoff_t at = 0; regexec(&t->word, line + at, 1, &m, at ? REG_NOTBOL : 0) == 0; at = m.rm_eo) {
        m.rm_so += at;
        m.rm_eo += at;
        int size = m.rm_eo - m.rm_so;
        if (size == 0)
            break;
        if ((t->whole && is_inside_word(line, &m)) || is_excused(t, line, &m) ||
            is_excepted(p->whole, line + m.rm_so, size))
            continue;
        if (count++ == 0)
            snprintf(first, sizeof first, "%.*s", size, line + m.rm_so);
    }
    if (count == 1)
        book_fault_at(b, p->path, p->line, "'%s': say %s", first, t->instead);
    else if (count)
        book_fault_at(b, p->path, p->line, "'%s' and %d more: say %s", first, count - 1, t->instead);
}

static void check_line(Book *b, const Terms *l, const Spot *p, const char *line)
{
    bool text = strcmp(p->where, "text") == 0;
    for (int i = 0; i < l->count; i++) {
        const Term *t = &l->term[i];
        if ((strcmp(t->where, "all") == 0 || strcmp(t->where, p->where) == 0) &&
            (!text || t->language == p->language))
            check_term(b, t, p, line);
    }
}

/* ---- terms of the glossary, in Chinese: 词元（token） ------------------------------------------------ */

/* Whether the last few characters of the text hold the word: 自注意力机制（self-attention） does. */
static bool ends_with(const char *text, size_t size, const char *word, size_t word_size)
{
    size_t room = word_size + sizeof "机制" - 1;
    const char *start = text + (size > room ? size - room : 0);
    return memmem(start, (size_t)(text + size - start), word, word_size) != NULL;
}

/* A term without what its cell has in parentheses after it. */
static size_t bare_size(const char *term)
{
    size_t size = strcspn(term, "(");
    const char *wide = strstr(term, "（");
    if (wide && (size_t)(wide - term) < size)
        size = (size_t)(wide - term);
    while (size && term[size - 1] == ' ')
        size--;
    return size;
}

static int glossary_row(const Table *t, const char *word, size_t size)
{
    for (int r = 1; r < t->rows; r++) {
        const char *en = table_cell(t, r, "en");
        if (bare_size(en) == size && strncasecmp(en, word, size) == 0)
            return r;
    }
    return -1;
}

/* "token" of （token） and of （token, T）. */
static size_t english_size(const char *s)
{
    size_t size = 0;
    while (isalnum((unsigned char)s[size]) || s[size] == ' ' || s[size] == '-')
        size++;
    return strncmp(s + size, "）", 3) == 0 || strncmp(s + size, "，", 3) == 0 || s[size] == ',' ? size : 0;
}

static void check_glossary(Book *b, const Spot *p, const char *line)
{
    static const char open[] = "（";
    for (const char *s = line; (s = strstr(s, open)); s++) {
        const char *word = s + sizeof open - 1;
        size_t size = english_size(word), before = (size_t)(s - line);
        int row = size ? glossary_row(&b->glossary, word, size) : -1;
        while (before && (line[before - 1] == '*' || line[before - 1] == ' '))
            before--;
        const char *zh = row < 0 ? "" : table_cell(&b->glossary, row, "zh");
        if (row >= 0 && !ends_with(line, before, zh, bare_size(zh)) &&
            !is_excepted(p->whole, word, (int)size))
            book_fault_at(b, p->path, p->line, "'%.*s' is '%.*s' in %s:%d", (int)size, word,
                          (int)bare_size(zh), zh, b->glossary.path, b->glossary.at[row]);
    }
}

/* ---- pages ------------------------------------------------------------------------------------------ */

/* The size of what a reader of the page does not read as words, at s: a comment, an anchor, a link's target. */
static size_t unread_at(const char *s)
{
    static const struct {
        const char *open, *close;
    } pairs[] = {{"<!--", "-->"}, {"<a id=", ">"}, {"](", ")"}, {"`", "`"}, {"$$", "$$"}, {"http", " "}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t open = strlen(pairs[i].open);
        if (strncmp(s, pairs[i].open, open) != 0)
            continue;
        const char *end = strstr(s + open, pairs[i].close);
        return end ? (size_t)(end - s) + strlen(pairs[i].close) : 0;
    }
    const char *end = *s == '$' ? strchr(s + 1, '$') : NULL; /* its first dollar is left, as a sign */
    return end ? (size_t)(end - s) + 1 : 0;
}

static void put_words(const char *line, Buffer *out)
{
    buffer_put(out, "", 0);
    for (const char *s = line; *s;) {
        size_t unread = unread_at(s);
        if (*s == '$' && unread)
            buffer_put(out, "$", 1);
        else if (!unread)
            buffer_put(out, s, 1);
        s += unread ? unread : 1;
    }
}

static bool is_woven_title(const char *line)
{
    return strncmp(line, "**Figure ", 9) == 0 || strncmp(line, "**图 ", 6) == 0;
}

static void check_words(Book *b, const Terms *l, Spot *p, const char *line)
{
    Buffer words = {0};
    p->whole = line;
    put_words(line, &words);
    check_line(b, l, p, words.bytes);
    if (p->language == ZH)
        check_glossary(b, p, words.bytes);
    buffer_free(&words);
}

/* The line after the list that begins at `at`; `at` if none does. Lists come from tables. */
static int list_end(const Lines *text, int at)
{
    Marker m;
    char end[40];
    if (!marker_read(text->line[at], &m, NULL) || *m.key)
        return at;
    snprintf(end, sizeof end, "<!-- /%s -->", m.name);
    while (at < text->count && strcmp(text->line[at], end) != 0)
        at++;
    return at;
}

static void check_page(Book *b, const Terms *l, const Page *page)
{
    Spot p = {.path = page->path, .where = "text", .language = page->language};
    for (int at = 0; at < page->text.count;) {
        int end = page_block_end(&page->text, at);
        end = end == at ? list_end(&page->text, at) : end;
        if (end != at) {
            at = end < 0 ? page->text.count : end;
            continue;
        }
        p.line = at + 1;
        if (!is_woven_title(page->text.line[at]))
            check_words(b, l, &p, page->text.line[at]);
        at++;
    }
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static void check_column(Book *b, const Terms *l, const Table *t, const char *column, Language language)
{
    Spot p = {.path = t->path, .where = "text", .language = language};
    for (int r = 1; r < t->rows; r++) {
        p.line = t->at[r];
        check_words(b, l, &p, table_cell(t, r, column));
    }
}

static void check_exercises(Book *b, const Terms *l, const char *path)
{
    Table t = {0};
    if (table_read(&t, path, "title title_zh", NULL)) {
        check_column(b, l, &t, "title", EN);
        check_column(b, l, &t, "title_zh", ZH);
    }
    table_free(&t);
}

/* ---- programs --------------------------------------------------------------------------------------- */

/* Keeps what a line of C has between quotes. *comment: whether a comment goes on from line to line. */
static void put_strings(const char *s, bool *comment, Buffer *out)
{
    buffer_put(out, "", 0);
    for (char quote = 0; *s; s++) {
        if (*comment) {
            *comment = strncmp(s, "*/", 2) != 0;
            s += !*comment;
        } else if (quote) {
            if (*s == '\\' && s[1])
                buffer_put(out, " ", (size_t)(quote == '"')), s++;
            else if (*s == quote)
                quote = 0;
            else if (quote == '"')
                buffer_put(out, s, 1);
        } else if (strncmp(s, "//", 2) == 0) {
            return;
        } else if (strncmp(s, "/*", 2) == 0) {
            *comment = true;
            s++;
        } else if (*s == '"' || *s == '\'') {
            quote = *s;
            buffer_put(out, "\n", (size_t)(quote == '"')); /* two strings are not one word */
        }
    }
}

static void check_program(Book *b, const Terms *l, const char *path)
{
    Lines text;
    bool comment = false;
    Spot p = {.path = path, .where = "output"};
    if (lines_read(&text, path, NULL))
        for (int i = 0; i < text.count; i++) {
            Buffer words = {0};
            p.line = i + 1;
            p.whole = text.line[i];
            put_strings(text.line[i], &comment, &words);
            if (strncmp(text.line[i], "#include", 8) != 0)
                check_line(b, l, &p, words.bytes);
            buffer_free(&words);
        }
    lines_free(&text);
}

/* What a program prints, without its command and the lines for the comparer. */
static void check_expected(Book *b, const Terms *l, const char *path)
{
    Lines text;
    Spot p = {.path = path, .where = "output"};
    bool shown = false;
    if (lines_read(&text, path, NULL))
        for (int i = 0; i < text.count; i++) {
            p.line = i + 1;
            p.whole = text.line[i];
            if (shown)
                check_line(b, l, &p, text.line[i]);
            shown = shown || strncmp(text.line[i], "$ ", 2) == 0;
        }
    lines_free(&text);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static void check_files(Book *b, const Terms *l, const char *pattern,
                        void (*check)(Book *, const Terms *, const char *))
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            check(b, l, found.gl_pathv[i]);
    globfree(&found);
}

bool terms_check(Book *b, Error *e)
{
    Terms l = {0};
    bool good = terms_read(&l, e);
    if (good) {
        for (int i = 0; i < b->pages; i++)
            check_page(b, &l, &b->page[i]);
        check_column(b, &l, &b->outline, "zh", ZH);
        check_column(b, &l, &b->outline, "en", EN);
        check_column(b, &l, &b->glossary, "zh", ZH);
        check_column(b, &l, &b->glossary, "en", EN);
        check_column(b, &l, &b->glossary, "meaning_zh", ZH);
        check_column(b, &l, &b->glossary, "meaning_en", EN);
        check_files(b, &l, "ch[0-9][0-9]/exercises/exercises.tsv", check_exercises);
        check_files(b, &l, "ch[0-9][0-9]/*.c", check_program);
        check_files(b, &l, "ch[0-9][0-9]/expected/*.txt", check_expected);
    }
    terms_free(&l);
    return good;
}
