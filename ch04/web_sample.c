/* web_sample.c -- a small web of our own, as a crawler would bring it home, section 4.1.3.
 *
 * Good pages are texts of the little world. Among them are planted: copies, near copies, bad texts of nine kinds, pages
 * with personal data (invented), and pages that hold a question of a test. The host name says what a page is:
 * spam.example. All of it is written in the forms that crawls come in, with menus, scripts and footers around what is
 * HTML. */
#include "ch04/bad_texts.h"
#include "common/base/base.h"
#include "common/text/utf8.h"
#include "common/world/samples.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { QUESTIONS = 40, REMEMBERED = 64 };

typedef struct Text {
    char *bytes;
    size_t size, room;
} Text;

static void add(Text *t, const char *bytes)
{
    size_t size = strlen(bytes);
    if (t->size + size + 1 > t->room)
        t->bytes = memory_resize(t->bytes, t->room = 2 * (t->size + size + 1));
    memcpy(t->bytes + t->size, bytes, size + 1);
    t->size += size;
}

/* ---- pages ---------------------------------------------------------------------------------------------- */

typedef struct Page {
    char host[24];
    WorldLanguage language;
    Text text; /* paragraphs, a line each */
} Page;

typedef struct Web {
    Rng rng;
    WorldSamples questions[WORLD_LANGUAGES];
    Page good[REMEMBERED]; /* pages that copies are made of */
    int good_count;
    long pages;
} Web;

static void add_good(Text *t, WorldLanguage language, int paragraphs, Rng *rng)
{
    for (int i = 0; i < paragraphs; i++) {
        char *text = good_text(language, WORLD_TRAIN, rng);
        add(t, text);
        add(t, "\n");
        free(text);
    }
}

/* Contacts of nobody: domains and numbers that are kept for examples, or have the form alone. */
static void add_personal(Text *t, WorldLanguage language, Rng *rng)
{
    static const char *const forms[WORLD_LANGUAGES] = {
        "如有问题，请发邮件到 reader%d@mail.example，或者拨打手机 138%08d，我们会尽快回复。\n",
        "If anything is missing, write to reader%d@mail.example or call +1 555 %07d, and we will answer "
        "soon.\n"};
    char line[256];
    snprintf(line, sizeof line, forms[language], rng_below(rng, 900) + 100,
             rng_below(rng, language == WORLD_ZH ? 90000000 : 9000000) + 1000000);
    add(t, line);
}

static void add_question(Web *w, Text *t, WorldLanguage language)
{
    add(t, w->questions[language].items[rng_below(&w->rng, QUESTIONS)].prompt);
    add(t, "\n");
}

/* The next page: half of them are good, the others are planted. */
static Page make_page(Web *w)
{
    Rng *rng = &w->rng;
    Page p = {.language = (WorldLanguage)rng_below(rng, WORLD_LANGUAGES)};
    int kind = rng_below(rng, 100);
    const Page *old = w->good_count ? &w->good[rng_below(rng, w->good_count)] : NULL;
    if (old && kind < 16) { /* a copy, or one with a new paragraph at its end */
        strcpy(p.host, kind < 8 ? "copy" : "near");
        p.language = old->language;
        add(&p.text, old->text.bytes);
        if (kind >= 8)
            add(&p.text, p.language == WORLD_ZH
                             ? "这篇文章由一位读者转载到这里，谢谢大家的阅读。\n"
                             : "A reader has posted this text here again. Thank you for reading it.\n");
    } else if (kind < 43) { /* three pages in a hundred for each of the nine kinds */
        BadKind bad = (BadKind)rng_below(rng, BAD_KINDS);
        char *text = bad_text(bad, p.language, rng);
        strcpy(p.host, bad_kind_name(bad));
        add(&p.text, text);
        free(text);
    } else {
        strcpy(p.host, kind < 48 ? "personal" : kind < 53 ? "test" : "good");
        add_good(&p.text, p.language, 1, rng);
        if (kind < 48)
            add_personal(&p.text, p.language, rng);
        else if (kind < 53)
            add_question(w, &p.text, p.language);
        if (rng_below(rng, 2))
            add_good(&p.text, p.language, 1, rng);
    }
    return p;
}

