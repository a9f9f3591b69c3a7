/* fuzz_rows.c -- damaged rows of labelled texts, TSV and JSON lines: every line is a row, a header, empty or counted as
 * malformed; a row has a text and a label, both of them UTF-8; a fault is one line that names the file. */
#include "ch06/rows.h"
#include "common/tests/fuzz.h"
#include "common/text/utf8.h"

static const char
    tsv[] =
        "id\tlabel\ttext\n1\tgood\tThe room was clean.\r\n2\tbad\t\xe8\x8f\x9c\xe5\xa4\xaa\xe5\x92\xb8\n"
        "\n3\tgood\n4\tbad\tcold\tfood\n",
    json[] = "{\"text\": \"clean\", \"label\": \"good\"}\n{\"label\": 0, \"text\": \"cold \\u83dc\"}\n"
             "{\"text\": 5}\n[]\n{\"text\": \"a\", \"text\": \"b\", \"label\": \"c\"}\n";
static const char *const pieces[] = {"\t",    "\n",   "\r\n",         "\"",   "{",       "}",
                                     "label", "text", "\xef\xbb\xbf", "\xff", "\\u0000", "\\ud800",
                                     "1e999", "\t\t", "\\\"",         "null", ":",       "\xe4\xbd",
                                     ",",     " "};

static void damage(FuzzBytes *b, Rng *rng)
{
    for (int n = 1 + rng_below(rng, 6); n > 0; n--) {
        const char *piece = pieces[rng_below(rng, (int)(sizeof pieces / sizeof *pieces))];
        char byte = (char)rng_next(rng);
        size_t at = fuzz_place(b, rng);
        if (rng_below(rng, 3) == 0)
            fuzz_splice(b, at, (size_t)rng_below(rng, 30), "", 0);
        else if (rng_below(rng, 2))
            fuzz_splice(b, at, (size_t)rng_below(rng, 3), piece, strlen(piece));
        else
            fuzz_splice(b, at, 1, &byte, 1);
    }
}

static void check(const Rows *r, const char *name, long lines)
{
    long last = 0;
    for (int i = 0; i < r->count; i++) {
        const Row *x = &r->items[i];
        size_t text = strlen(x->text), label = strlen(x->label);
        if (text == 0 || label == 0 || text_utf8_fault(x->text, text) < text ||
            text_utf8_fault(x->label, label) < label)
            error_exitf("a row without a text or a label in UTF-8");
        if (x->line <= last || x->line > lines)
            error_exitf("rows out of order");
        last = x->line;
    }
    for (int i = 0; i < r->malformed && i < ROWS_NAMED; i++) {
        if (!fuzz_names(&r->faults[i], name))
            error_exitf("a fault that does not name the file in one line: %s", r->faults[i].text);
    }
    if (r->count + r->malformed > lines)
        error_exitf("more rows than lines");
}

static long count_lines(const char *bytes, size_t size)
{
    long n = 1;
    for (size_t i = 0; i < size; i++)
        n += bytes[i] == '\n';
    return n;
}

/* Whether a row was good. */
static bool try_rows(const FuzzBytes *b, const char *name)
{
    char *exact = memory_new(b->size + (b->size == 0)); /* so that the sanitizer sees a byte too many */
    memcpy(exact, b->at, b->size);
    Rows r = rows_new(), train = rows_new(), test = rows_new();
    rows_parse(&r, exact, b->size, name, (RowsColumns){"text", "label"});
    check(&r, name, count_lines(exact, b->size));
    int labels;
    free(rows_labels(&r, &labels));
    rows_split(&r, 2, &train, &test);
    bool any = r.count > 0;
    if (labels > r.count || (any && labels < 1) || train.count + test.count != r.count)
        error_exitf("rows or labels are lost");
    rows_free(&r);
    rows_free(&train);
    rows_free(&test);
    free(exact);
    return any;
}

int main(int argc, char **argv)
{
    int rounds = 3000, good = 0, done = 0;
    uint64_t seed = 1;
    const Option options[] = {option_int("rounds", &rounds, 1, 100000000, "damaged files"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "Damaged rows of labelled texts.", options);
    Rng rng = rng_new(seed);
    for (; fuzz_goes_on(done, rounds, 0); done++) {
        FuzzBytes b = {.size = 0};
        bool lines = done % 2;
        fuzz_splice(&b, 0, 0, lines ? json : tsv, strlen(lines ? json : tsv));
        damage(&b, &rng);
        if (rng_below(&rng, 4) == 0)
            b.size = fuzz_place(&b, &rng);
        good += try_rows(&b, lines ? "rows.jsonl" : "rows.tsv");
    }
    return fuzz_finish(done, good, "read");
}
