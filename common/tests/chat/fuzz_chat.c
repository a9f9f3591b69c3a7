/* fuzz_chat.c -- damages templates and rows of conversations at random, and renders and reads them.
 *
 *     fuzz_chat [--rounds N] [--seed N]
 *
 * The seeds are the templates of the fixtures. A round cuts pieces out of one, doubles them, exchanges bytes, or joins
 * two; what is accepted is rendered with conversations of the fixtures. What must hold: a refusal is one line that
 * names the source; what is accepted gives a text or a refusal; nothing takes for ever. */
#include "common/chat/template.h"
#include "common/tests/fuzz.h"

#include <jansson.h>

#define FIXTURE "common/tests/fixtures/chat/templates.json"

enum { ROOM = 1 << 16 };

static void fail(const char *what, const char *text)
{
    fprintf(stderr, "fuzz_chat: %s:\n%s\n", what, text);
    abort();
}

static const json_t *any_value(const json_t *object, Rng *rng)
{
    int at = rng_below(rng, (int)json_object_size(object));
    void *it = json_object_iter((json_t *)object);
    while (at-- > 0)
        it = json_object_iter_next((json_t *)object, it);
    return json_object_iter_value(it);
}

/* Takes out, doubles or replaces a piece of text (size); never a zero byte. Returns the new size. */
static size_t damage(char *text, size_t size, Rng *rng)
{
    static const char *const pieces[] = {
        "{%", "%}", "{{",  "}}",   "{#",          "#}",       "-",      "'",         "\"",   "(", ")",
        "[",  "]",  "if ", "else", "endif",       "for ",     " in ",   "endfor",    "set ", "|", "is ",
        ":",  ".",  ",",   "not ", "~",           "+",        "\\",     "\n",        "\xe4", "0", "loop",
        "=",  "{",  "}",   "-1",   "namespace()", "messages", "tojson", "9999999999"};
    const char *piece = pieces[rng_below(rng, (int)(sizeof pieces / sizeof *pieces))];
    size_t from = (size_t)rng_below(rng, (int)size + 1), length = (size_t)rng_below(rng, 30),
           n = strlen(piece);
    length = from + length > size ? size - from : length;
    int kind = rng_below(rng, 4);
    if (kind == 0) {
        memmove(text + from, text + from + length, size - from - length);
        size -= length;
    } else if (kind == 1 && size + n < ROOM) {
        memmove(text + from + n, text + from, size - from);
        memcpy(text + from, piece, n);
        size += n;
    } else if (kind == 2 && size + length < ROOM) {
        memmove(text + from + length, text + from, size - from);
        size += length;
    } else if (from < size) {
        text[from] = (char)(1 + rng_below(rng, 255));
    }
    text[size] = '\0';
    return size;
}

static bool try_template(const char *source, const json_t *variables)
{
    Error e = {""};
    ChatTemplate *t = chat_template_parse(source, "<s>", "</s>", "FUZZED", &e);
    char *text = t ? chat_template_render_json(t, variables, &e) : NULL;
    if (!text && !fuzz_names(&e, "FUZZED"))
        fail(e.text, source);
    if (text && e.text[0])
        fail("rendered, with a message", source);
    chat_template_free(t);
    free(text);
    return text != NULL;
}

static bool try_rows(const char *rows, size_t size)
{
    Error e = {""};
    ChatReport report;
    ChatSet *s = chat_set_parse(rows, size, "FUZZED", &report, &e);
    if (!s && !fuzz_names(&e, "FUZZED"))
        fail(e.text, rows);
    if (s && s->count != report.rows - report.malformed)
        fail("the counts do not add up", rows);
    chat_set_free(s);
    return s != NULL;
}

int main(int argc, char **argv)
{
    static const char rows[] = "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": "
                               "\"assistant\", \"content\": \"b\"}]}\n"
                               "{\"instruction\": \"a\", \"input\": \"\", \"output\": \"c\"}\n"
                               "{\"conversations\": [{\"from\": \"human\", \"value\": \"你\"}, {\"from\": "
                               "\"gpt\", \"value\": \"好\"}]}\n";
    int rounds = 20000;
    uint64_t seed = 1;
    const Option options[] = {option_int("rounds", &rounds, 1, 1 << 30, "rounds"), option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv, "Damages chat templates and conversations.", options);
    Rng rng = rng_new(seed);
    json_t *fixture = json_load_file(FIXTURE, 0, NULL);
    if (!fixture)
        error_exitf(FIXTURE " cannot be read");
    char *text = memory_new(ROOM + 1);
    long accepted = 0, read = 0;
    for (int round = 0; round < rounds; round++) {
        const json_t *t = any_value(json_object_get(fixture, "templates"), &rng);
        strcpy(text, json_string_value(json_object_get(t, "source")));
        size_t size = strlen(text);
        for (int n = 1 + rng_below(&rng, 4); n > 0; n--)
            size = damage(text, size, &rng);
        accepted += try_template(text, any_value(json_object_get(fixture, "variables"), &rng));
        strcpy(text, rows);
        size = strlen(text);
        for (int n = 1 + rng_below(&rng, 3); n > 0; n--)
            size = damage(text, size, &rng);
        read += try_rows(text, size);
    }
    printf("%d rounds: %ld templates rendered, %ld files read\n", rounds, accepted, read);
    json_decref(fixture);
    free(text);
    return 0;
}