/* Keeps a good page for copies of it, or frees it. */
static void put_away(Web *w, Page *p)
{
    if (strcmp(p->host, "good") != 0) {
        free(p->text.bytes);
        return;
    }
    int at = w->good_count < REMEMBERED ? w->good_count++ : rng_below(&w->rng, REMEMBERED);
    free(w->good[at].text.bytes);
    w->good[at] = *p;
}

/* ---- HTML ----------------------------------------------------------------------------------------------- */

static void add_escaped(Text *t, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char one[2] = {text[i], '\0'};
        add(t, text[i] == '<' ? "&lt;" : text[i] == '>' ? "&gt;" : text[i] == '&' ? "&amp;" : one);
    }
}

static Text as_html(const Page *p, const char *charset)
{
    bool zh = p->language == WORLD_ZH;
    Text t = {.bytes = NULL};
    add(&t, "<!DOCTYPE html>\n<html><head><meta charset=\"");
    add(&t, charset);
    add(&t, zh ? "\"><title>小世界</title>" : "\"><title>The little world</title>");
    add(&t, "<script>var seen = 1 < 2; track(\"page\");</script><style>p { margin: 1em "
            "}</style></head>\n<body>\n<nav>");
    add(&t, zh ? "<a href=/>首页</a> <a href=/n>新闻</a> <a href=/c>联系我们</a></nav>\n<div id=menu><a "
                 "href=/1>上一篇</a> | "
                 "<a href=/2>下一篇</a></div>\n"
               : "<a href=/>Home</a> <a href=/n>News</a> <a href=/c>Contact</a></nav>\n<div id=menu><a "
                 "href=/1>Previous</a> | <a href=/2>Next</a></div>\n");
    for (const char *line = p->text.bytes; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        add(&t, "<p>");
        add_escaped(&t, line, strcspn(line, "\n"));
        add(&t, "</p>\n");
    }
    add(&t, zh ? "<footer>&copy; 小世界&nbsp;版权所有</footer>\n</body></html>\n"
               : "<footer>&copy; The little world. All rights reserved.</footer>\n</body></html>\n");
    return t;
}

/* The bytes of a page in another encoding; NULL where it has no such characters. */
static char *in_gbk(const Text *t, size_t *size)
{
    char *from = t->bytes, *out = memory_new(t->size + 1), *to = out;
    size_t left = t->size, room = t->size;
    iconv_t with = iconv_open("GBK", "UTF-8");
    bool good = with != (iconv_t)-1 && iconv(with, &from, &left, &to, &room) != (size_t)-1;
    if (with != (iconv_t)-1)
        iconv_close(with);
    *size = t->size - room;
    if (good)
        return out;
    free(out);
    return NULL;
}

/* ---- files ---------------------------------------------------------------------------------------------- */

static const char *folder; /* set once by main */

/* Appends, to .gz as a gzip member of its own, as crawls have it; a page is a file of its own. */
static void append_file(const char *name, const char *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile f = gzopen(path, strstr(name, ".gz") ? "ab9" : strstr(name, ".html") ? "wbT" : "abT");
    if (!f || gzwrite(f, bytes, (unsigned)size) != (int)size || gzclose(f) != Z_OK)
        error_exitf("%s: cannot be written", path);
}

static void append_warc(const char *name, const char *type, const char *url, const char *head,
                        const Text *body)
{
    Text t = {.bytes = NULL};
    char line[256];
    snprintf(line, sizeof line, "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\n", type, url);
    add(&t, line);
    snprintf(line, sizeof line, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
             *head ? "application/http; msgtype=response" : "text/plain", strlen(head) + body->size);
    add(&t, line);
    add(&t, head);
    add(&t, body->bytes);
    add(&t, "\r\n\r\n");
    append_file(name, t.bytes, t.size);
    free(t.bytes);
}

