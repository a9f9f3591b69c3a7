/* fuzz_html.c -- damages pages at random and takes their text out.
 *
 *     fuzz_html [--rounds N] [--seed N] [--seconds N]
 *
 * Built with the sanitizers it finds what reads or writes where it must not. Beyond that it holds the reader to its
 * word: what comes out is UTF-8, no longer than the page and a line end, has no zero byte where the page has none, and
 * no empty line; a page that is not UTF-8 is converted or refused. */
#include "ch04/html.h"
#include "common/tests/fuzz.h"
#include "common/text/utf8.h"

static const char page[] =
    "<!DOCTYPE html><html><head><meta charset=\"gbk\"><title>T</title><script>a < b && "
    "'</p>'</script></head><body>"
    "<nav><a href='/'>Home</a></nav><div id=\"menu\"><a href=1>One</a> | <a href=2>Two</a></div>"
    "<h1>Title &amp; more</h1><p>Text with <b>bold</b>, a <a title=\"x > y\" "
    "href=\"/3\">link</a>&nbsp;&#x4e2d;&hellip;"
    "<br>next line \xe4\xb8\xad\xe6\x96\x87</p><!-- comment --><ul><li>item</li></ul><pre> a  b </pre>"
    "<footer>&copy; 2024</footer><textarea>t</textarea></body></html>";

static const char *const words[] = {
    "<",        ">",    "</",       "<!--",     "-->",         "&",        "&#",       "&#x10ffff;",
    "&#0;",     "&lt;", "\"",       "'",        "=\"",         "<script>", "</script", "<nav>",
    "</nav>",   "<p>",  "<br>",     "<a>",      "</a>",        "<title>",  "<svg>",    "<style",
    "\xd6\xd0", "\xff", "\xe4\xb8", "charset=", "charset=gbk", "<?",       "<!",       "<textarea>"};

static void damage(FuzzBytes *b, Rng *rng)
{
    for (int n = 1 + rng_below(rng, 6); n > 0; n--) {
        const char *word = words[rng_below(rng, (int)(sizeof words / sizeof *words))];
        char byte = (char)rng_below(rng, 256);
        size_t old = (size_t)rng_below(rng, rng_below(rng, 4) ? 4 : 60);
        if (rng_below(rng, 3))
            fuzz_splice(b, fuzz_place(b, rng), old, word, strlen(word));
        else
            fuzz_splice(b, fuzz_place(b, rng), old, &byte, (size_t)rng_below(rng, 2));
    }
}

static void fail(const FuzzBytes *b, const char *what)
{
    fprintf(stderr, "fuzz_html: %s:\n%.*s\n", what, (int)b->size, b->at);
    abort();
}

static void check_text(const FuzzBytes *b, const char *html, size_t length)
{
    size_t size;
    int dropped;
    char *text = html_text(html, length, &size, &dropped);
    if (size > length + 1 || text[size] != '\0')
        fail(b, "the text is longer than the page");
    if (text_utf8_fault(text, size) != size)
        fail(b, "the text is not UTF-8");
    if (size > 0 && text[size - 1] != '\n')
        fail(b, "the text does not end with a line end");
    if (!memchr(html, '\0', length) && memchr(text, '\0', size))
        fail(b, "a zero byte came in");
    free(text);
}

int main(int argc, char **argv)
{
    int rounds = 20000, seconds = 0, done = 0, taken = 0;
    uint64_t seed = 1;
    const Option options[] = {option_int("rounds", &rounds, 1, 100000000, "damaged pages"),
                              option_int("seconds", &seconds, 0, 86400, "end after this time; 0: no limit"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damages pages at random and takes their text out.", options);
    Rng rng = rng_new(seed);
    for (; fuzz_goes_on(done, rounds, seconds); done++) {
        FuzzBytes b = {.size = sizeof page - 1};
        memcpy(b.at, page, b.size);
        damage(&b, &rng);
        char *exact = memory_new(b.size),
             *utf8; /* of just this size, so that reading past the end is found */
        size_t size;
        memcpy(exact, b.at, b.size);
        utf8 = html_utf8(exact, b.size, rng_below(&rng, 4) ? "" : "gbk", &size);
        if (utf8) {
            char *whole = memory_new(size);
            memcpy(whole, utf8, size);
            check_text(&b, whole, size);
            free(whole);
        }
        taken += utf8 != NULL;
        free(utf8);
        free(exact);
    }
    return fuzz_finish(done, taken, "their text is UTF-8");
}