static void append_json(const char *name, const char *key, const char *url, const char *text)
{
    Text t = {.bytes = NULL};
    add(&t, "{\"url\": \"");
    add(&t, url);
    add(&t, "\", \"");
    add(&t, key);
    add(&t, "\": \"");
    for (const char *c = text; *c; c++) {
        char one[8];
        snprintf(one, sizeof one,
                 (unsigned char)*c < ' '   ? "\\u%04x"
                 : *c == '"' || *c == '\\' ? "\\%c"
                                           : "%c",
                 *c);
        add(&t, one);
    }
    add(&t, "\"}\n");
    append_file(name, t.bytes, t.size);
    free(t.bytes);
}

/* A page goes to one of five forms, in turn. */
static void write_page(Web *w, const Page *p)
{
    char url[64], name[64];
    size_t size;
    snprintf(url, sizeof url, "http://%s.example/%ld", p->host, w->pages);
    int form = (int)(w->pages % 5);
    bool gbk = p->language == WORLD_ZH && w->pages % 3 == 0;
    Text html = as_html(p, gbk && form == 0 ? "gbk" : "utf-8");
    char *other = gbk && form == 0 ? in_gbk(&html, &size) : NULL;
    if (form == 0) { /* pages that somebody has saved one by one: few */
        snprintf(name, sizeof name, "web/pages/%s-%03ld.html", p->host, w->pages);
        if (w->pages < 200)
            append_file(name, other ? other : html.bytes, other ? size : html.size);
    }
    if (form == 1 || (form == 0 && w->pages >= 200))
        append_warc("web/crawl.warc.gz", "response", url,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n", &html);
    else if (form == 2)
        append_warc("web/crawl.wet.gz", "conversion", url, "", &p->text);
    else if (form == 3)
        append_json("web/texts.jsonl.gz", "text", url, p->text.bytes);
    else if (form == 4)
        append_json("web/texts.jsonl", "text", url, p->text.bytes);
    free(other);
    free(html.bytes);
    w->pages++;
}

int main(int argc, char **argv)
{
    const char *out = "ch04/out/sample";
    int pages = 300;
    uint64_t seed = 1;
    char path[4096];
    Error e = {""};
    const Option options[] = {option_dir("out", &out, "the folder; it gets web/ and test_questions.jsonl"),
                              option_int("pages", &pages, 1, 100000000, "how many"), option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv,
                  "A small web with planted copies, bad texts and test questions, section 4.1.3.", options);
    static const char *const names[] = {"web/crawl.warc.gz", "web/crawl.wet.gz", "web/texts.jsonl.gz",
                                        "web/texts.jsonl", "test_questions.jsonl"};
    folder = out;
    snprintf(path, sizeof path, "%s/web/pages", out);
    if (!file_make_directory(path, &e))
        error_exit(&e);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", out, names[i]);
        remove(path);
    }
    Web w = {.rng = rng_new(seed)};
    for (int l = 0; l < WORLD_LANGUAGES; l++) {
        WorldRequest of = {
            .kind = WORLD_PROBLEM, .language = (WorldLanguage)l, .side = WORLD_TEST, .count = QUESTIONS};
        w.questions[l] = world_samples(&of, &w.rng);
        for (int i = 0; i < w.questions[l].count; i++)
            append_json("test_questions.jsonl", "question", "", w.questions[l].items[i].prompt);
    }
    for (int i = 0; i < pages; i++) {
        Page p = make_page(&w);
        write_page(&w, &p);
        put_away(&w, &p);
    }
    printf("%ld pages and %d questions in %s\n", w.pages, WORLD_LANGUAGES * QUESTIONS, out);
    for (int l = 0; l < WORLD_LANGUAGES; l++)
        world_samples_free(&w.questions[l]);
    for (int i = 0; i < w.good_count; i++)
        free(w.good[i].text.bytes);
    return error_finish();
}
